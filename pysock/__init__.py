"""Python's ``socket`` module in Python, on ctypes: ``import pysock as socket``.

>>> a, b = socketpair()
>>> a.sendall(b"Hello")
>>> b.recv(1024)
b'Hello'

Sockets:
    socket(family, type, proto)     a new socket; its methods are those of the class Socket below
    socketpair()                    two that are connected with each other
    create_connection(address)      a connection by TCP to (host, port), within a timeout
    create_server(address)          a socket that listens; has_dualstack_ipv6 says for what
    fromfd, fromshare               a socket of an open descriptor, of what Socket.share gave
    dup, close                      a descriptor once more, and no more
    send_fds, recv_fds              descriptors to and from another process
    getdefaulttimeout, setdefaulttimeout    seconds, for new sockets

Methods of a socket:
    bind, listen, accept, connect, connect_ex, shutdown, close, detach, dup, fileno, share
    send, sendall, sendto, sendmsg, sendmsg_afalg, sendfile
    recv, recv_into, recvfrom, recvfrom_into, recvmsg, recvmsg_into, makefile
    getsockname, getpeername, getsockopt, setsockopt, ioctl
    settimeout, gettimeout, setblocking, getblocking, get_inheritable, set_inheritable

Names and addresses:
    getaddrinfo, getnameinfo        (host, port) to addresses, and back
    gethostbyname, gethostbyname_ex, gethostbyaddr, getfqdn, gethostname, sethostname
    getservbyname, getservbyport, getprotobyname, if_nameindex, if_nametoindex, if_indextoname
    inet_aton, inet_ntoa, inet_pton, inet_ntop, htons, htonl, ntohs, ntohl, CMSG_LEN, CMSG_SPACE

Exceptions: error (OSError), gaierror, herror, timeout.  Which of these names and constants there
are depends on the system.

Beyond ``socket``, each to be imported by its name, and for any object with a ``fileno()``:
    pysock.interfaces, pysock.dial, pysock.tcp, pysock.datagrams, pysock.multicast, pysock.unix,
    pysock.ancillary, pysock.streams; pysock.trace, which watches calls; pysock.families

``help(pysock.socket)`` has the methods; ``help(pysock.socket.recv)`` has one of them, with the call
of C that it makes, whether it blocks, and what it raises.

A whole program:  ``python -m pysock run server.py``, or ``pysock.install()`` in its first line
To see its calls: ``python -m pysock trace client.py``
To ask:           ``python -m pysock explain connect`` (EPIPE, TIME_WAIT, TCP_NODELAY, …)
To learn:         ``python -m pysock lesson``

Modules whose names begin with an underscore are private:
``docs/design.md`` says where each part is and in what order to read.
"""

# Nothing is defined here.  This is what the package offers, under the names that programs know.
# All of it is loaded now, so that no call has to import anything later.

from __future__ import annotations

# ``socket`` happens to have these names, and some programs take them from there.
import array
import errno
import io
import os
import sys
from enum import IntEnum, IntFlag
from errno import EAGAIN, EBADF, EWOULDBLOCK

from . import _enums, _host, _public, families

# At exit, and for a program that runs on pysock, whose files may be gone by then.
from . import _exit as _exit
from . import _naming as _naming
from . import _tls as _tls
from . import _tracebacks as _tracebacks
from ._enums import AddressFamily, AddressInfo, MsgFlag, SocketKind, _intenum_converter
from ._ffi.errors import error, gaierror, herror, timeout
from ._functions.connections import (
    _GLOBAL_DEFAULT_TIMEOUT,
    _LOCALHOST,
    _LOCALHOST_V6,
    _fallback_socketpair,
    create_connection,
    create_server,
    has_dualstack_ipv6,
    socketpair,
)
from ._functions.conversions import (
    CMSG_LEN,
    CMSG_SPACE,
    htonl,
    htons,
    inet_aton,
    inet_ntoa,
    inet_ntop,
    inet_pton,
    ntohl,
    ntohs,
)
from ._functions.descriptors import close, dup, fromfd, fromshare, recv_fds, send_fds
from ._functions.netdb import (
    getprotobyname,
    getservbyname,
    getservbyport,
    if_indextoname,
    if_nameindex,
    if_nametoindex,
)
from ._functions.resolver import (
    getaddrinfo,
    getfqdn,
    gethostbyaddr,
    gethostbyname,
    gethostbyname_ex,
    gethostname,
    getnameinfo,
    sethostname,
)
from ._install import install as install
from ._install import installed as installed
from ._install import uninstall as uninstall
from ._methods.makefile import SocketIO as SocketIO
from ._methods.sendfile import GiveupOnSendfile as _GiveupOnSendfile
from ._socket import Socket, SocketBase
from ._timeouts import getdefaulttimeout, setdefaulttimeout

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._constants.declared import *

socket = Socket
SocketType = SocketBase

# Every address family is known, whether or not this kernel has it.
has_ipv6 = True

_blocking_errnos = {EAGAIN, EWOULDBLOCK}

if not TYPE_CHECKING:
    from ._late import __dir__, __getattr__

    # ``socket._socket`` is the module that C's is, and not the file of class Socket.
    globals().pop("_socket", None)

__all__ = [
    "AddressFamily",
    "AddressInfo",
    "CMSG_LEN",
    "CMSG_SPACE",
    "MsgFlag",
    "Socket",
    "SocketKind",
    "SocketType",
    "close",
    "create_connection",
    "create_server",
    "dup",
    "error",
    "fromfd",
    "fromshare",
    "gaierror",
    "getaddrinfo",
    "getdefaulttimeout",
    "getfqdn",
    "gethostbyaddr",
    "gethostbyname",
    "gethostbyname_ex",
    "gethostname",
    "getnameinfo",
    "getprotobyname",
    "getservbyname",
    "getservbyport",
    "has_dualstack_ipv6",
    "has_ipv6",
    "herror",
    "htonl",
    "htons",
    "if_indextoname",
    "if_nameindex",
    "if_nametoindex",
    "inet_aton",
    "inet_ntoa",
    "inet_ntop",
    "inet_pton",
    "ntohl",
    "ntohs",
    "recv_fds",
    "send_fds",
    "setdefaulttimeout",
    "sethostname",
    "socket",
    "socketpair",
    "timeout",
    *_enums.public_names,
    *_enums.public_texts,
]

# The platform's numbers; those of four groups as members of enums.
globals().update(families.own_numbers())
globals().update(_enums.public_constants)
globals().update(_enums.public_texts)
for _kind in _enums.KINDS:
    globals().update(_kind.__members__)

# Names that only this system has, or lacks.
globals().update(_host.system.OWN_NAMES)
for _name in _host.system.LACKING:
    del globals()[_name]
    __all__.remove(_name)
__all__ += _host.system.OWN_NAMES
for _name in ("_kind", "_name"):
    globals().pop(_name, None)

# Here programs replace names, and functions look them up.
_public.module = sys.modules[__name__]
if sys.modules.get("socket") is _public.module:  # it is reloaded in the place of ``socket``
    _public.module.__name__ = "socket"
if getattr(sys, "get_lazy_imports", str)() == "all":
    from ._late import load_lazy

    load_lazy(__name__.partition(".")[0])
    del load_lazy
