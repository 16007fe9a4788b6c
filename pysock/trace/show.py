"""A foreign call as text: constants by their names, addresses as annotated bytes.

What an argument means follows from its name in the prototype (``_libc``): ``domain`` is an
AF_ constant, ``flags`` are MSG_ constants, ``addr`` points to a socket address whose
length is the argument behind it.
"""

from __future__ import annotations

import errno
from ctypes import c_int, c_uint32, string_at

from .. import families
from .._host import abi, constants, structs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .watch import Call

# The parameters that hold a constant, and what their constants begin with.
_PREFIXES = {
    "domain": "AF_",
    "af": "AF_",
    "type": "SOCK_",
    "protocol": "IPPROTO_",
    "level": "SOL_",
    "how": "SHUT_",
}
# The constants of socket options begin with the protocol's name.
_OPTIONS = {"SOL_SOCKET": "SO_", "SOL_IP": "IP_", "SOL_IPV6": "IPV6_", "SOL_TCP": "TCP_"}

_SHOWN = 48  # bytes of data


def lines(call: Call) -> Iterator[str]:
    """The call on one line, and a few lines for each address that it took or gave."""
    arguments = []
    addresses = []
    named = list(zip(call.prototype.parameters, call.arguments))
    for i, ((kind, name), value) in enumerate(named):
        if "sockaddr *" in kind and value is not None:
            raw = _memory(value, _length(named[i + 1][1]))
            if "const" in kind or (raw and call.result != -1):
                addresses.append((name, raw))
                arguments.append(f"{name} ↓")
            else:
                arguments.append(f"{name} …")
        else:
            arguments.append(f"{name} {_argument(call, named, kind, name, value)}")
    yield f"{call.prototype.name}({', '.join(arguments)}) → {_result(call)}"
    for name, raw in addresses:
        yield from _address(name, raw)


def _result(call: Call) -> str:
    if call.result == -1 and call.errno:
        return f"-1 {errno.errorcode.get(call.errno, call.errno)}"
    if isinstance(call.result, bytes):
        return repr(call.result.decode("utf-8", "replace"))
    return str(call.result)


def _argument(
    call: Call, named: list[tuple[tuple[str, str], Any]], kind: str, name: str, value: Any
) -> str:
    if value is None:
        return "NULL"
    if kind.endswith("*"):
        return _pointee(call, named, kind, name, value)
    if name == "optname":
        level = next(v for (_, n), v in named if n == "level")
        return constant(value, _OPTIONS.get(constant(level, "SOL_"), "no such prefix"))
    if name == "flags" and call.prototype.name != "getnameinfo":
        return _flags(value, "SOCK_" if call.prototype.name == "accept4" else "MSG_")
    if name == "type" and call.prototype.name in ("socket", "socketpair"):
        return _socktype(value)
    if name in _PREFIXES and (value or name != "protocol"):
        return constant(value, _PREFIXES[name])
    return str(value)


def _pointee(
    call: Call, named: list[tuple[tuple[str, str], Any]], kind: str, name: str, value: Any
) -> str:
    """What a pointer points at, where that is something to read."""
    following = next((v for (_, n), v in named if n in ("len", "optlen")), None)
    if name == "buf":
        size = call.result if "const" not in kind else _length(following)
        return _text(_memory(value, max(0, size)))
    if name == "optval":
        return _text(_memory(value, _length(following)), number=True)
    if kind in ("socklen_t *", "int *") and name != "sv":
        return f"[{_length(value)}]"
    if name == "sv":
        pair = (c_int * 2).from_buffer_copy(_memory(value, 8))
        return f"[{pair[0]}, {pair[1]}]"
    if kind == "const char *":
        return _text(value if isinstance(value, bytes) else string_at(value))
    if "pollfd" in kind:
        pollfd = structs["pollfd"].from_buffer_copy(_memory(value, 8))
        return (
            f"{{fd {pollfd.fd}, events {_flags(pollfd.events, 'POLL')}, "
            f"revents {_flags(pollfd.revents, 'POLL')}}}"
        )
    return "…"


def _length(value: Any) -> int:
    """A length that is an integer, or that a pointer points at."""
    if isinstance(value, int) and value < 2**31:
        return value
    return c_uint32.from_buffer_copy(_memory(value, 4)).value


def _memory(pointer: Any, size: int) -> bytes:
    if isinstance(pointer, bytes):
        return pointer[:size]
    return string_at(pointer, size)


def _text(data: bytes, number: bool = False) -> str:
    if number and len(data) == 4:
        return f"[{c_int.from_buffer_copy(data).value}]"
    shown = repr(data[:_SHOWN])
    return shown if len(data) <= _SHOWN else f"{shown}… ({len(data)} bytes)"


# --- constants -----------------------------------------------------------------------


def constant(value: int, prefix: str) -> str:
    """The name of a constant that begins with ``prefix``, or the number."""
    names = (n for n, v in constants.items() if v == value and n.startswith(prefix))
    return min(names, key=len, default=str(value))


def _flags(value: int, prefix: str) -> str:
    if not value:
        return "0"
    names = []
    for bit in (1 << i for i in range(value.bit_length())):
        if value & bit:
            names.append(constant(bit, prefix))
    return "|".join(names)


def _socktype(value: int) -> str:
    flags = value & (constants.get("SOCK_CLOEXEC", 0) | constants.get("SOCK_NONBLOCK", 0))
    kind = constant(value & ~flags, "SOCK_")
    return f"{kind}|{_flags(flags, 'SOCK_')}" if flags else kind


# --- addresses -----------------------------------------------------------------------


def _address(name: str, raw: bytes) -> Iterator[str]:
    codec = families.codec_of(abi.family_of(raw))
    if codec is None:
        yield f"  {name}  {raw.hex(' ')}"
        return
    members = list(codec.describe(raw))
    longest = max(len(member) for _, member, _ in members)
    for octets, member, text in members:
        # Eight bytes a line; what they mean stands behind the last of them.
        while len(octets) > 23:
            yield f"  {name}  {octets[:23]}"
            octets, name = octets[24:], " " * len(name)
        yield f"  {name}  {octets:23}  {member:{longest}}  {text}".rstrip()
        name = " " * len(name)
