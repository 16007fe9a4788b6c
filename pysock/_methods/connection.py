"""bind, listen, accept, connect, shutdown: how two sockets come together, and part.

connect has a policy of its own: it is never repeated after an interruption, but goes on by
itself.  Where a descriptor does not block, or a signal interrupts connect, pysock waits until
the socket can be written to, and asks with SO_ERROR how it has ended.
"""

from __future__ import annotations

from errno import EAGAIN, EWOULDBLOCK
from functools import partial
from itertools import chain, starmap
from operator import attrgetter
from sys import audit
from time import sleep

from .._calls.descriptor import NewerWay, claim_once, close_all
from .._calls.getsockopt import socket_error
from .._calls.memory import SOCKADDR_MAX, SOCKADDR_START, sockaddr_pool
from .._calls.state import SocketState, checked_on_socket
from .._calls.transfer import sockaddr_from
from .._calls.wait import (
    ERROR,
    READ,
    WRITE,
    deadline_passed,
    poll_first,
    retry,
    wait_until_ready,
    waits_in_python,
    would_block,
)
from .._ffi.arguments import c_int, one_int
from .._ffi.errors import ATTEMPTS, ErrnoKept, from_errno, raised_by_pysock, timeout
from .._ffi.interpreter import NULL, PYPY, bytes_of, pop_errno, put_bytes
from .._host import constants, lib, system
from .._timeouts import monotonic
from ..families import packers, unpack_for, unpack_new

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._ffi.prototype import Library
    from .._types import Address, RetAddress

_CLOEXEC = constants.get("SOCK_CLOEXEC", 0)
_AF_ALG, _AF_UNIX = constants.get("AF_ALG"), constants.get("AF_UNIX")
_BACKLOG = min(constants["SOMAXCONN"], 128)


class Connection(SocketState):
    """Names and connections: ``bind(2)``, ``listen(2)``, ``connect(2)`` and similar calls."""

    __slots__ = ()

    def bind(self, address: Address, /) -> None:
        """``bind(2)``: give the socket an address of this machine.

        What an address is depends on the family; for AF_INET it is ``(host, port)``, with
        ``""`` for all addresses and 0 for any free port.  Does not block, except to look up a
        host's name.  Raises OSError: EADDRINUSE, EACCES (ports below 1024), and others.

        >>> sock = socket()
        >>> sock.bind(("127.0.0.1", 0))
        """
        sockaddr = packers[self._sock_family_](address, "bind", self._sock_proto_)
        audit("socket.bind", self, address)
        checked_on_socket(lib.bind, self, sockaddr, len(sockaddr))

    def listen(self, backlog: int = _BACKLOG, /) -> None:
        """``listen(2)``: take connections, of which up to ``backlog`` wait for ``accept``.

        Does not block.  Raises OSError: EADDRINUSE, EOPNOTSUPP (a datagram socket).

        >>> sock = socket()
        >>> sock.bind(("127.0.0.1", 0))
        >>> sock.listen()
        >>> client = create_connection(sock.getsockname())
        """
        backlog = c_int(backlog)
        checked_on_socket(lib.listen, self, backlog if backlog > 0 else 0)

    def _accept(self) -> tuple[int, RetAddress]:
        """``accept4(2)``: a new descriptor, and the peer's address."""
        owned: list[int] = []
        try:
            address = accept_into(owned, self)
            return owned[0], address
        except BaseException:
            close_all(owned)
            raise

    def connect(self, address: Address, /) -> None:
        """``connect(2)``: connect to an address, or set to whom datagrams go.

        Blocks until the connection stands (with a timeout: TimeoutError), and to look up a
        host's name.  Raises BlockingIOError (EINPROGRESS) in non-blocking mode, where the
        connection goes on in the background; ConnectionRefusedError if nobody listens; and
        other kinds of OSError as the manual page lists them.

        >>> listener = create_server(("127.0.0.1", 0))
        >>> sock = socket()
        >>> sock.connect(listener.getsockname())
        """
        sockaddr = packers[self._sock_family_](address, "connect", self._sock_proto_)
        audit("socket.connect", self, address)
        number = _connect(self, sockaddr)
        if number is None:
            raise timeout("timed out")
        if number:
            raise from_errno(number)

    def connect_ex(self, address: Address, /) -> int:
        """``connect(2)``: like ``connect``, but return its errno, 0 for success.

        Blocks like ``connect``; a timeout that passes is EWOULDBLOCK.  What is wrong with the
        address is raised.

        >>> listener = create_server(("127.0.0.1", 0))
        >>> socket().connect_ex(listener.getsockname())
        0
        """
        sockaddr = packers[self._sock_family_](address, "connect_ex", self._sock_proto_)
        audit("socket.connect", self, address)
        number = _connect(self, sockaddr)
        return EWOULDBLOCK if number is None else number

    def shutdown(self, how: int, /) -> None:
        """``shutdown(2)``: end one or both directions (SHUT_RD, SHUT_WR, SHUT_RDWR).

        Unlike ``close``, it ends the connection for every process that has a descriptor of it.
        Does not block.  Raises OSError: ENOTCONN.

        >>> a, b = socketpair()
        >>> a.shutdown(SHUT_WR)
        >>> b.recv(100)
        b''
        """
        checked_on_socket(lib.shutdown, self, one_int(how))

    def getsockname(self) -> RetAddress:
        """``getsockname(2)``: this end's address.  Does not block.  Raises OSError: EBADF.

        >>> host, port = create_server(("127.0.0.1", 0)).getsockname()
        >>> host
        '127.0.0.1'
        """
        return unpack_for(self._sock_proto_, sockaddr_from(lib.getsockname, self))

    def getpeername(self) -> RetAddress:
        """``getpeername(2)``: the other end's address.  Does not block.

        Raises OSError: ENOTCONN.

        >>> listener = create_server(("127.0.0.1", 0))
        >>> sock = create_connection(listener.getsockname())
        >>> sock.getpeername() == listener.getsockname()
        True
        """
        return unpack_for(self._sock_proto_, sockaddr_from(lib.getpeername, self))


