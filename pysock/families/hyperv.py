"""AF_HYPERV: connections between a Windows host and its Hyper-V virtual machines.

In Python, an address is ``(vm_id, service_id)``: two GUIDs, each a str of 32 hexadecimal digits
and 4 hyphens.

In C, an address is a ``SOCKADDR_HV`` (``<hvsocket.h>``).  The first three numbers of a GUID are in
little-endian order, the other eight bytes in the order of the text.  Microsoft documents the
family under "Make your own integration services".

>>> from pysock.families import pack, unpack
>>> GUID = "00112233-4455-6677-8899-aabbccddeeff"
>>> raw = pack("AF_HYPERV", (GUID, GUID), proto=1, platform="windows-x86_64")
>>> raw[:20].hex(" ")
'22 00 00 00 33 22 11 00 55 44 77 66 88 99 aa bb cc dd ee ff'
>>> unpack(raw, proto=1, platform="windows-x86_64") == (GUID, GUID)
True
"""

from __future__ import annotations

from ctypes import c_ubyte

from ._codec import FamilyCodec, must_be_tuple
from ._items import items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_DIGITS = frozenset("0123456789abcdefABCDEF")
_GROUPS = [8, 4, 4, 4, 12]  # digits, between hyphens


class Family(FamilyCodec):
    needs = "HV_PROTOCOL_RAW"

    def declare(self) -> None:
        self.sockaddr_hv = self.abi.sockaddr(
            "SOCKADDR_HV",
            "Family",
            ("Reserved", "unsigned short"),
            ("VmId", c_ubyte * 16),
            ("ServiceId", c_ubyte * 16),
        )
        self.fill = self.sockaddr_hv.packer(self.family)

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        if proto != self.abi.constants["HV_PROTOCOL_RAW"]:
            raise OSError(f"{caller}(): unsupported AF_HYPERV protocol: {proto}")
        address = must_be_tuple(address, caller, "AF_HYPERV")
        shape = "AF_HYPERV address must be a str tuple (vm_id, service_id)"
        guids = []
        for name, text in zip(("vm_id", "service_id"), items(address, "UU", shape)):
            groups = text.split("-")
            if [*map(len, groups)] != _GROUPS or not _DIGITS.issuperset("".join(groups)):
                raise ValueError(
                    f"{caller}(): AF_HYPERV address {name} is not a valid UUID string"
                )
            guids.append(_swapped(bytes.fromhex("".join(groups))))
        return self.fill(0, *guids)

    def unpack(self, raw: bytes, proto: int) -> tuple[str, str]:
        _, _, vm_id, service_id = self.sockaddr_hv.unpack(raw)
        return guid(vm_id), guid(service_id)

    def text(self, member: str, octets: bytes) -> str | None:
        if member in ("VmId", "ServiceId"):
            return guid(octets.ljust(16, b"\0"))
        return None


def guid(octets: bytes) -> str:
    """The text of a GUID."""
    digits = _swapped(octets).hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _swapped(octets: bytes) -> bytes:
    """The bytes of a GUID from the order of its text to the order of C, or back."""
    return octets[3::-1] + octets[5:3:-1] + octets[7:5:-1] + octets[8:]
