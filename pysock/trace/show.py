"""A foreign call as text: arguments by their names, addresses as annotated bytes.

    connect(sockfd 3, addr ↓, addrlen 16) → 0
      addr  02 00        sin_family  AF_INET
            87 6b        sin_port    34667 (network order)
            7f 00 00 01  sin_addr    127.0.0.1
"""

from __future__ import annotations

import os

from .names import error_name
from .prototypes import PROTOTYPES
from .values import Address, Constant, Length, Struct, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .decode import Call
    from .values import Values

SHOWN = 48  # bytes of data
_MEMBERS = 12  # of a struct: tcp_info has 60


def lines(call: Call, waits: bool = False, brief: bool = False) -> Iterator[str]:
    """The call on one line, and a few lines for each address that it took or gave.

    With ``waits``, as it is before it has ended; if ``brief``, each address as a few words.
    """
    addresses: list[tuple[str, bytes]] = []
    arguments = [
        f"{name} {_argument(name, value, addresses)}"
        for name, value in (call.begun if waits else call.arguments)
    ]
    ending = "waits" if waits else f"→ {result(call)}"
    via = "" if not call.via or call.via == f"select.{call.function}" else f"{call.via}: "
    note = "" if call.is_system_call else "  (no system call)"
    shown = ", ".join(arguments)
    if brief:
        for _, raw in addresses:
            shown = shown.replace("↓", _in_words(call.values, raw), 1)
        addresses.clear()
    yield f"{via}{call.function}({shown}) {ending}{note}"
    for name, raw in addresses:
        yield from _address(call.values, name, raw)


def result(call: Call) -> str:
    """What a call has returned."""
    if call.errno and call.result == -1:
        return f"-1 {error_name(call.errno)}"
    if isinstance(call.result, bytes):
        return repr(call.result.decode("utf-8", "replace"))
    if isinstance(call.result, str) and call.result != "*":
        return repr(call.result)
    if call.end is not None and call.result is None and _returns_a_number(call.function):
        return "(an exception)"
    return str(call.result)


def is_again(call: Call, before: Call | None) -> bool:
    """Whether pysock repeats a failed call that changes nothing, to learn why it has failed.

    ``before`` is the call above it.  It has to have failed, too: a program may set the same option
    twice on one line, and only the second call fails.
    """
    return (
        before is not None
        and before.failed
        and call.failed
        and call.function in ("getsockopt", "setsockopt")
        and _where(before) == _where(call)
        and repr(before.begun) == repr(call.begun)
    )


def _where(call: Call) -> tuple[Any, ...]:
    return call.pid, call.thread, call.function, call.file, call.line


def _returns_a_number(function: str) -> bool:
    """Whether None is no result of a C function, as it is of one that returns NULL or nothing."""
    kind = PROTOTYPES[function].result
    return not (kind == "void" or kind.endswith("*"))


def _argument(name: str, value: Any, addresses: list[tuple[str, bytes]]) -> str:
    if isinstance(value, Address):
        if not value:
            return "…"
        addresses.append((name, value))
        return "↓"
    if isinstance(value, Struct):
        return struct(value, addresses)
    if isinstance(value, list) and any(isinstance(each, Struct) for each in value):
        return f"[{', '.join([_argument(name, each, addresses) for each in value])}]"
    return text(name, value)


def text(name: str, value: Any) -> str:
    """A value that is neither an address nor a struct."""
    if value is None:
        return "NULL"
    if value == "*":
        return "…"
    if isinstance(value, Length):
        return f"[{int(value)}]"
    if isinstance(value, (Constant, bool)):
        return repr(value)
    if isinstance(value, Text):
        return repr(bytes(value))
    if isinstance(value, bytes):
        shown = repr(value[:SHOWN])
        return shown if len(value) <= SHOWN else f"{shown}… ({len(value)} bytes)"
    return f"[{value}]" if name == "optval" else str(value)


