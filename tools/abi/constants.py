"""Constants: ask every target of a system, then write the system's module of ``_constants``."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from . import names
from .compiler import evaluate, preprocess
from .layers import merge
from .targets import Target
from .versions import versions

Table = dict[str, int]

# The first unit that knows a name decides its value.
_UNITS = {"linux": ("posix.h", "kernel.h"), "windows": ("windows.h", "interfaces.h")}

# In the order in which a reader of socket(2) meets them; all others follow by name.
_FIRST = "AF PF SOCK SOMAXCONN SHUT SOL SO SCM MSG IPPROTO IPPORT INADDR IP IPV6 MCAST TCP".split()

# Bit masks and registered numbers are read in hexadecimal; so are the large numbers of options.
_HEXADECIMAL = re.compile(r"(?:MSG|AI|CAN|ETH_P|ETHERTYPE|INADDR|SIO|SOF_TIMESTAMPING)_\w+")
_LARGE = re.compile(r"(?:SO|SOL|SCM|SOCK|TCP|LOCAL|UDP)_\w+|FIO\w+")

_MODULE = '''\
"""The constants of {title}, read from its headers.  Generated: do not edit.

`CONSTANTS` is what {reference} has, `{elsewhere}` what others have instead (None where a
name does not exist), `TARGETS` which of them a target has.  ``python -m tools.abi`` wrote this from

{sources}
"""

from __future__ import annotations

CONSTANTS: dict[str, int] = {{
{constants}
}}

# What pysock itself needs, and does not export.
INTERNAL: dict[str, int] = {{
{internal}
}}

{differences}# Each target, and the differences that apply to it, in this order.
TARGETS: dict[str, tuple[str, ...]] = {{
{targets}
}}
'''
_DIFFERENCES = "DIFFERENCES: dict[str, dict[str, int | None]] = {{{differences}}}\n"
_APART = '''\
"""What the targets of {title} have instead of {reference}.  Generated: do not edit."""

from __future__ import annotations

'''
_MOST = 100  # lines of DIFFERENCES in the module itself
_TITLES = {"linux": "Linux", "darwin": "macOS", "windows": "Windows"}
_TITLES |= {"freebsd": "FreeBSD", "netbsd": "NetBSD", "openbsd": "OpenBSD"}


def constants(target: Target) -> Table:
    """All constants of one target, public and internal."""
    table: Table = {}
    for unit in _UNITS.get(target.system, ("posix.h",)):
        # Windows' list of interfaces has many constants that are none of sockets.
        wanted = names.INTERNAL.__contains__ if unit == "interfaces.h" else names.wanted
        found = sorted(filter(wanted, names.defined(preprocess(target, unit))))
        questions = {name: names.expression(name) for name in found if name not in table}
        table.update(evaluate(target, unit, questions))
    return table


def modules(system: str, tables: Mapping[Target, Table]) -> Iterator[tuple[str, str]]:
    """The name and the text of each module of ``pysock/_constants`` that a system has."""
    reference, differences = merge(tables)
    public = {name: reference[name] for name in reference if name not in names.INTERNAL}
    internal = {name: reference[name] for name in names.INTERNAL if name in reference}
    changes = [
        f'    "{layer}": {{\n{_entries(changed, 8)}\n    }},\n'
        for layer, changed in differences.items()
    ]
    text = _DIFFERENCES.format(differences="\n" + "".join(changes) if changes else "")
    first, title, apart = next(iter(tables)).name, _TITLES[system], text.count("\n") > _MOST
    yield system, _MODULE.format(
        title=title,
        reference=first,
        sources="\n".join(f"- {source}" for source in versions(system)),
        constants="\n".join(_groups(public)),
        internal=_entries(internal, 4),
        elsewhere=f"{system}_differences" if apart else "DIFFERENCES",
        differences="" if apart else text + "\n",
        targets="\n".join(_target(target, differences) for target in tables),
    )
    if apart:
        head = _APART.format(title=title, reference=first)
        yield f"{system}_differences", head + text


def _target(target: Target, differences: Iterable[str]) -> str:
    layers = tuple(layer for layer in differences if layer in (*target.layers, target.name))
    return f'    "{target.name}": {layers},'.replace("'", '"')


def _groups(table: Table) -> Iterable[str]:
    """One paragraph a family: IPV6_JOIN_GROUP belongs to IPV6, SIOCKCMATTACH to SIOC."""
    families: dict[str, Table] = {}
    for name in sorted(table):
        family = "SIOC" if name.startswith("SIOC") else name.partition("_")[0]
        families.setdefault(family, {})[name] = table[name]
    for family in sorted(families, key=lambda f: (_FIRST.index(f) if f in _FIRST else 99, f)):
        yield f"    # {family}"
        yield _entries(families[family], 4)


def _entries(table: Mapping[str, int | None], indent: int) -> str:
    """The body of a dict, filled to the width of a line."""
    items = [f'"{name}":\0{_number(name, value)},' for name, value in table.items()]
    margin = " " * indent
    lines = textwrap.wrap(
        " ".join(items), 100, initial_indent=margin, subsequent_indent=margin,
        break_long_words=False, break_on_hyphens=False,
    )
    return "\n".join(lines).replace("\0", " ")


def _number(name: str, value: int | None) -> str:
    if value is not None and value >= 0:
        if _HEXADECIMAL.fullmatch(name) or (value > 0x7FF and _LARGE.fullmatch(name)):
            return f"{value:#x}"
    return str(value)
