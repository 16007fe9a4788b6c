"""Winsock: what it has alone, and what the rest of the tests asks of POSIX.

The layouts hold on every host; the rest needs Windows, where a socket has ``ioctl``.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket as stdlib
import struct
import subprocess
import sys
import threading
import time
from ctypes import alignment, c_uint64, sizeof
from typing import Any

import pytest

import pysock
from pysock import _libc, _winheaders
from pysock._calls import wait
from pysock._ffi import winerror
from pysock._ffi.abi import codec
from pysock._host import abi, lib
from pysock._layouts import layouts

from .harness import LATE
from .test_layouts import fields_of

on_windows = pytest.mark.skipif(
    not hasattr(stdlib.socket, "ioctl"), reason="the sockets of this system are not Winsock's"
)

# --- on every host -------------------------------------------------------------------

# What the headers call a struct and its members, where they have their own words for POSIX's.
NAMES = {
    "iovec": ("WSABUF", {"iov_len": "len", "iov_base": "buf"}),
    "addrinfo": ("ADDRINFOW", {}),
    "pollfd": ("WSAPOLLFD", {}),
    "msghdr": (
        "WSAMSG",
        {
            "msg_name": "name",
            "msg_namelen": "namelen",
            "msg_iov": "lpBuffers",
            "msg_iovlen": "dwBufferCount",
            "msg_flags": "dwFlags",
        },
    ),
}
OURS = {"fd_set", "if_nameindex"}  # of one socket only; a struct of POSIX that Windows lacks
TARGETS: tuple[str, ...] = ("windows-x86_64", "windows-aarch64", "windows-i386")
if alignment(c_uint64) != 8:
    TARGETS = TARGETS[2:]


@pytest.mark.parametrize("target", TARGETS)
def test_structs(target: str) -> None:
    row, truth = _libc.abi_of(target), layouts(target)["structs"]
    for name, made in _winheaders.structs(row).items():
        if name in OURS:
            continue
        there, members = NAMES.get(name, (name, {}))
        known = truth[there]
        fields = {members.get(m, m): where for m, where in fields_of(made).items()}
        # WSAMSG has a WSABUF in it, and of an interface only the head is declared.
        control = {m: fields.pop(m, None) for m in ("msg_control", "msg_controllen")}
        if name == "msghdr":
            at, buffer = known["fields"]["Control"][0], truth["WSABUF"]["fields"]
            assert control["msg_controllen"] == [at + buffer["len"][0], buffer["len"][1]]
            assert control["msg_control"] == [at + buffer["buf"][0], buffer["buf"][1]]
        assert {**known["fields"], **fields} == known["fields"], name
        assert (sizeof(made), alignment(made)) == (known["size"], known["align"]), name


def test_a_codec_knows_the_order_of_its_caller() -> None:
    row = _libc.abi_of("windows-x86_64")
    iovec = codec(row, _winheaders.structs(row)["iovec"], "iov_base iov_len")
    raw = iovec.pack(0x1122334455667788, 5)
    assert raw.hex(" ") == "05 00 00 00 00 00 00 00 88 77 66 55 44 33 22 11"
    assert iovec.unpack_from(raw) == (0x1122334455667788, 5)


def test_an_error_has_a_text_whatever_the_system_says() -> None:
    for number in (10035, 10061, 11001):
        assert winerror.text(number) not in ("", "<no description>", str(number)) or (
            not hasattr(ctypes, "FormatError")
        )


def test_a_waiting_call_may_be_told_early_that_nothing_happened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On Windows poll() comes back after a slice of the time; the wait goes on."""
    answers = [0, 0, 1]
    monkeypatch.setattr(lib, "poll", lambda *arguments: answers.pop(0), raising=False)
    with pysock.socket() as sock:
        assert wait.wait_until_ready(sock, wait.READ, None)
        assert answers == []


# --- errors --------------------------------------------------------------------------


