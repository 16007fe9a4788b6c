"""The figures of docs/speed.md: tables in Markdown, between two marks in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from statistics import geometric_mean

from . import ROOT, instructions, report
from .ceilings import MEAN
from .curves import KINK, kinks
from .rows import ROWS

PAGE = ROOT / "docs/speed.md"
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"


def write(rows: list[report.Data], other: list[report.Data], curves: list[report.Data]) -> None:
    """Put these runs' figures into the page, and beside them those of another processor."""
    head, _, rest = PAGE.read_text().partition(BEGIN)
    tail = rest.partition(END)[2]
    parts = [_machine(rows[0]), _ratios(rows), _floors(rows)]
    if other:
        parts.append(_processors(rows, other))
    parts += [_instructions(), _kinks(curves)]
    PAGE.write_text(head + BEGIN + "\n" + "\n\n".join(parts) + "\n\n" + END + tail)


def _machine(run: report.Data) -> str:
    where = run["machine"]
    return (
        f"Measured on {run['date']} with pysock {run['pysock']}: {where['system']},"
        f" {where['processor']}, {where['cores']} cores, {where['libc']}."
    )


def _ratios(runs: list[report.Data]) -> str:
    lines = list(_head("time on pysock / on the C module (its ceiling)", runs))
    longest = max(runs, key=lambda run: len(run["rows"]))  # others may lack a package
    for group, rows in groupby(longest["rows"], key=lambda row: row["group"]):
        lines.append(f"| **{group}** |" + " |" * len(runs))
        lines += [
            f"| {row['title']} | {' | '.join(_cell(run, row['name']) for run in runs)} |"
            for row in rows
        ]
    means = " | ".join(_judged(run["mean"]) for run in runs)
    lines.append(f"| **{MEAN}** | {means} |")
    return "\n".join(lines)


def _head(what: str, runs: list[report.Data]) -> Iterator[str]:
    yield f"| {what} | {' | '.join(map(report.interpreter, runs))} |"
    yield "|---|" + "---|" * len(runs)


def _cell(run: report.Data, name: str) -> str:
    return next((_judged(row) for row in run["rows"] if row["name"] == name), "")


def _judged(row: report.Data) -> str:
    """The ratio, in bold print where it is above its ceiling."""
    if row["ceiling"] is None:
        return f"{row['ratio']:.2f}"
    mark = "**" if row["ratio"] > row["ceiling"] else ""
    return f"{mark}{row['ratio']:.2f}{mark} ({row['ceiling']:g})"


def _floors(runs: list[report.Data]) -> str:
    lines = [
        "The floor, for the rows that have one: the same foreign calls on prebuilt arguments, with"
        " no method around them.",
        "",
        *_head("bare foreign calls / the C module", runs),
    ]
    for row in runs[0]["rows"]:
        if "floor" in row["min"]:
            cells = [_floor(run, row["name"]) for run in runs]
            lines.append(f"| {_title(row['group'], row['title'])} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _title(group: str, title: str) -> str:
    """What tells a row from others outside its group."""
    return f"{group}: {title}" if group.startswith("Ping") else title


def _floor(run: report.Data, name: str) -> str:
    for row in run["rows"]:
        if row["name"] == name:
            return f"{row['min']['floor'] / row['min']['socket']:.2f}"
    return ""


def _processors(runs: list[report.Data], other: list[report.Data]) -> str:
    """The means of each group's ratios on two processors, of the interpreters that both have."""
    pairs = [
        (run, away)
        for run in runs
        for away in other
        if report.interpreter(run) == report.interpreter(away)
    ]
    there = _machine(other[0])
    lines = [
        f"On another processor, {there[0].lower()}{there[1:]} Geometric means of the ratios of each"
        " group: there, and in brackets those above.",
        "",
        *_head("time on pysock / on the C module", [away for _, away in pairs]),
    ]
    for group in dict.fromkeys(row["group"] for row in runs[0]["rows"]):
        cells = [f"{_mean(away, group)} ({_mean(run, group)})" for run, away in pairs]
        lines.append(f"| {group} | {' | '.join(cells)} |")
    means = [f"{away['mean']['ratio']:.2f} ({run['mean']['ratio']:.2f})" for run, away in pairs]
    return "\n".join([*lines, f"| **{MEAN}** | {' | '.join(means)} |"])


def _mean(run: report.Data, group: str) -> str:
    ratios = [row["ratio"] for row in run["rows"] if row["group"] == group]
    return f"{geometric_mean(ratios):.2f}" if ratios else "–"


def _instructions() -> str:
    """Instructions in user space of each row that is counted."""
    runs = sorted(instructions.kept(), key=_version)
    lines = [
        "Instructions in user space of one operation, which do not depend on the processor: the C"
        " module / the floor / pysock, and pysock / the floor.",
        "",
        f"| operation | {' | '.join(run['build']['interpreter'] for run in runs)} |",
        "|---|" + "---|" * len(runs),
    ]
    titles = {row.name: _title(row.group, row.title) for row in ROWS}
    for name in instructions.chosen([]):
        cells = [_counted(run["rows"].get(name)) for run in runs]
        lines.append(f"| {titles.get(name, name)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _version(run: report.Data) -> list[int]:
    numbers = run["build"]["interpreter"].rpartition(" ")[2].split(".")
    return [int(each) for each in numbers]


def _counted(row: report.Data | None) -> str:
    if row is None:
        return ""
    text = " / ".join(f"{row[each]:,}" if each in row else "–" for each in _COLUMNS)
    return text + (f": {row['pysock'] / row['floor']:.2f}" if "floor" in row else "")


_COLUMNS = ("socket", "floor", "pysock")


def _kinks(runs: list[report.Data]) -> str:
    found = [
        f"- {report.interpreter(run)}, {kink}"
        for run in runs
        for curve in run["curves"]
        for kink in kinks(curve)
    ]
    where = f" (measured on {runs[0]['machine']['processor']})" if runs else ""
    about = f"Kinks{where}, where the ratio at a point of a curve is {KINK} times any before it:"
    return "\n".join([about, "", *(found or ["- none"])])
