"""The socket object: how it is made, printed, copied, inherited, given away and collected."""

from __future__ import annotations

import copy
import gc
import inspect
import os
import pickle
import subprocess
import sys
import warnings
import weakref
from contextlib import AbstractContextManager
from typing import Any

import pytest

from .parity import CPYTHON, Case, check, raised, table, unlike_pypy

MAKING = table("""
    socket.socket()
    socket.socket(socket.AF_INET6)
    socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    socket.socket(2, 1, 0)
    socket.socket(-1, -1, -1)
    socket.socket(-1, socket.SOCK_DGRAM)
    socket.socket(family=socket.AF_INET, type=socket.SOCK_DGRAM, proto=17, fileno=None)
    socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    socket.socket(Index(2), Index(1), Index(0))
    socket.socket(Number.ONE)
    socket.socket(True)
    (socket.setdefaulttimeout(3), socket.socket())
    (socket.setdefaulttimeout(0), socket.socket())
    (socket.setdefaulttimeout(3), socket.socket(2, 1 | socket.SOCK_NONBLOCK))
    (socket.setdefaulttimeout(3), socket.socketpair())
    socket.socket('x')
    socket.socket(1.5)
    socket.socket(None)
    socket.socket(2**31)  # PyPy: raises another error
    socket.socket(-2**31 - 1)  # PyPy: raises another error
    socket.socket(2**40)  # PyPy: raises another error
    socket.socket(2**70)
    socket.socket(-2)
    socket.socket(9999)
    socket.socket(9999, 1)
    socket.socket(2, 'x')
    socket.socket(2, 99)
    socket.socket(2, 1, 'x')
    socket.socket(2, 1, 17)
    socket.socket(2, 1, -2)
    socket.socket(2, 1, 2**40)  # PyPy: takes it
    socket.socket(0)
    socket.socket(fileno='x')
    socket.socket(fileno=12345.5)
    socket.socket(fileno=[])
    socket.socket(fileno=-1)
    socket.socket(fileno=-2)
    socket.socket(fileno=2**31 - 1)
    socket.socket(fileno=2**70)
    socket.socket(fileno=-2**70)
    socket.socket(9, 9, 9, 12345)
    socket.socket(2, 1, 0, 12345)
    socket.socket(fileno=Index(12345))
    socket.socket(fileno=a)
    socket.socket(fileno=b'1')
    socket.socket('x', fileno=-1)
    socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).type
""") + table("""
    socket.socketpair()
    socket.socketpair(socket.AF_UNIX)
    socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
    socket.socketpair(family=socket.AF_UNIX, type=socket.SOCK_SEQPACKET, proto=0)
    socket.socketpair(None)
    socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    socket.socketpair(socket.AF_INET)
    socket.socketpair(2**40)  # PyPy: raises another error
    socket.socketpair(2**31)  # PyPy: raises another error
    socket.socketpair('x')
    socket.socketpair(1.5)
    socket.socketpair(1, 'x')
    socket.socketpair(1, None)
    socket.socketpair(1, 99)
    socket.socketpair(1, 1, 5)
    socket.socketpair(1, 1, 'x')
    [sock.get_inheritable() for sock in (a, b, tcp)]
    socket.fromfd(a.fileno(), socket.AF_UNIX, socket.SOCK_STREAM)
    socket.fromfd(tcp.fileno(), socket.AF_INET, socket.SOCK_STREAM, 6)
    socket.fromfd(tcp.fileno(), -1, -1, -1)
    socket.fromfd(tcp.fileno(), socket.AF_INET6, 2)  # PyPy: gives another value
    socket.fromfd(-1, 2, 1)
    socket.fromfd('x', 2, 1)
    socket.fromfd(None, 2, 1)
    socket.fromfd(12345, 2, 1)
    socket.fromfd(fd=a.fileno(), family=a.family, type=1, proto=0).get_inheritable()
    socket.close(-1)
    socket.close(12345)
    socket.close('x')
    socket.close(12345.5)
    socket.close(None)
    socket.close(a)
    socket.close(2**70)
    socket.close(-2**70)
    (socket.close(fd := os.dup(0)), raised(lambda: os.fstat(fd)))
    socket.close(Index(os.dup(0)))
    socket.close(Int(os.dup(0)))  # PyPy: takes it
    (fd := socket.dup(a.fileno()), os.get_inheritable(fd), os.close(fd))[1:]
    (fd := socket.dup(Index(a.fileno())), os.close(fd))[1:]
    socket.dup(-1)
    socket.dup(12345)
    socket.dup('x')
    socket.dup(12345.5)
    socket.dup(None)
    socket.dup(2**70)
""")

