"""What the tests of behaviour share: calls that wait, signals, witnesses of C, other processes.

``WAITS`` has every call that can wait.  Each entry sets the scene for one: a socket on which the
call has to wait, and what ends the wait.
"""

from __future__ import annotations

import errno
import gc
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

import pysock
from pysock._calls import descriptor
from pysock._calls.memory import Pool
from pysock._host import abi, lib, lib_keeping_gil
from pysock._methods.lifecycle import cloexec

from . import ROOT
from .foreign import error_name

Action = Callable[..., Any]

SOON = 0.03  # seconds until a wait is ended, or a timeout passes
PIECE = 4096  # bytes, what ``fill`` sends at a time
AGAIN = 1.0  # seconds until a signal is sent once more, should the first have gone unheard
# An upper bound, generous to machines that have other things to do, and more so to emulated ones.
PATIENCE = float(os.environ.get("PYSOCK_PATIENCE", "1"))
LATE = 20.0 * PATIENCE

PACKAGE = str(ROOT / "pysock")

on_pypy = sys.implementation.name == "pypy"
on_musl = abi.name.startswith("linux-musl")

ACCEPT = "accept4" if hasattr(lib, "accept4") else "accept"  # the C function that accept calls


def outcome(call: Action, module: Any = pysock) -> Any:
    """What a call returns, or in words what it raises: the errno's name, where there is one.

    ``module`` is the one whose call it is, whose numbers may be those of another system.
    """
    try:
        return call()
    except OSError as error:
        return error_name(error.errno, module) if error.errno else str(error)
    except ValueError as error:
        return type(error).__name__


def _loopbacks() -> bool:
    with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
        return outcome(lambda: sock.bind(("127.0.0.2", 0))) is None


# Whether all of 127.0.0.0/8 is this machine's; to most systems but Linux, 127.0.0.1 alone is.
LOOPBACKS = _loopbacks()
needs_loopbacks = pytest.mark.skipif(not LOOPBACKS, reason="there is one loopback address here")


# --- calls that wait -----------------------------------------------------------------


@dataclass
class Scene:
    """A socket, a call on it that has to wait, what ends the wait, and what the call answers."""

    sock: pysock.Socket
    call: Action
    release: Action
    result: Any
    unready: Any = "EAGAIN"  # the outcome in non-blocking mode
    late: Any = "timed out"  # the outcome if a timeout passes


def _itself(sock: pysock.Socket, stack: ExitStack) -> Any:
    return sock


def _reading(
    call: Action, result: Any, unready: Any = "EAGAIN", subject: Action = _itself
) -> Action:
    def build(stack: ExitStack) -> Scene:
        here, there = map(stack.enter_context, pysock.socketpair())
        on = partial(call, subject(here, stack))
        return Scene(here, on, lambda: there.send(b"x"), result, unready)

    return build


def _writing(
    call: Action, result: Any, unready: Any = "EAGAIN", subject: Action = _itself
) -> Action:
    def build(stack: ExitStack) -> Scene:
        here, there = map(stack.enter_context, pysock.socketpair())
        on = partial(call, subject(here, stack))
        filled = fill(here)
        return Scene(here, on, lambda: read(there, filled), result, unready)

    return build


@contextmanager
def new_name() -> Iterator[str]:
    """What to bind a Unix socket to, to have a name of its own: "", where the kernel has one."""
    if abi.name.startswith("linux"):
        yield ""
    else:
        with tempfile.TemporaryDirectory(prefix="pysock-") as folder:
            yield os.path.join(folder, "name")


def _sendto(stack: ExitStack) -> Scene:
    pair = (pysock.socket(pysock.AF_UNIX, pysock.SOCK_DGRAM) for _ in range(2))
    here, there = map(stack.enter_context, pair)
    there.bind(stack.enter_context(new_name()))
    target = there.getsockname()
    here.connect(target)
    messages = fill(here) // PIECE

    def release() -> None:
        for _ in range(messages):
            there.recv(PIECE)

    return Scene(here, lambda: here.sendto(b"abc", target), release, 3)


