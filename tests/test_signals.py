"""Signals: what is interrupted goes on, a handler that raises is heard, and no errno is lost."""

from __future__ import annotations

import errno
import os
import sys
import time
from functools import partial
from typing import Any

import pytest

import pysock
from pysock._ffi.interpreter import POOL_MAX, get_errno

from .harness import (
    ACCEPT,
    AGAIN,
    LATE,
    LOOPBACKS,
    RECEIVE,
    SOON,
    WAITS,
    Action,
    alarms,
    at_every_opcode,
    calls_of,
    descriptors,
    fill,
    interrupt,
    later,
    needs_opcodes,
    new_name,
    outcome,
    pair,
    pools,
    read,
    run,
    scene,
    share_buffers,
    uses_alarms,
    when,
)

pytestmark = uses_alarms
each_wait = pytest.mark.parametrize("name", [n for n in WAITS if n != "connect_ex"])

OFTEN = 0.003  # seconds between signals


class Stop(Exception):
    """What a handler raises."""


def stop() -> None:
    raise Stop


# --- PEP 475 -------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [None, 20.0])
@each_wait
def test_an_interrupted_call_goes_on(
    name: str, seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most are made again; connect goes on by itself, and is never repeated."""
    seen: list[bool] = []
    with scene(name) as s:
        s.sock.settimeout(seconds)
        connects = calls_of(monkeypatch, "connect")
        release = when(lambda: len(seen) > 2, s.release)
        with later(release, 0), alarms(lambda: seen.append(True), OFTEN, OFTEN):
            assert s.call() == s.result
    assert len(seen) > 2
    assert len(connects) == (name in ("accept", "connect"))  # whoever is accepted connects


@each_wait
def test_signals_do_not_put_off_a_timeout(name: str) -> None:
    seen: list[bool] = []

    def handler() -> None:
        seen.append(True)
        if len(seen) > 1000:
            stop()

    with scene(name) as s:
        s.sock.settimeout(SOON)
        begin = time.monotonic()
        with alarms(handler, OFTEN, OFTEN):
            assert outcome(s.call) == s.late
        assert time.monotonic() - begin >= SOON
    assert seen


@each_wait
def test_a_handler_that_raises_ends_the_call_and_loses_nothing(name: str) -> None:
    with scene(name) as s:
        for seconds in (20.0, None):
            s.sock.settimeout(seconds)
            with pytest.raises(Stop), alarms(stop, SOON / 3, AGAIN):
                s.call()
            assert s.sock.gettimeout() == seconds
            if name == "connect":
                break  # it goes on, and only a blocking call may wait for it
        s.sock.settimeout(None)
        with later(s.release):
            assert s.call() == s.result


def test_an_interrupted_connect_of_a_unix_socket_is_connected_in_the_end() -> None:
    """unix(7) has no connecting in the background: after EINTR it must be asked again."""
    with pysock.socket(pysock.AF_UNIX) as listener, new_name() as name:
        listener.bind(name)
        listener.listen(0)
        listener.settimeout(LATE)
        name = listener.getsockname()
        with pysock.socket(pysock.AF_UNIX) as first, pysock.socket(pysock.AF_UNIX) as second:
            first.connect(name)
            accepted: list[pysock.Socket] = []
            seen: list[bool] = []

            def accept() -> None:
                accepted.extend(listener.accept()[0] for _ in range(2))

            accept_soon = when(lambda: len(seen) > 2, accept)
            with later(accept_soon, 0), alarms(lambda: seen.append(True), OFTEN, OFTEN):
                second.connect(name)
                assert second.getpeername() == name
                second.sendall(b"x")
            assert accepted[1].recv(1) == b"x"
            for sock in accepted:
                sock.close()


def test_an_interrupted_connect_on_a_closed_socket_does_not_wait_for_ever() -> None:
    with scene("connect") as s:
        with alarms(s.sock.close, SOON):
            assert outcome(s.call) == "EBADF"


# --- whose errno? --------------------------------------------------------------------
#
# Between a call that failed and the look at errno, a signal handler may run and make calls
# of its own.  ``interrupt`` runs one just there.


class Bench:
    """Sockets with which every call below fails, each with an errno of its own."""

    def __init__(self) -> None:
        self.tcp, self.udp = pysock.socket(), pysock.socket(type=pysock.SOCK_DGRAM)
        self.unix = pysock.socket(pysock.AF_UNIX, pysock.SOCK_DGRAM)
        self.bound = pysock.socket()
        self.bound.bind(("127.0.0.1", 0))
        self.idle, self.there = pysock.socketpair()
        self.idle.setblocking(False)
        self.pipe = os.pipe()

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *exception: object) -> None:
        for sock in (self.tcp, self.udp, self.unix, self.bound, self.idle, self.there):
            sock.close()
        for fd in self.pipe:
            os.close(fd)

    def steal(self) -> None:
        """A call that fails, as a signal handler may make one."""
        with pytest.raises(BlockingIOError):
            self.idle.recv(1)


FAILURES: list[tuple[str, Action, str]] = [
    ("socket", lambda b: pysock.socket(99), "EAFNOSUPPORT"),
    ("socketpair", lambda b: pysock.socketpair(pysock.AF_INET), "EOPNOTSUPP"),
    ("bind", lambda b: b.tcp.bind(b.bound.getsockname()), "EADDRINUSE"),
    ("listen", lambda b: b.udp.listen(), "EOPNOTSUPP"),
    ("shutdown", lambda b: b.tcp.shutdown(pysock.SHUT_RD), "ENOTCONN"),
    (ACCEPT, lambda b: b.tcp.accept(), "EINVAL"),
    ("connect", lambda b: b.tcp.connect(b.bound.getsockname()), "ECONNREFUSED"),
    ("send", lambda b: b.unix.send(b"x"), "ENOTCONN"),
    ("send", lambda b: b.unix.sendall(b"x"), "ENOTCONN"),
    ("sendto", lambda b: b.unix.sendto(b"x", "/nobody/there"), "ENOENT"),
    ("sendmsg", lambda b: b.unix.sendmsg([b"x"]), "ENOTCONN"),
    ("recv", lambda b: b.tcp.recv(1), "ENOTCONN"),
    ("recv", lambda b: b.tcp.recv(100_000), "ENOTCONN"),
    ("recv", lambda b: b.tcp.recv_into(bytearray(1)), "ENOTCONN"),
    ("recvfrom", lambda b: b.tcp.recvfrom(1), "ENOTCONN"),
    ("recvfrom", lambda b: b.tcp.recvfrom_into(bytearray(1)), "ENOTCONN"),
    ("recvmsg", lambda b: b.tcp.recvmsg(1), "ENOTCONN"),
    ("recvmsg", lambda b: b.tcp.recvmsg_into([bytearray(1)]), "ENOTCONN"),
    ("getsockname", lambda b: pysock.socket(fileno=b.pipe[0]), "ENOTSOCK"),
    ("getpeername", lambda b: b.tcp.getpeername(), "ENOTCONN"),
    ("getsockopt", lambda b: b.tcp.getsockopt(pysock.SOL_SOCKET, 9999), "ENOPROTOOPT"),
    ("getsockopt", lambda b: b.tcp.getsockopt(pysock.SOL_SOCKET, 9999, 8), "ENOPROTOOPT"),
    ("setsockopt", lambda b: b.tcp.setsockopt(pysock.SOL_SOCKET, 9999, 1), "ENOPROTOOPT"),
    ("setsockopt", lambda b: b.tcp.setsockopt(pysock.SOL_SOCKET, 9999, b"1234"), "ENOPROTOOPT"),
    ("inet_pton", lambda b: pysock.inet_pton(99, "::"), "EAFNOSUPPORT"),
    ("if_indextoname", lambda b: pysock.if_indextoname(2**31 - 1), "ENXIO"),
]
each_failure = pytest.mark.parametrize(
    ("function", "call", "expected"), FAILURES, ids=[f"{f[0]}-{i}" for i, f in enumerate(FAILURES)]
)


def never_reset_errno(monkeypatch: pytest.MonkeyPatch) -> None:
    """The naive way: look at errno as it is, and leave it."""
    for module in [m for n, m in sys.modules.items() if n.partition(".")[0] == "pysock"]:
        if hasattr(module, "pop_errno"):
            monkeypatch.setattr(module, "pop_errno", get_errno)


@each_failure
def test_a_handler_takes_no_ones_errno(
    function: str, call: Action, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = errno.errorcode[getattr(errno, expected)]  # some have two names
    with Bench() as bench:
        assert outcome(lambda: call(bench)) == expected
        interrupt(monkeypatch, function, bench.steal)
        assert outcome(lambda: call(bench)) == expected


@needs_opcodes
@each_failure
def test_a_handler_takes_no_ones_errno_whenever_it_runs(
    function: str, call: Action, expected: str
) -> None:
    expected = errno.errorcode[getattr(errno, expected)]
    with Bench() as bench:
        answers = at_every_opcode(lambda: (partial(call, bench), bench.steal))
    assert len(answers) > 5
    assert set(answers) == {expected}


@each_failure
def test_the_naive_way_reports_the_handlers_errno(
    function: str, call: Action, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Bench() as bench:
        never_reset_errno(monkeypatch)
        interrupt(monkeypatch, function, bench.steal)
        assert outcome(lambda: call(bench)) == "EAGAIN"


def test_a_connect_whose_errno_was_taken_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    with scene("connect") as s, Bench() as bench:
        s.sock.settimeout(20)
        interrupt(monkeypatch, "connect", bench.steal)
        with later(s.release):
            assert s.call() is None
        assert s.sock.getpeername()
    with scene("connect") as s, Bench() as bench:
        s.sock.settimeout(0)
        interrupt(monkeypatch, "connect", bench.steal)
        assert outcome(s.call) == "EINPROGRESS"


def spurious_errors(seconds: float) -> tuple[int, int]:
    """How many blocking receives fail while a failing handler runs, and how many succeed."""
    here, there = pysock.socketpair()
    failed, received = 0, 0
    with Bench() as bench, here, there:

        def trickle() -> None:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                time.sleep(3 * OFTEN)
                there.send(b"x")
            there.close()

        with later(trickle, 0), alarms(bench.steal, OFTEN / 5, OFTEN / 5):
            while True:
                try:
                    if not here.recv(1):
                        return failed, received
                    received += 1
                except BlockingIOError:
                    failed += 1


def test_in_a_storm_of_failing_handlers_no_receive_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    failed, received = spurious_errors(0.4)
    assert failed == 0
    assert received > 0
    never_reset_errno(monkeypatch)
    failed, received = spurious_errors(0.2)
    assert failed > 0


# --- handlers that use what is in use ------------------------------------------------


def test_a_handler_sends_on_the_socket_that_receives() -> None:
    here, there = pysock.socketpair()
    sent: list[int] = []
    with here, there:
        answer = when(lambda: sent, lambda: there.send(b"x"))
        with later(answer, 0), alarms(lambda: sent.append(here.send(b"y")), SOON):
            assert here.recv(1) == b"x"
        assert there.recv(10) == b"y"


def test_a_handler_receives_on_the_socket_that_receives() -> None:
    here, there = pysock.socketpair()
    got: list[bytes] = []

    def handler() -> None:
        there.send(b"for the handler")
        got.append(here.recv(100))

    with here, there:
        send = when(lambda: got, lambda: there.send(b"for the call"))
        with later(send, 0), alarms(handler, SOON):
            assert here.recv(100) == b"for the call"
    assert got == [b"for the handler"]


def test_a_handler_empties_the_socket_that_sends() -> None:
    here, there = pysock.socketpair()
    data = os.urandom(1 << 20)
    received = bytearray()

    def handler() -> None:
        answer = outcome(partial(there.recv, 1 << 16))
        received.extend(b"" if answer == "EAGAIN" else answer)

    with here, there:
        fill(here)
        there.setblocking(False)
        with alarms(handler, OFTEN, OFTEN):
            here.sendall(data)
        here.close()
        there.setblocking(True)
        received += read(there, 1 << 21)
    assert received.endswith(data)


def mine(sock: pysock.Socket) -> Any:
    """What two sockets answer differently, each through some pool."""
    return (
        sock.recv(100, pysock.MSG_PEEK),
        sock.recvfrom(100, pysock.MSG_PEEK),
        sock.getsockname(),
        sock.getsockopt(pysock.SOL_SOCKET, pysock.SO_RCVBUF),
        sock.getsockopt(pysock.SOL_SOCKET, pysock.SO_RCVBUF, 4),
    )


def two_sockets() -> tuple[pysock.Socket, pysock.Socket]:
    made = []
    other = "127.0.0.2" if LOOPBACKS else "127.0.0.1"  # their ports differ, too
    for host, data, size in (("127.0.0.1", b"a" * 50, 10_000), (other, b"b" * 90, 20_000)):
        sock = pysock.socket(type=pysock.SOCK_DGRAM)
        sock.setsockopt(pysock.SOL_SOCKET, pysock.SO_RCVBUF, size)
        sock.bind((host, 0))
        sock.sendto(data, sock.getsockname())
        made.append(sock)
    return made[0], made[1]


POOLED = ["recv", "recvfrom", "getsockname", "getsockopt"]


@pytest.mark.parametrize("function", POOLED)
def test_a_handler_gets_buffers_of_its_own(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = two_sockets()
    with one, other:
        expected = mine(one)
        interrupt(monkeypatch, function, lambda: mine(other))
        assert mine(one) == expected


@needs_opcodes
def test_a_handler_gets_buffers_of_its_own_whenever_it_runs() -> None:
    one, other = two_sockets()
    with one, other:
        expected, others = mine(one), mine(other)

        def handler() -> None:
            assert mine(other) == others

        answers = at_every_opcode(lambda: (partial(mine, one), handler))
    assert len(answers) > 100
    assert all(answer == expected for answer in answers)


@pytest.mark.parametrize("function", POOLED)
def test_with_shared_buffers_a_handlers_data_would_be_seen(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = two_sockets()
    with one, other:
        expected = mine(one)
        share_buffers(monkeypatch)
        interrupt(monkeypatch, function, lambda: mine(other))
        assert mine(one) != expected


def test_in_a_storm_of_handlers_every_answer_is_ones_own() -> None:
    one, other = two_sockets()
    seen: list[bool] = []
    with one, other:
        expected, others = mine(one), mine(other)
        with alarms(lambda: seen.append(mine(other) == others), OFTEN / 20, OFTEN / 20):
            until = time.monotonic() + 0.4
            while time.monotonic() < until:
                assert mine(one) == expected
    assert seen
    assert all(seen)


# One that raises in a finaliser (of ctypes' own, on PyPy) is heard by nobody.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_storm_of_handlers_that_raise_leaves_all_in_order() -> None:
    before = len(descriptors())
    one, other = two_sockets()
    with one, other:
        expected = mine(one)
        stopped = 0
        until = time.monotonic() + 0.4

        def work() -> None:
            # A function of its own: between a loop's rounds, CPython 3.13 passes by the
            # handlers of exceptions that surround the loop.
            with alarms(stop, OFTEN / 20):
                while time.monotonic() < until:
                    assert mine(one) == expected

        while time.monotonic() < until:
            try:
                work()
            except Stop:
                stopped += 1
        assert mine(one) == expected
    assert stopped
    assert len(descriptors()) == before
    assert all(len(pool.entries) < 10 for pool in pools())


def test_a_handler_may_ask_for_services_too() -> None:
    """getservbyname(3) has one place for its answers, which is guarded; not against oneself."""
    done = run(
        """
import pysock
from pysock._host import lib
real, pending = lib.getservbyname, [1]
def getservbyname(*arguments):
    found = real(*arguments)
    if pending:
        pending.pop()
        print(pysock.getservbyname("https"))
    return found
lib.getservbyname = getservbyname
print(pysock.getservbyname("http"))
"""
    )
    assert (done.stdout.split(), done.stderr) == (["443", "80"], "")


@needs_opcodes
@pytest.mark.parametrize("name", RECEIVE)
def test_what_a_handler_raises_is_not_replaced_where_memory_is_mapped(name: str) -> None:
    """To close an mmap that still has a view would be a BufferError."""
    with pair() as (here, there):
        there.send(b"x" * 2000)

        def call() -> Any:
            try:
                there.send(b"x")
                RECEIVE[name](here, POOL_MAX + 1)
            except Exception as error:
                return type(error)
            return None  # a finaliser has ignored it

        answers = at_every_opcode(lambda: (call, stop), "call", "line", "return")
    assert len(answers) > 10
    assert Stop in answers
    assert set(answers) <= {Stop, None}
