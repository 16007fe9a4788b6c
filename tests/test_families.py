"""The codecs of families/: what it takes to add one, and what their examples leave out."""

from __future__ import annotations

import doctest
import importlib
import os
import socket
import sys
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import pysock
from pysock import families
from pysock._ffi.interpreter import FREE_THREADED
from pysock._host import constants, lib
from pysock._libc import abi_of
from pysock._methods import shortcuts
from pysock._methods.shortcuts import transfer, written
from pysock.families import _hosts, inet

LINUX = "linux-gnu-x86_64"

needs_loopback = pytest.mark.skipif(
    "lo" not in [name for _, name in pysock.if_nameindex()], reason="no interface is called lo"
)


def described(name: str, raw: bytes, platform: str = LINUX) -> dict[str, str]:
    """What an observer is told of each member of an address."""
    abi = abi_of(platform)
    codec = families.codec_of(abi.constants[name], abi)
    assert codec
    return {member: text for _, member, text in codec.describe(raw)}


# --- names and numeric hosts ---------------------------------------------------------


@pytest.mark.parametrize("name", ["AF_INET", "AF_INET6"])
def test_a_name_is_not_numeric_as_in_c_and_takes_no_call(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = constants[name]
    hosts = (
        "1.2.3.4 01.2.3.4 1.2.3 1.2.3.4.5 256.1.1.1 0x1.2.3.4 1e3 . 1..2 127.1 4 "
        "::1 :: ::ffff:1.2.3.4 DEAD:beef::1 1::2::3 ::1%lo ::g 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:8:9 "
        "face dead.beef.ba localhost host-1 1host a:b ①.2.3.4 +1.2.3.4 1.2.3.4/8"
    )
    for host in [*hosts.split(), "", " 1.2.3.4", "1.2.3.4\n", "::1 "]:
        try:
            numeric = socket.inet_pton(getattr(socket, name), host)
        except OSError:
            numeric = None
        assert _hosts.pton(family, host.encode()) == numeric, host
    monkeypatch.setattr(lib, "inet_pton", None)
    assert _hosts.pton(family, b"localhost") is None


# --- what is remembered --------------------------------------------------------------


@pytest.mark.parametrize(("family", "host"), [("AF_INET", "127.0.0.1"), ("AF_INET6", "::1")])
def test_what_may_change_is_looked_at_each_time(
    family: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Port:
        number = 80

        def __index__(self) -> int:
            return self.number

    first = families.pack(family, (host, 80))
    with pytest.raises(TypeError):
        families.pack(family, (host, 80.0))  # it equals the last one

    address = host, Port()
    assert families.pack(family, address) == first
    Port.number = 81
    assert families.pack(family, address) == families.pack(family, (host, 81)) != first

    answers = [bytes([n] * (4 if family == "AF_INET" else 16)) for n in (1, 2)]
    expected = [first.replace(pysock.inet_pton(getattr(pysock, family), host), a) for a in answers]
    resolved = iter(answers)
    for name in ("ipv4", "ipv6"):
        monkeypatch.setattr(_hosts, name, lambda host: next(resolved))
    named = "a.host.example", 80
    assert [families.pack(family, named) for _ in answers] == expected


def test_a_tuple_that_is_sent_to_again() -> None:
    """What sendto remembers of a tuple is of this object, and for the sockets of its family.

    Once a codec is registered, it is asked.
    """
    asked = []

    class Counting(inet.Family):
        def pack(self, address: Any, caller: str, proto: int) -> bytes:
            asked.append(address)
            return super().pack(address, caller, proto)

    number = int(pysock.AF_INET)
    with pysock.socket(type=pysock.SOCK_DGRAM) as a, pysock.socket(type=pysock.SOCK_DGRAM) as b:
        a.bind(("127.0.0.1", 0))
        a.settimeout(10)
        address = a.getsockname()
        for data in (b"1", b"2", b"3"):
            b.sendto(data, address)
            assert a.recvfrom(10) == (data, ("127.0.0.1", b.getsockname()[1]))
        for port in (float(address[1]), str(address[1])):
            with pytest.raises(TypeError):
                b.sendto(b"", (address[0], port))
        if pysock.has_dualstack_ipv6():
            with pysock.socket(pysock.AF_INET6, pysock.SOCK_DGRAM) as c:
                with pytest.raises(pysock.gaierror):  # its host is none of IPv6
                    c.sendto(b"", address)
        codec = families.codec_of(number)
        assert codec
        try:
            families.register(number, Counting)
            for _ in range(3):
                b.sendto(b"4", address)
            assert asked == 3 * [address]
        finally:
            families.register(number, type(codec))


@pytest.mark.skipif(not hasattr(pysock, "AF_UNIX"), reason="there is no AF_UNIX here")
def test_a_path_that_comes_again(tmp_path: Path) -> None:
    """It is known by its text or by its object, and never mistaken for another one's."""
    texts = [str(tmp_path / name) for name in "ab"]
    packed = [families.pack("AF_UNIX", text) for text in texts]
    assert packed == [families.pack("AF_UNIX", text.encode()) for text in texts]
    assert packed == [families.pack("AF_UNIX", text) for text in texts]
    too_long = "x" * 200
    for _ in range(2):
        with pytest.raises(OSError, match="too long"):
            families.pack("AF_UNIX", too_long)
    with ExitStack() as stack:
        kind = pysock.AF_UNIX, pysock.SOCK_DGRAM
        *there, here = (stack.enter_context(pysock.socket(*kind)) for _ in range(3))
        for sock, text in zip(there, texts):
            sock.bind(text)
            sock.settimeout(10)
        for data in (b"1", b"2", b"3", b"4"):
            for sock, text in zip(there, texts):
                here.sendto(data, text)
                assert sock.recvfrom(10)[0] == data


@pytest.mark.skipif(not pysock.has_dualstack_ipv6(), reason="there is no IPv6 here")
def test_an_address_of_ipv6_that_comes_again() -> None:
    """Each of its numbers counts, and its family: that of IPv4 may be equal."""
    addresses: list[Any] = [("::1", 80), ("::1", 81), ("::1", 80, 1), ("::1", 80, 1, 2)]
    first = [families.pack("AF_INET6", address) for address in addresses]
    assert len({*first}) == len(addresses)
    assert [families.pack("AF_INET6", address) for address in addresses] == first
    assert families.pack("AF_INET6", ("::1", 80, 0, 0)) == first[0]
    for wrong in (("::1", 80.0), ("::1", 80, 1.0), ("::1", 80, 1, 2.0)):
        with pytest.raises(TypeError):
            families.pack("AF_INET6", wrong)
    families.pack("AF_INET", ("127.0.0.1", 80))
    with pytest.raises(pysock.gaierror):
        families.pack("AF_INET6", ("127.0.0.1", 80))
    with pysock.socket(pysock.AF_INET6, pysock.SOCK_DGRAM) as sock:
        sock.bind(("::1", 0))
        sock.settimeout(10)
        here = sock.getsockname()
        for data in (b"1", b"2", b"3", b"4"):
            for address in (here, here[:2], (*here,)):
                sock.sendto(data, address)
                assert sock.recvfrom(10) == (data, here)


@pytest.mark.skipif(not shortcuts.WANTED, reason="this interpreter has no shortcuts")
def test_which_tuples_are_known_by_their_object() -> None:
    """Those that were sent to twice in turn, and those of senders, not one made for a datagram."""
    with pysock.socket(type=pysock.SOCK_DGRAM) as a, pysock.socket(type=pysock.SOCK_DGRAM) as b:
        for sock in (a, b):
            sock.bind(("127.0.0.1", 0))
            sock.settimeout(10)
        host, port = a.getsockname()
        kept = host, port
        _hosts.known_tuples.clear()
        for _ in range(5):
            b.sendto(b"x", (host, port))
            _, sender = a.recvfrom(10)
            assert len(_hosts.known_tuples) <= 1
        assert _hosts.known_tuples[id(sender)][2] is sender
        for _ in range(3):
            a.sendto(b"y", sender)
            assert b.recvfrom(10) == (b"y", kept)
        for _ in range(2):
            b.sendto(b"x", kept)
            a.recvfrom(10)
        assert id(kept) in _hosts.known_tuples


@pytest.mark.skipif(not shortcuts.WANTED, reason="this interpreter has no shortcuts")
def test_a_new_codec_packs_what_was_sent_before() -> None:
    """The last address is known by its object, until its family has another codec."""
    before: Any = families.codec_of(pysock.AF_INET)

    class Codec(inet.Family):
        def pack(self, address: Any, caller: str, proto: int) -> bytes:
            return super().pack(("127.0.0.1", port), caller, proto)

    with ExitStack() as stack:
        a, b, c = (stack.enter_context(pysock.socket(type=pysock.SOCK_DGRAM)) for _ in range(3))
        for sock in (a, b):
            sock.bind(("127.0.0.1", 0))
            sock.settimeout(10)
        address, port = a.getsockname(), b.getsockname()[1]
        for _ in range(4):
            c.sendto(b"1", address)
            assert a.recv(10) == b"1"
        assert FREE_THREADED or _hosts.last_sent[2] is address
        stack.callback(families.register, pysock.AF_INET, type(before))
        families.register(pysock.AF_INET, Codec)
        c.sendto(b"2", address)
        assert b.recv(10) == b"2"


@pytest.mark.skipif(not shortcuts.WANTED, reason="this interpreter has no shortcuts")
@pytest.mark.skipif(not hasattr(pysock, "AF_UNIX"), reason="no AF_UNIX")
def test_a_long_address_leaves_nothing_behind(tmp_path: Path) -> None:
    """Behind the first bytes, which are known, memory is zeros again once it has been read."""
    with ExitStack() as stack:
        a, b = (
            stack.enter_context(pysock.socket(pysock.AF_UNIX, pysock.SOCK_DGRAM)) for _ in range(2)
        )
        here, there = (str(tmp_path / letter) + "x" * 20 for letter in "ab")
        a.bind(here)
        b.bind(there)
        a.settimeout(10)
        buffer = bytearray(1)
        for _ in range(2):
            assert b.getsockname() == there
            for _ in range(3):
                b.sendto(b"1", here)
            assert a.recvfrom(1) == (b"1", there)
            assert a.recvfrom(20_000) == (b"1", there)
            assert a.recvfrom_into(buffer) == (1, there)
    for pool in (written.name_pool, transfer._datagram_pool):
        for *_, address, _ in pool.entries:
            assert not any(address._obj.raw[written._HEAD_MAX :])


@pytest.mark.parametrize("place", [2, 3])
@pytest.mark.parametrize("number", [2**32 + 1, -(2**31) - 1, -1])
def test_a_number_that_is_cut_is_warned_of_each_time(number: int, place: int) -> None:
    """By Python 3.15; other versions refuse it each time, or cut it without a word."""
    address: list[Any] = ["::1", 80, 0, 0]
    address[place] = number
    told = []
    for _ in range(3):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            try:
                answer: Any = families.pack("AF_INET6", tuple(address))
            except OverflowError as error:
                answer = str(error)
        told.append((answer, [str(each.message) for each in seen]))
    assert told[0] == told[1] == told[2]


def test_addresses_that_come_again() -> None:
    """Two senders in turn: recvfrom knows the memory that C has written, and mixes up neither."""
    with ExitStack() as stack:
        a, b, c = (stack.enter_context(pysock.socket(type=pysock.SOCK_DGRAM)) for _ in range(3))
        for sock in (a, b, c):
            sock.bind(("127.0.0.1", 0))
        a.settimeout(10)
        for _ in range(3):
            for sender in (b, c):
                sender.sendto(b"x", a.getsockname())
                assert a.recvfrom(10) == (b"x", sender.getsockname())


# --- what the public functions take --------------------------------------------------


def test_what_is_no_address_no_family_and_no_codec() -> None:
    raw = bytes.fromhex("02 00 00 50 7f 00 00 01")
    for given in (bytearray(raw), memoryview(raw), memoryview(raw[::-1])[::-1]):
        assert families.unpack(given, platform=LINUX) == ("127.0.0.1", 80)
    wrong: Any
    for wrong in (5, 2**40, "02 00", [2, 0], None):
        with pytest.raises(TypeError, match="a bytes-like object is required"):
            families.unpack(wrong, platform=LINUX)
    for wrong in (2.0, None, b"AF_INET"):
        with pytest.raises(TypeError, match="integer"):
            families.pack(wrong, ("127.0.0.1", 80), platform=LINUX)
    for wrong in (int, None, families.codec_of(int(pysock.AF_INET))):
        with pytest.raises(TypeError, match=r"^expected a subclass of FamilyCodec, not "):
            families.register(1999, wrong, platform=LINUX)


# --- adding one ----------------------------------------------------------------------

AX25 = '''\
"""AF_AX25, ax25(4): amateur packet radio.  An address is a call sign and a number.

>>> from pysock import families
>>> families.pack("AF_AX25", ("N0CALL", 7), platform="linux-gnu-x86_64").hex(" ")
'03 00 9c 60 86 82 98 98 0e 00 00 00 00 00 00 00'
"""

from ctypes import c_ubyte

from ._codec import FamilyCodec, must_be_tuple


class Family(FamilyCodec):
    def declare(self):
        self.sockaddr_ax25 = self.abi.sockaddr(
            "sockaddr_ax25", "sax25", ("sax25_call", c_ubyte * 7), ("sax25_ndigis", "int")
        )
        self.fill = self.sockaddr_ax25.packer(self.family)

    def pack(self, address, caller, proto):
        must_be_tuple(address, caller, "AF_AX25")
        call, number = address
        return self.fill(bytes(2 * ord(c) for c in f"{call:6}") + bytes([2 * number]), 0)

    def unpack(self, raw, proto):
        _, call, _ = self.sockaddr_ax25.unpack(raw)
        return "".join(chr(octet // 2) for octet in call[:6]).rstrip(), call[6] // 2
'''


def test_a_file_is_all_that_a_family_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ax25.py").write_text(AX25, encoding="utf-8")
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path)])
    monkeypatch.setattr(families, "_codecs", {})
    monkeypatch.setattr(families, "_classes", {**families._classes})
    try:
        importlib.invalidate_caches()
    except TypeError as error:
        pytest.skip(f"the library of this interpreter is another version's: {error}")
    try:
        families._classes["AF_AX25"] = importlib.import_module("pysock.families.ax25").Family
        for platform in LINUX, "linux-musl-s390x":
            raw = families.pack("AF_AX25", ("N0CALL", 7), platform=platform)
            assert families.unpack(raw, platform=platform) == ("N0CALL", 7)
        with pytest.raises(TypeError, match=r"^pack\(\): AF_AX25 address must be tuple, not str$"):
            families.pack("AF_AX25", "N0CALL", platform=LINUX)
        assert described("AF_AX25", raw, platform)["sax25_family"] == "AF_AX25"
        module = importlib.import_module("pysock.families.ax25")
        assert doctest.testmod(module) == (0, 2)
    finally:
        sys.modules.pop("pysock.families.ax25", None)


