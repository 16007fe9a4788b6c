"""``python -m pysock explain``: all words, their facts from the code, and statements that hold."""

from __future__ import annotations

import errno
import os
import struct

import pytest

import pysock
from pysock import _constants
from pysock._commands import bounded, explain
from pysock._install import installed
from pysock._platform import target
from pysock.trace import recording, show
from pysock.trace.names import error_name
from pysock.trace.prototypes import PROTOTYPES
from pysock.trace.values import _OPTIONS

from . import ROOT
from .foreign import FOREIGN, LINUX

LINUX_ALONE = pytest.mark.skipif(
    FOREIGN or not LINUX, reason="the statements are about the kernel of Linux"
)
STATES = """CLOSED LISTEN SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSE_WAIT CLOSING
            LAST_ACK TIME_WAIT""".split()


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "96")


def text(word: str, platform: str = target) -> str:
    return "\n".join(explain.explain(word, platform, runs=False))


def plain(word: str) -> str:
    """The same with each line break as a space."""
    return " ".join(text(word).split())


def test_each_word_is_explained() -> None:
    # Of constants, which have nothing but their numbers, a few stand for all.
    numbers = {name for name in explain.words() if name.isupper()}
    others = explain.words() - numbers | set(explain.written())
    assert len(numbers) > 300 and len(others) > 100
    for word in sorted(others | set(explain.others()) | set(sorted(numbers)[::50])):
        lines = list(explain.explain(word, runs=False))
        assert lines[0] == word and len(lines) > 2, word


def test_connect_has_what_the_code_says_of_it() -> None:
    shown = plain("connect")
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


@pytest.mark.parametrize(
    ("word", "platform", "drawn"),
    [
        ("SO_LINGER", "linux-gnu-x86_64", "struct linger: 8 bytes"),
        ("SO_LINGER", "windows-x86_64", "struct linger: 4 bytes"),
        ("SO_RCVTIMEO", "linux-gnu-x86_64", "struct timeval: 16 bytes"),
        ("SO_PEERCRED", "linux-gnu-x86_64", "struct ucred: 12 bytes"),
        ("IP_ADD_MEMBERSHIP", "darwin-arm64", "struct ip_mreq: 8 bytes"),
        ("IPV6_JOIN_GROUP", "linux-gnu-x86_64", "struct ipv6_mreq: 20 bytes"),
        ("TCP_INFO", "linux-gnu-x86_64", "struct tcp_info:"),
    ],
)
def test_an_option_has_the_struct_of_its_value(word: str, platform: str, drawn: str) -> None:
    assert drawn in text(word, platform)


@LINUX_ALONE
def test_the_kernel_fills_these_structs_whole() -> None:
    from pysock import _layouts

    structs = _layouts.layouts(target)["structs"]
    a, b = pysock.socketpair()
    with a, b, pysock.socket() as tcp:
        for sock, level, name in (
            (a, pysock.SOL_SOCKET, "SO_LINGER"), (a, pysock.SOL_SOCKET, "SO_RCVTIMEO"),
            (a, pysock.SOL_SOCKET, "SO_SNDTIMEO"), (a, pysock.SOL_SOCKET, "SO_PEERCRED"),
        ):  # fmt: skip
            found = sock.getsockopt(level, getattr(pysock, name), 1000)
            assert len(found) == structs[_OPTIONS[name]]["size"], name
        ucred = [structs["ucred"]["fields"][name][0] for name in ("pid", "uid", "gid")]
        raw = a.getsockopt(pysock.SOL_SOCKET, pysock.SO_PEERCRED, 100)
        who = [struct.unpack_from("i", raw, at)[0] for at in ucred]
        assert who == [os.getpid(), os.geteuid(), os.getegid()]
        group = pysock.inet_aton("224.0.0.251") + pysock.inet_aton("127.0.0.1")
        assert len(group) == structs["ip_mreq"]["size"]
        assert tcp.getsockopt(pysock.IPPROTO_TCP, pysock.TCP_INFO, 1000)[0] == 7


