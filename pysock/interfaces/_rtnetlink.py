"""Linux: links, addresses and routes by rtnetlink(7), as ``ip`` asks for them.

A request is answered by many messages; each has a header, a struct, and attributes:

    | nlmsghdr | ifaddrmsg | rtattr | data | pad | rtattr | data …

``getifaddrs(3)`` is made of the same answers, but has one place for a broadcast address and for the
other end of a link, does not say which of them it is, and has no place for a label and a route.
"""

from __future__ import annotations

import os
from itertools import count

from .._host import abi, constants
from .._records import Record, known
from .._socket import Socket
from ._posix import SIZES, ntop
from ._values import Address, Gateway, Interface, by_index, family_of, flag_names, hardware_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

AVAILABLE = "AF_NETLINK" in constants and "RTM_GETADDR" in constants and known("ifaddrmsg")

_AT_ONCE = 1 << 18  # bytes; the kernel fills 32 KiB
_AGAIN = 10  # times a list is asked for again that has changed meanwhile
_TYPE = 0x3FFF  # of an attribute's type, without the flags in it
_sequence = count(1)

if AVAILABLE:
    _nlmsghdr, _rtattr = Record("nlmsghdr"), Record("rtattr")
    _ifinfomsg, _ifaddrmsg, _rtmsg = Record("ifinfomsg"), Record("ifaddrmsg"), Record("rtmsg")
    _rtnexthop = Record("rtnexthop")


def _dump(sock: Any, request: int, body: Record) -> list[bytes]:
    """The bodies of all messages that answer a request for a list."""
    for _ in range(_AGAIN):
        bodies, whole = _dump_once(sock, request, body)
        if whole:
            break
    return bodies  # of a list that never stands still, the last


def _dump_once(sock: Any, request: int, body: Record) -> tuple[list[bytes], bool]:
    number = next(_sequence) & 0xFFFFFFFF
    flags = constants["NLM_F_REQUEST"] | constants["NLM_F_DUMP"]
    header = _nlmsghdr.pack(
        nlmsg_len=_nlmsghdr.size + body.size,
        nlmsg_type=request,
        nlmsg_flags=flags,
        nlmsg_seq=number,
    )
    sock.send(header + body.pack())
    bodies: list[bytes] = []
    whole = True
    while True:
        data = sock.recv(_AT_ONCE)
        for kind, bits, sequence, content in _messages(data):
            if sequence != number:
                continue
            whole = whole and not bits & constants["NLM_F_DUMP_INTR"]
            if kind == constants["NLMSG_DONE"]:
                return bodies, whole
            if kind == constants["NLMSG_ERROR"]:
                code = -int.from_bytes(content[:4], abi.order, signed=True)
                raise OSError(code, f"{os.strerror(code)} (rtnetlink)")
            bodies.append(content)


