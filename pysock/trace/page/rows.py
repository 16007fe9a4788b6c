"""Calls as the rows of the page: plain values, which become JSON.

A row's members have short names, since there are thousands of them; ``row`` says what they are.
Rows stand where cause and effect put them (``order``): what gives where it begins, what takes
where it ends.
"""

from __future__ import annotations

import json
import linecache
import os

from .. import show
from ..names import error_name
from ..order import TAKES
from ..prototypes import PROTOTYPES
from ..values import Address, Constant, Length, Struct
from . import bytemap
from .joins import RECEIVES, SENDS, data_of
from .sockets import rights_of, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..decode import Call
    from .joins import Join
    from .sockets import Seen, Socket

DATA = 32  # bytes of data in a row
AROUND = 3  # lines of source around one that made a call
_WHOLE = 120  # lines; a file that is no longer is there from its first to its last

# Calls that a program did not ask for in so many words.
_HOUSEKEEPING = frozenset(
    "freeaddrinfo gai_strerror hstrerror if_freenameindex inet_pton inet_ntop inet_aton fcntl "
    "ioctl __h_errno".split()
)
_BY_THE_WAY = frozenset("getsockname getpeername getsockopt".split())


def in_order(seen: list[Seen], joins: list[Join]) -> list[Seen]:
    """The calls as they stand below each other; each gets its ``row`` and its time ``at``."""
    for each in seen:
        call = each.call
        takes = call.function in TAKES and call.end is not None
        each.at = call.end if takes and call.end is not None else call.begin
    for join in joins:  # a connect that has waited for listen stands below it
        if join.kind == "connection" and join.received.socket and join.received.socket.listens:
            join.sent.at = max(join.sent.at, join.received.socket.listens + 1)
    ordered = sorted(seen, key=lambda each: (each.at, each.call.begin))
    for n, each in enumerate(ordered):
        each.row = n
    return ordered


def one_after_the_other(seen: list[Seen], joins: list[Join]) -> list[Seen]:
    """The same for a program of one thread: there, a connect stands where it ends.

    A listener's queue can be full, and only accept makes room.  But it stands above its own accept.
    """
    answered = {id(join.sent): join.received.at for join in joins if join.kind == "connection"}

    def place(each: Seen) -> tuple[int, int]:
        call = each.call
        if call.function == "connect" and call.end is not None and not call.failed:
            return min(call.end, answered.get(id(each), call.end) - 1), each.row
        return each.at, each.row

    return sorted(seen, key=place)


def is_bookkeeping(seen: Seen) -> bool:
    call = seen.call
    if call.function in _HOUSEKEEPING:
        return True
    if call.function in _BY_THE_WAY and not call.failed:
        return call.method not in (f"socket.{call.function}", "socket.getsockopt", "")
    return not call.on_socket


class Rows:
    """Makes rows; ``sources`` has the files of the program, as far as rows lead to them."""

    def __init__(
        self, start: int, commands: dict[int, list[str]], states: dict[int, list[list[Any]]]
    ) -> None:
        self.start = start
        self.sources: dict[str, dict[int, str]] = {}
        self.commands = commands
        self.maps: dict[str, int] = {}
        self.before: dict[tuple[int, int], Call] = {}  # the last call of each thread
        self.states = states

    def row(self, seen: Seen) -> dict[str, Any]:
        """One call.

        ``f`` function, ``x`` its arguments in short, ``r`` its result, ``k`` 1 for an answer like
        EINPROGRESS and 2 for a failure, ``m`` what that means, ``t`` and ``d`` its begin and
        duration (−1: it never ended) and ``at`` the time by which it stands here, in microseconds,
        ``s`` file and line, ``me`` the method, ``h`` 1 for bookkeeping, ``n`` 1 for no system
        call, ``a`` its arguments in full, ``b`` the numbers of its byte maps, ``st`` the states of
        TCP after it (``tcp.placed``).
        """
        call = seen.call
        made: dict[str, Any] = {
            "f": call.function,
            "x": short(seen),
            "r": "…" if call.end is None else show.result(call),
            "t": (call.begin - self.start) // 1000,
            "at": (seen.at - self.start) // 1000,
            "d": -1 if call.end is None else (call.end - call.begin) // 1000,
            "s": self.source(seen),
            "me": call.method or call.via,
            "a": [[name, full(seen, name, value)] for name, value in call.arguments],
            "b": [self._map(each) for each in bytemap.maps(seen)],
        }
        if call.errno:
            name = error_name(call.errno)
            made["k"] = 1 if name in show.NO_FAILURES else 2
            made["m"] = show.meaning(call)
            if show.is_again(call, self.before.get((call.pid, call.thread))):
                made["m"] += " (made again, for its errno)"
        self.before[call.pid, call.thread] = call
        if is_bookkeeping(seen):
            made["h"] = 1
        if not call.is_system_call:
            made["n"] = 1
        if call.function in SENDS | RECEIVES:
            made["o"] = data_of(seen)[1]
        if seen.row in self.states:
            made["st"] = self.states[seen.row]
        return made

    def _map(self, each: Any) -> int:
        """The number of a byte map; equal ones, as of an address, are kept once."""
        return self.maps.setdefault(json.dumps(each), len(self.maps))

    def source(self, seen: Seen) -> list[Any]:
        """File and line; the lines around it are kept."""
        call = seen.call
        if not call.file:
            return ["", 0]
        lines = self._lines(call.pid, call.file)
        kept = self.sources.setdefault(call.file, {})
        around = AROUND if len(lines) > _WHOLE else _WHOLE
        if call.line not in kept or around == AROUND:
            first = max(1, call.line - around)
            for number in range(first, min(len(lines), call.line + around) + 1):
                kept[number] = lines[number - 1].rstrip("\n")[:300]
        return [list(self.sources).index(call.file), call.line]

    def _lines(self, pid: int, file: str) -> list[str]:
        if file == "<string>":
            words = self.commands.get(pid, [])
            at = words.index("-c") + 1 if "-c" in words else len(words)
            return words[at].splitlines() if at < len(words) else []
        return linecache.getlines(file)

    def files(self) -> list[list[Any]]:
        """``[file, name, [[line, text], …]]`` of each."""
        return [
            [file, os.path.basename(file), sorted(lines.items())]
            for file, lines in self.sources.items()
        ]


