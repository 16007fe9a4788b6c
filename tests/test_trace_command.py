"""``python -m pysock trace`` and ``show``: a program is what it is, and what it did is kept."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from pysock._commands import trace as command
from pysock._platform import WINDOWS

from . import ROOT

if WINDOWS:
    pytest.skip("the tests expect the calls of POSIX", allow_module_level=True)

PAIR = "import socket\na, b = socket.socketpair()\na.sendall(b'hello')\nb.recv(10)\n"
posix = pytest.mark.skipif(WINDOWS, reason="Windows has no fork, and no such signals")


def trace(
    folder: Path, *arguments: str, command: str = "trace", **options: object
) -> subprocess.CompletedProcess[str]:
    ran: subprocess.CompletedProcess[str] = subprocess.run(
        [sys.executable, "-m", "pysock", command, *arguments],
        cwd=folder,
        encoding="utf-8",
        timeout=50,
        **{
            "capture_output": True,
            "env": {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
            **options,
        },  # type: ignore[call-overload]
    )
    return ran


def recorded(folder: Path, program: str) -> tuple[int, list[dict[str, object]]]:
    """The status of a program, and the events in its trace."""
    ran = trace(folder, "--jsonl", "trace.jsonl", "-c", program)
    lines = (folder / "trace.jsonl").read_text().splitlines()
    return ran.returncode, [json.loads(line) for line in lines]


def functions(events: list[dict[str, object]]) -> list[object]:
    return [event["function"] for event in events if event["event"] == "begin"]


# --- the program is what it is -------------------------------------------------------


def test_input_output_arguments_and_status_are_the_programs_own(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        PAIR + "import sys\nprint(sys.argv, input(), __name__)\nsys.exit(7)\n"
    )
    ran = trace(tmp_path, "program.py", "--quiet", "-h", input="typed\n")
    assert ran.returncode == 7
    assert ran.stdout == "['program.py', '--quiet', '-h'] typed __main__\n"
    assert re.search(r"program\.py:3  a\.sendall\(b'hello'\)  socket\.sendall\n", ran.stderr)
    sent = r"^    send\(sockfd \d+, buf b'hello', len 5, flags 0\) → 5$"
    assert re.search(sent, ran.stderr, re.M)


@pytest.mark.parametrize("way", ["-m", "-c"])
def test_a_module_and_a_string_run_as_well(tmp_path: Path, way: str) -> None:
    (tmp_path / "module.py").write_text(PAIR)
    ran = trace(tmp_path, way, "module" if way == "-m" else PAIR)
    assert ran.returncode == 0 and "recv(" in ran.stderr


def test_a_program_that_fails_keeps_its_traceback_and_its_trace(tmp_path: Path) -> None:
    status, events = recorded(tmp_path, PAIR + "1 / 0\n")
    assert status == 1 and "send" in functions(events)
    assert events[-1]["event"] == "exit" and events[-1]["status"] == 1


@posix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGSEGV"])
def test_a_program_that_a_signal_kills(tmp_path: Path, name: str) -> None:
    number = getattr(signal, name)
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        f"{PAIR}import os; os.kill(os.getpid(), {int(number)})\n"
    )
    status, events = recorded(tmp_path, program)
    assert status == -number
    assert functions(events)[-2:] == ["send", "recv"]
    assert events[-1]["event"] == "exit"


def test_a_program_that_exits_at_once(tmp_path: Path) -> None:
    status, events = recorded(tmp_path, PAIR + "import os; os._exit(9)\n")
    assert status == 9 and functions(events)[-2:] == ["send", "recv"]


def test_a_call_that_never_returns_is_shown_waiting(tmp_path: Path) -> None:
    program = PAIR + (
        "import threading, os, time\n"
        "threading.Thread(target=b.recv, args=(1,), daemon=True).start()\n"
        "time.sleep(0.1); os._exit(0)\n"
    )
    ran = trace(tmp_path, "-c", program)
    assert re.search(r"^    recv\(sockfd \d+, buf …, len 1, flags 0\) waits$", ran.stderr, re.M)


# --- children, threads ---------------------------------------------------------------


@posix
def test_forked_children_are_followed(tmp_path: Path) -> None:
    program = PAIR + (
        "import os\npid = os.fork()\nif not pid:\n    b.sendall(b'child'); os._exit(0)\n"
        "a.recv(10); os.waitpid(pid, 0)\n"
    )
    _, events = recorded(tmp_path, program)
    pids = {event["pid"] for event in events}
    assert len(pids) == 2
    sent = [e["pid"] for e in events if e.get("function") == "send"]
    assert len(set(sent)) == 2
    times = [event["time"] for event in events]
    assert times == sorted(times)  # type: ignore[type-var]


def test_started_children_are_followed(tmp_path: Path) -> None:
    program = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {PAIR!r}])\n"
    _, events = recorded(tmp_path, program)
    assert [event["event"] for event in events].count("process") == 2
    assert "send" in functions(events)


# --- several programs ----------------------------------------------------------------

SERVER = """
import socket, sys
srv = socket.socket(); srv.bind(("127.0.0.1", 0))
with open("port", "w") as file: file.write(str(srv.getsockname()[1]))
srv.listen()
while True:
    with srv.accept()[0] as conn: conn.sendall(conn.recv(10))
    if sys.argv[1] == "once": break
