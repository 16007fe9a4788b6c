"""What the tests of packed and frozen programs share: copies of the package, and who runs them.

``PROGRAM`` prints a line for each thing that works (``frozen_program.py``).  Packed or not, it has
to print the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

from . import ROOT

PROGRAM = ROOT / "tests" / "frozen_program.py"


def copied(folder: Path) -> Path:
    """A copy of the package in ``folder``, without compiled files."""
    target = folder / "pysock"
    shutil.copytree(ROOT / "pysock", target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def zipped(folder: Path, archive: Path, compression: int) -> Path:
    """All that is in ``folder``, as a zip file."""
    with zipfile.ZipFile(archive, "w", compression) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.write(path, path.relative_to(folder).as_posix())
    return archive


def run(
    command: Sequence[object], path: object = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run a command with ``path`` as PYTHONPATH, and no other such variable."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYSOCK"))}
    if path:
        own["PYTHONPATH"] = str(path)
    return subprocess.run(
        [str(part) for part in command],
        cwd=ROOT / "docs",  # where no Python is: the clone's own pysock would come first
        env={**own, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
    )


def said(command: Sequence[object], path: object = "", **settings: str) -> list[str]:
    """The lines that a command prints which ends well and has no error to tell."""
    done = run(command, path, **settings)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout.splitlines()
