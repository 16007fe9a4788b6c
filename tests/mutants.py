"""``python3 -m tests.mutants [FILE...]``: change pysock in one place, and see whether a test fails.

Each change (a mutant) is small: ``<`` becomes ``<=``, a constant is one more, a statement is left
out. It is made in a copy of the clone, and the tests that are about the file (``TESTS``) run there,
without the shortcuts and with them. A change that no test notices is shown, with the file and the
line. Either a test is missing, or the change makes no difference (``EQUAL`` says of some why).

``--sample N``   so many changes of each file, drawn at random (all, if it is not given)
``--seed N``     which sample
``--jobs N``     so many copies at the same time
``--show``       show each change, also those that are noticed

The exit status is 1 if a change was not noticed. What mutmut and cosmic-ray (PyPI) do was not
enough: mutmut puts a function around each function, which changes the depth of the stack and no
code of a module's own; cosmic-ray leaves out no statement and takes one command for all files.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from . import ROOT
from ._environment import environment

# The tests that are about a file, the quickest first: waiting is tests/test_waiting.py.
TESTS = {
    "pysock/_calls/wait.py": "flow hostile/library waiting signals hostile/deadlines",
    "pysock/_calls/transfer.py": (
        "unwritten hostile/library flow parity_transfer hostile/poison memory"
    ),
    "pysock/_calls/msghdr.py": (
        "noticed_messages unwritten hostile/library parity_messages hostile/poison descriptors "
        "memory"
    ),
    "pysock/_methods/message.py": "noticed_messages unwritten parity_messages descriptors memory",
    "pysock/_methods/options.py": "noticed_options unwritten parity_options",
    "pysock/_calls/getsockopt.py": (
        "noticed_options noticed_connections unwritten hostile/library parity_objects "
        "parity_options"
    ),
    "pysock/_methods/connection.py": (
        "noticed_connections noticed_descriptors hostile/library parity_addresses parity_objects "
        "descriptors waiting signals"
    ),
    "pysock/_ffi/arguments.py": (
        "noticed_messages parity_messages parity_objects parity_options memory parity_arguments"
    ),
    "pysock/_methods/lifecycle.py": (
        "noticed_descriptors hostile/library parity_objects left_open descriptors"
    ),
    "pysock/_calls/descriptor.py": "noticed_descriptors hostile/library parity_objects descriptors",
}

# Changes that make no difference, or none on Linux in CPython: the file, the line after the change,
# and the reason.
EQUAL: dict[tuple[str, str], str] = {}

WAYS = ({"PYSOCK_SHORTCUTS": "0"}, {"PYSOCK_SHORTCUTS": "1"})

_COMPARISONS = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
_OPERATORS = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
_REMOVED = (ast.Raise, ast.Return, ast.Continue, ast.Break)


class Mutant(NamedTuple):
    """A change: in which file, the bytes from where to where, and what is there instead."""

    file: str
    start: int
    end: int
    text: bytes

    def of(self, source: bytes) -> bytes:
        return source[: self.start] + self.text + source[self.end :]

    def lines(self, source: bytes) -> tuple[int, str, str]:
        """The number of the line, and the line before and after, on one line each."""
        first = source.rfind(b"\n", 0, self.start) + 1
        last = (source.find(b"\n", self.end) + len(source) + 1) % (len(source) + 1)
        before, after = source[first:last], self.of(source)[first : last + self.growth]
        number = source.count(b"\n", 0, self.start) + 1
        return number, " ".join(before.decode().split()), " ".join(after.decode().split())

    @property
    def growth(self) -> int:
        return len(self.text) - (self.end - self.start)


def mutants(file: str, source: bytes) -> list[Mutant]:
    """All changes of a file that ``EQUAL`` does not name."""
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
        if isinstance(node, ast.Compare):
            for left, operator, right in zip(
                [node.left, *node.comparators], node.ops, node.comparators
            ):
                yield between(left, right, *_COMPARISONS[type(operator)])
        elif isinstance(node, ast.BoolOp):
            words = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            for left, right in zip(node.values, node.values[1:]):
                yield between(left, right, *words)
        elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            yield between(node.left, node.right, *_OPERATORS[type(node.op)])
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield Mutant(file, start(node), start(node) + len("not "), b"")
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield whole(node, str(not node.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, int):
            yield whole(node, str(node.value + 1))
            if node.value == 1:
                yield whole(node, "0")
        elif isinstance(node, _REMOVED):
            yield whole(node, "pass")
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield whole(node, "pass")
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
                yield whole(node.func, "max" if node.func.id == "min" else "min")
            if len(node.args) > 1:
                first, second = (source[start(each) : end(each)] for each in node.args[:2])
                comma = source[end(node.args[0]) : start(node.args[1])]
                swapped = second + comma + first
                if second != first and not swapped.startswith(b"*"):
                    yield Mutant(file, start(node.args[0]), end(node.args[1]), swapped)
            for keyword in node.keywords:
                yield whole(keyword.value, "None")

    found = {change for node in _running(ast.parse(source)) for change in changes(node)}
    return sorted(
        mutant for mutant in found if (file, mutant.lines(source)[2]) not in EQUAL
    )


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run: no annotations, and nothing for type checkers alone."""
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or name in ("annotation", "returns"):
                continue
            if isinstance(child, (ast.If, ast.Assign)) and "TYPE_CHECKING" in ast.dump(child)[:80]:
                continue
            yield child
            yield from _running(child)


