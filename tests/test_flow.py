"""More data than fits: sendall, sendfile and files under each mode, and one deadline for all."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import time
from typing import Any

import pytest

import pysock
from pysock._calls import wait

from .harness import (
    LATE,
    SOON,
    Action,
    fill,
    later,
    outcome,
    read,
    replace,
)

LARGE = os.urandom(1 << 16) * 64  # 4 MiB


def narrow_pair() -> tuple[pysock.Socket, pysock.Socket]:
    """A pair that holds less than LARGE, also where it is of TCP, whose room grows with use."""
    here, there = pysock.socketpair()
    here.setsockopt(pysock.SOL_SOCKET, pysock.SO_SNDBUF, 1 << 16)
    there.setsockopt(pysock.SOL_SOCKET, pysock.SO_RCVBUF, 1 << 16)
    return here, there


def digest(sock: pysock.Socket) -> tuple[int, str]:
    """The size and hash of all that comes."""
    size, sha = 0, hashlib.sha256()
    while True:
        data = sock.recv(1 << 18)
        if not data:
            return size, sha.hexdigest()
        size += len(data)
        sha.update(data)


WHOLE = len(LARGE), hashlib.sha256(LARGE).hexdigest()


@pytest.mark.parametrize("seconds", [None, LATE])
@pytest.mark.parametrize(
    "kind", [bytes, bytearray, memoryview, lambda b: memoryview(b).cast("I"), "sendfile"]
)
def test_more_than_fits_arrives_whole(kind: Any, seconds: float | None) -> None:
    here, there = pysock.socketpair()
    received = []
    with there, tempfile.TemporaryFile() as file:
        with later(lambda: received.append(digest(there)), 0.001), here:
            here.settimeout(seconds)
            if kind == "sendfile":
                file.write(LARGE)
                file.seek(0)  # where read and send, in the place of sendfile(2), begin
                assert here.sendfile(file) == len(LARGE)
                assert file.tell() == len(LARGE)
            else:
                here.sendall(kind(LARGE))
    assert received == [WHOLE]


def test_send_says_how_much_was_taken() -> None:
    here, there = narrow_pair()
    with here, there:
        here.setblocking(False)
        taken = here.send(LARGE)
        assert 0 < taken < len(LARGE)
        assert read(there, taken) == LARGE[:taken]


def test_sendall_has_one_deadline_for_the_whole() -> None:
    """A reader that is slow but steady: no single send waits as long as the timeout."""
    here, there = narrow_pair()
    done: list[bool] = []

    def trickle() -> None:
        while not done:
            time.sleep(SOON / 5)
            there.recv(16384)

    with there, here:
        here.settimeout(5 * SOON)
        with later(trickle, 0):
            begin = time.monotonic()
            assert outcome(lambda: here.sendall(LARGE)) == "timed out"
            elapsed = time.monotonic() - begin
            done.append(True)
    assert 5 * SOON <= round(elapsed, 6) < LATE  # floats


def test_sendall_of_one_piece_may_take_the_whole_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline is asked between pieces; what C took last is not taken back."""
    here, there = pysock.socketpair()
    now = [0.0]

    def send(real: Action, fd: int, data: Any, size: int, flags: int) -> Any:
        now[0] += 100
        return real(fd, data, size, flags)

    with here, there:
        here.settimeout(1)
        monkeypatch.setattr(wait, "monotonic", lambda: now[0])
        replace(monkeypatch, "send", send)
        here.sendall(b"abc")
        assert there.recv(10) == b"abc"


# --- files ---------------------------------------------------------------------------


def test_a_file_that_timed_out_reads_no_more() -> None:
    here, there = pysock.socketpair()
    with here, there, here.makefile("rb") as file:
        here.settimeout(SOON)
        there.send(b"half a line")
        assert outcome(file.readline) == "timed out"
        there.send(b"\n")
        assert outcome(file.readline) == "cannot read from timed out object"


def test_a_file_of_a_non_blocking_socket_has_nothing_yet() -> None:
    here, there = pysock.socketpair()
    with here, there, here.makefile("rb") as reader, here.makefile("wb", 0) as writer:
        here.setblocking(False)
        assert reader.read(1) is None
        fill(here)
        here.setblocking(False)
        assert writer.write(b"x") is None


def test_a_buffered_writer_flushes_what_fits_and_keeps_the_rest() -> None:
    here, there = narrow_pair()
    with here, there:
        here.setblocking(False)
        file = here.makefile("wb")
        with pytest.raises(BlockingIOError) as caught:
            file.write(LARGE)
        kept = caught.value.characters_written
        here.setblocking(True)
        received: list[bytes] = []
        with later(lambda: received.append(read(there, kept)), 0):
            file.close()
    assert received == [LARGE[:kept]]


def test_sendfile_counts_from_an_offset() -> None:
    here, there = pysock.socketpair()
    with here, there, tempfile.TemporaryFile() as file:
        file.write(b"0123456789")
        file.flush()
        assert here.sendfile(file, 2, 5) == 5
        assert (there.recv(10), file.tell()) == (b"23456", 7)
        assert here.sendfile(io.BytesIO(b"0123456789"), 2, 5) == 5
        assert there.recv(10) == b"23456"


def test_sendfile_in_timeout_mode_leaves_the_file_behind_what_was_sent() -> None:
    here, there = narrow_pair()
    with here, there, tempfile.TemporaryFile() as file:
        here.settimeout(SOON)
        file.write(LARGE)
        file.seek(0)
        assert outcome(lambda: here.sendfile(file)) == "timed out"
        sent = file.tell()
        assert 0 < sent < len(LARGE)
        assert read(there, sent) == LARGE[:sent]
