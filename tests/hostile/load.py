"""Many connections, threads and descriptors at once, in one process of either module.

``python -m tests.hostile.load pysock PROGRAM [ARGUMENT ...]`` runs one of ``PROGRAMS`` with
``socket`` being pysock for all that it imports (or ``socket``: the C module), and prints as JSON
what came of it.  ``tests.load`` and ``test_load`` start them.
"""

from __future__ import annotations

import errno
import gc
import json
import mmap
import os
import sys
import threading
import time
from typing import Any

if sys.argv[1:2] == ["pysock"]:
    import pysock

    # Before anything imports the C module: asyncio and selectors then run on pysock, without ssl,
    # which wants the C module's class as a base.
    sys.modules["socket"] = pysock
    sys.modules["ssl"] = None  # type: ignore[assignment]

import asyncio
import selectors
import socket

SIZE = 64  # bytes of a message
PATIENCE = 60 * float(os.environ.get("PYSOCK_PATIENCE", "1"))


def ram() -> int:
    """The bytes of this process that are in RAM, or 0 where that is not told."""
    gc.collect()
    if not os.path.exists("/proc/self/statm"):
        return 0
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


# --- clients -------------------------------------------------------------------------


def message(*what: int) -> bytes:
    """A message that no other client sends."""
    return (b"%d " * len(what) % what).ljust(SIZE, b".")


def clients(port: str, idle: str, active: str, rounds: str) -> None:
    """Open idle connections; then active ones, which all talk at once; then all say good-bye.

    An answer that is not what was sent is a failure.
    """
    address = "127.0.0.1", int(port)

    def opened(count: str) -> list[socket.socket]:
        return [socket.create_connection(address, PATIENCE) for _ in range(int(count))]

    def talk(socks: list[socket.socket], number: int) -> None:
        for i, sock in enumerate(socks):
            sock.sendall(message(id(socks), i, number))
        for i, sock in enumerate(socks):
            answer = sock.recv(SIZE, socket.MSG_WAITALL)
            while 0 < len(answer) < SIZE:  # MSG_WAITALL knows nothing of a timeout
                answer += sock.recv(SIZE - len(answer))
            assert answer == message(id(socks), i, number), answer

    held = opened(idle)
    say(opened=len(held))
    sys.stdin.readline()
    busy = opened(active)
    begin = time.perf_counter()
    for number in range(int(rounds)):
        talk(busy, number)
    seconds = time.perf_counter() - begin
    say(talked=len(busy) * int(rounds), seconds=seconds)
    sys.stdin.readline()
    talk(held, 0)
    say(alive=len(held))
    sys.stdin.readline()


# --- servers -------------------------------------------------------------------------


class Echo(asyncio.Protocol):
    """Sends back what comes."""

    now = peak = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        Echo.now += 1
        Echo.peak = max(Echo.peak, Echo.now)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        Echo.now -= 1


def by_asyncio(idle: str, active: str) -> None:
    """One event loop for all connections."""

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Echo, "127.0.0.1", 0, backlog=1000)
        say(port=server.sockets[0].getsockname()[1])
        while command := await loop.run_in_executor(None, sys.stdin.readline):
            say(**{command.strip(): ram(), "now": Echo.now})
        server.close()

    asyncio.run(serve())


def by_threads(idle: str, active: str) -> None:
    """A selector for the idle connections, which come first, and a thread for each active one."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
    say(port=listener.getsockname()[1])
    held: list[socket.socket] = []
    threading.stack_size(1 << 18)

    def echo(sock: socket.socket) -> None:
        with sock:
            sock.settimeout(PATIENCE)
            while data := sock.recv(4096):
                sock.sendall(data)

    def watch() -> None:
        with selectors.DefaultSelector() as selector:
            for sock in held:
                selector.register(sock, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    sock = key.fileobj  # type: ignore[assignment]
                    if data := sock.recv(4096):
                        sock.sendall(data)
                    else:
                        selector.unregister(sock)
                        sock.close()

    def accept() -> None:
        while len(held) < int(idle):
            held.append(listener.accept()[0])
        threading.Thread(target=watch, daemon=True).start()
        for _ in range(int(active)):
            threading.Thread(target=echo, args=[listener.accept()[0]], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    while command := sys.stdin.readline():
        say(**{command.strip(): ram(), "now": len(held)})


# --- in one process ------------------------------------------------------------------


def waiting(threads: str, call: str, size: str) -> None:
    """How much memory threads take while each waits in a call, and after that."""
    count, room = int(threads), int(size)
    receive = {
        "recv": lambda sock: sock.recv(room),
        "recvfrom": lambda sock: sock.recvfrom(room)[0],
        "recvmsg": lambda sock: sock.recvmsg(room, 100)[0],
    }[call]
    pairs = [socket.socketpair() for _ in range(count)]
    before, barrier = ram(), threading.Barrier(count + 1)
    wrong: list[bytes] = []
    data = bytes(range(256)) * (room // 256 + 1)

    def run(sock: Any) -> None:
        barrier.wait(PATIENCE)
        answer = receive(sock)
        if not answer or not data.startswith(answer):
            wrong.append(answer)

    running = [threading.Thread(target=run, args=[one]) for one, _ in pairs]
    for thread in running:
        thread.start()
    barrier.wait(PATIENCE)
    during, last = ram(), -1
    while during > last:  # until all of them wait
        time.sleep(0.5)
        during, last = ram(), during
    for _, other in pairs:
        other.sendall(data[:room])
    for thread in running:
        thread.join()
    say(waiting=during - before, after=ram() - before, wrong=len(wrong))


def sockets(count: str) -> None:
    """How many bytes a socket object takes."""
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
    before = ram()
    held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(int(count))]
    say(bytes=(ram() - before) // len(held))


def exhausted(limit: str, connections: str) -> None:
    """A server that runs out of descriptors: accept says EMFILE, and goes on when it has some."""
    import resource

    count, refused, served = int(connections), 0, 0
    listener = socket.create_server(("127.0.0.1", 0), backlog=count)
    clients: list[socket.socket] = []
    for i in range(count):
        clients.append(socket.create_connection(listener.getsockname(), PATIENCE))
        clients[-1].sendall(message(i))
    open_files = len(os.listdir("/dev/fd"))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files + int(limit), hard))
    held: list[socket.socket] = []
    listener.settimeout(PATIENCE)
    while served < count:
        try:
            held.append(listener.accept()[0])
            served += 1
        except OSError as error:
            assert error.errno == errno.EMFILE, error
            refused += 1
            assert held, "no descriptor came back"
            answer_all(held)
    answer_all(held)
    whole = sum(client.recv(SIZE, socket.MSG_WAITALL) == message(i) or 0
                for i, client in enumerate(map(blocking, clients)))  # fmt: skip
    for client in clients:
        client.close()
    listener.close()
    say(served=served, refused=refused, whole=whole,
        left=len(os.listdir("/dev/fd")) - open_files + count + 1)  # fmt: skip


def blocking(sock: socket.socket) -> socket.socket:
    sock.settimeout(None)
    return sock


def answer_all(held: list[socket.socket]) -> None:
    while held:
        with held.pop() as sock:
            sock.sendall(blocking(sock).recv(SIZE, socket.MSG_WAITALL))


PROGRAMS = {
    function.__name__: function
    for function in (clients, by_asyncio, by_threads, waiting, sockets, exhausted)
}

if __name__ == "__main__":
    PROGRAMS[sys.argv[2]](*sys.argv[3:])
