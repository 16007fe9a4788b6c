"""Python objects → C numbers and strings, with CPython's range checks and messages.

ctypes silently cuts a number to the width of its C type.  So each value passes one of these
functions, which are named after C types, before it reaches C.  Exceptions have the messages
of the running Python; ``versions`` has the table of what changed when.
"""

from __future__ import annotations

import operator
import os
import struct
import sys
from _warnings import warn  # warnings.warn itself, without 0.3 ms at import

from . import versions
from .exports import LENDS_ALL, bytes_left, memory_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ZERO = 0  # "flags is ZERO", a test of identity, is the fastest test for "no flags"
INT_MAX = 2**31 - 1
INT_MIN = -(2**31)
LONG_MAX = 2 ** (8 * struct.calcsize("l") - 1) - 1  # a long of Windows has 32 bits
ULONG_MAX = 2 * LONG_MAX + 1
SSIZE_MAX = sys.maxsize
SSIZE_MIN = -SSIZE_MAX - 1

if versions.INT_BY_INDEX:
    index = index_or_int = plain_index = operator.index
else:

    def plain_index(value: Any) -> int:
        """``value`` as an exact int: a subclass of int might compare in its own way."""
        return int.__add__(operator.index(value), 0)

    if sys.implementation.name == "pypy":

        def index(value: Any) -> int:
            """``value`` as an int, or TypeError with the message of PyPy 3.9."""
            try:
                return plain_index(value)
            except TypeError:
                kind = type(value).__name__
                raise TypeError(f"expected integer, got {kind} object") from None

        index_or_int = index

    else:

        def index(value: Any) -> int:
            """``value`` as an int; as in Python 3.9, by ``__int__`` (with a warning) if need be."""
            if isinstance(value, int):  # as a member of an enum, in half of the steps
                return int.__add__(value, 0)
            if isinstance(value, float):
                raise TypeError("integer argument expected, got float")
            return index_or_int(value)

        def index_or_int(value: Any) -> int:
            """Like ``index``, for the few functions that accept a float as well in Python 3.9."""
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


def warn_caller(message: str, category: type[Warning] = DeprecationWarning) -> None:
    """Issue a warning for the line of the program that called pysock."""
    frame, level = sys._getframe(1), 2
    while frame.f_back and (frame.f_globals.get("__package__") or "").split(".")[0] == "pysock":
        frame, level = frame.f_back, level + 1
    warn(message, category, stacklevel=level)


def c_long(number: int) -> int:
    """``number``, or OverflowError if it does not fit a C ``long``: CPython's first check."""
    if not -LONG_MAX - 1 <= number <= LONG_MAX:
        raise OverflowError("Python int too large to convert to C long")
    return number


def c_int(value: Any) -> int:
    """``value`` as a C ``int``, with the messages of ``PyArg_ParseTuple`` (format ``i``)."""
    if type(value) is int and INT_MIN <= value <= INT_MAX:
        return value
    number = index(value)
    if INT_MIN <= number <= INT_MAX:
        return number
    if c_long(number) > 0:
        raise OverflowError("signed integer is greater than maximum")
    raise OverflowError("signed integer is less than minimum")


def one_int(value: Any) -> int:
    """``value`` as a C ``int``, with the message of functions that take nothing else."""
    if type(value) is int and INT_MIN <= value <= INT_MAX:
        return value
    number = index_or_int(value)
    if INT_MIN <= number <= INT_MAX:
        return number
    raise OverflowError("Python int too large to convert to C int")


constructor_int = one_int if versions.CONSTRUCTOR_ONE_INT else c_int
send_flags = one_int if versions.SEND_FLAGS_ONE_INT else c_int


def lower_bits(value: Any, bits: int) -> int:
    """``value`` as an unsigned integer in C: as in CPython, the lower bits of any integer.

    Newer versions of CPython warn if these are not all of it.
    """
    number = index(value)
    limit = 1 << bits
    if not -limit // 2 <= number < limit and versions.WARNS_OF_CUT_BITS:
        warn_caller("integer value out of range")
    return number & limit - 1


