"""The public constants, as type checkers see them.  Generated: do not edit.

``python -m tools.declare`` wrote this from the tables beside it.  A name is declared for a system
if one of its targets has it.
"""

import sys
from enum import IntEnum, IntFlag
from typing import Final

class AddressFamily(IntEnum):
    """The address families."""
    AF_APPLETALK = ...
    AF_INET = ...
    AF_INET6 = ...
    AF_IPX = ...
    AF_SNA = ...
    AF_UNIX = ...
    AF_UNSPEC = ...
    if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd") or sys.platform == "win32":
        AF_CCITT = ...
        AF_CHAOS = ...
        AF_DATAKIT = ...
        AF_DLI = ...
        AF_ECMA = ...
        AF_HYLINK = ...
        AF_IMPLINK = ...
        AF_ISO = ...
        AF_LAT = ...
        AF_LINK = ...
        AF_OSI = ...
        AF_PUP = ...
    if sys.platform == "linux" or sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
        AF_ISDN = ...
        AF_ROUTE = ...
    if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
        AF_CNT = ...
        AF_COIP = ...
        AF_E164 = ...
        AF_NATM = ...
    if sys.platform == "darwin" or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd") or sys.platform == "win32":
        AF_NS = ...
    if sys.platform == "linux" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform == "win32":
        AF_BLUETOOTH = ...
    if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd"):
        AF_IEEE80211 = ...
    if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("openbsd"):
        AF_SIP = ...
    if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform == "win32":
        AF_NETBIOS = ...
    if sys.platform == "linux" or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
        AF_MPLS = ...
    if sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd"):
        AF_ARP = ...
    if sys.platform.startswith("freebsd") or sys.platform == "win32":
        AF_ATM = ...
    if sys.platform == "linux" or sys.platform.startswith("freebsd"):
        AF_NETLINK = ...
    if sys.platform == "linux" or sys.platform.startswith("netbsd"):
        AF_CAN = ...
    if sys.platform == "linux" or sys.platform.startswith("openbsd"):
        AF_KEY = ...
    if sys.platform == "linux" or sys.platform == "win32":
        AF_IRDA = ...
    if sys.platform == "darwin":
        AF_NDRV = ...
        AF_PPP = ...
        AF_RESERVED_36 = ...
        AF_SYSTEM = ...
        AF_UTUN = ...
    if sys.platform.startswith("freebsd"):
        AF_DIVERT = ...
        AF_INET6_SDP = ...
        AF_INET_SDP = ...
        AF_IPFWLOG = ...
        AF_NETGRAPH = ...
        AF_SCLUSTER = ...
        AF_SLOW = ...
    if sys.platform == "linux":
        AF_ALG = ...
        AF_ASH = ...
        AF_ATMPVC = ...
        AF_ATMSVC = ...
        AF_AX25 = ...
        AF_BRIDGE = ...
        AF_CAIF = ...
        AF_ECONET = ...
        AF_IB = ...
        AF_IEEE802154 = ...
        AF_IUCV = ...
        AF_KCM = ...
        AF_LLC = ...
        AF_MCTP = ...
        AF_NETBEUI = ...
        AF_NETROM = ...
        AF_NFC = ...
        AF_PACKET = ...
        AF_PHONET = ...
        AF_PPPOX = ...
        AF_QIPCRTR = ...
        AF_RDS = ...
        AF_ROSE = ...
        AF_RXRPC = ...
        AF_SECURITY = ...
        AF_SMC = ...
        AF_TIPC = ...
        AF_VSOCK = ...
        AF_WANPIPE = ...
        AF_X25 = ...
        AF_XDP = ...
    if sys.platform.startswith("netbsd"):
        AF_ETHER = ...
        AF_OROUTE = ...
    if sys.platform.startswith("openbsd"):
        AF_ENCAP = ...
        AF_FRAME = ...
    if sys.platform == "win32":
        AF_12844 = ...
        AF_BAN = ...
        AF_BTH = ...
        AF_CLUSTER = ...
        AF_FIREFOX = ...
        AF_HYPERV = ...
        AF_ICLFXBM = ...
        AF_NETDES = ...
        AF_TCNMESSAGE = ...
        AF_TCNPROCESS = ...
        AF_UNKNOWN1 = ...
        AF_VOICEVIEW = ...

AF_APPLETALK = AddressFamily.AF_APPLETALK
AF_INET = AddressFamily.AF_INET
AF_INET6 = AddressFamily.AF_INET6
AF_IPX = AddressFamily.AF_IPX
AF_SNA = AddressFamily.AF_SNA
AF_UNIX = AddressFamily.AF_UNIX
AF_UNSPEC = AddressFamily.AF_UNSPEC
if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd") or sys.platform == "win32":
    AF_CCITT = AddressFamily.AF_CCITT
    AF_CHAOS = AddressFamily.AF_CHAOS
    AF_DATAKIT = AddressFamily.AF_DATAKIT
    AF_DLI = AddressFamily.AF_DLI
    AF_ECMA = AddressFamily.AF_ECMA
    AF_HYLINK = AddressFamily.AF_HYLINK
    AF_IMPLINK = AddressFamily.AF_IMPLINK
    AF_ISO = AddressFamily.AF_ISO
    AF_LAT = AddressFamily.AF_LAT
    AF_LINK = AddressFamily.AF_LINK
    AF_OSI = AddressFamily.AF_OSI
    AF_PUP = AddressFamily.AF_PUP
if sys.platform == "linux" or sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
    AF_ISDN = AddressFamily.AF_ISDN
    AF_ROUTE = AddressFamily.AF_ROUTE
if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
    AF_CNT = AddressFamily.AF_CNT
    AF_COIP = AddressFamily.AF_COIP
    AF_E164 = AddressFamily.AF_E164
    AF_NATM = AddressFamily.AF_NATM
if sys.platform == "darwin" or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd") or sys.platform == "win32":
    AF_NS = AddressFamily.AF_NS
if sys.platform == "linux" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform == "win32":
    AF_BLUETOOTH = AddressFamily.AF_BLUETOOTH
if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd"):
    AF_IEEE80211 = AddressFamily.AF_IEEE80211
if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("openbsd"):
    AF_SIP = AddressFamily.AF_SIP
if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform == "win32":
    AF_NETBIOS = AddressFamily.AF_NETBIOS
if sys.platform == "linux" or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
    AF_MPLS = AddressFamily.AF_MPLS
if sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd"):
    AF_ARP = AddressFamily.AF_ARP
if sys.platform.startswith("freebsd") or sys.platform == "win32":
    AF_ATM = AddressFamily.AF_ATM
if sys.platform == "linux" or sys.platform.startswith("freebsd"):
    AF_NETLINK = AddressFamily.AF_NETLINK
if sys.platform == "linux" or sys.platform.startswith("netbsd"):
    AF_CAN = AddressFamily.AF_CAN
if sys.platform == "linux" or sys.platform.startswith("openbsd"):
    AF_KEY = AddressFamily.AF_KEY
if sys.platform == "linux" or sys.platform == "win32":
    AF_IRDA = AddressFamily.AF_IRDA
if sys.platform == "darwin":
    AF_NDRV = AddressFamily.AF_NDRV
    AF_PPP = AddressFamily.AF_PPP
    AF_RESERVED_36 = AddressFamily.AF_RESERVED_36
    AF_SYSTEM = AddressFamily.AF_SYSTEM
    AF_UTUN = AddressFamily.AF_UTUN
if sys.platform.startswith("freebsd"):
    AF_DIVERT = AddressFamily.AF_DIVERT
    AF_INET6_SDP = AddressFamily.AF_INET6_SDP
    AF_INET_SDP = AddressFamily.AF_INET_SDP
    AF_IPFWLOG = AddressFamily.AF_IPFWLOG
    AF_NETGRAPH = AddressFamily.AF_NETGRAPH
    AF_SCLUSTER = AddressFamily.AF_SCLUSTER
    AF_SLOW = AddressFamily.AF_SLOW
if sys.platform == "linux":
    AF_ALG = AddressFamily.AF_ALG
    AF_ASH = AddressFamily.AF_ASH
    AF_ATMPVC = AddressFamily.AF_ATMPVC
    AF_ATMSVC = AddressFamily.AF_ATMSVC
    AF_AX25 = AddressFamily.AF_AX25
    AF_BRIDGE = AddressFamily.AF_BRIDGE
    AF_CAIF = AddressFamily.AF_CAIF
    AF_ECONET = AddressFamily.AF_ECONET
    AF_IB = AddressFamily.AF_IB
    AF_IEEE802154 = AddressFamily.AF_IEEE802154
    AF_IUCV = AddressFamily.AF_IUCV
    AF_KCM = AddressFamily.AF_KCM
    AF_LLC = AddressFamily.AF_LLC
    AF_MCTP = AddressFamily.AF_MCTP
    AF_NETBEUI = AddressFamily.AF_NETBEUI
    AF_NETROM = AddressFamily.AF_NETROM
    AF_NFC = AddressFamily.AF_NFC
    AF_PACKET = AddressFamily.AF_PACKET
    AF_PHONET = AddressFamily.AF_PHONET
    AF_PPPOX = AddressFamily.AF_PPPOX
    AF_QIPCRTR = AddressFamily.AF_QIPCRTR
    AF_RDS = AddressFamily.AF_RDS
    AF_ROSE = AddressFamily.AF_ROSE
    AF_RXRPC = AddressFamily.AF_RXRPC
    AF_SECURITY = AddressFamily.AF_SECURITY
    AF_SMC = AddressFamily.AF_SMC
    AF_TIPC = AddressFamily.AF_TIPC
    AF_VSOCK = AddressFamily.AF_VSOCK
    AF_WANPIPE = AddressFamily.AF_WANPIPE
    AF_X25 = AddressFamily.AF_X25
    AF_XDP = AddressFamily.AF_XDP
if sys.platform.startswith("netbsd"):
    AF_ETHER = AddressFamily.AF_ETHER
    AF_OROUTE = AddressFamily.AF_OROUTE
if sys.platform.startswith("openbsd"):
    AF_ENCAP = AddressFamily.AF_ENCAP
    AF_FRAME = AddressFamily.AF_FRAME
if sys.platform == "win32":
    AF_12844 = AddressFamily.AF_12844
    AF_BAN = AddressFamily.AF_BAN
    AF_BTH = AddressFamily.AF_BTH
    AF_CLUSTER = AddressFamily.AF_CLUSTER
    AF_FIREFOX = AddressFamily.AF_FIREFOX
    AF_HYPERV = AddressFamily.AF_HYPERV
    AF_ICLFXBM = AddressFamily.AF_ICLFXBM
    AF_NETDES = AddressFamily.AF_NETDES
    AF_TCNMESSAGE = AddressFamily.AF_TCNMESSAGE
    AF_TCNPROCESS = AddressFamily.AF_TCNPROCESS
    AF_UNKNOWN1 = AddressFamily.AF_UNKNOWN1
    AF_VOICEVIEW = AddressFamily.AF_VOICEVIEW

class SocketKind(IntEnum):
    """The types of sockets."""
    SOCK_DGRAM = ...
    SOCK_RAW = ...
    SOCK_RDM = ...
    SOCK_SEQPACKET = ...
    SOCK_STREAM = ...
    if sys.platform == "linux" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
        SOCK_CLOEXEC = ...
        SOCK_NONBLOCK = ...
    if sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
        SOCK_CLOFORK = ...
    if sys.platform == "linux" or sys.platform.startswith("netbsd"):
        SOCK_DCCP = ...
    if sys.platform == "linux":
        SOCK_PACKET = ...
    if sys.platform.startswith("netbsd"):
        SOCK_NOSIGPIPE = ...

SOCK_DGRAM = SocketKind.SOCK_DGRAM
SOCK_RAW = SocketKind.SOCK_RAW
SOCK_RDM = SocketKind.SOCK_RDM
SOCK_SEQPACKET = SocketKind.SOCK_SEQPACKET
SOCK_STREAM = SocketKind.SOCK_STREAM
if sys.platform == "linux" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
    SOCK_CLOEXEC = SocketKind.SOCK_CLOEXEC
    SOCK_NONBLOCK = SocketKind.SOCK_NONBLOCK
if sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
    SOCK_CLOFORK = SocketKind.SOCK_CLOFORK
if sys.platform == "linux" or sys.platform.startswith("netbsd"):
    SOCK_DCCP = SocketKind.SOCK_DCCP
if sys.platform == "linux":
    SOCK_PACKET = SocketKind.SOCK_PACKET
if sys.platform.startswith("netbsd"):
    SOCK_NOSIGPIPE = SocketKind.SOCK_NOSIGPIPE

class MsgFlag(IntFlag):
    """The flags of send, recv and similar functions."""
    MSG_CTRUNC = ...
    MSG_DONTROUTE = ...
    MSG_OOB = ...
    MSG_PEEK = ...
    MSG_TRUNC = ...
    MSG_WAITALL = ...
    if sys.platform == "linux" or sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
        MSG_DONTWAIT = ...
        MSG_EOR = ...
        MSG_NOSIGNAL = ...
    if sys.platform == "linux" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
        MSG_CMSG_CLOEXEC = ...
        MSG_WAITFORONE = ...
    if sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
        MSG_CMSG_CLOFORK = ...
    if sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd") or sys.platform == "win32":
        MSG_BCAST = ...
        MSG_MCAST = ...
    if sys.platform == "darwin" or sys.platform.startswith("freebsd"):
        MSG_EOF = ...
    if sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd"):
        MSG_NBIO = ...
        MSG_NOTIFICATION = ...
    if sys.platform == "linux" or sys.platform == "win32":
        MSG_ERRQUEUE = ...
    if sys.platform == "darwin":
        MSG_FLUSH = ...
        MSG_HAVEMORE = ...
        MSG_HOLD = ...
        MSG_NEEDSA = ...
        MSG_RCVMORE = ...
        MSG_SEND = ...
        MSG_WAITSTREAM = ...
    if sys.platform.startswith("freebsd"):
        MSG_COMPAT = ...
    if sys.platform == "linux":
        MSG_BATCH = ...
        MSG_CONFIRM = ...
        MSG_FASTOPEN = ...
        MSG_FIN = ...
        MSG_MORE = ...
        MSG_PROXY = ...
        MSG_RST = ...
        MSG_SOCK_DEVMEM = ...
        MSG_SYN = ...
        MSG_TRYHARD = ...
        MSG_ZEROCOPY = ...
    if sys.platform.startswith("netbsd"):
        MSG_CONTROLMBUF = ...
        MSG_IOVUSRSPACE = ...
        MSG_LENUSRSPACE = ...
        MSG_NAMEMBUF = ...
        MSG_USERFLAGS = ...
    if sys.platform == "win32":
        MSG_INTERRUPT = ...
        MSG_MAXIOVLEN = ...
        MSG_PARTIAL = ...
        MSG_PUSH_IMMEDIATE = ...

MSG_CTRUNC = MsgFlag.MSG_CTRUNC
MSG_DONTROUTE = MsgFlag.MSG_DONTROUTE
MSG_OOB = MsgFlag.MSG_OOB
MSG_PEEK = MsgFlag.MSG_PEEK
MSG_TRUNC = MsgFlag.MSG_TRUNC
MSG_WAITALL = MsgFlag.MSG_WAITALL
if sys.platform == "linux" or sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
    MSG_DONTWAIT = MsgFlag.MSG_DONTWAIT
    MSG_EOR = MsgFlag.MSG_EOR
    MSG_NOSIGNAL = MsgFlag.MSG_NOSIGNAL
if sys.platform == "linux" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
    MSG_CMSG_CLOEXEC = MsgFlag.MSG_CMSG_CLOEXEC
    MSG_WAITFORONE = MsgFlag.MSG_WAITFORONE
if sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
    MSG_CMSG_CLOFORK = MsgFlag.MSG_CMSG_CLOFORK
if sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd") or sys.platform == "win32":
    MSG_BCAST = MsgFlag.MSG_BCAST
    MSG_MCAST = MsgFlag.MSG_MCAST
if sys.platform == "darwin" or sys.platform.startswith("freebsd"):
    MSG_EOF = MsgFlag.MSG_EOF
if sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd"):
    MSG_NBIO = MsgFlag.MSG_NBIO
    MSG_NOTIFICATION = MsgFlag.MSG_NOTIFICATION
if sys.platform == "linux" or sys.platform == "win32":
    MSG_ERRQUEUE = MsgFlag.MSG_ERRQUEUE
if sys.platform == "darwin":
    MSG_FLUSH = MsgFlag.MSG_FLUSH
    MSG_HAVEMORE = MsgFlag.MSG_HAVEMORE
    MSG_HOLD = MsgFlag.MSG_HOLD
    MSG_NEEDSA = MsgFlag.MSG_NEEDSA
    MSG_RCVMORE = MsgFlag.MSG_RCVMORE
    MSG_SEND = MsgFlag.MSG_SEND
    MSG_WAITSTREAM = MsgFlag.MSG_WAITSTREAM
if sys.platform.startswith("freebsd"):
    MSG_COMPAT = MsgFlag.MSG_COMPAT
if sys.platform == "linux":
    MSG_BATCH = MsgFlag.MSG_BATCH
    MSG_CONFIRM = MsgFlag.MSG_CONFIRM
    MSG_FASTOPEN = MsgFlag.MSG_FASTOPEN
    MSG_FIN = MsgFlag.MSG_FIN
    MSG_MORE = MsgFlag.MSG_MORE
    MSG_PROXY = MsgFlag.MSG_PROXY
    MSG_RST = MsgFlag.MSG_RST
    MSG_SOCK_DEVMEM = MsgFlag.MSG_SOCK_DEVMEM
    MSG_SYN = MsgFlag.MSG_SYN
    MSG_TRYHARD = MsgFlag.MSG_TRYHARD
    MSG_ZEROCOPY = MsgFlag.MSG_ZEROCOPY
if sys.platform.startswith("netbsd"):
    MSG_CONTROLMBUF = MsgFlag.MSG_CONTROLMBUF
    MSG_IOVUSRSPACE = MsgFlag.MSG_IOVUSRSPACE
    MSG_LENUSRSPACE = MsgFlag.MSG_LENUSRSPACE
    MSG_NAMEMBUF = MsgFlag.MSG_NAMEMBUF
    MSG_USERFLAGS = MsgFlag.MSG_USERFLAGS
if sys.platform == "win32":
    MSG_INTERRUPT = MsgFlag.MSG_INTERRUPT
    MSG_MAXIOVLEN = MsgFlag.MSG_MAXIOVLEN
    MSG_PARTIAL = MsgFlag.MSG_PARTIAL
    MSG_PUSH_IMMEDIATE = MsgFlag.MSG_PUSH_IMMEDIATE

class AddressInfo(IntFlag):
    """The flags of getaddrinfo."""
    AI_ADDRCONFIG = ...
    AI_CANONNAME = ...
    AI_NUMERICHOST = ...
    AI_NUMERICSERV = ...
    AI_PASSIVE = ...
    if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
        AI_MASK = ...
    if sys.platform == "linux" or sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform == "win32":
        AI_ALL = ...
        AI_V4MAPPED = ...
    if sys.platform == "darwin" or sys.platform.startswith("freebsd"):
        AI_DEFAULT = ...
        AI_V4MAPPED_CFG = ...
    if sys.platform.startswith("openbsd") or sys.platform == "win32":
        AI_FQDN = ...
    if sys.platform == "darwin":
        AI_UNUSABLE = ...
    if sys.platform == "linux":
        AI_CANONIDN = ...
        AI_IDN = ...
        AI_IDN_ALLOW_UNASSIGNED = ...
        AI_IDN_USE_STD3_ASCII_RULES = ...
    if sys.platform.startswith("netbsd"):
        AI_SRV = ...
    if sys.platform.startswith("openbsd"):
        AI_EXT = ...
    if sys.platform == "win32":
        AI_DISABLE_IDN_ENCODING = ...
        AI_FILESERVER = ...
        AI_NON_AUTHORITATIVE = ...
        AI_RETURN_PREFERRED_NAMES = ...
        AI_SECURE = ...

AI_ADDRCONFIG = AddressInfo.AI_ADDRCONFIG
AI_CANONNAME = AddressInfo.AI_CANONNAME
AI_NUMERICHOST = AddressInfo.AI_NUMERICHOST
AI_NUMERICSERV = AddressInfo.AI_NUMERICSERV
AI_PASSIVE = AddressInfo.AI_PASSIVE
if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
    AI_MASK = AddressInfo.AI_MASK
if sys.platform == "linux" or sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform == "win32":
    AI_ALL = AddressInfo.AI_ALL
    AI_V4MAPPED = AddressInfo.AI_V4MAPPED
if sys.platform == "darwin" or sys.platform.startswith("freebsd"):
    AI_DEFAULT = AddressInfo.AI_DEFAULT
    AI_V4MAPPED_CFG = AddressInfo.AI_V4MAPPED_CFG
if sys.platform.startswith("openbsd") or sys.platform == "win32":
    AI_FQDN = AddressInfo.AI_FQDN
if sys.platform == "darwin":
    AI_UNUSABLE = AddressInfo.AI_UNUSABLE
if sys.platform == "linux":
    AI_CANONIDN = AddressInfo.AI_CANONIDN
    AI_IDN = AddressInfo.AI_IDN
    AI_IDN_ALLOW_UNASSIGNED = AddressInfo.AI_IDN_ALLOW_UNASSIGNED
    AI_IDN_USE_STD3_ASCII_RULES = AddressInfo.AI_IDN_USE_STD3_ASCII_RULES
if sys.platform.startswith("netbsd"):
    AI_SRV = AddressInfo.AI_SRV
if sys.platform.startswith("openbsd"):
    AI_EXT = AddressInfo.AI_EXT
if sys.platform == "win32":
    AI_DISABLE_IDN_ENCODING = AddressInfo.AI_DISABLE_IDN_ENCODING
    AI_FILESERVER = AddressInfo.AI_FILESERVER
    AI_NON_AUTHORITATIVE = AddressInfo.AI_NON_AUTHORITATIVE
    AI_RETURN_PREFERRED_NAMES = AddressInfo.AI_RETURN_PREFERRED_NAMES
    AI_SECURE = AddressInfo.AI_SECURE

AF_DECnet: Final[int]
EAI_AGAIN: Final[int]
EAI_BADFLAGS: Final[int]
EAI_FAIL: Final[int]
EAI_FAMILY: Final[int]
EAI_MEMORY: Final[int]
EAI_NODATA: Final[int]
EAI_NONAME: Final[int]
EAI_SERVICE: Final[int]
EAI_SOCKTYPE: Final[int]
INADDR_ALLHOSTS_GROUP: Final[int]
INADDR_ANY: Final[int]
INADDR_BROADCAST: Final[int]
INADDR_LOOPBACK: Final[int]
INADDR_MAX_LOCAL_GROUP: Final[int]
INADDR_NONE: Final[int]
INADDR_UNSPEC_GROUP: Final[int]
IPPORT_RESERVED: Final[int]
IPPORT_USERRESERVED: Final[int]
IPPROTO_AH: Final[int]
IPPROTO_DSTOPTS: Final[int]
IPPROTO_EGP: Final[int]
IPPROTO_ESP: Final[int]
IPPROTO_FRAGMENT: Final[int]
IPPROTO_HOPOPTS: Final[int]
IPPROTO_ICMP: Final[int]
IPPROTO_ICMPV6: Final[int]
IPPROTO_IDP: Final[int]
IPPROTO_IGMP: Final[int]
IPPROTO_IP: Final[int]
IPPROTO_IPV6: Final[int]
IPPROTO_MAX: Final[int]
IPPROTO_NONE: Final[int]
IPPROTO_PIM: Final[int]
IPPROTO_PUP: Final[int]
IPPROTO_RAW: Final[int]
IPPROTO_ROUTING: Final[int]
IPPROTO_SCTP: Final[int]
IPPROTO_TCP: Final[int]
IPPROTO_UDP: Final[int]
IPV6_CHECKSUM: Final[int]
IPV6_DONTFRAG: Final[int]
IPV6_HOPLIMIT: Final[int]
IPV6_HOPOPTS: Final[int]
IPV6_JOIN_GROUP: Final[int]
IPV6_LEAVE_GROUP: Final[int]
IPV6_MULTICAST_HOPS: Final[int]
IPV6_MULTICAST_IF: Final[int]
IPV6_MULTICAST_LOOP: Final[int]
IPV6_PKTINFO: Final[int]
IPV6_RECVRTHDR: Final[int]
IPV6_RECVTCLASS: Final[int]
IPV6_RTHDR: Final[int]
IPV6_TCLASS: Final[int]
IPV6_UNICAST_HOPS: Final[int]
IPV6_V6ONLY: Final[int]
IP_ADD_MEMBERSHIP: Final[int]
IP_DROP_MEMBERSHIP: Final[int]
IP_HDRINCL: Final[int]
IP_MULTICAST_IF: Final[int]
IP_MULTICAST_LOOP: Final[int]
IP_MULTICAST_TTL: Final[int]
IP_OPTIONS: Final[int]
IP_RECVTTL: Final[int]
IP_TOS: Final[int]
IP_TTL: Final[int]
NI_DGRAM: Final[int]
NI_MAXHOST: Final[int]
NI_MAXSERV: Final[int]
NI_NAMEREQD: Final[int]
NI_NOFQDN: Final[int]
NI_NUMERICHOST: Final[int]
NI_NUMERICSERV: Final[int]
SHUT_RD: Final[int]
SHUT_RDWR: Final[int]
SHUT_WR: Final[int]
SOL_IP: Final[int]
SOL_SOCKET: Final[int]
SOL_TCP: Final[int]
SOL_UDP: Final[int]
SOMAXCONN: Final[int]
SO_ACCEPTCONN: Final[int]
SO_BROADCAST: Final[int]
SO_DEBUG: Final[int]
SO_DONTROUTE: Final[int]
SO_ERROR: Final[int]
SO_KEEPALIVE: Final[int]
SO_LINGER: Final[int]
SO_OOBINLINE: Final[int]
SO_RCVBUF: Final[int]
SO_RCVLOWAT: Final[int]
SO_RCVTIMEO: Final[int]
SO_REUSEADDR: Final[int]
SO_SNDBUF: Final[int]
SO_SNDLOWAT: Final[int]
SO_SNDTIMEO: Final[int]
SO_TIMESTAMP: Final[int]
SO_TYPE: Final[int]
TCP_MAXSEG: Final[int]
TCP_NODELAY: Final[int]
if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd") or sys.platform == "win32":
    IPPROTO_GGP: Final[int]
    IPPROTO_IPV4: Final[int]
    IP_RECVDSTADDR: Final[int]
    IP_RECVIF: Final[int]
    SO_USELOOPBACK: Final[int]
if sys.platform == "linux" or sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
    EAI_ADDRFAMILY: Final[int]
    EAI_OVERFLOW: Final[int]
    EAI_SYSTEM: Final[int]
    IPPROTO_ENCAP: Final[int]
    IPPROTO_GRE: Final[int]
    IPPROTO_IPIP: Final[int]
    IPPROTO_RSVP: Final[int]
    IPPROTO_TP: Final[int]
    IPV6_DSTOPTS: Final[int]
    IPV6_NEXTHOP: Final[int]
    IPV6_PATHMTU: Final[int]
    IPV6_RECVDSTOPTS: Final[int]
    IPV6_RECVHOPLIMIT: Final[int]
    IPV6_RECVHOPOPTS: Final[int]
    IPV6_RECVPATHMTU: Final[int]
    IPV6_RECVPKTINFO: Final[int]
    IPV6_RTHDRDSTOPTS: Final[int]
    IPV6_RTHDR_LOOSE: Final[int]
    IPV6_RTHDR_TYPE_0: Final[int]
    IP_DEFAULT_MULTICAST_LOOP: Final[int]
    IP_DEFAULT_MULTICAST_TTL: Final[int]
    IP_MAX_MEMBERSHIPS: Final[int]
    IP_RECVOPTS: Final[int]
    IP_RECVRETOPTS: Final[int]
    IP_RETOPTS: Final[int]
    SCM_RIGHTS: Final[int]
    SCM_TIMESTAMP: Final[int]
    SO_REUSEPORT: Final[int]
    TCP_MAXWIN: Final[int]
    TCP_MAX_WINSHIFT: Final[int]
    TCP_MSS: Final[int]
if sys.platform == "linux" or sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform == "win32":
    TCP_KEEPCNT: Final[int]
    TCP_KEEPINTVL: Final[int]
if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
    EAI_BADHINTS: Final[int]
    EAI_PROTOCOL: Final[int]
    INADDR_CARP_GROUP: Final[int]
    IPPROTO_DONE: Final[int]
    IPPROTO_EON: Final[int]
    IPPROTO_ETHERIP: Final[int]
    IPPROTO_IPCOMP: Final[int]
    IPV6_DEFAULT_MULTICAST_HOPS: Final[int]
    IPV6_DEFAULT_MULTICAST_LOOP: Final[int]
    IPV6_PORTRANGE: Final[int]
    IPV6_PORTRANGE_DEFAULT: Final[int]
    IPV6_PORTRANGE_HIGH: Final[int]
    IPV6_PORTRANGE_LOW: Final[int]
    IPV6_USE_MIN_MTU: Final[int]
    IP_PORTRANGE: Final[int]
    IP_PORTRANGE_DEFAULT: Final[int]
    IP_PORTRANGE_HIGH: Final[int]
    IP_PORTRANGE_LOW: Final[int]
if sys.platform == "linux" or sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd"):
    INADDR_ALLRTRS_GROUP: Final[int]
    IPV6_IPSEC_POLICY: Final[int]
    IPV6_RTHDR_STRICT: Final[int]
    IP_IPSEC_POLICY: Final[int]
    NI_NUMERICSCOPE: Final[int]
if sys.platform == "linux" or sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("openbsd"):
    IPV6_AUTOFLOWLABEL: Final[int]
if sys.platform == "linux" or sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform == "win32":
    IP_ADD_SOURCE_MEMBERSHIP: Final[int]
    IP_BLOCK_SOURCE: Final[int]
    IP_DROP_SOURCE_MEMBERSHIP: Final[int]
    IP_RECVTOS: Final[int]
    IP_UNBLOCK_SOURCE: Final[int]
    MCAST_BLOCK_SOURCE: Final[int]
    MCAST_EXCLUDE: Final[int]
    MCAST_INCLUDE: Final[int]
    MCAST_JOIN_GROUP: Final[int]
    MCAST_JOIN_SOURCE_GROUP: Final[int]
    MCAST_LEAVE_GROUP: Final[int]
    MCAST_LEAVE_SOURCE_GROUP: Final[int]
    MCAST_UNBLOCK_SOURCE: Final[int]
    TCP_FASTOPEN: Final[int]
if sys.platform == "linux" or sys.platform == "darwin" or sys.platform.startswith("netbsd") or sys.platform == "win32":
    IP_PKTINFO: Final[int]
if sys.platform == "linux" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
    IP_MINTTL: Final[int]
    TCPI_OPT_ECN: Final[int]
    TCPI_OPT_SACK: Final[int]
    TCPI_OPT_TIMESTAMPS: Final[int]
    TCPI_OPT_WSCALE: Final[int]
    TCP_INFO: Final[int]
    TCP_MD5SIG: Final[int]
if sys.platform == "linux" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform == "win32":
    BTPROTO_RFCOMM: Final[int]
    SOL_L2CAP: Final[int]
    SOL_RFCOMM: Final[int]
    TCP_KEEPIDLE: Final[int]
