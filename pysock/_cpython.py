"""Foreign calls and shared memory on CPython (see ``_interpreter``)."""

from __future__ import annotations

import _ctypes
import ctypes

from ._portable import (
    MOST,
    NULL,
    REUSED,
    STABLE,
    TO_COPY,
    address_of,
    borrow,
    borrow_address,
    bytes_at,
    declared,
    fill,
    get_errno,
    number_of,
    open_library,
    os_error,
    pointer_to,
    set_errno,
    take_errno,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = [
    "MOST",
    "NULL",
    "REUSED",
    "STABLE",
    "TO_COPY",
    "address_of",
    "borrow",
    "borrow_address",
    "bytes_at",
    "call_reading",
    "declared",
    "fill",
    "get_errno",
    "hot_function",
    "new_bytes",
    "number_of",
    "open_library",
    "os_error",
    "pointer_to",
    "set_errno",
    "take_errno",
]


# Converting arguments by declared types costs half of a call: 630 ns against 318 for four
# arguments (3.11).  Undeclared, ctypes passes an int as a C int, and an array, a byref or
# a bytes as its address; so every integer is checked before it comes here, and an address
# is never a plain int.  An int result needs no declaration either (-7 ns without).
class _Releasing(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO


# A call that cannot block keeps the GIL: letting go and taking it back costs 35 ns (3.11),
# and far more beside a thread that computes.
class _Quick(_ctypes.CFuncPtr):
    _flags_ = _Releasing._flags_ | _ctypes.FUNCFLAG_PYTHONAPI


# One that does not keep errno: 23 ns (3.9) to 50 (3.13) less.
class _Mute(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_PYTHONAPI


def hot_function(
    library: ctypes.CDLL, name: str, result: Any, parameters: list[Any], quick: bool, mute: bool
) -> Any:
    """A callable that returns an int, and takes checked integers and pointers."""
    return (_Mute if mute else _Quick if quick else _Releasing)((name, library))


# ``new_bytes(None, size)`` is a bytes object with whatever was in memory, for C to write to.
# Only while nobody else holds it, and never empty (the empty one is shared).  It saves
# zeroing and a copy: receiving one byte with room for 1 MiB takes 2.7 us and not 9.6.
# Its arguments are undeclared too (-130 ns), so the size must fit a C int.
new_bytes = ctypes.pythonapi["PyBytes_FromStringAndSize"]
new_bytes.restype = ctypes.py_object


class _Py_buffer(ctypes.Structure):
    # Include/pybuffer.h; part of the stable ABI, and unchanged since 3.0.
    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("rest", ctypes.c_void_p * 16),
    ]


_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes = [ctypes.py_object, ctypes.c_void_p, ctypes.c_int]
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes = [ctypes.c_void_p]
_release_buffer.restype = None


def call_reading(view: memoryview, call: Callable[[Any], int]) -> int:
    """``call(address of view's memory)``, without a copy (400 ns), whatever it holds."""
    exported = _Py_buffer()
    _get_buffer(view, ctypes.byref(exported), 0)
    try:
        return call(ctypes.c_void_p(exported.buf))
    finally:
        _release_buffer(ctypes.byref(exported))
