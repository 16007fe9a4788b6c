"""AF_INET6: IPv6.

In Python, an address is ``(host, port[, flowinfo[, scope_id]])``.  The host is a name, a numeric
address, or ``''`` for all addresses of this machine.  A link-local address (fe80::/10) needs its
interface's index as ``scope_id``.  As in CPython, a host may end with ``%interface``, but
``scope_id`` overrides it, even by the default 0: let ``getaddrinfo`` convert such a host.

In C, an address is a ``struct sockaddr_in6`` (``<netinet/in.h>``, RFC 3493).  The manual page is
ipv6(7).

>>> from pysock.families import pack, unpack
>>> raw = pack("AF_INET6", ("2001:db8::1", 80), platform="linux-gnu-x86_64")
>>> raw.hex(" ")  # family, port and flowinfo in network order, 16 bytes of address, scope
'0a 00 00 50 00 00 00 00 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00 00'
>>> unpack(raw, platform="linux-gnu-x86_64")
('2001:db8::1', 80, 0, 0)
"""

from __future__ import annotations

import os
from ctypes import c_ubyte

from .._ffi import versions
from .._ffi.abi import be16, be32
from .._ffi.arguments import c_uint
from .._ffi.forks import shares
from .._host import abi as host_abi
from . import _hosts, _interfaces
from ._codec import FamilyCodec, must_be_tuple
from ._hosts import known_addresses, known_packed, remember, remember_object
from .inet import in_range, port

shares(globals(), "known_addresses", "known_packed")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# The types of addresses that are looked up in the cache: 80.0 == 80, but is no port.
_PLAIN = ([str, int], [str, int, int], [str, int, int, int])
FLOWINFO_MAX = 0xFFFFF  # 20 bits, RFC 8200
_UINT_MAX = 0xFFFFFFFF


class Family(FamilyCodec):
    fixed = True

    def declare(self) -> None:
        self.sockaddr_in6 = self.abi.sockaddr(
            "sockaddr_in6",
            "sin6",
            ("sin6_port", be16),
            ("sin6_flowinfo", be32),
            ("sin6_addr", c_ubyte * 16),
            ("sin6_scope_id", "uint32_t"),
        )
        self.fill = self.sockaddr_in6.packer(self.family)

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        plain = type(address) is tuple and [*map(type, address)] in _PLAIN
        if plain and self.abi is host_abi:
            known: bytes | None = known_addresses[(self.family, address)]
            if known is not None:
                if caller == "sendto" and type(self) is Family:
                    remember_object(address, self.family, known)
                return known
        packed = self._pack(address, caller)
        # A name may mean another address the next time, and Python 3.15 warns of a number that does
        # not fit 32 bits each time.
        if plain and self.abi is host_abi and _hosts.host(address[0]) in known_packed:
            if 0 <= min(address[1:]) and max(address[1:]) <= _UINT_MAX:
                remember((self.family, address), packed)
        return packed

    def _pack(self, address: Any, caller: str) -> bytes:
        address = must_be_tuple(address, caller, "AF_INET6")
        if not 2 <= len(address) <= 4:
            raise TypeError(
                "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])"
            )
        name = _hosts.host(address[0])
        number = port(address[1], caller)
        flowinfo, scope_id = (*map(c_uint, address[2:]), 0, 0)[:2]
        sin6_addr = _hosts.ipv6(name)
        number = in_range(number, caller)
        if flowinfo > FLOWINFO_MAX:
            raise OverflowError(f"{caller}(): flowinfo must be 0-{FLOWINFO_MAX}.")
        return self.fill(number, flowinfo, sin6_addr, scope_id)

    def unpack(self, raw: bytes, proto: int) -> tuple[str, int, int, int]:
        _, port, flowinfo, sin6_addr, scope_id = self.sockaddr_in6.unpack(raw)
        host = _hosts.ipv6_text(sin6_addr)
        if scope_id and versions.SCOPE_IN_HOST:
            host += f"%{_scope(sin6_addr, scope_id)}"
        return host, port, flowinfo, scope_id

    def text(self, member: str, octets: bytes) -> str | None:
        return _hosts.ipv6_text(octets) if member == "sin6_addr" else None


def _scope(sin6_addr: bytes, scope_id: int) -> str:
    """The text after ``%`` in PyPy 7's hosts, as ``getnameinfo(3)`` writes it.

    It is the interface's name if the scope is a link (fe80::/10, ff02::/16), else the number.
    """
    prefix = int.from_bytes(sin6_addr[:2], "big")
    is_link = prefix & 0xFFC0 == 0xFE80 or prefix & 0xFF0F == 0xFF02
    name = _interfaces.name_of(scope_id) if is_link else b""
    return os.fsdecode(name) or str(scope_id)
