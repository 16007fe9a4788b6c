"""The module as a whole: its names, its enums, its exceptions."""

from __future__ import annotations

import socket
import subprocess
import sys
from enum import Enum
from types import ModuleType
from typing import Any

import pytest

import pysock

from . import ROOT
from .foreign import FOREIGN
from .parity import CPYTHON, Case, check, table

ENUMS = ["AddressFamily", "SocketKind", "MsgFlag", "AddressInfo"]

MEMBERS = table("""
    (repr(socket.AF_INET), str(socket.AF_INET), format(socket.AF_INET), f'{socket.AF_INET:>5}')
    (repr(socket.SOCK_STREAM), str(socket.SOCK_STREAM), '%s %d' % ((socket.SOCK_STREAM,) * 2))
    (repr(socket.MSG_PEEK), str(socket.MSG_PEEK), format(socket.MSG_PEEK))
    (repr(socket.AI_PASSIVE), str(socket.AI_PASSIVE), format(socket.AI_PASSIVE))
    (socket.MSG_PEEK | socket.MSG_OOB, str(socket.MSG_PEEK | socket.MSG_OOB))
    (socket.MSG_PEEK | 2**20, socket.MSG_PEEK & 1, ~socket.MSG_PEEK & 3, socket.MSG_PEEK ^ 3)
    (socket.AI_PASSIVE | socket.AI_CANONNAME, socket.AddressInfo(3), socket.MsgFlag(0))
    (socket.AF_INET == 2, socket.AF_INET + 1, hash(socket.AF_INET), int(socket.AF_INET))
    (socket.AF_INET.name, socket.AF_INET.value, type(socket.AF_INET).__name__)
    (socket.AddressFamily(2), socket.AddressFamily['AF_INET'], socket.SocketKind(1))
    (socket.AF_INET is socket.AddressFamily.AF_INET, socket.AF_INET in socket.AddressFamily)
    socket.AddressFamily(9999)
    socket.AddressFamily('x')
    socket.AddressFamily['AF_NOSUCH']
    socket.SocketKind(9999)
    socket.AddressFamily.__mro__[1:]
    (socket.MsgFlag.__mro__[1:], socket.SocketKind.__mro__[1:], socket.AddressInfo.__mro__[1:])
    [type(value).__name__ for value in (socket.SOL_SOCKET, socket.IPPROTO_TCP, socket.SHUT_RD)]
    (socket.has_ipv6, socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR)
    socket.SOMAXCONN  # Linux: a backlog of this length
    (socket.AF_LOCAL if hasattr(socket, 'AF_LOCAL') else None, socket.AF_UNSPEC)
""")

EXCEPTIONS = table("""
    [socket.error, socket.error is OSError]
    [each.__name__ for each in socket.timeout.__mro__]
    [each.__name__ for each in socket.gaierror.__mro__]
    [each.__name__ for each in socket.herror.__mro__]
    (socket.gaierror.__qualname__, socket.herror.__qualname__, socket.error.__qualname__)
    socket.gaierror(99, 'x')
    socket.gaierror('x')
    socket.gaierror()
    socket.gaierror(99, 'x', 'file')
    socket.herror(2, 'y')
    socket.timeout('timed out')
    socket.timeout(9, 'x')
    (repr(socket.gaierror(1, 'x')), str(socket.gaierror(1, 'x')), socket.gaierror(1, 'x').args)
    isinstance(socket.gaierror(2, 'x'), OSError)
""")

# The table by which C modules find each other: they would read pysock's sockets as C structs.  And
# what a module has once it has warned of something.
OTHERS = {"CAPI", "__warningregistry__"}
# On PyPy also poll's and ssl's (once ssl is imported), which other modules document.
BY_THE_WAY = () if CPYTHON else ("POLL", "SIOC", "FD_", "RAND_", "SSL_", "sslerror")


def foreign(name: str) -> bool:
    """Whether a name is that of a constant of another system than pysock's."""
    return FOREIGN and isinstance(getattr(socket, name, 0), (int, str, set))


def test_every_name_is_there() -> None:
    """Also its imports, and what begins with an underscore: programs take all of it."""
    names = set(socket.__all__) | set(dir(socket))
    names = {name for name in names if not name.startswith(BY_THE_WAY or "?")} - OTHERS
    assert len(names) > 200
    names = {name for name in names if not foreign(name)}
    assert {"_socket", "_intenum_converter"} <= names
    assert "selectors" in names or sys.version_info >= (3, 14)  # which imports it later
    assert {name for name in names if not hasattr(pysock, name)} == set()
    assert names - set(dir(pysock)) - set(pysock.__all__) == set()


