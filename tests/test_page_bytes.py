"""What was received is what was sent, byte by byte: streams, datagrams, losses, programs."""

from __future__ import annotations

import os
import random
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pysock import _constants
from pysock._platform import WINDOWS, target
from pysock.trace import record, watch
from pysock.trace.order import sort
from pysock.trace.page import bytemap
from pysock.trace.page.joins import Joiner
from pysock.trace.page.sockets import Sockets
from pysock.trace.page.streams import Datagram, Datagrams, Stream
from pysock.trace.values import Values

from .foreign import FOREIGN, LINUX

SEED = int(os.environ.get("PYSOCK_SEED", "17"))


def cut(random: random.Random, total: int) -> list[int]:
    """Sizes that are ``total`` together."""
    sizes = []
    while total:
        sizes.append(random.randint(1, min(total, 40)))
        total -= sizes[-1]
    return sizes


@pytest.mark.parametrize("case", range(40))
def test_a_stream_split_and_joined_arbitrarily(case: int) -> None:
    """Every received byte is joined with the very byte that was sent there, once."""
    chance = random.Random(SEED * 1000 + case)
    data = bytes(chance.choices(b"ab", k=chance.randint(1, 400)))  # much is alike
    stream, sends, at = Stream(), [], 0
    for who, size in enumerate(cut(chance, len(data))):
        sends.append(at)
        known = chance.choice([size, size, 0, size // 2])  # sendfile; more than is recorded
        stream.sent(who, data[at : at + known], size)
        at += size
    joined: list[int] = []
    at = 0
    for size in cut(chance, len(data)):
        piece = data[at : at + size]
        assert [p.length for p in stream.received(piece, size, peek=True)]
        for part in stream.received(piece, size):
            assert part.start == sends[part.who] + part.within == at + part.into
            joined += range(part.start, part.start + part.length)
        at += size
    assert joined == list(range(len(data)))
    assert not stream.left


def test_four_bytes_sent_and_two_and_two_received() -> None:
    stream = Stream()
    stream.sent(7, b"abcd", 4)
    first, second = stream.received(b"ab", 2), stream.received(b"cd", 2)
    assert [tuple(part) for part in first + second] == [(7, 0, 0, 0, 2), (7, 2, 2, 0, 2)]
    assert stream.received(b"ef", 2) == []


@pytest.mark.parametrize("case", range(40))
def test_what_a_recording_lacks_is_joined_with_nothing(case: int) -> None:
    """Sends and receives are lost from the recording: only equal bytes are joined, and in order."""
    chance = random.Random(SEED * 2000 + case)
    data = chance.randbytes(300) if hasattr(chance, "randbytes") else bytes(
        chance.choices(range(256), k=300)
    )  # fmt: skip
    stream, sends, at = Stream(), {}, 0
    for who, size in enumerate(cut(chance, len(data))):
        if chance.random() < 0.8:
            sends[who] = data[at : at + size]
            stream.sent(who, sends[who], size)
        at += size
    count, at = 0, 0
    for size in cut(chance, len(data)):
        piece = data[at : at + size]
        at += size
        if chance.random() < 0.8:
            for part in stream.received(piece, size):
                sent = sends[part.who][part.within : part.within + part.length]
                assert sent == piece[part.into : part.into + part.length]
                count += part.length
    assert count > 60


def _is(from_to: tuple[str, str], datagram: Datagram) -> bool:
    return (datagram.sender, datagram.to) == from_to


@pytest.mark.parametrize("case", range(20))
def test_datagrams_by_content_order_and_address(case: int) -> None:
    chance = random.Random(SEED * 3000 + case)
    way = Datagrams()
    sent = []
    for who in range(30):
        data = b"%d" % chance.randint(0, 5) * chance.randint(1, 3)
        sent.append((who, data, chance.choice("xy"), chance.choice("AB")))
        way.sent(Datagram(who, data, len(data), *sent[-1][2:]))
    arrived = [each for each in sent if chance.random() < 0.7]
    taken = []
    for _, data, sender, to in arrived:
        from_to = (sender, to)
        concerns = partial(_is, from_to)
        found = way.received(to, data, len(data), concerns)
        assert found is not None
        assert (found.data, found.sender, found.to) == (data, sender, to)
        taken.append(found.who)
    assert len(set(taken)) == len(arrived)
    assert len(way.left) == len(sent) - len(arrived)


def test_a_datagram_that_is_cut_and_one_for_many() -> None:
    way = Datagrams(lambda to: to == "group")
    way.sent(Datagram(0, b"three", 5, "x", "group"))
    for receiver in "AB":
        assert way.received(receiver, b"th", 2, lambda d: True, whole=False) is not None
        assert way.received(receiver, b"th", 2, lambda d: True, whole=False) is None
    assert way.received("C", b"th", 2, lambda d: True) is None


# --- programs ------------------------------------------------------------------------


def made_by(program: str) -> tuple[Sockets, list[Any]]:
    """The sockets and joins of a program that runs here."""
    if WINDOWS:
        pytest.skip("on Windows, trace does not know Winsock's calls yet")
    events: list[Any] = [("process", time.perf_counter_ns(), os.getpid(), 0, record.PYTHON,
                          target, [])]  # fmt: skip
    with watch.watching(events.append):
        exec(compile("import pysock as socket, threading\n" + program, "program.py", "exec"), {})
    sockets = Sockets(1000)
    for pid, event in sort([(os.getpid(), event) for event in events]):
        sockets.feed(pid, event)
    return sockets, Joiner(sockets.seen).run()


def moved(joins: list[Any]) -> list[tuple[str, int, int, int]]:
    return [(join.kind, join.count, join.within, join.into) for join in joins]


TCP = """
srv = socket.create_server(("127.0.0.1", 0))
c = socket.create_connection(srv.getsockname()); d, _ = srv.accept()
c.sendall(b"abcd"); d.recv(2); d.recv(2)
d.send(b"ef"); d.send(b"gh")
while len(c.recv(10, socket.MSG_PEEK)) < 4: pass
c.recv(10); c.close(); d.recv(1); d.close(); srv.close()
"""


def test_both_ends_of_a_connection_are_joined() -> None:
    _, joins = made_by(TCP)
    found = moved([join for join in joins if not join.peek])
    assert found == [
        ("connection", 0, 0, 0),
        ("bytes", 2, 0, 0),
        ("bytes", 2, 2, 0),
        ("bytes", 2, 0, 0),
        ("bytes", 2, 0, 2),
        ("end", 0, 0, 0),
    ]
    assert [join.peek for join in joins].count(True) >= 1


def test_connections_at_once_are_told_apart_by_what_they_carry() -> None:
    """Which connect an accept has answered is seen in no address that the program asked for."""
    _, joins = made_by("""
srv = socket.create_server(("127.0.0.1", 0))
cs = [socket.create_connection(srv.getsockname()) for _ in range(9)]
for n in (3, 1, 4, 0, 5, 2, 6, 8, 7): cs[n].sendall(b"number %d" % n)
ds = [srv.accept()[0] for _ in cs]
for d in ds: d.sendall(d.recv(100))
for c in cs: c.recv(100)
for s in [*cs, *ds, srv]: s.close()
""")
    data = [join for join in joins if join.kind == "bytes"]
    assert len(data) == 18
    for join in data:
        sent, received = join.sent.call.argument("buf"), join.received.call.argument("buf")
        assert bytes(sent) == bytes(received)
    assert [join.kind for join in joins].count("connection") == 9


def test_datagrams_and_who_has_sent_them() -> None:
    _, joins = made_by("""
a = socket.socket(type=socket.SOCK_DGRAM); a.bind(("127.0.0.1", 0))
b = socket.socket(type=socket.SOCK_DGRAM); b.sendto(b"one", a.getsockname())
data, peer = a.recvfrom(100); a.sendto(data * 2, peer); b.recvfrom(100)
b.connect(a.getsockname()); b.send(b"three"); a.recv(2); a.close(); b.close()
""")
    assert moved(joins) == [("datagram", 3, 0, 0), ("datagram", 6, 0, 0), ("datagram", 2, 0, 0)]


@pytest.mark.skipif(FOREIGN or not LINUX, reason="descriptors in messages are asked of Linux here")
def test_a_descriptor_in_a_message_is_the_socket_that_was_sent() -> None:
    _, joins = made_by("""
a, b = socket.socketpair(); c, d = socket.socketpair()
socket.send_fds(a, [b"x"], [c.fileno()])
_, fds, _, _ = socket.recv_fds(b, 1, 1)
e = socket.socket(fileno=fds[0]); e.send(b"hello"); d.recv(10)
for s in (a, b, c, d, e): s.close()
""")
    assert ("bytes", 5, 0, 0) in moved(joins)


def test_a_recording_without_its_first_half() -> None:
    """What has no other end in the recording is joined with nothing, and all calls are there."""
    if WINDOWS:
        pytest.skip("on Windows, trace does not know Winsock's calls yet")
    events: list[Any] = []
    with watch.watching(events.append):
        exec(compile("import pysock as socket\n" + TCP, "program.py", "exec"), {})
    sockets = Sockets(1000)
    for event in events[len(events) // 2 :]:
        sockets.feed(1, event)
    Joiner(sockets.seen).run()
    assert sum(event[0] == "begin" for event in events[len(events) // 2 :]) == len(sockets.seen)


def test_a_million_calls_are_counted_and_not_kept(tmp_path: Path) -> None:
    sockets = Sockets(3)
    where = (None, "", "", 0)
    for number in range(1000):
        sockets.feed(1, ("begin", number, number, 1, "libc", "listen", (3, 1), {}, where))
        sockets.feed(1, ("end", number, number, 1, 0, 0, {}))
    assert (len(sockets.seen), sockets.left_out, len(sockets.open)) == (3, 997, 0)


@pytest.mark.parametrize("name", [n for n in _constants.targets() if n.startswith("linux")])
def test_control_messages_are_shown_on_every_platform(name: str) -> None:
    """musl gives the padding in a header a name."""
    values = Values(name)
    rights = _constants.table(name)["SOL_SOCKET"], _constants.table(name)["SCM_RIGHTS"]
    raw = values.control.messages([(*rights, bytes(8)), (*rights, bytes(4))])
    cells = bytemap._control(values, raw)
    assert "".join(octets for octets, _, _ in cells) == raw.hex()
    said = {member: what for _, member, what in cells}
    assert (said["cmsg_type"], said["cmsg_data"]) == ("SCM_RIGHTS", "[0]")
    assert said.get("__pad1", "0") == "0"
