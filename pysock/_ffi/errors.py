"""How a C function says that it failed, and the exception that follows.

C has no exceptions.  Most functions answer with a number below 0 (−1) or with NULL, and leave
the reason in ``errno``; some return the reason itself, or have a variable of their own for it.
Each prototype in ``_libc`` names the convention of its function, one of those below.

errno is read by ``pop_errno`` alone, which also sets it to 0.  Three places call it: the
functions below, ``_calls.wait``, which decides what a failed transfer does next, and
``_methods.connection``, since connect has a policy of its own.

errno can be lost: if a signal handler runs just after our call failed, and makes a call that
fails, too, then it takes the errno that was left there.  So 0 says "lost", and the call is made
again, to fail in the same way.  This has an end (``ATTEMPTS``), for the sake of a library that
sets no errno.
"""

from __future__ import annotations

import sys
from errno import ECONNRESET

from .interpreter import os_error, pop_errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

error = OSError


class herror(OSError):
    """An error of ``gethostbyname(3)`` and similar functions: ``(h_errno, hstrerror(h_errno))``."""

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

# How often a call that fails without an errno is made, before that counts as its answer.
ATTEMPTS = 100


def raise_errno() -> None:
    """Raise what the call that has just failed left in errno.

    Normally never returns.  If errno is 0, a signal handler's own call has overwritten it:
    then this returns, and the caller repeats the failed call to learn its errno.
    """
    number = pop_errno()
    if number:
        raise from_errno(number)


def raise_unless_reset() -> None:
    """``close(2)`` has failed: raise its errno, but for ECONNRESET.

    That the peer has reset the connection is no news to one who closes it.  The descriptor is
    gone, whatever close says, so the call is never repeated.
    """
    number = pop_errno()
    if number not in (0, ECONNRESET):
        raise from_errno(number)


def attempt(function: Callable[..., int], *args: Any) -> int:
    """``function(*args)``; if it fails (below 0), minus its errno, as the kernel has it.

    For functions of which a failed call has changed nothing, so that it can be repeated.
    """
    for _ in range(ATTEMPTS):
        n = function(*args)
        if n >= 0:
            return n
        number = pop_errno()
        if number:
            return -number
    raise from_errno(0)


def checked(function: Callable[..., int], *args: Any) -> int:
    """``function(*args)``, or OSError if it fails."""
    n = attempt(function, *args)
    if n < 0:
        raise from_errno(-n)
    return n


# --- conventions ---------------------------------------------------------------------
#
# Whether a result means failure.


def minus_one(result: int) -> bool:
    """−1 means failure.  Other numbers are answers, but no function gives one below 0."""
    return result < 0


def null(result: int | None) -> bool:
    """NULL means failure."""
    return not result


def in_line(result: int) -> bool:
    """The caller looks at the result itself, and most ask ``_calls.wait`` what to do.

    So this convention does nothing; functions that have it are bound without it, in the
    way that costs least (``interpreter.hot_function``).
    """
    return False


def errcheck(failed: Callable[[Any], bool], function: Callable[..., Any]) -> Callable[..., Any]:
    """What ctypes calls after each call of a declared ``function``, to have its failure raised.

    ``function`` itself has no such check: by it, a call is repeated whose errno was lost.
    """

    def check(result: Any, checked_function: Any, arguments: tuple[Any, ...]) -> Any:
        for _ in range(ATTEMPTS):
            if not failed(result):
                return result
            raise_errno()
            result = function(*arguments)
        raise from_errno(0)

    return check


def check_resolved(library: Any, function: Callable[..., int], *args: Any) -> None:
    """Call ``getaddrinfo(3)`` or ``getnameinfo(3)``; raise gaierror if it fails.

    Any number but 0 is the error itself, not −1 and errno; one of them says to look into errno.
    """
    system_error = library.constants.get("EAI_SYSTEM")
    for _ in range(ATTEMPTS):
        code = function(*args)
        if not code:
            return
        if code != system_error:
            raise gaierror(code, library.gai_strerror(code).decode("utf-8", "replace"))
        raise_errno()
    raise from_errno(0)


def raise_h(library: Any, code: int) -> NoReturn:
    """``gethostbyname_r(3)`` leaves its error in a variable of its own."""
    raise herror(code, library.hstrerror(code).decode("utf-8", "replace"))
