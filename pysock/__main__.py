"""``python -m pysock``: the commands, a line each.

``_commands`` says what a command's module has to offer; each says itself what it takes.
"""

from __future__ import annotations

import os
import sys

# With -m, Python looks first in the folder where it was started.  The files there (a grp.py, say)
# are the program's, not this command's.
try:
    started_in = os.getcwd()
except OSError:  # it is gone
    started_in = ""
if __name__ == "__main__" and sys.path[:1] == [started_in]:
    del sys.path[0]

import argparse
import textwrap
from importlib import import_module

from . import __version__
from ._commands.output import WIDEST, standard_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

PROGRAM = "python -m pysock"
DEFAULT = "demo"
COMMANDS = {
    "demo": "watch an echo server and its client, call by call (default)",
    "run": "run a Python program, whose sockets are then pysock's",
    "trace": "the same, and show each call of C that its sockets lead to",
    "show": "show what trace has recorded",
    "explain": "explain a call, an errno, a state of TCP or a constant",
    "lesson": "predict, see the trace, and solve an exercise",
    "tcp": "show the TCP sockets of this host or of a process (Linux)",
    "abi": "show the layouts and constants of a platform, this or another",
}

DESCRIPTION = "See how Python's socket calls become calls of C."
EPILOG = f"""\
examples:
  {PROGRAM}                                  the demo
  {PROGRAM} run -m http.server               a program on pysock
  {PROGRAM} abi darwin-arm64 sockaddr_in6    a struct, drawn as memory
  {PROGRAM} abi --help                       all that this command can do

The exit status is 0 for success and 2 for arguments that make no sense.  It is 141 if
the reader of the output leaves early, as head does in: {PROGRAM} demo | head
"""


def main(arguments: Sequence[str]) -> int:
    with standard_output(PROGRAM):
        options = parser().parse_args(arguments)
        if "main" not in options:  # no command was given
            page = [] if options.html is None else ["--html", options.html]
            options = parser().parse_args([DEFAULT, *page])
        status: int = options.main(options)
    return status


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        usage="%(prog)s [-h] [--version] [--html FILE] [COMMAND ...]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=Text,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"pysock {__version__}")
    parser.add_argument("--html", metavar="FILE", help=f"as {PROGRAM} {DEFAULT} --html FILE")
    commands = parser.add_subparsers(
        prog=PROGRAM, title="commands", metavar="COMMAND", parser_class=Command
    )
    for name, line in COMMANDS.items():
        commands.add_parser(name, help=line, command=name)
    return parser


class Text(argparse.RawDescriptionHelpFormatter):
    """Fills paragraphs up to the terminal's width; those with indented lines stay as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join([
            part if "\n " in f"\n{part}" else textwrap.fill(part, min(width, WIDEST))
            for part in text.split("\n\n")
        ])  # fmt: skip


class Command(argparse.ArgumentParser):
    """The parser of one command, which asks the command's module once there is something to parse.

    So no command waits for what only another one imports.
    """

    def __init__(self, command: str, **settings: Any) -> None:
        super().__init__(formatter_class=Text, allow_abbrev=False, **settings)
        self.command = command

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        module = import_module(f"{__package__}._commands.{self.command}")
        module.add_arguments(self)
        self.set_defaults(main=module.main)
        if hasattr(module, "split"):
            args, rest = module.split(args)
            self.set_defaults(rest=rest)
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:  # said here, it stands below the usage of the command
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return options, unknown


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
