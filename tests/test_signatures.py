"""What `inspect.signature` says of each function and method is what the documentation says."""

from __future__ import annotations

import inspect
import re
import socket as stdlib
import sys
from collections.abc import Callable
from typing import Any

import pytest

import pysock

# As Python's documentation has them; "?" is a default that it leaves open.
FUNCTIONS = """\
socketpair([family[, type[, proto]]])
create_connection(address, timeout=?, source_address=None, *, all_errors=False)
create_server(address, *, family=AF_INET, backlog=None, reuse_port=False, dualstack_ipv6=False)
has_dualstack_ipv6()
fromfd(fd, family, type, proto=0)
close(fd)
getaddrinfo(host, port, family=0, type=0, proto=0, flags=0)
getfqdn([name])
gethostbyname(hostname)
gethostbyname_ex(hostname)
gethostname()
gethostbyaddr(ip_address)
getnameinfo(sockaddr, flags)
getprotobyname(protocolname)
getservbyname(servicename[, protocolname])
getservbyport(port[, protocolname])
ntohl(x)
ntohs(x)
htonl(x)
htons(x)
inet_aton(ip_string)
inet_ntoa(packed_ip)
inet_pton(address_family, ip_string)
inet_ntop(address_family, packed_ip)
CMSG_LEN(length)
CMSG_SPACE(length)
getdefaulttimeout()
setdefaulttimeout(timeout)
sethostname(name)
if_nameindex()
if_nametoindex(if_name)
if_indextoname(if_index)
send_fds(sock, buffers, fds[, flags[, address]])
recv_fds(sock, bufsize, maxfds[, flags])
"""
METHODS = """\
accept()
bind(address)
close()
connect(address)
connect_ex(address)
detach()
dup()
fileno()
get_inheritable()
getpeername()
getsockname()
getsockopt(level, optname[, buflen])
getblocking()
gettimeout()
listen([backlog])
makefile(mode='r', buffering=None, *, encoding=None, errors=None, newline=None)
recv(bufsize[, flags])
recvfrom(bufsize[, flags])
recvmsg(bufsize[, ancbufsize[, flags]])
recvmsg_into(buffers[, ancbufsize[, flags]])
recvfrom_into(buffer[, nbytes[, flags]])
recv_into(buffer[, nbytes[, flags]])
send(DATA[, flags])
sendall(DATA[, flags])
sendto(bytes, flags, address) or sendto(bytes, address)
sendmsg(buffers[, ancdata[, flags[, address]]])
sendmsg_afalg([msg], *, op[, iv[, assoclen[, flags]]])
sendfile(file, offset=0, count=None)
set_inheritable(inheritable)
setblocking(flag)
settimeout(value)
setsockopt(level, optname, value, optlen) or setsockopt(level, optname, value)
shutdown(how)
"""
METHODS = METHODS.replace("DATA", "data" if sys.version_info >= (3, 15) else "bytes")
# Not documented as a function of the module, though always there.
OTHERS = {"dup", "Socket"}
KEYWORD = inspect.Parameter.KEYWORD_ONLY


def documented(line: str) -> list[tuple[str, bool, bool, str]]:
    """``(name, optional, keyword-only, default)`` of each parameter."""
    longest, *shorter = (_parameters(form) for form in line.split(" or "))
    needed = min(map(len, shorter), default=len(longest))
    return [(n, o or i >= needed, k, d) for i, (n, o, k, d) in enumerate(longest)]


def _parameters(form: str) -> list[tuple[str, bool, bool, str]]:
    found, depth, keyword = [], 0, False
    inside = form.partition("(")[2][:-1]
    for token in re.findall(r"[\[\]*]|\w+(?:=[^,\]]+)?", inside):
        if token in "[]":
            depth += 1 if token == "[" else -1
        elif token == "*":
            keyword = True
        else:
            name, given, default = token.partition("=")
            found.append((name, bool(depth or given), keyword, default))
    return found


def parameters(function: Callable[..., Any], skip: int = 0) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())[skip:]


CASES: list[tuple[Any, str, int]] = [(pysock, line, 0) for line in FUNCTIONS.splitlines()]
CASES += [(pysock.Socket, line, 1) for line in METHODS.splitlines()]


