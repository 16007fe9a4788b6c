"""What a forked child makes anew in builds without the GIL: what threads share and change.

There each dict, list and deque has a lock, for the one step in which it is changed.  A thread that
has waited for it long is handed it while it still sleeps.  If a process forks at this moment, the
child has a lock whose owner does not exist, and the first change waits for ever: so it is with any
dict that the threads of a program share.  With the GIL no step is ever half done at a fork.

A child collects what its lost threads have had before any hook runs.  So what a finaliser may come
to (the repr of a socket that was not closed, which caches its address) calls ``made_whole`` first.
"""

from __future__ import annotations

import os

from .interpreter import FREE_THREADED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Cache(dict["Any", "Any"]):
    """A dict that threads share: ``cache[key]`` is None if there is no entry.

    It is never asked by ``get``, which takes the dict's lock in builds without the GIL; and CPython
    3.13 waits 22 µs there for a lock that it has itself, each time that a thread finds an entry by
    a key which is equal to that of another thread.
    """

    __slots__ = ()

    def __missing__(self, key: Any) -> Any:
        return None


# The names of modules, each with the caches that it has names for.
_sharing: list[tuple[dict[str, Any], tuple[str, ...]]] = []


_renewals: list[Callable[[], None]] = []
_process = os.getpid()  # in which all is whole


def renewed_in_child(renew: Callable[[], None], before: Callable[[], None] | None = None) -> None:
    """Call ``renew`` in each forked child, and ``before`` each fork, if this Python needs that."""
    _renewals.append(renew)
    if before is not None and FREE_THREADED and hasattr(os, "register_at_fork"):
        os.register_at_fork(before=before)


def made_whole() -> bool:
    """Renew all that a forked child has to, unless that is done: then the answer is False."""
    global _process
    process = os.getpid()
    if process == _process:
        return False
    _process = process
    for renew in _renewals:
        renew()
    return True


if FREE_THREADED and hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=made_whole)


def shares(names: dict[str, Any], *caches: str) -> None:
    """A forked child has new ones for ``caches``, which are ``names`` of a module.

    Each module that imports such a name says so (``tests/test_caches.py``); they get the
    same new one.
    """
    _sharing.append((names, caches))


def _renew_caches() -> None:
    fresh: dict[int, Cache] = {}
    for names, caches in _sharing:
        for cache in caches:
            names[cache] = fresh.setdefault(id(names[cache]), Cache())


renewed_in_child(_renew_caches)
