"""getsockopt and setsockopt of an int, in one step each.

A first attempt does not keep errno, which saves 23 to 50 ns.  If it fails it has changed
nothing, and the method makes the call again, to learn why.
"""

from __future__ import annotations

from struct import error as StructError

from ..._calls.getsockopt import INT, OPTION_MAX, getsockopt_bytes, int_memory, int_pool
from ..._ffi.arguments import ZERO
from ..._ffi.signature import NOT_GIVEN
from ..._host import lib_keeping_gil
from ..options import AF_VSOCK, Options, int_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_getsockopt = Options.getsockopt
_setsockopt: Any = Options.setsockopt
_pop_option, _put_option = int_pool.pop, int_pool.put


def getsockopt(self: Options, level: int, optname: int, buflen: int = 0, /) -> Any:
    if (
        buflen is ZERO
        and type(level) is int
        and type(optname) is int
        and not (level | optname) >> 31
        and self._sock_family_ != AF_VSOCK
    ):
        try:
            entry = _pop_option()
        except IndexError:
            entry = int_memory()
        memory, memory.raw, value, pointer, length = entry
        failed = lib_keeping_gil.getsockopt(self._sock_fd_, level, optname, pointer, length)
        number: int = value.value
        _put_option(entry)
        if failed >= 0:
            return number
    elif (
        type(buflen) is int
        and 0 < buflen <= OPTION_MAX
        and type(level) is int
        and type(optname) is int
        and not (level | optname) >> 31
        and self._sock_family_ != AF_VSOCK
    ):
        return getsockopt_bytes(self, level, optname, buflen)
    return _getsockopt(self, level, optname, buflen)


def setsockopt(
    self: Options,
    level: Any = NOT_GIVEN,
    optname: Any = NOT_GIVEN,
    value: Any = NOT_GIVEN,
    optlen: Any = NOT_GIVEN,
    more: Any = NOT_GIVEN,
    /,
) -> None:
    if (
        type(value) is int
        and optlen is NOT_GIVEN
        and more is NOT_GIVEN
        and type(level) is int
        and type(optname) is int
        and not (level | optname) >> 31
        and self._sock_family_ != AF_VSOCK
    ):
        try:
            data = int_bytes(value)
        except StructError:  # the method says that it is too large
            data = b""
        if data and lib_keeping_gil.setsockopt(self._sock_fd_, level, optname, data, INT) >= 0:
            return None
    _setsockopt(self, level, optname, value, optlen, more)
    return None
