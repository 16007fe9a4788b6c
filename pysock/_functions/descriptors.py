"""Functions for descriptors: close, duplicate, make a socket object, send to another process."""

from __future__ import annotations

from array import array
from functools import partial

from .. import _public
from .._calls.descriptor import adopt, close_again, close_all, hear
from .._calls.rights import close_messages, descriptors_in
from .._ffi.errors import raise_unless_reset
from .._ffi.interpreter import PYPY
from .._host import constants, lib, system
from .conversions import CMSG_LEN, CMSG_SPACE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import SupportsIndex

    from .._socket import Socket
    from .._types import Address, ReadableBuffer, RetAddress

_RIGHTS = constants["SOL_SOCKET"], constants.get("SCM_RIGHTS", -1)
_INT = array("i").itemsize


def close(fd: SupportsIndex, /) -> None:
    """``close(2)``: close a socket's descriptor, for example the result of ``detach``.

    Does not block, except for SO_LINGER.  Raises OSError: EBADF, EIO, and others, but not
    ECONNRESET.  The descriptor is closed even if an error is raised.

    >>> fd = socket().detach()
    >>> close(fd)
    """
    # In few steps: a signal handler that raises before the call leaves the descriptor open.  PyPy
    # interprets each of them, and hears signals in between; and there the call refuses by itself
    # what is no C int, so that nothing need be asked before.
    if not PYPY and (type(fd) is not int or fd >> 31):
        fd = system.descriptor(fd)
    try:
        failed = lib.close(fd) < 0
    except MemoryError as error:
        failed = close_again([], int(fd), error) < 0
    except (TypeError, OverflowError):
        if type(fd) is int and not fd >> 31:
            raise  # a signal handler's, after the call
        failed = None
    if failed is None:  # now with CPython's words, and without those of PyPy before them
        failed = lib.close(system.descriptor(fd)) < 0
    if failed:
        raise_unless_reset()


def dup(fd: SupportsIndex, /) -> int:
    """``dup(2)``: a second descriptor for the same socket.

    The caller has to close it; child processes do not inherit it.  Does not block.  Raises OSError:
    EBADF, EMFILE.

    >>> sock = socket()
    >>> fd = dup(sock.fileno())
    >>> fd == sock.fileno()
    False
    >>> close(fd)
    """
    owned: list[int] = []
    try:
        system.claim_duplicates(owned, (system.descriptor(fd),))
        if PYPY:
            hear()
        return owned[0]
    except BaseException:
        close_all(owned)
        raise


def fromfd(fd: SupportsIndex, family: int, type: int, proto: int = 0) -> Socket:
    """``dup(2)``: a socket object for a duplicate of a descriptor.

    The caller still has to close ``fd``.  ``family``, ``type`` and ``proto`` describe the socket,
    as in ``socket(family, type, proto)``; the kernel does not check them.

    Does not block.  Raises OSError: EBADF, EMFILE, ENOTSOCK.

    >>> a, b = socketpair()
    >>> sock = fromfd(a.fileno(), a.family, a.type)
    >>> sock.fileno() == a.fileno()
    False
    >>> sock.close()
    """
    module = _public.module
    owned: list[int] = []
    try:
        if module.dup is dup:
            system.claim_duplicates(owned, (system.descriptor(fd),))
        else:  # a function by which the program has replaced dup
            owned.append(module.dup(fd))
        sock: Socket = adopt(owned, partial(module.socket, family, type, proto))
        return sock
    except BaseException:
        close_all(owned)
        raise


def fromshare(info: bytes) -> Socket:
    """``WSASocketW``: a socket object for a socket that another process has shared.  (Windows)

    ``info`` is the result of ``share`` in the other process, for the ID of this process.

    Does not block.  Raises OSError, and ValueError for bytes of the wrong size.

    >>> sock = fromshare(info)                                # doctest: +SKIP
    """
    fd, family, type, proto = system.received(info)
    sock: Socket = adopt([fd], partial(_public.module.socket, family, type, proto), known=True)
    return sock


def send_fds(
    sock: Socket,
    buffers: Iterable[ReadableBuffer],
    fds: Iterable[int],
    flags: int = 0,
    address: Address | None = None,
) -> int:
    """``sendmsg(2)`` with SCM_RIGHTS: send data and descriptors over an AF_UNIX socket.  (Unix)

    ``buffers`` are bytes-like objects with at least one byte together.  ``fds`` are open
    descriptors of this process, of any kind; the receiver gets duplicates.  ``flags`` and
    ``address`` are those of ``sendmsg``.  Returns the number of bytes of data that were sent.

    Blocks, and raises, like ``sendmsg``; EBADF also means that one of ``fds`` is not open.  The
    manual pages are unix(7) and cmsg(3).

    >>> a, b = socketpair()
    >>> send_fds(a, [b"Here is ", b"a socket"], [a.fileno()])
    16
    """
    return sock.sendmsg(buffers, [(*_RIGHTS, array("i", fds))], flags, address)


def recv_fds(
    sock: Socket, bufsize: int, maxfds: int, flags: int = 0
) -> tuple[bytes, list[int], int, RetAddress]:
    """``recvmsg(2)`` with SCM_RIGHTS: receive data and descriptors.  (Unix)

    Takes up to ``bufsize`` bytes of data and ``maxfds`` descriptors.  Returns ``(data, fds,
    msg_flags, address)``: ``fds`` is a list of descriptors, which the caller has to close, and
    ``msg_flags`` contain MSG_CTRUNC if there were more.  Child processes inherit the descriptors,
    unless ``flags`` contain MSG_CMSG_CLOEXEC.

    Blocks, and raises, like ``recvmsg``.

    >>> a, b = socketpair()
    >>> n = send_fds(a, [b"Here is a socket"], [a.fileno()])
    >>> data, fds, msg_flags, address = recv_fds(b, 1024, 1)
    >>> data, len(fds)
    (b'Here is a socket', 1)
    >>> close(fds[0])
    """
    size = maxfds * _INT
    most = (CMSG_LEN(size) - CMSG_LEN(0)) // _INT
    # NetBSD delivers nothing without room for the padding, in which another one may have room.
    room = CMSG_SPACE(size)
    data, ancdata, msg_flags, address = sock.recvmsg(bufsize, room, flags)
    fds: list[int] | None = None
    try:
        fds = descriptors_in(ancdata)
        if closed_beyond(fds, most):
            msg_flags |= constants["MSG_CTRUNC"]
        if PYPY:
            hear()
        return data, fds, msg_flags, address
    except BaseException:
        close_messages(ancdata) if fds is None else close_all(fds)
        raise


def closed_beyond(fds: list[int], most: int) -> bool:
    """Close the descriptors after the first ``most``; whether there were any."""
    closed = False
    while len(fds) > most:
        closed = True
        next(map(lib.close, map(fds.pop, (-1,))))
    return closed
