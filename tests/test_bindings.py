"""Bindings: each row of C becomes a callable, fails as it says, and is given what it may be."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import subprocess
import sys
import tempfile
from typing import Any

import pytest

import pysock
from pysock import _libc
from pysock._ffi import errors
from pysock._ffi.interpreter import CPYTHON, PORTABLE, TRANSFER_MAX, get_errno, pop_errno, set_errno
from pysock._ffi.prototype import Library, Prototype, bind
from pysock._host import abi, constants, lib, lib_keeping_gil
from pysock.families import _hosts

from . import ROOT
from .harness import LATE, WAITS, Action, outcome, run, scene

each_row = pytest.mark.parametrize("row", _libc.PROTOTYPES, ids=lambda row: row.name)
process = ctypes.CDLL(None)

Objected = tuple[list[str], set[str]]

HOT = [row for row in _libc.PROTOTYPES if row.failed is errors.in_line]


# --- rows ----------------------------------------------------------------------------


@each_row
def test_a_row_says_what_its_line_of_c_says(row: Prototype) -> None:
    kinds = [row.result, *(kind for kind, _ in row.parameters)]
    assert row.name.isidentifier()
    assert all(name.isidentifier() for _, name in row.parameters)
    assert [k for k in kinds if not (k.endswith("*") or k in abi.types or k == "void")] == []
    # Nothing of the line was lost on the way.
    words = ",".join(f"{kind}{name}" for kind, name in row.parameters) or "void"
    line = row.text.replace("int sv[2]", "int *sv").replace(" ", "")
    assert f"{row.result}{row.name}({words})".replace(" ", "") == line


@each_row
def test_what_the_library_has_is_bound_and_nothing_else(row: Prototype) -> None:
    there = hasattr(process, row.name) and (row.needs is None or getattr(abi, row.needs))
    assert hasattr(lib, row.name) == there == (row.name in lib.prototypes)


def test_no_row_stands_twice() -> None:
    names = [row.name for row in _libc.PROTOTYPES]
    assert len(names) == len(set(names))


def test_what_a_library_lacks_is_left_out() -> None:
    rows = [
        Prototype("int no_such_function(int x)", errors.minus_one),
        Prototype("int no_such_hot_function(int x)", errors.in_line),
        Prototype("int listen(int sockfd, int backlog)", errors.minus_one),
    ]
    bound = Library(constants)
    bind(bound, rows, process, abi.types)
    assert list(bound.prototypes) == ["listen"]
    assert not hasattr(bound, "no_such_function")
    assert not hasattr(bound, "no_such_hot_function")


def test_a_variadic_function_is_not_for_us() -> None:
    """Apple silicon passes their arguments differently."""
    assert not {"fcntl", "ioctl"} & lib.prototypes.keys()
    assert not any("..." in row.text for row in _libc.PROTOTYPES)


def test_only_what_cannot_wait_keeps_other_threads_waiting() -> None:
    """A quick function keeps the GIL; in ``WAITS`` another thread ends the wait of all others."""
    quick = {row.name for row in _libc.PROTOTYPES if row.keeps_gil}
    questions = {"getsockname", "getpeername", "getsockopt", "setsockopt"}
    conversions = {"inet_aton", "inet_pton"}
    assert quick == questions | conversions | {"gethostname"}


def test_what_failed_without_a_reason_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first binding of an option's functions does not say why it failed."""
    with pysock.socket() as sock:
        level, option = pysock.SOL_SOCKET, pysock.SO_KEEPALIVE
        set_errno(errno.EBADF)
        assert outcome(lambda: sock.getsockopt(level, 9999)) == "ENOPROTOOPT"
        assert outcome(lambda: sock.setsockopt(level, 9999, 1)) == "ENOPROTOOPT"

        for name in ("getsockopt", "setsockopt"):
            monkeypatch.setattr(lib_keeping_gil, name, lambda *arguments: -1)
        sock.setsockopt(level, option, 1)
        assert sock.getsockopt(level, option) in (1, option)  # a BSD answers with the option's bit


# --- conventions ---------------------------------------------------------------------


def refuses_once(number: int, answer: Any) -> tuple[Action, list[Any]]:
    """A C function that is asked again, and what it was asked with."""
    asked = []

    def function(*arguments: Any) -> Any:
        asked.append(arguments)
        set_errno(number)
        return answer

    return function, asked


CONVENTIONS: list[tuple[Action, Any, Any]] = [
    (errors.minus_one, -1, 0),
    (errors.minus_one, -1, 7),
    (errors.null, None, 4096),
]
each_convention = pytest.mark.parametrize(("failed", "failure", "success"), CONVENTIONS)


