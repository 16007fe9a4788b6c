"""AF_SMC: TCP's streams by shared memory (RDMA, or a mainframe's), on Linux; else by TCP itself.

In Python, an address is that of AF_INET, ``(host, port)``, or for a socket of the protocol
SMCPROTO_SMC6 that of AF_INET6, ``(host, port[, flowinfo[, scope_id]])``.

In C, an address is a ``struct sockaddr_in`` or ``sockaddr_in6`` (``<netinet/in.h>``), also with
AF_INET or AF_INET6 as its family.  The manual page is af_smc(7), from smc-tools.

>>> from pysock import families
>>> families.pack("AF_SMC", ("127.0.0.1", 80), platform="linux-gnu-x86_64")[:8].hex(" ")
'02 00 00 50 7f 00 00 01'
>>> families.pack("AF_SMC", ("::1", 80), proto=1, platform="linux-gnu-x86_64")[:8].hex(" ")
'0a 00 00 50 00 00 00 00'
"""

from __future__ import annotations

from . import inet, inet6
from ._codec import FamilyCodec, unclaimed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Family(FamilyCodec):
    needs = "SMCPROTO_SMC"

    def declare(self) -> None:
        numbers = self.abi.constants
        self.inet = inet.Family(self.abi, numbers["AF_INET"])
        self.inet6 = inet6.Family(self.abi, numbers["AF_INET6"])
        self.sockaddr_in, self.sockaddr_in6 = self.inet.sockaddr_in, self.inet6.sockaddr_in6

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        six = proto == self.abi.constants["SMCPROTO_SMC6"]
        return (self.inet6 if six else self.inet).pack(address, caller, proto)

    def unpack(self, raw: bytes, proto: int) -> Any:
        # The kernel, too, writes AF_INET and AF_INET6 into the struct: their codecs unpack it.
        return unclaimed(self.abi, raw)
