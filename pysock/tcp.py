"""What the kernel knows of a TCP connection, and how it is told to keep one.

Each function takes whatever has ``fileno()``, the standard library's sockets included.  None
blocks.  What this system or kernel lacks is an OSError that names the option; ``supported`` says
beforehand.  ``sockets`` lists all TCP sockets of the host, on Linux.
"""

from __future__ import annotations

import math
from contextlib import suppress
from ctypes import byref, c_char, c_uint32
from dataclasses import dataclass

from . import _beyond, _layouts
from ._ffi.arguments import plain_index
from ._host import abi, constants, lib
from ._platform import WINDOWS
from ._socket import Socket
from ._tcp_diag import Connection, inodes, sockets
from ._tcp_fields import (
    STRUCTS,
    DarwinInfo,
    FreeBSDInfo,
    Info,
    LinuxInfo,
    NetBSDInfo,
    OpenBSDInfo,
    State,
    WindowsInfo,
    decode,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._beyond import HasFileno

__all__ = [
    "info", "keepalive", "set_keepalive", "linger", "set_linger", "user_timeout",
    "set_user_timeout", "congestion", "set_congestion", "set_fastopen",
    "set_fastopen_connect", "sockets", "inodes",
    "supported", "KeepAlive", "Connection", "State", "Info", "LinuxInfo", "DarwinInfo",
    "FreeBSDInfo", "NetBSDInfo", "OpenBSDInfo", "WindowsInfo",
]  # fmt: skip

_SYSTEM = abi.name.partition("-")[0]
_LAYOUT = _layouts.layouts(abi.name)["structs"].get(STRUCTS.get(_SYSTEM, "tcp_info"))
_TCP, _SOCKET = constants["IPPROTO_TCP"], constants["SOL_SOCKET"]


def _get(sock: HasFileno | int, level: int, name: str, size: int = 4) -> bytes:
    return _beyond.getsockopt(_beyond.handle(sock), level, name, size)


def _set(sock: HasFileno | int, level: int, name: str, value: int | bytes) -> None:
    data = value.to_bytes(4, abi.order, signed=True) if isinstance(value, int) else value
    _beyond.setsockopt(_beyond.handle(sock), level, name, data)


def _first(*names: str) -> str:
    """The first of these options that the system has; else the first, for the error."""
    return next(iter([name for name in names if name in constants]), names[0])


_IDLE = _first("TCP_KEEPIDLE", "TCP_KEEPALIVE")
_INTERVAL, _COUNT = "TCP_KEEPINTVL", "TCP_KEEPCNT"
_CONGESTION = _first("TCP_CONGESTION", "TCP_CONGCTL")
# The option, and how many of its units are a second.
_USER_TIMEOUTS = {
    "TCP_USER_TIMEOUT": 1000,
    "TCP_MAXRTMS": 1000,
    "TCP_RXT_CONNDROPTIME": 1,
    "TCP_MAXUNACKTIME": 1,
}
_USER_TIMEOUT = _first(*_USER_TIMEOUTS)


def info(sock: HasFileno | int) -> Info:
    """``getsockopt(2)`` of TCP_INFO; TCP_CONNECTION_INFO on macOS, SIO_TCP_INFO on Windows.

    All that the kernel tells of the connection, in the system's own class (``LinuxInfo``, …),
    with the units in its fields' metadata.  A field is None if the kernel is older than it.  On
    Linux, ``unacked`` and ``sacked`` of a listening socket are its queue and the queue's limit.

    Raises OSError: ENOPROTOOPT, EOPNOTSUPP for a socket that is no TCP socket; EBADF, ENOTSOCK.
    """
    size = 1024 if _LAYOUT is None else max(_LAYOUT["size"], 512)
    if WINDOWS:
        raw = _windows_info(_beyond.descriptor(sock), size)
    else:
        option = "TCP_CONNECTION_INFO" if _SYSTEM == "darwin" else "TCP_INFO"
        raw = _get(sock, _TCP, option, size)
    return decode(_SYSTEM, _LAYOUT, abi.order, raw)


def _windows_info(handle: int, size: int) -> bytes:
    version, out, returned = c_uint32(1), (c_char * size)(), c_uint32()
    try:
        lib.WSAIoctl(
            *(handle, _beyond.number_of("SIO_TCP_INFO"), byref(version), 4),
            *(byref(out), size, byref(returned), None, None),
        )
    except OSError as error:
        raise _beyond.named(error, "SIO_TCP_INFO") from None
    return out.raw[: returned.value]


# --- keep-alive ----------------------------------------------------------------------


@dataclass(frozen=True)
class KeepAlive:
    """Whether an idle connection is probed: after ``idle`` seconds, each ``interval`` seconds,
    and given up after ``count`` probes without an answer.  None is what the system does not tell.
    """

    on: bool
    idle: int | None = None
    interval: int | None = None
    count: int | None = None


def keepalive(sock: HasFileno | int) -> KeepAlive:
    """``getsockopt(2)`` of SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT; OSError."""
    on = _number(_get(sock, _SOCKET, "SO_KEEPALIVE"))
    values = [
        _number(_get(sock, _TCP, name)) if name in constants else None
        for name in (_IDLE, _INTERVAL, _COUNT)
    ]
    return KeepAlive(bool(on), *values)


def set_keepalive(
    sock: HasFileno | int,
    on: bool = True,
    *,
    idle: int | None = None,
    interval: int | None = None,
    count: int | None = None,
) -> None:
    """``setsockopt(2)`` of SO_KEEPALIVE, and of what else is given; the rest stays as it is.

    ``idle`` and ``interval`` are in seconds.  If one value is refused, none has changed.
    Raises OSError, which names the option; TypeError or ValueError for what is no count.
    """
    if not isinstance(on, int):
        raise TypeError(f"expected True or False for SO_KEEPALIVE, not {type(on).__name__}")
    given = {_IDLE: idle, _INTERVAL: interval, _COUNT: count}
    wanted = [(_TCP, name, _positive(name, v)) for name, v in given.items() if v is not None]
    wanted.append((_SOCKET, "SO_KEEPALIVE", int(bool(on))))
    before: list[tuple[int, str, int]] = []
    try:
        for level, name, value in wanted:
            # Known before it is changed, since a signal handler may raise after that.
            before.append((level, name, _number(_get(sock, level, name))))
            _set(sock, level, name, value)
    except BaseException:
        for level, name, old in before:
            with suppress(OSError):  # another thread has closed the socket
                _set(sock, level, name, old)
        raise


def _positive(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is an int above 0, not {type(value).__name__}")
    number = plain_index(value)
    if not 0 < number < 2**31:
        raise ValueError(f"{name} is an int above 0, not {value}")
    return number


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, abi.order, signed=True)


# --- other options -------------------------------------------------------------------

_LINGER = 2 if WINDOWS else 4  # bytes of each member of struct linger


def linger(sock: HasFileno | int) -> int | None:
    """``getsockopt(2)`` of SO_LINGER: the seconds, or None if it is off; OSError."""
    raw = _get(sock, _SOCKET, "SO_LINGER", 2 * _LINGER)
    on, seconds = _number(raw[:_LINGER]), _number(raw[_LINGER:])
    return seconds if on else None


def set_linger(sock: HasFileno | int, seconds: int | None) -> None:
    """``setsockopt(2)`` of SO_LINGER: how long ``close`` waits for what is not sent yet.

    None does not wait, and the kernel goes on sending; 0 resets the connection.  Raises OSError;
    TypeError and ValueError for what is no number of seconds.
    """
    off = seconds is None or (type(seconds) is int and seconds == 0)
    value = 0 if off else _positive("SO_LINGER", seconds)
    if value >= 1 << 8 * _LINGER - 1:
        raise ValueError(f"SO_LINGER is too long: {value}")
    pair = [number.to_bytes(_LINGER, abi.order) for number in (int(seconds is not None), value)]
    _set(sock, _SOCKET, "SO_LINGER", b"".join(pair))


def user_timeout(sock: HasFileno | int) -> float:
    """``getsockopt(2)``: how long sent data may stay without an answer, in seconds.

    0.0 is the system's own time.  TCP_USER_TIMEOUT on Linux, TCP_RXT_CONNDROPTIME on macOS,
    TCP_MAXUNACKTIME on FreeBSD, TCP_MAXRTMS on Windows.  Raises OSError.
    """
    raw = _get(sock, _TCP, _USER_TIMEOUT)
    return int.from_bytes(raw, abi.order) / _USER_TIMEOUTS[_USER_TIMEOUT]


def set_user_timeout(sock: HasFileno | int, seconds: float) -> None:
    """``setsockopt(2)`` of the same, rounded up to the option's unit.

    Raises OSError, TypeError, ValueError.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"{_USER_TIMEOUT} is a number of seconds, not {type(seconds).__name__}")
    if not 0 <= seconds < 2**31 / 1000:
        raise ValueError(f"{_USER_TIMEOUT} is 0 to 2147483 seconds, not {seconds}")
    value = math.ceil(seconds * _USER_TIMEOUTS[_USER_TIMEOUT])
    _set(sock, _TCP, _USER_TIMEOUT, value)


def congestion(sock: HasFileno | int) -> str:
    """``getsockopt(2)`` of TCP_CONGESTION: the algorithm's name, as "cubic"; OSError."""
    return _get(sock, _TCP, _CONGESTION, 64).partition(b"\0")[0].decode()


def set_congestion(sock: HasFileno | int, name: str) -> None:
    """``setsockopt(2)`` of TCP_CONGESTION.

    Raises OSError, which names the algorithm: ENOENT for what the kernel has not, EPERM.
    """
    if not isinstance(name, str):
        raise TypeError(f"the name of an algorithm is a str, like 'cubic', not {name!r}")
    if not name or "\0" in name:
        raise ValueError(f"the name of an algorithm is needed, like 'cubic', not {name!r}")
    _beyond.setsockopt(_beyond.handle(sock), _TCP, _CONGESTION, name.encode(), name)


def set_fastopen(sock: HasFileno | int, queue: int = 16) -> None:
    """``setsockopt(2)`` of TCP_FASTOPEN: a listening socket takes data with the SYN (RFC 7413).

    ``queue`` is how many connections may be open that way at once; 0 is off.  macOS and Windows
    know on and off alone.  Raises OSError, TypeError, ValueError.
    """
    value = 0 if type(queue) is int and queue == 0 else _positive("TCP_FASTOPEN", queue)
    plain = _SYSTEM in ("linux", "freebsd")
    _set(sock, _TCP, "TCP_FASTOPEN", value if plain else min(value, 1))


def set_fastopen_connect(sock: HasFileno | int, on: bool = True) -> None:
    """``setsockopt(2)`` of TCP_FASTOPEN_CONNECT (Linux): the first data goes with the SYN.

    ``connect`` of such a socket returns at once, if the kernel has the server's cookie, and the
    first ``send`` connects.  So an error of the connection may come from that.  Raises OSError:
    ENOPROTOOPT on other systems; EINVAL of a socket that is connected.
    """
    if not isinstance(on, int):
        raise TypeError(f"expected True or False, not {type(on).__name__}")
    _set(sock, _TCP, "TCP_FASTOPEN_CONNECT", int(bool(on)))


# --- what there is -------------------------------------------------------------------


def supported() -> frozenset[str]:
    """The functions of this module that work here, as this kernel answers now.

    It makes a socket and asks it, without blocking.  Raises OSError if there can be no TCP socket.
    """
    tries: dict[str, Callable[[Any], object]] = {
        "info": info,
        "keepalive": keepalive,
        "linger": linger,
        "user_timeout": user_timeout,
        "congestion": congestion,
    }
    found = set()
    with Socket(constants["AF_INET"], constants["SOCK_STREAM"]) as sock:
        for name, function in tries.items():
            with suppress(OSError):
                function(sock)
                found.add(name)
                if name != "info":
                    found.add(f"set_{name}")
        for name in ("fastopen", "fastopen_connect"):
            with suppress(OSError):
                _get(sock, _TCP, f"TCP_{name.upper()}")
                found.add(f"set_{name}")
    with suppress(OSError):
        sockets(states=())
        found.add("sockets")
    return frozenset(found)
