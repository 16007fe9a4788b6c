"""``python -m pysock trace``: a program on pysock, and all that its sockets do.

The program runs as with ``run``: its arguments, input, output and exit status are its own.  Each
of its processes keeps what it does in files of a folder (``trace.record``), which this process
reads while they grow.  So what was recorded is there however the program ends.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import signal
import sys
from contextlib import suppress

from .. import _install
from .._platform import WINDOWS
from ..trace import inject, jsonl, states
from ..trace.decode import DamagedTrace
from ..trace.order import Timeline
from ..trace.page import Page
from ..trace.terminal import Writer
from . import page, programs
from .children import exit_status
from .folders import made
from .run import NO_RUN, problem_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

    from .programs import Teller

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
  python -m pysock trace --html trace.html server.py -- client.py localhost

A call that takes long is shown twice: where it begins it "waits".  A call that can have an effect
elsewhere, like send, stands where it begins; one that has a cause elsewhere, like recv, where it
ends.  The exit status is the program's own; of several, that of the first that fails.  The next
program begins once the one before listens; when the last has ended, the others are told to end."""

NARROWEST = 10  # columns
_TRIES = 10
VALUED = ("--jsonl", "--html", "--width", "--inject")
SWITCHES = (
    "--quiet", "--all", "--strace", "--states", "--no-states", "--one", "-h", "--help",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.usage = (
        "%(prog)s [-h] [OPTION ...]\n"
        "           (SCRIPT | -m MODULE | -c CODE) [ARGUMENT ...] [-- SCRIPT2 ...]"
    )
    parser.add_argument(
        "--jsonl", metavar="FILE", help="write the events to a file instead, for show"
    )
    page.add_argument(parser)
    parser.add_argument(
        "--inject",
        metavar="FAULTS",
        default="",
        help=f"inject faults: {', '.join(inject.FAULTS)}; each can have a number, as in eintr=3",
    )
    parser.add_argument(
        "--states",
        action=argparse.BooleanOptionalAction,
        help="show the states of TCP, too, by extra calls (default with --html)",
    )
    parser.add_argument(
        "--one", action="store_true", help="there is one program: -- is an argument of it"
    )
    add_appearance(parser)


def add_appearance(parser: argparse.ArgumentParser) -> None:
    """The options of ``trace`` and ``show`` that say what the text is like."""
    parser.add_argument("--quiet", action="store_true", help="show only the lines of Python")
    parser.add_argument("--all", action="store_true", help="show calls that say little, too")
    parser.add_argument("--strace", action="store_true", help="print lines as strace(1) does")
    parser.add_argument("--width", type=number, metavar="N", help="cut lines after N columns")


def without_text(options: argparse.Namespace) -> str:
    """Which option of the text stands beside one that shows none; "" if there is none."""
    instead = [name for name in ("html", "jsonl") if getattr(options, name, None) is not None]
    for name in _APPEARANCE:
        if instead and getattr(options, name):
            return f"--{name} changes nothing with --{instead[0]}"
    return ""


_APPEARANCE = ("quiet", "all", "strace", "width")


def number(text: str) -> int:
    columns = int(text)
    if columns < NARROWEST:
        raise argparse.ArgumentTypeError(f"a line has at least {NARROWEST} columns")
    return columns


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
    wanted = [options.rest] if options.one else programs.split(options.rest)
    problems = [*map(problem_of, wanted), without_text(options), _not_here(options)]
    for problem in filter(None, problems):
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
    tellers: list[Teller] = [_Kept(kept)] if kept is not None else []
    drawn = None
    if options.html is not None:
        file = page.opened("trace", options.html)
        if file is None:
            return NO_RUN
        drawn = page.ToPage("trace", options.html, file, Page(command=options.rest))
        tellers.append(drawn)
    if not tellers:
        if sys.stderr is None:  # the parent process has closed it
            sys.stderr = open(os.devnull, "w", encoding="utf-8")
        if isinstance(sys.stderr, io.TextIOWrapper):
            # As show: Python would write "\xd7" for a "×", which looks like one of the bytes.
            sys.stderr.reconfigure(errors="replace")
        tellers.append(_Shown(writer(options, sys.stderr)))
    folder = made("trace")
    try:
        environment = _install.environment(os.environ, trace=folder)
        environment[inject.VARIABLE] = options.inject
        asked = options.html is not None if options.states is None else options.states
        environment[states.VARIABLE] = str(int(asked))
        status, failed = programs.run(wanted, environment, folder, _Several(tellers))
    finally:
        _remove(folder)
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


def _not_here(options: argparse.Namespace) -> str:
    """What is asked for and this system does not have; "" if it has all."""
    if options.strace and WINDOWS:
        return "--strace has no lines for the calls of Winsock"
    if options.states and not states.CAN_BE_ASKED:
        return "--states: this system does not tell the states of TCP sockets"
    return ""


def _remove(folder: str) -> None:
    """Remove the folder of events, in which a process that lives on may just begin another file.

    Under another name no file is begun in it.  (Windows renames no folder with open files.)
    """
    with suppress(OSError):
        os.rename(folder, folder + ".old")
        folder += ".old"
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):
            break
    else:
        print(f"python -m pysock trace: {folder} is in use, and left there", file=sys.stderr)


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
        try:
            for call, waits in self.timeline.feed(pid, event):
                self.writer.write(call, waits)
        except DamagedTrace as error:  # what a program passes may be anything
            self.writer.say(f"    (a call that cannot be shown: {error})")

    def pause(self, now: int) -> None:
        for call, waits in self.timeline.tell(now):
            self.writer.write(call, waits)
        self.writer.flush(now)
        sys.stderr.flush()


class _Several:
    """Events are told to each of these."""

    def __init__(self, tellers: list[Teller]) -> None:
        self.tellers = tellers

    def tell(self, pid: int, event: Any) -> None:
        for teller in self.tellers:
            teller.tell(pid, event)

    def pause(self, now: int) -> None:
        for teller in self.tellers:
            teller.pause(now)


def _end_as(status: int) -> int:
    """Exit as the program did: by the same signal, or with its status."""
    if status >= 0:
        return exit_status(status)
    sys.stdout.flush()
    number = signal.Signals(-status)
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 - status
