"""Which host is which target: what uname(2) says of a machine, and the width of the process."""

from __future__ import annotations

import pytest

from pysock import _constants, _libc, _platform


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
