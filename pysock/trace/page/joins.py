"""What joins calls: which connect an accept has answered, which bytes came from which send.

First each accepted socket gets the other end of its connection: by its address, where the program
has asked for that; else by what both ends have sent and received, and when; else the listener's
queue is in order.  Then all calls pass in the order of cause and effect, and each receive takes
from what its other end has sent (``streams``).
"""

from __future__ import annotations

import errno as _errno

from .sockets import is_for_many, key_of, rights_of, same
from .streams import Datagram, Datagrams, Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any, NamedTuple

    from ..decode import Call
    from .sockets import Seen, Socket

    class Join(NamedTuple):
        """An arrow from one call to another.

        ``kind``   "connection", "bytes", "datagram", "end" (of what is sent), "reset"
        ``count``  of bytes, from ``within`` in what was sent, to ``into`` in what was received;
        ``start``  in the stream
        ``peek``   they were looked at, and left
        """

        sent: Seen
        received: Seen
        kind: str
        count: int  # type: ignore[assignment]
        within: int
        into: int
        start: int
        peek: bool
else:
    from collections import namedtuple

    Join = namedtuple("Join", "sent received kind count within into start peek")

SENDS = frozenset(("send", "sendto", "sendmsg", "sendfile", "write", "writev"))
RECEIVES = frozenset(("recv", "recvfrom", "recvmsg", "read", "readv"))


def data_of(seen: Seen) -> tuple[bytes, int]:
    """What a call has sent or received, as far as it is known, and how many bytes they are."""
    call = seen.call
    named = dict(call.arguments)
    iovecs = pieces_of(call)
    if iovecs is not None:
        bases = [each["iov_base"] for each in iovecs]
        data = b"".join([base for base in bases if isinstance(base, bytes)])
        asked = sum(each["iov_len"] for each in iovecs)
    else:
        buf = named.get("buf")
        data = bytes(buf) if isinstance(buf, bytes) else b""
        asked = int(named.get("len", named.get("count", 0)))
    if call.failed:
        return b"", 0
    if not isinstance(call.result, int):  # it never ended: it may have sent all
        return (data, asked) if call.function in SENDS and call.end is None else (b"", 0)
    return data[: call.result], call.result


def pieces_of(call: Call) -> list[Any] | None:
    """The iovecs of a call; None if it has one buffer."""
    named = dict(call.arguments)
    if "msg" in named:
        return dict(getattr(named["msg"], "members", ())).get("msg_iov") or []
    return named.get("iov")


def room_of(call: Call) -> int:
    named, iovecs = dict(call.arguments), pieces_of(call)
    if iovecs is not None:
        return sum(int(each["iov_len"]) for each in iovecs)
    return int(named.get("len", named.get("count", 0)))


def has_flag(call: Call, name: str) -> bool:
    return name in repr(dict(call.arguments).get("flags", "")).split("|")


# --- who is connected with whom ------------------------------------------------------


