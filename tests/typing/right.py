"""A program that uses every public function and method once, correctly.  It is read, and not run.

``tests/test_types.py`` lets mypy read it with ``socket``, and then with pysock in its place, as for
Linux, where most constants are.
"""

import sys
from typing import IO, Optional

import socket

# --- the module ----------------------------------------------------------------------

host: str = socket.gethostname()
socket.sethostname("name")
full: str = socket.getfqdn("localhost")
number: str = socket.gethostbyname("localhost")
names: tuple[str, list[str], list[str]] = socket.gethostbyname_ex("localhost")
names = socket.gethostbyaddr("127.0.0.1")
at: tuple[str, str] = socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST)
port: int = socket.getservbyname("http", "tcp")
port = socket.getservbyname("http")
service: str = socket.getservbyport(80, "tcp")
protocol: int = socket.getprotobyname("tcp")
for family, kind, proto, canonical, address in socket.getaddrinfo(
    "localhost", 80, family=socket.AF_INET6, type=socket.SOCK_STREAM, proto=0,
    flags=socket.AI_PASSIVE | socket.AI_CANONNAME,
):
    found_family: socket.AddressFamily = family
    found_kind: socket.SocketKind = kind
    found_proto: int = proto
    found_name: str = canonical.upper()
    found_host = address[0]

interfaces: list[tuple[int, str]] = socket.if_nameindex()
index: int = socket.if_nametoindex("lo")
interface: str = socket.if_indextoname(1)

short: int = socket.htons(80) + socket.ntohs(80)
long: int = socket.htonl(80) + socket.ntohl(80)
packed: bytes = socket.inet_aton("127.0.0.1")
text: str = socket.inet_ntoa(packed)
packed = socket.inet_pton(socket.AF_INET6, "::1")
text = socket.inet_ntop(socket.AF_INET6, bytearray(packed))
room: int = socket.CMSG_LEN(4) + socket.CMSG_SPACE(4)

socket.setdefaulttimeout(1.5)
seconds: Optional[float] = socket.getdefaulttimeout()

# --- sockets -------------------------------------------------------------------------

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
sock = socket.socket(family=2, type=1, proto=0, fileno=None)
sock = socket.create_connection(("localhost", 80), timeout=3.0, source_address=("", 0))
if sys.version_info >= (3, 11):
    sock = socket.create_connection((None, 80), all_errors=True)
sock = socket.create_server(
    ("", 80), family=socket.AF_INET6, backlog=5, reuse_port=True, dualstack_ipv6=True
)
dual: bool = socket.has_dualstack_ipv6()
one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM, 0)
again: socket.socket = socket.fromfd(0, socket.AF_INET, socket.SOCK_STREAM, 0)
count: int = socket.send_fds(one, [b"data", bytearray(1)], [0, 1])
data, descriptors, flags, sender = socket.recv_fds(two, 100, 2, socket.MSG_PEEK)
data.decode()
descriptors.append(socket.dup(0))
socket.close(0)

sock.bind(("", 80))
sock.listen()
sock.listen(5)
peer, where = sock.accept()
peer.close()
sock.connect("path")
sock.connect(b"\0abstract")
error: int = sock.connect_ex(("localhost", 80, 0, 0))
sock.shutdown(socket.SHUT_WR)
count = sock.detach()
copy: socket.socket = sock.dup()

data = sock.recv(100)
data = sock.recv(100, socket.MSG_PEEK | socket.MSG_DONTWAIT)
count = sock.recv_into(bytearray(100))
count = sock.recv_into(memoryview(bytearray(100)), nbytes=10, flags=0)
data, where = sock.recvfrom(100, 0)
count, where = sock.recvfrom_into(bytearray(100), nbytes=10, flags=0)
data, ancdata, flags, where = sock.recvmsg(100, socket.CMSG_SPACE(4), 0)
count, ancdata, flags, where = sock.recvmsg_into([bytearray(1), bytearray(2)], 0, 0)
for cmsg_level, cmsg_type, cmsg_data in ancdata:
    room = cmsg_level + cmsg_type + len(cmsg_data)

count = sock.send(b"data")
count = sock.send(memoryview(b"data"), socket.MSG_OOB)
sock.sendall(bytearray(1), 0)
count = sock.sendto(b"data", ("localhost", 80))
count = sock.sendto(b"data", socket.MSG_DONTROUTE, ("localhost", 80))
rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, b"\0\0\0\0")
count = sock.sendmsg([b"data", bytearray(1)], [rights], 0, ("localhost", 80))
count = sock.sendmsg([b"data"])
count = sock.sendmsg_afalg([b"data"], op=socket.ALG_OP_ENCRYPT, iv=b"", assoclen=0, flags=0)


