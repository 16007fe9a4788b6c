"""Services, protocols and interfaces: names for small numbers."""

from __future__ import annotations

import os
import sys
from _thread import RLock  # threading would cost a millisecond at import
from ctypes import string_at
from errno import ENODEV
from itertools import count

from .._ffi import arguments
from .._ffi.arguments import c_string, fs_bytes
from .._ffi.interpreter import chars, pointer_to
from .._ffi.signature import NOT_GIVEN
from .._host import constants, lib, structs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Found = TypeVar("Found")

# These functions of netdb.h answer in memory of their own, the same for every thread.
_one_at_a_time = RLock()

# A child that was forked while another thread had the lock would wait for it for ever.  So a
# fork waits until nobody is in there (and so nobody has the C library's own lock), but for no
# longer than a second, since a look-up may take as long as it takes; and the child has a lock
# of its own.
_FORK_WAITS = 1.0  # seconds


def _before_fork() -> None:
    global _held_by_fork
    _held_by_fork = _one_at_a_time.acquire(timeout=_FORK_WAITS)


def _after_fork_in_parent() -> None:
    global _held_by_fork
    if _held_by_fork:
        _held_by_fork = False
        _one_at_a_time.release()


def _after_fork_in_child() -> None:
    global _one_at_a_time, _held_by_fork
    _one_at_a_time, _held_by_fork = RLock(), False


_held_by_fork = False
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )

_turns = count()


def _look_up(
    struct: str, read: Callable[[Any], Found], call: Callable[..., int | None], *args: Any
) -> Found | None:
    """What ``read`` finds in the struct that ``call`` answers with; None if there is none.

    The lock keeps out other threads, but no signal handler of this one: if any has had a
    turn in between, the answer may be its own, so ours is asked for again.
    """
    with _one_at_a_time:
        while True:
            turn = next(_turns)
            at = call(*args)
            found = read(structs[struct].from_address(at)) if at else None
            if next(_turns) == turn + 1:
                return found


def getservbyname(servicename: str, protocolname: str = NOT_GIVEN, /) -> int:
    """``getservbyname(3)``: the port of a service, for any protocol or for ``'tcp'``, ``'udp'``."""
    name = c_string(servicename, "getservbyname", 1)
    protocol = None if protocolname is NOT_GIVEN else c_string(protocolname, "getservbyname", 2)
    text = None if protocol is None else protocol.decode()
    sys.audit("socket.getservbyname", name.decode(), text)
    port = _look_up("servent", lambda s: _swapped(s.s_port), lib.getservbyname, name, protocol)
    if port is None:
        raise OSError("service/proto not found")
    return port


def getservbyport(port: int, protocolname: str = NOT_GIVEN, /) -> str:
    """``getservbyport(3)``: the service at a port, for any protocol or for ``'tcp'``, ``'udp'``."""
    port = arguments.c_int(port)
    protocol = None if protocolname is NOT_GIVEN else c_string(protocolname, "getservbyport", 2)
    if not 0 <= port <= 0xFFFF:
        raise OverflowError("getservbyport: port must be 0-65535.")
    sys.audit("socket.getservbyport", port, None if protocol is None else protocol.decode())
    name = _look_up(
        "servent", lambda s: string_at(s.s_name), lib.getservbyport, _swapped(port), protocol
    )
    if name is None:
        raise OSError("port/proto not found")
    return name.decode()


def _swapped(port: int) -> int:
    """A port between the host's byte order and the network's, in which netdb.h has it."""
    return int.from_bytes((port & 0xFFFF).to_bytes(2, sys.byteorder), "big")


def getprotobyname(protocolname: str, /) -> int:
    """``getprotobyname(3)``: the number of a protocol, for ``socket``'s third argument."""
    name = c_string(protocolname, "getprotobyname", 1)
    number: int | None = _look_up("protoent", lambda p: p.p_proto, lib.getprotobyname, name)
    if number is None:
        raise OSError("protocol not found")
    return number


def if_nameindex() -> list[tuple[int, str]]:
    """``if_nameindex(3)``: ``(index, name)`` of each network interface."""
    entry = structs["if_nameindex"]
    found: list[tuple[int, str]] = []
    start = at = lib.if_nameindex()
    try:
        while True:
            interface = entry.from_address(at)
            if not interface.if_index:
                return found
            found.append((interface.if_index, os.fsdecode(string_at(interface.if_name))))
            at += _SIZE
    finally:
        lib.if_freenameindex(start)


_SIZE = len(bytes(structs["if_nameindex"]()))


def if_nametoindex(if_name: str, /) -> int:
    """``if_nametoindex(3)``: the index of a network interface."""
    index: int = lib.if_nametoindex(fs_bytes(if_name))
    if not index:
        if sys.version_info >= (3, 13, 11):  # the first that is known to have an errno
            raise OSError(ENODEV, os.strerror(ENODEV))
        raise OSError("no interface with this name")
    return index


def if_indextoname(if_index: int, /) -> str:
    """``if_indextoname(3)``: the name of a network interface."""
    index = _index(if_index)
    name = chars(constants["IF_NAMESIZE"] + 1)
    lib.if_indextoname(index, pointer_to(name))
    return os.fsdecode(name.value)


def _index(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError("an integer is required")
    if value < 0:
        raise OverflowError("can't convert negative value to unsigned int")
    if value > arguments.ULONG_MAX:
        raise OverflowError("Python int too large to convert to C unsigned long")
    if value > 0xFFFFFFFF:
        # Until 3.12 CPython cuts it down, and names the interface of another number.
        raise OverflowError("index is too large")
    return value
