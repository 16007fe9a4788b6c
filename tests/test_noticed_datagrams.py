"""Datagrams by the shortcuts: addresses that are known or not, and memory that is used again.

The idea: each test fails if one statement or one number in ``pysock._methods.shortcuts.transfer``
is another (``tests/mutants.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import pysock
from pysock._calls.memory import ODD_FLAGS
from pysock._ffi.interpreter import set_errno
from pysock._host import lib, system
from pysock._methods import shortcuts
from pysock._methods.shortcuts import transfer
from pysock._methods.shortcuts.written import name_pool
from pysock.families import _hosts

from .harness import Action, replace

if not hasattr(lib, "socketpair"):
    pytest.skip("the library is not POSIX's", allow_module_level=True)

pytestmark = pytest.mark.skipif(
    not shortcuts.WANTED, reason="this interpreter, or this run, has no shortcuts"
)


def into(sock: Any, size: int) -> tuple[bytes, Any]:
    buffer = bytearray(size)
    n, address = sock.recvfrom_into(buffer)
    return bytes(buffer[:n]), address


RECEIVES: dict[str, tuple[Any, Any]] = {
    "recvfrom": (transfer._datagram_pool, lambda sock: sock.recvfrom(100)),
    "recvfrom, large": (transfer._large_pool, lambda sock: sock.recvfrom(20_000)),
    "recvfrom_into": (name_pool, lambda sock: into(sock, 100)),
}
each_receive = pytest.mark.parametrize("name", RECEIVES)
each_way = pytest.mark.parametrize("waits", [0, 3])


@pytest.fixture
def two() -> Iterator[tuple[pysock.Socket, pysock.Socket]]:
    with pysock.socket(type=pysock.SOCK_DGRAM) as here, pysock.socket(
        type=pysock.SOCK_DGRAM
    ) as there:
        here.bind(("127.0.0.1", 0))
        there.bind(("127.0.0.1", 0))
        yield here, there


@each_receive
@each_way
@pytest.mark.parametrize("known", [False, True])
def test_from_where_a_datagram_came(
    name: str, known: bool, waits: int, two: tuple[pysock.Socket, pysock.Socket]
) -> None:
    here, there = two
    pool, receive = RECEIVES[name]
    pool.put(pool.take())
    before = [id(entry) for entry in pool.entries]
    expected = b"abc", there.getsockname()
    if not known:
        _hosts.known_addresses.clear()
    here.settimeout(9)
    here._sock_waits_ = waits
    for _ in range(3):
        there.sendto(b"abc", here.getsockname())
        assert receive(here) == expected
    assert [id(entry) for entry in pool.entries] == before
    pool.entries.clear()
    there.sendto(b"abc", here.getsockname())
    assert receive(here) == expected
    assert len(pool.entries) >= 1


@each_receive
@each_way
def test_a_datagram_whose_first_receive_was_interrupted(
    name: str,
    waits: int,
    two: tuple[pysock.Socket, pysock.Socket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(real: Action, *args: Any) -> Any:
        made.append(None)
        if len(made) > 1:
            return real(*args)
        set_errno(system.INTERRUPTED)
        return -1

    here, there = two
    made: list[None] = []
    pool, receive = RECEIVES[name]
    pool.put(pool.take())
    before = [id(entry) for entry in pool.entries]
    here.settimeout(9)
    here._sock_waits_ = waits
    there.sendto(b"abc", here.getsockname())
    replace(monkeypatch, "recvfrom", interrupted)
    assert receive(here) == (b"abc", there.getsockname())
    assert [id(entry) for entry in pool.entries] == before
    assert len(made) == 2


@each_receive
def test_memory_of_a_datagram_that_was_not_there_is_used_again(
    name: str, two: tuple[pysock.Socket, pysock.Socket]
) -> None:
    pool, receive = RECEIVES[name]
    pool.put(pool.take())
    before = [id(entry) for entry in pool.entries]
    two[0].setblocking(False)
    with pytest.raises(BlockingIOError):
        receive(two[0])
    assert [id(entry) for entry in pool.entries] == before


class Index:
    """Flags that count how often they are asked for their number."""

    def __init__(self, number: int) -> None:
        self.number, self.asked = number, 0

    def __index__(self) -> int:
        self.asked += 1
        return self.number


def test_a_datagram_with_a_flag_that_is_not_plain_goes_once(
    two: tuple[pysock.Socket, pysock.Socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    def sendto(real: Action, fd: Any, data: Any, size: int, flags: int, *rest: Any) -> int:
        sent.append(flags & ~system_flags)
        return size

    here, there = two
    sent: list[int] = []
    odd = ODD_FLAGS & -ODD_FLAGS
    system_flags = here._sock_calls_.dontwait
    replace(monkeypatch, "sendto", sendto)
    flags = Index(odd)
    assert here.sendto(b"abc", flags, there.getsockname()) == 3  # type: ignore[call-overload]
    assert sent == [odd]
    assert flags.asked == 1


@pytest.mark.skipif(not pysock.has_ipv6, reason="this system has no IPv6")
def test_an_address_of_one_family_is_not_that_of_another(
    two: tuple[pysock.Socket, pysock.Socket],
) -> None:
    """Though it is the very tuple that was sent to last."""
    here, there = two
    address = there.getsockname()
    with pysock.socket(pysock.AF_INET6, pysock.SOCK_DGRAM) as other:
        for _ in range(2):
            assert here.sendto(b"abc", address) == 3
            with pytest.raises(pysock.gaierror):
                other.sendto(b"abc", address)
    there.settimeout(9)
    assert [there.recv(9) for _ in range(2)] == [b"abc", b"abc"]
    there.setblocking(False)
    with pytest.raises(BlockingIOError):
        there.recv(9)


def test_each_datagram_goes_where_it_shall(
    two: tuple[pysock.Socket, pysock.Socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By turns to two, whose addresses are known; also if a send was interrupted."""

    def interrupted(real: Action, *args: Any) -> Any:
        made.append(None)
        if len(made) % 2 == 0:
            return real(*args)
        set_errno(system.INTERRUPTED)
        return -1

    made: list[None] = []
    addresses = [sock.getsockname() for sock in two]
    for sock in two:
        sock.settimeout(9)
    with pysock.socket(type=pysock.SOCK_DGRAM) as sender:
        for interrupts in False, True:
            if interrupts:
                replace(monkeypatch, "sendto", interrupted)
            for number in range(4):
                for name, address in zip(b"ab", addresses):
                    assert sender.sendto(bytes([name, number]), address) == 2
            for name, sock in zip(b"ab", two):
                assert [sock.recv(9) for _ in range(4)] == [bytes([name, n]) for n in range(4)]
    assert len(made) == 16
