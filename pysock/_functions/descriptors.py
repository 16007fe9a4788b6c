"""Descriptors as such: closed, duplicated, made into sockets, sent to other processes."""

from __future__ import annotations

from array import array
from functools import partial

from .. import _public
from .._calls.descriptor import adopt, close_all
from .._ffi.errors import raise_unless_reset
from .._host import constants, lib, system
from .conversions import CMSG_LEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import SupportsIndex

    from .._socket import Socket
    from .._types import Address, ReadableBuffer, RetAddress

_RIGHTS = constants["SOL_SOCKET"], constants.get("SCM_RIGHTS", -1)


def close(fd: SupportsIndex, /) -> None:
    """``close(2)``: close a socket's descriptor.

    Does not block, but for SO_LINGER.  Raises OSError (not ECONNRESET), and the descriptor is
    gone nevertheless.
    """
    if lib.close(system.descriptor(fd)) < 0:
        raise_unless_reset()


def dup(fd: SupportsIndex, /) -> int:
    """``dup(2)``: a second descriptor for the same socket, which no child inherits.

    Does not block.  Raises OSError: EBADF, EMFILE.
    """
    duplicate: int = system.duplicate(system.descriptor(fd))
    return duplicate


def fromfd(fd: SupportsIndex, family: int, type: int, proto: int = 0) -> Socket:
    """``dup(2)``: a socket object for a duplicate of a descriptor, which stays the caller's.

    Does not block.  Raises OSError: EBADF, EMFILE, ENOTSOCK.
    """
    module = _public.module
    owned: list[int] = []
    try:
        if module.dup is dup:
            system.claim_duplicate(owned, system.descriptor(fd))
        else:  # a program's own
            owned.append(module.dup(fd))
        sock: Socket = adopt(owned, partial(module.socket, family, type, proto))
        return sock
    except BaseException:
        close_all(owned)
        raise


def fromshare(info: bytes) -> Socket:
    """``WSASocketW``: a socket object out of what ``share`` has made, perhaps elsewhere.

    Does not block.  Raises ValueError for bytes of the wrong size, and OSError.  (Windows)
    """
    fd, family, type, proto = system.received(info)
    sock: Socket = adopt([fd], partial(_public.module.socket, family, type, proto))
    return sock


def send_fds(
    sock: Socket,
    buffers: Iterable[ReadableBuffer],
    fds: Iterable[int],
    flags: int = 0,
    address: Address | None = None,
) -> int:
    """``sendmsg(2)`` with SCM_RIGHTS: send data, and descriptors along with it.

    ``buffers`` are bytes-like objects, of one byte at least together; ``fds`` are open in this
    process, and the receiver gets duplicates.  Returns how many bytes of data were sent.
    Blocks, and fails, like ``sendmsg``.  (Unix)
    """
    return sock.sendmsg(buffers, [(*_RIGHTS, array("i", fds))], flags, address)


def recv_fds(
    sock: Socket, bufsize: int, maxfds: int, flags: int = 0
) -> tuple[bytes, list[int], int, RetAddress]:
    """``recvmsg(2)`` with SCM_RIGHTS: ``(data, descriptors, msg_flags, address)``.

    Up to ``bufsize`` bytes of data, and ``maxfds`` descriptors, which are the caller's to close.
    MSG_CMSG_CLOEXEC among the flags keeps children from inheriting them.  Blocks, and fails,
    like ``recvmsg``.  (Unix)
    """
    fds = array("i")
    data, ancdata, msg_flags, address = sock.recvmsg(
        bufsize, CMSG_LEN(maxfds * fds.itemsize), flags
    )
    try:
        for level, kind, payload in ancdata:
            if (level, kind) == _RIGHTS:
                # A truncated message may end within a descriptor.
                fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
        return data, list(fds), msg_flags, address
    except BaseException:
        close_all([*fds])
        raise
