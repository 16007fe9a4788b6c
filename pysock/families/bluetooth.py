"""AF_BLUETOOTH: four protocols, each with its own form of address.

In Python, a device is written ``'01:02:03:04:05:06'``, the most significant byte first.  The
protocol of the socket (BTPROTO_L2CAP and so on) decides what an address is:

    L2CAP   ``(device, psm[, cid[, bdaddr_type]])``; NetBSD has no bdaddr_type
    RFCOMM  ``(device, channel)``; the only protocol on Windows
    SCO     ``device``, as str or bytes
    HCI     a controller: on Linux its number, or ``(number, channel)`` for a channel other than
            HCI_CHANNEL_RAW; on FreeBSD the name of its node; on NetBSD ``device``

In C, a device is six bytes in reverse order, and an address is

    Linux    ``struct sockaddr_l2``, ``sockaddr_rc``, ``sockaddr_sco`` or ``sockaddr_hci``, from
             ``<bluetooth/l2cap.h>`` and similar headers of BlueZ; l2cap(7), rfcomm(7), …
    FreeBSD  ``struct sockaddr_l2cap``, ``sockaddr_rfcomm``, ``sockaddr_sco`` or ``sockaddr_hci``,
             from ``<netgraph/bluetooth/include/ng_btsocket.h>``; ng_btsocket(4)
    NetBSD   ``struct sockaddr_bt``, from ``<netbt/bluetooth.h>``; bluetooth(4)
    Windows  ``SOCKADDR_BTH``, from ``<ws2bth.h>``

>>> from pysock.families import pack, unpack
>>> raw = pack("AF_BLUETOOTH", ("01:02:03:04:05:06", 7), proto=3, platform="linux-gnu-x86_64")
>>> raw.hex(" ")  # BTPROTO_RFCOMM: family, device, channel
'1f 00 06 05 04 03 02 01 07 00'
>>> unpack(raw, proto=3, platform="linux-gnu-x86_64")
('01:02:03:04:05:06', 7)

Linux and FreeBSD expect psm and cid in little-endian order on every processor.  Like CPython,
this codec packs them in the processor's order: on a big-endian processor, the program has to
swap the bytes.
"""

from __future__ import annotations

from ctypes import Array, c_char, c_ubyte

from .._ffi import versions
from ._codec import FamilyCodec
from ._items import _c_string, items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._ffi.abi import Sockaddr

    Members = dict[str, Any]  # members of a struct, by their names without prefix (see _members)

# --- the structs -----------------------------------------------------------------------


def _structs(system: str) -> dict[str, tuple[Any, ...]]:
    """The structs of a system, by protocol: each with its prefix and its members."""
    device, u8, u16 = c_ubyte * 6, "unsigned char", "unsigned short"
    if system == "netbsd":
        bt = (
            *("sockaddr_bt", "bt"),
            ("bt_bdaddr", device), ("bt_psm", u16), ("bt_channel", u8), ("bt_zero", c_ubyte * 5),
        )
        return dict.fromkeys(("L2CAP", "RFCOMM", "SCO", "HCI"), bt)
    if system == "windows":
        # It is packed, so its integers are not aligned: they are declared as arrays of bytes.
        bth = (
            *("SOCKADDR_BTH", "addressFamily"),
            ("btAddr", c_ubyte * 8), ("serviceClassId", c_ubyte * 16), ("port", c_ubyte * 4),
        )
        return {"RFCOMM": bth}
    if system == "freebsd":
        return {
            "L2CAP": (
                *("sockaddr_l2cap", "l2cap"),
                ("l2cap_psm", u16), ("l2cap_bdaddr", device), ("l2cap_cid", u16),
                ("l2cap_bdaddr_type", u8),
            ),
            "RFCOMM": (
                "sockaddr_rfcomm", "rfcomm", ("rfcomm_bdaddr", device), ("rfcomm_channel", u8)
            ),
            "SCO": ("sockaddr_sco", "sco", ("sco_bdaddr", device)),
            "HCI": ("sockaddr_hci", "hci", ("hci_node", c_char * 32)),
        }
    return {
        "L2CAP": (
            *("sockaddr_l2", "l2"),
            ("l2_psm", u16), ("l2_bdaddr", device), ("l2_cid", u16), ("l2_bdaddr_type", u8),
        ),
        "RFCOMM": ("sockaddr_rc", "rc", ("rc_bdaddr", device), ("rc_channel", u8)),
        "SCO": ("sockaddr_sco", "sco", ("sco_bdaddr", device)),
        "HCI": ("sockaddr_hci", "hci", ("hci_dev", u16), ("hci_channel", u16)),
    }  # fmt: skip


