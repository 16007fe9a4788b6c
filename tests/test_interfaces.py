"""pysock.interfaces beside ``ip``, psutil and ``getifaddrs``, in a network namespace."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest

import pysock
from pysock import _constants, _netlink, families, interfaces
from pysock._host import abi, lib
from pysock._layouts import layouts
from pysock._libc import abi_of
from pysock.interfaces import _posix, _rtnetlink, _sysctl, _values, netifaces

from . import ROOT
from .foreign import FOREIGN

supported = pytest.mark.skipif(
    not interfaces.supported(), reason="the C library here cannot list interfaces"
)

# Links of all kinds (a bridge in the place of a VLAN, where the kernel has none);
# ``@`` is where 1,000 addresses of a batch are added.
SETUP = """
ip link set lo up
ip link add dummy0 type bridge
ip link add link dummy0 name dummy0.7 type vlan id 7 2>&- || ip link add dummy0.7 type bridge
ip tuntap add tun0 mode tun
ip address add 192.168.77.5 peer 192.168.77.6 dev tun0
ip link add veth0 type veth peer name veth1
ip link add name schnüre type bridge
ip link set dev dummy0 up mtu 1280
ip link set dummy0.7 up
ip link set veth0 up
ip link set veth1 up
ip link set schnüre up
ip address add 192.0.2.1/24 broadcast + dev dummy0 label dummy0:one
ip address add 192.0.2.129/25 dev dummy0
ip address add 192.168.77.1 peer 192.168.77.2 dev veth0
ip address add 203.0.113.1/24 broadcast 203.0.113.200 dev dummy0.7
ip -6 address add 2001:db8::1 peer 2001:db8::2 dev veth0 nodad
ip -6 address add fe80::1234/64 dev dummy0 nodad
ip -batch @
ip route add default via 192.0.2.77 dev dummy0 metric 5
"""
PROGRAM = """
import dataclasses, json, sys
from pysock import interfaces
from pysock.interfaces import _posix
def shown(found):
    return [dict(dataclasses.asdict(i), flags=sorted(i.flags),
                 addresses=[dict(dataclasses.asdict(a), scope=a.scope, netmask=a.netmask)
                            for a in i.addresses]) for i in found]
told = {"ours": shown(interfaces.interfaces()), "getifaddrs": shown(_posix.interfaces())}
told["source"] = interfaces.default_source()
told["to peer"] = interfaces.source_for("192.168.77.2")
told["scoped"] = interfaces.source_for("fe80::5%dummy0")
told["has"] = interfaces.by_address("10.0.3.200").name
told["gateways"] = [dataclasses.astuple(each) for each in interfaces.gateways()]
try:
    import psutil
    told["psutil"] = {n: [tuple(map(str, a)) for a in l] for n, l in psutil.net_if_addrs().items()}
    told["mtu"] = {n: s.mtu for n, s in psutil.net_if_stats().items()}
except ImportError:
    pass
