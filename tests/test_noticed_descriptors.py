"""Who owns a descriptor when something fails half way, and descriptor 0, which is one like others.

The idea: each test fails if one statement or one number in ``pysock._methods.lifecycle``,
``pysock._methods.connection`` or ``pysock._calls.descriptor`` is another (``tests/mutants.py``).
"""

from __future__ import annotations

import ctypes
import errno
import gc
import os
import sys
import warnings
from array import array
from typing import Any

import pytest

import pysock
from pysock._calls import descriptor
from pysock._ffi.interpreter import NULL, set_errno
from pysock._host import lib, system
from pysock._methods import connection, lifecycle

from .harness import Action, calls_of, descriptors, on_pypy, replace, run

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
for works in (None, True, False):
    for way in (lifecycle.cloexec, connection._accept4, connections._cloexec):
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
data = there.recvmsg(1, pysock.CMSG_LEN(4))[1][0][2]
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
    """A descriptor that was given stays open, and is the caller's; one that was made is closed."""
    made: list[Kept] = []
    monkeypatch.setattr(Kept, "made", made)
    given = pysock.socket().detach()
    before = descriptors()
    monkeypatch.setattr(pysock._timeouts, "default", 5.0)
    begin: Any = pysock.SocketType._begin

    def late(self: Kept, *arguments: int) -> None:
        begin(self, *arguments)
        raise Broken

    for owner, name, action in ((system, "set_blocking", broken), (Kept, "_begin", late)):
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, action, raising=False)
            with pytest.raises(Broken):
                Kept(fileno=given) if whose == "the caller's" else Kept()
        sock = made.pop()
        assert sock.fileno() == -1
        assert sock._sock_owned_ == []
        assert descriptors() == before
        sock.close()
        assert sock.detach() == -1
        assert descriptors() == before
    pysock.close(given)


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
            with pytest.raises(PermissionError):
                server.accept()
        assert connection._accept4.works is None
        server.accept()[0].close()
        assert connection._accept4.works is True


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
    kind = pysock.SOCK_DGRAM | (getattr(pysock, flags) if flags else 0)
    monkeypatch.setattr(pysock._timeouts, "default", default)
    made = calls_of(monkeypatch, "socket")
    with pysock.socket(pysock.AF_INET, kind) as sock:
        mode = 0.0 if flags == "SOCK_NONBLOCK" else default
        assert (sock.gettimeout(), sock.type) == (mode, pysock.SOCK_DGRAM)
        assert os.get_blocking(sock.fileno()) == (mode is None)
    assert made == [(pysock.AF_INET, kind | pysock.SOCK_CLOEXEC, 0)]


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


