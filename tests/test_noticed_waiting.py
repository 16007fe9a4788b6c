"""What a failed call asks of the kernel next, step by step: poll, the clock, a pause, another call.

The idea: each test fails if one statement or one number in ``pysock._calls.wait`` or in the
connect of ``pysock._methods.connection`` is another (``tests/mutants.py``). The C library and the
clock are replaced, so that no test waits, and each step is seen.
"""

from __future__ import annotations

import ctypes
import errno
from collections.abc import Iterator
from typing import Any

import pytest

import pysock
from pysock._calls import wait
from pysock._ffi.errors import ATTEMPTS, from_errno
from pysock._ffi.interpreter import set_errno
from pysock._host import constants, lib, lib_keeping_gil, system
from pysock._methods import connection, stream
from pysock._methods.shortcuts import WANTED
from pysock._methods.shortcuts import transfer as shortcuts

from .harness import Action, outcome, pair, replace

pytestmark = pytest.mark.skipif(
    not hasattr(lib, "socketpair"), reason="the library is not POSIX's"
)


class World:
    """A clock that only pauses and polls move, and what was done, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, sock: pysock.Socket) -> None:
        self.monkeypatch, self.sock = monkeypatch, sock
        self.now, self.done = 100.0, []
        self.entries: list[bytes] = []
        self.polls: list[Any] = []  # what poll answers; then it lets its time pass
        for module in (wait, connection):
            monkeypatch.setattr(module, "monotonic", lambda: self.now)
            monkeypatch.setattr(module, "sleep", self.sleep)
        replace(monkeypatch, "poll", self.poll)

    done: list[Any]

    def sleep(self, seconds: float) -> None:
        self.done.append(("sleep", round(seconds, 7)))
        self.now += seconds

    def poll(self, real: Action, entry: Any, count: int, milliseconds: int) -> int:
        self.done.append(("poll", milliseconds))
        assert count == 1
        self.entries.append(ctypes.string_at(entry, wait._pollfd.size))
        if self.polls:
            answer, seconds = self.polls.pop(0)
            self.now += seconds
            if answer <= 0 and answer != -99:
                set_errno(-answer)
            return {-99: 0}.get(answer, 1 if answer > 0 else -1)
        self.now += milliseconds / 1000
        return 0

    def fails(self, function: str, *numbers: int, result: int = 3) -> None:
        """Let a function fail with each errno in turn, and then succeed."""
        left = list(numbers)

        def call(real: Action, *arguments: Any) -> int:
            self.done.append(function)
            if not left:
                return result
            set_errno(left.pop(0))
            return -1

        replace(self.monkeypatch, function, call)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with pair() as (here, _), monkeypatch.context() as patched:
        here.settimeout(2.0)
        yield World(patched, here)


AGAIN, READY = errno.EAGAIN, (1, 0.0)
NO_ERRNO = str(from_errno(0))


def test_the_first_and_second_time_there_is_no_pause(world: World) -> None:
    """Then ever longer ones, up to 20 ms, and no longer than what is left."""
    world.fails("send", *[AGAIN] * 12)
    world.polls = [READY] * 12
    assert world.sock.send(b"abc") == 3
    pauses = [each[1] for each in world.done if each[0] == "sleep"]
    assert pauses == [0.0008, 0.0016, 0.0032, 0.0064, 0.0128] + [0.02] * 5
    assert [each for each in world.done if each[0] == "poll"][:3] == [("poll", 2000)] * 3


def test_a_wait_that_took_time_is_followed_by_no_pause(world: World) -> None:
    world.fails("send", *[AGAIN] * 4)
    world.polls = [(1, 0.0001), (1, 0.0002), (1, 0.0002), (1, 0.0001)]
    assert world.sock.send(b"abc") == 3
    assert [each[0] for each in world.done if each[0] == "sleep"] == ["sleep"]


def test_a_wait_is_over_at_once_if_it_took_less_than_200_microseconds(world: World) -> None:
    for seconds, pauses in ((0.0002, []), (0.00019, [("sleep", 0.0008)])):
        world.done.clear()
        world.now = 0.0  # so that no digits are lost in the difference
        world.fails("send", *[AGAIN] * 3)
        world.polls = [READY, (1, 0.0), (1, seconds)]
        assert world.sock.send(b"abc") == 3
        assert [each for each in world.done if each[0] == "sleep"] == pauses


def test_the_socket_is_polled_once_even_if_the_first_attempt_took_too_long(world: World) -> None:
    """Other threads may have held it up, while what it waits for has come."""

    def send(real: Action, *arguments: Any) -> int:
        world.done.append("send")
        if world.done.count("send") != 2:
            return 1
        world.now += 5.0
        set_errno(AGAIN)
        return -1

    replace(world.monkeypatch, "send", send)
    world.polls = [READY]
    world.sock.sendall(b"ab")
    assert world.done == ["send", "send", ("poll", 0), "send"]


def test_a_pause_ends_at_the_deadline(world: World) -> None:
    world.sock.settimeout(0.003)
    world.fails("send", *[AGAIN] * 99)
    world.polls = [READY] * 99
    assert outcome(lambda: world.sock.send(b"abc")) == "timed out"
    assert [each for each in world.done if each[0] == "sleep"] == [
        ("sleep", 0.0008), ("sleep", 0.0016), ("sleep", 0.0006)
    ]  # fmt: skip
    assert world.now == pytest.approx(100.003)


def test_a_deadline_that_has_passed_is_not_polled_for_again(world: World) -> None:
    world.fails("send", *[AGAIN] * 9)
    world.polls = [(1, 2.0), READY]
    assert outcome(lambda: world.sock.send(b"abc")) == "timed out"
    assert world.done == ["send", ("poll", 2000), "send"]


def test_the_time_that_is_left_is_what_poll_is_asked_for(world: World) -> None:
    """After an interruption, and after an errno that somebody took."""
    world.fails("send", AGAIN)
    world.polls = [(-errno.EINTR, 0.5), (0, 0.25), (-99, 0.0004), READY]
    assert world.sock.send(b"abc") == 3
    asked = [each[1] for each in world.done if each[0] == "poll"]
    assert asked == [2000, 1500, 1250, 1250]


def test_a_poll_that_never_has_an_errno_ends(world: World) -> None:
    """It is asked as often as every other call, and once more."""
    world.fails("send", AGAIN)
    world.polls = [(0, 0.0)] * (ATTEMPTS + 1)
    assert outcome(lambda: world.sock.send(b"abc")) == NO_ERRNO
    assert world.polls == []


def test_a_poll_that_fails_is_an_error(world: World) -> None:
    world.fails("send", AGAIN)
    world.polls = [(-errno.ENOMEM, 0.0)]
    assert outcome(lambda: world.sock.send(b"abc")) == "ENOMEM"


@pytest.mark.parametrize("seconds", [None, 0.0, 2.0])
def test_what_is_repeated_and_what_is_raised(seconds: float | None, world: World) -> None:
    sock = world.sock
    for numbers, expected in (
        ([errno.EINTR] * 200, 3),
        ([errno.ENOTCONN], "ENOTCONN"),
        ([errno.EINTR, errno.EPIPE], "EPIPE"),
        ([0, errno.EPIPE], "EPIPE"),
        ([0] * ATTEMPTS, 3),
        ([0] * (ATTEMPTS + 1), NO_ERRNO),
    ):
        sock.settimeout(seconds)
        world.fails("sendmsg", *numbers)
        assert outcome(lambda: sock.sendmsg([b"abc"])) == expected
    assert [each for each in world.done if each != "sendmsg"] == []


@pytest.mark.parametrize("number", [AGAIN, errno.EINTR])
def test_nothing_is_an_answer_after_a_wait(number: int, world: World) -> None:
    """The peer has ended the conversation, or an empty message has come."""
    world.fails("recv", number, errno.EIO, result=0)
    world.polls = [READY]
    assert outcome(lambda: world.sock.recv_into(bytearray(3))) == "EIO"
    world.fails("recv", number, result=0)
    world.polls = [READY, READY]  # the last receive had to wait, so this one polls first
    assert world.sock.recv_into(bytearray(3)) == 0
    assert world.done.count("recv") == 4


@pytest.mark.parametrize("seconds", [None, 0.0, 2.0])
def test_sendall_goes_on_after_a_call_that_has_sent_nothing(
    seconds: float | None, world: World
) -> None:
    """That is no failure, and errno is that of an earlier call."""

    def send(real: Action, fd: int, data: Any, size: int, flags: int) -> int:
        sizes.append(size)
        set_errno(errno.EPIPE)
        return 0 if len(sizes) == 1 else size

    sizes: list[int] = []
    world.sock.settimeout(seconds)
    replace(world.monkeypatch, "send", send)
    assert outcome(lambda: world.sock.sendall(b"abc")) is None
    assert (sizes, world.done) == ([3, 3], [])


def test_sendall_has_one_deadline(world: World) -> None:
    """It is asked for once, by the shortcut if there is one."""
    module = shortcuts if WANTED else stream
    world.monkeypatch.setattr(module, "deadline_of", lambda sock: 100.75)
    world.fails("send", AGAIN, AGAIN)
    world.polls = [(1, 0.25), (1, 0.25)]
    world.sock.sendall(b"abc")
    asked = [each for each in world.done if each != "send"]
    assert asked == [("poll", 750), ("poll", 500)]


def test_a_call_is_repeated_as_the_mode_is_by_then(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread, or a signal handler, has changed it: from now on the kernel waits."""

    def send(library: str) -> Action:
        def call(fd: int, data: Any, size: int, flags: int) -> int:
            seen.append((library, flags & pysock.MSG_DONTWAIT))
            if len(seen) > 1:
                return size
            world.sock.settimeout(None)
            set_errno(errno.EINTR)
            return -1

        return call

    seen: list[tuple[str, int]] = []
    monkeypatch.setattr(lib, "send", send("lib"))
    monkeypatch.setattr(lib_keeping_gil, "send", send("keeping"))
    assert world.sock.send(b"abc") == 3
    assert seen == [("keeping", pysock.MSG_DONTWAIT), ("lib", 0)]