print(json.dumps(told))
"""


def in_a_namespace(setup: str, program: str, tmp_path: Any) -> Any:
    """What the program prints there, and what ``ip`` says."""
    linux = _rtnetlink.AVAILABLE or FOREIGN  # which is a bed on Linux
    if not (linux and shutil.which("ip") and shutil.which("unshare")):
        pytest.skip("needs Linux, ip and unshare")
    if subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("this user may not make a network namespace")
    batch = tmp_path / "batch"
    batch.write_text("".join(
        f"address add 10.0.{n // 250}.{n % 250 + 1}/16 dev schnüre\n" for n in range(1000)
    ))
    script = f"set -e\n{setup.replace('@', str(batch))}\n"
    script += f'"{sys.executable}" -c "$PROGRAM"\nip -j address\n'
    path = os.pathsep.join([*os.environ.get("PYTHONPATH", "").split(os.pathsep), str(ROOT)])
    told = {**os.environ, "PROGRAM": program, "PYTHONPATH": path, "PYTHONUTF8": "1"}
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", script], env=told, capture_output=True, encoding="utf-8"
    )
    if "Unknown device type" in done.stderr or "not supported" in done.stderr:
        pytest.skip(f"this kernel lacks a kind of link: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    first, _, rest = done.stdout.partition("\n")
    return json.loads(first), json.loads(rest)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    if FOREIGN:
        pytest.skip("a BSD's list has other flags, no labels, and one place for the other end")
    return in_a_namespace(SETUP, PROGRAM, tmp_path_factory.mktemp("namespace"))


def test_as_ip_has_them(seen: Any) -> None:
    told, by_ip = seen
    assert len(by_ip) == 7
    expected = [
        (
            each["ifindex"], each["ifname"], each["mtu"], each.get("address"),
            each.get("broadcast"),
            {flag for flag in each["flags"] if flag not in ("NO-CARRIER", "M-DOWN")},
            [
                (
                    a["local"], a["prefixlen"], a.get("broadcast"), a.get("address"),
                    a["scope"], a.get("label", each["ifname"]),
                )
                for a in each["addr_info"]
            ],
        )
        for each in by_ip
    ]
    ours = [
        (
            each["index"], each["name"], each["mtu"], each["hardware"], each["hardware_broadcast"],
            set(each["flags"]) - {"RUNNING"},  # which ip does not print
            [
                (
                    a["address"], a["prefix_length"], a["broadcast"], a["peer"], a["scope"],
                    a["label"],
                )
                for a in each["addresses"]
            ],
        )
        for each in told["ours"]
    ]
    assert ours == expected
    assert sum(len(each["addresses"]) for each in told["ours"]) > 1000


def test_getifaddrs_says_the_same(seen: Any) -> None:
    """Except that it has one place for a broadcast address and for the other end."""
    told, _ = seen

    def plain(found: Any) -> Any:
        for each in found:
            for address in each["addresses"]:
                del address["broadcast"], address["peer"]
        return found

    assert plain(told["getifaddrs"]) == plain(told["ours"])


def test_as_psutil_has_them(seen: Any) -> None:
    told, _ = seen
    if "psutil" not in told:
        pytest.skip("psutil is not installed")
    known = {each["name"]: each for each in told["ours"]}
    assert told["mtu"] == {name: each["mtu"] for name, each in known.items()}
    found: dict[str, set[tuple[str, str]]] = {name: set() for name in known}
    for name, entries in told["psutil"].items():
        for _, address, netmask, *_ in entries:
            if netmask != "None":
                found[name.partition(":")[0]].add((address.partition("%")[0], netmask))
    for name, each in known.items():
        assert found[name] == {(a["address"], a["netmask"]) for a in each["addresses"]}


# What each system's list has: flags that all of them know, by ip's names.
COMMON = {"UP", "BROADCAST", "LOOPBACK", "POINTOPOINT", "MULTICAST", "NOARP"}


@pytest.mark.skipif(not abi.sa_len, reason="a list of a BSD, with AF_LINK")
def test_a_bsds_list_is_what_ip_says(tmp_path: Any) -> None:
    """A name longer than sdl_data; netmasks cut short, to nothing at all; KAME's link-locals."""
    setup = f"{SETUP}\nip address add 198.18.0.1/0 dev veth1 noprefixroute\n"
    setup += "ip -6 route add default via fe80::99 dev dummy0\n"
    setup += "ip route add 128.0.0.0/1 via 192.0.2.9\n"
    program = PROGRAM[: PROGRAM.index("try:")] + "print(json.dumps(told))"
    told, by_ip = in_a_namespace(setup, program, tmp_path)
    assert [each[1:3] for each in told["gateways"]] == [
        ["192.0.2.77", "dummy0"], ["fe80::99", "dummy0"],
    ]
    assert [each[0] for each in told["gateways"]] == [pysock.AF_INET, pysock.AF_INET6]
    assert told["ours"] == told["getifaddrs"]
    assert (told["source"], told["to peer"], told["has"]) == (
        "192.0.2.1", "192.168.77.1", "schnüre",
    )
    for ours, theirs in zip(told["ours"], by_ip):
        loopback = "LOOPBACK" in theirs["flags"]
        names = "index", "name", "mtu", "hardware"
        hardware = None if loopback else theirs.get("address")
        expected: list[Any] = [theirs["ifindex"], theirs["ifname"], theirs["mtu"], hardware]
        assert [ours[name] for name in names] == expected
        assert COMMON & set(ours["flags"]) == COMMON & set(theirs["flags"])
        two = "POINTOPOINT" in theirs["flags"]
        assert [
            (a["address"], a["prefix_length"], a["scope"], a["peer"], not two and a["broadcast"])
            for a in ours["addresses"]
        ] == [
            (
                a["local"], a["prefixlen"], a["scope"], a.get("address") if two else None,
                # the other end stands in the place of a broadcast address
                not two and (a.get("broadcast") or (
                    a.get("address") if a["family"] == "inet" else None
                )),
            )
            for a in theirs["addr_info"]
        ]
        scopes = [a["scope_id"] for a in ours["addresses"] if a["scope"] == "link"]
        assert scopes == [theirs["ifindex"]] * len(scopes)
    assert len(told["ours"]) == len(by_ip) == 7


