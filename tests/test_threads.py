"""Threads: each on its own socket, several on one; no buffer is ever anybody else's."""

from __future__ import annotations

import gc
import os
import random
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import chain
from typing import Any

import pytest

import pysock
from pysock import families
from pysock._ffi.interpreter import COPY_MAX
from pysock._host import lib
from pysock.families import _hosts

from .harness import (
    LATE,
    LOOPBACKS,
    Action,
    at_every_opcode,
    descriptors,
    interrupt,
    later,
    needs_loopbacks,
    needs_opcodes,
    outcome,
    pools,
    read,
    replace,
    run,
    share_buffers,
)

THREADS = 4
SECONDS = 0.3


@pytest.fixture(autouse=True)
def often() -> Iterator[None]:
    """Threads take turns as often as the interpreter lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def together(work: Action, threads: int = THREADS) -> list[Any]:
    """What ``work(i)`` returns in each of several threads that begin at the same time."""
    barrier = threading.Barrier(threads)

    def begin(i: int) -> Any:
        barrier.wait(LATE)
        return work(i)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(begin, range(threads)))


# --- own sockets ---------------------------------------------------------------------


def by_stream(i: int, here: pysock.Socket, there: pysock.Socket, data: bytes) -> bool:
    here.sendall(data)
    return there.recv(len(data)) == data


def by_message(i: int, here: pysock.Socket, there: pysock.Socket, data: bytes) -> bool:
    here.sendmsg([data, bytearray(data)])
    return there.recvmsg(2 * len(data), 64)[:3] == (data * 2, [], 0)


def by_datagram(i: int, here: pysock.Socket, there: pysock.Socket, data: bytes) -> bool:
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        sock.settimeout(here.gettimeout())
        host = f"127.0.{i}.1" if LOOPBACKS else "127.0.0.1"
        sock.bind((host, 0))
        name = sock.getsockname()
        sock.sendto(data, name)
        size = len(data)
        sock.setsockopt(pysock.SOL_SOCKET, pysock.SO_RCVBUF, 10_000 + i)
        answers = (
            name[0] == host,
            sock.recvfrom(size) == (data, name),
            # Linux doubles it.
            sock.getsockopt(pysock.SOL_SOCKET, pysock.SO_RCVBUF) // (10_000 + i) in (1, 2),
        )
        return all(answers)


def wrong_answers(exchange: Action, seconds: float | None) -> int:
    """How often threads that use sockets of their own receive what is not theirs."""
    until = time.monotonic() + SECONDS

    def work(i: int) -> int:
        chance = random.Random(i)
        wrong = 0
        here, there = pysock.socketpair()
        with here, there:
            here.settimeout(seconds)
            there.settimeout(seconds)
            while time.monotonic() < until and not wrong:
                data = bytes([65 + i]) * chance.choice((1, 60, 1000))
                try:
                    wrong += not exchange(i, here, there, data)
                except (OSError, TypeError):  # such as an address of another family
                    wrong += 1
        return wrong

    return sum(together(work))


EXCHANGES = [by_stream, by_message, by_datagram]


@pytest.mark.parametrize("seconds", [None, LATE])
@pytest.mark.parametrize("exchange", EXCHANGES)
def test_each_thread_receives_its_own(exchange: Action, seconds: float | None) -> None:
    assert wrong_answers(exchange, seconds) == 0
    assert all(len(pool.entries) <= 4 * THREADS for pool in pools())


@pytest.mark.skipif(
    not hasattr(lib, "socketpair"), reason="pairs that TCP makes would wait for each other"
)
@pytest.mark.parametrize("exchange", [by_stream, by_datagram])
def test_with_shared_buffers_they_would_not(
    exchange: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    share_buffers(monkeypatch)
    for _ in range(20):
        if wrong_answers(exchange, 0.3):  # what went elsewhere is not waited for
            return
    pytest.fail("threads that share buffers went unnoticed: this test sees nothing")


def test_answers_of_the_c_library_are_each_ones_own() -> None:
    """getservbyname(3) and its kin answer in memory that all threads share."""
    names = {"http": 80, "https": 443, "ssh": 22, "domain": 53}
    try:
        for name, port in names.items():
            assert pysock.getservbyname(name) == port
    except OSError:
        pytest.skip("this machine does not know the services that everybody knows")

    def work(i: int) -> bool:
        name, port = list(names.items())[i]
        return all(
            pysock.getservbyname(name, "tcp") == port
            and pysock.getservbyport(port, "tcp") == name
            and pysock.getaddrinfo(f"127.0.0.{i + 1}", port)[0][4] == (f"127.0.0.{i + 1}", port)
            for _ in range(10)
        )

    assert together(work) == [True] * THREADS


@needs_loopbacks
def test_caches_that_are_emptied_meanwhile_answer_right(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in _hosts, families:
        monkeypatch.setattr(module, "CACHED", 2)

    def work(i: int) -> bool:
        with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
            for n in range(40):
                host = f"127.0.{i}.{n % 7 + 1}"
                sock.connect((host, 9))
                if sock.getpeername() != (host, 9):
                    return False
        return True

    assert together(work) == [True] * THREADS


# --- one socket ----------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [None, LATE])
def test_one_thread_reads_and_another_writes(seconds: float | None) -> None:
    data = os.urandom(1 << 16) * 48
    here, there = pysock.socketpair()

    def echo() -> None:
        left = len(data)
        while left:
            piece = there.recv(50_000)
            there.sendall(piece)
            left -= len(piece)

    def work(i: int) -> Any:
        if i == 0:
            return echo()
        if i == 1:
            for at in range(0, len(data), 30_000):
                here.sendall(data[at : at + 30_000])
            return None
        return read(here, len(data))

    with here, there:
        here.settimeout(seconds)
        assert together(work, 3)[2] == data


@pytest.mark.parametrize("seconds", [None, LATE])
def test_each_datagram_goes_to_one_of_two_readers(seconds: float | None) -> None:
    here, there = pysock.socketpair(pysock.AF_UNIX, pysock.SOCK_DGRAM)
    count = 500

    def work(i: int) -> list[int]:
        if i == 0:
            for n in range(count):
                there.send(b"%d" % n)
            there.send(b"-1")
            there.send(b"-1")
            return []
        got: list[int] = []
        while True:
            n = int(here.recv(100))
            if n < 0:
                return got
            got.append(n)

    with here, there:
        here.settimeout(seconds)
        answers = together(work, 3)
    assert sorted(chain(*answers)) == list(range(count))


def test_each_connection_is_accepted_once() -> None:
    count = 40
    with pysock.create_server(("127.0.0.1", 0), backlog=count) as listener, ExitStack() as stack:
        listener.settimeout(LATE)

        def work(i: int) -> list[Any]:
            if i == 0:
                for _ in range(count):
                    client = stack.enter_context(pysock.create_connection(listener.getsockname()))
                    clients.append(client.getsockname())
                return []
            accepted = []
            for _ in range(count // 2):
                sock, address = listener.accept()
                accepted.append(address)
                sock.close()
            return accepted

        clients: list[Any] = []
        answers = together(work, 3)
    assert sorted(chain(*answers)) == sorted(clients)


@pytest.mark.skipif(not hasattr(lib, "socketpair"), reason="in Winsock, the wait goes on")
def test_a_wait_ends_when_another_thread_shuts_the_socket_down() -> None:
    here, there = pysock.socketpair()
    with here, there, later(lambda: here.shutdown(pysock.SHUT_RD)):
        assert here.recv(1) == b""


def test_sockets_closed_in_use_are_bad_descriptors_and_no_more() -> None:
    """A thread closes what others use; each call ends well or with EBADF."""

    def work(i: int) -> set[Any]:
        answers = set()
        while not done:
            here = ends[0]
            for call in (partial(here.send, b"x"), here.getpeername, here.getsockname):
                answer = outcome(call)
                answers.add(answer if isinstance(answer, str) else None)
        return answers

    def new_ends() -> tuple[pysock.Socket, pysock.Socket]:
        made = pysock.socketpair()
        for sock in made:
            sock.setblocking(False)
        return made

    def replace_ends() -> None:
        for _ in range(40):
            old = list(ends)
            ends[:] = new_ends()
            for sock in old:
                sock.close()
        done.append(True)

    done: list[bool] = []
    ends = list(new_ends())
    with later(replace_ends, 0):
        answers: set[Any] = set().union(*together(work, 2))
    for sock in ends:
        sock.close()
    usual = {"EBADF", "ENOTSOCK", "ENOTCONN", "EPIPE", "ECONNRESET", "EAGAIN"}
    assert answers <= {None, "", *usual}


CHANGED_MODES = """
import os, pysock, sys, threading, time
if sys.implementation.name == "cpython":  # where each step would wait for the others' 5 ms
    sys.setswitchinterval(1e-5)
