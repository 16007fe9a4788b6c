"""Rows that need one process: each function sets a scene and returns what performs n operations.

``socket`` is the implementation; what is opened is closed by ``stack``.
"""

from __future__ import annotations

import os
import threading
from array import array
from collections.abc import Callable
from contextlib import ExitStack
from time import perf_counter_ns, sleep
from typing import Any

from .measure import Run

LONG = 10.0  # seconds of timeout, which never pass


def pair(socket: Any, stack: ExitStack, kind: str, timeout: float | None = None) -> Any:
    """Two connected sockets: ``unix`` (of socketpair) or ``tcp``."""
    if kind == "unix":
        ends = socket.socketpair()
    else:
        with socket.socket() as listener:
            # Room for 64 KiB on the way: one thread is both ends.
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                listener.setsockopt(socket.SOL_SOCKET, option, 1 << 18)
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            here = socket.socket()
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                here.setsockopt(socket.SOL_SOCKET, option, 1 << 18)
            here.connect(listener.getsockname())
            ends = here, listener.accept()[0]
        for end in ends:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for end in ends:
        stack.callback(end.close)
        end.settimeout(timeout)
    return ends


def ping_pong(
    socket: Any, stack: ExitStack, kind: str, size: int, timeout: float | None = None
) -> Run:
    """There and back: send, recv, send, recv."""
    a, b = pair(socket, stack, kind, timeout)
    data = bytes(size)
    assert a.send(data) == size
    assert len(b.recv(size)) == size, "it came in pieces"

    def run(n: int) -> None:
        for _ in range(n):
            a.send(data)
            b.recv(size)
            b.send(data)
            a.recv(size)

    return run


def into(
    socket: Any, stack: ExitStack, kind: str, size: int, timeout: float | None = None
) -> Run:
    """send and recv_into."""
    a, b = pair(socket, stack, kind, timeout)
    data, buffer = bytes(size), bytearray(size)

    def run(n: int) -> None:
        for _ in range(n):
            a.send(data)
            b.recv_into(buffer)

    return run


BUFFERS: dict[str, Callable[[int], Any]] = {
    "bytearray": bytearray,
    "memoryview": lambda size: memoryview(bytearray(size)),
    "read-only view": lambda size: memoryview(bytes(size)),
    "array": lambda size: array("B", bytes(size)),
}


def send_buffer(socket: Any, stack: ExitStack, kind: str, size: int) -> Run:
    """send of something else than bytes, and recv."""
    a, b = pair(socket, stack, "unix")
    data = BUFFERS[kind](size)

    def run(n: int) -> None:
        for _ in range(n):
            a.send(data)
            b.recv(size)

    return run


def udp(socket: Any, stack: ExitStack, size: int, timeout: float | None = None) -> Run:
    """sendto and recvfrom."""
    a = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    b = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    b.bind(("127.0.0.1", 0))
    a.settimeout(timeout)
    b.settimeout(timeout)
    address = b.getsockname()
    data = bytes(size)

    def run(n: int) -> None:
        for _ in range(n):
            a.sendto(data, address)
            b.recvfrom(1024)

    return run


def descriptor(socket: Any, stack: ExitStack) -> Run:
    """sendmsg and recvmsg of one byte with one descriptor, which is closed again."""
    a, b = pair(socket, stack, "unix")
    payload = array("i", [a.fileno()]).tobytes()
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, payload)]
    space = socket.CMSG_SPACE(4)
    close = os.close

    def run(n: int) -> None:
        for _ in range(n):
            a.sendmsg([b"x"], ancillary)
            _, received, _, _ = b.recvmsg(1, space)
            close(array("i", received[0][2])[0])

    return run


def documented_descriptor(socket: Any, stack: ExitStack) -> Run:
    """The same as Python's documentation of sendmsg and recvmsg writes it, and MSG_CMSG_CLOEXEC."""
    a, b = pair(socket, stack, "unix")
    own, close = [a.fileno()], os.close
    flags = getattr(socket, "MSG_CMSG_CLOEXEC", 0)  # PyPy lacks it

    def run(n: int) -> None:
        for _ in range(n):
            a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", own))])
            fds = array("i")
            space = socket.CMSG_LEN(fds.itemsize)
            _, ancdata, _, _ = b.recvmsg(1, space, flags)
            for level, kind, data in ancdata:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
            close(fds[0])

    return run


def connect(socket: Any, stack: ExitStack) -> Run:
    """socket, connect, accept, and close of both ends."""
    # A closed connection holds its pair of ports for a minute: take more ports to go to.
    listeners = []
    for _ in range(8):
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listeners.append((listener, listener.getsockname()))
    make = socket.socket

    def run(n: int) -> None:
        for i in range(n):
            listener, address = listeners[i & 7]
            client = make()
            client.connect(address)
            server, _ = listener.accept()
            client.close()
            server.close()

    return run


def opened(socket: Any, stack: ExitStack) -> Run:
    """socket and close."""
    make = socket.socket

    def run(n: int) -> None:
        for _ in range(n):
            make().close()

    return run


