"""Memory of an object that may be resized while C uses it: on PyPy.

On CPython a bytearray cannot be resized while there is a memoryview of it, so its memory stays in
its place.  PyPy 7 counts no views, and PyPy 8 only those of a bytearray: another thread may resize
the object while a call waits, and C would read or write memory that has a new owner by then.  So
if there are other threads, C gets memory of pysock's own: data to send is copied first
(``memory_of``), received data afterwards (``put``).  Each access to the object is a single step, in
which no other thread runs.  The same is done for a BytesIO, whose memory has no address.  A signal
handler may resize an object, too, between two attempts at a call: so each attempt checks anew that
the object has the size that it had at the first (``has_room``).
"""

from __future__ import annotations

from _thread import _count as other_threads
from array import array
from io import BufferedReader, BytesIO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _exports_lock() -> bool:
    owner = bytearray(1)
    with memoryview(owner):
        try:
            owner.append(0)
        except BufferError:
            return True
    return False


# Whether a bytearray that is exported cannot be resized.
EXPORTS_LOCK = _exports_lock()

# Whether C may use the memory of any view.
LENDS_ALL = EXPORTS_LOCK and not hasattr(memoryview, "_pypy_raw_address")

# Objects whose memory stays where it is: a file of ``makefile`` reads into a BufferedReader's.
_FIXED = (bytes, BufferedReader, *([bytearray] if EXPORTS_LOCK else []))
_RESIZABLE = (array,) if EXPORTS_LOCK else (bytearray, array)

# Objects whose memory Python itself has made; a view of a buffer of io's has none.  What a program
# has mapped may be gone: of a file that was truncated, C says EFAULT, but Python would be killed by
# SIGBUS.  So only what is in here is copied in Python; for the rest, C gets its address.
HEAP = frozenset((bytes, bytearray, array, type(None)))


def in_heap(view: memoryview) -> bool:
    """Whether Python may read and write the memory of ``view``, whatever becomes of a file."""
    return type(view.obj) in HEAP


def bytes_left(view: memoryview) -> int:
    """How many bytes of ``view`` its object still has: a cast or a slice keeps its own size."""
    owner = view.obj
    if LENDS_ALL or not isinstance(owner, _RESIZABLE):
        return view.nbytes
    with memoryview(owner) as whole:
        left = max(0, min(view.nbytes, whole.nbytes - _offset(view, whole)))
    return left


def _offset(view: memoryview, whole: memoryview) -> int:
    """Where ``view`` begins in its object, in bytes."""
    offset: int = view._pypy_raw_address() - whole._pypy_raw_address()  # type: ignore[attr-defined]
    return offset


def octets_of(view: memoryview) -> memoryview:
    """What the object of ``view`` has there now, in one dimension.

    Of a view that has several, PyPy would read what is gone.
    """
    owner = view.obj
    if not isinstance(owner, _RESIZABLE):
        return view.cast("B")
    with memoryview(owner) as whole, whole.cast("B") as flat:
        begin = _offset(view, whole)
        part = flat[begin : begin + view.nbytes]
    return part


def lends(view: memoryview) -> bool:
    """Whether C may use the memory of ``view`` now: nobody can resize its object meanwhile."""
    if LENDS_ALL:
        return True
    owner = view.obj  # of a slice of a slice, PyPy 7 says None
    return isinstance(owner, _FIXED) if other_threads() else not isinstance(owner, BytesIO)


def has_room(view: memoryview, size: int) -> bool:
    """Whether C may write ``size`` bytes to the memory of ``view`` now."""
    return lends(view) and size <= bytes_left(view)


def stays(view: memoryview) -> bool:
    """Whether nobody can resize the object of ``view``, not even a signal handler."""
    return isinstance(view.obj, _FIXED)


def reaches(view: memoryview) -> bool:
    """Whether C may have the address of ``view`` for an attempt at a call.

    Nobody can resize its object; or it is a mapping, which Python must not touch (``HEAP``), and no
    other thread could unmap it.
    """
    return stays(view) or (lends(view) and not in_heap(view))


def put(view: memoryview, data: bytes) -> None:
    """Put ``data`` where ``view`` begins, or raise BufferError if that has become too short."""
    with octets_of(view) as octets:
        try:
            octets[: len(data)] = data
        except ValueError:
            raise BufferError("the buffer was resized while it was received into") from None


def _memory_of(data: Any) -> memoryview:
    # What can lock a bytearray is kept in no variable, which the traceback of an exception would
    # keep: a view of it that the caller is given, or that it has given, is asked before.
    if isinstance(data, _FIXED) or (
        type(data) is memoryview and (lends(data) or not data.c_contiguous)
    ):
        return memoryview(data)
    view = memoryview(data)
    if lends(view) or not view.c_contiguous:
        return view
    if view.ndim == 1:  # safe, and much quicker
        with view:
            copy = view.tobytes()
    else:
        with view, octets_of(view) as octets:
            copy = octets.tobytes()
    return memoryview(copy)


# A memoryview for C to read from: of the object, or of a copy.
memory_of = memoryview if LENDS_ALL else _memory_of
