"""Methods that are Python's in ``socket.py``, in other classes, which have them, too.

urllib3's socket for pyOpenSSL is no socket, and has ``makefile = socket.socket.makefile``.  A class
derived from ``socket.SocketType`` may do the same, and one derived from ``socket.socket`` may have
an ``_io_refs`` of its own.  Each is made once of CPython's class and once of pysock's.
"""

from __future__ import annotations

import io
import os
import socket as stdlib
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import pysock

METHODS = (
    *(name for name in vars(stdlib.socket) if "sendfile" in name),  # one more from 3.15 on
    *("makefile", "_decref_socketios", "close", "dup", "accept"),
    *("__enter__", "__exit__", "__repr__", "get_inheritable", "set_inheritable"),
)


class Kind:
    """A class of the one kind, for each module."""

    def __init__(self, name: str, module: Any) -> None:
        self.name, self.module = name, module
        self.cls = {"wrapper": wrapper, "base": base, "derived": derived}[name](module)

    def of(self, sock: Any) -> Any:
        """An object of the class, which has the socket's descriptor."""
        if self.name == "wrapper":
            return self.cls(sock)
        return self.cls(sock.family, sock.type, sock.proto, fileno=sock.detach())

    def pair(self) -> tuple[Any, Any]:
        a, b = self.module.socketpair()
        return self.of(a), b


def wrapper(module: Any) -> Any:
    """No socket, but it has one."""

    class Wrapper:
        def __init__(self, sock: Any, *others: Any, fileno: int | None = None) -> None:
            own = fileno is not None
            self.sock = module.socket(sock, *others, fileno=fileno) if own else sock
            self._io_refs, self._closed = 0, False

        family = property(lambda self: self.sock.family)
        type = property(lambda self: self.sock.type)
        proto = property(lambda self: self.sock.proto)

        def _real_close(self) -> None:
            self.sock.close()

    def passed_on(name: str) -> Any:
        return lambda self, *args: getattr(self.sock, name)(*args)

    for name in (
        *("fileno", "send", "recv_into", "gettimeout", "settimeout", "setblocking", "_accept"),
        *("getsockname", "getpeername", "sendmsg", "recvmsg"),
    ):
        setattr(Wrapper, name, passed_on(name))
    return with_methods(Wrapper, module)


def base(module: Any) -> Any:
    """A class of one's own on what is C's in CPython."""

    class Base(module.SocketType):  # type: ignore[misc]
        _io_refs = 0
        _closed = False

        def _real_close(self) -> None:
            super().close()

    return with_methods(Base, module)


def with_methods(cls: Any, module: Any) -> Any:
    for name in METHODS:
        setattr(cls, name, getattr(module.socket, name))
    return cls


def derived(module: Any) -> Any:
    class Derived(module.socket):  # type: ignore[misc]
        _io_refs = 0

    return Derived


@pytest.fixture(params=["wrapper", "base", "derived"])
def kinds(request: pytest.FixtureRequest) -> Iterator[list[Kind]]:
    yield [Kind(request.param, module) for module in (stdlib, pysock)]


def opened(sock: Any) -> bool:
    return bool(sock.fileno() >= 0)


def files(kind: Kind) -> Any:
    sock, other = kind.pair()
    with other:
        other.sendall(b"one\ntwo\n")
        reader = sock.makefile("rb")
        told = [sock._io_refs, reader.readline()]
        writer = sock.makefile("w")
        told += [sock._io_refs, writer.write("three"), writer.flush(), other.recv(9)]
        sock.close()
        told += [sock._io_refs, opened(sock)]
        reader.close()
        told += [sock._io_refs, opened(sock)]
        writer.close()
        return [*told, sock._io_refs, opened(sock), other.recv(9)]


def counted_by_the_program(kind: Kind) -> Any:
    sock, other = kind.pair()
    with other:
        sock._io_refs += 2
        sock.close()
        told = [opened(sock)]
        for _ in range(3):
            sock._decref_socketios()
            told += [sock._io_refs, opened(sock)]
        return told


def duplicate(kind: Kind) -> Any:
    sock, other = kind.pair()
    with other, sock:
        sock.settimeout(3)
        with sock.dup() as twin:
            told = [type(twin) is type(sock), twin.fileno() != sock.fileno(), twin.gettimeout()]
            return [*told, twin.family, twin.type, twin.proto]


def accepted(kind: Kind) -> Any:
    listener = kind.of(kind.module.create_server(("127.0.0.1", 0)))
    with listener, kind.module.create_connection(listener.getsockname()) as client:
        sock, address = listener.accept()
        with sock:
            return type(sock) is kind.module.socket, address == client.getsockname()


