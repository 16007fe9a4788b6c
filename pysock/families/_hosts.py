"""From a host, as people write it, to the bytes of an IP address, and back.

``inet_pton(3)`` converts numeric addresses.  Names go to ``getaddrinfo(3)``, which may block: it
asks the hosts file, DNS, or whatever other source the system is configured to use.  The first
answer counts.
"""

from __future__ import annotations

from ctypes import c_void_p

from .._ffi.abi import codec
from .._ffi.arguments import kind, type_name
from .._ffi.errors import check_resolved
from .._ffi.forks import Cache, made_whole, shares
from .._ffi.interpreter import FREE_THREADED, NULL, bytes_at, chars, pointer_to
from .._host import abi, constants, lib, structs, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

AF_INET = constants["AF_INET"]
AF_INET6 = constants["AF_INET6"]
AF_UNSPEC = constants["AF_UNSPEC"]
BROADCAST = b"\xff\xff\xff\xff"

# The cache of addresses, with four kinds of entries (the last three for this platform only):
#
#     a numeric IPv4 host, or "" (str)                      → its four bytes
#     (host, port), a tuple of exactly a str and an int     → the sockaddr of this AF_INET address
#     (family, address) of AF_INET6, its host numeric, or AF_UNIX, a str  → its sockaddr
#     a sockaddr of a family that is ``FamilyCodec.fixed``  → the address in Python's form
#
# It saves inet_pton(3) and the codec's work for addresses that a program uses again and again.
# A full cache is emptied.
CACHED = 1024
known_addresses: Cache = Cache()
# The ``id`` of such an address → (its family, its sockaddr, the address itself, which thereby stays
# the object of this id, and the sockaddr's size).  So its items need not be looked at again.
known_tuples: Cache = Cache()
# The entry that the last ``sendto`` has found there.
NONE_SENT: tuple[int, bytes, Any, int] = (-1, b"", None, 0)
last_sent = NONE_SENT
# The bytes of an IP address → its text: clients come from few hosts, each time by another port.
known_texts: Cache = Cache()
# The text of an IP address, as str or bytes → its bytes.
known_packed: Cache = Cache()
shares(globals(), "known_addresses", "known_tuples", "known_texts", "known_packed")


def keep(cache: dict[Any, Any], key: Any, value: Any) -> None:
    """Put an entry into a cache; empty it first if it is full."""
    if FREE_THREADED and made_whole():  # and that cache is not used any more
        return
    if len(cache) >= CACHED:
        cache.clear()
    cache[key] = value


def remember(key: Any, value: Any) -> None:
    """Put an entry into the cache of addresses."""
    keep(known_addresses, key, value)


_last: Any = None


def remember_object(address: Any, family: int, packed: bytes) -> None:
    """Know an address by its object, if that was the last one, too: only ``sendto`` has such.

    A tuple that a program makes for each datagram would be kept, and never seen again.
    """
    global _last
    if address is _last:
        keep(known_tuples, id(address), (family, packed, address, len(packed)))
    else:
        _last = address


def host(value: Any) -> bytes:
    """The host of an address as a C string; a name that is not ASCII is encoded by IDNA."""
    if isinstance(value, str):
        if str.isascii(value):
            name = str.encode(value)
        else:
            try:
                name = value.encode("idna")
            except UnicodeError:
                raise TypeError("encoding of hostname failed") from None
    elif isinstance(value, (bytes, bytearray)):
        name = bytes(value)
    else:
        raise TypeError(f"str, bytes or bytearray expected, not {type_name(value)}")
    if 0 in name:
        raise TypeError("host name must not contain null character")
    return name


def to_ascii(name: str) -> bytes:
    """``name.encode("idna")``, without asking the codec for an ASCII name whose labels fit.

    Python imports the codec at its first use.  That takes time, and fails if the standard library
    is out of reach: in a chroot, or in a frozen program that has left it out.
    """
    if type(name) is not str:
        name = str.__getitem__(name, slice(None))  # what a subclass overrides does not count
    if name.isascii():
        if len(name) < 64 and ".." not in name and name[:1] != ".":
            return name.encode()  # as mostly: no label is empty, and none is too long
        *labels, last = name.split(".")
        if len(last) < 64 and all(labels) and max(map(len, labels), default=0) < 64:
            return name.encode()
    return name.encode("idna")


def idna(value: Any, function: str) -> bytes:
    """The host argument of ``gethostbyname`` and similar functions, as a C string."""
    if isinstance(value, str):
        name = to_ascii(value)
    elif isinstance(value, (bytes, bytearray)):
        name = bytes(value)
    else:
        raise TypeError(
            f"{function}() argument 1 must be str, bytes or bytearray, not {kind(value)}"
        )
    if 0 in name:
        raise TypeError(
            f"{function}() argument 1 must be encoded string without null bytes, "
            f"not {kind(value)}"
        )
    return name


def ipv4(name: bytes) -> bytes:
    """The four bytes of an IPv4 host.  Those of a numeric host are cached, and those of none."""
    packed = pton(AF_INET, name) if name else ANY[AF_INET]
    if packed is None:
        return resolve(name, AF_INET)[1]
    remember(name.decode("ascii"), packed)
    return packed


def ipv6(name: bytes) -> bytes:
    """The sixteen bytes of an IPv6 host."""
    return resolve(name, AF_INET6)[1]