class Closes:
    """The descriptors that C is told to close, and does not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: int = 0) -> None:
        self.closed: list[int] = []
        self.answer = answer
        replace(monkeypatch, "close", self.close)

    def close(self, real: Action, fd: int) -> int:
        self.closed.append(fd)
        return self.answer


def test_what_is_closed_is_all_that_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """0 is a descriptor; a number below it is what a call that failed has left."""
    closes = Closes(monkeypatch)
    owned = [5, 0, -1, 7, -9, 6]
    descriptor.close_all(owned)
    assert (owned, closes.closed) == ([], [5, 0, 7, 6])
    owned = [8, 9]
    assert descriptor.close_first(owned) == 0
    assert (owned, closes.closed[4:]) == ([9], [8])
    theirs = [1]
    descriptor.move(owned, theirs)
    assert (owned, theirs) == ([], [1, 9])
    for action in (lambda: descriptor.close_first([]), lambda: descriptor.move([], [])):
        with pytest.raises(IndexError):
            action()


def test_what_is_made_comes_last() -> None:
    """And what was there before stays, whether a descriptor is made or not."""

    def fails(*arguments: Any) -> int:
        set_errno(errno.EMFILE)
        return -1

    def pair(number: int, pointer: Any) -> int:
        ctypes.memmove(pointer, array("i", [number, 0]).tobytes(), 8)
        return 0

    owned = [9]
    assert descriptor.claim_once(owned, lambda a, b: a + b, 1, 2) == 3
    assert descriptor.claim(owned, lambda a, b: a - b, 1, 1) == 0
    assert descriptor.claim_pair(owned, pair, 7) == 0
    assert owned == [9, 3, 0, 7, 0]
    assert descriptor.claim_once(owned, fails, 1) == -1
    assert descriptor.claim(owned, fails, 1) == -errno.EMFILE
    assert descriptor.claim_pair(owned, fails, 1) == -errno.EMFILE
    assert owned == [9, 3, 0, 7, 0]


def test_the_result_of_a_close_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    Closes(monkeypatch, -1)
    assert descriptor.close_first([5]) == -1


@pytest.mark.parametrize("works", [None, True, False])
@pytest.mark.parametrize("number", [0, errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.EMFILE])
def test_what_a_newer_way_hears_once_it_need_not_hear_again(
    number: int, works: bool | None
) -> None:
    way = descriptor.NewerWay(True)
    assert way.works is None
    assert descriptor.NewerWay(False).works is False
    way.works = works
    refusals = (errno.EINVAL, errno.ENOSYS, errno.EPERM)
    assert way.refuses(number) == (works is None and number in refusals)


def test_an_errno_of_an_earlier_call_is_not_that_of_a_close() -> None:
    sock = pysock.socket()
    set_errno(errno.EIO)
    sock.close()
    set_errno(0)


@pytest.mark.skipif(on_pypy, reason="there the collector decides when, and so where")
def test_where_an_open_socket_is_dropped_is_told_with_the_socket() -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        exec(compile("sock = None", "the program", "exec"), {"sock": pysock.socket()})
    (each,) = said
    assert each.filename == "the program"
    assert isinstance(each.source, pysock.Socket)
    with pytest.raises(OSError):
        os.fstat(each.source.fileno())


@pytest.mark.parametrize("adopted", [False, True])
def test_a_descriptor_is_back_with_its_owner_if_its_new_socket_fails_at_last(
    adopted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a signal handler raised when it had just been moved."""

    def late(source: list[int], target: list[int]) -> None:
        real(source, target)
        if not moved:
            moved.append(target)
            raise Broken

    moved: list[list[int]] = []
    real = descriptor.move
    made: list[Kept] = []
    monkeypatch.setattr(Kept, "made", made)
    fd = pysock.socket().detach()
    owned = [fd]
    given = descriptor.AdoptedDescriptor(fd)
    given.owned = owned
    monkeypatch.setattr(lifecycle, "move", late)
    with pytest.raises(Broken):
        Kept(fileno=given if adopted else fd)
    assert (made[0].fileno(), made[0]._sock_owned_, moved) == (-1, [], [[]])
    assert owned == [fd]
    with pysock.socket(fileno=fd) as sock:  # it is open
        assert sock.type == pysock.SOCK_STREAM


def test_a_descriptor_that_nobody_adopts_is_closed() -> None:
    owned = [pysock.socket().detach()]
    (fd,) = owned
    with pytest.raises(Broken):
        descriptor.adopt(owned, broken)
    assert owned == []
    with pytest.raises(OSError):
        os.fstat(fd)