if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd"):
    EAI_MAX: Final[int]
    IPV6_PREFER_TEMPADDR: Final[int]
    IPV6_SOCKOPT_RESERVED1: Final[int]
    SCM_CREDS: Final[int]
    SOL_LOCAL: Final[int]
    SO_NOSIGPIPE: Final[int]
    TCP_MINMSS: Final[int]
if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform.startswith("openbsd"):
    INADDR_PFSYNC_GROUP: Final[int]
    IPPROTO_DIVERT: Final[int]
    TCP_MAX_SACK: Final[int]
    TCP_NOPUSH: Final[int]
if sys.platform == "darwin" or sys.platform.startswith("freebsd") or sys.platform == "win32":
    IPPROTO_IGP: Final[int]
    IPPROTO_ND: Final[int]
    IPPROTO_PGM: Final[int]
    IPPROTO_RDP: Final[int]
    IPPROTO_ST: Final[int]
if sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform.startswith("openbsd"):
    IPPROTO_CARP: Final[int]
    IPPROTO_MOBILE: Final[int]
    IPPROTO_PFSYNC: Final[int]
    IP_SENDSRCADDR: Final[int]
    TCPI_OPT_TOE: Final[int]
if sys.platform == "linux" or sys.platform == "darwin" or sys.platform.startswith("freebsd"):
    ETHERTYPE_ARP: Final[int]
    ETHERTYPE_IP: Final[int]
    ETHERTYPE_IPV6: Final[int]
    ETHERTYPE_VLAN: Final[int]
    IPPROTO_MTP: Final[int]
    IP_MSFILTER: Final[int]
    SO_MAX_PACING_RATE: Final[int]
if sys.platform == "linux" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd"):
    BTPROTO_HCI: Final[int]
    BTPROTO_L2CAP: Final[int]
    BTPROTO_SCO: Final[int]
    HCI_DATA_DIR: Final[int]
    IPPROTO_DCCP: Final[int]
    SOL_HCI: Final[int]
    SOL_SCO: Final[int]
    UDP_ENCAP: Final[int]
    UDP_ENCAP_ESPINUDP: Final[int]
    UDP_ENCAP_ESPINUDP_NON_IKE: Final[int]
if sys.platform == "linux" or sys.platform.startswith("freebsd") or sys.platform.startswith("openbsd"):
    IPPROTO_MPLS: Final[int]
    IPPROTO_UDPLITE: Final[int]
    SO_DOMAIN: Final[int]
    SO_PROTOCOL: Final[int]
    UDPLITE_RECV_CSCOV: Final[int]
    UDPLITE_SEND_CSCOV: Final[int]
if sys.platform == "linux" or sys.platform.startswith("netbsd") or sys.platform == "win32":
    IPPROTO_L2TP: Final[int]
if sys.platform == "darwin" or sys.platform.startswith("freebsd"):
    INADDR_ALLMDNS_GROUP: Final[int]
    INADDR_ALLRPTS_GROUP: Final[int]
    IPPROTO_3PC: Final[int]
    IPPROTO_ADFS: Final[int]
    IPPROTO_AHIP: Final[int]
    IPPROTO_APES: Final[int]
    IPPROTO_ARGUS: Final[int]
    IPPROTO_AX25: Final[int]
    IPPROTO_BHA: Final[int]
    IPPROTO_BLT: Final[int]
    IPPROTO_BRSATMON: Final[int]
    IPPROTO_CFTP: Final[int]
    IPPROTO_CHAOS: Final[int]
    IPPROTO_CMTP: Final[int]
    IPPROTO_CPHB: Final[int]
    IPPROTO_CPNX: Final[int]
    IPPROTO_DDP: Final[int]
    IPPROTO_DGP: Final[int]
    IPPROTO_EMCON: Final[int]
    IPPROTO_GMTP: Final[int]
    IPPROTO_HELLO: Final[int]
    IPPROTO_HMP: Final[int]
    IPPROTO_IDPR: Final[int]
    IPPROTO_IDRP: Final[int]
    IPPROTO_IGRP: Final[int]
    IPPROTO_IL: Final[int]
    IPPROTO_INLSP: Final[int]
    IPPROTO_INP: Final[int]
    IPPROTO_IPCV: Final[int]
    IPPROTO_IPEIP: Final[int]
    IPPROTO_IPPC: Final[int]
    IPPROTO_IRTP: Final[int]
    IPPROTO_KRYPTOLAN: Final[int]
    IPPROTO_LARP: Final[int]
    IPPROTO_LEAF1: Final[int]
    IPPROTO_LEAF2: Final[int]
    IPPROTO_MEAS: Final[int]
    IPPROTO_MHRP: Final[int]
    IPPROTO_MICP: Final[int]
    IPPROTO_MUX: Final[int]
    IPPROTO_NHRP: Final[int]
    IPPROTO_NSP: Final[int]
    IPPROTO_NVPII: Final[int]
    IPPROTO_OSPFIGP: Final[int]
    IPPROTO_PIGP: Final[int]
    IPPROTO_PRM: Final[int]
    IPPROTO_PVP: Final[int]
    IPPROTO_RCCMON: Final[int]
    IPPROTO_RVD: Final[int]
    IPPROTO_SATEXPAK: Final[int]
    IPPROTO_SATMON: Final[int]
    IPPROTO_SCCSP: Final[int]
    IPPROTO_SDRP: Final[int]
    IPPROTO_SRPC: Final[int]
    IPPROTO_SVMTP: Final[int]
    IPPROTO_SWIPE: Final[int]
    IPPROTO_TCF: Final[int]
    IPPROTO_TPXX: Final[int]
    IPPROTO_TRUNK1: Final[int]
    IPPROTO_TRUNK2: Final[int]
    IPPROTO_TTP: Final[int]
    IPPROTO_VINES: Final[int]
    IPPROTO_VISA: Final[int]
    IPPROTO_VMTP: Final[int]
    IPPROTO_WBEXPAK: Final[int]
    IPPROTO_WBMON: Final[int]
    IPPROTO_WSN: Final[int]
    IPPROTO_XNET: Final[int]
    IPPROTO_XTP: Final[int]
    IPV6_BINDV6ONLY: Final[int]
    IPV6_FW_ADD: Final[int]
    IPV6_FW_DEL: Final[int]
    IPV6_FW_FLUSH: Final[int]
    IPV6_FW_GET: Final[int]
    IPV6_FW_ZERO: Final[int]
    IPV6_MAX_GROUP_SRC_FILTER: Final[int]
    IPV6_MAX_MEMBERSHIPS: Final[int]
    IPV6_MAX_SOCK_SRC_FILTER: Final[int]
    IPV6_MSFILTER: Final[int]
    IP_DONTFRAG: Final[int]
    IP_DUMMYNET_CONFIGURE: Final[int]
    IP_DUMMYNET_DEL: Final[int]
    IP_DUMMYNET_FLUSH: Final[int]
    IP_DUMMYNET_GET: Final[int]
    IP_FW_ADD: Final[int]
    IP_FW_DEL: Final[int]
    IP_FW_FLUSH: Final[int]
    IP_FW_GET: Final[int]
    IP_FW_RESETLOG: Final[int]
    IP_FW_ZERO: Final[int]
    IP_MAX_GROUP_SRC_FILTER: Final[int]
    IP_MAX_SOCK_MUTE_FILTER: Final[int]
    IP_MAX_SOCK_SRC_FILTER: Final[int]
    IP_MULTICAST_VIF: Final[int]
    IP_RSVP_OFF: Final[int]
    IP_RSVP_ON: Final[int]
    IP_RSVP_VIF_OFF: Final[int]
    IP_RSVP_VIF_ON: Final[int]
    LOCAL_PEERCRED: Final[int]
    MCAST_UNDEFINED: Final[int]
    SO_LABEL: Final[int]
    SO_PEERLABEL: Final[int]
    TCP_MAXHLEN: Final[int]
    TCP_MAXOLEN: Final[int]
    TCP_NOOPT: Final[int]
if sys.platform == "darwin" or sys.platform.startswith("netbsd"):
    IPV6_FAITH: Final[int]
    IP_RECVPKTINFO: Final[int]
    NI_WITHSCOPEID: Final[int]
if sys.platform == "darwin" or sys.platform.startswith("openbsd"):
    IPPROTO_MAXID: Final[int]
    IP_MIN_MEMBERSHIPS: Final[int]
if sys.platform == "darwin" or sys.platform == "win32":
    TCP_KEEPALIVE: Final[int]
if sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd"):
    IPV6_BINDANY: Final[int]
    IP_BINDANY: Final[int]
    LOCAL_CREDS: Final[int]
    SO_ACCEPTFILTER: Final[int]
    SO_L2CAP_FLUSH: Final[int]
    SO_L2CAP_IMTU: Final[int]
    SO_L2CAP_OMTU: Final[int]
    SO_RERROR: Final[int]
    SO_RFCOMM_FC_INFO: Final[int]
    SO_RFCOMM_MTU: Final[int]
    SO_SCO_MTU: Final[int]
    TCP_KEEPINIT: Final[int]
    UDP_ENCAP_ESPINUDP_MAXFRAGLEN: Final[int]
    UDP_ENCAP_ESPINUDP_PORT: Final[int]
if sys.platform.startswith("freebsd") or sys.platform.startswith("openbsd"):
    SO_SPLICE: Final[int]
if sys.platform == "linux" or sys.platform == "darwin":
    IPV6_2292DSTOPTS: Final[int]
    IPV6_2292HOPLIMIT: Final[int]
    IPV6_2292HOPOPTS: Final[int]
    IPV6_2292PKTINFO: Final[int]
    IPV6_2292PKTOPTIONS: Final[int]
    IPV6_2292RTHDR: Final[int]
    SO_BINDTODEVICE: Final[int]
    TCP_NOTSENT_LOWAT: Final[int]
if sys.platform == "linux" or sys.platform.startswith("freebsd"):
    HCI_FILTER: Final[int]
    IPPROTO_MH: Final[int]
    IPV6_ORIGDSTADDR: Final[int]
    IPV6_RECVORIGDSTADDR: Final[int]
    IP_ORIGDSTADDR: Final[int]
    IP_RECVORIGDSTADDR: Final[int]
    NETLINK_ADD_MEMBERSHIP: Final[int]
    NETLINK_AUDIT: Final[int]
    NETLINK_BROADCAST_ERROR: Final[int]
    NETLINK_CAP_ACK: Final[int]
    NETLINK_CONNECTOR: Final[int]
    NETLINK_DNRTMSG: Final[int]
    NETLINK_DROP_MEMBERSHIP: Final[int]
    NETLINK_EXT_ACK: Final[int]
    NETLINK_FIB_LOOKUP: Final[int]
    NETLINK_FIREWALL: Final[int]
    NETLINK_GENERIC: Final[int]
    NETLINK_GET_STRICT_CHK: Final[int]
    NETLINK_IP6_FW: Final[int]
    NETLINK_ISCSI: Final[int]
    NETLINK_KOBJECT_UEVENT: Final[int]
    NETLINK_LISTEN_ALL_NSID: Final[int]
    NETLINK_LIST_MEMBERSHIPS: Final[int]
    NETLINK_NETFILTER: Final[int]
    NETLINK_NFLOG: Final[int]
    NETLINK_NO_ENOBUFS: Final[int]
    NETLINK_PKTINFO: Final[int]
    NETLINK_ROUTE: Final[int]
    NETLINK_RX_RING: Final[int]
    NETLINK_SELINUX: Final[int]
    NETLINK_SOCK_DIAG: Final[int]
    NETLINK_TX_RING: Final[int]
    NETLINK_UNUSED: Final[int]
    NETLINK_USERSOCK: Final[int]
    NETLINK_XFRM: Final[int]
    SOL_NETLINK: Final[int]
    TCP_CONGESTION: Final[int]
if sys.platform == "linux" or sys.platform.startswith("netbsd"):
    CAN_EFF_FLAG: Final[int]
    CAN_EFF_MASK: Final[int]
    CAN_ERR_FLAG: Final[int]
    CAN_ERR_MASK: Final[int]
    CAN_INV_FILTER: Final[int]
    CAN_MAX_DLC: Final[int]
    CAN_MAX_DLEN: Final[int]
    CAN_MTU: Final[int]
    CAN_NPROTO: Final[int]
    CAN_RAW: Final[int]
    CAN_RAW_FILTER: Final[int]
    CAN_RAW_LOOPBACK: Final[int]
    CAN_RAW_RECV_OWN_MSGS: Final[int]
    CAN_RTR_FLAG: Final[int]
    CAN_SFF_MASK: Final[int]
    L2CAP_LM_AUTH: Final[int]
    L2CAP_LM_ENCRYPT: Final[int]
    L2CAP_LM_SECURE: Final[int]
    PF_CAN: Final[int]
    RFCOMM_LM_AUTH: Final[int]
    RFCOMM_LM_ENCRYPT: Final[int]
    RFCOMM_LM_SECURE: Final[int]
    SOL_CAN_RAW: Final[int]
if sys.platform == "linux" or sys.platform.startswith("openbsd"):
    IPV6_MINHOPCOUNT: Final[int]
    SO_PEERCRED: Final[int]
if sys.platform == "linux" or sys.platform == "win32":
    IPV6_ADD_MEMBERSHIP: Final[int]
    IPV6_DROP_MEMBERSHIP: Final[int]
    IPV6_HDRINCL: Final[int]
    IPV6_MTU: Final[int]
    IPV6_MTU_DISCOVER: Final[int]
    IPV6_RECVERR: Final[int]
    IPV6_UNICAST_IF: Final[int]
    IP_MTU: Final[int]
    IP_MTU_DISCOVER: Final[int]
    IP_PMTUDISC_DO: Final[int]
    IP_PMTUDISC_DONT: Final[int]
    IP_PMTUDISC_PROBE: Final[int]
    IP_RECVERR: Final[int]
    IP_UNICAST_IF: Final[int]
    SO_ORIGINAL_DST: Final[int]
    TCP_QUICKACK: Final[int]
if sys.platform == "darwin":
    IPPROTO_SEP: Final[int]
    IPV6_2292NEXTHOP: Final[int]
    IPV6_3542DSTOPTS: Final[int]
    IPV6_3542HOPLIMIT: Final[int]
    IPV6_3542HOPOPTS: Final[int]
    IPV6_3542NEXTHOP: Final[int]
    IPV6_3542PKTINFO: Final[int]
    IPV6_3542RTHDR: Final[int]
    IPV6_ADDR_MC_FLAGS_PREFIX: Final[int]
    IPV6_ADDR_MC_FLAGS_TRANSIENT: Final[int]
    IPV6_ADDR_MC_FLAGS_UNICAST_BASED: Final[int]
    IPV6_BOUND_IF: Final[int]
    IPV6_MIN_MEMBERSHIPS: Final[int]
    IP_BOUND_IF: Final[int]
    IP_FAITH: Final[int]
    IP_MULTICAST_IFINDEX: Final[int]
    IP_NAT__XXX: Final[int]
    IP_OLD_FW_ADD: Final[int]
    IP_OLD_FW_DEL: Final[int]
    IP_OLD_FW_FLUSH: Final[int]
    IP_OLD_FW_GET: Final[int]
    IP_OLD_FW_RESETLOG: Final[int]
    IP_OLD_FW_ZERO: Final[int]
    IP_STRIPHDR: Final[int]
    IP_TRAFFIC_MGT_BACKGROUND: Final[int]
    LOCAL_PEEREPID: Final[int]
    LOCAL_PEEREUUID: Final[int]
    LOCAL_PEERPID: Final[int]
    LOCAL_PEERTOKEN: Final[int]
    LOCAL_PEERUUID: Final[int]
    PF_SYSTEM: Final[int]
    SCM_TIMESTAMP_MONOTONIC: Final[int]
    SO_DONTTRUNC: Final[int]
    SO_LINGER_SEC: Final[int]
    SO_NETSVC_MARKING_LEVEL: Final[int]
    SO_NET_SERVICE_TYPE: Final[int]
    SO_NKE: Final[int]
    SO_NOADDRERR: Final[int]
    SO_NOTIFYCONFLICT: Final[int]
    SO_NP_EXTENSIONS: Final[int]
    SO_NREAD: Final[int]
    SO_NUMRCVPKT: Final[int]
    SO_NWRITE: Final[int]
    SO_RANDOMPORT: Final[int]
    SO_RESOLVER_SIGNATURE: Final[int]
    SO_REUSESHAREUID: Final[int]
    SO_TIMESTAMP_MONOTONIC: Final[int]
    SO_UPCALLCLOSEWAIT: Final[int]
    SO_WANTMORE: Final[int]
    SO_WANTOOBFLAG: Final[int]
    SYSPROTO_CONTROL: Final[int]
    TCP_CONNECTIONTIMEOUT: Final[int]
    TCP_CONNECTION_INFO: Final[int]
    TCP_ENABLE_ECN: Final[int]
    TCP_RXT_CONNDROPTIME: Final[int]
    TCP_RXT_FINDROP: Final[int]
    TCP_SENDMOREACKS: Final[int]
    UDP_NOCKSUM: Final[int]
