"""sendmsg, recvmsg and control messages: descriptors, credentials, and what is cut off."""

from __future__ import annotations

import os
import socket as stdlib
import struct
from array import array
from typing import Any

import pytest

import pysock

from .foreign import FOREIGN, LINUX
from .parity import Case, check, raised, table, unlike_pypy

pytestmark = pytest.mark.skipif(
    not hasattr(stdlib.socket, "recvmsg"), reason="this `socket` has no sendmsg and recvmsg"
)

SENDING = table("""
    (a.sendmsg([b'abc', b'def']), b.recv(9))
    (a.sendmsg((b'abc', bytearray(b'd'), memoryview(b'xef')[1:])), b.recv(9))
    (a.sendmsg(iter([b'abc', b'def'])), b.recv(9))
    (a.sendmsg({b'abc': 1}), b.recv(9))
    (a.sendmsg([array.array('H', [1, 2])]), b.recv(9))
    (a.sendmsg([memoryview(b'abcdef').cast('B', (2, 3))]), b.recv(9))
    (a.sendmsg([b'x' * 20000, bytearray(20000)]), len(b.recv(40000, socket.MSG_WAITALL)))
    (a.sendmsg([b'', b'abc', b'']), b.recv(9))
    (a.sendmsg([b'abc'], [], 0), b.recv(9))
    (a.sendmsg([b'abc'], (), False, None), b.recv(9))
    (a.sendmsg([b'abc'], iter([]), socket.MSG_DONTWAIT), b.recv(9))
    (d.sendmsg([]), e.recv(9))
    (d.sendmsg([b'']), e.recv(9))
    (d.sendmsg([b'x'] * 1024), len(e.recv(2000)))
    a.sendmsg([])
    a.sendmsg([b'x'] * 1025)
    (udp.sendmsg([b'ab', b'c'], [], 0, to), inbox.recv(9))
    (letter.bind('here'), d.sendmsg([b'abc'], [], 0, 'here'), letter.recv(9))
    udp.sendmsg([b'x'], [], 0, ('127.0.0.1', 65536))
    udp.sendmsg([b'x'], [], 0, 'x')
    udp.sendmsg([b'x'], [], 0, 5)
    udp.sendmsg([b'x'])
    a.sendmsg([b'x'], [], 0, 'nowhere')
    a.sendmsg(5)
    a.sendmsg(None)
    a.sendmsg('x')
    a.sendmsg(Unsized())  # PyPy: raises another error
    a.sendmsg(OldSequence())
    a.sendmsg([b'x'], OldSequence())
    a.sendmsg(b'x')
    a.sendmsg(['x'])
    a.sendmsg([b'x', 'x'])
    a.sendmsg([5])
    a.sendmsg([None])
    a.sendmsg([memoryview(b'abcd')[::2]])  # PyPy: takes it
    a.sendmsg([b'x'], 5)
    a.sendmsg([b'x'], None)
    a.sendmsg([b'x'], [5])
    a.sendmsg([b'x'], ['ab'])
    a.sendmsg([b'x'], ['abc'])
    a.sendmsg([b'x'], [()])
    a.sendmsg([b'x'], [(1, 2)])
    a.sendmsg([b'x'], [(1, 2, b'', 4)])
    a.sendmsg([b'x'], [[1, 2, b'']])  # PyPy: raises another error
    a.sendmsg([b'x'], [(1, 2, 'x')])
    a.sendmsg([b'x'], [(1, 2, 3)])
    a.sendmsg([b'x'], [('a', 2, b'x')])
    a.sendmsg([b'x'], [(1.5, 2, b'x')])
    a.sendmsg([b'x'], [(1, 1.5, b'x')])
    a.sendmsg([b'x'], [(2**31, 2, b'x')])  # PyPy: takes it
    a.sendmsg([b'x'], [(1, 2**70, b'x')])
    a.sendmsg([b'x'], [(1, 2, memoryview(b'abcd')[::2])])  # PyPy: raises another error
    a.sendmsg([b'x'], [{1, 2, 3}])
    a.sendmsg([b'x'], [iter((1, 2, b''))])
    a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, b'')])
    a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, b'abc')])
    a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [-1]))])
    a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [99999]))])
    a.sendmsg([b'x'], [(socket.SOL_SOCKET, 99, b'abcd')])
    a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, bytes(10**6))])
    a.sendmsg([b'x'], [], 'f')
    a.sendmsg([b'x'], [], 1.5)
    a.sendmsg([b'x'], [], 2**31)  # PyPy: raises another error
    a.sendmsg([b'x'], [], 0, 0)
    a.sendmsg(['x'], 5, 'f')
    a.sendmsg(['x'], 5)
    a.sendmsg(['x'], 5, 0, 5)
    a.sendmsg(5, 5, 2**31, 5)
    gone.sendmsg([b'x'])
    gone.sendmsg([b'x'], [], 0, 5)
    tcp.sendmsg([b'x'])
    (b.close(), a.sendmsg([b'x']))
    (a.setblocking(False), [a.sendmsg([bytes(10**6)]) for i in range(99)])
    (a.settimeout(0.01), [a.sendmsg([bytes(10**6)]) for i in range(99)])
    (w := bytearray(b'abc'), a.sendmsg([w]), w.extend(b'resized'))
""")

