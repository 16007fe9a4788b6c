"""The results as pictures: ``python -m tools.bench.plot RESULTS.json PICTURE.svg``.

Needs matplotlib, which the extra ``bench`` names.  The same results make the same file.
"""

from __future__ import annotations

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib

from . import report
from .ceilings import MEAN

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

INK, PALE, LINE = "#222222", "#6b7280", "#e3e6ea"
FASTER = "#f1f7ee"
COLOURS = ["#4aa8dd", "#1a5fa8", "#6a3d9a", "#dd5a1b", "#2a9d5c", "#b8860b"]
STYLE = {
    "svg.hashsalt": "pysock",  # or its names change from time to time
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Helvetica", "Arial"],
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "xtick.color": PALE,
    "ytick.color": INK,
}
LOW, HIGH = (0.25, 0.7), (1.6, 4.0)  # where the axis may begin and end
TICKS = (0.25, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4)


def rows_picture(runs: list[report.Data], file: Path) -> None:
    """The ratio of each row, a dot for each interpreter; its ceiling is a tick."""
    lanes: list[tuple[float, str | None, str]] = []  # (y, name or None for a heading, title)
    y = 0.0
    for group, rows in groupby(_all_rows(runs), key=lambda row: row["group"]):
        lanes.append((y, None, group))
        for row in rows:
            y += 1
            lanes.append((y, row["name"], row["title"]))
        y += 1.4
    lanes.append((y, MEAN, f"{MEAN[0].upper()}{MEAN[1:]} of the rows"))
    height = 0.235 * y + 1.7
    figure, axes = pyplot.subplots(figsize=(9.2, height))
    figure.subplots_adjust(left=0.38, right=0.955, top=1 - 1.05 / height, bottom=0.4 / height)
    axes.set_ylim(y + 0.8, -0.8)
    low, high = _ratio_axis(axes, runs)
    places = {name: y for y, name, _ in lanes if name is not None}
    axes.hlines([*places.values()], 0, 1, LINE, lw=0.6, transform=axes.get_yaxis_transform())
    for y, name, title in lanes:
        bold = name is None or name == MEAN
        axes.text(
            -0.63 if bold else -0.605, y, title, transform=axes.get_yaxis_transform(),
            va="center", weight="bold" if bold else "normal", size=9 if bold else 8.5,
        )  # fmt: skip
    for number, run in enumerate(runs):
        shift = (number - (len(runs) - 1) / 2) * 0.74 / max(len(runs), 2)
        measured = [(places[row["name"]] + shift, row) for row in run["rows"]]
        if run["mean"]:
            measured.append((places[MEAN] + shift, run["mean"]))
        _dots(axes, measured, COLOURS[number % len(COLOURS)], low, high)
    _legend(figure, axes, runs, height)
    _save(figure, file)


def _all_rows(runs: list[report.Data]) -> list[report.Data]:
    """Each row once, in the order of the run that has most."""
    longest = max(runs, key=lambda run: len(run["rows"]))
    rows: list[report.Data] = longest["rows"]
    return rows


def _dots(
    axes: Any, measured: list[tuple[float, report.Data]], colour: str, low: float, high: float
) -> None:
    """One interpreter's, each with its ceiling and, where it is above, the way from there."""
    marked: dict[str, list[tuple[float, float]]] = {marker: [] for marker in "o<>D"}
    ceilings: list[tuple[float, float]] = []
    above: list[tuple[float, float]] = []
    gap = (float("nan"), float("nan"))  # many lines, one path: the file stays small
    for y, row in measured:
        ratio, ceiling = row["ratio"], row["ceiling"]
        shown = min(max(ratio, low), high)
        if ceiling is not None:
            ceilings += [(ceiling, y - 0.12), (ceiling, y + 0.12), gap]
            if ratio > ceiling:
                above += [(ceiling, y), (shown, y), gap]
        if shown == ratio:
            marked["o" if "name" in row else "D"].append((ratio, y))
            continue
        marked["<" if ratio < low else ">"].append((shown, y))
        axes.annotate(
            f"{ratio:.2g}", (shown, y), (-4 if ratio < low else 4, 0), textcoords="offset points",
            ha="right" if ratio < low else "left", va="center", size=5.5, color=colour,
            annotation_clip=False,
        )  # fmt: skip
    for lines, style in ((ceilings, {"lw": 1.5}), (above, {"lw": 0.9, "alpha": 0.55})):
        if lines:
            axes.plot(*zip(*lines), color=colour, solid_capstyle="butt", zorder=3, **style)
    for marker, points in marked.items():
        if points:
            axes.plot(
                *zip(*points), marker, color=colour, ms=4.4, mew=0, zorder=4, clip_on=False
            )


