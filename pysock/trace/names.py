"""The name of a number: which constant it is follows from where it stands.

4 is SO_ERROR, TCP_KEEPIDLE, a family, and twenty other things.  So a look-up has a place, which
says what kinds of constants can stand there, by the beginnings of their names:

    the option of a level   SOL_TCP, 4 → TCP_KEEPIDLE, and never TCP_CA_Loss, which is no option
    a protocol of a family  AF_CAN, 1 → CAN_RAW, AF_INET, 1 → IPPROTO_ICMP
    a level of a family     17 → SOL_UDP, on a Bluetooth socket SOL_SCO

The numbers are those of the platform's tables (``_constants``).
"""

from __future__ import annotations

import errno
import re
import select
from functools import cache

from .._libc import abi_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

    # What the names of a place begin with, and a pattern of those that stand elsewhere.
    Place = tuple[tuple[str, ...], Optional[str]]

# Of two names for one number, what the manual pages of sockets say.
_PREFERRED = {
    getattr(errno, name): name for name in ("EOPNOTSUPP", "EAGAIN") if hasattr(errno, name)
}


def error_name(number: int) -> str:
    """The name of an errno, or its number; POSIX's name also where Windows adds WSA."""
    name = _PREFERRED.get(number) or errno.errorcode.get(number, str(number))
    plain = name[3:] if name.startswith("WSA") else name
    return plain if getattr(errno, plain, None) == number else name


# What begins like an option, but is a value of one, a state, a limit or another level's.
_NO_SO = r"SO_(EE_|VM_|J1939_|RDS_|ORIGINAL_DST$|EXCLUSIVE)"
_NO_IP = r"IP_(PMTUDISC|DEFAULT_|MAX_|PORTRANGE_[DHL])"
_NO_IPV6 = r"IPV6_(FL_|PMTUDISC_|PREFER_SRC_|TLV_|PRIORITY_|RTHDR_|DEFAULT_|PORTRANGE_[DHL])"
_NO_TCP = (
    r"TCP_(CA_|NLA_|S_|AO_KEYF|AO_MAX|MD5SIG_[FM]|REPAIR_O[NF]|COOKIE_[IMOP]|ACCECN|RECEIVE_|"
    r"MSS|MAXWIN|MAX_WINSHIFT|NO_QUEUE|RECV_QUEUE|SEND_QUEUE|QUEUES_NR|ENCAP_|FASTOPEN_MIN|"
    r"(ESTABLISHED|SYN_SENT|SYN_RECV|FIN_WAIT[12]|TIME_WAIT|CLOSE|CLOSE_WAIT|LAST_ACK|LISTEN|"
    r"CLOSING|NEW_SYN_RECV|BOUND_INACTIVE|MAX_STATES)$)"
)
_NO_PACKET = (
    r"PACKET_(FANOUT_[^D]|MR_|HOST|BROADCAST|MULTICAST|OTHER|OUTGOING|LOOP|USER|KERNEL|FAST)"
)
_NO_BT = (
    r"BT_(CHANNEL_POLICY_|FLUSHABLE_|ISO_QOS_|MODE_|PHY_|POWER_|SCM_|SECURITY_|VOICE_|"
    r"(BOUND|CLOSED|CONFIG|CONNECT2?|CONNECTED|DISCONN|LISTEN|OPEN)$)"
)
_NO_NETLINK = (
    r"NETLINK_(AUDIT|CONN|CRYPTO|DNRT|ECRYPTFS|FIB|FIREWALL|GENERIC|INET_|IP6|ISCSI|KOBJ|NETF|"
    r"NFLOG|RDMA|ROUTE|SCSI|SELINUX|SMC|SOCK_|UNCON|UNUSED|USERSOCK|XFRM)"
)
_NETLINK_OPTIONS = (
    r"NETLINK_(ADD_|DROP_|LIST_|LISTEN_|PKTINFO|BROADCAST_|NO_|[RT]X_|CAP_|EXT_|GET_|(UN)?CONNECTED)"
)

