"""A socket object's life: how it gets its descriptor, its mode, and how it is closed.

Who owns a descriptor at which moment is explained in ``_calls.descriptor``.
"""

from __future__ import annotations

import sys
from _warnings import warn
from itertools import starmap
from sys import audit
from types import TracebackType

from .. import _timeouts
from .._calls.descriptor import (
    HEARS,
    SOCK_CLOEXEC,
    AdoptedDescriptor,
    Emptied,
    NewerWay,
    Owned,
    claim_once,
    claim_uninherited,
    close_again,
    close_all,
    move,
)
from .._calls.getsockopt import identify
from .._calls.state import SocketState, set_mode
from .._enums import AddressFamily, SocketKind
from .._ffi import versions
from .._ffi.arguments import INT_MAX, constructor_int
from .._ffi.errors import raise_unless_reset, raised_by_pysock
from .._ffi.forks import made_whole
from .._ffi.interpreter import FREE_THREADED
from .._host import constants, lib, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NONBLOCK = constants.get("SOCK_NONBLOCK", 0)
_FLAGS = SOCK_CLOEXEC | _NONBLOCK  # which a type may have
_AF_INET, _SOCK_STREAM = constants["AF_INET"], constants["SOCK_STREAM"]
_class = type  # which is a parameter's name
_NOT_GIVEN = -1  # "is" is the quickest way to see it

# SOCK_CLOEXEC: before Linux 2.6.27, a type with this flag was an unknown type.
cloexec = NewerWay(bool(SOCK_CLOEXEC))


