"""What is built from sockets: pairs, connections, servers.

These functions call the module's public names, not each other's code: whoever replaces
``socket.socket`` or ``socket.getaddrinfo`` changes what they do.
"""

from __future__ import annotations

import sys
from functools import partial

from .. import _public
from .._calls.descriptor import NewerWay, adopt, claim_pair, close_all, move
from .._enums import AddressFamily, SocketKind
from .._ffi.arguments import c_int
from .._ffi.errors import from_errno
from .._host import constants, lib, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._socket import Socket
    from .._types import Address

_GLOBAL_DEFAULT_TIMEOUT: Any = object()
_INET: Any = AddressFamily(constants["AF_INET"])
_STREAM: Any = SocketKind(constants["SOCK_STREAM"])
_LOCALHOST = "127.0.0.1"
_LOCALHOST_V6 = "::1"
_HAS_SOCKETPAIR = hasattr(lib, "socketpair")
_CLOEXEC = constants.get("SOCK_CLOEXEC", 0)
_cloexec = NewerWay(bool(_CLOEXEC))


def socketpair(
    family: int | None = None if _HAS_SOCKETPAIR else _INET,
    type: int = _STREAM,
    proto: int = 0,
) -> tuple[Socket, Socket]:
    """``socketpair(2)``: two sockets connected to each other, AF_UNIX streams by default.

    No child process inherits them.  A system without that call makes a pair by TCP.  Does not
    block.  Raises OSError: EMFILE, EOPNOTSUPP (a family without pairs).

    >>> a, b = socketpair()
    """
    if not _HAS_SOCKETPAIR:
        return _fallback_socketpair(family, type, proto)
    family = constants["AF_UNIX"] if family is None else family
    family, type, proto = map(c_int, (family, type, proto))
    fds: list[int] = []
    try:
        _open_pair(fds, family, type, proto)
        make = partial(_public.module.socket, family, type, proto)
        one: Socket = _adopt_first(fds, make)
        try:
            return one, _adopt_first(fds, make)
        except BaseException:
            one.close()
            raise
    except BaseException:
        close_all(fds)
        raise


def _open_pair(fds: list[int], family: int, type: int, proto: int) -> None:
    """``socketpair(2)``: two descriptors that no child inherits."""
    if _cloexec.works is not False:
        n = claim_pair(fds, lib.socketpair, family, type | _CLOEXEC, proto)
        if n >= 0:
            _cloexec.works = True
            return
        if not _cloexec.refuses(-n):
            raise from_errno(-n)
    n = claim_pair(fds, lib.socketpair, family, type, proto)
    if n < 0:
        raise from_errno(-n)
    _cloexec.works = False
    for fd in fds:
        system.set_inheritable(fd, False)


def _adopt_first(fds: list[int], make: Any) -> Any:
    owned: list[int] = []
    try:
        move(fds, owned)
        return adopt(owned, make)
    except BaseException:
        close_all(owned)
        raise


def _fallback_socketpair(
    family: int | None = _INET, type: int = _STREAM, proto: int = 0
) -> tuple[Socket, Socket]:
    """A pair from a TCP connection to oneself, for systems without ``socketpair(2)``."""
    module = _public.module
    hosts = {module.AF_INET: _LOCALHOST, module.AF_INET6: _LOCALHOST_V6}
    if family not in hosts:
        raise ValueError("Only AF_INET and AF_INET6 socket address families are supported")
    if type != module.SOCK_STREAM:
        raise ValueError("Only SOCK_STREAM socket type is supported")
    if proto != 0:
        raise ValueError("Only protocol zero is supported")
    with module.socket(family, type, proto) as listener:
        listener.bind((hosts[family], 0))
        listener.listen()
        client = module.socket(family, type, proto)
        try:
            # No thread is needed: the kernel completes the connection by itself.
            client.setblocking(False)
            try:
                client.connect(listener.getsockname()[:2])
            except (BlockingIOError, InterruptedError):
                pass  # under way
            client.setblocking(True)
            server, _ = listener.accept()
        except BaseException:
            client.close()
            raise
    try:
        # Somebody else on this machine may have been quicker to connect.
        ends = server.getsockname(), server.getpeername()
        if ends != (client.getpeername(), client.getsockname()):
            raise ConnectionError("Unexpected peer connection")
    except BaseException:
        server.close()
        client.close()
        raise
    return server, client


