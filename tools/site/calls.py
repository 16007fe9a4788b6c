"""A page for each method and function, one for errors and one for C functions, from the code.

What a page says is what ``python -m pysock explain`` says of the word, laid out for a browser, and
two things that only a site has room for: the way through the sources, and the rows of
``docs/compatibility.md`` that name the call.
"""

from __future__ import annotations

import doctest
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pysock
from pysock import _constants
from pysock._commands import explain
from pysock.trace.prototypes import LIBRARY_CALLS, PROTOTYPES

from . import ROOT, drawings, record, structs
from .programs import PROGRAMS
from .text import block, docstring, raw, table, trace

Page = Iterator[str]


class Named:
    """A method or a function: ``full`` as programs call it, ``value``, and the path of its page."""

    def __init__(self, full: str, value: Any) -> None:
        self.full, self.value = full, value
        self.name = full.rpartition(".")[2]
        self.is_method = "." in full
        self.path = f"{'methods' if self.is_method else 'functions'}/{self.name}"
        self.doc = inspect.cleandoc(value.__doc__ or "")
        self.called = explain.calls_of(self.doc)

    @property
    def summary(self) -> str:
        """The first sentence, without the call that it begins with."""
        text = self.doc.partition("\n\n")[0].replace("\n", " ")
        return re.sub(r"^``[^`]*``[^:]*: ", "", text)


def methods() -> list[Named]:
    """The methods of a socket, by name; its attributes are no methods."""
    return [
        Named(f"Socket.{name}", value)
        for name, value in inspect.getmembers(pysock.Socket, callable)
        if name[0] != "_"
    ]


def attributes() -> list[tuple[str, str]]:
    """The attributes of a socket, and their docstrings."""
    found = inspect.getmembers(pysock.Socket, lambda value: isinstance(value, property))
    return [(name, value.__doc__ or "") for name, value in found if name[0] != "_"]


def functions() -> list[Named]:
    """The functions of the module, by name."""
    return [
        Named(name, getattr(pysock, name))
        for name in sorted(pysock.__all__)
        if callable(getattr(pysock, name)) and not inspect.isclass(getattr(pysock, name))
    ]


def pages() -> Iterator[tuple[str, str]]:
    """Each page: its path in the site without ``.md``, and its text."""
    every = [*methods(), *functions()]
    for each in every:
        yield each.path, "\n".join(_page(each))
    yield "methods/index", "\n".join(_index("Methods of a socket", methods(), attributes()))
    yield "functions/index", "\n".join(_index("Functions of the module", functions(), []))
    yield "errors", "\n".join(_errors())
    yield "options", "\n".join(_options())
    yield "c-functions", "\n".join(_c_functions(every))


# --- the page of a call --------------------------------------------------------------


def _page(each: Named) -> Page:
    yield f"# {each.name}\n"
    shown = explain.signature(each.value).replace("…", "...")
    kind, path = ("method", each.full) if each.is_method else ("function", each.name)
    yield f"```{{py:{kind}}} {path}{shown}\n:module: pysock\n```\n"
    yield docstring(each.doc)
    yield from _c_part(each.called)
    # Of a name that is a method and a function, it is the method that is written about.
    if each.is_method or not hasattr(pysock.Socket, each.name):
        yield from _state(each.name)
    yield from _try(each)
    yield from _maps(each.called)
    yield from _differences(each)
    yield from _source(each)


def _c_part(called: list[str]) -> Page:
    if not called:
        return
    yield "## In C\n"
    for name in called:
        yield block("c", [declared(name)])
        yield f"{blocking(name)} [All that call {name}](../c-functions.md#{_anchor(name)}).\n"
    rows = [
        (f"[{error}](../errors.md#{error.lower()})<br>{_exception(error)}", name, said)
        for name in called
        for error, said in errors_of(name)
    ]
    if rows:
        yield "## Errors\n"
        yield "The errors of the manual page that have a meaning of their own for this call:\n"
        if len(called) == 1:
            yield table(["error", "it means"], [(error, said) for error, _, said in rows])
        else:
            yield table(["error", "of", "it means"], rows)


def declared(name: str) -> str:
    """The prototype, with a line for each parameter if it is long."""
    text = PROTOTYPES[name].text + ";"
    head, _, inside = text.partition("(")
    if len(text) <= LONG:
        return text
    lines = ",\n".join(f"    {each.strip()}" for each in inside[:-2].split(","))
    return f"{head}(\n{lines});"


LONG = 72  # characters that fit a page