class Lifecycle(SocketState):
    """From ``socket(2)`` to ``close(2)``."""

    __slots__ = ()

    def __init__(
        self, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None
    ) -> None:
        if fileno is not None:
            if _class(family) is AddressFamily and _class(type) is SocketKind:
                family, type, proto = family._value_, type._value_, constructor_int(proto)
            elif family is not _NOT_GIVEN or type is not _NOT_GIVEN or proto is not _NOT_GIVEN:
                family, type, proto = [*map(constructor_int, (family, type, proto))]
            self._init_from(fileno, family, type, proto)
            return
        # As mostly, members of the enums, or ints: to convert all takes 6,000 instructions.
        if family is _NOT_GIVEN:
            family = _AF_INET
        elif _class(family) is AddressFamily:
            family = family._value_
        elif _class(family) is not int or not 0 <= family <= INT_MAX:
            family = _default_or_int(family, _AF_INET)
        if type is _NOT_GIVEN:
            type = _SOCK_STREAM
        elif _class(type) is SocketKind:
            type = type._value_
        elif _class(type) is not int or not 0 <= type <= INT_MAX:
            type = _default_or_int(type, _SOCK_STREAM)
        if proto is _NOT_GIVEN:
            proto = 0
        elif _class(proto) is not int or not 0 <= proto <= INT_MAX:
            proto = _default_or_int(proto, 0)
        audit("socket.__new__", self, family, type, proto)
        owned = self._sock_owned_
        if owned or _class(owned) is not Owned:  # it has been a socket before
            owned = Owned()
        try:
            fd = _open(owned, family, type, proto)
            self._sock_owned_ = owned
            self._begin(fd, family, type, proto)
        except BaseException:
            if self._sock_owned_ is owned:  # and not an earlier socket's list
                self._sock_fd_ = -1
            close_all(owned)
            raise

    def _init_from(self, fileno: int, family: int, type: int, proto: int) -> None:
        """Be the socket that a descriptor is; if that fails, it stays the caller's.

        Once the caller's own code (an ``__index__``, an audit hook) has run, this object owns the
        descriptor, as in C: if a signal handler raises then, it is closed with the object.
        """
        adopted = fileno if isinstance(fileno, AdoptedDescriptor) else None
        if system.TELLS_OF_GIVEN:
            audit("socket.__new__", self, family, type, proto)
        if adopted is not None:
            fd = int(adopted)  # made by a call of C: there is nothing to check
        else:
            fd = fileno  # mostly a plain int, which is owned sooner without a call to check it
            if _class(fd) is not int or not 0 <= fd <= INT_MAX:
                fd = system.given_descriptor(fileno)
        ours = self._sock_owned_
        if ours or _class(ours) is not Owned:
            ours = Owned()
        try:
            if adopted is None or not adopted.owned:
                ours.append(fd)
            else:
                move(adopted.owned, ours)
            if adopted is None or not adopted.known:
                family, type, proto = identify(fd, family, type, proto)
            self._sock_owned_ = ours
            self._begin(fd, family, type, proto)
        except BaseException as error:
            if self._sock_owned_ is ours:
                self._sock_fd_ = -1
            if adopted is None:
                if _is_ours(error):
                    ours.clear()  # which takes no memory: it stays the caller's
                else:
                    close_all(ours)
            elif ours:
                try:
                    move(ours, adopted.owned)
                except MemoryError:
                    close_all(ours)
            raise

    def _take(self, owned: Owned, family: int, type: int, proto: int) -> None:
        """Be the socket, of a known kind, whose descriptor ``owned`` has; a failure closes it."""
        self._sock_owned_ = owned
        try:
            if system.TELLS_OF_GIVEN:
                audit("socket.__new__", self, family, type, proto)
            self._begin(owned[0], family, type, proto)
        except BaseException:
            close_all(owned)
            raise

    def _begin(self, fd: int, family: int, type: int, proto: int) -> None:
        """Take over a descriptor, in the mode that new sockets have."""
        seconds = _timeouts.default.seconds
        flags = type & _FLAGS
        if flags:
            type ^= flags
            if flags & _NONBLOCK:
                seconds = 0.0
        self._closed = False
        if self._sock_refs_ is not None:  # it has been a socket before, with files
            self._io_refs = 0  # type: ignore[misc]  # of ``makefile``
        self._sock_family_, self._sock_type_, self._sock_proto_ = family, type, proto
        if seconds is not None:
            set_mode(self, seconds)
            if not flags & _NONBLOCK:
                system.set_blocking(fd, False)
        elif self._sock_timeout_ is not None:
            set_mode(self, None)
        self._sock_fd_ = fd

    def fileno(self) -> int:
        """The file descriptor, or −1 once the socket is closed.  Makes no call; raises nothing."""
        return self._sock_fd_

    def detach(self) -> int:
        """Close the socket object without its descriptor, and return that: it stays open.

        Returns −1 if it is closed already.  Makes no call, and raises nothing (on Windows
        ``ioctlsocket``, so that the handle blocks as expected).

        >>> sock = socket()
        >>> fd = sock.detach()
        >>> sock.fileno()
        -1
        >>> close(fd)
        """
        self._closed = True
        fd, self._sock_fd_ = self._sock_fd_, -1
        owned: list[int] | None = None
        try:
            owned = []
            owned.extend(map(self._sock_owned_.pop, (0,)))  # as ``move``: see ``_is_handlers``
            system.release_descriptor(owned[0], self._sock_timeout_ is None)
            for _ in HEARS:  # as ``hear``: where raises are rare, of which it loses fewer here
                continue
            return owned[0]
        except IndexError:
            return -1
        except BaseException as error:
            if isinstance(error, MemoryError) and not _is_handlers(error):
                return _detached_without_memory(owned or self._sock_owned_)
            # From a signal handler: it stays as it was.
            if owned:
                move(owned, self._sock_owned_)
            self._closed, self._sock_fd_ = False, fd
            raise

    def close(self) -> None:
        """``close(2)``: the socket cannot be used any more.

        Does not block, except for SO_LINGER.  Raises OSError (not ECONNRESET); the descriptor is
        closed even then.  Closing twice does nothing.
        """
        # For one caller alone, and not for another thread or a signal handler as well.
        fd, self._sock_fd_ = self._sock_fd_, -1
        owned = self._sock_owned_
        if not owned:
            return
        try:
            # As ``close_first``, in fewer steps.  (iter(owned.pop, None) would take fewer still,
            # but on PyPy it is a function in Python, in which a signal handler may raise.)
            failed = next(map(lib.close, map(owned.pop, (0,)))) < 0
        except IndexError:
            return
        except MemoryError as error:
            failed = close_again(owned, fd, error) < 0
        # As ``emptied``, in fewer steps.
        if not FREE_THREADED:
            owned.__class__ = Emptied
        if failed:
            raise_unless_reset()

    def __del__(
        self, _warn: Any = warn, _whole: Any = made_whole if FREE_THREADED else None
    ) -> None:
        try:
            fd, owned = self._sock_fd_, self._sock_owned_
        except AttributeError:
            return  # an exception came before there was any state
        try:
            if fd != -1:
                try:
                    if _whole is not None:
                        _whole()  # in a forked child, repr would wait for what a cache has locked
                    text = repr(self)
                except (TypeError, AttributeError):  # modules have lost their names already
                    cls = self.__class__
                    kind = f"family={self._sock_family_}, type={self._sock_type_}"
                    text = f"<{cls.__module__}.{cls.__qualname__} fd={fd}, {kind}>"
                try:
                    _warn(f"unclosed {text}", ResourceWarning, stacklevel=2, source=self)
                except Warning as error:  # a filter makes errors of it
                    if not _told_of(error, self, text):
                        raise
        finally:
            if fd != -1:
                self._lose_descriptor()
            if owned:
                owned.__del__()  # type: ignore[attr-defined]

    def _lose_descriptor(self) -> None:
        """Forget the descriptor before it is closed: a warning's hook may keep this object."""
        self._sock_fd_ = -1

    def __repr__(self) -> str:
        return (
            f"<socket object, fd={self._sock_fd_}, family={self._sock_family_}, "
            f"type={self._sock_type_}, proto={self._sock_proto_}>"
        )


