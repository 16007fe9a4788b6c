"""What is asked of the interpreter: how to call C, and how to share memory with it.

``_portable`` answers with ctypes' public names alone; ``_cpython`` and ``_pypy`` answer
some of it with private ones, each with the figure that it buys.  Set ``PYSOCK_PORTABLE=1``
to do without those.  The tests run both ways, so an interpreter that drops a private name
loses speed and nothing else.

``open_library``    a shared library, such that errno can be had after a call
``declared``        a C function as a callable, its types declared
``hot_function``    the same at less cost: it takes checked integers and pointers only; ``quick``
                    keeps other threads waiting, ``mute`` does not say why it failed
``take_errno``      what the last foreign call of this thread left in errno; reset to 0
``os_error``        the exception for such a number
``pointer_to``      what stands for the address of a ctypes object in a call
``borrow``          and what for that of somebody's writable buffer
``number_of``       the number that this address is
``borrow_address``  what keeps such a number good, and it
``address_of``      the same for memory that is only read; perhaps a copy's
``call_reading``    a call with memory that is only read, and too large to copy
``bytes_at``        memory → bytes
``fill``            bytes → memory
``chars``           new memory for C, zeroed
``new_bytes``       makes a bytes object for C to write to, up to ``MOST``; or None
``NULL``            the pointer to nothing, for a hot function
``STABLE``          the bytes-like type that may be handed to C just as it is, or None
``TO_COPY``         up to this size, copying is cheaper than finding out an address
``REUSED``          up to this size, memory that was used before is better than new
``MOST``            no call moves more bytes than this
"""

from __future__ import annotations

import ctypes
import os
import sys
from ctypes import c_char
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import Array
    from typing import Any

PORTABLE = os.environ.get("PYSOCK_PORTABLE", "") not in ("", "0")
CPYTHON = sys.implementation.name == "cpython" and not PORTABLE
WINDOWS = hasattr(ctypes, "get_last_error")
PYPY = sys.implementation.name == "pypy" and not (PORTABLE or WINDOWS)

if CPYTHON:
    from . import _cpython as chosen
elif PYPY:
    from . import _pypy as chosen  # type: ignore[no-redef]
else:
    from . import _portable as chosen  # type: ignore[no-redef]

declared = chosen.declared
pointer_to = chosen.pointer_to
borrow = chosen.borrow
number_of = chosen.number_of
borrow_address = chosen.borrow_address
address_of = chosen.address_of
call_reading = chosen.call_reading
bytes_at = chosen.bytes_at
fill = chosen.fill
new_bytes = chosen.new_bytes
STABLE = chosen.STABLE
NULL = chosen.NULL
TO_COPY = chosen.TO_COPY
REUSED = chosen.REUSED
MOST = chosen.MOST


def chars(size: int) -> Array[c_char]:
    """``size`` bytes of memory for C, which start as zeros; few sizes, for each is a type.

    ctypes forgets a type that nobody holds: each is a cycle of objects, which then waits
    for the garbage collector.  (It also takes 180 ns to have the type here, and 410 there.)
    """
    array: Array[c_char] = _array_type(size)()
    return array


@cache
def _array_type(size: int) -> Any:
    return c_char * size
if WINDOWS:  # another place for errors, and other calls
    from . import _lasterror as calling
else:
    calling = chosen  # type: ignore[misc]

open_library = calling.open_library
hot_function = calling.hot_function
take_errno = calling.take_errno
get_errno = calling.get_errno
set_errno = calling.set_errno
os_error = calling.os_error
