"""Many datagrams by one system call: sendmmsg(2), recvmmsg(2), and UDP's segmentation.

Where a system lacks one of them, a loop does the same.  All functions take any socket, the
standard library's included, and wait as its timeout says.
"""

from __future__ import annotations

from ctypes import addressof, c_char
from errno import EINVAL, EIO, EMSGSIZE, ENOPROTOOPT
from functools import cache, lru_cache
from itertools import accumulate, chain
from operator import getitem
from struct import Struct

from . import _beyond, _libc, ancillary, families
from ._beyond import AnySocket
from ._calls.descriptor import NewerWay
from ._calls.getsockopt import identify
from ._calls.memory import ODD_FLAGS, SOCKADDR_MAX, Pool
from ._calls.msghdr import _iovec, _msghdr
from ._calls.wait import READ, WRITE, retry
from ._ffi.arguments import c_int, size_of
from ._ffi.errors import ATTEMPTS, from_errno
from ._ffi.exports import memory_of
from ._ffi.interpreter import (
    NULL,
    bytes_at,
    exhaust,
    fill,
    number_in,
    pointer_to,
    releasing,
    reserve,
)
from ._host import abi, constants, lib, structs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["Ring", "SendError", "receive_segments", "send_many", "send_segments"]

_lib = _libc.load_mmsg(abi)
# A kernel or a sandbox may refuse what the C library has: then a loop does the same.
_sendmmsg, _recvmmsg = NewerWay(hasattr(_lib, "sendmmsg")), NewerWay(hasattr(_lib, "recvmmsg"))

_align = abi.bits // 8
_LENGTH_AT = _msghdr.size
_MMSGHDR = (_msghdr.size + 4 + _align - 1) // _align * _align
_BATCH = 64
_WAITFORONE = constants.get("MSG_WAITFORONE", 0)
_SEGMENTS_MAX = 64  # UDP_MAX_SEGMENTS of the kernel
_BYTES_MAX = 65507


def _header(name_at: int, namelen: int, iov_at: int) -> bytes:
    """A ``struct mmsghdr`` of one iovec; without an address if ``namelen`` is 0."""
    header: bytes = _msghdr.pack(name_at if namelen else 0, namelen, iov_at, 1, 0, 0, 0)
    return header.ljust(_MMSGHDR, b"\0")


class SendError(OSError):
    """A call that sends stopped half way: ``sent`` datagrams had gone.  errno says why."""

    sent: int


def _send_error(error: OSError, sent: int) -> OSError:
    cls = _beyond.also(SendError, error)
    made = cls(error.errno, f"{error.strerror or error} (after {sent} datagrams)")
    made.sent = sent
    return made  # type: ignore[no-any-return]


def _call(sock: Any, events: int, function: Any, *args: Any) -> int:
    """``function(fd, *args)``; if it fails, ``_calls.wait`` decides what follows."""
    state = AnySocket(sock)
    n = _attempt(lib, state, function, *args)
    return n if n >= 0 else retry(state, lib, events, _attempt, function, *args)


def _attempt(calls: Any, state: AnySocket, function: Any, *args: Any) -> int:
    n: int = function(state._sock_fd_, *args)
    return n


def send_many(sock: Any, datagrams: Iterable[Any], address: Any = None, flags: int = 0) -> int:
    """``sendmmsg(2)``: send each datagram, by as few calls as there can be; returns how many.

    A datagram is a bytes-like object, which goes to ``address`` (None: to whom ``sock`` is
    connected), or a pair ``(data, address)``.  Waits as the socket's timeout says, anew for each
    batch of 64.  Raises SendError, also of the class of the error itself, whose ``sent`` counts
    the datagrams that had gone.
    """
    given, flags = list(datagrams), c_int(flags)
    for each in given:
        if isinstance(each, tuple) and len(each) != 2:
            raise TypeError(f"expected a pair (data, address), not {len(each)} items")
    _beyond.descriptor(sock)  # or it is an error
    sent = [0]
    try:
        if _sendmmsg.works is False or not _sent_in_batches(sock, given, address, flags, sent):
            _send_each(sock, _pairs(given, address), flags, sent)
            _sendmmsg.works = False
        return sent[0]
    except OSError as error:
        raise _send_error(error, sent[0]) from None


def _pairs(given: list[Any], address: Any) -> list[Any]:
    return [item if isinstance(item, tuple) else (item, address) for item in given]


