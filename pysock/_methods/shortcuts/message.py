"""sendmsg, recvmsg, recvmsg_into of a short message, with or without control messages.

Descriptors, credentials and time stamps travel in such messages, and what servers gather.  A
preallocated message is laid out once: its pointers stay, and a call sets only the lengths, through
ctypes numbers that share the memory of the structs' members.

    msghdr, iovec | sockaddr | control messages | data

That saves 1 µs of a call which takes 2, and two thirds of one without control messages (3.11).
Messages with control messages and messages without have a pool each, so that ``msg_control`` stays
too.  (To set a member takes 370 instructions, to read one 290, a slice 660.)
"""

from __future__ import annotations

from ctypes import addressof, c_ubyte, sizeof
from itertools import starmap
from sys import audit

from ..._calls.cmsg import control
from ..._calls.memory import ODD_FLAGS, SOCKADDR_MAX, Pool, flags_number, zeros
from ..._calls.msghdr import MANY, has_succeeded, unasked
from ..._calls.rights import close_messages, close_octets, close_received, holds_messages
from ..._calls.transfer import KEEP_GIL_MAX
from ..._calls.wait import READ, WRITE, retry
from ..._ffi.arguments import ZERO, c_int, send_flags
from ..._ffi.interpreter import array_type, exhaust, pointer_to
from ..._host import structs
from ...families import packers, unpack_for
from ..message import UNPACKABLE, Message, is_callers, send_message, warn_of_truncation
from .buffers import export_plain, joined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LIMIT = 16384  # bytes of data to send, or of control messages: less are copied
_ROOM = KEEP_GIL_MAX  # bytes of data to receive: of room for more than comes, none is written to

_msghdr, _iovec = structs["msghdr"], structs["iovec"]
_NAME_AT = sizeof(_msghdr) + sizeof(_iovec)
_CONTROL_AT = _NAME_AT + SOCKADDR_MAX + 15 & ~15
_DATA_AT = _CONTROL_AT + _LIMIT
_SIZE = _DATA_AT + _ROOM
_FIRST = 256  # bytes of control messages, which most calls have no more room for


def _preallocated() -> dict[str, Any]:
    """Each part of a message by its name: ``message`` is the pointer, the others are memory."""
    # Mapped memory is zeros, and takes only what is written to.
    memory = array_type(_SIZE).from_buffer(zeros(_SIZE))
    at = addressof(memory)
    header, iovec = _msghdr.from_buffer(memory), _iovec.from_buffer(memory, sizeof(_msghdr))
    header.msg_name = at + _NAME_AT
    header.msg_iov, header.msg_iovlen = at + sizeof(_msghdr), 1
    header.msg_control = at + _CONTROL_AT
    iovec.iov_base = at + _DATA_AT
    members = _members(memory, _msghdr, 0) | _members(memory, _iovec, sizeof(_msghdr))
    return members | {
        "name_at": at + _NAME_AT,
        "message": pointer_to(memory),
        "sockaddr": array_type(SOCKADDR_MAX).from_buffer(memory, _NAME_AT),
        "control": array_type(_LIMIT).from_buffer(memory, _CONTROL_AT),
        "first": array_type(_FIRST).from_buffer(memory, _CONTROL_AT),
        "octets": (c_ubyte * _FIRST).from_buffer(memory, _CONTROL_AT),
        "data": array_type(_ROOM).from_buffer(memory, _DATA_AT),
    }


def _members(memory: Any, struct: Any, at: int) -> dict[str, Any]:
    """The members of a struct in memory, as numbers whose ``value`` can be read and set."""
    return {
        name: kind.from_buffer(memory, at + getattr(struct, name).offset)
        for name, kind in struct._fields_
    }


def _outgoing(with_control: bool = True) -> tuple[Any, ...]:
    parts = _preallocated()
    parts["msg_name"].value = 0  # it has no address to go to: an empty one, the BSDs refuse
    if not with_control:  # the BSDs refuse a pointer to no control messages, too
        parts["msg_control"].value = 0
    names = "message iov_len data msg_controllen control msg_name msg_namelen name_at sockaddr"
    return tuple(map(parts.get, names.split()))


def _incoming(with_control: bool = True) -> tuple[Any, ...]:
    parts = _preallocated()
    if not with_control:
        parts["msg_control"].value = 0
    names = "message iov_len data msg_controllen control first msg_namelen sockaddr msg_flags"
    return tuple(map(parts.get, [*names.split(), "octets"]))


