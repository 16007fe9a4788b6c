"""Every family, byte for byte: thousands of addresses through CPython's `socket` and pysock.

One way, both are given the same Python objects, and what each hands to the C library is caught and
compared; the other way, both are given the same bytes as a socket's name, or as the control
messages that it received.  For that, both hold sockets that lie: the descriptor is a Unix
socket's, whatever the family.

``PYSOCK_SEED`` and ``PYSOCK_CASES`` (how many for each family and direction) try others.
"""

from __future__ import annotations

import _socket
import ctypes
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

import pysock
from pysock import _platform
from pysock._calls.cmsg import control
from pysock._host import abi, constants, lib, structs

from . import interpose
from .addresses import control_cases, families, pack_cases, protocols, raw_cases

SEED = int(os.environ.get("PYSOCK_SEED", "1"))
CASES = int(os.environ.get("PYSOCK_CASES", "1000"))

reason = interpose.missing()
pytestmark = pytest.mark.skipif(reason is not None, reason=str(reason))
newer = pytest.mark.skipif(
    sys.version_info < (3, 14), reason="AF_BLUETOOTH has the addresses of Python 3.14"
)
every_family = pytest.mark.parametrize(
    "family",
    [pytest.param(name, marks=newer) if name == "AF_BLUETOOTH" else name for name in families()],
)

METHODS: dict[str, Callable[[Any, Any], Any]] = {
    "connect": lambda sock, address: sock.connect(address),
    "connect_ex": lambda sock, address: sock.connect_ex(address),
    "bind": lambda sock, address: sock.bind(address),
    "sendto": lambda sock, address: sock.sendto(b"data", address),
    "sendmsg": lambda sock, address: sock.sendmsg([b"data"], [], 0, address),
}


class Witness:
    """The functions that take a name: they note it, and say that they are done."""

    def __init__(self) -> None:
        self.names: list[bytes] = []

    def _take(self, name: Any, size: int) -> int:
        if name:  # sendmsg has none where the address is None
            self.names.append(ctypes.string_at(name, size))
        return 0

    def bind(self, fd: int, name: Any, size: int) -> int:
        return self._take(name, size)

    def connect(self, fd: int, name: Any, size: int) -> int:
        return self._take(name, size)

    def sendto(self, fd: int, data: Any, n: int, flags: int, name: Any, size: int) -> int:
        return self._take(name, size) or n

    def sendmsg(self, fd: int, message: Any, flags: int) -> int:
        header = msghdr_at(message)
        return self._take(header.msg_name, header.msg_namelen) or len(b"data")


class Oracle:
    """The functions that answer, with what they are told to answer.

    A name has zeros behind it, for a reader who goes too far.  That is the known difference in
    this direction: CPython reads what the kernel did not write.
    """

    def __init__(self) -> None:
        self.answer = b""

    def getsockname(self, fd: int, name: Any, length: Any) -> int:
        ctypes.memmove(name, self.answer.ljust(abi.storage, b"\0"), abi.storage)
        ctypes.memmove(length, ctypes.byref(ctypes.c_uint32(len(self.answer))), 4)
        return 0

    def recvmsg(self, fd: int, message: Any, flags: int) -> int:
        header = msghdr_at(message)
        ctypes.memmove(header.msg_control, self.answer, len(self.answer))
        header.msg_controllen, header.msg_namelen = len(self.answer), 0
        ctypes.memmove(message, ctypes.byref(header), ctypes.sizeof(header))
        return 0


def msghdr_at(message: Any) -> Any:
    octets = ctypes.string_at(message, ctypes.sizeof(structs["msghdr"]))
    return structs["msghdr"].from_buffer_copy(octets)


def numeric(hints: Any) -> None:
    """Tell getaddrinfo(3) to know numbers only: no name leaves the process."""
    flags = ctypes.c_int.from_buffer_copy(ctypes.string_at(hints, 4))
    flags.value |= constants["AI_NUMERICHOST"]
    ctypes.memmove(hints, ctypes.byref(flags), 4)  # ai_flags comes first


@contextmanager
def both(
    patch: pytest.MonkeyPatch, family: str, known: list[int], **functions: Any
) -> Iterator[dict[int, Any]]:
    """For each protocol CPython's socket and pysock's, which call ``functions`` in C's stead."""
    # The library's own: what the program offers under this name may be a way back to here.
    libc = ctypes.CDLL("libc.so.6" if _platform.target.startswith("linux-gnu") else None)
    libc.getaddrinfo.argtypes = [ctypes.c_void_p] * 4

    def getaddrinfo(node: Any, service: Any, hints: Any, found: Any) -> Any:
        numeric(hints)
        return libc.getaddrinfo(node, service, hints, found)

    number = getattr(_socket, family)
    functions["getaddrinfo"] = getaddrinfo
    with ExitStack() as stack:
        truth = stack.enter_context(pysock.socket(pysock.AF_UNIX, pysock.SOCK_DGRAM))
        pairs: dict[int, list[Any]] = {}
        for proto in known:
            pairs[proto] = []
            for cls in (_socket.socket, pysock.socket):
                sock: Any = cls(number, pysock.SOCK_DGRAM, proto, fileno=truth.fileno())
                stack.callback(sock.detach)
                pairs[proto].append(sock)
        patched = stack.enter_context(patch.context())
        for name, function in functions.items():
            patched.setattr(lib, name, function)
        with interpose.Interposed(**functions):
            yield pairs


