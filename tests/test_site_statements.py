"""What the pages of the site say about the kernel, put to the kernel.

Each test names the statement that it proves, and the page must have it in these words.  The pages
speak of Linux.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import product
from time import monotonic, sleep

import pytest

import pysock
from pysock import tcp

from . import ROOT
from .foreign import LINUX

PAGES = ROOT / "docs/site"

pytestmark = [
    pytest.mark.skipif(not LINUX, reason="the pages speak of Linux"),
    pytest.mark.skipif(not PAGES.is_dir(), reason="docs/ is not in a packed source"),
    pytest.mark.skipif("info" not in tcp.supported(), reason="this kernel has no TCP_INFO"),
]

Proof = Callable[["Ends"], None]
PROOFS: list[tuple[str, str, Proof]] = []


def states(page: str, statement: str) -> Callable[[Proof], Proof]:
    def add(proof: Proof) -> Proof:
        PROOFS.append((page, statement, proof))
        return proof

    return add


class Ends:
    """A listener, a client and its server's end; what else is made is closed, too."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.listener = self.keep(pysock.create_server(("127.0.0.1", 0), backlog=1))
        self.address = self.listener.getsockname()
        self.client = self.keep(pysock.create_connection(self.address))
        self.server = self.keep(self.listener.accept()[0])
        for each in (self.client, self.server):
            each.settimeout(5)

    def keep(self, sock: pysock.Socket) -> pysock.Socket:
        return self.stack.enter_context(sock)


@pytest.fixture
def ends() -> Iterator[Ends]:
    with ExitStack() as stack:
        yield Ends(stack)


def state(sock: pysock.Socket) -> str:
    found = tcp.info(sock).state
    assert isinstance(found, tcp.State)
    return found.name


def becomes(sock: pysock.Socket, *wanted: str) -> None:
    """Wait until a socket is in a state."""
    deadline = monotonic() + 5
    while state(sock) not in wanted and monotonic() < deadline:
        sleep(0.005)
    assert state(sock) in wanted


def refused(number: int, call: Callable[[], object]) -> None:
    with pytest.raises(OSError) as caught:
        call()
    assert caught.value.errno == number


# --- the life of a connection --------------------------------------------------------


@states("tcp-life", "It never carries data itself")
def _listener(ends: Ends) -> None:
    assert state(ends.listener) == "LISTEN"
    refused(errno.ENOTCONN, lambda: ends.listener.recv(1))
    refused(errno.EPIPE, lambda: ends.listener.send(b"x"))


@states("tcp-life", "has asked the other end for a connection, and there is no answer yet")
@states("glossary", "Linux keeps one more than [listen](methods/listen.md) was given")
def _syn_sent(ends: Ends) -> None:
    kept = [ends.keep(pysock.create_connection(ends.address)) for _ in range(2)]  # backlog=1
    assert [state(each) for each in kept] == ["ESTABLISHED"] * 2
    waiting = ends.keep(pysock.socket())
    waiting.setblocking(False)
    assert waiting.connect_ex(ends.address) == errno.EINPROGRESS
    assert state(waiting) == "SYN_SENT"


@states("tcp-life", "If the answer is that nobody listens there, connect raises [ECONNREFUSED]")
def _refused(ends: Ends) -> None:
    ends.listener.close()
    refused(errno.ECONNREFUSED, lambda: pysock.create_connection(ends.address))


@states("tcp-life", "can send, before the server has called [accept](methods/accept.md)")
def _before_accept(ends: Ends) -> None:
    early = ends.keep(pysock.create_connection(ends.address))
    assert state(early) == "ESTABLISHED" and early.send(b"early") == 5
    later = ends.keep(ends.listener.accept()[0])
    assert later.recv(100) == b"early"


@states(
    "tcp-life", "While the other end has no room for the data that was sent before, it stays so"
)
def _fin_wait_1(ends: Ends) -> None:
    ends.client.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            ends.client.send(bytes(1 << 16))
    ends.client.shutdown(pysock.SHUT_WR)
    assert state(ends.client) == "FIN_WAIT_1"
    sleep(0.1)
    assert state(ends.client) == "FIN_WAIT_1"
    while ends.server.recv(1 << 20):
        pass
    becomes(ends.client, "FIN_WAIT_2")


@states("tcp-life", "After `shutdown(SHUT_WR)` this end still receives")
@states("glossary", "A connection in which one end has ended what it sends, and still receives")
def _fin_wait_2(ends: Ends) -> None:
    ends.client.shutdown(pysock.SHUT_WR)
    becomes(ends.client, "FIN_WAIT_2")
    ends.server.send(b"answer")
    assert ends.client.recv(100) == b"answer"


