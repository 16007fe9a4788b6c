"""Functions that make connected or listening sockets: pairs, connections, servers.

They look up ``socket``, ``getaddrinfo`` and similar names in the public module at each call, so
that a program that replaces such a name (to mock it, say) changes what they do.
"""

from __future__ import annotations

from functools import partial

from .. import _public
from .._calls.descriptor import (
    SOCK_CLOEXEC,
    NewerWay,
    Owned,
    adopt,
    claim_pair_once,
    claim_uninherited,
    close_all,
    move,
)
from .._enums import AddressFamily, SocketKind
from .._ffi import versions
from .._ffi.arguments import c_int
from .._host import constants, lib, system
from .._socket import INIT, Socket, taking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._types import Address

_GLOBAL_DEFAULT_TIMEOUT: Any = object()
_INET: Any = AddressFamily(constants["AF_INET"])
_INETS = (_INET, constants["AF_INET6"])
_STREAM: Any = SocketKind(constants["SOCK_STREAM"])
_LOCALHOST = "127.0.0.1"
_LOCALHOST_V6 = "::1"
_HAS_SOCKETPAIR = hasattr(lib, "socketpair")
_cloexec = NewerWay(bool(SOCK_CLOEXEC))
_class = type  # which is a parameter's name


def socketpair(
    family: int | None = None if _HAS_SOCKETPAIR else _INET,
    type: int = _STREAM,
    proto: int = 0,
) -> tuple[Socket, Socket]:
    """``socketpair(2)``: two sockets that are connected to each other.

    The defaults are AF_UNIX, SOCK_STREAM and 0.  Child processes do not inherit the descriptors.
    A system without the call (Windows) makes a TCP connection over the loopback interface: there
    ``family`` is AF_INET (the default) or AF_INET6, and ``type`` SOCK_STREAM.

    Does not block.  Raises OSError: EMFILE, EOPNOTSUPP (a family without pairs), and others.  On a
    system without the call, it raises ValueError for other families, types and protocols.

    >>> a, b = socketpair()
    >>> a.sendall(b"Hello")
    >>> b.recv(1024)
    b'Hello'
    """
    if not _HAS_SOCKETPAIR:
        return _fallback_socketpair(family, type, proto)
    if family is None:
        family = constants["AF_UNIX"]
    family = family._value_ if _class(family) is AddressFamily else c_int(family)
    type = type._value_ if _class(type) is SocketKind else c_int(type)
    proto = c_int(proto)
    first, second = Owned(), Owned()
    try:
        claim_uninherited(claim_pair_once, second, lib.socketpair, _cloexec, family, type, proto)
        move(second, first)
        cls = _public.module.socket
        one = _adopt(first, cls, family, type, proto)
        try:
            return one, _adopt(second, cls, family, type, proto)
        except BaseException:
            one.close()
            raise
    except BaseException:
        close_all(first)
        close_all(second)
        raise


def _adopt(owned: Owned, cls: Any, family: int, type: int, proto: int) -> Socket:
    """Make a socket object that owns the descriptor in ``owned``."""
    if cls is Socket and cls.__init__ is INIT:  # as mostly, in a third of the steps
        return taking(owned, family, type, proto)
    sock: Socket = adopt(owned, partial(cls, family, type, proto), known=True)
    return sock


