"""Faults that a network and a kernel may have at any time, put into a program that is traced.

``python -m pysock trace --inject short-reads,eintr,reset,full SCRIPT`` makes them happen, so that a
program that works only by luck fails at once:

``short-reads``  a stream gives at most 1, 2, 3, … bytes at a call, as if no more had come yet
``eintr``        every other call that may wait is interrupted first, as by a signal
``full``         a stream takes at most 1, 2, 3, … bytes at a send; one that does not block
                 has no room at all every other time (EAGAIN)
``reset``        the third transfer of a connection finds that the peer has reset it; what is
                 received after that is an end, and what is sent is EPIPE

``NAME=N`` sets the number: the most bytes at a time; of ``eintr`` one call in N; which transfer.

``Injector`` can spare threads of one name: those that are the other end of a conversation, in a
test of one end.

A fault is put between the traced function and C, so the trace shows what the program met, and
marks it in the memory of the call's end, under ``injected``.  Nothing happens that could not: a
datagram is never cut, and MSG_WAITALL waits for all.
"""

from __future__ import annotations

import os
import threading
from ctypes import c_int, sizeof
from errno import EAGAIN, ECONNRESET, EINTR, EPIPE
from itertools import count

from .._calls.memory import with_pointer
from .._calls.msghdr import _iovec, _msghdr
from .._ffi.interpreter import bytes_at, fill, set_errno
from .._host import constants, lib
from .._platform import WINDOWS
from .memory import copied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

VARIABLE = "PYSOCK_INJECT"  # in the environment of a traced program: what --inject says
SPARED = "PYSOCK_INJECT_SPARED"  # the same: the name of threads whose calls are spared

# Each fault, and the number that it has without one: 0 is 1, 2, 3, … in turn.
FAULTS = {"short-reads": 0, "eintr": 2, "full": 0, "reset": 3}

LEAST = {"eintr": 2}  # if each call were interrupted, none would end

_READS = frozenset(("recv", "recvfrom", "recvmsg"))
_SENDS = frozenset(("send", "sendto", "sendmsg"))
_WAITS = _READS | _SENDS | {"accept", "accept4", "poll"}
_STREAM = constants["SOCK_STREAM"]
_DONTWAIT, _WAITALL = constants.get("MSG_DONTWAIT", 0), constants["MSG_WAITALL"]
_FLAGS = {"recvmsg": 2, "sendmsg": 2}  # which argument the flags are; of the others the fourth
_TURNS = 7  # 1 to so many bytes, and again
_fstat = os.fstat  # as it is before a program changes it


def parse(text: str) -> dict[str, int]:
    """``short-reads,reset=2`` as numbers by names; ValueError, which says why, if it is wrong."""
    wanted = {}
    for word in filter(None, text.split(",")):
        name, given, number = word.partition("=")
        if name not in FAULTS:
            raise ValueError(f"no fault is called {name!r}; there are {', '.join(FAULTS)}")
        least = LEAST.get(name, 1)
        if given and not (number.isascii() and number.isdecimal() and least <= int(number) < 2**31):
            raise ValueError(f"the number of {name} is at least {least}, and not {number!r}")
        wanted[name] = int(number) if given else FAULTS[name]
    return wanted


def thread_name() -> str:
    """The name of this thread, as it is: no lock, and no new object for a thread without one."""
    known = getattr(threading, "_active", {}).get(threading.get_ident())
    return known.name if known else ""


class _Known:
    """What is known of a descriptor's socket: that of an inode, as fstat(2) has it."""

    __slots__ = ("inode", "is_stream", "transfers")

    def __init__(self, inode: int, is_stream: bool) -> None:
        self.inode, self.is_stream, self.transfers = inode, is_stream, 0


