"""The structs of a call as maps of their bytes: which bytes are which member, and what they mean.

The layouts are the platform's own (``_layouts``); the bytes were copied during the call.  A map is
``[title, size, [[bytes as hexadecimal text, member, meaning], …]]``; a member without a name is
padding.
"""

from __future__ import annotations

from ..files import MARK
from ..prototypes import PROTOTYPES
from ..values import _OPTIONS, Struct, Values
from .sockets import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .sockets import Seen

    Cells = list[list[str]]
    Map = list[Any]

SHOWN = 48  # bytes of data
MOST = 12  # maps of a call


def maps(seen: Seen) -> list[Map]:
    """The maps of what a call's arguments point at."""
    call, memory = seen.call, seen.memory
    kinds = {name: kind for kind, name in PROTOTYPES[call.function].parameters}
    made = []
    for name, raw in memory.items():
        found = _map(call.values, name, raw, kinds, dict(call.arguments))
        if found is not None:
            made.append(found)
    return made[:MOST]


def _map(
    values: Values, name: str, raw: bytes, kinds: dict[str, str], given: dict[str, Any]
) -> Map | None:
    base, _, rest = name.partition(".")
    if name == MARK or rest == "sizes":
        return None
    kind = kinds.get(base.partition("[")[0], "")
    if not raw:
        return None
    if rest == "name" or rest == "addr" or ("sockaddr" in kind and not rest):
        return [f"{name}: {_struct_of_address(values, raw)}", len(raw), address(values, raw)]
    if "msghdr" in kind:
        return _of_message(values, name, rest, raw)
    if "addrinfo" in kind:
        if rest:
            return [name, len(raw), data(raw)]
        return [f"{name}: struct addrinfo", len(raw), struct(values, "addrinfo", raw)]
    if "pollfd" in kind:
        return [f"{name}: struct pollfd", len(raw), _array(values, "pollfd", raw)]
    if kind == "socklen_t *":
        return [f"*{name}: socklen_t", len(raw), [[raw.hex(), "", str(values.number(raw))]]]
    if base == "sv":
        cells = [[raw[i : i + 4].hex(), f"sv[{i // 4}]", str(values.number(raw[i : i + 4]))]
                 for i in (0, 4)]  # fmt: skip
        return [f"{name}: int[2]", len(raw), cells]
    if base == "optval":
        return _of_option(values, name, raw, given)
    return [f"{name}: data", len(raw), data(raw)]


def data(raw: bytes) -> Cells:
    """Plain bytes: the first ones, and their text."""
    shown = raw[:SHOWN]
    left = len(raw) - SHOWN
    more = f"and {left:,} byte{'s' * (left > 1)} more" if left > 0 else ""
    cells = [[shown.hex(), "data", repr(shown)[1:]]]
    return [*cells, ["", "", more]] if more else cells


def struct(values: Values, name: str, raw: bytes) -> Cells:
    """A struct, member by member; what lies between is padding."""
    layout = values.layouts[name]
    decoded = dict(values.struct(name, raw).members)
    cells: Cells = []
    at = 0
    for member, (start, size) in sorted(layout["fields"].items(), key=lambda each: each[1]):
        if start < at or start + size > len(raw):
            if member in decoded and cells:  # a bit-field in bytes that have been shown
                cells.append(["", member, _meaning(decoded[member])])
            continue
        if start > at:
            cells.append([raw[at:start].hex(), "", ""])
        cells.append([raw[start : start + size].hex(), member, _meaning(decoded.get(member, ""))])
        at = start + size
    if at < len(raw):
        cells.append([raw[at:].hex(), "", ""])
    return cells


def _meaning(value: Any) -> str:
    if isinstance(value, bytes):
        return repr(value)[1:] if any(value) else ""
    if isinstance(value, int) and abs(value) > 2**40:
        return hex(value)  # an address in memory, most often
    return str(value) if isinstance(value, int) and type(value) is int else repr(value)


def _array(values: Values, name: str, raw: bytes) -> Cells:
    size = values.layouts[name]["size"]
    return [
        cell
        for at in range(0, min(len(raw), 16 * size), size)
        for cell in struct(values, name, raw[at : at + size])
    ]


def _struct_of_address(values: Values, raw: bytes) -> str:
    names = {"AF_INET": "_in", "AF_INET6": "_in6", "AF_UNIX": "_un", "AF_NETLINK": "_nl"}
    family = values.names.family(values.abi.family_of(raw)) if len(raw) > 1 else ""
    return f"struct sockaddr{names.get(family, '')}"


def address(values: Values, raw: bytes) -> Cells:
    """A socket address, as its family's codec describes it."""
    described = values.describe(raw)
    if not described:
        return [[raw.hex(), "", text_of(values, raw)]]
    return [[octets.replace(" ", ""), member, said] for octets, member, said in described]


def _of_message(values: Values, name: str, rest: str, raw: bytes) -> Map:
    if not rest:
        return [f"{name}: struct msghdr", len(raw), struct(values, "msghdr", raw)]
    if rest == "iov":
        return [f"{name}: struct iovec[]", len(raw), _array(values, "iovec", raw)]
    if rest == "control":
        return [f"{name}: struct cmsghdr", len(raw), _control(values, raw)]
    return [f"{name}: data", len(raw), data(raw)]


def _control(values: Values, raw: bytes) -> Cells:
    """Control messages: a header, its data, and padding up to the next one."""
    layout = values.layouts["cmsghdr"]
    cells: Cells = []
    at = 0
    while at + layout["size"] <= len(raw):
        start, size = layout["fields"]["cmsg_len"]
        length = values.number(raw[at + start : at + start + size])
        if length < layout["size"] or at + length > len(raw):
            break
        found = values.control_messages(raw[at : at + length], 0)
        message = found[0] if found else None
        told = dict(message.members) if message else {}
        for member, (start, size) in layout["fields"].items():  # on musl, padding has a name
            piece = raw[at + start : at + start + size]
            said = repr(told[member]) if member in told else str(values.number(piece))
            cells.append([piece.hex(), member, said])
        head = values.control.len(0)
        if head > layout["size"]:
            cells.append([raw[at + layout["size"] : at + head].hex(), "", ""])
        said = repr(told["cmsg_data"]) if told else ""
        cells.append([raw[at + head : at + length].hex(), "cmsg_data", said])
        space = max(values.control.space(length - head), 1)
        if at + length < min(at + space, len(raw)):
            cells.append([raw[at + length : at + space].hex(), "", ""])
        at += space
    if at < len(raw):
        cells.append([raw[at : at + SHOWN].hex(), "", ""])
    return cells


def _of_option(values: Values, name: str, raw: bytes, given: dict[str, Any]) -> Map:
    option = repr(given.get("optname", ""))
    value = given.get("optval")
    for struct_name in _OPTIONS.get(option, "").split():
        if isinstance(value, Struct) and value.name == struct_name:
            return [f"{name}: struct {struct_name}", len(raw), struct(values, struct_name, raw)]
    if len(raw) == 4:
        return [f"{name}: int", 4, [[raw.hex(), option, repr(value)]]]
    return [f"{name}: data", len(raw), data(raw)]
