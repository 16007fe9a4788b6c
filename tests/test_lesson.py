"""``python3 -m pysock lesson``: what lessons say is so; solutions are judged by what they do.

``python3 -m tests.lessons`` tries all solutions of ``tests/solutions``; here it is a few.
"""

from __future__ import annotations

import errno
import io
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from pkgutil import get_data
from time import monotonic, sleep

import pytest

from pysock.__main__ import main
from pysock._commands import bounded, course, judge, lesson
from pysock._commands.course import Lesson, WrongLesson, lessons, load
from pysock._commands.output import READER_LEFT
from pysock._host import lib

from . import ROOT
from .foreign import FOREIGN, LINUX
from .harness import PATIENCE
from .lessons import misjudged, ran_of, solutions, unproved

if not hasattr(lib, "socketpair") or not hasattr(os, "killpg"):
    pytest.skip("no pair of Unix sockets, or no process groups, here", allow_module_level=True)

LINUX_ALONE = pytest.mark.skipif(
    FOREIGN or not LINUX, reason="the lessons are about the kernel of Linux"
)
NOT_ON_THE_BED = pytest.mark.skipif(
    FOREIGN, reason="the bed's library has no mmap, by which a trace is kept"
)
TEXT = lessons()[0].read_text(encoding="utf-8")
NAMES = [path.name for path in lessons()]
SAMPLE = random.Random(int(os.environ.get("PYSOCK_SEED", "1")))


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(bounded, "SECONDS", 10 * PATIENCE)


@pytest.fixture(scope="module")
def programs() -> dict[str, bounded.Ran]:
    """What the programs of all lessons have done, which ran side by side."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(NAMES, pool.map(ran_of, map(load, lessons()))))


def first() -> Lesson:
    return load(lessons()[0])


def once(folder: Path, checker: str = "run()") -> Lesson:
    """A lesson that imports the solution, once."""
    path = folder / "lesson.md"
    text = TEXT.partition("## Harness")[0] + "## Harness\n\n```python\nimport solution\n```\n"
    path.write_text(f"{text}\n## Checker\n\n```python\n{checker}\n```\n", encoding="utf-8")
    return load(path)


def file(folder: Path, text: str) -> Path:
    path = folder / "solution.py"
    path.write_text(text, encoding="utf-8")
    return path


# --- what lessons say ----------------------------------------------------------------


def test_there_are_twelve_and_each_has_solutions() -> None:
    assert [int(name[:2]) for name in NAMES] == list(range(1, 13))
    for path in lessons():
        right = [each.why is None for each in solutions(load(path))]
        assert right.count(True) >= 2 <= right.count(False), path.name


@LINUX_ALONE
@pytest.mark.parametrize("name", NAMES)
def test_what_a_lesson_says_is_so_here(name: str, programs: dict[str, bounded.Ran]) -> None:
    assert list(unproved(load(course.FOLDER / name), programs[name])) == []


@LINUX_ALONE
@pytest.mark.parametrize("name", sorted(SAMPLE.sample(NAMES, 3)))
def test_solutions_are_judged(name: str, tmp_path: Path) -> None:
    known = solutions(load(course.FOLDER / name))
    right = [each for each in known if each.why is None]
    # What never stops takes all the time that it is given.
    wrong = [each for each in known if each.why and "many" not in each.why + each.name]
    wanted = [SAMPLE.choice(right), SAMPLE.choice(wrong)]
    assert list(misjudged(load(course.FOLDER / name), wanted, tmp_path)) == []


# --- solutions that nobody wants -----------------------------------------------------

FORKS = """\
import os, time
while True:
    if os.fork() == 0:
        time.sleep(60)
"""
ESCAPES = """\
import os, time
if os.fork() == 0:
    os.setsid()
    while True:
        with open({path!r}, "a") as file:
            file.write("x")
        time.sleep(0.05)
