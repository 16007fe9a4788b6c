"""What the machine is and allows: its processors, and how many files may be open.

Two processes that wait for each other are kept on one processor: else the scheduler's choice would
decide more than the implementation does.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from typing import Any

# By the C library, as PyPy has no os.sched_setaffinity: cpu_set_t is a bit for each of 1024.
_libc = ctypes.CDLL(None)
_allowed = ctypes.create_string_buffer(128)
_KNOWN = (
    hasattr(_libc, "sched_setaffinity")
    and _libc.sched_getaffinity(0, len(_allowed), _allowed) >= 0
)


def share_one_processor() -> None:
    """Keep this process, and those that it starts from here on, on one processor."""
    if _KNOWN:
        allowed = int.from_bytes(_allowed.raw, sys.byteorder)
        lowest = (allowed & -allowed).to_bytes(len(_allowed), sys.byteorder)
        _libc.sched_setaffinity(0, len(_allowed), lowest)


def use_all_processors() -> None:
    """Let the system choose again."""
    if _KNOWN:
        _libc.sched_setaffinity(0, len(_allowed), _allowed)


def files() -> int:
    """How many files this process may open, once it has allowed itself as many as it can."""
    import resource  # which only POSIX systems have

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 30


def description() -> dict[str, Any]:
    """What figures depend on; not which machine it is."""
    release = ".".join(platform.release().split(".")[:2])
    processor = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            named = [line.partition(":")[2].strip() for line in file if line.startswith("model n")]
        processor = f"{platform.machine()}, {named[0]}" if named else processor
    return {
        "system": f"{platform.system()} {release}",
        "libc": " ".join(platform.libc_ver()).strip(),
        "processor": processor,
        "cores": os.cpu_count(),
    }
