"""Bytes that nobody wrote: what is left in memory is seen neither here nor by the kernel."""

from __future__ import annotations

import ctypes
import os
import sys
from array import array
from ctypes import sizeof
from mmap import mmap
from typing import Any

import pytest

import pysock
from pysock._calls import memory, msghdr
from pysock._ffi.interpreter import COPY_MAX
from pysock._host import abi, structs
from pysock._methods import connection
from pysock._methods.shortcuts import message, written

from .harness import RECEIVE, Action, pair, pools, replace


def make_pools_dirty() -> None:
    """Leave something in the buffers, for the next one not to see."""
    for pool in pools():
        entry = pool.take()
        if isinstance(entry, msghdr.MessageBuffer):
            ctypes.memset(entry.base, 0xAA, 4 * msghdr.SMALL)
        elif pool in vars(message).values():
            # It has pointers, which stay, and then memory for data and for control messages.
            for memory, clean in ((entry[2], 0), (entry[4], sizeof(structs["cmsghdr"]))):
                size = sizeof(memory) - clean
                ctypes.memset(ctypes.addressof(memory) + clean, 0xAA, size)
        elif isinstance(entry, tuple):  # the others are only sent from
            memory = entry[0]
            if isinstance(memory, mmap):
                memory[:] = b"\xaa" * len(memory)
            elif isinstance(memory, array):
                memory[:] = array(memory.typecode, b"\xaa" * (len(memory) * memory.itemsize))
            else:
                ctypes.memset(ctypes.addressof(memory), 0xAA, sizeof(memory))
        pool.put(entry)


@pytest.mark.parametrize("size", [5, COPY_MAX, COPY_MAX + 1])
@pytest.mark.parametrize("name", RECEIVE)
def test_of_a_message_cut_short_only_what_came_is_seen(name: str, size: int) -> None:
    """With MSG_TRUNC, C answers with the size of the message, however little it wrote."""
    data = os.urandom(150_000)
    with pair(pysock.SOCK_DGRAM) as (here, there):
        there.send(data)
        flags = pysock.MSG_TRUNC | pysock.MSG_PEEK
        make_pools_dirty()
        if name == "recvmsg":
            for room in (0, 64):
                assert here.recvmsg(size, room, flags)[0] == data[:size]
        else:
            # As long as in CPython, where the rest is whatever was in memory.
            answer = getattr(here, name)(size, flags)
            received = answer if name == "recv" else answer[0]
            assert received == data[:size] + bytes(len(data) - size)


@pytest.mark.parametrize("size", [10, COPY_MAX, COPY_MAX + 1, 1 << 20])
@pytest.mark.parametrize("name", RECEIVE)
def test_no_more_is_seen_than_was_received(name: str, size: int) -> None:
    with pair() as (here, there):
        there.send(b"abc")
        make_pools_dirty()
        assert RECEIVE[name](here, size) == b"abc"


