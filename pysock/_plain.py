"""The module ``_socket`` of a program that runs on pysock: below ``socket``, without enums.

It has the base class and the functions of C, and constants as plain ints.  gevent derives its
sockets from that class, and reads the names of this module.
"""

from __future__ import annotations

from functools import wraps
from types import ModuleType

from . import _enums, _install, _public
from ._ffi import errors
from ._functions import connections, conversions, descriptors, netdb, resolver
from ._host import lib
from ._socket import SocketBase
from ._timeouts import getdefaulttimeout, setdefaulttimeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Plain(ModuleType):
    """The module, which has ``CAPI`` as well once ``_ssl`` asks for it."""

    def __getattr__(self, name: str) -> Any:
        if name == "CAPI":
            return _install.capi()
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


_made: ModuleType | None = None


def module() -> ModuleType:
    """The module, the same at each call."""
    global _made
    if _made is None:
        made = _Plain("_socket", "Implementation module for socket operations.")
        contents = vars(made)
        contents.update(_enums.public_constants)
        contents.update(_enums.public_texts)
        for each in (conversions, descriptors, netdb, resolver):
            contents.update({k: v for k, v in vars(each).items() if k in _FUNCTIONS})
        contents.update(
            socket=SocketBase,
            SocketType=SocketBase,
            error=OSError,
            gaierror=errors.gaierror,
            herror=errors.herror,
            timeout=errors.timeout,
            has_ipv6=True,
            getdefaulttimeout=getdefaulttimeout,
            setdefaulttimeout=setdefaulttimeout,
            getaddrinfo=getaddrinfo,
        )
        if hasattr(lib, "socketpair"):
            contents["socketpair"] = socketpair
        for name in _FUNCTIONS.difference(dir(_public.module)):
            contents.pop(name, None)  # the system lacks it
        _made = made  # last, since a signal handler may raise before
    return _made


_FUNCTIONS = frozenset(
    "close dup gethostbyaddr gethostbyname gethostbyname_ex gethostname getnameinfo sethostname "
    "getprotobyname getservbyname getservbyport if_indextoname if_nameindex if_nametoindex "
    "htonl htons ntohl ntohs inet_aton inet_ntoa inet_ntop inet_pton CMSG_LEN CMSG_SPACE".split()
)


@wraps(resolver.getaddrinfo)
def getaddrinfo(*args: Any, **kwargs: Any) -> list[Any]:
    found = resolver.getaddrinfo(*args, **kwargs)
    return [(int(family), int(kind), *rest) for family, kind, *rest in found]


@wraps(connections.socketpair)
def socketpair(*args: Any, **kwargs: Any) -> tuple[SocketBase, SocketBase]:
    pair = connections.socketpair(*args, **kwargs)
    first, second = [
        SocketBase(sock._sock_family_, sock._sock_type_, sock._sock_proto_, fileno=sock.detach())
        for sock in pair
    ]
    return first, second
