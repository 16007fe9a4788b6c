"""pysock.dial: black holes, refusals, slow and silent name servers, in a namespace of its own."""

from __future__ import annotations

import _thread
import json
import os
import select
import shutil
import signal
import socket as known
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EINPROGRESS
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

import pysock
from pysock import _going_on, _lookups, dial
from pysock._functions import resolver

from . import ROOT
from .foreign import FOREIGN
from .harness import LATE, alarms, descriptors, on_pypy, uses_alarms

SETUP = """
set -e
mount --make-rprivate /
mount --bind {folder}/resolv.conf /etc/resolv.conf
mount --bind {folder}/nsswitch.conf /etc/nsswitch.conf
ip link set lo up
ip link add hole0 type veth peer name hole1
ip link set hole0 up
ip link set hole1 up
ip addr add 192.0.2.1/24 dev hole0
ip -6 addr add 2001:db8::1/64 dev hole0 nodad
ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev hole0
ip -6 neigh add 2001:db8::9 lladdr 02:00:00:00:00:09 dev hole0
ip -6 route add unreachable 2001:db8:dead::/48 || true
"""


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    if not all(map(shutil.which, ("unshare", "ip", "mount"))):
        pytest.skip("needs unshare, mount and ip, of Linux")
    folder = tmp_path_factory.mktemp("namespace")
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
    (folder / "nsswitch.conf").write_text("hosts: dns\n")
    setup = SETUP.format(folder=folder)
    probe = ["unshare", "-mn", "sh", "-c", setup]
    tried = subprocess.run(probe, capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"no network namespace: {tried.stderr.strip()}")
    run = f'{setup}\nexec "{sys.executable}" -m tests.dial_program'
    begin = time.monotonic()
    done = subprocess.run(
        ["unshare", "-mn", "sh", "-c", run],
        cwd=ROOT, capture_output=True, text=True, timeout=3 * LATE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told, left = done.stdout.splitlines()
    result: dict[str, Any] = json.loads(told)
    result["left"], result["whole"] = int(left), time.monotonic() - begin
    return result


def test_ipv6_is_first_and_in_blocking_mode(cases: dict[str, Any]) -> None:
    assert cases["both"]["result"] == ["::1", None, "::1"]


def test_a_black_hole_costs_the_delay_of_an_attempt(cases: dict[str, Any]) -> None:
    assert cases["hole6"]["result"][0] == "127.0.0.1"
    assert 0.25 <= cases["hole6"]["time"] < 2
    assert cases["broken6"]["result"][0] == "127.0.0.1"


def test_one_deadline_for_all(cases: dict[str, Any]) -> None:
    for name, limit in (("holes", 0.5), ("silent", 0.2), ("getaddrinfo", 0.2)):
        kind, number = cases[name]["result"][:2]
        assert kind in ("DialTimeout", "TimeoutError", "timeout") and number, name
        assert limit <= cases[name]["time"] < limit + 1, name
    assert "('192.0.2.9'" in cases["holes"]["result"][2]
    assert "look-up took too long" in cases["silent"]["result"][2]


def test_each_error_has_its_address(cases: dict[str, Any]) -> None:
    kind, number, _, errors = cases["refused"]["result"]
    assert kind == "DialError" and number
    assert [error[:2] for error in errors] == [["::1", number], ["127.0.0.1", number]]
    if sys.version_info >= (3, 11):
        assert "connecting to ('::1'" in errors[0][2][0]


def test_a_records_wait_a_little_for_those_of_ipv6(cases: dict[str, Any]) -> None:
    assert cases["lateaaaa"]["result"][0] in ("::1", "127.0.0.1")
    assert cases["noaaaa"]["result"][0] == "127.0.0.1"
    assert 0.05 <= cases["noaaaa"]["time"] < 1.5


def test_source_and_interface(cases: dict[str, Any]) -> None:
    assert cases["source"]["result"] == ["127.0.0.1", None, "127.0.0.2"]
    assert cases["no interface"]["result"][0] == "DialError"
    if FOREIGN or not hasattr(pysock, "SO_BINDTODEVICE"):
        pytest.skip(f"this system has another way to an interface: {cases['interface']['result']}")
    assert cases["interface"]["result"][0] in ("::1", "127.0.0.1")  # of both, who is first
    assert "SO_BINDTODEVICE" in cases["no interface"]["result"][2]


def test_cancelled(cases: dict[str, Any]) -> None:
    assert "cancelled" in cases["cancelled"]["result"][2]
    assert 0.1 <= cases["cancelled"]["time"] < 2


def test_nothing_is_left_open_and_no_look_up_keeps_the_program(cases: dict[str, Any]) -> None:
    assert cases["left"] <= 0
    assert cases["whole"] < LATE


# --- without a namespace -----------------------------------------------------------------


@pytest.mark.parametrize("make", [pysock.socket, known.socket])
def test_any_class(make: Any) -> None:
    if make is known.socket and int(known.AF_INET6) != int(pysock.AF_INET6):
        pytest.skip("the standard library has other numbers here")
    with pysock.create_server(("127.0.0.1", 0)) as server:
        with dial.dial("127.0.0.1", server.getsockname()[1], timeout=5, make=make) as sock:
            assert type(sock) is make
            peer, _ = server.accept()
            with peer:
                sock.sendall(b"x")
                assert peer.recv(1) == b"x"


def test_bad_input() -> None:
    for timeout in (-1, "1", True, float("nan")):
        with pytest.raises(ValueError, match="expected a timeout"):
            dial.getaddrinfo("127.0.0.1", 1, timeout=timeout)  # type: ignore[arg-type]
    with pytest.raises(dial.DialError, match="Int or String expected"):
        dial.dial("127.0.0.1", object(), timeout=5)  # type: ignore[arg-type]
    closed = dial.Cancel()
    closed.close()
    wrong: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"port": 65536}, OverflowError, "port must be 0-65535, not 65536"),
        ({"port": None}, TypeError, "the number or the name of a port, not None"),
        ({"attempt_delay": float("nan")}, ValueError, "delays of 0 or more seconds, not nan"),
        ({"resolution_delay": "1"}, ValueError, "delays of 0 or more seconds, not '1'"),
        ({"source": ()}, TypeError, r"an address \(host, port\) as source"),
        ({"source": "127.0.0.1"}, TypeError, r"an address \(host, port\) as source"),
        ({"interface": 1}, TypeError, "the name of an interface, not int"),
        ({"interface": ""}, ValueError, "the name of an interface, not ''"),
        ({"cancel": closed}, ValueError, "a Cancel that is not closed"),
        ({"make": lambda *kind: 5}, TypeError, r"a socket, which has connect\(\), not int"),
    ]
    for given, kind, text in wrong:
        with pytest.raises(kind, match=text):
            dial.dial(**{"host": "127.0.0.1", "port": 1, "timeout": 5, **given})
    with pytest.raises(dial.DialError):  # no address of the source's family
        dial.dial("127.0.0.1", 1, source=("::1", 0), timeout=5)
    with pytest.raises(OSError) as caught:
        dial.dial("256.256.256.256.invalid.", 1, timeout=5)
    assert isinstance(caught.value, dial.DialError)
    with dial.Cancel() as cancel:
        cancel.cancel()
        with pytest.raises(OSError, match="cancelled"):
            dial.dial("192.0.2.1", 1, cancel=cancel, timeout=5)


