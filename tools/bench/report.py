"""Results as data, and the data as a table.

The JSON document is ``{"format": 1, "runs": [run, ...]}``, a run for each interpreter::

    {"implementation": "cpython", "version": "3.11.7", "compiler": "GCC 12.2.0",
     "machine": {"system": "Linux 6.1", "libc": "glibc 2.36", "processor": "...", "cores": 2},
     "pysock": "0.1.0", "date": "2025-01-31", "quick": false,
     "rows": [{"name": "pair-1B", "group": "...", "title": "...",
               "unit": "ns",           # or "B", "%"
               "operations": 1200,     # in each round
               "rounds": 110,          # of each implementation
               "min": {"socket": 3400.0, "pysock": 4800.0, "floor": 4100.0},
               "median": {...},        # per operation both; floor where the row has one
               "ratio": 1.41, "median_ratio": 1.42,    # pysock / socket
               "ceiling": 1.4,         # or null
               "in_mean": true}, ...],
     "mean": {"ratio": 1.05, "median_ratio": 1.06, "ceiling": 1.05}}   # geometric, or null
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from math import exp, log
from typing import Any

import pysock

from .ceilings import MEAN, SLACK, ceiling
from .machine import description
from .measure import Result

Data = dict[str, Any]


def this_run(*, quick: bool) -> Data:
    """This interpreter and this machine, as yet without figures."""
    return {
        "implementation": sys.implementation.name,
        "version": version(),
        "compiler": platform.python_compiler().strip("[]"),
        "machine": description(),
        "pysock": pysock.__version__,
        "date": datetime.now(timezone.utc).date().isoformat(),
        "quick": quick,
    }


def version() -> str:
    """Of CPython; for others, of the Python that they speak, and their own."""
    spoken = platform.python_version()
    if sys.implementation.name == "cpython":
        return spoken
    return f"{spoken} ({'.'.join(map(str, sys.implementation.version[:3]))})"


def row_of(result: Result, run: Data) -> Data:
    """A row's results, as data."""
    row = result.row
    return {
        "name": row.name,
        "group": row.group,
        "title": row.title,
        "unit": row.unit,
        "operations": result.operations,
        "rounds": len(result.amounts["socket"]),
        "min": {name: _short(result.minimum(name)) for name in result.amounts},
        "median": {name: _short(result.median(name)) for name in result.amounts},
        "ratio": round(result.ratio, 4),
        "median_ratio": round(result.median_ratio, 4),
        "ceiling": ceiling(row.kind, run["implementation"], run["version"]),
        "in_mean": row.in_mean,
    }


def _short(amount: float) -> float:
    return float(f"{amount:.5g}")


def mean(run: Data, *, whole: bool) -> Data | None:
    """The geometric mean over the rows that count; of all of them, it has a ceiling."""
    rows = [row for row in run["rows"] if row["in_mean"]]
    if not rows:
        return None
    return {
        **{
            key: round(exp(sum(log(row[key]) for row in rows) / len(rows)), 4)
            for key in ("ratio", "median_ratio")
        },
        "ceiling": ceiling(MEAN if whole else None, run["implementation"], run["version"]),
    }


def interpreter(run: Data) -> str:
    name = {"cpython": "CPython", "pypy": "PyPy"}.get(run["implementation"], run["implementation"])
    return f"{name} {run['version']}"


def is_above(row: Data) -> bool:
    """Whether a ratio is above its ceiling by more than noise excuses."""
    return row["ceiling"] is not None and row["ratio"] > row["ceiling"] * SLACK


def above(run: Data) -> list[str]:
    """What is above its ceiling, in words."""
    measured = [(row["name"], row) for row in run.get("rows", [])]
    if run.get("mean"):
        measured.append((MEAN, run["mean"]))
    return [
        f"{interpreter(run)}: {name} {row['ratio']:.2f}, ceiling {row['ceiling']:.2f}"
        for name, row in measured
        if is_above(row)
    ]


# --- the table in a terminal ---------------------------------------------------------

_WIDTH = 46


def heading(run: Data) -> str:
    where = run["machine"]
    about = f"{where['system']}, {where['processor']}, {where['cores']} cores, {where['libc']}"
    columns = f"{'':{_WIDTH}} {'socket':>9} {'pysock':>9} {'floor':>9} {'ratio':>6} {'median':>6}"
    return f"{interpreter(run)} · {about}\n\n{columns}  ceiling"


def table(rows: Iterable[Data]) -> Iterator[str]:
    """A line for each row, as soon as it is there."""
    group = None
    for row in rows:
        if row["group"] != group:
            group = row["group"]
            yield f"\n{group}"
        amounts = [
            quantity(row["min"].get(name), row["unit"]) for name in ("socket", "pysock", "floor")
        ]
        columns = " ".join(f"{amount:>9}" for amount in amounts)
        yield f"  {row['title']:{_WIDTH - 2}} {columns} {_verdict(row)}"


def closing(run: Data) -> str:
    if not run["mean"]:
        return ""
    return f"\n{MEAN:{_WIDTH}} {'':29} {_verdict(run['mean'])}"


def _verdict(row: Data) -> str:
    text = f"{row['ratio']:6.2f} {row['median_ratio']:6.2f}"
    if row["ceiling"] is None:
        return text
    if row["ratio"] <= row["ceiling"]:
        word = "met"
    else:
        word = "ABOVE" if is_above(row) else "within noise"
    return f"{text}  {row['ceiling']:5.2f} {word}"


def quantity(amount: float | None, unit: str) -> str:
    """An amount in three digits: ``3.41 µs``."""
    if amount is None:
        return ""
    if unit == "%":
        return f"{amount:.0f} %"
    scale, units = (1024, ["B", "KiB", "MiB"]) if unit == "B" else (1000, ["ns", "µs", "ms", "s"])
    for name in units:
        unit = name
        if amount < scale * 0.9995 or name == units[-1]:
            break
        amount /= scale
    digits = 0 if amount >= 100 or unit in ("ns", "B") else 1 if amount >= 10 else 2
    return f"{amount:.{digits}f} {unit}"
