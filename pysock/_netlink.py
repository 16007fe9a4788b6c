"""Linux' netlink(7): a request for a list, and the messages and attributes of its answer.

Each message has a header, a struct, and attributes, all of them padded to 4 bytes:

    | nlmsghdr | ifaddrmsg | nlattr | data | pad | nlattr | data …
"""

from __future__ import annotations

import os
from itertools import count

from ._going_on import begin, end
from ._host import abi, constants
from ._records import Record, known
from ._socket import Socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

AVAILABLE = "AF_NETLINK" in constants and known("nlmsghdr") and known("nlattr")

_AT_ONCE = 1 << 18  # bytes; the kernel fills 32 KiB
_AGAIN = 10  # times a list is asked for again that has changed meanwhile
_TYPE = 0x3FFF  # of an attribute's type, without the flags in it
_sequence = count(1)

if AVAILABLE:
    _nlmsghdr, _nlattr = Record("nlmsghdr"), Record("nlattr")


class _Asking:
    """A call that asks the kernel, in the process that has begun it.

    A child that is forked meanwhile closes its socket, and so asks anew.  Of one socket each would
    get some of the answers, and wait for the others for ever.
    """

    sock: Socket | None = None

    def __init__(self) -> None:
        self.process = os.getpid()

    def after_fork(self) -> None:
        if self.sock is not None:
            self.sock.close()

    def is_ours(self) -> bool:
        """Whether this process has begun the call."""
        return self.process == os.getpid()


def dumps(protocol: int, *requests: tuple[int, bytes]) -> list[list[bytes]]:
    """Of each request for a list, its type and its body: the bodies of all messages that answer.

    ``protocol`` is one of the kernel's subsystems, NETLINK_ROUTE and so on.  OSError.
    """
    while True:
        call = _Asking()
        begin(call)
        try:
            with Socket(constants["AF_NETLINK"], constants["SOCK_RAW"], protocol) as sock:
                call.sock = sock
                if call.is_ours():
                    return [_dump(sock, *each) for each in requests]
        except OSError:
            if call.is_ours():
                raise
        finally:
            end(call)


def _dump(sock: Socket, request: int, body: bytes) -> list[bytes]:
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


def _dump_once(sock: Socket, request: int, body: bytes) -> tuple[list[bytes], bool]:
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
