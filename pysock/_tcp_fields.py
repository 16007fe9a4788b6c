"""What each system's kernel tells of a TCP connection: a dataclass for each, with typed fields.

A field has the name of its member in C, without ``tcpi_`` (of Windows' struct, in Python's
spelling), and its metadata has the unit: ``field.metadata["unit"]``.  None is what a kernel older
than the struct has not given.  ``pysock.tcp`` makes them.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field, fields
from functools import cache, partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal


class State(enum.Enum):
    """A state of RFC 9293, whose names have hyphens there (``SYN-SENT``)."""

    CLOSED = "CLOSED"
    LISTEN = "LISTEN"
    SYN_SENT = "SYN_SENT"
    SYN_RECEIVED = "SYN_RECEIVED"
    ESTABLISHED = "ESTABLISHED"
    CLOSE_WAIT = "CLOSE_WAIT"
    FIN_WAIT_1 = "FIN_WAIT_1"
    FIN_WAIT_2 = "FIN_WAIT_2"
    CLOSING = "CLOSING"
    LAST_ACK = "LAST_ACK"
    TIME_WAIT = "TIME_WAIT"


_LINUX = (
    "ESTABLISHED SYN_SENT SYN_RECEIVED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED CLOSE_WAIT "
    "LAST_ACK LISTEN CLOSING SYN_RECEIVED"
)
_BSD = (
    "CLOSED LISTEN SYN_SENT SYN_RECEIVED ESTABLISHED CLOSE_WAIT FIN_WAIT_1 CLOSING LAST_ACK "
    "FIN_WAIT_2 TIME_WAIT"
)
_WINDOWS = (
    "CLOSED LISTEN SYN_SENT SYN_RECEIVED ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT CLOSING "
    "LAST_ACK TIME_WAIT"
)
# The number of a state in each system's header: Linux counts from 1 (linux/tcp_states.h), the
# BSDs (netinet/tcp_fsm.h) and Windows (mstcpip.h) from 0.
STATES = {
    "linux": dict(enumerate(map(State, _LINUX.split()), 1)),
    "windows": dict(enumerate(map(State, _WINDOWS.split()))),
    **{
        system: dict(enumerate(map(State, _BSD.split())))
        for system in ("darwin", "freebsd", "netbsd", "openbsd")
    },
}


def _in(unit: str) -> Any:
    return field(default=None, metadata={"unit": unit})


_MICROSECONDS = partial(_in, "µs")
_MILLISECONDS = partial(_in, "ms")
_BYTES = partial(_in, "bytes")
_PACKETS = partial(_in, "packets")
_BYTES_A_SECOND = partial(_in, "bytes/s")
_NUMBER = partial(_in, "")


@dataclass(frozen=True)
class Info:
    """What all systems tell: the state, and ``raw``, the struct as the kernel has written it."""

    state: State
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class LinuxInfo(Info):
    """``TCP_INFO`` of Linux."""

    ca_state: int | None = _NUMBER()
    retransmits: int | None = _NUMBER()
    probes: int | None = _NUMBER()
    backoff: int | None = _NUMBER()
    options: int | None = _NUMBER()
    rcv_wscale: int | None = _NUMBER()
    snd_wscale: int | None = _NUMBER()
    delivery_rate_app_limited: int | None = _NUMBER()
    fastopen_client_fail: int | None = _NUMBER()
    rto: int | None = _MICROSECONDS()
    ato: int | None = _MICROSECONDS()
    snd_mss: int | None = _BYTES()
    rcv_mss: int | None = _BYTES()
    unacked: int | None = _PACKETS()
    sacked: int | None = _PACKETS()
    lost: int | None = _PACKETS()
    retrans: int | None = _PACKETS()
    fackets: int | None = _PACKETS()
    last_data_sent: int | None = _MILLISECONDS()
    last_ack_sent: int | None = _MILLISECONDS()
    last_data_recv: int | None = _MILLISECONDS()
    last_ack_recv: int | None = _MILLISECONDS()
    pmtu: int | None = _BYTES()
    rcv_ssthresh: int | None = _BYTES()
    rtt: int | None = _MICROSECONDS()
    rttvar: int | None = _MICROSECONDS()
    snd_ssthresh: int | None = _PACKETS()
    snd_cwnd: int | None = _PACKETS()
    advmss: int | None = _BYTES()
    reordering: int | None = _PACKETS()
    rcv_rtt: int | None = _MICROSECONDS()
    rcv_space: int | None = _BYTES()
    total_retrans: int | None = _PACKETS()
    pacing_rate: int | None = _BYTES_A_SECOND()
    max_pacing_rate: int | None = _BYTES_A_SECOND()
    bytes_acked: int | None = _BYTES()
    bytes_received: int | None = _BYTES()
    segs_out: int | None = _PACKETS()
    segs_in: int | None = _PACKETS()
    notsent_bytes: int | None = _BYTES()
    min_rtt: int | None = _MICROSECONDS()
    data_segs_in: int | None = _PACKETS()
    data_segs_out: int | None = _PACKETS()
    delivery_rate: int | None = _BYTES_A_SECOND()
    busy_time: int | None = _MICROSECONDS()
    rwnd_limited: int | None = _MICROSECONDS()
    sndbuf_limited: int | None = _MICROSECONDS()
    delivered: int | None = _PACKETS()
    delivered_ce: int | None = _PACKETS()
    bytes_sent: int | None = _BYTES()
    bytes_retrans: int | None = _BYTES()
    dsack_dups: int | None = _NUMBER()
    reord_seen: int | None = _NUMBER()
    rcv_ooopack: int | None = _PACKETS()
    snd_wnd: int | None = _BYTES()
    rcv_wnd: int | None = _BYTES()
    rehash: int | None = _NUMBER()
    total_rto: int | None = _NUMBER()
    total_rto_recoveries: int | None = _NUMBER()
    total_rto_time: int | None = _MILLISECONDS()
    received_ce: int | None = _PACKETS()
    delivered_e1_bytes: int | None = _BYTES()
    delivered_e0_bytes: int | None = _BYTES()
    delivered_ce_bytes: int | None = _BYTES()
    received_e1_bytes: int | None = _BYTES()
    received_e0_bytes: int | None = _BYTES()
    received_ce_bytes: int | None = _BYTES()
    accecn_fail_mode: int | None = _NUMBER()
    accecn_opt_seen: int | None = _NUMBER()
    ecn_mode: int | None = _NUMBER()
    options2: int | None = _NUMBER()


@dataclass(frozen=True)
class DarwinInfo(Info):
    """``TCP_CONNECTION_INFO`` of macOS."""

    snd_wscale: int | None = _NUMBER()
    rcv_wscale: int | None = _NUMBER()
    options: int | None = _NUMBER()
    flags: int | None = _NUMBER()
    rto: int | None = _MILLISECONDS()
    maxseg: int | None = _BYTES()
    snd_ssthresh: int | None = _BYTES()
    snd_cwnd: int | None = _BYTES()
    snd_wnd: int | None = _BYTES()
    snd_sbbytes: int | None = _BYTES()
    rcv_wnd: int | None = _BYTES()
    rttcur: int | None = _MILLISECONDS()
    srtt: int | None = _MILLISECONDS()
    rttvar: int | None = _MILLISECONDS()
    tfo_cookie_rcv: int | None = _NUMBER()
    tfo_cookie_req: int | None = _NUMBER()
    tfo_cookie_req_rcv: int | None = _NUMBER()
    tfo_cookie_sent: int | None = _NUMBER()
    tfo_syn_data_acked: int | None = _NUMBER()
    tfo_syn_data_rcv: int | None = _NUMBER()
    tfo_syn_data_sent: int | None = _NUMBER()
    tfo_syn_loss: int | None = _NUMBER()
    tfo_cookie_invalid: int | None = _NUMBER()
    tfo_cookie_wrong: int | None = _NUMBER()
    tfo_heuristics_disable: int | None = _NUMBER()
    tfo_no_cookie_rcv: int | None = _NUMBER()
    tfo_onebyte_proxy: int | None = _NUMBER()
    tfo_recv_blackhole: int | None = _NUMBER()
    tfo_send_blackhole: int | None = _NUMBER()
    txpackets: int | None = _PACKETS()
    txbytes: int | None = _BYTES()
    txretransmitbytes: int | None = _BYTES()
    rxpackets: int | None = _PACKETS()
    rxbytes: int | None = _BYTES()
    rxoutoforderbytes: int | None = _BYTES()
    txretransmitpackets: int | None = _PACKETS()


@dataclass(frozen=True)
class _BSDInfo(Info):
    """What FreeBSD and NetBSD both tell."""

    options: int | None = _NUMBER()
    rcv_wscale: int | None = _NUMBER()
    snd_wscale: int | None = _NUMBER()
    rto: int | None = _MICROSECONDS()
    snd_mss: int | None = _BYTES()
    rcv_mss: int | None = _BYTES()
    last_data_recv: int | None = _MICROSECONDS()
    rtt: int | None = _MICROSECONDS()
    rttvar: int | None = _MICROSECONDS()
    snd_ssthresh: int | None = _BYTES()
    snd_cwnd: int | None = _BYTES()
    rcv_space: int | None = _BYTES()
    snd_wnd: int | None = _BYTES()
    snd_bwnd: int | None = _BYTES()
    snd_nxt: int | None = _NUMBER()
    rcv_nxt: int | None = _NUMBER()
    toe_tid: int | None = _NUMBER()
    snd_rexmitpack: int | None = _PACKETS()
    rcv_ooopack: int | None = _PACKETS()
    snd_zerowin: int | None = _NUMBER()


@dataclass(frozen=True)
class FreeBSDInfo(_BSDInfo):
    """``TCP_INFO`` of FreeBSD."""

    delivered_ce: int | None = _PACKETS()
    received_ce: int | None = _PACKETS()
    total_tlp: int | None = _PACKETS()
    total_tlp_bytes: int | None = _BYTES()
    snd_una: int | None = _NUMBER()
    snd_max: int | None = _NUMBER()
    rcv_numsacks: int | None = _NUMBER()
    rcv_adv: int | None = _NUMBER()
    dupacks: int | None = _NUMBER()
    rttmin: int | None = _MICROSECONDS()


@dataclass(frozen=True)
class NetBSDInfo(_BSDInfo):
    """``TCP_INFO`` of NetBSD."""


@dataclass(frozen=True)
class OpenBSDInfo(Info):
    """``TCP_INFO`` of OpenBSD."""

    options: int | None = _NUMBER()
    snd_wscale: int | None = _NUMBER()
    rcv_wscale: int | None = _NUMBER()
    rto: int | None = _MICROSECONDS()
    snd_mss: int | None = _BYTES()
    rcv_mss: int | None = _BYTES()
    last_data_sent: int | None = _MICROSECONDS()
    last_ack_sent: int | None = _MICROSECONDS()
    last_data_recv: int | None = _MICROSECONDS()
    last_ack_recv: int | None = _MICROSECONDS()
    rtt: int | None = _MICROSECONDS()
    rttvar: int | None = _MICROSECONDS()
    snd_ssthresh: int | None = _BYTES()
    snd_cwnd: int | None = _BYTES()
    rcv_space: int | None = _BYTES()
    snd_wnd: int | None = _BYTES()
    snd_nxt: int | None = _NUMBER()
    rcv_nxt: int | None = _NUMBER()
    toe_tid: int | None = _NUMBER()
    snd_rexmitpack: int | None = _PACKETS()
    rcv_ooopack: int | None = _PACKETS()
    snd_zerowin: int | None = _NUMBER()
    rttmin: int | None = _MICROSECONDS()
    max_sndwnd: int | None = _BYTES()
    rcv_adv: int | None = _NUMBER()
    rcv_up: int | None = _NUMBER()
    snd_una: int | None = _NUMBER()
    snd_up: int | None = _NUMBER()
    snd_wl1: int | None = _NUMBER()
    snd_wl2: int | None = _NUMBER()
    snd_max: int | None = _NUMBER()
    ts_recent: int | None = _NUMBER()
    ts_recent_age: int | None = _NUMBER()
    rfbuf_cnt: int | None = _NUMBER()
    rfbuf_ts: int | None = _NUMBER()
    so_rcv_sb_cc: int | None = _NUMBER()
    so_rcv_sb_hiwat: int | None = _NUMBER()
    so_rcv_sb_lowat: int | None = _NUMBER()
    so_rcv_sb_wat: int | None = _NUMBER()
    so_snd_sb_cc: int | None = _NUMBER()
    so_snd_sb_hiwat: int | None = _NUMBER()
    so_snd_sb_lowat: int | None = _NUMBER()
    so_snd_sb_wat: int | None = _NUMBER()


@dataclass(frozen=True)
class WindowsInfo(Info):
    """``SIO_TCP_INFO`` of Windows, version 1."""

    mss: int | None = _BYTES()
    connection_time_ms: int | None = _MILLISECONDS()
    timestamps_enabled: int | None = _NUMBER()
    rtt_us: int | None = _MICROSECONDS()
    min_rtt_us: int | None = _MICROSECONDS()
    bytes_in_flight: int | None = _BYTES()
    cwnd: int | None = _BYTES()
    snd_wnd: int | None = _BYTES()
    rcv_wnd: int | None = _BYTES()
    rcv_buf: int | None = _BYTES()
    bytes_out: int | None = _BYTES()
    bytes_in: int | None = _BYTES()
    bytes_reordered: int | None = _BYTES()
    bytes_retrans: int | None = _BYTES()
    fast_retrans: int | None = _PACKETS()
    dup_acks_in: int | None = _PACKETS()
    timeout_episodes: int | None = _NUMBER()
    syn_retrans: int | None = _NUMBER()
    snd_lim_trans_rwin: int | None = _NUMBER()
    snd_lim_time_rwin: int | None = _MILLISECONDS()
    snd_lim_bytes_rwin: int | None = _BYTES()
    snd_lim_trans_cwnd: int | None = _NUMBER()
    snd_lim_time_cwnd: int | None = _MILLISECONDS()
    snd_lim_bytes_cwnd: int | None = _BYTES()
    snd_lim_trans_snd: int | None = _NUMBER()
    snd_lim_time_snd: int | None = _MILLISECONDS()
    snd_lim_bytes_snd: int | None = _BYTES()


CLASSES: dict[str, type[Info]] = {
    "linux": LinuxInfo,
    "darwin": DarwinInfo,
    "freebsd": FreeBSDInfo,
    "netbsd": NetBSDInfo,
    "openbsd": OpenBSDInfo,
    "windows": WindowsInfo,
}
_KNOWN = {system: {each.name for each in fields(cls)} for system, cls in CLASSES.items()}
STRUCTS = {"darwin": "tcp_connection_info", "windows": "TCP_INFO_v1"}  # else tcp_info


@cache
def name_of(member: str) -> str:
    """The field for a member of the struct."""
    short = member[5:] if member.startswith("tcpi_") else member
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", short).lower()


def decode(
    system: str, layout: dict[str, Any], order: Literal["little", "big"], raw: bytes
) -> Info:
    """The bytes of a system's struct as its dataclass; ``layout`` is that of ``_layouts``."""
    cls = CLASSES[system]
    known = _KNOWN[system]
    bits = layout.get("bits", {})
    found: dict[str, Any] = {}
    for member, (at, size) in layout["fields"].items():
        name = name_of(member)
        if name not in known or at + size > len(raw):
            continue
        value = int.from_bytes(raw[at : at + size], order)
        if member in bits:
            mask = bits[member]
            value = (value & mask) >> ((mask & -mask).bit_length() - 1)
        found[name] = value
    state = STATES[system][found.pop("state")]
    return cls(state=state, raw=raw, **found)
