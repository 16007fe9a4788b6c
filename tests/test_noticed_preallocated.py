"""Preallocated messages: what C is given, what it may leave undone, what the last one has left.

The idea: each test fails if one statement or one number in ``pysock._methods.shortcuts.message`` is
another (``tests/mutants.py``).
"""

from __future__ import annotations

import ctypes
import errno
import os
from array import array
from typing import Any

import pytest

import pysock
from pysock._calls import memory
from pysock._ffi.interpreter import set_errno
from pysock._host import constants, structs
from pysock._methods import shortcuts
from pysock._methods.message import pack_control
from pysock._methods.shortcuts import message
from pysock.families import pack

from .harness import Action, descriptors, pair, replace
from .test_noticed_messages import header_at, iovecs_of

if not hasattr(pysock, "AF_UNIX"):
    pytest.skip("this system has no AF_UNIX", allow_module_level=True)

pytestmark = pytest.mark.skipif(
    not shortcuts.WANTED, reason="this interpreter, or this run, has no shortcuts"
)

LIMIT = message._LIMIT
LEVEL = pysock.SOL_SOCKET
CONTROL = [(LEVEL, 99, b"")]


class Broken(Exception):
    """What is raised on purpose."""


def broken(*arguments: Any) -> Any:
    raise Broken


class Peer:
    """What C is given for each message, and what it answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[Any] = []
        self.name, self.control, self.msg_flags, self.data = b"", b"", 0, b"abc"
        self.errnos: list[int] = []
        replace(monkeypatch, "recvmsg", self.recvmsg)

    def recvmsg(self, real: Action, fd: int, pointer: Any, flags: int) -> int:
        header = header_at(pointer)
        ((base, size),) = iovecs_of(header)
        name = ctypes.string_at(header.msg_name, header.msg_namelen)
        first = ctypes.string_at(header.msg_control, ctypes.sizeof(structs["cmsghdr"]))
        self.seen.append((
            size, header.msg_namelen, header.msg_controllen, header.msg_flags,
            any(name), any(first), flags,
        ))  # fmt: skip
        ctypes.memmove(header.msg_name, self.name, len(self.name))
        ctypes.memmove(header.msg_control, self.control, len(self.control))
        ctypes.memmove(base, self.data, len(self.data))
        header.msg_namelen, header.msg_controllen = len(self.name), len(self.control)
        header.msg_flags = self.msg_flags
        ctypes.memmove(pointer, bytes(header), ctypes.sizeof(header))
        if self.errnos:
            set_errno(self.errnos.pop(0))
            return -1
        return len(self.data)


NAME = pysock.families.pack(pysock.AF_UNIX, "/abc")


@pytest.mark.parametrize("name", [b"", NAME])
@pytest.mark.parametrize("msg_flags", [0, 1, 8])
@pytest.mark.parametrize("control", [[], [(1, 99, b"wxyz")], [(1, 99, b""), (2, 98, b"1")]])
def test_a_message_finds_no_traces_of_the_one_before(
    control: Any, msg_flags: int, name: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C may write no name and no control messages, and not say so."""
    peer = Peer(monkeypatch)
    peer.name, peer.control, peer.msg_flags = name, pack_control(control), msg_flags
    with pair() as (here, _):
        for seconds, flags in ((None, 0), (5.0, pysock.MSG_DONTWAIT), (0.0, pysock.MSG_DONTWAIT)):
            here.settimeout(seconds)
            entries = len(message._incoming_pool.entries)
            address = "/abc" if name else None
            assert here.recvmsg(100, 64) == (b"abc", control, msg_flags, address)
            assert peer.seen.pop() == (100, memory.SOCKADDR_MAX, 64, 0, False, False, flags)
            assert here.recvmsg(3, 64, pysock.MSG_PEEK)[0] == b"abc"
            assert peer.seen.pop() == (
                3, memory.SOCKADDR_MAX, 64, 0, False, False, flags | pysock.MSG_PEEK
            )  # fmt: skip
            assert here.recvmsg(2, 64)[0] == b"ab"  # C counts more than there was room for
            peer.seen.clear()
            assert len(message._incoming_pool.entries) == max(entries, 1)


