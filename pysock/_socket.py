"""class Socket: the table of contents.

Each method is named after the call that it makes, and stands in a module of ``_methods``:

    lifecycle    __init__, fileno, detach, close
    connection   bind, listen, connect, connect_ex, shutdown, getsockname, getpeername; the call
                 that accept makes
    stream       recv, recv_into, send, sendall
    datagram     recvfrom, recvfrom_into, sendto
    message      sendmsg, recvmsg, recvmsg_into
    options      getsockopt, setsockopt
    mode         setblocking, settimeout, gettimeout, getblocking, timeout
    afalg        sendmsg_afalg
    sendfile     sendfile
    makefile     makefile
    pickling     by which multiprocessing sends a socket to another process

A method checks its arguments, packs what is an address (``families``), makes the call
(``_calls.transfer``), and only if that failed asks ``_calls.wait`` whether to wait, to repeat
or to raise.
"""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from sys import _getframe
from types import FunctionType

from . import _public, _timeouts
from ._calls.descriptor import Owned, adopt, close_all
from ._calls.getsockopt import identify
from ._calls.state import SocketState
from ._enums import AddressFamily, SocketKind, member
from ._ffi.signature import SignatureOfInit
from ._host import abi, system
from ._methods import pickling, shortcuts
from ._methods.afalg import Cipher
from ._methods.connection import Connection, accept_into
from ._methods.datagram import Datagram
from ._methods.lifecycle import Lifecycle
from ._methods.makefile import MakeFile
from ._methods.message import Message
from ._methods.mode import Mode
from ._methods.options import Options
from ._methods.sendfile import SendFile
from ._methods.stream import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

    from ._types import RetAddress

    _flat = type

if not TYPE_CHECKING:

    def _flat(name: str, parts: tuple[type, ...], members: dict[str, Any]) -> type:
        """A metaclass: one class, whose methods are also those of its parts, instead of bases.

        So ``help`` and tracebacks speak of ``Socket``.  Type checkers and editors see the parts.
        """
        for part in parts:
            if part is not _base:
                members = {**vars(part), **members}
        for attribute in ("__dict__", "__weakref__"):  # which the new class has of its own
            members.pop(attribute, None)
        for attribute, value in members.items():
            if isinstance(value, FunctionType):
                value.__qualname__ = f"{name}.{attribute}"
        return type(name, (_base,), members)


_base: Any = SocketState  # what the next class stands on


class SocketBase(
    Lifecycle, Connection, Stream, Datagram, Message, Options, Mode, Cipher, metaclass=_flat
):
    """The system calls: what CPython's ``_socket.socket`` is, on which ``Socket`` is built.

    It is ``socket.SocketType``.  Its family, type and protocol are plain numbers.
    """

    __module__ = "pysock"
    __signature__ = SignatureOfInit()
    __slots__ = ()

    @property
    def family(self) -> int:
        """The address family."""
        return self._sock_family_

    @property
    def type(self) -> int:
        """The socket type."""
        return self._sock_type_

    @property
    def proto(self) -> int:
        """The protocol."""
        return self._sock_proto_

    def __getstate__(self) -> Any:
        cls = self.__class__
        # As C names a class: its own with the module, those that are derived from it without.
        name = f"{cls.__module__}.{cls.__name__}" if cls is SocketBase else cls.__name__
        raise TypeError(f"cannot pickle {name!r} object")

    def __reduce_ex__(self, protocol: Any) -> Any:
        cls = self.__class__
        if protocol < 2 and cls.__reduce__ == object.__reduce__:
            # copyreg asks a class that is written in C, for one derived from it, to make its state.
            if cls is SocketBase:
                raise TypeError(f"cannot pickle {cls.__name__!r} object")
            SocketBase(self)  # type: ignore[arg-type]
        return object.__reduce_ex__(self, protocol)  # which asks for the state, or a subclass


_base = SocketBase


