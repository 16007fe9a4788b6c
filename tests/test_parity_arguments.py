"""Every parameter, given every odd value; and too few arguments, too many, or the wrong names."""

from __future__ import annotations

import ast
import codecs
import socket as stdlib
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

import pysock

from .foreign import FOREIGN
from .harness import on_musl
from .parity import CPYTHON, UNIX, Case, differences, outcome, table

# About the number of arguments a C function and a Python function have each its own words.
NUMBERS = table("""
    a.accept(1)
    a._accept(1)
    a.bind()
    a.bind(1, 2)
    a.bind(address=1)
    a.close(1)
    a.connect()
    a.connect('x', 1)
    a.connect(address='x')
    a.connect_ex()
    a.connect_ex('x', 1)
    a.detach(1)
    a.dup(1)
    a.fileno(1)
    a.getpeername(1)
    a.getsockname(1)
    a.getsockopt()
    a.getsockopt(1)
    a.getsockopt(1, 2, 3, 4)
    a.getsockopt(level=1, optname=2)  # PyPy: knows its parameters by name
    a.gettimeout(1)
    a.getblocking(1)
    a.listen(1, 2)
    a.listen(backlog=1)  # PyPy: knows its parameters by name
    a.makefile('r', 1, 'utf-8')
    a.makefile(nosuch=1)
    a.recv()
    a.recv(1, 2, 3)
    a.recv(bufsize=1)
    a.recv(1, flags=0)  # PyPy: knows its parameters by name
    a.recv_into()
    a.recv_into(bytearray(1), 1, 0, 0)
    a.recv_into(bytearray(1), size=1)
    a.recv_into(nbytes=1)
    a.recvfrom()
    a.recvfrom(1, 2, 3)
    a.recvfrom(bufsize=1)
    a.recvfrom_into()
    a.recvfrom_into(bytearray(1), 1, 0, 0)
    a.recvmsg()
    a.recvmsg(1, 2, 3, 4)
    a.recvmsg(bufsize=1)
    a.recvmsg_into()
    a.recvmsg_into([], 0, 0, 0)
    a.send()
    a.send(b'x', 0, 0)
    a.send(data=b'x')  # PyPy: knows its parameters by name
    a.send(b'x', flags=0)  # PyPy: knows its parameters by name
    a.sendall()
    a.sendall(b'x', 0, 0)
    a.sendto()
    a.sendto(b'x')
    a.sendto(b'x', 0, 'x', 0)
    a.sendto(b'x', address='x')
    a.sendmsg()
    a.sendmsg([], [], 0, None, 0)
    a.sendmsg(buffers=[])
    a.sendfile()
    a.sendfile(1, 2, 3, 4)
    a.setblocking()
    a.setblocking(1, 2)
    a.setblocking(flag=1)  # PyPy: knows its parameters by name
    a.setsockopt()  # PyPy: dies of it, from PyPy 8 on
    a.setsockopt(1, 2)  # PyPy: takes it, from PyPy 8 on
    a.setsockopt(1, 2, 3, 4, 5)  # PyPy: takes it, from PyPy 8 on
    a.setsockopt(1, 2, value=3)  # PyPy: takes it, from PyPy 8 on
    a.settimeout()
    a.settimeout(1, 2)
    a.settimeout(value=1)
    a.shutdown()
    a.shutdown(1, 2)
    a.shutdown(how=1)  # PyPy: knows its parameters by name
    a.get_inheritable(1)
    a.set_inheritable()
    a.set_inheritable(1, 2)
    a.timeout()
    a.family()
    setattr(a, 'proto', 3)
    setattr(a, 'timeout', 3)
    delattr(a, 'proto')
    socket.socket(1, 2, 3, None, 5)
    socket.socket(nosuch=1)
    socket.socketpair(1, 2, 3, 4)
    socket.fromfd()
    socket.fromfd(1)
    socket.fromfd(1, 2, 3, 4, 5)
    socket.close()
    socket.close(-1, 2)
    socket.close(fd=-1)  # PyPy: knows its parameters by name
    socket.dup()
    socket.dup(-1, 2)
    socket.create_connection()
    socket.create_connection(1, 2, 3, 4)
    socket.create_server()
    socket.create_server(('', 0), 1)
    socket.has_dualstack_ipv6(1)
    socket.send_fds(a, [])
    socket.recv_fds(a, 1)
    socket.getaddrinfo()
    socket.getaddrinfo('127.0.0.1')
    socket.getaddrinfo('127.0.0.1', 1, 2, 3, 4, 5, 6)
    socket.getaddrinfo('127.0.0.1', 1, nosuch=1)
    socket.getnameinfo()
    socket.getnameinfo(('127.0.0.1', 1))
    socket.getnameinfo(('127.0.0.1', 1), 0, 0)
    socket.getnameinfo(('127.0.0.1', 1), flags=0)  # PyPy: knows its parameters by name
    socket.getfqdn('a', 'b')
    socket.gethostbyname()
    socket.gethostbyname('127.0.0.1', 1)
    socket.gethostbyname(hostname='127.0.0.1')
    socket.gethostbyname_ex()
    socket.gethostbyaddr()
    socket.gethostname(1)
    socket.sethostname()
    socket.getprotobyname()
    socket.getprotobyname('tcp', 1)
    socket.getservbyname()
    socket.getservbyname('http', 'tcp', 1)
    socket.getservbyport()
    socket.getservbyport(80, 'tcp', 1)
    socket.htons()
    socket.htons(1, 2)
    socket.htons(x=1)  # PyPy: knows its parameters by name
    socket.htonl()
    socket.ntohs()
    socket.ntohl()
    socket.inet_aton()
    socket.inet_aton('1.2.3.4', 1)
    socket.inet_ntoa()
    socket.inet_pton(2)
    socket.inet_pton(2, '1.2.3.4', 1)
    socket.inet_ntop(2)
    socket.inet_ntop(2, b'1234', 1)
    socket.CMSG_LEN()
    socket.CMSG_LEN(1, 2)
    socket.CMSG_SPACE()
    socket.getdefaulttimeout(1)
    socket.setdefaulttimeout()
    socket.setdefaulttimeout(1, 2)
    socket.if_nameindex(1)  # PyPy: has no such function
    socket.if_nametoindex()  # PyPy: has no such function
    socket.if_indextoname()  # PyPy: has no such function
""")

