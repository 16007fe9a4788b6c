"""Networks that lose, delay, reorder and repeat packets, that break in two, and come together.

They are made of the loopback interface, which everybody on a machine needs: so these tests run
in a virtual machine, ``python3 -m tests.network``.  The C module goes through the same faults in
the same run, and each of the two is at either end.
"""

from __future__ import annotations

import hashlib
import os
import socket as stdlib
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import pytest

import pysock

from ..harness import LATE, Action, later, outcome
from ..network import IN_VM
from .network import (
    CALLS,
    MUCH,
    TIMEOUT,
    WAYS,
    connected,
    converse,
    data_of,
    direct,
    in_time,
    mixed,
    timed,
)

pytestmark = [
    pytest.mark.timeout(20 * LATE),
    pytest.mark.skipif(
        IN_VM not in os.environ,
        reason="python3 -m tests.network runs these in a virtual machine, whose network they break",
    ),
]

FAULTS = {
    "delay": "delay 10ms 8ms",
    "loss": "delay 1ms loss 5%",
    "reordering": "delay 10ms reorder 40% 50%",
    "repetition": "delay 2ms duplicate 30%",
    "all of it": "delay 10ms 8ms 25% loss 4% duplicate 10% reorder 25%",
    "a narrow way": "rate 2mbit limit 12",
}
BROKEN = "loss 100%"
OUTAGE = 1.5  # seconds
each_mode = pytest.mark.parametrize("timeout", [None, 3 * LATE], ids=["blocking", "timeout"])


def run(*command: str) -> None:
    subprocess.run(command, check=True)


@contextmanager
def network(fault: str) -> Iterator[None]:
    run("tc", "qdisc", "replace", "dev", "lo", "root", "netem", *fault.split())
    try:
        yield
    finally:
        run("tc", "qdisc", "del", "dev", "lo", "root")


@contextmanager
def link_down() -> Iterator[None]:
    run("ip", "link", "set", "lo", "down")
    try:
        yield
    finally:
        run("ip", "link", "set", "lo", "up")


@pytest.fixture(scope="module", autouse=True)
def _packets_of_usual_size() -> Iterator[None]:
    if IN_VM in os.environ:
        run("ip", "link", "set", "dev", "lo", "mtu", "1500", "gso_max_segs", "1")
    yield


# --- nothing lost, nothing invented --------------------------------------------------


def all_conversations(size: int, timeout: float | None) -> None:
    """All ways at once; with the other timeout, other modules are at the ends of each."""
    ends = [*mixed, *mixed[::-1]] if timeout else [*mixed[::-1], *mixed]
    pairs = [(way, sender, receiver) for way, (sender, receiver) in zip(WAYS, ends)]
    with ThreadPoolExecutor(len(pairs)) as pool:
        running = [
            pool.submit(converse, sender, receiver, way, data_of(size, way), direct, timeout)
            for way, sender, receiver in pairs
        ]
        for each in running:
            each.result()


@each_mode
@pytest.mark.parametrize("fault", FAULTS)
def test_all_that_is_sent_arrives(fault: str, timeout: float | None) -> None:
    with network(FAULTS[fault]):
        all_conversations(10_000, timeout)


@each_mode
@pytest.mark.parametrize("how", ["partition", "link down"])
def test_an_outage_in_the_middle(how: str, timeout: float | None) -> None:
    """A network that is gone for a while: what was under way comes, late and whole."""

    def outage() -> None:
        with network(BROKEN) if how == "partition" else link_down():
            time.sleep(OUTAGE)

    with network("delay 5ms") if how == "link down" else nullcontext():
        with later(outage, 0.5):
            all_conversations(60_000, timeout)


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "a narrow way"])
def test_datagrams_come_whole_or_not_at_all(fault: str) -> None:
    count = 200

    def datagram(i: int) -> bytes:
        body = i.to_bytes(4, "big") + data_of(i % 700, i)
        return hashlib.sha256(body).digest() + body

    def whole(data: bytes) -> int:
        assert hashlib.sha256(data[32:]).digest() == data[:32]
        return int.from_bytes(data[32:36], "big")

    buffer = bytearray(1000)
    receive: list[Any] = [
        lambda sock: sock.recvfrom(1000),
        lambda sock: sock.recvmsg(1000, 100)[::3],
        lambda sock: (sock.recv(1000), None),
        lambda sock: (lambda n, address: (bytes(buffer[:n]), address))(*sock.recvfrom_into(buffer)),
    ]
    with network(FAULTS[fault]):
        for there, here in mixed:
            with here.socket(type=here.SOCK_DGRAM) as sock, there.socket(
                type=there.SOCK_DGRAM
            ) as sender:
                sock.bind(("127.0.0.1", 0))
                sender.bind(("127.0.0.1", 0))
                sock.settimeout(1)
                for i in range(count):
                    sender.sendto(datagram(i), sock.getsockname())
                seen: list[int] = []
                with suppress(here.timeout):
                    while True:
                        data, address = receive[len(seen) % 4](sock)
                        assert address in (None, sender.getsockname())
                        seen.append(whole(data))
                assert len(set(seen)) > count / 2 and set(seen) <= set(range(count))


