"""The order in which calls are shown, so that no effect stands above its cause.

Processes and threads run at once, and each call has a begin and an end.  A call that *gives* (send,
connect, close, shutdown) can have its effect as soon as it has begun; a call that *takes* (recv,
accept, poll) has had its cause when it ends.  So a call that gives stands where it begins, and one
that takes where it ends: then ``send`` is above the ``recv`` that it has ended, whichever threads
made them.  All other calls stand where they begin.

A call that lasts longer than ``LONG`` stands in both places: where it begins it waits, and where
it ends it has its result.

``Sorter`` brings events of several processes into the order of their times, ``Timeline`` calls
into the order in which they are shown.  Both work while a program runs: they hold back what may
still change.
"""

from __future__ import annotations

import heapq
from collections import deque

from .decode import Decoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .decode import Call
    from .watch import Event

TAKES = frozenset(
    "accept accept4 recv recvfrom recvmsg read readv poll select epoll_wait getsockopt "
    "getpeername".split()
)
LONG = 10_000_000  # nanoseconds
LATE = 200_000_000  # how long after its time an event may still be found

FOREVER = 2**63


def time_of(event: Event) -> int:
    """When an event happened."""
    time: int = event[2] if event[0] in ("begin", "end") else event[1]
    return time


class Sorter:
    """Events of several processes, each in its own order, in the order of their times."""

    def __init__(self) -> None:
        self.held: list[tuple[int, int, int, Event]] = []
        self.count = 0

    def add(self, pid: int, event: Event) -> None:
        self.count += 1
        heapq.heappush(self.held, (time_of(event), self.count, pid, event))

    def ready(self, now: int) -> Iterator[tuple[int, Event]]:
        """The events that are old enough at the time ``now`` that no earlier one will follow."""
        while self.held and self.held[0][0] < now - LATE:
            _, _, pid, event = heapq.heappop(self.held)
            yield pid, event


def sort(events: Iterable[tuple[int, Event]]) -> Iterator[tuple[int, Event]]:
    """Events that are nearly in the order of their times, in that order."""
    sorter = Sorter()
    for pid, event in events:
        sorter.add(pid, event)
        yield from sorter.ready(time_of(event))
    yield from sorter.ready(FOREVER)


class Timeline:
    """Events in the order of their times become calls in the order of telling."""

    def __init__(self) -> None:
        self.decoder = Decoder()
        # What is to be told next: a call and whether it is its end.
        self.slots: deque[tuple[Call, bool]] = deque()
        self.told: set[int] = set()  # calls that have been told where they began
        self.now = 0

    def feed(self, pid: int, event: Event) -> Iterator[tuple[Call, bool]]:
        """``(call, waits)`` of each call that can now be told: it has ended, or it waits."""
        self.now = time_of(event)
        call = self.decoder.feed(pid, event)
        if call is not None:
            self.slots.append((call, call.end is not None))
        yield from self.tell(self.now)

    def tell(self, now: int) -> Iterator[tuple[Call, bool]]:
        """The same, as far as the time ``now`` decides it."""
        while self.slots:
            call, is_end = self.slots[0]
            if not is_end:
                waited = (now if call.end is None else call.end) - call.begin
                if call.end is None and waited <= LONG:
                    return
                self.slots.popleft()
                if waited > LONG or self._overtaken(call):
                    yield call, True
                elif call.function not in TAKES:
                    self.told.add(id(call))
                    yield call, False
            else:
                self.slots.popleft()
                if id(call) in self.told:
                    self.told.remove(id(call))
                else:
                    yield call, False

    def _overtaken(self, call: Call) -> bool:
        """Whether what a connect needs has begun after it: then its result belongs below that."""
        if call.function != "connect":
            return False
        for other, is_end in self.slots:
            if other is call:
                return False
            if other.function == "listen" and not is_end:
                return True
        return False

    def end(self) -> Iterator[tuple[Call, bool]]:
        """What is left when no event follows: also the calls that have never ended."""
        yield from self.tell(FOREVER)
