"""Control messages as values: ``decode`` what recvmsg(2) brought, ``encode`` what sendmsg(2) takes.

Python knows a control message as ``(level, type, bytes)``.  Here each kind is a frozen dataclass,
and ``enable`` sets the option that makes the kernel send it.  All functions take any socket, the
standard library's included.

>>> import os, pysock
>>> a, b = pysock.socketpair()
>>> with a, b:
...     if supported(Credentials):
...         enable(b, Credentials)
...         _ = a.send(b"x")
...         data, [credentials], flags, address = receive(b, 10)
...         assert credentials.uid == os.getuid()
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from errno import EMSGSIZE, ENOPROTOOPT

from .. import _beyond, families
from .._calls import msghdr
from .._calls.cmsg import SOCKLEN_MAX
from .._calls.descriptor import Owned, close_all, emptied
from .._calls.rights import PIDFD, descriptors_in
from .._calls.transfer import as_written
from .._ffi.arguments import c_int, c_ssize_t
from .._host import constants
from .._platform import target as host_target
from .._socket import Socket
from ._message import ControlMessage, Platform
from .ip import (
    DestinationOptions,
    HopByHopOptions,
    HopLimit,
    IPOptions,
    OriginalDestination,
    PacketInfo,
    RoutingHeader,
    TrafficClass,
)
from .local import Credentials, PidFD, Rights, _Owner
from .queue import DropCount, ErrorQueue, SegmentSize, Timestamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NamedTuple, Union

    AncData = Iterable[tuple[int, int, bytes]]
    Value = Union[ControlMessage, tuple[int, int, bytes]]
else:
    from typing import NamedTuple

__all__ = [
    "ControlMessage", "Credentials", "DestinationOptions", "DropCount", "ErrorQueue",
    "HopByHopOptions", "HopLimit", "IPOptions", "OriginalDestination", "PacketInfo", "PidFD",
    "Platform", "Received", "Rights", "RoutingHeader", "SegmentSize", "Timestamp", "TrafficClass",
    "Truncated", "Unknown", "decode", "disable", "enable", "encode", "receive", "register",
    "supported",
]  # fmt: skip

_classes: list[type[ControlMessage]] = [
    *(Rights, Credentials, PidFD, PacketInfo, HopLimit, TrafficClass, Timestamp, ErrorQueue),
    *(OriginalDestination, DropCount, SegmentSize, IPOptions),
    *(HopByHopOptions, DestinationOptions, RoutingHeader),
]
_platforms: dict[str, Platform] = {}
_readers: dict[str, dict[tuple[int, int], type[ControlMessage]]] = {}


@dataclass(frozen=True)
class Unknown(ControlMessage):
    """A message that no class reads: as recvmsg gives it."""

    level: int
    type: int
    data: bytes

    def encode(self, platform: Platform) -> tuple[int, int, bytes]:
        return self.level, self.type, self.data


class Truncated(OSError):
    """Control messages were lost, since there was no room (or no descriptor) for all of them.

    The descriptors among them are closed.  ``values`` are the other messages that came whole, and
    ``data`` is what ``receive`` had received with them.
    """

    values: list[ControlMessage]
    data: bytes = b""


class Received(NamedTuple):
    """What ``receive`` returns: as ``recvmsg``'s answer, with values."""

    data: bytes
    values: list[ControlMessage]
    flags: int
    address: Any


def register(cls: type[ControlMessage]) -> type[ControlMessage]:
    """Let ``cls`` read its messages from now on, in the place of the class that did; a decorator.

    Makes no call.  Raises TypeError for what is no subclass of ControlMessage.
    """
    if not (isinstance(cls, type) and issubclass(cls, ControlMessage)):
        raise TypeError(f"expected a subclass of ControlMessage, not {cls!r}")
    _classes.append(cls)
    _readers.clear()
    return cls


def supported(cls: type[ControlMessage], *, platform: str = host_target) -> bool:
    """Whether a platform has such messages.  Its kernel may be older than its headers.

    Makes no call, and raises ValueError for an unknown platform.
    """
    return cls in _reading(_platform(platform)).values()


def decode(
    ancdata: AncData, msg_flags: int = 0, *, platform: str = host_target
) -> list[ControlMessage]:
    """The values of what ``recvmsg`` has brought: its ``ancdata`` and its ``msg_flags``.

    Does not block.  Raises Truncated if the flags say that messages were lost, and ValueError for
    a message that is too short; in both cases all descriptors that came are closed.
    """
    where = _platform(platform)
    messages = [_message(each) for each in ancdata]
    owned = Owned(_descriptors(messages) if where.is_host else ())
    return _decode(messages, msg_flags, where, owned)


