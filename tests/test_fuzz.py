"""What the kernel writes, taken at its word by nobody: addresses and control messages at random.

The codecs of each platform read addresses that are too short, too long, or noise, and so does the
walk over control messages.  Nothing but the documented error may come of it, and nothing may be
read that was not received.

``PYSOCK_FUZZ`` is how many seconds each test takes, ``PYSOCK_SEED`` where it begins.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from ctypes import sizeof
from pkgutil import iter_modules
from typing import Any

import pytest

from pysock import _constants, families
from pysock._calls.cmsg import Control
from pysock._libc import abi_of

from .addresses import control_cases

SEED = int(os.environ.get("PYSOCK_SEED", "1"))
SECONDS = float(os.environ.get("PYSOCK_FUZZ", "1"))

pytestmark = pytest.mark.timeout(60 + 2 * SECONDS)


def rounds(rng: random.Random) -> Iterator[random.Random]:
    """``rng``, again and again until the time is up."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        yield rng


def noise(rng: random.Random, size: int) -> bytes:
    """Octets of any value, but more of the small ones: they are lengths, types, and zeros."""
    return bytes(rng.choices(range(rng.choice((2, 5, 256))), k=size))


def every_codec() -> list[tuple[str, Any]]:
    names = [f"AF_{module.name.upper()}" for module in iter_modules(families.__path__)]
    found = []
    for target in _constants.targets():
        abi = abi_of(target)
        numbers = [families.number_of(name, abi) for name in names if not name.startswith("AF__")]
        codecs = [families.codec_of(number, abi) for number in numbers if number is not None]
        found += [(target, codec) for codec in codecs if codec is not None]
    return found


def read(raw: bytes, proto: int, target: str) -> Any:
    """The address in ``raw``; ValueError, UnicodeDecodeError among them, is documented."""
    try:
        return families.unpack(raw, proto=proto, platform=target)
    except ValueError as error:
        assert str(error)
        return type(error)


def test_addresses() -> None:
    codecs = every_codec()
    assert len(codecs) > 200
    for rng in rounds(random.Random(f"{SEED} addresses")):
        target, codec = rng.choice(codecs)
        struct = codec.struct_of(b"")
        size = rng.choice((struct.size, rng.randrange(130)))
        raw = (struct.header(codec.family, struct.size) + noise(rng, 128))[:size]
        proto = rng.randrange(10)
        case = f"{target}, {type(codec).__module__}, {proto=}, {raw.hex(' ')}"
        try:
            address = read(raw, proto, target)
            shown = [octets for octets, _, _ in codec.describe(raw)]
            if size > 1 and not type(codec).__module__.endswith(".unix"):
                # What was not received reads as zero, whatever lies behind it in memory.
                assert address == read(raw.ljust(struct.size, b"\0"), proto, target)
        except Exception as error:
            raise AssertionError(case) from error
        assert all(octets in raw.hex(" ") or "×" in octets for octets in shown), case


def test_control_messages() -> None:
    layouts = {target: Control(abi_of(target)) for target in _constants.targets()}
    for rng in rounds(random.Random(f"{SEED} control messages")):
        target, control = rng.choice(list(layouts.items()))
        raw = noise(rng, rng.randrange(100))
        if rng.random() < 0.8:
            (raw,) = control_cases(rng, control, 1)
        found, whole = control.walk(raw)
        case = f"{target}, {raw.hex(' ')}: {found}, {whole}"
        at = 0
        for i, (level, kind, data) in enumerate(found, 1):
            received = raw[at:]
            assert len(received) >= control.data_at, case
            header = control.cmsghdr.from_buffer_copy(received)
            # PyPy reads -1 in the other byte order as 2**32 - 1.
            assert header.cmsg_level & 0xFFFFFFFF == level & 0xFFFFFFFF, case
            assert header.cmsg_type & 0xFFFFFFFF == kind & 0xFFFFFFFF, case
            said = header.cmsg_len - control.data_at
            assert data == received[control.data_at :][:said], case
            assert len(data) == said or (i == len(found) and not whole), case
            at += control.align(header.cmsg_len)
        if whole:  # what is left is no header
            # To musl's CMSG_NXTHDR, one that ends where the buffer ends is none either.
            bare = bool(found) and target.startswith("linux-musl")
            assert len(raw) - at < sizeof(control.cmsghdr) + bare, case
