"""Addresses of families that this machine may lack, and their bytes on each platform."""

from __future__ import annotations

from typing import Any, NamedTuple, Union

import pytest

import pysock
from pysock import _constants, _platform, families
from pysock._ffi.abi import ABI
from pysock._host import abi as host
from pysock._libc import abi_of
from pysock.families import pack, unpack
from pysock.families.bluetooth import device
from pysock.families.system import Family as System

LINUX, S390X = "linux-gnu-x86_64", "linux-gnu-s390x"
FREEBSD, NETBSD, MACOS = "freebsd-x86_64", "netbsd-x86_64", "darwin-arm64"
WINDOWS = "windows-x86_64"

BT, TIPC, ALG = "AF_BLUETOOTH", "AF_TIPC", "AF_ALG"
L2CAP, RFCOMM, SCO, HCI = "BTPROTO_L2CAP", "BTPROTO_RFCOMM", "BTPROTO_SCO", "BTPROTO_HCI"

DEVICE = "01:02:03:04:05:06"
GUID = "a42e7cda-d03f-480c-9cc2-a4de20abb878"


class Case(NamedTuple):
    """An address, its bytes, and the address that they unpack to, if it is another one."""

    platform: str
    family: str
    proto: int | str
    address: Any
    octets: str
    back: Any = None

    @property
    def number(self) -> int:
        """The protocol's number on that platform."""
        table = _constants.table(self.platform)
        return table[self.proto] if isinstance(self.proto, str) else self.proto

    def __str__(self) -> str:
        return f"{self.platform.partition('-')[0]} {self.proto or self.family} {self.address}"


def zeros(count: int) -> str:
    return " 00" * count


