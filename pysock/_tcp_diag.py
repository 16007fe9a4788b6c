"""The TCP sockets of the host, by NETLINK_SOCK_DIAG of Linux (``sock_diag(7)``).

A request is ``nlmsghdr | inet_diag_req_v2``.  The answer is a message for each socket,
``nlmsghdr | inet_diag_msg | attributes``, and one of type NLMSG_DONE; an attribute is
``nla_len nla_type value``, padded to 4 bytes.
"""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass, replace
from ipaddress import ip_address

from . import _layouts
from ._ffi.errors import from_errno
from ._host import abi, constants
from ._socket import Socket
from ._tcp_fields import STATES, Info, State, decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any


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


_structs: dict[str, Any] = _layouts.layouts(abi.name)["structs"]
_HEADER, _ALIGN = 16, 4


def inodes(pid: int) -> dict[int, int]:
    """The inodes of the sockets of a process, and a descriptor of each; OSError."""
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

    ``states`` chooses among them.  Raises OSError: EOPNOTSUPP on systems without it; of a process
    that there is not, or whose descriptors are not ours to see, ENOENT or EACCES.
    """
    if "SOCK_DIAG_BY_FAMILY" not in constants:
        raise OSError(errno.EOPNOTSUPP, "this system has no NETLINK_SOCK_DIAG")
    own = None if pid is None else inodes(pid)
    mask = 0
    for number, state in STATES["linux"].items():
        if states is None or state in states:
            mask |= 1 << number
    found: list[Connection] = []
    for family in ("AF_INET", "AF_INET6"):
        found += map(_connection, _answers(constants[family], mask))
    if own is None:
        return found
    return [replace(s, descriptor=own[s.inode]) for s in found if s.inode in own]


def _answers(family: int, mask: int) -> Iterator[bytes]:
    """Each answer to a request for the sockets of a family, from inet_diag_msg on."""
    order = abi.order
    extensions = 1 << constants["INET_DIAG_INFO"] - 1 | 1 << constants["INET_DIAG_CONG"] - 1
    body = bytes((family, constants["IPPROTO_TCP"], extensions, 0)) + mask.to_bytes(4, order)
    body += bytes(_structs["inet_diag_req_v2"]["size"] - len(body))
    flags = constants["NLM_F_REQUEST"] | constants["NLM_F_DUMP"]
    head = (_HEADER + len(body)).to_bytes(4, order)
    head += constants["SOCK_DIAG_BY_FAMILY"].to_bytes(2, order) + flags.to_bytes(2, order)
    kind = constants["SOCK_RAW"]
    with Socket(constants["AF_NETLINK"], kind, constants["NETLINK_SOCK_DIAG"]) as sock:
        sock.sendall(head + bytes(8) + body)
        while True:
            data = sock.recv(1 << 16)
            while data:
                size = int.from_bytes(data[:4], order)
                kind = int.from_bytes(data[4:6], order)
                if kind == constants["NLMSG_DONE"] or size < _HEADER:
                    return
                if kind == constants["NLMSG_ERROR"]:
                    raise from_errno(-int.from_bytes(data[16:20], order, signed=True))
                yield data[_HEADER:size]
                data = data[-(-size // _ALIGN) * _ALIGN :]


def _connection(raw: bytes) -> Connection:
    message, inside = _structs["inet_diag_msg"], _structs["inet_diag_sockid"]
    at = message["fields"]["id"][0]

    def number(name: str) -> int:
        start, size = message["fields"][name]
        return int.from_bytes(raw[start : start + size], abi.order)

    def piece(name: str) -> bytes:
        start, size = inside["fields"][name]
        return raw[at + start : at + start + size]

    def address(host: str, port: str) -> tuple[str, int]:
        octets = piece(host)[: 4 if number("idiag_family") == constants["AF_INET"] else 16]
        return str(ip_address(octets)), int.from_bytes(piece(port), "big")

    attributes = dict(_attributes(raw[message["size"] :]))
    told = attributes.get(constants["INET_DIAG_INFO"])
    name = attributes.get(constants["INET_DIAG_CONG"])
    return Connection(
        state=STATES["linux"][number("idiag_state")],
        local=address("idiag_src", "idiag_sport"),
        peer=address("idiag_dst", "idiag_dport"),
        receive_queue=number("idiag_rqueue"),
        send_queue=number("idiag_wqueue"),
        uid=number("idiag_uid"),
        inode=number("idiag_inode"),
        interface=int.from_bytes(piece("idiag_if"), abi.order),
        info=None if told is None else decode("linux", _structs["tcp_info"], abi.order, told),
        congestion=None if name is None else name.partition(b"\0")[0].decode(),
    )


def _attributes(raw: bytes) -> Iterator[tuple[int, bytes]]:
    while len(raw) >= 4:
        size = int.from_bytes(raw[:2], abi.order)
        if size < 4:
            return
        yield int.from_bytes(raw[2:4], abi.order), raw[4:size]
        raw = raw[-(-size // _ALIGN) * _ALIGN :]
