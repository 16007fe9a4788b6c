"""getsockopt and setsockopt of an int, in one step each.

A first attempt does not keep errno, which saves 23 to 50 ns.  If it fails it has changed
nothing, and the method makes the call again, to learn why.
"""

from __future__ import annotations

from ctypes import c_int32, c_uint32, sizeof
from struct import error as StructError

from ..._calls.getsockopt import LARGEST_UNIT
from ..._calls.memory import Pool
from ..._ffi.arguments import ZERO
from ..._ffi.interpreter import chars, pointer_to
from ..._ffi.signature import NOT_GIVEN
from ..._host import lib_keeping_gil
from ..options import AF_VSOCK, Options, int_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_getsockopt = Options.getsockopt
_setsockopt: Any = Options.setsockopt
_INT = sizeof(c_int32)


def _option() -> Any:
    """Memory for the length and the value of an option, which C may both change."""
    # C may write more units of the value than it was told of bytes, see _calls.getsockopt.
    memory = chars(_INT + _INT * LARGEST_UNIT)
    length, value = c_uint32.from_buffer(memory), c_int32.from_buffer(memory, _INT)
    # C may write fewer bytes of the value, so it starts as 0.
    start = bytes(c_uint32(_INT)) + bytes(_INT)
    return memory, start, value, pointer_to(value), pointer_to(length)


_option_pool = Pool(_option)
_pop_option, _put_option = _option_pool.pop, _option_pool.put


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
            entry = _option()
        memory, memory.raw, value, pointer, length = entry
        failed = lib_keeping_gil.getsockopt(self._sock_fd_, level, optname, pointer, length)
        number: int = value.value
        _put_option(entry)
        if failed >= 0:
            return number
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
        if data and lib_keeping_gil.setsockopt(self._sock_fd_, level, optname, data, _INT) >= 0:
            return None
    _setsockopt(self, level, optname, value, optlen, more)
    return None
