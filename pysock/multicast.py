"""Multicast: groups, source filters, the outgoing interface, TTL and loop, for IPv4 and IPv6 alike.

An interface is given by its name, its index, or (IPv4) one of its addresses; None lets the system
choose.  Each function takes whatever has ``fileno()``.

The protocol-independent options of RFC 3678 (MCAST_JOIN_GROUP, …) take an index for both families.
Where a system lacks them, as NetBSD and OpenBSD do, or a sandbox refuses them, the older ones
serve: ``ip_mreq`` and ``ipv6_mreq``, and for source filters of IPv4 ``ip_mreq_source``.

>>> from pysock import multicast
>>> with multicast.sender("239.1.2.3", ttl=1, loop=True) as sock:
...     multicast.ttl(sock), multicast.loop(sock)
(1, True)
"""

from __future__ import annotations

import sys
from errno import EADDRNOTAVAIL, ENOPROTOOPT, ENOSYS, EOPNOTSUPP, EPERM
from ipaddress import ip_address

from ._beyond import about, family_of, getsockopt, handle, interface_index, setsockopt
from ._ffi.arguments import plain_index
from ._host import abi, constants, system
from ._records import Record, known
from ._socket import Socket
from .families import pack
from .interfaces import by_address
from .interfaces import interface as _interface

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address
    from typing import Optional, Union

    from ._beyond import Handle, HasFileno

    InterfaceLike = Optional[Union[str, int]]

__all__ = [
    "block",
    "join",
    "leave",
    "loop",
    "outgoing_interface",
    "receiver",
    "sender",
    "set_loop",
    "set_outgoing_interface",
    "set_ttl",
    "supported",
    "ttl",
    "unblock",
]

_AF_INET, _AF_INET6 = constants["AF_INET"], constants["AF_INET6"]
_IP, _IPV6 = constants["IPPROTO_IP"], constants["IPPROTO_IPV6"]
_PROTOCOL_INDEPENDENT = "MCAST_JOIN_GROUP" in constants and known("group_req")
_LINUX = "IP_MULTICAST_ALL" in constants


def supported(*, sources: bool = False) -> bool:
    """Whether this system has multicast; with ``sources``, source filters.  Makes no call."""
    return _PROTOCOL_INDEPENDENT if sources else "IP_ADD_MEMBERSHIP" in constants


# --- groups --------------------------------------------------------------------------


def join(
    sock: HasFileno, group: str, interface: InterfaceLike = None, *, source: str | None = None
) -> None:
    """``setsockopt(2)``: join ``group`` on an interface; with ``source``, hear that sender alone.

    Several sources are several calls.  The option is MCAST_JOIN_GROUP, with a source
    MCAST_JOIN_SOURCE_GROUP, or an older one.  Does not block.  Raises OSError (EADDRINUSE if it is
    joined already, ENODEV, …), ValueError for what is no group, NotImplementedError if the system
    has no source filters.
    """
    _membership(sock, "JOIN", group, interface, source)


def leave(
    sock: HasFileno, group: str, interface: InterfaceLike = None, *, source: str | None = None
) -> None:
    """``setsockopt(2)``: leave ``group``, or with ``source`` hear that sender no longer.

    Does not block.  Raises OSError (EADDRNOTAVAIL if it was not joined), and as ``join``.
    """
    _membership(sock, "LEAVE", group, interface, source)


def block(
    sock: HasFileno, group: str, source: str, interface: InterfaceLike = None
) -> None:
    """``setsockopt(2)`` of MCAST_BLOCK_SOURCE: hear all senders to a joined ``group`` except this.

    Does not block.  Raises as ``join``.
    """
    _filter(sock, "MCAST_BLOCK_SOURCE", group, source, interface)


def unblock(
    sock: HasFileno, group: str, source: str, interface: InterfaceLike = None
) -> None:
    """``setsockopt(2)`` of MCAST_UNBLOCK_SOURCE: hear a blocked sender again.

    Does not block.  Raises as ``join``.
    """
    _filter(sock, "MCAST_UNBLOCK_SOURCE", group, source, interface)


