"""What the arguments of a foreign call point at, copied as bytes while the call is made.

Which parameters are pointers, and to what, follows from a function's prototype (``_libc``).  Each
has one or two copiers: one runs before the call, for what C is given, and one after it, for what C
has written.  They put bytes into a dict, under the parameter's name:

    addr, buf, optval, sv, …     what it points at
    addrlen, optlen              a length: before, and as C has changed it
    msg                          the msghdr; msg.name, msg.iov, msg.control what it points at,
                                 msg.iov[0], msg.iov[1], … what the iovecs point at
    res[0], res[1], …            the addrinfos of a list; res[0].addr, res[0].canonname

Only lengths are interpreted.  At most ``MOST`` bytes are copied for each name.
"""

from __future__ import annotations

from ctypes import sizeof, string_at

from .._calls.msghdr import _iovec, _msghdr
from .._ffi.interpreter import bytes_at
from .._host import abi, constants, structs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._ffi.prototype import Prototype

    Memory = dict[str, bytes]
    Copier = Callable[[tuple[Any, ...], Any, Memory], None]

MOST = 65536
_LISTED = 256  # iovecs, or addrinfos

_addrinfo = structs["addrinfo"]


def copied(pointer: Any, size: int) -> bytes:
    """The bytes at a pointer, in each form in which callers pass pointers."""
    size = max(0, min(size, MOST))
    if type(pointer) is bytes:
        return pointer[:size]
    return bytes_at(pointer, size) if type(pointer) is int else string_at(pointer, size)


def _given(pointer: Any) -> bool:
    """Whether a pointer is not NULL.  (An array without elements is a pointer, too.)"""
    return pointer is not None and not (type(pointer) is int and pointer == 0)


def _text(pointer: Any) -> bytes:
    return pointer if type(pointer) is bytes else string_at(pointer)


def _number(data: bytes) -> int:
    return int.from_bytes(data, abi.order)


def copiers(prototype: Prototype) -> tuple[tuple[Copier, ...], tuple[Copier, ...]]:
    """What to copy before a call of this function, and after it."""
    before: list[Copier] = []
    after: list[Copier] = []
    parameters = prototype.parameters
    for i, (kind, name) in enumerate(parameters):
        if not kind.endswith("*"):
            continue
        following = parameters[i + 1] if i + 1 < len(parameters) else ("", "")
        reads, writes = _copiers(kind, name, i, following)
        before += reads
        after += writes
    return tuple(before), tuple(after)


def _copiers(
    kind: str, name: str, i: int, following: tuple[str, str]
) -> tuple[list[Copier], list[Copier]]:
    if is_length(kind, name):
        return [_fixed(name, i, 4)], [_succeeded(_fixed(name, i, 4))]
    if kind == "const char *":
        return [_string(name, i)], []
    if "msghdr" in kind:
        header = [_header(name, i), _pieces(name, i)] if "const" in kind else [_header(name, i)]
        return header, [] if "const" in kind else [_succeeded(_message(name, i))]
    if "addrinfo" in kind:
        if "**" in kind:
            return [], [_list(name, i)]
        return ([_fixed(name, i, sizeof(structs["addrinfo"]))], []) if "const" in kind else ([], [])
    if "pollfd" in kind:
        size = sizeof(structs["pollfd"])
        return [_counted(name, i, size)], [_counted(name, i, size)]
    if name == "sv":
        return [], [_succeeded(_fixed(name, i, 8))]
    if name in ("dst", "inp") and kind != "char *":
        return [], [_succeeded(_host(name, i, 0 if name == "dst" else None))]
    if name == "src":
        return [_host(name, i, 0)], []
    if is_length(*following):  # a length that C changes
        return [], [_succeeded(_changed(name, i))]
    if following[0] in ("socklen_t", "size_t", "int"):
        if "const" in kind:
            return [_counted(name, i, 1)], []
        if kind == "char *" and name != "buf":
            return [], [_succeeded(_terminated(name, i))]
        if kind == "void *":
            return [], [_succeeded(_returned(name, i))]
    return [], []


