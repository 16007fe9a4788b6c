"""The tables of constants: against the running `socket`, the headers, and what manuals say."""

from __future__ import annotations

import pickle
import re
import socket
import subprocess
import sys
from typing import Any

import pytest

from pysock import _constants, _enums, _platform
from pysock._layouts import layouts
from tools.abi.targets import TARGETS, missing

from . import ROOT
from .foreign import FOREIGN

HOST = _platform.target
CPYTHON = set((ROOT / "tools/abi/headers/cpython.txt").read_text(encoding="ascii").split())

# Integers that `socket` has by the way: socket.py's imports, and what PyPy's module adds.
OTHERS = {"EAGAIN", "EBADF", "EWOULDBLOCK"}
# On PyPy also poll's and ssl's (once ssl is imported).
BY_THE_WAY: tuple[str, ...] = ()
if sys.implementation.name == "pypy":
    OTHERS |= {"FD_SETSIZE", "SIOCGIFINDEX", "SIOCGIFNAME"}
    BY_THE_WAY = ("POLL", "RAND_", "SSL_")


def every_target() -> dict[str, dict[str, int]]:
    return {target: _constants.table(target) for target in _constants.targets()}


@pytest.mark.skipif(FOREIGN, reason="`socket` has the numbers of another system")
def test_the_host_has_what_socket_has() -> None:
    numbers = {
        name: int(value)
        for name, value in vars(socket).items()
        if isinstance(value, int) and not isinstance(value, bool) and name not in OTHERS
        if not name.startswith(BY_THE_WAY)
    }
    assert len(numbers) > 150
    table = _enums.public_constants
    assert {name: table.get(name) for name in numbers} == numbers


def test_a_table_says_what_its_headers_say() -> None:
    targets = [target for target in TARGETS if target.name == HOST]
    if not targets:
        pytest.skip(f"{HOST} has no headers to compare with")
    if command := missing(targets):
        pytest.skip(f"needs the headers: {command}")
    done = subprocess.run(
        [sys.executable, "-m", "tools.abi", "--check", HOST],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    assert (done.stdout, done.returncode) == ("", 0)


def test_tables_and_layouts_are_of_the_same_targets() -> None:
    assert _constants.targets() == tuple(target.name for target in TARGETS)
    files = {file.stem for file in (ROOT / "pysock/_layouts").glob("*.json")}
    assert files == set(_constants.SYSTEMS)


def test_tables_hold_names_and_integers_alone() -> None:
    for target, table in every_target().items():
        both = {**table, **_constants.internal(target)}
        assert len(both) == len(table) + len(_constants.internal(target))
        assert [name for name in both if not re.fullmatch(r"[A-Z]\w+", name)] == []
        assert {name: value for name, value in both.items() if type(value) is not int} == {}


def test_every_target_has_what_a_socket_needs() -> None:
    needed = "AF_INET AF_INET6 AF_UNIX SOCK_STREAM SOCK_DGRAM SOL_SOCKET SO_ERROR SO_REUSEADDR"
    needed += " IPPROTO_IP IPPROTO_TCP IPPROTO_UDP TCP_NODELAY MSG_PEEK SHUT_RDWR EAI_NONAME"
    for target, table in every_target().items():
        assert set(needed.split()) - table.keys() == set(), target
        assert {"POLLIN", "POLLOUT", "FIONBIO"} - _constants.internal(target).keys() == set()


@pytest.mark.parametrize(
    ("target", "name", "value"),
    [
        ("linux-gnu-x86_64", "AF_INET6", 10),
        ("darwin-arm64", "AF_INET6", 30),
        ("freebsd-aarch64", "AF_INET6", 28),
        ("netbsd-x86_64", "AF_INET6", 24),
        ("openbsd-aarch64", "AF_INET6", 24),
        ("windows-x86_64", "AF_INET6", 23),
        ("linux-gnu-mips64el", "SOCK_STREAM", 2),
        ("linux-gnu-mipsel", "SOL_SOCKET", 0xFFFF),
        ("linux-musl-powerpc64le", "SO_RCVTIMEO", 18),
        ("linux-gnu-sparc64", "SO_RCVTIMEO", 0x2000),
        ("linux-gnu-alpha", "SOCK_NONBLOCK", 0x40000000),
        ("linux-gnu-hppa", "SO_PEERCRED", 0x4011),
        ("linux-gnu-i386", "SO_RCVTIMEO", 20),
        ("linux-gnu-i386-time64", "SO_RCVTIMEO", 66),
        ("linux-musl-armhf", "SO_RCVTIMEO", 66),
        ("linux-gnu-aarch64", "INADDR_BROADCAST", 0xFFFFFFFF),
        ("linux-gnu-armhf", "INADDR_BROADCAST", -1),  # as in CPython: a C long has 32 bits
        ("windows-x86_64", "INADDR_BROADCAST", -1),
        ("windows-x86_64", "SIO_RCVALL", 0x98000001),
        ("linux-gnu-generic", "SO_REUSEPORT", 15),
    ],
)
def test_values_that_are_known(target: str, name: str, value: int) -> None:
    assert _constants.table(target)[name] == value


def test_a_name_exists_only_where_the_platform_has_it() -> None:
    having = {
        name: {target.split("-")[0] for target, table in every_target().items() if name in table}
        for name in ("AF_PACKET", "AF_SYSTEM", "AF_DIVERT", "SO_RTABLE", "SIO_RCVALL", "PF_CAN")
    }
    assert having == {
        "AF_PACKET": {"linux"},
        "AF_SYSTEM": {"darwin"},
        "AF_DIVERT": {"freebsd"},
        "SO_RTABLE": {"openbsd"},
        "SIO_RCVALL": {"windows"},
        "PF_CAN": {"linux", "netbsd"},
    }


def test_enums_show_the_names_that_cpython_shows() -> None:
    """Of two names for a number an enum shows the one that sorts first."""
    for target, table in every_target().items():
        for prefix in ("AF_", "SOCK_", "MSG_", "AI_"):
            family = sorted(name for name in table if name.startswith(prefix))
            for name in CPYTHON.intersection(family):
                shown = next(other for other in family if table[other] == table[name])
                assert shown in CPYTHON, f"{target}: {shown} would be shown for {name}"


@pytest.mark.parametrize("kind", _enums.KINDS, ids=[kind.__name__ for kind in _enums.KINDS])
def test_enums_are_those_of_the_documented_way(kind: Any) -> None:
    """The faster way to make them leaves the same class, in all but a detail of newer versions."""
    values = {name: member.value for name, member in kind.__members__.items()}
    usual: Any = kind.__base__(kind.__name__, values, module=kind.__module__)
    usual.__doc__ = kind.__doc__

    # Beside that detail, what an enum's use leaves behind: other tests have used ``kind``.
    apart = {"_generate_next_value_", "_value2member_map_", "_inverted_", "__objclass__"}

    def contents(cls: Any) -> dict[str, object]:
        return {k: repr(v) for k, v in vars(cls).items() if k not in apart}

    def state(member: Any) -> dict[str, object]:
        return {k: v for k, v in vars(member).items() if k not in apart}

    assert contents(kind) == contents(usual)
    assert kind._generate_next_value_ is usual._generate_next_value_
    assert list(map(repr, kind)) == list(map(repr, usual))
    for name, member in kind.__members__.items():
        twin = usual.__members__[name]
        assert list(state(member).items()) == list(state(twin).items())
        assert (vars(member)["__objclass__"], type(member)) == (kind, kind)
        assert kind(member.value) is kind[name] is getattr(kind, name) is member
        assert kind._value2member_map_[member.value] is member
        assert pickle.loads(pickle.dumps(member)) is member
    for number in (0, 3, 2**20, 2**40, -1, 9999):
        assert outcome(kind, number) == outcome(usual, number)


def outcome(call: Any, *arguments: Any) -> str:
    try:
        return repr(call(*arguments))
    except ValueError as error:
        return repr(error)


def test_a_table_loads_no_other_systems_module() -> None:
    program = (
        "import sys\n"
        "from pysock import _constants\n"
        "before = set(sys.modules)\n"
        "_constants.table(sys.argv[1])\n"
        "print(*sorted(set(sys.modules) - before))\n"
    )
    for other in {"netbsd", "windows"} - {_platform.target.partition("-")[0]}:
        done = subprocess.run(
            [sys.executable, "-c", program, f"{other}-x86_64"],
            cwd=ROOT, capture_output=True, text=True,
        )
        assert (done.stdout, done.stderr) == (f"pysock._constants.{other}\n", "")


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("linux-gnu-x86-64", "linux-gnu-x86_64"),
        ("darwin-aarch64", "darwin-arm64"),
        ("window-i386", "windows-i386"),
        ("linux-musl-arm", "linux-musl-armhf"),
    ],
)
def test_an_unknown_target_names_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{wrong!r}")) as caught:
        _constants.table(wrong)
    assert near in str(caught.value)


