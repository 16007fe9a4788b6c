"""What differs among platforms: structs, addresses, constants, the platforms themselves.

A struct is shown once for each layout that it has, with the platforms that lay it out so.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from pysock import _constants, _layouts, families
from pysock._commands import explain
from pysock._ffi.abi import Sockaddr
from pysock._libc import abi_of
from pysock.trace.prototypes import PROTOTYPES

from . import maps
from .text import docstring, escaped, folded, raw, table

Layout = dict[str, Any]


@cache
def layouts(target: str) -> dict[str, Layout]:
    found: dict[str, Layout] = _layouts.layouts(target)["structs"]
    return found


@cache
def network(target: str) -> frozenset[str]:
    return frozenset(maps.network_order(target))


def of_functions(functions: list[str]) -> list[str]:
    """The structs that the parameters of C functions point at."""
    kinds = [kind for each in functions for kind, _ in PROTOTYPES[each].parameters]
    return [
        struct
        for part, names in explain._STRUCTS.items()
        for struct in names
        if any(f"struct {part} " in f"{kind} " for kind in kinds)
    ]


def one(struct: str, target: str) -> str:
    """The map of a struct on one platform."""
    head = f"<p class='where'>{escaped(' on '.join(maps.system_of(target)))}</p>"
    return f"<div>{head}{maps.drawn(struct, layouts(target)[struct], network(target))}</div>"


@cache
def groups(struct: str) -> list[tuple[Layout, list[str]]]:
    """Each layout of a struct, and the platforms that have it; that of x86-64 Linux first."""
    found: dict[str, list[str]] = {}
    for target in _constants.targets():
        if struct in layouts(target):
            found.setdefault(json.dumps(layouts(target)[struct]), []).append(target)
    return [(json.loads(layout), targets) for layout, targets in found.items()]


def every_layout(struct: str) -> str:
    """The maps of all layouts of a struct; the first is open."""
    made = []
    for i, (layout, targets) in enumerate(groups(struct)):
        drawing = maps.drawn(struct, layout, network(targets[0]))
        title = f"{escaped(maps.named(targets))}: {layout['size']} bytes"
        made.append(
            folded(title, drawing).replace("<details>", "<details open>" if i == 0 else "<details>")
        )
    return "\n".join(made)


@cache
def symbols_of(function: str) -> list[str]:
    """Where a function's symbol is another one than its name, in a sentence each."""
    found: dict[str, list[str]] = {}
    for target in _constants.targets():
        symbol = abi_of(target).symbols.get(function)
        if symbol:
            found.setdefault(symbol, []).append(target)
    return [
        f"`{function}` is linked as `{symbol}` on {maps.named(t)}." for symbol, t in found.items()
    ]


# --- families ------------------------------------------------------------------------


def families_of() -> dict[str, dict[str, list[str]]]:
    """The families with a codec; for each its structs, and the platforms where it is."""
    found: dict[str, dict[str, list[str]]] = {}
    for target in _constants.targets():
        abi = abi_of(target)
        for name, cls in families.every_class().items():
            number = families.number_of(name, abi)
            codec = families.codec_of(number, abi) if number is not None else None
            if type(codec) is not cls:
                continue
            for value in vars(codec).values():
                struct = _struct_of(value)
                if struct in layouts(target):
                    found.setdefault(name, {}).setdefault(struct, []).append(target)
    return dict(sorted(found.items()))


def _struct_of(value: Any) -> str:
    if isinstance(value, Sockaddr):
        return str(value.ctype.__name__).replace("struct ", "")
    return ""


def pages() -> Iterator[tuple[str, str]]:
    every = families_of()
    for name, found in every.items():
        yield f"families/{name.lower()}", "\n".join(_family(name, found))
    yield "families/index", "\n".join(_families(every))
    yield "structs", "\n".join(_structs())
    yield "platforms-table", "\n".join(_platforms())
    yield "constants", "\n".join(_constants_page())


def about(name: str) -> str:
    """What the file of a family says of it; two families may share a codec's class."""
    module = import_module(f"{families.__name__}.{name[3:].lower()}")
    return inspect.cleandoc(module.__doc__ or "")


