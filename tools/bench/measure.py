"""How implementations are compared: interleaved rounds, and the minimum of each.

A round is the same number of operations on one implementation, some milliseconds long.  Rounds
alternate, A B and then B A, so that what else the machine does meets all alike; the minimum is what
the operation costs undisturbed, the median what it cost here and now.  CPython's collector of
cycles is off during a round.

Each implementation runs its own copy of a row's code: CPython specialises code to the types that it
meets, and PyPy compiles it for them, so code that both share would be fast for neither.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec, module_from_spec
from statistics import median
from time import perf_counter, perf_counter_ns
from typing import Any, Optional

# Perform so many operations.  What it returns, if anything, is the measured amount (nanoseconds,
# bytes) where the time until it returns is not what is meant.
Run = Callable[[int], Optional[int]]


class Lacking(Exception):
    """What a row needs and this machine does not have, in one line."""


ON_PYPY = sys.implementation.name == "pypy"


@dataclass(frozen=True)
class Row:
    """One thing to measure; ``make`` and ``floor`` name a function: ``module.function``."""

    name: str
    group: str
    title: str
    make: str
    arguments: tuple[Any, ...] = ()
    kind: str | None = None  # of ceiling
    floor: str | None = None  # the bare foreign calls
    unit: str = "ns"
    operations: int | None = None  # in a round; None: as many as fill it
    milliseconds: float = 6  # of a round
    share: float = 1.0  # of time that the row gets, other rows having 1
    warm_up: float = 1.0  # the same: a whole program has more for PyPy to compile
    quick: bool = False  # robust enough to be checked in a hurry
    in_mean: bool = True


@dataclass
class Effort:
    """How long to measure a row."""

    seconds: float = 1.2
    warm_up: float = 1.0 if ON_PYPY else 0.06  # for each implementation
    rounds: int = 5  # at least

    @classmethod
    def quick(cls) -> Effort:
        return cls(seconds=0.6, warm_up=0.5 if ON_PYPY else 0.03)


@dataclass
class Result:
    """The amounts of all rounds for one operation, by implementation."""

    row: Row
    operations: int
    amounts: dict[str, list[float]]

    def add(self, more: Result) -> None:
        """The amounts of another measurement of the row."""
        for name, amounts in more.amounts.items():
            self.amounts[name] += amounts

    def minimum(self, implementation: str) -> float:
        return min(self.amounts[implementation])

    def median(self, implementation: str) -> float:
        return median(self.amounts[implementation])

    @property
    def ratio(self) -> float:
        return self.minimum("pysock") / self.minimum("socket")

    @property
    def median_ratio(self) -> float:
        return self.median("pysock") / self.median("socket")


def own_copy(function: str) -> Callable[..., Any]:
    """``module.function`` of this package, with code objects that nobody else runs."""
    module, _, name = function.partition(".")
    spec = find_spec(f"{__package__}.{module}")
    assert spec is not None and spec.loader is not None, function
    copy = module_from_spec(spec)
    spec.loader.exec_module(copy)
    found: Callable[..., Any] = getattr(copy, name)
    return found


def measure(row: Row, implementations: dict[str, Any], effort: Effort) -> Result:
    """The row on each implementation (name → module), and its floor if it has one."""
    with ExitStack() as stack:
        runs = {
            name: own_copy(row.make)(module, stack, *row.arguments)
            for name, module in implementations.items()
        }
        if row.floor is not None:
            runs["floor"] = own_copy(row.floor)(stack, *row.arguments)
        operations = row.operations or calibrated(
            runs, row.milliseconds, effort.warm_up * row.warm_up
        )
        amounts = interleaved(runs, operations, effort.seconds * row.share, effort.rounds)
        return Result(row, operations, amounts)


def interleaved(
    runs: dict[str, Run], operations: int, seconds: float, rounds: int
) -> dict[str, list[float]]:
    """The amounts for one operation, of each round."""
    amounts: dict[str, list[float]] = {name: [] for name in runs}
    order = list(runs)
    end = perf_counter() + seconds
    while len(amounts[order[0]]) < rounds or perf_counter() < end:
        for name in order:
            amounts[name].append(one_round(runs[name], operations) / operations)
        order.reverse()
    return amounts


def one_round(run: Run, operations: int) -> int:
    """Perform so many operations; the measured amount."""
    # PyPy's frees large objects too, and would run out of memory.
    if not ON_PYPY:
        gc.disable()
    try:
        start = perf_counter_ns()
        amount = run(operations)
        return perf_counter_ns() - start if amount is None else amount
    finally:
        gc.enable()


def calibrated(runs: dict[str, Run], milliseconds: float, warm_up: float) -> int:
    """Warm up, and find how many operations fill a round of the slowest implementation."""
    nanoseconds = milliseconds * 1e6
    fewest = sys.maxsize
    for run in runs.values():
        operations, took = 1, 0
        end = perf_counter() + warm_up
        while took < nanoseconds / 2 or perf_counter() < end:
            took = one_round(run, operations)
            if took < nanoseconds / 2:
                operations *= 2
        fewest = min(fewest, max(1, int(operations * nanoseconds / took)))
    return fewest
