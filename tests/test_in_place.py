"""pysock in the place of ``socket``: what a program finds there, and its children."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import multiprocessing
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import pysock

from . import ROOT
from .foreign import needs_ssl
from .harness import on_pypy
from .test_run import MULTIPROCESSING, alike, ran, written

pytestmark = pytest.mark.timeout(240)

HINTS = """
import socket, typing, _socket
things = [socket, socket.socket, _socket.socket, socket.SocketIO, socket.socket.accept]
things += [socket.socket.makefile, socket.SocketIO.readinto, socket.create_connection]
print([typing.get_type_hints(thing) for thing in [*things, socket.socket.family.fget]])
"""


def test_annotations_are_not_the_programs_to_resolve(tmp_path: Path) -> None:
    """Nobody can: their names are known to type checkers alone."""
    assert alike(tmp_path, "-c", HINTS)[1] == f"{[{}] * 9}\n"
    functions: list[Any] = [pysock.create_connection, pysock.Socket.accept]
    before = [dict(function.__annotations__) for function in functions]
    with pysock.installed():
        assert [function.__annotations__ for function in functions] == [{}, {}]
    assert [function.__annotations__ for function in functions] == before
    assert "return" in before[0]


LOADERS = """
import copy, importlib.util, pkgutil, runpy
for name in ("ssl", "socket", "_socket"):
    loader = importlib.util.find_spec(name).loader
    print(copy.copy(loader).is_package(name), loader.get_source(name) is None)
    try:
        print("fromfd" in runpy.run_module(name), "SSLSocket" in runpy.run_module(name))
    except ImportError as error:
        print(error)
"""


def test_loaders_answer_what_runpy_and_pkgutil_ask(tmp_path: Path) -> None:
    pytest.importorskip("ssl", reason="this interpreter has no ssl")
    alike(tmp_path, "-c", LOADERS)
    for name in ("ssl", "socket", "_socket"):
        alike(tmp_path, "-m", name)


OTHERS_OF_OS = """
import os
def refuse(*arguments):
    raise ValueError(arguments)
os.close = os.dup = os.set_blocking = refuse  # gevent has a ``close`` of its own
import socket
with socket.socket() as sock, sock.dup() as other:
    other.setblocking(False)
    print(other.getblocking(), sock.getblocking())
print(other.fileno())
"""


def test_what_a_program_puts_into_os_is_not_for_sockets(tmp_path: Path) -> None:
    alike(tmp_path, "-c", OTHERS_OF_OS)


OTHERS_EVERYWHERE = """
import os, socket, sys, time
def stand_still():
    return 0.0
def refuse(*arguments):
    raise ValueError(arguments)
others = [(time.monotonic, stand_still), (os.dup, refuse), (os.close, refuse)]
for module in list(sys.modules.values()):
    for name, value in list(vars(module).items()):
        for own, other in others:
            if value is own:
                setattr(module, name, other)  # as freezegun and pyfakefs do
first, second = socket.socketpair()
third = first.dup()
third.settimeout(0.1)
try:
    third.recv(1)
except OSError as error:
    print(type(error), error)
"""


def test_what_tests_put_into_all_modules_is_not_for_sockets(tmp_path: Path) -> None:
    assert "timed out" in alike(tmp_path, "-c", OTHERS_EVERYWHERE)[1]


ASKED = """
import importlib.machinery
import importlib.util
import multiprocessing
import os
import sys
class Spy:
    def find_spec(self, name, path=None, target=None):
        print(name) if name in ("socket", "ssl") else None
sys.meta_path.insert(0, Spy())
import socket, ssl, inspect
print(inspect.signature(socket.socket.__exit__))
"""


def test_finders_of_the_program_are_asked_once(tmp_path: Path) -> None:
    alike(tmp_path, "-c", ASKED)


HEARD = """
import socket
made, init = [], socket.socket.__init__
def hear(self, *args, **kwargs):
    made.append((args, sorted(kwargs)))
    init(self, *args, **kwargs)
socket.socket.__init__ = hear
first, second = socket.socketpair()
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
accepted, _ = listener.accept()
copies = first.dup(), socket.fromfd(first.fileno(), first.family, first.type)
print(len(made))
for sock in (first, second, listener, client, accepted, *copies):
    sock.close()