def resolve(name: bytes, family: int) -> tuple[int, bytes]:
    """``(family, address)`` of a host: AF_INET, AF_INET6, or with AF_UNSPEC one of the two."""
    if not name:
        return (family, ANY[family]) if family in ANY else _wildcard(family)
    if name in (b"255.255.255.255", b"<broadcast>"):
        if family not in (AF_INET, AF_UNSPEC):
            raise OSError("address family mismatched")
        return AF_INET, BROADCAST
    if family != AF_INET6:
        packed = pton(AF_INET, name)
        if packed is not None:
            return AF_INET, packed
    if family != AF_INET and b"%" not in name:
        packed = pton(AF_INET6, name)
        if packed is not None:
            return AF_INET6, packed
    found = next(addrinfo(name, None, family, most=1))
    if found[0] not in SIZES:
        raise OSError("unknown address family")
    return found[0], address_in(found[0], found[4])


# INADDR_ANY and IN6ADDR_ANY_INIT, which no host means: what getaddrinfo(3) answers with AI_PASSIVE
# (RFC 3493, section 6.1).
ANY = Cache({AF_INET: bytes(4), AF_INET6: bytes(16)})


def _wildcard(family: int) -> tuple[int, bytes]:
    """The same of a family that is not said, or of an unknown one."""
    passive = constants["AI_PASSIVE"]
    answers = list(addrinfo(None, b"0", family, constants["SOCK_DGRAM"], flags=passive))
    if answers[0][0] not in SIZES:
        raise OSError("unsupported address family")
    if len(answers) > 1:
        raise OSError("wildcard resolved to multiple address")
    return answers[0][0], address_in(answers[0][0], answers[0][4])


SIZES = Cache({AF_INET: 4, AF_INET6: 16})


# The characters that a numeric address may have.
_NUMERIC = Cache({AF_INET: b"0123456789.", AF_INET6: b"0123456789abcdefABCDEF:."})


def address_in(family: int, raw: bytes) -> bytes:
    """The bytes of the IP address in a sockaddr_in or sockaddr_in6."""
    return raw[4:8] if family == AF_INET else raw[8:24]


def pton(family: int, name: bytes) -> bytes | None:
    """``inet_pton(3)``: the bytes of a numeric address, or None if ``name`` is not numeric."""
    if name.strip(_NUMERIC[family]):  # it has others: so names take no call
        return None
    known: bytes | None = known_packed[name]
    if known is not None and len(known) == SIZES[family]:
        return known
    memory = chars(16)
    if lib.inet_pton(family, name, pointer_to(memory)) != 1:
        return None
    packed = memory.raw[: SIZES[family]]
    keep(known_packed, name, packed)
    return packed


def ipv4_text(packed: bytes) -> str:
    """``'127.0.0.1'`` for four bytes: what ``inet_ntop(3)`` writes, without a call of C (1 us)."""
    text: str | None = known_texts[packed]
    if text is None:
        a, b, c, d = packed
        text = f"{a}.{b}.{c}.{d}"
        keep(known_texts, packed, text)
    return text


def ipv6_text(packed: bytes) -> str:
    """``inet_ntop(3)``: ``'::1'`` for sixteen bytes."""
    text: str | None = known_texts[packed]
    if text is None:
        memory = chars(46)  # INET6_ADDRSTRLEN
        lib.inet_ntop(AF_INET6, packed, pointer_to(memory), len(memory))
        text = memory.value.decode("ascii")
        keep(known_texts, packed, text)
    return text


def text_of(family: int, packed: bytes) -> str:
    """The text of an IP address of AF_INET or AF_INET6."""
    return ipv4_text(packed) if family == AF_INET else ipv6_text(packed)


def addrinfo(
    node: bytes | None,
    service: bytes | None,
    family: int = 0,
    socktype: int = 0,
    protocol: int = 0,
    flags: int = 0,
    most: int = -1,
) -> Iterator[tuple[int, int, int, bytes, bytes]]:
    """``getaddrinfo(3)``: for each answer ``(family, type, protocol, canonical name, sockaddr)``.

    Copies the list of C structs, or its first ``most``, and frees it, before the first answer is
    returned.
    """
    hints = _addrinfo.pack(flags, family, socktype, protocol, 0, 0, 0, 0)
    first = c_void_p()  # C writes to it in the call: so the list has an owner from the beginning
    try:
        node, service = NULL if node is None else node, NULL if service is None else service
        check_resolved(lib, lib.getaddrinfo, node, service, hints, pointer_to(first))
        answers = _copied(first.value, most)
    finally:
        if first.value:
            lib.freeaddrinfo(first)
    return iter(answers)


_addrinfo = codec(
    abi,
    structs["addrinfo"],
    "ai_flags ai_family ai_socktype ai_protocol ai_addrlen ai_addr ai_canonname ai_next",
)


# No more than so many bytes of an answer's address are read, whatever its length is said to be:
# the size of the family's struct, which is the same on every platform (the codecs stand on this
# file, so they cannot be asked).
_SOCKADDR_SIZES = {AF_INET: 16, AF_INET6: 28}


def _copied(at: int | None, most: int) -> list[tuple[int, int, int, bytes, bytes]]:
    """A list of ``struct addrinfo``, whose first is at this address; no more than ``most``."""
    answers: list[tuple[int, int, int, bytes, bytes]] = []
    while at and len(answers) != most:
        found = _addrinfo.unpack_from(bytes_at(at, _addrinfo.size))
        _, family, socktype, protocol, addrlen, addr, canonname, at = found
        canonical = system.text_at(canonname) if canonname else b""
        size = _SOCKADDR_SIZES.get(family, abi.storage)
        raw = bytes_at(addr, addrlen if addrlen < size else size) if addr else b""
        answers.append((family, socktype, protocol, canonical, raw))
    return answers
