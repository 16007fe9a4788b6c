"""Memory that goes: many calls take no more of it than a few, and pools and caches end."""

from __future__ import annotations

import gc
import mmap
import os
import sys

import pytest

import pysock
from pysock import families
from pysock._calls.memory import Pool
from pysock._ffi.interpreter import COPY_MAX
from pysock.families import _hosts

from .harness import (
    Action,
    on_pypy,
    outcome,
    pools,
    run,
)

needs_proc = pytest.mark.skipif(
    not os.path.exists("/proc/self/statm"), reason="only /proc says how much memory is in use"
)


# What comes and goes by itself; on PyPy, the compiler's.
NOISE = 1 << (23 if on_pypy else 20)


def in_use() -> tuple[int, int]:
    """Python's small blocks of memory, and the bytes that this process has in RAM."""
    gc.collect()
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    blocks = sys.getallocatedblocks() if hasattr(sys, "getallocatedblocks") else 0
    return blocks, pages * mmap.PAGESIZE


def leaks(call: Action, times: int) -> bool:
    """Whether memory that a call takes is not given back: a block in ten calls, or some RAM.

    A leak goes on; a heap that has found its size (PyPy's takes a few thousand calls) does not.
    """
    for _ in range(times // 5):
        call()
    grew = 0
    for _ in range(3):
        blocks, ram = in_use()
        for _ in range(times):
            call()
        more_blocks, more_ram = in_use()
        grew += more_blocks - blocks > times / 10 or more_ram - ram > NOISE
        if not grew:
            return False
    return grew > 1


class Traffic:
    """Calls that give back all memory they take, sizes that vary included."""

    def __init__(self) -> None:
        self.here, self.there = pysock.socketpair()
        self.udp = pysock.socket(type=pysock.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.me = self.udp.getsockname()
        self.idle = pysock.socket(type=pysock.SOCK_DGRAM)
        self.idle.setblocking(False)
        self.buffer = bytearray(100)
        self.n = 0

    def __enter__(self) -> Traffic:
        return self

    def __exit__(self, *exception: object) -> None:
        for sock in (self.here, self.there, self.udp, self.idle):
            sock.close()

    def send_recv(self) -> None:
        self.n += 1
        self.here.send(b"abc")
        self.there.recv(3 + self.n % 5000)

    def large(self) -> None:
        self.n += 1
        self.here.send(bytearray(b"abc"))
        self.there.recv(COPY_MAX + 1 + self.n % 5000)

    def send_recv_into(self) -> None:
        self.here.sendall(memoryview(b"abc"))
        self.there.recv_into(self.buffer)

    def sendto_recvfrom(self) -> None:
        self.udp.sendto(b"abc", self.me)
        self.udp.recvfrom(100)

    def sendmsg_recvmsg(self) -> None:
        self.n += 1
        self.here.sendmsg([b"a", bytearray(b"bc")])
        self.there.recvmsg(3 + self.n % 500, self.n % 500)

    def failing(self) -> None:
        assert outcome(lambda: self.idle.recv(10)) == "EAGAIN"
        assert outcome(lambda: self.idle.recvfrom(10)) == "EAGAIN"
        assert outcome(self.idle.getpeername) == "ENOTCONN"

    def options(self) -> None:
        self.n += 1
        self.udp.setsockopt(pysock.SOL_SOCKET, pysock.SO_BROADCAST, 1)
        self.udp.getsockopt(pysock.SOL_SOCKET, pysock.SO_BROADCAST)
        self.udp.getsockopt(pysock.SOL_SOCKET, pysock.SO_BROADCAST, 1 + self.n % 1000)
        self.udp.getsockname()

    def sockets(self) -> None:
        one, two = pysock.socketpair()
        one.close()
        two.close()

    def files(self) -> None:
        with self.here.makefile("wb") as writer, self.there.makefile("rb") as reader:
            writer.write(b"abc")
            writer.flush()
            reader.read(3)

    def getaddrinfo(self) -> None:
        pysock.getaddrinfo("127.0.0.1", 80, type=pysock.SOCK_STREAM)

    def getnameinfo(self) -> None:
        pysock.getnameinfo(("127.0.0.1", 80), pysock.NI_NUMERICHOST | pysock.NI_NUMERICSERV)

    def interfaces(self) -> None:
        pysock.if_nameindex()


@needs_proc
@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("send_recv", 100_000),
        ("sendto_recvfrom", 100_000),
        ("sendmsg_recvmsg", 30_000),
        ("getaddrinfo", 30_000),
        ("large", 20_000),
        ("send_recv_into", 20_000),
        ("failing", 10_000),
        ("options", 10_000),
        ("sockets", 10_000),
        ("files", 3_000),
        ("getnameinfo", 10_000),
        ("interfaces", 3_000),
    ],
)
def test_no_memory_is_lost(name: str, times: int) -> None:
    with Traffic() as traffic:
        assert not leaks(getattr(traffic, name), times)


