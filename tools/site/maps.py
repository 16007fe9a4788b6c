"""A struct as a map of its bytes, eight in a row: HTML that a phone's width can show.

A member has one colour wherever it lies; what belongs to none is padding.  A member that goes on
over many rows is drawn on its first two and its last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pysock import _constants
from pysock._commands import abi as command
from pysock._libc import abi_of

from .text import escaped

ROW = 8
COLOURS = 6
PADDING = ""


def drawn(
    name: str, layout: dict[str, Any], network: Iterable[str] = (), raw: bytes | None = None
) -> str:
    """The map of a struct, and a list of its members."""
    fields = sorted(layout["fields"].items(), key=lambda item: (item[1], item[0].startswith("_")))
    size = len(raw) if raw is not None else layout["size"]
    owner = [PADDING] * size
    for field, (offset, length) in fields:
        for at in range(offset, min(offset + length, size)):
            owner[at] = owner[at] or field
    colours = {field: i % COLOURS for i, (field, _) in enumerate(fields)}
    rows = "".join(_rows(owner, colours, _prefix(colours), raw))
    head = "".join(f"<th>{i}</th>" for i in range(ROW))
    said = (
        f"<code>struct {escaped(name)}</code>: {layout['size']} bytes, aligned to {layout['align']}"
    )
    if raw is not None:
        said = f"<code>struct {escaped(name)}</code>: {len(raw)} bytes"
    members = "".join(_members(fields, colours, set(network), layout.get("bits", {})))
    listed = f'<ul class="members">{members}</ul>' if raw is None else ""
    return (
        f'<figure class="bytes"><figcaption>{said}</figcaption><table><tr><th></th>{head}</tr>'
        f"{rows}</table>{listed}</figure>"
    )


def _prefix(names: Iterable[str]) -> str:
    """What all members begin with, as ``sin_``: a narrow cell has no room for it."""
    found = {name.lstrip("_").partition("_")[0] + "_" for name in names}
    return found.pop() if len(found) == 1 else ""


def _rows(
    owner: list[str], colours: dict[str, int], prefix: str, raw: bytes | None
) -> Iterable[str]:
    starts = list(range(0, len(owner), ROW))
    whole = [set(owner[at : at + ROW]) for at in starts]
    skipping = False
    for i, at in enumerate(starts):
        same = i > 1 and len(whole[i]) == 1 and whole[i] == whole[i - 1] == whole[i - 2]
        if raw is None and same and i + 1 < len(starts) and whole[i + 1] == whole[i]:
            if not skipping:
                yield f'<tr><th>⋮</th><td colspan="{ROW}" class="more">⋮</td></tr>'
            skipping = True
            continue
        skipping = False
        cells = "".join(_cells(owner, at, colours, prefix, raw))
        rest = at + ROW - len(owner)
        cells += f'<td colspan="{rest}" class="none"></td>' if rest > 0 else ""
        yield f"<tr><th>{at}</th>{cells}</tr>"


def _cells(
    owner: list[str], at: int, colours: dict[str, int], prefix: str, raw: bytes | None
) -> Iterable[str]:
    end = min(at + ROW, len(owner))
    while at < end:
        stop = at
        while stop < end and owner[stop] == owner[at]:
            stop += 1
        name = owner[at]
        goes_on = at > 0 and owner[at - 1] == name
        kind = f"m{colours[name]}" if name else "pad"
        short = name[len(prefix) :] if name.startswith(prefix) else name
        shown = escaped(short or ("padding" if stop - at > 1 else "")) if not goes_on else ""
        octets = f"<b>{raw[at:stop].hex(' ')}</b>" if raw is not None else ""
        yield (
            f'<td colspan="{stop - at}" class="{kind}" title="{escaped(name or "padding")}">'
            f"{octets}<span>{shown}</span></td>"
        )
        at = stop


def _members(
    fields: list[Any], colours: dict[str, int], network: set[str], bits: dict[str, int]
) -> Iterable[str]:
    for field, (offset, size) in fields:
        note = ", network order" if field in network else ""
        if field in bits:
            note += f", bits {bits[field]:#x}"
        yield (
            f'<li><i class="m{colours[field]}"></i><code>{escaped(field)}</code> '
            f"at {offset}, {size} byte{'s' * (size != 1)}{note}</li>"
        )


# --- platforms -----------------------------------------------------------------------

_NAMES = {
    "linux-gnu": "Linux (glibc)",
    "linux-musl": "Linux (musl)",
    "darwin": "macOS",
    "freebsd": "FreeBSD",
    "netbsd": "NetBSD",
    "openbsd": "OpenBSD",
    "windows": "Windows",
}


def system_of(target: str) -> tuple[str, str]:
    """``("Linux (glibc)", "x86_64")``."""
    found = next(name for name in _NAMES if target.startswith(name + "-"))
    return _NAMES[found], target[len(found) + 1 :]


def named(targets: Iterable[str]) -> str:
    """Platforms, in few words: a system whose every processor is among them by its name alone."""
    every: dict[str, list[str]] = {}
    for target in _constants.targets():
        every.setdefault(system_of(target)[0], []).append(target)
    given = set(targets)
    if given == set(_constants.targets()):
        return "every platform"
    parts = []
    for system, known in every.items():
        found = [target for target in known if target in given]
        if found:
            parts.append(system + _which(found, known))
    return "; ".join(parts)


def _which(found: list[str], known: list[str]) -> str:
    """Which processors of a system, after its name; "" if it is all that are known."""
    if found == known:
        return ""
    for words, property_of in _PROPERTIES:
        values = {property_of(target) for target in found}
        if len(values) == 1 and found == [t for t in known if property_of(t) in values]:
            return f", {words[values.pop()]}"
    processors = [system_of(target)[1] for target in found]
    left = [system_of(target)[1] for target in known if target not in found]
    if len(left) < len(found) and len(found) > 3:
        return f" but for {', '.join(left)}"
    return f" on {', '.join(processors)}"


_PROPERTIES: list[tuple[dict[Any, str], Callable[[str], Any]]] = [
    ({32: "32 bits", 64: "64 bits"}, lambda target: abi_of(target).bits),
    ({"little": "little-endian", "big": "big-endian"}, lambda target: abi_of(target).order),
    (
        {(b, o): f"{b} bits, {o}-endian" for b in (32, 64) for o in ("little", "big")},
        lambda target: (abi_of(target).bits, abi_of(target).order),
    ),
]


network_order = command._network_order
