"""A socket that is closed at a step of a call, where another one gets its number: never its bytes.

A signal handler and a finaliser may do so wherever Python hears of them: where a function begins,
and where one has returned.  There a profiler is told, so it stands for them, at one step after the
other.  (Python 3.9 and PyPy hear signals at other steps, too: ``docs/reliability.md`` has figures.)
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from ctypes import c_int
from itertools import count
from operator import methodcaller
from types import FrameType
from typing import Any

import pytest

import pysock
from pysock import (
    AF_UNIX,
    SO_KEEPALIVE,
    SO_SNDBUF,
    SOCK_DGRAM,
    SOCK_STREAM,
    SOL_SOCKET,
    ancillary,
    datagrams,
    streams,
    tcp,
    unix,
)

from .each_step import is_pysocks

SECRET, OWN = b"SECRET", b"OWN"
SNDBUF = 4608  # which Linux doubles
LINGER = 77  # seconds, of the other socket
Call = Callable[[Any], Any]


def into(call: Callable[[Any, Any], Any], buffer: Any) -> Any:
    call(buffer, 0)
    return bytes(buffer)


def detached(sock: Any) -> None:
    fd = sock.detach()
    if fd >= 0:
        os.close(fd)


CALLS: dict[str, Call] = {
    "recv": lambda s: s.recv(100),
    "recv with flags": lambda s: s.recv(100, pysock.MSG_PEEK),
    "recv, large": lambda s: s.recv(200_000),
    "recv, huge": lambda s: s.recv(1 << 24),
    "recv_into": lambda s: into(s.recv_into, bytearray(10)),
    "recv_into a view": lambda s: into(s.recv_into, memoryview(bytearray(10))),
    "recv_into, large": lambda s: into(s.recv_into, bytearray(100_000)),
    "recvfrom": lambda s: s.recvfrom(100)[0],
    "recvfrom, huge": lambda s: s.recvfrom(1 << 24)[0],
    "recvfrom_into": lambda s: into(s.recvfrom_into, bytearray(10)),
    "recvmsg": lambda s: s.recvmsg(100, 100)[0],
    "recvmsg, large": lambda s: s.recvmsg(100_000, 100)[0],
    "recvmsg_into": lambda s: into(lambda b, _: s.recvmsg_into([b]), bytearray(10)),
    "recvmsg_into, more": lambda s: into(lambda b, _: s.recvmsg_into([b, b], 50), bytearray(10)),
    "send": lambda s: s.send(OWN),
    "send of a bytearray": lambda s: s.send(bytearray(OWN)),
    "send, large": lambda s: s.send(bytearray(100_000)),
    "sendall": lambda s: s.sendall(OWN),
    "sendall, large": lambda s: s.sendall(bytearray(20_000)),
    "sendmsg": lambda s: s.sendmsg([OWN]),
    "sendmsg, more": lambda s: s.sendmsg([OWN, bytearray(OWN)], [], pysock.MSG_NOSIGNAL),
    "setsockopt": lambda s: s.setsockopt(SOL_SOCKET, SO_SNDBUF, SNDBUF),
    "setsockopt, bytes": lambda s: s.setsockopt(SOL_SOCKET, SO_SNDBUF, bytes(c_int(SNDBUF))),
    "settimeout": lambda s: s.settimeout(5),
    "setblocking": lambda s: s.setblocking(False),
    "close": methodcaller("close"),
    "dup": lambda s: s.dup().close(),
    "shutdown": lambda s: s.shutdown(pysock.SHUT_RDWR),
    "detach": detached,
}  # fmt: skip

# Of any socket: the standard library's do not know that they should be read last.
BEYOND: dict[str, Call] = {
    "streams.recv_exactly": lambda s: streams.recv_exactly(s, 3),
    "streams.sendall": lambda s: streams.sendall(s, OWN),
    "streams.half_close": streams.half_close,
    "streams.close": streams.close,
    "send_many": lambda s: datagrams.send_many(s, [OWN, OWN]),
    "send_many of bytearrays": lambda s: datagrams.send_many(s, [bytearray(OWN)]),
    "Ring.receive": lambda s: bytes(datagrams.Ring(2).receive(s)[0][0]),
    "unix.recv_fds": lambda s: unix.recv_fds(s, 100, 2)[0],
    "ancillary.receive": lambda s: ancillary.receive(s, 100).data,
    "tcp.set_keepalive": tcp.set_keepalive,
    "tcp.linger": tcp.linger,
}


class Meanwhile:
    """Closes ``sock`` at pysock's step of number ``n``, and lets another have its number."""

    def __init__(self, sock: Any, n: int) -> None:
        self.sock, self.left, self.where = sock, n, ""
        self.pair: Any = None

    def told(self, frame: FrameType, event: str, argument: Any) -> None:
        if event not in ("call", "c_return") or not is_pysocks(frame):
            return
        self.left -= 1
        if self.left == 0:
            sys.setprofile(None)
            self.where = f"{frame.f_code.co_name}:{frame.f_lineno}, {event}"
            number = self.sock.fileno()
            self.sock.close()
            self.pair = pysock.socketpair(AF_UNIX, SOCK_DGRAM)
            tcp.set_linger(self.pair[0], LINGER)
            if self.pair[0].fileno() != number:  # it was closed already
                self.where += ", too late"
            self.pair[1].send(SECRET)

    def harm(self, answer: Any) -> list[str]:
        """What was done to the other socket."""
        mine, peer = self.pair
        done = ["foreign bytes"] * (type(answer) is bytes and SECRET in answer)
        done += ["a foreign option"] * (answer == LINGER)
        peer.setblocking(False)
        try:
            with suppress(BlockingIOError):
                done.append(f"its peer has {peer.recv(100)!r}")
        except OSError as error:
            done.append(repr(error))
        try:
            done += ["it does not block"] * (not os.get_blocking(mine.fileno()))
            done += ["an option"] * (mine.getsockopt(SOL_SOCKET, SO_SNDBUF) == 2 * SNDBUF)
            done += ["it is kept alive"] * mine.getsockopt(SOL_SOCKET, SO_KEEPALIVE)
            done += ["its bytes are gone"] * (mine.recv(10, pysock.MSG_DONTWAIT) != SECRET)
            mine.send(b"x")  # BrokenPipeError, if it was shut down
        except OSError as error:
            done.append(repr(error))
        return done


