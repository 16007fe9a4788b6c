"""At the interpreter's exit, what pysock's functions need outlives the modules.

CPython ends by setting every name in every module to None.  An object that lives longer, because
``sys.excepthook``, a context variable or a registry of the standard library still leads to it, may
have a ``__del__`` that says goodbye on a socket.  The methods of C's sockets work there; so do
these.  For that, after the program's last line,

- ``sys.modules`` gets other objects with pysock's names, which are no modules: CPython leaves
  them alone;
- pysock's functions find the names of ``os``, ``sys`` and others in copies, and those of
  ``builtins`` among their own, for the objects that are left when these are empty, too.

Source: finalize_modules() in CPython's Python/pylifecycle.c.
"""

from __future__ import annotations

import atexit
import builtins
import sys
from types import ModuleType

from ._ffi import versions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PACKAGE = __name__.partition(".")[0]
# What a program adds to these modules is to end when they do.
_BUILTINS, _SYS = tuple(vars(builtins)), tuple(vars(sys))


class _Names:
    """The names of a module, in an object that is none."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.__dict__ = names


def _is_module(value: object) -> bool:
    return issubclass(type(value), ModuleType)  # isinstance would believe what a proxy says


def _those_left(module: ModuleType, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: vars(module)[name] for name in names if name in vars(module)}


def _keep_names() -> None:
    """Keep what pysock's functions need; takes about a millisecond."""
    # By id, since other packages put into sys.modules what has no hash, or loads more for one.
    own = {
        id(module): _Names(vars(module))
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == _PACKAGE and _is_module(module)
    }
    built_in = _those_left(builtins, _BUILTINS) if versions.CLASSES_TO_THE_END else {}
    copies = {id(builtins): _Names(built_in), id(sys): _Names(_those_left(sys, _SYS))}
    for kept in own.values():
        names = vars(kept)
        for name, value in dict(names).items():
            if _is_module(value) and id(value) not in own:
                if id(value) not in copies:
                    copies[id(value)] = _Names(dict(vars(value)))
                names[name] = copies[id(value)]
        names.update({**built_in, **names})
    for name, module in list(sys.modules.items()):
        if id(module) in own:
            sys.modules[name] = own[id(module)]  # type: ignore[assignment]


if versions.EMPTIES_MODULES:
    atexit.register(_keep_names)
