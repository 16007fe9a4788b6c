"""recv, recv_into, send, sendall, recvfrom, recvfrom_into, sendto in one step each.

A program asks for the same size again and again, mostly by the same int.  So ``_sock_plain_`` has
the one that was found plain, while no receive has to wait first: to see that it is the same object
takes 450 instructions less than to look at its type, at its value and at ``_sock_waits_``.
"""

from __future__ import annotations

from array import array
from ctypes import ArgumentError
from functools import partial
from sys import audit

from ..._calls.memory import (
    LARGE_KEPT,
    ODD_FLAGS,
    Pool,
    data_pool,
    flags_number,
    large_pool,
    mapped,
)
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
from ..._ffi.interpreter import COPY_MAX, FREE_THREADED, POOL_MAX
from ..._ffi.portable import array_over
from ..._ffi.signature import NOT_GIVEN
from ..._host import lib
from ...families import _hosts, packers, unpack_for
from ...families._hosts import known_addresses, known_tuples
from ..datagram import Datagram
from ..stream import Stream, send_rest
from .buffers import COPIED, FLAGS, size_exported, size_left, size_wanted, small_bytes
from .written import HEAD_START, name_memory, name_pool, sender

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._types import ReadableBuffer, RetAddress, WriteableBuffer

shares(globals(), "known_addresses", "known_tuples")

_BYTES = bytes  # which is a parameter's name

# --- streams -------------------------------------------------------------------------

_free_data = data_pool.stack  # called as a method, pop takes 60 instructions less
_recv, _recv_into, _send, _sendall = Stream.recv, Stream.recv_into, Stream.send, Stream.sendall


def recv(self: Stream, bufsize: int, flags: int = 0, /) -> bytes:
    deadline = None
    if bufsize is not self._sock_plain_:
        if type(bufsize) is not int or not 0 < bufsize <= COPY_MAX:
            return _recv_large(self, bufsize, flags)
        if not self._sock_waits_:
            self._sock_plain_ = bufsize
        elif flags is ZERO:
            deadline = wait_first(self, flags)
    if flags is ZERO:
        calls = self._sock_calls_
        how = calls.dontwait
    elif (flags := flags_number(flags, c_int)) & ODD_FLAGS:
        return _recv(self, bufsize, flags)
    else:
        calls = self._sock_calls_
        how = flags | calls.dontwait
    try:
        entry = _free_data.pop()
    except IndexError:
        entry = data_pool.make()
    buffer, pointer = entry
    function = calls.recv
    n: int = function(self._sock_fd_, pointer, bufsize, how)
    if n >= 0:
        # Slicing memory is one memcpy.
        data: bytes = buffer[:n] if n <= bufsize else with_zeros(buffer[:bufsize], n)
        _free_data.append(entry)
        return data
    _free_data.append(entry)
    if n := would_block(self):
        raise from_errno(n)
    data = retry(self, calls, READ, receive, bufsize, flags, deadline=deadline)
    return data


def _recv_large(self: Stream, bufsize: int, flags: int) -> bytes:
    """recv of more than COPY_MAX, and up to POOL_MAX bytes."""
    if (
        type(bufsize) is not int
        or not COPY_MAX < bufsize <= POOL_MAX
        or (flags is not ZERO and (flags := flags_number(flags, c_int)) & ODD_FLAGS)
    ):
        return _recv(self, bufsize, flags)
    deadline = wait_first(self, flags) if self._sock_waits_ else None
    calls = self._sock_calls_
    function = calls.recv if bufsize <= KEEP_GIL_MAX else lib.recv
    entry = large_pool.take()
    buffer, pointer = entry
    n: int = function(self._sock_fd_, pointer, bufsize, flags | calls.dontwait)
    data: bytes = buffer[:n] if 0 <= n <= bufsize else with_zeros(buffer[:bufsize], n)
    large_pool.put(entry)
    if n < 0:
        data = retry(self, calls, READ, receive, bufsize, flags, deadline=deadline)
    return data


