"""``help(pysock)`` begins with what a program wants, and what it says is so."""

from __future__ import annotations

import doctest
import importlib
import pydoc
import re

import pysock
from pysock.__main__ import COMMANDS


def test_help_begins_with_what_users_want() -> None:
    text = pydoc.plain(pydoc.render_doc(pysock))
    beginning, _, rest = text.partition("PACKAGE CONTENTS")
    assert rest  # where pydoc lists the private modules
    for word in ("create_connection", "create_server", "getaddrinfo", "import pysock as socket"):
        assert word in beginning
    assert not re.search(r"^ +_\w+", beginning, re.M)


def test_its_example_is_true() -> None:
    parser = doctest.DocTestParser()
    parsed = parser.get_doctest(pysock.__doc__, dict(vars(pysock)), "pysock", None, None)
    assert parsed.examples
    assert doctest.DocTestRunner().run(parsed, clear_globs=False).failed == 0
    for value in parsed.globs.values():  # what the example has left open
        if isinstance(value, pysock.SocketType):
            value.close()


BEYOND = ("ancillary", "datagrams", "dial", "interfaces", "multicast", "streams", "tcp", "unix")


def test_what_it_names_is_there() -> None:
    doc = pysock.__doc__
    for command in re.findall(r"python -m pysock (\w+)", doc):
        assert command in COMMANDS
    for module in BEYOND:
        assert re.search(rf"\b{module}\b", doc)
        assert importlib.import_module(f"pysock.{module}").__doc__
    for name in re.findall(r"\bpysock\.(\w+)", doc):
        assert hasattr(pysock, name) or importlib.import_module(f"pysock.{name}").__doc__
