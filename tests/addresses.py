"""Addresses by the thousand, for every family: good ones, odd ones, and what is none at all.

``pack_cases(rng, family, n)`` makes Python's side of it, ``raw_cases`` that of the kernel, and
``control_cases`` the control messages that come with an address.
What is good is written down once, as a shape: by protocol, a pool of values for each item.  The
rest follows: an item too few or too many, one of another type, something else altogether.
"""

from __future__ import annotations

import array
import decimal
import enum
import pathlib
import random
import socket
import sys
from collections.abc import Iterator
from ctypes import sizeof
from typing import Any

from pysock._calls.cmsg import Control


class Index:
    """An integer by ``__index__`` alone."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value})"


class Int(Index):
    """What Python 3.9 still converts, with a warning."""

    __index__ = None  # type: ignore[assignment]

    def __int__(self) -> int:
        return self.value


class Broken(Index):
    """An integer that fails to say which."""

    def __index__(self) -> int:
        raise ZeroDivisionError("no index")


class Number(enum.IntEnum):
    THREE = 3


class Pair(tuple):  # type: ignore[type-arg]
    """A tuple by inheritance."""


class Sly(tuple):  # type: ignore[type-arg]
    """A tuple that tells Python other than C."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, at: Any) -> Any:
        return "sly"

    def __iter__(self) -> Iterator[Any]:
        return iter("sly")


class Text(str):
    """A str by inheritance."""


_EDGES = [2**bits + near for bits in (7, 8, 15, 16, 20, 31, 32, 63, 64, 70) for near in (-1, 0, 1)]
INTEGERS: list[Any] = [0, 1, 2, 3, 80, *_EDGES, *(-edge for edge in _EDGES), True, Number.THREE]
INTEGERS += [Index(7), Index(2**40), Index(-1)]
TEXTS: list[Any] = ["", "lo", "x", "é", "\udcff", "\ud800", "a\0b", "\0", "x" * 15, "x" * 16]
TEXTS += ["x" * 200, "1", Text("lo"), "nosuch0", " lo", "lo:1"]
BUFFERS: list[Any] = [b"", b"lo", b"\xff", b"a\0b", b"123456", b"1" * 8, b"1" * 9, b"x" * 300]
BUFFERS += [bytearray(b"lo"), memoryview(b"123456"), memoryview(b"12345678")[::2]]
BUFFERS += [array.array("i", [1, 2])]
OTHERS: list[Any] = [None, 1.0, 1.5, float("nan"), 1j, [], (), {}, object, Int(5), Int(-1)]
OTHERS += [Broken(1), decimal.Decimal(4), pathlib.PurePosixPath("lo"), [1, 2], ("lo", 1)]
ANYTHING = [INTEGERS, TEXTS, BUFFERS, OTHERS]

HOSTS4: list[Any] = [
    "127.0.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "",
    "<broadcast>",
    "127.1",
    "0x7f.1",
    "1",
]
HOSTS4 += [b"127.0.0.1", bytearray(b"10.0.0.1"), "256.0.0.1", "1.2.3.4.5", "::1", " 127.0.0.1"]
HOSTS6: list[Any] = [
    "::1",
    "::",
    "",
    "fe80::1",
    "fe80::1%lo",
    "::1%1",
    "::ffff:1.2.3.4",
    "1:2:3:4:5:6:7:8",
]
HOSTS6 += [b"::1", bytearray(b"::2"), "::g", "127.0.0.1", "<broadcast>", "fe80::1%nosuch0"]
PORTS = [0, 1, 80, 65535, 65536, -1]
BITS = [0, 1, 2**31, 2**32 - 1, 2**32, -1]
PATHS: list[Any] = [
    "",
    "/tmp/x",
    "é",
    "\0abstract",
    b"\0\xff\0",
    "x" * 107,
    "x" * 108,
    "\0" + "x" * 107,
]
PATHS += ["\0" + "x" * 108, b"path", bytearray(b"path"), memoryview(b"path"), "a\0b", "\udcff"]
INTERFACES = ["lo", "", "nosuch0", "lo:1"]
DEVICES = ["00:00:00:00:00:00", "01:02:03:0A:0b:ff", "1:2:3:4:5:6", " 1:2:3:4:5:6", "1:2:3:4:5"]
DEVICES += ["1:2:3:4:5:100", "1:2:3:4:5:6 ", "1:2:3:4:5:6:7", "0x1:2:3:4:5:6", "-1:2:3:4:5:6", "zz"]

# A shape: how many items there must be, and a pool of values for each that there may be.
Shape = tuple[int, list[list[Any]]]
_INET: Shape = (2, [HOSTS4, PORTS])
_TIPC: Shape = (4, [[1, 2, 3, 0, 258], BITS, BITS, BITS, [1, 2, 3, 0, 255, 256, -1]])

