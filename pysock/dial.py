"""Connect as RFC 8305 (Happy Eyeballs 2) says, with one deadline over look-ups and all attempts.

    look-ups   AAAA and A at the same time, each in a thread of its own
    order      addresses as getaddrinfo(3) sorts them, the families in turn
    attempts   the next one starts when the last has failed, or after ``attempt_delay``
    end        the first connection wins; all other attempts are closed

A look-up is ``getaddrinfo(3)``, which cannot be ended.  It runs in a daemon thread: at the deadline
nobody waits for it any more, and the exit of the interpreter does not either.
"""

from __future__ import annotations

import _thread
import os
import select
import sys
from collections import deque
from contextlib import suppress
from errno import ECANCELED, ETIMEDOUT

from . import _beyond
from ._calls.getsockopt import socket_error
from ._ffi.arguments import plain_index
from ._ffi.errors import timeout as timeout_error
from ._functions.connections import socketpair
from ._functions.conversions import inet_pton
from ._going_on import begin
from ._host import constants, system
from ._lookups import Lookup, Waiting, end
from ._socket import Socket
from ._timeouts import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    AddrInfo = tuple[int, int, int, str, Any]

__all__ = ["Cancel", "DialError", "DialTimeout", "dial", "getaddrinfo"]

ATTEMPT_DELAY = 0.25  # seconds, RFC 8305 section 5
_LONGEST = 1e6  # seconds, for which poll(2) can wait; then it is asked again
RESOLUTION_DELAY = 0.05  # seconds, section 3: how long A records wait for AAAA's
_UNSPEC, _INET, _INET6 = (constants[name] for name in ("AF_UNSPEC", "AF_INET", "AF_INET6"))
_STREAM = constants["SOCK_STREAM"]


class DialError(OSError):
    """No connection.  ``errors`` has each attempt's error with its address, in their order.

    An address is that of getaddrinfo, or None for a look-up that failed.  ``errno`` is that of the
    first attempt that failed.  On Python 3.11 and later each error also has a note.
    """

    errors: list[tuple[Any, OSError]]


class DialTimeout(DialError, timeout_error):
    """The deadline passed first.  ``errors`` has what had failed until then."""


class Cancel:
    """A way to end calls of ``dial`` from another thread, or from a signal handler."""

    def __init__(self) -> None:
        self._reader, self._writer = socketpair()
        self._writer.setblocking(False)
        self._set = False

    def cancel(self) -> None:
        """End the calls that have this object, also later ones: they raise OSError (ECANCELED).

        Does not block: it sends a byte to a socket that they wait for, too.
        """
        if not self._set:
            self._writer.send(b"x")
            self._set = True  # not sooner: a signal handler may raise before the byte is sent

    def close(self) -> None:
        """``close(2)`` of its sockets; no call may use it any more.  Does not block; OSError."""
        self._reader.close()
        self._writer.close()

    def __enter__(self) -> Cancel:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


# --- look-ups ------------------------------------------------------------------------


class _OneLookup(Waiting):
    """The call of ``getaddrinfo``: it waits for a lock."""

    def __init__(self) -> None:
        self.started = []
        self.running = _thread.allocate_lock()
        self.running.acquire()

    def looked_up(self, lookup: Lookup) -> None:
        with suppress(RuntimeError):  # told of twice
            self.running.release()

    def renew(self) -> None:
        """Nothing: the lock is no other process's."""


def getaddrinfo(
    host: Any,
    port: Any,
    family: int = 0,
    type: int = 0,
    proto: int = 0,
    flags: int = 0,
    *,
    timeout: float | None = None,
) -> list[Any]:
    """``getaddrinfo(3)`` with a timeout in seconds; None waits as long as it takes.

    Blocks until then.  Raises what ``socket.getaddrinfo`` raises, and TimeoutError
    (``socket.timeout`` on 3.9).  The look-up itself goes on in a daemon thread until the C library
    gives up.
    """
    limit = _limit(timeout)
    call = _OneLookup()
    try:
        begin(call)
        lookup = Lookup(call, host, port, family, type, proto, flags)
        most = _thread.TIMEOUT_MAX
        if not call.running.acquire(
            timeout=-1 if limit is None else min(max(0.0, limit - monotonic()), most)
        ):
            raise timeout_error(ETIMEDOUT, f"the look-up of {host!r} took longer than {timeout} s")
    finally:
        end(call)
    return lookup.outcome()


