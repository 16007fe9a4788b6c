"""connect: it is never repeated, but goes on by itself.

Where a descriptor does not block, or a signal interrupts it, one waits until the socket can
be written to, and asks with SO_ERROR how it has ended.
"""

from __future__ import annotations

from errno import EWOULDBLOCK
from sys import audit

from ._errors import from_errno, timeout
from ._host import constants, lib, system
from ._interpreter import take_errno
from ._options import read_int
from ._transfer import call_connect, name_from
from ._wait import ERROR, WRITE, deadline_of, ready, waits
from .families import packers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._socket import Socket
    from ._types import Address


def connect(self: Socket, address: Address, /) -> None:
    """``connect(2)``: connect to an address."""
    name = packers[self._family](address, "connect", self._proto)
    audit("socket.connect", self, address)
    if call_connect(self._fd, name):
        number = _outcome(self, name)
        if number is None:
            raise timeout("timed out")
        if number:
            raise from_errno(number)


def connect_ex(self: Socket, address: Address, /) -> int:
    """``connect(2)``: like ``connect``, but return errno, 0 for success, and do not raise."""
    name = packers[self._family](address, "connect_ex", self._proto)
    audit("socket.connect", self, address)
    number = call_connect(self._fd, name) and _outcome(self, name)
    return EWOULDBLOCK if number is None else number


def _outcome(sock: Socket, name: bytes) -> int | None:
    """``connect(2)`` to a packed address has just failed, or goes on in the background.

    0 once it is done, the errno of its failure, or None: timed out.  An interrupted connect
    goes on like one on a descriptor that does not block; both are waited for, unless the
    socket is in non-blocking mode.
    """
    deadline = None
    under_way = system.CONNECTING
    failed = True
    while failed:
        number = take_errno()
        if number != 0:
            if number == under_way:
                number = system.CONNECTING
            # Not sooner: after the call, other threads may hold up this one for longer than
            # a short timeout, while the connection stands already.
            deadline = deadline or deadline_of(sock)
            interrupted = number == system.INTERRUPTED
            pending = interrupted or (number == system.CONNECTING and waits(sock, deadline))
            if sock._timeout == 0 or not pending:
                return number
            if not ready(sock, WRITE | ERROR, deadline):
                return None
            outcome = _socket_error(sock._fd)
            # In some families, unix(7) for one, a signal ends it for good.
            if outcome != 0 or not interrupted or _is_connected(sock._fd):
                return 0 if outcome == system.CONNECTED else outcome
        else:
            # A signal handler took our errno.  Asking again is safe here: if the first
            # call got as far as that, it goes on, and the second says so in other words.
            under_way = system.STILL_CONNECTING
        failed = call_connect(sock._fd, name) != 0
    return 0


def _socket_error(fd: int) -> int:
    """How a connect in the background has ended: 0 or an errno."""
    while True:
        outcome = read_int(fd, constants["SOL_SOCKET"], constants["SO_ERROR"])
        if outcome is None:
            outcome = take_errno()
            if outcome == 0:
                continue
        return outcome


def _is_connected(fd: int) -> bool:
    return name_from(lib.getpeername, fd) is not None