def _file(sock: pysock.Socket, stack: ExitStack) -> Any:
    return stack.enter_context(sock.makefile("rwb", 0))


def _sender_of_a_file(sock: pysock.Socket, stack: ExitStack) -> Action:
    file = stack.enter_context(tempfile.TemporaryFile())
    file.write(b"xabc")
    file.flush()
    # Where there is no sendfile(2), an offset of 0 is where the file stands, in CPython, too.
    return partial(sock.sendfile, file, 1)


def _accept(stack: ExitStack) -> Scene:
    listener = stack.enter_context(pysock.create_server(("127.0.0.1", 0)))
    client = stack.enter_context(pysock.socket())

    def call() -> bool:
        peer, address = listener.accept()
        with peer:
            return bool(address == client.getsockname())

    return Scene(listener, call, lambda: client.connect(listener.getsockname()), True)


def _connecting(method: Action, result: Any, unready: Any, late: Any) -> Action:
    def build(stack: ExitStack) -> Scene:
        listener = stack.enter_context(full_listener())
        sock = stack.enter_context(pysock.socket())
        target = listener.getsockname()

        def release() -> None:
            listener.accept()[0].close()

        return Scene(sock, lambda: method(sock, target), release, result, unready, late)

    return build


@contextmanager
def full_listener() -> Iterator[pysock.Socket]:
    """A TCP listener with no room for another connection, until one is accepted."""
    with ExitStack() as stack:
        listener = stack.enter_context(pysock.create_server(("127.0.0.1", 0), backlog=0))
        while True:
            with pysock.socket() as client:
                client.settimeout(0.1)
                if client.connect_ex(listener.getsockname()):
                    break
                client.settimeout(None)
                stack.callback(os.close, client.detach())
        yield listener


def fill(sock: pysock.Socket) -> int:
    """Send until there is no room left; how many bytes were taken."""
    sock.setblocking(False)
    filled = 0
    try:
        while True:
            filled += sock.send(bytes(PIECE))
    except BlockingIOError:
        sock.setblocking(True)
        return filled


def read(sock: pysock.Socket, size: int) -> bytes:
    """Exactly ``size`` bytes, or fewer at the end."""
    pieces = []
    while size:
        piece = sock.recv(min(size, 65536))
        if not piece:
            break
        size -= len(piece)
        pieces.append(piece)
    return b"".join(pieces)


READS: dict[str, Action] = {
    "recv": _reading(lambda s: s.recv(10), b"x"),
    "recv, large": _reading(lambda s: s.recv(100_000), b"x"),
    "recv_into": _reading(lambda s: s.recv_into(bytearray(10)), 1),
    "recvfrom": _reading(lambda s: s.recvfrom(10), (b"x", None)),
    "recvfrom, large": _reading(lambda s: s.recvfrom(100_000), (b"x", None)),
    "recvfrom_into": _reading(lambda s: s.recvfrom_into(bytearray(10)), (1, None)),
    "recvmsg": _reading(lambda s: s.recvmsg(10, 64), (b"x", [], 0, None)),
    "recvmsg_into": _reading(lambda s: s.recvmsg_into([bytearray(10)]), (1, [], 0, None)),
    "file.read": _reading(lambda file: file.read(1), b"x", None, _file),
}
WRITES: dict[str, Action] = {
    "send": _writing(lambda s: s.send(b"abc"), 3),
    "send, bytearray": _writing(lambda s: s.send(bytearray(b"abc")), 3),
    "send, large view": _writing(lambda s: s.send(memoryview(bytes(20_000))), 20_000),
    "sendall": _writing(lambda s: s.sendall(b"abc"), None),
    "sendto": _sendto,
    "sendmsg": _writing(lambda s: s.sendmsg([b"a", bytearray(b"bc")]), 3),
    "sendfile": _writing(lambda send: send(), 3, "ValueError", _sender_of_a_file),
    "file.write": _writing(lambda file: file.write(b"abc"), 3, None, _file),
}
WAITS: dict[str, Action] = {
    **READS,
    **WRITES,
    "accept": _accept,
    # Linux asks the listener again after a second.
    "connect": _connecting(pysock.Socket.connect, None, "EINPROGRESS", "timed out"),
    "connect_ex": _connecting(pysock.Socket.connect_ex, 0, errno.EINPROGRESS, errno.EAGAIN),
}


