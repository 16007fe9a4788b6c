"""The names of classes and functions while pysock is in the place of ``socket``.

Programs and their tests look for "<socket.socket fd=…" and "socket.gaierror" (on PyPy,
"_socket.gaierror").  Functions are pickled by their names, which have to be found in ``socket`` in
another process.  And ``typing.get_type_hints`` finds no annotations in C's functions; pysock's are
for type checkers, and name types that do not exist at run time.
"""

from __future__ import annotations

import sys
from types import FunctionType

from . import _plain, _public

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_OF_ERRORS = "socket" if sys.implementation.name == "cpython" else "_socket"
_NAMES = {
    "Socket": ("socket", "socket"),
    "SocketBase": ("_socket", "socket"),
    "SocketIO": ("socket", "SocketIO"),
    "gaierror": (_OF_ERRORS, "gaierror"),
    "herror": (_OF_ERRORS, "herror"),
    "timeout": (_OF_ERRORS, "timeout"),
    "AddressFamily": ("socket", "AddressFamily"),
    "AddressInfo": ("socket", "AddressInfo"),
    "MsgFlag": ("socket", "MsgFlag"),
    "SocketKind": ("socket", "SocketKind"),
}

# What has been changed: (object, attribute, pysock's own).
_own: list[tuple[Any, str, Any]] = []

_whole = False  # whether they have the names of ``socket``, all of them


def name_as(*, in_place: bool) -> None:
    """Give classes and functions the names of ``socket``, or their own again."""
    global _whole
    if _whole and in_place:
        return
    _whole = False
    if _own:  # perhaps only a part: the call that has changed it was interrupted
        _name_classes(in_place=False)
        while _own:
            setattr(*_own[-1])
            _own.pop()
    if in_place:
        _name_functions()
        _name_methods()
        _name_classes(in_place=True)
    _public.module.__name__ = "socket" if in_place else "pysock"
    _whole = in_place


def _name_functions() -> None:
    for module, contents in (("_socket", vars(_plain.module())), ("socket", vars(_public.module))):
        for function in contents.values():
            if type(function) is FunctionType and function.__module__.startswith("pysock."):
                _change(function, "__module__", module)
                _change(function, "__annotations__", {})


def _name_classes(*, in_place: bool) -> None:
    for own_name, (module, name) in _NAMES.items():
        cls = getattr(_public.module, own_name)
        if cls.__module__ != "builtins":  # timeout is TimeoutError
            cls.__module__ = module if in_place else "pysock"
            before, after = (own_name, name) if in_place else (name, own_name)
            cls.__name__ = cls.__qualname__ = after
            for function in vars(cls).values():
                if type(function) is FunctionType and function.__qualname__.startswith(before):
                    function.__qualname__ = f"{after}.{function.__name__}"


def _name_methods() -> None:
    for cls in (*_public.module.Socket.__mro__[:-1], _public.module.SocketIO):
        for member in vars(cls).values():
            function = getattr(member, "fget", member)  # that of a property
            if type(function) is FunctionType:
                _change(function, "__annotations__", {})
                if cls.__name__ in _NAMES:
                    _change(function, "__module__", _NAMES[cls.__name__][0])
        if getattr(cls, "__annotations__", None):
            _change(cls, "__annotations__", {})


def _change(thing: Any, attribute: str, value: Any) -> None:
    _own.append((thing, attribute, getattr(thing, attribute)))
    setattr(thing, attribute, value)
