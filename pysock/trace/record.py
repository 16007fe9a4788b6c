"""Events of a process and its children, kept in files of one folder.

Each event is written at once to memory that is mapped from a file.  So it needs no system call, and
survives whatever ends the process: a signal, ``os._exit``, a fault.  Such a file is a *part*:

    | length | event | length | event | … | 0 |

with a length of four bytes, and an event as ``marshal`` writes a tuple.  The length is written
last, and an event counts once it is there: so a reader can follow a part while it is written.

A part is taken out of a pool for one event, as all memory that C writes to is: no second thread or
signal handler meets it.  A forked child begins parts of its own.  A part's name begins with the
number of the process: ``PID-N.part``.
"""

from __future__ import annotations

import ctypes
import marshal
import mmap
import os
import sys
from contextlib import suppress
from itertools import count
from time import perf_counter_ns

from .._ffi.interpreter import declared, fill, open_library
from .._platform import WINDOWS, target
from . import inject, states
from .watch import watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .watch import Event

_close = os.close  # what a watcher puts there would be told of
PYTHON = f"{sys.implementation.name} {sys.version.split()[0]}"
SUFFIX = ".part"
_FORMAT = 2  # of marshal: the last without references, which all interpreters read
_HEAD = 4
_FIRST, _NEXT = 1 << 18, 1 << 22  # bytes


class Recorder:
    """An observer that keeps all events of this process in parts, in ``folder``."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.forked: int | None = None
        self.begin()

    def before_fork(self) -> None:
        """Keep the time: what the parent closes from then on, the child still has."""
        self.forked = perf_counter_ns()

    def begin(self) -> None:
        """Begin parts of this process; a forked child calls it, too."""
        self.pid, self.stopped = os.getpid(), False
        self.numbers = count(1)
        self.size = _FIRST
        self.free: list[Part] = []
        argv = [str(each) for each in getattr(sys, "orig_argv", sys.argv)]
        time, self.forked = self.forked or perf_counter_ns(), None
        self(("process", time, self.pid, os.getppid(), PYTHON, target, argv))

    def __call__(self, event: Event) -> None:
        """Keep one event.  Never raises: what cannot be kept is said once, on standard error."""
        if self.stopped:
            return
        data = marshal.dumps(event, _FORMAT)
        try:
            try:
                part = self.free.pop()
            except IndexError:
                part = self.make(len(data))
            if not part.put(data):
                part = self.make(len(data))
                part.put(data)
            self.free.append(part)
        except (OSError, ValueError) as error:
            self.stopped = True
            with suppress(OSError):  # standard error is closed, too
                said = f"pysock: the trace of process {self.pid} ends here: {error}\n"
                os.write(2, said.encode("utf-8", "replace"))

    def make(self, least: int) -> Part:
        size = max(self.size, least + 2 * _HEAD + mmap.PAGESIZE & -mmap.PAGESIZE)
        self.size = _NEXT
        for number in self.numbers:
            path = os.path.join(self.folder, f"{self.pid}-{number}{SUFFIX}")
            try:
                return Part(path, size)
            except FileExistsError:  # of a program that this process has replaced (exec)
                continue
        raise AssertionError("count() ends")


class Part:
    """A file in memory, to which events are appended."""

    def __init__(self, path: str, size: int) -> None:
        self.at, self.size = 0, size
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            # What a full disk has no room for is an error here, and a SIGBUS later.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(fd, 0, size)
            else:
                os.ftruncate(fd, size)
            self.write = _mapped(fd, size)
        finally:
            _close(fd)

    def put(self, data: bytes) -> bool:
        at = self.at
        end = at + _HEAD + len(data)
        if end + _HEAD > self.size:
            return False
        self.at = end
        self.write(at + _HEAD, data)
        self.write(at, len(data).to_bytes(_HEAD, "little"))
        return True


def _mapped(fd: int, size: int) -> Any:
    """A function ``write(at, data)`` for a file's memory, which keeps no descriptor of the file.

    ``mmap.mmap`` keeps one, and a program that counts its descriptors would find it.
    """
    if WINDOWS:  # where it keeps a handle, which nobody counts
        mapped = mmap.mmap(fd, size)

        def write(at: int, data: bytes) -> None:
            mapped[at : at + len(data)] = data

        return write
    kinds = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_ssize_t]
    call = declared(open_library(None), "mmap", ctypes.c_void_p, kinds)
    base = call(None, size, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, fd, 0)
    if base is None or base == ctypes.c_void_p(-1).value:
        raise OSError("the memory of a part cannot be mapped")
    return lambda at, data: fill(base + at, data)


def start(folder: str) -> None:
    """Record this process, and the children that it forks, until its end."""
    recorder = Recorder(folder)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=recorder.before_fork, after_in_child=recorder.begin)
    wanted = inject.parse(os.environ.get(inject.VARIABLE, ""))
    spared = os.environ.get(inject.SPARED, "")
    injector = inject.Injector(wanted, spared) if wanted else None
    watch(recorder, injector, states=os.environ.get(states.VARIABLE) == "1")


# --- reading -------------------------------------------------------------------------


class Reader:
    """The events in the parts of a folder, which may still grow."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.seen: dict[str, int] = {}  # a part's name → how far it has been read

    def new(self) -> Iterator[tuple[int, Event]]:
        """``(process, event)`` of each event that has been added since the last time."""
        names = [name for name in os.listdir(self.folder) if name.endswith(SUFFIX)]
        for name in sorted(names, key=_by_number):
            pid = _by_number(name)[0]
            with open(os.path.join(self.folder, name), "rb") as file:
                file.seek(self.seen.get(name, 0))
                while True:
                    length = int.from_bytes(file.read(_HEAD), "little")
                    data = file.read(length)
                    if not length or len(data) < length:
                        break
                    self.seen[name] = self.seen.get(name, 0) + _HEAD + length
                    yield pid, marshal.loads(data)


def _by_number(name: str) -> tuple[int, ...]:
    pid, _, number = name[: -len(SUFFIX)].partition("-")
    return int(pid), int(number)
