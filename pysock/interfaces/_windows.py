"""Windows: ``GetAdaptersAddresses``, a linked list of adapters in one piece of memory."""

from __future__ import annotations

import os
from ctypes import addressof, byref, c_uint32, wstring_at

from .._ffi.errors import from_errno
from .._ffi.interpreter import bytes_at, chars
from .._host import abi, constants, lib
from .._records import Record
from ..families import _interfaces, codec_of
from ..families._hosts import AF_INET, SIZES, text_of
from ._values import (
    BY_METRIC,
    Address,
    Gateway,
    Interface,
    by_index,
    family_of,
    hardware_text,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_ROOM = 1 << 15  # bytes; Microsoft's page asks for 15 KB at first
_ATTEMPTS = 8  # the list may grow between two calls

if hasattr(lib, "GetAdaptersAddresses"):
    _adapter, _unicast = Record("IP_ADAPTER_ADDRESSES_LH"), Record("IP_ADAPTER_UNICAST_ADDRESS_LH")
    _gateway = Record("IP_ADAPTER_GATEWAY_ADDRESS_LH")
    _pointed = Record("SOCKET_ADDRESS")


def _adapters() -> Iterator[tuple[Any, bytes]]:
    """Each adapter's struct, and the memory that its pointers point into."""
    flags = [n for n in constants if n[:9] == "GAA_FLAG_"]
    wanted = sum([constants[name] for name in flags])
    size = c_uint32(_ROOM)
    for _ in range(_ATTEMPTS):
        memory = chars(1 << (size.value - 1).bit_length())
        size.value = len(memory)
        code = lib.GetAdaptersAddresses(0, wanted, None, byref(memory), byref(size))
        if code != constants["ERROR_BUFFER_OVERFLOW"]:
            break
    if code == 232:  # ERROR_NO_DATA: there are none
        return
    if code:
        raise from_errno(code)
    at = addressof(memory)
    while at:
        raw = bytes_at(at, _adapter.size)
        yield memory, raw
        at = _adapter.number(raw, "Next")


def interfaces() -> list[Interface]:
    """All interfaces.  OSError."""
    return by_index([_interface(raw) for _, raw in _adapters()])


def _interface(raw: bytes) -> Interface:
    index, name = _named(raw)
    number = _adapter.number
    hardware = _adapter.bytes_of(raw, "PhysicalAddress")[: number(raw, "PhysicalAddressLength")]
    mtu = number(raw, "Mtu")
    kind = number(raw, "IfType")
    flags = {
        "UP": number(raw, "OperStatus") == constants["IfOperStatusUp"],
        "LOOPBACK": kind == constants["IF_TYPE_SOFTWARE_LOOPBACK"],
        "POINTOPOINT": kind == constants["IF_TYPE_PPP"],
        "MULTICAST": not number(raw, "Flags") & constants["IP_ADAPTER_NO_MULTICAST"],
    }
    at = number(raw, "FriendlyName")
    return Interface(
        index,
        name,
        frozenset([flag for flag, there in flags.items() if there]),
        None if mtu == 0xFFFFFFFF else mtu,
        hardware_text(hardware),
        None,
        tuple(_addresses(number(raw, "FirstUnicastAddress"), name)),
        wstring_at(at) if at else "",
    )


def _named(raw: bytes) -> tuple[int, str]:
    index = _adapter.number(raw, "IfIndex") or _adapter.number(raw, "Ipv6IfIndex")
    return index, os.fsdecode(_interfaces.name_of(index)) or str(index)


def _addresses(at: int, label: str) -> Iterator[Address]:
    while at:
        raw = bytes_at(at, _unicast.size)
        family, octets, scope_id = _ip(_unicast.bytes_of(raw, "Address"))
        if family in SIZES:
            bits = _unicast.number(raw, "OnLinkPrefixLength")
            prefix = bits if bits <= 8 * len(octets) else None
            number = family_of(family)
            yield Address(number, text_of(family, octets), prefix, None, None, scope_id, label)
        at = _unicast.number(raw, "Next")


def _ip(socket_address: bytes) -> tuple[int, bytes, int]:
    """The family, the address and the scope behind a SOCKET_ADDRESS."""
    at = _pointed.number(socket_address, "lpSockaddr")
    length = _pointed.number(socket_address, "iSockaddrLength")
    sockaddr = bytes_at(at, length) if at and length > 0 else b""
    family = abi.family_of(sockaddr)
    codec: Any = codec_of(family)
    if family not in SIZES:
        return 0, b"", 0
    if family == AF_INET:
        return family, codec.sockaddr_in.unpack(sockaddr)[2], 0
    _, _, _, octets, scope_id = codec.sockaddr_in6.unpack(sockaddr)
    return family, octets, scope_id


def gateways() -> list[Gateway]:
    """The routers of all adapters, the cheapest first.  OSError."""
    found = []
    for _, raw in _adapters():
        index, name = _named(raw)
        at = _adapter.number(raw, "FirstGatewayAddress")
        while at:
            entry = bytes_at(at, _gateway.size)
            family, octets, _scope = _ip(_gateway.bytes_of(entry, "Address"))
            if family in SIZES:
                metric = _adapter.number(raw, "Ipv4Metric" if family == AF_INET else "Ipv6Metric")
                router = text_of(family, octets)
                found.append(Gateway(family_of(family), router, name, index, metric))
            at = _gateway.number(entry, "Next")
    return sorted(found, key=BY_METRIC)
