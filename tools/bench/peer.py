"""The other process: ``python -m tools.bench.peer IMPLEMENTATION TASK [ARGUMENT ...]``.

``socket`` is the implementation for everything that this process imports, so that the standard
library runs on it.  A task is the far end of a row's conversation, or a whole program that
is told how many operations to perform, by a line on standard input each time, and answers with the
nanoseconds that they took.  A process ends when its standard input does.
"""

from __future__ import annotations

import gc
import signal
import sys
import threading
from contextlib import ExitStack
from importlib import import_module
from typing import Any

from . import ROOT
from .measure import ON_PYPY, one_round

CHUNK = 65536  # bytes read at a time from a stream
CERTIFICATE = str(ROOT / "tests/certificates/localhost.pem")


def inject(implementation: str, *, with_tls: bool = False) -> Any:
    """The implementation, which from here on is what ``import socket`` finds."""
    socket = import_module(implementation)
    if not with_tls:
        sys.modules["socket"] = socket
        # It wants the C module's class as a base.  Without it, http and asyncio do without TLS.
        sys.modules["ssl"] = None  # type: ignore[assignment]
    elif implementation != "socket":
        socket.install()
    return socket


def _given(socket: Any, stack: ExitStack, fd: str) -> Any:
    """The socket whose descriptor this process has inherited."""
    sock = stack.enter_context(socket.socket(fileno=int(fd)))
    return sock


# --- the far end of a conversation ---------------------------------------------------


def echo(socket: Any, stack: ExitStack, fd: str, size: str, timeout: str) -> None:
    """Send back what comes."""
    sock, room = _given(socket, stack, fd), int(size)
    sock.settimeout(float(timeout) or None)
    while data := sock.recv(room):
        sock.sendall(data)


def sink(socket: Any, stack: ExitStack, fd: str, how: str = "recv_into") -> None:
    """Read streams by ``how``, each with its size before it, and say when one is read."""
    sock = _given(socket, stack, fd)
    buffer = bytearray(CHUNK)
    while head := sock.recv(8, socket.MSG_WAITALL):
        left = int.from_bytes(head, "big")
        while left > 0:
            n = sock.recv_into(buffer) if how == "recv_into" else len(sock.recv(CHUNK))
            if not n:
                return
            left -= n
        sock.sendall(b".")


def source(socket: Any, stack: ExitStack, fd: str) -> None:
    """Send as many bytes as is asked for each time."""
    sock = _given(socket, stack, fd)
    data = memoryview(bytes(1 << 26))
    while head := sock.recv(8, socket.MSG_WAITALL):
        sock.sendall(data[: int.from_bytes(head, "big")])


def tls_sink(socket: Any, stack: ExitStack, fd: str) -> None:
    """``sink``, by TLS."""
    tls = _keeping().wrap_socket(_given(socket, stack, fd), server_side=True)
    buffer = bytearray(CHUNK)
    while head := tls.recv(8):
        left = int.from_bytes(head, "big")
        while left > 0:
            left -= tls.recv_into(buffer)
        tls.sendall(b".")
    tls.close()


