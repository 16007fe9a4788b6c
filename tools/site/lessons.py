"""A page for each lesson: the question, its program, the trace that settles it, the exercise.

The answer and the trace are folded, so that a reader can predict first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pysock._commands import course

from . import ROOT
from .record import run, text_of
from .text import block, escaped, folded, raw, table

GUIDE = "lessons"  # a page of docs/, if there is one

_COMMANDS = (
    "python3 -m pysock lesson                          # the list",
    "python3 -m pysock lesson 1                        # one of them",
    "python3 -m pysock lesson 1 --check solution.py    # is it right?",
)


def pages() -> Iterator[tuple[str, str]]:
    rows = []
    for path in course.lessons():
        each, number = course.load(path), int(path.name[:2])
        yield f"lessons/{path.stem}", "\n".join(_page(each, number))
        rows.append((number, f"[{each.title}]({path.stem}.md)"))
    yield "lessons/index", "\n".join(_index(rows, [path.stem for path in course.lessons()]))


def _index(rows: list[tuple[int, str]], names: list[str]) -> Iterator[str]:
    yield "# Lessons\n"
    yield (
        "Each asks for a prediction, runs a program of about ten lines, shows the trace that"
        " settles it, and sets an exercise. A checker judges solutions by their trace and under"
        " faults that a network may bring: a solution that works by luck fails there. They are"
        " about the kernel of Linux; on another, the command tells which statements are not so.\n"
    )
    yield block("text", _COMMANDS)
    yield table(["", "lesson"], rows)
    if (ROOT / f"docs/{GUIDE}.md").is_file():
        yield f"[More about lessons](../{GUIDE}.md): how to write one, and to judge solutions.\n"
        names = [*names, f"../{GUIDE}"]
    yield "```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"


def _page(each: course.Lesson, number: int) -> Iterator[str]:
    yield f"# {each.title}\n"
    yield "## What do you expect?\n"
    yield re.sub(r"^- \[[ x]\] ", "- ", each.sections["Question"], flags=re.M) + "\n"
    yield block("python", [each.code("Program").rstrip()])
    output, trace = _ran(each)
    right = "".join(f"<li>{_inline(text)}</li>" for true, text in each.choices if true)
    settled = "".join(f"<p>{_inline(part)}</p>" for part in each.text("Settled").split("\n\n"))
    shown = f"<ul>{right}</ul>{settled}"
    if output:
        shown += f"<p>It prints:</p><pre>{escaped(output.rstrip())}</pre>"
    shown += "<p>Its trace, made while this page was built:</p>"
    shown += f'<div class="trace"><pre>{escaped(trace)}</pre></div>'
    yield raw(folded("What happens", shown))
    yield "## Exercise\n"
    yield each.text("Exercise") + "\n"
    yield block("python", [each.code("Exercise").rstrip()])
    yield f"`python3 -m pysock lesson {number} --check solution.py` judges what you make of it.\n"


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped(text))


def _ran(each: course.Lesson) -> tuple[str, str]:
    """What the program of a lesson prints, and its trace: of the calls that it wants shown."""
    ran = run(each.path.stem, each.code("Program"))
    shown = getattr(each, "shown", None) or {call.function for call in ran.calls}
    return ran.output, "\n".join(text_of([c for c in ran.calls if c.function in shown]))
