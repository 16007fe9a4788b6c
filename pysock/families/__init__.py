"""The registry of address families: what Python writes as a tuple, C as a struct.

Each family is one page of this folder, named after its constant: AF_INET6 is ``inet6.py``.
A page is imported when its family is first met.  What no page claims comes back as
``(family, bytes)``, and cannot be packed.

>>> raw = pack("AF_INET", ("127.0.0.1", 80), platform="linux-gnu-x86_64")
>>> raw.hex(" ")
'02 00 00 50 7f 00 00 01 00 00 00 00 00 00 00 00'
>>> unpack(raw, platform="linux-gnu-x86_64")
('127.0.0.1', 80)
>>> pack("AF_INET", ("127.0.0.1", 80), platform="darwin-arm64")[:4].hex(" ")
'10 02 00 50'

A family of your own needs no page here: ``register`` one.
"""

from __future__ import annotations

from importlib import import_module

from .._libc import abi_of
from .._platform import abi as host
from .._platform import target as host_target
from ._page import Page, unclaimed

__all__ = ["Page", "pack", "register", "unpack"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._abi import ABI

_rows = {host_target: host}

# (platform, family's number) → its page; None once it is known that there is none.
_pages: dict[tuple[str, int], Page | None] = {}

# The first two bytes of an address of the host's → its page's unpack (30 ns).
_unpackers: dict[bytes, Callable[[bytes, int], Any]] = {}


# --- for everybody -------------------------------------------------------------------


def pack(
    family: int | str, address: Any, *, proto: int = 0, platform: str = host_target
) -> bytes:
    """The bytes of the struct that ``address`` is in C: what ``bind(2)`` would be given.

    ``family`` is a number or the name of a constant.  ``platform`` is one of
    ``pysock._constants.targets()``, by default the host.
    """
    abi = _row(platform)
    number = abi.constants[family] if isinstance(family, str) else int(family)
    return pack_for(number, proto, address, "pack", abi)


def unpack(raw: bytes, *, proto: int = 0, platform: str = host_target) -> Any:
    """The address that the struct in ``raw`` stands for; None if it is empty."""
    return _unpack(bytes(raw), proto, _row(platform))


def register(family: int | str, page: type[Page], *, platform: str = host_target) -> None:
    """Let ``page`` speak for a family: a number, or the name of a constant."""
    abi = _row(platform)
    number = abi.constants[family] if isinstance(family, str) else family
    _pages[abi.name, number] = page(abi, number)
    _unpackers.clear()


def _row(platform: str) -> ABI:
    row = _rows.get(platform)
    if row is None:
        row = _rows[platform] = abi_of(platform)
    return row


# --- for sockets ---------------------------------------------------------------------


def pack_for(family: int, proto: int, address: Any, caller: str, abi: ABI = host) -> bytes:
    """``address`` for a socket of this family and protocol; ``caller`` is the method's name."""
    page = page_of(family, abi)
    if page is None:
        raise OSError(f"{caller}(): bad family")
    return page.pack(address, caller, proto)


def unpack_for(proto: int, raw: bytes) -> Any:
    """The address that C wrote, for a socket of this protocol; None where it wrote none."""
    page_unpack = _unpackers.get(raw[:2])
    if page_unpack is not None:
        return page_unpack(raw, proto)
    page = page_of(host.family_of(raw))
    if page is not None:
        _unpackers[raw[:2]] = page.unpack
    return _unpack(raw, proto, host)


def _unpack(raw: bytes, proto: int, abi: ABI) -> Any:
    if not raw:
        return None
    page = page_of(abi.family_of(raw), abi)
    if page is None:
        return unclaimed(abi, raw)
    return page.unpack(raw, proto)


def page_of(family: int, abi: ABI = host) -> Page | None:
    """The page that speaks for a family, or None."""
    try:
        return _pages[abi.name, family]
    except KeyError:
        _pages[abi.name, family] = found = _find(family, abi)
        return found


def _find(family: int, abi: ABI) -> Page | None:
    for name, number in abi.constants.items():
        if number == family and name.startswith("AF_"):
            try:
                module = import_module(f".{name[3:].lower()}", __name__)
            except ModuleNotFoundError:
                continue
            kind: type[Page] = module.Family
            if kind.needs and kind.needs not in abi.constants:
                return None
            return kind(abi, family)
    return None
