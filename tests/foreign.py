"""Where pysock runs as on another system than its interpreter: numbers by their names.

That is so on the bed of ``tests.bsd``: the interpreter's own ``socket`` has the numbers of Linux.
Each function is given the module whose number it is.
"""

from __future__ import annotations

import errno
import re
import socket as stdlib
from typing import Any

import pytest

import pysock
from pysock._host import abi

# Whether `socket` has the numbers of another system than pysock.
FOREIGN = any(getattr(stdlib, n) != getattr(pysock, n) for n in ("AF_INET6", "SOL_SOCKET"))
LINUX = abi.name.startswith("linux")


def _has_ssl() -> bool:
    try:
        import ssl  # noqa: F401
    except ImportError:
        return False
    return True


# An interpreter may have been built without it, as most are that were made by hand.
needs_ssl = pytest.mark.skipif(not _has_ssl(), reason="this interpreter has no ssl")


def error_name(number: int, module: Any) -> str:
    """The name of an errno."""
    names: dict[int, str] = dict(errno.errorcode)
    if module is stdlib:
        names = getattr(errno, "of_the_c_module", names)
    return names.get(number, str(number))


def gai_name(number: int, module: Any) -> str:
    """The name of an error of ``getaddrinfo``."""
    return _name(number, module, "EAI_")


def text(message: str, module: Any) -> str:
    """A message with names in the place of numbers that differ."""
    if not FOREIGN:
        return message
    family = r"(?<=family=)\d+"
    message = re.sub(family, lambda found: _name(int(found[0]), module, "AF_"), message)
    numbers = r"(?<=\[Errno )\d+|(?<=Error\()\d+(?=, ')"
    message = re.sub(numbers, lambda found: error_name(int(found[0]), module), message)
    if not hasattr(pysock, "SO_PROTOCOL"):  # then it is not known of a given descriptor
        message = re.sub(r"(?<=proto=)-?\d+", "N", message)
    return message


def event(name: str, told: list[Any], args: tuple[Any, ...], module: Any) -> list[Any]:
    """What an auditor is told of ``args``, with names of the family and of the flags in a type."""
    at = {"socket.__new__": 1, "socket.getaddrinfo": 2}.get(name)
    if at is None or not FOREIGN:
        return told
    named = ("AF_INET6", "AF_NETLINK")  # those that both have, with numbers that differ
    family = next((n for n in named if getattr(module, n, None) == args[at]), told[at])
    return [*told[:at], family, _type(args[at + 1], told[at + 1], module), *told[at + 2 :]]


def _type(kind: Any, told: Any, module: Any) -> Any:
    """A type without the flags in it, and their names, if that is what it is."""
    flags = [n for n in ("SOCK_CLOEXEC", "SOCK_NONBLOCK") if kind & getattr(module, n, 0)]
    plain = kind & ~sum(getattr(module, name) for name in flags)
    return (plain, flags) if flags and 0 < plain < 16 else told


def message(ancdata: list[Any], msg_flags: int, module: Any) -> tuple[Any, Any]:
    """The control messages and the flags that recvmsg answers.

    Of the flags, those that tell something: a kernel may give back what it was asked with.
    """
    rights = module.SOL_SOCKET, module.SCM_RIGHTS
    items = [("SCM_RIGHTS" if item[:2] == rights else item[:2], item[2]) for item in ancdata]
    return items, [n for n in ("MSG_TRUNC", "MSG_CTRUNC") if msg_flags & getattr(module, n)]


def _name(number: int, module: Any, prefix: str) -> str:
    names = {getattr(module, name): name for name in dir(module) if name.startswith(prefix)}
    return str(names.get(number, number))
