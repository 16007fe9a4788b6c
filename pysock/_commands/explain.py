"""``python -m pysock explain WORD``: what a call, an errno, a state or a constant is.

What stands in the code is read there: docstrings, prototypes, layouts, the constants of each
platform, the meanings that ``trace`` gives errors.  What had to be written stands in the files of
``words``, each word (and its other names) a heading:

    ## EAGAIN EWOULDBLOCK

    - says: what it is; of a call there is ``needs:`` and ``leaves:``, the state before and after it

and then a block of Python that proves it, which ``tests/test_explain.py`` runs.  What few kernels
have is followed by ``Recorded on …:`` and its trace there, which is shown where it cannot be made.
"""

from __future__ import annotations

import argparse
import difflib
import doctest
import errno
import inspect
import os
import re
import sys
from functools import cache
from pathlib import Path
from pkgutil import get_data
from textwrap import indent
from types import SimpleNamespace

import pysock

from .. import _constants, _layouts
from .._platform import target as host
from ..trace import show
from ..trace.names import error_name
from ..trace.prototypes import PROTOTYPES
from ..trace.values import _OPTIONS
from . import bounded
from .abi import _network_order, _struct, cell_for
from .columns import folded, trace, width, wrapped
from .folders import temporary

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
  python -m pysock explain TCP_NODELAY

For C functions, errnos, constants and states, capitals make no difference."""

UNKNOWN = 2
SHORT = 10  # lines of a program to try
_INDENT = "    "
WORDS = ("calls", "errors", "options", "states")  # the files of ``words``

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
        "--platform", metavar="TARGET", default=host,
        help="the platform whose structs and numbers to show (default: this one)",
    )  # fmt: skip
    parser.add_argument("--no-trace", action="store_true", help="do not run the program")


def main(options: argparse.Namespace) -> int:
    try:
        text = explain(options.word, options.platform, runs=not options.no_trace)
    except ValueError as error:
        print(f"python -m pysock explain: {error}", file=sys.stderr)
        return UNKNOWN
    for line in text:
        print(line, flush=True)
    return 0


@cache
def written() -> dict[str, dict[str, str]]:
    """What stands in the files of ``words``: of each word what is said of it, and ``program``.

    And ``recorded``, a trace, and ``where`` it was made, of what few kernels have.
    """
    return {word: said for word, _, said in _entries()}


@cache
def others() -> dict[str, str]:
    """Of the other names of a word, the word."""
    return {other: word for word, names, _ in _entries() for other in names}


_ENTRY = re.compile(
    r"^## (?P<word>\S+)(?P<names>.*)\n\n"
    r"(?P<items>(?:- .*\n)+)\n"
    r"```python\n(?P<program>(?:.*\n)+?)```\n"
    r"(?:\nRecorded on (?P<where>.*):\n\n```text\n(?P<recorded>(?:.*\n)+?)```\n)?",
    re.M,
)


@cache
def _entries() -> list[tuple[str, list[str], dict[str, str]]]:
    """``(word, its other names, what stands there)`` of each entry."""
    found = []
    for name in WORDS:
        text = (get_data(__name__, f"words/{name}.md") or b"").decode()
        for entry in _ENTRY.finditer(text):
            items = [item[2:].split(": ", 1) for item in entry["items"].splitlines()]
            parts = {key: entry[key] for key in ("program", "where", "recorded") if entry[key]}
            found.append((entry["word"], entry["names"].split(), {**dict(items), **parts}))
    return found


# --- words ---------------------------------------------------------------------------


def python_of(word: str) -> list[tuple[str, Any]]:
    """The methods and functions of this name, with what they are called in full."""
    found = [
        ("Socket." + word, getattr(pysock.Socket, word, None)),
        ("socket." + word, getattr(pysock, word, None) if word in pysock.__all__ else None),
    ]
    return [(name, value) for name, value in found
            if (callable(value) or isinstance(value, property)) and value.__doc__]  # fmt: skip


def calls_of(text: str) -> list[str]:
    """The C functions that a docstring names, of which there are prototypes."""
    return [name for name in re.findall(r"``(\w+)\([23]\)", text) if name in PROTOTYPES]


@cache
def errors() -> dict[str, int]:
    """The numbers of this interpreter's errnos."""
    return {error_name(number): number for number in errno.errorcode}


@cache
def exceptions() -> dict[str, list[str]]:
    """Of each subclass of OSError that is built in, the errnos that are raised as it."""
    found: dict[str, list[str]] = {}
    for name, number in errors().items():
        found.setdefault(type(OSError(number, "")).__name__, []).append(name)
    del found["OSError"]
    return found


