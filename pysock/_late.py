"""Names of the public module that are made when a program first uses them.

CPython's ``socket`` happens to have them, and some programs take them from there:

``socket._socket``      C's module, here that of ``_plain``
``socket.selectors``    the standard library's, which pysock itself does not need
``socket.partial``      that of functools, on the versions whose ``socket`` has it
"""

from __future__ import annotations

import sys
import types
from _thread import get_ident
from collections import Counter
from functools import partial

from . import _plain, _public
from ._ffi import versions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_LATE = ("_socket", "selectors", *(["partial"] if versions.NAMES_PARTIAL else []))


def __getattr__(name: str) -> Any:
    if name == "_socket":
        return _plain.module()
    if name == "selectors":
        import selectors

        return selectors
    if name == "partial" and versions.NAMES_PARTIAL:
        return partial
    shown = _public.module.__name__  # "socket", if pysock is in its place
    error: Any = AttributeError(f"module {shown!r} has no attribute {name!r}")
    if versions.MODULES_TELL_NAMES:
        error.name, error.obj = name, _public.module  # a traceback finds similar names by these
    try:
        raise error
    finally:
        del error  # its traceback has this frame, and the frame would have it: a cycle


def __dir__() -> list[str]:
    names = {*vars(_public.module), *_LATE}
    sought = _sought.get(get_ident())
    if sought:
        names = set(sorted(names, key=partial(_distance, sought))[:_MOST])
    return sorted(names)


def load_lazy(package: str) -> None:
    """Load what the modules of ``package`` import lazily: no call of theirs may import anything.

    ``-X lazy_imports=all`` (Python 3.15) puts all imports off until their names are used.
    """
    found = True
    while found:
        found = False
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] == package:
                for key, value in list(vars(module).items()):
                    if isinstance(value, types.LazyImportType):  # type: ignore[attr-defined]
                        getattr(module, key)
                        found = True


# --- "Did you mean" ------------------------------------------------------------------

_MOST = 700  # names to choose from
_sought: dict[int, frozenset[str]] = {}  # misspelled names, by the thread that reports them


class Suggesting:
    """While it is entered, this thread's ``dir(socket)`` has only names that are like these.

    CPython suggests a name for a misspelled one unless there are 750 to choose from.  C's module
    has fewer; this one has more.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)

    def __enter__(self) -> None:
        self.thread = get_ident()
        self.before = _sought.get(self.thread)
        _sought[self.thread] = self.names

    def __exit__(self, *exception: object) -> None:
        if self.before is None:
            _sought.pop(self.thread, None)
        else:
            _sought[self.thread] = self.before


def _distance(sought: Iterable[str], name: str) -> int:
    """How many letters two names do not share: *name* and the most similar of ``sought``."""
    letters = Counter(name.lower())
    counts = map(Counter, map(str.lower, sought))
    return min(sum(((count - letters) + (letters - count)).values()) for count in counts)
