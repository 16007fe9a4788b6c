"""A whole message in one piece of memory: ``struct msghdr`` and all that it points to.

``struct msghdr`` gathers everything that belongs to one message: the address, an array of
``struct iovec`` (where the data is), and the control messages.

    msghdr ── msg_name    → sockaddr
           ── msg_iov     → iovec[] ── iov_base → data, or the caller's buffers
           ── msg_control → cmsghdr, data, cmsghdr, data, …

A message buffer is one piece of memory that has all of this, one part after the other:

    to send     | msghdr | iovec[] | data    | sockaddr         | control messages |
    to receive  | msghdr | iovec[] | sockaddr | control messages | data             |

So it is written as bytes, and put into memory whose address is known, in one step: setting
the members of the ctypes structs one by one would cost 60 ns each.

Larger data stays where it is.  C follows the pointers to it, which ctypes does not know of;
so lists keep the exports of the caller's buffers until the call has returned, and release them
then: as long as a bytearray is exported it cannot be resized.
"""

from __future__ import annotations

from ctypes import addressof, c_ubyte, sizeof
from itertools import accumulate
from operator import attrgetter

from .._ffi.abi import codec
from .._ffi.arguments import INT_MAX, is_refusal, view_of
from .._ffi.arguments import size_of as size_in
from .._ffi.exports import LENDS_ALL, in_heap, memory_of, reaches
from .._ffi.interpreter import (
    COPY_MAX,
    POOL_MAX,
    PYPY,
    TRANSFER_MAX,
    array_type,
    bytes_at,
    bytes_of,
    exhaust,
    fill,
    number_in,
    number_of,
    pointer_to,
    put_bytes,
    releasing,
    reserve,
)
from .._host import abi, constants, structs
from .cmsg import control
from .descriptor import close_all
from .memory import LARGE_KEPT, ODD_FLAGS, SOCKADDR_MAX, Pool, zeros
from .rights import PIDFD, close_octets, close_received, descriptors_in
from .transfer import KEEP_GIL_MAX, put_written
from .wait import READ, WRITE, retry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._ffi.prototype import Library
    from .state import SocketState

_msghdr = codec(
    abi,
    structs["msghdr"],
    "msg_name msg_namelen msg_iov msg_iovlen msg_control msg_controllen msg_flags",
)
_iovec = codec(abi, structs["iovec"], "iov_base iov_len")
_HEADER, _IOVEC = _msghdr.size, _iovec.size

# --- message buffers -----------------------------------------------------------------

MANY = 64  # buffers; a pooled message buffer has room for the iovecs of so many
SMALL = COPY_MAX  # bytes; up to so many are copied into the message buffer
_ROOM = 4 * SMALL
_LARGE_ROOM = _ROOM + POOL_MAX
_octets = c_ubyte * 256  # an index above that is no small int


class MessageBuffer:
    """Memory for a message: its address as a pointer and as a number.

    The first _ROOM bytes are put and read as those of an array: without a foreign call, which
    takes four times as long.
    """

    __slots__ = ("_memory", "_owner", "base", "header", "pointer")

    def __init__(self, size: int, *, mapped: bool = False) -> None:
        if mapped:
            self._owner: Any = memoryview(zeros(max(size, _ROOM)))
            self._memory = array_type(_ROOM).from_buffer(self._owner)
        else:
            self._owner = self._memory = reserve(size)
        self.base, self.pointer = addressof(self._memory), pointer_to(self._memory)
        self.header = structs["msghdr"].from_buffer(self._memory)  # read where no memory is left

    def put(self, body: bytes) -> None:
        """Write ``body`` to the begin."""
        if len(body) <= _ROOM:
            put_bytes(self._memory, self.pointer, body)
        else:
            fill(self.pointer, body)

    def octets(self, at: int) -> Any:
        """Small ints: the bytes of memory from here, as far as ``close_octets`` can read them."""
        if PYPY or at > _ROOM - sizeof(_octets):  # PyPy takes long, and ends without memory
            return b""
        return _octets.from_buffer(self._memory, at)

    def begin(self, size: int) -> bytes:
        """The first ``size`` bytes: a struct, and as many iovecs as the kernel takes."""
        return bytes_of(self._memory, self.pointer, size)


_pool = Pool(lambda: MessageBuffer(_ROOM))
_large_pool = Pool(lambda: MessageBuffer(_LARGE_ROOM), LARGE_KEPT, own=False)


