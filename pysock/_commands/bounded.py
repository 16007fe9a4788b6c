"""Run a program that nobody trusts: traced, and bounded in time, output, calls and processes.

``run`` starts it below a ``warden``, which takes what the program does to its parent.  ``in_child``
runs a function in a forked process, for as long as it may take: for code that comes with a lesson.
"""

from __future__ import annotations

import ast
import json
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from pkgutil import get_data
from threading import Event, Thread
from time import monotonic

from .. import _install
from ..trace import inject
from ..trace.decode import decoded
from ..trace.order import sort
from ..trace.record import Reader
from . import warden
from .folders import temporary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..trace.decode import Call

SECONDS = 10.0
MOST_OUTPUT, MOST_EVENTS, MOST_FILES, MOST_PROCESSES = 100_000, 20_000, 60, 200
PEER = "peer"  # a thread of this name is the other end: no faults are put into what it calls
_TICK, _TICKS = 0.01, 10  # how often to look; every so many times the trace is read, too


_FRAMES = (" ", "Traceback (most recent call last):", "Exception in thread ")


class Ran:
    """What a program did.

    ``output``   what it printed, both ways
    ``calls``    of the C functions (``trace.decode.Call``), in the order of their begin
    ``status``   its exit status, or the number of the signal that has ended it
    ``ended``    why it was ended, or ""
    ``faults``   what was put into it
    ``result``   of a harness, the value of its variable ``result`` at its end
    ``seconds``  how long it took
    """

    def __init__(self, faults: str = "") -> None:
        self.faults, self.output, self.status, self.ended = faults, "", 0, ""
        self.events: list[Any] = []
        self.calls: list[Call] = []
        self.result: Any = None
        self.reached_end = False
        self.seconds = 0.0

    @property
    def error(self) -> str:
        """The last line of what a program has printed that failed: that of its traceback.

        The traceback of a thread may have been cut off: its frames say nothing of the error.
        """
        lines = [line for line in self.output.splitlines() if line.strip()]
        whole = [line for line in lines if not line.startswith(_FRAMES)] or lines
        return whole[-1].strip() if self.status and whole else ""


def run(
    folder: Path,
    script: str,
    faults: str = "",
    *,
    seconds: float | None = None,
    stop: Event | None = None,
    told: str = "",
) -> Ran:
    """Run a script of a folder, with faults of ``trace --inject``; it is over when this returns.

    It ends after so many seconds, and when ``stop`` is set.  ``told`` is its standard input.
    """
    seconds = SECONDS if seconds is None else seconds
    ran, said = Ran(faults), bytearray()
    with temporary("lesson") as trace:
        environment = _install.environment(os.environ, trace=trace)
        environment.update({
            inject.VARIABLE: faults, inject.SPARED: PEER, "TMPDIR": str(folder),
            "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1",
        })  # fmt: skip
        begun = monotonic()
        process = subprocess.Popen(
            [*_below(seconds), sys.executable, "-u", script],
            cwd=folder, env=environment, start_new_session=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if process.stdin is not None:
            with suppress(BrokenPipeError), process.stdin as pipe:  # it may be gone already
                pipe.write(told.encode())
        reader = Thread(target=_read, args=(process.stdout, said), daemon=True)
        reader.start()
        try:
            ran.ended = _watched(process, Reader(trace), ran, said, seconds, stop or Event())
        finally:
            _end(process)
        ran.seconds = monotonic() - begun
        reader.join(1)
        if process.stdout is not None and not reader.is_alive():
            process.stdout.close()
        ran.status = process.returncode
        if not ran.ended and (ran.status < 0 or ran.status == warden.KILLED):
            ran.ended = "it has killed its parent process"
        if not ran.ended:
            try:
                ran.calls = decoded(sort(ran.events))
            except _DAMAGED as error:
                ran.ended = f"it has damaged its own trace: {error}"
    ran.output = bytes(said[:MOST_OUTPUT]).decode("utf-8", "replace")
    return ran


def _below(seconds: float) -> list[str]:
    """The command of the parent, where there can be one, to which a program is an argument."""
    if not hasattr(os, "fork"):
        return []
    source = (get_data(__name__, "warden.py") or b"").decode()
    return [sys.executable, "-I", "-S", "-c", source, str(int(seconds) + 5)]


# What reading a trace raises in which something else stands than events.
_DAMAGED = (ValueError, TypeError, EOFError, LookupError, AttributeError, OSError)


def _watched(
    process: subprocess.Popen[bytes],
    trace: Reader,
    ran: Ran,
    said: bytearray,
    seconds: float,
    stop: Event,
) -> str:
    """Wait for the end of a process, and read its trace; why it is to be ended before, or ""."""
    deadline, ticks, most = monotonic() + seconds, 0, _processes() + MOST_PROCESSES
    over = False
    while not over:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_TICK)
            over = True
        ticks += 1
        if stop.is_set():
            return "nobody waits for it any more"
        if monotonic() > deadline:
            return f"it did not end within {seconds:g} seconds"
        if len(said) > MOST_OUTPUT:
            return f"it printed more than {MOST_OUTPUT} bytes"
        # A process of Python has a file of the trace; others are counted.
        if len(os.listdir(trace.folder)) > MOST_FILES:
            return "it started too many processes"
        if _processes() > most:
            if _processes(process.pid) > MOST_PROCESSES // 2:
                return "it started too many processes"
            most = _processes() + MOST_PROCESSES  # they are somebody else's
        if ticks % _TICKS and not over:
            continue
        try:
            ran.events.extend(trace.new())
        except _DAMAGED as error:
            return f"it has damaged its own trace: {error}"
        if len(ran.events) > MOST_EVENTS:
            return "it made too many calls of sockets"
    return ""


