"""The one policy for a call that failed: repeat it, wait, or raise.

A socket is in one of three modes, by its timeout: blocking (None), non-blocking (0) or
timeout mode (seconds).  In the last two its descriptor does not block.  A call is made
first, and only its failure is looked at here:

EINTR            repeat: a signal handler has run, and did not raise (PEP 475).
EAGAIN           in timeout mode, ``poll(2)`` for what is left of the time, and repeat.
anything else    raise.

Calling first saves a system call wherever the answer is there already.  Where it is not, as in
a client that waits for a response, it costs one: so a receive that had to wait lets the next
ones poll first (``wait_first``).  Every wait ends at its deadline, even if poll says "ready" each
time and the call still fails with EAGAIN: other threads may be faster, or a datagram's receiver
may be full.  Only ``connect`` has a policy of its own (``_methods.connection``).
"""

from __future__ import annotations

from ctypes import c_char
from time import sleep

from .._ffi.abi import codec
from .._ffi.errors import ATTEMPTS, ErrnoKept, from_errno, timeout
from .._ffi.interpreter import pop_errno, set_errno
from .._host import abi, constants, lib, structs, system
from .._timeouts import monotonic
from .getsockopt import getsockopt_int
from .memory import Pool, with_pointer
from .state import NO_SIZE, calls_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._ffi.prototype import Library
    from .state import SocketState

READ = constants["POLLIN"]
WRITE = constants["POLLOUT"]
ERROR = constants["POLLERR"]

_POLL_MAX = 2**31 - 1  # poll(2) takes its milliseconds as an int
_pollfd = codec(abi, structs["pollfd"], "fd events revents")


def _poll_entry() -> Any:
    """The memory of a pollfd, and its pointer: to set single members costs PyPy 300 ns more."""
    pollfd, pointer = with_pointer(structs["pollfd"])
    return (c_char * _pollfd.size).from_buffer(pollfd), pointer


_polls = Pool(_poll_entry)
_free_polls = _polls.stack
_packed = _pollfd.pack


def retry(
    sock: SocketState,
    calls: Library,
    events: int,
    attempt: Callable[..., Any],
    *args: Any,
    deadline: float | None = None,
) -> Any:
    """``attempt(calls, sock, *args)`` has just failed, with −1 or None: repeat it, or raise why.

    Returns the result of the attempt that succeeds.  Calls that share a deadline (``sendall``)
    pass it; otherwise this call has the whole timeout.
    """
    if deadline is None:
        deadline = deadline_of(sock)
    unready = 0  # how often it would have blocked
    lost = 0  # how often errno was lost
    kept = None
    while True:
        number = pop_errno() if kept is None else kept.pop_errno()
        mode = sock._sock_timeout_  # which another thread may have changed since the call began
        if number in system.WOULD_BLOCK:
            if mode and deadline is None:
                deadline = monotonic() + mode
            if waits_in_python(mode, deadline):
                _wait(sock, events, deadline, unready)
                unready += 1
            # If another thread has just ended non-blocking mode, the kernel waits from now on.
            elif mode is not None or calls is lib:
                raise from_errno(number)
        elif number == 0 and lost < ATTEMPTS:
            # A signal handler made a call that failed, after ours had.  Nothing happened
            # yet, so the call is made again, as after EINTR.
            lost += 1
        elif number != system.INTERRUPTED:
            raise from_errno(number)
        elif deadline is not None and deadline_passed(deadline):
            raise timeout("timed out")
        # With a deadline it must not block, even if a signal handler has just ended the timeout.
        calls = calls_for(mode if deadline is None else deadline)
        if lost:
            kept = kept or ErrnoKept(lib)
            kept.dontwait = calls.dontwait
        result = attempt(kept or calls, sock, *args)
        if result is not None and not (type(result) is int and result < 0):
            return result


def would_block(sock: SocketState) -> int:
    """The errno of a call that has just failed, if it would have to wait and may not; else 0.

    An event loop meets this again and again.  If the method itself raises the error, that takes
    2,000 instructions less than ``retry``, which handles everything else and finds errno as it was.
    """
    if sock._sock_timeout_ != 0:
        return 0
    number = pop_errno()
    if number in system.WOULD_BLOCK:
        return number
    set_errno(number)
    return 0


def _wait(sock: SocketState, events: int, deadline: float | None, unready: int) -> None:
    """Wait until a call that would block is worth another attempt, or raise that it is too late."""
    limit = _kernel_limit(sock, events) if deadline is None else deadline
    # After the first attempt poll is asked even if other threads have held up this one past
    # its deadline.
    late = unready > 0 and limit is not None and deadline_passed(limit)
    begin = monotonic()
    if late or not wait_until_ready(sock, events, limit):
        raise from_errno(system.TIMED_OUT) if deadline is None else timeout("timed out")
    if events == READ and deadline is not None:
        sock._sock_waits_, sock._sock_plain_ = WAITS, NO_SIZE
    if unready > 1 and monotonic() - begin < _AT_ONCE:
        # "Ready" without a wait, and not for the first time: give way, ever longer.
        pause = min(_AT_ONCE * 2**unready, _PAUSE_MAX)
        sleep(pause if limit is None else max(0.0, min(pause, limit - begin)))


