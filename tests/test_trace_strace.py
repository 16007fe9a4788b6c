"""Each kind of program, under ``pysock trace`` and strace at once: both see the same calls."""

from __future__ import annotations

import pytest

from .foreign import FOREIGN
from .strace import Compared, why_not
from .strace_programs import PROGRAMS

PROBLEM = "strace has the numbers of Linux" if FOREIGN else why_not()
pytestmark = pytest.mark.skipif(bool(PROBLEM), reason=PROBLEM or "strace is there")

# What C does of its own accord, or PyPy in another way: makefile() asks whether it is a terminal,
# and set_blocking is two calls there, of which one is shown.
NOT_PYSOCKS = ("TCGETS", "F_GETFL")


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_shown_is_what_strace_sees(name: str) -> None:
    found = Compared(PROGRAMS[name])
    assert (found.status, "Traceback" in found.stderr) == (0, False), found.stderr
    assert found.total or name == "getaddrinfo"
    missing = [line for line in found.missing if not any(word in line for word in NOT_PYSOCKS)]
    assert (missing, found.too_many) == ([], [])
    unequal = [f"{theirs}\n{ours}" for theirs, ours in found.unequal if "F_SETFL" not in ours]
    assert unequal == []