def getsockname(socket: Any, stack: ExitStack) -> Run:
    """getsockname of a TCP socket."""
    a, _ = pair(socket, stack, "tcp")

    def run(n: int) -> None:
        for _ in range(n):
            a.getsockname()

    return run


def getsockopt(socket: Any, stack: ExitStack) -> Run:
    """getsockopt of an int."""
    a, _ = pair(socket, stack, "tcp")
    level, option = int(socket.SOL_SOCKET), int(socket.SO_KEEPALIVE)

    def run(n: int) -> None:
        for _ in range(n):
            a.getsockopt(level, option)

    return run


def setsockopt(socket: Any, stack: ExitStack) -> Run:
    """setsockopt of an int."""
    a, _ = pair(socket, stack, "tcp")
    level, option = int(socket.SOL_SOCKET), int(socket.SO_KEEPALIVE)

    def run(n: int) -> None:
        for _ in range(n):
            a.setsockopt(level, option, 1)

    return run


def would_block(socket: Any, stack: ExitStack) -> Run:
    """recv on a non-blocking socket, with nothing there: BlockingIOError."""
    a, _ = pair(socket, stack, "unix", 0.0)

    def run(n: int) -> None:
        for _ in range(n):
            try:
                a.recv(1024)
            except BlockingIOError:
                continue
            raise AssertionError("there was something")

    return run


def socketpair(socket: Any, stack: ExitStack) -> Run:
    def run(n: int) -> None:
        for _ in range(n):
            a, b = socket.socketpair()
            a.close()
            b.close()

    return run


def conversions(socket: Any, stack: ExitStack) -> Run:
    """An address of each family from text to bytes, and back."""
    families = (socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")

    def run(n: int) -> None:
        for _ in range(n):
            for family, host in families:
                socket.inet_ntop(family, socket.inet_pton(family, host))

    return run


def getaddrinfo(socket: Any, stack: ExitStack) -> Run:
    def run(n: int) -> None:
        for _ in range(n):
            socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)

    return run


def threads(
    socket: Any, stack: ExitStack, count: int, timeout: float | None, busy: bool
) -> Run:
    """Ping-pong of a byte in threads, each on its own pair; ``busy``: one more only computes.

    Who gets the interpreter's lock is a matter of luck, and a few operations can take very long:
    so a round is a time, and its operations are counted.
    """
    pairs = [pair(socket, stack, "unix", timeout) for _ in range(count)]
    seconds = 0.25 if busy else 0.06

    def compute(done: list[bool]) -> None:
        number = 0
        while not done:
            number = (number * 1103515245 + 12345) & 0x7FFFFFFF

    def run(n: int) -> int:
        done: list[bool] = []
        counts: list[int] = []
        work = [threading.Thread(target=talk, args=(*ends, done, counts)) for ends in pairs]
        work += [threading.Thread(target=compute, args=(done,))] * busy
        start = perf_counter_ns()
        for thread in work:
            thread.start()
        sleep(seconds * n)
        done.append(True)
        took = perf_counter_ns() - start
        for thread in work:
            thread.join()
        return took * n // sum(counts)

    return run


def talk(a: Any, b: Any, done: list[bool], counts: list[int]) -> None:
    """Ping-pong of a byte until it is ``done``; how often goes to ``counts``."""
    n = 0
    while not done:
        a.send(b"x")
        b.recv(1)
        b.send(b"x")
        a.recv(1)
        n += 1
    counts.append(n)


def scaling(socket: Any, stack: ExitStack, timeout: float | None) -> Run:
    """How long two threads take that do the same side by side, in percent of what one takes.

    100: each is as fast as alone.  200: together they do no more than one.
    """
    pairs = [pair(socket, stack, "unix", timeout) for _ in range(2)]

    def rate(count: int) -> float:
        done: list[bool] = []
        counts: list[int] = []
        work = [
            threading.Thread(target=talk, args=(*ends, done, counts)) for ends in pairs[:count]
        ]
        start = perf_counter_ns()
        for thread in work:
            thread.start()
        sleep(0.015)
        done.append(True)
        took = perf_counter_ns() - start
        for thread in work:
            thread.join()
        return sum(counts) / took

    def run(n: int) -> int:
        # The best of many short windows each, in turn: what else runs meets both alike.
        rates = [(rate(1), rate(2)) for _ in range(12 * n)]
        one, two = map(max, zip(*rates))
        percent: int = round(200 * one / two)
        return percent * n

    return run


def lines(socket: Any, stack: ExitStack, mode: str, burst: int) -> Run:
    """Lines written to one file of makefile and read from another, so many at a time."""
    a, b = pair(socket, stack, "unix")
    binary = mode == "b"
    options = {} if binary else {"encoding": "utf-8", "newline": "\n"}
    there = stack.enter_context(a.makefile("w" + mode, **options))
    here = stack.enter_context(b.makefile("r" + mode, **options))
    line: Any = b"GET /some/path/or/other HTTP/1.1 and some more words, 64 in all\n"
    if not binary:
        line = line.decode()

    def run(n: int) -> None:
        for _ in range(n):
            for _ in range(burst):
                there.write(line)
            there.flush()
            for _ in range(burst):
                here.readline()

    return run
