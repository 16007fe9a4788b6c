"""Control messages and numbers from a caller whose own code raises, or gives an odd answer once.

The idea: each test fails if one statement or one number in ``pysock._methods.message``,
``pysock._calls.msghdr`` or ``pysock._ffi.arguments`` is another (``tests/mutants.py``).
"""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

import pysock
from pysock._calls import memory, msghdr
from pysock._calls.cmsg import control
from pysock._ffi import interpreter
from pysock._ffi.exports import EXPORTS_LOCK
from pysock._host import structs
from pysock._methods import message, shortcuts
from pysock._methods.message import pack_control

from .harness import Action, calls_of, on_pypy, pair, replace

POSIX = pytest.mark.skipif(not hasattr(pysock.Socket, "sendmsg"), reason="there is no sendmsg")
WORD = ctypes.sizeof(ctypes.c_void_p)  # bytes, to a multiple of which structs are aligned


class Once:
    """A number that raises when it is asked for the first time, and is 1 from then on."""

    def __init__(self, error: Exception) -> None:
        self.error, self.asked = error, 0

    def __index__(self) -> int:
        self.asked += 1
        if self.asked == 1:
            raise self.error
        return 1


KINDS: list[type[Exception]] = [ValueError, BufferError, KeyError, OverflowError]
if not on_pypy:  # which says in its own words that something is no integer
    KINDS.append(TypeError)


@POSIX
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["level", "type"])
@pytest.mark.parametrize("form", [list, tuple, iter])
def test_what_an_index_of_the_callers_raises_is_raised(
    form: Any, place: str, kind: type[Exception]
) -> None:
    """And is asked for once: a second answer would hide the exception of the first."""
    number = Once(kind("mine"))
    item = (number, 1, b"") if place == "level" else (1, number, b"")
    with pair() as (here, there):
        with pytest.raises(kind, match="mine") as caught:
            here.sendmsg([b"abc"], form([item]))
        assert caught.value is number.error or caught.value.args == number.error.args
        assert number.asked == 1
        there.setblocking(False)
        with pytest.raises(BlockingIOError):
            there.recv(1)


# --- what C is given -----------------------------------------------------------------


def header_at(pointer: Any) -> Any:
    """A copy of the ``struct msghdr`` that a call has been given."""
    return structs["msghdr"].from_buffer_copy(
        ctypes.string_at(pointer, ctypes.sizeof(structs["msghdr"]))
    )


def iovecs_of(header: Any) -> list[tuple[int, int]]:
    """Its ``(iov_base, iov_len)``."""
    if not header.msg_iov:
        return []
    raw = ctypes.string_at(header.msg_iov, header.msg_iovlen * ctypes.sizeof(structs["iovec"]))
    found = (structs["iovec"] * header.msg_iovlen).from_buffer_copy(raw)
    return [(each.iov_base or 0, each.iov_len) for each in found]


DATA: dict[str, tuple[list[Any], int]] = {
    "none": ([], 0),
    "one, empty": ([b""], 1),
    "one": ([b"abc"], 1),
    "two": ([b"a", b"bc"], 1),
    "two kinds": ([b"a", bytearray(b"bc"), memoryview(b"de")], 1),
    "64": ([b"%d" % i for i in range(64)], 1),
    "65": ([b"%d" % i for i in range(65)], 65),
    "SMALL": ([b"x" * (msghdr.SMALL - 4), b"abcd"], 1),
    "more": ([b"x" * (msghdr.SMALL - 4), b"abcde"], 2),
    "more, one": ([b"x" * (msghdr.SMALL + 1)], 1),
    "more, bytearray": ([bytearray(b"x" * (msghdr.SMALL - 4)), b"abcde", b""], 3),
}


