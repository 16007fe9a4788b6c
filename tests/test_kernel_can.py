"""AF_CAN on a virtual bus: frames, the broadcast manager, long messages, and devices with names."""

import socket
import struct
import subprocess
import sys
import time
from typing import Any

import pytest

import pysock
from pysock import (
    CAN_BCM,
    CAN_ISOTP,
    CAN_J1939,
    CAN_RAW,
    J1939_NO_NAME,
    J1939_NO_PGN,
    SOCK_DGRAM,
    SOCK_RAW,
    SOL_CAN_RAW,
)

from . import ROOT
from .harness import LATE
from .kernel import MODULES, Module, Sockets, both_ways, converse, interface

FRAME = struct.Struct("=IB3x8s")  # struct can_frame: identifier, length, data
FD_FRAME = struct.Struct("=IBBxx64s")  # struct canfd_frame: identifier, length, flags, data


def raw(sockets: Sockets, module: Module, name: str = "vcan0") -> Any:
    sock = sockets(module, "AF_CAN", SOCK_RAW, CAN_RAW)
    sock.bind((interface(name),))
    return sock


@both_ways
def test_frames(sockets: Sockets, here: Module, there: Module) -> None:
    one, other = raw(sockets, here), raw(sockets, there)
    frame = FRAME.pack(0x123, 3, b"abc")
    assert one.send(frame) == FRAME.size
    assert other.recvfrom(FRAME.size) == (frame, ("vcan0",))
    assert one.getsockname() == other.getsockname() == ("vcan0",)


@both_ways
def test_frames_on_any_bus(sockets: Sockets, here: Module, there: Module) -> None:
    anywhere = sockets(here, "AF_CAN", SOCK_RAW, CAN_RAW)
    anywhere.bind(("",))
    assert anywhere.getsockname() == ("",)
    second = raw(sockets, there, "vcan1")
    frame = FRAME.pack(0x124, 0, b"")
    assert anywhere.sendto(frame, ("vcan1",)) == FRAME.size
    assert second.recvfrom(FRAME.size) == (frame, ("vcan1",))
    second.send(frame)
    data, _, flags, sender = anywhere.recvmsg(FRAME.size)
    assert (data, sender) == (frame, ("vcan1",))
    assert flags & pysock.MSG_DONTROUTE  # it comes from this host


@both_ways
def test_frames_of_64_bytes(sockets: Sockets, here: Module, there: Module) -> None:
    one, other = raw(sockets, here), raw(sockets, there)
    for sock in one, other:
        sock.setsockopt(SOL_CAN_RAW, pysock.CAN_RAW_FD_FRAMES, 1)
    frame = FD_FRAME.pack(0x125, 64, 4, bytes(range(64)))  # 4: CANFD_FDF
    assert one.send(frame) == FD_FRAME.size
    assert other.recv(FD_FRAME.size) == frame


@both_ways
def test_filters(sockets: Sockets, here: Module, there: Module) -> None:
    """struct can_filter: identifier and mask; what they let through is what comes."""
    one, other = raw(sockets, here), raw(sockets, there)
    filters = struct.pack("=4I", 0x200, 0x7FF, 0x300, 0x700)
    other.setsockopt(SOL_CAN_RAW, pysock.CAN_RAW_FILTER, filters)
    assert other.getsockopt(SOL_CAN_RAW, pysock.CAN_RAW_FILTER, len(filters)) == filters
    for identifier in (0x1FF, 0x200, 0x201, 0x3AB):
        one.send(FRAME.pack(identifier, 0, b""))
    received = [FRAME.unpack(other.recv(FRAME.size))[0] for _ in range(2)]
    assert received == [0x200, 0x3AB]


# struct bcm_msg_head: what to do, flags, count, two intervals, identifier, number of frames.
BROADCAST = struct.Struct("@3I4lII0q")


@both_ways
def test_broadcast_manager(sockets: Sockets, here: Module, there: Module) -> None:
    manager = sockets(here, "AF_CAN", SOCK_DGRAM, CAN_BCM)
    manager.connect((interface("vcan0"),))
    bus = raw(sockets, there)

    def command(kind: int, flags: int, identifier: int, interval: int = 0) -> bytes:
        return BROADCAST.pack(kind, flags, 0, 0, 0, 0, interval, identifier, 1)

    # Every 10 ms by itself, until it is told to stop.
    frame = FRAME.pack(0x210, 4, b"tick")
    setup = command(
        pysock.CAN_BCM_TX_SETUP,
        pysock.CAN_BCM_SETTIMER | pysock.CAN_BCM_STARTTIMER,
        0x210,
        interval=10_000,
    )
    manager.send(setup + frame)
    assert [bus.recv(FRAME.size) for _ in range(3)] == [frame] * 3
    manager.send(command(pysock.CAN_BCM_TX_DELETE, 0, 0x210))

    # It tells when the data of an identifier changes.
    manager.send(command(pysock.CAN_BCM_RX_SETUP, 0, 0x211) + FRAME.pack(0, 8, b"\xff" * 8))
    changed = FRAME.pack(0x211, 3, b"new")
    bus.send(changed)
    told, sender = manager.recvfrom(BROADCAST.size + FRAME.size)
    assert BROADCAST.unpack_from(told)[0] == pysock.CAN_BCM_RX_CHANGED
    assert (told[BROADCAST.size :], sender) == (changed, ("vcan0",))


