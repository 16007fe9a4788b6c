"""A recording as one page of HTML: both ends as a sequence diagram, each call down to its bytes.

The page is one file and needs no network.  Python decodes, joins what was sent with what was
received (``sockets``, ``joins``, ``streams``), and writes JSON (``rows``, ``bytemap``,
``c_program``) into ``template.html``; ``page.js`` draws it.

``Page``  takes events, and makes the page of them
"""

from __future__ import annotations

import json
import os
import re
from pkgutil import get_data

from ..decode import UNDECODABLE, DamagedTrace
from . import rows, tcp
from .c_program import Program
from .joins import Joiner
from .sockets import Sockets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..watch import Event
    from .joins import Join
    from .sockets import Seen, Socket

MOST = 3000  # calls; of those that follow the page says how many they are


_LONGEST = 200  # characters of a command line


class NoTemplate(Exception):
    """The files of the page are not there: a program was packed without them."""


class Page:
    """Events become a page."""

    def __init__(self, most: int = MOST, command: list[str] | None = None) -> None:
        self.sockets = Sockets(most)
        self.command = command or []
        self.names: dict[int, str] = {}  # of processes; equal ones share a lane
        self.marks: list[tuple[int, str]] = []  # a time, and the heading that stands there
        self.damaged: list[str] = []

    def feed(self, pid: int, event: Event) -> None:
        """DamagedTrace if the event cannot be decoded; it is left out."""
        try:
            self.sockets.feed(pid, event)
        except UNDECODABLE as error:
            raise DamagedTrace(str(error)) from error

    def html(self) -> str:
        """The page; NoTemplate if its own files cannot be had."""
        text = json.dumps(self.data(), separators=(",", ":"), ensure_ascii=False)
        data = text.replace("<", "\\u003c")
        parts = {
            "TITLE": _escaped(self.title()),
            "CSS": _file("page.css"),
            "JS": _file("page.js"),
            "DATA": data,
        }
        return re.sub(r"\{\{(\w+)\}\}", lambda part: parts[part[1]], _file("template.html"))

    def title(self) -> str:
        """The command lines of the programs, without what is the same for all of them."""
        programs = [self.command] if self.command else self._programs()
        lines = [" ".join([" ".join(word.split()) for word in words]) for words in programs]
        # (A program after -c has several lines, and its first ones say enough.)
        shown = " -- ".join(lines) or "a recording"
        return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"

    def _programs(self) -> list[list[str]]:
        """The programs that no other process of the recording has started."""
        processes, parents = self.sockets.processes, self.sockets.parents
        return [program_of(argv) for pid, argv in processes.items()
                if parents.get(pid) not in processes]  # fmt: skip

    # --- what the page shows, as plain values ------------------------------------------

    def data(self) -> dict[str, Any]:
        sockets = self.sockets
        joins = Joiner(sockets.seen).run()
        seen = rows.in_order(sockets.seen, joins)
        start = min([each.call.begin for each in seen], default=0)
        made = rows.Rows(start, sockets.processes, tcp.placed(seen))
        program = Program(sockets.sockets, seen)
        threads, processes = self._lanes(seen)
        groups, group_of = _groups(seen, joins)
        shown = []
        for each in seen:
            row = made.row(each)
            row["l"] = threads[1][_thread(each)]
            row["p"] = processes[1][self._process(each.call.pid)]
            row["g"], row["e"] = group_of(each)
            shown.append(row)
        order = rows.one_after_the_other(seen, joins)
        for each in order:
            shown[each.row]["c"] = program.lines(each)
        return {
            "title": self.title(),
            "notes": self._notes(),
            "threads": threads[0],
            "processes": processes[0],
            "groups": groups,
            "protos": rows.prototypes(seen),
            "sources": made.files(),
            "maps": [json.loads(each) for each in made.maps],
            "rows": shown,
            "joins": [
                [j.sent.row, j.received.row, j.kind, rows.label(j), j.start, j.within, j.into]
                for j in joins
            ],
            "marks": [[max(0, at - start) // 1000, text] for at, text in self.marks],
            "end": max(0, sockets.last - start) // 1000,
            "order": [each.row for each in order],
            "head": program.head(),
            "tail": program.tail(),
        }

    def _notes(self) -> list[str]:
        sockets, notes = self.sockets, []
        if sockets.left_out:
            count = sockets.left_out
            rest = f"{count:,} that followed are" if count > 1 else "one that followed is"
            notes.append(f"The first {sockets.most:,} calls are shown; {rest} left out.")
        if self.damaged:
            count = len(self.damaged)
            lines = "1 line of the recording is" if count == 1 else f"{count} lines of it are"
            notes.append(f"{lines} damaged and left out; the first: {self.damaged[0]}.")
        if not sockets.seen:
            notes.append("No call on a socket was recorded.")
        for pid, status in sockets.statuses:
            if status:
                said = f"by signal {-status}" if status < 0 else f"with the status {status}"
                which = self._process(pid) if len(sockets.statuses) > 1 else "The program"
                notes.append(f"{which} ended {said}.")
        return notes

    def _process(self, pid: int) -> str:
        """A process, by its program where that is enough to tell it from others."""
        if pid in self.names:
            return self.names[pid]
        shorts = {each: _short(argv) for each, argv in self.sockets.processes.items()}
        short = shorts.get(pid, "")
        if not short or len(shorts) == 1:
            return f"process {pid}"
        return short if list(shorts.values()).count(short) == 1 else f"{short} {pid}"

    def _lanes(self, seen: list[Seen]) -> tuple[Any, Any]:
        """Names of lanes, and which lane is whose: by thread, and by process."""
        threads: dict[Any, int] = {}
        thread_names: list[str] = []
        processes: dict[str, int] = {}
        several = len({each.call.pid for each in seen}) > 1
        for each in sorted(seen, key=lambda one: one.call.begin):
            process = self._process(each.call.pid)
            processes.setdefault(process, len(processes))
            key = _thread(each)
            if key in threads:
                continue
            name = each.call.thread_name or f"thread {each.call.thread}"
            given = self.names.get(each.call.pid)
            if given:
                name = given if name == "MainThread" else f"{given}, {name}"
                if name in thread_names:
                    threads[key] = thread_names.index(name)
                    continue
            elif several:
                name = process if name == "MainThread" else f"{process}, {name}"
            threads[key] = len(thread_names)
            thread_names.append(name)
        return (thread_names, threads), (list(processes), processes)


def program_of(argv: list[str]) -> list[str]:
    """The words of a command line without the interpreter and its options."""
    at = 1
    while argv[at:] and argv[at].startswith("-") and argv[at][:2] not in ("-c", "-m"):
        at += 2 if argv[at] in ("-X", "-W") else 1
    return argv[at:]


def _short(argv: list[str]) -> str:
    """A program's name: of its file, or its module."""
    words = program_of(argv)
    if words[:1] == ["-m"] and words[1:]:
        return words[1]
    return os.path.basename(words[0]) if words else ""


def _thread(seen: Seen) -> tuple[int, int]:
    return seen.call.pid, seen.call.thread


def _groups(seen: list[Seen], joins: list[Join]) -> tuple[list[Any], Any]:
    """Sockets that have talked to each other; each call's group, and its socket's place in it."""
    leader: dict[int, int] = {}

    def find(n: int) -> int:
        while leader.setdefault(n, n) != n:
            n = leader[n]
        return n

    first: dict[int, tuple[Socket, Seen]] = {}
    for each in seen:
        for socket in [each.socket, *[one.socket for one in each.made]]:
            if socket is not None:
                first.setdefault(socket.number, (socket, each))
                if socket.partner is not None:
                    leader[find(socket.number)] = find(socket.partner.number)
    for join in joins:
        if join.kind != "connection" and join.sent.socket and join.received.socket:
            leader[find(join.sent.socket.number)] = find(join.received.socket.number)
    members: dict[int, list[int]] = {}
    for number in first:
        members.setdefault(find(number), []).append(number)
    order = list(members)
    groups = []
    for top in order:
        names = []
        for number in members[top]:
            socket, by = first[number]
            name = rows.socket_name(socket, by)
            if socket.listens:
                name += " (listens)"
            names.append(name)
        groups.append([" ↔ ".join(names[:2]) + (f" and {len(names) - 2} more" * (len(names) > 2)),
                       names])  # fmt: skip

    def group_of(each: Seen) -> tuple[int, int]:
        sockets = [each.socket] if each.socket else [one.socket for one in each.others]
        sockets = sockets or [one.socket for one in each.made]
        found = {order.index(find(s.number)) for s in sockets if s is not None}
        if len(found) != 1:
            return -1, 0
        (group,) = found
        number = next(s.number for s in sockets if s is not None)
        return group, members[order[group]].index(number)

    return groups, group_of


def _file(name: str) -> str:
    try:
        data = get_data(__name__, name)
    except OSError as error:
        raise NoTemplate(f"{name}: {error.strerror}") from None
    if data is None:
        raise NoTemplate(f"{name} was not packed with the program")
    return data.decode("utf-8")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
