"""Each kind of program, under ``pysock trace`` and strace at once: both see the same calls."""

from __future__ import annotations

import pytest

from .foreign import FOREIGN
from .strace import Compared, together, why_not
from .strace_programs import PROGRAMS

PROBLEM = "strace has the numbers of Linux" if FOREIGN else why_not()
pytestmark = pytest.mark.skipif(bool(PROBLEM), reason=PROBLEM or "strace is there")

NOT_PYSOCKS = "TCGETS"  # io asks whether what makefile() gives it is a terminal

NAMES = list(PROGRAMS)
AT_ONCE = 10  # programs of one run: Python's start, under both, takes longer than they do


@pytest.mark.parametrize("first", range(0, len(NAMES), AT_ONCE))
def test_what_is_shown_is_what_strace_sees(first: int) -> None:
    found = Compared(together(NAMES[first : first + AT_ONCE]))
    assert (found.status, "Traceback" in found.stderr) == (0, False), found.stderr
    assert found.total > 100
    missing = [line for line in found.missing if NOT_PYSOCKS not in line]
    assert (missing, found.too_many) == ([], [])
    assert [f"{theirs}\n{ours}" for theirs, ours in found.unequal] == []
