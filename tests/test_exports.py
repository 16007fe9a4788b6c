"""A buffer that another thread resizes while a call waits: it is refused, or nothing is lost.

C's module has the first everywhere but on PyPy 7, where it reads and writes memory that is free.
"""

from __future__ import annotations

import _thread
import contextlib
import mmap
import re
import select
import signal
import threading
import time
from array import array
from collections.abc import Callable
from contextlib import contextmanager
from errno import EFAULT
from functools import partial
from io import BytesIO
from typing import Any

import pytest

import pysock
from pysock._ffi.exports import EXPORTS_LOCK, LENDS_ALL, bytes_left, lends
from pysock._platform import target

from .harness import LATE, SOON, fill, read, run

DATA = bytes(range(1, 33))
MUCH = 1 << 20


def receives(sock: Any, view: memoryview) -> dict[str, Callable[[], Any]]:
    return {
        "recv_into": lambda: sock.recv_into(view),
        "recvfrom_into": lambda: sock.recvfrom_into(view)[0],
        "recvmsg_into": lambda: sock.recvmsg_into([view[:10], view[10:]])[0],
    }


@contextmanager
def pair() -> Any:
    here, there = pysock.socketpair()
    with here, there:
        yield here, there


@contextmanager
def waiting(call: Callable[[], Any]) -> Any:
    """A thread that waits in ``call`` meanwhile, and ends afterwards: a list gets the result."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(call())
        except BufferError as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(SOON)  # until it waits
    yield results
    thread.join(30)
    assert not thread.is_alive()


def resized(change: Callable[[], Any]) -> bool:
    try:
        change()
    except (BufferError, ValueError, TypeError, SystemError):
        return False
    return True


needs_recvmsg = pytest.mark.skipif(
    not hasattr(pysock.Socket, "recvmsg_into"), reason="no recvmsg_into here"
)
METHODS = ["recv_into", "recvfrom_into", pytest.param("recvmsg_into", marks=needs_recvmsg)]


@pytest.mark.parametrize("kind", ["bytearray", "array"])
@pytest.mark.parametrize("method", METHODS)
def test_what_grows_meanwhile_gets_the_data_where_it_is_then(method: str, kind: str) -> None:
    buffer: Any = bytearray(64) if kind == "bytearray" else array("I", bytes(64))
    more = bytes(MUCH)
    with pair() as (a, b):
        view = memoryview(buffer).cast("B")[16:48]
        with waiting(receives(b, view)[method]) as results:
            grown = resized(lambda: buffer.extend(array("I", more) if kind == "array" else more))
            other = [bytearray(64) for _ in range(1000)]  # whoever has that memory now
            a.sendall(DATA)
        refused = LENDS_ALL if kind == "array" else EXPORTS_LOCK
        assert results == [32] and grown is not refused
        assert bytes(memoryview(buffer).cast("B")[:64]) == bytes(16) + DATA + bytes(16)
        assert not any(map(any, other))


@pytest.mark.parametrize("method", METHODS)
def test_what_shrinks_meanwhile_is_an_error(method: str) -> None:
    buffer = bytearray(64)
    with pair() as (a, b):
        view = memoryview(buffer)[16:48]
        with waiting(receives(b, view)[method]) as results:
            cut = resized(lambda: buffer.__delitem__(slice(8, None)))
            a.sendall(DATA)
        assert cut is not EXPORTS_LOCK
        if cut:
            assert type(results[0]) is BufferError and bytes(buffer) == bytes(8)
        else:
            assert results == [32] and bytes(buffer)[16:48] == DATA


SENDS: dict[str, Callable[[Any, Any], Any]] = {
    "sendall": lambda sock, data: sock.sendall(data),
    "sendmsg": lambda sock, data: sock.sendmsg([b"", data]),
}


@pytest.mark.parametrize("method", SENDS)
def test_what_is_sent_is_what_was_there_when_it_was_asked_for(method: str) -> None:
    if not hasattr(pysock.Socket, method):
        pytest.skip(f"no {method} here")
    buffer = bytearray(DATA * 1000)
    with pair() as (a, b):
        before = fill(a)
        a.settimeout(30)
        with waiting(lambda: SENDS[method](a, buffer)):
            resized(lambda: buffer.__delitem__(slice(None)))
            other = [bytearray(b"\xff") * 32000 for _ in range(100)]
            received = read(b, before + len(DATA) * 1000)[before:]
        assert received == DATA * 1000 and len(other) == 100


@pytest.mark.parametrize("kind", ["bytearray", "array", "slice", "BytesIO"])
def test_it_is_put_where_the_view_is(kind: str) -> None:
    """Whatever a view is of, a thread that is not alone receives into it."""
    buffer: Any = {"array": array("H", bytes(16)), "BytesIO": BytesIO(bytes(16))}.get(kind)
    buffer = bytearray(16) if buffer is None else buffer
    view = memoryview(buffer.getbuffer() if kind == "BytesIO" else buffer).cast("B")
    view = view[2:][1:] if kind == "slice" else view[3:]
    with pair() as (a, b), waiting(lambda: b.recv(1)):
        a.sendall(b"x")
        with pair() as (c, d):
            c.sendall(b"abc")
            assert d.recv_into(view) == 3
    assert bytes(view) == b"abc" + bytes(10)
    view.release()


def test_alone_a_thread_lends_the_memory_itself() -> None:
    with memoryview(bytearray(8)) as view:
        assert lends(view) is (EXPORTS_LOCK or not _thread._count())
        assert bytes_left(view) == 8


_LOCKED = "what is exported cannot be resized here"
FORMS: dict[str, Callable[[memoryview], memoryview]] = {
    "cast": lambda view: view.cast("B").cast("B", (125, 200, 2)),
    "slice": lambda view: view.cast("B")[100:40_000],
    "cast of a slice": lambda view: view.cast("B")[100:40_000].cast("B", (399, 100)),
}


@pytest.mark.parametrize("when", ["before", "by an __index__"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "owner",
    [
        pytest.param(bytearray, marks=pytest.mark.skipif(EXPORTS_LOCK, reason=_LOCKED)),
        pytest.param(partial(array, "B"), marks=pytest.mark.skipif(LENDS_ALL, reason=_LOCKED)),
    ],
)
def test_a_view_has_no_more_room_than_its_object(owner: Any, form: str, when: str) -> None:
    """Casts and slices keep their size if PyPy lets their object be made smaller."""

    class Smaller:
        def __index__(self) -> int:
            del data[3:]
            return 0

    for name in ("recv_into", "recvfrom_into", "recvmsg_into", "send", "sendall", "sendmsg"):
        data = owner(bytes(50_000))
        view = FORMS[form](memoryview(data))
        # Where there are other threads, what is sent is copied before the flags are asked.
        most = 3 if lends(view) or when == "before" else view.nbytes
        flags: Any = Smaller()
        if when == "before":
            flags = flags.__index__()
        with pair() as (here, there):
            here.setblocking(False)
            there.send(b"2" * 20_000)
            with contextlib.suppress(BufferError, BlockingIOError):
                if name == "sendmsg":
                    here.sendmsg([view], [], flags)
                elif name == "recvmsg_into":
                    here.recvmsg_into([view], 0, flags)
                else:
                    getattr(here, name)(view, *[0] * name.endswith("into"), flags)
            there.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                assert len(there.recv(100_000)) <= most
            with contextlib.suppress(BlockingIOError):
                assert name.startswith("send") or len(here.recv(100_000)) >= 20_000 - 3


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("owner", [bytearray, partial(array, "B")])
def test_what_a_call_has_used_can_be_resized_at_once(owner: Any, alone: bool) -> None:
    with contextlib.ExitStack() as stack:
        a, b = stack.enter_context(pair())
        if not alone:
            stack.enter_context(waiting(lambda: a.recv(1)))
            stack.callback(b.sendall, b"x")
        with pair() as (c, d):
            calls: list[Callable[[Any], Any]] = [c.send, c.sendall, d.recv_into, d.recvfrom_into]
            if hasattr(pysock.Socket, "sendmsg"):
                calls += [lambda data: c.sendmsg([data]), lambda data: d.recvmsg_into([data])]
            c.sendall(bytes(10_000))
            for call in calls:
                data = owner(bytes(100))
                call(data)
                data.append(1)
                with memoryview(data) as whole, whole[2:] as part, part[3:] as view:
                    call(view)
                data.append(2)


RESIZED_BY_A_HANDLER = """
import pysock, signal, sys
from array import array
name, owner, timeout = sys.argv[1], {"bytearray": bytearray}.get(sys.argv[2]), eval(sys.argv[3])
SIZE = 60_000 if name.startswith("recv") else 3_000_000

