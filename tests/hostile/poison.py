"""Poison: before each call, all memory that C may write to is filled with a mark.

The prototype says where that is: a ``void *buf`` with its length, the memory that a ``msghdr``
points to, an address, an option's value.  A byte of the mark in an answer is one that C did not
write; in life, it would be a byte of somebody else's.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from pysock._host import lib, structs

from ..harness import Action, replace

# The functions that write, and for each pointer that they write to its place, and the place of
# its length (of which ``*`` says that it is pointed to).
WRITERS: dict[str, list[tuple[int, int, str]]] = {
    "recv": [(1, 2, "")],
    "recvfrom": [(1, 2, ""), (4, 5, "*")],
    "accept": [(1, 2, "*")],
    "accept4": [(1, 2, "*")],
    "getsockname": [(1, 2, "*")],
    "getpeername": [(1, 2, "*")],
    "gethostname": [(0, 1, "")],
}


def poisoned(monkeypatch: pytest.MonkeyPatch, mark: bytes) -> list[str]:
    """From now on memory is poisoned; the names of the functions whose memory was."""
    seen: list[str] = []
    octet = mark[0]

    def poison(name: str) -> Action:
        def call(real: Action, *arguments: Any) -> Any:
            for at, size, how in WRITERS[name]:
                length = arguments[size]
                if how == "*":
                    length = _number(arguments[size]) if arguments[size] else 0
                if arguments[at] and length:
                    ctypes.memset(arguments[at], octet, length)
            seen.append(name)
            return real(*arguments)

        return call

    def recvmsg(real: Action, fd: int, pointer: Any, flags: int) -> Any:
        header = structs["msghdr"].from_address(_address(pointer))
        iovec = structs["iovec"]
        for i in range(header.msg_iovlen):
            part = iovec.from_address(header.msg_iov + i * ctypes.sizeof(iovec))
            if part.iov_len:
                ctypes.memset(part.iov_base, octet, part.iov_len)
        if header.msg_name and header.msg_namelen:
            ctypes.memset(header.msg_name, octet, header.msg_namelen)
        if header.msg_control and header.msg_controllen:
            # Of control messages, the first length says that there is none yet.
            clean = ctypes.sizeof(structs["cmsghdr"])
            if header.msg_controllen > clean:
                size = header.msg_controllen - clean
                ctypes.memset(header.msg_control + clean, octet, size)
        seen.append("recvmsg")
        return real(fd, pointer, flags)

    for name in WRITERS:
        if hasattr(lib, name):
            replace(monkeypatch, name, poison(name))
    replace(monkeypatch, "recvmsg", recvmsg)
    return seen


def _number(pointer: Any) -> int:
    return ctypes.c_uint32.from_address(_address(pointer)).value


def _address(pointer: Any) -> int:
    if isinstance(pointer, int):
        return pointer
    return ctypes.cast(pointer, ctypes.c_void_p).value or 0
