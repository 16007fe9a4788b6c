"""The seam where foreign calls can be watched.

The package looks a C function up at each call (``lib.recv(…)``), so a traced function can
stand in its place for a while: it makes the call, tells the observer, and returns what C did.
While nobody watches there is none, and nothing to pay.

>>> from pysock.trace import watch
>>> from pysock import socketpair
>>> with watch.watching(lambda call: print(call.prototype.name, "→", call.result)):
...     a, b = socketpair()                                   # doctest: +SKIP
socketpair → 0
getsockname → 0
getsockname → 0
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import local

from .._ffi.interpreter import get_errno, set_errno
from .._host import lib, lib_keeping_gil

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .._ffi.prototype import Prototype

    Observer = Callable[["Call"], None]


class Call:
    """A foreign call that has returned: which, with what, and what came of it.

    Pointers among the ``arguments`` are good while the observer runs, and no longer.
    """

    __slots__ = ("arguments", "errno", "prototype", "result")

    def __init__(
        self, prototype: Prototype, arguments: tuple[Any, ...], result: Any, errno: int
    ) -> None:
        self.prototype, self.arguments = prototype, arguments
        self.result, self.errno = result, errno


@contextmanager
def watching(observer: Observer) -> Iterator[None]:
    """Tell ``observer`` of each foreign call that any thread makes meanwhile."""
    # The functions of ``lib`` alone keep the errno of each call.
    traced = {
        name: _traced(prototype, getattr(lib, name), observer)
        for name, prototype in lib.prototypes.items()
    }
    bound = [
        (library, name, getattr(library, name))
        for library in (lib, lib_keeping_gil)
        for name in library.prototypes
    ]
    try:
        for library, name, _ in bound:
            setattr(library, name, traced[name])
        yield
    finally:
        for library, name, function in bound:
            setattr(library, name, function)


def _traced(
    prototype: Prototype, function: Callable[..., Any], observer: Observer
) -> Callable[..., Any]:
    def traced(*arguments: Any) -> Any:
        if getattr(_observing, "now", False):
            return function(*arguments)
        try:
            result = function(*arguments)
        except OSError as error:
            _tell(observer, Call(prototype, arguments, -1, error.errno or 0))
            raise
        number = get_errno()
        _tell(observer, Call(prototype, arguments, result, number if result == -1 else 0))
        set_errno(number)  # which the observer's own calls may have changed
        return result

    return traced


# Whether this thread's observer is at work: its own calls are not told of.
_observing = local()


def _tell(observer: Observer, call: Call) -> None:
    _observing.now = True
    try:
        observer(call)
    finally:
        _observing.now = False
