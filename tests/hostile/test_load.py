"""Many connections and threads at once; ``python3 -m tests.load`` has ten thousand of them."""

from __future__ import annotations

import os

import pytest

from pysock._ffi.interpreter import FREE_THREADED

from ..harness import LATE, on_pypy
from ..load import SERVERS, SPARE, alone, connections, descriptors

pytestmark = [
    pytest.mark.timeout(10 * LATE),
    pytest.mark.skipif(
        not os.path.exists("/proc/self/statm"), reason="only /proc says how much memory is in use"
    ),
]

IDLE, ACTIVE, ROUNDS, THREADS = 300, 100, 5, 200
# Bytes; naive buffers for all threads have 12e6 to 200e6.  PyPy frees late what its pools do not
# keep: of 200 messages of 60,000 bytes, all or few are still there.
NOISE = 32e6 if on_pypy else 6e6
if FREE_THREADED:  # each thread has a heap of its own, with a page for each size of object
    NOISE = 26e6


@pytest.mark.parametrize("how", SERVERS)
def test_idle_and_active_connections(how: str) -> None:
    """Each client gets what it has sent, and idle connections live on."""
    if descriptors() < IDLE + ACTIVE + SPARE:
        pytest.skip("too few descriptors may be open")
    answer = connections("pysock", how, IDLE, ACTIVE, ROUNDS)
    assert answer["messages there and back per second"] > 0


@pytest.mark.parametrize("size", [100, 16_384, 60_000])
@pytest.mark.parametrize("call", ["recv", "recvfrom", "recvmsg"])
def test_threads_that_wait_take_no_memory_for_what_has_not_come(call: str, size: int) -> None:
    theirs = alone("socket", "waiting", THREADS, call, size)
    # How many threads are awake at once, at the end, decides what malloc(3) keeps: now and then,
    # on a busy machine, 3 MB more.  What is lost is lost each time.
    for last in False, False, True:
        mine = alone("pysock", "waiting", THREADS, call, size)
        print(mine, theirs)
        assert mine["wrong"] == theirs["wrong"] == 0
        if last or all(mine[when] < theirs[when] + NOISE for when in ("waiting", "after")):
            break
    assert mine["waiting"] < theirs["waiting"] + NOISE
    assert mine["after"] < theirs["after"] + NOISE


def test_a_server_without_descriptors_goes_on() -> None:
    for module in "pysock", "socket":
        answer = alone(module, "exhausted", 5, 50)
        refused = answer.pop("refused")
        assert answer == {"served": 50, "whole": 50, "left": 0}
        assert refused >= 5