# --- the codecs ----------------------------------------------------------------------


def test_netlink_for_an_observer() -> None:
    raw = families.pack("AF_NETLINK", (1234, 5), platform=LINUX)
    assert described("AF_NETLINK", raw) == {
        "nl_family": "AF_NETLINK",
        "nl_pad": "",
        "nl_pid": "1234",
        "nl_groups": "0b101",
    }


def test_vsock_for_an_observer() -> None:
    raw = families.pack("AF_VSOCK", (2, 1024), platform=LINUX)
    told = described("AF_VSOCK", raw)
    assert (told["svm_cid"], told["svm_port"]) == ("VMADDR_CID_HOST", "1024")


@pytest.mark.parametrize(
    ("flags", "text"), [(0, "0"), (2, "XDP_COPY"), (0x102, "XDP_COPY | 0x100"), (0x100, "0x100")]
)
def test_flags_of_xdp_for_an_observer(flags: int, text: str) -> None:
    """None is left out that a newer kernel has."""
    raw = bytes([44, 0]) + flags.to_bytes(2, "little") + bytes(12)
    assert described("AF_XDP", raw)["sxdp_flags"] == text


def test_a_family_that_a_platform_has_in_name_only() -> None:
    """macOS has the number of AF_VSOCK, and no struct that CPython knows."""
    raw = bytes([16, abi_of("darwin-arm64").constants.get("AF_VSOCK", 40)]) + bytes(range(14))
    assert families.unpack(raw, platform="darwin-arm64") == (40, bytes(range(14)))