@pytest.mark.skipif(FOREIGN, reason="rtnetlink alone knows scopes, aliases and other names")
def test_scopes_aliases_and_other_names(tmp_path: Any) -> None:
    setup = """
ip link set lo up
ip link add dummy0 type bridge
ip link set dummy0 up
ip address add 10.9.9.9/32 scope host dev dummy0
ip address add 169.254.3.4/16 dev dummy0
ip address add 10.66.0.1/24 scope 100 dev dummy0 label dummy0:one
ip address add 10.67.0.1/24 broadcast + dev dummy0
ip link property add dev dummy0 altname another
"""
    program = PROGRAM[: PROGRAM.index("told =")] + """
from pysock.interfaces import netifaces
told = {"ours": shown(interfaces.interfaces()), "name": interfaces.interface("another").name}
told["broadcast"] = interfaces.source_for("10.67.0.255")
told["names"] = netifaces.interfaces()
told["alias"] = netifaces.ifaddresses("dummy0:one")
told["count"] = len(netifaces.ifaddresses("dummy0")[netifaces.AF_INET])
print(json.dumps(told))
"""
    told, by_ip = in_a_namespace(setup, program, tmp_path)
    scopes = [[a["scope"] for a in each["addr_info"]] for each in by_ip]
    assert [[a["scope"] for a in each["addresses"]] for each in told["ours"]] == scopes
    assert {"100", "host", "global"} <= {*scopes[1]}
    assert told["name"] == "dummy0"
    assert told["broadcast"] == "10.67.0.1"
    assert (told["names"], told["count"]) == (["lo", "dummy0", "dummy0:one"], 3)
    assert told["alias"] == {
        "2": [{"addr": "10.66.0.1", "netmask": "255.255.255.0", "broadcast": "10.66.0.1"}]
    }


def test_look_ups(seen: Any) -> None:
    told, _ = seen
    # The prefix's own route beats the default one.
    assert told["source"] == "192.0.2.1"
    assert told["to peer"] == "192.168.77.1"
    assert told["scoped"].startswith("fe80::")
    assert told["has"] == "schnüre"
    dummy = next(each for each in told["ours"] if each["name"] == "dummy0")
    assert told["gateways"] == [[int(pysock.AF_INET), "192.0.2.77", "dummy0", dummy["index"], 5]]


@supported
def test_interfaces_that_vanish_are_no_error(tmp_path: Any) -> None:
    setup = "ip link set lo up\n"
    program = """
import subprocess, threading
from pysock import interfaces
from pysock.interfaces import _posix
stop = False
def come_and_go():
    n = 0
    while not stop:
        lines = "".join(f"link add v{i} type bridge\\nlink del v{i}\\n" for i in range(20))
        subprocess.run(["ip", "-force", "-batch", "-"], input=lines.encode(), capture_output=True)
thread = threading.Thread(target=come_and_go)
thread.start()
try:
    for _ in range(100):
        assert any(i.name == "lo" for i in interfaces.interfaces())
        assert any(i.name == "lo" for i in _posix.interfaces())
finally:
    stop = True
    thread.join()
print("true")
"""
    assert in_a_namespace(setup, program, tmp_path)[0] is True


@supported
def test_this_machine() -> None:
    found = interfaces.interfaces()
    assert [each.index for each in found] == sorted(each.index for each in found)
    loopback = [each for each in found if "LOOPBACK" in each.flags]
    if not loopback:
        pytest.skip("there is no loopback interface")
    assert interfaces.interface(loopback[0].name) == interfaces.interface(loopback[0].index)
    if not FOREIGN:
        assert pysock.if_nametoindex(loopback[0].name) == loopback[0].index
    own = [a for a in loopback[0].addresses if a.address == "127.0.0.1"]
    assert [(a.prefix_length, a.netmask, a.scope) for a in own] == [(8, "255.0.0.0", "host")]
    owner = interfaces.by_address("127.0.0.1")
    assert owner is not None and owner.name == loopback[0].name


