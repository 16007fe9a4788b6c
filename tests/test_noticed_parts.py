"""Parts of the shortcuts, each by itself: names of sockets, and callers' buffers.

The idea: each test fails if one statement or one number in ``names``, ``buffers`` or ``transfer``
of ``pysock._methods.shortcuts`` is another (``tests/mutants.py``).
"""

from __future__ import annotations

import sys
from array import array
from contextlib import nullcontext
from ctypes import ArgumentError
from errno import EAGAIN
from types import FrameType
from typing import Any

import pytest

import pysock
from pysock._ffi.interpreter import COPY_MAX
from pysock._host import lib
from pysock._methods import shortcuts
from pysock._methods.shortcuts import buffers, names
from pysock._methods.shortcuts.written import name_pool
from pysock.families import _hosts

from .harness import pair

if not hasattr(lib, "socketpair"):
    pytest.skip("the library is not POSIX's", allow_module_level=True)

pytestmark = pytest.mark.skipif(
    not shortcuts.WANTED, reason="this interpreter, or this run, has no shortcuts"
)


@pytest.fixture
def both() -> Any:
    """A client and the server's socket, whose addresses nobody has asked for."""
    with pysock.create_server(("127.0.0.1", 0)) as server, pysock.socket() as client:
        client.connect(server.getsockname())
        with server.accept()[0] as sock:
            _hosts.known_addresses.clear()
            yield client, sock


@pytest.mark.parametrize("name", ["getsockname", "getpeername"])
def test_an_address_is_the_same_each_time(name: str, both: Any) -> None:
    """Whether it is known, and whether there is memory from an earlier call."""
    sock = both[0]
    ask = getattr(names, name)
    expected = getattr(names, f"_{name}")(sock)
    for known in False, True:
        for empty in False, True:
            if empty:
                name_pool.entries.clear()
            if not known:
                _hosts.known_addresses.clear()
            assert ask(sock) == expected
            assert len(name_pool.entries) >= 1
    sizes = [len(name_pool.entries)]
    for _ in range(3):
        ask(sock)
        sizes.append(len(name_pool.entries))
    assert len({*sizes}) == 1


@pytest.mark.parametrize("name", ["getsockname", "getpeername"])
def test_memory_of_a_name_that_there_is_not_is_used_again(name: str) -> None:
    name_pool.put(name_pool.take())
    before = [id(entry) for entry in name_pool.entries]
    sock = pysock.socket()
    if name == "getsockname":
        sock.close()
    with sock, pytest.raises(OSError, match=r"."):
        getattr(names, name)(sock)
    assert [id(entry) for entry in name_pool.entries] == before


def test_a_released_view_has_no_room() -> None:
    view = memoryview(bytearray(9))
    assert buffers.size_exported(view) == 9
    view.release()
    assert buffers.size_exported(view) == 0
    assert buffers.size_wanted(view, 0, 0) == 0
    assert buffers.small_bytes(view) is view


def test_what_is_copied_and_what_is_left_to_the_method() -> None:
    assert buffers.small_bytes(bytearray(b"abc")) == b"abc"
    assert buffers.small_bytes(array("d", [1.5])) == array("d", [1.5]).tobytes()
    large = bytearray(COPY_MAX + 1)
    assert buffers.small_bytes(large) is large
    for view in memoryview(b"abcd")[::2], memoryview(large):
        assert buffers.small_bytes(view) is view
    whole = b"x" * (COPY_MAX + 1)
    assert buffers.small_bytes(memoryview(whole)) is whole
    assert buffers.small_bytes(memoryview(whole)[1:5]) == b"xxxx"


def test_buffers_are_joined_if_all_are_plain() -> None:
    view = memoryview(array("i", [1, 2]))
    parts = [b"ab", bytearray(b"c"), view]
    assert buffers.joined(parts, 12) == b"abc" + bytes(view)
    assert buffers.joined(parts, 11) is None
    assert buffers.joined([], 1) == b""
    for other in array("b", b"a"), memoryview(b"abcd")[::2], "a":
        assert buffers.joined([b"ab", other], 100) is None
    view.release()
    assert buffers.joined(parts, 100) is None


