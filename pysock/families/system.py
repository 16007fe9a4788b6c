"""AF_SYSTEM: connections to kernel controls, on macOS.

In Python, an address is ``(id, unit)``: the number of a control and of one of its units.  It can
also be the control's name, a str.  Then the codec asks the kernel for the id, and the unit is 0,
which lets the kernel choose a unit.  The protocol of the socket must be SYSPROTO_CONTROL.

In C, an address is a ``struct sockaddr_ctl`` (``<sys/kern_control.h>``).  There is no manual page;
comments in the header explain the interface.

>>> from pysock.families import pack, unpack
>>> raw = pack("AF_SYSTEM", (7, 1), proto=2, platform="darwin-arm64")
>>> raw[:12].hex(" ")
'20 20 02 00 07 00 00 00 01 00 00 00'
>>> unpack(raw, proto=2, platform="darwin-arm64")
(7, 1)
"""

from __future__ import annotations

from ctypes import c_char, c_ubyte

from .._ffi.arguments import fs_bytes
from .._ffi.errors import checked
from .._host import abi as host
from .._host import lib
from ._codec import FamilyCodec
from ._items import items

if host.name.startswith("darwin"):
    from fcntl import ioctl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

AF_SYS_CONTROL = 2
CTLIOCGINFO = 0xC0644E03  # _IOWR('N', 3, struct ctl_info)


class Family(FamilyCodec):
    needs = "SYSPROTO_CONTROL"

    def declare(self) -> None:
        self.sockaddr_ctl = self.abi.sockaddr(
            "sockaddr_ctl",
            "sc",
            ("ss_sysaddr", "uint16_t"),
            ("sc_id", "uint32_t"),
            ("sc_unit", "uint32_t"),
            ("sc_reserved", c_ubyte * 20),
        )
        self.ctl_info = self.abi.struct(
            "ctl_info", ("ctl_id", "uint32_t"), ("ctl_name", c_char * 96)
        )
        self.fill = self.sockaddr_ctl.packer(self.family)
        self.control = self.abi.constants["SYSPROTO_CONTROL"]

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        if proto != self.control:
            raise OSError(f"{caller}(): unsupported PF_SYSTEM protocol")
        if isinstance(address, str):
            return self.fill(AF_SYS_CONTROL, self.id_of(fs_bytes(address)), 0, b"")
        complaint = f"{caller}(): PF_SYSTEM address must be a str or a pair (id, unit)"
        try:
            number, unit = items(address, "II", complaint)
        except Exception:  # CPython replaces every error of PyArg_ParseTuple
            raise TypeError(complaint) from None
        return self.fill(AF_SYS_CONTROL, number, unit, b"")

    def unpack(self, raw: bytes, proto: int) -> tuple[int, int]:
        if proto != self.control:
            raise ValueError("Invalid address type")
        _, _, number, unit, _ = self.sockaddr_ctl.unpack(raw)
        return number, unit

    def id_of(self, name: bytes) -> int:
        """``ioctl(2)`` with CTLIOCGINFO: the id of the control called ``name``."""
        if len(name) > self.ctl_info.ctl_name.size:
            raise ValueError("provided string is too long")
        unknown = "cannot find kernel control with provided name"
        if self.abi is not host:  # whose kernel does not know the controls of another platform
            raise OSError(unknown)
        info = self.ctl_info(ctl_name=name)
        asked = checked(lib.socket, self.family, self.abi.constants["SOCK_DGRAM"], self.control)
        try:
            ioctl(asked, CTLIOCGINFO, info)
        except OSError:
            raise OSError(unknown) from None
        finally:
            lib.close(asked)
        number: int = info.ctl_id
        return number

    def text(self, member: str, octets: bytes) -> str | None:
        if member == "ss_sysaddr":
            return "AF_SYS_CONTROL"
        return "" if member == "sc_reserved" else None
