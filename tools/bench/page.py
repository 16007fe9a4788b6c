"""The figures of docs/speed.md: tables in Markdown, between two marks in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from . import ROOT, report
from .ceilings import MEAN
from .curves import KINK, kinks

PAGE = ROOT / "docs/speed.md"
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"


def write(rows: list[report.Data], curves: list[report.Data]) -> None:
    """Put these runs' figures into the page."""
    head, _, rest = PAGE.read_text().partition(BEGIN)
    tail = rest.partition(END)[2]
    parts = [_machine(rows[0]), _ratios(rows), _floors(rows), _kinks(curves)]
    PAGE.write_text(head + BEGIN + "\n" + "\n\n".join(parts) + "\n\n" + END + tail)


def _machine(run: report.Data) -> str:
    where = run["machine"]
    return (
        f"Measured on {run['date']} with pysock {run['pysock']}: {where['system']},"
        f" {where['processor']}, {where['cores']} cores, {where['libc']}."
    )


def _ratios(runs: list[report.Data]) -> str:
    lines = list(_head("time on pysock / on the C module (its ceiling)", runs))
    for group, rows in groupby(runs[0]["rows"], key=lambda row: row["group"]):
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
            group = f"{row['group']}: " if row["group"].startswith("Ping") else ""
            lines.append(f"| {group}{row['title']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _floor(run: report.Data, name: str) -> str:
    for row in run["rows"]:
        if row["name"] == name:
            return f"{row['min']['floor'] / row['min']['socket']:.2f}"
    return ""


def _kinks(runs: list[report.Data]) -> str:
    found = [
        f"- {report.interpreter(run)}, {kink}"
        for run in runs
        for curve in run["curves"]
        for kink in kinks(curve)
    ]
    about = f"Kinks, where the ratio at a point of a curve is {KINK} times that at any before:"
    return "\n".join([about, "", *(found or ["- none"])])