@pytest.mark.parametrize("works", [None, True])
@pytest.mark.parametrize("number", [errno.EMFILE, errno.EACCES])
def test_what_is_no_refusal_is_an_error_at_once(
    number: int, works: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older way is not tried, and the newer one not given up."""

    def make(*arguments: int) -> int:
        made.append(arguments)
        set_errno(number)
        return -1

    made: list[Any] = []
    way = descriptor.NewerWay(True)
    way.works = works
    with pytest.raises(OSError) as caught:
        descriptor.claim_uninherited(descriptor.claim, [], make, way, 1, 2, 3)
    assert caught.value.errno == number
    assert made == [(1, 2 | descriptor.SOCK_CLOEXEC, 3)]
    assert way.works is works


def test_a_socket_whose_first_errno_is_lost_owns_its_descriptor_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A signal handler has taken it; then the call is made again."""

    def make(real: Action, *arguments: int) -> int:
        made.append(arguments)
        if len(made) == 1:
            set_errno(0)
            return -1
        return real(*arguments)

    made: list[Any] = []
    monkeypatch.setattr(lifecycle.cloexec, "works", True)
    replace(monkeypatch, "socket", make)
    with pysock.socket() as sock:
        assert sock._sock_owned_ == [sock.fileno()]
    assert len(made) == 2


class Unprintable(pysock.Socket):
    """As when modules have lost their names already, at the exit of the interpreter."""

    def __repr__(self) -> str:
        raise TypeError


def test_what_is_dropped_is_told_even_if_it_cannot_print_itself() -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        fd = Unprintable().fileno()
        gc.collect()
        gc.collect()
    name = f"{__name__}.Unprintable"
    expected = f"unclosed <{name} fd={fd}, family=2, type=1>"
    assert [str(each.message) for each in said if name in str(each.message)] == [expected]


def test_an_object_without_any_state_goes_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a signal handler had raised in the middle of ``Socket.__new__``."""
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    object.__new__(pysock.Socket)
    gc.collect()
    gc.collect()
    assert told == []


def test_a_descriptor_has_one_owner() -> None:
    """It is moved from the list of whoever made it to that of the socket."""
    owned = [pysock.socket().detach()]
    given = descriptor.AdoptedDescriptor(owned[0])
    given.owned = owned
    with pysock.socket(fileno=given) as sock:
        assert (sock._sock_owned_, owned) == ([given], [])
        # Nobody has said that the kernel need not be asked.
        assert (sock.family, sock.type) == (pysock.AF_INET, pysock.SOCK_STREAM)
    with pytest.raises(OSError):
        os.fstat(given)
    given = descriptor.AdoptedDescriptor(pysock.socket().detach())
    given.owned = []  # of which another thread has been faster
    with pysock.socket(fileno=given) as sock:
        assert (sock._sock_owned_, given.owned) == ([given], [])


def test_the_list_of_a_socket_that_is_closed_has_nothing_to_run() -> None:
    """And one that is made anew has one that closes."""
    sock: Any = pysock.socket()
    first = sock._sock_owned_
    assert type(first) is descriptor.Owned
    sock.close()
    assert (type(first), first) == (descriptor.Emptied, [])
    sock.__init__()
    assert type(sock._sock_owned_) is descriptor.Owned
    assert sock._sock_owned_ is not first
    pysock.close(sock.detach())
    again = sock._sock_owned_
    assert type(again) is descriptor.Owned
    sock.__init__()
    assert sock._sock_owned_ is again  # it is empty, and as good as a new one
    sock.__init__()
    assert sock._sock_owned_ is not again  # which owns the descriptor that it has had
    descriptor.close_all(again)  # which is what its collection would have done
    sock.close()


@pytest.mark.parametrize("seconds", [None, 0.0, 5.0])
def test_detach_tells_the_system_what_it_lets_go(
    seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(system, "release_descriptor", lambda *arguments: told.append(arguments))
    sock = pysock.socket()
    sock.settimeout(seconds)
    fd = sock.fileno()
    assert sock.detach() == fd
    assert told == [(fd, seconds is None)]
    assert (sock.fileno(), sock._closed, sock._sock_owned_) == (-1, True, [])
    assert sock.detach() == -1
    assert len(told) == 1
    pysock.close(fd)


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_detach_that_is_interrupted_leaves_the_socket_as_it_was(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a signal handler raised before its descriptor was moved, or just after."""
    with pysock.socket() as sock:
        fd = sock.fileno()
        with monkeypatch.context() as patched:
            if where == "before":
                patched.setattr(lifecycle, "move", broken)
            else:
                patched.setattr(system, "release_descriptor", broken)
            with pytest.raises(Broken):
                sock.detach()
        assert (sock.fileno(), sock._closed, sock._sock_owned_) == (fd, False, [fd])
        os.fstat(fd)
    with pytest.raises(OSError):
        os.fstat(fd)


def test_descriptors_that_nobody_has_closed_are_closed_with_their_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closes = Closes(monkeypatch)
    descriptor.Owned([5, 0, 7])
    gc.collect()
    gc.collect()
    assert closes.closed == [5, 0, 7]


def test_a_socket_that_is_made_anew_has_the_mode_of_new_sockets() -> None:
    with pysock.socket() as sock:
        first = sock.fileno()
        sock.settimeout(5)
        sock.__init__(pysock.AF_INET, pysock.SOCK_DGRAM)  # type: ignore[misc]
        assert (sock.gettimeout(), sock.type) == (None, pysock.SOCK_DGRAM)
        if not on_pypy:  # where the list that owned the first is collected later
            assert sock.fileno() == first  # it was closed, so its number was free
        sock.close()
        sock.__init__()  # type: ignore[misc]
        assert sock.fileno() >= 0
