"""``python -m tools.declare``: the constants, as type checkers are told of them.

A type checker imports nothing, so it cannot see what ``pysock/__init__.py`` takes out of the
tables.  For it, ``pysock/_constants/declared.pyi`` has each name, with the systems that have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from pysock import _constants, _enums

FILE = Path(_constants.__file__).with_name("declared.pyi")

ENUMS = {
    "AddressFamily": ("IntEnum", "AF_"),
    "SocketKind": ("IntEnum", "SOCK_"),
    "MsgFlag": ("IntFlag", "MSG_"),
    "AddressInfo": ("IntFlag", "AI_"),
}

# How a type checker asks for a system.
CONDITIONS = {
    "linux": 'sys.platform == "linux"',
    "darwin": 'sys.platform == "darwin"',
    "freebsd": 'sys.platform.startswith("freebsd")',
    "netbsd": 'sys.platform.startswith("netbsd")',
    "openbsd": 'sys.platform.startswith("openbsd")',
    "windows": 'sys.platform == "win32"',
}

HEAD = '''\
"""The public constants, as type checkers see them.  Generated: do not edit.

``python -m tools.declare`` wrote this from the tables beside it.  A name is declared for a system
if one of its targets has it.
"""

import sys
from enum import IntEnum, IntFlag
from typing import Final
'''


def text() -> str:
    """What belongs in the file."""
    numbers = {s: _names(_constants.table, s) for s in _constants.SYSTEMS}
    texts = {s: _names(_constants.texts, s) for s in _constants.SYSTEMS}
    parts = [HEAD]
    for enum, (base, prefix) in ENUMS.items():
        mine = {s: {n for n in numbers[s] if _belongs(n, prefix)} for s in numbers}
        parts.append(f"class {enum}({base}):")
        parts.append(f'    """{getattr(_enums, enum).__doc__}"""')  # editors show it
        parts.extend(_blocks(mine, "{} = ...", "    "))
        parts.append("")
        parts.extend(_blocks(mine, f"{{0}} = {enum}.{{0}}"))
        parts.append("")
        numbers = {s: numbers[s] - mine[s] for s in numbers}
    parts.extend(_blocks(numbers, "{}: Final[int]"))
    parts.extend(_blocks(texts, "{}: Final[str]"))
    return "\n".join(parts) + "\n"


def _names(table: Callable[[str], Iterable[str]], system: str) -> set[str]:
    return {name for target in _constants.targets(system) for name in table(target)}


def _belongs(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and name.isupper()  # as in pysock._enums


def _blocks(names: dict[str, set[str]], line: str, indent: str = "") -> list[str]:
    """The declarations, those of all systems first, then what each group of systems shares."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(set().union(*names.values())):
        having = tuple(system for system in names if name in names[system])
        groups.setdefault(having, []).append(name)
    lines = []
    for having in sorted(groups, key=lambda group: (-len(group), group)):
        inner = indent
        if len(having) < len(names):
            condition = " or ".join(CONDITIONS[system] for system in having)
            lines.append(f"{indent}if {condition}:")
            inner += "    "
        lines.extend(inner + line.format(name) for name in groups[having])
    return lines