@needs_loopback
def test_packet_for_an_observer() -> None:
    raw = families.pack("AF_PACKET", ("lo", 0x0806, 4, 1, b"\1\2\3\4\5\6"), platform=LINUX)
    told = described("AF_PACKET", raw)
    assert told["sll_protocol"] == "0x0806 (network order)"
    assert told["sll_ifindex"] == f"{pysock.if_nametoindex('lo')}, lo"
    assert told["sll_pkttype"] == "PACKET_OUTGOING"
    assert told["sll_addr"] == "01:02:03:04:05:06:00:00"


@needs_loopback
def test_the_hardware_addresses_of_infiniband() -> None:
    """20 bytes, where sockaddr_ll has room for 8: the kernel writes them behind the struct."""
    raw = families.pack("AF_PACKET", ("lo", 3), platform=LINUX)
    hardware = bytes(range(1, 21))
    received = raw[:11] + bytes([len(hardware)]) + hardware
    assert families.unpack(received, platform=LINUX) == ("lo", 3, 0, 0, hardware)
    # Of one that was not received whole, there is what was.
    assert families.unpack(received[:22], platform=LINUX)[-1] == hardware[:10]


def test_an_interface_that_has_gone() -> None:
    index = b"\xfe\xff\xff\x7f"
    raw = b"\x11\x00\x00\x03" + index + bytes(12)
    assert families.unpack(raw, platform=LINUX) == ("", 3, 0, 0, b"")
    assert described("AF_PACKET", raw)["sll_ifindex"] == str(0x7FFFFFFE)
    raw = b"\x1d\x00\x00\x00" + index + bytes(16)
    proto = abi_of(LINUX).constants["CAN_RAW"]
    assert families.unpack(raw, proto=proto, platform=LINUX) == ("",)


