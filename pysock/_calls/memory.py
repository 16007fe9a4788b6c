"""Memory for C to write to.

It comes out of a pool.  A buffer is taken out, used by one call and put back, so no second
thread, signal handler or finaliser can meet it.  That rests on ``deque.pop`` and
``deque.append``: each is one step, by the GIL or, in builds without it, by the lock that every
deque has.  They take 28 to 60 ns together where a new array takes 155.  Without the GIL each
thread has a deque of its own, since one that all threads share is what they would wait for.

A pool keeps few buffers, so those of five hundred waiting threads go back to the system
afterwards.  While they wait, a buffer takes no more memory than C has written to (``mapped``,
``reserved``).  What is larger than a pool's buffers is mapped, and one such mapping is kept.

Only bytes that this call wrote may leave a buffer, which has those of earlier calls in it.
C says how many it wrote, and mostly that is true.  It is not true where flags like MSG_TRUNC
let it count what it discards; then the memory is zeroed first.
"""

from __future__ import annotations

import _thread
from collections import deque
from ctypes import c_uint32
from functools import partial
from operator import methodcaller

from .._enums import MsgFlag
from .._ffi.forks import renewed_in_child
from .._ffi.interpreter import (
    COPY_MAX,
    FREE_THREADED,
    POOL_MAX,
    PYPY,
    array_type,
    chars,
    exhaust,
    fill,
    map_memory,
    pointer_to,
    reserve,
)
from .._host import abi, constants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from mmap import mmap
    from typing import Any


class Pool:
    """Up to ``kept`` buffers that nobody uses: tuples that ``make`` makes, with their pointers.

    A full deque that gets one more drops the oldest.  The shortcuts call ``stack.pop()`` and
    ``stack.append(entry)``, which saves a Python call.
    """

    stack: Any
    deque_of_thread: Callable[[], deque[Any]]
    pop: Callable[[], Any]
    put: Callable[[Any], None]

    def __init__(
        self, make: Callable[[], Any], kept: int = 64, own: bool = FREE_THREADED
    ) -> None:
        self.make = make
        if own:  # a deque for each thread, which goes with it
            self.stack = _OfThread(*_per_thread(kept))
            self.deque_of_thread = self.stack.deque
            self.pop, self.put = self.stack.pop, self.stack.append
        else:
            self.share(kept)
            renewed_in_child(partial(self.share, kept))
        if FREE_THREADED:
            # ctypes makes a type for each size of an array.  That takes a lock of Python's, which
            # a forked child may find locked for ever: so no first call in a child shall need it.
            self.put(make())

    def share(self, kept: int) -> None:
        """Begin with a new deque, which all threads share."""
        entries: deque[Any] = deque(maxlen=kept)
        self.deque_of_thread = partial(_same, entries)
        self.stack = entries
        self.pop, self.put = entries.pop, entries.append

    @property
    def entries(self) -> deque[Any]:
        """The buffers that this thread could take now."""
        return self.deque_of_thread()

    def take(self) -> Any:
        """A buffer that nobody else has."""
        try:
            return self.pop()
        except IndexError:
            return self.make()


def _same(entries: deque[Any]) -> deque[Any]:
    return entries


class _OfThread:
    """What has the two methods of a deque that a pool needs, for the deque of each thread."""

    __slots__ = ("append", "deque", "pop")

    def __init__(
        self,
        entries: Callable[[], deque[Any]],
        pop: Callable[[], Any],
        append: Callable[[Any], None],
    ) -> None:
        self.deque, self.pop, self.append = entries, pop, append


def _per_thread(
    kept: int,
) -> tuple[Callable[[], deque[Any]], Callable[[], Any], Callable[[Any], None]]:
    """``(what returns the deque of the thread that asks, its pop, its append)``.

    Their variables are defaults of parameters.  A variable of an enclosing function would be a cell
    with a lock: all threads would wait for it, and a child for ever, forked while one has it.
    """
    local = _thread._local()

    def entries(local: Any = local, kept: int = kept) -> deque[Any]:
        try:
            own: deque[Any] = local.entries
        except AttributeError:
            own = local.entries = deque(maxlen=kept)
        return own

    def pop(local: Any = local, entries: Any = entries) -> Any:
        try:
            return local.entries.pop()
        except AttributeError:
            return entries().pop()

    def put(entry: Any, local: Any = local, entries: Any = entries) -> None:
        try:
            local.entries.append(entry)
        except AttributeError:  # it was taken in another thread
            entries().append(entry)

    return entries, pop, put


def with_pointer(ctype: Any) -> Any:
    """``(object, pointer to it)`` of a C type."""
    made = ctype()
    return made, pointer_to(made)


def reserved(size: int) -> Any:
    """``(memory, pointer to it)`` of memory that takes no more than C writes to it.

    A slice of the memory is bytes.
    """
    array = reserve(size)
    return array, pointer_to(array)


def mapped(size: int) -> Any:
    """The same; a slice takes 470 instructions instead of 530 (3.11), 500 instead of 740 (3.13)."""
    if PYPY:
        return reserved(size)
    memory = _map_or_none(size)
    if memory is None:  # see ``zeros``
        array = chars(size)
        return array, pointer_to(array)
    return memory, pointer_to(array_type(size).from_buffer(memory))


