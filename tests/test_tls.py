"""TLS in a program on pysock: the interpreter's own ``ssl`` takes descriptors over.

Each program runs twice, on C and on pysock, and prints the same: what it received, and which
errors it met, by the names under which programs catch them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from . import ROOT
from .harness import on_pypy
from .test_run import ON_PYSOCK, alike, ran

pytest.importorskip("ssl", reason="this Python has no ssl")

CERTIFICATE = ROOT / "tests" / "certificates" / "localhost.pem"

PRELUDE = f"""
import atexit, socket, ssl, sys, threading
CERTIFICATE = {str(CERTIFICATE)!r}
EXPECTED = False  # whether the server is to fail
trusting = ssl.create_default_context(cafile=CERTIFICATE)
serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
serving.load_cert_chain(CERTIFICATE)

noted = []  # by other threads, which print whenever they come to it
def note(*words):
    noted.append(words)
atexit.register(lambda: print(sorted(noted, key=repr)))

def served(answer):
    '''The address of a listener, which answers one connection in a thread.'''
    listener = socket.create_server(("127.0.0.1", 0))
    def run():
        with listener:
            sock, _ = listener.accept()
            with sock:
                try:
                    answer(sock)
                except OSError as error:
                    if EXPECTED:  # else it is of a client that has gone
                        note("server", kind(error))
    thread = threading.Thread(target=run)
    thread.start()
    return listener.getsockname(), thread

def kind(error):
    '''As which classes a program can catch it.'''
    caught = [n for n in ("gaierror", "herror", "timeout", "error")
              if isinstance(error, getattr(socket, n))]
    return type(error).__name__, error.errno, getattr(error, "reason", None), caught

def told(call, *args, **kwargs):
    try:
        return call(*args, **kwargs)
    except OSError as error:
        return kind(error)
"""

PROGRAMS = {
    "an echo, and back to plain": """
def answer(sock):
    with serving.wrap_socket(sock, server_side=True) as tls:
        while True:
            data = tls.recv(1000)
            if data == b"plain, please":
                break
            tls.sendall(data)
        plain = tls.unwrap()
        plain.sendall(b"in plain text")
        note("server", plain.recv(100))
address, thread = served(answer)
with socket.create_connection(address, 10) as sock:
    tls = trusting.wrap_socket(sock, server_hostname="localhost")
    print(sock.fileno(), type(tls), tls.family, tls.type, tls.gettimeout(), tls.version())
    print(tls.family is socket.AF_INET, tls.type is socket.SOCK_STREAM)
    print(tls.getpeername() == address)
    for size in (1, 100, 100000):
        data = bytes(i % 251 for i in range(size))
        tls.sendall(data)  # (as much as the buffers take)
        got = b""
        while len(got) < size:
            got += tls.recv(size)
        print(got == data)
    into = bytearray(10)
    tls.sendall(b"into"); print(tls.recv_into(into), into)
    tls.sendall(b"plain, please")
    plain = tls.unwrap()
    print(plain.recv(100)); plain.sendall(b"thank you"); plain.close()
thread.join()
""",
    "first in plain, as STARTTLS": """
def answer(sock):
    sock.sendall(b"220 ready\\n")
    line = b""
    while not line.endswith(b"\\n"):  # a file would read on, into the handshake
        line += sock.recv(1)
    note("server", line)
    with serving.wrap_socket(sock, server_side=True) as tls:
        with tls.makefile("rwb") as file:
            file.write(b"now in secret\\n"); file.flush()
            note("server", file.readline())
address, thread = served(answer)
sock = socket.socket(); sock.settimeout(10); sock.connect(address)
print(sock.makefile("r").readline()); sock.sendall(b"STARTTLS\\n")
with trusting.wrap_socket(sock, server_hostname="localhost") as tls:
    with tls.makefile("rwb") as file:
        print(file.readline()); file.write(b"good\\n"); file.flush()
thread.join()
""",
    "errors": """
EXPECTED = True
def silent(sock):
    sock.recv(10000); sock.recv(1)
def certified(sock):
    serving.wrap_socket(sock, server_side=True).close()
def nonsense(sock):
    sock.recv(10000); sock.sendall(b"220 this is no TLS\\r\\n" * 10)
