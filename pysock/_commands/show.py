"""``python -m pysock show``: a trace that ``trace --jsonl`` has written, as text or a page."""

from __future__ import annotations

import argparse
import sys

from ..trace import jsonl
from ..trace.order import FOREVER, Timeline, sort
from ..trace.page import Page
from . import page
from .trace import add_appearance, writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, TextIO

UNREADABLE = 2
DAMAGED = 1

DESCRIPTION = """\
Show a trace that  python -m pysock trace --jsonl FILE  has written."""

EPILOG = """\
examples:
  python -m pysock show trace.jsonl
  python -m pysock show --strace trace.jsonl
  python -m pysock show --html trace.html trace.jsonl

The exit status is 1 if lines of the file are no events; the others are shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("file", metavar="FILE")
    page.add_argument(parser)
    add_appearance(parser)


def main(options: argparse.Namespace) -> int:
    damaged: list[str] = []
    try:
        with open(options.file, encoding="utf-8", errors="replace") as file:
            if options.html is not None:
                if not _draw(file, options, damaged):
                    return UNREADABLE
            else:
                _show(file, options, damaged)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        print(f"python -m pysock show: {options.file}: {error.strerror}", file=sys.stderr)
        return UNREADABLE
    if damaged:
        sys.stdout.flush()
        print(f"python -m pysock show: {len(damaged)} lines of {options.file} are no events; "
              f"the first is {damaged[0]}", file=sys.stderr)  # fmt: skip
        return DAMAGED
    return 0


def _show(file: TextIO, options: argparse.Namespace, damaged: list[str]) -> None:
    shown, timeline = writer(options, sys.stdout), Timeline()
    for pid, event in sort(_events(file, damaged)):
        for call, waits in timeline.feed(pid, event):
            shown.write(call, waits)
    for call, waits in timeline.end():
        shown.write(call, waits)
    shown.flush(FOREVER)


def _draw(file: TextIO, options: argparse.Namespace, damaged: list[str]) -> bool:
    written = page.opened("show", options.html)
    if written is None:
        return False
    drawn = page.ToPage("show", options.html, written, Page())
    for pid, event in sort(_events(file, damaged)):
        drawn.tell(pid, event)
    drawn.page.damaged = damaged
    return drawn.end()


def _events(lines: Iterable[str], damaged: list[str]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(lines, 1):
        try:
            yield jsonl.parse(line)
        except jsonl.DamagedTrace as error:
            damaged.append(f"line {number}: {error}")
