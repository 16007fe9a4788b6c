"""recvfrom, recvfrom_into, sendto: one message, and the address at the other end."""

from __future__ import annotations

from sys import audit

from .._calls.state import SocketState
from .._calls.transfer import as_written, receive_from, receive_from_into, transmit_to
from .._calls.wait import READ, WRITE, retry, wait_first
from .._ffi import versions
from .._ffi.arguments import (
    c_int,
    c_ssize_t,
    room_in,
    size_of,
    view_of,
    writable_view_of,
)
from .._ffi.exports import LENDS_ALL
from .._ffi.signature import NOT_GIVEN, sendto_as_documented, sendto_on_pypy
from ..families import packers, unpack_for
from .stream import passable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, overload

    from .._types import Address, ReadableBuffer, RetAddress, WriteableBuffer


class Datagram(SocketState):
    """Data with an address: ``recvfrom(2)`` and ``sendto(2)``."""

    __slots__ = ()

    def recvfrom(self, bufsize: int, flags: int = 0, /) -> tuple[bytes, RetAddress]:
        """``recvfrom(2)``: up to ``bufsize`` bytes, and the address that they came from.

        ``flags`` are MSG_ constants.  What is longer than ``bufsize`` is lost.  On a stream
        the address says nothing: it is None, or empty.

        Blocks until there is something (with a timeout: TimeoutError).  Raises
        BlockingIOError in non-blocking mode, and other kinds of OSError as the manual page
        lists them.

        >>> sock = socket(AF_INET, SOCK_DGRAM)
        >>> sock.bind(("127.0.0.1", 0))
        >>> sock.sendto(b"Hello, me", sock.getsockname())
        9
        >>> data, address = sock.recvfrom(1024)
        >>> data, address == sock.getsockname()
        (b'Hello, me', True)
        """
        size, flags = c_ssize_t(bufsize), c_int(flags)
        if size < 0:
            raise ValueError("negative buffersize in recvfrom")
        deadline = wait_first(self, flags) if self._sock_waits_ else None
        calls = self._sock_calls_
        received = receive_from(calls, self, size, flags)
        if received is None:
            received = retry(self, calls, READ, receive_from, size, flags, deadline=deadline)
        data, sockaddr = received
        return as_written(self, data, flags), unpack_for(self._sock_proto_, sockaddr)

    def recvfrom_into(
        self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0
    ) -> tuple[int, RetAddress]:
        """``recvfrom(2)`` into a writable buffer: the number of bytes, and where they came from.

        Up to ``nbytes``, or (0) as many as there is room for.  The buffer cannot be resized
        meanwhile.  Blocks, and fails, like ``recvfrom``.

        >>> sock = socket(AF_INET, SOCK_DGRAM)
        >>> sock.bind(("127.0.0.1", 0))
        >>> n = sock.sendto(b"Hello, me", sock.getsockname())
        >>> buffer = bytearray(100)
        >>> n, address = sock.recvfrom_into(buffer)
        >>> buffer[:n], address == sock.getsockname()
        (bytearray(b'Hello, me'), True)
        """
        with writable_view_of(buffer, "recvfrom_into") as view:
            room = room_in(view, buffer, "recvfrom_into")
            nbytes, flags = c_ssize_t(nbytes), c_int(flags)
            if not LENDS_ALL:  # an __index__ may have resized it
                room = room_in(view, buffer, "recvfrom_into")
            if nbytes < 0:
                raise ValueError("negative buffersize in recvfrom_into")
            if nbytes > room:
                raise ValueError("nbytes is greater than the length of the buffer")
            size = nbytes or room
            calls = self._sock_calls_
            received = receive_from_into(calls, self, view, size, flags)
            if received is None:
                received = retry(self, calls, READ, receive_from_into, view, size, flags)
        n, sockaddr = received
        return n, unpack_for(self._sock_proto_, sockaddr)

    if TYPE_CHECKING:

        @overload
        def sendto(self, bytes: ReadableBuffer, address: Address, /) -> int: ...

        @overload
        def sendto(self, bytes: ReadableBuffer, flags: int, address: Address, /) -> int: ...

    def sendto(
        self,
        bytes: Any = NOT_GIVEN,
        flags: Any = NOT_GIVEN,
        address: Any = NOT_GIVEN,
        more: Any = NOT_GIVEN,
        /,
    ) -> int:
        """``sendto(2)``: send a bytes-like object to an address.

        ``sendto(bytes, address)`` or ``sendto(bytes, flags, address)``.

        Returns the number of bytes that were sent: of a datagram, all.

        Blocks until there is room (with a timeout: TimeoutError).  Raises BlockingIOError in
        non-blocking mode, and other kinds of OSError as the manual page lists them: a message
        that is too long is EMSGSIZE.

        >>> sock = socket(AF_INET, SOCK_DGRAM)
        >>> sock.sendto(b"Hello, nobody", ("127.0.0.1", 50007))
        13
        """
        if flags is NOT_GIVEN or more is not NOT_GIVEN:
            given = sum([value is not NOT_GIVEN for value in (bytes, flags, address, more)])
            if not versions.PYPY_WORDS:
                raise TypeError(f"sendto() takes 2 or 3 arguments ({given} given)")
            raise TypeError(sendto_on_pypy(given))
        if address is NOT_GIVEN:
            flags, address = 0, flags
        with view_of(bytes) as view:
            size_of(view)
            flags = c_int(flags)
            sockaddr = packers[self._sock_family_](address, "sendto", self._sock_proto_)
            audit("socket.sendto", self, address)
            data, calls = passable(bytes, view), self._sock_calls_
            n = transmit_to(calls, self, data, flags, sockaddr)
            if n < 0:
                n = retry(self, calls, WRITE, transmit_to, data, flags, sockaddr)
        return n

    sendto.__wrapped__ = sendto_as_documented  # type: ignore[attr-defined]
