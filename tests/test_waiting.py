"""Blocking, non-blocking and timeout mode: how long each call waits, and what ends the wait."""

from __future__ import annotations

import errno
import os
import socket as stdlib
import time
from contextlib import ExitStack
from typing import Any

import pytest

import pysock
from pysock._calls import wait
from pysock._ffi.interpreter import get_errno, set_errno
from pysock._host import abi, lib

from .foreign import FOREIGN, error_name
from .harness import (
    LATE,
    SOON,
    WAITS,
    Action,
    calls_of,
    descriptors,
    fill,
    full_listener,
    later,
    new_name,
    on_pypy,
    outcome,
    replace,
    scene,
)

# A connection that has to wait takes a second: of the two calls one will do.
once_connected = pytest.mark.parametrize("name", [n for n in WAITS if n != "connect_ex"])


# --- the three modes -----------------------------------------------------------------


@pytest.mark.parametrize("name", WAITS)
def test_non_blocking_mode_does_not_wait(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with scene(name) as s:
        s.sock.setblocking(False)
        polls = calls_of(monkeypatch, "poll")
        assert outcome(s.call) == s.unready
        assert polls == []


@pytest.mark.parametrize("name", WAITS)
def test_a_timeout_passes(name: str) -> None:
    with scene(name) as s:
        s.sock.settimeout(SOON)
        begin = time.monotonic()
        assert outcome(s.call) == s.late
        assert SOON <= time.monotonic() - begin < LATE


@once_connected
def test_a_wait_ends_in_time(name: str) -> None:
    with scene(name) as s:
        s.sock.settimeout(LATE)
        with later(s.release):
            assert s.call() == s.result
        assert s.sock.gettimeout() == LATE


@once_connected
def test_blocking_mode_waits(name: str) -> None:
    with scene(name) as s:
        s.sock.settimeout(None)
        with later(s.release):
            assert s.call() == s.result


def test_a_timeout_is_an_exception_of_its_own() -> None:
    with scene("recv") as s:
        s.sock.settimeout(0.001)
        with pytest.raises(pysock.timeout) as caught:
            s.call()
        assert caught.value.args == ("timed out",)
        assert caught.value.errno is None


# --- what poll is asked --------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "milliseconds"),
    [
        (1e-9, {1}),
        (0.0001, {1}),
        (0.001, {1}),
        (0.0011, {1, 2}),
        (0.9999, {1000}),
        (5, {5000}),
        (2**31 // 1000 + 1, {2**31 - 1}),
        (9e9, {2**31 - 1}),
    ],
)
def test_poll_is_asked_for_whole_milliseconds_rounded_up(
    monkeypatch: pytest.MonkeyPatch, seconds: float, milliseconds: set[int]
) -> None:
    asked = []

    def poll(real: Action, pollfd: Any, nfds: int, timeout: int) -> Any:
        asked.append(timeout)
        there.send(b"x")
        return real(pollfd, nfds, timeout)

    here, there = pysock.socketpair()
    with here, there:
        here.settimeout(seconds)
        # A clock that stands still: the time that is left is all of it.
        monkeypatch.setattr(wait, "monotonic", lambda: 0.0)
        replace(monkeypatch, "poll", poll)
        assert here.recv(1) == b"x"
    assert len(asked) == 1
    assert set(asked) <= milliseconds


def test_a_wait_that_ends_early_is_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    """poll(2) may return before its time, by the granularity of the system's clock."""
    polls = []

    def poll(real: Action, pollfd: Any, nfds: int, timeout: int) -> Any:
        polls.append(timeout)
        return real(pollfd, nfds, timeout // 2)

    with scene("recv") as s:
        s.sock.settimeout(SOON)
        replace(monkeypatch, "poll", poll)
        begin = time.monotonic()
        assert outcome(s.call) == s.late
        assert time.monotonic() - begin >= SOON
    assert 1 < len(polls) < 1000


def test_who_is_held_up_past_the_deadline_asks_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other threads may have run between the deadline's being set and poll(2)."""
    times = [0.0]

    def monotonic() -> float:
        if times:
            return times.pop()
        there.send(b"x")
        return LATE

    here, there = pysock.socketpair()
    with here, there:
        here.settimeout(SOON)
        monkeypatch.setattr(wait, "monotonic", monotonic)
        assert here.recv(1) == b"x"


def test_a_call_that_need_not_wait_polls_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with scene("recv") as s:
        s.sock.settimeout(LATE)
        s.release()
        polls = calls_of(monkeypatch, "poll")
        assert s.call() == s.result
    assert polls == []


def test_what_somebody_else_was_quicker_to_take_is_waited_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with scene("recv") as s, s.sock.dup() as thief:
        s.sock.settimeout(LATE)
        stolen: list[bytes] = []

        def poll(real: Action, *arguments: Any) -> Any:
            s.release()
            ready = real(*arguments)
            if not stolen:
                stolen.append(thief.recv(10))
            return ready

        replace(monkeypatch, "poll", poll)
        assert s.call() == s.result
    assert stolen == [b"x"]


# --- modes of sockets ----------------------------------------------------------------


@pytest.mark.parametrize("default", [None, 0.0, 3.0])
@pytest.mark.parametrize("listening", [None, 0.0, 5.0])
def test_the_mode_of_an_accepted_socket(listening: float | None, default: float | None) -> None:
    def modes(module: Any) -> list[Any]:
        with module.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(listening)
            with module.create_connection(listener.getsockname(), timeout=LATE):
                before = module.getdefaulttimeout()
                module.setdefaulttimeout(default)
                try:
                    sock, _ = listener.accept()
                finally:
                    module.setdefaulttimeout(before)
                with sock:
                    return [sock.gettimeout(), sock.getblocking(), os.get_blocking(sock.fileno())]

    ours, theirs = modes(pysock), modes(stdlib)
    assert ours[:2] == theirs[:2]
    # Where the new socket inherits O_NONBLOCK, it may have it in blocking mode, too, as in CPython.
    inherits = FOREIGN and listening == 0.0 and default is None
    assert ours[2] == (False if inherits and accept_inherits() else theirs[2])


def accept_inherits() -> bool:
    """Whether accept(2) here gives O_NONBLOCK to the new socket."""
    return abi.sa_len and not hasattr(lib, "accept4")


def test_new_sockets_get_the_default_timeout() -> None:
    def modes(module: Any) -> list[Any]:
        module.setdefaulttimeout(2.5)
        try:
            made = [*module.socketpair(), module.socket()]
            made.append(made[0].dup())
            made.append(module.socket(fileno=os.dup(made[0].fileno())))
        finally:
            module.setdefaulttimeout(None)
        found = []
        for sock in made:
            with sock:
                found.append((sock.gettimeout(), os.get_blocking(sock.fileno())))
        return found

    assert modes(pysock) == modes(stdlib) == [(2.5, False)] * 5


@pytest.mark.parametrize("seconds", [None, 0, 0.5])
def test_the_descriptor_blocks_only_in_blocking_mode(seconds: float | None) -> None:
    with pysock.socket() as sock:
        sock.settimeout(seconds)
        assert os.get_blocking(sock.fileno()) == (seconds is None)
        assert sock.getblocking() == (seconds != 0)
        assert sock.gettimeout() == sock.timeout == seconds


# --- connect -------------------------------------------------------------------------


def connect_codes(module: Any) -> dict[str, Any]:
    """What connect_ex answers, by case."""
    codes: dict[str, Any] = {}
    unix, stream = module.AF_UNIX, module.SOCK_STREAM
    with module.socket() as other:
        other.bind(("127.0.0.1", 0))
        nobody = other.getsockname()  # bound, and nobody listens there
        for mode in (None, 0.0, LATE):
            with module.socket() as sock:
                sock.settimeout(mode)
                codes[f"refused, timeout {mode}"] = sock.connect_ex(nobody)
    with module.create_server(("127.0.0.1", 0)) as listener, module.socket() as sock:
        target = listener.getsockname()
        codes["connected"] = [sock.connect_ex(target), sock.connect_ex(target)]
        sock.settimeout(LATE)
        codes["connected, in timeout mode"] = sock.connect_ex(target)
    codes["closed"] = sock.connect_ex(target)
    with full_listener() as full:
        for mode in (0.0, SOON):
            with module.socket() as sock:
                sock.settimeout(mode)
                twice = [sock.connect_ex(full.getsockname()) for _ in range(2)]
                codes[f"no room, timeout {mode}"] = twice
    with ExitStack() as stack:
        bound, datagram = (
            stack.enter_context(module.socket(unix, kind)) for kind in (stream, module.SOCK_DGRAM)
        )
        bound.bind(stack.enter_context(new_name()))
        for mode in (None, 0.0, SOON):
            with module.socket(unix, stream) as sock:
                sock.settimeout(mode)
                codes[f"unix, nobody, timeout {mode}"] = sock.connect_ex("/nobody/there")
                codes[f"unix, refused, timeout {mode}"] = sock.connect_ex(bound.getsockname())
        codes["unix, other type"] = datagram.connect_ex(bound.getsockname())
        bound.listen(0)
        with module.socket(unix, stream) as first, module.socket(unix, stream) as second:
            first.connect(bound.getsockname())
            second.settimeout(SOON)
            codes["unix, no room"] = second.connect_ex(bound.getsockname())
    with module.socket(type=module.SOCK_DGRAM) as sock:
        codes["broadcast"] = sock.connect_ex(("255.255.255.255", 9))
    return codes


def named(codes: dict[str, Any], module: Any) -> dict[str, list[str]]:
    return {
        case: [error_name(code, module) for code in (found if type(found) is list else [found])]
        for case, found in codes.items()
    }


def test_connect_ex_answers_as_socket_does() -> None:
    codes, expected = connect_codes(pysock), connect_codes(stdlib)
    if on_pypy:  # which says 0 here, and is not connected
        expected["unix, no room"] = errno.EAGAIN
    assert named(codes, pysock) == named(expected, stdlib)
    assert codes["refused, timeout None"] == codes[f"refused, timeout {LATE}"] == errno.ECONNREFUSED
    assert codes["no room, timeout 0.0"][0] == errno.EINPROGRESS


def test_a_connection_that_stands_is_not_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long this thread is held up once connect(2) has begun it."""

    def held_up(connect: Action, *arguments: Any) -> Any:
        result = connect(*arguments)
        number = get_errno()
        time.sleep(2 * SOON)
        set_errno(number)
        return result

    with pysock.create_server(("127.0.0.1", 0)) as listener, pysock.socket() as sock:
        sock.settimeout(SOON)
        replace(monkeypatch, "connect", held_up)
        sock.connect(listener.getsockname())


@pytest.mark.parametrize("seconds", [None, LATE])
def test_connect_is_refused(seconds: float | None) -> None:
    with pysock.socket() as nobody, pysock.socket() as sock:
        nobody.bind(("127.0.0.1", 0))
        sock.settimeout(seconds)
        with pytest.raises(ConnectionRefusedError):
            sock.connect(nobody.getsockname())


def test_a_connect_in_the_background_is_finished_by_hand() -> None:
    with pysock.create_server(("127.0.0.1", 0)) as listener, pysock.socket() as sock:
        sock.setblocking(False)
        assert sock.connect_ex(listener.getsockname()) == errno.EINPROGRESS
        peer, address = listener.accept()
        with peer:
            assert sock.getsockopt(pysock.SOL_SOCKET, pysock.SO_ERROR) == 0
            assert address == sock.getsockname()


# --- flags ---------------------------------------------------------------------------


def test_dontwait_in_blocking_mode_does_not_wait() -> None:
    here, there = pysock.socketpair()
    with here, there:
        with pytest.raises(BlockingIOError):
            here.recv(1, pysock.MSG_DONTWAIT)
        if abi.dontwait_sends:
            fill(there)
            with pytest.raises(BlockingIOError):
                there.send(b"x", pysock.MSG_DONTWAIT)


@pytest.mark.parametrize("module", [stdlib, pysock], ids=["socket", "pysock"])
def test_dontwait_in_timeout_mode_waits_all_the_same(module: Any) -> None:
    here, there = module.socketpair()
    with here, there:
        here.settimeout(SOON)
        assert outcome(lambda: here.recv(1, module.MSG_DONTWAIT)) == "timed out"


def test_waitall_waits_for_all() -> None:
    here, there = pysock.socketpair()
    with here, there:
        there.send(b"abc")
        with later(lambda: there.send(b"def")):
            assert here.recv(6, pysock.MSG_WAITALL) == b"abcdef"
        there.send(b"abc")
        buffer = bytearray(6)
        with later(lambda: there.send(b"def")):
            assert here.recv_into(buffer, 0, pysock.MSG_WAITALL) == 6
        assert buffer == b"abcdef"


def test_waitall_of_much() -> None:
    """More than any buffer that is kept; the peer leaves in the middle of the second time."""
    sent = os.urandom(1 << 16) * 80  # 5 MiB
    here, there = pysock.socketpair()

    def leave() -> None:
        with there:
            there.sendall(sent[:-1])

    with here:
        with later(lambda: there.sendall(sent), 0):
            assert here.recv(len(sent), pysock.MSG_WAITALL) == sent
        with later(leave, 0):
            assert here.recv(len(sent), pysock.MSG_WAITALL) == sent[:-1]


# --- closed while it waits -----------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in WAITS if not n.startswith("connect")])
def test_shutdown_and_close_in_another_thread_end_a_wait(name: str) -> None:
    with scene(name) as s:
        s.sock.settimeout(LATE)

        def close() -> None:
            s.sock.shutdown(pysock.SHUT_RDWR)
            s.sock.close()

        with later(close):
            begin = time.monotonic()
            answer = outcome(s.call)
        assert time.monotonic() - begin < LATE
        assert answer != s.result
        assert answer != s.late


# (A file keeps its socket open.)
@pytest.mark.parametrize("name", [n for n in WAITS if not n.startswith("file.")])
def test_the_number_of_a_closed_socket_is_not_used_again(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a call waits its socket is closed, and a new one gets the number of the old."""
    with scene(name) as s:
        s.sock.settimeout(LATE)
        number = s.sock.fileno()
        new: list[pysock.Socket] = []

        def poll(real: Action, *arguments: Any) -> int:
            assert not new, "the call waits again, and so would do for ever"
            s.sock.close()
            new.extend(pysock.socketpair())
            new[1].send(b"not for you")
            return 1

        replace(monkeypatch, "poll", poll)
        answer = outcome(s.call)
        for sock in new:
            sock.setblocking(False)
        with new[0], new[1]:
            assert new[0].fileno() == number
            assert new[0].recv(100) == b"not for you"
            assert outcome(lambda: new[1].recv(100)) == "EAGAIN"
        assert answer in ("EBADF", errno.EBADF)


def test_an_interrupted_wait_on_a_closed_socket_does_not_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """poll(2) takes no notice of the descriptor −1, and would wait until the timeout."""
    with scene("recv") as s:
        s.sock.settimeout(LATE)

        def poll(real: Action, *arguments: Any) -> int:
            assert s.sock.fileno() != -1
            s.sock.close()
            return 0  # nothing has happened yet

        replace(monkeypatch, "poll", poll)
        assert outcome(s.call) == "EBADF"


def test_waiting_leaves_no_descriptor() -> None:
    before = descriptors()
    for name in WAITS:
        with scene(name) as s:
            s.sock.settimeout(0.001)
            outcome(s.call)
    assert len(descriptors()) == len(before)
