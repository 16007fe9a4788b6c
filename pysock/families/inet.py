"""AF_INET: IPv4.

In Python, an address is ``(host, port)``.  The host is a name, a numeric address such as
``'127.0.0.1'``, ``''`` for all addresses of this machine (INADDR_ANY), or ``'<broadcast>'``.  The
port is a number from 0 to 65535.

In C, an address is a ``struct sockaddr_in`` (``<netinet/in.h>``).  The manual page is ip(7).

>>> from pysock.families import pack, unpack
>>> raw = pack("AF_INET", ("192.0.2.1", 8080), platform="linux-gnu-x86_64")
>>> raw.hex(" ")  # family, port in network order, address, eight bytes of padding
'02 00 1f 90 c0 00 02 01 00 00 00 00 00 00 00 00'
>>> unpack(raw, platform="linux-gnu-x86_64")
('192.0.2.1', 8080)
"""

from __future__ import annotations

from ctypes import c_ubyte

from .._ffi.abi import be16
from .._ffi.arguments import c_int
from .._ffi.forks import shares
from .._host import abi as host_abi
from . import _hosts
from ._codec import FamilyCodec, must_be_tuple
from ._hosts import known_addresses, remember, remember_object

shares(globals(), "known_addresses")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Family(FamilyCodec):
    fixed = True

    def declare(self) -> None:
        self.sockaddr_in = self.abi.sockaddr(
            "sockaddr_in",
            "sin",
            ("sin_port", be16),
            ("sin_addr", c_ubyte * 4),
            ("sin_zero", c_ubyte * 8),
        )
        self.fill = self.sockaddr_in.packer(self.family)
        self.size, self.unpack_whole = self.sockaddr_in.size, self.sockaddr_in.unpacker()

    def _pack(self, address: Any, caller: str) -> bytes:
        """The sockaddr of ``(host, port)``: its host is looked up, and its port checked."""
        address = must_be_tuple(address, caller, "AF_INET")
        if len(address) != 2:
            raise TypeError("AF_INET address must be a pair (host, port)")
        name = _hosts.host(address[0])
        number = port(address[1], caller)
        sin_addr = _hosts.ipv4(name)
        return self.fill(in_range(number, caller), sin_addr, b"")

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        """The same; from the cache if this address, or another one of this host, was packed before.

        The cache saves ``_pack``'s checks and ``inet_pton(3)`` at each ``sendto`` and ``connect``.
        """
        if type(address) is tuple and len(address) == 2:
            host, number = address
            if type(host) is str and type(number) is int and 0 <= number <= 0xFFFF:
                known: bytes | None = known_addresses[address]
                if known is not None and self.abi is host_abi:
                    # Only sendto has the same object again and again.  A subclass wants its
                    # ``pack`` to be called.
                    if caller == "sendto" and type(self) is Family:
                        remember_object(address, self.family, known)
                    return known
                sin_addr = known_addresses[host]
                if sin_addr is not None:
                    known = self.fill(number, sin_addr, b"")
                    if self.abi is host_abi:
                        remember(address, known)
                    return known
        return self._pack(address, caller)

    def unpack(self, raw: bytes, proto: int) -> tuple[str, int]:
        whole = len(raw) >= self.size
        unpack = self.unpack_whole if whole else self.sockaddr_in.unpack
        _, sin_port, sin_addr, _ = unpack(raw)
        return _hosts.ipv4_text(sin_addr), sin_port

    def text(self, member: str, octets: bytes) -> str | None:
        if member == "sin_addr":
            return _hosts.ipv4_text(octets)
        return "" if member == "sin_zero" else None


def port(value: Any, caller: str) -> int:
    """A port as a C int.  The caller looks up the host, and then calls ``in_range``.

    CPython has the same order: of an unknown host and a port out of range, it reports the host; but
    of a port that is no C int, the port.
    """
    try:
        return c_int(value)
    except OverflowError:
        raise _out_of_range(caller) from None


def in_range(number: int, caller: str) -> int:
    """The number of a port, or OverflowError."""
    if not 0 <= number <= 0xFFFF:
        raise _out_of_range(caller)
    return number


def _out_of_range(caller: str) -> OverflowError:
    return OverflowError(f"{caller}(): port must be 0-65535.")