def _membership(
    sock: HasFileno, verb: str, group: str, where: InterfaceLike, source: str | None
) -> None:
    if source is not None:
        _filter(sock, f"MCAST_{verb}_SOURCE_GROUP", group, source, where)
        return
    target, family, octets = handle(sock), *_group(group)
    index, what = _index(where), f"{group} on {_shown(where)}"
    if _PROTOCOL_INDEPENDENT:
        request = _group_req.pack(gr_interface=index, gr_group=pack(family, (group, 0)))
        if _accepted(target, family, f"MCAST_{verb}_GROUP", request, what):
            return
    if family == _AF_INET6:
        request = _ipv6_mreq.pack(ipv6mr_multiaddr=octets, ipv6mr_interface=index)
        name = f"IPV6_{verb}_GROUP"
    else:
        own = _address_of(where, index)
        request = _ip_mreq.pack(imr_multiaddr=octets, imr_interface=own)
        name = "IP_ADD_MEMBERSHIP" if verb == "JOIN" else "IP_DROP_MEMBERSHIP"
    _set(target, _level(family), name, request, what)


# A kernel or a sandbox that does not know an option of a later standard.
_REFUSALS = (ENOPROTOOPT, EOPNOTSUPP, ENOSYS, EPERM)


def _accepted(
    target: Handle, family: int, name: str, request: bytes, what: str, *, older: bool = True
) -> bool:
    """Set an option; False if it is refused as one that is not known, and there is an ``older``."""
    try:
        _set(target, _level(family), name, request, what)
    except OSError as error:
        if not older or error.errno not in _REFUSALS:
            raise
        return False
    return True


def _filter(
    sock: HasFileno, name: str, group: str, source: str, where: InterfaceLike
) -> None:
    if not _PROTOCOL_INDEPENDENT:
        raise NotImplementedError(f"{abi.name} has no source filters ({name})")
    target, family = handle(sock), _group(group)[0]
    if _parsed(source).version != (4 if family == _AF_INET else 6):
        raise ValueError(f"expected a source of the family of {group}, not {source!r}")
    index, what = _index(where), f"{group} from {source} on {_shown(where)}"
    request = _group_source_req.pack(
        gsr_interface=index,
        gsr_group=pack(family, (group, 0)),
        gsr_source=pack(family, (source, 0)),
    )
    older = _OF_IPV4[name] if family == _AF_INET and known("ip_mreq_source") else None
    if not _accepted(target, family, name, request, what, older=older in constants):
        request = Record("ip_mreq_source").pack(
            imr_multiaddr=_parsed(group).packed,
            imr_sourceaddr=_parsed(source).packed,
            imr_interface=_address_of(where, index),
        )
        _set(target, _IP, str(older), request, what)


# The older options, which IPv4 alone has.
_OF_IPV4 = {
    "MCAST_JOIN_SOURCE_GROUP": "IP_ADD_SOURCE_MEMBERSHIP",
    "MCAST_LEAVE_SOURCE_GROUP": "IP_DROP_SOURCE_MEMBERSHIP",
    "MCAST_BLOCK_SOURCE": "IP_BLOCK_SOURCE",
    "MCAST_UNBLOCK_SOURCE": "IP_UNBLOCK_SOURCE",
}


if _PROTOCOL_INDEPENDENT:
    _group_req, _group_source_req = Record("group_req"), Record("group_source_req")
_ip_mreq, _ipv6_mreq = Record("ip_mreq"), Record("ipv6_mreq")


# --- what a sender sets --------------------------------------------------------------


def set_outgoing_interface(sock: HasFileno, interface: InterfaceLike) -> None:
    """``setsockopt(2)`` of IP_MULTICAST_IF: the interface by which multicasts leave.

    For IPv6, the option is IPV6_MULTICAST_IF.  Does not block.  Raises OSError.
    """
    target, index = handle(sock), _index(interface)
    what = f"to leave by {_shown(interface)}"
    if family_of(sock) == _AF_INET6:
        _set(target, _IPV6, "IPV6_MULTICAST_IF", _c_int(index), what)
    elif known("ip_mreqn"):
        # The address alone is what a system tells of it afterwards.
        own = _address_of(interface, index) if _is_ipv4(interface) else b""
        request = Record("ip_mreqn").pack(imr_ifindex=index, imr_address=own)
        _set(target, _IP, "IP_MULTICAST_IF", request, what)
    else:
        _set(target, _IP, "IP_MULTICAST_IF", _address_of(interface, index), what)


