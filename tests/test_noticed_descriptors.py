"""Who owns a descriptor when something fails half way, and descriptor 0, which is one like others.

The idea: each test fails if one statement or one number in ``pysock._methods.lifecycle``,
``pysock._methods.connection`` or ``pysock._calls.descriptor`` is another (``tests/mutants.py``).
"""

from __future__ import annotations

import errno
import gc
import os
from typing import Any

import pytest

import pysock
from pysock._calls import descriptor
from pysock._calls.descriptor import SOCK_CLOEXEC
from pysock._ffi.interpreter import NULL, set_errno
from pysock._host import lib, system
from pysock._methods import connection

from .harness import Action, calls_of, descriptors, replace, run

pytestmark = pytest.mark.skipif(
    not hasattr(lib, "socketpair"), reason="descriptors are not the small numbers of POSIX here"
)


class Broken(Exception):
    """What is raised on purpose."""


def broken(*arguments: Any) -> Any:
    raise Broken


# --- descriptor 0 --------------------------------------------------------------------

ZERO = """
import array, gc, os, warnings
import pysock
from pysock._functions import connections
from pysock._methods import connection, lifecycle

def check(sock):
    assert sock.fileno() == 0, sock
    assert not sock.get_inheritable()
    sock.close()
    check_closed()

def check_closed():
    try:
        os.fstat(0)
    except OSError:
        return
    raise AssertionError("0 is still open")

os.close(0)
ways = lifecycle.cloexec, connection._accept4, connections._cloexec
ways = [way for way in ways if way.works is not False]  # what this system has
for works in (None, True, False):
    for way in ways:
        way.works = works
    check(pysock.socket())
    one, two = pysock.socketpair()
    check(one)
    two.close()
    with pysock.create_server(("127.0.0.1", 0)) as low, low.dup() as server:
        with pysock.socket() as client:
            client.connect(server.getsockname())
            low.close()
            check(server.accept()[0])
        with pysock.socket() as low, pysock.socket() as client:
            client.connect(server.getsockname())
            low.close()
            # In this family, C is asked for no address.
            server._sock_family_ = getattr(pysock, "AF_ALG", pysock.AF_INET)
            check(server.accept()[0])

here, there = pysock.socketpair()
assert here.fileno() == 0
here.sendall(b"abc")
assert there.recv(3) == b"abc"
copy = here.dup()
check(here)
check(copy.dup())
check(pysock.fromfd(copy.fileno(), copy.family, copy.type))
here = copy

fd = pysock.socket().detach()
assert fd == 0
sock = pysock.socket(fileno=0)
assert sock.type == pysock.SOCK_STREAM
check(sock)
try:
    pysock.socket(fileno=0)
except OSError:
    pass
else:
    raise AssertionError("0 is closed")

fd = pysock.socket().detach()
pysock.close(0)
check_closed()

with pysock.create_server(("127.0.0.1", 0)) as low:
    assert low.fileno() == 0
    with low.dup() as server, pysock.socket() as client:
        client.connect(server.getsockname())
        low.close()
        check(server.accept()[0])

pysock.send_fds(here, [b"x"], [there.fileno()])
assert pysock.recv_fds(there, 1, 1)[1] == [0]
pysock.send_fds(here, [b"x"], [0])
pysock.close(0)
here.close()
data = there.recvmsg(1, pysock.CMSG_SPACE(4))[1][0][2]
assert array.array("i", data)[0] == 0
pysock.close(0)

with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    pysock.socket()
    gc.collect()
    gc.collect()
check_closed()
assert ["fd=0" in str(each.message) for each in said] == [True], said
there.close()
print("all")
"""


def test_a_program_whose_standard_input_is_closed_gets_descriptor_0() -> None:
    done = run(ZERO)
    assert (done.stdout, done.stderr) == ("all\n", "")


# --- a failure half way --------------------------------------------------------------