def _buffer_of(size: int, *, zeroed: bool = False) -> tuple[MessageBuffer, Pool | None]:
    """A message buffer, and the pool to put it back into, if it is from one."""
    if size > _LARGE_ROOM or zeroed:
        return MessageBuffer(size, mapped=True), None
    pool = _pool if size <= _ROOM else _large_pool
    return pool.take(), pool


def _too_many(count: int, function: str) -> None:
    """More than IOV_MAX (1024) are too many for the kernel, which says so itself."""
    if count > INT_MAX:  # msg_iovlen is an int on most systems, and would be cut down to one
        raise OSError(f"{function}() argument 1 is too long")


def _aligned(body: bytes) -> bytes:
    """``body``, and zeros up to where a struct may begin."""
    return body + b"\0" * (-len(body) & 15)


# --- sending -------------------------------------------------------------------------


def send(
    sock: SocketState,
    parts: list[Any],
    pack_control: Callable[[], bytes],
    flags: int,
    sockaddr: bytes = b"",
) -> int:
    """``sendmsg(2)`` of the buffers ``parts``, and of the control messages that are packed then.

    To an address or, without one, to whom the socket is connected.
    """
    _too_many(len(parts), "sendmsg")
    if len(parts) == 1 and type(parts[0]) is bytes and len(parts[0]) <= SMALL:
        # As mostly: no loop over buffers, of which each takes 150 ns on PyPy, nor an export.
        data = parts[0]
        return _send(sock, len(data), [len(data)], [], data, pack_control(), flags, sockaddr)
    if _BYTES.issuperset(map(type, parts)):  # which nobody resizes: no exports
        packed = pack_control()
        sizes = [len(part) for part in parts]
        total = sum(sizes)
        if total <= SMALL:
            return _send_joined(sock, total, sizes, parts, packed, flags, sockaddr)
        held = [*map(number_of, parts)]
        numbers = [pair[0] for pair in held]
        return _send(sock, total, sizes, numbers, b"", packed, flags, sockaddr)
    views: list[Any] = []
    kept: list[Any] = []
    released = releasing(views, kept)
    try:
        export(views, parts)
        sizes = [size_in(view) for view in views]
        packed = pack_control()
        outdated = False
        if not LENDS_ALL:  # an __index__ may have resized what they show
            sizes = [size_in(view) for view in views]
            outdated = sizes != [view.nbytes for view in views]
        total = sum(sizes)
        if total <= SMALL and not outdated and all(map(in_heap, views)):
            return _send_joined(sock, total, sizes, views, packed, flags, sockaddr)
        kept.extend(map(number_in, views))
        numbers = [pair[0] for pair in kept]
        return _send(sock, total, sizes, numbers, b"", packed, flags, sockaddr)
    finally:
        exhaust(released)


def _send_joined(
    sock: SocketState,
    total: int,
    sizes: list[int],
    parts: list[Any],
    packed: bytes,
    flags: int,
    sockaddr: bytes,
) -> int:
    """``sendmsg(2)`` of small buffers: to join them takes 20 ns each, to pack an iovec 185."""
    if 1 < len(parts) <= MANY:
        sizes = [total]
    return _send(sock, total, sizes, [], b"".join(parts), packed, flags, sockaddr)


def _send(
    sock: SocketState,
    total: int,
    sizes: list[int],
    numbers: list[int],
    data: bytes,
    packed: bytes,
    flags: int,
    sockaddr: bytes,
) -> int:
    """``sendmsg(2)`` of buffers of these ``sizes``: at the addresses ``numbers``, or ``data``."""
    count = len(sizes)
    size = _HEADER + _IOVEC * count + len(data) + len(sockaddr) + len(packed)
    buffer, pool = _buffer_of(size + 2 * 15)  # _aligned twice
    at = buffer.base + _HEADER + _IOVEC * count
    if numbers:
        body = b"".join(map(_iovec.pack, numbers, sizes))
    elif count == 1:
        body = _iovec.pack(at, total) + data
    else:
        body = b"".join(map(_iovec.pack, accumulate([at, *sizes[:-1]]), sizes)) + data
    name_at = control_at = 0
    if sockaddr:
        body = _aligned(body)
        name_at = buffer.base + _HEADER + len(body)
        body += sockaddr
    if packed:
        body = _aligned(body)
        control_at = buffer.base + _HEADER + len(body)
        body += packed
    iov_at = buffer.base + _HEADER if count else 0
    header = (name_at, len(sockaddr), iov_at, count, control_at, len(packed), 0)
    buffer.put(_msghdr.pack(*header) + body)
    calls = sock._sock_calls_
    try:
        n = _sendmsg(calls, sock, buffer.pointer, flags, total)
        if n < 0:
            n = retry(sock, calls, WRITE, _sendmsg, buffer.pointer, flags, total)
    finally:
        if pool is not None:
            pool.put(buffer)
    return n


