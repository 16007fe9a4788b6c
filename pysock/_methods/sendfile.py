"""sendfile: a file through a socket, by the kernel alone where it can.

``sendfile(2)`` moves pages from a file to a socket without a copy through this process.
A file without a descriptor, such as a BytesIO, and one that the call refuses are read and sent in
pieces.
"""

from __future__ import annotations

import os
from functools import partial
from itertools import starmap
from operator import methodcaller

from .._calls.state import SocketState
from .._calls.wait import WRITE, deadline_of, deadline_passed, wait_until_ready
from .._ffi.errors import timeout
from .._host import constants
from .lifecycle import Lifecycle
from .mode import Mode
from .stream import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .._types import SendableFile

_PIECE = 8192  # what is read at a time where sendfile(2) does not serve
_COUNTS = 1000  # of pieces, until they are added up
_FILENO = methodcaller("fileno")
_MOST = 2**30  # what sendfile(2) is asked for at a time: its count may be an int


def _once(function: Callable[[int, int, int], int], *arguments: int) -> Iterator[int]:
    return starmap(function, (arguments,))


def _put_after(file: Any, offset: int, sent: list[int]) -> None:
    """Put a file's position behind what was sent, once."""
    total = sum(sent)
    # With an offset that has only an ``__index__``, the first piece is sent, and that is the end.
    if total and hasattr(offset, "__add__") and hasattr(file, "seek"):
        file.seek(offset + total)
    sent.clear()


def _put_again_after(file: Any, offset: int, sent: list[int]) -> Exception | None:
    """The same, after an exception that is raised in any case; what the file raises again."""
    try:
        _put_after(file, offset, sent)
    except Exception as again:
        return again
    return None


class GiveupOnSendfile(Exception):
    """``sendfile(2)`` does not serve for this file."""

    __module__ = "pysock"
    __qualname__ = "_GiveupOnSendfile"


