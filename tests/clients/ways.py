"""How a program is run, by python and by ``python -m pysock run``; and where tables are kept."""

from __future__ import annotations

import os
from pathlib import Path

from .. import ROOT

PROGRAMS = Path(__file__).parent / "programs"
PAGE = ROOT / "docs/compatibility.md"
WAYS: dict[str, list[str]] = {"C": [], "pysock": ["-m", "pysock", "run"]}


def environment_for(way: str, told: dict[str, str]) -> dict[str, str]:
    """The environment of a program, without the proxies and certificates of this machine."""
    environment = {**os.environ, **told, "CLIENTS_SOCKET": way}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(PROGRAMS)])
    environment.update(PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1")
    for name in list(environment):
        if name.lower().endswith(("_proxy", "_ca_bundle")) or name.startswith("SSL_CERT_"):
            del environment[name]
    return environment


def write_table(mark: str, rows: list[tuple[str, ...]]) -> None:
    """Put a table into docs/compatibility.md, between two comments; its first row is the head."""
    head, *body = rows
    lines = [head, ("---",) * len(head), *body]
    before, _, after = PAGE.read_text(encoding="utf-8").split(f"<!-- {mark} -->")
    text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    PAGE.write_text(f"{before}<!-- {mark} -->\n{text}<!-- {mark} -->{after}", encoding="utf-8")