@pytest.mark.parametrize(("owner", "line", "skip"), CASES, ids=[line for _, line, _ in CASES])
def test_as_documented(owner: Any, line: str, skip: int) -> None:
    found = parameters(getattr(owner, line.partition("(")[0]), skip)
    expected = documented(line)
    assert [p.name for p in found] == [name for name, *_ in expected]
    for parameter, (_, optional, keyword, default) in zip(found, expected):
        assert (parameter.default is not parameter.empty) == optional, parameter
        assert (parameter.kind is KEYWORD) == keyword, parameter
        if default not in ("", "?"):
            assert parameter.default == eval(default, dict(vars(pysock))), parameter


def in_python(owner: Any) -> list[tuple[Any, Any]]:
    """Ours and theirs, of what `socket` has written in Python."""
    theirs = stdlib if owner is pysock else stdlib.socket
    return [
        (getattr(owner, name), function)
        for name, function in vars(theirs).items()
        if not name.startswith("_") and inspect.isfunction(function)
        if function.__code__.co_filename == stdlib.__file__
    ]


@pytest.mark.parametrize(("mine", "theirs"), in_python(pysock) + in_python(pysock.Socket))
def test_as_in_socket(mine: Callable[..., Any], theirs: Callable[..., Any]) -> None:
    """The same kinds and defaults, where `socket` is Python too."""
    left_out = object()

    def shown(function: Callable[..., Any]) -> dict[str, tuple[Any, Any]]:
        kinds = {p.name: (p.kind, p.default) for p in parameters(function)}
        return {n: (k, d if type(d) is not object else left_out) for n, (k, d) in kinds.items()}

    expected = list(shown(theirs).items())
    # Parameters that are newer than this Python stand at the end, by keyword.
    assert list(shown(mine).items())[: len(expected)] == expected


def test_nothing_is_left_out() -> None:
    names = {line.partition("(")[0] for line in FUNCTIONS.splitlines()}
    public = {n for n in pysock.__all__ if inspect.isroutine(getattr(pysock, n))}
    assert public - names - OTHERS == set()
    methods = {line.partition("(")[0] for line in METHODS.splitlines()}
    found = {n for n, method in vars(pysock.Socket).items() if inspect.isfunction(method)}
    assert {name for name in found - methods if not name.startswith("_")} == set()


def test_the_class() -> None:
    mine, theirs = inspect.signature(pysock.socket), inspect.signature(stdlib.socket)
    assert [(p.name, p.kind, p.default) for p in mine.parameters.values()] == [
        (p.name, p.kind, p.default) for p in theirs.parameters.values()
    ]

    class Mine(pysock.Socket):
        def __init__(self, host: str, *, port: int = 80) -> None:
            super().__init__()

    assert list(inspect.signature(Mine).parameters) == ["host", "port"]


@pytest.mark.parametrize("owner", [pysock, pysock.Socket, pysock.SocketIO])
def test_every_public_name_has_a_docstring(owner: Any) -> None:
    names = pysock.__all__ if owner is pysock else vars(owner)
    undocumented = []
    for name in names:
        thing = getattr(owner, name)
        if name.startswith("_") or not (callable(thing) or isinstance(thing, property)):
            continue
        if not inspect.getdoc(thing):
            undocumented.append(name)
    assert undocumented == []


def test_a_docstring_begins_with_the_call_that_it_makes() -> None:
    """Unless no call is made, or no single one."""
    silent = {"fileno", "detach", "gettimeout", "getblocking", "settimeout", "setblocking"}
    silent |= {"get_inheritable", "set_inheritable", "makefile"}
    for name, method in vars(pysock.Socket).items():
        if inspect.isfunction(method) and not name.startswith("_") and name not in silent:
            assert re.match(r"``\w+\(\d\)``", method.__doc__ or ""), name


@pytest.mark.parametrize("arguments", [(), (b"x",), (b"x", 0, ("127.0.0.1", 9), 0)])
def test_sendto_counts_its_arguments(arguments: tuple[Any, ...]) -> None:
    """Which a program may have to know: the address is the second or the third of them."""
    words = f"sendto() takes 2 or 3 arguments ({len(arguments)} given)"
    with stdlib.socket(type=stdlib.SOCK_DGRAM) as sock, pytest.raises(TypeError) as caught:
        sock.sendto(*arguments)
    if getattr(sys, "pypy_version_info", (8,)) >= (8,):  # PyPy 7 has words of its own
        words = str(caught.value)
    ours = pysock.socket(type=pysock.SOCK_DGRAM)
    with ours, pytest.raises(TypeError) as caught:
        ours.sendto(*arguments)
    assert str(caught.value) == words
