"""Forks while other threads are in the middle of things: no child waits for what is never released.

A child has only the thread that forked.  What another thread held at that moment, nobody releases.
Every child here has a deadline, after which a signal ends it; that is a hang.  The C module does
the same for comparison: where the C library's own locks stop it, its hangs are shown, no more.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import pytest

from pysock._ffi.interpreter import FREE_THREADED

from .. import ROOT
from ..harness import LATE

if not hasattr(os, "fork"):
    pytest.skip("this system has no fork", allow_module_level=True)

DEADLINE = 10.0  # seconds, for a child

PRELUDE = """
import os, signal, sys, threading, time, traceback, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of forks in programs with threads
S = __import__(sys.argv[1])
DEADLINE = float(sys.argv[2])
sys.setswitchinterval(1e-5)
answers = []

def forked(work, times):
    for _ in range(times):
        time.sleep(0.001)  # each time somewhere else
        pid = os.fork()
        if not pid:
            status = 1
            try:
                signal.setitimer(signal.ITIMER_REAL, DEADLINE)  # whose signal ends it
                work()
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)
        status = os.waitpid(pid, 0)[1]
        answers.append("hung" if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))

def busy(*works):
    def run(work):
        while True:
            work()
    for work in works:
        threading.Thread(target=run, args=(work,), daemon=True).start()
    time.sleep(0.02)

def echo():
    '''Send and receive in every way, on sockets that are the child's own.'''
    here, there = S.socketpair()
    one = S.socket(S.AF_INET, S.SOCK_DGRAM)
    one.bind(("127.0.0.1", 0))
    name = one.getsockname()
    assert name[0] == "127.0.0.1", name
    with here, there, one:
        for size in (1, 100, 5000, 40000):
            data = os.urandom(size)
            here.sendall(data)
            got = b""
            while len(got) < size:
                got += there.recv(size)
            assert got == data
            here.sendmsg([data])
            got = b""
            while len(got) < size:
                got += there.recvmsg(size, 64)[0]
            assert got == data
            one.sendto(data, name)
            got = one.recvfrom(size + 10)
            assert got == (data, name)
            into = bytearray(size)
            one.sendto(data, name)
            assert one.recv_into(into) == size and into == data

def end():
    print(answers)
    sys.stdout.flush()
    os._exit(0)
"""


def children_of(
    program: str, module: str = "pysock", deadline: float = DEADLINE
) -> tuple[list[object], str]:
    """What became of each child of a program, and what stands on standard error."""
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + program + "\nend()\n", module, str(deadline)],
        cwd=ROOT, capture_output=True, text=True, timeout=LATE + 3 * DEADLINE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    answers: list[object] = ast.literal_eval(done.stdout)
    return answers, done.stderr


def hangs_of_c(program: str) -> None:
    answers, _ = children_of(program.replace("TIMES", "5"), "socket", 0.3)
    print(f"the C module: {answers.count('hung')} of {len(answers)} children hung")


def check(program: str, times: int, also_c: bool = False) -> None:
    if also_c:
        hangs_of_c(program)
    answers, told = children_of(program.replace("TIMES", str(times)))
    assert answers == [0] * times, told[-2000:]
    assert told == ""


# --- names ---------------------------------------------------------------------------

# A look-up that takes its time, behind a lock as a C library has it: nobody renews it in a child.
SLOW = """
import _thread
from pysock._functions import netdb, static_answers
static_answers._FORK_WAITS = DEADLINE  # a busy machine may need more than a second for a look-up

class Slow:
    def __init__(self, call):
        self.call, self.lock = call, _thread.allocate_lock()
    def __call__(self, *args):
        with self.lock:
            time.sleep(0.002)
            return self.call(*args)

class Library:
    getservbyname = Slow(netdb.lib.getservbyname)
    getservbyport = Slow(netdb.lib.getservbyport)
    getprotobyname = Slow(netdb.lib.getprotobyname)

netdb.lib = Library
"""

SERVICES = """
def ask():
    assert S.getservbyname("http", "tcp") == 80
    assert S.getservbyport(443, "tcp") == "https"
    assert S.getprotobyname("udp") == 17

NAIVE
try:
    ask()
except OSError:
    answers.append("unknown")
else:
    busy(ask, ask, ask)
    forked(ask, TIMES)
