"""The documentation's echo server and client, over each kind of socket.

They are the programs that Python's manual shows, except for two things: the kernel chooses the
port, and the server says which, so that several can run at once.
"""

from __future__ import annotations

import pysock as socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MESSAGE = b"Hello, world"

# What it is called, its family and type, and where its server listens (None: at a path).
KINDS = {
    "tcp": ("TCP over IPv4", "AF_INET", socket.SOCK_STREAM, ("127.0.0.1", 0)),
    "tcp6": ("TCP over IPv6", "AF_INET6", socket.SOCK_STREAM, ("::1", 0)),
    "unix": ("a Unix socket", "AF_UNIX", socket.SOCK_STREAM, None),
    "udp": ("UDP over IPv4", "AF_INET", socket.SOCK_DGRAM, ("127.0.0.1", 0)),
}


def server(kind: str, path: str, tell: Callable[[Any], None]) -> None:
    """Send back what one client sends, until it ends the conversation."""
    _, name, type, address = KINDS[kind]
    family = getattr(socket, name)
    s = socket.socket(family, type)
    s.bind(address or path)
    if type == socket.SOCK_DGRAM:
        tell(s.getsockname())
        data, sender = s.recvfrom(1024)
        s.sendto(data, sender)
    else:
        s.listen(1)
        tell(s.getsockname())
        conn, _ = s.accept()
        while True:
            data = conn.recv(1024)
            if not data:
                break
            conn.sendall(data)
        conn.close()
    s.close()


def client(kind: str, address: Any) -> bytes:
    """Send a message, and return what comes back."""
    _, name, type, _ = KINDS[kind]
    family = getattr(socket, name)
    s = socket.socket(family, type)
    if type == socket.SOCK_DGRAM:
        s.sendto(MESSAGE, address)
        data, _ = s.recvfrom(1024)
    else:
        s.connect(address)
        s.sendall(MESSAGE)
        data = s.recv(1024)
    s.close()
    return data


def available() -> list[str]:
    """The kinds that this host has: IPv6 may be switched off, and Windows be an old one."""
    return [kind for kind in KINDS if _has(kind)]


def _has(kind: str) -> bool:
    _, family, type, address = KINDS[kind]
    if not hasattr(socket, family):
        return False
    try:
        with socket.socket(getattr(socket, family), type) as s:
            if address is not None:
                s.bind(address)
    except OSError:
        return False
    return True
