"""Calls that fail while somebody watches each step, and uses sockets that fail meanwhile.

A debugger's or a profiler's function runs after any step of Python, so also between a call of C
and the one that reads its errno.  What it calls itself must not change what the program is told.
"""

from __future__ import annotations

import array
import socket as stdlib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

import pysock
from pysock._host import lib

from ..foreign import FOREIGN
from ..harness import fill, on_pypy

pytestmark = [
    pytest.mark.skipif(FOREIGN, reason="compares numbers with those of C's module"),
    pytest.mark.skipif(not hasattr(lib, "socketpair"), reason="the library is not POSIX's"),
]


class Bench:
    """Sockets of a module on which calls fail."""

    def __init__(self, module: Any, stack: ExitStack) -> None:
        self.module = module
        self.empty, self.other = map(stack.enter_context, module.socketpair())
        self.full, self.unread = map(stack.enter_context, module.socketpair())
        fill(self.full)
        for sock in self.empty, self.full:
            sock.setblocking(False)
        self.hasty, self.peer = map(stack.enter_context, module.socketpair())
        self.hasty.settimeout(0.001)
        self.alone, gone = module.socketpair()
        stack.enter_context(self.alone)
        gone.close()
        self.tcp = stack.enter_context(module.socket())
        self.udp = stack.enter_context(module.socket(type=module.SOCK_DGRAM))
        self.listener = stack.enter_context(module.create_server(("127.0.0.1", 0)))
        self.listener.setblocking(False)
        self.unused = stack.enter_context(module.socket())
        self.unused.bind(("127.0.0.1", 0))
        self.closed = module.socket()
        self.closed.close()


FAILING: dict[str, Callable[[Bench], Any]] = {
    "recv": lambda b: b.empty.recv(10),
    "recv of much": lambda b: b.empty.recv(200_000),
    "recv of very much": lambda b: b.empty.recv(2_000_000),
    "recv, late": lambda b: b.hasty.recv(10),
    "recv_into": lambda b: b.empty.recv_into(bytearray(10)),
    "recv_into of much": lambda b: b.empty.recv_into(bytearray(200_000)),
    "recvfrom": lambda b: b.empty.recvfrom(10),
    "recvfrom of much": lambda b: b.empty.recvfrom(200_000),
    "recvfrom_into": lambda b: b.empty.recvfrom_into(bytearray(10)),
    "recvmsg": lambda b: b.empty.recvmsg(10, 100),
    "recvmsg of much": lambda b: b.empty.recvmsg(200_000, 100),
    "recvmsg_into": lambda b: b.empty.recvmsg_into([bytearray(10)]),
    "recv, closed": lambda b: b.closed.recv(10),
    "recv, not connected": lambda b: b.tcp.recv(10),
    "send": lambda b: b.full.send(b"x"),
    "send of much": lambda b: b.full.send(bytes(200_000)),
    "send to nobody": lambda b: b.alone.send(b"x"),
    "sendall": lambda b: b.full.sendall(bytes(200_000)),
    "sendto": lambda b: b.udp.sendto(b"x", ("127.0.0.1", 0)),
    "sendto of much": lambda b: b.udp.sendto(bytes(200_000), ("127.0.0.1", 9)),
    "sendmsg": lambda b: b.full.sendmsg([b"x"]),
    "sendmsg of much": lambda b: b.full.sendmsg([bytes(200_000)]),
    "sendmsg of no descriptor": lambda b: b.other.sendmsg(
        [b"x"], [(b.module.SOL_SOCKET, b.module.SCM_RIGHTS, array.array("i", [9999]))]
    ),
    "accept": lambda b: b.listener.accept(),
    "accept, not listening": lambda b: b.tcp.accept(),
    "connect": lambda b: b.tcp.connect(b.unused.getsockname()),
    "connect_ex": lambda b: b.tcp.connect_ex(b.unused.getsockname()),
    "create_connection": lambda b: b.module.create_connection(b.unused.getsockname()),
    "bind": lambda b: b.tcp.bind(b.unused.getsockname()),
    "listen": lambda b: b.udp.listen(),
    "shutdown": lambda b: b.tcp.shutdown(b.module.SHUT_RD),
    "getsockname": lambda b: b.closed.getsockname(),
    "getpeername": lambda b: b.tcp.getpeername(),
    "getsockopt": lambda b: b.tcp.getsockopt(b.module.SOL_SOCKET, 9999),
    "getsockopt of bytes": lambda b: b.tcp.getsockopt(b.module.SOL_SOCKET, 9999, 10),
    "setsockopt": lambda b: b.tcp.setsockopt(b.module.SOL_SOCKET, 9999, 1),
    "setsockopt of bytes": lambda b: b.tcp.setsockopt(b.module.SOL_SOCKET, 9999, b"x"),
    "socket": lambda b: b.module.socket(9999),
    "socket of a file": lambda b: b.module.socket(fileno=9999),
    "socketpair": lambda b: b.module.socketpair(b.module.AF_INET),
    "dup": lambda b: b.module.dup(9999),
    "settimeout": lambda b: b.closed.settimeout(1),
    "if_nametoindex": lambda b: b.module.if_nametoindex("nothing"),
    "if_indextoname": lambda b: b.module.if_indextoname(999_999),
    "inet_pton": lambda b: b.module.inet_pton(9999, "::"),
}
NOT_ON_PYPY = ("if_nametoindex", "if_indextoname", "sendto of much", "inet_pton")


