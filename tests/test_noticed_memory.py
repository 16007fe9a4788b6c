"""Memory for C: how much of it is kept, and by whom; and that it is zeros where it has to be.

Each test fails if one statement or one number in ``pysock._calls.memory`` is another
(``tests/mutants.py``), or one of the way around a caller's buffer in ``_calls.transfer``.
"""

from __future__ import annotations

import threading
from functools import partial
from itertools import count
from typing import Any

import pytest

import pysock
from pysock._calls import memory, transfer
from pysock._calls.memory import Pool, put_mapped, take_mapped, take_memory
from pysock._ffi.exports import LENDS_ALL
from pysock._ffi.interpreter import COPY_MAX, bytes_of, fill
from pysock._host import lib
from pysock._methods.datagram import Datagram
from pysock._methods.stream import Stream

from .harness import Action, outcome


def elsewhere(action: Action) -> Any:
    """What ``action()`` returns in another thread."""
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(action()))
    thread.start()
    thread.join()
    return answers.pop()


# --- pools ---------------------------------------------------------------------------


@pytest.mark.parametrize(("pool", "kept"), [(memory.data_pool, 64), (memory.large_pool, 8)])
def test_a_pool_keeps_few_buffers(pool: Pool, kept: int) -> None:
    for _ in range(kept + 1):
        pool.put(pool.make())
    assert len(pool.entries) == kept
    pool.entries.clear()  # other tests count them


def test_all_threads_share_a_pool() -> None:
    pool = Pool(count().__next__, own=False)
    pool.entries.clear()
    elsewhere(partial(pool.put, "theirs"))
    assert list(pool.entries) == ["theirs"]
    pool.put("ours")
    assert [elsewhere(pool.take), pool.take(), pool.take() in range(2)] == ["ours", "theirs", True]


def test_threads_share_the_large_buffers() -> None:
    entry = memory.large_pool.take()
    elsewhere(partial(memory.large_pool.put, entry))
    assert memory.large_pool.take() is entry
    memory.large_pool.put(entry)


def test_each_thread_has_a_pool_of_its_own() -> None:
    def theirs() -> Any:
        before = list(pool.entries)
        made = pool.take()
        pool.put(made)
        return before, made, pool.pop()

    pool = Pool(lambda: "made", kept=2, own=True)
    pool.entries.clear()
    for entry in "abc":
        pool.put(entry)
    assert list(pool.entries) == ["b", "c"]
    assert elsewhere(theirs) == ([], "made", "made")
    assert [pool.take(), pool.take(), pool.take()] == ["c", "b", "made"]


def test_a_buffer_may_go_to_a_thread_that_had_none() -> None:
    def theirs() -> Any:
        pool.put("given")
        return list(pool.entries)

    pool = Pool(lambda: "made", own=True)
    assert elsewhere(theirs) == ["given"]


@pytest.mark.parametrize("without_gil", [True, False])
def test_the_first_buffer_is_made_early_only_without_the_gil(
    without_gil: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "FREE_THREADED", without_gil)
    assert len(Pool(lambda: "made", own=False).entries) == without_gil


def test_a_forked_child_is_to_have_an_empty_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    renew: list[Action] = []
    monkeypatch.setattr(memory, "renewed_in_child", renew.append)
    pool = Pool(lambda: "made", kept=1)
    if not renew:  # without the GIL a pool is each thread's own
        pool = Pool(lambda: "made", kept=1, own=False)
    pool.put("the parent's")
    renew.pop()()
    assert not pool.entries
    pool.put("lost")
    pool.put("kept")
    assert list(pool.entries) == ["kept"]


# --- zeros ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 1000, COPY_MAX, COPY_MAX + 1])
def test_memory_is_zeros_where_flags_let_c_count_more(size: int) -> None:
    for flags, first in (0, b"x"), (pysock.MSG_PEEK, b"x"), (pysock.MSG_TRUNC, b"\0"):
        array, pointer, pool = take_memory(size, 0)
        assert pool is (memory.data_pool if size <= COPY_MAX else memory.large_pool)
        fill(pointer, b"x" * size)
        pool.put((array, pointer))
        array, pointer, pool = take_memory(size, flags)
        assert bytes_of(array, pointer, size) == first * size
        pool.put((array, pointer))


