"""The end of a program, and other hard times: pysock goes as quietly as the C module.

Each program runs twice, with ``socket`` and with ``pysock`` in its place (``S``), at the same
time.  Exit status, output and errors have to be the same, but for names of modules, addresses
in memory, and what a traceback says about lines.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile

import pytest

from pysock._ffi.interpreter import FREE_THREADED
from pysock._ffi.versions import CLASSES_TO_THE_END

from .. import ROOT
from ..foreign import FOREIGN
from ..harness import LATE, on_pypy


def programs(program: str, *options: str, after: str = "") -> list[tuple[int, str, str]]:
    """Exit status, output and errors with ``socket``, and with ``pysock``."""
    running = []
    for module in "socket", "pysock":
        code = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nimport {module} as S\n{program}"
        command = [sys.executable, *options, "-c", code]
        if after:
            command = ["/bin/sh", "-c", f'exec "$@" {after}', "sh", *command]
        process = subprocess.Popen(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
    answers = []
    for process in running:
        try:
            out, errors = process.communicate(timeout=LATE)
        except subprocess.TimeoutExpired:
            process.kill()
            out, errors = process.communicate()
            errors += "\nIT HUNG"
        answers.append((process.returncode, plain(out), plain(errors)))
    return answers


def plain(text: str) -> str:
    """Without what may differ."""
    # At which line, in which file, a warning comes while all is torn down, is nobody's promise.
    text = re.sub(r"^(sys|<string>|\S+\.py):\d+: ", "", text, flags=re.MULTILINE)
    text = re.sub(r"\bpysock\.Socket\b|\bsocket\.socket\b|\bpysock\.socket\b", "SOCKET", text)
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    text = re.sub(r"/tmp/\S+", "PATH", text)
    text = re.sub(r"fd=\d+|raddr=\(.*?\)|'127.0.0.1', \d+", "", text)
    text = re.sub(r"\bpysock\b", "socket", text)
    if FOREIGN:  # a number of each system
        text = re.sub(r"\[Errno -?\d+\]", "[Errno N]", text)
    lines = [line for line in text.splitlines() if "tracemalloc" not in line]
    # Through whose code a traceback goes is no part of it.
    lines = [line for line in lines if not line.startswith('  File "')]
    return "\n".join(sorted(lines))


def same(program: str, *options: str, status: int = 0, after: str = "") -> tuple[int, str, str]:
    theirs, mine = programs(program, *options, after=after)
    assert mine == theirs
    assert mine[0] == status, mine
    return mine


# --- finalisers, callbacks, threads --------------------------------------------------

PRINT = """
import os
def tell(text):  # print may have gone already
    os.write(1, text.encode() + b"\\n")
"""

FINALLY = """
"name".encode("idna")  # which cannot be imported at the end: for C neither
class Last:
    def __init__(self):
        self.me = self
        self.listener = S.create_server(("127.0.0.1", 0))
        self.S, self.tell = S, tell
    def __del__(self):
        WORK
last = Last()
"""

WORKS = {
    "socketpair": "one, other = self.S.socketpair(); one.send(b'abc'); "
    "self.tell(repr(other.recv(9))); one.close(); other.close(); self.listener.close()",
    "accept": "c = self.S.create_connection(self.listener.getsockname()); "
    "s, a = self.listener.accept(); self.tell(str(a == c.getsockname())); "
    "s.close(); c.close(); self.listener.close()",
    "timeout": "self.listener.settimeout(0.01)\n"
    "        try: self.listener.accept()\n"
    "        except OSError as error: self.tell(type(error).__name__)\n"
    "        self.listener.close()",
    "close": "self.listener.close(); self.tell(str(self.listener.fileno()))",
    "names": "self.tell(repr(self.S.getaddrinfo('127.0.0.1', 80, 0, 1)[0][4])); "
    "self.tell(self.S.inet_ntoa(b'1234')); self.listener.close()",
    "file": "one, other = self.S.socketpair()\n"
    "        with one, other, one.makefile('rwb') as f: other.send(b'x\\n'); "
    "self.tell(repr(f.readline()))\n"
    "        self.listener.close()",
    "datagrams": "s = self.S.socket(self.S.AF_INET, self.S.SOCK_DGRAM)\n"
    "        s.bind(('127.0.0.1', 0)); s.sendto(b'x', s.getsockname())\n"
    "        self.tell(repr(s.recvfrom(9)[0])); s.sendto(bytearray(b'y'), s.getsockname())\n"
    "        self.tell(repr(s.recvmsg(9, 64)[0])); s.close(); self.listener.close()",
}


@pytest.mark.parametrize("work", WORKS)
def test_a_finaliser_uses_sockets_when_all_is_torn_down(work: str) -> None:
    program = PRINT + FINALLY.replace("WORK", WORKS[work])
    _, out, _ = same(program)
    assert out or on_pypy  # which runs no finalisers at the end


PROGRAMS = {
    "atexit": """