def outgoing_interface(sock: HasFileno) -> int | str:
    """What ``set_outgoing_interface`` has set: an index (IPv6), or an address (IPv4).

    0 and ``'0.0.0.0'`` mean that the system chooses, or on Linux, of IPv4, that the interface was
    given by its name or index.  Does not block.  Raises OSError.
    """
    target = handle(sock)
    if family_of(sock) == _AF_INET6:
        return int.from_bytes(getsockopt(target, _IPV6, "IPV6_MULTICAST_IF", 4), sys.byteorder)
    return str(ip_address(getsockopt(target, _IP, "IP_MULTICAST_IF", 4)))


def set_ttl(sock: HasFileno, hops: int) -> None:
    """``setsockopt(2)`` of IP_MULTICAST_TTL: how many routers a multicast may pass, 0 to 255.

    For IPv6, the option is IPV6_MULTICAST_HOPS.  Does not block.  Raises OSError, TypeError,
    ValueError.
    """
    if isinstance(hops, bool) or not isinstance(hops, int):
        raise TypeError(f"expected 0 to 255 hops, not {type(hops).__name__}")
    hops = plain_index(hops)
    if not 0 <= hops <= 255:
        raise ValueError(f"expected 0 to 255 hops, not {hops!r}")
    target = handle(sock)
    if family_of(sock) == _AF_INET6:
        _set(target, _IPV6, "IPV6_MULTICAST_HOPS", _c_int(hops), "")
    else:
        _set(target, _IP, "IP_MULTICAST_TTL", _small(hops), "")


def ttl(sock: HasFileno) -> int:
    """What ``set_ttl`` has set.  Does not block.  Raises OSError."""
    target = handle(sock)
    if family_of(sock) == _AF_INET6:
        return int.from_bytes(getsockopt(target, _IPV6, "IPV6_MULTICAST_HOPS", 4), sys.byteorder)
    return int.from_bytes(getsockopt(target, _IP, "IP_MULTICAST_TTL", _SMALL), sys.byteorder)


def set_loop(sock: HasFileno, on: bool) -> None:
    """``setsockopt(2)`` of IP_MULTICAST_LOOP: whether this machine hears its own multicasts.

    For IPv6, the option is IPV6_MULTICAST_LOOP.  On Windows, the receiver sets it (IPv4).  Does not
    block.  Raises OSError.
    """
    target = handle(sock)
    if family_of(sock) == _AF_INET6:
        _set(target, _IPV6, "IPV6_MULTICAST_LOOP", _c_int(bool(on)), "")
    else:
        _set(target, _IP, "IP_MULTICAST_LOOP", _small(bool(on)), "")


def loop(sock: HasFileno) -> bool:
    """What ``set_loop`` has set.  Does not block.  Raises OSError."""
    target = handle(sock)
    if family_of(sock) == _AF_INET6:
        return any(getsockopt(target, _IPV6, "IPV6_MULTICAST_LOOP", 4))
    return any(getsockopt(target, _IP, "IP_MULTICAST_LOOP", _SMALL))


# --- sockets -------------------------------------------------------------------------


def receiver(
    group: str,
    port: int,
    interface: InterfaceLike = None,
    *,
    sources: tuple[str, ...] = (),
    shared: bool = True,
) -> Socket:
    """A UDP socket that hears ``group`` at ``port``, or only its ``sources``.

    With ``shared``, other programs may hear the port too: by SO_REUSEADDR on Linux and Windows,
    where SO_REUSEPORT would share datagrams out, or asks for one user; by SO_REUSEPORT on macOS
    and the BSDs.  It is bound to the group, so that nothing else arrives; on Windows, which
    refuses that, to all addresses.  On Linux, a group that another socket has joined is not heard.

    Does not block.  Raises OSError (EADDRINUSE, ENODEV, …), ValueError, and as ``join``.
    """
    family = _group(group)[0]
    sock = Socket(family, constants["SOCK_DGRAM"])
    try:
        target = handle(sock)
        if shared:
            bsd = abi.sa_len and "SO_REUSEPORT" in constants
            name = "SO_REUSEPORT" if bsd else "SO_REUSEADDR"
            setsockopt(target, constants["SOL_SOCKET"], name, _c_int(1))
        if family == _AF_INET6:
            setsockopt(target, _IPV6, "IPV6_V6ONLY", _c_int(1))
        every = "IP_MULTICAST_ALL" if family == _AF_INET else "IPV6_MULTICAST_ALL"
        if _LINUX and every in constants:
            setsockopt(target, _level(family), every, _c_int(0))
        host = group if system.REUSE_ADDRESS else ""  # Windows refuses to bind to a group
        at = (host, port)
        sock.bind(at if family == _AF_INET else (*at, 0, _index(interface)))
        _join_all(sock, group, interface, sources)
        return sock
    except BaseException:
        sock.close()
        raise


