"""One attempt at one system call that transfers data.

Each function here gives C the memory it needs, calls it once, and puts the memory back.
Its first arguments are the library (``lib``, or ``lib_keeping_gil`` for a socket that must not
block) and the descriptor.  It returns −1 or None if the call failed; ``wait`` decides whether to
wait and try again.

All that a program's ``flags`` change is here.  C gets them as they are, with MSG_DONTWAIT added
for a socket that must not block.  Some let C count more bytes than it writes (MSG_TRUNC): for these
the memory is zeroed first (``take_memory``), the bytes that had no room are zeros (``with_zeros``),
and so is all that TCP has discarded (``as_written``).
"""

from __future__ import annotations

from .._ffi.arguments import size_of
from .._ffi.errors import ATTEMPTS, from_errno, raise_errno
from .._ffi.exports import LENDS_ALL, has_room, put
from .._ffi.interpreter import (
    POOL_MAX,
    PYPY,
    TRANSFER_MAX,
    address_in,
    bytes_of,
    put_bytes,
)
from .._host import abi, constants, lib
from .memory import (
    SOCKADDR_MAX,
    SOCKADDR_START,
    put_mapped,
    sockaddr_pool,
    take_mapped,
    take_memory,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._ffi.prototype import Library
    from .state import SocketState

# Up to this size, copying what is transferred takes C less time than other threads would
# need to notice that they may run.
KEEP_GIL_MAX = 65536

# --- receiving -----------------------------------------------------------------------


def receive(calls: Library, fd: int, size: int, flags: int) -> bytes | None:
    """``recv(2)`` of up to ``size`` bytes."""
    flags |= calls.dontwait
    if size > KEEP_GIL_MAX:
        calls = lib
    if size > POOL_MAX:
        mapped, view = take_mapped(size, flags)
        written = size
        try:
            written = n = calls.recv(fd, address_in(view), min(size, TRANSFER_MAX), flags)
            return None if n < 0 else with_zeros(mapped[: min(n, size)], n)
        finally:
            put_mapped(mapped, view, written)
    array, pointer, pool = take_memory(size, flags)
    n = calls.recv(fd, pointer, size, flags)
    data = None if n < 0 else with_zeros(bytes_of(array, pointer, min(n, size)), n)
    pool.put((array, pointer))
    return data


def with_zeros(data: bytes, n: int) -> bytes:
    """``data``, which C counts as ``n`` bytes.

    With MSG_TRUNC, C answers with the size of a message, of which it wrote only ``data``.
    In CPython the result is as long as that, the rest being whatever was in memory.
    """
    return data if len(data) == n else data.ljust(n, b"\0")


def as_written(sock: SocketState, data: bytes, flags: int) -> bytes:
    """``data`` that a call with these flags has received, or zeros where C wrote nothing.

    With MSG_TRUNC, Linux discards what has come over TCP, and counts it (tcp(7)).
    """
    if flags & _MSG_TRUNC and _TCP_DISCARDS and sock._sock_type_ == _SOCK_STREAM:
        if sock._sock_family_ in _INET:
            return bytes(len(data))
    return data


_MSG_TRUNC, _SOCK_STREAM = constants["MSG_TRUNC"], constants["SOCK_STREAM"]
_INET = (constants["AF_INET"], constants["AF_INET6"])
_TCP_DISCARDS = abi.name.startswith("linux")


def receive_into(calls: Library, fd: int, view: memoryview, size: int, flags: int) -> int:
    """``recv(2)`` of up to ``size`` bytes into a caller's buffer."""
    if not LENDS_ALL and not has_room(view, size):
        data = receive(calls, fd, size, flags)
        if data is None:
            return -1
        put(view, data[:size])
        return len(data)
    if size > KEEP_GIL_MAX:
        flags |= calls.dontwait
        n: int = lib.recv(fd, address_in(view), min(size, TRANSFER_MAX), flags)
    else:
        n = calls.recv(fd, address_in(view), size, flags | calls.dontwait)
    return n


def receive_from(calls: Library, fd: int, size: int, flags: int) -> tuple[bytes, bytes] | None:
    """``recvfrom(2)`` of up to ``size`` bytes, and the sender's sockaddr."""
    flags |= calls.dontwait
    if size > KEEP_GIL_MAX:
        calls = lib
    if size > POOL_MAX:
        mapped, view = take_mapped(size, flags)
        written = size
        try:
            answer = with_sockaddr(
                calls.recvfrom, fd, address_in(view), min(size, TRANSFER_MAX), flags
            )
            if answer is None:
                written = 0
                return None
            written = n = answer[0]
            return with_zeros(mapped[: min(n, size)], n), answer[1]
        finally:
            put_mapped(mapped, view, written)
    array, pointer, pool = take_memory(size, flags)
    answer = with_sockaddr(calls.recvfrom, fd, pointer, size, flags)
    result = None
    if answer is not None:
        n, sockaddr = answer
        result = with_zeros(bytes_of(array, pointer, min(n, size)), n), sockaddr
    pool.put((array, pointer))
    return result


def receive_from_into(
    calls: Library, fd: int, view: memoryview, size: int, flags: int
) -> tuple[int, bytes] | None:
    """``recvfrom(2)`` of up to ``size`` bytes into a caller's buffer, and the sender's sockaddr."""
    if not LENDS_ALL and not has_room(view, size):
        answer = receive_from(calls, fd, size, flags)
        if answer is None:
            return None
        put(view, answer[0][:size])
        return len(answer[0]), answer[1]
    flags |= calls.dontwait
    if size > KEEP_GIL_MAX:
        calls, size = lib, min(size, TRANSFER_MAX)
    return with_sockaddr(calls.recvfrom, fd, address_in(view), size, flags)


def with_sockaddr(function: Callable[..., int], *args: Any) -> tuple[int, bytes] | None:
    """``function(*args, sockaddr, length)``: its result, and the sockaddr that C wrote.

    C may say a length that is larger than what it had room for: then it cut the address.
    """
    entry = sockaddr_pool.take()
    array, address, counter, length = entry
    put_bytes(array, address, SOCKADDR_START)
    n = function(*args, address, length)
    answer = None
    if n >= 0:
        size = counter.value
        answer = n, bytes_of(array, address, size if size < SOCKADDR_MAX else SOCKADDR_MAX)
    sockaddr_pool.put(entry)
    return answer


def sockaddr_from(question: Callable[..., int], fd: int) -> bytes:
    """The sockaddr that ``getsockname(2)`` or ``getpeername(2)`` answers with, or OSError."""
    entry = sockaddr_pool.take()
    array, address, counter, length = entry
    lost = 0
    if not PYPY:  # as ``put_bytes``, in fewer steps
        array.raw = SOCKADDR_START
    else:
        put_bytes(array, address, SOCKADDR_START)
    while question(fd, address, length) < 0:
        raise_errno()
        lost += 1
        if lost == ATTEMPTS:
            raise from_errno(0)
        put_bytes(array, address, SOCKADDR_START)
    size = counter.value
    sockaddr = bytes_of(array, address, size if size <= SOCKADDR_MAX else SOCKADDR_MAX)
    sockaddr_pool.put(entry)
    return sockaddr


# --- sending -------------------------------------------------------------------------


def transmit(calls: Library, fd: int, data: Any, flags: int) -> int:
    """``send(2)`` of bytes, or of what a view shows that its caller holds."""
    pointer, size = _memory(data)
    function = (calls if size <= KEEP_GIL_MAX else lib).send
    n: int = function(fd, pointer, size, flags | calls.dontwait)
    return n


def transmit_to(calls: Library, fd: int, data: Any, flags: int, sockaddr: bytes) -> int:
    """``sendto(2)`` of the same, to an address."""
    pointer, size = _memory(data)
    function = (calls if size <= KEEP_GIL_MAX else lib).sendto
    n: int = function(fd, pointer, size, flags | calls.dontwait, sockaddr, len(sockaddr))
    return n


def _memory(data: Any) -> tuple[Any, int]:
    """Where data is, and how much of it one call may take."""
    if type(data) is bytes:
        return data, min(len(data), TRANSFER_MAX)
    return address_in(data), min(size_of(data), TRANSFER_MAX)
