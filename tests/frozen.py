"""``python3 -m tests.frozen``: the program of ``tests/test_frozen.py``, by PyInstaller and by shiv.

Both come from PyPI, into an environment of their own.  Each packs the program without any option
that names a module, and what it has made runs where neither the clone nor its pysock is in reach.
The exit status is 1 if a line that the program prints differs from what it prints unpacked.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from . import ROOT
from ._environment import environment
from .packing import PROGRAM, copied, said

Command = Sequence[object]


def build(command: Command, folder: Path) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{done.stdout}`{' '.join(map(str, command))}` failed, see above")


def pyinstaller(python: str, folder: Path, *options: str) -> Path:
    """An executable with the interpreter in it; or with ``--onedir`` a folder."""
    copied(folder)
    program = folder / "echoes.py"
    shutil.copy(PROGRAM, program)
    build(
        [python, "-m", "PyInstaller", "--noconfirm", *(options or ["--onefile"]), program], folder
    )
    made = folder / "dist" / "echoes"
    return made / "echoes" if options else made


def shiv(python: str, folder: Path) -> Path:
    """A zip file that unpacks itself at its first start."""
    packages = folder / "packages"
    copied(packages)
    shutil.copy(PROGRAM, packages / "echoes.py")
    archive = folder / "echoes.pyz"
    command = [
        python,
        "-m",
        "shiv",
        "--site-packages",
        packages,
        "-e",
        "echoes:main",
        "-o",
        archive,
    ]
    build(command, folder)
    return archive


def tried(python: str, tool: str, expected: list[str]) -> bool:
    """Pack, put the result into a folder of its own, run it, and say how that went."""
    with tempfile.TemporaryDirectory() as temporary:
        workshop, home = Path(temporary, "workshop"), Path(temporary, "home")
        workshop.mkdir()
        home.mkdir()
        begin = time.monotonic()
        command: list[object]
        if tool == "shiv":
            command = [python, shutil.move(shiv(python, workshop), home)]
        elif tool == "PyInstaller --onedir":
            made = pyinstaller(python, workshop, "--onedir")
            command = [Path(shutil.move(made.parent, home)) / made.name]
        else:
            command = [shutil.move(pyinstaller(python, workshop), home)]
        shutil.rmtree(workshop)
        built = time.monotonic()
        lines = said(command, SHIV_ROOT=str(home))
        ran = time.monotonic()
    missing = [line for line in expected if line not in lines]
    verdict = "as unpacked" if lines == expected else f"differs; it lacks {missing}"
    print(f"{tool:<22} built in {built - begin:3.0f} s, ran in {ran - built:4.1f} s: {verdict}")
    return lines == expected


TOOLS = ["PyInstaller --onefile", "PyInstaller --onedir", "shiv"]

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python3 -m tests.frozen", description=__doc__)
    parser.add_argument("--only", choices=TOOLS, help="one of them")
    options = parser.parse_args()
    if sys.implementation.name != "cpython":
        sys.exit("tests.frozen: PyInstaller packs CPython alone")
    python = environment("frozen", "PyInstaller")
    expected = said([python, PROGRAM], ROOT)
    tools = [options.only] if options.only else TOOLS
    worked = [tried(python, tool, expected) for tool in tools]
    sys.exit(not all(worked))
