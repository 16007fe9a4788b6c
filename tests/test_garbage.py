"""No call leaves work for the garbage collector: no cycles, whether it succeeds or fails.

A program may switch the collector off, and some have tests of their own that find nothing there.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

import pytest

import pysock
from pysock import ancillary, datagrams, dial, streams, unix

from .harness import WAITS, on_pypy, outcome, scene

pytestmark = pytest.mark.skipif(on_pypy, reason="on PyPy, the collector frees everything")

HERE = "127.0.0.1"

QUESTIONS: dict[str, Callable[[], Any]] = {
    "create_server": lambda: pysock.create_server((HERE, 0)).close(),
    "create_connection, refused": lambda: pysock.create_connection((HERE, 1)),
    "create_connection, all errors": lambda: pysock.create_connection((HERE, 1), all_errors=True),
    "has_dualstack_ipv6": pysock.has_dualstack_ipv6,
    "getaddrinfo": lambda: pysock.getaddrinfo(HERE, 80),
    "getaddrinfo, unknown": lambda: pysock.getaddrinfo("no such host.", 80),
    "getnameinfo": lambda: pysock.getnameinfo((HERE, 80), pysock.NI_NUMERICHOST),
    "gethostbyname": lambda: pysock.gethostbyname(HERE),
    "gethostbyname_ex": lambda: pysock.gethostbyname_ex(HERE),
    "gethostbyaddr": lambda: pysock.gethostbyaddr(HERE),
    "gethostname": pysock.gethostname,
    "getfqdn": pysock.getfqdn,
    "getservbyname": lambda: pysock.getservbyname("http", "tcp"),
    "getservbyport": lambda: pysock.getservbyport(80),
    "getprotobyname": lambda: pysock.getprotobyname("tcp"),
    "if_nameindex": pysock.if_nameindex,
    "if_nametoindex": lambda: pysock.if_nametoindex("lo"),
    "if_indextoname": lambda: pysock.if_indextoname(1),
    "if_indextoname, unknown": lambda: pysock.if_indextoname(2**20),
    "inet_aton": lambda: pysock.inet_ntoa(pysock.inet_aton(HERE)),
    "inet_pton": lambda: pysock.inet_ntop(pysock.AF_INET6, pysock.inet_pton(10, "::1")),
    "inet_pton, wrong": lambda: pysock.inet_pton(pysock.AF_INET, "x"),
    "htons, too large": lambda: pysock.htons(2**20),
    "CMSG_LEN": lambda: pysock.CMSG_LEN(4),
    "close": lambda: pysock.close(2**20),
    "socket, no such family": lambda: pysock.socket(12345),
    "fromfd": lambda: pysock.fromfd(2**20, 1, 1),
    "a name that is not there": lambda: getattr(pysock, "AF_" + "NOSUCH"),
}


def pairs() -> None:
    one, two = pysock.socketpair()
    one.close()
    two.close()


def descriptors_sent() -> None:
    one, two = pysock.socketpair()
    with one, two:
        pysock.send_fds(one, [b"x"], [one.fileno()])
        pysock.close(pysock.recv_fds(two, 1, 1)[1][0])


def descriptors_without_room() -> None:
    one, two = pysock.socketpair()
    with one, two:
        pysock.send_fds(one, [b"x"], [one.fileno()] * 3)
        ancillary.receive(two, 1, pysock.CMSG_SPACE(4))


def options() -> None:
    with pysock.socket() as sock:
        linger = sock.getsockopt(pysock.SOL_SOCKET, pysock.SO_LINGER, 8)
        sock.setsockopt(pysock.SOL_SOCKET, pysock.SO_LINGER, linger)
        sock.setsockopt(pysock.SOL_SOCKET, pysock.SO_KEEPALIVE, 1)
        repr(sock), sock.getsockname()
        sock.dup().close()
        outcome(sock.getpeername)


def packets() -> None:
    with pysock.socket(pysock.AF_PACKET, pysock.SOCK_DGRAM) as sock:
        sock.bind(("lo", 0))
        sock.getsockname()


def files() -> None:
    one, two = pysock.socketpair()
    with one, two, one.makefile("rw") as file:
        file.write("line\n")
        file.flush()
        two.sendall(two.recv(100))
        assert file.readline() == "line\n"


def without_a_reader() -> None:
    one, two = pysock.socketpair()
    two.close()
    with one:
        streams.sendall(one, bytearray(10))


def sent_to_nobody() -> None:
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        datagrams.send_many(sock, [b"x"])


def dialled(host: str, **given: Any) -> None:
    with suppress(OSError):
        dial.dial(host, 1, **given)
    time.sleep(0.05)  # the threads of its look-ups end


def looked_up(host: str, **given: Any) -> None:
    with suppress(OSError):
        dial.getaddrinfo(host, 1, flags=pysock.AI_NUMERICHOST, **given)
    time.sleep(0.05)


def cancelled() -> None:
    with dial.Cancel() as cancel:
        cancel.cancel()
        dialled(HERE, cancel=cancel)


def peers() -> None:
    one, two = pysock.socketpair()
    with one, two, suppress(OSError):
        pysock.close(unix.peer_pidfd(one))


SCENES: dict[str, Callable[[], Any]] = {
    "streams, without a reader": without_a_reader,
    "datagrams, to nobody": sent_to_nobody,
    "dial, refused": partial(dialled, HERE),
    "dial, late": partial(dialled, HERE, timeout=0),
    "dial, unknown": partial(dialled, "no\0host"),
    "dial, cancelled": cancelled,
    "dial.getaddrinfo, unknown": partial(looked_up, "no host"),
    "dial.getaddrinfo, late": partial(looked_up, "no host", timeout=0),
    "peer_pidfd": peers,
    "pairs": pairs,
    "descriptors": descriptors_sent,
    "descriptors, without room": descriptors_without_room,
    "options": options,
    "files": files,
    **({"packets": packets} if hasattr(pysock, "AF_PACKET") else {}),
}


@pytest.fixture
def garbage() -> Iterator[list[Any]]:
    """What the collector finds in the end, which nothing else has freed."""
    gc.collect()
    gc.disable()
    found: list[Any] = []
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        found += gc.garbage
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert found == []


def repeated(call: Callable[[], Any]) -> None:
    for _ in range(3):
        with suppress(Exception):  # whatever it is, it leaves no cycle
            call()


@pytest.mark.parametrize("name", QUESTIONS)
def test_questions(name: str, garbage: list[Any]) -> None:
    repeated(QUESTIONS[name])


@pytest.mark.parametrize("name", SCENES)
def test_scenes(name: str, garbage: list[Any]) -> None:
    repeated(SCENES[name])


@pytest.mark.parametrize("timeout", [0, 0.01])
@pytest.mark.parametrize("name", WAITS)
def test_calls_that_fail(name: str, timeout: float, garbage: list[Any]) -> None:
    """Not ready in non-blocking mode, and late in timeout mode."""
    with ExitStack() as stack:
        there = stack.enter_context(scene(name))
        there.sock.settimeout(timeout)
        repeated(there.call)