CASES = [
    # TIPC: service, range, identity; 2 is TIPC_CLUSTER_SCOPE.
    Case(LINUX, TIPC, 0, (2, 1, 2, 3), f"1e 00 02 02 01 00 00 00 02{zeros(7)}", (2, 1, 2, 2, 2)),
    Case(S390X, TIPC, 0, (2, 1, 2, 2, 2), f"00 1e 02 02 00 00 00 01 00 00 00 02{zeros(4)}"),
    Case(LINUX, TIPC, 0, (1, 1, 2, 3, 3), "1e 00 01 03 01 00 00 00 02 00 00 00 03 00 00 00"),
    Case(LINUX, TIPC, 0, (3, 1, 2, 0, 0), f"1e 00 03 00 02 00 00 00 01{zeros(7)}"),
    # The scope is a signed char, and unpacked an unsigned int.
    Case(LINUX, TIPC, 0, (3, 0, 0, 0, -2), f"1e 00 03 fe{zeros(12)}", (3, 0, 0, 0, 2**32 - 2)),
    # ALG
    Case(
        LINUX, ALG, 0, ("hash", "é" * 6),
        f"26 00 68 61 73 68{zeros(18)}{' c3 a9' * 6}{zeros(52)}", ("hash", "é" * 6, 0, 0),
    ),
    Case(
        S390X, ALG, 0, ("x" * 13, "y" * 63, 1, 0x1FFFF),
        f"00 26{' 78' * 13} 00 00 00 00 01 00 00 ff ff{' 79' * 63} 00",
        ("x" * 13, "y" * 63, 1, 0xFFFF),
    ),
    # Bluetooth, Linux
    Case(LINUX, BT, L2CAP, (DEVICE, 0x1001), "1f 00 01 10 06 05 04 03 02 01 00 00 00 00"),
    Case(LINUX, BT, L2CAP, (DEVICE, 0, 4), "1f 00 00 00 06 05 04 03 02 01 04 00 00 00"),
    Case(LINUX, BT, L2CAP, (DEVICE, 128, 0, 2), "1f 00 80 00 06 05 04 03 02 01 00 00 02 00"),
    Case(LINUX, BT, RFCOMM, (DEVICE, 5), "1f 00 06 05 04 03 02 01 05 00"),
    Case(LINUX, BT, SCO, DEVICE, "1f 00 06 05 04 03 02 01"),
    Case(LINUX, BT, SCO, DEVICE.encode(), "1f 00 06 05 04 03 02 01", DEVICE),
    Case(LINUX, BT, HCI, 1, "1f 00 01 00 00 00"),
    Case(LINUX, BT, HCI, (1,), "1f 00 01 00 00 00", 1),
    Case(LINUX, BT, HCI, (0xFFFF, 3), "1f 00 ff ff 03 00"),
    Case(S390X, BT, HCI, (1, 2), "00 1f 00 01 00 02"),
    # MCTP, which CPython does not pack
    Case(LINUX, "AF_MCTP", 0, (1, 8, 5, 8), "2d 00 00 00 01 00 00 00 08 05 08 00"),
    Case(S390X, "AF_MCTP", 0, (1, 8, 5), "00 2d 00 00 00 00 00 01 08 05 00 00", (1, 8, 5, 0)),
    # FreeBSD
    Case(FREEBSD, BT, L2CAP, (DEVICE, 1, 2, 1), "0e 24 01 00 06 05 04 03 02 01 02 00 01 00"),
    Case(FREEBSD, BT, RFCOMM, (DEVICE, 5), "09 24 06 05 04 03 02 01 05"),
    Case(FREEBSD, BT, SCO, DEVICE, "08 24 06 05 04 03 02 01"),
    Case(FREEBSD, BT, HCI, "ubt0hci", f"22 24 75 62 74 30 68 63 69{zeros(25)}"),
    Case(FREEBSD, BT, HCI, "n" * 32, f"22 24{' 6e' * 32}"),
    # NetBSD has one struct for all protocols, and one byte for channel and cid.
    Case(NETBSD, BT, L2CAP, (DEVICE, 1), f"10 1f 06 05 04 03 02 01 01{zeros(7)}"),
    Case(NETBSD, BT, L2CAP, (DEVICE, 1, 4), f"10 1f 06 05 04 03 02 01 01 00 04{zeros(5)}"),
    Case(NETBSD, BT, RFCOMM, (DEVICE, 5), f"10 1f 06 05 04 03 02 01 00 00 05{zeros(5)}"),
    Case(NETBSD, BT, SCO, DEVICE, f"10 1f 06 05 04 03 02 01{zeros(8)}"),
    Case(NETBSD, BT, HCI, DEVICE, f"10 1f 06 05 04 03 02 01{zeros(8)}"),
    # Windows: BT_PORT_ANY is unpacked as -1.
    Case(WINDOWS, BT, RFCOMM, (DEVICE, 5), f"20 00 06 05 04 03 02 01{zeros(18)} 05 00 00 00"),
    Case(WINDOWS, BT, RFCOMM, (DEVICE, -1), f"20 00 06 05 04 03 02 01{zeros(18)} ff ff ff ff"),
    # macOS and Windows
    Case(
        MACOS, "AF_SYSTEM", "SYSPROTO_CONTROL", (7, 2**32 - 1),
        f"20 20 02 00 07 00 00 00 ff ff ff ff{zeros(20)}",
    ),
    Case(
        WINDOWS, "AF_HYPERV", "HV_PROTOCOL_RAW", (GUID, GUID.upper()),
        "22 00 00 00" + " da 7c 2e a4 3f d0 0c 48 9c c2 a4 de 20 ab b8 78" * 2, (GUID, GUID),
    ),
]  # fmt: skip