"""
UNWANTED = {
    "prints megabytes": ("while True: print('x' * 2000)\n", "printed more than"),
    "kills its parent": (
        "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time\ntime.sleep(9)\n",
        "killed its parent",
    ),
    "kills its group": ("import os\nos.killpg(0, 9)\n", "killed its parent"),
    "forks": (FORKS, "too many | did not end | ends with"),
    "takes memory": ("data = bytearray(2 << 30)\n", "MemoryError"),
    "ends the process": ("import os\nos._exit(0)\n", "before all was tried"),
    "exits": ("raise SystemExit(3)\n", "exit status 3"),
    "is no program": ("def receive(:\n", "it is no program: SyntaxError"),
    "is no text": ("\0\0\0", "it ends with | no program"),
    "recurses": ("def f(): f()\nf()\n", "RecursionError"),
    "damages its trace": (
        "import os, time\nfolder = os.environ['PYSOCK_TRACE']\n"
        "for n in 1, 2:\n    with open(f'{folder}/77-{n}.part', 'wb') as file:\n"
        "        file.write(b'\\x09\\0\\0\\0' + b'?' * 9)\ntime.sleep(2)\n",
        "damaged its own trace",
    ),
    "has escapes for a terminal": ("raise ValueError('\\x1b[2J')\n", "ValueError:  [2J"),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Why each of them is refused; they run side by side."""
    folder = tmp_path_factory.mktemp("unwanted")
    paths = [folder / f"{number}.py" for number in range(len(UNWANTED))]
    for path, (text, _) in zip(paths, UNWANTED.values()):
        path.write_text(text, encoding="utf-8")
    begun = monotonic()
    found = [verdict.refused for verdict in judge.judged(once(folder), paths)]
    assert monotonic() - begun < 60
    return dict(zip(UNWANTED, found))


@pytest.mark.parametrize("what", UNWANTED)
def test_an_unwanted_solution_is_refused(what: str, verdicts: dict[str, str]) -> None:
    if what == "takes memory" and not LINUX:
        pytest.skip("the limit of memory is Linux'")
    refused = verdicts[what]
    assert any(why in refused for why in UNWANTED[what][1].split(" | ")), refused
    assert len(refused) <= 400 and refused.isprintable()


def test_a_solution_that_loops_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "SECONDS", 1.0)
    begun = monotonic()
    refused = judge.judge(once(tmp_path), file(tmp_path, "while True: pass\n"))
    assert refused == "it did not end within 1 seconds"
    assert monotonic() - begun < 20


def test_what_a_solution_has_started_ends_with_it(tmp_path: Path) -> None:
    grows = tmp_path / "grows"
    (tmp_path / "program.py").write_text(ESCAPES.format(path=str(grows)))
    bounded.run(tmp_path, "program.py")
    if not _namespaces(tmp_path):
        pytest.skip("this kernel gives no namespace of process numbers")
    sleep(0.1)
    size = grows.stat().st_size if grows.exists() else 0
    sleep(0.3)
    assert size == (grows.stat().st_size if grows.exists() else 0)


def _namespaces(folder: Path) -> bool:
    (folder / "who.py").write_text("import os\nprint(os.getppid())\n")
    return bounded.run(folder, "who.py").output == "2\n"


def test_without_a_namespace_a_solution_is_bounded_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(package: str, name: str) -> bytes:
        source = get_data(package, name) or b""
        assert source.count(b"if unshare is None") == 1
        return source.replace(b"if unshare is None", b"if True")

    monkeypatch.setattr(bounded, "get_data", refusing)
    monkeypatch.setattr(bounded, "SECONDS", 2.0)
    assert not _namespaces(tmp_path)
    for text, why in (UNWANTED["kills its parent"], ("while True: pass\n", "did not end")):
        (tmp_path / "program.py").write_text(text)
        assert why in bounded.run(tmp_path, "program.py").ended


def test_a_solution_that_is_no_file_is_refused(tmp_path: Path) -> None:
    big = tmp_path / "big.py"
    big.write_bytes(b"#" * (course.MOST + 1))
    (tmp_path / "latin.py").write_bytes(b"# \xe9\n")
    for path, why in (
        (tmp_path, "no file"), (tmp_path / "none.py", "no such file"), (big, "more than"),
        (tmp_path / "latin.py", "no UTF-8"), (Path(os.devnull), "no file"),
    ):  # fmt: skip
        assert why in judge.judge(first(), path)


# --- lessons that are wrong ----------------------------------------------------------

HARNESS = TEXT.index("## Harness")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "first line"),
        ("nothing", "first line"),
        ("# A title\n", "its sections are to be"),
        (TEXT.replace("## Settled", "## Shown"), "its sections are to be"),
        (TEXT.replace("- [x]", "- [ ]"), "one of them true"),
        (TEXT.replace("import socket\n", "import\n"), "line 1 of its block"),
        (TEXT.replace("import socket\n", "import socket\0\n"), "its block"),
        (TEXT.replace("Shown: socketpair", "Shown: telephone"), "'telephone' is no C function"),
        (TEXT[:HARNESS] + "## Harness\n\n## Checker\n", "Harness has no block"),
        (TEXT.replace("## Exercise", "So it is.\n\n## Exercise"), "'So it is.' has no block"),
        (TEXT.replace("What a recv leaves", "It is.\n\nWhat a recv"), "'It is.' has no block"),
        (TEXT.replace("## Harness", "```python\n1\n```\n\n## Harness"), "has 2 blocks"),
    ],
)
def test_a_wrong_lesson_is_told(text: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "lesson.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrongLesson, match=why):
        load(path)
    assert main(["lesson", str(path)]) == 2


def test_a_lesson_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "binary.md").write_bytes(b"\xff\xfe")
    for word in ("99", "0", "²", str(tmp_path), str(tmp_path / "none.md"), os.devnull,
                 str(tmp_path / "binary.md")):  # fmt: skip
        assert main(["lesson", word]) == 2


