"""What a program does: its trace, and the functions of pysock that one of its calls goes through.

The program runs in this process, with pysock in the place of ``socket``.  A profile function notes
each function of pysock that begins, and the observer of ``pysock.trace.watch`` each call of C, in
one list with the depth of the stack: the way down, as it was.
"""

from __future__ import annotations

import errno
import linecache
import os
import re
import sys
import threading
import warnings
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pysock
from pysock._platform import target
from pysock.trace import Recording
from pysock.trace.decode import Call, decoded
from pysock.trace.record import PYTHON
from pysock.trace.terminal import Writer
from pysock.trace.watch import watch

PACKAGE = Path(pysock.__file__).parent
WIDTH = 120
THREAD_SECONDS = 5  # for the threads of a program, after its end
_LACKING = (errno.EAFNOSUPPORT, errno.EPERM, errno.EACCES)


class Step(NamedTuple):
    """A function that the call has gone through."""

    depth: int
    name: str
    file: str  # below pysock/; "" of a C function
    line: int


class Ran:
    """What came of a program: ``calls``, ``output``, ``way``, and ``lacking``.

    ``lacking`` is the error of a program that asked for what this kernel does not have, or "".
    """

    def __init__(self, calls: list[Call], output: str, way: list[Step], lacking: str) -> None:
        self.calls, self.output, self.way, self.lacking = calls, output, way, lacking

    @property
    def trace(self) -> list[str]:
        return text_of(self.calls)


def text_of(calls: list[Call]) -> list[str]:
    """A trace, without what is of no use on a page: the numbers of processes, one thread's name."""
    lines: list[str] = []
    writer = Writer(lines.append, width=WIDTH)
    for call in calls:
        writer.write(call)
    return [re.sub(r"^\d+ MainThread  \S+:(\d+)  ", r"line \1:  ", line) for line in lines]


def run(name: str, program: str, follow: Any = None) -> Ran:
    """Run a program, and note the way through the first call of the function ``follow``."""
    file = f"{name}.py"
    lines = [line + "\n" for line in program.split("\n")]
    linecache.cache[file] = (len(program), None, lines, file)
    made = Recording()
    path = _Path(getattr(follow, "__code__", None))

    def observe(event: Any) -> None:
        made.events.append(event)
        if event[0] == "begin":
            path.enter_c(event[5])

    lacking, said, space = "", StringIO(), {"__name__": name}
    replaced = sys.modules.get("socket")
    sys.modules["socket"] = pysock
    undo, before = watch(observe, None), set(threading.enumerate())
    try:
        with warnings.catch_warnings(), redirect_stdout(said):
            warnings.simplefilter("ignore")
            code = compile(program, file, "exec")
            sys.setprofile(path.profile)
            try:
                exec(code, space)
            except OSError as error:
                if error.errno not in _LACKING:
                    raise
                lacking = str(error)
            finally:
                sys.setprofile(None)
                for thread in set(threading.enumerate()) - before:  # they need its variables
                    thread.join(THREAD_SECONDS)
                undo()
                _close(space)
    finally:
        del sys.modules["socket"]
        if replaced is not None:
            sys.modules["socket"] = replaced
    head: tuple[Any, ...] = ("process", 0, os.getpid(), 0, PYTHON, target, [])
    calls = decoded([(os.getpid(), event) for event in [head, *made.events]])
    return Ran(calls, said.getvalue(), path.steps, lacking)


def _close(space: dict[str, Any]) -> None:
    """Close the sockets that a program has left open, and forget its variables."""
    for value in space.values():
        if isinstance(value, pysock.SocketType):
            value.close()
    space.clear()


class _Path:
    """Notes what begins while the function with the code ``wanted`` runs for the first time."""

    def __init__(self, wanted: Any) -> None:
        self.wanted = wanted
        self.stack: list[Any] = []
        self.over = wanted is None
        self.steps: list[Step] = []

    def profile(self, frame: Any, event: str, _: Any) -> None:
        if self.over or event not in ("call", "return"):
            return
        code = frame.f_code
        if event == "return":
            if self.stack and self.stack[-1] is frame:
                self.stack.pop()
                self.over = not self.stack
            return
        file = os.path.relpath(code.co_filename, PACKAGE)
        if not self.stack and code is not self.wanted:
            return
        if file.startswith((os.pardir, "trace")) or code.co_name.startswith("<"):
            return
        name = getattr(code, "co_qualname", code.co_name)
        self.steps.append(Step(len(self.stack), name, file, code.co_firstlineno))
        self.stack.append(frame)

    def enter_c(self, function: str) -> None:
        if self.stack:
            self.steps.append(Step(len(self.stack), function, "", 0))