class Meddler:
    """What a debugger may do at each step: calls that succeed, and calls that fail."""

    def __init__(self, stack: ExitStack) -> None:
        self.pair = [stack.enter_context(sock) for sock in pysock.socketpair()]
        self.pair[1].setblocking(False)
        self.busy, self.times = False, 0

    def meddle(self) -> None:
        if self.busy:
            return
        self.busy, self.times = True, self.times + 1
        try:
            for call in self.fails, self.misses:
                with pytest.raises(OSError):
                    call()
        finally:
            self.busy = False

    def fails(self) -> None:
        self.pair[1].recv(10)

    def misses(self) -> None:
        self.pair[0].getsockopt(pysock.SOL_SOCKET, 9999)


@contextmanager
def lines(meddle: Callable[[], None]) -> Iterator[None]:
    def trace(frame: Any, event: str, argument: Any) -> Any:
        frame.f_trace_opcodes = True
        meddle()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


@contextmanager
def calls(meddle: Callable[[], None]) -> Iterator[None]:
    def profile(frame: Any, event: str, argument: Any) -> Any:
        meddle()

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)


@contextmanager
def monitored(meddle: Callable[[], None]) -> Iterator[None]:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
    events, tool = monitoring.events, 4

    def react(*_: Any) -> None:
        meddle()

    kinds = events.CALL, events.PY_START, events.LINE, events.PY_RETURN, events.INSTRUCTION
    monitoring.use_tool_id(tool, "a test")
    for kind in kinds:
        monitoring.register_callback(tool, kind, react)
    monitoring.set_events(tool, sum(kinds))
    try:
        yield
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)


WATCHES = [lines, calls] + [monitored] * hasattr(sys, "monitoring")


def outcome(call: Callable[[Bench], Any], bench: Bench) -> Any:
    try:
        return call(bench)
    except OSError as error:
        return type(error).__name__, error.errno


@pytest.mark.parametrize("watch", WATCHES)
@pytest.mark.parametrize("name", FAILING)
def test_who_watches_takes_no_errno(name: str, watch: Any) -> None:
    call = FAILING[name]
    with ExitStack() as stack:
        if not (on_pypy and name in NOT_ON_PYPY):
            expected = outcome(call, Bench(stdlib, stack))
        else:
            expected = outcome(call, Bench(pysock, stack))
        bench, meddler = Bench(pysock, stack), Meddler(stack)
        with watch(meddler.meddle):
            answer = outcome(call, bench)
    assert answer == expected
    assert meddler.times > 3
