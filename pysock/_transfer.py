"""One transfer: lend C the memory it needs, call it once, and take the memory back.

Each function here is one attempt at one system call.  It takes the library to call by
(``lib``, or ``at_once`` for a socket that must not block) and the descriptor, knows who
owns each buffer until the call returns, and answers −1 or None if the call failed: whether
to wait and try again is for ``_wait`` to say.

What C writes to comes out of a pool.  A buffer is taken out, used by one call and put
back, so no second thread, signal handler or finaliser can meet it; ``list.pop`` and
``list.append`` are atomic, and 28 to 60 ns together where a new array takes 155.

What belongs to the caller is borrowed for the call alone, as a temporary: kept in a
variable, a traceback would keep a bytearray locked against resizing long after.
"""

from __future__ import annotations

from ctypes import c_char, c_uint32
from errno import ECONNRESET

from ._arguments import view_of
from ._errors import from_errno, raise_errno
from ._host import abi, constants, lib, system
from ._interpreter import (
    MOST,
    NULL,
    PYPY,
    REUSED,
    STABLE,
    TO_COPY,
    borrow,
    bytes_at,
    call_reading,
    fill,
    new_bytes,
    pointer_to,
    take_errno,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._foreign import Library

# Up to this size, copying what is transferred takes C less time than other threads would
# need to notice that they may run.
AT_ONCE = 65536

# --- pools ---------------------------------------------------------------------------


class Pool:
    """What calls take memory from: tuples that ``make`` makes, each with its pointers.

    ``take`` is for whoever is in no hurry; it costs a Python call (50 ns) more.  The hot paths
    have names of their own for ``pop`` and ``put``, which saves two attributes (6 to 24 ns).
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make
        self.entries: list[Any] = []
        self.pop, self.put = self.entries.pop, self.entries.append

    def take(self) -> Any:
        try:
            return self.pop()
        except IndexError:
            return self.make()


def with_pointer(ctype: Any) -> Any:
    """``(object, pointer to it)`` of a C type."""
    made = ctype()
    return made, pointer_to(made)


STORAGE = abi.storage


def _named() -> Any:
    """Memory for an address, and for its length."""
    return with_pointer(c_char * STORAGE) + with_pointer(c_uint32)


data_pool = Pool(lambda: with_pointer(c_char * TO_COPY))
pop_data, put_data = data_pool.pop, data_pool.put
name_pool = Pool(_named)
_pop_name, _put_name = name_pool.pop, name_pool.put
datagram_pool = Pool(lambda: with_pointer(c_char * TO_COPY) + _named())
_large_pool = Pool(lambda: with_pointer(c_char * REUSED) + _named())

# --- receiving -----------------------------------------------------------------------


def receive(calls: Library, fd: int, size: int, flags: int) -> bytes | None:
    """``recv(2)`` into a new bytes object."""
    flags |= calls.dontwait
    if size > REUSED:
        return _receive_large(calls if size <= AT_ONCE else lib, fd, size, flags)
    pool = data_pool if size <= TO_COPY else _large_pool
    try:
        entry = pool.pop()
    except IndexError:
        entry = pool.make()
    buffer, pointer = entry[:2]
    n = calls.recv(fd, pointer, size, flags)
    if n < 0:
        data = None
    elif n > size:
        data = with_zeros(bytes_at(pointer, size), n)
    else:
        # Slicing an array is one memcpy on CPython, and a loop over its bytes on PyPy.
        data = bytes_at(pointer, n) if PYPY else buffer[:n]
    pool.put(entry)
    return data


def _receive_large(calls: Library, fd: int, size: int, flags: int) -> bytes | None:
    if new_bytes and size <= MOST:  # as in ``fresh_memory``
        data: bytes = new_bytes(None, size)
        n = calls.recv(fd, data, size, flags)
        if n == size:
            return data
        memory: Any = data
    else:
        memory = fresh_memory(size)
        n = calls.recv(fd, borrow(memory), min(size, MOST), flags)
    return None if n < 0 else with_zeros(taken_from(memory, n), n)


def with_zeros(data: bytes, n: int) -> bytes:
    """With MSG_TRUNC, C answers with the size of a message, of which it wrote only ``data``.

    In CPython the result is as long as that, the rest being whatever was in memory.
    """
    return data.ljust(n, b"\0")


def fresh_memory(size: int) -> Any:
    """Memory for C to write to, and for ``taken_from`` to make bytes of."""
    if new_bytes and 0 < size <= MOST:  # the empty bytes object is shared
        return new_bytes(None, size)
    if size <= _ZEROED_MAX:
        return bytearray(size)
    from mmap import mmap

    try:
        return mmap(-1, size)
    except OSError:
        raise MemoryError from None


_ZEROED_MAX = 1 << 16  # larger ones are mapped: of those, only what C writes to becomes memory


def _pointer_to_fresh(memory: Any) -> Any:
    return memory if type(memory) is bytes else borrow(memory)


def taken_from(memory: Any, n: int) -> bytes:
    """What C wrote to ``fresh_memory``, as bytes, without a copy if it is full."""
    return bytes(memory[:n])


def receive_into(calls: Library, fd: int, buffer: Any, size: int, flags: int) -> int:
    """``recv(2)`` into the caller's buffer, which has room for ``size`` bytes."""
    flags |= calls.dontwait
    if size > AT_ONCE:
        calls, size = lib, min(size, MOST)
    # How much room there is, is asked once the buffer is lent.  From then on it keeps its
    # size; before, another thread may have made it smaller.
    if type(buffer) is bytearray:
        n: int = calls.recv(fd, borrow(buffer), min(size, len(buffer)), flags)
    elif type(buffer) is memoryview:
        n = calls.recv(fd, borrow(buffer), min(size, buffer.nbytes), flags)
    else:
        n = calls.recv(fd, borrow(buffer), min(size, memoryview(buffer).nbytes), flags)
    return n


def receive_from(
    calls: Library, fd: int, size: int, flags: int
) -> tuple[bytes, bytes] | None:
    """``recvfrom(2)`` into a new bytes object, and the sender's packed address."""
    if size > REUSED:
        return _receive_large_from(calls, fd, size, flags)
    pool = datagram_pool if size <= TO_COPY else _large_pool
    entry = pool.take()
    _, pointer, array, address, counter, length = entry
    counter.value = STORAGE
    n = calls.recvfrom(fd, pointer, size, flags | calls.dontwait, address, length)
    answer = None
    if n >= 0:
        data = with_zeros(bytes_at(pointer, min(n, size)), n)
        answer = data, _name_in((array, address, counter, length))
    pool.put(entry)
    return answer


def _receive_large_from(
    calls: Library, fd: int, size: int, flags: int
) -> tuple[bytes, bytes] | None:
    memory = fresh_memory(size)
    pointer = _pointer_to_fresh(memory)
    answer = name_from(lib.recvfrom, fd, pointer, min(size, MOST), flags | calls.dontwait)
    return answer and (with_zeros(taken_from(memory, answer[0]), answer[0]), answer[1])


def receive_from_into(
    calls: Library, fd: int, buffer: Any, size: int, flags: int
) -> tuple[int, bytes] | None:
    """``recvfrom(2)`` into the caller's buffer, and the sender's packed address."""
    flags |= calls.dontwait
    if size > AT_ONCE:
        calls, size = lib, min(size, MOST)
    entry = name_pool.take()
    _, address, counter, length = entry
    counter.value = STORAGE
    # As in ``receive_into``.
    n = calls.recvfrom(
        fd, borrow(buffer), min(size, memoryview(buffer).nbytes), flags, address, length
    )
    result = None if n < 0 else (n, _name_in(entry))
    name_pool.put(entry)
    return result


def name_from(function: Callable[..., int], *args: Any, last: Any = ()) -> tuple[int, bytes] | None:
    """``function(*args, address, length, *last)``, and the packed address that C wrote there."""
    entry = name_pool.take()
    _, address, counter, length = entry
    counter.value = STORAGE
    n = function(*args, address, length, *last)
    result = None if n < 0 else (n, _name_in(entry))
    name_pool.put(entry)
    return result


def _name_in(entry: tuple[Any, Any, Any, Any]) -> bytes:
    """The packed address in a pooled array.

    C says how long it is, which may be more than it had room for; so does a slice end there.
    """
    array, address, counter, _ = entry
    name: bytes
    name = bytes_at(address, min(counter.value, STORAGE)) if PYPY else array[: counter.value]
    return name


def name_of(question: Callable[..., int], fd: int) -> bytes:
    """The packed address that ``getsockname(2)`` or ``getpeername(2)`` answers with."""
    try:
        entry = _pop_name()
    except IndexError:
        entry = name_pool.make()
    _, address, counter, length = entry
    counter.value = STORAGE
    if question(fd, address, length):
        _put_name(entry)
        raise_errno()
        return name_of(question, fd)
    name = _name_in(entry)
    _put_name(entry)
    return name


# --- sending -------------------------------------------------------------------------


def transmit(calls: Library, fd: int, data: Any, flags: int) -> int:
    """``send(2)`` of any bytes-like object."""
    flags |= calls.dontwait
    if type(data) is STABLE and len(data) <= AT_ONCE:
        n: int = calls.send(fd, data, len(data), flags)
    elif type(data) is bytearray:
        n = lib.send(fd, borrow(data), min(len(data), MOST), flags)
    elif type(data) is memoryview and not data.readonly:
        n = lib.send(fd, borrow(data), min(data.nbytes, MOST), flags)
    else:
        n = lend(data, lambda pointer, size: lib.send(fd, pointer, size, flags))
    return n


def transmit_to(calls: Library, fd: int, data: Any, flags: int, name: bytes) -> int:
    """``sendto(2)`` of any bytes-like object, to a packed address."""
    if type(data) is not bytes:
        data = bytes_if_small(data)
    flags |= calls.dontwait
    if type(data) is STABLE and len(data) <= AT_ONCE:
        n: int = calls.sendto(fd, data, len(data), flags, name, len(name))
        return n

    def call(pointer: Any, size: int) -> int:
        return lend(name, lambda to, length: lib.sendto(fd, pointer, size, flags, to, length))

    return lend(data, call)


def bytes_if_small(data: Any) -> Any:
    """A copy of a small buffer, which costs less than to find out where it is.

    Of bytes that somebody looks at whole, no copy is needed.
    """
    kind = type(data)
    if kind is memoryview and data.c_contiguous:
        owner = data.obj
        if type(owner) is bytes and len(owner) == data.nbytes:
            return owner
    if PYPY:  # where copying, but of a bytearray, is a loop (36 ns a byte)
        return bytes(data) if kind is bytearray and len(data) <= TO_COPY else data
    try:
        # An item of an array has up to 8 bytes.  Whatever has bytes can be joined, in one step
        # (60 ns; a view's ``tobytes`` takes twice that).
        if (data.nbytes if kind is memoryview else len(data) * 8) <= TO_COPY:
            return b"".join((data,))
    except (TypeError, BufferError):
        return data  # it has no length, or no bytes: who asks for its memory will say so
    return data


def lend(data: Any, call: Callable[[Any, int], int]) -> int:
    """``call(pointer, size)`` with the memory of a bytes-like object, or a copy of it."""
    if type(data) is STABLE:
        return call(data, min(len(data), MOST))
    if PYPY and type(data) is bytes and len(data) <= TO_COPY:
        entry = data_pool.take()
        fill(entry[1], data)
        n = call(entry[1], len(data))
        data_pool.put(entry)
        return n
    with view_of(data) as view:
        size = min(view.nbytes, MOST)
        # On PyPy, tobytes is a loop over the bytes (36 ns each).
        if size > TO_COPY or PYPY:
            return call_reading(view, lambda pointer: call(pointer, size))
        data = view.tobytes()
    return lend(data, call)


# --- descriptors ---------------------------------------------------------------------


def call_connect(fd: int, name: bytes) -> int:
    """``connect(2)`` to a packed address."""
    if type(name) is STABLE:
        n: int = lib.connect(fd, name, len(name))
        return n
    return lend(name, lambda pointer, size: lib.connect(fd, pointer, size))


def accept(calls: Library, fd: int, family: int) -> tuple[int, bytes] | None:
    """``accept4(2)``: a descriptor that no child inherits, and the peer's packed address."""
    if not hasattr(lib, "accept4"):
        return _accept_and_set(fd)
    if family == _AF_ALG:  # it fails if it is asked for an address
        n = lib.accept4(fd, NULL, NULL, _CLOEXEC)
        return None if n < 0 else (n, b"")
    return name_from(lib.accept4, fd, last=(_CLOEXEC,))


_AF_ALG, _CLOEXEC = constants.get("AF_ALG"), constants.get("SOCK_CLOEXEC")


def _accept_and_set(fd: int) -> tuple[int, bytes] | None:
    answer = name_from(lib.accept, fd)
    if answer is not None:
        try:
            system.set_inheritable(answer[0], False)
        except BaseException:
            lib.close(answer[0])
            raise
    return answer


class Lent(int):
    """A descriptor on its way into a socket object, which says so once it is its own."""

    taken = False
    known = False  # to be a socket, and of which kind: so the kernel need not be asked


def adopt(fd: int, make: Callable[[Lent], Any], *, known: bool = False) -> Any:
    """``make(fd)``, a socket object.  If that fails, one closes the descriptor, and only one.

    A subclass may fail when the object has the descriptor already, and will close it.
    """
    lent = Lent(fd)
    lent.known = known
    try:
        return make(lent)
    except BaseException:
        if not lent.taken:
            lib.close(fd)
        raise


def raise_unless_reset() -> None:
    """``close(2)`` has failed.  That the peer has reset the connection is no news to who closes.

    Whatever it answers, the descriptor is gone, and so it is never repeated.
    """
    number = take_errno()
    if number not in (0, ECONNRESET):
        raise from_errno(number)
