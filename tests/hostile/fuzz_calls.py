"""What is called, and with what: a recipe for each method of a socket and each public function.

A recipe gets a maker of values and a scene; it answers the arguments.  Those of the module's
functions that could leave this machine, or change it, get arguments that cannot.
"""

from __future__ import annotations

import os
import tempfile
import types
from dataclasses import dataclass
from typing import Any

import pysock

from .fuzz_objects import Index, Trigger
from .fuzz_values import EDGES, OPTIONS, PATTERN, SAFE_LEVELS

SIZES = (0, 1, 2, 5, 40, 400, 5000, 16384, 65536, 65537, 100_000)
# It would change this machine, or the module that it finds by import.
NEVER = {"sethostname", "install", "uninstall"}
# Of a file's buffer: PyPy's io writes zeros to all of it, to 4 GiB for 6 to 14 seconds.
BUFFERED = tuple(edge for edge in EDGES if not 2**20 < edge < 2**62)
LARGE = (2**31, 2**31 - 1, 2**32, 2**62, 2**63 - 1, 2**63, 2**20)


@dataclass
class Call:
    """A call that can be made: of a method of ``here``, or of a function of the module."""

    name: str
    function: Any
    args: tuple[Any, ...]
    options: dict[str, Any]


def size(m, usual=SIZES):
    if m.chance(0.05):
        m.pure = False
        return m.rng.choice(LARGE)
    return m.number(usual, odd=0.15)


def room(m):
    return size(m, (0, 1, 15, 16, 17, 20, 24, 32, 40, 64, 1000))


def option(m):
    names = [name for name in OPTIONS.split() if hasattr(pysock, name)]
    return m.number([getattr(pysock, name) for name in names], (0, -1, 2**31, 2**63, -(2**31) - 1))


def level(m):
    levels = [getattr(pysock, name) for name in SAFE_LEVELS.split()]
    return m.number(levels, (-1, 2**31, 2**63, -(2**31) - 1))


def cut(m, *args):
    """The arguments, sometimes some too few, or one too many."""
    if m.chance(0.03):
        return args[: m.rng.randrange(len(args) + 1)]
    return (*args, m.junk()) if m.chance(0.01) else args


class File:
    """A file that acts when it is read."""

    def __init__(self, m, file):
        self.trigger, self.file = Trigger(m), file
        self.number = m.rng.choice((file.fileno(), file.fileno(), -1, None, "x", 2**40))
        self.mode = m.rng.choice(("rb", "rb", "r", 3)) if m.chance(0.2) else "rb"
        self.large = m.rng.choice((1, 20_000, None))

    def fileno(self):
        self.trigger.fire()
        return self.number

    def read(self, count):
        self.trigger.fire()
        return self.file.read(self.large or count)

    def seek(self, at):
        self.trigger.fire()
        return self.file.seek(at)

    def __repr__(self):
        return f"File({self.trigger}, {self.number!r}, {self.mode!r}, {self.large})"


_file: Any = tempfile.TemporaryFile()
_file.write(PATTERN[:50_000])


def sent_file(m):
    _file.seek(0)
    if m.chance(0.6):
        m.pure = False
        return File(m, _file)
    return m.junk() if m.chance(0.1) else _file


def own_fd(m):
    """A descriptor that may be taken over, or a number that is none."""
    if m.chance(0.5):
        fd = os.dup(m.peer.fileno()) if m.peer.fileno() >= 0 else -1
        if fd >= 0:
            m.loose.append(fd)
        if m.chance(0.3):
            m.pure = False
            return Index(m, fd)
        return fd
    bad = m.rng.choice([edge for edge in EDGES if not 0 <= edge < 4096])
    m.pure = False
    return Index(m, bad) if m.chance(0.3) else bad


def not_open(m):
    """For ``close``: a duplicate of the fuzzer's own, or nothing that is open."""
    return own_fd(m) if m.chance(0.9) else m.rng.choice((None, "1", -1.5, b""))


def accept_bool(m):
    return m.one(lambda: True, lambda: False, m.number, m.junk)


