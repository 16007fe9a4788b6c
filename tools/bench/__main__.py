"""``python -m tools.bench``: pysock against the C ``socket`` of the same interpreter."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from . import ROOT, report
from .curves import CURVES, kinks, measure_curve
from .curves import table as curve_table
from .measure import ON_PYPY, Effort, measure
from .rows import chosen, names


def here(patterns: list[str], *, quick: bool) -> report.Data:
    """Measure on this interpreter, and show each row when it is done."""
    import socket

    import pysock

    implementations = {"socket": socket, "pysock": pysock}
    effort = Effort.quick() if quick else Effort()
    run = report.this_run(quick=quick)
    print(report.heading(run), flush=True)

    def rows() -> Iterator[report.Data]:
        for row in chosen(patterns, quick=quick):
            run["rows"].append(report.row_of(measure(row, implementations, effort), run))
            yield run["rows"][-1]

    for line in report.table(rows()):
        print(line, flush=True)
    run["mean"] = report.mean(run)
    print(report.closing(run), flush=True)
    return run


def curves_here(patterns: list[str], *, quick: bool) -> report.Data:
    """The curves on this interpreter."""
    import socket

    import pysock

    effort = Effort(0.05 if quick else 0.12, 0.1 if ON_PYPY else 0.01, rounds=3)
    run = {**report.this_run(quick=quick), "curves": []}
    del run["rows"]
    print(report.interpreter(run), "· time on pysock / time on the C module", flush=True)
    for curve in CURVES:
        if not patterns or any(fnmatchcase(curve.name, pattern) for pattern in patterns):
            run["curves"].append(
                measure_curve(curve, {"socket": socket, "pysock": pysock}, effort)
            )
            print(curve_table(run["curves"][-1]), flush=True)
            for kink in kinks(run["curves"][-1]):
                print(f"  kink: {kink}", flush=True)
    return run


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench", description=__doc__, epilog=f"Rows: {names()}."
    )
    add = parser.add_argument
    add("--row", action="append", default=[], metavar="NAME", help="only these rows, like pair-*")
    add("--python", action="append", default=[], help="an interpreter; default: this one")
    add("--quick", action="store_true", help="less time for each row, and only some of them")
    add("--json", type=Path, metavar="FILE", help="write the results there")
    add("--check", action="store_true", help="fail if a row is above its ceiling")
    add("--curves", action="store_true", help="how cost grows, instead of the rows")
    arguments = parser.parse_args()
    if arguments.curves:
        curves_here(arguments.row, quick=arguments.quick)
        return 0
    try:
        chosen(arguments.row)
    except ValueError as error:
        parser.error(str(error))
    if arguments.python:
        runs = []
        for python in arguments.python:
            runs += elsewhere(python, arguments.row, quick=arguments.quick)
    else:
        runs = [here(arguments.row, quick=arguments.quick)]
    if arguments.json:
        arguments.json.write_text(json.dumps({"format": 1, "runs": runs}, indent=1) + "\n")
    wrong = [line for run in runs for line in report.above(run)] if arguments.check else []
    print(*wrong, sep="\n", end="")
    return 1 if wrong else 0


def elsewhere(python: str, patterns: list[str], *, quick: bool) -> list[report.Data]:
    """Measure on another interpreter, which shows what it does."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "results.json")
        command = [python, "-m", "tools.bench", "--json", str(file), *["--quick"] * quick]
        for pattern in patterns:
            command += ["--row", pattern]
        subprocess.run(command, cwd=ROOT, check=True)
        found: list[report.Data] = json.loads(file.read_text())["runs"]
        return found


if __name__ == "__main__":
    sys.exit(main())
