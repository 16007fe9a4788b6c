"""The module as a whole: its names, its enums, its exceptions."""

from __future__ import annotations

import socket
from enum import Enum
from types import ModuleType
from typing import Any

import pytest

import pysock

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

# What `socket` has by the way: its imports, and the table by which C modules find each other.
OTHERS = {"CAPI", "IntEnum", "IntFlag", "EAGAIN", "EBADF", "EWOULDBLOCK", "partial"}
# On PyPy also poll's and ssl's (once ssl is imported).
BY_THE_WAY = () if CPYTHON else ("POLL", "SIOC", "FD_", "RAND_", "SSL_", "sslerror")


def foreign(name: str) -> bool:
    """Whether a name is that of a constant of another system than pysock's."""
    return FOREIGN and isinstance(getattr(socket, name), (int, str))


def test_every_name_is_there() -> None:
    hidden = ("_", *BY_THE_WAY)
    names = set(socket.__all__) | set(dir(socket))
    names = {name for name in names if not (name.startswith(hidden) or foreign(name))}
    modules = {name for name in names if isinstance(getattr(socket, name), ModuleType)}
    assert {name for name in names - modules - OTHERS if not hasattr(pysock, name)} == set()


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
    private |= {"_sendfile_use_send", "_sendfile_use_sendfile"}
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
