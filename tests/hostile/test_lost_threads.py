"""What a forked child collects before any of its hooks has run: that of the threads it has lost."""

from __future__ import annotations

import sys

import pytest

from pysock._ffi.interpreter import FREE_THREADED

from .test_forks import MUTEX_AT, children_of

# A socket that another thread has made, and that nobody has any more, is collected by that thread;
# or by a child, as soon as it has lost the thread.
COLLECTED = """
from ctypes import c_uint8
from pysock._ffi import forks

warnings.simplefilter("always", ResourceWarning)
caches = [names[cache] for names, several in forks._sharing for cache in several]
locks = [c_uint8.from_address(id(cache) + MUTEX_AT) for cache in caches]
made, (silent, other) = [], S.socketpair()

def make():
    for i in range(2):
        sock = S.socket(S.AF_INET, S.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        made.append(sock)
    FINALISER
    del sock
    silent.recv(1)

threading.Thread(target=make, daemon=True).start()
while len(made) < COUNT:
    time.sleep(0.001)
time.sleep(0.05)  # until it waits
os.register_at_fork(
    before=lambda: [setattr(lock, "value", 1) for lock in locks],
    after_in_parent=lambda: [setattr(lock, "value", 0) for lock in locks],
)
made.clear()
pid = os.fork()
if not pid:
    os._exit(0)
until = time.monotonic() + 5
while not (ended := os.waitpid(pid, os.WNOHANG))[0] and time.monotonic() < until:
    time.sleep(0.01)
if ended[0]:
    answers.append(ended[1])
else:
    answers.append("hung")
    os.kill(pid, signal.SIGKILL)
"""
FINALISERS = {
    "not closed": ("", 2),
    "the program's": ("""
    class Last:
        def __init__(self, sock):
            self.sock = sock
        def __del__(self):
            self.sock.getsockname()
            S.inet_aton("127.4.5.6")
            self.sock.close()
    made[:] = [Last(sock) for sock in made]
    made.append(None)
""", 3),
}  # fmt: skip


@pytest.mark.skipif(
    not FREE_THREADED or sys.maxsize < 2**32 or sys.version_info >= (3, 16),
    reason="where there is a GIL, objects have no locks",
)
@pytest.mark.parametrize("name", FINALISERS)
def test_a_child_collects_what_its_lost_threads_have_had(name: str) -> None:
    body, count = FINALISERS[name]
    program = COLLECTED.replace("MUTEX_AT", str(MUTEX_AT)).replace("COUNT", str(count))
    answers, told = children_of(program.replace("    FINALISER", body))
    assert answers == [0]
    # The parent ends before its thread has collected anything.
    assert told.count("unclosed") == (2 if name == "not closed" else 0), told
