"""``import pysock`` loads constants alone; the rest comes unasked, as if it had been there."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

import pysock
from pysock import _public
from pysock._platform import WINDOWS

from . import ROOT


def run(program: str) -> str:
    """What a program prints, in an interpreter that has not imported pysock yet."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout.strip()


LOADED = "import sys, pysock as socket; {}; print('ctypes' in sys.modules)"


@pytest.mark.skipif(WINDOWS, reason="which constants Windows has, it is asked")
@pytest.mark.parametrize("use", ["pass", "socket.AF_INET", "repr(socket.MSG_PEEK)"])
def test_a_constant_needs_no_ctypes(use: str) -> None:
    assert run("import sys; print('ctypes' in sys.modules)") == "False"
    assert run(LOADED.format(use)) == "False"


# Each the first thing that a program does with the module.
@pytest.mark.parametrize(
    ("use", "answer"),
    [
        ("print(socket.socket is socket.Socket)", "True"),
        ("print(socket.timeout.__mro__[-4].__name__)", "OSError"),
        ("print(socket.has_ipv6)", "True"),
        ("print(socket._GLOBAL_DEFAULT_TIMEOUT is socket._GLOBAL_DEFAULT_TIMEOUT)", "True"),
        ("from pysock import create_server; print(create_server.__name__)", "create_server"),
        ("from pysock import families; print(families.__name__)", "pysock.families"),
        ("from pysock import *; print(inet_aton('1.2.3.4'))", r"b'\x01\x02\x03\x04'"),
        ("print({'socket', '_LOCALHOST'} <= set(dir(socket)))", "True"),
        ("print(set(socket.__all__) - set(dir(socket)))", "set()"),
        ("print(len(set(vars(socket)) - set(dir(socket))))", "0"),
        ("print(hasattr(socket, 'nosuch'), hasattr(socket, '_nosuch'))", "False False"),
        ("socket.nosuch = 1; print(socket.nosuch, callable(socket.dup))", "1 True"),
    ],
)
def test_what_is_asked_for_first(use: str, answer: str) -> None:
    assert run(f"import pysock as socket; {use}") == answer


def test_no_private_name_is_forgotten() -> None:
    names = {name for name in vars(_public) if name[:1] == "_" and name[:2] != "__"}
    modules = {name for name in names if isinstance(vars(_public)[name], ModuleType)}
    assert names - modules - {"_name"} | {"__all__"} == vars(pysock)["_UNLISTED"]


def test_what_a_program_has_put_there_stays() -> None:
    program = "pysock.socket = 1; pysock.has_ipv6 = False; pysock.dup"
    answer = "print(pysock.socket, pysock.has_ipv6, pysock.Socket.__name__)"
    assert run(f"import pysock; {program}; {answer}") == "1 False Socket"


def test_what_a_program_has_removed_stays_away() -> None:
    program = "pysock.dup; del pysock.socket"
    assert run(f"import pysock; {program}; print(hasattr(pysock, 'socket'))") == "False"


def test_mocks() -> None:
    program = """\
from unittest.mock import patch
import pysock
from pysock._platform import WINDOWS

with patch("pysock.gethostname", return_value="here"), patch.object(pysock, "AF_INET", 77):
    print(pysock.gethostname(), pysock.AF_INET)
print(pysock.gethostname.__module__, int(pysock.AF_INET))
"""
    assert run(program).split() == ["here", "77", "pysock._resolver", str(int(pysock.AF_INET))]


def test_threads_that_all_ask_first() -> None:
    program = """\
import sys
import threading
import pysock
from pysock._platform import WINDOWS

sys.setswitchinterval(1e-6)
start, found = threading.Barrier(8), []

def ask():
    start.wait()
    found.append(pysock.socketpair)

threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(found), len(set(found)))
"""
    assert run(program) == "8 1"
