"""``python -m pysock abi``: what the tables hold of a platform, to look at.

    python -m pysock abi                            the targets
    python -m pysock abi TARGET [STRUCT…]           its layouts, drawn as memory
    python -m pysock abi TARGET [STRUCT…] --json    the same, constants too, as one object
    python -m pysock abi --json                     the targets, as one object

Everything here was read from the platform's own headers, and works on any host.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import shutil
import sys

from .. import _constants, _layouts, families
from .._ffi.abi import Sockaddr, be16, be32
from .._libc import abi_of, order_of
from .._platform import target as host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

ROW = 8  # bytes on a line of a drawing
CELL = 9  # columns a byte, its border included
OFFSET = 7  # columns for the offset of a line


DESCRIPTION = """\
Show the layouts of a platform's structs, drawn as memory, and with --json its constants, too.
All of it was read from the platforms' own headers, and any host shows any platform."""

EPILOG = """\
examples:
  python -m pysock abi                                    list the platforms
  python -m pysock abi darwin-arm64                       all structs of one
  python -m pysock abi darwin-arm64 sockaddr_in linger    these two alone
  python -m pysock abi windows-x86_64 --json              for a program to read"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.epilog = EPILOG
    parser.add_argument(
        "target", nargs="?", metavar="TARGET", help="a platform (without one: list them)"
    )
    parser.add_argument("struct", nargs="*", metavar="STRUCT", help="a struct (without one: all)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")


def main(options: argparse.Namespace) -> int:
    if options.target is None:
        if options.json:
            print(json.dumps({"targets": list(_constants.targets()), "host": host}, indent=1))
            return 0
        for target in _constants.targets():
            print(target + (" (this host)" if target == host else ""))
        return 0
    try:
        shown = _json if options.json else _drawn
        text = shown(options.target, options.struct)
    except ValueError as error:
        print(f"python -m pysock abi: {error}", file=sys.stderr)
        return 2
    print(text)
    return 0


def _json(target: str, wanted: list[str]) -> str:
    structs = _structs(target, wanted)
    content = {**_layouts.layouts(target), "structs": structs}
    text = json.dumps({**content, "constants": _constants.table(target)}, indent=1)
    return re.sub(r"\[\s([^][]*)\]", lambda found: f"[{' '.join(found[1].split())}]", text)


def _drawn(target: str, wanted: list[str]) -> str:
    structs = _structs(target, wanted)
    network = set(_network_order(target))
    text = [f"{target}: numbers are {order_of(target)}-endian, except those in network order"]
    cell = cell_for(shutil.get_terminal_size().columns) if sys.stdout.isatty() else CELL
    for name in structs:
        text += ["", *_struct(name, structs[name], network, cell)]
    return "\n".join(text)


def cell_for(columns: int) -> int:
    """The columns of a byte in a drawing that is no wider than ``columns``, if that can be."""
    return max(2, min(CELL, (columns - len(f"{'':{OFFSET}} |")) // ROW))


def _structs(target: str, wanted: list[str]) -> dict[str, Any]:
    """Those structs of a target, or all; ValueError, with the nearest names, if it has no such."""
    _constants.table(target)  # an unknown target is told here
    structs: dict[str, Any] = _layouts.layouts(target)["structs"]
    for name in wanted:
        if name not in structs:
            near = difflib.get_close_matches(name, structs, cutoff=0.4)
            hint = f"; the nearest are {', '.join(near)}" if near else ""
            raise ValueError(f"{target} has no struct called {name!r}{hint}")
    return {name: structs[name] for name in wanted or structs}


def _struct(
    name: str, layout: dict[str, Any], network: set[str], cell: int = CELL
) -> Iterator[str]:
    """A struct's drawing and its members; a byte has ``cell`` columns."""
    yield f"struct {name}: {layout['size']} bytes, aligned to {layout['align']}"
    # Of two that share their bytes, as in a union, that which is not the header's own comes first.
    fields = sorted(layout["fields"].items(), key=lambda item: (item[1], item[0].startswith("_")))
    bits = layout.get("bits", {})
    shown = [("(bits)" if f in bits else f, at) for f, at in fields]
    yield from _drawing(layout["size"], shown, cell)
    width = max((len(field) for field, _ in fields), default=0)
    for field, (offset, size) in fields:
        note = "  network order" if field in network else ""
        if field in bits:
            note = f"  bits {bits[field]:#0{2 + 2 * size}x}"
        yield f"{offset:{OFFSET}}  {field:{width}}  {size} byte{'s' * (size != 1)}{note}"


def _drawing(size: int, fields: list[tuple[str, list[int]]], cell: int) -> Iterator[str]:
    """Eight bytes a line; a field that goes on over many lines is drawn on two of them."""
    owner: list[str | None] = [None] * size
    for field, (offset, length) in fields:
        for at in range(offset, offset + length):
            owner[at] = owner[at] or field
    before: list[str | None] = []
    skipping = False
    for start in range(0, size, ROW):
        row = owner[start : start + ROW]
        if row == before and len(set(row)) == 1 and start + ROW < size:
            if not skipping:
                yield f"{'⋮':>{OFFSET + 1}}"
            skipping = True
            continue
        skipping = False
        yield f"{start:{OFFSET}} {_row(row, before[-1:] == row[:1], cell)}"
        before = row


def _row(row: list[str | None], continued: bool, cell: int) -> str:
    text, at = "|", 0
    while at < len(row):
        end = at
        while end < len(row) and row[end] == row[at]:
            end += 1
        room = cell * (end - at) - 1
        nothing = "(padding)" if room >= len("(padding)") else "(pad)"
        label = "" if at == 0 and continued and row[at] else row[at] or nothing
        text += label[:room].ljust(room) + "|"
        at = end
    return text


def _network_order(target: str) -> Iterator[str]:
    """The members that pysock declares to be in network order, on that platform."""
    abi = abi_of(target)
    for name, number in abi.constants.items():
        codec = families.codec_of(number, abi) if name.startswith("AF_") else None
        for struct in vars(codec).values() if codec else ():
            if isinstance(struct, Sockaddr):
                yield from (m for m, kind in struct.ctype._fields_ if kind in (be16, be32))