def as_a_context(kind: Kind) -> Any:
    sock, other = kind.pair()
    with other:
        with sock as same:
            shown = repr(sock).split(", ")
            told = [same is sock, opened(sock), shown[1:4], len(shown)]
        return [*told, opened(sock), sock._closed, "[closed]" in repr(sock)]


def inheritable(kind: Kind) -> Any:
    sock, other = kind.pair()
    with other, sock:
        return sock.get_inheritable(), sock.set_inheritable(True), sock.get_inheritable()


def file_is_sent(kind: Kind, seconds: float | None = None) -> Any:
    sock, other = kind.pair()
    got: list[bytes] = []
    with other, tempfile.TemporaryFile() as file:
        file.write(b"x" * 300_000 + b"end")
        file.seek(0)
        sock.settimeout(seconds)
        thread = threading.Thread(target=lambda: got.extend(iter(lambda: other.recv(65536), b"")))
        thread.start()
        try:
            return sock.sendfile(file, 5), file.tell()
        finally:
            sock.close()
            thread.join()
            assert len(b"".join(got)) in (0, 299_998)


def file_is_sent_with_a_timeout(kind: Kind) -> Any:
    return file_is_sent(kind, 20)


def file_is_sent_without_blocking(kind: Kind) -> Any:
    with pytest.raises(ValueError, match="non-blocking") as caught:
        file_is_sent(kind, 0)
    return str(caught.value)


def nobody_takes_the_file(kind: Kind) -> Any:
    sock, other = kind.pair()
    with other, sock, tempfile.TemporaryFile() as file:
        file.truncate(10_000_000)
        sock.settimeout(0.05)
        with pytest.raises(kind.module.timeout) as caught:
            sock.sendfile(file)
        return str(caught.value), file.tell() > 0


def file_without_a_descriptor(kind: Kind) -> Any:
    sock, other = kind.pair()
    with other, sock:
        return sock.sendfile(io.BytesIO(b"hello"), 1), other.recv(9)


@pytest.mark.parametrize(
    "scene",
    [
        *(files, counted_by_the_program, duplicate, accepted, as_a_context, inheritable),
        *(file_is_sent, file_is_sent_with_a_timeout, file_is_sent_without_blocking),
        *(nobody_takes_the_file, file_without_a_descriptor),
    ],
)
def test_a_method_in_another_class(kinds: list[Kind], scene: Any) -> None:
    theirs, ours = map(scene, kinds)
    assert ours == theirs


@pytest.mark.skipif(not hasattr(stdlib, "send_fds"), reason="no send_fds here")
def test_descriptors_by_the_methods_of_a_wrapper() -> None:
    for module in (stdlib, pysock):
        kind = Kind("wrapper", module)
        a, b = map(kind.of, module.socketpair())
        with a, b:
            assert module.send_fds(a, [b"hi"], [a.fileno()]) == 2
            data, fds, _, _ = module.recv_fds(b, 10, 2)
            assert (data, len(fds)) == (b"hi", 1)
            os.close(fds[0])


@pytest.mark.parametrize("name", ["makefile", "close", "dup", "accept", "__repr__"])
def test_what_an_object_lacks_is_told_alike(name: str) -> None:
    class Nothing:
        def _decref_socketios(self) -> None:
            """What the raw file calls when it goes."""

    told = []
    for module in (stdlib, pysock):
        with pytest.raises(AttributeError) as caught:
            getattr(module.socket, name)(Nothing())
        told.append(str(caught.value))
    assert told[1] == told[0]


@pytest.mark.parametrize("seconds", [None, 20])
def test_files_of_a_class_that_takes_the_place_of_SocketIO(
    seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    for module in (stdlib, pysock):
        lines: list[Any] = []

        class Noting(module.SocketIO):  # type: ignore[misc, name-defined]
            noted = lines

            def readinto(self, b: Any) -> Any:
                self.noted.append(len(b) > 0)
                return super().readinto(b)

        monkeypatch.setattr(module, "SocketIO", Noting)
        a, b = module.socketpair()
        with a:
            a.settimeout(seconds)
            b.sendall(b"one\n")
            first, second = a.makefile("rb"), a.makefile("wb", 0)
            lines += [type(second) is Noting, a._io_refs, first.readline()]
            a.close()
            for file in (first, second):
                lines += [opened(a), a._io_refs]
                file.close()
            lines += [opened(a), a._io_refs]
        b.close()
        told.append(lines)
    assert told[1] == told[0]
