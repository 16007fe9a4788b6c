"""sendmsg and recvmsg: the message header, and the memory that it points to.

``struct msghdr`` gathers everything that belongs to one message: the address, an array of
``struct iovec`` (where the data is), and the control messages.

    msghdr ── msg_name    → sockaddr
           ── msg_iov     → iovec[] ── iov_base → the caller's buffers
           ── msg_control → cmsghdr, data, cmsghdr, data, …

C follows these pointers, but ctypes does not know that it does.  So a ``Message`` holds
on to all of it until the call has returned, and then lets go of it at once: a bytearray
that is lent cannot be resized.
"""

from __future__ import annotations

from ctypes import addressof, c_char, sizeof
from errno import EMSGSIZE
from functools import partial
from warnings import warn

from . import families
from ._arguments import c_int, kind, room_in, view_of
from ._cmsg import SOCKLEN_MAX, Control
from ._errors import from_errno
from ._interpreter import MOST, address_of, borrow_address, bytes_at, pointer_to
from ._platform import abi, constants, lib, structs
from ._transfer import fresh_memory, taken_from
from ._wait import READ, WRITE, repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    from ._socket import Socket

    Data = TypeVar("Data", bytes, int)

control = Control(abi)
_iovec, _msghdr = structs["iovec"], structs["msghdr"]
_RIGHTS = (constants["SOL_SOCKET"], constants["SCM_RIGHTS"])


class Message:
    """A ``struct msghdr``, and what it points to, for as long as C may look at it."""

    def __init__(self) -> None:
        self.msghdr = _msghdr()
        self.pointer = pointer_to(self.msghdr)
        self.kept: list[Any] = []

    def __enter__(self) -> Message:
        return self

    def __exit__(self, *exception: object) -> None:
        self.kept.clear()

    def keep(self, pair: tuple[Any, int]) -> int:
        """Hold on to the owner of some memory, whose address this is."""
        owner, address = pair
        self.kept.append(owner)
        return address

    def array(self, size: int) -> Any:
        """``size`` bytes of memory, which start as zeros."""
        # A power of two: ctypes remembers the type of every size of array for ever.
        array = (c_char * (1 << max(size - 1, 0).bit_length()))()
        self.keep((array, 0))
        return array

    def set_iovecs(self, places: list[tuple[int, int]]) -> None:
        """Point at the data: ``(address, size)`` each."""
        if places:
            size = len(places) * sizeof(_iovec)
            array = self.array(size)
            for i, (address, length) in enumerate(places):
                entry = _iovec.from_buffer(array, i * sizeof(_iovec))
                entry.iov_base, entry.iov_len = address, length
            self.msghdr.msg_iov = addressof(array)
        self.msghdr.msg_iovlen = len(places)


def send(
    sock: Socket,
    buffers: Iterable[Any],
    ancdata: Iterable[tuple[int, int, Any]],
    flags: int,
    name: bytes | None,
) -> int:
    """``sendmsg(2)``."""
    parts = _iterated(buffers, "sendmsg() argument 1 must be an iterable")
    with Message() as message:
        msghdr = message.msghdr
        places = []
        for part in parts:
            with view_of(part) as view:
                address = message.keep(address_of(part, view))
                places.append((address, view.nbytes))
        _too_many(places)
        message.set_iovecs(places)
        if name is not None:
            msghdr.msg_name = message.keep(address_of(name, memoryview(name)))
            msghdr.msg_namelen = len(name)
        packed = control.pack(_messages(ancdata))
        if packed:
            msghdr.msg_control = message.keep(address_of(packed, memoryview(packed)))
            msghdr.msg_controllen = len(packed)
        n: int = lib.sendmsg(sock._fd, message.pointer, flags)
        if n < 0:
            n = repeat(sock, WRITE, lib.sendmsg, message.pointer, flags)
        return n


def _iterated(items: Any, complaint: str) -> list[Any]:
    try:
        iterator = iter(items)
    except TypeError:
        raise TypeError(complaint) from None
    return list(iterator)


def _too_many(places: list[tuple[int, int]]) -> None:
    # msg_iovlen is an int on most systems, and would be cut down to one.
    if len(places) > 2**31 - 1:
        raise from_errno(EMSGSIZE)