# Protocol → shape.
SHAPES: dict[str, dict[int, Shape]] = {
    "AF_INET": {0: _INET},
    "AF_INET6": {0: (2, [HOSTS6, PORTS, [0, 1, 2**20 - 1, 2**20], BITS])},
    "AF_NETLINK": {0: (2, [BITS, BITS])},
    "AF_PACKET": {
        0: (2, [INTERFACES, PORTS, [0, 4, 255, 256, -1], BITS[:3], [b"", b"123456", b"1" * 9]])
    },
    "AF_VSOCK": {0: (2, [BITS, BITS])},
    "AF_QIPCRTR": {0: (2, [BITS, BITS])},
    "AF_RDS": {0: _INET},
    "AF_CAN": {
        1: (1, [[*INTERFACES, b"lo", pathlib.PurePosixPath("lo")]]),
        2: (1, [INTERFACES]),
        5: (1, [INTERFACES]),  # no protocol that CPython knows
        6: (3, [INTERFACES, BITS, BITS]),
        7: (4, [INTERFACES, [*BITS, 2**64 - 1, 2**64], BITS, [0, 255, 256, -1]]),
    },
    "AF_TIPC": {0: _TIPC},
    "AF_ALG": {
        0: (
            2,
            [
                ["hash", "", "x" * 13, "x" * 14, "é" * 6, "é" * 7],
                ["sha256", "cbc(aes)", "x" * 63, "x" * 64],
                BITS,
                BITS,
            ],
        )
    },
    "AF_BLUETOOTH": {
        0: (2, [DEVICES, [0, 1, 65535]]),
        3: (2, [DEVICES, [0, 1, 255]]),
        9: (2, [DEVICES, [0, 1]]),  # no protocol that CPython knows
    },
    "AF_APPLETALK": {0: (2, [BITS, BITS])},  # a family that CPython packs for nobody
}
# These addresses are no tuples.
PLAIN: dict[str, dict[int, list[Any]]] = {
    "AF_UNIX": {0: PATHS},
    "AF_BLUETOOTH": {1: [0, 1, 65535], 2: [device.encode() for device in DEVICES]},
}


def families() -> list[str]:
    """The families that the running interpreter's `socket` has, of those that have a shape."""
    known = [*SHAPES, *(name for name in PLAIN if name not in SHAPES)]
    return [name for name in known if hasattr(socket, name)]


def protocols(family: str) -> list[int]:
    """The protocols to try a family with."""
    return sorted({0, *SHAPES.get(family, {}), *PLAIN.get(family, {})})


def pack_cases(rng: random.Random, family: str, count: int) -> Iterator[tuple[int, Any]]:
    """``(proto, address)``: about half of them good."""
    shapes, plain = SHAPES.get(family, {}), PLAIN.get(family, {})
    for _ in range(count):
        proto = rng.choice(sorted({*shapes, *plain}))
        if rng.random() < 0.05:
            yield proto, anything(rng)
        elif proto in plain:
            yield proto, item(rng, plain[proto])
        else:
            yield proto, _tuple(rng, family, *shapes[proto])


def _tuple(rng: random.Random, family: str, required: int, pools: list[list[Any]]) -> Any:
    arity = rng.randint(required, len(pools))
    if rng.random() < 0.05:
        arity = rng.randint(0, len(pools) + 1)
    values = [item(rng, pool) for pool in (*pools, BITS)[:arity]]
    kind = rng.choices([tuple, Pair, Sly, list], [40, 1, 1, 1])[0]
    return kind(values)


def item(rng: random.Random, pool: list[Any]) -> Any:
    """A value out of a pool or, now and then, something else."""
    luck = rng.random()
    if luck < 0.85:
        return rng.choice(pool)
    if luck < 0.92:
        return rng.getrandbits(rng.choice((8, 16, 32, 64))) * rng.choice((1, 1, -1))
    return anything(rng)


def anything(rng: random.Random) -> Any:
    """Any object."""
    return rng.choice(rng.choice(ANYTHING))


def raw_cases(rng: random.Random, family: str, count: int) -> Iterator[tuple[int, bytes]]:
    """``(proto, octets)``: a header that says ``family``, and whatever behind it."""
    header = int(getattr(socket, family)).to_bytes(2, sys.byteorder)
    for _ in range(count):
        # Less than sockaddr_storage has, so that a NUL follows, which CPython looks for.
        size = rng.choice((0, 6, 8, 10, 12, 14, 18, 22, 26, 86, 108, rng.randrange(126)))
        data = bytearray(rng.getrandbits(8 * size).to_bytes(size, "big") if size else b"")
        for _ in range(rng.randrange(4)):  # zeros and small numbers mean something
            if data:
                at = rng.randrange(len(data))
                data[at : at + 4] = rng.choice((1, 2, 3, 255)).to_bytes(4, sys.byteorder)
                del data[size:]
        if rng.random() < 0.2:
            data = bytearray(size)
        yield rng.choice(protocols(family)), header + bytes(data)


def control_cases(rng: random.Random, control: Control, count: int) -> Iterator[bytes]:
    """Control buffers: some messages, any of which may lie about its length, and be cut off."""
    size = sizeof(control.cmsghdr)
    for _ in range(count):
        raw = bytearray()
        for _ in range(rng.randrange(4)):
            data = bytes(rng.getrandbits(8) for _ in range(rng.randrange(20)))
            # Not SCM_RIGHTS: what is taken for a descriptor may be closed.
            at, level, kind = len(raw), rng.choice((0, 41, -1)), rng.choice((2, 5, -7))
            raw += control.messages([(level, kind, data)])
            if rng.random() < 0.3:
                lie = rng.choice((0, 1, size - 1, size, size + 1, len(data) + size + 9, -1, -8))
                header = control.cmsghdr.from_buffer_copy(raw, at)
                header.cmsg_len = lie
                raw[at : at + size] = bytes(header)
        if rng.random() < 0.4:
            del raw[rng.randrange(len(raw) + 1) :]
        yield bytes(raw)
