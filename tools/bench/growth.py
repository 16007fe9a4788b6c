"""How cost grows: each function sets a scene, and returns what makes a ``Run`` for a number n.

n is a size in bytes, or a number of sockets, buffers or descriptors.
"""

from __future__ import annotations

import os
import selectors
from array import array
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from . import idle
from .calls import pair
from .measure import Run
from .programs import conversation

At = Callable[[int], Run]


def there_and_back(socket: Any, stack: ExitStack, kind: str) -> At:
    """send of n bytes, and recv of them, in one thread."""
    a, b = pair(socket, stack, "unix")

    def at(size: int) -> Run:
        data = bytes(size) if kind == "bytes" else bytearray(size)

        def run(n: int) -> None:
            for _ in range(n):
                a.send(data)
                b.recv(size)

        return run

    return at


def send(socket: Any, stack: ExitStack) -> At:
    """sendall of n bytes, and a byte back when another process has read them."""
    sock = _beside(socket, stack, "sink")

    def at(size: int) -> Run:
        data = bytes(size)
        head = size.to_bytes(8, "big")

        def run(n: int) -> None:
            for _ in range(n):
                sock.sendall(head)
                sock.sendall(data)
                sock.recv(1)

        return run

    return at


def receive(socket: Any, stack: ExitStack, how: str) -> At:
    """recv or recv_into of n bytes, which another process sends when asked."""
    sock = _beside(socket, stack, "source")

    def at(size: int) -> Run:
        head = size.to_bytes(8, "big")
        buffer, flags = bytearray(size), socket.MSG_WAITALL

        def into(n: int) -> None:
            for _ in range(n):
                sock.sendall(head)
                sock.recv_into(buffer, size, flags)

        def fresh(n: int) -> None:
            for _ in range(n):
                sock.sendall(head)
                sock.recv(size, flags)

        return into if how == "recv_into" else fresh

    return at


def _beside(socket: Any, stack: ExitStack, task: str) -> Any:
    return conversation(socket, stack, "unix", task, together=True)


def room(socket: Any, stack: ExitStack) -> At:
    """recv with room for n bytes, of which one comes."""
    a, b = pair(socket, stack, "unix")

    def at(size: int) -> Run:
        def run(n: int) -> None:
            for _ in range(n):
                a.send(b"x")
                b.recv(size)

        return run

    return at


def active(socket: Any, stack: ExitStack) -> At:
    """select and recv on one of n sockets that a selector watches."""
    a, b = pair(socket, stack, "unix")
    selector = stack.enter_context(selectors.DefaultSelector())
    selector.register(b, selectors.EVENT_READ)
    stack.callback(idle.close)
    watched: list[Any] = []

    def at(count: int) -> Run:
        for fd in idle.descriptors(count - 1)[len(watched) :]:
            sock = socket.socket(fileno=fd)
            stack.callback(sock.detach)
            selector.register(sock, selectors.EVENT_READ)
            watched.append(sock)

        def run(n: int) -> None:
            for _ in range(n):
                a.send(b"x")
                for key, _ in selector.select():
                    ready: Any = key.fileobj
                    ready.recv(1)

        return run

    return at


def opened(socket: Any, stack: ExitStack) -> At:
    """n sockets opened, and closed again."""

    def at(count: int) -> Run:
        def run(n: int) -> None:
            for _ in range(n):
                held = [socket.socket() for _ in range(count)]
                for sock in held:
                    sock.close()

        return run

    return at


def gather(socket: Any, stack: ExitStack) -> At:
    """sendmsg of n buffers of 64 bytes, and recv."""
    a, b = pair(socket, stack, "unix")

    def at(count: int) -> Run:
        buffers = [bytes(64)] * count

        def run(n: int) -> None:
            for _ in range(n):
                a.sendmsg(buffers)
                b.recv(64 * count)

        return run

    return at


def scatter(socket: Any, stack: ExitStack) -> At:
    """send, and recvmsg_into n buffers of 64 bytes."""
    a, b = pair(socket, stack, "unix")

    def at(count: int) -> Run:
        data = bytes(64 * count)
        buffers = [bytearray(64) for _ in range(count)]

        def run(n: int) -> None:
            for _ in range(n):
                a.send(data)
                b.recvmsg_into(buffers)

        return run

    return at


def descriptors(socket: Any, stack: ExitStack) -> At:
    """sendmsg and recvmsg of n descriptors, which are closed again."""
    a, b = pair(socket, stack, "unix")

    def at(count: int) -> Run:
        payload = array("i", [a.fileno()] * count).tobytes()
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, payload)]
        space = socket.CMSG_SPACE(4 * count)
        close = os.close

        def run(n: int) -> None:
            for _ in range(n):
                a.sendmsg([b"x"], ancillary)
                _, received, _, _ = b.recvmsg(1, space)
                for fd in array("i", received[0][2]):
                    close(fd)

        return run

    return at
