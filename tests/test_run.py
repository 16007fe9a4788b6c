"""``python -m pysock run`` and ``install``: the program, and its children, notice nothing.

Each program runs twice, by python itself and on pysock: what it prints, also on standard error,
and its exit status are the same.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pysock import _install
from pysock._platform import WINDOWS

from . import ROOT
from .foreign import needs_ssl
from .harness import LATE

# Each test starts several interpreters, which takes Windows' under Wine long.
pytestmark = pytest.mark.timeout(240)

ON_PYSOCK = ["-m", "pysock", "run"]


def environment(**changes: str) -> dict[str, str]:
    """That of these tests, in which pysock is found wherever a program runs."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", **changes}


def ran(*arguments: str, folder: Path, feed: str = "", **changes: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(**changes),
        input=feed,
        capture_output=True,
        text=True,
        timeout=LATE + 50,
    )
    return done.returncode, done.stdout, done.stderr


def alike(folder: Path, *program: str, feed: str = "", **changes: str) -> tuple[int, str, str]:
    """What a program does, on C and on pysock."""
    on_c = ran(*program, folder=folder, feed=feed, **changes)
    on_pysock = ran(*ON_PYSOCK, *program, folder=folder, feed=feed, **changes)
    assert on_pysock == on_c
    return on_pysock


def written(folder: Path, program: str, name: str = "program.py") -> str:
    (folder / name).write_text(program)
    return name


# --- a program -----------------------------------------------------------------------

WHOAMI = """
import socket, sys
print(sys.argv, __name__, __file__, sys.path[0], sorted(sys.modules["__main__"].__dict__))
print(sys.flags, sys.warnoptions, sys._xoptions, sorted(sys.orig_argv[1:]))
"""


def test_a_script_is_what_it_is(tmp_path: Path) -> None:
    program = WHOAMI.replace(", sorted(sys.orig_argv[1:])", "")
    status, out, _ = alike(tmp_path, written(tmp_path, program), "-m", "a b", "--report", "-c")
    assert status == 0 and "'a b', '--report', '-c'] __main__" in out


def test_a_module_is_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    written(
        tmp_path, "import sys; print(__name__, __package__, sys.argv[1:])", "package/__main__.py"
    )
    assert alike(tmp_path, "-m", "package", "-x", "--", "y")[1] == (
        "__main__ package ['-x', '--', 'y']\n"
    )


def test_a_string_is_what_it_is(tmp_path: Path) -> None:
    assert alike(tmp_path, "-c", "import sys; print(sys.argv)", "-c", "1")[1] == (
        "['-c', '-c', '1']\n"
    )


def test_a_program_from_standard_input(tmp_path: Path) -> None:
    program = "import sys; print(sys.argv, __name__)"
    assert alike(tmp_path, "-", "a", feed=program)[1] == "['-', 'a'] __main__\n"


@pytest.mark.parametrize(
    "program",
    [
        "import sys; sys.exit(7)",
        "raise SystemExit('in words')",
        "import socket\ndef f(): 1 / 0\nf()",
        "import nothing_of_that_name",
        "x = ",
        "import os, socket; os.abort()",
        "print(input(), input())",
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "raise KeyboardInterrupt",
        "import os; os._exit(0xC0000005 - 2**32)",  # Windows' status of a crash
        "import atexit, socket; atexit.register(print, 'at exit')",
        "import warnings, socket; warnings.warn('a warning')",
        "import code, socket; code.interact(banner='interactive', exitmsg='over')",
    ],
)
def test_its_end_and_its_errors_are_its_own(tmp_path: Path, program: str) -> None:
    alike(tmp_path, written(tmp_path, program), feed="one\ntwo\n")


@pytest.mark.parametrize("program", [["-"], ["program.py"], ["-c", "x = 5"]], ids=" ".join)
def test_a_prompt(tmp_path: Path, program: list[str]) -> None:
    """Python asks, although its input is no terminal, and ends by a status that was asked for."""
    written(tmp_path, "import socket\nx = 5\nprint(socket.socket)")
    feed = "import socket\nprint(socket.socket)\n1 / 0\nx = [\n1,\n2]\nx\nraise SystemExit(7)\n"
    on_c = ran("-i", "-q", *program, folder=tmp_path, feed=feed)
    assert ran("-i", "-q", *ON_PYSOCK, *program, folder=tmp_path, feed=feed) == on_c
    assert on_c[0] == 7 and (on_c[1] + on_c[2]).count(">>> ") > 4


