"""The class: what it is made of, what its accept and dup make, and when it closes.

The idea: each test fails if one statement or one number in ``pysock._socket`` or in
``pysock._calls.state`` is another (``tests/mutants.py``).
"""

from __future__ import annotations

import errno
import os
import socket
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from types import FunctionType
from typing import Any

import pytest

import pysock
from pysock._calls.descriptor import Emptied
from pysock._calls.state import SocketState, set_mode
from pysock._host import lib, lib_keeping_gil, system
from pysock._methods import lifecycle

from .foreign import FOREIGN
from .harness import calls_of, descriptors, on_pypy, outcome, run

_socket = import_module("pysock._socket")  # as an attribute, pysock has the program's _socket there

POSIX = pytest.mark.skipif(
    not hasattr(lib, "socketpair"), reason="descriptors are not the small numbers of POSIX here"
)


class Broken(Exception):
    """What is raised on purpose."""


def broken(*arguments: Any, **keywords: Any) -> Any:
    raise Broken


class Own(pysock.Socket):
    """A program's class, which tells how it was made."""

    told: list[Any] = []

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        self.told.append((arguments, keywords))
        super().__init__(*arguments, **keywords)


@contextmanager
def listening() -> Iterator[tuple[pysock.Socket, pysock.Socket]]:
    """A listener, and a socket that has connected to it."""
    with pysock.create_server(("127.0.0.1", 0)) as server, pysock.socket() as client:
        client.connect(server.getsockname())
        yield server, client


# --- what it is made of --------------------------------------------------------------


def test_the_parts_have_become_one_class() -> None:
    """So help() and tracebacks speak of it, and not of its parts."""
    assert pysock.Socket.__mro__ == (pysock.Socket, pysock.SocketType, SocketState, object)
    for cls in (pysock.Socket, pysock.SocketType):
        own = [each for each in vars(cls).values() if isinstance(each, FunctionType)]
        assert len(own) > 5
        # (What only Windows has is added later, and is of no class.)
        names = {each.__qualname__.partition(".")[0] for each in own if "." in each.__qualname__}
        assert names <= {"Socket", cls.__name__}
        assert cls.__name__ in names


def test_no_part_leaves_what_belongs_to_its_own_objects() -> None:
    """As in CPython's module: nobody refers to it weakly, and it has a dictionary in a subclass."""
    mine: Any
    theirs: Any
    with pysock.socket() as mine, socket.socket() as theirs:
        assert mine.__weakref__ is theirs.__weakref__ is None
        assert not hasattr(mine, "__dict__")
    with Own() as sock:
        sock.more = 5  # type: ignore[attr-defined]
        assert vars(sock) == {"more": 5}


def test_a_new_socket_before_its_init() -> None:
    """As in C: a closed one, of no family."""
    sock: Any = pysock.Socket.__new__(pysock.Socket)
    assert (sock.fileno(), int(sock.family), int(sock.type), sock.proto) == (-1, 0, 0, 0)
    assert (sock.gettimeout(), sock._closed, sock._io_refs, sock._sock_owned_) == (
        None, False, 0, []
    )  # fmt: skip
    assert sock._sock_calls_ is lib
    assert type(sock._sock_owned_) is Emptied  # which is all sockets', so nothing is put there


def test_by_which_library_a_mode_calls() -> None:
    """What may wait lets other threads run."""
    sock: Any = pysock.Socket.__new__(pysock.Socket)
    for seconds, library in ((5.0, lib_keeping_gil), (None, lib), (0.0, lib_keeping_gil)):
        set_mode(sock, seconds)
        assert sock._sock_timeout_ == seconds
        assert sock._sock_calls_ is library


@pytest.mark.parametrize("switch", [None, "", "0", "1"])
def test_when_there_are_shortcuts(switch: str | None) -> None:
    wanted = {} if switch is None else {"PYSOCK_SHORTCUTS": switch}
    program = f"""if 1:
        import os
        os.environ.pop("PYSOCK_SHORTCUTS", None)
        os.environ.update({wanted})
        import pysock
        from pysock._ffi.interpreter import CPYTHON
        from pysock._methods import shortcuts
        print(shortcuts.WANTED is (CPYTHON and {switch not in ("", "0")}))
    """
    done = run(program)
    assert (done.stdout, done.stderr) == ("True\n", "")


