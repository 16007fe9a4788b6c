"""One transfer: lend C the memory it needs, call it once, and take the memory back.

Each function here is one attempt at one system call, and takes the descriptor first.  It
knows who owns each buffer until the call returns, and answers −1 or None if the call
failed: whether to wait and try again is for ``_wait`` to say.

What C writes to comes out of a pool.  A buffer is taken out, used by one call and put
back, so no second thread, signal handler or finaliser can meet it; ``list.pop`` and
``list.append`` are atomic, and 28 to 60 ns together where a new array takes 155.

What belongs to the caller is borrowed for the call alone, as a temporary: kept in a
variable, a traceback would keep a bytearray locked against resizing long after.
"""

from __future__ import annotations

from ctypes import c_char, c_uint32, sizeof
from errno import ECONNRESET

from ._arguments import c_ssize_t, view_of
from ._errors import from_errno, raise_errno
from ._interpreter import (
    MOST,
    PYPY,
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
from ._platform import abi, constants, lib, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# --- pools ---------------------------------------------------------------------------


class Pool:
    """Buffers of one kind: ``(array, pointer to it)``."""

    def __init__(self, ctype: Any) -> None:
        self.ctype, self.size = ctype, sizeof(ctype)
        self.entries: list[tuple[Any, Any]] = []
        self.pop, self.put = self.entries.pop, self.entries.append

    def take(self) -> tuple[Any, Any]:
        try:
            return self.pop()
        except IndexError:
            array = self.ctype()
            return array, pointer_to(array)


_data = Pool(c_char * TO_COPY)
_names = Pool(c_char * abi.storage)
LENGTHS = Pool(c_uint32)

# --- receiving -----------------------------------------------------------------------


def receive(fd: int, size: int, flags: int) -> bytes | None:
    """``recv(2)`` into a new bytes object."""
    if size > TO_COPY:
        return _receive_large(fd, size, flags)
    entry = _data.take()
    buffer, pointer = entry
    n = lib.recv(fd, pointer, size, flags)
    if n < 0:
        data = None
    elif n > size:
        data = _with_zeros(first_bytes(entry, size), n)
    else:
        # Slicing an array is one memcpy on CPython, and a loop over its bytes on PyPy.
        data = bytes_at(pointer, n) if PYPY else buffer[:n]
    _data.put(entry)
    return data


def _with_zeros(data: bytes, n: int) -> bytes:
    """With MSG_TRUNC, C answers with the size of a message, of which it wrote only ``data``.

    In CPython the result is as long as that, the rest being whatever was in memory.
    """
    return data.ljust(n, b"\0")


def _receive_large(fd: int, size: int, flags: int) -> bytes | None:
    memory = fresh_memory(c_ssize_t(size))
    n = lib.recv(fd, _pointer_to_fresh(memory), min(size, MOST), flags)
    return None if n < 0 else _with_zeros(taken_from(memory, n), n)


def fresh_memory(size: int) -> Any:
    """Memory for C to write to, and for ``taken_from`` to make bytes of."""
    data = new_bytes(size)
    if data:  # and never the empty bytes object, which is shared
        return data
    if size <= _ZEROED_MAX:
        return bytearray(size)
    from mmap import mmap

    try:
        return mmap(-1, size)
    except OSError:
        raise MemoryError from None


# A bytearray is filled with zeros (2**31 of them take PyPy 8 s); of a mapping, only what C
# writes to becomes memory, but nobody hurries to give that back.
_ZEROED_MAX = 1 << 24


def _pointer_to_fresh(memory: Any) -> Any:
    return memory if type(memory) is bytes else borrow(memory)


def taken_from(memory: Any, n: int) -> bytes:
    """What C wrote to ``fresh_memory``, as bytes, without a copy if it is full."""
    if type(memory) is bytes and n >= len(memory):
        return memory
    return bytes(memoryview(memory)[:n])


def receive_into(fd: int, buffer: Any, size: int, flags: int) -> int:
    """``recv(2)`` into the caller's buffer, which has room for ``size`` bytes."""
    n: int = lib.recv(fd, borrow(buffer), min(size, _room(buffer), MOST), flags)
    return n


def _room(buffer: Any) -> int:
    """How many bytes a buffer has room for, asked once it is lent.

    From then on it keeps its size; before, another thread may have made it smaller.
    """
    return len(buffer) if type(buffer) is bytearray else memoryview(buffer).nbytes


def receive_from(fd: int, size: int, flags: int) -> tuple[bytes, bytes] | None:
    """``recvfrom(2)`` into a new bytes object, and the sender's packed address."""
    if size > TO_COPY:
        memory = fresh_memory(c_ssize_t(size))
        answer = _receive_from(fd, _pointer_to_fresh(memory), min(size, MOST), flags)
        return answer and (_with_zeros(taken_from(memory, answer[0]), answer[0]), answer[1])
    entry = _data.take()
    answer = _receive_from(fd, entry[1], size, flags)
    if answer is None:
        result = None
    else:
        n, name = answer
        result = (_with_zeros(first_bytes(entry, min(n, size)), n), name)
    _data.put(entry)
    return result


def receive_from_into(fd: int, buffer: Any, size: int, flags: int) -> tuple[int, bytes] | None:
    """``recvfrom(2)`` into the caller's buffer, and the sender's packed address."""

    def call(name: Any, length: Any) -> int:
        n: int = lib.recvfrom(
            fd, borrow(buffer), min(size, _room(buffer), MOST), flags, name, length
        )
        return n

    return name_from(call)


def _receive_from(fd: int, pointer: Any, size: int, flags: int) -> tuple[int, bytes] | None:
    return name_from(lambda name, length: lib.recvfrom(fd, pointer, size, flags, name, length))


def name_from(call: Callable[[Any, Any], int]) -> tuple[int, bytes] | None:
    """``call(address, length)``, and the packed address that C wrote there.

    C says how long the address is, which may be more than it had room for; slicing keeps
    to what is there.
    """
    entry, counter = _names.take(), LENGTHS.take()
    counter[0].value = abi.storage
    n = call(entry[1], counter[1])
    result = None if n < 0 else (n, first_bytes(entry, min(counter[0].value, abi.storage)))
    _names.put(entry)
    LENGTHS.put(counter)
    return result


def name_of(question: Callable[..., int], fd: int) -> bytes:
    """The packed address that ``getsockname(2)`` or ``getpeername(2)`` answers with."""
    while (answer := name_from(lambda name, length: question(fd, name, length))) is None:
        raise_errno()
    return answer[1]


def first_bytes(entry: tuple[Any, Any], size: int) -> bytes:
    """The first ``size`` bytes of a pooled array."""
    buffer, pointer = entry
    data: bytes = bytes_at(pointer, size) if PYPY else buffer[:size]
    return data


# --- sending -------------------------------------------------------------------------


def transmit(fd: int, data: Any, flags: int) -> int:
    """``send(2)`` of any bytes-like object."""
    return lend(data, lambda pointer, size: lib.send(fd, pointer, size, flags))


def transmit_to(fd: int, data: Any, flags: int, name: bytes) -> int:
    """``sendto(2)`` of any bytes-like object, to a packed address."""
    if type(data) is STABLE:
        n: int = lib.sendto(fd, data, min(len(data), MOST), flags, name, len(name))
        return n

    def call(pointer: Any, size: int) -> int:
        return lend(name, lambda to, length: lib.sendto(fd, pointer, size, flags, to, length))

    return lend(data, call)


def lend(data: Any, call: Callable[[Any, int], int]) -> int:
    """``call(pointer, size)`` with the memory of a bytes-like object, or a copy of it."""
    if type(data) is STABLE:
        return call(data, min(len(data), MOST))
    with view_of(data) as view:
        size = view.nbytes
        if size <= TO_COPY:
            if not PYPY:
                return call(view.tobytes(), size)
            entry = _data.take()
            fill(entry[1], view.tobytes())
            n = call(entry[1], size)
            _data.put(entry)
            return n
        size = min(size, MOST)
        return call_reading(view, lambda pointer: call(pointer, size))


# --- descriptors ---------------------------------------------------------------------


def accept(fd: int, family: int) -> tuple[int, bytes] | None:
    """``accept4(2)``: a descriptor that no child inherits, and the peer's packed address."""
    if hasattr(lib, "accept4"):
        cloexec = constants["SOCK_CLOEXEC"]
        if family == constants.get("AF_ALG"):  # it fails if it is asked for an address
            n = lib.accept4(fd, None, None, cloexec)
            return None if n < 0 else (n, b"")
        return name_from(lambda name, length: lib.accept4(fd, name, length, cloexec))
    answer = name_from(lambda name, length: lib.accept(fd, name, length))
    if answer is not None:
        system.set_inheritable(answer[0], False)
    return answer


class Lent(int):
    """A descriptor on its way into a socket object, which says so once it is its own."""

    taken = False


def adopt(fd: int, make: Callable[[int], Any]) -> Any:
    """``make(fd)``, a socket object.  If that fails, one closes the descriptor, and only one.

    A subclass may fail when the object has the descriptor already, and will close it.
    """
    lent = Lent(fd)
    try:
        return make(lent)
    except BaseException:
        if not lent.taken:
            lib.close(fd)
        raise


def close_descriptor(fd: int) -> None:
    """``close(2)``, once: whatever it answers, the descriptor is gone.

    That the peer has reset the connection already is no news to who closes it.
    """
    if lib.close(fd) < 0:
        number = take_errno()
        if number not in (0, ECONNRESET):
            raise from_errno(number)