# After a receive that had to wait, so many poll first; the one after them does not, to see whether
# polling still pays.  Where each has to wait, that is 2.06 system calls instead of 3 (C: 2).
WAITS = 16


def wait_first(sock: SocketState, flags: int) -> float | None:
    """``poll(2)`` before a receive, since the last ones had to wait: the deadline for the rest.

    Called while ``sock._sock_waits_`` is not 0.  Does nothing (None) if ``flags`` may ask for
    something else than what poll reports, or if the socket is not in timeout mode any more.
    """
    left = sock._sock_waits_
    seconds = sock._sock_timeout_
    if flags or not left or not seconds:
        return None
    sock._sock_waits_ = left - 1
    return poll_first(sock, seconds)


def poll_first(sock: SocketState, seconds: float) -> float:
    """``poll(2)`` until there is something to receive: the deadline for the rest of the call.

    In fewer steps than ``wait_until_ready``, which goes on where the socket is not ready.
    """
    begin = monotonic()
    deadline = begin + seconds
    try:
        entry = _free_polls.pop()
    except IndexError:
        entry = _poll_entry()
    memory, pointer = entry
    milliseconds = (seconds * 1000).__ceil__()
    poll = lib.poll
    ready = -1
    fd = sock._sock_fd_
    if fd != -1 and milliseconds <= _POLL_MAX:
        memory.raw = _packed(fd, READ, 0)
        ready = poll(pointer, 1, milliseconds)
    _free_polls.append(entry)
    if ready <= 0:
        late = ready == 0 and (deadline_passed(deadline) or _clock_stands(begin))
        if late or not wait_until_ready(sock, READ, deadline):
            raise timeout("timed out")
    return deadline


_AT_ONCE = 0.0002  # seconds
_PAUSE_MAX = 0.02


def waits_in_python(mode: float | None, deadline: float | None) -> bool:
    """Whether a call that would block is waited for here, and not by the kernel."""
    return deadline is not None or (mode is None and not system.KERNEL_WAITS)


def _kernel_limit(sock: SocketState, events: int) -> float | None:
    """When Windows would give up this wait: the option is in milliseconds there."""
    option = constants["SO_RCVTIMEO" if events & READ else "SO_SNDTIMEO"]
    milliseconds = getsockopt_int(sock._sock_fd_, constants["SOL_SOCKET"], option)
    return monotonic() + milliseconds / 1000 if milliseconds > 0 else None


def deadline_of(sock: SocketState) -> float | None:
    """When a call that begins now has to be done; None unless the socket is in timeout mode."""
    seconds = sock._sock_timeout_
    return monotonic() + seconds if seconds else None


def deadline_passed(deadline: float) -> bool:
    """Whether it is too late."""
    return monotonic() >= deadline


def _clock_stands(asked: float) -> bool:
    """Whether no time has passed since ``asked``, though poll(2) has waited as long as it should.

    The clock may be a program's, which has put a library between us and C's (faketime(1)): it then
    stands still, or goes back.  The kernel waits by its own, and as in C its answer counts.
    """
    return system.KERNEL_WAITS and monotonic() <= asked


def wait_until_ready(sock: SocketState, events: int, deadline: float | None) -> bool:
    """``poll(2)`` until the socket is ready for ``events``; False if the deadline passes.

    It is asked at least once, even if other threads held up this one past the deadline.
    """
    entry = _polls.take()
    memory, pointer = entry
    milliseconds = -1
    lost = 0
    asked = 0.0
    kept, poll = None, lib.poll
    while (fd := sock._sock_fd_) != -1:
        if deadline is not None:
            asked = monotonic()
            # Rounded up: a wait that ends early would only be repeated.
            milliseconds = ((deadline - asked) * 1000).__ceil__()
            if not 0 <= milliseconds <= _POLL_MAX:
                milliseconds = 0 if milliseconds < 0 else _POLL_MAX
        memory.raw = _packed(fd, events, 0)
        n = poll(pointer, 1, milliseconds)
        if n > 0:
            break
        # "Not ready" without a deadline is no answer of a kernel's (on Windows, a slice has ended).
        endless = deadline is None and system.KERNEL_WAITS
        number = 0 if endless else system.INTERRUPTED
        if n < 0:
            number = pop_errno() if kept is None else kept.pop_errno()
        if number == 0 and lost < ATTEMPTS:
            lost += 1
            kept = kept or ErrnoKept(lib)
            poll = kept.poll
        elif number != system.INTERRUPTED:
            _polls.put(entry)
            raise from_errno(number)
        elif deadline is not None and (
            deadline_passed(deadline) or (n == 0 and _clock_stands(asked))
        ):
            _polls.put(entry)
            return False
    # Closed meanwhile, poll would wait: then the call says that it is closed.
    _polls.put(entry)
    return True
