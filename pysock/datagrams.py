"""Many datagrams by one system call: sendmmsg(2), recvmmsg(2), and UDP's segmentation.

Where a system lacks one of them, a loop does the same.  All functions take any socket, the
standard library's included, and wait as its timeout says.
"""

from __future__ import annotations

import select
from ctypes import addressof
from errno import EINTR, EINVAL, EIO, EMSGSIZE, ENOPROTOOPT
from struct import Struct
from time import monotonic

from . import _beyond, ancillary, families
from ._calls.getsockopt import identify
from ._calls.memory import SOCKADDR_MAX
from ._ffi.abi import codec
from ._ffi.errors import attempt, from_errno, in_line
from ._ffi.errors import timeout as timeout_error
from ._ffi.interpreter import NULL, bytes_at, fill, number_in, open_library, pointer_to, reserve
from ._ffi.prototype import Library, Prototype, bind
from ._host import abi, constants, structs, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["Ring", "SendError", "receive_segments", "send_many", "send_segments"]

# The time of recvmmsg's timeout is never given, so its type does not matter.
_PROTOTYPES = [
    Prototype(
        "int sendmmsg(int sockfd, struct mmsghdr *msgvec, unsigned int vlen, int flags)", in_line
    ),
    Prototype(
        "int recvmmsg(int sockfd, struct mmsghdr *msgvec, unsigned int vlen, int flags,"
        " void *timeout)",
        in_line,
    ),
]
# FreeBSD counts in a ssize_t and takes a size_t; NetBSD and OpenBSD have Linux' declarations.
_lib = Library(abi.constants)
if "MSG_WAITFORONE" in constants and abi.name.startswith(("linux", "netbsd", "openbsd")):
    bind(_lib, _PROTOTYPES, open_library(None), abi.types, symbols=abi.symbols)

_names = "msg_name msg_namelen msg_iov msg_iovlen msg_control msg_controllen msg_flags"
_msghdr = codec(abi, structs["msghdr"], _names)
_iovec = codec(abi, structs["iovec"], "iov_base iov_len")
_align = abi.bits // 8
_LENGTH_AT = _msghdr.size
_MMSGHDR = (_msghdr.size + 4 + _align - 1) // _align * _align
_BATCH = 64
_WAITFORONE = constants.get("MSG_WAITFORONE", 0)
_SEGMENTS_MAX = 64  # UDP_MAX_SEGMENTS of the kernel
_BYTES_MAX = 65507


class SendError(OSError):
    """A call that sends stopped half way: ``sent`` datagrams had gone.  errno says why."""

    sent: int


def _send_error(error: OSError, sent: int) -> OSError:
    cls = type("SendError", (SendError, type(error)), {})
    made: Any = cls(error.errno, f"{error.strerror or error} (after {sent} datagrams)")
    made.sent = sent
    return made  # type: ignore[no-any-return]


def _timeout_of(sock: Any) -> float | None:
    ask = getattr(sock, "gettimeout", None)
    return None if ask is None else ask()


def _wait(fd: int, writing: bool, limit: float | None) -> None:
    """Wait until ``fd`` is ready, or raise that the deadline has passed."""
    seconds = None if limit is None else max(0.0, limit - monotonic())
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(fd, select.POLLOUT if writing else select.POLLIN)
        found: Any = poll.poll(None if seconds is None else int(seconds * 1000) + 1)
    else:
        found = any(select.select([] if writing else [fd], [fd] if writing else [], [], seconds))
    if not found:
        raise timeout_error("timed out")


def _call(sock: Any, fd: int, writing: bool, function: Any, *args: Any) -> int:
    """``function(*args)``, again after EINTR, and after a wait if it would block."""
    timeout = _timeout_of(sock)
    limit = None if timeout is None else monotonic() + timeout
    while True:
        n = attempt(function, *args)
        if n >= 0:
            return n
        if -n in system.WOULD_BLOCK and timeout != 0:
            _wait(fd, writing, limit)
        elif -n != EINTR:
            raise from_errno(-n)


