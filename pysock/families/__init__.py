"""The registry of address families, which finds the codec of a socket address.

Python writes an address as a tuple or a string, C as a struct; a codec converts between the
two.  Each family is one file of this folder, named after its constant (AF_INET6 is
``inet6.py``), with one class ``Family``, the codec.  An address of a family without a codec is
unpacked as ``(family, bytes)``, and cannot be packed.

The number of a family comes from the platform's table of constants, or, if the table lacks the
family, from the codec (``FamilyCodec.number``).

>>> raw = pack("AF_INET", ("127.0.0.1", 80), platform="linux-gnu-x86_64")
>>> raw.hex(" ")
'02 00 00 50 7f 00 00 01 00 00 00 00 00 00 00 00'
>>> unpack(raw, platform="linux-gnu-x86_64")
('127.0.0.1', 80)
>>> pack("AF_INET", ("127.0.0.1", 80), platform="darwin-arm64")[:4].hex(" ")
'10 02 00 50'

``_codec.py`` explains how to add a family: by a file of this folder, or by ``register``.
"""

from __future__ import annotations

import os
import sys

from .._constants import nearest
from .._ffi.arguments import plain_index, view_of
from .._ffi.forks import Cache, shares
from .._ffi.interpreter import FREE_THREADED
from .._host import abi as host
from .._libc import abi_of
from .._platform import target as host_target
from . import _hosts
from ._codec import FamilyCodec, unclaimed
from ._hosts import CACHED, keep, known_addresses, known_tuples, remember

Page = FamilyCodec  # the name of the class until 0.1

