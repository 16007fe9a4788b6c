"""The layouts that each target's headers give its structs, as ``python -m tools.abi`` read them.

They are there to be looked at (``python -m pysock abi``) and to be compared with: what
pysock itself uses is declared in ``_libc`` and ``families``, for ctypes.

``layouts("linux-gnu-x86_64")`` is ``{"structs": {"sockaddr_in": {"size": 16, "align": 4, "fields":
{"sin_port": [2, 2], ...}}, ...}, "cmsg": {"align": 8, "CMSG_LEN": [...], "CMSG_SPACE": [...]}}``;
a field is its offset and its size, and the lists have the results of the macros for 0 to 127.

A bit-field is the bytes that it has a part in; which of their bits it is, in the platform's byte
order, a struct that has any tells in ``"bits"``: ``{"tcpi_rcv_wscale": 240}``.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pkgutil import get_data

from .._constants import row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@cache
def lines(target: str) -> dict[str, str]:
    """The layouts of a target as they are written: ``16/4 sin_family 0+2 sin_port 2+2 ...``."""
    system = target.partition("-")[0]
    data = json.loads(get_data(__name__, f"{system}.json") or "")
    table: dict[str, str | None] = dict(data["layouts"])
    for layer in data["targets"][row(target)]:
        table.update(data["differences"][layer])
    return {name: line for name, line in table.items() if line is not None}


def layouts(target: str) -> dict[str, Any]:
    """All layouts of a target, as numbers."""
    table = dict(lines(target))
    head, space, align = map(int, table.pop("CMSG").split())
    return {
        "structs": {name: _struct(line) for name, line in table.items()},
        "cmsg": {
            "align": align,
            "CMSG_LEN": [head + n for n in range(128)],
            "CMSG_SPACE": [space + -(-n // align) * align for n in range(128)],
        },
    }


def _struct(line: str) -> dict[str, Any]:
    size, align = map(int, line.partition(" ")[0].split("/"))
    fields, bits = {}, {}
    for name, offset, length, mask in re.findall(r" (\w+) (\d+)\+(\d+)(?:&(\d+))?", line):
        fields[name] = [int(offset), int(length)]
        if mask:
            bits[name] = int(mask)
    struct = {"size": size, "align": align, "fields": fields}
    return {**struct, "bits": bits} if bits else struct