# --- deadlines -----------------------------------------------------------------------


@pytest.mark.parametrize("name", CALLS)
def test_a_partition(name: str) -> None:
    """Each call ends at its deadline; when the two halves meet again, nothing is lost."""

    def attempt(module: Any) -> tuple[Any, float]:
        with connected(module, direct) as (sock, peer):
            sock.settimeout(TIMEOUT)
            call = CALLS[name](sock)
            with network(BROKEN):
                answer = timed(call)
            sock.shutdown(stdlib.SHUT_WR)
            peer.settimeout(LATE)
            assert MUCH.startswith(b"".join(iter(lambda: peer.recv(1 << 20), b"")))
            return answer

    in_time(attempt)


@pytest.mark.parametrize("name", ["connect", "connect_ex", "create_connection"])
def test_a_connection_to_the_other_half(name: str) -> None:
    def attempt(module: Any) -> tuple[Any, float]:
        with stdlib.create_server(("127.0.0.1", 0)) as listener, module.socket() as sock:
            address = listener.getsockname()
            sock.settimeout(TIMEOUT)
            calls: dict[str, Action] = {
                "connect": lambda: sock.connect(address),
                "connect_ex": lambda: "timed out" if sock.connect_ex(address) == 11 else "else",
                "create_connection": lambda: module.create_connection(address, TIMEOUT),
            }
            with network(BROKEN):
                return timed(calls[name])

    in_time(attempt)


@pytest.mark.parametrize("seconds", [0.05, 0.3])
def test_a_connection_that_comes_about_late(seconds: float) -> None:
    """The first packets are lost: connect goes on, and so does what is read and written then."""
    for module in pysock, stdlib:
        with stdlib.create_server(("127.0.0.1", 0)) as listener:
            ready = threading.Event()

            def heal(ready: threading.Event = ready) -> None:
                with network(BROKEN):
                    ready.set()
                    time.sleep(seconds)

            with later(heal, 0):
                assert ready.wait(LATE)
                with module.create_connection(listener.getsockname(), LATE) as sock:
                    peer, _ = listener.accept()
                    with peer:
                        sock.sendall(b"x")
                        assert peer.recv(9) == b"x"


@pytest.mark.parametrize("name", CALLS)
def test_a_connection_that_the_kernel_gives_up(name: str) -> None:
    """ETIMEDOUT, in blocking mode, after TCP_USER_TIMEOUT; and whatever follows it."""

    def attempt(module: Any) -> list[Any]:
        with connected(module, direct) as (sock, _):
            sock.setsockopt(stdlib.IPPROTO_TCP, stdlib.TCP_USER_TIMEOUT, 500)
            sock.settimeout(None)
            with network(BROKEN):
                sock.send(b"x")
                return [
                    outcome(CALLS[name](sock)),
                    outcome(lambda: sock.recv(1)),
                    outcome(lambda: sock.send(b"x")),
                ]

    mine, theirs = attempt(pysock), attempt(stdlib)
    assert mine == theirs
    # sendfile tries send then, and that says EPIPE.
    assert mine[0] == ("EPIPE" if name == "sendfile" else "ETIMEDOUT")


@pytest.mark.parametrize("kind", ["unreachable", "prohibit", "blackhole"])
@pytest.mark.parametrize("timeout", [None, LATE, 0], ids=["blocking", "timeout", "non-blocking"])
def test_no_way_there(kind: str, timeout: float | None) -> None:
    address = "10.98.0.1", 9

    def attempt(module: Any) -> list[Any]:
        with module.socket() as sock, module.socket(type=module.SOCK_DGRAM) as datagrams:
            sock.settimeout(timeout)
            datagrams.settimeout(timeout)
            return [
                outcome(lambda: sock.connect(address)),
                sock.connect_ex(address),
                outcome(lambda: module.create_connection(address, timeout)),
                outcome(lambda: datagrams.sendto(b"x", address)),
                outcome(lambda: datagrams.sendmsg([b"x"], [], 0, address)),
            ]

    run("ip", "route", "add", kind, "10.98.0.0/24")
    try:
        mine, theirs = attempt(pysock), attempt(stdlib)
    finally:
        run("ip", "route", "del", kind, "10.98.0.0/24")
    assert mine == theirs
    assert mine[0] in ("EHOSTUNREACH", "EACCES", "EINVAL")
