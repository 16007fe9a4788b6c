"""How a C function reports failure, and the exception that follows.

C has no exceptions.  Most functions return a number below 0 (−1) or NULL, and set ``errno`` to
the reason; some return the reason itself, or have a variable of their own for it.  A prototype
in ``_libc`` names the convention of its function, ``minus_one``, ``null`` or ``in_line``, or
none if its caller knows what to do.

``pop_errno`` reads errno and sets it to 0.  Its callers are the functions below; ``_calls.wait``,
which decides what a failed transfer does next; ``_methods.connection``, since connect has a
policy of its own; and ``_winsock``, where it imitates a function of POSIX.

errno can be lost.  A signal handler can run just after our call has failed, and make a call
that fails, too: then the handler reads and resets the errno.  So 0 means "lost", and our call
is repeated, to fail in the same way.  It is repeated ``ATTEMPTS`` times at most, in case a
library sets no errno at all.  Code that uses sockets may also run after each step of Python, as
that of ``sys.settrace`` and ``sys.monitoring``.  So a call that is repeated has its errno read in
the step of C that makes it (``ErrnoKept``).
"""

from __future__ import annotations

import os
import sys
from ctypes import ArgumentError
from errno import ECONNRESET
from functools import partial
from itertools import chain, starmap

from . import versions
from .interpreter import FOREIGN, get_errno, os_error, pop_errno, set_errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

error = OSError


# These classes have no slots of their own, so that C's can be derived from them (``_install``).
class herror(OSError):
    """An error of ``gethostbyname(3)`` and similar functions: ``(h_errno, hstrerror(h_errno))``."""

    __module__ = "pysock"
    __slots__ = ()


class gaierror(OSError):
    """An error of ``getaddrinfo(3)`` or ``getnameinfo(3)``: ``(EAI_…, gai_strerror(EAI_…))``."""

    __module__ = "pysock"
    __slots__ = ()


if versions.TIMEOUT_IS_BUILTIN:
    timeout = TimeoutError
else:

    class timeout(OSError):  # type: ignore[no-redef]
        """A deadline has passed; from Python 3.10 on this is ``TimeoutError``."""

        __module__ = "pysock"
        __slots__ = ()


def timeouts() -> tuple[Any, Any]:
    """``timeout``, and on 3.9 also that of C's module, which is a class of its own there.

    For errors of sockets that are not pysock's, for example an SSLSocket's.
    """
    return timeout, getattr(sys.modules.get("_socket"), "timeout", timeout)


from_errno = os_error  # the exception for an errno

# How often a call that fails without an errno is made, before it is an OSError with errno 0.
ATTEMPTS = 100


class ErrnoKept:
    """C functions whose errno nobody can take: the step of C that makes a call reads it, too.

    For a call that is repeated because its errno was lost: in the place of the library, or around
    the function.  It takes more steps than to read errno afterwards.
    """

    __slots__ = ("_library", "_number", "dontwait")

    def __init__(self, library: Any = None) -> None:
        self._library, self._number = library, 0
        self.dontwait = 0  # as that of a library

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return partial(self.call, getattr(self._library, name))

    @property
    def releasing(self) -> ErrnoKept:
        """As that of a library, all of whose functions this one has."""
        return self

    def call(self, function: Any, *args: Any) -> Any:
        """``function(*args)``, which keeps its errno."""
        if hasattr(function, "prepared"):  # on PyPy: what it does in Python before the call
            function, args = function.prepared(*args)
        steps = starmap(set_errno, _ZERO), starmap(function, (args,)), starmap(get_errno, _NOTHING)
        _, result, self._number = tuple(chain.from_iterable(steps))
        return result

    def attempt(self, function: Callable[..., Any], *args: Any) -> Any:
        """The same of a C function; or of one in Python, which is given it as an argument."""
        if _is_foreign(function):
            return self.call(function, *args)
        return function(*map(self._keeping, args))

    def _keeping(self, value: Any) -> Any:
        return partial(self.call, value) if _is_foreign(value) else value

    def pop_errno(self) -> int:
        """The errno of the last call."""
        number, self._number = self._number, 0
        later = pop_errno()
        return number or later


_ZERO, _NOTHING = ((0,),), ((),)


def _is_foreign(value: Any) -> bool:
    """Whether it is a C function."""
    return isinstance(value, FOREIGN) or hasattr(value, "prepared")


def raise_errno(kept: ErrnoKept | None = None) -> None:
    """Raise what the call that has just failed left in errno.

    Normally never returns.  If errno is 0, a signal handler's own call has overwritten it:
    then this returns, and the caller repeats the failed call to learn its errno.
    """
    number = pop_errno() if kept is None else kept.pop_errno()
    if number:
        raise from_errno(number)


def raise_unless_reset() -> None:
    """``close(2)`` has failed: raise its errno, unless it is ECONNRESET or lost.

    ECONNRESET says that the peer has reset the connection, which does not matter any more.
    The descriptor is closed even if close fails, so the call is never repeated.
    """
    number = pop_errno()
    if number not in (0, ECONNRESET):
        raise from_errno(number)


