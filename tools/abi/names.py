"""Which names belong in the tables.

Every integer that CPython's socketmodule exports, whole families of names beside them, and what
pysock itself needs.  The headers are asked for all of these; a name exists where they know it.
"""

from __future__ import annotations

import re

from .compiler import HEADERS

# Families that are wanted whole, whether or not CPython exports each member.
_FAMILIES = """
    AF SO SOL SCM MSG IPPROTO INADDR IP IPV6 MCAST TCP TCPI UDP UDPLITE EAI AI NI LOCAL SIO
    ETH_P NETLINK PACKET SOF_TIMESTAMPING ALG BT BTPROTO CAN J1939 RDS VMADDR VM_SOCKETS
    XDP MCTP KCM KCMPROTO SMCPROTO
""".split()
_FAMILY = re.compile(rf"(?:{'|'.join(_FAMILIES)})_\w+")
_OTHERS = {
    *("SOCK_DCCP", "SOCK_PACKET", "SOCK_CLOFORK", "SOCK_NOSIGPIPE", "IP6T_SO_ORIGINAL_DST"),
    *("SIOCKCMATTACH", "SIOCKCMUNATTACH", "SIOCKCMCLONE", "SMC_LIMIT_HS"),
    *("SIOCMCTPALLOCTAG", "SIOCMCTPDROPTAG", "SIOCMCTPALLOCTAG2", "SIOCMCTPDROPTAG2"),
}

# Members of these families that are no constants of sockets.
_EXCLUDED = re.compile(
    # Other names of AF_UNIX, and how many families there are.  socket.py makes an enum of these:
    # of two names for a number, the one that sorts first would be shown.
    r"AF_LOCAL|AF_FILE|AF_MAX|AF_VENDOR\d+"
    # Codes of Windows' input methods.
    r"|NI_\w*CANDIDATE\w*|NI_COMPOSITIONSTR|NI_FINALIZECONVERSIONRESULT|NI_IMEMENUSELECTED"
    # Bits and sizes of packet headers.
    r"|TCP_(?:FLAG_\w+|RESERVED_BITS|DATA_OFFSET)|IP_(?:DF|MF|RF|OFFMASK|MAXPACKET|MSS)"
)

# What the package needs and the module does not show.
INTERNAL = """
    POLLIN POLLPRI POLLOUT POLLERR POLLHUP POLLNVAL
    FIONBIO FIOCLEX FIONCLEX IOV_MAX IF_NAMESIZE
    NETDB_INTERNAL HOST_NOT_FOUND TRY_AGAIN NO_RECOVERY NO_DATA
    F_DUPFD_CLOEXEC F_GETFD F_SETFD FD_CLOEXEC F_GETFL F_SETFL O_NONBLOCK
    SOCK_DIAG_BY_FAMILY NLMSG_ERROR NLMSG_DONE NLM_F_REQUEST NLM_F_DUMP NLM_F_DUMP_INTR
    INET_DIAG_INFO INET_DIAG_CONG
    WSA_FLAG_OVERLAPPED WSA_FLAG_NO_HANDLE_INHERIT FROM_PROTOCOL_INFO HANDLE_FLAG_INHERIT
    IFF_UP IFF_BROADCAST IFF_DEBUG IFF_LOOPBACK IFF_POINTOPOINT IFF_NOTRAILERS IFF_RUNNING IFF_NOARP
    IFF_PROMISC IFF_ALLMULTI IFF_MASTER IFF_SLAVE IFF_MULTICAST IFF_PORTSEL IFF_AUTOMEDIA
    IFF_DYNAMIC IFF_LOWER_UP IFF_DORMANT IFF_ECHO IFF_DRV_OACTIVE IFF_DRV_RUNNING IFF_OACTIVE
    IFF_SIMPLEX IFF_LINK0 IFF_LINK1 IFF_LINK2 IFF_ALTPHYS IFF_MONITOR IFF_STATICARP IFF_UNNUMBERED
    SIOCGIFMTU XUCRED_VERSION
    NLM_F_REQUEST NLM_F_DUMP NLM_F_DUMP_INTR NLMSG_DONE NLMSG_ERROR
    RTM_GETLINK RTM_NEWLINK RTM_GETADDR RTM_NEWADDR RTM_GETROUTE RTM_NEWROUTE
    IFLA_IFNAME IFLA_MTU IFLA_ADDRESS IFLA_BROADCAST
    IFA_ADDRESS IFA_LOCAL IFA_LABEL IFA_BROADCAST
    CTL_NET NET_RT_DUMP RTM_VERSION RTM_GET RTF_UP RTF_GATEWAY RTF_HOST RTF_IFSCOPE RTF_REJECT
    RTF_BLACKHOLE RTA_DST RTA_NETMASK RTAX_DST RTAX_GATEWAY RTAX_NETMASK
    RTA_OIF RTA_GATEWAY RTA_PREFSRC RTA_PRIORITY RTA_TABLE RTA_MULTIPATH RTN_UNICAST RT_TABLE_MAIN
    GAA_FLAG_INCLUDE_PREFIX GAA_FLAG_SKIP_ANYCAST GAA_FLAG_SKIP_MULTICAST GAA_FLAG_SKIP_DNS_SERVER
    GAA_FLAG_INCLUDE_GATEWAYS ERROR_BUFFER_OVERFLOW IF_TYPE_SOFTWARE_LOOPBACK IF_TYPE_PPP
    IP_ADAPTER_NO_MULTICAST IfOperStatusUp
    WSADESCRIPTION_LEN WSASYS_STATUS_LEN WSAPROTOCOL_LEN MAX_PROTOCOL_CHAIN
""".split()

# The integers that CPython's socketmodule.c, 3.9 and later, exports on one platform or another.
CPYTHON = frozenset((HEADERS / "cpython.txt").read_text().split())

_MACRO = re.compile(r"^#define (\w+) ", re.MULTILINE)
_ENUM = re.compile(r"\benum\b[^;{}()]*\{([^{}]*)\}")
_ENUMERATOR = re.compile(r"(?:^|,)\s*(\w+)")


def defined(preprocessed: str) -> set[str]:
    """Every object-like macro and every enumerator of a preprocessed text."""
    found = set(_MACRO.findall(preprocessed))
    text = re.sub(r"^#.*\n", "", preprocessed, flags=re.MULTILINE)
    for body in _ENUM.findall(text):
        found.update(_ENUMERATOR.findall(body))
    return found


def wanted(name: str) -> bool:
    """Whether a name that the headers know belongs in a table."""
    if name in CPYTHON or name in INTERNAL or name in _OTHERS:
        return True
    return _FAMILY.fullmatch(name) is not None and not _EXCLUDED.fullmatch(name)


def expression(name: str) -> str:
    """The C expression for a name's value as CPython has it, which passes most through a ``long``.

    Where a ``long`` has 32 bits (32-bit systems, Windows) INADDR_BROADCAST is therefore -1.
    """
    if name in INTERNAL or name.startswith(("SIO_", "XDP_")):  # offsets of more than 32 bits
        return name
    return f"(long)({name})"
