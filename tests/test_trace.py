"""``pysock.trace`` as an API: what a recording has, decoded; what watching costs and leaves."""

from __future__ import annotations

import ctypes
import gc
import linecache
import os
import select
import signal
import struct
import sys
import threading
import timeit
from functools import partial
from time import perf_counter, process_time

import pytest

import pysock
from pysock._ffi.prototype import Prototype
from pysock._host import constants, lib, lib_keeping_gil, system
from pysock._platform import target
from pysock.trace import Call, jsonl, memory, recording, show, watch
from pysock.trace.decode import decoded
from pysock.trace.prototypes import PROTOTYPES

from .harness import on_pypy
from .hostile.storm import Signals, Stop

LINUX = target.startswith("linux")
if target.startswith("windows"):
    pytest.skip("the tests expect the calls of POSIX", allow_module_level=True)


def one(calls: list[Call], function: str) -> Call:
    (found,) = [call for call in calls if call.function == function]
    return found


def test_a_test_can_say_which_calls_it_expects() -> None:
    with recording() as made:
        a, b = pysock.socketpair()
        a.send(b"abc")
        b.recv(10)
        a.close()
        b.close()
    assert made.functions[-4:] == ["send", "recv", "close", "close"]
    sent, received = one(made.calls, "send"), one(made.calls, "recv")
    assert (sent.argument("buf"), sent.result, sent.errno) == (b"abc", 3, 0)
    assert (received.argument("buf"), received.argument("len")) == (b"abc", 10)
    assert (sent.method, sent.file) == ("socket.send", __file__)
    assert "a.send" in linecache.getline(__file__, sent.line)
    assert sent.end is not None and received.begin >= sent.begin > 0


def test_a_partial_is_called_where_its_program_calls_it() -> None:
    """On PyPy it is code of Python's."""
    a, b = pysock.socketpair()
    with a, b, recording() as made:
        send = partial(a.send, b"abc")
        send()
        pysock.fromfd(a.fileno(), a.family, a.type).close()
    places = {(each.method, each.file) for each in made.calls}
    assert {file for _, file in places} == {__file__}
    assert ("socket.send", __file__) in places and ("socket.fromfd", __file__) in places


def test_a_failure_has_its_errno_and_is_raised_as_always() -> None:
    with pysock.socket() as s, recording() as made:
        try:
            s.getpeername()
        except OSError as error:
            number = error.errno
    call = one(made.calls, "getpeername")
    assert (call.result, call.errno, call.failed) == (-1, number, True)
    assert show.meaning(call) == "it is not connected"


def test_a_message_is_decoded() -> None:
    a, b = pysock.socketpair()
    fd = a.fileno()
    with a, b, recording() as made:
        a.sendmsg([b"x" * 40000, b"y"], [(constants["SOL_SOCKET"], constants["SCM_RIGHTS"],
                  struct.pack("i", fd))])  # fmt: skip
        data, ancillary, _, _ = b.recvmsg(50000, pysock.CMSG_SPACE(4))
    pysock.close(struct.unpack("i", ancillary[0][2])[0])
    sent = one(made.calls, "sendmsg").argument("msg")
    assert [(len(piece["iov_base"]), piece["iov_len"]) for piece in sent["msg_iov"]] == [
        (40000, 40000), (1, 1)]  # fmt: skip
    (control,) = sent["msg_control"]
    assert repr(control["cmsg_type"]) == "SCM_RIGHTS"
    assert control["cmsg_data"] == [fd]
    received = one(made.calls, "recvmsg").argument("msg")
    assert received["msg_iov"][0]["iov_base"] == data
    assert repr(received["msg_control"][0]["cmsg_level"]) == "SOL_SOCKET"


def test_a_watched_sendmsg_passes_the_buffers_of_its_caller() -> None:
    """Unwatched, small ones are joined: the very call that shows what an iovec is for."""
    a, b = pysock.socketpair()
    with a, b, recording() as made:
        assert a.sendmsg([b"one", bytearray(b"two"), b"", b"three"]) == 11
        assert a.sendmsg([b"x", b"y"]) == 2
        assert b.recv(100) == b"onetwothreexy"
    sent = [call.argument("msg") for call in made.calls if call.function == "sendmsg"]
    assert [[piece["iov_base"] for piece in message["msg_iov"]] for message in sent] == [
        [b"one", b"two", b"", b"three"], [b"x", b"y"]]  # fmt: skip


