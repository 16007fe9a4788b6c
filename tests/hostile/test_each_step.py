"""An exception at each step of a call: ``each_step`` raises it, and looks at what comes of it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from .. import ROOT
from ..foreign import FOREIGN
from ..harness import LATE

pytestmark = [
    pytest.mark.skipif(
        sys.implementation.name != "cpython", reason="PyPy tells of no instructions"
    ),
    pytest.mark.skipif(bool(FOREIGN), reason="it reads the host's own O_NONBLOCK"),
    pytest.mark.timeout(8 * LATE),
]


# Those of the modules beyond the standard library have a process of their own.
@pytest.mark.parametrize("calls", ["each_step", "each_step_beyond"])
def test_nothing_is_lost_left_half_done_or_replaced(calls: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.hostile.{calls}"],
        cwd=ROOT, capture_output=True, text=True, timeout=7 * LATE,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    answers = json.loads(done.stdout)
    assert len(answers) > 15
    assert {name: wrong for name, (_, wrong) in answers.items() if wrong} == {}
    assert {name: places for name, (places, _) in answers.items() if places < 5} == {}
