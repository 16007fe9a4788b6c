"""Bad networks that need none: a proxy that dawdles or stops, peers that break off or half-close.

The C module has the same conversation in the same run.  What needs a kernel that loses and
delays packets is in ``test_netem``.
"""

from __future__ import annotations

import socket as stdlib
from collections.abc import Callable
from typing import Any

import pytest

import pysock

from ..foreign import error_name
from ..harness import LATE, SOON, Action, later, on_pypy, outcome
from .network import (
    CALLS,
    MUCH,
    READS,
    ROUTES,
    TIMEOUT,
    WAYS,
    WRITES,
    Proxy,
    connected,
    converse,
    data_of,
    direct,
    in_time,
    mixed,
    module_of,
    reset,
    timed,
)

pytestmark = pytest.mark.timeout(6 * LATE)

each_read = pytest.mark.parametrize("name", READS)
each_call = pytest.mark.parametrize("name", CALLS)
each_mode = pytest.mark.parametrize("timeout", [None, LATE], ids=["blocking", "timeout"])


def both(run: Callable[[Any], Any]) -> Any:
    """What pysock makes of it, which has to be what the C module does."""
    mine, theirs = run(pysock), run(stdlib)
    assert mine == theirs
    return mine


# --- nothing lost, nothing invented --------------------------------------------------


@each_mode
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("route", ROUTES)
def test_all_that_is_sent_arrives(route: str, way: str, timeout: float | None) -> None:
    size = 3000 if route == "one byte at a time" else 60_000
    for sender, receiver in mixed:
        converse(sender, receiver, way, data_of(size, way), ROUTES[route], timeout)


# --- deadlines -----------------------------------------------------------------------


@each_call
def test_a_network_that_stops(name: str) -> None:
    """Each call ends at its deadline, and after it has stopped nothing is lost of what was sent."""

    def run(module: Any) -> tuple[Any, float]:
        with Proxy() as proxy, connected(module, proxy.route) as (sock, peer):
            sock.settimeout(LATE)
            sock.sendall(b"hello")
            assert peer.recv(5) == b"hello"
            proxy.flows.clear()
            sock.settimeout(TIMEOUT)
            call = CALLS[name](sock)
            answer = timed(call)
            proxy.flows.set()
            # What it took before is what arrives, and all of it.
            sock.shutdown(stdlib.SHUT_WR)
            peer.settimeout(LATE)
            assert MUCH.startswith(b"".join(iter(lambda: peer.recv(1 << 20), b"")))
            return answer

    in_time(run)


@pytest.mark.parametrize("name", ["sendall", "sendall, bytearray"])
def test_a_peer_that_reads_drop_by_drop(name: str) -> None:
    """The timeout is for the whole of sendall, however often there is room for a little."""

    def run(module: Any) -> tuple[Any, float]:
        with connected(module, ROUTES["pieces and pauses"]) as (sock, peer):
            sock.settimeout(TIMEOUT)
            with later(lambda: drain(peer), 0.0):
                answer = timed(CALLS[name](sock))
                sock.shutdown(stdlib.SHUT_WR)
            return answer

    def drain(peer: Any) -> None:
        peer.settimeout(LATE)
        while peer.recv(5000):
            pass

    in_time(run, beside_c=not on_pypy)  # whose own begins anew with every piece


# --- a peer that breaks off ----------------------------------------------------------


BROKEN_OFF = {"ECONNRESET": "broken off", "EPIPE": "broken off"}


def pending(sock: Any) -> str:
    """The name of the error that SO_ERROR has."""
    module = module_of(sock)
    return error_name(sock.getsockopt(module.SOL_SOCKET, module.SO_ERROR), module)


def aftermath(sock: Any) -> list[Any]:
    """What the next calls say."""
    calls: list[Action] = [
        lambda: sock.recv(10),
        lambda: sock.recv(10),
        lambda: sock.send(b"x"),
        lambda: sock.send(b"x"),
        lambda: type(sock.getpeername()),
    ]
    return [
        *(outcome(call, module_of(sock)) for call in calls),
        pending(sock),
    ]


@each_mode
@each_call
def test_a_reset_while_it_waits(name: str, timeout: float | None) -> None:
    def run(module: Any) -> list[Any]:
        with connected(module, direct) as (sock, peer):
            sock.settimeout(timeout)
            call = CALLS[name](sock)
            with later(lambda: reset(peer), SOON):
                first = outcome(call, module)
            # Which of the two depends on how much the kernel had sent of a write when it came.
            return [BROKEN_OFF.get(first, first), *aftermath(sock)]

    assert both(run)[0] == "broken off"


@each_mode
@each_call
def test_a_reset_before_the_call(name: str, timeout: float | None) -> None:
    def run(module: Any) -> list[Any]:
        with connected(module, direct) as (sock, peer):
            sock.settimeout(timeout)
            reset(peer)
            return [outcome(CALLS[name](sock), module), *aftermath(sock)]

    assert both(run)[0] in ("ECONNRESET", "EPIPE")


