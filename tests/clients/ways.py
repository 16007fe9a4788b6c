"""How a program is run, by python and by ``python -m pysock run``; and where tables are kept."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .. import ROOT

PROGRAMS = Path(__file__).parent / "programs"
PAGE = ROOT / "docs/compatibility.md"
WAYS: dict[str, list[str]] = {"C": [], "pysock": ["-m", "pysock", "run"]}
NAMESPACE = ("unshare", "--map-root-user", "--net")
LOOPBACK = 'ip link set lo up && ip link set lo multicast on && exec "$@"'


def in_a_namespace(command: list[str]) -> list[str]:
    """The command, in a network namespace of its own, which has loopback alone."""
    return [*NAMESPACE, "sh", "-c", LOOPBACK, "sh", *command]


def can_have_namespaces() -> bool:
    try:
        return subprocess.run(in_a_namespace(["true"]), capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def environment_for(way: str, told: dict[str, str]) -> dict[str, str]:
    """The environment of a program, without the proxies and certificates of this machine."""
    environment = {**os.environ, **told, "CLIENTS_SOCKET": way}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(PROGRAMS)])
    environment.update(PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1")
    for name in list(environment):
        if name.lower().endswith(("_proxy", "_ca_bundle")) or name.startswith("SSL_CERT_"):
            del environment[name]
    return environment


def write_column(mark: str, title: str, cells: dict[tuple[str, ...], str]) -> None:
    """Put a column into a table of docs/compatibility.md: what its other columns have stays.

    The rows are those of ``cells``, whose keys are the cells that begin them.
    """
    _, table, _ = PAGE.read_text(encoding="utf-8").split(f"<!-- {mark} -->")
    lines = [line.strip("| ").split(" | ") for line in table.strip().splitlines()]
    first = len(next(iter(cells)))
    titles, body = lines[0], {line[0]: line for line in lines[2:]}
    known = {name: dict(zip(titles[first:], line[first:])) for name, line in body.items()}
    columns = sorted({*titles[first:], title}, key=_order)
    rows: list[tuple[str, ...]] = [(*titles[:first], *columns)]
    for key, cell in cells.items():
        row = {**known.get(key[0], {}), title: cell}
        rows.append((*key, *(row.get(column, "") for column in columns)))
    write_table(mark, rows)


def _order(title: str) -> tuple[bool, list[int]]:
    """PyPy's columns are the last, and 3.9 stands before 3.10."""
    name, _, version = title.rpartition(" ")
    return bool(name), [int(part) for part in version.split(".")]


def write_table(mark: str, rows: list[tuple[str, ...]]) -> None:
    """Put a table into docs/compatibility.md, between two comments; its first row is the head."""
    head, *body = rows
    lines = [head, ("---",) * len(head), *body]
    before, _, after = PAGE.read_text(encoding="utf-8").split(f"<!-- {mark} -->")
    text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    PAGE.write_text(f"{before}<!-- {mark} -->\n{text}<!-- {mark} -->{after}", encoding="utf-8")
