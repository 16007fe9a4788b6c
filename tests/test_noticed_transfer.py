"""How one call is made: by which library, with which flags, and of how many bytes at most.

The idea: each test fails if one statement or one number in ``pysock._calls.transfer`` or in the
calls of ``pysock._calls.msghdr`` is another (``tests/mutants.py``). A witness in each of the two
libraries notes what arrives.
"""

from __future__ import annotations

import ctypes
import errno
from functools import partial
from typing import Any

import pytest

import pysock
from pysock._calls import transfer
from pysock._calls.memory import SOCKADDR_MAX
from pysock._ffi.interpreter import set_errno
from pysock._host import lib, lib_keeping_gil

from .harness import Action, outcome, pools, replace

pytestmark = pytest.mark.skipif(
    not hasattr(lib, "socketpair"), reason="the library is not POSIX's"
)

TARGET = ("127.0.0.1", 9)
CALLS: dict[str, Action] = {
    "recv": lambda s, size, flags: s.recv(size, flags),
    "recv, into": lambda s, size, flags: s.recv_into(bytearray(size), 0, flags),
    "recv, into a part": lambda s, size, flags: s.recv_into(bytearray(size + 9), size, flags),
    "recv, into a view": lambda s, size, flags: s.recv_into(memoryview(bytearray(size)), 0, flags),
    "recvfrom": lambda s, size, flags: s.recvfrom(size, flags),
    "recvfrom, into": lambda s, size, flags: s.recvfrom_into(bytearray(size), 0, flags),
    "recvmsg": lambda s, size, flags: s.recvmsg(size, 0, flags),
    "send": lambda s, size, flags: s.send(bytes(size), flags),
    "send, all": lambda s, size, flags: s.sendall(bytes(size), flags),
    "send, bytearray": lambda s, size, flags: s.send(bytearray(size), flags),
    "send, view": lambda s, size, flags: s.send(memoryview(bytearray(size)), flags),
    "send, all of a bytearray": lambda s, size, flags: s.sendall(bytearray(size), flags),
    "sendto": lambda s, size, flags: s.sendto(bytes(size), flags, TARGET),
    "sendto, plain": lambda s, size, flags: s.sendto(bytes(size), *[flags] * (flags > 0), TARGET),
    "sendmsg": lambda s, size, flags: s.sendmsg([bytes(size)], (), flags),
    "sendmsg, two": lambda s, size, flags: s.sendmsg([bytearray(size - 1), b"x"], (), flags),
}