@on_windows
@pytest.mark.parametrize("number", [10004, 10013, 10035, 10048, 10054, 10057, 10061, 2, 5, 11001])
def test_an_error_is_what_cpython_makes_of_it(number: int) -> None:
    ours = winerror.os_error(number)
    expected: Any = ctypes.WinError(number)  # type: ignore[attr-defined,unused-ignore]
    assert (type(ours), ours.errno, ours.winerror) == (  # type: ignore[attr-defined,unused-ignore]
        type(expected),
        expected.errno,
        expected.winerror,
    )
    assert ours.filename is None


@on_windows
def test_errors_of_calls() -> None:
    with pysock.socket() as sock:
        with pytest.raises(OSError) as caught:
            sock.recv(1)
        assert caught.value.errno == errno.ENOTCONN
        sock.settimeout(LATE)
        with pytest.raises(ConnectionRefusedError):
            sock.connect(("127.0.0.1", 1))
    assert caught.value.winerror == 10057  # type: ignore[attr-defined,unused-ignore]


# --- handles -------------------------------------------------------------------------


@on_windows
def test_a_handle_is_as_wide_as_a_pointer() -> None:
    """A cut-down handle would be this one again."""
    with pysock.socket() as sock:
        wide = sock.fileno() + 2**32
        if sizeof(ctypes.c_void_p) == 8:
            assert lib.getsockopt(wide, 0, 0, None, None) == -1
            assert wait.pop_errno() == errno.ENOTSOCK  # type: ignore[attr-defined]
        assert lib.closesocket.argtypes == [_winheaders.types(abi)["SOCKET"]]


@on_windows
def test_no_child_inherits_a_socket_unless_told_to() -> None:
    with pysock.socket() as sock, sock.dup() as twin:
        assert [sock.get_inheritable(), twin.get_inheritable()] == [False, False]
        sock.set_inheritable(True)
        assert [sock.get_inheritable(), twin.get_inheritable()] == [True, False]


@on_windows
def test_a_detached_handle_blocks_as_its_mode_says() -> None:
    """C code that takes it over knows of no other modes."""
    for seconds, blocks in ((None, True), (0.0, False)):
        one, other = pysock.socketpair()
        one.settimeout(seconds)
        with stdlib.socket(fileno=one.detach()) as taken, other:
            threading.Timer(0.2, other.send, [b"x"]).start()
            began = time.monotonic()
            if blocks:
                assert taken.recv(1) == b"x"
                assert time.monotonic() - began > 0.1
            else:
                with pytest.raises(BlockingIOError):
                    taken.recv(1)
                time.sleep(0.4)


CHILD = """
import sys, pysock
module = {"pysock": pysock, "socket": __import__("socket")}[sys.argv[1]]
with module.fromshare(bytes.fromhex(sys.stdin.readline())) as shared:
    connection, _ = shared.accept()
    with connection:
        connection.sendall(b"from the child")
"""


@on_windows
@pytest.mark.parametrize("there", ["pysock", "socket"])
def test_a_listener_shared_with_another_process(there: str) -> None:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", CHILD, there]
    with pysock.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        with subprocess.Popen(command, stdin=pipe, stderr=pipe, text=True) as child:
            assert child.stdin
            child.stdin.write(listener.share(child.pid).hex() + "\n")  # type: ignore[attr-defined]
            child.stdin.flush()
            with pysock.create_connection(address, timeout=LATE) as client:
                assert client.recv(100) == b"from the child"
            _, said = child.communicate(timeout=LATE)
            assert (child.returncode, said) == (0, "")


@on_windows
def test_what_was_shared_is_of_the_right_size() -> None:
    with pysock.socket() as sock:
        info = sock.share(os.getpid())  # type: ignore[attr-defined]
        with pytest.raises(ValueError, match="wrong size"):
            pysock.fromshare(info[:-1])
        with pysock.fromshare(info) as twin:
            # The provider's own, as in C; a socket that was made by protocol 0 says 0 itself.
            known = pysock.AF_INET, pysock.SOCK_STREAM, pysock.IPPROTO_TCP
            assert (twin.family, twin.type, twin.proto) == known