def _sent_in_batches(
    sock: Any, given: list[Any], address: Any, flags: int, sent: list[int]
) -> bool:
    """Send by ``sendmmsg(2)``; False if that seems to be refused."""
    try:
        _send_batches(sock, given, address, flags, sent)
    except OSError as error:
        if sent[0] or not _sendmmsg.refuses(error.errno or 0):
            raise
        return False
    if given:
        _sendmmsg.works = True
    return True


def _send_each(sock: Any, items: list[Any], flags: int, sent: list[int]) -> None:
    for data, to in items:
        sock.send(data, flags) if to is None else sock.sendto(data, flags, to)
        sent[0] += 1


def _send_batches(
    sock: Any, given: list[Any], address: Any, flags: int, sent: list[int]
) -> None:
    names = _Names(sock)
    nothing = 0  # how often C has said that it sent none
    while sent[0] < len(given):
        batch = given[sent[0] : sent[0] + _BATCH]
        n = 0
        # With MSG_ZEROCOPY the kernel reads the data later, so it stays where it lies.
        if not flags & ODD_FLAGS and _BYTES.issuperset(map(type, batch)):
            n = _send_joined(sock, batch, names.of([address])[0], flags)
        if n == 0:
            items = _pairs(batch, address)
            n = _send_batch(sock, items, names.of([to for _, to in items]), flags)
        sent[0] += n
        nothing = 0 if n else nothing + 1
        if nothing == ATTEMPTS:
            raise from_errno(0)


class _Names:
    """The sockaddrs of addresses, each object packed once; what the socket is, is asked once.

    By the object, since addresses may be equal of which only one is right (a port of 80.0), and
    that of a Unix socket may be a bytearray.
    """

    def __init__(self, sock: Any) -> None:
        self._sock, self._kind = sock, (0, 0, 0)
        self._packed = {id(None): b""}
        self._known: list[Any] = []  # so that no other object gets the number of one of them

    def of(self, addresses: list[Any]) -> list[bytes]:
        """Their sockaddrs."""
        packed = self._packed
        for address in addresses:
            if id(address) not in packed:
                self._known.append(address)
                packed[id(address)] = self._pack(address)
        return [packed[id(address)] for address in addresses]

    def _pack(self, address: Any) -> bytes:
        if len(self._known) == 1:
            self._kind = identify(_beyond.descriptor(self._sock), -1, 0, 0)
        family, _, proto = self._kind
        return families.pack(family, address, proto=proto)


class _Batch:
    """Memory for a batch of bytes that go to one address.

        | mmsghdr[64] | sockaddr | iovec[64] | data |

    To join the data and to copy it takes a tenth of the time that it takes to find out where each
    datagram lies.  What lies before the data is laid out anew only if it differs from the last.
    """

    def __init__(self) -> None:
        self._memory = memory = reserve(_DATA_AT + _ROOM)
        self._base, self.pointer = addressof(memory), pointer_to(memory)
        self._data = pointer_to(c_char.from_buffer(memory, _DATA_AT))
        self._headers: tuple[int, bytes] = -1, b""
        self._front: tuple[Any, bytes] = None, b""

    def fill(self, name: bytes, sizes: list[int], datagrams: list[bytes]) -> None:
        """Write it all, for the sockaddr ``name``, or ``b""``: to the socket's peer."""
        known, front = self._front
        if known != (name, sizes):
            front = self._headers_for(len(name)) + name.ljust(SOCKADDR_MAX, b"\0")
            starts = accumulate(sizes, initial=self._base + _DATA_AT)
            front += _iovecs(len(sizes)).pack(*chain.from_iterable(zip(starts, sizes)))
            self._front = (name, sizes), front
        fill(self.pointer, front)
        fill(self._data, b"".join(datagrams))

    def _headers_for(self, namelen: int) -> bytes:
        known, headers = self._headers
        if known != namelen:
            name_at, iov_at = self._base + _NAME_AT, self._base + _IOVECS_AT
            places = range(iov_at, iov_at + _iovec.size * _BATCH, _iovec.size)
            headers = b"".join([_header(name_at, namelen, at) for at in places])
            self._headers = namelen, headers
        return headers


_BYTES = {bytes}
_ROOM = 1 << 17  # bytes of data in a batch
_NAME_AT = _MMSGHDR * _BATCH
_IOVECS_AT = _NAME_AT + SOCKADDR_MAX
_DATA_AT = _IOVECS_AT + _iovec.size * _BATCH
_batches = Pool(_Batch, kept=4, own=False)


