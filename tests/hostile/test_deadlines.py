"""Every wait ends at its deadline, whatever poll says, and whoever changes the mode meanwhile."""

from __future__ import annotations

import errno
import io
import os
import socket as stdlib
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

import pytest

import pysock
from pysock._calls import wait
from pysock._ffi.interpreter import set_errno
from pysock._host import abi, constants

from ..harness import (
    ACCEPT,
    LATE,
    WAITS,
    Action,
    alarms,
    at_every_opcode,
    fill,
    needs_opcodes,
    new_name,
    on_pypy,
    outcome,
    pair,
    replace,
    scene,
    uses_alarms,
)

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(not hasattr(pysock, "AF_UNIX"), reason="no sockets of the Unix family"),
]

TIMEOUT = 0.2
# The C function that each of these calls waits for.
FUNCTIONS = {
    "recv": "recv", "recv_into": "recv", "recvfrom": "recvfrom", "recvfrom_into": "recvfrom",
    "recvmsg": "recvmsg", "recvmsg_into": "recvmsg", "send": "send", "sendall": "send",
    "sendto": "sendto", "sendmsg": "sendmsg", "accept": ACCEPT,
}  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "sendfile"), reason="no sendfile(2)")
def test_sendfile_ends_where_other_threads_take_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """poll says "ready" and sendfile(2) EAGAIN, each time, though the deadline is not yet over."""

    def busy(*arguments: Any) -> int:
        assert time.monotonic() < begin + LATE, "for ever"
        raise BlockingIOError(errno.EAGAIN, "")

    monkeypatch.setattr(os, "sendfile", busy)
    with pair() as (here, _), tempfile.TemporaryFile() as file:
        file.write(b"x")
        file.flush()
        here.settimeout(TIMEOUT)
        begin = time.monotonic()
        with pytest.raises(pysock.timeout):
            here.sendfile(file)
        assert TIMEOUT <= time.monotonic() - begin


