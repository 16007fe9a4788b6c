"""Closing, when memory is used up or somebody was faster; and what is told of a lost socket.

The idea: each test fails if one statement or one number in ``pysock._calls.descriptor`` or in
``pysock._methods.lifecycle`` is another (``tests/mutants.py``).
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import pysock
from pysock._calls import descriptor
from pysock._calls.descriptor import Owned, close_again, close_all, close_first
from pysock._ffi import versions
from pysock._ffi.interpreter import set_errno
from pysock._host import lib, system
from pysock._methods import lifecycle

from .harness import on_pypy

pytestmark = pytest.mark.skipif(
    not hasattr(lib, "socketpair"), reason="descriptors are not the small numbers of POSIX here"
)

# C's function of a list, which has no memory for so many items: no frame of Python's is in the
# traceback, as when ctypes finds none. The number stands for a descriptor.
NUMBER = sys.maxsize // 2
OUT_OF_MEMORY = SimpleNamespace(close=[None, None].__mul__)


class Closer:
    """In the place of the close that takes no memory."""

    error: OSError | None = None

    def __init__(self) -> None:
        self.closed: list[int] = []
        self.sock = pysock.Socket()
        os.close(self.sock.detach())

    def __call__(self, fd: int) -> None:
        self.closed.append(fd)
        assert len(self.closed) < 5, "once more, and for ever"
        if self.error:
            raise self.error


@pytest.fixture
def closer(monkeypatch: pytest.MonkeyPatch) -> Closer:
    """No close of C's finds memory."""
    made = Closer()
    monkeypatch.setattr(descriptor, "lib", OUT_OF_MEMORY)
    monkeypatch.setattr(lifecycle, "lib", OUT_OF_MEMORY)
    monkeypatch.setattr(system, "close_without_memory", made)
    return made


@pytest.mark.skipif(on_pypy, reason="frames of PyPy's own are in the traceback")
@pytest.mark.parametrize(("error", "result"), [(None, 0), (OSError(errno.EIO, "?"), -1)])
def test_a_close_that_finds_no_memory(closer: Closer, error: Any, result: int) -> None:
    closer.error = error
    owned = [NUMBER, 3]
    assert (close_first(owned), owned, closer.closed) == (result, [3], [NUMBER])
    owned = [NUMBER, NUMBER - 1]
    close_all(owned)
    assert (owned, closer.closed) == ([], [NUMBER, NUMBER, NUMBER - 1])


@pytest.mark.skipif(on_pypy, reason="frames of PyPy's own are in the traceback")
@pytest.mark.parametrize("error", [None, OSError(errno.EIO, "of the close")])
def test_a_socket_whose_close_finds_no_memory(closer: Closer, error: OSError | None) -> None:
    sock, closer.error = closer.sock, error
    sock._sock_owned_, sock._sock_fd_ = Owned([NUMBER]), NUMBER
    set_errno(errno.EIO)
    if error is None:
        sock.close()
    else:
        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            sock.close()
    assert closer.closed == [NUMBER]
    assert (sock.fileno(), list(sock._sock_owned_)) == (-1, [])
    set_errno(0)


class NoRoom(list[int]):
    """A list that finds no memory for a shorter one."""

    def remove(self, value: int) -> None:
        raise MemoryError


def test_the_second_try_of_a_close(closer: Closer) -> None:
    owned = [5, 6, 7]
    assert (close_again(owned, 6, MemoryError()), owned) == (0, [5, 7])
    owned = NoRoom([5, 6, 7])
    assert (close_again(owned, 6, MemoryError()), owned) == (0, [5, -1, 7])
    assert close_again([5], 6, MemoryError()) == 0  # it was taken out before
    closer.error = OSError(errno.EIO, "?")
    assert close_again([6], 6, MemoryError()) == -1
    assert closer.closed == [6, 6, 6, 6]


def test_a_memory_error_of_a_handler_comes_after_the_close(closer: Closer) -> None:
    """C has closed by then; the number may be another's."""

    def handler() -> None:
        raise MemoryError("a handler's")

    owned = [6]
    try:
        handler()
    except MemoryError as error:
        with pytest.raises(MemoryError, match="a handler's"):
            close_again(owned, 6, error)
    assert closer.closed == []


