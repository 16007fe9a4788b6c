"""sendmsg, recvmsg, recvmsg_into: messages with all that belongs to them.

Data is gathered from several buffers, or scattered over them; control messages come along.
How all of it lies in memory is shown in ``_calls.msghdr``.
"""

from __future__ import annotations

from functools import partial
from struct import error as StructError
from sys import audit

from .._calls import msghdr
from .._calls.cmsg import SOCKLEN_MAX, control
from .._calls.descriptor import close_all, hear
from .._calls.msghdr import Received
from .._calls.state import SocketState
from .._calls.transfer import as_written
from .._ffi import versions
from .._ffi.arguments import (
    c_int,
    c_ssize_t,
    is_broken_iterable,
    is_refusal,
    kind,
    send_flags,
    size_of,
    view_of,
    warn_caller,
)
from .._ffi.interpreter import PYPY, exhaust
from ..families import packers, unpack_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .._types import Address, Cmsg, CmsgArg, ReadableBuffer, RetAddress, WriteableBuffer


class Message(SocketState):
    """Whole messages: ``sendmsg(2)`` and ``recvmsg(2)``."""

    __slots__ = ()

    def sendmsg(
        self,
        buffers: Iterable[ReadableBuffer],
        ancdata: Iterable[CmsgArg] = (),
        flags: int = 0,
        address: Address | None = None,
        /,
    ) -> int:
        """``sendmsg(2)``: gather buffers into one message, with control messages.

        ``buffers`` are bytes-like objects, ``ancdata`` tuples ``(cmsg_level, cmsg_type,
        cmsg_data)``, ``flags`` are MSG_ constants.  Without ``address``, the message goes to
        the peer of a connected socket.  Returns the number of bytes of data that were sent.

        Blocks until there is room for some of it (with a timeout: TimeoutError).  Raises
        BlockingIOError in non-blocking mode, other kinds of OSError as the manual page lists
        them, and TypeError for what is no buffer.

        >>> a, b = socketpair()
        >>> a.sendmsg([b"Hello, ", b"world"])
        12
        """
        flags = send_flags(flags)
        sockaddr = b""
        if address is not None:
            sockaddr = packers[self._sock_family_](address, "sendmsg", self._sock_proto_)
        audit("socket.sendmsg", self, address)
        return send_message(self, buffers, ancdata, flags, sockaddr)

    def recvmsg(
        self, bufsize: int, ancbufsize: int = 0, flags: int = 0, /
    ) -> tuple[bytes, list[Cmsg], int, RetAddress]:
        """``recvmsg(2)``: data and control messages.

        Takes up to ``bufsize`` bytes of data, and up to ``ancbufsize`` bytes of control
        messages (``CMSG_SPACE`` says how many bytes one takes).  Returns ``(data, ancdata,
        msg_flags, address)``: ``ancdata`` is a list of tuples ``(cmsg_level, cmsg_type,
        cmsg_data)``, ``msg_flags`` say what was cut (MSG_TRUNC, MSG_CTRUNC), and ``address``
        is the sender's, where there is one.

        Blocks until there is data (with a timeout: TimeoutError).  Raises BlockingIOError in
        non-blocking mode, and other kinds of OSError as the manual page lists them.

        >>> a, b = socketpair()
        >>> a.sendall(b"Hello, world")
        >>> b.recvmsg(1024, CMSG_SPACE(4))
        (b'Hello, world', [], 0, None)
        """
        bufsize, ancbufsize, flags = c_ssize_t(bufsize), c_ssize_t(ancbufsize), c_int(flags)
        if bufsize < 0:
            raise ValueError("negative buffer size in recvmsg()")
        _check_room(ancbufsize)
        owned: list[int] = []  # the descriptors that came, until the caller has them
        try:
            received = msghdr.receive(self, bufsize, ancbufsize, flags, owned)
            answer = _answer(self, as_written(self, received.data, flags), received)
            if PYPY and owned:
                hear()
            return answer
        except BaseException:
            close_all(owned)
            raise

    def recvmsg_into(
        self, buffers: Iterable[WriteableBuffer], ancbufsize: int = 0, flags: int = 0, /
    ) -> tuple[int, list[Cmsg], int, RetAddress]:
        """``recvmsg(2)``: data into the caller's buffers, one after the other.

        Like ``recvmsg``, but instead of the data itself the number of bytes is returned:
        ``(nbytes, ancdata, msg_flags, address)``.  The buffers cannot be resized meanwhile.
        Blocks, and fails, like ``recvmsg``.

        >>> a, b = socketpair()
        >>> a.sendall(b"Hello, world")
        >>> head, rest = bytearray(5), bytearray(100)
        >>> b.recvmsg_into([head, rest])
        (12, [], 0, None)
        >>> head
        bytearray(b'Hello')
        """
        ancbufsize, flags = c_ssize_t(ancbufsize), c_int(flags)
        parts = iterated(buffers, 1, "recvmsg_into")
        views: list[Any] = []
        released = map(memoryview.release, views)
        owned: list[int] = []
        try:
            try:
                _export_room(views, parts)
                _check_room(ancbufsize)
                received = msghdr.receive_into(self, views, ancbufsize, flags, owned)
            finally:
                exhaust(released)
            answer = _answer(self, received.n, received)
            if PYPY and owned:
                hear()
            return answer
        except BaseException:
            close_all(owned)
            raise