# The options of each level, by the level's name without SOL_ or IPPROTO_.
_OPTIONS: dict[str, Place] = {
    "SOCKET": (("SO_",), _NO_SO),
    "IP": (("IP_", "MCAST_", "SO_ORIGINAL_DST"), _NO_IP + r"|MCAST_(IN|EX)CLUDE"),
    "IPV6": (("IPV6_", "MCAST_"), _NO_IPV6 + r"|MCAST_(IN|EX)CLUDE"),
    "TCP": (("TCP_",), _NO_TCP),
    "UDP": (("UDP_",), r"UDP_ENCAP_"),
    "UDPLITE": (("UDPLITE_", "UDP_"), r"UDP_ENCAP_"),
    "PACKET": (("PACKET_",), _NO_PACKET),
    "NETLINK": (("NETLINK_",), _NO_NETLINK),
    "CAN_RAW": (("CAN_RAW_",), r"CAN_RAW_(FILTER_MAX|XL_VCID_[RT])"),
    "CAN_ISOTP": (("CAN_ISOTP_OPTS", "CAN_ISOTP_RECV_FC", "CAN_ISOTP_LL_OPTS",
                   "CAN_ISOTP_TX_STMIN", "CAN_ISOTP_RX_STMIN"), None),
    "CAN_J1939": (("SO_J1939_",), None),
    "ALG": (("ALG_SET_",), None),
    "TIPC": (("TIPC_CONN_TIMEOUT", "TIPC_DEST_DROPPABLE", "TIPC_SRC_DROPPABLE",
              "TIPC_IMPORTANCE"), None),
    "BLUETOOTH": (("BT_",), _NO_BT),
    "L2CAP": (("L2CAP_LM",), r"L2CAP_LM_"),
    "HCI": (("HCI_DATA_DIR", "HCI_FILTER", "HCI_TIME_STAMP"), None),
    "KCM": (("KCM_RECV_DISABLE",), None),
    "MCTP": (("MCTP_OPT_ADDR_EXT",), None),
    "SMC": (("SMC_LIMIT_HS",), None),
    "XDP": (("XDP_MMAP_OFFSETS", "XDP_RX_RING", "XDP_TX_RING", "XDP_UMEM_REG", "XDP_UMEM_FILL",
             "XDP_UMEM_COMPLETION", "XDP_STATISTICS", "XDP_OPTIONS", "XDP_MAX_TX"),
            r"XDP_OPTIONS_"),
    "RDS": (("RDS_CANCEL", "RDS_GET_MR", "RDS_FREE_MR", "RDS_RECVERR", "RDS_CONG_MONITOR",
             "SO_RDS_"), r"RDS_CONG_MONITOR_"),
}  # fmt: skip
_VSOCK: Place = (("SO_VM_SOCKETS_",), r".*_(OLD|NEW)$")  # its level is the number of its family

# The control messages of each level; those that are not here are named as the options are.
_MESSAGES: dict[str, Place] = {
    "SOCKET": (("SCM_", "SO_TIMESTAMP", "SO_RXQ_OVFL", "SO_MARK", "SO_PRIORITY"),
               r"SCM_(J1939|CAN_RAW|TSTAMP|DEVMEM_[^DL])"),
    "CAN_J1939": (("SCM_J1939_",), None),
    "RDS": (("RDS_CMSG_",), None),
    "BLUETOOTH": (("BT_SCM_",), None),
}  # fmt: skip

# The protocols of each family; in others a protocol is a number.
_PROTOCOLS: dict[str, Place] = {
    "AF_INET": (("IPPROTO_",), r"IPPROTO_HOPOPTS"),
    "AF_INET6": (("IPPROTO_",), r"IPPROTO_HOPOPTS"),
    "AF_NETLINK": (("NETLINK_",), _NETLINK_OPTIONS + "|NETLINK_INET_DIAG"),
    "AF_CAN": (("CAN_",), r"CAN_(?!(RAW|BCM|TP16|TP20|MCNET|ISOTP|J1939)$)"),
    "AF_BLUETOOTH": (("BTPROTO_",), None),
}

_FAMILY: Place = (("AF_",), r"AF_(ROUTE|LOCAL)$")
_MESSAGE_FLAGS: Place = (("MSG_",), r"MSG_TRYHARD")
EPOLL = {name: n for name, n in vars(select).items() if name.startswith("EPOLL")}


# Events of poll(2) beside those of POSIX.
_OF_LINUX = {"POLLMSG": 0x400, "POLLREMOVE": 0x1000, "POLLRDHUP": 0x2000}


