"""What ``tests.mutants`` leaves out: each row of its list is about code that there still is."""

from __future__ import annotations

import os
import sys

import pytest

from . import ROOT
from ._mutants import EQUAL, SLOW, TESTS
from .mutants import equal, mutants


@pytest.mark.skipif(
    (sys.implementation.name, sys.version_info[:2]) != ("cpython", (3, 11))
    or not hasattr(os, "fork"),
    reason="the list was written for the changes of one version: CPython 3.11 on POSIX",
)
def test_each_row_names_a_change() -> None:
    named: set[tuple[str, str, str] | None] = set()
    for file in TESTS:
        source = (ROOT / file).read_bytes()
        named.update(equal(each, source) for each in mutants(file, source))
    assert [row for row in EQUAL if row not in named] == []


def test_each_name_is_a_file_of_tests() -> None:
    for name in " ".join([*TESTS.values(), *SLOW]).split():
        folder, _, last = name.rpartition("/")
        assert (ROOT / "tests" / folder / f"test_{last}.py").exists(), name