@supported
def test_netifaces() -> None:
    for name in netifaces.interfaces():
        known = netifaces.ifaddresses(name)
        each = interfaces.interface(name)
        addresses = [e["addr"] for entries in known.values() for e in entries]
        own = [a for a in each.addresses if (a.label or each.name) == name]
        assert len(addresses) == len(own) + bool(each.hardware and name == each.name)
        for entry in known.get(netifaces.AF_INET, []) if hasattr(lib, "getifaddrs") else []:
            # As getifaddrs has them: in one place, and an address without either is there itself.
            assert ("broadcast" in entry, "peer" in entry).count(True) == 1
            assert ("broadcast" in entry) == ("BROADCAST" in each.flags)
            if entry["addr"] == "127.0.0.1":
                assert entry["peer"] == "127.0.0.1"
    with pytest.raises(ValueError, match="valid interface name"):
        netifaces.ifaddresses("no such interface")


def test_source_for() -> None:
    assert interfaces.source_for("127.0.0.1") == "127.0.0.1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        if not FOREIGN:
            sock.bind(("127.0.0.1", 0))
            assert interfaces.source_for("127.0.0.1", sock=sock) == "127.0.0.1"
    with pytest.raises(OSError, match="Bad file descriptor"):
        interfaces.source_for("127.0.0.1", sock=sock)


@pytest.mark.parametrize("wrong", ["", "localhost", "1.2.3", "1.2.3.4.5", "::1::", "\0", "١.2.3.4"])
def test_what_is_no_address(wrong: str) -> None:
    for function in (interfaces.by_address, interfaces.source_for):
        with pytest.raises(ValueError, match="expected a numeric IPv4 or IPv6 address"):
            function(wrong)


def test_wrong_types() -> None:
    wrong: Any = 5
    with pytest.raises(TypeError, match="numeric address as str, not int"):
        interfaces.by_address(wrong)
    with pytest.raises(TypeError, match=r"with fileno\(\), not object"):
        interfaces.source_for("127.0.0.1", sock=object())
    with pytest.raises(ValueError, match="AF_INET or AF_INET6"):
        interfaces.default_source(12345)


def test_hardware_addresses_as_text() -> None:
    """As ip(8) prints them: the ends of a tunnel are addresses of IP."""
    known = {
        b"": None, b"\0\x1b\x44\x11\x3a\xb7": "00:1b:44:11:3a:b7", b"\xc0\0\2\1": "192.0.2.1",
        b"\x20\x01\x0d\xb8" + bytes(11) + b"\1": "2001:db8::1", bytes(20): "00:" * 19 + "00",
    }
    assert {octets: _values.hardware_text(octets) for octets in known} == known