# --- accept --------------------------------------------------------------------------


_accept4 = NewerWay(hasattr(lib, "accept4"))
_POLLS_FIRST = system.KERNEL_WAITS  # handles of Windows never block


def accept_into(owned: list[int], sock: Connection) -> RetAddress:
    """Accept a connection, whose descriptor is then in ``owned``; the peer's address.

    With a timeout, poll(2) comes first: accept(2) has no MSG_DONTWAIT, and would wait for ever if a
    duplicate of the descriptor, in this process or in another, has cleared O_NONBLOCK.
    """
    calls, family = sock._sock_calls_, sock._sock_family_
    sockaddr, number = None, 0
    deadline = None
    seconds = sock._sock_timeout_
    if seconds and _POLLS_FIRST and family != _AF_ALG:
        deadline = poll_first(sock, seconds)
    try:
        sockaddr = _accept_once(calls, sock, owned, family)
        if sockaddr is None and not (number := would_block(sock)):
            sockaddr = retry(sock, calls, READ, _accept_once, owned, family, deadline=deadline)
    except OSError as error:
        if not _accept4.refuses(error.errno or 0):
            raise
    if number:
        raise from_errno(number)
    if sockaddr is None:  # outside of the handler, where a second error would tell of the first
        _accept4.works = False
        try:
            sockaddr = _accept_once(calls, sock, owned, family)
            if sockaddr is None:
                sockaddr = retry(
                    sock, calls, READ, _accept_once, owned, family, deadline=deadline
                )
        except BaseException:
            _accept4.works = None  # it is not accept4 that is refused
            raise
    # Clients of a Unix socket mostly have no name, all others a port each.
    unpack = unpack_for if family == _AF_UNIX else unpack_new
    return unpack(sock._sock_proto_, sockaddr)


def _accept_once(
    calls: Library, sock: Connection, owned: list[int], family: int
) -> bytes | None:
    """``accept4(2)``, or where that is not to be had ``accept(2)``: the peer's sockaddr."""
    if family == _AF_ALG:  # it fails if it is asked for an address
        fd: Any = sock._sock_fd_
        accept4 = calls.releasing.accept4
        return None if claim_once(owned, accept4, fd, NULL, NULL, _CLOEXEC) < 0 else b""
    entry = sockaddr_pool.take()
    array, address, counter, length = entry
    if not PYPY:  # as ``put_bytes``, in fewer steps
        array.raw = SOCKADDR_START
    else:
        put_bytes(array, address, SOCKADDR_START)
    older = _accept4.works is False  # asked once: another thread may be finding it out
    # As ``claim_once``, in fewer steps.
    releasing = calls.releasing
    fd = sock._sock_fd_ if PYPY else sock  # whose descriptor is read in the call
    owned.extend(
        starmap(releasing.accept, ((fd, address, length),))
        if older
        else starmap(releasing.accept4, ((fd, address, length, _CLOEXEC),))
    )
    new = owned[-1]
    sockaddr = None
    if new < 0:
        owned.pop()
    else:
        size = counter.value
        sockaddr = bytes_of(array, address, size if size <= SOCKADDR_MAX else SOCKADDR_MAX)
        if older:
            system.set_inheritable(new, False)
        else:
            _accept4.works = True
    sockaddr_pool.put(entry)
    return sockaddr


