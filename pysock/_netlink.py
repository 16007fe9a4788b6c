"""Linux' netlink(7): a request for a list, and the messages and attributes of its answer.

Each message has a header, a struct, and attributes, all of them padded to 4 bytes:

    | nlmsghdr | ifaddrmsg | nlattr | data | pad | nlattr | data …
"""

from __future__ import annotations

import os
from itertools import count

from ._host import abi, constants
from ._records import Record, known
from ._socket import Socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

AVAILABLE = "AF_NETLINK" in constants and known("nlmsghdr") and known("nlattr")

_AT_ONCE = 1 << 18  # bytes; the kernel fills 32 KiB
_AGAIN = 10  # times a list is asked for again that has changed meanwhile
_TYPE = 0x3FFF  # of an attribute's type, without the flags in it
_sequence = count(1)

if AVAILABLE:
    _nlmsghdr, _nlattr = Record("nlmsghdr"), Record("nlattr")


def open_netlink(protocol: int) -> Any:
    """A socket for one of the kernel's subsystems, NETLINK_ROUTE and so on.  OSError."""
    return Socket(constants["AF_NETLINK"], constants["SOCK_RAW"], protocol)


def dump(sock: Any, request: int, body: bytes) -> list[bytes]:
    """The bodies of all messages that answer a request for a list, which ``body`` is.  OSError."""
    for _ in range(_AGAIN):
        bodies, whole = _dump_once(sock, request, body)
        if whole:
            break
    return bodies  # of a list that never stands still, the last


def message(request: int, body: bytes, number: int, flags: int = 0) -> bytes:
    """A request: NLM_F_REQUEST and ``flags``, under a number that its answers will have."""
    header = _nlmsghdr.pack(
        nlmsg_len=_nlmsghdr.size + len(body),
        nlmsg_type=request,
        nlmsg_flags=constants["NLM_F_REQUEST"] | flags,
        nlmsg_seq=number,
    )
    return header + body


def _dump_once(sock: Any, request: int, body: bytes) -> tuple[list[bytes], bool]:
    number = next(_sequence) & 0xFFFFFFFF
    sock.send(message(request, body, number, constants["NLM_F_DUMP"]))
    bodies: list[bytes] = []
    whole = True
    while True:
        data = sock.recv(_AT_ONCE)
        for kind, bits, sequence, content in messages(data):
            if sequence != number:
                continue
            whole = whole and not bits & constants["NLM_F_DUMP_INTR"]
            ended = kind == constants["NLMSG_DONE"]
            if ended or kind == constants["NLMSG_ERROR"]:  # the end, too, may say what failed
                code = -int.from_bytes(content[:4], abi.order, signed=True)
                if code > 0 or not ended:
                    raise OSError(code, f"{os.strerror(code)} (netlink)")
                return bodies, whole
            bodies.append(content)


def messages(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """``(type, flags, sequence, body)`` of each message in a datagram."""
    at = 0
    while len(data) - at >= _nlmsghdr.size:
        length = _nlmsghdr.number(data, "nlmsg_len", at)
        if not _nlmsghdr.size <= length <= len(data) - at:
            return
        names = ("nlmsg_type", "nlmsg_flags", "nlmsg_seq")
        kind, flags, sequence = [_nlmsghdr.number(data, name, at) for name in names]
        yield kind, flags, sequence, data[at + _nlmsghdr.size : at + length]
        at += length + 3 & ~3


def attributes(body: bytes, at: int) -> dict[int, bytes]:
    """The attributes behind a struct of ``at`` bytes, by their types."""
    found = {}
    while len(body) - at >= _nlattr.size:
        length = _nlattr.number(body, "nla_len", at)
        if not _nlattr.size <= length <= len(body) - at:
            break
        kind = _nlattr.number(body, "nla_type", at) & _TYPE
        found[kind] = body[at + _nlattr.size : at + length]
        at += length + 3 & ~3
    return found
