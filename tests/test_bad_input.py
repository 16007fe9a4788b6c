"""What cannot work with ``python -m pysock run`` and ``install`` says so, as Python itself would.

One clear line at the end, and Python's own exit status.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from . import ROOT
from .foreign import needs_ssl
from .packing import copied, run, said

CPYTHON = sys.implementation.name == "cpython"
RUN = [sys.executable, "-m", "pysock", "run"]

# Programs that do not get far: (files of the folder, arguments).
PROGRAMS = {
    "no such script": ({}, ["nosuch.py"]),
    "no such folder": ({}, ["nosuch/program.py"]),
    "a folder without __main__": ({"folder/x.py": ""}, ["folder"]),
    "an archive that is none": ({"program.zip": "PK no archive"}, ["program.zip"]),
    "no Python": ({"program.py": "x = = 1\n"}, ["program.py"]),
    "zeros": ({"program.py": "x = '\0'\n"}, ["program.py"]),
    "not UTF-8": ({"program.py": "# \udcff\n"}, ["program.py"]),
    "no such module": ({}, ["-m", "nosuch"]),
    "no such module in a package": ({"package/__init__.py": ""}, ["-m", "package.nosuch"]),
    "a package without __main__": ({"package/__init__.py": ""}, ["-m", "package"]),
    "a module that fails": ({"failing.py": "1 / 0\n"}, ["-m", "failing"]),
    "a module that fails while imported": (
        {"failing.py": "import socket\nsocket.nosuch\n", "program.py": "import failing\n"},
        ["program.py"],
    ),
    "a package that fails while imported": (
        {"package/__init__.py": "raise OSError(5, 'x')\n", "package/part.py": ""},
        ["-m", "package.part"],
    ),
    "a module that lacks a name": ({}, ["-c", "from socket import nosuch"]),
    "an exit status": ({}, ["-c", "import sys; sys.exit(7)"]),
    "a text as exit status": ({}, ["-c", "import socket, sys; sys.exit('gone wrong')"]),
    "a signal": ({}, ["-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"]),
    "an abort": ({}, ["-c", "import socket, os; os.abort()"]),
}


def last_line(text: str) -> str:
    """The last line that says something, without the module's name and where it lies."""
    line = text.rstrip().rpartition("\n")[2]
    return re.sub(
        r"'pysock' \(.*\)", "'socket' (…)", re.sub(r"'socket' \(.*\)", "'socket' (…)", line)
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_does_not_get_far(tmp_path: Path, name: str) -> None:
    files, arguments = PROGRAMS[name]
    for file, content in files.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(content, encoding="utf-8", errors="surrogateescape")

    def outcome(command: list[str]) -> tuple[int, str, str]:
        done = subprocess.run(
            [*command, *arguments],
            cwd=tmp_path,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=50,
        )
        # Messages name the module by its name.
        stderr = done.stderr.replace("module 'pysock'", "module 'socket'")
        return done.returncode, done.stdout, last_line(stderr)

    assert outcome(RUN) == outcome([sys.executable])


@pytest.mark.parametrize("status", [7, 0xC0000005 - 2**32])  # the latter is a crash on Windows
def test_trace_ends_as_the_program_does(status: int) -> None:
    program = ["-c", f"import os, socket; os._exit({status})"]
    traced = run([sys.executable, "-m", "pysock", "trace", *program], ROOT)
    assert traced.returncode == run([sys.executable, *program], ROOT).returncode
    assert "Traceback" not in traced.stderr


def environment() -> dict[str, str]:
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYSOCK"))}
    return {**own, "PYTHONPATH": str(ROOT)}


def test_an_exception_has_the_traceback_that_it_has_without_pysock(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import socket\ndef f():\n    1 / 0\nf()\n", encoding="utf-8")
    ours, theirs = run([*RUN, program], ROOT), run([sys.executable, program], ROOT)
    assert (ours.stderr, ours.returncode) == (theirs.stderr, theirs.returncode)


@pytest.mark.parametrize("options", [["-I"], ["-E"], ["-S"]], ids=" ".join)
def test_options_by_which_python_does_not_look_at_its_environment(options: list[str]) -> None:
    start = f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv[0] = 'pysock'; "
    start += "runpy.run_module('pysock', run_name='__main__', alter_sys=True)"
    done = run([sys.executable, *options, "-c", start, "run", "-c", "print('not this')"])
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("python -m pysock run: Python was started with -I, -E or -S")


# --- install() after the fact --------------------------------------------------------


def test_install_after_the_fact() -> None:
    program = "import http.client\nimport pysock\npysock.install()\n"
    done = run([sys.executable, "-c", program], ROOT)
    assert (done.returncode, done.stdout) == (1, "")
    line = last_line(done.stderr)
    assert line.startswith("ImportError: pysock.install() comes too late: ")
    assert "http.client" in line and "python -m pysock run" in line


def test_install_after_the_fact_changes_nothing() -> None:
    program = """\
import http.client, socket, sys
import pysock
before = list(sys.meta_path)
try:
    pysock.install()
except ImportError:
    print(sys.modules["socket"] is socket is not pysock, sys.meta_path == before)
print(pysock.socket.__module__, http.client.socket is socket)
"""
    assert said([sys.executable, "-c", program], ROOT) == ["True True", "pysock True"]


# --- an interpreter that lacks something ---------------------------------------------

# Hides modules from all but what pysock itself answers, as if the interpreter had none of them.
HIDING = """\
import sys

class Hiding:
    def find_spec(self, name, path=None, target=None):
        if name in {hidden!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

ours = [finder for finder in sys.meta_path if type(finder).__module__ == "pysock._install"]
sys.meta_path[len(ours):len(ours)] = [Hiding()]
for name in {hidden!r}:
    sys.modules.pop(name, None)
"""

ECHO = """\
import socket
a, b = socket.socketpair()
a.sendall(b"x")
print(socket.__spec__.name, b.recv(1))
"""


def lacking(tmp_path: Path, *hidden: str) -> str:
    """A path of which Python's ``site`` imports what hides modules."""
    (tmp_path / "sitecustomize.py").write_text(HIDING.format(hidden=hidden), encoding="utf-8")
    return os.pathsep.join([str(ROOT), str(tmp_path)])


@pytest.mark.parametrize(
    "hidden", [["ssl"], ["_ssl"], ["_socket"], ["_socket", "_ssl"]], ids=" ".join
)
def test_an_interpreter_without_them_has_sockets_nevertheless(
    tmp_path: Path, hidden: list[str]
) -> None:
    path = lacking(tmp_path, *hidden)
    assert said([*RUN, "-c", ECHO], path) == ["pysock b'x'"]
    first = "import pysock; pysock.install()\n"
    assert said([sys.executable, "-c", first + ECHO], path) == ["pysock b'x'"]


def there_is_no(name: str, path: str) -> str:
    """What this version says of a module that there is not; of its own library's, 3.15 has more."""
    done = run([sys.executable, "-c", f"import {name}"], path)
    said = last_line(done.stderr)
    assert said.startswith("ModuleNotFoundError: ") and repr(name) in said
    return said


@pytest.mark.parametrize("hidden", ["ssl", "_ssl"])
def test_tls_of_an_interpreter_without_ssl(tmp_path: Path, hidden: str) -> None:
    path = lacking(tmp_path, hidden)
    ours = run([*RUN, "-c", "import ssl"], path)
    theirs = run([sys.executable, "-c", "import ssl"], path)
    assert theirs.returncode == 1
    assert last_line(theirs.stderr) == there_is_no(hidden, path)
    assert (ours.returncode, last_line(ours.stderr)) == (1, last_line(theirs.stderr))


@needs_ssl
@pytest.mark.skipif(not CPYTHON, reason="PyPy's ssl needs no C module for sockets")
def test_tls_of_an_interpreter_without_c_sockets(tmp_path: Path) -> None:
    """CPython's ssl cannot do without them; it says which module there is not."""
    path = lacking(tmp_path, "_socket")
    ours = run([*RUN, "-c", "import socket, ssl"], path)
    assert (ours.returncode, last_line(ours.stderr)) == (1, there_is_no("_socket", path))


WITHOUT_TLS = """\
try:
    import ssl
except ImportError:
    ssl = None
import asyncio, http.client, http.server, socket, threading

server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
thread = threading.Thread(target=server.handle_request)
thread.start()
connection = http.client.HTTPConnection(*server.server_address)
connection.request("HEAD", "/")
print(connection.getresponse().status, type(connection.sock or socket.socket()).__name__)
connection.close()
thread.join()
server.server_close()
print(ssl, socket.__spec__.name, asyncio.run(asyncio.sleep(0, "slept")))
"""


@pytest.mark.parametrize("hidden", [["_ssl"], ["_socket", "_ssl"]], ids=" ".join)
def test_a_program_that_can_do_without_tls_goes_on(tmp_path: Path, hidden: list[str]) -> None:
    done = run([*RUN, "-c", WITHOUT_TLS], lacking(tmp_path, *hidden))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["200 socket", "None pysock slept"]


def test_an_interpreter_without_ctypes(tmp_path: Path) -> None:
    """There is nothing that pysock could do: not even in silence on C's sockets."""
    path = lacking(tmp_path, "_ctypes")
    for command in ([*RUN, "-c", ECHO], [sys.executable, "-c", "import pysock"]):
        done = run(command, path)
        assert (done.returncode, done.stdout) == (1, "")
        assert last_line(done.stderr) == there_is_no("_ctypes", path)


# --- a temporary folder that cannot be written ---------------------------------------


def unwritable(tmp_path: Path, *command: object) -> subprocess.CompletedProcess[str]:
    """A command where nothing at all can be written."""
    alone = ["unshare", "-rm", "sh", "-c"]
    try:
        tried = run([*alone, "mount -o remount,bind,ro / && ! mkdir /tmp/pysock-tried"])
    except FileNotFoundError:
        pytest.skip("there is no unshare(1)")
    if tried.returncode:
        pytest.skip(f"no read-only file system here: {tried.stderr.strip()}")
    return run([*alone, 'mount -o remount,bind,ro / && exec "$@"', "sh", *command], ROOT)


def test_run_needs_no_temporary_folder(tmp_path: Path) -> None:
    done = unwritable(tmp_path, *RUN, "-c", ECHO)
    assert (done.returncode, done.stdout, done.stderr) == (0, "pysock b'x'\n", "")
    assert said([*RUN, "-c", ECHO], ROOT, TMPDIR=str(tmp_path / "nosuch")) == ["pysock b'x'"]


@pytest.mark.parametrize("arguments", ["demo", "trace -c 1", "explain recv", "lesson 1"])
def test_a_command_that_needs_one_says_so(tmp_path: Path, arguments: str) -> None:
    command, *others = arguments.split()
    done = unwritable(tmp_path, sys.executable, "-m", "pysock", command, *others)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"python -m pysock {command}: no temporary folder: ")


# --- pysock itself is broken ---------------------------------------------------------


@pytest.mark.parametrize("broken", ["_install.py", "_socket.py"])
def test_a_child_hears_that_pysock_is_broken(tmp_path: Path, broken: str) -> None:
    """A child that has C's sockets says so; one that has asked for pysock's fails."""
    package = copied(tmp_path)
    program = "import pathlib, subprocess, sys\npathlib.Path(sys.argv[1]).write_text('broken =')\n"
    child = "import socket; print(socket.__spec__.name)"
    program += f"subprocess.run([sys.executable, '-c', {child!r}])"
    done = run([*RUN, "-c", program, package / broken], tmp_path)
    assert done.returncode == 0
    if broken == "_install.py":
        assert done.stdout == "socket\n"
        (line,) = done.stderr.splitlines()
        assert line.startswith("pysock: this process has the socket of the standard library: ")
    else:
        assert done.stdout == ""
        assert last_line(done.stderr).startswith("SyntaxError: ")
