"""A C library that says more than it does: lengths of what it has not written, EINTR for ever.

``test_library.py`` has counts and lengths that are longer than there was room for.  Here they fit,
and the memory has what an earlier call, for another socket, has left there.
"""

from __future__ import annotations

import array
import ctypes
import errno
import gc
import os
import sys
import time
import warnings
from types import FunctionType
from typing import Any

import pytest

import pysock
from pysock import datagrams, unix
from pysock._ffi.interpreter import set_errno
from pysock._functions import netdb
from pysock._host import lib, structs

from ..harness import ACCEPT, LATE, Action, at_every_opcode, outcome, pair, replace

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(not hasattr(lib, "socketpair"), reason="the library is not POSIX's"),
]
needs_abstract_names = pytest.mark.skipif(
    not hasattr(pysock, "SO_PASSCRED"), reason="no abstract names here"
)

SECRET = b"\0" + b"\xe7" * 100
TIMEOUT = 0.1


def leave_secrets() -> None:
    """A name and control messages of other sockets go through the memory of each way to receive."""
    with pair(pysock.SOCK_DGRAM) as (here, there):
        there.bind(SECRET)
        for receive in (
            lambda: here.recvfrom(10),
            lambda: here.recvfrom(20_000),
            lambda: here.recvfrom_into(bytearray(10)),
            lambda: here.recvmsg(10),
            lambda: here.recvmsg(100_000, 1000),
            here.getpeername,
        ):
            there.send(b"abc")
            assert SECRET in repr_of(receive())
        for size in (10, 100_000):
            pysock.send_fds(there, [b"abc"], [0] * 50)
            for _, _, data in here.recvmsg(size, 1000)[1]:
                for fd in array.array("i", data):
                    os.close(fd)
    with pysock.socket(pysock.AF_UNIX) as listener, pysock.socket(pysock.AF_UNIX) as client:
        listener.bind(SECRET)
        listener.listen()
        client.bind(SECRET + b"1")
        client.connect(SECRET)
        listener.accept()[0].close()


def repr_of(answer: Any) -> bytes:
    """All bytes of an answer, one after the other."""
    if isinstance(answer, (tuple, list)):
        return b"".join(map(repr_of, answer))
    return bytes(answer) if isinstance(answer, (bytes, bytearray)) else repr(answer).encode()


def grown(place: int, length: int) -> Action:
    """A function whose length, at this place of its arguments, is more than it has written."""

    def call(real: Action, *arguments: Any) -> Any:
        result = real(*arguments)
        ctypes.memmove(arguments[place], length.to_bytes(4, sys.byteorder), 4)
        return result

    return call


