"""The name of the host in the tables of platforms: ``target``, like ``linux-gnu-x86_64``.

No other module asks for ``sys.platform`` or ``os.name``: what the package needs to know about
the host follows from its target.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time

from . import _constants


def _target() -> str:
    """The target that the host would be, whether the tables have it or not."""
    if os.name == "nt":
        return _windows()
    bits = 64 if sys.maxsize > 2**32 else 32
    processor = _processor(os.uname().machine, bits, sys.byteorder)
    if sys.platform == "ios":  # macOS' kernel and C library; uname(2) may name the model
        return "darwin-x86_64" if processor == "x86_64" else "darwin-arm64"
    if sys.platform == "darwin":
        return "darwin-arm64" if processor == "aarch64" else f"darwin-{processor}"
    if sys.platform.startswith(("linux", "android")):
        libc = _linux_library()
        target = f"linux-{libc}-{processor}"
        return f"{target}-time64" if bits == 32 and libc == "gnu" and _wide_time() else target
    for system in ("freebsd", "netbsd", "openbsd"):
        if sys.platform.startswith(system):
            return f"{system}-{processor}"
    raise _unknown(f"the system {sys.platform!r}")


def _unknown(what: str) -> ImportError:
    known = ", ".join(_constants.targets())
    return ImportError(f"pysock has no declarations for {what}; it knows {known}")


def _linux_library() -> str:
    """``gnu`` or ``musl``: only glibc has its version in ``confstr(3)``.

    Nothing tells musl: what is neither glibc nor another one that is known is taken for it.
    """
    if hasattr(sys, "getandroidapilevel"):
        # The kernel is Linux', but the C library has structs and numbers of its own (addrinfo).
        raise _unknown("Android's C library")
    try:
        glibc = os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):
        glibc = None
    if not glibc and _exports("__uClibc_main"):
        raise _unknown("the C library uClibc")
    return "gnu" if glibc else "musl"


def _exports(symbol: str) -> bool:
    """Whether a library that this process has loaded exports a symbol."""
    try:
        return hasattr(ctypes.CDLL(None), symbol)
    except OSError:  # a process without a dynamic loader
        return False


# uname(2)'s name of a processor → the tables' name, where they differ.  uname names the kernel's
# processor; _NARROW has the processor that a 32-bit process on it is compiled for.
_PROCESSORS = {"amd64": "x86_64", "arm64": "aarch64", "evbarm": "aarch64", "ppc": "powerpc"}
_PROCESSORS |= {"ppc64le": "powerpc64le", "parisc": "hppa", "parisc64": "hppa"}
_NARROW = {"x86_64": "i386", "aarch64": "armhf", "mips64": "mips", "ppc64": "powerpc"}


def _processor(machine: str, bits: int, order: str) -> str:
    """The tables' name of a processor: ``machine`` of uname(2) in a process of ``bits``."""
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
    """Whether this 32-bit Python was compiled with a 64-bit ``time_t``."""
    try:
        time.gmtime(2**32)
    except (OverflowError, OSError):
        return False
    return True


def _windows() -> str:
    build = sys.version.lower()  # names the processor of this process, not of the machine
    if "amd64" in build:
        return "windows-x86_64"
    return "windows-aarch64" if "arm64" in build else "windows-i386"


def _known(target: str) -> str:
    """``target``, or on Linux, if the tables lack the processor, the kernel's generic target.

    Raises ImportError for any other target that the tables lack.
    """
    if _constants.knows(target):
        return target
    system, _, processor = target.partition("-")
    if system != "linux":
        raise _unknown(f"{system} on the processor {processor!r}")
    usual = target.replace("-time64", "")
    if _constants.knows(usual):
        return usual
    return f"{usual.rpartition('-')[0]}-generic{'' if sys.maxsize > 2**32 else '32'}"


target = _known(_target())
WINDOWS = target.startswith("windows")
