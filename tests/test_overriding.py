"""Subclasses that override what other methods are built on, as programs and libraries do."""

from __future__ import annotations

import io
import os
import socket as stdlib
import tempfile
from collections.abc import Callable
from typing import Any

import pytest

import pysock
from pysock._host import lib

from .harness import on_pypy

pytestmark = pytest.mark.skipif(
    not hasattr(lib, "socketpair"), reason="the library is not POSIX's: os knows no socket there"
)
MODULES = pytest.mark.parametrize("module", [stdlib, pysock], ids=["C", "pysock"])


def recording(module: Any, heard: list[str]) -> Any:
    """A class whose attributes say that they were asked for."""
    base: Any = module.socket

    class Recording(base):  # type: ignore[misc]
        def _accept(self) -> Any:
            heard.append("_accept")
            return super()._accept()

        def fileno(self) -> int:
            heard.append("fileno")
            fd: int = super().fileno()
            return fd

        def gettimeout(self) -> Any:
            heard.append("gettimeout")
            return super().gettimeout()

        def settimeout(self, value: Any) -> None:
            heard.append("settimeout")
            super().settimeout(value)

        @property
        def family(self) -> Any:
            heard.append("family")
            return super().family

        @property
        def type(self) -> Any:
            heard.append("type")
            return super().type

        @property
        def proto(self) -> Any:
            heard.append("proto")
            return super().proto

    return Recording


def heard_of(module: Any, call: Callable[[Any], Any]) -> list[str]:
    """What a call asks a subclass's socket for, which listens on loopback."""
    heard: list[str] = []
    with recording(module, heard)() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        with module.create_connection(sock.getsockname()):
            heard.clear()
            made = call(sock)
            found = heard[:]
        if isinstance(made, tuple):
            made = made[0]
        if hasattr(made, "close"):
            made.close()
    return found


CALLS = {
    "accept": lambda sock: sock.accept(),
    "dup": lambda sock: sock.dup(),
    "get_inheritable": lambda sock: sock.get_inheritable(),
    "set_inheritable": lambda sock: sock.set_inheritable(False),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_asks_a_subclass_for_the_same_as_in_cpython(name: str) -> None:
    call: Callable[[Any], Any] = CALLS[name]
    assert heard_of(pysock, call) == heard_of(stdlib, call)


@MODULES
def test_an_overridden_accept_is_called(module: Any) -> None:
    base: Any = module.socket

    class Counting(base):  # type: ignore[misc]
        accepted = 0

        def _accept(self) -> Any:
            self.accepted += 1
            fd, (host, port) = super()._accept()
            return fd, (host, port, "seen")

    with Counting() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(5)
        with module.create_connection(listener.getsockname()) as client:
            sock, address = listener.accept()
            with sock:
                assert address == (*client.getsockname(), "seen")
                assert (sock.gettimeout(), type(sock)) == (None, module.socket)
    assert listener.accepted == 1


@MODULES
def test_a_method_of_the_object_alone_counts_too(module: Any) -> None:
    base: Any = module.socket

    class Open(base):  # type: ignore[misc]
        pass  # which has room for attributes

    one, other = module.socketpair()
    with one, other, Open(fileno=os.dup(one.fileno())) as sock:
        sock.fileno = other.fileno
        with sock.dup() as copy:
            one.send(b"x")
            copy.settimeout(5)
            assert copy.recv(10) == b"x"


@MODULES
def test_a_subclass_says_what_it_accepts_and_duplicates(module: Any) -> None:
    base: Any = module.socket

    class Other(base):  # type: ignore[misc]
        @property
        def proto(self) -> int:
            return 77

        def gettimeout(self) -> float:
            return 2.5

    with Other() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with listener.dup() as copy:
            # Without SO_PROTOCOL, that of a given descriptor is 0, whatever is said.
            proto = 77 if hasattr(module, "SO_PROTOCOL") else 0
            assert module.socket.gettimeout(copy) == 2.5
            assert module.SocketType.proto.__get__(copy) == proto
        with module.create_connection(listener.getsockname()):
            sock, _ = listener.accept()
            with sock:
                assert sock.proto == 77


@MODULES
def test_sendfile_asks_for_the_type(module: Any) -> None:
    base: Any = module.socket

    class Datagrams(base):  # type: ignore[misc]
        @property
        def type(self) -> Any:
            return module.SOCK_DGRAM

    one, other = module.socketpair()
    with one, other, Datagrams(fileno=os.dup(one.fileno())) as sock:
        for file in tempfile.TemporaryFile(), io.BytesIO(b"x"):
            with file, pytest.raises(ValueError, match="only SOCK_STREAM"):
                sock.sendfile(file)


class Lying(tuple[Any, ...]):
    """C reads a tuple's items, whatever a subclass says of them."""

    __slots__ = ()

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: Any) -> Any:
        return "::2"

    def __iter__(self) -> Any:
        return iter(("::3", 3))


@pytest.mark.parametrize("module", [pysock] if on_pypy else [stdlib, pysock])
def test_getnameinfo_reads_the_tuple_itself(module: Any) -> None:
    numbers = module.NI_NUMERICHOST | module.NI_NUMERICSERV
    assert module.getnameinfo(Lying(("127.0.0.1", 9)), numbers) == ("127.0.0.1", "9")
    with pytest.raises(TypeError, match="illegal sockaddr"):
        module.getnameinfo(Lying(()), numbers)


class Odd(int):
    """An int that compares in its own way."""

    def __lt__(self, other: int) -> bool:
        return False

    def __gt__(self, other: int) -> bool:
        return False


@pytest.mark.skipif(on_pypy, reason="PyPy's module has no such function")
@pytest.mark.parametrize("number", [-3, 1 << 40, 1 << 70])
def test_an_index_is_compared_as_a_plain_int(number: int) -> None:
    answers = []
    for module in stdlib, pysock:
        with pytest.raises((OverflowError, OSError, ValueError)) as caught:
            module.if_indextoname(Odd(number))
        answers.append(caught.type)
    if number != 1 << 40:  # of which C may take the lower half
        assert answers[0] is answers[1]
    assert answers[1] is not OSError
