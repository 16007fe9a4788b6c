"""The names of constants in a trace: those that strace gives them, for every option of a level."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pysock._host import constants
from pysock._platform import target
from pysock.trace.names import names_of

from . import ROOT
from .strace import why_not

NAMES = names_of(target)
LINUX = target.startswith("linux")

PROGRAM = """
import pysock
s = {2: pysock.socket(), 10: pysock.socket(10)}
for level in LEVELS:
    for option in range(1, 85):
        try:
            s[10 if level == 41 else 2].getsockopt(level, option, 4)
        except OSError:
            continue
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """``(level, option)`` as strace names them, of each number of an option."""
    problem = why_not() if LINUX else "these numbers are Linux's"
    if problem:
        pytest.skip(problem)
    out: Path = tmp_path_factory.mktemp("strace") / "out"
    levels = [constants[f"SOL_{name}"] for name in ("SOCKET", "IP", "IPV6", "TCP", "UDP")]
    subprocess.run(
        ["strace", "-o", str(out), "-e", "trace=getsockopt", sys.executable, "-c",
         PROGRAM.replace("LEVELS", repr(levels))],
        cwd=ROOT, check=True, timeout=50,
    )  # fmt: skip
    return re.findall(r"getsockopt\(\d+, (\w+), (\w+),", out.read_text())


def test_options_have_the_names_that_strace_gives_them(seen: list[tuple[str, str]]) -> None:
    known = [pair for pair in seen if pair[1] in constants]
    assert len(set(known)) > 120
    wrong = []
    for level, option in known:
        ours = NAMES.option(constants[level], constants[option])
        # strace may have the other name of the same thing, as SO_RCVTIMEO_OLD.
        if ours != option and NAMES.constants.get(option) != NAMES.constants.get(ours):
            wrong.append((level, option, ours))
        prefixes = {"SOL_SOCKET": ("SO_",), "SOL_TCP": ("TCP_",), "SOL_UDP": ("UDP_",)}
        assert ours.startswith(prefixes.get(level, ("IP", "MCAST_", "SO_ORIGINAL_DST"))), ours
    assert wrong == []


# What the shortest name of a prefix got wrong.
@pytest.mark.skipif(not LINUX, reason="these numbers are Linux's")
@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (lambda: NAMES.option(constants["SOL_TCP"], constants["TCP_KEEPIDLE"]), "TCP_KEEPIDLE"),
        (lambda: NAMES.option(constants["SOL_TCP"], constants["TCP_KEEPINTVL"]), "TCP_KEEPINTVL"),
        (lambda: NAMES.option(41, constants["IPV6_RECVPKTINFO"]), "IPV6_RECVPKTINFO"),
        (lambda: NAMES.option(0, constants["IP_OPTIONS"]), "IP_OPTIONS"),
        (lambda: NAMES.protocol(constants["AF_CAN"], constants["CAN_RAW"]), "CAN_RAW"),
        (lambda: NAMES.protocol(constants["AF_INET"], 1), "IPPROTO_ICMP"),
        (lambda: NAMES.protocol(constants["AF_NETLINK"], 4), "NETLINK_SOCK_DIAG"),
        (lambda: NAMES.option(283, 1), "XDP_MMAP_OFFSETS"),  # of SOL_XDP, and never a flag
        (lambda: NAMES.option(283, 8), "XDP_OPTIONS"),
        (lambda: NAMES.level(17), "SOL_UDP"),
        (lambda: NAMES.level(17, constants["AF_BLUETOOTH"]), "SOL_SCO"),
        (lambda: NAMES.level(6, constants["AF_BLUETOOTH"]), "SOL_L2CAP"),
        (lambda: NAMES.level(1, constants["AF_BLUETOOTH"]), "SOL_SOCKET"),
        (lambda: NAMES.flags(constants["MSG_DONTROUTE"], "MSG_"), "MSG_DONTROUTE"),
        (lambda: NAMES.message(constants["SOL_SOCKET"], constants["SCM_RIGHTS"]), "SCM_RIGHTS"),
        (lambda: NAMES.message(0, constants["IP_PKTINFO"]), "IP_PKTINFO"),
        (lambda: NAMES.message(constants["SOL_UDP"], constants["UDP_GRO"]), "UDP_GRO"),
        (lambda: NAMES.option(constants["SOL_SOCKET"], 26), "SO_GET_FILTER"),
        (lambda: NAMES.option(constants["SOL_SOCKET"], 26, setting=True), "SO_ATTACH_FILTER"),
        (lambda: NAMES.option(constants["AF_VSOCK"], 6), "SO_VM_SOCKETS_CONNECT_TIMEOUT"),
        (lambda: NAMES.option(99, 7), "7"),
        (lambda: NAMES.socktype(1 | constants["SOCK_CLOEXEC"]), "SOCK_STREAM|SOCK_CLOEXEC"),
    ],
)  # fmt: skip
def test_the_name_follows_from_the_place(shown: object, expected: str) -> None:
    assert callable(shown) and shown() == expected


def test_every_option_of_a_level_has_a_name_of_its_own() -> None:
    """No number of an option is named by what is no option of that level."""
    for level, prefix in (("TCP", "TCP_"), ("IP", "IP_"), ("IPV6", "IPV6_"), ("SOCKET", "SO_")):
        number = constants.get(f"SOL_{level}", constants.get(f"IPPROTO_{level}"))
        if number is None:
            continue
        named = [NAMES.option(number, n) for n in range(1, 100)]
        states = "ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 TIME_WAIT CLOSE LISTEN CA_Loss".split()
        assert not {f"TCP_{state}" for state in states} & set(named)
        assert any(name.startswith(prefix) for name in named)
