"""``python -m tools.abi``: regenerate the tables, or check them against the headers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from . import constants, layouts, symbols
from .targets import TARGETS, Target, missing

ROOT = Path(__file__).resolve().parents[2]
BY_NAME = {target.name: target for target in TARGETS}
SYSTEMS = tuple(dict.fromkeys(target.system for target in TARGETS))


def files(system: str) -> Iterator[tuple[Path, str]]:
    """The files of a system, and what belongs in them."""
    targets = [target for target in TARGETS if target.system == system]
    with ThreadPoolExecutor(max_workers=2) as pool:
        numbers = dict(zip(targets, pool.map(constants.constants, targets)))
        structs = dict(zip(targets, pool.map(layouts.layouts, targets)))
    for name, text in constants.modules(system, numbers):
        yield ROOT / "pysock/_constants" / f"{name}.py", text
    yield ROOT / "pysock/_layouts" / f"{system}.json", layouts.text(structs)


def relinked(target: Target) -> Iterator[str]:
    """The functions that ``_libc`` binds to other symbols than the headers of a target."""
    from pysock import _libc

    if target.system == "windows":
        return
    known = _libc.abi_of(target.name).symbols
    found = symbols.symbols(target, [prototype.name for prototype in _libc.PROTOTYPES])
    for name in sorted(known.keys() | found.keys()):
        if known.get(name, name) != found.get(name, name):
            yield f"{target.name}: {name} is linked to {found.get(name, name)}"


def differences(target: Target) -> Iterator[str]:
    """What the files say of one target otherwise than its headers."""
    from pysock import _constants
    from pysock._layouts import lines

    numbers = {**_constants.table(target.name), **_constants.internal(target.name)}
    pairs: list[tuple[Mapping[str, object], Mapping[str, object]]] = [
        (numbers, constants.constants(target)),
        (lines(target.name), layouts.layouts(target)),
    ]
    for known, found in pairs:
        for name in sorted(known.keys() | found.keys()):
            if known.get(name) != found.get(name):
                yield f"{target.name}: {name} is {found.get(name)}, not {known.get(name)}"
    yield from relinked(target)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.abi", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME",
        help=f"a system ({', '.join(SYSTEMS)}) or, with --check, a target; default: all systems",
    )
    parser.add_argument("--check", action="store_true", help="write nothing, report differences")
    arguments = parser.parse_args()
    known = {*SYSTEMS, *BY_NAME} if arguments.check else {*SYSTEMS}
    if unknown := set(arguments.names) - known:
        parser.error(f"no such name: {', '.join(sorted(unknown))}")
    chosen = arguments.names or SYSTEMS
    if command := missing([t for t in TARGETS if t.name in chosen or t.system in chosen]):
        print(f"something is missing; install it with: {command}", file=sys.stderr)
        return 2
    wrong = 0
    for name in chosen:
        if name in BY_NAME:
            for difference in differences(BY_NAME[name]):
                wrong += 1
                print(difference)
            continue
        if arguments.check:
            for difference in chain(*(relinked(t) for t in TARGETS if t.system == name)):
                wrong += 1
                print(difference)
        for file, text in files(name):
            if file.exists() and file.read_text() == text:
                continue
            if arguments.check:
                wrong += 1
                print(f"{file.relative_to(ROOT)} is not what the headers say")
            else:
                file.parent.mkdir(exist_ok=True)
                file.write_text(text)
                print(f"{file.relative_to(ROOT)} written")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
