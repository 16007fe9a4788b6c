"""What a failed call leads to, where two things come together: a timeout and signals, two threads.

The idea: each test fails if one statement or one number in ``pysock._calls.wait`` or in the
connect of ``pysock._methods.connection`` is another (``tests/mutants.py``).
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import Any

import pytest

import pysock
from pysock._calls import wait
from pysock._calls.state import NO_SIZE, calls_for
from pysock._calls.transfer import sockaddr_from
from pysock._ffi.errors import ATTEMPTS, ErrnoKept
from pysock._ffi.interpreter import get_errno, set_errno
from pysock._host import lib, system
from pysock._methods import connection

from .harness import Action, pair, replace

pytestmark = pytest.mark.skipif(
    not hasattr(lib, "socketpair"), reason="the library is not POSIX's"
)
AGAIN, PIPE = errno.EAGAIN, errno.EPIPE


@pytest.mark.parametrize("mode", [None, 0.0, 1.0, 5.0])
def test_an_error_is_told_at_once_only_where_nothing_may_wait(mode: float | None) -> None:
    with pysock.socket() as sock:
        sock.settimeout(mode)
        for number in AGAIN, PIPE:
            set_errno(number)
            told = mode == 0 and number in system.WOULD_BLOCK
            assert wait.would_block(sock) == (number if told else 0)
            assert get_errno() == (0 if told else number)  # for ``retry``
    set_errno(0)


def failing(number: int, action: Callable[[int], Any]) -> Callable[..., int]:
    """A call that fails with an errno, after an action that gets the number of the call."""

    def attempt(calls: Any, sock: Any) -> int:
        made.append(calls)
        assert len(made) < 1000, "the deadline was not looked at"
        action(len(made))
        set_errno(number)
        return -1

    made: list[Any] = []
    return attempt


def test_a_call_that_is_interrupted_again_and_again_ends_at_its_deadline() -> None:
    with pysock.socket() as sock:
        sock.settimeout(0.1)
        begin = time.monotonic()
        set_errno(system.INTERRUPTED)
        with pytest.raises(pysock.timeout, match="timed out"):
            attempt = failing(system.INTERRUPTED, lambda _: time.sleep(0.01))
            wait.retry(sock, lib, wait.READ, attempt)
        assert time.monotonic() - begin >= 0.1


def test_a_timeout_that_another_thread_has_just_set_begins_then() -> None:
    with pair() as (here, _):

        def action(count: int) -> None:
            if count == 1:
                here.settimeout(0.1)
                set_at.append(time.monotonic())

        set_at: list[float] = []
        set_errno(system.INTERRUPTED)
        with pytest.raises(pysock.timeout, match="timed out"):
            wait.retry(here, lib, wait.READ, failing(AGAIN, action))
        assert 0.1 <= time.monotonic() - set_at[0] < 5


@pytest.mark.parametrize("events", [wait.READ, wait.WRITE])
def test_only_a_receive_that_had_to_wait_is_remembered(events: int) -> None:
    """A send says nothing about what receives find."""
    with pair() as (here, there):
        here.settimeout(9)
        there.send(b"x")
        before = here._sock_waits_, here._sock_plain_
        set_errno(AGAIN)
        assert wait.retry(here, here._sock_calls_, events, lambda *_: 7) == 7
        remembered = wait.WAITS, NO_SIZE
        assert (here._sock_waits_, here._sock_plain_) == (
            remembered if events == wait.READ else before
        )


@pytest.mark.parametrize("deadline", [None, 0.0])
def test_memory_of_each_poll_is_used_again(
    deadline: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if nothing was ready: not before the deadline, or never, which is no kernel's answer."""

    def poll(real: Action, *_: Any) -> int:
        polled.append(None)
        return 1 if deadline is None and len(polled) > 3 else 0

    polled: list[None] = []
    replace(monkeypatch, "poll", poll)
    wait._polls.put(wait._polls.take())
    before = [id(entry) for entry in wait._polls.entries]
    with pysock.socket() as sock:
        assert wait.wait_until_ready(sock, wait.READ, deadline) is (deadline is None)
        assert len(polled) == (4 if deadline is None else 1)
        assert [id(entry) for entry in wait._polls.entries] == before


def test_a_poll_that_is_never_ready_and_has_no_deadline_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    polled: list[None] = []

    def poll(real: Action, *_: Any) -> int:
        polled.append(None)
        return 0

    replace(monkeypatch, "poll", poll)
    with pysock.socket() as sock, pytest.raises(OSError, match=r"Errno 0") as caught:
        wait.wait_until_ready(sock, wait.READ, None)
    assert caught.value.errno == 0
    assert len(polled) == ATTEMPTS + 1


@pytest.mark.parametrize("mode", [None, 0.0])
@pytest.mark.parametrize("number", [system.INTERRUPTED, 0])
def test_by_which_library_a_call_is_made_again(number: int, mode: float | None) -> None:
    """That of the mode; where the errno was lost, one that keeps it in the step of the call."""

    def attempt(calls: Any, sock: Any) -> int:
        made.append(calls)
        return 7

    made: list[Any] = []
    with pysock.socket() as sock:
        sock.settimeout(mode)
        set_errno(number)
        assert wait.retry(sock, lib, wait.READ, attempt) == 7
    expected = calls_for(mode)
    assert made[0].dontwait == expected.dontwait
    if number:
        assert made == [expected]
    else:
        assert type(made[0]) is ErrnoKept


@pytest.mark.parametrize("name", ["poll", "connect"])
def test_a_call_whose_errno_was_lost_keeps_it_the_next_time(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Kept:
        def __init__(self, library: Any) -> None:
            setattr(self, name, lambda *_: 1)

    def lost(real: Action, *_: Any) -> int:
        made.append(None)
        set_errno(0)
        return -1

    made: list[None] = []
    replace(monkeypatch, name, lost)
    monkeypatch.setattr(wait if name == "poll" else connection, "ErrnoKept", Kept)
    with pysock.socket() as sock:
        if name == "poll":
            assert wait.wait_until_ready(sock, wait.READ, None)
        else:
            sock.connect(("127.0.0.1", 1))
    assert len(made) == 1


def test_a_name_whose_errno_is_always_lost_is_asked_for_so_often() -> None:
    def question(*_: Any) -> int:
        made.append(None)
        set_errno(0)
        return -1

    made: list[None] = []
    with pysock.socket() as sock, pytest.raises(OSError, match="Errno 0"):
        sockaddr_from(question, sock)
    assert len(made) == ATTEMPTS


def test_a_connect_that_is_interrupted_again_and_again_ends_at_its_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def connect(real: Action, *_: Any) -> int:
        assert time.monotonic() < begin + 9, "the deadline was not looked at"
        set_errno(system.INTERRUPTED)
        return -1

    begin = time.monotonic()
    with pysock.socket() as sock:
        sock.settimeout(0.1)
        replace(monkeypatch, "connect", connect)
        with pytest.raises(pysock.timeout, match="timed out"):
            sock.connect(("127.0.0.1", 1))
    assert time.monotonic() >= begin + 0.1
