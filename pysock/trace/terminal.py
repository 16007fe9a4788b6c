"""A trace as text for a terminal: who called what from which line, and the calls of C below it.

    4711 Thread-1  server.py:12  conn, peer = srv.accept()  socket.accept
        accept4(sockfd 4, addr …, addrlen [128], flags SOCK_CLOEXEC) waits
    …
        accept4(sockfd 4, addr ↓, addrlen [16], flags SOCK_CLOEXEC) → 5  after 1.2 s

Where the recording has TCP's states, a line below a call says which it has changed.  ``quiet``
leaves the calls of C out, and ``brief`` the bytes of addresses.  Without ``every``, two kinds of
calls are left out: the C library's own housekeeping, and what ``os`` and ``select`` do to
descriptors that are no sockets.
"""

from __future__ import annotations

import linecache
import os

from . import show, strace
from .names import error_name
from .order import FOREVER, LONG, TAKES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .decode import Call

_HOUSEKEEPING = frozenset("freeaddrinfo gai_strerror hstrerror if_freenameindex".split())
_FAILED, _ANSWER, _FAINT, _END = "31", "33", "2", "\033[0m"
_STATE = "36"
_ENDS = {"own": "", "peer": "the other end "}
_WHO = ("36", "33", "35", "32", "34")  # a colour for each thread


class Writer:
    """Writes calls with ``say``, a line at a time."""

    def __init__(
        self,
        say: Callable[[str], None],
        *,
        width: int | None = None,
        colour: bool = False,
        quiet: bool = False,
        every: bool = False,
        as_strace: bool = False,
        brief: bool = False,
    ) -> None:
        self.brief = brief
        self.say, self.width, self.colour = say, width, colour
        self.quiet, self.every, self.as_strace = quiet, every, as_strace
        self.heading: tuple[object, ...] = ()
        self.colours: dict[tuple[int, int], str] = {}
        self.before: Call | None = None
        self.waiting: dict[int, Call] = {}  # calls of strace's lines that have begun
        self.pending: list[Call] = []  # whose states are still to be told
        self.states: dict[tuple[int, Any], dict[str, str]] = {}  # as they were told last

    def write(self, call: Call, waits: bool = False) -> None:
        """Tell of a call, which ``waits`` or has ended."""
        if self.as_strace:
            self._strace(call, waits)
            return
        if not self.every and (call.function in _HOUSEKEEPING or not call.on_socket):
            return
        takes = call.function in TAKES and call.end is not None and not waits
        self.flush(call.end if takes and call.end is not None else call.begin)
        heading = (call.pid, call.thread, call.file, call.line, call.method or call.via)
        if heading != self.heading:
            self.heading = heading
            self._line(*self._head(call))
        if not self.quiet:
            for text, style in self._body(call, waits):
                self._line("    " + text, style)
        self.before = call
        if call.states and not waits and not self.quiet:
            self.pending.append(call)
            self.pending.sort(key=lambda each: each.asked)

    def _strace(self, call: Call, waits: bool) -> None:
        """What gives, and takes long, has two lines; what takes has one, where it ends."""
        if waits and call.function in TAKES:
            self.waiting[id(call)] = call
            return
        begun = self.waiting.pop(id(call), None)
        if waits:
            self.waiting[id(call)] = call
            line = strace.begun(call)
        elif begun is None or call.function in TAKES:
            line = strace.line(call)
        else:
            line = strace.resumed(call) if strace.begun(call) else None
        if line is not None:
            self.say(f"[pid {call.thread:5}] {line}")

    def _never_ended(self) -> None:
        """What takes, and has waited to the end of its process."""
        for call in self.waiting.values():
            line = strace.line(call) if call.function in TAKES else None
            if line is not None:
                self.say(f"[pid {call.thread:5}] {line}")
        self.waiting.clear()

    def _head(self, call: Call) -> tuple[str, str]:
        who = f"{call.pid} {call.thread_name}".strip()
        style = self.colours.setdefault(
            (call.pid, call.thread), _WHO[len(self.colours) % len(_WHO)]
        )
        line = linecache.getline(call.file, call.line).strip() if call.file else ""
        # (What Python does at its end comes from no line.)
        place = f"{os.path.basename(call.file)}:{call.line}" if call.file else ""
        parts = [who, place, line, call.method or call.via]
        return "  ".join([part for part in parts if part]), style

    def _body(self, call: Call, waits: bool) -> Iterator[tuple[str, str]]:
        first, *rest = show.lines(call, waits, self.brief)
        style = ""
        if waits:
            style = _ANSWER
        elif call.end is not None:
            took = call.end - call.begin
            if took > LONG:
                first += f"  after {duration(took)}"
            if call.failed:
                name = error_name(call.errno)
                style = _ANSWER if name in show.NO_FAILURES else _FAILED
                first += f"  {show.meaning(call)}"
            if call.injected:
                first += f"  (injected: {call.injected})"
            if show.is_again(call, self.before):
                first += "  (again, for its errno)"
        yield first, style
        for line in rest:
            yield line, _FAINT

    # --- states of TCP -------------------------------------------------------------------

    def flush(self, now: int) -> None:
        """Tell of the states that had been asked for at the time ``now``."""
        if now == FOREVER and self.as_strace:
            self._never_ended()
        while self.pending and self.pending[0].asked <= now:
            call = self.pending.pop(0)
            text = self._state(call)
            if text:
                where = "" if call is self.before else f" (descriptor {_of(call)} of {call.pid})"
                self._line(f"      TCP   {text}{where}", _STATE)

    def _state(self, call: Call) -> str:
        """The states that are others than before, of both ends."""
        fd = _of(call)
        if not isinstance(fd, int):  # a damaged recording: poll, say, has no state
            return ""
        key = call.pid, fd
        made = call.function in _MAKE
        before = {} if made else self.states.get(key, {})
        self.states[key] = {**before, **call.states}
        new = {end: state for end, state in call.states.items() if before.get(end) != state}
        return ", ".join([f"{_ENDS[end]}{state}" for end, state in new.items()])

    def _line(self, text: str, style: str) -> None:
        text = "".join([c if c.isprintable() else "?" for c in text])
        if self.width is not None and len(text) > self.width:
            text = text[: max(1, self.width - 1)] + "…"
        self.say(f"\033[{style}m{text}{_END}" if self.colour and style else text)


_MAKE = ("socket", "WSASocketW", "accept", "accept4")


def _of(call: Call) -> Any:
    """The descriptor whose state a call has."""
    return call.result if call.function in _MAKE else call.arguments[0][1]


def duration(nanoseconds: int) -> str:
    """A time for a reader: 12 ms, 1.25 s."""
    if nanoseconds < 10**9:
        return f"{nanoseconds / 10**6:.3g} ms"
    return f"{nanoseconds / 10**9:.3g} s"