# Each argument in turn, and each member of a tuple or list in it, gives way to an odd value.
CALLS = """
    fed.recv(8, 0)
    fed.recvfrom(8, 0)
    fed.recv_into(bytearray(8), 4, 0)
    fed.recvfrom_into(bytearray(8), 4, 0)
    fed.recvmsg(8, 0, 0)
    fed.recvmsg_into([bytearray(8)], 0, 0)
    a.send(b'abc', 0)
    a.sendall(b'abc', 0)
    a.sendmsg([b'abc'], [(1, 1, array.array('i', [0]))], 0, None)
    udp.sendto(b'abc', 0, ('127.0.0.1', 1))
    udp6.sendto(b'abc', ('::1', 1, 0, 0))
    udp.sendmsg([b'abc'], [], 0, ('127.0.0.1', 1))
    tcp.connect(('127.0.0.1', 1))
    tcp6.connect(('::1', 1, 0, 0))
    tcp.connect_ex(('127.0.0.1', 1))
    tcp.bind(('127.0.0.1', 0))
    tcp6.bind(('::1', 0, 0, 0))
    unix.bind('here')
    unix.connect('nowhere')
    tcp.listen(1)
    tcp.shutdown(0)
    tcp.getsockopt(1, 2, 4)
    tcp.setsockopt(1, 2, 1)
    (tcp.settimeout(1), tcp.gettimeout())
    (tcp.setblocking(1), tcp.gettimeout())
    tcp.set_inheritable(True)
    fed.makefile('rb', -1, encoding=None, errors=None, newline=None)
    fed.makefile('r', -1, encoding=None, errors=None, newline=None)
    a.sendfile(io.BytesIO(b'abc'), 0, 2)
    tcp.__exit__(None, None, None)
    socket.socket(2, 1, 0)
    socket.socketpair(1, 1, 0)
    socket.fromfd(tcp.fileno(), 2, 1, 0)
    socket.close(12345)
    socket.dup(12345)
    socket.socket(2, 1, 0, 12345)
    socket.create_connection(('127.0.0.1', 9), None, ('127.0.0.1', 0))
    socket.create_server(('127.0.0.1', 0), family=2, backlog=1, reuse_port=False)
    socket.send_fds(a, [b'x'], [0])
    socket.recv_fds(fed, 8, 0)
    socket.getaddrinfo('127.0.0.1', 80, 0, 0, 0, 0)
    socket.getnameinfo(('127.0.0.1', 80), numeric)
    socket.getnameinfo(('::1', 80, 0, 0), numeric)
    socket.gethostbyname('127.0.0.1')
    socket.gethostbyname_ex('127.0.0.1')
    socket.gethostbyaddr('127.0.0.1')
    socket.getfqdn('127.0.0.1')
    socket.getprotobyname('tcp')
    socket.getservbyname('http', 'tcp')
    socket.getservbyport(80, 'tcp')
    socket.htons(1)
    socket.ntohs(1)
    socket.htonl(1)
    socket.ntohl(1)
    socket.inet_aton('127.0.0.1')
    socket.inet_ntoa(b'1234')
    socket.inet_pton(2, '127.0.0.1')
    socket.inet_ntop(2, b'1234')
    socket.CMSG_LEN(1)
    socket.CMSG_SPACE(1)
    (socket.setdefaulttimeout(1), socket.getdefaulttimeout())
    socket.if_nametoindex('lo')
    socket.if_indextoname(1)
"""

