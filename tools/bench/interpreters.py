"""The interpreters of this machine that the documentation's figures are for."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

WANTED = ("3.9", "3.11", "3.13", "3.15", "pypy3", "pypy3.11")


def found() -> list[str]:
    """One executable for each of ``WANTED`` that there is."""
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    paths = []
    for name in WANTED:
        installed = [*map(str, sorted(home.glob(f"versions/{name}.*/bin/python")))]
        command = name if name.startswith("pypy") else f"python{name}"
        candidates = [*installed, shutil.which(command)]
        paths += [path for path in candidates if path is not None and _works(path)][:1]
    return paths


def _works(python: str) -> bool:
    return subprocess.run([python, "-c", ""], capture_output=True).returncode == 0
