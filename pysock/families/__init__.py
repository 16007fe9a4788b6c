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

# The bytes of an address of the host's → what they mean, where nothing else decides that
# (``Page.fixed``): 50 ns, where a page's unpack takes 400.  Emptied when full.
_REMEMBERED = 1024
remembered: dict[bytes, Any] = {b"": None}


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
    page = page_of(number, abi)
    return page.pack(address, "pack", proto) if page else _refuse(address, "pack", proto)


def unpack(raw: bytes, *, proto: int = 0, platform: str = host_target) -> Any:
    """The address that the struct in ``raw`` stands for; None if it is empty."""
    return _unpack(bytes(raw), proto, _row(platform))


def register(family: int | str, page: type[Page], *, platform: str = host_target) -> None:
    """Let ``page`` speak for a family: a number, or the name of a constant."""
    abi = _row(platform)
    number = abi.constants[family] if isinstance(family, str) else family
    _pages[abi.name, number] = page(abi, number)
    packers.clear()
    _forget()


def _row(platform: str) -> ABI:
    row = _rows.get(platform)
    if row is None:
        row = _rows[platform] = abi_of(platform)
    return row


# --- for sockets ---------------------------------------------------------------------


class _Packers(dict[int, "Callable[[Any, str, int], bytes]"]):
    def __missing__(self, family: int) -> Callable[[Any, str, int], bytes]:
        page = page_of(family)
        if page is None:
            return _refuse
        self[family] = page.pack
        return page.pack


def _refuse(address: Any, caller: str, proto: int) -> bytes:
    raise OSError(f"{caller}(): bad family")


# A family's number on the host → its page's ``pack``.
packers = _Packers()


def unpack_for(proto: int, raw: bytes) -> Any:
    """The address that C wrote, for a socket of this protocol; None where it wrote none."""
    address = remembered.get(raw)
    if address is not None or not raw:
        return address
    address = _unpack(raw, proto, host)
    page = page_of(host.family_of(raw))
    if page is not None and page.fixed:
        if len(remembered) >= _REMEMBERED:
            _forget()
        remembered[raw] = address
    return address


def _forget() -> None:
    remembered.clear()
    remembered[b""] = None


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
