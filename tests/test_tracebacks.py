"""Tracebacks of a program on pysock end where Python's own end, at the program's line."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pysock import _install

from .test_run import ON_PYSOCK, alike, ran, written

pytestmark = pytest.mark.timeout(240)

# Calls that fail in C.  (What fails in Python's socket.py has lines of that file in its traceback.)
ALL_WAYS = """
import logging, socket, sys, threading, traceback
def fail():
    with socket.socket() as sock:
        sock.bind(5)
def tell(error):
    traceback.print_exception(type(error), error, error.__traceback__)
    traceback.print_tb(error.__traceback__)
    print([entry.name for entry in traceback.extract_tb(error.__traceback__)])
    print(len(traceback.format_exception(type(error), error, error.__traceback__)))
try:
    fail()
except TypeError as error:
    tell(error)
    logging.exception("logged")
try:
    socket.inet_aton("no address")
except OSError as error:
    tell(error)
try:
    socket.nothing
except AttributeError as error:
    print(error, len(traceback.extract_tb(error.__traceback__)))
thread = threading.Thread(target=fail, name="a thread")
thread.start()
thread.join()
print(sys.excepthook is sys.__excepthook__)
class Address:
    def __index__(self):
        1 / 0
try:
    socket.htons(Address())
except ZeroDivisionError as error:
    tell(error)
try:
    fail()
except TypeError as error:
    raise ValueError("because of that") from error
"""


def test_they_are_those_of_c(tmp_path: Path) -> None:
    program = written(tmp_path, ALL_WAYS)
    if sys.implementation.name == "cpython":
        alike(tmp_path, program)
    on_c, on_pysock = (ran(*way, program, folder=tmp_path) for way in ([], ON_PYSOCK))
    places = [re.findall('File ".*', err) for _, _, err in (on_c, on_pysock)]
    assert places[0] == places[1]  # (PyPy has words of its own for errors)
    status, _, err = on_pysock
    assert status == 1 and err.count("sock.bind(5)") == 5
    assert "direct cause" in err and "a thread" in err and "pysock" not in err


def test_of_unittest_and_of_an_import(tmp_path: Path) -> None:
    tests = "import socket, unittest\nclass Tests(unittest.TestCase):\n"
    tests += "    def test(self): socket.inet_aton('no address')\n"
    written(tmp_path, tests, "test_it.py")
    for way in ([], ON_PYSOCK):
        status, _, err = ran(*way, "-m", "unittest", "test_it", folder=tmp_path)
        assert status == 1 and "File" in err and "conversions" not in err
    alike(tmp_path, "-c", "import socket, socket.nothing")
    for way in ([], ON_PYSOCK):
        _, _, err = ran(*way, "-c", "from socket import nothing", folder=tmp_path)
        assert "ImportError: cannot import name 'nothing' from 'socket' (" in err


UNRAISABLE = """
import _thread, socket, time
class Failing:
    def __del__(self):
        socket.inet_aton("no address")
Failing()
ended = _thread.allocate_lock()
ended.acquire()
def fail():
    ended.release()
    socket.inet_aton("no address")
_thread.start_new_thread(fail, ())
ended.acquire()
time.sleep(0.2)
"""


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="PyPy's hook takes no other")
def test_of_what_cannot_be_raised(tmp_path: Path) -> None:
    err = [ran(*way, "-c", UNRAISABLE, folder=tmp_path)[2] for way in ([], ON_PYSOCK)]
    assert err[1].count("OSError: illegal IP") == 2
    assert re.sub("0x[0-9A-Fa-f]+", "", err[1]) == re.sub("0x[0-9A-Fa-f]+", "", err[0])


MISSPELLED = """
import socket, sys, traceback
for name in ("scoket", "AF_INTE", "create_conection", "SOCK_STREM", "gethostbynmae", "IPROTO_TCP"):
    try:
        getattr(socket, name)
    except AttributeError:
        traceback.print_exc()
try:
    from socket import creat_connection
except ImportError:
    print(traceback.format_exc().replace(socket.__file__, ""), file=sys.stderr)
before = dir(socket)
print("AF_INET" in before, "inet_aton" in before)
try:
    socket.inet_atom
except AttributeError as error:
    raise ValueError from error
"""


def test_a_misspelled_name_has_the_suggestion_that_it_has_in_c(tmp_path: Path) -> None:
    _, out, err = alike(tmp_path, written(tmp_path, MISSPELLED))
    assert out == "True True\n"
    if sys.implementation.name == "cpython" and sys.version_info >= (3, 12):
        assert err.count("Did you mean") == 8


def test_with_frames_nothing_is_left_out(tmp_path: Path) -> None:
    program = written(tmp_path, ALL_WAYS)
    on_request = [
        ran("-m", "pysock", "run", "--frames", program, folder=tmp_path),
        ran(*ON_PYSOCK, program, folder=tmp_path, **{_install.FRAMES: "1"}),
    ]
    assert on_request[0] == on_request[1]
    assert on_request[0][0] == 1 and "connection.py" in on_request[0][2]


def test_a_debugger_sees_all(tmp_path: Path) -> None:
    program = """
import socket, sys
def hook(kind, value, tb, own=sys.excepthook):
    own(kind, value, tb)
    while tb.tb_next:
        tb = tb.tb_next
    print(tb.tb_frame.f_globals["__name__"], value.__traceback__ is not None)
sys.excepthook = hook
socket.inet_aton("no address")
"""
    status, out, err = ran(*ON_PYSOCK, written(tmp_path, program), folder=tmp_path)
    assert (status, out.split()) == (1, ["pysock._functions.conversions", "True"])
    assert "pysock" not in err


def test_what_the_program_has_put_there_stays() -> None:
    def of_the_program(*_: object) -> None:
        pass

    own = sys.excepthook
    with _install.installed():
        assert sys.excepthook is not own
        sys.excepthook = of_the_program
    try:
        assert sys.excepthook is of_the_program
    finally:
        sys.excepthook = own
    with _install.installed():
        pass
    assert sys.excepthook is own
