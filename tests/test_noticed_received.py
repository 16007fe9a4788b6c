"""What comes with a message and is not taken: buffers are given back, descriptors are closed.

The idea: each test fails if one statement or one number in ``pysock._methods.message`` or in
``pysock._calls.msghdr`` is another (``tests/mutants.py``).
"""

from __future__ import annotations

import ctypes
import errno
import os
import random
import socket as stdlib
from array import array
from typing import Any

import pytest

import pysock
from pysock._calls import cmsg, msghdr, rights
from pysock._calls.cmsg import control
from pysock._calls.rights import descriptors_in
from pysock._ffi import interpreter
from pysock._ffi.exports import EXPORTS_LOCK
from pysock._host import system
from pysock._methods import message
from pysock._methods.message import pack_control

from .harness import Action, descriptors, on_pypy, pair, replace
from .test_noticed_messages import POSIX, header_at


@POSIX
def test_buffers_of_which_one_is_refused_are_all_given_back() -> None:
    buffer = bytearray(10)
    with pair() as (here, there):
        for wrong in (b"read-only", "no buffer", memoryview(bytearray(10))[::2]):
            with pytest.raises(TypeError, match="single-segment read-write buffers"):
                here.recvmsg_into([buffer, wrong])  # type: ignore[list-item]
            buffer.append(1)  # possible as long as it is not lent
        there.send(b"abc")
        assert here.recvmsg_into([buffer])[0] == 3
        buffer.append(1)


@POSIX
@pytest.mark.parametrize("size", [1, 100_000])
def test_a_buffer_is_given_back_while_the_error_is_looked_at(size: int) -> None:
    """The frames of the traceback know its view, which has been released."""
    buffer = bytearray(size)
    with pysock.socket() as sock:
        for call in (
            lambda: sock.sendmsg([b"x", buffer]),
            lambda: sock.recvmsg_into([buffer]),
        ):
            with pytest.raises(OSError) as caught:
                call()
            buffer.append(1)
            assert caught.value.errno in (errno.ENOTCONN, errno.EPIPE)


