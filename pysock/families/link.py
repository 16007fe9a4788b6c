"""AF_LINK, the BSDs' and macOS's link_addr(3): an interface's name and hardware address.

Nothing is sent to such an address.  It turns up in the lists of interfaces and routes, and
CPython has no form for it: it comes back as ``(family, bytes)``, with 14 of its bytes, and
cannot be packed.  This codec knows the struct, to describe it.

>>> from pysock.families import unpack
>>> raw = bytes.fromhex("14 12 0100 18 03 00 00") + b"lo0".ljust(12, b"\\0")
>>> unpack(raw, platform="darwin-arm64")
(18, b'\\x01\\x00\\x18\\x03\\x00\\x00lo0\\x00\\x00\\x00\\x00\\x00')
"""

from __future__ import annotations

from ctypes import c_ubyte

from ._codec import FamilyCodec, unclaimed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Behind the index: the kind of hardware, the lengths of name, address and selector, and
# these three, for which systems leave different room.
_ROOM = {"darwin": 12, "freebsd": 46, "netbsd": 24, "openbsd": 24}
_COUNTS = ("sdl_type", "sdl_nlen", "sdl_alen", "sdl_slen")


class Family(FamilyCodec):
    needs = "AF_ROUTE"  # Windows has the number of AF_LINK, and no such struct

    def declare(self) -> None:
        system = self.abi.name.partition("-")[0]
        behind: list[tuple[str, Any]]
        if system == "netbsd":  # a struct of its own, struct dl_addr
            behind = [("sdl_addr", c_ubyte * (len(_COUNTS) + _ROOM[system]))]
        else:
            behind = [(name, "unsigned char") for name in _COUNTS]
            behind.append(("sdl_data", c_ubyte * _ROOM[system]))
        self.sockaddr_dl = self.abi.sockaddr(
            "sockaddr_dl", "sdl", ("sdl_index", "unsigned short"), *behind
        )

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        raise OSError(f"{caller}(): bad family")

    def unpack(self, raw: bytes, proto: int) -> tuple[int, bytes]:
        return unclaimed(self.abi, raw)

    def text(self, member: str, octets: bytes) -> str | None:
        if member == "sdl_addr":
            kind, *lengths = octets[: len(_COUNTS)]
            return f"type {kind}, lengths {lengths}, {_shown(octets[len(_COUNTS) :])}"
        return _shown(octets) if member == "sdl_data" else None


def _shown(data: bytes) -> str:
    return repr(data.rstrip(b"\0"))[1:]
