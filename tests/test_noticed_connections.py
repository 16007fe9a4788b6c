"""What connects, and what is asked of C meanwhile: the numbers that go down, the errno that comes.

The idea: each test fails if one statement or one number in ``pysock._methods.connection``,
``pysock._functions.connections``, ``pysock._functions.resolver`` or ``pysock._calls.getsockopt``
is another (``tests/mutants.py``).
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from importlib import import_module
from typing import Any

import pytest

import pysock
from pysock._calls.descriptor import NewerWay
from pysock._ffi.interpreter import get_errno, set_errno
from pysock._functions.connections import _fallback_socketpair
from pysock._host import lib, system
from pysock._methods import connection
from pysock.families import _hosts

from .foreign import LINUX
from .harness import LATE, Action, calls_of, outcome, replace
from .test_garbage import garbage
from .test_noticed_descriptors import Broken, broken

_socket: Any = import_module("pysock._socket")  # ``pysock._socket`` is C's module
POLLS_FIRST = pytest.mark.skipif(
    not connection._POLLS_FIRST, reason="accept tries first, and then polls, on this system"
)

__all__ = ["garbage"]

POSIX = pytest.mark.skipif(not hasattr(lib, "socketpair"), reason="the library is not POSIX's")


@pytest.mark.parametrize(("backlog", "passed"), [(-5, 0), (-1, 0), (0, 0), (1, 1), (300, 300)])
def test_a_negative_backlog_is_0(
    backlog: int, passed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    listens = calls_of(monkeypatch, "listen")
    with pysock.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        fd = sock.fileno()
        sock.listen(backlog)
    assert listens == [(fd, passed)]


def test_the_backlog_is_up_to_128(monkeypatch: pytest.MonkeyPatch) -> None:
    listens = calls_of(monkeypatch, "listen")
    with pysock.create_server(("127.0.0.1", 0)) as server:
        server.listen()
    assert [each[1] for each in listens] == [min(128, pysock.SOMAXCONN)] * 2


# --- how a connect in the background has ended ---------------------------------------


def in_background(monkeypatch: pytest.MonkeyPatch, answers: list[int]) -> list[int]:
    """Let each connect go on in the background, and SO_ERROR be one of ``answers`` each time.

    −1 is a failure without an errno, which a signal handler has taken. Returns the sizes asked for.
    """
    sizes: list[int] = []

    def connect(real: Action, *arguments: Any) -> int:
        set_errno(errno.EINPROGRESS)
        return -1

    def getsockopt(real: Action, fd: int, level: int, option: int, value: Any, size: Any) -> Any:
        result = real(fd, level, option, value, size)
        assert (level, option) == (pysock.SOL_SOCKET, pysock.SO_ERROR)
        answer = answers.pop(0)
        if answer < 0:
            get_errno()
            set_errno(0)
            return -1
        sizes.append(1)
        ctypes.memmove(value, answer.to_bytes(4, sys.byteorder), 4)
        return result

    replace(monkeypatch, "connect", connect)
    replace(monkeypatch, "getsockopt", getsockopt)
    return sizes


@POSIX
@pytest.mark.parametrize("lost", [0, 1, 3])
@pytest.mark.parametrize(
    "number", [0, errno.EISCONN, errno.ECONNREFUSED, errno.EHOSTUNREACH, 300, 70000]
)
def test_an_errno_that_is_stolen_while_a_connect_is_asked_about(
    number: int, lost: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question is repeated: it is still heard how the connect has ended."""
    asked = in_background(monkeypatch, [-1] * lost + [number])
    with pysock.socket() as sock:
        sock.settimeout(20)
        expected = 0 if number == errno.EISCONN else number
        assert sock.connect_ex(("127.0.0.1", 9)) == expected
        assert len(asked) == 1


@POSIX
def test_a_question_that_fails_is_the_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    in_background(monkeypatch, [])

    def getsockopt(real: Action, *arguments: Any) -> int:
        set_errno(errno.ENOBUFS)
        return -1

    replace(monkeypatch, "getsockopt", getsockopt)
    with pysock.socket() as sock:
        sock.settimeout(20)
        assert sock.connect_ex(("127.0.0.1", 9)) == errno.ENOBUFS
        assert outcome(lambda: sock.connect(("127.0.0.1", 9))) == "ENOBUFS"


# --- functions that connect ----------------------------------------------------------

LOOPBACK = {"AF_INET": pysock.inet_aton("127.0.0.1"), "AF_INET6": bytes(15) + b"\1"}


