"""Allocations of a call fail, one after the other: ``python -m tests.hostile.no_memory pysock``.

With ``socket`` it does the same to the C module.  Printed as JSON is, for each call, how many
allocations there were, how many descriptors were lost, how often a buffer stayed locked, and what
was raised that is no MemoryError.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import warnings
from array import array
from collections.abc import Callable
from contextlib import suppress
from typing import Any

CLEAN = 8  # so many calls without a failure, and there are no more allocations
MOST = 300
LONG = 100_000  # allocations, of which a call makes a few dozen
OWNERS = (
    *("socket", "forgotten", "dup", "socketpair", "create_server", "send", "recv_into, large"),
    *("detach", "fileno"),
    *("recvmsg, descriptors", "recvmsg, large, descriptors", "recvmsg_into, descriptors"),
    "recvmsg_into, large, descriptors",
)
RECEIVERS = ("ancillary.receive", "unix.recv_fds")  # into objects, which come late


class Scene:
    """Sockets of one module, and the calls on them."""

    def __init__(self, module: Any) -> None:
        self.S = S = module
        self.here, self.there = S.socketpair()
        self.udp = S.socket(type=S.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.name = self.udp.getsockname()
        self.listener = S.create_server(("127.0.0.1", 0))
        self.target = self.listener.getsockname()
        for sock in (self.here, self.there, self.udp, self.listener):
            sock.settimeout(0.05)
        self.small, self.big = bytearray(100), bytearray(200_000)
        self.sender, self.rights = S.socketpair(S.AF_UNIX, S.SOCK_DGRAM)
        self.came: Any = None
        self.room, self.large = [bytearray(9)], [bytearray(20_000)]
        self.number = self.given = -1
        self.made: Any = None

    def feed(self) -> None:
        """Something to receive everywhere, and nothing that an earlier call has left."""
        for sock in (self.here, self.there, self.udp, self.listener):
            sock.setblocking(False)
            try:
                while True:
                    if sock is self.listener:
                        sock.accept()[0].close()
                    elif not sock.recv(1 << 20):
                        break
            except OSError:
                sock.settimeout(0.05)
        self.close_what_came()
        self.given = os.dup(self.here.fileno())
        self.S.send_fds(self.sender, [b"x"], [0, 0])
        self.here.send(b"abc")
        self.there.send(b"abc")
        self.udp.sendto(b"abc", self.name)

    def close_what_came(self) -> None:
        """The descriptors of a message that was received, and of those that were not."""
        if self.number >= 0:
            os.close(self.number)
            self.number = -1
        if self.made is not None:
            self.made.close()
        elif self.given >= 0:
            os.close(self.given)
        self.made, self.given = None, -1
        came = [self.came] if self.came else []
        self.came = None
        with suppress(OSError):
            while True:
                came.append(self.rights.recvmsg(9, 100, self.S.MSG_DONTWAIT))
        for _, ancdata, *_ in came:
            for _, _, data in ancdata:
                for fd in memoryview(data).cast("i"):
                    os.close(fd)

    # To keep what came takes no memory.

    def recvmsg(self) -> None:
        self.came = self.rights.recvmsg(9, 64)

    def detach(self) -> None:
        sock = self.S.socket()
        self.number = sock.detach()

    def fileno(self) -> None:
        """A socket of a descriptor, which stays the caller's if that fails."""
        self.made = self.S.socket(fileno=self.given)

    def recvmsg_large(self) -> None:
        self.came = self.rights.recvmsg(100_000, 5_000)

    def recvmsg_into(self) -> None:
        self.came = self.rights.recvmsg_into(self.room, 64)

    def recvmsg_into_large(self) -> None:
        self.came = self.rights.recvmsg_into(self.large, 64)

    def locked(self) -> bool:
        try:
            for buffer in (self.small, self.big):
                buffer.append(0)
                buffer.pop()
        except BufferError:
            return True
        return False

    def pair(self) -> None:
        one, other = self.S.socketpair()
        one.close()
        other.close()

    def packets(self) -> None:
        """An interface's name becomes its index, and the index a name."""
        six = self.S.socket(self.S.AF_INET6)
        with suppress(OSError):
            six.bind(("fe80::1%lo", 0))
        six.close()

    def calls(self) -> dict[str, Callable[[], Any]]:
        S, here, udp, small, big = self.S, self.here, self.udp, self.small, self.big
        return {
            "socket": lambda: S.socket().close(),
            "forgotten": lambda: S.socket() and None,
            "dup": lambda: here.dup().close(),
            "fromfd": lambda: S.fromfd(here.fileno(), S.AF_UNIX, S.SOCK_STREAM).close(),
            "create_connection": lambda: S.create_connection(self.target, 1).close(),
            "send": lambda: here.send(small),
            "send, large": lambda: here.send(big),
            "send, view": lambda: here.send(memoryview(bytes(big))),
            "sendall": lambda: here.sendall(small),
            "sendto": lambda: udp.sendto(small, self.name),
            "sendmsg": lambda: here.sendmsg([small, b"x"]),
            "sendmsg, large": lambda: here.sendmsg([small] * 200),
            "sendmsg, array": lambda: here.sendmsg([array("i", [5]), b"x"]),
            "recv": lambda: here.recv(100),
            "recv, large": lambda: here.recv(100_000),
            "recv, huge": lambda: here.recv(5_000_000),
            "recv_into": lambda: here.recv_into(small),
            "recv_into, large": lambda: here.recv_into(big),
            "recvfrom": lambda: udp.recvfrom(100),
            "recvfrom_into": lambda: udp.recvfrom_into(small),
            "recvmsg": lambda: here.recvmsg(100, 100),
            "recvmsg, large": lambda: here.recvmsg(100_000, 100),
            "recvmsg_into": lambda: here.recvmsg_into([small, big], 100),
            "recvmsg_into, small": lambda: here.recvmsg_into([small, bytearray(9)]),
            "detach": self.detach,
            "fileno": self.fileno,
            "recvmsg, descriptors": self.recvmsg,
            "recvmsg, large, descriptors": self.recvmsg_large,
            "recvmsg_into, descriptors": self.recvmsg_into,
            "recvmsg_into, large, descriptors": self.recvmsg_into_large,
            "getsockname": udp.getsockname,
            "getsockopt": lambda: here.getsockopt(S.SOL_SOCKET, S.SO_TYPE),
            "getsockopt, bytes": lambda: here.getsockopt(S.SOL_SOCKET, S.SO_TYPE, 100),
            "settimeout": lambda: here.settimeout(0.05),
            "setsockopt, bytes": lambda: here.setsockopt(S.SOL_SOCKET, S.SO_LINGER, bytes(8)),
            "socketpair": self.pair,
            "create_server": lambda: S.create_server(("127.0.0.1", 0)).close(),
            "bind, by interface": self.packets,
            "getaddrinfo": lambda: S.getaddrinfo("127.0.0.1", 80, flags=S.AI_CANONNAME),
            "getnameinfo": lambda: S.getnameinfo(self.name, S.NI_NUMERICHOST),
            "gethostbyname_ex": lambda: S.gethostbyname_ex("127.0.0.1"),
            "getfqdn": lambda: S.getfqdn("127.0.0.1"),
            "gethostname": S.gethostname,
            "getservbyport": lambda: found(S.getservbyport, 80),
            "if_nameindex": S.if_nameindex,
            "if_indextoname": lambda: found(S.if_indextoname, 1),
            **(self.beyond() if S.__name__ == "pysock" else {}),
        }

    def beyond(self) -> dict[str, Callable[[], Any]]:
        """Calls of the modules beyond the standard library."""
        ancillary, datagrams, dial, interfaces, streams, tcp, unix = [
            importlib.import_module(f"pysock.{name}")
            for name in "ancillary datagrams dial interfaces streams tcp unix".split()
        ]
        here, udp, name = self.here, self.udp, self.name
        three = [(b"abc", name)] * 3
        ring = datagrams.Ring(4, 100)
        return {
            "ancillary.receive": lambda: ancillary.receive(self.rights, 10).values[0].close(),
            "datagrams.send_many": lambda: datagrams.send_many(udp, three),
            "datagrams.send_segments": lambda: datagrams.send_segments(udp, b"abcde", 2, name),
            "datagrams.receive_segments": lambda: datagrams.receive_segments(udp),
            "datagrams.Ring": lambda: ring.receive(udp),
            "dial.Cancel": lambda: dial.Cancel().close(),
            "interfaces": interfaces.interfaces,
            "streams.sendall": lambda: streams.sendall(here, b"abc"),
            "streams.recv_exactly": lambda: streams.recv_exactly(here, 3),
            "tcp.set_keepalive": lambda: tcp.set_keepalive(self.listener, 5),
            "tcp.info": lambda: found(tcp.info, self.listener),
            "unix.recv_fds": lambda: unix.recv_fds(self.rights, 10, 2)[1].close(),
            "unix.peer": lambda: unix.peer(here),
        }


