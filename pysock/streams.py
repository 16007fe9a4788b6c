"""Streams: exact reads, frames, sends that say how far they came, a close that wakes readers.

All functions take any stream socket, the standard library's included, and block as its timeout
says: reads anew for each piece that arrives, ``sendall`` for the whole.
"""

from __future__ import annotations

import math
from errno import EINVAL, ENOTCONN
from mmap import mmap

from . import _beyond
from ._calls.state import on_socket
from ._calls.wait import WRITE, deadline_passed, wait_until_ready
from ._ffi.arguments import plain_index
from ._ffi.errors import checked, timeout
from ._host import constants, lib
from ._timeouts import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "Incomplete", "Reader", "SendError", "close", "half_close", "recv_exactly", "recv_frame",
    "send_frame", "sendall",
]  # fmt: skip


class Incomplete(EOFError):
    """The peer ended the stream too early; ``data`` is what came, ``wanted`` how much should."""

    def __init__(self, data: bytes, wanted: int | None = None) -> None:
        what = f"{wanted} bytes" if wanted is not None else "the separator"
        super().__init__(f"expected {what}, but the stream ended after {len(data)} bytes")
        self.data, self.wanted = data, wanted


class SendError(OSError):
    """``sendall`` failed after ``sent`` bytes.  It is also of the class of the error itself."""

    sent: int


_CHUNK = 1 << 18  # PyPy's own sockets copy all that a call is given


def sendall(sock: Any, data: Any, flags: int = 0) -> int:
    """``send(2)`` until all of ``data`` is sent; returns how much that is.

    Blocks until then; the socket's timeout is for all of it, as that of ``socket.sendall`` is.
    Raises SendError, which is a TimeoutError, BrokenPipeError, … as well, and whose ``sent`` says
    how many bytes the kernel had taken.
    """
    _beyond.needs(sock, "send")
    with _beyond.octets(data) as view:
        return _send_all(sock, (view,), flags)


def _send_all(sock: Any, views: tuple[memoryview, ...], flags: int = 0) -> int:
    """``sendall`` of several views, one after the other."""
    sent = [0]
    seconds = _beyond.timeout_of(sock)
    deadline = monotonic() + seconds if seconds else None
    size = sum(map(len, views))
    begin = 0
    try:
        for view in views:
            _send_parts(sock, view, flags, sent, begin, deadline)
            begin += len(view)
    except OSError as error:
        raise _send_error(error, sent[0], size) from None
    return sent[0]


def _send_error(error: OSError, sent: int, size: int) -> OSError:
    """A variable of the function that raises it would be a cycle with its traceback."""
    cls = _beyond.also(SendError, error)
    what = f"{error.strerror or error} (after {sent} of {size} bytes)"
    made: OSError = cls(what) if error.errno is None else cls(error.errno, what)
    made.sent = sent  # type: ignore[attr-defined]
    return made


def _send_parts(
    sock: Any, view: memoryview, flags: int, sent: list[int], begin: int, deadline: float | None
) -> None:
    """``sock.send``, since that may encrypt; ``sent`` has the number of bytes so far.

    ``begin`` is how many there were before ``view``.
    """
    while (at := sent[0] - begin) < len(view):
        if deadline is not None and sent[0]:
            # The socket waits as long for this part as for the first: so it is asked when ready.
            state = _beyond.AnySocket(sock)
            if deadline_passed(deadline) or not wait_until_ready(state, WRITE, deadline):
                raise timeout("timed out")
        with view[at : at + _CHUNK] as part:
            sent[0] += sock.send(part, flags)


def recv_exactly(sock: Any, size: int) -> bytes:
    """``recv(2)`` until there are ``size`` bytes.

    Blocks until then; the socket's timeout is for each piece that arrives.  Raises Incomplete if
    the stream ends before, and OSError; a timeout loses what had come, which a ``Reader`` keeps.
    """
    return Reader(sock).recv_exactly(size, ahead=False)


