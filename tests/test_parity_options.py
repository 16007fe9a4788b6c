"""Socket options, and the timeout: what may be asked, what may be set, and what then happens."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from typing import Any

import pytest

from .parity import CPYTHON, UNIX, Case, check, raised, table, unlike_pypy

OPTIONS = table("""
    tcp.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
    tcp.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
    tcp.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    tcp.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE, 0)
    tcp.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE, 1)
    tcp.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE, 4)
    tcp.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE, 8)
    tcp.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE, 1024)[:4]
    tcp.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE, 1025)
    tcp.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE, -1)
    tcp.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE, True)
    tcp.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE, Index(4))
    tcp.getsockopt(Index(1), Number.FOUR)
    tcp.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
    tcp.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER)
    tcp.getsockopt(socket.SOL_SOCKET, 20, 16)
    tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 4)
    tcp.getsockopt(socket.IPPROTO_IP, socket.IP_TOS)
    tcp6.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    udp.getsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST)
    a.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)  # PyPy: refuses it
    a.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED)  # PyPy: refuses it
    tcp.getsockopt(999, 999)
    tcp.getsockopt(999, 999, 4)
    tcp.getsockopt(-1, -1)
    tcp.getsockopt('x', 1)
    tcp.getsockopt(1, 'x')
    tcp.getsockopt(1, 1.5)
    tcp.getsockopt(1, None)
    tcp.getsockopt(1, 2, 'x')
    tcp.getsockopt(1, 2, 1.5)
    tcp.getsockopt(1, 2, None)
    tcp.getsockopt(1, 2, 2**31)  # PyPy: raises another error
    tcp.getsockopt(1, 2, 2**40)  # PyPy: raises another error
    tcp.getsockopt(2**70, 2)
    gone.getsockopt(1, 2)
    gone.getsockopt(1, 2, 4)
    gone.getsockopt('x', 2)
    (tcp.setsockopt(1, socket.SO_REUSEADDR, 1), tcp.getsockopt(1, socket.SO_REUSEADDR))
    (tcp.setsockopt(1, socket.SO_REUSEADDR, True), tcp.getsockopt(1, socket.SO_REUSEADDR))
    (tcp.setsockopt(1, socket.SO_REUSEADDR, Index(1)), tcp.getsockopt(1, socket.SO_REUSEADDR))
    (tcp.setsockopt(1, socket.SO_REUSEADDR, b'\\1\\0\\0\\0'), tcp.getsockopt(1, 2))
    (tcp.setsockopt(1, socket.SO_REUSEADDR, b'\\1\\0\\0\\0rest'), tcp.getsockopt(1, 2))
    (tcp.setsockopt(1, socket.SO_REUSEADDR, bytearray(b'\\1\\0\\0\\0')), tcp.getsockopt(1, 2))
    (tcp.setsockopt(1, socket.SO_REUSEADDR, array.array('i', [1])), tcp.getsockopt(1, 2))
    (tcp.setsockopt(1, socket.SO_REUSEADDR, ctypes.c_int(1)), tcp.getsockopt(1, 2))
    (tcp.setsockopt(1, 13, struct.pack('ii', 1, 7)), tcp.getsockopt(1, 13, 8))
    (tcp.setsockopt(1, 13, memoryview(struct.pack('ii', 1, 7))), tcp.getsockopt(1, 13, 8))
    (tcp.setsockopt(1, 20, struct.pack('qq', 1, 0)), tcp.getsockopt(1, 20, 16))
    (tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, -1), tcp.getsockopt(6, 1))
    (tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**31 - 1))
    (tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, -2**31))
    (tcp6.setsockopt(*v6only, 1), tcp6.getsockopt(*v6only))
    udp.setsockopt(0, socket.IP_ADD_MEMBERSHIP, socket.inet_aton('224.0.0.251') + bytes(4))
    udp.setsockopt(0, socket.IP_ADD_MEMBERSHIP, b'x')
    udp.setsockopt(0, socket.IP_MULTICAST_TTL, struct.pack('b', 3))
    tcp.setsockopt(1, 2, b'')
    tcp.setsockopt(1, 2, b'\\1')
    tcp.setsockopt(1, 2, 'x')
    tcp.setsockopt(1, 2, 1.5)
    tcp.setsockopt(1, 2, None)
    tcp.setsockopt(1, 2, [1])
    tcp.setsockopt(1, 2, 2**31)
    tcp.setsockopt(1, 2, 2**40)
    tcp.setsockopt(1, 2, 2**70)
    tcp.setsockopt(1, 2, -2**31 - 1)
    tcp.setsockopt(1, 2, Int(1))  # PyPy: takes it
    tcp.setsockopt(1, 2, memoryview(b'abcdefgh')[::2])  # PyPy: takes it
    tcp.setsockopt('x', 2, 1)
    tcp.setsockopt(1, 'x', 1)
    tcp.setsockopt(1, 'x', b'')
    tcp.setsockopt(1.5, 2, 1)
    tcp.setsockopt(2**31, 2, 1)  # PyPy: raises another error
    tcp.setsockopt(2**70, 2, b'')
    tcp.setsockopt(999, 999, 1)
    tcp.setsockopt(999, 999, b'abcd')
    tcp.setsockopt(1, 2, None, 4)  # PyPy: raises another error
    tcp.setsockopt(1, 2, None, 0)  # PyPy: raises another error
    tcp.setsockopt(1, 2, None, -1)  # PyPy: raises another error
    tcp.setsockopt(1, 2, None, True)  # PyPy: raises another error
    tcp.setsockopt(1, 2, None, Index(0))  # PyPy: raises another error
    tcp.setsockopt(1, 2, None, 'x')
    tcp.setsockopt(1, 2, None, 1.5)
    tcp.setsockopt(1, 2, None, None)
    tcp.setsockopt(1, 2, None, 2**31)  # PyPy: raises another error
    tcp.setsockopt(1, 2, None, 2**70)  # PyPy: raises another error
    tcp.setsockopt(1, 2, 1, 4)
    tcp.setsockopt(1, 2, b'x', 4)
    tcp.setsockopt(1, 2, 'x', 'y')
    gone.setsockopt(1, 2, 1)
    gone.setsockopt(1, 2, b'abcd')
    gone.setsockopt(1, 2, None, 4)  # PyPy: raises another error
