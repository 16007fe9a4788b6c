"""The descriptors that come with control messages: which they are, and how they are closed.

SCM_RIGHTS brings descriptors, SCM_PIDFD one of a process.  They are there once recvmsg(2) has
succeeded; and if then no memory is left to copy the messages, they are closed where they lie.
"""

from __future__ import annotations

from struct import Struct

from .._host import abi, constants, system
from .cmsg import control
from .descriptor import close_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_RIGHTS = (constants["SOL_SOCKET"], constants.get("SCM_RIGHTS"))
PIDFD = (constants["SOL_SOCKET"], constants.get("SCM_PIDFD"))
_BOTH = (_RIGHTS, PIDFD)
_FD = 4  # bytes: the data of SCM_RIGHTS are C ints
_int = Struct("i").unpack_from


def descriptors_in(
    ancdata: Sequence[tuple[int, int, bytes]], kinds: tuple[Any, ...] = (_RIGHTS,)
) -> list[int]:
    """The descriptors in control messages, of which the last may end in the middle of one."""
    if len(ancdata) == 1:  # as mostly; PyPy compiles no loop into what calls it
        level, cmsg_type, data = ancdata[0]
        return _descriptors(data) if (level, cmsg_type) in kinds else []
    fds: list[int] = []
    for level, cmsg_type, data in ancdata:
        if (level, cmsg_type) in kinds:
            fds += _descriptors(data)
    return fds


def _descriptors(data: bytes) -> list[int]:
    count = len(data) // _FD
    # PyPy takes 200 ns for a view's cast, and 20 for this.
    return [*_int(data)] if count == 1 else [*memoryview(data[: count * _FD]).cast("i")]


# SystemError: CPython 3.11 has no memory for a frame.
_NO_MEMORY = (MemoryError, SystemError)


def close_received(raw: bytes) -> None:
    """Close the descriptors that came with a message which nobody will see."""
    try:
        fds = descriptors_in(control.walk(raw)[0], _BOTH)
    except _NO_MEMORY:
        close_octets(raw, len(raw))
    else:
        close_all(fds)


def close_messages(ancdata: Sequence[tuple[int, int, bytes]]) -> None:
    """Close the descriptors that are in these messages."""
    try:
        fds = descriptors_in(ancdata, _BOTH)
    except _NO_MEMORY:
        at = 0
        while at < len(ancdata):
            kind = ancdata[at][1]
            if ancdata[at][0] == _RIGHTS[0] and (kind == _RIGHTS[1] or kind == PIDFD[1]):
                _close_numbers(ancdata[at][2], 0, len(ancdata[at][2]))
            at += 1
    else:
        close_all(fds)


def close_octets(octets: Any, size: int) -> None:
    """The same of memory, or bytes, by their octets: it takes no memory as long as ints are small.

    Python has the ints up to 256 already.
    """
    if size > len(octets):
        size = len(octets)
    at = 0
    while size - at >= control.data_at:
        length = _number_at(octets, at + _LEN_AT)
        if length < control.data_at:
            return
        end = at + length
        if end > size:  # it was cut
            end = size
        if _number_at(octets, at + _LEVEL_AT) == _RIGHTS[0]:
            kind = _number_at(octets, at + _TYPE_AT)
            if kind == _RIGHTS[1] or kind == PIDFD[1]:
                _close_numbers(octets, at + control.data_at, end)
        at += (length + control.mask) // _STEP * _STEP


def holds_messages(octets: Any) -> bool:
    """Whether C has written control messages there, where there were zeros."""
    return _number_at(octets, _LEN_AT) != 0


def _close_numbers(octets: Any, at: int, end: int) -> None:
    """Close the descriptors whose numbers lie between these two places."""
    while end - at >= _FD:
        number = at
        at += _FD
        if octets[number + _ORDER[3]] >= 128:  # below 0, an errno
            continue
        try:
            system.close_without_memory(_number_at(octets, number))
        except OSError:
            continue  # ``close_all`` asks for no result either


def _number_at(octets: Any, at: int) -> int:
    """An int of C's, which takes no memory if it is small (as ``|`` and ``<<`` do on 3.9)."""
    low: int = octets[at + _ORDER[0]] + 0x100 * octets[at + _ORDER[1]]
    high: int = 0x10000 * octets[at + _ORDER[2]] + 0x1000000 * octets[at + _ORDER[3]]
    return low + high


_STEP = control.mask + 1
_ORDER = (0, 1, 2, 3) if abi.order == "little" else (3, 2, 1, 0)
_cmsghdr = control.cmsghdr
_LEVEL_AT, _TYPE_AT = _cmsghdr.cmsg_level.offset, _cmsghdr.cmsg_type.offset
_LEN_AT = _cmsghdr.cmsg_len.offset + (0 if abi.order == "little" else _cmsghdr.cmsg_len.size - 4)

# Python 3.9 and 3.10 keep the frame of a function that has run once: so these need no memory.
_nothing = control.messages([(_RIGHTS[0], 0, b"")])
close_octets(_nothing, len(_nothing))
holds_messages(_nothing)
_close_numbers(_nothing, 0, 0)
close_received(b"")
close_messages([])