@pytest.mark.parametrize("flags", [0, pysock.MSG_OOB])
@pytest.mark.parametrize("size", [1, 1000, 8193, 65536, 65537, 300_000])
@pytest.mark.parametrize("name", CALLS)
def test_other_threads_run_while_much_is_transferred(
    name: str, size: int, flags: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is kept for a call that does not wait, and has at most 65536 bytes to copy."""
    function = name.partition(",")[0]
    seen: list[tuple[str, int]] = []

    def witness(which: str) -> Action:
        def call(fd: int, *arguments: Any) -> int:
            flags = arguments[1] if function.endswith("msg") else arguments[2]
            if not function.endswith("msg"):
                sizes.append(arguments[1])
            seen.append((which, flags))
            set_errno(errno.ECONNRESET)
            return -1

        return call

    sizes: list[int] = []
    monkeypatch.setattr(lib, function, witness("lib"))
    monkeypatch.setattr(lib_keeping_gil, function, witness("keeping"))
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        for seconds, which, more in (
            (None, "lib", 0),
            (0, "keeping" if size <= 65536 else "lib", pysock.MSG_DONTWAIT),
            (9.0, "keeping" if size <= 65536 else "lib", pysock.MSG_DONTWAIT),
        ):
            sock.settimeout(seconds)
            assert outcome(lambda: CALLS[name](sock, size, flags)) == "ECONNRESET"
            assert seen.pop() == (which, flags | more)
            assert seen == []
    assert set(sizes) <= {size}


@pytest.mark.parametrize("flags", [0, pysock.MSG_PEEK])
@pytest.mark.parametrize("seconds", [None, 9.0])
@pytest.mark.parametrize("size", [2, 70_000])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_was_interrupted_is_made_again_as_it_was(
    name: str, size: int, seconds: float | None, flags: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = name.partition(",")[0]

    def call(real: Action, sock: Any, *arguments: Any) -> int:
        fd = getattr(sock, "_as_parameter_", sock)  # as ctypes reads it
        seen.append([fd, *arguments[1 : 2 if function.endswith("msg") else 3]])
        set_errno(errno.EINTR if len(seen) < 3 else errno.ECONNRESET)
        return -1

    seen: list[Any] = []
    replace(monkeypatch, function, call)
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        sock.settimeout(seconds)
        assert outcome(lambda: CALLS[name](sock, size, flags)) == "ECONNRESET"
        flags |= 0 if seconds is None else pysock.MSG_DONTWAIT
        assert seen == [[sock.fileno(), *([] if function.endswith("msg") else [size]), flags]] * 3


@pytest.mark.parametrize("name", [name for name in CALLS if name.startswith("recv")])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_what_c_counts_is_what_is_answered(
    n: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        for size in (2, 9000, 70_000, 300_000):
            sock.sendto(b"ab"[:n], sock.getsockname())
            answer = CALLS[name](sock, size, 0)
            if "from" in name:
                assert answer[1] == sock.getsockname()
            data = answer[0] if isinstance(answer, tuple) else answer
            assert data == (n if "into" in name else b"ab"[:n])


@pytest.mark.parametrize("seconds", [None, 0.0, 9.0])
@pytest.mark.parametrize("size", [100, 70_000, 300_000])
@pytest.mark.parametrize("name", [name for name in CALLS if "all" not in name])
def test_nothing_is_an_answer(
    name: str, size: int, seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that has answered 0 is not repeated: an empty message would be sent twice."""
    asked = []

    def nothing(real: Action, *arguments: Any) -> int:
        asked.append(name)
        return 0

    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        sock.settimeout(seconds)
        replace(monkeypatch, name.partition(",")[0], nothing)
        answer = CALLS[name](sock, size, 0)
        assert (answer[0] if isinstance(answer, tuple) else answer) in (0, b"")
    assert asked == [name]


@pytest.mark.parametrize("more", [0, 1, None])
@pytest.mark.parametrize("size", [100, 9000, 70_000])
@pytest.mark.parametrize("name", [name for name in CALLS if "msg" not in name])
def test_memory_is_used_again(
    name: str, size: int, more: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pool makes nothing for the second call of a kind: also if C counts too much, or fails."""

    def make(real: Action) -> Any:
        made.append(name)
        return real()

    def call(real: Action, *arguments: Any) -> int:
        set_errno(errno.ECONNRESET)
        return size + more if more is not None else -1

    made: list[str] = []
    replace(monkeypatch, name.partition(",")[0], call)
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        for last in (False, True):
            outcome(lambda: CALLS[name](sock, size, 0))
            sock.getsockname()
            sock.getsockopt(pysock.SOL_SOCKET, pysock.SO_TYPE, 4)
            if not last:
                for pool in pools():
                    monkeypatch.setattr(pool, "make", partial(make, pool.make))
    assert made == []


@pytest.mark.parametrize("size", [100, 9000, 70_000])
@pytest.mark.parametrize("name", [name for name in CALLS if "msg" in name])
def test_memory_of_messages_is_used_again(
    name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_memory_is_used_again(name, size, 0, monkeypatch)


ADDRESSES: dict[str, Action] = {
    "getsockname": lambda s: s.getsockname(),
    "getpeername": lambda s: s.getpeername(),
    "accept4": lambda s: s._accept(),
    "recvfrom": lambda s: s.recvfrom(10),
    "recvfrom, large": lambda s: s.recvfrom(20_000),
    "recvfrom, into": lambda s: s.recvfrom_into(bytearray(10)),
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_each_address_has_all_the_room_that_there_is(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However short the last one was; also if the call is repeated. Memory is used again."""
    function = name.partition(",")[0]
    if function not in lib.prototypes:
        pytest.skip(f"this library has no {function}")

    def call(real: Action, *arguments: Any) -> int:
        length = arguments[-2 if function == "accept4" else -1]  # there, flags follow
        room = ctypes.c_uint32.from_buffer_copy(ctypes.string_at(length, 4)).value
        rooms.append(room)
        ctypes.memmove(length, bytes(ctypes.c_uint32(2)), 4)
        if len(rooms) % 2:
            set_errno(errno.EINTR if function in WAITING else 0)
            return -1
        return 0

    rooms: list[int] = []
    replace(monkeypatch, function, call)
    with pysock.socket(pysock.AF_UNIX) as sock:
        for _ in range(2):
            ADDRESSES[name](sock)
            for pool in pools():  # what the first time was made is used the second time
                monkeypatch.setattr(pool, "make", lambda: pytest.fail("there is some"))
    assert rooms == [SOCKADDR_MAX] * 4


WAITING = ("accept4", "recvfrom")


@pytest.mark.parametrize("flags", [0, pysock.MSG_PEEK, pysock.MSG_TRUNC])
@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX"])
@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM"])
def test_only_tcp_discards(family: str, kind: str, flags: int) -> None:
    """What Linux has discarded is zeros, and nothing else is."""
    with pysock.socket() as sock:
        sock._sock_family_, sock._sock_type_ = getattr(pysock, family), getattr(pysock, kind)
        discards = family != "AF_UNIX" and kind == "SOCK_STREAM" and flags == pysock.MSG_TRUNC
        zeros = discards and transfer._TCP_DISCARDS
        assert transfer.as_written(sock, b"abc", flags) == (bytes(3) if zeros else b"abc")


def test_as_many_bytes_as_c_counts() -> None:
    assert transfer.with_zeros(b"abc", 3) == b"abc"
    assert transfer.with_zeros(b"abc", 5) == b"abc\0\0"
    assert transfer.with_zeros(b"", 1) == b"\0"
