"""``python -m pysock lesson``: a prediction, a program and its trace, an exercise and its checker.

``course`` says what a lesson's file has, ``judge`` judges solutions, and ``bounded`` runs them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
from pathlib import Path

from . import bounded
from .columns import trace, width, wrapped
from .course import FOLDER, Lesson, WrongLesson, lessons, load, path_of
from .folders import temporary
from .judge import Settled, judged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .bounded import Ran

DESCRIPTION = """\
Lessons about sockets: predict, see the trace that settles it, and solve an exercise, which is
judged by its trace and by faults that are put into it. They are about the kernel of Linux: on
another, each statement is tried, and the lesson tells what is not so there."""

EPILOG = """\
examples:
  python -m pysock lesson                          list the lessons
  python -m pysock lesson 1                        one of them; or your FILE
  python -m pysock lesson 1 --begin solution.py    begin its exercise
  python -m pysock lesson 1 --check solution.py    judge it; also --trace
  python -m pysock lesson 1 --grade FOLDER         judge each solution in it

The exit status is 0 if all solutions are accepted, 1 if one is refused, and 2 if a lesson or a
file is not there or wrong."""

WRONG, REFUSED, INTERRUPTED = 2, 1, 130
PROGRAM = "python -m pysock lesson"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("lesson", nargs="?", metavar="LESSON", help="a number, or a file")
    parser.add_argument("--predict", type=int, metavar="N", help="your prediction: a choice")
    does = parser.add_mutually_exclusive_group()
    does.add_argument("--begin", metavar="FILE", help="write what the exercise begins with")
    does.add_argument("--check", metavar="FILE", help="judge this solution")
    does.add_argument("--grade", metavar="FOLDER", help="judge each .py file of a folder")
    parser.add_argument("--trace", action="store_true", help="with --check: show the last calls")
    parser.add_argument("--bytes", action="store_true", help="show the bytes of addresses, too")
    parser.add_argument("--json", action="store_true", help="with --check or --grade: as JSON")


def main(options: argparse.Namespace) -> int:
    try:
        _check_uses(options)
        if options.lesson is None:
            return _list()
        lesson = load(path_of(options.lesson))
        if options.begin is not None:
            return _begin(lesson, Path(options.begin))
        if options.grade is not None:
            return _grade(lesson, _solutions(Path(options.grade)), options.json)
        if options.check is not None:
            solution = Path(options.check)
            return _grade(lesson, [solution], options.json, keep=True, traces=options.trace)
        return _show(lesson, options.predict, options.bytes)
    except (WrongLesson, OSError) as error:
        if isinstance(error, OSError) and error.filename is None:
            raise  # about no file: the reader of the output may have gone
        print(f"{PROGRAM}: {_why(error)}", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        print()
        return INTERRUPTED


# What is done with a lesson where each of these options changes something.
_USES = {
    "predict": ("show",), "bytes": ("show",), "trace": ("check",), "json": ("check", "grade"),
}  # fmt: skip
_DOES = ("begin", "check", "grade")


def _check_uses(options: argparse.Namespace) -> None:
    """WrongLesson if an option would change nothing, which nobody would notice."""
    values = vars(options)
    given = {name for name in values if values[name] is not None and values[name] is not False}
    does = next((name for name in _DOES if name in given), "show")
    for name in (*_DOES, *_USES):
        if name not in given:
            continue
        if "lesson" not in given:
            raise WrongLesson(f"--{name}: of which lesson? Its number or file is missing")
        uses = _USES.get(name, (does,))
        if does not in uses:
            needed = " or ".join([f"--{each}" for each in uses if each in _DOES])
            why = f"without {needed}" if needed else f"with --{does}"
            raise WrongLesson(f"--{name} changes nothing {why}")


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


# --- progress ------------------------------------------------------------------------


def _state() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(home) / "pysock" / "lessons.json"


def done() -> list[str]:
    """The names of the lessons that are solved."""
    try:
        found = json.loads(_state().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [str(each) for each in found] if isinstance(found, list) else []


def _keep(lesson: Lesson) -> None:
    if lesson.path.parent != FOLDER:
        return
    state = _state()
    try:
        state.parent.mkdir(parents=True, exist_ok=True)
        state.write_text(json.dumps(sorted({*done(), lesson.path.name})), encoding="utf-8")
    except OSError as error:
        print(f"{PROGRAM}: progress is not kept: {_why(error)}", file=sys.stderr)


# --- solutions -----------------------------------------------------------------------


def _begin(lesson: Lesson, path: Path) -> int:
    with open(path, "x", encoding="utf-8") as file:
        file.write(lesson.code("Exercise"))
    print(f"Written. To have it judged: {PROGRAM} {lesson.name} --check {path}")
    return 0


def _solutions(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise WrongLesson(f"{folder}: there is no such folder")
    found = sorted(folder.glob("*.py"))
    if not found:
        raise WrongLesson(f"{folder}: it has no files *.py")
    return found


def _grade(
    lesson: Lesson, files: list[Path], as_json: bool, *, keep: bool = False, traces: bool = False
) -> int:
    verdicts, refused = [], 0
    for verdict in judged(lesson, files):
        refused += not verdict.accepted
        verdicts.append({"file": str(verdict.path), "accepted": verdict.accepted,
                         "refused": verdict.refused})  # fmt: skip
        if not as_json:
            said = "accepted" if verdict.accepted else f"refused: {verdict.refused}"
            print(f"{verdict.path}: {said}", flush=True)
            if traces and verdict.trace:
                print("\n".join(["", "    …", *verdict.trace, ""]), flush=True)
    if as_json:
        print(json.dumps(verdicts, indent=1))
    if keep and not refused:
        _keep(lesson)
    return REFUSED if refused else 0


# --- what is shown -------------------------------------------------------------------


def _list() -> int:
    solved = done()
    for path in lessons():
        mark = "solved" if path.name in solved else ""
        print(f"{int(path.name[:2]):3}  {mark:6}  {load(path).title}")
    return 0


def _show(lesson: Lesson, predicted: int | None, octets: bool) -> int:
    columns = width()
    number = f"Lesson {lesson.name} of {len(lessons())}: " if lesson.path.parent == FOLDER else ""
    print(wrapped(f"{number}{lesson.title}", columns), end="\n\n")
    print(wrapped(lesson.text("Question"), columns), end="\n\n")
    for at, (_, text) in enumerate(lesson.choices, 1):
        print(f"{at:3}  " + wrapped(text, columns, " " * 5).lstrip())
    predicted = _asked(lesson) if predicted is None else predicted
    if predicted is not None and not 1 <= predicted <= len(lesson.choices):
        raise WrongLesson(f"there is no choice {predicted}; there are 1 to {len(lesson.choices)}")
    _heading("The program")
    print(textwrap.indent(lesson.code("Program"), "    "), end="", flush=True)
    ran = _run(lesson, columns, octets)
    _heading("What it shows")
    _settle(lesson, Settled(lesson, ran), predicted, columns)
    _heading("Your exercise")
    print(wrapped(lesson.text("Exercise"), columns), end="\n\n")
    print(textwrap.indent(lesson.code("Exercise"), "    "))
    for does, option in (("To begin", "--begin"), ("To have it judged", "--check")):
        print(f"{does}:\n    {PROGRAM} {lesson.name} {option} solution.py")
    return 0


def _heading(text: str) -> None:
    print(f"\n{text}\n")


def _asked(lesson: Lesson) -> int | None:
    """The learner's prediction; None where nobody can be asked, or without one."""
    if sys.stdin is None or not sys.stdin.isatty():
        print(f"\nTo predict: {PROGRAM} {lesson.name} --predict N")
        return None
    while True:
        try:
            said = input("\nYour prediction (Enter for none)? ").strip()
        except EOFError:
            return None
        if not said:
            return None
        if said.isascii() and said.isdecimal() and 1 <= int(said[:9]) <= len(lesson.choices):
            return int(said)
        print(f"A number from 1 to {len(lesson.choices)}.")