class Socket(SendFile, MakeFile, SocketBase, metaclass=_flat):
    """One end of a conversation: ``socket(2)``, or a descriptor that exists already.

    ``family``, ``type`` and ``proto`` are 0 or a constant each (AF_INET, SOCK_STREAM and 0
    if not given).  With ``fileno``, the socket is that descriptor, and what is not given is
    asked of the kernel (``getsockname(2)``, ``getsockopt(2)``).  No child process inherits the
    descriptor.  Does not block.  Raises OSError: EAFNOSUPPORT, EPROTONOSUPPORT, EMFILE, EACCES.

    >>> with Socket(AF_INET, SOCK_STREAM) as sock:
    ...     sock.type
    <SocketKind.SOCK_STREAM: 1>
    """

    __module__ = "pysock"
    __signature__ = SignatureOfInit()
    __slots__ = ("__weakref__",)

    def accept(self) -> tuple[Socket, RetAddress]:
        """``accept4(2)`` with SOCK_CLOEXEC: a new socket for a connection, and the peer's address.

        Blocks until there is a connection (with a timeout: TimeoutError).  Raises
        BlockingIOError in non-blocking mode, and other kinds of OSError as the manual page
        lists them: EMFILE, EINVAL (not listening).

        >>> listener = create_server(("127.0.0.1", 0))
        >>> client = create_connection(listener.getsockname())
        >>> sock, address = listener.accept()
        >>> address == client.getsockname()
        True
        """
        cls = _public.module.socket  # programs replace it, to have sockets of their own class
        if type(self) is not Socket and _overridden(self, "_accept"):
            fd, address = self._accept()
            sock: Socket = cls(self.family, self.type, self.proto, fileno=fd)
            if _timeouts.default.seconds is None and self.gettimeout():
                sock.setblocking(True)
            return sock, address
        family, kind, proto = self._sock_family_, self._sock_type_, self._sock_proto_
        # What will be the new socket's list owns the descriptor from its first instant; a socket
        # of another class takes it over in its ``__init__``.
        owned = Owned()
        try:
            address = accept_into(owned, self)
            if cls is not Socket or cls.__init__ is not INIT or type(self) is not Socket:
                make = partial(_made, cls, self.family, self.type, self.proto)
                sock = adopt(owned, make, known=True)
            else:
                sock = taking(owned, family, kind, proto)
        except BaseException:
            close_all(owned)
            raise
        if self._sock_timeout_ and _timeouts.default.seconds is None:
            # A subclass may have a ``setblocking`` of its own, which is called as in C.
            if _INHERITS_MODE or type(sock) is not Socket:
                sock.setblocking(True)
        return sock, address

    def close(self) -> None:
        """``close(2)``: close the socket, as soon as no file of ``makefile`` uses it.

        Does not block, except for SO_LINGER.  Raises OSError (not ECONNRESET); the descriptor is
        closed even then, and the call is never repeated.  Closing twice does nothing.
        """
        self._closed = True
        if (type(self) is Socket and self._sock_refs_ is None) or self._io_refs <= 0:
            self._real_close()

    _real_close = Lifecycle.close

    def dup(self) -> Self:
        """``dup(2)``: a new socket object for a duplicate of the descriptor.

        Does not block.  Raises OSError: EMFILE, and ENOTSOCK if the descriptor is no socket.
        """
        owned = Owned()
        plain = type(self) is Socket
        try:
            if plain or not _overridden(self, "fileno"):
                fds = map(_descriptor_of, (self,))  # read in the step that makes the duplicate
            else:
                fds = map(system.descriptor, (self.fileno(),))
            system.claim_duplicates(owned, fds)
            if plain:
                kind = self._sock_family_, self._sock_type_, self._sock_proto_
            else:  # a subclass may see itself as something else
                kind = self.family, self.type, self.proto
            sock: Self = _adopt(owned, self.__class__, *kind)
        except BaseException:
            close_all(owned)
            raise
        sock.settimeout(self._sock_timeout_ if plain else self.gettimeout())
        return sock

    def get_inheritable(self) -> bool:
        """Whether child processes inherit the descriptor: FD_CLOEXEC of ``fcntl(2)``.

        Does not block.  Raises OSError: EBADF.
        """
        return bool(system.get_inheritable(self.fileno()))

    def set_inheritable(self, inheritable: bool) -> None:
        """Let child processes inherit the descriptor, or not: FD_CLOEXEC of ``fcntl(2)``.

        Does not block.  Raises OSError: EBADF.

        >>> sock = socket()
        >>> sock.set_inheritable(True)
        >>> sock.get_inheritable()
        True
        """
        system.set_inheritable(self.fileno(), inheritable)

    @property
    def family(self) -> AddressFamily:
        """The address family."""
        return member(AddressFamily, self._sock_family_)

    @property
    def type(self) -> SocketKind:
        """The socket type."""
        return member(SocketKind, self._sock_type_)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
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

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self.__class__ is Socket and pickling.pickled_by_multiprocessing(_getframe(1)):
            pickling.register(Socket)
            return pickling.reduce(self)
        return SocketBase.__reduce_ex__(self, protocol)


# Whether a new socket inherits that its listener does not block: nowhere on Linux (accept(2)).
_INHERITS_MODE = not abi.name.startswith("linux")

# A program may replace it, to hear of each socket: also of those that functions make.
INIT = Socket.__init__


_descriptor_of = attrgetter("_sock_fd_")


def _overridden(sock: Socket, name: str) -> bool:
    """Whether a subclass, or the object itself, has another method of this name.

    As ``socket.py`` calls it, so do methods here.  Otherwise they go without the call, and no
    exception can come between it and what follows.
    """
    method: Any = getattr(sock, name)
    ours = getattr(method, "__func__", None) is getattr(Socket, name)
    return not (ours and method.__self__ is sock)


def taking(owned: Owned, family: int, type: int, proto: int) -> Socket:
    """A new socket of this kind for the descriptor in ``owned``; a failure closes it."""
    sock = Socket.__new__(Socket)
    sock._take(owned, family, type, proto)
    return sock


def _adopt(owned: Owned, cls: Any, family: int, type: int, proto: int) -> Any:
    """The same, of the class ``cls``, if it is the descriptor of a socket."""
    if cls is Socket and cls.__init__ is INIT:  # as mostly, in a third of the steps
        return taking(owned, *identify(owned[0], family, type, proto))
    return adopt(owned, partial(_made, cls, family, type, proto))


def _made(cls: Any, family: int, type: int, proto: int, fd: int) -> Any:
    # Not a closure: CPython 3.13.0 crashes if it has no memory for one.
    return cls(family, type, proto, fileno=fd)


def _refuse(text: str, *_: Any) -> None:
    raise AttributeError(text)


# C's messages to a program that sets or deletes these attributes.
for _name, _text in {
    "family": "readonly attribute",
    "type": "readonly attribute",
    "proto": "readonly attribute",
    "timeout": "attribute 'timeout' of '_socket.socket' objects is not writable",
}.items():
    _refused = partial(_refuse, _text)
    setattr(SocketBase, _name, vars(SocketBase)[_name].setter(_refused).deleter(_refused))
del _name, _text, _refused

shortcuts.install(SocketBase)
system.complete(Socket)
pickling.register(Socket)