def _family(name: str, found: dict[str, list[str]]) -> Iterator[str]:
    title, _, rest = about(name).partition("\n")
    yield f"# {name}\n"
    yield f"{title.partition(': ')[2] or title}\n"
    yield docstring(rest)
    if name in EXAMPLES:
        yield "## The bytes, by platform\n"
        yield f'`families.pack("{name}", …)` makes them, and for {_FORM} [a form](packing.md).\n'
        for address in EXAMPLES[name]:
            yield _packed(name, address)
    yield "## The struct, by platform\n"
    for struct in found:
        yield f"### struct {struct}\n"
        yield raw(every_layout(struct))
    numbers: dict[int, list[str]] = {}
    for target in _constants.targets():
        number = families.number_of(name, abi_of(target))
        if number is not None and target in {t for every in found.values() for t in every}:
            numbers.setdefault(number, []).append(target)
    yield f"## The number of {name}\n"
    yield table(["number", "on"], [(n, maps.named(targets)) for n, targets in numbers.items()])


_FORM = "AF_INET, AF_INET6 and AF_UNIX"

EXAMPLES: dict[str, list[Any]] = {
    "AF_INET": [("192.0.2.1", 8080)],
    "AF_INET6": [("2001:db8::1", 80), ("fe80::1", 80, 0, 2)],
    "AF_UNIX": ["/tmp/s"],
    "AF_VSOCK": [(2, 1024)],
    "AF_NETLINK": [(0, 1)],
    "AF_TIPC": [],
}


def packed_by_platform(name: str, address: Any) -> dict[bytes, list[str]]:
    """The bytes of an address, and the platforms where it has them."""
    made: dict[bytes, list[str]] = {}
    cls = families.every_class()[name]
    for target in _constants.targets():
        abi = abi_of(target)
        number = families.number_of(name, abi)
        if number is not None and type(families.codec_of(number, abi)) is cls:
            raw_bytes = families.pack(name, address, platform=target)
            made.setdefault(raw_bytes, []).append(target)
    return made


def _packed(name: str, address: Any) -> str:
    parts = [f"`{address!r}`:\n"]
    for octets, targets in packed_by_platform(name, address).items():
        struct = next(s for s in families_of_struct(name, targets[0]))
        drawing = maps.drawn(struct, layouts(targets[0])[struct], raw=octets)
        parts.append(raw(f"<p class='where'>{escaped(maps.named(targets))}</p>{drawing}"))
    return "\n".join(parts)


def families_of_struct(name: str, target: str) -> list[str]:
    """The structs of a family on one platform."""
    abi = abi_of(target)
    codec = families.codec_of(families.number_of(name, abi) or 0, abi)
    found = [_struct_of(value) for value in vars(codec).values()]
    return [struct for struct in found if struct in layouts(target)]


def _families(every: dict[str, dict[str, list[str]]]) -> Iterator[str]:
    yield "# Families of addresses\n"
    yield (
        "Python writes an address as a tuple or a string, C as a struct, and each family has a"
        " codec between the two, for every platform. [Addresses and their bytes](../addresses.md)"
        " has the functions; [packing an address](packing.md) does it in the browser.\n"
    )
    rows = []
    for name, found in every.items():
        said = about(name).partition("\n")[0].partition(": ")[2]
        where = maps.named(dict.fromkeys(t for targets in found.values() for t in targets))
        structs = ", ".join(f"`{struct}`" for struct in found)
        said = f"{said[:1].upper()}{said[1:]}<br>{structs}<br>{where}"
        rows.append((f"[{name}]({name.lower()}.md)", said))
    yield table(["family", "what it is, its struct, and where it is"], rows)
    yield "```{toctree}\n:hidden:\n\npacking"
    yield "\n".join(name.lower() for name in every)
    yield "```\n"


# --- structs, platforms, constants ---------------------------------------------------


def _structs() -> Iterator[str]:
    yield "# Structs\n"
    yield (
        "Each struct of the calls, once for each layout that it has among the platforms, as their"
        " own headers have it. `python -m pysock abi PLATFORM` draws all structs of a platform;"
        " [families](families/index.md) has the structs of addresses.\n"
    )
    for name in dict.fromkeys(s for each in explain._STRUCTS.values() for s in each):
        if not name.startswith("sockaddr"):
            yield f"## struct {name}\n"
            yield raw(every_layout(name))