def _fallback_socketpair(
    family: int | None = _INET, type: int = _STREAM, proto: int = 0
) -> tuple[Socket, Socket]:
    """``connect(2)`` and ``accept(2)``: a pair by TCP, for systems without ``socketpair(2)``."""
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
                pass  # the connection is in progress
            client.setblocking(True)
            server, _ = listener.accept()
        except BaseException:
            client.close()
            raise
    try:
        # Another program on this machine may have connected to the listener first.
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

    Tries the addresses of the host, IPv6 and IPv4, one after the other, and returns a socket object
    for the first that accepts.  ``timeout`` is in seconds, None for no timeout, by default that of
    ``getdefaulttimeout``.  It applies to each attempt separately, and the socket keeps it.
    ``source_address`` is an address for ``bind``, on this machine.

    Blocks until a connection stands, and to look up the host's name, for which the timeout does
    not count.  Raises gaierror if the look-up fails.  If every attempt fails, it raises the error
    of the last, for example ConnectionRefusedError or TimeoutError; or, from Python 3.11 on, with
    ``all_errors``, an ExceptionGroup of all errors.

    >>> server = create_server(("127.0.0.1", 0))
    >>> client = create_connection(server.getsockname(), timeout=10)
    >>> client.getpeername() == server.getsockname()
    True
    """
    module = _public.module
    host, port = address
    errors: list[OSError] = []
    for family, kind, proto, _, target in module.getaddrinfo(host, port, 0, module.SOCK_STREAM):
        sock = None
        try:
            sock = module.socket(family, kind, proto)
            if type(timeout) is not object:  # as those are that stand for "not given"
                sock.settimeout(timeout)
            if source_address:
                sock.bind(source_address)
            sock.connect(target)
            errors.clear()  # breaks a cycle: errors → exception → traceback → this frame → errors
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
        if all_errors and versions.EXCEPTION_GROUPS:
            group: Any = ExceptionGroup  # type: ignore[name-defined]  # noqa: F821
            raise group("create_connection failed", errors)
        raise errors[-1]
    finally:
        errors.clear()


def has_dualstack_ipv6() -> bool:
    """``socket(2)`` and ``setsockopt(2)``: whether an IPv6 server can accept IPv4, too.

    Returns True if IPV6_V6ONLY can be switched off on a new AF_INET6 socket, else False.  Does not
    block.  Raises no OSError.

    >>> if has_dualstack_ipv6():
    ...     server = create_server(("", 0), family=AF_INET6, dualstack_ipv6=True)
    """
    module = _public.module
    if not (module.has_ipv6 and hasattr(module, "IPV6_V6ONLY")):
        return False
    try:
        with module.socket(module.AF_INET6, module.SOCK_STREAM) as sock:
            sock.setsockopt(module.IPPROTO_IPV6, module.IPV6_V6ONLY, 0)
            # A system may take it, and change nothing (DragonFly BSD).
            off: bool = sock.getsockopt(module.IPPROTO_IPV6, module.IPV6_V6ONLY) == 0
        return off
    except OSError:
        return False


def create_server(
    address: Address,
    *,
    family: int = _INET,
    backlog: int | None = None,
    reuse_port: bool = False,
    dualstack_ipv6: bool = False,
) -> Socket:
    """``socket(2)``, ``bind(2)`` and ``listen(2)``: a TCP server at ``(host, port)``.

    The host ``""`` stands for all addresses of this machine, the port 0 for any free port.
    ``family`` is AF_INET or AF_INET6; ``backlog`` is the argument of ``listen``.  ``reuse_port``
    sets SO_REUSEPORT.  SO_REUSEADDR is always set, except on Windows.  With ``dualstack_ipv6``,
    an AF_INET6 server also accepts IPv4; without it, IPV6_V6ONLY is set.

    Does not block, except to look up a host's name.  Raises OSError, with the address in the
    message of ``bind``: EADDRINUSE, EADDRNOTAVAIL, EACCES (ports below 1024), and others.
    Raises ValueError for an option that the system lacks, and for ``dualstack_ipv6`` with AF_INET.

    >>> server = create_server(("127.0.0.1", 0))
    >>> client = create_connection(server.getsockname())
    >>> sock, address = server.accept()
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
            _reuse_address(sock, module)
        if reuse_port and (family in _INETS or not versions.REUSE_PORT_OF_INET):
            sock.setsockopt(module.SOL_SOCKET, module.SO_REUSEPORT, 1)
        if module.has_ipv6 and family == module.AF_INET6 and hasattr(module, "IPV6_V6ONLY"):
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


def _reuse_address(sock: Socket, module: Any) -> None:
    """Set SO_REUSEADDR.  If it is refused, ``bind`` fails where that matters, and says so."""
    try:
        sock.setsockopt(module.SOL_SOCKET, module.SO_REUSEADDR, 1)
    except OSError:
        return
