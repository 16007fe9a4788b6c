"""Conversations over the kernel's address families: pysock at one end, `socket` at the other.

A test that is marked ``both_ways`` runs with either module in either place.  Which families
there are is up to the kernel and its interfaces; what is missing skips the test and says why.
Under ``python3 -m tests.vm``, whose kernel has them all, it is a failure.
"""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache
from typing import Any, NoReturn

import pytest

import pysock

from .harness import LATE, on_pypy
from .vm import EVERYTHING

Module = Any

MODULES: list[Module] = [pysock, socket]
each_module = pytest.mark.parametrize("module", MODULES, ids=["pysock", "socket"])
both_ways = pytest.mark.parametrize(
    ("here", "there"), [MODULES, MODULES[::-1]], ids=["pysock-to-socket", "socket-to-pysock"]
)


class Sockets:
    """Sockets of one test, whose calls give up after a while, and which are closed behind it."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack

    def __call__(
        self, module: Module, family: str, type: int, proto: int = 0, wait: float | None = LATE
    ) -> Any:
        complaint = missing(family, type, proto)
        if complaint:
            give_up(complaint)
        sock = module.socket(getattr(pysock, family), type, proto)
        self.stack.callback(sock.close)
        sock.settimeout(wait)
        return sock

    def accept(self, listener: Any) -> tuple[Any, Any]:
        accepted, peer = listener.accept()
        self.stack.callback(accepted.close)
        accepted.settimeout(LATE)
        return accepted, peer

    def connect(self, client: Any, listener: Any, address: Any) -> tuple[Any, Any]:
        """Connect, while the other end accepts: its new socket, and the client's address."""
        with ThreadPoolExecutor(1) as pool:
            accepted = pool.submit(self.accept, listener)
            client.connect(address)
            return accepted.result()


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    with ExitStack() as stack:
        yield Sockets(stack)


@cache
def missing(family: str, type: int, proto: int) -> str:
    """Why there are no such sockets here, or nothing if there are."""
    if not hasattr(socket, family):
        return f"the socket of this Python {platform.python_version()} has no {family}"
    try:
        socket.socket(getattr(socket, family), type, proto).close()
    except OSError as error:
        return f"this kernel has no {family}, type {type}, protocol {proto}: {error.strerror}"
    if on_pypy and family == "AF_VSOCK":
        with socket.socket(pysock.AF_VSOCK, type, proto) as sock:
            try:
                sock.bind((pysock.VMADDR_CID_ANY, pysock.VMADDR_PORT_ANY))
            except OSError as error:
                return f"PyPy's own socket knows no address of AF_VSOCK: {error}"
    return ""


def interface(name: str) -> str:
    """The name of a network interface that has to be there."""
    try:
        pysock.if_nametoindex(name)
    except OSError:
        give_up(f"there is no interface {name}")
    return name


def give_up(reason: str) -> NoReturn:
    if EVERYTHING in os.environ:
        pytest.fail(reason)
    pytest.skip(reason)


def converse(one: Any, other: Any) -> None:
    """Two connected sockets tell each other something."""
    one.sendall(b"there")
    assert other.recv(100) == b"there"
    other.sendall(b"and back")
    assert one.recv(100) == b"and back"
