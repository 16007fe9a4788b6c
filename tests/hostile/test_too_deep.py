"""A program that recurses too deep: RecursionError in any call, and nothing lost, nothing locked.

Each call of a storm (``storm``) is made at each depth from which it cannot come to its end.  The C
module, whose functions in Python have a few levels, loses a descriptor there where pysock does not.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from pysock._ffi.interpreter import PORTABLE

from .. import ROOT
from ..harness import LATE, on_pypy

if on_pypy:  # whose levels are bytes of a stack, fewer where it has compiled a function
    pytest.skip("no way to say how deep is too deep for PyPy", allow_module_level=True)
pytestmark = pytest.mark.skipif(PORTABLE, reason="ctypes' public ways make an ArgumentError of it")

PROGRAM = """
import gc, inspect, json, sys, warnings
from tests.hostile.storm import CALLS, Bench, open_descriptors

warnings.simplefilter("ignore")
sys.unraisablehook = bool  # of finalisers, for which there is no level either
bench = Bench(__import__(sys.argv[1]))
LIMIT, MOST = 400, 25  # levels; those of a call
FAR = 10_000

def down(levels, call):
    return down(levels - 1, call) if levels else call(bench)

def answers(call):
    others, locked, astray, failed = [], 0, 0, 0
    call(bench)
    bench.tidy()
    before = open_descriptors()
    gc.freeze()
    depth = LIMIT - len(inspect.stack())
    for levels in range(depth - MOST, depth - 1):
        raised = None
        sys.setrecursionlimit(LIMIT)
        try:
            down(levels, call)
        except RecursionError as error:
            raised = error
            failed += 1
        except Exception as error:
            raised = error
            others.append(f"{type(error).__name__}: {error}")
        sys.setrecursionlimit(FAR)
        locked += raised is not None and bench.locked()
        astray += bench.astray()
        raised = None
        bench.tidy()
    lost = open_descriptors() - before
    return {"failed": failed, "others": others, "lost": lost, "locked": locked, "astray": astray}

print(json.dumps({name: answers(call) for name, call in CALLS.items()}))
"""

# Between two calls a number is the program's, and it is that still if the second is too deep.
BETWEEN = ("dup_of_a_number", "detached")


@cache
def answers(module: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, module],
        cwd=ROOT, capture_output=True, text=True, timeout=2 * LATE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_is_too_deep_is_a_recursion_error() -> None:
    mine = answers("pysock")
    assert {name: seen["others"] for name, seen in mine.items() if seen["others"]} == {}
    assert sum(seen["failed"] for seen in mine.values()) > 100


@pytest.mark.parametrize("what", ["lost", "locked", "astray"])
def test_nothing_is(what: str) -> None:
    between = BETWEEN if what == "lost" else ()
    mine = {name: seen[what] for name, seen in answers("pysock").items() if seen[what]}
    assert {name: n for name, n in mine.items() if name not in between} == {}


def test_c_loses_descriptors_there() -> None:
    assert sum(seen["lost"] for seen in answers("socket").values()) > 10
