"""class Socket: one method per system call.

A method checks its arguments, packs what is an address (``families``), makes the call
(``_transfer``, which owns the memory), and only if that failed asks ``_wait`` whether to
wait, to repeat or to raise.  Where nothing fails and nothing has to be converted, a few
lines lie between the caller and C.
"""

from __future__ import annotations

from functools import partial
from sys import audit
from warnings import warn

from . import (
    _alg,
    _connect,
    _datagram,
    _file,
    _message,
    _options,
    _sendall,
    _sendfile,
    _timeouts,
    _transfer,
)
from ._arguments import (
    UNSAID,
    ZERO,
    c_int,
    c_ssize_t,
    constructor_int,
    one_int,
    room_in,
    view_of,
    writable_size,
)
from ._enums import AddressFamily, SocketKind, member
from ._errors import raise_errno
from ._host import at_once, constants, lib, system
from ._interpreter import PYPY, STABLE, TO_COPY, borrow, bytes_at, new_bytes
from ._platform import public
from ._signature import SignatureOfInit
from ._transfer import (
    AT_ONCE,
    bytes_if_small,
    data_pool,
    pop_data,
    put_data,
    receive,
    receive_into,
    transmit,
)
from ._wait import READ, WRITE, repeat
from .families import packers, unpack_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

    from ._foreign import Library
    from ._types import Address, ReadableBuffer, RetAddress, WriteableBuffer

_CLOEXEC = constants.get("SOCK_CLOEXEC", 0)
_NONBLOCK = constants.get("SOCK_NONBLOCK", 0)
_KIND = ~(_CLOEXEC | _NONBLOCK)  # what else a type says
_AF_INET, _SOCK_STREAM = constants["AF_INET"], constants["SOCK_STREAM"]
_NOTHING: list[int] = []  # stays empty: only descriptors of its own does a socket close
_BACKLOG = min(constants["SOMAXCONN"], 128)


