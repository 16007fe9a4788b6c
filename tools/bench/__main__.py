"""``python -m tools.bench``: pysock against the C ``socket`` of the same interpreter."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from . import ROOT, curves, instructions, interpreters, page, report, rows
from .machine import description
from .measure import ON_PYPY, Effort, Lacking, measure


def rows_here(patterns: list[str], *, quick: bool, check: bool) -> report.Data:
    """Measure rows on this interpreter, and show each when it is done.

    To ``check``, what is above its ceiling is measured up to three times: it may be noise.
    """
    effort = Effort.quick() if quick else Effort()
    run = {**report.this_run(quick=quick), "rows": []}
    print(report.heading(run), flush=True)

    def measured() -> Iterator[report.Data]:
        for row in rows.chosen(patterns, quick=quick):
            try:
                result = measure(row, _implementations(), effort)
            except Lacking as lacking:
                print(f"  {row.title}: {lacking}", flush=True)
                continue
            for _ in range(2 if check else 0):
                if report.is_above(report.row_of(result, run)):
                    result.add(measure(row, _implementations(), effort))
            run["rows"].append(report.row_of(result, run))
            yield run["rows"][-1]

    for line in report.table(measured()):
        print(line, flush=True)
    run["mean"] = report.mean(run, whole=rows.whole(run["rows"]))
    print(report.closing(run), flush=True)
    return run


def curves_here(patterns: list[str], *, quick: bool) -> report.Data:
    """Measure curves on this interpreter, and show each when it is done."""
    effort = Effort(0.05 if quick else 0.12, 0.1 if ON_PYPY else 0.01, rounds=3)
    run = {**report.this_run(quick=quick), "curves": []}
    print(report.interpreter(run), "· time on pysock / time on the C module", flush=True)
    for curve in curves.chosen(patterns):
        run["curves"].append(curves.measure_curve(curve, _implementations(), effort))
        print(curves.table(run["curves"][-1]), flush=True)
    return run


def _implementations() -> dict[str, object]:
    import socket

    import pysock

    return {"socket": socket, "pysock": pysock}


def elsewhere(python: str, *options: str) -> list[report.Data]:
    """Measure on another interpreter, which shows what it does."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "results.json")
        command = [python, "-m", "tools.bench", *options, "--json", str(file)]
        status = subprocess.run(command, cwd=ROOT).returncode
        if not file.exists():
            sys.exit(f"{' '.join(command)} ended with {status}")
        found: list[report.Data] = json.loads(file.read_text())["runs"]
        return found


def save(runs: list[report.Data], file: Path) -> None:
    file.write_text(json.dumps({"format": 1, "runs": runs}, indent=1) + "\n")


def draw(results: Path, picture: Path) -> None:
    """In an environment that has matplotlib, unless this one does."""
    python = sys.executable
    if find_spec("matplotlib") is None:
        from tests._environment import environment

        python = environment("bench", "matplotlib")
    command = [python, "-m", "tools.bench.plot", str(results.resolve()), str(picture.resolve())]
    subprocess.run(command, cwd=ROOT, check=True)


def document(pythons: list[str], patterns: list[str], *, quick: bool) -> None:
    """Measure everything on some interpreters, and put it into docs/.

    With patterns, only those rows, and no curves; the rest stays as it was measured before.  What
    was measured on another processor is kept apart, and stands beside it.
    """
    some = len(rows.chosen(patterns)) < len(rows.ROWS)
    other = set_apart(RESULTS, OTHER, some=some)
    options = ["--quick", "--row", "*"] if quick else [f"--row={each}" for each in patterns]
    found = {}
    for name, option in (("speed", []), ("speed-curves", ["--curves"])):
        results = ROOT / f"tools/bench/results/{name}.json"
        if patterns and option:
            found[name] = json.loads(results.read_text())["runs"]
            continue
        runs = [run for python in pythons for run in elsewhere(python, *option, *options)]
        if some:
            runs = replaced(json.loads(results.read_text())["runs"], runs)
        save(runs, results)
        draw(results, ROOT / f"docs/{name}.svg")
        found[name] = runs
    page.write(found["speed"], other, found["speed-curves"])


