"""``python -m pysock demo``: watch the documentation's echo server and client talk.

Two processes run for each kind of socket, and each shows the foreign calls that it makes,
under the line of Python that made them.  The exit status is 0 only if all that was sent
came back.
"""

from __future__ import annotations

import argparse
import ast
import linecache
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from time import perf_counter_ns

from .. import __version__, _platform
from ..trace import jsonl, show, states, watch
from ..trace.order import Timeline, sort
from ..trace.page import Page
from . import echo, page
from .columns import NARROWEST, folded, width, wrapped
from .folders import temporary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ..trace.decode import Call

PACKAGE = __name__.partition(".")[0]
NO_PAGE = 2  # the status if the page cannot be written, as of all arguments that make no sense
PATIENCE = 30  # seconds for one conversation, which takes a fraction of one

# Children speak to their parent through one pipe.  Each line begins with the role of who speaks;
# then comes the address where the server listens, behind @, or an event of a call as JSON, or text
# to print at the end.
_ADDRESS = "@"
_EVENT = "{"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.epilog = EPILOG
    parser.add_argument("--html", metavar="FILE", help="also write a page for a browser there")
    # How it starts its own children.
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)


def main(options: argparse.Namespace) -> int:
    if options.child:
        return child(*options.child)
    drawn = None
    if options.html is not None:
        file = page.opened("demo", options.html)
        if file is None:
            return NO_PAGE
        drawn = page.ToPage("demo", options.html, file, Page(command=["python -m pysock"]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # not while a folder is made or removed
    made = temporary("demo")
    print(wrapped(INTRODUCTION.format(version=__version__, target=_platform.target), width()))
    with made as folder:
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            failed = [k for k in echo.available() if not conversation(k, folder, drawn)]
        except KeyboardInterrupt:
            print("\ninterrupted")
            return 130
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    if drawn is not None and not drawn.end():
        return 1
    print(f"\nNo echo over: {', '.join(failed)}" if failed else "\nAll echoes came back.")
    return 1 if failed else 0


DESCRIPTION = """\
Run the echo server and client of Python's documentation as two processes, over TCP, a Unix
socket and UDP, and show each foreign call that they make, below the line of Python that leads
to it.  A call looks like this, with the bytes of the socket address in it behind the arrow:

  client | s.connect(address)
  client |     connect(sockfd 3, addr ↓, addrlen 16) → 0
  client |       addr  02 00        sin_family  AF_INET
  client |             87 6b        sin_port    34667 (network order)
  client |             7f 00 00 01  sin_addr    127.0.0.1"""

EPILOG = """\
examples:
  python -m pysock demo               the same as python -m pysock
  python -m pysock demo | less        a page at a time, without colours
  NO_COLOR=1 python -m pysock demo    without colours in a terminal, too
  python -m pysock --html demo.html   a page for a browser as well

The exit status is 0 only if all that was sent came back."""

INTRODUCTION = """\
pysock {version} on {target}

The echo server and client of Python's documentation, as two processes. Below each line of Python
stand the foreign calls that it leads to, with their arguments and result, and below a call (↓) the
bytes of the socket address in it, member by member."""


# --- the parent ----------------------------------------------------------------------


def conversation(kind: str, folder: str, drawn: page.ToPage | None) -> bool:
    """Run a server and a client of one kind; True if the echo came back."""
    print(f"\n=== {echo.KINDS[kind][0]} ===\n", flush=True)
    if drawn is not None:
        drawn.page.marks.append((perf_counter_ns(), echo.KINDS[kind][0]))
    children: list[subprocess.Popen[str]] = []
    guard = threading.Timer(PATIENCE, lambda: end(children))
    heard, said = os.pipe()
    with open(heard, encoding="utf-8") as lines:
        try:
            with open(said, "w") as pipe, uninterrupted():
                guard.start()  # which takes over from here that no signal is for it
                for role in ("server", "client"):
                    asked = {states.VARIABLE: str(int(drawn is not None))}
                    children.append(start(role, kind, os.path.join(folder, "echo"), pipe, asked))
            teller = Teller()
            words: list[tuple[str, str]] = []
            for pid, event in sort(heard_from(lines, children, teller, words)):
                teller.tell(teller.timeline.feed(pid, event))
                if drawn is not None:
                    drawn.page.names[pid] = teller.roles[pid]
                    drawn.tell(pid, event)
            teller.tell(teller.timeline.end())
            for role, text in words:
                print_line(role, text)
            return all(process.wait() == 0 for process in children)
        finally:
            guard.cancel()
            end(children)


def heard_from(
    lines: Iterable[str],
    children: list[subprocess.Popen[str]],
    teller: Teller,
    words: list[tuple[str, str]],
) -> Iterator[tuple[int, watch.Event]]:
    """The events in what the children say; the rest of it is done, or becomes ``words``."""
    for line in lines:
        role, _, text = line.rstrip("\n").partition(" ")
        if text.startswith(_ADDRESS):
            tell(children[1], text[len(_ADDRESS) :])
        elif text.startswith(_EVENT):
            pid, event = jsonl.parse(text)
            teller.roles[pid] = role
            yield pid, event
        elif role:  # an empty line is how ``output`` tries whether it can write
            words.append((role, text))


class Teller:
    """Prints each call, below the line of the program that led to it."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.roles: dict[int, str] = {}
        self.lines: dict[str, int] = {}  # a role → the line that it was last told at

    def tell(self, calls: Iterable[tuple[Call, bool]]) -> None:
        for call, waits in calls:
            role = self.roles[call.pid]
            text = ["    " + part for part in show.lines(call, waits)]
            if self.lines.get(role) != call.line:
                self.lines[role] = call.line
                text.insert(0, linecache.getline(echo.__file__, call.line).strip())
            for part in text:
                print_line(role, part)


def print_line(role: str, text: str) -> None:
    """Print a line of a child; one that a terminal is too narrow for goes on below."""
    lines = [text]
    if sys.stdout.isatty():
        columns = max(NARROWEST, shutil.get_terminal_size().columns)
        lines = folded(text, columns - len(f"{role} | ")).split("\n")
    for line in lines:
        print(f"{_coloured(role)} | {line}", flush=True)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put off Ctrl-C: a child that runs but is in no list yet would be left behind."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start(
    role: str, kind: str, path: str, pipe: Any, variables: dict[str, str]
) -> subprocess.Popen[str]:
    """A child process, which says what it does to ``pipe``."""
    return subprocess.Popen(
        [sys.executable, "-m", PACKAGE, "demo", "--child", role, kind, path],
        stdin=subprocess.PIPE,
        stdout=pipe,
        encoding="utf-8",
        start_new_session=True,  # Ctrl-C is for the parent, which ends its children
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **variables},
    )


def tell(process: subprocess.Popen[str], address: str) -> None:
    """Let the client know where its server listens."""
    stdin = process.stdin
    assert stdin is not None
    with suppress(BrokenPipeError):  # it has ended already, and its status says how
        stdin.write(address + "\n")
        stdin.flush()


def end(children: list[subprocess.Popen[str]]) -> None:
    """Leave no process behind.  The client goes first: a server is used to that."""
    for process in reversed(children):
        process.kill()
    for process in children:
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _coloured(role: str) -> str:
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return role
    return f"\033[{36 if role == 'server' else 33}m{role}\033[0m"


# --- the children --------------------------------------------------------------------


def child(role: str, kind: str, path: str) -> int:
    """Be a server or a client, and say each foreign call to the parent."""
    # If the parent is gone, nobody else would end this process.
    guard = threading.Timer(PATIENCE, os._exit, [1])
    guard.daemon = True
    guard.start()

    def say(text: str) -> None:
        # One write for the whole line: the other child writes to the same pipe.
        sys.stdout.write(f"{role} {text}\n")
        sys.stdout.flush()

    address = ""
    if role == "client":
        address = sys.stdin.readline().strip()
        if not address:  # the server has failed
            return 1
    try:
        pid = os.getpid()
        asked = os.environ.get(states.VARIABLE) == "1"
        with watch.watching(lambda event: say(jsonl.line(pid, event).rstrip()), states=asked):
            if role == "server":
                echo.server(kind, path, lambda address: say(_ADDRESS + repr(address)))
                return 0
            data = echo.client(kind, ast.literal_eval(address))
    except BrokenPipeError:
        os._exit(1)  # the parent is gone, and nobody to tell
    except BaseException:
        say(_ADDRESS)
        raise
    say(f"Received {data!r}")
    return 0 if data == echo.MESSAGE else 1
