"""The same as ``storm``, in calls of the modules beyond the standard library.

``python -m tests.hostile.storm_beyond pysock signal 300`` raises 300 times in each of ``CALLS``;
with ``socket`` in the place of ``pysock`` it does so in a program of the C module that does the
same.  An exception comes anywhere in a call, however long that takes.  Besides what ``storm``
counts there are

    threads   that are left of look-ups
    files     that were left without a listener
    half      states that were left half made: options of which only some were set
"""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from struct import pack
from types import SimpleNamespace
from typing import Any

import pysock
from pysock import _lookups, ancillary, datagrams, dial, interfaces, multicast, streams, tcp, unix
from pysock.interfaces import _posix

from .storm import LONGEST, STORMS, weather

GROUP, SOURCE = "239.1.2.3", "127.0.0.1"
IDLE = 7  # seconds, which is no system's own value


class Scene:
    """Sockets of one module, for the calls.  ``tidy`` makes good what was interrupted."""

    def __init__(self, module: Any) -> None:
        self.S = S = module
        self.folder = tempfile.TemporaryDirectory(prefix="pysock-")
        self.path = os.path.join(self.folder.name, "listener")
        self.long = os.path.join(self.folder.name, "x" * 120)
        os.mkdir(self.long)
        self.server = S.create_server(("127.0.0.1", 0), backlog=128)
        self.name = self.server.getsockname()
        with S.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            self.nobody = nobody.getsockname()
        self.buffer, self.files, self.half = bytearray(9000), 0, 0
        self.stale = False
        self.made: list[Any] = []
        self.renew()

    def renew(self) -> None:
        """Sockets that nobody has used."""
        for sock in self.made:
            sock.close()
        S = self.S
        one, other = S.socketpair()
        here, there = S.socketpair(S.AF_UNIX, S.SOCK_DGRAM)
        self.one, self.other, self.here, self.there = one, other, here, there
        udp, to_udp = (S.socket(S.AF_INET, S.SOCK_DGRAM) for _ in range(2))
        udp.bind(("127.0.0.1", 0))
        to_udp.connect(udp.getsockname())
        self.udp, self.to_udp = udp, to_udp
        self.tcp = S.create_connection(self.name)
        self.made = [one, other, here, there, udp, to_udp, self.tcp]
        self.tidy_server()

    def tidy_server(self) -> None:
        self.server.setblocking(False)
        with suppress(OSError):
            while True:
                self.server.accept()[0].close()
        self.server.settimeout(None)

    def tidy(self) -> None:
        self.renew()
        if os.path.exists(self.path):
            os.unlink(self.path)
        if sys.implementation.name == "pypy" and os.path.exists(self.path + ".lock"):
            gc.collect()  # a listener that nobody has any more still has its lock
            os.unlink(self.path + ".lock")

    def astray(self) -> bool:
        """Whether something is left as it should not be; called after each exception."""
        self.files += os.path.exists(self.path) and not self.stale
        self.stale = False
        now = [self.tcp.getsockopt(6, number) == IDLE for number in (4, 5)]
        now.append(bool(self.tcp.getsockopt(self.S.SOL_SOCKET, self.S.SO_KEEPALIVE)))
        self.half += len(set(now)) > 1
        return any(
            (s.gettimeout() is None) != os.get_blocking(s.fileno())
            for s in self.made
            if s.fileno() >= 0
        )

    def locked(self) -> bool:
        for last in (sys.implementation.name != "pypy", True):
            try:
                self.buffer.append(0)
                self.buffer.pop()
                break
            except BufferError:
                if last:
                    self.buffer = bytearray(9000)
                    return True
                gc.collect()
        return False


Call = Callable[[Scene], Any]


def _refused(call: Callable[..., Any], *args: Any) -> None:
    try:
        call(*args)
    except OSError:
        return
    raise AssertionError("there is somebody who listens")


def _cancel(s: Scene) -> None:
    with dial.Cancel():
        pass


def _c_pair(s: Scene) -> None:
    for sock in s.S.socketpair():
        sock.close()


def _membership(s: Scene) -> None:
    multicast.join(s.udp, GROUP, "lo")
    multicast.leave(s.udp, GROUP, "lo")


def _c_membership(s: Scene) -> None:
    S, request = s.S, s.S.inet_aton(GROUP) + s.S.inet_aton("127.0.0.1")
    s.udp.setsockopt(S.IPPROTO_IP, S.IP_ADD_MEMBERSHIP, request)
    s.udp.setsockopt(S.IPPROTO_IP, S.IP_DROP_MEMBERSHIP, request)


