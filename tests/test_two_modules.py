"""pysock by its name, C's ``socket`` in the rest of the program: what goes from one to the other.

All that a library can hand over: members of enums, flags, exceptions, the sentinel for a timeout
that was not given, socket objects, their class.
"""

from __future__ import annotations

import gc
import io
import os
import socket
import subprocess
import sys
from typing import Any

import pytest

import pysock as ours

from . import ROOT
from .foreign import FOREIGN, needs_ssl
from .harness import on_musl

# Of another type than the modules, since type checkers keep apart what goes from one to the other.
stdlib: Any = socket
pysock: Any = ours

if FOREIGN:
    pytest.skip("`socket` has the numbers of another system", allow_module_level=True)

needs_unix = pytest.mark.skipif(not hasattr(stdlib, "AF_UNIX"), reason="no AF_UNIX here")


@pytest.fixture
def server() -> Any:
    with pysock.create_server(("127.0.0.1", 0)) as listener:
        yield listener


# --- the sentinel --------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentinel",
    [stdlib._GLOBAL_DEFAULT_TIMEOUT, pysock._GLOBAL_DEFAULT_TIMEOUT, object()],
    ids=["C's", "pysock's", "a library's own"],
)
@pytest.mark.parametrize("default", [None, 7.0])
def test_a_timeout_that_was_not_given(server: Any, sentinel: Any, default: Any) -> None:
    pysock.setdefaulttimeout(default)
    try:
        with pysock.create_connection(server.getsockname(), sentinel) as sock:
            assert sock.gettimeout() == default
    finally:
        pysock.setdefaulttimeout(None)


@pytest.mark.parametrize("timeout", ["x", [], type, object])
def test_anything_else_that_is_no_number_is_an_error(server: Any, timeout: Any) -> None:
    with pytest.raises(TypeError):  # as of C's module, which leaves a socket open
        pysock.create_connection(server.getsockname(), timeout)


def test_a_library_of_the_standard_library_with_another_create_connection(server: Any) -> None:
    """``http.client`` hands over the sentinel of the ``socket`` that it has imported."""
    from http.client import HTTPConnection

    connection: Any = HTTPConnection("127.0.0.1", server.getsockname()[1])
    connection._create_connection = pysock.create_connection
    connection.connect()
    try:
        assert type(connection.sock) is pysock.socket
        assert connection.sock.gettimeout() is None
    finally:
        connection.close()


# --- enums and flags -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["AF_INET", "AF_INET6", "AF_UNIX"])
def test_families_and_types(name: str) -> None:
    family: Any = getattr(stdlib, name, None)
    if family is None:
        pytest.skip(f"no {name} here")
    for kind in (stdlib.SOCK_STREAM, stdlib.SOCK_DGRAM):
        try:
            sock = pysock.socket(family, kind)
        except OSError as error:
            pytest.skip(f"this host makes no such socket: {error}")
        with sock:
            assert type(sock.family) is pysock.AddressFamily and sock.family == family
            assert type(sock.type) is pysock.SocketKind and sock.type == kind


def test_enums_of_the_other_in_each_function_that_takes_one(server: Any) -> None:
    inet, stream = stdlib.AF_INET, stdlib.SOCK_STREAM
    port = server.getsockname()[1]
    tcp = stdlib.IPPROTO_TCP
    given = ("127.0.0.1", port, inet, stream, tcp, stdlib.AI_NUMERICHOST)
    found = pysock.getaddrinfo(*given)
    name = "127.0.0.1" if on_musl else ""  # musl tells it also where nobody has asked
    assert found == [(inet, stream, tcp, name, ("127.0.0.1", port))]
    assert type(found[0][0]) is pysock.AddressFamily
    assert pysock.inet_ntop(inet, pysock.inet_pton(inet, "1.2.3.4")) == "1.2.3.4"
    assert pysock.families.unpack(pysock.families.pack(inet, ("1.2.3.4", 5))) == ("1.2.3.4", 5)
    with pysock.fromfd(server.fileno(), inet, stream, 0) as sock:
        assert sock.getsockname() == server.getsockname()
    with pysock.create_server(("127.0.0.1", 0), family=inet) as other:
        assert other.getsockopt(stdlib.SOL_SOCKET, stdlib.SO_TYPE) == stream
    with pytest.raises(ValueError, match="dualstack_ipv6 requires AF_INET6 family"):
        pysock.create_server(("", 0), family=inet, dualstack_ipv6=True)
    for sock in pysock._fallback_socketpair(inet, stream):
        sock.close()
    for sock in pysock.socketpair(getattr(stdlib, "AF_UNIX", inet), stream):
        sock.close()


def test_ipv6_server_of_the_other_enum() -> None:
    try:
        with pysock.create_server(("::1", 0), family=stdlib.AF_INET6) as sock:
            assert sock.getsockopt(stdlib.IPPROTO_IPV6, stdlib.IPV6_V6ONLY) == 1
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")


def test_flags() -> None:
    a, b = pysock.socketpair()
    with a, b:
        assert a.send(b"12345", stdlib.MsgFlag(0)) == 5
        assert b.recv(2, stdlib.MSG_PEEK) == b"12"
        assert b.recv(2, stdlib.MsgFlag(0)) == b"12"
        assert b.recv_into(bytearray(1), 1, stdlib.MSG_PEEK) == 1
        assert b.recvfrom(1, stdlib.MSG_PEEK)[0] == b"3"
        assert b.recvmsg(1, 0, stdlib.MSG_PEEK)[0] == b"3"
        a.sendall(b"6", stdlib.MsgFlag(0))
        a.sendmsg([b"7"], [], stdlib.MsgFlag(0))
        assert b.recv(5, stdlib.MSG_WAITALL) == b"34567"
        if hasattr(stdlib, "MSG_DONTWAIT"):
            with pytest.raises(BlockingIOError):
                b.recv(1, stdlib.MSG_DONTWAIT | stdlib.MSG_PEEK)


