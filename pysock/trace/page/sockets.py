"""Whose sockets a recording's descriptors are, and with whom each is connected, as far as told.

A descriptor is a number of one process for some time; several can stand for one socket (dup, fork,
SCM_RIGHTS).  ``Sockets`` follows events in the order of their times and gives each call the
sockets that it is about.
"""

from __future__ import annotations

import errno as _errno
import ipaddress

from ..behind import makes_a_copy, waited_for
from ..decode import Decoder
from ..prototypes import LIBRARY_CALLS
from ..states import taken
from ..values import host_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from ..decode import Call
    from ..values import Values
    from ..watch import Event

    Table = dict[int, "Descriptor"]

_FIRST = ("sockfd", "s", "fd", "oldfd", "epfd", "out_fd")  # parameters that are a descriptor
# What connect says of a connection that comes.
_WSAEWOULDBLOCK = 10035  # which Winsock says for EINPROGRESS
_IS_UNDER_WAY = (0, _errno.EINPROGRESS, _errno.EINTR, _WSAEWOULDBLOCK)


class Socket:
    """A socket, from what makes it to the close of its last descriptor."""

    def __init__(self, number: int, kind: tuple[int, int, int]) -> None:
        self.number, self.kind = number, kind
        self.local: bytes | None = None
        self.peer: bytes | None = None
        self.listens: int | None = None  # since when
        self.listener: Socket | None = None  # which has accepted it
        self.partner: Socket | None = None  # the other end of its connection
        self.family = self.type = ""
        self.bound: set[int] = set()  # ports that the program has named
        self.descriptors: set[Descriptor] = set()
        self.pid = 0

    @property
    def is_stream(self) -> bool:
        return self.type in ("SOCK_STREAM", "")

    @property
    def is_connected_pair(self) -> bool:
        """Whether all that it sends goes to one other socket."""
        return self.type in ("SOCK_STREAM", "SOCK_SEQPACKET")


class Descriptor:
    """A number of one process for some time."""

    def __init__(self, pid: int, fd: int, socket: Socket, origin: Descriptor | None) -> None:
        self.pid, self.fd, self.socket = pid, fd, socket
        self.origin = origin  # of which it was copied when its process was forked
        socket.descriptors.add(self)


class Seen:
    """A call, with what it is about."""

    def __init__(self, call: Call, event: Event) -> None:
        self.call = call
        self.before: dict[str, bytes] = event[7]
        self.after: dict[str, bytes] = {}
        self.descriptor: Descriptor | None = None
        self.others: list[Descriptor] = []  # waited for, or sent as rights
        self.made: list[Descriptor] = []
        self.last = False  # it closes the last descriptor of its socket
        self.row = -1  # where it stands
        self.at = 0  # the time by which it stands there

    @property
    def socket(self) -> Socket | None:
        return self.descriptor.socket if self.descriptor else None

    @property
    def memory(self) -> dict[str, bytes]:
        return {**self.before, **self.after}