@each_mode
@pytest.mark.parametrize("size", [1, 1000])
@each_read
def test_what_came_before_a_reset(name: str, size: int, timeout: float | None) -> None:
    """It can still be read, as far as the kernel has kept it; and then the reset is told of."""

    def run(module: Any) -> list[Any]:
        with connected(module, direct) as (sock, peer):
            sock.settimeout(timeout)
            peer.sendall(b"x" * size)
            assert sock.recv(1, module.MSG_PEEK) == b"x"
            reset(peer)
            call = CALLS[name](sock)
            return [*(outcome(call, module) for _ in range(14)), *aftermath(sock)]

    both(run)


@pytest.mark.parametrize("name", WRITES)
def test_a_reset_in_the_midst_of_a_stream(name: str) -> None:
    """What has arrived is the beginning of what was sent."""

    def read_some(peer: Any) -> None:
        received = b""
        while len(received) < 300_000:
            received += peer.recv(5000)
        reset(peer)
        assert MUCH.startswith(received)

    def run(module: Any) -> list[Any]:
        with connected(module, direct) as (sock, peer):
            sock.settimeout(LATE)
            with later(lambda: read_some(peer), 0.0):
                return [BROKEN_OFF[outcome(WRITES[name](sock), module)]]

    both(run)


def test_a_reset_before_it_is_accepted() -> None:
    def run(module: Any) -> list[Any]:
        with module.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(LATE)
            reset(stdlib.create_connection(listener.getsockname()))
            sock, address = listener.accept()
            with sock:
                return [address[0], *aftermath(sock)]

    assert both(run)[1] == "ECONNRESET"


@each_mode
def test_a_connect_that_is_refused(timeout: float | None) -> None:
    def run(module: Any) -> list[Any]:
        with stdlib.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            address = unused.getsockname()
            with module.socket() as sock:
                sock.settimeout(timeout)
                return [
                    outcome(lambda: sock.connect(address), module),
                    error_name(sock.connect_ex(address), module),
                    outcome(lambda: module.create_connection(address, timeout), module),
                    pending(sock),
                ]

    assert both(run)[0] == "ECONNREFUSED"


# --- a peer that half-closes ---------------------------------------------------------


@each_mode
@each_read
def test_a_peer_that_ends_its_direction(name: str, timeout: float | None) -> None:
    """A call that waits ends with what there is, and the other direction goes on."""

    def run(module: Any) -> list[Any]:
        with connected(module, direct) as (sock, peer):
            sock.settimeout(timeout)
            call = CALLS[name](sock)
            with later(lambda: peer.shutdown(stdlib.SHUT_WR), SOON):
                ends = [outcome(call, module), outcome(call, module)]
            sock.sendall(b"still there")
            return [*ends, peer.recv(11)]

    assert both(run)[-1] == b"still there"


@each_mode
@pytest.mark.parametrize(
    ("name", "how"),
    [
        *((name, how) for name in READS for how in ("SHUT_RD", "SHUT_RDWR")),
        *((name, how) for name in WRITES for how in ("SHUT_WR", "SHUT_RDWR")),
    ],
)
def test_another_thread_that_shuts_down(name: str, how: str, timeout: float | None) -> None:
    """It ends the wait of a call, where it does so in C."""
    def run(module: Any) -> list[Any]:
        with connected(module, direct) as (sock, _):
            sock.settimeout(timeout)
            call = CALLS[name](sock)
            with later(lambda: sock.shutdown(getattr(stdlib, how)), SOON):
                first = outcome(call, module)
            return [first, outcome(lambda: sock.recv(1), module) if name in READS else None]

    both(run)


# --- datagrams -----------------------------------------------------------------------


@each_mode
def test_a_datagram_to_nobody(timeout: float | None) -> None:
    """ICMP says that nobody is there: the next call of a connected socket does, too."""

    def run(module: Any) -> list[Any]:
        with stdlib.socket(type=stdlib.SOCK_DGRAM) as unused:
            unused.bind(("127.0.0.1", 0))
            address = unused.getsockname()
        with module.socket(type=module.SOCK_DGRAM) as sock:
            sock.connect(address)
            sock.settimeout(timeout)
            answers: list[Any] = []
            steps: list[Action] = [
                lambda: sock.recv(10),
                lambda: sock.recvfrom(10),
                lambda: sock.recvmsg(10),
                lambda: sock.recv_into(bytearray(10)),
                lambda: sock.send(b"x"),
                lambda: sock.sendmsg([b"x"]),
            ]
            for step in steps:
                answers += [outcome(lambda: sock.send(b"x"), module), outcome(step, module)]
            return answers

    assert "ECONNREFUSED" in both(run)