def test_can_on_netbsd() -> None:
    """It has CAN_RAW alone, and a smaller union."""
    proto = abi_of("netbsd-x86_64").constants["CAN_RAW"]
    raw = families.pack("AF_CAN", ("",), proto=proto, platform="netbsd-x86_64")
    assert raw == bytes([16, 35]) + bytes(14)
    assert families.unpack(raw, proto=proto, platform="netbsd-x86_64") == ("",)
    with pytest.raises(OSError, match=r"^pack\(\): unsupported CAN protocol$"):
        families.pack("AF_CAN", ("", 1, 2), proto=6, platform="netbsd-x86_64")


def test_can_for_an_observer() -> None:
    """Who sees the bytes alone cannot know which member of the union they are."""
    raw = families.pack("AF_CAN", ("", 0x123, 0x7FF), proto=6, platform=LINUX)
    told = described("AF_CAN", raw)
    assert told["can_ifindex"] == "0, all interfaces"
    assert told["can_addr"] == ("rx_id 0x123, tx_id 0x7ff or name 0x7ff00000123, pgn 0x0, addr 0x0")
    assert described("AF_CAN", bytes(8) + bytes(16))["can_addr"] == ""


@pytest.mark.parametrize("platform", ["freebsd-x86_64", "openbsd-x86_64", "darwin-arm64"])
def test_link(platform: str) -> None:
    """Looked at, not understood: as in CPython."""
    behind = bytes([3, 0, 6, 3, 6, 0]) + b"em0\1\2\3\4\5\6\0\0\0"
    raw = bytes([2 + len(behind), 18]) + behind
    assert families.unpack(raw, platform=platform) == (18, behind[:14])
    with pytest.raises(OSError, match=r"^pack\(\): bad family$"):
        families.pack("AF_LINK", (18, behind[:14]), platform=platform)
    told = described("AF_LINK", raw, platform)
    assert (told["sdl_index"], told["sdl_nlen"], told["sdl_alen"]) == ("3", "3", "6")
    assert told["sdl_data"] == r"'em0\x01\x02\x03\x04\x05\x06'"


