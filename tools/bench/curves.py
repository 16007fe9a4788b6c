"""How cost grows with n, on the C module and on pysock: curves, and where one has a kink.

The JSON document is ``{"format": 1, "runs": [run, ...]}`` with a run for each interpreter, as in
``report``, that has ``curves`` for ``rows``::

    {"name": "room", "title": "...", "axis": "bytes", "points": [1, 2, 4, ...],
     "min": {"socket": [2210.0, ...], "pysock": [...]}}    # ns for one operation, by point
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from . import report
from .machine import files
from .measure import Effort, calibrated, interleaved, own_copy
from .rows import matching


@dataclass(frozen=True)
class Curve:
    """What grows: ``make`` names a function of ``growth``."""

    name: str
    title: str
    axis: str
    points: tuple[int, ...]
    make: str
    arguments: tuple[Any, ...] = ()


def _powers(base: int, last: int) -> tuple[int, ...]:
    """1, base, base² and so on, until ``last``."""
    return tuple(base**i for i in range(30) if base**i <= last)


_SOCKETS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)
_BUFFERS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
_DESCRIPTORS = (1, 2, 4, 8, 16, 32, 64, 128, 253)

CURVES = [
    Curve("bytes", "send + recv", "bytes", _powers(2, 1 << 17), "there_and_back", ("bytes",)),
    Curve(
        "bytearray", "send of a bytearray + recv", "bytes", _powers(2, 1 << 17),
        "there_and_back", ("bytearray",),
    ),
    Curve("room", "recv of 1 B with room for n", "bytes", _powers(2, 1 << 26), "room"),
    Curve("send", "sendall to a process", "bytes", _powers(4, 1 << 26), "send"),
    Curve("recv", "recv from a process", "bytes", _powers(4, 1 << 26), "receive", ("recv",)),
    Curve(
        "recv_into", "recv_into from a process", "bytes", _powers(4, 1 << 26),
        "receive", ("recv_into",),
    ),
    Curve("active", "select + recv on one of n sockets", "sockets", _SOCKETS, "active"),
    Curve("opened", "n sockets opened and closed", "sockets", _SOCKETS, "opened"),
    Curve("gather", "sendmsg of n buffers + recv", "buffers", _BUFFERS, "gather"),
    Curve("scatter", "send + recvmsg_into n buffers", "buffers", _BUFFERS, "scatter"),
    Curve("descriptors", "n descriptors passed", "descriptors", _DESCRIPTORS, "descriptors"),
]  # fmt: skip

# A kink: the ratio at a point is so many times that at any point before.
KINK = 1.25


def chosen(patterns: list[str]) -> list[Curve]:
    """The curves whose names match one of the patterns; without any, all."""
    return matching(CURVES, patterns) if patterns else CURVES


def measure_curve(curve: Curve, implementations: dict[str, Any], effort: Effort) -> report.Data:
    """The minima at each point, on each implementation."""
    found: dict[str, list[float]] = {name: [] for name in implementations}
    points = [n for n in curve.points if curve.axis != "sockets" or n < files() - 100]
    with ExitStack() as stack:
        ats = {
            name: own_copy(f"growth.{curve.make}")(module, stack, *curve.arguments)
            for name, module in implementations.items()
        }

        def measure(point: int, warm_up: float = effort.warm_up) -> dict[str, float]:
            runs = {name: at(point) for name, at in ats.items()}
            operations = calibrated(runs, 3, warm_up)
            amounts = interleaved(runs, operations, effort.seconds, effort.rounds)
            return {name: min(of_name) for name, of_name in amounts.items()}

        measure(points[0], 6 * effort.warm_up)  # all of the code is new
        for point in points:
            for name, amount in measure(point).items():
                found[name].append(amount)
        # What looks like a kink may be noise, and is looked at again with its neighbour.
        for _ in range(2):
            for i in sorted({near for at in _jumps(found) for near in (at - 1, at)}):
                for name, amount in measure(points[i]).items():
                    found[name][i] = min(found[name][i], amount)
    return {
        **{key: getattr(curve, key) for key in ("name", "title", "axis")},
        "points": points,
        "min": {name: [float(f"{n:.5g}") for n in of_name] for name, of_name in found.items()},
    }


def _jumps(times: dict[str, list[float]]) -> list[int]:
    """The points at which pysock's time jumps and the C module's does not."""
    ratios = [own / c for own, c in zip(times["pysock"], times["socket"])]
    return [i for i in range(1, len(ratios)) if ratios[i] > max(ratios[:i]) * KINK]


def kinks(curve: report.Data) -> list[str]:
    """Those points, in words."""
    own, c, points = curve["min"]["pysock"], curve["min"]["socket"], curve["points"]
    return [
        f"{curve['name']}: {own[i - 1] / c[i - 1]:.2f} at {points[i - 1]:,},"
        f" {own[i] / c[i]:.2f} at {points[i]:,} {curve['axis']}"
        f" ({report.quantity(own[i], 'ns')} against {report.quantity(c[i], 'ns')})"
        for i in _jumps(curve["min"])
    ]


def table(curve: report.Data) -> str:
    """A curve in a terminal: its ratios, and its kinks."""
    points = zip(curve["points"], curve["min"]["pysock"], curve["min"]["socket"])
    ratios = "  ".join(f"{_short(n)}: {own / c:.2f}" for n, own, c in points)
    found = "".join(f"\n  kink: {kink}" for kink in kinks(curve))
    return f"\n{curve['title']}, by {curve['axis']}\n  {ratios}{found}"


def _short(n: int) -> str:
    for power, letter in ((20, "Mi"), (10, "Ki")):
        if n >= 1 << power and n % (1 << power) == 0:
            return f"{n >> power}{letter}"
    return str(n)
