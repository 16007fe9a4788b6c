"""Python objects to C numbers and strings, with the range checks and words of CPython.

ctypes would cut a number down to the width of its C type without a word, so nothing
reaches C that has not been through here.  The functions are named after the C types, and
answer in the messages of the running Python: until 3.9 an integer was asked for in other
words than since.
"""

from __future__ import annotations

import operator
import os
import struct
import sys
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ZERO = 0  # "flags is ZERO" is the cheapest way to see that there are none
INT_MAX = 2**31 - 1
INT_MIN = -(2**31)
LONG_MAX = 2 ** (8 * struct.calcsize("l") - 1) - 1  # on Windows, that of an int
ULONG_MAX = 2 * LONG_MAX + 1

if sys.version_info >= (3, 10):
    index = index_or_int = plain_index = operator.index

else:

    def plain_index(value: Any) -> int:
        """``value`` as an int, and no subclass of it, which might compare as it pleases."""
        return int.__add__(operator.index(value), 0)


if sys.version_info >= (3, 10):
    pass
elif sys.implementation.name == "pypy":

    def index(value: Any) -> int:
        """``value`` as an int, in the words of PyPy 3.9."""
        try:
            return plain_index(value)
        except TypeError:
            kind = type(value).__name__
            raise TypeError(f"expected integer, got {kind} object") from None

    index_or_int = index

else:

    def index(value: Any) -> int:
        """``value`` as an int, or through ``__int__`` with a warning, as Python 3.9 has it."""
        if isinstance(value, float):
            raise TypeError("integer argument expected, got float")
        return index_or_int(value)

    def index_or_int(value: Any) -> int:
        """Like ``index``, for the few functions of Python 3.9 that take a float as well."""
        if hasattr(type(value), "__index__"):
            return plain_index(value)
        complaint = f"an integer is required (got type {type_name(value)})"
        if not hasattr(type(value), "__int__"):
            raise TypeError(complaint)
        number = int.__add__(int(value), 0)
        warn_caller(
            f"{complaint}.  Implicit conversion to integers using __int__ is deprecated, "
            "and may be removed in a future version of Python."
        )
        return number


def warn_caller(message: str) -> None:
    """A DeprecationWarning at the line that called pysock, however deep within we are."""
    frame, level = sys._getframe(1), 2
    while frame.f_back and (frame.f_globals.get("__package__") or "").split(".")[0] == "pysock":
        frame, level = frame.f_back, level + 1
    warnings.warn(message, DeprecationWarning, stacklevel=level)


def c_long(number: int) -> int:
    """``number``, if a C long has room for it: the first check of each conversion."""
    if not -LONG_MAX - 1 <= number <= LONG_MAX:
        raise OverflowError("Python int too large to convert to C long")
    return number


def c_int(value: Any) -> int:
    """A C ``int`` out of a tuple of arguments."""
    if type(value) is int and INT_MIN <= value <= INT_MAX:
        return value
    number = index(value)
    if INT_MIN <= number <= INT_MAX:
        return number
    if c_long(number) > 0:
        raise OverflowError("signed integer is greater than maximum")
    raise OverflowError("signed integer is less than minimum")


def one_int(value: Any) -> int:
    """A C ``int`` that is a function's only argument: CPython words its overflow otherwise."""
    if type(value) is int and INT_MIN <= value <= INT_MAX:
        return value
    number = index_or_int(value)
    if INT_MIN <= number <= INT_MAX:
        return number
    raise OverflowError("Python int too large to convert to C int")


# socket(family, type, proto) changed from the one wording to the other.
constructor_int = one_int if sys.version_info >= (3, 11) else c_int


def c_uint(value: Any) -> int:
    """A C ``unsigned int``; as in CPython, it takes the lower 32 bits of any integer."""
    return index(value) & 0xFFFFFFFF


def c_ssize_t(value: Any) -> int:
    """A C ``Py_ssize_t``: the size of something in memory."""
    if type(value) is int and -sys.maxsize - 1 <= value <= sys.maxsize:
        return value
    if sys.version_info < (3, 10) and isinstance(value, float):
        raise TypeError("integer argument expected, got float")
    number = plain_index(value)
    if not -sys.maxsize - 1 <= number <= sys.maxsize:
        raise OverflowError("Python int too large to convert to C ssize_t")
    return number


