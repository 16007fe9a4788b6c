"""sendmsg and recvmsg: the message header, and the memory that it points to.

``struct msghdr`` gathers everything that belongs to one message: the address, an array of
``struct iovec`` (where the data is), and the control messages.

    msghdr ── msg_name    → sockaddr
           ── msg_iov     → iovec[] ── iov_base → data, or the caller's buffers
           ── msg_control → cmsghdr, data, cmsghdr, data, …

A letter is one piece of memory that has all of this, one part behind the other: header,
iovecs, address, control messages, and the data too if it is small.  So it is written as
bytes, and put into memory whose address is known, at once: setting the members of the
ctypes structs one by one would cost 60 ns each.

Larger data stays where it is.  C follows the pointers to it, which ctypes does not know;
so a list holds on to its owners until the call has returned, and is then cleared: a
bytearray that is lent cannot be resized.
"""

from __future__ import annotations

from ctypes import addressof
from struct import error as StructError
from sys import audit
from warnings import warn

from ._abi import codec
from ._arguments import INT_MAX, ZERO, c_int, c_ssize_t, kind, room_in, view_of
from ._card import LIMIT, incoming, outgoing
from ._cmsg import SOCKLEN_MAX, Control
from ._host import abi, constants, lib, structs
from ._interpreter import (
    MOST,
    PYPY,
    address_of,
    borrow,
    borrow_address,
    bytes_at,
    chars,
    number_of,
    pointer_to,
)
from ._transfer import AT_ONCE, STORAGE, Pool, bytes_if_small, fresh_memory, taken_from
from ._wait import READ, WRITE, repeat
from .families import packers, unpack_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    from ._foreign import Library
    from ._socket import Socket
    from ._types import Address, Cmsg, CmsgArg, ReadableBuffer, RetAddress, WriteableBuffer

    Data = TypeVar("Data", bytes, int)

control = Control(abi)
_messages, _walk = control.messages, control.walk
_pop_outgoing, _put_outgoing = outgoing.pop, outgoing.put
_pop_incoming, _put_incoming = incoming.pop, incoming.put
_NOT_AS_C = (TypeError, ValueError, BufferError, StructError)
_msghdr = codec(
    abi,
    structs["msghdr"],
    "msg_name msg_namelen msg_iov msg_iovlen msg_control msg_controllen msg_flags",
)
_iovec = codec(abi, structs["iovec"], "iov_base iov_len")
_RIGHTS = (constants["SOL_SOCKET"], constants.get("SCM_RIGHTS"))

# --- letters -------------------------------------------------------------------------

_MANY = 64  # buffers; a letter has room for the iovecs of so many
_SMALL = 16384  # bytes; up to so many go into the letter itself, and so of control messages
_ROOM = 4 * _SMALL
_NONE = ()  # ``()`` is one object
_BYTES = {bytes}


def _letter(more: int = 0) -> tuple[Any, Any, int]:
    """``(memory, pointer to it, its address)``."""
    # A power of two: each size is a type, which is kept.
    memory = chars(1 << (_ROOM + more - 1).bit_length())
    return memory, pointer_to(memory), addressof(memory)


def _long(count: int, function: str) -> tuple[Any, Any, int]:
    """A letter for many buffers.  More than IOV_MAX (1024) are too many for the kernel."""
    if count > INT_MAX:  # msg_iovlen is an int on most systems, and would be cut down to one
        raise OSError(f"{function}() argument 1 is too long")
    return _letter(_IOVEC * count)


_letters = Pool(_letter)
_HEADER, _IOVEC = _msghdr.size, _iovec.size

# --- sending -------------------------------------------------------------------------