LIVING = table("""
    setattr(tcp, 'timeout', 5)  # PyPy: says it in other words
    setattr(tcp, 'proto', 5)  # PyPy: says it in other words
    setattr(tcp, 'family', 5)
    delattr(tcp, 'timeout')  # PyPy: says it in other words
    delattr(tcp, 'proto')  # PyPy: says it in other words
    setattr(socket.SocketType.__new__(socket.SocketType), 'family', 5)  # PyPy: in other words
    delattr(socket.SocketType.__new__(socket.SocketType), 'type')  # PyPy: in other words
    (tcp.close(), tcp.close(), tcp)
    (tcp.fileno() > 2, gone.fileno())
    (fd := a.detach(), a, a.fileno(), a.detach(), a.close(), os.close(fd))[1:]
    (fd := a.detach(), raised(lambda: a.recv(1)), os.close(fd))[1:]
    (fd := a.detach(), socket.socket(fileno=fd))[1:]
    (fd := tcp6.detach(), socket.socket(fileno=fd))[1:]
    (fd := udp.detach(), socket.socket(fileno=fd))[1:]
    (fd := p.detach(), socket.socket(fileno=fd))[1:]
    (fd := tcp.detach(), socket.socket(socket.AF_INET, fileno=fd))[1:]
    (x := tcp.detach(), socket.socket(socket.AF_INET6, 5, 9, x))[1:]  # PyPy: gives another value
    (fd := tcp.detach(), socket.socket(fileno=Index(fd)))[1:]
    (tcp.setblocking(False), fd := tcp.detach(), socket.socket(fileno=fd))[2:]
    (socket.setdefaulttimeout(2), fd := tcp.detach(), socket.socket(fileno=fd))[2:]
    gone.detach()
    gone.dup()
    tcp.dup()
    (tcp.settimeout(2), tcp.dup())
    (tcp.setblocking(False), tcp.dup())
    (d.dup(), d.dup().get_inheritable())
    (x := a.dup(), a.close(), b.send(b'abc'), x.recv(9), x)
    (tcp.set_inheritable(True), tcp.dup().get_inheritable())
    (tcp.get_inheritable(), tcp.set_inheritable(True), tcp.get_inheritable())
    (tcp.set_inheritable(1), tcp.get_inheritable(), tcp.set_inheritable(0), tcp.get_inheritable())
    (tcp.set_inheritable(inheritable=True), tcp.get_inheritable())
    tcp.set_inheritable('x')
    tcp.set_inheritable(None)
    gone.get_inheritable()
    gone.set_inheritable(True)
    tcp.shutdown(socket.SHUT_RDWR)
    tcp.shutdown('x')
    tcp.shutdown(1.5)
    tcp.shutdown(None)
    tcp.shutdown(5)
    tcp.shutdown(-1)
    tcp.shutdown(2**31)
    tcp.shutdown(2**40)
    tcp.shutdown(2**70)
    a.shutdown(Index(1))
    a.shutdown(Int(1))  # PyPy: takes it
    (a.shutdown(socket.SHUT_WR), b.recv(1), b.send(b'x'), a.recv(1))
    (a.shutdown(2), raised(lambda: a.send(b'x')), b.recv(1))
    gone.shutdown(2)
    gone.shutdown('x')
    (tcp.family, tcp.type, tcp.proto, udp6.family, udp6.type, unix.family, p.type)
    (gone.family, gone.type, gone.proto, gone.timeout)
    (tcp.timeout, tcp.gettimeout())
    setattr(tcp, 'family', 3)
    setattr(tcp, 'type', 3)
    setattr(tcp, 'anything', 3)
    setattr(tcp, 'recv', 3)
    tcp.anything
    [repr(sock) for sock in (tcp, tcp6, udp, unix, a, d, p, gone)]
    [repr(sock) for sock in (listener, client, server, inbox)]
    (str(tcp), format(tcp), '%s' % a)
    (unix.bind('here'), repr(unix))
    (unix.bind(b'\\0pysock-\\xff'), repr(unix))
    (tcp.settimeout(1.5), repr(tcp))
    (hash(tcp) == hash(tcp), tcp == tcp, tcp == udp, bool(tcp), tcp != tcp)
    tcp < udp
    len(tcp)
    iter(tcp)
    tcp.__enter__() is tcp
    (tcp.__exit__(None, None, None), tcp)
    (tcp.__exit__(), tcp, tcp.__exit__())
    socket.socket.__new__(socket.socket).fileno()
    repr(socket.socket.__new__(socket.socket))
    socket.socket.__new__(socket.socket).recv(1)
    socket.socket.__new__(socket.socket).timeout
    (tcp.close(), tcp.__init__(socket.AF_INET6), tcp)
    (gone.__init__(), gone)
    isinstance(tcp, socket.SocketType)
""")


