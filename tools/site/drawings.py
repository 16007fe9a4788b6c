"""The drawings: the life of a TCP connection, and a call's way down to C, within a page.

They are narrow enough for a phone, and take their colours from the page (``site.css``).
"""

from __future__ import annotations

from .record import Step
from .text import escaped

# --- a call's way down ---------------------------------------------------------------


def way_down(steps: list[Step]) -> str:
    """The functions that a call went through: each stands within the one that has called it."""
    made, depth = "", -1
    for step in steps:  # one that begins within another is one deeper
        inside = step.depth > depth
        made += "<ul><li>" if inside else "</li></ul>" * (depth - step.depth) + "</li><li>"
        made += _step(step)
        depth = step.depth
    made += "</li></ul>" * (depth + 1)
    return f'<div class="way" role="figure" aria-label="{WAY}">{made}</div>'


WAY = "The functions from the method down to C"


def _step(step: Step) -> str:
    name = step.name.rpartition(".")[2] if step.depth else step.name
    kind, where = ("python", f"{step.file}:{step.line}") if step.file else ("c", "C")
    return f'<b class="{kind}">{escaped(name)}</b> <span>{escaped(where)}</span>'


# --- the life of a connection --------------------------------------------------------

# A state: its name, the lane (0 client, 1 both, 2 server), and the row.
STATES = {
    "CLOSED": (1, 0),
    "LISTEN": (2, 1),
    "SYN_SENT": (0, 2),
    "SYN_RECEIVED": (2, 3),
    "ESTABLISHED": (1, 4),
    "FIN_WAIT_1": (0, 5.5),
    "FIN_WAIT_2": (0, 6.7),
    "CLOSING": (1, 6.7),
    "TIME_WAIT": (0, 8.2),
    "CLOSE_WAIT": (2, 5.5),
    "LAST_ACK": (2, 6.7),
    "CLOSED again": (1, 9.6),
}

# From, to, the call that leads there (and its page), and what travels.
STEPS = [
    ("CLOSED", "LISTEN", "listen()", "methods/listen", ""),
    ("CLOSED", "SYN_SENT", "connect()", "methods/connect", "sends SYN"),
    ("LISTEN", "SYN_RECEIVED", "", "", "SYN came"),
    ("SYN_SENT", "ESTABLISHED", "connect() returns", "methods/connect", "SYN+ACK came"),
    ("SYN_RECEIVED", "ESTABLISHED", "accept() can return", "methods/accept", "ACK came"),
    ("ESTABLISHED", "FIN_WAIT_1", "close(), shutdown()", "methods/shutdown", "sends FIN"),
    ("ESTABLISHED", "CLOSE_WAIT", 'recv() gives b""', "methods/recv", "FIN came"),
    ("FIN_WAIT_1", "FIN_WAIT_2", "", "", "ACK came"),
    ("FIN_WAIT_1", "CLOSING", "", "", "FIN came"),
    ("FIN_WAIT_2", "TIME_WAIT", "", "", "FIN came"),
    ("CLOSING", "TIME_WAIT", "", "", "ACK came"),
    ("CLOSE_WAIT", "LAST_ACK", "close()", "methods/close", "sends FIN"),
    ("TIME_WAIT", "CLOSED again", "", "", "a minute later"),
    ("LAST_ACK", "CLOSED again", "", "", "ACK came"),
]

_X = {0: 66, 1: 190, 2: 314}
_ROW, _BOX, _TALL = 84, 104, 30


def life_of_tcp() -> str:
    """The states of a TCP connection; each has an anchor on the page, each call its page."""
    bottom = 40 + _ROW * max(row for _, row in STATES.values()) + _TALL
    edges = "".join(_edge(start, end) for start, end, *_ in STEPS)
    labels = "".join(_label(*step) for step in STEPS)
    states = "".join(_state(name) for name in STATES)
    marker = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
        ' markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>'
    )
    lanes = (
        '<text class="lane" x="66" y="56">the client</text>'
        '<text class="lane" x="314" y="56">the server</text>'
        f'<text class="lane" x="60" y="{52 + _ROW * 4}">the end that closes first</text>'
        f'<text class="lane" x="322" y="{52 + _ROW * 4}">the other end</text>'
    )
    return (
        f'<svg class="life" viewBox="0 0 380 {bottom:.0f}" role="img" aria-label="The states of a'
        f' TCP connection">{marker}{lanes}{edges}{labels}{states}</svg>'
    )


def _place(name: str) -> tuple[float, float]:
    lane, row = STATES[name]
    return _X[lane], 40 + _ROW * row


def _state(name: str) -> str:
    x, y = _place(name)
    word = name.partition(" ")[0]
    return (
        f'<a href="#{word.lower().replace("_", "-")}">'
        f'<rect x="{x - _BOX / 2}" y="{y - _TALL / 2:.0f}" width="{_BOX}" height="{_TALL}"'
        f' rx="15"/><text x="{x}" y="{y + 4:.0f}">{word}</text></a>'
    )


def _edge(start: str, end: str) -> str:
    (x1, y1), (x2, y2) = _place(start), _place(end)
    top, tip, half = y1 + _TALL / 2, y2 - _TALL / 2 - 2, (y1 + y2) / 2
    path = f"M{x1} {top}C{x1} {half} {x2} {half} {x2} {tip}"
    return f'<path class="edge" d="{path}" marker-end="url(#tip)"/>'


def _label(start: str, end: str, call: str, page: str, travels: str) -> str:
    """What leads from a state to another, in the middle of the edge, on a ground of its own."""
    (x1, y1), (x2, y2) = _place(start), _place(end)
    # Of two edges that leave one state, the labels are moved away from each other.
    x, y = x1 + (0.62 if start in ("CLOSED", "ESTABLISHED") else 0.5) * (x2 - x1), (y1 + y2) / 2
    made = []
    for text, kind, letter in ((call, "call", 6.7), (travels, "travels", 5.4)):
        if text:
            width = letter * len(text) + 4
            line = (
                f'<rect class="ground" x="{x - width / 2:.0f}" y="{y - 10:.0f}"'
                f' width="{width:.0f}" height="13"/>'
                f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}">{escaped(text)}</text>'
            )
            made.append(f'<a href="{page}.html">{line}</a>' if kind == "call" else line)
            y += 13
    return "".join(made)