def sendmsg(
    self: Socket,
    buffers: Iterable[ReadableBuffer],
    ancdata: Iterable[CmsgArg] = (),
    flags: int = 0,
    address: Address | None = None,
    /,
) -> int:
    """``sendmsg(2)``: gather ``buffers`` into one message, with control messages.

    Each control message is a tuple ``(cmsg_level, cmsg_type, cmsg_data)``.
    """
    if flags is not ZERO:
        flags = c_int(flags)
    name = b""
    if address is not None:
        name = packers[self._family](address, "sendmsg", self._proto)
    audit("socket.sendmsg", self, address)
    if type(ancdata) is list and type(buffers) is list and not name:
        try:
            (data,) = buffers  # in one step: another thread may change the list
        except ValueError:
            data = None
        if type(data) is bytes and len(data) < LIMIT:
            try:
                packed = _messages(ancdata)
            except _NOT_AS_C as error:
                if _is_callers(error):
                    raise
                packed = b""
            if packed and len(packed) < LIMIT:
                # Inline: another call would cost 50 ns (3.11) to 150 (3.9).
                try:
                    card = _pop_outgoing()
                except IndexError:
                    card = outgoing.make()
                pointer, iov_len, memory, controllen, room = card
                try:
                    iov_len.value, memory.raw = len(data), data
                    controllen.value, room.raw = len(packed), packed
                    calls = self._calls
                    n: int = calls.sendmsg(self._fd, pointer, flags | calls.dontwait)
                    if n < 0:
                        n = repeat(self, WRITE, _sendmsg, pointer, flags, len(data))
                    return n
                finally:
                    _put_outgoing(card)
    return send(self, buffers, ancdata, flags, name)


def send(sock: Socket, buffers: Any, ancdata: Any, flags: int, name: bytes = b"") -> int:
    """``sendmsg(2)``, to a packed address or, without one, to whom the socket is connected."""
    # A list of our own: whoever changes the caller's meanwhile does not change ``count``.
    parts = [*buffers] if type(buffers) is list else _iterated(buffers, 1)
    count = len(parts)
    if 1 < count <= _MANY and _BYTES.issuperset(map(type, parts)):
        if sum(map(len, parts)) <= _SMALL:
            # To join small buffers takes 20 ns each; to pack an iovec for each, 185.
            parts, count = [b"".join(parts)], 1
    letter = memory, pointer, base = _letters.take() if count <= _MANY else _long(count, "sendmsg")
    data_at = base + _HEADER + _IOVEC * count
    iovecs = data = b""
    kept: list[Any] = []
    try:
        for part in parts:
            if type(part) is not bytes:
                part = bytes_if_small(part)
            if type(part) is bytes and len(data) + len(part) <= _SMALL:
                iovecs += _iovec.pack(data_at + len(data), len(part))
                data += part
            else:
                with view_of(part) as view:
                    iovecs += _iovec.pack(_kept(kept, address_of(part, view)), view.nbytes)
        packed = _control(ancdata) if ancdata is not _NONE else b""
        name_at = control_at = 0
        body = iovecs + data
        if name:
            body += b"\0" * (-len(body) & 15)
            name_at = base + _HEADER + len(body)
            body += name
        if len(packed) > _SMALL:
            control_at = _kept(kept, address_of(packed, memoryview(packed)))
        elif packed:
            body += b"\0" * (-len(body) & 15)
            control_at = base + _HEADER + len(body)
            body += packed
        iov_at = base + _HEADER if count else 0
        memory.raw = (
            _msghdr.pack(name_at, len(name), iov_at, count, control_at, len(packed), 0) + body
        )
        size = MOST if kept else len(data)
        n = _sendmsg(sock._calls, sock._fd, pointer, flags, size)
        if n < 0:
            n = repeat(sock, WRITE, _sendmsg, pointer, flags, size)
        return n
    finally:
        kept.clear()
        if count <= _MANY:
            _letters.put(letter)


def _kept(kept: list[Any], lent: tuple[Any, int]) -> int:
    owner, address = lent
    kept.append(owner)
    return address


def _sendmsg(calls: Library, fd: int, pointer: Any, flags: int, size: int) -> int:
    flags |= calls.dontwait
    n: int = (calls if size <= AT_ONCE else lib).sendmsg(fd, pointer, flags)
    return n


def _iterated(items: Any, position: int, function: str = "sendmsg") -> list[Any]:
    try:
        iterator = iter(items)
    except TypeError:
        complaint = f"{function}() argument {position} must be an iterable"
        raise TypeError(complaint) from None
    return list(iterator)


def _control(ancdata: Any) -> bytes:
    """The control messages of the caller.

    What ``messages`` cannot take is looked at again, for what C would say to it.
    """
    items = ancdata if type(ancdata) is list else _iterated(ancdata, 2)
    try:
        packed = _messages(items)
    except _NOT_AS_C as error:
        if _is_callers(error):
            raise
        packed = b""
    if not packed or len(packed) > control.most:
        packed = _messages(map(_checked, items))
        if len(packed) > SOCKLEN_MAX:
            raise OSError("too much ancillary data")
    return packed


