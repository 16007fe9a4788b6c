"""``python -m pysock explain``: all words, their facts from the code, and statements that hold."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

import pysock
from pysock import _constants
from pysock._commands import explain
from pysock._platform import target
from pysock.trace.prototypes import PROTOTYPES

from .foreign import FOREIGN, LINUX


def text(word: str, platform: str = target) -> str:
    return "\n".join(explain.explain(word, platform, trace=False))


def test_each_word_is_explained() -> None:
    for word in sorted(explain.words()):
        lines = list(explain.explain(word, trace=False))
        assert lines[0] == word and len(lines) > 2, word


def test_connect_has_what_the_code_says_of_it() -> None:
    shown = text("connect")
    assert PROTOTYPES["connect"].text in shown
    assert "Blocks until the connection stands" in shown
    assert "ConnectionRefusedError" in shown and "nobody listens at this address" in shown
    assert "struct sockaddr_in: 16 bytes" in shown
    assert explain.written()["connect"]["leaves"] in shown


def test_another_platform_has_its_own_structs_and_numbers() -> None:
    assert "sin_len" in text("connect", "darwin-arm64")
    assert "sin_len" not in text("connect", "linux-gnu-x86_64")
    for platform in ("darwin-arm64", "linux-gnu-x86_64"):
        value = _constants.table(platform)["SO_REUSEADDR"]
        assert f"Constant: {value} on {platform}" in text("SO_REUSEADDR", platform)


def test_an_errno_has_its_number_its_exception_and_its_calls() -> None:
    shown = text("EPIPE")
    assert f"Errno {errno.EPIPE} here" in shown and "BrokenPipeError" in shown
    assert "send(): the connection is closed for sending" in shown


@pytest.mark.parametrize(
    ("word", "nearest"), [("conect", "connect"), ("EPIP", "EPIPE"), ("time_wai", "TIME_WAIT")]
)
def test_an_unknown_word_gets_the_nearest(word: str, nearest: str) -> None:
    with pytest.raises(ValueError, match=nearest):
        text(word)


def test_an_error_is_said_only_of_calls_that_can_have_it() -> None:
    shown = text("ENOPROTOOPT")
    assert "setsockopt()" in shown and "connect()" not in shown
    assert "made again" not in text("close") and "no open descriptor" not in text("getaddrinfo")


def test_an_unknown_platform_is_told() -> None:
    with pytest.raises(ValueError, match="no target is called"):
        text("connect", "vax-vms")


@pytest.mark.skipif(FOREIGN or not LINUX, reason="the statements are about the kernel of Linux")
@pytest.mark.parametrize("word", explain.written())
def test_statements_hold(word: str) -> None:
    entry = explain.written()[word]
    assert "says" in entry or {"needs", "leaves"} <= entry.keys()
    assert any("assert" in line for line in entry["program"])
    with pysock.create_server(("127.0.0.1", 0)) as server:
        names = {"socket": pysock, "errno": errno, "time": time, "server": server}
        exec(compile("\n".join(entry["program"]), word, "exec"), names)


def test_no_example_changes_the_machine() -> None:
    """What a docstring's tests leave out, ``sethostname("alpha")`` say, is no program to run."""
    shown = "\n".join(explain.explain("sethostname", target))
    assert "sethostname(2)" in shown and "alpha" not in shown


@pytest.mark.skipif(FOREIGN or not LINUX, reason="the trace is that of Linux")
def test_the_program_is_traced() -> None:
    shown = "\n".join(explain.explain("connect"))
    assert "Its trace" in shown and "socket.connect" in shown and "→ 0" in shown


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no process groups here")
def test_a_program_that_does_not_end_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Itself, and not only its tracer."""
    monkeypatch.setattr(explain, "SECONDS", 2)
    file = tmp_path / "written"
    program = [f"while True: open({str(file)!r}, 'a').write('x')"]
    assert explain.traced("loop", program) == ["(it was ended after 2 seconds)"]
    written = file.stat().st_size
    time.sleep(0.3)
    assert 0 < written == file.stat().st_size
