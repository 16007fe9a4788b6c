"""The process under test of ``served``: ``python -m tools.bench.serving KIND ARGUMENT``.

A server says its port, or 0 for the descriptor that it was given, and serves until standard input
ends.  A client says "ready", and is told how often to ask; it answers with the nanoseconds of CPU
time that it took.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

HOST = "127.0.0.1"
BODY = bytes(1024)
TIMEOUT = 10.0


def wsgi(environ: Any, start_response: Any) -> list[bytes]:
    """A KiB for whoever asks."""
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))]
    start_response("200 OK", headers)
    return [BODY]


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """The same for ASGI."""
    if scope["type"] == "http":
        headers = [(b"content-length", str(len(BODY)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})


# --- servers -------------------------------------------------------------------------


def threads(timeout: float | None) -> None:
    """socketserver's threads: each sends a KiB for whatever comes on its connection."""
    import socketserver

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(timeout)
            while self.request.recv(1024):
                self.request.sendall(BODY)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    _serve(Server((HOST, 0), Handler))


def http(timeout: float | None) -> None:
    """http.server's threads."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    Handler.timeout = timeout
    _serve(ThreadingHTTPServer((HOST, 0), Handler))


def _serve(server: Any) -> None:
    _until_the_end(server.server_address[1], server.serve_forever)


def _until_the_end(port: int, serve: Callable[[], Any]) -> None:
    threading.Thread(target=serve, daemon=True).start()
    print(port, flush=True)
    sys.stdin.read()
    os._exit(0)  # some have threads that would go on


def waitress() -> None:
    package = import_module("waitress")
    logging.getLogger("waitress").setLevel(logging.ERROR)  # of its queue, it warns at once
    server: Any = package.create_server(wsgi, host=HOST, port=0, threads=4)
    _until_the_end(server.effective_port, server.run)


def cheroot() -> None:
    server = import_module("cheroot.wsgi").Server((HOST, 0), wsgi, numthreads=4)
    server.prepare()
    _until_the_end(server.bind_addr[1], server.serve)


def uvicorn() -> None:
    package = import_module("uvicorn")
    sock = socket.create_server((HOST, 0))
    config = package.Config(asgi, loop="asyncio", http="h11", log_level="error", lifespan="off")
    server = package.Server(config)
    server.install_signal_handlers = lambda: None  # they are the main thread's
    _until_the_end(sock.getsockname()[1], lambda: server.run(sockets=[sock]))


def gunicorn(fd: str) -> None:
    """One worker with four threads, which has the descriptor as its listener."""
    options = ["--workers=1", "--worker-class=gthread", "--threads=4", "--log-level=error"]
    command = [sys.executable, "-m", "gunicorn", *options, "--keep-alive=60", f"--bind=fd://{fd}"]
    process = subprocess.Popen([*command, "tools.bench.serving:wsgi"], pass_fds=[int(fd)])
    print(0, flush=True)
    sys.stdin.read()
    process.send_signal(signal.SIGTERM)
    process.wait()


# --- clients -------------------------------------------------------------------------


def redis(port: str) -> None:
    package = import_module("redis")
    client = package.Redis(HOST, int(port), socket_timeout=TIMEOUT)
    client.set("key", BODY)
    _answer(lambda: client.get("key"))


def postgres(port: str) -> None:
    native = import_module("pg8000.native")
    client = native.Connection("client", host=HOST, port=int(port), database="postgres")
    _answer(lambda: client.run("SELECT 1"))


def _answer(ask: Callable[[], Any]) -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        before = time.process_time_ns()
        for _ in range(int(line)):
            ask()
        print(time.process_time_ns() - before, flush=True)


KINDS: dict[str, Callable[[str], None]] = {
    "threads": lambda fd: threads(None),
    "threads-timeout": lambda fd: threads(TIMEOUT),
    "http": lambda fd: http(None),
    "http-timeout": lambda fd: http(TIMEOUT),
    "waitress": lambda fd: waitress(),
    "cheroot": lambda fd: cheroot(),
    "uvicorn": lambda fd: uvicorn(),
    "gunicorn": gunicorn,
    "redis": redis,
    "pg8000": postgres,
}

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as ``peer``
    with suppress(BrokenPipeError):
        KINDS[sys.argv[1]](sys.argv[2])