@cache
def _iovecs(count: int) -> Struct:
    """So many iovecs, one after the other: packed in one step."""
    return Struct(_iovec.format[0] + _iovec.format[1:] * count)


def _send_joined(sock: Any, datagrams: list[bytes], name: bytes, flags: int) -> int:
    """``sendmmsg(2)`` to one sockaddr: how many it has sent; 0 if there is no room for them."""
    count, sizes = len(datagrams), [*map(len, datagrams)]
    if sum(sizes) > _ROOM:
        return 0
    batch = _batches.take()
    try:
        batch.fill(name, sizes, datagrams)
        return min(_call(sock, WRITE, _lib.sendmmsg, batch.pointer, count, flags), count)
    finally:
        _batches.put(batch)


def _send_batch(sock: Any, items: list[Any], names: list[bytes], flags: int) -> int:
    views: list[Any] = []
    owners: list[Any] = []
    # As in _calls.msghdr: each buffer is exported once, and released in one step of C.
    released = releasing(views, owners)
    try:
        views.extend(map(memory_of, [data for data, _ in items]))
        return _send_views(sock, views, owners, names, flags)
    finally:
        exhaust(released)


def _send_views(
    sock: Any, views: list[Any], owners: list[Any], names: list[bytes], flags: int
) -> int:
    count = len(views)
    iov_at = _MMSGHDR * count
    name_at = iov_at + _iovec.size * count
    memory = reserve(name_at + SOCKADDR_MAX * count)
    base, pointer = addressof(memory), pointer_to(memory)
    iovecs = []
    for view in views:
        size = size_of(view)
        number, owner = number_in(view) if size else (0, None)
        owners.append(owner)
        iovecs.append(_iovec.pack(number, size))
    heads = [
        _header(base + name_at + i * SOCKADDR_MAX, len(name), base + iov_at + i * _iovec.size)
        for i, name in enumerate(names)
    ]
    padded = [name.ljust(SOCKADDR_MAX, b"\0") for name in names]
    fill(pointer, b"".join(heads + iovecs + padded))
    return min(_call(sock, WRITE, _lib.sendmmsg, pointer, count, flags), count)


class _Slices(dict[int, slice]):
    """Slices of the first bytes of something, by their number; each is made once."""

    def __missing__(self, size: int) -> slice:
        self[size] = made = slice(size)
        return made


_slices = _Slices()  # of the sizes that datagrams have had


def _is_fixed(raw: bytes) -> bool:
    """Whether these bytes always mean the same address."""
    codec = families.codec_of(abi.family_of(raw)) if raw else None
    return codec is not None and codec.fixed


class Ring:
    """Memory for ``count`` datagrams of up to ``size`` bytes: one ``receive`` fills it.

    A longer datagram is cut; on Windows it is an OSError (WSAEMSGSIZE), as of ``recv``.
    """

    def __init__(self, count: int = 64, size: int = 2048) -> None:
        self.count = count = _beyond.in_range(count, 1024, "a number of datagrams", 1)
        self.size = size = _beyond.in_range(size, 65536, "a size of datagrams", 1)
        self._last: tuple[bytes, tuple[int, ...], list[Any]] = b"", (), []
        self._view = memoryview(bytearray(count * size))
        self._views = [self._view[i * size : (i + 1) * size] for i in range(count)]
        number, self._owner = number_in(self._view)
        iov_at = _MMSGHDR * count
        self._name_at = iov_at + _iovec.size * count
        self._memory = reserve(self._name_at + SOCKADDR_MAX * count)
        self._base, self._pointer = addressof(self._memory), pointer_to(self._memory)
        base = self._base
        heads = [
            _header(
                base + self._name_at + i * SOCKADDR_MAX,
                SOCKADDR_MAX,
                base + iov_at + i * _iovec.size,
            )
            for i in range(count)
        ]
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
        _beyond.descriptor(sock)  # or it is an error
        flags = c_int(flags)
        if flags & ODD_FLAGS:  # C may count bytes that it does not write
            self._view[:] = bytes(len(self._view))
        n = 0
        if _recvmmsg.works is not False:
            n = self._receive(sock, flags)
        if n == 0:
            n, address = sock.recvfrom_into(self._views[0], 0, flags)
            _recvmmsg.works = False
            return [(self._views[0][:n], address)]
        heads = self._heads.unpack(bytes_at(self._base, self._heads.size))
        names = bytes_at(self._base + self._name_at, SOCKADDR_MAX * n)
        namelens, lengths = heads[: 2 * n : 2], heads[1 : 2 * n : 2]
        if max(namelens) > SOCKADDR_MAX:
            namelens = tuple([min(each, SOCKADDR_MAX) for each in namelens])
        cut: Any = map(getitem, self._views, map(_slices.__getitem__, lengths))
        return list(zip(cut, self._addresses(names, namelens)))

    def _addresses(self, names: bytes, namelens: tuple[int, ...]) -> list[Any]:
        """The senders' addresses; mostly they are those of the last call."""
        known, known_lengths, found = self._last
        if (known, known_lengths) != (names, namelens):
            starts = range(0, len(names), SOCKADDR_MAX)
            raws = [names[at : at + namelen] for at, namelen in zip(starts, namelens)]
            each = {raw: families.unpack_for(0, raw) for raw in set(raws)}
            found = [each[raw] for raw in raws]
            if all(map(_is_fixed, each)):
                self._last = names, namelens, found
        return found

    def _receive(self, sock: Any, flags: int) -> int:
        """``recvmmsg(2)``: how many datagrams came; 0 if the call seems to be refused."""
        fill(self._pointer, self._before)
        args = self._pointer, self.count, flags | _WAITFORONE, NULL
        try:
            n = _call(sock, READ, _lib.recvmmsg, *args)
        except OSError as error:
            if not _recvmmsg.refuses(error.errno or 0):
                raise
            return 0
        _recvmmsg.works = True
        return min(n, self.count)


