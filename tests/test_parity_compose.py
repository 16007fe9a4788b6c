"""create_connection, create_server and their kin, also where programs replace what they call."""

from __future__ import annotations

import gc
import socket
import sys
import weakref
from typing import Any

import pytest

import pysock

from .foreign import FOREIGN
from .parity import CPYTHON, Case, check, raised, refusing, table

CONNECTIONS = table("""
    socket.create_connection(at)
    socket.create_connection(at, 2)
    socket.create_connection(at, timeout=None)
    socket.create_connection(at, timeout=2.5)
    socket.create_connection(address=at, timeout=2, source_address=('127.0.0.1', 0))
    socket.create_connection(at, 2, ('127.0.0.1', 0))
    socket.create_connection(at, 2, ('', 0))
    socket.create_connection(at, 2, None)
    socket.create_connection(at, 2, ())
    socket.create_connection(at, 2, ('192.0.2.99', 0))
    socket.create_connection(at, 2, 'x')
    socket.create_connection(at, 2, 5)
    socket.create_connection(('localhost', at[1]))
    socket.create_connection((None, at[1]))
    socket.create_connection(('', at[1]))
    socket.create_connection(['127.0.0.1', at[1]])
    socket.create_connection(('127.0.0.1', str(at[1])))
    (socket.setdefaulttimeout(3), socket.create_connection(at))
    (socket.setdefaulttimeout(3), socket.create_connection(at, None))
    socket.create_connection(at, 'x')
    socket.create_connection(at, -1)
    socket.create_connection(at, 0)
    socket.create_connection(('127.0.0.1', 1))
    socket.create_connection(('localhost', 1))
    socket.create_connection(('nonexistent.invalid', 80))
    socket.create_connection(('127.0.0.1', 'nosuchservice'))
    socket.create_connection(('127.0.0.1', -1))
    socket.create_connection(('127.0.0.1', 65536))
    socket.create_connection(('127.0.0.1', 1.5))  # PyPy: raises another error
    socket.create_connection((5, 80))
    socket.create_connection(5)
    socket.create_connection(None)
    socket.create_connection('x')
    socket.create_connection('ab')
    socket.create_connection(())
    socket.create_connection(('127.0.0.1',))
    socket.create_connection(('127.0.0.1', 80, 0))
""")

SERVERS = table("""
    socket.create_server(('127.0.0.1', 0))
    socket.create_server(('', 0))
    socket.create_server(('localhost', 0))
    socket.create_server(['127.0.0.1', 0])  # PyPy: takes it
    socket.create_server(('127.0.0.1', 0), backlog=5)
    socket.create_server(('127.0.0.1', 0), backlog=0)
    socket.create_server(('127.0.0.1', 0), backlog=-1)
    (x := socket.create_server(('127.0.0.1', 0), reuse_port=True), x.getsockopt(*reuseport) > 0)
    (x := socket.create_server(('127.0.0.1', 0)), x.getsockopt(*reuseport))
    (x := socket.create_server(('127.0.0.1', 0)), x.getsockopt(*reuseaddr) > 0)
    socket.create_server(('::1', 0), family=socket.AF_INET6)
    (x := socket.create_server(('::1', 0), family=inet6), x.getsockopt(*v6only))
    (x := socket.create_server(('', 0), family=inet6, dualstack_ipv6=True), x.getsockopt(*v6only))
    socket.create_server(('', 0), family=inet6, dualstack_ipv6=True)
    socket.create_server(('127.0.0.1', 0), family=2)
    socket.create_server(('127.0.0.1', 0), dualstack_ipv6=True)
    socket.create_server(('127.0.0.1', 0), family=socket.AF_UNIX)
    socket.create_server('here', family=socket.AF_UNIX)
    socket.create_server(('127.0.0.1', 0), family=socket.AF_INET6)  # PyPy: gives no errno
    socket.create_server(('127.0.0.1', 0), family='x')
    socket.create_server(('127.0.0.1', 0), family=9999)
    socket.create_server(('127.0.0.1', 0), backlog='x')
    socket.create_server(('127.0.0.1', 0), backlog=1.5)
    socket.create_server(('127.0.0.1', -1))
    socket.create_server(('127.0.0.1', 65536))
    socket.create_server(('127.0.0.1', 'x'))
    socket.create_server(('127.0.0.1',))
    socket.create_server(('nonexistent.invalid', 0))
    socket.create_server(('192.0.2.99', 0))
    socket.create_server(5)
    socket.create_server(None)
    socket.create_server('127.0.0.1')
    socket.create_server(('127.0.0.1', 0), 5)
    socket.create_server(('127.0.0.1', 0), nosuch=5)
    (socket.setdefaulttimeout(3), socket.create_server(('127.0.0.1', 0)))
    (x := socket.create_server(('127.0.0.1', 0)), x.get_inheritable())
    socket.has_dualstack_ipv6()
    socket.create_server(at)
""")