"""


def services(naive: str, times: int, deadline: float) -> list[object]:
    program = SERVICES.replace("NAIVE", naive).replace("TIMES", str(times))
    answers, _ = children_of(program, deadline=deadline)
    if answers == ["unknown"]:
        pytest.skip("this machine does not know the services that everybody knows")
    return answers


def test_a_child_looks_services_up_while_other_threads_did() -> None:
    hangs_of_c(SERVICES.replace("NAIVE", ""))
    assert services("", 50, DEADLINE) == [0] * 50


def test_a_child_looks_services_up_where_that_takes_long() -> None:
    assert services(SLOW, 20, DEADLINE) == [0] * 20


NAIVE_LOCKS = {
    # Neither does the fork wait for the other threads, nor does the child get a new lock.
    "kept": """
from pysock._functions import netdb, static_answers
static_answers._FORK_WAITS = 0
static_answers.RLock = lambda lock=netdb._services.lock: lock
""",
    # The child does get a new lock, but not one of the C library, which another thread held.
    "not waited for": """
from pysock._functions import static_answers
static_answers._FORK_WAITS = 0
""",
}


@pytest.mark.parametrize("naive", NAIVE_LOCKS)
def test_with_a_naive_lock_it_hangs(naive: str) -> None:
    assert "hung" in services(SLOW + NAIVE_LOCKS[naive], 10, 0.5)


# --- calls in other threads ----------------------------------------------------------

INSIDE = """
silent, other = S.socketpair()
late, other_late = S.socketpair()
late.settimeout(100)
listener = S.create_server(("127.0.0.1", 0))
waiting = S.create_server(("127.0.0.1", 0))
waiting.settimeout(100)
busy(lambda: silent.recv(10), lambda: silent.recv(100000), lambda: late.recv(10),
     lambda: listener.accept(), lambda: waiting.accept(),
     lambda: S.getaddrinfo("127.0.0.1", 80))

def work():
    echo()
    with S.create_server(("127.0.0.1", 0)) as mine:
        with S.create_connection(mine.getsockname(), 5) as client:
            mine.settimeout(5)
            sock, name = mine.accept()
            with sock:
                assert name == client.getsockname()
    assert S.getaddrinfo("127.0.0.1", 80)[0][4] == ("127.0.0.1", 80)

forked(work, TIMES)
"""


def test_other_threads_are_inside_calls() -> None:
    check(INSIDE, 15)


NAMES = """
busy(*[lambda: S.getaddrinfo("localhost", "http", type=S.SOCK_STREAM)] * 3)
forked(lambda: S.getaddrinfo("localhost", "http", type=S.SOCK_STREAM), TIMES)
"""


def test_names_are_looked_up_in_a_child_as_well_as_c_does() -> None:
    """The C library has locks of its own there.  pysock adds none."""
    theirs, _ = children_of(NAMES.replace("TIMES", "10"), "socket", 0.5)
    mine, _ = children_of(NAMES.replace("TIMES", "10"), "pysock", 0.5 if "hung" in theirs else 10)
    print(f"hung: {mine.count('hung')}, of C's {theirs.count('hung')}")
    assert set(mine) <= {0, "hung"}
    if "hung" not in theirs:
        assert "hung" not in mine


POOLS = """
NAIVE
def exchange():
    here, there = S.socketpair()
    data = b"PARENT" * 800
    def work():
        here.send(data)
        assert there.recv(len(data)) == data
        here.sendmsg([data, b"PARENT"])
        assert there.recvmsg(10000)[0] == data + b"PARENT"
        here.getsockopt(S.SOL_SOCKET, S.SO_RCVBUF, 4)
    return work

busy(exchange(), exchange(), exchange())
forked(echo, TIMES)
"""


def test_other_threads_send_and_receive_as_fast_as_they_can() -> None:
    check(POOLS.replace("NAIVE", ""), 50)


def test_with_pools_that_are_locked_it_hangs() -> None:
    naive = """
import _thread
from pysock._calls import memory
locks = {}
for module in [m for n, m in sys.modules.items() if n.partition(".")[0] == "pysock"]:
    for pool in [p for p in vars(module).values() if isinstance(p, memory.Pool)]:
        if pool in locks:
            continue
        locks[pool] = lock = _thread.allocate_lock()
        entry, pop, put = pool.take(), pool.pop, pool.put
        def take(entry=entry, lock=lock):
            lock.acquire()
            return entry
        def back(entry, lock=lock):
            lock.release()
        for each in [m for n, m in sys.modules.items() if n.partition(".")[0] == "pysock"]:
            for name, value in list(vars(each).items()):
                if value == pop:
                    setattr(each, name, take)
                elif value == put:
                    setattr(each, name, back)
        pool.take = pool.pop = take
        pool.put = back
