"""The shortcuts: which calls they take, which they leave to the method, and what C is given.

The idea: each test fails if one statement or one number in ``pysock._methods.shortcuts`` is another
(``tests/mutants.py``). What a call answers must not depend on who takes it, so a test of answers
alone would not notice who does.
"""

from __future__ import annotations

import ctypes
import mmap
import socket as stdlib
import sys
from array import array
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any

import pytest

import pysock
from pysock._calls.getsockopt import LARGEST_UNIT, int_memory, int_pool
from pysock._ffi.exports import LENDS_ALL
from pysock._methods import shortcuts
from pysock._methods.shortcuts import message, options, transfer
from pysock._methods.shortcuts import names as asking

from .harness import (
    LATE,
    Action,
    at_every_opcode,
    calls_of,
    needs_opcodes,
    outcome,
    pair,
    replace,
)
from .plain_calls import KEEP, LEVEL, OPTIONS, READING, WRITING

if not hasattr(pysock, "AF_UNIX"):
    pytest.skip("this system has no AF_UNIX", allow_module_level=True)

pytestmark = pytest.mark.skipif(
    not shortcuts.WANTED, reason="this interpreter, or this run, has no shortcuts"
)

METHODS = {
    transfer: "_recv _recv_into _send _sendall _recvfrom _recvfrom_into _sendto",
    message: "_sendmsg _recvmsg _recvmsg_into send_message",
    options: "_getsockopt _setsockopt",
    asking: "_getsockname _getpeername",
}


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the methods that the shortcuts have called."""
    seen: list[str] = []

    def witness(name: str, real: Action) -> Action:
        def call(*arguments: Any) -> Any:
            seen.append(name)
            return real(*arguments)

        return call

    for module, names in METHODS.items():
        for name in names.split():
            monkeypatch.setattr(module, name, witness(name, getattr(module, name)))
    yield seen


CASES = {**READING, **WRITING, **OPTIONS}


NAMES = (
    "recv recv_into send sendall recvfrom recvfrom_into sendto sendmsg recvmsg recvmsg_into"
    " getsockopt setsockopt getsockname getpeername"
)


def test_all_shortcuts_stand_in_front_of_their_methods() -> None:
    """To somebody who looks at them, they are the methods."""
    found = {}
    for name in NAMES.split():
        shortcut = getattr(pysock.Socket, name)
        (found[name],) = {m for m in METHODS if getattr(m, name, None) is shortcut}
        method = getattr(found[name], f"_{name}")
        assert shortcut.__wrapped__ is getattr(method, "__wrapped__", method)
        assert shortcut.__doc__ == method.__doc__
        assert (shortcut.__qualname__, shortcut.__module__) == (
            method.__qualname__, method.__module__
        )  # fmt: skip
    assert len(found) == 14


@pytest.mark.parametrize("wanted", [True, False])
def test_shortcuts_that_are_not_wanted_are_left_out(
    wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Base(pysock.SocketType):
        """A class that has the methods alone."""

    for module, names in METHODS.items():
        for name in names.split():
            if name.startswith("_"):
                setattr(Base, name[1:], getattr(module, name))
    monkeypatch.setattr(shortcuts, "WANTED", wanted)
    shortcuts.install(Base)
    assert (Base.recv is transfer.recv) == wanted
    assert (Base.sendmsg is message.sendmsg) == wanted


def answer(call: Action, sock: Any) -> Any:
    """What a call answers, or the exception with its words."""
    try:
        return outcome(lambda: call(sock))
    except (TypeError, OverflowError, BufferError) as error:
        return str(error)


@pytest.mark.parametrize("name", CASES)
def test_what_is_plain_is_taken_and_the_rest_is_left_to_the_method(
    name: str, left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And either answers the same, as often as it is asked."""
    call, method = CASES[name]
    answers = []
    for ways in range(2):
        with pair() as (here, there):
            here.settimeout(5)
            for _ in range(2):
                if name in READING:
                    there.send(b"0123456789")
                answers.append(answer(call, here))
            if name not in OPTIONS and name not in READING:
                there.setblocking(False)
                answers.append(outcome(lambda there=there: there.recv(300_000)))
        if ways == 0:
            assert left == ([method] * 2 if method else [])
            for module, names in METHODS.items():
                for attribute in names.split():
                    if attribute.startswith("_"):
                        method_alone = getattr(module, attribute)
                        monkeypatch.setattr(pysock.SocketType, attribute[1:], method_alone)
    half = len(answers) // 2
    assert answers[:half] == answers[half:]
    assert name not in READING or answers[0] != "timed out"