def take():
    while True:
        try:
            sent.append(there.recv(1 << 20))
        except BlockingIOError:
            break

def handler(number, frame):
    try:
        del data[10:]
    except BufferError:
        return
    finally:
        neighbours.extend(bytearray(b"?" * 60_000) for _ in range(20))
        there.setblocking(False)
        if name.startswith("recv"):
            there.send(b"!" * SIZE)
        else:
            signal.setitimer(signal.ITIMER_REAL, 0.01)  # it may have come before the call
            take()
    refused[:] = ["no"]

signal.signal(signal.SIGALRM, handler)
for _ in range(3):
    here, there = pysock.socketpair()
    neighbours, refused, sent = [], [], []
    data = owner(b"x" * SIZE) if owner else array("B", b"x" * SIZE)
    here.settimeout(timeout)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        got = getattr(here, name)([data] if name == "recvmsg_into" else data)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if name == "sendall":
            there.setblocking(False)
            take()
            got = sum(map(len, sent))
            assert got >= len(data), (got, len(data))
        n = got[0] if isinstance(got, tuple) else got
        if name in ("recv_into", "recvfrom_into", "sendall") and n <= len(data):
            refused.clear()  # it was resized before the call was made (again), with what it is now
    except BufferError:
        refused.append("so we are")
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert refused in ([], ["no", "so we are"]), refused
    assert not any(b"!" in each for each in neighbours)
    assert not b"".join(sent).strip(b"x")
    here.close(); there.close()
