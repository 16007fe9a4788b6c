"""``python3 -m tests.mutants [FILE...]``: change pysock in one place, and see whether a test fails.

Each change (a mutant) is small: ``<`` becomes ``<=``, a constant is one more, a statement is left
out. It is made in a copy of the clone, and the tests that are about the file (``_mutants.TESTS``)
run there, without the shortcuts and with them. A change that no test notices is shown, with the
file and the line. Either a test is missing, or the change makes no difference (``_mutants.EQUAL``
says of some why).
``FILE:LINE`` tries the changes of one line.

``--sample N``   so many changes of each file, drawn at random (all, if it is not given)
``--seed N``     which sample
``--jobs N``     so many copies at the same time
``--quick``      without the tests that take longer than two seconds (``_mutants.SLOW``)
``--show``       show each change, also those that are noticed

The exit status is 1 if a change was not noticed. What mutmut and cosmic-ray (PyPI) do was not
enough: mutmut puts a function around each function, which changes the depth of the stack and no
code of a module's own; cosmic-ray leaves out no statement and takes one command for all files.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

from . import ROOT
from ._environment import environment
from ._mutants import EQUAL, SLOW, TESTS
from ._running import running

WAYS = ({"PYSOCK_SHORTCUTS": "0"}, {"PYSOCK_SHORTCUTS": "1"})
SHORTCUTS = "_methods/shortcuts/"  # of which the first way sees nothing
OPTIONS = "-x -q -p no:cacheprovider --timeout 10".split()

_SWAPS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"), ast.In: ("in", "not in"), ast.NotIn: ("not in", "in"),
    ast.And: ("and", "or"), ast.Or: ("or", "and"), ast.Add: ("+", "-"), ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"), ast.Div: ("/", "*"), ast.FloorDiv: ("//", "*"),
    ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&"), ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"), ast.Mod: ("%", "//"),
}  # fmt: skip
_REMOVED = (ast.Raise, ast.Return, ast.Continue, ast.Break, ast.AugAssign)
_PLAIN = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)


class Mutant(NamedTuple):
    """A change: in which file, the bytes from where to where, and what is there instead."""

    file: str
    start: int
    end: int
    text: bytes

    def of(self, source: bytes) -> bytes:
        return source[: self.start] + self.text + source[self.end :]

    def lines(self, source: bytes) -> tuple[int, str, str]:
        """The number of the line, and what is there before and after, on one line each."""
        first = source.rfind(b"\n", 0, self.start) + 1
        rest = source[self.end :].partition(b"\n")[0]
        before = source[first : self.end] + rest
        after = source[first : self.start] + self.text + rest
        number = source.count(b"\n", 0, self.start) + 1
        return number, " ".join(before.decode().split()), " ".join(after.decode().split())


class Step(NamedTuple):
    """Files of tests that run together, in which way, and how long they take."""

    tests: list[str]
    way: dict[str, str]
    seconds: float


def mutants(file: str, source: bytes) -> list[Mutant]:
    """All changes of a file."""
    begins = [0]
    for line in source.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))

    def start(node):
        return begins[node.lineno - 1] + node.col_offset

    def end(node):
        return begins[node.end_lineno - 1] + node.end_col_offset

    def whole(node, text: str) -> Mutant:
        return Mutant(file, start(node), end(node), text.encode())

    def between(left, right, before: str, after: str) -> Mutant:
        word = re.escape(before).replace(r"\ ", r"\s+")
        pattern = rf"\b{word}\b" if before.isidentifier() or " " in before else word
        gap = source[end(left) : start(right)]
        found = re.search(pattern.encode(), gap)
        assert found, f"{file}:{left.lineno}: no {before}"
        at = end(left)
        return Mutant(file, at + found.start(), at + found.end(), after.encode())

    def changes(node) -> Iterator[Mutant]:
        if isinstance(node, (ast.If, ast.While, ast.IfExp)) and isinstance(node.test, _PLAIN):
            yield Mutant(file, start(node.test), start(node.test), b"not ")
        if isinstance(node, ast.AugAssign) and type(node.op) in _SWAPS:
            yield between(node.target, node.value, *_SWAPS[type(node.op)])
        if isinstance(node, ast.Compare):
            compared = [node.left, *node.comparators]
            for left, operator, right in zip(compared, node.ops, node.comparators):
                yield between(left, right, *_SWAPS[type(operator)])
        elif isinstance(node, ast.BoolOp):
            for left, right in zip(node.values, node.values[1:]):
                yield between(left, right, *_SWAPS[type(node.op)])
        elif isinstance(node, ast.BinOp) and type(node.op) in _SWAPS:
            yield between(node.left, node.right, *_SWAPS[type(node.op)])
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield Mutant(file, start(node), start(node) + len("not "), b"")
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield whole(node, str(not node.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, int):
            yield whole(node, str(node.value + 1))
            if node.value == 1:
                yield whole(node, "0")
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield whole(node, str(node.value + 1))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
            yield Mutant(file, start(node), start(node) + len("~"), b"")
        elif isinstance(node, _REMOVED) or _is_call(node) or node in again:
            yield whole(node, "pass")
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
                yield whole(node.func, "max" if node.func.id == "min" else "min")
            elif len(node.args) > 1:
                first, second = (source[start(each) : end(each)] for each in node.args[:2])
                comma = source[end(node.args[0]) : start(node.args[1])]
                swapped = second + comma + first
                if second != first and not swapped.startswith(b"*"):
                    yield Mutant(file, start(node.args[0]), end(node.args[1]), swapped)
            for keyword in node.keywords:
                yield whole(keyword.value, "None")

    tree = ast.parse(source)
    again = set(_set_again(tree))
    return sorted({change for node in running(tree) for change in changes(node)})


def equal(mutant: Mutant, source: bytes) -> tuple[str, str, str] | None:
    """The row of ``EQUAL`` that says why this change makes no difference, if there is one."""
    _, before, after = mutant.lines(source)
    for row in EQUAL:
        file, change, _reason = row
        left, _, right = change.rpartition(" => ")
        if mutant.file.endswith(file) and left in before and right in after:
            if left or right not in before:
                return row
    return None


def _is_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)


def _set_again(tree: ast.AST) -> Iterator[ast.AST]:
    """Assignments without which their names have another value, or an attribute has."""
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.Lambda)):
            inside = list(ast.walk(function))
            names = Counter(_bound(inside))
            names.update(node.arg for node in inside if isinstance(node, ast.arg))
            for node in inside:
                if isinstance(node, ast.Assign):
                    set_here = _bound(n for target in node.targets for n in ast.walk(target))
                    if all(names[name] > 1 for name in set_here):  # or only attributes and items
                        yield node


def _bound(nodes: Iterable[ast.AST]) -> list[str]:
    """The names that are assigned to."""
    return [n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


class Copy:
    """A copy of the clone, in which one file at a time is changed."""

    def __init__(self, python: str, folder: Path) -> None:
        self.folder = folder
        ignored = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(ROOT, folder, ignore=ignored, dirs_exist_ok=True)
        environ = {**os.environ, "PYTHONPATH": str(folder)}
        self.forks = subprocess.Popen(
            [python, "-m", "tests._forks"], cwd=folder, env=environ, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def run(self, step: Step, limit: float, keep: bool) -> tuple[str, float]:
        """How the tests end, and after how long; ``keep`` what is compiled, for later runs."""
        environ = {"PYTHONDONTWRITEBYTECODE": "" if keep else "1", **step.way}
        run = {"tests": step.tests, "options": OPTIONS, "environ": environ}
        assert self.forks.stdin and self.forks.stdout
        self.forks.stdin.write(json.dumps({**run, "limit": limit, "keep": keep}) + "\n")
        result, _, seconds = self.forks.stdout.readline().partition(" ")
        return result, float(seconds)

    def result(self, mutant: Mutant, steps: list[Step]) -> str:
        """``passed`` if no test notices the change; ``late`` if they are not done in time."""
        source = (self.folder / mutant.file).read_bytes()
        self.write(mutant.file, mutant.of(source))
        try:
            for step in steps:
                result, _ = self.run(step, 4 * step.seconds + 5, False)
                if result != "passed":
                    return result
            return "passed"
        finally:
            self.write(mutant.file, source)

    def write(self, file: str, source: bytes) -> None:
        path = self.folder / file
        path.write_bytes(source)
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*"):
            compiled.unlink()  # its time and size may be those of the new source

    def close(self) -> None:
        with self.forks:
            self.forks.kill()


class Copies:
    """Some copies, each of which does one thing at a time."""

    def __init__(self, python: str, folder: str, count: int) -> None:
        self.free: SimpleQueue[Copy] = SimpleQueue()
        self.all = [Copy(python, Path(folder, str(number))) for number in range(count)]
        for copy in self.all:
            self.free.put(copy)
        self.seconds: dict[tuple[str, ...], float] = {}  # what tests take, in a way

    def map(self, function: Callable[[Copy, Any], Any], items: Iterable[Any]) -> list[Any]:
        """``function(copy, item)`` of each item, in the items' order."""

        def call(item: Any) -> Any:
            copy = self.free.get()
            try:
                return function(copy, item)
            finally:
                self.free.put(copy)

        with ThreadPoolExecutor(len(self.all)) as pool:
            return list(pool.map(call, items))

    def steps(self, file: str, quick: bool) -> list[Step]:
        """In which order the tests about a file run: the first, other quick ones, ``SLOW`` ones.

        How long each takes is measured with sources that are not changed, once.
        """
        names = TESTS[file].split()
        last = [] if quick else [[name] for name in SLOW if name in names]
        rest = [name for name in names[1:] if name not in SLOW]
        together = [names[:1], rest, *last]
        ways = WAYS[1:] if SHORTCUTS in file else WAYS
        wanted = [([_path(name) for name in names], way) for names in together for way in ways]

        def step(copy: Copy, item: tuple[list[str], dict[str, str]]) -> Step:
            tests, way = item
            key = (*tests, *way.values())
            if key not in self.seconds:
                result, self.seconds[key] = copy.run(Step(tests, way, 0.0), 1800, True)
                if result != "passed":
                    sys.exit(f"{tests} fail, or take too long, without any change ({way})")
            return Step(tests, way, self.seconds[key])

        return self.map(step, wanted)


