"""Storms of exceptions: a signal's handler, or another thread, raises wherever a call may be.

The C module goes through the same storm next to pysock, and code that thinks of no storms goes
through it too: what it loses shows that the storm hits where it hurts.  ``storm`` has the calls.

``PYSOCK_FUZZ`` is how many seconds each storm takes, of which there are some forty.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from pysock._ffi.exports import EXPORTS_LOCK

from .. import ROOT
from ..harness import LATE, on_pypy
from .storm import CALLS, STORMS

RAISES = 60 if on_pypy else 200  # PyPy compiles first, and collects slowly
SECONDS = os.environ.get("PYSOCK_FUZZ", "0")
DEADLINE = 4 * LATE + 2 * len(CALLS) * float(SECONDS)

# PyThreadState_SetAsyncExc is CPython's own.
KINDS = [
    pytest.param(
        kind,
        marks=pytest.mark.skipif(
            kind not in STORMS, reason="this interpreter has no PyThreadState_SetAsyncExc"
        ),
    )
    for kind in ("signal", "thread")
]
each_kind = pytest.mark.parametrize("kind", KINDS)
each_call = pytest.mark.parametrize("name", CALLS)

# Exceptions that a finaliser has are ignored, and finalisers of Python's run in many steps.
FINALISED = "forgotten"
MESSAGES = [name for name in CALLS if name.startswith(("recvmsg_into", "sendmsg of "))]
# Between two calls a number is the program's.  C's second call takes it in one step, pysock's in
# some hundred, which PyPy interprets one by one until it has compiled them.  Where in these calls
# signals are heard differs: of 4,000 raises C loses 1.5 to 9 %, pysock 7 to 8.
BETWEEN = ("detached",)
# CPython 3.9 hears signals between any two opcodes, so also between the end of a with
# statement's body and its __exit__: 0.3 % of the exceptions come there.  So does PyPy, and a frame
# of a traceback keeps what was on its stack, a view before the with statement has it: 0.5 %
# of the exceptions, more in a call that is not compiled yet.  (PyPy 7 locks no bytearray.)
if on_pypy:
    LOCKED = 0.15 if EXPORTS_LOCK else 0.0
else:
    LOCKED = 0.02 if sys.version_info < (3, 10) else 0.0


@cache
def storm(module: str, kind: str, *only: str, raises: int = RAISES) -> Any:
    """What a storm has done to the calls of a module, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.storm", module, kind, str(raises), SECONDS, *only],
        cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)["answers"]


def count(seen: dict[str, Any]) -> int:
    """How many exceptions were raised."""
    return int(seen["raises"] + seen["vanished"] + sum(seen["replaced"].values()))


def share(seen: dict[str, Any], what: str) -> float:
    return float(seen[what] / count(seen))


def allowance(seen: dict[str, Any]) -> float:
    """What a share may be off by chance, if C's is known from ``seen``.

    Such numbers are binomial: three times the standard deviation of each of the two, and
    one in a hundred so that a share of 0, which has none, is not taken for more than it is.
    """
    p = max(share(seen, "lost"), 1 / count(seen))
    return 3 * math.sqrt(2 * p / count(seen)) + 0.01


@each_call
@each_kind
def test_no_more_descriptors_are_lost_than_by_c(kind: str, name: str) -> None:
    mine, theirs = storm("pysock", kind)[name], storm("socket", kind)[name]
    assert count(mine) >= RAISES / 2 and count(theirs) >= RAISES / 2
    more = 0.1 if name in BETWEEN else 0.0
    most = share(theirs, "lost") + allowance(theirs) + more
    assert share(mine, "lost") <= most, (mine, theirs)


def test_no_descriptor_of_a_forgotten_socket_is_lost() -> None:
    """An exception in the first step of ``__del__`` leaves it to the list that owns it."""
    raises = RAISES if on_pypy else 3000
    assert storm("pysock", "signal", FINALISED, raises=raises)[FINALISED]["lost"] == 0


@each_call
@each_kind
def test_no_buffer_stays_locked_as_long_as_the_traceback_lives(kind: str, name: str) -> None:
    assert share(storm("pysock", kind)[name], "locked") <= LOCKED


def test_no_buffer_of_a_message_stays_locked() -> None:
    """Frames of the traceback have views of it: they are released, and not only forgotten."""
    answers = storm("pysock", "signal", *MESSAGES, raises=3 * RAISES)
    assert all(share(seen, "locked") <= LOCKED for seen in answers.values()), answers


@each_kind
def test_a_timeout_is_never_that_of_a_descriptor_that_blocks(kind: str) -> None:
    """A later call would wait for ever: what settimeout has begun, it does to the end."""
    mine, theirs = (storm(module, kind) for module in ("pysock", "socket"))
    assert {name: seen["astray"] for name, seen in mine.items() if seen["astray"]} == {}
    assert theirs["settimeout"]["astray"] == 0


@each_call
@each_kind
def test_what_was_raised_comes_out_and_nothing_else(kind: str, name: str) -> None:
    assert storm("pysock", kind)[name]["replaced"] == {}


@each_call
@each_kind
def test_finalisers_swallow_little(kind: str, name: str) -> None:
    """No more than twice what a small class of Python with a ``__del__`` does, or C, and 5 %.

    Where it is as much as that, it is off by up to 3 % by chance, twice its deviation.

    A finaliser is a small part of a call's time; where the call is little more than that, as
    where a socket is forgotten, the yardstick gives a warning too.
    """
    mine, theirs = storm("pysock", kind)[name], storm("socket", kind)[name]
    plain = storm("naive", kind)["warned" if name == FINALISED else "closed"]
    print(f"vanished: {share(mine, 'vanished'):.1%}, C's {share(theirs, 'vanished'):.1%}, "
          f"the yardstick's {share(plain, 'vanished'):.1%}")  # fmt: skip
    expected = max(share(theirs, "vanished"), share(plain, "vanished"))
    assert share(mine, "vanished") <= 2 * expected + 0.05 + 2 * math.sqrt(0.05 / count(mine))


# --- the storm hits ------------------------------------------------------------------


@each_kind
def test_naive_code_loses_descriptors(kind: str) -> None:
    for name in "socket", "closed", "forgotten":
        assert share(storm("naive", kind)[name], "lost") > 0.02, name


@pytest.mark.skipif(on_pypy, reason="PyPy locks no bytearray, or until it collects the view")
@each_kind
def test_naive_code_holds_on_to_buffers(kind: str) -> None:
    assert storm("naive", kind)["send"]["locked"] > 0.02 * RAISES


@each_kind
def test_naive_code_replaces_exceptions(kind: str) -> None:
    assert sum(storm("naive", kind)["error"]["replaced"].values()) > 0.02 * RAISES


def test_c_loses_descriptors_where_pysock_loses_none() -> None:
    """Between the call of C that makes one and the socket object that gets it."""
    mine, theirs = storm("pysock", "signal"), storm("socket", "signal")
    names = ["socketpair", "accept", "connect", "dup", "fromfd"]
    names += ["unix_recv_fds", "ancillary_receive"]
    assert [mine[name]["lost"] for name in names] == [0] * len(names)
    if sys.implementation.name == "cpython":
        assert sum(theirs[name]["lost"] for name in names) > RAISES / 10