@pytest.mark.parametrize("room", [0, 64])
def test_a_message_has_no_name_and_flags_of_an_earlier_one(
    room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if C says that there is a name, and writes none."""

    def liar(real: Action, fd: int, pointer: Any, flags: int) -> int:
        raw = ctypes.string_at(pointer, sizeof(structs["msghdr"]))
        header = structs["msghdr"].from_buffer_copy(raw)
        header.msg_namelen, header.msg_controllen = 16, 0
        ctypes.memmove(pointer, ctypes.byref(header), sizeof(header))
        return 0

    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.sendto(b"abc", sock.getsockname())
        _, _, flags, sender = sock.recvmsg(1, room)
        assert flags & pysock.MSG_TRUNC and sender == sock.getsockname()
        replace(monkeypatch, "recvmsg", liar)
        assert sock.recvmsg(9, room) == (b"", [], 0, (0, bytes(14)))


def test_an_option_that_c_did_not_write_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    def getsockopt(real: Action, *arguments: Any) -> int:
        seen.append(ctypes.string_at(arguments[3], 4))
        return 0

    seen: list[bytes] = []
    with pysock.socket() as sock:
        make_pools_dirty()
        replace(monkeypatch, "getsockopt", getsockopt)
        assert sock.getsockopt(pysock.SOL_SOCKET, pysock.SO_RCVBUF) == 0
        assert sock.getsockopt(pysock.SOL_SOCKET, pysock.SO_RCVBUF, 100) == bytes(100)
    assert seen == [bytes(4)] * 2


def test_an_answer_longer_than_its_buffer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """C says how long the answer would be; memory behind the buffer is not read."""

    def liar(real: Action, *arguments: Any) -> Any:
        result = real(*arguments)
        ctypes.memmove(arguments[-1], (10_000).to_bytes(4, sys.byteorder), 4)
        return result

    for module in (connection, written):  # the method's, and the shortcut's
        monkeypatch.setattr(module, "unpack_for", lambda proto, raw: len(raw))
    with pysock.socket() as sock:
        storage = memory.SOCKADDR_MAX
        replace(monkeypatch, "getsockname", liar)
        assert sock.getsockname() == storage
        replace(monkeypatch, "getsockopt", liar)
        value = sock.getsockopt(pysock.SOL_SOCKET, pysock.SO_RCVBUF, 4)
        assert isinstance(value, bytes) and len(value) == 4


def names_seen(monkeypatch: pytest.MonkeyPatch, function: str) -> list[bytes]:
    """The address, as bytes, that each call of a C function is given last."""
    seen = []

    def witness(real: Action, *arguments: Any) -> int:
        seen.append(ctypes.string_at(arguments[-2], arguments[-1]))
        return 0

    replace(monkeypatch, function, witness)
    return seen


@pytest.mark.parametrize("function", ["bind", "connect", "sendto"])
def test_the_kernel_sees_zeros_between_and_behind_what_an_address_says(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def head(family: int, size: int) -> bytes:
        return bytes((size, family)) if abi.sa_len else family.to_bytes(2, sys.byteorder)

    seen = names_seen(monkeypatch, function)
    names: list[tuple[int, Any]] = [
        (pysock.AF_INET, ("1.2.3.4", 0x5678)),
        (pysock.AF_INET6, ("::2", 0x5678, 0x9, 0)),
        (pysock.AF_UNIX, "/a"),
        (pysock.AF_UNIX, b"\0a"),
    ]
    abstract = b"\0a" if abi.name.startswith("linux") else b"\0a\0"
    for family, name in names:
        with pysock.socket(pysock.AF_UNIX, pysock.SOCK_DGRAM) as sock:
            sock._sock_family_ = family
            make_pools_dirty()
            getattr(sock, function)(*([b""] if function == "sendto" else []), name)
    assert seen == [
        head(pysock.AF_INET, 16) + b"\x56\x78\x01\x02\x03\x04" + bytes(8),
        head(pysock.AF_INET6, 28) + b"\x56\x78\0\0\0\x09" + bytes(15) + b"\x02" + bytes(4),
        head(pysock.AF_UNIX, 5) + b"/a\0",
        head(pysock.AF_UNIX, 5) + abstract,
    ]


def test_the_kernel_sees_zeros_in_the_gaps_of_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def sendmsg(real: Action, fd: int, pointer: Any, flags: int) -> int:
        raw = ctypes.string_at(pointer, sizeof(structs["msghdr"]))
        header = structs["msghdr"].from_buffer_copy(raw)
        seen.append((raw, header, ctypes.string_at(header.msg_control, header.msg_controllen)))
        return 0

    replace(monkeypatch, "sendmsg", sendmsg)
    with pysock.socket(pysock.AF_UNIX) as sock:
        # Of an odd length, so that there is a gap behind it, on 32 bits too.
        item = (pysock.SOL_SOCKET, pysock.SCM_RIGHTS, b"\xff" * 5)
        sock.sendmsg([b"x"], [item, item])
    (raw, header, control) = seen[0]
    # An address is NULL where there is none; the BSDs refuse one that is there and has no bytes.
    assert (header.msg_name, header.msg_namelen) == (0, 0)
    fields = structs["msghdr"]._fields_
    told = sum(bytes(raw).count(bytes([n])) for n in range(1, 256))
    named = b"".join(
        getattr(header, name).to_bytes(getattr(structs["msghdr"], name).size, sys.byteorder)
        for name, _ in fields
    )
    assert told == sum(named.count(bytes([n])) for n in range(1, 256))
    space, gap = pysock.CMSG_SPACE(5), pysock.CMSG_SPACE(5) - pysock.CMSG_LEN(5)
    assert len(control) == 2 * space
    assert control[space - gap : space] == control[-gap:] == bytes(gap)
    level = pysock.SOL_SOCKET.to_bytes(4, sys.byteorder).count(b"\xff")
    assert control.count(b"\xff") == 2 * (5 + level)