# Some numbers are cut to their lower bits, of which Python warns from 3.15 on.
@pytest.mark.filterwarnings("ignore:integer value out of range:DeprecationWarning")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_bytes(case: Case) -> None:
    raw = pack(case.family, case.address, proto=case.number, platform=case.platform)
    assert raw.hex(" ") == case.octets
    back = case.address if case.back is None else case.back
    assert unpack(raw, proto=case.number, platform=case.platform) == back


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_missing_reads_as_zero(case: Case) -> None:
    """CPython reads the memory after a short address; pysock reads zeros, and does not crash."""
    raw = bytes.fromhex(case.octets)
    for size in range(2, len(raw)):
        whole = raw[:size].ljust(len(raw), b"\0")

        def back(octets: bytes) -> Any:
            try:
                return unpack(octets, proto=case.number, platform=case.platform)
            except ValueError as error:  # TIPC: an unknown addr_type; ALG: half of a character
                return str(error)

        assert back(raw[:size]) == back(whole)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_members_are_described(case: Case) -> None:
    """``pysock.trace`` shows every member of an address as text."""
    abi = abi_of(case.platform)
    codec = families.codec_of(abi.constants[case.family], abi)
    assert codec
    raw = bytes.fromhex(case.octets)
    described = {member: text for _, member, text in codec.describe(raw)}
    assert case.family in described.values()
    assert len(described) == len(codec.struct_of(raw).ctype._fields_)
    if DEVICE in str(case.address):
        assert DEVICE in described.values()


Wrong = tuple[str, Union[str, int], Union[int, str], Any, type[Exception], str]
WRONG: list[Wrong] = [
    (LINUX, TIPC, 0, [1, 2, 3, 4], TypeError, "pack(): AF_TIPC address must be tuple, not list"),
    (
        LINUX, TIPC, 0, (1, 2, 3), TypeError,
        "AF_TIPC address must be a tuple (addr_type, v1, v2, v3[, scope])",
    ),
    (LINUX, TIPC, 0, (4, 2, 3, 4), TypeError, "Invalid address type"),
    (LINUX, ALG, 0, "hash", TypeError, "pack(): AF_ALG address must be tuple, not str"),
    (
        LINUX, ALG, 0, ("hash", 1), TypeError,
        "AF_ALG address must be a tuple (type, name[, feat[, mask]])",
    ),
    (LINUX, ALG, 0, ("hash", "a\0"), ValueError, "embedded null character"),
    (LINUX, ALG, 0, ("h" * 14, "y" * 64), ValueError, "AF_ALG type too long."),
    (LINUX, ALG, 0, ("hash", "é" * 32), ValueError, "AF_ALG name too long."),
    (LINUX, BT, 9, DEVICE, OSError, "pack(): unknown Bluetooth protocol"),
    (LINUX, BT, L2CAP, (DEVICE,), OSError, "pack(): wrong format"),
    (LINUX, BT, L2CAP, (DEVICE, 1, 2, 3, 4), OSError, "pack(): wrong format"),
    (LINUX, BT, RFCOMM, (DEVICE, 1.0), OSError, "pack(): wrong format"),
    (LINUX, BT, RFCOMM, (DEVICE.encode(), 1), OSError, "pack(): wrong format"),
    (LINUX, BT, RFCOMM, (DEVICE + ":07", 1), OSError, "bad bluetooth address"),
    (LINUX, BT, SCO, (DEVICE,), OSError, "pack(): wrong format"),
    (LINUX, BT, SCO, DEVICE.encode() + b"\0", ValueError, "embedded null byte"),
    (LINUX, BT, HCI, "0", OSError, "pack(): wrong format"),
    (FREEBSD, BT, HCI, 0, OSError, "pack: wrong format"),
    (FREEBSD, BT, HCI, "n" * 33, ValueError, "pack: node too long"),
    (NETBSD, BT, L2CAP, (DEVICE, 1, 2, 3), OSError, "pack(): wrong format"),
    (NETBSD, BT, HCI, "0", OSError, "bad bluetooth address"),
    (WINDOWS, BT, 0, (DEVICE, 1), OSError, "pack(): unknown Bluetooth protocol"),
    ("openbsd-x86_64", 32, 0, DEVICE, OSError, "pack(): bad family"),  # AF_BLUETOOTH's number
    (MACOS, "AF_SYSTEM", 1, (1, 2), OSError, "pack(): unsupported PF_SYSTEM protocol"),
    (
        MACOS, "AF_SYSTEM", 2, 1, TypeError,
        "pack(): PF_SYSTEM address must be a str or a pair (id, unit)",
    ),
    (
        MACOS, "AF_SYSTEM", 2, (1, "2"), TypeError,
        "pack(): PF_SYSTEM address must be a str or a pair (id, unit)",
    ),
    (MACOS, "AF_SYSTEM", 2, "x" * 97, ValueError, "provided string is too long"),
    (MACOS, "AF_SYSTEM", 2, "a\0b", ValueError, "embedded null byte"),
    (
        MACOS, "AF_SYSTEM", 2, "com.apple.net.utun_control", OSError,
        "cannot find kernel control with provided name",
    ),
    (WINDOWS, "AF_HYPERV", 0, (GUID, GUID), OSError, "pack(): unsupported AF_HYPERV protocol: 0"),
    (WINDOWS, "AF_HYPERV", 1, GUID, TypeError, "pack(): AF_HYPERV address must be tuple, not str"),
    (
        WINDOWS, "AF_HYPERV", 1, (GUID, 1), TypeError,
        "AF_HYPERV address must be a str tuple (vm_id, service_id)",
    ),
    (
        WINDOWS, "AF_HYPERV", 1, (GUID[1:], GUID), ValueError,
        "pack(): AF_HYPERV address vm_id is not a valid UUID string",
    ),
    (
        WINDOWS, "AF_HYPERV", 1, (GUID, f"{{{GUID}}}"), ValueError,
        "pack(): AF_HYPERV address service_id is not a valid UUID string",
    ),
    ("freebsd-x86_64", 43, 1, (GUID, GUID), OSError, "pack(): bad family"),  # AF_HYPERV's
    (
        LINUX, "AF_QIPCRTT", 0, (0, 0), ValueError,
        f"{LINUX} has no family called 'AF_QIPCRTT'; "
        "the nearest are AF_QIPCRTR",
    ),
    (
        "freebsd-x86_64", "AF_HYPERV", 1, (GUID, GUID), ValueError,
        "freebsd-x86_64 has no family called 'AF_HYPERV'; the nearest are AF_HYLINK",
    ),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: str(wrong[1:4]))
