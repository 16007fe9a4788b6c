"""getsockname and getpeername in one step: 5,500 instructions instead of 8,500 (3.11).

An address that was met before is found by the first bytes of its memory (``written``).
"""

from __future__ import annotations

from ..._ffi.errors import raise_errno
from ..._ffi.forks import shares
from ..._host import lib
from ...families._hosts import known_addresses
from ..connection import Connection
from .written import HEAD_START, name_memory, name_pool, sender

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._types import RetAddress

shares(globals(), "known_addresses")

_free_names = name_pool.stack
_getsockname, _getpeername = Connection.getsockname, Connection.getpeername


def getsockname(self: Connection) -> RetAddress:
    try:
        entry: Any = _free_names.pop()
    except IndexError:
        entry = name_memory()
    head, pointer, length = entry
    head.raw = HEAD_START
    function = lib.getsockname
    if function(self._sock_fd_, pointer, length) < 0:
        _free_names.append(entry)
        raise_errno()
        return _getsockname(self)  # errno was lost
    address = known_addresses[head.raw]
    if address is None:
        address = sender(self, head, pointer)
    _free_names.append(entry)
    return address


def getpeername(self: Connection) -> RetAddress:
    try:
        entry: Any = _free_names.pop()
    except IndexError:
        entry = name_memory()
    head, pointer, length = entry
    head.raw = HEAD_START
    function = lib.getpeername
    if function(self._sock_fd_, pointer, length) < 0:
        _free_names.append(entry)
        raise_errno()
        return _getpeername(self)
    address = known_addresses[head.raw]
    if address is None:
        address = sender(self, head, pointer)
    _free_names.append(entry)
    return address
