"""How this interpreter calls C, and how it shares memory with C.

``portable`` uses the public names of ctypes only.  ``cpython`` and ``pypy`` replace some of its
functions by faster ones with private names, each justified by a measurement.  With
``PYSOCK_PORTABLE=1`` in the environment ``portable`` is used alone.  The tests run both ways:
should an interpreter drop a private name, this setting costs pysock nothing except speed.

``open_library``   load a shared library, in such a way that errno can be read after a call
``declared``       a C function as a callable with declared types
``hot_function``   the same, but faster: it takes checked integers and pointers only, and bytes
                   for the address of what C reads.
                   With ``keeps_gil`` no other thread runs meanwhile; with ``drops_errno``
                   the call's errno cannot be read
``pop_errno``      the errno of this thread's last foreign call; resets it to 0
``get_errno``      the same, without the reset
``set_errno``      set the number that the two above read
``os_error``       the exception for an errno
``pointer_to``     a ctypes object → its address, as an argument of a call
``address_in``     a memoryview → the address of its memory, as an argument of a call; good
                   until the view is released
``number_in``      a memoryview → ``(address as an int, owner)``; good as long as both live
``number_of``      bytes → the same
``pass_memory``    ``call(*args, pointer, size)`` with the memory of a bytes-like object
``releasing``      an iterator that releases a list of memoryviews when it is exhausted
``exhaust``        exhausts it, in one step
``bytes_at``       the bytes at an address, given as an int
``text_at``        a C string at an address, given as an int
``bytes_of``       the first bytes of an array, given its pointer as well
``put_bytes``      copy bytes to the begin of an array of c_char, given its pointer as well
``fill``           copy bytes to a pointer
``chars``          new memory for C, zeroed
``reserve``        the same, not zeroed: where possible, pages that are never written to take no
                   memory
``map_memory``     ``mmap(2)``: new memory, more than any pool has; to be closed after use
``FOREIGN``        the classes of C functions
``NULL``           the null pointer, as an argument of a hot function
``COPY_MAX``       up to this size in bytes, copying is cheaper than finding an address
``POOL_MAX``       up to this size in bytes, pooled memory is cheaper than new memory
``TRANSFER_MAX``   the most bytes that one call may transfer
``FREE_THREADED``  whether Python runs threads side by side, without a GIL
"""

from __future__ import annotations

import os
import sys
from ctypes import c_char
from functools import cache

from .._platform import WINDOWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from ctypes import Array
    from typing import Any


def switch(name: str, default: str) -> bool:
    """Whether the environment variable ``name`` is on: set, and neither empty nor ``0``."""
    return os.environ.get(name, default) not in ("", "0")


PORTABLE = switch("PYSOCK_PORTABLE", "0")
CPYTHON = sys.implementation.name == "cpython" and not PORTABLE
PYPY = sys.implementation.name == "pypy" and not (PORTABLE or WINDOWS)
FREE_THREADED = not getattr(sys, "_is_gil_enabled", lambda: True)()

try:
    if CPYTHON:
        from . import cpython as chosen
    elif PYPY:
        from . import pypy as chosen  # type: ignore[no-redef]
    else:
        from . import portable as chosen  # type: ignore[no-redef]
except (ImportError, AttributeError):  # this version has lost a private name
    from . import portable as chosen  # type: ignore[no-redef]

    CPYTHON = PYPY = False

if WINDOWS:  # an error is GetLastError's there, and libraries have another calling convention
    from . import winerror as calling
else:
    calling = chosen  # type: ignore[misc]

declared = chosen.declared
pointer_to = chosen.pointer_to
address_in = chosen.address_in
number_in = chosen.number_in
number_of = chosen.number_of
pass_memory = chosen.pass_memory
releasing = chosen.releasing
exhaust = chosen.exhaust
bytes_at = chosen.bytes_at
text_at = chosen.text_at
bytes_of = chosen.bytes_of
put_bytes = chosen.put_bytes
fill = chosen.fill
map_memory = chosen.map_memory
new_memory: Callable[[int], Any] | None = chosen.new_memory
NULL = chosen.NULL
FOREIGN = chosen.FOREIGN
COPY_MAX = chosen.COPY_MAX
POOL_MAX = chosen.POOL_MAX
TRANSFER_MAX = chosen.TRANSFER_MAX

open_library = calling.open_library
hot_function = calling.hot_function
pop_errno = calling.pop_errno
get_errno = calling.get_errno
set_errno = calling.set_errno
os_error = calling.os_error


def chars(size: int) -> Array[c_char]:
    """``size`` bytes of zeroed memory for C.  Use few different sizes: each is a ctypes type.

    ``array_type`` keeps these types.  Otherwise ctypes would make them anew, and each is a
    reference cycle that only the garbage collector frees.
    """
    array: Array[c_char] = array_type(size)()
    return array


def reserve(size: int) -> Array[c_char]:
    """``size`` bytes for C with arbitrary content.  Use few different sizes, as for ``chars``.

    ctypes would write zeros first: a megabyte of them for a call that waits for one byte.
    """
    if new_memory is None:
        return chars(size)
    array: Array[c_char] = array_type(size).from_buffer(new_memory(size))
    return array


@cache
def array_type(size: int) -> Any:
    """The type of an array of so many bytes."""
    return c_char * size