def _keeping() -> Any:
    """The context of a server by TLS."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def _trusting() -> Any:
    """The context of a client by TLS."""
    import ssl

    return ssl.create_default_context(cafile=CERTIFICATE)


def web_server(socket: Any, stack: ExitStack, by: str = "http") -> None:
    """http.server, with a KiB for whoever asks; its port is said on standard output.

    By HTTP it serves one connection, by HTTPS as many as there are until standard input ends.
    """
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or the body waits 40 ms for the headers' ACK
        body = bytes(1024)

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.body)))
            self.end_headers()
            self.wfile.write(self.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = stack.enter_context(HTTPServer(("127.0.0.1", 0), Handler))
    if by == "https":
        server.socket = _keeping().wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    if by == "https":
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.read()
    else:
        server.handle_request()  # of a connection; the requests on it are the handler's


# --- programs ------------------------------------------------------------------------


def web_client(socket: Any, stack: ExitStack) -> Any:
    """GET requests on one connection of http.client, to a server in a process of its own."""
    from http.client import HTTPConnection

    from .machine import share_one_processor
    from .programs import Process

    share_one_processor()
    server = stack.enter_context(Process(socket.__spec__.name, "web_server"))
    connection = HTTPConnection("127.0.0.1", server.answer())
    stack.callback(connection.close)

    def run(n: int) -> None:
        for _ in range(n):
            connection.request("GET", "/")
            assert len(connection.getresponse().read()) == 1024

    return run


def tls_web_client(socket: Any, stack: ExitStack, how: str) -> Any:
    """``web_client`` by HTTPS, on one connection (``kept``) or on a new one each time."""
    from http.client import HTTPSConnection

    from .machine import share_one_processor
    from .programs import Process

    share_one_processor()
    server = stack.enter_context(Process(socket.__spec__.name, "web_server", "https"))
    connection = HTTPSConnection("localhost", server.answer(), context=_trusting())
    stack.callback(connection.close)

    def run(n: int) -> None:
        for _ in range(n):
            connection.request("GET", "/")
            assert len(connection.getresponse().read()) == 1024
            if how != "kept":
                connection.close()

    return run


def tls_stream(socket: Any, stack: ExitStack, size: str) -> Any:
    """sendall of ``size`` bytes by TLS, until another process has read them all."""
    from .calls import pair
    from .programs import Process

    ends = ExitStack()
    here, there = pair(socket, ends, "tcp")
    process = Process(socket.__spec__.name, "tls_sink", fd=there.fileno())
    stack.enter_context(process)
    there.close()
    tls = stack.enter_context(_trusting().wrap_socket(here, server_hostname="localhost"))
    head, data = int(size).to_bytes(8, "big"), bytes(int(size))

    def run(n: int) -> None:
        for _ in range(n):
            tls.sendall(head)
            tls.sendall(data)
            tls.recv(1)

    return run


def asyncio_echo(socket: Any, stack: ExitStack, count: str) -> Any:
    """A message of 64 bytes there and back on each of ``count`` connections, on one event loop."""
    import asyncio

    from .machine import files

    assert files() > 2 * int(count) + 20, "too few files may be open"

    class Server(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)

    class Client(asyncio.Protocol):
        waiting = 0
        done: Any = None

        def data_received(self, data: bytes) -> None:
            Client.waiting -= 1
            if not Client.waiting:
                Client.done.set_result(None)

    loop = asyncio.new_event_loop()
    stack.callback(loop.close)
    listener = socket.create_server(("127.0.0.1", 0), backlog=int(count))
    server = loop.run_until_complete(loop.create_server(Server, sock=listener))
    address = listener.getsockname()
    transports = [
        loop.run_until_complete(loop.create_connection(Client, *address))[0]
        for _ in range(int(count))
    ]

    def close() -> None:
        for transport in transports:
            transport.abort()
        server.close()
        loop.run_until_complete(asyncio.sleep(0.01))

    stack.callback(close)

    async def once() -> None:
        Client.waiting, Client.done = len(transports), loop.create_future()
        for transport in transports:
            transport.write(bytes(64))
        await Client.done

    def run(n: int) -> None:
        for _ in range(n):
            loop.run_until_complete(once())

    return run


def memory(socket: Any, stack: ExitStack, count: str) -> Any:
    """Open so many sockets, once; the answer is the bytes that each adds to this process."""

    def run(n: int) -> int:
        before = _taken()
        held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(int(count))]
        amount = (_taken() - before) // len(held)
        for sock in held:
            sock.close()
        return amount

    return run


def _taken() -> int:
    """The peak of memory that this process has taken; on PyPy, what its collector has in use.

    There, 10,000 sockets of the C module fit into memory for new objects that is taken already.
    """
    gc.collect()
    if ON_PYPY:
        in_use: int = gc.get_stats()._s.total_gc_memory  # type: ignore[attr-defined]
        return in_use
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) * 1024


FAR_ENDS = (echo, sink, source, tls_sink, web_server)
PROGRAMS = (web_client, tls_web_client, tls_stream, asyncio_echo, memory)


def main(implementation: str, task: str, *arguments: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends who started us, and so our input
    tasks = {function.__name__: function for function in FAR_ENDS + PROGRAMS}
    with_tls = task.startswith("tls") or "https" in arguments
    with ExitStack() as stack:
        socket = inject(implementation, with_tls=with_tls)
        run = tasks[task](socket, stack, *arguments)
        if run is None:
            return
        print("ready", flush=True)
        for line in sys.stdin:
            print(one_round(run, int(line)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
