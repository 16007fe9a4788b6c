"""What is built from sockets: connections, servers, pairs, and descriptors sent along.

These functions call the module's public names, not each other's code: whoever replaces
``socket.socket`` or ``socket.getaddrinfo`` changes what they do.
"""

from __future__ import annotations

import ctypes
import sys
from functools import partial

from ._arguments import c_int
from ._bytes import CMSG_LEN
from ._enums import AddressFamily, SocketKind
from ._host import constants, lib, system
from ._interpreter import pointer_to
from ._platform import public
from ._transfer import adopt, raise_unless_reset

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, SupportsIndex

    from ._socket import Socket
    from ._types import Address, ReadableBuffer, RetAddress

_GLOBAL_DEFAULT_TIMEOUT: Any = object()
_INET: Any = AddressFamily(constants["AF_INET"])
_STREAM: Any = SocketKind(constants["SOCK_STREAM"])
_Pair = ctypes.c_int * 2
_LOCALHOST = "127.0.0.1"
_LOCALHOST_V6 = "::1"


def close(fd: SupportsIndex, /) -> None:
    """``close(2)``: close a socket's descriptor."""
    if lib.close(system.descriptor(fd)) < 0:
        raise_unless_reset()


def dup(fd: SupportsIndex, /) -> int:
    """``dup(2)``: a second descriptor for the same socket, which no child inherits."""
    duplicate: int = system.duplicate(system.descriptor(fd))
    return duplicate


def fromfd(fd: SupportsIndex, family: int, type: int, proto: int = 0) -> Socket:
    """``dup(2)``: a socket object for a duplicate of a descriptor."""
    module = public()
    sock: Socket = adopt(module.dup(fd), partial(module.socket, family, type, proto))
    return sock


def fromshare(info: Any) -> Socket:
    """``WSASocketW``: a socket object out of what ``share`` has made, perhaps elsewhere."""
    fd, family, type, proto = system.received(info)
    sock: Socket = adopt(fd, partial(public().socket, family, type, proto))
    return sock


def socketpair(
    family: int | None = None if hasattr(lib, "socketpair") else _INET,
    type: int = _STREAM,
    proto: int = 0,
) -> tuple[Socket, Socket]:
    """``socketpair(2)``: two sockets connected to each other, AF_UNIX streams by default.

    A system without that call makes them by TCP.
    """
    if not hasattr(lib, "socketpair"):
        return _fallback_socketpair(family, type, proto)
    family = constants["AF_UNIX"] if family is None else family
    family, type, proto = map(c_int, (family, type, proto))
    sv = _Pair()
    cloexec = constants.get("SOCK_CLOEXEC", 0)
    lib.socketpair(family, type | cloexec, proto, pointer_to(sv))
    left, right = sv
    try:
        if not cloexec:
            system.set_inheritable(left, False)
            system.set_inheritable(right, False)
    except BaseException:
        lib.close(left)
        lib.close(right)
        raise
    make = partial(public().socket, family, type, proto)
    try:
        one: Socket = adopt(left, make)
    except BaseException:
        lib.close(right)
        raise
    try:
        return one, adopt(right, make)
    except BaseException:
        one.close()
        raise


def _fallback_socketpair(
    family: int | None = _INET, type: int = _STREAM, proto: int = 0
) -> tuple[Socket, Socket]:
    """A pair from a TCP connection to oneself, for systems without ``socketpair(2)``."""
    module = public()
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
    module = public()
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
    module = public()
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
    module = public()
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


def send_fds(
    sock: Socket,
    buffers: Iterable[ReadableBuffer],
    fds: Iterable[int],
    flags: int = 0,
    address: Address | None = None,
) -> int:
    """``sendmsg(2)`` with SCM_RIGHTS: send data, and descriptors along with it."""
    from array import array  # here, as to load it takes 0.2 ms

    rights = constants["SOL_SOCKET"], constants["SCM_RIGHTS"]
    return sock.sendmsg(buffers, [(*rights, array("i", fds))], flags, address)


def recv_fds(
    sock: Socket, bufsize: int, maxfds: int, flags: int = 0
) -> tuple[bytes, list[int], int, RetAddress]:
    """``recvmsg(2)`` with SCM_RIGHTS: ``(data, descriptors, msg_flags, address)``."""
    from array import array

    fds = array("i")
    data, ancdata, msg_flags, address = sock.recvmsg(
        bufsize, CMSG_LEN(maxfds * fds.itemsize), flags
    )
    for level, kind, payload in ancdata:
        if (level, kind) == (constants["SOL_SOCKET"], constants["SCM_RIGHTS"]):
            # A truncated message may end within a descriptor.
            fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
    return data, list(fds), msg_flags, address
