"""Objects that act when they are looked at, and how values are told in few words.

What the package may look at (``__index__``, ``__buffer__``, iteration) may meanwhile do something
else: raise, close the socket, resize a buffer, or make another call.
"""

from __future__ import annotations

import ctypes
import gc
from array import array
from contextlib import suppress
from typing import Any


class Own(Exception):
    """What hostile objects raise; it must arrive unchanged."""


class OwnBase(BaseException):
    """The same, outside of Exception."""


class OwnType(TypeError):
    """A TypeError of a hostile object, which may be told in other words."""


class OwnValue(ValueError):
    """The same for ValueError."""


RAISES = {"raise": Own, "raise base": OwnBase, "raise type": OwnType, "raise value": OwnValue}


class Liar(int):
    """An int that says of every comparison, sum and product what is not so."""

    def _lie(self, other=None):
        return not int.__bool__(self)

    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _lie
    __bool__ = _lie

    def _one(self, other=None):
        return 1

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __and__ = __rand__ = __or__ = __ror__ = _one
    __rshift__ = __invert__ = __neg__ = __int__ = __index__ = __hash__ = _one

    def __repr__(self):
        return f"Liar({int.__repr__(self)})"


class FloatLiar(float):
    """A float whose arithmetic is untrue."""

    def __mul__(self, other):
        return "product"

    def __ne__(self, other):
        return False

    __rmul__ = __mul__
    __hash__ = float.__hash__


class Short(bytearray):
    """A bytearray that says that it is longer than it is."""

    def __len__(self):
        return 1 << 20


class Text(str):
    """A str whose methods answer what they like."""

    def isascii(self):
        return True

    def encode(self, *rest):
        return b"\0" * 5000


class Pair(ctypes.Structure):
    _fields_ = [("a", ctypes.c_short), ("b", ctypes.c_char)]


class Trigger:
    """What a hostile object does while it is looked at."""

    ACTIONS = (
        *("raise", "raise base", "raise type", "raise value", "close", "resize", "resize"),
        *("timeout", "recurse", "recurse", "lists", "gc", "nothing", "peer", "detach"),
    )

    def __init__(self, maker, quiet=False):
        self.maker = maker
        actions = self.ACTIONS[4:] if quiet else self.ACTIONS
        self.name = maker.rng.choice(actions)
        self.times = maker.rng.choice((1, 1, 2, 1000))
        if self.name in ("gc", "resize"):
            self.times = min(self.times, 2)  # it is slow
        self.seed = maker.rng.random()

    def __repr__(self):
        return f"{self.name} {self.times}x"

    def fire(self):
        maker = self.maker
        if self.times <= 0 or maker.over or maker.nested > 2:
            return
        self.times -= 1
        maker.fired.add(self.name)
        maker.nested += 1
        try:
            self.act(maker, maker.here)
        finally:
            maker.nested -= 1

    def act(self, maker, here):
        if self.name in RAISES:
            error = RAISES[self.name]("of the fuzzer")
            if self.name in ("raise", "raise base"):
                maker.raised.append(error)
            raise error
        if self.name == "close":
            here.close()
        elif self.name == "detach":
            fd = here.detach()
            if fd >= 0:
                maker.loose.append(fd)
        elif self.name == "resize":
            maker.resize(self.seed)
        elif self.name == "timeout":
            if here.fileno() >= 0:
                here.settimeout((0, 0.001, 0.005)[int(self.seed * 3)])
        elif self.name == "lists":
            for each in maker.lists:
                if self.seed < 0.5:
                    each.clear()
                elif len(each) < 2000:
                    each.extend(each[:5] or [b"A"])
        elif self.name == "gc":
            gc.collect()
        elif self.name == "peer":
            maker.peer.close()
        elif self.name == "recurse":
            self.recurse(here)

    def recurse(self, here):
        calls = (
            lambda: here.recv(10),
            lambda: here.recv_into(bytearray(30)),
            lambda: here.send(b"RECURSE"),
            lambda: here.recvmsg(10, 64),
            lambda: here.sendmsg([b"RE", b"CURSE"]),
            lambda: here.recvfrom(5),
            lambda: here.getsockopt(1, 3),
            lambda: here.recvmsg_into([bytearray(9), bytearray(9)]),
            lambda: repr(here),
        )
        with suppress(OSError):
            answer = calls[int(self.seed * len(calls))]()
            if type(answer) is tuple and len(answer) == 4:
                self.maker.close_fds(answer[1])


class Index:
    """An object with ``__index__``."""

    def __init__(self, maker, value):
        self.trigger, self.value = Trigger(maker), value

    def __index__(self):
        self.trigger.fire()
        return self.value

    __int__ = __index__

    def __bool__(self):
        self.trigger.fire()
        return True

    def __repr__(self):
        return f"Index({self.trigger}, {self.value!r})"


class Items:
    """An iterable that acts between its items."""

    def __init__(self, maker, items):
        self.trigger, self.items = Trigger(maker), items

    def __iter__(self):
        for item in self.items:
            self.trigger.fire()
            yield item
        self.trigger.fire()

    def __len__(self):
        self.trigger.fire()
        return 3

    def __getitem__(self, i):
        self.trigger.fire()
        return list(self.items)[i]

    def __repr__(self):
        return f"Items({self.trigger}, {shown(self.items)})"


class Exporter:
    """An object with ``__buffer__`` (Python 3.12): each time another window of its memory."""

    def __init__(self, maker, memory, windows):
        self.trigger, self.memory, self.windows = Trigger(maker), memory, windows
        self.asked = 0

    def __buffer__(self, flags):
        self.trigger.fire()
        start, stop = self.windows[self.asked % len(self.windows)]
        self.asked += 1
        return memoryview(self.memory)[start:stop]

    def __release_buffer__(self, view):
        if self.trigger.name in RAISES:
            return
        if self.trigger.times > 2:
            self.trigger.fire()

    def __repr__(self):
        return f"Exporter({self.trigger}, {self.windows})"


def shown(value, depth=0):
    """A value in few words, without a call of anything hostile."""
    kind: Any = type(value)
    if kind in (bytes, bytearray, str, Short, Text):
        size = kind.__base__.__len__(value) if kind in (Short, Text) else len(value)
        if size > 40:
            return f"<{kind.__name__} of {size}>"
        return f"{kind.__name__}({kind.__base__.__repr__(value)})" if kind is Text else repr(value)
    if kind is memoryview:
        try:
            how = f"{value.format} {value.shape} {value.strides} ro={value.readonly}"
            return f"<memoryview of {type(value.obj).__name__}: {how}>"
        except ValueError:
            return "<released memoryview>"
    if kind in (list, tuple) and depth < 3:
        inner = ", ".join(shown(item, depth + 1) for item in value[:6])
        more = f", … {len(value)}" if len(value) > 6 else ""
        return f"{kind.__name__}[{inner}{more}]"
    if kind is array:
        return f"array({value.typecode!r}, {len(value)})"
    if kind is int and value.bit_length() > 200:
        return "<large int>"
    return repr(value)[:200]