def recv_into(self: Stream, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
    # An exact bytearray or memoryview keeps its size once it is exported, whatever another thread
    # did until then.  The export is in ``n`` until the result of the call is, and no traceback has
    # it.  So the descriptor can be read after it, in Python: 190 instructions less than if the
    # call reads it of the socket (3.11; 460 on 3.13).
    if nbytes is not ZERO or flags is not ZERO or self._sock_waits_:
        return _recv_into_other(self, buffer, nbytes, flags)
    n: Any = None
    try:
        if type(buffer) is bytearray:
            n = array_over(buffer)
            size = len(buffer)
        else:
            try:
                if type(buffer) is memoryview and not buffer.readonly and buffer.c_contiguous:
                    size = buffer.nbytes
                else:
                    size = 0
            except ValueError:  # it was released
                size = 0
            n = array_over(buffer) if size else None
        if size and size <= KEEP_GIL_MAX:
            calls = self._sock_calls_
            function = calls.recv
            n = function(self._sock_fd_, n, size, calls.dontwait)
        else:
            n = None
    except ArgumentError:  # there was no memory for the call
        n = None
    except BaseException:
        n = None
        raise
    if n is None:
        return _recv_into(self, buffer)
    if n < 0:
        if n := would_block(self):
            raise from_errno(n)
        with memoryview(buffer) as view:
            n = retry(self, calls, READ, receive_into, view, view.nbytes, 0)
    return n  # type: ignore[no-any-return]


def _recv_into_other(self: Stream, buffer: Any, nbytes: int, flags: int) -> int:
    """recv_into of a part, with flags, or that waits first: 9,000 instructions, not 16,500."""
    if flags is not ZERO and type(flags) in FLAGS:
        flags = flags_number(flags, c_int)
    size = size_wanted(buffer, nbytes, flags)
    if not 0 < size <= KEEP_GIL_MAX:
        return _recv_into(self, buffer, nbytes, flags)
    if self._sock_waits_:
        return _recv_into_later(self, buffer, nbytes, size, flags)
    calls = self._sock_calls_
    function = calls.recv
    how = flags | calls.dontwait
    try:
        n: int = function(
            self,
            array_over(buffer),
            size
            if type(buffer) is memoryview or size <= len(buffer)
            else size_left(buffer, nbytes, _TOO_SMALL),
            how,
        )
    except ArgumentError:  # there was no memory for the call
        return _recv_into(self, buffer, nbytes, flags)
    if n < 0:
        with memoryview(buffer) as view:
            if size > view.nbytes:
                size = size_left(view, nbytes, _TOO_SMALL)
            n = retry(self, calls, READ, receive_into, view, size, flags)
    return n


_TOO_SMALL = "buffer too small for requested bytes"
_TOO_MANY = "nbytes is greater than the length of the buffer"


def _recv_into_later(
    self: Stream, buffer: WriteableBuffer, nbytes: int, size: int, flags: int
) -> int:
    """recv_into that waits first; exported meanwhile, the buffer keeps its size."""
    with memoryview(buffer) as view:
        if size > view.nbytes:
            size = size_left(view, nbytes, _TOO_SMALL)
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
    # Each local variable takes 10 instructions of a call.
    if flags is ZERO:
        calls = self._sock_calls_
        function = calls.send
        n: int = function(self._sock_fd_, bytes, size, calls.dontwait)
    elif (flags := flags_number(flags, send_flags)) & ODD_FLAGS:
        return _send(self, bytes, flags)
    else:
        calls = self._sock_calls_
        function = calls.send
        n = function(self._sock_fd_, bytes, size, flags | calls.dontwait)
    if n < 0:
        if n := would_block(self):
            raise from_errno(n)
        n = retry(self, calls, WRITE, transmit, bytes, flags)
    return n


def _send_exported(self: Stream, data: Any, flags: int) -> int:
    """send of up to KEEP_GIL_MAX bytes that can be written to: C gets their own memory.

    As in ``recv_into``, the export is a temporary of the call, and fixes the size.  Flags that are
    converted by code of the program's, which may release a view, are left to the method: it has an
    export by then.
    """
    size = size_exported(data)
    if not 0 < size <= KEEP_GIL_MAX or (
        flags is not ZERO
        and (type(flags) not in FLAGS or (flags := flags_number(flags, send_flags)) & ODD_FLAGS)
    ):
        return _send(self, data, flags)
    each = data.itemsize if type(data) is array else 1
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
        flags is not ZERO
        and (type(flags) not in FLAGS or (flags := flags_number(flags, send_flags)) & ODD_FLAGS)
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
    """Memory for a datagram, and for an address, and their pointers."""
    return (*mapped(most), *name_memory())


_datagram_pool = Pool(_datagram)
_large_pool = Pool(partial(_datagram, KEEP_GIL_MAX), LARGE_KEPT, own=False)
_free_datagrams = _datagram_pool.stack
_recvfrom, _recvfrom_into = Datagram.recvfrom, Datagram.recvfrom_into
_sendto: Any = Datagram.sendto


def recvfrom(self: Datagram, bufsize: int, flags: int = 0, /) -> tuple[bytes, RetAddress]:
    deadline = None
    if bufsize is not self._sock_plain_:
        if type(bufsize) is not int or not 0 < bufsize <= COPY_MAX:
            return _recvfrom_large(self, bufsize, flags)
        if not self._sock_waits_:
            self._sock_plain_ = bufsize
        elif flags is ZERO:
            deadline = wait_first(self, flags)
    if flags is not ZERO and (flags := flags_number(flags, c_int)) & ODD_FLAGS:
        return _recvfrom(self, bufsize, flags)
    try:
        entry = _free_datagrams.pop()
    except IndexError:
        entry = _datagram()
    buffer, pointer, head, address, length = entry
    head.raw = HEAD_START
    calls = self._sock_calls_
    function = calls.recvfrom
    n = function(self._sock_fd_, pointer, bufsize, flags | calls.dontwait, address, length)
    if n >= 0:
        data = buffer[:n] if n <= bufsize else with_zeros(buffer[:bufsize], n)
        name = known_addresses[head.raw]
        if name is None:
            name = sender(self, head, address)
        _free_datagrams.append(entry)
        return data, name
    _free_datagrams.append(entry)
    if n := would_block(self):
        raise from_errno(n)
    data, name = retry(self, calls, READ, receive_from, bufsize, flags, deadline=deadline)
    return data, unpack_for(self._sock_proto_, name)


def _recvfrom_large(
    self: Datagram, bufsize: int, flags: int
) -> tuple[bytes, RetAddress]:
    """recvfrom of nothing, or of more than COPY_MAX, and up to KEEP_GIL_MAX bytes."""
    if (
        type(bufsize) is not int
        or not 0 <= bufsize <= KEEP_GIL_MAX
        or (flags is not ZERO and (flags := flags_number(flags, c_int)) & ODD_FLAGS)
    ):
        return _recvfrom(self, bufsize, flags)
    deadline = wait_first(self, flags) if self._sock_waits_ else None
    pool = _datagram_pool if bufsize <= COPY_MAX else _large_pool
    entry = pool.take()
    buffer, pointer, head, address, length = entry
    head.raw = HEAD_START
    calls = self._sock_calls_
    function = calls.recvfrom
    n = function(self._sock_fd_, pointer, bufsize, flags | calls.dontwait, address, length)
    if n < 0:
        pool.put(entry)
        data, name = retry(self, calls, READ, receive_from, bufsize, flags, deadline=deadline)
        return data, unpack_for(self._sock_proto_, name)
    data = buffer[:n] if n <= bufsize else with_zeros(buffer[:bufsize], n)
    name = known_addresses[head.raw]
    if name is None:
        name = sender(self, head, address)
    pool.put(entry)
    return data, name


def recvfrom_into(
    self: Datagram, buffer: Any, nbytes: int = 0, flags: int = 0
) -> tuple[int, RetAddress]:
    # As _recv_into_other: 12,500 instructions instead of 23,000.
    if flags is not ZERO and type(flags) in FLAGS:
        flags = flags_number(flags, c_int)
    size = size_wanted(buffer, nbytes, flags)
    if not 0 < size <= KEEP_GIL_MAX:
        return _recvfrom_into(self, buffer, nbytes, flags)
    entry = name_pool.take()
    head, address, length = entry
    head.raw = HEAD_START
    calls = self._sock_calls_
    function = calls.recvfrom
    how = flags | calls.dontwait
    try:
        n: int = function(
            self,
            array_over(buffer),
            size
            if type(buffer) is memoryview or size <= len(buffer)
            else size_left(buffer, nbytes, _TOO_MANY),
            how,
            address,
            length,
        )
    except ArgumentError:  # there was no memory for the call
        return _recvfrom_into(self, buffer, nbytes, flags)
    if n < 0:
        name_pool.put(entry)
        with memoryview(buffer) as view:
            if size > view.nbytes:
                size = size_left(view, nbytes, _TOO_MANY)
            n, name = retry(self, calls, READ, receive_from_into, view, size, flags)
        return n, unpack_for(self._sock_proto_, name)
    name = known_addresses[head.raw]
    if name is None:
        name = sender(self, head, address)
    name_pool.put(entry)
    return n, name


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
    # The last address is known by its object: 240 instructions.  In the dict it takes 750.
    known = _hosts.last_sent
    if known[2] is not address or known[0] != self._sock_family_:
        known = known_tuples[id(address)] or _hosts.NONE_SENT
        if known[0] == self._sock_family_:
            if not FREE_THREADED:  # a forked child could find the module's dict locked
                _hosts.last_sent = known
        else:
            sockaddr = packers[self._sock_family_](address, "sendto", self._sock_proto_)
            known = self._sock_family_, sockaddr, address, len(sockaddr)
    audit("socket.sendto", self, address)
    calls = self._sock_calls_
    function = calls.sendto
    how = calls.dontwait if number is ZERO else number | calls.dontwait
    n = function(self._sock_fd_, bytes, size, how, known[1], known[3])
    if n < 0:
        n = retry(self, calls, WRITE, transmit_to, bytes, number, known[1])
    return n