def found(look_up: Callable[[Any], Any], what: Any) -> None:
    """A look-up of what need not be there."""
    with suppress(OSError):
        look_up(what)


def descriptors() -> int:
    gc.collect()
    return len(os.listdir("/dev/fd"))


def starve(scene: Scene, call: Callable[[], Any], failing: int) -> dict[str, Any]:
    """What comes of a call when its first allocation fails, its second, and so on.

    So many fail one after the other: only that one, or also those that it takes to clean up.
    """
    nomemory: Any = importlib.import_module("_testcapi")
    for _ in range(3):
        scene.feed()
        call()
        scene.close_what_came()
    scene.feed()
    before, others, locked, clean, at = descriptors(), set(), 0, 0, 0
    while clean < CLEAN and at < MOST:
        scene.feed()
        clean += 1
        try:
            nomemory.set_nomemory(at, at + failing)
            try:
                call()
            finally:
                nomemory.remove_mem_hooks()
        except MemoryError:
            clean = 0
            locked += scene.locked()
        except Exception as error:
            clean = 0
            others.add(f"{type(error).__name__}: {error}"[:80])
            locked += scene.locked()
        scene.close_what_came()
        at += 1
    scene.feed()
    return {"allocations": at, "lost": descriptors() - before, "locked": locked,
            "others": sorted(others)}  # fmt: skip


def main(name: str) -> None:
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda it: None  # a finaliser may have no memory to say what it closes
    scene = Scene(importlib.import_module(name))
    calls = scene.calls()
    # First, since each MemoryError that CPython 3.9 loses meanwhile is one of 16 that it keeps.
    nothing_left = {name: starve(scene, calls[name], LONG) for name in OWNERS}
    few = {name: starve(scene, calls[name], 3) for name in calls if name in OWNERS + RECEIVERS}
    once = {name: starve(scene, call, 1) for name, call in calls.items()}
    print(json.dumps({"once": once, "few": few, "nothing left": nothing_left}))


if __name__ == "__main__":
    main(*sys.argv[1:])
