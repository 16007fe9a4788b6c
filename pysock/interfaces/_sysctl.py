"""macOS and the BSDs: the kernel's table of routes by ``sysctl(3)``, NET_RT_DUMP (route(4)).

Each message is an ``rt_msghdr``, whose bits in ``rtm_addrs`` say which socket addresses follow, in
the order of their bits.  Each of these is padded to the width of a long (on macOS to 4 bytes):

    | rt_msghdr | destination | gateway | netmask | …

A netmask is cut short behind its last byte that is not zero, that of a default route to nothing.
"""

from __future__ import annotations

from ctypes import byref, c_int32, c_size_t, c_ubyte
from errno import ENOMEM
from functools import partial
from operator import itemgetter

from .._host import abi as host
from .._host import constants, lib
from .._layouts import layouts
from ..families import _interfaces, codec_of
from ..families._hosts import text_of
from ._values import Gateway, family_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .._ffi.abi import ABI

    # Family, router, interface, whether it is for sockets of that interface alone, cost.
    _Route = tuple[int, bytes, int, bool, int]

AVAILABLE = hasattr(lib, "sysctl") and "NET_RT_DUMP" in constants

_ATTEMPTS = 8  # the table may grow between two calls
_ROOM = 1 << 12  # bytes beside what the kernel has asked for


_BY_METRIC = itemgetter(0, 3, 4)


def gateways() -> list[Gateway]:
    """The default routes that have a router, the preferred first.  OSError."""
    found = sorted(default_routes(_table(), host), key=_BY_METRIC)
    return [
        Gateway(
            family_of(family),
            text_of(family, router),
            _interfaces.name_of(index).decode("utf-8", "surrogateescape"),
            index,
            cost,
        )
        for family, router, index, _, cost in found
    ]


def _table() -> bytes:
    names = [constants[each] for each in ("CTL_NET", "AF_ROUTE")]
    names += [0, 0, constants["NET_RT_DUMP"], 0]  # of all families
    mib, size = (c_int32 * len(names))(*names), c_size_t()
    for attempt in range(_ATTEMPTS):
        lib.sysctl(byref(mib), len(names), None, byref(size), None, 0)
        size.value += _ROOM << attempt
        memory = (c_ubyte * size.value)()
        try:
            lib.sysctl(byref(mib), len(names), byref(memory), byref(size), None, 0)
        except OSError as error:
            if error.errno != ENOMEM or attempt == _ATTEMPTS - 1:
                raise
            continue
        return bytes(memory[: size.value])
    return b""


def default_routes(table: bytes, abi: ABI) -> Iterator[_Route]:
    """The routes of a table that lead everywhere, by a router, on a platform."""
    layout = layouts(abi.name)["structs"]["rt_msghdr"]
    numbers, fields = abi.constants, layout["fields"]
    member = partial(_member, table, fields, abi)
    wanted = numbers["RTF_UP"] | numbers["RTF_GATEWAY"]
    at = 0
    while len(table) - at >= layout["size"]:
        length, flags = member("rtm_msglen", at), member("rtm_flags", at)
        if not layout["size"] <= length <= len(table) - at:
            return
        head = member("rtm_hdrlen", at) if "rtm_hdrlen" in fields else layout["size"]
        if (
            member("rtm_version", at) == numbers["RTM_VERSION"]
            and flags & wanted == wanted
            and not flags & numbers["RTF_HOST"]
        ):
            parts = _addresses(table[at + head : at + length], member("rtm_addrs", at), abi)
            router = _router(parts, abi)
            if router is not None:
                scoped = bool(flags & numbers.get("RTF_IFSCOPE", 0))
                cost = member("rtm_priority", at) if "rtm_priority" in fields else 0
                yield (*router, member("rtm_index", at), scoped, cost)
        at += length


def _addresses(raw: bytes, bits: int, abi: ABI) -> dict[int, bytes]:
    """The socket addresses behind a message, by the numbers of their bits."""
    unit = 4 if abi.name.startswith("darwin") else abi.bits // 8
    found, at = {}, 0
    for number in range(bits.bit_length()):
        if bits >> number & 1 and at < len(raw):
            size = raw[at]  # sa_len; of a netmask of no bits, 0
            found[number] = raw[at : at + size]
            at += max(unit, (size + unit - 1) // unit * unit)
    return found


def _member(table: bytes, fields: Any, abi: ABI, name: str, at: int) -> int:
    offset, size = fields[name]
    return int.from_bytes(table[at + offset : at + offset + size], abi.order)


def _router(parts: dict[int, bytes], abi: ABI) -> tuple[int, bytes] | None:
    """The family and the address of a default route's router; None of another route."""
    numbers = abi.constants
    to, router, mask = [
        parts.get(numbers[f"RTAX_{name}"], b"") for name in ("DST", "GATEWAY", "NETMASK")
    ]
    family = abi.family_of(to)
    if family not in (numbers["AF_INET"], numbers["AF_INET6"]):
        return None
    # The family of a netmask may be anything, and its bytes before the address, too.
    four = family == numbers["AF_INET"]
    begin, size = (4, 4) if four else (8, 16)
    if any(mask[begin : begin + size]) or any(_octets(to, family, abi)):
        return None
    if abi.family_of(router) != family:
        return None  # a link: what it leads to is on it
    octets = _octets(router, family, abi)
    if not four and octets[:2] == b"\xfe\x80":  # KAME keeps the interface inside it
        octets = octets[:2] + bytes(2) + octets[4:]
    return family, octets


def _octets(raw: bytes, family: int, abi: ABI) -> bytes:
    codec: Any = codec_of(family, abi)
    if family == abi.constants["AF_INET"]:
        octets: bytes = codec.sockaddr_in.unpack(raw)[2]
        return octets
    _, _, _, octets, _ = codec.sockaddr_in6.unpack(raw)
    return octets
