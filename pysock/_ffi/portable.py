"""Foreign calls and shared memory by ctypes' public names (see ``interpreter``)."""

from __future__ import annotations

import ctypes
import os
from functools import partial

from .arguments import size_of, view_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PASSABLE_TYPE: Any = bytes
NULL: Any = None
COPY_MAX = 16384
POOL_MAX = 1 << 20

# Linux moves at most this many bytes in one call, and other systems refuse more.
# It also keeps a size inside the C int as which an undeclared number is passed: 2**32 + 5
# would arrive as 5, and 2**31 + 10 as an enormous size.
TRANSFER_MAX = 0x7FFFF000

pointer_to: Callable[[Any], Any] = ctypes.byref
get_errno: Callable[[], int] = ctypes.get_errno
set_errno: Callable[[int], int] = ctypes.set_errno
# Reads errno and sets it to 0, in one step of C.  Between a call's return and this, a signal
# handler can run.  If it makes a call of its own that fails, its errno replaces ours, and it
# takes it; so 0 means "lost to a nested call", and the caller must ask C again.
pop_errno: Callable[[], int] = partial(ctypes.set_errno, 0)
bytes_at: Callable[[Any, int], bytes] = ctypes.string_at

# An array of no elements over the memory of a writable buffer: as long as it lives, the
# buffer can be neither resized nor freed.  A view does the same, so an array over a view need
# only live until its address is known.  (The bound method, kept: 80 ns.)
array_over: Callable[[Any], Any] = (ctypes.c_char * 0).from_buffer


def open_library(name: str | None) -> ctypes.CDLL:
    """The library, None for what this process has loaded already, its errno kept for us."""
    return ctypes.CDLL(name, use_errno=True)


def declared(library: ctypes.CDLL, name: str, result: Any, parameters: list[Any]) -> Any:
    """A callable for the function ``name``, each type declared for ctypes to convert and check."""
    function = library[name]
    function.argtypes = parameters
    function.restype = result
    return function


def hot_function(
    library: ctypes.CDLL,
    name: str,
    result: Any,
    parameters: list[Any],
    keeps_gil: bool,
    drops_errno: bool,
) -> Any:
    """A callable that returns an int."""
    return declared(library, name, result, parameters)


def os_error(number: int) -> OSError:
    """The exception for an errno: OSError picks its own subclass."""
    return OSError(number, os.strerror(number))


def address_in(view: memoryview) -> Any:
    """A pointer to a view's memory; where it is read-only, to a copy of it."""
    if view.readonly:
        return view.tobytes()
    return ctypes.c_void_p(ctypes.addressof(array_over(view)))


def number_in(view: memoryview) -> tuple[int, Any]:
    """The address of a view's memory, or of a copy, and the object that keeps it good."""
    if not view.readonly:
        return ctypes.addressof(array_over(view)), view
    pointer = ctypes.c_char_p(view.tobytes())
    return ctypes.c_void_p.from_buffer(pointer).value or 0, pointer


def pass_memory(data: Any, call: Callable[[Any, int], int]) -> int:
    """``call(pointer, size)`` with the memory of a bytes-like object, or with a copy of it."""
    if type(data) is bytes:
        return call(data, min(len(data), TRANSFER_MAX))
    with view_of(data) as view:
        return call(address_in(view), min(size_of(view), TRANSFER_MAX))


def release(views: list[Any]) -> None:
    """Release memoryviews, and forget them."""
    for view in views:
        view.release()
    views.clear()


def bytes_of(array: Any, pointer: Any, size: int) -> bytes:
    """The first bytes of an array: to slice it is one memcpy."""
    data: bytes = array[:size]
    return data


def fill(pointer: Any, data: bytes) -> None:
    """Copy ``data`` to memory."""
    ctypes.memmove(pointer, data, len(data))
