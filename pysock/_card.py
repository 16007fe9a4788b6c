"""The short message: one small buffer, and control messages.

So travel descriptors, credentials, time stamps.  A card is a letter (``_message``) that is
laid out once: its pointers stay, and a call sets only the lengths, through numbers that
lie over members of the structs.

    msghdr, iovec | sockaddr | control messages | data

That saves 1 µs of a call which takes 2 (3.11).
"""

from __future__ import annotations

from ctypes import addressof, c_char, sizeof

from ._host import abi, structs
from ._interpreter import PYPY, chars, pointer_to
from ._transfer import Pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Less than so many bytes of either fit: a power of two, since that one can ask of both at
# once, with an "or".  On PyPy there are no cards: slicing memory takes longer than a letter.
_ROOM = 16384
LIMIT = -1 if PYPY else _ROOM

_msghdr, _iovec = structs["msghdr"], structs["iovec"]
_NAME_AT = sizeof(_msghdr) + sizeof(_iovec)
_CONTROL_AT = _NAME_AT + abi.storage + 15 & ~15
_DATA_AT = _CONTROL_AT + _ROOM
_SIZE = 1 << (_DATA_AT + _ROOM - 1).bit_length()


def _card() -> dict[str, Any]:
    """Each part of a card by its name: ``message`` is the pointer, the others are memory."""
    memory = chars(_SIZE)
    at = addressof(memory)
    header, iovec = _msghdr.from_buffer(memory), _iovec.from_buffer(memory, sizeof(_msghdr))
    header.msg_name = at + _NAME_AT
    header.msg_iov, header.msg_iovlen = at + sizeof(_msghdr), 1
    header.msg_control = at + _CONTROL_AT
    iovec.iov_base = at + _DATA_AT
    members = _members(memory, _msghdr, 0) | _members(memory, _iovec, sizeof(_msghdr))
    return members | {
        "message": pointer_to(memory),
        "name": (c_char * abi.storage).from_buffer(memory, _NAME_AT),
        "control": (c_char * _ROOM).from_buffer(memory, _CONTROL_AT),
        "data": (c_char * _ROOM).from_buffer(memory, _DATA_AT),
    }


def _members(memory: Any, struct: Any, at: int) -> dict[str, Any]:
    """The members of a struct in memory, as numbers whose ``value`` can be read and set."""
    return {
        name: kind.from_buffer(memory, at + getattr(struct, name).offset)
        for name, kind in struct._fields_
    }


def _outgoing() -> tuple[Any, ...]:
    card = _card()
    card["msg_name"].value = 0  # it has no address to go to: an empty one, the BSDs refuse
    return tuple(map(card.get, ("message", "iov_len", "data", "msg_controllen", "control")))


def _incoming() -> tuple[Any, ...]:
    card = _card()
    parts = "message", "iov_len", "data", "msg_controllen", "control"
    return tuple(map(card.get, (*parts, "msg_namelen", "name", "msg_flags")))


outgoing = Pool(_outgoing)
incoming = Pool(_incoming)
