"""AddressFamily, SocketKind, MsgFlag, AddressInfo: constants that print their names.

C knows numbers only.  The public module shows these four groups as enums; the package
below works with the integers, and turns them into members where they come out.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

from ._platform import public_constants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from enum import Enum
    from typing import Any, TypeVar

    from ._constants.declared import AddressFamily as AddressFamily
    from ._constants.declared import AddressInfo as AddressInfo
    from ._constants.declared import MsgFlag as MsgFlag
    from ._constants.declared import SocketKind as SocketKind

    Kind = TypeVar("Kind", bound=Enum)


def _members(prefix: str) -> list[tuple[str, int]]:
    # The first name of a value is the one it prints: AF_NETLINK, not AF_ROUTE.
    named = [
        (value, name)
        for name, value in public_constants.items()
        if name.startswith(prefix) and name.isupper()
    ]
    return [(name, value) for value, name in sorted(named)]


def _enum(base: Any, name: str, prefix: str, doc: str) -> Any:
    kind = base(name, _members(prefix), module=__package__)
    kind.__doc__ = doc
    return kind


if not TYPE_CHECKING:
    AddressFamily = _enum(IntEnum, "AddressFamily", "AF_", "The address families.")
    SocketKind = _enum(IntEnum, "SocketKind", "SOCK_", "The types of sockets.")
    MsgFlag = _enum(IntFlag, "MsgFlag", "MSG_", "The flags of send, recv and their kin.")
    AddressInfo = _enum(IntFlag, "AddressInfo", "AI_", "The flags of getaddrinfo.")


def member(kind: type[Kind], value: int) -> Kind:
    """``value`` as a member of ``kind``, or as it is where no member has it."""
    try:
        return kind(value)
    except ValueError:
        return value  # type: ignore[return-value]
