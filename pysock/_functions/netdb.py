"""The names of services, protocols and network interfaces, and their numbers."""

from __future__ import annotations

import os
import sys
from errno import ENODEV, ENXIO
from itertools import starmap

from .._ffi import arguments, versions
from .._ffi.arguments import c_string, fs_bytes
from .._ffi.errors import ATTEMPTS, ErrnoKept, from_errno, raise_errno
from .._ffi.interpreter import chars, pointer_to, text_at
from .._ffi.signature import NOT_GIVEN
from .._host import constants, lib, structs
from .conversions import htons, ntohs
from .static_answers import StaticAnswers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_services = StaticAnswers()


def _nothing() -> None:
    """What a look-up answers that found nothing; there is no error to ask for."""


def getservbyname(servicename: str, protocolname: str = NOT_GIVEN, /) -> int:
    """``getservbyname(3)``: the port number of a service, such as ``'http'``.

    ``protocolname`` is ``'tcp'`` or ``'udp'``; without it, any protocol matches.

    Blocks to read ``services(5)``, or another source that the system is configured to use.  Raises
    OSError for an unknown service.

    >>> try:
    ...     port = getservbyname("http", "tcp")
    ... except OSError:
    ...     port = 80  # services(5) is missing, or does not list it
    """
    name = c_string(servicename, "getservbyname", 1)
    protocol = None if protocolname is NOT_GIVEN else c_string(protocolname, "getservbyname", 2)
    text = None if protocol is None else protocol.decode()
    sys.audit("socket.getservbyname", name.decode(), text)
    port: int | None = _services.look_up(
        "servent", _port_of, _nothing, lib.getservbyname, name, protocol
    )
    if port is None:
        raise OSError("service/proto not found")
    return port


def getservbyport(port: int, protocolname: str = NOT_GIVEN, /) -> str:
    """``getservbyport(3)``: the name of the service at a port number.

    ``protocolname`` is ``'tcp'`` or ``'udp'``; without it, any protocol matches.

    Blocks like ``getservbyname``.  Raises OSError for an unknown port, and OverflowError for a
    number below 0 or above 65535.

    >>> try:
    ...     name = getservbyport(80, "tcp")
    ... except OSError:
    ...     name = "http"  # services(5) is missing, or does not list it
    """
    port = arguments.c_int(port)
    protocol = None if protocolname is NOT_GIVEN else c_string(protocolname, "getservbyport", 2)
    if not 0 <= port <= 0xFFFF:
        raise OverflowError("getservbyport: port must be 0-65535.")
    sys.audit("socket.getservbyport", port, None if protocol is None else protocol.decode())
    name: bytes | None = _services.look_up(
        "servent", _name_of, _nothing, lib.getservbyport, htons(port), protocol
    )
    if name is None:
        raise OSError("port/proto not found")
    return name.decode()


def _port_of(servent: Any) -> int:
    return ntohs(servent.s_port & 0xFFFF)  # an int, in network byte order


def _name_of(servent: Any) -> bytes | None:
    return text_at(servent.s_name) if servent.s_name else None


def _number_of(protoent: Any) -> int:
    number: int = protoent.p_proto
    return number


def getprotobyname(protocolname: str, /) -> int:
    """``getprotobyname(3)``: the number of a protocol, for the argument ``proto`` of ``socket``.

    Blocks to read ``protocols(5)``, or another source that the system is configured to use.  Raises
    OSError for an unknown protocol.  Programs rarely need it: there are constants (IPPROTO_TCP).

    >>> try:
    ...     proto = getprotobyname("tcp")
    ... except OSError:
    ...     proto = IPPROTO_TCP  # protocols(5) is missing, or does not list it
    """
    name = c_string(protocolname, "getprotobyname", 1)
    number: int | None = _services.look_up(
        "protoent", _number_of, _nothing, lib.getprotobyname, name
    )
    if number is None:
        raise OSError("protocol not found")
    return number


def if_nameindex() -> list[tuple[int, str]]:
    """``if_nameindex(3)``: a list of ``(index, name)``, one pair for each network interface.

    Does not block.  Raises OSError.

    >>> for index, name in if_nameindex():
    ...     assert index > 0
    """
    entry = structs["if_nameindex"]
    found: list[tuple[int, str]] = []
    owned = _Listed()
    try:
        at = _claimed(owned)
        while True:
            interface = entry.from_address(at)
            if not interface.if_index:
                return found
            found.append((interface.if_index, os.fsdecode(text_at(interface.if_name))))
            at += _SIZE
    finally:
        owned.__del__()


class _Listed(list[object]):
    """The address of C's list, which has an owner from its first instant (_calls.descriptor)."""

    __slots__ = ()

    def __del__(self, _free: Any = lib.if_freenameindex) -> None:
        while self:
            any(map(_free, filter(None, map(self.pop, (0,)))))


def _claimed(owned: list[object]) -> Any:
    """``if_nameindex(3)``: the list's address, which is in ``owned``, too."""
    kept = None
    for _ in range(ATTEMPTS):
        owned.extend(starmap(lib.if_nameindex if kept is None else kept.if_nameindex, ((),)))
        at: Any = owned[-1]
        if at:
            return at
        raise_errno(kept)
        kept = kept or ErrnoKept(lib)
    raise from_errno(0)


_SIZE = len(bytes(structs["if_nameindex"]()))


def if_nametoindex(if_name: str, /) -> int:
    """``if_nametoindex(3)``: the index of a network interface, from its name (str or bytes).

    Does not block.  Raises OSError for an unknown name.

    >>> index, name = if_nameindex()[0]
    >>> if_nametoindex(name) == index
    True
    """
    index: int = lib.if_nametoindex(fs_bytes(if_name))
    if not index:
        if versions.INTERFACE_ERRNO:
            raise OSError(ENODEV, os.strerror(ENODEV))
        raise OSError("no interface with this name")
    return index


def if_indextoname(if_index: int, /) -> str:
    """``if_indextoname(3)``: the name of a network interface, from its index.

    Does not block.  Raises OSError (ENXIO) for an unknown index, and OverflowError for a number
    that is too large or negative (from Python 3.14 on: ValueError for a negative one).

    >>> index, name = if_nameindex()[0]
    >>> if_indextoname(index) == name
    True
    """
    index = _index(if_index)
    name = chars(constants["IF_NAMESIZE"] + 1)
    try:
        lib.if_indextoname(index, pointer_to(name))
    except OSError as error:
        if error.errno:
            raise
        raise OSError(ENXIO, os.strerror(ENXIO)) from None  # the C library has set none
    return os.fsdecode(name.value)


def _index(value: Any) -> int:
    if versions.UNSIGNED_BY_INDEX:
        return arguments.unsigned(value, 32, "unsigned int")
    if not isinstance(value, int):
        raise TypeError("an integer is required")
    number = int.__add__(value, 0)  # a subclass might compare in its own way
    if number < 0:
        raise OverflowError("can't convert negative value to unsigned int")
    if number > arguments.ULONG_MAX:
        raise OverflowError("Python int too large to convert to C unsigned long")
    if number > 0xFFFFFFFF:
        # Up to 3.12, CPython cuts the number to 32 bits, and returns another interface's name.
        raise OverflowError("index is too large")
    return number