import atexit
def last():
    a, b = S.socketpair()
    with a, b, S.create_server(("127.0.0.1", 0)) as server:
        a.sendall(b"x"); tell(repr(b.recv(1)))
        with S.create_connection(server.getsockname()), server.accept()[0]:
            tell("accepted")
atexit.register(last)""",
    "weakref callback": """
import weakref
class C: pass
c, a = C(), S.socketpair()
def gone(r, a=a, tell=tell):
    a[0].send(b"x"); tell(repr(a[1].recv(1))); a[0].close(); a[1].close()
ref = weakref.ref(c, gone)
del c""",
    "weakref.finalize": """
import weakref
class C: pass
c, a = C(), S.socketpair()
weakref.finalize(c, lambda: (a[0].send(b"x"), tell(repr(a[1].recv(1))), a[0].close(),
                             a[1].close()))""",
    "weakref of a socket": """
import weakref
sock = S.socket()
ref = weakref.ref(sock, lambda r, tell=tell: tell("gone"))
sock.close()
del sock
import gc; gc.collect(); gc.collect()""",
    "threads that wait": """
import threading, time
a, b = S.socketpair(); server = S.create_server(("127.0.0.1", 0))
c, d = S.socketpair(); c.settimeout(100)
for work in (lambda: a.recv(10), server.accept, lambda: c.recv(10), lambda: c.recvmsg(9, 64),
             lambda: a.recv_into(bytearray(9)), lambda: a.recv(1 << 20)):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.05)
sys.stdout.flush()""",
    "threads that are busy": """
import threading, time
def work(a, b):
    while True:
        a.send(b"x"); b.recv(1); b.sendmsg([b"x"]); a.recvmsg(1, 64)
for _ in range(3):
    threading.Thread(target=work, args=S.socketpair(), daemon=True).start()
time.sleep(0.05)""",
    "threads that make sockets": """
import threading, time
def work():
    while True:
        a, b = S.socketpair(); a.close(); b.close()
        S.getaddrinfo("127.0.0.1", 80); S.socket().close()
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.05)""",
    "threads that make sockets, for longer": """
import threading, time
def work():
    while True: S.socket().close()
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.2)""",
    "threads in the middle of timeouts": """
import threading, time
def work(a, b):
    a.settimeout(0.001)
    while True:
        try: a.recv(1)
        except OSError: pass
for _ in range(3):
    threading.Thread(target=work, args=S.socketpair(), daemon=True).start()
time.sleep(0.05)""",
    "modules forgotten": """
for name in [n for n in sys.modules if n.partition(".")[0] in ("pysock", "socket", "_socket")]:
    del sys.modules[name]
a, b = S.socketpair()
with a, b, S.create_server(("127.0.0.1", 0)) as server:
    a.sendall(b"x"); tell(repr(b.recv(1)))
    with S.create_connection(server.getsockname(), 5) as c, server.accept()[0] as d:
        tell(str(c.getpeername() == server.getsockname()))
        with c.makefile("rb") as f: d.send(b"y\\n"); tell(repr(f.readline()))
    tell(repr(S.getaddrinfo("127.0.0.1", 80, 0, 1)[0][4]))
    try: S.getaddrinfo("256.1.1.1", 80, 0, 0, 0, S.AI_NUMERICHOST)
    except S.gaierror as error: tell(str(error))""",
    "all modules forgotten": """
a, b = S.socketpair(); write = os.write
sys.modules.clear()
a.send(b"x"); write(1, b.recv(1)); a.close(); b.close()""",
    "no more descriptors": """
import resource
sock = S.create_server(("127.0.0.1", 0))
client = S.create_connection(sock.getsockname())
a, b = S.socketpair()
resource.setrlimit(resource.RLIMIT_NOFILE, (os.dup(0), 1000))
os.closerange(max(s.fileno() for s in (sock, client, a, b)) + 1, 100)
n = max(s.fileno() for s in (sock, client, a, b)) + 1
resource.setrlimit(resource.RLIMIT_NOFILE, (n, 1000))
for call in (S.socket, S.socketpair, sock.accept, sock.dup, lambda: S.dup(0),
             lambda: S.fromfd(0, 1, 1), lambda: S.create_server(("127.0.0.1", 0)),
             lambda: S.create_connection(sock.getsockname()), lambda: S.fromfd(99, 1, 1)):
    try: tell(repr(call()))
    except OSError as error: tell(f"{type(error).__name__} {error.errno} {error}")