""")

TIMEOUTS = table("""
    (tcp.settimeout(None), tcp.gettimeout(), tcp.getblocking(), tcp.timeout)
    (tcp.settimeout(0), tcp.gettimeout(), tcp.getblocking(), tcp.timeout)
    (tcp.settimeout(0.0), tcp.gettimeout(), tcp.getblocking(), tcp.timeout)
    (tcp.settimeout(-0.0), tcp.gettimeout(), tcp.getblocking())  # PyPy: gives another value
    (tcp.settimeout(2), tcp.gettimeout(), tcp.getblocking(), tcp.timeout)
    (tcp.settimeout(2.5), tcp.gettimeout(), tcp.getblocking(), tcp.timeout)
    (tcp.settimeout(True), tcp.gettimeout())
    (tcp.settimeout(Index(3)), tcp.gettimeout())  # PyPy: refuses it
    (tcp.settimeout(1e-9), tcp.gettimeout(), tcp.getblocking())
    (tcp.settimeout(1e-10), tcp.gettimeout(), tcp.getblocking())  # PyPy: gives another value
    (tcp.settimeout(1e-300), tcp.gettimeout(), tcp.getblocking())  # PyPy: gives another value
    (tcp.settimeout(0.1), tcp.gettimeout())
    (tcp.settimeout(5e-324), tcp.gettimeout())  # PyPy: gives another value
    (tcp.settimeout(2.0**53 / 1e9), tcp.gettimeout())
    (tcp.settimeout(9007199.254740994), tcp.gettimeout())
    (tcp.settimeout(0.30000000000000004), tcp.gettimeout())  # PyPy: gives another value
    (tcp.settimeout(1.0000000001), tcp.gettimeout())  # PyPy: gives another value
    (tcp.settimeout(123456789.123456789), tcp.gettimeout())
    (tcp.settimeout(10**9), tcp.gettimeout())
    (tcp.settimeout(9223372036), tcp.gettimeout())
    (tcp.settimeout(9.2e9), tcp.gettimeout())
    (tcp.setblocking(True), tcp.gettimeout(), tcp.getblocking())
    (tcp.setblocking(False), tcp.gettimeout(), tcp.getblocking())
    (tcp.setblocking(1), tcp.gettimeout(), tcp.setblocking(0), tcp.gettimeout())
    (tcp.setblocking(5), tcp.gettimeout())
    (tcp.setblocking(Index(1)), tcp.gettimeout())
    (tcp.setblocking(Index(0)), tcp.gettimeout())
    (tcp.settimeout(2), tcp.setblocking(True), tcp.gettimeout())
    (os.get_blocking(tcp.fileno()), tcp.settimeout(2), os.get_blocking(tcp.fileno()))
    (tcp.settimeout(0), os.get_blocking(tcp.fileno()))
    (tcp.settimeout(0), tcp.settimeout(None), os.get_blocking(tcp.fileno()))
    (os.set_blocking(a.fileno(), False), raised(lambda: a.recv(1)), a.gettimeout())
    tcp.settimeout('x')
    tcp.settimeout('1')
    tcp.settimeout(b'1')
    tcp.settimeout([])
    tcp.settimeout(1j)
    tcp.settimeout(-1)
    tcp.settimeout(-0.5)
    tcp.settimeout(-1e-10)
    tcp.settimeout(-1e-300)
    tcp.settimeout(float('nan'))  # PyPy: takes it
    tcp.settimeout(float('inf'))  # PyPy: takes it
    tcp.settimeout(float('-inf'))
    tcp.settimeout(1e19)  # PyPy: takes it
    tcp.settimeout(1e20)  # PyPy: takes it
    tcp.settimeout(9.3e9)  # PyPy: takes it
    tcp.settimeout(9223372037)  # PyPy: takes it
    tcp.settimeout(10**10)  # PyPy: takes it
    tcp.settimeout(-10**10)
    tcp.settimeout(10**20)  # PyPy: takes it
    tcp.settimeout(2**63)  # PyPy: takes it
    tcp.settimeout(2**70)  # PyPy: takes it
    tcp.settimeout(-2**70)
    tcp.settimeout(decimal.Decimal('1.5'))  # PyPy: takes it
    tcp.settimeout(Int(1))
    tcp.setblocking('x')
    tcp.setblocking('')
    tcp.setblocking(None)
    tcp.setblocking(1.5)
    tcp.setblocking([])
    tcp.setblocking(2**31)
    tcp.setblocking(2**70)
    tcp.setblocking(Int(0))  # PyPy: takes it
    gone.settimeout(1)
    gone.settimeout(-1)
    gone.settimeout('x')
    gone.setblocking(True)
    gone.setblocking('x')
    (raised(lambda: gone.settimeout(1)), gone.gettimeout(), gone.getblocking())
    (raised(lambda: tcp.settimeout(-1)), tcp.gettimeout())
    (tcp.settimeout(5), raised(lambda: tcp.settimeout(-1)), tcp.gettimeout())
    (gone.gettimeout(), gone.getblocking())
    socket.getdefaulttimeout()
    (socket.setdefaulttimeout(2), socket.getdefaulttimeout())
    (socket.setdefaulttimeout(0), socket.getdefaulttimeout())
    (socket.setdefaulttimeout(2.5), socket.setdefaulttimeout(None), socket.getdefaulttimeout())
    (socket.setdefaulttimeout(Index(2)), socket.getdefaulttimeout())  # PyPy: refuses it
    socket.setdefaulttimeout('x')
    socket.setdefaulttimeout(-1)
    socket.setdefaulttimeout(float('nan'))  # PyPy: takes it
    socket.setdefaulttimeout(float('inf'))  # PyPy: takes it
    socket.setdefaulttimeout(10**20)  # PyPy: takes it
    socket.setdefaulttimeout(decimal.Decimal(1))  # PyPy: takes it
    socket.setdefaulttimeout(Int(1))
    (raised(lambda: socket.setdefaulttimeout(-1)), socket.getdefaulttimeout())