if sys.platform.startswith("freebsd"):
    IPPROTO_HIP: Final[int]
    IPPROTO_OLD_DIVERT: Final[int]
    IPPROTO_RESERVED_253: Final[int]
    IPPROTO_RESERVED_254: Final[int]
    IPPROTO_SEND: Final[int]
    IPPROTO_SHIM6: Final[int]
    IPPROTO_SKIP: Final[int]
    IPPROTO_SPACER: Final[int]
    IPPROTO_TLSP: Final[int]
    IPV6_FLOWID: Final[int]
    IPV6_FLOWTYPE: Final[int]
    IPV6_RECVFLOWID: Final[int]
    IPV6_RECVRSSBUCKETID: Final[int]
    IPV6_RSSBUCKETID: Final[int]
    IPV6_VLAN_PCP: Final[int]
    IP_DUMMYNET3: Final[int]
    IP_FLOWID: Final[int]
    IP_FLOWTYPE: Final[int]
    IP_FW3: Final[int]
    IP_FW_NAT_CFG: Final[int]
    IP_FW_NAT_DEL: Final[int]
    IP_FW_NAT_GET_CONFIG: Final[int]
    IP_FW_NAT_GET_LOG: Final[int]
    IP_FW_TABLE_ADD: Final[int]
    IP_FW_TABLE_DEL: Final[int]
    IP_FW_TABLE_FLUSH: Final[int]
    IP_FW_TABLE_GETSIZE: Final[int]
    IP_FW_TABLE_LIST: Final[int]
    IP_ONESBCAST: Final[int]
    IP_RECVFLOWID: Final[int]
    IP_RECVRSSBUCKETID: Final[int]
    IP_RSSBUCKETID: Final[int]
    IP_VLAN_PCP: Final[int]
    LOCAL_CREDS_PERSISTENT: Final[int]
    LOCAL_VENDOR: Final[int]
    NETLINK_MSG_INFO: Final[int]
    PF_DIVERT: Final[int]
    SCM_BINTIME: Final[int]
    SCM_CREDS2: Final[int]
    SCM_HCI_RAW_DIRECTION: Final[int]
    SCM_MONOTONIC: Final[int]
    SCM_REALTIME: Final[int]
    SCM_TIME_INFO: Final[int]
    SOL_HCI_RAW: Final[int]
    SO_BINTIME: Final[int]
    SO_FIB: Final[int]
    SO_HCI_RAW_DIRECTION: Final[int]
    SO_HCI_RAW_FILTER: Final[int]
    SO_L2CAP_ENCRYPTED: Final[int]
    SO_L2CAP_IFLOW: Final[int]
    SO_L2CAP_OFLOW: Final[int]
    SO_LISTENINCQLEN: Final[int]
    SO_LISTENQLEN: Final[int]
    SO_LISTENQLIMIT: Final[int]
    SO_NO_DDP: Final[int]
    SO_NO_OFFLOAD: Final[int]
    SO_PROTOTYPE: Final[int]
    SO_REUSEPORT_LB: Final[int]
    SO_SCO_CONNINFO: Final[int]
    SO_SETFIB: Final[int]
    SO_TS_BINTIME: Final[int]
    SO_TS_CLOCK: Final[int]
    SO_TS_CLOCK_MAX: Final[int]
    SO_TS_DEFAULT: Final[int]
    SO_TS_MONOTONIC: Final[int]
    SO_TS_REALTIME: Final[int]
    SO_TS_REALTIME_MICRO: Final[int]
    SO_USER_COOKIE: Final[int]
    SO_VENDOR: Final[int]
    TCPI_OPT_ACE: Final[int]
    TCPI_OPT_TFO: Final[int]
    TCP_BBR_ALGORITHM: Final[int]
    TCP_BBR_DRAIN_PG: Final[int]
    TCP_BBR_EXTRA_STATE: Final[int]
    TCP_BBR_FLOOR_MIN_TSO: Final[int]
    TCP_BBR_HDWR_PACE: Final[int]
    TCP_BBR_IWINTSO: Final[int]
    TCP_BBR_MAX_RTO: Final[int]
    TCP_BBR_MIN_RTO: Final[int]
    TCP_BBR_MIN_TOPACEOUT: Final[int]
    TCP_BBR_PACE_CROSS: Final[int]
    TCP_BBR_PACE_DEL_TAR: Final[int]
    TCP_BBR_PACE_OH: Final[int]
    TCP_BBR_PACE_PER_SEC: Final[int]
    TCP_BBR_PACE_SEG_MAX: Final[int]
    TCP_BBR_PACE_SEG_MIN: Final[int]
    TCP_BBR_POLICER_DETECT: Final[int]
    TCP_BBR_PROBE_RTT_GAIN: Final[int]
    TCP_BBR_PROBE_RTT_INT: Final[int]
    TCP_BBR_PROBE_RTT_LEN: Final[int]
    TCP_BBR_RACK_INIT_RATE: Final[int]
    TCP_BBR_RACK_RTT_USE: Final[int]
    TCP_BBR_RETRAN_WTSO: Final[int]
    TCP_BBR_SEND_IWND_IN_TSO: Final[int]
    TCP_BBR_STARTUP_LOSS_EXIT: Final[int]
    TCP_BBR_STARTUP_PG: Final[int]
    TCP_BBR_TMR_PACE_OH: Final[int]
    TCP_BBR_TSLIMITS: Final[int]
    TCP_BBR_TSTMP_RAISES: Final[int]
    TCP_BBR_USEDEL_RATE: Final[int]
    TCP_BBR_USE_RACK_CHEAT: Final[int]
    TCP_BBR_USE_RACK_RR: Final[int]
    TCP_BBR_UTTER_MAX_TSO: Final[int]
    TCP_CA_NAME_MAX: Final[int]
    TCP_CCALGOOPT: Final[int]
    TCP_DATA_AFTER_CLOSE: Final[int]
    TCP_DEFER_OPTIONS: Final[int]
    TCP_DELACK: Final[int]
    TCP_DGP_UPPER_BOUNDS: Final[int]
    TCP_FASTOPEN_MAX_COOKIE_LEN: Final[int]
    TCP_FASTOPEN_MIN_COOKIE_LEN: Final[int]
    TCP_FASTOPEN_PSK_LEN: Final[int]
    TCP_FILLCW_RATE_CAP: Final[int]
    TCP_FIN_IS_RST: Final[int]
    TCP_FUNCTION_ALIAS: Final[int]
    TCP_FUNCTION_BLK: Final[int]
    TCP_FUNCTION_NAME_LEN_MAX: Final[int]
    TCP_GP_USE_LTBW: Final[int]
    TCP_HAS_PLAYOUT_MS: Final[int]
    TCP_HDWR_RATE_CAP: Final[int]
    TCP_HDWR_UP_ONLY: Final[int]
    TCP_HONOR_HPTS_MIN: Final[int]
    TCP_HYBRID_PACING: Final[int]
    TCP_HYBRID_PACING_CSPR: Final[int]
    TCP_HYBRID_PACING_CU: Final[int]
    TCP_HYBRID_PACING_DTL: Final[int]
    TCP_HYBRID_PACING_ENABLE: Final[int]
    TCP_HYBRID_PACING_H_MS: Final[int]
    TCP_HYBRID_PACING_SENDTIME: Final[int]
    TCP_HYBRID_PACING_SETMSS: Final[int]
    TCP_HYBRID_PACING_S_MSS: Final[int]
    TCP_HYBRID_PACING_USER_MASK: Final[int]
    TCP_HYBRID_PACING_WASSET: Final[int]
    TCP_IDLE_REDUCE: Final[int]
    TCP_IWND_NB: Final[int]
    TCP_IWND_NSEG: Final[int]
    TCP_LOG: Final[int]
    TCP_LOGBUF: Final[int]
    TCP_LOGDUMP: Final[int]
    TCP_LOGDUMPID: Final[int]
    TCP_LOGID: Final[int]
    TCP_LOGID_CNT: Final[int]
    TCP_LOG_HTTPD_RANGE_END: Final[int]
    TCP_LOG_HTTPD_RANGE_START: Final[int]
    TCP_LOG_HTTPD_TS: Final[int]
    TCP_LOG_HTTPD_TS_REQ: Final[int]
    TCP_LOG_ID_LEN: Final[int]
    TCP_LOG_LIMIT: Final[int]
    TCP_LOG_TAG: Final[int]
    TCP_LOG_USER_HTTPD: Final[int]
    TCP_MAXUNACKTIME: Final[int]
    TCP_NO_PRR: Final[int]
    TCP_NO_TIMELY: Final[int]
    TCP_NUM_CNT_COUNTERS: Final[int]
    TCP_NUM_PROC_COUNTERS: Final[int]
    TCP_PACING_DND: Final[int]
    TCP_PACING_RATE_CAP: Final[int]
    TCP_PERF_INFO: Final[int]
    TCP_PROC_ACCOUNTING: Final[int]
    TCP_RACK_ABC_VAL: Final[int]
    TCP_RACK_DGP_IN_REC: Final[int]
    TCP_RACK_DO_DETECTION: Final[int]
    TCP_RACK_DSACK_OPT: Final[int]
    TCP_RACK_EARLY_SEG: Final[int]
    TCP_RACK_ENABLE_HYSTART: Final[int]
    TCP_RACK_FORCE_MSEG: Final[int]
    TCP_RACK_GP_INCREASE_CA: Final[int]
    TCP_RACK_GP_INCREASE_REC: Final[int]
    TCP_RACK_GP_INCREASE_SS: Final[int]
    TCP_RACK_HI_BETA: Final[int]
    TCP_RACK_MBUF_QUEUE: Final[int]
    TCP_RACK_MEASURE_CNT: Final[int]
    TCP_RACK_MIN_TO: Final[int]
    TCP_RACK_NONRXT_CFG_RATE: Final[int]
    TCP_RACK_NO_PUSH_AT_MAX: Final[int]
    TCP_RACK_PACE_ALWAYS: Final[int]
    TCP_RACK_PACE_MAX_SEG: Final[int]
    TCP_RACK_PACE_MIN_SEG: Final[int]
    TCP_RACK_PACE_RATE_CA: Final[int]
    TCP_RACK_PACE_RATE_REC: Final[int]
    TCP_RACK_PACE_RATE_SS: Final[int]
    TCP_RACK_PACE_TO_FILL: Final[int]
    TCP_RACK_PACING_BETA: Final[int]
    TCP_RACK_PACING_BETA_ECN: Final[int]
    TCP_RACK_PACING_DIVISOR: Final[int]
    TCP_RACK_PKT_DELAY: Final[int]
    TCP_RACK_PROFILE: Final[int]
    TCP_RACK_PRR_SENDALOT: Final[int]
    TCP_RACK_REORD_FADE: Final[int]
    TCP_RACK_REORD_THRESH: Final[int]
    TCP_RACK_RR_CONF: Final[int]
    TCP_RACK_SET_RXT_OPTIONS: Final[int]
    TCP_RACK_SPLIT_LIMIT: Final[int]
    TCP_RACK_TIMER_SLOP: Final[int]
    TCP_RACK_TLP_REDUCE: Final[int]
    TCP_RACK_TLP_THRESH: Final[int]
    TCP_RACK_TLP_USE: Final[int]
    TCP_REC_ABC_VAL: Final[int]
    TCP_REC_IS_DYN: Final[int]
    TCP_REMOTE_UDP_ENCAPS_PORT: Final[int]
    TCP_REUSPORT_LB_NUMA: Final[int]
    TCP_REUSPORT_LB_NUMA_CURDOM: Final[int]
    TCP_REUSPORT_LB_NUMA_NODOM: Final[int]
    TCP_RXTLS_ENABLE: Final[int]
    TCP_RXTLS_MODE: Final[int]
    TCP_SHARED_CWND_ALLOWED: Final[int]
    TCP_SHARED_CWND_ENABLE: Final[int]
    TCP_SHARED_CWND_TIME_LIMIT: Final[int]
    TCP_SIDECHAN_DIS: Final[int]
    TCP_SS_EEXIT: Final[int]
    TCP_STACK_SPEC_INFO: Final[int]
    TCP_STATS: Final[int]
    TCP_TIMELY_DYN_ADJ: Final[int]
    TCP_TLS_MODE_IFNET: Final[int]
    TCP_TLS_MODE_NONE: Final[int]
    TCP_TLS_MODE_SW: Final[int]
    TCP_TLS_MODE_TOE: Final[int]
    TCP_TXTLS_ENABLE: Final[int]
    TCP_TXTLS_MODE: Final[int]
    TCP_USER_LOG: Final[int]
    TCP_USE_CMP_ACKS: Final[int]
    TCP_VENDOR: Final[int]
    UDP_VENDOR: Final[int]
