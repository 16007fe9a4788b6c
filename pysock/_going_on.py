"""The calls that go on in each thread, for those of which a forked child cannot have all.

A signal handler may fork the process in the midst of a call, with which both go on.  What wakes
the call, or what answers it, may then be the parent's alone, and is shared all the same.  So the
child tells each such call, before it goes on.
"""

from __future__ import annotations

import _thread
import os
from _weakref import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Call(Protocol):
        """A call that goes on."""

        def after_fork(self) -> None:
            """This is a forked child."""


class _Calls(_thread._local):
    """The calls of this thread.  No other changes the list: so a child has it whole.

    Weak references: a call goes with its sockets even if an exception has cut its end short.
    """

    def __init__(self) -> None:
        self.going_on: list[ref[Call]] = []


calls = _Calls()


def begin(call: Call) -> None:
    """``call`` goes on from now on, in this thread."""
    calls.going_on.append(ref(call))


def end(call: Call) -> None:
    """It is over."""
    calls.going_on[:] = [each for each in calls.going_on if each() not in (call, None)]


def _after_fork_in_child() -> None:
    for each in calls.going_on:
        call = each()
        if call is not None:
            call.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
