"""The modules beyond the standard library in a program's life: no room, signals, forks."""

from __future__ import annotations

import errno
import gc
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

import pysock
from pysock import _lookups, _netlink, ancillary, datagrams, dial, interfaces, streams, tcp, unix

from ..harness import LATE, descriptors, fill, on_pypy, uses_alarms
from ..test_dial import forking, forks
from .storm_beyond import CALLS, Scene

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        not os.path.isdir("/proc/self/task"), reason="there is no /proc, as Linux has it"
    ),
]


# --- no descriptors ---------------------------------------------------------------------


@contextmanager
def room_for(spare: int) -> Iterator[None]:
    """So many descriptors may be made, and no more."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    gc.collect()
    highest = max(map(int, os.listdir("/proc/self/fd")))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 10, hard))
    taken = []
    try:
        with pytest.raises(OSError):
            while True:
                taken.append(os.dup(0))
        for _ in range(spare):
            os.close(taken.pop())
        yield
    finally:
        for fd in taken:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# In these some other error may be the first.
MIXED = {"dial of a name", "dial that is refused"}


@pytest.mark.parametrize("name", sorted(CALLS.keys() - MIXED))
def test_a_full_table_of_descriptors_says_so_and_leaves_nothing(name: str) -> None:
    """Until then multicast said that there was no such interface, and recv_fds that too many
    descriptors had come."""
    scene = Scene(pysock)
    call = CALLS[name][0]
    for spare in range(8):
        scene.tidy()
        before = len(descriptors())
        failure = None
        with room_for(spare):
            try:
                call(scene)
            except OSError as error:
                failure = error
        if failure is None:
            break
        assert failure.errno == LOST.get(name, errno.EMFILE), failure
        del failure
        scene.tidy()
        assert len(descriptors()) == before
    assert spare < 7
    for sock in [*scene.made, scene.server]:
        sock.close()
    scene.folder.cleanup()


# Whose errno is about the messages, whatever has made the kernel drop them.
LOST = {"ancillary.receive": errno.EMSGSIZE}


# --- signals that return ----------------------------------------------------------------

SECONDS = 0.3
# PyPy's own socket begins its timeout anew after each signal.
MODULES = [pysock] if on_pypy else [pysock, socket]


def _late(call: Callable[[], Any]) -> float:
    begin = time.monotonic()
    with pytest.raises(OSError) as caught:
        call()
    assert isinstance(caught.value, (pysock.timeout, socket.timeout))
    return time.monotonic() - begin - SECONDS


def _slow(*args: Any) -> Any:
    end = time.monotonic() + 2
    while time.monotonic() < end:
        time.sleep(0.05)
    return []


STREAM: dict[str, Callable[[Any, Any], Any]] = {
    "streams.sendall": lambda full, empty: streams.sendall(full, bytes(500_000)),
    "streams.send_frame": lambda full, empty: streams.send_frame(full, bytes(500_000)),
    "streams.recv_exactly": lambda full, empty: streams.recv_exactly(empty, 5),
    "streams.recv_frame": lambda full, empty: streams.recv_frame(empty),
    "Reader.recv_until": lambda full, empty: streams.Reader(empty).recv_until(b"x"),
}
DATAGRAM: dict[str, Callable[[Any, Any], Any]] = {
    "send_many": lambda full, empty: datagrams.send_many(full, [b"x"] * 10),
    "send_many, views": lambda full, empty: datagrams.send_many(full, [bytearray(9)] * 10),
    "Ring.receive": lambda full, empty: datagrams.Ring(4).receive(empty),
    "receive_segments": lambda full, empty: datagrams.receive_segments(empty),
    "unix.recv_fds": lambda full, empty: unix.recv_fds(empty, 5, 5),
    "ancillary.receive": lambda full, empty: ancillary.receive(empty, 5),
}


@uses_alarms
@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
@pytest.mark.parametrize("name", [*STREAM, *DATAGRAM])
def test_handlers_that_return_move_no_deadline(name: str, module: Any) -> None:
    kind = module.SOCK_STREAM if name in STREAM else module.SOCK_DGRAM
    full, peer = module.socketpair(module.AF_UNIX, kind)
    empty, other = module.socketpair(module.AF_UNIX, kind)
    with full, peer, empty, other, often() as heard:
        full.setblocking(False)
        fill(full)
        full.settimeout(SECONDS)
        empty.settimeout(SECONDS)
        late = _late(lambda: {**STREAM, **DATAGRAM}[name](full, empty))
    assert 0 <= late < LATE / 20
    assert heard


@uses_alarms
@pytest.mark.parametrize("name", ["dial", "getaddrinfo"])
def test_handlers_that_return_move_no_deadline_of_a_look_up(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_lookups, "resolver", SimpleNamespace(getaddrinfo=_slow))
    with often() as heard:
        late = _late(lambda: getattr(dial, name)("localhost", 80, timeout=SECONDS))
    assert 0 <= late < LATE / 20
    assert heard


@contextmanager
def often() -> Iterator[list[int]]:
    """A signal each few milliseconds, whose handler returns."""
    heard: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: heard.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.003, 0.003)
    try:
        yield heard
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# --- a handler that forks ---------------------------------------------------------------

ASKING: dict[str, Callable[[], Any]] = {
    "interfaces": interfaces.interfaces,
    "gateways": interfaces.gateways,
    "tcp.sockets": lambda: tcp.sockets(states=()),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of a fork beside other threads
@pytest.mark.parametrize("moment", ["socket", "send", "recv"])
@pytest.mark.parametrize("name", ASKING)
def test_a_fork_while_the_kernel_is_asked(
    name: str, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process gets its own answers: of one socket, one of them got the other's, and then one
    waited for ever."""
    ASKING[name]()

    class Forking(pysock.Socket):
        """A socket whose users are interrupted by a handler that forks."""

        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            if moment == "socket":
                forks[0]()

        def send(self, *args: Any) -> int:
            sent = super().send(*args)
            if moment == "send":
                forks[0]()
            return sent

        def recv(self, *args: Any) -> bytes:
            data = super().recv(*args)
            if moment == "recv":
                forks[0]()
            return data

    children: list[int] = []
    with forking(children) as told:
        monkeypatch.setattr(_netlink, "Socket", Forking)
        ASKING[name]()
        if children == [0]:
            raise RuntimeError("it ended")
    assert told == ["RuntimeError: it ended."]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("ends", ["an exception", "close"])
def test_a_fork_while_a_listener_is_made(
    ends: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is the parent's: a child that gives up, or closes, leaves it where it is."""
    path = tmp_path / "listener"
    reader, writer = os.pipe()  # which the child has until it ends
    listen = pysock.Socket.listen

    def forked(sock: Any, *args: Any) -> None:
        listen(sock, *args)
        forks[0]()
        if children == [0] and ends == "an exception":
            raise RuntimeError("it ended")

    children: list[int] = []
    with forking(children) as told:
        monkeypatch.setattr(pysock.Socket, "listen", forked)
        with unix.listen(path):
            if children != [0]:
                os.close(writer)
                assert os.read(reader, 1) == b""
                os.close(reader)
                assert path.exists()
        if children == [0]:
            raise RuntimeError("it ended")
    assert told == ["RuntimeError: it ended."]
    assert not path.exists()


def test_a_listener_whose_file_is_gone_is_closed(tmp_path: Any) -> None:
    """Somebody has removed it, as a handler that closes the same listener does meanwhile."""
    with unix.listen(tmp_path / "listener") as listener:
        os.unlink(tmp_path / "listener")
    assert listener.fileno() < 0