def with_statement(socket: Any) -> object:
    with socket.socket() as sock, sock:
        inside = repr(sock)
    return inside, sock


def with_statement_and_an_error(socket: Any) -> None:
    with socket.socket() as sock:
        sock.recv(1)


def pickling(tcp: Any) -> object:
    # Protocols 0 and 1 trip over the C type before they ask it; they too end in a TypeError.
    protocols = range(2, pickle.HIGHEST_PROTOCOL + 1)
    ends = [raised(pickle.dumps, tcp, protocol) for protocol in protocols]
    return ends, raised(copy.copy, tcp), raised(copy.deepcopy, tcp), raised(tcp.__getstate__)


def pickling_a_subclass(socket: Any) -> object:
    class Sub(socket.socket):  # type: ignore[misc]
        pass

    with Sub() as sock:
        return raised(pickle.dumps, sock), raised(copy.copy, sock)


def pickling_enums(socket: Any) -> object:
    values = [socket.AF_INET, socket.SOCK_STREAM, socket.MSG_PEEK, socket.AI_PASSIVE]
    return [pickle.loads(pickle.dumps(value, 2)) is value for value in values]


def weak_references(socket: Any) -> object:
    sock = socket.socket()
    gone: list[Any] = []
    reference, proxy = weakref.ref(sock, gone.append), weakref.proxy(sock)
    seen = reference() is sock, proxy.fileno() == sock.fileno(), proxy.family
    sock.close()
    del sock
    gc.collect()
    return seen, reference(), len(gone)


