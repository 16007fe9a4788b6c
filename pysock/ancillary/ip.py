"""What comes with packets of IP: where they went, how far and how, and their options."""

from __future__ import annotations

from dataclasses import dataclass

from .. import families
from .._beyond import in_range
from .._functions.conversions import inet_ntop, inet_pton
from .._host import constants
from ._message import ControlMessage, Platform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T", bound="_Number")
    P = TypeVar("P", bound="_Options")

_INET, _INET6 = constants["AF_INET"], constants["AF_INET6"]


def _text(raw: bytes) -> str:
    if len(raw) not in (4, 16):
        raise ValueError(f"expected an IP address of 4 or 16 bytes, not {len(raw)}")
    return inet_ntop(_INET if len(raw) == 4 else _INET6, raw)


def _raw(address: Any) -> bytes:
    if not isinstance(address, str):
        raise TypeError(f"expected an IP address as str, not {type(address).__name__}")
    try:
        return inet_pton(_INET6 if ":" in address else _INET, address)
    except (OSError, ValueError):  # ValueError: it has a NUL
        raise ValueError(f"expected a numeric IP address, not {address!r}") from None


@dataclass(frozen=True)
class PacketInfo(ControlMessage):
    """IP_PKTINFO, IPV6_PKTINFO; IP_RECVDSTADDR where there is no other: where a packet went.

    ``address`` is the destination in its header, ``interface`` the index of the interface (0 if the
    system does not say), ``local`` this host's own address, where that differs.  To send one back
    sends from that address, over that interface.
    """

    address: str
    interface: int = 0
    local: str | None = None

    messages = (
        ("IPPROTO_IP", "IP_PKTINFO"),
        ("IPPROTO_IP", "IP_RECVDSTADDR"),
        ("IPPROTO_IPV6", "IPV6_PKTINFO"),
    )
    options = (
        ("AF_INET", "IPPROTO_IP", "IP_RECVPKTINFO"),
        ("AF_INET", "IPPROTO_IP", "IP_PKTINFO"),
        ("AF_INET", "IPPROTO_IP", "IP_RECVDSTADDR"),
        ("AF_INET6", "IPPROTO_IPV6", "IPV6_RECVPKTINFO"),
        ("AF_INET6", "IPPROTO_IPV6", "IPV6_PKTINFO"),  # Windows
    )

    @classmethod
    def decode(cls, platform: Platform, level: int, type: int, data: bytes) -> PacketInfo:
        if level == platform.constants["IPPROTO_IPV6"]:
            platform.check_size("in6_pktinfo", data)
            index = platform.field("in6_pktinfo", "ipi6_ifindex", data, signed=False)
            return cls(_text(platform.raw("in6_pktinfo", "ipi6_addr", data)), index)
        if type == platform.constants.get("IP_PKTINFO"):
            platform.check_size("in_pktinfo", data)
            address = _text(platform.raw("in_pktinfo", "ipi_addr", data))
            local = None
            if "ipi_spec_dst" in platform.structs["in_pktinfo"]["fields"]:
                local = _text(platform.raw("in_pktinfo", "ipi_spec_dst", data))
            index = platform.field("in_pktinfo", "ipi_ifindex", data, signed=False)
            return cls(address, index, None if local == address else local)
        return cls(_text(data[:4]))

    def encode(self, platform: Platform) -> tuple[int, int, bytes]:
        source = _raw(self.local or self.address)
        index = in_range(self.interface, 0x7FFFFFFF, "the index of an interface")
        if len(source) == 16:
            data = platform.pack("in6_pktinfo", ipi6_addr=source, ipi6_ifindex=index)
            return platform.number("IPPROTO_IPV6"), platform.number("IPV6_PKTINFO"), data
        level = platform.number("IPPROTO_IP")
        if "in_pktinfo" not in platform.structs:
            return level, platform.number("IP_SENDSRCADDR"), source
        fields = platform.structs["in_pktinfo"]["fields"]
        member = "ipi_spec_dst" if "ipi_spec_dst" in fields else "ipi_addr"
        members: dict[str, Any] = {member: source, "ipi_ifindex": index}
        return level, platform.number("IP_PKTINFO"), platform.pack("in_pktinfo", **members)


class _Number(ControlMessage):
    """A number in an IP header, whose message is a byte or an int."""

    value: int
    version: int
    sent: tuple[str, str]

    if TYPE_CHECKING:  # what ``dataclass`` gives the classes below

        def __init__(self, value: int, version: int = 4) -> None: ...

    @classmethod
    def decode(cls: type[T], platform: Platform, level: int, type: int, data: bytes) -> T:
        if not data:
            raise ValueError("expected a number of 1 or 4 bytes, not none")
        version = 6 if level == platform.constants["IPPROTO_IPV6"] else 4
        return cls(platform.integer(data[:4] if len(data) >= 4 else data[:1]), version)

    def encode(self, platform: Platform) -> tuple[int, int, bytes]:
        if self.version not in (4, 6):
            raise ValueError(f"expected the version of IP, 4 or 6, not {self.version!r}")
        value = in_range(self.value, 255, "a number")
        six = self.version == 6
        level = platform.number("IPPROTO_IPV6" if six else "IPPROTO_IP")
        byte = not six and platform.name.startswith(("darwin", "freebsd", "netbsd", "openbsd"))
        data = value.to_bytes(1 if byte else 4, platform.order)
        return level, platform.number(self.sent[six]), data


