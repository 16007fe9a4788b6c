"""One attempt at one system call that transfers data.

Each function here gives C the memory it needs, calls it once, and puts the memory back.
Its first arguments are the library (``lib``, or ``lib_keeping_gil`` for a socket that must not
block) and the socket.  It returns −1 or None if the call failed; ``wait`` decides whether to
wait and try again.

A signal handler may close the socket at any step of Python, and open another one, which gets its
number.  So each attempt reads the descriptor last: nothing is called between that and the call.

All that a program's ``flags`` change is here.  C gets them as they are, with MSG_DONTWAIT added
for a socket that must not block.  Some let C count more bytes than it writes (MSG_TRUNC): for these
the memory is zeroed first (``take_memory``), the bytes that had no room are zeros (``with_zeros``),
and so is all that TCP has discarded (``as_written``).
"""

from __future__ import annotations

from .._ffi.arguments import size_of
from .._ffi.errors import ATTEMPTS, ErrnoKept, from_errno, raise_errno
from .._ffi.exports import LENDS_ALL, has_room, put
from .._ffi.interpreter import (
    POOL_MAX,
    PYPY,
    TRANSFER_MAX,
    address_in,
    bytes_of,
    put_bytes,
)
from .._host import abi, constants
from .memory import (
    SOCKADDR_MAX,
    SOCKADDR_START,
    put_mapped,
    sockaddr_pool,
    take_mapped,
    take_memory,
)
from .state import on_socket

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


def receive(calls: Library, sock: SocketState, size: int, flags: int) -> bytes | None:
    """``recv(2)`` of up to ``size`` bytes."""
    flags |= calls.dontwait
    if size > KEEP_GIL_MAX:
        calls = calls.releasing
    if size > POOL_MAX:
        mapped, view = take_mapped(size, flags)
        written = size
        try:
            pointer, most = address_in(view), min(size, TRANSFER_MAX)
            written = n = calls.recv(sock._sock_fd_, pointer, most, flags)
            return None if n < 0 else with_zeros(mapped[: min(n, size)], n)
        finally:
            put_mapped(mapped, view, written)
    array, pointer, pool = take_memory(size, flags)
    n = calls.recv(sock._sock_fd_, pointer, size, flags)
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
    return bytes(len(data)) if _discards(sock, flags) else data


def _discards(sock: SocketState, flags: int) -> bool:
    """Whether C counts what it has written nowhere."""
    return bool(
        flags & _MSG_TRUNC
        and _TCP_DISCARDS
        and sock._sock_type_ == _SOCK_STREAM
        and sock._sock_family_ in _INET
    )


def put_written(sock: SocketState, view: memoryview, data: bytes, flags: int) -> None:
    """Put what C has written into a caller's buffer, as it would have done itself."""
    put(view, b"" if _discards(sock, flags) else data)


_MSG_TRUNC, _SOCK_STREAM = constants["MSG_TRUNC"], constants["SOCK_STREAM"]
_INET = (constants["AF_INET"], constants["AF_INET6"])
_TCP_DISCARDS = abi.name.startswith("linux")


def receive_into(
    calls: Library, sock: SocketState, view: memoryview, size: int, flags: int
) -> int:
    """``recv(2)`` of up to ``size`` bytes into a caller's buffer."""
    if not LENDS_ALL and not has_room(view, size):
        data = receive(calls, sock, size, flags)
        if data is None:
            return -1
        put_written(sock, view, data[:size], flags)
        return len(data)
    flags |= calls.dontwait
    pointer = address_in(view)
    if size > KEEP_GIL_MAX:
        calls, size = calls.releasing, min(size, TRANSFER_MAX)
    n: int = calls.recv(sock._sock_fd_, pointer, size, flags)
    return n


def receive_from(
    calls: Library, sock: SocketState, size: int, flags: int
) -> tuple[bytes, bytes] | None:
    """``recvfrom(2)`` of up to ``size`` bytes, and the sender's sockaddr."""
    flags |= calls.dontwait
    if size > KEEP_GIL_MAX:
        calls = calls.releasing
    if size > POOL_MAX:
        mapped, view = take_mapped(size, flags)
        written = size
        try:
            answer = with_sockaddr(
                calls.recvfrom, sock, address_in(view), min(size, TRANSFER_MAX), flags
            )
            if answer is None:
                written = 0
                return None
            written = n = answer[0]
            return with_zeros(mapped[: min(n, size)], n), answer[1]
        finally:
            put_mapped(mapped, view, written)
    array, pointer, pool = take_memory(size, flags)
    answer = with_sockaddr(calls.recvfrom, sock, pointer, size, flags)
    result = None
    if answer is not None:
        n, sockaddr = answer
        result = with_zeros(bytes_of(array, pointer, min(n, size)), n), sockaddr
    pool.put((array, pointer))
    return result