def descriptor(value: Any) -> int:
    """A file descriptor.  CPython cuts 2**32 down to 0, and closes standard input; not here."""
    if type(value) is int and 0 <= value <= INT_MAX:
        return value
    number = c_long(index_or_int(value))
    if not INT_MIN <= number <= INT_MAX:
        raise OverflowError("Python int too large to convert to C int")
    return number


def given_descriptor(value: Any) -> int:
    """A file descriptor for a new socket, which was no float in Python 3.9 either."""
    if sys.version_info < (3, 10) and isinstance(value, float):
        raise TypeError("integer argument expected, got float")
    number = descriptor(value)
    if number < 0:
        raise ValueError("negative file descriptor")
    return number


def c_string(value: Any, function: str, position: int) -> bytes:
    """A ``const char *`` from a str, in UTF-8 and without NUL inside."""
    if not isinstance(value, str):
        raise TypeError(f"{function}() argument {position} must be str, not {kind(value)}")
    encoded = value.encode()
    if b"\0" in encoded:
        raise ValueError("embedded null character")
    return encoded


def plain(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """The items of a tuple, as C finds them, whatever a class that inherits from it says."""
    return tuple.__getitem__(value, slice(None))


def fs_bytes(name: Any) -> bytes:
    """A str, bytes or path as a C string, in the file system's encoding."""
    encoded = os.fsencode(name)
    if b"\0" in encoded:
        raise ValueError("embedded null byte")
    return encoded


# A caller's memory is exported once: ``with view_of(data) as view``.  The one view tells both
# where the memory is and how large, and holds it there until C has returned.  It goes straight
# into the ``with``, so no variable here has it: the traceback of a signal handler that raises
# meanwhile does not keep the caller's buffer locked.


def view_of(data: Any) -> memoryview:
    """The memory of a bytes-like object; ``size_of`` says whether it is in one piece."""
    try:
        return memoryview(data)
    except TypeError:
        if _has_buffer(data):
            raise  # by its own code
        raise TypeError(f"a bytes-like object is required, not {type_name(data)!r}") from None


def _has_buffer(data: Any) -> bool:
    return hasattr(type(data), "__buffer__")  # Python 3.12


def size_of(view: memoryview) -> int:
    """How many bytes there are in a view; BufferError if they are not in one piece."""
    if not view.c_contiguous:
        raise BufferError("memoryview: underlying buffer is not C-contiguous")
    return view.nbytes


def writable_view_of(buffer: Any, function: str) -> memoryview:
    """The memory of a caller's buffer, which ``room_in`` then asks whether C may write to it."""
    try:
        return memoryview(buffer)
    except (TypeError, ValueError, BufferError):  # ValueError: a view that was released
        raise _not_writable(buffer, function) from None


def room_in(view: memoryview, buffer: Any, function: str) -> int:
    """How many bytes C may write to ``view``, the memory of ``buffer``."""
    if view.readonly or not view.c_contiguous:
        raise _not_writable(buffer, function)
    return view.nbytes


def _not_writable(buffer: Any, function: str) -> TypeError:
    what = f"read-write bytes-like object, not {kind(buffer)}"
    return TypeError(f"{function}() argument 1 must be {what}")


def attempted(convert: Callable[[Any], int], value: Any) -> int | None:
    """``convert(value)``, or None where it is no such number: then it means something else."""
    try:
        return convert(value)
    except (TypeError, OverflowError):
        return None


def kind(value: Any) -> str:
    """What ``value`` is, as CPython tells it that an argument is of the wrong type."""
    return "None" if value is None else type_name(value)


def type_name(value: Any) -> str:
    """The name of the type of ``value``, as C has it: ``int``, but ``array.array``."""
    try:
        "".join([value])
    except TypeError as error:  # sequence item 0: expected str instance, array.array found
        return str(error).split()[-2]
    return type(value).__name__