# --- connect -------------------------------------------------------------------------


def _connect(sock: Connection, sockaddr: bytes) -> int | None:
    """``connect(2)``: 0 once it is done, the errno of its failure, or None: timed out.

    An interrupted connect goes on like one on a descriptor that does not block; both are
    waited for, unless the socket is in non-blocking mode.
    """
    deadline = None
    under_way = system.CONNECTING
    pause, lost = _PAUSE, 0
    size = len(sockaddr)
    kept, connect = None, lib.connect
    while connect(sock._sock_fd_, sockaddr, size) < 0:
        number = pop_errno() if kept is None else kept.pop_errno()
        if number == 0:
            # A signal handler took our errno.  Asking again is safe here: if the first call
            # got as far as that, it goes on, and the second says so in other words.
            under_way = system.STILL_CONNECTING
            lost += 1
            if lost == ATTEMPTS:
                raise from_errno(0)
            kept = kept or ErrnoKept(lib)
            connect = kept.connect
            continue
        if number == under_way:
            number = system.CONNECTING
        # Not sooner: after the call, other threads may hold up this one for longer than
        # a short timeout, while the connection stands already.
        mode = sock._sock_timeout_
        if mode and deadline is None:
            deadline = monotonic() + mode
        if number == EAGAIN and deadline is not None and sock._sock_family_ == _AF_UNIX:
            # The listener has no room, and poll cannot tell when it has (cpython#117208).
            if deadline_passed(deadline):
                return None
            sleep(max(0.0, min(pause, deadline - monotonic())))
            pause = min(2 * pause, _PAUSE_MAX)
            connect = partial(_connect_at_once, sock, kept.connect if kept else lib.connect)
            continue
        interrupted = number == system.INTERRUPTED
        pending = interrupted or (number == system.CONNECTING and waits_in_python(mode, deadline))
        if mode == 0 or not pending:
            return number
        if not wait_until_ready(sock, WRITE | ERROR, deadline):
            return None
        outcome = socket_error(sock)
        # In some families, unix(7) for one, a signal ends it for good: then it is made again.
        if outcome or not interrupted or _is_connected(sock):
            return 0 if outcome == system.CONNECTED else outcome
        if deadline is not None and deadline_passed(deadline):
            return None
    return 0


_PAUSE, _PAUSE_MAX = 0.0005, 0.02  # seconds


def _connect_at_once(sock: Connection, connect: Any, _: int, sockaddr: bytes, size: int) -> int:
    """``connect(2)`` by a descriptor that does not block, though a handler has ended the timeout.

    That of a socket whose timeout has ended would, and the call keeps its deadline.  No handler
    runs between the two calls, which are one step of C, nor before them, once it is known of whom
    they are.
    """
    given = sock if hasattr(connect, "takes_sockets") or not PYPY else sock._sock_fd_
    steps = (
        map(system.set_blocking_in_step, map(_descriptor, (sock,)), (False,)),
        starmap(connect, ((given, sockaddr, size),)),
    )
    try:
        _, n = tuple(chain.from_iterable(steps))
    except OSError as error:
        if sock._sock_fd_ != -1 or not raised_by_pysock(error):
            raise
        n = connect(-1, sockaddr, size)  # closed meanwhile: EBADF, which connect_ex returns
    finally:
        if sock._sock_timeout_ is None and sock._sock_fd_ != -1:
            system.set_blocking(sock._sock_fd_, True)
    return int(n)


_descriptor = attrgetter("_sock_fd_")


def _is_connected(sock: Connection) -> bool:
    entry = sockaddr_pool.take()
    array, address, _, length = entry
    put_bytes(array, address, SOCKADDR_START)
    n: int = lib.getpeername(sock._sock_fd_, address, length)
    sockaddr_pool.put(entry)
    return n >= 0
