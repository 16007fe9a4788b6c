"""AF_KCM: whole messages over TCP, which several processes share, on Linux.

The kernel takes messages out of the connections that are attached to a multiplexor: a BPF program
says how long each is.  Each ``recv`` is one message; each ``send`` is one, over any of them (of
SOCK_SEQPACKET, the last one with MSG_EOR).

In Python and in C, there are no addresses: ``bind`` and ``connect`` are refused, and ``recvfrom``
has None.  Connections are attached by ``fcntl.ioctl`` with SIOCKCMATTACH and a ``struct
kcm_attach`` (``<linux/kcm.h>``), two descriptors as C ints; ``examples/kcm.py`` does so.  There is
no manual page; see "Kernel Connection Multiplexor" in the documentation of the Linux kernel.

>>> from pysock import families
>>> families.unpack(b"\\x29\\0", platform="linux-gnu-x86_64")
(41, b'\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00')
"""

from __future__ import annotations

import os
from ctypes import c_ubyte
from errno import EOPNOTSUPP

from ._codec import FamilyCodec, unclaimed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Family(FamilyCodec):
    needs = "SIOCKCMATTACH"

    def declare(self) -> None:
        self.sockaddr = self.abi.sockaddr("sockaddr", "sa", ("sa_data", c_ubyte * 14))

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        text = f"{os.strerror(EOPNOTSUPP)} ({caller}(): AF_KCM has no addresses)"
        raise OSError(EOPNOTSUPP, text)

    def unpack(self, raw: bytes, proto: int) -> tuple[int, bytes]:
        return unclaimed(self.abi, raw)
