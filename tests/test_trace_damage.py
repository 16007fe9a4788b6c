"""Damaged recordings: what is an event is shown, and nothing ends in a traceback."""

from __future__ import annotations

import errno
import json
import os
import select
from random import Random
from time import perf_counter_ns
from typing import Any

import pytest

import pysock
from pysock._platform import WINDOWS, target
from pysock.trace import jsonl, watch
from pysock.trace.order import FOREVER, Timeline
from pysock.trace.page import Page
from pysock.trace.record import PYTHON
from pysock.trace.terminal import Writer

if WINDOWS:
    pytest.skip("trace does not know Winsock's calls yet", allow_module_level=True)

CASES, SEED = 60, int(os.environ.get("PYSOCK_SEED", "1"))


def recorded() -> list[str]:
    head = ("process", perf_counter_ns(), os.getpid(), 0, PYTHON, target, ["python", "x.py"])
    events: list[Any] = [head]
    with watch.watching(events.append, states=True):
        a, b = pysock.socketpair()
        pysock.send_fds(a, [b"one", b"two"], [a.fileno()])
        os.close(pysock.recv_fds(b, 10, 2)[1][0])
        select.select([a], [b], [], 0)
        a.close()
        b.close()
        with pysock.create_server(("127.0.0.1", 0)) as server:
            c = pysock.create_connection(server.getsockname())
            d, _ = server.accept()
            c.setsockopt(pysock.SOL_SOCKET, pysock.SO_LINGER, b"\1\0\0\0\2\0\0\0")
            c.sendall(b"hello")
            d.recv(10)
            c.close()
            d.close()
        pysock.getaddrinfo("127.0.0.1", 80)
    return [jsonl.line(os.getpid(), event) for event in events]


ODD: list[Any] = [0, -1, 2**31, 2**70, -(2**70), 1.5, None, True, "", "x", "*", "f" * 18, "zz",
                  [], [1], ["*"], [[1]], {}, {"a": 1}, {"buf": "00"}, {"own": "X"}]  # fmt: skip


def damaged(rng: Random, value: Any) -> Any:
    """A value with a fault somewhere in it."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        if rng.random() < 0.15:
            del value[key]
        else:
            value[key] = damaged(rng, value[key])
        return value
    if isinstance(value, list) and value and rng.random() < 0.7:
        at = rng.randrange(len(value))
        value[at] = damaged(rng, value[at])
        return value
    if isinstance(value, str) and rng.random() < 0.6:
        at = rng.randrange(len(value) + 1)
        return value[:at] + rng.choice(["", "00", "q", "€"]) + value[at + rng.randrange(3) :]
    return rng.choice(ODD)


def shown(lines: list[str]) -> tuple[int, list[str]]:
    """How many lines were left out, and the text of the others; a page is made of them, too."""
    left_out, said = 0, list[str]()
    timeline, page = Timeline(), Page()
    writers = [Writer(said.append, every=True), Writer(said.append, as_strace=True)]
    for line in lines:
        try:
            pid, event = jsonl.parse(line)
            page.feed(pid, event)
            for call, waits in timeline.feed(pid, event):
                for writer in writers:
                    writer.write(call, waits)
        except jsonl.DamagedTrace:
            left_out += 1
    for call, waits in timeline.end():
        for writer in writers:
            writer.write(call, waits)
    writers[0].flush(FOREVER)
    page.data()
    return left_out, said


def test_any_fault_in_a_line_leaves_the_others() -> None:
    lines, rng = recorded(), Random(SEED)
    assert shown(lines)[0] == 0
    whole = len(shown(lines)[1])
    found = 0
    for _ in range(CASES):
        mixed = list(lines)
        at = rng.randrange(len(lines))
        mixed[at] = json.dumps(damaged(rng, json.loads(mixed[at])))
        if rng.random() < 0.2:
            mixed.insert(rng.randrange(len(lines)), rng.choice(lines))
        left_out, said = shown(mixed)
        found += left_out
        assert len(said) > whole // 2 or at == 0
    assert found > CASES // 3


def test_an_address_that_is_not_there_ends_no_page() -> None:
    mixed, binds = [], set()
    for line in recorded():
        made = json.loads(line)
        if made.get("function") == "bind":
            binds.add(made["call"])
            made["memory"] = {}
        elif made["event"] == "end" and made["call"] in binds:
            made.update(result=-1, errno=errno.EADDRINUSE)
        mixed.append(json.dumps(made))
    assert binds and any("bind(" in line for line in shown(mixed)[1])


def test_a_state_of_what_has_none_is_not_told() -> None:
    where = (None, "", "x.py", 1)
    states = {"state.own": b"LISTEN", "state.time": bytes(8)}
    events: list[watch.Event] = [
        ("process", 0, 1, 0, PYTHON, target, []),
        ("begin", 1, 1, 1, "select", "poll", ([[3, 1]], 1, 0), {"on_socket": b"\1"}, where),
        ("end", 1, 2, 1, [], 0, states),
    ]
    _, said = shown([jsonl.line(1, event) for event in events])
    assert any("poll(" in line for line in said) and not any("LISTEN" in line for line in said)


@pytest.mark.parametrize("line", ["[" * 100_000, "{}", "null", "1", "\0", "", '{"event": []}'])
def test_no_event_at_all(line: str) -> None:
    with pytest.raises(jsonl.DamagedTrace):
        jsonl.parse(line)


def test_what_is_wrong_with_a_line_is_said_in_words() -> None:
    for line, why in (("{} x", "no JSON: Extra data, at .*"), ("{}", "'pid' is missing")):
        with pytest.raises(jsonl.DamagedTrace, match=f"^{why}$"):
            jsonl.parse(line)