RECEIVING = table("""
    fed.recvmsg(4)
    fed.recvmsg(0)
    fed.recvmsg(100)
    fed.recvmsg(100000)
    fed.recvmsg(4, 0, socket.MSG_PEEK)
    fed.recvmsg(4, 100)
    fed.recvmsg(Index(4), Index(0), Index(0))
    fed.recvmsg(Int(4))  # PyPy: takes it
    fed.recvmsg(True, False)
    a.recvmsg(-1)
    a.recvmsg('x')
    a.recvmsg(1.5)
    a.recvmsg(None)
    a.recvmsg(2**63)
    a.recvmsg(2**70)
    a.recvmsg(-2**70)
    a.recvmsg(1, -1)
    a.recvmsg(1, 2**31)  # PyPy: waits for ever
    a.recvmsg(1, 2**40)  # PyPy: waits for ever
    a.recvmsg(1, 2**70)
    a.recvmsg(1, 'x')
    a.recvmsg(1, 1.5)
    a.recvmsg(1, 0, 'x')
    a.recvmsg(1, 0, 2**31)  # PyPy: raises another error
    a.recvmsg(-1, -1)
    gone.recvmsg(1)
    gone.recvmsg(0)
    tcp.recvmsg(1)
    listener.recvmsg(1)
    (a.setblocking(False), a.recvmsg(1))
    (a.settimeout(0.01), a.recvmsg(1))
    (a.settimeout(0.01), a.recvmsg(0))
    (b.close(), a.recvmsg(1))
    (e.send(b'abcdef'), d.recvmsg(3))
    (e.send(b'abcdef'), d.recvmsg(0))
    (e.send(b''), d.recvmsg(3))
    (q.send(b'abcdef'), p.recvmsg(3), p.recvmsg(9, 0, socket.MSG_DONTWAIT))
    (letter.bind('h'), unix2.close(), e.sendto(b'abc', 'h'), letter.recvmsg(9))
    (udp.bind(('127.0.0.1', 0)), udp.sendto(b'x', to), inbox.recvmsg(9)[3] == udp.getsockname())
    (client.send(b'abc'), server.recvmsg(9))
    (w := bytearray(4), fed.recvmsg_into([w]))
    (w := bytearray(4), v := bytearray(3), fed.recvmsg_into([w, v]))
    (w := bytearray(4), fed.recvmsg_into((w, memoryview(w)[:2])))
    (w := bytearray(4), fed.recvmsg_into(iter([w])))
    (w := array.array('H', [0, 0]), fed.recvmsg_into([w]), w.tobytes())
    (w := bytearray(12), fed.recvmsg_into([memoryview(w).cast('B', (3, 4))]))
    (w := bytearray(4), fed.recvmsg_into([w], 100, socket.MSG_PEEK))
    (w := bytearray(4), fed.recvmsg_into([bytearray(), w, bytearray()]))
    (w := bytearray(4), fed.recvmsg_into([w]), w.extend(b'resized'))
    (e.send(b'abcdef'), w := bytearray(4), d.recvmsg_into([w]))
    fed.recvmsg_into([])
    fed.recvmsg_into([bytearray()])
    fed.recvmsg_into([bytearray(1)] * 1025)
    fed.recvmsg_into(5)
    fed.recvmsg_into(None)
    fed.recvmsg_into(OldSequence())
    fed.recvmsg_into(bytearray(4))
    fed.recvmsg_into([b'x'])
    fed.recvmsg_into(['x'])
    fed.recvmsg_into([5])
    fed.recvmsg_into([memoryview(bytearray(4))[::2]])
    fed.recvmsg_into([bytearray(4), b'x'])
    fed.recvmsg_into([bytearray(4)], -1)
    fed.recvmsg_into([bytearray(4)], 2**31)  # PyPy: takes it
    fed.recvmsg_into([bytearray(4)], 'x')
    fed.recvmsg_into([bytearray(4)], 0, 'x')
    fed.recvmsg_into(5, -1)
    fed.recvmsg_into(['x'], -1)
    fed.recvmsg_into(['x'], 'x')
    gone.recvmsg_into([bytearray(4)])
    gone.recvmsg_into([])
    (a.setblocking(False), a.recvmsg_into([bytearray(4)]))
    (a.settimeout(0.01), a.recvmsg_into([bytearray(4)]))
""")