class Injector:
    """What puts faults between traced functions and C; one for a process and those it forks."""

    def __init__(self, wanted: dict[str, int], spared: str = "") -> None:
        self.wanted, self.spared = wanted, spared
        self.counts = {name: count(1) for name in FAULTS}
        self.known: dict[int, _Known] = {}  # by descriptor
        self.said = threading.local()
        self.getsockopt = lib.getsockopt  # that of C, which is not traced

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A C function, with the faults that it may have."""
        if name == "close":
            return self._closing(function)
        if name not in _WAITS or not self.wanted:
            return function

        def faulty(*arguments: Any) -> Any:
            return self._call(name, function, arguments)

        return faulty

    def note(self, arguments: tuple[Any, ...], result: Any, memory: dict[str, bytes]) -> None:
        """Mark the end of a call into which a fault was put; a copier, as ``memory`` has them."""
        fault = getattr(self.said, "fault", "")
        if fault:
            self.said.fault = ""
            memory["injected"] = fault.encode()

    def _closing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def closing(fd: int) -> Any:
            self.known.pop(fd, None)
            return function(fd)

        return closing

    def _fails(self, fault: str, number: int) -> int:
        self.said.fault = fault
        set_errno(number)
        return -1

    def _call(self, name: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if self.spared and thread_name() == self.spared:
            return function(*arguments)
        wanted, fd = self.wanted, arguments[0]
        if "eintr" in wanted and next(self.counts["eintr"]) % wanted["eintr"] == 0:
            return self._fails("eintr", EINTR)
        if name not in _READS | _SENDS:
            return function(*arguments)
        sock = self._socket(fd)
        if not sock.is_stream:
            return function(*arguments)
        if "reset" in wanted:
            done = sock.transfers = sock.transfers + 1
            if done == wanted["reset"]:
                return self._fails("reset", ECONNRESET)
            if done > wanted["reset"]:
                self.said.fault = "reset"
                return 0 if name in _READS else self._fails("reset", EPIPE)
        flags = arguments[_FLAGS.get(name, 3)]
        fault = "full" if name in _SENDS else "short-reads"
        if fault not in wanted or (fault == "short-reads" and flags & _WAITALL):
            return function(*arguments)
        turn = next(self.counts[fault])
        if fault == "full" and turn % 2 == 0 and (flags & _DONTWAIT or WINDOWS):
            return self._fails("full", EAGAIN)
        most = wanted[fault] or 1 + turn % _TURNS
        if "msg" in name:
            return self._short_message(fault, function, arguments, most)
        size = arguments[2]
        if size > most:
            self.said.fault = fault
        return function(*arguments[:2], min(size, most), *arguments[3:])

    def _short_message(
        self, fault: str, function: Callable[..., Any], arguments: tuple[Any, ...], most: int
    ) -> Any:
        """A message whose first piece alone is transferred, and of that at most so many bytes."""
        message = arguments[1]
        before = copied(message, _msghdr.size)
        _, _, iov, pieces, *_ = _msghdr.unpack(before)
        if pieces == 0:
            return function(*arguments)
        first = bytes_at(iov, _iovec.size)
        base, size = _iovec.unpack(first)
        if size == 0 or (size <= most and pieces == 1):
            return function(*arguments)
        self.said.fault = fault
        fill(iov, _iovec.pack(base, min(size, most)))
        fill(message, _with_pieces(before, 1))
        try:
            return function(*arguments)
        finally:
            fill(iov, first)
            fill(message, _with_pieces(copied(message, _msghdr.size), pieces))

    def _socket(self, fd: int) -> _Known:
        """The socket of a descriptor.

        Its number may be another socket's since the last call: after ``os.close``, or by dup2(2).
        """
        try:
            inode = _fstat(fd).st_ino
        except OSError:  # no descriptor; or a handle of Windows, of which ``close`` alone tells
            inode = 0
        known = self.known.get(fd)
        if known is None or known.inode != inode:
            known = self.known[fd] = _Known(inode, self._is_stream(fd))
        return known

    def _is_stream(self, fd: int) -> bool:
        (kind, at), (size, size_at) = with_pointer(c_int), with_pointer(c_int)
        size.value = sizeof(c_int)
        level, option = constants["SOL_SOCKET"], constants["SO_TYPE"]
        done: int = self.getsockopt(fd, level, option, at, size_at)
        return done >= 0 and kind.value == _STREAM


def _with_pieces(header: bytes, pieces: int) -> bytes:
    name, length, iov, _, *rest = _msghdr.unpack(header)
    packed: bytes = _msghdr.pack(name, length, iov, pieces, *rest)
    return packed