def test_an_errno_has_its_number_its_exception_and_its_calls() -> None:
    shown = text("EPIPE")
    assert f"Errno {errno.EPIPE} here" in shown and "BrokenPipeError" in shown
    assert "send(): the connection is closed for sending" in shown
    assert f"Errno {errno.EAGAIN} here" in text("EWOULDBLOCK")
    assert "not there" not in text("EWOULDBLOCK")


@pytest.mark.parametrize(
    ("word", "nearest"),
    [("conect", "connect"), ("EPIP", "EPIPE"), ("time_wai", "TIME_WAIT"),
     ("TCP_NODELY", "TCP_NODELAY"), ("FIN_WAIT3", "FIN_WAIT1"), ("getadrinfo", "getaddrinfo")],
)  # fmt: skip
def test_an_unknown_word_gets_the_nearest(word: str, nearest: str) -> None:
    with pytest.raises(ValueError, match=rf"nearest are .*\b{nearest}\b"):
        text(word)


@pytest.mark.parametrize("word", ["", " ", "?", "\0", "x" * 10_000, "→"])
def test_a_word_that_makes_no_sense_is_told(word: str) -> None:
    with pytest.raises(ValueError, match="is no call, errno, state, constant or struct"):
        text(word)


def test_a_word_may_be_written_in_several_ways() -> None:
    for word in ("socket.connect", "connect()", "Socket.connect", " CONNECT "):
        assert text(word).startswith("connect\n")
    for word in ("time-wait", "Time_Wait", "TIME_WAIT"):
        assert text(word).startswith("TIME_WAIT\n")
    for word in ("FIN_WAIT_1", "FIN-WAIT-1", "SYN-RECEIVED", "SYN_RCVD"):
        assert "On Linux, as tested" in text(word)


def test_an_error_is_said_only_of_calls_that_can_have_it() -> None:
    shown = text("ENOPROTOOPT")
    assert "setsockopt()" in shown and "connect()" not in shown
    assert "made again" not in text("close") and "no open descriptor" not in text("getaddrinfo")


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("nagle", "See TCP_NODELAY: Constant: 1"),
        ("backlog", "See listen: In Python: Socket.listen"),
        ("BrokenPipeError", f"EPIPE: Errno {errno.EPIPE} here"),
        ("BlockingIOError", f"EAGAIN: Errno {errno.EAGAIN} here"),
        ("TimeoutError", f"ETIMEDOUT: Errno {errno.ETIMEDOUT} here"),
        (str(errno.ECONNRESET), f"ECONNRESET Errno {errno.ECONNRESET} here"),
        ("struct sockaddr_in", "struct sockaddr_in: 16 bytes"),
        ("has_ipv6", f"has_ipv6 is {pysock.has_ipv6} on this machine"),
        ("Socket.family", "The address family."),
        ("recv", "In Python: Socket.recv(bufsize: int, flags: int = 0, /) -> bytes"),
    ],
)
def test_what_newcomers_ask_for_is_found(word: str, shown: str) -> None:
    assert shown in plain(word)


@pytest.mark.parametrize("columns", [40, 80])
def test_all_but_programs_fits_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for word in ("connect", "sendmsg_afalg", "getaddrinfo", "EAGAIN", "SO_PEERCRED", "TIME_WAIT"):
        before, _, _ = text(word).partition("\nTry\n")
        before, _, _ = before.partition("\nA program that proves it\n")
        assert [line for line in before.splitlines() if len(line) > columns] == []


def test_the_program_of_a_call_is_short() -> None:
    for word in explain.words():
        functions = explain.python_of(word)
        program = [line for line in explain._program(word, functions) if line.strip()]
        if functions or word in PROTOTYPES:
            assert len(program) <= explain.SHORT, word


def test_an_unknown_platform_is_told() -> None:
    with pytest.raises(ValueError, match="no target is called"):
        text("connect", "vax-vms")


# --- what is written -----------------------------------------------------------------


def test_each_state_and_each_method_has_its_statement() -> None:
    written = explain.written()
    files = (ROOT / "pysock" / "_commands" / "words").glob("*.md")
    assert sorted(explain.WORDS) == sorted(path.stem for path in files)
    assert set(STATES) <= written.keys()
    methods = {name for name in dir(pysock.Socket)
               if name[0] != "_" and callable(getattr(pysock.Socket, name))}  # fmt: skip
    assert methods - written.keys() <= {"ioctl", "share"}  # Windows'