def _limit(timeout: float | None) -> float | None:
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout >= 0:
        raise ValueError(f"expected a timeout of 0 or more seconds, or None, not {timeout!r}")
    return monotonic() + timeout


# --- dial ----------------------------------------------------------------------------


def dial(
    host: str,
    port: int | str,
    *,
    timeout: float | None = None,
    family: int = 0,
    source: tuple[str, int] | None = None,
    interface: str | None = None,
    attempt_delay: float = ATTEMPT_DELAY,
    resolution_delay: float = RESOLUTION_DELAY,
    cancel: Cancel | None = None,
    make: Callable[..., Any] = Socket,
) -> Any:
    """``connect(2)`` to a host's addresses, several at a time, until one of them answers.

    ``timeout`` is in seconds, over look-ups and attempts; None leaves it to the system.  ``source``
    is an address ``(host, port)`` to come from: addresses of its family alone are tried.
    ``interface`` is the name of an interface to go out by.  ``make(family, type, proto)`` makes
    the sockets, by default pysock's; ``socket.socket`` does as well.  The winner is in blocking
    mode.

    Blocks.  Raises DialTimeout, DialError with all errors, and OSError (ECANCELED) after
    ``cancel.cancel()`` in another thread.  No other attempt is left open.
    """
    limit = _limit(timeout)
    for delay in (attempt_delay, resolution_delay):
        if isinstance(delay, bool) or not isinstance(delay, (int, float)) or not delay >= 0:
            raise ValueError(f"expected delays of 0 or more seconds, not {delay!r}")
    if port is None or isinstance(port, bool):
        raise TypeError(f"expected the number or the name of a port, not {port!r}")
    if isinstance(port, int):
        port = plain_index(port)
        if not 0 <= port <= 0xFFFF:
            raise OverflowError(f"dial(): port must be 0-65535, not {port}")
    if source is not None and not (
        isinstance(source, tuple) and 2 <= len(source) <= 4 and type(source[0]) is str
    ):
        raise TypeError(f"expected an address (host, port) as source, not {source!r}")
    if interface is not None and not isinstance(interface, str):
        raise TypeError(f"expected the name of an interface, not {type(interface).__name__}")
    if interface == "" or "\0" in (interface or ""):
        raise ValueError(f"expected the name of an interface, not {interface!r}")
    if not (cancel is None or isinstance(cancel, Cancel)):
        raise TypeError(f"expected a Cancel, not {type(cancel).__name__}")
    if cancel is not None and cancel._reader.fileno() < 0:
        raise ValueError("expected a Cancel that is not closed")
    race = _Race(host, port, family, source, interface, make, cancel)
    try:
        race.begin()
        return race.run(limit, attempt_delay, resolution_delay)
    finally:
        race.close()