@contextmanager
def scene(name: str) -> Iterator[Scene]:
    """The scene for one of ``WAITS``."""
    with ExitStack() as stack:
        yield WAITS[name](stack)


@contextmanager
def later(action: Action, seconds: float = SOON) -> Iterator[None]:
    """Do something soon, in another thread; it must not fail."""

    def run() -> None:
        time.sleep(seconds)
        action()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(run)
        yield
        done.result()


def when(condition: Action, action: Action) -> Action:
    """Wait for a condition (a list that is no longer empty, say), and then do something."""

    def run() -> None:
        until = time.monotonic() + LATE
        while not condition() and time.monotonic() < until:
            time.sleep(0.001)
        action()

    return run


# --- signals -------------------------------------------------------------------------

# SIGALRM is the tests' own here, so pytest-timeout has to use a thread.
uses_alarms = pytest.mark.timeout(120, method="thread")


@contextmanager
def alarms(handler: Action, first: float, interval: float = 0.0) -> Iterator[None]:
    """Signals that ``handler`` answers, without arguments, in the main thread.

    The next one comes an interval after the last has been answered: however slow the machine,
    handlers do not pile up.  If one goes unheard, since it came just before a call that then
    waits, another follows.
    """

    more = [interval] if interval else []
    again = max(interval, AGAIN) if interval else 0.0

    def answer(number: int, frame: FrameType | None) -> None:
        try:
            handler()
        finally:
            if more:
                signal.setitimer(signal.ITIMER_REAL, interval, again)

    before = signal.signal(signal.SIGALRM, answer)
    signal.setitimer(signal.ITIMER_REAL, first, again)
    try:
        yield
    finally:
        try:
            more.clear()
            signal.setitimer(signal.ITIMER_REAL, 0)
        finally:  # the last one may come, and raise, just here
            signal.signal(signal.SIGALRM, before)


# --- witnesses of C ------------------------------------------------------------------


def replace(monkeypatch: pytest.MonkeyPatch, name: str, function: Action) -> None:
    """Put ``function(real, *arguments)`` in the place of a C function, once if both are one."""
    for library in {lib, lib_keeping_gil}:
        if name in library.prototypes:
            real = getattr(library, name)
            monkeypatch.setattr(library, name, partial(function, real))


def calls_of(monkeypatch: pytest.MonkeyPatch, name: str) -> list[tuple[Any, ...]]:
    """The arguments of each call of a C function from now on."""
    calls = []

    def witness(real: Action, *arguments: Any) -> Any:
        calls.append(arguments)
        return real(*arguments)

    replace(monkeypatch, name, witness)
    return calls


def interrupt(monkeypatch: pytest.MonkeyPatch, name: str, handler: Action) -> None:
    """Run ``handler`` once when a C function has returned, before anything else is done.

    There a signal handler runs after EINTR, and a finaliser or another thread may run.
    A failure that will be asked for again, to hear why, is not yet where it matters.
    """
    real = getattr(lib, name)
    again = lib.prototypes[name].retried_for_errno
    declared = getattr(real, "__wrapped__", real)
    check: Action | None = getattr(declared, "errcheck", None)
    pending = [handler]

    def run() -> None:
        if pending:
            pending.pop()()

    def errcheck(result: Any, function: Any, arguments: Any) -> Any:
        run()
        assert check
        return check(result, function, arguments)

    # Lifecycle's attempt in fewer steps
    unheard = ["the first"] if name == "socket" and cloexec.works else []

    def witness(*arguments: Any) -> Any:
        result = real(*arguments)
        if result == -1 and unheard:
            unheard.clear()
        else:
            run()
        return result

    def first(*arguments: Any) -> Any:
        result = real(*arguments)
        if result != -1:
            run()
        return result

    if check:
        monkeypatch.setattr(declared, "errcheck", errcheck)
    else:
        monkeypatch.setattr(lib, name, witness)
    if again:
        monkeypatch.setattr(lib_keeping_gil, name, first)


