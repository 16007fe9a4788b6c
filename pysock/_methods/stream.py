"""recv, recv_into, send, sendall: the bytes of a stream, or one datagram, by the connection.

Each method checks its arguments, as CPython does, and makes one attempt (``_calls.transfer``).
If that failed, ``retry`` decides whether to wait, to repeat or to raise (``_calls.wait``).
"""

from __future__ import annotations

from .._calls.state import SocketState, calls_for
from .._calls.transfer import as_written, receive, receive_into, transmit
from .._calls.wait import READ, WRITE, deadline_of, deadline_passed, retry, wait_first
from .._ffi import versions
from .._ffi.arguments import (
    c_int,
    c_ssize_t,
    room_in,
    send_flags,
    size_of,
    view_of,
    writable_view_of,
)
from .._ffi.errors import ATTEMPTS, from_errno, timeout
from .._ffi.exports import LENDS_ALL
from .._ffi.signature import send_as_documented, sendall_as_documented

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._types import ReadableBuffer, WriteableBuffer


class Stream(SocketState):
    """Data without an address: ``recv(2)`` and ``send(2)``."""

    __slots__ = ()

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """``recv(2)``: up to ``bufsize`` bytes; ``b""`` when the peer has ended the conversation.

        ``flags`` are MSG_ constants.  Of a datagram, what is longer than ``bufsize`` is lost.

        Blocks until there is something (with a timeout: TimeoutError).  Raises
        BlockingIOError in non-blocking mode, ConnectionResetError if the peer has broken off,
        and other kinds of OSError as the manual page lists them.

        >>> a, b = socketpair()
        >>> a.sendall(b"Hello, world")
        >>> b.recv(1024)
        b'Hello, world'
        """
        size, flags = c_ssize_t(bufsize), c_int(flags)
        if size < 0:
            raise ValueError("negative buffersize in recv")
        if size == 0:
            return b""
        deadline = wait_first(self, flags) if self._sock_waits_ else None
        calls = self._sock_calls_
        data = receive(calls, self, size, flags)
        if data is None:
            data = retry(self, calls, READ, receive, size, flags, deadline=deadline)
        return as_written(self, data, flags)

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        """``recv(2)`` into a writable buffer; returns the number of bytes.

        Up to ``nbytes``, or (0) as many as there is room for.  The buffer cannot be resized
        meanwhile.  Blocks, and fails, like ``recv``.

        >>> a, b = socketpair()
        >>> a.sendall(b"Hello, world")
        >>> b.recv_into(bytearray(1024))
        12
        """
        with writable_view_of(buffer, "recv_into") as view:
            room = room_in(view, buffer, "recv_into")
            nbytes, flags = c_ssize_t(nbytes), c_int(flags)
            if not LENDS_ALL:  # an __index__ may have resized it
                room = room_in(view, buffer, "recv_into")
            if nbytes < 0:
                raise ValueError("negative buffersize in recv_into")
            if nbytes > room:
                raise ValueError("buffer too small for requested bytes")
            size = nbytes or room
            if size == 0:
                return 0
            deadline = wait_first(self, flags) if self._sock_waits_ else None
            calls = self._sock_calls_
            n = receive_into(calls, self, view, size, flags)
            if n < 0:
                n = retry(self, calls, READ, receive_into, view, size, flags, deadline=deadline)
        return n

    def send(self, bytes: ReadableBuffer, flags: int = 0, /) -> int:
        """``send(2)``: send some of a bytes-like object; returns how many bytes were taken.

        The rest is for the caller to send again; ``sendall`` does that.

        Blocks until there is room for some of it (with a timeout: TimeoutError).  Raises
        BlockingIOError in non-blocking mode, BrokenPipeError or ConnectionResetError if the
        peer is gone, and other kinds of OSError as the manual page lists them.

        >>> a, b = socketpair()
        >>> a.send(b"Hello, world")
        12
        """
        with view_of(bytes) as view:
            size_of(view)
            data, flags, calls = passable(bytes, view), send_flags(flags), self._sock_calls_
            n = transmit(calls, self, data, flags)
            if n < 0:
                n = retry(self, calls, WRITE, transmit, data, flags)
        return n

    def sendall(self, bytes: ReadableBuffer, flags: int = 0, /) -> None:
        """``send(2)``, repeated until all of a bytes-like object is sent.

        Blocks until then; the timeout is for the whole of it.  Raises what ``send`` raises,
        and then nobody knows how much was sent.

        >>> a, b = socketpair()
        >>> a.sendall(b"Hello, world")
        """
        with view_of(bytes) as view:
            size = size_of(view)
            data, flags, calls = passable(bytes, view), send_flags(flags), self._sock_calls_
            deadline = deadline_of(self)
            n = transmit(calls, self, data, flags)
            if n < 0:
                n = retry(self, calls, WRITE, transmit, data, flags, deadline=deadline)
            if n < size:
                send_rest(self, view, n, size, flags, deadline)

    if versions.SEND_TAKES_DATA:
        send.__wrapped__ = send_as_documented  # type: ignore[attr-defined]
        sendall.__wrapped__ = sendall_as_documented  # type: ignore[attr-defined]


def passable(data: ReadableBuffer, view: memoryview) -> ReadableBuffer:
    """What ``transmit`` is given: bytes as they are, of which nothing else need be known."""
    return data if type(data) is bytes else view


def send_rest(
    sock: SocketState, view: memoryview, n: int, size: int, flags: int, deadline: float | None
) -> None:
    """Send what is left of the ``size`` bytes in ``view`` after the first ``n``."""
    with _octets(view) as octets:
        _send_octets(sock, octets, n, flags, deadline)
    if not LENDS_ALL and size_of(view) < size:
        raise BufferError("the buffer was resized while it was sent")


def _send_octets(
    sock: SocketState, octets: memoryview, n: int, flags: int, deadline: float | None
) -> None:
    nothing = 0  # how often C has said that it sent nothing
    while n < size_of(octets):
        if deadline is not None and deadline_passed(deadline):
            raise timeout("timed out")
        with octets[n:] as rest:
            calls = sock._sock_calls_ if deadline is None else calls_for(deadline)
            sent = transmit(calls, sock, rest, flags)
            if sent < 0:
                sent = retry(sock, calls, WRITE, transmit, rest, flags, deadline=deadline)
            n += sent
        nothing = 0 if sent else nothing + 1
        if nothing == ATTEMPTS:
            raise from_errno(0)


def _octets(view: memoryview) -> memoryview:
    """A view byte by byte, or of a copy: those of C structs can be cast to nothing."""
    try:
        return view.cast("B")
    except ValueError:
        return memoryview(view.tobytes())