@each_convention
def test_a_convention_knows_failure(failed: Action, failure: Any, success: Any) -> None:
    function, asked = refuses_once(errno.EBADF, failure)
    check = errors.errcheck(failed, function)
    assert check(success, None, (1, 2)) == success
    set_errno(errno.ENOENT)
    with pytest.raises(FileNotFoundError) as caught:
        check(failure, None, (1, 2))
    assert caught.value.args == (errno.ENOENT, os.strerror(errno.ENOENT))
    assert asked == []
    assert get_errno() == 0


@each_convention
def test_a_convention_asks_again_if_errno_was_taken(
    failed: Action, failure: Any, success: Any
) -> None:
    set_errno(0)
    function, asked = refuses_once(errno.EBADF, success)
    assert errors.errcheck(failed, function)(failure, None, (1, 2)) == success
    assert asked == [(1, 2)]


@each_convention
def test_a_library_that_sets_no_errno_is_not_asked_for_ever(
    failed: Action, failure: Any, success: Any
) -> None:
    set_errno(0)
    function, asked = refuses_once(0, failure)
    with pytest.raises(OSError, match=re.escape(f"[Errno 0] {os.strerror(0)}")):
        errors.errcheck(failed, function)(failure, None, ())
    assert len(asked) == errors.ATTEMPTS


def test_other_numbers_than_those_below_0_are_answers() -> None:
    """A kernel answers 1 to a setsockopt of J1939, where there is nothing to complain of."""
    assert errors.checked(lambda: 1) == 1
    for number in (-1, -5):
        function, asked = refuses_once(errno.EBADF, number)
        assert errors.attempt(function, 1) == -errno.EBADF
        with pytest.raises(OSError, match="Bad file descriptor"):
            errors.checked(function, 1)
        assert asked == [(1,), (1,)]


def test_the_hot_convention_leaves_all_to_the_caller() -> None:
    assert not errors.in_line(-1)
    assert lib.close(-1) == -1
    assert pop_errno() == errno.EBADF
    assert pop_errno() == 0


def test_the_resolver_has_codes_of_its_own() -> None:
    with pytest.raises(pysock.gaierror) as caught:
        errors.check_resolved(lib, lambda: constants["EAI_NONAME"])
    assert caught.value.errno == constants["EAI_NONAME"]
    function, asked = refuses_once(errno.EMFILE, constants["EAI_SYSTEM"])
    with pytest.raises(OSError) as system:
        errors.check_resolved(lib, function, 1)
    assert (system.value.errno, asked) == (errno.EMFILE, [(1,)])
    function, asked = refuses_once(0, constants["EAI_SYSTEM"])
    with pytest.raises(OSError, match="Errno 0"):
        errors.check_resolved(lib, function)
    assert len(asked) == errors.ATTEMPTS
    errors.check_resolved(lib, lambda: 0)
    with pytest.raises(pysock.herror) as unknown:
        errors.raise_h(lib, 1)
    assert unknown.value.args[0] == 1


# --- what hot functions are given ----------------------------------------------------


def wrong_with(row: Prototype, arguments: tuple[Any, ...]) -> list[str]:
    """What is wrong with the arguments of a call whose types ctypes does not know."""
    found = []
    if len(arguments) != len(row.parameters):
        found.append(f"{row.name}: {len(arguments)} arguments")
    for (kind, name), value in zip(row.parameters, arguments):
        if kind.endswith("*"):
            # An int would be cut to 32 bits, a str sent as wide characters.
            right = value is None or not isinstance(value, (int, str))
        else:
            least, most = {"size_t": (0, TRANSFER_MAX)}.get(kind, (-(2**31), 2**31 - 1))
            right = isinstance(value, int) and least <= value <= most
        if not right:
            found.append(f"{row.name}: {kind} {name} = {value!r}")
    return found


@pytest.fixture
def objected(monkeypatch: pytest.MonkeyPatch) -> Objected:
    """Every objection to a call of a hot function, and which of them were called."""
    found: list[str] = []

    def watch(row: Prototype) -> Action:
        real = getattr(lib, row.name)

        def witness(*arguments: Any) -> Any:
            seen.add(row.name)
            # ctypes reads a socket's descriptor itself.
            given = tuple([getattr(a, "_sock_fd_", a) for a in arguments])
            found.extend(wrong_with(row, given))
            return real(*arguments)

        return witness

    seen: set[str] = set()
    for row in HOT:
        if hasattr(lib, row.name):
            monkeypatch.setattr(lib, row.name, watch(row))
    return found, seen


checks_itself = pytest.mark.skipif(
    not CPYTHON, reason="here ctypes knows the types, or addresses are integers by design"
)


