"""A C library that answers oddly: positive results, wrong counts, lengths that grow, no errno.

Each function of the library is replaced in turn.  Whatever it says, no call crashes, goes on for
ever, or hands out bytes that this call has not written.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
import warnings
from functools import partial
from typing import Any

import pytest

import pysock
from pysock._ffi import errors
from pysock._ffi.interpreter import set_errno
from pysock._functions import connections
from pysock._host import lib, lib_keeping_gil, structs
from pysock._methods import connection, lifecycle

from ..harness import ACCEPT, RECEIVE, Action, pair, pools, replace
from .poison import poisoned

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(not hasattr(lib, "socketpair"), reason="the library is not POSIX's"),
]

MARK = b"\xee"


class Bench:
    """A socket of each kind, and what is sent so that there is something to receive."""

    def __init__(self) -> None:
        self.here, self.there = pysock.socketpair()
        self.listener = pysock.create_server(("127.0.0.1", 0))
        self.udp = pysock.socket(type=pysock.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.me = self.udp.getsockname()
        self.pair = pysock.socketpair(pysock.AF_UNIX, pysock.SOCK_DGRAM)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *exception: object) -> None:
        for sock in (self.here, self.there, self.listener, self.udp, *self.pair):
            sock.close()


def closed(*socks: pysock.Socket) -> None:
    for sock in socks:
        sock.close()


CALLS: dict[str, Action] = {
    "socket": lambda b: pysock.socket().close(),
    "socketpair": lambda b: closed(*pysock.socketpair()),
    "bind": lambda b: b.udp.bind(("127.0.0.1", 0)),
    "listen": lambda b: b.listener.listen(),
    ACCEPT: lambda b: b.listener.accept(),
    "connect": lambda b: b.udp.connect(("127.0.0.1", 9)),
    "connect_ex": lambda b: b.udp.connect_ex(("127.0.0.1", 9)),
    "shutdown": lambda b: b.here.shutdown(pysock.SHUT_WR),
    "send": lambda b: b.here.send(b"abc"),
    "sendall": lambda b: b.here.sendall(b"abc"),
    "sendto": lambda b: b.udp.sendto(b"abc", b.me),
    "sendmsg": lambda b: b.here.sendmsg([b"abc"]),
    "send_fds": lambda b: pysock.send_fds(b.here, [b"abc"], [0]),
    "recv": lambda b: b.here.recv(10),
    "recv, large": lambda b: b.here.recv(100_000),
    "recv_into": lambda b: b.here.recv_into(bytearray(10)),
    "recvfrom": lambda b: b.udp.recvfrom(10),
    "recvfrom_into": lambda b: b.udp.recvfrom_into(bytearray(10)),
    "recvmsg": lambda b: b.here.recvmsg(10, 100),
    "recvmsg, large": lambda b: b.here.recvmsg(100_000, 100),
    "recvmsg_into": lambda b: b.here.recvmsg_into([bytearray(10)]),
    "getsockname": lambda b: b.udp.getsockname(),
    "getpeername": lambda b: b.here.getpeername(),
    "getsockopt": lambda b: b.here.getsockopt(pysock.SOL_SOCKET, pysock.SO_TYPE),
    "getsockopt, bytes": lambda b: b.here.getsockopt(pysock.SOL_SOCKET, pysock.SO_TYPE, 10),
    "setsockopt": lambda b: b.here.setsockopt(pysock.SOL_SOCKET, pysock.SO_KEEPALIVE, 1),
    "setsockopt, bytes": lambda b: b.here.setsockopt(1, pysock.SO_KEEPALIVE, b"\1\0\0\0"),
    "setsockopt, NULL": lambda b: b.here.setsockopt(1, pysock.SO_KEEPALIVE, None, 4),
    "fileno": lambda b: pysock.socket(fileno=b.udp.fileno()).detach(),
    "getaddrinfo": lambda b: pysock.getaddrinfo("127.0.0.1", 80),
    "getnameinfo": lambda b: pysock.getnameinfo(("127.0.0.1", 80), 3),
    "inet_pton": lambda b: pysock.inet_pton(pysock.AF_INET, "1.2.3.4"),
    "if_nameindex": lambda b: pysock.if_nameindex(),
    "if_indextoname": lambda b: pysock.if_indextoname(1),
    "gethostname": lambda b: pysock.gethostname(),
}

# What fails with another number than −1, or has a way of its own to fail.
OTHERWISE = {"getaddrinfo", "getnameinfo", "if_nameindex", "if_indextoname", "inet_pton"}


def function_of(name: str) -> str:
    """The C function that a call makes first."""
    name = name.partition(",")[0].replace("_into", "").replace("_ex", "")
    return {"sendall": "send", "send_fds": "sendmsg", "fileno": "getsockname"}.get(name, name)


def answers(monkeypatch: pytest.MonkeyPatch, name: str, result: Any, number: int) -> list[Any]:
    """Let a C function answer ``result``, and leave an errno, without doing anything."""
    asked: list[Any] = []

    def answer(real: Action, *arguments: Any) -> Any:
        asked.append(arguments)
        assert len(asked) <= 3 * errors.ATTEMPTS, "asked for ever"
        set_errno(number)
        if name == "if_nameindex" and result is None:
            raise OSError(number, "")
        return result

    failed = lib.prototypes[name].failed
    if failed is errors.in_line:
        replace(monkeypatch, name, answer)
    else:  # what ctypes does after the call belongs to it

        def checked(*arguments: Any) -> Any:
            call: Action = partial(answer, print)
            return errors.errcheck(failed, call)(call(*arguments), None, arguments)

        monkeypatch.setattr(lib, name, checked)
    return asked


@pytest.mark.parametrize("name", [name for name in CALLS if name not in OTHERWISE])
def test_a_failure_without_an_errno_ends(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """CPython, too, then raises OSError with the errno 0."""
    with Bench() as bench:
        asked = answers(monkeypatch, function_of(name), -1, 0)
        if name == "connect_ex":
            with pytest.raises(OSError, match="Errno 0"):
                CALLS[name](bench)
        else:
            with pytest.raises(OSError) as caught:
                CALLS[name](bench)
            assert caught.value.errno in (0, None)
        monkeypatch.undo()
    assert asked


@pytest.mark.parametrize("function", ["close", "poll"])
def test_close_and_poll_without_an_errno_end(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Bench() as bench:
        bench.here.settimeout(5)
        asked = answers(monkeypatch, function, -1, 0)
        if function == "close":
            fd = bench.udp.fileno()
            bench.udp.close()  # gone, whatever close says
            os.close(fd)
            assert len(asked) == 1
        else:
            with pytest.raises(OSError, match="Errno 0"):
                bench.here.recv(1)
        monkeypatch.undo()


@pytest.mark.parametrize("function", ["setsockopt", "bind", "listen", "connect", "shutdown"])
def test_a_positive_number_is_no_failure(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux answers 1 to SO_J1939_PROMISC: there is nothing to complain of."""
    with Bench() as bench:
        asked = answers(monkeypatch, function, 1, 0)
        for name in [each for each in CALLS if function_of(each) == function]:
            asked.clear()
            assert CALLS[name](bench) in (None, 0)
            assert len(asked) == 1
        monkeypatch.undo()