"""
    for _ in range(20):
        program = POOLS.replace("NAIVE", naive).replace("TIMES", "8")
        if "hung" in children_of(program, deadline=0.5)[0]:
            return
    pytest.fail("a child went on although a lock was held: this test sees nothing")


# What all threads share: caches of addresses, and pools of large buffers.
SHARED = """
from itertools import count

def exchange(i):
    numbers = count()
    sock = S.socket(S.AF_INET, S.SOCK_DGRAM)
    here, there = S.socketpair()
    big = bytearray(200_000)
    def work():
        for _ in range(50):
            n = next(numbers) % 600
            name = f"127.{i}.{n >> 8}.{n & 255}", 9
            sock.connect(name)
            assert sock.getpeername() == name
            assert S.inet_ntoa(S.inet_aton(name[0])) == name[0]
        here.send(b"x")
        there.recv(len(big))
        here.sendmsg([b"x"])
        there.recvmsg(len(big))
    return work

busy(*map(exchange, range(4)))
own = exchange(9)

def work():
    own()
    echo()

forked(work, TIMES)
"""


def test_other_threads_change_what_all_share() -> None:
    check(SHARED, 30)


# Whether a thread is handed the lock of a dict at the moment of a fork depends on the machine.  So
# each is locked here as if one were; a child that has none of them goes on.
RENEWED = """
from ctypes import c_uint8
from pysock import _timeouts
from pysock._calls import memory, msghdr
from pysock._ffi import forks

S.setdefaulttimeout(5.0)
own = [names[cache] for names, caches in forks._sharing for cache in caches]
own += [memory.large_pool.entries, msghdr._large_pool.entries, _timeouts.default]
locks = {id(each): c_uint8.from_address(id(each) + MUTEX_AT) for each in own}
echo()

def work():
    echo()
    one, other = S.socketpair()
    for receive in one.recv, one.recvmsg:
        other.send(b"x")
        receive(200_000)
    assert S.inet_ntoa(S.inet_aton("127.1.2.3")) == "127.1.2.3"
    assert S.getdefaulttimeout() == 5.0
    S.setdefaulttimeout(None)

os.register_at_fork(
    before=lambda: [setattr(lock, "value", 1) for lock in locks.values()],
    after_in_parent=lambda: [setattr(lock, "value", 0) for lock in locks.values()],
)
forked(work, TIMES)
"""
MUTEX_AT = 10  # where the lock of an object is, in builds without the GIL


@pytest.mark.skipif(
    not FREE_THREADED or sys.maxsize < 2**32 or sys.version_info >= (3, 16),
    reason="where there is a GIL, objects have no locks",
)
def test_a_child_has_what_threads_share_anew() -> None:
    check(RENEWED.replace("MUTEX_AT", str(MUTEX_AT)), 3)


DEFAULTS = """
busy(*[lambda s=s: (S.setdefaulttimeout(s), S.socket().close()) for s in (None, 5.0, 0.5)])

def work():
    with S.socket() as sock:
        assert sock.gettimeout() in (None, 5.0, 0.5)
    S.setdefaulttimeout(3.0)
    with S.socket() as sock:
        assert sock.gettimeout() == S.getdefaulttimeout() == 3.0
    echo()

forked(work, TIMES)
"""


def test_other_threads_change_the_default_timeout() -> None:
    check(DEFAULTS, 20)


# --- sockets of both -----------------------------------------------------------------

INHERITED = """
here, there = S.socketpair()
listener = S.create_server(("127.0.0.1", 0))
client = S.create_connection(listener.getsockname())
peer, _ = listener.accept()
file = here.makefile("rwb")
got, seen = [], []
def read():
    while True:
        data = there.recv(100)
        got.append(data)
        seen.append(data)
threading.Thread(target=read, daemon=True).start()

def work():
    for sock in (here, there, listener, client, peer):
        sock.close()
    file.close()
    assert [s.fileno() for s in (here, there, listener, client, peer)] == [-1] * 5
    echo()

for turn in range(TIMES):
    forked(work, 1)
    text = b"turn %d" % turn
    here.sendall(text)
    until = time.monotonic() + 10
    while text not in got and time.monotonic() < until:
        time.sleep(0.001)
    assert got.pop() == text and not got, got
    client.sendall(text)
    assert peer.recv(100) == text
    S.create_connection(listener.getsockname(), 5).close()
    listener.accept()[0].close()
"""


def test_a_child_closes_what_it_inherits_and_the_parent_goes_on() -> None:
    check(INHERITED, 15)