def test_members_of_both_are_equal_and_hash_alike() -> None:
    """So they find each other in dictionaries and in comparisons."""
    for kind in ("AddressFamily", "SocketKind", "MsgFlag", "AddressInfo"):
        for name, theirs in getattr(stdlib, kind).__members__.items():
            ours = getattr(pysock, kind).__members__[name]
            assert ours == theirs and hash(ours) == hash(theirs)
    mixed = pysock.MSG_PEEK | stdlib.MSG_OOB
    assert mixed == stdlib.MSG_PEEK | stdlib.MSG_OOB


# --- exceptions ----------------------------------------------------------------------


def test_a_file_over_a_socket_of_the_other_hears_its_timeout() -> None:
    """On 3.9 C's ``timeout`` is a class of its own: afterwards no reading is possible."""
    a, b = stdlib.socketpair()
    with a, b, pysock.SocketIO(b, "rb") as file:
        b._io_refs += 1
        b.settimeout(0.01)
        with pytest.raises(stdlib.timeout):
            file.read(1)
        a.sendall(b"late")
        with pytest.raises(OSError, match="cannot read from timed out object"):
            file.read(1)


def test_a_file_over_a_socket_of_the_other() -> None:
    a, b = stdlib.socketpair()
    with a, b, pysock.SocketIO(b, "rwb") as file:
        b._io_refs += 1
        b.setblocking(False)
        assert file.read(1) is None
        a.sendall(b"a line\n")
        assert io.BufferedReader(file).readline() == b"a line\n"


def test_a_file_of_the_other_over_a_socket_of_pysock() -> None:
    a, b = pysock.socketpair()
    with a, b, stdlib.SocketIO(b, "rwb") as file:
        b._io_refs += 1
        b.setblocking(False)
        assert file.read(1) is None
        a.sendall(b"x")
        assert file.read(1) == b"x"


def test_errors_of_the_other_are_heard_where_functions_catch_their_own(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs replace names of pysock by functions of C's module, and by their mocks."""

    def fails(error: OSError) -> Any:
        def call(*args: Any) -> Any:
            raise error

        return call

    for error in (stdlib.gaierror(1, "x"), stdlib.herror(1, "x"), stdlib.timeout("x")):
        with monkeypatch.context() as patch:
            patch.setattr(pysock, "socket", fails(error))
            assert pysock.has_dualstack_ipv6() is False
            with pytest.raises(type(error)):
                pysock.create_connection(server.getsockname())
        with monkeypatch.context() as patch:
            patch.setattr(pysock, "gethostbyaddr", fails(error))
            assert pysock.getfqdn("127.0.0.1") == "127.0.0.1"


# --- socket objects ------------------------------------------------------------------


@pytest.mark.parametrize("collected", [False, True])
def test_accept_and_the_like_make_sockets_of_a_class_that_has_been_put_there(
    server: Any, monkeypatch: pytest.MonkeyPatch, collected: bool
) -> None:
    """A class of the other module takes a descriptor without a word: it must stay open."""
    with pysock.create_connection(server.getsockname()) as client:
        monkeypatch.setattr(pysock, "socket", stdlib.socket)
        made = [server.accept()[0], *pysock.socketpair()]
        made.append(pysock.fromfd(client.fileno(), client.family, client.type))
        if collected:
            gc.collect()
        try:
            assert {type(sock) for sock in made} == {stdlib.socket}
            for sock in made:
                sock.getsockname()  # fails if it has been closed
            client.sendall(b"here")
            assert made[0].recv(4) == b"here"
        finally:
            for sock in made:
                sock.close()


def test_a_descriptor_goes_over_and_comes_back() -> None:
    a, b = stdlib.socketpair()
    with b, pysock.socket(fileno=a.detach()) as ours:
        ours.sendall(b"there")
        assert b.recv(5) == b"there"
        with stdlib.socket(fileno=ours.detach()) as back:
            back.sendall(b"back")
            assert b.recv(4) == b"back"
    c = stdlib.socket()
    pysock.close(c.detach())


@needs_unix
def test_descriptors_are_sent_over_sockets_of_the_other() -> None:
    a, b = stdlib.socketpair()
    with a, b, pysock.socket() as sock:
        pysock.send_fds(a, [b"x"], [sock.fileno()])
        data, fds, _, _ = pysock.recv_fds(b, 1, 1)
        assert data == b"x" and len(fds) == 1
        os.close(fds[0])


# --- a timeout of TLS ----------------------------------------------------------------


@needs_ssl
def test_a_file_over_an_ssl_socket_on_pysock() -> None:
    """An SSLSocket is C's, and so are its timeouts."""
    program = """\
import ssl, sys
import pysock
a, b = pysock.socketpair()
context = ssl._create_unverified_context()
sock = context.wrap_socket(a, do_handshake_on_connect=False)
sock.settimeout(0.05)
file = pysock.SocketIO(sock, "rb")
try:
    sock.do_handshake()
except OSError as error:
    print(type(error).__name__)
class Slow:
    def recv_into(self, buffer):
        sock.do_handshake()
    def _decref_socketios(self): pass
    def fileno(self): return -1
file = pysock.SocketIO(Slow(), "rb")
for _ in range(2):
    try:
        file.read(1)
    except OSError as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.stderr == ""
    kind, first, second = done.stdout.splitlines()
    assert kind.lower().startswith("timeout")
    assert "timed out" in first
    assert second == "cannot read from timed out object"
