"""What nearly every Linux kernel has: routes by AF_NETLINK, frames on ``lo``, AF_VSOCK's names."""

import errno
import os
import socket
import struct
from contextlib import suppress
from typing import Any

import pytest

import pysock
from pysock import SOCK_DGRAM, SOCK_RAW, SOCK_STREAM

from .harness import on_pypy
from .kernel import Module, Sockets, both_ways, each_module, interface

# netlink(7), rtnetlink(7): a header (length, type, flags, sequence, port) before every message.
HEADER, ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=HH")
RTM_GETLINK, RTM_NEWLINK, NLMSG_DONE = 18, 16, 3
NLM_F_REQUEST, NLM_F_DUMP = 1, 0x300
IFINFOMSG = struct.Struct("=BxHiII")
IFLA_IFNAME = 3


@each_module
def test_the_kernel_lists_its_interfaces(sockets: Sockets, module: Module) -> None:
    route = sockets(module, "AF_NETLINK", SOCK_RAW, pysock.NETLINK_ROUTE)
    route.bind((0, 0))
    port, groups = route.getsockname()
    assert port and not groups
    request = HEADER.pack(
        HEADER.size + IFINFOMSG.size, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 7, 0
    )
    assert route.sendto(request + bytes(IFINFOMSG.size), (0, 0)) == 32
    found: list[tuple[int, str]] = []
    while True:
        data, ancdata, flags, sender = route.recvmsg(65536)
        assert (ancdata, flags, sender) == ([], 0, (0, 0))
        while data:
            length, kind, _, sequence, to = HEADER.unpack_from(data)
            assert (sequence, to) == (7, port)
            if kind == NLMSG_DONE:
                assert sorted(found) == sorted(pysock.if_nameindex())
                return
            assert kind == RTM_NEWLINK
            found.append(link(data[HEADER.size : length]))
            data = data[length + 3 & ~3 :]


def link(message: bytes) -> tuple[int, str]:
    """The index and the name in one message about an interface."""
    _, _, index, _, _ = IFINFOMSG.unpack_from(message)
    attributes = message[IFINFOMSG.size :]
    while attributes:
        length, kind = ATTRIBUTE.unpack_from(attributes)
        if kind == IFLA_IFNAME:
            return index, attributes[ATTRIBUTE.size : length - 1].decode()
        attributes = attributes[length + 3 & ~3 :]
    raise AssertionError("an interface without a name")


@both_ways
def test_groups(sockets: Sockets, here: Module, there: Module) -> None:
    """A message to a group: who listens to it, knows which by the sender's address."""
    proto = pysock.NETLINK_USERSOCK
    one = sockets(here, "AF_NETLINK", SOCK_RAW, proto)
    other = sockets(there, "AF_NETLINK", SOCK_RAW, proto)
    one.bind((0, 0))
    other.bind((0, 0b100))
    assert other.getsockname()[1] == 0b100
    message = HEADER.pack(HEADER.size, 0x10, 0, 1, 0)
    with pytest.raises(ConnectionRefusedError):  # the kernel, which has port 0, does not want it
        one.sendto(message, (0, 0b100))
    assert other.recvfrom(100) == (message, (one.getsockname()[0], 0b100))


LOCAL_EXPERIMENT = 0x88B6  # an ETH_P that IEEE 802 leaves to whom it may concern
ARPHRD_LOOPBACK, NOWHERE = 772, bytes(6)


def loopback(module: Module) -> Any:
    """Where to send a frame; PyPy's `socket` takes no hardware address, and sends zeros."""
    address = ("lo", LOCAL_EXPERIMENT, pysock.PACKET_HOST, ARPHRD_LOOPBACK, NOWHERE)
    return address[:2] if on_pypy and module is socket else address


