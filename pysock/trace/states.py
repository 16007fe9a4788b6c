"""The states of TCP sockets, read by extra calls beside a program's own.

These are the only calls that an observer makes on a program's sockets, and only if they are wanted:
``getsockopt(2)`` of TCP_INFO after each call on a TCP socket; the addresses of both ends, once; and
on Linux NETLINK_SOCK_DIAG for both ends after ``shutdown``, ``close`` and the end of what the peer
sends, and in TIME_WAIT, which no descriptor tells.  They are made by untraced functions.  Their
answers are in the memory of a call's end:

    state.own    of the socket, or of the one that accept has made
    state.peer   of the other end, if it is a socket of this host
    state.time   when the answers had come, 8 bytes: other threads have not waited for that

A state is the name of RFC 9293, ``ESTABLISHED``.
"""

from __future__ import annotations

from ctypes import c_char, c_uint32
from time import perf_counter_ns

from .._calls.memory import Pool, with_pointer
from .._calls.transfer import sockaddr_from
from .._ffi.interpreter import bytes_of, pass_memory
from .._host import abi, constants
from .._tcp_diag import request_of, state_in
from .._tcp_fields import STATES
from .values import host_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Memory = dict[str, bytes]
    Copier = Callable[[tuple[Any, ...], Any, Memory], None]
    Ends = tuple[bytes, bytes]

VARIABLE = "PYSOCK_TRACE_STATES"  # "1" in the environment of a traced process
OWN, PEER, TIME = "state.own", "state.peer", "state.time"
ENDS = (("own", OWN), ("peer", PEER))
_ROOM = 512  # bytes: TCP_INFO's first one is the state; an answer of netlink has about 100

_SYSTEM = abi.name.partition("-")[0]
_NAMES = {number: state.value.encode() for number, state in STATES.get(_SYSTEM, {}).items()}
_OPTION = constants.get("TCP_CONNECTION_INFO" if _SYSTEM == "darwin" else "TCP_INFO")
CAN_BE_ASKED = _OPTION is not None
_LEVEL = constants["IPPROTO_TCP"]
_FAMILIES = (constants["AF_INET"], constants.get("AF_INET6"))
_HAS_DIAG = "SOCK_DIAG_BY_FAMILY" in constants
_CLOSED = b"CLOSED"
_CONNECTED = (b"ESTABLISHED", b"CLOSE_WAIT", b"FIN_WAIT_1", b"FIN_WAIT_2")
_pool = Pool(lambda: with_pointer(c_char * _ROOM) + with_pointer(c_uint32))

_MAKE = frozenset(("socket", "accept", "accept4"))
_ADDRESSES = ("getsockname", "getpeername")


def _now() -> bytes:
    return perf_counter_ns().to_bytes(8, "little")


def taken(memory: Memory) -> tuple[dict[str, str], int]:
    """Takes the states out of a memory: ``{"own": …, "peer": …}``, and their time."""
    told = {end: memory.pop(name).decode() for end, name in ENDS if name in memory}
    return told, int.from_bytes(memory.pop(TIME, b""), "little")


def put(memory: Memory, told: dict[str, str], time: int) -> None:
    """The opposite of ``taken``."""
    memory.update({name: told[end].encode() for end, name in ENDS if end in told})
    memory[TIME] = time.to_bytes(8, "little")


def _is_here(local: bytes, peer: bytes) -> bool:
    """Whether the other end is a socket of this host."""
    ours, theirs = host_of(local), host_of(peer)
    return ours == theirs or (len(ours) == 4 and ours[0] == theirs[0] == 127)