LENGTHS = table("""
    [(socket.CMSG_LEN(n), socket.CMSG_SPACE(n)) for n in range(40)]
    socket.CMSG_LEN(True)
    socket.CMSG_LEN(Index(4))
    socket.CMSG_LEN(Int(4))  # PyPy: takes it
    socket.CMSG_LEN(-1)
    socket.CMSG_LEN(0x7fffffff - 16)  # Linux: control messages of this size
    socket.CMSG_LEN(0x7fffffff - 15)  # Linux: control messages of this size
    socket.CMSG_LEN(2**31)
    socket.CMSG_LEN(2**63)
    socket.CMSG_LEN(2**70)
    socket.CMSG_LEN('x')
    socket.CMSG_LEN(1.5)
    socket.CMSG_LEN(None)
    socket.CMSG_SPACE(-1)
    socket.CMSG_SPACE(0x7fffffff - 24)  # Linux: control messages of this size
    socket.CMSG_SPACE(0x7fffffff - 23)  # Linux: control messages of this size
    socket.CMSG_SPACE(2**70)
    socket.CMSG_SPACE('x')
    socket.CMSG_SPACE(1.5)
""")


def rights(socket: Any, *fds: int) -> tuple[int, int, bytes]:
    data = b"".join(fd.to_bytes(4, "little") for fd in fds)
    return socket.SOL_SOCKET, socket.SCM_RIGHTS, data


def close_all(ancdata: Any) -> list[Any]:
    """What came, but for the descriptors' numbers, which are closed."""
    seen: list[Any] = []
    for level, kind, data in ancdata:
        if kind == 1:
            for i in range(0, len(data) - 3, 4):
                os.close(int.from_bytes(data[i : i + 4], "little"))
        seen.append(("level" if FOREIGN else level, kind, len(data)))
    return seen


def passing_descriptors(socket: Any, a: Any, b: Any) -> object:
    sent = a.sendmsg([b"x"], [rights(socket, 0, 1, 2)])
    data, ancdata, flags, address = b.recvmsg(5, socket.CMSG_SPACE(12))
    inheritable = [os.get_inheritable(int.from_bytes(ancdata[0][2][:4], "little"))]
    return sent, data, close_all(ancdata), flags, address, inheritable


def passing_descriptors_into_buffers(socket: Any, a: Any, b: Any) -> object:
    a.sendmsg([b"xyz"], [rights(socket, 0)])
    room = [bytearray(2), bytearray(2)]
    n, ancdata, flags, address = b.recvmsg_into(room, socket.CMSG_SPACE(4))
    return n, room, close_all(ancdata), flags, address


def two_control_messages(socket: Any, a: Any, b: Any) -> object:
    b.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    a.sendmsg([b"x"], [rights(socket, 0, 1)])
    data, ancdata, flags, _ = b.recvmsg(5, 200)
    return data, close_all(ancdata), flags


def credentials(socket: Any, a: Any, b: Any) -> object:
    b.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    mine = struct.pack("3i", os.getpid(), os.getuid(), os.getgid())
    a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, mine)])
    data, ancdata, flags, _ = b.recvmsg(5, socket.CMSG_SPACE(len(mine)))
    return data, ancdata, flags


def forged_credentials(socket: Any, a: Any) -> object:
    forged = struct.pack("3i", 0, 0, 0)
    return a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, forged)])


def truncated(room: int) -> Case:
    """Three descriptors and ``room`` bytes for them: the kernel closes what does not fit."""

    def case(socket: Any, a: Any, b: Any) -> object:
        a.sendmsg([b"x"], [rights(socket, 0, 1, 2)])
        data, ancdata, flags, _ = b.recvmsg(5, room)
        return data, close_all(ancdata), flags

    case.__name__ = f"three descriptors in {room} bytes"
    return case


