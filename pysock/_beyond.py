"""What the modules beyond the standard library share: any socket's descriptor, and its options.

A socket is whatever has ``fileno()``: pysock's, the standard library's, or an object around one.
"""

from __future__ import annotations

import os
from errno import EBADF, ENODEV, ENOPROTOOPT, ENOSYS, ENXIO
from functools import lru_cache, partial
from operator import methodcaller

from ._calls.getsockopt import getsockopt_bytes, identify
from ._calls.state import SocketState, on_socket, set_mode
from ._ffi.arguments import fs_bytes, plain_index
from ._ffi.errors import checked, from_errno
from ._ffi.interpreter import NULL, pass_memory
from ._host import abi, constants, lib, system
from ._socket import Socket
from .families import _interfaces

try:  # Windows has none
    from fcntl import LOCK_EX, LOCK_NB
    from fcntl import flock as _flock
    from fcntl import ioctl as ioctl

    def flock(fd: int) -> None:
        """``flock(2)``: lock a file, or raise BlockingIOError."""
        _flock(fd, LOCK_EX | LOCK_NB)

except ImportError:
    flock = None  # type: ignore[assignment]

    def ioctl(*arguments: Any) -> Any:  # type: ignore[no-redef]
        """Nothing can be asked this way here."""
        raise OSError(ENOSYS, os.strerror(ENOSYS))


HAS_IOCTL = ioctl.__module__ != __name__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class HasFileno(Protocol):
        """A socket, of whatever module."""

        def fileno(self) -> int: ...


def descriptor(sock: Any) -> int:
    """The descriptor (on Windows: the handle) of ``sock``; OSError (EBADF) if it is closed.

    ``sock`` has ``fileno()``, or is the number itself.  TypeError for anything else.
    """
    number = sock
    if not isinstance(sock, int) or isinstance(sock, bool):
        fileno = getattr(sock, "fileno", None)
        if fileno is None:
            kind = type(sock).__name__
            raise TypeError(f"expected a socket, or another object with fileno(), not {kind}")
        number = fileno()
    fd: int = system.descriptor(number)
    if fd < 0:
        raise OSError(EBADF, os.strerror(EBADF))
    return fd


# As a property it calls ``fileno`` and nothing of Python's after that, not even on a socket in C.
_NOW = property(methodcaller("fileno"))


class Handle:
    """The descriptor of a socket of any module, read in the step that calls C with it.

    If a signal handler closes the socket before that, the number is −1, and not that of another
    socket, which has got it meanwhile.
    """

    __slots__ = ("fileno",)

    fileno: Callable[[], int]
    _sock_fd_: int = _NOW  # type: ignore[assignment]


def handle(sock: Any) -> Handle:
    """The descriptor of ``sock``, to be read later; what is none is an error, as ``descriptor``."""
    made = Handle()
    made.fileno = _reader(sock)
    return made


def _reader(sock: Any) -> Callable[[], int]:
    """What reads the descriptor: a function in C, or of pysock's sockets, as far as possible."""
    fd = descriptor(sock)
    if isinstance(sock, int):
        return partial(int, fd)
    fileno: Callable[[], int] = sock.fileno
    return fileno if type(fileno()) is int else partial(descriptor, sock)


def needs(sock: Any, method: str) -> None:
    """TypeError unless ``sock`` has a method, which is called since it may encrypt."""
    if not callable(getattr(sock, method, None)):
        raise TypeError(f"expected a socket, which has {method}(), not {type(sock).__name__}")


def octets(data: Any) -> memoryview:
    """A view of the bytes of ``data``; TypeError for what has no buffer, or one with gaps.

    PyPy copies what was cast byte by byte, 40 ns each: so what is of bytes already is not cast.
    """
    view = memoryview(data)
    if view.itemsize == 1 and view.ndim == 1 and view.contiguous:
        return view
    with view:
        # What has no bytes cannot be cast, if its items are of more than one.
        cast = view.cast("B") if view.nbytes else memoryview(b"")
    return cast