def test_nothing_is_left_of_many_control_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should C say that it has written as many again, and write none."""
    peer = Peer(monkeypatch)
    room = 2000
    peer.control = pack_control([(1, 99, b"x" * 1500)])
    with pair() as (here, _):
        assert here.recvmsg(100, room)[1] == [(1, 99, b"x" * 1500)]
        seen: list[bytes] = []

        def walk(raw: bytes) -> Any:
            seen.append(raw)
            return [], True

        def nothing(real: Action, fd: int, pointer: Any, flags: int) -> int:
            header = header_at(pointer)
            header.msg_namelen, header.msg_controllen = 0, room
            ctypes.memmove(pointer, bytes(header), ctypes.sizeof(header))
            return 0

        monkeypatch.setattr(message, "_walk", walk)
        replace(monkeypatch, "recvmsg", nothing)
        assert here.recvmsg(100, room)[1] == []
    assert seen == [bytes(room)]


@pytest.mark.parametrize("room", [0, 64, 2000])
def test_nothing_is_left_of_a_message_that_has_failed(
    room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = Peer(monkeypatch)
    peer.name, peer.msg_flags = NAME, 8
    peer.control = pack_control([(1, 99, b"x" * (room - 40))]) if room else b""
    with pair() as (here, _):
        pool = message._incoming_pool if room else message._bare_incoming_pool
        here.recvmsg(100, room)
        before = [id(entry) for entry in pool.entries]
        peer.errnos = [errno.EIO]
        with pytest.raises(OSError, match="rror"):
            here.recvmsg(100, room)
        assert [id(entry) for entry in pool.entries] == before
        _, _, _, _, memory, _, _, sender, msg_flags, _ = pool.entries[-1]
        assert msg_flags.value == 0
        assert not any(sender.raw)
        assert not any(memory.raw)


def test_memory_of_a_message_that_was_not_sent_is_used_again() -> None:
    with pair() as (here, there):
        for pool, ancdata in (
            (message._bare_outgoing_pool, []),
            (message._outgoing_pool, [(LEVEL, 99, b"")]),
        ):
            pool.put(pool.take())
            before = [id(entry) for entry in pool.entries]
            there.close()
            with pytest.raises(OSError, match=r"."):
                here.sendmsg([b"x"], ancdata)
            assert [id(entry) for entry in pool.entries] == before


def test_a_flag_that_pysock_has_asked_with_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The BSDs give it back."""
    peer = Peer(monkeypatch)
    peer.msg_flags = pysock.MSG_DONTWAIT | pysock.MSG_TRUNC
    with pair() as (here, _):
        assert here.recvmsg(100, 64)[2] == pysock.MSG_TRUNC
        assert here.recvmsg(100, 64, pysock.MSG_DONTWAIT)[2] == peer.msg_flags


