"""AF_XDP: a network card's frames in memory shared with the kernel, on Linux.

In Python, an address is ``(ifname, queue[, flags[, fd]])``: the interface's name, one of its
queues, XDP_COPY, XDP_ZEROCOPY and other flags, and for XDP_SHARED_UMEM the descriptor of the socket
whose memory this one shares.  ``bind`` alone takes it, after the memory and the rings are there:
``setsockopt`` with XDP_UMEM_REG, XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING and XDP_TX_RING or
XDP_RX_RING, then ``mmap``.  ``examples/xdp.py`` sends and receives frames that way.

In C, an address is a ``struct sockaddr_xdp`` (``<linux/if_xdp.h>``).  There is no manual page; see
"AF_XDP" in the documentation of the Linux kernel.

>>> from pysock.families import pack, unpack
>>> raw = pack("AF_XDP", ("lo", 3, 2), platform="linux-gnu-x86_64")  # 2: XDP_COPY
>>> raw[:4].hex(" "), raw[8:].hex(" ")  # the bytes between them are the interface's index
('2c 00 02 00', '03 00 00 00 00 00 00 00')
>>> unpack(raw, platform="linux-gnu-x86_64")
('lo', 3, 2, 0)
"""

from __future__ import annotations

import os

from . import _interfaces
from ._codec import FamilyCodec, must_be_tuple
from ._items import items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FLAGS = ("XDP_SHARED_UMEM", "XDP_COPY", "XDP_ZEROCOPY", "XDP_USE_NEED_WAKEUP", "XDP_USE_SG")


class Family(FamilyCodec):
    needs = "XDP_UMEM_REG"

    def declare(self) -> None:
        self.sockaddr_xdp = self.abi.sockaddr(
            "sockaddr_xdp",
            "sxdp",
            ("sxdp_flags", "uint16_t"),
            ("sxdp_ifindex", "uint32_t"),
            ("sxdp_queue_id", "uint32_t"),
            ("sxdp_shared_umem_fd", "uint32_t"),
        )
        self.fill = self.sockaddr_xdp.packer(self.family)

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        address = must_be_tuple(address, caller, "AF_XDP")
        shape = "AF_XDP address must be a tuple (ifname, queue[, flags[, fd]])"
        name, queue, *given = items(address, "UI|HI", shape)
        flags, fd = (*given, 0, 0)[:2]
        return self.fill(flags, _interfaces.index_of(os.fsencode(name)), queue, fd)

    def unpack(self, raw: bytes, proto: int) -> tuple[str, int, int, int]:
        _, flags, index, queue, fd = self.sockaddr_xdp.unpack(raw)
        return os.fsdecode(_interfaces.name_of(index)), queue, flags, fd

    def text(self, member: str, octets: bytes) -> str | None:
        number = int.from_bytes(octets, self.abi.order)
        if member == "sxdp_ifindex":
            return _interfaces.text(number)
        if member == "sxdp_flags":
            known = {n: self.abi.constants.get(n, 0) for n in _FLAGS}
            names = [n for n, flag in known.items() if number & flag]
            rest = number & ~sum(known.values())
            return " | ".join(names + [hex(rest)] * bool(rest)) or "0"
        return None
