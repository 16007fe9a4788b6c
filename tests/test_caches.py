"""The caches that threads share: what the sources have to say and to leave (``_ffi/forks.py``)."""

from __future__ import annotations

import ast

from .test_architecture import PACKAGE

CACHES = {"known_addresses", "known_tuples", "known_texts", "known_packed", "known_headers"}


def test_each_module_with_a_shared_cache_says_so() -> None:
    """So that a forked child has a new one, in builds without the GIL (``_ffi/forks.py``)."""
    told: dict[str, set[str]] = {}
    has: dict[str, set[str]] = {}
    for name, tree in PACKAGE.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                names = {alias.name for alias in node.names} & CACHES
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names = {node.target.id} & CACHES
            else:
                names = set()
            if names:
                has[name] = has.get(name, set()) | names
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "shares":
                told[name] = {ast.literal_eval(each) for each in node.args[1:]}
    assert told == has != {}


def test_no_shared_cache_is_asked_by_get() -> None:
    """That takes the dict's lock in builds without the GIL (``_ffi/forks.py``: ``Cache``)."""
    asked = [
        f"{name}:{node.lineno}"
        for name, tree in PACKAGE.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "get"
        and (isinstance(node.value, ast.Name) and node.value.id in CACHES)
    ]
    assert asked == []