@POSIX
def test_a_buffer_is_given_back_whoever_keeps_its_view(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that a traceback, a tracer or a debugger refers to."""

    def number_in(view: memoryview) -> Any:
        kept.append(view)
        return interpreter.number_in(view)

    kept: list[memoryview] = []
    monkeypatch.setattr(msghdr, "number_in", number_in)
    buffer = bytearray(100_000)
    with pair() as (here, there):
        assert here.sendmsg([buffer]) > 0
        buffer.append(1)
        assert there.recvmsg_into([buffer])[0] > 0
        buffer.append(1)
    for view in kept:
        with pytest.raises(ValueError, match="released"):
            view.nbytes  # noqa: B018
    assert len(kept) == 1 + EXPORTS_LOCK  # what may be resized is received apart


@POSIX
def test_of_two_buffers_that_cannot_be_sent_the_first_is_told() -> None:
    strided = memoryview(bytes(4))[::2]
    for parts, expected in (
        ([strided, "x"], BufferError),
        (["x", strided], TypeError),
        ([b"a", strided], BufferError),
        ([b"a", 5, strided], TypeError),
    ):
        for module in (pysock,) if on_pypy else (pysock, stdlib):  # PyPy's own sends it
            with module.socket() as sock, pytest.raises(expected):
                sock.sendmsg(parts)


@POSIX
def test_what_could_not_be_exported_once_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ``__buffer__`` may raise the first time, and answer when it is asked why."""
    monkeypatch.setattr(msghdr, "view_of", lambda data: memoryview(b""))
    with pair() as (here, there):
        with pytest.raises(TypeError):
            here.sendmsg([bytearray(b"abc"), "x"])  # type: ignore[list-item]
        there.setblocking(False)
        with pytest.raises(BlockingIOError):
            there.recv(1)


class Broken(Exception):
    """What is raised on purpose."""


@POSIX
@pytest.mark.parametrize("into", [False, True])
def test_descriptors_of_a_message_that_nobody_will_see_are_closed(
    into: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a signal handler raised just after ``recvmsg(2)``."""

    def bytes_at(*arguments: Any) -> bytes:
        if not asked:
            asked.append(arguments)
            raise Broken
        return real(*arguments)

    asked: list[Any] = []
    real = interpreter.bytes_at
    with pair() as (here, there):
        before = descriptors()
        pysock.send_fds(there, [b"abc"], [here.fileno(), there.fileno()])
        monkeypatch.setattr(msghdr, "bytes_at", bytes_at)
        with pytest.raises(Broken):
            if into:
                here.recvmsg_into([bytearray(20_000)], 64)
            else:
                here.recvmsg(100_000, 64)
        assert descriptors() == before


@POSIX
@pytest.mark.parametrize("into", [False, True])
def test_descriptors_are_closed_if_the_address_cannot_be_told(
    into: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any) -> Any:
        raise Broken

    with pair() as (here, there):
        before = descriptors()
        pysock.send_fds(there, [b"abc"], [here.fileno(), there.fileno()])
        monkeypatch.setattr(message, "unpack_for", broken)
        with pytest.raises(Broken):
            if into:
                here.recvmsg_into([bytearray(20_000)], 64)
            else:
                here.recvmsg(100_000, 64)
        assert descriptors() == before


@POSIX
@pytest.mark.parametrize("form", [list, tuple])
def test_what_a_buffer_of_the_callers_raises_is_raised(
    form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ``__buffer__``, from 3.12 on, or a signal handler; it may not raise the next time."""

    def bytes_in(data: Any) -> bytes:
        asked.append(data)
        if len(asked) == 1:
            raise ValueError("mine")
        return real(data)

    asked: list[Any] = []
    real = cmsg._bytes_in
    monkeypatch.setattr(cmsg, "_bytes_in", bytes_in)
    with pair() as (here, there):
        with pytest.raises(ValueError, match="mine"):
            here.sendmsg([b"abc"], form([(1, 99, (ctypes.c_char * 2)())]))
        there.setblocking(False)
        with pytest.raises(BlockingIOError):
            there.recv(1)


@POSIX
def test_only_descriptors_of_this_message_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not what lies behind it in memory, from an earlier one."""
    ours, theirs = (pysock.dup(0) for _ in range(2))
    kind = pysock.SOL_SOCKET, pysock.SCM_RIGHTS
    sent, before = (pack_control([(*kind, array("i", [fd]))]) for fd in (theirs, ours))

    def recvmsg(real: Action, fd: int, pointer: Any, flags: int) -> int:
        header = header_at(pointer)
        ctypes.memmove(header.msg_control, sent + before, len(sent + before))
        header.msg_namelen, header.msg_controllen = 0, len(sent)
        ctypes.memmove(pointer, bytes(header), ctypes.sizeof(header))
        return 0

    def broken(*arguments: Any) -> Any:
        raise Broken

    replace(monkeypatch, "recvmsg", recvmsg)
    monkeypatch.setattr(msghdr, "Received", broken)
    with pair() as (here, _), pytest.raises(Broken):
        here.recvmsg_into([bytearray(20_000)], 64)
    with pytest.raises(OSError):
        pysock.close(theirs)
    pysock.close(ours)


@POSIX
def test_descriptors_in_control_messages() -> None:
    """The last may be cut in its middle; other messages have none."""
    level, kind = pysock.SOL_SOCKET, pysock.SCM_RIGHTS
    data = array("i", [7, 0, 9]).tobytes()
    for cut, expected in ((12, [7, 0, 9]), (11, [7, 0]), (4, [7]), (3, []), (0, [])):
        found = descriptors_in([
            (level, kind, data[:cut]), (level + 1, kind, data), (level, kind + 1, data),
            (level, kind, data[4:8]),
        ])  # fmt: skip
        assert found == [*expected, 0]


@POSIX
@pytest.mark.skipif(not hasattr(pysock, "SO_PASSCRED"), reason="this system has no SO_PASSCRED")
@pytest.mark.parametrize("seconds", [0.0, 0.01], ids=["not blocking", "with a timeout"])
@pytest.mark.parametrize("into", [0, 100, 20_000])
def test_a_failed_call_closes_no_descriptor_of_an_earlier_message(
    into: int, seconds: float
) -> None:
    """Linux writes credentials for EAGAIN too; after them, there may be an earlier SCM_RIGHTS."""

    def receive(sock: Any) -> Any:
        return sock.recvmsg_into([bytearray(into)], 64) if into else sock.recvmsg(100, 64)

    with pair() as (here, there):
        here.setsockopt(pysock.SOL_SOCKET, pysock.SO_PASSCRED, 1)
        here.settimeout(seconds)
        for _ in range(2):
            pysock.send_fds(there, [b"x"], [here.fileno()])
            fds = descriptors_in(receive(here)[1])
            assert len(fds) == 1
            with pytest.raises((BlockingIOError, pysock.timeout)):
                receive(here)
            os.fstat(fds[0])  # it is still open
            os.close(fds[0])


@POSIX
def test_an_interrupted_call_closes_no_descriptor_of_an_earlier_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor does an exception that comes before C is called: memory has what C wrote before."""
    with pair() as (here, there):
        pysock.send_fds(there, [b"x"], [here.fileno()])
        fds = descriptors_in(here.recvmsg_into([bytearray(20_000)], 64)[1])
        monkeypatch.setattr(msghdr, "_recvmsg", None)
        with pytest.raises(TypeError):
            here.recvmsg_into([bytearray(20_000)], 64)
        os.fstat(fds[0])
        os.close(fds[0])


@POSIX
def test_what_is_no_refusal_of_a_buffer_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal handler's, while a view is made."""

    class Interrupted:
        release = memoryview.release

        def __init__(self, _: Any) -> None:
            raise KeyError("a handler's")

    monkeypatch.setattr(message, "memoryview", Interrupted, raising=False)
    with pair() as (here, _), pytest.raises(KeyError, match="a handler's"):
        message.Message.recvmsg_into(here, [bytearray(9)])


@POSIX
def test_descriptors_are_closed_where_they_lie_if_no_memory_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those that ``descriptors_in`` finds, in messages that are whole, and in some that are not."""
    closed: list[int] = []
    monkeypatch.setattr(system, "close_without_memory", closed.append)
    level, kind = pysock.SOL_SOCKET, pysock.SCM_RIGHTS
    kinds = [(level, kind), (level, kind + 90), (level + 1, kind), rights.PIDFD]
    chance = random.Random(1)
    for _ in range(300):
        items = []
        for number in chance.choices([each for each in kinds if None not in each], k=3):
            numbers = [0, 7, 256, 70_000, 2**31 - 1, -9, -(2**31)]
            fds = chance.choices(numbers, k=chance.randrange(4))
            items.append((*number, array("i", fds).tobytes()))
        whole = pack_control(items)
        raw = whole[: chance.randrange(len(whole) + 1)]
        found = descriptors_in(control.walk(raw)[0], (kinds[0], rights.PIDFD))
        closed.clear()
        rights.close_octets(raw, len(raw))
        assert closed == [fd for fd in found if fd >= 0]
        closed.clear()
        rights.close_octets(whole, len(raw))
        assert closed == [fd for fd in found if fd >= 0]
    rights.close_octets(bytes(100), 100)
    assert len(closed) == len([fd for fd in found if fd >= 0])


@POSIX
def test_descriptors_in_messages_are_closed_with_and_without_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing_left(*_: Any) -> list[int]:
        raise MemoryError

    kind = pysock.SOL_SOCKET, pysock.SCM_RIGHTS
    before = descriptors()
    pidfd = kind if rights.PIDFD[1] is None else rights.PIDFD
    fds = [os.dup(0) for _ in range(5)]
    messages: Any = [
        (*kind, array("i", fds[:1]).tobytes()),
        (pysock.SOL_SOCKET, pysock.SCM_RIGHTS + 90, array("i", fds[:1]).tobytes()),
        (pysock.SOL_SOCKET + 1, pysock.SCM_RIGHTS, array("i", fds[:1]).tobytes()),
        (*kind, array("i", fds[1:2]).tobytes()),
        (*kind, array("i", fds[2:4]).tobytes()),
        (*pidfd, array("i", fds[4:]).tobytes()),
    ]
    rights.close_messages(messages)
    assert descriptors() == before
    closed: list[int] = []
    monkeypatch.setattr(system, "close_without_memory", closed.append)
    monkeypatch.setattr(rights, "descriptors_in", nothing_left)
    rights.close_messages(messages)
    assert closed == fds
    closed.clear()
    raw = pack_control(messages)
    rights.close_received(raw)
    rights.close_octets(raw, len(raw) + 100)  # C counts more than there is memory to read
    assert closed == fds + fds
