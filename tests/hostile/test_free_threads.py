"""What threads do to each other's sockets and buffers; for builds without the GIL above all.

``PYSOCK_FUZZ`` is how many seconds each test takes.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from types import FunctionType
from typing import Any

import pytest

import pysock
from pysock._calls.memory import Pool
from pysock._ffi.interpreter import FREE_THREADED
from pysock._host import lib, system

from .. import ROOT
from ..harness import LATE, run

SECONDS = float(os.environ.get("PYSOCK_FUZZ", "1"))
# bytearray itself is not safe there against a thread that resizes it during a call: the C module
# dies of that, too.
UNSAFE_BYTEARRAY = FREE_THREADED and sys.version_info < (3, 14)


@pytest.mark.skipif(not hasattr(pysock, "AF_UNIX"), reason="pairs of Unix sockets, which wait not")
@pytest.mark.parametrize(
    "others",
    [
        pytest.param([], id="changing modes"),
        pytest.param(["close"], id="and closing"),
        pytest.param(
            ["close", "resize"],
            id="and resizing",
            marks=pytest.mark.skipif(
                UNSAFE_BYTEARRAY, reason="bytearrays may not be resized during a call here"
            ),
        ),
    ],
)
def test_threads_that_share_sockets(others: list[str]) -> None:
    command = [sys.executable, "-m", "tests.hostile.threads", str(SECONDS), *others]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=4 * LATE + SECONDS
    )
    told = done.stderr.splitlines()
    if UNSAFE_BYTEARRAY:
        # Several threads that receive into one bytearray make it miscount its exports, with the C
        # module too.
        told = [line for line in told if "deallocated bytearray object has exported" not in line]
    assert (done.returncode, told) == (0, [])
    foreign, unusual, calls = json.loads(done.stdout)
    assert (foreign, unusual) == ([], [])
    assert len(calls) > 2, "hardly anything happened"


FIRST_IMPORTS = """
import sys, threading
barrier = threading.Barrier(8)
answers = []
def work():
    barrier.wait(30)
    import pysock
    a, b = pysock.socketpair()
    with a, b:
        a.sendall(b"first")
        answers.append((b.recv(9), pysock))
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert [data for data, _ in answers] == [b"first"] * 8
assert len({id(module) for _, module in answers}) == 1
print(getattr(sys, "_is_gil_enabled", lambda: True)())
"""


def test_first_imports_in_many_threads() -> None:
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    for _ in range(3):
        done = run(FIRST_IMPORTS)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"{gil}\n", "importing pysock must not bring the GIL back"


@pytest.mark.parametrize("own", [True, False], ids=["a list for each thread", "one list"])
def test_a_buffer_is_one_callers(own: bool) -> None:
    """Whichever way a pool is built: no two callers have the same buffer at the same time."""
    pool = Pool(list, own=own)
    wrong: list[Any] = []

    def work(i: int) -> None:
        for _ in range(3000):
            entry = pool.take()
            entry.append(i)
            inner = pool.take()  # as a signal handler's call would
            if inner is entry or entry != [i]:
                wrong.append(entry)
            pool.put(inner)
            entry.clear()
            pool.put(entry)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    made = pool.take()
    pool.put(made)
    assert pool.take() is made, "what was put back is taken again"


def test_two_threads_that_change_the_mode_leave_one_mode() -> None:
    """What the object says, what its calls go by, and O_NONBLOCK of the descriptor."""
    modes: list[Any] = [None, 0.0, 5.0, 7.5]
    with ExitStack() as stack:
        sock, _ = (stack.enter_context(end) for end in pysock.socketpair())

        def work(i: int) -> None:
            for n in range(400):
                sock.settimeout(modes[(n * (i + 1)) % len(modes)])

        for _ in range(5):
            threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            blocking = sock.gettimeout() is None
            assert sock._sock_calls_.dontwait == 0 or not blocking
            if hasattr(os, "get_blocking"):
                assert os.get_blocking(sock.fileno()) == blocking


def test_a_mode_that_a_handler_changes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, by what runs in the middle of settimeout: the last word is the handler's."""
    nested: list[int] = []
    real = system.set_blocking

    def set_blocking(fd: int, blocking: bool) -> None:
        if not nested:
            nested.append(fd)
            sock.settimeout(None)
        real(fd, blocking)

    sock, other = pysock.socketpair()
    with sock, other:
        monkeypatch.setattr(system, "set_blocking", set_blocking)
        sock.settimeout(3)
        monkeypatch.undo()
        assert sock.gettimeout() is None
        assert sock._sock_calls_ is lib
        if hasattr(os, "get_blocking"):
            assert os.get_blocking(sock.fileno())


@pytest.mark.skipif(not FREE_THREADED, reason="where there is a GIL, cells have no locks")
def test_no_call_reads_a_cell_that_all_threads_share() -> None:
    """Each reading would take its lock, which a child has for ever if it is forked meanwhile."""
    assert not [
        f"{function.__module__}.{function.__qualname__}"
        for function in gc.get_objects()
        if isinstance(function, FunctionType)
        and function.__module__.startswith(("pysock._calls", "pysock._ffi", "pysock._methods"))
        and function.__closure__
        and "__class__" not in function.__code__.co_freevars  # of super()
    ]


CALLS = """
import ctypes, pysock
made = len(ctypes.Array.__subclasses__())
one, other = pysock.socketpair()
for size in (1, 100_000):
    one.send(b"x")
    other.recv(size)
    one.sendmsg([b"x"], [])
    other.recvmsg(size, 100)
for end in one, other:
    end.close()
with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
    sock.bind(("127.0.0.1", 0))
    sock.sendto(b"x", sock.getsockname())
    sock.recvfrom(10)
    sock.getsockopt(pysock.SOL_SOCKET, pysock.SO_LINGER, 8)
with pysock.create_server(("127.0.0.1", 0)) as server:
    pysock.create_connection(server.getsockname()).close()
    server.accept()[0].close()
pysock.inet_pton(pysock.AF_INET6, "::1")
print(len(ctypes.Array.__subclasses__()) - made)
"""


@pytest.mark.skipif(not FREE_THREADED, reason="where there is a GIL, no child waits for a lock")
def test_a_first_call_makes_no_type() -> None:
    """It would take Python's lock of types, and a forked child may find it locked for ever."""
    done = run(CALLS)
    assert (done.stdout, done.stderr, done.returncode) == ("0\n", "", 0)


WAITS = """
import sys, threading, time, pysock
sock = pysock.socket(type=pysock.SOCK_DGRAM)
sock.bind(("127.0.0.1", 0))
address = sock.getsockname()
def ask():
    started = time.thread_time()
    for _ in range(2000):
        sock.sendto(b"x", address)
        sock.recvfrom(1)
    took.append(time.thread_time() - started)
took = []
for _ in range(5):
    ask()
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
print(min(took[1::2]) / min(took[::2]))
"""


@pytest.mark.skipif(not FREE_THREADED, reason="where there is a GIL, dicts have no locks")
def test_a_thread_finds_what_another_one_has_cached_without_a_wait() -> None:
    """By ``get``, CPython 3.13 let each datagram wait: it took seven times as long."""
    done = run(WAITS)
    assert (done.returncode, done.stderr) == (0, "")
    assert float(done.stdout) < 2
