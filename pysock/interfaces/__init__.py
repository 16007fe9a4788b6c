"""The network interfaces of this machine, and their addresses.

>>> from pysock import interfaces
>>> for interface in interfaces.interfaces():
...     assert interface.index > 0 and interface.name
>>> interfaces.source_for("127.0.0.1")
'127.0.0.1'

Linux is asked by rtnetlink(7), as ``ip`` asks it; where a sandbox refuses that, and on macOS and
the BSDs, by ``getifaddrs(3)``; Windows by ``GetAdaptersAddresses``.  ``netifaces`` of this package
has the functions of the package of that name.
"""

from __future__ import annotations

import os as _os
from errno import ENODEV as _ENODEV

from .._beyond import about as _about
from .._beyond import handle as _handle
from .._beyond import interface_index as _interface_index
from .._calls.transfer import sockaddr_from as _sockaddr_from
from .._host import constants as _constants
from .._host import lib as _lib
from .._socket import Socket as _Socket
from ..families import unpack_for as _unpack_for
from ..families._hosts import pton as _pton
from . import _posix, _rtnetlink, _sysctl, _windows
from ._values import Address, Gateway, Interface

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "Address",
    "Gateway",
    "Interface",
    "by_address",
    "default_source",
    "gateways",
    "interface",
    "interfaces",
    "source_for",
    "supported",
]

_AF_INET, _AF_INET6 = _constants["AF_INET"], _constants["AF_INET6"]
# Addresses for documentation (RFC 5737, RFC 3849): no route is theirs but the default one.
_ELSEWHERE = {_AF_INET: "198.51.100.1", _AF_INET6: "2001:db8::1"}


def supported() -> bool:
    """Whether this system's C library can list interfaces.  Does not block."""
    return hasattr(_lib, "getifaddrs") or hasattr(_lib, "GetAdaptersAddresses")


def interfaces() -> list[Interface]:
    """All network interfaces, by their index.

    An interface or an address that comes or goes meanwhile is listed or not; that is no error.
    Does not block.  Raises OSError; NotImplementedError if this system has no such list.
    """
    if hasattr(_lib, "GetAdaptersAddresses"):
        return _windows.interfaces()
    if not supported():
        raise NotImplementedError("the C library of this system has no getifaddrs()")
    if _rtnetlink.AVAILABLE:
        try:
            return _rtnetlink.interfaces()
        except OSError as refused:  # by a sandbox; what getifaddrs says of it, is raised
            return _posix.interfaces(refused)
    return _posix.interfaces()


def interface(which: str | int) -> Interface:
    """One interface, by its name (or another one that the system knows it by) or its index.

    Does not block.  Raises OSError (ENODEV) if there is none, and TypeError.
    """
    if isinstance(which, bool) or not isinstance(which, (str, int)):
        kind = type(which).__name__
        raise TypeError(f"expected the name or the index of an interface, not {kind}")
    found = interfaces()
    by_name = isinstance(which, str)
    known = [each for each in found if which == (each.name if by_name else each.index)]
    if not known and isinstance(which, str):
        index = _index_of(which)
        known = [each for each in found if each.index == index]
    if not known:
        what = "name" if by_name else "index"
        said = f"{_os.strerror(_ENODEV)}: no interface has the {what} {which!r}"
        raise OSError(_ENODEV, said)
    return known[0]


def _index_of(name: str) -> int:
    """The index by another name (``ip link property add … altname``), or 0."""
    try:
        return _interface_index(name)
    except ValueError:  # it has a NUL
        return 0
    except OSError as error:
        if error.errno == _ENODEV:
            return 0
        raise


def by_address(address: str) -> Interface | None:
    """The interface that has this address, or None.

    ``address`` is numeric; an IPv6 address may end in ``%`` and an interface's name or index.
    Does not block.  Raises ValueError for what is no numeric address, and OSError.
    """
    host, scope = _split(address)
    wanted = _packed(host)
    for each in interfaces():
        if scope in ("", each.name, str(each.index)):
            for known in each.addresses:
                if known.packed == wanted:
                    return each
    return None


def source_for(address: str, port: int = 9, *, sock: Any = None) -> str:
    """The address of this machine from which it would reach ``address``.

    A UDP socket is connected to it, which sends nothing.  ``address`` is numeric; an IPv6 address
    may end in ``%`` and an interface's name or index, a link-local one has to.  With ``sock`` (any
    socket) its own address is asked instead of the routes: where it is connected already.

    Does not block.  Raises OSError (ENETUNREACH) without a route, ValueError as ``by_address``.
    """
    if sock is not None:
        return _host_of(_unpack_for(0, _sockaddr_from(_lib.getsockname, _handle(sock))))
    host, scope = _split(address)
    family = _AF_INET if len(_packed(host)) == 4 else _AF_INET6
    to: Any = (host, port)
    if family == _AF_INET6:
        to = (host, port, 0, _scope_id(scope))
    with _Socket(family, _constants["SOCK_DGRAM"]) as probe:
        try:
            # To ask for the way to a broadcast address is allowed; nothing is sent.
            probe.setsockopt(_constants["SOL_SOCKET"], _constants["SO_BROADCAST"], 1)
            probe.connect(to)
        except OSError as error:
            raise _about(error, f"the way to {address}") from None
        return _host_of(probe.getsockname())


def _host_of(name: Any) -> str:
    """The host in what getsockname(2) has answered, without its scope."""
    if not (isinstance(name, tuple) and name and isinstance(name[0], str)):
        raise ValueError(f"expected a socket of IPv4 or IPv6, not one with the address {name!r}")
    return name[0].partition("%")[0]


def _scope_id(scope: str) -> int:
    if not scope:
        return 0
    return int(scope) if scope.isdecimal() else interface(scope).index


def default_source(family: int = _AF_INET) -> str:
    """The address from which this machine reaches what only the default route leads to.

    ``family`` is AF_INET or AF_INET6.  Sends nothing, and does not block.  Raises OSError
    (ENETUNREACH) if there is no default route, ValueError for another family.
    """
    if family not in _ELSEWHERE:
        raise ValueError(f"expected AF_INET or AF_INET6, not {family!r}")
    return source_for(_ELSEWHERE[family])


def gateways() -> list[Gateway]:
    """The default routes, the preferred first.

    By rtnetlink on Linux, by ``sysctl`` on macOS and the BSDs, on Windows by adapter.  Does not
    block.  Raises OSError; NotImplementedError where a system has none of these.
    """
    if hasattr(_lib, "GetAdaptersAddresses"):
        return _windows.gateways()
    if _sysctl.AVAILABLE:
        return _sysctl.gateways()
    if not _rtnetlink.AVAILABLE:
        raise NotImplementedError("this system tells no routes")
    return _rtnetlink.gateways()


def _split(address: Any) -> tuple[str, str]:
    """The address and its scope, which may be empty."""
    if not isinstance(address, str):
        raise TypeError(f"expected a numeric address as str, not {type(address).__name__}")
    host, _, scope = address.partition("%")
    return host, scope


def _packed(host: str) -> bytes:
    name = host.encode("utf-8", "replace")
    for family in (_AF_INET, _AF_INET6) if b"\0" not in name else ():
        packed = _pton(family, name)
        if packed is not None:
            return packed
    raise ValueError(f"expected a numeric IPv4 or IPv6 address, not {host!r}")
