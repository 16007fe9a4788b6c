"""Control messages: how several of them lie in one buffer, cmsg(3).

Each is a header (``struct cmsghdr``: the message's length, its level and type) and its
data, and each begins at a multiple of the platform's alignment.  All arithmetic here is
that one alignment:

    | cmsghdr   | pad | data      | pad | cmsghdr …
    |<-- CMSG_LEN -------------->|
    |<-- CMSG_SPACE ------------------->|

>>> linux, darwin = map(Control, map(_libc.abi_of, ("linux-gnu-x86_64", "darwin-arm64")))
>>> linux.len(4), linux.space(4), darwin.len(4), darwin.space(4)
(20, 24, 16, 16)
"""

from __future__ import annotations

from array import array
from ctypes import sizeof

from .. import _libc
from .._ffi.abi import codec
from .._host import abi as host_abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from .._ffi.abi import ABI

    Message = tuple[int, int, bytes]

# Lengths are passed as socklen_t, which POSIX wants to be used up to here.
SOCKLEN_MAX = 0x7FFFFFFF


class Control:
    """The layout of control messages on one platform.

    ``messages(items)``  from tuples to bytes, see ``_to_messages``
    ``walk(raw)``        from bytes to tuples, see ``_to_walk``
    """

    def __init__(self, abi: ABI) -> None:
        self.cmsghdr = _libc.structs(abi)["cmsghdr"]
        names = "cmsg_len cmsg_level cmsg_type"
        self.header = codec(abi, self.cmsghdr, names)
        self.mask = abi.cmsg_align - 1
        self.data_at = self.align(sizeof(self.cmsghdr))
        # From here to the end there must be so much for a message after the first.
        self.next_needs = self.header.size + abi.cmsg_data_last
        self.most = SOCKLEN_MAX - self.space(1)  # bytes of data in one message
        self._front = codec(abi, self.cmsghdr, names, self.data_at)
        self.messages = _to_messages(self)
        self.walk = _to_walk(self)

    def align(self, length: int) -> int:
        """``length`` rounded up to the alignment."""
        return (length + self.mask) & ~self.mask

    def len(self, length: int) -> int:
        """``CMSG_LEN(3)``: a header and ``length`` bytes of data."""
        return self.data_at + length

    def space(self, length: int) -> int:
        """``CMSG_SPACE(3)``: the same, up to where a next message would begin."""
        return self.data_at + self.align(length)

    def len_in_range(self, length: int) -> bool:
        """Whether ``len(length)`` fits a socklen_t."""
        return 0 <= length <= SOCKLEN_MAX - self.len(0)

    def space_in_range(self, length: int) -> bool:
        """Whether ``space(length)`` fits a socklen_t."""
        return 0 <= length <= self.most


# Two functions in place of methods: what they need of the layout are names of theirs, not
# attributes, which saves 80 ns of 400 (3.11) each time.


def _to_messages(layout: Control) -> Callable[[Iterable[tuple[int, int, Any]]], bytes]:
    front, data_at, mask = layout._front.pack, layout.data_at, layout.mask
    padding = [bytes(-size & mask) for size in range(mask + 1)]
    join = b"".join

    # No variable is of the enclosing function (see ``memory._per_thread``).
    def messages(
        items: Iterable[tuple[int, int, Any]],
        front: Callable[..., bytes] = front,
        data_at: int = data_at,
        mask: int = mask,
        padding: list[bytes] = padding,
        join: Callable[[Iterable[Any]], bytes] = join,
    ) -> bytes:
        """``(level, type, data)`` messages one after the other, with zeros in between.

        Whatever is no such tuple, or has a number that is no C int, is a TypeError,
        ValueError or ``struct.error``.
        """
        # A list of our own, since code of the caller's may make its list longer meanwhile.
        several = [*items]
        packed: list[bytes] = []
        for item in several:
            if type(item) is not tuple:
                raise TypeError
            level, kind, data = item
            if not type(level) is type(kind) is int:
                raise TypeError  # to convert them may run code of the caller's
            # To join takes half of the time of a view's ``tobytes``, but it replaces what a
            # ``__buffer__`` of the caller's raises.
            if type(data) is not bytes:
                data = join((data,)) if type(data) in _JOINED else _bytes_in(data)
            size = len(data)
            header: bytes = front(data_at + size, level, kind)
            if len(several) == 1:
                return header + data + padding[size & mask]
            packed += (header, data, padding[size & mask])
        return join(packed)

    return messages


_JOINED = frozenset((bytes, bytearray, memoryview, array))


def _bytes_in(data: Any) -> bytes:
    with memoryview(data) as view:
        if not view.c_contiguous:
            raise BufferError
        octets = view.tobytes()
    return octets


def _to_walk(layout: Control) -> Callable[[bytes], tuple[list[Message], bool]]:
    header, size = layout.header.unpack_from, layout.header.size
    data_at, mask, next_needs = layout.data_at, layout.mask, layout.next_needs

    def walk(
        raw: bytes,
        header: Any = header,
        size: int = size,
        data_at: int = data_at,
        mask: int = mask,
        next_needs: int = next_needs,
    ) -> tuple[list[Message], bool]:
        """The ``(level, type, data)`` messages in ``raw``, and whether they are whole.

        A message that says that it is longer than what is left gives the data that is
        there; one with an impossible length gives none.  Either ends it, and is not
        whole.  So does a header that is not all there, and that is how it should be.
        """
        at, end, needed = 0, len(raw), size
        if end > data_at:
            length, level, kind = header(raw)
            if data_at <= length <= end < length + size:
                # One message, as mostly: without the loop, 100 ns (3.11) to 400 (3.9) less.
                return [(level, kind, raw[data_at:length])], True
        messages: list[Message] = []
        while end - at >= needed:
            length, level, kind = header(raw, at)
            if length < data_at or end - at < data_at:
                return messages, False
            messages.append((level, kind, raw[at + data_at : at + length]))
            if at + length > end:
                return messages, False
            at += length + mask & ~mask
            needed = next_needs
        return messages, True

    return walk


control = Control(host_abi)