"""


def test_who_replaces_init_hears_of_each_socket(tmp_path: Path) -> None:
    alike(tmp_path, "-c", HEARD)


def test_a_socket_of_the_program_stays_its_own(tmp_path: Path) -> None:
    written(tmp_path, "AF_INET = 'the program has its own'", "socket.py")
    assert "own" in alike(tmp_path, "-c", "import socket; print(socket.AF_INET)")[1]


KEPT = """
import gc, os, socket, ssl, warnings
first, second = socket.socketpair()
context = ssl.create_default_context()
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    sock = context.wrap_socket(first, do_handshake_on_connect=False, server_hostname="localhost")
    del sock
    gc.collect()
kept = told[0].source
other = open(os.devnull, "r+b", buffering=0)  # has its number
print(kept, kept.fileno(), second.recv(1))
try:
    kept.do_handshake()
except OSError as error:
    print(type(error), error.errno)
kept.close()
os.fstat(other.fileno())
"""


OTHERS = """
import socket
class Other:  # as gevent's, which has a socket, and is none
    def settimeout(self, value): ...
    def setblocking(self, flag): ...
    def detach(self): ...
    def _real_close(self): ...
socket.socket = Other
import ssl
print(issubclass(ssl.SSLSocket, Other), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) is not None)
"""


@needs_ssl
def test_ssl_can_be_imported_when_a_program_has_put_a_class_in_the_place_of_ours(
    tmp_path: Path,
) -> None:
    alike(tmp_path, written(tmp_path, OTHERS))


@needs_ssl
@pytest.mark.skipif(sys.implementation.name != "cpython", reason="PyPy does not warn at once")
def test_what_a_warning_keeps_of_an_ssl_socket_has_no_descriptor(tmp_path: Path) -> None:
    alike(tmp_path, written(tmp_path, KEPT))


@pytest.mark.parametrize("start", ["fork", "spawn", "forkserver"])
def test_children_of_a_program_that_installs_it(start: str, tmp_path: Path) -> None:
    """Its first line is run again in a child, where multiprocessing has imported socket before."""
    if start not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system cannot {start}")
    program = "import pysock; pysock.install()" + MULTIPROCESSING.replace("START", start)
    assert ran(written(tmp_path, program), folder=tmp_path) == (0, "pysock\n", "")


def test_a_program_that_has_multiprocessing_already_may_install_it(tmp_path: Path) -> None:
    """PyInstaller imports it before the first line of a program that uses it."""
    first = "import multiprocessing.connection\nimport pysock; pysock.install()\n"
    last = "print(multiprocessing.connection.socket is pysock)\npysock.uninstall()\n"
    last += "print(multiprocessing.connection.socket is pysock)\n"
    assert ran("-c", first + last, folder=tmp_path) == (0, "True\nFalse\n", "")
    for start in multiprocessing.get_all_start_methods():
        program = written(tmp_path, first + MULTIPROCESSING.replace("START", start))
        assert ran(program, folder=tmp_path) == (0, "pysock\n", ""), start


STATE = """
import socket, sys, threading, pysock
from socket import create_connection as connect
from pysock import _install

def state():
    functions = pysock.create_connection, pysock.Socket.recv, pysock.Socket.makefile
    return [
        pysock.__name__, pysock.Socket, pysock.Socket.__name__, pysock.timeout.__module__,
        *[(each.__module__, each.__qualname__) for each in functions],
        [sys.modules.get(name) for name in ("socket", "_socket")],
        _install._finder in sys.meta_path,
        sys.excepthook, sys.__excepthook__, sys.unraisablehook, threading.excepthook,
        connect, socket,
    ]

def install(_=None):
    pysock.install(replace=True)

def uninstall(_=None):
    pysock.uninstall()

def in_place():
    # The same, without what each call of install makes anew.
    hooks = sys.excepthook, sys.__excepthook__, threading.excepthook
    return repr(state()[:-6]), state()[-2:], [each.__wrapped__ for each in hooks]

before = repr(state()), state()
install()
after = in_place()
uninstall()
"""

INTERRUPTED = STATE + """
from tests.hostile.each_step import attempt

for call, prepare in (install, uninstall), (uninstall, install):
    came, step, interrupted = "Stop", 1, -1
    while came == "Stop":
        prepare(None)
        came, where = attempt(call, [], step)
        if call is uninstall:
            if came == "Stop" and step % 2:
                install()
                if in_place() != after:
                    print("uninstall and install left", where)
            pysock.uninstall()
        elif came == "Stop" and (repr(state()), state()) != before:
            print("install left", where)
        pysock.uninstall()
        if (repr(state()), state()) != before:
            print("uninstall left", where)
        interrupted += 1
        step += step // 9 + 7
    print(call.__name__, came, interrupted > 40)
