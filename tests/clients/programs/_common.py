"""What the programs share: the module that they run on, addresses, and servers of their own.

Import it after whatever replaces modules (gevent, eventlet).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

HOST = "127.0.0.1"
PATIENCE = 60  # seconds for a server to start


def runs_on() -> str:
    """Which module is ``socket`` in this process: "pysock" or "C"."""
    folder = os.path.dirname(sys.modules["socket"].__file__ or "")
    return "pysock" if os.path.basename(folder) == "pysock" else "C"


def check() -> None:
    """Fail unless this process runs on the module that the table says."""
    expected = os.environ["CLIENTS_SOCKET"]
    assert runs_on() == expected, f"{sys.argv} runs on {runs_on()}, not on {expected}"


def details(server: str) -> dict[str, str]:
    """What is known of a server of Debian's, or of the certificates."""
    return json.loads(os.environ[f"CLIENTS_{server.upper()}"])


def port_of(server: str, name: str = "port") -> int:
    return int(details(server)[name])


def certificate(name: str = "here") -> tuple[str, str]:
    """The files of a certificate and of its key."""
    files = details("certificates")
    return files[name], files[f"{name}-key"]


def free_port() -> int:
    with socket.create_server((HOST, 0)) as sock:
        return sock.getsockname()[1]


@contextmanager
def server(*command: str, port: int, end: int = signal.SIGTERM):
    """A server of the program's own, in another process: ``python COMMAND``."""
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            assert process.poll() is None, process.stdout.read()
            try:
                socket.create_connection((HOST, port), timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the server does not listen"
                time.sleep(0.05)
        yield process
        assert process.poll() is None, process.stdout.read()
        process.send_signal(end)
        said, _ = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in said, said
    finally:
        if process.poll() is None:
            process.kill()
            print(process.communicate()[0], file=sys.stderr)


def fails(function, *arguments, **options) -> str:
    """The exception that a call raises, as one line; its own causes behind it."""
    try:
        result = function(*arguments, **options)
    except Exception as error:
        return described(error)
    raise AssertionError(f"it has not failed, but is {result!r}")


def described(error: BaseException) -> str:
    """The class and the text of an exception, without what changes from run to run."""
    text = f"{type(error).__module__}.{type(error).__name__}: {error}"
    for changing in os.environ.get("CLIENTS_CHANGING", "").split():
        text = text.replace(changing, "…")
    return text


# --- one application, for all servers of WSGI and ASGI ------------------------------


def wsgi(environ, start_response):
    """Answers with the path and what was sent, and fails on the wrong module."""
    check()
    sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {len(sent)}\n".encode(), sent]


async def asgi(scope, receive, send):
    """The same for ASGI."""
    check()
    if scope["type"] == "lifespan":
        return
    sent, more = b"", True
    while more:
        event = await receive()
        sent, more = sent + event.get("body", b""), event.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    body = f"{scope['method']} {scope['path']} {len(sent)}\n".encode() + sent
    await send({"type": "http.response.body", "body": body})


def ask(port: int, *, tls=None, count: int = 5) -> None:
    """Ask the application over one connection, by another, and by many at a time; and print."""
    import http.client
    from concurrent.futures import ThreadPoolExecutor

    def connect():
        if tls is not None:
            return http.client.HTTPSConnection("localhost", port, context=tls, timeout=30)
        return http.client.HTTPConnection(HOST, port, timeout=30)

    def one(number: int) -> tuple[int, bytes]:
        connection = connect()
        connection.request("GET", f"/many/{number}")
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer

    connection = connect()
    for method, body in (("GET", None), ("POST", b"some data"), ("POST", bytes(1_000_000))):
        connection.request(method, "/path", body)
        response = connection.getresponse()
        content = response.read()
        print(response.status, content[:40], len(content))
    connection.close()
    with ThreadPoolExecutor(count) as pool:
        for answer in pool.map(one, range(4 * count)):
            print(*answer)