# --- options -------------------------------------------------------------------------


def test_an_option_is_4_bytes_and_0_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long C said that the last one is, and whatever it wrote."""

    def getsockopt(real: Action, fd: int, level: int, name: int, value: Any, length: Any) -> int:
        asked.append((fd, level, name, ctypes.string_at(length, 4), ctypes.string_at(value, 4)))
        ctypes.memmove(value, b"\xff" * 60, 60)  # as of units of 15 bytes
        ctypes.memmove(length, b"\xff" * 4, 4)
        return answers.pop(0)

    asked: list[Any] = []
    replace(monkeypatch, "getsockopt", getsockopt)
    with pysock.socket() as sock:
        answers = [0, 1, 7]  # of which none is a failure
        for _ in range(3):
            assert sock.getsockopt(1, 2) == -1
        start = (4).to_bytes(4, sys.byteorder), bytes(4)
        assert asked == [(sock.fileno(), 1, 2, *start)] * 3
        assert len(int_pool.entries) >= 1


def test_an_option_in_bytes_is_0_at_first_and_no_longer_than_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However long C says that it is, and whatever it wrote, in memory that is used again."""

    def getsockopt(real: Action, fd: int, level: int, name: int, value: Any, length: Any) -> int:
        asked.append((fd, level, name, ctypes.string_at(length, 4), ctypes.string_at(value, 256)))
        ctypes.memmove(value, b"\xff" * 3000, 3000)  # as of units of more than a byte
        ctypes.memmove(length, lengths.pop(0).to_bytes(4, sys.byteorder), 4)
        return answers.pop(0)

    asked: list[Any] = []
    replace(monkeypatch, "getsockopt", getsockopt)
    with pysock.socket() as sock:
        lengths, answers = [0, 5, 8, 2000], [0, 1, 7, 0]  # of which none is a failure
        kept = set()
        for size in (0, 5, 8, 8):
            assert sock.getsockopt(1, 2, 8) == b"\xff" * size
            kept.add(len(options._small_pool.entries))
        assert len(kept) == 1
        assert 0 not in kept
        assert asked == [(sock.fileno(), 1, 2, (8).to_bytes(4, sys.byteorder), bytes(256))] * 4


