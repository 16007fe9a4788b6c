"""Events as lines of JSON, and back: the form of a trace that is kept.

Each line is an object.  ``"event"`` says of what kind it is, and ``"pid"`` of which process:

``process``  its start, and the first line of each: ``parent``, ``python``, ``target`` (a platform
             of ``python -m pysock abi``), ``argv``
``thread``   ``thread``, ``name``
``begin``    ``thread``, ``call``, ``kind``, ``function``, ``arguments``, ``memory``, ``method``,
             ``module``, ``file``, ``line``
``end``      ``thread``, ``call``, ``result``, ``errno``, ``memory``; perhaps ``states``
``exit``     the end of the program: ``status``

``watch`` says what these are; a ``call`` has the same number in its two lines.  ``time`` is in
nanoseconds, on one clock for all processes, and lines are in its order.  The values of
``memory`` are bytes, as hexadecimal text.  A ``result`` that is a string of C is text.
``states`` has TCP's after the call, ``own`` and ``peer`` as far as they are known, and ``time``,
when they had been asked for.
"""

from __future__ import annotations

import json

from . import states
from .checks import MEMBERS, problem_of
from .decode import UNDECODABLE, DamagedTrace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .watch import Event

__all__ = ["DamagedTrace", "line", "parse", "record"]

_WHERE = ("module", "method", "file", "line")


def record(pid: int, event: Event) -> dict[str, Any]:
    """An event as the object of its line."""
    kind = event[0]
    made = {"event": kind, "pid": pid, **dict(zip(MEMBERS[kind], event[1:]))}
    made.pop("process", None)
    if "where" in made:
        made.update(zip(_WHERE, made.pop("where")))
    if "memory" in made:
        memory = dict(made["memory"])
        told, time = states.taken(memory)
        made["memory"] = {name: data.hex() for name, data in memory.items()}
        if told:
            made["states"] = {**told, "time": time}
    if isinstance(made.get("result"), bytes):
        made["result"] = made["result"].decode("utf-8", "replace")
    return made


def line(pid: int, event: Event) -> str:
    return json.dumps(record(pid, event), separators=(",", ":")) + "\n"


def parse(text: str) -> tuple[int, Event]:
    """The process and the event of a line; DamagedTrace if it is none."""
    try:
        made = json.loads(text)
        pid, kind = made["pid"], made["event"]
        if "memory" in made:
            made["memory"] = {name: bytes.fromhex(h) for name, h in made["memory"].items()}
            if "states" in made:
                states.put(made["memory"], made["states"], made["states"]["time"])
        if kind == "begin":
            made["where"] = tuple([made[name] for name in _WHERE])
            made["arguments"] = tuple(made["arguments"])
        if kind == "process":
            made["process"] = pid
        event = (kind, *[made[name] for name in MEMBERS[kind]])
        problem = problem_of(pid, event)
    except (*UNDECODABLE, RecursionError) as error:
        raise DamagedTrace(_why(error)) from None
    if problem:
        raise DamagedTrace(problem)
    return pid, event


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):  # whose text counts lines, of which this is one
        return f"no JSON: {error.msg}, at character {error.pos + 1}"
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return f"{type(error).__name__}: {error}"