def send_file(file: IO[bytes]) -> int:
    return sock.sendfile(file, offset=0, count=10)


where = sock.getsockname()
where = sock.getpeername()
value: int = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
data = sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\0" * 8)
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, None, 4)
sock.setblocking(True)
blocking: bool = sock.getblocking()
sock.settimeout(None)
sock.settimeout(2)
seconds = sock.gettimeout()
seconds = sock.timeout
sock.set_inheritable(False)
inheritable: bool = sock.get_inheritable()
fd: int = sock.fileno()
his_family: socket.AddressFamily = sock.family
his_kind: socket.SocketKind = sock.type
his_proto: int = sock.proto

lines: str = sock.makefile().readline()
lines = sock.makefile("rw", encoding="utf-8", errors="strict", newline="\n").read()
data = sock.makefile("rb").peek(1)
raw: socket.SocketIO = sock.makefile("rwb", buffering=0)
got: Optional[int] = raw.readinto(bytearray(1))
got = raw.write(b"x")
mode: str = raw.mode
fd = raw.name
sock.makefile("wb", 100).close()
both = sock.makefile("rwb")
both.write(both.read(1))


class Mine(socket.socket):
    """Subclasses are of their own kind when duplicated."""

    def twice(self) -> "Mine":
        return self.dup()


with Mine() as mine:
    mine.twice()

# --- exceptions ----------------------------------------------------------------------

try:
    sock.close()
except socket.timeout as late:
    raise socket.timeout("timed out") from late
except (socket.gaierror, socket.herror) as unknown:
    code: Optional[int] = unknown.errno
except socket.error as failed:
    raise OSError from failed

# --- constants -----------------------------------------------------------------------

families: list[socket.AddressFamily] = [
    socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_UNSPEC, socket.AddressFamily.AF_INET
]
kinds: list[socket.SocketKind] = [
    socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET, socket.SOCK_RDM
]
messages: list[socket.MsgFlag] = [
    socket.MSG_OOB, socket.MSG_PEEK, socket.MSG_WAITALL, socket.MSG_TRUNC, socket.MSG_CTRUNC
]
infos: list[socket.AddressInfo] = [
    socket.AI_PASSIVE, socket.AI_NUMERICHOST, socket.AI_NUMERICSERV, socket.AI_ADDRCONFIG
]
numbers: list[int] = [
    socket.SOMAXCONN, socket.SO_KEEPALIVE, socket.SO_RCVBUF, socket.SO_BROADCAST, socket.SO_TYPE,
    socket.IPPROTO_IP, socket.IPPROTO_IPV6, socket.IPPROTO_UDP, socket.IPPROTO_ICMP,
    socket.IP_TTL, socket.IP_TOS, socket.IP_ADD_MEMBERSHIP, socket.IP_MULTICAST_TTL,
    socket.IPV6_V6ONLY, socket.IPV6_UNICAST_HOPS, socket.IPV6_JOIN_GROUP, socket.INADDR_ANY,
    socket.TCP_MAXSEG, socket.TCP_KEEPIDLE, socket.EAI_NONAME, socket.EAI_AGAIN,
    socket.NI_NUMERICSERV, socket.NI_DGRAM, socket.SHUT_RD, socket.SHUT_RDWR,
    socket.INADDR_BROADCAST, socket.SOL_IP, socket.SOL_TCP, socket.SCM_CREDENTIALS,
]
families += [socket.AF_NETLINK, socket.AF_PACKET, socket.AF_CAN, socket.AF_VSOCK, socket.AF_ALG]
kinds += [socket.SOCK_CLOEXEC, socket.SOCK_NONBLOCK]
numbers += [
    socket.CAN_RAW, socket.CAN_EFF_FLAG, socket.CAN_RAW_FILTER, socket.SOL_CAN_RAW,
    socket.PACKET_HOST, socket.TIPC_ADDR_ID, socket.VMADDR_CID_ANY, socket.SO_PEERCRED,
    socket.ALG_SET_KEY, socket.NETLINK_ROUTE, socket.TCP_USER_TIMEOUT, socket.SO_BINDTODEVICE,
]
ipv6: bool = socket.has_ipv6
base = socket.SocketType
