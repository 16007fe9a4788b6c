"""A caller's timeout → seconds, the default timeout of new sockets, and the clock of deadlines."""

from __future__ import annotations

import time
from functools import partial

from ._ffi import versions
from ._ffi.arguments import c_long, full_type_name, index_or_int, type_name
from ._ffi.forks import renewed_in_child
from ._host import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The clock of deadlines: ``time.monotonic``, in an object that nobody else has.  A program that
# stops time for its tests (freezegun) looks for that function in all modules, and a timeout that
# is measured by a clock that stands still never ends.  C asks the system, and so does this.
if time.get_clock_info("monotonic").implementation == "clock_gettime(CLOCK_MONOTONIC)":
    monotonic = partial(time.clock_gettime, time.CLOCK_MONOTONIC)
else:
    monotonic = partial(time.monotonic)


class Default:
    """The timeout in seconds that new sockets get, which any thread may set."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds


default = Default()
_at_fork: float | None = None


def _before_fork() -> None:
    global _at_fork
    _at_fork = default.seconds


def _after_fork_in_child() -> None:
    global default
    default = Default(_at_fork)


renewed_in_child(_after_fork_in_child, _before_fork)

_NANOSECONDS = 10**9
_EXACT = min(2.0**53, system.LONGEST_TIMEOUT)  # a float of as much is a whole number or none
_LONGEST = min(system.LONGEST_TIMEOUT, 2**63 - 1) // _NANOSECONDS  # in whole seconds
_TIME_T = "PyTime_t" if versions.NAMED_PYTIME else "_PyTime_t"
if versions.ONE_TIMESTAMP_MESSAGE:
    _INT_TOO_LARGE = _FLOAT_TOO_LARGE = f"timestamp out of range for C {_TIME_T}"
else:
    _INT_TOO_LARGE = _FLOAT_TOO_LARGE = f"timestamp too large to convert to C {_TIME_T}"
    if versions.FLOAT_OUT_OF_TIME_T:
        _FLOAT_TOO_LARGE = "timestamp out of range for platform time_t"


def parse(value: Any) -> float | None:
    """A timeout in seconds, from None or a number that is not negative.

    A number is an int (also by ``__index__``) or a float, from Python 3.15 on any real number.
    As in CPython, it is a whole number of nanoseconds, rounded away from zero: a very short
    timeout does not become 0, which would mean "do not block".

    Raises TypeError, OverflowError if it is too long, or ValueError if it is negative or NaN.
    """
    if value is None:
        return None
    # Mostly one of these two, in a fifth of the steps.
    if type(value) is int and 0 <= value <= _LONGEST:
        return float(value)
    if type(value) is float and 0.0 <= (nanoseconds := value * 1e9) <= _EXACT:
        return (0.0 - -nanoseconds // 1.0) / 1e9  # rounded up
    if issubclass(type(value), float):
        value = float.__add__(value, 0.0)  # a subclass of float might calculate in its own way
    else:
        value = _int_or_float(value)
    if isinstance(value, float):
        if value != value:
            raise ValueError("Invalid value NaN (not a number)")
        nanoseconds = value * _NANOSECONDS
        if not -(2.0**63) <= nanoseconds < 2.0**63:
            raise OverflowError(_FLOAT_TOO_LARGE)
        whole = int(nanoseconds)
        if whole != nanoseconds:
            whole += 1 if nanoseconds > 0 else -1
    else:
        whole = value * _NANOSECONDS
        if not -(2**63) <= whole < 2**63:
            raise OverflowError(_INT_TOO_LARGE)
    if whole < 0:
        raise ValueError("Timeout value out of range")
    if whole > system.LONGEST_TIMEOUT:
        raise OverflowError("timeout doesn't fit into C timeval")
    return whole / _NANOSECONDS


def _int_or_float(value: Any) -> int | float:
    """What is no float, as an int if it can be one."""
    if versions.TIMEOUT_BY_FLOAT and not hasattr(type(value), "__index__"):
        if not hasattr(type(value), "__float__"):  # float() would read a string
            raise TypeError(f"must be real number, not {type_name(value)}")
        return float(value)
    try:
        return index_or_int(value)
    except OverflowError:
        raise OverflowError(_INT_TOO_LARGE) from None
    except TypeError:
        if versions.TIMEOUT_OR_FLOAT and not versions.TIMEOUT_BY_FLOAT:
            what = full_type_name(value)
            message = f"{what!r} object cannot be interpreted as an integer or float"
            raise TypeError(message) from None
        raise


if versions.TRUTH_OF_ANYTHING:
    truth = bool
else:

    def truth(value: Any) -> bool:  # type: ignore[no-redef]
        """A flag as a bool; until Python 3.11 it has to be an integer."""
        if type(value) is bool:
            return value
        return c_long(index_or_int(value)) != 0


def getdefaulttimeout() -> float | None:
    """The timeout of new sockets in seconds; None, as at first, means no timeout.

    Makes no call, and raises nothing.
    """
    return default.seconds


def setdefaulttimeout(timeout: float | None, /) -> None:
    """Set the timeout of new sockets, in seconds; None means no timeout, 0 non-blocking mode.

    Does not block.  Raises TypeError, ValueError or OverflowError for an invalid timeout.
    """
    default.seconds = parse(timeout)
