"""The same as ``each_step``, in calls of the modules beyond the standard library.

``python -m tests.hostile.each_step_beyond`` prints as JSON of each call ``[places, wrong]``.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pysock
from pysock import ancillary, datagrams, dial, multicast, streams, tcp, unix
from pysock._calls.descriptor import hand_over

from .each_step import RECEIVING, Scene, interrupted, listener, pair

GROUP = "239.1.2.3"
IDLE = 7  # seconds, which is no system's own value


class Numbers:
    """Descriptors that are the caller's."""

    def __init__(self, *fds: int) -> None:
        self.fds = fds

    def close(self) -> None:
        for fd in self.fds:
            os.close(fd)


class Path:
    """The path of a listener, of which no file is left without one."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="pysock-")
        self.path = os.path.join(self.folder.name, "listener")

    def wrong(self) -> str:
        return "a file without a listener" if os.path.exists(self.path) else ""

    def close(self) -> None:
        self.folder.cleanup()


class Heard:
    """A listener whose file goes before itself."""

    def __init__(self, path: Path) -> None:
        self.listener, self.path = unix.listen(path.path), path.path

    def wrong(self) -> str:
        gone = self.listener.fileno() < 0 and os.path.exists(self.path)
        return "a file without a listener" if gone else ""

    def close(self) -> None:
        self.listener.close()


class Probed:
    """A connection whose probes are all as they were, or all as they should be."""

    def __init__(self, sock: pysock.Socket) -> None:
        self.sock, self.close = sock, sock.close

    def wrong(self) -> str:
        now = tcp.keepalive(self.sock)
        changed = [now.idle == IDLE, now.interval == IDLE, now.on]
        return "" if len(set(changed)) == 1 else f"half of it is changed: {now}"


def listen(scene: Scene) -> None:
    """In the scene there is the path, or the listener."""
    [path] = scene
    scene.append(unix.listen(path.path))
    path.wrong = str


def heard() -> Scene:
    scene: Scene = [Path()]
    scene.insert(0, Heard(scene[0]))
    scene[1].wrong = str
    return scene


def rights() -> Scene:
    """A message with two descriptors, and who receives it."""
    scene = list(pysock.socketpair(pysock.AF_UNIX, pysock.SOCK_DGRAM))
    pysock.send_fds(scene[1], [b"x"], [0, 1])
    return scene


def came() -> Scene:
    scene = rights()
    return [*scene, unix.recv_fds(scene[0], 10, 2)[1]]


def values() -> Scene:
    scene = rights()
    return [*scene, *ancillary.receive(scene[0], 10).values]


def datagram_pair() -> Scene:
    return list(pysock.socketpair(pysock.AF_UNIX, pysock.SOCK_DGRAM))


def udp() -> Scene:
    one, other = (pysock.socket(pysock.AF_INET, pysock.SOCK_DGRAM) for _ in range(2))
    one.bind(("127.0.0.1", 0))
    other.connect(one.getsockname())
    return [one, other]


def refused(call: Callable[..., Any], *args: Any) -> None:
    with suppress(OSError):
        call(*args)


def probed() -> Scene:
    server, client = listener()
    return [server, Probed(client)]


SCENES: dict[str, tuple[Callable[[], Scene], Callable[[Scene], Any]]] = {
    "unix.listen": (lambda: [Path()], listen),
    "close of unix.listen": (heard, lambda s: s[0].close()),
    "unix.recv_fds": (rights, lambda s: s.append(unix.recv_fds(s[0], 10, 2)[1])),
    "take of unix.recv_fds": (came, lambda s: s.append(Numbers(s[2].take()))),
    "close of unix.recv_fds": (came, lambda s: s[2].close()),
    "ancillary.receive": (rights, lambda s: s.extend(ancillary.receive(s[0], 10).values)),
    "Rights.take": (values, lambda s: s.append(Numbers(*s[2].take()))),
    "Rights.close": (values, lambda s: s[2].close()),
    "ancillary.enable": (pair, lambda s: ancillary.enable(s[0], ancillary.Credentials)),
    "send_many": (datagram_pair, lambda s: datagrams.send_many(s[0], [b"x", b"y"])),
    "send_many, views": (datagram_pair, lambda s: datagrams.send_many(s[0], [bytearray(9)] * 2)),
    "Ring.receive": (
        datagram_pair, lambda s: (s[1].send(b"x"), datagrams.Ring(4).receive(s[0]))
    ),
    "send_segments": (udp, lambda s: datagrams.send_segments(s[1], bytes(100), 30)),
    "receive_segments": (udp, lambda s: (s[1].send(b"x"), datagrams.receive_segments(s[0]))),
    "streams.sendall": (pair, lambda s: streams.sendall(s[0], bytearray(9000))),
    "streams.recv_exactly": (pair, lambda s: (s[0].send(b"xy"), streams.recv_exactly(s[1], 2))),
    "dial.Cancel": (list, lambda s: s.append(dial.Cancel())),
    "multicast.sender": (list, lambda s: s.append(multicast.sender(GROUP))),
    "multicast.receiver": (list, lambda s: s.append(multicast.receiver(GROUP, 0))),
    "tcp.set_keepalive": (
        probed, lambda s: tcp.set_keepalive(s[1].sock, idle=IDLE, interval=IDLE)
    ),
}  # fmt: skip

# Of these an object with descriptors is not used any more, which has a finaliser in Python.
FINALISING: dict[str, tuple[Callable[[], Scene], Callable[[Scene], Any]]] = {
    "unix.recv_fds, too many": (rights, lambda s: refused(unix.recv_fds, s[0], 10, 1)),
    "ancillary.receive, cut": (rights, lambda s: refused(ancillary.receive, s[0], 10, 20)),
    "ancillary.receive, forgotten": (rights, lambda s: refused(ancillary.receive, s[0], 10)),
}

RECEIVING |= {
    function.__code__
    for function in (unix.Descriptors.take, ancillary.Rights.take, hand_over, unix.listen)
}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    gc.freeze()
    answers = {name: interrupted(*each) for name, each in SCENES.items()}
    answers |= {name: interrupted(*each, finalises=True) for name, each in FINALISING.items()}
    print(json.dumps(answers))
