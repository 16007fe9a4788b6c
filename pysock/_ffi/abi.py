"""What an ABI row is: how one platform lays out the structs of the socket API.

Structs differ from system to system in a few respects only, and each respect is a column:

>>> row = ABI("darwin", sa_len=True, sun_path=104, msg_iovlen="int",
...           msg_controllen="uint32_t", cmsg_len="uint32_t", cmsg_align=4)
>>> row.sockaddr("sockaddr_in", "sin", ("sin_port", be16)).ctype.sin_port.offset
2

From a row the structs follow (``_libc.structs``), and so does every address
(``row.sockaddr``).  Widths are exact, pointers included, so that a 32-bit or a
big-endian layout can be declared and printed on any host.
"""

from __future__ import annotations

import sys
from ctypes import (
    Array,
    Structure,
    c_char,
    c_int16,
    c_int32,
    c_int64,
    c_ubyte,
    c_uint16,
    c_uint32,
    c_uint64,
    sizeof,
)
from functools import partial
from struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Literal

    Member = tuple[str, Any]

# A field of this type is in network byte order: assign 80 and the wire has 00 50.
be16: Any = c_uint16.__ctype_be__  # type: ignore[attr-defined]
be32: Any = c_uint32.__ctype_be__  # type: ignore[attr-defined]


class ABI:
    """One platform's row.

    ``order`` is its processor's byte order, ``bits`` the width of a pointer, and ``constants``
    the platform's numbers.
    """

    def __init__(
        self,
        name: str,
        *,
        sa_len: bool,
        sun_path: int,
        msg_iovlen: str,
        msg_controllen: str,
        cmsg_len: str,
        cmsg_align: int = 0,
        storage: int = 128,
        padded: bool = False,
        canonname_first: bool = False,
        nfds: str = "size_t",
        bits: int = 64,
        order: Literal["little", "big"] = sys.byteorder,
        constants: Mapping[str, int] = {},
    ) -> None:
        self.name, self.constants = name, constants
        self.sa_len = sa_len
        self.sun_path = sun_path
        self.msg_iovlen = msg_iovlen
        self.msg_controllen = msg_controllen
        self.cmsg_len = cmsg_len
        self.cmsg_align = cmsg_align or bits // 8
        self.storage = storage
        self.padded = padded
        self.canonname_first = canonname_first
        self.bits = bits
        self.order = order
        word = c_uint64 if bits == 64 else c_uint32
        self.types: dict[str, Any] = {
            "char": c_char,
            "unsigned char": c_ubyte,
            "short": self.ordered(c_int16),
            "unsigned short": self.ordered(c_uint16),
            "int": self.ordered(c_int32),
            "unsigned int": self.ordered(c_uint32),
            "uint16_t": self.ordered(c_uint16),
            "uint32_t": self.ordered(c_uint32),
            "uint64_t": self.ordered(c_uint64),
            "socklen_t": self.ordered(c_uint32),
            "size_t": self.ordered(word),
            "ssize_t": self.ordered(c_int64 if bits == 64 else c_int32),
            "void *": self.ordered(word),
            "__be16": be16,
            "__be32": be32,
        }
        self.types["nfds_t"] = self.types[nfds]
        self._made: dict[str, Any] = {}  # struct by name, so that each is one class

    def ordered(self, simple: Any) -> Any:
        """``simple`` in this row's byte order."""
        return simple.__ctype_be__ if self.order == "big" else simple.__ctype_le__

    def struct(self, name: str, *members: Member) -> Any:
        """The ctypes struct ``name``; a member is ``(name, C type)`` or ``(name, ctypes type)``."""
        made = self._made.get(name)
        if made is None:
            fields = [(m, self.types[t] if isinstance(t, str) else t) for m, t in members]
            made = self._made[name] = type(name, (Structure,), {"_fields_": fields})
        return made

    def sockaddr(self, name: str, prefix: str, *members: Member) -> Sockaddr:
        """A socket address: ``members`` behind the header that this platform gives them all.

        ``prefix`` is ``sin`` of ``sin_family``; or the whole name, of a ``family`` without one.
        """
        made = self._made.get(name)
        if made is None:
            family = prefix if prefix.lower().endswith("family") else f"{prefix}_family"
            header: tuple[Member, ...] = ((family, "unsigned short"),)
            if self.sa_len:
                header = ((f"{prefix}_len", "unsigned char"), (family, "unsigned char"))
            struct = self.struct(f"struct {name}", *header, *members)
            made = self._made[name] = Sockaddr(self, struct)
        return made

    def family_of(self, raw: bytes) -> int:
        """The address family in the header of ``raw``, or 0 where it is too short for one."""
        if self.sa_len:
            return raw[1] if len(raw) > 1 else 0
        return int.from_bytes(raw[:2], self.order) if len(raw) > 1 else 0


