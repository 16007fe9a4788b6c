"""``python -m pysock lesson``: a prediction, a program and its trace, an exercise and its checker.

A lesson is one Markdown file, which a teacher can write and hand out.  Its title is its first line,
and its sections are, in this order:

``## Question``  text, then choices: ``- [x]`` those that are true, ``- [ ]`` those that are not
``## Program``   a block of Python, which is run and traced
``## Settled``   text, and a block that proves it: ``calls`` has the trace, ``output`` the text
``## Exercise``  text, and a block to begin with
``## Harness``   a block that imports ``solution`` and uses it
``## Checker``   a block; ``run(faults)`` runs the harness, with faults of ``trace --inject``, and
                 gives ``.output`` and ``.calls``; an ``assert`` refuses, with its message

A solution runs in a process of its own, whose parent is another one: its time, its output and its
trace are bounded, and what it does to its parent is done to that.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

from .. import _install
from ..trace import inject
from ..trace.decode import decoded
from ..trace.order import Timeline, sort
from ..trace.record import Reader
from ..trace.terminal import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..trace.decode import Call

DESCRIPTION = """\
Lessons about sockets: predict, see the trace that settles it, and solve an exercise, which is
judged by its trace and by faults that are put into it."""

EPILOG = """\
examples:
  python -m pysock lesson                              list the lessons
  python -m pysock lesson 1                            one of them, or FILE, a teacher's own
  python -m pysock lesson 1 --check solution.py        judge a solution
  python -m pysock lesson 1 --grade FOLDER --json      judge all solutions in a folder"""

SECTIONS = ("Question", "Program", "Settled", "Exercise", "Harness", "Checker")
SECONDS, MOST_OUTPUT, MOST_TRACE = 10.0, 100_000, 64 << 20
WRONG, REFUSED = 2, 1
FOLDER = Path(__file__).with_name("lessons")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("lesson", nargs="?", metavar="LESSON", help="a number, or a file")
    parser.add_argument("--check", metavar="FILE", help="judge this solution")
    parser.add_argument("--grade", metavar="FOLDER", help="judge each .py file of a folder")
    parser.add_argument("--json", action="store_true", help="print the verdicts as JSON")


def main(options: argparse.Namespace) -> int:
    try:
        if options.lesson is None:
            return _list()
        lesson = load(path_of(options.lesson))
        if options.grade is not None:
            return _grade(lesson, sorted(Path(options.grade).glob("*.py")), options.json)
        if options.check is not None:
            return _grade(lesson, [Path(options.check)], options.json)
        return _show(lesson)
    except (WrongLesson, OSError) as error:
        print(f"python -m pysock lesson: {error}", file=sys.stderr)
        return WRONG


class WrongLesson(ValueError):
    """A lesson that is not there, or whose file lacks something."""


class Lesson:
    """A lesson's title, and its sections as text."""

    def __init__(self, path: Path, title: str, sections: dict[str, str]) -> None:
        self.path, self.title, self.sections = path, title, sections

    def code(self, section: str) -> str:
        found = re.search(r"^```python\n(.*?)^```", self.sections[section], re.M | re.S)
        return found[1] if found else ""

    def text(self, section: str) -> str:
        block = re.compile(r"^```python\n.*?^```\n?", re.M | re.S)
        return block.sub("", self.sections[section]).strip()

    @property
    def choices(self) -> list[tuple[bool, str]]:
        found = re.findall(r"^- \[([ x])\] (.+)$", self.sections["Question"], re.M)
        return [(mark == "x", text) for mark, text in found]


def lessons() -> list[Path]:
    return sorted(FOLDER.glob("*.md"))


def path_of(word: str) -> Path:
    if not word.isdecimal():
        return Path(word)
    found = [path for path in lessons() if int(path.name[:2]) == int(word)]
    if not found:
        raise WrongLesson(f"there is no lesson {word}; there are 1 to {len(lessons())}")
    return found[0]


