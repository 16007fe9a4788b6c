"""Foreign calls and shared memory on CPython (see ``interpreter``)."""

from __future__ import annotations

import _ctypes
import ctypes

from .arguments import size_of, view_of
from .portable import (
    COPY_MAX,
    NULL,
    PASSABLE_TYPE,
    POOL_MAX,
    TRANSFER_MAX,
    array_over,
    bytes_at,
    bytes_of,
    declared,
    fill,
    get_errno,
    open_library,
    os_error,
    pointer_to,
    pop_errno,
    set_errno,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = [
    "COPY_MAX",
    "NULL",
    "PASSABLE_TYPE",
    "POOL_MAX",
    "TRANSFER_MAX",
    "address_in",
    "bytes_at",
    "bytes_of",
    "declared",
    "fill",
    "get_errno",
    "hot_function",
    "number_in",
    "open_library",
    "os_error",
    "pass_memory",
    "pointer_to",
    "pop_errno",
    "release",
    "set_errno",
]


# Converting arguments by declared types costs half of a call: 630 ns against 318 for four
# arguments (3.11).  Undeclared, ctypes passes an int as a C int, and an array, a byref or
# a bytes as its address; so every integer is checked before it comes here, and an address
# is never a plain int.  An int result needs no declaration either (-7 ns without).
class _ReleasingGIL(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO


# A call that cannot block keeps the GIL: letting go and taking it back costs 35 ns (3.11),
# and far more beside a thread that computes.
class _KeepingGIL(_ctypes.CFuncPtr):
    _flags_ = _ReleasingGIL._flags_ | _ctypes.FUNCFLAG_PYTHONAPI


# One that does not keep errno: 23 ns (3.9) to 50 (3.13) less.
class _DroppingErrno(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_PYTHONAPI


def hot_function(
    library: ctypes.CDLL,
    name: str,
    result: Any,
    parameters: list[Any],
    keeps_gil: bool,
    drops_errno: bool,
) -> Any:
    """A callable that returns an int, and takes checked integers and pointers."""
    kind = _DroppingErrno if drops_errno else _KeepingGIL if keeps_gil else _ReleasingGIL
    return kind((name, library))


# PyObject_AsReadBuffer (stable ABI, so it stays) tells where an object's memory is, without
# keeping it there: that is done by the memoryview, as long as it is not released.  So there
# is no second thing to give back, which an exception at the wrong moment could leave behind.
_where = _DroppingErrno(("PyObject_AsReadBuffer", ctypes.pythonapi))
_object = ctypes.py_object


def address_in(view: memoryview) -> ctypes.c_void_p:
    """A pointer to a view's memory, read-only or not."""
    if not view.readonly:
        return ctypes.c_void_p(ctypes.addressof(array_over(view)))
    address, size = ctypes.c_void_p(), ctypes.c_ssize_t()
    _where(_object(view), pointer_to(address), pointer_to(size))
    return address


def number_in(view: memoryview) -> tuple[int, Any]:
    """The address of a view's memory, which is good until the view is released."""
    return address_in(view).value or 0, view


def pass_memory(data: Any, call: Callable[[Any, int], int]) -> int:
    """``call(pointer, size)`` with the memory of a bytes-like object."""
    if type(data) is bytes:
        return call(data, min(len(data), TRANSFER_MAX))
    with view_of(data) as view:
        return call(address_in(view), min(size_of(view), TRANSFER_MAX))


# In one step of C, in which no signal handler runs, each view loses its last reference.
release: Callable[[list[Any]], None] = list.clear
