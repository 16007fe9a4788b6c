"""Receives of more than the pools have: one mapping is kept, for one call at a time."""

from __future__ import annotations

import mmap
import os
import sys
from contextlib import ExitStack

import pytest

import pysock
from pysock._calls import memory
from pysock._ffi import interpreter
from pysock._ffi.interpreter import CPYTHON, POOL_MAX
from pysock._host import system

from .harness import Action, later, pair, pools, replace

MAPPED = POOL_MAX + 1


@pytest.fixture
def mappings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the mappings that are made from now on; none is there."""
    memory._kept_mapping.clear()
    made: list[int] = []

    def map_memory(size: int) -> mmap.mmap:
        made.append(size)
        return interpreter.map_memory(size)

    monkeypatch.setattr(memory, "map_memory", map_memory)
    return made


@pytest.mark.parametrize("way", ["recv", "recvfrom"])
def test_a_mapping_serves_the_next_call_that_has_room_in_it(
    way: str, mappings: list[int]
) -> None:
    here, there = pysock.socketpair()
    with here, there:
        for size in MAPPED + 5, MAPPED + 5, MAPPED, MAPPED + 6, MAPPED:
            there.send(b"x")
            answer = getattr(here, way)(size)
            assert (answer if way == "recv" else answer[0]) == b"x"
        here.setblocking(False)
        with pytest.raises(BlockingIOError):
            here.recv(MAPPED)
    assert mappings == [MAPPED + 5, MAPPED + 6]


def test_a_mapping_that_takes_much_memory_goes(
    mappings: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "WRITTEN_KEPT", 2)
    monkeypatch.setattr(memory, "MAPPED_KEPT", MAPPED + 1)
    here, there = pysock.socketpair()
    with here, there:
        for size, sent in (MAPPED, b"xxx"), (MAPPED + 2, b"x"), (MAPPED, b"xx"), (MAPPED, b"x"):
            there.send(sent)
            assert here.recv(size) == sent
    assert mappings == [MAPPED, MAPPED + 2, MAPPED]


@pytest.mark.parametrize("way", ["recv", "recvfrom"])
def test_a_call_that_fails_has_written_nothing(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    memory._kept_mapping.clear()
    monkeypatch.setattr(memory, "WRITTEN_KEPT", 0)
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            getattr(sock, way)(MAPPED)
    assert memory._kept_mapping


@pytest.mark.parametrize("way", ["recv", "recvfrom"])
def test_a_call_that_is_broken_off_may_have_written_all(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def call(real: Action, *arguments: object) -> int:
        raise KeyError

    memory._kept_mapping.clear()
    monkeypatch.setattr(memory, "WRITTEN_KEPT", POOL_MAX)
    replace(monkeypatch, way, call)
    with pysock.socket() as sock, pytest.raises(KeyError):
        getattr(sock, way)(MAPPED)
    assert not memory._kept_mapping


@pytest.mark.skipif(not hasattr(pysock, "AF_UNIX"), reason="there is no AF_UNIX here")
@pytest.mark.parametrize("way", ["recv", "recvfrom"])
def test_a_mapping_has_nothing_of_the_call_before(way: str, mappings: list[int]) -> None:
    """A datagram of which C counts more than it writes, and one that has the same memory."""
    with pair(pysock.SOCK_DGRAM) as (here, there):
        for sent, flags in (b"secret", 0), (b"x", pysock.MSG_TRUNC), (b"y", 0):
            there.send(sent)
            answer = getattr(here, way)(MAPPED, flags)
            assert (answer if way == "recv" else answer[0]) == sent
    assert mappings == [MAPPED, MAPPED]  # one for the flags, which is kept no more than the first


@pytest.mark.skipif(not system.KERNEL_WAITS, reason="no call waits with its memory here")
def test_a_call_that_waits_has_its_mapping_for_itself(mappings: list[int]) -> None:
    with ExitStack() as stack:
        pairs = *pysock.socketpair(), *pysock.socketpair()
        here, there, one, other = map(stack.enter_context, pairs)
        other.send(b"other")

        def meanwhile() -> None:
            assert one.recv(MAPPED) == b"other"
            there.send(b"x")

        with later(meanwhile):
            assert here.recv(MAPPED) == b"x"
    assert mappings == [MAPPED, MAPPED]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork(2) here")
def test_a_forked_child_has_a_mapping_of_its_own(mappings: list[int]) -> None:
    here, there = pysock.socketpair()
    with here, there:
        there.send(b"mine")
        assert here.recv(MAPPED) == b"mine"
        ((_, view),) = memory._kept_mapping
        child = os.fork()
        if not child:
            view[:4] = b"CHIL"
            os._exit(0)
        os.waitpid(child, 0)
        assert bytes(view[:4]) == b"mine"


@pytest.mark.skipif(not hasattr(pysock, "AF_UNIX"), reason="this system has no AF_UNIX")
def test_without_any_mapping_calls_take_what_malloc_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox may refuse mmap(2), and RLIMIT_AS leave room in the heap: it is enough for C's."""
    refused: list[int] = []

    def refuse(size: int) -> mmap.mmap:
        refused.append(size)
        raise MemoryError

    for module in list(sys.modules.values()):
        if module.__name__.startswith("pysock.") and hasattr(module, "map_memory"):
            monkeypatch.setattr(module, "map_memory", refuse)
    for pool in pools():
        pool.entries.clear()
    with pair() as (here, there):
        here.settimeout(20)
        for size in 1, 100, 20_000, 100_000, POOL_MAX:
            for call in (
                lambda size: here.recv(size),
                lambda size: here.recvfrom(size)[0],
                lambda size: here.recvmsg(size)[0],
                lambda size: here.recvmsg(size, 100)[0],
                lambda size: here.recvmsg(size, 5000)[0],
            ):
                assert there.sendmsg([b"x"]) == 1
                answer = call(size)
                assert (type(answer), answer) == (bytes, b"x")
        assert there.sendmsg([b"x"] * 70) == 70
        assert pysock.send_fds(there, [bytes(20_000)], [0]) == 20_000
        monkeypatch.setattr(memory, "bytearray", lambda size: pytest.fail("written"), raising=False)
        with pytest.raises(MemoryError):
            here.recvmsg(5, 2**31 - 1)
    assert refused or not CPYTHON
    for pool in pools():  # what was made meanwhile
        pool.entries.clear()