def subclassing(socket: Any) -> object:
    class Sub(socket.socket):  # type: ignore[misc]
        def __init__(self, name: str, **options: Any) -> None:
            super().__init__(**options)
            self.name = name

        def recv(self, *args: Any) -> Any:
            return super().recv(*args).upper()

    with Sub("x", family=socket.AF_INET, type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.sendto(b"abc", sock.getsockname())
        return repr(sock).partition(" ")[2], sock.recv(9), vars(sock)


def overriding(socket: Any) -> object:
    """A subclass may answer the questions that the other methods ask."""

    class Sub(socket.socket):  # type: ignore[misc]
        def fileno(self) -> int:
            return -5

        def gettimeout(self) -> float:
            return 7.5

        def getsockname(self) -> Any:
            return "here"

        def close(self) -> None:
            closed.append(self.__class__.__name__)
            super().close()

    closed: list[str] = []
    with Sub() as sock:
        text = repr(sock).rpartition(".")[2]
    return text, closed, sock._closed


def mixing_an_abstract_class_in(socket: Any) -> object:
    """Its ``__exit__`` is abstract, and comes before the socket's."""

    class Mixed(AbstractContextManager, socket.socket):  # type: ignore[misc, type-arg]
        pass

    cls: Any = Mixed
    made = cls()
    made.close()
    return made.fileno(), inspect.isabstract(cls), cls.__abstractmethods__


def never_initialised(socket: Any) -> object:
    class Sub(socket.socket):  # type: ignore[misc]
        def __init__(self) -> None:
            self.early = self.fileno()

    sock = Sub()
    early = sock.early
    super(Sub, sock).__init__()
    with sock:
        return early, sock.fileno() > 2


def slots(socket: Any) -> object:
    class Sub(socket.socket):  # type: ignore[misc]
        __slots__ = ("mine",)

    with Sub() as sock:
        sock.mine = 1
        return sock.mine, raised(lambda: setattr(sock, "yours", 1))


def collected_open(socket: Any) -> None:
    socket.socket()
    gc.collect()


def collected_in_a_cycle(socket: Any) -> None:
    cycle = [socket.socket()]
    cycle.append(cycle)
    del cycle
    gc.collect()


def collected_and_kept_by_the_warning(socket: Any) -> object:
    """Its descriptor is closed, and may be another's by now."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        socket.socket()
        gc.collect()
    kept: Any = told[0].source
    found = kept.fileno(), repr(kept), raised(lambda: kept.send(b"to whom?"))
    return found, kept.close(), repr(kept)


def collected_bound_and_of_a_subclass(socket: Any) -> None:
    class Sub(socket.socket):  # type: ignore[misc]
        pass

    sock = Sub(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    del sock
    gc.collect()


def collected_closed(socket: Any) -> None:
    socket.socket().close()
    os.close(socket.socket().detach())
    gc.collect()


def collected_and_warnings_are_errors(socket: Any) -> object:
    """The warning cannot be raised, and the descriptor is closed all the same."""
    seen: list[Any] = []
    hook, sys.unraisablehook = sys.unraisablehook, seen.append
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            socket.socket()
            gc.collect()
    finally:
        sys.unraisablehook = hook
    return [type(each.exc_value).__name__ for each in seen]


def closed_twice_by_number(socket: Any) -> object:
    """Somebody has closed the descriptor behind the socket's back."""
    sock = socket.socket()
    os.close(sock.fileno())
    return raised(sock.close), sock.fileno()


def inherited_by_a_child(socket: Any) -> object:
    one, two = socket.socketpair()
    with one, two:
        two.set_inheritable(True)
        program = "import os, sys\nfor fd in sys.argv[1:]:\n try: os.fstat(int(fd)); print(1)\n"
        program += " except OSError as error: print(error.errno)"
        command = [sys.executable, "-S", "-c", program, str(one.fileno()), str(two.fileno())]
        return subprocess.run(command, stdout=subprocess.PIPE, close_fds=False).stdout.split()


OBJECTS: list[Case] = [
    with_statement,
    with_statement_and_an_error,
    pickling,
    pickling_a_subclass,
    pickling_enums,
    unlike_pypy("calls no such callback", weak_references),
    subclassing,
    overriding,
    mixing_an_abstract_class_in,
    never_initialised,
    slots,
    collected_closed,
    closed_twice_by_number,
    inherited_by_a_child,
]
COLLECTED: list[Case] = [
    collected_open,
    collected_in_a_cycle,
    collected_and_kept_by_the_warning,
    collected_bound_and_of_a_subclass,
    collected_and_warnings_are_errors,
]


@pytest.mark.parametrize("call", MAKING + LIVING)
def test_calls(call: Case) -> None:
    check(call)


@pytest.mark.parametrize("case", OBJECTS)
def test_objects(case: Case) -> None:
    check(case)


@pytest.mark.skipif(not CPYTHON, reason="PyPy: a collection is not at once, and warns of nothing")
@pytest.mark.parametrize("case", COLLECTED)
def test_collected(case: Case) -> None:
    check(case)