def load(path: Path) -> Lesson:
    """The lesson in a file; WrongLesson, which says what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise WrongLesson(f"{path}: it is no UTF-8: {error.reason}") from None
    head, *parts = re.split(r"^## ", text, flags=re.M)
    title = head.strip().partition("\n")[0]
    if not title.startswith("# "):
        raise WrongLesson(f"{path}: its first line is to be '# ' and the title")
    sections = {part.partition("\n")[0].strip(): part.partition("\n")[2] for part in parts}
    if tuple(sections) != SECTIONS:
        raise WrongLesson(f"{path}: its sections are to be {', '.join(SECTIONS)}")
    lesson = Lesson(path, title[2:], sections)
    for section in SECTIONS[1:]:
        code = lesson.code(section)
        if not code:
            raise WrongLesson(f"{path}: the section {section} has no block of Python")
        try:
            compile(code, section, "exec")
        except SyntaxError as error:
            raise WrongLesson(f"{path}: {section}, line {error.lineno}: {error.msg}") from None
    if len(lesson.choices) < 2 or not any(true for true, _ in lesson.choices):
        raise WrongLesson(f"{path}: the question needs two choices, one of them true")
    return lesson


# --- running -------------------------------------------------------------------------


class Ran:
    """What a program did: ``output``, ``calls``, ``status``, and why it was ended, or ""."""

    def __init__(self, output: str, events: list[Any], status: int, ended: str) -> None:
        self.output, self.events, self.status, self.ended = output, events, status, ended
        self.calls: list[Call] = decoded(sort(events))


# The parent of a solution: a solution that ends it has ended nobody else.
_PARENT = "import subprocess, sys; sys.exit(min(99, abs(subprocess.call(sys.argv[1:]))))"


def run(folder: Path, script: str, faults: str = "") -> Ran:
    """Run a script of a folder, traced and bounded."""
    with tempfile.TemporaryDirectory(prefix="pysock-lesson-") as trace:
        environment = _install.environment(os.environ, trace=trace)
        environment.update({inject.VARIABLE: faults, "PYTHONIOENCODING": "utf-8"})
        process = subprocess.Popen(
            [sys.executable, "-c", _PARENT, sys.executable, "-u", script],
            cwd=folder, env=environment, start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        said = bytearray()
        reader = Thread(target=_read, args=(process.stdout, said), daemon=True)
        reader.start()
        ended, deadline = "", monotonic() + SECONDS
        while process.poll() is None and not ended:
            sleep(0.02)
            if monotonic() > deadline:
                ended = f"it did not end within {SECONDS:g} seconds"
            elif len(said) > MOST_OUTPUT:
                ended = f"it printed more than {MOST_OUTPUT} bytes"
            elif sum(each.stat().st_size for each in Path(trace).iterdir()) > MOST_TRACE:
                ended = "it made too many calls of sockets"
        if not ended and process.returncode < 0:
            ended = "it has killed its parent process"
        end_group(process)
        reader.join(1)
        if process.stdout is not None and not reader.is_alive():
            process.stdout.close()
        events = list(Reader(trace).new())
    output = bytes(said[:MOST_OUTPUT]).decode("utf-8", "replace")
    return Ran(output, events, process.returncode, ended)


def _read(pipe: Any, said: bytearray) -> None:
    for piece in iter(lambda: pipe.read1(65536), b""):
        if len(said) <= MOST_OUTPUT:
            said += piece


def end_group(process: subprocess.Popen[Any]) -> None:
    """End a process and all that it has started."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            process.poll()  # nobody of its group is left
    else:
        process.kill()
    process.wait()


def judge(lesson: Lesson, solution: Path) -> str:
    """Why a solution is refused; "" if it is accepted."""
    source = solution.read_bytes()
    try:
        compile(source, solution.name, "exec")
    except (SyntaxError, ValueError) as error:
        return f"it is no program: {error}"
    with tempfile.TemporaryDirectory(prefix="pysock-lesson-") as name:
        folder = Path(name)
        (folder / "solution.py").write_bytes(source)
        (folder / "harness.py").write_text(lesson.code("Harness"), encoding="utf-8")

        def checked(faults: str = "") -> Ran:
            ran = run(folder, "harness.py", faults)
            assert not ran.ended, ran.ended
            return ran

        try:
            exec(compile(lesson.code("Checker"), "Checker", "exec"), {"run": checked})
        except AssertionError as error:
            return str(error) or "the checker does not accept it, and does not say why"
    return ""


# --- what is printed -----------------------------------------------------------------


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


def _list() -> int:
    solved = done()
    for path in lessons():
        mark = "solved" if path.name in solved else ""
        print(f"{int(path.name[:2]):3}  {mark:6}  {load(path).title}")
    return 0


def _show(lesson: Lesson) -> int:
    print(f"{lesson.title}\n")
    print(re.sub(r"^- \[[ x]\] ", "- ", lesson.text("Question"), flags=re.M))
    if sys.stdin is not None and sys.stdin.isatty():
        input("\nYour prediction? (Enter shows what happens) ")
    print(f"\n{lesson.code('Program')}")
    with tempfile.TemporaryDirectory(prefix="pysock-lesson-") as name:
        folder = Path(name)
        (folder / "program.py").write_text(lesson.code("Program"), encoding="utf-8")
        ran = run(folder, "program.py")
        print(ran.output)
        timeline, writer = Timeline(), Writer(print, width=96)
        told = [each for pid, event in sort(ran.events) for each in timeline.feed(pid, event)]
        for call, waits in [*told, *timeline.end()]:
            writer.write(call, waits)
    print(f"\n{lesson.text('Settled')}\n\nExercise: {lesson.text('Exercise')}\n")
    print(lesson.code("Exercise"))
    return 0


def _grade(lesson: Lesson, files: list[Path], as_json: bool) -> int:
    verdicts = [{"file": str(path), "refused": judge(lesson, path)} for path in files]
    accepted = [each for each in verdicts if not each["refused"]]
    if accepted and lesson.path.parent == FOLDER:
        state = _state()
        state.parent.mkdir(parents=True, exist_ok=True)
        state.write_text(json.dumps(sorted({*done(), lesson.path.name})), encoding="utf-8")
    if as_json:
        told = [{**each, "accepted": not each["refused"]} for each in verdicts]
        print(json.dumps(told, indent=1))
    else:
        for each in verdicts:
            said = f"refused: {each['refused']}" if each["refused"] else "accepted"
            print(f"{each['file']}: {said}")
    return 0 if verdicts and len(accepted) == len(verdicts) else REFUSED