def struct(value: Struct, addresses: list[tuple[str, bytes]]) -> str:
    """``{name value, …}``; of a pollfd what fits, of tcp_info the first members."""
    shown = value.members[:_MEMBERS]
    inside = [f"{name} {_argument(name, each, addresses)}" for name, each in shown]
    if len(value.members) > len(shown):
        inside.append(f"… {len(value.members) - len(shown)} more")
    return "{" + ", ".join(inside) + "}"


def _in_words(values: Values, raw: bytes) -> str:
    """``{AF_INET 80 127.0.0.1}``; without what is nearly always zero."""
    said = [meaning.replace(" (network order)", "") for _, member, meaning in values.describe(raw)
            if meaning and not member.endswith(("_len", "_flowinfo", "_scope_id"))]  # fmt: skip
    return "{" + " ".join(said or [raw.hex(" ")]) + "}"


def _address(values: Values, name: str, raw: bytes) -> Iterator[str]:
    members = values.describe(raw)
    if not members:
        yield f"  {name}  {raw.hex(' ')}"
        return
    longest = max(len(member) for _, member, _ in members)
    widest = min(23, max(len(octets) for octets, _, _ in members))
    for octets, member, meaning in members:
        # Eight bytes a line; what they mean stands behind the last of them.
        while len(octets) > 23:
            yield f"  {name}  {octets[:23]}"
            octets, name = octets[24:], " " * len(name)
        yield f"  {name}  {octets:{widest}}  {member:{longest}}  {meaning}".rstrip()
        name = " " * len(name)


# --- errors --------------------------------------------------------------------------

# What an error means for this call.  A name stands for all functions that begin with it.
_MEANINGS = {
    ("connect", "EINPROGRESS"): "no failure: the connection is being made, poll says when",
    ("connect", "EALREADY"): "the connection is still being made",
    ("connect", "EISCONN"): "it is connected already",
    ("connect", "ECONNREFUSED"): "nobody listens at this address",
    ("connect", "EAGAIN"): "the listener's queue is full",
    ("connect", "ETIMEDOUT"): "no answer",
    ("connect", "ENOENT"): "there is no socket at this path",
    ("accept", "EAGAIN"): "no connection waits to be accepted",
    ("accept", "EINVAL"): "it does not listen: no listen() came before",
    ("recv", "EAGAIN"): "nothing has arrived yet",
    ("recv", "ECONNRESET"): "the other end has reset the connection",
    ("recv", "ENOTCONN"): "it is not connected",
    ("recv", "ECONNREFUSED"): "what was sent earlier found nobody at that port",
    ("send", "EAGAIN"): "no room in the buffer, or the connection is still being made",
    ("send", "EPIPE"): "the connection is closed for sending",
    ("send", "ECONNRESET"): "the other end has reset the connection",
    ("send", "ENOTCONN"): "it is not connected",
    ("send", "EDESTADDRREQ"): "no address was given, and it is not connected",
    ("send", "EMSGSIZE"): "too long for one datagram",
    ("send", "ECONNREFUSED"): "what was sent earlier found nobody at that port",
    ("bind", "EADDRINUSE"): "another socket has this address",
    ("bind", "EADDRNOTAVAIL"): "no interface of this machine has this address",
    ("bind", "EACCES"): "this address is for the administrator",
    ("bind", "EINVAL"): "it has an address already",
    ("getpeername", "ENOTCONN"): "it is not connected",
    ("shutdown", "ENOTCONN"): "it is not connected",
    ("", "EBADF"): "no open descriptor",
    ("", "EINTR"): "a signal came first; the call is made again",
    ("", "ENOPROTOOPT"): "this protocol has no such option",
}

# Errors that are answers: nothing has failed.
NO_FAILURES = frozenset(("EINPROGRESS", "EAGAIN", "EWOULDBLOCK", "EALREADY", "EINTR"))


def meaning(call: Call) -> str:
    """What the error of a failed call means; "" without an error."""
    if not call.errno:
        return ""
    name = error_name(call.errno)
    if name == "EWOULDBLOCK":  # on Windows the one number stands for two of POSIX
        name = "EINPROGRESS" if call.function == "connect" else "EAGAIN"
    for (function, error), said in _MEANINGS.items():
        if error == name and call.function.startswith(function):
            return said
    return os.strerror(call.errno)