class Reader:
    """Reads from ``sock``, and keeps what came too early or before an error, for the next call.

    Each method blocks until it has what it wants; the socket's timeout is for each piece that
    arrives.  Raises Incomplete if the stream ends before, and what ``sock.recv`` raises.
    """

    def __init__(self, sock: Any, limit: int = 1 << 20) -> None:
        _beyond.needs(sock, "recv")
        self.sock, self.limit = sock, _number(limit, "a limit of 0 or more bytes")
        self._kept = bytearray()

    def recv_exactly(self, size: int, *, ahead: bool = True) -> bytes:
        """``size`` bytes.  With ``ahead``, the call may read more than that, and keep it."""
        size = _number(size, "a size of 0 or more bytes")
        while len(self._kept) < size:
            lacking = size - len(self._kept)
            self._more(max(lacking, 4096) if ahead else lacking, size)
        return self._take(size)

    def recv_until(self, separator: bytes) -> bytes:
        """All bytes up to ``separator``, and itself.

        Raises Incomplete, and ValueError if ``limit`` bytes have none; nothing is lost by that.
        """
        if not isinstance(separator, (bytes, bytearray)):
            raise TypeError(f"expected a separator as bytes, not {type(separator).__name__}")
        if not separator:
            raise ValueError("expected a separator of 1 or more bytes")
        begin = 0
        while True:
            at = self._kept.find(separator, begin)
            if at >= 0:
                return self._take(at + len(separator))
            if len(self._kept) >= self.limit:
                raise ValueError(f"expected {separator!r} within {self.limit} bytes")
            begin = max(0, len(self._kept) - len(separator) + 1)
            self._more(4096, None)

    def recv_frame(self, *, prefix: int = 4) -> bytes:
        """A frame: its length, unsigned in ``prefix`` bytes in network byte order, and its bytes.

        Raises ValueError, before it reads them, if there are more than ``limit``.
        """
        prefix = _number(prefix, _PREFIX, 1, 8)
        self._keep(prefix)
        size = int.from_bytes(self._kept[:prefix], "big")
        if size > self.limit:
            raise ValueError(f"expected a frame of up to {self.limit} bytes, not {size}")
        self._keep(prefix + size)
        return self._take(prefix + size)[prefix:]

    def _keep(self, size: int) -> None:
        """Read until ``size`` bytes are kept, and none beyond; they stay for the next call."""
        while len(self._kept) < size:
            self._more(size - len(self._kept), size)

    def _more(self, size: int, wanted: int | None) -> None:
        data = self.sock.recv(min(size, 1 << 18))
        if not data:
            raise Incomplete(bytes(self._kept), wanted)
        self._kept += data

    def _take(self, size: int) -> bytes:
        taken = bytes(self._kept[:size])
        del self._kept[:size]
        return taken


def send_frame(sock: Any, data: Any, *, prefix: int = 4) -> None:
    """``sendall`` of a frame: the length of ``data`` in ``prefix`` bytes, and ``data``.

    Blocks, and raises, like ``sendall``; ValueError if the length does not fit ``prefix`` bytes.
    """
    prefix = _number(prefix, _PREFIX, 1, 8)
    with memoryview(data) as view:
        size = view.nbytes
        if size >> 8 * prefix:
            raise ValueError(f"expected a frame whose length fits {prefix} bytes, not {size}")
        header = size.to_bytes(prefix, "big")
        if type(view.obj) is mmap and view.c_contiguous:
            # Of a file that was truncated, C says EFAULT, but Python would be killed by SIGBUS.
            _beyond.needs(sock, "send")
            _send_apart(sock, header, view)
        else:  # as one, since TCP may hold back the second of two small parts (Nagle)
            sendall(sock, header + view.tobytes())


def _send_apart(sock: Any, header: bytes, view: memoryview) -> None:
    with memoryview(header) as first, _beyond.octets(view) as octets:
        _send_all(sock, (first, octets))


def recv_frame(sock: Any, *, prefix: int = 4, limit: int = 1 << 20) -> bytes:
    """One frame of ``send_frame``; it reads no byte beyond it.

    Blocks, and raises, like ``Reader.recv_frame``.
    """
    return Reader(sock, limit).recv_frame(prefix=prefix)


def half_close(sock: Any) -> None:
    """``shutdown(2)`` of the sending half: the peer reads the end, and may still answer.

    Does not block.  Raises OSError.
    """
    _shutdown(sock, "SHUT_WR")


def close(sock: Any) -> None:
    """``shutdown(2)`` of both halves, then ``sock.close()``.

    Other threads that read or write wake up: reads return b"", writes fail.  A read that waits
    with a timeout, or on Windows, may find the socket closed instead: OSError.  ``close`` alone
    lets them wait for ever (cpython#121544).  On Linux this wakes ``accept`` too.  A socket that
    is closed already stays so.
    """
    _beyond.needs(sock, "fileno")
    if sock.fileno() < 0:
        return
    try:
        _shutdown(sock, "SHUT_RDWR")
    except OSError as error:
        if error.errno not in (ENOTCONN, EINVAL):  # never connected, or reset
            sock.close()
            raise
    sock.close()


_PREFIX = "a prefix of 1 to 8 bytes"


def _number(value: Any, what: str, least: int = 0, most: float = math.inf) -> int:
    if isinstance(value, bool) or not hasattr(type(value), "__index__"):
        raise TypeError(f"expected {what}, not {type(value).__name__}")
    number = plain_index(value)
    if not least <= number <= most:
        raise ValueError(f"expected {what}, not {number}")
    return number


def _shutdown(sock: Any, name: str) -> None:
    checked(on_socket, lib.shutdown, _beyond.handle(sock), constants[name])
