"""Rows of servers and clients as they are: processes of ``pysock run``, and of Python without it.

What is measured is the CPU time that the process under test takes for a request, in user space and
in the kernel, in all of its threads and children.  The other end is this process, or a server of
Debian's, so that it does not count.  A row whose package is not installed is ``Lacking``.
"""

from __future__ import annotations

import os
import socket as c_socket
import subprocess
import sys
import time
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pysock import _install

from . import ROOT
from .measure import Lacking, Run
from .serving import BODY

CONNECTIONS = 4  # of a client, on each of which a request is under way
MESSAGE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Program:
    """A process of ``serving``, which has said one line about itself."""

    def __init__(self, implementation: str, *arguments: str, **options: Any) -> None:
        environment: dict[str, str] = dict(os.environ)
        if implementation != "socket":
            environment = _install.environment(environment)
        command = [sys.executable, "-m", "tools.bench.serving", *arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            **options,
        )  # fmt: skip
        self.said = self.line()

    def line(self) -> str:
        assert self.process.stdout is not None
        line: str = self.process.stdout.readline().decode().strip()
        if not line:
            raise ChildProcessError(f"ended with {self.process.wait()}: {self.process.args!r}")
        return line

    def ask(self, question: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{question}\n".encode())
        self.process.stdin.flush()
        return self.line()

    def cpu(self) -> int:
        """The nanoseconds that it and its children have taken so far, threads that ended too."""
        # What clock_getcpuclockid(3) answers on Linux.
        clocks = [(~each << 3) | 2 for each in _family(self.process.pid)]
        return sum(map(time.clock_gettime_ns, clocks))

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.communicate()


def _family(pid: int) -> list[int]:
    """A process, its children, and theirs."""
    children = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return [pid, *(each for child in children for each in _family(child))]


def needing(package: str) -> None:
    """Lacking unless the package, and what counts a process's time, are here."""
    if not os.path.exists("/proc/self/task"):
        raise Lacking("needs the clocks of other processes, of Linux")
    if find_spec(package) is None:
        raise Lacking(f"needs the package {package} from PyPI")


def server(socket: Any, stack: ExitStack, kind: str, package: str = "http") -> Run:
    """CPU time of a server for a request, of which four at a time are under way."""
    needing(package)
    with c_socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        # gunicorn is given its descriptor; the others listen by themselves.
        given = str(listener.fileno())
        program = Program(socket.__spec__.name, kind, given, pass_fds=[listener.fileno()])
        stack.enter_context(program)
        port = int(program.said) or listener.getsockname()[1]
    ends = [stack.enter_context(Connection(port)) for _ in range(CONNECTIONS)]

    def run(n: int) -> int:
        before = program.cpu()
        for _ in range(-(-n // CONNECTIONS)):
            for end in ends:
                end.ask()
            for end in ends:
                end.read()
        requests = -(-n // CONNECTIONS) * CONNECTIONS
        return (program.cpu() - before) * n // requests

    return run


class Connection:
    """A connection to a server, made anew when the server ends it, as some do after a while."""

    def __init__(self, port: int) -> None:
        self.address = "127.0.0.1", port
        self._connect()
        self.ask()
        self.size = _first_answer(self.sock)

    def _connect(self) -> None:
        self.sock = c_socket.create_connection(self.address)

    def ask(self) -> None:
        self.sock.sendall(MESSAGE)

    def read(self) -> None:
        # Or a server that sends a body behind its headers waits 40 ms for our ACK.
        self.sock.setsockopt(c_socket.IPPROTO_TCP, c_socket.TCP_QUICKACK, 1)
        while len(self.sock.recv(self.size, c_socket.MSG_WAITALL)) != self.size:
            self.sock.close()
            self._connect()
            self.ask()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exception: object) -> None:
        self.sock.close()


def _first_answer(end: Any) -> int:
    """How long an answer is, which is always the same: a body, mostly behind headers."""
    answer: bytes = end.recv(65536)
    if answer.startswith(b"HTTP/"):
        while b"\r\n\r\n" not in answer:
            answer += end.recv(65536)
        size = answer.index(b"\r\n\r\n") + 4 + len(BODY)
    else:
        size = len(BODY)
    if size > len(answer):  # for no bytes, PyPy's own recv waits, too
        end.recv(size - len(answer), c_socket.MSG_WAITALL)
    return size


def client(socket: Any, stack: ExitStack, package: str, server: str) -> Run:
    """CPU time of a client of a server of Debian's, for a question and its answer."""
    needing(package)
    # The beds of the tests: servers in temporary folders, with a configuration of their own.
    from tests.clients.servers import Servers

    servers = stack.enter_context(Servers())
    lacking = servers.start(server)
    if lacking:
        raise Lacking(lacking.splitlines()[0])
    program = Program(socket.__spec__.name, package, servers.running[server]["port"])
    stack.enter_context(program)

    def run(n: int) -> int:
        return int(program.ask(str(n)))

    return run
