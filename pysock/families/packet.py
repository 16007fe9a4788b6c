"""AF_PACKET: the frames that a network interface sends and receives, on Linux.

In Python, an address is ``(ifname, proto[, pkttype[, hatype[, addr]]])``: the interface's name,
the frame's protocol (an ETH_P_ number in host order), the frame's direction or destination
(PACKET_HOST, PACKET_OUTGOING, …), the type of the hardware (an ARPHRD_ number) and the hardware
address.  ``bind`` uses the first two items; ``sendto`` uses the interface, the protocol and the
hardware address.

In C, an address is a ``struct sockaddr_ll`` (``<linux/if_packet.h>``).  The manual page is
packet(7).

>>> from pysock.families import pack, unpack
>>> raw = pack("AF_PACKET", ("lo", 0x0800, 0, 1, bytes(6)), platform="linux-gnu-x86_64")
>>> raw[:4].hex(" "), raw[8:].hex(" ")  # the bytes between them are the interface's index
('11 00 08 00', '01 00 00 06 00 00 00 00 00 00 00 00')
>>> unpack(raw, platform="linux-gnu-x86_64")
('lo', 2048, 0, 1, b'\\x00\\x00\\x00\\x00\\x00\\x00')
"""

from __future__ import annotations

from ctypes import c_ubyte

from .._ffi.abi import be16
from .._ffi.arguments import size_of, view_of
from . import _interfaces
from ._codec import FamilyCodec, must_be_tuple
from ._items import items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TYPES = (
    "PACKET_HOST",
    "PACKET_BROADCAST",
    "PACKET_MULTICAST",
    "PACKET_OTHERHOST",
    "PACKET_OUTGOING",
)
_ADDRESS_SIZE = 8  # bytes of sll_addr; the kernel may return a longer address
_TOO_LONG = bytes(_ADDRESS_SIZE + 1)


class Family(FamilyCodec):
    def declare(self) -> None:
        self.sockaddr_ll = self.abi.sockaddr(
            "sockaddr_ll",
            "sll",
            ("sll_protocol", be16),
            ("sll_ifindex", "int"),
            ("sll_hatype", "unsigned short"),
            ("sll_pkttype", "unsigned char"),
            ("sll_halen", "unsigned char"),
            ("sll_addr", c_ubyte * _ADDRESS_SIZE),
        )
        self.fill = self.sockaddr_ll.packer(self.family)

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        address = must_be_tuple(address, caller, "AF_PACKET")
        shape = "AF_PACKET address must be a tuple of two to five elements"
        if len(address) > 5:
            raise TypeError(shape)
        try:
            name, protocol, *given = items(address[:4], "si|ii", shape)
        except OverflowError:
            raise OverflowError(f"{caller}(): address argument out of range") from None
        pkttype, hatype = (*given, self.abi.constants["PACKET_HOST"], 0)[:2]
        sll_addr = b""
        if len(address) == 5:
            with view_of(address[4]) as view:
                # A longer address is refused below, after the interface's name is looked up.
                sll_addr = view.tobytes() if size_of(view) <= _ADDRESS_SIZE else _TOO_LONG
        # As in CPython, a name that is too long is truncated.
        index = _interfaces.index_of(name[: _interfaces.NAME_SIZE - 1])
        if len(sll_addr) > _ADDRESS_SIZE:
            raise ValueError("Hardware address must be 8 bytes or less")
        if not 0 <= protocol <= 0xFFFF:
            raise OverflowError(f"{caller}(): proto must be 0-65535.")
        return self.fill(protocol, index, hatype & 0xFFFF, pkttype & 0xFF, len(sll_addr), sll_addr)

    def unpack(self, raw: bytes, proto: int) -> tuple[str, int, int, int, bytes]:
        _, protocol, index, hatype, pkttype, halen, _ = self.sockaddr_ll.unpack(raw)
        # The addresses of InfiniBand have 20 bytes and continue after the end of the struct.
        start = self.sockaddr_ll.ctype.sll_addr.offset
        sll_addr = raw[start:].ljust(_ADDRESS_SIZE, b"\0")[:halen]
        name = _interfaces.name_of(index).decode()
        return name, protocol, pkttype, hatype, sll_addr

    def text(self, member: str, octets: bytes) -> str | None:
        number = int.from_bytes(octets, self.abi.order)
        if member == "sll_ifindex":
            return _interfaces.text(number)
        if member == "sll_protocol":
            return f"{int.from_bytes(octets, 'big'):#06x} (network order)"
        if member == "sll_pkttype":
            return next((n for n in _TYPES if self.abi.constants[n] == number), None)
        return octets.hex(":") if member == "sll_addr" else None
