"""Callers' buffers, in the shortcuts: how many bytes of one C may write to, or read in one call."""

from __future__ import annotations

from array import array

from ..._calls.memory import ODD_FLAGS
from ..._enums import MsgFlag
from ..._ffi.exports import HEAP
from ..._ffi.interpreter import COPY_MAX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FLAGS = frozenset((int, MsgFlag))  # the types of plain flags
COPIED = frozenset((bytearray, memoryview, array))
_ITEM_MAX = 8  # bytes of an item of an array


def size_wanted(buffer: Any, nbytes: Any, flags: Any) -> int:
    """How many bytes a call may write to a buffer; 0 if the arguments are not plain."""
    if type(nbytes) is not int or type(flags) is not int or flags & ODD_FLAGS:
        return 0
    if type(buffer) is bytearray:
        room = len(buffer)
    elif type(buffer) is memoryview:
        room = size_exported(buffer)
    else:
        return 0
    return nbytes or room if 0 <= nbytes <= room else 0


def size_left(buffer: bytearray | memoryview, nbytes: int, complaint: str) -> int:
    """The size of a buffer that another thread has made smaller, now that it is exported.

    ValueError, as in C, if the program wants more: to receive into what is left may answer 0, which
    looks like the end of a stream.
    """
    if nbytes:
        raise ValueError(complaint)
    return len(buffer)


def size_exported(data: Any) -> int:
    """The size in bytes of a bytearray, an array or a memoryview; 0 if it cannot be written to."""
    try:
        if type(data) is memoryview:
            return 0 if data.readonly or not data.c_contiguous else data.nbytes
        return len(data) * getattr(data, "itemsize", 1)
    except ValueError:  # it was released
        return 0


def small_bytes(data: Any) -> Any:
    """A copy of a small buffer, which costs less than to find out where it is; or ``data``.

    Of bytes that somebody looks at whole, no copy is needed.
    """
    if type(data) is not memoryview:
        most = len(data) if type(data) is bytearray else len(data) * _ITEM_MAX
        # Joined in one step, which takes half of the time of ``bytes(data)``.
        return b"".join((data,)) if most <= COPY_MAX else data
    try:
        if data.c_contiguous:
            owner: Any = data.obj
            kind = type(owner)
            if kind is bytes and len(owner) == data.nbytes:
                return owner
            if kind in HEAP and data.nbytes <= COPY_MAX:
                return b"".join((data,))
    except ValueError:
        return data  # it was released: the method will say so
    return data  # for the method


def joined(parts: list[Any], most: int) -> bytes | None:
    """Copies of buffers, one after the other; None if they are not plain, or ``most`` bytes long.

    Plain are bytes, bytearrays, and views that need no copy to be read.
    """
    size = 0
    try:
        for part in parts:
            if type(part) is memoryview:
                size += part.nbytes if part.c_contiguous and type(part.obj) in HEAP else most
            elif type(part) is bytes or type(part) is bytearray:
                size += len(part)
            else:
                size = most
        data = b"".join(parts) if size < most else None
    except ValueError:  # a view that was released
        return None
    # Another thread may have made a bytearray larger meanwhile.
    return data if data is not None and len(data) < most else None


def export_plain(views: list[memoryview], parts: list[Any], most: int) -> int:
    """Export buffers that bytes can be put into as they are, to ``views``: how many bytes.

    0 if one is no bytearray and no view of plain bytes, or if they are ``most`` bytes long.
    """
    size = 0
    try:
        for part in parts:
            if type(part) is not bytearray and (
                type(part) is not memoryview
                or part.readonly
                or part.format != "B"
                or part.ndim != 1
                or not part.c_contiguous
                or type(part.obj) not in HEAP
            ):
                return 0
            views.append(memoryview(part))  # in no variable, which a traceback would keep
            size += len(part)
    except ValueError:  # a view that was released
        return 0
    return size if size < most else 0
