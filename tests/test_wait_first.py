"""A receive that had to wait lets the next ones poll first; where data is there, none does so long.

The idea: count the calls of a conversation, as C is asked for them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import pysock
from pysock._calls import wait
from pysock._calls.wait import WAITS
from pysock._ffi.interpreter import set_errno
from pysock._host import abi, system

from .harness import Action, pair, replace

if not hasattr(pysock, "AF_UNIX"):
    pytest.skip("this system has no AF_UNIX", allow_module_level=True)


def _into(sock: Any) -> bytes:
    buffer = bytearray(100)
    return bytes(buffer[: sock.recv_into(buffer)])


RECEIVES: dict[str, Callable[[Any], bytes]] = {
    "recv": lambda sock: bytes(sock.recv(100)),
    "recv_into": _into,
    "recvfrom": lambda sock: bytes(sock.recvfrom(100)[0]),
}
C_NAMES = {"recv_into": "recv"}


@contextmanager
def counted(
    monkeypatch: pytest.MonkeyPatch, *names: str, before_poll: Callable[[], Any] = bool
) -> Iterator[list[str]]:
    """The calls of these C functions, in their order; what may happen just before a poll."""
    calls: list[str] = []

    def noticed(name: str) -> Callable[..., Any]:
        def note(real: Action, *arguments: Any) -> Any:
            calls.append(name)
            if name == "poll":
                before_poll()
            return real(*arguments)

        return note

    with monkeypatch.context() as patched:
        for name in names:
            replace(patched, name, noticed(name))
        yield calls


def waits_next(monkeypatch: pytest.MonkeyPatch, here: Any, there: Any) -> None:
    """Let ``here`` have had to wait: its message came when it was waited for."""
    here.settimeout(10)
    with counted(monkeypatch, "poll", before_poll=lambda: there.send(b"x")) as calls:
        assert here.recv(1) == b"x"
    assert calls == ["poll"]


@pytest.mark.parametrize("how", RECEIVES)
def test_a_receive_that_had_to_wait_lets_the_next_poll_first(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, name = RECEIVES[how], C_NAMES.get(how, how)
    with pair() as (here, there):
        here.settimeout(10)
        late = True

        def answer() -> None:
            if late:
                there.send(b"x")

        with counted(monkeypatch, name, "poll", before_poll=answer) as calls:
            for _ in range(WAITS + 2):
                assert receive(here) == b"x"
            first = [name, "poll", name]
            assert calls == [*first, *["poll", name] * WAITS, *first]
            calls.clear()
            late = False
            for n in range(WAITS + 5):  # now it is there each time
                there.send(b"y")
                assert receive(here) == b"y"
                assert calls == (["poll", name] if n < WAITS else [name])
                calls.clear()
            late = True
            for _ in range(2):
                assert receive(here) == b"x"
            assert calls == [*first, "poll", name]


@pytest.mark.parametrize("how", RECEIVES)
def test_a_wait_that_comes_first_ends_at_its_deadline(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, name = RECEIVES[how], C_NAMES.get(how, how)
    with pair() as (here, there):
        waits_next(monkeypatch, here, there)
        here.settimeout(0.05)
        with counted(monkeypatch, name, "poll") as calls:
            begin = time.monotonic()
            with pytest.raises(pysock.timeout, match="timed out"):
                receive(here)
            assert set(calls) == {"poll"}
            if abi.name.startswith("linux"):  # whose poll(2) never ends early
                assert len(calls) == 1
        assert time.monotonic() - begin > 0.04


def test_ready_and_yet_nothing_there_shares_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread was faster: the rest of the time is what is waited for."""
    waits: list[int] = []

    def lie(real: Action, pointer: Any, count: int, milliseconds: int) -> Any:
        waits.append(milliseconds)
        if len(waits) == 1:
            time.sleep(0.1)
            return 1
        return real(pointer, count, 0)

    with pair() as (here, there):
        waits_next(monkeypatch, here, there)
        here.settimeout(0.3)
        with monkeypatch.context() as patched:
            replace(patched, "poll", lie)
            with pytest.raises(pysock.timeout):
                here.recv(1)
        assert len(waits) > 1
        assert max(waits[1:]) <= 200


