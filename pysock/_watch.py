"""The seam where foreign calls can be watched.

The package looks a C function up at each call (``lib.recv(…)``), so a witness can stand
in its place for a while: it makes the call, tells the observer, and returns what C did.
While nobody watches there is no witness, and nothing to pay.

>>> from pysock import _watch, socketpair
>>> with _watch.watching(lambda call: print(call.row.name, "→", call.result)):
...     a, b = socketpair()                                   # doctest: +SKIP
socketpair → 0
getsockname → 0
getsockname → 0
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import local

from ._host import at_once, lib
from ._interpreter import get_errno, set_errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ._foreign import Foreign

    Observer = Callable[["Call"], None]


class Call:
    """A foreign call that has returned: which, with what, and what came of it.

    Pointers among the ``arguments`` are good while the observer runs, and no longer.
    """

    __slots__ = ("arguments", "errno", "result", "row")

    def __init__(self, row: Foreign, arguments: tuple[Any, ...], result: Any, errno: int) -> None:
        self.row, self.arguments, self.result, self.errno = row, arguments, result, errno


@contextmanager
def watching(observer: Observer) -> Iterator[None]:
    """Tell ``observer`` of each foreign call that any thread makes meanwhile."""
    # The bindings of ``lib`` alone say why each call failed.
    witnesses = {
        name: _witness(row, getattr(lib, name), observer) for name, row in lib.rows.items()
    }
    bound = [(at, name, getattr(at, name)) for at in (lib, at_once) for name in at.rows]
    try:
        for library, name, _ in bound:
            setattr(library, name, witnesses[name])
        yield
    finally:
        for library, name, function in bound:
            setattr(library, name, function)


def _witness(row: Foreign, function: Callable[..., Any], observer: Observer) -> Callable[..., Any]:
    def witness(*arguments: Any) -> Any:
        if getattr(_observing, "now", False):
            return function(*arguments)
        try:
            result = function(*arguments)
        except OSError as error:
            _tell(observer, Call(row, arguments, -1, error.errno or 0))
            raise
        number = get_errno()
        _tell(observer, Call(row, arguments, result, number if result == -1 else 0))
        set_errno(number)  # which the observer's own calls may have changed
        return result

    return witness


# Whether this thread's observer is at work: its own calls are not told of.
_observing = local()


def _tell(observer: Observer, call: Call) -> None:
    _observing.now = True
    try:
        observer(call)
    finally:
        _observing.now = False
