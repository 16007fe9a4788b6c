"""``python -m pysock show``: a trace that ``trace --jsonl`` has written, as text or a page."""

from __future__ import annotations

import argparse
import sys
from contextlib import contextmanager, suppress
from time import perf_counter_ns, sleep

from ..trace import jsonl
from ..trace.order import FOREVER, LATE, Timeline, sort
from ..trace.page import Page
from . import page
from .programs import PAUSE
from .trace import add_appearance, without_text, writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, TextIO

    from ..trace.terminal import Writer

UNREADABLE = 2
DAMAGED = 1
BEHIND = 3 * LATE  # nanoseconds: what is older has been written
QUIET = 10  # looks without anything new, after the programs have ended: one may follow another

DESCRIPTION = """\
Show a trace that  python -m pysock trace --jsonl FILE  has written."""

EPILOG = """\
examples:
  python -m pysock show trace.jsonl
  python -m pysock show --strace trace.jsonl
  python -m pysock show --html trace.html trace.jsonl
  python -m pysock show --follow trace.jsonl    while trace writes it

The exit status is 1 if lines of the file are no events; the others are shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("file", metavar="FILE")
    parser.add_argument(
        "--follow", action="store_true", help="wait for what is to come, until the program ends"
    )
    page.add_argument(parser)
    add_appearance(parser)


def main(options: argparse.Namespace) -> int:
    damaged: list[str] = []
    problem = without_text(options)
    if options.follow and options.html is not None:
        problem = "--follow shows text, and no page"
    if problem:
        print(f"python -m pysock show: {problem}", file=sys.stderr)
        return UNREADABLE
    try:
        with open(options.file, encoding="utf-8", errors="replace") as file:
            if options.html is not None:
                if not _draw(file, options, damaged):
                    return UNREADABLE
            elif options.follow:
                _follow(file, writer(options, sys.stdout), damaged)
            else:
                _show(file, options, damaged)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        print(f"python -m pysock show: {options.file}: {error.strerror}", file=sys.stderr)
        return UNREADABLE
    if damaged:
        sys.stdout.flush()
        if len(damaged) == 1:
            said = f"a line of {options.file} is no event: {damaged[0]}"
        else:
            lines = f"{len(damaged)} lines of {options.file} are no events"
            said = f"{lines}; the first is {damaged[0]}"
        print(f"python -m pysock show: {said}", file=sys.stderr)
        return DAMAGED
    return 0


def _show(file: TextIO, options: argparse.Namespace, damaged: list[str]) -> None:
    shown, timeline = writer(options, sys.stdout), Timeline()
    for pid, event in sort(_events(file, damaged)):
        with _left_out(damaged):
            for call, waits in timeline.feed(pid, event):
                shown.write(call, waits)
    for call, waits in timeline.end():
        shown.write(call, waits)
    shown.flush(FOREVER)


def _follow(file: TextIO, shown: Writer, damaged: list[str]) -> None:
    """Show events as they are written, until all programs have ended, or Ctrl-C."""
    timeline, lines, ends = Timeline(), _Lines(file), _Ends()
    with suppress(KeyboardInterrupt):
        while True:
            for pid, event in _events(lines, damaged):
                ends.notice(pid, event)
                with _left_out(damaged):
                    for call, waits in timeline.feed(pid, event):
                        shown.write(call, waits)
            now = perf_counter_ns() - BEHIND
            for call, waits in timeline.tell(now):
                shown.write(call, waits)
            shown.flush(now)
            sys.stdout.flush()
            if ends.all_ended and lines.idle > QUIET:
                break
            sleep(PAUSE)
    damaged += [f"line {lines.count + 1}: it has no end"] if lines.part else []
    for call, waits in timeline.end():
        shown.write(call, waits)
    shown.flush(FOREVER)


class _Lines:
    """The whole lines that a file has got, again and again while it grows."""

    def __init__(self, file: TextIO) -> None:
        self.file, self.part, self.count = file, "", 0
        self.idle = 0  # times in a row that there was nothing new

    def __iter__(self) -> Iterator[str]:
        self.idle += 1
        while True:
            text = self.file.readline()
            if not text:
                return
            self.idle = 0
            self.part += text
            if self.part.endswith("\n"):
                line, self.part = self.part, ""
                self.count += 1
                yield line


class _Ends:
    """Whether the programs of a recording have ended: those that ``trace`` itself has started."""

    def __init__(self) -> None:
        self.known: set[int] = set()
        self.run: set[int] = set()

    def notice(self, pid: int, event: Any) -> None:
        if event[0] == "process" and pid not in self.known:
            self.known.add(pid)
            if event[3] not in self.known:
                self.run.add(pid)
        elif event[0] == "exit":
            self.known.add(pid)
            self.run.discard(pid)

    @property
    def all_ended(self) -> bool:
        return bool(self.known) and not self.run


def _draw(file: TextIO, options: argparse.Namespace, damaged: list[str]) -> bool:
    written = page.opened("show", options.html)
    if written is None:
        return False
    drawn = page.ToPage("show", options.html, written, Page())
    for pid, event in sort(_events(file, damaged)):
        drawn.tell(pid, event)
    damaged += drawn.page.damaged
    drawn.page.damaged = damaged
    return drawn.end()


@contextmanager
def _left_out(damaged: list[str]) -> Iterator[None]:
    """Of an event that cannot be decoded it is said that it is left out."""
    try:
        yield
    except jsonl.DamagedTrace as error:
        damaged.append(f"a call that cannot be decoded: {error}")


def _events(lines: Iterable[str], damaged: list[str]) -> Iterator[tuple[int, Any]]:
    first = lines.count + 1 if isinstance(lines, _Lines) else 1
    for number, line in enumerate(lines, first):
        try:
            yield jsonl.parse(line)
        except jsonl.DamagedTrace as error:
            damaged.append(f"line {number}: {error}")
