"""recv, recv_into, send, sendall, recvfrom, recvfrom_into, sendto in one step each.

A program asks for the same size again and again, mostly by the same int.  So ``_sock_plain_`` has
the one that was found plain, while no receive has to wait first: to see that it is the same object
takes 450 instructions less than to look at its type, at its value and at ``_sock_waits_``.
"""

from __future__ import annotations

from array import array
from ctypes import ArgumentError, c_uint32
from functools import partial
from sys import audit

from ..._calls.memory import (
    LARGE_KEPT,
    ODD_FLAGS,
    SOCKADDR_MAX,
    SOCKADDR_START,
    Pool,
    data_pool,
    flags_number,
    large_pool,
    reserved,
    sockaddr_memory,
    sockaddr_pool,
)
from ..._calls.state import SocketState
from ..._calls.transfer import (
    KEEP_GIL_MAX,
    receive,
    receive_from,
    receive_from_into,
    receive_into,
    transmit,
    transmit_to,
    with_zeros,
)
from ..._calls.wait import READ, WRITE, deadline_of, retry, wait_first, would_block
from ..._ffi.arguments import ZERO, c_int, send_flags
from ..._ffi.errors import from_errno
from ..._ffi.forks import shares
from ..._ffi.interpreter import COPY_MAX, POOL_MAX
from ..._ffi.portable import array_over
from ..._ffi.signature import NOT_GIVEN
from ..._host import lib
from ...families import codec_of, inet, packers, unpack_for
from ...families._hosts import AF_INET, keep, known_addresses, known_tuples, remember
from ..datagram import Datagram
from ..stream import Stream, send_rest
from .buffers import COPIED, FLAGS, size_exported, size_wanted, small_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._types import ReadableBuffer, RetAddress, WriteableBuffer

shares(globals(), "known_addresses", "known_tuples")

_BYTES = bytes  # which is a parameter's name

# --- streams -------------------------------------------------------------------------

_pop_data, _put_data = data_pool.pop, data_pool.put
_recv, _recv_into, _send, _sendall = Stream.recv, Stream.recv_into, Stream.send, Stream.sendall


def recv(self: Stream, bufsize: int, flags: int = 0, /) -> bytes:
    if bufsize is not self._sock_plain_:
        if type(bufsize) is not int or not 0 < bufsize <= COPY_MAX or self._sock_waits_:
            return _recv_large_or_later(self, bufsize, flags)
        self._sock_plain_ = bufsize
    if flags is ZERO:
        calls = self._sock_calls_
        how = calls.dontwait
    elif (flags := flags_number(flags, c_int)) & ODD_FLAGS:
        return _recv(self, bufsize, flags)
    else:
        calls = self._sock_calls_
        how = flags | calls.dontwait
    try:
        entry = _pop_data()
    except IndexError:
        entry = data_pool.make()
    buffer, pointer = entry
    function = calls.recv
    n: int = function(self._sock_fd_, pointer, bufsize, how)
    if n >= 0:
        # Slicing an array is one memcpy.
        data: bytes = buffer[:n] if n <= bufsize else with_zeros(buffer[:bufsize], n)
        _put_data(entry)
        return data
    _put_data(entry)
    if number := would_block(self):
        raise from_errno(number)
    data = retry(self, calls, READ, receive, bufsize, flags)
    return data


def _recv_large_or_later(self: Stream, bufsize: int, flags: int) -> bytes:
    """recv of up to POOL_MAX bytes, which waits first if earlier ones had to."""
    if (
        type(bufsize) is not int
        or not 0 < bufsize <= POOL_MAX
        or (flags is not ZERO and (flags := flags_number(flags, c_int)) & ODD_FLAGS)
    ):
        return _recv(self, bufsize, flags)
    deadline = wait_first(self, flags) if self._sock_waits_ else None
    pool = data_pool if bufsize <= COPY_MAX else large_pool
    calls = self._sock_calls_
    function = calls.recv if bufsize <= KEEP_GIL_MAX else lib.recv
    entry = pool.take()
    buffer, pointer = entry
    n: int = function(self._sock_fd_, pointer, bufsize, flags | calls.dontwait)
    data: bytes = buffer[:n] if 0 <= n <= bufsize else with_zeros(buffer[:bufsize], n)
    pool.put(entry)
    if n < 0:
        data = retry(self, calls, READ, receive, bufsize, flags, deadline=deadline)
    return data


