"""C functions that answer in static memory, which their next call in any thread overwrites.

``getservbyname(3)`` and similar functions return a pointer to such memory.  So one thread at a
time calls them and reads the answer, under a lock (``StaticAnswers``).

If a process forks while another thread holds such a lock, or a lock inside the C library, nobody
releases it in the child.  So a fork first waits for the end of a look-up in another thread, but no
longer than a second, since a look-up may take longer.  The child gets new locks.
"""

from __future__ import annotations

import os
from _thread import RLock  # threading would cost a millisecond at import
from itertools import count

from .._host import structs
from .._timeouts import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Found = TypeVar("Found")

_FORK_WAITS = 1.0  # seconds


class StaticAnswers:
    """Functions that share memory for their answers, or that may: one lock for all of them."""

    made: list[StaticAnswers] = []

    def __init__(self) -> None:
        self.lock = RLock()
        self.held_by_fork = False
        self._turns = count()
        self.made.append(self)

    def look_up(
        self,
        struct: str,
        read: Callable[[Any], Found],
        missing: Callable[[], Found],
        call: Callable[..., int | None],
        *args: Any,
    ) -> Found:
        """``call(*args)``, and ``read`` of the struct at the address that it returns.

        If that is NULL, the result is that of ``missing``, which may ask why.

        The lock excludes other threads, but not a signal handler in this thread.  If a handler has
        made a look-up between the call and the end of the reading, its answer has overwritten ours,
        and the call is repeated.  So ``read`` only copies; what a copy means is for later.
        """
        with self.lock:
            answer = self._undisturbed(struct, read, missing, call, *args)
        return answer

    def _undisturbed(
        self,
        struct: str,
        read: Callable[[Any], Found],
        missing: Callable[[], Found],
        call: Callable[..., int | None],
        *args: Any,
    ) -> Found:
        while True:
            turn = next(self._turns)
            at = call(*args)
            if next(self._turns) != turn + 1:
                continue
            found = read(structs[struct].from_address(at)) if at else missing()
            if next(self._turns) == turn + 2:
                return found


def _before_fork() -> None:
    late = monotonic() + _FORK_WAITS
    for each in StaticAnswers.made:
        each.held_by_fork = each.lock.acquire(timeout=max(0.0, late - monotonic()))


def _after_fork_in_parent() -> None:
    for each in StaticAnswers.made:
        if each.held_by_fork:
            each.held_by_fork = False
            each.lock.release()


def _after_fork_in_child() -> None:
    for each in StaticAnswers.made:
        each.lock, each.held_by_fork = RLock(), False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