def _ratio_axis(axes: Any, runs: list[report.Data]) -> tuple[float, float]:
    """Set it up, and return its ends; what lies beyond is drawn there, with a number."""
    ratios = [row["ratio"] for run in runs for row in run["rows"]]
    low = min(max(min(ratios), LOW[0]), LOW[1])
    high = min(max(max(ratios), HIGH[0]), HIGH[1])
    axes.set_xscale("log")
    axes.set_xlim(low * 0.95, high * 1.04)
    axes.axvspan(low * 0.95, 1, color=FASTER, lw=0, zorder=0)
    axes.axvline(1, color=INK, lw=1, zorder=2)
    axes.xaxis.set_major_locator(FixedLocator([n for n in TICKS if low <= n <= high]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks([])
    axes.tick_params(axis="x", top=True, labeltop=True, length=0, labelsize=8)
    axes.grid(axis="x", color=LINE, lw=0.6, zorder=0)
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(False)
    return low, high


def _legend(figure: Any, axes: Any, runs: list[report.Data], height: float) -> None:
    figure.text(
        0.015, 1 - 0.28 / height, "Time on pysock / time on the C module", size=12.5, weight="bold",
        va="center",
    )  # fmt: skip
    handles = [
        Line2D([], [], marker="o", ls="", ms=5, mew=0, color=colour, label=report.interpreter(run))
        for run, colour in zip(runs, COLOURS)
    ]
    handles.append(Line2D([], [], marker="|", ls="", ms=7, mew=1.5, color=PALE, label="ceiling"))
    figure.legend(
        handles=handles, loc="center left", bbox_to_anchor=(0.008, 1 - 0.6 / height),
        ncols=len(handles), frameon=False, handletextpad=0.2, columnspacing=0.9, fontsize=8.2,
    )  # fmt: skip
    for words, side, step in (("pysock is faster", "right", -5), ("slower", "left", 5)):
        axes.annotate(
            words, (1, -0.1), (step, 0), textcoords="offset points", ha=side, va="center",
            size=7.5, color=PALE, style="italic",
        )  # fmt: skip


# --- curves --------------------------------------------------------------------------


def curves_picture(runs: list[report.Data], file: Path) -> None:
    """A panel for each curve and interpreter: the times, and the C module's."""
    names = [curve["name"] for curve in runs[0]["curves"]]
    width, height = 2.35 * len(runs) + 1.0, 1.45 * len(names) + 1.0
    figure, grid = pyplot.subplots(
        len(names), len(runs), figsize=(width, height), squeeze=False, sharex="row", sharey="row"
    )
    figure.subplots_adjust(
        left=0.62 / width, right=1 - 0.12 / width, top=1 - 1.12 / height, bottom=0.35 / height,
        wspace=0.08, hspace=0.5,
    )  # fmt: skip
    for column, run in enumerate(runs):
        curves = {curve["name"]: curve for curve in run["curves"]}
        colour = COLOURS[column % len(COLOURS)]
        for line, name in enumerate(names):
            axes = grid[line][column]
            _panel(axes, curves[name], colour)
            low, high = _limits([run["curves"][line] for run in runs])
            axes.set_ylim(low, high)
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 3) if high < low * 120 else (1,)))
            if column == 0:
                axes.set_title(curves[name]["title"], loc="left", size=9, weight="bold", pad=4)
            axes.label_outer(remove_inner_ticks=True)
            axes.tick_params(labelbottom=True)
    for column, run in enumerate(runs):
        box = grid[0][column].get_position()
        figure.text(
            box.x1, 1 - 0.78 / height, report.interpreter(run), ha="right", size=9, weight="bold",
            color=COLOURS[column % len(COLOURS)],
        )  # fmt: skip
    figure.text(
        0.1 / width, 1 - 0.32 / height, "Time of one operation: pysock in colour, C module in grey",
        size=12.5, weight="bold", va="center",
    )  # fmt: skip
    _save(figure, file)


def _panel(axes: Any, curve: report.Data, colour: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.plot(curve["points"], curve["min"]["socket"], color="#8b939d", lw=2.6, zorder=2)
    axes.plot(curve["points"], curve["min"]["pysock"], color=colour, lw=1.3, zorder=3)
    binary = curve["axis"] == "bytes"
    ticks = [1, 1 << 5, 1 << 10, 1 << 15, 1 << 20, 1 << 26]
    if not binary:
        decimal = max(curve["points"]) >= 1000
        ticks = [1, 10, 100, 1000, 10_000] if decimal else [1, 4, 16, 64, 253]
    axes.xaxis.set_major_locator(FixedLocator([n for n in ticks if n in curve["points"]]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda n, _: _number(n, binary=binary)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda n, _: _time(n)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())
    axes.grid(color=LINE, lw=0.5)
    axes.tick_params(labelsize=6.5, length=0, pad=2)
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_color(LINE)


def _limits(curves: list[report.Data]) -> tuple[float, float]:
    """A decade at least, or noise looks like a mountain."""
    times = [n for curve in curves for of_name in curve["min"].values() for n in of_name]
    low, high = min(times) / 1.4, max(times) * 1.4
    return low, max(high, low * 12)


def _number(n: float, *, binary: bool) -> str:
    if not binary:
        return f"{n:,.0f}"
    for power, unit in ((20, "MiB"), (10, "KiB")):
        if n >= 1 << power:
            return f"{n / (1 << power):g} {unit}"
    return f"{n:g} B"


def _time(nanoseconds: float) -> str:
    for power, unit in ((9, "s"), (6, "ms"), (3, "µs")):
        if nanoseconds >= 10**power:
            return f"{nanoseconds / 10**power:g} {unit}"
    return f"{nanoseconds:g} ns"


def _save(figure: Any, file: Path) -> None:
    metadata = {"Date": None, "Creator": None} if file.suffix == ".svg" else None
    figure.savefig(file, metadata=metadata, dpi=110, facecolor="white")
    pyplot.close(figure)


def main() -> None:
    results, picture = map(Path, sys.argv[1:])
    runs = json.loads(results.read_text())["runs"]
    with matplotlib.rc_context(STYLE):
        (curves_picture if "curves" in runs[0] else rows_picture)(runs, picture)


if __name__ == "__main__":
    main()
