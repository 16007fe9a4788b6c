"""Foreign calls and shared memory on PyPy (see ``interpreter``).

ctypes on PyPy is compiled Python over function pointers that take plain integers.  So
here an address is an integer, and the object that owns the memory stays in a variable, or
goes back to a pool, until the call has returned.
"""

from __future__ import annotations

import ctypes

import _rawffi  # type: ignore[import-not-found]

from .arguments import size_of, view_of
from .portable import TRANSFER_MAX, declared, os_error, release

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["TRANSFER_MAX", "declared", "os_error", "release"]

# The collector moves objects, so bytes cannot be passed as they are.
PASSABLE_TYPE: Any = None
NULL: Any = 0
COPY_MAX = 65536
# New memory would be given back when the collector runs.  What C never wrote to takes none,
# and beyond this size the C module, too, maps its memory anew for each call.
POOL_MAX = 1 << 22

pointer_to: Callable[[Any], Any] = ctypes.addressof
get_errno: Callable[[], int] = _rawffi.get_errno
set_errno: Callable[[int], int] = _rawffi.set_errno
bytes_at: Callable[[Any, int], bytes] = _rawffi.charp2rawstring  # 3 ns; a slice, 20 a byte
fill: Callable[[Any, bytes], None] = _rawffi.rawstring2charp  # 10 ns


def bytes_of(array: Any, pointer: Any, size: int) -> bytes:
    """The first bytes of an array, of which slicing would be a loop."""
    return bytes_at(pointer, size)


def open_library(name: str | None) -> ctypes.CDLL:
    """The library, None for what this process has loaded already.

    ctypes' copy of errno (use_errno) would hide the one that ``_rawffi`` has for all calls.
    """
    return ctypes.CDLL(name)


def hot_function(
    library: ctypes.CDLL,
    name: str,
    result: Any,
    parameters: list[Any],
    keeps_gil: bool,
    drops_errno: bool,
) -> Any:
    """A callable that returns an int, and takes integers only: addresses are integers.

    It is the function pointer itself: calling that costs 60 ns, where ctypes takes 830, or
    5000 when an argument's type is not exactly the declared one.
    """
    return declared(library, name, result, parameters)._getfuncptr(parameters, result)


def pop_errno() -> int:
    """Read errno as this thread's last foreign call left it, and set it to 0.

    0 means "lost to a nested call" (see ``portable``).
    """
    number = get_errno()
    set_errno(0)
    return number


def address_in(view: memoryview) -> Any:
    """The address of a view's memory, read-only or not."""
    return view._pypy_raw_address()  # type: ignore[attr-defined]


def number_in(view: memoryview) -> tuple[int, Any]:
    """The address of a view's memory, or of a copy, and the object that keeps it good.

    The address in an object that nobody can write to is good for one call only.
    """
    if view.readonly:
        copy = memoryview(bytearray(view))
        return address_in(copy), copy
    return address_in(view), view


# Memory for copies: finding out the address of new bytes costs 17 us for 64 KiB.
_copies: list[tuple[Any, int]] = []
_Copy = ctypes.c_char * COPY_MAX


def pass_memory(data: Any, call: Callable[[Any, int], int]) -> int:
    """``call(address, size)`` with the memory of a bytes-like object, or with a copy of it."""
    if type(data) is bytes and len(data) <= COPY_MAX:
        try:
            copy, address = entry = _copies.pop()
        except IndexError:
            copy = _Copy()
            copy, address = entry = copy, ctypes.addressof(copy)
        fill(address, data)
        n = call(address, len(data))
        _copies.append(entry)
        return n
    with view_of(data) as view:
        return call(address_in(view), min(size_of(view), TRANSFER_MAX))
