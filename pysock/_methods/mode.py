"""setblocking, settimeout, getblocking, gettimeout: whether calls wait, and how long.

The three modes are explained in ``_calls.wait``; how a mode is changed, in ``_calls.state``.
"""

from __future__ import annotations

from .. import _timeouts
from .._calls.state import SocketState, change_mode


class Mode(SocketState):
    """How long calls wait."""

    __slots__ = ()

    def setblocking(self, flag: bool, /) -> None:
        """True: calls block until they are done.  False: they fail rather than wait.

        The same as ``settimeout(None)`` and ``settimeout(0)``.  Sets O_NONBLOCK by ``ioctl(2)``
        or ``fcntl(2)``, and does not block.  Raises OSError: EBADF.
        """
        change_mode(self, None if _timeouts.truth(flag) else 0.0)

    def settimeout(self, value: float | None, /) -> None:
        """Let calls wait for up to ``value`` seconds; 0 is non-blocking, None blocking mode.

        A call that is not done by then raises TimeoutError.  The descriptor does not block any
        more: waiting is done by ``poll(2)``.  Sets O_NONBLOCK, as ``setblocking`` does.  Raises
        ValueError for what is negative or NaN, OverflowError for what is too long, OSError: EBADF.

        >>> a, b = socketpair()
        >>> a.settimeout(0.05)
        >>> try:
        ...     a.recv(1)
        ... except timeout:
        ...     print("nothing has come")
        nothing has come
        """
        change_mode(self, _timeouts.parse(value))

    def gettimeout(self) -> float | None:
        """The timeout in seconds, or None.  Makes no call, and raises nothing."""
        return self._sock_timeout_

    def getblocking(self) -> bool:
        """False in non-blocking mode, else True.  Makes no call, and raises nothing."""
        return self._sock_timeout_ != 0

    @property
    def timeout(self) -> float | None:
        """The timeout in seconds, or None."""
        return self._sock_timeout_