class Names:
    """The names of numbers on one platform."""

    def __init__(self, target: str) -> None:
        self.constants = dict(abi_of(target).constants)
        if target.startswith("linux"):
            self.constants.update(_OF_LINUX)
        self._find = cache(self._search)

    def _search(self, place: Place, value: int) -> str | None:
        prefixes, elsewhere = place
        names = [
            name
            for name, number in self.constants.items()
            if number == value
            and name.startswith(prefixes)
            and not (elsewhere and re.match(elsewhere, name))
        ]
        # Of two names for one thing the shorter one: SO_TIMESTAMP, not SO_TIMESTAMP_OLD.
        return min(names, key=lambda name: (len(name), name), default=None)

    def of(self, value: int, *prefixes: str) -> str:
        """The name that begins with one of ``prefixes``, or the number."""
        return self._find((prefixes, None), value) or str(value)

    def family(self, value: int) -> str:
        return self._find(_FAMILY, value) or str(value)

    def protocol(self, family: int, value: int) -> str:
        """The name of a protocol of ``socket(2)``; IPPROTO_IP is 0, "the family's own"."""
        place = _PROTOCOLS.get(self.family(family))
        if place is None or (value == 0 and "IPPROTO_" in place[0]):
            return str(value)
        return self._find(place, value) or str(value)

    def level(self, value: int, family: int = 0) -> str:
        """The name of a level, which begins with SOL_, or where there is none with IPPROTO_."""
        bluetooth = self.family(family) == "AF_BLUETOOTH"
        others = r"SOL_(?!HCI|L2CAP|SCO|RFCOMM|SOCKET|BLUETOOTH)" if bluetooth else (
            r"SOL_(HCI|L2CAP|SCO|RFCOMM)$"
        )
        found = self._find((("SOL_",), others), value) or self._find((("IPPROTO_",), None), value)
        if found is None and value == self.constants.get("AF_VSOCK"):
            return "AF_VSOCK"
        return found or str(value)

    def option(self, level: int, value: int, family: int = 0, *, setting: bool = False) -> str:
        """The name of an option of ``getsockopt(2)``, or with ``setting`` of ``setsockopt``."""
        name = self.level(level, family)
        place = _VSOCK if name == "AF_VSOCK" else _OPTIONS.get(name.partition("_")[2])
        if place is None:
            return str(value)
        prefixes, others = place
        # One number is SO_GET_FILTER to read, SO_ATTACH_FILTER to write.
        other = "SO_GET_FILTER" if setting else "SO_ATTACH_FILTER"
        return self._find((prefixes, f"{others}|{other}" if others else other), value) or str(value)

    def message(self, level: int, value: int, family: int = 0) -> str:
        """The name of a control message's type."""
        place = _MESSAGES.get(self.level(level, family).partition("_")[2])
        found = self._find(place, value) if place else None
        if found is None and place is _MESSAGES["SOCKET"]:  # whose options are no messages
            return str(value)
        return found or self.option(level, value, family)

    def flags(self, value: int, *prefixes: str) -> str:
        """``A|B``: the names of the bits; a bit without a name is a hexadecimal number."""
        if not value:
            return "0"
        place = _MESSAGE_FLAGS if prefixes == ("MSG_",) else (prefixes, None)
        bits = [1 << i for i in range((value & 0xFFFFFFFF).bit_length()) if value >> i & 1]
        return "|".join([self._find(place, bit) or hex(bit) for bit in bits])

    def epoll(self, value: int) -> str:
        """The events of ``epoll_ctl(2)``."""
        names = [n for n, bit in EPOLL.items() if bit == bit & -bit and value & bit]
        short = [n for n in names if not n.startswith(("EPOLLRDN", "EPOLLWRN", "EPOLL_"))]
        return "|".join(sorted(short, key=EPOLL.__getitem__)) or str(value)

    def socktype(self, value: int) -> str:
        """A type of ``socket(2)``, with the flags that Linux and the BSDs let stand beside it."""
        beside = self.constants.get("SOCK_CLOEXEC", 0) | self.constants.get("SOCK_NONBLOCK", 0)
        flags = value & beside
        kind = self.of(value & ~beside, "SOCK_") if value & ~beside else "0"
        return f"{kind}|{self.flags(flags, 'SOCK_')}" if flags else kind


@cache
def names_of(target: str) -> Names:
    """The names of a platform, made once."""
    return Names(target)