"""
CLIENT = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(open("port").read()))) as c:
    c.sendall(b"hello"); print(c.recv(10), sys.stdin.readline())
sys.exit(int(sys.argv[1]))
"""


@pytest.mark.parametrize(("kind", "status"), [("once", 5), ("for ever", 0)])
def test_a_server_and_its_client_in_one_recording(tmp_path: Path, kind: str, status: int) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "client.py").write_text(CLIENT)
    words = ["server.py", kind, "--", "client.py", str(status)]
    ran = trace(tmp_path, "--jsonl", "t", *words, input="typed\n")
    assert (ran.returncode, ran.stdout, ran.stderr) == (status, "b'hello' typed\n\n", "")
    events = [json.loads(line) for line in (tmp_path / "t").read_text().splitlines()]
    ends = [event["status"] for event in events if event["event"] == "exit"]
    assert sorted(ends) == sorted([status, 0 if kind == "once" else -signal.SIGTERM])
    made = [event["function"] for event in events if event["event"] == "begin"]
    assert made.index("listen") < made.index("connect")


def test_one_of_several_programs_is_nothing(tmp_path: Path) -> None:
    ran = trace(tmp_path, "-c", "pass", "--")
    assert ran.returncode == 2 and "trace: what? A file" in ran.stderr
    ran = trace(tmp_path, "--one", "-c", "import sys; print(sys.argv)", "--", "x")
    assert (ran.returncode, ran.stdout) == (0, "['-c', '--', 'x']\n")


def test_a_recording_is_followed_while_it_is_written(tmp_path: Path) -> None:
    """A line without its end is waited for; the last exit ends it."""
    trace(tmp_path, "--jsonl", "t", "-c", PAIR)
    text = (tmp_path / "t").read_text()
    half = text.index('"function":"send"')
    (tmp_path / "growing").write_text(text[:half])
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "pysock", "show", "--follow", "growing"],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, encoding="utf-8",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        first = process.stdout.readline()  # so the half line has been read
        with (tmp_path / "growing").open("a") as file:
            file.write(text[half:])
        rest = process.stdout.read()
    assert (process.returncode, first + rest) == (0, trace(tmp_path, "t", command="show").stdout)


# --- text ----------------------------------------------------------------------------


def test_quiet_all_strace_and_width(tmp_path: Path) -> None:
    program = PAIR + "socket.getaddrinfo('127.0.0.1', 80)\n"
    trace(tmp_path, "--jsonl", "t", "-c", program)
    usual = trace(tmp_path, "t", command="show").stdout
    quiet = trace(tmp_path, "--quiet", "t", command="show").stdout
    every = trace(tmp_path, "--all", "t", command="show").stdout
    strace = trace(tmp_path, "--strace", "t", command="show").stdout
    narrow = trace(tmp_path, "--width", "40", "t", command="show").stdout
    assert "freeaddrinfo" in every and "freeaddrinfo" not in usual
    assert "getaddrinfo(" in usual and "(no system call)" in usual
    assert not re.search("^ ", quiet, re.M) and "socket.sendall" in quiet
    assert re.search(r'^\[pid +\d+\] sendto\(\d+, "hello", 5, 0, NULL, 0\) = 5$', strace, re.M)
    assert "getaddrinfo" not in strace
    assert max(map(len, narrow.splitlines())) == 40
    assert "\033" not in usual + narrow


def test_show_says_what_trace_said(tmp_path: Path) -> None:
    ran = trace(tmp_path, "-c", PAIR)
    trace(tmp_path, "--jsonl", "t", "-c", PAIR)
    shown = trace(tmp_path, "t", command="show")

    def alike(text: str) -> str:
        return re.sub(r"^\d+", "PID", text, flags=re.M)

    assert alike(shown.stdout) == alike(ran.stderr)


# --- bad input -----------------------------------------------------------------------