@both_ways
def test_long_messages(sockets: Sockets, here: Module, there: Module) -> None:
    """ISO 15765-2 takes a message apart into frames, and puts it together again."""
    one = sockets(here, "AF_CAN", SOCK_DGRAM, CAN_ISOTP)
    other = sockets(there, "AF_CAN", SOCK_DGRAM, CAN_ISOTP)
    one.bind((interface("vcan0"), 0x18DA10F1 | pysock.CAN_EFF_FLAG, 0x7FF))
    other.bind(("vcan0", 0x7FF, 0x18DA10F1 | pysock.CAN_EFF_FLAG))
    assert one.getsockname() == ("vcan0", 0x18DA10F1 | pysock.CAN_EFF_FLAG, 0x7FF)
    converse(one, other)
    long = bytes(range(256)) * 4
    one.sendall(long)
    data, sender = other.recvfrom(4096)
    assert data == long
    assert sender[0] == "vcan0"


@both_ways
def test_devices(sockets: Sockets, here: Module, there: Module) -> None:
    """SAE J1939: devices with an address on the bus tell each other groups of parameters."""
    one = sockets(here, "AF_CAN", SOCK_DGRAM, CAN_J1939)
    other = sockets(there, "AF_CAN", SOCK_DGRAM, CAN_J1939)
    one.bind((interface("vcan0"), J1939_NO_NAME, J1939_NO_PGN, 0x20))
    other.bind(("vcan0", J1939_NO_NAME, J1939_NO_PGN, 0x30))
    assert one.getsockname() == ("vcan0", J1939_NO_NAME, J1939_NO_PGN, 0x20)
    for data in b"short", bytes(range(100)):  # which takes several frames
        assert one.sendto(data, ("vcan0", J1939_NO_NAME, 0x12300, 0x30)) == len(data)
        received, _, _, sender = other.recvmsg(200, 200)
        # Of several frames, the kernel does not tell the interface.
        assert (received, sender[1:]) == (data, (J1939_NO_NAME, 0x12300, 0x20))

    other.connect(("vcan0", J1939_NO_NAME, 0x12300, 0x20))
    assert other.getpeername() == ("vcan0", J1939_NO_NAME, 0x12300, 0x20)
    other.send(b"back")
    assert one.recvfrom(200) == (b"back", ("vcan0", J1939_NO_NAME, 0x12300, 0x30))


@both_ways
def test_a_device_by_its_name(sockets: Sockets, here: Module, there: Module) -> None:
    """Who claims an address tells its name of 64 bits with it: ISOBUS's address claiming."""
    name, claimed = 0xA0001234_00056789, 0x0EE00
    claimant = sockets(here, "AF_CAN", SOCK_DGRAM, CAN_J1939)
    claimant.setsockopt(pysock.SOL_SOCKET, pysock.SO_BROADCAST, 1)
    claimant.bind((interface("vcan0"), name, J1939_NO_PGN, 0x40))
    observer = sockets(there, "AF_CAN", SOCK_DGRAM, CAN_J1939)
    observer.bind(("vcan0", J1939_NO_NAME, J1939_NO_PGN, pysock.J1939_NO_ADDR))
    observer.setsockopt(pysock.SOL_SOCKET, pysock.SO_BROADCAST, 1)
    everyone = ("vcan0", J1939_NO_NAME, claimed, pysock.J1939_NO_ADDR)
    claimant.sendto(struct.pack("<Q", name), everyone)
    data, sender = observer.recvfrom(100)
    assert data == struct.pack("<Q", name)
    assert sender == ("vcan0", name, claimed, 0x40)
    time.sleep(0.3)  # nobody objects for 250 ms, and the address is taken
    assert claimant.getsockname() == ("vcan0", name, J1939_NO_PGN, 0x40)


def test_an_interface_that_is_not_there(sockets: Sockets) -> None:
    for module in MODULES:
        sock = sockets(module, "AF_CAN", SOCK_RAW, CAN_RAW)
        with pytest.raises(OSError, match="No such device"):
            sock.bind(("nosuchcan",))
        with pytest.raises(OSError, match=r"^AF_CAN interface name too long$"):
            sock.bind(("a" * 16,))


def test_the_documentations_example(sockets: Sockets) -> None:
    """It sends each frame back, and one of its own behind it."""
    bus = raw(sockets, socket)
    command = [sys.executable, str(ROOT / "examples" / "can.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as example:
        try:
            frame, own = FRAME.pack(0x7A, 2, b"hi"), FRAME.pack(1, 3, b"\1\2\3")
            bus.settimeout(0.2)
            first, deadline = b"", time.monotonic() + LATE
            while not first and time.monotonic() < deadline:
                bus.send(frame)  # again, until it is there to receive it
                try:
                    first = bus.recv(FRAME.size)
                except socket.timeout:
                    continue
            bus.settimeout(LATE)
            assert (first, bus.recv(FRAME.size)) == (frame, own)
            assert example.stdout
            assert "can_id=7a, can_dlc=2, data=b'hi'" in example.stdout.readline()
        finally:
            example.kill()