_BYTES = {bytes}


def export(views: list[Any], parts: list[Any]) -> None:
    """Export each buffer once: its memory stays where it is until its view is released."""
    try:
        views.extend(map(memory_of, parts))
        return
    except Exception as error:
        if not is_refusal(error) or all(map(_is_whole, views)):
            if isinstance(error, TypeError):
                view_of(parts[len(views)]).release()
            raise
    for view in views:
        size_in(view)  # of two that cannot be sent, the first is an error


_is_whole = attrgetter("c_contiguous")


def _sendmsg(calls: Library, sock: SocketState, pointer: Any, flags: int, size: int) -> int:
    flags |= calls.dontwait
    function = (calls if size <= KEEP_GIL_MAX else calls.releasing).sendmsg
    n: int = function(sock._sock_fd_, pointer, flags)
    return n


# --- receiving -----------------------------------------------------------------------

_NAME_ROOM = SOCKADDR_MAX + 15 & ~15
# No address of an earlier message, and no control messages of one, should C write less than it
# says.  More room for control messages than this is new memory, which is zero.
_CONTROL_MAX = 4096
_ZEROS = bytes(_NAME_ROOM + _CONTROL_MAX)


class Received:
    """What ``recvmsg(2)`` has written: its result, data, flags, sockaddr, and control messages.

    ``whole`` is whether the last of these is as long as it says.
    """

    __slots__ = ("ancdata", "data", "msg_flags", "n", "sockaddr", "whole")

    def __init__(self, n: int, data: bytes, msg_flags: int, sockaddr: bytes):
        self.n, self.data, self.msg_flags, self.sockaddr = n, data, msg_flags, sockaddr
        self.ancdata: list[tuple[int, int, bytes]] = []
        self.whole = True


def receive(
    sock: SocketState,
    bufsize: int,
    ancbufsize: int,
    flags: int,
    owned: list[int],
) -> Received:
    """``recvmsg(2)`` of up to ``bufsize`` bytes of data.

    The descriptors that came are in the list ``owned``, before anything else can happen: those of
    SCM_RIGHTS, and then those of SCM_PIDFD.  If the caller fails later, it closes them.
    """
    return _receive(sock, None, bufsize, ancbufsize, flags, owned)


def receive_into(
    sock: SocketState, views: list[Any], ancbufsize: int, flags: int, owned: list[int]
) -> Received:
    """``recvmsg(2)`` of data into the memory of ``views``; ``owned`` as in ``receive``."""
    _too_many(len(views), "recvmsg_into")
    if not LENDS_ALL and len(views) <= constants["IOV_MAX"] and not all(map(reaches, views)):
        return _receive_apart(sock, views, ancbufsize, flags, owned)
    return _receive(sock, views, 0, ancbufsize, flags, owned)


def _iovecs(views: list[Any]) -> bytes:
    # Memory that can be written to has no owner but its view: it is never a copy.
    return b"".join([_iovec.pack(number_in(view)[0], size_in(view)) for view in views])


def _receive_apart(
    sock: SocketState, views: list[Any], ancbufsize: int, flags: int, owned: list[int]
) -> Received:
    """``recvmsg(2)`` into memory of its own, from where the data is put into the views."""
    sizes = [size_in(view) for view in views]
    received = _receive(sock, None, sum(sizes), ancbufsize, flags, owned)
    at = 0
    for view, size in zip(views, sizes):
        put_written(sock, view, received.data[at : at + size], flags)
        at += size
    return received


