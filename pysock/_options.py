"""Socket options: an int, a struct's bytes, or NULL with a length.

C knows an option as a piece of memory; most are an int, and Python shows them as one.
AF_VSOCK's are 64 bits wide.  Some say what kind of socket a descriptor is.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import c_uint32, sizeof
from errno import EBADF, ENOTSOCK
from struct import Struct
from struct import error as StructError

from ._arguments import ZERO, attempted, c_int, c_uint, index
from ._errors import from_errno, raise_errno
from ._host import abi, at_once, constants, lib
from ._interpreter import NULL, STABLE, chars, pointer_to, take_errno
from ._signature import MISSING
from ._transfer import Pool, lend, name_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, overload

    from ._socket import Socket
    from ._types import ReadableBuffer

_SIZE_MAX = 1024  # of an option's bytes, as in CPython


def _int() -> Any:
    """Memory for an option's value and, behind it, its length, which C may both change."""
    size = sizeof(ctypes.c_int)
    memory = chars(size + 4)
    value, length = ctypes.c_int.from_buffer(memory), c_uint32.from_buffer(memory, size)
    # C may write fewer bytes of the value, so it starts as 0.
    start = bytes(size) + bytes(c_uint32(size))
    return memory, start, value, pointer_to(value), pointer_to(length)


_INTS = Pool(_int)
_pop_int, _put_int = _INTS.pop, _INTS.put
_WIDE = constants.get("AF_VSOCK")  # the family whose options are 64 bits wide
_int_bytes = Struct("i").pack


if TYPE_CHECKING:

    @overload
    def getsockopt(self: Socket, level: int, optname: int, /) -> int: ...

    @overload
    def getsockopt(self: Socket, level: int, optname: int, buflen: int, /) -> bytes: ...


def getsockopt(self: Socket, level: int, optname: int, buflen: int = 0, /) -> int | bytes:
    """``getsockopt(2)``: an option as an int, or as up to ``buflen`` bytes."""
    # The plain case: two ints that are not negative, and no more than C's.
    if type(level) is not int or type(optname) is not int or (level | optname) >> 31:
        level, optname = c_int(level), c_int(optname)
    if buflen is not ZERO and (buflen := c_int(buflen)):
        return _get_bytes(self, level, optname, buflen)
    try:
        entry = _pop_int()
    except IndexError:
        entry = _INTS.make()
    memory, memory.raw, value, pointer, length = entry
    failed = at_once.getsockopt(self._fd, level, optname, pointer, length)
    number: int = value.value
    _put_int(entry)
    # This binding does not say why it failed, and takes 35 ns less.  So what failed is asked
    # again, and in 64 bits where an int is too little.
    if failed:
        number = _ask(self._fd, level, optname, 8 if self._family == _WIDE else 4)
    return number


def _ask(fd: int, level: int, optname: int, size: int = 4) -> int:
    while (number := read_int(fd, level, optname, size)) is None:
        raise_errno()
    return number


def _get_bytes(sock: Socket, level: int, optname: int, buflen: int) -> bytes:
    if sock._family == _WIDE:
        raise OSError("getsockopt string buffer not allowed")
    if not 0 < buflen <= _SIZE_MAX:
        raise OSError("getsockopt buflen out of range")
    while (value := read(sock._fd, level, optname, buflen)) is None:
        raise_errno()
    return value


def read(fd: int, level: int, optname: int, size: int) -> bytes | None:
    """``getsockopt(2)``: up to ``size`` bytes, some of which C may read first: they are 0."""
    value, length = chars(_SIZE_MAX), c_uint32(size)
    if lib.getsockopt(fd, level, optname, pointer_to(value), pointer_to(length)):
        return None
    return value.raw[: min(length.value, size)]


if TYPE_CHECKING:

    @overload
    def setsockopt(
        self: Socket, level: int, optname: int, value: int | ReadableBuffer, /
    ) -> None: ...

    @overload
    def setsockopt(self: Socket, level: int, optname: int, value: None, optlen: int, /) -> None: ...


def setsockopt(
    self: Socket, level: int, optname: int, value: Any, optlen: int = MISSING, /
) -> None:
    """``setsockopt(2)``: an option from an int, or from a buffer with C's bytes of it.

    ``setsockopt(level, optname, None, optlen)`` passes NULL and ``optlen``.
    """
    if type(level) is not int or type(optname) is not int or (level | optname) >> 31:
        level, optname = c_int(level), c_int(optname)
    if self._family == _WIDE:
        data = (index(value) & 2**64 - 1).to_bytes(8, sys.byteorder)
    elif optlen is not MISSING:
        return _set_bytes(self, level, optname, value, optlen)
    else:
        try:
            data = _int_bytes(value)  # 50 ns; c_int and a pool would take 160
        except StructError:
            data = b""
        if not data:
            number = attempted(c_int, value)
            if number is None:
                return _set_bytes(self, level, optname, value, optlen)
            data = _int_bytes(number)
    if not STABLE:
        return _set_bytes(self, level, optname, data, MISSING)
    if at_once.setsockopt(self._fd, level, optname, data, len(data)):
        # As in ``getsockopt``: a failure is asked again, to hear why.
        while lib.setsockopt(self._fd, level, optname, data, len(data)):
            raise_errno()


def _set_bytes(sock: Socket, level: int, optname: int, value: Any, optlen: Any) -> None:
    fd = sock._fd
    if optlen is MISSING:
        while lend(value, lambda data, size: lib.setsockopt(fd, level, optname, data, size)):
            raise_errno()
        return
    length = attempted(c_uint, optlen)
    if value is not None or length is None:
        raise TypeError("setsockopt() takes exactly 3 arguments (4 given)")
    while lib.setsockopt(fd, level, optname, NULL, length):
        raise_errno()


# --- what a descriptor is -------------------------------------------------------------


def identify(fd: int, family: int, type: int, proto: int) -> tuple[int, int, int]:
    """What kind of socket a descriptor is, where the caller (−1) did not say.

    A descriptor that is no socket is an error even if nothing is to be asked.
    """
    answer = name_from(lib.getsockname, fd)
    if answer is None:
        number = take_errno()
        if number == 0:
            return identify(fd, family, type, proto)  # as in ``raise_errno``
        if family == -1 or number in (EBADF, ENOTSOCK):  # AF_ALG has no getsockname
            raise from_errno(number)
    elif family == -1:
        family = abi.family_of(answer[1])
    level = constants["SOL_SOCKET"]
    if type == -1:
        type = _ask(fd, level, constants["SO_TYPE"])
    if "SO_PROTOCOL" not in constants:
        proto = 0  # in CPython, too, whatever the caller said
    elif proto == -1:
        proto = _ask(fd, level, constants["SO_PROTOCOL"])
    return family, type, proto


def read_int(fd: int, level: int, optname: int, size: int = 4) -> int | None:
    """``getsockopt(2)`` of an int, or of an unsigned number of 8 bytes."""
    value = read(fd, level, optname, size)
    if value is None:
        return None
    return int.from_bytes(value.ljust(size, b"\0"), sys.byteorder, signed=size == 4)
