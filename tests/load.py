"""``python3 -m tests.load``: ten thousand connections, five hundred threads, beside the C module.

A server in a process of its own holds idle connections, while active ones talk all at once;
then each idle one has to answer, too.  An answer that is not what was sent ends the run.  Other
processes measure the memory of sockets and of threads that wait, and run out of descriptors.

``--idle N``, ``--active N``   connections (10,000 and 1,000, or as descriptors allow)
``--rounds N``                 messages on each active connection
``--threads N``                threads that wait
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from . import ROOT

MODULES = "pysock", "socket"
SERVERS = "by_asyncio", "by_threads"
SPARE = 100  # descriptors that a process needs for other things
PATIENCE = 120 * float(os.environ.get("PYSOCK_PATIENCE", "1"))


class Child:
    """A program of ``tests.hostile.load``: what it says, and what it is told."""

    def __init__(self, module: str, program: str, *arguments: object) -> None:
        command = [sys.executable, "-m", "tests.hostile.load", module, program]
        self.process = subprocess.Popen(
            [*command, *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.output: IO[str] = self.process.stdout  # type: ignore[assignment]
        self.input: IO[str] = self.process.stdin  # type: ignore[assignment]

    def hear(self) -> Any:
        line = self.output.readline()
        assert line, f"{self.process.args!r} ended with {self.process.wait()}"
        return json.loads(line)

    def tell(self, word: str = "") -> None:
        self.input.write(f"{word}\n")
        self.input.flush()

    def ask(self, word: str) -> Any:
        self.tell(word)
        return self.hear()


@contextmanager
def child(module: str, program: str, *arguments: object) -> Iterator[Child]:
    """Start a program, and end it."""
    started = Child(module, program, *arguments)
    try:
        yield started
    finally:
        started.process.kill()
        started.input.close()
        started.output.close()
        started.process.wait()


def alone(module: str, program: str, *arguments: object) -> Any:
    """What a program says that needs no other."""
    with child(module, program, *arguments) as one:
        return one.hear()


def connections(module: str, how: str, idle: int, active: int, rounds: int) -> dict[str, float]:
    """A server of ``module``, whose clients are the C module's: what it took."""
    with child(module, how, idle, active) as server:
        port = server.hear()["port"]
        empty = server.ask("empty")["empty"]
        with child("socket", "clients", port, idle, active, rounds) as clients:
            assert clients.hear()["opened"] == idle
            until = time.monotonic() + PATIENCE
            while (answer := server.ask("idle"))["now"] < idle:
                assert time.monotonic() < until, f"{answer} of {idle}"
                time.sleep(0.05)
            held = answer["idle"] - empty
            clients.tell()
            talked = clients.hear()
            assert talked["talked"] == active * rounds
            busy = server.ask("busy")["busy"] - empty
            clients.tell()
            assert clients.hear()["alive"] == idle
    return {
        "bytes per idle connection": held / idle,
        "MB with the active ones": busy / 1e6,
        "messages there and back per second": talked["talked"] / talked["seconds"],
    }


def descriptors() -> int:
    """How many descriptors a process that we start may have, from now on."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 20


def row(what: str, mine: float, theirs: float) -> None:
    print(f"{what:64} {mine:12,.1f} {theirs:12,.1f}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--active", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=500)
    options = parser.parse_args()
    room = descriptors() - options.active - SPARE
    if room < options.idle:
        print(f"only {room} idle connections: more descriptors may not be open (ulimit -n)")
        options.idle = room
    print(f"{sys.implementation.name} {sys.version.split()[0]}")
    print(f"{'':64} {'pysock':>12} {'C module':>12}")
    for how in SERVERS:
        way = how.replace("_", " ")
        print(f"{options.idle} idle and {options.active} active connections, {way}")
        answers = [
            connections(module, how, options.idle, options.active, options.rounds)
            for module in MODULES
        ]
        for what in answers[0]:
            row(f"  {what}", *(answer[what] for answer in answers))
    sockets = [alone(module, "sockets", options.idle)["bytes"] for module in MODULES]
    row(f"bytes of one of {options.idle} sockets", *sockets)
    for call, size in [("recv", 100), ("recv", 60_000), ("recvfrom", 60_000), ("recvmsg", 60_000)]:
        answers = [alone(module, "waiting", options.threads, call, size) for module in MODULES]
        assert not any(answer["wrong"] for answer in answers), answers
        for when in "waiting", "after":
            what = f"MB that {options.threads} threads take: {call}({size}), {when}"
            row(what, *(answer[when] / 1e6 for answer in answers))
    for module in MODULES:
        answer = alone(module, "exhausted", 10, 200)
        assert answer["served"] == answer["whole"] == 200 and answer["left"] == 0, answer
        print(f"{module}: accept said EMFILE {answer['refused']} times, and all 200 were served")
    return 0


if __name__ == "__main__":
    sys.exit(main())