@checks_itself
@pytest.mark.parametrize("name", [n for n in WAITS if not n.startswith(("connect", "file."))])
def test_waiting_calls_hand_down_pointers_and_small_numbers(
    name: str, objected: Objected
) -> None:
    with scene(name) as s:
        s.sock.settimeout(0.001)
        outcome(s.call)
        s.release()
        s.sock.settimeout(LATE)
        assert s.call() == s.result
    assert objected[0] == []


# More than the pool has, and than a C int counts where memory can have as much.
HUGE = 2**33 if sys.maxsize > 2**32 else 2**28


@checks_itself
def test_all_calls_hand_down_pointers_and_small_numbers(objected: Objected) -> None:
    level = pysock.SOL_SOCKET
    with pysock.socket(type=pysock.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        me = udp.getsockname()
        for data in (b"", b"abc", bytearray(b"abc"), memoryview(b"abc"), bytes(20_000)):
            udp.sendto(data, me)
            udp.sendto(data, 0, me)
            assert udp.recvfrom(HUGE)[0] == data
            assert udp.recv(HUGE) == data
        udp.connect(me)
        udp.sendall(bytearray(20_000))
        udp.recvmsg_into([bytearray(3), bytearray(20_000)])
        udp.setsockopt(level, pysock.SO_BROADCAST, 1)
        udp.setsockopt(level, pysock.SO_BROADCAST, b"\1\0\0\0")
        for value in (None, 2**31 - 1):
            outcome(lambda value=value: udp.setsockopt(level, 9999, None, value or 0))
        udp.getsockopt(level, pysock.SO_BROADCAST)
        udp.getsockopt(level, pysock.SO_BROADCAST, 1024)
        udp.getpeername()
        for wrong in (-1, -(2**31), 2**31 - 1):
            outcome(lambda wrong=wrong: udp.send(b"x", wrong))
            outcome(lambda wrong=wrong: udp.getsockopt(wrong, wrong))
            outcome(lambda wrong=wrong: pysock.close(wrong))
            outcome(lambda wrong=wrong: pysock.socket(fileno=wrong))
    with pysock.create_server(("127.0.0.1", 0)) as listener:
        with pysock.create_connection(listener.getsockname()) as client:
            listener.accept()[0].close()
            with tempfile.TemporaryFile() as file:
                file.write(b"abc")
                outcome(lambda: client.sendfile(file))
            outcome(lambda: client.shutdown(pysock.SHUT_WR))
    here, there = pysock.socketpair()
    with here, there:
        pysock.send_fds(here, [b"x"], [0])
        _, fds, _, _ = pysock.recv_fds(there, 1, 1)
        os.close(fds[0])
        with here.makefile("rwb", 0) as stream:
            stream.write(b"abc")
    _hosts.known_packed.clear()
    pysock.inet_pton(pysock.AF_INET6, "::1")
    pysock.inet_aton("127.0.0.1")
    pysock.gethostname()
    pysock.getnameinfo(("127.0.0.1", 80), pysock.NI_NUMERICHOST | pysock.NI_NUMERICSERV)
    pysock.getaddrinfo(None, 80)
    objections, called = objected
    assert objections == []
    unseen = {row.name for row in HOT if hasattr(lib, row.name)} - called
    assert unseen <= {"accept", "poll"}


def test_a_wrong_argument_would_be_objected_to() -> None:
    rows = lib.prototypes
    found = wrong_with(rows["recv"], (-1, 4096, 2**32, 0))
    found += wrong_with(rows["getsockopt"], (2**32, "x", 0, None))
    assert [line.split(" = ")[0] for line in found] == [
        "recv: void * buf",
        "recv: size_t len",
        "getsockopt: 4 arguments",
        "getsockopt: int sockfd",
        "getsockopt: int level",
    ]


# --- by public names alone -----------------------------------------------------------


@pytest.mark.skipif(PORTABLE, reason="this is the run by public names alone")
def test_by_public_names_alone_all_is_as_before() -> None:
    """Quick tests of this folder, again with ctypes' public interface only."""
    names = "waiting", "memory", "unwritten", "signals", "descriptors"
    chosen = (
        "not whenever and (passes or answers_as or leaks_no or kernel or what_is or short"
        " or ones_errno or of_its_own or keeps_its_size or traceback)"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-k", chosen, "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *(f"tests/test_{name}.py" for name in names)],
        cwd=ROOT,
        env={**os.environ, "PYSOCK_PORTABLE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout


def test_no_private_name_is_asked_for_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSOCK_PORTABLE", "1")
    done = run(
        "import sys, pysock, pysock._ffi.interpreter as i;"
        "print(i.chosen.__name__, i.CPYTHON, i.PYPY, *{'pysock._ffi.cpython', 'pysock._ffi.pypy'}"
        " & set(sys.modules))"
    )
    assert (done.stdout.split(), done.stderr) == (["pysock._ffi.portable", "False", "False"], "")
