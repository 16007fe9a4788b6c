"""Families with one kind of conversation each: RDS, QIPCRTR, VSOCK, PACKET, NETLINK."""

import errno
import os
import socket
import struct
from functools import cache

import pytest

import pysock
from pysock import SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM

from .kernel import Module, Sockets, both_ways, converse, give_up, interface


@both_ways
def test_rds(sockets: Sockets, here: Module, there: Module) -> None:
    """Reliable datagrams, over TCP on the loopback interface."""
    one, other = sockets(here, "AF_RDS", SOCK_SEQPACKET), sockets(there, "AF_RDS", SOCK_SEQPACKET)
    for sock in one, other:
        sock.bind(("127.0.0.1", 0))
    assert one.sendto(b"reliably", other.getsockname()) == 8
    assert other.recvfrom(100) == (b"reliably", one.getsockname())
    assert other.sendmsg([b"and ", b"back"], [], 0, one.getsockname()) == 8
    assert one.recvmsg(100)[::3] == (b"and back", other.getsockname())


@both_ways
def test_qipcrtr(sockets: Sockets, here: Module, there: Module) -> None:
    """Qualcomm's router between processors, within one node."""
    one, other = sockets(here, "AF_QIPCRTR", SOCK_DGRAM), sockets(there, "AF_QIPCRTR", SOCK_DGRAM)
    node, _ = one.getsockname()
    for sock in one, other:
        sock.bind((node, 0))
    assert one.sendto(b"within", other.getsockname()) == 6
    assert other.recvfrom(100) == (b"within", one.getsockname())
    other.connect(one.getsockname())
    assert other.getpeername() == one.getsockname()
    other.send(b"and back")
    assert one.recv(100) == b"and back"


@both_ways
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_SEQPACKET])
def test_vsock(sockets: Sockets, here: Module, there: Module, kind: int) -> None:
    """A machine with itself."""
    listener, client = sockets(here, "AF_VSOCK", kind), sockets(there, "AF_VSOCK", kind)
    machine_must_reach_itself(kind)
    listener.bind((pysock.VMADDR_CID_ANY, pysock.VMADDR_PORT_ANY))
    listener.listen(1)
    cid, port = listener.getsockname()
    assert cid == pysock.VMADDR_CID_ANY
    accepted, peer = sockets.connect(client, listener, (pysock.VMADDR_CID_LOCAL, port))
    assert peer == (pysock.VMADDR_CID_LOCAL, client.getsockname()[1])
    assert client.getpeername() == (pysock.VMADDR_CID_LOCAL, port)
    converse(client, accepted)


@cache
def machine_must_reach_itself(kind: int) -> None:
    """VMADDR_CID_LOCAL refuses a port that nobody has; without it, such a call waits, or fails."""
    with socket.socket(socket.AF_VSOCK, kind) as probe:
        probe.settimeout(0.2)
        outcome = probe.connect_ex((pysock.VMADDR_CID_LOCAL, 1))
    if outcome != errno.ECONNRESET:
        give_up(f"no loopback in this kernel's AF_VSOCK: {os.strerror(outcome)}")


LOCAL_EXPERIMENT = 0x88B5  # an ETH_P that IEEE 802 leaves to whom it may concern


@both_ways
@pytest.mark.parametrize("kind", [SOCK_DGRAM, SOCK_RAW])
def test_packet(sockets: Sockets, here: Module, there: Module, kind: int) -> None:
    """Frames through a cable with two ends."""
    one, other = sockets(here, "AF_PACKET", kind), sockets(there, "AF_PACKET", kind)
    one.bind((interface("veth0"), LOCAL_EXPERIMENT))
    other.bind((interface("veth1"), LOCAL_EXPERIMENT))
    name, proto, _, hatype, mac = one.getsockname()
    assert (name, proto, hatype) == ("veth0", LOCAL_EXPERIMENT, 1)  # ARPHRD_ETHER
    target = other.getsockname()[4]
    data = bytes(range(46))
    header = target + mac + struct.pack(">H", LOCAL_EXPERIMENT) if kind == SOCK_RAW else b""
    one.sendto(header + data, ("veth0", LOCAL_EXPERIMENT, pysock.PACKET_HOST, hatype, target))
    sender = ("veth1", LOCAL_EXPERIMENT, pysock.PACKET_HOST, hatype, mac)
    assert other.recvfrom(100) == (header + data, sender)


@both_ways
def test_netlink(sockets: Sockets, here: Module, there: Module) -> None:
    """One program to another, by the number of its port."""
    proto = pysock.NETLINK_USERSOCK
    one = sockets(here, "AF_NETLINK", SOCK_DGRAM, proto)
    other = sockets(there, "AF_NETLINK", SOCK_DGRAM, proto)
    one.bind((0, 0))
    other.bind((os.getpid() + 2**22, 0))  # beyond any process's number, so that it is free
    assert other.getsockname() == (os.getpid() + 2**22, 0)
    message = struct.pack("=IHHII", 20, 0x10, 0, 1, 0) + b"data"
    assert one.sendto(message, other.getsockname()) == 20
    assert other.recvfrom(100) == (message, one.getsockname())