class Number:
    """A number by ``__index__``, which equals nothing."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number

    def __repr__(self) -> str:
        return f"Number({self.number})"


GIVEN = [1.5, -1.0, 0.0, False, -1, -5, Number(0), Number(1), Number(-1), "x"]
if not on_pypy:  # which takes their lower bits
    GIVEN += [2**40, -(2**40)]


@POSIX
@pytest.mark.skipif(bool(FOREIGN), reason="the C module is for another system")
@pytest.mark.parametrize("value", GIVEN, ids=repr)
@pytest.mark.parametrize("name", ["family", "type", "proto"])
@pytest.mark.parametrize("given", [False, True], ids=["made", "of a descriptor"])
def test_a_number_that_says_what_socket_it_is(given: bool, name: str, value: Any) -> None:
    """Each by itself, as in C."""

    def made(module: Any) -> Any:
        with module.socket() as other, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python 3.9
            fileno = {"fileno": other.fileno()} if given else {}
            try:
                sock = module.socket(**{name: value}, **fileno)
            except (OSError, TypeError, OverflowError) as error:
                return type(error), "" if on_pypy else str(error)  # it has words of its own
            kind = [*map(int, (sock.family, sock.type, sock.proto))]
            sock.detach() if given else sock.close()
            return kind

    assert made(pysock) == made(socket)


@POSIX
def test_a_number_and_a_member_say_what_socket_it_is() -> None:
    inet, stream = pysock.AF_INET, pysock.SOCK_STREAM
    with pysock.socket() as other:
        for family, kind in ((int(inet), stream), (inet, int(stream))):
            sock = pysock.Socket(family, kind, 0, fileno=other.fileno())
            assert (sock.family, sock.type, sock.proto) == (inet, stream, 0)
            sock.detach()


# --- accept --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["socket", "another"])
def test_accept_makes_what_the_module_calls_socket(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs replace it. The kernel is asked nothing about the new descriptor."""
    monkeypatch.setattr(Own, "told", [])
    if name == "socket":
        monkeypatch.setattr(pysock, "socket", Own)
    with listening() as (server, client):
        del Own.told[:]
        questions = calls_of(monkeypatch, "getsockopt"), calls_of(monkeypatch, "getsockname")
        sock, address = server.accept()
        assert questions == ([], [])
        with sock:
            assert type(sock) is (Own if name == "socket" else pysock.Socket)
            kind = pysock.AF_INET, pysock.SOCK_STREAM, 0
            assert (sock.family, sock.type, sock.proto) == kind
            assert sock._sock_owned_ == [sock.fileno()]
            told = [((*kind,), {"fileno": sock.fileno()})] if name == "socket" else []
            assert Own.told == told
            assert address == client.getsockname() == sock.getpeername()
            client.send(b"abc")
            assert sock.recv(9) == b"abc"


