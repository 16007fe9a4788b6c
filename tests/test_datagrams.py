"""pysock.datagrams: many datagrams by one call, for sockets of both modules."""

from __future__ import annotations

import contextlib
import errno
import os
import socket as known
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pysock
from pysock import ancillary, datagrams
from pysock._calls.descriptor import NewerWay
from pysock._ffi.interpreter import set_errno
from pysock._host import lib
from pysock.ancillary import SegmentSize, enable
from pysock.datagrams import Ring, SendError, receive_segments, send_many, send_segments

from .harness import LATE

# On the beds of tests.bsd the standard library has the numbers of Linux.
MODULES = [pysock, known] if known.SOL_SOCKET == pysock.SOL_SOCKET else [pysock]


@pytest.fixture(params=MODULES)
def pair(request: pytest.FixtureRequest) -> Any:
    a, b = (request.param.socket(pysock.AF_INET, pysock.SOCK_DGRAM) for _ in "ab")
    with a, b:
        for sock in (a, b):
            sock.bind(("127.0.0.1", 0))
            sock.settimeout(5)
        yield a, b


def everything(sock: Any, ring: Ring, count: int) -> list[tuple[bytes, Any]]:
    found: list[tuple[bytes, Any]] = []
    while len(found) < count:
        found += [(bytes(view), address) for view, address in ring.receive(sock)]
    return found