def _messages(ancdata: Any) -> Iterable[tuple[int, int, bytes]]:
    """Each control message of the caller, checked as C would take it."""
    total = 0
    label = "[sendmsg() ancillary data items]"
    for item in _iterated(ancdata, "sendmsg() argument 2 must be an iterable"):
        if not hasattr(item, "__getitem__") or isinstance(item, (bytes, dict)):
            raise TypeError(f"{label}() argument must be 3-item sequence, not {kind(item)}")
        if len(item) != 3:
            raise TypeError(f"{label}() argument must be sequence of length 3, not {len(item)}")
        level, number, data = item
        level, number = c_int(level), c_int(number)
        with view_of(data) as view:
            if not control.space_in_range(view.nbytes):
                raise OSError("ancillary data item too large")
            total += control.space(view.nbytes)
            if total > SOCKLEN_MAX:
                raise OSError("too much ancillary data")
            yield level, number, view.tobytes()


def receive(
    sock: Socket, bufsize: int, ancbufsize: int, flags: int
) -> tuple[bytes, list[tuple[int, int, bytes]], int, Any]:
    """``recvmsg(2)`` into a new bytes object."""
    if bufsize < 0:
        raise ValueError("negative buffer size in recvmsg()")
    with Message() as message:
        memory = fresh_memory(bufsize)
        if type(memory) is bytes:
            lent = address_of(memory, memoryview(memory))
        else:
            lent = borrow_address(memory)
        places = [(message.keep(lent), min(len(memory), MOST))]
        finish = partial(taken_from, memory)
        return _receive(sock, message, places, ancbufsize, flags, finish)


def receive_into(
    sock: Socket, buffers: Iterable[Any], ancbufsize: int, flags: int
) -> tuple[int, list[tuple[int, int, bytes]], int, Any]:
    """``recvmsg(2)`` into the caller's buffers."""
    parts = _iterated(buffers, "recvmsg_into() argument 1 must be an iterable")
    with Message() as message:
        places = []
        for part in parts:
            if room_in(part) is None:
                raise TypeError(_NO_BUFFER)
            address = message.keep(borrow_address(part))
            # Asked again: only what is lent keeps its size, whatever other threads do.
            places.append((address, room_in(part) or 0))
        _too_many(places)
        return _receive(sock, message, places, ancbufsize, flags, lambda n: n)


_NO_BUFFER = (
    "recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers"
)


def _receive(
    sock: Socket,
    message: Message,
    places: list[tuple[int, int]],
    ancbufsize: int,
    flags: int,
    finish: Callable[[int], Data],
) -> tuple[Data, list[tuple[int, int, bytes]], int, Any]:
    msghdr = message.msghdr
    message.set_iovecs(places)
    if not 0 <= ancbufsize <= SOCKLEN_MAX:
        raise ValueError("invalid ancillary data buffer length")
    name = message.array(abi.storage)
    msghdr.msg_name, msghdr.msg_namelen = addressof(name), abi.storage
    ancillary = message.array(ancbufsize)
    if ancbufsize:
        msghdr.msg_control, msghdr.msg_controllen = addressof(ancillary), ancbufsize
    n: int = lib.recvmsg(sock._fd, message.pointer, flags)
    if n < 0:
        # A failed call leaves the lengths as they are.
        n = repeat(sock, READ, lib.recvmsg, message.pointer, flags)
    raw = bytes_at(addressof(ancillary), min(msghdr.msg_controllen, ancbufsize))
    try:
        ancdata = _ancdata(raw)
        sender = families.unpack_for(sock._proto, name.raw[: min(msghdr.msg_namelen, abi.storage)])
        return finish(n), ancdata, msghdr.msg_flags, sender
    except BaseException:
        _close_received(raw)
        raise


def _ancdata(raw: bytes) -> list[tuple[int, int, bytes]]:
    ancdata = []
    for level, cmsg_type, data, whole in control.walk(raw):
        if not whole:
            warn(
                "received malformed or improperly-truncated ancillary data",
                RuntimeWarning,
                stacklevel=5,
            )
        if data is not None:
            ancdata.append((level, cmsg_type, data))
    return ancdata


def _close_received(raw: bytes) -> None:
    """Close the descriptors that came with a message which nobody will see."""
    for level, cmsg_type, data, _ in control.walk(raw):
        if data and (level, cmsg_type) == _RIGHTS:
            for fd in memoryview(data[: len(data) // 4 * 4]).cast("i"):
                lib.close(fd)
