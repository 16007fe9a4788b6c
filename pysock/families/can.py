"""AF_CAN: Controller Area Network, the field bus of cars and machines.

In Python, an address begins with the name of an interface, ``''`` for all interfaces.  The other
items depend on the protocol of the socket:

    CAN_RAW, CAN_BCM  ``(interface,)``
    CAN_ISOTP         ``(interface, rx_id, tx_id)``: CAN identifiers for receiving and sending
    CAN_J1939         ``(interface, name, pgn, addr)``: a device's name (64 bits), a parameter
                      group number, and the device's address on the bus

In C, an address is a ``struct sockaddr_can`` (``<linux/can.h>``): an interface's index and a union,
one member of which belongs to CAN_ISOTP and one to CAN_J1939.  There is no manual page; see
"SocketCAN" in the documentation of the Linux kernel.  NetBSD (``<netcan/can.h>``) has only CAN_RAW.

>>> from pysock.families import pack
>>> pack("AF_CAN", ("", 0x18DAF110, 0x18DA10F1), proto=6, platform="linux-gnu-x86_64").hex(" ")
'1d 00 00 00 00 00 00 00 10 f1 da 18 f1 10 da 18 00 00 00 00 00 00 00 00'
>>> pack("AF_CAN", ("", 0, 0x0FF00, 0x20), proto=7, platform="linux-gnu-x86_64")[16:].hex(" ")
'00 ff 00 00 20 00 00 00'
"""

from __future__ import annotations

import os
from ctypes import c_ubyte, sizeof

from .._ffi.arguments import c_uint, fs_bytes, is_long, kind, lower_bits, plain
from . import _interfaces
from ._codec import FamilyCodec, must_be_tuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Family(FamilyCodec):
    needs = "CAN_RAW"

    def declare(self) -> None:
        # The members of the union can_addr; "tp" stands for transport protocols.
        self.tp = self.abi.struct(
            "struct can_addr_tp", ("rx_id", "uint32_t"), ("tx_id", "uint32_t")
        )
        self.j1939 = self.abi.struct(
            "struct can_addr_j1939",
            ("name", "uint64_t"),
            ("pgn", "uint32_t"),
            ("addr", "unsigned char"),
        )
        linux = self.abi.name.startswith("linux")
        union = self.j1939 if linux else self.tp  # NetBSD's union has no member but tp
        self.sockaddr_can = self.abi.sockaddr(
            "sockaddr_can", "can", ("can_ifindex", "int"), ("can_addr", c_ubyte * sizeof(union))
        )
        self.fill = self.sockaddr_can.packer(self.family)

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        can_addr = b""
        if self._is(proto, "CAN_RAW", "CAN_BCM"):
            address = must_be_tuple(address, caller, "AF_CAN")
            if len(address) != 1:
                raise TypeError("AF_CAN address must be a tuple (interface, )")
            name = fs_bytes(address[0])
        elif self._is(proto, "CAN_ISOTP"):
            address = _must_have(address, 3)
            name = fs_bytes(address[0])
            rx_id, tx_id = _long(address, 1), _long(address, 2)
            can_addr = bytes(self.tp(rx_id, tx_id))
        elif self._is(proto, "CAN_J1939"):
            address = _must_have(address, 4)
            name = fs_bytes(address[0])
            device, pgn = _long(address, 1), c_uint(address[2])
            addr = lower_bits(address[3], 8)
            can_addr = bytes(self.j1939(device, pgn, addr))
        else:
            raise OSError(f"{caller}(): unsupported CAN protocol")
        if len(name) >= _interfaces.NAME_SIZE:
            raise OSError("AF_CAN interface name too long")
        return self.fill(_interfaces.index_of(name) if name else 0, can_addr)

    def unpack(self, raw: bytes, proto: int) -> tuple[Any, ...]:
        _, interface, can_addr = self.sockaddr_can.unpack(raw)
        name = os.fsdecode(_interfaces.name_of(interface))
        if self._is(proto, "CAN_ISOTP"):
            tp = self.tp.from_buffer_copy(can_addr)
            return name, tp.rx_id, tp.tx_id
        if self._is(proto, "CAN_J1939"):
            j1939 = self.j1939.from_buffer_copy(can_addr)
            return name, j1939.name, j1939.pgn, j1939.addr
        return (name,)

    def _is(self, proto: int, *names: str) -> bool:
        return proto in map(self.abi.constants.get, names)

    def text(self, member: str, octets: bytes) -> str | None:
        if member == "can_ifindex":
            number = int.from_bytes(octets, self.abi.order)
            return _interfaces.text(number) if number else "0, all interfaces"
        if member == "can_addr" and any(octets):
            # The socket's protocol decides which member of the union counts.  It is unknown here.
            readings = [self.tp.from_buffer_copy(octets)]
            if len(octets) >= sizeof(self.j1939):
                readings.append(self.j1939.from_buffer_copy(octets))
            return " or ".join(
                ", ".join(f"{name} {getattr(reading, name):#x}" for name, _ in reading._fields_)
                for reading in readings
            )
        return "" if member == "can_addr" else None


def _must_have(address: Any, count: int) -> tuple[Any, ...]:
    """The items of a tuple of ``count`` items, or the exception that CPython raises."""
    if not isinstance(address, tuple):
        # CPython does not check the type, so PyArg_ParseTuple raises this SystemError.
        raise SystemError("new style getargs format but argument is not a tuple")
    items = plain(address)
    if len(items) != count:
        raise TypeError(f"function takes exactly {count} arguments ({len(items)} given)")
    return items


def _long(address: tuple[Any, ...], position: int) -> int:
    """An integer of 64 bits, which ctypes cuts to the size of the struct's member.

    Up to version 3.13, CPython refuses objects that have ``__index__`` but are not ints.
    """
    value = address[position]
    if not is_long(value):
        raise TypeError(f"argument {position + 1} must be int, not {kind(value)}")
    return lower_bits(value, 64)