def _sources(s: Scene) -> None:
    multicast.join(s.udp, GROUP, "127.0.0.1", source=SOURCE)
    multicast.leave(s.udp, GROUP, "127.0.0.1", source=SOURCE)


def _filters(s: Scene) -> None:
    multicast.join(s.udp, GROUP, "lo")
    multicast.block(s.udp, GROUP, SOURCE, "lo")
    multicast.unblock(s.udp, GROUP, SOURCE, "lo")
    multicast.leave(s.udp, GROUP, "lo")


def _c_receiver(s: Scene) -> None:
    S = s.S
    with S.socket(S.AF_INET, S.SOCK_DGRAM) as sock:
        sock.setsockopt(S.SOL_SOCKET, S.SO_REUSEADDR, 1)
        sock.bind((GROUP, 0))
        request = S.inet_aton(GROUP) + S.inet_aton("127.0.0.1")
        sock.setsockopt(S.IPPROTO_IP, S.IP_ADD_MEMBERSHIP, request)


def _c_source_for(s: Scene) -> None:
    S = s.S
    with S.socket(S.AF_INET, S.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", 9))
        sock.getsockname()


def _frames(s: Scene) -> None:
    streams.send_frame(s.one, s.buffer)
    streams.recv_frame(s.other)


def _c_frames(s: Scene) -> None:
    s.one.sendall(pack("!I", len(s.buffer)) + s.buffer)
    wanted = 4 + len(s.buffer)
    while wanted:
        wanted -= len(s.other.recv(wanted))


def _reader(s: Scene) -> None:
    streams.sendall(s.one, b"a line\nand another one")
    reader = streams.Reader(s.other)
    reader.recv_until(b"\n")
    reader.recv_exactly(15)


def _stream_close(s: Scene) -> None:
    one, other = s.S.socketpair()
    streams.half_close(one)
    streams.close(one)
    other.close()


def _c_stream_close(s: Scene) -> None:
    one, other = s.S.socketpair()
    one.shutdown(s.S.SHUT_WR)
    one.shutdown(s.S.SHUT_RDWR)
    one.close()
    other.close()


def _listen(s: Scene) -> None:
    unix.listen(s.path).close()


def _listen_over_a_stale_file(s: Scene) -> None:
    s.stale = True  # the file is there with any exception
    with s.S.socket(s.S.AF_UNIX) as sock:
        with suppress(OSError):  # it is there already
            sock.bind(s.path)
    unix.listen(s.path).close()
    s.stale = False


def _c_listen(s: Scene) -> None:
    lock = os.open(s.path + ".lock", os.O_RDWR | os.O_CREAT)
    try:
        with s.S.socket(s.S.AF_UNIX) as sock:
            try:
                sock.bind(s.path)
                sock.listen()
            finally:
                if os.path.exists(s.path):
                    os.unlink(s.path)
    finally:
        os.close(lock)


def _short_path(s: Scene) -> None:
    with unix.short_path(os.path.join(s.long, "y")) as path:
        assert len(path) < 108


def _c_short_path(s: Scene) -> None:
    os.close(os.open(s.long, os.O_RDONLY))


def _datagrams(s: Scene) -> None:
    datagrams.send_many(s.here, [b"x", s.buffer, b"y"])
    ring = datagrams.Ring(4, 9000)
    for _ in ring.receive(s.there):
        pass


def _c_datagrams(s: Scene) -> None:
    for data in (b"x", s.buffer, b"y"):
        s.here.send(data)
    for _ in range(3):
        s.there.recvfrom(9000)


def _segments(s: Scene) -> None:
    datagrams.send_segments(s.to_udp, s.buffer, 1000)
    datagrams.receive_segments(s.udp)


def _c_segments(s: Scene) -> None:
    s.to_udp.send(s.buffer)
    s.udp.recvmsg(9000, 64)


def _rights(s: Scene) -> None:
    s.S.send_fds(s.here, [b"x"], [0, 0])
    unix.recv_fds(s.there, 10, 2)[1].close()


def _values(s: Scene) -> None:
    s.S.send_fds(s.here, [b"x"], [0, 0])
    for value in ancillary.receive(s.there, 10).values:
        assert isinstance(value, ancillary.Rights)
        value.close()


def _c_rights(s: Scene) -> None:
    s.S.send_fds(s.here, [b"x"], [0, 0])
    for fd in s.S.recv_fds(s.there, 10, 2)[1]:
        os.close(fd)


def _keepalive(s: Scene) -> None:
    tcp.set_keepalive(s.tcp, idle=IDLE, interval=IDLE)


def _c_keepalive(s: Scene) -> None:
    for number in (4, 5):
        s.tcp.setsockopt(6, number, IDLE)
    s.tcp.setsockopt(s.S.SOL_SOCKET, s.S.SO_KEEPALIVE, 1)


def _c_sockets(s: Scene) -> None:
    with open("/proc/net/tcp") as listed:
        listed.read()


def _names(s: Scene) -> None:
    getattr(s.S, "if_nameindex", partial(os.listdir, "/sys/class/net"))()  # PyPy's has none


def _dial(s: Scene, host: str) -> None:
    dial.dial(host, s.name[1], timeout=5, resolution_delay=0).close()
    s.server.accept()[0].close()


def _c_dial(s: Scene, host: str) -> None:
    s.S.create_connection((host, s.name[1]), 5).close()
    s.server.accept()[0].close()


# What pysock does, and what a program of the C module has to do for that.
CALLS: dict[str, tuple[Call, Call]] = {
    "tcp.sockets": (lambda s: tcp.sockets(), _c_sockets),
    "dial": (lambda s: _dial(s, "127.0.0.1"), lambda s: _c_dial(s, "127.0.0.1")),
    "dial of a name": (lambda s: _dial(s, "localhost"), lambda s: _c_dial(s, "localhost")),
    "dial that is refused": (
        lambda s: _refused(dial.dial, *s.nobody),
        lambda s: _refused(s.S.create_connection, s.nobody),
    ),
    "dial.getaddrinfo": (
        lambda s: dial.getaddrinfo("127.0.0.1", 80, timeout=5),
        lambda s: s.S.getaddrinfo("127.0.0.1", 80),
    ),
    "dial.Cancel": (_cancel, _c_pair),
    "multicast.join": (_membership, _c_membership),
    "multicast.join of a source": (_sources, _c_membership),
    "multicast.block": (_filters, _c_membership),
    "multicast.sender": (lambda s: multicast.sender(GROUP).close(), _c_receiver),
    "multicast.receiver": (lambda s: multicast.receiver(GROUP, 0, "lo").close(), _c_receiver),
    "interfaces": (lambda s: interfaces.interfaces(), _names),
    "interfaces by getifaddrs": (lambda s: _posix.interfaces(), _names),
    "interfaces.gateways": (lambda s: interfaces.gateways(), _names),
    "interfaces.source_for": (lambda s: interfaces.source_for("127.0.0.1"), _c_source_for),
    "streams, frames": (_frames, _c_frames),
    "streams.Reader": (_reader, _c_frames),
    "streams.close": (_stream_close, _c_stream_close),
    "unix.listen": (_listen, _c_listen),
    "unix.listen over a stale file": (_listen_over_a_stale_file, _c_listen),
    "unix.short_path": (_short_path, _c_short_path),
    "unix.recv_fds": (_rights, _c_rights),
    "ancillary.receive": (_values, _c_rights),
    "datagrams": (_datagrams, _c_datagrams),
    "datagrams, segments": (_segments, _c_segments),
    "tcp.set_keepalive": (_keepalive, _c_keepalive),
    "tcp.supported": (lambda s: tcp.supported(), _c_sockets),
}


def _one_family(*args: Any) -> list[Any]:
    """``getaddrinfo(3)`` without a server of names: the host has no address of IPv6."""
    if args[2] == socket.AF_INET6:
        raise socket.gaierror(socket.EAI_NONAME, "no address")
    return pysock.getaddrinfo(*args)


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


def main(name: str, kind: str, raises: str, *only: str) -> None:
    warnings.simplefilter("ignore")
    told: list[str] = []
    sys.unraisablehook = lambda it: told.append(repr(it.exc_value))
    mine = name == "pysock"
    scene = Scene(pysock if mine else socket)
    if hasattr(gc, "freeze"):
        gc.freeze()
    vars(_lookups)["resolver"] = SimpleNamespace(getaddrinfo=_one_family)
    storm = STORMS[kind]()
    answers = {}
    for each in only or CALLS:
        call = partial(CALLS[each][not mine], scene)
        times = []
        for _ in range(5):
            scene.tidy()
            begin = time.perf_counter()
            call()
            times.append(time.perf_counter() - begin)
        storm.longest = max(LONGEST, sorted(times)[2])
        before = threads()
        scene.files = scene.half = 0
        seen = weather(storm, scene, call, int(raises), 0.0)  # type: ignore[arg-type]
        late = time.monotonic() + 5
        while threads() > before and time.monotonic() < late:
            time.sleep(0.01)
        left = {"threads": threads() - before, "files": scene.files, "half": scene.half}
        answers[each] = {**seen, **left}
    storm.end()
    print(json.dumps({"answers": answers, "told": sorted(set(told))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