def reset(sock):
    import struct
    sock.recv(1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
def attempt(answer, context=trusting, name="localhost", timeout=10):
    address, thread = served(answer)
    with socket.create_connection(address, timeout) as sock:
        result = told(context.wrap_socket, sock, server_hostname=name)
        shown = result if type(result) is tuple else type(result)
        print(answer.__name__, name, shown, sock.fileno())
        if type(result) is not tuple:
            result.close()
    thread.join()
attempt(silent, timeout=0.2)
attempt(nonsense)
attempt(reset)
attempt(certified, name="example.org")
attempt(certified, ssl.create_default_context())
plain = socket.socket(); plain.bind(("127.0.0.1", 0)); closed = plain.getsockname(); plain.close()
for address in (closed, ("a name that is none.invalid", 443)):
    with trusting.wrap_socket(socket.socket(), server_hostname="localhost") as tls:
        print(told(tls.connect, address), told(tls.getpeername))
with trusting.wrap_socket(socket.socket(), server_hostname="localhost") as tls:
    print(told(tls.recv, 10), told(tls.do_handshake))
try:
    trusting.wrap_socket(socket.socket())
except ValueError as error:
    print(error)
try:
    trusting.wrap_socket(socket.socket(type=socket.SOCK_DGRAM), server_hostname="localhost")
except NotImplementedError as error:
    print(error)
""",
    "waiting": """
ready = threading.Event()
def answer(sock):
    with serving.wrap_socket(sock, server_side=True) as tls:
        ready.wait(); tls.sendall(b"late")
        note("server", tls.recv(10))
address, thread = served(answer)
with socket.create_connection(address) as sock:
    with trusting.wrap_socket(sock, server_hostname="localhost") as tls:
        tls.settimeout(0.1); print(told(tls.recv, 10))
        tls.setblocking(False); print(told(tls.recv, 10))
        ready.set(); tls.settimeout(10); print(tls.recv(10))
        print(tls.pending(), tls.shutdown(socket.SHUT_WR))
thread.join()
""",
    "a class derived from the one in C, as gevent's": """
import _socket, time
class Derived(_socket.socket):
    pass
def made(sock, timeout):
    derived = Derived(sock.family, sock.type, sock.proto, sock.detach())
    derived.settimeout(timeout)
    return derived
def repeated(call, *args):
    while True:
        try:
            return call(*args)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            time.sleep(0.01)
for timeout in (None, 0, 10):
    here, there = (made(sock, timeout) for sock in socket.socketpair())
    def answer():
        tls = serving._wrap_socket(there, True)
        repeated(tls.do_handshake)
        time.sleep(0.1)
        repeated(tls.write, repeated(tls.read, 10))
    thread = threading.Thread(target=answer); thread.start()
    tls = trusting._wrap_socket(here, False, "localhost")
    repeated(tls.do_handshake); repeated(tls.write, b"derived")
    print(repeated(tls.read, 10), here.gettimeout()); thread.join()
    del tls
    print(here.fileno() == -1, there.fileno() == -1); here.close(); there.close()
""",
    "listening, and non-blocking": """
import selectors
with serving.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True) as listener:
    def run():
        with socket.create_connection(listener.getsockname()) as sock:
            with trusting.wrap_socket(sock, server_hostname="localhost",
                                      do_handshake_on_connect=False) as tls:
                tls.setblocking(False)
                with selectors.DefaultSelector() as selector:
                    selector.register(tls, selectors.EVENT_READ | selectors.EVENT_WRITE)
                    while True:
                        try:
                            tls.do_handshake(); break
                        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                            selector.select(1)
                tls.settimeout(10); note("client", tls.recv(100), tls.recv(100))
    thread = threading.Thread(target=run); thread.start()
    sock, address = listener.accept()
    print(type(sock), address[0]); sock.sendall(b"accepted"); sock.close(); thread.join()
""",
    "asyncio": """
import asyncio
async def echo(reader, writer):
    while True:
        data = await reader.read(65536)
        if not data:
            break
        writer.write(data); await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=serving)
    host, port = server.sockets[0].getsockname()
    reader, writer = await asyncio.open_connection(
        host, port, ssl=trusting, server_hostname="localhost")
    data = bytes(500000); writer.write(data)
    print(await reader.readexactly(len(data)) == data)
    print(writer.get_extra_info("peername") == (host, port), writer.get_extra_info("cipher")[1])
    writer.close(); await writer.wait_closed()
    try:
        await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        print(error.verify_code, isinstance(error, socket.error))
    server.close(); await server.wait_closed()
asyncio.run(asyncio.wait_for(main(), 30))
""",
    "https": """
import http.client, http.server, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = self.path.encode() * 1000
        self.send_response(200); self.send_header("Content-Length", str(len(body)))
        self.end_headers(); self.wfile.write(body)
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.handle_error = lambda *args: None  # of clients that go away
server.socket = serving.wrap_socket(server.socket, server_side=True)
thread = threading.Thread(target=server.serve_forever); thread.start()
url = "https://localhost:%d/path" % server.server_port
with urllib.request.urlopen(url, context=trusting, timeout=10) as answer:
    print(answer.status, len(answer.read()))
client = http.client.HTTPSConnection("localhost", server.server_port, context=trusting, timeout=10)
for path in ("/a", "/b"):
    client.request("GET", path); print(len(client.getresponse().read()))