def receive_from_into(
    calls: Library, sock: SocketState, view: memoryview, size: int, flags: int
) -> tuple[int, bytes] | None:
    """``recvfrom(2)`` of up to ``size`` bytes into a caller's buffer, and the sender's sockaddr."""
    if not LENDS_ALL and not has_room(view, size):
        answer = receive_from(calls, sock, size, flags)
        if answer is None:
            return None
        put_written(sock, view, answer[0][:size], flags)
        return len(answer[0]), answer[1]
    flags |= calls.dontwait
    if size > KEEP_GIL_MAX:
        calls, size = calls.releasing, min(size, TRANSFER_MAX)
    return with_sockaddr(calls.recvfrom, sock, address_in(view), size, flags)


def with_sockaddr(
    recvfrom: Callable[..., int], sock: SocketState, pointer: Any, size: int, flags: int
) -> tuple[int, bytes] | None:
    """``recvfrom(2)`` to memory at ``pointer``: its result, and the sockaddr that C wrote.

    C may say a length that is larger than what it had room for: then it cut the address.
    """
    entry = sockaddr_pool.take()
    array, address, counter, length = entry
    put_bytes(array, address, SOCKADDR_START)
    # No ``*args``, by which PyPy takes 250 ns more.
    n = recvfrom(sock._sock_fd_, pointer, size, flags, address, length)
    answer = None
    if n >= 0:
        size = counter.value
        answer = n, bytes_of(array, address, size if size < SOCKADDR_MAX else SOCKADDR_MAX)
    sockaddr_pool.put(entry)
    return answer


def sockaddr_from(question: Callable[..., int], sock: Any) -> bytes:
    """The sockaddr that ``getsockname(2)`` or ``getpeername(2)`` answers with, or OSError.

    ``sock`` is a descriptor, or what has one.
    """
    entry = sockaddr_pool.take()
    array, address, counter, length = entry
    lost = 0
    if not PYPY:  # as ``put_bytes``, in fewer steps
        array.raw = SOCKADDR_START
    else:
        put_bytes(array, address, SOCKADDR_START)
    fd = sock if type(sock) is int else sock._sock_fd_
    failed, kept = question(fd, address, length) < 0, None
    while failed:
        raise_errno(kept)
        lost += 1
        if lost == ATTEMPTS:
            raise from_errno(0)
        put_bytes(array, address, SOCKADDR_START)
        kept = kept or ErrnoKept()
        failed = kept.attempt(on_socket, question, sock, address, length) < 0
    size = counter.value
    sockaddr = bytes_of(array, address, size if size <= SOCKADDR_MAX else SOCKADDR_MAX)
    sockaddr_pool.put(entry)
    return sockaddr


# --- sending -------------------------------------------------------------------------


def transmit(calls: Library, sock: SocketState, data: Any, flags: int) -> int:
    """``send(2)`` of bytes, or of what a view shows that its caller holds."""
    pointer, size = _memory(data)
    function = (calls if size <= KEEP_GIL_MAX else calls.releasing).send
    flags |= calls.dontwait
    n: int = function(sock if PYPY else sock._sock_fd_, pointer, size, flags)
    return n


def transmit_to(
    calls: Library, sock: SocketState, data: Any, flags: int, sockaddr: bytes
) -> int:
    """``sendto(2)`` of the same, to an address."""
    pointer, size = _memory(data)
    function = (calls if size <= KEEP_GIL_MAX else calls.releasing).sendto
    flags, namelen = flags | calls.dontwait, len(sockaddr)
    fd: Any = sock if PYPY else sock._sock_fd_
    n: int = function(fd, pointer, size, flags, sockaddr, namelen)
    return n


def _memory(data: Any) -> tuple[Any, int]:
    """Where data is, and how much of it one call may take."""
    if type(data) is bytes:
        return data, min(len(data), TRANSFER_MAX)
    return address_in(data), min(size_of(data), TRANSFER_MAX)