def _message(given: Any) -> tuple[int, int, bytes]:
    if not (isinstance(given, tuple) and len(given) == 3 and isinstance(given[2], bytes)):
        raise TypeError(f"expected control messages (level, type, bytes), not {given!r}")
    return given


def _descriptors(messages: list[tuple[int, int, bytes]]) -> list[int]:
    """Those of SCM_RIGHTS, and then those of SCM_PIDFD, as ``_calls.msghdr`` claims them."""
    return descriptors_in(messages) + descriptors_in(messages, (PIDFD,))


def _decode(
    messages: list[tuple[int, int, bytes]], msg_flags: int, where: Platform, owned: list[int]
) -> list[ControlMessage]:
    """The values of messages, of which those that own descriptors take them out of ``owned``."""
    values: list[ControlMessage] = []
    lost = bool(msg_flags & where.constants.get("MSG_CTRUNC", 0))
    try:
        _decode_all(values, messages, where, lost, owned)
        if lost:
            raise _truncated(values)
        if where.is_host:
            _hand_over(values, owned)
            emptied(owned)
    except BaseException:
        close_all(owned)
        for value in values:
            if isinstance(value, _Owner):
                value.close()
        raise
    return values


def _truncated(values: list[ControlMessage]) -> Truncated:
    """The error; a variable of the function that raises it would be a cycle with its traceback."""
    text = "control messages were lost: there was no room, or no descriptor, for them"
    error = Truncated(EMSGSIZE, text)
    error.values = [value for value in values if not isinstance(value, _Owner)]
    return error


