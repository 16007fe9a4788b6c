"""``python -m pysock trace``: a program on pysock, and all that its sockets do.

The program runs as with ``run``: its arguments, input, output and exit status are its own.  Each
of its processes keeps what it does in files of a folder (``trace.record``), which this process
reads while they grow.  So what was recorded is there however the program ends.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from time import perf_counter_ns, sleep

from .. import _install
from ..trace import inject, jsonl, states
from ..trace.order import FOREVER, LATE, Sorter, Timeline
from ..trace.page import Page
from ..trace.record import Reader
from ..trace.terminal import Writer
from . import page
from .run import NO_RUN, command_of, problem_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO, Union

    _Teller = Union["_Kept", "_Shown", page.ToPage]

PAUSE = 0.05  # seconds between looks at what is new

DESCRIPTION = """\
Run a Python program, and the Python processes that it starts, with pysock in the place of the
standard library's socket, and show each call of C that its sockets lead to, on standard error."""

EPILOG = """\
examples:
  python -m pysock trace client.py example.org 80
  python -m pysock trace --quiet -m http.server
  python -m pysock trace --jsonl trace.jsonl client.py
  python -m pysock trace --inject short-reads,eintr,reset,full client.py
  python -m pysock show trace.jsonl
  python -m pysock trace --html trace.html client.py

A call that takes long is shown twice: where it begins it "waits".  What can have an effect
elsewhere, as send, stands where it begins; what has a cause elsewhere, as recv, where it ends.
The exit status is the program's own."""

VALUED = ("--jsonl", "--html", "--width", "--inject")
SWITCHES = ("--quiet", "--all", "--strace", "--states", "--no-states", "-h", "--help")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.usage = "%(prog)s [-h] [OPTION ...] (SCRIPT | -m MODULE | -c CODE) [ARGUMENT ...]"
    parser.add_argument(
        "--jsonl", metavar="FILE", help="write the events there instead, to be shown later"
    )
    page.add_argument(parser)
    parser.add_argument(
        "--inject",
        metavar="FAULTS",
        default="",
        help=f"put faults into it: {', '.join(inject.FAULTS)}, each with =N if wanted",
    )
    parser.add_argument(
        "--states",
        action=argparse.BooleanOptionalAction,
        help="ask for the states of TCP, by calls beside the program's own (with --html it does)",
    )
    add_appearance(parser)


