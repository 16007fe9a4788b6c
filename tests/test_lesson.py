"""``python -m pysock lesson``: what lessons say is true; right solutions pass, others do not."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pysock.__main__ import main
from pysock._commands import lesson as command
from pysock._commands.lesson import Lesson, WrongLesson, judge, lessons, load, path_of, run
from pysock._host import lib

if not hasattr(lib, "socketpair") or not hasattr(os, "killpg"):
    pytest.skip("no pair of Unix sockets, or no process groups, here", allow_module_level=True)

RIGHT = {
    1: "def receive(sock, size):\n    data = b''\n    while len(data) < size:\n"
    "        piece = sock.recv(size - len(data))\n        if not piece:\n"
    "            raise EOFError\n        data += piece\n    return data\n",
    2: "def lines(sock):\n    with sock.makefile('rb') as file:\n"
    "        for line in file:\n            yield line[:-1]\n",
}
WRONG = [
    (1, "def receive(sock, size):\n    return sock.recv(size)\n", "wrong"),
    (1, RIGHT[1].replace("raise EOFError", "break"), "wrong"),
    (1, "def receive(sock, size):\n    while True: pass\n", "did not end"),
    (1, "print('x' * 2000000)\n", "printed more"),
    (1, "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n", "killed its parent"),
    (1, "def receive(:\n", "no program"),
    (2, "def lines(sock):\n    yield from sock.recv(100).splitlines()\n", "short-reads"),
    (2, "lines = lambda sock: [b'one', b'two', b'', b'four and more']\n", "received nothing"),
]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(command, "SECONDS", 5.0)


def number(n: int) -> Lesson:
    return load(path_of(str(n)))


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.name)
def test_the_trace_settles_it(path: Path, tmp_path: Path) -> None:
    lesson = load(path)
    (tmp_path / "program.py").write_text(lesson.code("Program"))
    ran = run(tmp_path, "program.py")
    assert ran.status == 0, ran.output
    names = {"calls": ran.calls, "output": ran.output}
    exec(compile(lesson.code("Settled"), path.name, "exec"), names)


def test_each_lesson_has_a_right_and_a_wrong_solution_here() -> None:
    numbers = {int(path.name[:2]) for path in lessons()}
    assert numbers == set(RIGHT) == {n for n, _, _ in WRONG}


@pytest.mark.parametrize("n", RIGHT)
def test_a_right_solution_is_accepted(n: int, tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text(RIGHT[n])
    assert judge(number(n), tmp_path / "s.py") == ""


@pytest.mark.parametrize(("n", "solution", "why"), WRONG)
def test_a_wrong_solution_is_refused(
    n: int, solution: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why == "did not end":
        monkeypatch.setattr(command, "SECONDS", 1.0)
    (tmp_path / "s.py").write_text(solution)
    assert why in judge(number(n), tmp_path / "s.py")


def test_what_a_lesson_offers_to_begin_with_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text(number(1).code("Exercise"))
    assert judge(number(1), tmp_path / "s.py") != ""


def test_a_folder_is_graded_and_progress_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "right.py").write_text(RIGHT[2])
    (tmp_path / "wrong.py").write_text("nothing =\n")
    assert main(["lesson", "2", "--grade", str(tmp_path), "--json"]) == 1
    verdicts = json.loads(capsys.readouterr().out)
    assert [each["accepted"] for each in verdicts] == [True, False]
    assert main(["lesson"]) == 0
    assert "solved" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nothing", "first line"),
        ("# A title\n", "sections"),
        (lessons()[0].read_text(encoding="utf-8").replace("- [x]", "- [ ]"), "one of them true"),
        (lessons()[0].read_text(encoding="utf-8").replace("import socket\n", "import\n"), "line"),
    ],
)
def test_a_wrong_lesson_file_is_told(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "lesson.md").write_text(text, encoding="utf-8")
    with pytest.raises(WrongLesson, match=why):
        load(tmp_path / "lesson.md")
    assert main(["lesson", str(tmp_path / "lesson.md")]) == 2
    assert main(["lesson", "99"]) == 2
