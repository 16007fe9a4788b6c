"""What the rows of macOS and the BSDs say of functions and kernels, wherever the tests run."""

from __future__ import annotations

import itertools
import os
import socket as known
from array import array
from ctypes import c_int, c_void_p, cast
from typing import Any

import pytest

import pysock
from pysock import _libc
from pysock._calls.transfer import sockaddr_from
from pysock._ffi.interpreter import CPYTHON, FREE_THREADED, open_library
from pysock._ffi.prototype import Library, bind
from pysock._host import abi, constants, lib, structs

from .harness import descriptors, fill, later, outcome, pair, read, replace, run

pytestmark = pytest.mark.skipif(
    not hasattr(lib, "socketpair"), reason="the rows are those of POSIX systems"
)

DONTWAIT = constants.get("MSG_DONTWAIT", 0)


# --- the GIL ---------------------------------------------------------------------------


def test_a_row_says_which_calls_msg_dontwait_keeps_from_waiting() -> None:
    rows = {name: _libc.abi_of(name) for name in ("linux-gnu-x86_64", "freebsd-x86_64")}
    rows |= {name: _libc.abi_of(f"{name}-x86_64") for name in ("darwin", "netbsd", "openbsd")}
    assert [name for name, row in rows.items() if not row.dontwait_sends] == ["darwin", "netbsd"]
    sends = {row.name for row in _libc.PROTOTYPES if row.sends}
    assert sends == {"send", "sendto", "sendmsg"}
    assert sends < {row.name for row in _libc.PROTOTYPES if row.dontwait}


# Without MSG_DONTWAIT a send waits on any system, as on those where the flag means nothing.
WAITING_SEND = """
import copy, os, threading, time
import pysock
from pysock import _libc
from pysock._host import abi

row = copy.copy(abi)
row.dontwait_sends = SAID
_, calls = _libc.load(row)
here, there = pysock.socketpair()
here.setblocking(False)
try:
    while True:
        here.send(bytes(4096))
except BlockingIOError:
    os.set_blocking(here.fileno(), True)
threading.Timer(0.1, lambda: there.recv(1 << 20)).start()
calls.send(here.fileno(), b"x" * 4096, 4096, 0)
"""


@pytest.mark.skipif(not CPYTHON, reason="calls give up the GIL, if there is one, in another way")
def test_a_send_that_may_wait_lets_other_threads_run() -> None:
    done = run(WAITING_SEND.replace("SAID", "False"))
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not CPYTHON, reason="calls give up the GIL, if there is one, in another way")
@pytest.mark.skipif(FREE_THREADED, reason="here is no GIL to keep")
def test_with_the_gil_it_would_hang_the_process() -> None:
    program = "import faulthandler\nfaulthandler.dump_traceback_later(2, exit=True)\n"
    done = run(program + WAITING_SEND.replace("SAID", "True"))
    assert done.returncode and "Timeout" in done.stderr


@pytest.mark.parametrize("method", ["send", "sendall", "sendmsg", "sendmsg, control"])
@pytest.mark.parametrize("seconds", [0.0, 30.0])
def test_a_duplicate_that_blocks_stops_no_other_thread(method: str, seconds: float) -> None:
    """In timeout or non-blocking mode, on a descriptor that a duplicate has made blocking."""
    with pair() as (here, there), open(os.devnull, "rb") as file:
        rights = [(pysock.SOL_SOCKET, pysock.SCM_RIGHTS, array("i", [file.fileno()]))]
        calls: dict[str, Any] = {
            "send": lambda: here.send(b"abc"),
            "sendall": lambda: here.sendall(b"abc"),
            "sendmsg": lambda: here.sendmsg([b"abc"]),
            "sendmsg, control": lambda: here.sendmsg([b"abc"], rights),
        }
        filled = fill(here)
        here.settimeout(seconds)
        os.set_blocking(here.fileno(), True)  # a property of all its duplicates
        with later(lambda: read(there, filled)):
            answer = outcome(calls[method])
    waits = seconds or not abi.dontwait_sends
    assert answer in (3, None) if waits else answer == "EAGAIN"


# --- flags -----------------------------------------------------------------------------

RECEIVE: dict[str, Any] = {
    "recvmsg": lambda sock, flags: sock.recvmsg(10, 0, flags),
    "recvmsg, control": lambda sock, flags: sock.recvmsg(10, 64, flags),
    "recvmsg, much": lambda sock, flags: sock.recvmsg(100_000, 64, flags),
    "recvmsg_into": lambda sock, flags: sock.recvmsg_into([bytearray(10)], 64, flags),
    "recv_fds": lambda sock, flags: pysock.recv_fds(sock, 10, 1, flags),
}


