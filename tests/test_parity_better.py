"""Where CPython's `socket` errs, pysock does not: each test says in what, and shows the right."""

from __future__ import annotations

import os
from typing import Any

import pytest

import pysock
from pysock import families
from pysock._host import abi, lib

from .harness import fill
from .parity import CPYTHON, outcome


@pytest.mark.skipif(hasattr(pysock, "fromshare"), reason="a handle may be that large")
@pytest.mark.parametrize("number", [2**31, 2**32, 2**40, -(2**31) - 1, 2**63])
def test_a_descriptor_is_never_cut_down(number: int) -> None:
    """CPython keeps the lower 32 bits, so that ``close(2**32)`` closes standard input."""
    before = os.fstat(0).st_ino
    for call in (
        lambda: pysock.close(number),
        lambda: pysock.dup(number),
        lambda: pysock.fromfd(number, pysock.AF_INET, pysock.SOCK_STREAM),
        lambda: pysock.socket(fileno=number),
    ):
        with pytest.raises(OverflowError):
            call()
    assert os.fstat(0).st_ino == before


@pytest.mark.parametrize("number", [2**32 + 1, 2**40 + 1, 2**63])
def test_an_interface_is_never_another(number: int) -> None:
    """Before 3.13, CPython names the interface of the lower 32 bits of a C long."""
    with pytest.raises(OverflowError, match=r"index is too large|too large (to convert to|for) C"):
        pysock.if_indextoname(number)


@pytest.mark.skipif(not hasattr(pysock, "send_fds"), reason="no descriptors travel here")
def test_send_fds_has_flags_and_an_address(tmp_path: Any) -> None:
    """CPython takes ``flags`` and ``address``, and forgets them."""
    here = str(tmp_path / "here")
    with pysock.socket(pysock.AF_UNIX, pysock.SOCK_DGRAM) as receiver:
        receiver.bind(here)
        with pysock.socket(pysock.AF_UNIX, pysock.SOCK_DGRAM) as sender:
            pysock.send_fds(sender, [b"x"], [0], 0, here)
        for flags in (pysock.MSG_PEEK, 0):
            data, fds, _, _ = pysock.recv_fds(receiver, 9, 1, flags)
            assert (data, len(fds)) == (b"x", 1)
            os.close(fds[0])
    one, two = pysock.socketpair()
    with one, two:
        with pytest.raises(OSError):
            pysock.send_fds(one, [b""], [0], pysock.MSG_OOB)


@pytest.mark.skipif(not hasattr(pysock, "AF_UNIX"), reason="no AF_UNIX here")
def test_no_memory_of_others_comes_with_a_truncated_message() -> None:
    """With MSG_TRUNC the result has the message's length; CPython leaves the rest to chance."""
    one, two = pysock.socketpair(pysock.AF_UNIX, pysock.SOCK_DGRAM)
    with one, two:
        for size in (3, 20000):
            one.send(b"secret" * 5000)
            two.recv(size)
            one.send(b"x" * (size + 100))
            assert two.recv(size, pysock.MSG_TRUNC) == b"x" * size + bytes(100)
            one.send(b"x" * (size + 100))
            assert two.recvfrom(size, pysock.MSG_TRUNC)[0] == b"x" * size + bytes(100)


def test_what_an_address_is_too_short_for_reads_as_zero() -> None:
    """CPython reads whatever the memory behind it holds."""
    family = families.pack("AF_INET", ("0.0.0.0", 0))[:2]
    assert families.unpack(family) == ("0.0.0.0", 0)
    assert families.unpack(family + b"\0\x50\x7f") == ("127.0.0.0", 80)


@pytest.mark.parametrize(
    "call",
    [
        "socket.create_connection(at, 'x')",
        "socket.create_connection(at, None, 5)",
        "socket.create_server(('127.0.0.1', -1))",
        "socket.create_server(('127.0.0.1', 0), backlog='x')",
        "socket.fromfd(tcp.fileno(), 'x', 1)",
        "socket.socketpair(1, 1, 'x')",
    ],
)
def test_what_fails_leaves_nothing_open(call: str) -> None:
    """CPython leaves a socket to the collector, which warns, or a descriptor open for good."""
    found = outcome(pysock, call)
    assert "raised" in found
    assert found["warnings"] == []
    if CPYTHON:
        assert found["left open"] == 0


@pytest.mark.skipif("hstrerror" not in lib.prototypes, reason="no hstrerror(3) here")
def test_an_unknown_host_is_an_unknown_host() -> None:
    """CPython reports the error of an earlier look-up, or none: it reads the wrong h_errno."""
    with pytest.raises(pysock.herror, match=r"Unknown host|Host not found") as caught:
        pysock.gethostbyname_ex("<broadcast>")
    assert caught.value.errno == 1


def test_a_family_that_no_page_knows_still_has_addresses() -> None:
    """CPython has "bad family" for the socket's own address, and bytes for all others."""
    with pysock.socket(pysock.AF_INET) as inet:
        inet.bind(("127.0.0.1", 0))
        fd = pysock.dup(inet.fileno())
        with pysock.socket(0x7FFFFFFF, pysock.SOCK_STREAM, 0, fd) as sock:
            assert sock.getsockname() == inet.getsockname()


@pytest.mark.parametrize("seconds", [2.0**63 / 10**9, 1e10, 1e300])
def test_a_timeout_too_long_is_no_negative_one(seconds: float) -> None:
    """CPython 3.9 lets the first of these wrap round, and finds it negative."""
    with pysock.socket() as sock, pytest.raises(OverflowError, match="timestamp"):
        sock.settimeout(seconds)


@pytest.mark.skipif(not hasattr(pysock, "MSG_DONTWAIT"), reason="no call can be told not to wait")
@pytest.mark.parametrize("seconds", [0, 0.01])
@pytest.mark.parametrize("call", ["recv", "recv_into", "recvfrom", "recvmsg", "send", "sendmsg"])
def test_a_duplicate_cannot_make_a_socket_wait(call: str, seconds: float) -> None:
    """O_NONBLOCK belongs to what is open, not to the descriptor: who shares it may clear it."""
    if call[:4] == "send" and not abi.dontwait_sends:
        pytest.skip("this kernel looks at O_NONBLOCK alone when a send has to wait")
    arguments: dict[str, Any] = {"recv_into": bytearray(9), "send": b"x", "sendmsg": [b"x"]}
    here, there = pysock.socketpair()
    with here, there:
        fill(here)
        here.settimeout(seconds)
        os.set_blocking(here.fileno(), True)
        with pytest.raises((BlockingIOError, pysock.timeout)):
            getattr(here, call)(arguments.get(call, 9))