def _is_ours(error: BaseException) -> bool:
    """Whether a call has failed, or memory, and not a signal handler."""
    try:
        return error.__traceback__ is None or raised_by_pysock(error)  # None: no memory for it
    except MemoryError:
        return True  # there is none to find it out


def _is_handlers(error: MemoryError) -> bool:
    """Whether a signal handler raised it, and not the step of C in the function that caught it."""
    at = error.__traceback__
    return at is not None and at.tb_next is not None


def _detached_without_memory(owned: list[int]) -> int:
    """Let go of a descriptor: its number, or −1 if another thread was faster."""
    fd = owned[0] if owned else -1
    owned.clear()
    return fd


# Python 3.9 and 3.10 keep the frame of a function that has run once: so these need no memory.
_is_ours(MemoryError())
_is_handlers(MemoryError())
_detached_without_memory([])


def _default_or_int(value: Any, default: int) -> int:
    """As in ``socket.py``: whatever equals -1 is the default, also what is no integer."""
    number = _NOT_GIVEN if value == -1 else constructor_int(value)
    return default if number == -1 else number


def _told_of(error: Warning, sock: Lifecycle, text: str) -> bool:
    """Report a warning that became an exception as Python does for a finaliser in C.

    The report names the socket and the caller.  False on PyPy, whose hook gets something else.
    """
    # The class has no public name.
    arguments = [cls for cls in tuple.__subclasses__() if cls.__name__ == "UnraisableHookArgs"]
    if not arguments:
        return False
    try:
        frame = sys._getframe(2)
        error.__traceback__ = TracebackType(None, frame, frame.f_lasti, frame.f_lineno)
    except ValueError:  # no Python is running
        error.__traceback__ = None
    told: tuple[str | None, Any] = (None, sock)
    if versions.FINALIZING_SOCKET:
        told = (f"Exception ignored while finalizing socket {text}", None)
    hooked: Any = arguments[0]
    sys.unraisablehook(hooked((type(error), error, error.__traceback__, *told)))
    return True


def _open(owned: list[int], family: int, type: int, proto: int) -> int:
    """``socket(2)``: a descriptor that no child inherits, in ``owned``."""
    if cloexec.works:
        # As ``claim_once``, in fewer steps.
        owned.extend(starmap(lib.socket, ((family, type | SOCK_CLOEXEC, proto),)))
        fd = owned[-1]
        if fd >= 0:
            return fd
        owned.pop()
    return claim_uninherited(claim_once, owned, lib.socket, cloexec, family, type, proto)