def is_long(value: Any) -> bool:
    """Whether CPython takes ``value`` for an unsigned long: 3.13 and older an int alone."""
    return isinstance(value, int) or (
        versions.UNSIGNED_BY_INDEX and hasattr(type(value), "__index__")
    )


def c_uint(value: Any) -> int:
    """``value`` as a C ``unsigned int``: the lower 32 bits of any integer."""
    return lower_bits(value, 32)


def unsigned(value: Any, bits: int, c_type: str) -> int:
    """``value``, an integer by ``__index__``, that has to fit an unsigned type of so many bits.

    Functions that take nothing else check it in this way, from Python 3.14 on.
    """
    number = index(value)
    if number < 0:
        raise ValueError("Cannot convert negative int")
    if number >> bits:
        raise OverflowError(f"Python int too large for C {c_type}")
    return number


def c_ssize_t(value: Any) -> int:
    """``value`` as a ``Py_ssize_t``: a size in memory, in bytes."""
    if type(value) is int and SSIZE_MIN <= value <= SSIZE_MAX:
        return value
    if isinstance(value, float) and not versions.INT_BY_INDEX:
        raise TypeError("integer argument expected, got float")
    number = plain_index(value)
    if not SSIZE_MIN <= number <= SSIZE_MAX:
        raise OverflowError("Python int too large to convert to C ssize_t")
    return number


def descriptor(value: Any) -> int:
    """``value`` as a file descriptor, or OverflowError.

    CPython cuts the number to an int: its ``close(2**32)`` closes standard input.
    """
    if type(value) is int and 0 <= value <= INT_MAX:
        return value
    number = c_long(index_or_int(value))
    if not INT_MIN <= number <= INT_MAX:
        raise OverflowError("Python int too large to convert to C int")
    return number


def given_descriptor(value: Any) -> int:
    """``value`` as the descriptor of a new socket object: not negative, and never a float."""
    if isinstance(value, float) and not versions.INT_BY_INDEX:
        raise TypeError("integer argument expected, got float")
    number = descriptor(value)
    if number < 0:
        raise ValueError("negative file descriptor")
    return number


def c_string(value: Any, function: str, position: int) -> bytes:
    """A str as a ``const char *``: UTF-8, without NUL inside.

    The message of a TypeError has the ``function`` and the ``position`` of its argument.
    """
    if not isinstance(value, str):
        raise TypeError(f"{function}() argument {position} must be str, not {kind(value)}")
    encoded = str.encode(value)
    if 0 in encoded:  # not b"\0", which CPython first tries as a number: 1,500 steps
        raise ValueError("embedded null character")
    return encoded