@pytest.mark.parametrize(
    ("checker", "why"),
    [
        ("while True: pass", "did not end within 1 seconds"),
        ("unknown", "NameError"),
        ("raise SystemExit", "SystemExit"),
        ("import os; os._exit(0)", "ended its process"),
        ("import os; os.kill(os.getpid(), 9)", "ended its process"),
        ("pass", "it has run nothing"),
        ("run('flood')", "no fault is called"),
    ],
)
def test_a_checker_that_fails_is_told_and_bounded(
    checker: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork here, which bounds a checker")
    monkeypatch.setattr(judge, "CHECKER_SECONDS", 1.0)
    with pytest.raises(WrongLesson, match=why):
        judge.judge(once(tmp_path, checker), file(tmp_path, "pass\n"))


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("a, b = socket.socketpair()\na.sendall", "while True: pass\na.sendall", "did not end"),
        ("a, b = socket.socketpair()\na.sendall", "print(1 / 0)\na.sendall", "ZeroDivisionError"),
        ("sent = [bytes", "while True: pass\nsent = [bytes", "did not end within 1 seconds"),
        ("sent = [bytes", "import os; os._exit(0)\nsent = [bytes", "ended its process"),
    ],
)
def test_a_program_or_a_proof_that_fails_is_told_and_bounded(
    before: str,
    after: str,
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if why == "did not end":  # all others have the time that a busy machine may need
        monkeypatch.setattr(bounded, "SECONDS", 2.0)
    monkeypatch.setattr(judge, "PROOF_SECONDS", 1.0)
    assert TEXT.count(before) == 1
    path = tmp_path / "lesson.md"
    path.write_text(TEXT.replace(before, after), encoding="utf-8")
    assert main(["lesson", str(path)]) == 2
    assert why in capsys.readouterr().err


def test_a_statement_that_is_not_so_here_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lesson.md"
    path.write_text(TEXT.replace('assert taken[1] == b"456789"', "assert False, 'they differ'"))
    assert main(["lesson", str(path)]) == 0
    assert "(But not so on this machine: they differ)" in capsys.readouterr().out
    path.write_text(TEXT.replace('assert taken[1] == b"456789"', "unknown"))
    assert main(["lesson", str(path)]) == 0
    assert "(Not proved on this machine: NameError" in capsys.readouterr().out


# --- what is printed -----------------------------------------------------------------


@pytest.mark.parametrize("columns", [40, 80])
def test_a_lesson_fits_the_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["lesson", "1", "--predict", "2"]) == 0
    out = capsys.readouterr().out
    assert "You said 2, and it is 1:" in " ".join(out.split())
    for word in ("→ 6", "b'456789'", "A stream has no messages", "--check solution.py"):
        assert word in " ".join(out.split())
    own = [line for line in out.splitlines() if not line.startswith("    ")]
    assert max(map(len, own)) <= columns


def test_a_locale_that_has_only_ascii() -> None:
    """The warden's text is an argument: one character too many, and no program could be run."""
    told = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    shown = subprocess.run(
        [sys.executable, "-m", "pysock", "lesson", "1"],
        cwd=ROOT, env={**os.environ, **told}, stdin=subprocess.DEVNULL, capture_output=True,
    )  # fmt: skip
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert b"A stream has no messages" in shown.stdout


def test_a_reader_may_leave() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "pysock", "lesson"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as command:  # fmt: skip
        assert command.stdout and command.stderr
        command.stdout.close()
        assert command.stderr.read() == b""
    assert command.returncode == READER_LEFT


def test_a_traceback_that_was_cut_off_tells_no_error() -> None:
    ran = bounded.Ran()
    ran.status = 1
    for output, error in (
        ("Traceback (most recent call last):\n  File 'x', line 1\nOSError: no\n", "OSError: no"),
        ("AssertionError: why\nException in thread peer:\nTraceback (most recent call last):\n"
         "  File 'threading.py', line 1045, in _bootstrap_inner\n", "AssertionError: why"),
        ("  File 'x'\n", "File 'x'"),
        ("\n", ""),
    ):  # fmt: skip
        ran.output = output
        assert ran.error == error