METHODS = {
    "recv": lambda m, s: cut(m, size(m), m.flags()),
    "recv_into": lambda m, s: m.one(
        lambda: (m.target(),), lambda: cut(m, m.target(), size(m, (0, 1, 3, 8, 60)), m.flags())
    ),
    "recvfrom": lambda m, s: cut(m, size(m), m.flags()),
    "recvfrom_into": lambda m, s: m.one(
        lambda: (m.target(),), lambda: cut(m, m.target(), size(m, (0, 1, 3, 8, 60)), m.flags())
    ),
    "recvmsg": lambda m, s: cut(m, size(m), room(m), m.flags()),
    "recvmsg_into": lambda m, s: cut(m, m.several(m.target), room(m), m.flags()),
    "send": lambda m, s: cut(m, m.source(), m.flags()),
    "sendall": lambda m, s: cut(m, m.source(), m.flags()),
    "sendto": lambda m, s: m.one(
        lambda: cut(m, m.source(), m.address(s.known)),
        lambda: cut(m, m.source(), m.flags(), m.address(s.known)),
    ),
    "sendmsg": lambda m, s: m.one(
        lambda: (m.several(m.source),),
        lambda: ([m.source()], m.control(), m.flags()),
        lambda: cut(m, m.several(m.source), m.control(), m.flags()),
        lambda: cut(m, m.several(m.source), m.control(), m.flags(), m.address(s.known)),
    ),
    "sendmsg_afalg": lambda m, s: (m.several(m.source),),
    "sendfile": lambda m, s: cut(
        m,
        sent_file(m),
        m.number((0, 1, 100, 49_999), odd=0.2),
        m.number((1, 5, 9000, None), odd=0.2),
    ),
    "getsockopt": lambda m, s: cut(m, level(m), option(m), m.number((0, 1, 4, 8, 1024), odd=0.3)),
    "setsockopt": lambda m, s: m.one(
        lambda: cut(m, level(m), option(m), m.number((0, 1, 2000))),
        lambda: cut(m, level(m), option(m), m.source()),
        lambda: cut(m, level(m), option(m), None, m.number((0, 4))),
    ),
    "bind": lambda m, s: cut(m, m.address(s.known)),
    "connect": lambda m, s: cut(m, m.address(s.known)),
    "connect_ex": lambda m, s: cut(m, m.address(s.known)),
    "listen": lambda m, s: cut(m, m.number((0, 1, 5))),
    "accept": lambda m, s: cut(m),
    "_accept": lambda m, s: cut(m),
    "shutdown": lambda m, s: cut(m, m.number((0, 1, 2))),
    "getsockname": lambda m, s: cut(m),
    "getpeername": lambda m, s: cut(m),
    "setblocking": lambda m, s: cut(m, accept_bool(m)),
    "settimeout": lambda m, s: cut(m, m.seconds()),
    "gettimeout": lambda m, s: cut(m),
    "getblocking": lambda m, s: cut(m),
    "set_inheritable": lambda m, s: cut(m, accept_bool(m)),
    "get_inheritable": lambda m, s: cut(m),
    "fileno": lambda m, s: cut(m),
    "detach": lambda m, s: cut(m),
    "dup": lambda m, s: cut(m),
    "close": lambda m, s: cut(m),
    "makefile": lambda m, s: (
        m.rng.choice(("r", "w", "rw", "b", "rb", "wb", "rwb", "", "x", 5)),
        m.number((None, 0, 1, 100, -1), BUFFERED, odd=0.2),
    ),
    "__repr__": lambda m, s: cut(m),
    "__reduce_ex__": lambda m, s: (4,),
}

