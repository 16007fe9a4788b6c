"""How a C function says that it failed, and the exception that follows.

C has no exceptions: each function has a convention of its own, and each prototype in
``_libc`` names one of those below.  Only these functions and
``_wait`` read ``errno``.
"""

from __future__ import annotations

import sys

from ._interpreter import os_error, take_errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from ._foreign import Library

error = OSError


class herror(OSError):
    """An error of ``gethostbyname(3)`` and its kin: ``(h_errno, hstrerror(h_errno))``."""

    __module__ = "pysock"


class gaierror(OSError):
    """An error of ``getaddrinfo(3)`` or ``getnameinfo(3)``: ``(EAI_…, gai_strerror(EAI_…))``."""

    __module__ = "pysock"


if sys.version_info >= (3, 10):
    timeout = TimeoutError
else:

    class timeout(OSError):
        """A deadline that passed; from Python 3.10 on this is ``TimeoutError``."""

        __module__ = "pysock"


from_errno = os_error  # the exception for an errno


def raise_errno() -> None:
    """Raise what the call that has just failed left in errno.

    It returns only if a signal handler ran in between and took our errno (``take_errno``).
    Nothing has happened yet, so the caller asks C again, and it fails in the same way.
    """
    number = take_errno()
    if number:
        raise from_errno(number)


# --- conventions ---------------------------------------------------------------------
#
# ctypes calls a convention with what C returned, the function, and its arguments.


def minus_one(result: int, function: Any, arguments: tuple[Any, ...]) -> int:
    """−1 means failure, and errno says why."""
    if result == -1:
        raise_errno()
        result = function(*arguments)
    return result


def null(result: int | None, function: Any, arguments: tuple[Any, ...]) -> int:
    """NULL means failure, and errno says why."""
    if not result:
        raise_errno()
        result = function(*arguments)
    return result


def in_line(result: int, function: Any, arguments: tuple[Any, ...]) -> int:
    """The hot path: the caller compares with −1 itself, and asks ``_wait`` what to do.

    So this convention does nothing; functions that have it are bound without it, in the
    way that costs least (``_interpreter.hot_function``).
    """
    return result


def raise_gai(library: Library, code: int) -> None:
    """Any number but 0 from ``getaddrinfo(3)`` is the error itself, not −1 and errno.

    But for one, which says to look into errno; so this may return, like ``raise_errno``.
    """
    if code == library.constants.get("EAI_SYSTEM"):
        return raise_errno()
    raise gaierror(code, library.gai_strerror(code).decode("utf-8", "replace"))


def raise_h(library: Library, code: int) -> NoReturn:
    """``gethostbyname_r(3)`` leaves its error in a variable of its own."""
    raise herror(code, library.hstrerror(code).decode("utf-8", "replace"))

