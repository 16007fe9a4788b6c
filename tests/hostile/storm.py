"""A storm of exceptions: one is raised wherever a call happens to be, again and again.

``python -m tests.hostile.storm pysock signal 300`` raises 300 times in each of ``CALLS``, and
prints as JSON what came of it.  With ``socket`` it does the same to the C module, and with
``naive`` to code that is written as anybody would write it who thinks of no storms.

What is counted for each call:

    raises    exceptions that came out of it as they should
    lost      descriptors that are open afterwards and belong to nobody
    locked    times that a buffer could not be resized while the traceback was alive
    replaced  other exceptions that came out instead
    vanished  exceptions that came out of nothing: a finaliser had them, and ignores them
    astray    times that a descriptor blocked though the socket has a timeout, or did not though
              it has none
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

from .storm_naive import NAIVE

Call = Callable[[], Any]
SHORTEST, LONGEST = 1e-6, 60e-6  # seconds until an exception is raised
BIG = 100_000  # bytes
PATIENCE = 4.0  # seconds, for one call's storm
COLLECTS_LATE = sys.implementation.name == "pypy"


class Stop(Exception):
    """What is raised."""


# --- the calls -----------------------------------------------------------------------


class Bench:
    """Sockets of one module, and the calls on them.  ``tidy`` makes good what was interrupted."""

    def __init__(self, module: Any) -> None:
        self.S = S = module
        self.unix_module: Any = None
        self.ancillary: Any = None
        if S.__name__ == "pysock":
            self.unix_module = import_module("pysock.unix")
            self.ancillary = import_module("pysock.ancillary")
        self.here, self.there = S.socketpair()
        self.left, self.right = S.socketpair(S.AF_UNIX, S.SOCK_DGRAM)
        self.folder = tempfile.TemporaryDirectory(prefix="pysock-")
        self.right_name = os.path.join(self.folder.name, "datagrams")
        self.named = S.socket(S.AF_UNIX, S.SOCK_DGRAM)
        self.named.bind(self.right_name)
        self.listener = S.create_server(("127.0.0.1", 0), backlog=128)
        self.unix = S.socket(S.AF_UNIX)
        self.unix.bind(os.path.join(self.folder.name, "listener"))
        self.unix.listen(128)
        self.tcp_name, self.unix_name = self.listener.getsockname(), self.unix.getsockname()
        self.buffers = {"small": bytearray(100), "big": bytearray(BIG)}
        self.views = {name: memoryview(bytearray(buf)) for name, buf in self.buffers.items()}
        self.sink = bytearray(2 * BIG)
        self.given: list[int] = []
        self.file = tempfile.TemporaryFile()
        self.file.write(bytes(100))
        self.file.flush()

    def tidy(self) -> None:
        for sock in self.there, self.right, self.named, self.here, self.left:
            sock.setblocking(False)
            with suppress(OSError):
                while True:
                    _, fds, _, _ = self.S.recv_fds(sock, 2 * BIG, 4)
                    for fd in fds:
                        os.close(fd)
            sock.settimeout(None)
        for listener in self.listener, self.unix:
            listener.setblocking(False)
            with suppress(OSError):
                while True:
                    listener.accept()[0].close()
            listener.settimeout(None)
        self.file.seek(0)
        while self.given:
            with suppress(OSError):  # that a socket object has closed it already
                os.close(self.given.pop())

    def astray(self) -> bool:
        """Whether a descriptor is in another mode than its socket says."""
        socks = self.here, self.there, self.left, self.right, self.named, self.listener, self.unix
        return any((s.gettimeout() is None) != os.get_blocking(s.fileno()) for s in socks)

    def locked(self) -> bool:
        """Whether somebody still holds one of the buffers.

        PyPy 8 leaves to its collector what nobody can release any more.
        """
        memories: list[Any] = [*self.buffers.values(), self.sink]
        memories += [view.obj for view in self.views.values()]
        for last in (not COLLECTS_LATE, True):
            try:
                for view in self.views.values():
                    view.release()
                for memory in memories:  # a view of a view holds on to the memory, not to the view
                    memory.append(0)
                    memory.pop()
                break
            except BufferError:
                if last:
                    self.buffers = {name: bytearray(buf) for name, buf in self.buffers.items()}
                    self.views = self._new_views()
                    self.sink = bytearray(2 * BIG)
                    return True
                gc.collect()
        self.views = self._new_views()
        return False

    def _new_views(self) -> dict[str, memoryview]:
        return {name: memoryview(bytearray(b)) for name, b in self.buffers.items()}

    # What makes or holds a descriptor.

    def socket(self) -> None:
        self.S.socket().close()

    def forgotten(self) -> None:
        self.S.socket()

    def not_blocking(self) -> None:
        flag = getattr(self.S, "SOCK_NONBLOCK", 0)
        self.S.socket(self.S.AF_UNIX, self.S.SOCK_STREAM | flag).close()

    def fileno(self) -> None:
        given = self.given
        given.extend(map(os.dup, (self.here.fileno(),)))  # in one step: they are the caller's
        self.S.socket(fileno=given[0]).close()
        given.clear()

    def socketpair(self) -> None:
        one, other = self.S.socketpair()
        one.close()
        other.close()

    def accept(self) -> None:
        with self.S.socket(self.S.AF_UNIX) as client:
            client.connect(self.unix_name)
            sock, _ = self.unix.accept()
            sock.close()

    def accept_with_timeout(self) -> None:
        self.unix.settimeout(5)
        self.accept()

    def connect(self) -> None:
        sock = self.S.socket(self.S.AF_UNIX)
        sock.connect(self.unix_name)
        sock.close()
        self.unix.accept()[0].close()

    def create_connection(self) -> None:
        self.S.create_connection(self.tcp_name, 5).close()
        self.listener.accept()[0].close()

    def create_server(self) -> None:
        self.S.create_server(("127.0.0.1", 0)).close()

    def dup(self) -> None:
        self.here.dup().close()

    def fromfd(self) -> None:
        self.S.fromfd(self.here.fileno(), self.S.AF_UNIX, self.S.SOCK_STREAM).close()

    def detach(self) -> None:
        os.close(self.S.socket().detach())

    def detached(self) -> None:
        self.S.socket(fileno=self.S.socket().detach()).close()

    def peer_pidfd(self) -> None:
        if self.unix_module is None:
            os.close(self.S.dup(self.here.fileno()))
        else:
            with suppress(OSError):  # it is Linux 6.5's
                os.close(self.unix_module.peer_pidfd(self.here))

    def dup_of_a_number(self) -> None:
        self.S.close(self.S.dup(self.here.fileno()))

    def makefile(self) -> None:
        one, other = self.S.socketpair()
        with one, other, one.makefile("rwb", 0) as raw, other.makefile("wb") as buffered:
            buffered.write(b"x")
            buffered.flush()
            raw.read(1)

    def recv_fds(self) -> None:
        self.S.send_fds(self.left, [b"x"], [0, 0])
        for fd in self.S.recv_fds(self.right, 10, 2)[1]:
            os.close(fd)

    def unix_recv_fds(self) -> None:
        self.S.send_fds(self.left, [b"x"], [0, 0])
        if self.unix_module is None:
            for fd in self.S.recv_fds(self.right, 10, 2)[1]:
                os.close(fd)
        else:
            self.unix_module.recv_fds(self.right, 10, 2)[1].close()

    def ancillary_receive(self) -> None:
        self.S.send_fds(self.left, [b"x"], [0, 0])
        if self.ancillary is None:
            for fd in self.S.recv_fds(self.right, 10, 2)[1]:
                os.close(fd)
        else:
            for value in self.ancillary.receive(self.right, 10).values:
                value.close()

    def recvmsg(self) -> None:
        self.S.send_fds(self.left, [b"x"], [0])
        for _, _, data in self.right.recvmsg(10, 64)[1]:
            os.close(int.from_bytes(data[:4], sys.byteorder))

    def recvmsg_into_fds(self) -> None:
        self.S.send_fds(self.left, [b"x"], [0])
        for _, _, data in self.right.recvmsg_into([self.sink], 64)[1]:
            os.close(int.from_bytes(data[:4], sys.byteorder))

    def recvmsg_with_much_room_fds(self) -> None:
        self.S.send_fds(self.left, [b"x"], [0])
        for _, _, data in self.right.recvmsg(BIG, BIG)[1]:
            os.close(int.from_bytes(data[:4], sys.byteorder))

    def sendfile(self) -> None:
        self.here.sendfile(self.file, 1)  # without sendfile(2), 0 is where the file stands
        self.there.recv_into(self.sink)

    def getaddrinfo(self) -> None:
        self.S.getaddrinfo("127.0.0.1", 80)

    def settimeout(self) -> None:
        for value in 5, None, 0, None:
            self.here.settimeout(value)

    # What holds a buffer.

    def recv_into(self) -> None:
        self.here.send(b"x")
        self.there.recv_into(self.buffers["small"])

    def recvfrom_into(self) -> None:
        self.left.send(b"x")
        self.right.recvfrom_into(self.buffers["small"])

    def recvmsg_into(self) -> None:
        self.left.send(b"x")
        self.right.recvmsg_into([self.buffers["small"], self.buffers["big"]])

    def recv_into_with_timeout(self) -> None:
        self.there.settimeout(5)
        self.recv_into()

    def recv_into_a_view(self) -> None:
        self.here.send(b"x")
        self.there.recv_into(self.views["big"])


def _sending(name: str, kind: str, size: str) -> Callable[[Bench], None]:
    def call(bench: Bench) -> None:
        data = getattr(bench, kind)[size]
        if name == "sendmsg":
            bench.here.sendmsg([data, b"x", data])
        elif name == "sendto":
            bench.left.sendto(data, bench.right_name)
            bench.named.recv_into(bench.sink)
            return
        else:
            getattr(bench.here, name)(data)
        bench.there.recv_into(bench.sink)

    return call


CALLS: dict[str, Callable[[Bench], None]] = {
    name: function
    for name, function in vars(Bench).items()
    if not name.startswith("_") and name not in ("tidy", "locked", "astray")
}
CALLS.update(
    (f"{name} of {kind}, {size}", _sending(name, kind, size))
    for name in ("send", "sendall", "sendmsg", "sendto")
    for kind in ("buffers", "views")
    for size in ("small", "big")
)


# --- the storm -----------------------------------------------------------------------


class Storm:
    """Something that raises Stop in the main thread, once each time it is armed."""

    longest = LONGEST

    def __init__(self) -> None:
        self.idle = True  # what was to be raised is raised, or on its way
        self.chance = random.Random(1)

    def arm(self) -> None:
        raise NotImplementedError

    def end(self) -> None: ...

    def attempt(self, call: Call) -> None:
        self.arm()
        while not self.idle:
            call()
        self.nothing()

    def nothing(self) -> None:
        """A call, in which an exception that is on its way arrives."""


class Signals(Storm):
    def __init__(self) -> None:
        super().__init__()
        signal.signal(signal.SIGALRM, self.answer)

    def answer(self, number: int, frame: Any) -> None:
        if not self.idle:
            self.idle = True
            raise Stop

    def arm(self) -> None:
        self.idle = False
        signal.setitimer(signal.ITIMER_REAL, self.chance.uniform(SHORTEST, self.longest))


class Thread(Storm):
    """Another thread: ``PyThreadState_SetAsyncExc``."""

    def __init__(self) -> None:
        super().__init__()
        self.main, self.ended = threading.get_ident(), False
        self.turn = threading.Lock()  # of C, in one step; a Semaphore would be interrupted
        self.turn.acquire()
        sys.setswitchinterval(1e-5)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        to, what = ctypes.c_ulong(self.main), ctypes.py_object(Stop)
        while True:
            self.turn.acquire()
            if self.ended:
                return
            time.sleep(self.chance.uniform(SHORTEST, self.longest))
            ctypes.pythonapi.PyThreadState_SetAsyncExc(to, what)
            self.idle = True

    def arm(self) -> None:
        while not self.idle:  # the last one has arrived before the thread could say so
            time.sleep(0)
        self.idle = False
        self.turn.release()

    def end(self) -> None:
        while not self.idle:
            time.sleep(0)
        self.ended = True
        self.turn.release()
        self.thread.join()


STORMS: dict[str, Callable[[], Storm]] = {"signal": Signals}
if hasattr(getattr(ctypes, "pythonapi", None), "PyThreadState_SetAsyncExc"):
    STORMS["thread"] = Thread


def open_descriptors() -> int:
    gc.collect()
    gc.collect()
    return len(os.listdir("/dev/fd"))


def weather(storm: Storm, bench: Bench, call: Call, raises: int, seconds: float) -> dict[str, Any]:
    """What comes of a storm in which a call is made."""
    bench.tidy()
    call()
    before = open_descriptors()
    replaced: dict[str, int] = {}
    seen = {"raises": 0, "vanished": 0, "locked": 0, "astray": 0}

    def attempt() -> None:
        try:
            storm.attempt(call)
            seen["vanished"] += 1
        except Stop:
            seen["raises"] += 1
            seen["locked"] += bench.locked()
            seen["astray"] += bench.astray()
        except Exception as error:
            what = f"{type(error).__name__}: {error}"[:80]
            replaced[what] = replaced.get(what, 0) + 1

    def came() -> int:
        return seen["raises"] + seen["vanished"] + sum(replaced.values())

    begin = time.monotonic()
    while time.monotonic() < begin + seconds or came() < raises:
        attempt()
        bench.tidy()
        if time.monotonic() > begin + max(PATIENCE, seconds):
            break
    return {**seen, "replaced": replaced, "lost": open_descriptors() - before}


def main(name: str, kind: str, raises: str, seconds: str = "0", *only: str) -> None:
    warnings.simplefilter("ignore")
    told: list[str] = []
    if hasattr(sys, "unraisablehook"):
        sys.unraisablehook = lambda it: told.append(repr(it.exc_value))
    naive = name == "naive"
    bench = Bench(__import__("pysock" if naive else name))
    calls = NAIVE if naive else CALLS
    if hasattr(gc, "freeze"):
        gc.freeze()
    storm = STORMS[kind]()
    answers = {}
    for each in only or calls:
        call = calls[each]
        answers[each] = weather(storm, bench, partial(call, bench), int(raises), float(seconds))
    storm.end()
    print(json.dumps({"answers": answers, "told": sorted(set(told))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
