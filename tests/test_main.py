"""``python -m pysock``: its commands and their help; what the demo shows, and leaves behind."""

from __future__ import annotations

import io
import os
import re
import signal
import struct
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

import pysock
from pysock.__main__ import COMMANDS
from pysock._commands import echo
from pysock._commands.output import READER_LEFT
from pysock._host import abi

from . import ROOT


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pysock", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=50,
    )


def said(*arguments: str) -> str:
    """What a command prints that ends well and has no error to tell."""
    ran = run(*arguments)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


# --- the command line ----------------------------------------------------------------


def test_help_names_each_command_with_a_line_of_help() -> None:
    shown = said("--help")
    assert shown.startswith("usage: python -m pysock ")
    for name, line in COMMANDS.items():
        assert re.search(rf"^ +{name} +{re.escape(line)}$", shown, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command: str) -> None:
    shown = said(command, "--help")
    assert shown.startswith(f"usage: python -m pysock {command} [-h]")
    (examples,) = re.findall(r"^examples:\n((?:  .+\n?)+)", shown, re.MULTILINE)
    assert examples.startswith(f"  python -m pysock {command} ")
    assert "--child" not in shown  # that is between the demo and its own processes


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_a_terminal(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """And is filled where that is wider, up to what an eye can follow."""
    monkeypatch.setenv("COLUMNS", "80")
    assert [line for line in said(*command.split(), "--help").splitlines() if len(line) > 80] == []
    monkeypatch.setenv("COLUMNS", "200")
    _, *parts = said(*command.split(), "--help").split("\n\n")
    prose = [line for part in parts for line in part.splitlines() if line[:1].isalpha()]
    assert max(map(len, prose)) <= 96


def test_version() -> None:
    assert said("--version") == f"pysock {pysock.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "usage", "error"),
    [
        (["no such thing"], "", "invalid choice: 'no such thing'"),
        (["--nothing"], "", "unrecognized arguments: --nothing"),
        (["demo", "nothing"], " demo", "unrecognized arguments: nothing"),
        (["abi", "--jso"], " abi", "unrecognized arguments: --jso"),
    ],
)
def test_an_argument_it_does_not_know(arguments: list[str], usage: str, error: str) -> None:
    ran = run(*arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"usage: python -m pysock{usage} [-h]")
    assert error in ran.stderr.splitlines()[-1]


def test_a_command_waits_for_no_import_of_another() -> None:
    program = (
        "import sys; from pysock.__main__ import main; main(['abi'])\n"
        "print([name for name in sys.modules if name.startswith('pysock._commands.')])"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1] == "['pysock._commands.output', 'pysock._commands.abi']"


# --- the demo ------------------------------------------------------------------------


def start(tmp_path: Path, stderr: int = subprocess.STDOUT) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pysock"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=stderr,
        encoding="utf-8",
        start_new_session=True,
    )


def children(folder: Path) -> list[str]:
    """The command lines of the servers and clients that are still at work in ``folder``."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has just ended
        if str(folder) in line:
            found.append(line)
    return found


def test_all_echoes_come_back(tmp_path: Path) -> None:
    process = start(tmp_path)
    said, _ = process.communicate(timeout=50)
    assert process.returncode == 0, said
    assert said.count("client | Received b'Hello, world'") == len(echo.available())
    assert "All echoes came back." in said
    assert children(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_it_fits_a_terminal_of_forty_columns() -> None:
    termios, fcntl = pytest.importorskip("termios"), pytest.importorskip("fcntl")
    ours, its = os.openpty()
    with open(ours, "rb", buffering=0) as screen:
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("4H", 24, 40, 0, 0))
        process = subprocess.Popen(
            [sys.executable, "-m", "pysock"], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=its,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1", "COLUMNS": ""},
        )  # fmt: skip
        os.close(its)
        said = b"".join(iter(partial(_read, screen), b"")).decode()
        assert process.wait(timeout=50) == 0, said
    lines = said.replace("\r", "").splitlines()
    assert "client | Received b'Hello, world'" in lines
    listens = re.compile(r"server \|     listen\(sockfd \d+, backlog 1\)")
    assert any(map(listens.fullmatch, lines))
    assert "server |         → 0" in lines
    assert max(map(len, lines)) <= 40


def _read(screen: io.FileIO) -> bytes:
    try:
        return screen.read(65536) or b""
    except OSError:  # Linux' end of a terminal that nobody writes to
        return b""


def test_each_address_is_annotated(tmp_path: Path) -> None:
    process = start(tmp_path)
    said, _ = process.communicate(timeout=50)
    order = "02 00" if sys.byteorder == "little" else "00 02"
    header = rf"client \|       addr  {order} +sin_family  AF_INET\n"
    if abi.sa_len:
        header = (
            r"client \|       addr  10 +sin_len     16\n"
            r"client \|             02 +sin_family  AF_INET\n"
        )
    shown = re.search(
        r"client \|     connect\(sockfd \d+, addr ↓, addrlen 16\) → 0\n"
        + header
        + r"client \| +(.. ..) +sin_port +(\d+) \(network order\)\n"
        r"client \| +7f 00 00 01 +sin_addr +127\.0\.0\.1\n",
        said,
    )
    assert shown, said
    assert int(shown[1].replace(" ", ""), 16) == int(shown[2])
    assert re.search(r"sun_path +'.*/echo'", said)
    assert re.search(r"server \|     recvfrom\(.*buf b'Hello, world'", said)


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.15, 0.3, 0.45])
def test_interrupting_it_leaves_nothing_behind(tmp_path: Path, delay: float) -> None:
    process = start(tmp_path)
    assert process.stdout is not None
    process.stdout.readline()  # it is running
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal's Ctrl-C does
    said, _ = process.communicate(timeout=50)
    assert process.returncode == 130 or "All echoes came back." in said, said
    assert "Traceback" not in said
    assert children(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("read", [1, 8, 40])
def test_a_reader_that_leaves_early_ends_it_quietly(tmp_path: Path, read: int) -> None:
    process = start(tmp_path, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    with process.stderr:
        with process.stdout:
            for _ in range(read):
                assert process.stdout.readline()
        assert process.wait(timeout=50) == READER_LEFT
        assert children(tmp_path) == []
        assert list(tmp_path.iterdir()) == []
        assert process.stderr.read() == ""