def test_options_are_decoded() -> None:
    with pysock.socket() as s, recording() as made:
        s.setsockopt(pysock.SOL_SOCKET, pysock.SO_LINGER, struct.pack("ii", 1, 2))
        s.getsockopt(pysock.SOL_SOCKET, pysock.SO_TYPE)
    assert repr(one(made.calls, "setsockopt").argument("optval")) == "{l_onoff 1, l_linger 2}"
    assert repr(one(made.calls, "getsockopt").argument("optval")) == "SOCK_STREAM"


def test_what_is_no_system_call_says_so() -> None:
    with recording() as made:
        pysock.inet_aton("127.0.0.1")
        pysock.getaddrinfo("127.0.0.1", 80, type=pysock.SOCK_STREAM)
        pysock.socket().close()
    resolved = one(made.calls, "getaddrinfo")
    assert not resolved.is_system_call
    assert next(show.lines(resolved)).endswith("(no system call)")
    (entry,) = resolved.argument("res")
    assert (repr(entry["ai_family"]), repr(entry["ai_socktype"])) == ("AF_INET", "SOCK_STREAM")
    assert bytes(entry["ai_addr"])[2:8] == b"\0\x50\x7f\0\0\1"
    # Where socket(2) has no SOCK_CLOEXEC, a call of its own asks for that.
    assert [name for name in made.functions if name != "ioctl"] == ["socket", "close"]
    assert "no system call" not in next(show.lines(one(made.calls, "socket")))


@pytest.mark.parametrize(
    ("function", "shown"),
    [("getsockname", "(an exception)"), ("gethostname", "(an exception)"),
     ("if_nametoindex", "(an exception)"), ("freeaddrinfo", "None"), ("getservbyname", "None")],
)  # fmt: skip
def test_no_result_is_an_exception_unless_it_is_null_or_nothing(
    function: str, shown: str
) -> None:
    """What a signal handler raises keeps the result of a call from being seen."""
    given = tuple(["*"] * len(PROTOTYPES[function].parameters))
    began: watch.Event = ("begin", 1, 1, 1, "libc", function, given, {}, (None, "", "x.py", 1))
    (call,) = decoded([(1, began), (1, ("end", 1, 2, 1, None, 0, {}))])
    assert next(show.lines(call)).partition(" → ")[2].startswith(shown)


def test_what_os_and_select_do_to_sockets_is_seen() -> None:
    a, b = pysock.socketpair()
    first, second = a.fileno(), b.fileno()
    with a, b, recording() as made:
        a.setblocking(False)
        select.select([a], [b], [], 0)
        a.dup().close()
    # (On PyPy os.set_blocking is two calls, so it is not used there.)
    mode = "fcntl.ioctl" if hasattr(system, "ioctl") else "os.set_blocking"
    vias = list(dict.fromkeys([call.via for call in made.calls if call.via]))
    assert vias[:2] == [mode, "select.select"]
    waited = one(made.calls, "select")
    assert (waited.argument("readfds"), waited.argument("writefds")) == ([first], [second])
    assert waited.result == 1 and waited.method == ""
    assert "os.dup" in [call.via for call in made.calls]


def test_what_os_reads_and_writes_is_seen_if_it_is_a_socket_s() -> None:
    reading, writing = os.pipe()
    with recording() as made:
        a, b = pysock.socketpair()
        kept = os.write
        os.write(a.fileno(), b"by write")
        assert os.read(b.fileno(), 100) == b"by write"
        os.write(writing, b"no socket")
        os.close(reading)
        fd = a.detach()
        os.close(fd)
    c, d = pysock.socketpair()
    with b, c, d:
        assert kept(c.fileno(), b"x") == 1  # what somebody has kept tells of nothing any more
    calls = [(call.via, dict(call.arguments).get("buf"), call.result) for call in made.calls
             if call.via in ("os.read", "os.write", "os.close")]  # fmt: skip
    assert calls == [("os.write", b"by write", 8), ("os.read", b"by write", 8),
                     ("os.close", None, 0)]  # fmt: skip
    os.close(writing)