def _run(lesson: Lesson, columns: int, octets: bool) -> Ran:
    """Run a lesson's program, and show what it prints, and its trace."""
    with temporary("lesson") as name:
        path = Path(name, "program.py")
        path.write_text(lesson.code("Program"), encoding="utf-8")
        ran = bounded.run(path.parent, path.name)
        _heading("What it prints")
        print(textwrap.indent(ran.output, "    "), end="")
        if ran.ended or ran.status:
            raise WrongLesson(f"{lesson.path}: its program fails: {ran.ended or ran.error}")
        only = f"Its trace: {', '.join(lesson.shown)}" if lesson.shown else "Its trace"
        _heading(wrapped(only, columns))
        print("\n".join(trace(ran, columns, lesson.shown, octets=octets)))
    return ran


def _settle(lesson: Lesson, settled: Settled, predicted: int | None, columns: int) -> None:
    if 1 <= settled.answer <= len(lesson.choices):
        right = lesson.choices[settled.answer - 1][1]
        said = "It is" if predicted is None else f"You said {predicted}, and it is"
        if predicted == settled.answer:
            said = "You were right: it is"
        print(wrapped(f"{said} {settled.answer}: {right}.", columns))
    for text, why in settled.statements:
        print("\n" + wrapped(text, columns))
        if why:
            print(wrapped(f"({why})", columns))
