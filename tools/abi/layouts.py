"""Layouts: size, alignment and fields of the structs, asked of every target.

They are written to ``pysock/_layouts/``, one file a system, one line a struct:
``16/4 sin_family 0+2 sin_port 2+2`` is 16 bytes aligned to 4, and each field's offset and size.
A bit-field has neither in C.  Here it has those of the bytes that it has a part in, and the mask of
that part: ``tcpi_rcv_wscale 6+1&240`` are the upper four bits of byte 6.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Literal

from .compiler import evaluate, octets, preprocess
from .layers import merge
from .targets import Target

Table = dict[str, str]
Order = Literal["little", "big"]

# Whatever any system has; each target answers for those that it knows.
_STRUCTS = """
    sockaddr sockaddr_storage sockaddr_in sockaddr_in6 sockaddr_un in_addr in6_addr
    sockaddr_nl sockaddr_ll sockaddr_vm sockaddr_can sockaddr_alg sockaddr_tipc sockaddr_qrtr
    sockaddr_l2 sockaddr_rc sockaddr_sco sockaddr_hci sockaddr_l2cap sockaddr_rfcomm sockaddr_bt
    sockaddr_dl sockaddr_ctl ctl_info sockaddr_ndrv
    msghdr mmsghdr cmsghdr iovec addrinfo hostent servent protoent netent
    nlmsghdr ifinfomsg ifaddrmsg rtmsg rtattr rtnexthop
    ifaddrs ifreq if_nameindex pollfd timeval timespec linger
    in_pktinfo in6_pktinfo ip_mreq ip_mreqn ip_mreq_source ipv6_mreq ip6_mtuinfo
    group_req group_source_req
    ucred xucred cmsgcred sockcred sockcred2 sockpeercred unpcbid
    nlmsghdr nlattr inet_diag_sockid inet_diag_req_v2 inet_diag_msg
    tcp_info tcp_connection_info sock_extended_err scm_timestamping so_timestamping
    packet_mreq tpacket_auxdata af_alg_iv can_frame canfd_frame can_filter
    tipc_socket_addr tipc_service_range tipc_service_addr
    sockaddr_xdp xdp_ring_offset xdp_mmap_offsets xdp_umem_reg xdp_desc xdp_statistics xdp_options
    sockaddr_mctp sockaddr_mctp_ext mctp_ioc_tag_ctl2 kcm_attach kcm_unattach kcm_clone rt_msghdr
    sock_filter sock_fprog splice accept_filter_arg tcp_keepalive fd_set
""".split()
_TYPES = """
    WSABUF WSAMSG WSACMSGHDR WSAPROTOCOL_INFOW WSAPROTOCOLCHAIN WSADATA WSAPOLLFD OVERLAPPED
    ADDRINFOW ADDRINFOA SOCKADDR_BTH SOCKADDR_HV SOCKET_ADDRESS GUID TRANSMIT_FILE_BUFFERS
    TCP_INFO_v0 TCP_INFO_v1 MIB_IF_ROW2 IP_ADAPTER_ADDRESSES_LH IP_ADAPTER_UNICAST_ADDRESS_LH
    IP_ADAPTER_GATEWAY_ADDRESS_LH