@pytest.mark.parametrize("program", ["absent.py", ".", "empty"])
def test_what_is_no_program(tmp_path: Path, program: str) -> None:
    (tmp_path / "empty").mkdir()
    status, out, err = alike(tmp_path, program)
    assert status != 0 and not out and len(err.splitlines()) == 1
    status, _, err = alike(tmp_path, "-m", program.rstrip(".") or "no.such.module")
    assert status != 0 and len(err.splitlines()) == 1


def test_files_of_the_program_are_not_for_the_command(tmp_path: Path) -> None:
    """With -m, Python looks for modules in the folder where it was started, too."""
    for name in ("argparse", "gettext", "shutil", "signal", "subprocess"):
        written(tmp_path, "print('it was imported')", f"{name}.py")
    (tmp_path / "folder").mkdir()
    program = written(tmp_path, "print('the program')", "folder/program.py")
    assert alike(tmp_path, program) == (0, "the program\n", "")


def test_no_program(tmp_path: Path) -> None:
    for arguments in ([], ["-m"], ["-c"], ["-O", "x.py"], ["--", "x.py"]):
        status, out, err = ran(*ON_PYSOCK, *arguments, folder=tmp_path)
        assert (status, out) == (2, "") and len(err.splitlines()) == 1


def test_where_python_reads_no_environment(tmp_path: Path) -> None:
    program = "import runpy, sys; sys.argv[1:] = ['run', '-c', '1']; sys.path.insert(0, %r);"
    program += "runpy.run_module('pysock', run_name='__main__', alter_sys=True)"
    status, _, err = ran("-I", "-c", program % str(ROOT), folder=tmp_path)
    assert status == 2 and "-I, -E or -S" in err and len(err.splitlines()) == 1


OPTIONS = [
    ("-O", "-i"),
    ("-W", "error", "-X", "dev", "-X", "no_debug_ranges", "-X", "int_max_str_digits=640"),
    ("-B", "-s", "-u", "-X", "pycache_prefix=elsewhere", "-X", "of_a_program=x=y"),
]


@pytest.mark.parametrize("options", OPTIONS)
def test_options_of_python(tmp_path: Path, options: tuple[str, ...]) -> None:
    program = "import socket, sys; print(sys.flags, sys.warnoptions, sorted(sys._xoptions.items()),"
    program += " sys.stdout.write_through, hasattr(sys.stdout.buffer, 'raw'), sys.pycache_prefix)"
    on_c = ran(*options, "-c", program, folder=tmp_path)
    assert ran(*options, *ON_PYSOCK, "-c", program, folder=tmp_path) == on_c


