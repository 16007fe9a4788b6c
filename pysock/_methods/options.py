"""getsockopt, setsockopt: an option is an int, a struct's bytes, or NULL with a length.

C knows an option as a piece of memory; most are an int, and Python shows them as one.
AF_VSOCK's are 64 bits wide.
"""

from __future__ import annotations

import sys
from struct import Struct

from .._calls.getsockopt import OPTION_MAX, getsockopt_bytes, getsockopt_int
from .._calls.state import SocketState, on_socket
from .._ffi import versions
from .._ffi.arguments import (
    attempted,
    c_int,
    c_uint,
    full_type_name,
    is_long,
    kind,
    lower_bits,
)
from .._ffi.errors import checked
from .._ffi.interpreter import NULL, pass_memory
from .._ffi.signature import NOT_GIVEN, setsockopt_as_documented
from .._host import constants, lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, overload

    from .._types import ReadableBuffer

AF_VSOCK = constants.get("AF_VSOCK")  # the family whose options are 64 bits wide
int_bytes = Struct("i").pack


class Options(SocketState):
    """``getsockopt(2)`` and ``setsockopt(2)``."""

    __slots__ = ()

    if TYPE_CHECKING:

        @overload
        def getsockopt(self, level: int, optname: int, /) -> int: ...

        @overload
        def getsockopt(self, level: int, optname: int, buflen: int, /) -> bytes: ...

    def getsockopt(self, level: int, optname: int, buflen: int = 0, /) -> int | bytes:
        """``getsockopt(2)``: an option as an int, or with ``buflen`` as bytes.

        ``level`` is a constant like SOL_SOCKET or IPPROTO_TCP, ``optname`` one like
        SO_KEEPALIVE.  ``buflen`` is up to 1024, and the answer up to as many bytes long.

        Does not block.  Raises OSError: ENOPROTOOPT for an option that is not there.

        >>> sock = socket()
        >>> sock.getsockopt(SOL_SOCKET, SO_KEEPALIVE)
        0
        """
        level, optname, buflen = c_int(level), c_int(optname), c_int(buflen)
        wide = self._sock_family_ == AF_VSOCK
        if buflen == 0:
            return getsockopt_int(self, level, optname, 8 if wide else 4)
        if wide:
            raise OSError("getsockopt string buffer not allowed")
        if not 0 < buflen <= OPTION_MAX:
            raise OSError("getsockopt buflen out of range")
        return getsockopt_bytes(self, level, optname, buflen)

    if TYPE_CHECKING:

        @overload
        def setsockopt(self, level: int, optname: int, value: int | ReadableBuffer, /) -> None: ...

        @overload
        def setsockopt(self, level: int, optname: int, value: None, optlen: int, /) -> None: ...

    def setsockopt(
        self,
        level: Any = NOT_GIVEN,
        optname: Any = NOT_GIVEN,
        value: Any = NOT_GIVEN,
        optlen: Any = NOT_GIVEN,
        more: Any = NOT_GIVEN,
        /,
    ) -> None:
        """``setsockopt(2)``: set an option, to an int or to a struct's bytes.

        ``setsockopt(level, optname, None, optlen)`` passes NULL and ``optlen``.

        Does not block.  Raises OSError: ENOPROTOOPT, EINVAL, EPERM.

        >>> sock = socket()
        >>> sock.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
        """
        if value is NOT_GIVEN or more is not NOT_GIVEN:
            given = (level, optname, value, optlen, more)
            count = sum([item is not NOT_GIVEN for item in given])
            raise TypeError(f"setsockopt() takes {_takes(count)} ({count} given)")
        wide = self._sock_family_ == AF_VSOCK
        level, optname, data, length = _option(level, optname, value, optlen, wide)
        if data is None:
            checked(on_socket, lib.setsockopt, self, level, optname, NULL, length)
            return
        checked(pass_memory, data, on_socket, lib.setsockopt, self, level, optname)

    setsockopt.__wrapped__ = setsockopt_as_documented  # type: ignore[attr-defined]


def _option_by_trial(
    level: Any, optname: Any, value: Any, optlen: Any, wide: bool
) -> tuple[int, int, Any, int]:
    """``(level, optname, data, 0)``, or ``(level, optname, None, length)`` for NULL.

    An int is whatever ``c_int`` accepts.  If one of four arguments is wrong, whichever it is, the
    message is that four are too many, as in CPython.
    """
    if optlen is not NOT_GIVEN:
        level, optname = attempted(c_int, level), attempted(c_int, optname)
        length = attempted(c_uint, optlen)
        if wide or value is not None or level is None or optname is None or length is None:
            raise TypeError("setsockopt() takes exactly 3 arguments (4 given)")
        return level, optname, None, length
    level, optname = c_int(level), c_int(optname)
    if wide:
        if not is_long(value):
            raise TypeError(f"setsockopt() argument 3 must be int, not {kind(value)}")
        return level, optname, _wide_bytes(value), 0
    # Bytes are never an int: PyPy 7.3 takes 150 ns to find that out by an exception.
    number = None if type(value) is bytes else attempted(c_int, value)
    if number is None and value is None:
        raise TypeError("a bytes-like object is required, not 'NoneType'")
    return level, optname, (value if number is None else int_bytes(number)), 0


def _option_by_type(
    level: Any, optname: Any, value: Any, optlen: Any, wide: bool
) -> tuple[int, int, Any, int]:
    """The same from Python 3.15 on.  An int is whatever has an ``__index__``."""
    level, optname = c_int(level), c_int(optname)
    length = 0 if optlen is NOT_GIVEN else c_uint(optlen)
    if value is None and optlen is NOT_GIVEN:
        raise TypeError("setsockopt() requires 4 arguments when the third argument is None")
    if value is not None and optlen is not NOT_GIVEN:
        what = "setsockopt() only takes 4 arguments when the third argument is None"
        raise TypeError(f"{what} (got {full_type_name(value)})")
    by_index = hasattr(type(value), "__index__")
    if wide and not by_index:
        what = "setsockopt() argument 3 for AF_VSOCK must be an int"
        raise TypeError(f"{what} (got {full_type_name(value)})")
    if value is None:
        return level, optname, None, length
    if by_index:
        return level, optname, (_wide_bytes(value) if wide else int_bytes(c_int(value))), 0
    if not hasattr(type(value), "__buffer__"):
        what = "socket option should be int, bytes-like object or None"
        raise TypeError(f"{what} (got {full_type_name(value)})")
    return level, optname, value, 0


_option = _option_by_type if versions.SETSOCKOPT_BY_TYPE else _option_by_trial


def _takes(count: int) -> str:
    """How many arguments setsockopt takes, in the words of CPython, if it got ``count``."""
    if not versions.SETSOCKOPT_BY_TYPE:
        return "exactly 3 arguments"
    return "at least 3 arguments" if count < 3 else "at most 4 arguments"


def _wide_bytes(value: Any) -> bytes:
    return lower_bits(value, 64).to_bytes(8, sys.byteorder)
