"""What type checkers are told: as with `socket`, right programs pass and wrong lines do not."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import FunctionType

import pytest

import pysock
from tools import declare

from . import ROOT

PROGRAMS = ROOT / "tests/typing"
RULE = "# ---"
MODULES = {"socket": "import socket", "pysock": "import pysock as socket"}

needs_mypy = pytest.mark.skipif(
    importlib.util.find_spec("mypy") is None, reason="needs mypy: python3 -m tests.lint has it"
)


def mypy(folder: Path, program: str, module: str) -> dict[int, str]:
    """What ``mypy --strict`` says of a program, by line."""
    source = (PROGRAMS / program).read_text(encoding="utf-8")
    file = folder / f"{module}_{program}"
    file.write_text(re.sub(r"^import socket$", MODULES[module], source, flags=re.M))
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--platform=linux"]
    # As a program of its own: nothing of this project's configuration applies to it.
    command += ["--config-file", "", "--cache-dir", str(folder / "cache"), str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    told = re.findall(r"^.*?:(\d+): error: (.*)$", done.stdout, re.M)
    return {int(line): message for line, message in told}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("programs")


@needs_mypy
@pytest.mark.timeout(300)
@pytest.mark.parametrize("module", MODULES)
def test_a_right_program_is_accepted(folder: Path, module: str) -> None:
    assert mypy(folder, "right.py", module) == {}


@needs_mypy
@pytest.mark.timeout(300)
@pytest.mark.parametrize("module", MODULES)
def test_every_wrong_line_is_rejected(folder: Path, module: str) -> None:
    source = (PROGRAMS / "wrong.py").read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(source, 1) if line.startswith(RULE))
    errors = mypy(folder, "wrong.py", module)
    accepted = [line for number, line in enumerate(source, 1) if number > first
                and number not in errors]
    assert accepted == []
    assert min(errors) > first  # and nothing above


@needs_mypy
@pytest.mark.timeout(300)
def test_what_is_beyond_the_standard_library(folder: Path) -> None:
    """Right uses are accepted, wrong ones are not, and no public function is left out."""
    source = (PROGRAMS / "beyond.py").read_text(encoding="utf-8")
    lines = source.splitlines()
    first = next(number for number, line in enumerate(lines, 1) if line.startswith(RULE))
    errors = mypy(folder, "beyond.py", "pysock")
    assert {line: errors[line] for line in errors if line <= first} == {}
    wrong = {number for number, line in enumerate(lines, 1) if number > first and line}
    assert wrong - errors.keys() == set()
    for name in BEYOND:
        module = import_module(f"pysock.{name}")
        functions = {n for n in module.__all__ if isinstance(getattr(module, n), FunctionType)}
        used = set(re.findall(rf"\b{name}\.(\w+)", "\n".join(lines[:first])))
        assert functions - used == ({"register"} if name == "ancillary" else set())


BEYOND = ("interfaces multicast unix ancillary dial datagrams streams tcp").split()


def test_every_name_is_used() -> None:
    """``right.py`` leaves no function and no method out."""
    source = (PROGRAMS / "right.py").read_text(encoding="utf-8")
    used = set(re.findall(r"\.(\w+)", source))
    functions = {name for name in pysock.__all__ if callable(getattr(pysock, name))}
    methods = {name for name in vars(pysock.Socket) if not name.startswith("_")}
    assert (functions | methods) - used == {"Socket"}


def test_the_declared_constants_are_those_of_the_tables() -> None:
    assert declare.FILE.read_text(encoding="utf-8") == declare.text(), "run python -m tools.declare"