@pytest.mark.parametrize("size", [10, 20_000, 200_000, 3_000_000])
@pytest.mark.parametrize("extra", [1, 5000])
@pytest.mark.parametrize("name", RECEIVE)
def test_a_count_that_is_too_long(
    name: str, extra: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is counted and was not there reads as zero."""

    def count(real: Action, *arguments: Any) -> Any:
        return real(*arguments) + size + extra

    with pair() as (here, there):
        there.send(b"0123456789")
        poisoned(monkeypatch, MARK)
        replace(monkeypatch, name, count)
        data = RECEIVE[name](here, size)
    assert data[:10] == b"0123456789"
    if name != "recvmsg":
        assert len(data) == size + extra + 10
        assert data[size:] == bytes(extra + 10)


@pytest.mark.parametrize("length", [17, 129, 1000, 2**31, 2**32 - 1])
@pytest.mark.parametrize("function", ["getsockname", "getpeername", "recvfrom", ACCEPT])
def test_a_length_of_an_address_that_is_too_long(
    function: str, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def long(real: Action, *arguments: Any) -> Any:
        result = real(*arguments)
        at = arguments[2 if function != "recvfrom" else 5]
        ctypes.memmove(at, struct.pack("=I", length), 4)
        return result

    with Bench() as bench, pysock.socket() as client:
        client.connect(bench.listener.getsockname())
        bench.udp.sendto(b"abc", bench.me)
        replace(monkeypatch, function, long)
        subject = client if function in ("getsockname", "getpeername") else None
        if subject is not None:
            address = getattr(subject, function)()
        elif function == "recvfrom":
            address = bench.udp.recvfrom(10)[1]
        else:
            sock, address = bench.listener.accept()
            sock.close()
        monkeypatch.undo()
    assert address[0] == "127.0.0.1"


@pytest.mark.parametrize("length", [5, 100, 10_000, 2**31, 2**32 - 1])
def test_a_length_of_an_option_that_is_too_long(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def long(real: Action, *arguments: Any) -> Any:
        result = real(*arguments)
        ctypes.memmove(arguments[-1], struct.pack("=I", length), 4)
        return result

    with pysock.socket() as sock:
        poisoned(monkeypatch, MARK)
        replace(monkeypatch, "getsockopt", long)
        assert sock.getsockopt(pysock.SOL_SOCKET, pysock.SO_TYPE) == pysock.SOCK_STREAM
        value = sock.getsockopt(pysock.SOL_SOCKET, pysock.SO_TYPE, 4)
        assert int.from_bytes(value, sys.byteorder) == pysock.SOCK_STREAM


def test_an_option_in_larger_units_than_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """SO_GET_FILTER is told how many instructions there is room for, of 8 bytes each."""

    def writes(real: Action, fd: int, level: int, name: int, value: Any, length: Any) -> int:
        room = ctypes.c_uint32.from_buffer_copy(ctypes.string_at(length, 4)).value
        ctypes.memset(value, 0x11, room * 16)
        return 0

    with pysock.socket() as sock:
        replace(monkeypatch, "getsockopt", writes)
        assert sock.getsockopt(1, 2) == 0x11111111
        for size in (1, 4, 1000, 1024):
            assert sock.getsockopt(1, 2, size) == b"\x11" * size
        for pool in pools():  # the next ones find their memory whole
            pool.put(pool.take())


@pytest.mark.skipif(not hasattr(pysock, "SO_INCOMING_CPU"), reason="the filter is Linux's")
def test_a_filter_is_read_back_whole() -> None:
    instructions = [struct.pack("=HBBI", 0x06, 0, 0, 0xFFFF)] * 3  # ret #0xffff
    program = ctypes.create_string_buffer(b"".join(instructions))
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        filters = struct.pack("HP", len(instructions), ctypes.addressof(program))
        attach = 26  # SO_ATTACH_FILTER; to get it has the same number
        sock.setsockopt(pysock.SOL_SOCKET, attach, filters)
        assert sock.getsockopt(pysock.SOL_SOCKET, attach, 1024) == b"".join(instructions)
        with pytest.raises(OSError):
            sock.getsockopt(pysock.SOL_SOCKET, attach, 16)  # room for two


@pytest.mark.parametrize("controllen", [1, 16, 17, 1000, 2**31])
def test_a_length_of_control_messages_that_is_too_long(
    controllen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def long(real: Action, fd: int, pointer: Any, flags: int) -> Any:
        result = real(fd, pointer, flags)
        address = ctypes.cast(pointer, ctypes.c_void_p).value
        assert address
        structs["msghdr"].from_address(address).msg_controllen = controllen
        return result

    for room in (64, 20_000):
        with pair() as (here, there):
            there.send(b"abc")
            poisoned(monkeypatch, MARK)
            replace(monkeypatch, "recvmsg", long)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of control messages that are cut
                data, ancdata, _, _ = here.recvmsg(10, room)
            monkeypatch.undo()
        assert (data, ancdata) == (b"abc", [])


# --- a newer call that is refused -------------------------------------------------------

REFUSALS = [errno.EINVAL, errno.ENOSYS, errno.EPERM]
CLOEXEC = getattr(pysock, "SOCK_CLOEXEC", 0)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows yet which newer ways this kernel lets a program use."""
    for way in (lifecycle.cloexec, connections._cloexec, connection._accept4):
        monkeypatch.setattr(way, "works", None)


@pytest.mark.skipif(not CLOEXEC, reason="this system has no newer way")
@pytest.mark.parametrize("number", REFUSALS)
@pytest.mark.parametrize("function", ["socket", "socketpair", "accept4"])
def test_a_newer_way_that_is_refused(
    function: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older one is taken, and from then on at once; no child inherits the descriptor."""
    if not hasattr(lib, function):
        pytest.skip("there is no accept4(2) here")
    refused = []

    def refuse(real: Action, *arguments: Any) -> Any:
        if function == "accept4" or arguments[1] & CLOEXEC:
            refused.append(arguments)
            set_errno(number)
            return -1
        return real(*arguments)

    with Bench() as bench:
        forget(monkeypatch)
        replace(monkeypatch, function, refuse)
        for _ in range(3):
            if function == "accept4":
                with pysock.create_connection(bench.listener.getsockname()) as client:
                    made = [bench.listener.accept()[0]]
                    assert made[0].getpeername() == client.getsockname()
            else:
                made = [pysock.socket()] if function == "socket" else [*pysock.socketpair()]
            for sock in made:
                assert not sock.get_inheritable()
                sock.close()
        assert len(refused) == 1
        monkeypatch.undo()


@pytest.mark.skipif(not CLOEXEC, reason="this system has no newer way")
def test_a_sandbox_that_is_entered_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has worked may not be there any more."""

    def refuse(real: Action, *arguments: Any) -> Any:
        if len(arguments) == 3 and not arguments[1] & CLOEXEC:
            return real(*arguments)
        set_errno(errno.ENOSYS)
        return -1

    forget(monkeypatch)
    with Bench() as bench, pysock.create_connection(bench.listener.getsockname()):
        bench.listener.accept()[0].close()
        assert lifecycle.cloexec.works is connection._accept4.works is True
        for name in ("socket", "accept4"):
            replace(monkeypatch, name, refuse)
        with pysock.create_connection(bench.listener.getsockname()) as client:
            sock, address = bench.listener.accept()
            assert address == client.getsockname()
            assert not (sock.get_inheritable() or client.get_inheritable())
            sock.close()
        monkeypatch.undo()


@pytest.mark.skipif(not CLOEXEC, reason="this system has no newer way")
def test_what_is_refused_in_both_ways_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """And says nothing about the newer way."""
    forget(monkeypatch)
    with pytest.raises(OSError) as caught:
        pysock.socket(pysock.AF_INET, 99)
    assert caught.value.errno in (errno.EINVAL, errno.EPROTOTYPE, errno.EPROTONOSUPPORT)
    assert lifecycle.cloexec.works is None
    pysock.socket().close()
    assert lifecycle.cloexec.works is True


# --- resources that are used up -------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS])
@pytest.mark.parametrize("name", [name for name in CALLS if name not in OTHERWISE])
def test_what_is_used_up_is_an_error_and_leaves_nothing(
    name: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Bench() as bench:
        before = sorted(os.listdir("/dev/fd"))
        asked = answers(monkeypatch, function_of(name), -1, number)
        if name == "connect_ex":
            assert CALLS[name](bench) == number
        else:
            for _ in range(3):
                with pytest.raises(OSError) as caught:
                    CALLS[name](bench)
                assert caught.value.errno == number
        monkeypatch.undo()
        assert asked
        assert sorted(os.listdir("/dev/fd")) == before
    assert lib.dontwait == 0 and lib_keeping_gil.dontwait != 0


def test_a_full_table_of_descriptors_in_accept_is_survived() -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Bench() as bench, pysock.socket() as client:
        client.connect(bench.listener.getsockname())
        highest = max(map(int, os.listdir("/dev/fd")))
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
        taken = []
        try:
            with pytest.raises(OSError) as caught:
                while True:
                    taken.append(os.dup(0))
            assert caught.value.errno == errno.EMFILE
            for _ in range(3):
                with pytest.raises(OSError) as caught:
                    bench.listener.accept()
                assert caught.value.errno == errno.EMFILE
            os.close(taken.pop())
            sock, address = bench.listener.accept()
            sock.close()
            assert address == client.getsockname()
        finally:
            for fd in taken:
                os.close(fd)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("size", [10, 100_000, 5_000_000])
def test_room_that_is_not_filled_is_not_seen(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full buffer and an empty one in turn, in every way to receive."""
    with pair(pysock.SOCK_DGRAM) as (here, there):
        poisoned(monkeypatch, MARK)
        for _ in range(2):
            for data in (b"x" * 200, b"", b"abc"):
                for receive in RECEIVE.values():
                    there.send(data)
                    assert receive(here, size) == data[:size]