def _path(name: str) -> str:
    folder, slash, name = name.rpartition("/")
    return f"tests/{folder}{slash}test_{name}.py"


def measure(name: str, copies: Copies, options: argparse.Namespace) -> tuple[int, int]:
    """How many changes of a file there were, and how many were noticed."""
    file, _, line = name.partition(":")
    source = (copies.all[0].folder / file).read_bytes()  # whatever becomes of the clone meanwhile
    chosen = [each for each in mutants(file, source) if not equal(each, source)]
    if line:
        chosen = [each for each in chosen if each.lines(source)[0] == int(line)]
    if options.sample and options.sample < len(chosen):
        chosen = sorted(random.Random(options.seed).sample(chosen, options.sample))
    begin, steps = time.monotonic(), copies.steps(file, options.quick)

    def result(copy: Copy, mutant: Mutant) -> str:
        found = copy.result(mutant, steps)
        if options.show or found == "passed":
            number, before, after = mutant.lines(source)
            print(f"{file}:{number}: {'NOT NOTICED' if found == 'passed' else found}")
            print(f"  - {before}\n  + {after}", flush=True)
        return found

    results = copies.map(result, chosen)
    seen = len(results) - results.count("passed")
    share = f"{seen / len(chosen):.1%}" if chosen else "-"
    print(
        f"{file}: {len(chosen)} changes, {seen} noticed ({results.count('late')} by a time limit), "
        f"{share}; {time.monotonic() - begin:.0f} s",
        flush=True,
    )
    return len(chosen), seen


def main() -> bool:
    """Whether each change was noticed."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.mutants")
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help=f"or FILE:LINE; of {', '.join(TESTS)}"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    files = options.files or list(TESTS)
    if unknown := {name.partition(":")[0] for name in files} - TESTS.keys():
        parser.error(f"TESTS does not say which tests are about {', '.join(unknown)}")
    python = environment("test", "pytest")
    with tempfile.TemporaryDirectory(prefix="pysock-mutants-") as folder:
        copies = Copies(python, folder, options.jobs)
        try:
            results = [measure(name, copies, options) for name in files]
        finally:
            for copy in copies.all:
                copy.close()
    total, seen = map(sum, zip(*results))
    print(f"in all: {total} changes, {seen} noticed, {seen / max(total, 1):.1%}")
    return seen == total


if __name__ == "__main__":
    sys.exit(not main())
