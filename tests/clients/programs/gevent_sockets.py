"""gevent: monkey-patched TCP, TLS, UDP, Unix sockets, timeouts, resolver, pywsgi."""

CI = True
NEEDS = ("gevent",)

from gevent import monkey

monkey.patch_all()

import socket
import ssl
import threading
import urllib.request

import gevent
import gevent.pywsgi
import gevent.server
import gevent.socket
from _common import HOST, ask, certificate, check, fails, wsgi
from gevent import ssl as gevent_ssl

check()
print(socket.socket is gevent.socket.socket, threading.current_thread().name)


def echo(sock, address) -> None:
    while data := sock.recv(4096):
        sock.sendall(data)


server = gevent.server.StreamServer((HOST, 0), echo)
server.start()


def talk(number: int) -> bytes:
    with socket.create_connection(server.address, timeout=30) as sock:
        sock.sendall(b"%d " % number * 20_000)
        sock.shutdown(socket.SHUT_WR)
        received = b""
        while data := sock.recv(5000):
            received += data
        return received[:5] + str(len(received)).encode()


print([job.get() for job in [gevent.spawn(talk, number) for number in range(10)]])
a, b = socket.socketpair()
with a, b:
    a.settimeout(0.05)
    print(fails(a.recv, 1))
    a.setblocking(False)
    print(fails(a.recv, 1))
    job = gevent.spawn(b.recv, 100)
    gevent.sleep(0)
    a.sendmsg([b"mess", b"age"])
    print(job.get())
    a.settimeout(5)
    with gevent.Timeout(0.05, False):
        a.recv(1)
    print("woken up")
    buffer = bytearray(5)
    b.sendall(b"into")
    print(a.recv_into(buffer), buffer)
    with a.makefile("rw") as file, b.makefile("rw") as other:
        file.write("a line\n")
        file.flush()
        print(other.readline())
print(fails(a.recv, 1))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    one.bind((HOST, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two:
        two.sendto(b"datagram", one.getsockname())
        data, address = one.recvfrom(100)
        print(data, address[0])
print(fails(socket.create_connection, (HOST, 1)))
print(fails(socket.getaddrinfo, "no.such.host.invalid", 80).partition(":")[0])
print(socket.getaddrinfo(HOST, 80, type=socket.SOCK_STREAM), socket.gethostbyname("localhost"))
job = gevent.spawn(socket.create_server, (HOST, 0))
with job.get() as listener:
    accepting = gevent.spawn(listener.accept)
    with socket.create_connection(listener.getsockname()) as sock:
        accepted, _ = accepting.get()
        with accepted:
            print(type(accepted).__name__, accepted.family, accepted.type)
            closing = gevent.spawn(accepted.recv, 1)
            gevent.sleep(0)
            accepted.close()
            print(fails(closing.get))
server.stop()

# TLS: a server of gevent's, a client of urllib's, and a handshake that nobody answers.
trusting = ssl.create_default_context(cafile=certificate()[0])
keyfile = {"certfile": certificate()[0], "keyfile": certificate()[1]}
secure = gevent.pywsgi.WSGIServer((HOST, 0), wsgi, log=None, error_log=None, **keyfile)
secure.start()
url = f"https://localhost:{secure.address[1]}/hello"
print(urllib.request.urlopen(url, context=trusting, timeout=30).read())
ask(secure.address[1], tls=trusting)
refused = fails(urllib.request.urlopen, url, timeout=30)
print(refused.partition(" (_ssl.c")[0])
secure.stop()
a, b = socket.socketpair()
a.settimeout(0.1)
with b:
    print(fails(trusting.wrap_socket, a, server_hostname="localhost"))
print(gevent_ssl.SSLSocket.__module__, ssl.SSLSocket is gevent_ssl.SSLSocket)

plain = gevent.pywsgi.WSGIServer((HOST, 0), wsgi, log=None, error_log=None)
plain.start()
ask(plain.address[1])
plain.stop()
