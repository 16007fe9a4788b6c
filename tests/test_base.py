"""The base class: what CPython's ``_socket.socket`` is to whoever builds on it."""

from __future__ import annotations

import _socket
import weakref
from typing import Any

import pytest

import pysock

from .harness import on_pypy


class Referenced(pysock.SocketType):
    """As gevent has it."""

    __slots__ = ("__weakref__",)


def test_the_base_has_no_weak_references_and_a_subclass_may_add_them() -> None:
    plain = pysock.SocketType()
    try:
        if not on_pypy:  # where every object can be referred to weakly
            with pytest.raises(TypeError):
                weakref.ref(plain)
    finally:
        plain.close()
    sock = Referenced(pysock.AF_INET, pysock.SOCK_DGRAM)
    assert weakref.ref(sock)() is sock
    sock.bind(("127.0.0.1", 0))
    assert sock.sendto(b"abc", sock.getsockname()) == 3
    assert sock.recv(10) == b"abc"
    sock.close()
    assert sock.fileno() == -1


@pytest.mark.skipif(on_pypy, reason="PyPy's own class prints itself otherwise")
def test_it_prints_as_in_c() -> None:
    mine, theirs = pysock.SocketType(), _socket.socket()
    pairs = [(mine, theirs)]
    for one, other in pairs:
        texts = [repr(sock).replace(f"fd={sock.fileno()},", "fd=N,") for sock in (one, other)]
        assert texts[0] == texts[1]
    mine.close()
    theirs.close()
    assert repr(mine) == repr(theirs)


def test_socket_is_built_on_it() -> None:
    assert issubclass(pysock.socket, pysock.SocketType)
    assert pysock.SocketType is not pysock.socket
    with pysock.socket() as sock:
        assert (type(sock.family), type(sock.type)) == (pysock.AddressFamily, pysock.SocketKind)
        assert weakref.ref(sock)() is sock
    base = pysock.SocketType()
    assert type(base.family) is type(base.type) is int
    base.close()


# What CPython calls its state in C, what pysock called its own, what programs call theirs.
NAMES = "fd family type proto timeout calls to_close sock_fd sock_family sock_timeout sock"


class Own(pysock.socket):
    """eventlet and PySocks have a ``_timeout``, for example."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in NAMES.split():
            setattr(self, f"_{name}", "mine")


def test_a_subclass_may_have_attributes_of_any_name() -> None:
    with Own() as listener, Own() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(5)
        client.settimeout(5)
        client.connect(listener.getsockname())
        peer, address = listener.accept()
        with peer:
            assert address == client.getsockname()
            client.sendall(b"abc")
            assert peer.recv(10) == b"abc"
        assert vars(client) == {f"_{name}": "mine" for name in NAMES.split()}
        assert (client.gettimeout(), client.family) == (5, pysock.AF_INET)
        assert client.fileno() > 0
    assert client.fileno() == -1
