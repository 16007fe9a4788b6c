"""The programs of ``trace``: they run, one of them or several, and what they record is followed.

Programs stand behind each other with ``--`` between, a server first.  The next one begins once the
one before can be connected to: it listens, or it waits with a socket that it has bound; or it has
ended, or some time has passed.  When the last one has ended, the others have a moment to end by
themselves, and are told to.
"""

from __future__ import annotations

import signal
import subprocess
from time import monotonic, perf_counter_ns, sleep

from ..trace.order import FOREVER, LATE, TAKES, Sorter
from ..trace.record import Reader
from .children import CONSOLE_SIGNALS, end_with_this
from .run import command_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Teller(Protocol):
        """What hears of events in their order, and of times at which nothing has happened."""

        def tell(self, pid: int, event: Any) -> None: ...

        def pause(self, now: int) -> None: ...


PAUSE = 0.05  # seconds between looks at what is new
PATIENCE = 5  # seconds for a program to listen, before the next one begins anyway
GRACE = 1  # second for the others when the last program has ended; as much again after SIGTERM

BETWEEN = "--"


def split(words: list[str]) -> list[list[str]]:
    """The words of each program."""
    programs: list[list[str]] = [[]]
    for word in words:
        if word == BETWEEN:
            programs.append([])
        else:
            programs[-1].append(word)
    return programs


def run(
    programs: list[list[str]], environment: dict[str, str], folder: str, teller: Teller
) -> tuple[int, OSError | None]:
    """Run the programs, and tell of their events.

    Returns the status of the first that has failed, below 0 for a signal, and why telling has
    ended early, if it has.  One that was told to end has not failed.
    """
    # Ctrl-C is for the programs; this process lives on, to tell of their end.  It has a handler
    # that does nothing: what it ignored would be ignored in a program, too.
    before = {
        number: signal.signal(number, lambda number, frame: None)
        for number in CONSOLE_SIGNALS
        if signal.getsignal(number) != signal.SIG_IGN
    }
    running = _Running(programs, environment, _Follower(folder, teller))
    try:
        running.start()
        before[signal.SIGTERM] = signal.signal(signal.SIGTERM, lambda *_: running.pass_on())
        running.to_the_end()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return running.status(), running.follower.failed


class _Running:
    """Programs that run: ``processes`` has those that have begun."""

    def __init__(
        self, programs: list[list[str]], environment: dict[str, str], follower: _Follower
    ) -> None:
        self.programs, self.environment, self.follower = programs, environment, follower
        self.processes: list[subprocess.Popen[bytes]] = []
        self.ended: dict[int, int] = {}  # a process → its status, in the order of their ends
        self.told: dict[int, int] = {}  # a process → the last signal that it was told to end by
        self.began = 0.0

    def start(self) -> None:
        """Begin the next program.  The last one has standard input."""
        number = len(self.processes)
        last = number == len(self.programs) - 1
        process = subprocess.Popen(
            command_of(self.programs[number]),
            env=self.environment,
            stdin=None if last else subprocess.DEVNULL,
        )
        self.processes.append(process)
        end_with_this(process)
        self.began = monotonic()

    def to_the_end(self) -> None:
        since = 0.0  # when the last one had ended
        while len(self.ended) < len(self.programs):
            self._look()
            last = self.processes[-1]
            if len(self.processes) < len(self.programs):
                late = monotonic() - self.began > PATIENCE
                if last.pid in self.ended or self.follower.waits(last.pid) or late:
                    self.start()
                    continue
            elif last.pid in self.ended and len(self.programs) > 1:
                since = since or monotonic()
                if monotonic() - since > 2 * GRACE:
                    self._end_by(subprocess.Popen.kill, 9)
                elif monotonic() - since > GRACE:
                    self._end_by(subprocess.Popen.terminate, 15)
            sleep(PAUSE)
        self.follower.look(FOREVER)

    def _look(self) -> None:
        now = perf_counter_ns()
        for process in self.processes:
            if process.pid not in self.ended and process.poll() is not None:
                self.ended[process.pid] = process.returncode
                self.follower.add(process.pid, ("exit", perf_counter_ns(), process.returncode))
        self.follower.look(now)

    def pass_on(self) -> None:
        """SIGTERM is for the programs, as is Ctrl-C."""
        for process in self.processes:
            process.terminate()

    def _end_by(self, act: Callable[[Any], None], number: int) -> None:
        for process in self.processes:
            if process.pid not in self.ended and self.told.get(process.pid) != number:
                self.told[process.pid] = number
                act(process)

    def status(self) -> int:
        failed = [
            process.returncode
            for process in self.processes
            if process.returncode and process.pid not in self.told
        ]
        return failed[0] if failed else 0


class _Follower:
    """Hands a folder's events on, in the order of their times, as long as somebody hears them."""

    def __init__(self, folder: str, teller: Teller) -> None:
        self.reader, self.sorter, self.teller = Reader(folder), Sorter(), teller
        self.failed: OSError | None = None  # the reader has left, or the disk is full
        self.parents: dict[int, int] = {}
        self.calls: dict[tuple[int, int], str] = {}  # a bind or a listen that is being made
        self.bound: set[int] = set()
        self.waiting: set[int] = set()

    def waits(self, pid: int) -> bool:
        """Whether a process, or one that it has started, can be connected to or written to."""
        return pid in self.waiting

    def add(self, pid: int, event: Any) -> None:
        self.sorter.add(pid, event)

    def look(self, now: int) -> None:
        if self.failed is not None:
            return
        for pid, event in self.reader.new():
            self.sorter.add(pid, event)
            self._notice(pid, event)
        try:
            for pid, event in self.sorter.ready(now):
                self.teller.tell(pid, event)
            self.teller.pause(now - LATE if now != FOREVER else now)
        except OSError as error:
            self.failed = error

    def _notice(self, pid: int, event: Any) -> None:
        kind = event[0]
        if kind == "process":
            self.parents[pid] = event[3]
        elif kind == "begin" and event[5] in ("bind", "listen"):
            self.calls[pid, event[1]] = event[5]
        elif kind == "begin" and event[5] in TAKES and pid in self.bound:
            self._is_ready(pid)
        elif kind == "end" and event[4] == 0:
            made = self.calls.pop((pid, event[1]), "")
            if made == "bind":
                self.bound.add(pid)
            elif made == "listen":
                self._is_ready(pid)

    def _is_ready(self, pid: int) -> None:
        while pid not in self.waiting:
            self.waiting.add(pid)
            pid = self.parents.get(pid, pid)
