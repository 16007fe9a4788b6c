"""Protocols of AF_INET and AF_INET6 that not every kernel has: SCTP, DCCP, UDPLITE, MPTCP."""

import struct
from errno import ENOPROTOOPT

import pytest

import pysock
from pysock import CMSG_SPACE, SOCK_DCCP, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM

from .kernel import Module, Sockets, both_ways, converse, give_up

hosts = pytest.mark.parametrize(
    ("family", "host"), [("AF_INET", "127.0.0.1"), ("AF_INET6", "::1")], ids=["IPv4", "IPv6"]
)


@both_ways
@hosts
@pytest.mark.parametrize("name", ["SCTP", "MPTCP"])
def test_streams(
    sockets: Sockets, here: Module, there: Module, family: str, host: str, name: str
) -> None:
    proto = getattr(pysock, f"IPPROTO_{name}")
    listener = sockets(here, family, SOCK_STREAM, proto)
    listener.bind((host, 0))
    listener.listen()
    client = sockets(there, family, SOCK_STREAM, proto)
    accepted, peer = sockets.connect(client, listener, listener.getsockname())
    assert (client.proto, accepted.proto) == (proto, proto)
    assert client.getpeername() == listener.getsockname()
    assert accepted.getpeername() == peer == client.getsockname()
    converse(client, accepted)


# linux/sctp.h.  struct sctp_sndinfo: stream, flags, the program's number for what it is, the
# program's context, association; struct sctp_rcvinfo: stream, number in it, flags, the
# program's number, two of the transmission, context, association.
SNDINFO, RCVINFO, RECVRCVINFO = 2, 3, 32
SEND, RECEIVE = struct.Struct("=HHIIi"), struct.Struct("=HHHxx4Ii")


@both_ways
@hosts
def test_sctp_messages(
    sockets: Sockets, here: Module, there: Module, family: str, host: str
) -> None:
    """One socket for many associations; control messages tell of the streams within them."""
    proto = pysock.IPPROTO_SCTP
    one, other = (sockets(m, family, SOCK_SEQPACKET, proto) for m in (here, there))
    for sock in one, other:
        sock.bind((host, 0))
        sock.setsockopt(proto, RECVRCVINFO, 1)
        sock.listen()

    def told(kind: int, data: bytes) -> list[tuple[int, int, bytes]]:
        return [(proto, kind, data)]

    label = socket_order(0x1234)
    sent = one.sendmsg(
        [b"on stream ", b"3"], told(SNDINFO, SEND.pack(3, 0, label, 0, 0)), 0, other.getsockname()
    )
    assert sent == 11
    data, ancdata, flags, sender = other.recvmsg(100, CMSG_SPACE(RECEIVE.size))
    assert (data, sender) == (b"on stream 3", one.getsockname())
    assert flags & pysock.MSG_EOR
    [(level, kind, info)] = ancdata
    stream, _, _, received, _, _, _, association = RECEIVE.unpack(info)
    assert (level, kind, stream, received) == (proto, RCVINFO, 3, label)

    # Back by the association alone, which stands for the address.
    other.sendmsg([b"and back"], told(SNDINFO, SEND.pack(1, 0, 0, 0, association)))
    data, ancdata, _, sender = one.recvmsg(100, CMSG_SPACE(RECEIVE.size))
    assert (data, sender) == (b"and back", other.getsockname())
    assert RECEIVE.unpack(ancdata[0][2])[0] == 1


def socket_order(number: int) -> int:
    """The program's own number travels as it is: it has to bring it into network order itself."""
    return pysock.htonl(number)


SERVICE = 2  # linux/dccp.h: DCCP_SOCKOPT_SERVICE, what the connection is for


@both_ways
@hosts
def test_dccp(sockets: Sockets, here: Module, there: Module, family: str, host: str) -> None:
    """Connections of datagrams."""
    listener, client = (
        sockets(module, family, SOCK_DCCP, pysock.IPPROTO_DCCP) for module in (here, there)
    )
    for sock in listener, client:
        sock.setsockopt(pysock.SOL_DCCP, SERVICE, b"demo")
    listener.bind((host, 0))
    listener.listen(1)
    accepted, peer = sockets.connect(client, listener, listener.getsockname())
    assert peer == client.getsockname()
    converse(client, accepted)


@both_ways
@hosts
def test_udplite(sockets: Sockets, here: Module, there: Module, family: str, host: str) -> None:
    """Datagrams of which only the first bytes are protected by a checksum."""
    proto = pysock.IPPROTO_UDPLITE
    one, other = (sockets(m, family, SOCK_DGRAM, proto) for m in (here, there))
    other.bind((host, 0))
    try:
        one.setsockopt(proto, pysock.UDPLITE_SEND_CSCOV, 8)
    except OSError as error:
        if error.errno != ENOPROTOOPT:
            raise
        give_up("no options of UDPLITE are passed on here")  # an emulator of a processor
    other.setsockopt(proto, pysock.UDPLITE_RECV_CSCOV, 8)
    assert one.getsockopt(proto, pysock.UDPLITE_SEND_CSCOV) == 8
    one.sendto(b"almost unprotected", other.getsockname())
    data, sender = other.recvfrom(100)
    assert (data, sender[:2]) == (b"almost unprotected", (host, one.getsockname()[1]))
    other.sendto(b"and back", sender)
    assert one.recv(100) == b"and back"
