"""What only macOS and the BSDs have: their own options and families, as far as a test can go."""

from __future__ import annotations

import ctypes
import errno
import http.server
import os
import sys
import tempfile
import threading

import pytest

import pysock
from pysock import _beyond, _platform, unix
from pysock._host import abi, constants
from pysock._layouts import layouts

from .foreign import FOREIGN
from .harness import LATE, outcome, pair, run

pytestmark = pytest.mark.skipif(not abi.sa_len, reason="no system with addresses of BSD's form")


def options() -> list[tuple[int, str, str]]:
    """Level, option and struct by which this system says who is at the other end."""
    known = [
        (0, "LOCAL_PEERCRED", "xucred"),
        (0, "LOCAL_PEEREID", "unpcbid"),
        (pysock.SOL_SOCKET, "SO_PEERCRED", "sockpeercred"),
    ]
    return [each for each in known if each[1] in constants]


def member(struct: str, name: str, value: bytes) -> int:
    offset, size = layouts(_platform.target)["structs"][struct]["fields"][name]
    return int.from_bytes(value[offset : offset + size], sys.byteorder)


def test_who_is_at_the_other_end() -> None:
    ((level, option, struct),) = options()
    with pair() as (here, _):
        size = layouts(_platform.target)["structs"][struct]["size"]
        value = here.getsockopt(level, getattr(pysock, option), size)
    assert len(value) == size
    uid = {"xucred": "cr_uid", "unpcbid": "unp_euid", "sockpeercred": "uid"}[struct]
    assert member(struct, uid, value) == os.geteuid()
    if struct != "xucred":
        pid = {"unpcbid": "unp_pid", "sockpeercred": "pid"}[struct]
        assert member(struct, pid, value) == os.getpid()


def test_the_c_library_says_the_same_of_the_other_end() -> None:
    """``getpeereid(3)`` is what these systems' programs call."""
    uid, gid = ctypes.c_uint(), ctypes.c_uint()
    with pair() as (here, _):
        known = unix.peer(here)
        where = here.fileno(), ctypes.byref(uid), ctypes.byref(gid)
        assert ctypes.CDLL(None).getpeereid(*where) == 0
    assert (known.uid, known.gid) == (uid.value, gid.value) == (os.geteuid(), os.getegid())
    # FreeBSD tells it since 13, in what was room for later use.
    assert known.pid == os.getpid()


