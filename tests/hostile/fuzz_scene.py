"""The scene of one hostile call: a socket of pysock's, its peer, and what was sent to it.

The peer is a socket of the standard library, which is trusted.  What it sends is out of a known
alphabet, so anything else that arrives comes from somewhere in memory.  All sockets are pairs of
AF_UNIX, or on the loopback interface.
"""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress
from typing import Any

import pysock

from .fuzz_values import PATTERN

KINDS = ("stream", "stream", "stream", "dgram", "dgram", "tcp", "udp", "udp6", "listener", "closed")
SIZES = (0, 1, 5, 40, 500, 5000, 30_000)


class Scene:
    """``here`` belongs to the module under test, ``peer`` to the standard library."""

    def __init__(self, rng, module):
        self.rng, self.module = rng, module
        self.sent: list[bytes] = []
        self.known: list[Any] = []  # addresses that exist
        self.ends: list[Any] = []
        self.exact = True  # what arrives is a part of what was sent, in order
        self.kind = rng.choice(KINDS)
        getattr(self, "make_" + self.kind.rstrip("6"))()
        self.here.settimeout(rng.choice((0, 0, 0, 0, 0, 0.0005, 0.003)))
        if self.kind == "closed":
            self.here.close()
        elif self.kind != "listener":
            self.fill()

    def adopt(self, end):
        return self.module.socket(end.family, end.type, end.proto, fileno=end.detach())

    def make_stream(self):
        self.pair(socket.SOCK_STREAM)

    def make_dgram(self):
        self.pair(socket.SOCK_DGRAM)
        self.exact = False

    def pair(self, kind):
        one, self.peer = socket.socketpair(socket.AF_UNIX, kind)
        self.here = self.adopt(one)
        if self.rng.random() < 0.3:
            self.here.setsockopt(pysock.SOL_SOCKET, pysock.SO_PASSCRED, 1)

    make_closed = make_stream

    def make_tcp(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            self.peer = socket.create_connection(listener.getsockname())
            one, _ = listener.accept()
        self.here = self.adopt(one)

    def make_udp(self):
        family, host = socket.AF_INET, "127.0.0.1"
        if self.kind == "udp6" and HAS_V6:
            family, host = socket.AF_INET6, "::1"
        one, self.peer = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        one.bind((host, 0))
        self.peer.bind((host, 0))
        self.peer.connect(one.getsockname())
        if self.rng.random() < 0.7:
            one.connect(self.peer.getsockname())
        self.known.append(self.peer.getsockname())
        if family == socket.AF_INET and self.rng.random() < 0.2:
            one.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_RECVERR", 11), 1)
        self.here = self.adopt(one)
        self.exact = False

    def make_listener(self):
        one = socket.socket()
        one.bind(("127.0.0.1", 0))
        one.listen(3)
        self.peer = socket.socket()
        if self.rng.random() < 0.7:
            self.peer.connect(one.getsockname())
        self.known.append(one.getsockname())
        self.here = self.adopt(one)

    def fill(self):
        """Put some messages into what ``here`` can receive."""
        rng, peer = self.rng, self.peer
        peer.setblocking(False)
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            at = rng.randrange(2000)
            data = PATTERN[at : at + rng.choice(SIZES)]
            if self.kind == "tcp" and rng.random() < 0.1:
                self.exact = False
                peer.send(b"!", socket.MSG_OOB)
            if self.kind in ("stream", "dgram") and rng.random() < 0.3:
                self.send_rights(data)
            else:
                try:
                    peer.send(data)
                except OSError:
                    continue
            self.sent.append(data)
        if rng.random() < 0.08:
            peer.close() if rng.random() < 0.5 else peer.shutdown(socket.SHUT_WR)

    def send_rights(self, data):
        fds = [self.peer.fileno()] * self.rng.choice((1, 2, 5))
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack(f"{len(fds)}i", *fds))
        with suppress(OSError):
            self.peer.sendmsg([data], [rights])

    def close(self):
        for end in (self.here, self.peer):
            if self.kind in ("tcp", "listener"):
                self.reset(end)
            end.close()

    def reset(self, end):
        """Let a TCP connection end at once, without a state that waits for minutes."""
        if end.fileno() < 0:
            return
        with socket.socket(fileno=os.dup(end.fileno())) as same:
            with suppress(OSError):
                same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _has_v6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


HAS_V6 = _has_v6()