def ready(program: str, folder: Path) -> subprocess.Popen[str]:
    """A program on pysock that has said so."""
    child = subprocess.Popen(
        [sys.executable, *ON_PYSOCK, "-c", program],
        cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    return child


def test_a_signal_reaches_the_program_itself(tmp_path: Path) -> None:
    program = "import signal, socket, time\n"
    # (What runs in the background of a shell ignores it.)
    program += "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    program += "try: print('ready', flush=True); time.sleep(60)\n"
    program += "except KeyboardInterrupt: print('interrupted'); raise SystemExit(3)"
    with ready(program, tmp_path) as child:
        assert child.stdout is not None
        if not WINDOWS:  # where Ctrl-C is for a whole console
            child.send_signal(signal.SIGINT)
            assert (child.stdout.read(), child.wait(LATE)) == ("interrupted\n", 3)
        else:
            child.kill()


@pytest.mark.skipif(not WINDOWS, reason="here the command has become the program")
def test_what_ends_the_command_ends_the_program(tmp_path: Path) -> None:
    program = "import time; print('ready', flush=True); time.sleep(60); print('unseen')"
    with ready(program, tmp_path) as child:
        assert child.stdout is not None
        child.kill()
        assert child.stdout.read() == ""  # which comes when the program's end closes the pipe


# --- what it imports -----------------------------------------------------------------

IN_PLACE = """
import importlib, socket, sys, _socket
assert socket.__file__.endswith(("pysock/__init__.py", "pysock\\\\__init__.py")), socket.__file__
print(socket.socket, _socket.socket, socket.gaierror, socket.herror, socket.timeout)
print(socket.socket.__mro__[:2], socket.AddressFamily, repr(socket.AF_INET), _socket.AF_INET)
with socket.socket() as sock:
    print(repr(sock).partition(" fd=")[0], isinstance(sock, _socket.socket))
assert importlib.reload(socket) is socket and importlib.import_module("socket") is socket
del sys.modules["socket"], sys.modules["_socket"]
module = socket
import socket, _socket as plain
assert socket is module and plain is _socket
if hasattr(_socket, "socketpair"):
    a, b = _socket.socketpair()
    print(type(a), a.family)
print([entry[:3] for entry in _socket.getaddrinfo("127.0.0.1", 80)])
"""


def test_socket_is_pysock(tmp_path: Path) -> None:
    program = written(tmp_path, IN_PLACE)
    status, out, err = ran(*ON_PYSOCK, program, folder=tmp_path)
    assert (status, err) == (0, "")
    on_c = IN_PLACE.replace("assert socket.__file__", "#").replace(", _socket as plain", "")
    on_c = on_c.replace(' and importlib.import_module("socket") is socket', "")
    on_c = on_c.replace('del sys.modules["socket"], sys.modules["_socket"]', "")
    on_c = on_c.replace("assert socket is module and plain is _socket", "")
    theirs = ran("-c", on_c, folder=tmp_path)[1]
    assert out == theirs


RELOADED = """
import importlib.util, socket, _socket
before = [socket.socket, socket.AddressFamily, socket.getaddrinfo]
for module in (socket, _socket) * 2:
    assert importlib.reload(module) is module
assert [socket.socket, socket.AddressFamily, socket.getaddrinfo] == before
for name in ("socket", "_socket"):
    print(importlib.util.find_spec(name) is not None)
"""


def test_what_is_reloaded_is_the_same(tmp_path: Path) -> None:
    assert ran(*ON_PYSOCK, "-c", RELOADED, folder=tmp_path) == (0, "True\nTrue\n", "")


PICKLED = """
import pickle, socket, _socket, sys
names = ["getaddrinfo", "create_connection", "gethostbyname", "inet_aton", "socket", "gaierror"]
things = [getattr(socket, name) for name in names]
things += [socket.socket.connect, socket.socket.accept, socket.SocketIO.readinto]
if sys.argv[1:]:
    print(pickle.loads(bytes.fromhex(sys.argv[1])) == things)
else:
    print(pickle.dumps(things, 4).hex())
"""


def test_functions_are_pickled_by_the_names_of_socket(tmp_path: Path) -> None:
    """So a process on C can read what one on pysock has pickled, and the other way round."""
    for writer, reader in ([], ON_PYSOCK), (ON_PYSOCK, []), (ON_PYSOCK, ON_PYSOCK):
        status, pickled, err = ran(*writer, "-c", PICKLED, folder=tmp_path)
        assert (status, err) == (0, "")
        assert ran(*reader, "-c", PICKLED, pickled.strip(), folder=tmp_path) == (0, "True\n", "")


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="PyPy warns later, or never")
def test_a_socket_that_is_left_open_says_so_like_c(tmp_path: Path) -> None:
    program = "import socket\ndef f():\n    s = socket.socket()\nf()\n"
    told = [
        ran(*before, "-c", program, folder=tmp_path, PYTHONWARNINGS="default")[2]
        for before in ([], ON_PYSOCK)
    ]
    assert "ResourceWarning: unclosed <socket.socket fd=" in told[0]
    # On Windows, handles have other numbers each time.
    assert re.sub(r"fd=\d+", "fd=", told[1]) == re.sub(r"fd=\d+", "fd=", told[0])


def test_what_is_not_asked_for_is_not_loaded(tmp_path: Path) -> None:
    program = "import sys; print([m for m in sys.modules if m.partition('.')[0] == 'pysock'])"
    assert ran(*ON_PYSOCK, "-c", program, folder=tmp_path) == (0, "['pysock._install']\n", "")


@needs_ssl
def test_report(tmp_path: Path) -> None:
    program = "import http.client, ssl, subprocess, sys\nsubprocess.run([sys.executable, '-c', ''])"
    status, _, err = ran(*ON_PYSOCK, "--report", "-c", program, folder=tmp_path)
    assert status == 0 and err.count("pysock: in process") == 2
    sockets_of = [line for line in err.splitlines() if line.startswith("  sockets of ")]
    assert sockets_of[:2] == ["  sockets of pysock: none", "  sockets of C: none"][:2]
    assert "http.client" in sockets_of[2] and "ssl" in sockets_of[2]
    if sys.implementation.name == "cpython":
        assert sockets_of[3] == "  sockets of C: ssl, for what it encrypts"


# --- its children --------------------------------------------------------------------