class Copy:
    """A copy of the clone, in which one file at a time is changed."""

    def __init__(self, python: str, folder: Path) -> None:
        self.python, self.folder = python, folder
        ignored = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(ROOT, folder, ignore=ignored, dirs_exist_ok=True)

    def passes(self, tests: list[str], way: dict[str, str], limit: float, keep: bool) -> bool:
        """Whether the tests pass in time; ``keep`` what is compiled, for later runs."""
        environ = {**os.environ, **way, "PYTHONPATH": str(self.folder)}
        if not keep:
            environ["PYTHONDONTWRITEBYTECODE"] = "1"
        options = "-x -q -p no:cacheprovider --timeout 10".split()
        command = [self.python, "-m", "pytest", *options, *tests]
        with subprocess.Popen(
            command, cwd=self.folder, env=environ, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:
            try:
                return process.wait(limit) == 0
            except subprocess.TimeoutExpired:
                return False
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def notices(self, mutant: Mutant, tests: list[str], limit: float) -> bool:
        path = self.folder / mutant.file
        source = path.read_bytes()
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*"):
            compiled.unlink()  # it might be taken for that of the change
        path.write_bytes(mutant.of(source))
        try:
            return not all(self.passes(tests, way, limit, False) for way in WAYS)
        finally:
            path.write_bytes(source)


def measure(file: str, copies: list[Copy], options: argparse.Namespace) -> tuple[int, int]:
    """How many changes of a file there were, and how many were noticed."""
    named = (name.rpartition("/") for name in TESTS[file].split())
    tests = [f"tests/{folder}{slash}test_{name}.py" for folder, slash, name in named]
    begin = time.monotonic()
    for way in WAYS:
        if not copies[0].passes(tests, way, 1800, True):
            sys.exit(f"{file}: its tests fail, or take too long, without any change ({way})")
    limit = (time.monotonic() - begin) * 2 + 20
    source = (ROOT / file).read_bytes()
    chosen = mutants(file, source)
    if options.sample and options.sample < len(chosen):
        chosen = sorted(random.Random(options.seed).sample(chosen, options.sample))
    free: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def noticed(mutant: Mutant) -> bool:
        copy = free.get()
        try:
            seen = copy.notices(mutant, tests, limit)
        finally:
            free.put(copy)
        if options.show or not seen:
            number, before, after = mutant.lines(source)
            print(f"{file}:{number}: {'noticed' if seen else 'NOT NOTICED'}")
            print(f"  - {before}\n  + {after}", flush=True)
        return seen

    with ThreadPoolExecutor(len(copies)) as pool:
        seen = sum(pool.map(noticed, chosen))
    share = f"{seen / len(chosen):.0%}" if chosen else "-"
    print(f"{file}: {len(chosen)} changes, {seen} noticed, {share}", flush=True)
    return len(chosen), seen


def main() -> bool:
    """Whether each change was noticed."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.mutants")
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"of {', '.join(TESTS)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    files = options.files or list(TESTS)
    if unknown := set(files) - TESTS.keys():
        parser.error(f"TESTS does not say which tests are about {', '.join(unknown)}")
    python = environment("test", "pytest")
    with tempfile.TemporaryDirectory(prefix="pysock-mutants-") as folder:
        copies = [Copy(python, Path(folder, str(job))) for job in range(options.jobs)]
        results = [measure(file, copies, options) for file in files]
    total, seen = map(sum, zip(*results))
    print(f"in all: {total} changes, {seen} noticed, {seen / max(total, 1):.0%}")
    return seen == total


if __name__ == "__main__":
    sys.exit(not main())