def test_a_number_is_a_socket_s_as_long_as_it_is() -> None:
    """Whoever has made it, and whoever has closed it: neither need be pysock."""
    a, b = pysock.socketpair()
    c, d = pysock.socketpair()
    reading, writing = os.pipe()
    with b, c, d, recording() as made:
        fd = a.detach()
        os.write(fd, b"told")
        os.dup2(writing, fd)  # which closes the socket
        os.write(fd, b"not told")
        os.dup2(c.fileno(), fd)
        with os.fdopen(fd, "wb", buffering=0) as file:
            assert file.write(b"by C") == 4
        os.write(writing, b"not told")
    calls = [(call.via, dict(call.arguments).get("buf")) for call in made.calls
             if call.on_socket and call.via in ("os.write", "os.dup2")]  # fmt: skip
    assert calls == [("os.write", b"told"), ("os.dup2", None)]
    for each in (reading, writing):
        os.close(each)


def test_descriptors_that_are_no_sockets_are_told_of_as_such() -> None:
    reading, writing = os.pipe()
    a, b = pysock.socketpair()
    with a, b, recording() as made:
        os.set_blocking(reading, False)
        select.select([reading], [a], [], 0)
        select.select([reading], [], [], 0)
        os.get_inheritable(writing)
    told = [(call.via, call.on_socket) for call in made.calls if call.via]
    assert list(dict.fromkeys(told)) == [
        ("os.set_blocking", False), ("select.select", True), ("select.select", False),
        ("os.get_inheritable", False),
    ]  # fmt: skip
    for each in (reading, writing):
        os.close(each)


@pytest.mark.skipif(not LINUX, reason="epoll is Linux'")
def test_failures_of_os_and_select_are_shown_with_their_errno() -> None:
    """Also of those whose result is a list, which a call that failed does not have."""
    fcntl = pytest.importorskip("fcntl")
    a, b = pysock.socketpair()
    epoll = select.epoll()
    closed = os.dup(a.fileno())
    os.close(closed)
    with a, b, epoll, recording() as made:
        watched = select.epoll.fromfd(epoll.fileno())
        fd = a.fileno()
        a.setblocking(False)
        for call in (
            lambda: watched.register(closed, 1),
            lambda: select.select([fd], [closed], [], 0),
            lambda: os.sendfile(fd, closed, 0, 1),
            lambda: os.read(fd, 1),
            lambda: fcntl.fcntl(fd, fcntl.F_DUPFD, -1),
            lambda: fcntl.ioctl(fd, 0x8913, bytes(40)),
        ):
            with pytest.raises(OSError):
                call()
        epoll.close()
        with pytest.raises(OSError):
            watched.poll(0)
    failed = [call for call in made.calls if call.failed]
    assert [call.function for call in failed] == [
        *("epoll_ctl", "select", "sendfile", "read", "fcntl", "ioctl", "epoll_wait")
    ]
    assert all("→ -1 E" in next(show.lines(call)) for call in failed)


def test_lengths_of_winsock_are_ints() -> None:
    """What its pointers point at is copied as elsewhere; a pair of descriptors is no length."""
    room = ctypes.create_string_buffer(b"abcdef", 16)
    size = ctypes.c_int(4)
    given = {
        "int recv(int s, void *buf, int len, int flags)": ((5, room, 16, 0), 3, b"abc"),
        "int send(int s, const void *buf, int len, int flags)": ((5, room, 5, 0), 5, b"abcde"),
        "int accept(int s, struct sockaddr *addr, int *addrlen)":
            ((5, room, ctypes.byref(size)), 7, b"abcd"),
        "int getsockopt(int s, int level, int optname, void *optval, int *optlen)":
            ((5, 1, 2, room, ctypes.byref(size)), 0, b"abcd"),
        "int pair(int sv[2])": ((room,), 0, b"abcdef\0\0"),
    }  # fmt: skip
    for line, (arguments, result, expected) in given.items():
        before, after = memory.copiers(Prototype(line))
        found: dict[str, bytes] = {}
        for copy in before:
            copy(arguments, 0, found)
        for copy in after:
            copy(arguments, result, found)
        assert expected in found.values(), line


