"""``python3 -m tests.clients``: real clients and servers, on the C module and on pysock.

Each file of ``programs/`` is a program that uses packages from PyPI, against a server of Debian's
or one that it starts itself.  It is run by ``python`` and by ``python -m pysock run``; both have
to succeed, and to print the same.  The programs see loopback alone; those that need more get a
network namespace of their own.

``--write`` puts this interpreter's column into the table of docs/compatibility.md.  ``--suites``
runs packages' own tests (``suites``).  The packages are installed into environments under
``.venv/``.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from .._environment import environment_with
from . import suites
from .servers import Servers
from .ways import (
    PROGRAMS,
    WAYS,
    can_have_namespaces,
    environment_for,
    in_a_namespace,
    write_column,
)

REQUIREMENTS = Path(__file__).with_name("clients.txt")
SAID = ("SERVERS", "CI", "NAMESPACE", "NEEDS")  # what a program says of itself at its top
PATIENCE = 60  # seconds for a program


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.clients", description=__doc__)
    parser.add_argument("--ci", action="store_true", help="only the programs of CI")
    parser.add_argument("--suites", action="store_true", help="packages' own tests instead")
    parser.add_argument("--write", action="store_true", help="write the table to docs/")
    parser.add_argument("--verbose", action="store_true", help="show what the programs print")
    parser.add_argument("names", nargs="*", help="programs or suites, like requests_nginx")
    options = parser.parse_args()
    if options.write and (options.ci or options.names):
        parser.error("--write is for the whole table")
    if problem := missing(options.suites):
        print(problem, file=sys.stderr)
        return 2
    kind = "clients-ci" if options.ci else "clients-suites" if options.suites else "clients"
    python = environment_with(REQUIREMENTS.with_name(f"{kind}.txt"))
    if options.suites:
        with tempfile.TemporaryDirectory(prefix="pysock-") as folder:
            return suites.main(python, options.names, Path(folder), write=options.write)
    programs = list(map(Program, sorted(PROGRAMS.glob("[!_]*.py"))))
    if options.ci:
        programs = [program for program in programs if program.in_ci]
    if options.names:
        programs = [program for program in programs if program.name in options.names]
    if not programs:
        print("there is no such program", file=sys.stderr)
        return 2
    table = Table()
    with Servers() as servers:
        for program in programs:
            table.add(program, program.compare(python, servers), options.verbose)
    if options.write:
        write_column("clients", this_interpreter(), table.column())
    return table.verdict()


def missing(for_suites: bool) -> str:
    """One line that says why this cannot run here, or nothing."""
    if not hasattr(os, "getuid"):
        return "tests.clients: the servers are Debian's, and this is no such system"
    if for_suites and not can_have_namespaces():
        return "tests.clients --suites: needs network namespaces, and the Debian package iproute2"
    return ""


class Program:
    """A file: the servers that it needs, and whether it wants a network namespace of its own."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.stem
        tree = ast.parse(path.read_text(encoding="utf-8"))
        self.what = (ast.get_docstring(tree) or "").partition("\n")[0].rstrip(".")
        said = {
            node.targets[0].id: ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            if node.targets[0].id in SAID
        }
        self.servers: tuple[str, ...] = said.get("SERVERS", ())
        self.in_ci: bool = said.get("CI", False)
        self.namespace: bool = said.get("NAMESPACE", False)
        self.needs: tuple[str, ...] = said.get("NEEDS", ())  # what not every interpreter can have

    def compare(self, python: str, servers: Servers) -> dict[str, Outcome]:
        """What became of it, by module."""
        lacking = [f"needs {name}" for name in self.needs if not has(python, name)]
        if self.namespace and not can_have_namespaces():
            lacking.append("needs network namespaces, and iproute2")
        lacking += filter(None, map(servers.start, self.servers))
        if lacking:
            return {"": Outcome(None, "", lacking[0])}
        return {way: self._run(python, way, servers.environment()) for way in WAYS}

    def _run(self, python: str, way: str, told: dict[str, str]) -> Outcome:
        environment = environment_for(way, told)
        command = [python, *WAYS[way], str(self.path)]
        if self.namespace:
            command = in_a_namespace(command)
        with subprocess.Popen(
            command,
            env=environment,
            cwd=folder_of(told),  # what a program leaves there is removed with the servers
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                out, err = process.communicate(timeout=PATIENCE)
                return Outcome(process.returncode, out, err)
            except subprocess.TimeoutExpired:
                return Outcome(None, "", f"it took more than {PATIENCE} seconds")
            finally:
                with suppress(ProcessLookupError):  # whatever it has left running
                    os.killpg(process.pid, signal.SIGKILL)


def has(python: str, module: str) -> bool:
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0


def folder_of(told: dict[str, str]) -> str:
    return str(Path(ast.literal_eval(told["CLIENTS_CERTIFICATES"])["here"]).parent)


class Outcome:
    """Exit status (None: none), and what was printed."""

    def __init__(self, status: int | None, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def passed(self) -> bool:
        return self.status == 0 and bool(self.out)


class Table:
    """Program, and what became of it; printed as it grows."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, str]] = []
        self.wrong: list[str] = []
        self.count = {"same": 0, "not run": 0}

    def add(self, program: Program, outcomes: dict[str, Outcome], verbose: bool) -> None:
        lacking = outcomes.get("")
        if lacking is not None:
            self.count["not run"] += 1
            cells = ("not run", lacking.err.splitlines()[0])
        else:
            theirs, ours = outcomes["C"], outcomes["pysock"]
            same = theirs.out == ours.out
            cells = (verdict(theirs), verdict(ours) if same or not ours.passed else "differs")
            if theirs.passed and ours.passed and same:
                self.count["same"] += 1
            else:
                self.wrong.append(program.name)
        self.rows.append((program.name, program.what, *cells))
        print(f"{program.name:22} {cells[0]:8} {cells[1]:8} {program.what}", flush=True)
        if verbose and lacking is None:
            print(outcomes["C"].out, end="")
        if program.name in self.wrong:
            self._explain(outcomes["C"], outcomes["pysock"])

    def _explain(self, theirs: Outcome, ours: Outcome) -> None:
        for way, outcome in (("C", theirs), ("pysock", ours)):
            if not outcome.passed:
                print(f"--- on {way}, status {outcome.status}:\n{outcome.out}{outcome.err}")
        lines = difflib.unified_diff(
            theirs.out.splitlines(), ours.out.splitlines(), "C", "pysock", lineterm=""
        )
        print("\n".join(lines), flush=True)

    def column(self) -> dict[tuple[str, ...], str]:
        """The cells of this interpreter, by the cells that begin their rows."""
        cells: dict[tuple[str, ...], str] = {}
        for name, what, theirs, ours in self.rows:
            cells[name, what] = "both pass" if ours == theirs == "passes" else f"{theirs}, {ours}"
        return cells

    def verdict(self) -> int:
        if self.wrong:
            print(f"\nnot as they must be: {', '.join(self.wrong)}")
        print(f"{self.count['same']} programs do the same, {len(self.wrong)} do not", end="")
        print(f", {self.count['not run']} could not be run" if self.count["not run"] else "")
        return 1 if self.wrong or not self.count["same"] else 0


def this_interpreter() -> str:
    """The title of its column."""
    name = "PyPy " if sys.implementation.name == "pypy" else ""
    return f"{name}{sys.version_info[0]}.{sys.version_info[1]}"


def verdict(outcome: Outcome) -> str:
    return "passes" if outcome.passed else "fails"


if __name__ == "__main__":
    sys.exit(main())