def test_without_a_timeout_a_call_that_would_block_after_all_is_an_error(world: World) -> None:
    """SO_RCVTIMEO, or MSG_DONTWAIT: the kernel has waited, or was not to wait."""
    world.sock.settimeout(None)
    world.fails("send", AGAIN)
    assert outcome(lambda: world.sock.send(b"abc")) == "EAGAIN"
    assert world.done == ["send"]


@pytest.mark.parametrize(("option", "call"), [("SO_RCVTIMEO", "recv"), ("SO_SNDTIMEO", "send")])
@pytest.mark.parametrize("limit", [0, 1, 1500])
def test_where_the_kernel_does_not_wait_its_limit_holds(
    option: str, call: str, limit: int, world: World
) -> None:
    """As on Windows: in blocking mode pysock waits, for as long as the option says."""
    asked = []

    def getsockopt_int(fd: int, level: int, number: int) -> int:
        asked.append((fd, level, number))
        return limit

    sock = world.sock
    sock.settimeout(None)
    world.now = 0.0  # so that no digits are lost in sums
    world.monkeypatch.setattr(system, "KERNEL_WAITS", False)
    world.monkeypatch.setattr(wait, "getsockopt_int", getsockopt_int)
    world.fails(call, AGAIN, AGAIN)
    world.polls = [] if limit else [READY, READY]

    def action() -> Any:
        return sock.send(b"abc") if call == "send" else sock.recv(9)

    if limit:
        assert outcome(action) == "ETIMEDOUT"
        assert world.done == [call, ("poll", limit)]
        assert world.now == limit / 1000
    else:
        outcome(action)
        assert world.done[:4] == [call, ("poll", -1), call, ("poll", -1)]
    number = getattr(pysock, option, constants[option])
    assert set(asked) == {(sock.fileno(), pysock.SOL_SOCKET, number)}


