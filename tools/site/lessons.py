"""A page for each lesson: the question, its program, the trace that settles it, the exercise.

The answer and the trace are folded, so that a reader can predict first.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pysock._commands import lesson
from pysock.trace.order import Timeline, sort
from pysock.trace.terminal import Writer

from .record import WIDTH
from .text import block, escaped, folded, raw, table

_COMMANDS = (
    "python3 -m pysock lesson                          # the list",
    "python3 -m pysock lesson 1                        # one of them",
    "python3 -m pysock lesson 1 --check solution.py    # is it right?",
)


def pages() -> Iterator[tuple[str, str]]:
    rows = []
    for path in lesson.lessons():
        each, number = lesson.load(path), int(path.name[:2])
        yield f"lessons/{path.stem}", "\n".join(_page(each, number))
        rows.append((number, f"[{each.title}]({path.stem}.md)"))
    yield "lessons/index", "\n".join(_index(rows, [path.stem for path in lesson.lessons()]))


def _index(rows: list[tuple[int, str]], names: list[str]) -> Iterator[str]:
    yield "# Lessons\n"
    yield (
        "Each asks for a prediction, runs a program of about ten lines, shows the trace that"
        " settles it, and sets an exercise. A checker judges solutions by their trace and under"
        " faults that a network may bring: a solution that works by luck fails there.\n"
    )
    yield block("text", _COMMANDS)
    yield table(["", "lesson"], rows)
    yield "```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"


def _page(each: lesson.Lesson, number: int) -> Iterator[str]:
    yield f"# {each.title}\n"
    yield "## What do you expect?\n"
    yield re.sub(r"^- \[[ x]\] ", "- ", each.text("Question"), flags=re.M) + "\n"
    yield block("python", [each.code("Program").rstrip()])
    output, trace = _ran(each)
    right = "".join(f"<li>{_inline(text)}</li>" for true, text in each.choices if true)
    shown = f"<ul>{right}</ul><p>{_inline(each.text('Settled'))}</p>"
    if output:
        shown += f"<p>It prints:</p><pre>{escaped(output.rstrip())}</pre>"
    shown += f"<p>Its trace, made while this page was built:</p><pre>{escaped(trace)}</pre>"
    yield raw(folded("What happens", shown))
    yield "## Exercise\n"
    yield each.text("Exercise") + "\n"
    yield block("python", [each.code("Exercise").rstrip()])
    yield f"`python3 -m pysock lesson {number} --check solution.py` judges what you make of it.\n"


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped(text))


def _ran(each: lesson.Lesson) -> tuple[str, str]:
    with tempfile.TemporaryDirectory(prefix="pysock-site-") as name:
        folder = Path(name)
        (folder / "program.py").write_text(each.code("Program"), encoding="utf-8")
        ran = lesson.run(folder, "program.py")
        lines: list[str] = []
        timeline, writer = Timeline(), Writer(lines.append, width=WIDTH)
        told = [one for pid, event in sort(ran.events) for one in timeline.feed(pid, event)]
        for call, waits in [*told, *timeline.end()]:
            writer.write(call, waits)
    text = "\n".join(lines)
    for i, pid in enumerate(dict.fromkeys(re.findall(r"^(\d+) ", text, re.M))):
        text = re.sub(rf"^{pid} ", "" if i == 0 else f"process {i + 1} ", text, flags=re.M)
    return ran.output, re.sub(r"^(.*?)MainThread  \S+:(\d+)  ", r"\1line \2:  ", text, flags=re.M)