S.send_fds(a, [b"x"], [0])
data, fds, flags, _ = S.recv_fds(b, 10, 2)
tell(f"{data} {fds} {flags & S.MSG_CTRUNC > 0}")
tell(str(S.getaddrinfo("127.0.0.1", 80, 0, 1)[0][4]))
a.send(b"x" * 100000)
tell(str(len(b.recv(200000))))
for s in (sock, client, a, b): s.close()""",
    "no more memory for a large buffer": """
a, b = S.socketpair()
with a, b:
    for call in (lambda: a.recv(1 << 62), lambda: a.recvmsg(1 << 62),
                 lambda: a.recvfrom(1 << 62)):
        try: call()
        except (MemoryError, OverflowError, SystemError) as error: tell(type(error).__name__)
    b.send(b"x"); tell(repr(a.recv(1)))""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_ends_as_with_c(name: str) -> None:
    same(PRINT + PROGRAMS[name])


@pytest.mark.parametrize("options", [["-B"], ["-O"], ["-S"], ["-I"], ["-X", "dev"]], ids="".join)
def test_it_does_under_any_option(options: list[str]) -> None:
    same(PRINT + PROGRAMS["atexit"] + PROGRAMS["weakref callback"], *options)


LEFT_OPEN = {
    "a global": "sock = S.socket()",
    "a pair in a cycle": "cycle = [*S.socketpair()]; cycle.append(cycle)",
    "a listener": "sock = S.create_server(('127.0.0.1', 0))",
    "with a file": "a, b = S.socketpair(); f = a.makefile('rb'); b.close()",
    "in a module": "import json; json.left = S.socket()",
}


@pytest.mark.parametrize("name", LEFT_OPEN)
def test_a_socket_left_open_is_told_as_by_c(name: str) -> None:
    theirs, mine = programs(LEFT_OPEN[name], "-W", "always::ResourceWarning")
    if name == "in a module" and sys.version_info >= (3, 14):
        # It is collected when modules have lost their names; a C function can still be called.
        theirs = (*theirs[:2], re.sub(r", laddr=\('0.0.0.0', 0\)", "", theirs[2]))
    assert mine == theirs


# --- what lives longer than the modules ------------------------------------------------

# Where an object may be held at the end, when every name in every module is None already.
HOLDERS = {
    "an attribute of sys": "sys.last = last",
    "a hook": "def hook(*args): return last\nsys.excepthook = hook",
    "a profiler": "def profiler(*args, last=last): pass\nsys.setprofile(profiler)",
    "a context variable": "import contextvars\ncontextvars.ContextVar('c').set(last)",
    "a registered codec": "import codecs\ncodecs.register(lambda name, last=last: None)",
    "a table of copyreg": "import copyreg\ncopyreg.dispatch_table[Last] = last",
    "a module imported before": "logging.last = last; sys.logging = logging",
    "builtins": "import builtins\nbuiltins.last = last",
}

# Here builtins has lost its names, too.
AFTER_BUILTINS = "a hook", "a profiler", "a context variable", "a registered codec"

# Methods of C do it there; what socket.py does, C's module does not.
GOODBYES = [
    *("one.send(b'x')", "one.sendall(b'x')", "one.sendmsg([b'x'])", "two.recv(1)"),
    *("two.recv_into(buffer)", "two.recvmsg(1, 64)", "two.recvmsg_into([buffer])"),
    *("two.recvfrom(1)", "udp.sendto(b'x', udp.getsockname())", "udp.recvfrom(9)[0]"),
    *("udp.connect(listener.getsockname())", "udp.getpeername() == listener.getsockname()"),
    *("two.settimeout(0.01)", "two.gettimeout()", "one.setsockopt(*reuse, 1)"),
    *("one.getsockopt(*reuse) != 0", "one.getsockopt(*linger, 8)", "listener.listen()"),
    *("one.shutdown(2)",),
    *("two.recv(100)[:1]", "udp.close()", "listener.fileno() > 0", "listener.close()"),
]