@pytest.mark.parametrize(
    ("events", "function"), [(wait.READ, "recv"), (wait.WRITE, "send")], ids=["read", "write"]
)
def test_what_is_polled_for(events: int, function: str, world: World) -> None:
    world.fails(function, AGAIN)
    world.polls = [READY]
    if function == "send":
        world.sock.send(b"abc")
    else:
        world.sock.recv(3)
    assert world.entries == [wait._pollfd.pack(world.sock.fileno(), events, 0)]


@pytest.mark.parametrize("answer", [1, -errno.ENOMEM])
def test_memory_for_poll_is_used_again(answer: int, world: World) -> None:
    """Also after a poll that has failed."""
    for last in (False, True):
        world.fails("send", AGAIN)
        world.polls = [(answer, 0.0)]
        outcome(lambda: world.sock.send(b"abc"))
        assert wait._polls.entries
        if not last:
            world.monkeypatch.setattr(wait._polls, "make", lambda: pytest.fail("there is some"))
            while len(wait._polls.entries) > 1:
                wait._polls.entries.pop()


def test_a_socket_that_is_closed_meanwhile_is_not_polled(world: World) -> None:
    world.sock.detach()
    assert wait.wait_until_ready(world.sock, wait.READ, 102.0) is True
    assert world.done == []


