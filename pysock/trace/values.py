"""What the bytes that a call was given or has written mean: structs, addresses, messages, options.

``Values`` decodes for one platform, by its constants (``names``), its layouts (``_layouts``) and
its address families.  What it makes:

``Constant``  an int with the name of its constant
``Address``   the bytes of a socket address
``Struct``    a struct's name and its members
bytes         data, or a string
"""

from __future__ import annotations

import ipaddress

from .. import _layouts, _libc, families
from .._calls.cmsg import Control
from .._ffi.abi import codec
from .names import names_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Length(int):
    """A length as a call has changed it, and what it was before."""

    before: int


class Constant(int):
    """A number, and what it is called."""

    name: str

    def __new__(cls, value: int, name: str) -> Constant:
        made = super().__new__(cls, value)
        made.name = name
        return made

    def __repr__(self) -> str:
        return self.name


class Address(bytes):
    """The bytes of a socket address."""


class Text(bytes):
    """A string of C, without the zero at its end; ``raw`` has what follows, if anything does."""

    raw: bytes

    def __new__(cls, raw: bytes) -> Text:
        made = super().__new__(cls, raw.rstrip(b"\0"))
        made.raw = raw
        return made


class Struct:
    """A struct of C: its name, its members in order, and its bytes if it is from one piece."""

    __slots__ = ("members", "name", "raw")

    def __init__(self, name: str, members: list[tuple[str, Any]], raw: bytes = b"") -> None:
        self.name, self.members, self.raw = name, members, raw

    def __getitem__(self, name: str) -> Any:
        return dict(self.members)[name]

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{name} {value!r}" for name, value in self.members) + "}"


# The struct of an option's value; an option that is not here is a number, or what it looks like.
_OPTIONS = {
    "SO_LINGER": "linger",
    "SO_RCVTIMEO": "timeval",
    "SO_SNDTIMEO": "timeval",
    "SO_PEERCRED": "ucred",
    "IP_ADD_MEMBERSHIP": "ip_mreq ip_mreqn",
    "IP_DROP_MEMBERSHIP": "ip_mreq ip_mreqn",
    "IP_MULTICAST_IF": "in_addr ip_mreq ip_mreqn",
    "IP_ADD_SOURCE_MEMBERSHIP": "ip_mreq_source",
    "IP_DROP_SOURCE_MEMBERSHIP": "ip_mreq_source",
    "IPV6_JOIN_GROUP": "ipv6_mreq",
    "IPV6_LEAVE_GROUP": "ipv6_mreq",
    "MCAST_JOIN_GROUP": "group_req",
    "MCAST_LEAVE_GROUP": "group_req",
    "MCAST_JOIN_SOURCE_GROUP": "group_source_req",
    "MCAST_LEAVE_SOURCE_GROUP": "group_source_req",
    "TCP_INFO": "tcp_info",
    "PACKET_ADD_MEMBERSHIP": "packet_mreq",
    "PACKET_DROP_MEMBERSHIP": "packet_mreq",
    "CAN_RAW_FILTER": "can_filter",
    "SO_TIMESTAMPING": "so_timestamping",
}
_TEXTS = ("SO_BINDTODEVICE", "TCP_CONGESTION", "TCP_ULP", "SO_PEERSEC")
_MESSAGES = {
    "SCM_CREDENTIALS": "ucred",
    "SCM_TIMESTAMP": "timeval",
    "SO_TIMESTAMP": "timeval",
    "SCM_TIMESTAMPNS": "timespec",
    "SO_TIMESTAMPNS": "timespec",
    "IP_PKTINFO": "in_pktinfo",
    "IP_RECVERR": "sock_extended_err",
    "IPV6_PKTINFO": "in6_pktinfo",
    "IPV6_RECVERR": "sock_extended_err",
    "PACKET_AUXDATA": "tpacket_auxdata",
    "ALG_SET_IV": "af_alg_iv",
}
# Members that are IPv4 addresses, though four bytes like any number.
_IPV4 = frozenset(
    "imr_multiaddr imr_interface imr_address imr_sourceaddr ipi_spec_dst ipi_addr s_addr".split()
)