# --- mappings ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "written", "kept"),
    [
        (1 << 26, 1 << 24, True),
        ((1 << 26) + 1, 0, False),
        (1 << 26, (1 << 24) + 1, False),
    ],
)
def test_a_mapping_is_kept_unless_it_is_a_burden(size: int, written: int, kept: bool) -> None:
    memory._kept_mapping.clear()
    mapped, view = take_mapped(size, 0)
    put_mapped(mapped, view, written)
    assert len(memory._kept_mapping) == kept
    assert mapped.closed is not kept
    larger, view = take_mapped(size + 1, 0)  # for which the first has no room
    assert larger is not mapped
    assert mapped.closed
    put_mapped(larger, view, 0)
    memory._kept_mapping.clear()


def test_two_mappings_are_not_kept() -> None:
    memory._kept_mapping.clear()
    one, other = take_mapped(10, 0), take_mapped(10, 0)
    put_mapped(*one, 0)
    put_mapped(*other, 0)
    assert not one[0].closed
    assert other[0].closed
    assert list(memory._kept_mapping) == [one]


# --- around a caller's buffer: where C may not use its memory (PyPy) ----------------------


def recv_into(sock: Any, buffer: bytearray, nbytes: int, flags: int) -> int:
    return Stream.recv_into(sock, buffer, nbytes, flags)


def recvfrom_into(sock: Any, buffer: bytearray, nbytes: int, flags: int) -> int:
    n, address = Datagram.recvfrom_into(sock, buffer, nbytes, flags)
    assert address == sock.getsockname()
    return n


@pytest.fixture(params=[True, False])
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The sizes of which was asked whether C may write so much, to a buffer of 6: yes, or no."""

    def has_room(view: memoryview, size: int) -> bool:
        assert view.nbytes == 6
        sizes.append(size)
        return bool(request.param)

    sizes: list[int] = []
    monkeypatch.setattr(transfer, "LENDS_ALL", False)
    monkeypatch.setattr(transfer, "has_room", has_room)
    return sizes


@pytest.mark.skipif(not LENDS_ALL, reason="here C may not use all memory")
@pytest.mark.skipif(not hasattr(lib, "socketpair"), reason="the library is not POSIX's")
@pytest.mark.parametrize("method", [recv_into, recvfrom_into])
def test_received_data_is_put_into_the_buffer(method: Action, asked: list[int]) -> None:
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        for sent, nbytes, flags, n, left in (
            (b"abc", 0, 0, 3, b"abc..."),
            (b"abcde", 3, 0, 3, b"abc..."),
            (b"abcde", 3, transfer._MSG_TRUNC, 5, b"abc..."),
            (b"", 0, 0, 0, b"......"),
        ):
            if flags and not transfer._TCP_DISCARDS:
                continue  # elsewhere MSG_TRUNC is no flag for a call
            buffer = bytearray(b"......")
            sock.sendto(sent, sock.getsockname())
            assert method(sock, buffer, nbytes, flags) == n
            assert buffer == left
            assert asked.pop() == (nbytes or 6)
            assert not asked
        sock.setblocking(False)
        assert outcome(lambda: method(sock, buffer, 0, 0)) in ("EAGAIN", "BlockingIOError")


@pytest.mark.skipif(not LENDS_ALL, reason="here C may not use all memory")
@pytest.mark.skipif(not transfer._TCP_DISCARDS, reason="only Linux discards what came over TCP")
def test_what_tcp_has_discarded_is_in_no_buffer(asked: list[int]) -> None:
    with pysock.create_server(("127.0.0.1", 0)) as listener:
        with pysock.create_connection(listener.getsockname()) as there, listener.accept()[0] as s:
            there.sendall(b"abc")
            buffer = bytearray(b"......")
            assert recv_into(s, buffer, 0, pysock.MSG_TRUNC) == 3
            assert buffer == b"......"


@pytest.mark.skipif(not LENDS_ALL, reason="here C may not use all memory")
@pytest.mark.skipif(not hasattr(lib, "socketpair"), reason="the library is not POSIX's")
def test_nobody_asks_where_c_may_use_all_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "has_room", lambda view, size: pytest.fail("asked"))
    here, there = pysock.socketpair()
    with here, there:
        there.send(b"abc")
        assert recv_into(here, bytearray(6), 0, 0) == 3