def test_damaged_lines_are_counted_and_the_others_shown(tmp_path: Path) -> None:
    trace(tmp_path, "--jsonl", "t", "-c", PAIR)
    lines = (tmp_path / "t").read_text().splitlines()
    damaged = [*lines[:3], "nonsense", '{"event": "end"}', "[]", *lines[3:-1], lines[-1][:20]]
    (tmp_path / "t").write_text("\n".join(damaged))
    ran = trace(tmp_path, "t", command="show")
    assert ran.returncode == 1 and "recv(" in ran.stdout
    assert "4 lines of t are no events; the first is line 4: no JSON: " in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    ran = trace(tmp_path, "nothing", command="show")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "python -m pysock show: nothing: No such file or directory\n"


def test_nothing_to_run_and_nowhere_to_write(tmp_path: Path) -> None:
    ran = trace(tmp_path)
    assert ran.returncode == 2 and "trace: what? A file" in ran.stderr
    ran = trace(tmp_path, "--jsonl", "no/such/folder", "-c", PAIR)
    assert ran.returncode == 2 and "no/such/folder: No such file" in ran.stderr
    ran = trace(tmp_path, "--html", "no/such/page", command="demo")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "no/such/page: No such file" in ran.stderr


@pytest.mark.parametrize("option", ["--quiet", "--all", "--strace", "--width=80"])
def test_an_option_of_the_text_where_none_is_shown(tmp_path: Path, option: str) -> None:
    """It says so, instead of a page or a file in another form than was asked for."""
    for used, other in (("trace", "--html"), ("trace", "--jsonl"), ("show", "--html")):
        ran = trace(tmp_path, option, other, "file", "x.py", command=used)
        assert (ran.returncode, ran.stdout) == (2, "")
        name = option.partition("=")[0]
        assert ran.stderr == f"python -m pysock {used}: {name} changes nothing with {other}\n"
        assert not (tmp_path / "file").exists()


@posix
def test_nobody_reads_the_trace(tmp_path: Path) -> None:
    """The program runs on, with its own output and status."""
    reading, writing = os.pipe()
    os.close(reading)
    program = PAIR + "print('done'); raise SystemExit(4)"
    ran = trace(
        tmp_path, "-c", program, capture_output=False, stdout=subprocess.PIPE, stderr=writing
    )
    os.close(writing)
    assert (ran.returncode, ran.stdout) == (4, "done\n")


@posix
def test_standard_error_is_closed(tmp_path: Path) -> None:
    program = PAIR + "raise SystemExit(4)"
    ran = trace(tmp_path, "-c", program, stderr=None, stdout=None, capture_output=False,
                preexec_fn=lambda: os.close(2))  # fmt: skip
    assert ran.returncode == 4


def test_what_a_system_has_not_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = argparse.Namespace(strace=True, states=None)
    assert command._not_here(asked) == ""
    monkeypatch.setattr(command, "WINDOWS", True)
    assert "Winsock" in command._not_here(asked)
    monkeypatch.setattr("pysock.trace.states.CAN_BE_ASKED", False)
    assert "states of TCP" in command._not_here(argparse.Namespace(strace=False, states=True))
    assert command._not_here(argparse.Namespace(strace=False, states=None)) == ""


def test_a_process_that_lives_on_may_write_while_the_folder_is_removed(tmp_path: Path) -> None:
    folder, stopped = tmp_path / "parts", threading.Event()
    folder.mkdir()

    def live() -> None:
        for number in count():
            if stopped.is_set():
                return
            with suppress(FileNotFoundError):
                (folder / f"1-{number}.part").write_bytes(b"")

    thread = threading.Thread(target=live)
    thread.start()
    try:
        for _ in range(5):
            folder.mkdir(exist_ok=True)
            command._remove(str(folder))
            assert not folder.exists()
    finally:
        stopped.set()
        thread.join()


def test_a_width_that_is_none(tmp_path: Path) -> None:
    for width, said in (("9", "a line has at least 10 columns"), ("x", "invalid number value")):
        ran = trace(tmp_path, "--width", width, "-c", PAIR)
        assert ran.returncode == 2 and f"argument --width: {said}" in ran.stderr


def test_descriptors_have_the_numbers_that_they_have_without_a_trace(tmp_path: Path) -> None:
    program = "import socket; a, b = socket.socketpair(); print(a.fileno(), b.fileno())"
    plain = trace(tmp_path, "-c", program, command="run")
    assert trace(tmp_path, "-c", program).stdout == plain.stdout


def test_what_an_encoding_lacks_looks_like_no_byte(tmp_path: Path) -> None:
    program = "import socket\nsocket.socket().bind(('127.0.0.1', 0))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    ran = trace(tmp_path, "-c", program, env=environment)
    assert re.search(r"^ +00 \? 8 +sin_zero$", ran.stderr, re.M)
    assert "\\x" not in ran.stderr.replace(r"dst b'\x7f\x00\x00\x01'", "")
