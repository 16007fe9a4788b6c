"""AF_NETLINK: messages between the kernel and programs, about routes, interfaces and more.

In Python, an address is ``(pid, groups)``.  ``pid`` is the port of one socket: 0 for the kernel,
and by convention the process's ID for a program's first socket.  ``groups`` is a bit mask of the
multicast groups to send to or to join.

In C, an address is a ``struct sockaddr_nl``: on Linux ``<linux/netlink.h>`` and netlink(7), on
FreeBSD ``<netlink/netlink.h>`` and netlink(4).

>>> from pysock import families
>>> families.pack("AF_NETLINK", (1234, 5), platform="linux-gnu-x86_64").hex(" ")
'10 00 00 00 d2 04 00 00 05 00 00 00'
>>> families.pack("AF_NETLINK", (1234, 5), platform="linux-gnu-s390x").hex(" ")
'00 10 00 00 00 00 04 d2 00 00 00 05'
"""

from __future__ import annotations

from .._ffi.arguments import c_uint
from ._codec import FamilyCodec, must_be_tuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Family(FamilyCodec):
    def declare(self) -> None:
        self.sockaddr_nl = self.abi.sockaddr(
            "sockaddr_nl",
            "nl",
            ("nl_pad", "unsigned short"),
            ("nl_pid", "uint32_t"),
            ("nl_groups", "uint32_t"),
        )
        self.fill = self.sockaddr_nl.packer(self.family)

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        address = must_be_tuple(address, caller, "AF_NETLINK")
        if len(address) != 2:
            raise TypeError("AF_NETLINK address must be a pair (pid, groups)")
        pid, groups = [*map(c_uint, address)]
        return self.fill(0, pid, groups)

    def unpack(self, raw: bytes, proto: int) -> tuple[int, int]:
        _, _, pid, groups = self.sockaddr_nl.unpack(raw)
        return pid, groups

    def text(self, member: str, octets: bytes) -> str | None:
        if member == "nl_groups":
            return f"{int.from_bytes(octets, self.abi.order):#b}"
        return "" if member == "nl_pad" else None
