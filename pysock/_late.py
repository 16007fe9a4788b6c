"""Names of the public module that are made when a program asks for them first.

CPython's ``socket`` has them by the way, and programs take them from there:

``socket._socket``      C's module, here that of ``_plain``
``socket.selectors``    the standard library's, which pysock itself does not need
``socket.partial``      that of functools, on the versions whose ``socket`` has it
"""

from __future__ import annotations

from . import _plain, _public
from ._ffi import versions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LATE = ("_socket", "selectors", *(["partial"] if versions.NAMES_PARTIAL else []))


def __getattr__(name: str) -> Any:
    if name == "_socket":
        return _plain.module()
    if name == "selectors":
        import selectors

        return selectors
    if name == "partial" and versions.NAMES_PARTIAL:
        from functools import partial

        return partial
    shown = _public.module.__name__  # "socket", if it is in its place
    error: Any = AttributeError(f"module {shown!r} has no attribute {name!r}")
    error.name, error.obj = name, _public.module  # a traceback finds similar names by these
    try:
        raise error
    finally:
        del error  # it has a traceback, whose frame would have it: a cycle


def __dir__() -> list[str]:
    return sorted({*vars(_public.module), *_LATE})
