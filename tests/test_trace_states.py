"""The states of TCP in a recording: asked for beside the calls, and only if that is wanted."""

from __future__ import annotations

import errno
import os
from time import perf_counter_ns
from typing import Any

import pytest

import pysock
from pysock import tcp
from pysock._host import lib
from pysock._platform import WINDOWS, target
from pysock.trace import jsonl, watch
from pysock.trace.decode import Call, decoded
from pysock.trace.page import Page
from pysock.trace.page.tcp import placed
from pysock.trace.record import PYTHON
from pysock.trace.terminal import Writer

if WINDOWS:
    pytest.skip("trace does not know Winsock's calls yet", allow_module_level=True)

CAN = tcp.supported()
asks = pytest.mark.skipif("info" not in CAN, reason="this kernel has no TCP_INFO")
lists = pytest.mark.skipif("sockets" not in CAN, reason="this kernel has no NETLINK_SOCK_DIAG")


def conversation() -> None:
    with pysock.create_server(("127.0.0.1", 0)) as server:
        client = pysock.create_connection(server.getsockname())
        conn, _ = server.accept()
        client.shutdown(pysock.SHUT_WR)
        assert conn.recv(1) == b""
        conn.close()
        assert client.recv(1) == b""
        client.close()


def events_of(act: Any, *, states: bool = True) -> list[Any]:
    head: Any = ("process", perf_counter_ns(), os.getpid(), 0, PYTHON, target, [])
    events: list[Any] = [(os.getpid(), head)]
    with watch.watching(lambda event: events.append((os.getpid(), event)), states=states):
        act()
    return events


def told(calls: list[Call]) -> list[tuple[str, dict[str, str]]]:
    return [(call.function, call.states) for call in calls if call.states]


@asks
def test_each_call_on_a_connection_tells_its_state() -> None:
    states = [(name, each["own"]) for name, each in told(decoded(events_of(conversation)))]
    accept = "accept4" if "accept4" in lib.prototypes else "accept"
    assert {("socket", "CLOSED"), ("listen", "LISTEN"), ("connect", "ESTABLISHED"),
            (accept, "ESTABLISHED"), ("recv", "CLOSE_WAIT")} <= set(states)  # fmt: skip


@lists
def test_after_close_both_ends_are_in_the_table_of_sockets() -> None:
    ends = [each for name, each in told(decoded(events_of(conversation))) if name == "close"]
    assert ends[0] == {"own": "CLOSED", "peer": "TIME_WAIT"}
    assert ends[1] == {"own": "TIME_WAIT", "peer": "CLOSED"}


@lists
def test_a_closed_connection_is_not_taken_for_its_listener() -> None:
    """The kernel names the listener of a port whose connection is gone."""

    def reset() -> None:
        with pysock.create_server(("127.0.0.1", 0)) as server:
            client = pysock.create_connection(server.getsockname())
            conn, _ = server.accept()
            tcp.set_linger(conn, 0)
            conn.close()
            client.close()

    ends = [each for name, each in told(decoded(events_of(reset))) if name == "close"]
    assert ends[0] == {"own": "CLOSED", "peer": "CLOSED"}


def test_nobody_asks_unless_told_to() -> None:
    assert told(decoded(events_of(conversation, states=False))) == []


def test_other_sockets_have_no_state_and_the_errno_is_the_programs() -> None:
    def act() -> None:
        a, b = pysock.socketpair()
        a.send(b"x")
        with pytest.raises(OSError) as caught:
            a.connect("/no/such/path/at/all")
        assert caught.value.errno in (errno.ENOENT, errno.EISCONN, errno.EINVAL)
        a.close()
        b.close()
        with pysock.socket() as free:
            free.bind(("127.0.0.1", 0))
            with pysock.socket() as c, pytest.raises(ConnectionRefusedError):
                c.connect(free.getsockname())

    calls = decoded(events_of(act))
    unix = [call for call in calls if call.function in ("socketpair", "send")]
    assert all(not call.states for call in unix)


@asks
def test_states_come_back_from_a_file_and_stand_in_the_text() -> None:
    events = events_of(conversation)
    again = [jsonl.parse(jsonl.line(pid, event)) for pid, event in events]
    assert told(decoded(again)) == told(decoded(events))
    records = [jsonl.record(pid, event) for pid, event in events]
    given = [each for each in records if "states" in each]
    assert given and not any("state" in name for each in given for name in each["memory"])
    said: list[str] = []
    writer = Writer(said.append)
    for call in decoded(events):
        writer.write(call)
    writer.flush(2**63)
    assert said[said.index("      TCP   LISTEN") - 1].startswith("    listen(")
    assert said.count("      TCP   LISTEN") == 1


@lists
def test_a_state_stands_below_all_that_came_before_it() -> None:
    """The other end may have gone on while the state after shutdown was still asked for."""
    page = Page()
    for pid, event in events_of(conversation):
        page.feed(pid, event)
    page.data()
    ordered = sorted(page.sockets.seen, key=lambda each: each.row)
    shutdown = next(each for each in ordered if each.call.function == "shutdown")
    close = next(each for each in ordered if each.call.function == "close")
    assert shutdown.row < close.row
    first = placed(ordered)[shutdown.row]
    assert {state for state, _ in first} == {*shutdown.call.states.values()}
    shutdown.call.asked = close.call.asked + 1
    shutdown.call.states = {"own": "TIME_WAIT", "peer": "CLOSING"}  # told nowhere else
    late = placed(ordered)
    assert "CLOSING" in [state for state, _ in late[close.row]]
    assert shutdown.row not in late