def test_link_on_netbsd() -> None:
    raw = bytes([20, 18, 3, 0, 6, 3, 6, 0]) + b"wm0\1\2\3\4\5\6\0\0\0"
    told = described("AF_LINK", raw, "netbsd-x86_64")
    assert told["sdl_addr"] == r"type 6, lengths [3, 6, 0], 'wm0\x01\x02\x03\x04\x05\x06'"


def test_divert() -> None:
    raw = families.pack("AF_DIVERT", ("127.0.0.1", 8668), platform="freebsd-x86_64")
    assert raw == families.pack("AF_INET", ("127.0.0.1", 8668), platform="freebsd-x86_64")
    with pytest.raises(TypeError, match=r"^AF_INET address must be a pair \(host, port\)$"):
        families.pack("AF_DIVERT", ("127.0.0.1",), platform="freebsd-x86_64")


def test_names_that_are_no_text() -> None:
    """CPython takes AF_CAN's interfaces as it takes paths, and AF_PACKET's as UTF-8."""
    try:
        os.fsdecode(b"\xff")
    except UnicodeDecodeError:
        pytest.skip("all paths are text here")
    with pytest.raises(OSError):  # it gets as far as to ask the kernel
        families.pack("AF_CAN", (os.fsdecode(b"\xff"),), proto=1, platform=LINUX)
    with pytest.raises(UnicodeEncodeError):
        families.pack("AF_PACKET", (os.fsdecode(b"\xff"), 0), platform=LINUX)
