"""The shortcuts: which calls they take, which they leave to the method, and what C is given.

The idea: each test fails if one statement or one number in ``pysock._methods.shortcuts`` is another
(``tests/mutants.py``). What a call answers must not depend on who takes it, so a test of answers
alone would not notice who does.
"""

from __future__ import annotations

import ctypes
import sys
from array import array
from collections.abc import Iterator
from functools import partial
from threading import Thread
from typing import Any

import pytest

import pysock
from pysock._calls.getsockopt import LARGEST_UNIT, OPTION_MAX, int_memory, int_pool
from pysock._calls.msghdr import MANY
from pysock._calls.transfer import KEEP_GIL_MAX
from pysock._ffi.interpreter import COPY_MAX, POOL_MAX
from pysock._methods import shortcuts
from pysock._methods.shortcuts import message, options, transfer
from pysock._methods.shortcuts import names as asking

from .harness import LATE, Action, calls_of, outcome, pair, replace

if not hasattr(pysock, "AF_UNIX"):
    pytest.skip("this system has no AF_UNIX", allow_module_level=True)

pytestmark = pytest.mark.skipif(
    not shortcuts.WANTED, reason="this interpreter, or this run, has no shortcuts"
)

KEEP = KEEP_GIL_MAX
LIMIT = message._LIMIT
HEADER = pysock.CMSG_LEN(0) if hasattr(pysock, "CMSG_LEN") else 0
LEVEL = pysock.SOL_SOCKET
METHODS = {
    transfer: "_recv _recv_into _send _sendall _recvfrom _recvfrom_into _sendto",
    message: "_sendmsg _recvmsg send_message",
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


class Bytes(bytes):
    """Bytes that may have a ``__len__`` of their own."""


class Int(int):
    """A number that may have its own comparisons."""


PEEK, ODD = pysock.MSG_PEEK, pysock.MSG_TRUNC
CONTROL = [(LEVEL, 99, b"")]
AWAY = "/nowhere"
TABLE = memoryview(bytearray(8)).cast("i", (2, 1))  # of which len() is 2, and nbytes 8
READING: dict[str, tuple[Action, str | None]] = {
    "recv 0": (lambda s: s.recv(0), "_recv"),
    "recv 1": (lambda s: s.recv(1), None),
    "recv COPY_MAX": (lambda s: s.recv(COPY_MAX), None),
    "recv more": (lambda s: s.recv(COPY_MAX + 1), None),
    "recv KEEP": (lambda s: s.recv(KEEP), None),
    "recv above": (lambda s: s.recv(KEEP + 1), None),
    "recv POOL_MAX": (lambda s: s.recv(POOL_MAX), None),
    "recv beyond": (lambda s: s.recv(POOL_MAX + 1), "_recv"),
    "recv -1": (lambda s: s.recv(-1), "_recv"),
    "recv Int": (lambda s: s.recv(Int(1)), "_recv"),
    "recv True": (lambda s: s.recv(True), "_recv"),
    "recv 0 flags": (lambda s: s.recv(1, 0), None),
    "recv flags": (lambda s: s.recv(1, PEEK), None),
    "recv Int flags": (lambda s: s.recv(1, Int(PEEK)), None),
    "recv odd": (lambda s: s.recv(1, ODD), "_recv"),
    "recv wrong": (lambda s: s.recv(1, 2**40), "_recv"),
    "recv flags of the enum": (lambda s: s.recv(1, pysock.MsgFlag.MSG_PEEK), None),
    "recv_into": (lambda s: s.recv_into(bytearray(2)), None),
    "recv_into 1": (lambda s: s.recv_into(bytearray(1)), None),
    "recv_into KEEP": (lambda s: s.recv_into(bytearray(KEEP)), None),
    "recv_into above": (lambda s: s.recv_into(bytearray(KEEP + 1)), "_recv_into"),
    "recv_into none": (lambda s: s.recv_into(bytearray()), "_recv_into"),
    "recv_into size": (lambda s: s.recv_into(bytearray(2), 1), None),
    "recv_into whole": (lambda s: s.recv_into(bytearray(2), 2), None),
    "recv_into too much": (lambda s: s.recv_into(bytearray(2), 3), "_recv_into"),
    "recv_into -1": (lambda s: s.recv_into(bytearray(2), -1), "_recv_into"),
    "recv_into KEEP of more": (lambda s: s.recv_into(bytearray(KEEP + 1), KEEP), None),
    "recv_into above of more": (lambda s: s.recv_into(bytearray(KEEP + 2), KEEP + 1), "_recv_into"),
    "recv_into Int": (lambda s: s.recv_into(bytearray(2), Int(1)), "_recv_into"),
    "recv_into flags": (lambda s: s.recv_into(bytearray(2), 0, PEEK), None),
    "recv_into enum": (lambda s: s.recv_into(bytearray(2), 1, pysock.MsgFlag.MSG_PEEK), None),
    "recv_into Int flags": (lambda s: s.recv_into(bytearray(2), 0, Int(PEEK)), "_recv_into"),
    "recv_into odd": (lambda s: s.recv_into(bytearray(2), 0, ODD), "_recv_into"),
    "recv_into view size": (lambda s: s.recv_into(memoryview(bytearray(4)), 3), None),
    "recv_into table": (lambda s: s.recv_into(TABLE, 5), None),
    "recv_into view": (lambda s: s.recv_into(memoryview(bytearray(2))), None),
    "recv_into view 1": (lambda s: s.recv_into(memoryview(bytearray(1))), None),
    "recv_into view KEEP": (lambda s: s.recv_into(memoryview(bytearray(KEEP))), None),
    "recv_into view above": (lambda s: s.recv_into(memoryview(bytearray(KEEP + 1))), "_recv_into"),
    "recv_into view none": (lambda s: s.recv_into(memoryview(bytearray())), "_recv_into"),
    "recv_into array": (lambda s: s.recv_into(array("b", b"ab")), "_recv_into"),
    "recv_into read-only": (lambda s: s.recv_into(memoryview(b"ab")), "_recv_into"),
    "recv_into strided": (lambda s: s.recv_into(memoryview(bytearray(4))[::2]), "_recv_into"),
    "recv_into items": (lambda s: s.recv_into(memoryview(array("i", [0, 0]))), None),
    "recv_into str": (lambda s: s.recv_into("ab"), "_recv_into"),
    "recvfrom -1": (lambda s: s.recvfrom(-1), "_recvfrom"),
    "recvfrom 0": (lambda s: s.recvfrom(0), None),
    "recvfrom True": (lambda s: s.recvfrom(True), "_recvfrom"),
    "recvfrom 1": (lambda s: s.recvfrom(1), None),
    "recvfrom COPY_MAX": (lambda s: s.recvfrom(COPY_MAX), None),
    "recvfrom more": (lambda s: s.recvfrom(COPY_MAX + 1), None),
    "recvfrom KEEP": (lambda s: s.recvfrom(KEEP), None),
    "recvfrom above": (lambda s: s.recvfrom(KEEP + 1), "_recvfrom"),
    "recvfrom Int": (lambda s: s.recvfrom(Int(1)), "_recvfrom"),
    "recvfrom flags": (lambda s: s.recvfrom(1, PEEK), None),
    "recvfrom odd": (lambda s: s.recvfrom(1, ODD), "_recvfrom"),
    "recvfrom_into": (lambda s: s.recvfrom_into(bytearray(2)), None),
    "recvfrom_into size": (lambda s: s.recvfrom_into(bytearray(2), 1), None),
    "recvfrom_into too much": (lambda s: s.recvfrom_into(bytearray(2), 3), "_recvfrom_into"),
    "recvfrom_into -1": (lambda s: s.recvfrom_into(bytearray(2), -1), "_recvfrom_into"),
    "recvfrom_into none": (lambda s: s.recvfrom_into(bytearray()), "_recvfrom_into"),
    "recvfrom_into Int": (lambda s: s.recvfrom_into(bytearray(2), Int(1)), "_recvfrom_into"),
    "recvfrom_into KEEP": (lambda s: s.recvfrom_into(bytearray(KEEP)), None),
    "recvfrom_into above": (lambda s: s.recvfrom_into(bytearray(KEEP + 1)), "_recvfrom_into"),
    "recvfrom_into enum": (
        lambda s: s.recvfrom_into(bytearray(2), 1, pysock.MsgFlag.MSG_PEEK),
        None,
    ),
    "recvfrom_into Int flags": (
        lambda s: s.recvfrom_into(bytearray(2), 0, Int(PEEK)),
        "_recvfrom_into",
    ),
    "recvfrom_into odd": (lambda s: s.recvfrom_into(bytearray(2), 0, ODD), "_recvfrom_into"),
    "recvfrom_into table": (lambda s: s.recvfrom_into(TABLE, 5), None),
    "recvfrom_into array": (lambda s: s.recvfrom_into(array("b", b"ab")), "_recvfrom_into"),
    "recvfrom_into read-only": (lambda s: s.recvfrom_into(memoryview(b"ab")), "_recvfrom_into"),
    "recvmsg": (lambda s: s.recvmsg(1), None),
    "recvmsg room": (lambda s: s.recvmsg(1, 24), None),
    "recvmsg 1": (lambda s: s.recvmsg(1, 1), None),
    "recvmsg 0": (lambda s: s.recvmsg(0, 24), None),
    "recvmsg sizes": (lambda s: s.recvmsg(LIMIT - 1, LIMIT - 1), None),
    "recvmsg LIMIT": (lambda s: s.recvmsg(LIMIT, 24), "_recvmsg"),
    "recvmsg room LIMIT": (lambda s: s.recvmsg(1, LIMIT), "_recvmsg"),
    "recvmsg 0, room LIMIT": (lambda s: s.recvmsg(0, LIMIT), "_recvmsg"),
    "recvmsg -1": (lambda s: s.recvmsg(-1, 24), "_recvmsg"),
    "recvmsg room -1": (lambda s: s.recvmsg(1, -1), "_recvmsg"),
    "recvmsg Int": (lambda s: s.recvmsg(Int(1), 24), "_recvmsg"),
    "recvmsg room Int": (lambda s: s.recvmsg(1, Int(24)), "_recvmsg"),
    "recvmsg flags": (lambda s: s.recvmsg(1, 24, PEEK), None),
    "recvmsg odd": (lambda s: s.recvmsg(1, 24, ODD), "_recvmsg"),
}
WRITING: dict[str, tuple[Action, str | None]] = {
    "send": (lambda s: s.send(b"abc"), None),
    "send none": (lambda s: s.send(b""), None),
    "send KEEP": (lambda s: s.send(bytes(KEEP)), None),
    "send above": (lambda s: s.send(bytes(KEEP + 1)), "_send"),
    "send flags": (lambda s: s.send(b"abc", pysock.MSG_NOSIGNAL), None),
    "send odd": (lambda s: s.send(b"abc", ODD), "_send"),
    "send Bytes": (lambda s: s.send(Bytes(b"abc")), "_send"),
    "send str": (lambda s: s.send("abc"), "_send"),
    "send bytearray": (lambda s: s.send(bytearray(b"abc")), None),
    "send bytearray, copied": (lambda s: s.send(bytearray(COPY_MAX)), None),
    "send bytearray, exported": (lambda s: s.send(bytearray(COPY_MAX + 1)), None),
    "send bytearray, KEEP": (lambda s: s.send(bytearray(KEEP)), None),
    "send bytearray, above": (lambda s: s.send(bytearray(KEEP + 1)), "_send"),
    "send exported, flags": (lambda s: s.send(bytearray(KEEP), pysock.MSG_NOSIGNAL), None),
    "send exported, odd": (lambda s: s.send(bytearray(KEEP), ODD), "_send"),
    "send array": (lambda s: s.send(array("d", bytes(COPY_MAX))), None),
    "send array, exported": (lambda s: s.send(array("d", bytes(COPY_MAX + 8))), None),
    "send array, KEEP": (lambda s: s.send(array("d", bytes(KEEP))), None),
    "send array, above": (lambda s: s.send(array("d", bytes(KEEP + 8))), "_send"),
    "send view": (lambda s: s.send(memoryview(bytearray(COPY_MAX))), None),
    "send view, exported": (lambda s: s.send(memoryview(bytearray(COPY_MAX + 1))), None),
    "send view, above": (lambda s: s.send(memoryview(bytearray(KEEP + 1))), "_send"),
    "send view, apart": (lambda s: s.send(memoryview(bytearray(2 * KEEP))[::2]), "_send"),
    "send view, whole": (lambda s: s.send(memoryview(bytes(COPY_MAX + 1))), None),
    "send view, part": (lambda s: s.send(memoryview(bytes(COPY_MAX + 2))[1:]), "_send"),
    "send view, small part": (lambda s: s.send(memoryview(b"abcd")[1:]), None),
    "send view, items": (lambda s: s.send(memoryview(bytes(8)).cast("i")), None),
    "send view, strided": (lambda s: s.send(memoryview(b"abcd")[::2]), "_send"),
    "sendall": (lambda s: s.sendall(b"abc"), None),
    "sendall none": (lambda s: s.sendall(b""), None),
    "sendall KEEP": (lambda s: s.sendall(bytes(KEEP)), None),
    "sendall above": (lambda s: s.sendall(bytes(KEEP + 1)), "_sendall"),
    "sendall flags": (lambda s: s.sendall(b"abc", pysock.MSG_NOSIGNAL), None),
    "sendall odd": (lambda s: s.sendall(b"abc", ODD), "_sendall"),
    "sendall Bytes": (lambda s: s.sendall(Bytes(b"abc")), "_sendall"),
    "sendall bytearray": (lambda s: s.sendall(bytearray(b"abc")), None),
    "sendall bytearray, exported": (lambda s: s.sendall(bytearray(COPY_MAX + 1)), None),
    "sendall bytearray, above": (lambda s: s.sendall(bytearray(KEEP + 1)), "_sendall"),
    "sendall view, part": (lambda s: s.sendall(memoryview(bytes(COPY_MAX + 2))[1:]), "_sendall"),
    "sendall exported, flags": (lambda s: s.sendall(bytearray(KEEP), pysock.MSG_NOSIGNAL), None),
    "sendall exported, odd": (lambda s: s.sendall(bytearray(KEEP), ODD), "_sendall"),
    "sendto": (lambda s: s.sendto(b"abc", AWAY), None),
    "sendto KEEP": (lambda s: s.sendto(bytes(KEEP), AWAY), None),
    "sendto above": (lambda s: s.sendto(bytes(KEEP + 1), AWAY), "_sendto"),
    "sendto 0 flags": (lambda s: s.sendto(b"abc", 0, AWAY), None),
    "sendto flags": (lambda s: s.sendto(b"abc", pysock.MSG_NOSIGNAL, AWAY), None),
    "sendto odd": (lambda s: s.sendto(b"abc", ODD, AWAY), "_sendto"),
    "sendto wrong": (lambda s: s.sendto(b"abc", 2**40, AWAY), "_sendto"),
    "sendto Bytes": (lambda s: s.sendto(Bytes(b"abc"), AWAY), "_sendto"),
    "sendto bytearray": (lambda s: s.sendto(bytearray(b"abc"), AWAY), "_sendto"),
    "sendto none": (lambda s: s.sendto(b"abc"), "_sendto"),
    "sendto too many": (lambda s: s.sendto(b"abc", 0, AWAY, 5), "_sendto"),
    "sendmsg": (lambda s: s.sendmsg([b"abc"], CONTROL), None),
    "sendmsg no control": (lambda s: s.sendmsg([b"abc"], []), None),
    "sendmsg nothing": (lambda s: s.sendmsg([]), "send_message"),
    "sendmsg many": (lambda s: s.sendmsg([b"abc"] * MANY), None),
    "sendmsg too many": (lambda s: s.sendmsg([b"abc"] * (MANY + 1)), "send_message"),
    "sendmsg sum": (lambda s: s.sendmsg([bytes(LIMIT - 1), b""]), None),
    "sendmsg sum LIMIT": (lambda s: s.sendmsg([bytes(LIMIT - 1), b"a"]), "send_message"),
    "sendmsg size": (lambda s: s.sendmsg([bytes(LIMIT - 1)], CONTROL), None),
    "sendmsg LIMIT": (lambda s: s.sendmsg([bytes(LIMIT)], CONTROL), "send_message"),
    "sendmsg room": (lambda s: s.sendmsg([b"a"], [(1, 9, bytes(LIMIT - 2 * HEADER))]), None),
    "sendmsg room LIMIT": (
        lambda s: s.sendmsg([b"a"], [(1, 9, bytes(LIMIT - HEADER))]), "send_message"
    ),
    "sendmsg two": (lambda s: s.sendmsg([b"a", b"b"], CONTROL), None),
    "sendmsg tuple": (lambda s: s.sendmsg((b"abc",), CONTROL), None),
    "sendmsg tuple of messages": (lambda s: s.sendmsg([b"abc"], (*CONTROL,)), None),
    "sendmsg iterator": (lambda s: s.sendmsg(iter([b"abc"])), "_sendmsg"),
    "sendmsg iterator of messages": (lambda s: s.sendmsg([b"abc"], iter(CONTROL)), "_sendmsg"),
    "sendmsg plain": (lambda s: s.sendmsg([b"abc"]), None),
    "sendmsg bytearray": (lambda s: s.sendmsg([bytearray(b"abc")], CONTROL), "send_message"),
    "sendmsg wrong": (lambda s: s.sendmsg([b"abc"], [(1, 2)]), "send_message"),
    "sendmsg address": (lambda s: s.sendmsg([b"abc"], CONTROL, 0, AWAY), "_sendmsg"),
    "sendmsg flags": (lambda s: s.sendmsg([b"abc"], CONTROL, pysock.MSG_NOSIGNAL), None),
    "sendmsg odd": (lambda s: s.sendmsg([b"abc"], CONTROL, ODD), "_sendmsg"),
}
OPTIONS: dict[str, tuple[Action, str | None]] = {
    "getsockopt": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE), None),
    "getsockopt 0": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, 0), None),
    "getsockopt 4": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, 4), None),
    "getsockopt 1": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, 1), None),
    "getsockopt most": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, OPTION_MAX), None),
    "getsockopt more": (
        lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, OPTION_MAX + 1),
        "_getsockopt",
    ),
    "getsockopt -4": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, -4), "_getsockopt"),
    "getsockopt Int 4": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, Int(4)), "_getsockopt"),
    "getsockopt Int, 4": (lambda s: s.getsockopt(Int(LEVEL), pysock.SO_TYPE, 4), "_getsockopt"),
    "getsockopt Int name, 4": (
        lambda s: s.getsockopt(LEVEL, Int(pysock.SO_TYPE), 4),
        "_getsockopt",
    ),
    "getsockopt 2**31, 4": (lambda s: s.getsockopt(LEVEL, 2**31, 4), "_getsockopt"),
    "getsockopt failing, 4": (lambda s: s.getsockopt(LEVEL, 2**31 - 1, 4), None),
    "getsockopt Int": (lambda s: s.getsockopt(Int(LEVEL), pysock.SO_TYPE), "_getsockopt"),
    "getsockopt Int name": (lambda s: s.getsockopt(LEVEL, Int(pysock.SO_TYPE)), "_getsockopt"),
    "getsockopt -1": (lambda s: s.getsockopt(-1, pysock.SO_TYPE), "_getsockopt"),
    "getsockopt 2**31": (lambda s: s.getsockopt(LEVEL, 2**31), "_getsockopt"),
    "getsockopt 2**31 level": (lambda s: s.getsockopt(2**31, 1), "_getsockopt"),
    "getsockopt failing": (lambda s: s.getsockopt(LEVEL, 2**31 - 1), "_getsockopt"),
    "setsockopt": (lambda s: s.setsockopt(LEVEL, pysock.SO_KEEPALIVE, 1), None),
    "setsockopt 0": (lambda s: s.setsockopt(LEVEL, pysock.SO_KEEPALIVE, 0), None),
    "setsockopt bytes": (lambda s: s.setsockopt(LEVEL, pysock.SO_TYPE, bytes(4)), "_setsockopt"),
    "setsockopt True": (lambda s: s.setsockopt(LEVEL, pysock.SO_KEEPALIVE, True), "_setsockopt"),
    "setsockopt wide": (lambda s: s.setsockopt(LEVEL, pysock.SO_KEEPALIVE, 2**31), "_setsockopt"),
    "setsockopt Int": (lambda s: s.setsockopt(Int(LEVEL), pysock.SO_KEEPALIVE, 1), "_setsockopt"),
    "setsockopt Int name": (
        lambda s: s.setsockopt(LEVEL, Int(pysock.SO_KEEPALIVE), 1), "_setsockopt"
    ),
    "setsockopt NULL": (lambda s: s.setsockopt(LEVEL, pysock.SO_TYPE, None, 4), "_setsockopt"),
    "setsockopt length": (lambda s: s.setsockopt(LEVEL, pysock.SO_TYPE, 1, 4), "_setsockopt"),
    "setsockopt -1": (lambda s: s.setsockopt(-1, pysock.SO_KEEPALIVE, 1), "_setsockopt"),
    "setsockopt 2**31": (lambda s: s.setsockopt(LEVEL, 2**31, 1), "_setsockopt"),
    "setsockopt failing": (lambda s: s.setsockopt(LEVEL, 2**31 - 1, 1), "_setsockopt"),
}  # fmt: skip
CASES = {**READING, **WRITING, **OPTIONS}


NAMES = (
    "recv recv_into send sendall recvfrom recvfrom_into sendto sendmsg recvmsg"
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
    assert len(found) == 13


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