def blocking(name: str) -> str:
    prototype = PROTOTYPES[name]
    if name in LIBRARY_CALLS:
        return "A function of the C library, which may make several system calls."
    if prototype.keeps_gil or prototype.retried_for_errno:
        return "It never blocks."
    if prototype.dontwait:
        return "It may block; with MSG_DONTWAIT in `flags` it fails with EAGAIN instead."
    return "A system call."


def errors_of(function: str) -> list[tuple[str, str]]:
    """The errors that have a meaning of their own for a C function."""
    found = [(error, explain.meaning(function, error)) for error in sorted(explain.errors())]
    return [(error, said) for error, said in found if said]


def _exception(error: str) -> str:
    return type(OSError(explain.errors()[error], "")).__name__


def _anchor(name: str) -> str:
    return name.replace("_", "-").strip("-").lower()


def _state(name: str) -> Page:
    entry = explain.written().get(name, {})
    said = [
        f"- **{title}** {entry[key]}."
        for key, title in (("needs", "It needs"), ("leaves", "It leaves"), ("says", "It is"))
        if key in entry
    ]
    if said:
        said.append("- This holds on Linux: a test asks the kernel.")
    for start, end, call, page, _ in drawings.STEPS:
        if page == f"methods/{name}":
            link = "[the life of a TCP connection](../tcp-life.md)"
            said.append(f"- In {link}, `{call}`: from {start} to {end}.")
    if said:
        yield "## State\n"
        yield "\n".join(said) + "\n"


def program_of(each: Named) -> str:
    """The program of the page: of the docstring, of ``explain``, or of ``programs``.

    "" if the docstring says not to run it: ``sethostname`` would change the machine.
    """
    examples = doctest.DocTestParser().get_examples(each.doc)
    if any(example.options.get(doctest.SKIP) for example in examples):
        return ""
    lines = explain._program(each.name, [(each.full, each.value)])
    return PROGRAMS.get(each.full) or "\n".join(lines)


def _try(each: Named) -> Page:
    program = program_of(each)
    if not program:
        return
    ran = record.run(each.name, program, each.value)
    yield "## A program and its trace\n"
    yield block("python", [program])
    if ran.lacking:
        yield f"The kernel on which these pages were built does not have it: {ran.lacking}.\n"
        entry = explain.written().get(each.name, {})
        if "recorded" in entry:
            yield f"On {entry['where']}, it made these calls of C:\n"
            yield trace(entry["recorded"].splitlines())
        return
    if ran.output:
        yield "It prints:\n"
        yield block("text", [ran.output.rstrip()])
    yield "While these pages were built, it made these calls of C:\n"
    yield trace(ran.trace or ["(none)"])
    if len(ran.way) > 1:
        yield "## The way down\n"
        yield (
            "The functions of pysock that the first such call went through, down to C. Each stands"
            " in the file beside it.\n"
        )
        yield raw(drawings.way_down(ran.way))


def _maps(called: list[str]) -> Page:
    wanted = structs.of_functions(called)
    if not wanted:
        return
    yield "## Structs as bytes\n"
    yield (
        "As Linux on x86-64 and macOS on Apple silicon lay them out. [All platforms]"
        "(../structs.md), and [addresses by family](../families/index.md).\n"
    )
    for struct in wanted:
        parts = [structs.one(struct, target) for target in ("linux-gnu-x86_64", "darwin-arm64")]
        yield raw(f'<div class="beside">{"".join(parts)}</div>')


# --- differences ---------------------------------------------------------------------


def _differences(each: Named) -> Page:
    found = list(_rows_about(each.name))
    struct_notes = [
        f"`struct {name}` has {count} layouts among {len(_constants.targets())} platforms"
        for name in structs.of_functions(each.called)
        if (count := len(structs.groups(name))) > 1
    ]
    symbols = [each for name in each.called for each in structs.symbols_of(name)]
    if not found and not struct_notes and not symbols:
        return
    yield "## Differences between systems\n"
    notes = [*([f"{'; '.join(struct_notes)}."] if struct_notes else []), *symbols]
    if notes:
        yield "\n".join(f"- {note}" for note in notes) + "\n"
    if found:
        yield "What [Compatibility](../compatibility.md) says of it, CPython beside pysock:\n"
        yield table(["where", "there", "in pysock", "because"], found)


