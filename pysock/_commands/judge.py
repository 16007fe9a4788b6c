"""Whether a solution of a lesson is accepted, and whether what a lesson says is so here.

A solution runs in processes of its own (``bounded``).  So does the checker, which comes with the
lesson: in a fork of this process, for a bounded time.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event

from ..trace import inject
from . import bounded
from .bounded import Failed, InChild, Ran
from .columns import trace, width
from .course import WrongLesson, read
from .folders import temporary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from .course import Lesson

CHECKER_SECONDS, PROOF_SECONDS = 60.0, 30.0
_MOST_WORDS, _MOST_LINES = 400, 24  # characters of a verdict, and lines of a trace


class Verdict:
    """Of one solution: ``refused`` says why, or is "" if it is accepted.

    ``trace`` has the last lines of the trace of the run that it is refused for.
    """

    def __init__(self, path: Path, refused: str, trace: list[str]) -> None:
        self.path, self.refused, self.trace = path, refused, trace

    @property
    def accepted(self) -> bool:
        return not self.refused


def judge(lesson: Lesson, solution: Path) -> str:
    """Why a solution is refused; "" if it is accepted.  WrongLesson if the checker fails."""
    return next(judged(lesson, [solution])).refused


def judged(lesson: Lesson, solutions: Iterable[Path]) -> Iterator[Verdict]:
    """The verdicts, in order; as many at once as there are processors."""
    most = os.cpu_count() or 1
    begun: deque[tuple[Path, Any]] = deque()
    for path in solutions:
        if len(begun) == most:
            yield _ended(lesson, *begun.popleft())
        try:
            source = read(path)
        except (WrongLesson, OSError) as error:
            begun.append((path, str(error).rpartition(f"{path}: ")[2]))
            continue
        begun.append((path, InChild(partial(_check, lesson, source), CHECKER_SECONDS)))
    while begun:
        yield _ended(lesson, *begun.popleft())


def _ended(lesson: Lesson, path: Path, child: Any) -> Verdict:
    if isinstance(child, str):
        return Verdict(path, child, [])
    try:
        refused, broken, lines = child.get()
    except Failed as error:
        refused, broken, lines = "", str(error), []
    if broken:
        raise WrongLesson(f"{lesson.path}: its checker fails: {broken}")
    return Verdict(path, _plain(refused), lines)


def _check(lesson: Lesson, source: str) -> tuple[str, str, list[str]]:
    """Why a solution is refused, why the checker has failed, and the end of the last trace."""
    with temporary("lesson") as name:
        checks = _Checks(Path(name), source, lesson.code("Harness"))
        try:
            exec(
                compile(lesson.code("Checker"), "Checker", "exec"),
                {"run": checks.run, "runs": checks.runs},
            )
        except AssertionError as error:
            why = str(error) or "the checker does not accept it, and does not say why"
            lines = trace(checks.last, width())[-_MOST_LINES:] if checks.last else []
            return checks.where + why, "", lines
        except (Exception, SystemExit) as error:
            return "", f"{type(error).__name__}: {error}", []
        finally:
            checks.stop()
        return "", "" if checks.last else "it has run nothing", []


class _Checks:
    """What a checker is given."""

    def __init__(self, folder: Path, source: str, harness: str) -> None:
        self.folder, self.source, self.harness = folder, source, harness
        self.where, self.stopped = "", Event()
        self.last: Ran | None = None  # an ``assert`` is about it
        self.pool = ThreadPoolExecutor(os.cpu_count() or 1)

    def run(self, faults: str = "", *, seconds: float | None = None) -> Ran:
        """Run the harness once."""
        return next(self.runs(faults, seconds=seconds))

    def runs(self, *faults: str, seconds: float | None = None) -> Iterator[Ran]:
        """Run the harness with each of these faults; an ``assert`` is about the last one given."""
        for each in faults:
            inject.parse(each)  # a ValueError tells what is wrong with it
        token = secrets.token_hex(8)
        begun = [self.pool.submit(self._one, token, each, seconds) for each in faults]
        for each, future in zip(faults, begun):
            self.where = f"with {each}: " if each else ""
            ran = self.last = future.result()
            bounded.read_end(ran, token)
            _passed(ran)
            yield ran

    def stop(self) -> None:
        """End what still runs: the verdict stands."""
        self.stopped.set()
        self.pool.shutdown()

    def _one(self, token: str, faults: str, seconds: float | None) -> Ran:
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            folder = Path(name)
            (folder / "solution.py").write_text(self.source, encoding="utf-8")
            (folder / "harness.py").write_text(self.harness, encoding="utf-8")
            (folder / "start.py").write_text(bounded.START, encoding="utf-8")
            return bounded.run(
                folder, "start.py", faults, seconds=seconds, stop=self.stopped, told=token + "\n"
            )


def _passed(ran: Ran) -> None:
    """An AssertionError, which says why, if a harness has not come to its end."""
    assert not ran.ended, ran.ended
    error = ran.error.partition("AssertionError: ")[2] or ran.error
    if ran.status and "Error" in ran.error and error == ran.error:
        lines = re.findall(r'File ".*\bsolution\.py", line (\d+)', ran.output)
        kind = "it is no program" if error.startswith(_SYNTAX) else "it ends with"
        error = f"{kind}: {error}" + (f" (line {lines[-1]})" if lines else "")
    assert not ran.status, error or f"it ends with the exit status {ran.status}"
    assert ran.reached_end, "it has ended the process, before all was tried"


_SYNTAX = ("SyntaxError", "IndentationError", "TabError")


def _plain(text: str) -> str:
    """A verdict on one line: a solution's own words may have anything in them."""
    text = "".join([c if c.isprintable() else " " for c in text])
    return text if len(text) <= _MOST_WORDS else text[: _MOST_WORDS - 1] + "…"


# --- what a lesson says --------------------------------------------------------------


class Settled:
    """What a lesson's program has shown: a statement's text, and why it does not hold here, or "".

    ``answer`` is the number of the choice that is true, from 1.
    """

    def __init__(self, lesson: Lesson, ran: Ran) -> None:
        names = {"calls": ran.calls, "output": ran.output}
        try:
            whys, self.answer = bounded.in_child(partial(_prove, lesson, names), PROOF_SECONDS)
        except Failed as error:
            raise WrongLesson(f"{lesson.path}: its section Settled fails: {error}") from None
        self.statements = [(text, why) for (text, _), why in zip(lesson.statements, whys)]


def _prove(lesson: Lesson, names: dict[str, Any]) -> tuple[list[str], int]:
    whys = []
    for _, code in lesson.statements:
        try:
            exec(compile(code, "Settled", "exec"), names)
        except AssertionError as error:
            whys.append(_plain(f"But not so on this machine: {error}").rstrip(": "))
        except (Exception, SystemExit) as error:
            whys.append(_plain(f"Not proved on this machine: {error!r}"))
        else:
            whys.append("")
    marked = [number for number, (true, _) in enumerate(lesson.choices, 1) if true]
    answer = names.get("answer", marked[0])
    return whys, answer if isinstance(answer, int) else 0
