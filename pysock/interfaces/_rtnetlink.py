"""Linux: links, addresses and routes by rtnetlink(7), as ``ip`` asks for them.

``getifaddrs(3)`` is made of the same answers, but has one place for a broadcast address and for the
other end of a link, does not say which of them it is, and has no place for a label and a route.
"""

from __future__ import annotations

import os

from .. import _netlink
from .._host import abi, constants
from .._netlink import attributes, dumps
from .._records import Record, known
from ..families._hosts import SIZES, text_of
from ._values import (
    BY_METRIC,
    Address,
    Gateway,
    Interface,
    by_index,
    family_of,
    flag_names,
    hardware_text,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

AVAILABLE = _netlink.AVAILABLE and "RTM_GETADDR" in constants and known("ifaddrmsg")

if AVAILABLE:
    _ifinfomsg, _ifaddrmsg, _rtmsg = Record("ifinfomsg"), Record("ifaddrmsg"), Record("rtmsg")
    _rtnexthop = Record("rtnexthop")


def interfaces() -> list[Interface]:
    """All interfaces.  OSError."""
    links, listed = dumps(
        constants["NETLINK_ROUTE"],
        (constants["RTM_GETLINK"], _ifinfomsg.pack()),
        (constants["RTM_GETADDR"], _ifaddrmsg.pack()),
    )
    addresses: dict[int, list[Address]] = {}
    for body in listed:
        family = _ifaddrmsg.number(body, "ifa_family")
        if family in SIZES:
            index = _ifaddrmsg.number(body, "ifa_index")
            addresses.setdefault(index, []).append(_address(family, index, body))
    return by_index([_interface(body, addresses) for body in links])


def _interface(body: bytes, addresses: dict[int, list[Address]]) -> Interface:
    index = _ifinfomsg.number(body, "ifi_index")
    found = attributes(body, _ifinfomsg.size)
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
    found = attributes(body, _ifaddrmsg.size)
    other = found.get(constants["IFA_ADDRESS"], b"")
    own = found.get(constants["IFA_LOCAL"], other)
    broadcast = found.get(constants["IFA_BROADCAST"])
    scope = _ifaddrmsg.number(body, "ifa_scope")
    on_link = family == constants["AF_INET6"] and (own[0], own[1] & 0xC0) == (0xFE, 0x80)
    return Address(
        family_of(family),
        text_of(family, own),
        _ifaddrmsg.number(body, "ifa_prefixlen"),
        text_of(family, broadcast) if broadcast else None,
        text_of(family, other) if other and other != own else None,
        index if on_link else 0,
        _string(found.get(constants["IFA_LABEL"], b"")),
        _SCOPES.get(scope, str(scope)),
    )


# enum rt_scope_t: the kernel's numbers, which ip(8) names; others are an administrator's own.
_SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}


def gateways() -> list[Gateway]:
    """The default routes of the main table that have a router, the preferred first.  OSError."""
    [routes] = dumps(constants["NETLINK_ROUTE"], (constants["RTM_GETROUTE"], _rtmsg.pack()))
    found = [each for body in routes for each in _gateways(body)]
    names = {each.index: each.name for each in interfaces()}
    made = [
        Gateway(family_of(family), text_of(family, router), names.get(index, ""), index, metric)
        for family, router, index, metric in found
    ]
    return sorted(made, key=BY_METRIC)


def _gateways(body: bytes) -> Iterator[tuple[int, bytes, int, int]]:
    """``(family, router, interface, metric)`` of a route, if it is a default route."""
    family = _rtmsg.number(body, "rtm_family")
    found = attributes(body, _rtmsg.size)
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
        hop = attributes(hops[at : at + length], _rtnexthop.size)
        router = hop.get(constants["RTA_GATEWAY"], b"")
        if len(router) == SIZES[family]:
            yield family, router, _rtnexthop.number(hops, "rtnh_ifindex", at), metric
        at += length + 3 & ~3
