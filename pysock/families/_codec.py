"""The base class of the codecs, and how to add an address family.

Python writes a socket address as a tuple or a string, C as a struct.  A codec declares the
struct of one family, and converts addresses in both directions.  To add a family:

1.  Find the struct in the system's headers.  If CPython knows the family, find the form of
    its addresses, too: ``getsockaddrarg`` and ``makesockaddr`` in ``Modules/socketmodule.c``.
2.  Add a file to this folder, named after the family's constant: ``cards.py`` for AF_CARDS.
3.  Write the codec, a subclass of ``FamilyCodec`` called ``Family``, with three methods:
    ``declare``, ``pack`` and ``unpack``.  Two functions check addresses as CPython does:
    ``_items.items`` and ``must_be_tuple`` (below).
4.  Set the attributes ``needs``, ``fixed`` and ``number`` where their comments say so.
    If a member's number says little to a reader of ``pysock.trace``, add ``text``.
5.  Begin the file with what an address is in Python and in C, and an example with its bytes.

Nothing else mentions the family: sockets, ``families.pack``, ``pysock.trace`` and the tests of
all codecs find the file.  Here is a complete codec, for a struct with two members:

    struct sockaddr_cards { sa_family_t sc_family; uint16_t sc_deck; uint32_t sc_card; };

>>> from pysock import families
>>> from pysock.families._items import items
>>> class Family(families.FamilyCodec):
...     def declare(self):
...         self.sockaddr_cards = self.abi.sockaddr(
...             "sockaddr_cards", "sc", ("sc_deck", "uint16_t"), ("sc_card", "uint32_t")
...         )
...         self.fill = self.sockaddr_cards.packer(self.family)
...     def pack(self, address, caller, proto):
...         pair = items(address, "HI", "AF_CARDS address must be a pair (deck, card)")
...         return self.fill(*pair)
...     def unpack(self, raw, proto):
...         header, deck, card = self.sockaddr_cards.unpack(raw)
...         return deck, card

A program can also keep the codec in a file of its own, and register it for a number:

>>> families.register(1999, Family, platform="linux-gnu-x86_64")
>>> raw = families.pack(1999, (1, 52), platform="linux-gnu-x86_64")
>>> raw.hex(" ")  # family, deck, card
'cf 07 01 00 34 00 00 00'
>>> families.unpack(raw, platform="linux-gnu-x86_64")
(1, 52)
"""

from __future__ import annotations

from ctypes import c_char

from .._ffi import versions
from .._ffi.abi import Sockaddr, be16, be32
from .._ffi.arguments import plain, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .._ffi.abi import ABI


class FamilyCodec:
    """The codec of one address family (``self.family``, its number) on one platform.

    ``self.abi`` is the platform ABI: its byte order, its constants, its ways to lay out structs.
    """

    # The name of a constant.  A platform that lacks it does not have the family, although its
    # headers may define the family's number, perhaps for something else.
    needs = ""

    # Whether the same bytes always mean the same address, whatever the socket's protocol and
    # the machine's interfaces.  If so, the registry caches unpacked addresses.
    fixed = False

    # The family's number, if no platform's headers define it (a protocol of your own).
    number: int | None = None

    def __init__(self, abi: ABI, family: int) -> None:
        self.abi, self.family = abi, family
        self.declare()

    def declare(self) -> None:
        """Declare the family's struct and its packer, as attributes of the codec.

        ``self.abi.sockaddr(name, prefix, *members)`` puts the platform's header before the
        members: ``sin_family`` for the prefix ``sin``, on the BSDs after ``sin_len``.  A member
        is ``(name, type)``.  Its type is the name of a C type (a key of ``ABI.types``), ``be16``
        or ``be32`` for an integer in network byte order, or a ctypes array such as
        ``c_ubyte * 4``.  Alignment and gaps between the members are those of C.

        The struct's ``packer`` returns a function from the members' values to bytes; its
        ``unpack`` returns the header and the members' values.  Arrays are bytes.
        """
        raise NotImplementedError

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        """Return the bytes of the struct for ``address``.

        ``caller`` is the name of the public function, for messages such as
        ``"bind(): AF_INET address must be tuple, not str"``; ``proto`` is the protocol of the
        socket.  Raises what CPython raises: TypeError, OverflowError, ValueError or OSError.
        """
        raise NotImplementedError

    def unpack(self, raw: bytes, proto: int) -> Any:
        """Return the address in ``raw``, for a socket of protocol ``proto``.

        ``raw`` has the length that C reported, and may be shorter than the struct.
        """
        raise NotImplementedError

    def text(self, member: str, octets: bytes) -> str | None:
        """Return a member's bytes as text for a reader; None writes them as a number."""
        return None

    def struct_of(self, raw: bytes) -> Sockaddr:
        """Return the struct that describes ``raw``: the first that ``declare`` has declared.

        A codec with several structs overrides this method.
        """
        return next(v for v in vars(self).values() if isinstance(v, Sockaddr))

    def describe(self, raw: bytes) -> Iterator[tuple[str, str, str]]:
        """Yield ``(bytes, name, meaning)``, all as text, for each member in ``raw``."""
        ctype = self.struct_of(raw).ctype
        for member, kind in ctype._fields_:
            field = getattr(ctype, member)
            octets = raw[field.offset : field.offset + field.size]
            if not octets:
                return
            # Where raw is too short, a string is short as well; other members read as zero.
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
        """Return the name of the constant of a family: ``"AF_INET"``, or ``"?"``."""
        numbers = self.abi.constants.items()
        known = next((name for name, n in numbers if n == family and name[:3] == "AF_"), "?")
        own = type(self).__module__.rpartition(".")[2].upper()
        return f"AF_{own}" if family == self.number else known


def _octets(octets: bytes) -> str:
    if len(octets) > 4 and not any(octets):
        return f"00 × {len(octets)}"
    return octets.hex(" ")


def unclaimed(abi: ABI, raw: bytes) -> tuple[int, bytes]:
    """``(family, bytes)``: the address in ``raw`` if neither a codec nor CPython knows its form."""
    # As in CPython: the 14 bytes of sa_data in struct sockaddr.  Missing bytes read as zero.
    return abi.family_of(raw), raw[2:16].ljust(14, b"\0")


def must_be_tuple(address: Any, caller: str, family: str) -> tuple[Any, ...]:
    """Return the items of an address as a plain tuple, or raise CPython's TypeError."""
    if not isinstance(address, tuple):
        if versions.PYPY_WORDS and not hasattr(type(address), "__iter__"):
            raise TypeError(f"{type_name(address)!r} object is not iterable")
        raise TypeError(f"{caller}(): {family} address must be tuple, not {type_name(address)}")
    return plain(address)
