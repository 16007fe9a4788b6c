"""Look-ups in threads of their own, for ``dial``: what ends them, and what a forked child does.

``getaddrinfo(3)`` cannot be ended.  So it runs in a daemon thread, and the call that wants the
answer (``Waiting``) waits for it no longer than it likes to.

A signal handler may fork the process in the midst of such a wait.  The child goes on with the
call, but has no such thread; and it shares with the parent what wakes the call.  So the call gets
that anew in the child (``renew``), and then its look-ups fail.
"""

from __future__ import annotations

import _thread

from . import _going_on
from ._ffi import versions
from ._functions import resolver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
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

    def after_fork(self) -> None:
        self.renew()
        for lookup in self.started:
            lookup.fail("the thread of a look-up is not in this forked child")


def end(call: Waiting) -> None:
    """It does not wait any more."""
    call.started = []  # these have frames, which have the call
    _going_on.end(call)


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
        self.beginning = _thread.allocate_lock()  # held until the thread has made its first step
        self.beginning.acquire()
        call.started.append(self)
        steps = self._run()
        next(steps, None)
        # In one step of C: ``threading.Thread.start`` replaces what a signal handler raises in it.
        _thread.start_new_thread(next, (steps, None))
        del steps
        if not versions.THREADS_BEGIN_ALONE:
            self.beginning.acquire()
            if not isinstance(self.failure, (OSError, type(None))):
                self.outcome()

    def _run(self) -> Iterator[None]:
        """What the thread does: a generator, which is inside its ``try`` when the thread begins.

        CPython up to 3.11 takes a thread that begins for the one that has started it, and gives it
        what ``PyThreadState_SetAsyncExc`` should raise there.  A function would have that before
        its first step; here it is the failure, for which the one that has started this waits.

        The thread alone has the generator, which goes with it.  If there is no memory for its first
        step, that ends the generator.
        """
        try:
            yield
            self.beginning.release()
            self.answer = resolver.getaddrinfo(*self.args)
        except GeneratorExit:
            self.fail("the thread of a look-up has ended too early")
        except BaseException as failure:  # for the thread that waits for the result
            self.failure = failure.with_traceback(None)
        self.end()

    def end(self) -> None:
        """Tell that it has ended, unless that is told."""
        call = self.call
        if call is not None:
            call.looked_up(self)
            self.call = None
        if self.beginning.locked():
            self.beginning.release()

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
