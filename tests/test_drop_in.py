"""Programs on ``python -m pysock run`` do what they do without: what real clients have shown."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

from . import ROOT

RUN = ["-m", "pysock", "run"]


def on_both(program: str) -> str:
    """What a program prints, which has to be the same on the C module and on pysock."""
    printed = []
    for way in ([], RUN):
        done = subprocess.run(
            [sys.executable, *way, "-c", dedent(program)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=50,
        )
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    assert printed[0] == printed[1]
    return printed[0]


@pytest.mark.parametrize("first", ["import socket, ssl", "import ssl, socket"])
def test_ssl_leaves_the_enums_alone(first: str) -> None:
    """uvicorn's workers are sent a listener: its family has to be pickled."""
    said = on_both(
        f"""
        {first}
        import pickle
        for enum in (socket.AddressFamily, socket.SocketKind, socket.MsgFlag, socket.AddressInfo):
            print(pickle.loads(pickle.dumps(enum)) is enum, enum.__module__)
        with socket.socket() as sock:
            print(type(sock.family) is socket.AddressFamily, sock.family is socket.AF_INET)
            print(pickle.loads(pickle.dumps(sock.family)) is socket.AF_INET)
        """
    )
    assert "False" not in said
