"""The layout of structs on each target: what ``python -m tools.abi`` read from the headers.

``python -m pysock abi`` prints these layouts, and tests compare them with the structs that
pysock itself uses, which are declared for ctypes in ``_libc`` and ``families``.

``layouts("linux-gnu-x86_64")`` is

    {"structs": {"sockaddr_in": {"size": 16, "align": 4, "fields": {"sin_port": [2, 2], …}}, …},
     "cmsg": {"align": 8, "CMSG_LEN": […], "CMSG_SPACE": […]}}

A field is ``[offset, size]`` in bytes.  The lists have the results of the macros for 0 to 127.
The field of a bit-field is the bytes in which it lies.  A struct with bit-fields also has
``"bits"``, like ``{"tcpi_rcv_wscale": 240}``: each bit-field's mask in these bytes, taken as an
integer in the platform's byte order.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pkgutil import get_data

from .._constants import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@cache
def lines(target: str) -> dict[str, str]:
    """The layouts of a target, by name, as stored: ``16/4 sin_family 0+2 sin_port 2+2 …``.

    That is ``size/align``, then each field and its ``offset+size``, with ``&mask`` for a
    bit-field.
    """
    system = target.partition("-")[0]
    data = json.loads(get_data(__name__, f"{system}.json") or "")
    table: dict[str, str | None] = dict(data["layouts"])
    for layer in data["targets"][canonical(target)]:
        table.update(data["differences"][layer])
    return {name: line for name, line in table.items() if line is not None}


def layouts(target: str) -> dict[str, Any]:
    """All layouts of a target, as numbers (see above)."""
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
