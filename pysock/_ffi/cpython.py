"""Foreign calls and shared memory on CPython (see ``interpreter``)."""

from __future__ import annotations

import _ctypes
import ctypes
import sys

from .arguments import size_of, view_of
from .portable import (
    COPY_MAX,
    FOREIGN,
    NULL,
    POOL_MAX,
    TRANSFER_MAX,
    array_over,
    bytes_of,
    declared,
    exhaust,
    get_errno,
    map_memory,
    number_of,
    open_library,
    os_error,
    pointer_to,
    pop_errno,
    put_bytes,
    releasing,
    set_errno,
    text_at,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = [
    "COPY_MAX",
    "FOREIGN",
    "NULL",
    "POOL_MAX",
    "TRANSFER_MAX",
    "address_in",
    "bytes_at",
    "bytes_of",
    "declared",
    "exhaust",
    "fill",
    "get_errno",
    "hot_function",
    "map_memory",
    "new_memory",
    "number_in",
    "number_of",
    "open_library",
    "os_error",
    "pass_memory",
    "pointer_to",
    "pop_errno",
    "put_bytes",
    "releasing",
    "set_errno",
    "text_at",
]


# Arguments and result are not declared: converting four arguments to declared types takes half
# of a call's time, 630 ns against 318 (3.11), and a declared int result 7 ns.  Without a type,
# ctypes passes an int as a C int, and an array, a byref or bytes as an address.  So callers
# check every integer first, and never pass an address as an int.
class _ReleasingGIL(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO


# A call that cannot block keeps the GIL: releasing it and taking it back costs 35 ns (3.11),
# and far more while another thread computes.
class _KeepingGIL(_ctypes.CFuncPtr):
    _flags_ = _ReleasingGIL._flags_ | _ctypes.FUNCFLAG_PYTHONAPI


# Without FUNCFLAG_USE_ERRNO, ctypes does not save errno: 23 ns (3.9) to 50 ns (3.13) less.
class _DroppingErrno(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_PYTHONAPI


# ctypes' own ``memmove`` converts its arguments, see ``_pointer``.
_copy = _DroppingErrno(_ctypes._memmove_addr)  # type: ignore[attr-defined]
_copy.restype = None
# An array from an address to the end of all memory: a slice of it takes half of a foreign call.
_memory_from: Any = (ctypes.c_char * sys.maxsize).from_address


def fill(pointer: Any, data: bytes) -> None:
    """Copy ``data`` to the memory at ``pointer``, which may be an int."""
    size = len(data)
    if size >> 31:  # it does not fit a C int
        ctypes.memmove(pointer, data, size)
    else:
        _copy(_pointer(pointer) if type(pointer) is int else pointer, data, size)


def bytes_at(address: int, size: int) -> bytes:
    """The bytes at an address, which is an int."""
    data: bytes = _memory_from(address)[:size]
    return data


def hot_function(
    library: ctypes.CDLL,
    name: str,
    signature: Callable[[], tuple[Any, list[Any]]],
    keeps_gil: bool,
    drops_errno: bool,
) -> Any:
    """A callable that returns an int, and takes checked integers and pointers only.

    ``signature`` is not called, since no types are declared.
    """
    kind = _DroppingErrno if drops_errno else _KeepingGIL if keeps_gil else _ReleasingGIL
    return kind((name, library))


# PyObject_AsReadBuffer (in the stable ABI, so it stays) finds the address of an object's memory,
# and keeps no export of it.  The memoryview is the only export, so no exception, however badly
# timed, can leave a second one unreleased.
_where = _DroppingErrno(("PyObject_AsReadBuffer", ctypes.pythonapi))
# These convert an argument before the call.  ctypes would convert a c_void_p during the call, where
# a failing allocation is an ArgumentError instead of a MemoryError.
_pointer, _object = ctypes.c_void_p.from_param, ctypes.py_object.from_param


def address_in(view: memoryview) -> Any:
    """A pointer to a view's memory, read-only or not, good until the view is released."""
    return _pointer(_address(view))


def _address(view: memoryview) -> int | None:
    if not view.readonly:
        return ctypes.addressof(array_over(view))
    address, size = ctypes.c_void_p(), ctypes.c_ssize_t()
    _where(_object(view), pointer_to(address), pointer_to(size))
    return address.value


_new_bytearray = ctypes.pythonapi["PyByteArray_FromStringAndSize"]
_new_bytearray.restype = ctypes.py_object
_MAPPED_MIN = 1 << 16


def new_memory(size: int) -> Any:
    """A buffer with arbitrary content.  (``c_char * size`` and ``bytearray(size)`` write zeros.)

    A large one is mapped, so that all of it goes back to the system when it is dropped.  That
    takes 9 µs, whatever the size; to write zeros to 1 MiB takes 25.  If the system maps no more,
    what malloc(3) has left may do.
    """
    memory = None
    if size >= _MAPPED_MIN:
        try:
            memory = map_memory(size)
        except MemoryError:
            memory = None  # a second error shall not tell of this one
    return _new_bytearray(None, size) if memory is None else memory


def number_in(view: memoryview) -> tuple[int, Any]:
    """The address of a view's memory as an int, and its owner: the view itself."""
    return _address(view) or 0, view


def pass_memory(data: Any, call: Callable[..., int], *args: Any) -> int:
    """``call(*args, pointer, size)`` with a bytes-like object's memory.

    ``size`` is at most TRANSFER_MAX; the result is that of ``call``.
    """
    if type(data) is bytes:
        return call(*args, data, min(len(data), TRANSFER_MAX))
    with view_of(data) as view:
        size = min(size_of(view), TRANSFER_MAX)
        n = call(*args, address_in(view), size)
    return n
