"""``netifaces``, for programs that move from that package: ``import pysock.interfaces.netifaces``.

>>> from pysock.interfaces import netifaces
>>> isinstance(netifaces.interfaces(), list)
True

Entries are dicts of strings with the keys ``addr``, ``netmask``, ``broadcast`` and ``peer``.  On
Windows, interfaces have the names of ``if_nameindex``, where netifaces has GUIDs.
"""

from __future__ import annotations

from .._enums import AddressFamily
from .._host import constants, lib
from . import Address, Interface
from . import gateways as _gateways
from . import interfaces as _interfaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The family under which hardware addresses are listed.
_HARDWARE = constants.get("AF_PACKET", constants.get("AF_LINK", -1000))
AF_LINK = _HARDWARE
AF_INET, AF_INET6 = constants["AF_INET"], constants["AF_INET6"]
if "AF_PACKET" in constants:
    AF_PACKET = constants["AF_PACKET"]
address_families = {each.value: each.name for each in AddressFamily}
version = "0.11.0"  # of the functions that are here


def interfaces() -> list[str]:
    """The names of all interfaces, and behind them those of aliases (``eth0:1``).

    Does not block.  Raises OSError.
    """
    found = _interfaces()
    labels = [address.label for each in found for address in each.addresses if address.label]
    return [*dict.fromkeys([*[each.name for each in found], *labels])]


def ifaddresses(name: str) -> dict[int, list[dict[str, str]]]:
    """The addresses of an interface, or of an alias, by family.  Does not block.

    Raises ValueError for an unknown interface, as netifaces does.
    """
    found = next(iter([each for each in _interfaces() if name in _names(each)]), None)
    if found is None:
        raise ValueError("You must specify a valid interface name.")
    entries: dict[int, list[dict[str, str]]] = {}
    if found.hardware and name == found.name:
        entry = {"addr": found.hardware}
        if found.hardware_broadcast:
            entry[_other(found)] = found.hardware_broadcast
        entries[AF_LINK] = [entry]
    for each in found.addresses:
        if (each.label or found.name) != name:
            continue
        entries.setdefault(int(each.family), []).append(_entry(each, found))
    return entries


def _names(each: Interface) -> list[str]:
    return [each.name, *[address.label for address in each.addresses]]


def _entry(each: Address, found: Interface) -> dict[str, str]:
    scope = f"%{found.name}" if each.scope_id else ""
    entry = {"addr": each.address + scope}
    if each.netmask is not None:
        bits = f"/{each.prefix_length}" if each.family == AF_INET6 else ""
        entry["netmask"] = each.netmask + bits
    # getifaddrs(3), which netifaces reads, has one place for both, and of an IPv4 address without
    # either, the address itself is there.
    other = each.broadcast or each.peer
    if other is None and each.family == AF_INET and _HAS_GETIFADDRS:
        other = each.address
    if other is not None:
        entry[_other(found)] = other
    return entry


def _other(found: Interface) -> str:
    """What netifaces calls the second address of those that an interface has."""
    return "broadcast" if "BROADCAST" in found.flags else "peer"


_HAS_GETIFADDRS = hasattr(lib, "getifaddrs")


def gateways() -> dict[Any, Any]:
    """The routers by family, as ``(address, interface, is_default)``, and under ``"default"``.

    Does not block.  Raises OSError, and NotImplementedError as ``interfaces.gateways``.
    """
    found: dict[Any, Any] = {"default": {}}
    for each in _gateways():
        family = int(each.family)
        first = family not in found["default"]
        if first:
            found["default"][family] = (each.address, each.interface)
        found.setdefault(family, []).append((each.address, each.interface, first))
    return found
