"""sendall: ``send(2)`` until nothing is left.

The first attempt is like any other send, and mostly the only one.  What it leaves is sent
from views of the caller's buffer, which keeps its size meanwhile.
"""

from __future__ import annotations

from ._arguments import ZERO, c_int, view_of
from ._errors import timeout
from ._interpreter import STABLE
from ._transfer import AT_ONCE, bytes_if_small, transmit
from ._wait import WRITE, deadline_of, passed, perform, repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._socket import Socket
    from ._types import ReadableBuffer

_BYTES = bytes  # which is a parameter's name


def sendall(self: Socket, bytes: ReadableBuffer, flags: int = 0, /) -> None:
    """``send(2)``, repeated until all is sent; the timeout is for the whole of it."""
    calls = self._calls
    data = bytes if type(bytes) is STABLE else bytes_if_small(bytes)
    if flags is ZERO and type(data) is STABLE and (size := len(data)) <= AT_ONCE:
        n: int = calls.send(self._fd, data, size, calls.dontwait)  # as in ``send``
        if n == size:
            return
    else:
        if flags is not ZERO:
            view_of(bytes).release()
            flags = c_int(flags)
        n = transmit(calls, self._fd, data, flags)
        if type(data) is _BYTES and n == len(data):
            return
    deadline = deadline_of(self)
    with view_of(bytes) as whole:
        if n < 0:
            n = repeat(self, WRITE, transmit, whole, flags, deadline=deadline)
        if n >= whole.nbytes:  # of no bytes at all, no view can be cast
            return
        with whole.cast("B") as view:
            while n < len(view):
                if deadline is not None and passed(deadline):
                    raise timeout("timed out")
                with view[n:] as rest:
                    n += perform(self, deadline, WRITE, transmit, rest, flags)
