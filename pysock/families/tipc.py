"""AF_TIPC: messages between the nodes of a cluster, addressed to services, on Linux.

In Python, an address is ``(addr_type, v1, v2, v3[, scope])``.  ``addr_type`` decides what the three
numbers are:

    TIPC_ADDR_NAME     a service: type, instance; v3 is ignored, and unpacked it equals v2
    TIPC_ADDR_NAMESEQ  a range of services: type, lowest instance, highest instance
    TIPC_ADDR_ID       one socket: node, reference; v3 is ignored, and unpacked it is 0

``scope`` says where a name is published: by default in the whole cluster (TIPC_CLUSTER_SCOPE).

In C, an address is a ``struct sockaddr_tipc`` (``<linux/tipc.h>``).  There is no manual page; see
"TIPC" in the documentation of the Linux kernel.

>>> from pysock.families import pack, unpack
>>> raw = pack("AF_TIPC", (2, 18888, 17, 0), platform="linux-gnu-x86_64")  # TIPC_ADDR_NAME
>>> raw.hex(" ")
'1e 00 02 02 c8 49 00 00 11 00 00 00 00 00 00 00'
>>> unpack(raw, platform="linux-gnu-x86_64")
(2, 18888, 17, 17, 2)
"""

from __future__ import annotations

from ctypes import c_byte
from struct import Struct

from ._codec import FamilyCodec, must_be_tuple
from ._items import items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Family(FamilyCodec):
    needs = "TIPC_ADDR_NAME"

    def declare(self) -> None:
        self.sockaddr_tipc = self.abi.sockaddr(
            "sockaddr_tipc",
            "family",
            ("addrtype", "unsigned char"),
            ("scope", c_byte),
            ("addr", self.abi.types["uint32_t"] * 3),  # a union of a struct for each addr_type
        )
        self.fill = self.sockaddr_tipc.packer(self.family)
        self.union = Struct(("<" if self.abi.order == "little" else ">") + "3I")

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        address = must_be_tuple(address, caller, "AF_TIPC")
        shape = "AF_TIPC address must be a tuple (addr_type, v1, v2, v3[, scope])"
        kind, v1, v2, v3, *given = items(address, "IIII|I", shape)
        scope = given[0] if given else self.abi.constants["TIPC_CLUSTER_SCOPE"]
        if kind == self.abi.constants["TIPC_ADDR_NAMESEQ"]:
            addr = self.union.pack(v1, v2, v3)
        elif kind == self.abi.constants["TIPC_ADDR_NAME"]:
            addr = self.union.pack(v1, v2, 0)  # 0: "domain", which may restrict the look-up
        elif kind == self.abi.constants["TIPC_ADDR_ID"]:
            addr = self.union.pack(v2, v1, 0)  # the reference comes before the node
        else:
            raise TypeError("Invalid address type")
        return self.fill(kind, c_byte(scope).value, addr)

    def unpack(self, raw: bytes, proto: int) -> tuple[int, int, int, int, int]:
        _, kind, scope, addr = self.sockaddr_tipc.unpack(raw)
        v1, v2, v3 = self.union.unpack(addr)
        if kind == self.abi.constants["TIPC_ADDR_NAME"]:
            v3 = v2
        elif kind == self.abi.constants["TIPC_ADDR_ID"]:
            v1, v2, v3 = v2, v1, 0
        elif kind != self.abi.constants["TIPC_ADDR_NAMESEQ"]:
            raise ValueError("Invalid address type")
        # A signed char in C, which CPython converts to an unsigned int.
        return kind, v1, v2, v3, scope & 0xFFFFFFFF

    def text(self, member: str, octets: bytes) -> str | None:
        if member == "addr":
            return ", ".join(map(str, self.union.unpack(octets.ljust(self.union.size, b"\0"))))
        return None
