"""Socket options: an int, a struct's bytes, or NULL with a length.

C knows an option as a piece of memory; most are an int, and Python shows them as one.
AF_VSOCK's are 64 bits wide.  Some say what kind of socket a descriptor is.
"""

from __future__ import annotations

from ctypes import c_char, c_int, c_uint64
from errno import EBADF, ENOTSOCK

from . import _arguments
from ._arguments import attempted, c_uint, index
from ._errors import from_errno, raise_errno
from ._interpreter import pointer_to, take_errno
from ._platform import abi, constants, lib
from ._transfer import LENGTHS, Pool, lend, name_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MISSING: Any = object()

_SIZE_MAX = 1024  # of an option's bytes, as in CPython
_INTS = Pool(c_int)
_LONGS = Pool(c_uint64)
_WIDE = {constants.get("AF_VSOCK"): _LONGS}  # by family


def get(fd: int, family: int, level: int, optname: int, buflen: int) -> int | bytes:
    """``getsockopt(2)``: an int, or up to ``buflen`` bytes."""
    while (value := _get(fd, family, level, optname, buflen)) is None:
        raise_errno()
    return value


def _get(fd: int, family: int, level: int, optname: int, buflen: int) -> int | bytes | None:
    if not buflen:
        return get_int(fd, level, optname, _WIDE.get(family, _INTS))
    if family in _WIDE:
        raise OSError("getsockopt string buffer not allowed")
    if not 0 < buflen <= _SIZE_MAX:
        raise OSError("getsockopt buflen out of range")
    # Some options read these bytes first, so they start as 0.
    value, length = (c_char * _SIZE_MAX)(), LENGTHS.take()
    length[0].value = buflen
    failed = lib.getsockopt(fd, level, optname, pointer_to(value), length[1])
    result = None if failed else value.raw[: min(length[0].value, buflen)]
    LENGTHS.put(length)
    return result


def get_int(fd: int, level: int, optname: int, pool: Pool = _INTS) -> int | None:
    """``getsockopt(2)`` of an int; C may write fewer bytes of it, so it starts as 0."""
    value, length = pool.take(), LENGTHS.take()
    value[0].value, length[0].value = 0, pool.size
    failed = lib.getsockopt(fd, level, optname, value[1], length[1])
    result = None if failed else value[0].value
    pool.put(value)
    LENGTHS.put(length)
    return result


def set(fd: int, family: int, level: int, optname: int, value: Any, optlen: Any) -> None:
    """``setsockopt(2)``: an int, a bytes-like object, or NULL and a length."""
    while _set(fd, family, level, optname, value, optlen):
        raise_errno()


def _set(fd: int, family: int, level: int, optname: int, value: Any, optlen: Any) -> int:
    if family in _WIDE:
        return _set_int(fd, level, optname, index(value) & 0xFFFFFFFFFFFFFFFF, _LONGS)
    if optlen is not MISSING:
        length = attempted(c_uint, optlen)
        if value is not None or length is None:
            raise TypeError("setsockopt() takes exactly 3 arguments (4 given)")
        failed: int = lib.setsockopt(fd, level, optname, None, length)
        return failed
    number = attempted(_arguments.c_int, value)
    if number is not None:
        return _set_int(fd, level, optname, number, _INTS)
    return lend(value, lambda pointer, size: lib.setsockopt(fd, level, optname, pointer, size))


def _set_int(fd: int, level: int, optname: int, number: int, pool: Pool) -> int:
    value = pool.take()
    value[0].value = number
    failed: int = lib.setsockopt(fd, level, optname, value[1], pool.size)
    pool.put(value)
    return failed


# --- what a descriptor is -------------------------------------------------------------


def identify(fd: int, family: int, type: int, proto: int) -> tuple[int, int, int]:
    """What kind of socket a descriptor is, where the caller (−1) did not say.

    A descriptor that is no socket is an error even if nothing is to be asked.
    """
    answer = name_from(lambda name, length: lib.getsockname(fd, name, length))
    if answer is None:
        number = take_errno()
        if number == 0:
            return identify(fd, family, type, proto)  # as in ``raise_errno``
        if family == -1 or number in (EBADF, ENOTSOCK):  # AF_ALG has no getsockname
            raise from_errno(number)
    elif family == -1:
        family = abi.family_of(answer[1])
    if type == -1:
        type = _ask(fd, "SO_TYPE")
    if proto == -1:
        proto = _ask(fd, "SO_PROTOCOL") if "SO_PROTOCOL" in constants else 0
    return family, type, proto


def _ask(fd: int, option: str) -> int:
    number = constants[option]
    while (value := get_int(fd, constants["SOL_SOCKET"], number)) is None:
        raise_errno()
    return value