class SendFile(Lifecycle, Stream, Mode):
    """``sendfile(2)``."""

    __slots__ = ()

    def sendfile(self, file: SendableFile, offset: int = 0, count: int | None = None) -> int:
        """``sendfile(2)``: send a file from ``offset`` until its end, or ``count`` bytes of it.

        ``file`` is open in binary mode; if it has no descriptor, such as a BytesIO, ``send(2)`` is
        used.  As in CPython, nothing of a pipe is sent, since its size is 0.  Returns how many
        bytes were sent.  The file's position is then after them, even if an error came.

        Blocks until all is sent; a timeout is for each part that the kernel takes at once.
        Raises ValueError in non-blocking mode, and what ``send`` raises.

        >>> import tempfile
        >>> a, b = socketpair()
        >>> with tempfile.TemporaryFile(buffering=0) as file:
        ...     n = file.write(b"Hello, world")
        ...     a.sendfile(file, offset=7)
        5
        >>> b.recv(100)
        b'world'
        """
        try:
            return self._sendfile_use_sendfile(file, offset, count)
        except GiveupOnSendfile:
            return self._sendfile_use_send(file, offset, count)

    def _sendfile_use_sendfile(
        self, file: Any, offset: int = 0, count: int | None = None
    ) -> int:
        """Send with ``sendfile(2)``, or raise GiveupOnSendfile before anything was sent."""
        if not hasattr(os, "sendfile"):
            raise GiveupOnSendfile("os.sendfile() not available on this platform")
        once = partial(_os_sendfile, self)
        return _sendfile_by(self, once, GiveupOnSendfile, file, offset, count)

    def _sendfile_zerocopy(
        self,
        zerocopy_func: Callable[[int, int, int], int],
        giveup_exc_type: type[Exception],
        file: Any,
        offset: int = 0,
        count: int | None = None,
    ) -> int:
        """Send by a function that moves ``(fileno, offset, size)`` to where this socket sends to.

        ``ssl`` of Python 3.15 has another one than this module.
        """
        once = partial(_once, zerocopy_func)
        return _sendfile_by(self, once, giveup_exc_type, file, offset, count)

    def _sendfile_use_send(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send with ``send(2)``, piece by piece."""
        self._check_sendfile_params(file, offset, count)
        if self.gettimeout() == 0:
            raise ValueError("non-blocking sockets are not supported")
        if offset:
            file.seek(offset)
        total = [0]
        try:
            _read_and_send(self, total, file, count)
            return total[0]
        finally:
            if total[0] and hasattr(file, "seek"):
                file.seek(offset + total[0])

    def _check_sendfile_params(self, file: Any, offset: int, count: int | None) -> None:
        if "b" not in getattr(file, "mode", "b"):
            raise ValueError("file should be opened in binary mode")
        kind: int = self.type  # type: ignore[attr-defined]
        if not kind & constants["SOCK_STREAM"]:
            raise ValueError("only SOCK_STREAM type sockets are supported")
        if count is not None:
            complaint = f"count must be a positive integer (got {count!r})"
            if not isinstance(count, int):
                raise TypeError(complaint)
            if count <= 0:
                raise ValueError(complaint)


class _OfOtherClass:
    """What ``wait`` asks of a socket, of an object of another class that has this ``sendfile``.

    In ``socket.py`` it needs no more than these two methods.
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock

    @property
    def _sock_fd_(self) -> int:
        fd: int = self._sock.fileno()
        return fd

    @property
    def _sock_timeout_(self) -> float | None:
        seconds: float | None = self._sock.gettimeout()
        return seconds


def _waiting(sock: Any) -> Any:
    return sock if isinstance(sock, SocketState) else _OfOtherClass(sock)


def _os_sendfile(sock: Any, fileno: int, offset: int, size: int) -> Iterator[int]:
    """What makes the call when it is drawn upon: no step of Python follows the call."""
    return map(os.sendfile, map(_FILENO, (sock,)), (fileno,), (offset,), (size,))


def _sendfile_by(
    sock: Any,
    once: Callable[[int, int, int], Iterator[int]],
    giveup_exc_type: type[Exception],
    file: Any,
    offset: int,
    count: int | None,
) -> int:
    """Send a file by what makes an iterator for ``(fileno, offset, size)``, which calls it."""
    sock._check_sendfile_params(file, offset, count)
    try:
        fileno = file.fileno()
        size = os.fstat(fileno).st_size
    except (AttributeError, OSError) as error:  # io.UnsupportedOperation is an OSError
        raise giveup_exc_type(error)  # noqa: B904  # a traceback shows both, as in CPython
    if not size:
        return 0
    if sock.gettimeout() == 0:
        raise ValueError("non-blocking sockets are not supported")
    if sock.fileno() < 0:
        raise ValueError(f"Invalid file descriptor: {sock.fileno()}")
    sent: list[int] = []
    send = partial(once, fileno)
    try:
        _send_pieces(_waiting(sock), sent, send, giveup_exc_type, offset, count, size)
        return sum(sent)
    finally:
        try:
            _put_after(file, offset, sent)
        except BaseException:  # a signal handler's, perhaps before it was done
            _put_again_after(file, offset, sent)
            raise


def _send_pieces(
    sock: SocketState,
    sent: list[int],
    send: Callable[[int, int], Iterator[int]],
    giveup_exc_type: type[Exception],
    offset: int,
    count: int | None,
    size: int,
) -> None:
    """``sendfile(2)``, piece by piece; ``sent`` has how many bytes each has taken.

    The count of a call is in the list in the same step of C, so that no exception of a signal
    handler can come in between, and lose it.
    """
    deadline, at, total = deadline_of(sock), offset, 0
    while count is None or total < count:
        piece = min(_MOST, size if count is None else count - total)
        if deadline is not None and not wait_until_ready(sock, WRITE, deadline):
            raise timeout("timed out")
        try:
            sent.extend(send(at, piece))
        except BlockingIOError:
            if deadline is None:
                # The descriptor does not block, though the socket is in blocking mode.
                wait_until_ready(sock, WRITE, None)
            elif deadline_passed(deadline):
                raise timeout("timed out") from None
            continue
        except OSError as error:
            if total == 0:
                raise giveup_exc_type(error)  # noqa: B904  # a traceback shows both, as in CPython
            raise
        if not sent[-1]:
            break
        at += sent[-1]
        total += sent[-1]
        if len(sent) > _COUNTS:
            sent[:] = [total]
        # Each piece has the whole timeout, so that a large file may take as long as it takes.
        # The deadline of one piece stays, though other threads may take the room first.
        deadline = deadline_of(sock)


def _read_and_send(sock: Any, total: list[int], file: Any, count: int | None) -> None:
    while count is None or total[0] < count:
        piece = _PIECE if count is None else min(_PIECE, count - total[0])
        data = memoryview(file.read(piece))
        if not data:
            break
        while data:
            try:
                sent = sock.send(data)
            except BlockingIOError:
                # The descriptor does not block, though the socket is in blocking mode.
                wait_until_ready(_waiting(sock), WRITE, None)
                continue
            total[0] += sent
            data = data[sent:]
