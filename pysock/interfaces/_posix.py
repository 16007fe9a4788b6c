"""``getifaddrs(3)``: a linked list, with an entry for each address, the hardware's among them.

Its memory is freed whatever happens, and nothing is read behind an address: the BSDs' say their
length, Linux' have that of their family.  A BSD may cut a netmask short, that of a prefix of 0 bits
to nothing, and leave its family out.
"""

from __future__ import annotations

import os
from ctypes import byref, c_ubyte, c_void_p
from errno import ENODEV

from .._beyond import HAS_IOCTL, interface_index, ioctl
from .._ffi.interpreter import bytes_at, text_at
from .._host import abi, constants, lib
from .._records import Record
from .._socket import Socket
from ..families import codec_of
from ..families._hosts import AF_INET, SIZES, text_of
from ._values import Address, Interface, by_index, family_of, flag_names, hardware_text, prefix_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Optional

    # Name, flags, address, netmask, and the broadcast address or the other end.
    _Entry = tuple[bytes, int, bytes, Optional[bytes], bytes]

_HARDWARE = constants.get("AF_PACKET" if "AF_PACKET" in constants else "AF_LINK")
_LINK_LOCAL = b"\xfe\x80"
_LL_HEAD, _LL_MOST = 12, 24  # of sockaddr_ll: bytes before the address, and at most of it


def interfaces(refused: OSError | None = None) -> list[Interface]:
    """All interfaces.  OSError, whose cause ``refused`` then is."""
    head = c_void_p()  # C writes to it in the call: so the list has an owner from the beginning
    try:
        _ask(head, refused)
        entries = list(_entries(head.value))
    finally:
        if head.value:
            lib.freeifaddrs(head)
    return _assembled(entries)


def _ask(head: c_void_p, refused: OSError | None) -> None:
    try:
        lib.getifaddrs(byref(head))
    except OSError as error:
        raise error from refused


def _entries(at: int | None) -> Iterator[_Entry]:
    """The entries of the list, with copies of all that they point to."""
    while at:
        raw = bytes_at(at, _ifaddrs.size)
        name = _ifaddrs.number(raw, "ifa_name")
        members = ("ifa_addr", "ifa_netmask", _OTHER)
        address, netmask, other = [_sockaddr(_ifaddrs.number(raw, m)) for m in members]
        flags = _ifaddrs.number(raw, "ifa_flags")
        yield text_at(name), flags, address or b"", netmask, other or b""
        at = _ifaddrs.number(raw, "ifa_next")


def _sockaddr(at: int) -> bytes | None:
    """The sockaddr at an address, in its own length; None for NULL."""
    if not at:
        return None
    if abi.sa_len:
        return bytes_at(at, c_ubyte.from_address(at).value)
    family = abi.family_of(bytes_at(at, 2))
    if family == _HARDWARE:
        length = c_ubyte.from_address(at + _LL_HEAD - 1).value
        return bytes_at(at, _LL_HEAD + min(length, _LL_MOST))
    codec: Any = codec_of(family) if family in SIZES else None
    return bytes_at(at, codec.struct_of(b"").size) if codec else b""


def _assembled(entries: list[_Entry]) -> list[Interface]:
    """The interfaces from the entries of the list; an alias belongs to what it is an alias of."""
    found: dict[str, dict[str, Any]] = {}
    for raw_name, flags, address, netmask, other in entries:
        label = os.fsdecode(raw_name)
        name = label if label in found else label.partition(":")[0]
        known = found.setdefault(name, {"flags": flags, "addresses": [], "index": 0})
        family = abi.family_of(address)
        if family == _HARDWARE:
            known["index"], hardware = _hardware(address)
            known["hardware"] = hardware_text(hardware)
            known["hardware_broadcast"] = hardware_text(_hardware(other)[1]) if other else None
        elif family in SIZES:
            known["addresses"].append(_address(family, label, flags, address, netmask, other))
    with Socket(AF_INET, constants["SOCK_DGRAM"]) as sock:
        made = [_interface(name, known, sock) for name, known in found.items()]
    return by_index([each for each in made if each is not None])


def _interface(name: str, known: dict[str, Any], sock: Socket) -> Interface | None:
    index = known["index"]
    if not index:
        try:
            index = interface_index(name)
        except OSError as error:
            if error.errno == ENODEV:
                return None  # it has vanished meanwhile
            raise
    return Interface(
        index,
        name,
        flag_names(known["flags"]),
        _mtu(sock, name),
        known.get("hardware"),
        known.get("hardware_broadcast"),
        tuple(known["addresses"]),
    )


def _hardware(raw: bytes) -> tuple[int, bytes]:
    """The index and the hardware address of an AF_PACKET or AF_LINK address."""
    codec: Any = codec_of(_HARDWARE or 0)
    if abi.sa_len:
        index, _, hardware = codec.parts(raw)
        return index, hardware
    _, _, index, *_ = codec.sockaddr_ll.unpack(raw)
    return index, raw[_LL_HEAD:]


def _address(
    family: int, label: str, flags: int, address: bytes, netmask: bytes | None, other: bytes
) -> Address:
    own, scope_id = _ip(family, address)
    mask = None if netmask is None else _ip(family, netmask)[0]
    broadcast = peer = None
    if other and abi.family_of(other) == family:
        text = text_of(family, _ip(family, other)[0])
        if flags & constants["IFF_POINTOPOINT"]:
            peer = text if text != text_of(family, own) else None
        elif flags & constants["IFF_BROADCAST"] and family == AF_INET:
            broadcast = text if text != text_of(family, own) else None
    return Address(
        family_of(family),
        text_of(family, own),
        None if mask is None else prefix_of(mask),
        broadcast,
        peer,
        scope_id,
        label,
    )


def _ip(family: int, raw: bytes) -> tuple[bytes, int]:
    """The bytes of the IP address in a sockaddr, and its scope."""
    codec: Any = codec_of(family)
    if family == AF_INET:
        return codec.sockaddr_in.unpack(raw)[2], 0
    _, _, _, octets, scope_id = codec.sockaddr_in6.unpack(raw)
    if abi.sa_len and octets[:2] == _LINK_LOCAL and any(octets[2:4]):
        # KAME's kernels keep a link-local address' interface inside it.
        scope_id = scope_id or int.from_bytes(octets[2:4], "big")
        octets = octets[:2] + bytes(2) + octets[4:]
    return octets, scope_id


def _mtu(sock: Socket, name: str) -> int | None:
    """``ioctl(2)`` with SIOCGIFMTU; None if the interface has vanished, or is not asked so."""
    if not HAS_IOCTL or "SIOCGIFMTU" not in constants:
        return None
    request = _ifreq.pack(ifr_name=os.fsencode(name)[: constants["IF_NAMESIZE"] - 1])
    try:
        answer = ioctl(sock.fileno(), constants["SIOCGIFMTU"], request)
    except OSError:
        return None
    return _ifreq.number(answer, "ifr_mtu")


if hasattr(lib, "getifaddrs"):
    _ifaddrs, _ifreq = Record("ifaddrs"), Record("ifreq")
    _OTHER = "ifa_dstaddr" if "ifa_dstaddr" in _ifaddrs.fields else "ifa_ifu"