def _platforms() -> Iterator[str]:
    yield "# The platforms\n"
    yield (
        "Of each of these the constants and the layouts of structs are known, read from its own"
        " headers. On any of them, `python -m pysock abi PLATFORM` and `families.pack(…,"
        " platform=…)` show any other. [Where pysock runs](platforms.md) says what was tried.\n"
    )
    rows = []
    for target in _constants.targets():
        abi = abi_of(target)
        align, count = abi.cmsg_align, len(_constants.table(target))
        head = "length and family" if abi.sa_len else "family"
        rows.append((f"`{target}`", abi.order, abi.bits, head, abi.sun_path, align, f"{count:,}"))
    yield table(
        ["platform", "byte order", "bits", "an address begins with", "bytes of a path",
         "control messages aligned to", "constants"], rows,
    )  # fmt: skip


_SHOWN = {
    "linux-gnu-x86_64": "Linux",
    "darwin-arm64": "macOS",
    "freebsd-x86_64": "FreeBSD",
    "netbsd-x86_64": "NetBSD",
    "openbsd-x86_64": "OpenBSD",
    "windows-x86_64": "Windows",
}


def _constants_page() -> Iterator[str]:
    tables = {target: _constants.table(target) for target in _SHOWN}
    names = sorted({name for numbers in tables.values() for name in numbers})
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(name.partition("_")[0], []).append(name)
    yield "# Constants\n"
    yield (
        f"{len(names):,} names of numbers, and what they are on one platform of each system; a dash"
        " is where the system has none. `python -m pysock explain TCP_NODELAY` has all platforms.\n"
    )
    others = [name for kind in kinds.values() if len(kind) < 4 for name in kind]
    kinds = {kind: found for kind, found in kinds.items() if len(found) >= 4}
    for kind, found in [*kinds.items(), ("others", others)]:
        yield f"## {kind}{'_…' if kind != 'others' else ''}\n"
        head = "".join(f"<th>{system}</th>" for system in _SHOWN.values())
        body = "".join(_constant_row(name, tables) for name in found)
        yield raw(
            f'<div class="wide"><table class="numbers"><tr><th></th>{head}</tr>{body}</table></div>'
        )


def _constant_row(name: str, tables: dict[str, dict[str, int]]) -> str:
    cells = "".join(f"<td>{_number(numbers.get(name))}</td>" for numbers in tables.values())
    return f"<tr><th><code>{name}</code></th>{cells}</tr>"


def _number(value: int | None) -> str:
    if value is None:
        return "–"
    return hex(value) if value > 9999 else str(value).replace("-", "−")


# --- packing in the browser ----------------------------------------------------------


def packing_data() -> str:
    """What ``pack.js`` needs of each platform, and addresses with the bytes that pysock makes."""
    platforms = {}
    for target in _constants.targets():
        abi = abi_of(target)
        structs = {}
        for family in ("AF_INET", "AF_INET6", "AF_UNIX"):
            struct = families_of_struct(family, target)[0]
            fields = sorted(layouts(target)[struct]["fields"].items(), key=lambda f: f[1])
            kept = [[name, *place] for name, place in fields if not re.match(r"_|sin6?_len_", name)]
            structs[family] = {"name": struct, "size": layouts(target)[struct]["size"],
                               "number": abi.constants[family], "fields": kept}  # fmt: skip
        platforms[target] = {
            "label": " on ".join(maps.system_of(target)), "little": abi.order == "little",
            "len": abi.sa_len, "abstract": target.startswith("linux"), "structs": structs,
        }  # fmt: skip
    proofs = [
        [family, list(address) if isinstance(address, tuple) else address, target,
         families.pack(family, address, platform=target).hex()]
        for family, addresses in EXAMPLES.items() if family in ("AF_INET", "AF_INET6", "AF_UNIX")
        for address in [*addresses, *_MORE.get(family, [])]
        for target in _constants.targets()
    ]  # fmt: skip
    data = {"platforms": platforms, "proofs": proofs}
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


_MORE: dict[str, list[Any]] = {
    "AF_INET": [("0.0.0.0", 0), ("255.255.255.255", 65535), ("127.0.0.1", 80)],
    "AF_INET6": [("::", 0), ("::1", 443, 5, 0), ("::ffff:192.0.2.1", 1), ("1:2:3:4:5:6:7:8", 9)],
    "AF_UNIX": ["s", "/run/ä/sock", "\0abstract"],
}
