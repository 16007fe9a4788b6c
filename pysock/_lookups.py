"""Look-ups in threads of their own, for ``dial``: what ends them, and what a forked child does.

``getaddrinfo(3)`` cannot be ended.  So it runs in a daemon thread, and the call that wants the
answer (``Waiting``) waits for it no longer than it likes to.

A signal handler may fork the process in the midst of such a wait.  The child goes on with the
call, but has no such thread; and it shares with the parent what wakes the call.  So the call gets
that anew in the child (``renew``), and then its look-ups fail.
"""

from __future__ import annotations

import _thread
import os
from _weakref import ref

from ._functions import resolver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Waiting:
    """A call that waits for look-ups.  ``started`` has those that it has started."""

    started: list[Lookup]

    def looked_up(self, lookup: Lookup) -> None:
        """A look-up has ended: called in its thread, and perhaps twice."""
        raise NotImplementedError

    def renew(self) -> None:
        """Have what wakes this call for this process alone: called in a forked child."""
        raise NotImplementedError


class _Calls(_thread._local):
    """The calls that wait in this thread.  No other changes the list: so a child has it whole.

    Weak references: a call goes with its sockets even if an exception has cut its end short.
    """

    def __init__(self) -> None:
        self.waiting: list[ref[Waiting]] = []


_calls = _Calls()


def begin(call: Waiting) -> None:
    """``call`` waits from now on, in this thread."""
    _calls.waiting.append(ref(call))


def end(call: Waiting) -> None:
    """It does not wait any more."""
    call.started = []  # these have frames, which have the call
    _calls.waiting[:] = [each for each in _calls.waiting if each() not in (call, None)]


class Lookup:
    """A getaddrinfo(3) in a thread: its call is told when that has ended, whatever has ended it.

    No reference cycle is left: the failure drops the frame of ``_run``, which has this object, and
    the function that raises the failure removes it from here.
    """

    def __init__(self, call: Waiting, *args: Any) -> None:
        self.answer: list[Any] = []
        self.failure: BaseException | None = None
        self.call: Waiting | None = call
        self.args = args
        call.started.append(self)
        # In one step of C: ``threading.Thread.start`` replaces what a signal handler raises in it.
        _thread.start_new_thread(self._run, (_Baton(self),))

    def _run(self, baton: _Baton) -> None:
        try:
            self.answer = resolver.getaddrinfo(*self.args)
        except BaseException as failure:  # for the thread that waits for the result
            self.failure = failure.with_traceback(None)
        self.end()

    def end(self) -> None:
        """Tell that it has ended, unless that is told."""
        call = self.call
        if call is not None:
            call.looked_up(self)
            self.call = None

    def fail(self, why: str) -> None:
        """There will be no answer, unless there is one."""
        if self.call is not None:
            if not self.answer and self.failure is None:
                self.failure = RuntimeError(why)
            self.end()

    def outcome(self) -> list[Any]:
        """The answer; or it raises the failure, once."""
        failures = [self.failure] if self.failure is not None else []
        self.failure = None
        if failures:
            raise failures.pop()
        return self.answer


class _Baton:
    """What a look-up's thread alone has, so that it goes with the thread.

    An exception may come before the thread's first step: for want of memory, or since CPython takes
    a thread that begins for the one that has started it (``PyThreadState_SetAsyncExc``).
    """

    lookup: Lookup | None = None

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup

    def __del__(self) -> None:
        if self.lookup is not None:
            self.lookup.fail("the thread of a look-up has ended too early")


def _after_fork_in_child() -> None:
    for each in _calls.waiting:
        call = each()
        if call is None:
            continue
        call.renew()
        for lookup in call.started:
            lookup.fail("the thread of a look-up is not in this forked child")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