def control_messages_of_udp(socket: Any, udp: Any, inbox: Any) -> object:
    inbox.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO, which CPython does not name
    inbox.setsockopt(socket.IPPROTO_IP, 13, 1)  # IP_RECVTOS
    udp.sendto(b"abc", inbox.getsockname())
    return inbox.recvmsg(9, 500)[:3]


def an_error_queue(socket: Any, udp: Any) -> object:
    udp.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
    udp.connect(("127.0.0.1", 1))
    udp.send(b"abc")
    data, ancdata, flags, address = udp.recvmsg(9, 500, socket.MSG_ERRQUEUE)
    return data, ancdata, flags, address


def control_to_many(socket: Any, a: Any, b: Any) -> object:
    one = rights(socket, 0)
    a.sendmsg([b"x"], [one, one])
    _, ancdata, flags, _ = b.recvmsg(5, 200)
    return close_all(ancdata), flags


def raised_by_a_number(socket: Any, a: Any, b: Any) -> object:
    """What the caller's code raises is raised, though it would have an answer the next time."""

    class Level:
        asked = 0

        def __index__(self) -> int:
            self.asked += 1
            if self.asked == 1:
                raise ValueError("not yet")
            return 1

    level = Level()
    number, _, data = rights(socket, 0)
    return raised(a.sendmsg, [b"x"], [(level, number, data)]), level.asked


def sending_fds(socket: Any, a: Any, b: Any) -> object:
    sent = socket.send_fds(a, [b"ab", b"c"], [0, 1])
    data, fds, flags, address = socket.recv_fds(b, 9, 5)
    for fd in fds:
        os.close(fd)
    return sent, data, len(fds), flags, address


def receiving_fewer_fds(socket: Any, a: Any, b: Any) -> object:
    socket.send_fds(a, [b"abc"], [0, 1, 2])
    data, fds, flags, address = socket.recv_fds(b, 9, 1)
    for fd in fds:
        os.close(fd)
    return data, len(fds), flags, address


def wrong_fds(socket: Any, a: Any, b: Any) -> object:
    return [
        raised(socket.send_fds, *wrong)
        for wrong in [
            (a, [b"x"], 5),
            (a, [b"x"], None),
            (a, [b"x"], ["x"]),
            (a, [b"x"], [1.5]),
            (a, [b"x"], [-1]),
            (a, [b"x"], [2**31]),
            (a, b"x", [0]),
            (a, ["x"], [0]),
            (5, [b"x"], [0]),
        ]
    ] + [
        raised(socket.recv_fds, *wrong)
        for wrong in [(b, -1, 1), (b, 1, -5), (b, "x", 1), (b, 1, "x"), (b, 1, 2**40), (5, 1, 1)]
    ]


def on_linux(case: Any) -> Any:
    """A case about the numbers of Linux, or about how its kernel cuts control messages."""
    mark = pytest.mark.skipif(not LINUX, reason="each kernel has its own control messages")
    return pytest.param(case, id=case.__name__, marks=[mark])


PASSING: list[Any] = [
    passing_descriptors,
    passing_descriptors_into_buffers,
    unlike_pypy("has no SO_PASSCRED", two_control_messages),
    unlike_pypy("has no SO_PASSCRED", credentials),
    unlike_pypy("has no SCM_CREDENTIALS", forged_credentials),
    on_linux(control_messages_of_udp),
    on_linux(an_error_queue),
    control_to_many,
    raised_by_a_number,
    sending_fds,
    on_linux(receiving_fewer_fds),
    unlike_pypy("raises other errors", wrong_fds),
    *map(on_linux, map(truncated, (0, 1, 4, 15, 16, 17, 19, 20, 21, 23, 24, 25, 27, 28, 32))),
]


@pytest.mark.parametrize("call", SENDING + RECEIVING + LENGTHS)
def test_message(call: Case) -> None:
    check(call)


@pytest.mark.parametrize("case", PASSING)
def test_control_messages(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("function", ["sendmsg", "recvmsg_into"])
def test_more_buffers_than_a_c_int_counts(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CPython says so itself, where a list is that long; here, the limit is closer."""
    monkeypatch.setattr("pysock._calls.msghdr.INT_MAX", 2)
    monkeypatch.setattr("pysock._calls.msghdr.MANY", 2)
    here, there = pysock.socketpair()
    with here, there, pytest.raises(OSError) as caught:
        getattr(here, function)([array("b", [0])] * 3)
    assert (caught.value.errno, str(caught.value)) == (None, f"{function}() argument 1 is too long")
