"""``python -m pysock``: what it shows, how it ends, and that it leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pysock import _echo

ROOT = Path(__file__).resolve().parent.parent


def start(tmp_path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pysock"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
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
    assert said.count("client | Received b'Hello, world'") == len(_echo.available())
    assert "All echoes came back." in said
    assert children(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_each_address_is_annotated(tmp_path: Path) -> None:
    process = start(tmp_path)
    said, _ = process.communicate(timeout=50)
    order = "02 00" if sys.byteorder == "little" else "00 02"
    shown = re.search(
        r"client \|     connect\(sockfd \d+, addr ↓, addrlen 16\) → 0\n"
        rf"client \|       addr  {order} +sin_family  AF_INET\n"
        r"client \| +(.. ..) +sin_port +(\d+) \(network order\)\n"
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


def test_an_argument_it_does_not_know(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pysock", "no such thing"], cwd=ROOT, capture_output=True, text=True
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("usage: python -m pysock")
