"""AF_INET6, ipv6(7): IPv6.

An address is ``(host, port, flowinfo, scope_id)``, the last two optional.  A link-local
address needs its scope: the interface's index as ``scope_id``.  As in CPython, a
``%interface`` behind the host is understood and then overridden by ``scope_id``, 0 by
default; ``getaddrinfo`` is the way to turn it into an index.
"""

from __future__ import annotations

import os
import sys
from ctypes import c_ubyte

from .._ffi.abi import be16, be32
from .._ffi.arguments import c_uint
from . import _hosts, _interfaces
from ._codec import FamilyCodec, must_be_tuple
from .inet import in_range, port

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


FLOWINFO_MAX = 0xFFFFF  # 20 bits, RFC 8200


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
        if scope_id and sys.implementation.name == "pypy":
            host += f"%{_scope(sin6_addr, scope_id)}"
        return host, port, flowinfo, scope_id

    def text(self, member: str, octets: bytes) -> str | None:
        return _hosts.ipv6_text(octets) if member == "sin6_addr" else None


def _scope(sin6_addr: bytes, scope_id: int) -> str:
    """What PyPy shows behind the host, as ``getnameinfo(3)`` does; CPython left it out in 3.7.

    The interface's name where the scope is a link (fe80::/10, ff02::/16), else the number.
    """
    prefix = int.from_bytes(sin6_addr[:2], "big")
    is_link = prefix & 0xFFC0 == 0xFE80 or prefix & 0xFF0F == 0xFF02
    name = _interfaces.name_of(scope_id) if is_link else b""
    return os.fsdecode(name) or str(scope_id)
