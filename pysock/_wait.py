"""The one policy for a call that failed: repeat it, wait, or raise.

A socket is in one of three modes, by its timeout: blocking (None), non-blocking (0) or
timeout mode (seconds).  In the last two its descriptor does not block.  A call is made
first, and only its failure is looked at here:

EINTR            repeat: a signal handler has run, and did not raise (PEP 475).
EAGAIN           in timeout mode, ``poll(2)`` for what is left of the time, and repeat.
anything else    raise.

Calling first saves a system call wherever the answer is there already.  ``connect`` is
never repeated: it goes on by itself, so one waits and asks with SO_ERROR how it ended.
"""

from __future__ import annotations

from functools import partial
from time import monotonic

from . import _transfer
from ._errors import from_errno, timeout
from ._interpreter import take_errno
from ._options import read_int
from ._platform import constants, lib, structs, system
from ._transfer import Pool, name_from, with_pointer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._socket import Socket

READ = constants["POLLIN"]
WRITE = constants["POLLOUT"]
_ERROR = constants["POLLERR"]

_LONGEST = 2**31 - 1  # poll(2) takes its milliseconds as an int
_polls = Pool(partial(with_pointer, structs["pollfd"]))


def repeat(sock: Socket, events: int, attempt: Callable[..., Any], *args: Any) -> Any:
    """``attempt(calls, fd, *args)`` has just failed: its result when it does not, or why."""
    return repeat_until(deadline_of(sock), sock, events, attempt, *args)


def perform(
    sock: Socket, deadline: float | None, events: int, attempt: Callable[..., Any], *args: Any
) -> Any:
    """``attempt(calls, fd, *args)``, one of several that share a deadline (``sendall``)."""
    result = attempt(sock._calls, sock._fd, *args)
    if _failed(result):
        return repeat_until(deadline, sock, events, attempt, *args)
    return result


def _failed(result: Any) -> bool:
    return result is None or (type(result) is int and result < 0)


def repeat_until(
    deadline: float | None, sock: Socket, events: int, attempt: Callable[..., Any], *args: Any
) -> Any:
    while True:
        number = take_errno()
        if number in system.WOULD_BLOCK and _waits(sock, deadline):
            limit = deadline or _limit_of(sock, events)
            if not ready(sock, events, limit):
                raise timeout("timed out") if deadline else from_errno(system.TIMED_OUT)
        elif number not in (0, system.INTERRUPTED):
            raise from_errno(number)
        # 0: a signal handler made a call that failed, after ours had.  Nothing happened
        # yet, so the call is made again, as after EINTR.
        result = attempt(sock._calls, sock._fd, *args)
        if not _failed(result):
            return result


def _waits(sock: Socket, deadline: float | None) -> bool:
    """Whether a call that would block is waited for here, and not by the kernel."""
    return deadline is not None or (sock._timeout is None and not system.KERNEL_WAITS)


def _limit_of(sock: Socket, events: int) -> float | None:
    """When the kernel would give up a wait, were it the one that waits."""
    option = constants["SO_RCVTIMEO" if events & READ else "SO_SNDTIMEO"]
    milliseconds = read_int(sock._fd, constants["SOL_SOCKET"], option)
    return monotonic() + milliseconds / 1000 if milliseconds else None


def deadline_of(sock: Socket) -> float | None:
    """When a call that begins now has to be done; None unless the socket is in timeout mode."""
    return monotonic() + sock._timeout if sock._timeout else None


def passed(deadline: float) -> bool:
    return monotonic() >= deadline


def ready(sock: Socket, events: int, deadline: float | None) -> bool:
    """``poll(2)`` until the socket is ready for ``events``; False if the deadline passes."""
    entry = _polls.take()
    pollfd, pointer = entry
    try:
        while True:
            milliseconds = -1
            if sock._fd == -1:
                return True  # closed meanwhile, and poll would wait: let the call say so
            if deadline is not None:
                left = deadline - monotonic()
                if left < 0:
                    return False
                # Rounded up: a wait that ends early would only be repeated.
                milliseconds = min(int(-(-left * 1000 // 1)), _LONGEST)
            pollfd.fd, pollfd.events, pollfd.revents = sock._fd, events, 0
            n = lib.poll(pointer, 1, milliseconds)
            if n > 0:
                return True
            if n < 0:
                number = take_errno()
                if number not in (0, system.INTERRUPTED):
                    raise from_errno(number)
    finally:
        _polls.put(entry)


def connect(sock: Socket, name: bytes) -> int | None:
    """``connect(2)`` to a packed address: 0, the errno of its failure, or None: timed out.

    An interrupted connect goes on in the background, like one on a descriptor that does
    not block; both are waited for, unless the socket is in non-blocking mode.
    """
    deadline = None
    under_way = system.CONNECTING
    while _transfer.connect(sock._fd, name) != 0:
        number = take_errno()
        if number == 0:
            # A signal handler took our errno.  Asking again is safe here: if the first
            # call got as far as that, it goes on, and the second says so in other words.
            under_way = system.STILL_CONNECTING
            continue
        if number == under_way:
            number = system.CONNECTING
        # Not sooner: after the call, other threads may hold up this one for longer than
        # a short timeout, while the connection stands already.
        deadline = deadline or deadline_of(sock)
        interrupted = number == system.INTERRUPTED
        pending = interrupted or (number == system.CONNECTING and _waits(sock, deadline))
        if sock._timeout == 0 or not pending:
            return number
        if not ready(sock, WRITE | _ERROR, deadline):
            return None
        outcome = _socket_error(sock._fd)
        if outcome == 0 and interrupted and not _is_connected(sock._fd):
            continue  # in some families, unix(7) for one, a signal ends it for good
        return 0 if outcome == system.CONNECTED else outcome
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