FUNCTIONS = {
    "socket": lambda m, s: (
        m.number((1, 2, 10, -1), (0, -1, 2**31, -(2**31) - 1, 2**63)),
        m.number((1, 2, -1, 2049), (0, -1, 2**31, -(2**31) - 1, 2**63)),
        m.number((0, -1), (0, -1, 2**31, -(2**31) - 1, 2**63)),
        m.one(lambda: None, lambda: own_fd(m)),
    ),
    "socketpair": lambda m, s: (m.number((1,)), m.number((1, 2, 2049)), m.number((0,))),
    "fromfd": lambda m, s: (own_fd(m), m.number((1, 2)), m.number((1, 2)), m.number((0,))),
    "dup": lambda m, s: (own_fd(m),),
    "close": lambda m, s: (not_open(m),),
    "send_fds": lambda m, s: (
        m.one(lambda: m.here, lambda: m.here, m.junk),
        m.several(m.source),
        m.one(m.junk, lambda: [m.peer.fileno()], lambda: [m.number(), 0]),
        m.flags(),
        m.one(lambda: None, lambda: m.address(s.known)),
    ),
    "recv_fds": lambda m, s: (
        m.one(lambda: m.here, lambda: m.here, m.junk),
        size(m),
        m.number((0, 1, 2, 5, 253)),
        m.flags(),
    ),
    "create_connection": lambda m, s: (
        m.one(lambda: ("127.0.0.1", 9), m.junk),
        m.number((0.001,), (-1, 0)),
    ),
    "create_server": lambda m, s: (
        m.one(lambda: ("127.0.0.1", m.number((0,), odd=0.5)), m.junk_host),
    ),
    "has_dualstack_ipv6": lambda m, s: (),
    "getaddrinfo": lambda m, s: (
        m.host(),
        m.one(m.number, m.text, lambda: 80, lambda: None),
        m.number((0, 2, 10)),
        m.number((0, 1, 2)),
        m.number((0, 6)),
        4,  # AI_NUMERICHOST
    ),
    "getnameinfo": lambda m, s: (
        m.one(lambda: (m.text(), m.number((80,))), lambda: m.address(s.known)),
        m.number((3, 7, 11), (3, 2**31, 2**63, -(2**31) - 1)),
    ),
    "gethostbyname": lambda m, s: (m.host(),),
    "gethostbyname_ex": lambda m, s: (m.host(),),
    "gethostbyaddr": lambda m, s: (m.host(),),
    "getfqdn": lambda m, s: (m.rng.choice(("127.0.0.1", "::1", b"x" * 300, None, 5)),),
    "gethostname": lambda m, s: (),
    "getservbyname": lambda m, s: cut(m, m.text(), m.text()),
    "getservbyport": lambda m, s: cut(m, m.number((80, 22)), m.text()),
    "getprotobyname": lambda m, s: cut(m, m.text()),
    "if_nameindex": lambda m, s: (),
    "if_nametoindex": lambda m, s: cut(m, m.text()),
    "if_indextoname": lambda m, s: cut(m, m.number((1,))),
    "inet_aton": lambda m, s: cut(m, m.text()),
    "inet_ntoa": lambda m, s: cut(m, m.source((4, 4, 0, 5, 3, 4096))),
    "inet_pton": lambda m, s: cut(m, m.number((2, 10)), m.text()),
    "inet_ntop": lambda m, s: cut(m, m.number((2, 10)), m.source((4, 16, 0, 5, 4096))),
    "htons": lambda m, s: cut(m, m.number()),
    "ntohs": lambda m, s: cut(m, m.number()),
    "htonl": lambda m, s: cut(m, m.number()),
    "ntohl": lambda m, s: cut(m, m.number()),
    "CMSG_LEN": lambda m, s: cut(m, m.number()),
    "CMSG_SPACE": lambda m, s: cut(m, m.number()),
    "setdefaulttimeout": lambda m, s: cut(m, m.seconds()),
    "getdefaulttimeout": lambda m, s: (),
}
DUCKS = {"sendfile", "send_fds", "recv_fds", "getfqdn", "makefile", "create_connection"}
KEYWORDS = dict.fromkeys(("recv_into", "recvfrom_into"), ("buffer", "nbytes", "flags"))
OFTEN = [name for name in METHODS if name.startswith(("recv", "send"))]


def make(m, scene):
    """A call, chosen at random."""
    rng, module = m.rng, m.module
    names = OFTEN if rng.random() < 0.55 else list(METHODS) if rng.random() < 0.6 else None
    table, owner = (METHODS, m.here) if names else (FUNCTIONS, module)
    names = [name for name in names or table if hasattr(owner, name)]
    name = rng.choice(names)
    args = table[name](m, scene)
    options: dict[str, Any] = {}
    if name in KEYWORDS and rng.random() < 0.2:
        args, options = (), dict(zip(KEYWORDS[name], args))
    return Call(name, getattr(owner, name), args, options)


def missing(module):
    """Public functions and methods that no recipe calls: new ones, which somebody has to add."""
    found = [n for n, v in vars(module).items() if isinstance(v, types.FunctionType)]
    found = [n for n in found if not n.startswith("_")]
    methods = [n for n in dir(module.socket) if not n.startswith("_")]
    methods = [n for n in methods if callable(getattr(module.socket, n))]
    known = {*METHODS, *FUNCTIONS, *NEVER, "fromshare"}
    return sorted({*found, *methods} - known - {"mro"})
