"""Network interfaces in addresses: Python writes a name, C an index.

CPython calls ``ioctl(2)`` (SIOCGIFINDEX, SIOCGIFNAME) on the socket itself.  ioctl is variadic,
so pysock does not bind it (see ``_libc``).  It calls ``if_nametoindex(3)`` and
``if_indextoname(3)``, which make the same ioctls on a temporary socket in the network namespace of
the calling thread.  If the caller's socket belongs to another namespace, the interfaces may have
other indexes there.
"""

from __future__ import annotations

import os

from .._ffi.errors import ATTEMPTS, ErrnoKept, from_errno, raise_errno
from .._ffi.interpreter import chars, pointer_to
from .._host import constants, lib

NAME_SIZE = constants["IF_NAMESIZE"]  # including the NUL at the end


def index_of(name: bytes) -> int:
    """``if_nametoindex(3)``: the index of an interface; OSError (ENODEV) for an unknown name."""
    kept = None
    for _ in range(ATTEMPTS):
        index: int = (lib if kept is None else kept).if_nametoindex(name)
        if index:
            return index
        raise_errno(kept)
        kept = kept or ErrnoKept(lib)
    raise from_errno(0)


def name_of(index: int) -> bytes:
    """``if_indextoname(3)``: the name of an interface; empty if none has this index (any more)."""
    name = chars(NAME_SIZE)
    if index:
        try:
            lib.if_indextoname(index & 0xFFFFFFFF, pointer_to(name))
        except OSError:
            return b""
    return name.value


def text(index: int) -> str:
    """An interface's index and name, for ``FamilyCodec.text``."""
    return ", ".join([str(index), *filter(None, [os.fsdecode(name_of(index))])])