@states("tcp-life", "After `close` it does not: what still arrives is answered with a reset")
def _closed(ends: Ends) -> None:
    ends.client.close()
    assert ends.server.recv(1) == b""
    ends.server.send(b"too late")
    deadline = monotonic() + 5
    while state(ends.server) != "CLOSED" and monotonic() < deadline:
        sleep(0.005)
    assert ends.server.getsockopt(pysock.SOL_SOCKET, pysock.SO_ERROR) == errno.EPIPE


@states("tcp-life", "The end that was first to close remembers the connection for a while")
@states("tcp-life", "both it and the earlier server have set SO_REUSEADDR, or both SO_REUSEPORT")
def _time_wait(ends: Ends) -> None:
    for option, earlier in product((pysock.SO_REUSEADDR, pysock.SO_REUSEPORT), (False, True)):
        listener = ends.keep(pysock.socket())
        listener.setsockopt(pysock.SOL_SOCKET, option, earlier)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = listener.getsockname()
        client = ends.keep(pysock.create_connection(address))
        server = ends.keep(listener.accept()[0])
        server.close()  # the first
        assert client.recv(1) == b""
        client.close()
        listener.close()
        for later in (False, True):
            new = ends.keep(pysock.socket())
            new.setsockopt(pysock.SOL_SOCKET, option, later)
            if earlier and later:
                new.bind(address)
            else:
                refused(errno.EADDRINUSE, partial(new.bind, address))


@states("tcp-life", 'once all that it has sent is received, [recv](methods/recv.md) returns `b""`')
@states("tcp-life", "This end has not closed yet, and can still send")
def _close_wait(ends: Ends) -> None:
    ends.client.send(b"last")
    ends.client.shutdown(pysock.SHUT_WR)
    becomes(ends.server, "CLOSE_WAIT")
    assert ends.server.recv(100) == b"last" and ends.server.recv(100) == b""
    assert ends.server.send(b"answer") == 6 and ends.client.recv(100) == b"answer"


@states("tcp-life", "This end has closed as well, and waits for the last confirmation")
def _last_ack(ends: Ends) -> None:
    ends.server.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            ends.server.send(bytes(1 << 16))
    ends.client.shutdown(pysock.SHUT_WR)
    becomes(ends.server, "CLOSE_WAIT")
    ends.server.shutdown(pysock.SHUT_WR)  # as close does, but for the descriptor
    assert state(ends.server) == "LAST_ACK"


@states("tcp-life", "sends one if data that has arrived was not received")
@states("glossary", "The end of a connection without the usual steps")
def _reset(ends: Ends) -> None:
    ends.client.send(b"unread")
    assert ends.server.recv(1, pysock.MSG_PEEK) == b"u"
    ends.server.close()
    refused(errno.ECONNRESET, lambda: ends.client.recv(1))
    assert state(ends.client) == "CLOSED"


# --- the glossary --------------------------------------------------------------------


@states("glossary", "What of it does not fit into the receiver's buffer is lost")
def _datagram(ends: Ends) -> None:
    a, b = (ends.keep(pysock.socket(pysock.AF_INET, pysock.SOCK_DGRAM)) for _ in "ab")
    b.bind(("127.0.0.1", 0))
    for data in (b"abcdef", b"next"):
        a.sendto(data, b.getsockname())
    assert (b.recv(2), b.recv(100)) == (b"ab", b"next")


@states("glossary", "port 0 lets the kernel choose one")
def _port(ends: Ends) -> None:
    assert ends.address[1] > 0


@states("glossary", "A socket that does not block raises BlockingIOError instead")
def _non_blocking(ends: Ends) -> None:
    ends.client.setblocking(False)
    with pytest.raises(BlockingIOError):
        ends.client.recv(1)


@states("glossary", "A name of a Unix socket that is in no file system, on Linux")
def _abstract(ends: Ends) -> None:
    sock = ends.keep(pysock.socket(pysock.AF_UNIX))
    sock.bind("")  # the kernel chooses an abstract name
    name = sock.getsockname()
    assert isinstance(name, bytes) and name[:1] == b"\0"


@states("glossary", "How long a call may wait before it raises TimeoutError")
def _timeout(ends: Ends) -> None:
    ends.client.settimeout(0.05)
    begin = monotonic()
    with pytest.raises(pysock.timeout):
        ends.client.recv(1)
    assert monotonic() - begin >= 0.05


@pytest.mark.parametrize(("page", "statement", "proof"), PROOFS, ids=[s[:48] for _, s, _ in PROOFS])
def test_a_statement(page: str, statement: str, proof: Proof, ends: Ends) -> None:
    text = re.sub(r"\s+", " ", (PAGES / f"{page}.md").read_text(encoding="utf-8"))
    assert statement in text
    proof(ends)
