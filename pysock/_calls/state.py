"""A socket's state, on which all methods stand.

The slots have the names of the members of CPython's ``PySocketSockObject``, with an underscore
on either side, so that no attribute of a subclass meets them by accident:

``_sock_fd_``       the descriptor, −1 once it is closed or has left the object
``_sock_family_``   the address family
``_sock_type_``     the type, without the flags SOCK_CLOEXEC and SOCK_NONBLOCK
``_sock_proto_``    the protocol
``_sock_timeout_``  None: blocking mode; 0.0: non-blocking mode; else seconds
``_sock_calls_``    the library for calls that transfer data: ``lib`` in blocking mode;
                    else ``lib_keeping_gil``, whose calls never block with the GIL
``_sock_waits_``    how many of the next receives call poll(2) first (``wait.wait_first``)
``_sock_plain_``    the size of the last plain ``recv``, if none need wait first: the same int need
                    not be looked at again (``shortcuts.transfer``); or NO_SIZE
``_sock_owned_``    a list with the descriptor, which is empty once somebody has taken it to
                    close it or to keep it (see ``descriptor``)
``_sock_refs_``     what programs have added to the number of files (``_io_refs``) that use the
                    socket; None if there has never been a file (``makefile``)

``_closed`` is called as in CPython's ``socket.py``, since programs know it.

Other threads and signal handlers may change the state at any time, so a method reads each
slot once; but the descriptor is read by each attempt, last of all (``transfer``).
"""

from __future__ import annotations

from .._ffi.errors import attempt, attempt_again, from_errno, raised_by_pysock, without_file
from .._ffi.interpreter import PYPY
from .._host import lib, lib_keeping_gil, system
from .descriptor import NOTHING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from typing_extensions import Self

    from .._ffi.prototype import Library


_new = object.__new__
NO_SIZE = object()  # which no program can give, as it can None


class SocketState:
    """The slots of a socket, and the values that they have before ``__init__``."""

    __slots__ = (
        "_closed",
        "_sock_calls_",
        "_sock_family_",
        "_sock_fd_",
        "_sock_owned_",
        "_sock_plain_",
        "_sock_proto_",
        "_sock_refs_",
        "_sock_timeout_",
        "_sock_type_",
        "_sock_waits_",
    )

    _closed: bool  # whether close() was called; files of makefile may still use the socket
    _sock_calls_: Library
    _sock_family_: int
    _sock_fd_: int
    _sock_owned_: list[int]
    _sock_plain_: Any
    _sock_proto_: int
    _sock_refs_: int | None
    _sock_timeout_: float | None
    _sock_type_: int
    _sock_waits_: int

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        try:
            self = _new(cls)
        except TypeError:
            self = _new_abstract(cls)
        self._sock_owned_ = NOTHING
        self._closed = False
        self._sock_refs_ = None
        self._sock_waits_ = 0
        self._sock_fd_, self._sock_family_, self._sock_type_, self._sock_proto_ = -1, 0, 0, 0
        self._sock_timeout_, self._sock_calls_, self._sock_plain_ = None, lib, NO_SIZE
        return self


# What ctypes takes for a socket: its descriptor, read in the same step of C as the call.
SocketState._as_parameter_ = SocketState._sock_fd_  # type: ignore[attr-defined,misc]
if not PYPY:
    # CPython up to 3.11 takes memory when ctypes first looks for that name; without, the call would
    # be an ArgumentError.  So one that does nothing (EBADF) comes before all others.
    attempt(lib.close, SocketState())


def on_socket(function: Callable[..., int], sock: Any, *args: Any) -> int:
    """``function(fd, *args)``: the descriptor is read last, see ``transfer``.

    ``sock`` may be a descriptor itself.
    """
    if PYPY and getattr(function, "takes_sockets", False):
        return function(sock, *args)
    return function(sock if type(sock) is int else sock._sock_fd_, *args)


def checked_on_socket(function: Callable[..., int], sock: SocketState, *args: Any) -> None:
    """The same, or OSError: as ``checked(on_socket, …)``, in 1,000 instructions less (3.11)."""
    n = on_socket(function, sock, *args) if PYPY else function(sock._sock_fd_, *args)
    if n < 0:
        n = attempt_again(on_socket, function, sock, *args)
    if n < 0:
        raise from_errno(-n)


def _new_abstract(cls: Any) -> Any:
    """An object of a class that has abstract methods, which C makes as well."""
    names: frozenset[str] = getattr(cls, "__abstractmethods__", frozenset())
    if names:
        cls.__abstractmethods__ = frozenset()
    try:
        return _new(cls)
    finally:
        if names:
            cls.__abstractmethods__ = names


def calls_for(seconds: float | None) -> Library:
    """The library for a socket in blocking (None), non-blocking (0.0) or timeout mode."""
    calls: Library = lib if seconds is None else lib_keeping_gil
    return calls


def set_mode(sock: SocketState, seconds: float | None) -> None:
    """Put a socket object into that mode, without its descriptor (see ``change_mode``)."""
    sock._sock_timeout_ = seconds
    sock._sock_calls_ = calls_for(seconds)


def change_mode(sock: SocketState, seconds: float | None) -> None:
    """Put a socket and its descriptor into that mode, by ``ioctl(2)`` or ``fcntl(2)``.

    The mode is in three places: ``_sock_timeout_``, ``_sock_calls_`` and the descriptor.  The
    first decides.  Two threads, or a signal handler and the code that it interrupts, may change
    the mode at once.  So each sets the other two, looks whether ``_sock_timeout_`` is still what
    it has set, and if not sets the two again.  The last thread leaves all three in the same mode,
    and none waits for a lock.

    An exception of a signal handler is raised once the mode has changed, as in C.  Otherwise the
    socket could have a timeout while its descriptor blocks, and a call would wait without one.
    """
    before = sock._sock_timeout_
    try:
        sock._sock_timeout_ = seconds  # not before: a tracer may raise at the try statement
        while True:
            sock._sock_calls_ = lib if seconds is None else lib_keeping_gil
            system.set_blocking(sock if PYPY else sock._sock_fd_, seconds is None)
            latest = sock._sock_timeout_
            if latest is seconds:
                return
            seconds = latest
    except (RecursionError, MemoryError):  # before the call
        sock._sock_timeout_ = before
        sock._sock_calls_ = lib if before is None else lib_keeping_gil
        raise
    except BaseException as error:
        if raised_by_pysock(error):
            without_file(error)
        elif sock._sock_timeout_ is not before:  # else nothing has begun: it may be a duplicate
            change_mode(sock, sock._sock_timeout_)
        raise