ODD = """
    None True False 0 1 -1 2**31-1 2**31 -2**31 -2**31-1 2**32 2**63 2**64 2**70 -2**70
    1.5 float('nan') float('inf') 1j decimal.Decimal(1) Index(1) Int(1) Number.ONE
    '' 'x' 'x\\0y' '\\ud800' 'é' Text('x') b'' b'x' bytearray(b'x') memoryview(b'abcd')[::2]
    array.array('i',[1]) () (1,) [] [1] {} {1} iter(()) object() Ellipsis type
""".split()
if sys.version_info < (3, 10):
    # These are converted, with a warning that names a line of socket.py: other tests have them.
    ODD = [value for value in ODD if value not in ("Int(1)", "decimal.Decimal(1)")]

# Descriptors that are somebody's, and numbers that CPython cuts down to such ones
OTHERS = "True False 0 1 2**31 -2**31-1 2**32 1.5 Index(1) Int(1) Number.ONE decimal.Decimal(1)"
GIGABYTES = "2**31-1 2**31 2**32"
UNLIKE = {
    "socket.close(…)": set(OTHERS.split()),
    "socket.dup(…)": set(OTHERS.split()),
    "socket.fromfd(…, 2, 1, 0)": set(OTHERS.split()),
    "socket.socket(2, 1, 0, …)": set(OTHERS.split()),
    # CPython knows no addresses of such a family, and pysock at least their bytes
    "socket.fromfd(tcp.fileno(), …, 1, 0)": {"0", "False", "-2**31", "2**31-1"},
    # Gigabytes, which not every machine has
    "fed.recv(…, 0)": set(GIGABYTES.split()),
    "fed.recvfrom(…, 0)": set(GIGABYTES.split()),
    "fed.recvmsg(…, 0, 0)": set(GIGABYTES.split()),
    "fed.recvmsg(8, …, 0)": set(GIGABYTES.split()),
    "fed.recvmsg_into([bytearray(8)], …, 0)": set(GIGABYTES.split()),
    "socket.recv_fds(fed, …, 0)": set(GIGABYTES.split()),
    # On musl, CPython reads the wrong h_errno, 0
    "socket.gethostbyname_ex(…)": {"''", "b''"} if on_musl else set(),
    # CPython before 3.13 cuts the number down to that of another interface
    "socket.if_indextoname(…)": {"2**32", "2**63"} if sys.version_info < (3, 13) else set(),
}
# The sentinel of another module is a bare object, and means the default.
UNLIKE["socket.create_connection(('127.0.0.1', 9), …, ('127.0.0.1', 0))"] = {"object()"}
if FOREIGN:  # where such a number is another flag
    ONES = {"True", "1", "Index(1)", "Int(1)", "Number.ONE"}
    UNLIKE["socket.fromfd(tcp.fileno(), 2, …, 0)"] = {"2**31-1"}
    UNLIKE["socket.getnameinfo(('127.0.0.1', 80), …)"] = ONES
    UNLIKE["socket.getnameinfo(('::1', 80, 0, 0), …)"] = ONES