if sys.platform == "linux":
    ALG_OP_DECRYPT: Final[int]
    ALG_OP_ENCRYPT: Final[int]
    ALG_OP_SIGN: Final[int]
    ALG_OP_VERIFY: Final[int]
    ALG_SET_AEAD_ASSOCLEN: Final[int]
    ALG_SET_AEAD_AUTHSIZE: Final[int]
    ALG_SET_DRBG_ENTROPY: Final[int]
    ALG_SET_IV: Final[int]
    ALG_SET_KEY: Final[int]
    ALG_SET_KEY_BY_KEY_SERIAL: Final[int]
    ALG_SET_OP: Final[int]
    ALG_SET_PUBKEY: Final[int]
    BDADDR_BREDR: Final[int]
    BDADDR_LE_PUBLIC: Final[int]
    BDADDR_LE_RANDOM: Final[int]
    BTPROTO_AVDTP: Final[int]
    BTPROTO_BNEP: Final[int]
    BTPROTO_CMTP: Final[int]
    BTPROTO_HIDP: Final[int]
    BTPROTO_ISO: Final[int]
    BT_BOUND: Final[int]
    BT_CHANNEL_POLICY: Final[int]
    BT_CHANNEL_POLICY_AMP_PREFERRED: Final[int]
    BT_CHANNEL_POLICY_BREDR_ONLY: Final[int]
    BT_CHANNEL_POLICY_BREDR_PREFERRED: Final[int]
    BT_CLOSED: Final[int]
    BT_CODEC: Final[int]
    BT_CONFIG: Final[int]
    BT_CONNECT: Final[int]
    BT_CONNECT2: Final[int]
    BT_CONNECTED: Final[int]
    BT_DEFER_SETUP: Final[int]
    BT_DISCONN: Final[int]
    BT_FLUSHABLE: Final[int]
    BT_FLUSHABLE_OFF: Final[int]
    BT_FLUSHABLE_ON: Final[int]
    BT_ISO_BASE: Final[int]
    BT_ISO_QOS: Final[int]
    BT_ISO_QOS_CIG_UNSET: Final[int]
    BT_ISO_QOS_CIS_UNSET: Final[int]
    BT_LISTEN: Final[int]
    BT_MODE: Final[int]
    BT_MODE_BASIC: Final[int]
    BT_MODE_ERTM: Final[int]
    BT_MODE_EXT_FLOWCTL: Final[int]
    BT_MODE_LE_FLOWCTL: Final[int]
    BT_MODE_STREAMING: Final[int]
    BT_OPEN: Final[int]
    BT_PHY: Final[int]
    BT_PHY_BR_1M_1SLOT: Final[int]
    BT_PHY_BR_1M_3SLOT: Final[int]
    BT_PHY_BR_1M_5SLOT: Final[int]
    BT_PHY_EDR_2M_1SLOT: Final[int]
    BT_PHY_EDR_2M_3SLOT: Final[int]
    BT_PHY_EDR_2M_5SLOT: Final[int]
    BT_PHY_EDR_3M_1SLOT: Final[int]
    BT_PHY_EDR_3M_3SLOT: Final[int]
    BT_PHY_EDR_3M_5SLOT: Final[int]
    BT_PHY_LE_1M_RX: Final[int]
    BT_PHY_LE_1M_TX: Final[int]
    BT_PHY_LE_2M_RX: Final[int]
    BT_PHY_LE_2M_TX: Final[int]
    BT_PHY_LE_CODED_RX: Final[int]
    BT_PHY_LE_CODED_TX: Final[int]
    BT_PKT_STATUS: Final[int]
    BT_POWER: Final[int]
    BT_POWER_FORCE_ACTIVE_OFF: Final[int]
    BT_POWER_FORCE_ACTIVE_ON: Final[int]
    BT_RCVMTU: Final[int]
    BT_SCM_PKT_STATUS: Final[int]
    BT_SECURITY: Final[int]
    BT_SECURITY_FIPS: Final[int]
    BT_SECURITY_HIGH: Final[int]
    BT_SECURITY_LOW: Final[int]
    BT_SECURITY_MEDIUM: Final[int]
    BT_SECURITY_SDP: Final[int]
    BT_SNDMTU: Final[int]
    BT_VOICE: Final[int]
    BT_VOICE_CVSD_16BIT: Final[int]
    BT_VOICE_TRANSPARENT: Final[int]
    BT_VOICE_TRANSPARENT_16BIT: Final[int]
    CAN_BCM: Final[int]
    CAN_BCM_CAN_FD_FRAME: Final[int]
    CAN_BCM_RX_ANNOUNCE_RESUME: Final[int]
    CAN_BCM_RX_CHANGED: Final[int]
    CAN_BCM_RX_CHECK_DLC: Final[int]
    CAN_BCM_RX_DELETE: Final[int]
    CAN_BCM_RX_FILTER_ID: Final[int]
    CAN_BCM_RX_NO_AUTOTIMER: Final[int]
    CAN_BCM_RX_READ: Final[int]
    CAN_BCM_RX_RTR_FRAME: Final[int]
    CAN_BCM_RX_SETUP: Final[int]
    CAN_BCM_RX_STATUS: Final[int]
    CAN_BCM_RX_TIMEOUT: Final[int]
    CAN_BCM_SETTIMER: Final[int]
    CAN_BCM_STARTTIMER: Final[int]
    CAN_BCM_TX_ANNOUNCE: Final[int]
    CAN_BCM_TX_COUNTEVT: Final[int]
    CAN_BCM_TX_CP_CAN_ID: Final[int]
    CAN_BCM_TX_DELETE: Final[int]
    CAN_BCM_TX_EXPIRED: Final[int]
    CAN_BCM_TX_READ: Final[int]
    CAN_BCM_TX_RESET_MULTI_IDX: Final[int]
    CAN_BCM_TX_SEND: Final[int]
    CAN_BCM_TX_SETUP: Final[int]
    CAN_BCM_TX_STATUS: Final[int]
    CAN_EFF_ID_BITS: Final[int]
    CAN_FD_FRAME: Final[int]
    CAN_ISOTP: Final[int]
    CAN_ISOTP_CF_BROADCAST: Final[int]
    CAN_ISOTP_CHK_PAD_DATA: Final[int]
    CAN_ISOTP_CHK_PAD_LEN: Final[int]
    CAN_ISOTP_DEFAULT_EXT_ADDRESS: Final[int]
    CAN_ISOTP_DEFAULT_FLAGS: Final[int]
    CAN_ISOTP_DEFAULT_FRAME_TXTIME: Final[int]
    CAN_ISOTP_DEFAULT_LL_MTU: Final[int]
    CAN_ISOTP_DEFAULT_LL_TX_DL: Final[int]
    CAN_ISOTP_DEFAULT_LL_TX_FLAGS: Final[int]
    CAN_ISOTP_DEFAULT_PAD_CONTENT: Final[int]
    CAN_ISOTP_DEFAULT_RECV_BS: Final[int]
    CAN_ISOTP_DEFAULT_RECV_STMIN: Final[int]
    CAN_ISOTP_DEFAULT_RECV_WFTMAX: Final[int]
    CAN_ISOTP_DYN_FC_PARMS: Final[int]
    CAN_ISOTP_EXTEND_ADDR: Final[int]
    CAN_ISOTP_FORCE_RXSTMIN: Final[int]
    CAN_ISOTP_FORCE_TXSTMIN: Final[int]
    CAN_ISOTP_FRAME_TXTIME_ZERO: Final[int]
    CAN_ISOTP_HALF_DUPLEX: Final[int]
    CAN_ISOTP_LISTEN_MODE: Final[int]
    CAN_ISOTP_LL_OPTS: Final[int]
    CAN_ISOTP_OPTS: Final[int]
    CAN_ISOTP_RECV_FC: Final[int]
    CAN_ISOTP_RX_EXT_ADDR: Final[int]
    CAN_ISOTP_RX_PADDING: Final[int]
    CAN_ISOTP_RX_STMIN: Final[int]
    CAN_ISOTP_SF_BROADCAST: Final[int]
    CAN_ISOTP_TX_PADDING: Final[int]
    CAN_ISOTP_TX_STMIN: Final[int]
    CAN_ISOTP_WAIT_TX_DONE: Final[int]
    CAN_J1939: Final[int]
    CAN_MAX_RAW_DLC: Final[int]
    CAN_MCNET: Final[int]
    CAN_RAW_ERR_FILTER: Final[int]
    CAN_RAW_FD_FRAMES: Final[int]
    CAN_RAW_FILTER_MAX: Final[int]
    CAN_RAW_JOIN_FILTERS: Final[int]
    CAN_RAW_XL_FRAMES: Final[int]
    CAN_RAW_XL_VCID_OPTS: Final[int]
    CAN_RAW_XL_VCID_RX_FILTER: Final[int]
    CAN_RAW_XL_VCID_TX_PASS: Final[int]
    CAN_RAW_XL_VCID_TX_SET: Final[int]
    CAN_SFF_ID_BITS: Final[int]
    CAN_TP16: Final[int]
    CAN_TP20: Final[int]
    EAI_ALLDONE: Final[int]
    EAI_CANCELED: Final[int]
    EAI_IDN_ENCODE: Final[int]
    EAI_INPROGRESS: Final[int]
    EAI_INTR: Final[int]
    EAI_NOTCANCELED: Final[int]
    ETH_P_1588: Final[int]
    ETH_P_8021AC: Final[int]
    ETH_P_8021AD: Final[int]
    ETH_P_8021AH: Final[int]
    ETH_P_8021Q: Final[int]
    ETH_P_80221: Final[int]
    ETH_P_802_2: Final[int]
    ETH_P_802_3: Final[int]
    ETH_P_802_3_MIN: Final[int]
    ETH_P_802_EX1: Final[int]
    ETH_P_AARP: Final[int]
    ETH_P_AF_IUCV: Final[int]
    ETH_P_ALL: Final[int]
    ETH_P_AOE: Final[int]
    ETH_P_ARCNET: Final[int]
    ETH_P_ARP: Final[int]
    ETH_P_ATALK: Final[int]
    ETH_P_ATMFATE: Final[int]
    ETH_P_ATMMPOA: Final[int]
    ETH_P_AX25: Final[int]
    ETH_P_BATMAN: Final[int]
    ETH_P_BPQ: Final[int]
    ETH_P_CAIF: Final[int]
    ETH_P_CAN: Final[int]
    ETH_P_CANFD: Final[int]
    ETH_P_CANXL: Final[int]
    ETH_P_CFM: Final[int]
    ETH_P_CONTROL: Final[int]
    ETH_P_CUST: Final[int]
    ETH_P_DDCMP: Final[int]
    ETH_P_DEC: Final[int]
    ETH_P_DIAG: Final[int]
    ETH_P_DNA_DL: Final[int]
    ETH_P_DNA_RC: Final[int]
    ETH_P_DNA_RT: Final[int]
    ETH_P_DSA: Final[int]
    ETH_P_DSA_8021Q: Final[int]
    ETH_P_DSA_A5PSW: Final[int]
    ETH_P_ECONET: Final[int]
    ETH_P_EDSA: Final[int]
    ETH_P_ERSPAN: Final[int]
    ETH_P_ERSPAN2: Final[int]
    ETH_P_ETHERCAT: Final[int]
    ETH_P_FCOE: Final[int]
    ETH_P_FIP: Final[int]
    ETH_P_GRE_OSI: Final[int]
    ETH_P_HDLC: Final[int]
    ETH_P_HSR: Final[int]
    ETH_P_IBOE: Final[int]
    ETH_P_IEEE802154: Final[int]
    ETH_P_IEEEPUP: Final[int]
    ETH_P_IEEEPUPAT: Final[int]
    ETH_P_IFE: Final[int]
    ETH_P_IP: Final[int]
    ETH_P_IPV6: Final[int]
    ETH_P_IPX: Final[int]
    ETH_P_IRDA: Final[int]
    ETH_P_LAT: Final[int]
    ETH_P_LINK_CTL: Final[int]
    ETH_P_LLDP: Final[int]
    ETH_P_LOCALTALK: Final[int]
    ETH_P_LOOP: Final[int]
    ETH_P_LOOPBACK: Final[int]
    ETH_P_MACSEC: Final[int]
    ETH_P_MAP: Final[int]
    ETH_P_MCTP: Final[int]
    ETH_P_MOBITEX: Final[int]
    ETH_P_MPLS_MC: Final[int]
    ETH_P_MPLS_UC: Final[int]
    ETH_P_MRP: Final[int]
    ETH_P_MVRP: Final[int]
    ETH_P_MXLGSW: Final[int]
    ETH_P_NCSI: Final[int]
    ETH_P_NSH: Final[int]
    ETH_P_NXP_NETC: Final[int]
    ETH_P_PAE: Final[int]
    ETH_P_PAUSE: Final[int]
    ETH_P_PHONET: Final[int]
    ETH_P_PPPTALK: Final[int]
    ETH_P_PPP_DISC: Final[int]
    ETH_P_PPP_MP: Final[int]
    ETH_P_PPP_SES: Final[int]
    ETH_P_PREAUTH: Final[int]
    ETH_P_PROFINET: Final[int]
    ETH_P_PRP: Final[int]
    ETH_P_PUP: Final[int]
    ETH_P_PUPAT: Final[int]
    ETH_P_QINQ1: Final[int]
    ETH_P_QINQ2: Final[int]
    ETH_P_QINQ3: Final[int]
    ETH_P_RARP: Final[int]
    ETH_P_REALTEK: Final[int]
    ETH_P_SCA: Final[int]
    ETH_P_SLOW: Final[int]
    ETH_P_SNAP: Final[int]
    ETH_P_TDLS: Final[int]
    ETH_P_TEB: Final[int]
    ETH_P_TIPC: Final[int]
    ETH_P_TRAILER: Final[int]
    ETH_P_TR_802_2: Final[int]
    ETH_P_TSN: Final[int]
    ETH_P_WAN_PPP: Final[int]
    ETH_P_WCCP: Final[int]
    ETH_P_X25: Final[int]
    ETH_P_XDSA: Final[int]
    ETH_P_YT921X: Final[int]
    HCI_CHANNEL_CONTROL: Final[int]
    HCI_CHANNEL_LOGGING: Final[int]
    HCI_CHANNEL_MONITOR: Final[int]
    HCI_CHANNEL_RAW: Final[int]
    HCI_CHANNEL_USER: Final[int]
    HCI_DEV_NONE: Final[int]
    HCI_TIME_STAMP: Final[int]
    INADDR_ALLSNOOPERS_GROUP: Final[int]
    INADDR_DUMMY: Final[int]
    IOCTL_VM_SOCKETS_GET_LOCAL_CID: Final[int]
    IP6T_SO_ORIGINAL_DST: Final[int]
    IPPROTO_AGGFRAG: Final[int]
    IPPROTO_BEETPH: Final[int]
    IPPROTO_COMP: Final[int]
    IPPROTO_ETHERNET: Final[int]
    IPPROTO_MPTCP: Final[int]
    IPPROTO_SMC: Final[int]
    IPV6_ADDRFORM: Final[int]
    IPV6_ADDR_PREFERENCES: Final[int]
    IPV6_AUTHHDR: Final[int]
    IPV6_FLOWINFO: Final[int]
    IPV6_FLOWINFO_FLOWLABEL: Final[int]
    IPV6_FLOWINFO_PRIORITY: Final[int]
    IPV6_FLOWINFO_SEND: Final[int]
    IPV6_FLOWLABEL_MGR: Final[int]
    IPV6_FL_A_GET: Final[int]
    IPV6_FL_A_PUT: Final[int]
    IPV6_FL_A_RENEW: Final[int]
    IPV6_FL_F_CREATE: Final[int]
    IPV6_FL_F_EXCL: Final[int]
    IPV6_FL_F_REFLECT: Final[int]
    IPV6_FL_F_REMOTE: Final[int]
    IPV6_FL_S_ANY: Final[int]
    IPV6_FL_S_EXCL: Final[int]
    IPV6_FL_S_NONE: Final[int]
    IPV6_FL_S_PROCESS: Final[int]
    IPV6_FL_S_USER: Final[int]
    IPV6_FREEBIND: Final[int]
    IPV6_JOIN_ANYCAST: Final[int]
    IPV6_LEAVE_ANYCAST: Final[int]
    IPV6_MULTICAST_ALL: Final[int]
    IPV6_PMTUDISC_DO: Final[int]
    IPV6_PMTUDISC_DONT: Final[int]
    IPV6_PMTUDISC_INTERFACE: Final[int]
    IPV6_PMTUDISC_OMIT: Final[int]
    IPV6_PMTUDISC_PROBE: Final[int]
    IPV6_PMTUDISC_WANT: Final[int]
    IPV6_PREFER_SRC_CGA: Final[int]
    IPV6_PREFER_SRC_COA: Final[int]
    IPV6_PREFER_SRC_HOME: Final[int]
    IPV6_PREFER_SRC_NONCGA: Final[int]
    IPV6_PREFER_SRC_PUBLIC: Final[int]
    IPV6_PREFER_SRC_PUBTMP_DEFAULT: Final[int]
    IPV6_PREFER_SRC_TMP: Final[int]
    IPV6_PRIORITY_10: Final[int]
    IPV6_PRIORITY_11: Final[int]
    IPV6_PRIORITY_12: Final[int]
    IPV6_PRIORITY_13: Final[int]
    IPV6_PRIORITY_14: Final[int]
    IPV6_PRIORITY_15: Final[int]
    IPV6_PRIORITY_8: Final[int]
    IPV6_PRIORITY_9: Final[int]
    IPV6_PRIORITY_BULK: Final[int]
    IPV6_PRIORITY_CONTROL: Final[int]
    IPV6_PRIORITY_FILLER: Final[int]
    IPV6_PRIORITY_INTERACTIVE: Final[int]
    IPV6_PRIORITY_RESERVED1: Final[int]
    IPV6_PRIORITY_RESERVED2: Final[int]
    IPV6_PRIORITY_UNATTENDED: Final[int]
    IPV6_PRIORITY_UNCHARACTERIZED: Final[int]
    IPV6_RECVERR_RFC4884: Final[int]
    IPV6_RECVFRAGSIZE: Final[int]
    IPV6_ROUTER_ALERT: Final[int]
    IPV6_ROUTER_ALERT_ISOLATE: Final[int]
    IPV6_RXDSTOPTS: Final[int]
    IPV6_RXHOPOPTS: Final[int]
    IPV6_TLV_CALIPSO: Final[int]
    IPV6_TLV_HAO: Final[int]
    IPV6_TLV_IOAM: Final[int]
    IPV6_TLV_JUMBO: Final[int]
    IPV6_TLV_PAD1: Final[int]
    IPV6_TLV_PADN: Final[int]
    IPV6_TLV_ROUTERALERT: Final[int]
    IPV6_TRANSPARENT: Final[int]
    IPV6_XFRM_POLICY: Final[int]
    IPX_TYPE: Final[int]
    IP_BIND_ADDRESS_NO_PORT: Final[int]
    IP_CHECKSUM: Final[int]
    IP_FREEBIND: Final[int]
    IP_LOCAL_PORT_RANGE: Final[int]
    IP_MULTICAST_ALL: Final[int]
    IP_NODEFRAG: Final[int]
    IP_PASSSEC: Final[int]
    IP_PKTOPTIONS: Final[int]
    IP_PMTUDISC: Final[int]
    IP_PMTUDISC_INTERFACE: Final[int]
    IP_PMTUDISC_OMIT: Final[int]
    IP_PMTUDISC_WANT: Final[int]
    IP_PROTOCOL: Final[int]
    IP_RECVERR_RFC4884: Final[int]
    IP_RECVFRAGSIZE: Final[int]
    IP_ROUTER_ALERT: Final[int]
    IP_TRANSPARENT: Final[int]
    IP_XFRM_POLICY: Final[int]
    J1939_EE_INFO_NONE: Final[int]
    J1939_EE_INFO_RX_ABORT: Final[int]
    J1939_EE_INFO_RX_DPO: Final[int]
    J1939_EE_INFO_RX_RTS: Final[int]
    J1939_EE_INFO_TX_ABORT: Final[int]
    J1939_FILTER_MAX: Final[int]
    J1939_IDLE_ADDR: Final[int]
    J1939_MAX_UNICAST_ADDR: Final[int]
    J1939_NLA_BYTES_ACKED: Final[int]
    J1939_NLA_DEST_ADDR: Final[int]
    J1939_NLA_DEST_NAME: Final[int]
    J1939_NLA_PAD: Final[int]
    J1939_NLA_PGN: Final[int]
    J1939_NLA_SRC_ADDR: Final[int]
    J1939_NLA_SRC_NAME: Final[int]
    J1939_NLA_TOTAL_SIZE: Final[int]
    J1939_NO_ADDR: Final[int]
    J1939_NO_NAME: Final[int]
    J1939_NO_PGN: Final[int]
    J1939_PGN_ADDRESS_CLAIMED: Final[int]
    J1939_PGN_ADDRESS_COMMANDED: Final[int]
    J1939_PGN_MAX: Final[int]
    J1939_PGN_PDU1_MAX: Final[int]
    J1939_PGN_REQUEST: Final[int]
    KCMPROTO_CONNECTED: Final[int]
    KCM_RECV_DISABLE: Final[int]
    L2CAP_LM: Final[int]
    L2CAP_LM_MASTER: Final[int]
    L2CAP_LM_RELIABLE: Final[int]
    L2CAP_LM_TRUSTED: Final[int]
    MCAST_MSFILTER: Final[int]
    MCTP_ADDR_ANY: Final[int]
    MCTP_ADDR_NULL: Final[int]
    MCTP_NET_ANY: Final[int]
    MCTP_OPT_ADDR_EXT: Final[int]
    MCTP_TAG_MASK: Final[int]
    MCTP_TAG_OWNER: Final[int]
    MCTP_TAG_PREALLOC: Final[int]
    NETLINK_CONNECTED: Final[int]
    NETLINK_CRYPTO: Final[int]
    NETLINK_ECRYPTFS: Final[int]
    NETLINK_INET_DIAG: Final[int]
    NETLINK_RDMA: Final[int]
    NETLINK_SCSITRANSPORT: Final[int]
    NETLINK_SMC: Final[int]
    NETLINK_UNCONNECTED: Final[int]
    NI_IDN: Final[int]
    NI_IDN_ALLOW_UNASSIGNED: Final[int]
    NI_IDN_USE_STD3_ASCII_RULES: Final[int]
    PACKET_ADD_MEMBERSHIP: Final[int]
    PACKET_AUXDATA: Final[int]
    PACKET_BROADCAST: Final[int]
    PACKET_COPY_THRESH: Final[int]
    PACKET_DROP_MEMBERSHIP: Final[int]
    PACKET_FANOUT: Final[int]
    PACKET_FANOUT_CBPF: Final[int]
    PACKET_FANOUT_CPU: Final[int]
    PACKET_FANOUT_DATA: Final[int]
    PACKET_FANOUT_EBPF: Final[int]
    PACKET_FANOUT_FLAG_DEFRAG: Final[int]
    PACKET_FANOUT_FLAG_IGNORE_OUTGOING: Final[int]
    PACKET_FANOUT_FLAG_ROLLOVER: Final[int]
    PACKET_FANOUT_FLAG_UNIQUEID: Final[int]
    PACKET_FANOUT_HASH: Final[int]
    PACKET_FANOUT_LB: Final[int]
    PACKET_FANOUT_QM: Final[int]
    PACKET_FANOUT_RND: Final[int]
    PACKET_FANOUT_ROLLOVER: Final[int]
    PACKET_FASTROUTE: Final[int]
    PACKET_HDRLEN: Final[int]
    PACKET_HOST: Final[int]
    PACKET_IGNORE_OUTGOING: Final[int]
    PACKET_KERNEL: Final[int]
    PACKET_LOOPBACK: Final[int]
    PACKET_LOSS: Final[int]
    PACKET_MR_ALLMULTI: Final[int]
    PACKET_MR_MULTICAST: Final[int]
    PACKET_MR_PROMISC: Final[int]
    PACKET_MR_UNICAST: Final[int]
    PACKET_MULTICAST: Final[int]
    PACKET_ORIGDEV: Final[int]
    PACKET_OTHERHOST: Final[int]
    PACKET_OUTGOING: Final[int]
    PACKET_QDISC_BYPASS: Final[int]
    PACKET_RECV_OUTPUT: Final[int]
    PACKET_RESERVE: Final[int]
    PACKET_ROLLOVER_STATS: Final[int]
    PACKET_RX_RING: Final[int]
    PACKET_STATISTICS: Final[int]
    PACKET_TIMESTAMP: Final[int]
    PACKET_TX_HAS_OFF: Final[int]
    PACKET_TX_RING: Final[int]
    PACKET_TX_TIMESTAMP: Final[int]
    PACKET_USER: Final[int]
    PACKET_VERSION: Final[int]
    PACKET_VNET_HDR: Final[int]
    PACKET_VNET_HDR_SZ: Final[int]
    PF_PACKET: Final[int]
    PF_RDS: Final[int]
    RDS_CANCEL_SENT_TO: Final[int]
    RDS_CMSG_ATOMIC_CSWP: Final[int]
    RDS_CMSG_ATOMIC_FADD: Final[int]
    RDS_CMSG_CONG_UPDATE: Final[int]
    RDS_CMSG_MASKED_ATOMIC_CSWP: Final[int]
    RDS_CMSG_MASKED_ATOMIC_FADD: Final[int]
    RDS_CMSG_RDMA_ARGS: Final[int]
    RDS_CMSG_RDMA_DEST: Final[int]
    RDS_CMSG_RDMA_MAP: Final[int]
    RDS_CMSG_RDMA_STATUS: Final[int]
    RDS_CMSG_RXPATH_LATENCY: Final[int]
    RDS_CMSG_ZCOPY_COMPLETION: Final[int]
    RDS_CMSG_ZCOPY_COOKIE: Final[int]
    RDS_CONG_MONITOR: Final[int]
    RDS_CONG_MONITOR_SIZE: Final[int]
    RDS_FREE_MR: Final[int]
    RDS_GET_MR: Final[int]
    RDS_GET_MR_FOR_DEST: Final[int]
    RDS_IB_ABI_VERSION: Final[int]
    RDS_IB_GID_LEN: Final[int]
    RDS_INFO_CONNECTIONS: Final[int]
    RDS_INFO_CONNECTION_FLAG_CONNECTED: Final[int]
    RDS_INFO_CONNECTION_FLAG_CONNECTING: Final[int]
    RDS_INFO_CONNECTION_FLAG_SENDING: Final[int]
    RDS_INFO_CONNECTION_STATS: Final[int]
    RDS_INFO_COUNTERS: Final[int]
    RDS_INFO_FIRST: Final[int]
    RDS_INFO_IB_CONNECTIONS: Final[int]
    RDS_INFO_IWARP_CONNECTIONS: Final[int]
    RDS_INFO_LAST: Final[int]
    RDS_INFO_MESSAGE_FLAG_ACK: Final[int]
    RDS_INFO_MESSAGE_FLAG_FAST_ACK: Final[int]
    RDS_INFO_RECV_MESSAGES: Final[int]
    RDS_INFO_RETRANS_MESSAGES: Final[int]
    RDS_INFO_SEND_MESSAGES: Final[int]
    RDS_INFO_SOCKETS: Final[int]
    RDS_INFO_TCP_SOCKETS: Final[int]
    RDS_MAX_ZCOOKIES: Final[int]
    RDS_MSG_RX_DGRAM_DELIVERED: Final[int]
    RDS_MSG_RX_DGRAM_REASSEMBLE: Final[int]
    RDS_MSG_RX_DGRAM_TRACE_MAX: Final[int]
    RDS_MSG_RX_HDR_TO_DGRAM_START: Final[int]
    RDS_RDMA_CANCELED: Final[int]
    RDS_RDMA_DONTWAIT: Final[int]
    RDS_RDMA_DROPPED: Final[int]
    RDS_RDMA_FENCE: Final[int]
    RDS_RDMA_INVALIDATE: Final[int]
    RDS_RDMA_NOTIFY_ME: Final[int]
    RDS_RDMA_OTHER_ERROR: Final[int]
    RDS_RDMA_READWRITE: Final[int]
    RDS_RDMA_REMOTE_ERROR: Final[int]
    RDS_RDMA_SILENT: Final[int]
    RDS_RDMA_SUCCESS: Final[int]
    RDS_RDMA_USE_ONCE: Final[int]
    RDS_RECVERR: Final[int]
    RDS_TRANS_COUNT: Final[int]
    RDS_TRANS_GAP: Final[int]
    RDS_TRANS_IB: Final[int]
    RDS_TRANS_IWARP: Final[int]
    RDS_TRANS_NONE: Final[int]
    RDS_TRANS_TCP: Final[int]
    SCM_CAN_RAW_ERRQUEUE: Final[int]
    SCM_CREDENTIALS: Final[int]
    SCM_DEVMEM_DMABUF: Final[int]
    SCM_DEVMEM_LINEAR: Final[int]
    SCM_INQ: Final[int]
    SCM_J1939_DEST_ADDR: Final[int]
    SCM_J1939_DEST_NAME: Final[int]
    SCM_J1939_ERRQUEUE: Final[int]
    SCM_J1939_PRIO: Final[int]
    SCM_PIDFD: Final[int]
    SCM_SECURITY: Final[int]
    SCM_TIMESTAMPING: Final[int]
    SCM_TIMESTAMPING_OPT_STATS: Final[int]
    SCM_TIMESTAMPING_PKTINFO: Final[int]
    SCM_TIMESTAMPNS: Final[int]
    SCM_TSTAMP_ACK: Final[int]
    SCM_TSTAMP_COMPLETION: Final[int]
    SCM_TSTAMP_SCHED: Final[int]
    SCM_TSTAMP_SND: Final[int]
    SCM_TS_OPT_ID: Final[int]
    SCM_TXTIME: Final[int]
    SCM_WIFI_STATUS: Final[int]
    SIOCKCMATTACH: Final[int]
    SIOCKCMCLONE: Final[int]
    SIOCKCMUNATTACH: Final[int]
    SIOCMCTPALLOCTAG: Final[int]
    SIOCMCTPALLOCTAG2: Final[int]
    SIOCMCTPDROPTAG: Final[int]
    SIOCMCTPDROPTAG2: Final[int]
    SMCPROTO_SMC: Final[int]
    SMCPROTO_SMC6: Final[int]
    SMC_LIMIT_HS: Final[int]
    SOF_TIMESTAMPING_BIND_PHC: Final[int]
    SOF_TIMESTAMPING_LAST: Final[int]
    SOF_TIMESTAMPING_MASK: Final[int]
    SOF_TIMESTAMPING_OPT_CMSG: Final[int]
    SOF_TIMESTAMPING_OPT_ID: Final[int]
    SOF_TIMESTAMPING_OPT_ID_TCP: Final[int]
    SOF_TIMESTAMPING_OPT_PKTINFO: Final[int]
    SOF_TIMESTAMPING_OPT_RX_FILTER: Final[int]
    SOF_TIMESTAMPING_OPT_STATS: Final[int]
    SOF_TIMESTAMPING_OPT_TSONLY: Final[int]
    SOF_TIMESTAMPING_OPT_TX_SWHW: Final[int]
    SOF_TIMESTAMPING_RAW_HARDWARE: Final[int]
    SOF_TIMESTAMPING_RX_HARDWARE: Final[int]
    SOF_TIMESTAMPING_RX_SOFTWARE: Final[int]
    SOF_TIMESTAMPING_SOFTWARE: Final[int]
    SOF_TIMESTAMPING_SYS_HARDWARE: Final[int]
    SOF_TIMESTAMPING_TX_ACK: Final[int]
    SOF_TIMESTAMPING_TX_COMPLETION: Final[int]
    SOF_TIMESTAMPING_TX_HARDWARE: Final[int]
    SOF_TIMESTAMPING_TX_RECORD_MASK: Final[int]
    SOF_TIMESTAMPING_TX_SCHED: Final[int]
    SOF_TIMESTAMPING_TX_SOFTWARE: Final[int]
    SOL_AAL: Final[int]
    SOL_ALG: Final[int]
    SOL_ATALK: Final[int]
    SOL_ATM: Final[int]
    SOL_AX25: Final[int]
    SOL_BLUETOOTH: Final[int]
    SOL_CAIF: Final[int]
    SOL_CAN_BASE: Final[int]
    SOL_CAN_ISOTP: Final[int]
    SOL_CAN_J1939: Final[int]
    SOL_DCCP: Final[int]
    SOL_DECNET: Final[int]
    SOL_ICMPV6: Final[int]
    SOL_IPV6: Final[int]
    SOL_IPX: Final[int]
    SOL_IRDA: Final[int]
    SOL_IUCV: Final[int]
    SOL_KCM: Final[int]
    SOL_LLC: Final[int]
    SOL_MCTP: Final[int]
    SOL_MPTCP: Final[int]
    SOL_NETBEUI: Final[int]
    SOL_NETROM: Final[int]
    SOL_NFC: Final[int]
    SOL_PACKET: Final[int]
    SOL_PNPIPE: Final[int]
    SOL_PPPOL2TP: Final[int]
    SOL_RAW: Final[int]
    SOL_RDS: Final[int]
    SOL_ROSE: Final[int]
    SOL_RXRPC: Final[int]
    SOL_SMC: Final[int]
    SOL_TIPC: Final[int]
    SOL_TLS: Final[int]
    SOL_VSOCK: Final[int]
    SOL_X25: Final[int]
    SOL_XDP: Final[int]
    SO_ATTACH_BPF: Final[int]
    SO_ATTACH_FILTER: Final[int]
    SO_ATTACH_REUSEPORT_CBPF: Final[int]
    SO_ATTACH_REUSEPORT_EBPF: Final[int]
    SO_BINDTOIFINDEX: Final[int]
    SO_BPF_EXTENSIONS: Final[int]
    SO_BSDCOMPAT: Final[int]
    SO_BUF_LOCK: Final[int]
    SO_BUSY_POLL: Final[int]
    SO_BUSY_POLL_BUDGET: Final[int]
    SO_CNX_ADVICE: Final[int]
    SO_COOKIE: Final[int]
    SO_DETACH_BPF: Final[int]
    SO_DETACH_FILTER: Final[int]
    SO_DETACH_REUSEPORT_BPF: Final[int]
    SO_DEVMEM_DMABUF: Final[int]
    SO_DEVMEM_DONTNEED: Final[int]
    SO_DEVMEM_LINEAR: Final[int]
    SO_EE_CODE_TXTIME_INVALID_PARAM: Final[int]
    SO_EE_CODE_TXTIME_MISSED: Final[int]
    SO_EE_CODE_ZEROCOPY_COPIED: Final[int]
    SO_EE_ORIGIN_ICMP: Final[int]
    SO_EE_ORIGIN_ICMP6: Final[int]
    SO_EE_ORIGIN_LOCAL: Final[int]
    SO_EE_ORIGIN_NONE: Final[int]
    SO_EE_ORIGIN_TIMESTAMPING: Final[int]
    SO_EE_ORIGIN_TXSTATUS: Final[int]
    SO_EE_ORIGIN_TXTIME: Final[int]
    SO_EE_ORIGIN_ZEROCOPY: Final[int]
    SO_EE_RFC4884_FLAG_INVALID: Final[int]
    SO_GET_FILTER: Final[int]
    SO_INCOMING_CPU: Final[int]
    SO_INCOMING_NAPI_ID: Final[int]
    SO_INQ: Final[int]
    SO_J1939_ERRQUEUE: Final[int]
    SO_J1939_FILTER: Final[int]
    SO_J1939_PROMISC: Final[int]
    SO_J1939_SEND_PRIO: Final[int]
    SO_LOCK_FILTER: Final[int]
    SO_MARK: Final[int]
    SO_MEMINFO: Final[int]
    SO_NETNS_COOKIE: Final[int]
    SO_NOFCS: Final[int]
    SO_NO_CHECK: Final[int]
    SO_PASSCRED: Final[int]
    SO_PASSPIDFD: Final[int]
    SO_PASSRIGHTS: Final[int]
    SO_PASSSEC: Final[int]
    SO_PEEK_OFF: Final[int]
    SO_PEERGROUPS: Final[int]
    SO_PEERNAME: Final[int]
    SO_PEERPIDFD: Final[int]
    SO_PEERSEC: Final[int]
    SO_PREFER_BUSY_POLL: Final[int]
    SO_PRIORITY: Final[int]
    SO_RCVBUFFORCE: Final[int]
    SO_RCVMARK: Final[int]
    SO_RCVPRIORITY: Final[int]
    SO_RCVTIMEO_NEW: Final[int]
    SO_RCVTIMEO_OLD: Final[int]
    SO_RDS_MSG_RXPATH_LATENCY: Final[int]
    SO_RDS_TRANSPORT: Final[int]
    SO_RESERVE_MEM: Final[int]
    SO_RXQ_OVFL: Final[int]
    SO_SECURITY_AUTHENTICATION: Final[int]
    SO_SECURITY_ENCRYPTION_NETWORK: Final[int]
    SO_SECURITY_ENCRYPTION_TRANSPORT: Final[int]
    SO_SELECT_ERR_QUEUE: Final[int]
    SO_SNDBUFFORCE: Final[int]
    SO_SNDTIMEO_NEW: Final[int]
    SO_SNDTIMEO_OLD: Final[int]
    SO_STYLE: Final[int]
    SO_TIMESTAMPING: Final[int]
    SO_TIMESTAMPING_NEW: Final[int]
    SO_TIMESTAMPING_OLD: Final[int]
    SO_TIMESTAMPNS: Final[int]
    SO_TIMESTAMPNS_NEW: Final[int]
    SO_TIMESTAMPNS_OLD: Final[int]
    SO_TIMESTAMP_NEW: Final[int]
    SO_TIMESTAMP_OLD: Final[int]
    SO_TXREHASH: Final[int]
    SO_TXTIME: Final[int]
    SO_VM_SOCKETS_BUFFER_MAX_SIZE: Final[int]
    SO_VM_SOCKETS_BUFFER_MIN_SIZE: Final[int]
    SO_VM_SOCKETS_BUFFER_SIZE: Final[int]
    SO_VM_SOCKETS_CONNECT_TIMEOUT: Final[int]
    SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW: Final[int]
    SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD: Final[int]
    SO_VM_SOCKETS_NONBLOCK_TXRX: Final[int]
    SO_VM_SOCKETS_PEER_HOST_VM_ID: Final[int]
    SO_VM_SOCKETS_TRUSTED: Final[int]
    SO_WIFI_STATUS: Final[int]
    SO_ZEROCOPY: Final[int]
    TCPI_ECN_MODE_ACCECN: Final[int]
    TCPI_ECN_MODE_DISABLED: Final[int]
    TCPI_ECN_MODE_PENDING: Final[int]
    TCPI_ECN_MODE_RFC3168: Final[int]
    TCPI_OPT_ECN_SEEN: Final[int]
    TCPI_OPT_SYN_DATA: Final[int]
    TCPI_OPT_TFO_CHILD: Final[int]
    TCPI_OPT_USEC_TS: Final[int]
    TCP_ACCECN_ACE_FAIL_RECV: Final[int]
    TCP_ACCECN_ACE_FAIL_SEND: Final[int]
    TCP_ACCECN_OPT_COUNTER_SEEN: Final[int]
    TCP_ACCECN_OPT_EMPTY_SEEN: Final[int]
    TCP_ACCECN_OPT_FAIL_RECV: Final[int]
    TCP_ACCECN_OPT_FAIL_SEEN: Final[int]
    TCP_ACCECN_OPT_FAIL_SEND: Final[int]
    TCP_ACCECN_OPT_NOT_SEEN: Final[int]
    TCP_AO_ADD_KEY: Final[int]
    TCP_AO_DEL_KEY: Final[int]
    TCP_AO_GET_KEYS: Final[int]
    TCP_AO_INFO: Final[int]
    TCP_AO_KEYF_EXCLUDE_OPT: Final[int]
    TCP_AO_KEYF_IFINDEX: Final[int]
    TCP_AO_MAXKEYLEN: Final[int]
    TCP_AO_REPAIR: Final[int]
    TCP_CA_CWR: Final[int]
    TCP_CA_Disorder: Final[int]
    TCP_CA_Loss: Final[int]
    TCP_CA_Open: Final[int]
    TCP_CA_Recovery: Final[int]
    TCP_CC_INFO: Final[int]
    TCP_CLOSE: Final[int]
    TCP_CLOSE_WAIT: Final[int]
    TCP_CLOSING: Final[int]
    TCP_CM_INQ: Final[int]
    TCP_COOKIE_IN_ALWAYS: Final[int]
    TCP_COOKIE_MAX: Final[int]
    TCP_COOKIE_MIN: Final[int]
    TCP_COOKIE_OUT_NEVER: Final[int]
    TCP_COOKIE_PAIR_SIZE: Final[int]
    TCP_COOKIE_TRANSACTIONS: Final[int]
    TCP_CORK: Final[int]
    TCP_DEFER_ACCEPT: Final[int]
    TCP_DELACK_MAX_US: Final[int]
    TCP_ENCAP_ESPINTCP: Final[int]
    TCP_ESTABLISHED: Final[int]
    TCP_FASTOPEN_CONNECT: Final[int]
    TCP_FASTOPEN_KEY: Final[int]
    TCP_FASTOPEN_NO_COOKIE: Final[int]
    TCP_FIN_WAIT1: Final[int]
    TCP_FIN_WAIT2: Final[int]
    TCP_INQ: Final[int]
    TCP_IS_MPTCP: Final[int]
    TCP_LAST_ACK: Final[int]
    TCP_LINGER2: Final[int]
    TCP_LISTEN: Final[int]
    TCP_MD5SIG_EXT: Final[int]
    TCP_MD5SIG_FLAG_IFINDEX: Final[int]
    TCP_MD5SIG_FLAG_PREFIX: Final[int]
    TCP_MD5SIG_MAXKEYLEN: Final[int]
    TCP_MSS_DEFAULT: Final[int]
    TCP_MSS_DESIRED: Final[int]
    TCP_NLA_BUSY: Final[int]
    TCP_NLA_BYTES_NOTSENT: Final[int]
    TCP_NLA_BYTES_RETRANS: Final[int]
    TCP_NLA_BYTES_SENT: Final[int]
    TCP_NLA_CA_STATE: Final[int]
    TCP_NLA_DATA_SEGS_OUT: Final[int]
    TCP_NLA_DELIVERED: Final[int]
    TCP_NLA_DELIVERED_CE: Final[int]
    TCP_NLA_DELIVERY_RATE: Final[int]
    TCP_NLA_DELIVERY_RATE_APP_LMT: Final[int]
    TCP_NLA_DSACK_DUPS: Final[int]
    TCP_NLA_EDT: Final[int]
    TCP_NLA_MIN_RTT: Final[int]
    TCP_NLA_PACING_RATE: Final[int]
    TCP_NLA_PAD: Final[int]
    TCP_NLA_RECUR_RETRANS: Final[int]
    TCP_NLA_REHASH: Final[int]
    TCP_NLA_REORDERING: Final[int]
    TCP_NLA_REORD_SEEN: Final[int]
    TCP_NLA_RWND_LIMITED: Final[int]
    TCP_NLA_SNDBUF_LIMITED: Final[int]
    TCP_NLA_SNDQ_SIZE: Final[int]
    TCP_NLA_SND_CWND: Final[int]
    TCP_NLA_SND_SSTHRESH: Final[int]
    TCP_NLA_SRTT: Final[int]
    TCP_NLA_TIMEOUT_REHASH: Final[int]
    TCP_NLA_TOTAL_RETRANS: Final[int]
    TCP_NLA_TTL: Final[int]
    TCP_NO_QUEUE: Final[int]
    TCP_QUEUES_NR: Final[int]
    TCP_QUEUE_SEQ: Final[int]
    TCP_RECEIVE_ZEROCOPY_FLAG_TLB_CLEAN_HINT: Final[int]
    TCP_RECV_QUEUE: Final[int]
    TCP_REPAIR: Final[int]
    TCP_REPAIR_OFF: Final[int]
    TCP_REPAIR_OFF_NO_WP: Final[int]
    TCP_REPAIR_ON: Final[int]
    TCP_REPAIR_OPTIONS: Final[int]
    TCP_REPAIR_QUEUE: Final[int]
    TCP_REPAIR_WINDOW: Final[int]
    TCP_RTO_MAX_MS: Final[int]
    TCP_RTO_MIN_US: Final[int]
    TCP_SAVED_SYN: Final[int]
    TCP_SAVE_SYN: Final[int]
    TCP_SEND_QUEUE: Final[int]
    TCP_SYNCNT: Final[int]
    TCP_SYN_RECV: Final[int]
    TCP_SYN_SENT: Final[int]
    TCP_S_DATA_IN: Final[int]
    TCP_S_DATA_OUT: Final[int]
    TCP_THIN_DUPACK: Final[int]
    TCP_THIN_LINEAR_TIMEOUTS: Final[int]
    TCP_TIMESTAMP: Final[int]
    TCP_TIME_WAIT: Final[int]
    TCP_TX_DELAY: Final[int]
    TCP_ULP: Final[int]
    TCP_USER_TIMEOUT: Final[int]
    TCP_WINDOW_CLAMP: Final[int]
    TCP_ZEROCOPY_RECEIVE: Final[int]
    TIPC_ADDR_ID: Final[int]
    TIPC_ADDR_NAME: Final[int]
    TIPC_ADDR_NAMESEQ: Final[int]
    TIPC_CFG_SRV: Final[int]
    TIPC_CLUSTER_SCOPE: Final[int]
    TIPC_CONN_TIMEOUT: Final[int]
    TIPC_CRITICAL_IMPORTANCE: Final[int]
    TIPC_DEST_DROPPABLE: Final[int]
    TIPC_HIGH_IMPORTANCE: Final[int]
    TIPC_IMPORTANCE: Final[int]
    TIPC_LOW_IMPORTANCE: Final[int]
    TIPC_MEDIUM_IMPORTANCE: Final[int]
    TIPC_NODE_SCOPE: Final[int]
    TIPC_PUBLISHED: Final[int]
    TIPC_SRC_DROPPABLE: Final[int]
    TIPC_SUBSCR_TIMEOUT: Final[int]
    TIPC_SUB_CANCEL: Final[int]
    TIPC_SUB_PORTS: Final[int]
    TIPC_SUB_SERVICE: Final[int]
    TIPC_TOP_SRV: Final[int]
    TIPC_WAIT_FOREVER: Final[int]
    TIPC_WITHDRAWN: Final[int]
    TIPC_ZONE_SCOPE: Final[int]
    UDP_CORK: Final[int]
    UDP_ENCAP_GTP0: Final[int]
    UDP_ENCAP_GTP1U: Final[int]
    UDP_ENCAP_L2TPINUDP: Final[int]
    UDP_ENCAP_OVPNINUDP: Final[int]
    UDP_ENCAP_RXRPC: Final[int]
    UDP_GRO: Final[int]
    UDP_NO_CHECK6_RX: Final[int]
    UDP_NO_CHECK6_TX: Final[int]
    UDP_SEGMENT: Final[int]
    VMADDR_CID_ANY: Final[int]
    VMADDR_CID_HOST: Final[int]
    VMADDR_CID_HYPERVISOR: Final[int]
    VMADDR_CID_LOCAL: Final[int]
    VMADDR_FLAG_TO_HOST: Final[int]
    VMADDR_PORT_ANY: Final[int]
    VM_SOCKETS_INVALID_VERSION: Final[int]
    XDP_ATTACHED_DRV: Final[int]
    XDP_ATTACHED_HW: Final[int]
    XDP_ATTACHED_MULTI: Final[int]
    XDP_ATTACHED_NONE: Final[int]
    XDP_ATTACHED_SKB: Final[int]
    XDP_COPY: Final[int]
    XDP_FLAGS_DRV_MODE: Final[int]
    XDP_FLAGS_HW_MODE: Final[int]
    XDP_FLAGS_MASK: Final[int]
    XDP_FLAGS_MODES: Final[int]
    XDP_FLAGS_REPLACE: Final[int]
    XDP_FLAGS_SKB_MODE: Final[int]
    XDP_FLAGS_UPDATE_IF_NOEXIST: Final[int]
    XDP_MAX_TX_SKB_BUDGET: Final[int]
    XDP_MMAP_OFFSETS: Final[int]
    XDP_OPTIONS: Final[int]
    XDP_OPTIONS_ZEROCOPY: Final[int]
    XDP_PGOFF_RX_RING: Final[int]
    XDP_PGOFF_TX_RING: Final[int]
    XDP_PKT_CONTD: Final[int]
    XDP_RING_NEED_WAKEUP: Final[int]
    XDP_RX_RING: Final[int]
    XDP_SHARED_UMEM: Final[int]
    XDP_STATISTICS: Final[int]
    XDP_TXMD_FLAGS_CHECKSUM: Final[int]
    XDP_TXMD_FLAGS_LAUNCH_TIME: Final[int]
    XDP_TXMD_FLAGS_TIMESTAMP: Final[int]
    XDP_TX_METADATA: Final[int]
    XDP_TX_RING: Final[int]
    XDP_UMEM_COMPLETION_RING: Final[int]
    XDP_UMEM_FILL_RING: Final[int]
    XDP_UMEM_PGOFF_COMPLETION_RING: Final[int]
    XDP_UMEM_PGOFF_FILL_RING: Final[int]
    XDP_UMEM_REG: Final[int]
    XDP_UMEM_TX_METADATA_LEN: Final[int]
    XDP_UMEM_TX_SW_CSUM: Final[int]
    XDP_UMEM_UNALIGNED_CHUNK_FLAG: Final[int]
    XDP_USE_NEED_WAKEUP: Final[int]
    XDP_USE_SG: Final[int]
    XDP_ZEROCOPY: Final[int]