def in_range(value: Any, most: int, what: str, least: int = 0) -> int:
    """A number of a program's; TypeError and ValueError say ``what`` was expected."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"expected {what} as an int, not {type(value).__name__}")
    number = plain_index(value)  # a subclass of int might compare in its own way
    if not least <= number <= most:
        raise ValueError(f"expected {what} of {least} to {most}, not {value}")
    return number


class AnySocket(SocketState):
    """The state of a socket of any module, for calls of ``_calls``.  It closes nothing."""

    __slots__ = ("fileno",)

    fileno: Callable[[], int]
    _sock_fd_ = _NOW
    _as_parameter_ = _NOW

    def __new__(cls, sock: Any) -> AnySocket:
        self = object.__new__(cls)
        self.fileno = _reader(sock)
        set_mode(self, timeout_of(sock))
        return self


def timeout_of(sock: Any) -> float | None:
    """The timeout of a socket of any module; None for what has none, such as a descriptor."""
    ask = getattr(sock, "gettimeout", None)
    seconds: float | None = None if ask is None else ask()
    return seconds


def family_of(sock: Any) -> int:
    """The address family: Windows does not tell that of a socket without an address."""
    known: int | None = getattr(sock, "family", None)
    return identify(descriptor(sock), -1, 0, 0)[0] if known is None else known


def interface_index(name: str) -> int:
    """``if_nametoindex(3)``; OSError: ENODEV for an unknown name, or why it cannot be asked.

    The function of the public module says ENODEV, or nothing, whatever it is.
    """
    try:
        return _interfaces.index_of(fs_bytes(name))
    except OSError as error:
        if error.errno not in (0, None, ENODEV, ENXIO):  # Windows has 0, a BSD ENXIO
            # glibc tries sockets of several families, and has the errno of the last: ENOENT.
            Socket(constants["AF_INET"], constants["SOCK_DGRAM"]).close()
            raise
        raise OSError(ENODEV, os.strerror(ENODEV)) from None


def number_of(name: str) -> int:
    """The number of an option; OSError (ENOPROTOOPT) if this system has none of that name."""
    if name not in constants:
        raise named(from_errno(ENOPROTOOPT), f"{abi.name} has no {name}")
    return constants[name]


def getsockopt(sock: Handle, level: int, name: str, size: int) -> bytes:
    """``getsockopt(2)``: up to ``size`` bytes of the option ``name``.

    OSError has its errno, and names the option.
    """
    number = number_of(name)
    try:
        return getsockopt_bytes(sock, level, number, size)
    except OSError as error:
        raise named(error, name) from None


def setsockopt(sock: Handle, level: int, name: str, value: bytes, what: str = "") -> None:
    """``setsockopt(2)`` of the option ``name``, to the bytes of its value.

    OSError has its errno, and names the option, and ``what`` it should have been.
    """
    number = number_of(name)
    try:
        checked(pass_memory, value, partial(_setsockopt, sock, level, number))
    except OSError as error:
        raise named(error, f"{name}: {what}" if what else name) from None


def _setsockopt(sock: Handle, level: int, number: int, pointer: Any, size: int) -> int:
    return on_socket(lib.setsockopt, sock, level, number, pointer if size else NULL, size)


def named(error: OSError, what: str) -> OSError:
    """The same error, whose text also says what it is about, in parentheses."""
    return reworded(error, f"{error.strerror} ({what})")


def about(error: OSError, what: str) -> OSError:
    """The same error, whose text also says what it is about."""
    return reworded(error, f"{error.strerror}: {what}")


def reworded(error: OSError, text: str) -> OSError:
    """The same error with another text."""
    winerror = getattr(error, "winerror", None)
    return OSError(0, text, None, winerror, None) if winerror else OSError(error.errno, text)


def also(cls: Any, error: OSError) -> Any:
    """``cls``, derived from the class of ``error`` as well."""
    kind: Any = type(error)
    return _both(cls, kind)


@lru_cache(maxsize=64)  # made once, since a class is freed by the garbage collector alone
def _both(cls: Any, kind: Any) -> Any:
    return type(cls.__name__, (cls, kind), {"__module__": cls.__module__})