def _rows_about(name: str) -> Iterator[tuple[str, str, str, str]]:
    """The rows of the tables of docs/compatibility.md that name a call."""
    text = (ROOT / "docs/compatibility.md").read_text(encoding="utf-8")
    word = re.compile(rf"`(?:socket\.)?{re.escape(name)}(?:\([^`]*)?`")
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        title = section.partition("\n")[0]
        for line in section.split("\n"):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            if line.startswith("|") and word.search(line) and len(cells) in (2, 3):
                left, right, *because = (
                    re.sub(r"\]\(#", "](../compatibility.md#", c) for c in cells
                )
                yield title, left, right, because[0] if because else ""


# --- the source ----------------------------------------------------------------------


def _source(each: Named) -> Page:
    value = inspect.unwrap(each.value, stop=lambda f: hasattr(f, "__code__"))
    try:
        lines, first = inspect.getsourcelines(value)
    except (TypeError, OSError):
        return
    file = Path(inspect.getsourcefile(value) or "").relative_to(record.PACKAGE.parent)
    code = "".join(lines)
    cut = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    code = "\n".join(line[cut:] for line in code.split("\n")).rstrip()
    yield "## Source\n"
    yield f"`{file.as_posix()}`, line {first}:\n"
    yield block("python", [code])


# --- lists ---------------------------------------------------------------------------


def _index(title: str, every: list[Named], others: list[tuple[str, str]]) -> Page:
    yield f"# {title}\n"
    rows = []
    for each in every:
        in_c = f"<br>In C: {', '.join(each.called)}" if each.called else ""
        summary = each.summary[:1].upper() + each.summary[1:]
        rows.append((f"[{each.name}]({each.name}.md)", summary + in_c))
    yield table(["name", "what it does"], rows)
    if others:
        yield "## Attributes\n"
        yield table(["name", "what it is"], [(f"`{name}`", doc) for name, doc in others])
    yield "```{toctree}\n:hidden:\n"
    yield "\n".join(each.name for each in every)
    yield "```\n"


def _errors() -> Page:
    yield "# Errors\n"
    yield (
        "An error of C is a number; Python raises OSError, or the subclass that the number has."
        " The numbers differ between systems, and the names do not. These are the errors that mean"
        " something of their own to a call of sockets. `python -m pysock explain EPIPE` says the"
        " same in a terminal.\n"
    )
    for error in sorted(explain.errors()):
        meant = [(function, explain.meaning(function, error)) for function in sorted(PROTOTYPES)]
        meant = [(function, said) for function, said in meant if said]
        entry = explain.written().get(error, {})
        if not meant and not entry:
            continue
        yield f"## {error}\n"
        yield f"{_exception(error)}, number {explain.errors()[error]} on Linux."
        if "says" in entry:
            yield f" {entry['says'][0].upper()}{entry['says'][1:]}."
        yield "\n"
        yield from _proof(entry)
        if meant:
            rows = [(f"[{f}](c-functions.md#{_anchor(f)})", said) for f, said in meant]
            yield table(["of", "it means"], rows)


def _options() -> Page:
    yield "# Options and flags\n"
    yield (
        "The constants that are asked about most, each with a program that proves what is said, on"
        " Linux. [Constants](constants.md) has the numbers of all; `python -m pysock explain"
        " TCP_NODELAY` says the same in a terminal.\n"
    )
    numbers = _constants.table("linux-gnu-x86_64")
    for name, entry in explain.written().items():
        if name in numbers and "says" in entry:
            yield f"## {name}\n"
            yield f"{entry['says'][0].upper()}{entry['says'][1:]}.\n"
            yield from _proof(entry)


def _proof(entry: dict[str, Any]) -> Page:
    """The program that proves what was written."""
    lines = entry.get("program", "").splitlines()
    if lines:
        yield raw("<details><summary>A program that proves it</summary>")
        yield block("python", lines)
        yield raw("</details>")


def _c_functions(every: list[Named]) -> Page:
    yield "# C functions\n"
    yield (
        "Each C function that pysock calls, as its manual page prints it, and which methods and"
        " functions of Python's name it.\n"
    )
    for name in sorted(PROTOTYPES, key=lambda each: each.strip("_")):
        yield f"## {name}\n"
        yield block("c", [declared(name)])
        users = [f"[{e.full}]({e.path}.md)" for e in every if name in e.called]
        said = f" In Python: {', '.join(users)}." if users else ""
        yield f"{blocking(name)}{said}\n"


def way_of(name: str) -> str:
    """The drawing of the way down of a method's first call in its program."""
    each = next(each for each in methods() if each.name == name)
    return drawings.way_down(record.run(each.name, program_of(each), each.value).way)
