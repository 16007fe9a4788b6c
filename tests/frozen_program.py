"""The program that is packed and frozen: echoes over each kind of socket, and a look at names.

It prints a line for each thing that works. What this host has not got (IPv6, Unix sockets) it
leaves out, packed or not.
"""

import os
import sys
import tempfile
import threading

import pysock as socket
from pysock import families


def echo_once(server):
    conn, _ = server.accept()
    with conn:
        conn.sendall(conn.recv(100))


def stream(name, server, connect):
    with server:
        server.settimeout(20)
        thread = threading.Thread(target=echo_once, args=(server,))
        thread.start()
        with connect() as client:
            client.settimeout(20)
            client.sendall(name.encode())
            with client.makefile("rb") as file:
                print(name, file.read().decode() == name)
        thread.join()


def tcp(name, family, host):
    try:
        server = socket.create_server((host, 0), family=family)
    except OSError:
        if family == socket.AF_INET:
            raise
        return  # no IPv6 here
    address = server.getsockname()[:2]
    stream(name, server, lambda: socket.create_connection(address, timeout=20))


def unix(name):
    if not hasattr(socket, "AF_UNIX"):
        return
    server = socket.socket(socket.AF_UNIX)
    try:
        server.bind("\0" + f"pysock-{os.getpid()}")  # needs no folder; Linux has such names
    except OSError:
        server.bind(os.path.join(tempfile.mkdtemp(), "echo"))
    server.listen()

    def connect():
        client = socket.socket(socket.AF_UNIX)
        client.connect(server.getsockname())
        return client

    stream(name, server, connect)


def udp(name):
    with (
        socket.socket(type=socket.SOCK_DGRAM) as server,
        socket.socket(type=socket.SOCK_DGRAM) as client,
    ):
        for sock in server, client:
            sock.settimeout(20)
        server.bind(("127.0.0.1", 0))
        client.sendto(name.encode(), server.getsockname())
        server.sendto(*server.recvfrom(100))
        print(name, client.recv(100).decode() == name)


def names():
    print("getaddrinfo", socket.getaddrinfo("127.0.0.1", 80, proto=socket.IPPROTO_TCP)[0][4])
    print("getnameinfo", socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST)[0])
    try:
        socket.getaddrinfo("", "no-such-service")
    except socket.gaierror as error:
        print("gaierror", error.errno == getattr(socket, "EAI_SERVICE", error.errno))
    print("localhost", "127.0.0.1" in socket.gethostbyname_ex("localhost")[2])


def addresses():
    """Addresses of a few codecs; and which codecs there are."""
    examples = {
        "AF_INET": ("1.2.3.4", 5),
        "AF_INET6": ("::1", 5, 0, 0),
        "AF_UNIX": "path",
        "AF_NETLINK": (1, 2),
        "AF_VSOCK": (1, 2),
        "AF_TIPC": (1, 2, 3, 4, 0),
        "AF_ALG": ("hash", "sha256"),
        "AF_QIPCRTR": (1, 2),
    }
    for family, address in examples.items():
        raw = families.pack(family, address, platform="linux-gnu-x86_64")
        print(family, raw.hex() != "", families.unpack(raw, platform="linux-gnu-x86_64") != ())
    print("codecs", *sorted(name for name in sys.modules if name.startswith("pysock.families.")))


def another_platform():
    """Its tables are no part of a call here, and so are loaded now."""
    for platform in "linux-gnu-x86_64", "darwin-arm64":
        print(platform, families.pack("AF_INET", ("1.2.3.4", 5), platform=platform)[:2].hex())


def in_the_place_of_socket():
    with socket.installed():
        import socket as installed

        print("installed", installed is socket, installed.socket.__name__)
        try:
            import ssl
        except ImportError:
            return  # this interpreter has none
        with installed.socket() as sock:
            context = ssl.create_default_context()
            with context.wrap_socket(sock, server_hostname="x") as wrapped:
                print("ssl", wrapped.fileno() != -1, sock.fileno() == -1)


def main():
    another_platform()
    if len(sys.argv) > 1:  # what has to happen between the import and the first call
        exec(sys.argv[1])
    tcp("tcp", socket.AF_INET, "127.0.0.1")
    tcp("tcp6", getattr(socket, "AF_INET6", 0), "::1")
    unix("unix")
    udp("udp")
    names()
    addresses()
    in_the_place_of_socket()
    print("done")


if __name__ == "__main__":
    main()
