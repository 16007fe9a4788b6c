"""Foreign calls and shared memory by ctypes' public names (see ``interpreter``).

A caller's buffer is exported, by a memoryview, while C uses its address.  Read-only memory
other than bytes is copied, since ctypes has no public way to its address.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from functools import partial
from itertools import chain

from .arguments import size_of, view_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

NULL: Any = None
FOREIGN: tuple[Any, ...] = (type(ctypes.memmove).__base__,)
COPY_MAX = 16384
POOL_MAX = 1 << 20

# Linux transfers at most this many bytes in one call, and other systems refuse more.  It also
# fits a C int, as which ctypes passes an undeclared number: 2**32 + 5 would arrive as 5, and
# 2**31 + 10 as an enormous size.
TRANSFER_MAX = 0x7FFFF000

pointer_to: Callable[[Any], Any] = ctypes.byref
get_errno: Callable[[], int] = ctypes.get_errno
set_errno: Callable[[int], int] = ctypes.set_errno
# Reads errno and sets it to 0, in one step of C.  A signal handler can run between the return
# of our call and this.  If the handler's own call fails, its errno replaces ours, and the
# handler resets it.  So 0 means "lost to a nested call": our call is repeated (see ``errors``).
pop_errno: Callable[[], int] = partial(ctypes.set_errno, 0)
bytes_at: Callable[[Any, int], bytes] = ctypes.string_at
# Makes the memory of ``reserve``; None: ctypes does.
new_memory: Callable[[int], Any] | None = None


class ReadPointer(ctypes.c_void_p):
    """The type of an address that C only reads from: callers may pass bytes instead."""


# An array of no elements over the memory of a writable buffer exports it: while the array
# lives, the buffer can be neither resized nor freed.  A memoryview is an export already, so an
# array over a view need only live until its address is known.
array_over: Callable[[Any], Any] = (ctypes.c_char * 0).from_buffer

if hasattr(memoryview, "_pypy_raw_address"):
    # PyPy's from_buffer makes a second view, and leaves its release to the garbage collector:
    # from PyPy 8 on, which counts exports, the caller's bytearray would be locked until then.
    address_of: Callable[[memoryview], int] = memoryview._pypy_raw_address

else:

    def address_of(view: memoryview) -> int:
        """The address of a view's memory, which is not read-only."""
        return ctypes.addressof(array_over(view))


def open_library(name: str | None) -> ctypes.CDLL:
    """The library ``name``, or with None all that this process has loaded; calls save errno."""
    return ctypes.CDLL(name, use_errno=True)


def declared(library: ctypes.CDLL, name: str, result: Any, parameters: list[Any]) -> Any:
    """A callable for the function ``name``, whose arguments ctypes converts and checks."""
    function = library[name]
    function.argtypes = parameters
    function.restype = result
    return function


def hot_function(
    library: ctypes.CDLL,
    name: str,
    signature: Callable[[], tuple[Any, list[Any]]],
    keeps_gil: bool,
    drops_errno: bool,
) -> Any:
    """A callable that returns an int; here no faster than others.

    ``signature()`` has the ctypes types of the result and of the parameters.
    """
    return declared(library, name, *signature())


def os_error(number: int) -> OSError:
    """The exception for an errno; OSError chooses its own subclass."""
    return OSError(number, os.strerror(number))


def address_in(view: memoryview) -> Any:
    """A pointer to a view's memory, or to a copy of it if it is read-only."""
    if view.readonly:
        return view.tobytes()
    return ReadPointer(address_of(view))


def number_in(view: memoryview) -> tuple[int, Any]:
    """The address of a view's memory, or of a copy, as an int, and the owner of that memory."""
    return number_of(view.tobytes()) if view.readonly else (address_of(view), view)


def number_of(data: bytes) -> tuple[int, Any]:
    """The address of the bytes of ``data`` (on PyPy of a copy) as an int, and their owner."""
    pointer = ctypes.c_char_p(data)
    return ctypes.c_void_p.from_buffer(pointer).value or 0, pointer


def pass_memory(data: Any, call: Callable[..., int], *args: Any) -> int:
    """``call(*args, pointer, size)`` with a bytes-like object's memory, or with a copy of it.

    ``size`` is at most TRANSFER_MAX; the result is that of ``call``.
    """
    if type(data) is bytes:
        return call(*args, data, min(len(data), TRANSFER_MAX))
    with memoryview(data) if type(data) is memoryview else view_of(data) as view:
        size = min(size_of(view), TRANSFER_MAX)
        n = call(*args, address_in(view), size)
    return n


def releasing(views: list[Any], kept: list[Any]) -> Iterator[None]:
    """An iterator that clears ``kept`` and releases the memoryviews that are in ``views`` by then.

    ``finally: exhaust(it)`` does so in one step, before a signal handler can raise.  To forget the
    views would not be enough: the frame of a traceback may still refer to one.
    """
    return chain(map(list.clear, (kept,)), map(memoryview.release, views))


# Takes all items of an iterator of None.  ``any`` needs no memory, but on PyPy it is a function in
# Python, in whose first step a signal handler may raise.
exhaust: Callable[[Iterator[None]], Any] = list if hasattr(sys, "pypy_version_info") else any


_PRIVATE = getattr(mmap, "MAP_PRIVATE", None)


# The largest bytes object that CPython can make: its header counts as well.
_BYTES_MAX = sys.maxsize - bytes.__basicsize__ if hasattr(bytes, "__basicsize__") else sys.maxsize


def map_memory(size: int) -> mmap.mmap:
    """``mmap(2)``: zeros, of which only pages that are written to take memory.

    The result of a call will be bytes, so OverflowError if those cannot be as large.
    """
    if size > _BYTES_MAX:
        raise OverflowError("byte string is too large")
    try:
        if _PRIVATE is None:
            return mmap.mmap(-1, size)
        return mmap.mmap(-1, size, _PRIVATE | mmap.MAP_ANONYMOUS)
    except (OSError, OverflowError):
        raise MemoryError from None


def text_at(address: int) -> bytes:
    """A C string: the bytes at an address up to a NUL; none at NULL.

    In place of ``string_at``, which makes an ArgumentError of a MemoryError.
    """
    return ctypes.c_char_p(address).value or b""


def bytes_of(array: Any, pointer: Any, size: int) -> bytes:
    """The first ``size`` bytes of an array; slicing it is one memcpy."""
    data: bytes = array[:size]
    return data


def put_bytes(array: Any, pointer: Any, data: bytes) -> None:
    """Copy ``data`` to the begin of an array: one memcpy, and no foreign call."""
    array.raw = data


def fill(pointer: Any, data: bytes) -> None:
    """Copy ``data`` to the memory at ``pointer``."""
    ctypes.memmove(pointer, data, len(data))
