"""makefile: a socket as a Python file.

``io``'s buffers and text layers do the work; below them stands ``SocketIO``, which turns
read and write into the socket's ``recv_into`` and ``send``.  It calls them as methods, so
that a subclass (TLS, say) can override them.

The socket counts its files: it is closed when it and the last of them are.
"""

from __future__ import annotations

import io
from errno import EAGAIN, EWOULDBLOCK

from .._calls.state import SocketState
from .._ffi import versions
from .._ffi.errors import timeouts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, overload

    from typing_extensions import Unpack

    from .._types import (
        Both,
        Buffered,
        ReadableBuffer,
        Reader,
        TextMode,
        TextOptions,
        WriteableBuffer,
        Writer,
    )


_CLOSED = "I/O operation on closed socket."


class SocketIO(io.RawIOBase):
    """The raw file under a buffered one."""

    __module__ = "pysock"

    _sock: Any = None  # so that it can be closed even if an exception has ended __init__

    def __init__(self, sock: MakeFile, mode: str) -> None:
        if mode not in ("r", "w", "rw", "rb", "wb", "rwb"):
            raise ValueError(f"invalid mode: {mode!r}")
        super().__init__()
        self._sock = sock
        self._mode = mode if "b" in mode else mode + "b"
        self._reading = "r" in mode
        self._writing = "w" in mode
        self._timeout_occurred = False

    def readinto(self, b: WriteableBuffer) -> int | None:
        """``recv(2)`` into ``b``: the number of bytes, 0 at the end, None if there are none yet."""
        self._checkClosed()
        self._checkReadable()  # type: ignore[attr-defined]
        if self._timeout_occurred:
            # What a buffer above had read before the timeout is lost: a later read would skip it.
            raise OSError("cannot read from timed out object")
        try:
            n: int = self._sock.recv_into(b)
        except timeouts():  # the socket may be of another module, such as ssl
            self._timeout_occurred = True
            raise
        except OSError as error:
            if error.errno in (EAGAIN, EWOULDBLOCK):
                return None
            raise
        return n

    def write(self, b: ReadableBuffer) -> int | None:
        """``send(2)`` some of ``b``: the number of bytes, None if none can be sent yet."""
        self._checkClosed()
        self._checkWritable()  # type: ignore[attr-defined]
        try:
            n: int = self._sock.send(b)
        except OSError as error:
            if error.errno in (EAGAIN, EWOULDBLOCK):
                return None
            raise
        return n

    def readable(self) -> bool:
        """Whether the mode has ``r``."""
        if self.closed:
            raise ValueError(_CLOSED)
        return self._reading

    def writable(self) -> bool:
        """Whether the mode has ``w``."""
        if self.closed:
            raise ValueError(_CLOSED)
        return self._writing

    def seekable(self) -> bool:
        """False: a stream goes by once."""
        if self.closed:
            raise ValueError(_CLOSED)
        return False

    def fileno(self) -> int:
        """The descriptor of the socket."""
        self._checkClosed()
        fd: int = self._sock.fileno()
        return fd

    @property
    def name(self) -> int:
        """The descriptor of the socket; −1 once closed."""
        return -1 if self.closed else self.fileno()

    @property
    def mode(self) -> str:
        """``rb``, ``wb`` or ``rwb``."""
        return self._mode

    def close(self) -> None:
        """Close this file; the socket too, if it is closed and this was its last file."""
        if self.closed:
            return
        super().close()
        if self._sock is not None:
            self._sock._decref_socketios()
            self._sock = None


class MakeFile(SocketState):
    """``makefile``."""

    __slots__ = ()

    if TYPE_CHECKING:  # what kind of file it is depends on mode and buffering

        @overload
        def makefile(
            self,
            mode: Reader | Writer | Both,
            buffering: Literal[0],
            **options: Unpack[TextOptions],
        ) -> SocketIO: ...
        @overload
        def makefile(
            self, mode: Reader, buffering: Buffered = None, **options: Unpack[TextOptions]
        ) -> io.BufferedReader: ...
        @overload
        def makefile(
            self, mode: Writer, buffering: Buffered = None, **options: Unpack[TextOptions]
        ) -> io.BufferedWriter: ...
        @overload
        def makefile(
            self, mode: Both, buffering: Buffered = None, **options: Unpack[TextOptions]
        ) -> io.BufferedRWPair: ...
        @overload
        def makefile(
            self, mode: Reader | Writer | Both, buffering: int, **options: Unpack[TextOptions]
        ) -> io.IOBase: ...
        @overload
        def makefile(
            self,
            mode: TextMode = "r",
            buffering: int | None = None,
            **options: Unpack[TextOptions],
        ) -> io.TextIOWrapper: ...

    def makefile(
        self,
        mode: str = "r",
        buffering: int | None = None,
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> Any:
        """A file for the socket: ``recv(2)`` and ``send(2)`` below ``io``'s buffers.

        The arguments are as for ``open``; a mode is made of r, w and b.  Makes no call itself; the
        file blocks as the socket does, which has to be in blocking mode: after a timeout, what
        is in the file's buffer is lost.  The descriptor is closed when the socket and all of its
        files are.  Raises ValueError for a mode or a ``buffering`` that cannot be.

        >>> a, b = socketpair()
        >>> a.sendall(b"Hello\\nworld\\n")
        >>> with b.makefile() as file:
        ...     file.readline()
        'Hello\\n'
        """
        if not set(mode) <= {"r", "w", "b"}:
            raise ValueError(f"invalid mode {mode!r} (only r, w, b allowed)")
        writing = "w" in mode
        reading = "r" in mode or not writing
        raw = SocketIO(self, "r" * reading + "w" * writing)
        self._io_refs += 1
        try:
            if buffering is None or buffering < 0:
                buffering = io.DEFAULT_BUFFER_SIZE
            if buffering == 0:
                if "b" not in mode:
                    raise ValueError("unbuffered streams must be binary")
                return raw
            buffer: Any
            if reading and writing:
                buffer = io.BufferedRWPair(raw, raw, buffering)
            elif reading:
                buffer = io.BufferedReader(raw, buffering)
            else:
                buffer = io.BufferedWriter(raw, buffering)
            if "b" in mode:
                return buffer
            if versions.TEXT_ENCODING:
                encoding = io.text_encoding(encoding)  # type: ignore[attr-defined]
            text: Any = io.TextIOWrapper(buffer, encoding, errors, newline)
            text.mode = mode
            return text
        except BaseException:
            raw.close()  # nobody has it: else the socket would not close until it is collected
            raise
