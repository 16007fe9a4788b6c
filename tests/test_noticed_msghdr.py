"""A message's memory: how much there is, what is in it before the call, and what is read after it.

The idea: each test fails if one statement or one number in ``pysock._calls.msghdr`` is another
(``tests/mutants.py``).
"""

from __future__ import annotations

import ctypes
import os
from array import array
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

import pysock
from pysock._calls import msghdr
from pysock._calls.cmsg import control
from pysock._calls.memory import SOCKADDR_MAX
from pysock._ffi.interpreter import set_errno
from pysock._host import constants, structs, system
from pysock._methods.message import pack_control

from .harness import Action, descriptors, pair, replace
from .test_noticed_messages import POSIX, header_at

pytestmark = POSIX


class Written(msghdr.MessageBuffer):
    """A message buffer that knows the longest that was put into it."""

    __slots__ = ("most",)

    def put(self, body: bytes) -> None:
        self.most = len(body)
        super().put(body)


class Buffers:
    """In the place of ``_buffer_of``: what was asked for, and enough of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[int, bool]] = []
        self.given: list[Written] = []
        monkeypatch.setattr(msghdr, "_buffer_of", self.buffer_of)

    def buffer_of(self, size: int, *, zeroed: bool = False) -> tuple[Written, None]:
        self.asked.append((size, zeroed))
        self.given.append(Written(size + 200_000))
        return self.given[-1], None


@pytest.fixture
def buffers(monkeypatch: pytest.MonkeyPatch) -> Buffers:
    return Buffers(monkeypatch)


def test_there_is_room_for_what_is_sent(
    buffers: Buffers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(msghdr, "_sendmsg", lambda *_: 0)
    lengths = (0, 1, 15, 16, 17)
    with pysock.socket() as sock:
        for count, data, address, control in product((0, 1, 2, 65, 200), lengths, lengths, lengths):
            parts = [b"x" * data] * count
            msghdr.send(sock, parts, lambda n=control: bytes(n), 0, bytes(address))  # type: ignore[misc]
    assert len(buffers.asked) == 5 * 5 * 5 * 5
    for (size, _), given in zip(buffers.asked, buffers.given):
        assert given.most <= size <= given.most + 2 * 15


def test_there_is_room_for_what_is_received(
    buffers: Buffers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(msghdr, "_recvmsg", lambda *_: 0)
    header, iovec = ctypes.sizeof(structs["msghdr"]), ctypes.sizeof(structs["iovec"])
    with pysock.socket() as sock:
        for bufsize, ancbufsize in product((0, 1, 100, 70_000), (0, 1, 17, 4096, 4097, 70_000)):
            msghdr.receive(sock, bufsize, ancbufsize, 0, [])
            asked = buffers.asked[-1]
            before_control = header + iovec + msghdr._NAME_ROOM
            assert asked[0] >= before_control + ancbufsize + bufsize
            assert asked[1] == (ancbufsize > 4096)  # new memory, which is zero
            cleared = before_control + max(ancbufsize, control.data_at)
            assert buffers.given[-1].most == min(cleared, before_control + 4096)


def test_more_buffers_than_one_piece_of_memory_has_room_for(buffers: Buffers) -> None:
    """Each of 65 has its own length and place."""
    with pair() as (here, there):
        parts = [b"%d," % i for i in range(65)]
        expected = b"".join(parts)
        assert msghdr.send(here, [*parts], bytes, 0) == len(expected)
        assert there.recv(1000) == expected


# --- before the call -------------------------------------------------------------------


def poisoned() -> None:
    """What an earlier message might have left in the memory that is used again."""
    buffer, pool = msghdr._buffer_of(100)
    assert pool is not None
    buffer.put(b"\xee" * 10_000)
    pool.put(buffer)


def answering(monkeypatch: pytest.MonkeyPatch, *answers: Any) -> list[Any]:
    """``recvmsg(2)`` of a library that changes these fields, and writes nothing; what it was given.

    An int is an errno.
    """

    def recvmsg(real: Action, fd: int, pointer: Any, flags: int) -> int:
        header = header_at(pointer)
        given.append((header.msg_namelen, header.msg_controllen, header.msg_flags, flags))
        answer = left.pop(0)
        fields = {"msg_namelen": 1, "msg_controllen": 1, "msg_flags": 1}
        if not isinstance(answer, int):
            fields = answer
        for name, value in fields.items():
            setattr(header, name, value)
        ctypes.memmove(pointer, bytes(header), ctypes.sizeof(header))
        if isinstance(answer, int):
            set_errno(answer)
            return -1
        return 0

    left = [*answers]
    given: list[Any] = []
    replace(monkeypatch, "recvmsg", recvmsg)
    return given


@pytest.mark.parametrize("room", [20, 100, 4000])
def test_control_messages_that_were_not_written_are_zero(
    room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def walk(raw: bytes) -> tuple[list[Any], bool]:
        seen.append(raw)
        return [], True

    seen: list[bytes] = []
    poisoned()
    answering(monkeypatch, {"msg_namelen": 0, "msg_controllen": room})
    known = SimpleNamespace(walk=walk, data_at=control.data_at)
    monkeypatch.setattr(msghdr, "control", known)
    with pair() as (here, _):
        msghdr.receive(here, 10, room, 0, [])
    assert seen == [bytes(room)]


def test_an_address_is_as_long_as_c_says(monkeypatch: pytest.MonkeyPatch) -> None:
    poisoned()
    answers = [{"msg_namelen": n, "msg_controllen": 0} for n in (10, 1000, 0)]
    answering(monkeypatch, *answers)
    with pair() as (here, _):
        found = [msghdr.receive(here, 10, 100, 0, []).sockaddr for _ in answers]
    assert found == [bytes(10), bytes(SOCKADDR_MAX), b""]


def test_a_call_that_is_made_again_is_the_same_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever C has left in the struct when it failed."""
    answers = system.INTERRUPTED, {"msg_namelen": 0, "msg_controllen": 0}
    given = answering(monkeypatch, *answers)
    with pair() as (here, _):
        msghdr.receive(here, 10, 100, 0, [])
    assert given == [(SOCKADDR_MAX, 100, 0, 0)] * 2


