"""Conversations in a network that disturbs them, and a proxy that is such a network.

A conversation sends data in one of the ways of ``WAYS``, ends its direction, and waits for the
checksum that the other end answers with.  So each has a half-close in it, and nothing that is
lost, invented or out of order goes unnoticed.
"""

from __future__ import annotations

import hashlib
import random
import socket as stdlib
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import product
from typing import Any

import pysock

from ..harness import LATE, PATIENCE, Action, outcome

Module = Any
Route = Callable[[Any], Any]  # the address of a listener → a context with the one to connect to

TIMEOUT = 0.4  # seconds, for what has to time out
WINDOW = 4096  # bytes: small buffers, which fill up soon
SLACK = 0.3 * PATIENCE  # seconds by which pysock may be later than the C module
mixed = [*product([pysock, stdlib], repeat=2)]  # who sends, who receives


def module_of(sock: Any) -> Module:
    """The module whose numbers are those of a socket."""
    return pysock if isinstance(sock, pysock.socket) else stdlib


def small(sock: Any, option: str) -> None:
    """Give a socket the small buffer that an option names."""
    module = module_of(sock)
    sock.setsockopt(module.SOL_SOCKET, getattr(module, option), WINDOW)


def data_of(size: int, seed: object = 1) -> bytes:
    """Bytes that say where they are missing."""
    return random.Random(str(seed)).getrandbits(8 * size).to_bytes(size, "big")


def timed(call: Action) -> tuple[Any, float]:
    """The outcome of a call, and how many seconds it took."""
    begin = time.monotonic()
    result = outcome(call)
    return result, time.monotonic() - begin


MUCH = data_of(8 << 20)  # more than any buffer has room for


def in_time(run: Callable[[Module], tuple[Any, float]], beside_c: bool = True) -> None:
    """A call times out at its deadline, and ``beside_c`` as the C module's does.

    A machine that has other things to do gets a second and a third chance.
    """
    for _ in range(3):
        (mine, seconds) = run(pysock)
        theirs, their_seconds = run(stdlib) if beside_c else ("timed out", TIMEOUT)
        assert mine == theirs == "timed out"
        assert seconds >= TIMEOUT - 0.001
        if seconds <= max(TIMEOUT, their_seconds) + SLACK:
            return
    raise AssertionError(f"{seconds:.3f} s, C {their_seconds:.3f} s, of {TIMEOUT}")


# --- ways to send and to receive -----------------------------------------------------


def _send(sock: Any, data: bytes) -> None:
    done = 0
    with memoryview(data) as view:
        while done < len(data):
            done += sock.send(view[done : done + 7000])


def _sendmsg(sock: Any, data: bytes) -> None:
    done = 0
    while done < len(data):
        parts = [data[done : done + 1000], bytearray(data[done + 1000 : done + 5000])]
        done += sock.sendmsg(parts)


def _sendfile(sock: Any, data: bytes) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        assert sock.sendfile(file) == len(data)


def _write(sock: Any, data: bytes) -> None:
    with sock.makefile("wb") as file:
        for at in range(0, len(data), 3000):
            file.write(data[at : at + 3000])


def _write_raw(sock: Any, data: bytes) -> None:
    with sock.makefile("wb", 0) as file:
        done = 0
        with memoryview(data) as view:
            while done < len(data):
                done += file.write(view[done:])


def _until_end(some: Callable[[int], bytes]) -> bytes:
    """What comes, in pieces of sizes that vary."""
    chance, pieces = random.Random(1), []
    while piece := some(chance.choice([1, 100, 5000, 70_000])):
        pieces.append(piece)
    return b"".join(pieces)


def _recv(sock: Any) -> bytes:
    return _until_end(sock.recv)


def _recv_into(sock: Any) -> bytes:
    buffer = bytearray(70_000)

    def some(size: int) -> bytes:
        return bytes(buffer[: sock.recv_into(buffer, size)])

    return _until_end(some)


def _recvfrom(sock: Any) -> bytes:
    return _until_end(lambda size: bytes(sock.recvfrom(size)[0]))


