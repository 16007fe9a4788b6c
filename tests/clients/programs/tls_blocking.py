"""ssl: both ends blocking, unwrap back to plain, timeouts, errors, certificates of a client."""

CI = True

import select
import socket
import ssl
import threading
from contextlib import ExitStack

from _common import HOST, certificate, check, fails

check()
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain(*certificate())
client = ssl.create_default_context(cafile=certificate()[0])


def pair(stack: ExitStack):
    """Two connected TCP sockets."""
    with socket.create_server((HOST, 0)) as listener:
        first = stack.enter_context(socket.create_connection(listener.getsockname(), timeout=30))
        second = stack.enter_context(listener.accept()[0])
    second.settimeout(30)
    return first, second


def meanwhile(function, *arguments):
    """Call it in a thread; the result is there when the thread has been joined."""
    found: list = []

    def call() -> None:
        try:
            found.append(function(*arguments))
        except Exception as error:
            found.append(f"{type(error).__module__}.{type(error).__name__}: {error}")

    thread = threading.Thread(target=call)
    thread.start()
    return lambda: (thread.join(30), found)[1][0]


def wrap(sock, context=server, **options):
    return context.wrap_socket(sock, server_side=context is server, **options)


with ExitStack() as stack:  # data in both directions, and back to plain
    a, b = pair(stack)
    result = meanwhile(wrap, b)
    a = stack.enter_context(client.wrap_socket(a, server_hostname="localhost"))
    b = stack.enter_context(result())
    print(a.version(), b.cipher()[1], a.gettimeout(), a.fileno() >= 0, isinstance(a, socket.socket))
    print(a.getpeercert()["subjectAltName"], a.getpeername() == b.getsockname())
    a.sendall(b"to the server")
    print(b.recv(100))
    result = meanwhile(lambda: b.sendall(bytes(3_000_000)))
    received = 0
    while received < 3_000_000:
        received += len(a.recv(70_000))
    print(received, result())
    buffer = bytearray(10)
    result = meanwhile(b.write, b"buffer")
    print(a.recv_into(buffer), bytes(buffer), result())
    with a.makefile("rwb") as file:
        file.write(b"a line\nanother\n")
        file.flush()
        with b.makefile("r") as other:
            print(other.readline(), other.readline())
    print(fails(a.sendmsg, [b"x"]), fails(a.recvmsg, 1), fails(a.sendto, b"x", ("", 1)))
    print(fails(a.send, b"x", 1), fails(a.dup))
    a.settimeout(0.05)
    print(fails(a.recv, 1))
    a.settimeout(0)
    print(fails(a.recv, 1), a.pending())
    a.settimeout(30)
    result = meanwhile(b.unwrap)
    plain_a = stack.enter_context(a.unwrap())
    plain_b = stack.enter_context(result())
    plain_a.sendall(b"plain again")
    print(plain_b.recv(100), type(plain_a).__name__, isinstance(plain_a, socket.socket))
    result = meanwhile(wrap, plain_b)
    a = stack.enter_context(client.wrap_socket(plain_a, server_hostname="localhost"))
    b = stack.enter_context(result())
    a.sendall(b"a second time")
    print(b.recv(100))
    a.shutdown(socket.SHUT_RDWR)
    print(fails(b.recv, 100) if not b.suppress_ragged_eofs else b.recv(100))

with ExitStack() as stack:  # a handshake that nobody answers
    a, b = pair(stack)
    a.settimeout(0.1)
    print(fails(client.wrap_socket, a, server_hostname="localhost"))
    print(a.fileno())

with ExitStack() as stack:  # no waiting at all
    a, b = pair(stack)
    a.setblocking(False)
    a = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    stack.enter_context(a)
    print(fails(a.do_handshake))  # while the server does nothing yet
    result = meanwhile(wrap, b)
    while True:
        try:
            a.do_handshake()
            break
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            select.select([a], [], [], 30)
    stack.enter_context(result())
    print(fails(a.recv, 1))

with ExitStack() as stack:  # the wrong name, an unknown certificate, no TLS at all
    unknowing = ssl.create_default_context()
    for context, name in ((client, "elsewhere.example"), (unknowing, "localhost")):
        a, b = pair(stack)
        result = meanwhile(wrap, b)
        print(fails(context.wrap_socket, a, server_hostname=name).partition(" (_ssl.c")[0])
        print(a.fileno(), result().partition(" (_ssl.c")[0])
    a, b = pair(stack)
    b.sendall(b"HTTP/1.1 400 Bad request, it seems\r\n\r\n")
    print(fails(client.wrap_socket, a, server_hostname="localhost").partition(" (_ssl.c")[0])
    a, b = pair(stack)
    b.close()
    print(fails(client.wrap_socket, a, server_hostname="localhost").partition(" (_ssl.c")[0])
    print(fails(client.wrap_socket, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))

with ExitStack() as stack:  # a certificate of the client, a listener that is wrapped
    mutual = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    mutual.load_cert_chain(*certificate())
    mutual.verify_mode = ssl.CERT_REQUIRED
    mutual.load_verify_locations(certificate("elsewhere")[0])
    with_one = ssl.create_default_context(cafile=certificate()[0])
    with_one.load_cert_chain(*certificate("elsewhere"))
    listener = socket.create_server((HOST, 0))
    listener = stack.enter_context(mutual.wrap_socket(listener, server_side=True))
    result = meanwhile(listener.accept)
    a = stack.enter_context(
        with_one.wrap_socket(socket.socket(), server_hostname="localhost")
    )
    a.settimeout(30)
    a.connect(listener.getsockname())
    b, peer = result()
    stack.enter_context(b)
    print(b.getpeercert()["subject"], peer == a.getsockname(), type(b).__name__)

print(ssl.get_server_certificate.__module__, ssl.socket_error is OSError)