class _Race(Waiting):
    """One call of ``dial``: its look-ups, its attempts, and what has failed."""

    def __init__(
        self,
        host: str,
        port: Any,
        family: int,
        source: Any,
        interface: str | None,
        make: Any,
        cancel: Cancel | None,
    ) -> None:
        self.host, self.port, self.make = host, port, make
        self.source, self.interface, self.cancel = source, interface, cancel
        self.errors: list[tuple[Any, OSError]] = []
        self.queues: dict[int, deque[AddrInfo]] = {_INET6: deque(), _INET: deque()}
        self.last = _INET  # so that the first attempt is IPv6's
        self.open: list[tuple[Any, Any]] = []  # sockets that connect, and their addresses
        self.ended: deque[Lookup] = deque()
        self.lock = _thread.allocate_lock()
        families = [family] if family else _families_of(host)
        if source is not None:
            own = _INET6 if ":" in source[0] else _INET
            families = [each for each in families if each == own] or [own]
        self.started: list[Lookup] = []
        self.running: list[Lookup] = []
        self.aaaa = _INET6 in families and len(families) > 1
        self.process = os.getpid()
        self.reader, self.writer = socketpair()  # from here on, close() has to be called
        self.families = families

    def begin(self) -> None:
        """Start the look-ups."""
        begin(self)
        if os.getpid() != self.process:  # a signal handler has forked before that
            self.renew()
        for each in self.families:
            self.running.append(Lookup(self, self.host, self.port, each, _STREAM))

    def looked_up(self, lookup: Lookup) -> None:
        with self.lock:  # the call may be over, and the pair closed
            if self.writer.fileno() >= 0:
                self.ended.append(lookup)
                self.writer.send(b"x")

    def renew(self) -> None:
        """In a forked child: a lock that no other thread has, and a pair that the parent has not.

        Of a pair that both have, one would get the byte that wakes the other.  poll(2), which may
        be waiting, knows the descriptor by its number: that stays.
        """
        self.lock = _thread.allocate_lock()
        with suppress(OSError):  # it is closed already
            pair = socketpair()
            for old, new in zip((self.reader, self.writer), pair):
                with new:
                    os.dup2(new.fileno(), old.fileno(), inheritable=False)
            self.writer.send(b"x")

    def run(self, limit: float | None, delay: float, resolution_delay: float) -> Any:
        """The winner; raises if there is none."""
        hold: float | None = None  # until when A records wait for AAAA's
        after = 0.0  # when the next attempt may start
        while True:
            now = monotonic()
            if limit is not None and now >= limit:
                raise self.failure(DialTimeout)
            ready = any(self.queues.values())
            if not (ready or self.running or self.open):
                raise self.failure(DialError)
            if ready and self.aaaa and hold is None:
                hold = now + resolution_delay
            start = max(after, hold or 0.0) if self.aaaa else after
            if ready and (now >= start or (not self.open and now >= (hold or 0.0))):
                won = self.attempt()
                if won is not None:
                    return won
                after = now + delay if self.open else 0.0
                continue
            times = [t for t in (limit, start if ready else None) if t is not None]
            won = self.wait(max(0.0, min(times) - now) if times else None)
            if won is not None:
                return won
            if not self.open:
                after = 0.0

    def attempt(self) -> Any:
        """Begin with the next address: the connected socket, or None if it takes a while."""
        family = _INET if self.last == _INET6 else _INET6
        if not self.queues[family]:
            family = self.last if self.queues[self.last] else family
        self.last = family
        number, kind, proto, _, address = self.queues[family].popleft()
        try:
            sock = self.make(number, kind, proto)
        except OSError as error:
            self.failed(address, error)
            return None
        _beyond.needs(sock, "connect")
        self.open.append((sock, address))
        try:
            sock.setblocking(False)
            if self.interface is not None:
                _go_out_by(sock, number, self.interface)
            if self.source is not None:
                _come_from(sock, self.source)
            sock.connect(address)
        except OSError as error:
            if isinstance(error, BlockingIOError) or error.errno == system.CONNECTING:
                return None
            self.close_one(sock)
            self.failed(address, error)
            return None
        return self.won(sock)

    def wait(self, seconds: float | None) -> Any:
        """Wait for a look-up or an attempt: the connected socket, or None."""
        fds = [self.reader.fileno()]
        if self.cancel is not None:
            fds.append(self.cancel._reader.fileno())
        by_fd = {sock.fileno(): (sock, address) for sock, address in self.open}
        if _poll is not None:
            poll = _poll()
            for fd in fds:
                poll.register(fd, select.POLLIN)
            for fd in by_fd:
                poll.register(fd, select.POLLOUT)
            milliseconds = None if seconds is None else int(min(seconds, _LONGEST) * 1000) + 1
            found = {fd for fd, _ in poll.poll(milliseconds)}
        else:  # Windows, where a connect that fails is exceptional
            found = set().union(*select.select(fds, list(by_fd), list(by_fd), seconds))
        if self.cancel is not None and self.cancel._reader.fileno() in found:
            raise OSError(ECANCELED, f"the connection to {self.host!r} was cancelled")
        if self.reader.fileno() in found:
            self.reader.recv(16)
            while self.ended:
                self.add(self.ended.popleft())
        for sock, address in self.open[:]:
            if sock.fileno() in found:
                number = socket_error(_beyond.handle(sock))
                if not number:
                    return self.won(sock)
                self.close_one(sock)
                self.failed(address, OSError(number, os.strerror(number)))
        return None

    def add(self, lookup: Lookup) -> None:
        """Take in what a look-up has brought."""
        if lookup not in self.running:  # told of twice
            return
        self.running.remove(lookup)
        try:
            answer = lookup.outcome()
        except OSError as error:
            answer = []
            self.failed(None, error)
        if lookup.args[2] == _INET6 or not self.running:
            self.aaaa = False  # nothing to hold A records back for
        for info in answer:
            self.queues.setdefault(info[0], deque()).append(info)

    def failed(self, address: Any, error: OSError) -> None:
        note = f"connecting to {address}" if address else f"looking up {self.host!r}"
        if hasattr(error, "add_note"):
            error.add_note(note)
        self.errors.append((address, error))

    def failure(self, cls: type[DialError]) -> DialError:
        """The exception that says all that has failed."""
        # An attempt's error says more than that of the family without an address.
        by_weight = [e for a, e in self.errors if a] + [e for _, e in self.errors]
        first = by_weight[0] if by_weight else None
        told = "; ".join([f"{a or 'look-up'}: {e.strerror or e}" for a, e in self.errors])
        late = [f"{address}: no answer" for _, address in self.open]
        late += ["the look-up took too long"] * bool(self.running)
        told = "; ".join(filter(None, [told, *late]))
        number = ETIMEDOUT if cls is DialTimeout or first is None else first.errno
        error = cls(number, f"no connection to {self.host!r} port {self.port!r}: {told}")
        error.errors = self.errors
        error.__cause__ = first
        return error

    def won(self, sock: Any) -> Any:
        sock.setblocking(True)
        self.open = [pair for pair in self.open if pair[0] is not sock]
        return sock

    def close_one(self, sock: Any) -> None:
        self.open = [pair for pair in self.open if pair[0] is not sock]
        sock.close()

    def close(self) -> None:
        """Close all attempts that have not won, also if a signal handler raises meanwhile."""
        try:
            self._close()
        except BaseException:
            self._close()
            raise

    def _close(self) -> None:
        while self.open:
            self.open.pop()[0].close()
        with self.lock:
            self.reader.close()
            self.writer.close()
        # Later than what takes no memory: where there is none, CPython may lose count of who holds
        # this object, and then it would never go.
        end(self)
        # What has these has frames, which have this object.
        self.errors, self.running = [], []
        self.ended.clear()