RESULTS = ROOT / "tools/bench/results/speed.json"
OTHER = RESULTS.with_name("speed-other.json")


def set_apart(results: Path, other: Path, *, some: bool) -> list[report.Data]:
    """The results of another processor: those of before, if they are not of this one."""
    runs: list[report.Data] = json.loads(results.read_text())["runs"]
    there = runs[0]["machine"]["processor"]
    if there != description()["processor"]:
        if some:
            sys.exit(f"tools.bench: the other rows were measured on {there}; measure all of them")
        save(runs, other)
        return runs
    found: list[report.Data] = json.loads(other.read_text())["runs"] if other.exists() else []
    return found


def replaced(runs: list[report.Data], newer: list[report.Data]) -> list[report.Data]:
    """``runs`` with the rows of ``newer`` in them, without rows that are no more."""
    for run in runs:
        known = {row["name"]: row for row in run["rows"]}
        for other in newer:
            if report.interpreter(other) == report.interpreter(run):
                known.update((row["name"], row) for row in other["rows"])
        run["rows"] = [known[row.name] for row in rows.ROWS if row.name in known]
        run["mean"] = report.mean(run, whole=rows.whole(run["rows"]))
    return runs


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench",
        description=__doc__,
        epilog=f"Rows: {', '.join(row.name for row in rows.ROWS)}."
        f" Curves: {', '.join(curve.name for curve in curves.CURVES)}.",
    )
    add = parser.add_argument
    add("--row", action="append", default=[], metavar="NAME", help="only these rows, like 'tcp-*'")
    add("--curves", action="store_true", help="how cost grows, instead of the rows")
    add("--quick", action="store_true", help="half the time, and only rows that need no more")
    add("--python", action="append", default=[], help="an interpreter; default: this one")
    add("--json", type=Path, metavar="FILE", help="write the results there")
    add("--plot", type=Path, metavar="FILE", help="draw them (SVG or PNG)")
    add("--check", action="store_true", help="fail if a row is above its ceiling, noise allowed")
    add(
        "--instructions",
        action="store_true",
        help="count them instead, by valgrind;"
        " --check then fails if a row takes over 2 %% more than is kept",
    )
    add("--record", action="store_true", help="keep the instructions that are counted")
    add("--docs", action="store_true", help="measure docs/speed.md anew: all (20 min) or --row")
    arguments = parser.parse_args()
    try:
        if arguments.instructions:
            return instructions.command(
                arguments.row, check=arguments.check, record=arguments.record
            )
        (curves if arguments.curves else rows).chosen(arguments.row)
    except ValueError as error:
        parser.error(str(error))
    if arguments.docs:
        pythons = arguments.python or interpreters.found()
        document(pythons, arguments.row, quick=arguments.quick)
        return 0
    runs = []
    if arguments.python:
        options = [f"--row={pattern}" for pattern in arguments.row]
        options += ["--quick"] * arguments.quick + ["--curves"] * arguments.curves
        options += ["--check"] * arguments.check
        for python in arguments.python:
            runs += elsewhere(python, *options)
    else:
        runs.append(
            curves_here(arguments.row, quick=arguments.quick)
            if arguments.curves
            else rows_here(arguments.row, quick=arguments.quick, check=arguments.check)
        )
    with tempfile.TemporaryDirectory() as folder:
        results = arguments.json or Path(folder, "results.json")
        save(runs, results)
        if arguments.plot:
            draw(results, arguments.plot)
    wrong = [line for run in runs for line in report.above(run)] if arguments.check else []
    if wrong and not arguments.python:
        print("above the ceiling:", *wrong, sep="\n  ")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