@pytest.mark.parametrize(
    ("left", "milliseconds"),
    [(0.0, 0), (-1.0, 0), (0.25, 250), (0.2501, 251), (2.0**21, 2**21 * 1000), (1e9, 2**31 - 1)],
)
def test_whole_milliseconds(left: float, milliseconds: int, world: World) -> None:
    world.now, world.polls = 0.0, [READY]
    assert wait.wait_until_ready(world.sock, wait.READ, left)
    assert world.done == [("poll", milliseconds)]


def test_a_deadline_is_from_now_on(world: World) -> None:
    sock = world.sock
    assert wait.deadline_of(sock) == 102.0
    for seconds in (None, 0.0):
        sock.settimeout(seconds)
        assert wait.deadline_of(sock) is None
    assert [wait.deadline_passed(when) for when in (99.9, 100.0, 100.1)] == [True, True, False]


# --- connect -------------------------------------------------------------------------

TARGET = ("127.0.0.1", 9)


def connects(world: World, seconds: float | None, *numbers: int, outcomes: Any = (0,)) -> Any:
    """What connect_ex answers, if connect(2) and SO_ERROR answer so."""
    left = list(outcomes)
    world.sock.close()
    with pysock.socket() as sock:
        sock.settimeout(seconds)
        world.fails("connect", *numbers, result=0)
        world.monkeypatch.setattr(connection, "socket_error", lambda fd: left.pop(0))
        return outcome(lambda: sock.connect_ex(TARGET))


@pytest.mark.parametrize(
    ("seconds", "numbers", "polls", "answer", "steps"),
    [
        (None, [], [], 0, []),
        (2.0, [], [], 0, []),
        (0.0, [errno.EINPROGRESS], [], errno.EINPROGRESS, []),
        (0.0, [errno.EINTR], [], errno.EINTR, []),
        (None, [errno.EINPROGRESS], [], errno.EINPROGRESS, []),
        (2.0, [errno.ECONNREFUSED], [], errno.ECONNREFUSED, []),
        (2.0, [errno.EALREADY], [], errno.EALREADY, []),
        (2.0, [errno.EAGAIN], [], errno.EAGAIN, []),
        (2.0, [errno.EINPROGRESS], [READY], 0, [("poll", 2000)]),
        (2.0, [errno.EINPROGRESS], [], errno.EWOULDBLOCK, [("poll", 2000)]),
        (2.0, [0, errno.EALREADY], [READY], 0, ["connect", ("poll", 2000)]),
        (0.0, [0, errno.EALREADY], [], errno.EINPROGRESS, ["connect"]),
        (0.0, [0, 0, errno.EISCONN], [], errno.EISCONN, ["connect", "connect"]),
    ],
)
def test_the_steps_of_a_connect(
    seconds: float | None, numbers: list[int], polls: Any, answer: int, steps: Any, world: World
) -> None:
    world.polls = polls
    assert connects(world, seconds, *numbers) == answer
    assert world.done == ["connect", *steps]
    events = wait._pollfd.pack(0, wait.WRITE | wait.ERROR, 0)[4:]
    assert {entry[4:] for entry in world.entries} <= {events}


