"""``python3 -m tests`` where something is missing: one line says what, and nothing stays behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from . import ROOT

# Starts as `python3 -m tests` does, on a Python that lacks the modules named on the command line.
WITHOUT = """\
import runpy, sys
sys.modules.update((name, None) for name in sys.argv[1:])
sys.argv[1:] = []
runpy.run_module("tests", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a start needs of the clone, without any environment."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "tests", tmp_path / "tests")
    return tmp_path


def start(clone: Path, *without: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *without],
        cwd=clone,
        env={**os.environ, "PYTHONPATH": str(clone), **variables},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("without", [["ensurepip"], ["venv", "ensurepip"]])
def test_no_venv_package(clone: Path, without: list[str]) -> None:
    done = start(clone, *without)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert f"lacks the module {without[0]}" in line
    assert "apt install py" in line
    assert not (clone / ".venv").exists()


def test_no_network(clone: Path) -> None:
    done = start(clone, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(clone))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].endswith("failed, see above")
    assert not list(clone.glob(".venv/*/made-from"))  # the next start makes it anew