def add_appearance(parser: argparse.ArgumentParser) -> None:
    """The options of ``trace`` and ``show`` that say what the text is like."""
    parser.add_argument("--quiet", action="store_true", help="the lines of Python alone")
    parser.add_argument("--all", action="store_true", help="what says little, too")
    parser.add_argument("--strace", action="store_true", help="lines as strace(1) prints them")
    parser.add_argument("--width", type=int, metavar="N", help="cut lines after N columns")


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The options of this command, and the program with its own, as they are for Python."""
    count = 0
    while arguments[count:]:
        word = arguments[count]
        if word in VALUED:
            count += 2
        elif word in SWITCHES or word.startswith(tuple(f"{name}=" for name in VALUED)):
            count += 1
        else:
            break
    return arguments[:count], arguments[count:]


def main(options: argparse.Namespace) -> int:
    problem = problem_of(options.rest)
    if problem:
        print(f"python -m pysock trace: {problem}", file=sys.stderr)
        return NO_RUN
    try:
        inject.parse(options.inject)
    except ValueError as error:
        print(f"python -m pysock trace: {error}", file=sys.stderr)
        return NO_RUN
    kept = None
    if options.jsonl is not None:
        try:
            kept = open(options.jsonl, "w", encoding="utf-8")
        except OSError as error:
            print(f"python -m pysock trace: {options.jsonl}: {error.strerror}", file=sys.stderr)
            return NO_RUN
    tellers: list[_Teller] = [_Kept(kept)] if kept is not None else []
    drawn = None
    if options.html is not None:
        file = page.opened("trace", options.html)
        if file is None:
            return NO_RUN
        drawn = page.ToPage("trace", options.html, file, Page(command=options.rest))
        tellers.append(drawn)
    if not tellers:
        tellers.append(_Shown(writer(options, sys.stderr)))
    with tempfile.TemporaryDirectory(prefix="pysock-trace-") as folder:
        environment = _install.environment(os.environ, trace=folder)
        environment[inject.VARIABLE] = options.inject
        asked = options.html is not None if options.states is None else options.states
        environment[states.VARIABLE] = str(int(asked))
        status, failed = _run(options.rest, environment, folder, _Several(tellers))
    if kept is not None:
        try:
            kept.close()
        except OSError as error:
            failed = failed or error
        if failed is not None:
            why = failed.strerror
            print(f"python -m pysock trace: {options.jsonl}: {why}", file=sys.stderr)
    if drawn is not None:
        drawn.end()
    return _end_as(status)


def writer(options: argparse.Namespace, stream: TextIO) -> Writer:
    """A writer of text to ``stream``, with what the options say and the terminal has."""
    terminal = stream.isatty()
    width = options.width
    if width is None and terminal:
        width = shutil.get_terminal_size().columns

    def say(text: str) -> None:
        stream.write(text + "\n")

    return Writer(
        say,
        width=width,
        colour=terminal and "NO_COLOR" not in os.environ,
        quiet=options.quiet,
        every=options.all,
        as_strace=options.strace,
    )


class _Kept:
    """Events become lines of a file."""

    def __init__(self, file: TextIO) -> None:
        self.file = file

    def tell(self, pid: int, event: Any) -> None:
        self.file.write(jsonl.line(pid, event))

    def pause(self, now: int) -> None:
        self.file.flush()


class _Shown:
    """Events become text."""

    def __init__(self, writer: Writer) -> None:
        self.writer, self.timeline = writer, Timeline()

    def tell(self, pid: int, event: Any) -> None:
        for call, waits in self.timeline.feed(pid, event):
            self.writer.write(call, waits)

    def pause(self, now: int) -> None:
        for call, waits in self.timeline.tell(now):
            self.writer.write(call, waits)
        self.writer.flush(now)
        sys.stderr.flush()


class _Several:
    """Events are told to each of these."""

    def __init__(self, tellers: list[_Teller]) -> None:
        self.tellers = tellers

    def tell(self, pid: int, event: Any) -> None:
        for teller in self.tellers:
            teller.tell(pid, event)

    def pause(self, now: int) -> None:
        for teller in self.tellers:
            teller.pause(now)


def _run(
    program: list[str], environment: dict[str, str], folder: str, teller: _Several
) -> tuple[int, OSError | None]:
    """Run the program, and tell of its events.

    Returns its status, below 0 for a signal, and why telling has ended early, if it has.
    """
    # Ctrl-C is for the program; this process lives on, to tell of its end.  It has a handler that
    # does nothing: what it ignored would be ignored in the program, too.
    before = {
        number: signal.signal(number, lambda number, frame: None)
        for number in _INTERRUPTS
        if signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        process = subprocess.Popen(command_of(program), env=environment)
        signal.signal(signal.SIGTERM, lambda number, frame: process.send_signal(number))
        follower = _Follower(folder, teller)
        while process.poll() is None:
            follower.look(perf_counter_ns())
            sleep(PAUSE)
        follower.end((process.pid, ("exit", perf_counter_ns(), process.returncode)))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return process.returncode, follower.failed


_INTERRUPTS = [getattr(signal, name) for name in ("SIGINT", "SIGQUIT") if hasattr(signal, name)]


class _Follower:
    """Hands a folder's events on, in the order of their times, as long as somebody hears them."""

    def __init__(self, folder: str, teller: _Several) -> None:
        self.reader, self.sorter, self.teller = Reader(folder), Sorter(), teller
        self.failed: OSError | None = None  # the reader has left, or the disk is full

    def look(self, now: int) -> None:
        if self.failed is not None:
            return
        for pid, event in self.reader.new():
            self.sorter.add(pid, event)
        try:
            for pid, event in self.sorter.ready(now):
                self.teller.tell(pid, event)
            self.teller.pause(now - LATE if now != FOREVER else now)
        except OSError as error:
            self.failed = error

    def end(self, last: tuple[int, Any]) -> None:
        self.sorter.add(*last)
        self.look(FOREVER)


def _end_as(status: int) -> int:
    """Exit as the program did: by the same signal, or with its status."""
    if status >= 0:
        return status
    sys.stdout.flush()
    number = signal.Signals(-status)
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 - status