def test_threads_are_told_apart_by_name() -> None:
    def work() -> None:
        pysock.socket().close()

    with recording() as made:
        thread = threading.Thread(target=work, name="a worker")
        thread.start()
        thread.join()
        work()
    names = [call.thread_name for call in made.calls if call.function == "socket"]
    assert names == ["a worker", threading.current_thread().name]
    assert len({call.thread for call in made.calls}) == 2


def test_events_survive_as_json() -> None:
    a, b = pysock.socketpair()
    with a, b, recording() as made:
        a.send(bytes(range(256)))
        select.select([b], [], [], 0)
        b.recvmsg(300, 100)
        pysock.gethostname()
    again = [jsonl.parse(jsonl.line(7, event)) for event in made.events]
    assert {pid for pid, _ in again} == {7}
    for event, (_, copy) in zip(made.events, again):
        assert _listed(copy) == _listed(event)


def _listed(value: object) -> object:
    return [_listed(each) for each in value] if isinstance(value, (list, tuple)) else value


def test_a_watcher_that_looks_at_a_socket_is_not_told_of_itself() -> None:
    told = []
    with pysock.socket() as s:

        def look(event: tuple[object, ...]) -> None:
            told.append(event[0])
            repr(s)
            s.getsockname()

        with watch.watching(watch.guarded(look)):
            s.getsockopt(pysock.SOL_SOCKET, pysock.SO_TYPE)
    assert told.count("begin") == 1


# --- what it costs -------------------------------------------------------------------


def everything() -> dict[tuple[int, str], object]:
    """Each function that a watcher could have replaced."""
    owners = [lib, lib_keeping_gil, select, system, os]
    return {
        (id(owner), name): value
        for owner in owners
        for name, value in list(vars(owner).items())
        if callable(value)
    }


def test_nothing_is_left_of_a_watcher() -> None:
    before = everything()
    with recording():
        during = everything()
    assert {key for key in before if before[key] is not during[key]}
    assert nothing_is_left(before)


def nothing_is_left(before: dict[tuple[int, str], object]) -> bool:
    after = everything()
    return all(after[key] is before[key] for key in before) and after.keys() == before.keys()


def test_nothing_is_left_of_watchers_that_end_in_another_order() -> None:
    """Two tasks or generators may watch; the one that goes on hears all."""
    before = everything()
    alone: list[str] = []
    told: list[str] = []
    end = watch.watch(lambda event: alone.append(str(event[0])))
    pysock.socket().close()
    end()
    end_one = watch.watch(lambda event: None)
    end_other = watch.watch(lambda event: told.append(str(event[0])))
    end_one()
    pysock.socket().close()
    end_other()
    assert told == alone != []
    assert nothing_is_left(before)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # in a finaliser
def test_nothing_is_left_of_a_watcher_that_a_signal_handler_interrupts() -> None:
    before = everything()
    with recording():
        pass
    begin = perf_counter()
    with recording():
        pass
    takes = perf_counter() - begin
    storm = Signals()
    storm.longest = 1.1 * takes  # so that it comes at each of its steps
    raised = left = 0
    times = 40 if on_pypy else 200
    try:
        for _ in range(times):
            try:
                storm.attempt(recorded_once)
            except Stop:
                raised += 1
            for _ in range(2 * on_pypy):
                gc.collect()  # closes a generator that was left at its yield
            left += not nothing_is_left(before)
            for each in [*watch._watchers]:
                each.end()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    # Python 3.9 and PyPy hear signals between any two steps, so also before the one that ends it.
    assert raised > times / 2 and left <= (4 if on_pypy or sys.version_info < (3, 10) else 0)


def recorded_once() -> None:
    with recording():
        pass


def test_a_watched_call_takes_at_most_twenty_times_as_long() -> None:
    """In time of the processor, which others on it do not change so much."""
    a, b = pysock.socketpair()

    def exchange() -> None:
        a.send(b"x")
        b.recv(10)

    def best() -> float:
        return min(timeit.repeat(exchange, timer=process_time, number=300, repeat=15))

    with a, b:
        best()  # PyPy compiles
        plain = best()
        with watch.watching(lambda event: None):
            best()
            watched = best()
    # PyPy has to make frames, which it has compiled away, to say who has called.
    most = 20 if sys.implementation.name == "cpython" else 50
    assert watched <= most * plain, watched / plain
