"""Pickling: ``multiprocessing`` sends a socket to another process; nothing else pickles one.

The number of a descriptor means nothing in another process.  So ``pickle`` and ``copy`` refuse a
socket.  ``multiprocessing`` passes the descriptor itself, by inheritance or by SCM_RIGHTS, on
Windows by ``share``: its ``ForkingPickler`` has a table of classes, in which it enters CPython's
``socket`` when it is imported itself.

pysock does not import ``multiprocessing``, and enters its class when both are loaded: as pysock is
imported, or else as ``multiprocessing`` meets its first socket (``Socket.__reduce_ex__``).  Until
then a pickler that another module derives from ``ForkingPickler``, and calls itself, refuses it.
"""

from __future__ import annotations

import sys
from functools import partial

from .. import _public
from .._calls.descriptor import adopt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any


def register(cls: type) -> None:
    """Let ``multiprocessing``, if it is loaded, send sockets of a class, but of no subclass."""
    # As long as it is being imported, it has no pickler yet.
    pickler = getattr(_reduction(), "ForkingPickler", None)
    if pickler is not None:
        pickler.register(cls, reduce)


def _reduction() -> Any:
    return sys.modules.get("multiprocessing.reduction")


def pickled_by_multiprocessing(caller: FrameType | None) -> bool:
    """Whether the caller of ``__reduce_ex__`` is the pickler of ``multiprocessing``.

    A pickler written in C is called by ``multiprocessing.reduction``; one written in Python (on
    PyPy) has frames of its own in between.
    """
    pickle = vars(sys.modules.get("pickle", sys))
    while caller is not None and caller.f_globals is pickle:
        caller = caller.f_back
    reduction = _reduction()
    return None not in (caller, reduction) and caller.f_globals is vars(reduction)  # type: ignore[union-attr]


def reduce(sock: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """What ``multiprocessing`` itself makes of a socket, with ``rebuild`` in the other process."""
    _, (shared, *kind) = _reduction()._reduce_socket(sock)
    return rebuild, (shared, *map(int, kind))


def rebuild(shared: Any, *kind: int) -> Any:
    """The socket, in the process that has received it.

    ``shared.detach()`` gives the descriptor; on Windows, where ``kind`` is empty, a socket.
    """
    received = shared.detach()
    if not kind:
        kind = received.family, received.type, received.proto
        received = received.detach()
    return adopt([received], partial(_public.module.socket, *kind))
