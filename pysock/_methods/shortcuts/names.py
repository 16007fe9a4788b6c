"""getsockname and getpeername in one step: 5,900 instructions instead of 8,500 (3.11).

All of the memory for an address is read at once, which is quicker than to read its length first.
An address that was met before is found by the whole of this memory.
"""

from __future__ import annotations

from ..._calls.memory import SOCKADDR_START, sockaddr_memory, sockaddr_pool
from ..._ffi.errors import raise_errno
from ..._ffi.forks import shares
from ..._host import lib
from ...families._hosts import known_addresses
from ..connection import Connection
from .transfer import sender

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._types import RetAddress

shares(globals(), "known_addresses")

_pop_sockaddr, _put_sockaddr = sockaddr_pool.pop, sockaddr_pool.put
_getsockname, _getpeername = Connection.getsockname, Connection.getpeername


def getsockname(self: Connection) -> RetAddress:
    try:
        entry: Any = _pop_sockaddr()
    except IndexError:
        entry = sockaddr_memory()
    memory, pointer, _, length = entry
    memory.raw = SOCKADDR_START
    function = lib.getsockname
    failed = function(self._sock_fd_, pointer, length) < 0
    written = memory.raw
    _put_sockaddr(entry)
    if failed:
        raise_errno()
        return _getsockname(self)  # errno was lost
    address = known_addresses.get(written)
    return sender(self, written) if address is None else address


def getpeername(self: Connection) -> RetAddress:
    try:
        entry: Any = _pop_sockaddr()
    except IndexError:
        entry = sockaddr_memory()
    memory, pointer, _, length = entry
    memory.raw = SOCKADDR_START
    function = lib.getpeername
    failed = function(self._sock_fd_, pointer, length) < 0
    written = memory.raw
    _put_sockaddr(entry)
    if failed:
        raise_errno()
        return _getpeername(self)
    address = known_addresses.get(written)
    return sender(self, written) if address is None else address