@pytest.mark.parametrize("seconds", [None, 5.0])
def test_a_message_that_is_received_again_has_all_the_room(
    seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = Peer(monkeypatch)
    peer.errnos = [errno.EINTR, errno.EINTR]
    with pair() as (here, _):
        here.settimeout(seconds)
        assert here.recvmsg(10, 24) == (b"abc", [], 0, None)
    flags = 0 if seconds is None else pysock.MSG_DONTWAIT
    assert peer.seen == [(10, memory.SOCKADDR_MAX, 24, 0, False, False, flags)] * 3


def test_control_messages_longer_than_their_room_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = Peer(monkeypatch)
    peer.control = pack_control([(1, 99, b"12345678")])
    with pair() as (here, _), pytest.warns(RuntimeWarning, match="improperly-truncated"):
        assert here.recvmsg(10, pysock.CMSG_LEN(4))[1] == [(1, 99, b"1234")]


def test_descriptors_of_a_message_that_fails_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pair() as (here, there):
        before = descriptors()
        for _ in range(2):
            pysock.send_fds(there, [b"abc"], [here.fileno(), there.fileno()])
            with monkeypatch.context() as patched:
                patched.setattr(message, "_walk", broken)
                with pytest.raises(Broken):
                    here.recvmsg(9, 64)
            assert descriptors() == before

        def late(real: Action, *arguments: Any) -> int:
            assert real(*arguments) == 3
            raise Broken

        there.send(b"abc")
        with monkeypatch.context() as patched:
            replace(patched, "recvmsg", late)
            patched.setattr(message, "close_received", lambda raw: pytest.fail("there are none"))
            with pytest.raises(Broken):
                here.recvmsg(9, 64)


def test_without_room_for_control_messages_there_is_no_pointer_to_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the message before had."""
    seen: list[Any] = []

    def look(real: Action, fd: int, pointer: Any, flags: int) -> int:
        header = header_at(pointer)
        seen.append((header.msg_control, header.msg_controllen))
        n: int = real(fd, pointer, flags)
        return n

    for name in ("sendmsg", "recvmsg"):
        replace(monkeypatch, name, look)
    with pair() as (here, there):
        for flags in (0, getattr(pysock, "MSG_CMSG_CLOEXEC", 0)):
            there.sendmsg([b"abc"], [(LEVEL, pysock.SCM_RIGHTS, array("i", [there.fileno()]))])
            _, ((_, _, fds), *_), told, _ = here.recvmsg(9, 64, flags)
            pysock.close(array("i", fds)[0])
            assert told == flags
            there.sendmsg([b"a", b"bc"])
            assert here.recvmsg(9, 0, flags) == (b"abc", [], flags, None)
            assert [length for _, length in seen] == [pysock.CMSG_SPACE(4), 64, 0, 0]
            assert [bool(control) for control, _ in seen] == [True, True, False, False]
            seen.clear()


def test_only_descriptors_of_this_message_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not what lies behind it in memory, from an earlier one."""
    ours, theirs = (pysock.dup(0) for _ in range(2))
    peer = Peer(monkeypatch)
    sent, before = (
        pack_control([(LEVEL, pysock.SCM_RIGHTS, array("i", [fd]))]) for fd in (theirs, ours)
    )
    peer.control = sent

    def walk(raw: bytes) -> Any:
        raise Broken

    entry = message._incoming_pool.take()
    room = entry[4]
    room.raw = bytes(len(sent)) + before
    message._incoming_pool.put(entry)
    monkeypatch.setattr(message, "_walk", walk)
    with pair() as (here, _), pytest.raises(Broken):
        here.recvmsg(9, 64)
    with pytest.raises(OSError):
        pysock.close(theirs)
    pysock.close(ours)


@pytest.mark.parametrize("seconds", [None, 5.0])
def test_a_message_that_is_sent_again_is_the_same(
    seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sendmsg(real: Action, fd: int, pointer: Any, flags: int) -> int:
        header = header_at(pointer)
        (part,) = iovecs_of(header)
        control = ctypes.string_at(header.msg_control, header.msg_controllen)
        seen.append((ctypes.string_at(*part), control, header.msg_name or 0, flags))
        set_errno(errno.EINTR)
        return -1 if len(seen) < 3 else 0

    seen: list[Any] = []
    replace(monkeypatch, "sendmsg", sendmsg)
    with pair() as (here, _):
        here.settimeout(seconds)
        assert here.sendmsg([b"abc"], [(1, 99, b"x")], pysock.MSG_NOSIGNAL) == 0
    flags = pysock.MSG_NOSIGNAL | (0 if seconds is None else pysock.MSG_DONTWAIT)
    assert seen == [(b"abc", pack_control([(1, 99, b"x")]), 0, flags)] * 3
    assert message._outgoing_pool.entries


@pytest.mark.parametrize("size", range(10))
def test_data_fills_one_buffer_after_the_other(size: int) -> None:
    rooms = [bytearray(b"----"), bytearray(b"-----"), bytearray(b"---")]
    views = [memoryview(rooms[0]), memoryview(rooms[1])[1:4], memoryview(rooms[2])]
    sent = b"0123456789"[:size]
    with pair(pysock.SOCK_DGRAM) as (here, there):
        there.send(sent)
        assert here.recvmsg_into(views)[0] == size
    whole = sent + b"-" * (10 - size)
    assert [*map(bytes, rooms)] == [whole[:4], b"-" + whole[4:7] + b"-", whole[7:]]


@pytest.mark.parametrize("kind", ["SCM_RIGHTS", "SCM_PIDFD"])
def test_descriptors_are_closed_if_the_data_finds_no_place(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a signal handler raised; and the buffer can be resized again."""
    peer, room = Peer(monkeypatch), bytearray(9)
    fd = os.dup(0)
    peer.control = pack_control([(LEVEL, constants.get(kind) or 1, array("i", [fd]))])
    monkeypatch.setattr(message, "_scatter", broken)
    with pair() as (here, _), pytest.raises(Broken):
        here.recvmsg_into([room], 64)
    room.clear()
    with pytest.raises(OSError):
        os.close(fd)


@pytest.mark.parametrize("control", [[], CONTROL])
@pytest.mark.parametrize("number", [0, errno.EINTR, errno.ENOENT])
def test_a_message_takes_its_address_along_and_leaves_none(
    number: int, control: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it goes at once, is repeated, or fails."""

    def sendmsg(real: Action, fd: int, pointer: Any, flags: int) -> int:
        header = header_at(pointer)
        seen.append((header.msg_name and ctypes.string_at(header.msg_name, header.msg_namelen),
                     header.msg_namelen))  # fmt: skip
        if len(seen) > 1 or not number:
            return 3
        set_errno(number)
        return -1

    seen: list[Any] = []
    replace(monkeypatch, "sendmsg", sendmsg)
    packed = pack("AF_UNIX", "/nowhere")
    with pair(pysock.SOCK_DGRAM) as (here, _):
        if number == errno.ENOENT:
            with pytest.raises(FileNotFoundError):
                here.sendmsg([b"abc"], control, 0, "/nowhere")
        else:
            assert here.sendmsg([b"abc"], control, 0, "/nowhere") == 3
        count = 1 + (number == errno.EINTR)
        assert seen == [(packed, len(packed))] * count
        assert here.sendmsg([b"abc"], control) == 3
    assert seen[count:] == [(0, 0)]


@pytest.mark.parametrize("seconds", [None, 0.0, 5.0])
def test_a_message_of_nothing_goes_once(
    seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0 is no failure, and errno that of an earlier call."""

    def sendmsg(real: Action, fd: int, pointer: Any, flags: int) -> int:
        sent.append(iovecs_of(header_at(pointer))[0][1])
        return 0

    sent: list[int] = []
    peer = Peer(monkeypatch)
    peer.data = b""
    replace(monkeypatch, "sendmsg", sendmsg)
    with pair() as (here, _):
        here.settimeout(seconds)
        set_errno(errno.EPIPE)
        assert here.sendmsg([b""], CONTROL) == 0
        assert here.recvmsg(9, 64) == (b"", [], 0, None)
        set_errno(0)
    assert (sent, len(peer.seen)) == ([0], 1)


def test_a_message_that_fails_before_its_control_messages_are_read_closes_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those that C has written, and no more; of an older message there may be some behind them."""
    peer = Peer(monkeypatch)
    peer.name, peer.control = NAME, pack_control([(LEVEL, 99, b"x" * 20)])
    closed: list[bytes] = []
    monkeypatch.setattr(message, "unpack_for", broken)
    monkeypatch.setattr(message, "close_received", closed.append)
    with pair() as (here, _), pytest.raises(Broken):
        here.recvmsg(100, 200)
    assert closed == [peer.control]