@pytest.mark.parametrize("name", LOOPBACK)
def test_the_pair_without_socketpair_listens_on_the_loopback_only(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody on another machine can connect to it."""
    binds, listens = calls_of(monkeypatch, "bind"), calls_of(monkeypatch, "listen")
    family = getattr(pysock, name)
    at = 4 if name == "AF_INET" else 8  # behind family, port and flow
    try:
        for sock in _fallback_socketpair(family):
            sock.close()
    except OSError as error:
        if name == "AF_INET":
            raise
        pytest.skip(f"no IPv6 here: {error}")
    assert [sockaddr[at:][: len(LOOPBACK[name])] for _, sockaddr, _ in binds] == [LOOPBACK[name]]
    assert len(listens) == 1


@pytest.mark.usefixtures("garbage")
@pytest.mark.skipif(sys.implementation.name != "cpython", reason="the collector frees everything")
def test_a_connection_at_the_second_attempt_leaves_no_cycle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error of the first knows the frame, which knows the error."""
    with pysock.create_server(("127.0.0.1", 0)) as server, pysock.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        targets = [nobody.getsockname(), server.getsockname()]
        found = [(pysock.AF_INET, pysock.SOCK_STREAM, 0, "", target) for target in targets]
        monkeypatch.setattr(pysock, "getaddrinfo", lambda *arguments: found)
        for _ in range(3):
            with pysock.create_connection(("name", 1)) as client:
                assert client.getpeername() == targets[1]


NAMES = {
    "the name": (("a.b", ["c.d"]), "a.b"),
    "the first alias with a dot": (("a", ["b", "c.d", "e.f"]), "c.d"),
    "the only alias": (("a", ["c.d"]), "c.d"),
    "no dot": (("a", ["b", "c"]), "a"),
}


@pytest.mark.parametrize("case", NAMES)
def test_getfqdn_looks_through_the_aliases(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (name, aliases), expected = NAMES[case]
    monkeypatch.setattr(pysock, "gethostbyaddr", lambda asked: (name, aliases, ["192.0.2.1"]))
    assert pysock.getfqdn("192.0.2.1") == expected


@pytest.mark.parametrize("sockaddr", [("127.0.0.1", 80), ("::1", 80), ("2001:db8::1", 80, 1, 2)])
def test_getnameinfo_asks_no_resolver_for_numbers(
    sockaddr: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = calls_of(monkeypatch, "getaddrinfo")
    numeric = pysock.NI_NUMERICHOST | pysock.NI_NUMERICSERV
    host, port = sockaddr[:2]
    assert pysock.getnameinfo(sockaddr, numeric)[1] == str(port)
    assert pysock.getnameinfo(sockaddr, numeric)[0].partition("%")[0] == host
    assert asked == []


# --- accept with a timeout, and calls that failed without a reason -----------------------


@pytest.fixture
def listener() -> Iterator[pysock.Socket]:
    with pysock.create_server(("127.0.0.1", 0)) as sock:
        yield sock


@POLLS_FIRST
@pytest.mark.parametrize("seconds", [None, 0.0, 5])
def test_accept_with_a_timeout_polls_first(
    seconds: float | None, listener: pysock.Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def late(_: Any, left: float) -> float:
        asked.append(left)
        raise pysock.timeout

    monkeypatch.setattr(connection, "poll_first", late)
    monkeypatch.setattr(connection, "_accept_once", broken)
    listener.settimeout(seconds)
    with pytest.raises(pysock.timeout if seconds else Broken):
        listener.accept()
    assert asked == ([seconds] if seconds else [])


@POLLS_FIRST
@pytest.mark.parametrize("inherits", [False, True])
def test_what_is_accepted_blocks_though_its_listener_does_not(
    inherits: bool, listener: pysock.Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux makes it so by itself; a subclass is told as in C."""

    class Told(pysock.Socket):
        def setblocking(self, flag: bool) -> None:
            told.append(flag)
            super().setblocking(flag)

    told: list[bool] = []
    modes: list[bool] = []
    set_blocking = system.set_blocking

    def counted(fd: int, blocking: bool) -> None:
        modes.append(blocking)
        set_blocking(fd, blocking)

    inherits = inherits or _socket._INHERITS_MODE
    listener.settimeout(5)
    monkeypatch.setattr(system, "set_blocking", counted)
    monkeypatch.setattr(_socket, "_INHERITS_MODE", inherits)
    for cls, calls in ((pysock.Socket, [True] * inherits), (Told, [True])):
        monkeypatch.setattr(pysock, "socket", cls)
        modes.clear()
        with client_of(listener), listener.accept()[0] as sock:
            assert (sock.gettimeout(), os.get_blocking(sock.fileno())) == (None, True)
            assert modes == calls
    assert told == [True]


@POLLS_FIRST
def test_whether_a_mode_is_inherited_is_known(listener: pysock.Socket) -> None:
    listener.setblocking(False)
    with client_of(listener):
        select.select([listener], [], [], LATE)
        fd, _ = listener._accept()
    inherited = not os.get_blocking(fd)
    os.close(fd)
    assert inherited <= _socket._INHERITS_MODE  # where it is not, a call more does no harm
    assert _socket._INHERITS_MODE is not LINUX


def test_a_clients_address_drives_no_other_out_of_the_cache(listener: pysock.Socket) -> None:
    """It has a port of its own, and will hardly come again."""
    for _ in range(2):
        known = dict(_hosts.known_addresses)
        with client_of(listener), listener.accept()[0]:
            pass
    assert _hosts.known_addresses == known


def client_of(listener: pysock.Socket) -> pysock.Socket:
    client = pysock.Socket()
    client.connect(listener.getsockname())
    return client


@POLLS_FIRST
@pytest.mark.parametrize("older", [False, True])
def test_what_comes_after_the_poll_has_the_same_deadline(
    older: bool, listener: pysock.Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another thread took the connection, also by accept(2) in the place of accept4(2)."""
    deadlines: list[Any] = []

    def ready(_: Any, __: float) -> float:
        deadlines.append(100.75)
        return 100.75

    def again(*_: Any, deadline: float) -> Any:
        deadlines.append(deadline)
        raise Broken

    def once(*_: Any) -> None:
        if older and connection._accept4.works is None:
            raise OSError(errno.ENOSYS, "")
        set_errno(errno.EAGAIN)

    monkeypatch.setattr(connection, "poll_first", ready)
    monkeypatch.setattr(connection, "retry", again)
    monkeypatch.setattr(connection, "_accept_once", once)
    monkeypatch.setattr(connection, "_accept4", NewerWay(True))
    listener.settimeout(5)
    with pytest.raises(Broken):
        listener.accept()
    assert deadlines == [100.75, 100.75]


def test_an_accept_that_fails_without_a_reason_takes_no_older_way(
    listener: pysock.Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Any] = []

    def failed(*_: Any) -> None:
        tried.append(connection._accept4.works)
        raise OSError

    monkeypatch.setattr(connection, "_accept4", NewerWay(True))
    with monkeypatch.context() as patched, pytest.raises(OSError):
        patched.setattr(connection, "_accept_once", failed)
        listener.accept()
    assert (tried, connection._accept4.works) == ([None], None)


@pytest.mark.parametrize("name", ["bind", "listen", "shutdown"])
def test_a_call_whose_errno_was_lost_is_made_again(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a signal handler whose own call failed."""
    tried: list[tuple[Any, ...]] = []

    def failing(real: Action, fd: Any, *arguments: Any) -> Any:
        tried.append(arguments)
        if len(tried) == 1:
            set_errno(0)
            return -1
        return real(fd, *arguments)

    with pysock.create_server(("127.0.0.1", 0)) as server, pysock.socket() as sock:
        if name == "shutdown":
            sock.connect(server.getsockname())
        elif name == "listen":  # Windows demands an address
            sock.bind(("127.0.0.1", 0))
        replace(monkeypatch, name, failing)
        {
            "bind": lambda: sock.bind(("127.0.0.1", 0)),
            "listen": lambda: sock.listen(3),
            "shutdown": lambda: sock.shutdown(pysock.SHUT_WR),
        }[name]()
    assert len(tried) == 2 and tried[0] == tried[1]


# --- connect to a full listener, by a descriptor that does not block ----------------------


@pytest.mark.parametrize("seconds", [None, 0.0, 5])
@pytest.mark.parametrize("fails", [False, True])
def test_the_descriptor_blocks_again_if_the_timeout_has_ended(
    seconds: float | None, fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []

    def connect(*arguments: Any) -> int:
        told.append(arguments[1:])
        if fails:
            raise Broken
        return 7

    with pysock.socket() as sock:
        sock.settimeout(seconds)
        fd = sock.fileno()
        for name in "set_blocking", "set_blocking_in_step":
            monkeypatch.setattr(system, name, lambda *how: told.append(how))
        with pytest.raises(Broken) if fails else nullcontext():
            assert connection._connect_at_once(sock, connect, 0, b"name", 4) == 7
    assert told == [(fd, False), (b"name", 4), *([(fd, True)] if seconds is None else [])]


@pytest.mark.skipif(not hasattr(lib, "socketpair"), reason="no such descriptors here")
def test_a_socket_that_is_closed_meanwhile_is_a_failed_connect() -> None:
    told: list[Any] = []

    def connect(*arguments: Any) -> int:
        told.append(arguments)
        return -1

    sock = pysock.socket()
    sock.close()
    assert connection._connect_at_once(sock, connect, 0, b"name", 4) == -1
    assert told == [(-1, b"name", 4)]


def test_what_a_handler_raises_stays_what_it_is() -> None:
    """An OSError of its own, and before it the socket was closed."""

    def connect(*_: Any) -> int:
        sock.close()
        raise ConnectionError("a handler's")

    sock = pysock.socket()
    with pytest.raises(ConnectionError, match="a handler's"):
        connection._connect_at_once(sock, connect, 0, b"name", 4)