client.close()
print(told(urllib.request.urlopen, url, timeout=10))
print(len(ssl.get_server_certificate(server.server_address)))
server.shutdown(); thread.join(); server.server_close()
""",
    "a class in the place of SSLSocket, as eventlet's": """
original = ssl.SSLSocket
names = original._create.__globals__
class Green(original):
    def __new__(cls, sock):
        names["SSLSocket"] = original  # super(SSLSocket, self) is meant there
        try:
            made = trusting.wrap_socket(sock, server_hostname="localhost")
        finally:
            names["SSLSocket"] = cls
        made.__class__ = cls
        return made
    def __init__(self, sock):
        pass
ssl.SSLSocket = Green
print(names is vars(ssl))
listener = socket.create_server(("127.0.0.1", 0))
there = socket.create_connection(listener.getsockname(), 10)
names["SSLSocket"] = original
def answer():
    with serving.wrap_socket(listener.accept()[0], True, do_handshake_on_connect=False) as tls:
        wrapped.set(); tls.do_handshake(); tls.sendall(b"green")
wrapped = threading.Event()
thread = threading.Thread(target=answer); thread.start(); wrapped.wait(10)
names["SSLSocket"] = Green
with Green(there) as tls:
    print(type(tls), tls.recv(100))
thread.join(); listener.close()
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_on_c(name: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PRELUDE + PROGRAMS[name])
    status, out, err = alike(tmp_path, "program.py")
    assert (status, err) == (0, "") and out.count("\n") >= 2


def test_what_is_plain_runs_on_pysock(tmp_path: Path) -> None:
    program = "import socket, ssl; print(hasattr(socket, 'Socket'), ssl._socket is socket, "
    program += "ssl.create_connection is socket.create_connection)"
    assert ran(*ON_PYSOCK, "-c", program, folder=tmp_path)[1].startswith("True ")
    assert ran("-c", program, folder=tmp_path)[1] == "False True True\n"


def test_a_program_may_import_ssl_first(tmp_path: Path) -> None:
    program = PRELUDE.replace("import socket, ssl", "import ssl, socket")
    program += "import ssl as again; print(again is ssl, ssl.SSLSocket.__mro__[1].__module__)"
    assert alike(tmp_path, "-c", program)[:2] == (0, "True socket\n[]\n")


INTERRUPTED = """
import signal
from tests.hostile.each_step import attempt

def late(*_):
    raise SystemExit("it waits, and nothing ends it")
signal.signal(signal.SIGALRM, late)
one, other = socket.socketpair()
tls = trusting.wrap_socket(one, server_hostname="localhost", do_handshake_on_connect=False)
came, step = "Stop", 1
while came == "Stop":
    tls.settimeout(None)
    came, where = attempt(lambda _: tls.settimeout(0.001), [], step)
    if tls.gettimeout() is not None:
        signal.alarm(20)
        try:
            tls.do_handshake()
        except socket.timeout:
            signal.alarm(0)
    step += 1
print(came, step > 20)
"""


@pytest.mark.skipif(on_pypy, reason="its ssl takes any socket, and it tells of no instructions")
def test_an_interrupted_settimeout_is_that_of_what_encrypts_too(tmp_path: Path) -> None:
    """Else a read would wait without a timeout, and use a processor up."""
    pytest.importorskip("fcntl", reason="each_step looks at modes by fcntl")
    (tmp_path / "program.py").write_text(PRELUDE + INTERRUPTED)
    done = ran(*ON_PYSOCK, "program.py", folder=tmp_path)
    assert done == (0, "nothing True\n[]\n", "")


WRAPPED = """
import gc, os
from tests.hostile.each_step import attempt

def wrap(_):
    trusting.wrap_socket(plain, server_hostname="localhost", do_handshake_on_connect=False).close()

came, step = "Stop", 1
while came == "Stop":
    plain = socket.socket()
    came, where = attempt(wrap, [], step)
    if plain.fileno() >= 0:
        try:
            os.fstat(plain.fileno())
        except OSError:
            print("two would close the number:", where)
    plain.close()
    step += 1
print(came, step > 100)
"""


@pytest.mark.skipif(on_pypy, reason="its ssl takes any socket, and it tells of no instructions")
def test_a_descriptor_that_becomes_an_ssl_sockets_has_one_owner(tmp_path: Path) -> None:
    """Else the other one would close a number that may be another socket's by then."""
    pytest.importorskip("fcntl", reason="each_step looks at modes by fcntl")
    (tmp_path / "program.py").write_text(PRELUDE + WRAPPED)
    done = ran("-W", "ignore", *ON_PYSOCK, "program.py", folder=tmp_path)
    assert done[:2] == (0, "nothing True\n[]\n")
