"""AF_BLUETOOTH between two controllers on one air, and what they say about themselves."""

import struct
from typing import Any

import pytest

import pysock
from pysock import (
    BDADDR_ANY,
    BTPROTO_HCI,
    BTPROTO_L2CAP,
    BTPROTO_RFCOMM,
    BTPROTO_SCO,
    SOCK_RAW,
    SOCK_SEQPACKET,
    SOCK_STREAM,
)

from .kernel import MODULES, Module, Sockets, both_ways, converse, each_module

READ_BD_ADDR = 0x1009
COMMAND, EVENT, COMMAND_COMPLETE = 1, 4, 0x0E


def controller(sockets: Sockets, module: Module, number: int) -> Any:
    """A socket for talking to a controller; its events are let through, and no data."""
    sock = sockets(module, "AF_BLUETOOTH", SOCK_RAW, BTPROTO_HCI)
    sock.bind((number,))
    all_events = struct.pack("=3IHxx", 1 << EVENT, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    sock.setsockopt(pysock.SOL_HCI, pysock.HCI_FILTER, all_events)
    return sock


def completed(sock: Any, opcode: int) -> bytes:
    """What the controller answers to a command."""
    while True:
        event: bytes = sock.recv(300)
        kind, code, _, _, answered = struct.unpack_from("<4BH", event)
        if (kind, code, answered) == (EVENT, COMMAND_COMPLETE, opcode):
            return event[6:]


def ask_address(sock: Any) -> None:
    sock.send(struct.pack("<BHB", COMMAND, READ_BD_ADDR, 0))


def device(sockets: Sockets, number: int) -> str:
    """The address of a controller."""
    sock = controller(sockets, pysock, number)
    ask_address(sock)
    return ":".join(f"{octet:02X}" for octet in completed(sock, READ_BD_ADDR)[6:0:-1])


@both_ways
def test_controllers(sockets: Sockets, here: Module, there: Module) -> None:
    """What one asks the controller, both hear the answer to."""
    one, other = controller(sockets, here, 0), controller(sockets, there, 0)
    ask_address(one)
    assert completed(one, READ_BD_ADDR) == completed(other, READ_BD_ADDR)
    assert one.getsockname() == other.getsockname() == 0


def test_a_controller_by_its_number_alone(sockets: Sockets) -> None:
    sock = sockets(pysock, "AF_BLUETOOTH", SOCK_RAW, BTPROTO_HCI)
    sock.bind(1)
    assert sock.getsockname() == 1


def test_the_managers_channel(sockets: Sockets) -> None:
    """Of another channel than the raw one, `socket` has known since Python 3.14 only."""
    manager = sockets(pysock, "AF_BLUETOOTH", SOCK_RAW, BTPROTO_HCI)
    manager.bind((pysock.HCI_DEV_NONE, pysock.HCI_CHANNEL_CONTROL))
    manager.send(struct.pack("<3H", 1, pysock.HCI_DEV_NONE, 0))  # Read Management Version
    event, index, _, opcode, status = struct.unpack_from("<4HB", manager.recv(100))
    assert (event, index, opcode, status) == (1, pysock.HCI_DEV_NONE, 1, 0)


@both_ways
@pytest.mark.parametrize(
    ("kind", "proto", "number"),
    [(SOCK_SEQPACKET, BTPROTO_L2CAP, 0x1001), (SOCK_STREAM, BTPROTO_RFCOMM, 5)],
    ids=["L2CAP", "RFCOMM"],
)
def test_connections(
    sockets: Sockets, here: Module, there: Module, kind: int, proto: int, number: int
) -> None:
    first, second = device(sockets, 0), device(sockets, 1)
    listener = sockets(here, "AF_BLUETOOTH", kind, proto)
    listener.bind((first, number))
    listener.listen(1)
    client = sockets(there, "AF_BLUETOOTH", kind, proto)
    client.bind((second, 0))
    accepted, peer = sockets.connect(client, listener, (first, number))
    assert peer[:2] == (second, number)
    assert client.getpeername()[:2] == accepted.getsockname()[:2] == (first, number)
    converse(client, accepted)


@each_module
def test_audio_links_listen(sockets: Sockets, module: Module) -> None:
    first = device(sockets, 0)
    listener = sockets(module, "AF_BLUETOOTH", SOCK_SEQPACKET, BTPROTO_SCO)
    listener.bind(first.encode())
    listener.listen(1)
    assert listener.getsockname() == first


def test_low_energy(sockets: Sockets) -> None:
    """A channel or a port, of an address that is public or random: as of Python 3.14."""
    for address in (
        (BDADDR_ANY, 0x80, 0, pysock.BDADDR_LE_RANDOM),
        (BDADDR_ANY, 0, 4, pysock.BDADDR_LE_PUBLIC),  # 4: the attribute protocol's channel
        (BDADDR_ANY, 0x1001),
    ):
        sock = sockets(pysock, "AF_BLUETOOTH", SOCK_SEQPACKET, BTPROTO_L2CAP)
        sock.bind(address)
        assert sock.getsockname() == address


def test_addresses_that_are_wrong(sockets: Sockets) -> None:
    for module in MODULES:
        sock = sockets(module, "AF_BLUETOOTH", SOCK_SEQPACKET, BTPROTO_L2CAP)
        with pytest.raises(OSError, match=r"^bad bluetooth address$"):
            sock.bind(("00:11:22:33:44", 1))
        for wrong in ("00:11:22:33:44:55", ("00:11:22:33:44:55", "1"), (1, 1)):
            with pytest.raises(OSError, match=r"^bind\(\): wrong format$"):
                sock.bind(wrong)