def at_every_opcode(
    prepare: Callable[[], tuple[Action, Action]], *events: str
) -> list[Any]:
    """What a call answers if a handler runs before its first opcode, its second, and so on.

    There a signal handler, or another thread, may have its turn: in some interpreters anywhere,
    in others only where calls begin and end.  ``prepare`` makes the call and the handler anew.

    A handler that raises comes at ``events`` like "line" and "return" instead: tracing that
    raises between the opcodes of an except clause leaves its exception there for good.
    """
    events = events or ("opcode",)
    answers: list[Any] = []
    while True:
        call, handler = prepare()
        left = len(answers) + 1

        def trace(frame: FrameType, event: str, _: Any, handler: Action = handler) -> Any:
            nonlocal left
            if not frame.f_code.co_filename.startswith(PACKAGE):
                return None
            frame.f_trace_opcodes = "opcode" in events
            if event in events:
                left -= 1
                if left == 0:
                    handler()
            return trace

        before = sys.gettrace()
        sys._getframe().f_trace_opcodes = True  # CPython 3.12 asks this frame, once
        sys.settrace(trace)
        try:
            answer = outcome(call)
        finally:
            sys.settrace(before)
        if left > 0:
            return answers
        answers.append(answer)


needs_opcodes = pytest.mark.skipif(
    not at_every_opcode(lambda: (partial(pysock.htons, 1), lambda: None)),
    reason="this interpreter traces lines, but no opcodes",
)


def package() -> list[Any]:
    """All modules of the package that are imported."""
    return [m for name, m in sys.modules.items() if name.partition(".")[0] == "pysock"]


@contextmanager
def pair(kind: int = pysock.SOCK_STREAM) -> Iterator[tuple[pysock.Socket, pysock.Socket]]:
    """Two sockets of the Unix family that are connected."""
    here, there = pysock.socketpair(pysock.AF_UNIX, kind)
    with here, there:
        yield here, there


# Receiving so many bytes, in three ways.
RECEIVE: dict[str, Action] = {
    "recv": lambda s, size: s.recv(size),
    "recvfrom": lambda s, size: s.recvfrom(size)[0],
    "recvmsg": lambda s, size: s.recvmsg(size)[0],
}


def pools() -> list[Pool]:
    """All pools of buffers that the package has."""
    found = {id(p): p for m in package() for p in vars(m).values() if isinstance(p, Pool)}
    return list(found.values())


def share_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The naive way: one buffer of each kind for everybody.

    Not that of new descriptors: who had another's would close them, and the test would be no more.
    """
    for pool in pools():
        if pool is descriptor._pairs:
            continue
        entry, pop, put, stack = pool.take(), pool.pop, pool.put, pool.stack
        give, lose = partial(_same, entry), partial(_same, None)
        naive = SimpleNamespace(pop=give, append=lose)
        for name, value in {"take": give, "pop": give, "put": lose, "stack": naive}.items():
            monkeypatch.setattr(pool, name, value)
        for module in package():  # some have names of their own for these
            for name, value in list(vars(module).items()):
                for real, other in (stack, naive), (pop, give), (put, lose):
                    if value is real or value == real != stack:
                        monkeypatch.setattr(module, name, other)


def _same(value: Any, *_: Any) -> Any:
    return value


# --- this process and others ---------------------------------------------------------


def descriptors() -> set[str]:
    """The numbers of all open descriptors (and of one that is used to list them)."""
    gc.collect()
    gc.collect()  # on PyPy, a socket's list goes one collection after the socket
    return set(os.listdir("/dev/fd"))


def run(program: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a Python of its own."""
    command = [sys.executable, *options, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LATE)