def host_of(raw: bytes) -> bytes:
    """The bytes of an IP address; an IPv4 address in an IPv6 one is what it is."""
    if len(raw) >= 24:
        host = raw[8:24]
        return host[12:] if host[:12] == b"\0" * 10 + b"\xff\xff" else host
    return raw[4:8]


class Values:
    """Decodes bytes of one platform."""

    def __init__(self, target: str) -> None:
        self.names = names_of(target)
        self.abi = _libc.abi_of(target)
        self.structs = _libc.structs(self.abi)
        self.layouts = _layouts.layouts(target)["structs"]
        self.timespec: int = self.layouts.get("timespec", {}).get("size", 0)
        self.control = Control(self.abi)
        self.msghdr = codec(
            self.abi,
            self.structs["msghdr"],
            "msg_name msg_namelen msg_iov msg_iovlen msg_control msg_controllen msg_flags",
        )
        self.iovec = codec(self.abi, self.structs["iovec"], "iov_base iov_len")

    def number(self, raw: bytes, *, signed: bool = False) -> int:
        return int.from_bytes(raw, self.abi.order, signed=signed)

    def constant(self, value: int, naming: Callable[..., str], *arguments: Any) -> Constant:
        return Constant(value, naming(*arguments, value))

    # --- structs ---------------------------------------------------------------------

    def struct(self, name: str, raw: bytes) -> Struct:
        """A struct by the platform's layout; members beyond the end of ``raw`` are left out."""
        layout = self.layouts[name]
        bits = layout.get("bits", {})
        members = []
        for member, (at, size) in layout["fields"].items():
            piece = raw[at : at + size]
            if len(piece) < size:
                continue
            value: Any = self.member(member, piece)
            if member in bits:
                mask = bits[member]
                value = (self.number(piece) & mask) >> ((mask & -mask).bit_length() - 1)
            members.append((member, value))
        return Struct(name, members, raw)

    def member(self, name: str, raw: bytes) -> Any:
        if name in _IPV4 or len(raw) == 16:
            return Constant(int.from_bytes(raw, "big"), str(ipaddress.ip_address(raw)))
        if name in ("gr_group", "gsr_group", "gsr_source"):
            return self.address(raw)
        return self.number(raw) if len(raw) in (1, 2, 4, 8) else raw

    def address(self, raw: bytes) -> Address:
        """A socket address, without what lies behind it in a sockaddr_storage."""
        family = families.codec_of(self.abi.family_of(raw), self.abi)
        if family is not None and len(raw) == self.abi.storage:
            raw = raw[: family.struct_of(raw).size]
        return Address(raw)

    def describe(self, raw: bytes) -> list[tuple[str, str, str]]:
        """``(bytes, member, meaning)`` as text, of an address; empty if its family is unknown."""
        family = families.codec_of(self.abi.family_of(raw), self.abi) if raw else None
        return list(family.describe(raw)) if family else []

    # --- options ---------------------------------------------------------------------

    def option(self, name: str, raw: bytes) -> Any:
        """The value of an option."""
        if name in _TEXTS:
            return Text(raw)
        found = self._sized(_OPTIONS.get(name, ""), raw)
        if found is not None:
            return found
        if name in ("SO_DOMAIN", "SO_TYPE") and len(raw) == 4:
            naming = self.names.family if name == "SO_DOMAIN" else self.names.socktype
            return self.constant(self.number(raw), naming)
        return self.number(raw, signed=True) if len(raw) == 4 else raw

    def _sized(self, names: str, raw: bytes) -> Any:
        """The struct among ``names`` that has this size; an array of them, if several fit."""
        for name in names.split():
            size = self.layouts.get(name, {}).get("size", 0)
            if size and (size == len(raw) or name == "tcp_info"):
                return self.struct(name, raw)
            if size and name == "can_filter" and len(raw) % size == 0:
                return [self.struct(name, raw[i : i + size]) for i in range(0, len(raw), size)]
        return None

    # --- messages --------------------------------------------------------------------

    def message(self, memory: dict[str, bytes], name: str, family: int) -> Struct:
        """A msghdr, and what it points at."""
        at, namelen, iov, count, control, controllen, flags = self.msghdr.unpack_from(memory[name])
        iovecs = memory.get(f"{name}.iov", b"")
        pieces = []
        for n in range(len(iovecs) // self.iovec.size):
            _, size = self.iovec.unpack_from(iovecs[n * self.iovec.size :])
            base = memory.get(f"{name}.iov[{n}]")
            pieces.append(Struct("iovec", [("iov_base", base), ("iov_len", size)]))
        address = memory.get(f"{name}.name", b"")
        messages = self.control_messages(memory.get(f"{name}.control", b""), family)
        return Struct(
            "msghdr",
            [
                ("msg_name", Address(address) if address else ("*" if at else None)),
                ("msg_namelen", namelen),
                ("msg_iov", pieces if iov else None),
                ("msg_iovlen", count),
                ("msg_control", messages or ("*" if control and controllen else None)),
                ("msg_controllen", controllen),
                ("msg_flags", Constant(flags, self.names.flags(flags, "MSG_"))),
            ],
        )

    def control_messages(self, raw: bytes, family: int) -> list[Struct]:
        names = self.names
        return [
            Struct(
                "cmsghdr",
                [
                    ("cmsg_len", self.control.len(len(data))),
                    ("cmsg_level", Constant(level, names.level(level, family))),
                    ("cmsg_type", Constant(kind, names.message(level, kind, family))),
                    ("cmsg_data", self.message_data(names.message(level, kind, family), data)),
                ],
                data,
            )
            for level, kind, data in self.control.walk(raw)[0]
        ]

    def message_data(self, name: str, data: bytes) -> Any:
        if name == "SCM_RIGHTS":
            return [self.number(data[i : i + 4], signed=True) for i in range(0, len(data), 4)]
        if name in ("SCM_TIMESTAMPING", "SO_TIMESTAMPING") and len(data) == 3 * self.timespec:
            return [self.struct("timespec", data[at:][: self.timespec])
                    for at in range(0, len(data), self.timespec)]  # fmt: skip
        if name in ("IP_ORIGDSTADDR", "IPV6_ORIGDSTADDR"):
            return Address(data)
        if name == "IP_TOS" and data:
            return data[0]
        layout = _MESSAGES.get(name, "")
        size = self.layouts.get(layout, {}).get("size", 0)
        if size and len(data) >= size:
            return self.struct(layout, data)
        return self.number(data, signed=True) if len(data) == 4 else data

    def addrinfo(self, memory: dict[str, bytes], name: str) -> Struct:
        """An addrinfo, and what it points at."""
        raw, names = memory[name], self.names
        struct = self.structs["addrinfo"].from_buffer_copy(raw)
        flags, protocol = struct.ai_flags, struct.ai_protocol
        address = memory.get(f"{name}.addr")
        canonname = memory.get(f"{name}.canonname")
        return Struct(
            "addrinfo",
            [
                ("ai_flags", Constant(flags, names.flags(flags, "AI_"))),
                ("ai_family", Constant(struct.ai_family, names.family(struct.ai_family))),
                ("ai_socktype", Constant(struct.ai_socktype, names.socktype(struct.ai_socktype))),
                ("ai_protocol", Constant(protocol, names.protocol(struct.ai_family, protocol))),
                ("ai_addrlen", struct.ai_addrlen),
                ("ai_addr", None if address is None else Address(address)),
                ("ai_canonname", None if canonname is None else Text(canonname)),
            ],
        )