"""


@pytest.mark.skipif(on_pypy, reason="PyPy tells of no instructions")
@pytest.mark.skipif(
    importlib.util.find_spec("fcntl") is None, reason="each_step looks at modes by fcntl"
)
def test_install_and_uninstall_that_are_interrupted(tmp_path: Path) -> None:
    assert ran("-c", INTERRUPTED, folder=tmp_path) == (
        0, "install nothing True\nuninstall nothing True\n", ""
    )  # fmt: skip


# The first import in a program that runs on pysock: what it makes is there only when it is whole.
FIRST_IMPORT = STATE + """
from pysock import _naming, _plain, _tracebacks
from tests.hostile.each_step import attempt

def away():
    _naming.name_as(in_place=False)
    _tracebacks.keep()
    for name in "socket", "_socket":
        sys.modules.pop(name, None)

def first(_):
    import socket

install()
came, step = "Stop", 1
while came == "Stop":
    away()
    came, where = attempt(first, [], step)
    first(None)
    if in_place() != after:
        print("left", where)
    step += step // 20 + 7
uninstall()
print(came, step > 200)

names = set(dir(_plain.module()))
came, step = "Stop", 1
while came == "Stop":
    _plain._made = None
    came, where = attempt(lambda _: _plain.module(), [], step)
    if set(dir(_plain.module())) != names:
        print("_socket lacks names, after", where)
    step += step // 20 + 7
print(came, step > 200)
"""


@pytest.mark.skipif(on_pypy, reason="PyPy tells of no instructions")
@pytest.mark.skipif(
    importlib.util.find_spec("fcntl") is None, reason="each_step looks at modes by fcntl"
)
def test_a_first_import_that_is_interrupted(tmp_path: Path) -> None:
    assert ran("-c", FIRST_IMPORT, folder=tmp_path) == (0, "nothing True\nnothing True\n", "")


AT_ONCE = STATE + """
sys.setswitchinterval(1e-6)
for _ in range(10):
    begin, left = threading.Barrier(4), []

    def run():
        begin.wait()
        install()
        if in_place() != after:
            left.append(1)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    uninstall()
    if left or (repr(state()), state()) != before:
        print("left", left)
"""


def test_threads_install_at_once(tmp_path: Path) -> None:
    """Each of them finds all in place when its call is over."""
    assert ran("-c", AT_ONCE, folder=tmp_path) == (0, "", "")


# --- a tool whose sitecustomize stands before, and passes on --------------------------

# As agents that watch programs do it, each in its way: by the loader, and by a second import.
PASSING_ON = {
    "loader": """
import os, sys
from importlib.machinery import PathFinder
print("the tool", __name__)
here = os.path.dirname(os.path.abspath(__file__))
spec = PathFinder.find_spec("sitecustomize", [entry for entry in sys.path if entry != here])
if spec is not None:
    spec.loader.load_module("sitecustomize")
""",
    "import": """
import os, sys
print("the tool", __name__)
here = os.path.dirname(os.path.abspath(__file__))
sys.path.remove(here)
this = sys.modules.pop("sitecustomize")
try:
    import sitecustomize
except ImportError:
    sys.modules["sitecustomize"] = this
finally:
    sys.path.insert(0, here)
""",
}


@pytest.mark.parametrize("behind", ["nothing", "another"])
@pytest.mark.parametrize("how", PASSING_ON)
def test_a_tool_that_passes_on_is_asked_once(tmp_path: Path, how: str, behind: str) -> None:
    if how == "loader" and not hasattr(importlib.machinery.SourceFileLoader, "load_module"):
        pytest.skip("this Python's loaders load no modules by themselves")
    for folder in ("tool", "other"):
        (tmp_path / folder).mkdir()
    written(tmp_path, PASSING_ON[how], "tool/sitecustomize.py")
    if behind == "another":
        written(tmp_path, "print('the other', __name__)", "other/sitecustomize.py")
    tool, other = str(tmp_path / "tool"), str(tmp_path / "other")
    startup = os.path.join(ROOT, "pysock", "_startup")
    program = "import socket, sys; print(hasattr(socket, 'Socket')); print(sys.path[-1:])"
    said = []
    for folders in ([tool, str(ROOT), other], [tool, startup, str(ROOT), other]):
        paths = os.pathsep.join(folders)
        status, out, err = ran("-c", program, folder=tmp_path, PYTHONPATH=paths)
        assert (status, err) == (0, "")
        said.append(out)
    assert said[1] == said[0].replace("False", "True") and said[1].count("the tool") == 1