def test_layouts_are_possible() -> None:
    """Fields lie within their struct; alignments are powers of two that divide its size."""
    for target in _constants.targets():
        for name, struct in layouts(target)["structs"].items():
            size, align = struct["size"], struct["align"]
            assert align in (1, 2, 4, 8, 16), (target, name)
            assert size % align == 0, (target, name)
            for offset, length in struct["fields"].values():
                assert 0 <= offset < offset + length <= size, (target, name)


def test_layouts_that_are_known() -> None:
    def field(target: str, struct: str, name: str) -> object:
        return layouts(target)["structs"][struct]["fields"][name]

    assert field("linux-gnu-x86_64", "sockaddr_in6", "sin6_scope_id") == [24, 4]
    assert field("linux-musl-x86_64", "msghdr", "msg_iovlen") == [24, 4]
    assert field("linux-musl-s390x", "msghdr", "msg_iovlen") == [28, 4]
    assert field("darwin-arm64", "addrinfo", "ai_canonname") == [24, 8]
    assert field("windows-x86_64", "servent", "s_port") == [24, 2]
    assert layouts("openbsd-x86_64")["structs"]["sockaddr_storage"]["size"] == 256
    assert layouts("linux-gnu-i386")["structs"]["timeval"]["size"] == 8
    assert layouts("linux-gnu-i386-time64")["structs"]["timeval"]["size"] == 16
    aligned = {target: layouts(target)["cmsg"]["align"] for target in _constants.targets()}
    assert (aligned["darwin-x86_64"], aligned["netbsd-aarch64"]) == (4, 16)


@pytest.mark.skipif(not hasattr(socket, "CMSG_LEN"), reason="socket has no CMSG_LEN here")
@pytest.mark.skipif(HOST not in _constants.targets(), reason=f"no layouts of {HOST}")
@pytest.mark.skipif(FOREIGN, reason="`socket` has the control messages of another system")
def test_cmsg_of_the_host() -> None:
    known = layouts(HOST)["cmsg"]
    assert [socket.CMSG_LEN(n) for n in range(128)] == known["CMSG_LEN"]
    assert [socket.CMSG_SPACE(n) for n in range(128)] == known["CMSG_SPACE"]
