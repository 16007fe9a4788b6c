"""A program that uses what is beyond the standard library, as mypy --strict sees it; it is not run.

Above the line are right uses of every public function; each line below it is wrong.
"""

import socket as known
from typing import Optional, Union

import pysock
from pysock import (
    ancillary,
    datagrams,
    dial,
    interfaces,
    multicast,
    streams,
    tcp,
    unix,
)

mine = pysock.socket()
theirs = known.socket()

# interfaces
for each in interfaces.interfaces():
    index: int = each.index
    name: str = each.name
    up: bool = "UP" in each.flags
    mtu: Optional[int] = each.mtu
    for at in each.addresses:
        length: Optional[int] = at.prefix_length
        text: str = at.address + at.scope
by_name: interfaces.Interface = interfaces.interface("lo")
has: Optional[interfaces.Interface] = interfaces.by_address("::1")
source: str = interfaces.source_for("::1", 80) + interfaces.default_source()
mine.bind(("lo", 0, pysock.XDP_COPY))  # AF_XDP
metrics: list[int] = [gateway.metric for gateway in interfaces.gateways()]
can: bool = interfaces.supported()

# multicast
for sock in (mine, theirs):
    multicast.join(sock, "239.1.2.3", "lo")
    multicast.join(sock, "232.1.2.3", 1, source="10.0.0.1")
    multicast.leave(sock, "239.1.2.3")
    multicast.block(sock, "239.1.2.3", "10.0.0.1")
    multicast.unblock(sock, "239.1.2.3", "10.0.0.1", None)
    multicast.set_ttl(sock, 1)
    multicast.set_loop(sock, False)
    multicast.set_outgoing_interface(sock, "10.0.0.2")
    hops: int = multicast.ttl(sock)
    loops: bool = multicast.loop(sock)
    leaves_by: Union[int, str] = multicast.outgoing_interface(sock)
heard: pysock.socket = multicast.receiver("239.1.2.3", 5000, "lo", sources=("10.0.0.1",))
said: pysock.socket = multicast.sender("ff02::1", 1, ttl=2, loop=False)
filters: bool = multicast.supported(sources=True)

# unix
who: unix.Peer = unix.peer(theirs)
uid: int = who.uid
pid: Optional[int] = who.pid
label: str = unix.peer_label(mine)
pidfd: int = unix.peer_pidfd(mine)
with unix.short_path("/run/x") as path:
    mine.bind(path)
with unix.listen("/run/x", backlog=5) as listener:
    accepted, _ = listener.sock.accept()
    number: int = listener.fileno()
for passed in unix.listen_fds(unset=False):
    passed_name: str = passed.name + str(passed.fd)
data, descriptors = unix.recv_fds(theirs, 100, 3)
with descriptors:
    fd: int = descriptors.take()
    left: int = len(descriptors)
can = unix.supported()

# ancillary
ancillary.enable(mine, ancillary.Timestamp, ancillary.PacketInfo)
ancillary.enable(theirs, ancillary.Timestamp, value=3)
ancillary.disable(mine, ancillary.Timestamp)
received: ancillary.Received = ancillary.receive(mine, 1024)
for value in received.values:
    if isinstance(value, ancillary.Rights):
        fds: list[int] = value.take()
    elif isinstance(value, ancillary.Timestamp):
        nanoseconds: Optional[int] = value.software
values: list[ancillary.ControlMessage] = ancillary.decode([(1, 1, b"\0\0\0\0")], 0)
mine.sendmsg([b"x"], ancillary.encode([ancillary.Rights.of(0, theirs), (1, 2, b"")]))
can = ancillary.supported(ancillary.PidFD, platform="darwin-arm64")

# dial
with dial.Cancel() as cancel:
    connected: pysock.socket = dial.dial("localhost", "http", timeout=3.0, cancel=cancel)
    cancel.cancel()
found: list[object] = list(dial.getaddrinfo("localhost", 80, timeout=1))
try:
    dial.dial("localhost", 80, source=("10.0.0.2", 0))
except dial.DialError as failed:
    reasons: list[str] = [str(error) for _, error in failed.errors]

# datagrams, streams
ring = datagrams.Ring(count=16, size=100)
first: memoryview = ring.receive(theirs)[0][0]
sent: int = datagrams.send_many(mine, [b"a", (bytearray(b"b"), ("::1", 9))])
sent = datagrams.send_segments(theirs, b"abcd", 2, ("::1", 9))
parts, sender = datagrams.receive_segments(mine)
whole: bytes = b"".join(parts) + streams.recv_exactly(theirs, 5)
reader = streams.Reader(mine, limit=100)
whole = reader.recv_exactly(3) + reader.recv_until(b"\n") + reader.recv_frame(prefix=2)
whole = streams.recv_frame(theirs, limit=10)
streams.send_frame(mine, b"x")
try:
    sent = streams.sendall(theirs, memoryview(b"x"))
except streams.SendError as error:
    sent = error.sent
except streams.Incomplete as ended:
    whole = ended.data
streams.half_close(mine)
streams.close(theirs)

# tcp
info: tcp.Info = tcp.info(theirs)
if isinstance(info, tcp.LinuxInfo):
    retransmits: Optional[int] = info.retransmits
tcp.set_keepalive(mine, idle=60, interval=10, count=3)
on: bool = tcp.keepalive(3).on
tcp.set_linger(mine, None)
linger: Optional[int] = tcp.linger(mine)
tcp.set_user_timeout(theirs, 1.5)
seconds: float = tcp.user_timeout(theirs)
tcp.set_congestion(mine, tcp.congestion(theirs))
tcp.set_fastopen(mine, queue=5)
tcp.set_fastopen_connect(theirs, False)
for connection in tcp.sockets(states=[tcp.State.LISTEN]):
    port: int = connection.local[1]
inode_of: dict[int, int] = tcp.inodes(1)
works: frozenset[str] = tcp.supported()

# --- wrong ---------------------------------------------------------------------------

interfaces.interface(1.5)
interfaces.interfaces()[0].index = 3
interfaces.interfaces()[0].addresses[0].scope = "link"
index = interfaces.interfaces()[0].name
multicast.join("239.1.2.3", mine)
multicast.set_ttl(mine, "1")
multicast.receiver("239.1.2.3", "5000")
unix.peer("/run/x")
unix.listen(3)
unix.recv_fds(mine, "100", 3)
ancillary.enable(mine, "Timestamp")
ancillary.encode([b"x"])
ancillary.supported(int)
dial.dial("localhost", 80, timeout="3")
dial.dial("localhost", 80, cancel=True)
datagrams.send_many(mine, 5)
datagrams.Ring("16")
streams.recv_exactly(mine, "5")
streams.Reader(mine).recv_until("\n")
tcp.info("sock")
tcp.set_keepalive(mine, idle="60")
tcp.set_congestion(mine, b"cubic")
tcp.set_fastopen_connect(mine, "yes")
dial.dial("localhost", 80, interface=1)
tcp.sockets(states=["LISTEN"])