__all__ = ["FamilyCodec", "Page", "pack", "register", "unpack"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .._ffi.abi import ABI
    from .._types import ReadableBuffer

# The families that pysock has.  Those that the host's headers name are loaded now, the others when
# a codec of another platform is asked for.  Any other file of the folder is a family, too.
_NAMES = (
    *("alg", "bluetooth", "can", "divert", "hyperv", "inet", "inet6", "kcm", "link", "mctp"),
    *("netlink", "packet", "qipcrtr", "rds", "smc", "system", "tipc", "unix", "vsock", "xdp"),
)


def _constant(name: str) -> str:
    return f"AF_{name.upper()}"


def _here() -> Iterator[str]:
    yield from [name for name in _NAMES if _constant(name) in host.constants]
    for folder in filter(os.path.isdir, __path__):
        for file in sorted(os.listdir(folder)):
            name, dot, suffix = file.partition(".")
            if dot and suffix == "py" and name[0] != "_" and name not in _NAMES:
                yield name


def _family(name: str) -> type[FamilyCodec]:
    __import__(f"{__name__}.{name}")
    family: type[FamilyCodec] = sys.modules[f"{__name__}.{name}"].Family
    return family


# A family's name → the class of its codec.
_classes: dict[str, type[FamilyCodec]] = {_constant(name): _family(name) for name in _here()}


def every_class() -> dict[str, type[FamilyCodec]]:
    """The same of all platforms: a family's name → the class of its codec."""
    # By names, so that programs that freeze an application find these modules.
    from . import (  # noqa: F401
        alg,
        bluetooth,
        can,
        divert,
        hyperv,
        inet,
        inet6,
        kcm,
        link,
        mctp,
        netlink,
        packet,
        qipcrtr,
        rds,
        smc,
        system,
        tipc,
        unix,
        vsock,
        xdp,
    )

    for name in _NAMES:
        _classes.setdefault(_constant(name), _family(name))
    return _classes


_abis = {host_target: host}

# (platform, family's number) → the family's codec, or None if a search has found no codec.
_codecs: dict[tuple[str, int], FamilyCodec | None] = {}


# --- public functions ----------------------------------------------------------------


def pack(
    family: int | str, address: Any, *, proto: int = 0, platform: str = host_target
) -> bytes:
    """The bytes of the struct that ``address`` is in C, as ``bind(2)`` takes it.

    ``family`` is a number or the name of a constant.  ``proto`` is the protocol of the socket,
    on which the form of the address depends in some families (AF_BLUETOOTH, AF_CAN).
    ``platform`` is a name from the list of ``python -m pysock abi``, by default the host.

    Blocks only to look up the name of a host.  Raises what ``bind`` raises for a wrong address,
    ValueError for an unknown family or platform, TypeError for a family that is no number or name.
    """
    abi = _abi(platform)
    number = _number(family, abi)
    codec = codec_of(number, abi)
    return codec.pack(address, "pack", proto) if codec else _refuse(address, "pack", proto)


def unpack(raw: ReadableBuffer, *, proto: int = 0, platform: str = host_target) -> Any:
    """The address that the struct in ``raw`` stands for; None if ``raw`` is empty.

    The header of the struct says the family.  If ``raw`` is shorter than the struct, the missing
    bytes read as zero.  A family without a codec gives ``(family, bytes)``.  ``proto`` and
    ``platform`` are those of ``pack``.

    Does not block.  Raises ValueError for an unknown platform or protocol, and for bytes that
    cannot be an address of the family; TypeError for what is no bytes.
    """
    abi = _abi(platform)
    with view_of(raw) as view:
        sockaddr = view.tobytes()
    if not sockaddr:
        return None
    codec = codec_of(abi.family_of(sockaddr), abi)
    return codec.unpack(sockaddr, proto) if codec else unclaimed(abi, sockaddr)


def register(
    family: int | str, codec: type[FamilyCodec], *, platform: str = host_target
) -> None:
    """Let ``codec`` pack and unpack the addresses of a family on one platform.

    ``family`` is a number or the name of a constant, ``codec`` a subclass of ``FamilyCodec``.
    The codec replaces an earlier codec of the family.  Does not block.  Raises ValueError for
    an unknown family or platform, TypeError for another codec, and what its ``declare`` raises.
    """
    if not (isinstance(codec, type) and issubclass(codec, FamilyCodec)):
        raise TypeError(f"expected a subclass of FamilyCodec, not {codec!r}")
    abi = _abi(platform)
    number = _number(family, abi)
    _codecs[abi.name, number] = codec(abi, number)
    packers.clear()
    known_headers.clear()
    known_addresses.clear()
    known_tuples.clear()
    _hosts.last_sent = _hosts.NONE_SENT


def own_numbers() -> dict[str, int]:
    """Names and numbers of the families whose number only the codec knows (on the host)."""
    return {
        name: codec.number
        for name, codec in _classes.items()
        if codec.number is not None and name not in host.constants
    }


def number_of(name: str, abi: ABI = host) -> int | None:
    """The number of the family called ``name``, such as AF_INET; None if there is none."""
    if name in abi.constants:
        return abi.constants[name]
    codec = _classes.get(name)
    return None if codec is None else codec.number


def codec_of(family: int, abi: ABI = host) -> FamilyCodec | None:
    """The codec of a family, given by its number, or None."""
    try:
        return _codecs[abi.name, family]
    except KeyError:
        found = _codecs[abi.name, family] = _find(family, abi)
        return found


def _find(family: int, abi: ABI) -> FamilyCodec | None:
    for name, codec in (_classes if abi is host else every_class()).items():
        if number_of(name, abi) == family and (not codec.needs or codec.needs in abi.constants):
            return codec(abi, family)
    return None


def _number(family: int | str, abi: ABI) -> int:
    if not isinstance(family, str):
        return plain_index(family)
    number = number_of(family, abi)
    if number is None:
        near = nearest(family, [name for name in abi.constants if name.startswith("AF_")])
        hint = f"; the nearest are {', '.join(near)}" if near else ""
        raise ValueError(f"{abi.name} has no family called {family!r}{hint}")
    return number


def _abi(platform: str) -> ABI:
    abi = _abis.get(platform)
    if abi is None:
        abi = _abis[platform] = abi_of(platform)
    return abi


# --- what sockets call ---------------------------------------------------------------


class _Packers(dict[int, "Callable[[Any, str, int], bytes]"]):
    def __missing__(self, family: int) -> Callable[[Any, str, int], bytes]:
        codec = codec_of(family)
        if codec is None:
            return _refuse
        self[family] = codec.pack
        return codec.pack


def _refuse(address: Any, caller: str, proto: int) -> bytes:
    raise OSError(f"{caller}(): bad family")


# A family's number on the host → ``pack`` of its codec.
packers = _Packers()

# The first two bytes of a sockaddr on the host, which contain the family → the codec, or False.
known_headers: Cache = Cache()
shares(globals(), "known_addresses", "known_tuples", "known_headers")


def unpack_for(proto: int, raw: bytes) -> Any:
    """The address in ``raw``, which C wrote for a socket of this protocol; None if it is empty."""
    address = known_addresses[raw]
    if address is not None or not raw:
        return address
    codec = known_headers[raw[:2]]
    if codec is None:
        codec = _learn(raw)
    if codec is False:
        return unclaimed(host, raw)
    address = codec.unpack(raw, proto)
    if codec.fixed:
        if not FREE_THREADED and len(known_addresses) < CACHED:  # as ``remember``, in fewer steps
            known_addresses[raw] = address
        else:
            remember(raw, address)
    return address


def unpack_new(proto: int, raw: bytes) -> Any:
    """The same of a client's address, which has a port of its own and will hardly come again.

    So the cache is neither asked nor filled: 2,000 instructions less (3.11), and what is in it,
    stays.
    """
    if not raw:
        return None
    codec = known_headers[raw[:2]]
    if codec is None:
        codec = _learn(raw)
    return unclaimed(host, raw) if codec is False else codec.unpack(raw, proto)


def _learn(raw: bytes) -> Any:
    """The codec of a sockaddr, for all with the same header."""
    codec = codec_of(host.family_of(raw)) or False
    keep(known_headers, raw[:2], codec)
    return codec


if FREE_THREADED:
    # A struct is a type, and to make one takes a lock of Python's, which a forked child may find
    # locked for ever: as in ``memory.Pool``, no first call in a child shall need it.
    for _name in ("AF_INET", "AF_INET6", "AF_UNIX"):
        codec_of(host.constants[_name])