def _decode_all(
    values: list[ControlMessage],
    messages: list[tuple[int, int, bytes]],
    where: Platform,
    lost: bool,
    owned: list[int],
) -> None:
    classes = _reading(where)
    for level, kind, data in messages:
        cls = classes.get((level, kind), Unknown)
        if cls is Unknown:
            values.append(Unknown(level, kind, data))
        elif issubclass(cls, _Owner):
            if lost:  # the last descriptor may be cut, too
                data = data[: len(data) // 4 * 4]
            values.append(cls.decode(where, level, kind, data))
        else:
            for fd in _descriptors([(level, kind, data)]) if owned else ():
                owned.remove(fd)  # a class of the program's own has to close it
            values.append(cls.decode(where, level, kind, data))


def _hand_over(values: list[ControlMessage], owned: list[int]) -> None:
    for fd in owned:
        if fd >= 0:
            os.set_inheritable(fd, False)
    owners = [value for value in values if isinstance(value, _Owner)]
    for value in sorted(owners, key=_is_pidfd):
        value._adopt(owned)


def _is_pidfd(value: ControlMessage) -> bool:
    return isinstance(value, PidFD)


def encode(
    values: Iterable[Value], *, platform: str = host_target
) -> list[tuple[int, int, bytes]]:
    """What ``sendmsg`` takes as ``ancdata``.  A tuple stays as it is.

    Does not block.  Raises OSError (ENOPROTOOPT) for what a platform lacks or only receives,
    TypeError for what is no value, ValueError for numbers out of range.
    """
    where = _platform(platform)
    made = []
    for value in values:
        if isinstance(value, ControlMessage):
            made.append(value.encode(where))
        elif isinstance(value, tuple):
            made.append(value)
        else:
            raise TypeError(f"expected a control message, not {type(value).__name__}")
    return made


def receive(sock: Any, bufsize: int, ancbufsize: int = 1024, flags: int = 0) -> Received:
    """``recvmsg`` of a socket of any module, with its control messages as values.

    Descriptors that come are not inherited by child processes.  Blocks as ``sock.recvmsg`` does.
    Raises what it raises, and what ``decode`` raises.
    """
    _beyond.needs(sock, "recvmsg")
    flags = c_int(flags)
    hidden = constants.get("MSG_CMSG_CLOEXEC", 0)
    hidden ^= hidden & flags  # the kernel gives back what nobody has asked for
    flags |= hidden
    # What a socket of pysock's receives is owned before an exception can arrive.
    own = getattr(type(sock), "recvmsg", None) is Socket.recvmsg
    if own:
        bufsize, ancbufsize = c_ssize_t(bufsize), c_ssize_t(ancbufsize)
        own = bufsize >= 0 and 0 <= ancbufsize <= SOCKLEN_MAX
    data, ancdata, msg_flags, address, owned = (_receive_owned if own else _receive)(
        sock, bufsize, ancbufsize, flags
    )
    try:
        values = _decode(ancdata, msg_flags, _platform(host_target), owned)
    except Truncated as error:
        error.data = data
        raise
    return Received(data, values, msg_flags & ~hidden, address)


def _receive(sock: Any, bufsize: int, ancbufsize: int, flags: int) -> tuple[Any, ...]:
    data, ancdata, msg_flags, address = sock.recvmsg(bufsize, ancbufsize, flags)
    return data, ancdata, msg_flags, address, Owned(_descriptors(ancdata))


def _receive_owned(sock: Any, bufsize: int, ancbufsize: int, flags: int) -> tuple[Any, ...]:
    """As ``Message.recvmsg``; the descriptors that came are in the list at the end."""
    owned = Owned()
    received = msghdr.receive(sock, bufsize, ancbufsize, flags, owned)
    data = as_written(sock, received.data, flags)
    address = families.unpack_for(sock._sock_proto_, received.sockaddr)
    return data, received.ancdata, received.msg_flags, address, owned


def enable(sock: Any, *kinds: type[ControlMessage], value: int = True) -> None:
    """``setsockopt(2)``: let the kernel send messages of these classes with what ``sock`` receives.

    An AF_INET6 socket is also asked for those of IPv4's packets, where the system knows that.
    ``value`` is 1, 0, or for Timestamp flags of SO_TIMESTAMPING.  Does not block.  Raises OSError,
    which names the option: ENOPROTOOPT if this system has none.
    """
    target = _beyond.handle(sock)
    where = _platform(host_target)
    given = int(value) if isinstance(value, bool) else value
    number = _beyond.in_range(given, 0x7FFFFFFF, "a value")
    names = {constants[n]: n for n in ("AF_INET", "AF_INET6", "AF_UNIX") if n in constants}
    family = names.get(_beyond.family_of(sock), "AF_UNSPEC")
    for cls in kinds:
        if not (isinstance(cls, type) and issubclass(cls, ControlMessage)):
            raise TypeError(f"expected classes of control messages, not {cls!r}")
        rows = cls.options
        if cls is Timestamp and number > 1:
            rows = (("AF_UNSPEC", "SOL_SOCKET", "SO_TIMESTAMPING"),)
        chosen = _option(rows, family) or _option(rows, "AF_UNSPEC")
        if chosen is None:
            what = f"{where.name} has no option for {cls.__name__} on a socket of {family}"
            raise OSError(ENOPROTOOPT, what)
        level, option = chosen
        packed = cls.option_value(where, option, number)
        _beyond.setsockopt(target, constants[level], option, packed)
        also = _option(rows, "AF_INET") if family == "AF_INET6" and _MAPPED else None
        if also:
            packed = cls.option_value(where, also[1], number)
            _beyond.setsockopt(target, constants[also[0]], also[1], packed)


# Linux alone lets a socket of IPv6 have options of IPv4, for packets from mapped addresses.
_MAPPED = host_target.startswith("linux")


def disable(sock: Any, *kinds: type[ControlMessage]) -> None:
    """``setsockopt(2)``: let the kernel send such messages no more.  Raises as ``enable`` does."""
    enable(sock, *kinds, value=False)


def _option(rows: Iterable[tuple[str, str, str]], family: str) -> tuple[str, str] | None:
    """The first option that this system has, of those for a family: its level and its name."""
    for wanted, level, option in rows:
        if wanted == family and level in constants and option in constants:
            return level, option
    return None


def _platform(name: str) -> Platform:
    found = _platforms.get(name)
    if found is None:
        found = _platforms[name] = Platform(name)
    return found


def _reading(platform: Platform) -> dict[tuple[int, int], type[ControlMessage]]:
    """Which class reads which message, by its numbers on a platform."""
    found = _readers.get(platform.name)
    if found is None:
        numbers = platform.constants
        found = {
            (numbers[level], numbers[kind]): cls
            for cls in _classes
            for level, kind in cls.messages
            if level in numbers and kind in numbers
            if all([struct in platform.structs for struct in cls.needs])
        }
        _readers[platform.name] = found
    return found