def _is_callers(error: Exception) -> bool:
    """Whether code of the caller's raised it meanwhile: an ``__index__``, a signal handler."""
    at = error.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    return bool(at and at.tb_frame.f_code is not _messages.__code__)


def _checked(item: Any) -> tuple[int, int, bytes]:
    if type(item) is not tuple or len(item) != 3:
        _must_be_three(item)
    level, number, data = item
    level, number = c_int(level), c_int(number)
    with view_of(data) as view:
        if view.nbytes > control.most:
            raise OSError("ancillary data item too large")
        return level, number, view.tobytes()


def _must_be_three(item: Any) -> None:
    label = "[sendmsg() ancillary data items]"
    if not hasattr(item, "__getitem__") or isinstance(item, (bytes, dict)):
        raise TypeError(f"{label}() argument must be 3-item sequence, not {kind(item)}")
    if len(item) != 3:
        raise TypeError(f"{label}() argument must be sequence of length 3, not {len(item)}")


# --- receiving -----------------------------------------------------------------------


def recvmsg(
    self: Socket, bufsize: int, ancbufsize: int = 0, flags: int = 0, /
) -> tuple[bytes, list[Cmsg], int, RetAddress]:
    """``recvmsg(2)``: ``(data, ancdata, msg_flags, address)``.

    ``ancdata`` is a list of control messages, ``(cmsg_level, cmsg_type, cmsg_data)``
    each, for which there are ``ancbufsize`` bytes of room (``CMSG_SPACE``).
    """
    if flags is not ZERO or type(bufsize) is not int or type(ancbufsize) is not int:
        bufsize, ancbufsize, flags = c_ssize_t(bufsize), c_ssize_t(ancbufsize), c_int(flags)
    if flags is ZERO and ancbufsize and 0 <= bufsize | ancbufsize < LIMIT:
        raw = name = b""
        try:  # inline, as in ``sendmsg``
            card = _pop_incoming()
        except IndexError:
            card = incoming.make()
        pointer, iov_len, memory, controllen, room, namelen, sender, msg_flags = card
        try:
            iov_len.value, controllen.value, namelen.value = bufsize, ancbufsize, STORAGE
            calls = self._calls
            n = calls.recvmsg(self._fd, pointer, calls.dontwait)
            if n < 0:
                # A failed call leaves the lengths as they are.
                n = repeat(self, READ, _recvmsg, pointer, flags, bufsize)
            # Without flags like MSG_TRUNC, no length is more than there was room for.
            raw, data = room[: controllen.value], memory[:n]
            told, length = msg_flags.value, namelen.value
            if told or length:
                name = sender[:length]
                # For the next one, should C write none and not say so.
                msg_flags.value, sender.raw = 0, _NO_NAME
            ancdata, whole = _walk(raw)
            if whole and not name:
                return data, ancdata, told, None
        except BaseException:
            _close_received(raw)
            raise
        finally:
            _put_incoming(card)
        return _answer(self, raw, told, name, bytes, data)
    if 0 <= bufsize <= _SMALL:
        _, data, raw, told, name = _receive(self, None, bufsize, ancbufsize, flags)
        return _answer(self, raw, told, name, bytes, data)
    if c_ssize_t(bufsize) < 0:
        c_ssize_t(ancbufsize)
        raise ValueError("negative buffer size in recvmsg()")
    fresh = fresh_memory(bufsize)
    kept: list[Any] = []
    try:
        exact = type(fresh) is bytes
        lent = address_of(fresh, memoryview(fresh)) if exact else borrow_address(fresh)
        iovec = _iovec.pack(_kept(kept, lent), min(bufsize, MOST))
        n, _, raw, told, name = _receive(self, iovec, 0, ancbufsize, flags)
        return _answer(self, raw, told, name, taken_from, fresh, n)
    finally:
        kept.clear()


