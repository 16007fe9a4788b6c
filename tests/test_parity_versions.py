"""What changed from one version of Python to another (``_ffi/versions.py``), held to this one's."""

from __future__ import annotations

import ast
import socket as stdlib
from collections.abc import Iterator
from typing import Any

import pytest

import pysock
from pysock._ffi import versions
from pysock._ffi.arguments import is_broken_iterable
from pysock._ffi.versions import since

from . import ROOT
from .foreign import FOREIGN, error_name
from .parity import CPYTHON, Case, check, table

cpython_only = pytest.mark.skipif(not CPYTHON, reason="PyPy's own socket has rules of its own")

TIMEOUTS = table("""
    (tcp.settimeout(decimal.Decimal('1.5')), tcp.gettimeout())
    (tcp.settimeout(decimal.Decimal('1e-10')), tcp.gettimeout())
    (tcp.settimeout(decimal.Decimal('-1e-10')), tcp.gettimeout())
    (tcp.settimeout(decimal.Decimal('1e400')), tcp.gettimeout())
    tcp.settimeout(decimal.Decimal('NaN'))
    tcp.settimeout(decimal.Decimal('sNaN'))
    tcp.settimeout(decimal.Decimal('Infinity'))
    (tcp.settimeout(fractions.Fraction(3, 2)), tcp.gettimeout())
    (tcp.settimeout(fractions.Fraction(1, 3)), tcp.gettimeout())
    tcp.settimeout(fractions.Fraction(10**400))
    (tcp.settimeout(Float()), tcp.gettimeout())
    tcp.settimeout(Float(1e30))
    tcp.settimeout(Float(-1.0))
    tcp.settimeout(Float('x'))
    tcp.settimeout(Float(1))
    (tcp.settimeout(Index(2)), tcp.gettimeout())
    tcp.settimeout(Index('x'))
    tcp.settimeout(Raising(TypeError))
    tcp.settimeout(Raising(OverflowError))
    tcp.settimeout(Raising(KeyError))
    (tcp.settimeout(Number.FOUR), tcp.gettimeout())
    tcp.settimeout(bytearray(b'1'))
    (socket.setdefaulttimeout(fractions.Fraction(3, 2)), socket.getdefaulttimeout())
    (socket.setdefaulttimeout(Float()), socket.getdefaulttimeout())
    socket.create_connection(at, fractions.Fraction(3, 2))
    socket.create_connection(at, Float()).gettimeout()
""")

ITEMS = table("""
    a.sendmsg([b'x'], [[1, 2, b'']])
    a.sendmsg([b'x'], [[1]])
    a.sendmsg([b'x'], [range(2)])
    a.sendmsg([b'x'], [range(3)])
    a.sendmsg([b'x'], [array.array('i', [1, 2])])
    a.sendmsg([b'x'], [bytearray(2)])
    a.sendmsg([b'x'], [bytearray(3)])
    a.sendmsg([b'x'], [memoryview(b'ab')])
    a.sendmsg([b'x'], [{1: 2, 3: 4, 5: 6}])
    a.sendmsg([b'x'], [frozenset()])
    a.sendmsg([b'x'], [Number])
    a.sendmsg([b'x'], [Number.ONE])
    a.sendmsg([b'x'], [list])
""")

ITERABLES = table("""
    a.sendmsg(Breaking(KeyError))
    a.sendmsg(Breaking(TypeError, b'x'))
    a.sendmsg([b'x'], Breaking(ValueError))
    a.sendmsg(memoryview(bytearray(8)).cast('B', (2, 4)))
    a.sendmsg((int('x') for _ in 'x'))
    a.sendmsg([memoryview(b'abcd')[::2], Lending(KeyError)])
    a.sendmsg([memoryview(b'abcd')[::2], 'x'])
    a.sendmsg([Lending(KeyError), memoryview(b'abcd')[::2]])
    fed.recvmsg_into(Breaking(KeyError, bytearray(1)))
    fed.recvmsg_into((int('x') for _ in 'x'))
    fed.recvmsg_into(memoryview(bytearray(8)).cast('B', (2, 4)))
    socket.send_fds(a, Breaking(KeyError), [])
    a.sendmsg(next(iter(())) for i in (1,))
    (d := __import__('collections').deque([b'x', b'y']), a.sendmsg(map(d.append, d)))
    (d := {b'x': 1}, a.recvmsg_into(map(d.setdefault, d, b'yz')))
    (d := {1: b'x', 2: b'y'}, a.sendmsg([b'x'], map(d.pop, d)))
""")