class Kept(pysock.Socket):
    """Its objects can be looked at, also if ``__init__`` fails."""

    made: list[Kept] = []

    def __new__(cls, *arguments: Any, **keywords: Any) -> Kept:
        self = super().__new__(cls)
        cls.made.append(self)
        return self


@pytest.mark.parametrize("whose", ["the caller's", "its own"])
def test_a_socket_whose_beginning_fails_has_no_descriptor(
    whose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a signal handler raised: it is closed, as in C, where a handler runs after the call."""
    made: list[Kept] = []
    monkeypatch.setattr(Kept, "made", made)
    other = pysock.socket()
    before = descriptors()
    monkeypatch.setattr(pysock._timeouts.default, "seconds", 5.0)
    begin: Any = pysock.SocketType._begin

    def late(self: Kept, *arguments: int) -> None:
        begin(self, *arguments)
        raise Broken

    for owner, name, action in ((system, "set_blocking", broken), (Kept, "_begin", late)):
        given = os.dup(other.fileno()) if whose == "the caller's" else None
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, action, raising=False)
            with pytest.raises(Broken):
                Kept() if given is None else Kept(fileno=given)
        sock = made.pop()
        assert sock.fileno() == -1
        assert sock._sock_owned_ == []
        assert descriptors() == before
        sock.close()
        assert sock.detach() == -1
        assert descriptors() == before
    other.close()


def test_a_descriptor_that_is_no_sockets_stays_open() -> None:
    reader, writer = os.pipe()
    before = descriptors()
    with pytest.raises(OSError) as caught:
        pysock.socket(fileno=reader)
    assert caught.value.errno == errno.ENOTSOCK
    del caught
    assert descriptors() == before
    os.close(reader)
    os.close(writer)


@pytest.mark.skipif(not hasattr(lib, "accept4"), reason="there is no newer accept here")
@pytest.mark.parametrize("method", ["accept", "_accept"])
def test_an_accept_of_the_older_way_that_fails_closes_what_it_has(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between ``accept(2)`` and the call that keeps child processes from inheriting."""
    with pysock.create_server(("127.0.0.1", 0)) as server, pysock.socket() as client:
        client.connect(server.getsockname())
        before = descriptors()
        monkeypatch.setattr(connection._accept4, "works", False)
        monkeypatch.setattr(system, "set_inheritable", broken)
        newer, older = calls_of(monkeypatch, "accept4"), calls_of(monkeypatch, "accept")
        with pytest.raises(Broken):
            getattr(server, method)()
        assert (len(newer), len(older)) == (0, 1)
        monkeypatch.undo()
        assert descriptors() == before


@pytest.mark.skipif(not hasattr(lib, "accept4"), reason="there is no newer accept here")
def test_that_both_ways_to_accept_fail_says_nothing_about_the_newer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(real: Action, *arguments: Any) -> int:
        set_errno(errno.EPERM)
        return -1

    monkeypatch.setattr(connection._accept4, "works", None)
    with pysock.create_server(("127.0.0.1", 0)) as server, pysock.socket() as client:
        client.connect(server.getsockname())
        with monkeypatch.context() as patched:
            replace(patched, "accept4", refuse)
            replace(patched, "accept", refuse)
            with pytest.raises(PermissionError) as said:
                server.accept()
        assert said.value.__context__ is None  # one accept, one error
        assert connection._accept4.works is None
        server.accept()[0].close()
        assert connection._accept4.works is True


@pytest.mark.parametrize("seconds", [0.0, 0.01])
def test_that_nobody_connects_says_nothing_about_a_newer_way(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timeout that has passed has no errno, and is no refusal."""
    older = calls_of(monkeypatch, "accept")
    works = None if hasattr(lib, "accept4") else False
    monkeypatch.setattr(connection._accept4, "works", works)
    with pysock.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(seconds)
        with pytest.raises(OSError):
            server.accept()
    assert connection._accept4.works is works
    assert works is False or older == []


@pytest.mark.skipif(not hasattr(lib, "accept4"), reason="there is no newer accept here")
def test_the_older_way_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What errno is by then, is nothing to it."""

    def refuse(real: Action, *arguments: Any) -> int:
        set_errno(errno.EPERM)
        return -1

    def refuses(self: Any, number: int) -> bool:
        set_errno(errno.EIO)  # as a signal handler might leave it
        return number == errno.EPERM

    monkeypatch.setattr(connection._accept4, "works", None)
    monkeypatch.setattr(descriptor.NewerWay, "refuses", refuses)
    with pysock.create_server(("127.0.0.1", 0)) as server, pysock.socket() as client:
        client.connect(server.getsockname())
        replace(monkeypatch, "accept4", refuse)
        older = calls_of(monkeypatch, "accept")
        with server.accept()[0] as sock:
            assert sock.getpeername() == client.getsockname()
        assert len(older) == 1


@pytest.mark.skipif(not hasattr(pysock, "AF_ALG"), reason="there is no AF_ALG here")
def test_an_accept_of_af_alg_asks_for_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an address it would fail."""
    seen: list[Any] = []

    def accept4(real: Action, fd: int, *arguments: Any) -> int:
        seen.append(arguments)
        set_errno(errno.EINTR)
        return -1 if len(seen) == 1 else pysock.dup(fd)

    with pysock.socket() as server:
        server._sock_family_ = pysock.AF_ALG
        replace(monkeypatch, "accept4", accept4)
        fd, address = server._accept()
        pysock.close(fd)
        assert address is None
        assert seen == [(NULL, NULL, pysock.SOCK_CLOEXEC)] * 2


def test_what_is_accepted_in_the_older_way_is_not_inherited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection._accept4, "works", False)
    with pysock.create_server(("127.0.0.1", 0)) as server, pysock.socket() as client:
        client.connect(server.getsockname())
        fd, address = server._accept()
        assert address == client.getsockname()
        assert not os.get_inheritable(fd)
        pysock.close(fd)
        gc.collect()


@pytest.mark.parametrize("number", [2**40, -(2**40)])
def test_three_numbers_that_are_the_same_are_looked_at_all_the_same(number: int) -> None:
    """ctypes would cut them to the width of an int."""
    for arguments in ((number,) * 3, (number,) * 2, (number,), (-1, number, number)):
        with pytest.raises(OverflowError):
            pysock.socket(*arguments)


@pytest.mark.parametrize("default", [None, 0.0, 3.0])
@pytest.mark.parametrize("flags", ["", "SOCK_NONBLOCK", "SOCK_CLOEXEC"])
def test_the_mode_and_the_kind_of_a_new_socket(
    flags: str, default: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if flags and not hasattr(pysock, flags):
        pytest.skip(f"no {flags} here")
    kind = pysock.SOCK_DGRAM | (getattr(pysock, flags) if flags else 0)
    monkeypatch.setattr(pysock._timeouts.default, "seconds", default)
    made = calls_of(monkeypatch, "socket")
    with pysock.socket(pysock.AF_INET, kind) as sock:
        mode = 0.0 if flags == "SOCK_NONBLOCK" else default
        assert (sock.gettimeout(), sock.type) == (mode, pysock.SOCK_DGRAM)
        assert os.get_blocking(sock.fileno()) == (mode is None)
    assert made == [(pysock.AF_INET, kind | SOCK_CLOEXEC, 0)]


@pytest.mark.parametrize("number", [errno.ECONNRESET, errno.EIO])
def test_a_close_that_fails_closes(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def close(real: Action, fd: int) -> int:
        real(fd)
        set_errno(number)
        return -1

    before = descriptors()
    sock = pysock.socket()
    with monkeypatch.context() as patched:
        replace(patched, "close", close)
        if number == errno.ECONNRESET:
            sock.close()
        else:
            with pytest.raises(OSError) as caught:
                sock.close()
            assert caught.value.errno == number
            del caught
    sock.close()
    assert sock.fileno() == -1
    assert descriptors() == before