ends, done, lost = [*pysock.socketpair()], [], []

def change():
    while not done:  # of a loop without a call, CPython 3.10 lets no other thread run
        try:
            for sock in ends[:1] * 1000:
                sock.settimeout(None)
                sock.settimeout(0)
        except OSError:  # it is closed
            pass

threads = [threading.Thread(target=change) for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(40):
    time.sleep(0.0005)
    for sock in ends:
        sock.close()
    others = pysock.socketpair()
    time.sleep(0.0001)
    lost.append(not all(os.get_blocking(sock.fileno()) for sock in others))
    for sock in others:
        sock.close()
    ends[:] = pysock.socketpair()
done.append(True)
for thread in threads:
    thread.join()
for sock in ends:
    sock.close()
print(sum(lost))
"""


@pytest.mark.skipif(not hasattr(os, "get_blocking"), reason="no os.get_blocking here")
def test_a_socket_that_gets_the_number_of_a_closed_one_keeps_its_mode() -> None:
    """One call of C sets the mode.

    With two of them, as ``os.set_blocking`` makes on PyPy, the other socket is most often opened in
    between.
    """
    done = run(CHANGED_MODES)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) <= 6, "of 40"


def test_of_two_threads_that_close_a_socket_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[int] = []

    def close(real: Action, fd: int) -> int:
        closed.append(fd)
        return 0

    def work(i: int) -> None:
        for sock in socks:
            sock.close()

    socks = [sock for _ in range(100) for sock in pysock.socketpair()]
    numbers = [sock.fileno() for sock in socks]
    with monkeypatch.context() as patched:
        replace(patched, "close", close)
        together(work)
    for number in numbers:
        os.close(number)
    assert sorted(closed) == sorted(numbers)


# --- finalisers ----------------------------------------------------------------------


OTHER = "127.0.0.9" if LOOPBACKS else "0.0.0.0"


class Cycle:
    """Garbage that only the collector finds, with an open socket in it."""

    def __init__(self) -> None:
        self.me = self
        self.sock = pysock.socket(type=pysock.SOCK_DGRAM)
        self.sock.bind((OTHER, 0))


@pytest.mark.parametrize("function", ["recv", "recvfrom", "getsockname", "recvmsg"])
def test_a_finaliser_gets_buffers_of_its_own(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collect() -> None:
        Cycle()
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            gc.collect()
        seen.extend(str(warning.message) for warning in told)

    seen: list[str] = []
    gc.collect()
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        name = sock.getsockname()
        sock.sendto(b"abc", name)
        interrupt(monkeypatch, function, collect)
        if function == "getsockname":
            assert sock.getsockname() == name
        else:
            answer = getattr(sock, function)(100)
            assert answer[0] == b"abc" if function != "recv" else answer == b"abc"
            assert answer == b"abc" or answer[-1] == name
    assert len(seen) == 1
    assert OTHER in seen[0]  # it asked for its own name, for the warning


def test_sockets_collected_in_the_middle_of_calls_disturb_nobody() -> None:
    before = len(descriptors())

    def exchange(i: int, here: pysock.Socket, there: pysock.Socket, data: bytes) -> bool:
        Cycle()
        if i == 0:
            gc.collect()
        return by_stream(i, here, there, data) and by_datagram(i, here, there, data)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        assert wrong_answers(exchange, None) == 0
        gc.collect()
    assert len(descriptors()) == before


def test_large_data_is_ones_own_too() -> None:
    """What is too large for the pools is received into memory that is new."""

    def work(i: int) -> bool:
        data = bytes([65 + i]) * (COPY_MAX + 1 + i)
        here, there = pysock.socketpair()
        with here, there:
            for _ in range(50):
                here.sendall(data)
                received = read(there, len(data))
                if received != data:
                    return False
        return True

    assert together(work) == [True] * THREADS


@needs_opcodes
@pytest.mark.parametrize("change", ["clear", "grow"])
def test_a_list_of_buffers_that_changes_sends_what_it_was(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were C told of more buffers than there are, it would follow what pointers there were."""
    received = set()

    def prepare() -> tuple[Any, Any]:
        parts = [b"0123456789"] * 3
        return partial(here.sendmsg, parts), partial(CHANGES[change], parts)

    def witness(real: Any, *arguments: Any) -> Any:
        n = real(*arguments)
        if n >= 0:  # macOS refuses a message of no buffers
            received.add(there.recv(100))
        return n

    here, there = pysock.socketpair(pysock.AF_UNIX, pysock.SOCK_DGRAM)
    with here, there:
        replace(monkeypatch, "sendmsg", witness)
        at_every_opcode(prepare)
    assert received | {b""} == {b"0123456789" * 3, CHANGED[change], b""}


CHANGES: dict[str, Any] = {"clear": list.clear, "grow": lambda parts: parts.append(b"abc")}
CHANGED = {"clear": b"", "grow": b"0123456789" * 3 + b"abc"}
