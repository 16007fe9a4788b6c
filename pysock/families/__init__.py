"""The registry of address families: what Python writes as a tuple, C as a struct.

Each family is one page of this folder, named after its constant: AF_INET6 is ``inet6.py``.
A page is imported when its family is first met.  What no page claims comes back as
``(family, bytes)``, and cannot be packed.

A family of your own needs no page here: ``register`` one.
"""

from __future__ import annotations

from importlib import import_module

from .._platform import abi as host
from .._platform import constants
from ._page import Page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._abi import ABI
    from .._socket import Socket

# (platform, family's number) → its page; None once it is known that there is none.
_pages: dict[tuple[str, int], Page | None] = {}

# The first two bytes of an address → the page's unpack: what most calls need (30 ns).
_unpackers: dict[bytes, Callable[[bytes, Socket | None], Any]] = {}


def register(name: str, page: type[Page], abi: ABI = host) -> None:
    """Let ``page`` speak for the family called ``name`` (``"AF_VSOCK"``)."""
    _pages[abi.name, constants[name]] = page(abi, constants[name])
    _unpackers.clear()


def page_of(family: int, abi: ABI = host) -> Page | None:
    """The page that speaks for a family, or None."""
    try:
        return _pages[abi.name, family]
    except KeyError:
        _pages[abi.name, family] = found = _find(family, abi)
        return found


def _find(family: int, abi: ABI) -> Page | None:
    for name, number in constants.items():
        if number == family and name.startswith("AF_"):
            try:
                module = import_module(f".{name[3:].lower()}", __name__)
            except ModuleNotFoundError:
                continue
            page: Page = module.Family(abi, family)
            return page
    return None


def pack(sock: Socket, address: Any, caller: str) -> bytes:
    """``address`` as the bytes of the struct that the family of ``sock`` has in C.

    ``caller`` is the name of the method that was called, for its error message.
    """
    page = page_of(sock._family)
    if page is None:
        raise OSError(f"{caller}(): bad family")
    return page.pack(address, caller, sock)


def unpack(raw: bytes, sock: Socket | None = None) -> Any:
    """The address in ``raw``, as C wrote it; None where C wrote none."""
    page_unpack = _unpackers.get(raw[:2])
    if page_unpack is not None:
        return page_unpack(raw, sock)
    if not raw:
        return None
    page = page_of(host.family_of(raw))
    if page is None:
        # struct sockaddr has 14 bytes of data; what was not written reads as zero.
        return host.family_of(raw), raw[2:16].ljust(14, b"\0")
    _unpackers[raw[:2]] = page.unpack
    return page.unpack(raw, sock)