""".split()
_UNITS = {"linux": ("posix.h", "kernel.h"), "windows": ("windows.h", "interfaces.h")}
# What a libc has an older or a shorter declaration of; the kernel fills its own.
_KERNELS_OWN = {"tcp_info"}
# Fields that are macros for the member of a union.
_ALIASES = {"in6_addr": {"s6_addr"}, "ifaddrs": {"ifa_dstaddr", "ifa_broadaddr"}}
_ALIASES["ifreq"] = {"ifr_name", "ifr_mtu"}

_WORD = re.compile(r"\b[A-Za-z_]\w*\b(?<!__)")  # __attribute__ and its like are the compiler's


def layouts(target: Target) -> Table:
    """All layouts of one target, by the name of the struct; ``CMSG`` stands for its macros."""
    table: Table = {}
    order = _order(target)
    types = {name: f"struct {name}" for name in _STRUCTS} | {name: name for name in _TYPES}
    for unit in _UNITS.get(target.system, ("posix.h",)):
        words = _words(re.sub(r"^#.*\n", "", preprocess(target, unit), flags=re.MULTILINE))
        own = _KERNELS_OWN if target.system == "linux" and unit != "kernel.h" else set()
        wanted = types.keys() - table.keys() - own
        sizes = {name: f"sizeof({types[name]})" for name in types if name in wanted}
        known = evaluate(target, unit, sizes)
        questions = {}
        for name in known:
            questions[name, "", "align"] = f"_Alignof({types[name]})"
            for field in words.get(name, set()) | _ALIASES.get(name, set()):
                member = f"(({types[name]} *)0)->{field}"
                questions[name, field, "offset"] = f"__builtin_offsetof({types[name]}, {field})"
                questions[name, field, "size"] = f"sizeof({member})"
                questions[name, field, "value"] = f"sizeof({member} + 0)"  # a bit-field has this
        answers = evaluate(target, unit, questions)
        bits = {
            (name, field): f"{types[name]} % = {{.{field} = -1}}"
            for name, field, what in answers
            if what == "value" and (name, field, "offset") not in answers
        }
        fields = [
            (name, offset, answers[name, field, "size"], f"{field} {{}}+{{}}")
            for (name, field, what), offset in answers.items()
            if what == "offset" and (name, field, "size") in answers
        ]
        fields += [
            (name, *_extent(raw, field, order))
            for (name, field), raw in octets(target, unit, bits).items()
        ]
        for name, size in known.items():
            shown = "".join(
                f" {text.format(offset, length)}"
                for struct, offset, length, text in sorted(fields)
                if struct == name
            )
            table[name] = f"{size}/{answers[name, '', 'align']}{shown}"
    table["CMSG"] = _cmsg(target)
    return table


def _order(target: Target) -> Order:
    known = evaluate(target, "cpython.h", {"big": "__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__"})
    return "big" if known["big"] else "little"


def _extent(raw: bytes, field: str, order: Order) -> tuple[int, int, str]:
    """``(offset, size, text)`` of a bit-field, from its struct with these bits alone set."""
    begin, end = len(raw) - len(raw.lstrip(b"\0")), len(raw.rstrip(b"\0"))
    mask = int.from_bytes(raw[begin:end], order)
    return begin, end - begin, f"{field} {{}}+{{}}&{mask}"


def _words(text: str) -> dict[str, set[str]]:
    """The words of each struct's declaration, its fields among them; which, the compiler knows."""
    words: dict[str, set[str]] = {}
    opened = []
    for brace in re.finditer(r"[{}]", text):
        if brace[0] == "{":
            opened.append(brace.start())
        elif opened:
            begin, end = opened.pop(), brace.end()
            head, tail = text[max(begin - 100, 0) : begin], text[end : end + 200]
            tag = re.search(r"\bstruct\s(?:[^;{}]*\s)?(\w+)\s*$", head)
            names = re.findall(r"\w+", tail.partition(";")[0]) if "struct" in head else []
            for name in (*names, tag[1] if tag else ""):
                words.setdefault(name, set()).update(_WORD.findall(text[begin:end]))
    return words


def _cmsg(target: Target) -> str:
    """``CMSG_LEN(0) CMSG_SPACE(0) ALIGNMENT``, which all of 0...127 are verified to follow."""
    macro, unit = ("WSA_CMSG", "windows.h") if target.system == "windows" else ("CMSG", "posix.h")
    values = evaluate(
        target,
        unit,
        {(what, n): f"{macro}_{what}({n})" for what in ("LEN", "SPACE") for n in range(128)},
    )
    head, space = values["LEN", 0], values["SPACE", 0]
    align = values["SPACE", 1] - space
    for n in range(128):
        assert values["LEN", n] == head + n, (target.name, n)
        assert values["SPACE", n] == space + -(-n // align) * align, (target.name, n)
    return f"{head} {space} {align}"


def text(tables: Mapping[Target, Table]) -> str:
    """The text of ``pysock/_layouts/SYSTEM.json``."""
    reference, differences = merge(tables)
    targets = {
        target.name: [x for x in differences if x in (*target.layers, target.name)]
        for target in tables
    }
    content = {"targets": targets, "layouts": reference, "differences": differences}
    return json.dumps(content, indent=1) + "\n"
