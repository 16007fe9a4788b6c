"""eventlet: monkey-patched TCP, TLS, datagrams, timeouts, wsgi."""

CI = True

import eventlet

eventlet.monkey_patch()

import socket
import ssl
import sys
import urllib.request

import eventlet.wsgi
from _common import HOST, ask, certificate, check, fails, wsgi

check()
trusting = ssl.create_default_context(cafile=certificate()[0])
listener = eventlet.listen((HOST, 0))


def echo(sock, address) -> None:
    while data := sock.recv(4096):
        sock.sendall(data)
    sock.close()


eventlet.spawn(eventlet.serve, listener, echo)


def talk(number: int) -> bytes:
    with socket.create_connection(listener.getsockname(), timeout=30) as sock:
        sock.sendall(b"%d " % number * 20_000)
        sock.shutdown(socket.SHUT_WR)
        received = b""
        while data := sock.recv(5000):
            received += data
        return received[:5] + str(len(received)).encode()


print([job.wait() for job in [eventlet.spawn(talk, number) for number in range(10)]])
a, b = socket.socketpair()
a.settimeout(0.05)
print(fails(a.recv, 1))
a.setblocking(False)
print(fails(a.recv, 1))
job = eventlet.spawn(b.recv, 100)
eventlet.sleep(0)
a.sendall(b"message")
print(job.wait())
a.settimeout(5)
with eventlet.Timeout(0.05, False):
    a.recv(1)
print("woken up")
a.close()
b.close()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    one.bind((HOST, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two:
        two.sendto(b"datagram", one.getsockname())
        data, address = one.recvfrom(100)
        print(data, address[0])
print(fails(socket.create_connection, (HOST, 1)))

plain = eventlet.listen((HOST, 0))
server = eventlet.spawn(eventlet.wsgi.server, plain, wsgi, log_output=False)
ask(plain.getsockname()[1])
server.kill()
if sys.implementation.name == "cpython":  # on PyPy ssl waits by itself, and eventlet stands still
    secure = eventlet.listen((HOST, 0))
    port = secure.getsockname()[1]
    files = {"certfile": certificate()[0], "keyfile": certificate()[1]}
    wrapped = eventlet.wrap_ssl(secure, server_side=True, **files)
    server = eventlet.spawn(eventlet.wsgi.server, wrapped, wsgi, log_output=False)
    ask(port, tls=trusting)
    url = f"https://localhost:{port}/hello"
    print(urllib.request.urlopen(url, context=trusting, timeout=30).read())
    print(fails(urllib.request.urlopen, url, timeout=30).partition(" (_ssl.c")[0])
    server.kill()
