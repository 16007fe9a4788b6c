"""pysock.ancillary: control messages of real sockets, and the layouts of every platform."""

from __future__ import annotations

import gc
import os
import socket as known
import time
from pathlib import Path
from typing import Any

import pytest

import pysock
from pysock import _constants, ancillary
from pysock._host import lib
from pysock._platform import target as host_target
from pysock.ancillary import (
    Credentials,
    DropCount,
    ErrorQueue,
    HopLimit,
    IPOptions,
    PacketInfo,
    PidFD,
    Rights,
    SegmentSize,
    Timestamp,
    TrafficClass,
    Truncated,
    Unknown,
    decode,
    disable,
    enable,
    encode,
    supported,
)

from .foreign import FOREIGN, LINUX

UNIX = pytest.mark.skipif(not hasattr(lib, "socketpair"), reason="there are no Unix socket pairs")
# On the beds of tests.bsd the standard library has the numbers of Linux.
MODULES = [pysock, known] if known.SOL_SOCKET == pysock.SOL_SOCKET else [pysock]
receive: Any = ancillary.receive  # whose values are of many classes


def udp(module: Any, host: str = "127.0.0.1") -> tuple[Any, Any]:
    family = module.AF_INET6 if ":" in host else module.AF_INET
    try:
        a, b = (module.socket(family, module.SOCK_DGRAM) for _ in "ab")
        b.bind((host, 0))
    except OSError as error:
        pytest.skip(f"{host}: {error}")
    b.settimeout(5)
    return a, b


def on(sock: Any, *kinds: Any, value: int = 1) -> None:
    """Enable what this kernel has, or skip with its reason."""
    for kind in kinds:
        try:
            enable(sock, kind, value=value)
        except OSError as error:
            sock.close()
            pytest.skip(str(error))


def count() -> int:
    """How many descriptors are open, those apart that an earlier test has dropped (PyPy)."""
    gc.collect()
    place = Path("/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd")
    return len(list(place.iterdir()))


# --- descriptors -----------------------------------------------------------------------


def rights(module: Any, n: int = 2, room: int = 1024) -> Any:
    a, b = module.socketpair()
    with a, b, open(os.devnull) as file:
        a.sendmsg([b"x"], encode([Rights.of(*[file] * n)]))
        return receive(b, 10, room)


@UNIX
@pytest.mark.parametrize("module", MODULES)
def test_descriptors_are_closed_unless_taken(module: Any) -> None:
    before = count()
    [value] = rights(module).values
    assert count() == before + 2
    first, second = value.take()
    assert not os.get_inheritable(first) and value.take() == []
    value.close()
    assert count() == before + 2
    os.close(first)
    os.close(second)
    with rights(module).values[0]:
        assert count() == before + 2
    assert count() == before
    made = rights(module)
    with pytest.warns(ResourceWarning, match="unclaimed Rights"):
        del made
        gc.collect()
    assert count() == before


@UNIX
@pytest.mark.skipif(not LINUX, reason="other kernels drop what has no room, or say EMSGSIZE")
def test_truncated_descriptors_are_an_error_and_closed() -> None:
    before = count()
    with pytest.raises(Truncated) as caught:
        rights(pysock, 3, pysock.CMSG_SPACE(4))
    assert caught.value.data == b"x" and count() == before


@UNIX
def test_an_error_closes_what_came_before_and_after_it() -> None:
    fds = [os.open(os.devnull, os.O_RDONLY) for _ in range(4)]
    before = count()
    items = encode([Rights(tuple(fds[:2])), Rights(tuple(fds[2:]))])
    level, kind, data = items[0]
    items.insert(1, (level, kind, data[:3]))
    with pytest.raises(ValueError, match="4 bytes each"):
        decode(items)
    assert count() == before - 4


# --- the kernel's messages -------------------------------------------------------------


@UNIX
@pytest.mark.parametrize("module", MODULES)
def test_credentials(module: Any) -> None:
    a, b = module.socketpair()
    with a, b:
        on(b, Credentials)
        a.send(b"x")
        [value] = receive(b, 10).values
        assert (value.uid, value.gid) == (os.getuid(), os.getgid())
        assert value.pid in (None, os.getpid())
        if "SCM_CREDENTIALS" in _constants.table(host_target):
            # To name nobody is to name oneself: the kernel takes no process 0.
            a.sendmsg([b"x"], encode([Credentials(None, os.getuid(), os.getgid())]))
            assert receive(b, 10).values == [value]
        disable(b, Credentials)