def test_a_prediction_is_judged_by_what_the_program_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = TEXT.replace("- [x]", "- [ ]").replace("- [ ] all", "- [x] all")
    (tmp_path / "lesson.md").write_text(wrong)
    assert main(["lesson", str(tmp_path / "lesson.md"), "--predict", "1"]) == 0
    assert "You were right: it is 1" in capsys.readouterr().out
    assert main(["lesson", "1", "--predict", "4"]) == 2


def test_a_learner_is_asked_at_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["", "five", "9" * 30, "²", "3"])
    asked = lesson._asked(first())
    assert asked is None and "To predict: " in capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda prompt: next(answers))
    assert lesson._asked(first()) is None
    assert lesson._asked(first()) == 3
    assert capsys.readouterr().out == "A number from 1 to 3.\n" * 3
    for error, status in (EOFError, None), (KeyboardInterrupt, 130):
        monkeypatch.setattr("builtins.input", raising(error))
        if status is None:
            assert lesson._asked(first()) is None
        else:
            assert main(["lesson", "1"]) == status


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def raising(error: type[BaseException]) -> Callable[[str], str]:
    def ask(prompt: str) -> str:
        raise error

    return ask


@NOT_ON_THE_BED
def test_a_refusal_shows_the_last_calls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    solution = file(tmp_path, "def receive(sock, size):\n    return sock.recv(size)\n")
    for options, shown in ([], 0), (["--trace"], 1):
        assert main(["lesson", "1", "--check", str(solution), *options]) == 1
        out = capsys.readouterr().out
        # Which of the trials refuses it depends on how much of the stream is there at once.
        why = r"of 33 bytes, receive\(20\) gives|the stream ends after 3 bytes"
        assert re.search(f"refused: ({why})", out)
        assert out.count("solution.py:2") == shown and len(out.splitlines()) < 40


@NOT_ON_THE_BED
def test_a_folder_is_graded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right = next(each.code for each in solutions(first()) if each.why is None)
    (tmp_path / "right.py").write_text(right)
    (tmp_path / "wrong.py").write_text("nothing =\n")
    assert main(["lesson", "1", "--grade", str(tmp_path), "--json"]) == 1
    verdicts = json.loads(capsys.readouterr().out)
    assert [each["accepted"] for each in verdicts] == [True, False]
    assert lesson.done() == []  # a teacher has solved nothing
    assert main(["lesson", "1", "--grade", str(tmp_path / "none")]) == 2


@pytest.mark.parametrize(
    "words", ["--check 1", "--grade 1", "--begin 1", "--predict 1", "--json", "--trace", "--bytes"]
)
def test_an_option_without_its_lesson_is_refused(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lesson", *words.split()]) == 2
    told = capsys.readouterr()
    assert f"{words.split()[0]}: of which lesson?" in told.err and not told.out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--json", "without --check or --grade"),
        ("--trace", "without --check"),
        ("--trace --grade f", "without --check"),
        ("--predict 0 --check f", "with --check"),
        ("--bytes --grade f", "with --grade"),
        ("--json --begin f", "without --check or --grade"),
    ],
)
def test_an_option_that_would_change_nothing_is_refused(
    words: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    option = words.split()[0]
    file = str(tmp_path / "f")
    given = [file if word == "f" else word for word in words.split()]
    assert main(["lesson", "1", *given]) == 2
    told = capsys.readouterr()
    assert told.err.endswith(f": {option} changes nothing {why}\n") and not told.out
    assert not os.path.exists(file)


@NOT_ON_THE_BED
def test_progress_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = tmp_path / "solution.py"
    assert main(["lesson", "1", "--begin", str(begun)]) == 0
    assert begun.read_text() == first().code("Exercise")
    assert main(["lesson", "1", "--begin", str(begun)]) == 2  # it is never overwritten
    assert capsys.readouterr().err.endswith(f": {begun}: {os.strerror(errno.EEXIST)}\n")
    begun.write_text(next(each.code for each in solutions(first()) if each.why is None))
    (tmp_path / "file").write_text("")
    assert main(["lesson", "1", "--check", str(begun)]) == 0
    assert main(["lesson"]) == 0
    assert capsys.readouterr().out.count("solved") == 1
    monkeypatch.setattr(lesson, "_state", lambda: tmp_path / "file" / "lessons.json")
    lesson._keep(first())
    assert "progress is not kept" in capsys.readouterr().err
