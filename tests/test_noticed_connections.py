"""What connects, and what is asked of C meanwhile: the numbers that go down, the errno that comes.

The idea: each test fails if one statement or one number in ``pysock._methods.connection``,
``pysock._functions.connections``, ``pysock._functions.resolver`` or ``pysock._calls.getsockopt``
is another (``tests/mutants.py``).
"""

from __future__ import annotations

import ctypes
import errno
import sys
from typing import Any

import pytest

import pysock
from pysock._ffi.interpreter import get_errno, set_errno
from pysock._functions.connections import _fallback_socketpair
from pysock._host import lib

from .harness import Action, calls_of, outcome, replace
from .test_garbage import garbage

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
