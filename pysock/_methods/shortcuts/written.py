"""The address that C has written: known by the first bytes of its memory, the length among them.

    … | length | the sockaddr's first 28 bytes | the others, which are zeros while nobody uses them

The first bytes are set before a call and read after it: a struct sockaddr_in6 fits.  As a key of a
dict, they take 350 instructions less than all that a sockaddr may have.
"""

from __future__ import annotations

import sys
from ctypes import c_uint32

from ..._calls.memory import SOCKADDR_MAX, Pool
from ..._ffi.forks import shares
from ..._ffi.interpreter import array_type, chars, pointer_to
from ...families import codec_of, inet, unpack_for
from ...families._hosts import AF_INET, keep, known_addresses, known_tuples, remember

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._calls.state import SocketState

shares(globals(), "known_addresses", "known_tuples")

_LENGTH = 4  # bytes of a socklen_t
_NAME_AT = 16  # so that it is aligned
_KNOWN_MIN, _HEAD_MAX = 16, 28  # sizes of sockaddr_in and sockaddr_in6
# What is there before a call: the length that there is room for, and zeros, as in CPython, since C
# may write less than the length that it says.
HEAD_START = bytes(c_uint32(SOCKADDR_MAX)) + bytes(_HEAD_MAX)
_ZEROS = bytes(SOCKADDR_MAX)


def name_memory() -> Any:
    """``(first bytes, pointer to the sockaddr, pointer to its length)``."""
    memory = chars(_NAME_AT + SOCKADDR_MAX)
    head = array_type(len(HEAD_START)).from_buffer(memory, _NAME_AT - _LENGTH)
    length = c_uint32.from_buffer(memory, _NAME_AT - _LENGTH)
    sockaddr = array_type(SOCKADDR_MAX).from_buffer(memory, _NAME_AT)
    return head, pointer_to(sockaddr), pointer_to(length)


name_pool = Pool(name_memory)


def sender(self: SocketState, head: Any, address: Any) -> Any:
    """The address in such memory, which is not known; the next time, it is."""
    written: bytes = head.raw
    size = int.from_bytes(written[:_LENGTH], sys.byteorder)
    if not size:  # of a stream, or of a Unix socket without a name
        return None
    if size <= _HEAD_MAX:
        sockaddr = written[_LENGTH : _LENGTH + size]
    else:
        room = address._obj  # what a pointer points to
        sockaddr, room.raw = room[: size if size < SOCKADDR_MAX else SOCKADDR_MAX], _ZEROS
    name = unpack_for(self._sock_proto_, sockaddr)
    # A length of such a size is no family whose sockaddrs are in the same dict.
    if _KNOWN_MIN <= size <= _HEAD_MAX and sockaddr in known_addresses:
        remember(written, name)
        if self._sock_family_ == AF_INET and type(codec_of(AF_INET)) is inet.Family:
            # It may be answered, by this very object.
            keep(known_tuples, id(name), (AF_INET, sockaddr, name, size))
    return name
