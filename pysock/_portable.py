"""Foreign calls and shared memory by ctypes' public names (see ``_interpreter``)."""

from __future__ import annotations

import ctypes
import os
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

STABLE: Any = bytes
new_bytes: Any = None  # no public name offers memory that becomes bytes without a copy
NULL: Any = None
TO_COPY = 16384
REUSED = TO_COPY

# Linux moves at most this many bytes in one call, and other systems refuse more.
# It also keeps a size inside the C int as which an undeclared number is passed: 2**32 + 5
# would arrive as 5, and 2**31 + 10 as an enormous size.
MOST = 0x7FFFF000

pointer_to: Callable[[Any], Any] = ctypes.byref
get_errno: Callable[[], int] = ctypes.get_errno
set_errno: Callable[[int], int] = ctypes.set_errno
# Reads errno as this thread's last foreign call left it, and sets it to 0, in one step.  Between
# that call and this one a signal handler may run and make calls of its own.  If one of them
# fails, its errno replaces ours, and it takes it; so 0 means "lost to a nested call", and the
# caller must ask C again.
take_errno: Callable[[], int] = partial(ctypes.set_errno, 0)
bytes_at: Callable[[Any, int], bytes] = ctypes.string_at

# An array of no elements over the memory of a writable buffer: as long as it lives, the
# buffer can be neither resized nor freed.  (The bound method, kept: 80 ns.)
borrow: Callable[[Any], Any] = (ctypes.c_char * 0).from_buffer
number_of: Callable[[Any], int] = ctypes.addressof


def open_library(name: str | None) -> ctypes.CDLL:
    """The library, None for what this process has loaded already, its errno kept for us."""
    return ctypes.CDLL(name, use_errno=True)


def declared(library: ctypes.CDLL, name: str, result: Any, parameters: list[Any]) -> Any:
    """A callable for the function ``name``, each type declared for ctypes to convert and check."""
    foreign = library[name]
    foreign.argtypes = parameters
    foreign.restype = result
    return foreign


def hot_function(
    library: ctypes.CDLL, name: str, result: Any, parameters: list[Any], quick: bool, mute: bool
) -> Any:
    """A callable that returns an int."""
    return declared(library, name, result, parameters)


def os_error(number: int) -> OSError:
    """The exception for such a number: OSError picks its own subclass."""
    return OSError(number, os.strerror(number))


def borrow_address(buffer: Any) -> tuple[Any, int]:
    """What keeps a writable buffer where it is, and its address."""
    array = borrow(buffer)
    return array, number_of(array)


def address_of(data: Any, view: memoryview) -> tuple[Any, int]:
    """What keeps a bytes-like object, or a copy, where it is, and its address."""
    if not view.readonly:
        return borrow_address(data)
    pointer = ctypes.c_char_p(data if type(data) is bytes else view.tobytes())
    return pointer, ctypes.c_void_p.from_buffer(pointer).value or 0


def call_reading(view: memoryview, call: Callable[[Any], int]) -> int:
    """``call(memory with view's bytes)``: of what is read-only, ctypes lends but a copy."""
    return call(view.tobytes() if view.readonly else borrow(view))


def fill(pointer: Any, data: bytes) -> None:
    """Copy ``data`` to memory."""
    ctypes.memmove(pointer, data, len(data))