if sys.platform.startswith("netbsd"):
    IPPROTO_IPV6_ICMP: Final[int]
    IPPROTO_VRRP: Final[int]
    IPV6_PORTALGO: Final[int]
    IP_ERRORMTU: Final[int]
    IP_PORTALGO: Final[int]
    LOCAL_CONNWAIT: Final[int]
    LOCAL_OCREDS: Final[int]
    LOCAL_PEEREID: Final[int]
    SCM_HCI_DIRECTION: Final[int]
    SO_DEFOPTS: Final[int]
    SO_HCI_DIRECTION: Final[int]
    SO_HCI_EVT_FILTER: Final[int]
    SO_HCI_PKT_FILTER: Final[int]
    SO_L2CAP_IQOS: Final[int]
    SO_L2CAP_LM: Final[int]
    SO_L2CAP_OQOS: Final[int]
    SO_NOHEADER: Final[int]
    SO_OVERFLOWED: Final[int]
    SO_RFCOMM_LM: Final[int]
    SO_SCO_HANDLE: Final[int]
    TCP_CONGCTL: Final[int]
    TCP_MAXBURST: Final[int]
if sys.platform.startswith("openbsd"):
    INADDR_ALLROUTERS_GROUP: Final[int]
    IPV6_AUTH_LEVEL: Final[int]
    IPV6_ESP_NETWORK_LEVEL: Final[int]
    IPV6_ESP_TRANS_LEVEL: Final[int]
    IPV6_IPCOMP_LEVEL: Final[int]
    IPV6_PIPEX: Final[int]
    IPV6_RECVDSTPORT: Final[int]
    IPV6_RTABLE: Final[int]
    IP_AUTH_LEVEL: Final[int]
    IP_ESP_NETWORK_LEVEL: Final[int]
    IP_ESP_TRANS_LEVEL: Final[int]
    IP_IPCOMP_LEVEL: Final[int]
    IP_IPDEFTTL: Final[int]
    IP_IPSECFLOWINFO: Final[int]
    IP_IPSEC_LOCAL_AUTH: Final[int]
    IP_IPSEC_LOCAL_CRED: Final[int]
    IP_IPSEC_LOCAL_ID: Final[int]
    IP_IPSEC_REMOTE_AUTH: Final[int]
    IP_IPSEC_REMOTE_CRED: Final[int]
    IP_IPSEC_REMOTE_ID: Final[int]
    IP_PIPEX: Final[int]
    IP_RECVDSTPORT: Final[int]
    IP_RECVRTABLE: Final[int]
    IP_RTABLE: Final[int]
    SO_BINDANY: Final[int]
    SO_RTABLE: Final[int]
    SO_ZEROIZE: Final[int]
    TCP_SACKHOLE_LIMIT: Final[int]
    TCP_SACK_ENABLE: Final[int]