def _receive(
    sock: SocketState,
    views: list[Any] | None,
    inside: int,
    ancbufsize: int,
    flags: int,
    owned: list[int],
) -> Received:
    """``recvmsg(2)`` to the memory of ``views``, or without to ``inside`` bytes of the buffer."""
    count = 1 if views is None else len(views)
    name_at = _HEADER + _IOVEC * count
    control_at = name_at + _NAME_ROOM
    data_at = control_at + (max(ancbufsize, control.data_at) + 15 & ~15)
    buffer, pool = _buffer_of(data_at + inside, zeroed=ancbufsize > _CONTROL_MAX)
    base, size = buffer.base, TRANSFER_MAX
    if views is not None:
        iovecs = _iovecs(views)
    else:
        size = min(inside, TRANSFER_MAX)
        iovecs = _iovec.pack(base + data_at, size)
    iov_at = base + _HEADER if count else 0
    msg_control = base + control_at if ancbufsize else 0
    octets: Any = buffer.octets(control_at) if ancbufsize else b""
    before = (
        _msghdr.pack(base + name_at, SOCKADDR_MAX, iov_at, count, msg_control, ancbufsize, 0)
        + iovecs
        + _ZEROS[: _NAME_ROOM + max(ancbufsize, control.data_at)]
    )
    if flags & ODD_FLAGS and pool is not None:  # C may count bytes that it does not write
        fill(base + control_at, bytes(data_at + inside - control_at))
    buffer.put(before)
    try:
        calls = sock._sock_calls_
        n = _recvmsg(calls, sock, buffer.pointer, flags, size)
        if n < 0:
            n = retry(sock, calls, READ, _again_recvmsg, buffer, before, views, flags, size)
        written = buffer.begin(control_at)
        _, namelen, _, _, _, controllen, msg_flags = _msghdr.unpack_from(written)
        received = Received(
            n,
            bytes_at(base + data_at, min(n, inside)) if inside else b"",
            unasked(msg_flags, flags),
            written[name_at : name_at + min(namelen, SOCKADDR_MAX)] if namelen else b"",
        )
        if controllen:
            raw = bytes_at(base + control_at, min(controllen, ancbufsize))
            ancdata, received.whole = control.walk(raw)
            received.ancdata = ancdata
            owned.extend(descriptors_in(ancdata) + descriptors_in(ancdata, (PIDFD,)))
    except BaseException:
        # The call may have been made already, and have succeeded: then it has written namelen.
        header = buffer.header
        if owned:
            close_all(owned)
        elif has_succeeded(header.msg_namelen):
            came = header.msg_controllen
            try:
                raw = bytes_at(base + control_at, min(came, ancbufsize))
            except MemoryError:
                close_octets(octets, came if came < ancbufsize else ancbufsize)
            else:
                close_received(raw)
        if pool is not None:
            pool.put(buffer)
        raise
    if pool is not None:
        pool.put(buffer)
        return received
    # To unmap memory releases the GIL, and then another thread's exception is likely.  It is raised
    # in a call, so there is one while the descriptors are still ours.
    try:
        del buffer
        _hear()
        return received
    except BaseException:
        close_all(owned)
        raise


def _hear() -> None:
    """Do nothing: a signal handler, or another thread's exception, runs at a call."""


_DONTWAIT = constants.get("MSG_DONTWAIT", 0)


def unasked(msg_flags: int, flags: int) -> int:
    """``msg_flags`` without MSG_DONTWAIT, unless the caller's ``flags`` have it.

    The BSDs and macOS give the flags back that they were asked with, of which this one may be ours.
    """
    return msg_flags & ~(_DONTWAIT & ~flags)


def _recvmsg(calls: Library, sock: SocketState, pointer: Any, flags: int, size: int) -> int:
    flags |= calls.dontwait
    function = (calls if size <= KEEP_GIL_MAX else calls.releasing).recvmsg
    n: int = function(sock._sock_fd_, pointer, flags)
    return n


def _again_recvmsg(
    calls: Library,
    sock: SocketState,
    buffer: MessageBuffer,
    before: bytes,
    views: list[Any] | None,
    flags: int,
    size: int,
) -> int:
    if views and not LENDS_ALL:  # a handler may have unmapped one, or begun a thread
        if not all(map(reaches, views)):
            raise BufferError("the buffer was resized while it was received into")
        iovecs = _iovecs(views)
        before = before[:_HEADER] + iovecs + before[_HEADER + len(iovecs) :]
    buffer.put(before)
    return _recvmsg(calls, sock, buffer.pointer, flags, size)


def has_succeeded(namelen: int) -> bool:
    """Whether a recvmsg(2) that was given SOCKADDR_MAX bytes for the address has succeeded.

    No address is as long as that, and a call that fails writes no length.  But it may write control
    messages: Linux, if SO_PASSCRED is set, those of EAGAIN (the credentials of nobody).  After them
    there may be descriptors that came with an earlier message, which are not ours to close.
    """
    return namelen != SOCKADDR_MAX


has_succeeded(0)  # as in ``rights``, so that its frame is there
