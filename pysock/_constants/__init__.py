"""The constants of every platform: a module for each system, loaded when it is first needed.

A target is a platform's name, like ``linux-musl-s390x``.  A system's module, which
``python -m tools.abi`` generates from the system's headers, has

``CONSTANTS``, ``INTERNAL``  the public constants of the system's first target, and those that
                             only this package needs
``DIFFERENCES``              layers: constants that other targets have instead, or None for a
                             constant that they lack; Linux' are in ``linux_differences``, which
                             its first target does not load
``TARGETS``                  each target, and the layers that apply to it, in their order

``table("linux-musl-s390x")`` is CONSTANTS, changed by each layer of that target.  A value is
what CPython shows.  CPython passes it through a C ``long``, so if that has 32 bits,
INADDR_BROADCAST is -1.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Optional

    # CONSTANTS, INTERNAL and TARGETS of one system; DIFFERENCES.
    System = tuple[dict[str, int], dict[str, int], dict[str, tuple[str, ...]]]
    Layers = dict[str, dict[str, Optional[int]]]

SYSTEMS = ("linux", "darwin", "freebsd", "netbsd", "openbsd", "windows")

# Targets that share the constants and layouts of another.  mips64 and ppc64 have those of the
# same processor with the other byte order.  A Linux processor without tables has the kernel's
# asm-generic values, and so have the processors to which the last four refer.
_SAME = {
    "linux-gnu-mips64": "linux-gnu-mips64el",
    "linux-gnu-ppc64": "linux-gnu-powerpc64le",
    "linux-musl-ppc64": "linux-musl-powerpc64le",
    "linux-gnu-generic": "linux-gnu-riscv64",
    "linux-gnu-generic32": "linux-gnu-armhf",
    "linux-musl-generic": "linux-musl-riscv64",
    "linux-musl-generic32": "linux-musl-armhf",
}


# The constants that are text.  A platform has a group of them if it has a certain number.
_TEXTS = {
    "BTPROTO_RFCOMM": {
        "BDADDR_ANY": "00:00:00:00:00:00",
        "BDADDR_LOCAL": "00:00:00:FF:FF:FF",
    },
    "HV_PROTOCOL_RAW": {
        "HV_GUID_ZERO": "00000000-0000-0000-0000-000000000000",
        "HV_GUID_WILDCARD": "00000000-0000-0000-0000-000000000000",
        "HV_GUID_BROADCAST": "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "HV_GUID_CHILDREN": "90DB8B89-0D35-4F79-8CE9-49EA0AC8B7CD",
        "HV_GUID_LOOPBACK": "E0E16197-DD56-4A10-9195-5EE7A155A838",
        "HV_GUID_PARENT": "A42E7CDA-D03F-480C-9CC2-A4DE20ABB878",
    },
}


def targets(*systems: str) -> tuple[str, ...]:
    """The names of the targets of ``systems``, or of all: ``linux-gnu-x86_64``, …"""
    return tuple(target for system in systems or SYSTEMS for target in _system(system)[2])


def knows(target: str) -> bool:
    """Whether there are tables of a target."""
    return canonical(target) in _system(target.partition("-")[0])[2]


def canonical(target: str) -> str:
    """The target whose constants and layouts ``target`` shares, mostly ``target`` itself."""
    return _SAME.get(target, target)


def table(target: str) -> dict[str, int]:
    """The constants of ``socket`` on a target, except texts; ValueError if it is unknown."""
    return _tables(target)[0]


def texts(target: str) -> dict[str, str]:
    """The constants of ``socket`` on a target that are text."""
    numbers = table(target)
    return {k: v for number, group in _TEXTS.items() if number in numbers for k, v in group.items()}


def internal(target: str) -> dict[str, int]:
    """The constants of a target that only this package needs."""
    return _tables(target)[1]


def _tables(target: str) -> tuple[dict[str, int], dict[str, int]]:
    name = canonical(target)
    system = name.partition("-")[0]
    if system not in SYSTEMS:
        raise _unknown(target)
    constants, internal, layers = _system(system)
    if name not in layers:
        raise _unknown(target)
    public, private = dict(constants), dict(internal)
    for layer in layers[name]:
        for key, value in _differences(system)[layer].items():
            changed = private if key in internal else public
            if value is None:
                del changed[key]
            else:
                changed[key] = value
    return public, private


def _system(name: str) -> System:
    # An import statement each, so that tools that freeze applications find the modules.
    if name == "linux":
        from . import linux

        return linux.CONSTANTS, linux.INTERNAL, linux.TARGETS
    if name == "darwin":
        from . import darwin

        return darwin.CONSTANTS, darwin.INTERNAL, darwin.TARGETS
    if name == "freebsd":
        from . import freebsd

        return freebsd.CONSTANTS, freebsd.INTERNAL, freebsd.TARGETS
    if name == "netbsd":
        from . import netbsd

        return netbsd.CONSTANTS, netbsd.INTERNAL, netbsd.TARGETS
    if name == "openbsd":
        from . import openbsd

        return openbsd.CONSTANTS, openbsd.INTERNAL, openbsd.TARGETS
    from . import windows

    return windows.CONSTANTS, windows.INTERNAL, windows.TARGETS


def _differences(name: str) -> Layers:
    if name == "linux":
        from . import linux_differences

        return linux_differences.DIFFERENCES
    if name == "darwin":
        from . import darwin

        return darwin.DIFFERENCES
    if name == "freebsd":
        from . import freebsd

        return freebsd.DIFFERENCES
    if name == "netbsd":
        from . import netbsd

        return netbsd.DIFFERENCES
    if name == "openbsd":
        from . import openbsd

        return openbsd.DIFFERENCES
    from . import windows

    return windows.DIFFERENCES


def _unknown(target: str) -> ValueError:
    near = nearest(target, targets())
    hint = f"the nearest are {', '.join(near)}" if near else "python -m pysock abi lists them"
    return ValueError(f"no target is called {target!r}; {hint}")


def nearest(word: str, known: Sequence[str]) -> list[str]:
    """Up to three of ``known`` that begin like ``word``, for a hint in an error's message.

    (``difflib`` finds better ones, but importing it takes 3 ms.)
    """
    for end in range(len(word), len(word) // 2, -1):
        found = [name for name in known if name.startswith(word[:end])]
        if found:
            return found[:3]
    return []