class States:
    """Asks by ``plain``: functions of C by their names, as they are while nobody watches."""

    def __init__(self, plain: Mapping[str, Callable[..., Any]]) -> None:
        self.plain = plain
        self.ends: dict[int, Ends] = {}  # of connected descriptors

    def copiers(self, prototype: Any) -> tuple[tuple[Copier, ...], tuple[Copier, ...]]:
        """What to do before a call of this function, and after it."""
        name = prototype.name
        if _OPTION is None:
            return (), ()
        if name in _MAKE:
            return (), (self._of_made,)
        if name in ("shutdown", "close"):
            later = self._after_close if name == "close" else self._after_shutdown
            return (self._before_end,), (later,)
        named = [parameter for _, parameter in prototype.parameters[:1]]
        return (), (self._of_first,) if named == ["sockfd"] else ()

    def _of_made(self, arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        if type(result) is int and result >= 0:
            self.ends.pop(result, None)
            self._own(result, memory)

    def _of_first(self, arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        self._own(arguments[0], memory)
        if result == 0 and memory.get(OWN) == b"CLOSE_WAIT":  # the end of what the peer sends
            self._of_both(self.ends.get(arguments[0]), result, memory)

    def _own(self, fd: int, memory: Memory) -> None:
        state = self.of(fd)
        if not state:
            return
        if state in _CONNECTED:
            self._ends_of(fd)
        elif state == _CLOSED and fd in self.ends:
            # The connection may be in TIME_WAIT, which a descriptor does not tell.
            state = (self.by_diag(self.ends[fd]) or [state])[0]
        memory[OWN] = state
        memory[TIME] = _now()

    def _ends_of(self, fd: int) -> Ends | None:
        """The addresses of both ends: asked for once, since later nobody tells them."""
        if fd not in self.ends:
            try:
                local, peer = [sockaddr_from(self.plain[name], fd) for name in _ADDRESSES]
            except OSError:  # it is not connected
                return None
            if _HAS_DIAG and all(abi.family_of(each) in _FAMILIES for each in (local, peer)):
                self.ends[fd] = local, peer
        return self.ends.get(fd)

    def of(self, fd: int) -> bytes:
        """The state of a descriptor's socket; b"" if that is no TCP socket."""
        entry = _pool.take()
        array, pointer, length, length_pointer = entry
        length.value = _ROOM
        told = self.plain["getsockopt"](fd, _LEVEL, _OPTION, pointer, length_pointer)
        state = bytes_of(array, pointer, 1) if told == 0 and length.value else b""
        _pool.put(entry)
        return _NAMES.get(state[0], b"") if state else b""

    # --- both ends, around what ends a connection ----------------------------------------

    def _before_end(self, arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        if self.of(arguments[0]):
            self._ends_of(arguments[0])
        else:
            self.ends.pop(arguments[0], None)

    def _after_shutdown(self, arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        self._of_both(self.ends.get(arguments[0]), result, memory)

    def _after_close(self, arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        self._of_both(self.ends.pop(arguments[0], None), result, memory)

    def _of_both(self, ends: Ends | None, result: Any, memory: Memory) -> None:
        if ends is not None and result == 0:
            local, peer = ends
            both = [(local, peer), (peer, local)] if _is_here(local, peer) else [(local, peer)]
            memory.update(zip((OWN, PEER), self.by_diag(*both)))
            memory[TIME] = _now()

    def by_diag(self, *ends: Ends) -> list[bytes]:
        """The states of connections, by their addresses; [] if there is no netlink."""
        plain = self.plain
        kind = constants["SOCK_RAW"] | constants["SOCK_CLOEXEC"]
        sock = plain["socket"](constants["AF_NETLINK"], kind, constants["NETLINK_SOCK_DIAG"])
        if sock < 0:
            return []
        entry = _pool.take()
        array, pointer, _, _ = entry
        states = []
        for each in ends:
            size = -1
            if pass_memory(request_of(*each), lambda at, n: plain["send"](sock, at, n, 0)) > 0:
                size = plain["recv"](sock, pointer, _ROOM, constants["MSG_DONTWAIT"])
            if size > 0:
                states.append(state_in(bytes_of(array, pointer, size)).value.encode())
        _pool.put(entry)
        plain["close"](sock)
        return states