@pytest.mark.parametrize("seconds", [None, 0.0])
def test_other_modes_never_poll_first(
    seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pair() as (here, there):
        waits_next(monkeypatch, here, there)
        here.settimeout(seconds)
        with counted(monkeypatch, "recv", "poll") as calls:
            there.send(b"x")
            assert here.recv(1) == b"x"
        assert calls == ["recv"]


def test_flags_are_tried_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """poll says nothing of what some of them ask for: urgent data, errors."""
    with pair() as (here, there):
        waits_next(monkeypatch, here, there)
        there.send(b"xy")
        with counted(monkeypatch, "recv", "recvfrom", "poll") as calls:
            assert here.recv(1, pysock.MSG_PEEK) == b"x"
            assert here.recv_into(bytearray(1), 1, pysock.MSG_PEEK) == 1
            assert here.recvfrom(1, pysock.MSG_PEEK)[0] == b"x"
            assert calls == ["recv", "recv", "recvfrom"]


def test_wrong_arguments_are_told_of_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pair() as (here, there):
        waits_next(monkeypatch, here, there)
        begin = time.monotonic()
        wrongs: tuple[Callable[[], Any], ...] = (
            lambda: here.recv(-1),
            lambda: here.recv("1"),  # type: ignore[arg-type]
            lambda: here.recv_into(memoryview(b"ab")),
            lambda: here.recv_into(b"ab"),
            lambda: here.recvfrom(-1),
        )
        for wrong in wrongs:
            with pytest.raises((TypeError, ValueError)):
                wrong()
        assert here.recv(0) == b""
        assert here.recv_into(bytearray()) == 0
        assert time.monotonic() - begin < 5


def test_a_socket_that_is_ready_is_polled_in_the_quick_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pair() as (other, _), pair() as (here, there):
        there.send(b"abc")
        for sock, left in (other, 0.01), (here, 9):
            sock.settimeout(left)
            sock._sock_waits_ = 2
        with pytest.raises(pysock.timeout):  # its poll is in the memory that comes next
            wait.wait_first(other, 0)
        monkeypatch.setattr(wait, "wait_until_ready", None)
        begin = time.monotonic()
        deadline = wait.wait_first(here, 0)
        assert deadline is not None
        assert begin + 9 <= deadline <= time.monotonic() + 9


def test_a_closed_socket_is_not_polled_in_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """poll(2) passes over a descriptor below 0, and would wait."""
    with pair() as (here, _):
        here.settimeout(9)
        here._sock_waits_ = 2
        here.close()
        replace(monkeypatch, "poll", lambda *_: pytest.fail("there is nothing to wait for"))
        with pytest.raises(OSError, match="Bad file descriptor"):
            here.recv(9)


@pytest.mark.parametrize("answer", [0, -1])
def test_a_clock_that_stands_still_ends_the_wait_once_poll_says_so(
    answer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waits(*args: Any) -> bool:
        asked.append(args)
        return True

    asked: list[Any] = []
    monkeypatch.setattr(wait, "monotonic", lambda: 5.0)
    monkeypatch.setattr(wait, "wait_until_ready", waits)
    replace(monkeypatch, "poll", lambda *_: answer)
    with pair() as (here, _):
        here.settimeout(9)
        here._sock_waits_ = 2
        if answer == 0:
            with pytest.raises(pysock.timeout):
                wait.wait_first(here, 0)
        else:
            assert wait.wait_first(here, 0) == 14.0
        assert asked == ([] if answer == 0 else [(here, wait.READ, 14.0)])


@pytest.mark.parametrize(
    ("seconds", "milliseconds"), [(9, 9000), (0.0015, 2), (0.001, 1), (1e-9, 1)]
)
def test_the_quick_poll_waits_to_the_next_millisecond(
    seconds: float, milliseconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def poll(real: Action, pointer: Any, count: int, limit: int) -> int:
        asked.append(limit)
        return 1

    replace(monkeypatch, "poll", poll)
    with pair() as (here, _):
        here.settimeout(seconds)
        here._sock_waits_ = 2
        wait.wait_first(here, 0)
    assert asked == [milliseconds]


@pytest.mark.parametrize("first", [0, -1])
def test_an_interrupted_wait_goes_on_though_the_clock_stands_still(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [first, 1]

    def poll(*_: Any) -> int:
        answer = answers.pop(0)
        if answer < 0:
            set_errno(system.INTERRUPTED)
        return answer

    monkeypatch.setattr(wait, "monotonic", lambda: 5.0)
    replace(monkeypatch, "poll", poll)
    with pair() as (here, _):
        assert wait.wait_until_ready(here, wait.READ, 6.0) == (first < 0)
    assert answers == ([] if first < 0 else [1])


def test_the_first_poll_makes_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "_free_polls", deque())
    with pair() as (here, there):
        here.settimeout(5)
        here._sock_waits_ = 1
        there.send(b"x")
        assert here.recv(9) == b"x"
    assert len(wait._free_polls) == 1