@supported
@pytest.mark.parametrize("wrong", [True, None, b"lo", 1.0])
def test_what_names_no_interface(wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected the name or the index of an interface"):
        interfaces.interface(wrong)


@supported
def test_unknown_interface() -> None:
    with pytest.raises(OSError, match="no such interface") as caught:
        interfaces.interface("no such interface")
    assert caught.value.errno


@pytest.mark.skipif(not hasattr(lib, "getifaddrs"), reason="there is no getifaddrs here")
def test_the_list_is_freed_if_reading_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    freed = []
    free = lib.freeifaddrs

    def freeing(head: Any) -> None:
        freed.append(1)
        free(head)

    monkeypatch.setattr(lib, "freeifaddrs", freeing)

    def broken(at: int) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(_posix, "_sockaddr", broken)
    with pytest.raises(KeyboardInterrupt):
        _posix.interfaces()
    assert freed == [1]


def route(target: str, to: bytes, router: bytes, mask: bytes | None, flags: int = 3) -> bytes:
    """A message of a BSD's table, by its header's layout."""
    abi = abi_of(target)
    layout = layouts(target)["structs"]["rt_msghdr"]
    unit = 4 if target.startswith("darwin") else abi.bits // 8
    parts = [to, router] if mask is None else [to, router, mask]
    body = b"".join(p.ljust(max(unit, -(-len(p) // unit) * unit), b"\0") for p in parts)
    head = bytearray(layout["size"])
    values = {
        "rtm_msglen": len(head) + len(body), "rtm_version": abi.constants["RTM_VERSION"],
        "rtm_index": 7, "rtm_flags": flags, "rtm_addrs": (1 << len(parts)) - 1,
        "rtm_hdrlen": len(head),
    }
    for name, value in values.items():
        if name in layout["fields"]:
            at, size = layout["fields"][name]
            head[at : at + size] = value.to_bytes(size, abi.order)
    return bytes(head) + body


BSDS = [each for each in _constants.targets() if each.split("-")[0] in ("darwin", "freebsd")]
BSDS += [each for each in _constants.targets() if each.split("-")[0] in ("netbsd", "openbsd")]


@pytest.mark.parametrize("target", BSDS)
def test_default_routes_in_a_bsds_table(target: str) -> None:
    """Of many routes, those that lead everywhere; netmasks of all lengths; tables that lie."""
    abi = abi_of(target)
    six = abi.constants["AF_INET6"]

    def four(host: str) -> bytes:
        return families.pack("AF_INET", (host, 0), platform=target)

    local = families.pack("AF_INET6", ("fe80:7::99", 0), platform=target)
    link = bytes([20, abi.constants["AF_LINK"], 7, 0]) + bytes(16)
    anything, router, whole = four("0.0.0.0"), four("192.0.2.1"), four("255.255.255.255")
    table = b"".join([
        route(target, four("10.0.0.0"), router, b"\5\0\0\0\xff"),
        route(target, anything, link, b""),  # on a link
        route(target, anything, router, b"\5\0\0\0\x80"),  # half of everything
        route(target, anything, router, None, 7),  # a host
        route(target, anything, router, b"", 1),  # without a router
        route(target, anything, router, b""),
        route(target, anything, four("192.0.2.2"), b"\4\xff\xff\xff"),
        route(target, anything, four("192.0.2.3"), anything),
        route(target, bytes([28, six]) + bytes(26), local, b""),
        route(target, whole, router, whole),
    ])
    found = [*_sysctl.default_routes(table, abi)]
    assert [each[:3] for each in found] == [
        *((abi.constants["AF_INET"], bytes([192, 0, 2, n]), 7) for n in (1, 2, 3)),
        (six, b"\xfe\x80" + bytes(13) + b"\x99", 7),
    ]
    for size in range(0, len(table), 13):  # no end of a table is read beyond
        cut = [*_sysctl.default_routes(table[:size], abi)]
        assert cut == found[: len(cut)]
    assert [*_sysctl.default_routes(bytes(4096), abi)] == []
    assert [*_sysctl.default_routes(b"\xff" * 4096, abi)] == []


@pytest.mark.skipif(not _rtnetlink.AVAILABLE, reason="there is no rtnetlink here")
@pytest.mark.parametrize("length", [0, 3, 15, 1000, 0xFFFFFFFF])
def test_lengths_that_lie_end_a_message(length: int) -> None:
    header = _netlink._nlmsghdr.pack(nlmsg_len=length, nlmsg_type=3)
    assert list(_netlink.messages(header + bytes(8))) == []
    attribute = _netlink._nlattr.pack(nla_len=min(length, 0xFFFF) % 4 or 0xFFFF, nla_type=1)
    assert _netlink.attributes(attribute + bytes(8), 0) == {}


@pytest.mark.skipif(not _rtnetlink.AVAILABLE or FOREIGN, reason="there is no rtnetlink here")
def test_a_sandbox_without_netlink(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [(each.name, each.index) for each in interfaces.interfaces()]

    def refused(protocol: int, *requests: Any) -> Any:
        raise PermissionError(1, "no netlink")

    monkeypatch.setattr(_rtnetlink, "dumps", refused)
    assert [(each.name, each.index) for each in interfaces.interfaces()] == expected


@supported
def test_threads() -> None:
    results: list[Any] = []

    def ask() -> None:
        results.append(interfaces.interfaces())

    work = [threading.Thread(target=ask) for _ in range(4)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert len(results) == 4
    assert all({i.name for i in each} == {i.name for i in results[0]} for each in results)