@UNIX
def test_pidfd() -> None:
    a, b = pysock.socketpair()
    with a, b:
        on(b, PidFD)
        a.send(b"x")
        [value] = receive(b, 10).values
        fd = value.take()
        assert "pidfd" in os.readlink(f"/proc/self/fd/{fd}")
        os.close(fd)
        with pytest.raises(OSError):
            value.take()
    with pytest.raises(ProcessLookupError):
        PidFD(-3).take()


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_what_comes_with_a_packet(module: Any, host: str) -> None:
    if not hasattr(module.socket, "recvmsg"):
        pytest.skip("this module has no recvmsg")
    a, b = udp(module, host)
    version = 6 if ":" in host else 4
    with a, b:
        on(b, PacketInfo, HopLimit, TrafficClass, Timestamp)
        ttl = "IPV6_UNICAST_HOPS" if version == 6 else "IP_TTL"
        level = module.IPPROTO_IPV6 if version == 6 else module.IPPROTO_IP
        a.setsockopt(level, getattr(module, ttl), 33)
        a.sendto(b"x", b.getsockname())
        values = {type(value): value for value in receive(b, 10).values}
        assert values[HopLimit] == HopLimit(33, version)
        assert values[TrafficClass] == TrafficClass(0, version)
        assert values[PacketInfo].address == host
        if not FOREIGN or Timestamp in values:  # the bed of tests.bsd may hand on none
            assert abs(values[Timestamp].software - 1e9 * time.time()) < 60e9
        b.sendmsg([b"y"], encode([values[PacketInfo]]), 0, a.getsockname()[:2])
        if LINUX:
            b.sendmsg([b"y"], encode([HopLimit(9, version), TrafficClass(8, version)]), 0,
                      b.getsockname())
            values = {type(value): value for value in receive(b, 10).values}
            assert (values[HopLimit].value, values[TrafficClass].value) == (9, 8)


@pytest.mark.skipif(not LINUX, reason="only Linux has these options")
def test_messages_of_linux_alone() -> None:
    a, b = udp(pysock)
    with a, b:
        flags = pysock.SOF_TIMESTAMPING_RX_SOFTWARE | pysock.SOF_TIMESTAMPING_SOFTWARE
        on(b, Timestamp, value=flags)
        values: list[Any] = []
        while not values:  # the kernel begins to take times a moment after it was asked to
            a.sendto(b"x", b.getsockname())
            values = receive(b, 10).values
        [stamp] = values
        assert isinstance(stamp, Timestamp) and stamp.software and stamp.hardware is None
        on(b, SegmentSize)
        try:
            a.sendmsg([b"abcde"], encode([SegmentSize(2)]), 0, b.getsockname())
        except OSError as error:
            pytest.skip(str(error))
        data, values, _, _ = receive(b, 100)
        assert data == b"abcde" and SegmentSize(2) in values
    a, b = udp(pysock)
    with a, b:
        gone = b.getsockname()
        b.close()
        on(a, ErrorQueue)
        a.connect(gone)
        a.settimeout(5)
        a.send(b"lost")
        with pytest.raises(ConnectionRefusedError):
            a.recv(1)
        data, [told], _, address = receive(a, 10, flags=pysock.MSG_ERRQUEUE)
        assert isinstance(told, ErrorQueue)
        assert (data, told.errno, address) == (b"lost", 111, gone)
        assert told.origin == pysock.SO_EE_ORIGIN_ICMP and told.offender == ("127.0.0.1", 0)


@pytest.mark.skipif(not LINUX, reason="only Linux has SO_RXQ_OVFL, and mapped addresses' options")
def test_drops_and_mapped_addresses() -> None:
    for sock in udp(pysock, "::1"):
        sock.close()
    a = pysock.socket(pysock.AF_INET, pysock.SOCK_DGRAM)
    with a, pysock.socket(pysock.AF_INET6, pysock.SOCK_DGRAM) as b:
        b.bind(("::", 0))
        b.settimeout(5)
        b.setsockopt(pysock.SOL_SOCKET, pysock.SO_RCVBUF, 1)
        enable(b, DropCount, HopLimit)
        for _ in range(100):
            a.sendto(b"x" * 1000, ("127.0.0.1", b.getsockname()[1]))
        b.recv(1000)
        a.sendto(b"x", ("127.0.0.1", b.getsockname()[1]))
        for _ in range(100):
            values = receive(b, 1000).values
            dropped = [value.count for value in values if isinstance(value, DropCount)]
            if dropped:
                break
        assert dropped and dropped[0] > 0
        assert any(isinstance(value, HopLimit) and value.version == 4 for value in values)


# --- every platform --------------------------------------------------------------------

SENT: list[Any] = [
    PacketInfo("192.0.2.1", 3),
    PacketInfo("2001:db8::1", 3),
    HopLimit(200, 4),
    HopLimit(200, 6),
    TrafficClass(184, 4),
    TrafficClass(184, 6),
    Rights((3, 4)),
]


@pytest.mark.parametrize("platform", _constants.targets())
def test_what_is_sent_is_what_comes(platform: str) -> None:
    for value in SENT:
        if isinstance(value, Rights) and platform == host_target:
            continue  # these would be descriptors of this process
        try:
            [item] = encode([value], platform=platform)
        except OSError as error:
            assert platform in str(error)
            continue
        [back] = decode([item], platform=platform)
        if isinstance(value, PacketInfo) and value.local is None and ":" not in value.address:
            # Linux and macOS have the source to send from in another member than the destination.
            assert value.address in (back.address, back.local)  # type: ignore[attr-defined]
        else:
            assert back == value