def plain(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """A tuple's items as C reads them: what a subclass overrides does not count."""
    return value if type(value) is tuple else tuple.__getitem__(value, slice(None))


def fs_bytes(name: Any) -> bytes:
    """A str, bytes or path as a C string in the file system's encoding, without NUL inside."""
    encoded = plain_bytes(os.fsencode(name))
    if 0 in encoded:
        raise ValueError("embedded null byte")
    return encoded


def plain_bytes(value: bytes) -> bytes:
    """``value`` as C reads it: what a subclass overrides, like ``__len__``, does not count."""
    return value if type(value) is bytes else bytes.__getitem__(value, slice(None))


# A caller's buffer is exported once: ``with view_of(data) as view``.  The view has the address
# and the size, and keeps the memory in place until C has returned.  ``view_of`` keeps the view
# in no variable: if a signal handler raised there, the traceback would keep the view alive, and
# the caller could not resize a bytearray.


def view_of(data: Any) -> memoryview:
    """A memoryview of a bytes-like object; ``size_of`` checks that its bytes are contiguous."""
    try:
        return memory_of(data)
    except TypeError:
        if _has_buffer(data):
            raise  # what its __buffer__ raised
        what = type_name(data) if versions.PYPY_WORDS else repr(type_name(data))
        raise TypeError(f"a bytes-like object is required, not {what}") from None


def _has_buffer(data: Any) -> bool:
    return _CALLS_BUFFER and hasattr(type(data), "__buffer__")


_CALLS_BUFFER = hasattr(bytes, "__buffer__")  # Python 3.12; before, it is a name like any other


def size_of(view: memoryview) -> int:
    """The number of bytes in a view; BufferError if they are not contiguous."""
    if not view.c_contiguous:
        raise BufferError("memoryview: underlying buffer is not C-contiguous")
    return view.nbytes if LENDS_ALL else bytes_left(view)


def writable_view_of(buffer: Any, function: str) -> memoryview:
    """A memoryview of a caller's buffer; ``room_in`` checks that C may write to it."""
    try:
        return memoryview(buffer)
    except Exception as error:
        if not is_refusal(error):
            raise
        raise _not_writable(buffer, function) from None


def is_refusal(error: Exception) -> bool:
    """Whether ``error``, raised by ``memoryview``, means that an object is no buffer to write to.

    CPython says so whatever a ``__buffer__`` has raised.  A view that was released is a ValueError.
    """
    return isinstance(error, (TypeError, ValueError, BufferError)) or _raised_in(
        "__buffer__", error
    )


def _raised_in(method: str, error: Exception) -> bool:
    """Whether a ``method`` in Python has raised ``error``, and not a signal handler beside it."""
    at = error.__traceback__
    while at is not None and at.tb_frame.f_code.co_name != method:
        at = at.tb_next
    return at is not None


def is_broken_iterable(error: Exception) -> bool:
    """Whether an iterable has raised ``error`` itself.

    To be called where the iterable was iterated.  An error from a function that the iterable calls
    may be a signal handler's.  An error without a frame of its own may be another thread's, or come
    for lack of memory, unless it is of a kind that iterators in C raise.
    """
    at = error.__traceback__
    if at is None or at.tb_next is None:
        own = type(error) is RuntimeError  # a generator's StopIteration, a dict that has changed
        return own or isinstance(error, (TypeError, ValueError, NotImplementedError))
    while at.tb_next is not None:
        at = at.tb_next
    code = at.tb_frame.f_code
    return bool(code.co_flags & _CO_GENERATOR) or code.co_name in _ITERATING


_CO_GENERATOR = 0x20
_ITERATING = ("__iter__", "__next__", "__getitem__", "__len__", "__length_hint__")


def room_in(view: memoryview, buffer: Any, function: str) -> int:
    """The size of ``view`` in bytes if C may write to it, else TypeError about ``buffer``."""
    if view.readonly or not view.c_contiguous:
        raise _not_writable(buffer, function)
    return view.nbytes if LENDS_ALL else bytes_left(view)


def _not_writable(buffer: Any, function: str) -> TypeError:
    what = f"read-write bytes-like object, not {kind(buffer)}"
    return TypeError(f"{function}() argument 1 must be {what}")


def attempted(convert: Callable[[Any], int], value: Any) -> int | None:
    """``convert(value)``, or None if ``value`` is no number that it accepts.

    As in CPython, which tries one way and then another, it does not matter what an ``__index__``
    has raised.
    """
    try:
        return convert(value)
    except (TypeError, OverflowError):
        return None
    except Exception as error:
        if not _raised_in("__index__", error):
            raise
        return None


def kind(value: Any) -> str:
    """What ``value`` is, in the messages of CPython about an argument of the wrong type."""
    return "None" if value is None else type_name(value)


def type_name(value: Any) -> str:
    """``tp_name`` of the type of ``value``, as C knows it: ``int``, ``array.array``."""
    if sys.implementation.name != "cpython":  # PyPy knows no other, and would ask for a buffer
        return type(value).__name__
    try:
        "".join([value])
    except TypeError as error:  # sequence item 0: expected str instance, array.array found
        text = str(error)
        if not text:  # there was no memory for it
            raise MemoryError from None
        return text.partition(", ")[2][: -len(" found")]
    return type(value).__name__


def full_type_name(value: Any) -> str:
    """The type of ``value`` with its module, as newer messages have it: ``decimal.Decimal``."""
    cls = type(value)
    prefix = "" if cls.__module__ in ("builtins", "__main__") else f"{cls.__module__}."
    return prefix + cls.__qualname__
