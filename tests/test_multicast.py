"""pysock.multicast: options as they were set, and processes in two namespaces that hear."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
import sys
from typing import Any

import pytest

import pysock
from pysock import _beyond, multicast
from pysock.interfaces import interfaces

from . import ROOT
from .foreign import FOREIGN, LINUX
from .harness import LATE

GROUPS = {"IPv4": "239.7.7.7", "IPv6": "ff15::7777"}
each_family = pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)


def sender(group: str, **options: Any) -> Any:
    try:
        return multicast.sender(group, **options)
    except OSError as error:
        if ":" in group:
            pytest.skip(f"there is no IPv6 here: {error}")
        raise


@each_family
def test_options_are_what_was_set(group: str) -> None:
    with sender(group, ttl=7, loop=False) as sock:
        assert (multicast.ttl(sock), multicast.loop(sock)) == (7, False)
        multicast.set_loop(sock, True)
        multicast.set_ttl(sock, 255)
        assert (multicast.ttl(sock), multicast.loop(sock)) == (255, True)


def test_the_outgoing_interface_by_its_address() -> None:
    with sender("239.7.7.7") as sock:
        try:
            multicast.set_outgoing_interface(sock, "127.0.0.1")
        except (OSError, NotImplementedError) as error:
            pytest.skip(f"interfaces cannot be listed here: {error}")
        assert multicast.outgoing_interface(sock) == "127.0.0.1"


@pytest.mark.skipif(FOREIGN, reason="the C module has the numbers of another system")
def test_a_socket_of_the_standard_library() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        multicast.set_ttl(sock, 9)
        assert sock.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL) == 9


def test_wrong_arguments() -> None:
    with sender("239.7.7.7") as sock:
        with pytest.raises(ValueError, match="expected the address of a multicast group"):
            multicast.join(sock, "192.0.2.1")
        with pytest.raises(ValueError, match="0 to 255 hops"):
            multicast.set_ttl(sock, 256)
        with pytest.raises(OSError, match="interface 'nowhere'") as caught:
            multicast.join(sock, "239.7.7.7", "nowhere")
        assert caught.value.errno
        for wrong in (1.5, True, b"lo"):
            with pytest.raises(TypeError, match=r"name, index or address, not (float|bool|bytes)"):
                multicast.join(sock, "239.7.7.7", wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="0 to 255 hops, not bool"):
            multicast.set_ttl(sock, True)
        with pytest.raises(TypeError, match="a tuple of sources, not str"):
            multicast.receiver("239.7.7.7", 0, sources="1.2.3.4")  # type: ignore[arg-type]
        if multicast.supported(sources=True):
            with pytest.raises(ValueError, match="a source of the family"):
                multicast.join(sock, "239.7.7.7", source="::1")
    with pytest.raises(OSError, match="Bad file descriptor"):
        multicast.set_ttl(sock, 1)


def test_what_was_not_joined_names_the_group() -> None:
    with sender("239.7.7.7") as sock, pytest.raises(OSError, match=r"239\.7\.7\.7") as caught:
        multicast.leave(sock, "239.7.7.7")
    assert caught.value.errno


# In each namespace one process; ``hear`` answers what it has heard.
HEAR = """
import os, sys
from pysock import multicast
group, how, source = sys.argv[1:]
where = {"name": "m1", "index": __import__("pysock").if_nametoindex("m1"), "any": None}[how]
sources = (source,) if source else ()
with multicast.receiver(group, 7700, where, sources=sources) as sock, \\
        multicast.receiver(group, 7700, where, sources=sources) as second:
    print("ready", flush=True)
    sock.settimeout(float(os.environ["LATE"]) / 9); second.settimeout(sock.gettimeout())
    try:
        print(sock.recv(100).decode(), second.recv(100).decode(), flush=True)
    except TimeoutError:
        print("nothing", flush=True)
"""
SEND = """
import sys
from pysock import multicast
with multicast.sender(sys.argv[1], "m0", ttl=1) as sock:
    to = (sys.argv[1], 7700)
    sock.sendto(b"hello", to)
