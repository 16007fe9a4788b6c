"""The same call through the interpreter's `socket` and through pysock, and what came of each.

A case is a line of Python, or a function, that names what it needs: ``a.recv(1.5)`` needs ``a``,
one end of a pair of sockets.  Each run gets a fresh bench of such things, made by the module on
trial, and gives an outcome: the result or the exception, the audit events, the warnings, and how
many descriptors were left open.  On CPython all of this must be the same.

PyPy's `socket` has its own words, tells auditors less, and does not care which of TypeError,
ValueError and OverflowError an odd argument deserves; so there only results count, and errnos.
Where it is the odd one altogether, the line says so, and is skipped: ``# PyPy: waits for ever``.

Where pysock runs as on another system than its interpreter (``tests.bsd``), numbers are compared
by their names (``foreign``), and what a kernel refuses is not compared.  What only Linux has is
marked, too: ``# Linux: abstract names``.
"""

from __future__ import annotations

import array
import ast
import ctypes
import decimal
import enum
import fractions
import inspect
import io
import os
import re
import socket as stdlib
import struct
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property, lru_cache
from types import CodeType
from typing import Any, Union

import pytest

import pysock

from . import foreign
from .foreign import FOREIGN, LINUX
from .harness import on_musl
from .odd import (
    Breaking,
    Float,
    Index,
    Int,
    Lending,
    Long,
    Number,
    OldSequence,
    Raising,
    Text,
    Unsized,
)

CPYTHON = sys.implementation.name == "cpython"
UNIX: int = getattr(stdlib, "AF_UNIX", 0)
Case = Union[str, Callable[..., Any]]


def raised(call: Callable[..., Any], *args: Any) -> tuple[str, str]:
    """The exception that ``call(*args)`` raises, for a case that goes on after it."""
    try:
        call(*args)
    except Exception as error:  # what it is, is compared
        return name_of(error), text(str(error))
    raise AssertionError("nothing was raised")


# What a case may name besides the things on the bench.
TOOLS: dict[str, Any] = {
    tool.__name__: tool
    for tool in (
        *(Breaking, Float, Index, Int, Lending, Long, Number, OldSequence, Raising, Text, Unsized),
        *(array, ctypes, decimal, fractions, io, os, struct, raised),
    )
}