def test_sendfile_without_the_system_call_waits_and_does_not_spin() -> None:
    """The descriptor does not block, though the socket is in blocking mode."""
    tried = []

    class Counting(pysock.socket):
        def send(self, *args: Any) -> int:
            tried.append(args)
            return super().send(*args)

    here, there = pysock.socketpair()
    with there, Counting(fileno=here.detach()) as sock:
        os.set_blocking(sock.fileno(), False)
        later = threading.Timer(TIMEOUT, partial(there.recv_into, bytearray(1 << 20)))
        later.start()
        with suppress(BlockingIOError):
            while True:
                sock.send(bytes(1 << 16))
        tried.clear()
        assert sock.sendfile(io.BytesIO(b"x")) == 1
        later.join()
    assert len(tried) < 20


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name in WAITS])
def test_ready_and_not_for_ever(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """poll says "ready" and the call EAGAIN, each time: TimeoutError, without a full processor."""

    def poll(real: Action, fds: Any, count: int, milliseconds: int) -> int:
        return 1

    def busy(real: Action, *arguments: Any) -> int:
        tried.append(name)
        set_errno(errno.EAGAIN)
        return -1

    tried: list[str] = []
    with scene(name) as s:
        s.sock.settimeout(TIMEOUT)
        replace(monkeypatch, "poll", poll)
        replace(monkeypatch, FUNCTIONS[name], busy)
        begin, used = time.monotonic(), time.process_time()
        assert outcome(s.call) == "timed out"
        assert TIMEOUT <= time.monotonic() - begin < LATE
        assert time.process_time() - used < TIMEOUT / 2 + 0.1
        monkeypatch.undo()
    assert 3 < len(tried) < 200


# What a library that stands between Python and C may make of the clock: faketime(1) does.
CLOCKS = {
    "stands still": lambda begin, passed: begin,
    "runs backwards": lambda begin, passed: begin - passed,
    "goes an hour back": lambda begin, passed: begin + passed - 3600 * (passed > TIMEOUT / 2),
}


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("name", [name for name in WAITS if name in FUNCTIONS])
def test_a_clock_that_does_not_go_on(
    name: str, clock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel has a clock of its own: when poll has waited, the deadline has passed."""
    begin = time.monotonic()

    def shown() -> float:
        return float(CLOCKS[clock](begin, time.monotonic() - begin))

    with scene(name) as s:
        for waits in (0, wait.WAITS) if name.startswith("recv") else (0,):
            s.sock.settimeout(TIMEOUT)
            s.sock._sock_waits_ = waits
            begin = time.monotonic()
            with monkeypatch.context() as patch, alarms(late, LATE, LATE):
                patch.setattr(wait, "monotonic", shown)
                assert outcome(s.call) == "timed out"
            assert TIMEOUT <= time.monotonic() - begin < 2 * TIMEOUT


def late() -> None:
    raise AssertionError("for ever")


def test_a_datagram_to_a_full_receiver() -> None:
    """A Unix socket that is not connected is always "ready"; CPython's waits like pysock's."""
    for module in (pysock,) if on_pypy else (pysock, stdlib):
        receiver, sender = (module.socket(module.AF_UNIX, module.SOCK_DGRAM) for _ in range(2))
        with receiver, sender, new_name() as name:
            receiver.bind(name)
            sender.settimeout(TIMEOUT)
            begin = time.monotonic()
            with pytest.raises(module.timeout):
                for _ in range(10_000):
                    begin = time.monotonic()
                    sender.sendto(b"x" * 1000, receiver.getsockname())
            assert TIMEOUT <= time.monotonic() - begin < LATE


@pytest.mark.skipif(not hasattr(pysock, "MSG_ERRQUEUE"), reason="no queue of errors here")
def test_an_empty_queue_of_errors_while_data_is_there() -> None:
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.sendto(b"x", sock.getsockname())
        sock.settimeout(TIMEOUT)
        begin = time.monotonic()
        for call in (
            lambda: sock.recvmsg(10, 100, pysock.MSG_ERRQUEUE),
            lambda: sock.recv(10, pysock.MSG_ERRQUEUE),
        ):
            with pytest.raises(pysock.timeout):
                call()
        assert 2 * TIMEOUT <= time.monotonic() - begin < LATE


def full_unix_listener(
    listener: pysock.Socket, clients: list[pysock.Socket], address: str
) -> str:
    listener.bind(address)
    listener.listen(0)
    name: str = listener.getsockname()
    while True:
        clients.append(pysock.socket(pysock.AF_UNIX))
        clients[-1].setblocking(False)
        if clients[-1].connect_ex(name) != 0:
            return name


@pytest.mark.skipif(
    "SO_PEERCRED" not in constants, reason="a full listener of another system answers at once"
)
@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_a_full_unix_listener(method: str) -> None:
    """The documentation promises the timeout; CPython is refused at once (cpython#117208)."""
    clients: list[pysock.Socket] = []
    with pysock.socket(pysock.AF_UNIX) as listener, new_name() as new:
        name = full_unix_listener(listener, clients, new)
        try:
            with pysock.socket(pysock.AF_UNIX) as sock:
                sock.setblocking(False)
                assert sock.connect_ex(name) == errno.EAGAIN
                sock.settimeout(TIMEOUT)
                begin = time.monotonic()
                if method == "connect":
                    with pytest.raises(pysock.timeout):
                        sock.connect(name)
                else:
                    assert sock.connect_ex(name) == errno.EWOULDBLOCK
                assert TIMEOUT <= time.monotonic() - begin < LATE
                # As soon as there is room, the connection stands.
                sock.settimeout(LATE)
                listener.accept()[0].close()
                getattr(sock, method)(name)
                assert sock.getpeername() == name
        finally:
            for client in clients:
                client.close()


@uses_alarms
@pytest.mark.skipif("SO_PEERCRED" not in constants, reason="the listener answers at once here")
@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_a_handler_that_ends_the_timeout_for_a_full_unix_listener(method: str) -> None:
    """connect has no MSG_DONTWAIT, and the descriptor of a socket without a timeout blocks."""
    clients: list[pysock.Socket] = []

    def handler() -> None:
        assert time.monotonic() < begin + LATE, "for ever"
        sock.settimeout(None)

    with pysock.socket(pysock.AF_UNIX) as listener, new_name() as new, ExitStack() as stack:
        name = full_unix_listener(listener, clients, new)
        for client in clients:
            stack.enter_context(client)
        sock = stack.enter_context(pysock.socket(pysock.AF_UNIX))
        sock.settimeout(TIMEOUT)
        begin = time.monotonic()
        with alarms(handler, TIMEOUT / 4, LATE):
            answer = outcome(lambda: getattr(sock, method)(name))
        assert answer == ("timed out" if method == "connect" else errno.EWOULDBLOCK)
        assert TIMEOUT <= time.monotonic() - begin < LATE
        assert os.get_blocking(sock.fileno())


@uses_alarms
@pytest.mark.skipif("SO_PEERCRED" not in constants, reason="the listener answers at once here")
@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_a_handler_that_closes_what_waits_for_a_full_unix_listener(method: str) -> None:
    """EBADF: connect raises it, and connect_ex returns it."""
    clients: list[pysock.Socket] = []
    with pysock.socket(pysock.AF_UNIX) as listener, new_name() as new, ExitStack() as stack:
        name = full_unix_listener(listener, clients, new)
        for client in clients:
            stack.enter_context(client)
        sock = stack.enter_context(pysock.socket(pysock.AF_UNIX))
        sock.settimeout(LATE)
        with alarms(sock.close, TIMEOUT / 4, LATE):
            if method == "connect_ex":
                assert sock.connect_ex(name) == errno.EBADF
            else:
                with pytest.raises(OSError) as caught:
                    sock.connect(name)
                assert caught.value.errno == errno.EBADF
                assert caught.value.__context__ is None


@uses_alarms
@pytest.mark.parametrize("module", [pysock] if on_pypy else [stdlib, pysock])
def test_accept_by_a_descriptor_that_a_duplicate_has_let_block(module: Any) -> None:
    """O_NONBLOCK is shared with it; the timeout is the socket's own."""
    with module.create_server(("127.0.0.1", 0)) as listener, listener.dup() as duplicate:
        listener.settimeout(TIMEOUT)
        duplicate.setblocking(True)
        begin = time.monotonic()
        with alarms(late, LATE, LATE), pytest.raises(module.timeout):
            listener.accept()
        assert TIMEOUT <= time.monotonic() - begin < LATE


@pytest.mark.parametrize("seconds", [0.0001, 0.0009, 0.001, 0.0011])
def test_less_than_a_millisecond(seconds: float) -> None:
    """It is rounded up to what poll counts, and never to "for ever"."""
    with pair() as (here, _):
        here.settimeout(seconds)
        begin = time.monotonic()
        assert outcome(lambda: here.recv(1)) == "timed out"
        assert seconds <= time.monotonic() - begin < LATE


@pytest.mark.parametrize("late", [0.0, 0.0004, 0.002, 5.0, 10_000_000.0])
def test_a_deadline_that_was_missed_is_asked_about_once(
    late: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def poll(real: Action, fds: Any, count: int, milliseconds: int) -> Any:
        asked.append(milliseconds)
        return real(fds, count, milliseconds)

    with pair() as (here, _):
        replace(monkeypatch, "poll", poll)
        assert not wait.wait_until_ready(here, wait.READ, time.monotonic() - late)
    assert asked == [0]


@needs_opcodes
@pytest.mark.parametrize(("before", "after"), [(0.0, 0.001), (0.001, 0.0), (0.001, 0.002)])
@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name in WAITS])
def test_another_thread_changes_the_timeout(name: str, before: float, after: float) -> None:
    """Whenever it does, the call ends as one of both modes has it."""
    with scene(name) as s:

        def prepare() -> tuple[Action, Action]:
            s.sock.settimeout(before)
            return s.call, partial(s.sock.settimeout, after)

        answers = at_every_opcode(prepare)
    assert len(answers) > 5
    assert set(answers) <= {"timed out", "EAGAIN"}


@needs_opcodes
@pytest.mark.parametrize("before", [0.0, 0.001])
def test_another_thread_ends_the_timeout(before: float) -> None:
    """In blocking mode the call goes on until there is something; nothing is read twice."""
    with pair() as (here, there):

        def prepare() -> tuple[Action, Action]:
            here.settimeout(before)
            return partial(here.recv, 1), end

        def end() -> None:
            here.settimeout(None)
            there.send(b"x")

        answers = at_every_opcode(prepare)
        here.setblocking(False)
        left = outcome(lambda: len(here.recv(1 << 16)))
    assert set(answers) <= {"timed out", "EAGAIN", b"x"}
    assert b"x" in answers
    assert answers.count(b"x") + (left if isinstance(left, int) else 0) >= len(answers) - 1


@uses_alarms
@pytest.mark.skipif(not abi.dontwait_sends, reason="here a send looks at O_NONBLOCK alone")
@pytest.mark.parametrize("name", ["sendto", "sendall"])
def test_a_handler_that_ends_the_timeout_moves_no_deadline(name: str) -> None:
    """The call in the midst of which it runs was given one, and keeps it, as in CPython."""
    with ExitStack() as stack:
        here, there = stack.enter_context(pair())
        if name == "sendto":  # a receiver that is full: poll(2) says "ready" each time
            here, there = (pysock.socket(pysock.AF_UNIX, pysock.SOCK_DGRAM) for _ in range(2))
            there.bind(stack.enter_context(new_name()))
            with pysock.socket(pysock.AF_UNIX, pysock.SOCK_DGRAM) as other:
                other.connect(there.getsockname())
                fill(other)

        def handler() -> None:
            assert time.monotonic() < begin + LATE, "for ever"
            here.settimeout(None)
            if name == "sendall":  # room for some of it
                there.setblocking(False)
                with suppress(BlockingIOError):
                    while True:
                        there.recv(1 << 16)

        here.settimeout(TIMEOUT)
        begin = time.monotonic()
        with here, there, alarms(handler, TIMEOUT / 4, LATE), pytest.raises(pysock.timeout):
            here.sendto(b"x", there.getsockname()) if name == "sendto" else here.sendall(ALL)
        assert TIMEOUT <= time.monotonic() - begin < LATE


ALL = bytes(1 << 23)
