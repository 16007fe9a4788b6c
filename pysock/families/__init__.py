"""The registry of address families: what Python writes as a tuple, C as a struct.

Each family is one page of this folder, named after its constant: AF_INET6 is ``inet6.py``.
A page is imported when its family is first met.  What no page claims comes back as
``(family, bytes)``, and cannot be packed.  The number of a family stands in the platform's
table; where it does not, in the page itself (``Page.number``).

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

from .._host import abi as host
from .._libc import abi_of
from .._platform import target as host_target
from ._page import Page, unclaimed

__all__ = ["Page", "pack", "register", "unpack"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
    number = _number(family, abi)
    page = page_of(number, abi)
    return page.pack(address, "pack", proto) if page else _refuse(address, "pack", proto)


def unpack(raw: bytes, *, proto: int = 0, platform: str = host_target) -> Any:
    """The address that the struct in ``raw`` stands for; None if it is empty."""
    return _unpack(bytes(raw), proto, _row(platform))


def register(family: int | str, page: type[Page], *, platform: str = host_target) -> None:
    """Let ``page`` speak for a family: a number, or the name of a constant."""
    abi = _row(platform)
    number = _number(family, abi)
    _pages[abi.name, number] = page(abi, number)
    packers.clear()
    _by_header.clear()
    _forget()


def _number(family: int | str, abi: ABI) -> int:
    if not isinstance(family, str):
        return int(family)
    number = number_of(family, abi)
    if number is None:
        import difflib  # needed for this message alone

        known = [name for name in abi.constants if name.startswith("AF_")]
        near = difflib.get_close_matches(family, known)
        hint = f"; the nearest are {', '.join(near)}" if near else ""
        raise ValueError(f"{abi.name} has no family called {family!r}{hint}")
    return number


def number_of(name: str, abi: ABI = host) -> int | None:
    """The number of a family, like that of AF_INET; None if there is no such family."""
    if name in abi.constants:
        return abi.constants[name]
    page = _load(name)
    return None if page is None else page.number


def attribute(name: str) -> Any:
    """AF_… of the public module, where no table has it."""
    asked = name.startswith("AF_") and name not in host.constants
    number = number_of(name) if asked else None
    if number is None:
        raise AttributeError(f"module {__package__.rpartition('.')[0]!r} has no attribute {name!r}")
    return number


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
    try:
        page = _by_header[raw[:2]]
    except KeyError:
        page = _by_header[raw[:2]] = page_of(host.family_of(raw))
    if page is None:
        return unclaimed(host, raw)
    address = page.unpack(raw, proto)
    if page.fixed:
        if len(remembered) >= _REMEMBERED:
            _forget()
        remembered[raw] = address
    return address


# The first bytes of an address of the host's, which say its family → its page.
_by_header: dict[bytes, Page | None] = {}


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
            kind = _load(name)
            if kind is not None and (not kind.needs or kind.needs in abi.constants):
                return kind(abi, family)
    for name in _names():
        if name not in abi.constants:
            kind = _load(name)
            if kind is not None and kind.number == family:
                return kind(abi, family)
    return None


def _names() -> Iterator[str]:
    """The families that have a page in this folder: AF_ALG, AF_BLUETOOTH, …"""
    from pkgutil import iter_modules

    return (f"AF_{m.name.upper()}" for m in iter_modules(__path__) if not m.name.startswith("_"))


def _load(name: str) -> type[Page] | None:
    """The page of the family that is called ``name``, or None if nobody wrote it."""
    from importlib import import_module  # 0.3 ms, which a program without addresses saves

    module = f"{__name__}.{name[3:].lower()}"
    try:
        kind: type[Page] = import_module(module).Family
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):
            raise  # the page is there, and lacks something
        return None
    return kind
