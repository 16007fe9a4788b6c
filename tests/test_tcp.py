"""pysock.tcp: what the kernel tells of a connection, and the options that it is told."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import socket as stdlib
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

import pytest

import pysock
from pysock import _constants, _tcp_fields, tcp
from pysock._commands import tcp as show
from pysock._host import abi, constants
from pysock._layouts import layouts

from . import ROOT
from .foreign import FOREIGN, LINUX
from .harness import LATE

MODULES: list[Any] = [pysock] if FOREIGN else [stdlib, pysock]


@pytest.fixture(params=MODULES, ids=lambda module: module.__name__)
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any, Any]]:
    """A listener, and the two ends of a connection."""
    module = request.param
    with module.create_server(("127.0.0.1", 0)) as server:
        with module.create_connection(server.getsockname()) as client:
            accepted, _ = server.accept()
            with accepted:
                yield server, client, accepted


def needs(*names: str) -> None:
    missing = set(names) - tcp.supported()
    if missing:
        pytest.skip(f"this system has no {', '.join(sorted(missing))}")


@pytest.mark.parametrize("target", _constants.targets())
def test_every_member_that_a_header_names_is_a_field(target: str) -> None:
    system = target.partition("-")[0]
    layout = layouts(target)["structs"][_tcp_fields.STRUCTS.get(system, "tcp_info")]
    known = {each.name for each in fields(_tcp_fields.CLASSES[system])}
    named = {_tcp_fields.name_of(m) for m in layout["fields"] if m[:2] != "__"}
    assert named <= known
    if target == f"{system}-gnu-x86_64" or system not in ("linux", "windows"):
        assert known - named == {"raw"}


def test_fields_that_the_kernel_has_not_given_are_none() -> None:
    layout = layouts("linux-gnu-x86_64")["structs"]["tcp_info"]
    raw = bytes([1]) + bytes(6) + bytes([0b111]) + bytes(96)  # as of Linux 2.6
    told = _tcp_fields.decode("linux", layout, "little", raw)
    assert isinstance(told, tcp.LinuxInfo)
    assert (told.state, told.total_retrans, told.pacing_rate) == (tcp.State.ESTABLISHED, 0, None)
    assert (told.delivery_rate_app_limited, told.fastopen_client_fail) == (1, 3)


def test_info(ends: tuple[Any, Any, Any]) -> None:
    needs("info")
    server, client, accepted = ends
    client.sendall(b"abc")
    assert accepted.recv(10) == b"abc"
    assert tcp.info(client).state is tcp.info(accepted).state is tcp.State.ESTABLISHED
    assert tcp.info(server.fileno()).state is tcp.State.LISTEN
    told = asdict(tcp.info(accepted))
    if LINUX and told["bytes_received"] is not None:
        assert told["bytes_received"] == 3
        assert asdict(tcp.info(client))["bytes_acked"] in (1, 4)  # the SYN counts
    client.shutdown(pysock.SHUT_WR)
    assert accepted.recv(10) == b""
    assert tcp.info(accepted).state is tcp.State.CLOSE_WAIT


def test_keepalive_in_one_call(ends: tuple[Any, Any, Any]) -> None:
    _, client, _ = ends
    if not {"TCP_KEEPINTVL", "TCP_KEEPCNT"} <= constants.keys():
        pytest.skip(f"{abi.name} has SO_KEEPALIVE alone")
    needs("keepalive")
    assert tcp.keepalive(client).on is False
    tcp.set_keepalive(client, idle=33, interval=7, count=4)
    assert tcp.keepalive(client) == tcp.KeepAlive(True, 33, 7, 4)
    with pytest.raises(ValueError, match="TCP_KEEPCNT"):
        tcp.set_keepalive(client, idle=44, count=0)
    if LINUX:  # 127 is the most: and then the idle time is what it was
        with pytest.raises(OSError, match="TCP_KEEPCNT") as caught:
            tcp.set_keepalive(client, idle=44, count=1000)
        assert caught.value.errno == errno.EINVAL
    assert tcp.keepalive(client) == tcp.KeepAlive(True, 33, 7, 4)
    tcp.set_keepalive(client, False)
    assert tcp.keepalive(client) == tcp.KeepAlive(False, 33, 7, 4)


def resets() -> bool:
    """Whether the standard library's socket resets a connection that it closes with no linger."""
    with stdlib.create_server(("127.0.0.1", 0)) as listener:
        client = stdlib.create_connection(listener.getsockname())
        with listener.accept()[0] as accepted:
            pair = struct.pack("HH" if hasattr(stdlib.socket, "ioctl") else "ii", 1, 0)
            client.setsockopt(stdlib.SOL_SOCKET, stdlib.SO_LINGER, pair)
            client.close()
            try:
                accepted.recv(1)
            except ConnectionResetError:
                return True
            return False