""")


def vsock_options(socket: Any) -> object:
    """The integers of AF_VSOCK's options are 64 bits wide."""
    with socket.socket(socket.AF_VSOCK) as sock:
        size = socket.SO_VM_SOCKETS_BUFFER_MAX_SIZE
        sock.setsockopt(socket.AF_VSOCK, size, 2**33)
        return sock.getsockopt(socket.AF_VSOCK, size), raised(
            lambda: sock.getsockopt(socket.AF_VSOCK, size, 8)
        )


def a_deadline_is_for_all_of_sendall(a: Any, b: Any) -> object:
    """Progress does not prolong it."""
    a.settimeout(0.1)
    b.settimeout(0)
    began = time.monotonic()

    def trickle(*_: object) -> None:
        select.select([b], [], [], 0)
        try:
            b.recv(5000)
        except BlockingIOError as error:
            trickles.append(error)

    trickles: list[Any] = []
    before = signal.signal(signal.SIGALRM, trickle)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    try:
        end = raised(lambda: a.sendall(bytes(10**7)))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return end, 0.05 < time.monotonic() - began < 5


def interrupted(then: str) -> Case:
    """A signal arrives while a call waits: PEP 475 has it go on, unless the handler raises."""

    def case(socket: Any, a: Any, b: Any) -> object:
        def arrived(*_: object) -> None:
            if then == "raises":
                raise LookupError("from the handler")
            if then == "sends":
                b.send(b"abc")

        a.settimeout(None if then != "waits on" else 0.15)
        began = time.monotonic()
        before = signal.signal(signal.SIGALRM, arrived)
        signal.setitimer(signal.ITIMER_REAL, 0.03)
        try:
            end = a.recv(9) if then == "sends" else raised(lambda: a.recv(9))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        waited = time.monotonic() - began
        return end, (0.12 if then == "waits on" else 0.02) < waited < 5

    case.__name__ = f"interrupted by a handler that {then}"
    return case