@needs_proc
def test_a_leak_would_be_found() -> None:
    # In a process of its own: here, what earlier tests gave back would be taken first.
    small = [] if on_pypy else [(1, 1000)]  # PyPy does not count its blocks
    for size, times in [(5000, 50_000), *small]:
        program = f"""if True:
            from tests.test_leaks import leaks
            kept = []
            print(leaks(lambda: kept.append(bytearray({size})), {times}))
        """
        assert run(program).stdout == "True\n"


def test_pools_have_what_was_in_use_at_once() -> None:
    with Traffic() as traffic:
        for name in ("send_recv", "sendto_recvfrom", "failing", "options"):
            getattr(traffic, name)()
        before = [len(pool.entries) for pool in pools()]
        for _ in range(100):
            for name in ("send_recv", "sendto_recvfrom", "failing", "options"):
                getattr(traffic, name)()
        assert [len(pool.entries) for pool in pools()] == before


def test_a_call_that_fails_puts_its_buffer_back() -> None:
    rights = [(pysock.SOL_SOCKET, pysock.SCM_RIGHTS, b"\0\0\0\0")]
    with Traffic() as traffic:
        idle = traffic.idle
        failing: list[Action] = [
            lambda: idle.recvmsg(10, 64),
            lambda: idle.recvmsg(10),
            lambda: idle.recvmsg(100_000, 64),
            lambda: idle.sendmsg([b"a", b"b"]),
            lambda: idle.sendmsg([b"a"], rights),
        ]
        assert {type(outcome(call)) for call in failing} == {str}
        traffic.sendmsg_recvmsg()
        traffic.there.sendmsg([b"a"], rights)
        for fd in pysock.recv_fds(traffic.here, 100_000, 1)[1]:
            os.close(fd)
        before = [len(pool.entries) for pool in pools()]
        for call in failing:
            outcome(call)
            assert [len(pool.entries) for pool in pools()] == before


def test_pools_end() -> None:
    """A pool forgets its oldest buffers, and never has more than so many."""
    pool = Pool(object, 3)
    buffers = [pool.take() for _ in range(5)]
    for buffer in buffers:
        pool.put(buffer)
    assert [pool.take() for _ in range(3)] == buffers[:1:-1]
    assert pool.take() not in buffers
    assert all(0 < (each.entries.maxlen or 0) <= 64 for each in pools())


def test_caches_are_bounded() -> None:
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        for i in range(3 * _hosts.CACHED):
            host = f"127.{i >> 16}.{i >> 8 & 255}.{i & 255}"
            raw = families.packers[sock.family]((host, 9), "connect", 0)
            assert families.packers[sock.family]((host, 9), "sendto", 0) == raw
            assert families.unpack_for(0, raw) == (host, 9)
            assert raw in _hosts.known_addresses
            assert len(_hosts.known_addresses) <= _hosts.CACHED
            assert pysock.inet_pton(pysock.AF_INET, host) == raw[4:8]
            assert len(_hosts.known_texts) <= _hosts.CACHED
            assert 0 < len(_hosts.known_packed) <= _hosts.CACHED
            assert 0 < len(_hosts.known_tuples) <= _hosts.CACHED
