"""``python3 -m tests.editors``: what editors show of each public name, asked of jedi and pyright.

An editor reads sources and runs nothing.  So what it shows where the mouse rests on
``pysock.create_server`` or ``sock.recv`` need not be what ``help()`` says.  Here both are asked,
jedi (of many editors and of IPython) as a library, pyright (in its free build, which needs no
network) as a server of the language server protocol, on one document with every public name.

What has a docstring must show its first sentence; a constant must be shown as an int, a str or the
member of an enum.  An environment of its own has both (350 MB, most of it node's).
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pysock

from . import ROOT, help_if_asked

SUBMODULES = ("ancillary", "datagrams", "dial", "families", "interfaces", "multicast", "streams",
              "tcp", "trace", "unix")  # fmt: skip


class Word(NamedTuple):
    """A public name as a program writes it, and what an editor must show of it."""

    text: str
    expected: str


def words() -> Iterator[Word]:
    """Every public name: of the module, of a socket, of the modules beyond the standard library."""
    for name in pysock.__all__:
        if name == "timeout":  # another class before Python 3.10, which editors tell of
            continue
        value = getattr(pysock, name)
        yield Word(f"pysock.{name}", _first(value) if callable(value) else "")
    for name, value in inspect.getmembers(pysock.Socket):
        if name[0] != "_":
            yield Word(f"sock.{name}", _first(value))
    for module in SUBMODULES:
        loaded = import_module(f"pysock.{module}")
        yield Word(f"{module}", _first(loaded))
        for name in getattr(loaded, "__all__", ()):
            value = getattr(loaded, name)
            if callable(value) and value.__doc__ and _own(value):
                yield Word(f"{module}.{name}", _first(value))


def _first(value: Any) -> str:
    """The first line of a docstring, without what editors make of quotes."""
    return plain((inspect.getdoc(value) or "").partition("\n")[0])


def _own(value: Any) -> bool:
    """Whether the docstring was written: a dataclass without one gets its signature."""
    return not (value.__doc__ or "").startswith(f"{getattr(value, '__name__', '')}(")


def plain(text: str) -> str:
    """A text without the marks that an editor may leave out, put in, or take for its own."""
    return re.sub(r"\s+", " ", re.sub(r"[`\\*_]|&nbsp;", "", text)).strip()


HEAD = f"import pysock\nfrom pysock import {', '.join(SUBMODULES)}\nsock = pysock.socket()\n"


def document(asked: list[Word]) -> str:
    return HEAD + "".join(f"{word.text}\n" for word in asked)


def wrong(asked: list[Word], shown: list[str]) -> list[str]:
    """A line for each word of which an editor shows too little."""
    return [
        f"{word.text}: {text[:100]!r} lacks {word.expected!r}"
        for word, text in zip(asked, shown)
        if not text or word.expected not in plain(text)
    ]


def by_jedi(asked: list[Word]) -> list[str]:
    """What jedi shows of each word."""
    jedi: Any = import_module("jedi")
    project, shown = jedi.Project(str(ROOT)), []
    for start in range(0, len(asked), CHUNK):
        some = asked[start : start + CHUNK]
        script = jedi.Script(document(some), project=project)
        for line, word in enumerate(some, 1 + HEAD.count("\n")):
            found = [*script.help(line, len(word.text)), *script.infer(line, len(word.text))]
            shown.append("\n".join(f"{each.description}\n{each.docstring()}" for each in found))
    return shown


CHUNK = 50  # jedi answers no more than some hundred questions about one document


# jedi runs nothing, and reads what is run, not what type checkers read: an enum that is made of a
# table is none to it.
NOT_BY_JEDI = {
    f"pysock.{kind}" for kind in ("AddressFamily", "AddressInfo", "MsgFlag", "SocketKind")
}


# --- the language server protocol ----------------------------------------------------


class Server:
    """A server of the protocol, by its standard input and output."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.number = 0

    def send(self, method: str, parameters: Any, **more: Any) -> None:
        self.write({"method": method, "params": parameters, **more})

    def write(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        assert self.process.stdout
        size = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                size = int(line.partition(b":")[2])
        if not size:
            raise EOFError("the server has ended")
        message: dict[str, Any] = json.loads(self.process.stdout.read(size))
        return message

    def ask(self, method: str, parameters: Any) -> Any:
        """The result of a request; what the server asks meanwhile is answered with nothing."""
        self.number += 1
        self.send(method, parameters, id=self.number)
        while True:
            message = self.read()
            if "method" in message:
                if "id" in message:
                    asked = message["params"] or {}
                    empty: Any = [{} for _ in asked["items"]] if "items" in asked else None
                    self.write({"id": message["id"], "result": empty})
            elif message.get("id") == self.number:
                return message.get("result")

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def by_pyright(asked: list[Word], command: str) -> list[str]:
    """What pyright shows of each word."""
    with tempfile.TemporaryDirectory(prefix="pysock-editors-") as name:
        folder = Path(name).resolve()
        (folder / "pysock").symlink_to(ROOT / "pysock")
        file = folder / "words.py"
        file.write_text(document(asked), encoding="utf-8")
        server = Server(command, "--stdio")
        try:
            server.ask("initialize", {
                "processId": None, "rootUri": folder.as_uri(),
                "capabilities": {"textDocument": {"hover": {"contentFormat": ["plaintext"]}}},
                "workspaceFolders": [{"uri": folder.as_uri(), "name": "words"}],
            })  # fmt: skip
            server.send("initialized", {})
            opened = {"uri": file.as_uri(), "languageId": "python", "version": 1,
                      "text": document(asked)}  # fmt: skip
            server.send("textDocument/didOpen", {"textDocument": opened})
            shown = []
            for line, word in enumerate(asked, HEAD.count("\n")):
                place = {"line": line, "character": len(word.text) - 1}
                about = {"textDocument": {"uri": file.as_uri()}, "position": place}
                answer = server.ask("textDocument/hover", about)
                shown.append(answer["contents"]["value"] if answer else "")
        finally:
            server.close()
    return shown


def main() -> int:
    asked = list(words())
    to_jedi = [word for word in asked if word.text not in NOT_BY_JEDI]
    faults = wrong(to_jedi, by_jedi(to_jedi))
    for fault in faults:
        print(f"jedi: {fault}")
    command = str(Path(sys.executable).with_name("basedpyright-langserver"))
    others = wrong(asked, by_pyright(asked, command))
    for fault in others:
        print(f"pyright: {fault}")
    print(f"{len(asked)} names: jedi shows too little of {len(faults)}, pyright of {len(others)}")
    return bool(faults or others)


if __name__ == "__main__":
    help_if_asked(__doc__)
    if "--here" in sys.argv:
        sys.exit(main())
    from ._environment import call, environment

    sys.exit(call(environment("editors", "jedi"), "-m", "tests.editors", "--here"))