EXPORTED: dict[str, Action] = {
    "bytearray": bytearray,
    "array": lambda data: array("d", data),
    "view": lambda data: memoryview(bytearray(data)),
    "items": lambda data: memoryview(bytearray(data)).cast("i"),
    "table": lambda data: memoryview(bytearray(data)).cast("B", (8, len(data) // 8)),
}


@pytest.mark.parametrize("name", EXPORTED)
def test_what_is_exported_is_sent_to_its_last_byte(name: str) -> None:
    """And the buffer is free again, also while the peer takes it in pieces, or not at all."""
    data = bytes(range(256)) * (KEEP // 256)
    buffer = EXPORTED[name](data)
    with pair() as (a, b):
        a.setsockopt(LEVEL, pysock.SO_SNDBUF, 4096)
        got = bytearray()
        a.setblocking(False)
        sent = a.send(buffer)
        assert 0 < sent < KEEP
        assert outcome(partial(a.send, buffer)) == "EAGAIN"
        while len(got) < sent:
            got += b.recv(sent)
        a.settimeout(LATE)
        reader = Thread(target=lambda: got.extend(b.recv(KEEP, pysock.MSG_WAITALL)))
        reader.start()
        a.sendall(buffer)
        reader.join()
    assert got == data[:sent] + data
    if name == "bytearray":
        buffer.append(0)


def test_an_option_has_room_for_larger_units_than_bytes() -> None:
    """C may write as many units as it was told of bytes: 4 of up to 16 bytes each."""
    room, start, *_ = int_memory()
    assert (ctypes.sizeof(room), len(start)) == (4 + 4 * 16, 4 + 4)
    assert LARGEST_UNIT == 16


@pytest.mark.parametrize("number", [0, 1, 7])
def test_setting_an_option_is_one_call(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel may answer with a number above 0, which is no failure (J1939)."""

    def setsockopt(real: Action, fd: int, level: int, name: int, value: Any, length: int) -> int:
        seen.append((fd, level, name, ctypes.string_at(value, length)))
        return number

    seen: list[Any] = []
    replace(monkeypatch, "setsockopt", setsockopt)
    with pysock.socket() as sock:
        sock.setsockopt(1, 2, -3)
        assert seen == [(sock.fileno(), 1, 2, (-3).to_bytes(4, sys.byteorder, signed=True))]


@pytest.mark.parametrize(
    ("level", "name", "count"),
    [(-1, 1, 1), (1, -1, 1), (2**31, 1, 0), (1, 2**31, 0), (2**32 + 1, 1, 0)],
)
def test_numbers_that_are_no_c_int_never_reach_c(
    level: int, name: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ctypes would cut them; and what may fail is asked in one way only."""
    gets, sets = (calls_of(monkeypatch, function) for function in ("getsockopt", "setsockopt"))
    with pysock.socket() as sock:
        for call in (lambda: sock.getsockopt(level, name), lambda: sock.setsockopt(level, name, 1)):
            try:
                outcome(call)
            except OverflowError:
                assert count == 0
    assert (len(gets), len(sets)) == (count, count)


@pytest.mark.skipif(not hasattr(pysock, "AF_VSOCK"), reason="there is no AF_VSOCK here")
def test_options_of_vsock_are_left_to_the_method(
    left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have 64 bits."""
    replace(monkeypatch, "getsockopt", lambda real, *arguments: 0)
    replace(monkeypatch, "setsockopt", lambda real, *arguments: 0)
    with pysock.socket() as sock:
        monkeypatch.setattr(sock, "_sock_family_", pysock.AF_VSOCK)
        sock.getsockopt(1, 2)
        sock.setsockopt(1, 2, 3)
    assert left == ["_getsockopt", "_setsockopt"]


@needs_opcodes
@pytest.mark.skipif(not LENDS_ALL, reason="this interpreter resizes what C uses")
@pytest.mark.parametrize("waits", [0, 5])
@pytest.mark.parametrize("name", ["recv_into", "recvfrom_into"])
def test_a_buffer_that_becomes_too_small_is_no_end_of_a_stream(name: str, waits: int) -> None:
    """0 bytes would say so, while there are some.  As in C, what was asked for does not fit."""
    made: list[bytearray] = []

    def prepare() -> tuple[Action, Action]:
        here.settimeout(LATE)
        here._sock_waits_ = waits
        made.append(bytearray(10))
        return lambda: size_of(getattr(here, name)(made[-1], 4)), empty

    def empty() -> None:
        with suppress(BufferError):
            made[-1].clear()

    def size_of(answer: Any) -> int:
        return int(answer if name == "recv_into" else answer[0])

    with pair() as (here, there):
        there.send(bytes(1 << 15))
        answers = at_every_opcode(prepare)
    assert set(answers) == {4, "ValueError"}


@needs_opcodes
@pytest.mark.skipif(not LENDS_ALL, reason="this interpreter resizes what C uses")
@pytest.mark.parametrize("name", ["send", "sendall"])
def test_an_array_that_becomes_empty(name: str) -> None:
    """Another thread may do so before C has its memory: then nothing is sent, or all of it."""
    made: list[Any] = []

    def prepare() -> tuple[Action, Action]:
        there.recv(1 << 20)
        here.send(b"x")
        made.append(array("i", bytes(20_000)))
        return partial(getattr(here, name), made[-1]), empty

    def empty() -> None:
        with suppress(BufferError):
            del made[-1][:]

    with pair() as (here, there):
        here.send(b"x")
        answers = at_every_opcode(prepare)
    assert set(answers) <= {0, 20_000, None}


@pytest.mark.parametrize("size", [60, 30_000])
@pytest.mark.parametrize("name", ["send", "sendall"])
@pytest.mark.parametrize("module", [stdlib, pysock])
def test_a_view_that_the_flags_release_is_sent(module: Any, name: str, size: int) -> None:
    """As in C, which has an export of its own by then."""

    class Releases:
        def __index__(self) -> int:
            with suppress(BufferError):  # C's module has locked it
                view.release()
            return 0

    for owner in bytearray(size), mmap.mmap(-1, size):
        here, there = module.socketpair(module.AF_UNIX, module.SOCK_DGRAM)
        with here, there:
            view = memoryview(owner)
            getattr(here, name)(view, Releases())
            assert len(there.recv(size + 1)) == size