def outcome(call: Callable[[], Any]) -> tuple[Any, ...]:
    """What a call returns or raises, and what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result: tuple[Any, ...] = ("returned", call())
        except Exception as error:  # what it is, is compared
            result = ("raised", type(error).__name__, str(error), getattr(error, "errno", None))
    return (*result, *((w.category.__name__, str(w.message)) for w in caught))


def left_unset(family: str, proto: int, raw: bytes) -> set[int]:
    """The bytes of a name that CPython leaves as it finds them in memory; newer ones clear them.

    That is the known difference in this direction: pysock sends zeros.
    """
    gap = {2, 3}  # between a family and 32 bits
    if family in ("AF_NETLINK", "AF_QIPCRTR"):
        return gap
    if family == "AF_PACKET":
        return set(range(12 + raw[11], 20))  # behind the hardware address
    if family == "AF_CAN":
        used = {constants["CAN_ISOTP"]: 8, constants["CAN_J1939"]: 13}.get(proto, 0)
        return gap | set(range(8 + used, 24))
    if family == "AF_BLUETOOTH":
        # Behind the bdaddr_type of L2CAP, and the channel of RFCOMM.
        return set(range({constants["BTPROTO_L2CAP"]: 13}.get(proto, 9), len(raw)))
    return set()


def corrected(raw: bytes) -> bytes:
    """A name without CPython's one mistake: of AF_ALG's feat and mask it writes the first half."""
    if sys.byteorder == "big" and raw[:2] == bytes([0, constants["AF_ALG"]]):
        feat, mask = raw[16:18], raw[20:22]
        return b"".join([raw[:16], b"\0\0", feat, b"\0\0", mask, raw[24:]])
    return raw


@every_family
def test_both_hand_the_same_bytes_to_c(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(f"{SEED} {family} pack")
    witness = Witness()
    functions = {name: getattr(witness, name) for name in ("bind", "connect", "sendmsg", "sendto")}
    packed = 0
    with both(monkeypatch, family, protocols(family), **functions) as pairs:
        for proto, address in pack_cases(rng, family, CASES):
            method = rng.choice(list(METHODS))
            case = f"{method}({address!r}) of {family}, {proto=}, PYSOCK_SEED={SEED}"
            found: list[Any] = []
            for sock in pairs[proto]:
                witness.names.clear()
                answer = outcome(lambda: METHODS[method](sock, address))  # noqa: B023
                found.append((answer, *witness.names))
            (their_answer, *their_names), (our_answer, *our_names) = found
            assert our_answer == their_answer, case
            assert [len(name) for name in our_names] == [len(name) for name in their_names], case
            for ours, theirs in zip(our_names, map(corrected, their_names)):
                packed += 1
                differ = {at for at in range(len(ours)) if ours[at] != theirs[at]}
                unset = left_unset(family, proto, theirs)
                assert differ <= unset, f"{case}: {theirs.hex(' ')}, not {ours.hex(' ')}"
                assert not any(ours[at] for at in unset), f"{case}: {ours.hex(' ')}"
    if family != "AF_APPLETALK":  # which nobody packs
        assert packed > CASES // 10, "too few of the addresses were good"


@every_family
def test_both_understand_the_same_bytes(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(f"{SEED} {family} unpack")
    oracle = Oracle()
    # CPython does not ask for the name of a socket of a family that it cannot pack.
    known = protocols(family)
    with both(monkeypatch, "AF_UNIX", known, getsockname=oracle.getsockname) as pairs:
        for proto, raw in raw_cases(rng, family, CASES):
            oracle.answer = raw
            theirs, ours = (outcome(sock.getsockname) for sock in pairs[proto])
            if family == "AF_PACKET" and len(raw) < 12 + (raw + b"\0" * 12)[11]:
                # The hardware address goes on where the kernel wrote nothing.
                theirs = within(theirs, max(len(raw), 20) - 12)
            assert ours == theirs, f"{raw.hex(' ')} of {family}, {proto=}, PYSOCK_SEED={SEED}"


def within(answer: tuple[Any, ...], size: int) -> tuple[Any, ...]:
    """An address of AF_PACKET, with a hardware address of no more than ``size`` bytes."""
    returned, (*others, hardware), *warned = answer
    return (returned, (*others, hardware[:size]), *warned)


def test_both_walk_control_messages_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(f"{SEED} control")
    oracle = Oracle()
    with both(monkeypatch, "AF_UNIX", [0], recvmsg=oracle.recvmsg) as pairs:
        for raw in control_cases(rng, control, CASES):
            oracle.answer = raw
            theirs, ours = (outcome(lambda: sock.recvmsg(1, 512)) for sock in pairs[0])  # noqa: B023
            assert ours == theirs, f"{raw.hex(' ', 8)}, PYSOCK_SEED={SEED}"
