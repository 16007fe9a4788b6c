"""Rows that need several processes.  All ends of a conversation run the same implementation.

The far end is a process of its own, so that no row waits for the lock of one interpreter.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from typing import Any

from pysock import _install

from . import ROOT
from .calls import pair
from .machine import files, share_one_processor, use_all_processors
from .measure import Run


class Process:
    """A ``peer`` that runs a task, and is told and asked by lines."""

    def __init__(self, implementation: str, task: str, *arguments: Any, fd: Any = None) -> None:
        command = [sys.executable, "-m", "tools.bench.peer", implementation, task]
        self.process = subprocess.Popen(
            [*command, *([] if fd is None else [str(fd)]), *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[] if fd is None else [fd],
        )

    def tell(self, number: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"%d\n" % number)
        self.process.stdin.flush()

    def answer(self) -> int:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise ChildProcessError(f"ended with {self.process.wait()}: {self.process.args!r}")
        return int(line)

    def ready(self) -> None:
        assert self.process.stdout is not None
        if self.process.stdout.readline() != b"ready\n":
            raise ChildProcessError(f"ended with {self.process.wait()}: {self.process.args!r}")

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.communicate()


def conversation(
    socket: Any, stack: ExitStack, kind: str, task: str, *arguments: Any, together: bool
) -> Any:
    """The near end of a pair, whose far end another process has; both on one processor or not."""
    if together:
        stack.callback(use_all_processors)
        share_one_processor()
    # Ended in this order: the near end is closed, and the process sees that and ends.
    ends = ExitStack()
    here, there = pair(socket, ends, kind)
    process = Process(socket.__spec__.name, task, *arguments, fd=there.fileno())
    stack.enter_context(process)
    there.close()
    stack.push(ends)
    return here


def echo(
    socket: Any, stack: ExitStack, kind: str, size: int, timeout: float | None = None
) -> Run:
    """A message to another process and back."""
    sock = conversation(socket, stack, kind, "echo", size, timeout or 0, together=True)
    sock.settimeout(timeout)
    data = bytes(size)

    def run(n: int) -> None:
        for _ in range(n):
            sock.send(data)
            sock.recv(size)

    return run


def stream(socket: Any, stack: ExitStack, kind: str, size: int, how: str) -> Run:
    """sendall of ``size`` bytes, until another process has read them all."""
    sock = conversation(socket, stack, kind, "sink", how, together=False)
    head, data = size.to_bytes(8, "big"), bytes(size)

    def run(n: int) -> None:
        for _ in range(n):
            sock.sendall(head)
            sock.sendall(data)
            sock.recv(1)

    return run


def program(socket: Any, stack: ExitStack, task: str, *arguments: Any) -> Run:
    """A program that runs the standard library on the implementation."""
    process = stack.enter_context(Process(socket.__spec__.name, task, *arguments))
    process.ready()

    def run(n: int) -> int:
        process.tell(n)
        return process.answer()

    return run


# Fresh, isolated and without site: nothing that the statement imports is there already.
_IMPORT = """\
import sys
sys.path.insert(0, {root!r})
from time import perf_counter_ns
start = perf_counter_ns()
{statement}
print(perf_counter_ns() - start)
"""


def importing(socket: Any, stack: ExitStack, mine: str, theirs: str) -> Run:
    """An import statement in a fresh interpreter."""
    statement = theirs if socket.__spec__.name == "socket" else mine
    program = _IMPORT.format(root=str(ROOT), statement=statement)

    def run(n: int) -> int:
        command = [sys.executable, "-I", "-S", "-c", program]
        return sum(int(subprocess.check_output(command)) for _ in range(n))

    return run


def starting(socket: Any, stack: ExitStack) -> Run:
    """A process that does nothing, as ``python`` starts it or as a child of ``pysock run``."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # as if it were installed
    if socket.__spec__.name != "socket":
        environment = _install.environment(environment)

    def run(n: int) -> None:
        for _ in range(n):
            subprocess.run([sys.executable, "-c", ""], env=environment, check=True)

    run(1)  # compiles what it needs
    return run


def memory(socket: Any, stack: ExitStack, count: int) -> Run:
    """The memory that each of ``count`` open sockets takes, each time in a fresh process."""
    count = min(count, files() - 100)

    def run(n: int) -> int:
        with Process(socket.__spec__.name, "memory", count) as process:
            process.ready()
            process.tell(n)
            return process.answer()

    return run
