"""AF_RDS, rds(7): reliable datagrams, to many peers from one socket, over TCP or InfiniBand.

An address is that of an IPv4 socket, ``(host, port)``, in the struct of one, and with
AF_INET inside.

>>> from pysock import families
>>> families.pack("AF_RDS", ("127.0.0.1", 4000), platform="linux-gnu-x86_64")[:8].hex(" ")
'02 00 0f a0 7f 00 00 01'
"""

from __future__ import annotations

from . import inet
from ._codec import unclaimed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Family(inet.Family):
    def declare(self) -> None:
        super().declare()
        self.fill = self.sockaddr_in.packer(self.abi.constants["AF_INET"])

    def unpack(self, raw: bytes, proto: int) -> Any:
        # What the kernel writes has AF_INET inside too, so it comes to that family's codec.
        return unclaimed(self.abi, raw)
