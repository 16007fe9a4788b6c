"""Conversions of numbers and IP addresses (htons, inet_pton, …), and sizes of control messages."""

from __future__ import annotations

import sys
from struct import Struct

from .._calls.cmsg import control
from .._calls.memory import Pool, reserved
from .._enums import AddressFamily
from .._ffi import versions
from .._ffi.arguments import (
    ULONG_MAX,
    c_int,
    c_ssize_t,
    c_string,
    kind,
    one_int,
    size_of,
    type_name,
    unsigned,
    view_of,
    warn_caller,
)
from .._ffi.errors import checked
from .._ffi.forks import shares
from .._ffi.interpreter import bytes_of, put_bytes
from .._host import lib
from ..families._hosts import SIZES, ipv4_text, keep, known_packed, known_texts, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from .._types import ReadableBuffer

shares(globals(), "known_packed", "known_texts")

_ORDER: Literal["little", "big"] = sys.byteorder

# --- byte order, byteorder(3) --------------------------------------------------------
#
# Network order is big-endian.  So htons and ntohs do the same: they swap the bytes of a number on
# a little-endian processor, and nothing on a big-endian processor.


def _short(x: Any, function: str) -> int:
    if type(x) is int and 0 <= x <= 0xFFFF:  # as mostly, in half of the steps
        return _swapped_short(x)
    if versions.UNSIGNED_BY_INDEX:
        return _swapped_short(unsigned(x, 16, "uint16_t"))
    number = one_int(x) if versions.SHORT_ONE_INT else c_int(x)
    if number < 0:
        raise OverflowError(
            f"{function}: can't convert negative Python int to C 16-bit unsigned integer"
        )
    if number > 0xFFFF:
        complaint = f"{function}: Python int too large to convert to C 16-bit unsigned integer"
        if versions.SHORT_IN_RANGE:
            raise OverflowError(complaint)
        warn_caller(f"{complaint} (The silent truncation is deprecated)")
    return _swapped_short(number & 0xFFFF)


def _long(x: Any) -> int:
    if type(x) is int and 0 <= x <= 0xFFFFFFFF:
        return _swapped_long(x)
    if versions.UNSIGNED_BY_INDEX:
        return _swapped_long(unsigned(x, 32, "uint32_t"))
    if not isinstance(x, int):
        raise TypeError(f"expected int, {type_name(x)} found")
    number = int.__add__(x, 0)  # a subclass of int might compare in its own way
    if number < 0:
        raise OverflowError("can't convert negative value to unsigned int")
    if number > ULONG_MAX:
        raise OverflowError("Python int too large to convert to C unsigned long")
    if number > 0xFFFFFFFF:
        raise OverflowError("int larger than 32 bits")
    return _swapped_long(number)


def _swapped_short(number: int) -> int:
    """The two bytes of a number in the order of a network: by shifts, in a fifth of the steps."""
    return number if _ORDER == "big" else (number & 0xFF) << 8 | number >> 8


def _swapped_long(number: int) -> int:
    """The same of four bytes, by two functions of C that are found without being looked up."""
    swapped: int = _of_network(_of_host(number))[0]
    return swapped


_of_host, _of_network = Struct("=I").pack, Struct("!I").unpack


def htons(x: int, /) -> int:
    """``htons(3)``: convert a 16-bit number from host to network byte order.

    Does not block.  Raises OverflowError for a number above 0xFFFF, and for one below 0 (from
    Python 3.14 on: ValueError).  Python 3.9 cuts larger ones to 16 bits, with a DeprecationWarning.

    >>> import sys
    >>> htons(80).to_bytes(2, sys.byteorder).hex(" ")
    '00 50'
    """
    return _short(x, "htons")


def ntohs(x: int, /) -> int:
    """``ntohs(3)``: convert a 16-bit number from network to host byte order.

    Does not block.  Raises what ``htons`` raises.

    >>> ntohs(htons(80))
    80
    """
    return _short(x, "ntohs")


def htonl(x: int, /) -> int:
    """``htonl(3)``: convert a 32-bit number from host to network byte order.

    Does not block.  Raises OverflowError for a number above 0xFFFFFFFF, and for one below 0 (from
    Python 3.14 on: ValueError).

    >>> import sys
    >>> htonl(0x7F000001).to_bytes(4, sys.byteorder).hex(" ")
    '7f 00 00 01'
    """
    return _long(x)


def ntohl(x: int, /) -> int:
    """``ntohl(3)``: convert a 32-bit number from network to host byte order.

    Does not block.  Raises what ``htonl`` raises.

    >>> ntohl(htonl(0x7F000001)) == 0x7F000001
    True
    """
    return _long(x)


# --- IP addresses as text ------------------------------------------------------------

_NOTHING = bytes(16)  # what is in such memory before a call
_packed_pool = Pool(lambda: reserved(len(_NOTHING)))


def _family(value: Any) -> int:
    """An address family as a C int, usually from a member of the enum."""
    return value._value_ if type(value) is AddressFamily else c_int(value)


