"""Storms of exceptions in the modules beyond the standard library: nothing is lost, left, replaced.

A program of the C module that does the same goes through the same storm.  ``storm_beyond`` has the
calls.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from .. import ROOT
from ..harness import LATE, on_pypy
from .storm import STORMS
from .storm_beyond import CALLS
from .test_storms import KINDS, LOCKED, allowance, count, share

RAISES = 60 if on_pypy else 100

each_kind = pytest.mark.parametrize("kind", KINDS)
each_call = pytest.mark.parametrize("name", CALLS)
pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self/task"), reason="there is no /proc, as Linux has it"
)


@cache
def storm(module: str, kind: str) -> Any:
    """What a storm has done to the calls, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.storm_beyond", module, kind, str(RAISES)],
        cwd=ROOT, capture_output=True, text=True, timeout=8 * LATE,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)["answers"]


@each_call
@each_kind
def test_what_was_raised_comes_out_and_nothing_else(kind: str, name: str) -> None:
    """In ``dial``, CPython up to 3.11 gave it to the thread of a look-up; on PyPy, ``string_at`` of
    ctypes swallowed it, and answered 0."""
    seen = storm("pysock", kind)[name]
    assert count(seen) >= 5
    assert seen["replaced"] == {}


@each_call
@each_kind
def test_nothing_is_lost(kind: str, name: str) -> None:
    mine, theirs = storm("pysock", kind)[name], storm("socket", kind)[name]
    assert share(mine, "lost") <= share(theirs, "lost") + allowance(theirs), (mine, theirs)
    assert mine["threads"] <= 0


@each_call
@each_kind
def test_nothing_is_left_half_made(kind: str, name: str) -> None:
    seen = storm("pysock", kind)[name]
    assert (seen["half"], seen["astray"]) == (0, 0)
    assert share(seen, "locked") <= LOCKED


@each_kind
def test_no_more_files_are_left_than_by_c(kind: str) -> None:
    """Between ``listen`` and ``close`` the listener is the program's, and its file, too."""
    mine, theirs = (storm(module, kind)["unix.listen"] for module in ("pysock", "socket"))
    assert share(mine, "files") <= max(share(theirs, "files"), 0.03), (mine, theirs)


@pytest.mark.parametrize("name", ["dial", "dial of a name", "dial.getaddrinfo"])
def test_a_call_that_is_to_end_ends(name: str) -> None:
    """An exception of another thread is not lost in the thread of a look-up."""
    if "thread" not in STORMS:
        pytest.skip("this interpreter has no PyThreadState_SetAsyncExc")
    assert share(storm("pysock", "thread")[name], "vanished") <= 0.02
