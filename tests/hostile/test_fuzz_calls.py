"""Hostile calls at random, for a few seconds; and that the fuzzer notices when something is wrong.

``PYSOCK_FUZZ`` is how many seconds each run takes, ``PYSOCK_SEED`` where it begins.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from .. import ROOT
from .fuzz_check import LOCKS

SEED = os.environ.get("PYSOCK_SEED", "1")
SECONDS = float(os.environ.get("PYSOCK_FUZZ", "2"))
FOUND = {
    "stale": "data in recv",
    "export": "lent in recv_into",
    "overrun": "rooms in recv_into",
    "swallow": "own in recv",
    "system": "exception in send",
    "leak": "descriptors in dup",
    "crash": "crash (SIGSEGV) in",
    "hang": "hang in",
}

pytestmark = [
    pytest.mark.timeout(120 + 2 * SECONDS),
    pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="descriptors cannot be listed here"),
]


def hostile(*options: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.hostile", *options],
        cwd=ROOT,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("env", [{}, {"PYSOCK_SHORTCUTS": "0"}], ids=["plain", "no shortcuts"])
def test_nothing_gives_way(env: dict[str, str]) -> None:
    done = hostile(f"--seconds={SECONDS}", f"--seed={SEED}", **env)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc checks itself")
def test_nothing_is_written_behind_memory_or_too_late() -> None:
    done = hostile(f"--seconds={SECONDS}", f"--seed={SEED}", "--under=debug")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("fault", FOUND)
def test_the_fuzzer_notices(fault: str) -> None:
    if fault == "export" and not LOCKS:
        pytest.skip("this interpreter resizes a bytearray even while it is lent")
    options = ["--calls=1500", "--seed=1", "--alone", "--hang=2", "--most=1"]
    done = hostile(*options, f"--break={fault}")
    assert done.returncode == 1
    assert f"FAILED: {FOUND[fault]}" in done.stdout