@both_ways
@pytest.mark.parametrize("kind", [SOCK_DGRAM, SOCK_RAW])
def test_frames_on_loopback(sockets: Sockets, here: Module, there: Module, kind: int) -> None:
    one, other = sockets(here, "AF_PACKET", kind), sockets(there, "AF_PACKET", kind)
    other.bind((interface("lo"), LOCAL_EXPERIMENT))
    assert one.getsockname() == ("", 0, 0, 0, b"")
    assert other.getsockname() == ("lo", LOCAL_EXPERIMENT, 0, ARPHRD_LOOPBACK, NOWHERE)

    header = NOWHERE * 2 + struct.pack(">H", LOCAL_EXPERIMENT) if kind == SOCK_RAW else b""
    sender = ("lo", LOCAL_EXPERIMENT, pysock.PACKET_HOST, ARPHRD_LOOPBACK, NOWHERE)
    buffer = bytearray(100)
    for _ in range(3):
        one.sendto(header + b"frame", loopback(here))
    assert other.recvfrom(100) == (header + b"frame", sender)
    assert other.recvfrom_into(buffer) == (len(header) + 5, sender)
    assert other.recvmsg(100) == (header + b"frame", [], 0, sender)


@each_module
def test_a_frame_to_no_address(sockets: Sockets, module: Module) -> None:
    """Without a hardware address it goes to zeros.

    CPython sends none too, and leaves in its place what was in memory; but the kernel takes
    that for the destination, whatever length is said.
    """
    one = sockets(pysock, "AF_PACKET", SOCK_DGRAM)
    other = sockets(module, "AF_PACKET", SOCK_DGRAM)
    other.bind((interface("lo"), LOCAL_EXPERIMENT))
    one.sendto(b"frame", ("lo", LOCAL_EXPERIMENT))
    kind = pysock.PACKET_HOST  # and not PACKET_MULTICAST or PACKET_OTHERHOST
    sender = ("lo", LOCAL_EXPERIMENT, kind, ARPHRD_LOOPBACK, NOWHERE)
    assert other.recvfrom(100) == (b"frame", sender)


@both_ways
def test_frames_on_their_way_out(sockets: Sockets, here: Module, there: Module) -> None:
    """Who asks for every protocol sees what is sent, too."""
    every = socket.htons(pysock.ETH_P_ALL)
    watcher = sockets(here, "AF_PACKET", SOCK_DGRAM, every)
    watcher.bind((interface("lo"), pysock.ETH_P_ALL))
    sender = sockets(there, "AF_PACKET", SOCK_DGRAM)
    watcher.settimeout(2)
    seen: list[Any] = []
    for _ in range(20):
        # Whatever else passes by may have filled the watcher's buffer, so that a frame is lost.
        mark = os.urandom(16)
        sender.sendto(mark, loopback(there))
        seen.clear()
        with suppress(here.timeout):
            while len(seen) < 2:
                data, address = watcher.recvfrom(100)
                if data == mark:
                    seen.append(address[:3])
            break
    outgoing = ("lo", LOCAL_EXPERIMENT, pysock.PACKET_OUTGOING)
    assert sorted(seen) == [("lo", LOCAL_EXPERIMENT, pysock.PACKET_HOST), outgoing]


@each_module
def test_an_interface_that_is_not_there(sockets: Sockets, module: Module) -> None:
    sock = sockets(module, "AF_PACKET", SOCK_DGRAM)
    for name in "nosuch0", "", "nosuchinterface0":
        with pytest.raises(OSError, match=r"No such device|invalid interface name"):  # PyPy's
            sock.bind((name, LOCAL_EXPERIMENT))


@each_module
def test_names_of_vsock(sockets: Sockets, module: Module) -> None:
    sock = sockets(module, "AF_VSOCK", SOCK_STREAM)
    sock.bind((pysock.VMADDR_CID_ANY, pysock.VMADDR_PORT_ANY))
    cid, port = sock.getsockname()
    # Where a C long has 32 bits, the constant is -1.
    assert cid == pysock.VMADDR_CID_ANY & 0xFFFFFFFF
    assert 0 < port < pysock.VMADDR_PORT_ANY & 0xFFFFFFFF
    again = sockets(module, "AF_VSOCK", SOCK_STREAM)
    with pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE)):
        again.bind((pysock.VMADDR_CID_ANY, port))
    with pytest.raises(OSError, match=os.strerror(errno.ENOTCONN)):
        again.getpeername()
