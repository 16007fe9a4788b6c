"""The one policy for a call that failed: repeat it, wait, or raise.

A socket is in one of three modes, by its timeout: blocking (None), non-blocking (0) or
timeout mode (seconds).  In the last two its descriptor does not block.  A call is made
first, and only its failure is looked at here:

EINTR            repeat: a signal handler has run, and did not raise (PEP 475).
EAGAIN           in timeout mode, ``poll(2)`` for what is left of the time, and repeat.
anything else    raise.

Calling first saves a system call wherever the answer is there already.  Only ``connect`` has
a policy of its own (``_connect``).
"""

from __future__ import annotations

from ctypes import c_char
from math import ceil
from time import monotonic

from ._abi import codec
from ._errors import from_errno, timeout
from ._host import abi, constants, lib, structs, system
from ._interpreter import take_errno
from ._options import read_int
from ._transfer import Pool, with_pointer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._socket import Socket

READ = constants["POLLIN"]
WRITE = constants["POLLOUT"]
ERROR = constants["POLLERR"]

_LONGEST = 2**31 - 1  # poll(2) takes its milliseconds as an int
_pollfd = codec(abi, structs["pollfd"], "fd events revents")


def _poll_entry() -> Any:
    """A pollfd as memory, and its pointer: its members one by one cost 300 ns more on PyPy."""
    pollfd, pointer = with_pointer(structs["pollfd"])
    return (c_char * _pollfd.size).from_buffer(pollfd), pointer


_polls = Pool(_poll_entry)


def repeat(
    sock: Socket,
    events: int,
    attempt: Callable[..., Any],
    *args: Any,
    deadline: float | None = None,
) -> Any:
    """``attempt(calls, fd, *args)`` has just failed: its result when it does not, or why."""
    if deadline is None and sock._timeout:
        deadline = monotonic() + sock._timeout
    while True:
        number = take_errno()
        if number in system.WOULD_BLOCK and waits(sock, deadline):
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


def perform(
    sock: Socket, deadline: float | None, events: int, attempt: Callable[..., Any], *args: Any
) -> Any:
    """``attempt(calls, fd, *args)``, one of several that share a deadline (``sendall``)."""
    result = attempt(sock._calls, sock._fd, *args)
    if _failed(result):
        return repeat(sock, events, attempt, *args, deadline=deadline)
    return result


def _failed(result: Any) -> bool:
    return result is None or (type(result) is int and result < 0)


def waits(sock: Socket, deadline: float | None) -> bool:
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
    """``poll(2)`` until the socket is ready for ``events``; False if the deadline passes.

    It is asked at least once, even if other threads held up this one past the deadline.
    """
    try:
        entry = _polls.pop()
    except IndexError:
        entry = _polls.make()
    memory, pointer = entry
    milliseconds = -1
    try:
        while sock._fd != -1:
            if deadline is not None:
                # Rounded up: a wait that ends early would only be repeated.
                milliseconds = ceil((deadline - monotonic()) * 1000)
                if not 0 <= milliseconds <= _LONGEST:
                    milliseconds = 0 if milliseconds < 0 else _LONGEST
            memory.raw = _pollfd.pack(sock._fd, events, 0)
            n = lib.poll(pointer, 1, milliseconds)
            if n > 0:
                return True
            if n < 0:
                number = take_errno()
                if number not in (0, system.INTERRUPTED):
                    raise from_errno(number)
            elif deadline is not None and passed(deadline):
                return False
        return True  # closed meanwhile, and poll would wait: let the call say so
    finally:
        _polls.put(entry)