# Of a name of an encoding that is not ASCII, Python 3.15 warns at its first use alone.
with warnings.catch_warnings(), suppress(LookupError):
    warnings.simplefilter("ignore")
    codecs.lookup("é")


def variants(call: str) -> Iterator[str]:
    """The call with each of its arguments, and of their members, replaced by each odd value."""
    node = ast.parse(call, mode="eval").body
    for argument in _arguments(node.elts[0] if isinstance(node, ast.Tuple) else node):
        before, after = call[: argument.col_offset], call[argument.end_col_offset :]
        for value in ODD:
            if value not in UNLIKE.get(f"{before}…{after}", ()):
                yield before + value + after


def _arguments(node: ast.expr) -> Iterator[ast.expr]:
    """The arguments of a call, and the members of a tuple or list; in their turn, their own."""
    if isinstance(node, ast.Call):
        inner = [*node.args, *(keyword.value for keyword in node.keywords)]
    else:
        inner = node.elts if isinstance(node, (ast.Tuple, ast.List)) else []
    for each in inner:
        yield each
        if not isinstance(each, ast.Call):
            yield from _arguments(each)


@pytest.mark.parametrize("call", NUMBERS)
def test_number_of_arguments(call: Case) -> None:
    expected, found = (outcome(module, call).get("raised") for module in (stdlib, pysock))
    assert expected is not None
    assert found is not None
    if expected[0] == "builtins.AttributeError":
        pytest.skip(f"this `socket` lacks what is asked for: {expected[2]}")
    assert found[0] == expected[0]


@pytest.mark.skipif(not UNIX, reason="Winsock waits for what POSIX refuses, for ever")
@pytest.mark.skipif(not CPYTHON, reason="PyPy's own socket takes odd values in its own way")
@pytest.mark.parametrize("call", [line.strip() for line in CALLS.strip().splitlines()])
def test_odd_values(call: str) -> None:
    # Of these two, CPython leaves a socket to be collected, which warns, and a descriptor open.
    apart_from = "warnings" if "create_" in call else "left open" if "fromfd" in call else ""
    found = [line for case in variants(call) for line in differences(case, apart_from)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "call",
    [
        lambda: pysock.socket(family="x"),  # type: ignore[arg-type]
        lambda: pysock.getaddrinfo("127.0.0.1", 1, "x"),  # type: ignore[arg-type]
        pytest.param(
            lambda: pysock.socketpair("x"),  # type: ignore[arg-type]
            marks=pytest.mark.skipif(
                not hasattr(pysock, "AF_UNIX"), reason="without socketpair(2), there is no family"
            ),
        ),
    ],
)
def test_what_is_no_number_is_told_of_as_such(call: Callable[[], object]) -> None:
    """PyPy replaces a TypeError by one about unpacking, if it comes out of the iterator."""
    with pytest.raises(TypeError) as told:
        call()
    assert "unpack" not in str(told.value) and "int" in str(told.value)