@dataclass(frozen=True)
class HopLimit(_Number):
    """The TTL (IP_RECVTTL) or hop limit (IPV6_RECVHOPLIMIT) of a packet."""

    value: int
    version: int = 4

    messages = (
        ("IPPROTO_IP", "IP_TTL"),
        ("IPPROTO_IP", "IP_RECVTTL"),
        ("IPPROTO_IPV6", "IPV6_HOPLIMIT"),
    )
    options = (
        ("AF_INET", "IPPROTO_IP", "IP_RECVTTL"),
        ("AF_INET6", "IPPROTO_IPV6", "IPV6_RECVHOPLIMIT"),
        ("AF_INET6", "IPPROTO_IPV6", "IPV6_HOPLIMIT"),
    )
    sent = ("IP_TTL", "IPV6_HOPLIMIT")


@dataclass(frozen=True)
class TrafficClass(_Number):
    """The type of service (IP_RECVTOS) or traffic class (IPV6_RECVTCLASS): DSCP and ECN."""

    value: int
    version: int = 4

    messages = (
        ("IPPROTO_IP", "IP_TOS"),
        ("IPPROTO_IP", "IP_RECVTOS"),
        ("IPPROTO_IPV6", "IPV6_TCLASS"),
    )
    options = (
        ("AF_INET", "IPPROTO_IP", "IP_RECVTOS"),
        ("AF_INET6", "IPPROTO_IPV6", "IPV6_RECVTCLASS"),
    )
    sent = ("IP_TOS", "IPV6_TCLASS")


@dataclass(frozen=True)
class OriginalDestination(ControlMessage):
    """IP_RECVORIGDSTADDR: where a packet went before a rule (TPROXY, REDIRECT) sent it here."""

    address: tuple[Any, ...]

    messages = (("IPPROTO_IP", "IP_ORIGDSTADDR"), ("IPPROTO_IPV6", "IPV6_ORIGDSTADDR"))
    options = (
        ("AF_INET", "IPPROTO_IP", "IP_RECVORIGDSTADDR"),
        ("AF_INET6", "IPPROTO_IPV6", "IPV6_RECVORIGDSTADDR"),
    )

    @classmethod
    def decode(cls, platform: Platform, level: int, type: int, data: bytes) -> OriginalDestination:
        platform.check_size("sockaddr_in", data)
        return cls(families.unpack(data, platform=platform.name))


class _Options(ControlMessage):
    """Bytes of options, as they lie in the header."""

    data: bytes
    sent: tuple[str, str]

    if TYPE_CHECKING:  # what ``dataclass`` gives the classes below

        def __init__(self, data: bytes) -> None: ...

    @classmethod
    def decode(cls: type[P], platform: Platform, level: int, type: int, data: bytes) -> P:
        return cls(data)

    def encode(self, platform: Platform) -> tuple[int, int, bytes]:
        try:
            data = bytes(memoryview(self.data))
        except TypeError:
            kind = type(self.data).__name__
            raise TypeError(f"expected the options as bytes, not {kind}") from None
        return platform.number(self.sent[0]), platform.number(self.sent[1]), data


@dataclass(frozen=True)
class IPOptions(_Options):
    """IP_RECVOPTS: the options of an IPv4 header, as bytes."""

    data: bytes
    messages = (("IPPROTO_IP", "IP_RECVOPTS"), ("IPPROTO_IP", "IP_RETOPTS"))
    options = (("AF_INET", "IPPROTO_IP", "IP_RECVOPTS"),)
    sent = ("IPPROTO_IP", "IP_RETOPTS")


@dataclass(frozen=True)
class HopByHopOptions(_Options):
    """IPV6_RECVHOPOPTS: the extension header of options for each hop."""

    data: bytes
    messages = (("IPPROTO_IPV6", "IPV6_HOPOPTS"),)
    options = (("AF_INET6", "IPPROTO_IPV6", "IPV6_RECVHOPOPTS"),)
    sent = ("IPPROTO_IPV6", "IPV6_HOPOPTS")


@dataclass(frozen=True)
class DestinationOptions(_Options):
    """IPV6_RECVDSTOPTS: the extension header of options for the destination."""

    data: bytes
    messages = (("IPPROTO_IPV6", "IPV6_DSTOPTS"),)
    options = (("AF_INET6", "IPPROTO_IPV6", "IPV6_RECVDSTOPTS"),)
    sent = ("IPPROTO_IPV6", "IPV6_DSTOPTS")


@dataclass(frozen=True)
class RoutingHeader(_Options):
    """IPV6_RECVRTHDR: the routing header."""

    data: bytes
    messages = (("IPPROTO_IPV6", "IPV6_RTHDR"),)
    options = (("AF_INET6", "IPPROTO_IPV6", "IPV6_RECVRTHDR"),)
    sent = ("IPPROTO_IPV6", "IPV6_RTHDR")