def inet_aton(ip_string: str, /) -> bytes:
    """``inet_aton(3)``: the four bytes, in network order, of an IPv4 address as text.

    It also takes the short forms that the manual page lists, such as ``'127.1'``, and some C
    libraries ignore text after a blank.  ``inet_pton`` is strict.

    Does not block.  Raises OSError for other text.

    >>> inet_aton("127.0.0.1").hex(" ")
    '7f 00 00 01'
    """
    if versions.INET_ATON_ONE_ARGUMENT and not isinstance(ip_string, str):
        raise TypeError(f"inet_aton() argument must be str, not {kind(ip_string)}")
    text = c_string(ip_string, "inet_aton", 1)
    entry = _packed_pool.take()
    memory, pointer = entry
    put_bytes(memory, pointer, _NOTHING)
    known = lib.inet_aton(text, pointer)
    packed = bytes_of(memory, pointer, 4)
    _packed_pool.put(entry)
    if not known:
        raise OSError("illegal IP address string passed to inet_aton")
    return packed


def inet_ntoa(packed_ip: ReadableBuffer, /) -> str:
    """``inet_ntoa(3)``: the text of an IPv4 address, given as four bytes in network order.

    ``packed_ip`` is a bytes-like object.  Does not block.  Raises OSError for another length.

    >>> inet_ntoa(bytes([127, 0, 0, 1]))
    '127.0.0.1'
    """
    if type(packed_ip) is bytes and len(packed_ip) == 4:
        return ipv4_text(packed_ip)
    with view_of(packed_ip) as view:
        if size_of(view) != 4:
            raise OSError("packed IP wrong length for inet_ntoa")
        octets = view.tobytes()
    return ipv4_text(octets)


def inet_pton(address_family: int, ip_string: str, /) -> bytes:
    """``inet_pton(3)``: the bytes, in network order, of an IP address as text.

    Returns 4 bytes for AF_INET, 16 for AF_INET6.  Answers are cached: C is called once for a text.
    Does not block.  Raises OSError for text that is not an address of the family, and for another
    family (EAFNOSUPPORT).

    >>> inet_pton(AF_INET6, "2001:db8::1").hex(":", 2)
    '2001:0db8:0000:0000:0000:0000:0000:0001'
    """
    family = _family(address_family)
    if type(ip_string) is str:
        known: bytes | None = known_packed[ip_string]
        if known is not None and len(known) == SIZES[family]:
            return known
    text = c_string(ip_string, "inet_pton", 2)
    entry = _packed_pool.take()
    memory, pointer = entry
    put_bytes(memory, pointer, _NOTHING)
    is_numeric = checked(lib.inet_pton, family, text, pointer)
    packed = bytes_of(memory, pointer, SIZES[family] or 0)
    _packed_pool.put(entry)
    if not is_numeric:
        raise OSError("illegal IP address string passed to inet_pton")
    if not packed:
        raise OSError("unknown address family")
    if type(ip_string) is str:
        keep(known_packed, ip_string, packed)
    return packed


def inet_ntop(address_family: int, packed_ip: ReadableBuffer, /) -> str:
    """``inet_ntop(3)``: the text of an IP address, given as bytes in network order.

    ``packed_ip`` is a bytes-like object of 4 bytes for AF_INET, 16 for AF_INET6.  pysock writes the
    text of an IPv4 address itself; for an IPv6 address it calls C once, and caches the answer.
    Does not block.  Raises ValueError for another length or family.

    >>> inet_ntop(AF_INET6, bytes(15) + bytes([1]))
    '::1'
    """
    family = _family(address_family)
    if type(packed_ip) is bytes:
        known: str | None = known_texts[packed_ip]
        if known is not None and len(packed_ip) == SIZES[family]:
            return known
        return _text(family, packed_ip, len(packed_ip))
    with view_of(packed_ip) as view:
        text = _text(family, view, size_of(view))
    return text


def _text(family: int, packed: bytes | memoryview, size: int) -> str:
    if family not in SIZES:
        raise ValueError(f"unknown address family {family}")
    if size != SIZES[family]:
        raise ValueError("invalid length of packed IP address string")
    return text_of(family, bytes(packed))


# --- control messages ----------------------------------------------------------------


def CMSG_LEN(length: int, /) -> int:
    """``CMSG_LEN(3)``: the length of a control message with ``length`` bytes of data.

    It includes the header (``struct cmsghdr``), but not the padding after the data: it is the
    member ``cmsg_len`` of the header (RFC 3542, cmsg(3)).

    Does not block.  Raises OverflowError if ``length`` is negative or too large.

    >>> CMSG_LEN(4) == CMSG_LEN(0) + 4
    True
    """
    if type(length) is int and 0 <= length <= control.most:  # as mostly, in a fifth of the steps
        return control.data_at + length
    length = c_ssize_t(length)
    if not control.len_in_range(length):
        raise OverflowError("CMSG_LEN() argument out of range")
    return control.len(length)


def CMSG_SPACE(length: int, /) -> int:
    """``CMSG_SPACE(3)``: the room for a control message with ``length`` bytes of data.

    It includes the header and the padding after the data (RFC 3542, cmsg(3)).  For several control
    messages, ``recvmsg`` needs the sum of their ``CMSG_SPACE``.

    Does not block.  Raises OverflowError if ``length`` is negative or too large.

    >>> CMSG_SPACE(4) >= CMSG_LEN(4)
    True
    """
    if type(length) is int and 0 <= length <= control.most:
        return control.space(length)
    length = c_ssize_t(length)
    if not control.space_in_range(length):
        raise OverflowError("CMSG_SPACE() argument out of range")
    return control.space(length)
