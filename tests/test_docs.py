"""The examples in docstrings and in docs/ are true."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import pysock

ROOT = Path(__file__).resolve().parent.parent


def modules() -> list[str]:
    found = [module.name for module in walk_packages(pysock.__path__, "pysock.")]
    # These two belong to another interpreter than the one that runs this, or start a program.
    return [n for n in found if n not in ("pysock._pypy", "pysock._cpython", "pysock.__main__")]


@pytest.mark.parametrize("name", modules())
def test_docstrings(name: str) -> None:
    if name == "pysock.families.packet" and not any(
        interface == "lo" for _, interface in pysock.if_nameindex()
    ):
        pytest.skip("there is no interface lo")
    assert doctest.testmod(import_module(name)).failed == 0


@pytest.mark.parametrize("name", sorted(page.name for page in (ROOT / "docs").glob("*.md")))
def test_pages(name: str) -> None:
    assert doctest.testfile(str(ROOT / "docs" / name), module_relative=False).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    examples = [t for n in modules() for t in finder.find(import_module(n)) if t.examples]
    assert len(examples) >= 5