PIECES = table("""
    a.sendfile(io.FileIO(struct.__file__), Index(3))
    a.sendfile(io.FileIO(struct.__file__), 1.0)
    a.sendfile(io.FileIO(struct.__file__), '1')
    a.sendfile(io.FileIO(struct.__file__), [])
    a.sendfile(io.FileIO(struct.__file__), Raising(KeyError))
    a.sendfile(io.FileIO(struct.__file__), decimal.Decimal('sNaN'))
""")

DEFAULTS = table("""
    (socket.socket(-1.0, 1).family, socket.socket(2, -1.0).type)
    socket.socket(decimal.Decimal(-1)).family
    socket.socket(proto=fractions.Fraction(-1)).proto
    socket.socket(decimal.Decimal('sNaN'))
    socket.socket(2, 1, -1.0, 2**31 - 1)
""")

OPTIONS = table("""
    tcp.setsockopt(1, 2, Index(2**70))
    tcp.setsockopt(1, 2, Index('x'))
    tcp.setsockopt(1, 2, Float())
    tcp.setsockopt(1, 2, None, Index(4))
    tcp.setsockopt(1, 2, None, Index('x'))
    tcp.setsockopt(1, 2, None, 2**32)
    tcp.setsockopt(1, 2, None, -2**31)
    tcp.setsockopt(1, 2, None, -2**31 - 1)
    tcp.setsockopt(1, 2, None, 2**32 - 1)
    tcp.setsockopt(1, 2, 1, 2**32)
    tcp.setsockopt(1, 2, memoryview(b'abcdefgh')[::2])
    tcp.setsockopt(1, 2, memoryview(b'abcd'), 4)
    tcp.setsockopt(1, 2, Raising(KeyError))
    tcp.setsockopt(1, 2, None, Raising(KeyError))
    tcp.setsockopt(Raising(KeyError), 2, None, 4)
    tcp.setsockopt(1, 2**31, None, 4)
    tcp.setsockopt('1', 2, None, 4)
    tcp.setsockopt(1, 1.5, b'', 4)
""")

NUMBERS = table("""
    socket.htons(Index(80))
    socket.ntohs(Index(-1))
    socket.htonl(Index(2**32))
    socket.ntohl(Number.FOUR)
    socket.htonl(Index('x'))
    socket.if_indextoname(Index(2**32))
    socket.if_indextoname(Number.ONE)
    socket.getaddrinfo('127.0.0.1', Index(80), type=1)
    socket.getaddrinfo('127.0.0.1', Index(-1), type=1)
    socket.getaddrinfo('127.0.0.1', Index('x'), type=1)
    socket.getaddrinfo('127.0.0.1', False, type=1)
    socket.create_connection(('127.0.0.1', True), 1)
    socket.getnameinfo(('::1', 80, 2**32, 0), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    socket.getnameinfo(('::1', 80, 0, 2**32), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    socket.getnameinfo(('::1', 80, 0, -2**31), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    socket.getnameinfo(('::1', 80, 0, -2**31 - 1), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    a.send(b'x', Index(2**31))
    a.sendall(b'x', Index(-2**70))
    a.sendmsg([b'x'], [], Index(2**31))
""")


@cpython_only
@pytest.mark.parametrize(
    "case", TIMEOUTS + ITEMS + ITERABLES + PIECES + DEFAULTS + OPTIONS + NUMBERS
)
def test_calls(case: Case) -> None:
    # Of a connection that fails, CPython leaves a socket to be collected, which warns.
    check(case, "warnings" if "create_" in str(case) else "")


def test_what_a_handler_raises_while_an_iterable_is_gone_through_is_raised() -> None:
    def handler() -> None:
        raise Stop

    class Stop(Exception):
        pass

    def items() -> Iterator[bytes]:
        handler()  # as a signal handler, which is called between two steps
        yield b""

    a, b = pysock.socketpair()
    with a, b:
        for call in (a.sendmsg, a.recvmsg_into):
            with pytest.raises(Stop):
                call(items())
    stopped = Stop()
    try:
        raise stopped  # as another thread's, which has no frame of its own
    except Stop as error:
        assert not is_broken_iterable(error)


