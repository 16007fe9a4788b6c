"""Each allocation of a call fails in turn: MemoryError, nothing lost, nothing locked.

ctypes allocates, too: a failure there must neither lose a descriptor that was to be closed, nor
come out as an ArgumentError.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from pysock._ffi.interpreter import FREE_THREADED, PORTABLE

from .. import ROOT
from ..harness import LATE, on_pypy, run
from ..test_in_place import STATE
from .no_memory import CLEAN

if on_pypy:  # which would compile its _testcapi
    pytest.skip("no way to let PyPy's allocations fail", allow_module_level=True)
nomemory = pytest.importorskip("_testcapi", reason="no _testcapi to let allocations fail")
pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(not hasattr(nomemory, "set_nomemory"), reason="no set_nomemory here"),
    pytest.mark.skipif(FREE_THREADED, reason="PyList_New crashes without memory, on 3.13t"),
    pytest.mark.skipif(PORTABLE, reason="ctypes' public ways make an ArgumentError of it"),
    pytest.mark.skipif(sys.flags.dev_mode, reason="the debug allocator does not let them fail"),
]


@cache
def answers(module: str) -> Any:
    command = [sys.executable, "-m", "tests.hostile.no_memory", module]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=4 * LATE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_call_without_memory_loses_nothing() -> None:
    for everything in answers("pysock").values():
        for name, seen in everything.items():
            assert (seen["lost"], seen["locked"]) == (0, 0), (name, seen)
        assert sum(seen["allocations"] - CLEAN for seen in everything.values()) > 50  # have failed


def test_what_has_no_memory_is_a_memory_error() -> None:
    """SystemError is CPython 3.11's own, of a frame for which there is no memory."""
    for name, seen in answers("pysock")["once"].items():
        others = [each for each in seen["others"] if not each.startswith("SystemError")]
        assert others == [], name


# In a new process, each allocation of the first accept of all fails in turn.
FIRST = """
import _testcapi, os, sys
import pysock
listener = pysock.create_server(("127.0.0.1", 0))
at = clean = 0
while clean < 8 and at < 300:
    client = pysock.create_connection(listener.getsockname())
    child = os.fork()
    if child:
        clean = 0 if os.waitpid(child, 0)[1] else clean + 1
        at += 1
        continue
    listener.settimeout(5)
    try:
        _testcapi.set_nomemory(at, at + 1)
        try:
            listener.accept()
        finally:
            _testcapi.remove_mem_hooks()
    except BaseException as error:
        print(type(error).__name__, flush=True)
        os._exit(1)
    os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_the_first_call_of_a_process() -> None:
    """Up to CPython 3.11, ctypes takes memory for a name that it looks for the first time."""
    done = run(FIRST)
    assert set(done.stdout.split()) <= {"MemoryError", "SystemError"}, done.stdout
    assert "MemoryError" in done.stdout, done.stderr


# Where install() looks through all modules, thousands of allocations are alike.
IN_PLACE = STATE + """
import _testcapi

for call in install, uninstall:
    at = failed = clean = 0
    while clean < 8:
        if call is uninstall:
            install()
        came = None
        try:
            _testcapi.set_nomemory(at, at + 1)
            try:
                call()
            finally:
                _testcapi.remove_mem_hooks()
        except (MemoryError, SystemError) as error:
            came = error.with_traceback(None)
        if call is install and came and (repr(state()), state()) != before:
            print("install left", at)
        install()
        if in_place() != after:
            print(call.__name__, "and install left", at)
        uninstall()
        if (repr(state()), state()) != before:
            print(call.__name__, "and uninstall left", at)
        failed += came is not None
        clean = 0 if came else clean + 1
        at += 1 + (at // 40 if call is install and 400 < at and came else 0)
    print(call.__name__, failed > 50)
"""


def test_install_without_memory() -> None:
    """It has changed nothing; and what an uninstall leaves, the next call of either repairs."""
    done = run(IN_PLACE)
    assert (done.stdout, done.returncode) == ("install True\nuninstall True\n", 0), done.stderr
