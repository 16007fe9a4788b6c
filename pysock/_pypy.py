"""Foreign calls and shared memory on PyPy (see ``_interpreter``).

ctypes on PyPy is compiled Python over function pointers that take plain integers.  So
here an address is an integer, and what owns the memory stays in a variable, or goes back
to a pool, until the call has returned.
"""

from __future__ import annotations

import ctypes

import _rawffi  # type: ignore[import-not-found]

from ._portable import MOST, declared, os_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["MOST", "declared", "os_error"]

# The collector moves objects, and ctypes copies bytes one by one (16 us a KiB).
STABLE: Any = None
# C cannot write to an object that moves.  A large one stays where it is, but compiled code takes
# it that bytes never change, and now and then shows what they were before.
new_bytes: Any = None
NULL: Any = 0
TO_COPY = 65536
# New memory would be given back when the collector runs.  What C never wrote to takes none,
# and beyond this size the C module, too, maps its memory anew for each call.
REUSED = 1 << 22

pointer_to: Callable[[Any], Any] = ctypes.addressof
number_of: Callable[[Any], int] = int
get_errno: Callable[[], int] = _rawffi.get_errno
set_errno: Callable[[int], int] = _rawffi.set_errno
bytes_at: Callable[[Any, int], bytes] = _rawffi.charp2rawstring  # 3 ns; a slice, 20 a byte
fill: Callable[[Any, bytes], None] = _rawffi.rawstring2charp  # 10 ns


def open_library(name: str | None) -> ctypes.CDLL:
    """The library, None for what this process has loaded already.

    ctypes' copy of errno (use_errno) would hide the one that ``_rawffi`` has for all calls.
    """
    return ctypes.CDLL(name)


def hot_function(
    library: ctypes.CDLL, name: str, result: Any, parameters: list[Any], quick: bool, mute: bool
) -> Any:
    """A callable that returns an int, and takes integers only: addresses are integers.

    It is the function pointer itself: calling that costs 60 ns, where ctypes takes 830, or
    5000 when an argument's type is not exactly the declared one.
    """
    return declared(library, name, result, parameters)._getfuncptr(parameters, result)


def take_errno() -> int:
    """Read errno as this thread's last foreign call left it, and set it to 0.

    0 means "lost to a nested call" (see ``_portable``).
    """
    number = get_errno()
    set_errno(0)
    return number


def borrow(buffer: Any) -> Any:
    """The address of a writable buffer, whose owner keeps it alive during the call.

    (16 ns, and 48 by ctypes, which costs the collector another 300 if the buffer is large.)
    """
    return memoryview(buffer)._pypy_raw_address()  # type: ignore[attr-defined]


def borrow_address(buffer: Any) -> tuple[Any, int]:
    """What keeps a writable buffer where it is, and its address."""
    return buffer, borrow(buffer)


def address_of(data: Any, view: memoryview) -> tuple[Any, int]:
    """What keeps a copy of a bytes-like object where it is, and its address."""
    copy = bytearray(view)
    return copy, borrow(copy)


def call_reading(view: memoryview, call: Callable[[Any], int]) -> int:
    """``call(address of view's memory)``, without a copy, whatever it holds."""
    return call(view._pypy_raw_address())  # type: ignore[attr-defined]
