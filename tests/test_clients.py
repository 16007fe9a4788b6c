"""The command that runs real clients: what its programs say of themselves, and that it can fail."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pysock._platform import WINDOWS

if WINDOWS:
    pytest.skip("the servers are Debian's", allow_module_level=True)

from .clients import ways
from .clients.__main__ import Program, Table
from .clients.servers import SERVERS, Servers
from .clients.ways import PROGRAMS

ALL = [Program(path) for path in sorted(PROGRAMS.glob("[!_]*.py"))]


def test_programs_say_what_they_do_and_need() -> None:
    assert len(ALL) > 30
    for program in ALL:
        assert program.what, program.name
        assert set(program.servers) <= SERVERS.keys()
    assert sum(program.in_ci for program in ALL) == 12
    in_ci = {server for program in ALL if program.in_ci for server in program.servers}
    assert in_ci == {"redis", "postgres", "nginx"}  # which .ci/run installs


SAME = "import _common; _common.check(); print('the same')"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (SAME, True),
        ("import _common; print(_common.runs_on())", False),
        (f"{SAME}; raise SystemExit(_common.runs_on() == 'pysock')", False),
        (f"{SAME}; raise SystemExit(3)", False),
        ("", False),
    ],
    ids=["the same", "prints something else", "fails on pysock", "fails on both", "says nothing"],
)
def test_a_program_has_to_do_the_same(
    text: str, right: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "program.py"
    path.write_text(text)
    with Servers() as servers:
        monkeypatch.setattr(servers.certificates, "details", lambda: {"here": str(path)})
        table, program = Table(), Program(path)
        table.add(program, program.compare(sys.executable, servers), verbose=False)
    assert table.verdict() == (0 if right else 1)
    assert table.wrong == ([] if right else ["program"])


def test_what_is_lacking_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("NEEDS = ('no_such_module',)\n")
    with Servers() as servers:
        table, program = Table(), Program(path)
        table.add(program, program.compare(sys.executable, servers), verbose=False)
    assert table.rows == [("program", "", "not run", "needs no_such_module")]
    assert table.verdict() == 1


def test_a_column_is_put_beside_those_of_other_interpreters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- x -->\n| program | 3.11 |\n| --- | --- |\n| a | one |\n"
                    "| gone | two |\n<!-- x -->\nafter\n")  # fmt: skip
    monkeypatch.setattr(ways, "PAGE", page)
    for title in ("PyPy 3.9", "3.9"):
        ways.write_column("x", title, {("a",): "both", ("new",): title})
    assert page.read_text().splitlines()[2:-2] == [
        "| program | 3.9 | 3.11 | PyPy 3.9 |",
        "| --- | --- | --- | --- |",
        "| a | both | one | both |",
        "| new | 3.9 |  | PyPy 3.9 |",
    ]
