"""The names and addresses of hosts, by the C library's resolver.

The resolver asks the sources that the system is configured to use: the hosts file, DNS, and
others.  A look-up blocks until they have answered; the timeouts of sockets do not count.  No source
is asked about a numeric address, except for its name.
"""

from __future__ import annotations

import os
import sys
from ctypes import c_int, c_void_p, sizeof
from errno import EAFNOSUPPORT

from .. import _public
from .._calls.memory import Pool, reserved, with_pointer
from .._enums import AddressFamily, SocketKind, member
from .._ffi import arguments, versions
from .._ffi.arguments import ZERO, c_string, fs_bytes, plain_bytes
from .._ffi.errors import check_resolved, checked, from_errno, raise_h
from .._ffi.interpreter import array_type, bytes_at, put_bytes, text_at
from .._host import abi, constants, lib, structs
from ..families import codec_of, unpack_for
from ..families._hosts import (
    AF_INET,
    AF_INET6,
    AF_UNSPEC,
    address_in,
    addrinfo,
    idna,
    ipv4_text,
    pton,
    resolve,
    text_of,
    to_ascii,
)
from .static_answers import StaticAnswers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .._types import AddrInfo, InetAddress

    _Host = tuple[int, bytes, list[bytes], list[bytes]]  # family, name, aliases, addresses


def getaddrinfo(
    host: str | bytes | None,
    port: str | bytes | int | None,
    family: int = 0,
    type: int = 0,
    proto: int = 0,
    flags: int = 0,
) -> list[AddrInfo]:
    """``getaddrinfo(3)``: the addresses of a host and port, each with arguments for ``socket``.

    ``host`` is a name, a numeric address, or None for the loopback address (with AI_PASSIVE: for
    all addresses of this machine).  ``port`` is a number, a service's name, or None for 0.
    ``family`` (AF_), ``type`` (SOCK_) and ``proto`` (IPPROTO_) restrict the answers, unless they
    are 0; ``flags`` are AI_ constants.

    Returns a list of ``(family, type, proto, canonname, address)``: ``socket(family, type, proto)``
    can ``connect`` to the address.  ``canonname`` is empty without AI_CANONNAME.

    Blocks to look up names.  Raises gaierror: EAI_NONAME (unknown host or service), EAI_AGAIN (no
    answer), and others (RFC 3493, section 6.1).  Raises UnicodeError for a name that IDNA cannot
    encode.

    >>> answers = getaddrinfo("127.0.0.1", 80, type=SOCK_STREAM)
    >>> family, kind, proto, canonname, address = answers[0]
    >>> address
    ('127.0.0.1', 80)
    """
    # Most are 0, which need no look.
    family = family if family is ZERO else arguments.c_int(family)
    type = type if type is ZERO else arguments.c_int(type)
    proto = proto if proto is ZERO else arguments.c_int(proto)
    flags = flags if flags is ZERO else arguments.c_int(flags)
    if host is None:
        node = None
    elif isinstance(host, str):
        node = to_ascii(host)
    elif isinstance(host, bytes):
        node = host
    else:
        raise TypeError("getaddrinfo() argument 1 must be string or None")
    service = _service(port)
    if _CRASHES_ON_ZERO and flags & constants["AI_NUMERICSERV"] and service in (None, b"0"):
        service = b"00"
    sys.audit("socket.getaddrinfo", host, port, family, type, proto)
    answers = addrinfo(_until_nul(node), service, family, type, proto, flags)
    return [
        (
            member(AddressFamily, af),
            member(SocketKind, socktype),
            protocol,
            canonical.decode(),
            unpack_for(proto, raw),
        )
        for af, socktype, protocol, canonical, raw in answers
    ]


# With AI_NUMERICSERV, older versions of macOS crash where the service is "0" or NULL; CPython, too,
# passes another way to write it.
_CRASHES_ON_ZERO = abi.name.startswith("darwin")


def _service(port: Any) -> bytes | None:
    """A port's number or a service's name, as C sees it."""
    if port is None:
        return None
    if type(port) is int:
        if not (0 <= port <= 0xFFFF or versions.PORT_OF_ANY_SIZE):
            arguments.c_long(port)
        return b"%d" % port
    if versions.UNSIGNED_BY_INDEX and hasattr(type(port), "__index__"):
        return str(int(arguments.index(port))).encode()
    if isinstance(port, str):
        return _until_nul(port.encode())
    if isinstance(port, bytes):
        return _until_nul(port)
    raise OSError("Int or String expected")


def _until_nul(text: bytes | None) -> bytes | None:
    """The part of a string that C sees: the bytes before the first NUL."""
    return text.partition(b"\0")[0] if text and 0 in text else text