if sys.platform == "win32":
    BT_PORT_ANY: Final[int]
    BT_PORT_DYN_FIRST: Final[int]
    BT_PORT_MAX: Final[int]
    BT_PORT_MIN: Final[int]
    HVSOCKET_ADDRESS_FLAG_PASSTHRU: Final[int]
    HVSOCKET_CONNECTED_SUSPEND: Final[int]
    HVSOCKET_CONNECT_TIMEOUT: Final[int]
    HVSOCKET_CONNECT_TIMEOUT_MAX: Final[int]
    HV_PROTOCOL_RAW: Final[int]
    IPPROTO_CBT: Final[int]
    IPPROTO_ICLFXBM: Final[int]
    IPV6_ADDRESS_BITS: Final[int]
    IPV6_ADD_IFLIST: Final[int]
    IPV6_DEL_IFLIST: Final[int]
    IPV6_ECN: Final[int]
    IPV6_GET_IFLIST: Final[int]
    IPV6_IFLIST: Final[int]
    IPV6_NRT_INTERFACE: Final[int]
    IPV6_PKTINFO_EX: Final[int]
    IPV6_PROTECTION_LEVEL: Final[int]
    IPV6_RECVDSTADDR: Final[int]
    IPV6_RECVIF: Final[int]
    IPV6_USER_MTU: Final[int]
    IPV6_WFP_REDIRECT_CONTEXT: Final[int]
    IPV6_WFP_REDIRECT_RECORDS: Final[int]
    IP_ADD_IFLIST: Final[int]
    IP_DEL_IFLIST: Final[int]
    IP_DONTFRAGMENT: Final[int]
    IP_ECN: Final[int]
    IP_GET_IFLIST: Final[int]
    IP_HOPLIMIT: Final[int]
    IP_IFLIST: Final[int]
    IP_NRT_INTERFACE: Final[int]
    IP_ORIGINAL_ARRIVAL_IF: Final[int]
    IP_PKTINFO_EX: Final[int]
    IP_PMTUDISC_MAX: Final[int]
    IP_PMTUDISC_NOT_SET: Final[int]
    IP_PROTECTION_LEVEL: Final[int]
    IP_PROTOCOL_UUID16: Final[int]
    IP_RECEIVE_BROADCAST: Final[int]
    IP_RECVRTHDR: Final[int]
    IP_RECVTCLASS: Final[int]
    IP_RTHDR: Final[int]
    IP_TCLASS: Final[int]
    IP_UNSPECIFIED_HOP_LIMIT: Final[int]
    IP_UNSPECIFIED_TYPE_OF_SERVICE: Final[int]
    IP_USER_MTU: Final[int]
    IP_WFP_REDIRECT_CONTEXT: Final[int]
    IP_WFP_REDIRECT_RECORDS: Final[int]
    RCVALL_IPLEVEL: Final[int]
    RCVALL_MAX: Final[int]
    RCVALL_OFF: Final[int]
    RCVALL_ON: Final[int]
    RCVALL_SOCKETLEVELONLY: Final[int]
    SIO_ABSORB_RTRALERT: Final[int]
    SIO_ACQUIRE_PORT_RESERVATION: Final[int]
    SIO_ADDRESS_LIST_CHANGE: Final[int]
    SIO_ADDRESS_LIST_QUERY: Final[int]
    SIO_ADDRESS_LIST_SORT: Final[int]
    SIO_AF_UNIX_GETPEERPID: Final[int]
    SIO_AF_UNIX_SETBINDPARENTPATH: Final[int]
    SIO_AF_UNIX_SETCONNPARENTPATH: Final[int]
    SIO_APPLY_TRANSPORT_SETTING: Final[int]
    SIO_ASSOCIATE_HANDLE: Final[int]
    SIO_ASSOCIATE_PORT_RESERVATION: Final[int]
    SIO_BASE_HANDLE: Final[int]
    SIO_BSP_HANDLE: Final[int]
    SIO_BSP_HANDLE_POLL: Final[int]
    SIO_BSP_HANDLE_SELECT: Final[int]
    SIO_BTH_INFO: Final[int]
    SIO_BTH_PING: Final[int]
    SIO_CPU_AFFINITY: Final[int]
    SIO_ENABLE_CIRCULAR_QUEUEING: Final[int]
    SIO_EXT_POLL: Final[int]
    SIO_EXT_SELECT: Final[int]
    SIO_EXT_SENDMSG: Final[int]
    SIO_FIND_ROUTE: Final[int]
    SIO_FLUSH: Final[int]
    SIO_GET_BROADCAST_ADDRESS: Final[int]
    SIO_GET_EXTENSION_FUNCTION_POINTER: Final[int]
    SIO_GET_GROUP_QOS: Final[int]
    SIO_GET_INTERFACE_LIST: Final[int]
    SIO_GET_INTERFACE_LIST_EX: Final[int]
    SIO_GET_MULTICAST_FILTER: Final[int]
    SIO_GET_QOS: Final[int]
    SIO_GET_TX_TIMESTAMP: Final[int]
    SIO_IDEAL_SEND_BACKLOG_CHANGE: Final[int]
    SIO_IDEAL_SEND_BACKLOG_QUERY: Final[int]
    SIO_INDEX_ADD_MCAST: Final[int]
    SIO_INDEX_BIND: Final[int]
    SIO_INDEX_DEL_MCAST: Final[int]
    SIO_INDEX_MCASTIF: Final[int]
    SIO_KEEPALIVE_VALS: Final[int]
    SIO_LIMIT_BROADCASTS: Final[int]
    SIO_LOOPBACK_FAST_PATH: Final[int]
    SIO_MULTICAST_SCOPE: Final[int]
    SIO_MULTIPOINT_LOOPBACK: Final[int]
    SIO_NSP_NOTIFY_CHANGE: Final[int]
    SIO_PRIORITY_HINT: Final[int]
    SIO_QUERY_TARGET_PNP_HANDLE: Final[int]
    SIO_QUERY_TRANSPORT_SETTING: Final[int]
    SIO_RCVALL: Final[int]
    SIO_RCVALL_IF: Final[int]
    SIO_RCVALL_IGMPMCAST: Final[int]
    SIO_RCVALL_MCAST: Final[int]
    SIO_RCVALL_MCAST_IF: Final[int]
    SIO_RELEASE_PORT_RESERVATION: Final[int]
    SIO_RESERVED_1: Final[int]
    SIO_RESERVED_2: Final[int]
    SIO_RFCOMM_SEND_COMMAND: Final[int]
    SIO_RFCOMM_SESSION_FLOW_OFF: Final[int]
    SIO_RFCOMM_TEST: Final[int]
    SIO_RFCOMM_USECFC: Final[int]
    SIO_RFCOMM_WAIT_COMMAND: Final[int]
    SIO_ROUTING_INTERFACE_CHANGE: Final[int]
    SIO_ROUTING_INTERFACE_QUERY: Final[int]
    SIO_SET_GROUP_QOS: Final[int]
    SIO_SET_MULTICAST_FILTER: Final[int]
    SIO_SET_PRIORITY_HINT: Final[int]
    SIO_SET_QOS: Final[int]
    SIO_TCP_INFO: Final[int]
    SIO_TCP_INITIAL_RTO: Final[int]
    SIO_TCP_SET_ACK_FREQUENCY: Final[int]
    SIO_TCP_SET_ICW: Final[int]
    SIO_TIMESTAMPING: Final[int]
    SIO_TRANSLATE_HANDLE: Final[int]
    SIO_UCAST_IF: Final[int]
    SIO_UDP_CONNRESET: Final[int]
    SIO_UDP_NETRESET: Final[int]
    SOL_SDP: Final[int]
    SO_BTH_AUTHENTICATE: Final[int]
    SO_BTH_ENCRYPT: Final[int]
    SO_BTH_MTU: Final[int]
    SO_BTH_MTU_MAX: Final[int]
    SO_BTH_MTU_MIN: Final[int]
    SO_CONDITIONAL_ACCEPT: Final[int]
    SO_CONNDATA: Final[int]
    SO_CONNDATALEN: Final[int]
    SO_CONNECT_TIME: Final[int]
    SO_CONNOPT: Final[int]
    SO_CONNOPTLEN: Final[int]
    SO_DISCDATA: Final[int]
    SO_DISCDATALEN: Final[int]
    SO_DISCOPT: Final[int]
    SO_DISCOPTLEN: Final[int]
    SO_DONTLINGER: Final[int]
    SO_EXCLUSIVEADDRUSE: Final[int]
    SO_GROUP_ID: Final[int]
    SO_GROUP_PRIORITY: Final[int]
    SO_MAXDG: Final[int]
    SO_MAXPATHDG: Final[int]
    SO_MAX_MSG_SIZE: Final[int]
    SO_OPENTYPE: Final[int]
    SO_PROTOCOL_INFO: Final[int]
    SO_PROTOCOL_INFOA: Final[int]
    SO_PROTOCOL_INFOW: Final[int]
    SO_SYNCHRONOUS_ALERT: Final[int]
    SO_SYNCHRONOUS_NONALERT: Final[int]
    SO_TIMESTAMP_ID: Final[int]
    SO_UPDATE_ACCEPT_CONTEXT: Final[int]
    SO_UPDATE_CONNECT_CONTEXT: Final[int]
    TCP_ATMARK: Final[int]
    TCP_BSDURGENT: Final[int]
    TCP_CONGESTION_ALGORITHM: Final[int]
    TCP_DELAY_FIN_ACK: Final[int]
    TCP_EXPEDITED_1122: Final[int]
    TCP_FAIL_CONNECT_ON_ICMP_ERROR: Final[int]
    TCP_ICMP_ERROR_INFO: Final[int]
    TCP_ICW_LEVEL_AGGRESSIVE: Final[int]
    TCP_ICW_LEVEL_COMPAT: Final[int]
    TCP_ICW_LEVEL_DEFAULT: Final[int]
    TCP_ICW_LEVEL_EXPERIMENTAL: Final[int]
    TCP_ICW_LEVEL_HIGH: Final[int]
    TCP_ICW_LEVEL_MAX: Final[int]
    TCP_ICW_LEVEL_VERY_HIGH: Final[int]
    TCP_INITIAL_RTO_DEFAULT_MAX_SYN_RETRANSMISSIONS: Final[int]
    TCP_INITIAL_RTO_DEFAULT_RTT: Final[int]
    TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS: Final[int]
    TCP_INITIAL_RTO_UNSPECIFIED_MAX_SYN_RETRANSMISSIONS: Final[int]
    TCP_INITIAL_RTO_UNSPECIFIED_RTT: Final[int]
    TCP_MAXRT: Final[int]
    TCP_MAXRTMS: Final[int]
    TCP_NOSYNRETRIES: Final[int]
    TCP_NOURG: Final[int]
    TCP_OFFLOAD_NOT_PREFERRED: Final[int]
    TCP_OFFLOAD_NO_PREFERENCE: Final[int]
    TCP_OFFLOAD_PREFERENCE: Final[int]
    TCP_OFFLOAD_PREFERRED: Final[int]
    TCP_PROTOCOL_UUID16: Final[int]
    TCP_STDURG: Final[int]
    TCP_TIMESTAMPS: Final[int]
    UDP_CHECKSUM_COVERAGE: Final[int]
    UDP_COALESCED_INFO: Final[int]
    UDP_NOCHECKSUM: Final[int]
    UDP_PROTOCOL_UUID16: Final[int]
    UDP_RECV_MAX_COALESCED_SIZE: Final[int]
    UDP_SEND_MSG_SIZE: Final[int]
if sys.platform == "linux" or sys.platform.startswith("freebsd") or sys.platform.startswith("netbsd") or sys.platform == "win32":
    BDADDR_ANY: Final[str]
    BDADDR_LOCAL: Final[str]
if sys.platform == "win32":
    HV_GUID_BROADCAST: Final[str]
    HV_GUID_CHILDREN: Final[str]
    HV_GUID_LOOPBACK: Final[str]
    HV_GUID_PARENT: Final[str]
    HV_GUID_WILDCARD: Final[str]
    HV_GUID_ZERO: Final[str]