def _recvmsg(sock: Any) -> bytes:
    return _until_end(lambda size: bytes(sock.recvmsg(size, 100)[0]))


def _recvmsg_into(sock: Any) -> bytes:
    def some(size: int) -> bytes:
        one, other = bytearray(size // 2), bytearray(size - size // 2)
        n = sock.recvmsg_into([one, other])[0]
        return bytes(one + other)[:n]

    return _until_end(some)


def _wait_for_all(sock: Any) -> bytes:
    return _until_end(lambda size: bytes(sock.recv(size, module_of(sock).MSG_WAITALL)))


def _read(sock: Any) -> bytes:
    with sock.makefile("rb") as file:
        return bytes(file.read())


def _readline(sock: Any) -> bytes:
    with sock.makefile("rb") as file:
        return b"".join(file)


WAYS: dict[str, tuple[Callable[[Any, bytes], None], Callable[[Any], bytes]]] = {
    "sendall, recv": (lambda sock, data: sock.sendall(data), _recv),
    "send, recv_into": (_send, _recv_into),
    "sendmsg, recvmsg": (_sendmsg, _recvmsg),
    "sendfile, recvfrom": (_sendfile, _recvfrom),
    "write, read": (_write, _read),
    "raw write, readline": (_write_raw, _readline),
    "sendall, recvmsg_into": (lambda sock, data: sock.sendall(bytearray(data)), _recvmsg_into),
    "sendall, MSG_WAITALL": (lambda sock, data: sock.sendall(memoryview(data)), _wait_for_all),
}


def converse(
    sender: Module, receiver: Module, way: str, data: bytes, route: Route, timeout: float | None
) -> None:
    """Send data from a socket of one module to one of another; nothing may be lost or invented."""
    send, receive = WAYS[way]

    def answer() -> bytes:
        sock, _ = listener.accept()
        with sock:
            sock.settimeout(timeout)
            received = receive(sock)
            sock.sendall(hashlib.sha256(received).digest())
        return received

    with ExitStack() as stack:
        listener = stack.enter_context(receiver.create_server(("127.0.0.1", 0)))
        small(listener, "SO_RCVBUF")
        listener.settimeout(LATE)
        address = stack.enter_context(route(listener.getsockname()))
        pool = stack.enter_context(ThreadPoolExecutor(1))
        done = pool.submit(answer)
        sock = stack.enter_context(sender.create_connection(address, LATE))
        small(sock, "SO_SNDBUF")
        sock.settimeout(timeout)
        send(sock, data)
        sock.shutdown(stdlib.SHUT_WR)
        checksum = _recv(sock)
        received = done.result()
        assert received == data, f"{len(received)} bytes of {len(data)}, or others"
        assert checksum == hashlib.sha256(data).digest()


# --- calls that the network keeps waiting --------------------------------------------


# Each makes the call for a socket.  Those that read have nothing to read, those that write
# write more than there is room for.
READS: dict[str, Callable[[Any], Action]] = {
    "recv": lambda s: partial(s.recv, 100),
    "recv, large": lambda s: partial(s.recv, 100_000),
    "recv_into": lambda s: partial(s.recv_into, bytearray(100)),
    "recvfrom": lambda s: partial(s.recvfrom, 100),
    "recvfrom_into": lambda s: partial(s.recvfrom_into, bytearray(100)),
    "recvmsg": lambda s: partial(s.recvmsg, 100, 100),
    "recvmsg_into": lambda s: partial(s.recvmsg_into, [bytearray(100)]),
    "file.read": lambda s: partial(s.makefile("rb").read, 100),
    "file.readline": lambda s: s.makefile("rb").readline,
}
WRITES: dict[str, Callable[[Any], Action]] = {
    "send": lambda s: partial(_send, s, MUCH),
    "sendall": lambda s: partial(s.sendall, MUCH),
    "sendall, bytearray": lambda s: partial(s.sendall, bytearray(MUCH)),
    "sendmsg": lambda s: partial(_sendmsg, s, MUCH),
    "sendfile": lambda s: partial(_sendfile, s, MUCH),
    "file.write": lambda s: partial(_write_raw, s, MUCH),
}
CALLS = {**READS, **WRITES}


@contextmanager
def connected(module: Module, route: Route) -> Iterator[tuple[Any, Any]]:
    """A socket of a module, and the C module's at the other end; their buffers are small."""
    with ExitStack() as stack:
        listener = stack.enter_context(stdlib.create_server(("127.0.0.1", 0)))
        small(listener, "SO_RCVBUF")
        listener.settimeout(LATE)
        address = stack.enter_context(route(listener.getsockname()))
        sock = stack.enter_context(module.create_connection(address, LATE))
        small(sock, "SO_SNDBUF")
        peer, _ = listener.accept()
        yield sock, stack.enter_context(peer)


# --- the proxy -----------------------------------------------------------------------


@contextmanager
def direct(target: Any) -> Iterator[Any]:
    """No network in between."""
    yield target


class Proxy:
    """Takes one connection to ``target``, and passes on what comes, as badly as it is told to.

    ``piece`` is how many bytes it takes at a time, ``pause`` up to how long it waits then, in
    seconds.  It passes nothing on while ``flows`` is not set.
    """

    def __init__(self, target: Any = None, *, piece: int = 65536, pause: float = 0.0) -> None:
        self.target, self.piece, self.pause = target, piece, pause
        self.flows = threading.Event()
        self.flows.set()
        self.ended = False
        self.ends: list[stdlib.socket] = []

    def __enter__(self) -> Proxy:
        self.listener = stdlib.create_server(("127.0.0.1", 0))
        small(self.listener, "SO_RCVBUF")
        self.address = self.listener.getsockname()
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()
        return self

    @contextmanager
    def route(self, target: Any) -> Iterator[Any]:
        """The way to ``target``, which a proxy may learn only now."""
        self.target = target
        yield self.address

    def __exit__(self, *exception: object) -> None:
        self.ended = True
        self.flows.set()
        # A thread in accept or recv is woken by shutdown, and not by close.
        for sock in (self.listener, *self.ends):
            with suppress(OSError):
                sock.shutdown(stdlib.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        for sock in (self.listener, *self.ends):
            sock.close()

    def accept(self) -> None:
        with suppress(OSError):  # nobody has come
            near = self.listener.accept()[0]
            self.ends.append(near)
            far = stdlib.create_connection(self.target)
            self.ends.append(far)
            for sock in near, far:
                sock.setsockopt(stdlib.IPPROTO_TCP, stdlib.TCP_NODELAY, 1)
                small(sock, "SO_SNDBUF")
            back = threading.Thread(target=self.pump, args=(far, near, 65536))
            self.threads.append(back)
            back.start()
            self.pump(near, far, self.piece)

    def pump(self, here: stdlib.socket, there: stdlib.socket, piece: int) -> None:
        chance = random.Random(1)
        with suppress(OSError):  # one of the two has gone: that is for its peer to say
            while self.flows.wait() and (data := here.recv(piece)):
                self.flows.wait()
                there.sendall(data)
                if self.pause and not self.ended:
                    time.sleep(chance.uniform(0, self.pause))
            there.shutdown(stdlib.SHUT_WR)


def reset(sock: stdlib.socket) -> None:
    """Break a connection off: what is under way is thrown away, and the peer gets an RST."""
    sock.setsockopt(stdlib.SOL_SOCKET, stdlib.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@contextmanager
def _through(target: Any, **how: Any) -> Iterator[Any]:
    with Proxy(target, **how) as proxy:
        yield proxy.address


@contextmanager
def _small_segments(target: Any) -> Iterator[Any]:
    """Segments of 88 bytes, of which 36 are data: the fewest that Linux has."""
    with Proxy(target) as proxy:
        proxy.listener.setsockopt(stdlib.IPPROTO_TCP, stdlib.TCP_MAXSEG, 88)
        yield proxy.address


ROUTES: dict[str, Route] = {
    "direct": direct,
    "one byte at a time": partial(_through, piece=1),
    "pieces and pauses": partial(_through, piece=777, pause=0.002),
}
if hasattr(stdlib, "TCP_MAXSEG"):
    ROUTES["small segments"] = _small_segments