WHOSE = "import socket; print('pysock' if hasattr(socket, 'Socket') else 'C', flush=True)"

CHILD = """
import subprocess, sys
subprocess.run([sys.executable, "-c", {!r}])
"""
CHILDREN = {
    "subprocess": CHILD.format(WHOSE),
    "a child of a child": CHILD.format(CHILD.format(WHOSE)),
    "another folder": CHILD.replace("{!r}]", "{!r}], cwd='/'").format(WHOSE),
    "os.system": 'import os, sys; os.system(sys.executable + " whose.py")',
    "exec": 'import os, sys; os.execv(sys.executable, [sys.executable, "whose.py"])',
}
MULTIPROCESSING = """
import multiprocessing, sys
def work(answers):
    import socket
    answers.put("pysock" if hasattr(socket, "Socket") else "C")
if __name__ == "__main__":
    context = multiprocessing.get_context("START")
    answers = context.Queue()
    child = context.Process(target=work, args=(answers,))
    child.start()
    print(answers.get())
    child.join()
"""


@pytest.mark.parametrize("how", CHILDREN)
def test_children(how: str, tmp_path: Path) -> None:
    if WINDOWS and how in ("another folder", "exec"):
        pytest.skip("this system has no folder /, and no exec that is waited for")
    written(tmp_path, WHOSE, "whose.py")
    program = CHILDREN[how]
    assert ran("-c", program, folder=tmp_path) == (0, "C\n", "")
    assert ran(*ON_PYSOCK, "-c", program, folder=tmp_path) == (0, "pysock\n", "")


