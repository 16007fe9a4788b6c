"""A change of the mode: what it leaves behind if something comes between its steps.

Each test fails if one statement of ``pysock._calls.state.change_mode`` is another
(``tests/mutants.py``).
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import pytest

import pysock
from pysock._calls.state import calls_for, change_mode
from pysock._host import lib, lib_keeping_gil, system

TIMES = [None, 0.0, 5.0]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the descriptor of a socket was told, and what happens at each: an action, or nothing."""

    def set_blocking(fd: int, blocking: bool) -> None:
        calls.append(blocking)
        if actions:
            actions.pop(0)()

    actions: list[Any] = []
    calls: list[Any] = [actions]
    monkeypatch.setattr(system, "set_blocking", set_blocking)
    return calls


def raising(error: BaseException) -> Any:
    def action() -> None:
        raise error

    return action


@pytest.mark.parametrize("seconds", TIMES)
def test_the_three_places_of_a_mode(seconds: float | None, told: list[Any]) -> None:
    with pysock.socket() as sock:
        for last in 1.0, None, 0.0, seconds:
            sock.settimeout(last)
            assert told.pop() is (last is None)
            assert sock.gettimeout() == last
            assert sock._sock_calls_ is (lib if last is None else lib_keeping_gil)


@pytest.mark.parametrize("theirs", TIMES)
@pytest.mark.parametrize("ours", TIMES)
def test_the_last_of_two_threads_decides(
    ours: float | None, theirs: float | None, told: list[Any]
) -> None:
    """The other one sets the mode while the descriptor is told of ours."""

    def other() -> None:
        sock._sock_timeout_ = theirs
        sock._sock_calls_ = calls_for(theirs)

    with pysock.socket() as sock:
        told[0].append(other)
        sock.settimeout(ours)
        assert sock.gettimeout() == theirs
        assert sock._sock_calls_ is calls_for(theirs)
        assert told[-1] is (theirs is None)
        assert len(told) <= 3


@pytest.mark.parametrize("error", [MemoryError(), RecursionError()])
@pytest.mark.parametrize("before", TIMES)
@pytest.mark.parametrize("after", TIMES)
def test_without_memory_the_mode_stays(
    before: float | None, after: float | None, error: Exception, told: list[Any]
) -> None:
    with pysock.socket() as sock:
        sock.settimeout(before)
        told[0].append(raising(error))
        with pytest.raises(type(error)):
            sock.settimeout(after)
        assert sock.gettimeout() == before
        assert sock._sock_calls_ is calls_for(before)


@pytest.mark.parametrize("after", TIMES)
def test_a_handler_that_raises_is_heard_after_the_change(
    after: float | None, told: list[Any]
) -> None:
    with pysock.socket() as sock:
        sock.settimeout(1.0)
        told[0].append(raising(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            sock.settimeout(after)
        assert sock.gettimeout() == after
        assert sock._sock_calls_ is calls_for(after)
        assert told[-2:] == [after is None] * 2  # told again: the first may not have reached it


@pytest.mark.skipif(not hasattr(lib, "socketpair"), reason="the library is not POSIX's")
@pytest.mark.parametrize("after", TIMES)
def test_a_tracer_that_raises_leaves_what_the_socket_says(after: float | None) -> None:
    """At each line, that of the try statement included, where no signal is heard."""
    left = raised = 0

    def tracer(frame: Any, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code is change_mode.__code__ and event == "line":
            left -= 1
            if left < 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return tracer

    before = sys.gettrace()
    with pysock.socket() as sock:
        for n in range(12):
            sock.settimeout(1.0 if after is None else None)
            left = n
            sys.settrace(tracer)
            try:
                sock.settimeout(after)
            except KeyboardInterrupt:
                raised += 1
            finally:
                sys.settrace(before)
            assert os.get_blocking(sock.fileno()) is (sock.gettimeout() is None)
            assert sock._sock_calls_ is calls_for(sock.gettimeout())
    assert 3 < raised < 12


@pytest.mark.skipif(not hasattr(lib, "socketpair"), reason="the library is not POSIX's")
def test_what_the_system_refuses_is_not_asked_twice() -> None:
    def witness(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is change_mode.__code__:
            begun.append(frame)

    begun: list[Any] = []
    sock = pysock.socket()
    sock.close()
    sys.setprofile(witness)
    try:
        with pytest.raises(OSError) as caught:
            sock.settimeout(3.0)
    finally:
        sys.setprofile(None)
    assert caught.value.errno == errno.EBADF
    assert len(begun) == 1