@pytest.mark.parametrize("seconds", [None, 0.0, 30.0])
@pytest.mark.parametrize("name", RECEIVE)
def test_a_flag_that_the_caller_did_not_give_is_not_told(
    name: str, seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here each kernel gives back what it was asked with, as those of the BSDs do."""
    flags_at = structs["msghdr"].msg_flags.offset

    def recvmsg(real: Any, fd: int, message: Any, flags: int) -> Any:
        n = real(fd, message, flags)
        if n >= 0:
            where = message if type(message) is int else cast(message, c_void_p).value
            c_int.from_address(where + flags_at).value |= flags
        return n

    replace(monkeypatch, "recvmsg", recvmsg)
    with pair(pysock.SOCK_DGRAM) as (here, there):
        here.settimeout(seconds)
        for asked in (0, DONTWAIT, pysock.MSG_PEEK, DONTWAIT | pysock.MSG_PEEK):
            there.send(b"abc")
            assert RECEIVE[name](here, asked)[2] & (DONTWAIT | pysock.MSG_PEEK) == asked


# --- descriptors -----------------------------------------------------------------------

COUNTS = list(itertools.product((0, 1, 2, 3, 4, 7), (0, 1, 2, 3, 4, 5, 8)))


# A BSD that cuts a control message leaves its length as it was: to CPython, that is malformed.
@pytest.mark.filterwarnings("ignore:received malformed:RuntimeWarning")
@pytest.mark.parametrize(("sent", "most"), COUNTS)
def test_descriptors_in_odd_and_even_numbers(sent: int, most: int) -> None:
    with pair() as (here, there), open(os.devnull, "rb") as file:
        before = descriptors()
        pysock.send_fds(here, [b"abc"], [file.fileno()] * sent)
        data, fds, msg_flags, _ = pysock.recv_fds(there, 10, most)
        assert len(descriptors() - before) == len(fds)
        # NetBSD gives all of them, if there is room, or none.
        assert len(fds) == min(sent, most) or (not fds and sent > most and _all_or_none())
        for fd in fds:
            assert os.path.sameopenfile(fd, file.fileno())
            os.close(fd)
    assert data == b"abc"
    assert bool(msg_flags & pysock.MSG_CTRUNC) == (sent > most)


def _all_or_none() -> bool:
    return abi.name.startswith("netbsd")


@pytest.mark.skipif(
    not (abi.name.startswith("linux") and hasattr(known, "recv_fds")),
    reason="this is about what CPython does with Linux' rules",
)
@pytest.mark.parametrize(("sent", "most"), COUNTS)
def test_it_is_what_the_c_module_answers(sent: int, most: int) -> None:
    here, there = known.socketpair()
    with here, there, open(os.devnull, "rb") as file:
        given = [file.fileno()] * sent
        answers = []
        for module in (known, pysock):
            known.send_fds(here, [b"abc"], given)
            sock = there if module is known else pysock.socket(fileno=os.dup(there.fileno()))
            data, fds, msg_flags, address = module.recv_fds(sock, 10, most)
            answers.append((data, len(fds), msg_flags, address))
            any(map(os.close, fds))
            if sock is not there:
                sock.close()
    assert answers[0] == answers[1]


def test_what_closes_too_many_descriptors_closes_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception between the two closings leaves nothing open, and closes nothing else."""

    def close(real: Any, fd: int) -> Any:
        real(fd)
        if not closed:
            closed.append(fd)
            raise KeyboardInterrupt
        return 0

    closed: list[int] = []
    with pair() as (here, there), open(os.devnull, "rb") as file:
        before = descriptors()
        pysock.send_fds(here, [b"abc"], [file.fileno()] * 4)
        room = pysock.CMSG_SPACE(16)
        answer = there.recvmsg(10, room)
        monkeypatch.setattr(there.__class__, "recvmsg", lambda *_: answer)
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            replace(patched, "close", close)
            pysock.recv_fds(there, 10, 2)
        assert len(closed) == 1
        assert descriptors() == before


# --- symbols ---------------------------------------------------------------------------


def test_a_function_is_bound_to_the_symbol_that_programs_are_linked_to() -> None:
    assert _libc.abi_of("netbsd-x86_64").symbols["socket"] == "__socket30"
    for processor in ("i386", "armhf"):
        symbols = _libc.abi_of(f"linux-gnu-{processor}-time64").symbols
        assert symbols["recvmsg"] == "__recvmsg64"
        assert not _libc.abi_of(f"linux-gnu-{processor}").symbols


def test_a_library_without_the_symbol_has_the_plain_one() -> None:
    rows = [row for row in _libc.PROTOTYPES if row.name in ("getsockname", "getpeername", "listen")]
    symbols = {"getsockname": "getpeername", "getpeername": "no_such_symbol", "listen": "no_such"}
    bound, loaded = Library(constants), open_library(None)
    bind(bound, rows, loaded, abi.types, symbols=symbols)
    assert sorted(bound.prototypes) == ["getpeername", "getsockname", "listen"]
    with pysock.create_server(("127.0.0.1", 0)) as listener:
        for peer in bound.getsockname, bound.getpeername:  # both are getpeername
            with pytest.raises(OSError, match="not connected"):
                sockaddr_from(peer, listener)
        assert sockaddr_from(lib.getsockname, listener)
