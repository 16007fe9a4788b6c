"""AF_ALG: the cryptography of the Linux kernel.

In Python, an address is ``(type, name[, feat[, mask]])``: the type of an algorithm ("hash",
"skcipher", "aead", "rng"), its name in the kernel ("sha256", "cbc(aes)"), and flags by which the
kernel chooses between implementations, 0 by default.  A program binds a socket to an algorithm.
Each socket that it then accepts is one operation, and has no address.

In C, an address is a ``struct sockaddr_alg`` (``<linux/if_alg.h>``).  There is no manual page; see
"User Space Interface" in the kernel's documentation of its crypto API.

>>> from pysock.families import pack, unpack
>>> raw = pack("AF_ALG", ("hash", "sha256"), platform="linux-gnu-x86_64")
>>> len(raw), raw[:24].hex(" ")
(88, '26 00 68 61 73 68 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00')
>>> unpack(raw, platform="linux-gnu-x86_64")
('hash', 'sha256', 0, 0)
"""

from __future__ import annotations

from ctypes import c_char

from ._codec import FamilyCodec, must_be_tuple
from ._items import items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TYPE_SIZE, _NAME_SIZE = 14, 64  # including a NUL at the end


class Family(FamilyCodec):
    def declare(self) -> None:
        self.sockaddr_alg = self.abi.sockaddr(
            "sockaddr_alg",
            "salg",
            ("salg_type", c_char * _TYPE_SIZE),
            ("salg_feat", "uint32_t"),
            ("salg_mask", "uint32_t"),
            ("salg_name", c_char * _NAME_SIZE),
        )
        self.fill = self.sockaddr_alg.packer(self.family)

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        address = must_be_tuple(address, caller, "AF_ALG")
        shape = "AF_ALG address must be a tuple (type, name[, feat[, mask]])"
        # As in CPython, feat and mask are cut to 16 bits ("H"), although C has 32 for each.
        kind, name, *given = items(address, "ss|HH", shape)
        feat, mask = (*given, 0, 0)[:2]
        if len(kind) >= _TYPE_SIZE:
            raise ValueError("AF_ALG type too long.")
        if len(name) >= _NAME_SIZE:
            raise ValueError("AF_ALG name too long.")
        return self.fill(kind, feat, mask, name)

    def unpack(self, raw: bytes, proto: int) -> tuple[str, str, int, int]:
        _, kind, feat, mask, name = self.sockaddr_alg.unpack(raw)
        return _string(kind).decode(), _string(name).decode(), feat, mask

    def text(self, member: str, octets: bytes) -> str | None:
        if member in ("salg_type", "salg_name"):
            return ascii(_string(octets))[1:]
        return None


def _string(octets: bytes) -> bytes:
    return octets.partition(b"\0")[0]