@pytest.mark.skipif("LOCAL_PEERCRED" not in constants, reason="no struct xucred here")
@pytest.mark.parametrize(("told", "count"), [(-1, 0), (0, 0), (1, 0), (2, 1), (1000, 15)])
def test_no_more_groups_are_read_than_there_are(
    told: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one of struct xucred is the peer's ``gid``."""
    real = _beyond.getsockopt

    def getsockopt(sock: _beyond.Handle, level: int, option: str, size: int) -> bytes:
        value = bytearray(real(sock, level, option, size))
        if option == "LOCAL_PEERCRED":
            offset, width = layouts(_platform.target)["structs"]["xucred"]["fields"]["cr_ngroups"]
            value[offset : offset + width] = told.to_bytes(width, sys.byteorder, signed=True)
        return bytes(value)

    monkeypatch.setattr(unix, "getsockopt", getsockopt)
    with pair() as (here, _):
        groups = unix.peer(here).groups
    assert groups is not None
    assert len(groups) == count


@pytest.mark.skipif("SO_NOSIGPIPE" not in constants, reason="no SO_NOSIGPIPE here")
def test_a_signal_that_python_ignores_can_be_switched_off() -> None:
    with pair() as (here, there):
        option = constants["SO_NOSIGPIPE"]
        here.setsockopt(pysock.SOL_SOCKET, option, 1)
        assert here.getsockopt(pysock.SOL_SOCKET, option) in (1, option)
        there.close()
        assert outcome(lambda: here.send(b"x")) == "EPIPE"


def test_the_time_until_a_connection_is_probed() -> None:
    name = "TCP_KEEPALIVE" if "TCP_KEEPALIVE" in constants else "TCP_KEEPIDLE"  # macOS' name for it
    if name not in constants:
        pytest.skip("no such option of a socket here")
    with pysock.socket() as sock:
        sock.setsockopt(pysock.IPPROTO_TCP, getattr(pysock, name), 77)
        assert sock.getsockopt(pysock.IPPROTO_TCP, getattr(pysock, name)) == 77


@pytest.mark.parametrize("timeout", [None, LATE], ids=["blocking", "timeout"])
def test_a_file_larger_than_any_buffer(timeout: float | None) -> None:
    """``sendfile(2)`` of macOS and FreeBSD answers with what has gone and EAGAIN together."""
    data = os.urandom(3 << 20)
    received: list[bytes] = []
    with pair() as (here, there), tempfile.TemporaryFile() as file:
        file.write(data)
        here.settimeout(timeout)
        thread = threading.Thread(
            target=lambda: received.extend(iter(lambda: there.recv(1 << 16), b""))
        )
        thread.start()
        assert here.sendfile(file, 5, 1_000_000) == 1_000_000
        assert file.tell() == 1_000_005
        assert here.sendfile(file, 1_000_005) == len(data) - 1_000_005
        assert file.tell() == len(data)
        here.shutdown(pysock.SHUT_WR)
        thread.join()
    assert b"".join(received) == data[5:]


def test_where_there_is_a_sendfile() -> None:
    has_one = abi.name.startswith(("darwin", "freebsd"))
    assert hasattr(os, "sendfile") == hasattr(ctypes.CDLL(None), "sendfile") == has_one


@pytest.mark.skipif(not abi.name.startswith("openbsd"), reason="the others have IPv4 in IPv6")
def test_a_system_without_ipv4_in_ipv6() -> None:
    assert not pysock.has_dualstack_ipv6()
    with pytest.raises(ValueError, match="dualstack_ipv6 not supported on this platform"):
        pysock.create_server(("", 0), family=pysock.AF_INET6, dualstack_ipv6=True)
    with pysock.socket(pysock.AF_INET6) as sock:
        assert sock.getsockopt(pysock.IPPROTO_IPV6, pysock.IPV6_V6ONLY) == 1


def test_a_program_that_is_run_is_on_this_system_too() -> None:
    """``python -m pysock run`` has a hook of its own, which comes before that of the bed."""
    program = "import errno, socket; print(int(socket.AF_INET6), errno.ECONNREFUSED)"
    done = run(program, "-m", "pysock", "run")
    assert (done.stdout, done.stderr) == (f"{int(pysock.AF_INET6)} {errno.ECONNREFUSED}\n", "")


# Both ask for the name of the host, and an SMTP client says it.
SERVERS = """
import http.server, os, smtplib, socketserver, threading, urllib.request

class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args): pass

class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 here\\r\\n")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\\r\\n")
                while self.rfile.readline() != b".\\r\\n": pass
            self.wfile.write(b"221 bye\\r\\n" if word == b"QUIT" else b"250 fine\\r\\n")
            if word == b"QUIT": return

def serving(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server

os.chdir(os.path.dirname(http.server.__file__))
with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)) as server:
    url = f"http://127.0.0.1:{server.server_port}/server.py"
    print(bool(server.server_name), len(urllib.request.urlopen(url, timeout=10).read()))
    server.shutdown()
with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail)) as server:
    with smtplib.SMTP("127.0.0.1", server.server_address[1], timeout=10) as client:
        print(bool(client.local_hostname), client.sendmail("a@b", ["c@d"], "text\\r\\n" * 9999))
    server.shutdown()
"""


def test_servers_of_the_standard_library() -> None:
    done = run(SERVERS, "-m", "pysock", "run")
    size = os.stat(http.server.__file__).st_size
    assert (done.stdout, done.stderr) == (f"True {size}\nTrue {{}}\n", "")


CONTROL = """
import pysock

def connected(address):
    kind = pysock.AF_SYSTEM, pysock.SOCK_DGRAM, pysock.SYSPROTO_CONTROL
    with pysock.socket(*kind) as sock:
        try:
            sock.connect(address)
            return sock.getpeername()
        except (OSError, ValueError) as error:
            return str(error)

for address in (7, 5), (7, 0), "bed.control", (8, 0), "bed.nothing", "x" * 97:
    print(connected(address))
"""


@pytest.mark.skipif("AF_SYSTEM" not in constants, reason="no AF_SYSTEM here")
@pytest.mark.skipif(not FOREIGN, reason="the bed of tests.bsd has this control, no Mac has")
def test_a_connection_to_a_kernel_control() -> None:
    done = run(CONTROL)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "(7, 5)",
        "(7, 1)",
        "(7, 1)",
        "[Errno 2] No such file or directory",
        "cannot find kernel control with provided name",
        "provided string is too long",
    ]


@pytest.mark.skipif("AF_DIVERT" not in constants, reason="no AF_DIVERT here")
@pytest.mark.skipif(not FOREIGN, reason="the bed of tests.bsd has such sockets without a firewall")
def test_packets_of_a_firewall_go_back_where_they_came_from() -> None:
    with pysock.socket(constants["AF_DIVERT"], pysock.SOCK_RAW) as sock:
        sock.bind(("127.0.0.1", 0))
        name = sock.getsockname()
        assert name[0] == "127.0.0.1" and name[1] > 0
        assert sock.sendto(b"a packet", name) == 8
        assert sock.recvfrom(100) == (b"a packet", name)
