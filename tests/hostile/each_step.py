"""An exception at each step of a call: nothing is lost, nothing is left half done, none replaced.

A storm hits where it happens to be; here something raises before each bytecode instruction of
pysock's that a call executes, one after the other.  That is harder than any signal, which CPython
hears at some of them only.

``python -m tests.hostile.each_step`` prints as JSON of each call ``[places, wrong]``: where it was
interrupted, and what was not as it should be.  It is a process of its own, since an interpreter
that has told of instructions does so in another way later.
"""

from __future__ import annotations

import dis
import fcntl
import gc
import io
import json
import os
import sys
import warnings
from array import array
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from types import CodeType, FrameType
from typing import Any

import pysock
from pysock import streams
from pysock._methods.message import Message

from .storm import open_descriptors

Scene = list[Any]
# Before these no signal is ever heard: the begin of a try statement (a NOP from Python 3.11 on) or
# of a with statement; and where a value is returned out of an except clause, of which Python 3.9
# and 3.10 crash if a trace function raises there.  What stands behind a branch since 3.14, for
# coverage alone (NOT_TAKEN), is in no table of handlers.  Where a handler begins (PUSH_EXC_INFO),
# CPython would never free the exception that it handles.
NEVER = {
    *("NOP", "SETUP_FINALLY", "SETUP_WITH", "ROT_FOUR", "POP_EXCEPT", "NOT_TAKEN"),
    "PUSH_EXC_INFO",
}
# Before these none is heard from Python 3.10 on, and on 3.9 no code can do anything about one: the
# result is on its way to the caller.
RETURNS = {"POP_BLOCK", "RETURN_VALUE"}


class Stop(BaseException):
    """What is raised."""


def is_pysocks(frame: FrameType) -> bool:
    return f"{frame.f_globals.get('__name__')}.".startswith("pysock.")


