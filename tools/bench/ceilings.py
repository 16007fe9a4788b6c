"""How much slower than the C module pysock may be: the ratio of minima, for each kind of row.

These are ceilings; the aim is 1.0 everywhere.
"""

from __future__ import annotations

from typing import Optional

Ceiling = Optional[float]

# A ratio is held against its ceiling with this much slack for noise.
SLACK = 1.10

MEAN = "geometric mean"

#  kind of row: (CPython 3.11, CPython 3.9 and 3.13, PyPy)
CEILINGS: dict[str, tuple[Ceiling, Ceiling, Ceiling]] = {
    "small ping-pong": (1.4, 1.6, 1.2),
    "with a timeout": (0.95, 1.0, 0.85),
    "TCP, small": (1.15, 1.25, 1.1),
    "TCP, 64 KiB": (1.05, 1.1, 0.95),
    "two processes": (1.15, 1.2, 1.05),
    "stream": (1.1, 1.15, 1.0),
    "UDP": (1.15, 1.3, 1.0),
    "UDP with a timeout": (0.9, 1.0, 0.8),
    "connect": (1.0, 1.05, 1.0),
    "descriptor": (1.25, 1.3, 1.0),
    "getsockname": (1.7, 2.2, 0.9),
    "option": (2.0, 2.6, 1.6),
    "beside a CPU-bound thread": (0.5, 0.5, None),
    "program": (1.1, 1.1, 1.05),
    "import": (1.5, 1.5, 1.5),
    "start": (1.2, 1.2, 1.2),
    MEAN: (1.05, 1.15, 0.95),
}


def ceiling(kind: str | None, implementation: str, version: str) -> Ceiling:
    """The ceiling of a kind of row on an interpreter, None where there is none.

    A version of CPython without a column of its own has the looser one.
    """
    if kind is None:
        return None
    fast, slow, pypy = CEILINGS[kind]
    if implementation == "pypy":
        return pypy
    return fast if version.startswith("3.11.") else slow