def _export_room(views: list[Any], parts: list[Any]) -> None:
    """Export each of the caller's buffers once, into ``views``."""
    try:
        views.extend(map(memoryview, parts))
    except Exception as error:
        if not is_refusal(error):
            raise
        raise TypeError(_NO_BUFFER) from None
    if any(map(_is_no_room, views)):
        raise TypeError(_NO_BUFFER)


def _is_no_room(view: memoryview) -> bool:
    return view.readonly or not view.c_contiguous


_NO_BUFFER = (
    "recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers"
)


def send_message(
    sock: SocketState, buffers: Any, ancdata: Any, flags: int, sockaddr: bytes = b""
) -> int:
    """``sendmsg(2)`` of what the caller gave, to a packed address or without one."""
    parts = iterated(buffers, 1, "sendmsg")
    return msghdr.send(sock, parts, partial(pack_control, ancdata), flags, sockaddr)


def iterated(items: Any, position: int, function: str) -> list[Any]:
    """The items of an argument that has to be iterable.

    A list of our own: another thread may change the caller's meanwhile.
    """
    if type(items) is list:
        return [*items]
    if versions.BROKEN_ITERABLE_IS_NONE:
        try:
            return [*tuple(items)]  # a tuple, as in C, asks no object for its length
        except Exception as error:
            if not is_broken_iterable(error):
                raise
    else:
        try:
            iterator = iter(items)
        except TypeError:
            iterator = None
        if iterator is not None:
            return list(iterator)
    raise TypeError(f"{function}() argument {position} must be an iterable")


def _check_room(ancbufsize: int) -> None:
    if not 0 <= ancbufsize <= SOCKLEN_MAX:
        raise ValueError("invalid ancillary data buffer length")


def _answer(sock: Message, data: Any, received: Received) -> tuple[Any, list[Cmsg], int, Any]:
    """What a message is in Python: ``(data, ancdata, msg_flags, address)``."""
    if not received.whole:
        warn_of_truncation()
    address = unpack_for(sock._sock_proto_, received.sockaddr)
    return data, received.ancdata, received.msg_flags, address


def warn_of_truncation() -> None:
    """CPython's warning of control messages that end in the middle of one."""
    warn_caller("received malformed or improperly-truncated ancillary data", RuntimeWarning)


# --- control messages from the caller -------------------------------------------------

# What ``control.messages`` raises if it is given something that it cannot pack.
UNPACKABLE = (TypeError, ValueError, BufferError, StructError)


def pack_control(ancdata: Any) -> bytes:
    """The caller's control messages as they lie in memory.

    If ``control.messages`` refuses them, they are converted one by one, with C's messages.
    """
    if type(ancdata) is tuple and not ancdata:
        return b""
    items = ancdata if type(ancdata) is list else iterated(ancdata, 2, "sendmsg")
    try:
        packed = control.messages(items)
    except UNPACKABLE as error:
        if is_callers(error):
            raise
        packed = b""
    if not packed or len(packed) > control.most:
        packed = control.messages(map(_checked, items))
        if len(packed) > SOCKLEN_MAX:
            raise OSError("too much ancillary data")
    return packed


def is_callers(error: Exception) -> bool:
    """Whether the caller's code raised it: an ``__index__``, or a signal handler."""
    at = error.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    packing = control.messages.__code__.co_filename
    return bool(at and at.tb_frame.f_code.co_filename != packing)


def _checked(item: Any) -> tuple[int, int, bytes]:
    if type(item) is not tuple or len(item) != 3:
        _must_be_three(item)
    level, number, data = item
    level, number = c_int(level), c_int(number)
    with view_of(data) as view:
        if size_of(view) > control.most:
            raise OSError("ancillary data item too large")
        octets = view.tobytes()
    return level, number, octets


def _must_be_three(item: Any) -> None:
    what = "[sendmsg() ancillary data items]() argument must be"
    new = versions.CMSG_IS_TUPLE
    refused = (str, bytes, bytearray, dict) if new else (bytes, dict)
    sequence = "__getitem__" in set().union(*map(vars, type(item).__mro__))
    if not sequence or isinstance(item, refused):
        wanted = "3-item tuple" if new else "3-item sequence"
        raise TypeError(f"{what} {wanted}, not {kind(item)}")
    if len(item) != 3:
        wanted = "tuple" if new and isinstance(item, tuple) else "sequence"
        raise TypeError(f"{what} {wanted} of length 3, not {len(item)}")