def test_what_was_refused_names_its_source_and_its_interface() -> None:
    with pysock.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for given, text in (
            ({"source": ("192.0.2.1", 0)}, r"\(source 192.0.2.1\)"),
            ({"interface": "gone0"}, r"interface gone0\)"),
        ):
            with pytest.raises(dial.DialError, match=text) as caught:
                dial.dial("127.0.0.1", port, timeout=5, **given)
            [(address, error)] = caught.value.errors  # and none of a look-up in the other family
            assert address == ("127.0.0.1", port)
            assert error.errno and caught.value.errno == error.errno


def test_getaddrinfo_answers_as_always() -> None:
    wanted = pysock.getaddrinfo("127.0.0.1", 80, 0, pysock.SOCK_STREAM)
    assert dial.getaddrinfo("127.0.0.1", 80, 0, pysock.SOCK_STREAM, timeout=5) == wanted
    with pytest.raises(pysock.gaierror):
        dial.getaddrinfo("127.0.0.1", "no such service", timeout=5)


class Stop(Exception):
    """What a signal handler raises."""


def stopped_after(lines: int) -> Any:
    """What comes out of a look-up where a handler raises after so many lines of whatever runs."""
    left = lines

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        left -= event == "line"
        if left == 0:
            raise Stop
        return trace

    sys.settrace(trace)
    try:
        return dial.getaddrinfo("127.0.0.1", 80, timeout=5)
    except Exception as error:
        return type(error)
    finally:
        sys.settrace(None)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # in a finaliser