@pytest.mark.parametrize("number", [0, errno.ECONNREFUSED, None])
def test_the_two_ways_to_connect_tell_the_same(number: int | None, world: World) -> None:
    world.monkeypatch.setattr(connection, "_connect", lambda sock, sockaddr: number)
    told = errno.EWOULDBLOCK if number is None else number
    said = "timed out" if number is None else errno.errorcode[number] if number else None
    with pysock.socket() as sock:
        assert sock.connect_ex(TARGET) == told
        assert outcome(lambda: sock.connect(TARGET)) == said


@pytest.mark.parametrize(
    ("number", "answer"),
    [(0, 0), (errno.EISCONN, 0), (errno.ECONNREFUSED, errno.ECONNREFUSED), (errno.EINTR, 4)],
)
def test_how_a_connect_has_ended(number: int, answer: int, world: World) -> None:
    world.polls = [READY]
    assert connects(world, 2.0, errno.EINPROGRESS, outcomes=[number]) == answer


@pytest.mark.parametrize("seconds", [None, 2.0])
def test_an_interrupted_connect_is_made_again_only_if_nothing_came_of_it(
    seconds: float | None, world: World
) -> None:
    for stands in (True, False):
        world.done.clear()
        world.polls = [READY, READY]
        world.monkeypatch.setattr(connection, "_is_connected", lambda fd, stands=stands: stands)
        assert connects(world, seconds, errno.EINTR, outcomes=[0, 0]) == 0
        poll = ("poll", -1 if seconds is None else 2000)
        assert world.done == (["connect", poll] if stands else ["connect", poll, "connect"])


def test_a_connect_without_an_errno_ends(world: World) -> None:
    assert connects(world, 2.0, *[0] * (ATTEMPTS + 50)) == NO_ERRNO
    assert len(world.done) == ATTEMPTS


def test_a_full_listener_of_the_unix_family_is_asked_again(world: World) -> None:
    """After pauses from 0.5 ms on, up to 20 ms, until the deadline."""
    with pysock.socket(pysock.AF_UNIX) as sock:
        sock.settimeout(0.1)
        world.fails("connect", *[AGAIN] * 99)
        assert sock.connect_ex("/nowhere") == errno.EWOULDBLOCK
    pauses = [each[1] for each in world.done if each[0] == "sleep"]
    assert pauses == [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.02, 0.02, 0.02, 0.0085]
    assert world.done.count("connect") == len(pauses) + 1
    assert lib.dontwait == 0 < lib_keeping_gil.dontwait


def test_a_connect_that_is_waited_for_keeps_its_deadline(world: World) -> None:
    """Another thread has ended the socket's timeout meanwhile."""

    def connect(real: Action, *arguments: Any) -> int:
        world.done.append("connect")
        if len(world.done) > 1:
            sock.settimeout(None)
        set_errno(AGAIN if len(world.done) == 1 else errno.EINPROGRESS)
        return -1

    replace(world.monkeypatch, "connect", connect)
    world.monkeypatch.setattr(connection, "socket_error", lambda fd: 0)
    world.polls = [READY]
    with pysock.socket(pysock.AF_UNIX) as sock:
        sock.settimeout(0.5)
        assert sock.connect_ex("/nowhere") == 0
    assert world.done == ["connect", ("sleep", 0.0005), "connect", ("poll", 500)]


def test_whether_a_socket_is_connected(world: World) -> None:
    assert connection._is_connected(world.sock) is True
    with pysock.socket() as sock:
        assert connection._is_connected(sock) is False
