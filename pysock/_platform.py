"""Which system is this?  The one place that asks, and the one that loads its library.

What the rest of the package needs to know about the host follows from here: its ABI row
(``abi``), its numbers (``constants``), its structs and its C functions (``lib``).
"""

from __future__ import annotations

import ctypes
import os
import sys

from . import _constants, _libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _target() -> str:
    """The name of the host in the tables of constants: ``linux-gnu-x86_64``."""
    if os.name == "nt":
        return _windows()
    bits = ctypes.sizeof(ctypes.c_void_p) * 8
    machine = os.uname().machine
    # What uname(2) says is the kernel's machine; a 32-bit process may run on a 64-bit one.
    other = {"amd64": "x86_64", "ppc64le": "powerpc64le", "arm64": "aarch64"}
    machine = other.get(machine, machine)
    if bits == 32:
        narrow = {"x86_64": "i386", "aarch64": "armhf", "mips64": "mips", "ppc64": "powerpc"}
        if machine.startswith("armv"):
            machine = "armhf"
        elif machine[:1] == "i" and machine.endswith("86"):
            machine = "i386"
        machine = narrow.get(machine, machine)
    if machine == "mips" and sys.byteorder == "little":
        machine = "mipsel"
    elif machine == "mips64" and sys.byteorder == "little":
        machine = "mips64el"
    if sys.platform == "darwin":
        return "darwin-arm64" if machine == "aarch64" else "darwin-x86_64"
    if sys.platform.startswith("linux"):
        libc = "gnu" if hasattr(ctypes.CDLL(None), "gnu_get_libc_version") else "musl"
        return f"linux-{libc}-{machine}"
    for system in ("freebsd", "netbsd", "openbsd"):
        if sys.platform.startswith(system):
            return f"{system}-{machine}"
    raise ImportError(f"pysock has no declarations for the platform {sys.platform!r}")


def _windows() -> str:
    build = sys.version.lower()  # says what this process is, on whatever machine
    if "amd64" in build:
        return "windows-x86_64"
    return "windows-aarch64" if "arm64" in build else "windows-i386"


def _known(target: str) -> str:
    """``target``, or for a Linux on some other processor the kernel's generic numbers."""
    if target in _constants.targets(target.partition("-")[0]) or sys.platform != "linux":
        return target
    return f"{target.rpartition('-')[0]}-generic{'' if sys.maxsize > 2**32 else '32'}"


target = _known(_target())
if target.startswith("windows"):
    from . import _winsock

    system: Any = _winsock
else:
    system = _libc

abi = _libc.abi_of(target)
constants = abi.constants
structs: dict[str, Any] = system.structs(abi)
lib, at_once = system.load(abi)
public_constants: dict[str, int] = system.shown(_constants.table(target))
public_texts: dict[str, str] = _constants.texts(target)


def public() -> Any:
    """The module that programs import, with whatever they have put in it.

    Tests replace names there (``socket.socket``, ``socket.getaddrinfo``) to mock them;
    what is built on such names looks them up here, when it is called.
    """
    return sys.modules[__package__]
