"""``trace --inject``: each fault happens, is marked, and is one that could happen."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import pysock
from pysock.__main__ import main
from pysock._ffi.exports import EXPORTS_LOCK
from pysock._host import lib
from pysock.trace import recording
from pysock.trace.inject import FAULTS, Injector, parse
from pysock.trace.watch import watch

from . import ROOT

if not hasattr(lib, "socketpair"):
    pytest.skip("there is no pair of Unix sockets here", allow_module_level=True)


def read_all(sock: pysock.socket) -> list[bytes]:
    return list(iter(lambda: sock.recv(100), b""))


@pytest.mark.parametrize(("faults", "most"), [("short-reads", 7), ("short-reads=2", 2)])
def test_a_stream_comes_in_small_pieces(faults: str, most: int) -> None:
    a, b = pysock.socketpair()
    with a, b, recording(faults) as made:
        a.sendall(bytes(range(50)))
        a.shutdown(pysock.SHUT_WR)
        pieces = read_all(b)
    assert b"".join(pieces) == bytes(range(50))
    assert len(pieces) >= 50 // most and max(map(len, pieces)) <= most
    marked = [call for call in made.calls if call.injected == "short-reads"]
    assert marked and all(call.function == "recv" for call in marked)


def test_a_program_that_takes_one_send_for_one_recv_fails() -> None:
    a, b = pysock.socketpair()
    with a, b, recording("short-reads=3"):
        a.sendall(b"a whole message")
        assert b.recv(100) == b"a w"


def test_what_waits_for_all_gets_all_and_a_datagram_is_never_cut() -> None:
    for kind, flags in ((pysock.SOCK_STREAM, pysock.MSG_WAITALL), (pysock.SOCK_DGRAM, 0)):
        a, b = pysock.socketpair(pysock.AF_UNIX, kind)
        with a, b, recording("short-reads,full" if kind != pysock.SOCK_STREAM else "short-reads"):
            a.sendall(b"a whole message")
            assert b.recv(15, flags) == b"a whole message"


@pytest.mark.parametrize("blocking", [True, False])
def test_a_full_buffer_takes_some_or_nothing(blocking: bool) -> None:
    a, b = pysock.socketpair()
    a.setblocking(blocking)
    with a, b, recording("full") as made:
        sent, refused = [], 0
        for _ in range(10):
            try:
                sent.append(a.send(bytes(100)))
            except BlockingIOError:
                refused += 1
    assert sent and max(sent) <= 7
    assert refused == (0 if blocking else 5)
    assert sum(call.injected == "full" for call in made.calls) == 10


def test_sendall_gets_through_all_of_them() -> None:
    a, b = pysock.socketpair()
    a.settimeout(20)
    with a, b, recording("full,eintr,short-reads"):
        a.sendall(bytes(range(200)))
        a.shutdown(pysock.SHUT_WR)
        assert b"".join(read_all(b)) == bytes(range(200))


def test_an_interrupted_call_is_made_again() -> None:
    a, b = pysock.socketpair()
    with a, b, recording("eintr") as made:
        for _ in range(4):
            a.send(b"x")
            assert b.recv(1) == b"x"
    assert sum(call.injected == "eintr" and call.result == -1 for call in made.calls) >= 4


def test_a_reset_is_found_by_the_third_transfer() -> None:
    a, b = pysock.socketpair()
    with a, b, recording("reset"):
        a.send(b"1")
        a.send(b"2")
        with pytest.raises(ConnectionResetError):
            a.send(b"3")
        with pytest.raises(BrokenPipeError):
            a.send(b"4")
        assert a.recv(1) == b""
        assert b.recv(2) == b"12"


def test_a_number_that_another_connection_gets_is_counted_anew() -> None:
    """Though nothing that is traced has closed it."""
    with recording("reset"):
        for _ in range(2):
            a, b = pysock.socketpair()
            with b:
                a.send(b"1")
                a.send(b"2")
                assert b.recv(2) == b"12"
            os.close(a.detach())


def test_a_number_that_becomes_another_connections_is_counted_anew() -> None:
    a, b = pysock.socketpair()
    c, d = pysock.socketpair()
    with a, b, d, recording("reset"):
        a.send(b"1")
        a.send(b"2")
        fd = c.detach()
        os.dup2(fd, a.fileno())
        os.close(fd)
        a.send(b"3")
        a.send(b"4")
        assert d.recv(2) == b"34"
        with pytest.raises(ConnectionResetError):
            a.send(b"5")


def test_messages_are_short_too_and_whole_after_it() -> None:
    a, b = pysock.socketpair()
    with a, b, recording("short-reads=3,full=4"):
        assert a.sendmsg([b"abcdef", b"ghi"]) == 4
        # What may be resized meanwhile is received in one piece.
        first = 2 if EXPORTS_LOCK else 3
        assert b.recvmsg_into([bytearray(2), bytearray(8)])[0] == first
        assert b.recvmsg(8)[0] == b"abcd"[first:]


def test_threads_of_a_name_are_spared() -> None:
    a, b = pysock.socketpair()
    got: list[bytes] = []
    undo = watch(lambda event: None, Injector(parse("short-reads=1,eintr"), "peer"))
    try:
        with a, b:
            a.sendall(b"12345678")
            assert b.recv(4) == b"1"
            thread = threading.Thread(target=lambda: got.append(b.recv(4)), name="peer")
            thread.start()
            thread.join()
            assert (got, b.recv(4)) == ([b"2345"], b"6")
    finally:
        undo()


def test_nothing_is_left_when_it_ends() -> None:
    before = lib.recv
    with recording("short-reads"):
        assert lib.recv is not before
    assert lib.recv is before


@pytest.mark.parametrize("wrong", ["nothing", "reset=0", "reset=x", "full=", "eintr=-1", "eintr=1"])
def test_a_wrong_fault_is_told(wrong: str) -> None:
    with pytest.raises(ValueError):
        parse(wrong)


def test_all_faults_have_a_number() -> None:
    assert parse(",".join(FAULTS)) == FAULTS


PROGRAM = """\
import socket
a, b = socket.socketpair()
a.sendall(b"hello")
print(b.recv(100))
"""


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)

    def run(faults: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pysock", "trace", "--inject", faults, "program.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            timeout=50,
        )

    ran = run("short-reads=2")
    assert (ran.returncode, ran.stdout) == (0, "b'he'\n")
    assert "→ 2  (injected: short-reads)" in ran.stderr
    ran = run("reset=1")
    assert ran.returncode == 1 and "ConnectionResetError" in ran.stderr
    assert main(["trace", "--inject", "nonsense", str(tmp_path / "program.py")]) == 2
    assert "no fault is called 'nonsense'" in capsys.readouterr().err
