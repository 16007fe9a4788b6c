"""Several interpreters in one process: each has a pysock of its own, and all of them work.

Each test is a program of its own, since a fault in here is the end of the process.
"""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from . import ROOT
from .harness import run

pytestmark = pytest.mark.skipif(
    find_spec("concurrent.interpreters") is None,
    reason="no module concurrent.interpreters, which is new in Python 3.14",
)

CERTIFICATE = ROOT / "tests" / "certificates" / "localhost.pem"
# What a new interpreter does: a conversation, a wait that ends, an error, a name.
CONVERSE = """
def converse():
    import pysock
    a, b = pysock.socketpair()
    with a, b:
        b.settimeout(0.01)
        try:
            b.recv(1)
        except TimeoutError:
            a.sendall(b"hello " * 2000)
        got = b""
        while len(got) < 12000:
            got += b.recv(4096)
        assert got == b"hello " * 2000
        fd = a.fileno().to_bytes(4, "little")
        a.sendmsg([b"x"], [(pysock.SOL_SOCKET, pysock.SCM_RIGHTS, fd)])
        data, ancdata, _, _ = b.recvmsg(10, pysock.CMSG_SPACE(4))
        pysock.close(int.from_bytes(ancdata[0][2], "little"))
    with pysock.create_server(("127.0.0.1", 0)) as server:
        with pysock.create_connection(server.getsockname()) as client:
            with server.accept()[0] as peer:
                client.sendall(b"over TCP")
                assert peer.recv(9) == b"over TCP"
    try:
        pysock.socket().getpeername()
    except OSError as error:
        assert error.errno
    return len(data)
"""

# The standard library on pysock: a conversation by TLS, whose sockets need sockets of C.
ENCRYPT = f"""
import pysock
pysock.install()
import socket, ssl, threading
assert socket.socket is pysock.socket
contexts = [ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)]
contexts[0].load_verify_locations({str(CERTIFICATE)!r})
contexts[1].load_cert_chain({str(CERTIFICATE)!r})
ends = socket.socketpair()
def serve():
    with contexts[1].wrap_socket(ends[1], server_side=True) as peer:
        peer.sendall(peer.recv(100))
server = threading.Thread(target=serve)
server.start()
with contexts[0].wrap_socket(ends[0], server_hostname="localhost") as sock:
    sock.sendall(b"hello")
    assert sock.recv(100) == b"hello"
server.join()
"""

PROGRAMS = {
    "one": """
from concurrent import interpreters
interpreter = interpreters.create()
interpreter.exec(CONVERSE + "assert converse() == 1")
interpreter.close()
""",
    "beside the main one": """
import pysock
from concurrent import interpreters
exec(CONVERSE)
assert converse() == 1
interpreter = interpreters.create()
interpreter.exec(CONVERSE + "assert converse() == 1")
assert converse() == 1
interpreter.close()
assert converse() == 1
""",
    "several at once": """
import threading
from concurrent import interpreters
failed = []
def work():
    interpreter = interpreters.create()
    try:
        for _ in range(2):
            interpreter.exec(CONVERSE + "assert converse() == 1")
    except BaseException as error:
        failed.append(error)
    interpreter.close()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not failed, failed
""",
    "in an executor": """
from concurrent.futures import InterpreterPoolExecutor
def work(source):
    names = {}
    exec(source, names)
    return names["converse"]()
with InterpreterPoolExecutor(3) as pool:
    assert list(pool.map(work, [CONVERSE] * 9)) == [1] * 9
""",
    "created and destroyed": """
import os
from concurrent import interpreters
def descriptors(): return sorted(os.listdir("/dev/fd"))
for i in range(4):
    interpreter = interpreters.create()
    interpreter.exec(CONVERSE + "assert converse() == 1")
    interpreter.close()
    if i == 0: before = descriptors()
assert descriptors() == before, (before, descriptors())
""",
    "destroyed with an open socket": """
import os
from concurrent import interpreters
def descriptors(): return sorted(os.listdir("/dev/fd"))
for i in range(4):
    interpreter = interpreters.create()
    interpreter.exec("import warnings; warnings.simplefilter('ignore'); import pysock")
    interpreter.exec("a, b = pysock.socketpair(); f = a.makefile('rb')")
    interpreter.close()
    if i == 0: before = descriptors()
assert descriptors() == before, (before, descriptors())
""",
    "installed in each, and not in the main one": """
from concurrent import interpreters
import socket, ssl
for _ in range(2):
    interpreter = interpreters.create()
    interpreter.exec(ENCRYPT)
    interpreter.close()
assert socket.socket.__module__ == "socket" and issubclass(ssl.SSLSocket, socket.socket)
""",
    "installed in the main one, and in each": """
import pysock
from concurrent import interpreters
pysock.install()
for _ in range(2):
    interpreter = interpreters.create()
    interpreter.exec("import socket; assert socket.socket.__module__ == 'socket'")
    interpreter.close()
    interpreter = interpreters.create()
    interpreter.exec(ENCRYPT)
    interpreter.close()
    exec(ENCRYPT)
""",
    "a default timeout of its own": """
import pysock
from concurrent import interpreters
pysock.setdefaulttimeout(3)
interpreter = interpreters.create()
interpreter.exec("import pysock; assert pysock.getdefaulttimeout() is None")
interpreter.exec("pysock.setdefaulttimeout(7)")
interpreter.close()
assert pysock.getdefaulttimeout() == 3
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_interpreters(name: str) -> None:
    done = run(f"{CONVERSE = }\n{ENCRYPT = }\n" + PROGRAMS[name])
    assert (done.returncode, done.stderr) == (0, "")