PAIRS = table("""
    socket._fallback_socketpair()
    socket._fallback_socketpair(socket.AF_INET6)
    socket._fallback_socketpair(family=2, type=1, proto=0)
    socket._fallback_socketpair(socket.AF_UNIX)
    socket._fallback_socketpair(2, socket.SOCK_DGRAM)
    socket._fallback_socketpair(2, 1, 6)
""")


def all_errors(socket: Any) -> object:
    """One error for each address that did not answer, or the last one alone."""
    failed: list[Any] = []
    for options in ({}, {"all_errors": False}, {"all_errors": True}):
        try:
            socket.create_connection(("localhost", 1), **options)
        except Exception as error:  # what it is, is compared
            failed.append(
                [type(error).__name__, str(error)]
                + [repr(each) for each in getattr(error, "exceptions", ())]
            )
    return failed


def no_reference_is_left(socket: Any) -> object:
    """A failed connection leaves no cycle of frame, exception and traceback behind."""
    class Kept(OSError):
        pass

    seen: list[Any] = []

    class Refusing(socket.socket):  # type: ignore[misc]
        def connect(self, address: Any) -> None:
            error = Kept(1, "refused")
            seen.append(weakref.ref(error))
            raise error

    own, socket.socket = socket.socket, Refusing
    gc.collect()
    gc.disable()
    try:
        raised(lambda: socket.create_connection(("127.0.0.1", 1)))
        return [reference() for reference in seen]
    finally:
        gc.enable()
        socket.socket = own


def replaced(name: str, call: str) -> Case:
    """What ``call`` does once the module's ``name`` is another function, or class."""

    def case(socket: Any, listener: Any, tcp6: Any) -> object:
        def told(number: int) -> Any:
            return "AF_INET6" if FOREIGN and number == socket.AF_INET6 else int(number)

        calls: list[Any] = []
        own = getattr(socket, name)

        def instead(*args: Any, **kwargs: Any) -> Any:
            calls.append((name, [told(arg) if isinstance(arg, int) else type(arg) for arg in args]))
            if name == "getaddrinfo":
                return [(2, 1, 6, "", listener.getsockname())]
            return own(*args, **kwargs)

        setattr(socket, name, instead)
        try:
            result = eval(call, {"socket": socket, "listener": listener, "tcp6": tcp6})
        finally:
            setattr(socket, name, own)
        return result, calls

    case.__name__ = f"{call} with another {name}"
    return case


def replaced_by_nothing(socket: Any) -> object:
    own = socket.getaddrinfo
    socket.getaddrinfo = lambda *args: []
    try:
        ends = [raised(lambda: socket.create_connection(("x", 1)))]
        if sys.version_info >= (3, 11):
            ends.append(raised(lambda: socket.create_connection(("x", 1), all_errors=True)))
        return ends
    finally:
        socket.getaddrinfo = own


def without_dual_stack(socket: Any) -> object:
    own = socket.has_ipv6
    socket.has_ipv6 = False
    try:
        asked = {"family": socket.AF_INET6, "dualstack_ipv6": True}
        return socket.has_dualstack_ipv6(), raised(lambda: socket.create_server(("", 0), **asked))
    finally:
        socket.has_ipv6 = own


def options_that_are_refused(socket: Any) -> object:
    """Which options a server sets, on a system that refuses SO_REUSEADDR, and one without IPv6."""
    asked: list[str] = []

    class Refusing(socket.socket):  # type: ignore[misc]
        def setsockopt(self, level: int, number: int, *value: Any) -> None:
            known = ("SO_REUSEADDR", "IPV6_V6ONLY")
            asked.append(next(name for name in known if getattr(socket, name) == number))
            if asked[-1] == "SO_REUSEADDR":
                raise OSError(1, "refused")
            super().setsockopt(level, number, *value)

    own, known = socket.socket, socket.has_ipv6
    socket.socket = Refusing
    try:
        for socket.has_ipv6 in (True, False):
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return asked
    finally:
        socket.socket, socket.has_ipv6 = own, known