@on_windows
def test_ioctl() -> None:
    with pysock.socket() as sock:
        sock.ioctl(pysock.SIO_KEEPALIVE_VALS, (1, 1000, 100))  # type: ignore[attr-defined]
        assert sock.getsockopt(pysock.SOL_SOCKET, pysock.SO_KEEPALIVE) == 1
        with pytest.raises(ValueError, match="invalid ioctl command 1"):
            sock.ioctl(1, 1)  # type: ignore[attr-defined]


@on_windows
@pytest.mark.parametrize("name", ["SIO_RCVALL", "SIO_LOOPBACK_FAST_PATH"])
def test_ioctl_does_what_that_of_the_c_module_does(name: str) -> None:
    outcomes = []
    for module in (stdlib, pysock):
        with module.socket(type=module.SOCK_STREAM) as sock:
            try:
                outcomes.append(sock.ioctl(getattr(module, name), 1))
            except OSError as error:
                outcomes.append(error.winerror)  # type: ignore[attr-defined,unused-ignore]
    assert outcomes[0] == outcomes[1]


# --- waiting -------------------------------------------------------------------------


@on_windows
@pytest.mark.parametrize("seconds", [None, LATE])
def test_ctrl_c_ends_a_wait(seconds: float | None) -> None:
    import _thread

    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(seconds)
        began = time.monotonic()
        threading.Timer(0.2, _thread.interrupt_main).start()
        with pytest.raises(KeyboardInterrupt):
            sock.recv(1)
        assert time.monotonic() - began < LATE / 2


@on_windows
def test_more_sockets_than_a_set_of_select_has_room_for() -> None:
    received: list[bytes] = []
    with pysock.create_server(("127.0.0.1", 0), backlog=600) as listener:
        listener.settimeout(LATE)
        pairs = []
        for _ in range(600):
            client = pysock.create_connection(listener.getsockname(), timeout=LATE)
            pairs.append((client, listener.accept()[0]))

        def read(client: Any) -> None:
            received.append(client.recv(10))

        readers = [threading.Thread(target=read, args=[client]) for client, _ in pairs]
        for reader in readers:
            reader.start()
        for number, (_, server) in enumerate(pairs):
            server.sendall(b"%d" % number)
        for reader in readers:
            reader.join()
        for pair in pairs:
            for sock in pair:
                sock.close()
    assert sorted(map(int, received)) == list(range(600))


@on_windows
def test_an_option_limits_the_time_in_blocking_mode() -> None:
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setsockopt(pysock.SOL_SOCKET, pysock.SO_RCVTIMEO, 200)
        began = time.monotonic()
        with pytest.raises(OSError) as caught:
            sock.recv(1)
        assert caught.value.errno == errno.ETIMEDOUT
        assert 0.1 < time.monotonic() - began < LATE


# --- messages ------------------------------------------------------------------------

INTERFACE = struct.pack("<4sI", bytes([127, 0, 0, 1]), 0)


def mailbox(family: int, host: str) -> Any:
    sock = pysock.socket(family, pysock.SOCK_DGRAM)
    sock.bind((host, 0))
    sock.settimeout(LATE)
    return sock


@on_windows
def test_a_message_tells_where_it_arrived() -> None:
    with mailbox(pysock.AF_INET, "127.0.0.1") as one, mailbox(pysock.AF_INET, "127.0.0.1") as two:
        two.setsockopt(pysock.IPPROTO_IP, pysock.IP_PKTINFO, 1)
        source = [(pysock.IPPROTO_IP, pysock.IP_PKTINFO, INTERFACE)]
        parts = [b"abc", bytearray(b"def"), b"x" * 20_000]
        assert one.sendmsg(parts, source, 0, two.getsockname()) == 20_006
        data, ancdata, flags, sender = two.recvmsg(30_000, pysock.CMSG_SPACE(8))
        assert (data, flags, sender) == (b"abcdef" + b"x" * 20_000, 0, one.getsockname())
        ((level, kind, info),) = ancdata
        assert (level, kind, info[:4]) == (pysock.IPPROTO_IP, pysock.IP_PKTINFO, INTERFACE[:4])


