"""``python3 -m tests.lessons [N …]``: all that lessons say, and all solutions that tests have.

Of each lesson, each statement is proved on this kernel, and the choice that is marked is the one
that the program has shown; what the exercise begins with is refused; of ``tests/solutions`` the
right ones are accepted, and the wrong ones refused, in words that stand there.

``tests/test_lesson.py`` does the same with a few of the solutions.
"""

from __future__ import annotations

import errno
import re
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import pysock
from pysock._commands.bounded import Ran, run
from pysock._commands.course import Lesson, lessons, load, path_of
from pysock._commands.judge import Settled, judged

from . import ROOT, help_if_asked

FOLDER = ROOT / "tests" / "solutions"


class Solution(NamedTuple):
    """``why`` is what its refusal says, this " | " that; None if it is right."""

    name: str
    why: str | None
    code: str


_FORM = re.compile(
    r"^## (Right|Wrong): ([^\n]+)\n\n(Where there is IPv6\.\n\n)?"
    r"(?:Refused: ?([^\n]*)\n\n)?```python\n(.*?)^```\n",
    re.M | re.S,
)


def solutions(lesson: Lesson) -> list[Solution]:
    """The solutions of a lesson, right and wrong, and what it begins with, which is wrong."""
    text = (FOLDER / lesson.path.name).read_text(encoding="utf-8")
    entries = _FORM.findall(text)
    assert len(entries) == text.count("\n## "), f"{lesson.path.name} has another form"
    found = [Solution(name, None if kind == "Right" else why, code)
             for kind, name, needs, why, code in entries if not needs or ipv6()]  # fmt: skip
    return [*found, Solution("what the exercise begins with", "", lesson.code("Exercise"))]


@cache
def ipv6() -> bool:
    """Whether this machine has ``::1``."""
    try:
        with pysock.socket(pysock.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError as error:
        return error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
    return True


def ran_of(lesson: Lesson) -> Ran:
    """What the lesson's program has done."""
    with tempfile.TemporaryDirectory() as name:
        Path(name, "program.py").write_text(lesson.code("Program"), encoding="utf-8")
        return run(Path(name), "program.py")


def unproved(lesson: Lesson, ran: Ran) -> Iterator[str]:
    """What a lesson says that is not so here."""
    if ran.ended or ran.status:
        yield f"its program fails: {ran.ended or ran.error}"
        return
    settled = Settled(lesson, ran)
    yield from [f"{why}: {text}" for text, why in settled.statements if why]
    marked = [number for number, (true, _) in enumerate(lesson.choices, 1) if true]
    if marked != [settled.answer]:
        yield f"the program shows {settled.answer}, and {marked} is marked"


def misjudged(lesson: Lesson, wanted: list[Solution], folder: Path) -> Iterator[str]:
    """Solutions that are judged otherwise than they are to be."""
    paths = [folder / f"{number}.py" for number in range(len(wanted))]
    for path, solution in zip(paths, wanted):
        path.write_text(solution.code, encoding="utf-8")
    for verdict, (name, why, _) in zip(judged(lesson, paths), wanted):
        if why is None and verdict.refused:
            yield f"the right solution {name!r} is refused: {verdict.refused}"
        elif why is not None and not (
            verdict.refused and any(each in verdict.refused for each in why.split(" | "))
        ):
            yield f"the wrong solution {name!r}: {verdict.refused or 'accepted'!r}, and not {why!r}"


def main(arguments: list[str]) -> int:
    failures = 0
    for path in [path_of(each) for each in arguments] or lessons():
        lesson, begun = load(path), monotonic()
        wanted = solutions(lesson)
        with tempfile.TemporaryDirectory() as name:
            found = [*unproved(lesson, ran_of(lesson)), *misjudged(lesson, wanted, Path(name))]
        right = sum(each.why is None for each in wanted)
        print(f"{lesson.name:>3}  {lesson.title}: {len(lesson.statements)} statements, "
              f"{right} right and {len(wanted) - right} wrong solutions, "
              f"{monotonic() - begun:.1f} s", flush=True)  # fmt: skip
        for each in found:
            print(f"     {each}", flush=True)
        failures += len(found)
    return 1 if failures else 0


if __name__ == "__main__":
    help_if_asked(__doc__)
    sys.exit(main(sys.argv[1:]))
