"""The public constants, and the four groups of them that print their names.

C knows numbers only.  The public module shows AddressFamily, SocketKind, MsgFlag and
AddressInfo as enums; the package below works with the integers, and turns them into
members where they come out.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

from . import _constants
from ._platform import WINDOWS, target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from enum import Enum
    from typing import Any, TypeVar

    from ._constants.declared import AddressFamily as AddressFamily
    from ._constants.declared import AddressInfo as AddressInfo
    from ._constants.declared import MsgFlag as MsgFlag
    from ._constants.declared import SocketKind as SocketKind

    Kind = TypeVar("Kind", bound=Enum)


public_constants = _constants.table(target)
public_texts = _constants.texts(target)
if WINDOWS:  # which of its constants there are, depends on what Windows this is
    from ._host import system

    public_constants = system.shown(public_constants)


# The first name of a value is the one it prints: AF_NETLINK, not AF_ROUTE.
_named = sorted(
    (value, name)
    for name, value in public_constants.items()
    if name.startswith(("AF_", "SOCK_", "MSG_", "AI_")) and name.isupper()
)


def _enum(base: Any, name: str, prefix: str, doc: str) -> Any:
    members = [(name, value) for value, name in _named if name.startswith(prefix)]
    kind = base(name, members, module=__package__)
    kind.__doc__ = doc
    return kind


if not TYPE_CHECKING:
    AddressFamily = _enum(IntEnum, "AddressFamily", "AF_", "The address families.")
    SocketKind = _enum(IntEnum, "SocketKind", "SOCK_", "The types of sockets.")
    MsgFlag = _enum(IntFlag, "MsgFlag", "MSG_", "The flags of send, recv and their kin.")
    AddressInfo = _enum(IntFlag, "AddressInfo", "AI_", "The flags of getaddrinfo.")

KINDS = (AddressFamily, SocketKind, MsgFlag, AddressInfo)


def member(kind: type[Kind], value: int) -> Kind:
    """``value`` as a member of ``kind``, or as it is where no member has it."""
    try:
        return kind(value)
    except ValueError:
        return value  # type: ignore[return-value]