LONGER = """
import logging, os
class Last:
    def __del__(self, goodbyes=GOODBYES, tell=tell, eval=eval, repr=repr, Exception=Exception):
        for goodbye in goodbyes:
            try: tell(goodbye + ": " + repr(eval(goodbye, self.__dict__)))
            except Exception as error: tell(goodbye + ": " + repr(error))
last = Last()
last.one, last.two = S.socketpair()
last.one.send(b"abcdef")
last.listener = S.create_server(("127.0.0.1", 0))
last.udp = S.socket(S.AF_INET, S.SOCK_DGRAM)
last.udp.bind(("127.0.0.1", 0))
last.buffer = bytearray(1)
last.reuse, last.linger = (S.SOL_SOCKET, S.SO_REUSEADDR), (S.SOL_SOCKET, S.SO_LINGER)
HOLD
"""
TELL = "import os\ndef tell(text, write=os.write): write(1, text.encode() + b'\\n')\n"


@pytest.mark.skipif(on_pypy, reason="PyPy runs no finalisers at the end")
@pytest.mark.parametrize("holder", HOLDERS)
def test_methods_work_when_modules_have_lost_their_names(holder: str) -> None:
    if holder in AFTER_BUILTINS and not CLASSES_TO_THE_END:
        pytest.skip("after the end of builtins this version makes no class")
    hold = HOLDERS[holder] + ("" if holder == "a hook" else "\ndel last")
    program = LONGER.replace("HOLD", hold).replace("GOODBYES", repr(GOODBYES))
    (status, out, errors), mine = programs(TELL + program)
    if "Bad file descriptor" in out or (FREE_THREADED and "Bad file descriptor" in mine[1]):
        pytest.skip("its sockets were finalised before it, as the order happened to be")
    assert len(out.splitlines()) >= len(GOODBYES)
    assert mine == (status, out, errors)


# --- descriptors 0, 1 and 2 ----------------------------------------------------------

# Some builds of Python open what is closed there at their start.
STANDARD = """
import os
def is_closed(fd):
    try: os.fstat(fd)
    except OSError: return True
closed = [*filter(is_closed, range(3))]
sock = S.socket(S.AF_UNIX)
other = S.socket(S.AF_UNIX, S.SOCK_DGRAM)
number = sock.fileno()
a, b = S.socketpair()
a.send(b"x"); got = b.recv(1)
again = S.socket(fileno=os.dup(number))
kind = again.family, again.type
for s in (again, a, b, other, sock): s.close()
if not sys.argv[1:]:
    fine = number == min(closed, default=number) and got == b"x"
    ok = fine and kind == (S.AF_UNIX, S.SOCK_STREAM)
    os._exit(0 if ok else 3)
"""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_sockets_take_the_place_of_standard_streams(closed: str) -> None:
    theirs, mine = programs(STANDARD, after=closed)
    assert mine[0] == theirs[0] == 0
    assert mine == theirs


ZERO = """
import os
a, b = S.socketpair()
os.dup2(a.fileno(), 0)
a.close()
sock = S.socket(fileno=0)
b.sendall(b"abc")
os.write(1, repr((sock.fileno(), sock.recv(3), sock.family, sock.type)).encode())
b.close()
END
"""


@pytest.mark.parametrize("end", ["sock.close()", "sock.detach()", "del sock", ""])
def test_descriptor_0_is_a_socket(end: str) -> None:
    same(ZERO.replace("END", end))


# --- no files any more ---------------------------------------------------------------

EVERYTHING = PRINT + PROGRAMS["modules forgotten"].partition("sys.modules[name]\n")[2]


def test_after_chroot_nothing_more_is_imported() -> None:
    if not hasattr(os, "chroot") or os.geteuid() != 0:
        pytest.skip("only root may call chroot")
    with tempfile.TemporaryDirectory() as empty:
        probe = subprocess.run(
            [sys.executable, "-c", "import os, sys; os.chroot(sys.argv[1])", empty],
            capture_output=True,
        )
        if probe.returncode:
            pytest.skip("chroot is not allowed here")
        names = "import encodings.idna, selectors\n"  # Python's own, which C needs too
        same(f"{names}import os\nos.chroot({empty!r}); os.chdir('/')\n{EVERYTHING}")


def test_without_a_way_to_import_everything_works() -> None:
    """As in a sandbox: what is not there already after the import is not to be had."""
    block = """
import encodings.idna, selectors
class Blocked:
    def find_spec(self, name, path=None, target=None):
        os.write(2, f"import {name}\\n".encode())
        raise ImportError(name)
import os
sys.meta_path[:] = [Blocked()]
"""
    same(block + EVERYTHING)


def test_no_bytecode_is_written() -> None:
    program = "import os\nos.write(1, str(sys.dont_write_bytecode).encode())\n" + EVERYTHING
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    try:
        _, out, _ = same(program)
    finally:
        del os.environ["PYTHONDONTWRITEBYTECODE"]
    assert "True" in out