_HEAP_MAX = 2 * POOL_MAX  # bytes: of data, and of what comes with it


def zeros(size: int) -> Any:
    """``size`` bytes that can be written to: mapped, so that they take no more than is written.

    If the system maps no more (RLIMIT_AS, a sandbox), what malloc(3) has left may do; but not for
    gigabytes, of which PyPy would write each byte.
    """
    if size > _HEAP_MAX:
        return map_memory(size)
    memory = _map_or_none(size)
    return bytearray(size) if memory is None else memory


def _map_or_none(size: int) -> mmap | None:
    try:
        return map_memory(size)
    except MemoryError:
        return None  # the next error, if there is one, shall not tell of this one


# --- data ----------------------------------------------------------------------------

LARGE_KEPT = 8  # large buffers, of which a pool keeps fewer
data_pool = Pool(partial(mapped, COPY_MAX))
large_pool = Pool(partial(mapped, POOL_MAX), LARGE_KEPT, own=False)  # all threads share them

# All flags but those with which C writes as many bytes as it says.
_names = "MSG_PEEK MSG_WAITALL MSG_DONTWAIT MSG_OOB MSG_NOSIGNAL MSG_CMSG_CLOEXEC MSG_ERRQUEUE"
ODD_FLAGS = ~sum({constants.get(name, 0) for name in _names.split()})


def flags_number(flags: Any, convert: Callable[[Any], int]) -> int:
    """``flags`` as a number: an int and a member of the enum as they are, others by ``convert``.

    It need not fit a C int: a bit that does not is in ODD_FLAGS.
    """
    kind = type(flags)
    if kind is int:
        number: int = flags
    elif kind is MsgFlag:  # 1,000 instructions less
        number = flags._value_
    else:
        number = convert(flags)
    return number


def take_memory(size: int, flags: int) -> tuple[Any, Any, Pool]:
    """An array for up to POOL_MAX bytes, its pointer, and the pool to put the two back into.

    Its first ``size`` bytes are zero, if the flags may let C count bytes that it does not write.
    """
    pool = data_pool if size <= COPY_MAX else large_pool
    array, pointer = pool.take()
    if flags & ODD_FLAGS:
        fill(pointer, bytes(size))
    return array, pointer, pool


# Memory for more than POOL_MAX bytes.  The system zeroes each page of a new mapping when C first
# writes there, which takes up to thirty times as long as to receive into pages that there are
# already.  So the last mapping is kept, unless it has become a burden.
MAPPED_KEPT = 1 << 26  # bytes of address space that it may take
WRITTEN_KEPT = 1 << 24  # bytes of memory: to so many, from its begin, calls have written
_kept_mapping: deque[tuple[mmap, memoryview]]


def _keep_none() -> None:
    global _kept_mapping
    _kept_mapping = deque(maxlen=1)


_keep_none()
renewed_in_child(_keep_none)


def take_mapped(size: int, flags: int) -> tuple[mmap, memoryview]:
    """A mapping of at least ``size`` bytes, and a view of it; for ``put_mapped``.

    It is zeros, if the flags may let C count bytes that it does not write.
    """
    if not flags & ODD_FLAGS:
        try:
            mapped, view = _kept_mapping.pop()
        except IndexError:
            pass
        else:
            if len(mapped) >= size:
                return mapped, view
            _unmap(mapped, view)
    mapped = map_memory(size)
    return mapped, memoryview(mapped)


def put_mapped(mapped: mmap, view: memoryview, written: int) -> None:
    """Keep a mapping to which C has written so many bytes for the next call, or unmap it."""
    if written <= WRITTEN_KEPT and len(mapped) <= MAPPED_KEPT and not _kept_mapping:
        _kept_mapping.append((mapped, view))
    else:
        _unmap(mapped, view)


def _unmap(mapped: mmap, view: memoryview) -> None:
    """Unmap it, in one step of C.

    If a signal handler raises before that, the memory goes with the traceback.  To close an mmap
    that still has a view would be a BufferError, in place of what the handler has raised.
    """
    exhaust(map(_call, (view.release, mapped.close)))


_call = methodcaller("__call__")

# --- addresses -----------------------------------------------------------------------

SOCKADDR_MAX = abi.storage  # sizeof(struct sockaddr_storage)
# What is in such memory before a call: zeros, as in CPython, since a length may be more than what
# C writes; and behind them the length that there is room for.
SOCKADDR_START = bytes(SOCKADDR_MAX) + bytes(c_uint32(SOCKADDR_MAX))


def sockaddr_memory() -> Any:
    """``(memory, pointer, length, pointer to it)`` for an address, and behind it its length.

    Before each call, ``put_bytes(memory, pointer, SOCKADDR_START)`` is due.
    """
    memory = chars(len(SOCKADDR_START))
    length = c_uint32.from_buffer(memory, SOCKADDR_MAX)
    return memory, pointer_to(memory), length, pointer_to(length)


sockaddr_pool = Pool(sockaddr_memory)
