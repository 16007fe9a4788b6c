"""``import pysock`` loads all that a call on this host can need; nothing is imported later."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

import pysock
from pysock.families import _hosts

from . import ROOT

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork(2) here")


def run(program: str, *arguments: str) -> str:
    """What a program prints, in an interpreter that has not imported pysock yet."""
    done = subprocess.run(
        [sys.executable, *arguments, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout.strip()


# From here on, each import of what is not loaded yet fails; and that this is so is tried first.
CLOSED = """\
import errno, inspect, os, sys, tempfile
import pysock as socket
from pysock import families
os.chdir(tempfile.mkdtemp())  # for the sockets that get a name
sys.meta_path.clear()
sys.path_importer_cache.clear()
try:
    import wave
except ImportError:
    print("closed")

def tried(call, *arguments):
    try:
        return call(*arguments)
    except (ImportError, NameError):
        raise
    except Exception as error:
        return error
"""

EVERYTHING = CLOSED + """
# Not those that close a descriptor of the test's, give this machine another name, change
# what imports find, or are a module that pysock imports for who asks for it.
kept = "close", "dup", "fromfd", "sethostname", "SocketIO", "install", "installed", "uninstall"
kept += "selectors",
names = [name for name in dir(socket) if name not in kept]
for name in names:
    value = getattr(socket, name)
    if callable(value):
        for arguments in (), ("x",), (1,), (b"x", 1), ("127.0.0.1", 80), (("127.0.0.1", 1),):
            answer = tried(value, *arguments)
            for sock in answer if isinstance(answer, tuple) else [answer]:
                if isinstance(sock, socket.socket):
                    sock.close()
print(len(names) > 300)
"""

METHODS = CLOSED + """
addresses = [(), "x", b"x", 1, ("x",), ("127.0.0.1", 1), ("lo", 1), (1, 2), "no.host.", {}]
kinds = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW
families_of_numbers = {int(family) for family in socket.AddressFamily}
made = [tried(socket.socket, number, kind) for number in families_of_numbers for kind in kinds]
for sock in made:
    if isinstance(sock, Exception):
        continue
    with sock:
        sock.settimeout(0.01)
        for name in dir(sock):
            method = getattr(sock, name)
            if name[0] != "_" and callable(method) and name not in ("close", "detach"):
                for address in addresses:
                    answer = tried(method, address)
                    if isinstance(answer, socket.socket):
                        answer.close()
for family in [name for name in dir(socket) if name.startswith("AF_")] + ["AF_NOSUCH", 12345]:
    for address in addresses:
        raw = tried(families.pack, family, address)
        if isinstance(raw, bytes):
            tried(families.unpack, raw)
    tried(families.unpack, bytes([0, 1] * 50))
print("done")
"""


@pytest.mark.parametrize(
    ("program", "answer"), [(EVERYTHING, "closed\nTrue"), (METHODS, "closed\ndone")]
)
def test_with_imports_out_of_reach_all_of_it_works(program: str, answer: str) -> None:
    assert run(program, "-W", "ignore") == answer


@pytest.mark.parametrize(
    "options",
    [
        pytest.param((), id="as ever"),
        pytest.param(
            ("-X", "lazy_imports=all"),
            id="all imports lazy",
            marks=pytest.mark.skipif(sys.version_info < (3, 15), reason="imports are never lazy"),
        ),
    ],
)
def test_after_the_import_nothing_of_the_package_is_left_to_load(options: tuple[str, ...]) -> None:
    program = """\
import sys, pysock
pysock.socket
before = {name for name in sys.modules if name.startswith("pysock")}
from pysock import families
a, b = pysock.socketpair()
with a, b, pysock.create_server(("127.0.0.1", 0)) as server:
    a.sendall(b"x")
    b.recvmsg(10, 10)
    with pysock.create_connection(server.getsockname()):
        server.accept()[0].close()
    families.pack("AF_INET6", ("::1", 80))
pysock.getaddrinfo("127.0.0.1", 80)
print({name for name in sys.modules if name.startswith("pysock")} - before)
"""
    assert run(program, *options) == "set()"


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
        ("print(hasattr(socket, 'nosuch'), hasattr(socket, '_nosuch'))", "False False"),
    ],
)
def test_what_is_asked_for_first(use: str, answer: str) -> None:
    assert run(f"import pysock as socket; {use}") == answer


def test_mocks() -> None:
    program = """\
from unittest.mock import patch
import pysock

with patch("pysock.gethostname", return_value="here"), patch.object(pysock, "AF_INET", 77):
    print(pysock.gethostname(), pysock.AF_INET)
