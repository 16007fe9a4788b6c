"""Memory: sizes beyond C's int, and buffers that stay where they are."""

from __future__ import annotations

import ctypes
import errno
import gc
import mmap
import os
import sys
from array import array
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

import pysock
from pysock import families
from pysock._ffi.interpreter import COPY_MAX, CPYTHON, TRANSFER_MAX
from pysock._host import abi, lib, structs

from .harness import (
    AGAIN,
    RECEIVE,
    SOON,
    Action,
    alarms,
    at_every_opcode,
    fill,
    needs_opcodes,
    outcome,
    pair,
    read,
    replace,
    run,
    uses_alarms,
)
from .hostile.fuzz_check import LOCKS
from .odd import Long

pytestmark = uses_alarms

HUGE = [2**31 - 1, 2**31 + 10, 2**32, 2**32 + 5]

needs_locks = pytest.mark.skipif(
    not LOCKS, reason="this interpreter resizes a bytearray even while it is lent"
)


# --- sizes ---------------------------------------------------------------------------


def sizes_seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The size that each C function is told, from now on; ten bytes are all that it needs."""
    seen = []

    def by_argument(real: Action, fd: int, data: Any, size: int, *rest: Any) -> Any:
        seen.append(size)
        return real(fd, data, min(size, 10), *rest)

    def by_iovec(real: Action, fd: int, message: Any, flags: int) -> Any:
        seen.append(told_room((fd, message, flags)))
        return real(fd, message, flags)

    for function in ("recv", "recvfrom", "send", "sendto"):
        replace(monkeypatch, function, by_argument)
    for function in ("recvmsg", "sendmsg"):
        replace(monkeypatch, function, by_iovec)
    return seen


def has_room(size: int) -> bool:
    """Whether this process may reserve so much memory (which is not used yet)."""
    try:
        mmap.mmap(-1, size).close()
    except (OSError, OverflowError):
        return False
    return True


needs_room = pytest.mark.skipif(
    not has_room(2**32 + 5), reason="this process can reserve no 4 GiB of memory"
)


@needs_room
@pytest.mark.parametrize("size", HUGE)
@pytest.mark.parametrize("name", RECEIVE)
def test_a_huge_size_is_not_cut_to_its_lower_bits(
    name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pair() as (here, there):
        there.send(b"0123456789")
        seen = sizes_seen(monkeypatch)
        assert RECEIVE[name](here, size) == b"0123456789"
    assert seen == [TRANSFER_MAX]
    gc.collect()


@pytest.fixture
def huge_buffer() -> Iterator[mmap.mmap]:
    """More than 4 GiB, of which only what is touched takes memory."""
    with mmap.mmap(-1, 2**32 + 5) as buffer:
        yield buffer
        gc.collect()  # which lets go of all views


@needs_room
def test_a_huge_buffer_is_lent_up_to_what_c_can_count(
    huge_buffer: mmap.mmap, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pair() as (here, there):
        there.send(b"0123456789abc")
        seen = sizes_seen(monkeypatch)
        assert here.recv_into(huge_buffer) == 10
        assert here.recvfrom_into(huge_buffer) == (3, None)
        assert huge_buffer[:12] == b"abc3456789\0\0"
        assert here.send(huge_buffer) == 10
        assert there.recv(100) == huge_buffer[:10]
        assert seen == [TRANSFER_MAX, TRANSFER_MAX, TRANSFER_MAX, 100]
        if not abi.sa_len:  # else the kernel wants an address to have a header
            monkeypatch.setitem(families.packers, pysock.AF_UNIX, lambda *arguments: b"")
            assert here.sendto(huge_buffer, "") == 10
            assert seen[4:] == [TRANSFER_MAX]


@needs_room
def test_memory_that_is_not_to_be_had_is_an_error() -> None:
    with pair() as (here, _):
        for receive in RECEIVE.values():
            with pytest.raises(MemoryError):
                receive(here, 2**62)
            with pytest.raises(OverflowError):
                receive(here, 2**63)
        with pytest.raises((ValueError, OverflowError)):
            here.recvmsg(10, 2**31)
        assert outcome(lambda: here.getsockopt(1, 3, 2**31 - 1)) == (
            "getsockopt buflen out of range"
        )


# --- buffers of the caller -----------------------------------------------------------

def into_a_view(sock: pysock.Socket, buffer: bytearray) -> int:
    """PyPy 8 leaves a view that nobody releases to the garbage collector."""
    with memoryview(buffer) as view:
        return sock.recv_into(view)


INTO: dict[str, Action] = {
    "recv_into": lambda s, b: s.recv_into(b),
    "recv_into, view": lambda s, b: into_a_view(s, b),
    "recvfrom_into": lambda s, b: s.recvfrom_into(b),
    "recvmsg_into": lambda s, b: s.recvmsg_into([bytearray(1), b], 64),
}
OUT_OF: dict[str, Action] = {
    "send": lambda s, b: s.send(b),
    "sendall": lambda s, b: s.sendall(b),
    "sendmsg": lambda s, b: s.sendmsg([b"x", b]),
}
C_NAMES = {"recv_into, view": "recv", "recvmsg_into": "recvmsg", "sendall": "send"}


def c_name(name: str) -> str:
    return C_NAMES.get(name, name.replace("_into", ""))


@needs_locks
@pytest.mark.parametrize("name", [*INTO, *OUT_OF])
def test_a_buffer_keeps_its_size_while_c_has_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = bytearray(COPY_MAX + 1)
    tried = []

    def witness(real: Action, *arguments: Any) -> Any:
        with pytest.raises(BufferError):
            buffer.append(0)
        tried.append(name)
        return real(*arguments)

    with pair() as (here, there):
        there.send(b"xyz")
        replace(monkeypatch, c_name(name), witness)
        {**INTO, **OUT_OF}[name](here, buffer)
    assert tried
    buffer.append(0)


@needs_locks
@pytest.mark.parametrize("name", [*INTO, "sendall"])
def test_a_buffer_keeps_its_size_while_a_call_waits(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = bytearray(10)
    tried = []

    def poll(real: Action, *arguments: Any) -> Any:
        with pytest.raises(BufferError):
            buffer.clear()
        tried.append(name)
        return real(*arguments)

    with pair() as (here, _):
        fill(here)
        here.settimeout(0.001)
        replace(monkeypatch, "poll", poll)
        assert outcome(lambda: {**INTO, **OUT_OF}[name](here, buffer)) == "timed out"
    assert tried
    buffer.append(0)


class TwoFaced:
    """It answers a small buffer first and a large one next, or the other way round."""

    def __init__(self, *sizes: int) -> None:
        self.buffers = [bytearray(b"1" * size) for size in sizes]
        self.asked = 0

    def __buffer__(self, flags: int) -> memoryview:
        self.asked += 1
        return memoryview(self.buffers[min(self.asked, len(self.buffers)) - 1])


@pytest.mark.skipif(sys.version_info < (3, 12), reason="classes cannot be buffers before 3.12")
@pytest.mark.parametrize("sizes", [(4, 60_000), (60_000, 4), (40_000, 2, 60_000)])
@pytest.mark.parametrize("name", [*INTO, *OUT_OF, "sendto", "setsockopt"])
def test_a_buffer_is_asked_once(name: str, sizes: tuple[int, ...]) -> None:
    """What is told C of it, address and size, is out of one answer."""
    buffer = TwoFaced(*sizes)
    calls: dict[str, Action] = {
        **INTO,
        **OUT_OF,
        "sendto": lambda s, b: s.sendto(b, there.getsockname()),
        "setsockopt": lambda s, b: s.setsockopt(pysock.SOL_SOCKET, pysock.SO_SNDBUF, b),
    }
    with pair(pysock.SOCK_DGRAM) as (here, there):
        for end in (here, there):
            end.setsockopt(pysock.SOL_SOCKET, pysock.SO_SNDBUF, 1 << 20)
        here.setblocking(False)
        if name in INTO:
            there.send(b"2" * 50_000)
        outcome(lambda: calls[name](here, buffer))
        assert buffer.asked == 1
        if name in INTO:
            assert b"2" in buffer.buffers[0]
            assert not any(b"2" in other for other in buffer.buffers[1:])
        elif name in OUT_OF:
            extra = name == "sendmsg"
            assert len(there.recv(100_000)) == sizes[0] + extra


def told_room(arguments: tuple[Any, ...]) -> int:
    """How much room C is told that there is, by recv, recvfrom or recvmsg."""
    if len(arguments) > 3:
        return int(arguments[2])
    header = ctypes.string_at(arguments[1], ctypes.sizeof(structs["msghdr"]))
    msghdr, iovec = structs["msghdr"].from_buffer_copy(header), structs["iovec"]
    last = msghdr.msg_iov + (msghdr.msg_iovlen - 1) * ctypes.sizeof(iovec)
    return int(iovec.from_address(last).iov_len)


@needs_locks
@needs_opcodes
@pytest.mark.parametrize("name", ["recv_into", "recvfrom_into", "recvmsg_into"])
def test_a_buffer_is_not_overrun_whenever_it_is_made_smaller(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bytearray] = []
    rooms: set[object] = set()
    # With a large buffer before it, so that C has the address of each.
    last: dict[str, Action] = {**INTO}
    last["recvmsg_into"] = lambda s, b: s.recvmsg_into([bytearray(COPY_MAX), b], 64)

    def prepare() -> tuple[Action, Action]:
        made.append(bytearray(10))
        return partial(last[name], here, made[-1]), make_smaller

    def make_smaller() -> None:
        try:
            del made[-1][4:]
        except BufferError:
            rooms.add("locked")

    def witness(real: Action, *arguments: Any) -> Any:
        assert told_room(arguments) <= len(made[-1])
        rooms.add(told_room(arguments))
        return real(*arguments)

    with pair(pysock.SOCK_DGRAM) as (here, there):
        for _ in range(20):
            there.send(b"0123456789")
        here.setblocking(False)
        replace(monkeypatch, c_name(name), witness)
        at_every_opcode(prepare)
    assert rooms == {4, 10, "locked"}


# (A view of the caller's own would be kept by the traceback, like any argument.)
@pytest.mark.parametrize("way", ["closed", "non-blocking", "timeout", "handler"])
@pytest.mark.parametrize("name", [n for n in (*INTO, *OUT_OF) if "view" not in n])
def test_a_traceback_keeps_no_buffer_lent(name: str, way: str) -> None:
    buffer, call = bytearray(COPY_MAX + 1), {**INTO, **OUT_OF}[name]
    if way == "handler" and name in OUT_OF and not CPYTHON and LOCKS:
        pytest.skip("ctypes' public names lend a buffer for as long as an object lives")
    with pair() as (here, _):
        fill(here)
        if way == "closed":
            here.close()
        elif way == "non-blocking":
            here.setblocking(False)
        elif way == "timeout":
            here.settimeout(0.001)
        with pytest.raises((OSError, ZeroDivisionError)) as caught:
            if way == "handler":
                with alarms(lambda: 1 // 0, SOON / 3, AGAIN):
                    call(here, buffer)
            else:
                call(here, buffer)
        assert caught.value.__traceback__ is not None
        buffer.append(0)


COLLECTED: dict[str, Action] = {
    "send": lambda s, data: s.send(bytearray(data)),
    "send, large view": lambda s, data: s.send(memoryview(bytes(data))),
    "sendall": lambda s, data: s.sendall(memoryview(bytearray(data))),
    "sendmsg": lambda s, data: s.sendmsg([bytes(data[:9]), bytearray(data[9:])]),
    "sendmsg, arrays": lambda s, data: s.sendmsg(array("B", data[i::1][:1]) for i in range(100)),
}


@pytest.mark.parametrize("name", COLLECTED)
def test_what_is_sent_lives_until_it_is_sent(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The buffers have no owner but the call, and much happens before C looks at them."""
    data = os.urandom(COPY_MAX + 1)

    def witness(real: Action, *arguments: Any) -> Any:
        gc.collect()
        rubbish = [bytearray(b"\xaa" * (len(data) + i)) for i in range(20)]
        sent = real(*arguments)
        del rubbish
        return sent

    replace(monkeypatch, "sendmsg" if "msg" in name else "send", witness)
    with pair() as (here, there):
        sent = COLLECTED[name](here, data) or len(data)
        assert read(there, sent) == data[:sent]


