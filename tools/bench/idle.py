"""Descriptors of sockets on which nothing happens, for all implementations together.

Each wraps them in objects of its own: few systems let a process open twice 10,000.
"""

from __future__ import annotations

import socket

_sockets: list[socket.socket] = []


def descriptors(count: int) -> list[int]:
    """The first ``count`` of them."""
    while len(_sockets) < count:
        _sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    return [sock.fileno() for sock in _sockets[:count]]


def close() -> None:
    """Close them all."""
    while _sockets:
        _sockets.pop().close()
