"""The TCP sockets of the host, by NETLINK_SOCK_DIAG of Linux (``sock_diag(7)``).

A request is an ``inet_diag_req_v2``; of each socket there is an ``inet_diag_msg``, and attributes.
"""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass, replace
from ipaddress import ip_address

from . import _layouts
from ._host import abi, constants
from ._netlink import attributes, dumps, message, messages
from ._records import Record
from ._tcp_fields import STATES, Info, State, decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class Connection:
    """A TCP socket of the host.

    ``receive_queue``, ``send_queue``  bytes; of a listening socket, its queue and its limit
    ``uid``, ``inode``                 0 once the socket is closed (TIME_WAIT)
    ``descriptor``                     in the process that was asked for, else None
    ``info``, ``congestion``           None where the kernel tells none (TIME_WAIT)
    """

    state: State
    local: tuple[str, int]
    peer: tuple[str, int]
    receive_queue: int
    send_queue: int
    uid: int
    inode: int
    interface: int
    info: Info | None = None
    congestion: str | None = None
    descriptor: int | None = None


_TCP_INFO = _layouts.layouts(abi.name)["structs"].get("tcp_info")


def inodes(pid: int) -> dict[int, int]:
    """The inodes of the sockets of a process, and a descriptor of each, from /proc; OSError."""
    found: dict[int, int] = {}
    folder = f"/proc/{int(pid)}/fd"
    for name in os.listdir(folder):
        try:
            target = os.readlink(f"{folder}/{name}")
        except FileNotFoundError:  # closed meanwhile
            continue
        match = re.fullmatch(r"socket:\[(\d+)\]", target)
        if match:
            found.setdefault(int(match[1]), int(name))
    return found


def sockets(
    pid: int | None = None, *, states: Collection[State] | None = None
) -> list[Connection]:
    """NETLINK_SOCK_DIAG: the TCP sockets of this network namespace, or those of one process.

    ``states`` chooses among them.  Does not block.  Raises OSError: EOPNOTSUPP on systems without
    it; of a process that there is not, or whose descriptors are not ours to see, ENOENT or EACCES.
    """
    if "SOCK_DIAG_BY_FAMILY" not in constants:
        raise OSError(errno.EOPNOTSUPP, "this system has no NETLINK_SOCK_DIAG")
    if not (pid is None or type(pid) is int):
        raise TypeError(f"expected the number of a process, not {type(pid).__name__}")
    if states is not None and not all([isinstance(each, State) for each in states]):
        raise TypeError(f"expected states as members of State, not {states!r}")
    own = None if pid is None else inodes(pid)
    mask = 0
    for number, state in STATES["linux"].items():
        if states is None or state in states:
            mask |= 1 << number
    raws = [
        raw
        for family in ("AF_INET", "AF_INET6")
        for raw in _answers(constants[family], mask)
    ]
    if own is None:
        return [*map(_connection, raws)]
    inode = Record("inet_diag_msg").fields["idiag_inode"][0]
    places = [own.get(int.from_bytes(raw[inode : inode + 4], abi.order)) for raw in raws]
    return [
        replace(_connection(raw), descriptor=fd)
        for raw, fd in zip(raws, places)
        if fd is not None
    ]


def _answers(family: int, mask: int) -> list[bytes]:
    """Each answer to a request for the sockets of a family, from inet_diag_msg on."""
    request = Record("inet_diag_req_v2").pack(
        sdiag_family=family,
        sdiag_protocol=constants["IPPROTO_TCP"],
        idiag_ext=1 << constants["INET_DIAG_INFO"] - 1 | 1 << constants["INET_DIAG_CONG"] - 1,
        idiag_states=mask,
    )
    [answer] = dumps(constants["NETLINK_SOCK_DIAG"], (constants["SOCK_DIAG_BY_FAMILY"], request))
    return answer


# --- one connection -------------------------------------------------------------------


def request_of(local: bytes, peer: bytes) -> bytes:
    """The request for one connection, by the socket addresses of its ends (both of one family)."""
    six = len(local) >= 24
    host = slice(8, 24) if six else slice(4, 8)
    ends = Record("inet_diag_sockid").pack(
        idiag_sport=local[2:4], idiag_dport=peer[2:4],
        idiag_src=local[host], idiag_dst=peer[host],
        idiag_cookie=b"\xff" * 8,  # any
    )  # fmt: skip
    body = Record("inet_diag_req_v2").pack(
        sdiag_family=constants["AF_INET6" if six else "AF_INET"],
        sdiag_protocol=constants["IPPROTO_TCP"],
        idiag_states=0xFFFFFFFF,
        id=ends,
    )
    return message(constants["SOCK_DIAG_BY_FAMILY"], body, 1)


def state_in(answer: bytes) -> State:
    """The state in what the kernel answers to that; CLOSED if there is no such connection.

    For one that is gone the kernel names the socket that listens at its port.
    """
    state = State.CLOSED
    for kind, _, _, body in messages(answer):
        if kind == constants["SOCK_DIAG_BY_FAMILY"]:
            number = Record("inet_diag_msg").number(body, "idiag_state")
            state = STATES["linux"].get(number, state)
    return State.CLOSED if state is State.LISTEN else state


def _connection(raw: bytes) -> Connection:
    message, inside = Record("inet_diag_msg"), Record("inet_diag_sockid")
    at = message.fields["id"][0]
    found = attributes(raw, message.size)
    told = found.get(constants["INET_DIAG_INFO"])
    name = found.get(constants["INET_DIAG_CONG"])
    return Connection(
        state=STATES["linux"][message.number(raw, "idiag_state")],
        local=_address(raw, "idiag_src", "idiag_sport"),
        peer=_address(raw, "idiag_dst", "idiag_dport"),
        receive_queue=message.number(raw, "idiag_rqueue"),
        send_queue=message.number(raw, "idiag_wqueue"),
        uid=message.number(raw, "idiag_uid"),
        inode=message.number(raw, "idiag_inode"),
        interface=inside.number(raw, "idiag_if", at),
        info=None if told is None else decode("linux", _TCP_INFO, abi.order, told),
        congestion=None if name is None else name.partition(b"\0")[0].decode(),
    )


def _address(raw: bytes, host: str, port: str) -> tuple[str, int]:
    message, inside = Record("inet_diag_msg"), Record("inet_diag_sockid")
    at = message.fields["id"][0]
    four = message.number(raw, "idiag_family") == constants["AF_INET"]
    octets = inside.bytes_of(raw, host, at)[: 4 if four else 16]
    return str(ip_address(octets)), int.from_bytes(inside.bytes_of(raw, port, at), "big")