class Failing:
    """A library whose function cannot even be asked for."""

    def __init__(self, before: Callable[[], Any]) -> None:
        self.before = before

    @property
    def close(self) -> Any:
        self.before()
        raise MemoryError


@pytest.mark.parametrize("taken", [False, True])
def test_a_list_that_goes_closes_what_it_has(taken: bool) -> None:
    """Memory may be used up before its number is taken out, or afterwards."""
    owned, closer = Owned([6]), Closer()
    finalise: Any = owned.__del__
    finalise(Failing(owned.clear if taken else list), closer)
    assert (owned, closer.closed) == ([], [6])


# --- what a call has written ----------------------------------------------------------


def test_a_pair_that_was_not_written_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not 0, and not what was written for an earlier call in the same memory."""

    def answers(*args: Any) -> int:
        assert args == (1, 2, entry[1])
        if written:
            entry[0][0], entry[0][1] = written
        return 0

    entry = descriptor._ints(2)
    back: list[Any] = []
    pool = SimpleNamespace(take=lambda: entry, put=back.append)
    monkeypatch.setattr(descriptor, "_pairs", pool)
    written = [8, 9]
    owned = [7]
    assert (descriptor.claim_pair_once(owned, answers, 1, 2), owned) == (0, [7, 8, 9])
    written = []
    owned = []
    assert descriptor.claim_pair_once(owned, answers, 1, 2) == -1
    assert [fd for fd in owned if fd >= 0] == []
    assert back == [entry, entry]  # to be used again


def test_an_option_that_was_not_written_is_no_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptor, "lib", SimpleNamespace(getsockopt=lambda *_: 0))
    owned: list[int] = []
    assert descriptor._claim_option_once(owned, SimpleNamespace(_sock_fd_=3), 1, 2) == -1
    assert owned == []


def test_what_has_made_an_object_of_a_descriptor_owns_it_alone() -> None:
    owned = [NUMBER]
    assert descriptor.adopt(owned, str) == str(NUMBER)
    assert owned == []


# --- the object ------------------------------------------------------------------------


class Taken(Owned):
    """Somebody else was faster."""

    def pop(self, *_: Any) -> Any:
        raise IndexError

    def __del__(self, *_: Any) -> None:
        pass


def test_who_comes_second_closes_nothing() -> None:
    sock = pysock.Socket()
    os.close(sock.detach())
    sock._sock_owned_ = Taken([3])
    sock.close()
    assert sock.fileno() == -1


def test_a_handler_that_raises_while_a_descriptor_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From then on it is the object's, which is held by whoever made it in two steps."""

    def identify(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(lifecycle, "identify", identify)
    fd = os.dup(0)
    sock = pysock.Socket.__new__(pysock.Socket)
    with pytest.raises(ZeroDivisionError) as caught:
        sock.__init__(fileno=fd)  # type: ignore[misc]
    assert caught.value.__traceback__  # whose frames have the list that owns it
    with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
        os.fstat(fd)


def test_a_warning_that_nobody_can_be_told_of_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(*_: Any, **__: Any) -> None:
        raise ResourceWarning("as an error")

    monkeypatch.setattr(lifecycle, "_told_of", lambda *_: False)
    sock = pysock.Socket()
    with pytest.raises(ResourceWarning, match="as an error"):
        sock.__del__(warn)
    assert sock.fileno() == -1


def test_an_object_with_descriptor_0_forgets_it() -> None:
    sock = pysock.Socket()
    os.close(sock.detach())
    sock._sock_fd_ = 0
    sock.__del__(lambda *_, **__: None)
    assert sock.fileno() == -1


@pytest.mark.skipif(on_pypy, reason="PyPy's hook gets something else")
def test_what_the_hook_is_told_of_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    warning = ResourceWarning("unclosed")
    with pysock.Socket() as sock:

        def finaliser() -> bool:
            return lifecycle._told_of(warning, sock, "<it>")

        assert finaliser() is True  # the caller of this is whoever dropped the socket
    (args,) = told
    said: tuple[Any, Any] = None, sock
    if versions.FINALIZING_SOCKET:
        said = "Exception ignored while finalizing socket <it>", None
    assert (args.err_msg, args.object) == said
    assert (args.exc_type, args.exc_value) == (ResourceWarning, warning)
    at = args.exc_traceback
    assert at is warning.__traceback__
    assert at.tb_frame is sys._getframe()


def test_without_a_caller_there_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_depth: int) -> Any:
        raise ValueError("call stack is not deep enough")

    told: list[Any] = []
    warning = ResourceWarning("unclosed")
    try:
        raise warning
    except ResourceWarning:
        pass
    with pysock.Socket() as sock:
        monkeypatch.setattr(sys, "unraisablehook", told.append)
        monkeypatch.setattr(sys, "_getframe", none)
        found = lifecycle._told_of(warning, sock, "<it>")
        monkeypatch.undo()
    assert found or on_pypy
    assert [args.exc_traceback for args in told] == [None] * found


