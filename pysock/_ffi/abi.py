"""A platform's ABI: how it lays out the structs of the socket API in memory.

The same C declaration gives other bytes on another platform.  Platforms differ in a few
respects only.  An ``ABI`` has a value for each of them, and a struct is declared once for all:

>>> linux = ABI("linux", sa_len=False, sun_path=108, msg_iovlen="size_t",
...             msg_controllen="size_t", cmsg_len="size_t", order="little")
>>> darwin = ABI("darwin", sa_len=True, sun_path=104, msg_iovlen="int",
...              msg_controllen="uint32_t", cmsg_len="uint32_t", cmsg_align=4, order="little")
>>> members = ("sin_port", be16), ("sin_addr", be32), ("sin_zero", c_char * 8)
>>> for abi in linux, darwin:
...     sockaddr_in = abi.sockaddr("sockaddr_in", "sin", *members)
...     print(sockaddr_in.packer(family=2)(80, 0x7F000001, b"").hex(" "))
02 00 00 50 7f 00 00 01 00 00 00 00 00 00 00 00
10 02 00 50 7f 00 00 01 00 00 00 00 00 00 00 00

    offset   0         1            2          4          8
    Linux    | sin_family           | sin_port | sin_addr | sin_zero …
    Darwin   | sin_len | sin_family | sin_port | sin_addr | sin_zero …

``ABI.sockaddr`` makes all addresses, and ``_libc.structs`` the other structs.  An integer has
the platform's byte order (or network byte order: ``be16``, ``be32``), and a pointer is an
integer of the platform's width.  So the layout of a 32-bit or a big-endian platform can be
declared and printed on any host.
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
    """One platform's layout of structs, as a value for each respect in which layouts differ.

    ``name``             the target, like ``linux-gnu-x86_64``
    ``sa_len``           whether an address begins with its length, in one byte (the BSDs)
    ``sun_path``         size of ``sockaddr_un.sun_path`` in bytes
    ``msg_iovlen``, ``msg_controllen``, ``cmsg_len``
                         C types of these members of ``msghdr`` and ``cmsghdr``
    ``cmsg_align``       alignment of control messages in bytes; 0 for that of a pointer
    ``storage``          size of ``struct sockaddr_storage`` in bytes
    ``padded``           whether those three members are padded to 64 bits (64-bit musl)
    ``cmsg_data_last``   whether CMSG_NXTHDR(3) finds no header at the very end of a buffer (musl)
    ``canonname_first``  whether ``addrinfo`` has ``ai_canonname`` before ``ai_addr``
    ``nfds``             C type of ``nfds_t``
    ``hostent_r``        whether ``gethostbyname_r`` and ``gethostbyaddr_r`` have glibc's parameters
    ``dontwait_sends``   whether MSG_DONTWAIT keeps a send from waiting for room
    ``symbols``          the symbols of functions that a header renames, by the functions' names
    ``bits``             width of a pointer
    ``order``            byte order of the processor
    ``constants``        the platform's constants, by name
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
        cmsg_data_last: bool = False,
        canonname_first: bool = False,
        nfds: str = "size_t",
        hostent_r: bool = True,
        dontwait_sends: bool = True,
        symbols: Mapping[str, str] = {},
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
        self.cmsg_data_last = cmsg_data_last
        self.canonname_first = canonname_first
        self.hostent_r = hostent_r
        self.dontwait_sends = dontwait_sends
        self.symbols = symbols
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
        self._made: dict[str, Any] = {}  # structs by name: each is made once

    def ordered(self, simple: Any) -> Any:
        """The ctypes integer type ``simple`` in this platform's byte order."""
        return simple.__ctype_be__ if self.order == "big" else simple.__ctype_le__

    def struct(self, name: str, *members: Member) -> Any:
        """The ctypes struct ``name``, the same class at each call.

        A member is ``(name, type)``: a ctypes type, or a C type's name in ``types``.
        """
        made = self._made.get(name)
        if made is None:
            fields = [(m, self.types[t] if isinstance(t, str) else t) for m, t in members]
            made = self._made[name] = type(name, (Structure,), {"_fields_": fields})
        return made

    def sockaddr(self, name: str, prefix: str, *members: Member) -> Sockaddr:
        """A socket address: ``members`` after the header of all this platform's addresses.

        The names in the header begin with ``prefix``: ``sin_len`` and ``sin_family`` with
        ``sin``.  A prefix that ends in ``family`` is the whole name of that member.
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
        """The address family in the header of an address; 0 if ``raw`` is too short for it."""
        if len(raw) < 2:
            return 0
        if self.sa_len:
            return raw[1]
        # ``from_bytes`` would take three times as many steps.
        return raw[0] | raw[1] << 8 if self.order == "little" else raw[0] << 8 | raw[1]


class Sockaddr:
    """One kind of socket address: its ctypes struct, and conversion to and from bytes.

    A ``struct.Struct`` converts a whole address in less time than ctypes needs for a single
    member.  It is derived from the ctypes struct, so the layout is declared once.  Padding
    between members is packed as zeros.
    """

    def __init__(self, abi: ABI, ctype: Any) -> None:
        self.abi, self.ctype = abi, ctype
        self.size = sizeof(ctype)
        after_header = ctype._fields_[2 if abi.sa_len else 1 :]
        members = [(t, getattr(ctype, m).offset) for m, t in after_header]
        orders = {_order(t) for t, _ in members} - {None}
        order = ">" if len(orders) == 2 else (orders.pop() or "=") if orders else "="
        # A struct.Struct has one byte order.  Where an address mixes two (sockaddr_in6), it
        # takes the members in the other order as bytes, and each of them has its own Struct.
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
        """The first two bytes of an address: its family; on the BSDs, its size and family."""
        if self.abi.sa_len:
            return bytes((size, family))
        return family.to_bytes(2, self.abi.order)

    def packer(self, family: int) -> Callable[..., bytes]:
        """A function that packs the values of the members after the header into an address."""
        pack = partial(self._codec.pack, self.header(family, self.size))
        if not self._odd:
            return pack
        odd = [(i, codec.pack) for i, codec in self._odd.items()]

        def pack_mixed(*values: Any) -> bytes:
            converted = [*values]
            for i, convert in odd:
                converted[i] = convert(converted[i])
            return pack(*converted)

        return pack_mixed

    def unpacker(self) -> Callable[[bytes], tuple[Any, ...]]:
        """``unpack`` of an address that is not shorter than the struct, in fewer steps."""
        return self.unpack if self._odd else self._codec.unpack_from

    def unpack(self, raw: bytes) -> tuple[Any, ...]:
        """``(header, *values)`` of the members of an address; ``raw`` is extended by zeros."""
        whole = raw if len(raw) >= self.size else raw.ljust(self.size, b"\0")
        values = self._codec.unpack_from(whole)
        if not self._odd:
            return values
        unpacked = list(values)
        for i, codec in self._odd.items():
            unpacked[i + 1] = codec.unpack(values[i + 1])[0]
        return tuple(unpacked)


def codec(abi: ABI, ctype: Any, names: str, size: int = 0) -> Any:
    """A ``struct.Struct``, or an object like it, that converts a whole ctypes struct.

    It takes and returns the members' values in the order of ``names``, wherever the members
    lie on this platform.  Padding (``__pad_…``) is packed as zeros, and so is the rest of
    ``size`` bytes, if the struct is smaller.
    """
    members = [(name, getattr(ctype, name), t) for name, t in ctype._fields_ if name[:2] != "__"]
    codes = [(field.offset, field.size, _code(t)) for _, field, t in members]
    struct = Struct((">" if abi.order == "big" else "<") + _spaced(codes, size or sizeof(ctype)))
    wanted, in_memory = names.split(), [name for name, _, _ in members]
    return struct if wanted == in_memory else _Shuffled(struct, wanted, in_memory)


class _Shuffled:
    """A ``struct.Struct`` that takes and returns values in another order than memory has."""

    def __init__(self, struct: Struct, wanted: list[str], in_memory: list[str]) -> None:
        self.struct, self.size = struct, struct.size
        self.order = [wanted.index(name) for name in in_memory]
        self.back = [in_memory.index(name) for name in wanted]

    def pack(self, *values: Any) -> bytes:
        return self.struct.pack(*[values[i] for i in self.order])

    def unpack_from(self, raw: Any) -> tuple[Any, ...]:
        values = self.struct.unpack_from(raw)
        return tuple([values[i] for i in self.back])


def _spaced(codes: list[tuple[int, int, str]], size: int) -> str:
    """The struct module's format for members ``(offset, width, code)``, padded to ``size``."""
    text, at = "", 0
    for offset, width, code in codes:
        text += "x" * (offset - at) + code
        at = offset + width
    return text + "x" * (size - at)


def _order(ctype: Any) -> str | None:
    """The byte order of an integer type, ``>`` or ``<``; None for arrays and single bytes."""
    if sizeof(ctype) == 1 or not hasattr(ctype, "__ctype_be__"):
        return None
    return ">" if ctype.__ctype_be__ is ctype else "<"


def _code(ctype: Any) -> str:
    """The struct module's format code for a ctypes type."""
    size = sizeof(ctype)
    if issubclass(ctype, Array):
        return f"{size}s"
    code = {1: "b", 2: "h", 4: "i", 8: "q"}[size]
    return code if ctype._type_.islower() else code.upper()