@pytest.mark.parametrize("start", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing(start: str, tmp_path: Path) -> None:
    import multiprocessing

    if start not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system cannot {start}")
    program = written(tmp_path, MULTIPROCESSING.replace("START", start))
    assert ran(program, folder=tmp_path)[:2] == (0, "C\n")
    assert ran(*ON_PYSOCK, program, folder=tmp_path)[:2] == (0, "pysock\n")


def test_the_sitecustomize_of_the_program_is_imported_too(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    written(tmp_path, "print('sitecustomize', __name__, __file__)", "site/sitecustomize.py")
    program = "import sys, socket; print(sys.modules['sitecustomize'], sys.path)"
    paths = os.pathsep.join([str(ROOT), str(tmp_path / "site")])
    on_c = ran("-c", program, folder=tmp_path, PYTHONPATH=paths)
    paths = _install.environment({"PYTHONPATH": paths})["PYTHONPATH"]
    assert ran("-c", program, folder=tmp_path, PYTHONPATH=paths) == on_c
    assert on_c[1].startswith("sitecustomize sitecustomize ")


def test_a_sitecustomize_that_fails_fails_as_ever(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    written(tmp_path, "import nothing_of_that_name", "site/sitecustomize.py")
    paths = os.pathsep.join([str(ROOT), str(tmp_path / "site")])
    _, _, on_c = ran("-c", "", folder=tmp_path, PYTHONPATH=paths)
    _, out, err = ran(*ON_PYSOCK, "-c", WHOSE, folder=tmp_path, PYTHONPATH=paths)
    assert out == "pysock\n" and err.splitlines() == 2 * on_c.splitlines()


def test_a_child_that_cannot_says_so(tmp_path: Path) -> None:
    """The package was moved away meanwhile."""
    moved = tmp_path / "pysock" / "_startup"
    moved.mkdir(parents=True)
    source = ROOT / "pysock" / "_startup" / "sitecustomize.py"
    (moved / "sitecustomize.py").write_bytes(source.read_bytes())
    status, out, err = ran("-c", WHOSE, folder=tmp_path, PYTHONPATH=str(moved))
    assert (status, out) == (0, "C\n")
    assert err.startswith("pysock: this process has the socket of the standard library: ")
    assert len(err.splitlines()) == 1


def test_a_child_finds_the_same_pysock_where_it_is_on_no_path(tmp_path: Path) -> None:
    startup = str(ROOT / "pysock" / "_startup")
    (tmp_path / "pysock.py").write_text("raise Exception('the wrong one')")
    assert ran("-c", WHOSE, folder=tmp_path, PYTHONPATH=startup) == (0, "pysock\n", "")


def test_what_imports_socket_before_is_replaced(tmp_path: Path) -> None:
    """As a .pth file can, whose line runs before any sitecustomize."""
    program = "import socket, selectors, pysock._install as i; x = socket.socket\n"
    program += "i._package = None; i.start(i.__file__[:-12]); import socket\n"
    program += "print(x is socket.socket, hasattr(socket, 'Socket'))"
    assert ran("-c", program, folder=tmp_path) == (0, "True True\n", "")


# --- install -------------------------------------------------------------------------


@needs_ssl
def test_install(tmp_path: Path) -> None:
    program = "import pysock; pysock.install(); pysock.install()\nimport socket, ssl, http.client\n"
    program += "print(socket is pysock, http.client.socket is pysock, socket.socket)\n"
    program += "pysock.uninstall(); pysock.uninstall()\nfor name in list(sys.modules):\n"
    program += "    if name.partition('.')[0] in ('http', 'socket', 'ssl'): del sys.modules[name]\n"
    program += "import socket, http.client\n"
    program += "print(socket is pysock, http.client.socket is pysock, pysock.socket)\n"
    program = "import sys\n" + program
    assert ran("-c", program, folder=tmp_path) == (
        0,
        "True True <class 'socket.socket'>\nFalse False <class 'pysock.Socket'>\n",
        "",
    )


def test_install_that_comes_too_late(tmp_path: Path) -> None:
    program = "import socket, http.client, pysock, sys\ntry: pysock.install()\n"
    program += "except ImportError as error: print(error)\n"
    program += "print(sys.modules['socket'] is pysock, len(sys.meta_path))\n"
    status, out, err = ran("-c", program, folder=tmp_path)
    message, rest = out.splitlines()
    assert (status, err) == (0, "")
    assert message.startswith("pysock.install() comes too late: __main__")
    assert "http.client" in message and "socketserver" not in message
    assert rest.startswith("False")


LATE_PROGRAM = """
import socket, http.client, ftplib, sys
from socket import create_connection as connect, AF_INET, _GLOBAL_DEFAULT_TIMEOUT as default
class Derived(socket.socket): pass
theirs, before = socket, socket.create_connection
import pysock
with pysock.installed():
    with pysock.installed():
        assert http.client.socket is pysock and ftplib.socket is pysock and socket is pysock
        assert connect is pysock.create_connection and default is pysock._GLOBAL_DEFAULT_TIMEOUT
        assert Derived.__mro__[1].__module__ == "socket" and Derived.__mro__[1] is not pysock.socket
        with pysock.create_server(("127.0.0.1", 0)) as listener:
            client = http.client.HTTPConnection(*listener.getsockname(), timeout=5)
            client.connect()
            assert type(client.sock) is pysock.Socket
            client.close()
    assert sys.modules["socket"] is pysock
assert http.client.socket is theirs is socket and connect is before
assert sys.modules["socket"] is theirs
print("done")
"""


def test_installed_replaces_what_is_there_and_puts_it_back(tmp_path: Path) -> None:
    assert ran("-c", LATE_PROGRAM, folder=tmp_path) == (0, "done\n", "")


# --- the cost of it ------------------------------------------------------------------


def test_a_process_without_sockets_pays_little(tmp_path: Path) -> None:
    def seconds(variables: dict[str, str]) -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", ""], cwd=tmp_path, env=variables, check=True)
        return time.perf_counter() - begin

    plain = environment(PYTHONDONTWRITEBYTECODE="", PYTHONPYCACHEPREFIX=str(tmp_path))
    ours = _install.environment(plain)
    seconds(ours)  # compiles what it needs
    pairs = [(seconds(plain), seconds(ours)) for _ in range(15)]
    median = sorted(mine / usual for usual, mine in pairs)[7]
    assert median < 1.5, pairs  # 1.07 on a machine that does nothing else


# --- pytest --------------------------------------------------------------------------

SUITE = """
import http.client, socket, subprocess, sys
def test_here():
    assert http.client.socket is socket and hasattr(socket, "Socket")
def test_in_a_child():
    program = "import socket; print(hasattr(socket, 'Socket'))"
    assert subprocess.check_output([sys.executable, "-c", program]) .split() == [b"True"]
"""


def test_a_suite_of_pytest(tmp_path: Path) -> None:
    written(tmp_path, SUITE, "test_suite.py")
    options = ("-m", "pytest", "-p", "no:cacheprovider", "test_suite.py")
    status, out, err = ran(*options, folder=tmp_path)
    if "No module named pytest" in err:
        pytest.skip("pytest is not installed in this interpreter itself")
    assert status == 1 and "2 failed" in out
    status, out, _ = ran(*options, "-p", "pysock.pytest", folder=tmp_path)
    assert status == 0 and "socket: pysock" in out and "2 passed" in out
