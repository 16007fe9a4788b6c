"""The public constants, and the enums of four groups of them.

C has only numbers.  The public module has the enums AddressFamily, SocketKind, MsgFlag and
AddressInfo, whose members print their names.  The modules below this one use the numbers;
public functions turn a number that they return into a member (``member``).
"""

from __future__ import annotations

import enum
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
if WINDOWS:  # whose version decides which constants are public
    from ._host import system

    public_constants = system.shown(public_constants)


# A list of a tuple, and no loop below: a loop over 1,300 names would be compiled by PyPy, in 2 ms.
_names = tuple(public_constants)
public_names = list(_names)

# In this order the names of an enum stand together, between its prefix and the prefix with "~".
# To ask each name for its prefix takes three times as many steps.
_PREFIXES = ("AF_", "SOCK_", "MSG_", "AI_")
_ordered = sorted([*_names, *_PREFIXES, *[f"{prefix}~" for prefix in _PREFIXES]])

# With this the standard library makes enums since 3.11: the same class, in half of the steps.
_convert: Any = getattr(enum, "_simple_enum", None)


def _enum(base: Any, name: str, prefix: str, doc: str) -> Any:
    own = _ordered[_ordered.index(prefix) + 1 : _ordered.index(f"{prefix}~")]
    # By value; of equal ones an enum prints the name that comes first: AF_NETLINK, not AF_ROUTE.
    names = sorted(filter(str.isupper, own), key=public_constants.__getitem__)
    members = {name: public_constants[name] for name in names}
    if _convert is None:
        kind = base(name, members, module=__package__)
        kind.__doc__ = doc
        return kind
    kind = _convert(base)(type(name, (), {**members, "__module__": __package__, "__doc__": doc}))
    present = vars(kind)
    for each, member in kind.__members__.items():
        if present[each] is not member:  # 3.11 and 3.12 put a property there, which is slower
            type.__setattr__(kind, each, member)
    return kind


if not TYPE_CHECKING:
    AddressFamily = _enum(IntEnum, "AddressFamily", "AF_", "The address families.")
    SocketKind = _enum(IntEnum, "SocketKind", "SOCK_", "The types of sockets.")
    MsgFlag = _enum(IntFlag, "MsgFlag", "MSG_", "The flags of send, recv and similar functions.")
    AddressInfo = _enum(IntFlag, "AddressInfo", "AI_", "The flags of getaddrinfo.")

KINDS = (AddressFamily, SocketKind, MsgFlag, AddressInfo)
# Asked of a dict, a member takes a tenth of the steps that a call of its class takes.
_MEMBERS: Any = {kind: {each._value_: each for each in kind} for kind in KINDS}


def member(kind: type[Kind], value: int) -> Kind:
    """The member of ``kind`` that has ``value``, or ``value`` itself if there is none."""
    members: dict[int, Kind] = _MEMBERS[kind]
    try:
        return members[value]  # ``get`` would take a lock in builds without the GIL
    except KeyError:
        return value  # type: ignore[return-value]


def _intenum_converter(value: int, enum_klass: type[Kind]) -> Kind:
    """``member`` of any enum, as CPython's ``socket`` has it."""
    try:
        return enum_klass(value)
    except ValueError:
        return value  # type: ignore[return-value]