_outgoing_pool, _incoming_pool = Pool(_outgoing), Pool(_incoming)
_bare_outgoing_pool = Pool(lambda: _outgoing(False))
_bare_incoming_pool = Pool(lambda: _incoming(False))
_pop_outgoing, _put_outgoing = _outgoing_pool.pop, _outgoing_pool.put
_pop_incoming, _put_incoming = _incoming_pool.pop, _incoming_pool.put
_pop_bare_outgoing, _put_bare_outgoing = _bare_outgoing_pool.pop, _bare_outgoing_pool.put
_pop_bare_incoming, _put_bare_incoming = _bare_incoming_pool.pop, _bare_incoming_pool.put
_sendmsg, _recvmsg, _recvmsg_into = Message.sendmsg, Message.recvmsg, Message.recvmsg_into
_messages, _walk = control.messages, control.walk


def sendmsg(
    self: Message, buffers: Any, ancdata: Any = (), flags: int = 0, address: Any = None, /
) -> int:
    if (
        type(ancdata) not in _SEQUENCES
        or type(buffers) not in _SEQUENCES
        or (flags is not ZERO and (flags := flags_number(flags, send_flags)) & ODD_FLAGS)
    ):
        return _sendmsg(self, buffers, ancdata, flags, address)
    sockaddr = b""
    if address is not None:
        sockaddr = packers[self._sock_family_](address, "sendmsg", self._sock_proto_)
    audit("socket.sendmsg", self, address)
    parts = [*buffers]  # in one step: another thread may change the caller's list
    if len(parts) == 1 and type(parts[0]) is bytes:  # as mostly, and 3,000 instructions less
        data = parts[0] if len(parts[0]) < _LIMIT else None
    else:
        data = joined(parts, _LIMIT) if 0 < len(parts) <= MANY else None
    if data is None:
        return send_message(self, parts, ancdata, flags, sockaddr)
    packed = b""
    if ancdata:
        try:
            packed = _messages(ancdata)
        except UNPACKABLE as error:
            if is_callers(error):
                raise
        if not 0 < len(packed) < _LIMIT:
            return send_message(self, parts, ancdata, flags, sockaddr)
        put = _put_outgoing
        try:
            entry = _pop_outgoing()
        except IndexError:
            entry = _outgoing()
    else:
        put = _put_bare_outgoing
        try:
            entry = _pop_bare_outgoing()
        except IndexError:
            entry = _outgoing(False)
    pointer, iov_len, memory, controllen, room, name, namelen, name_at, receiver = entry
    iov_len.value, memory.raw = len(data), data
    if packed:
        controllen.value, room.raw = len(packed), packed
    if sockaddr:
        name.value, namelen.value, receiver.raw = name_at, len(sockaddr), sockaddr
    calls = self._sock_calls_
    try:
        transfer = calls.sendmsg
        n: int = transfer(self._sock_fd_, pointer, flags | calls.dontwait)
        if n < 0:
            n = retry(self, calls, WRITE, _again_sendmsg, pointer, flags)
    finally:
        if sockaddr:  # the next message may have no address to go to
            name.value, namelen.value = 0, 0
        put(entry)
    return n


_SEQUENCES = (list, tuple)


def _again_sendmsg(calls: Any, sock: Message, pointer: Any, flags: int) -> int:
    n: int = calls.sendmsg(sock._sock_fd_, pointer, flags | calls.dontwait)
    return n


_NO_NAME, _NO_MESSAGES = bytes(SOCKADDR_MAX), bytes(_FIRST)