_WINDOWS = {"btAddr": "bdaddr", "port": "channel"}


class Family(FamilyCodec):
    needs = "BTPROTO_RFCOMM"

    def declare(self) -> None:
        self.protocols: dict[int, tuple[str, Sockaddr]] = {}
        for protocol, declaration in _structs(self.abi.name.partition("-")[0]).items():
            sockaddr = self.abi.sockaddr(*declaration)
            setattr(self, declaration[0], sockaddr)
            self.protocols[self.abi.constants[f"BTPROTO_{protocol}"]] = protocol, sockaddr

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        if proto not in self.protocols:
            raise OSError(f"{caller}(): unknown Bluetooth protocol")
        protocol, sockaddr = self.protocols[proto]
        kinds = _members(sockaddr)
        values = _PARSERS[protocol](address, caller, kinds)
        nothing = {name: b"" if issubclass(kind, Array) else 0 for name, kind in kinds.items()}
        return sockaddr.packer(self.family)(*[values.get(n, nothing[n]) for n in kinds])

    def unpack(self, raw: bytes, proto: int) -> Any:
        if proto not in self.protocols:
            raise ValueError("Unknown Bluetooth protocol")
        protocol, sockaddr = self.protocols[proto]
        return _FORMS[protocol](dict(zip(_members(sockaddr), sockaddr.unpack(raw)[1:])))

    def struct_of(self, raw: bytes) -> Sockaddr:
        """The struct of the size of ``raw``: no two structs of a system have the same size."""
        structs = [sockaddr for _, sockaddr in self.protocols.values()]
        return next((each for each in structs if each.size == len(raw)), structs[0])

    def text(self, member: str, octets: bytes) -> str | None:
        if member.endswith("_bdaddr") or member == "btAddr":
            return device_text(octets)
        if member == "hci_node":
            return ascii(octets.partition(b"\0")[0])[1:]
        return "" if member in ("bt_zero", "serviceClassId") else None


def _members(sockaddr: Sockaddr) -> dict[str, Any]:
    """The types of a struct's members after the header, by names like ``bdaddr`` (l2_bdaddr)."""
    fields = sockaddr.ctype._fields_[2 if sockaddr.abi.sa_len else 1 :]
    return {_WINDOWS.get(name) or name.partition("_")[2] or name: kind for name, kind in fields}


# --- the addresses ---------------------------------------------------------------------
#
# For each protocol, a function from a caller's address to the members of the struct, and a
# function from the members to the address (``_…_form``).


def _l2cap(address: Any, caller: str, kinds: Members) -> Members:
    letters = "sH|HB" if "bdaddr_type" in kinds else "sH|H"
    name, psm, *given = _items(address, letters, caller)
    cid, bdaddr_type = (*given, 0, 0)[:2]  # 0: BDADDR_BREDR
    return {
        "bdaddr": device(name),
        "psm": psm & 0xFFFF,
        "cid": cid & 0xFFFF,
        "channel": cid & 0xFF,  # NetBSD uses the same member for cid and channel
        "bdaddr_type": bdaddr_type & 0xFF,
    }


def _l2cap_form(members: Members) -> tuple[Any, ...]:
    address = device_text(members["bdaddr"]), members["psm"]
    cid, bdaddr_type = members.get("cid", members.get("channel")), members.get("bdaddr_type")
    if bdaddr_type:
        return *address, cid, bdaddr_type
    return (*address, cid) if cid else address