# --- text ----------------------------------------------------------------------------


def short(seen: Seen) -> str:
    """The arguments as a reader wants them first: no lengths, addresses in their usual form."""
    call = seen.call
    shown = []
    for name, value in call.arguments:
        if name in ("addrlen", "optlen", "hostlen", "servlen", "nfds", "ready", "maxevents"):
            continue
        if name == "flags" and not value:
            continue
        if name in ("len", "backlog") and call.function in SENDS:
            continue
        shown.append(_short(seen, name, value))
    return ", ".join(shown)


def _short(seen: Seen, name: str, value: Any) -> str:
    values = seen.call.values
    if isinstance(value, Address):
        return text_of(values, value) or "…"
    if isinstance(value, Struct):
        if value.name == "msghdr":
            return _message(seen)
        if value.name == "pollfd":
            ready = f" → {value['revents']!r}" if value["revents"] else ""
            return f"{value['fd']} {value['events']!r}{ready}"
        if value.name == "epoll_event":
            return f"{value['data']} {value['events']!r}"
        if value.name == "addrinfo":
            return text_of(values, value["ai_addr"]) or "hints"
        few = ", ".join([f"{each!r}" for _, each in value.members[:4]])
        return f"{{{few}{', …' if len(value.members) > 4 else ''}}}"
    if isinstance(value, Length):
        return str(int(value))
    if isinstance(value, list):
        return f"[{', '.join([_short(seen, name, each) for each in value[:4]])}" \
               f"{', …' if len(value) > 4 else ''}]"  # fmt: skip
    if isinstance(value, bytes):
        return _data(value)
    if isinstance(value, int) and not isinstance(value, Constant):
        return str(int(value))
    return "NULL" if value is None else "…" if value == "*" else str(value)


def _message(seen: Seen) -> str:
    message = dict(seen.call.arguments)["msg"]
    parts = []
    if isinstance(message["msg_name"], Address):
        parts.append(text_of(seen.call.values, message["msg_name"]))
    pieces = [bytes(each["iov_base"] or b"") for each in message["msg_iov"] or []]
    parts.append(" + ".join([_data(piece) for piece in pieces[:4]]) or "no data")
    if isinstance(message["msg_control"], list):
        parts += [f"{each['cmsg_type']!r} {each['cmsg_data']!r}" for each in message["msg_control"]]
    return ", ".join(parts)


def _data(value: bytes) -> str:
    shown = repr(bytes(value[:DATA]))
    return shown if len(value) <= DATA else f"{shown}… ({len(value):,} bytes)"


def full(seen: Seen, name: str, value: Any) -> str:
    """An argument in the panel."""
    if isinstance(value, Length) and value.before != int(value):
        return f"{value.before} → {int(value)}"
    if isinstance(value, (Address, Struct)) or isinstance(value, list):
        return _short(seen, name, value)
    if isinstance(value, Constant) and not repr(value).isdigit():
        return f"{value!r} ({int(value)})"
    return show.text(name, value)


def label(join: Join) -> str:
    """What stands at an arrow."""
    count, kind = join.count, join.kind
    if kind == "connection":
        return "connects"
    if kind == "end":
        return "ends"
    if kind == "reset":
        return "resets"
    whole = data_of(join.sent)[1]
    size = f"{count:,} bytes" if count != 1 else "1 byte"
    said = size if count == whole else f"{count:,} of {whole:,} bytes"
    rights = len(rights_of(join.sent.call))
    if rights:
        said += f" + {rights} descriptor{'s' if rights > 1 else ''}"
    return f"{said}, left there" if join.peek else said


def prototypes(seen: list[Seen]) -> dict[str, str]:
    return {each.call.function: PROTOTYPES[each.call.function].text for each in seen}


def socket_name(socket: Socket, seen: Seen) -> str:
    values = seen.call.values
    own = text_of(values, socket.local)
    if own and own != "(unnamed)":
        return own
    numbers = [each.fd for each in (*seen.made, seen.descriptor) if each and each.socket is socket]
    kind = socket.family.replace("AF_", "") or socket.type or "socket"
    return f"{kind}, descriptor {numbers[0]}" if numbers else kind
