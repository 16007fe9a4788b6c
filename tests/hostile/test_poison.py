"""Only bytes that a call wrote, or zeros, ever leave a buffer: proved with poisoned memory."""

from __future__ import annotations

import os
import struct
import warnings
from itertools import product
from typing import Any

import pytest

import pysock
from pysock._calls.memory import data_pool
from pysock._host import abi, lib

from ..harness import pair
from .poison import poisoned

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(not hasattr(lib, "socketpair"), reason="the library is not POSIX's"),
]

MARK = b"\xee"  # no byte of what is sent, of an address or of a length
SIZES = [1, 100, 16384, 16385, 65536, 65537, 300_000, 2_000_000]
NAMES = ["MSG_PEEK", "MSG_TRUNC", "MSG_WAITALL", "MSG_OOB", "MSG_CTRUNC", "MSG_ERRQUEUE"]
FLAGS = [0, *(getattr(pysock, name, 0) for name in NAMES)]
FLAGS += [pysock.MSG_PEEK | pysock.MSG_TRUNC]


def flat(answer: Any) -> bytes:
    """All bytes and all text of an answer, one after the other."""
    if isinstance(answer, (tuple, list)):
        return b"".join(map(flat, answer))
    if isinstance(answer, str):
        return answer.encode("utf-8", "surrogateescape")
    return answer if isinstance(answer, bytes) else b""


def tcp() -> tuple[pysock.Socket, pysock.Socket]:
    with pysock.create_server(("127.0.0.1", 0)) as listener:
        client = pysock.create_connection(listener.getsockname())
        return client, listener.accept()[0]


def udp() -> tuple[pysock.Socket, pysock.Socket]:
    one, other = (pysock.socket(type=pysock.SOCK_DGRAM) for _ in range(2))
    for sock in (one, other):
        sock.bind(("127.0.0.1", 0))
    one.connect(other.getsockname())
    other.connect(one.getsockname())
    return one, other


KINDS = {
    "tcp": tcp,
    "udp": udp,
    "unix stream": lambda: pysock.socketpair(pysock.AF_UNIX),
    "unix datagram": lambda: pysock.socketpair(pysock.AF_UNIX, pysock.SOCK_DGRAM),
}
WAYS = {
    "recv": lambda s, size, flags: s.recv(size, flags),
    "recvfrom": lambda s, size, flags: s.recvfrom(size, flags),
    "recvmsg": lambda s, size, flags: s.recvmsg(size, 0, flags),
    "recvmsg, control": lambda s, size, flags: s.recvmsg(size, 200, flags),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_size_and_flag(way: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = poisoned(monkeypatch, MARK)
    one, other = KINDS[kind]()
    with one, other:
        one.setblocking(False)
        other.setblocking(False)
        answered = 0
        for size, flags, sent in product(SIZES, FLAGS, (1, 20_000)):
            try:
                one.send(b"x" * sent)
                for _ in range(3):
                    answer = WAYS[way](other, size, flags)
                    answered += 1
                    assert MARK not in flat(answer), (size, flags, sent)
            except OSError:
                continue  # nothing there any more, or none of such data
            finally:
                drain(other)
    assert answered > 3 * len(SIZES)
    assert way.partition(",")[0] in seen


def drain(sock: pysock.Socket) -> None:
    try:
        while sock.recv(1 << 20):
            pass
    except BlockingIOError:
        return


def test_a_datagram_of_nothing_and_the_end_of_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    poisoned(monkeypatch, MARK)
    for way in WAYS.values():
        for size in SIZES:
            with pair(pysock.SOCK_DGRAM) as (here, there):
                there.send(b"")
                assert MARK not in flat(way(here, size, 0))
            with pair() as (here, there):
                there.close()
                assert MARK not in flat(way(here, size, pysock.MSG_TRUNC))


def test_control_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole, cut short, and none at all."""
    poisoned(monkeypatch, MARK)
    with pair(pysock.SOCK_DGRAM) as (here, there):
        for room, count in product((0, 1, 15, 16, 20, 24, 100, 20_000), (0, 1, 3)):
            if count:
                pysock.send_fds(there, [b"x"], [there.fileno()] * count)
            else:
                there.send(b"x")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of control messages that are cut
                data, ancdata, _, _ = here.recvmsg(1, room)
            assert MARK not in flat([data, ancdata])
            for _, _, fds in ancdata:
                for (fd,) in struct.iter_unpack("i", fds[: len(fds) // 4 * 4]):
                    os.close(fd)


def test_names(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = poisoned(monkeypatch, MARK)
    for kind in KINDS.values():
        one, other = kind()
        with one, other:
            for sock in (one, other):
                assert MARK not in flat([sock.getsockname(), sock.getpeername()])
    with pysock.create_server(("127.0.0.1", 0)) as listener:
        with pysock.create_connection(listener.getsockname()) as client:
            sock, address = listener.accept()
            sock.close()
            assert address == client.getsockname()
    assert MARK not in flat(pysock.gethostname())
    assert {"getsockname", "getpeername"} <= set(seen)


def test_into_a_buffer_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    """What C counts is what has changed."""
    poisoned(monkeypatch, MARK)
    with pair(pysock.SOCK_DGRAM) as (here, there):
        for size in (10, 70_000):
            buffer = bytearray(size)
            there.send(b"x" * 5)
            assert here.recv_into(buffer) == 5
            assert buffer[:5] == b"x" * 5
            there.send(b"y" * 3)
            assert here.recvfrom_into(buffer)[0] == 3
            there.send(b"z")
            assert here.recvmsg_into([buffer])[0] == 1
            assert buffer[:1] == b"z"


@pytest.mark.skipif(not abi.name.startswith("linux"), reason="no kernel but Linux discards")
def test_the_mark_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A naive receive, which takes the count for what was written, hands it out."""
    seen = poisoned(monkeypatch, MARK)
    one, other = tcp()
    with one, other:
        one.sendall(b"x" * 36)
        buffer, pointer = data_pool.take()
        n = lib.recv(other.fileno(), pointer, 36, int(pysock.MSG_TRUNC))
        assert (n, bytes(buffer[:n])) == (36, MARK * 36)
    assert "recv" in seen
