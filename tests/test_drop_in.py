"""Programs on ``python -m pysock run`` do what they do without: what real clients have shown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest

from . import ROOT
from .foreign import FOREIGN, needs_ssl

RUN = ["-m", "pysock", "run"]
# As for a name of errno: ssl asks whether a socket is connected.
other_numbers = pytest.mark.skipif(FOREIGN, reason="`ssl` has the numbers of another system")


def ssl_of_this_system(test: Callable[..., None]) -> Any:
    return needs_ssl(other_numbers(test))


CERTIFICATE = str(ROOT / "tests/certificates/localhost.pem")


def on_both(program: str) -> str:
    """What a program prints, which has to be the same on the C module and on pysock."""
    printed = []
    for way in ([], RUN):
        done = subprocess.run(
            [sys.executable, *way, "-c", dedent(program)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=50,
        )
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    assert printed[0] == printed[1]
    return printed[0]


@needs_ssl
@pytest.mark.parametrize("first", ["import socket, ssl", "import ssl, socket"])
def test_ssl_leaves_the_enums_alone(first: str) -> None:
    """uvicorn's workers are sent a listener: its family has to be pickled."""
    said = on_both(
        f"""
        {first}
        import pickle
        for enum in (socket.AddressFamily, socket.SocketKind, socket.MsgFlag, socket.AddressInfo):
            print(pickle.loads(pickle.dumps(enum)) is enum, enum.__module__)
        with socket.socket() as sock:
            print(type(sock.family) is socket.AddressFamily, sock.family is socket.AF_INET)
            print(pickle.loads(pickle.dumps(sock.family)) is socket.AF_INET)
        """
    )
    assert "False" not in said


@ssl_of_this_system
def test_sockets_of_ssl_are_sockets() -> None:
    said = on_both(
        """
        import socket, ssl
        a, b = socket.socketpair()
        sock = ssl.create_default_context().wrap_socket(
            a, server_hostname="localhost", do_handshake_on_connect=False
        )
        with sock, b:
            print(isinstance(sock, socket.socket), isinstance(sock, socket.SocketType))
            print(isinstance(sock, ssl.SSLSocket), isinstance(sock, int), type(sock))
            print(issubclass(ssl.SSLSocket, socket.socket), ssl.SSLSocket.__bases__)
            print(ssl.SSLSocket.__mro__.index(socket.SocketType))
            print(sock.__class__.__name__, repr(sock).partition(" fd=")[0], bool(sock))
            for call in (sock.dup, lambda: sock.sendmsg([b""]), lambda: sock.sendto(b"", 0, "")):
                try:
                    call()
                except Exception as error:
                    print(repr(error))
            class Green(ssl.SSLSocket):
                pass
            sock.__class__ = Green  # as eventlet does
            print(type(sock).__name__, sock.__class__.__name__, isinstance(sock, socket.socket))
        class Own(ssl.SSLSocket):
            pass
        context = ssl.create_default_context()
        context.sslsocket_class = Own
        with context.wrap_socket(socket.socket(), server_hostname="localhost") as sock:
            print(type(sock).__name__, isinstance(sock, socket.socket), isinstance(sock, Own))
        """
    )
    assert said.startswith("True True\nTrue False <class 'ssl.SSLSocket'>\nTrue (<class 'socket.so")


@needs_ssl
def test_the_timeout_of_an_ssl_socket_is_that_of_its_handshake() -> None:
    """OpenSSL's side reads it out of a socket of C, which follows the program's."""
    said = on_both(
        """
        import socket, ssl, time
        a, b = socket.socketpair()
        sock = ssl.create_default_context().wrap_socket(
            a, server_hostname="localhost", do_handshake_on_connect=False
        )
        def outcome():
            begin = time.monotonic()
            try:
                sock.do_handshake()
            except OSError as error:
                return type(error).__name__, round(time.monotonic() - begin)
        with sock, b:
            sock.settimeout(0.05)
            print(outcome(), sock.gettimeout())
            sock.setblocking(False)
            print(outcome(), sock.gettimeout())
            sock.settimeout(1)
            print(outcome(), sock.gettimeout())
            tls, fd = sock._sslobj, sock.detach()
            try:
                tls.do_handshake()  # whose descriptor may be another socket's by now
            except ssl.SSLError as error:
                print(str(error).partition(" (_ssl.c")[0])
            socket.close(fd)
        class Green(ssl.SSLSocket):
            def gettimeout(self):  # as eventlet has it: what the program wants
                return 5.0
        context = ssl.create_default_context()
        context.sslsocket_class = Green
        a, b = socket.socketpair()
        sock = context.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
        with sock, b:
            ssl.SSLSocket.settimeout(sock, 0.0)
            try:
                sock._sslobj.do_handshake()
            except OSError as error:
                print(type(error).__name__)
        """
    )
    assert "('SSLWantReadError', 0) 0.0\n" in said and ", 1) 1.0\n" in said


