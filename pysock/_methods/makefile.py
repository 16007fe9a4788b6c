"""makefile: a socket as a Python file.

``io``'s buffers and text layers do the work; below them stands ``SocketIO``, which turns
read and write into the socket's ``recv_into`` and ``send``.  It calls them as methods, so
that a subclass (TLS, say) can override them.

The socket counts its files: it is closed when it and the last of them are.  No number is kept that
a signal handler or another thread could make wrong between two steps: each file that counts has a
``Use``, a weak reference to its socket, and a socket's weak references are a list of C's, which is
counted when somebody asks.  PyPy keeps weak references until it collects garbage, and a file would
take 0.6 ms after some thousands before it: there a file that is closed leaves its use to the next.
"""

from __future__ import annotations

import io
from _thread import get_ident
from _weakref import getweakrefs, ref
from errno import EAGAIN, EWOULDBLOCK

from .. import _public
from .._calls.descriptor import move
from .._calls.state import SocketState
from .._ffi import versions
from .._ffi.errors import timeouts
from .._ffi.interpreter import PYPY

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


_NO_IO = "I/O operation on closed socket."


MADE, COUNTED, CLOSED = "made", "counted", "closed"


class Turn:
    """One file's time with a use.

    So a thread that is late in closing one file changes nothing of the next.
    """

    __slots__ = ("left", "state")

    def __init__(self) -> None:
        self.state: object = MADE  # then COUNTED, the thread that closes the file, CLOSED
        self.left = [1]  # what goes to the use's ``spare``, once, when the file is closed


class Use(ref):  # type: ignore[type-arg]
    """That a file uses a socket: the file has it, and it knows the socket."""

    turn: Turn | None = None
    spare: Any = ()  # not empty once the file is closed: for the file that takes it first


def _turns(sock: MakeFile, state: object) -> list[Turn]:
    """Those of a socket's files that are in this state."""
    return [
        turn
        for use in getweakrefs(sock)
        if type(use) is Use and (turn := use.turn) is not None and turn.state == state
    ]


def _counts_uses(sock: MakeFile) -> bool:
    """Whether ``_io_refs`` of this socket is the number of its uses.

    A class may have another one; or it is no socket, and has this ``makefile``, as urllib3's
    for pyOpenSSL.  Then ``_io_refs`` is counted up and down, as in ``socket.py``.
    """
    return getattr(type(sock), "_io_refs", None) is _io_refs


def _use_of(sock: MakeFile) -> Use:
    """A use for a new file: on PyPy that of a file which is closed, if there is one."""
    for use in getweakrefs(sock) if PYPY else ():
        if type(use) is Use and use.spare:
            try:
                use.spare.pop()
            except IndexError:  # another thread was faster
                continue
            return use
    use = Use(sock)
    if PYPY:
        use.spare = []
    return use


class SocketIO(io.RawIOBase):
    """The raw file under a buffered one."""

    __module__ = "pysock"

    _sock: Any = None  # so that it can be closed even if an exception has ended __init__
    _use: Use | None = None  # of a file that a socket's ``makefile`` has made
    _turn: Turn | None = None

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
            raise ValueError(_NO_IO)
        return self._reading

    def writable(self) -> bool:
        """Whether the mode has ``w``."""
        if self.closed:
            raise ValueError(_NO_IO)
        return self._writing

    def seekable(self) -> bool:
        """False: a stream goes by once."""
        if self.closed:
            raise ValueError(_NO_IO)
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
        turn, use = self._turn, self._use
        if turn is not None:
            turn.state = get_ident()
        try:
            super().close()
            if self._sock is not None:
                self._sock._decref_socketios()
                self._sock = None
        finally:
            if turn is not None:
                turn.state = CLOSED
                if PYPY and self.closed and use is not None:
                    try:
                        move(turn.left, use.spare)
                    except IndexError:  # by another thread, which closes it as well
                        pass


class MakeFile(SocketState):
    """``makefile``."""

    __slots__ = ()

    @property
    def _io_refs(self) -> int:
        """How many files use the socket, and what programs have added to that number."""
        return len(_turns(self, COUNTED)) + (self._sock_refs_ or 0)

    @_io_refs.setter
    def _io_refs(self, number: int) -> None:
        counted = _turns(self, COUNTED)
        others = number - len(counted)
        if others < 0:  # files that do not count any more
            for turn in counted:
                turn.state = CLOSED
            others = number
        self._sock_refs_ = others

    def _decref_socketios(self) -> None:
        """A file was closed; the last one lets a closed socket go."""
        if not _counts_uses(self):
            if self._io_refs > 0:
                self._io_refs -= 1
        elif not _turns(self, get_ident()):
            # A program calls it, or a file of a class of its own: so one of its own has gone, if
            # it has any.
            others = self._sock_refs_ or 0
            counted = [] if others else _turns(self, COUNTED)
            if others > 0:
                self._sock_refs_ = others - 1
            for turn in counted[:1]:
                turn.state = CLOSED
        if self._closed:
            self.close()  # type: ignore[attr-defined]

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
        cls = _public.module.SocketIO  # programs replace it
        turn = None
        if cls is SocketIO and _counts_uses(self):
            raw = SocketIO.__new__(SocketIO)
            raw._use, raw._turn = use, turn = _use_of(self), Turn()
            use.turn = turn
            SocketIO.__init__(raw, self, "r" * reading + "w" * writing)
            if self._sock_refs_ is None:
                self._sock_refs_ = 0
        else:
            raw = cls(self, "r" * reading + "w" * writing)
            self._io_refs += 1
        try:
            if turn is not None:
                turn.state = COUNTED
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


_io_refs = MakeFile._io_refs
