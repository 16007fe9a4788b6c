"""The order in which calls are told: no effect above its cause, and what waits is shown waiting."""

from __future__ import annotations

import pytest

import pysock
from pysock._platform import WINDOWS, target
from pysock.trace import recording
from pysock.trace.order import FOREVER, LONG, Sorter, Timeline, sort
from pysock.trace.terminal import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.trace.watch import Event

A, B = 1, 2
MS = 1_000_000


def begin(call: int, at: int, function: str, *arguments: object) -> Event:
    return ("begin", call, at, 1, "libc", function, arguments, {}, (None, "", "x.py", 1))


def end(call: int, at: int, result: int = 0) -> Event:
    return ("end", call, at, 1, result, 0, {})


def told(*events: tuple[int, Event]) -> list[tuple[int, str, bool]]:
    timeline = Timeline()
    found = []
    for pid in (A, B):
        list(timeline.feed(pid, ("process", 0, pid, 0, "cpython 3.11.7", target, [])))
    for pid, event in sorted(events, key=lambda pair: pair[1][2]):
        found += [(call.pid, call.function, waits) for call, waits in timeline.feed(pid, event)]
    found += [(call.pid, call.function, waits) for call, waits in timeline.end()]
    return found


SEND, RECV = (4, "*", 1, 0), (5, "*", 1, 0)


def test_a_send_stands_above_the_recv_that_ends_before_it() -> None:
    assert told(
        (B, begin(1, 10, "recv", *RECV)), (A, begin(1, 20, "send", *SEND)),
        (B, end(1, 30, 1)), (A, end(1, 40, 1)),
    ) == [(A, "send", False), (B, "recv", False)]  # fmt: skip


def test_an_accept_stands_below_its_connect() -> None:
    assert told(
        (B, begin(1, 10, "accept4", 3, None, None, 0)), (A, begin(1, 20, "connect", 4, "*", 16)),
        (B, end(1, 30, 5)), (A, end(1, 50)),
    ) == [(A, "connect", False), (B, "accept4", False)]  # fmt: skip


def test_a_connect_that_began_before_listen_has_its_result_below_it() -> None:
    assert told(
        (A, begin(1, 10, "connect", 4, "*", 16)), (B, begin(1, 20, "listen", 3, 1)),
        (B, end(1, 30)), (A, end(1, 40)),
    ) == [(A, "connect", True), (B, "listen", False), (A, "connect", False)]  # fmt: skip


def test_what_waits_is_shown_waiting() -> None:
    assert told(
        (B, begin(1, 0, "recv", *RECV)), (A, begin(1, 20 * MS, "send", *SEND)),
        (A, end(1, 20 * MS + 5)), (B, end(1, 20 * MS + 7)),
    ) == [(B, "recv", True), (A, "send", False), (B, "recv", False)]  # fmt: skip


def test_what_never_ends_is_shown_waiting() -> None:
    assert told((B, begin(1, 0, "recv", *RECV))) == [(B, "recv", True)]


def test_while_a_program_runs_what_waits_is_shown_once_it_is_late() -> None:
    timeline = Timeline()
    assert list(timeline.feed(A, begin(1, 100, "recv", *RECV))) == []
    assert list(timeline.tell(100 + LONG)) == []
    assert [waits for _, waits in timeline.tell(101 + LONG)] == [True]
    assert list(timeline.tell(102 + LONG)) == []


def test_events_of_two_processes_are_sorted_by_time() -> None:
    events = [(A, end(1, 50)), (A, end(2, 90)), (B, end(1, 10)), (B, end(2, 60))]
    assert [event[2] for _, event in sort(iter(events))] == [10, 50, 60, 90]
    sorter = Sorter()
    sorter.add(A, end(1, 10))
    assert list(sorter.ready(11)) == []  # an earlier one may still be found


def test_between_two_real_sockets_no_effect_is_above_its_cause() -> None:
    a, b = pysock.socketpair()
    with a, b, recording() as made:
        for n in range(200):
            a.send(b"%d" % n)
            b.recv(10)
    timeline, sent, got = Timeline(), 0, 0
    for event in made.events:
        for call, waits in timeline.feed(A, event):
            # A call that took long, on a machine with other things to do, is told twice.
            sent += call.function == "send" and not waits
            got += call.function == "recv" and not waits
            assert got <= sent
    assert (sent, got) == (200, 200)


@pytest.mark.skipif(WINDOWS, reason="strace is of Linux: Winsock's calls have no lines of it")
def test_a_long_connect_has_a_line_of_strace_where_it_begins() -> None:
    """Its effect, the accept, stands below that, and what has never ended at the end."""
    timeline = Timeline()
    lines: list[str] = []
    writer = Writer(lines.append, as_strace=True)
    for pid, event in (
        (A, ("process", 0, A, 0, "cpython 3.11.7", target, [])),
        (B, begin(1, 10, "accept4", 3, None, None, 0)), (A, begin(1, 20, "connect", 4, None, 16)),
        (B, end(1, 20 + LONG, 5)), (B, begin(2, 21 + LONG, "accept4", 3, None, None, 0)),
        (A, end(1, 30 + LONG)),
    ):  # fmt: skip
        for call, waits in timeline.feed(pid, event):
            writer.write(call, waits)
    for call, waits in timeline.end():
        writer.write(call, waits)
    writer.flush(FOREVER)
    assert [line.partition("] ")[2] for line in lines] == [
        "connect(4, NULL, 16 <unfinished ...>",
        "accept4(3, NULL, NULL, 0) = 5",
        "<... connect resumed>) = 0",
        "accept4(3, NULL, NULL, 0) = ? <unfinished ...>",
    ]