def send_many(sock: Any, datagrams: Iterable[Any], address: Any = None, flags: int = 0) -> int:
    """``sendmmsg(2)``: send each datagram, by as few calls as there can be; returns how many.

    A datagram is a bytes-like object, which goes to ``address`` (None: to whom ``sock`` is
    connected), or a pair ``(data, address)``.  Waits as the socket's timeout says, anew for each
    batch of 64.  Raises SendError, also of the class of the error itself, whose ``sent`` counts
    the datagrams that had gone.
    """
    items = [item if isinstance(item, tuple) else (item, address) for item in datagrams]
    fd, sent = _beyond.descriptor(sock), 0
    try:
        if not hasattr(_lib, "sendmmsg"):
            for data, to in items:
                sock.send(data, flags) if to is None else sock.sendto(data, flags, to)
                sent += 1
            return sent
        family, _, proto = identify(fd, -1, 0, 0)
        packed: dict[Any, bytes] = {None: b""}
        while sent < len(items):
            n = _send_batch(sock, fd, items[sent : sent + _BATCH], flags, family, proto, packed)
            sent += n
        return sent
    except OSError as error:
        raise _send_error(error, sent) from None


def _send_batch(
    sock: Any, fd: int, items: list[Any], flags: int, family: int, proto: int, packed: Any
) -> int:
    count = len(items)
    views: list[memoryview] = []
    try:
        owners, iovecs, names = [], [], []
        for data, to in items:
            view = memoryview(data)
            views.append(view)
            if not view.c_contiguous:
                raise BufferError("expected a contiguous buffer")
            number, owner = number_in(view) if view.nbytes else (0, None)
            owners.append(owner)
            iovecs.append(_iovec.pack(number, view.nbytes))
            if to not in packed:
                packed[to] = families.pack(family, to, proto=proto)
            names.append(packed[to])
        iov_at = _MMSGHDR * count
        name_at = iov_at + _iovec.size * count
        memory = reserve(name_at + SOCKADDR_MAX * count)
        base = addressof(memory)
        heads = [
            _msghdr.pack(
                base + name_at + i * SOCKADDR_MAX if name else 0,
                len(name), base + iov_at + i * _iovec.size, 1, 0, 0, 0,
            ).ljust(_MMSGHDR, b"\0")
            for i, name in enumerate(names)
        ]  # fmt: skip
        names = [name.ljust(SOCKADDR_MAX, b"\0") for name in names]
        pointer = pointer_to(memory)
        fill(pointer, b"".join(heads + iovecs + names))
        return _call(sock, fd, True, _lib.sendmmsg, fd, pointer, count, flags)
    finally:
        for view in views:
            view.release()


class Ring:
    """Memory for ``count`` datagrams of up to ``size`` bytes: one ``receive`` fills it.

    A longer datagram is cut; on Windows it is an OSError (WSAEMSGSIZE), as of ``recv``.
    """

    def __init__(self, count: int = 64, size: int = 2048) -> None:
        if not (0 < count <= 1024 and 0 < size <= 65536):
            raise ValueError("expected 1 to 1024 datagrams of 1 to 65536 bytes")
        self.count, self.size = count, size
        self._view = memoryview(bytearray(count * size))
        self._views = [self._view[i * size : (i + 1) * size] for i in range(count)]
        number, self._owner = number_in(self._view)
        iov_at = _MMSGHDR * count
        self._name_at = iov_at + _iovec.size * count
        self._memory = reserve(self._name_at + SOCKADDR_MAX * count)
        self._base, self._pointer = addressof(self._memory), pointer_to(self._memory)
        base = self._base
        heads = [
            _msghdr.pack(
                base + self._name_at + i * SOCKADDR_MAX, SOCKADDR_MAX,
                base + iov_at + i * _iovec.size, 1, 0, 0, 0,
            ).ljust(_MMSGHDR, b"\0")
            for i in range(count)
        ]  # fmt: skip
        iovecs = [_iovec.pack(number + i * size, size) for i in range(count)]
        self._before = b"".join(heads + iovecs)
        # The length of the address and of the data in each header.
        at = structs["msghdr"].msg_namelen.offset
        one = f"{at}xI{_LENGTH_AT - at - 4}xI{_MMSGHDR - _LENGTH_AT - 4}x"
        self._heads = Struct(("<" if abi.order == "little" else ">") + one * count)

    def receive(self, sock: Any, flags: int = 0) -> list[tuple[memoryview, Any]]:
        """``recvmmsg(2)``: what there is, at least one: ``(view, address)`` of each datagram.

        The views are of the ring's memory: the next call writes there.  A datagram that is longer
        than the ring's ``size`` is cut.  One thread at a time may use a ring.  Waits for the first
        datagram as the socket's timeout says.  Raises OSError.
        """
        fd = _beyond.descriptor(sock)
        if not hasattr(_lib, "recvmmsg"):
            n, address = sock.recvfrom_into(self._views[0], 0, flags)
            return [(self._views[0][:n], address)]
        fill(self._pointer, self._before)
        args = fd, self._pointer, self.count, flags | _WAITFORONE, NULL
        n = _call(sock, fd, False, _lib.recvmmsg, *args)
        heads = self._heads.unpack(bytes_at(self._base, self._heads.size))
        names = bytes_at(self._base + self._name_at, SOCKADDR_MAX * n)
        found, at, views, unpack = [], 0, self._views, families.unpack_for
        for i in range(n):
            namelen, length = heads[2 * i], heads[2 * i + 1]
            view = views[i] if length >= self.size else views[i][:length]
            found.append((view, unpack(0, names[at : at + min(namelen, SOCKADDR_MAX)])))
            at += SOCKADDR_MAX
        return found


