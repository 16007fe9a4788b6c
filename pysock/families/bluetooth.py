"""AF_BLUETOOTH: a radio's four protocols, each with an address of its own.

A device is written ``'01:02:03:04:05:06'``, the highest byte first, and lies in memory the
other way round.  By protocol, an address is

    L2CAP   ``(device, psm[, cid[, bdaddr_type]])``; the last two only where they are not 0,
            and the last not on NetBSD
    RFCOMM  ``(device, channel)``; Windows has this protocol alone
    SCO     ``device``, a str or bytes
    HCI     the controller itself: its number, or ``(number, channel)`` for another than the
            raw channel (Linux); the name of its node (FreeBSD); ``device`` (NetBSD)

>>> from pysock.families import pack, unpack
>>> raw = pack("AF_BLUETOOTH", ("01:02:03:04:05:06", 7), proto=3, platform="linux-gnu-x86_64")
>>> raw.hex(" ")  # BTPROTO_RFCOMM: family, device, channel
'1f 00 06 05 04 03 02 01 07 00'
>>> unpack(raw, proto=3, platform="linux-gnu-x86_64")
('01:02:03:04:05:06', 7)

Linux and FreeBSD expect psm and cid with the lower byte first on every processor.  CPython
leaves that to the program, and so does this page.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from ctypes import Array, c_char, c_ubyte, c_uint16, sizeof

from ._items import items
from ._page import Page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .._abi import Sockaddr

    Values = dict[str, Any]

_DEVICE, _U8, _U16 = c_ubyte * 6, "unsigned char", "unsigned short"

_NETBSD = ("sockaddr_bt", "bt", ("bdaddr", _DEVICE), ("psm", _U16), ("channel", _U8),
           ("zero", c_ubyte * 5))  # fmt: skip
# The structs of each system: name, prefix, members.
_STRUCTS: dict[str, dict[str, tuple[Any, ...]]] = {
    "linux": {
        "L2CAP": ("sockaddr_l2", "l2", ("psm", _U16), ("bdaddr", _DEVICE), ("cid", _U16),
                  ("bdaddr_type", _U8)),
        "RFCOMM": ("sockaddr_rc", "rc", ("bdaddr", _DEVICE), ("channel", _U8)),
        "SCO": ("sockaddr_sco", "sco", ("bdaddr", _DEVICE)),
        "HCI": ("sockaddr_hci", "hci", ("dev", _U16), ("channel", _U16)),
    },
    "freebsd": {
        "L2CAP": ("sockaddr_l2cap", "l2cap", ("psm", _U16), ("bdaddr", _DEVICE), ("cid", _U16),
                  ("bdaddr_type", _U8)),
        "RFCOMM": ("sockaddr_rfcomm", "rfcomm", ("bdaddr", _DEVICE), ("channel", _U8)),
        "SCO": ("sockaddr_sco", "sco", ("bdaddr", _DEVICE)),
        "HCI": ("sockaddr_hci", "hci", ("node", c_char * 32)),
    },
    "netbsd": dict.fromkeys(("L2CAP", "RFCOMM", "SCO", "HCI"), _NETBSD),
}  # fmt: skip