_OWN = (OSError, MemoryError, RecursionError)


def raised_by_pysock(error: BaseException) -> bool:
    """Whether pysock raised it (a failed call, no memory, deep recursion), or else a handler."""
    at = error.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    package: str = (at and at.tb_frame.f_globals.get("__package__")) or ""
    return isinstance(error, _OWN) and package.partition(".")[0] == "pysock"


def without_file(error: BaseException) -> None:
    """Leave errors of ``os`` the two arguments that C's have; PyPy's have three more, for files."""
    if error.args[2:] == (None, None, None):
        error.args = error.args[:2]


def attempt(function: Callable[..., int], *args: Any) -> int:
    """``function(*args)``; if it fails (returns a number below 0), minus its errno.

    For functions whose failed calls change nothing, so that a call can be repeated to learn a
    lost errno.  OSError, with errno 0, if no attempt has one.
    """
    n = function(*args)  # not in the loop: PyPy compiles no loop into what calls it
    return n if n >= 0 else attempt_again(function, *args)


def attempt_again(function: Callable[..., int], *args: Any) -> int:
    """``attempt`` of what has just failed, for callers that spare its first step."""
    number = pop_errno()
    kept = ErrnoKept() if not number else None
    for _ in range(ATTEMPTS - 1):
        if number or kept is None:
            break
        n: int = kept.attempt(function, *args)
        if n >= 0:
            return n
        number = kept.pop_errno()
    if number > 0:
        return -number
    raise from_errno(number)  # minus a negative errno would be a success


def checked(function: Callable[..., int], *args: Any) -> int:
    """``function(*args)``, or OSError if it fails."""
    n = function(*args)  # as ``attempt``, which PyPy does not compile into this one: 230 ns
    if n < 0:
        n = attempt_again(function, *args)
    if n < 0:
        raise from_errno(-n)
    return n


# --- conventions ---------------------------------------------------------------------
#
# Each says whether a result means failure.


def minus_one(result: int) -> bool:
    """A result below 0, in practice −1, means failure; 0 and above are answers."""
    return result < 0


def null(result: int | None) -> bool:
    """NULL means failure."""
    return not result


def in_line(result: int) -> bool:
    """The caller tests the result itself; most callers then let ``_calls.wait`` decide.

    So this convention does nothing.  ``prototype.bind`` binds its functions without a check,
    in the fastest way (``interpreter.hot_function``).
    """
    return False


def errcheck(failed: Callable[[Any], bool], function: Callable[..., Any]) -> Callable[..., Any]:
    """The ``errcheck`` of a declared function: ctypes calls it after each call, with the result.

    It raises a failure.  ``function`` is the same C function without a check, by which a call
    is repeated if its errno is lost.
    """

    def check(
        result: Any,
        checked_function: Any,
        arguments: tuple[Any, ...],
        failed: Any = failed,
        function: Any = function,
    ) -> Any:
        if not failed(result):  # as mostly, and not in a loop, which takes a third more
            return result
        raise_errno()
        kept = ErrnoKept()
        for _ in range(ATTEMPTS):
            result = kept.call(function, *arguments)
            if not failed(result):
                return result
            raise_errno(kept)
        raise from_errno(0)

    return check


def with_memory_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    """A declared function that raises MemoryError and RecursionError as such.

    If one of them comes while ctypes converts the arguments, ctypes raises ArgumentError, and only
    its text says why.
    """

    def call(*args: Any, function: Any = function) -> Any:
        try:
            return function(*args)
        except ArgumentError as error:
            why = str(error)
            if "RecursionError" in why:
                raise RecursionError("maximum recursion depth exceeded in a call of C") from None
            if "MemoryError" not in why:
                raise
        raise MemoryError

    call.__wrapped__ = function  # type: ignore[attr-defined]
    return call


def check_resolved(library: Any, function: Callable[..., int], *args: Any) -> None:
    """Call ``getaddrinfo(3)`` or ``getnameinfo(3)``; raise gaierror if it fails.

    Any result except 0 is itself the error (EAI_…).  Only for EAI_SYSTEM the error is in errno,
    and is raised as OSError.
    """
    code, kept, lost = function(*args), None, 0
    while code:
        if code != library.constants.get("EAI_SYSTEM"):
            raise gaierror(code, _text(library.gai_strerror(code)))
        raise_errno(kept)
        lost += 1
        if lost == ATTEMPTS:
            raise from_errno(0)
        kept = kept or ErrnoKept()
        code = kept.attempt(function, *args)


def raise_h(library: Any, code: int) -> NoReturn:
    """Raise herror for ``code``, which ``gethostbyname_r(3)`` has written to ``*h_errnop``."""
    raise herror(code, _text(library.hstrerror(code)))


def _text(words: bytes) -> str:
    """The C library's text about an error."""
    # Older versions of CPython read it as UTF-8, and raise UnicodeDecodeError for other bytes.
    return os.fsdecode(words) if versions.RESOLVER_IN_LOCALE else words.decode("utf-8", "replace")