# Addresses of families that not every kernel has: of a socket that only says it is one.
LIMITS = [2**32, 2**32 - 1, -(2**31), -(2**31) - 1, 2**16, 2**16 - 1, -(2**15) - 1, 256, -129]
LIMITS += [2**64 - 1, 2**64, -(2**63), -(2**63) - 1]
ADDRESSES: list[tuple[str, str, tuple[Any, ...]]] = [
    ("AF_INET6", "", ("::1", 1, None, 0)),
    ("AF_INET6", "", ("::1", 1, 0, None)),
    ("AF_NETLINK", "", (None, 0)),
    ("AF_ALG", "", ("hash", "sha1", None)),
    ("AF_VSOCK", "", (None, 1)),
    ("AF_TIPC", "", (1, None, 2, 3)),
    ("AF_QIPCRTR", "", (None, 2)),
    ("AF_CAN", "CAN_ISOTP", ("lo", None, 2)),
    ("AF_CAN", "CAN_J1939", ("lo", None, 2, 3)),
    ("AF_CAN", "CAN_J1939", ("lo", 1, None, 3)),
    ("AF_CAN", "CAN_J1939", ("lo", 1, 2, None)),
    ("AF_BLUETOOTH", "BTPROTO_L2CAP", ("00:00:00:00:00:00", None)),
    ("AF_BLUETOOTH", "BTPROTO_RFCOMM", ("00:00:00:00:00:00", None)),
    ("AF_BLUETOOTH", "BTPROTO_HCI", (None,)),
]


@cpython_only
@pytest.mark.parametrize(("family", "protocol", "address"), ADDRESSES)
def test_numbers_in_addresses(family: str, protocol: str, address: tuple[Any, ...]) -> None:
    for module in (stdlib, pysock):
        if not hasattr(module, family) or not hasattr(module, protocol or family):
            pytest.skip(f"{module.__name__} lacks {family} {protocol} here")
    for limit in LIMITS:
        check(connecting(family, protocol, tuple(limit if i is None else i for i in address)))


def connecting(family: str, protocol: str, address: tuple[Any, ...]) -> Case:
    """A case that connects a socket of any family to ``address``."""

    def connect(udp: Any, socket: Any) -> Any:
        number, proto = getattr(socket, family), getattr(socket, protocol) if protocol else 0
        sock = socket.socket(number, socket.SOCK_DGRAM, proto, fileno=udp.fileno())
        try:
            answer = error_name(sock.connect_ex(address), socket)
            return None if FOREIGN else answer  # the kernel's, to which each family is another
        finally:
            sock.detach()

    connect.__name__ = f"connect, {address}"
    return connect


@cpython_only
@pytest.mark.skipif(not hasattr(stdlib, "AF_VSOCK"), reason="this `socket` lacks AF_VSOCK")
@pytest.mark.parametrize(
    "args", [(5,), (2**64,), (-(2**63),), (None,), (None, 4), (1, 4), (b"abcd",), (1.5,), ("x", 1)]
)
def test_options_of_vsock(args: tuple[Any, ...]) -> None:
    def option(udp: Any, socket: Any) -> Any:
        sock = socket.socket(socket.AF_VSOCK, socket.SOCK_DGRAM, 0, fileno=udp.fileno())
        try:
            return sock.setsockopt(1, 2, *args)
        finally:
            sock.detach()

    check(option)


# --- the table itself ----------------------------------------------------------------


def test_a_change_that_came_with_patch_releases_too() -> None:
    def holds(*running: int) -> bool:
        return since((3, 15), (3, 14, 7), (3, 13, 15), running=running)

    assert [holds(3, 12, 99), holds(3, 13, 14), holds(3, 14, 0), holds(3, 14, 6)] == [False] * 4
    assert [holds(3, 13, 15), holds(3, 14, 7), holds(3, 15, 0), holds(4, 0, 0)] == [True] * 4


def test_every_rule_is_asked_for_and_nobody_else_asks_for_a_version() -> None:
    rules = {name for name, value in vars(versions).items() if isinstance(value, bool)}
    rules.discard("TYPE_CHECKING")
    assert len(rules) > 20
    asked, offenders = set(), []
    for path in sorted((ROOT / "pysock").rglob("*.py")):
        if path.parent.name == "_startup":  # a Python may find it that pysock does not support
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == "versions":
                    asked.add(node.attr)
                if (node.value.id, node.attr) == ("sys", "version_info"):
                    offenders.append(path.name)
            if isinstance(node, ast.ImportFrom) and path.name != "versions.py":
                offenders += [path.name for alias in node.names if alias.name == "version_info"]
    assert rules == asked
    assert offenders == []
    assert pysock.timeout.__name__ in ("timeout", "TimeoutError")