def _processes(session: int = 0) -> int:
    """How many processes there are, or of one session, where a folder says it."""
    found = 0
    with suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdecimal() and (not session or _session_of(name) == session):
                found += 1
    return found


def _session_of(pid: str) -> int:
    with suppress(OSError, IndexError, ValueError), open(f"/proc/{pid}/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[3])
    return 0


def _read(pipe: Any, said: bytearray) -> None:
    for piece in iter(lambda: pipe.read1(65536), b""):
        if len(said) <= MOST_OUTPUT:
            said += piece


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):  # nobody of its group is left
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


# What runs ``harness.py``, tells that it has come to its end and the value of its variable
# ``result`` there, and leaves at once: threads of a solution may have no end.  By what it tells is
# the first line of its input, which stands in no file that a solution could read.
START = """\
import os, sys, traceback

def leave(*error):
    traceback.print_exception(*error)
    sys.stderr.flush()
    os._exit(1)

def end(token=sys.stdin.readline().strip()):
    sys.stdout.write("\\n" + token + repr(getattr(harness, "result", None)) + "\\n")
    sys.stdout.flush()
    os._exit(0)

sys.excepthook = leave
import harness
end()
"""


def read_end(ran: Ran, token: str) -> None:
    """Take what ``start`` has told out of the output."""
    before, told, after = ran.output.partition("\n" + token)
    if told:
        line, _, rest = after.partition("\n")
        ran.output, ran.reached_end = before + rest, True
        with suppress(ValueError, SyntaxError):  # no value that can be written: it stays None
            ran.result = ast.literal_eval(line)


# --- a function in a process of its own ----------------------------------------------


class Failed(Exception):
    """A function did not end in time, or has ended its process."""


class InChild:
    """A function's value, as JSON, from a forked process.  Where there is no fork, from here."""

    def __init__(self, function: Callable[[], Any], seconds: float) -> None:
        self.deadline, self.seconds, self.pid = monotonic() + seconds, seconds, 0
        if not hasattr(os, "fork"):
            self.value = function()
            return
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()  # the child would write it once more
        self.pipe, write = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(write)
            return
        status = 1
        try:
            os.close(self.pipe)
            with open(write, "w", encoding="utf-8") as file:
                json.dump(function(), file)
            status = 0
        finally:
            os._exit(status)

    def get(self) -> Any:
        """The value; Failed if there is none."""
        if not self.pid:
            return self.value
        data, why = bytearray(), ""
        try:
            while True:
                left = max(0, self.deadline - monotonic())
                if not select.select([self.pipe], [], [], left)[0]:
                    why = f"it did not end within {self.seconds:g} seconds"
                    break
                piece = os.read(self.pipe, 65536)
                if not piece:
                    break
                data += piece
        finally:
            os.close(self.pipe)
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            status = os.waitpid(self.pid, 0)[1]
        try:
            return json.loads(data)
        except ValueError:
            raise Failed(why or f"it has ended its process (status {status})") from None


def in_child(function: Callable[[], Any], seconds: float) -> Any:
    return InChild(function, seconds).get()