def test_where_the_hook_gets_something_else_it_is_told_of_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lifecycle, "tuple", SimpleNamespace(__subclasses__=list), raising=False)
    with pysock.Socket() as sock:
        assert lifecycle._told_of(ResourceWarning(), sock, "") is False


def test_a_socket_of_a_known_kind_that_cannot_begin_closes_its_descriptor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At once, though the traceback has the object, which would close it later."""

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(pysock.Socket, "_begin", broken)
    fd = os.dup(0)
    sock = pysock.Socket.__new__(pysock.Socket)
    with pytest.raises(ZeroDivisionError):
        sock._take(descriptor.Owned([fd]), pysock.AF_INET, pysock.SOCK_STREAM, 0)
    with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
        os.fstat(fd)


# --- a socket that lets go of its descriptor, or begins anew, without memory ---------------


def raised(error: BaseException, depth: int) -> BaseException:
    """The same, raised so many functions below the one that catches it."""
    try:
        if depth:
            raised_below(error, depth - 1)
        raise error
    except type(error) as caught:
        return caught


def raised_below(error: BaseException, depth: int) -> None:
    if depth:
        raised_below(error, depth - 1)
    raise error


def test_whose_memory_error_it_is() -> None:
    """A step of C raises it in the function that catches it, and a handler below that."""
    assert lifecycle._is_handlers(MemoryError()) is False
    found = [lifecycle._is_handlers(raised(MemoryError(), depth)) for depth in (0, 1, 2)]  # type: ignore[arg-type]
    assert found == [False, True, True]


def test_without_memory_to_find_out_it_is_a_failure_of_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing_left(_: object) -> bool:
        raise MemoryError

    monkeypatch.setattr(lifecycle, "raised_by_pysock", nothing_left)
    assert lifecycle._is_ours(raised(MemoryError(), 0)) is True


def test_what_detach_answers_without_memory() -> None:
    owned = [NUMBER]
    assert (lifecycle._detached_without_memory(owned), owned) == (NUMBER, [])
    assert lifecycle._detached_without_memory(owned) == -1


def test_an_exception_in_a_step_of_c_leaves_the_socket_its_descriptor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As another thread's may come (PyThreadState_SetAsyncExc): none is below detach's frame."""
    with pysock.socket() as sock:
        fd = sock.fileno()
        monkeypatch.setattr(system, "release_descriptor", {}.__getitem__)
        with pytest.raises(TypeError):
            sock.detach()
        assert (sock.fileno(), sock._sock_owned_, sock._closed) == (fd, [fd], False)


def test_a_descriptor_that_cannot_go_back_to_its_owner_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def move(source: list[int], target: list[int]) -> None:
        if source is not given.owned:
            raise MemoryError
        descriptor.move(source, target)

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    fd = os.dup(0)
    given = descriptor.AdoptedDescriptor(fd)
    given.owned = [fd]
    monkeypatch.setattr(lifecycle, "move", move)
    monkeypatch.setattr(lifecycle, "identify", broken)
    with pytest.raises(ZeroDivisionError) as caught:
        pysock.socket(fileno=given)
    with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
        os.fstat(fd)
    del caught  # whose traceback has kept the list that would have closed it, too