"""
SCRIPT = """set -e
ip link set lo up
unshare -n sleep $LATE & other=$!
trap 'kill $other' EXIT
while [ "$(readlink /proc/$other/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
ip link add m0 type veth peer name m1 netns $other
far() { nsenter -t $other -n "$@"; }
ip address add 10.9.0.1/24 dev m0
ip -6 address add fd09::1/64 dev m0 nodad
ip link set m0 up
far ip address add 10.9.0.2/24 dev m1
far ip -6 address add fd09::2/64 dev m1 nodad
far ip link set m1 up
far ip route add 224.0.0.0/4 dev m1
far ip -6 route add ff00::/8 dev m1 table local 2>/dev/null || true
for args in $CASES; do
    IFS=, read -r group how source <<END
$args
END
    mkfifo "$TMP/f"
    far "$PY" -c "$HEAR" "$group" "$how" "$source" > "$TMP/f" & hearing=$!
    exec 3< "$TMP/f"; rm "$TMP/f"
    read -r ready <&3
    "$PY" -c "$SEND" "$group"
    cat <&3
    wait $hearing
done
"""


def test_two_processes_in_namespaces_hear_each_other(tmp_path: Any) -> None:
    if FOREIGN or not all(map(shutil.which, ("ip", "unshare", "nsenter"))):
        pytest.skip("needs Linux, ip, unshare and nsenter")
    if subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("this user may not make a network namespace")
    cases = {
        "239.7.7.7,name,": "hello hello",
        "239.7.7.7,index,10.9.0.1": "hello hello",
        "239.7.7.7,any,": "hello hello",
        "ff15::7777,name,": "hello hello",
        "ff15::7777,index,fd09::1": "hello hello",
    }
    told = {**os.environ, "PYTHONPATH": str(ROOT), "PY": sys.executable, "TMP": str(tmp_path)}
    told |= {"HEAR": HEAR, "SEND": SEND, "LATE": str(3 * LATE), "CASES": " ".join(cases)}
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", SCRIPT], env=told, capture_output=True, text=True
    )
    if "Unknown device type" in done.stderr:
        pytest.skip("this kernel has no veth")
    assert done.returncode == 0, done.stderr
    assert dict(zip(cases, done.stdout.splitlines())) == cases


@pytest.mark.skipif(not multicast.supported(sources=True) or FOREIGN, reason="no source filters")
def test_block_and_unblock() -> None:
    own = [i.index for i in interfaces() if "LOOPBACK" in i.flags]
    if not own:
        pytest.skip("there is no loopback interface")
    try:
        multicast.receiver("239.7.7.7", 0, own[0]).close()
    except OSError as error:
        if "MCAST_JOIN_GROUP" in str(error) and getattr(error, "winerror", None) == 10042:
            pytest.skip(f"Wine lacks the option: {error}")
        raise
    with sender("239.7.7.7", interface=own[0]) as out:
        with multicast.receiver("239.7.7.7", 0, own[0]) as sock:
            to = ("239.7.7.7", sock.getsockname()[1])
            out.bind(("127.0.0.1", 0))
            sock.settimeout(0.2)
            multicast.block(sock, "239.7.7.7", "127.0.0.1", own[0])
            out.sendto(b"blocked", to)
            with pytest.raises(pysock.timeout):
                sock.recv(10)
            multicast.unblock(sock, "239.7.7.7", "127.0.0.1", own[0])
            sock.settimeout(5)
            out.sendto(b"heard", to)
            assert sock.recv(10) == b"heard"
            multicast.leave(sock, "239.7.7.7", own[0])


@pytest.mark.skipif(not LINUX, reason="the names of options and of lo are Linux'")
def test_the_older_options_where_the_newer_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a sandbox that knows none of RFC 3678: the same is heard, and the same is an error."""
    refused: list[str] = []

    def setsockopt(sock: _beyond.Handle, level: int, name: str, value: bytes) -> None:
        if name.startswith("MCAST_"):
            refused.append(name)
            raise OSError(errno.ENOPROTOOPT, f"Protocol not available ({name})")
        real(sock, level, name, value)

    real = _beyond.setsockopt
    monkeypatch.setattr(multicast, "setsockopt", setsockopt)
    group, heard = "239.7.7.8", []
    for source in (None, "127.0.0.1", "127.0.0.2"):
        with multicast.receiver(group, 0, "lo") as hears, sender(group, interface="lo") as sock:
            multicast.leave(hears, group, "lo")
            multicast.join(hears, group, "lo", source=source)
            sock.bind(("127.0.0.1", 0))
            sock.sendto(b"x", hears.getsockname())
            hears.settimeout(0.2)
            try:
                heard.append(hears.recvfrom(10)[1][0])
            except pysock.timeout:
                heard.append(None)
            with pytest.raises(OSError, match=r"239[.]7[.]7[.]8"):
                multicast.join(hears, group, "lo", source=source)
            multicast.leave(hears, group, "lo", source=source)
    if heard[0] is None:
        pytest.skip("nothing is heard on lo here")
    assert heard == [heard[0], heard[0], None]
    assert {"MCAST_JOIN_GROUP", "MCAST_LEAVE_SOURCE_GROUP"} <= set(refused)
    with multicast.receiver(group, 0, "lo") as hears:
        multicast.block(hears, group, "127.0.0.1", "lo")
        multicast.unblock(hears, group, "127.0.0.1", "lo")