def test_linger(ends: tuple[Any, Any, Any]) -> None:
    needs("linger")
    _, client, accepted = ends
    assert tcp.linger(client) is None
    tcp.set_linger(client, 5)
    assert tcp.linger(client) == 5
    tcp.set_linger(client, None)
    assert tcp.linger(client) is None
    tcp.set_linger(client, 0)
    client.close()
    if not resets():
        pytest.skip("Wine closes such a connection without a reset")
    with pytest.raises(ConnectionResetError):
        accepted.recv(1)


def test_user_timeout(ends: tuple[Any, Any, Any]) -> None:
    needs("user_timeout")
    _, client, _ = ends
    tcp.set_user_timeout(client, 2)
    assert tcp.user_timeout(client) == 2.0
    with pytest.raises(ValueError, match="-1"):
        tcp.set_user_timeout(client, -1)


def test_congestion(ends: tuple[Any, Any, Any]) -> None:
    needs("congestion")
    _, client, _ = ends
    name = tcp.congestion(client)
    tcp.set_congestion(client, name)
    assert tcp.congestion(client) == name
    with pytest.raises(OSError, match=r"\(TCP_CONG\w+: no such one\)$"):
        tcp.set_congestion(client, "no such one")


EARLY = """
import socket, pysock
from pysock import tcp
for module in socket, pysock:
    with module.create_server(("127.0.0.1", 0)) as server:
        tcp.set_fastopen(server, 5)
        for _ in range(2):  # the first connection brings the cookie
            with module.socket(module.AF_INET, module.SOCK_STREAM) as client:
                tcp.set_fastopen_connect(client)
                client.connect(server.getsockname())
                client.sendall(b"early")
                accepted, _ = server.accept()
                with accepted:
                    data = accepted.recv(10)
                    with_syn = bool(tcp.info(accepted).options & pysock.TCPI_OPT_SYN_DATA)
        print(data, with_syn)
"""


@pytest.mark.skipif(not LINUX or FOREIGN, reason="TCP_FASTOPEN_CONNECT is Linux'")
def test_data_with_the_syn() -> None:
    needs("set_fastopen_connect")
    script = "ip link set lo up && echo 3 >/proc/sys/net/ipv4/tcp_fastopen && exec \"$@\""
    command = ["unshare", "-n", "sh", "-c", script, "sh"]
    if not all(map(shutil.which, ("unshare", "ip"))) or subprocess.run(
        [*command, "true"], stderr=subprocess.DEVNULL
    ).returncode:
        pytest.skip("this user may not make a network namespace and choose its options")
    done = subprocess.run(
        [*command, sys.executable, "-c", EARLY], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "b'early' True\n" * 2), done.stderr


def test_bad_input(ends: tuple[Any, Any, Any]) -> None:
    _, client, _ = ends
    wrong: list[tuple[Any, tuple[Any, ...], type[Exception], str]] = [
        (tcp.set_congestion, ("",), ValueError, "the name of an algorithm is needed"),
        (tcp.set_congestion, ("cubic\0x",), ValueError, "the name of an algorithm is needed"),
        (tcp.set_congestion, (b"cubic",), TypeError, "the name of an algorithm is a str"),
        (tcp.set_keepalive, ("yes",), TypeError, "expected True or False for SO_KEEPALIVE"),
        (tcp.set_user_timeout, ("1",), TypeError, "is a number of seconds, not str"),
        (tcp.set_user_timeout, (float("nan"),), ValueError, "0 to 2147483 seconds, not nan"),
        (tcp.set_fastopen_connect, ("on",), TypeError, "expected True or False"),
    ]
    for function, arguments, kind, text in wrong:
        with pytest.raises(kind, match=text):
            function(client, *arguments)
    if "sockets" in tcp.supported():
        with pytest.raises(TypeError, match="the number of a process, not str"):
            tcp.sockets("1")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="members of State"):
            tcp.sockets(states=["LISTEN"])  # type: ignore[list-item]
    if "set_congestion" in tcp.supported():
        with pytest.raises(OSError, match="no such algorithm"):
            tcp.set_congestion(client, "no such algorithm")


