"""The lists that own descriptors: what is made, moved and closed, and what is told of the rest.

The idea: each test fails if one statement or one number in ``pysock._calls.descriptor`` or in
``pysock._methods.lifecycle`` is another (``tests/mutants.py``).
"""

from __future__ import annotations

import ctypes
import errno
import gc
import os
import socket as stdlib
import sys
import warnings
from array import array
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

import pysock
from pysock._calls import descriptor
from pysock._ffi.errors import attempt
from pysock._ffi.interpreter import FREE_THREADED, set_errno
from pysock._functions import descriptors as functions
from pysock._host import lib, system
from pysock._methods import lifecycle, message
from pysock._methods.message import Message

from .harness import Action, descriptors, on_pypy, replace
from .test_noticed_descriptors import Broken, Kept, broken

pytestmark = pytest.mark.skipif(
    not hasattr(lib, "socketpair"), reason="descriptors are not the small numbers of POSIX here"
)


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
    assert descriptor.claim_once(owned, lambda a, b: a - b, 1, 1) == 0
    assert descriptor.claim_pair_once(owned, pair, 7) == 0
    assert owned == [9, 3, 0, 7, 0]
    assert descriptor.claim_once(owned, fails, 1) == -1
    assert attempt(descriptor.claim_once, owned, fails, 1) == -errno.EMFILE
    assert attempt(descriptor.claim_pair_once, owned, fails, 1) == -errno.EMFILE
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
    # ENOSYS also later: a program may enter a sandbox.
    later = works is True and number == errno.ENOSYS
    assert way.refuses(number) == (later or (works is None and number in refusals))


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


@pytest.mark.parametrize("failure", [OSError, MemoryError])
def test_a_descriptor_stays_the_callers_if_a_call_fails(
    failure: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other than where a signal handler raises, who may raise an OSError, too."""
    fd = pysock.socket().detach()

    def fails(*arguments: int) -> None:
        raise failure

    for package in ("pysock._methods", "program"):
        monkeypatch.setitem(fails.__globals__, "__package__", package)
        monkeypatch.setattr(lifecycle, "identify", fails)
        with pytest.raises(failure):
            pysock.socket(fileno=fd)
        monkeypatch.undo()
        if package != "program":
            os.fstat(fd)
    with pytest.raises(OSError):
        os.fstat(fd)


def test_a_descriptor_is_back_with_its_owner_if_its_new_socket_fails_at_last(
    monkeypatch: pytest.MonkeyPatch,
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
        Kept(fileno=given)
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
        descriptor.claim_uninherited(descriptor.claim_once, [], make, way, 1, 2, 3)
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
        return int(real(*arguments))

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
    first: Any = sock._sock_owned_
    assert first.__class__ is descriptor.Owned
    sock.close()
    # Without the GIL, a change of class would stop all threads.
    assert first.__class__ is (descriptor.Owned if FREE_THREADED else descriptor.Emptied)
    assert first == []
    sock.__init__()
    assert type(sock._sock_owned_) is descriptor.Owned
    assert (sock._sock_owned_ is first) is FREE_THREADED  # where it is what it was
    pysock.close(sock.detach())
    again = sock._sock_owned_
    assert type(again) is descriptor.Owned
    sock.__init__()
    assert sock._sock_owned_ is again  # it is empty, and as good as a new one
    sock.__init__()
    assert sock._sock_owned_ is not again  # which owns the descriptor that it has had
    descriptor.close_all(again)  # which is what its collection would have done
    sock.close()


AGAIN: dict[str, tuple[Any, ...]] = {
    "no such family": (99,), "no such type": (pysock.AF_INET, 99), "no int": ("x",),
    "no such descriptor": (-1, -1, -1, 99_999), "a negative one": (-1, -1, -1, -5),
}  # fmt: skip


@pytest.mark.parametrize("name", AGAIN)
def test_a_socket_that_cannot_be_made_anew_stays_what_it_is(name: str) -> None:
    """As in C; and one that can be made anew closes the descriptor that it had, which C leaks."""
    for module in (pysock, stdlib):
        sock: Any = module.socket(type=module.SOCK_DGRAM)
        fd = sock.fileno()
        with pytest.raises((OSError, TypeError, ValueError)):
            sock.__init__(*AGAIN[name])
        assert (sock.fileno(), sock.type) == (fd, module.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        if module is pysock:
            before = descriptors()
            sock.__init__()
            gc.collect()
            assert sock.type == pysock.SOCK_STREAM and descriptors() == before
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


class Unmoved(list[int]):
    """A list out of which nothing is moved."""

    def pop(self, *_: Any) -> int:
        raise Broken


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_detach_that_is_interrupted_leaves_the_socket_as_it_was(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a signal handler raised before its descriptor was moved, or just after."""
    with pysock.socket() as sock:
        fd = sock.fileno()
        with monkeypatch.context() as patched:
            if where == "before":
                patched.setattr(sock, "_sock_owned_", Unmoved([fd]))
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
            with pytest.raises(OSError):
                os.fstat(first)
        sock.close()
        sock.__init__()  # type: ignore[misc]
        assert sock.fileno() >= 0


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def test_what_is_no_number_of_a_family_leaves_the_descriptor_open() -> None:
    fd = pysock.socket().detach()
    for kind in ["x"], [2**40], [Number()]:
        with pytest.raises((TypeError, OverflowError, Broken)):
            pysock.socket(*kind, fileno=fd)  # type: ignore[misc]
        assert is_open(fd)
    os.close(fd)


class Number:
    def __index__(self) -> int:
        raise Broken


def test_a_handler_is_heard_before_a_descriptor_is_the_callers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PyPy hears a signal late: there, calls that answer with a number let it raise in time."""
    if not hasattr(pysock.Socket, "recvmsg_into") or not hasattr(pysock, "recv_fds"):
        pytest.skip("no descriptors come with messages here")
    room = bytearray(9)
    a, b = pysock.socketpair(pysock.AF_UNIX, pysock.SOCK_DGRAM)
    calls: list[tuple[Any, Callable[[], Any]]] = [
        (message, lambda: Message.recvmsg(b, 9, 64)),
        (message, lambda: Message.recvmsg_into(b, [room], 64)),
        (functions, lambda: pysock.recv_fds(b, 9, 1)),
        (functions, lambda: pysock.dup(a.fileno())),
    ]
    with a, b:
        b.settimeout(0)
        before = descriptors()
        for module, call in calls:
            pysock.send_fds(a, [b"x"], [0])
            with monkeypatch.context() as patched:
                patched.setattr(module, "PYPY", True)
                patched.setattr(module, "hear", broken)
                with pytest.raises(Broken):
                    call()
            with suppress(BlockingIOError):
                b.recv(9)
            assert descriptors() == before and a.fileno() >= 0
