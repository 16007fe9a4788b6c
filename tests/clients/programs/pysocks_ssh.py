"""PySocks: through a SOCKS server (ssh -D) to nginx, as a class, in all modules, with TLS."""

SERVERS = ("sshd", "nginx")

import getpass
import socket
import ssl
import subprocess
import time
import urllib.request

import socks
from _common import HOST, certificate, check, details, fails, free_port, port_of

check()
known, proxy = details("sshd"), free_port()
command = ["ssh", "-N", "-D", f"{HOST}:{proxy}", "-p", known["port"], "-i", known["key"]]
command += ["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
ssh = subprocess.Popen([*command, f"{getpass.getuser()}@{HOST}"], stderr=subprocess.DEVNULL)
try:
    for _ in range(600):
        try:
            socket.create_connection((HOST, proxy)).close()
            break
        except OSError:
            time.sleep(0.05)
    for version in (socks.SOCKS4, socks.SOCKS5):
        with socks.socksocket() as sock:
            sock.set_proxy(version, HOST, proxy)
            sock.settimeout(30)
            sock.connect((HOST, port_of("nginx")))
            sock.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
            received = b""
            while data := sock.recv(1000):
                received += data
            print(version, received.partition(b"\r\n\r\n")[2], sock.get_proxy_peername()[0])
    trusting = ssl.create_default_context(cafile=certificate()[0])
    sock = socks.create_connection(
        (HOST, port_of("nginx", "tls")),
        timeout=30,
        proxy_type=socks.SOCKS5,
        proxy_addr=HOST,
        proxy_port=proxy,
    )
    with trusting.wrap_socket(sock, server_hostname="localhost") as secure:
        secure.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
        print(secure.recv(10_000).partition(b"\r\n\r\n")[2], isinstance(sock, socket.socket))
    with socks.socksocket() as sock:
        sock.set_proxy(socks.SOCKS5, HOST, proxy)
        print(fails(sock.connect, (HOST, 1)))
    socks.set_default_proxy(socks.SOCKS5, HOST, proxy)
    original, socket.socket = socket.socket, socks.socksocket
    url = f"http://{HOST}:{port_of('nginx')}/hello"
    print(urllib.request.urlopen(url, timeout=30).read())
    socket.socket = original
    print(urllib.request.urlopen(url, timeout=30).read())
finally:
    ssh.terminate()
    ssh.wait(30)
with socks.socksocket() as sock:
    sock.set_proxy(socks.SOCKS5, HOST, 1)
    print(fails(sock.connect, (HOST, port_of("nginx"))).replace(details("nginx")["port"], "PORT"))