def send_segments(sock: Any, data: Any, size: int, address: Any = None) -> int:
    """Send ``data`` as datagrams of ``size`` bytes each, the last maybe shorter; returns how many.

    By UDP_SEGMENT (on Windows UDP_SEND_MSG_SIZE), up to 64 datagrams a call; by a loop where the
    system or the way to the peer refuses that.  Raises SendError as ``send_many`` does.
    """
    if not 0 < size <= _BYTES_MAX:
        raise ValueError(f"expected a size of 1 to {_BYTES_MAX} bytes, not {size}")
    sent = 0
    with memoryview(data) as whole, whole.cast("B") as view:
        step = size * max(1, min(_SEGMENTS_MAX, _BYTES_MAX // size))
        at, segmented = 0, hasattr(sock, "sendmsg") and _segments(_beyond.descriptor(sock))
        try:
            while at < len(view):
                part = view[at : at + step]
                if segmented and len(part) > size:
                    try:
                        control = ancillary.encode([ancillary.SegmentSize(size)])
                        if address is None:
                            sock.sendmsg([part], control)
                        else:
                            sock.sendmsg([part], control, 0, address)
                        sent, at = sent + -(-len(part) // size), at + step
                        continue
                    except OSError as error:
                        if error.errno not in (EINVAL, EIO, EMSGSIZE, ENOPROTOOPT):
                            raise
                        segmented = False  # a checksum that the card cannot make, or an old kernel
                one = view[at : at + size]
                sock.send(one) if address is None else sock.sendto(one, address)
                sent, at = sent + 1, at + size
        except OSError as error:
            raise _send_error(error, sent) from None
    return sent


def _segments(fd: int) -> bool:
    """Whether a message may say how it is cut: Windows that is too old for it would not say so."""
    option = "UDP_SEND_MSG_SIZE"
    if option not in constants:  # Linux, which refuses what it does not know
        return True
    try:
        _beyond.getsockopt(fd, constants["IPPROTO_UDP"], option, 4)
    except OSError:
        return False
    return True


def receive_segments(sock: Any, bufsize: int = 65536) -> tuple[list[bytes], Any]:
    """The datagrams that one ``recvmsg(2)`` brings, all of one sender, and its address.

    The kernel joins them after ``ancillary.enable(sock, SegmentSize)`` (UDP_GRO); without that
    there is one, and so it is of a socket without ``recvmsg``.  Waits as ``sock.recvmsg`` does.
    Raises OSError.
    """
    if not hasattr(sock, "recvmsg"):
        data, address = sock.recvfrom(bufsize)
        return [data], address
    received = ancillary.receive(sock, bufsize, 64)
    data, size = received.data, len(received.data)
    for value in received.values:
        if isinstance(value, ancillary.SegmentSize) and value.size > 0:
            size = value.size
    parts = [data[at : at + size] for at in range(0, len(data), size)] if data else [b""]
    return parts, received.address
