"""Which system is this?  The one place that asks.

What the package needs to know about the host follows from its name in the tables (``target``).
"""

from __future__ import annotations

import os
import sys
import time

from . import _constants


def _target() -> str:
    """The name of the host in the tables of constants: ``linux-gnu-x86_64``."""
    if os.name == "nt":
        return _windows()
    bits = 64 if sys.maxsize > 2**32 else 32
    processor = _processor(os.uname().machine, bits, sys.byteorder)
    if sys.platform == "darwin":
        return "darwin-arm64" if processor == "aarch64" else "darwin-x86_64"
    if sys.platform.startswith("linux"):
        libc = _linux_library()
        target = f"linux-{libc}-{processor}"
        return f"{target}-time64" if bits == 32 and libc == "gnu" and _wide_time() else target
    for system in ("freebsd", "netbsd", "openbsd"):
        if sys.platform.startswith(system):
            return f"{system}-{processor}"
    raise ImportError(f"pysock has no declarations for the platform {sys.platform!r}")


def _linux_library() -> str:
    """glibc says its version; musl and others do not know the question."""
    try:
        return "gnu" if os.confstr("CS_GNU_LIBC_VERSION") else "musl"
    except (AttributeError, ValueError, OSError):
        return "musl"


# What uname(2) calls a processor, where the tables call it otherwise; and what a 32-bit
# process is on it, for uname tells the kernel's machine.
_PROCESSORS = {"amd64": "x86_64", "arm64": "aarch64", "evbarm": "aarch64", "ppc": "powerpc"}
_PROCESSORS |= {"ppc64le": "powerpc64le", "parisc": "hppa", "parisc64": "hppa"}
_NARROW = {"x86_64": "i386", "aarch64": "armhf", "mips64": "mips", "ppc64": "powerpc"}


def _processor(machine: str, bits: int, order: str) -> str:
    """The processor's name in the tables."""
    machine = _PROCESSORS.get(machine, machine)
    if bits == 32:
        if machine.startswith("armv"):
            machine = "armhf"
        elif machine[:1] == "i" and machine.endswith("86"):
            machine = "i386"
        machine = _NARROW.get(machine, machine)
    if machine in ("mips", "mips64") and order == "little":
        machine += "el"
    return machine


def _wide_time() -> bool:
    """Whether this 32-bit Python, and so its C library's callers, have a 64-bit ``time_t``."""
    try:
        time.gmtime(2**32)
    except (OverflowError, OSError):
        return False
    return True


def _windows() -> str:
    build = sys.version.lower()  # says what this process is, on whatever machine
    if "amd64" in build:
        return "windows-x86_64"
    return "windows-aarch64" if "arm64" in build else "windows-i386"


def _known(target: str) -> str:
    """``target``, or for a Linux on some other processor the kernel's generic numbers."""
    if _constants.knows(target) or sys.platform != "linux":
        return target
    usual = target.replace("-time64", "")
    if _constants.knows(usual):
        return usual
    return f"{usual.rpartition('-')[0]}-generic{'' if sys.maxsize > 2**32 else '32'}"


target = _known(_target())
WINDOWS = target.startswith("windows")