class Sockaddr:
    """One kind of address: the ctypes struct, and a quick way in and out of it.

    Setting a member of a ctypes struct costs 100 ns and more, and so does reading it; a
    ``struct.Struct`` does a whole address in 71.  It is derived from the declaration,
    so the layout still stands in one place, and gaps between members become zeros.
    """

    def __init__(self, abi: ABI, ctype: Any) -> None:
        self.abi, self.ctype = abi, ctype
        self.size = sizeof(ctype)
        behind = ctype._fields_[2 if abi.sa_len else 1 :]
        members = [(t, getattr(ctype, m).offset) for m, t in behind]
        orders = {_order(t) for t, _ in members} - {None}
        order = ">" if len(orders) == 2 else (orders.pop() or "=") if orders else "="
        # struct.Struct knows one byte order at a time; where an address mixes them
        # (sockaddr_in6), the members of the other order travel as bytes, each by a Struct.
        self._odd = {
            i: Struct("<" + _code(t))
            for i, (t, _) in enumerate(members)
            if _order(t) not in (None, order)
        }
        codes = [
            (offset, sizeof(t), f"{sizeof(t)}s" if i in self._odd else _code(t))
            for i, (t, offset) in enumerate(members)
        ]
        self._codec = Struct(order + _spaced([(0, 2, "2s"), *codes], self.size))

    def header(self, family: int, size: int) -> bytes:
        """The first two bytes of an address: its family, behind its length on the BSDs."""
        if self.abi.sa_len:
            return bytes((size, family))
        return family.to_bytes(2, self.abi.order)

    def packer(self, family: int) -> Callable[..., bytes]:
        """A function from the members' values to the address's bytes."""
        pack = partial(self._codec.pack, self.header(family, self.size))
        if not self._odd:
            return pack
        odd = self._odd

        def pack_mixed(*values: Any) -> bytes:
            return pack(*[odd[i].pack(v) if i in odd else v for i, v in enumerate(values)])

        return pack_mixed

    def unpack(self, raw: bytes) -> tuple[Any, ...]:
        """``(header, *values)`` of the members; what ``raw`` is too short for reads as zero."""
        whole = raw if len(raw) >= self.size else raw.ljust(self.size, b"\0")
        values = self._codec.unpack_from(whole)
        if not self._odd:
            return values
        unpacked = list(values)
        for i, codec in self._odd.items():
            unpacked[i + 1] = codec.unpack(values[i + 1])[0]
        return tuple(unpacked)


def codec(abi: ABI, ctype: Any, names: str, size: int = 0) -> Any:
    """All members of a struct at once, but those that only pad it (``__pad_…``).

    Wherever they lie on this platform, their values are in the order of ``names``.  Up to
    ``size``, zeros follow.
    """
    members = [(name, getattr(ctype, name), t) for name, t in ctype._fields_ if name[:2] != "__"]
    codes = [(field.offset, field.size, _code(t)) for _, field, t in members]
    struct = Struct((">" if abi.order == "big" else "<") + _spaced(codes, size or sizeof(ctype)))
    wanted, there = names.split(), [name for name, _, _ in members]
    return struct if wanted == there else _Shuffled(struct, wanted, there)


class _Shuffled:
    """A ``struct.Struct`` whose values come and go in another order."""

    def __init__(self, struct: Struct, wanted: list[str], there: list[str]) -> None:
        self.struct, self.size = struct, struct.size
        self.order = [wanted.index(name) for name in there]
        self.back = [there.index(name) for name in wanted]

    def pack(self, *values: Any) -> bytes:
        return self.struct.pack(*[values[i] for i in self.order])

    def unpack_from(self, raw: Any) -> tuple[Any, ...]:
        values = self.struct.unpack_from(raw)
        return tuple([values[i] for i in self.back])


def _spaced(codes: list[tuple[int, int, str]], size: int) -> str:
    """The struct module's letters for members ``(offset, size, letter)``, and the gaps between."""
    text, at = "", 0
    for offset, width, code in codes:
        text += "x" * (offset - at) + code
        at = offset + width
    return text + "x" * (size - at)


def _order(ctype: Any) -> str | None:
    """``>`` or ``<`` for an integer of several bytes, None for what has no byte order."""
    if sizeof(ctype) == 1 or not hasattr(ctype, "__ctype_be__"):
        return None
    return ">" if ctype.__ctype_be__ is ctype else "<"


def _code(ctype: Any) -> str:
    """The letter of the struct module for a ctypes type."""
    size = sizeof(ctype)
    if issubclass(ctype, Array):
        return f"{size}s"
    letter = {1: "b", 2: "h", 4: "i", 8: "q"}[size]
    return letter if ctype._type_.islower() else letter.upper()
