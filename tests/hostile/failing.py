"""``python3 -m tests.hostile.failing [--calls N] [NAME ...]``: calls that fail, and leave nothing.

Each method and function fails in every way that is named here, one after the other, ``N`` times
altogether (100,000).  Afterwards there is no more memory in use and no descriptor more.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import cycle
from typing import Any

import pysock

from ..harness import fill, on_pypy
from ..test_leaks import leaks

Call = Callable[[], Any]
S: Any = pysock  # whose types say that these calls are wrong


class Liar:
    """What no call can use."""

    def __index__(self) -> int:
        raise ArithmeticError

    def __buffer__(self, flags: int) -> memoryview:
        raise ArithmeticError


class Bench:
    """Sockets on which calls fail: closed, not connected, not ready, with no room, of no use."""

    def __init__(self, stack: ExitStack) -> None:
        self.closed = S.socket()
        self.closed.close()
        self.idle, self.full = (stack.enter_context(sock) for sock in S.socketpair())
        fill(self.full)
        self.late, self.late_full = (stack.enter_context(sock) for sock in S.socketpair())
        fill(self.late_full)
        for sock in self.idle, self.full:
            sock.setblocking(False)
        # The peer of a full socket has what it sent, so those that read get a pair of their own.
        self.empty, self.other = (stack.enter_context(sock) for sock in S.socketpair())
        self.empty.setblocking(False)
        self.hasty, self.other_hasty = (stack.enter_context(sock) for sock in S.socketpair())
        for sock in self.hasty, self.late_full:
            sock.settimeout(1e-6)
        self.tcp = stack.enter_context(S.socket())
        self.udp = stack.enter_context(S.socket(type=S.SOCK_DGRAM))
        self.listener = stack.enter_context(S.create_server(("127.0.0.1", 0)))
        self.listener.setblocking(False)
        self.unused = stack.enter_context(S.socket())
        self.unused.bind(("127.0.0.1", 0))
        self.nobody = self.unused.getsockname()
        self.alone, gone = S.socketpair()
        stack.enter_context(self.alone)
        gone.close()
        self.file = stack.enter_context(tempfile.TemporaryFile())
        self.file.write(b"abc")
        self.file.flush()
        self.buffer = bytearray(100)

    def reading(self, call: Callable[..., Any]) -> list[Call]:
        """The ways in which a call fails that has to wait for data."""
        socks = self.closed, self.empty, self.hasty, self.tcp
        ways: list[Call] = [partial(call, sock) for sock in socks]
        return [*ways, partial(call, self.empty, Liar()), partial(call, self.empty, "")]

    def writing(self, call: Callable[..., Any]) -> list[Call]:
        """The ways in which a call fails that has to wait for room."""
        socks = self.closed, self.full, self.late_full, self.alone, self.tcp
        data = b"x" * 100, bytearray(100_000)
        ways: list[Call] = [partial(call, sock, each) for sock in socks for each in data]
        return [*ways, partial(call, self.idle, Liar()), partial(call, self.idle, "x")]

    def calls(self) -> dict[str, list[Call]]:
        """For each name the ways in which it fails."""
        closed, tcp, udp, empty, idle = self.closed, self.tcp, self.udp, self.empty, self.idle
        room = self.buffer
        bad_address: list[Any] = [("127.0.0.1",), ("127.0.0.1", 1 << 20), ("127.0.0.1", Liar()), 5]
        found: dict[str, list[Call]] = {
            "recv": [
                *self.reading(lambda s, n=10: s.recv(n)),
                lambda: empty.recv(-1),
                lambda: empty.recv(10, 1 << 40),
                lambda: empty.recv(10**6),
            ],
            "recv_into": [
                *self.reading(lambda s, b=room: s.recv_into(b)),
                lambda: empty.recv_into(room, -1),
                lambda: empty.recv_into(room, 1000),
            ],
            "recvfrom": [
                *self.reading(lambda s, n=10: s.recvfrom(n)),
                lambda: udp.recvfrom(-1),
            ],
            "recvfrom_into": self.reading(lambda s, b=room: s.recvfrom_into(b)),
            "recvmsg": [
                *self.reading(lambda s, n=10: s.recvmsg(n, 100)),
                lambda: empty.recvmsg(1, -1),
                lambda: empty.recvmsg(100_000, 100),
            ],
            "recvmsg_into": [
                *self.reading(lambda s, b=room: s.recvmsg_into([b])),
                lambda: empty.recvmsg_into([room, b"abc"]),
                lambda: empty.recvmsg_into([room], -1),
            ],
            "recv_fds": [lambda: S.recv_fds(closed, 10, 2), lambda: S.recv_fds(empty, 10, 2)],
            "send": self.writing(lambda s, b: s.send(b)),
            "sendall": self.writing(lambda s, b: s.sendall(b)),
            "sendto": [
                lambda: closed.sendto(b"x", self.nobody),
                lambda: udp.sendto(b"x" * 70_000, self.nobody),
                lambda: udp.sendto(Liar(), self.nobody),
                *(partial(udp.sendto, b"x", address) for address in bad_address),
            ],
            "sendmsg": [
                *self.writing(lambda s, b: s.sendmsg([b, b])),
                lambda: idle.sendmsg([b"x"], [(S.SOL_SOCKET, S.SCM_RIGHTS, b"\xff" * 4)]),
                lambda: idle.sendmsg([b"x"], [(S.SOL_SOCKET, S.SCM_RIGHTS, Liar())]),
                lambda: udp.sendmsg([b"x"], [], 0, ("127.0.0.1", Liar())),
            ],
            "send_fds": [lambda: S.send_fds(idle, [b"x"], [9999])],
            "sendfile": [
                lambda: closed.sendfile(self.file, 1),
                lambda: udp.sendfile(self.file, 1),
                lambda: empty.sendfile(self.file, 1),
                lambda: tcp.sendfile(self.file, -1),
            ],
            "accept": [closed.accept, self.listener.accept, tcp.accept, udp.accept],
            "bind": [
                lambda: closed.bind(("127.0.0.1", 0)),
                lambda: tcp.bind(self.nobody),
                lambda: tcp.bind(("192.0.2.1", 0)),
                *(partial(tcp.bind, address) for address in bad_address),
            ],
            "connect": [
                lambda: closed.connect(self.nobody),
                lambda: S.socket.connect(self.alone, "\0nobody"),
                *(partial(tcp.connect, address) for address in bad_address),
            ],
            "connect_ex": [
                *(partial(tcp.connect_ex, address) for address in bad_address),
            ],
            "create_connection": [
                lambda: S.create_connection(self.nobody),
                lambda: S.create_connection(self.nobody, 1),
                lambda: S.create_connection(("127.0.0.1", 1), -1),
            ],
            "create_server": [
                lambda: S.create_server(self.nobody),
                lambda: S.create_server(("127.0.0.1", Liar())),
            ],
            "listen": [closed.listen, udp.listen, lambda: tcp.listen(Liar())],
            "shutdown": [lambda: closed.shutdown(2), lambda: tcp.shutdown(9)],
            "getsockname": [closed.getsockname],
            "getpeername": [closed.getpeername, tcp.getpeername],
            "getsockopt": [
                lambda: closed.getsockopt(S.SOL_SOCKET, S.SO_TYPE),
                lambda: tcp.getsockopt(9999, 1),
                lambda: tcp.getsockopt(S.SOL_SOCKET, 9999, 100),
                lambda: tcp.getsockopt(S.SOL_SOCKET, S.SO_TYPE, 5000),
                lambda: tcp.getsockopt(S.SOL_SOCKET, Liar()),
            ],
            "setsockopt": [
                lambda: closed.setsockopt(S.SOL_SOCKET, S.SO_KEEPALIVE, 1),
                lambda: tcp.setsockopt(9999, 1, 1),
                lambda: tcp.setsockopt(S.SOL_SOCKET, S.SO_LINGER, b"x"),
                lambda: tcp.setsockopt(S.SOL_SOCKET, S.SO_LINGER, Liar()),
            ],
            "settimeout": [lambda: tcp.settimeout(-1), lambda: tcp.settimeout("")],
            "setblocking": [lambda: closed.setblocking(False)],
            "makefile": [
                lambda: tcp.makefile("x"),
                lambda: tcp.makefile("r", 0),
                lambda: empty.makefile("rb", 0).write(b"x"),
                lambda: tcp.makefile("rb", 0).read(1),
            ],
            "dup": [closed.dup, lambda: S.dup(9999)],
            "fromfd": [lambda: S.fromfd(9999, S.AF_INET, S.SOCK_STREAM)],
            "close": [lambda: S.close(9999), lambda: S.close("")],
            "socket": [
                lambda: S.socket(9999),
                lambda: S.socket(S.AF_INET, 99),
                lambda: S.socket(fileno=9999),
                lambda: S.socket(fileno=self.file.fileno()),
                lambda: S.socket(Liar()),
            ],
            "socketpair": [lambda: S.socketpair(S.AF_INET), lambda: S.socketpair(9999)],
            "getaddrinfo": [
                lambda: S.getaddrinfo("256.1.1.1", 80, flags=S.AI_NUMERICHOST),
                lambda: S.getaddrinfo("127.0.0.1", "nothing", flags=S.AI_NUMERICSERV),
                lambda: S.getaddrinfo(None, None),
                lambda: S.getaddrinfo("127.0.0.1", Liar()),
            ],
            "getnameinfo": [
                lambda: S.getnameinfo(("x", 1), S.NI_NUMERICHOST),
                lambda: S.getnameinfo(("127.0.0.1",), 0),
            ],
            "gethostbyname": [lambda: S.gethostbyname("a" * 64 + ".x"), lambda: S.gethostbyname(5)],
            "getservbyname": [lambda: S.getservbyname("nothing-of-this-name")],
            "getservbyport": [lambda: S.getservbyport(-1), lambda: S.getservbyport(1, "nothing")],
            "getprotobyname": [lambda: S.getprotobyname("nothing-of-this-name")],
            "if_nametoindex": [
                lambda: S.if_nametoindex("nothing"),
                lambda: S.if_nametoindex("x" * 99),
            ],
            "if_indextoname": [lambda: S.if_indextoname(999_999), lambda: S.if_indextoname(-1)],
            "inet_aton": [lambda: S.inet_aton("x"), lambda: S.inet_aton("1.2.3.400")],
            "inet_ntoa": [lambda: S.inet_ntoa(b"123"), lambda: S.inet_ntoa(Liar())],
            "inet_pton": [lambda: S.inet_pton(S.AF_INET6, "x"), lambda: S.inet_pton(9999, "::")],
            "inet_ntop": [lambda: S.inet_ntop(S.AF_INET6, b"123"), lambda: S.inet_ntop(9999, b"")],
            "htons": [lambda: S.htons(-1), lambda: S.htons(Liar())],
            "CMSG_LEN": [lambda: S.CMSG_LEN(-1), lambda: S.CMSG_SPACE(1 << 70)],
        }
        if not on_pypy:  # whose io takes half a gigabyte for these, also with its own sockets
            found["makefile"].append(lambda: tcp.makefile("rw", encoding="none"))
        if hasattr(tcp, "sendmsg_afalg"):
            found["sendmsg_afalg"] = [
                lambda: tcp.sendmsg_afalg([b"x"], op=1),
                lambda: tcp.sendmsg_afalg([b"x"], op=-1),
            ]
        return found


def names() -> list[str]:
    """All that fails."""
    with ExitStack() as stack:
        return [*Bench(stack).calls()]


def grows(name: str, calls: int) -> str:
    """What has grown after so many calls have failed; nothing if nothing has."""
    with ExitStack() as stack:
        return growth(Bench(stack).calls()[name], calls)


def growth(ways: list[Call], calls: int) -> str:
    turn = cycle(ways)

    def fail() -> None:
        way = next(turn)
        try:
            answer = way()
        except (OSError, TypeError, ValueError, OverflowError, ArithmeticError, LookupError):
            return
        raise AssertionError(f"it does not fail, but answers {answer!r}")

    for _ in ways:
        fail()
    before = len(os.listdir("/dev/fd"))
    memory = leaks(fail, calls)
    more = len(os.listdir("/dev/fd")) - before
    return " and ".join(["memory"] * memory + [f"{more} descriptors"] * (more != 0))


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.hostile.failing",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("name", nargs="*")
    options = parser.parse_args()
    grown = 0
    begin = time.monotonic()
    for name in options.name or names():
        answer = grows(name, options.calls)
        grown += bool(answer)
        print(f"{time.monotonic() - begin:7.1f} s  {name}: {answer or 'nothing'} grew", flush=True)
    version = sys.version.split()[0]
    print(f"{sys.implementation.name} {version}: {grown or 'none'} grew")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
