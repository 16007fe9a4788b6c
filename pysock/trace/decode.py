"""Events become calls: which C function, with which arguments by their names, and what came of it.

A ``Decoder`` takes the events of a trace in the order of their times.  It knows each process's
sockets, since what a number means can depend on the family of the socket (``names``).  A call has
the arguments of the C function's prototype; where ``os`` or ``select`` has made the call, those of
the system call that CPython makes there on Linux.
"""

from __future__ import annotations

import struct
from functools import cache

from .._platform import target as host
from .behind import behind, makes_a_copy, pollfd, waited_for
from .files import MARK
from .memory import is_length
from .names import error_name
from .prototypes import LIBRARY_CALLS, PROTOTYPES
from .states import taken
from .values import Address, Constant, Length, Struct, Text, Values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from .watch import Event

    Named = list[tuple[str, Any]]
    Kind = tuple[int, int, int]  # family, type, protocol


@cache
def _values_of(target: str) -> Values:
    return Values(target)


class DamagedTrace(ValueError):
    """What is no event, or cannot be decoded."""


# What damaged values lead to.
UNDECODABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error)


class Call:
    """A foreign call, decoded.

    ``function``   the C function
    ``arguments``  ``(name, value)`` of each; ``values`` says what values are
    ``begun``      the arguments as they were when it began
    ``result``     what it returned; None while it waits, or if an exception hid it
    ``errno``      the number, if the call failed
    ``begin``, ``end``  in nanoseconds; ``end`` is None while it waits
    ``pid``, ``thread``, ``thread_name``
    ``python``     the interpreter of the process, as "cpython 3.11.7"
    ``via``        "os.set_blocking" or the like, if a function of Python's has made it; or ""
    ``method``     what the program called, as ``socket.recv``; or "" if that is ``via`` itself
    ``file``, ``line``  from where
    ``states``     of TCP: {"own": "ESTABLISHED", "peer": …}, if asked for, which was at ``asked``
    ``injected``   the fault that was put into it (``inject``), or ""
    ``is_system_call``, ``on_socket``
    """

    __slots__ = (
        "arguments", "asked", "begin", "begun", "end", "errno", "file", "function", "injected",
        "line", "method", "number", "on_socket", "pid", "python", "result", "states", "thread",
        "thread_name", "values", "via",
    )  # fmt: skip

    function: str
    arguments: Named
    begun: Named
    result: Any

    def __init__(
        self, pid: int, event: Event, thread_name: str, values: Values, python: str
    ) -> None:
        _, self.number, self.begin, self.thread, _, _, _, _, where = event
        self.pid, self.thread_name, self.values, self.python = pid, thread_name, values, python
        self.end: int | None = None
        self.result, self.errno, self.via, self.on_socket = None, 0, "", True
        self.injected = ""
        self.states: dict[str, str] = {}
        self.asked = 0
        module, name, self.file, self.line = where
        self.method = _method(module, name)

    @property
    def is_system_call(self) -> bool:
        return self.function not in LIBRARY_CALLS

    @property
    def failed(self) -> bool:
        return self.errno != 0

    def argument(self, name: str) -> Any:
        """The argument of this name; KeyError if the function has no such parameter."""
        return dict(self.arguments)[name]

    def __repr__(self) -> str:
        shown = ", ".join([repr(value) for _, value in self.arguments])
        reason = f" {error_name(self.errno)}" if self.errno else ""
        return f"<{self.function}({shown}) = {self.result}{reason}>"


def _method(module: str | None, name: str) -> str:
    if not module or module == "trace/elsewhere.py" or name.startswith("<"):
        return ""
    if name == "__init__":
        return "socket.socket"
    return f"socket.{name if name[:2] == '__' else name.lstrip('_')}"