def test_wrong_addresses(wrong: Wrong) -> None:
    platform, family, proto, address, error, words = wrong
    if platform == host.name and isinstance(address, str) and family == "AF_SYSTEM":
        pytest.skip("this kernel is asked for the name")
    number = Case(platform, "", proto, address, "").number
    with pytest.raises(error) as raised:
        pack(family, address, proto=number, platform=platform)
    assert (type(raised.value), str(raised.value)) == (error, words)
    shown = raised.value.__cause__ or not raised.value.__suppress_context__
    assert not (shown and raised.value.__context__), "CPython shows no other error above it"


@pytest.mark.parametrize(
    ("written", "octets"),
    [
        ("00:11:22:33:44:55", "55 44 33 22 11 00"),
        ("a:B:c:D:e:F", "0f 0e 0d 0c 0b 0a"),
        (" 1:\t+2:0x3:0X04:-0:000006", "06 00 04 03 02 01"),
        ("1:2:3:4:5:100", None),
        ("1:2:3:4:5:-1", None),
        ("1:2:3:4:5:6 ", None),
        ("1 :2:3:4:5:6", None),
        ("1:2:3:4:5:_6", None),
        ("1:2:3:4:5", None),
        ("1:2:3:4:5:", None),
        ("", None),
    ],
)
def test_devices_are_read_as_sscanf_reads_them(written: str, octets: str | None) -> None:
    if octets is None:
        with pytest.raises(OSError, match=r"^bad bluetooth address$"):
            device(written.encode())
    else:
        assert device(written.encode()).hex(" ") == octets


