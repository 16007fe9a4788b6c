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

from ctypes import sizeof

from . import _libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ._abi import ABI

    Message = tuple[int, int, bytes]

# Lengths travel as socklen_t, which POSIX wants to be used up to here.
SOCKLEN_MAX = 0x7FFFFFFF


class Control:
    """The layout of control messages on one platform."""

    def __init__(self, abi: ABI) -> None:
        self.cmsghdr = _libc.structs(abi)["cmsghdr"]
        self.mask = abi.cmsg_align - 1
        self.data_at = self.align(sizeof(self.cmsghdr))

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
        return 0 <= length <= SOCKLEN_MAX - self.space(1)

    def pack(self, messages: Iterable[Message]) -> bytes:
        """The buffer for ``(level, type, data)`` messages, its padding zero."""
        packed = bytearray()
        for level, kind, data in messages:
            header = self.cmsghdr(cmsg_len=self.len(len(data)), cmsg_level=level, cmsg_type=kind)
            message = bytes(header).ljust(self.data_at, b"\0") + data
            packed += message.ljust(self.space(len(data)), b"\0")
        return bytes(packed)

    def walk(self, raw: bytes) -> Iterator[tuple[int, int, bytes | None, bool]]:
        """``(level, type, data, whole)`` of each message in ``raw``.

        A message that says that it is longer than what is left gives the data that is
        there, and False for ``whole``; one with an impossible length gives None.  Either
        ends it, and so does a header that is not all there.
        """
        at = 0
        while len(raw) - at >= sizeof(self.cmsghdr):
            header = self.cmsghdr.from_buffer_copy(raw, at)
            length: int = header.cmsg_len
            if length < self.data_at or len(raw) - at < self.data_at:
                yield header.cmsg_level, header.cmsg_type, None, False
                return
            whole = at + length <= len(raw)
            data = raw[at + self.data_at : at + length]
            yield header.cmsg_level, header.cmsg_type, data, whole
            if not whole:
                return
            at += self.align(length)