def send_segments(sock: Any, data: Any, size: int, address: Any = None) -> int:
    """Send ``data`` as datagrams of ``size`` bytes each, the last maybe shorter; returns how many.

    By UDP_SEGMENT (on Windows UDP_SEND_MSG_SIZE), up to 64 datagrams a call; by a loop where the
    system or the way to the peer refuses that.  Waits as the socket's timeout says, anew for each
    call.  Raises SendError as ``send_many`` does.
    """
    size = _beyond.in_range(size, _BYTES_MAX, "a size of datagrams", 1)
    sent = [0]
    with _beyond.octets(data) as view:
        try:
            _send_all_segments(sock, view, size, address, sent)
        except OSError as error:
            raise _send_error(error, sent[0]) from None
    return sent[0]


def _send_all_segments(
    sock: Any, view: memoryview, size: int, address: Any, sent: list[int]
) -> None:
    step = size * max(1, min(_SEGMENTS_MAX, _BYTES_MAX // size))
    at, segmented = 0, hasattr(sock, "sendmsg") and _segments(_beyond.handle(sock))
    while at < len(view):
        with view[at : at + step] as part:
            if segmented and len(part) > size:
                try:
                    control = ancillary.encode([ancillary.SegmentSize(size)])
                    if address is None:
                        sock.sendmsg([part], control)
                    else:
                        sock.sendmsg([part], control, 0, address)
                    sent[0] += -(-len(part) // size)
                    at += step
                    continue
                except OSError as error:
                    if error.errno not in (EINVAL, EIO, EMSGSIZE, ENOPROTOOPT):
                        raise
                    segmented = False  # a checksum that the card cannot make, or an old kernel
        with view[at : at + size] as one:
            sock.send(one) if address is None else sock.sendto(one, address)
        sent[0] += 1
        at += size


def _segments(sock: _beyond.Handle) -> bool:
    """Whether a message may say how it is cut: Windows that is too old for it would not say so."""
    option = "UDP_SEND_MSG_SIZE"
    if option not in constants:  # Linux, which refuses what it does not know
        return True
    try:
        _beyond.getsockopt(sock, constants["IPPROTO_UDP"], option, 4)
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
        _beyond.needs(sock, "recvfrom")
        data, address = sock.recvfrom(bufsize)
        return [data], address
    received = ancillary.receive(sock, bufsize, 64)
    data, size = received.data, len(received.data)
    for value in received.values:
        if isinstance(value, ancillary.SegmentSize) and value.size > 0:
            size = value.size
    count, rest = divmod(len(data), size) if data else (0, 0)
    parts = [*_pieces(size, count).unpack_from(data)]  # a third of the time of slices
    if rest or not data:
        parts.append(data[len(data) - rest :])
    return parts, received.address


@lru_cache(maxsize=64)
def _pieces(size: int, count: int) -> Struct:
    """So many pieces of bytes, one after the other."""
    return Struct(f"{size}s" * count)
