"""``python -m pysock run``: a program, and the processes that it starts, on pysock.

It becomes Python itself, with an environment in which each process has pysock in the place of
``socket`` (``pysock._install``).  So the program's arguments, its ``__main__``, exit status,
tracebacks, signals and input are what they are without pysock.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import subprocess
import sys
from types import ModuleType

from .. import _install, _tls
from .._platform import WINDOWS
from .children import CONSOLE_SIGNALS, end_with_this, exit_status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DESCRIPTION = """\
Run a Python program, and the Python processes that it starts, with pysock in the place of the
standard library's socket: as  python SCRIPT,  python -m MODULE  or  python -c CODE  would, or
python -  with a program from standard input."""

EPILOG = """\
examples:
  python -m pysock run client.py example.org 80
  python -m pysock run -m http.server
  python -m pysock run --report -c "import socket; print(socket.socket)"

Options of Python itself stand before the -m of pysock: python -X dev -m pysock run ...
The exit status is the program's own.  TLS is the interpreter's own (its module ssl), once it has
taken over the descriptor of a socket."""

NO_RUN = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.usage = (
        "%(prog)s [-h] [--report] [--frames]\n"
        "           (SCRIPT | - | -m MODULE | -c CODE) [ARGUMENT ...]"
    )
    parser.add_argument(
        "--report", action="store_true", help="print at the end which modules have which sockets"
    )
    parser.add_argument(
        "--frames", action="store_true", help="show the lines of pysock in tracebacks, too"
    )


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The options of this command, and the program with its own, as they are for Python."""
    count = 0
    while arguments[count:] and arguments[count] in ("--report", "--frames", "-h", "--help"):
        count += 1
    return arguments[:count], arguments[count:]


def main(options: argparse.Namespace) -> int:
    program: list[str] = options.rest
    problem = problem_of(program)
    if problem:
        print(f"python -m pysock run: {problem}", file=sys.stderr)
        return NO_RUN
    command = command_of(program)
    environment = _install.environment(os.environ, report=options.report, frames=options.frames)
    if WINDOWS:  # whose exec ends this process at once, so that its caller does not wait
        status = _wait_for(command, environment)
        if sys.flags.inspect:  # -i is for the program: this process would ask, too
            os._exit(status)
        return status
    os.execve(sys.executable, command, environment)


def command_of(program: list[str]) -> list[str]:
    """The command of a program: this Python, with the options that it was started with."""
    return [sys.executable, *options_of_python(), *program]


def options_of_python() -> list[str]:
    """Those with which this process was started.  subprocess knows most, but few of ``-X``."""
    options: list[str] = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    for name, value in sys._xoptions.items():
        text = name if value is True else f"{name}={value}"
        if text not in options:
            options += ["-X", text]
    if sys.flags.interactive:
        options.append("-i")
    if isinstance(getattr(sys.__stdout__, "buffer", None), io.RawIOBase):
        options.append("-u")  # which is no flag
    return options


def problem_of(program: list[str]) -> str | None:
    """Why the program cannot be run, or None."""
    if not program or program in (["-m"], ["-c"]):
        return "what? A file, -m MODULE or -c CODE (--help says more)"
    if program[0].startswith("-") and program[0][:2] not in ("-", "-m", "-c"):
        return f"{program[0]} is no option of it; options of Python stand before -m pysock"
    if not sys.executable:
        return "this interpreter does not know its own file, so it cannot start a program"
    if sys.flags.ignore_environment or sys.flags.no_site:
        return "Python was started with -I, -E or -S, and so cannot hear of pysock at its start"
    return None


def _wait_for(command: list[str], environment: dict[str, str]) -> int:
    """The exit status of a program, which alone hears of Ctrl-C and Ctrl-Break."""
    for number in CONSOLE_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    with subprocess.Popen(command, env=environment) as process:
        end_with_this(process)
        return exit_status(process.wait())


# --- the report ----------------------------------------------------------------------


def report() -> None:
    """Print on standard error which modules of this process have which sockets."""
    print(f"pysock: in process {os.getpid()}", file=sys.stderr)
    in_c = _tls.in_c()
    for title, module in (("pysock", sys.modules.get("socket")), ("C", in_c)):
        holders = sorted(_holders(module)) if module else []
        if module and module is in_c:
            holders.append("ssl, for what it encrypts")
        print(f"  sockets of {title}: {', '.join(holders) or 'none'}", file=sys.stderr)


def _holders(module: Any) -> set[str]:
    """The modules that have a module, its class of sockets, or a class derived from that.

    A module is known by its names: at exit, ``sys.modules`` may have them in another object.
    """
    return {
        name
        for name, loaded in list(sys.modules.items())
        if name.partition(".")[0] not in ("pysock", "socket", "_socket", "sitecustomize")
        for value in list(getattr(loaded, "__dict__", {}).values())
        if (type(value) is ModuleType and vars(value) is vars(module))
        or (isinstance(value, type) and module.socket in value.__mro__)
    }
