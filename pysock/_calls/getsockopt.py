"""``getsockopt(2)``: an option as bytes, or as a number; what kind of socket a descriptor is.

C knows an option as a piece of memory, and says how much of it it has written.  Most count
bytes; but the filter of a socket is counted in instructions of 8 bytes, and a kernel module
may count as it likes.  So there is more room behind the memory than C is told of, and what is
behind it never leaves.
"""

from __future__ import annotations

import sys
from ctypes import c_char, c_int32, c_uint32, sizeof
from errno import EBADF, ENOTSOCK

from .._ffi.errors import attempt, attempt_again, from_errno
from .._ffi.interpreter import PYPY, bytes_of, chars, pointer_to, put_bytes
from .._host import abi, constants, lib
from .memory import Pool, with_pointer
from .state import on_socket
from .transfer import sockaddr_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OPTION_MAX = 1024  # bytes of an option's value, as in CPython
LARGEST_UNIT = 16  # bytes; that of SO_GET_FILTER is 8 (struct sock_filter)

_SOL_SOCKET, _SO_ERROR = constants["SOL_SOCKET"], constants["SO_ERROR"]
# An option whose length is not in bytes, and the unit that it is in.
FILTER, _FILTER_UNIT = (_SOL_SOCKET, constants.get("SO_ATTACH_FILTER")), 8


_pool = Pool(lambda: with_pointer(c_char * (OPTION_MAX * LARGEST_UNIT)) + with_pointer(c_uint32))


def getsockopt_bytes(sock: Any, level: int, optname: int, size: int) -> bytes:
    """``getsockopt(2)``: up to ``size`` bytes, some of which C may read first: they are 0.

    ``sock`` is a descriptor, or what has one.
    """
    unit = _FILTER_UNIT if (level, optname) == FILTER else 1
    entry = _pool.take()
    value, pointer, length, length_pointer = entry
    put_bytes(value, pointer, bytes(size))
    length.value = size // unit
    n = attempt(on_socket, lib.getsockopt, sock, level, optname, pointer, length_pointer)
    wrote = length.value * unit
    written = bytes_of(value, pointer, wrote if wrote < size else size)
    _pool.put(entry)
    if n < 0:
        raise from_errno(-n)
    return written


def getsockopt_int(sock: Any, level: int, optname: int, size: int = 4) -> int:
    """``getsockopt(2)`` of an int, or of an unsigned number of 8 bytes."""
    if size != INT:
        octets = getsockopt_bytes(sock, level, optname, size)
        return int.from_bytes(octets.ljust(size, b"\0"), sys.byteorder)
    n, number = _int_option(sock, level, optname)
    if n < 0:
        raise from_errno(-n)
    return number


INT = sizeof(c_int32)


def int_memory() -> Any:
    """Memory for the length and the value of an int, which C may both change."""
    # C may write more units of the value than it was told of bytes.
    memory = chars(INT + INT * LARGEST_UNIT)
    length, value = c_uint32.from_buffer(memory), c_int32.from_buffer(memory, INT)
    # C may write fewer bytes of the value, so it starts as 0.
    start = bytes(c_uint32(INT)) + bytes(INT)
    return memory, start, value, pointer_to(value), pointer_to(length)


int_pool = Pool(int_memory)


def _int_option(sock: Any, level: int, optname: int) -> tuple[int, int]:
    """What the call has answered, or minus an errno, and the int that C wrote."""
    entry = int_pool.take()
    memory, start, value, pointer, length = entry
    if not PYPY:  # as ``put_bytes``, in fewer steps
        memory.raw = start
    else:
        put_bytes(memory, length, start)  # the length is the first
    fd = sock if type(sock) is int else sock._sock_fd_
    n = lib.getsockopt(fd, level, optname, pointer, length)
    if n < 0:
        n = attempt_again(on_socket, lib.getsockopt, sock, level, optname, pointer, length)
    number = value.value
    int_pool.put(entry)
    return n, number


def socket_error(sock: Any) -> int:
    """``getsockopt(2)`` of SO_ERROR: how a connect in the background has ended, 0 or an errno."""
    n, number = _int_option(sock, _SOL_SOCKET, _SO_ERROR)
    return -n if n < 0 else number


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