@cache
def words() -> frozenset[str]:
    """Each word that can be explained."""
    found = {name for name in dir(pysock.Socket) if name[0] != "_" and python_of(name)}
    found |= {name for name in pysock.__all__ if python_of(name)}
    numbers = {name for name in pysock.__all__ if isinstance(getattr(pysock, name), (int, str))}
    return frozenset(
        found | numbers | set(PROTOTYPES) | set(errors()) | set(written()) | set(others())
        | set(exceptions())
    )  # fmt: skip


@cache
def _numbers() -> dict[str, dict[str, Any]]:
    """The constants of each platform, texts too."""
    return {each: {**_constants.table(each), **_constants.texts(each)}
            for each in _constants.targets()}  # fmt: skip


def explain(word: str, platform: str = host, *, runs: bool = True) -> Iterator[str]:
    """The lines that explain a word; ValueError if it, or the platform, is unknown."""
    numbers = _constants.table(platform)  # an unknown platform is told here
    every = words() | set(numbers) | set(_layouts.layouts(platform)["structs"])
    plain = word.strip().removeprefix("struct ").rpartition(".")[2].partition("(")[0]
    plain = plain.replace("-", "_")
    if plain.isascii() and plain.isdecimal():  # the number of an errno here
        plain = error_name(int(plain[:9]))
    name = next((each for each in (plain, plain.upper(), plain.lower()) if each in every), None)
    if name is None:
        known = {each.lower(): each for each in sorted(every)}
        near = [known[each] for each in difflib.get_close_matches(plain.lower(), known, 3, 0.5)]
        hint = f"; the nearest are {', '.join(near)}" if near else ""
        raise ValueError(f"{word!r} is no call, errno, state, constant or struct{hint}")
    return _sections(name, platform, numbers, runs)


def _sections(name: str, platform: str, numbers: dict[str, int], runs: bool) -> Iterator[str]:
    yield name
    known = others().get(name, name)
    if known != name and name not in errors() and name not in PROTOTYPES and name not in numbers:
        yield from ["", f"See {known}:"]
        name = known
    functions = python_of(name)
    for each in exceptions().get(name, ()):
        yield from _error(each, f"{each}: ")
        yield from _written(each)
    if name == pysock.timeout.__name__:
        yield from _written("timeout")
    for full, value in functions:
        yield from _python(full, value)
    called = [name] if name in PROTOTYPES and not functions else []
    for _, value in functions:
        called += [each for each in calls_of(value.__doc__ or "") if each not in called]
    for each in called:
        yield from _function(each)
    error = others().get(name, name)
    if error in errors():
        yield from _error(error)
    elif any(name in each for each in _numbers().values()):
        yield from _constant(name, platform)
    elif isinstance(getattr(pysock, name, None), int):  # which is no number of C
        yield from ["", f"In Python: {name} is {getattr(pysock, name)} on this machine"]
    yield from _written(name)
    yield from _structs([name, *_needed(called, name)], platform)
    program = _program(name, functions)
    if program:
        title = "Try" if functions or len(program) <= SHORT else "A program that proves it"
        yield from ["", title, indent("\n".join(program), _INDENT)]
        if runs:
            yield from ["", "Its trace", *_traced_here_or_there(name, program, called)]


# --- sections ------------------------------------------------------------------------


def signature(value: Any) -> str:
    """``(address: Address, /) -> None``; of a property nothing."""
    if isinstance(value, property):
        return ""
    try:
        text = str(inspect.signature(value))
    except ValueError:
        return "(…)"
    text = re.sub(r"'([^']*)'(?=[,)]| =|$)", r"\1", text)
    return re.sub(r"^\(self(, )?", "(", text).replace("(/, ", "(").replace("(/)", "()")


def _python(full: str, value: Any) -> Iterator[str]:
    text = inspect.cleandoc(value.__doc__ or "").partition(">>>")[0].rstrip().replace("``", "`")
    yield from ["", folded(f"In Python: {full}{signature(value)}", width())]
    for number, paragraph in enumerate(text.split("\n\n")):
        yield from [""] * (number > 0)
        # What is set apart by its lines stays as it is: a list, a table.
        apart = "\n  " in paragraph or "\n-" in paragraph
        yield indent(paragraph, "    ") if apart else wrapped(paragraph, width(), "    ")


def _function(name: str) -> Iterator[str]:
    prototype = PROTOTYPES[name]
    yield from ["", "In C", folded(f"    {prototype.text}", width())]
    if prototype.keeps_gil or prototype.retried_for_errno:
        yield "    never blocks"
    elif prototype.dontwait:
        said = "    may block; with MSG_DONTWAIT in flags it fails with EAGAIN instead"
        yield folded(said, width(), 0)
    known = [(each, meaning(name, each)) for each in sorted(errors())]
    known = [(each, text) for each, text in known if text]
    if known:
        yield from ["", folded(f"Errors of {name}(), and what they mean here", width())]
        kinds = [type(OSError(errors()[each], "")).__name__ for each, _ in known]
        table = [f"    {each:13} {kind:24} {text}" for (each, text), kind in zip(known, kinds)]
        if max(map(len, table)) > width():
            table = [folded(f"    {each} ({kind}): {text}", width())
                     for (each, text), kind in zip(known, kinds)]  # fmt: skip
        yield from table


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