def is_length(kind: str, name: str) -> bool:
    """Whether a parameter points at a length: a socklen_t, or in Winsock an int."""
    return kind == "socklen_t *" or (kind == "int *" and name.endswith("len"))


def _succeeded(copy: Copier) -> Copier:
    def after(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        if type(result) is not int or result >= 0:
            copy(arguments, result, memory)

    return after


def _fixed(name: str, i: int, size: int) -> Copier:
    def copy(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        if _given(arguments[i]):
            memory[name] = copied(arguments[i], size)

    return copy


def _counted(name: str, i: int, unit: int) -> Copier:
    """As many as the next argument says."""

    def copy(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        if _given(arguments[i]):
            memory[name] = copied(arguments[i], arguments[i + 1] * unit)

    return copy


def _returned(name: str, i: int) -> Copier:
    """As many as the call returns."""

    def copy(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        if _given(arguments[i]):
            memory[name] = copied(arguments[i], min(result, arguments[i + 1]))

    return copy


def _changed(name: str, i: int) -> Copier:
    """As many as the length says that the next argument points at, which is copied before."""

    def copy(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        if _given(arguments[i]):
            memory[name] = copied(arguments[i], _number(copied(arguments[i + 1], 4)))

    return copy


def _terminated(name: str, i: int) -> Copier:
    def copy(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        if _given(arguments[i]):
            memory[name] = copied(arguments[i], arguments[i + 1]).partition(b"\0")[0]

    return copy


def _string(name: str, i: int) -> Copier:
    def copy(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        if _given(arguments[i]):
            memory[name] = _text(arguments[i])

    return copy


_SIZES = {constants.get("AF_INET"): 4, constants.get("AF_INET6"): 16}


def _host(name: str, i: int, family: int | None) -> Copier:
    """The bytes of an IP address, whose size follows from an argument."""

    def copy(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        size = 4 if family is None else _SIZES.get(arguments[family], 0)
        if _given(arguments[i]) and size:
            memory[name] = copied(arguments[i], size)

    return copy


# --- messages ------------------------------------------------------------------------


def _header(name: str, i: int) -> Copier:
    def copy(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        memory[name] = raw = copied(arguments[i], _msghdr.size)
        iov, count = _msghdr.unpack_from(raw)[2:4]
        memory[f"{name}.iov"] = copied(iov, min(count, _LISTED) * _iovec.size) if iov else b""

    return copy


def _pieces(name: str, i: int) -> Copier:
    """What a msghdr points at, after ``_header``."""

    def copy(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        _points(name, memory, None)

    return copy


def _message(name: str, i: int) -> Copier:
    header = _header(name, i)

    def copy(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        header(arguments, result, memory)
        _points(name, memory, result)

    return copy


def _points(name: str, memory: Memory, received: int | None) -> None:
    at, length, _, _, control, control_length, _ = _msghdr.unpack_from(memory[name])
    if at:
        memory[f"{name}.name"] = copied(at, length)
    if control:
        memory[f"{name}.control"] = copied(control, control_length)
    iovecs = memory[f"{name}.iov"]
    left = MOST if received is None else received
    for n, start in enumerate(range(0, len(iovecs), _iovec.size)):
        base, size = _iovec.unpack_from(iovecs[start:])
        size = min(size, left)
        memory[f"{name}.iov[{n}]"] = copied(base, size) if base and size else b""
        left -= size


# --- lists of addrinfo ---------------------------------------------------------------


def _list(name: str, i: int) -> Copier:
    width, size = abi.bits // 8, sizeof(structs["addrinfo"])

    def copy(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        if result != 0:
            return
        at = _number(copied(arguments[i], width))
        for n in range(_LISTED):
            if not at:
                return
            memory[f"{name}[{n}]"] = raw = copied(at, size)
            entry = _addrinfo.from_buffer_copy(raw)
            length, address, canonname = entry.ai_addrlen, entry.ai_addr, entry.ai_canonname
            if address:
                memory[f"{name}[{n}].addr"] = copied(address, length)
            if canonname:
                memory[f"{name}[{n}].canonname"] = _text(canonname)
            at = entry.ai_next

    return copy
