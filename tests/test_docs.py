"""The examples in docstrings and in docs/ are true."""

from __future__ import annotations

import doctest
import errno
import os
import pydoc
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import FunctionType
from typing import Any

import pytest

import pysock
from pysock import multicast
from pysock._host import lib, system

from .foreign import FOREIGN

ROOT = Path(__file__).resolve().parent.parent


# These belong to another interpreter than the one that runs this, or start a program.
ELSEWHERE = ("pysock._ffi.pypy", "pysock._ffi.cpython", "pysock.__main__")


# These do their work when they are imported: they put pysock in the place of socket.
AT_ONCE = ("pysock.pytest", "pysock._startup.sitecustomize")


def modules() -> list[str]:
    found = [module.name for module in walk_packages(pysock.__path__, "pysock.")]
    left_out = {*ELSEWHERE, *AT_ONCE}
    return ["pysock", *(name for name in found if name not in left_out)]


@pytest.fixture
def names() -> Iterator[dict[str, Any]]:
    """The public names, for the examples of methods; the sockets that these make are closed."""
    with ExitStack() as stack:

        def closing(make: Callable[..., Any]) -> Callable[..., Any]:
            def made(*args: Any, **options: Any) -> Any:
                result = make(*args, **options)
                for sock in result if isinstance(result, tuple) else [result]:
                    stack.enter_context(sock)
                return result

            return made

        class Closing(pysock.socket):
            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **options)
                stack.callback(self.close)

        functions = ("socketpair", "create_server", "create_connection")
        tracked = {name: closing(getattr(pysock, name)) for name in functions}
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(pysock, "socket", Closing)
            yield {**vars(pysock), **tracked, "socket": Closing}


# These ask the system for what only its own kernel or C library has.
OF_THIS_KERNEL = ("pysock.ancillary", "pysock.interfaces", "pysock.unix")


@pytest.mark.parametrize("name", modules())
def test_docstrings(
    name: str, names: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "pysock.families.packet" and not any(
        interface == "lo" for _, interface in pysock.if_nameindex()
    ):
        pytest.skip("there is no interface lo")
    if name == "pysock.trace.recording" and not hasattr(lib, "socketpair"):
        pytest.skip("its example has the calls of socketpair(2)")
    if name == "pysock.unix" and not hasattr(os, "geteuid"):
        pytest.skip("this system has no numbers of users")
    if FOREIGN and name.startswith(OF_THIS_KERNEL):
        pytest.skip("the bed of tests.bsd lacks what its example shows")
    module = import_module(name)
    for lacking in system.LACKING:
        monkeypatch.delattr(module, lacking, raising=False)
    globs = None
    if name.startswith(WITH_NAMES):
        globs = {**names, **vars(module)}
    elif name == "pysock":
        globs = names
    assert doctest.testmod(module, globs=globs).failed == 0


# Where the examples have the public names, as after ``from pysock import *``.
WITH_NAMES = ("pysock._install", "pysock._methods", "pysock._functions", "pysock._socket")


@pytest.mark.parametrize("name", sorted(page.name for page in (ROOT / "docs").glob("*.md")))
def test_pages(name: str) -> None:
    if name == "multicast.md":
        try:
            multicast.receiver("239.1.2.3", 0, "127.0.0.1").close()
        except OSError as error:
            if getattr(error, "winerror", None) != errno.ENOPROTOOPT:
                raise
            pytest.skip(f"Wine lacks the option: {error}")
        except NotImplementedError as error:  # the bed of tests.bsd has no getifaddrs
            pytest.skip(str(error))
    assert doctest.testfile(str(ROOT / "docs" / name), module_relative=False).failed == 0


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name)
def test_examples_are_blocks_of_code(path: Path) -> None:
    """To Markdown, a line that begins with ">>>" is a quotation of a quotation of one."""
    prose = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    assert re.findall(r"^>.*", prose, re.M) == []


def test_help_begins_with_what_users_want() -> None:
    """Before it lists modules, it names each function, each method and each exception."""
    beginning = pydoc.plain(pydoc.render_doc(pysock)).partition("PACKAGE CONTENTS")[0]
    named = set(re.findall(r"\w+", beginning.partition("DESCRIPTION")[2]))
    public = {
        name
        for name in pysock.__all__
        if isinstance(getattr(pysock, name), (FunctionType, type)) and name.islower()
    }
    methods = {
        name
        for name in dir(pysock.Socket)
        if name[0] != "_" and callable(getattr(pysock.Socket, name))
    }
    assert len(public) > 30 and len(methods) > 30
    assert (public | methods) - named == set()


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    examples = [t for n in modules() for t in finder.find(import_module(n)) if t.examples]
    assert len(examples) >= 5


needs_docs = pytest.mark.skipif(
    not (ROOT / "docs").is_dir(), reason="docs/ is not in a packed source"
)


@needs_docs
@pytest.mark.parametrize("page", ["docs/design.md", "docs/reliability.md", "CONTRIBUTING.md"])
def test_what_a_page_names_is_there(page: str) -> None:
    """Files, folders, and names with an underscore, as only code has them."""
    folders = ("pysock", "tests", "tools", "examples", "docs", ".github")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    sources = [path.read_text(encoding="utf-8") for path in paths if path.suffix == ".py"]
    words = set(re.findall(r"\w+", "\n".join(sources)))
    there = [f"/{path.relative_to(ROOT).as_posix()}" for path in [*paths, *ROOT.iterdir()]]
    missing = []
    for span in re.findall(r"`([^`\n]+)`", (ROOT / page).read_text(encoding="utf-8")):
        if re.fullmatch(r"[\w./-]+(?:/|\.(?:py|pyi|json|toml|md))", span):
            if not any(path.endswith("/" + span.rstrip("/")) for path in there):
                missing.append(span)
        elif re.fullmatch(r"[\w.]*_[\w.]*", span):
            if not words.issuperset(re.findall(r"\w+", span)):
                missing.append(span)
    # A family of one's own, a module of CPython's, and what a command makes.
    elsewhere = ("cards.py", "socket.py", ".venv/")
    assert [span for span in missing if span not in elsewhere] == []


@needs_docs
def test_the_map_has_each_module() -> None:
    """Those of families and of constants are named together."""
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^ +(\w+\.py)\b", page, re.M))
    together = ("families", "_constants")
    modules = [
        path.name
        for path in (ROOT / "pysock").rglob("*.py")
        if path.parent.name not in together or path.match("families/_*.py")
    ]
    assert named | {"__init__.py"} == set(modules)