def test_the_kernel_is_asked_for_the_id_of_a_control(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS: C reads the name from struct ctl_info, and writes the id into it."""
    pytest.importorskip("fcntl")
    abi: ABI = abi_of(MACOS)
    codec = System(abi, abi.constants["AF_SYSTEM"])
    asked: list[tuple[int, bytes]] = []

    def ioctl(fd: int, request: int, info: Any) -> int:
        asked.append((request, bytes(info)))
        info.ctl_id = 5
        return 0

    monkeypatch.setattr("pysock.families.system.host", abi)
    monkeypatch.setattr("pysock.families.system.lib.socket", lambda *arguments: 99)
    monkeypatch.setattr("pysock.families.system.lib.close", lambda fd: 0)
    monkeypatch.setattr("pysock.families.system.ioctl", ioctl, raising=False)
    raw = codec.pack("com.apple.net.utun_control", "connect", abi.constants["SYSPROTO_CONTROL"])
    assert codec.unpack(raw, abi.constants["SYSPROTO_CONTROL"]) == (5, 0)
    # _IOWR('N', 3, struct ctl_info): the direction, the struct's size, the group, the number.
    assert asked == [(0xC0000000 | 100 << 16 | ord("N") << 8 | 3, asked[0][1])]
    assert asked[0][1] == bytes(4) + b"com.apple.net.utun_control".ljust(96, b"\0")


def test_texts_that_are_constants() -> None:
    assert _constants.texts(LINUX) == {
        "BDADDR_ANY": "00:00:00:00:00:00",
        "BDADDR_LOCAL": "00:00:00:FF:FF:FF",
    }
    assert _constants.texts(MACOS) == {}
    assert len(_constants.texts(WINDOWS)) == 8
    for name, text in _constants.texts(_platform.target).items():
        assert getattr(pysock, name) == text
        assert name in pysock.__all__


def test_interfaces_in_addresses() -> None:
    """An index of another machine has no name here, but the host's have."""
    try:
        name = pysock.if_nameindex()[0][1]
        index = pysock.if_nametoindex(name)
    except OSError as error:
        pytest.skip(f"no interfaces can be listed here: {error}")
    raw = pack("AF_XDP", (name, 3, 6, 7), platform=S390X)
    assert raw == b"\0\x2c\0\6" + b"".join(n.to_bytes(4, "big") for n in (index, 3, 7))
    assert unpack(raw, platform=S390X) == (name, 3, 6, 7)
    told = {member: text for _, member, text in describe(raw, S390X)}
    assert told["sxdp_flags"] == "XDP_COPY | XDP_ZEROCOPY" and name in told["sxdp_ifindex"]
    with pytest.raises(OSError):
        pack("AF_XDP", ("no such one", 0), platform=LINUX)
    raw = pack("AF_MCTP", (1, 8, 5, 0, name, b"\1\2"), platform=S390X)
    assert len(raw) == 52 and raw[12:22] == index.to_bytes(4, "big") + b"\2\0\0\0\1\2"
    assert unpack(raw, platform=S390X) == (1, 8, 5, 0, name, b"\1\2")
    told = {member: text for _, member, text in describe(raw, S390X)}
    assert told["smctp_haddr"].startswith("01:02:00")
    with pytest.raises(ValueError, match="32 bytes or less"):
        pack("AF_MCTP", (1, 8, 5, 0, name, bytes(33)), platform=LINUX)
    for wrong in ((1,), (1, 8, 5, 0, name), (1, 8, 5, 0, 3, b"")):
        with pytest.raises(TypeError, match="AF_MCTP address must be"):
            pack("AF_MCTP", wrong, platform=LINUX)


def test_smc_has_the_addresses_of_ip() -> None:
    raw = pack("AF_SMC", ("1.2.3.4", 80), platform=LINUX)
    assert raw == pack("AF_INET", ("1.2.3.4", 80), platform=LINUX)
    raw = pack("AF_SMC", ("::2", 80, 1, 2), proto=1, platform=S390X)
    assert raw == pack("AF_INET6", ("::2", 80, 1, 2), platform=S390X)
    with pytest.raises(TypeError):
        pack("AF_SMC", "1.2.3.4", platform=LINUX)


def test_kcm_has_no_addresses() -> None:
    with pytest.raises(OSError, match="no addresses"):
        pack("AF_KCM", ("127.0.0.1", 80), platform=LINUX)


def describe(raw: bytes, platform: str) -> Any:
    """The members of an address, as a reader sees them."""
    abi = abi_of(platform)
    codec = families.codec_of(abi.family_of(raw), abi)
    assert codec
    return codec.describe(raw)