@pytest.mark.parametrize("tells", [True, False])
def test_auditors_are_told_of_a_socket_that_accept_makes(
    tells: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the C module tells them of sockets that are made of a descriptor (PyPy's does not)."""
    told: list[Any] = []
    with listening() as (server, _):
        monkeypatch.setattr(lifecycle, "audit", lambda *event: told.append(event))
        monkeypatch.setattr(system, "TELLS_OF_GIVEN", tells)
        with server.accept()[0] as sock:
            event = ("socket.__new__", sock, pysock.AF_INET, pysock.SOCK_STREAM, 0)
            assert told == ([event] if tells else [])


@POSIX
@pytest.mark.parametrize("replaced", [False, True])
def test_an_accept_that_fails_at_last_closes_what_it_has(
    replaced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if replaced:
        monkeypatch.setattr(pysock, "socket", Own)
    with listening() as (server, _):
        before = descriptors()
        with monkeypatch.context() as patched:
            if replaced:
                patched.setattr(Own, "__init__", broken)
            else:
                patched.setattr(pysock.SocketType, "_begin", broken)
            with pytest.raises(Broken) as caught:
                server.accept()
        assert descriptors() == before  # and not only when the traceback is gone
        del caught


@POSIX
@pytest.mark.parametrize(
    ("timeout", "default", "told"),
    [
        (None, None, []),
        (0.0, None, []),
        (9.0, None, [True] if _socket._INHERITS_MODE else []),
        (9.0, 3.0, [False]),
    ],
)
def test_the_mode_of_a_socket_that_is_accepted(
    timeout: Any, default: Any, told: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of new sockets; a system whose sockets inherit the listener's mode is told so."""
    with listening() as (server, _):
        server.settimeout(timeout)
        monkeypatch.setattr(pysock._timeouts.default, "seconds", default)
        seen: list[Any] = []
        real = system.set_blocking

        def set_blocking(fd: int, blocking: bool) -> None:
            seen.append(blocking)
            real(fd, blocking)

        monkeypatch.setattr(system, "set_blocking", set_blocking)
        with server.accept()[0] as sock:
            assert sock.gettimeout() == default
            assert seen == told
            if timeout != 0.0:  # then it stays as the system makes it, as in C
                assert os.get_blocking(sock.fileno()) is (default is None)


@POSIX
@pytest.mark.parametrize("timeout", [None, 9.0])
def test_what_an_accept_of_a_subclass_gives_is_the_new_sockets(timeout: float | None) -> None:
    """As ``socket.py`` calls it: the descriptor blocks if new sockets do."""

    class Server(pysock.Socket):
        def _accept(self) -> Any:
            fd = os.dup(client.fileno())
            os.set_blocking(fd, False)
            given.append(fd)
            return fd, "address"

    given: list[int] = []
    with listening() as (_, client), Server() as server:
        server.settimeout(timeout)
        sock, address = server.accept()
        with sock:
            assert [sock.fileno()] == given
            assert address == "address"
            assert sock.gettimeout() is None
            assert os.get_blocking(sock.fileno()) is (timeout is not None)


# --- dup -----------------------------------------------------------------------------


@pytest.mark.parametrize("timeout", [None, 0.0, 9.0])
def test_a_duplicate_is_of_the_same_class_kind_and_mode(
    timeout: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Own, "told", [])
    with Own(pysock.AF_INET, pysock.SOCK_DGRAM, 17) as sock:
        sock.settimeout(timeout)
        questions = calls_of(monkeypatch, "getsockopt"), calls_of(monkeypatch, "getsockname")
        with sock.dup() as copy:
            assert [len(calls) for calls in questions] == [0, 1]  # that it is a socket is asked
            assert type(copy) is Own
            kind = pysock.AF_INET, pysock.SOCK_DGRAM, 17
            assert Own.told[1:] == [(kind, {"fileno": copy.fileno()})]
            assert copy.gettimeout() == timeout
            assert copy.fileno() != sock.fileno()


class Plain(pysock.Socket):
    """A program's class that is made as Socket is."""


def test_a_class_that_is_made_as_socket_is_makes_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with Plain() as sock, sock.dup() as copy:
        assert type(copy) is Plain
    monkeypatch.setattr(pysock, "socket", Plain)
    with listening() as (server, _), server.accept()[0] as accepted:
        assert type(accepted) is Plain


def test_an_init_that_a_program_has_replaced_hears_of_each_socket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def init(sock: pysock.Socket, *arguments: Any, **keywords: Any) -> None:
        made.append(sock)
        real(sock, *arguments, **keywords)

    made: list[pysock.Socket] = []
    real = pysock.Socket.__init__
    monkeypatch.setattr(pysock.Socket, "__init__", init)
    with listening() as (server, client), server.accept()[0] as sock, sock.dup() as copy:
        assert made == [server, client, sock, copy]
        with pysock.fromfd(sock.fileno(), sock.family, sock.type) as other:
            assert made[4:] == [other]


@pytest.mark.parametrize("name", ["family", "type", "proto", "timeout"])
def test_what_a_program_cannot_set(name: str) -> None:
    text = "is not writable" if name == "timeout" else "readonly attribute"
    with closing(_socket.SocketBase()) as sock:
        before = getattr(sock, name)
        with pytest.raises(AttributeError, match=text):
            setattr(sock, name, 1)
        with pytest.raises(AttributeError, match=text):
            delattr(sock, name)
        assert getattr(sock, name) == before


@POSIX
@pytest.mark.parametrize("where", [Own, _socket])
def test_a_duplicate_whose_socket_fails_is_closed(
    where: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its class, or a signal handler that raises before that is asked."""
    with Own() as sock:
        before = descriptors()
        with monkeypatch.context() as patched:
            patched.setattr(where, "__init__" if where is Own else "adopt", broken)
            with pytest.raises(Broken) as caught:
                sock.dup()
        assert descriptors() == before
        del caught


@POSIX
def test_what_has_got_a_sockets_number_is_not_duplicated() -> None:
    """C raises the same, and leaves the duplicate open."""
    with tempfile.TemporaryFile() as file, pysock.socket() as sock:
        os.dup2(file.fileno(), sock.fileno())
        before = descriptors()
        with pytest.raises(OSError) as caught:
            sock.dup()
        assert caught.value.errno == errno.ENOTSOCK
        assert descriptors() == before


# --- close ---------------------------------------------------------------------------


def test_the_last_file_closes_a_socket_that_was_closed() -> None:
    """However many there are, and whatever order they are closed in."""
    with pysock.socket() as sock:
        files = [sock.makefile("rb"), sock.makefile("wb")]
        sock.close()
        assert sock._closed
        files[0].close()
        assert sock.fileno() != -1
        files[1].close()
        assert sock.fileno() == -1
    with pysock.socket() as sock:
        sock.makefile("rb").close()
        assert sock.fileno() != -1  # nobody has closed it
        for _ in range(2):
            sock._decref_socketios()
            assert sock._io_refs == 0
        sock._closed = True
        sock._decref_socketios()
        assert sock.fileno() == -1


def test_a_with_block_closes_once() -> None:
    """As in CPython: a program may have put a close of its own there."""

    class Counted(pysock.Socket):
        closes = 0

        def close(self) -> None:
            self.closes += 1
            super().close()

    for early in (0, 1):
        with Counted() as sock:
            assert isinstance(sock, Counted)
            if early:
                sock.close()
        assert (sock.closes, sock.fileno()) == (1, -1)


def test_how_it_prints() -> None:
    """The addresses where there are some; nothing is asked of a socket that is closed."""
    with listening() as (server, client):
        here, there = client.getsockname(), server.getsockname()
        kind = f"family={client.family!s}, type={client.type!s}, proto=0"
        begin = f"<pysock.Socket fd={client.fileno()}, {kind}"
        assert repr(client) == f"{begin}, laddr={here}, raddr={there}>"
        begin = f"<pysock.Socket fd={server.fileno()}, {kind}"
        assert repr(server) == f"{begin}, laddr={there}>"
        client.close()
        assert repr(client) == f"<pysock.Socket [closed] fd=-1, {kind}>"


@pytest.mark.parametrize("error", [OSError, ImportError])
def test_an_address_that_cannot_be_told_is_left_out(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: Any) -> Any:
        raise error

    with listening() as (_, client):
        monkeypatch.setattr(pysock.SocketType, "getsockname", fails)
        text = repr(client)
        assert "laddr" not in text
        assert f"raddr={client.getpeername()}" in text


def test_it_is_not_pickled() -> None:
    with pysock.socket() as sock, Own() as own:
        for each, name in ((sock, "Socket"), (own, "Own")):
            with pytest.raises(TypeError, match=f"cannot pickle '{name}' object"):
                each.__getstate__()


@POSIX
def test_whether_children_inherit_it() -> None:
    with pysock.socket() as sock:
        for inherited in (True, False):
            sock.set_inheritable(inherited)
            assert sock.get_inheritable() is inherited
        sock.close()
        assert outcome(sock.get_inheritable) == "EBADF"


def test_a_file_that_an_exception_ended_before_it_had_a_socket_is_closed() -> None:
    """By its finaliser, which CPython 3.13 would tell of: "Exception ignored … no attribute"."""
    raw = pysock.SocketIO.__new__(pysock.SocketIO)
    raw.close()
    assert raw.closed