def _messages(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """``(type, flags, sequence, body)`` of each message in a datagram."""
    at = 0
    while len(data) - at >= _nlmsghdr.size:
        length = _nlmsghdr.number(data, "nlmsg_len", at)
        if not _nlmsghdr.size <= length <= len(data) - at:
            return
        names = ("nlmsg_type", "nlmsg_flags", "nlmsg_seq")
        kind, flags, sequence = (_nlmsghdr.number(data, name, at) for name in names)
        yield kind, flags, sequence, data[at + _nlmsghdr.size : at + length]
        at += length + 3 & ~3


def _attributes(body: bytes, at: int) -> dict[int, bytes]:
    """The attributes behind a struct of ``at`` bytes, by their types."""
    found = {}
    while len(body) - at >= _rtattr.size:
        length = _rtattr.number(body, "rta_len", at)
        if not _rtattr.size <= length <= len(body) - at:
            break
        kind = _rtattr.number(body, "rta_type", at) & _TYPE
        found[kind] = body[at + _rtattr.size : at + length]
        at += length + 3 & ~3
    return found


def _socket() -> Any:
    return Socket(
        constants["AF_NETLINK"], constants["SOCK_RAW"], constants.get("NETLINK_ROUTE", 0)
    )


def interfaces() -> list[Interface]:
    """All interfaces.  OSError."""
    with _socket() as sock:
        links = _dump(sock, constants["RTM_GETLINK"], _ifinfomsg)
        listed = _dump(sock, constants["RTM_GETADDR"], _ifaddrmsg)
    addresses: dict[int, list[Address]] = {}
    for body in listed:
        family = _ifaddrmsg.number(body, "ifa_family")
        if family in SIZES:
            index = _ifaddrmsg.number(body, "ifa_index")
            addresses.setdefault(index, []).append(_address(family, index, body))
    return by_index(_interface(body, addresses) for body in links)


def _interface(body: bytes, addresses: dict[int, list[Address]]) -> Interface:
    index = _ifinfomsg.number(body, "ifi_index")
    found = _attributes(body, _ifinfomsg.size)
    mtu = found.get(constants["IFLA_MTU"])
    name = _string(found.get(constants["IFLA_IFNAME"], b""))
    own = [
        each if each.label else Address(**{**vars(each), "label": name})
        for each in addresses.get(index, ())
    ]
    return Interface(
        index,
        name,
        flag_names(_ifinfomsg.number(body, "ifi_flags")),
        None if mtu is None else int.from_bytes(mtu, abi.order),
        hardware_text(found.get(constants["IFLA_ADDRESS"], b"")),
        hardware_text(found.get(constants["IFLA_BROADCAST"], b"")),
        tuple(own),
    )


def _string(data: bytes) -> str:
    return os.fsdecode(data.partition(b"\0")[0])


def _address(family: int, index: int, body: bytes) -> Address:
    """IFA_LOCAL is the address, and IFA_ADDRESS the other end, where both are there and differ."""
    found = _attributes(body, _ifaddrmsg.size)
    other = found.get(constants["IFA_ADDRESS"], b"")
    own = found.get(constants["IFA_LOCAL"], other)
    broadcast = found.get(constants["IFA_BROADCAST"])
    on_link = family == constants["AF_INET6"] and (own[0], own[1] & 0xC0) == (0xFE, 0x80)
    return Address(
        family_of(family),
        ntop(family, own),
        _ifaddrmsg.number(body, "ifa_prefixlen"),
        ntop(family, broadcast) if broadcast else None,
        ntop(family, other) if other and other != own else None,
        index if on_link else 0,
        _string(found.get(constants["IFA_LABEL"], b"")),
    )


def gateways() -> list[Gateway]:
    """The default routes of the main table that have a router, the preferred first.  OSError."""
    with _socket() as sock:
        routes = _dump(sock, constants["RTM_GETROUTE"], _rtmsg)
    found = [each for body in routes for each in _gateways(body)]
    names = {each.index: each.name for each in interfaces()}
    made = [
        Gateway(family_of(family), ntop(family, router), names.get(index, ""), index, metric)
        for family, router, index, metric in found
    ]
    return sorted(made, key=lambda each: (each.family, each.metric))


def _gateways(body: bytes) -> Iterator[tuple[int, bytes, int, int]]:
    """``(family, router, interface, metric)`` of a route, if it is a default route."""
    family = _rtmsg.number(body, "rtm_family")
    found = _attributes(body, _rtmsg.size)
    table = found.get(constants["RTA_TABLE"], b"")
    number = int.from_bytes(table, abi.order) if table else _rtmsg.number(body, "rtm_table")
    kind = _rtmsg.number(body, "rtm_type")
    if (
        family not in SIZES
        or _rtmsg.number(body, "rtm_dst_len")
        or (number, kind) != (constants["RT_TABLE_MAIN"], constants["RTN_UNICAST"])
    ):
        return
    metric = int.from_bytes(found.get(constants["RTA_PRIORITY"], b""), abi.order)
    index = int.from_bytes(found.get(constants["RTA_OIF"], b""), abi.order)
    router = found.get(constants["RTA_GATEWAY"], b"")
    if len(router) == SIZES[family]:
        yield family, router, index, metric
    hops, at = found.get(constants["RTA_MULTIPATH"], b""), 0
    while len(hops) - at >= _rtnexthop.size:
        length = _rtnexthop.number(hops, "rtnh_len", at)
        if not _rtnexthop.size <= length <= len(hops) - at:
            return
        hop = _attributes(hops[at : at + length], _rtnexthop.size)
        router = hop.get(constants["RTA_GATEWAY"], b"")
        if len(router) == SIZES[family]:
            yield family, router, _rtnexthop.number(hops, "rtnh_ifindex", at), metric
        at += length + 3 & ~3