def in_finaliser(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


class Step:
    """What raises at pysock's instruction of number ``n``, while it is entered."""

    def __init__(self, n: int) -> None:
        self.left, self.where = n, ""
        self.finalised = False  # whether it raised in a finaliser, where it is ignored

    def heard(self, frame: FrameType, offset: int) -> None:
        name = dis.opname[frame.f_code.co_code[offset]]
        if name not in NEVER and not (name in RETURNS and frame.f_code in RECEIVING):
            self.left -= 1
            if self.left == 0:
                self.where = f"{frame.f_code.co_filename}:{frame.f_lineno}"
                self.finalised = in_finaliser(frame)
                self.end()
                raise Stop

    if sys.version_info >= (3, 12):  # where a trace function is not told of a frame's first steps
        TOOL = 4

        def __enter__(self) -> None:
            events = sys.monitoring.events.INSTRUCTION
            sys.monitoring.use_tool_id(self.TOOL, "pysock")
            sys.monitoring.register_callback(self.TOOL, events, self.monitored)
            sys.monitoring.set_events(self.TOOL, events)

        def monitored(self, code: CodeType, offset: int) -> None:
            frame = sys._getframe(1)
            if is_pysocks(frame):
                self.heard(frame, offset)

        def end(self) -> None:
            sys.monitoring.set_events(self.TOOL, 0)

        def __exit__(self, *exception: object) -> None:
            self.end()
            sys.monitoring.free_tool_id(self.TOOL)

    else:

        def __enter__(self) -> None:
            self.before = sys.gettrace()
            sys.settrace(self.call)

        def call(self, frame: FrameType, event: str, argument: Any) -> Any:
            if not is_pysocks(frame):
                return None
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
            return self.each

        def each(self, frame: FrameType, event: str, argument: Any) -> Any:
            if event == "opcode" and self.left > 0:
                self.heard(frame, frame.f_lasti)
            return self.each

        def end(self) -> None:  # Python 3.9 crashes if it traces the exception, too
            sys.settrace(self.before)

        def __exit__(self, *exception: object) -> None:
            self.end()


def attempt(
    call: Callable[[Scene], Any], scene: Scene, n: int, *, finalises: bool = False
) -> tuple[str, str]:
    """What came out of the call, and where it was interrupted; ``""`` if it ended before.

    A call that ``finalises`` may ignore what is raised in a finaliser.
    """
    step = Step(n)
    try:
        with step:
            call(scene)
    except Stop:
        return "Stop", step.where
    except BaseException as error:
        return repr(error), step.where
    return "Stop" if finalises and step.finalised else "nothing", step.where


def pair() -> Scene:
    return list(pysock.socketpair())


def pair_with_timeout() -> Scene:
    scene = pair()
    scene[0].settimeout(3)
    return scene


def pair_with_file() -> Scene:
    scene = pair()
    return [*scene, scene[0].makefile("rb")]


def pair_with_last_file() -> Scene:
    scene = pair_with_file()
    scene[0].close()
    return scene


def listener(timeout: float | None = None) -> Scene:
    server = pysock.create_server(("127.0.0.1", 0))
    client = pysock.create_connection(server.getsockname())
    server.settimeout(timeout)
    return [server, client]


class Sending:
    """A file on its way to a peer, which knows how much has come."""

    def __init__(self, peer: pysock.Socket) -> None:
        self.file, self.peer, self.position = open(__file__, "rb"), peer, 5
        self.fileno, self.close = self.file.fileno, self.file.close

    def seek(self, position: int) -> None:
        self.position = position

    def came(self) -> int:
        with suppress(BlockingIOError):
            return len(self.peer.recv(100_000, pysock.MSG_DONTWAIT | pysock.MSG_PEEK))
        return 0


def sending(timeout: float | None = None) -> Scene:
    a, b = pysock.socketpair()
    a.settimeout(timeout)
    return [a, b, Sending(b)]


def rights() -> Scene:
    """A message with a descriptor, and who receives it."""
    scene = list(pysock.socketpair(pysock.AF_UNIX, pysock.SOCK_DGRAM))
    pysock.send_fds(scene[1], [b"x"], [0])
    return scene


class Came:
    """The descriptors that a caller got."""

    def __init__(self, answer: Any) -> None:
        self.fds = [int.from_bytes(data, sys.byteorder) for _, _, data in answer[1]]

    def close(self) -> None:
        for fd in self.fds:
            os.close(fd)


SCENES: dict[str, tuple[Callable[[], Scene], Callable[[Scene], Any]]] = {
    "settimeout": (pair, lambda s: s[0].settimeout(5)),
    "settimeout(None)": (pair_with_timeout, lambda s: s[0].settimeout(None)),
    "setblocking": (pair, lambda s: s[0].setblocking(False)),
    "close": (pair, lambda s: s[0].close()),
    "dup": (pair, lambda s: s.append(s[0].dup())),
    "dup with a timeout": (pair_with_timeout, lambda s: s.append(s[0].dup())),
    "fromfd": (pair, lambda s: s.append(pysock.fromfd(s[0].fileno(), pysock.AF_UNIX, 1))),
    "socket": (list, lambda s: s.append(pysock.socket())),
    "socketpair": (list, lambda s: s.extend(pysock.socketpair())),
    "accept": (listener, lambda s: s.append(s[0].accept()[0])),
    "accept with a timeout": (lambda: listener(5), lambda s: s.append(s[0].accept()[0])),
    "create_server": (list, lambda s: s.append(pysock.create_server(("127.0.0.1", 0)))),
    "makefile": (pair, lambda s: s.append(s[0].makefile("rw"))),
    "makefile beside another": (pair_with_file, lambda s: s.append(s[0].makefile("rw"))),
    "close of a file": (pair_with_file, lambda s: s.pop().close()),
    "close of a socket's last file": (pair_with_last_file, lambda s: s.pop().close()),
    "streams.close": (pair, lambda s: streams.close(s[0])),
    "sendfile": (sending, lambda s: s[0].sendfile(s[2], 5, 999)),
    "sendfile with a timeout": (lambda: sending(5), lambda s: s[0].sendfile(s[2], 5)),
    "recv_into": (pair, lambda s: (s[1].send(b"x"), s[0].recv_into(bytearray(5)))),
    "recvmsg": (rights, lambda s: s.append(Came(s[0].recvmsg(10, 64)))),
    "recvmsg, much room": (rights, lambda s: s.append(Came(s[0].recvmsg(70_000, 70_000)))),
    "recvmsg_into": (rights, lambda s: s.append(Came(s[0].recvmsg_into([bytearray(9)], 64)))),
    "recvmsg_into, much room": (
        rights, lambda s: s.append(Came(s[0].recvmsg_into([bytearray(20_000)], 64)))
    ),
    "sendall": (pair, lambda s: s[0].sendall(bytearray(20_000))),
    "recvmsg_into, two": (
        pair,
        lambda s: (s[1].send(b"x"), s[0].recvmsg_into([bytearray(1), memoryview(bytearray(4))])),
    ),
    "sendmsg": (pair, lambda s: s[0].sendmsg([b"x", bytearray(5)])),
    "sendmsg, array": (pair, lambda s: s[0].sendmsg([b"x", array("i", [5])])),
}


# Functions that return what is only the caller's to close.
RECEIVING = {
    function.__code__
    for name in ("recvmsg", "recvmsg_into")
    for function in (getattr(pysock.socket, name), getattr(Message, name))
}


def half_done(scene: Scene) -> list[str]:
    """Sockets in another mode than they say, files that count wrongly or stand elsewhere."""
    open_ones = [s for s in scene if isinstance(s, pysock.socket) and s.fileno() >= 0]
    files = sum([isinstance(each, io.IOBase) for each in scene])
    counted = sum([s._io_refs for s in open_ones])
    miscounted = [f"of {files} files, {counted} count"] * (files != counted)
    found = [each.wrong() for each in scene if hasattr(each, "wrong")]
    astray = [
        f"the file stands at {each.position}, and {each.came()} bytes have come"
        for each in scene
        if isinstance(each, Sending) and each.position != 5 + each.came()
    ]
    return miscounted + astray + list(filter(None, found)) + [
        f"a timeout of {s.gettimeout()}, and O_NONBLOCK is {flag}"
        for s in open_ones
        for flag in [bool(fcntl.fcntl(s.fileno(), fcntl.F_GETFL) & os.O_NONBLOCK)]
        if flag != (s.gettimeout() is not None)
    ]


def finish(scene: Scene) -> None:
    for each in scene:
        with suppress(ValueError):  # a text file whose socket is closed
            each.close()
    scene.clear()


def interrupted(
    make: Callable[[], Scene], call: Callable[[Scene], Any], *, finalises: bool = False
) -> tuple[int, list[str]]:
    """In how many places a call was interrupted, and what was wrong then."""
    wrong: list[str] = []
    for places in count():
        # The last one may have left a pool empty, and then a call takes more steps.
        scene = make()
        call(scene)
        finish(scene)
        before = open_descriptors()
        scene = make()
        came, where = attempt(call, scene, places + 1, finalises=finalises)
        problems = half_done(scene) if where else []
        if came != ("Stop" if where else "nothing") and "__del__" not in came:
            problems.append(f"what came out: {came}")
        finish(scene)
        lost = open_descriptors() - before
        problems += [f"{lost} descriptors lost"] * bool(lost)
        wrong += [f"{where}: {problem}" for problem in problems]
        if not where:
            break
    return places, wrong


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # a finaliser that is interrupted says so
    sys.unraisablehook = lambda _: None
    gc.freeze()  # what is there already need not be looked through each time
    print(json.dumps({name: interrupted(*each) for name, each in SCENES.items()}))
