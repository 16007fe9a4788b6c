"""How a program is run: by python, and by ``python -m pysock run``."""

from __future__ import annotations

import os
from pathlib import Path

from .. import ROOT

PROGRAMS = Path(__file__).parent / "programs"
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