print("ok")
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer that sends signals")
@pytest.mark.parametrize("timeout", [None, 9])
@pytest.mark.parametrize("owner", ["bytearray", "array"])
@pytest.mark.parametrize("name", ["recv_into", "recvfrom_into", "recvmsg_into", "sendall"])
def test_a_handler_resizes_what_a_call_waits_with(name: str, owner: str, timeout: Any) -> None:
    """C wrote to memory that others had by then, and a rest that was gone counted as sent."""
    program = RESIZED_BY_A_HANDLER.replace("sys.argv", repr(["", name, owner, repr(timeout)]))
    done = run(program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok\n", "")


DISCARDING: dict[str, Any] = {
    "recv_into": lambda s, b: s.recv_into(b, 0, pysock.MSG_TRUNC),
    "recvfrom_into": lambda s, b: s.recvfrom_into(b, 0, pysock.MSG_TRUNC)[0],
    "recvmsg_into": lambda s, b: s.recvmsg_into([b], 0, pysock.MSG_TRUNC)[0],
}


@pytest.mark.skipif(not target.startswith("linux"), reason="elsewhere TCP discards nothing")
@pytest.mark.parametrize("name", DISCARDING)
@pytest.mark.parametrize("threads", [False, True])
def test_what_tcp_discards_changes_no_buffer(name: str, threads: bool) -> None:
    """As in C: where memory of pysock's stands for the caller's, too."""
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    if threads:
        other.start()
    buffer = bytearray(b"\xee" * 10)
    try:
        with pysock.create_server(("127.0.0.1", 0)) as server:
            with pysock.create_connection(server.getsockname()) as client:
                with server.accept()[0] as sock:
                    client.send(b"secret")
                    select.select([sock], [], [], LATE)
                    assert DISCARDING[name](sock, buffer) == 6
    finally:
        done.set()
    assert buffer == b"\xee" * 10


# Each call with memory of a file that was truncated: touched in Python, it kills the process.
TRUNCATED = """
import mmap, tempfile
module = __import__(NAME)
file = tempfile.TemporaryFile()
file.truncate(1 << 14)
gone = mmap.mmap(file.fileno(), 1 << 14)
file.truncate(0)
view = memoryview(gone)
here, there = module.socketpair()
there.send(b"0123456789")
here.settimeout(20)
for call in (
    lambda: here.send(gone),
    lambda: here.send(view[:100]),
    lambda: here.send(view.toreadonly()),
    lambda: here.sendall(view),
    lambda: here.sendmsg([gone]),
    lambda: here.sendmsg([b"12", view[:50]]),
    lambda: here.sendmsg([view], [(1, 1, b"")]),
    lambda: here.recv_into(view),
    lambda: here.recv_into(view, 10),
    lambda: here.recvfrom_into(gone),
    lambda: here.recvmsg_into([view]),
    lambda: here.recvmsg_into([view[:5], view[5:]]),
    lambda: here.recvmsg_into([gone], 100),
    lambda: here.setsockopt(module.SOL_SOCKET, module.SO_KEEPALIVE, view),
):
    try:
        print(call())
    except OSError as error:
        print(error.errno)
print(here.recv(100))
"""


@pytest.mark.skipif(not LENDS_ALL, reason="this interpreter lends no memory of a file to C")
@pytest.mark.skipif(not target.startswith("linux"), reason="other kernels answer otherwise")
def test_a_file_that_was_truncated_is_an_error() -> None:
    """C's module lets the kernel find out: EFAULT."""
    for name in "socket", "pysock":
        ran = run(TRUNCATED.replace("NAME", repr(name)))
        assert ran.stdout.split() == [str(EFAULT)] * 14 + ["b'0123456789'"], ran.stderr


# A frame whose memory is gone: the length is sent, and the error says so.
TRUNCATED_FRAME = """
import mmap, tempfile, pysock
from pysock import streams
file = tempfile.TemporaryFile()
file.truncate(1 << 14)
gone = mmap.mmap(file.fileno(), 1 << 14)
here, there = pysock.socketpair()
streams.send_frame(here, gone)
print(streams.recv_frame(there) == bytes(1 << 14))
file.truncate(0)
for data in gone, memoryview(gone)[9:], memoryview(gone).cast("i"):
    try:
        streams.send_frame(here, data)
    except streams.SendError as error:
        print(error.errno, error.sent, there.recv(100)[-2:].hex())
"""


@pytest.mark.skipif(not LENDS_ALL, reason="this interpreter lends no memory of a file to C")
@pytest.mark.skipif(not target.startswith("linux"), reason="other kernels answer otherwise")
def test_a_frame_of_a_file_that_was_truncated_is_an_error() -> None:
    ran = run(TRUNCATED_FRAME)
    seen = [str(EFAULT), "4"]
    assert ran.stdout.split() == ["True", *seen, "4000", *seen, "3ff7", *seen, "4000"], ran.stderr


@pytest.mark.skipif(LENDS_ALL, reason="this interpreter lends all memory to C")
@pytest.mark.skipif(not target.startswith("linux"), reason="other kernels answer otherwise")
def test_it_is_an_error_to_receive_into_it_where_no_other_thread_runs() -> None:
    """PyPy's own module does not touch it either, unless it sends."""
    program = re.sub(r"    lambda: here\.(send|setsock).*\n", "", TRUNCATED)
    for name in "socket", "pysock":
        ran = run(program.replace("NAME", repr(name)))
        assert ran.stdout.split() == [str(EFAULT)] * 6 + ["b'0123456789'"], ran.stderr


@pytest.mark.skipif(LENDS_ALL, reason="this interpreter lends all memory to C")
@needs_recvmsg
def test_memory_that_a_handler_has_unmapped_is_not_received_into() -> None:
    gone = mmap.mmap(-1, 100)
    with pair() as (a, b):
        b.settimeout(20)

        def unmap(*_: object) -> None:
            gone.close()
            a.send(b"x")

        before = signal.signal(signal.SIGALRM, unmap)
        signal.setitimer(signal.ITIMER_REAL, SOON)
        try:
            with pytest.raises(ValueError):
                b.recvmsg_into([memoryview(gone)])
        finally:
            signal.signal(signal.SIGALRM, before)
        assert b.recv(9) == b"x"