def test_buffers_that_become_larger_meanwhile_are_left_to_the_method() -> None:
    part = bytearray(8)

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code is buffers.joined.__code__ and frame.f_locals.get("size"):
            part.extend(bytes(9))  # once its size is known, as another thread may
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        answer = buffers.joined([part], 10)
    finally:
        sys.settrace(before)
    assert len(part) > 10
    assert answer is None, "bytes that the message's memory has no room for"


def test_buffers_are_exported_if_bytes_can_be_put_into_them() -> None:
    views: list[memoryview] = []
    part = bytearray(3)
    assert buffers.export_plain(views, [part, memoryview(part)[1:]], 6) == 5
    assert [view.tobytes() for view in views] == [bytes(3), bytes(2)]
    assert buffers.export_plain(views, [part, memoryview(part)], 6) == 0
    released = memoryview(part)
    released.release()
    assert buffers.export_plain(views, [part, released], 100) == 0


@pytest.mark.skipif(not hasattr(pysock.Socket, "recvmsg_into"), reason="no recvmsg_into here")
@pytest.mark.parametrize("data", [b"a", b"abc", b"abcd", b"abcde", b"abcdefgh", b"abcdefghi"])
def test_received_data_fills_one_buffer_after_the_other(data: bytes) -> None:
    """What is behind it stays as it was."""
    one, other = bytearray(b"123"), bytearray(b"456789")
    with pair() as (here, there):
        there.send(data)
        answer = here.recvmsg_into([one, memoryview(other)[1:5]])
    assert answer == (len(data[:7]), [], 0, None)
    assert one + other[1:5] == data[:7] + b"1235678"[len(data) :]
    assert other[:1] + other[5:] == b"49"


@pytest.mark.skipif(not hasattr(pysock.Socket, "recvmsg_into"), reason="no recvmsg_into here")
def test_buffers_are_free_again_while_the_error_is_looked_at() -> None:
    one, other = bytearray(3), bytearray(3)
    with pair() as (here, _):
        here.setblocking(False)
        with pytest.raises(BlockingIOError) as caught:
            here.recvmsg_into([one, other])
    one += b"x"
    other += b"x"
    assert caught.value.errno == EAGAIN


class Interrupted(Exception):
    """A handler's."""


class FailsOnce:
    """A library, of which a function raises when it is called for the first time."""

    def __init__(self, real: Any, name: str, error: Any) -> None:
        self.real, self.error, self.made = real, error, 0
        self.function = getattr(real, name)
        setattr(self, name, self.call)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def call(self, *args: Any) -> Any:
        self.made += 1
        if self.made == 1:
            del args  # the traceback has this frame
            raise self.error
        return self.function(*args)


LENT: dict[str, tuple[str, Any]] = {
    "recv_into": ("recv", lambda sock, data: sock.recv_into(data)),
    "recv_into, a part": ("recv", lambda sock, data: sock.recv_into(data, 5)),
    "recvfrom_into": ("recvfrom", lambda sock, data: sock.recvfrom_into(data)[0]),
    "send": ("send", lambda sock, data: sock.send(data)),
    "sendall": ("send", lambda sock, data: sock.sendall(data)),
}


@pytest.mark.parametrize("name", LENT)
@pytest.mark.parametrize("form", [bytearray, memoryview])
@pytest.mark.parametrize("error", [ArgumentError, Interrupted])
def test_memory_that_is_lent_when_a_call_is_not_made(
    name: str, form: Any, error: Any
) -> None:
    """Without memory for the call, the method makes it; a handler's exception is raised.

    Either way the memory is the caller's again, also while the exception is looked at.
    """
    function, call = LENT[name]
    owner = bytearray(b"x" * (2 * COPY_MAX))
    with pair() as (here, there):
        there.send(b"abcde")
        library = FailsOnce(here._sock_calls_, function, error)
        here._sock_calls_ = library  # type: ignore[assignment]
        with form(owner) if form is memoryview else nullcontext(owner) as data:
            if error is Interrupted:
                with pytest.raises(Interrupted) as caught:
                    call(here, data)
                assert library.made == 1
            else:
                caught = None
                answer = call(here, data)
                assert library.made > 1
                assert answer in ((5,) if "recv" in name else (None, len(owner)))
                assert bytes(owner[:5]) == (b"abcde" if "recv" in name else b"xxxxx")
        owner.append(1)  # possible as long as it is not lent
        assert caught is None or caught.value.__traceback__