def create_connection(
    address: tuple[str | None, str | bytes | int | None],
    timeout: float | None = _GLOBAL_DEFAULT_TIMEOUT,
    source_address: Address | None = None,
    *,
    all_errors: bool = False,
) -> Socket:
    """``getaddrinfo(3)`` and ``connect(2)``: a TCP connection to ``(host, port)``.

    Each address of the host is tried in turn.  If none answers, the last error is raised,
    or with ``all_errors`` an ExceptionGroup of them all (Python 3.11).
    """
    module = _public.module
    host, port = address
    errors: list[OSError] = []
    for family, kind, proto, _, target in module.getaddrinfo(host, port, 0, module.SOCK_STREAM):
        sock = None
        try:
            sock = module.socket(family, kind, proto)
            if timeout is not _GLOBAL_DEFAULT_TIMEOUT:
                sock.settimeout(timeout)
            if source_address:
                sock.bind(source_address)
            sock.connect(target)
            errors.clear()  # an exception refers to this frame, which refers to it
            connected: Socket = sock
            return connected
        except OSError as error:
            if not all_errors:
                errors.clear()
            errors.append(error)
            if sock is not None:
                sock.close()
        except BaseException:
            if sock is not None:
                sock.close()
            raise
    if not errors:
        raise OSError("getaddrinfo returns an empty list")
    try:
        if all_errors and sys.version_info >= (3, 11):
            raise ExceptionGroup("create_connection failed", errors)  # noqa: F821
        raise errors[-1]
    finally:
        errors.clear()


def has_dualstack_ipv6() -> bool:
    """Whether one IPv6 socket can serve IPv4 too."""
    module = _public.module
    if not (module.has_ipv6 and hasattr(module, "IPV6_V6ONLY")):
        return False
    try:
        with module.socket(module.AF_INET6, module.SOCK_STREAM) as sock:
            sock.setsockopt(module.IPPROTO_IPV6, module.IPV6_V6ONLY, 0)
    except OSError:
        return False
    return True


def create_server(
    address: Address,
    *,
    family: int = _INET,
    backlog: int | None = None,
    reuse_port: bool = False,
    dualstack_ipv6: bool = False,
) -> Socket:
    """``socket(2)``, ``bind(2)`` and ``listen(2)``: a TCP server at ``(host, port)``.

    With ``dualstack_ipv6``, an AF_INET6 server accepts IPv4 as well; otherwise it is told
    not to, whatever the system's default.
    """
    module = _public.module
    if reuse_port and not hasattr(module, "SO_REUSEPORT"):
        raise ValueError("SO_REUSEPORT not supported on this platform")
    if dualstack_ipv6:
        if not module.has_dualstack_ipv6():
            raise ValueError("dualstack_ipv6 not supported on this platform")
        if family != module.AF_INET6:
            raise ValueError("dualstack_ipv6 requires AF_INET6 family")
    sock: Socket = module.socket(family, module.SOCK_STREAM)
    try:
        if system.REUSE_ADDRESS:
            sock.setsockopt(module.SOL_SOCKET, module.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(module.SOL_SOCKET, module.SO_REUSEPORT, 1)
        if family == module.AF_INET6 and hasattr(module, "IPV6_V6ONLY"):
            sock.setsockopt(module.IPPROTO_IPV6, module.IPV6_V6ONLY, int(not dualstack_ipv6))
        try:
            sock.bind(address)
        except OSError as error:
            message = f"{error.strerror} (while attempting to bind on address {address!r})"
            raise OSError(error.errno, message) from None
        if backlog is None:
            sock.listen()
        else:
            sock.listen(backlog)
    except BaseException:
        sock.close()
        raise
    return sock