print(pysock.gethostname.__module__, int(pysock.AF_INET))
"""
    there = ["pysock._functions.resolver", str(int(pysock.AF_INET))]
    assert run(program).split() == ["here", "77", *there]


def test_names_are_looked_up_in_the_module_that_programs_replace_them_in() -> None:
    """Also when ``sys.modules`` has lost it, as at the exit of the interpreter."""
    program = """\
import sys, pysock

class Own(pysock.socket):
    pass

with pysock.create_server(("127.0.0.1", 0)) as server:
    def accepted():
        with pysock.create_connection(server.getsockname()):
            sock, _ = server.accept()
            with sock:
                return type(sock).__name__

    del sys.modules["pysock"]
    print(accepted(), [type(sock).__name__ for sock in pysock.socketpair() if not sock.close()])
    pysock.socket = Own
    print(accepted(), [type(sock).__name__ for sock in pysock.socketpair() if not sock.close()])
"""
    said = run(program).split("\n")
    assert said == ["Socket ['Socket', 'Socket']", "Own ['Own', 'Own']"]


def test_reload_makes_replaced_names_real_again() -> None:
    program = """\
import importlib, pysock
real = pysock.socket, pysock.getaddrinfo, pysock.AF_INET
pysock.socket = pysock.getaddrinfo = pysock.AF_INET = None
del pysock.dup
again = importlib.reload(pysock)
print(again is pysock, (pysock.socket, pysock.getaddrinfo, pysock.AF_INET) == real)
print(callable(pysock.dup), type(pysock.socketpair()[0]) is pysock.socket)
"""
    assert run(program, "-W", "ignore") == "True True\nTrue True"


def test_a_reload_while_a_module_was_replaced_in_sys_modules() -> None:
    """A second import, after the first was forgotten, makes a module of its own."""
    program = """\
import sys, pysock as first
for name in [name for name in sys.modules if name.partition(".")[0] == "pysock"]:
    del sys.modules[name]
import pysock as second
print(first is second, first.socket is second.socket)
for module in first, second:
    a, b = module.socketpair()
    print(type(a) is module.socket)
    a.close(), b.close()
"""
    assert run(program) == "False False\nTrue\nTrue"


@needs_fork
def test_a_child_forked_during_the_first_use_does_not_hang() -> None:
    """There is nothing that the other thread could hold an import's lock for."""
    program = """\
import os, sys, threading
import pysock

sys.setswitchinterval(1e-6)
start = threading.Barrier(2)

def use():
    start.wait()
    with pysock.socket() as sock:
        sock.bind(("127.0.0.1", 0))
    pysock.getservbyname("http")
    pysock.socketpair()

thread = threading.Thread(target=use)
thread.start()
start.wait()
pid = os.fork()
if pid == 0:
    for sock in pysock.socketpair():
        sock.close()
    pysock.getservbyname("http")
    os._exit(0)
thread.join()
print(os.waitpid(pid, 0)[1])
"""
    assert run(program, "-W", "ignore") == "0"


def test_a_host_name_in_ascii_needs_no_codec() -> None:
    """Which Python would import at its first use: too late in a chroot, or once frozen."""
    program = CLOSED + """
for name in "127.0.0.1", "localhost", "::1", "a.b.", "x" * 63 + ".no-such.":
    for call in socket.getaddrinfo, socket.gethostbyname, socket.gethostbyname_ex:
        answer = tried(call, *[name, 80][: 1 + (call is socket.getaddrinfo)])
        assert not isinstance(answer, LookupError), answer
assert "encodings.idna" not in sys.modules
print("done")
"""
    assert run(program) == "closed\ndone"


@pytest.mark.parametrize(
    "name", ["", ".", "a", "a.", "a..b", "..", ".a", "x" * 63, "x" * 64, "a." + "x" * 64, "a\0b"]
)
def test_a_host_name_in_ascii_is_what_the_codec_makes_of_it(name: str) -> None:
    def outcome(encode: Callable[[str], bytes]) -> object:
        try:
            return encode(name)
        except UnicodeError as error:
            return str(error)

    assert outcome(_hosts.to_ascii) == outcome(lambda name: name.encode("idna"))


class Encoded(str):
    """A str with methods of its own, which C does not ask either."""

    def encode(self, *_: object) -> bytes:
        raise AssertionError

    __len__ = __contains__ = isascii = encode  # type: ignore[assignment]


@pytest.mark.parametrize("name", ["a.b", "b\xfccher.example"])
def test_of_a_host_name_nothing_counts_that_a_subclass_overrides(name: str) -> None:
    assert _hosts.to_ascii(Encoded(name)) == name.encode("idna")
