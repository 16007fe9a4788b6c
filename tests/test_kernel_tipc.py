"""AF_TIPC on one node: services by name and by range, sockets by identity, the topology service."""

import struct

import pytest

import pysock
from pysock import (
    SOCK_DGRAM,
    SOCK_RDM,
    SOCK_SEQPACKET,
    SOCK_STREAM,
    TIPC_ADDR_ID,
    TIPC_ADDR_NAME,
    TIPC_ADDR_NAMESEQ,
)

from .kernel import Module, Sockets, both_ways, converse

SERVICE, LOWER, UPPER = 18888, 17, 20
RANGE = (TIPC_ADDR_NAMESEQ, SERVICE, LOWER, UPPER)
NAME = (TIPC_ADDR_NAME, SERVICE, LOWER + 1, 0)


@both_ways
@pytest.mark.parametrize("kind", [SOCK_DGRAM, SOCK_RDM])
def test_datagrams(sockets: Sockets, here: Module, there: Module, kind: int) -> None:
    service, client = sockets(here, "AF_TIPC", kind), sockets(there, "AF_TIPC", kind)
    service.bind(RANGE)
    assert client.sendto(b"by name", NAME) == 7
    data, sender = service.recvfrom(100)
    assert (data, sender) == (b"by name", client.getsockname())
    assert sender[0] == TIPC_ADDR_ID
    assert service.sendto(b"by identity", sender) == 11
    assert client.recvfrom(100) == (b"by identity", service.getsockname())


@both_ways
def test_a_message_to_all_of_a_range(sockets: Sockets, here: Module, there: Module) -> None:
    services = [sockets(here, "AF_TIPC", SOCK_RDM) for _ in range(2)]
    for instance, service in enumerate(services, LOWER):
        service.bind((TIPC_ADDR_NAME, SERVICE, instance, instance, pysock.TIPC_NODE_SCOPE))
    client = sockets(there, "AF_TIPC", SOCK_RDM)
    client.sendto(b"all", RANGE)
    assert [service.recv(100) for service in services] == [b"all", b"all"]


@both_ways
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_SEQPACKET])
def test_connections(sockets: Sockets, here: Module, there: Module, kind: int) -> None:
    listener, client = sockets(here, "AF_TIPC", kind), sockets(there, "AF_TIPC", kind)
    listener.bind(RANGE)
    listener.listen()
    accepted, peer = sockets.connect(client, listener, NAME)
    assert peer == client.getsockname()
    assert accepted.getpeername() == peer
    assert client.getpeername() == accepted.getsockname()
    converse(client, accepted)


@both_ways
def test_topology(sockets: Sockets, here: Module, there: Module) -> None:
    """The topology service tells ``here`` when ``there`` makes a service known."""
    observer = sockets(here, "AF_TIPC", SOCK_SEQPACKET)
    observer.connect((TIPC_ADDR_NAME, pysock.TIPC_TOP_SRV, pysock.TIPC_TOP_SRV, 0))
    # struct tipc_subscr: the range, a timeout, what to tell, and eight bytes for the program.
    subscription = struct.pack(
        "=5I8s", SERVICE, LOWER, UPPER, 0xFFFFFFFF, pysock.TIPC_SUB_SERVICE, b"pysock"
    )
    observer.send(subscription)
    service = sockets(there, "AF_TIPC", SOCK_RDM)
    service.bind(RANGE)
    event, lower, upper, reference, node, told = struct.unpack("=5I28s", observer.recv(100))
    assert (event, lower, upper) == (pysock.TIPC_PUBLISHED, LOWER, UPPER)
    assert (TIPC_ADDR_ID, node, reference) == service.getsockname()[:3]
    assert told == subscription