class Bench:
    """The things a case may name, each made by the module on trial when it is named first."""

    def __init__(self, module: Any) -> None:
        self.socket = module
        self.sockets: list[Any] = []

    def thing(self, name: str) -> Any:
        """What a case calls ``name``."""
        try:
            return getattr(self, name)
        except OSError as error:
            pytest.skip(f"this host makes no {name}: {error}")

    def new(self, *args: Any) -> Any:
        sock = self.socket.socket(*args)
        self.sockets.append(sock)
        return sock

    def new_pair(self, kind: str) -> Any:
        # Where there is no socketpair(2), the module makes a pair of streams by TCP.
        family = () if kind == "SOCK_STREAM" and not UNIX else (self.needs_unix(),)
        pair = self.socket.socketpair(*family, type=getattr(self.socket, kind))
        self.sockets.extend(pair)
        return pair

    def needs_unix(self) -> int:
        if not UNIX:
            pytest.skip("the socket of this Python has no AF_UNIX")
        return UNIX

    # Not connected, not bound
    tcp = cached_property(lambda self: self.new())
    tcp6 = cached_property(lambda self: self.new(self.socket.AF_INET6))
    udp = cached_property(lambda self: self.new(stdlib.AF_INET, stdlib.SOCK_DGRAM))
    udp6 = cached_property(lambda self: self.new(self.socket.AF_INET6, stdlib.SOCK_DGRAM))
    unix = cached_property(lambda self: self.new(self.needs_unix()))
    unix2 = cached_property(lambda self: self.new(self.needs_unix()))
    letter = cached_property(lambda self: self.new(self.needs_unix(), stdlib.SOCK_DGRAM))

    @cached_property
    def gone(self) -> Any:
        """A closed socket."""
        sock = self.new()
        sock.close()
        return sock

    # Connected: streams, datagrams, and packets
    _streams = cached_property(lambda self: self.new_pair("SOCK_STREAM"))
    _letters = cached_property(lambda self: self.new_pair("SOCK_DGRAM"))
    _packets = cached_property(lambda self: self.new_pair("SOCK_SEQPACKET"))
    a, b = property(lambda self: self._streams[0]), property(lambda self: self._streams[1])
    d, e = property(lambda self: self._letters[0]), property(lambda self: self._letters[1])
    p, q = property(lambda self: self._packets[0]), property(lambda self: self._packets[1])

    @cached_property
    def fed(self) -> Any:
        """A stream with ten bytes waiting, and its end behind them: it never blocks."""
        sock, peer = self.new_pair("SOCK_STREAM")
        peer.sendall(b"0123456789")
        peer.shutdown(stdlib.SHUT_WR)
        return sock

    # TCP and UDP at ports that the kernel chose
    @cached_property
    def listener(self) -> Any:
        self.tcp.bind(("127.0.0.1", 0))
        self.tcp.listen()
        return self.tcp

    @cached_property
    def client(self) -> Any:
        sock = self.new()
        sock.connect(self.listener.getsockname())
        return sock

    @cached_property
    def server(self) -> Any:
        assert self.client
        sock, _ = self.listener.accept()
        self.sockets.append(sock)
        return sock

    @cached_property
    def inbox(self) -> Any:
        sock = self.new(stdlib.AF_INET, stdlib.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        return sock

    # Numbers of the module's own system
    inet6 = property(lambda self: self.socket.AF_INET6)
    reuseaddr = property(lambda self: (self.socket.SOL_SOCKET, self.socket.SO_REUSEADDR))
    reuseport = property(
        lambda self: (self.socket.SOL_SOCKET, getattr(self.socket, "SO_REUSEPORT", 15))
    )
    v6only = property(lambda self: (self.socket.IPPROTO_IPV6, self.socket.IPV6_V6ONLY))
    numeric = property(lambda self: self.socket.NI_NUMERICHOST | self.socket.NI_NUMERICSERV)

    at = property(lambda self: self.listener.getsockname(), doc="Where the listener is.")
    to = property(lambda self: self.inbox.getsockname(), doc="Where the inbox is.")

    def clear(self) -> None:
        self.sockets += _born
        _born.clear()
        for sock in self.sockets:
            if hasattr(sock, "_closed"):  # else its __init__ has failed
                sock.close()
        self.socket.setdefaulttimeout(None)
        for name in os.listdir(b"."):
            os.unlink(name)


# --- what came of it -----------------------------------------------------------------

_heard: list[Any] | None = None  # audit events of the case that runs now
_refused = ""  # an event that the hook raises for
_on_trial: Any = stdlib  # the module of the case that runs now
_born: list[Any] = []  # on PyPy, all new sockets: to be closed after the case, not once collected


def _listen(event: str, args: tuple[Any, ...]) -> None:
    if event == _refused:
        raise PermissionError(event)
    if _heard is not None and event.startswith("socket."):
        if not CPYTHON and event == "socket.__new__":
            _born.append(args[0])
        told = [describe(a) if not is_socket(a) else "<socket>" for a in args]
        _heard.append((event, foreign.event(event, told, args, _on_trial)))


sys.addaudithook(_listen)


@contextmanager
def refusing(event: str) -> Iterator[None]:
    """Inside of it, whatever tells auditors of ``event`` fails."""
    global _refused
    _refused = event
    try:
        yield
    finally:
        _refused = ""


SOCKETS = (stdlib.socket, pysock.Socket)
CHOSEN = re.compile(r"\b(3[2-9]|[45]\d|60)\d{3}\b")  # a port that the kernel chose


# What pysock says of an error of which Windows itself has nothing to say.
_UNSAID = re.compile(
    "|".join(
        re.escape(what.rstrip("."))
        for number, what in getattr(stdlib, "errorTab", {}).items()
        if getattr(ctypes, "FormatError", str)(number)[0] == "<"
    )
    or "(?!)"
)


def is_socket(value: Any) -> bool:
    return isinstance(value, SOCKETS)


def name_of(value: Any) -> str:
    cls = type(value)
    module = {"pysock": "socket", "_socket": "socket"}.get(cls.__module__, cls.__module__)
    return f"{module}.{cls.__qualname__}"


def text(message: str) -> str:
    """A message without what differs from run to run, or is the module's name."""
    message = re.sub(r"(?<=fd=)\d+|(?<=name=)\d+", "N", CHOSEN.sub("PORT", message))
    message = re.sub(r"\b0x[0-9a-fA-F]+", "0x", _UNSAID.sub("Windows Error 0x", message))
    message = foreign.text(message, _on_trial)
    return re.sub(r"\bpysock\.Socket\b|\bpysock\b(?=\.|')|\bSocket\b", _own_name, message)


def _own_name(found: re.Match[str]) -> str:
    return {"pysock.Socket": "socket.socket", "Socket": "socket", "pysock": "socket"}[found[0]]


def describe(value: Any) -> Any:
    """``value`` in terms that do not depend on which module made it."""
    if isinstance(value, (list, tuple)):
        if FOREIGN and len(value) == 4 and isinstance(value[1], list) and type(value[2]) is int:
            data, ancdata, msg_flags, address = value
            told = foreign.message(ancdata, msg_flags, _on_trial)
            return describe(data), *told, describe(address)
        return type(value).__name__, [describe(item) for item in value]
    if isinstance(value, dict):
        return {key: describe(item) for key, item in value.items()}
    if is_socket(value):
        return text(repr(value)), value.gettimeout()
    if isinstance(value, BaseException):
        number = getattr(value, "errno", None)
        if FOREIGN and isinstance(value, OSError) and isinstance(number, int):
            gai = isinstance(value, (stdlib.gaierror, pysock.gaierror))
            name = (foreign.gai_name if gai else foreign.error_name)(number, _on_trial)
            return name_of(value), name, value.strerror, describe((name, *value.args[1:]))
        return name_of(value), number, text(str(value)), describe(value.args)
    if FOREIGN and isinstance(value, enum.Enum):
        return name_of(value), value.name
    if isinstance(value, type):
        return text(repr(value))
    if type(value) is int and CHOSEN.fullmatch(str(value)):
        return "a port"
    if type(value) is str:
        return text(value)
    if type(value) in (bool, bytes, bytearray, float, int, type(None)):
        return value
    return name_of(value), text(repr(value))


def release(value: Any) -> None:
    """Close what a case returned."""
    if isinstance(value, (list, tuple)):
        for item in value:
            release(item)
    elif hasattr(value, "close"):
        value.close()


def descriptors() -> set[int]:
    """All open descriptors of this process, of which a socket on Windows is none."""
    found: set[int] = set()
    if hasattr(os, "get_handle_inheritable"):
        return found
    for name in os.listdir("/dev/fd"):
        with suppress(OSError):  # the one by which the folder was read is closed again
            os.fstat(int(name))
            found.add(int(name))
    return found


_folder = tempfile.TemporaryDirectory()  # where a case runs, emptied after each


def outcome(module: Any, case: Case) -> dict[str, Any]:
    """What comes of ``case`` with ``module`` in the place of ``socket``."""
    global _heard, _on_trial
    _on_trial = module
    found: dict[str, Any] = {}
    before, home = descriptors(), os.getcwd()
    bench = Bench(module)
    os.chdir(_folder.name)
    try:
        call = _prepare(case, bench)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            heard: list[Any] = []
            _heard = heard
            try:
                result = call()
                found["result"] = describe(result)
                release(result)
                del result
            except Exception as error:  # what it is, is compared
                found["raised"] = describe(error)
                found["because of"] = [describe(other) for other in _chain(error)]
            finally:
                _heard = None
            del call
        found["events"] = heard
        found["warnings"] = [
            (w.category.__name__, text(str(w.message)), "case" if _of_a_case(w.filename) else "")
            for w in warned
        ]
    finally:
        bench.clear()
        os.chdir(home)
    left = descriptors() - before if CPYTHON else ()  # PyPy closes files only once it collects
    for fd in left:
        os.close(fd)
    found["left open"] = len(left)
    return found


def _chain(error: BaseException) -> Iterator[BaseException]:
    """What a traceback shows above ``error``: its causes, or in whose handling it was raised."""
    seen = [error]
    while True:
        other = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if other is None or other in seen:
            return
        seen.append(other)
        yield other
        error = other


def _of_a_case(file: str) -> bool:
    """Whether a warning is laid at the door of who called, and not of the module's own code."""
    return file == "<case>" or os.path.dirname(file) == os.path.dirname(__file__)


def _prepare(case: Case, bench: Bench) -> Callable[[], Any]:
    """A call of ``case`` with all that it names."""
    if callable(case):
        things = [bench.thing(name) for name in inspect.signature(case).parameters]
        return lambda: case(*things)
    code, names = _compiled(case)
    namespace = {**TOOLS, **{name: bench.thing(name) for name in names}}
    return lambda: eval(code, namespace)


@lru_cache(maxsize=1)  # for the other module
def _compiled(line: str) -> tuple[CodeType, list[str]]:
    """A line's code, and what it names of the bench."""
    tree = ast.parse(line, "<case>", "eval")
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names = sorted(name for name in named if name == "socket" or hasattr(Bench, name))
    return compile(tree, "<case>", "eval"), names


# --- comparing -----------------------------------------------------------------------


def differences(case: Case, apart_from: str = "") -> list[str]:
    """In what the two outcomes of ``case`` differ, though this interpreter's should not."""
    expected, found = outcome(stdlib, case), outcome(pysock, case)
    if FOREIGN and not _of_both(found):
        pytest.skip(f"this system lacks what is asked for: {found['raised'][2]}")
    lacks = expected.get("raised", ("",))
    if lacks[0] == "builtins.AttributeError" and found.get("raised") != lacks:
        pytest.skip(f"this `socket` lacks what is asked for: {lacks[2]}")
    aspects = ["result", "raised"]
    if CPYTHON:
        aspects += ["because of", "events", "warnings", "left open"]
    answers = expected, found
    numbers = re.search(r"connect_ex|CMSG_|getsockopt", str(case)) and "result" in expected
    if FOREIGN and (numbers or any(map(_said_by_a_kernel, answers))):
        aspects = aspects[2:]
    return [
        f"{aspect} of {getattr(case, '__name__', case)}\n  socket: {theirs}\n  pysock: {ours}"
        for aspect in aspects
        for theirs, ours in [(_part(expected, aspect), _part(found, aspect))]
        if aspect != apart_from and (theirs != ours or repr(theirs) != repr(ours))
    ]


def _of_both(found: dict[str, Any]) -> bool:
    """Whether all names of the module that a case asked for are there."""
    raised = found.get("raised", ("", None, ""))
    return not (raised[0] == "builtins.AttributeError" and raised[2].startswith("module 'socket'"))


def _said_by_a_kernel(found: dict[str, Any]) -> bool:
    """Whether an outcome is that of a kernel or a resolver, of which each system has its own."""
    raised = found.get("raised")
    return raised is not None and raised[1] is not None


_WRONG_ARGUMENT = {
    f"builtins.{kind}Error"
    for kind in ("Attribute", "Buffer", "Overflow", "Type", "Unicode", "UnicodeEncode", "Value")
}


def _part(found: dict[str, Any], aspect: str) -> Any:
    # (Where nothing was raised, it has no causes either; on another system only one may raise.)
    part = found.get(aspect, [] if aspect == "because of" else None)
    if aspect == "raised" and part and not CPYTHON:
        kind, errno = part[:2]
        return ("wrong argument" if kind in _WRONG_ARGUMENT else kind), errno
    return part


def check(case: Case, apart_from: str = "") -> None:
    """Both modules give the same outcome, one aspect perhaps excepted."""
    found = differences(case, apart_from)
    assert not found, "\n".join(found)


def table(lines: str) -> list[Any]:
    """A case for each line; ``# PyPy: …`` behind it says what PyPy's socket does instead.

    ``# Windows: …`` does so for that of Windows, ``# musl: …`` for CPython's where the C library is
    musl, and ``# Linux: …`` says what only Linux has.  If there are several, they stand in this
    order: PyPy, musl, Windows, Linux.
    """
    cases = []
    for line in lines.strip().splitlines():
        call, _, what = line.strip().partition("  # Linux: ")
        marks = [pytest.mark.skipif(not LINUX, reason=f"only Linux has {what}")] if what else []
        call, _, what = call.partition("  # Windows: ")
        if what:
            reason = f"Windows' own socket {what}"
            marks.append(pytest.mark.skipif(hasattr(stdlib.socket, "ioctl"), reason=reason))
        call, _, what = call.partition("  # musl: ")
        if what:
            reason = f"on musl, CPython's own socket {what}"
            marks.append(pytest.mark.skipif(on_musl, reason=reason))
        call, _, what = call.partition("  # PyPy: ")
        known = pytest.param(call, id=call, marks=marks)
        cases.append(unlike_pypy(what, call, marks) if what else known)
    return cases


def unlike_pypy(what: str, case: Case, marks: Iterable[Any] = ()) -> Any:
    """A case to be skipped on PyPy, whose own socket does something else there."""
    name = case if isinstance(case, str) else case.__name__
    mark = pytest.mark.skipif(not CPYTHON, reason=f"PyPy's own socket {what}")
    return pytest.param(case, id=name, marks=[mark, *marks])