def use(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send and receive many by one call, by a loop, or by a loop once that call is refused."""

    def refuse(*args: Any) -> int:
        set_errno(errno.ENOSYS)
        return -1

    if way == "refused" and not hasattr(lib, "socketpair"):
        pytest.skip("Winsock has no such call that could be refused, and other structs")
    for name in ("sendmmsg", "recvmmsg"):
        known_way = {"call": hasattr(datagrams._lib, name), "refused": True}.get(way, False)
        monkeypatch.setattr(datagrams, f"_{name}", NewerWay(known_way))
        if way == "refused":
            monkeypatch.setattr(datagrams._lib, name, refuse, raising=False)


each_way = pytest.mark.parametrize("way", ["call", "loop", "refused"])


@each_way
def test_each_datagram_arrives_with_its_address(
    pair: Any, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = pair
    use(way, monkeypatch)
    sent: list[Any] = [str(n).encode() * (n % 7) for n in range(70)]  # more than one batch
    expected = [(data, a.getsockname()) for data in sent]
    assert send_many(a, sent, b.getsockname()) == 70
    assert everything(b, Ring(16, 100), 70) == expected
    assert send_many(a, [(bytearray(s), b.getsockname()) for s in sent]) == 70
    assert everything(b, Ring(16, 100), 70) == expected
    a.connect(b.getsockname())
    assert send_many(a, [b"abcdef"]) == 1
    if hasattr(known.socket, "ioctl"):  # Winsock
        with pytest.raises(OSError):
            Ring(2, 3).receive(b)
    else:
        assert everything(b, Ring(2, 3), 1) == [(b"abc", a.getsockname())]  # cut


class Fresh(tuple):  # type: ignore[type-arg]
    """A pair whose address is a new object each time that it is asked for."""

    def __iter__(self) -> Iterator[Any]:
        data, (host, port) = super().__getitem__(0), super().__getitem__(1)
        return iter((data, (str(host), int(port))))


@each_way
def test_addresses_that_equal_others(
    pair: Any, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = pair
    use(way, monkeypatch)
    host, port = b.getsockname()
    with pytest.raises(TypeError):
        send_many(a, [(b"1", (host, port)), (b"2", (host, float(port)))])
    with pytest.raises((TypeError, ValueError)):  # PyPy's own socket takes lists of two
        send_many(a, [b"3"], [host, port, 1])
    with contextlib.suppress(OSError):
        b.settimeout(0.1)
        assert b.recv(9) == b"1"  # a loop sends what comes before
    for n in range(2):
        other = (host, a.getsockname()[1])
        sent = [Fresh((b"%d" % i, other if i % 2 else (host, port))) for i in range(100)]
        assert send_many(a, sent) == 100
        for sock, first in ((b, 0), (a, 1)):
            wanted = [b"%d" % i for i in range(first, 100, 2)]
            assert [data for data, _ in everything(sock, Ring(64, 9), 50)] == wanted, n


@pytest.mark.skipif(not hasattr(pysock, "AF_UNIX"), reason="AF_UNIX is missing")
def test_the_path_of_a_unix_socket_may_be_a_bytearray(tmp_path: Path) -> None:
    path = bytearray(os.fsencode(tmp_path / "x"))
    with pysock.socket(pysock.AF_UNIX, pysock.SOCK_DGRAM) as a:
        a.bind(bytes(path))
        assert send_many(a, [b"x", bytearray(b"y")], path) == 2
        assert [a.recv(5), a.recv(5)] == [b"x", b"y"]


@pytest.mark.parametrize("size", [3000, 40000])
def test_batches_for_which_there_is_no_room_arrive_in_order(pair: Any, size: int) -> None:
    """They are sent from where they lie; and a batch that comes later has no traces of others."""
    a, b = pair
    a.connect(b.getsockname())
    expected = [(b"1", a.getsockname())] * 3
    for each in range(2):
        sent = [bytes([n]) * size for n in range(3)] + [b""] * 61 + [bytes([each]) * size] * 2
        assert send_many(a, [b"1"] * 3) == 3
        assert everything(b, Ring(), 3) == expected
        for at in range(0, 64, 2):  # b has not the room for all
            assert send_many(a, sent[at : at + 2]) == 2
            assert everything(b, Ring(2, 60000), 2) == [
                (data, a.getsockname()) for data in sent[at : at + 2]
            ]
        large = [bytes([n]) * size for n in range(4)]
        assert send_many(a, large, b.getsockname()) == 4
        assert everything(b, Ring(4, 60000), 4) == [(data, a.getsockname()) for data in large]


@pytest.mark.parametrize("flag", [0, pysock.MSG_DONTROUTE])
def test_only_with_known_flags_bytes_are_copied(
    pair: Any, flag: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With others, such as MSG_ZEROCOPY, the kernel may read them when the call is over."""
    a, b = pair
    joined: list[Any] = []
    send = datagrams._send_joined

    def noticed(*args: Any) -> int:
        joined.append(args)
        return send(*args)

    monkeypatch.setattr(datagrams, "_send_joined", noticed)
    assert send_many(a, [b"1", b"2"], b.getsockname(), flag) == 2
    assert everything(b, Ring(), 2) == [(data, a.getsockname()) for data in (b"1", b"2")]
    if flag or datagrams._sendmmsg.works:
        assert bool(joined) == (not flag)


def test_one_memory_serves_several_receivers(pair: Any) -> None:
    """What a batch has of the last one, its address and sizes, is not what the next one sends."""
    a, b = pair
    with pysock.socket(pysock.AF_INET, pysock.SOCK_DGRAM) as c:
        c.bind(("127.0.0.1", 0))
        c.settimeout(5)
        for to, data in [(b, b"12"), (c, b"12"), (c, b"1"), (b, b"345"), (b, b"678")]:
            sent = [data[i:] for i in range(len(data))]
            assert send_many(a, sent, to.getsockname()) == len(sent)
            assert [view for view, _ in everything(to, Ring(), len(sent))] == sent
        a.connect(c.getsockname())
        assert send_many(a, [b"678", b"78", b"8"]) == 3
        assert [view for view, _ in everything(c, Ring(), 3)] == [b"678", b"78", b"8"]


@each_way
def test_what_was_sent_when_it_stops_half_way(
    pair: Any, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = pair
    use(way, monkeypatch)
    with pytest.raises(SendError) as caught:
        send_many(a, [b"1", b"2", bytes(70000), b"4"], b.getsockname())
    assert caught.value.sent == 2 and caught.value.errno == errno.EMSGSIZE
    assert len(everything(b, Ring(), 2)) == 2


def test_timeouts(pair: Any) -> None:
    _, b = pair
    b.settimeout(0.05)
    with pytest.raises((pysock.timeout, known.timeout)):
        Ring().receive(b)
    b.setblocking(False)
    with pytest.raises(BlockingIOError):
        Ring().receive(b)


def full_receiver(folder: Path) -> tuple[Any, Any, str]:
    """A socket, another that has no more room for its datagrams, and the name of that."""
    if not hasattr(pysock, "AF_UNIX"):
        pytest.skip("there is no AF_UNIX here")
    name = str(folder / "full")
    sender, receiver = (pysock.socket(pysock.AF_UNIX, pysock.SOCK_DGRAM) for _ in "ab")
    receiver.bind(name)
    sender.setblocking(False)
    with contextlib.suppress(OSError):  # BlockingIOError; on macOS ENOBUFS
        while True:
            sender.sendto(b"x", name)
    return sender, receiver, name


def test_a_deadline_holds_though_poll_says_ready(tmp_path: Path) -> None:
    """poll(2) does not know to whom a datagram goes, and who has no room for it."""
    sender, receiver, name = full_receiver(tmp_path)
    with sender, receiver:
        sender.settimeout(0.2)
        begin = time.monotonic()
        with pytest.raises(OSError) as caught:
            send_many(sender, [b"1", b"2"], name)
        assert isinstance(caught.value, (pysock.timeout, SendError))
        assert time.monotonic() - begin < LATE / 2


def test_what_was_not_written_is_zero(pair: Any) -> None:
    """Of a stream, Linux discards and counts what comes with MSG_TRUNC, and writes nothing."""
    _, b = pair
    ring = Ring(4, 100)
    pair[0].sendto(b"secret" * 10, b.getsockname())
    everything(b, ring, 1)
    with pysock.create_server(("127.0.0.1", 0)) as server:
        with pysock.create_connection(server.getsockname()) as client:
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"-" * 60)
                client.settimeout(5)
                [(view, _), *_] = ring.receive(client, pysock.MSG_TRUNC)
                assert set(bytes(view)) <= set(b"-\0")


@pytest.mark.parametrize("error", [BufferError, OSError])
def test_no_buffer_stays_locked(pair: Any, error: type[Exception]) -> None:
    """Not even while the traceback of a failed call lives."""
    data = bytearray(10)
    bad: Any = memoryview(bytearray(10))[::2] if error is BufferError else bytearray(70000)
    with pytest.raises(error) as caught:
        send_many(pair[0], [data, bad], pair[1].getsockname())
    data.append(0)
    assert caught.value.__traceback__ is not None


@pytest.mark.parametrize("refused", [False, True])
def test_segments(pair: Any, refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = pair
    if refused:
        def encode(values: Any) -> Any:
            raise OSError(errno.ENOPROTOOPT, "no UDP_SEGMENT")

        monkeypatch.setattr(ancillary, "encode", encode)
    data = bytes(range(256)) * 40
    assert send_segments(a, data, 1000, b.getsockname()) == 11
    joined: list[bytes] = []
    try:
        enable(b, SegmentSize)
    except OSError as error:
        print(error)  # then each comes alone
    while sum(map(len, joined)) < len(data):
        parts, address = receive_segments(b)
        assert address == a.getsockname()
        joined += parts
    assert joined == [data[at : at + 1000] for at in range(0, len(data), 1000)]


def test_bad_input(pair: Any) -> None:
    a, _ = pair
    for count, size in ((0, 1), (1, 0), (2000, 1), (1, 1 << 20)):
        with pytest.raises(ValueError):
            Ring(count, size)
    with pytest.raises(ValueError):
        send_segments(a, b"x", 0)
    with pytest.raises(TypeError):
        send_many(a, ["text"], ("127.0.0.1", 9))
    with pytest.raises(TypeError):
        send_many(object(), [b"x"])
    with pytest.raises(SendError) as caught:
        send_segments(a, bytes(3000), 1000, ("127.0.0.1", 0))
    assert caught.value.sent == 0


def test_numbers_and_pairs() -> None:
    with pysock.socket(pysock.AF_INET, pysock.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        module: Any = datagrams
        wrong: list[tuple[Any, type[Exception], str]] = [
            (lambda: module.Ring(0), ValueError, "a number of datagrams of 1 to 1024, not 0"),
            (lambda: module.Ring(True), TypeError, "a number of datagrams as an int, not bool"),
            (lambda: module.Ring(1, 65537), ValueError, "a size of datagrams of 1 to 65536"),
            (lambda: module.Ring(1, 1.5), TypeError, "a size of datagrams as an int, not float"),
            (lambda: module.send_segments(sock, b"x", "1"), TypeError, "a size of datagrams as"),
            (lambda: module.send_segments(sock, b"x", 0), ValueError, "a size of datagrams of 1"),
            (lambda: module.send_many(sock, [(b"x",)]), TypeError, "a pair .*, not 1 items"),
        ]
        for flags in (-(2**70), 2**32):  # a C function would take their lower bits
            with pytest.raises(OverflowError):
                send_many(sock, [(b"x", sock.getsockname())], None, flags)
            with pytest.raises(OverflowError):
                Ring(1, 1).receive(sock, flags)
        for call, kind, text in wrong:
            with pytest.raises(kind, match=f"expected {text}"):
                call()


def test_a_ring_knows_its_senders_again() -> None:
    """The addresses of the last call serve for the next one only if they are the same."""
    a, b, c = (pysock.socket(pysock.AF_INET, pysock.SOCK_DGRAM) for _ in "abc")
    with a, b, c:
        for sock in (a, b, c):
            sock.bind(("127.0.0.1", 0))
        c.settimeout(10)
        ring = datagrams.Ring(4, 10)
        for senders in ([a, a], [a, b], [b, a], [b], [a, a, b], [a, a, b]):
            for sender in senders:
                sender.sendto(b"from " + sender.getsockname()[0][:3].encode(), c.getsockname())
            found: list[Any] = []
            while len(found) < len(senders):
                found += [(bytes(view), address) for view, address in ring.receive(c)]
            assert found == [(b"from 127", sender.getsockname()) for sender in senders]


def test_joined_datagrams_of_all_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    """What UDP_GRO has joined is cut into whole pieces, and a rest."""
    pieces: Any = []
    for data, size in ((b"abcdefg", 3), (b"abcdef", 3), (b"ab", 3), (b"", 3), (b"abc", 0)):

        def receive(*_: Any, data: bytes = data, size: int = size) -> Any:
            values = [SegmentSize(size)] if size else []
            return ancillary.Received(data, values, 0, "somewhere")  # type: ignore[arg-type]

        monkeypatch.setattr(ancillary, "receive", receive)
        with pysock.socket(pysock.AF_INET, pysock.SOCK_DGRAM) as sock:
            if not hasattr(sock, "recvmsg"):
                pytest.skip("there is no recvmsg here")
            pieces.append(datagrams.receive_segments(sock)[0])
    assert pieces == [[b"abc", b"def", b"g"], [b"abc", b"def"], [b"ab"], [b""], [b"abc"]]