def getnameinfo(sockaddr: InetAddress, flags: int, /) -> tuple[str, str]:
    """``getnameinfo(3)``: ``(host, service)``, the names of an AF_INET or AF_INET6 address.

    The host in ``sockaddr`` must be numeric.  ``flags`` are NI_ constants: NI_NUMERICHOST and
    NI_NUMERICSERV ask for numbers, as text, instead of names.  If there is no name, the number is
    returned, too.

    Blocks to look up names.  Raises gaierror: EAI_NONAME (the host is not numeric, or NI_NAMEREQD
    and no name), EAI_AGAIN, and others (RFC 3493, section 6.2).

    >>> getnameinfo(("127.0.0.1", 80), NI_NUMERICHOST | NI_NUMERICSERV)
    ('127.0.0.1', '80')
    """
    flags = arguments.c_int(flags)
    if not isinstance(sockaddr, tuple):
        del sockaddr  # which the traceback would keep alive
        raise TypeError("getnameinfo() argument 1 must be a tuple")
    illegal = "getnameinfo(): illegal sockaddr argument"
    items = arguments.plain(sockaddr)
    if not 2 <= len(items) <= 4 or not isinstance(items[0], str):
        raise TypeError(illegal)
    node = c_string(items[0], "getnameinfo", 1)
    port = arguments.c_int(items[1])
    flowinfo, scope_id = (*map(arguments.c_uint, items[2:]), 0, 0)[:2]
    if flowinfo > 0xFFFFF:
        raise OverflowError("getnameinfo(): flowinfo must be 0-1048575.")
    sys.audit("socket.getnameinfo", sockaddr)
    family, port, packed = _numeric(node, port)
    codec: Any = codec_of(family)
    if family == AF_INET6:
        name = codec.fill(port, flowinfo, packed, scope_id)
    elif len(items) != 2:
        raise OSError("IPv4 sockaddr must be 2 tuple")
    else:
        name = codec.fill(port, packed, b"")
    entry = _names.take()
    host, host_pointer, service, service_pointer = entry
    put_bytes(host, host_pointer, _NO_HOST)
    put_bytes(service, service_pointer, _NO_SERVICE)
    into = host_pointer, len(_NO_HOST), service_pointer, len(_NO_SERVICE)
    check_resolved(lib, lib.getnameinfo, name, len(name), *into, flags)
    answer = host.value.decode(), service.value.decode()
    _names.put(entry)
    return answer


_NO_HOST, _NO_SERVICE = bytes(constants["NI_MAXHOST"]), bytes(constants["NI_MAXSERV"])
_names = Pool(
    lambda: with_pointer(array_type(len(_NO_HOST))) + with_pointer(array_type(len(_NO_SERVICE)))
)


def _numeric(node: bytes, port: int) -> tuple[int, int, bytes]:
    """``(family, port, address)`` of a numeric host, as ``getaddrinfo(3)`` has it."""
    if 0 <= port <= 0xFFFF:  # as mostly, and in a sixth of the steps
        for family in (AF_INET, AF_INET6):
            packed = pton(family, node)
            if packed is not None:
                return family, port, packed
    # Without a type, there is an answer for each.
    kind, numeric = constants["SOCK_DGRAM"], constants["AI_NUMERICHOST"]
    answers = list(addrinfo(node, b"%d" % port, AF_UNSPEC, kind, flags=numeric))
    if len(answers) > 1:
        raise OSError("sockaddr resolved to multiple addresses")
    family, sockaddr = answers[0][0], answers[0][4]
    return family, int.from_bytes(sockaddr[2:4], "big"), address_in(family, sockaddr)


def gethostname() -> str:
    """``gethostname(2)``: the name of this machine, often without its domain (see ``getfqdn``).

    Does not block.  Raises OSError.

    >>> name = gethostname()
    """
    sys.audit("socket.gethostname")
    entry = _names.take()
    name, pointer, *_ = entry
    put_bytes(name, pointer, _NO_HOST)
    checked(lib.gethostname, pointer, len(_NO_HOST) - 1)
    text: bytes = name.value
    _names.put(entry)
    return os.fsdecode(text)


def sethostname(name: str | bytes, /) -> None:
    """``sethostname(2)``: set the name of this machine.  (Unix)

    Does not block.  Raises OSError: EPERM (without privileges), EINVAL (too long).

    >>> sethostname("alpha")                                  # doctest: +SKIP
    """
    encoded = plain_bytes(name) if isinstance(name, bytes) else fs_bytes(name)
    sys.audit("socket.sethostname", encoded)
    lib.sethostname(encoded, len(encoded))


def gethostbyname(hostname: str, /) -> str:
    """``getaddrinfo(3)``: an IPv4 address of a host, as text.

    Returns a numeric address unchanged.  Blocks to look up a name.  Raises gaierror.
    ``getaddrinfo`` is the way to get all addresses, and those of IPv6.

    >>> gethostbyname("127.0.0.1")
    '127.0.0.1'
    """
    name = idna(hostname, "gethostbyname")
    sys.audit("socket.gethostbyname", hostname)
    return ipv4_text(resolve(name, AF_INET)[1])