def _error(name: str, head: str = "") -> Iterator[str]:
    number = errors()[name]
    kind = type(OSError(number, "")).__name__
    said = f"{head}Errno {number} here: {os.strerror(number)}; in Python: {kind}"
    yield from ["", folded(said, width())]
    for function in sorted(PROTOTYPES):
        text = meaning(function, name)
        if text:
            yield folded(f"    {function}(): {text}", width())


def _constant(name: str, platform: str) -> Iterator[str]:
    values: dict[Any, list[str]] = {}
    for target, numbers in _numbers().items():
        values.setdefault(numbers.get(name), []).append(target)
    here = _constants.table(platform).get(name, _constants.texts(platform).get(name))
    yield from ["", f"Constant: {'not there' if here is None else repr(here)} on {platform}"]
    for value, targets in values.items():
        systems = sorted({target.partition("-")[0] for target in targets})
        what = "is not there" if value is None else f"is {value!r}"
        where = f"{', '.join(systems)} ({len(targets)} platforms)"
        yield folded(f"    {what} on {where if len(targets) > 3 else ', '.join(targets)}", width())


def _written(name: str) -> Iterator[str]:
    entry = written().get(others().get(name, name), {})
    lines = [f"{title}{entry[key]}" for key, title in
             (("says", ""), ("needs", "needs: "), ("leaves", "leaves: "))
             if key in entry]  # fmt: skip
    if lines:
        yield from ["", "On Linux, as tested"]
        yield from [folded("    " + line, width(), 0 if "says" in entry else 4) for line in lines]


def _needed(functions: list[str], name: str) -> list[str]:
    """The structs of the functions' parameters, and of the value of an option."""
    kinds = [kind for each in functions for kind, _ in PROTOTYPES[each].parameters]
    wanted = [struct for part, structs in _STRUCTS.items() for struct in structs
              if any(f"struct {part} " in f"{kind} " for kind in kinds)]  # fmt: skip
    return wanted + _OPTIONS.get(name, "").split()


def _structs(wanted: list[str], platform: str) -> Iterator[str]:
    layouts = _layouts.layouts(platform)["structs"]
    network = set(_network_order(platform)) if wanted else set()
    cell = cell_for(width() - len(_INDENT))
    for number, struct in enumerate(filter(layouts.__contains__, wanted)):
        yield from [""] if number else ["", f"On {platform}"]
        drawn = _struct(struct, layouts[struct], network, cell)
        yield from [folded(_INDENT + line, width()) for line in drawn]


def _program(name: str, functions: list[tuple[str, Any]]) -> list[str]:
    """The example of a docstring, or what was written, as a program."""
    for _, value in functions or python_of(others().get(name, name)):
        examples = [each for each in doctest.DocTestParser().get_examples(value.__doc__ or "")
                    if not each.options.get(doctest.SKIP)]  # such as those that change the machine
        if examples:
            return ["from socket import *", *[line for each in examples for line in _lines(each)]]
    return written().get(others().get(name, name), {}).get("program", "").splitlines()


def _lines(example: doctest.Example) -> list[str]:
    """The lines of an example, what it prints as a comment behind the last of them."""
    printed = example.want.rstrip()
    comment = f"  # {printed}" if printed and "\n" not in printed else ""
    return (example.source.rstrip() + comment).split("\n")


def _traced_here_or_there(name: str, program: list[str], about: list[str]) -> list[str]:
    """The trace of a program; if it fails here, and a trace was recorded elsewhere, that too."""
    lines, entry = traced(name, program, about), written().get(others().get(name, name), {})
    if "recorded" in entry and lines[-1:] and lines[-1].startswith("    ("):
        lines += ["", f"Its trace on {entry['where']}"]
        lines += [folded(f"    {line}", width()) for line in entry["recorded"].splitlines()]
    return lines


def traced(name: str, program: list[str], about: list[str]) -> list[str]:
    """What a program's sockets do, in a process of its own, for a bounded time."""
    with temporary("explain") as folder:
        path = Path(folder, f"{name}.py")
        path.write_text("\n".join(program) + "\n", encoding="utf-8")
        ran = bounded.run(path.parent, path.name)
        lines = trace(ran, width(), about=about)
        if ran.ended or ran.status:
            lines.append(f"    ({ran.ended or ran.error})")
    return lines