def test_layouts_of_other_platforms() -> None:
    stamp = (1 << 31).to_bytes(8, "little") + (5).to_bytes(8, "little")
    for platform in ("darwin-arm64", "freebsd-x86_64", "netbsd-x86_64", "openbsd-x86_64"):
        numbers = _constants.table(platform)
        item = (numbers["SOL_SOCKET"], numbers["SCM_TIMESTAMP"], stamp)
        assert decode([item], platform=platform) == [Timestamp((1 << 31) * 10**9 + 5000)]
    item = (1, 29, (7).to_bytes(4, "big") + (9).to_bytes(4, "big"))  # SO_TIMESTAMP_OLD
    assert decode([item], platform="linux-gnu-powerpc") == [Timestamp(7 * 10**9 + 9000)]
    numbers = _constants.table("freebsd-x86_64")
    ids = [0, 77, 1, 2, 3, 4, 2, 10, 11]
    raw = b"".join(n.to_bytes(4, "little") for n in ids)
    item = (numbers["SOL_SOCKET"], numbers["SCM_CREDS2"], raw)
    assert decode([item], platform="freebsd-x86_64") == [Credentials(77, 1, 3, 2, 4, (10, 11))]
    assert not supported(ErrorQueue, platform="darwin-arm64")
    assert supported(SegmentSize, platform="windows-x86_64")
    assert encode([SegmentSize(9)], platform="windows-x86_64") == [(17, 2, b"\t\0\0\0")]


# --- bad input -------------------------------------------------------------------------


def test_bad_input() -> None:
    assert decode([(99, 98, b"?")]) == [Unknown(99, 98, b"?")]
    assert encode([Unknown(99, 98, b"?"), (1, 2, b"")]) == [(99, 98, b"?"), (1, 2, b"")]
    with pytest.raises(TypeError, match="expected a control message, not int"):
        encode([3])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="0 to 255, not 256"):
        encode([HopLimit(256)])
    with pytest.raises(OSError, match="DropCount is only received"):
        encode([DropCount(1)])
    with pytest.raises(TypeError, match="socket"):
        enable(object(), HopLimit)
    with pytest.raises(TypeError, match="subclass"):
        ancillary.register(int)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected 12 bytes of struct ucred, not 3"):
        decode([(1, 2, b"abc")], platform="linux-gnu-x86_64")
    with pysock.socket() as sock, pytest.raises(OSError, match="has no option for PidFD"):
        enable(sock, PidFD)


WRONG: list[tuple[Any, type[Exception], str]] = [
    (HopLimit(256), ValueError, "a number of 0 to 255, not 256"),
    (HopLimit("x"), TypeError, "a number as an int, not str"),  # type: ignore[arg-type]
    (PacketInfo("no address"), ValueError, "a numeric IP address, not 'no address'"),
    (PacketInfo("1.2.3.4", -1), ValueError, "the index of an interface of 0 to 2147483647"),
    (PacketInfo("::1", 2**32), ValueError, "the index of an interface of 0 to 2147483647"),
    (Rights((-1,)), ValueError, "a descriptor of 0 to 2147483647, not -1"),
    (Rights(("a",)), TypeError, "a descriptor as an int, not str"),  # type: ignore[arg-type]
    (SegmentSize(0), ValueError, "a size of segments of 1 to 65535, not 0"),
    (Credentials(1, -5, 1), ValueError, "a user of 0 to 4294967295, not -5"),
    (Credentials(1, 1, 2**32), ValueError, "a group of 0 to 4294967295"),
    (IPOptions(5), TypeError, "the options as bytes, not int"),  # type: ignore[arg-type]
    ("text", TypeError, "a control message, not str"),
]


@pytest.mark.parametrize(("value", "kind", "text"), WRONG, ids=str)
def test_what_cannot_be_encoded(value: Any, kind: type[Exception], text: str) -> None:
    """No number is cut, and none becomes another one."""
    with pytest.raises(kind, match=f"expected {text}"):
        encode([value], platform="linux-gnu-x86_64")


def test_what_is_no_message() -> None:
    for wrong in ((1, 2), [1, 2, b""], (1, 2, "data")):
        with pytest.raises(TypeError, match=r"control messages \(level, type, bytes\)"):
            decode([wrong])  # type: ignore[list-item]


@UNIX
def test_flags_that_nobody_has_asked_for() -> None:
    """The kernel gives MSG_CMSG_CLOEXEC back; a caller has not given it."""
    for module in MODULES:
        if not hasattr(module.socket, "recvmsg"):
            continue
        a, b = module.socketpair()
        with a, b:
            a.send(b"x")
            assert receive(b, 10).flags == 0
