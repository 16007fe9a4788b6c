"""AF_VSOCK: connections between a host and its virtual machines, on Linux.

In Python, an address is ``(cid, port)``: the number of a machine (VMADDR_CID_HOST is the host), and
a port of 32 bits.

In C, an address is a ``struct sockaddr_vm`` (``<linux/vm_sockets.h>``), in which the port comes
first.  The manual page is vsock(7).

>>> from pysock import families
>>> families.pack("AF_VSOCK", (2, 1024), platform="linux-gnu-x86_64").hex(" ")
'28 00 00 00 00 04 00 00 02 00 00 00 00 00 00 00'
"""

from __future__ import annotations

from ctypes import c_ubyte

from .._ffi.arguments import c_uint, plain, type_name
from ._codec import FamilyCodec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Family(FamilyCodec):
    needs = "VMADDR_CID_HOST"

    def declare(self) -> None:
        self.sockaddr_vm = self.abi.sockaddr(
            "sockaddr_vm",
            "svm",
            ("svm_reserved1", "unsigned short"),
            ("svm_port", "uint32_t"),
            ("svm_cid", "uint32_t"),
            ("svm_flags", "unsigned char"),
            ("svm_zero", c_ubyte * 3),
        )
        self.fill = self.sockaddr_vm.packer(self.family)

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        cid, port = pair(address, "AF_VSOCK")
        return self.fill(0, port, cid, 0, b"")

    def unpack(self, raw: bytes, proto: int) -> tuple[int, int]:
        _, _, port, cid, _, _ = self.sockaddr_vm.unpack(raw)
        return cid, port

    def text(self, member: str, octets: bytes) -> str | None:
        if member == "svm_cid":
            cid = int.from_bytes(octets, self.abi.order)
            numbers = self.abi.constants.items()
            return next((n for n, v in numbers if v == cid and n[:11] == "VMADDR_CID_"), None)
        return "" if member in ("svm_reserved1", "svm_zero") else None


def pair(address: Any, family: str) -> tuple[int, int]:
    """Two numbers of 32 bits.

    As in CPython, messages name its C function, getsockaddrarg, not the caller's function.
    """
    if not isinstance(address, tuple):
        raise TypeError(f"getsockaddrarg: {family} address must be tuple, not {type_name(address)}")
    numbers = plain(address)
    if len(numbers) != 2:
        raise TypeError(f"getsockaddrarg() takes exactly 2 arguments ({len(numbers)} given)")
    return c_uint(numbers[0]), c_uint(numbers[1])