@needs_abstract_names
@pytest.mark.parametrize("length", [20, 110, 128, 1000])
def test_the_length_of_an_address_may_be_more_than_was_written(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What C has not written is zeros; an abstract name is as long as C says."""
    with pair(pysock.SOCK_DGRAM) as (here, there), pysock.socket(pysock.AF_UNIX) as listener:
        there.bind(b"\0a%d" % os.getpid())
        listener.bind(b"\0b%d" % os.getpid())
        listener.listen()
        name = there.getsockname()
        leave_secrets()
        for function in ("recvfrom", "getsockname", "getpeername", ACCEPT):
            replace(monkeypatch, function, grown(5 if function == "recvfrom" else 2, length))
        for size in (10, 100_000):
            there.send(b"abc")
            answer = here.recvfrom(size)
            assert answer == (b"abc", padded(name, length))
        there.send(b"abc")
        assert here.recvfrom_into(bytearray(10))[1] == padded(name, length)
        assert here.getpeername() == there.getsockname() == padded(name, length)
        with pysock.socket(pysock.AF_UNIX) as client:
            monkeypatch.undo()
            client.bind(b"\0c%d" % os.getpid())
            mine = client.getsockname()
            client.connect(listener.getsockname())
            leave_secrets()
            replace(monkeypatch, ACCEPT, grown(2, length))
            sock, address = listener.accept()
            sock.close()
        assert address == padded(mine, length)


def padded(name: bytes, length: int) -> bytes:
    return name.ljust(min(length, 128) - 2, b"\0")


@needs_abstract_names
def test_an_address_that_was_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    with pair() as (here, _):
        leave_secrets()
        for function in ("getsockname", "getpeername", "recvfrom"):
            replace(monkeypatch, function, lambda real, *arguments: 0)
        answers = here.getsockname(), here.getpeername(), here.recvfrom(10), here.recvfrom(20_000)
        assert b"\xe7" not in repr_of(answers)


@needs_abstract_names
@pytest.mark.parametrize("size", [10, 20_000])
@pytest.mark.parametrize("room", [100, 1000, 5000])
def test_control_messages_may_be_longer_than_was_written(
    size: int, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of an earlier message follows, whose descriptors would be taken for these."""

    def long(real: Action, fd: int, pointer: Any, flags: int) -> Any:
        result = real(fd, pointer, flags)
        address = ctypes.cast(pointer, ctypes.c_void_p).value
        assert address
        structs["msghdr"].from_address(address).msg_controllen += 1000
        return result

    with pair(pysock.SOCK_DGRAM) as (here, there):
        for _ in range(2):
            leave_secrets()
            pysock.send_fds(there, [b"abc"], [0])
            replace(monkeypatch, "recvmsg", long)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of control messages that are cut
                data, ancdata, _, _ = here.recvmsg(size, room)
            monkeypatch.undo()
            assert data == b"abc"
            assert [len(each) for _, _, each in ancdata] == [4]
            os.close(int.from_bytes(ancdata[0][2], sys.byteorder))


# --- what does not end ------------------------------------------------------------------


WAITING: dict[str, tuple[str, Action]] = {
    "recv": ("recv", lambda a, b: a.recv(1)),
    "recv_into": ("recv", lambda a, b: a.recv_into(bytearray(1))),
    "recvfrom": ("recvfrom", lambda a, b: a.recvfrom(1)),
    "recvmsg": ("recvmsg", lambda a, b: a.recvmsg(1)),
    "recvmsg_into": ("recvmsg", lambda a, b: a.recvmsg_into([bytearray(1)])),
    "send": ("send", lambda a, b: a.send(b"x")),
    "sendall": ("send", lambda a, b: a.sendall(b"x")),
    "sendmsg": ("sendmsg", lambda a, b: a.sendmsg([b"x"])),
    "sendto": ("sendto", lambda a, b: b.sendto(b"x", ("127.0.0.1", 9))),
    "connect": ("connect", lambda a, b: b.connect(("127.0.0.1", 9))),
    "connect_ex": ("connect", lambda a, b: b.connect_ex(("127.0.0.1", 9))),
    "poll": ("poll", lambda a, b: a.recv(1)),
    ACCEPT: (ACCEPT, lambda a, b: a.accept()),
}


@pytest.mark.parametrize("name", WAITING)
def test_a_deadline_ends_interruptions(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """EINTR each time: the call is repeated until it is too late."""
    function, call = WAITING[name]
    asked = []

    def interrupted(real: Action, *arguments: Any) -> int:
        asked.append(function)
        set_errno(errno.EINTR)
        return -1

    with pair() as (here, there), pysock.socket(type=pysock.SOCK_DGRAM) as udp:
        here.settimeout(TIMEOUT)
        udp.settimeout(TIMEOUT)
        if name == ACCEPT:  # which is called when poll has said "ready"
            there.send(b"x")
        replace(monkeypatch, function, interrupted)
        begin = time.monotonic()
        answer = outcome(lambda: call(here, udp))
        assert TIMEOUT <= time.monotonic() - begin < LATE
        assert answer == (errno.EWOULDBLOCK if name == "connect_ex" else "timed out")
        monkeypatch.undo()
    assert len(asked) > 3


def test_a_negative_errno_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    """Haiku's are negative; what fails with one fails, and no other exception comes of it."""
    calls: dict[str, Action] = {
        "socket": pysock.socket,
        "socketpair": pysock.socketpair,
        "bind": lambda: tcp.bind(("127.0.0.1", 0)),
        "listen": lambda: tcp.listen(),
        "shutdown": lambda: tcp.shutdown(pysock.SHUT_RD),
        "getsockname": lambda: tcp.getsockname(),
        "setsockopt": lambda: tcp.setsockopt(pysock.SOL_SOCKET, pysock.SO_KEEPALIVE, 1),
        "getsockopt": lambda: tcp.getsockopt(pysock.SOL_SOCKET, pysock.SO_TYPE),
        "send": lambda: tcp.send(b"x"),
        "recv": lambda: tcp.recv(1),
    }

    def failing(real: Action, *arguments: Any) -> int:
        set_errno(-5)
        return -1

    with pysock.socket() as tcp:
        for name, call in calls.items():
            with monkeypatch.context() as patch:
                replace(patch, name, failing)
                with pytest.raises(OSError) as caught:
                    call()
            assert caught.value.errno == -5, name


def test_not_ready_without_a_deadline_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def poll(real: Action, *arguments: Any) -> int:
        asked.append(arguments)
        assert len(asked) < 1000, "asked for ever"
        return 0

    def connect(real: Action, *arguments: Any) -> int:
        set_errno(errno.EINTR)
        return -1

    with pysock.socket() as sock:
        replace(monkeypatch, "poll", poll)
        replace(monkeypatch, "connect", connect)
        with pytest.raises(OSError, match="Errno 0"):
            sock.connect(("127.0.0.1", 9))
        monkeypatch.undo()
    assert asked


def test_nothing_is_sent_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A send that answers 0 makes no progress; one that does goes on, in between as well."""
    answers = [1, *[0] * 50, 1, *[0] * 50, 1]

    with pair() as (here, _):
        replace(monkeypatch, "send", lambda real, *arguments: answers.pop(0) if answers else 0)
        here.sendall(b"abc")
        assert not answers
        with pytest.raises(OSError, match="Errno 0"):
            here.sendall(b"abc")
        monkeypatch.undo()


def test_no_datagram_is_sent_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(datagrams._lib, "sendmmsg"):
        pytest.skip("there is no sendmmsg(2) here")
    asked = []

    def nothing(*arguments: Any) -> int:
        asked.append(arguments)
        assert len(asked) < 1000, "asked for ever"
        return 0

    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        monkeypatch.setattr(datagrams._lib, "sendmmsg", nothing)
        with pytest.raises(datagrams.SendError, match="after 0 datagrams"):
            datagrams.send_many(sock, [b"abc", b"def"], sock.getsockname())


# --- lists of C's -----------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 17, 2**31, 2**32 - 1])
@pytest.mark.parametrize("missing", [False, True])
def test_addresses_of_odd_lengths(
    length: int, missing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more is read of an answer than an address of its family has."""
    given: list[tuple[Any, Any]] = []

    def odd(*arguments: Any) -> Any:
        result = real(*arguments)
        first = ctypes.c_void_p.from_address(ctypes.cast(arguments[3], ctypes.c_void_p).value or 0)
        found = structs["addrinfo"].from_address(first.value or 0)
        given.append((found, found.ai_addr))
        found.ai_addrlen = length
        if missing:
            found.ai_addr = 0
        return result

    def free(*arguments: Any) -> None:
        found, address = given.pop()
        found.ai_addr = address
        release(*arguments)

    real, release = lib.getaddrinfo, lib.freeaddrinfo
    monkeypatch.setattr(lib, "getaddrinfo", odd)
    monkeypatch.setattr(lib, "freeaddrinfo", free)
    address = pysock.getaddrinfo("127.0.0.1", 80, type=pysock.SOCK_STREAM)[0][4]
    assert not given
    if missing or not length:
        assert address is None
    elif length >= 16:
        assert address == ("127.0.0.1", 80)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_list_of_interfaces_has_an_owner_at_every_instant(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a handler raises in between, what if_nameindex(3) made is given back."""
    made: list[int] = []
    real, release = lib.if_nameindex, lib.if_freenameindex
    assert not isinstance(real, FunctionType)  # in whose last step a handler could raise

    class Stop(OSError):
        pass

    def make() -> int:
        made.append(real())
        return made[-1]

    def free(at: int) -> None:
        made.remove(at)
        release(at)

    def handler() -> None:
        raise Stop

    monkeypatch.setattr(lib, "if_nameindex", make)
    monkeypatch.setattr(lib, "if_freenameindex", free)
    monkeypatch.setattr(netdb._Listed.__del__, "__defaults__", (free,))
    answers = at_every_opcode(lambda: (netdb.if_nameindex, handler), "line", "return")
    gc.collect()
    assert len(answers) > 5
    assert not made


# --- descriptors as options -------------------------------------------------------------


def test_a_pidfd_has_an_owner_at_every_instant() -> None:
    class Stop(OSError):
        pass

    def handler() -> None:
        raise Stop

    with pair() as (here, _):
        try:
            os.close(unix.peer_pidfd(here))
        except OSError as error:
            pytest.skip(f"no SO_PEERPIDFD: {error}")
        before = sorted(os.listdir("/dev/fd"))
        made: list[int] = []

        def call() -> None:
            made.extend(map(unix.peer_pidfd, (here,)))

        at_every_opcode(lambda: (call, handler), "line")
        os.close(made.pop())
        assert sorted(os.listdir("/dev/fd")) == before
