"""Where the states of TCP stand: below the last call that may have led to them.

They are asked for after a call, and while they are, other threads and processes go on.  So a state
stands by the time at which it was asked for: below all calls on either end that came before it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .sockets import Seen, Socket


def placed(ordered: list[Seen]) -> dict[int, list[list[Any]]]:
    """A row → what stands below it, in the order of time: ``[state, row]``.

    The second row is the last call on the socket that the state is of, in whose lane it stands, or
    −1 if there is none: it is of the other end, which is not in the recording.
    """
    rows: dict[int, list[Seen]] = {}  # a socket → its calls
    told: list[tuple[int, int, str, Seen]] = []
    for seen in ordered:
        for socket in _sockets(seen):
            rows.setdefault(socket.number, []).append(seen)
        for n, (end, state) in enumerate(sorted(seen.call.states.items())):
            told.append((seen.call.asked, n, f"{end} {state}", seen))
    before: dict[Any, str] = {}
    found: dict[int, list[list[Any]]] = {}
    for time, _, text, seen in sorted(told, key=lambda each: each[:2]):
        end, _, state = text.partition(" ")
        own = seen.made[0].socket if seen.made else seen.socket
        partner = own.partner if own is not None else None
        whose = partner if end == "peer" else own
        key = whose.number if whose is not None else (end, own.number if own is not None else -1)
        if before.get(key) == state:
            continue
        before[key] = state
        both = [_last(rows, each, time) for each in (own, partner)]
        below = max([seen.row, *[each.row for each in both if each is not None]])
        lane = _last(rows, whose, time)
        found.setdefault(below, []).append([state, -1 if lane is None else lane.row])
    return found


def _sockets(seen: Seen) -> list[Socket]:
    first = [seen.socket] if seen.socket is not None else []
    return first + [each.socket for each in seen.made]


def _last(rows: dict[int, list[Seen]], socket: Socket | None, time: int) -> Seen | None:
    """The last call on a socket that stands at this time or before."""
    calls = rows.get(socket.number, []) if socket is not None else []
    return max([each for each in calls if each.at <= time], key=lambda each: each.row, default=None)