def test_what_it_has_by_the_way_is_the_same() -> None:
    for name in set(dir(socket)) & set(dir(pysock)) - set(socket.__all__) - {"_socket"}:
        if foreign(name):
            continue
        theirs, ours = getattr(socket, name), getattr(pysock, name)
        if isinstance(theirs, (ModuleType, int, str, set)) and not name.startswith("__"):
            assert ours == theirs, name
    assert (pysock.IntEnum, pysock.IntFlag) == (socket.IntEnum, socket.IntFlag)  # type: ignore[attr-defined]
    for module in socket, pysock:
        convert: Any = module._intenum_converter
        assert type(convert(2, module.AddressFamily)) is module.AddressFamily
        assert convert(9999, module.AddressFamily) == 9999


def test_the_module_below_is_that_of_c() -> None:
    below: Any = pysock._socket
    assert below.__name__ == "_socket"
    assert below.socket is pysock.SocketType and type(below.AF_INET) is int
    assert "_socket" in dir(pysock) and "selectors" in dir(pysock)
    names = {name for name in dir(socket._socket) if not name.startswith(BY_THE_WAY or "?")}  # type: ignore[attr-defined]
    own = {"EAGAIN", "EBADF", "EWOULDBLOCK", "__file__", "__builtins__"}
    names = {name for name in names - own - OTHERS if not foreign(name)}
    assert {name for name in names if not hasattr(below, name)} == set()


def test_a_name_that_it_lacks() -> None:
    for module in (socket, pysock):
        with pytest.raises(AttributeError) as caught:
            module.sokcet  # noqa: B018
        assert str(caught.value) == f"module {module.__name__!r} has no attribute 'sokcet'"
        if CPYTHON and sys.version_info >= (3, 10):
            assert (caught.value.name, caught.value.obj) == ("sokcet", module)


def test_selectors_are_imported_only_by_who_asks_for_them() -> None:
    program = (
        "import sys, pysock; before = 'selectors' in sys.modules\n"
        "print(before, pysock.selectors is sys.modules['selectors'])"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("False True\n", "")


def test_all() -> None:
    names = {n for n in socket.__all__ if not (n.startswith(BY_THE_WAY) or foreign(n))}
    assert names - set(pysock.__all__) - OTHERS == set()
    assert len(set(pysock.__all__)) == len(pysock.__all__)
    namespace: dict[str, Any] = {}
    exec("from pysock import *", namespace)
    assert set(pysock.__all__) <= namespace.keys()


def test_every_method_is_there() -> None:
    mine = set(dir(pysock.Socket))
    assert {name for name in dir(socket.socket) if not name.startswith("_")} - mine == set()
    # Private, and yet programs use them.
    private = {"_accept", "_closed", "_io_refs", "_decref_socketios", "_real_close"}
    private |= {"_sendfile_use_send", "_sendfile_use_sendfile", "_sendfile_zerocopy"}
    if CPYTHON:  # whose `ssl` calls those of its `socket`
        private |= set(dir(socket.socket))
    assert private - mine == set()
    assert {"_GLOBAL_DEFAULT_TIMEOUT", "_GiveupOnSendfile", "_LOCALHOST"} <= vars(pysock).keys()


@pytest.mark.skipif(FOREIGN, reason="`socket` has the members of another system")
@pytest.mark.parametrize("name", ENUMS)
def test_every_member_is_there(name: str) -> None:
    theirs, ours = getattr(socket, name), getattr(pysock, name)

    def shown(member: Enum) -> tuple[str, ...]:
        return member.name, repr(member), str(member), format(member)

    for key, member in theirs.__members__.items():
        assert shown(ours.__members__[key]) == shown(member)
        assert getattr(pysock, key) is ours[key]
        assert ours.__members__[key] == member


@pytest.mark.skipif(not CPYTHON, reason="PyPy's own enums lack some members, and say so")
@pytest.mark.parametrize("call", MEMBERS)
def test_members(call: Case) -> None:
    check(call)


@pytest.mark.parametrize("call", EXCEPTIONS)
def test_exceptions(call: Case) -> None:
    check(call)
