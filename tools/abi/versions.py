"""Which headers the tables come from: each table names them."""

from __future__ import annotations

import json
import re
import subprocess

from .compiler import evaluate
from .targets import FREEBSD, GLIBC, NETBSD, OPENBSD, TARGETS, ZIGLANG, Target, zig_library


def versions(system: str) -> list[str]:
    """One phrase for each source of a system's headers."""
    return _SOURCES[system]()


def _linux() -> list[str]:
    zig = next(target for target in TARGETS if target.system == "linux" and target.includes)
    gcc = next(target for target in TARGETS if target.system == "linux" and not target.includes)
    musl = _find(r'VERSION "(.*)"', "musl/src/internal/version.h")
    minor = evaluate(gcc, "posix.h", {"minor": "__GLIBC_MINOR__"})["minor"]
    return [
        f"Linux {_kernel(zig)}, glibc {GLIBC} and musl {musl}, as in ziglang {ZIGLANG};",
        f"for alpha and hppa Linux {_kernel(gcc)} and glibc 2.{minor}, as Debian's gcc has them;",
        f"for Bluetooth BlueZ {_bluez()}.",
    ]


def _darwin() -> list[str]:
    settings = json.loads((zig_library() / "libc/darwin/SDKSettings.json").read_text())
    return [f"the macOS SDK {settings['Version']}, as in ziglang {ZIGLANG}."]


def _windows() -> list[str]:
    header = "include/any-windows-any/_mingw_mac.h"
    parts = ("MAJOR", "MINOR", "BUGFIX")
    numbers = [_find(rf"#define __MINGW64_VERSION_{part} (\d+)", header) for part in parts]
    return [f"MinGW-w64 {'.'.join(numbers)}, as in ziglang {ZIGLANG}."]


_SOURCES = {
    "linux": _linux,
    "darwin": _darwin,
    "freebsd": lambda: [f"FreeBSD {FREEBSD}, as in ziglang {ZIGLANG}."],
    "netbsd": lambda: [f"NetBSD {NETBSD}, as in ziglang {ZIGLANG}."],
    "openbsd": lambda: [f"OpenBSD {OPENBSD}, as in ziglang {ZIGLANG}."],
    "windows": _windows,
}


def _find(pattern: str, file: str) -> str:
    match = re.search(pattern, (zig_library() / "libc" / file).read_text())
    assert match is not None, f"{file} has no {pattern}"
    return match[1]


def _kernel(target: Target) -> str:
    parts = ("MAJOR", "PATCHLEVEL")
    values = evaluate(target, "kernel.h", {part: f"LINUX_VERSION_{part}" for part in parts})
    return ".".join(str(values[part]) for part in parts)


def _bluez() -> str:
    query = ["dpkg-query", "-W", "-f", "${source:Upstream-Version}", "libbluetooth-dev"]
    return subprocess.run(query, capture_output=True, text=True, check=True).stdout
