"""What each file of this folder offers: the codec of one family, its way in and out of C.

A codec declares its struct once, from the platform's row, and has a method for each
direction.  Both are told the socket's protocol, which decides what some addresses are.
"""

from __future__ import annotations

from ctypes import c_char

from .._ffi.abi import Sockaddr, be16, be32
from .._ffi.arguments import plain, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .._ffi.abi import ABI


class FamilyCodec:
    """One address family on one platform."""

    # A constant without which a platform does not have this family: some systems have the
    # number of a family, and nothing else of it, or something else by the same name.
    needs = ""

    # Whether the same bytes always mean the same address, whatever the protocol or the
    # machine's interfaces: then it may be remembered.
    fixed = False
    # The number of a family that stands in no platform's table: that of a protocol of your own.
    number: int | None = None

    def __init__(self, abi: ABI, family: int) -> None:
        self.abi, self.family = abi, family
        self.declare()

    def declare(self) -> None:
        """Declare the struct of this family (``abi.sockaddr``)."""
        raise NotImplementedError

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        """The bytes of the struct for ``address``, or TypeError, OverflowError, OSError."""
        raise NotImplementedError

    def unpack(self, raw: bytes, proto: int) -> Any:
        """The address in ``raw``, which may be shorter than the struct."""
        raise NotImplementedError

    def text(self, member: str, octets: bytes) -> str | None:
        """How to write the member whose bytes these are, if its number is not the way."""
        return None

    def struct_of(self, raw: bytes) -> Sockaddr:
        """The struct that ``raw`` is: the one that the codec declares, if it declares one only."""
        return next(v for v in vars(self).values() if isinstance(v, Sockaddr))

    def describe(self, raw: bytes) -> Iterator[tuple[str, str, str]]:
        """``(bytes, member, what they mean)`` for each member of the struct in ``raw``."""
        ctype = self.struct_of(raw).ctype
        for member, kind in ctype._fields_:
            field = getattr(ctype, member)
            octets = raw[field.offset : field.offset + field.size]
            if not octets:
                return
            # A string ends where it ends; other members read as zero where raw is too short.
            string = getattr(kind, "_type_", None) is c_char
            whole = octets if string else octets.ljust(field.size, b"\0")
            text = self.text(member, whole)
            if text is None:
                order = "big" if kind in (be16, be32) else self.abi.order
                number = int.from_bytes(whole, order)
                if member.lower().endswith("family"):
                    text = self.name_of(number)
                elif kind in (be16, be32):
                    text = f"{number} (network order)"
                else:
                    text = str(number)
            yield _octets(octets), member, text

    def name_of(self, family: int) -> str:
        """``"AF_INET"`` for its number."""
        numbers = self.abi.constants.items()
        known = next((name for name, n in numbers if n == family and name[:3] == "AF_"), "?")
        own = type(self).__module__.rpartition(".")[2].upper()
        return f"AF_{own}" if family == self.number else known


def _octets(octets: bytes) -> str:
    if len(octets) > 4 and not any(octets):
        return f"00 × {len(octets)}"
    return octets.hex(" ")


def unclaimed(abi: ABI, raw: bytes) -> tuple[int, bytes]:
    """What an address is to Python for which no codec has a form, and CPython neither."""
    # struct sockaddr has 14 bytes of data; what was not written reads as zero.
    return abi.family_of(raw), raw[2:16].ljust(14, b"\0")


def must_be_tuple(address: Any, caller: str, family: str) -> tuple[Any, ...]:
    """CPython's first question to most addresses; the answer is the tuple, as C sees it."""
    if not isinstance(address, tuple):
        raise TypeError(f"{caller}(): {family} address must be tuple, not {type_name(address)}")
    return plain(address)