@pytest.mark.parametrize("word", explain.written())
def test_a_statement_has_its_form_and_its_proof(word: str) -> None:
    entry = explain.written()[word]
    said = entry.keys() - {"recorded", "where"}
    assert said in ({"says", "program"}, {"needs", "leaves", "program"})
    assert len(entry) - len(said) in (0, 2)
    assert "assert" in entry["program"] or "raise AssertionError" in entry["program"]
    assert word in explain.words()


class Proved:
    """What the programs of all words have done: what each has raised, and which calls failed."""

    def __init__(self) -> None:
        self.raised: dict[str, BaseException | None] = {}
        self.errors: set[tuple[str, str]] = set()
        for word, entry in explain.written().items():
            with installed(), recording() as made:
                self.raised[word] = self.run(word, entry["program"])
            calls = [call for call in made.calls if call.errno]
            self.errors |= {(call.function, error_name(call.errno)) for call in calls}

    def run(self, word: str, program: str) -> BaseException | None:
        try:
            exec(compile(program, word, "exec"), {"__name__": word})
        except (Exception, SystemExit) as error:
            return error.with_traceback(None)
        return None


@pytest.fixture(scope="module")
def proved() -> Proved:
    return Proved()


@LINUX_ALONE
@pytest.mark.parametrize("word", explain.written())
def test_statements_hold(word: str, proved: Proved) -> None:
    error = proved.raised[word]
    if word == "sendmsg_afalg" and getattr(error, "errno", 0) == errno.EAFNOSUPPORT:
        pytest.skip("this kernel has no AF_ALG: tests/test_kernel_alg.py has the same program")
    if error is not None:
        raise error


def test_each_entry_is_read() -> None:
    """A slip in the form of a file would lose an entry, or join it to the one before."""
    folder = ROOT / "pysock" / "_commands" / "words"
    text = "".join((folder / f"{name}.md").read_text(encoding="utf-8") for name in explain.WORDS)
    assert text.count("\n## ") == len(explain.written())
    assert text.count("```python\n") == len(explain.written())
    assert text.count("```text\n") == sum("recorded" in e for e in explain.written().values())


def test_a_trace_from_elsewhere_is_shown_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = explain.written()["sendmsg_afalg"]
    there = f"Its trace on {entry['where']}"
    for last, shown in (("    (OSError: no such family)", True), ("    close(fd 3) → 0", False)):
        monkeypatch.setattr(explain, "traced", lambda *_, last=last: ["    socket()", last])
        lines = list(explain.explain("sendmsg_afalg"))
        assert (there in lines) is shown
        assert any("sendmsg(sockfd" in line for line in lines[lines.index(last) :]) is shown


# What takes minutes, or is so for users without rights alone.
NOT_TRIED = {("connect", "ETIMEDOUT"), ("connect", "EAGAIN"), ("bind", "EACCES"),
             ("", "EINTR")}  # fmt: skip


@LINUX_ALONE
def test_each_error_that_has_a_meaning_happens(proved: Proved) -> None:
    never = {
        (function, error)
        for function, error in show._MEANINGS
        if not any(f.startswith(function) and error == e for f, e in proved.errors)
    }
    assert never <= NOT_TRIED


def test_no_example_changes_the_machine() -> None:
    """What a docstring's tests leave out, ``sethostname("alpha")`` say, is no program to run."""
    shown = "\n".join(explain.explain("sethostname", target))
    assert "sethostname(2)" in shown and "alpha" not in shown


@LINUX_ALONE
def test_the_program_is_traced() -> None:
    shown = "\n".join(explain.explain("connect"))
    assert "Its trace" in shown and "socket.connect" in shown and "→ 0" in shown
    assert "__del__" not in shown


def test_a_program_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "SECONDS", 1.0)
    lines = explain.traced("loop", ["while True: pass"], [])
    assert lines[-1] == "    (it did not end within 1 seconds)"
