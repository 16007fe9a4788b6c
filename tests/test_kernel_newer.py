"""Families that CPython's `socket` has no addresses for: XDP, KCM, SMC, MCTP.

The two first are the programs of ``examples/``.  The kernel of ``python3 -m tests.vm`` has both;
SMC needs modules for InfiniBand, and no kernel of Debian's has MCTP.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import pysock

from . import ROOT
from .foreign import FOREIGN
from .harness import LATE
from .kernel import converse, give_up

# A cable whose one end has the example, and the other this program.  Without addresses of IPv6 the
# kernel sends nothing of its own there, which the example would count.
XDP_PROGRAM = """
import subprocess, sys, pysock
subprocess.run("ip link add end0 type veth peer name end1".split(), check=True)
for end in "end0", "end1":
    for change in "addrgenmode none", "up":
        subprocess.run(["ip", "link", "set", end, *change.split()], check=True)
with pysock.socket(pysock.AF_PACKET, pysock.SOCK_RAW, 0x88B5) as peer:
    peer.bind(("end1", 0x88B5))
    command = [sys.executable, "examples/xdp.py", "end0", "2"]
    example = subprocess.Popen(command, stdout=subprocess.PIPE)
    if example.stdout.readline() != b"Ready on end0\\n":
        sys.exit(example.wait())
    for number in range(2):
        peer.send(bytes(range(12)) + b"\\x88\\xb5" + b"%d" % number * 46)
        peer.settimeout(50)
        print(peer.recv(100).hex())
    sys.exit(example.wait())
"""


def missing(family: str) -> str:
    """Why there are no such sockets here, or nothing."""
    if FOREIGN or not hasattr(pysock, family):
        return f"{family} is Linux'"
    kind = pysock.SOCK_RAW if family == "AF_XDP" else pysock.SOCK_DGRAM
    kind = pysock.SOCK_STREAM if family == "AF_SMC" else kind
    try:
        pysock.socket(getattr(pysock, family), kind, 0).close()
    except OSError as error:
        return f"no {family} in this kernel, or not for this user: {error.strerror}"
    return ""


def run(*command: str) -> str:
    """What a program prints that makes BPF programs; it skips where it may not."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    done = subprocess.run(
        command, cwd=ROOT, env=variables, stdout=pipe, stderr=pipe, text=True, timeout=10 * LATE
    )
    if "bpf(2)" in done.stderr:
        give_up(done.stderr.splitlines()[-1])
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_xdp() -> None:
    """Frames come by the ring of received ones, and go by that of frames to send."""
    if reason := missing("AF_XDP"):
        give_up(reason)
    if not all(map(shutil.which, ("ip", "unshare"))):
        pytest.skip("needs ip and unshare")
    if subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("no network namespaces for this user")
    told = run("unshare", "-n", sys.executable, "-c", XDP_PROGRAM)
    back = (bytes(range(6, 12)) + bytes(range(6)) + b"\x88\xb5").hex()
    assert told.split() == [back + (b"%d" % n * 46).hex() for n in range(2)]


def test_what_the_kernel_refuses_of_xdp() -> None:
    if reason := missing("AF_XDP"):
        pytest.skip(reason)
    with pysock.socket(pysock.AF_XDP, pysock.SOCK_RAW) as sock:
        with pytest.raises(OSError) as refused:
            sock.bind(("lo", 0))  # without memory
        assert refused.value.errno in (errno.EINVAL, errno.EOPNOTSUPP)
        with pytest.raises(OSError) as unknown:
            sock.bind(("no such one", 0))
        assert unknown.value.errno == errno.ENODEV
        statistics = sock.getsockopt(pysock.SOL_XDP, pysock.XDP_STATISTICS, 48)
        assert statistics == bytes(len(statistics)) and len(statistics) in (24, 48)
        for wrong in ("lo", ("lo",), ("lo", 0, 0, 0, 0), (1, 0)):
            with pytest.raises(TypeError, match="AF_XDP address must be"):
                sock.bind(wrong)


def test_kcm() -> None:
    """The kernel takes messages out of a connection, and puts them in."""
    if reason := missing("AF_KCM"):
        give_up(reason)
    assert run(sys.executable, "examples/kcm.py").splitlines() == [
        r"Received b'\x00\x03one'",
        r"Received b'\x00\x03two'",
        r"The client has b'\x00\x08and back'",
    ]
    with pysock.socket(pysock.AF_KCM, pysock.SOCK_DGRAM) as sock:
        with pytest.raises(OSError, match="AF_KCM has no addresses") as refused:
            sock.connect(("127.0.0.1", 80))
        assert refused.value.errno == errno.EOPNOTSUPP


@pytest.mark.parametrize(("proto", "host"), [(0, "127.0.0.1"), (1, "::1")])
def test_smc(proto: int, host: str) -> None:
    """Without such hardware it is TCP; the addresses are those of IP."""
    if reason := missing("AF_SMC"):
        pytest.skip(reason)

    def make() -> Any:
        sock = pysock.socket(pysock.AF_SMC, pysock.SOCK_STREAM, proto)
        sock.settimeout(LATE)
        return sock

    with make() as listener, make() as client, ThreadPoolExecutor(1) as pool:
        try:
            listener.bind((host, 0))
        except OSError as error:
            pytest.skip(f"no {host} here: {error}")
        listener.listen(1)
        accepting = pool.submit(listener.accept)
        client.connect(listener.getsockname())
        accepted, peer = accepting.result()
        with accepted:
            assert (peer, client.getpeername()) == (client.getsockname(), listener.getsockname())
            accepted.settimeout(LATE)
            converse(client, accepted)


def test_mctp() -> None:
    """A message from one socket to another by the endpoint of the loopback interface."""
    if reason := missing("AF_MCTP"):
        pytest.skip(reason)
    with pysock.socket(pysock.AF_MCTP, pysock.SOCK_DGRAM) as sock:
        sock.bind((pysock.MCTP_NET_ANY, pysock.MCTP_ADDR_ANY, 0x7E))
        assert sock.getsockname()[:3] == (pysock.MCTP_NET_ANY, pysock.MCTP_ADDR_ANY, 0x7E)
