"""``python -m pysock explain WORD``: what a call, an errno, a state or a constant is.

What stands in the code is read there: docstrings, prototypes, layouts, the constants of each
platform, the meanings that ``trace`` gives errors.  What had to be written stands in
``explain.json``, by word: ``says``, or what a call ``needs`` and ``leaves``, and a ``program`` that
proves it, which ``tests/test_explain.py`` runs.
"""

from __future__ import annotations

import argparse
import difflib
import doctest
import errno
import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
from functools import cache
from pkgutil import get_data
from types import SimpleNamespace

import pysock

from .. import _constants, _layouts
from .._platform import target as host
from ..trace import show
from ..trace.names import error_name
from ..trace.prototypes import PROTOTYPES
from .abi import _network_order, _struct
from .lesson import end_group

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

DESCRIPTION = """\
Explain a method, a function, a function of C, an errno, a state of TCP or a constant: from the
code, and from statements that tests put to the kernel of Linux."""

EPILOG = """\
examples:
  python -m pysock explain connect
  python -m pysock explain connect --platform darwin-arm64
  python -m pysock explain EPIPE
  python -m pysock explain TIME_WAIT
  python -m pysock explain TCP_NODELAY"""

UNKNOWN = 2
SECONDS = 10  # that a program to try may take

# The structs of a parameter, by what its declaration has.
_STRUCTS = {
    "sockaddr": ("sockaddr_in", "sockaddr_in6", "sockaddr_un"),
    "msghdr": ("msghdr", "iovec", "cmsghdr"),
    "addrinfo": ("addrinfo",),
    "pollfd": ("pollfd",),
    "hostent": ("hostent",),
    "servent": ("servent",),
    "protoent": ("protoent",),
    "if_nameindex": ("if_nameindex",),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("word", metavar="WORD", help="connect, EPIPE, TIME_WAIT, TCP_NODELAY, …")
    parser.add_argument(
        "--platform", metavar="TARGET", default=host, help="whose structs and numbers; none: this"
    )
    parser.add_argument("--no-trace", action="store_true", help="run no program")


def main(options: argparse.Namespace) -> int:
    try:
        text = explain(options.word, options.platform, trace=not options.no_trace)
    except ValueError as error:
        print(f"python -m pysock explain: {error}", file=sys.stderr)
        return UNKNOWN
    print("\n".join(text))
    return 0


@cache
def written() -> dict[str, dict[str, Any]]:
    """What stands in ``explain.json``, by word."""
    content: dict[str, dict[str, Any]] = json.loads(get_data(__name__, "explain.json") or "")
    return content


# --- words ---------------------------------------------------------------------------


def python_of(word: str) -> list[tuple[str, Any]]:
    """The methods and functions of this name, with what they are called in full."""
    found = [
        ("Socket." + word, getattr(pysock.Socket, word, None)),
        ("socket." + word, getattr(pysock, word, None) if word in pysock.__all__ else None),
    ]
    return [(name, value) for name, value in found
            if value is not None and callable(value) and value.__doc__]  # fmt: skip


def calls_of(text: str) -> list[str]:
    """The C functions that a docstring names, of which there are prototypes."""
    return [name for name in re.findall(r"``(\w+)\([23]\)", text) if name in PROTOTYPES]


def errors() -> dict[str, int]:
    return {error_name(number): number for number in errno.errorcode}


@cache
def words() -> frozenset[str]:
    """Each word that can be explained."""
    found = {name for name in dir(pysock.Socket) if name[0] != "_" and python_of(name)}
    found |= {name for name in pysock.__all__ if python_of(name)}
    numbers = {name for name in pysock.__all__ if isinstance(getattr(pysock, name), (int, str))}
    return frozenset(found | numbers | set(PROTOTYPES) | set(errors()) | set(written()))


@cache
def _numbers() -> dict[str, dict[str, Any]]:
    """The constants of each platform, texts too."""
    return {each: {**_constants.table(each), **_constants.texts(each)}
            for each in _constants.targets()}  # fmt: skip


def explain(word: str, platform: str = host, *, trace: bool = True) -> Iterator[str]:
    """The lines that explain a word; ValueError if it, or the platform, is unknown."""
    numbers = _constants.table(platform)  # an unknown platform is told here
    plain = word.strip().rpartition(".")[2].partition("(")[0]
    name = next((each for each in (plain, plain.upper(), plain.lower())
                 if each in words() or each in numbers), None)  # fmt: skip
    if name is None:
        known = {each.lower(): each for each in sorted(words() | set(numbers))}
        near = [known[each] for each in difflib.get_close_matches(plain.lower(), known, 3, 0.5)]
        hint = f"; the nearest are {', '.join(near)}" if near else ""
        raise ValueError(f"{word!r} is no call, errno, state or constant{hint}")
    return _sections(name, platform, numbers, trace)


def _sections(name: str, platform: str, numbers: dict[str, int], trace: bool) -> Iterator[str]:
    yield name
    functions = python_of(name)
    for full, value in functions:
        yield from _python(full, value)
    called = [name] if name in PROTOTYPES and not functions else []
    for _, value in functions:
        called += [each for each in calls_of(value.__doc__ or "") if each not in called]
    for each in called:
        yield from _function(each)
    if name in errors():
        yield from _error(name)
    if name in numbers or isinstance(getattr(pysock, name, None), (int, str)):
        yield from _constant(name, platform)
    yield from _written(name)
    yield from _structs(called, platform)
    program = _program(name, functions)
    if program:
        yield from ["", "Try", *("    " + line for line in program)]
        if trace:
            yield from ["", "Its trace", *("    " + line for line in traced(name, program))]


# --- sections ------------------------------------------------------------------------


def _python(full: str, value: Any) -> Iterator[str]:
    try:
        signature = str(inspect.signature(value)).replace("(self, ", "(").replace("(self)", "()")
    except ValueError:
        signature = "(…)"
    text = inspect.cleandoc(value.__doc__ or "").partition(">>>")[0].rstrip()
    yield from ["", f"In Python: {full}{signature}", *("    " + line for line in text.split("\n"))]


def _function(name: str) -> Iterator[str]:
    prototype = PROTOTYPES[name]
    yield from ["", "In C", f"    {prototype.text}"]
    if prototype.keeps_gil or prototype.retried_for_errno:
        yield "    never blocks"
    elif prototype.dontwait:
        yield "    may block; with MSG_DONTWAIT in flags it fails with EAGAIN instead"
    known = [(each, meaning(name, each)) for each in sorted(errors())]
    known = [(each, text) for each, text in known if text]
    if known:
        yield from ["", f"Errors of {name}(), and what they mean here"]
        for each, text in known:
            yield f"    {each:13} {type(OSError(errors()[each], '')).__name__:24} {text}"


def meaning(function: str, error: str) -> str:
    """What ``trace`` says of this error of a C function; "" if that is nothing of its own."""
    prototype, number = PROTOTYPES[function], errors()[error]
    text = show.meaning(_Failed(function=function, errno=number))
    # What the errors of all functions mean is said of those that can have them.
    if error == "EINTR" and not (prototype.dontwait or function.startswith("accept")):
        return ""
    if error == "ENOPROTOOPT" and not function.endswith("sockopt"):
        return ""
    if error == "EBADF" and prototype.parameters[:1] not in ([("int", "sockfd")], [("int", "fd")]):
        return ""
    return "" if text == os.strerror(number) else text


_Failed: Any = SimpleNamespace  # of a call, what its meaning depends on


def _error(name: str) -> Iterator[str]:
    number = errors()[name]
    kind = type(OSError(number, "")).__name__
    yield from ["", f"Errno {number} here: {os.strerror(number)}; in Python: {kind}"]
    for function in sorted(PROTOTYPES):
        text = meaning(function, name)
        if text:
            yield f"    {function}(): {text}"


def _constant(name: str, platform: str) -> Iterator[str]:
    values: dict[Any, list[str]] = {}
    for target, numbers in _numbers().items():
        values.setdefault(numbers.get(name), []).append(target)
    here = _constants.table(platform).get(name, _constants.texts(platform).get(name))
    yield from ["", f"Constant: {'not there' if here is None else repr(here)} on {platform}"]
    for value, targets in values.items():
        systems = sorted({target.partition("-")[0] for target in targets})
        what = "is not there" if value is None else f"is {value!r}"
        yield f"    {what} on {', '.join(systems)} ({len(targets)} platforms)"


def _written(name: str) -> Iterator[str]:
    entry = written().get(name, {})
    lines = [f"{title}{entry[key]}" for key, title in
             (("says", ""), ("needs", "needs  "), ("leaves", "leaves "))
             if key in entry]  # fmt: skip
    if lines:
        yield from ["", "On Linux, as tests have it", *("    " + line for line in lines)]


def _structs(functions: list[str], platform: str) -> Iterator[str]:
    kinds = [kind for each in functions for kind, _ in PROTOTYPES[each].parameters]
    wanted = [struct for part, structs in _STRUCTS.items() for struct in structs
              if any(f"struct {part} " in f"{kind} " for kind in kinds)]  # fmt: skip
    layouts = _layouts.layouts(platform)["structs"]
    network = set(_network_order(platform)) if wanted else set()
    for struct in wanted:
        if struct in layouts:
            yield from ["", f"On {platform}"]
            yield from ("    " + line for line in _struct(struct, layouts[struct], network))


def _program(name: str, functions: list[tuple[str, Any]]) -> list[str]:
    """The example of a docstring, or what was written, as a program."""
    for _, value in functions:
        examples = [each for each in doctest.DocTestParser().get_examples(value.__doc__ or "")
                    if not each.options.get(doctest.SKIP)]  # such as those that change the machine
        if examples:
            lines = [line for each in examples for line in each.source.rstrip().split("\n")]
            return ["from socket import *", *lines]
    lines = written().get(name, {}).get("program", [])
    return [*PRELUDE, *lines] if lines else []


PRELUDE = ["import errno, socket, time", "server = socket.create_server(('127.0.0.1', 0))"]


def traced(name: str, program: list[str]) -> list[str]:
    """What ``trace`` says of a program, which it runs in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="pysock-explain-") as folder:
        path = os.path.join(folder, f"{name}.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(program) + "\n")
        above = os.path.dirname(os.path.dirname(os.path.abspath(pysock.__file__)))
        paths = [above, *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths),
                       "TMPDIR": folder,  # what its tracer may leave goes with it
                       "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "ignore"}  # fmt: skip
        command = [sys.executable, "-m", "pysock", "trace", "--width", "96", path]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=environment, encoding="utf-8", errors="replace", start_new_session=True,
        ) as process:  # fmt: skip
            try:
                return process.communicate(timeout=SECONDS)[1].splitlines()
            except subprocess.TimeoutExpired:
                return [f"(it was ended after {SECONDS} seconds)"]
            finally:
                end_group(process)  # the program, too, which is a child of its tracer
