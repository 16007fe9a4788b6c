"""Hostile values: numbers at every edge of C, buffers of all kinds, messages, addresses.

A ``Maker`` makes them by a random generator, for one call.  What it has lent is in ``rooms``, so
that it can be checked afterwards: that bytes around it stayed, and that nobody keeps it.
"""

from __future__ import annotations

import ctypes
import gc
import mmap
import sys
from array import array
from typing import Any

import pysock

from .fuzz_objects import Exporter, FloatLiar, Index, Items, Liar, Pair, Text

FILL = 0xEE  # in buffers to receive into: no byte that is ever sent
ALPHABET = bytes(range(0x20, 0x60))
PATTERN = bytes((i * 7 + i // 64) % 64 + 0x20 for i in range(64 * 4099))  # all that is ever sent
GUARD = 24  # bytes before and behind a room
HAS_BUFFERS = sys.version_info >= (3, 12)
COLLECTS_LATE = sys.implementation.name == "pypy"

EDGES = [
    *(0, 1, 2, 3, 4, 5, 7, 8, 16, 100, 255, 256, 1023, 1024, 1025, 4096, 16383, 16384, 16385),
    *(65535, 65536, 65537),
    *(2**bits + step for bits in (15, 16, 31, 32, 63, 64) for step in (-1, 0, 1)),
    *(step - 2**bits for bits in (0, 8, 15, 31, 32, 63, 64) for step in (-1, 0, 1)),
    10**30,
]
SAFE_LEVELS = "SOL_SOCKET IPPROTO_TCP IPPROTO_UDP IPPROTO_IP IPPROTO_IPV6"
OPTIONS = (
    "SO_REUSEADDR SO_KEEPALIVE SO_SNDBUF SO_RCVBUF SO_TYPE SO_ERROR SO_PASSCRED SO_PEERCRED "
    "SO_RCVTIMEO SO_SNDTIMEO SO_RCVLOWAT SO_OOBINLINE SO_PRIORITY SO_DOMAIN SO_PROTOCOL "
    "SO_ATTACH_FILTER SO_TIMESTAMP SO_PEERSEC SO_BROADCAST SO_DONTROUTE TCP_NODELAY TCP_INFO "
    "TCP_CORK TCP_CONGESTION TCP_MAXSEG IP_TTL IP_TOS IP_RECVERR IPV6_V6ONLY"
)
MESSAGE_FLAGS = sorted(name for name in vars(pysock) if name.startswith("MSG_"))
STRINGS = ["", "x", "127.0.0.1", "::1", "\0", "127.0.0.1\0x", "\udc80", "\ud800\udfff", "q" * 300]


class Room:
    """A piece of memory that the fuzzer lends: ``start`` to ``stop`` of ``owner``."""

    def __init__(self, owner, start, stop, view=None, held=False, fixed=True):
        self.owner, self.start, self.stop, self.view = owner, start, stop, view
        self.held = held  # by an object of ctypes, which exports it for as long as it lives
        self.fixed = fixed  # the window is exactly this
        self.size = len(self.read())

    def read(self):
        if type(self.owner) is mmap.mmap:
            return b"" if self.owner.closed else self.owner[:]
        return bytes(memoryview(self.owner).cast("B")) if self.size_known() else b""

    def size_known(self):
        return len(memoryview(self.owner)) > 0

    def let_go(self, collected=False):
        """Release what the fuzzer has, and try whether anybody else has something; or say who."""
        if self.view is not None:
            try:
                self.view.release()
            except BufferError as error:
                return f"a view of the caller's cannot be released: {error}"
        if self.held:
            return None
        try:
            if type(self.owner) is mmap.mmap:
                self.owner.close()
            elif isinstance(self.owner, array):
                self.owner.extend(self.owner[:1])
            elif isinstance(self.owner, bytearray):
                self.owner.append(0)
        except BufferError as error:
            if COLLECTS_LATE and not collected:  # PyPy 8 leaves it views that nobody has
                gc.collect()
                return self.let_go(collected=True)
            return f"{type(self.owner).__name__} is still lent: {error}"
        return None


class Maker:
    """Makes the values for one call on the socket ``here``."""

    def __init__(self, rng, module):
        self.rng, self.module = rng, module
        self.here: Any = None
        self.peer: Any = None
        self.rooms: list[Any] = []  # what is lent
        self.targets: list[Any] = []  # of these, what to receive into, in order
        self.lists: list[Any] = []  # the caller's lists
        self.loose: list[Any] = []  # descriptors that the fuzzer has to close
        self.raised: list[Any] = []  # its own exceptions
        self.fired: set[Any] = set()
        self.nested = 0
        self.over = False
        self.pure = True  # nothing here that acts, lies, or is very large
        self.flag_bits = 0

    def one(self, *makers):
        return self.rng.choice(makers)()

    def chance(self, share):
        return self.rng.random() < share

    def resize(self, seed):
        for room in self.rooms:
            if isinstance(room.owner, bytearray):
                try:
                    if seed < 0.5:
                        del room.owner[4:]
                    else:
                        room.owner.extend(bytes([FILL]) * 100_000)
                    room.fixed = False
                except BufferError:
                    pass

    def close_fds(self, ancdata):
        """Find descriptors in what was received: they are the fuzzer's now."""
        for level, kind, data in ancdata:
            if (level, kind) == (1, 1):
                self.loose.extend(memoryview(data[: len(data) // 4 * 4]).cast("i"))

    # --- numbers ---------------------------------------------------------------------

    def number(self, usual=(), edges=EDGES, odd=0.3):
        """An int, mostly of the usual ones; or something else in its place."""
        rng = self.rng
        if usual and not self.chance(odd):
            return rng.choice(usual)
        value = rng.choice(edges)
        if abs(value) > 1 << 20:
            self.pure = False
        way = rng.randrange(12)
        if way < 5:
            return value
        if way < 8:
            self.pure = False
            inner = rng.choice((value, Liar(value), True, "no int", 1.5, None))
            return Index(self, inner)
        if way == 8:
            self.pure = False
            return Liar(value)
        return rng.choice((True, False, None, 1.0, float("nan"), "1", b"1", self.module.AF_INET))

    def flags(self):
        rng = self.rng
        if self.chance(0.4):
            return 0
        value = 0
        for name in rng.sample(MESSAGE_FLAGS, rng.choice((1, 1, 2, 3))):
            value |= getattr(pysock, name)
        self.flag_bits |= int(value)
        if value & 0x20:
            self.pure = False
        if self.chance(0.15):
            answer = self.number()
            self.flag_bits |= -1 if not self.pure or type(answer) is not int else answer
            self.pure = False
            return answer
        if self.chance(0.1):
            self.pure = False
            return Index(self, int(value))
        return value

    def seconds(self):
        self.pure = False
        nan, inf = float("nan"), float("inf")
        values = (0, 0.0, 0.001, 1e-9, 1e-300, -1, -0.0, nan, inf, -inf, 1e18, True, None, "1")
        if self.chance(0.3):
            return self.number()
        return self.rng.choice((*values, FloatLiar(0.5), 2**63, 9223372036.0, b""))

    # --- anything --------------------------------------------------------------------

    def junk(self):
        rng = self.rng
        choices = [None, 1, -1, 1.5, object(), "x", [], {}, (), b"", int, Ellipsis, self.module]
        if self.chance(0.2):
            self.pure = False
            return rng.choice((Index(self, 3), Items(self, [b"A", 1]), Text("x"), Liar(5)))
        return rng.choice(choices)

    def text(self):
        if self.chance(0.1):
            return self.junk()
        if self.chance(0.05):
            self.pure = False
            return Text("127.0.0.1")
        return self.rng.choice(STRINGS)

    # --- buffers ---------------------------------------------------------------------

    def source(self, sizes=(0, 1, 4, 10, 100, 3000, 20_000, 70_000)):
        """Something to send."""
        rng = self.rng
        size = rng.choice(sizes) if self.chance(0.3) else rng.choice(sizes[:5])
        at = rng.randrange(1000)
        data = PATTERN[at : at + size]
        way = rng.randrange(15)
        if way < 4:
            return data
        if way == 4:
            return self.junk()
        return self.lent(bytearray(data), 0, size, way)

    def target(self, sizes=(0, 1, 3, 8, 64, 500, 9000, 40_000, 70_000)):
        """Something to receive into, with bytes around it that nobody may touch."""
        rng = self.rng
        size = rng.choice(sizes) if self.chance(0.3) else rng.choice(sizes[:6])
        way = rng.randrange(3, 15)
        if way == 4:
            return self.junk()
        exact = way < 6 or way == 14
        before = 0 if exact else GUARD
        owner = bytearray([FILL]) * (size + 2 * before)
        value = self.lent(owner, before, before + size, way)
        if self.rooms and self.rooms[-1].owner is not None:
            self.targets.append(self.rooms[-1])
        return value

    def lent(self, owner, start, stop, way):
        """``owner`` from ``start`` to ``stop``, in one of many ways."""
        rng = self.rng
        size, view, value = stop - start, None, None
        held, fixed = False, True
        if way < 6:
            value = owner
        elif way == 6 and size:
            kind = rng.choice((ctypes.c_char * size, ctypes.c_ubyte * size))
            value, held = kind.from_buffer(owner, start), True
        elif way == 7 and size >= ctypes.sizeof(Pair):
            count = size // ctypes.sizeof(Pair)
            value, held = (Pair * count).from_buffer(owner, start), True
            stop = start + count * ctypes.sizeof(Pair)
        elif way == 8 and HAS_BUFFERS:
            self.pure = False
            windows = [(start, stop), (start, start + size // 2), (start, start)]
            value, fixed = Exporter(self, owner, rng.sample(windows, rng.choice((1, 2, 3)))), False
        elif way == 9 and size:
            memory = mmap.mmap(-1, len(owner))
            memory[:] = bytes(owner)
            owner = memory
            value = view = memoryview(memory)[start:stop]
        elif way == 10:
            owner = array("B", owner)
            value = view = memoryview(owner)[start:stop]
        elif way == 14 and size:
            kind = rng.choice("Bi")
            size -= size % array(kind).itemsize
            owner = array(kind, bytes(owner[:size]))
            start, stop, value = 0, size, owner
        else:
            with memoryview(owner) as whole:
                value = view = self.viewed(whole[start:stop], size)
            if rng.randrange(12) == 0:
                value.release()
        self.rooms.append(Room(owner, start, stop, view, held, fixed))
        return value

    def viewed(self, view, size):
        ways = [lambda: view, lambda: view, lambda: view[::2], lambda: view[::-1]]
        ways += [lambda: view.toreadonly(), lambda: view.cast("b")]
        if size and size % 4 == 0:
            ways += [lambda: view.cast("i"), lambda: view.cast("B", [2, size // 2])]
            ways += [lambda: view.cast("B", [size // 4, 2, 2]), lambda: view.cast("i")[::-1]]
        found = self.one(*ways)
        if found is not view:
            view.release()
        return found

    def several(self, make):
        """An iterable of buffers, or nearly so."""
        rng = self.rng
        count = rng.choice((0, 1, 1, 1, 2, 2, 3, 5, 70, 1030)) if self.chance(0.9) else 65
        few = make if count < 10 else lambda: make((0, 1, 3, 8, 20, 4))
        items = [few() for _ in range(count)]
        way = rng.randrange(12)
        if way < 6:
            self.lists.append(items)
            return items
        if way < 8:
            return tuple(items)
        if way == 8:
            return iter(items)
        if way == 9:
            return self.junk()
        self.pure = False
        self.lists.append(items)
        return Items(self, items)

    # --- control messages ------------------------------------------------------------

    def control(self):
        rng = self.rng
        if self.chance(0.3):
            return rng.choice(([], (), None, 5))
        items = [self.message() for _ in range(rng.choice((1, 1, 1, 2, 5, 300)))]
        if self.chance(0.6):
            self.lists.append(items)
            return items
        if self.chance(0.5):
            return tuple(items)
        self.pure = False
        return Items(self, items)

    def message(self):
        rng = self.rng
        level = self.number((1, 1, 1, 0, 6, 41), odd=0.15)
        kind = self.number((1, 1, 1, 2, 8), odd=0.15)
        if self.chance(0.4):
            data = array("i", [self.peer.fileno()] * rng.choice((0, 1, 1, 3, 254)))
        elif self.chance(0.3):
            data = self.junk()
        else:
            data = self.source()
        shape = rng.randrange(14)
        if shape < 9:
            return level, kind, data
        if shape < 11:
            return [level, kind, data]
        if shape == 11:
            return level, kind
        if shape == 12:
            self.pure = False
            return Items(self, (level, kind, data))
        return self.junk()

    # --- addresses -------------------------------------------------------------------

    def address(self, known=()):
        """An address on this machine, or something in its shape."""
        rng = self.rng
        if known and self.chance(0.4):
            return rng.choice(known)
        way = rng.randrange(14)
        if way < 2:
            name = b"\0" + self.scene_name() + rng.choice((b"", b"x", b"x" * 60))
            return rng.choice((name, bytearray(name), memoryview(name), name.decode()))
        if way == 2:
            return rng.choice((b"\0" * 108, b"\0" + b"y" * 107, b"\0" + b"y" * 108, b"\0" * 5000))
        if way == 3:
            self.pure = False
            lent = self.lent(bytearray(b"\0fuzz"), 0, 5, rng.randrange(5, 15))
            return rng.choice((lent, self.junk()))
        host = self.host()
        port = self.number((0, 1, 9), odd=0.5)
        shape = rng.randrange(10)
        if shape < 4:
            return host, port
        if shape < 6:
            return host, port, self.number((0,), odd=0.6), self.number((0, 1), odd=0.6)
        if shape == 6:
            return (host, port, 0)
        if shape == 7:
            return [host, port]
        if shape == 8:
            self.pure = False
            return Items(self, (host, port))
        return self.junk()

    def host(self):
        if self.chance(0.7):
            return self.rng.choice(("127.0.0.1", "::1", b"127.0.0.1", bytearray(b"::1")))
        if self.chance(0.1):
            return self.junk_host()
        return self.rng.choice([text for text in STRINGS if text not in ("", "x")])

    def junk_host(self):
        value = self.junk()
        return value if value not in ("x", b"", ()) else None

    def scene_name(self):
        return b"pysock-fuzz-%d" % self.rng.randrange(1 << 40)