def recv_into(self: Stream, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
    # An exact bytearray or memoryview keeps its size once it is exported.  What is exported
    # is a temporary of the call: no traceback keeps it.  It is made after all else that the call
    # is given, except for the descriptor: that, C reads of the socket (``_calls.state``).
    if nbytes is not ZERO or flags is not ZERO or self._sock_waits_:
        return _recv_into_other(self, buffer, nbytes, flags)
    calls = self._sock_calls_
    if type(buffer) is bytearray:
        if not 0 < len(buffer) <= KEEP_GIL_MAX:
            return _recv_into_other(self, buffer, nbytes, flags)
        function = calls.recv
        try:
            # It has its final size once it is exported, whatever another thread did until then.
            n: int = function(self, array_over(buffer), len(buffer), calls.dontwait)
        except ArgumentError:  # there was no memory for the call
            return _recv_into(self, buffer)
    elif type(buffer) is memoryview:
        try:
            size = 0 if buffer.readonly or not buffer.c_contiguous else buffer.nbytes
        except ValueError:  # it was released
            size = 0
        if not 0 < size <= KEEP_GIL_MAX:
            return _recv_into(self, buffer)
        function = calls.recv
        try:
            n = function(self, array_over(buffer), size, calls.dontwait)
        except ArgumentError:
            return _recv_into(self, buffer)
    else:
        return _recv_into(self, buffer)
    if n < 0:
        if number := would_block(self):
            raise from_errno(number)
        with memoryview(buffer) as view:
            n = retry(self, calls, READ, receive_into, view, view.nbytes, 0)
    return n


def _recv_into_other(self: Stream, buffer: Any, nbytes: int, flags: int) -> int:
    """recv_into of a part, with flags, or that waits first: 9,000 instructions, not 16,500."""
    if flags is not ZERO and type(flags) in FLAGS:
        flags = flags_number(flags, c_int)
    size = size_wanted(buffer, nbytes, flags)
    if not 0 < size <= KEEP_GIL_MAX:
        return _recv_into(self, buffer, nbytes, flags)
    if self._sock_waits_:
        return _recv_into_later(self, buffer, size, flags)
    calls = self._sock_calls_
    function = calls.recv
    how = flags | calls.dontwait
    try:
        n: int = function(
            self,
            array_over(buffer),
            size if type(buffer) is memoryview or size <= len(buffer) else len(buffer),
            how,
        )
    except ArgumentError:  # there was no memory for the call
        return _recv_into(self, buffer, nbytes, flags)
    if n < 0:
        with memoryview(buffer) as view:
            n = retry(self, calls, READ, receive_into, view, min(size, view.nbytes), flags)
    return n


def _recv_into_later(self: Stream, buffer: WriteableBuffer, size: int, flags: int) -> int:
    """recv_into that waits first; exported meanwhile, the buffer keeps its size."""
    with memoryview(buffer) as view:
        size = min(size, view.nbytes)
        deadline = wait_first(self, flags)
        calls = self._sock_calls_
        n = receive_into(calls, self, view, size, flags)
        if n < 0:
            n = retry(self, calls, READ, receive_into, view, size, flags, deadline=deadline)
    return n


def send(self: Stream, bytes: ReadableBuffer, flags: int = 0, /) -> int:
    if type(bytes) is not _BYTES:
        if type(bytes) not in COPIED:
            return _send(self, bytes, flags)
        if type(data := small_bytes(bytes)) is not _BYTES:
            return _send_exported(self, bytes, flags)
        bytes = data
    size = len(bytes)
    if size > KEEP_GIL_MAX:
        return _send(self, bytes, flags)
    if flags is ZERO:
        calls = self._sock_calls_
        how = calls.dontwait
    elif (flags := flags_number(flags, send_flags)) & ODD_FLAGS:
        return _send(self, bytes, flags)
    else:
        calls = self._sock_calls_
        how = flags | calls.dontwait
    function = calls.send
    n: int = function(self._sock_fd_, bytes, size, how)
    if n < 0:
        if number := would_block(self):
            raise from_errno(number)
        n = retry(self, calls, WRITE, transmit, bytes, flags)
    return n


def _send_exported(self: Stream, data: Any, flags: int) -> int:
    """send of up to KEEP_GIL_MAX bytes that can be written to: C gets their own memory.

    As in ``recv_into``, the export is a temporary of the call, and fixes the size.
    """
    size = size_exported(data)
    if not 0 < size <= KEEP_GIL_MAX or (
        flags is not ZERO and (flags := flags_number(flags, send_flags)) & ODD_FLAGS
    ):
        return _send(self, data, flags)
    each = size // len(data) if type(data) is array else 1
    calls = self._sock_calls_
    function = calls.send
    flags |= calls.dontwait
    try:
        if type(data) is memoryview:
            n: int = function(self, array_over(data), size, flags)
        else:
            n = function(self, array_over(data), len(data) * each, flags)
    except ArgumentError:  # there was no memory for the call
        return _send(self, data, flags)
    if n < 0:
        with memoryview(data) as view:
            n = retry(self, calls, WRITE, transmit, view, flags)
    return n


def sendall(self: Stream, bytes: ReadableBuffer, flags: int = 0, /) -> None:
    if type(bytes) is _BYTES:
        data: Any = bytes
    elif type(bytes) not in COPIED:
        return _sendall(self, bytes, flags)
    elif type(data := small_bytes(bytes)) is not _BYTES:
        return _sendall_exported(self, bytes, flags)
    size = len(data)
    if size > KEEP_GIL_MAX:
        return _sendall(self, bytes, flags)
    if flags is ZERO:
        calls = self._sock_calls_
        how = calls.dontwait
    elif (flags := flags_number(flags, send_flags)) & ODD_FLAGS:
        return _sendall(self, bytes, flags)
    else:
        calls = self._sock_calls_
        how = flags | calls.dontwait
    function = calls.send
    n: int = function(self._sock_fd_, data, size, how)
    if n != size:
        # The caller's buffer keeps its size while its copy is sent.
        with memoryview(bytes), memoryview(data) as view:
            _send_rest(self, calls, view, n, flags)


def _sendall_exported(self: Stream, data: Any, flags: int) -> None:
    """sendall of up to KEEP_GIL_MAX bytes that can be written to: C gets their own memory."""
    if not 0 < size_exported(data) <= KEEP_GIL_MAX or (
        flags is not ZERO and (flags := flags_number(flags, send_flags)) & ODD_FLAGS
    ):
        return _sendall(self, data, flags)
    calls = self._sock_calls_
    function = calls.send
    with memoryview(data) as view:  # it keeps its size until all of it is sent
        size = view.nbytes
        try:
            n = function(self, array_over(view), size, flags | calls.dontwait)
        except ArgumentError:  # there was no memory for the call
            return _sendall(self, view, flags)
        if n != size:
            _send_rest(self, calls, view, n, flags)


def _send_rest(self: Stream, calls: Any, view: memoryview, n: int, flags: int) -> None:
    """The rest of sendall, after a first call that has answered ``n``."""
    deadline = deadline_of(self)
    if n < 0:
        n = retry(self, calls, WRITE, transmit, view, flags, deadline=deadline)
    if n < view.nbytes:
        send_rest(self, view, n, view.nbytes, flags, deadline)


# --- datagrams -----------------------------------------------------------------------


def _datagram(most: int = COPY_MAX) -> Any:
    """Memory for a datagram, and for an address and its length, and their pointers."""
    room, address, _, length = sockaddr_memory()
    return (*reserved(most), room, address, length)


_datagram_pool = Pool(_datagram)
_large_pool = Pool(partial(_datagram, KEEP_GIL_MAX), LARGE_KEPT, own=False)
_pop_datagram, _put_datagram = _datagram_pool.pop, _datagram_pool.put
_recvfrom, _recvfrom_into = Datagram.recvfrom, Datagram.recvfrom_into
_sendto: Any = Datagram.sendto


def recvfrom(self: Datagram, bufsize: int, flags: int = 0, /) -> tuple[bytes, RetAddress]:
    if bufsize is not self._sock_plain_:
        if type(bufsize) is not int or not 0 < bufsize <= COPY_MAX or self._sock_waits_:
            return _recvfrom_large_or_later(self, bufsize, flags)
        self._sock_plain_ = bufsize
    if flags is not ZERO and (flags := flags_number(flags, c_int)) & ODD_FLAGS:
        return _recvfrom(self, bufsize, flags)
    try:
        entry = _pop_datagram()
    except IndexError:
        entry = _datagram()
    buffer, pointer, room, address, length = entry
    room.raw = SOCKADDR_START
    calls = self._sock_calls_
    function = calls.recvfrom
    n = function(self._sock_fd_, pointer, bufsize, flags | calls.dontwait, address, length)
    if n >= 0:
        data = buffer[:n] if n <= bufsize else with_zeros(buffer[:bufsize], n)
        written = room.raw
        _put_datagram(entry)
        name = known_addresses.get(written)
        return data, sender(self, written) if name is None else name
    _put_datagram(entry)
    if number := would_block(self):
        raise from_errno(number)
    data, sockaddr = retry(self, calls, READ, receive_from, bufsize, flags)
    return data, unpack_for(self._sock_proto_, sockaddr)


def _recvfrom_large_or_later(
    self: Datagram, bufsize: int, flags: int
) -> tuple[bytes, RetAddress]:
    """recvfrom of up to KEEP_GIL_MAX bytes, or that waits first if earlier ones had to."""
    if (
        type(bufsize) is not int
        or not 0 <= bufsize <= KEEP_GIL_MAX
        or (flags is not ZERO and (flags := flags_number(flags, c_int)) & ODD_FLAGS)
    ):
        return _recvfrom(self, bufsize, flags)
    deadline = wait_first(self, flags) if self._sock_waits_ else None
    pool = _datagram_pool if bufsize <= COPY_MAX else _large_pool
    entry = pool.take()
    buffer, pointer, room, address, length = entry
    room.raw = SOCKADDR_START
    calls = self._sock_calls_
    function = calls.recvfrom
    n = function(self._sock_fd_, pointer, bufsize, flags | calls.dontwait, address, length)
    data = buffer[:n] if 0 <= n <= bufsize else with_zeros(buffer[:bufsize], n)
    written = room.raw
    pool.put(entry)
    if n < 0:
        data, sockaddr = retry(
            self, calls, READ, receive_from, bufsize, flags, deadline=deadline
        )
        return data, unpack_for(self._sock_proto_, sockaddr)
    name = known_addresses.get(written)
    return data, sender(self, written) if name is None else name


def recvfrom_into(
    self: Datagram, buffer: Any, nbytes: int = 0, flags: int = 0
) -> tuple[int, RetAddress]:
    # As _recv_into_other: 12,500 instructions instead of 23,000.
    if flags is not ZERO and type(flags) in FLAGS:
        flags = flags_number(flags, c_int)
    size = size_wanted(buffer, nbytes, flags)
    if not 0 < size <= KEEP_GIL_MAX:
        return _recvfrom_into(self, buffer, nbytes, flags)
    entry = sockaddr_pool.take()
    memory, address, _, length = entry
    memory.raw = SOCKADDR_START
    calls = self._sock_calls_
    function = calls.recvfrom
    how = flags | calls.dontwait
    try:
        n: int = function(
            self,
            array_over(buffer),
            size if type(buffer) is memoryview or size <= len(buffer) else len(buffer),
            how,
            address,
            length,
        )
    except ArgumentError:  # there was no memory for the call
        return _recvfrom_into(self, buffer, nbytes, flags)
    written = memory.raw
    sockaddr_pool.put(entry)
    if n < 0:
        with memoryview(buffer) as view:
            size = min(size, view.nbytes)
            n, sockaddr = retry(self, calls, READ, receive_from_into, view, size, flags)
        return n, unpack_for(self._sock_proto_, sockaddr)
    name = known_addresses.get(written)
    return n, sender(self, written) if name is None else name


def sender(self: SocketState, written: bytes) -> Any:
    """The address in memory that C has written to; the next time, the memory itself is known."""
    size = c_uint32.from_buffer_copy(written, SOCKADDR_MAX).value
    sockaddr = written[: size if size < SOCKADDR_MAX else SOCKADDR_MAX]
    address = unpack_for(self._sock_proto_, sockaddr)
    if sockaddr in known_addresses:
        remember(written, address)
        if self._sock_family_ == AF_INET and type(codec_of(AF_INET)) is inet.Family:
            # It may be answered, by this very object.
            keep(known_tuples, id(address), (AF_INET, sockaddr, address))
    return address


def sendto(
    self: Datagram,
    bytes: Any = NOT_GIVEN,
    flags: Any = NOT_GIVEN,
    address: Any = NOT_GIVEN,
    more: Any = NOT_GIVEN,
    /,
) -> int:
    if type(bytes) is not _BYTES or flags is NOT_GIVEN or (size := len(bytes)) > KEEP_GIL_MAX:
        n: int = _sendto(self, bytes, flags, address, more)
        return n
    number = 0
    if address is NOT_GIVEN:
        address = flags
    elif more is not NOT_GIVEN or (number := flags_number(flags, c_int)) & ODD_FLAGS:
        n = _sendto(self, bytes, number or flags, address, more)
        return n
    known = known_tuples.get(id(address))
    if known is not None and known[0] == self._sock_family_:
        sockaddr = known[1]
    else:
        sockaddr = packers[self._sock_family_](address, "sendto", self._sock_proto_)
    audit("socket.sendto", self, address)
    calls = self._sock_calls_
    function = calls.sendto
    how = calls.dontwait if number is ZERO else number | calls.dontwait
    namelen = len(sockaddr)
    n = function(self._sock_fd_, bytes, size, how, sockaddr, namelen)
    if n < 0:
        n = retry(self, calls, WRITE, transmit_to, bytes, number, sockaddr)
    return n
