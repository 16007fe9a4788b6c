"""Which code of pysock runs in this Python: what ``tests.mutants`` changes.

Left out are annotations, what type checkers alone read, branches for other Pythons (an ``if`` that
asks for the interpreter or for its rules), and functions that only such branches call.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache

from pysock._ffi import versions
from pysock._ffi.arguments import _CALLS_BUFFER
from pysock._ffi.exports import LENDS_ALL
from pysock._ffi.interpreter import FREE_THREADED, PYPY

from . import ROOT

# What asks which Python this is.
_PYTHON = {
    "sys": sys, "versions": versions, "PYPY": PYPY, "FREE_THREADED": FREE_THREADED,
    "LENDS_ALL": LENDS_ALL, "_CALLS_BUFFER": _CALLS_BUFFER,
}  # fmt: skip
_ASKS = re.compile(
    r"(not )?(sys\.(version_info|implementation\.name)"
    r"|versions\.|(PYPY|FREE_THREADED|LENDS_ALL|_CALLS_BUFFER)$)"
)


def running(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes of a module that run here."""
    called = _called()
    for statement in tree.body:
        if not isinstance(statement, ast.FunctionDef) or statement.name in called:
            yield from _with_parts([statement])


def _with_parts(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Nodes, and what runs of each."""
    for node in nodes:
        if isinstance(node, (ast.If, ast.Assign)) and "TYPE_CHECKING" in ast.dump(node)[:80]:
            continue
        here = _of_this_python(node)
        if here is not None:
            yield from _with_parts(here)
            continue
        yield node
        for name, value in ast.iter_fields(node):
            if name not in ("annotation", "returns"):
                parts = value if isinstance(value, list) else [value]
                yield from _with_parts(part for part in parts if isinstance(part, ast.AST))


def _of_this_python(node: ast.AST) -> list[ast.AST] | None:
    """What runs of a node that asks which Python this is, if that is not all of it."""
    branch = node if isinstance(node, (ast.If, ast.IfExp)) else None
    test: ast.AST = branch.test if branch else node
    values: list[ast.AST] = [test]
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        values = [*test.values]
    elif not branch:
        return None
    asked = [value for value in values if _ASKS.match(ast.unparse(value))]
    wrong = [value for value in asked if not eval(ast.unparse(value), _PYTHON)]
    if wrong:
        return _several(branch.orelse) if branch else []
    if not asked or not branch:
        return None
    rest = [value for value in values if value not in asked]
    return [*rest, *_several(branch.body), *(_several(branch.orelse) if rest else [])]


def _several(value: list[ast.stmt] | ast.expr) -> list[ast.AST]:
    return [*value] if isinstance(value, list) else [value]


@cache
def _called() -> set[str]:
    """The names of functions that something names which runs here, anywhere in pysock.

    A name that a module imports and does not use is one that it passes on.
    """
    named: list[str] = []  # by what always runs
    inside: dict[str, set[str]] = {}  # by each function
    for path in (ROOT / "pysock").rglob("*.py"):
        tree = ast.parse(path.read_bytes())
        loaded = set(_names(ast.walk(tree)))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                named += [each.name for each in node.names
                          if each.asname or each.name not in loaded]  # fmt: skip
        for statement in tree.body:
            names = _names(_with_parts([statement]))
            if isinstance(statement, ast.FunctionDef):
                inside.setdefault(statement.name, set()).update(names)
            else:
                named += names
    called: set[str] = set()
    while named:
        name = named.pop()
        if name not in called:
            called.add(name)
            named += inside.get(name, ())
    return called


def _names(nodes: Iterable[ast.AST]) -> list[str]:
    """What is named: by its name, as an attribute, or in a string."""
    found: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.append(node.id)
        elif isinstance(node, ast.Attribute):
            found.append(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return found