def test_what_is_no_tcp_socket_is_an_error_that_names_the_option() -> None:
    needs("info")
    with pysock.socket(pysock.AF_INET, pysock.SOCK_DGRAM) as sock:
        with pytest.raises(OSError, match=r"\(\w*TCP_\w+\)$"):
            tcp.info(sock)
    with pytest.raises(OSError):
        tcp.info(sock)  # closed
    for wrong in ("1", None, 1.5, True):
        with pytest.raises(TypeError, match="fileno"):
            tcp.info(wrong)  # type: ignore[arg-type]


def test_sockets_of_this_process(ends: tuple[Any, Any, Any]) -> None:
    needs("sockets")
    server, client, accepted = ends
    client.sendall(b"abcd")
    mine = {each.descriptor: each for each in tcp.sockets(os.getpid())}
    assert mine[server.fileno()].state is tcp.State.LISTEN
    got = mine[accepted.fileno()]
    assert (got.local, got.peer) == (accepted.getsockname(), accepted.getpeername())
    assert (got.receive_queue, got.inode) == (4, os.fstat(accepted.fileno()).st_ino)
    assert isinstance(got.info, tcp.LinuxInfo) and got.info.bytes_received == 4
    assert tcp.sockets(states=()) == []
    # As the kernel's own table has them.
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = {line.split()[9]: line.split() for line in table}
    assert int(rows[str(got.inode)][4].partition(":")[2], 16) == 4
    assert accepted.recv(10) == b"abcd"  # what is not read would reset the connection
    client.close()
    accepted.close()
    waiting = tcp.sockets(states=[tcp.State.TIME_WAIT, tcp.State.FIN_WAIT_2])
    assert any(got.peer in (each.local, each.peer) for each in waiting)


def test_as_ss_says_it(ends: tuple[Any, Any, Any]) -> None:
    needs("sockets")
    if shutil.which("ss") is None:
        pytest.skip("there is no ss")
    _, client, accepted = ends
    client.sendall(b"x" * 1000)
    assert len(accepted.recv(2000)) == 1000
    port = accepted.getpeername()[1]
    told = tcp.info(client)
    assert isinstance(told, tcp.LinuxInfo)
    command = ["ss", "-tinHO", f"sport = :{port}"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    pairs = dict(re.findall(r"(\w+):(\d+)", shown))
    assert int(pairs["bytes_sent"]) == told.bytes_sent == 1000
    assert (int(pairs["mss"]), int(pairs["cwnd"])) == (told.snd_mss, told.snd_cwnd)
    assert shown.startswith("ESTAB") and tcp.congestion(client) in shown


def test_import_of_pysock_loads_none_of_it() -> None:
    program = "import sys, pysock; print([n for n in sys.modules if 'tcp' in n or '_layouts' in n])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "pysock", "tcp", *arguments]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=2 * LATE)


def test_command(ends: tuple[Any, Any, Any]) -> None:
    needs("sockets")
    server, client, accepted = ends
    client.sendall(b"abc")
    table = command(str(os.getpid())).stdout
    port = server.getsockname()[1]
    line = next(x for x in table.splitlines() if f" 127.0.0.1:{port} " in x and "ESTAB" in x)
    assert line.split()[:3] == ["ESTABLISHED", "3", "0"]
    listed = json.loads(command("--json", str(os.getpid())).stdout)
    told = {each["descriptor"]: each for each in listed}
    assert told[accepted.fileno()]["info"]["bytes_received"] == 3
    for width in (40, 60, 72, 80):
        assert max(map(len, show.lines(tcp.sockets(os.getpid()), width))) <= width


def test_command_without_such_a_process() -> None:
    needs("sockets")
    done = command("999999999")
    assert (done.returncode, done.stdout) == (2, "")
    assert "process 999999999: there is none" in done.stderr