def _join_all(
    sock: Socket, group: str, interface: InterfaceLike, sources: tuple[str, ...]
) -> None:
    if isinstance(sources, str):
        raise TypeError("expected a tuple of sources, not str")
    for source in sources or (None,):
        join(sock, group, interface, source=source)


def sender(
    group: str, interface: InterfaceLike = None, *, ttl: int = 1, loop: bool = True
) -> Socket:
    """A UDP socket to send to groups of the family of ``group``.

    Does not block.  Raises OSError, and ValueError for what is no group.
    """
    sock = Socket(_group(group)[0], constants["SOCK_DGRAM"])
    try:
        if interface is not None:
            set_outgoing_interface(sock, interface)
        set_ttl(sock, ttl)
        set_loop(sock, loop)
        return sock
    except BaseException:
        sock.close()
        raise


# --- arguments -----------------------------------------------------------------------


def _parsed(text: str) -> IPv4Address | IPv6Address:
    if not isinstance(text, str):
        raise TypeError(f"expected a numeric address as str, not {type(text).__name__}")
    return ip_address(text)


def _group(text: str) -> tuple[int, bytes]:
    """The family and the bytes of a group."""
    known = _parsed(text)
    if not known.is_multicast:
        raise ValueError(f"expected the address of a multicast group, not {text!r}")
    return (_AF_INET if known.version == 4 else _AF_INET6), known.packed


def _index(where: InterfaceLike) -> int:
    """The index of an interface that is given by name, index or address; 0 for None."""
    if where is None:
        return 0
    if isinstance(where, int) and not isinstance(where, bool):
        where = plain_index(where)
        if not 0 <= where <= 0xFFFFFFFF:
            raise ValueError(f"expected the index of an interface, not {where!r}")
        return where
    if not isinstance(where, str):
        kind = type(where).__name__
        raise TypeError(f"expected an interface's name, index or address, not {kind}")
    try:
        ip_address(where.partition("%")[0])
    except ValueError:
        try:
            return interface_index(where)
        except OSError as error:
            raise about(error, f"interface {where!r}") from None
    found = by_address(where)
    if found is None:
        raise OSError(EADDRNOTAVAIL, f"no interface has the address {where}")
    return found.index


def _address_of(where: InterfaceLike, index: int) -> bytes:
    """An IPv4 address of an interface, for options that know it by nothing else."""
    if not index:
        return bytes(4)
    found = _interface(index)
    for each in found.addresses:
        wanted = not isinstance(where, str) or where in (each.address, found.name)
        if each.family == _AF_INET and wanted:
            return each.packed
    raise OSError(EADDRNOTAVAIL, f"the interface {found.name} has no IPv4 address")


def _is_ipv4(where: InterfaceLike) -> bool:
    try:
        return isinstance(where, str) and ip_address(where).version == 4
    except ValueError:
        return False


def _shown(where: InterfaceLike) -> str:
    return "the system's choice" if where is None else f"interface {where}"


def _level(family: int) -> int:
    return _IP if family == _AF_INET else _IPV6


def _set(target: Handle, level: int, name: str, value: bytes, what: str) -> None:
    try:
        setsockopt(target, level, name, value)
    except OSError as error:
        raise (about(error, what) if what else error) from None


def _c_int(number: int) -> bytes:
    return number.to_bytes(4, sys.byteorder)


# OpenBSD and NetBSD want one byte of TTL and loop; all but Windows take it.
_SMALL = 1 if system.REUSE_ADDRESS else 4


def _small(number: int) -> bytes:
    return number.to_bytes(_SMALL, sys.byteorder)