def interrupted_accept(socket: Any, listener: Any) -> object:
    client = socket.socket()
    before = signal.signal(signal.SIGALRM, lambda *_: client.connect(listener.getsockname()))
    signal.setitimer(signal.ITIMER_REAL, 0.03)
    try:
        sock, address = listener.accept()
        return sock, address == client.getsockname()
    finally:
        signal.signal(signal.SIGALRM, before)
        client.close()


def waiting_as_long_as_asked(socket: Any, a: Any) -> object:
    waited = []
    for seconds in (0.001, 0.03, 0.05):
        a.settimeout(seconds)
        began = time.monotonic()
        raised(lambda: a.recv(1))
        waited.append(seconds <= time.monotonic() - began + 0.001 < seconds + 5)
    return waited


def one_timeout_for_each_way(socket: Any, a: Any, b: Any) -> object:
    a.settimeout(0.02)
    ways = [
        lambda: a.recv(1),
        lambda: a.recv_into(bytearray(1)),
        lambda: a.recvfrom(1),
        lambda: a.recvfrom_into(bytearray(1)),
        lambda: a.recvmsg(1),
        lambda: a.recvmsg_into([bytearray(1)]),
        lambda: [a.send(bytes(10**6)) for _ in range(99)],
        lambda: a.sendall(b"x"),
        lambda: a.sendmsg([b"x"]),
    ]
    return [raised(way) for way in ways]


WAITING: list[Any] = [
    unlike_pypy("forgets its deadline", a_deadline_is_for_all_of_sendall),
    *map(interrupted, ("raises", "sends", "waits on")),
    interrupted_accept,
    waiting_as_long_as_asked,
    pytest.param(
        one_timeout_for_each_way,
        marks=pytest.mark.skipif(
            not UNIX, reason="where pairs are made by TCP, there is more room by and by"
        ),
    ),
]


@pytest.mark.parametrize("call", OPTIONS + TIMEOUTS)
def test_calls(call: Case) -> None:
    check(call)


@pytest.mark.parametrize("case", WAITING)
def test_waiting(case: Case) -> None:
    check(case)


@pytest.mark.skipif(not os.path.exists("/dev/vsock"), reason="this kernel has no AF_VSOCK")
@pytest.mark.skipif(not CPYTHON, reason="PyPy has no AF_VSOCK")
@pytest.mark.skipif(sys.maxsize < 2**32, reason="CPython cuts the result down to a C long")
def test_vsock_options() -> None:
    check(vsock_options)
