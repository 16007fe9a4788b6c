"""Which host is which target: what uname(2) says of a machine, and the width of the process."""

from __future__ import annotations

import os
import sys

import pytest

from pysock import _constants, _libc, _platform

from .foreign import FOREIGN
from .harness import run

needs_uname = pytest.mark.skipif(not hasattr(os, "uname"), reason="no uname(2) here")


@pytest.mark.parametrize(
    ("system", "machine", "bits", "order", "processor"),
    [
        ("linux-gnu", "x86_64", 64, "little", "x86_64"),
        ("linux-gnu", "x86_64", 32, "little", "i386"),
        ("linux-musl", "i686", 32, "little", "i386"),
        ("linux-musl", "aarch64", 64, "little", "aarch64"),
        ("linux-gnu", "aarch64", 32, "little", "armhf"),
        ("linux-gnu", "armv7l", 32, "little", "armhf"),
        ("linux-gnu", "armv8l", 32, "little", "armhf"),
        ("linux-gnu", "ppc", 32, "big", "powerpc"),
        ("linux-gnu", "ppc64", 32, "big", "powerpc"),
        ("linux-gnu", "ppc64", 64, "big", "ppc64"),
        ("linux-musl", "ppc64le", 64, "little", "powerpc64le"),
        ("linux-gnu", "mips", 32, "big", "mips"),
        ("linux-gnu", "mips64", 32, "little", "mipsel"),
        ("linux-gnu", "mips64", 64, "little", "mips64el"),
        ("linux-gnu", "mips64", 64, "big", "mips64"),
        ("linux-gnu", "parisc64", 32, "big", "hppa"),
        ("linux-gnu", "s390x", 64, "big", "s390x"),
        ("linux-gnu", "sparc64", 64, "big", "sparc64"),
        ("linux-gnu", "alpha", 64, "little", "alpha"),
        ("freebsd", "amd64", 64, "little", "x86_64"),
        ("freebsd", "arm64", 64, "little", "aarch64"),
        ("freebsd", "amd64", 32, "little", "i386"),
        ("netbsd", "amd64", 64, "little", "x86_64"),
        ("netbsd", "evbarm", 64, "little", "aarch64"),
        ("openbsd", "amd64", 64, "little", "x86_64"),
        ("openbsd", "arm64", 64, "little", "aarch64"),
    ],
)
def test_machines(system: str, machine: str, bits: int, order: str, processor: str) -> None:
    assert _platform._processor(machine, bits, order) == processor
    target = f"{system}-{processor}"
    assert _constants.knows(target)
    row = _libc.abi_of(target)
    assert (row.bits, row.order) == (bits, order)


def test_the_host_is_one_of_them() -> None:
    assert _constants.knows(_platform.target)
    assert not _constants.knows("linux-gnu-nosuch")


def target_of(monkeypatch: pytest.MonkeyPatch, system: str, machine: str) -> str:
    """The target of a host: what ``sys.platform`` says there, and uname(2) of the processor."""
    uname = os.uname_result((system, "host", "1", "1", machine))
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(os, "uname", lambda: uname)
    return _platform._known(_platform._target())


@needs_uname
@pytest.mark.skipif(sys.maxsize < 2**32, reason="these are 64-bit systems")
@pytest.mark.parametrize(
    ("system", "machine", "target"),
    [
        ("darwin", "arm64", "darwin-arm64"),
        ("darwin", "x86_64", "darwin-x86_64"),
        ("ios", "iPhone14,5", "darwin-arm64"),
        ("ios", "arm64", "darwin-arm64"),
        ("ios", "x86_64", "darwin-x86_64"),
        ("freebsd14", "amd64", "freebsd-x86_64"),
        ("freebsd15", "arm64", "freebsd-aarch64"),
        ("netbsd10", "amd64", "netbsd-x86_64"),
        ("openbsd7", "arm64", "openbsd-aarch64"),
    ],
)
def test_a_host_is_a_target(
    system: str, machine: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert target_of(monkeypatch, system, machine) == target


@needs_uname
@pytest.mark.parametrize(
    ("system", "machine", "words"),
    [
        ("freebsd14", "powerpc", "freebsd on the processor 'powerpc'"),
        ("freebsd14", "riscv", "freebsd on the processor 'riscv'"),
        ("netbsd10", "sparc64", "netbsd on the processor 'sparc64'"),
        ("openbsd7", "riscv64", "openbsd on the processor 'riscv64'"),
        ("darwin", "Power Macintosh", "darwin on the processor 'Power Macintosh'"),
        ("dragonfly6", "x86_64", "the system 'dragonfly6'"),
        ("sunos5", "i86pc", "the system 'sunos5'"),
        ("wasi", "wasm32", "the system 'wasi'"),
    ],
)
def test_what_has_no_tables_is_an_import_error(
    system: str, machine: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ImportError) as caught:
        target_of(monkeypatch, system, machine)
    assert words in str(caught.value)
    assert all(target in str(caught.value) for target in _constants.targets())


@needs_uname
@pytest.mark.parametrize("system", ["linux", "android"])
def test_the_c_library_of_android_is_none_of_them(
    system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its kernel is that of Linux, and ``sys.platform`` says so before Python 3.13."""
    monkeypatch.setattr(sys, "getandroidapilevel", lambda: 24, raising=False)
    with pytest.raises(ImportError, match="Android's C library; it knows linux-gnu-x86_64"):
        target_of(monkeypatch, system, "aarch64")


@needs_uname
def test_what_is_no_glibc_is_musl_or_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """uClibc has structs of its own, too (msghdr); it is told by what it exports."""

    def refuses(name: str) -> str:
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(os, "confstr", refuses, raising=False)
    assert target_of(monkeypatch, "linux", "aarch64").startswith("linux-musl-")  # or 32 bits of it
    monkeypatch.setattr(_platform, "_exports", "__uClibc_main".__eq__)
    with pytest.raises(ImportError, match="the C library uClibc; it knows linux-gnu-x86_64"):
        target_of(monkeypatch, "linux", "aarch64")


@needs_uname
@pytest.mark.skipif(FOREIGN, reason="the bed of tests.bsd says which system this is")
def test_the_import_says_so() -> None:
    done = run("import sys; sys.platform = 'haiku1'; import pysock")
    assert "ImportError: pysock has no declarations for the system 'haiku1'" in done.stderr
