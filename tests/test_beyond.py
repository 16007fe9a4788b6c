"""Random calls of what is beyond the standard library: a clear exception, and nothing leaks.

The command runs for longer: ``PYSOCK_CASES=100000 python3 -m tests tests/test_beyond.py``.
"""

from __future__ import annotations

import array
import gc
import inspect
import os
import random
import socket as known
import time
from importlib import import_module
from types import FunctionType
from typing import Any

import pytest

import pysock
from pysock import _beyond, ancillary, datagrams, dial, multicast, streams, tcp
from pysock._platform import target as host_target

from .foreign import FOREIGN, LINUX
from .harness import descriptors

pytestmark = pytest.mark.skipif(
    FOREIGN or not LINUX, reason="only Linux has all that these modules can do"
)

CASES = int(os.environ.get("PYSOCK_CASES", "1000"))
SEED = os.environ.get("PYSOCK_SEED", "20261129")
MODULES = ("interfaces", "multicast", "ancillary", "dial", "datagrams", "streams", "tcp", "unix")
# Changes what decode does from then on; make files; holds close back, as it should.
LEFT_OUT = {"register", "listen", "short_path", "set_linger"}
# Exceptions of arguments and of the system; what the hostile object raises; a stream that ends.
CLEAR: tuple[type[Exception], ...] = (
    *(TypeError, ValueError, OverflowError, BufferError, OSError, NotImplementedError),
    *(ZeroDivisionError, EOFError),
)


class Hostile:
    def __index__(self) -> int:
        raise ZeroDivisionError

    def fileno(self) -> Any:
        return "x"


VALUES: list[Any] = [
    *(None, 0, 1, -1, 2**31, 2**32 + 5, -(2**70), 1.5, float("nan"), True, "", "text"),
    *("127.0.0.1", "::1", "239.1.2.3", "ff02::1", "lo", "nul\0", "\ud800", b"", b"bytes"),
    *(bytearray(b"ab"), memoryview(b"abcd")[::2], (), [], {}, ("127.0.0.1", 9), [b"a", b"b"]),
    *(object(), Hostile(), ancillary.Timestamp),
]


def a_socket(rng: random.Random, made: list[Any]) -> Any:
    module: Any = rng.choice((pysock, known))
    kind = rng.choice(("pair", "datagrams", "udp", "udp6", "tcp", "closed", "none"))
    if kind == "none":
        return rng.choice(VALUES)
    if kind in ("pair", "datagrams"):
        type_of = module.SOCK_STREAM if kind == "pair" else module.SOCK_DGRAM
        pair = module.socketpair(module.AF_UNIX, type_of)
        made += pair
        sock = pair[0]
    else:
        family = module.AF_INET6 if kind == "udp6" else module.AF_INET
        sock = module.socket(family, module.SOCK_STREAM if kind == "tcp" else module.SOCK_DGRAM)
        made.append(sock)
        if kind == "closed":
            sock.close()
            return sock
    sock.settimeout(rng.choice((0, 0.001)))
    return sock


def arguments(
    function: Any, rng: random.Random, made: list[Any]
) -> tuple[list[Any], dict[str, Any]]:
    given: list[Any] = []
    named: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            given += rng.choices(VALUES, k=rng.randrange(3))
        elif parameter.default is parameter.empty or rng.random() < 0.3:
            value = a_socket(rng, made) if parameter.name == "sock" else rng.choice(VALUES)
            if parameter.kind is parameter.KEYWORD_ONLY or named:
                named[parameter.name] = value
            else:
                given.append(value)
        elif parameter.kind is not parameter.KEYWORD_ONLY:
            given.append(parameter.default)
    if function.__module__ == "pysock.dial":  # a name that there is not may take long
        named["timeout"] = rng.choice((0.001, "3", -1))
    return given, named


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_random_calls() -> None:
    functions = [
        (f"{name}.{each}", function)
        for name in MODULES
        for module in [import_module(f"pysock.{name}")]
        for each in module.__all__
        if isinstance(function := getattr(module, each), FunctionType) and each not in LEFT_OUT
    ]
    rng = random.Random(SEED)
    gc.collect()
    before = descriptors()
    refused = 0
    for number in range(CASES):
        name, function = rng.choice(functions)
        made: list[Any] = []
        given, named = arguments(function, rng, made)
        try:
            answer = function(*given, **named)
        except CLEAR:
            refused += 1
        except Exception as error:
            pytest.fail(f"{number}: {name}{given}, {named}: {error!r}")
        else:
            if name == "unix.peer_pidfd":
                os.close(answer)
            elif name == "unix.recv_fds":
                answer[1].close()
            elif isinstance(answer, (pysock.socket, known.socket)):
                answer.close()
        for sock in made:
            sock.close()
    gc.collect()
    assert descriptors() == before
    assert CASES / 10 < refused < CASES


class Liar(int):
    """A number that is in every range, and another one when it is asked."""

    def _yes(self, other: object) -> bool:
        return True

    __lt__ = __gt__ = __le__ = __ge__ = __eq__ = _yes
    __hash__ = int.__hash__

    def __int__(self) -> int:
        return 7

    __index__ = __int__


@pytest.mark.skipif(bool(FOREIGN), reason="it makes sockets of this system")
@pytest.mark.parametrize("number", [-1, 2**31, 2**40])
def test_a_number_that_lies_is_out_of_range(number: int) -> None:
    lie = Liar(number)
    a, b = pysock.socketpair()
    with a, b, pysock.socket(pysock.AF_INET, pysock.SOCK_DGRAM) as udp:
        b.send(b"hello")
        calls: list[tuple[Any, ...]] = [
            (datagrams.Ring, lie),
            (datagrams.Ring, 1, lie),
            (datagrams.send_segments, udp, b"x", lie, ("127.0.0.1", 9)),
            (ancillary.SegmentSize(lie).encode, ancillary._platform(host_target)),
            (dial.dial, "127.0.0.1", lie),
            (multicast.set_ttl, udp, lie),
            (tcp.set_fastopen, udp, lie),
        ]
        if number < 0:
            calls += [
                (streams.recv_exactly, a, lie),
                (streams.Reader, a, lie),
                (ancillary.receive, a, lie),
                (ancillary.receive, a, 5, lie),
                (multicast.set_outgoing_interface, udp, lie),
            ]
        for function, *arguments in calls:
            with pytest.raises((ValueError, OverflowError)):
                function(*arguments)
        assert a.recv(9) == b"hello"


def test_octets_are_copied_at_once() -> None:
    """PyPy copies a view that was cast byte by byte: ten thousand times as slowly."""

    def seconds(view: memoryview) -> float:
        times = []
        for _ in range(20):
            begin = time.perf_counter()
            view[: len(view)].tobytes()
            times.append(time.perf_counter() - begin)
        return min(times)

    data = bytes(1 << 18)
    with _beyond.octets(data) as view:
        assert seconds(view) < 50 * seconds(memoryview(data)) + 1e-4
    numbers = array.array("h", [1, 2])
    with _beyond.octets(numbers) as view:
        assert (len(view), bytes(view)) == (4, numbers.tobytes())
    numbers.append(3)  # nothing exports it any more
    with pytest.raises(TypeError):
        _beyond.octets(memoryview(b"abcd")[::2])
