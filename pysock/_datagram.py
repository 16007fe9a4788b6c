"""recvfrom and sendto: one message, and the address at the other end.

As in ``Socket``, a method checks its arguments and makes the call; where that failed, ``_wait``
says what to do.
"""

from __future__ import annotations

from sys import audit

from ._arguments import ZERO, c_int, c_ssize_t, view_of, writable_size
from ._interpreter import PYPY, STABLE, TO_COPY
from ._signature import MISSING, sendto_as_documented
from ._transfer import (
    AT_ONCE,
    STORAGE,
    datagram_pool,
    receive_from,
    receive_from_into,
    transmit_to,
)
from ._wait import READ, WRITE, repeat
from .families import packers, remembered, unpack_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, overload

    from ._socket import Socket
    from ._types import Address, ReadableBuffer, RetAddress, WriteableBuffer

_BYTES = bytes  # which is a parameter's name
_pop, _put = datagram_pool.pop, datagram_pool.put


def recvfrom(self: Socket, bufsize: int, flags: int = 0, /) -> tuple[bytes, RetAddress]:
    """``recvfrom(2)``: up to ``bufsize`` bytes, and the address that they came from."""
    calls = self._calls
    if flags is ZERO and type(bufsize) is int and 0 <= bufsize <= TO_COPY and not PYPY:
        # What ``receive_from`` does, without the cost of calling it, as in ``recv``.
        try:
            entry = _pop()
        except IndexError:
            entry = datagram_pool.make()
        buffer, pointer, array, address, counter, length = entry
        counter.value = STORAGE
        n = calls.recvfrom(self._fd, pointer, bufsize, calls.dontwait, address, length)
        answer = None if n < 0 else (buffer[:n], array[: counter.value])
        _put(entry)
    else:
        bufsize, flags = c_ssize_t(bufsize), c_int(flags)
        if bufsize < 0:
            raise ValueError("negative buffersize in recvfrom")
        answer = receive_from(calls, self._fd, bufsize, flags)
    if answer is None:
        answer = repeat(self, READ, receive_from, bufsize, flags)
    data, name = answer
    return data, remembered.get(name) or unpack_for(self._proto, name)


def recvfrom_into(
    self: Socket, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0
) -> tuple[int, RetAddress]:
    """``recvfrom(2)`` into ``buffer``: the number of bytes, and where they came from."""
    size = writable_size(buffer, "recvfrom_into")
    nbytes, flags = c_ssize_t(nbytes), c_int(flags)
    if nbytes < 0:
        raise ValueError("negative buffersize in recvfrom_into")
    if nbytes > size:
        raise ValueError("nbytes is greater than the length of the buffer")
    size = nbytes or size
    answer = receive_from_into(self._calls, self._fd, buffer, size, flags)
    if answer is None:
        with memoryview(buffer):  # it keeps its size while we wait
            answer = repeat(self, READ, receive_from_into, buffer, size, flags)
    n, name = answer
    return n, unpack_for(self._proto, name)


if TYPE_CHECKING:

    @overload
    def sendto(self: Socket, bytes: ReadableBuffer, address: Address, /) -> int: ...

    @overload
    def sendto(self: Socket, bytes: ReadableBuffer, flags: int, address: Address, /) -> int: ...


def sendto(
    self: Socket,
    bytes: Any = MISSING,
    flags: Any = MISSING,
    address: Any = MISSING,
    more: Any = MISSING,
    /,
) -> int:
    """``sendto(2)``: send to an address: ``sendto(bytes[, flags], address)``."""
    if flags is MISSING or more is not MISSING:  # a tuple of arguments would cost 100 ns
        given = sum(value is not MISSING for value in (bytes, flags, address, more))
        raise TypeError(f"sendto() takes 2 or 3 arguments ({given} given)")
    if type(bytes) is not _BYTES:
        view_of(bytes).release()
    if address is MISSING:
        flags, address = ZERO, flags
    else:
        flags = c_int(flags)
    name = packers[self._family](address, "sendto", self._proto)
    audit("socket.sendto", self, address)
    calls = self._calls
    if type(bytes) is STABLE and (size := len(bytes)) <= AT_ONCE:
        flags |= calls.dontwait
        n: int = calls.sendto(self._fd, bytes, size, flags, name, len(name))
    else:
        n = transmit_to(calls, self._fd, bytes, flags, name)
    if n < 0:
        n = repeat(self, WRITE, transmit_to, bytes, flags, name)
    return n


sendto.__wrapped__ = sendto_as_documented  # type: ignore[attr-defined]
