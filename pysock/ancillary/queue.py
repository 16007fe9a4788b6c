"""What the kernel says of its own queues: when, how many, in which pieces, and what failed."""

from __future__ import annotations

from dataclasses import dataclass

from .. import families
from .._beyond import in_range
from ._message import ControlMessage, Platform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@dataclass(frozen=True)
class Timestamp(ControlMessage):
    """When a packet came or went: SO_TIMESTAMPING, SO_TIMESTAMPNS or SO_TIMESTAMP.

    ``software`` and ``hardware`` are nanoseconds since 1970 (``hardware``: of the card's clock), or
    None.  ``enable(sock, Timestamp)`` takes the finer of the last two options; with
    ``value=SOF_TIMESTAMPING_…`` it sets those flags of SO_TIMESTAMPING.
    """

    software: int | None
    hardware: int | None = None

    messages = (
        ("SOL_SOCKET", "SCM_TIMESTAMP"),
        ("SOL_SOCKET", "SO_TIMESTAMP_OLD"),
        ("SOL_SOCKET", "SO_TIMESTAMP_NEW"),
        ("SOL_SOCKET", "SCM_TIMESTAMPNS"),
        ("SOL_SOCKET", "SO_TIMESTAMPNS_OLD"),
        ("SOL_SOCKET", "SO_TIMESTAMPNS_NEW"),
        ("SOL_SOCKET", "SCM_REALTIME"),
        ("SOL_SOCKET", "SCM_TIMESTAMPING"),
        ("SOL_SOCKET", "SO_TIMESTAMPING_OLD"),
        ("SOL_SOCKET", "SO_TIMESTAMPING_NEW"),
    )
    options = (
        ("AF_UNSPEC", "SOL_SOCKET", "SO_TIMESTAMPNS"),
        ("AF_UNSPEC", "SOL_SOCKET", "SO_TIMESTAMP"),
    )

    @classmethod
    def decode(cls, platform: Platform, level: int, type: int, data: bytes) -> Timestamp:
        if type in [platform.constants.get(name) for name in _THREE_TIMES]:
            size = len(data) // 3
            times = [_time(platform, data[at : at + size], 1) for at in (0, size, 2 * size)]
            return cls(times[0] or None, times[2] or None)
        fine = type in [platform.constants.get(name) for name in _NANOSECONDS]
        return cls(_time(platform, data, 1 if fine else 1000))


_THREE_TIMES = ("SCM_TIMESTAMPING", "SO_TIMESTAMPING_OLD", "SO_TIMESTAMPING_NEW")
_NANOSECONDS = ("SCM_TIMESTAMPNS", "SO_TIMESTAMPNS_OLD", "SO_TIMESTAMPNS_NEW", "SCM_REALTIME")


def _time(platform: Platform, data: bytes, unit: int) -> int:
    """A timeval or timespec in nanoseconds.  Its length says which kernel's it is, old or new."""
    struct, part = ("timespec", "tv_nsec") if unit == 1 else ("timeval", "tv_usec")
    layout = platform.structs[struct]
    if len(data) == layout["size"]:
        seconds = platform.field(struct, "tv_sec", data)
        return seconds * 10**9 + platform.field(struct, part, data) * unit
    if len(data) not in (8, 16):
        raise ValueError(f"expected a struct {struct} of 8 or 16 bytes, not {len(data)}")
    half = len(data) // 2
    return platform.integer(data[:half]) * 10**9 + platform.integer(data[half:]) * unit


@dataclass(frozen=True)
class ErrorQueue(ControlMessage):
    """IP_RECVERR, IPV6_RECVERR: struct sock_extended_err, of a packet that failed or went.

    It is read by ``flags=MSG_ERRQUEUE``, with the packet's own bytes as data.  ``origin`` is
    SO_EE_ORIGIN_ICMP or another; ``type`` and ``code`` are the ICMP message's; ``info`` is the MTU
    for EMSGSIZE; ``offender`` the address of the host that sent the ICMP message, or None.
    """

    errno: int
    origin: int
    type: int = 0
    code: int = 0
    info: int = 0
    data: int = 0
    offender: tuple[Any, ...] | None = None

    messages = (("IPPROTO_IP", "IP_RECVERR"), ("IPPROTO_IPV6", "IPV6_RECVERR"))
    options = (
        ("AF_INET", "IPPROTO_IP", "IP_RECVERR"),
        ("AF_INET6", "IPPROTO_IPV6", "IPV6_RECVERR"),
    )
    needs = ("sock_extended_err",)

    @classmethod
    def decode(cls, platform: Platform, level: int, type: int, data: bytes) -> ErrorQueue:
        struct = "sock_extended_err"
        platform.check_size(struct, data)
        names = ("ee_errno", "ee_origin", "ee_type", "ee_code", "ee_info", "ee_data")
        number, origin, kind, code, info, more = [
            platform.field(struct, name, data, signed=False) for name in names
        ]
        sockaddr = data[platform.structs[struct]["size"] :]
        offender = None
        if int.from_bytes(sockaddr[:2], platform.order):
            offender = families.unpack(sockaddr, platform=platform.name)
        return cls(number, origin, kind, code, info, more, offender)


@dataclass(frozen=True)
class DropCount(ControlMessage):
    """SO_RXQ_OVFL: how many packets the socket has dropped since it was made."""

    count: int

    messages = (("SOL_SOCKET", "SO_RXQ_OVFL"),)
    options = (("AF_UNSPEC", "SOL_SOCKET", "SO_RXQ_OVFL"),)

    @classmethod
    def decode(cls, platform: Platform, level: int, type: int, data: bytes) -> DropCount:
        if len(data) < 4:
            raise ValueError(f"expected a number of 4 bytes, not {len(data)}")
        return cls(int.from_bytes(data[:4], platform.order))


@dataclass(frozen=True)
class SegmentSize(ControlMessage):
    """UDP_GRO, UDP_SEGMENT: how long each datagram is in a buffer of several, except the last.

    On Windows UDP_COALESCED_INFO and UDP_SEND_MSG_SIZE.
    """

    size: int

    messages = (("IPPROTO_UDP", "UDP_GRO"), ("IPPROTO_UDP", "UDP_COALESCED_INFO"))
    options = (
        ("AF_UNSPEC", "IPPROTO_UDP", "UDP_GRO"),
        ("AF_UNSPEC", "IPPROTO_UDP", "UDP_RECV_MAX_COALESCED_SIZE"),
    )

    @classmethod
    def decode(cls, platform: Platform, level: int, type: int, data: bytes) -> SegmentSize:
        if len(data) < 4:
            raise ValueError(f"expected a number of 4 bytes, not {len(data)}")
        return cls(platform.integer(data[:4]))

    def encode(self, platform: Platform) -> tuple[int, int, bytes]:
        level, order = platform.number("IPPROTO_UDP"), platform.order
        size = in_range(self.size, 0xFFFF, "a size of segments", 1)
        if "UDP_SEND_MSG_SIZE" in platform.constants:
            return level, platform.number("UDP_SEND_MSG_SIZE"), size.to_bytes(4, order)
        return level, platform.number("UDP_SEGMENT"), size.to_bytes(2, order)

    @classmethod
    def option_value(cls, platform: Platform, option: str, value: int) -> bytes:
        if value and option == "UDP_RECV_MAX_COALESCED_SIZE":  # the most that a call may bring
            value = 65535
        return value.to_bytes(4, platform.order)