class Decoder:
    """Events in, calls out: each call twice, when it begins and when it has ended."""

    def __init__(self) -> None:
        self.values: dict[int, Values] = {}  # by process
        self.pythons: dict[int, str] = {}
        self.sockets: dict[int, dict[int, Kind]] = {}
        self.threads: dict[tuple[int, int], str] = {}
        self.open: dict[tuple[int, int], tuple[Call, Event]] = {}

    def feed(self, pid: int, event: Event) -> Call | None:
        """The call that this event begins or ends; None if it is of another kind.

        DamagedTrace if it cannot be decoded: its memory is not what its function has.
        """
        try:
            return self._feed(pid, event)
        except UNDECODABLE as error:
            raise DamagedTrace(f"{type(error).__name__}: {error}") from error

    def _feed(self, pid: int, event: Event) -> Call | None:
        kind = event[0]
        if kind == "process":
            self.values[pid], self.pythons[pid] = _values_of(event[5]), event[4]
            self.sockets[pid] = dict(self.sockets.get(event[3], {}))
            self.threads.pop((pid, pid), None)
        elif kind == "thread":
            self.threads[pid, event[2]] = event[3]
        elif kind == "begin":
            name = self.threads.get((pid, event[3]), "")
            values = self.values.get(pid) or _values_of(host)
            call = Call(pid, event, name, values, self.pythons.get(pid, ""))
            self._fill(call, event, None)
            call.begun = call.arguments
            self.open[pid, call.number] = call, event
            return call
        elif kind == "end" and (pid, event[1]) in self.open:
            call, began = self.open.pop((pid, event[1]))
            call.end, call.result, call.errno = event[2], event[4], event[5]
            call.injected = event[6].get("injected", b"").decode("utf-8", "replace")
            call.states, call.asked = taken(dict(event[6]))
            self._fill(call, began, event)
            self._remember(call)
            return call
        return None

    def kind_of(self, pid: int, fd: Any) -> Kind:
        return self.sockets.get(pid, {}).get(fd, (0, 0, 0)) if isinstance(fd, int) else (0, 0, 0)

    def _fill(self, call: Call, began: Event, ended: Event | None) -> None:
        kind, name, arguments, before = began[4:8]
        after = ended[6] if ended else {}
        if kind == "libc":
            call.function = name
            call.arguments = list(self._named(call, name, arguments, before, after))
        else:
            call.via = f"{kind}.{name.partition(' ')[0]}"
            behind(call, name, arguments, {**before, **after})
            call.on_socket = self._is_on_socket(call, before)

    def _is_on_socket(self, call: Call, before: dict[str, bytes]) -> bool:
        """Whether a call of ``os`` or ``select`` is about one.  (An epoll is taken for one.)"""
        if MARK in before:
            return bool(before[MARK])
        if call.function.startswith("epoll"):
            return True
        fds = waited_for(call)  # on Windows, where nothing is marked
        if fds is None:
            fds = [call.arguments[0][1]] if call.arguments else []
        known = self.sockets.get(call.pid, {})
        return any(fd in known for fd in fds)

    def _remember(self, call: Call) -> None:
        """Which sockets there are, from what makes and closes them."""
        known = self.sockets.setdefault(call.pid, {})
        if not call.arguments:
            if call.function == "epoll_create1" and isinstance(call.result, int):
                known[call.result] = (0, 0, 0)
            return
        first = call.arguments[0][1]
        if call.function in ("close", "closesocket"):
            known.pop(first, None)
        elif call.failed or call.result is None:
            return
        elif call.function in ("socket", "WSASocketW"):
            kind = tuple([int(value) for _, value in call.arguments[:3]])
            known[call.result] = kind  # type: ignore[assignment]
        elif call.function == "socketpair":
            kind = tuple([int(value) for _, value in call.arguments[:3]])
            known.update(dict.fromkeys(call.argument("sv"), kind))
        elif call.function == "epoll_create1":
            known[call.result] = (0, 0, 0)
        elif call.function in ("accept", "accept4"):
            known[call.result] = known.get(first, (0, 0, 0))
        elif makes_a_copy(call):
            known[int(call.result)] = known.get(first, (0, 0, 0))
        elif call.function not in LIBRARY_CALLS and call.via == "":
            if call.arguments[0][0] in ("sockfd", "fd", "s"):
                known.setdefault(first, (0, 0, 0))

    # --- the arguments of a C function -------------------------------------------------

    def _named(
        self,
        call: Call,
        function: str,
        arguments: tuple[Any, ...],
        before: dict[str, bytes],
        after: dict[str, bytes],
    ) -> Iterator[tuple[str, Any]]:
        """``(name, value)`` of each argument."""
        parameters = PROTOTYPES[function].parameters
        given = {name: value for (_, name), value in zip(parameters, arguments)}
        family = self.kind_of(call.pid, given.get("sockfd", given.get("s")))[0]
        for (kind, name), value in zip(parameters, arguments):
            if kind.endswith("*"):
                null = value is None or value == 0
                memory = after if name in after or f"{name}[0]" in after else before
                yield name, None if null else self._pointee(
                    call, kind, name, given, memory, before, family
                )
            else:
                yield name, self._number(call, function, name, value, given, family)

    def _number(
        self, call: Call, function: str, name: str, value: Any, given: dict[str, Any], family: int
    ) -> Any:
        names = call.values.names
        if not isinstance(value, int):
            return value
        if name in ("domain", "af") or (name == "type" and function == "gethostbyaddr_r"):
            return Constant(value, names.family(value))
        if name == "type":
            return Constant(value, names.socktype(value))
        if name == "protocol":
            return Constant(value, names.protocol(given["domain"], value))
        if name == "level":
            return Constant(value, names.level(value, family))
        if name == "optname":
            setting = function == "setsockopt"
            return Constant(value, names.option(given["level"], value, family, setting=setting))
        if name == "how":
            return Constant(value, names.of(value, "SHUT_"))
        if name == "flags":
            prefix = {"accept4": "SOCK_", "getnameinfo": "NI_"}.get(function, "MSG_")
            return Constant(value, names.flags(value, prefix))
        return value

    def _pointee(
        self,
        call: Call,
        kind: str,
        name: str,
        given: dict[str, Any],
        memory: dict[str, bytes],
        before: dict[str, bytes],
        family: int,
    ) -> Any:
        """What a pointer points at; "*" where that is not known, or not yet."""
        values, names = call.values, call.values.names
        if name == "res" and "**" in kind:
            found = sorted([key for key in memory if "." not in key and key.startswith("res[")],
                           key=lambda key: int(key[4:-1]))  # fmt: skip
            return [values.addrinfo(memory, key) for key in found] or "*"
        raw = memory.get(name)
        if raw is None:
            return "*"
        if "msghdr" in kind:
            return values.message(memory, name, family)
        if "addrinfo" in kind:
            return values.addrinfo(memory, name)
        if "sockaddr" in kind:
            return Address(raw)
        if is_length(kind, name):
            length = Length(values.number(raw))
            length.before = values.number(before.get(name, raw))
            return length
        if name == "optval":
            option = names.option(given["level"], given["optname"], family)
            return values.option(option, raw)
        if name == "sv":
            return [values.number(raw[:4]), values.number(raw[4:])]
        if "pollfd" in kind:
            return self._pollfds(values, raw)
        if "char *" in kind:
            return Text(raw)
        return raw

    def _pollfds(self, values: Values, raw: bytes) -> list[Struct]:
        layout, flags = values.structs["pollfd"], values.names.flags
        found = []
        for at in range(0, len(raw) - 7, 8):
            entry = layout.from_buffer_copy(raw[at : at + 8])
            events, revents = entry.events & 0xFFFF, entry.revents & 0xFFFF
            found.append(pollfd(entry.fd, events, revents, flags))
        return found


def decoded(events: Iterable[tuple[int, Event]]) -> list[Call]:
    """The calls in a trace, in the order in which they began; those that still wait, too."""
    decoder = Decoder()
    made: dict[int, Call] = {}
    for pid, event in events:
        call = decoder.feed(pid, event)
        if call is not None:
            made[id(call)] = call
    return list(made.values())