class Socket:
    """One end of a conversation: ``socket(2)``, or a descriptor that exists already.

    ``family``, ``type`` and ``proto`` are 0 or a constant each (AF_INET, SOCK_STREAM and 0
    if not given).  With ``fileno``, the socket is that descriptor, and what is not given is
    asked of the kernel.  No child process inherits the descriptor.
    """

    __module__ = __package__
    __signature__ = SignatureOfInit()
    __slots__ = (
        "__weakref__",
        "_calls",
        "_closed",
        "_family",
        "_fd",
        "_io_refs",
        "_proto",
        "_timeout",
        "_to_close",
        "_type",
    )

    _calls: Library  # at_once if calls must not block, else lib
    _fd: int
    _to_close: list[int]  # the descriptor, until somebody takes it to close it
    _timeout: float | None  # None: blocking; 0.0: non-blocking; else seconds

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = object.__new__(cls)
        self._fd, self._family, self._type, self._proto = -1, 0, 0, 0
        self._to_close = _NOTHING
        self._timeout, self._calls = None, lib
        return self

    def __init__(
        self, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None
    ) -> None:
        if not (family is type is proto is UNSAID):
            family, type, proto = map(constructor_int, (family, type, proto))
        if fileno is not None:
            self._init_from(fileno, family, type, proto)
            return
        family = _AF_INET if family == -1 else family
        type = _SOCK_STREAM if type == -1 else type
        proto = 0 if proto == -1 else proto
        audit("socket.__new__", self, family, type, proto)
        while (fd := lib.socket(family, type | _CLOEXEC, proto)) < 0:
            raise_errno()
        try:
            if not _CLOEXEC:
                system.set_inheritable(fd, False)
            self._begin(fd, family, type, proto)
        except BaseException:
            self._take_descriptor()  # so that it is closed once
            lib.close(fd)
            raise

    def _init_from(self, fileno: int, family: int, type: int, proto: int) -> None:
        """Be the socket that a descriptor is."""
        lent = fileno if isinstance(fileno, _transfer.Lent) else None
        if system.TELLS_OF_GIVEN:
            audit("socket.__new__", self, family, type, proto)
        fd = system.given_descriptor(fileno)
        if lent is None or not lent.known:
            family, type, proto = _options.identify(fd, family, type, proto)
        try:
            self._begin(fd, family, type, proto)
            if lent is not None:
                lent.taken = True
        except BaseException:
            self._take_descriptor()  # it stays the caller's
            if lent is not None:
                lent.taken = False
            raise

    def _begin(self, fd: int, family: int, type: int, proto: int) -> None:
        """Own a descriptor, in the mode that new sockets have."""
        seconds = 0.0 if type & _NONBLOCK else _timeouts.default
        self._closed, self._io_refs = False, 0
        self._family, self._type, self._proto = family, type & _KIND, proto
        self._timeout, self._calls = seconds, lib if seconds is None else at_once
        if seconds is not None and not type & _NONBLOCK:
            system.set_blocking(fd, False)
        self._fd, self._to_close = fd, [fd]

    # --- a socket's life -------------------------------------------------------------

    def bind(self, address: Address, /) -> None:
        """``bind(2)``: give the socket an address of this machine."""
        name = packers[self._family](address, "bind", self._proto)
        audit("socket.bind", self, address)
        lib.bind(self._fd, name, len(name))

    def listen(self, backlog: int = _BACKLOG, /) -> None:
        """``listen(2)``: accept connections, with up to ``backlog`` of them waiting."""
        lib.listen(self._fd, max(0, c_int(backlog)))

    def _accept(self) -> tuple[int, RetAddress]:
        """``accept4(2)``: a new descriptor, and the peer's address."""
        answer = _transfer.accept(self._calls, self._fd, self._family)
        if answer is None:
            answer = repeat(self, READ, _transfer.accept, self._family)
        fd, name = answer
        try:
            return fd, unpack_for(self._proto, name)
        except BaseException:
            lib.close(fd)
            raise

    def accept(self) -> tuple[Socket, RetAddress]:
        """``accept4(2)``: wait for a connection; a new socket for it, and the peer's address."""
        fd, address = self._accept()
        cls, family, type, proto = public().socket, self._family, self._type, self._proto
        if cls is Socket:
            # Nobody else's code sees this one before it is whole (1.5 us less than below).
            sock = Socket.__new__(Socket)
            try:
                if system.TELLS_OF_GIVEN:
                    audit("socket.__new__", sock, family, type, proto)
                sock._begin(fd, family, type, proto)
            except BaseException:
                sock._take_descriptor()
                lib.close(fd)
                raise
        else:
            sock = _transfer.adopt(
                fd, lambda lent: cls(family, type, proto, fileno=lent), known=True
            )
        # Some systems let the new socket inherit that its listener does not block.
        if self._timeout and _timeouts.default is None:
            sock.setblocking(True)
        return sock, address

    connect = _connect.connect
    connect_ex = _connect.connect_ex

    def shutdown(self, how: int, /) -> None:
        """``shutdown(2)``: end one or both directions (SHUT_RD, SHUT_WR, SHUT_RDWR)."""
        lib.shutdown(self._fd, one_int(how))

    def close(self) -> None:
        """``close(2)``: close the socket, as soon as no file of ``makefile`` uses it.

        Closing is never repeated: after EINTR the descriptor is gone already.
        """
        self._closed = True
        if self._io_refs <= 0:
            self._real_close()

    def _real_close(self) -> None:
        fd = self._take_descriptor()
        if fd != -1 and lib.close(fd) < 0:
            _transfer.raise_unless_reset()

    def _take_descriptor(self) -> int:
        """The descriptor, for one caller alone; −1 for another thread or a signal handler.

        Between reading an attribute and setting it either may run; ``list.pop`` is atomic.
        """
        self._fd = -1
        try:
            return self._to_close.pop()
        except IndexError:
            return -1

    def detach(self) -> int:
        """Close the socket object and return its descriptor, which stays open."""
        self._closed = True
        fd = self._take_descriptor()
        system.let_go(fd, self._timeout is None)
        return fd

    def dup(self) -> Self:
        """``dup(2)``: a new socket object for a duplicate of the descriptor."""
        fd = system.duplicate(self._fd)
        make = partial(self.__class__, self._family, self._type, self._proto)
        sock: Self = _transfer.adopt(fd, lambda fd: make(fileno=fd))
        sock.settimeout(self._timeout)
        return sock

    def __del__(self, _warn: Any = warn, _lib: Any = lib) -> None:
        if self._fd != -1:
            try:
                try:
                    text = repr(self)
                except (TypeError, AttributeError):  # modules have lost their names already
                    cls, kind = self.__class__, f"family={self._family}, type={self._type}"
                    text = f"<{cls.__module__}.{cls.__qualname__} fd={self._fd}, {kind}>"
                _warn(f"unclosed {text}", ResourceWarning, stacklevel=2, source=self)
            finally:
                _lib.close(self._take_descriptor())

    # --- receiving -------------------------------------------------------------------

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """``recv(2)``: up to ``bufsize`` bytes; none when the peer has ended the conversation."""
        calls = self._calls
        # Without flags, what ``receive`` does, but for the cost of calling it (60 ns).
        plain = flags is ZERO and type(bufsize) is int
        if plain and 0 < bufsize <= TO_COPY:
            try:
                entry = pop_data()
            except IndexError:
                entry = data_pool.make()
            buffer, pointer = entry
            n = calls.recv(self._fd, pointer, bufsize, calls.dontwait)
            data = None if n < 0 else bytes_at(pointer, n) if PYPY else buffer[:n]
            put_data(entry)
        elif plain and new_bytes and TO_COPY < bufsize <= AT_ONCE:
            data = new_bytes(None, bufsize)
            n = calls.recv(self._fd, data, bufsize, calls.dontwait)
            if n != bufsize:
                data = None if n < 0 else data[:n]
        else:
            bufsize = c_ssize_t(bufsize)
            if flags is not ZERO:
                flags = c_int(flags)
            if bufsize < 0:
                raise ValueError("negative buffersize in recv")
            data = receive(calls, self._fd, bufsize, flags) if bufsize else b""
        if data is None:
            data = repeat(self, READ, receive, bufsize, flags)
        return data

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        """``recv(2)`` into ``buffer``: up to ``nbytes``, or as much as there is room for."""
        # Two kinds of buffers go to C in one step (-240 ns on 3.11, -330 on 3.9).  How much room
        # there is, is asked of what is lent: as in ``receive_into``.
        calls, size, plain = self._calls, AT_ONCE, nbytes is flags is ZERO
        if plain and type(buffer) is bytearray and 0 < len(buffer) <= AT_ONCE:
            n: int = calls.recv(self._fd, borrow(buffer), len(buffer), calls.dontwait)
        elif plain and type(buffer) is memoryview and 0 < (room_in(buffer) or 0) <= AT_ONCE:
            n = calls.recv(self._fd, borrow(buffer), buffer.nbytes, calls.dontwait)
        else:
            size = writable_size(buffer, "recv_into")
            if nbytes is not ZERO or flags is not ZERO:
                nbytes, flags = c_ssize_t(nbytes), c_int(flags)
                if nbytes < 0:
                    raise ValueError("negative buffersize in recv_into")
                if nbytes > size:
                    raise ValueError("buffer too small for requested bytes")
                size = nbytes or size
            n = size and receive_into(self._calls, self._fd, buffer, size, flags)
        if n < 0:
            with memoryview(buffer):  # it keeps its size while we wait
                n = repeat(self, READ, receive_into, buffer, size, flags)
        return n

    recvfrom = _datagram.recvfrom
    recvfrom_into = _datagram.recvfrom_into
    recvmsg = _message.recvmsg
    recvmsg_into = _message.recvmsg_into

    # --- sending ---------------------------------------------------------------------

    def send(self, bytes: ReadableBuffer, flags: int = 0, /) -> int:
        """``send(2)``: send some of a bytes-like object; how many bytes were taken."""
        calls = self._calls
        data = bytes if type(bytes) is STABLE else bytes_if_small(bytes)
        if flags is ZERO and type(data) is STABLE and (size := len(data)) <= AT_ONCE:
            n: int = calls.send(self._fd, data, size, calls.dontwait)
        else:
            if flags is not ZERO:
                view_of(bytes).release()  # what is no bytes-like object is reported first
                flags = c_int(flags)
            n = transmit(calls, self._fd, data, flags)
        if n < 0:
            n = repeat(self, WRITE, transmit, bytes, flags)
        return n

    sendall = _sendall.sendall

    sendto = _datagram.sendto
    sendmsg = _message.sendmsg

    sendfile = _sendfile.sendfile
    _sendfile_use_sendfile = _sendfile.use_sendfile
    _sendfile_use_send = _sendfile.use_send
    sendmsg_afalg = _alg.sendmsg_afalg

    # --- questions and options -------------------------------------------------------

    def getsockname(self) -> RetAddress:
        """``getsockname(2)``: this end's address."""
        return unpack_for(self._proto, _transfer.name_of(lib.getsockname, self._fd))

    def getpeername(self) -> RetAddress:
        """``getpeername(2)``: the other end's address."""
        return unpack_for(self._proto, _transfer.name_of(lib.getpeername, self._fd))

    getsockopt = _options.getsockopt
    setsockopt = _options.setsockopt

    def setblocking(self, flag: bool, /) -> None:
        """True: calls block until they are done.  False: they fail rather than wait."""
        blocking = _timeouts.truth(flag)
        self._set_mode(None if blocking else 0.0)
        system.set_blocking(self._fd, blocking)

    def settimeout(self, value: float | None, /) -> None:
        """Let calls wait for so many seconds; 0 is non-blocking and None blocking mode."""
        self._set_mode(_timeouts.parse(value))
        system.set_blocking(self._fd, self._timeout is None)

    def _set_mode(self, seconds: float | None) -> None:
        self._timeout, self._calls = seconds, lib if seconds is None else at_once

    def gettimeout(self) -> float | None:
        """The timeout in seconds, or None."""
        return self._timeout

    def getblocking(self) -> bool:
        """False in non-blocking mode, else True."""
        return self._timeout != 0

    @property
    def timeout(self) -> float | None:
        """The timeout in seconds, or None."""
        return self._timeout

    def get_inheritable(self) -> bool:
        """Whether child processes inherit the descriptor."""
        return bool(system.get_inheritable(self._fd))

    def set_inheritable(self, inheritable: bool) -> None:
        """Let child processes inherit the descriptor, or not."""
        system.set_inheritable(self._fd, inheritable)

    # --- the object itself -----------------------------------------------------------

    def fileno(self) -> int:
        """The file descriptor, or −1 once the socket is closed."""
        return self._fd

    @property
    def family(self) -> AddressFamily:
        """The address family."""
        return member(AddressFamily, self._family)

    @property
    def type(self) -> SocketKind:
        """The socket type."""
        return member(SocketKind, self._type)

    @property
    def proto(self) -> int:
        """The protocol."""
        return self._proto

    makefile = _file.makefile

    def _decref_socketios(self) -> None:
        """A file of ``makefile`` was closed; the last one lets a closed socket go."""
        if self._io_refs > 0:
            self._io_refs -= 1
        if self._closed:
            self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if not self._closed:
            self.close()

    def __repr__(self) -> str:
        cls = self.__class__
        closed = getattr(self, "_closed", False)
        text = (
            f"<{cls.__module__}.{cls.__qualname__}{' [closed]' if closed else ''} "
            f"fd={self.fileno()}, family={self.family!s}, type={self.type!s}, proto={self.proto}"
        )
        if not closed:
            for label, question in (("laddr", self.getsockname), ("raddr", self.getpeername)):
                try:
                    address = question()
                except (OSError, ImportError):
                    continue  # unbound, not connected, or met while Python shuts down
                if address:
                    text += f", {label}={address}"
        return text + ">"

    def __getstate__(self) -> Any:
        raise TypeError(f"cannot pickle {self.__class__.__name__!r} object")


system.complete(Socket)
