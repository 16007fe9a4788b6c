"""Network interfaces in addresses: programs write a name, the kernel counts them.

CPython asks by ioctl(2) on the socket itself.  That function is variadic and not bound here
(see ``_foreign``), so if_nametoindex(3) and if_indextoname(3) make the same two ioctls
on a socket of their own.  It belongs to the caller's network namespace, which may be
another than that of a socket from elsewhere.
"""

from __future__ import annotations

import os

from .._ffi.errors import ATTEMPTS, from_errno, raise_errno
from .._ffi.interpreter import chars, pointer_to
from .._host import constants, lib

NAME_SIZE = constants["IF_NAMESIZE"]  # with the NUL at its end


def index_of(name: bytes) -> int:
    """The index of an interface, or OSError (ENODEV) if there is none of this name."""
    for _ in range(ATTEMPTS):
        index: int = lib.if_nametoindex(name)
        if index:
            return index
        raise_errno()
    raise from_errno(0)


def name_of(index: int) -> bytes:
    """The name of an interface; empty if there is none with this index (any more)."""
    name = chars(NAME_SIZE)
    if index:
        try:
            lib.if_indextoname(index & 0xFFFFFFFF, pointer_to(name))
        except OSError:
            return b""
    return name.value


def text(index: int) -> str:
    """An index, and the name of the interface, for an observer."""
    return ", ".join([str(index), *filter(None, [os.fsdecode(name_of(index))])])
