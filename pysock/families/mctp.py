"""AF_MCTP: messages between the management controllers inside a machine (DMTF DSP0236), on Linux.

In Python, an address is ``(network, eid, type[, tag[, ifname, hardware]])``: the number of a
network (MCTP_NET_ANY: the default one), the endpoint in it (MCTP_ADDR_ANY to receive from all), the
type of the messages, and the tag, of which MCTP_TAG_OWNER asks for an answer.  ``bind`` uses the
first three.  The interface and the hardware address are those of a neighbour that the routes do not
know; the kernel has them on sockets with MCTP_OPT_ADDR_EXT.

In C, an address is a ``struct sockaddr_mctp``, or with an interface a ``struct sockaddr_mctp_ext``
(``<linux/mctp.h>``).  There is no manual page; see "Management Component Transport Protocol" in the
documentation of the Linux kernel.

>>> from pysock.families import pack, unpack
>>> raw = pack("AF_MCTP", (1, 8, 5, 8), platform="linux-gnu-x86_64")  # 8: MCTP_TAG_OWNER
>>> raw.hex(" ")
'2d 00 00 00 01 00 00 00 08 05 08 00'
>>> unpack(raw, platform="linux-gnu-x86_64")
(1, 8, 5, 8)
"""

from __future__ import annotations

import os
from ctypes import c_ubyte

from .._ffi.abi import Sockaddr
from .._ffi.arguments import size_of, view_of
from . import _interfaces
from ._codec import FamilyCodec, must_be_tuple
from ._items import items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HARDWARE_SIZE = 32  # bytes of smctp_haddr: MAX_ADDR_LEN
_SHAPE = "AF_MCTP address must be a tuple (network, eid, type[, tag[, ifname, hardware]])"


class Family(FamilyCodec):
    needs = "MCTP_NET_ANY"

    def declare(self) -> None:
        members: list[tuple[str, Any]] = [
            ("__smctp_pad0", "uint16_t"),
            ("smctp_network", "unsigned int"),
            ("smctp_addr", "unsigned char"),
            ("smctp_type", "unsigned char"),
            ("smctp_tag", "unsigned char"),
            ("__smctp_pad1", "unsigned char"),
        ]
        self.sockaddr_mctp = self.abi.sockaddr("sockaddr_mctp", "smctp", *members)
        # In C, the first struct is the first member of the second.
        self._ext = self.abi.sockaddr(
            "sockaddr_mctp with an interface",
            "smctp",
            *members,
            ("smctp_ifindex", "int"),
            ("smctp_halen", "unsigned char"),
            ("__smctp_pad2", c_ubyte * 3),
            ("smctp_haddr", c_ubyte * _HARDWARE_SIZE),
        )
        self.fill = self.sockaddr_mctp.packer(self.family)
        self._fill_ext = self._ext.packer(self.family)

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        address = must_be_tuple(address, caller, "AF_MCTP")
        if len(address) != 6:
            network, eid, kind, *given = items(address, "IBB|B", _SHAPE)
            return self.fill(0, network, eid, kind, given[0] if given else 0, 0)
        network, eid, kind, tag, name = items(address[:5], "IBBBU", _SHAPE)
        with view_of(address[5]) as view:
            if size_of(view) > _HARDWARE_SIZE:
                raise ValueError(f"Hardware address must be {_HARDWARE_SIZE} bytes or less")
            hardware = view.tobytes()
        index = _interfaces.index_of(os.fsencode(name))
        more = index, len(hardware), b"", hardware
        return self._fill_ext(0, network, eid, kind, tag, 0, *more)

    def unpack(self, raw: bytes, proto: int) -> Any:
        _, _, network, eid, kind, tag, _, *more = self.struct_of(raw).unpack(raw)
        if not more:
            return network, eid, kind, tag
        index, size, _, hardware = more
        name = os.fsdecode(_interfaces.name_of(index))
        return network, eid, kind, tag, name, hardware[:size]

    def struct_of(self, raw: bytes) -> Sockaddr:
        return self._ext if len(raw) > self.sockaddr_mctp.size else self.sockaddr_mctp

    def text(self, member: str, octets: bytes) -> str | None:
        if member == "smctp_ifindex":
            return _interfaces.text(int.from_bytes(octets, self.abi.order, signed=True))
        if member == "smctp_haddr":
            return octets.hex(":")
        return "" if member.startswith("__") else None
