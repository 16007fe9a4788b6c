"""The benchmark measures what it says: a slow implementation shows, and so does a kink."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tools.bench import curves, instructions, page, report
from tools.bench.ceilings import CEILINGS, SLACK, ceiling
from tools.bench.measure import Effort, Row, measure, own_copy
from tools.bench.rows import ROWS, chosen

from . import ROOT

TINY = Effort(seconds=0.1, warm_up=0.05, rounds=3)
PAIR = Row("tiny", "", "", "calls.ping_pong", ("unix", 1), milliseconds=1)


class Slow(socket.socket):
    """Sends as the C module does, after having counted to a thousand."""

    def send(self, *args: Any) -> int:
        for _ in range(1000):
            pass
        return super().send(*args)


def slow_pair() -> tuple[Slow, Slow]:
    here, there = socket.socketpair()
    return Slow(fileno=here.detach()), Slow(fileno=there.detach())


def test_a_slow_implementation_shows() -> None:
    slow = SimpleNamespace(socketpair=slow_pair)
    result = measure(PAIR, {"socket": socket, "pysock": slow}, TINY)
    assert result.ratio > 1.2
    assert result.median_ratio > 1.2
    swapped = measure(PAIR, {"socket": slow, "pysock": socket}, TINY)
    assert swapped.ratio < 1 / 1.2


def test_the_command(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    command = [sys.executable, "-m", "tools.bench", "--quick", "--row", "getsockopt"]
    done = subprocess.run(
        [*command, "--json", str(file)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "getsockopt of an int" in done.stdout
    document = json.loads(file.read_text())
    assert document["format"] == 1
    (run,) = document["runs"]
    assert run["implementation"] == sys.implementation.name
    assert {"version", "compiler", "machine", "pysock", "date", "quick", "mean"} <= run.keys()
    (row,) = run["rows"]
    assert row["name"] == "getsockopt"
    assert row["unit"] == "ns"
    assert row["rounds"] >= 5
    for times in (row["min"], row["median"]):
        assert times.keys() == {"socket", "pysock", "floor"}
        assert all(50 < time < 1e6 for time in times.values())
    assert row["ratio"] == pytest.approx(row["min"]["pysock"] / row["min"]["socket"], 0.01)
    assert row["ceiling"] == ceiling("option", run["implementation"], run["version"])


def test_each_row_can_be_made() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert callable(own_copy(row.make))
        assert row.floor is None or callable(own_copy(row.floor))
        assert row.kind is None or row.kind in CEILINGS
    for curve in curves.CURVES:
        assert callable(own_copy(f"growth.{curve.make}"))


def test_each_implementation_has_code_of_its_own() -> None:
    first, second = own_copy("calls.ping_pong"), own_copy("calls.ping_pong")
    assert first.__code__ == second.__code__
    assert first.__code__ is not second.__code__


def test_the_standard_library_runs_on_what_is_injected() -> None:
    program = """if True:
        import sys
        from tools.bench.peer import inject
        pysock = inject("pysock")
        import asyncio.selector_events, http.client, http.server, socketserver
        modules = asyncio.selector_events, http.client, socketserver
        print(*(module.socket is pysock for module in modules), "_socket" in sys.modules)
    """
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True", "True", "False"]


def test_rows_are_chosen_by_pattern() -> None:
    assert {row.name for row in chosen(["tcp-1*"])} >= {"tcp-1B", "tcp-1KiB-timeout"}
    assert 5 <= len(chosen([], quick=True)) < len(chosen([])) == len(ROWS)
    with pytest.raises(ValueError, match="nothing here is named tpc"):
        chosen(["tcp-*", "tpc-*"])


@pytest.mark.parametrize(
    ("implementation", "version", "expected"),
    [
        ("cpython", "3.11.7", 1.15),
        ("cpython", "3.9.18", 1.25),
        ("cpython", "3.12.1", 1.25),
        ("pypy", "3.9.16 (7.3.11)", 1.1),
    ],
)
def test_each_interpreter_has_its_ceiling(
    implementation: str, version: str, expected: float
) -> None:
    assert ceiling("TCP, small", implementation, version) == expected


def test_what_is_above_its_ceiling_is_reported() -> None:
    rows = [
        {"name": "met", "ratio": 1.39, "ceiling": 1.4},
        {"name": "noisy", "ratio": 1.4 * SLACK - 0.01, "ceiling": 1.4},
        {"name": "above", "ratio": 1.4 * SLACK + 0.01, "ceiling": 1.4},
        {"name": "free", "ratio": 9.0, "ceiling": None},
    ]
    run = {"implementation": "cpython", "version": "3.11.7", "rows": rows, "mean": None}
    assert report.above(run) == ["CPython 3.11.7: above 1.55, ceiling 1.40"]


def test_a_row_that_grew_is_named() -> None:
    before = {"send": {"socket": 500, "pysock": 1000}, "recv": {"pysock": 1000}}
    counts = {"send": {"pysock": 1020}, "recv": {"pysock": 1021}, "new": {"pysock": 9}}
    assert instructions.grown(counts, before) == ["recv: 1,021 instructions, 1,000 before (+2.1%)"]


def test_what_is_counted_is_kept_for_each_build() -> None:
    assert set(instructions.COUNTED) <= {row.name for row in ROWS}
    assert instructions.chosen(["getso*"]) == ["getsockname", "getsockopt"]
    with pytest.raises(ValueError, match="nothing that is counted is named tcp"):
        instructions.chosen(["tcp"])
    runs = instructions.kept()
    assert len({str(run["build"]) for run in runs}) == len(runs) >= 1
    for run in runs:
        assert list(run["rows"]) == instructions.chosen([])
        assert all(each.keys() >= {"socket", "pysock"} for each in run["rows"].values())


def test_instructions_are_counted_between_two_marks() -> None:
    program = "import os\nfor n in 1000, 2000, 2000, 0: os.getppid(); sum(range(n))"
    why = instructions.missing()
    if why:
        pytest.skip(why)
    _, (_, less, more, again, *_) = instructions.under_callgrind("-I", "-S", "-c", program)
    assert 1.9 < more / less < 2.2
    assert abs(again / more - 1) < 0.01


def test_the_floor_of_an_import_has_all_modules_and_nothing_in_them(tmp_path: Path) -> None:
    statement = instructions.empty_modules(tmp_path)
    program = "; import sys; print(sorted(n for n in sys.modules if n.startswith('pysock')))"
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    said = []
    for folder, importing in (ROOT, "import pysock"), (tmp_path, statement):
        command = [sys.executable, "-S", "-B", "-c", importing + program]
        said.append(subprocess.check_output(command, cwd=folder, text=True))
    assert said[0] == said[1]
    assert len(files) == said[0].count("'pysock")
    assert not any(file.stat().st_size for file in files)


def test_a_kink_is_found() -> None:
    c = [100.0, 110.0, 500.0, 520.0]
    curve = {"name": "x", "axis": "bytes", "points": [1, 2, 4, 8]}
    smooth = {**curve, "min": {"socket": c, "pysock": [200.0, 220.0, 900.0, 930.0]}}
    kinked = {**curve, "min": {"socket": c, "pysock": [200.0, 220.0, 900.0, 2900.0]}}
    assert curves.kinks(smooth) == []
    (kink,) = curves.kinks(kinked)
    assert kink == "x: 1.80 at 4, 5.58 at 8 bytes (2.90 µs against 520 ns)"


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        (3.4, "ns", "3 ns"),
        (999.6, "ns", "1.00 µs"),
        (45_678, "ns", "45.7 µs"),
        (123_456_789, "ns", "123 ms"),
        (240, "B", "240 B"),
        (1536, "B", "1.50 KiB"),
    ],
)
def test_amounts_have_three_digits(amount: float, unit: str, text: str) -> None:
    assert report.quantity(amount, unit) == text


def test_the_page_has_a_place_for_its_figures() -> None:
    before, begin, rest = page.PAGE.read_text(encoding="utf-8").partition(page.BEGIN)
    figures, end, after = rest.partition(page.END)
    assert begin and end
    # Those that are served need packages, which not every run of the page has.
    assert all(row.title in figures for row in ROWS if not row.name.startswith("served-"))
    results = "../tools/bench/results/speed"
    for file in ("speed.svg", "speed-curves.svg", f"{results}.json", f"{results}-curves.json"):
        assert f"]({file})" in before + after
        assert (page.PAGE.parent / file).is_file()


def test_results_of_another_processor_are_set_apart_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tools.bench import __main__ as command

    runs = json.loads(command.RESULTS.read_text())["runs"]
    here, other = tmp_path / "speed.json", tmp_path / "speed-other.json"
    monkeypatch.setattr(command, "description", lambda: runs[0]["machine"])
    command.save(runs, here)
    assert command.set_apart(here, other, some=True) == []
    runs[0]["machine"]["processor"] = "another one"
    command.save(runs, here)
    runs[0]["machine"]["processor"] = "this one"
    with pytest.raises(SystemExit, match="measured on another one"):
        command.set_apart(here, other, some=True)
    there = command.set_apart(here, other, some=False)
    assert there[0]["machine"]["processor"] == "another one"
    assert json.loads(other.read_text())["runs"] == there

    shown = tmp_path / "speed.md"
    shown.write_text(f"before\n{page.BEGIN}{page.END}after\n")
    monkeypatch.setattr(page, "PAGE", shown)
    page.write(runs, there, [])
    text = shown.read_text()
    assert "On another processor, measured on " in text and "another one" in text
    mean = runs[0]["mean"]["ratio"]
    assert f"| **geometric mean** | {mean:.2f} ({mean:.2f}) |" in text
    assert text.startswith("before") and text.endswith("after\n")
