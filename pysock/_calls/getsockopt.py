"""``getsockopt(2)``: an option as bytes, or as a number; what kind of socket a descriptor is.

C knows an option as a piece of memory, and says how much of it it has written.  Most count
bytes; but the filter of a socket is counted in instructions of 8 bytes, and a kernel module
may count as it likes.  So there is more room behind the memory than C is told of, and what is
behind it never leaves.
"""

from __future__ import annotations

import sys
from ctypes import c_char, c_uint32
from errno import EBADF, ENOTSOCK

from .._ffi.errors import attempt, from_errno
from .._ffi.interpreter import bytes_of, fill
from .._host import abi, constants, lib
from .memory import Pool, with_pointer
from .transfer import sockaddr_from

OPTION_MAX = 1024  # bytes of an option's value, as in CPython
LARGEST_UNIT = 16  # bytes; that of SO_GET_FILTER is 8 (struct sock_filter)

_SOL_SOCKET = constants["SOL_SOCKET"]
# The options whose length is not in bytes, and the unit that it is in.
_UNITS = {(_SOL_SOCKET, constants.get("SO_ATTACH_FILTER")): 8}


_pool = Pool(lambda: with_pointer(c_char * (OPTION_MAX * LARGEST_UNIT)) + with_pointer(c_uint32))


def getsockopt_bytes(fd: int, level: int, optname: int, size: int) -> bytes:
    """``getsockopt(2)``: up to ``size`` bytes, some of which C may read first: they are 0."""
    unit = _UNITS.get((level, optname), 1)
    n, value = _getsockopt(fd, level, optname, size, unit)
    if n < 0:
        raise from_errno(-n)
    return value


def getsockopt_int(fd: int, level: int, optname: int, size: int = 4) -> int:
    """``getsockopt(2)`` of an int, or of an unsigned number of 8 bytes."""
    n, value = _getsockopt(fd, level, optname, size)
    if n < 0:
        raise from_errno(-n)
    return int.from_bytes(value.ljust(size, b"\0"), sys.byteorder, signed=size == 4)


def _getsockopt(fd: int, level: int, optname: int, size: int, unit: int = 1) -> tuple[int, bytes]:
    """0 or minus an errno, and what C wrote."""
    entry = _pool.take()
    value, pointer, length, length_pointer = entry
    fill(pointer, bytes(size))
    length.value = size // unit
    n = attempt(lib.getsockopt, fd, level, optname, pointer, length_pointer)
    written = bytes_of(value, pointer, min(length.value * unit, size))
    _pool.put(entry)
    return n, written


def socket_error(fd: int) -> int:
    """``getsockopt(2)`` of SO_ERROR: how a connect in the background has ended, 0 or an errno."""
    n, value = _getsockopt(fd, _SOL_SOCKET, constants["SO_ERROR"], 4)
    return -n or int.from_bytes(value, sys.byteorder, signed=True)


def identify(fd: int, family: int, type: int, proto: int) -> tuple[int, int, int]:
    """What kind of socket a descriptor is, where the caller (−1) did not say.

    A descriptor that is no socket is an error even if nothing is to be asked.
    """
    try:
        sockaddr = sockaddr_from(lib.getsockname, fd)
        family = abi.family_of(sockaddr) if family == -1 else family
    except OSError as error:
        if family == -1 or error.errno in (EBADF, ENOTSOCK):  # AF_ALG has no getsockname
            raise
    if type == -1:
        type = getsockopt_int(fd, _SOL_SOCKET, constants["SO_TYPE"])
    if "SO_PROTOCOL" not in constants:
        proto = 0  # in CPython, too, whatever the caller said
    elif proto == -1:
        proto = getsockopt_int(fd, _SOL_SOCKET, constants["SO_PROTOCOL"])
    return family, type, proto
