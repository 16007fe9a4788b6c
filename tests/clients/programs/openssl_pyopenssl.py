"""pyOpenSSL: both ends on sockets of the program, timeouts, shutdown, certificate errors."""

import select
import socket
import threading

from _common import HOST, certificate, check, fails
from OpenSSL import SSL

check()
keeping = SSL.Context(SSL.TLS_SERVER_METHOD)
keeping.use_certificate_file(certificate()[0])
keeping.use_privatekey_file(certificate()[1])


def trusting(name: str) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.load_verify_locations(certificate(name)[0])
    context.set_verify(SSL.VERIFY_PEER, lambda *arguments: bool(arguments[-1]))
    return context


def serve(listener) -> None:
    accepted, _ = listener.accept()
    connection = SSL.Connection(keeping, accepted)
    connection.set_accept_state()
    try:
        while data := connection.recv(10_000):
            connection.sendall(data)
    except SSL.ZeroReturnError:
        connection.shutdown()
    except SSL.Error as error:
        said.append(("server", error.args[0][-1][-1] if error.args[0] else error))
    connection.close()


said: list = []  # by the other thread, whose lines would stand anywhere among these
for name in ("here", "elsewhere"):
    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        sock = socket.create_connection(listener.getsockname())
        connection = SSL.Connection(trusting(name), sock)
        connection.set_tlsext_host_name(b"localhost")
        connection.set_connect_state()
        if name == "elsewhere":
            print(fails(connection.do_handshake))
        else:
            connection.do_handshake()
            print(connection.get_protocol_version_name())
            print(connection.getpeername() == sock.getpeername())
            connection.sendall(bytes(100_000))
            received = 0
            while received < 100_000:
                received += len(connection.recv(10_000))
            print(received, connection.pending())
            sock.setblocking(False)
            print(fails(connection.recv, 1))
            print(select.select([connection], [], [], 0.01)[0])
            sock.setblocking(True)
            print(connection.shutdown())
        connection.close()
        thread.join(30)
        print(said)
a, b = socket.socketpair()
with a, b:
    connection = SSL.Connection(trusting("here"), a)
    connection.set_connect_state()
    a.settimeout(0.1)  # which makes the descriptor one that never blocks
    print(fails(connection.do_handshake))
