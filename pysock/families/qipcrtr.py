"""AF_QIPCRTR: messages between the processors of a Qualcomm chip, such as its modem.

In Python, an address is ``(node, port)``: the number of a processor, and of a socket on it.

In C, an address is a ``struct sockaddr_qrtr`` (``<linux/qrtr.h>``).  There is no manual page.

>>> from pysock import families
>>> families.pack("AF_QIPCRTR", (1, 0x4001), platform="linux-gnu-aarch64").hex(" ")
'2a 00 00 00 01 00 00 00 01 40 00 00'
"""

from __future__ import annotations

from ._codec import FamilyCodec
from .vsock import pair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Family(FamilyCodec):
    def declare(self) -> None:
        self.sockaddr_qrtr = self.abi.sockaddr(
            "sockaddr_qrtr", "sq", ("sq_node", "uint32_t"), ("sq_port", "uint32_t")
        )
        self.fill = self.sockaddr_qrtr.packer(self.family)

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        return self.fill(*pair(address, "AF_QIPCRTR"))

    def unpack(self, raw: bytes, proto: int) -> tuple[int, int]:
        _, node, port = self.sockaddr_qrtr.unpack(raw)
        return node, port
