"""Whether an event that comes from a file is one that ``watch`` could have made.

A file may be damaged, or written by another hand.  What is behind it, ``decode`` and the rest,
takes events for what they are; so here each member has its type, and a call as many arguments as
its function.
"""

from __future__ import annotations

from .prototypes import ELSEWHERE, PROTOTYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .watch import Event

_MOST = 2**64  # a number of C is smaller


def problem_of(pid: Any, event: Event) -> str:
    """What is wrong with an event; "" if nothing is."""
    kind = event[0]
    if not _number(pid):
        return f"pid is {pid!r:.40}"
    for (name, check), value in zip(MEMBERS[kind].items(), event[1:]):
        if not check(value):
            return f"{name} is {value!r:.40}"
    return _call(*event[4:7]) if kind == "begin" else ""


def _call(kind: str, function: str, arguments: tuple[Any, ...]) -> str:
    """What is wrong with the arguments of a call."""
    if kind == "libc":
        prototype = PROTOTYPES.get(function)
        if prototype is None:
            return f"there is no function {function!r:.40}"
        if len(arguments) != len(prototype.parameters):
            return f"{function} has {len(prototype.parameters)} arguments, not {len(arguments)}"
        for (ctype, name), value in zip(prototype.parameters, arguments):
            if not (_pointer(value) if ctype.endswith("*") else _integer(value)):
                return f"{name} of {function} is {value!r:.40}"
        return ""
    kinds = ELSEWHERE.get(function.partition(" ")[0])
    if kinds is None:
        return f"there is no function {kind}.{function:.40}"
    least = kinds.split()
    if len(arguments) < len([each for each in least if not each.endswith("?")]):
        return f"{function} has {len(arguments)} arguments"
    for name, value in zip(least, arguments):
        if not _TYPES[name.rstrip("?")](value):
            return f"an argument of {function} is {value!r:.40}"
    return ""


# --- types ---------------------------------------------------------------------------


def _integer(value: Any) -> bool:
    return isinstance(value, int) and -_MOST < value < _MOST


def _number(value: Any) -> bool:
    return _integer(value) and value >= 0


def _signed(value: Any) -> bool:
    return isinstance(value, int) and -(2**31) <= value < 2**31


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(map(_text, value))


def _pointer(value: Any) -> bool:
    return value is None or value == "*" or _integer(value)


def _seconds(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and -_MOST < value < _MOST)


def _numbers(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(map(_integer, value))


def _fds(value: Any) -> bool:
    return value == "*" or (
        isinstance(value, (list, tuple)) and all(each == "*" or _integer(each) for each in value)
    )


def _pairs(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(
        _numbers(each) and len(each) == 2 for each in value
    )


def _memory(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) and isinstance(data, bytes) for name, data in value.items()
    )


def _result(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return _numbers(value) or all(map(_numbers, value))
    return value is None or isinstance(value, (str, bytes)) or _integer(value)


def _where(value: Any) -> bool:
    module, method, file, line = value
    return (module is None or _text(module)) and _text(method) and _text(file) and _number(line)


def _errno(value: Any) -> bool:
    return _number(value) and value < 2**31


_TYPES: dict[str, Callable[[Any], bool]] = {
    "int": _integer, "fds": _fds, "pairs": _pairs, "seconds": _seconds, "pointer": _pointer,
}  # fmt: skip
_KINDS = ("libc", "os", "select", "fcntl")
# The members of each kind of event, in their order, and what each has to be.
MEMBERS: dict[str, dict[str, Callable[[Any], bool]]] = {
    "process": {"time": _number, "process": _number, "parent": _number, "python": _text,
                "target": _text, "argv": _texts},
    "thread": {"time": _number, "thread": _number, "name": _text},
    "begin": {"call": _number, "time": _number, "thread": _number, "kind": _KINDS.__contains__,
              "function": _text, "arguments": lambda value: isinstance(value, tuple),
              "memory": _memory, "where": _where},
    "end": {"call": _number, "time": _number, "thread": _number, "result": _result,
            "errno": _errno, "memory": _memory},
    "exit": {"time": _number, "status": _signed},
}  # fmt: skip