def two_servers_share_a_port(socket: Any) -> object:
    one = socket.create_server(("127.0.0.1", 0), reuse_port=True)
    with one, socket.create_server(one.getsockname(), reuse_port=True) as two:
        return one.getsockname() == two.getsockname()


def both_protocols_at_once(socket: Any) -> object:
    server = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    seen = []
    with server:
        port = server.getsockname()[1]
        for host in ("127.0.0.1", "::1"):
            with socket.create_connection((host, port)):
                sock, address = server.accept()
                seen.append((sock.family, address[0], len(address)))
                sock.close()
    return seen


def an_auditor_that_refuses(socket: Any) -> object:
    """What a hook raises ends the call, and no descriptor is left."""
    refused = []
    for event, call in [
        ("socket.__new__", lambda: socket.socket()),
        ("socket.bind", lambda: socket.create_server(("127.0.0.1", 0))),
        ("socket.connect", lambda: socket.create_connection(("127.0.0.1", 1))),
        ("socket.getaddrinfo", lambda: socket.create_connection(("127.0.0.1", 1))),
    ]:
        with refusing(event):
            refused.append(raised(call))
    return refused


COMPOSED: list[Case] = [
    replaced_by_nothing,
    without_dual_stack,
    options_that_are_refused,
    two_servers_share_a_port,
    both_protocols_at_once,
    replaced("getaddrinfo", "socket.create_connection(('anywhere', 99))"),
    replaced("socket", "socket.create_connection(listener.getsockname())"),
    replaced("socket", "socket.create_server(('127.0.0.1', 0))"),
    replaced("socket", "socket.fromfd(listener.fileno(), 2, 1)"),
    replaced("socket", "socket.has_dualstack_ipv6()"),
    replaced("dup", "socket.fromfd(listener.fileno(), 2, 1)"),
    replaced("gethostbyaddr", "socket.getfqdn('127.0.0.1')"),
    replaced("gethostname", "socket.getfqdn()"),
    replaced(
        "has_dualstack_ipv6",
        "socket.create_server(('', 0), family=socket.AF_INET6, dualstack_ipv6=True)",
    ),
]


def needs_both_stacks(case: Case) -> None:
    """Skip what asks for IPv4 in IPv6 where only the C module, which has Linux' kernel, has it."""
    name = getattr(case, "__name__", str(case))
    asks = "dualstack" in name or name == "both_protocols_at_once"
    if FOREIGN and asks and not pysock.has_dualstack_ipv6():
        pytest.skip("this system keeps IPv4 out of IPv6's sockets")


@pytest.mark.parametrize("call", CONNECTIONS + SERVERS)
def test_calls(call: Case) -> None:
    needs_both_stacks(call)
    # If anything but an OSError ends these, CPython leaves a socket to be collected, which warns.
    check(call, apart_from="warnings")


@pytest.mark.skipif(not hasattr(socket, "_fallback_socketpair"), reason="not in this `socket`")
@pytest.mark.parametrize("call", PAIRS)
def test_pairs(call: Case) -> None:
    check(call)


@pytest.mark.parametrize("case", COMPOSED)
def test_composed(case: Case) -> None:
    needs_both_stacks(case)
    check(case)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="all_errors is new in Python 3.11")
def test_all_errors() -> None:
    check(all_errors)


@pytest.mark.skipif(not CPYTHON, reason="PyPy: objects live until a collection")
def test_no_reference_is_left() -> None:
    check(no_reference_is_left)


@pytest.mark.skipif(not CPYTHON, reason="PyPy's own socket tells auditors less")
def test_an_auditor_that_refuses() -> None:
    check(an_auditor_that_refuses)


def test_dual_stack_that_is_only_said_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newer versions of CPython look whether IPV6_V6ONLY has really been switched off."""

    class Deaf(pysock.Socket):
        def setsockopt(self, *args: Any) -> None:
            pass

        def getsockopt(self, *args: Any) -> Any:
            return 1

    monkeypatch.setattr(pysock, "socket", Deaf)
    assert pysock.has_dualstack_ipv6() is False
