"""Sockets that are left open: closed when they are collected, with a warning, and only then."""

from __future__ import annotations

import gc
import re
import sys
import warnings
from typing import Any

import pytest

import pysock

from .harness import (
    Action,
    descriptors,
    run,
)


def warnings_of(action: Action) -> list[str]:
    """The ResourceWarnings when something is done and all garbage is collected."""
    gc.collect()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        action()
        gc.collect()
    return [str(w.message) for w in told if w.category is ResourceWarning]


def in_a_cycle() -> None:
    sock = pysock.socket()
    cycle: list[Any] = [sock]
    cycle.append(cycle)


def by_a_subclass() -> None:
    class Subclass(pysock.Socket):
        def __init__(self) -> None:
            super().__init__()
            self.me = self

    Subclass()


def by_an_exception() -> None:
    with pytest.raises(OSError):
        sock = pysock.socket()
        sock.getpeername()


@pytest.mark.parametrize(
    "forget", [pysock.socket, in_a_cycle, by_a_subclass, by_an_exception], ids=lambda f: f.__name__
)
def test_an_open_socket_that_is_collected_is_closed_and_tells_it_once(forget: Action) -> None:
    before = descriptors()
    told = warnings_of(forget)
    assert descriptors() == before
    assert len(told) == 1
    assert told[0].startswith("unclosed <")
    assert "fd=-1" not in told[0]


def closed() -> None:
    pysock.socket().close()


def detached() -> None:
    pysock.close(pysock.socket().detach())


def never_made() -> None:
    with pytest.raises(OSError):
        pysock.socket(99)


def never_begun() -> None:
    pysock.Socket.__new__(pysock.Socket)


def with_files() -> None:
    sock = pysock.socketpair()
    with sock[1], sock[0].makefile("rb"):
        sock[0].close()


@pytest.mark.parametrize(
    "leave", [closed, detached, never_made, never_begun, with_files], ids=lambda f: f.__name__
)
def test_a_socket_that_is_not_open_goes_quietly(leave: Action) -> None:
    before = descriptors()
    assert warnings_of(leave) == []
    assert descriptors() == before


def test_a_warning_that_is_an_error_closes_all_the_same() -> None:
    program = """
import gc, os, sys, warnings
sys.unraisablehook = lambda told: print(told.exc_type.__name__)
warnings.simplefilter("error")
import pysock
sock = pysock.socket()
fd = sock.fileno()
del sock
gc.collect()
try:
    os.fstat(fd)
except OSError:
    print("closed")
"""
    done = run(program)
    assert done.stdout.split() == ["ResourceWarning", "closed"]


def test_a_warning_that_is_an_error_names_the_socket_and_the_caller() -> None:
    """As on C, where a finaliser has no frame of its own; PyPy tells of its own, too."""
    said = []
    for module in ("socket", "pysock"):
        program = f"""
import gc, warnings
import {module} as socket
warnings.simplefilter("error")
def leave(family):
    sock = socket.socket(family)
    del sock
    gc.collect()
leave(socket.AF_INET)
"""
        told = run(program).stderr.replace("pysock.Socket", "socket.socket")
        said.append(re.sub(r"fd=\d+", "fd=N", told))
    if sys.implementation.name == "cpython":
        assert said[0] == said[1]
    assert "unclosed <socket.socket" in said[1] and "__del__" not in said[0]


AT_THE_END = {
    "a global": "sock = pysock.socket()",
    "bound": "sock = pysock.socket(); sock.bind(('127.0.0.1', 0))",
    "a cycle": "cycle = [pysock.socket()]; cycle.append(cycle)",
    "in a class": "class Holder: sock = pysock.socket()",
    "in the package": "sock = pysock.left = pysock.socket()",
    "in a module that goes first": "import json; json.left = pysock.socket()",
    "in a module that stays": "import sys; sys.left = pysock.socket()",
    "in a family unheard of, after an error": """
import sys
sys.excepthook = print
def fail():
    sock, other = pysock.socketpair()
    other.detach()
    raise RuntimeError
fail()""",
    "in modules that stay longer": """
import codecs, sys
codecs.left, other = sys.left = pysock.socketpair()
other.detach()
del other, sys.left""",
    "a subclass": """
class Subclass(pysock.Socket):
    def __init__(self):
        super().__init__()
        self.me = self
sock = Subclass()""",
    "used by a thread": """
import threading, time
sock, other = pysock.socketpair()
threading.Thread(target=lambda: sock.recv(1), daemon=True).start()
time.sleep(0.05)
other.close()
del other""",
}


@pytest.mark.parametrize("name", AT_THE_END)
def test_at_the_end_of_a_program_nothing_but_the_warning_is_told(name: str) -> None:
    done = run(f"import pysock\n{AT_THE_END[name]}", "-W", "always::ResourceWarning")
    lines = [line for line in done.stderr.splitlines() if "tracemalloc" not in line]
    assert done.returncode == ("error" in name)
    assert all("ResourceWarning: unclosed <" in line for line in lines if line.strip()), lines
    assert len(lines) <= 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(("r", 0), ValueError), (("rb", 1.5), TypeError), (("r", None, "no codec"), LookupError)],
)
def test_a_file_that_was_not_made_keeps_no_descriptor(
    arguments: tuple[Any, ...], complaint: type[Exception]
) -> None:
    """Also while its error is looked at, and where a collection comes late."""
    with pysock.socket() as sock:
        mode, buffering, encoding = (*arguments, None)[:3]
        with pytest.raises(complaint) as told:
            sock.makefile(mode, buffering, encoding=encoding)
        assert told.traceback
        before = descriptors()
        sock.close()
        assert descriptors() != before
