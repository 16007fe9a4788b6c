"""Receives that wait first, and buffers that change between two steps of a shortcut.

The idea: each test fails if one statement or one number in ``pysock._methods.shortcuts.transfer``
is another (``tests/mutants.py``).
"""

from __future__ import annotations

from typing import Any

import pytest

import pysock
from pysock._calls.wait import READ
from pysock._ffi.interpreter import COPY_MAX, set_errno
from pysock._host import lib, system
from pysock._methods import shortcuts
from pysock._methods.shortcuts import transfer
from pysock._methods.shortcuts.buffers import size_wanted

from .harness import Action, pair, replace

if not hasattr(lib, "socketpair"):
    pytest.skip("the library is not POSIX's", allow_module_level=True)

pytestmark = pytest.mark.skipif(
    not shortcuts.WANTED, reason="this interpreter, or this run, has no shortcuts"
)

RECEIVES: dict[str, Any] = {
    "recv": lambda sock, size, flags: sock.recv(size, flags),
    "recv_into": lambda sock, size, flags: sock.recv_into(bytearray(size), 0, flags),
    "recvfrom": lambda sock, size, flags: sock.recvfrom(size, flags)[0],
}


def function_of(name: str) -> str:
    return "recvfrom" if "from" in name else "recv"


@pytest.mark.parametrize("name", RECEIVES)
@pytest.mark.parametrize("size", [10, 20_000])
@pytest.mark.parametrize("flags", [0, pysock.MSG_PEEK])
def test_a_receive_that_waited_first_keeps_its_deadline(
    name: str, size: int, flags: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait_first(sock: Any, asked: int) -> float:
        waited.append((sock, asked))
        return 123.0

    def retry(sock: Any, calls: Any, *args: Any, deadline: Any = None) -> Any:
        retried.append((sock, calls, args[0], args[2:] if len(args) == 4 else args[3:], deadline))
        return (b"data", b"") if name == "recvfrom" else b"data"

    waited: list[Any] = []
    retried: list[Any] = []
    monkeypatch.setattr(transfer, "wait_first", wait_first)
    monkeypatch.setattr(transfer, "retry", retry)
    replace(monkeypatch, function_of(name), lambda *_: -1)
    with pair() as (here, _):
        here.settimeout(9)
        here._sock_waits_ = 3
        here._sock_plain_ = -1
        assert RECEIVES[name](here, size, flags) == b"data"
        # With flags, wait_first would do nothing; the shortest way does not even ask it.
        asks = not flags or size > COPY_MAX or name == "recv_into"
        assert waited == ([(here, flags)] if asks else [])
        deadline = 123.0 if asks else None
        assert retried == [(here, here._sock_calls_, READ, (size, flags), deadline)]


@pytest.mark.parametrize("name", RECEIVES)
@pytest.mark.parametrize("waits", [0, 3])
@pytest.mark.parametrize("size", [10, 70_000])
def test_the_end_of_a_stream_is_one_call(
    name: str, waits: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(real: Action, *args: Any) -> int:
        asked.append(args[2])
        return 0

    asked: list[int] = []
    with pair() as (here, there):
        there.close()
        here.settimeout(9)
        here._sock_waits_ = waits
        replace(monkeypatch, function_of(name), ends)
        assert RECEIVES[name](here, size, 0) in (b"", 0)
    assert asked == [size]


@pytest.mark.parametrize("waits", [0, 3])
@pytest.mark.parametrize("nbytes", [0, 8])
@pytest.mark.parametrize("name", ["recv_into", "recvfrom_into"])
def test_a_buffer_that_has_become_smaller_is_not_written_beyond(
    name: str, nbytes: int, waits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler, or another thread, between the look at its size and its export.

    What is left is received into, unless the program has said how much it wants.
    """

    def wanted(buffer: Any, nbytes: int, flags: int) -> int:
        size = real_wanted(buffer, nbytes, flags)
        del buffer[4:]
        return size

    def receives(real: Action, fd: Any, memory: Any, size: int, *rest: Any) -> Any:
        asked.append(size)
        return real(fd, memory, size, *rest)

    asked: list[int] = []
    real_wanted = size_wanted
    monkeypatch.setattr(transfer, "size_wanted", wanted)
    with pair() as (here, there):
        here.settimeout(9)
        here._sock_waits_ = waits
        there.send(b"abcdefgh")
        replace(monkeypatch, function_of(name), receives)
        buffer = bytearray(8)
        if nbytes:
            with pytest.raises(ValueError, match="buffer"):
                getattr(here, name)(buffer, nbytes, pysock.MSG_PEEK)
            assert bytes(buffer) == bytes(4)
        else:
            answer = getattr(here, name)(buffer, 0, pysock.MSG_PEEK)
            assert (answer if name == "recv_into" else answer[0], bytes(buffer)) == (4, b"abcd")
    assert asked == ([] if nbytes else [4])


@pytest.mark.parametrize("nbytes", [0, 7])
@pytest.mark.parametrize("name", ["recv_into", "recvfrom_into"])
def test_a_buffer_that_has_become_smaller_is_asked_for_again_as_it_is(
    name: str, nbytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the first call is interrupted, and its handler makes it smaller."""

    def interrupted(real: Action, fd: Any, memory: Any, size: int, *rest: Any) -> Any:
        asked.append(size)
        if len(asked) > 1:
            return real(fd, memory, size, *rest)
        set_errno(system.INTERRUPTED)
        return -1

    asked: list[int] = []
    real_view = memoryview
    buffer = bytearray(8)

    def view_of(data: Any) -> memoryview:
        del data[4:]
        return real_view(data)

    with pair() as (here, there):
        there.send(b"abcdefgh")
        replace(monkeypatch, function_of(name), interrupted)
        with monkeypatch.context() as patched:
            patched.setattr(transfer, "memoryview", view_of, raising=False)
            if nbytes:
                with pytest.raises(ValueError, match="buffer"):
                    getattr(here, name)(buffer, nbytes, pysock.MSG_PEEK)
            else:
                answer = getattr(here, name)(buffer, 0, pysock.MSG_PEEK)
                assert (answer if name == "recv_into" else answer[0]) == 4
        assert bytes(buffer) == (bytes(4) if nbytes else b"abcd")
    assert asked == ([7] if nbytes else [8, 4])


@pytest.mark.parametrize("form", [bytearray, memoryview])
def test_a_send_of_nothing_is_an_answer(form: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """That a library gives, not a kernel: it is one call."""

    def nothing(real: Action, *_: Any) -> int:
        made.append(None)
        return 0

    made: list[None] = []
    with pair() as (here, _):
        replace(monkeypatch, "send", nothing)
        assert here.send(form(bytearray(2 * COPY_MAX))) == 0
    assert made == [None]
