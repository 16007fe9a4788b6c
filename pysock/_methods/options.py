"""getsockopt, setsockopt: an option is an int, a struct's bytes, or NULL with a length.

C knows an option as a piece of memory; most are an int, and Python shows them as one.
AF_VSOCK's are 64 bits wide.
"""

from __future__ import annotations

import sys
from struct import Struct

from .._calls.getsockopt import OPTION_MAX, getsockopt_bytes, getsockopt_int
from .._calls.state import SocketState
from .._ffi.arguments import attempted, c_int, c_uint, index
from .._ffi.errors import checked
from .._ffi.interpreter import NULL, pass_memory
from .._ffi.signature import NOT_GIVEN
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
            return getsockopt_int(self._sock_fd_, level, optname, 8 if wide else 4)
        if wide:
            raise OSError("getsockopt string buffer not allowed")
        if not 0 < buflen <= OPTION_MAX:
            raise OSError("getsockopt buflen out of range")
        return getsockopt_bytes(self._sock_fd_, level, optname, buflen)

    if TYPE_CHECKING:

        @overload
        def setsockopt(self, level: int, optname: int, value: int | ReadableBuffer, /) -> None: ...

        @overload
        def setsockopt(self, level: int, optname: int, value: None, optlen: int, /) -> None: ...

    def setsockopt(
        self, level: int, optname: int, value: Any, optlen: Any = NOT_GIVEN, /
    ) -> None:
        """``setsockopt(2)``: set an option, to an int or to a struct's bytes.

        ``setsockopt(level, optname, None, optlen)`` passes NULL and ``optlen``.

        Does not block.  Raises OSError: ENOPROTOOPT, EINVAL, EPERM.

        >>> sock = socket()
        >>> sock.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
        """
        level, optname = c_int(level), c_int(optname)
        if self._sock_family_ == AF_VSOCK:
            data: Any = (index(value) & 2**64 - 1).to_bytes(8, sys.byteorder)
        elif optlen is not NOT_GIVEN:
            length = attempted(c_uint, optlen)
            if value is not None or length is None:
                raise TypeError("setsockopt() takes exactly 3 arguments (4 given)")
            checked(lib.setsockopt, self._sock_fd_, level, optname, NULL, length)
            return
        else:
            number = attempted(c_int, value)
            data = value if number is None else int_bytes(number)
        fd = self._sock_fd_

        def call(pointer: Any, size: int) -> int:
            n: int = lib.setsockopt(fd, level, optname, pointer, size)
            return n

        checked(pass_memory, data, call)
