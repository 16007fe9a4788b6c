"""A lesson's file: one Markdown file, which a teacher can write and hand out.

Its title is its first line, and its sections are, in this order:

``## Question``  text, then choices: ``- [x]`` those that are true, ``- [ ]`` those that are not
``## Program``   a block of Python, which is run and traced; before it, if not all calls are to be
                 shown, ``Shown:`` and the C functions that are
``## Settled``   statements, and behind each of them a block that proves it: ``calls`` has the trace
                 of the program, ``output`` what it printed; ``answer`` can be set to the number of
                 the choice that is true, which is then no longer what the file says, but what the
                 program has shown
``## Exercise``  text, and a block to begin with
``## Harness``   a block that imports ``solution`` and uses it; its ``assert`` refuses
``## Checker``   a block that runs the harness, and refuses by ``assert``, too: ``run(faults)`` runs
                 it once, ``runs(faults, …)`` several times side by side, with faults of
                 ``trace --inject``.  Each gives ``.calls``, ``.output``, ``.seconds`` and
                 ``.result``, the harness's variable of this name

A thread of the harness that is called ``peer`` is the other end: no faults are put into its calls.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..trace.prototypes import PROTOTYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SECTIONS = ("Question", "Program", "Settled", "Exercise", "Harness", "Checker")
FOLDER = Path(__file__).with_name("lessons")
MOST = 1 << 20  # bytes of a file

_BLOCK = re.compile(r"^```python\n(.*?)^```[ ]*$\n?", re.M | re.S)
_CHOICE = re.compile(r"^- \[([ x])\] (.+(?:\n  .+)*)\n?", re.M)


class WrongLesson(ValueError):
    """A lesson that is not there, or whose file lacks something."""


class Lesson:
    """A lesson's title, and its sections as text."""

    def __init__(self, path: Path, title: str, sections: dict[str, str]) -> None:
        self.path, self.title, self.sections = path, title, sections

    @property
    def name(self) -> str:
        """What to call it by on the command line: its number, or its file."""
        own = self.path.parent == FOLDER
        return str(int(self.path.name[:2])) if own else str(self.path)

    def blocks(self, section: str) -> list[str]:
        return _BLOCK.findall(self.sections[section])

    def code(self, section: str) -> str:
        return self.blocks(section)[0]

    def text(self, section: str) -> str:
        return _CHOICE.sub("", _BLOCK.sub("", self.sections[section])).strip()

    @property
    def shown(self) -> list[str]:
        """Which C functions of the program's trace are shown; all if there is none."""
        return re.findall(r"\w+", self.text("Program").partition("Shown:")[2])

    @property
    def choices(self) -> list[tuple[bool, str]]:
        found = _CHOICE.findall(self.sections["Question"])
        return [(mark == "x", " ".join(text.split())) for mark, text in found]

    @property
    def statements(self) -> list[tuple[str, str]]:
        """What is said, and the block that proves it, of each statement."""
        parts = _BLOCK.split(self.sections["Settled"])
        return [(text.strip(), code) for text, code in zip(parts[::2], parts[1::2])]


def lessons() -> list[Path]:
    return sorted(FOLDER.glob("*.md"))


def path_of(word: str) -> Path:
    """The file of a lesson, by its number or its name."""
    if not (word.isascii() and word.isdecimal()):
        return Path(word)
    found = [path for path in lessons() if path.name[:2] == word.zfill(2)]
    if not found:
        raise WrongLesson(f"there is no lesson {word}; there are 1 to {len(lessons())}")
    return found[0]


def load(path: Path) -> Lesson:
    """The lesson in a file; WrongLesson, which says what is wrong with it."""
    text = read(path)
    head, *parts = re.split(r"^## ", text, flags=re.M)
    title = head.strip().partition("\n")[0]
    if not title.startswith("# "):
        raise WrongLesson(f"{path}: its first line is to be '# ' and the title")
    names = tuple([part.partition("\n")[0].strip() for part in parts])
    if names != SECTIONS:
        raise WrongLesson(
            f"{path}: its sections are to be {', '.join(SECTIONS)}, "
            f"and are {', '.join(names) or 'none'}"
        )
    sections = {name: part.partition("\n")[2] for name, part in zip(names, parts)}
    lesson = Lesson(path, title[2:].strip(), sections)
    for why in _faults(lesson):
        raise WrongLesson(f"{path}: {why}")
    return lesson


def read(path: Path) -> str:
    """The text of a file that somebody has written: no device, no gigabytes."""
    if not path.exists():
        raise WrongLesson(f"{path}: there is no such file")
    if not path.is_file():
        raise WrongLesson(f"{path}: it is no file")
    if path.stat().st_size > MOST:
        raise WrongLesson(f"{path}: it has more than {MOST} bytes")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongLesson(f"{path}: it is no UTF-8: {error.reason}") from None


def _faults(lesson: Lesson) -> Iterator[str]:
    for section in SECTIONS[1:]:
        blocks = lesson.blocks(section)
        if not blocks:
            yield f"the section {section} has no block of Python"
        if len(blocks) > 1 and section != "Settled":
            yield f"the section {section} has {len(blocks)} blocks of Python, and is to have one"
        for code in blocks:
            try:
                compile(code, section, "exec")
            except SyntaxError as error:
                yield f"{section}, line {error.lineno} of its block: {error.msg}"
            except (ValueError, MemoryError, RecursionError) as error:
                yield f"{section}: its block is no program: {error}"
    said = lesson.text("Program")
    unknown = [name for name in lesson.shown if name not in PROTOTYPES]
    if unknown or (said and not (said.startswith("Shown:") and lesson.shown)):
        what = f"{unknown[0]!r} is no C function of sockets" if unknown else _short(said)
        yield f"the section Program has 'Shown:', C functions, and its block: {what}"
    parts = _BLOCK.split(lesson.sections["Settled"])
    if parts[-1].strip():
        yield f"the statement {_short(parts[-1])!r} has no block behind it that proves it"
    for part in parts[:-1:2]:
        if not part.strip():
            yield "the section Settled has a block that proves no statement"
        elif "\n\n" in part.strip():
            yield f"the statement {_short(part)!r} has no block behind it that proves it"
    if not lesson.text("Question"):
        yield "the section Question asks nothing"
    if len(lesson.choices) < 2 or not any(true for true, _ in lesson.choices):
        yield "the question needs two choices, one of them true"


def _short(text: str) -> str:
    first = text.strip().partition("\n")[0]
    return first if len(first) <= 40 else first[:39] + "…"
