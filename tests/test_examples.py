"""The programs of ``examples/``, each run as a process, a server and its client as two.

What an example needs of the platform is asked of the interpreter's own ``socket``.
"""

import errno
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import pysock
from pysock._host import abi

from . import ROOT
from .foreign import FOREIGN

SECONDS = 20
Process = subprocess.Popen[str]
Start = Callable[..., Process]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start an example; whatever still runs when the test ends is killed."""
    started: list[Process] = []

    def start(script: str, *arguments: object) -> Process:
        command = [sys.executable, str(ROOT / "examples" / script), *map(str, arguments)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def output(process: Process) -> str:
    """What the example printed, once it has ended well."""
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (0, "")
    return out


def listening_port(server: Process) -> int:
    assert server.stdout
    line = server.stdout.readline()
    assert line.startswith("Listening on port "), line or output(server)
    return int(line.split()[-1])


def can_bind(family: int, host: str) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True


needs_both_stacks = pytest.mark.skipif(
    not (can_bind(socket.AF_INET6, "::1") and pysock.has_dualstack_ipv6()),
    reason="no IPv6 on this host, or no IPv4 in it",
)
needs_fork = pytest.mark.skipif(not hasattr(socket, "send_fds"), reason="no Unix sockets here")


@pytest.mark.parametrize(
    ("server_script", "client_script", "host"),
    [
        ("echo_server.py", "echo_client.py", "127.0.0.1"),
        ("echo_server.py", "echo_client.py", "localhost"),
        ("dual_stack_server.py", "dual_stack_client.py", "127.0.0.1"),
        # Of localhost's addresses, ::1 may be refused: then the client must go on to the next.
        ("dual_stack_server.py", "dual_stack_client.py", "localhost"),
        ("create_server.py", "echo_client.py", "127.0.0.1"),
        pytest.param("create_server.py", "dual_stack_client.py", "::1", marks=needs_both_stacks),
    ],
)
def test_echo(start: Start, server_script: str, client_script: str, host: str) -> None:
    server = start(server_script, 0)
    client = start(client_script, host, listening_port(server))
    assert output(client) == "Received b'Hello, world'\n"
    assert output(server).startswith("Connected by (")


@pytest.mark.parametrize("client_script", ["echo_client.py", "dual_stack_client.py"])
def test_nobody_listens(start: Start, client_script: str) -> None:
    with socket.socket() as placeholder:  # bound, but not listening: the port refuses connections
        placeholder.bind(("127.0.0.1", 0))
        client = start(client_script, "127.0.0.1", placeholder.getsockname()[1])
        out, err = client.communicate(timeout=SECONDS)
    assert client.returncode == 1
    assert "ConnectionRefusedError" in err or out == "could not open socket\n"


@needs_fork
@pytest.mark.parametrize("script", ["send_fds.py", "sendmsg_fds.py"])
def test_passing_descriptors(start: Start, script: str) -> None:
    if script == "sendmsg_fds.py" and abi.name.startswith("netbsd"):
        pytest.skip("the documentation asks for CMSG_LEN, and NetBSD wants CMSG_SPACE")
    expected = "Received b'Hello from the child, which was told: write here'\n"
    assert output(start(script)) == expected


@pytest.mark.skipif(not hasattr(socket.socket, "recvmsg_into"), reason="no recvmsg(2) here")
def test_scatter_reading(start: Start) -> None:
    assert output(start("recvmsg_into.py")).splitlines() == [
        "22",
        "(22, [], 0, None)",
        "[bytearray(b'Mary'), bytearray(b'01 had a 9'), bytearray(b'little lamb---')]",
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_ways_to_a_host(start: Start, host: str) -> None:
    module: Any = pysock if FOREIGN else socket
    expected = module.getaddrinfo(host, 80, proto=socket.IPPROTO_TCP)
    assert output(start("getaddrinfo.py", host)).splitlines() == [*map(repr, expected)]


def test_no_way_to_a_host(start: Start) -> None:
    process = start("getaddrinfo.py", "no such host")
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert f"pysock.gaierror: [Errno {pysock.EAI_NONAME}] " in err


def test_reuse_address(start: Start) -> None:
    without, with_option = output(start("reuse_address.py")).splitlines()
    in_use = OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
    # On Windows, no option is needed to start again.
    refused = "served again" if hasattr(socket.socket, "ioctl") else in_use
    assert without == f"Without SO_REUSEADDR: {refused}"
    assert with_option == "With SO_REUSEADDR: served again"


def test_can(start: Start) -> None:
    frame = bytes.fromhex("23 01 00 00 02 00 00 00 ca fe 00 00 00 00 00 00")
    try:
        peer = socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW)
    except (AttributeError, OSError) as error:
        pytest.skip(f"no CAN sockets here: {error}")
    with peer:
        try:
            peer.bind(("vcan0",))
        except OSError as error:
            pytest.skip(f"no interface vcan0: {error}")
        example = start("can.py")
        peer.settimeout(0.1)
        frames: list[bytes] = []
        deadline = time.monotonic() + SECONDS
        while len(frames) < 2 and time.monotonic() < deadline:
            peer.send(frame)  # again and again: what comes before the example has bound is lost
            try:
                frames.append(peer.recv(16))
            except socket.timeout:
                assert example.poll() is None, output(example)
    example.kill()
    out, _ = example.communicate(timeout=SECONDS)
    assert out.startswith("Received: can_id=123, can_dlc=2, data=b'\\xca\\xfe'\n")
    assert frames[0] == frame
    assert frames[1] == bytes.fromhex("01 00 00 00 03 00 00 00 01 02 03 00 00 00 00 00")


def test_windows_sniffer(start: Start) -> None:
    if not hasattr(socket, "SIO_RCVALL"):
        pytest.skip("no SIO_RCVALL here: the sniffer is for Windows")
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IP).close()
    except OSError as error:
        pytest.skip(f"raw sockets need more rights: {error}")
    sniffer = start("windows_sniffer.py")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        here = socket.gethostbyname(socket.gethostname())
        deadline = time.monotonic() + SECONDS
        while sniffer.poll() is None and time.monotonic() < deadline:
            sender.sendto(b"sniff me", (here, 9))
            time.sleep(0.1)
    assert output(sniffer).startswith("(b'E")  # an IPv4 header: version 4, five words