class Sockets:
    """Events in; ``seen`` has the calls, in the order in which they began."""

    def __init__(self, most: int) -> None:
        self.most, self.left_out = most, 0
        self.decoder = Decoder()
        self.tables: dict[int, Table] = {}
        self.sockets: list[Socket] = []
        self.seen: list[Seen] = []
        self.open: dict[tuple[int, int], Seen] = {}
        self.processes: dict[int, list[str]] = {}  # a process → its command line
        self.statuses: list[tuple[int, int]] = []
        self.rights: list[tuple[Seen, list[Descriptor | None]]] = []
        self.last = 0  # the time of the last event
        self.parents: dict[int, int] = {}
        # What a process has closed last, by number: a child that was forked before still has it,
        # though its first event comes after.
        self.closed: dict[tuple[int, int], tuple[Descriptor, Seen]] = {}

    def feed(self, pid: int, event: Event) -> None:
        kind = event[0]
        if kind == "exit":
            self.statuses.append((pid, event[2]))
            return
        if kind == "begin" and len(self.seen) >= self.most:
            self.left_out += 1
            return
        if kind == "end" and (pid, event[1]) not in self.open:
            return
        call = self.decoder.feed(pid, event)
        if kind == "process":
            self._process(pid, event)
        elif kind == "begin" and call is not None:
            seen = self.open[pid, event[1]] = Seen(call, event)
            self.seen.append(seen)
            self.last = max(self.last, event[2])
            self._begin(seen)
        elif kind == "end" and call is not None:
            seen = self.open.pop((pid, event[1]))
            seen.after = dict(event[6])
            taken(seen.after)
            self.last = max(self.last, event[2])
            self._end(seen)

    # --- descriptors -------------------------------------------------------------------

    def _process(self, pid: int, event: Event) -> None:
        self.processes[pid] = [str(word) for word in event[6] or ()]
        parent = self.tables.get(event[3], {})
        self.parents.setdefault(pid, event[3])
        if pid not in self.tables:
            self.tables[pid] = {
                fd: Descriptor(pid, fd, each.socket, each) for fd, each in parent.items()
            }

    def _bind(self, pid: int, fd: int, socket: Socket) -> Descriptor:
        table = self.tables.setdefault(pid, {})
        if fd in table:  # its close was not seen, as when ssl has it
            table[fd].socket.descriptors.discard(table[fd])
        table[fd] = Descriptor(pid, fd, socket, None)
        socket.pid = socket.pid or pid
        return table[fd]

    def _new(self, call: Call, kind: tuple[int, int, int]) -> Socket:
        socket = Socket(len(self.sockets), kind)
        names = call.values.names
        if kind != (0, 0, 0):
            socket.family = names.family(kind[0])
            socket.type = names.socktype(kind[1]).partition("|")[0]
        self.sockets.append(socket)
        return socket

    def _of(self, call: Call, fd: Any, make: bool) -> Descriptor | None:
        if not isinstance(fd, int) or fd < 0:
            return None
        found = self.tables.get(call.pid, {}).get(fd)
        if found is None:
            found = self._inherited(call.pid, fd)
        if found is None and make:
            found = self._bind(call.pid, fd, self._new(call, self.decoder.kind_of(call.pid, fd)))
        return found

    def _inherited(self, pid: int, fd: int) -> Descriptor | None:
        closed = self.closed.get((self.parents.get(pid, -1), fd))
        if closed is None or (pid, fd) in self.closed:
            return None
        origin, close = closed
        close.last = False
        made = Descriptor(pid, fd, origin.socket, origin)
        self.tables.setdefault(pid, {})[fd] = made
        return made

    def _begin(self, seen: Seen) -> None:
        call = seen.call
        if call.function in LIBRARY_CALLS or not call.arguments:
            return
        name, first = call.arguments[0]
        if name in _FIRST:
            make = call.on_socket and not call.function.startswith("epoll")
            seen.descriptor = self._of(call, first, make)
        several = waited_for(call) or ()
        seen.others = [each for each in [self._of(call, fd, False) for fd in several] if each]
        if call.function in ("close", "closesocket") and seen.descriptor:
            self.tables[call.pid].pop(seen.descriptor.fd, None)
            self.closed[call.pid, seen.descriptor.fd] = seen.descriptor, seen
            seen.descriptor.socket.descriptors.discard(seen.descriptor)
            seen.last = not seen.descriptor.socket.descriptors
        if call.function == "sendmsg":
            fds = rights_of(call)
            if fds:
                copies = [self._of(call, fd, False) for fd in fds]
                self.rights.append((seen, copies))
                seen.others = [each for each in copies if each]

    def _end(self, seen: Seen) -> None:
        call, socket = seen.call, seen.socket
        function, result = call.function, call.result
        if function == "connect" and socket and call.errno in _IS_UNDER_WAY:
            socket.peer = bytes(call.argument("addr"))
        if call.failed or result is None:
            return
        pid = call.pid
        if function in ("socket", "WSASocketW", "epoll_create1"):
            is_epoll = function == "epoll_create1"
            kind = [0] * 3 if is_epoll else [int(value) for _, value in call.arguments[:3]]
            made = self._new(call, (kind[0], kind[1], kind[2]))
            if is_epoll:
                made.type = "epoll"
            seen.made = [self._bind(pid, result, made)]
        elif function == "socketpair":
            kind = [int(value) for _, value in call.arguments[:3]]
            ends = [self._new(call, (kind[0], kind[1], kind[2])) for _ in range(2)]
            ends[0].partner, ends[1].partner = ends[1], ends[0]
            seen.made = [self._bind(pid, fd, end) for fd, end in zip(call.argument("sv"), ends)]
        elif function in ("accept", "accept4") and socket:
            made = self._new(call, socket.kind)
            made.listener, made.local, made.peer = socket, socket.local, _address(call, "addr")
            seen.made = [self._bind(pid, result, made)]
        elif makes_a_copy(call) and seen.descriptor:
            seen.made = [self._bind(pid, int(result), seen.descriptor.socket)]
        elif function == "recvmsg":
            self._rights(seen)
        elif socket:
            self._told(seen, socket)

    def _told(self, seen: Seen, socket: Socket) -> None:
        """What a call has told of its socket's addresses."""
        call, function = seen.call, seen.call.function
        if function == "bind":
            socket.local = bytes(call.argument("addr"))
            socket.bound.add(port_of(socket.local))
        elif function == "listen":
            socket.listens = socket.listens or call.begin
        elif function == "getsockname":
            socket.local = _address(call, "addr") or socket.local
            _of_family(call, socket, socket.local)
        elif function == "getpeername":
            socket.peer = _address(call, "addr") or socket.peer
        elif function == "getsockopt" and repr(call.argument("optname")) == "SO_TYPE":
            socket.type = socket.type or repr(call.argument("optval"))

    def _rights(self, seen: Seen) -> None:
        fds = rights_of(seen.call)
        for n, (sender, copies) in enumerate(self.rights):
            if fds and len(copies) == len(fds):
                partner = sender.socket.partner if sender.socket else None
                if partner is None or partner is seen.socket:
                    del self.rights[n]
                    seen.made = [
                        self._bind(seen.call.pid, fd, copy.socket)
                        for fd, copy in zip(fds, copies)
                        if copy
                    ]
                    return