def recvmsg(
    self: Message, bufsize: int, ancbufsize: int = 0, flags: int = 0, /
) -> tuple[bytes, Any, int, Any]:
    if (
        type(bufsize) is not int
        or type(ancbufsize) is not int
        or not 0 <= bufsize <= _ROOM
        or not 0 <= ancbufsize < _LIMIT
        or (flags is not ZERO and (flags := flags_number(flags, c_int)) & ODD_FLAGS)
    ):
        return _recvmsg(self, bufsize, ancbufsize, flags)
    # While nobody uses it, its flags, its sockaddr and its control messages are zero.
    try:
        entry = _pop_incoming() if ancbufsize else _pop_bare_incoming()
    except IndexError:
        entry = _incoming(ancbufsize > 0)
    pointer, iov_len, memory, controllen, room, first, namelen, sender, msg_flags, octets = entry
    iov_len.value, namelen.value = bufsize, SOCKADDR_MAX
    if ancbufsize:
        controllen.value = ancbufsize
    calls = self._sock_calls_
    ancdata: Any = []
    address = None
    raw = b""  # the control messages, once they are out of the memory
    try:
        try:
            transfer = calls.recvmsg
            n = transfer(self._sock_fd_, pointer, flags | calls.dontwait)
            if n < 0:
                sizes = bufsize, ancbufsize
                n = retry(self, calls, READ, _again_recvmsg, entry, sizes, flags)
            data = memory[: n if n <= bufsize else bufsize]
            told = msg_flags.value
            if told:
                msg_flags.value = 0
                if told != flags:  # Linux tells of MSG_CMSG_CLOEXEC alone
                    told = unasked(told, flags)
            length = namelen.value
            if length:
                name = sender[:length]
                sender.raw = _NO_NAME
                address = unpack_for(self._sock_proto_, name)
            if ancbufsize and (size := controllen.value):
                raw = room[: size if size <= ancbufsize else ancbufsize]
                ancdata, whole = _walk(raw)
                if not whole:
                    warn_of_truncation()
                first.raw = _NO_MESSAGES
                if ancbufsize > _FIRST:
                    room.raw = bytes(ancbufsize)
        except BaseException:
            # Descriptors may be there already, which nobody will see.
            if not raw and has_succeeded(namelen.value) and holds_messages(octets):
                size = controllen.value
                try:
                    copied = room[: min(size, ancbufsize)]
                except MemoryError:
                    close_octets(octets, size if size < ancbufsize else ancbufsize)
                else:
                    close_received(copied)
            msg_flags.value, sender.raw, first.raw = 0, _NO_NAME, _NO_MESSAGES
            room.raw = bytes(ancbufsize)
            (_put_incoming if ancbufsize else _put_bare_incoming)(entry)
            raise
        (_put_incoming if ancbufsize else _put_bare_incoming)(entry)
        return data, ancdata, told, address
    except BaseException:
        if raw:  # what the caller does not get any more
            close_received(raw)
        raise


def recvmsg_into(
    self: Message, buffers: Any, ancbufsize: int = 0, flags: int = 0, /
) -> tuple[int, Any, int, Any]:
    # Small buffers, in a third of the steps: copied, since to make iovecs of their addresses takes
    # more.
    parts = [*buffers] if type(buffers) in _SEQUENCES else buffers
    if (
        flags is not ZERO
        or type(ancbufsize) is not int
        or not 0 <= ancbufsize < _LIMIT
        or type(parts) is not list
        or len(parts) > MANY
    ):
        return _recvmsg_into(self, parts, ancbufsize, flags)
    alone = len(parts) == 1 and type(parts[0]) is bytearray
    if alone and len(parts[0]) >= _LIMIT:
        return _recvmsg_into(self, parts, ancbufsize)
    if alone and not ancbufsize:
        with memoryview(parts[0]) as view:
            data, ancdata, told, address = recvmsg(self, len(view))
            n = len(data)
            view[:n] = data
        return n, ancdata, told, address
    came: list[Any] = []  # what recvmsg has answered, from its first instant (_calls.descriptor)
    try:
        _recvmsg_scattered(self, parts, ancbufsize, came)
        if not came:
            return _recvmsg_into(self, parts, ancbufsize)
        data, ancdata, told, address = came[0]
        return len(data), ancdata, told, address
    except BaseException:
        if came:
            close_messages(came[0][1])
        raise


def _recvmsg_scattered(
    self: Message, parts: list[Any], ancbufsize: int, came: list[Any]
) -> None:
    """What recvmsg answers into ``came``, and its data into small buffers, if these are plain."""
    views: list[memoryview] = []
    released = map(memoryview.release, views)
    try:
        room = export_plain(views, parts, _LIMIT)
        if room:
            if ancbufsize:  # without, nothing can be lost, and it takes 1,900 instructions less
                came.extend(starmap(recvmsg, ((self, room, ancbufsize),)))
            else:
                came.append(recvmsg(self, room))
            _scatter(came[0][0], views)
    finally:
        exhaust(released)


def _scatter(data: bytes, views: list[memoryview]) -> None:
    """Put data into buffers, one after the other."""
    at, n = 0, len(data)
    for view in views:
        end = at + len(view)
        if end > n:
            view[: n - at] = data[at:]
            return
        view[:] = data[at:end]
        at = end


def _again_recvmsg(
    calls: Any, sock: Message, entry: tuple[Any, ...], sizes: tuple[int, int], flags: int
) -> int:
    pointer, iov_len, _, controllen, _, _, namelen, *_ = entry
    (iov_len.value, controllen.value), namelen.value = sizes, SOCKADDR_MAX
    n: int = calls.recvmsg(sock._sock_fd_, pointer, flags | calls.dontwait)
    return n
