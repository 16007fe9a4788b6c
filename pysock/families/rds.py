"""AF_RDS: reliable datagrams on Linux, from one socket to many peers, over TCP or InfiniBand.

In Python, an address is ``(host, port)``, as for AF_INET.

In C, an address is a ``struct sockaddr_in`` (``<netinet/in.h>``), also with AF_INET as its family.
The manual page is rds(7), from rds-tools.

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
        # The kernel, too, writes AF_INET into the struct, so the codec of AF_INET unpacks it.
        # A struct with AF_RDS in its header is unknown to CPython.
        return unclaimed(self.abi, raw)
