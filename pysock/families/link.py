"""AF_LINK: an interface's name and hardware address, on the BSDs and macOS.

The system's lists of interfaces and routes contain such addresses; nothing is sent to them.

In Python, an address is ``(family, bytes)``, as in CPython, with the 14 bytes after the header.  It
cannot be packed.

In C, an address is a ``struct sockaddr_dl`` (``<net/if_dl.h>``).  This codec declares the struct,
so that ``pysock.trace`` can describe it.  The manual page is link_addr(3).

>>> from pysock.families import unpack
>>> raw = bytes.fromhex("14 12 0100 18 03 00 00") + b"lo0".ljust(12, b"\\0")
>>> unpack(raw, platform="darwin-arm64")
(18, b'\\x01\\x00\\x18\\x03\\x00\\x00lo0\\x00\\x00\\x00\\x00\\x00')
"""

from __future__ import annotations

import os
from ctypes import c_ubyte

from ._codec import FamilyCodec, unclaimed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# After the index come the type of the hardware; the lengths of the name, the address and the
# selector; and these three, for which the systems reserve different numbers of bytes.
_ROOM = {"darwin": 12, "freebsd": 46, "netbsd": 24, "openbsd": 24}
_COUNTS = ("sdl_type", "sdl_nlen", "sdl_alen", "sdl_slen")


class Family(FamilyCodec):
    needs = "AF_ROUTE"  # Windows defines AF_LINK, but not the struct

    def declare(self) -> None:
        system = self.abi.name.partition("-")[0]
        rest: list[tuple[str, Any]]
        if system == "netbsd":  # they are in one member, of type struct dl_addr
            rest = [("sdl_addr", c_ubyte * (len(_COUNTS) + _ROOM[system]))]
        else:
            rest = [(name, "unsigned char") for name in _COUNTS]
            rest.append(("sdl_data", c_ubyte * _ROOM[system]))
        self.sockaddr_dl = self.abi.sockaddr(
            "sockaddr_dl", "sdl", ("sdl_index", "unsigned short"), *rest
        )

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        raise OSError(f"{caller}(): bad family")

    def unpack(self, raw: bytes, proto: int) -> tuple[int, bytes]:
        return unclaimed(self.abi, raw)

    def parts(self, raw: bytes) -> tuple[int, str, bytes]:
        """The interface's index and name, and the hardware address; what is cut off is empty."""
        _, index, *members = self.sockaddr_dl.unpack(raw)
        rest = b"".join([bytes((m,)) if isinstance(m, int) else m for m in members])
        _, nlen, alen, _ = rest[: len(_COUNTS)]
        # A name or an address may be longer than the struct has room for; then raw is longer.
        data = raw[self.sockaddr_dl.size - len(rest) + len(_COUNTS) :]
        return index, os.fsdecode(data[:nlen]), data[nlen : nlen + alen]

    def text(self, member: str, octets: bytes) -> str | None:
        if member == "sdl_addr":
            kind, *lengths = octets[: len(_COUNTS)]
            return f"type {kind}, lengths {lengths}, {_shown(octets[len(_COUNTS) :])}"
        return _shown(octets) if member == "sdl_data" else None


def _shown(data: bytes) -> str:
    return repr(data.rstrip(b"\0"))[1:]