def rights_of(call: Call) -> list[int]:
    """The descriptors in a message."""
    message = dict(call.arguments).get("msg")
    control = dict(getattr(message, "members", ())).get("msg_control")
    if not isinstance(control, list):
        return []
    return [
        fd
        for each in control
        if repr(each["cmsg_type"]) == "SCM_RIGHTS" and isinstance(each["cmsg_data"], list)
        for fd in each["cmsg_data"]
    ]


def _of_family(call: Call, socket: Socket, address: bytes | None) -> None:
    if address and not socket.family:
        socket.family = call.values.names.family(call.values.abi.family_of(address))


def _address(call: Call, name: str) -> bytes | None:
    value = dict(call.arguments).get(name)
    return bytes(value) if isinstance(value, bytes) and value else None


# --- addresses -------------------------------------------------------------------------


def family_name(values: Values, raw: bytes) -> str:
    return values.names.family(values.abi.family_of(raw)) if len(raw) > 1 else ""


def port_of(raw: bytes) -> int:
    return int.from_bytes(raw[2:4], "big")


def is_ip(values: Values, raw: bytes | None) -> bool:
    return raw is not None and len(raw) >= 8 and family_name(values, raw) in ("AF_INET", "AF_INET6")


def key_of(values: Values, raw: bytes | None) -> Hashable:
    """An address as it compares: ``(host, port)``, or its bytes; None if it is none."""
    if raw is None or len(raw) <= 2:
        return None
    if is_ip(values, raw):
        return host_of(raw), port_of(raw)
    if family_name(values, raw) == "AF_UNIX" and raw[2:3] != b"\0":
        return raw[2:].partition(b"\0")[0]
    return raw[2:]


def same(one: Hashable, other: Hashable) -> bool:
    """Whether an address is meant by another one: any host is meant by 0.0.0.0 and ::."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        anywhere = not any(one[0]) or not any(other[0])
        return bool(one[1] == other[1] and (anywhere or one[0] == other[0]))
    return one is not None and one == other


def is_for_many(key: Hashable) -> bool:
    """Whether it is a multicast or broadcast address."""
    if not isinstance(key, tuple) or len(key[0]) not in (4, 16):
        return False
    return key[0] == b"\xff" * 4 or ipaddress.ip_address(key[0]).is_multicast


def text_of(values: Values, raw: bytes | None) -> str:
    """An address for a reader: 127.0.0.1:80, [::1]:80, /tmp/echo, or its members."""
    if not raw:
        return ""
    if is_ip(values, raw):
        host = ipaddress.ip_address(raw[8:24] if len(raw) >= 24 else raw[4:8])
        return f"{f'[{host}]' if host.version == 6 else host}:{port_of(raw)}"
    if family_name(values, raw) == "AF_UNIX":
        path = raw[2:]
        if not path.strip(b"\0"):
            return "(unnamed)"
        name = b"@" + path[1:] if path[:1] == b"\0" else path.partition(b"\0")[0]
        return name.decode("utf-8", "backslashreplace")
    members = values.describe(raw)
    return " ".join([meaning for _, _, meaning in members if meaning]) or raw.hex(" ")