def gethostbyname_ex(hostname: str, /) -> tuple[str, list[str], list[str]]:
    """``gethostbyname(3)``: ``(name, aliases, addresses)`` of a host.

    ``name`` is the canonical name, ``aliases`` a list of other names, ``addresses`` a list of IPv4
    addresses as text.  Blocks to look up a name.  Raises gaierror or herror.

    >>> name, aliases, addresses = gethostbyname_ex("127.0.0.1")
    >>> addresses
    ['127.0.0.1']
    """
    name = idna(hostname, "gethostbyname_ex")
    sys.audit("socket.gethostbyname", hostname)
    resolve(name, AF_INET)
    return _hostent(AF_INET, "gethostbyname", name)


def gethostbyaddr(ip_address: str, /) -> tuple[str, list[str], list[str]]:
    """``gethostbyaddr(3)``: ``(name, aliases, addresses)`` of the host at an address.

    ``ip_address`` is an IPv4 or IPv6 address, or a name, which is looked up first.  The results
    have the form of those of ``gethostbyname_ex``, with addresses of the same family.

    Blocks to look up names.  Raises herror if the address has no name, and gaierror.

    >>> try:
    ...     name, aliases, addresses = gethostbyaddr("127.0.0.1")
    ... except OSError:
    ...     name = "127.0.0.1"  # it has no name
    """
    name = idna(ip_address, "gethostbyaddr")
    sys.audit("socket.gethostbyaddr", ip_address)
    family, packed = resolve(name, AF_UNSPEC)
    return _hostent(family, "gethostbyaddr", packed, len(packed), family)


_hosts = StaticAnswers()


def _hostent(family: int, function: str, *asked: Any) -> tuple[str, list[str], list[str]]:
    """``gethostbyname(3)`` or ``gethostbyaddr(3)``: ``(name, aliases, addresses)``.

    Where the function has a reentrant form, such as ``gethostbyname_r``, that is called.  It
    writes to memory of the caller's, so that other threads can look up hosts meanwhile.
    """
    if abi.hostent_r:
        found = _hostent_r(getattr(lib, f"{function}_r"), *asked)
    else:
        call = getattr(lib, function)
        found = _hosts.look_up("hostent", _copied, lib.h_errno, call, *asked)
    if isinstance(found, int):
        raise_h(lib, found)
    kind, name, aliases, addresses = found
    if kind != family:
        raise from_errno(EAFNOSUPPORT)
    texts = [text_of(family, address) for address in addresses]
    return name.decode(), [alias.decode() for alias in aliases], texts


def _hostent_r(call: Any, *asked: Any) -> _Host | int:
    """``call(*asked, hostent, buffer, buflen, result, h_errno)``: its answer, or its h_errno."""
    entry = _hostents.take()
    _, to_buffer, hostent, to_hostent, result, to_result, h_errno, to_h_errno = entry
    result.value, h_errno.value = None, 0
    call(*asked, to_hostent, to_buffer, _HOSTENT_ROOM, to_result, to_h_errno)
    found = _copied(hostent) if result.value else h_errno.value  # hostent points into the buffer
    _hostents.put(entry)
    return found


_HOSTENT_ROOM = 16384  # bytes of names and addresses, as in CPython
_hostents = Pool(
    lambda: (
        *reserved(_HOSTENT_ROOM),
        *with_pointer(structs["hostent"]),
        *with_pointer(c_void_p),
        *with_pointer(c_int),
    )
)


def _copied(hostent: Any) -> _Host:
    """What a ``struct hostent`` says."""
    size = 4 if hostent.h_addrtype == AF_INET else 16
    return (
        hostent.h_addrtype,
        text_at(hostent.h_name),
        [text_at(alias) for alias in _pointers(hostent.h_aliases)],
        [bytes_at(address, size) for address in _pointers(hostent.h_addr_list)],
    )


def _pointers(at: int) -> Iterator[int]:
    """The pointers in an array that ends with NULL.  ``at`` may be NULL: no pointers."""
    while at and (found := c_void_p.from_address(at).value):
        yield found
        at += sizeof(c_void_p)


def getfqdn(name: str = "") -> str:
    """``gethostbyaddr(3)``: the fully qualified domain name of a host.

    ``name`` is a name or an address; ``""`` (also ``"0.0.0.0"``, ``"::"``) stands for this machine.
    Returns the first name with a dot among the name and aliases of ``gethostbyaddr``, or, if there
    is none, the first name.  If the look-up fails, returns ``name``, or the name of this machine.

    Blocks to look up names.  Raises no OSError, but UnicodeError if IDNA cannot encode the name.

    >>> name = getfqdn("127.0.0.1")  # 'localhost', for example
    """
    name = name.strip()
    unnamed = ("0.0.0.0", "::") if versions.UNNAMED_IPV6 else ("0.0.0.0",)
    if not name or name in unnamed:
        name = _public.module.gethostname()
    try:
        hostname, aliases, _ = _public.module.gethostbyaddr(name)
    except OSError:
        return name
    names: list[str] = [hostname, *aliases]
    # A list: a generator that is dropped half-way crashes CPython 3.13, if memory fails then.
    return ([found for found in names if "." in found] or names)[0]