class _Traffic:
    """What a socket has sent and received, with times, to see whom it has talked to."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, bytes, int]] = []
        self.received: list[tuple[int, bytes, int]] = []

    def add(self, seen: Seen) -> None:
        call = seen.call
        if has_flag(call, "MSG_OOB") or has_flag(call, "MSG_PEEK"):
            return
        data, length = data_of(seen)
        if length and call.function in SENDS:
            self.sent.append((call.begin, data, length))
        elif length and call.end is not None:
            self.received.append((call.end, data, length))

    def may_have_come_from(self, other: _Traffic) -> bool:
        """Whether the other end has sent, and in time, all that was received here."""
        stream, ahead = Stream(), iter(other.sent)
        waiting = next(ahead, None)
        for time, data, length in sorted(self.received, key=lambda each: each[0]):
            while waiting is not None and waiting[0] < time:
                stream.sent(0, waiting[1], waiting[2])
                waiting = next(ahead, None)
            if not stream._fits(data, length):
                return False
            stream.received(data, length)
        return True


def pair(seen: list[Seen]) -> list[tuple[Seen, Seen]]:
    """The connects and accepts that belong together; their sockets become partners."""
    traffic: dict[int, _Traffic] = {}
    connects, accepts = [], []
    for each in seen:
        call, socket = each.call, each.socket
        if socket is None:
            continue
        if call.function in SENDS | RECEIVES:
            traffic.setdefault(socket.number, _Traffic()).add(each)
        elif call.function == "connect" and socket.peer and socket.is_connected_pair:
            asked = key_of(call.values, bytes(call.argument("addr")))
            if asked is not None and asked == key_of(call.values, socket.peer):
                connects.append(each)
        elif each.made and call.function in ("accept", "accept4"):
            accepts.append(each)
    accepts.sort(key=lambda each: each.call.end or 0)
    connects = _first_of_each(connects)
    nothing = _Traffic()

    def possible(accept: Seen, connect: Seen) -> bool:
        listener, made = accept.socket, accept.made[0].socket
        caller, values = connect.socket, connect.call.values
        assert listener is not None and caller is not None
        if connect.call.begin >= (accept.call.end or 0):
            return False
        wanted = key_of(values, caller.peer)
        if not same(wanted, key_of(values, listener.local)):
            return False
        ours, theirs = key_of(values, caller.local), key_of(values, made.peer)
        if isinstance(ours, tuple) and isinstance(theirs, tuple) and ours[1]:
            return same(ours, theirs)
        here = traffic.get(made.number, nothing)
        there = traffic.get(caller.number, nothing)
        return here.may_have_come_from(there) and there.may_have_come_from(here)

    options = [[n for n, c in enumerate(connects) if possible(a, c)] for a in accepts]
    pairs = []
    for n, m in _matched(options).items():
        accept, connect = accepts[n], connects[m]
        caller, made = connect.socket, accept.made[0].socket
        assert caller is not None
        caller.partner, made.partner = made, caller
        if made.peer and len(made.peer) > 2 and not caller.local:
            caller.local = made.peer
        if caller.peer and key_of(connect.call.values, made.local) is not None:
            made.local = caller.peer  # where 0.0.0.0 listened
        pairs.append((connect, accept))
    return pairs


def _first_of_each(connects: list[Seen]) -> list[Seen]:
    """Of several connects of one socket, as after EINPROGRESS, the first."""
    first: dict[int, Seen] = {}
    for each in connects:
        assert each.socket is not None
        first.setdefault(each.socket.number, each)
    return list(first.values())


def _matched(options: list[list[int]]) -> dict[int, int]:
    """As many pairs as can be, the first choice where there is one (Kuhn's algorithm)."""
    taken: dict[int, int] = {}

    def place(n: int, tried: set[int]) -> bool:
        for m in options[n]:
            if m not in taken:
                taken[m] = n
                return True
        for m in options[n]:
            if m not in tried:
                tried.add(m)
                if place(taken[m], tried):
                    taken[m] = n
                    return True
        return False

    for n in range(len(options)):
        place(n, set())
    return {n: m for m, n in taken.items()}


# --- what was received of what was sent ----------------------------------------------


class Joiner:
    """Calls in the order of cause and effect; ``joins`` has the arrows."""

    def __init__(self, seen: list[Seen]) -> None:
        self.seen = seen
        self.joins: list[Join] = []
        self.streams: dict[tuple[int, bool], Stream] = {}
        self.ends: dict[int, tuple[Seen, str]] = {}  # of what a socket sends
        self.ended: set[int] = set()
        self.datagrams = Datagrams(is_for_many)

    def run(self) -> list[Join]:
        for connect, accept in pair(self.seen):
            self._join(connect, accept, "connection")
        moments = []
        for n, each in enumerate(self.seen):
            call = each.call
            if call.function in RECEIVES:
                if call.end is not None:
                    moments.append((call.end, 1, n))
            else:
                moments.append((call.begin, 0, n))
        for _, _, n in sorted(moments):
            each = self.seen[n]
            function = each.call.function
            if function in SENDS:
                self._sent(n, each)
            elif function in RECEIVES:
                self._received(each)
            elif function == "shutdown" and not each.call.failed:
                if repr(each.call.argument("how")) != "SHUT_RD" and each.socket:
                    self.ends.setdefault(each.socket.number, (each, "end"))
            elif function in ("close", "closesocket") and each.last and each.socket:
                self.ends.setdefault(each.socket.number, (each, "end"))
        return self.joins

    def _join(self, sent: Seen, received: Seen, kind: str, count: int = 0, within: int = 0,
              into: int = 0, start: int = 0, peek: bool = False) -> None:  # fmt: skip
        self.joins.append(Join(sent, received, kind, count, within, into, start, peek))

    def _stream(self, socket: Socket, call: Call) -> Stream:
        return self.streams.setdefault((socket.number, has_flag(call, "MSG_OOB")), Stream())

    def _sent(self, n: int, seen: Seen) -> None:
        data, length = data_of(seen)
        socket, call = seen.socket, seen.call
        if socket is None or call.failed:
            return
        if socket.is_stream:
            self._stream(socket, call).sent(n, data, length)
            return
        to = self._destination(seen)
        self.datagrams.sent(Datagram(n, data, length, socket, to))

    def _destination(self, seen: Seen) -> Hashable:
        call, socket = seen.call, seen.socket
        assert socket is not None
        named = dict(call.arguments)
        raw = named.get("dest_addr")
        if raw is None and "msg" in named:
            raw = named["msg"]["msg_name"]
        if isinstance(raw, bytes) and raw:
            return key_of(call.values, raw)
        return socket.partner or key_of(call.values, socket.peer)

    def _received(self, seen: Seen) -> None:
        socket, call = seen.socket, seen.call
        if socket is None:
            return
        if call.failed:
            self._reset(seen, socket)
            return
        data, length = data_of(seen)
        peek = has_flag(call, "MSG_PEEK")
        if not socket.is_stream:
            self._datagram(seen, socket, data, length, peek)
        elif socket.partner is not None:
            if length:
                stream = self._stream(socket.partner, call)
                for part in stream.received(data, length, peek):
                    self._join(self.seen[part.who], seen, "bytes", part.length, part.within,
                               part.into, part.start, peek)  # fmt: skip
            elif room_of(call):
                self._end(seen, socket.partner)

    def _end(self, seen: Seen, partner: Socket) -> None:
        if partner.number in self.ends and partner.number not in self.ended:
            self.ended.add(partner.number)
            self._join(self.ends[partner.number][0], seen, "end")

    def _reset(self, seen: Seen, socket: Socket) -> None:
        if seen.call.errno == _errno.ECONNRESET and socket.partner is not None:
            number = socket.partner.number
            if number in self.ends and number not in self.ended:
                self.ended.add(number)
                self._join(self.ends[number][0], seen, "reset")

    def _datagram(
        self, seen: Seen, socket: Socket, data: bytes, length: int, peek: bool
    ) -> None:
        call = seen.call
        values = call.values
        here = key_of(values, socket.local)
        source = self._source(seen)

        def concerns(datagram: Datagram) -> bool:
            sender = datagram.sender
            assert sender is not None
            if datagram.to is socket:
                return True
            if not isinstance(datagram.to, (tuple, bytes)) or sender is socket.partner:
                return False
            if is_for_many(datagram.to) and isinstance(here, tuple):
                if datagram.to[1] != here[1]:
                    return False
            elif here is not None and not same(datagram.to, here):
                return False
            elif here is None and not self._answers(socket, datagram.to):
                return False
            known = key_of(values, sender.local)  # type: ignore[attr-defined]
            if source is None or known is None:
                return True
            return same(source, known)

        room = room_of(call)
        found = self.datagrams.received(
            socket, data, length, concerns, whole=length < room, peek=peek
        )
        if found is None:
            return
        sent = self.seen[found.who]
        self._join(sent, seen, "datagram", min(length, found.length), peek=peek)
        self._learn(seen, sent, socket)
        if rights_of(seen.call) and sent.socket and socket.partner is None:
            socket.partner = sent.socket

    def _answers(self, socket: Socket, to: Hashable) -> bool:
        """Whether a socket of unknown address is the one that others have learned as ``to``."""
        return all(
            not same(key_of(each.call.values, each.socket.local), to)
            for each in self.seen
            if each.socket is not None and each.socket is not socket
        )

    def _source(self, seen: Seen) -> Hashable:
        named = dict(seen.call.arguments)
        raw = named.get("src_addr")
        if raw is None and "msg" in named:
            raw = named["msg"]["msg_name"]
        return key_of(seen.call.values, raw) if isinstance(raw, bytes) and raw else None

    def _learn(self, seen: Seen, sent: Seen, socket: Socket) -> None:
        """The sender has this address; and who had none has the one that was written to."""
        named = dict(seen.call.arguments)
        raw = named.get("src_addr")
        if raw is None and "msg" in named:
            raw = named["msg"]["msg_name"]
        if isinstance(raw, bytes) and len(raw) > 2 and sent.socket and not sent.socket.local:
            sent.socket.local = bytes(raw)
        to = dict(sent.call.arguments).get("dest_addr")
        if isinstance(to, bytes) and to and not socket.local:
            if not is_for_many(key_of(seen.call.values, to)):
                socket.local = bytes(to)