def recvmsg_into(
    self: Socket, buffers: Iterable[WriteableBuffer], ancbufsize: int = 0, flags: int = 0, /
) -> tuple[int, list[Cmsg], int, RetAddress]:
    """``recvmsg(2)`` into ``buffers``, one after the other, as far as the data goes."""
    ancbufsize, flags = c_ssize_t(ancbufsize), c_int(flags)
    parts = _iterated(buffers, 1, "recvmsg_into")
    kept: list[Any] = []
    try:
        try:
            kept += map(borrow, parts)
        except (TypeError, ValueError, BufferError):
            raise TypeError(_NO_BUFFER) from None
        # Asked only now: what is lent keeps its size, whatever other threads do.
        sizes = [len(part) if type(part) is bytearray else room_in(part) for part in parts]
        if None in sizes:
            raise TypeError(_NO_BUFFER)
        iovecs = b"".join(map(_iovec.pack, map(number_of, kept), sizes))
        n, _, raw, told, name = _receive(self, iovecs, 0, ancbufsize, flags)
        return _answer(self, raw, told, name, int, n)
    finally:
        kept.clear()


_NO_BUFFER = (
    "recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers"
)


def _receive(
    sock: Socket,
    iovecs: bytes | None,
    inside: int,
    ancbufsize: int,
    flags: int,
) -> tuple[int, bytes, bytes, int, bytes]:
    """``recvmsg(2)`` to where ``iovecs`` say, or without any to ``inside`` bytes of the letter.

    Its result, the bytes that are inside, and as C has them: control messages, flags, name.
    """
    if not 0 <= ancbufsize <= SOCKLEN_MAX:
        c_ssize_t(ancbufsize)
        raise ValueError("invalid ancillary data buffer length")
    count = 1 if iovecs is None else len(iovecs) // _IOVEC
    name_at = _HEADER + _IOVEC * count
    data_at = name_at + _STORAGE
    control_at = data_at + (inside + 15 & ~15)
    end = control_at + ancbufsize
    if count > _MANY:
        letter = _long(count + end // _IOVEC, "recvmsg_into")
    elif end > _ROOM:
        letter = _letter(end)
    else:
        try:
            letter = _letters.pop()
        except IndexError:
            letter = _letters.make()
    memory, pointer, base = letter
    size = MOST
    if iovecs is None:
        size, iovecs = inside, _iovec.pack(base + data_at, inside)
    iov_at = base + _HEADER if count else 0
    msg_control = base + control_at if ancbufsize else 0
    memory.raw = (
        _msghdr.pack(base + name_at, abi.storage, iov_at, count, msg_control, ancbufsize, 0)
        + iovecs
        + _NO_NAME  # no address of an earlier letter, should C write none and not say so
    )
    calls = sock._calls if size <= AT_ONCE else lib
    n = calls.recvmsg(sock._fd, pointer, flags | sock._calls.dontwait)
    if n < 0:
        # A failed call leaves the lengths as they are.
        n = repeat(sock, READ, _recvmsg, pointer, flags, size)
    end = data_at + min(n, inside)
    written: bytes = bytes_at(base, end) if PYPY else memory[:end]
    _, namelen, _, _, _, controllen, msg_flags = _msghdr.unpack_from(written)
    raw = b""
    if controllen:
        end = control_at + min(controllen, ancbufsize)
        raw = bytes_at(base + control_at, end - control_at) if PYPY else memory[control_at:end]
    if len(memory) == _ROOM:
        _letters.put(letter)
    name = written[name_at : name_at + min(namelen, abi.storage)]
    return n, written[data_at:], raw, msg_flags, name


_STORAGE = abi.storage + 15 & ~15
_NO_NAME = bytes(_STORAGE)


def _recvmsg(calls: Library, fd: int, pointer: Any, flags: int, size: int) -> int:
    flags |= calls.dontwait
    n: int = (calls if size <= AT_ONCE else lib).recvmsg(fd, pointer, flags)
    return n


def _answer(
    sock: Socket, raw: bytes, told: int, name: bytes, finish: Callable[..., Data], *args: Any
) -> tuple[Data, list[Cmsg], int, RetAddress]:
    """What a message is in Python: ``(finish(*args), ancdata, msg_flags, address)``."""
    try:
        ancdata, whole = _walk(raw)
        if not whole:
            complaint = "received malformed or improperly-truncated ancillary data"
            warn(complaint, RuntimeWarning, stacklevel=3)
        return finish(*args), ancdata, told, unpack_for(sock._proto, name)
    except BaseException:
        _close_received(raw)
        raise


def _close_received(raw: bytes) -> None:
    """Close the descriptors that came with a message which nobody will see."""
    for level, cmsg_type, data in control.walk(raw)[0]:
        if (level, cmsg_type) == _RIGHTS:
            for fd in memoryview(data[: len(data) // 4 * 4]).cast("i"):
                lib.close(fd)
