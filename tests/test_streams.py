"""pysock.streams: exact reads, frames, counts of what was sent, a close that wakes readers."""

from __future__ import annotations

import socket as known
import threading
import time
from array import array
from collections.abc import Iterator
from ctypes import c_int
from typing import Any

import pytest

import pysock
from pysock import streams
from pysock.streams import Incomplete, Reader, SendError, half_close, recv_exactly, recv_frame

from .harness import LATE


@pytest.fixture(params=[pysock, known])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any]]:
    a, b = request.param.socketpair()
    with a, b:
        a.settimeout(10)
        b.settimeout(10)
        yield a, b


def test_exact_reads_take_nothing_beyond(pair: Any) -> None:
    a, b = pair
    a.sendall(b"abcdef")
    assert recv_exactly(b, 2) == b"ab" and b.recv(10) == b"cdef"
    assert recv_exactly(b, 0) == b""
    data = bytes(range(256)) * 8000
    sender = threading.Thread(target=streams.sendall, args=(a, data))
    sender.start()
    assert recv_exactly(b, len(data)) == data
    sender.join()
    a.sendall(b"xy")
    half_close(a)
    with pytest.raises(Incomplete, match="expected 3 bytes, but the stream ended after 2") as end:
        recv_exactly(b, 3)
    assert end.value.data == b"xy"
    b.sendall(b"back")
    assert a.recv(10) == b"back"


def test_separators_and_what_came_before_an_error(pair: Any) -> None:
    a, b = pair
    reader = Reader(b, limit=100)
    a.sendall(b"one\r")
    b.settimeout(0.05)
    with pytest.raises((pysock.timeout, known.timeout)):
        reader.recv_until(b"\r\n")
    a.sendall(b"\ntwo\r\nrest")
    assert reader.recv_until(b"\r\n") == b"one\r\n"
    assert reader.recv_until(b"\r\n") == b"two\r\n"
    assert reader.recv_exactly(4) == b"rest"
    a.sendall(b"x" * 200)
    with pytest.raises(ValueError, match="within 100 bytes"):
        reader.recv_until(b"\n")


def test_frames(pair: Any) -> None:
    a, b = pair
    for data in (b"", b"abc", bytes(70000)):
        sender = threading.Thread(target=streams.send_frame, args=(a, data))
        sender.start()
        assert recv_frame(b) == data
        sender.join()
    a.sendall(b"\0\0\0\3ab")
    reader = Reader(b)
    b.settimeout(0.05)
    with pytest.raises((pysock.timeout, known.timeout)):
        reader.recv_frame()
    a.sendall(b"c")
    assert reader.recv_frame() == b"abc"  # nothing was lost by the timeout
    a.sendall(b"\xff\xff\xff\xff")
    with pytest.raises(ValueError, match="up to 1048576 bytes, not 4294967295"):
        recv_frame(b)
    with pytest.raises(ValueError, match="fits 1 bytes, not 256"):
        streams.send_frame(a, bytes(256), prefix=1)


def test_buffers_of_any_shape(pair: Any) -> None:
    a, b = pair
    grid = memoryview(bytes(range(12))).cast("B", [3, 4])
    gaps = memoryview(b"abcdef")[::2]
    for data in array("i"), (c_int * 2)(1, 2), ((c_int * 2) * 0)(), grid, gaps:
        expected = memoryview(data).tobytes()
        streams.send_frame(a, data)
        assert recv_frame(b) == expected
        if memoryview(data).contiguous:
            assert streams.sendall(a, data) == len(expected)
            assert recv_exactly(b, len(expected)) == expected


def test_what_was_sent_when_it_fails(pair: Any) -> None:
    a, b = pair
    a.settimeout(0.05)
    data = bytes(50_000_000)
    with pytest.raises((pysock.timeout, known.timeout)) as caught:
        streams.sendall(a, data)
    assert isinstance(caught.value, SendError) and 0 < caught.value.sent < len(data)
    assert recv_exactly(b, caught.value.sent) == bytes(caught.value.sent)
    b.close()
    with pytest.raises(ConnectionError) as broken:
        streams.sendall(a, b"x" * 10)
        streams.sendall(a, b"x" * 10)
    assert isinstance(broken.value, SendError) and broken.value.sent == 0


def test_the_timeout_is_for_all_of_it(pair: Any) -> None:
    """However often the peer takes some: with a timeout for each part it would never pass."""
    a, b = pair
    a.settimeout(0.3)
    taken = threading.Event()

    def read_slowly() -> None:
        while not taken.wait(0.02) and b.recv(1 << 17):
            pass

    reader = threading.Thread(target=read_slowly)
    reader.start()
    begin = time.monotonic()
    try:
        with pytest.raises((pysock.timeout, known.timeout)) as caught:
            streams.sendall(a, bytes(1 << 27))
    finally:
        taken.set()
        reader.join()
    assert isinstance(caught.value, SendError)
    assert time.monotonic() - begin < LATE / 2


@pytest.mark.parametrize("seconds", [None, 20.0])
def test_close_wakes_who_reads_in_another_thread(pair: Any, seconds: float | None) -> None:
    _, b = pair
    b.settimeout(seconds)
    got: list[Any] = []
    begun = threading.Event()

    def read() -> None:
        begun.set()
        try:
            got.append(b.recv(10))
        except OSError as error:
            got.append(error)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    begun.wait()
    threading.Event().wait(0.05)  # until it waits in the kernel
    streams.close(b)
    reader.join(10)
    assert not reader.is_alive() and len(got) == 1 and b.fileno() == -1
    in_the_kernel = seconds is None and not hasattr(known.socket, "ioctl")  # not Winsock
    assert got == [b""] or (isinstance(got[0], OSError) and not in_the_kernel)
    streams.close(b)


def test_bad_input() -> None:
    with pysock.socket() as sock:
        with pytest.raises(ValueError, match="0 or more"):
            recv_exactly(sock, -1)
        with pytest.raises(ValueError, match="separator"):
            Reader(sock).recv_until(b"")
        with pytest.raises(OSError):
            half_close(sock)
        streams.close(sock)  # never connected
        assert sock.fileno() == -1


def test_numbers_and_separators() -> None:
    a, b = pysock.socketpair()
    with a, b:
        module: Any = streams
        reader = module.Reader(b)
        wrong: list[tuple[Any, type[Exception], str]] = [
            (lambda: reader.recv_exactly(-1), ValueError, "a size of 0 or more bytes, not -1"),
            (lambda: reader.recv_exactly(1.5), TypeError, "a size of 0 or more bytes, not float"),
            (lambda: reader.recv_until("x"), TypeError, "a separator as bytes, not str"),
            (lambda: reader.recv_until(b""), ValueError, "a separator of 1 or more bytes"),
            (lambda: module.Reader(b, limit="x"), TypeError, "a limit of 0 or more bytes"),
            (lambda: module.Reader(b, limit=-1), ValueError, "a limit of 0 or more bytes"),
            (lambda: streams.recv_frame(b, prefix=0), ValueError, "a prefix of 1 to 8 bytes"),
            (lambda: streams.recv_frame(b, prefix=True), TypeError, "a prefix of 1 to 8 bytes"),
            (lambda: streams.send_frame(a, b"", prefix=0), ValueError, "a prefix of 1 to 8 bytes"),
            (lambda: streams.send_frame(a, b"", prefix=-1), ValueError, "a prefix of 1 to 8"),
        ]
        for call, kind, text in wrong:
            with pytest.raises(kind, match=f"expected {text}"):
                call()
