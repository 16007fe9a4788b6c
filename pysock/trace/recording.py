"""Foreign calls of one block of code, for tests and for a look: ``recording``."""

from __future__ import annotations

import os
from contextlib import contextmanager
from time import perf_counter_ns

from .._platform import target
from . import inject, record
from .decode import decoded
from .watch import watching

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .decode import Call
    from .watch import Event


class Recording:
    """The foreign calls that any thread of this process has made in a block."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    @property
    def calls(self) -> list[Call]:
        """All calls, decoded, in the order in which they began; also those that still wait."""
        head: Event = ("process", perf_counter_ns(), os.getpid(), 0, record.PYTHON, target, [])
        return decoded([(os.getpid(), event) for event in [head, *self.events]])

    @property
    def system_calls(self) -> list[Call]:
        """Those of ``calls`` that are system calls on sockets."""
        return [call for call in self.calls if call.is_system_call and call.on_socket]

    @property
    def functions(self) -> list[str]:
        """The C functions of ``system_calls``, for a test that expects exactly these."""
        return [call.function for call in self.system_calls]


@contextmanager
def recording(faults: str = "") -> Iterator[Recording]:
    """Record each foreign call that pysock makes in any thread, until the block ends.

    ``faults`` are what ``trace --inject`` takes, as ``"short-reads,eintr"``; ValueError for
    others.

    Makes no system call on a socket, does not block, and raises nothing of its own.  Outside a
    recording a call costs nothing more; inside, four to fifteen times as long.

    >>> import pysock
    >>> from pysock.trace import recording
    >>> a, b = pysock.socketpair()
    >>> with recording() as made:
    ...     n = a.send(b"abc")
    ...     data = b.recv(2)
    >>> made.functions
    ['send', 'recv']
    >>> [(call.method, call.argument("buf"), call.result) for call in made.calls]
    [('socket.send', b'abc', 3), ('socket.recv', b'ab', 2)]
    >>> a.close(), b.close()
    (None, None)
    """
    made = Recording()
    wanted = inject.parse(faults)
    with watching(made.events.append, inject.Injector(wanted) if wanted else None):
        yield made