def attempt(
    call: Call, timeout: float | None, n: int, module: Any = pysock
) -> tuple[str, list[str]]:
    """Where the socket was closed, ``""`` if the call ended before; and what harm that did."""
    sock, other = module.socketpair(AF_UNIX, SOCK_STREAM)
    sock.settimeout(timeout)
    other.send(OWN)
    other.shutdown(pysock.SHUT_WR)
    meanwhile = Meanwhile(sock, n)
    answer = None
    sys.setprofile(meanwhile.told)
    try:
        with suppress(OSError, ValueError):
            answer = call(sock)
    finally:
        sys.setprofile(None)
    harm = meanwhile.harm(answer) if meanwhile.where else []
    for each in (sock, other, *(meanwhile.pair or ())):
        each.close()
    return meanwhile.where, harm


def harm_at_each_step(call: Call, timeout: float | None, module: Any = pysock) -> list[str]:
    for _ in range(3):
        attempt(call, timeout, 10**6, module)
    wrong = []
    for n in count(1):
        where, harm = attempt(call, timeout, n, module)
        if not where:
            break
        wrong += [f"{where}: {each}" for each in harm]
    assert n > 1
    return wrong


@pytest.mark.parametrize("timeout", [None, 3.0])
@pytest.mark.parametrize("name", CALLS)
def test_no_other_socket_is_met(name: str, timeout: float | None) -> None:
    assert harm_at_each_step(CALLS[name], timeout) == []


@pytest.mark.parametrize("timeout", [None, 3.0])
@pytest.mark.parametrize("module", [pysock, socket], ids=["pysock", "C"])
@pytest.mark.parametrize("name", BEYOND)
def test_none_is_met_beyond_the_standard_library(
    name: str, module: Any, timeout: float | None
) -> None:
    assert harm_at_each_step(BEYOND[name], timeout, module) == []
