"""The workflows for hosted machines run what the README says and CI proves; each has a badge."""

from __future__ import annotations

import re

import pytest

from . import ROOT

FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
COMMANDS = ("python3 -m pysock", "python3 -m tests")

pytestmark = pytest.mark.skipif(not FILES, reason="the workflows are not in a packed source")


@pytest.mark.parametrize("name", [file.name for file in FILES])
def test_a_workflow_runs_the_commands_of_the_readme(name: str) -> None:
    text = (ROOT / ".github/workflows" / name).read_text(encoding="utf-8")
    found = re.findall(r"^\s+(?:- run: )?(python3? -m .*)$", text, re.MULTILINE)
    assert [line.replace("python ", "python3 ") for line in found] == [*COMMANDS]
    prepared = re.findall(r"^\s+(?:prepare|- run): (.*)$", text, re.MULTILINE)
    assert set(prepared) <= {*found, "pkg install -y python3"}


def test_the_readme_and_ci_have_these_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert re.search(rf"^    {command}\b", readme, re.MULTILINE)
        assert command in ci


def test_each_system_has_a_badge() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"\(\.\./\.\./actions/workflows/(\S+?\.yml)/badge\.svg\)", readme)
    assert sorted(shown) == [file.name for file in FILES]
