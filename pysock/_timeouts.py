"""A caller's timeout → seconds, and the default timeout of new sockets."""

from __future__ import annotations

import sys

from ._ffi.arguments import c_long, index_or_int
from ._host import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

default: float | None = None  # the timeout in seconds that new sockets get

_NANOSECONDS = 10**9
_TIME_T = "PyTime_t" if sys.version_info >= (3, 13) else "_PyTime_t"
# CPython's message for a float names another type between gh-97786 and gh-152849.
_OUT_OF_TIME_T = (3, 11, 3) <= sys.version_info < (3, 16)


def parse(value: Any) -> float | None:
    """A timeout in seconds, from None or a number that is not negative.

    As in CPython, it is a whole number of nanoseconds, rounded away from zero: a very short
    timeout does not become 0, which would mean "do not block".

    Raises TypeError, OverflowError if it is too long, or ValueError if it is negative or NaN.
    """
    if value is None:
        return None
    if isinstance(value, float):
        if value != value:
            raise ValueError("Invalid value NaN (not a number)")
        nanoseconds = value * _NANOSECONDS
        if not -(2.0**63) <= nanoseconds < 2.0**63:
            if _OUT_OF_TIME_T:
                raise OverflowError("timestamp out of range for platform time_t")
            raise OverflowError(f"timestamp too large to convert to C {_TIME_T}")
        whole = int(nanoseconds)
        if whole != nanoseconds:
            whole += 1 if nanoseconds > 0 else -1
    else:
        whole = index_or_int(value) * _NANOSECONDS
        if not -(2**63) <= whole < 2**63:
            raise OverflowError(f"timestamp too large to convert to C {_TIME_T}")
    if whole < 0:
        raise ValueError("Timeout value out of range")
    if whole > system.LONGEST_TIMEOUT:
        raise OverflowError("timeout doesn't fit into C timeval")
    return whole / _NANOSECONDS


if sys.version_info >= (3, 12):
    truth = bool
else:

    def truth(value: Any) -> bool:
        """A flag as a bool; until Python 3.11 it has to be an integer."""
        return c_long(index_or_int(value)) != 0


def getdefaulttimeout() -> float | None:
    """The timeout of new sockets in seconds; None, as at first, means no timeout.

    Does not block.
    """
    return default


def setdefaulttimeout(timeout: float | None, /) -> None:
    """Set the timeout of new sockets, in seconds; None means no timeout, 0 non-blocking mode.

    Does not block.  Raises TypeError, ValueError or OverflowError for an invalid timeout.
    """
    global default
    default = parse(timeout)
