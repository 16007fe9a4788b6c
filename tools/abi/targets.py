"""The targets: which compiler, which include folders, and what each has in common with others.

A target is one system on one processor (on Linux, with one libc).  Its *layers* name the groups it
belongs to, broadest first: what a whole group has otherwise than the system's first target is
written once, under the group's name.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata, util
from pathlib import Path

ZIGLANG = "0.17.1"
BLUETOOTH = Path("/usr/include/bluetooth")

# The newest version of each that ziglang has: asked for by the triple, named in the tables.
GLIBC, FREEBSD, NETBSD, OPENBSD = "2.44", "15.0", "11.0", "7.9"


@dataclass(frozen=True)
class Target:
    """One row: its public name, the compiler's own name for it, and where its headers are."""

    name: str
    compiler: str  # a zig triple, or the prefix of a gcc cross compiler
    includes: tuple[str, ...] = ()  # folders of zig's lib/libc/include, first to last
    layers: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()

    @property
    def system(self) -> str:
        """The module that holds its table: linux, darwin, freebsd, netbsd, openbsd, windows."""
        return self.name.partition("-")[0]

    @cached_property
    def command(self) -> list[str]:
        """The compiler and the options that every run of it needs."""
        options = [f"-D{define}" for define in self.defines]
        if not self.includes:
            return [f"{self.compiler}-gcc", "-ftrack-macro-expansion=0", *options]
        library = zig_library()
        folders = [library / "include", *(library / "libc/include" / x for x in self.includes)]
        options += ["-nostdinc", "-ferror-limit=0"]
        for folder in folders:
            options += ["-isystem", str(folder)]
        return [str(library.parent / "zig"), "cc", "-target", self.compiler, *options]


def zig_library() -> Path:
    """The ``lib`` folder of the installed ziglang package: compiler headers and every libc's."""
    spec = util.find_spec("ziglang")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("ziglang")
    return Path(spec.origin).parent / "lib"


def missing(targets: Sequence[Target]) -> str:
    """The command that installs what these targets' tables need; empty if all is there."""
    commands, packages = [], []
    try:
        found = metadata.version("ziglang")
    except metadata.PackageNotFoundError:
        found = "none"
    if found != ZIGLANG and any(target.includes for target in targets):
        commands.append(f"pip install ziglang=={ZIGLANG}")
    if not BLUETOOTH.is_dir() and any(target.system == "linux" for target in targets):
        packages.append("libbluetooth-dev")
    for target in targets:
        if not target.includes and not shutil.which(f"{target.compiler}-gcc"):
            machine = target.name.rpartition("-")[2]
            libc = "libc6.1" if machine == "alpha" else "libc6"
            packages += [f"gcc-{target.compiler}", f"{libc}-dev-{machine}-cross"]
    if packages:
        commands.append(f"apt-get install {' '.join(packages)}")
    return " && ".join(commands)


def _glibc(
    machine: str, triple: str, folder: str, *layers: str, defines: tuple[str, ...] = ()
) -> Target:
    includes = (f"{folder}-linux-gnu", "generic-glibc", f"{folder}-linux-any", "any-linux-any")
    return Target(f"linux-gnu-{machine}", f"{triple}.{GLIBC}", includes, layers, defines)


def _musl(machine: str, triple: str, folder: str, kernel: str, *layers: str) -> Target:
    includes = (f"{folder}-linux-musl", "generic-musl", f"{kernel}-linux-any", "any-linux-any")
    return Target(f"linux-musl-{machine}", triple, includes, ("musl", *layers))


def _cross(machine: str, *layers: str) -> Target:
    return Target(f"linux-gnu-{machine}", f"{machine}-linux-gnu", (), ("alpha and hppa", *layers))


def _bsd(system: str, version: str, machine: str, folder: str, *layers: str) -> Target:
    includes = (f"{folder}-{system}-none", f"generic-{system}")
    return Target(f"{system}-{machine}", f"{folder}-{system}.{version}", includes, layers)


_TIME64 = ("_TIME_BITS=64", "_FILE_OFFSET_BITS=64")

# The first target of a system is its reference: `CONSTANTS` is what that one has.
TARGETS = (
    _glibc("x86_64", "x86_64-linux-gnu", "x86"),
    _glibc("aarch64", "aarch64-linux-gnu", "aarch64"),
    _glibc("riscv64", "riscv64-linux-gnu", "riscv"),
    _glibc("s390x", "s390x-linux-gnu", "s390x"),
    _glibc("loongarch64", "loongarch64-linux-gnu", "loongarch"),
    _glibc("powerpc64le", "powerpc64le-linux-gnu", "powerpc", "powerpc"),
    _glibc("mips64el", "mips64el-linux-gnuabi64", "mips", "mips"),
    _glibc("sparc64", "sparc64-linux-gnu", "sparc"),
    _glibc("i386", "x86-linux-gnu", "x86", "32-bit"),
    _glibc("i386-time64", "x86-linux-gnu", "x86", "32-bit", "time64", defines=_TIME64),
    _glibc("armhf", "arm-linux-gnueabihf", "arm", "32-bit"),
    _glibc("armhf-time64", "arm-linux-gnueabihf", "arm", "32-bit", "time64", defines=_TIME64),
    _glibc("powerpc", "powerpc-linux-gnueabihf", "powerpc", "32-bit", "powerpc"),
    _glibc("mips", "mips-linux-gnueabihf", "mips", "32-bit", "mips"),
    _glibc("mipsel", "mipsel-linux-gnueabihf", "mips", "32-bit", "mips"),
    _cross("alpha"),
    _cross("hppa", "32-bit"),
    _musl("x86_64", "x86_64-linux-musl", "x86_64", "x86"),
    _musl("aarch64", "aarch64-linux-musl", "aarch64", "aarch64"),
    _musl("riscv64", "riscv64-linux-musl", "riscv64", "riscv"),
    _musl("s390x", "s390x-linux-musl", "s390x", "s390x"),
    _musl("loongarch64", "loongarch64-linux-musl", "loongarch64", "loongarch"),
    _musl("powerpc64le", "powerpc64le-linux-musl", "powerpc64", "powerpc", "powerpc"),
    _musl("i386", "x86-linux-musl", "x86", "x86", "32-bit", "time64"),
    _musl("armhf", "arm-linux-musleabihf", "arm", "arm", "32-bit", "time64"),
    Target("darwin-arm64", "aarch64-macos", ("any-darwin-any",)),
    Target("darwin-x86_64", "x86_64-macos", ("any-darwin-any",)),
    _bsd("freebsd", FREEBSD, "x86_64", "x86_64"),
    _bsd("freebsd", FREEBSD, "aarch64", "aarch64"),
    _bsd("freebsd", FREEBSD, "i386", "x86", "32-bit"),
    _bsd("netbsd", NETBSD, "x86_64", "x86_64"),
    _bsd("netbsd", NETBSD, "aarch64", "aarch64"),
    _bsd("openbsd", OPENBSD, "x86_64", "x86_64"),
    _bsd("openbsd", OPENBSD, "aarch64", "aarch64"),
    Target("windows-x86_64", "x86_64-windows-gnu", ("any-windows-any",)),
    Target("windows-i386", "x86-windows-gnu", ("any-windows-any",), ("32-bit",)),
    Target("windows-aarch64", "aarch64-windows-gnu", ("any-windows-any",)),
)