def test_flags_that_nobody_has_asked_for_are_not_told() -> None:
    asked = constants["MSG_DONTWAIT"]
    cut = constants["MSG_CTRUNC"]
    assert msghdr.unasked(asked | cut, 0) == cut
    assert msghdr.unasked(asked | cut, asked) == asked | cut
    assert msghdr.unasked(cut, asked) == cut


# --- after the call --------------------------------------------------------------------


class Interrupted(Exception):
    """A handler's."""


class Interrupting(list[int]):
    """A list of descriptors, during whose extension a signal is heard."""

    def extend(self, values: Any) -> None:
        super().extend(values)
        raise Interrupted


def test_descriptors_have_an_owner_before_anything_else_happens() -> None:
    with pair() as (here, there):
        owned: list[int] = []
        pysock.send_fds(there, [b"x"], [here.fileno(), there.fileno()])
        received = msghdr.receive(here, 10, 100, 0, owned)
        try:
            assert len(owned) == 2
            assert received.data == b"x"
            kinds = [os.fstat(fd).st_ino for fd in owned]
            assert kinds == [os.fstat(sock.fileno()).st_ino for sock in (here, there)]
        finally:
            for fd in owned:
                os.close(fd)
        before = descriptors()
        pysock.send_fds(there, [b"x"], [here.fileno(), there.fileno()])
        with pytest.raises(Interrupted):
            msghdr.receive(here, 10, 100, 0, Interrupting())
        assert descriptors() == before


@pytest.mark.skipif("SCM_PIDFD" not in constants, reason="no descriptors of processes here")
def test_a_processs_descriptor_comes_after_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    level = constants["SOL_SOCKET"]
    process, files = array("i", [77]).tobytes(), array("i", [88, 99]).tobytes()
    raw = pack_control(
        [(level, constants["SCM_PIDFD"], process), (level, constants["SCM_RIGHTS"], files)]
    )

    def recvmsg(real: Action, fd: int, pointer: Any, flags: int) -> int:
        header = header_at(pointer)
        ctypes.memmove(header.msg_control, raw, len(raw))
        header.msg_namelen, header.msg_controllen = 0, len(raw)
        ctypes.memmove(pointer, bytes(header), ctypes.sizeof(header))
        return 0

    replace(monkeypatch, "recvmsg", recvmsg)
    owned: list[int] = []
    with pair() as (here, _):
        msghdr.receive(here, 10, 200, 0, owned)
    assert owned == [88, 99, 77]


def test_an_exception_that_comes_while_memory_is_unmapped_closes_descriptors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To unmap it releases the GIL."""

    def hear() -> None:
        raise Interrupted

    monkeypatch.setattr(msghdr, "_hear", hear)
    with pair() as (here, there):
        before = descriptors()
        pysock.send_fds(there, [b"x"], [here.fileno()])
        with pytest.raises(Interrupted):
            msghdr.receive(here, 10, 10_000, 0, [])
        assert descriptors() == before


def test_memory_of_a_failed_call_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    poisoned()  # there is one
    before = [id(entry) for entry in msghdr._pool.entries]
    answering(monkeypatch, constants.get("EIO", 5), {"msg_namelen": 0, "msg_controllen": 0})
    with pair() as (here, _):
        with pytest.raises(OSError, match=os.strerror(5)):
            msghdr.receive(here, 10, 100, 0, [])
        assert [id(entry) for entry in msghdr._pool.entries] == before
        msghdr.receive(here, 10, 100, 0, [])
        assert [id(entry) for entry in msghdr._pool.entries] == before


def test_of_two_that_cannot_be_exported_the_first_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    views: list[Any] = []
    with pytest.raises(BufferError, match="not C-contiguous"):
        msghdr.export(views, [memoryview(bytearray(10))[::2], "no buffer"])
    with pytest.raises(TypeError, match="str"):
        msghdr.export([], [bytearray(10), "no buffer", memoryview(bytearray(10))[::2]])
    monkeypatch.setattr(msghdr, "size_in", None)  # where all can be, nobody looks for a wrong one
    msghdr.export(views, [bytearray(10), b"bytes"])
    assert [view.nbytes for view in views[-2:]] == [10, 5]