@ssl_of_this_system
def test_files_of_ssl_sockets_are_files_of_sockets() -> None:
    """imaplib's tests look, from Python 3.15 on."""
    said = on_both(
        """
        import socket, ssl
        context = ssl._create_unverified_context()
        a, b = socket.socketpair()
        with context.wrap_socket(a, do_handshake_on_connect=False) as sock, b:
            with sock.makefile("rb") as file:
                print(isinstance(file.raw, socket.SocketIO), isinstance(file, socket.SocketIO))
        """
    )
    assert said == "True False\n"


@needs_ssl
def test_contexts_wrap_what_is_derived_from_the_class_in_underscore_socket() -> None:
    """gevent's SSLSocket calls SSLContext._wrap_socket with a socket of its own class."""
    said = on_both(
        f"""
        import _socket, gc, socket, ssl, threading, warnings
        warnings.simplefilter("error")
        class Own(_socket.socket):
            __slots__ = ("__weakref__",)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain({CERTIFICATE!r})
        client = ssl.create_default_context(cafile={CERTIFICATE!r})
        a, b = socket.socketpair()
        def serve():
            with server.wrap_socket(b, server_side=True) as wrapped:
                wrapped.sendall(wrapped.recv(100).upper())
        thread = threading.Thread(target=serve)
        thread.start()
        own = Own(a.family, a.type, a.proto, a.detach())
        own.settimeout(20)
        tls = client._wrap_socket(own, False, "localhost")
        gc.collect()
        tls.do_handshake()
        tls.write(b"hello")
        print(tls.read(100), tls.version(), own.gettimeout())
        thread.join()
        del tls
        gc.collect()
        own.getsockname()  # it is still open
        own.close()
        del own
        a, b = socket.socketpair()
        own = Own(a.family, a.type, a.proto, a.detach())
        for timeout, wanted in ((0.05, socket.timeout), (0, ssl.SSLWantReadError)):
            own.settimeout(timeout)
            try:
                client._wrap_socket(own, False, "localhost").do_handshake()
            except wanted as error:
                print(repr(error))
        own.close()
        b.close()
        """
    )
    assert said.startswith("b'HELLO' TLSv1.3 20.0\n")


@ssl_of_this_system
def test_methods_of_socket_take_sockets_of_ssl() -> None:
    """eventlet's GreenSSLSocket.accept calls ``socket.accept(self)``, and others likewise."""
    said = on_both(
        """
        import socket, ssl
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        listener.settimeout(0.05)
        try:
            socket.socket.accept(listener)
        except socket.timeout as error:
            print(error)
        listener.settimeout(20)
        with listener, socket.create_connection(listener.getsockname()) as client:
            accepted, address = socket.socket.accept(listener)
            with accepted:
                print(type(accepted) is socket.socket, address == client.getsockname())
                print(accepted.family, accepted.type, accepted.proto, accepted.gettimeout())
            print(socket.socket.getsockname(listener) == listener.getsockname())
            print(socket.socket.getsockopt(listener, socket.SOL_SOCKET, socket.SO_TYPE))
        """
    )
    assert said.startswith("timed out\nTrue True\n")


def test_names_of_exceptions_and_what_underscore_socket_lacks() -> None:
    """uvicorn's libraries ask modules for names that they may lack."""
    on_both(
        """
        import _socket, socket
        print(socket.gaierror, socket.herror, socket.timeout, _socket.timeout, _socket.error)
        print(hasattr(_socket, "CAPI"), hasattr(_socket, "nothing"), hasattr(_socket, "CAPI"))
        try:
            socket.getaddrinfo("name", "no such service, certainly")
        except socket.gaierror as error:
            print(type(error).__module__)
        """
    )