@on_windows
def test_a_message_by_ipv6() -> None:
    with mailbox(pysock.AF_INET6, "::1") as one, mailbox(pysock.AF_INET6, "::1") as two:
        for option in (pysock.IPV6_PKTINFO, pysock.IPV6_HOPLIMIT, pysock.IPV6_RECVTCLASS):
            two.setsockopt(pysock.IPPROTO_IPV6, option, 1)
        one.setsockopt(pysock.IPPROTO_IPV6, pysock.IPV6_UNICAST_HOPS, 33)
        one.sendmsg([b"six"], [], 0, two.getsockname())
        buffers = [bytearray(2), bytearray(5)]
        n, ancdata, flags, sender = two.recvmsg_into(buffers, 200)
        assert (n, flags, sender[:2]) == (3, 0, one.getsockname()[:2])
        assert buffers == [b"si", b"x\0\0\0\0"]
        found = {kind: data for _, kind, data in ancdata}
        assert found[pysock.IPV6_HOPLIMIT] == struct.pack("<i", 33)
        assert found[pysock.IPV6_PKTINFO][:16] == bytes(15) + b"\1"
        assert pysock.IPV6_TCLASS in found


@on_windows
def test_a_stream_has_messages_without_control_data() -> None:
    one, two = pysock.socketpair()
    with one, two:
        assert one.sendmsg([b"gathered ", b"by WSASendTo"]) == 21
        assert two.recvmsg(100, 100) == (b"gathered by WSASendTo", [], 0, None)
        two.setblocking(False)
        with pytest.raises(BlockingIOError):
            two.recvmsg(1)


@on_windows
def test_a_message_that_is_too_long_is_never_cut_in_silence() -> None:
    """Windows cuts it and tells by a flag; Wine's answer has no count, so it is an error."""
    with mailbox(pysock.AF_INET, "127.0.0.1") as one, mailbox(pysock.AF_INET, "127.0.0.1") as two:
        one.sendto(b"1234567", two.getsockname())
        try:
            data, _, flags, _ = two.recvmsg(3)
        except OSError as error:
            assert error.errno == errno.EMSGSIZE
        else:
            assert (data, flags & pysock.MSG_TRUNC) == (b"123", pysock.MSG_TRUNC)


# --- names ---------------------------------------------------------------------------


@on_windows
def test_names_of_interfaces() -> None:
    assert pysock.if_nameindex() == stdlib.if_nameindex()
    index, name = pysock.if_nameindex()[0]
    try:
        assert (stdlib.if_nametoindex(name), stdlib.if_indextoname(index)) == (index, name)
    except OSError as error:
        pytest.skip(f"the C module cannot either: {error}")
    assert (pysock.if_nametoindex(name), pysock.if_indextoname(index)) == (index, name)


@on_windows
def test_names_of_hosts() -> None:
    assert pysock.gethostname() == stdlib.gethostname()
    for call in ("getaddrinfo('localhost', 80)", "gethostbyname_ex('localhost')", "getfqdn()"):
        ours, known = (eval(f"module.{call}", {"module": m}) for m in (pysock, stdlib))
        assert ours == known, call
    for host in ("nosuch.invalid", "n\xf6such.invalid", b"n\xc3\xb6such.invalid"):
        with pytest.raises(pysock.gaierror, match="getaddrinfo failed"):
            pysock.getaddrinfo(host, 80)


@on_windows
def test_what_is_not_there() -> None:
    for name in ("send_fds", "recv_fds", "sethostname"):
        assert not hasattr(pysock, name)
    assert vars(pysock)["errorTab"][10061] == vars(stdlib)["errorTab"][10061]
    assert not hasattr(pysock.Socket, "sendmsg")  # as in CPython: asyncio would want os.sysconf
    assert {"fromshare", "errorTab", "CMSG_LEN", "CMSG_SPACE"} <= set(pysock.__all__)
