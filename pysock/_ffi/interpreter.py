"""What is asked of the interpreter: how to call C, and how to share memory with it.

``portable`` answers with ctypes' public names alone; ``cpython`` and ``pypy`` answer some of
it with private names, each with the figure that it buys.  ``PYSOCK_PORTABLE=1`` in the
environment does without those.  The tests run both ways, so an interpreter that drops a
private name costs speed and nothing else.

``open_library``   a shared library, such that errno can be read after a call
``declared``       a C function as a callable, its types declared
``hot_function``   the same at less cost: it takes checked integers and pointers only;
                   ``keeps_gil`` lets no other thread run, ``drops_errno`` keeps no errno
``pop_errno``      what the last foreign call of this thread left in errno; resets it to 0
``os_error``       the exception for an errno
``pointer_to``     a ctypes object → what stands for its address in a call
``address_in``     a memoryview → what stands for the address of its memory in a call, as long
                   as the view is not released
``number_in``      the same as a number, and the object that has to be kept with it
``pass_memory``    a call with the memory of a bytes-like object
``release``        release a list of memoryviews
``bytes_at``       memory → bytes
``bytes_of``       the same of an array, whose pointer is known, too
``fill``           bytes → memory
``chars``          new memory for C, zeroed
``NULL``           the null pointer, for a hot function
``PASSABLE_TYPE``  the type whose objects a hot function takes as they are: bytes, or None
``COPY_MAX``       up to this size, copying is cheaper than finding out an address
``POOL_MAX``       up to this size, memory that was used before is better than new memory
``TRANSFER_MAX``   no call moves more bytes than this
"""

from __future__ import annotations

import os
import sys
from ctypes import c_char
from functools import cache

from .._platform import WINDOWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import Array
    from typing import Any


def switch(name: str, default: str) -> bool:
    """Whether a switch in the environment is on: any text but ``0`` or none."""
    return os.environ.get(name, default) not in ("", "0")


PORTABLE = switch("PYSOCK_PORTABLE", "0")
CPYTHON = sys.implementation.name == "cpython" and not PORTABLE
PYPY = sys.implementation.name == "pypy" and not (PORTABLE or WINDOWS)

if CPYTHON:
    from . import cpython as chosen
elif PYPY:
    from . import pypy as chosen  # type: ignore[no-redef]
else:
    from . import portable as chosen  # type: ignore[no-redef]

if WINDOWS:  # where errors are elsewhere, and functions are called in another way
    from . import winerror as calling
else:
    calling = chosen  # type: ignore[misc]

declared = chosen.declared
pointer_to = chosen.pointer_to
address_in = chosen.address_in
number_in = chosen.number_in
pass_memory = chosen.pass_memory
release = chosen.release
bytes_at = chosen.bytes_at
bytes_of = chosen.bytes_of
fill = chosen.fill
NULL = chosen.NULL
PASSABLE_TYPE = chosen.PASSABLE_TYPE
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
    """``size`` bytes of memory for C, zeroed.  Use few sizes, since each of them is a type.

    ctypes forgets a type that nobody holds, and each is a cycle of objects, which waits for
    the garbage collector; so the types are kept here.
    """
    array: Array[c_char] = _array_type(size)()
    return array


@cache
def _array_type(size: int) -> Any:
    return c_char * size