def _rfcomm(address: Any, caller: str, kinds: Members) -> Members:
    wide = issubclass(kinds["channel"], Array)
    name, channel = _items(address, "sI" if wide else "sB", caller)
    if wide:
        return {"bdaddr": device(name), "channel": (channel & 0xFFFFFFFF).to_bytes(4, "little")}
    return {"bdaddr": device(name), "channel": channel & 0xFF}


def _rfcomm_form(members: Members) -> tuple[str, int]:
    channel = members["channel"]
    if isinstance(channel, bytes):
        channel = int.from_bytes(channel, "little", signed=True)
    return device_text(members["bdaddr"]), channel


def _sco(address: Any, caller: str, kinds: Members) -> Members:
    if isinstance(address, bytes):
        if b"\0" in address:
            raise ValueError("embedded null byte")
        return {"bdaddr": device(address)}
    if isinstance(address, str):
        return {"bdaddr": device(_c_string(address))}
    raise OSError(f"{caller}(): wrong format")


def _sco_form(members: Members) -> str:
    return device_text(members["bdaddr"])


def _hci(address: Any, caller: str, kinds: Members) -> Members:
    if "dev" in kinds:
        if hasattr(type(address), "__index__"):
            return {"dev": items((address,), "H", "")[0]}
        number, *given = _items(address, "H|H", caller)
        channel = given[0] if given else 0  # HCI_CHANNEL_RAW
        return {"dev": number & 0xFFFF, "channel": channel & 0xFFFF}
    (name,) = _items((address,), "s", caller, "")
    if "node" not in kinds:
        return {"bdaddr": device(name)}
    if len(name) > 32:
        raise ValueError(f"{caller}: node too long")
    return {"node": name}


def _hci_form(members: Members) -> Any:
    if "dev" in members:
        number, channel = members["dev"], members["channel"]
        return (number, channel) if channel else number
    if "node" in members:
        return members["node"].partition(b"\0")[0].decode()
    return device_text(members["bdaddr"])


_PARSERS: dict[str, Callable[[Any, str, Members], Members]] = {
    "L2CAP": _l2cap, "RFCOMM": _rfcomm, "SCO": _sco, "HCI": _hci
}  # fmt: skip
_FORMS: dict[str, Callable[[Members], Any]] = {
    "L2CAP": _l2cap_form, "RFCOMM": _rfcomm_form, "SCO": _sco_form, "HCI": _hci_form
}  # fmt: skip


# Of a number of any size, the lower bits count.
_INTS = str.maketrans("BHI", "BHI" if versions.BLUETOOTH_ANY_INT else "iii")


def _items(address: Any, letters: str, caller: str, parentheses: str = "()") -> list[Any]:
    wrong = f"{caller}{parentheses}: wrong format"
    try:
        return items(address, letters.translate(_INTS), wrong)
    except Exception:  # CPython replaces every error of PyArg_ParseTuple
        raise OSError(wrong) from None


# --- devices ---------------------------------------------------------------------------

_DIGITS = frozenset(b"0123456789abcdefABCDEF")


def device(name: bytes) -> bytes:
    """The bytes of a device in the order of C, from its text."""
    numbers = [_octet(written) for written in name.split(b":")]
    if len(numbers) == 6 and max(numbers) < 256:
        return bytes(numbers[::-1])
    raise OSError("bad bluetooth address")


def _octet(written: bytes) -> int:
    """A number as CPython reads it, by ``sscanf(3)`` with %X: after blanks, a sign and 0x."""
    number = written.lstrip(b" \t\n\v\f\r")
    digits = number[1:] if number[:1] in (b"+", b"-") else number
    if digits[:2] in (b"0x", b"0X"):
        digits = digits[2:]
    if not digits or not _DIGITS.issuperset(digits):
        raise OSError("bad bluetooth address")
    return int(number, 16) & 0xFFFFFFFF


def device_text(octets: bytes) -> str:
    """The text of a device; of the eight bytes of Windows, the last two are always zero."""
    return ":".join([f"{octet:02X}" for octet in octets[5::-1]])