def room_asked_for(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The address of each message buffer, and the size that was asked for."""

    def buffer_of(size: int, **how: Any) -> Any:
        buffer, pool = real(size, **how)
        asked.append((buffer.base, size))
        return buffer, pool

    asked: list[tuple[int, int]] = []
    real = msghdr._buffer_of
    monkeypatch.setattr(msghdr, "_buffer_of", buffer_of)
    return asked


@POSIX
@pytest.mark.parametrize("address", [None, ("192.0.2.1", 9)])
@pytest.mark.parametrize("control", [[], [(1, 2, b"abc")], [(1, 2, b"abc"), (3, 4, b"x" * 100)]])
@pytest.mark.parametrize("case", DATA)
def test_c_is_given_all_of_a_message(
    case: str, control: list[Any], address: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data, address and control messages, where they may lie, and NULL for what there is not."""
    parts, count = DATA[case]
    packed = pack_control(control)
    seen: list[Any] = []
    asked = room_asked_for(monkeypatch)

    def fill(pointer: Any, data: bytes) -> None:
        ((_, size),) = asked
        assert len(data) <= size
        interpreter.fill(pointer, data)

    monkeypatch.setattr(msghdr, "fill", fill)

    def sendmsg(real: Action, fd: int, pointer: Any, flags: int) -> int:
        header = header_at(pointer)
        iovecs = iovecs_of(header)
        data = b"".join(ctypes.string_at(*each) for each in iovecs)
        name = ctypes.string_at(header.msg_name or 0, header.msg_namelen) if address else b""
        lying = (header.msg_name or 0) % WORD, (header.msg_control or 0) % WORD
        raw = ctypes.string_at(header.msg_control, header.msg_controllen) if control else b""
        null = bool(header.msg_iov), bool(header.msg_name), bool(header.msg_control)
        lengths = header.msg_namelen, header.msg_controllen, header.msg_flags
        seen.append((len(iovecs), data, name[4:8], raw, lying, null, lengths, flags))
        return 7

    replace(monkeypatch, "sendmsg", sendmsg)
    flags = 4 if address else 0
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        arguments = (control, flags, address) if address else (control,)
        assert sock.sendmsg(parts, *arguments) == 7
    name = pysock.inet_aton(address[0]) if address else b""
    null = bool(parts), bool(address), bool(control)
    lengths = 16 if address else 0, len(packed), 0
    expected = (count, b"".join(parts), name, packed, (0, 0), null, lengths, flags)
    assert seen == [expected]


@POSIX
@pytest.mark.parametrize("room", [None, 0, 1, 16, 17, 24, 1000])
@pytest.mark.parametrize("sizes", [[0], [1], [100], [70_000], [200_000], [], [5, 0, 7]])
def test_c_is_given_room_for_all_of_a_message(
    sizes: list[int], room: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no part of it lies in another, behind the buffer, or where a struct may not begin."""
    seen: list[Any] = []
    asked = room_asked_for(monkeypatch)
    for pool, size in ((msghdr._pool, msghdr._ROOM), (msghdr._large_pool, msghdr._LARGE_ROOM)):
        buffer = pool.take()  # with traces of an earlier call
        ctypes.memset(buffer.base, 0xAA, size)
        pool.put(buffer)

    def recvmsg(real: Action, fd: int, pointer: Any, flags: int) -> int:
        header = header_at(pointer)
        iovecs = iovecs_of(header)
        parts = [(header.msg_name, header.msg_namelen), *iovecs]
        if header.msg_control:
            assert header.msg_control % WORD == 0
            parts.append((header.msg_control, header.msg_controllen))
        else:
            assert header.msg_controllen == 0
        assert header.msg_name % WORD == 0
        assert bool(header.msg_iov) == bool(iovecs)
        # C may write no name and no control messages, and not say so.
        assert not any(ctypes.string_at(header.msg_name, header.msg_namelen))
        first = min(header.msg_controllen, control.data_at)
        assert not any(ctypes.string_at(header.msg_control or 0, first) if first else b"")
        for base, room_there in asked[-1:]:
            own = parts[:1] + parts[1 if is_one else len(iovecs) + 1 :]
            assert min(own)[0] >= base
            assert max(at + length for at, length in own) <= base + room_there
        parts.sort()
        for (at, size), (following, _) in zip(parts, parts[1:]):
            assert at + size <= following
        seen.append((
            [size for _, size in iovecs], header.msg_namelen, header.msg_controllen,
            header.msg_flags, flags,
        ))  # fmt: skip
        # C answers with nothing: no name, no control messages.
        header.msg_namelen = header.msg_controllen = 0
        ctypes.memmove(pointer, bytes(header), ctypes.sizeof(header))
        return 0

    replace(monkeypatch, "recvmsg", recvmsg)
    more = () if room is None else (room, 2)
    expected = (sizes, memory.SOCKADDR_MAX, room or 0, 0, 0 if room is None else 2)
    with pysock.socket() as sock:
        answer: Any
        is_one = len(sizes) == 1
        if is_one:
            answer = sock.recvmsg(sizes[0], *more)
            assert answer[:3] == (b"", [], 0)
            assert seen.pop() == expected
        is_one = False
        answer = sock.recvmsg_into([bytearray(size) for size in sizes], *more)
        assert answer[:3] == (0, [], 0)
        # What may be resized meanwhile is received apart, in one piece, and so is what is small.
        copied = not EXPORTS_LOCK or (shortcuts.WANTED and room is None and any(sizes))
        pieces = [sum(sizes)] if sizes and copied else sizes
        assert seen == [(pieces, *expected[1:])]


@POSIX
@pytest.mark.parametrize("flags", [0, pysock.MSG_TRUNC])
@pytest.mark.parametrize("size", [10, 20_000, 70_000, 2_000_000])
def test_memory_that_c_may_count_and_not_write_is_zero(
    size: int, flags: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With MSG_TRUNC alone: to zero it each time would take longer than the call."""
    asked = room_asked_for(monkeypatch)
    zeroed: list[int] = []

    def fill(pointer: Any, data: bytes) -> None:
        ((base, there),) = asked
        assert len(data) <= there
        if not any(data):  # else it is the header
            assert base < pointer <= pointer + len(data) <= base + there
            zeroed.append(len(data))
        interpreter.fill(pointer, data)

    def recvmsg(real: Action, fd: int, pointer: Any, flags: int) -> int:
        header = header_at(pointer)
        header.msg_namelen = header.msg_controllen = 0
        ctypes.memmove(pointer, bytes(header), ctypes.sizeof(header))
        return size

    for pool, room in ((msghdr._pool, msghdr._ROOM), (msghdr._large_pool, msghdr._LARGE_ROOM)):
        buffer = pool.take()
        ctypes.memset(buffer.base, 0xAA, room)
        pool.put(buffer)
    monkeypatch.setattr(msghdr, "fill", fill)
    replace(monkeypatch, "recvmsg", recvmsg)
    mapped = size > msghdr._LARGE_ROOM
    with pair() as (here, _):
        data = here.recvmsg(size, 0, flags)[0]
    if flags:
        assert data == bytes(size)
        assert [each >= size for each in zeroed] == ([] if mapped else [True])
    else:
        assert zeroed == []


@POSIX
def test_as_many_buffers_as_an_int_can_count() -> None:
    msghdr._too_many(2**31 - 1, "sendmsg")
    with pytest.raises(OSError, match=r"^sendmsg\(\) argument 1 is too long$"):
        msghdr._too_many(2**31, "sendmsg")


@POSIX
def test_from_where_a_message_has_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large memory is mapped for one call; other memory has a pool."""
    def map_memory(size: int) -> Any:
        mapped.append(size)
        return interpreter.map_memory(size)

    mapped: list[int] = []
    monkeypatch.setattr(msghdr, "zeros", map_memory)
    large = msghdr._LARGE_ROOM
    for size, expected in (
        (1, msghdr._pool),
        (msghdr._ROOM, msghdr._pool),
        (msghdr._ROOM + 1, msghdr._large_pool),
        (large, msghdr._large_pool),
        (large + 1, None),
    ):
        buffer, pool = msghdr._buffer_of(size)
        assert pool is expected
        assert mapped == ([] if size <= large else [size])
        # It is all there, and the two addresses are the same.
        interpreter.fill(buffer.pointer, b"abc")
        ctypes.memmove(buffer.base + size - 1, b"d", 1)
        assert ctypes.string_at(buffer.base, 3)[: min(3, size - 1)] == b"abc"[: min(3, size - 1)]


@POSIX
@pytest.mark.parametrize("room", [-1, 2**31])
def test_room_that_is_no_socklen_t_reaches_nobody(
    room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = calls_of(monkeypatch, "recvmsg")
    message._check_room(2**31 - 1)
    with pysock.socket() as sock:
        for call in (
            lambda: sock.recvmsg(1, room),
            lambda: sock.recvmsg_into([bytearray(1)], room),
        ):
            with pytest.raises(ValueError, match="invalid ancillary data buffer length"):
                call()
    assert calls == []


CUT = ["sock.recvmsg(1, 64)", "sock.recvmsg(100_000, 64)", "sock.recvmsg_into([room], 64)"]


@POSIX
@pytest.mark.parametrize("program", CUT)
def test_a_message_that_ends_in_its_middle_is_warned_of_where_the_program_asked(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def recvmsg(real: Action, fd: int, pointer: Any, flags: int) -> int:
        header = header_at(pointer)
        size = pysock.CMSG_LEN(4)
        ctypes.memmove(header.msg_control, pack_control([(1, 99, b"12345678")])[:size], size)
        header.msg_controllen, header.msg_namelen = size, 0
        ctypes.memmove(pointer, bytes(header), ctypes.sizeof(header))
        return 0

    replace(monkeypatch, "recvmsg", recvmsg)
    with pair() as (sock, _):
        with pytest.warns(RuntimeWarning, match="improperly-truncated") as said:
            code = compile(program, "the program", "eval")
            answer = eval(code, {"sock": sock, "room": bytearray(1)})
        assert answer[1] == [(1, 99, b"1234")]
        assert [each.filename for each in said] == ["the program"]


@POSIX
def test_control_messages_that_are_too_long_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has two gigabytes for a test: the limits are lower here."""
    monkeypatch.setattr(control, "most", 20)
    assert len(pack_control([(1, 2, bytes(20))])) > 20
    with pytest.raises(OSError, match="ancillary data item too large"):
        pack_control([(1, 2, bytes(21))])
    packed = len(pack_control([(1, 2, bytes(20))] * 3))
    monkeypatch.setattr(message, "SOCKLEN_MAX", packed)
    assert len(pack_control([(1, 2, bytes(20))] * 3)) == packed
    with pytest.raises(OSError, match="too much ancillary data"):
        pack_control([(1, 2, bytes(20))] * 4)
