"""Python's ``socket`` module in Python, on ctypes: ``import pysock as socket``.

Nothing is defined here.  This is the list of what the package offers, under the names
that programs know; ``docs/design.md`` says where each part is and in what order to read.
"""

from __future__ import annotations

from . import _platform
from ._bytes import (
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
from ._compose import (
    _GLOBAL_DEFAULT_TIMEOUT,
    _LOCALHOST,
    _LOCALHOST_V6,
    _fallback_socketpair,
    close,
    create_connection,
    create_server,
    dup,
    fromfd,
    fromshare,
    has_dualstack_ipv6,
    recv_fds,
    send_fds,
    socketpair,
)
from ._enums import AddressFamily, AddressInfo, MsgFlag, SocketKind
from ._errors import error, gaierror, herror, timeout
from ._file import SocketIO as SocketIO
from ._netdb import (
    getprotobyname,
    getservbyname,
    getservbyport,
    if_indextoname,
    if_nameindex,
    if_nametoindex,
)
from ._resolver import (
    getaddrinfo,
    getfqdn,
    gethostbyaddr,
    gethostbyname,
    gethostbyname_ex,
    gethostname,
    getnameinfo,
    sethostname,
)
from ._sendfile import GiveupOnSendfile as _GiveupOnSendfile
from ._socket import Socket
from ._timeouts import getdefaulttimeout, setdefaulttimeout

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:  # the constants, which below come out of the platform's tables
    from ._constants.declared import *
else:  # and those that are in no table: numbers of families that a page brings
    from .families import attribute as __getattr__

socket = Socket
SocketType = Socket

# Every address family is known, whether or not this kernel has it.
has_ipv6 = True

# The platform's numbers; those of four groups as members of enums.
globals().update(_platform.public_constants)
globals().update(_platform.public_texts)
globals().update(_platform.system.OWN_NAMES)
for _kind in (AddressFamily, SocketKind, MsgFlag, AddressInfo):
    globals().update(_kind.__members__)

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
    *_platform.public_constants,
    *_platform.public_texts,
]

for _name in _platform.system.LACKING:
    del globals()[_name]
    __all__.remove(_name)
__all__ += _platform.system.OWN_NAMES