def test_what_a_handler_raises_is_not_replaced() -> None:
    """The library's ``threading`` replaces it, by a KeyError or a RuntimeError."""
    answers = [stopped_after(lines) for lines in range(1, 200)]
    assert Stop in answers
    assert {answer for answer in answers if isinstance(answer, type)} == {Stop}


@pytest.mark.skipif(on_pypy, reason="PyPy frees late what a thread has had")
@pytest.mark.parametrize("timeout", [None, LATE])
def test_a_thread_that_dies_before_its_first_step_is_noticed(
    timeout: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For want of memory, or by an exception that another thread should have had."""
    dead = SimpleNamespace(**{**vars(_thread), "start_new_thread": lambda run, args: 1})
    monkeypatch.setattr(_lookups, "_thread", dead)
    for call in dial.dial, dial.getaddrinfo:
        with alarms(waits, LATE / 3), pytest.raises(RuntimeError, match="ended too early"):
            call("localhost", 1, timeout=timeout)


def waits() -> None:
    raise TimeoutError


class Reluctant(pysock.socket):
    """Lets its call be cancelled; and its close is interrupted, once it has closed."""

    cancels: list[dial.Cancel] = []

    def connect(self, address: object) -> None:
        self.cancels.pop().cancel()
        raise BlockingIOError(EINPROGRESS, "it takes a while")

    def close(self) -> None:
        super().close()
        raise Stop


def test_an_exception_while_all_is_closed_leaves_nothing_open() -> None:
    with dial.Cancel() as cancel:
        Reluctant.cancels = [cancel]
        before = descriptors()
        with pytest.raises(Stop):
            dial.dial("127.0.0.1", 9, make=Reluctant, cancel=cancel)
        assert [call() for call in _going_on.calls.going_on] == []
        assert descriptors() == before


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_call_that_was_never_closed_goes_with_its_descriptors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a handler raises may come before the first step of what closes them."""
    monkeypatch.setattr(dial._Race, "close", stop)
    monkeypatch.setattr(dial, "end", stop)
    before = descriptors()
    for call in dial.dial, dial.getaddrinfo:
        with suppress(Stop, OSError):
            call("127.0.0.1", 9, timeout=LATE)
    deadline = time.monotonic() + LATE
    while descriptors() != before and time.monotonic() < deadline:
        time.sleep(0.01)  # for the threads of the look-ups
    assert descriptors() == before
    assert [call() for call in _going_on.calls.going_on] == [None, None]
    _going_on.calls.going_on.clear()


def test_descriptors_are_closed_before_what_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no memory is left, the end fails twice, and CPython 3.11 may never free the call."""
    races: list[Any] = []
    made: list[pysock.Socket] = []

    def no_memory(race: Any) -> None:
        races.append(race)
        raise MemoryError

    def make(*args: Any) -> pysock.Socket:
        made.append(pysock.socket(*args))
        return made[-1]

    monkeypatch.setattr(dial, "end", no_memory)
    with pysock.create_server(("127.0.0.1", 0)) as listener:
        with pytest.raises(MemoryError):
            dial.dial(*listener.getsockname(), timeout=LATE, make=make)
    made.pop().close()
    assert [(race.reader.fileno(), race.writer.fileno()) for race in races] == [(-1, -1)] * 2
    _going_on.calls.going_on.clear()


def stop(*_: object) -> None:
    raise Stop


# --- a handler that forks ----------------------------------------------------------------


@contextmanager
def forking(calls: list[int]) -> Iterator[list[str]]:
    """A function for a handler, which forks once; both processes go on.

    What came of it in the child is in the list at the end: "hung", or how it ended.
    """
    told: list[str] = []
    reader, writer = os.pipe()
    parent = os.getpid()

    def fork() -> None:
        if not calls:
            calls.append(os.fork())
            if calls == [0]:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                signal.alarm(int(LATE / 3) or 1)

    forks.append(fork)
    try:
        yield told
    except BaseException as error:
        if os.getpid() == parent:
            raise
        os.write(writer, f"{type(error).__name__}: {error}".encode())
    finally:
        if os.getpid() != parent:
            os._exit(0)
        forks.clear()
        if calls:
            _, status = os.waitpid(calls[0], 0)
            os.write(writer, b"hung" if status else b".")
            told.append(os.read(reader, 1000).decode())
        os.close(reader)
        os.close(writer)


forks: list[Any] = []


@uses_alarms
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork(2)")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of a fork beside other threads
@pytest.mark.parametrize("name", ["dial", "getaddrinfo"])
def test_a_handler_forks_while_names_are_looked_up(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child has no such thread, and the parent loses nothing to it."""

    def slow(*args: Any) -> Any:
        time.sleep(0.5)
        return look_up(*args)

    look_up = resolver.getaddrinfo
    monkeypatch.setattr(resolver, "getaddrinfo", slow)
    children: list[int] = []
    with pysock.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with forking(children) as told, alarms(forks[0], 0.1):
            answer: Any = getattr(dial, name)("127.0.0.1", port)
            if children != [0]:
                assert answer[0][4][1] == port if name == "getaddrinfo" else answer.close() is None
    assert told == ["RuntimeError: the thread of a look-up is not in this forked child."]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork(2)")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("where", ["_Race.__init__", "_Race.begin", "_Race.wait", "before recv"])
def test_a_fork_anywhere_in_dial(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither process takes the byte that wakes the other; the child may get an error."""
    children: list[int] = []
    with pysock.create_server(("127.0.0.1", 0)) as server, forking(children) as told:
        fork = forks[0]

        def after(self: Any, *args: Any) -> Any:
            result = method(self, *args)
            fork()
            return result

        def add(self: Any, *args: Any) -> Any:
            fork()
            return method(self, *args)

        class Forking:
            """A poll(2) in which a handler forks, once there is a byte to read."""

            def __init__(self) -> None:
                self.object = select.poll()
                self.register = self.object.register

            def poll(self, milliseconds: Any) -> Any:
                self.object.poll(milliseconds)
                fork()
                return self.object.poll(milliseconds)

        if where == "before recv":
            monkeypatch.setattr(dial, "_poll", Forking)
        else:
            method = getattr(dial._Race, where.partition(".")[2])
            wrapped = add if where == "_Race.wait" else after
            monkeypatch.setattr(dial._Race, where.partition(".")[2], wrapped)
        dial.dial("127.0.0.1", server.getsockname()[1]).close()
        if children == [0]:
            raise RuntimeError("it ended")
    assert told[0].startswith("RuntimeError: ") and "hung" not in told[0]


def test_a_cancel_that_a_handler_interrupts_can_be_made_again() -> None:
    def interrupted(data: bytes) -> int:
        raise Stop

    with dial.Cancel() as cancel:
        writer = cancel._writer
        cancel._writer = SimpleNamespace(send=interrupted, close=writer.close)  # type: ignore[assignment]
        with pytest.raises(Stop):
            cancel.cancel()
        cancel._writer = writer
        cancel.cancel()
        cancel.cancel()
        assert cancel._reader.recv(10) == b"x"
