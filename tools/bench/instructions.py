"""How many instructions an operation takes, which no other load of a machine changes.

``valgrind --tool=callgrind`` runs an interpreter and counts what it executes in user space: the
interpreter, ctypes, libffi and the C library, but not the kernel.  This module is also the program
that it runs.  The program calls ``getppid`` before and after what is to be counted, and callgrind
writes down at each such call how many instructions there were since the last.

The figure of a row is (a loop of N operations − an empty loop of N) / N, after a warm-up in which
CPython specialises its code.  An import is counted in a process of its own; its floor is the import
of as many empty modules, and of what pysock loads of the standard library.

``results/instructions.json`` has the figures of some builds of Python, since a build, its
compiler and the C library decide how many instructions there are.  A check compares with those of
the build that runs: a row that takes over 2 % more is a failure.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from ast import literal_eval
from contextlib import ExitStack
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from typing import Any

from . import ROOT, report
from .measure import Run, own_copy
from .rows import ROWS

FIGURES = ROOT / "tools/bench/results/instructions.json"
GROWTH = 1.02  # which a row may have

COUNTED = (
    "pair-1B", "pair-1B-timeout", "into-1B", "udp-64B", "descriptor", "descriptor-documented",
    "connect", "opened", "socketpair", "getsockname", "getsockopt", "setsockopt", "conversions",
    "getaddrinfo", "makefile-bytes-1",
)  # fmt: skip
IMPORT = "import"

WARM_UP, OPERATIONS = 100, 40

Counts = dict[str, dict[str, int]]  # by row, by implementation; floor: the bare foreign calls


def missing() -> str | None:
    """Why nothing can be counted here, or None."""
    if sys.implementation.name != "cpython":
        return "PyPy compiles while it runs, so a count cannot be repeated"
    return None if shutil.which("valgrind") else "valgrind is not installed"


def count(names: list[str], *, alone: bool) -> Counts:
    """The instructions of an operation of each row, and of an import if it is among the names.

    ``alone``: those of pysock only, in half of the time.
    """
    counts: Counts = {}
    loops = [name for name in names if name != IMPORT]
    if loops:
        # A process for each, so that the figures of one do not depend on the others.
        for implementation in ("pysock",) if alone else ("socket", "floor", "pysock"):
            program = "tools.bench.instructions", implementation, *loops
            said, parts = under_callgrind("-m", *program)
            spans = dict(zip(said.split(), parts[1::2]))
            empty = spans.pop("empty")
            for row, span in spans.items():
                counts.setdefault(row, {})[implementation] = (span - empty) // OPERATIONS
    if IMPORT in names:
        counts[IMPORT] = {} if alone else _other_imports()
        counts[IMPORT]["pysock"] = _importing("import pysock", ROOT)
    return counts


def _other_imports() -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        return {
            "socket": _importing("import ctypes, socket", ROOT),
            "floor": _importing(empty_modules(Path(folder)), Path(folder)),
        }


def _importing(statement: str, folder: Path) -> int:
    """The instructions of an import statement in a process that runs in ``folder``."""
    program = f"import os\nos.getppid()\n{statement}\nos.getppid()"
    with tempfile.TemporaryDirectory() as cache:  # of compiled modules
        environment = {"PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}
        command = [sys.executable, "-S", "-c", statement]
        subprocess.run(command, cwd=folder, check=True, env={**os.environ, **environment})
        return under_callgrind("-S", "-c", program, folder=folder, **environment)[1][1]


# The modules that an import has loaded, and their files.
_LOADED = """\
import sys
before = set(sys.modules)
import pysock
loaded = [name for name in sys.modules if name not in before]
print({name: getattr(sys.modules[name], "__file__", None) for name in loaded})
"""


def empty_modules(folder: Path) -> str:
    """Write empty modules by the names of pysock's, and return the statement that imports them.

    It imports as well what pysock loads of the standard library.
    """
    command = [sys.executable, "-S", "-c", _LOADED]
    loaded = literal_eval(subprocess.check_output(command, cwd=ROOT, text=True))
    for name, file in loaded.items():
        if name.partition(".")[0] == "pysock":
            path = folder / Path(file).relative_to(ROOT)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    # The first of these was finished last: it imports those on which it depends.
    return f"import {', '.join(reversed(loaded))}"


def under_callgrind(
    *arguments: str, folder: Path = ROOT, **variables: str
) -> tuple[str, list[int]]:
    """What Python printed with these arguments, and the instructions between its marks."""
    with tempfile.TemporaryDirectory() as counted:
        out = Path(counted, "out")
        command = ["valgrind", "--tool=callgrind", "--dump-before=getppid", "-q"]
        command += [f"--callgrind-out-file={out}", sys.executable]
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(folder), **variables}
        done = subprocess.run(
            [*command, *arguments],
            cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        dumps = sorted(Path(counted).glob("out.*"), key=lambda path: int(path.suffix[1:]))
        return done.stdout, [_total(dump) for dump in dumps]


def _total(dump: Path) -> int:
    with dump.open() as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("totals:"))


# --- the program that callgrind runs -------------------------------------------------


def _empty(n: int) -> None:
    for _ in range(n):
        pass


def _mark_rounds(run: Run) -> None:
    run(WARM_UP)
    gc.collect()
    gc.disable()
    os.getppid()
    run(OPERATIONS)
    os.getppid()
    gc.enable()


def _program(implementation: str, names: list[str]) -> None:
    rows = {row.name: row for row in ROWS}
    module = () if implementation == "floor" else (import_module(implementation),)
    _mark_rounds(_empty)
    print("empty")
    for name in names:
        row = rows[name]
        make = row.floor if implementation == "floor" else row.make
        if make is not None:
            with ExitStack() as stack:
                _mark_rounds(own_copy(make)(*module, stack, *row.arguments))
            print(name)


# --- figures that are kept -----------------------------------------------------------


def build() -> dict[str, str]:
    """What decides about the number of instructions, besides the code."""
    return {
        "interpreter": f"CPython {report.version()}",
        "compiler": platform.python_compiler().strip("[]"),
        "built": " ".join(platform.python_build()),
        "libc": " ".join(platform.libc_ver()),
        "machine": platform.machine(),
    }


def kept() -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = json.loads(FIGURES.read_text())["runs"] if FIGURES.exists() else []
    return runs


def kept_here(runs: list[dict[str, Any]]) -> Counts | None:
    """The figures of this build, if there are any."""
    return next((run["rows"] for run in runs if run["build"] == build()), None)


def keep(counts: Counts) -> None:
    """Put these figures in the place of those of this build."""
    here = build()
    runs = [run for run in kept() if run["build"] != here]
    rows = {**(kept_here(kept()) or {}), **counts}
    runs.append({"build": here, "rows": {name: rows[name] for name in chosen([]) if name in rows}})
    runs.sort(key=lambda run: str(run["build"]))
    text = json.dumps({"format": 1, "runs": runs}, indent=1)
    FIGURES.write_text(text + "\n")


def grown(counts: Counts, before: Counts) -> list[str]:
    """The rows of which pysock takes more than it did, by more than may be, in words."""
    return [
        f"{name}: {each['pysock']:,} instructions, {before[name]['pysock']:,} before"
        f" ({each['pysock'] / before[name]['pysock'] - 1:+.1%})"
        for name, each in counts.items()
        if name in before and each["pysock"] > before[name]["pysock"] * GROWTH
    ]


def chosen(patterns: list[str]) -> list[str]:
    """The names of those that can be counted and match a pattern; without any, all."""
    names = [*COUNTED, IMPORT]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValueError(f"nothing that is counted is named {pattern}")
    return [n for n in names if not patterns or any(fnmatchcase(n, p) for p in patterns)]


def table(counts: Counts, before: Counts | None) -> list[str]:
    lines = [f"{'':21} {'socket':>12} {'floor':>8} {'pysock':>12} {'/ floor':>8} {'/ kept':>8}"]
    for name, each in counts.items():
        socket, floor, mine = each.get("socket"), each.get("floor"), each["pysock"]
        columns = [f"{name:21}", f"{socket:12,}" if socket else " " * 12]
        columns += [f"{floor:8,}" if floor else " " * 8, f"{mine:12,}"]
        columns += [f"{mine / floor:8.2f}" if floor else " " * 8]
        if before and name in before:
            columns += [f"{mine / before[name]['pysock'] - 1:+8.1%}"]
        lines.append(" ".join(columns).rstrip())
    return lines


def command(patterns: list[str], *, check: bool, record: bool) -> int:
    """Count, show, compare with what is kept or keep it; the status to end with."""
    print("instructions in user space, of one operation ·", build()["interpreter"], flush=True)
    why = missing()
    if why:
        print("not counted:", why)
        return 0
    counts = count(chosen(patterns), alone=check and not record)
    before = kept_here(kept())
    print(*table(counts, before), sep="\n")
    if record:
        keep(counts)
    if not check:
        return 0
    if before is None:
        print("not compared: no figures are kept of this build of Python;", *build().values())
        return 0
    wrong = grown(counts, before)
    if wrong:
        print(f"more than {GROWTH - 1:.0%} above what is kept (--record keeps new figures):")
        print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    _program(sys.argv[1], sys.argv[2:])
