"""What is known of an interface, as values."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from operator import attrgetter

from .._enums import AddressFamily, member
from .._host import constants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_FLAGS: dict[int, str] = {}
for _name in sorted((n for n in constants if n[:4] == "IFF_"), key=lambda n: n[:7] == "IFF_DRV"):
    _FLAGS.setdefault(constants[_name], _name[4:])


@dataclass(frozen=True)
class Address:
    """An IP address of an interface.

    ``family``         AF_INET or AF_INET6
    ``address``        numeric, without a scope
    ``prefix_length``  bits of the network's part; None if the system tells no netmask
    ``broadcast``      the address for all of the network (IPv4), or None
    ``peer``           the other end of a point-to-point link, or None
    ``scope_id``       the interface's index, for a link-local IPv6 address; else 0
    ``label``          the name of the alias (``eth0:1``), else the interface's
    ``scope``          how far it is good: ``host``, ``link``, ``site``, ``global``, or a number of
                       one's own; where the system tells none, as its number is good
    """

    family: AddressFamily
    address: str
    prefix_length: int | None
    broadcast: str | None = None
    peer: str | None = None
    scope_id: int = 0
    label: str = ""
    scope: str = ""

    def __post_init__(self) -> None:
        if not self.scope:
            object.__setattr__(self, "scope", _scope_of(self.address))

    @property
    def packed(self) -> bytes:
        """The address as it is sent: 4 or 16 bytes."""
        return ip_address(self.address).packed

    @property
    def netmask(self) -> str | None:
        """The network's part as an address: ``255.255.255.0``, ``ffff:ffff::``."""
        if self.prefix_length is None:
            return None
        size = len(self.packed) * 8
        bits = (1 << size) - (1 << (size - self.prefix_length))
        return str(ip_address(bits.to_bytes(size // 8, "big")))


def _scope_of(address: str) -> str:
    known = ip_address(address)
    if known.is_loopback:
        return "host"
    if known.is_link_local:
        return "link"
    return "site" if getattr(known, "is_site_local", False) else "global"


@dataclass(frozen=True)
class Interface:
    """A network interface.

    ``index``      its number, above 0
    ``name``       its name; what is not text in it is escaped, as by ``os.fsdecode``
    ``flags``      ``UP``, ``LOOPBACK``, …: the system's names without IFF_
    ``mtu``        bytes of the largest packet, or None if it is not known
    ``hardware``   the hardware address, ``00:1b:44:11:3a:b7``, of a tunnel its own end
                   (``192.0.2.1``); or None
    ``hardware_broadcast``  the hardware address for all, of a tunnel its other end; or None
    ``addresses``  its IP addresses
    ``alias``      another name of it, which Windows shows its users; else empty
    """

    index: int
    name: str
    flags: frozenset[str]
    mtu: int | None = None
    hardware: str | None = None
    hardware_broadcast: str | None = None
    addresses: tuple[Address, ...] = ()
    alias: str = ""


@dataclass(frozen=True)
class Gateway:
    """A default route: the next router's address, by which interface, at which cost."""

    family: AddressFamily
    address: str
    interface: str
    index: int
    metric: int = 0


def family_of(number: int) -> AddressFamily:
    """The member for a family."""
    return member(AddressFamily, number)


def flag_names(flags: int) -> frozenset[str]:
    """The names of an interface's flags; one without a name is its number in hexadecimal."""
    bits = [1 << n for n in range(flags.bit_length()) if flags >> n & 1]
    return frozenset([_FLAGS.get(bit, hex(bit)) for bit in bits])


def hardware_text(octets: bytes) -> str | None:
    """A hardware address as text; None if there is none.

    That of a tunnel is its end, an address of IP: no others have 4 or 16 bytes.
    """
    if len(octets) in (4, 16):
        return str(ip_address(octets))
    return octets.hex(":") if octets else None


def prefix_of(mask: bytes) -> int | None:
    """How many bits a netmask has, or None if they are not its first ones."""
    bits = int.from_bytes(mask, "big")
    text = f"{bits:0{len(mask) * 8}b}" if mask else ""
    return text.count("1") if "01" not in text else None


BY_METRIC: Any = attrgetter("family", "metric")  # the preferred gateway first
_BY_INDEX: Any = attrgetter("index", "name")


def by_index(found: Iterable[Interface]) -> list[Interface]:
    """Interfaces in the order of their indexes."""
    return sorted(found, key=_BY_INDEX)
