"""What the public module has beside constants: functions, the class, exceptions.

``import pysock`` loads this module when one of these names is first asked for.
"""

from __future__ import annotations

from . import _enums, _host
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
from .families import attribute

socket = Socket
SocketType = Socket

# Every address family is known, whether or not this kernel has it.
has_ipv6 = True

globals().update(_host.system.OWN_NAMES)

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
    *_enums.public_constants,
    *_enums.public_texts,
]

for _name in _host.system.LACKING:
    del globals()[_name]
    __all__.remove(_name)
__all__ += _host.system.OWN_NAMES

# All of it.  This is the last line: who asks in the middle of the import, as a signal handler
# may, is told that it is not there yet.
contents = globals()