@pytest.mark.parametrize("name", [*INTO, "recv", "recvmsg"])
def test_what_is_received_has_a_place_until_it_is_there(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = os.urandom(COPY_MAX + 1)
    buffer = bytearray(len(data) + 1)

    def witness(real: Action, *arguments: Any) -> Any:
        gc.collect()
        received = real(*arguments)
        gc.collect()
        return received

    replace(monkeypatch, c_name(name), witness)
    with pair() as (here, there):
        here.setsockopt(pysock.SOL_SOCKET, pysock.SO_SNDBUF, 4 * len(data))
        there.sendall(data)
        if name in INTO:
            INTO[name](here, buffer)
            assert bytes(buffer[: len(data) - 1]) in (data[:-1], data[1:])
        else:
            answer = getattr(here, name)(len(data))
            assert (answer if name == "recv" else answer[0]) == data


COMPILED = """
import pysock
from pysock._calls import memory, transfer

transfer.POOL_MAX = 65536  # as if 150_000 were far more; with that one first, it shows
here, there = pysock.socketpair(type=pysock.SOCK_DGRAM)
for size in 150_000, 40_000, 1:
    there.setsockopt(pysock.SOL_SOCKET, pysock.SO_SNDBUF, 4 * size)
    for i in range(3000):
        there.send(bytes([i % 250]) * size)
        data = here.recv(size)
        assert (data[0], data[-1], data.count(data[0])) == (i % 250, i % 250, size)
"""


def test_compiled_code_sees_what_c_wrote() -> None:
    """PyPy compiles a loop after a thousand rounds, and takes it that bytes never change."""
    done = run(COMPILED)
    assert (done.returncode, done.stderr) == (0, "")


def strided() -> tuple[bytearray, memoryview]:
    buffer = bytearray(10)
    with memoryview(buffer) as whole:
        return buffer, whole[::2]


REFUSED: dict[str, Action] = {
    "send": lambda s, view: s.send(view),
    "sendall": lambda s, view: s.sendall(view),
    "sendto": lambda s, view: s.sendto(view, ("127.0.0.1", 9)),
    "sendmsg": lambda s, view: s.sendmsg([b"x", view]),
    "sendmsg, control": lambda s, view: s.sendmsg([b"x"], [(1, 99, view)]),
    "send_fds": lambda s, view: pysock.send_fds(s, [view], []),
    "setsockopt": lambda s, view: s.setsockopt(6, 3, view),
    "recv_into": lambda s, view: s.recv_into(view),
    "recvfrom_into": lambda s, view: s.recvfrom_into(view),
    "recvmsg_into": lambda s, view: s.recvmsg_into([bytearray(1), view]),
    "inet_ntoa": lambda s, view: pysock.inet_ntoa(view),
}


@needs_locks
@pytest.mark.parametrize("name", REFUSED)
def test_a_buffer_that_is_refused_is_not_kept(name: str) -> None:
    """Not even by the frames of the traceback."""
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        buffer, view = strided()
        with pytest.raises((BufferError, TypeError)) as caught:
            REFUSED[name](sock, view)
        assert caught.value.__traceback__ is not None
        view.release()
        buffer.append(0)


@pytest.mark.skipif(not hasattr(pysock, "sethostname"), reason="this system has no sethostname")
def test_bytes_have_the_size_of_their_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a subclass says of its length is not what C may read."""
    seen = []

    def sethostname(*arguments: Any) -> int:
        seen.append(arguments)
        return 0

    monkeypatch.setattr(lib, "sethostname", sethostname)
    pysock.sethostname(Long(b"alpha"))
    assert seen == [(b"alpha", 5)]
    if hasattr(pysock, "AF_CAN"):
        name = (Long(b"lo"),)
        assert families.pack("AF_CAN", name, proto=1) == families.pack("AF_CAN", ("lo",), proto=1)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="classes cannot be buffers before 3.12")
def test_what_a_buffer_raises_is_raised() -> None:
    class Interrupted:
        asked = 0

        def __buffer__(self, flags: int) -> memoryview:
            self.asked += 1
            raise KeyboardInterrupt

    with pair() as (here, _):
        for name, call in REFUSED.items():
            if "_into" in name:
                continue  # in CPython, too, all that is wrong with it is a TypeError
            buffer = Interrupted()
            with pytest.raises(KeyboardInterrupt):
                call(here, buffer)
            assert buffer.asked == 1


@pytest.mark.parametrize("part", [b"", b"x", bytearray(1)])
def test_a_million_buffers_take_no_quadratic_time(part: Any) -> None:
    """They are too many for the kernel, which says so."""
    here, there = pysock.socketpair()
    with here, there:
        with pytest.raises(OSError) as caught:
            here.sendmsg([part] * 1_000_000)
        assert caught.value.errno == errno.EMSGSIZE
        with pytest.raises(OSError) as caught:
            here.sendmsg([b"x"], [(1, 99, b"")] * 200_000)
        # (musl's own sendmsg has room for 1 KiB of control messages: ENOMEM.)
        assert caught.value.errno in (errno.EINVAL, errno.ENOBUFS, errno.EMSGSIZE, errno.ENOMEM)
