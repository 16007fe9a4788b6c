"""``python -m tools.bench``: pysock against the C ``socket`` of the same interpreter."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from . import ROOT, report
from .measure import Effort, measure
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
    arguments = parser.parse_args()
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
