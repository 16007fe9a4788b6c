"""Which bytes that were received are which bytes that were sent.

A stream has no messages: 4 bytes of one send can come as 2 + 2, and 2 + 2 as 4.  What joins both
ends is the position in the stream::

    sent      |  send: 4  |  send: 3  |
    received  | recv: 2 | recv: 5     |

``Stream`` has what one end has sent and nobody has received yet.  Bytes are compared where they
are known, since a recording can lack calls: what differs is looked for further on, and what is
found nowhere is joined with nothing.  Datagrams arrive whole, or cut, in any order, or never:
``Datagrams`` finds them by content and by their addresses.
"""

from __future__ import annotations

from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import NamedTuple

    class Part(NamedTuple):
        """Bytes of one send that one receive has taken."""

        who: int  # the send
        start: int  # where in the stream
        within: int  # where in what was sent
        into: int  # where in what was received
        length: int
else:
    from collections import namedtuple

    Part = namedtuple("Part", "who start within into length")

LEAST = 3  # bytes; fewer are found anywhere


class _Piece:
    """What is left of one send; of ``length`` bytes the first ones are known."""

    __slots__ = ("data", "length", "start", "who", "within")

    def __init__(self, who: int, start: int, data: bytes, length: int) -> None:
        self.who, self.start, self.within = who, start, 0
        self.data, self.length = data, length

    def drop(self, count: int) -> None:
        self.start += count
        self.within += count
        self.data, self.length = self.data[count:], self.length - count


class Stream:
    """One direction of a connection."""

    def __init__(self) -> None:
        self.left: deque[_Piece] = deque()
        self.total = 0

    def sent(self, who: int, data: bytes, length: int) -> None:
        """``length`` bytes have been sent, which begin with ``data``."""
        if length > 0:
            self.left.append(_Piece(who, self.total, data[:length], length))
            self.total += length

    def received(self, data: bytes, length: int, peek: bool = False) -> list[Part]:
        """``length`` bytes that begin with ``data`` have been received: of which sends?"""
        if length <= 0:
            return []
        if self._fits(data, length):
            return self._taken(length, 0, peek)
        known = data if len(data) == length else b""
        skipped = self._found(known)
        if skipped is not None:
            self._skip(skipped, peek)
            return self._taken(length, 0, peek, after=skipped if peek else 0)
        return self._pieces(data, peek)

    def _fits(self, data: bytes, length: int) -> bool:
        at = 0
        for piece in self.left:
            take = min(length - at, piece.length)
            sent, got = piece.data[:take], data[at : at + take]
            both = min(len(sent), len(got))
            if sent[:both] != got[:both]:
                return False
            at += take
            if at == length:
                return True
        return False

    def _taken(self, length: int, into: int, peek: bool, after: int = 0) -> list[Part]:
        """Take so many bytes from the front; with ``peek`` look at them, after some others."""
        parts = []
        for piece in list(self.left):
            if after >= piece.length:
                after -= piece.length
                continue
            count = min(length, piece.length - after)
            parts.append(Part(piece.who, piece.start + after, piece.within + after, into, count))
            length, into, after = length - count, into + count, 0
            if not peek:
                piece.drop(count)
                if not piece.length:
                    self.left.popleft()
            if not length:
                break
        return parts

    def _found(self, data: bytes) -> int | None:
        """How many bytes of the front stand before ``data``; None if it is nowhere."""
        if len(data) < LEAST:
            return None
        run, begin, at = [], 0, 0
        for piece in [*self.left, None]:
            if piece is not None and len(piece.data) == piece.length:
                run.append(piece.data)
                at += piece.length
                continue
            known = b"".join(run) + (piece.data if piece else b"")
            found = known.find(data)
            if found >= 0:
                return begin + found
            at += piece.length if piece else 0
            run, begin = [], at
        return None

    def _skip(self, count: int, peek: bool) -> None:
        while count and not peek:
            take = min(count, self.left[0].length)
            self.left[0].drop(take)
            count -= take
            if not self.left[0].length:
                self.left.popleft()

    def _pieces(self, data: bytes, peek: bool) -> list[Part]:
        """Whole sends that are found one after the other in what was received."""
        parts, at = [], 0
        for piece in list(self.left):
            found = data.find(piece.data, at) if len(piece.data) >= LEAST else -1
            if found >= 0 and len(piece.data) == piece.length:
                parts.append(Part(piece.who, piece.start, piece.within, found, piece.length))
                at = found + piece.length
                if not peek:
                    self.left.remove(piece)
        return parts


class Datagram:
    """What was sent at once: to which address, or which socket, and by whom."""

    __slots__ = ("data", "length", "receivers", "sender", "to", "who")

    def __init__(
        self, who: int, data: bytes, length: int, sender: Hashable, to: Hashable
    ) -> None:
        self.who, self.data, self.length = who, data[:length], length
        self.sender, self.to = sender, to
        self.receivers: set[Hashable] = set()


class Datagrams:
    """Datagrams on their way.  ``many(to)`` says whether an address has several receivers."""

    def __init__(self, many: Callable[[Hashable], bool] = lambda to: False) -> None:
        self.many = many
        self.left: list[Datagram] = []

    def sent(self, datagram: Datagram) -> None:
        self.left.append(datagram)

    def received(
        self,
        receiver: Hashable,
        data: bytes,
        length: int,
        concerns: Callable[[Datagram], bool],
        *,
        whole: bool = True,
        peek: bool = False,
    ) -> Datagram | None:
        """The datagram of which these bytes are all, or (not ``whole``) the beginning.

        ``concerns`` says whether a datagram can be for this receiver.  The first fits: order is
        kept where contents are equal.
        """
        for datagram in self.left:
            if receiver in datagram.receivers or not concerns(datagram):
                continue
            if datagram.length < length or (whole and datagram.length != length):
                continue
            both = min(len(data), len(datagram.data))
            if datagram.data[:both] != data[:both]:
                continue
            if not peek:
                if self.many(datagram.to):
                    datagram.receivers.add(receiver)
                else:
                    self.left.remove(datagram)
            return datagram
        return None