_poll: Any = getattr(select, "poll", None)


def _families_of(host: Any) -> list[int]:
    """The families in which a host may have addresses: a numeric one has one of them."""
    for family in (_INET, _INET6) if isinstance(host, str) else ():
        with suppress(OSError, ValueError):  # ValueError: it has a NUL
            inet_pton(family, host)
            return [family]
    return [_INET6, _INET]


def _come_from(sock: Any, source: Any) -> None:
    try:
        sock.bind(source)
    except OSError as error:
        raise _beyond.named(error, f"source {source[0]}") from None


def _go_out_by(sock: Any, family: int, interface: str) -> None:
    """Let a socket use one interface alone: SO_BINDTODEVICE, IP_BOUND_IF, IP_UNICAST_IF."""
    target, six = _beyond.handle(sock), family == _INET6
    if "SO_BINDTODEVICE" in constants and "IP_BOUND_IF" not in constants:
        name, option = os.fsencode(interface) + b"\0", "SO_BINDTODEVICE"
        _beyond.setsockopt(target, constants["SOL_SOCKET"], option, name, f"interface {interface}")
        return
    option = "BOUND_IF" if "IP_BOUND_IF" in constants else "UNICAST_IF"
    level = constants["IPPROTO_IPV6" if six else "IPPROTO_IP"]
    try:
        index = _beyond.interface_index(interface)
    except OSError as error:
        raise _beyond.named(error, f"interface {interface}") from None
    # Windows wants IPv4's index in network byte order.
    order: Any = "big" if option == "UNICAST_IF" and not six else sys.byteorder
    value = index.to_bytes(4, order)
    option = f"{'IPV6' if six else 'IP'}_{option}"
    _beyond.setsockopt(target, level, option, value, f"interface {interface}")
