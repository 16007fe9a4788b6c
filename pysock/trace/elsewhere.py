"""The system calls on sockets that Python's ``os`` and ``select`` make.

pysock leaves fcntl(2), ioctl(2) and sendfile(2) to ``os`` (``_libc`` says why), and programs wait
with ``select``.  While somebody watches, traced functions are in the place of these.  No class can
be derived from the types of poll and epoll objects, so each of them gets a wrapper.  ``selectors``
keeps the functions that it has found, and is given the traced ones.

Functions for all files, like ``os.read``, are in ``files``.  Each event says whether its call is
about a socket (``files.MARK``), except those of epoll, which count as such.
"""

from __future__ import annotations

import os
import select
import sys

from .._host import system
from . import files
from .files import marks

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    Traced = Callable[..., Any]

# What ``system`` has bound of ``os``, by its names there.
_OF_OS = {
    "dup": ("duplicate",),
    "get_blocking": (),
    "get_inheritable": ("get_inheritable",),
    "set_inheritable": ("set_inheritable",),
    "set_blocking": ("set_blocking", "set_blocking_in_step"),
    "sendfile": (),
}


def replacements(traced: Traced) -> Iterator[tuple[Any, str, Any]]:
    """``(owner, name, what stands there)``; ``traced(kind, name, function, (), ())`` tells."""
    for name, names in _OF_OS.items():
        function = getattr(os, name, None)
        if function is None:
            continue
        about = marks(_both if name == "sendfile" else files.first)
        wrapped = traced("os", name, function, about, ())
        if name == "set_blocking" and sys.implementation.name == "pypy":
            wrapped = _set_blocking(traced)
        yield os, name, wrapped
        for bound in names:
            own = getattr(system, bound, None)
            if function in (own, getattr(own, "func", None), getattr(own, "__self__", None)):
                yield system, bound, wrapped
    for owner, made in files.replacements(traced):
        yield owner, made.__name__, _Unbound(made)
        if made.__name__ == "ioctl" and hasattr(system, "ioctl"):  # on PyPy
            yield system, "ioctl", made
    yield from _waiting(traced)


def _both(arguments: tuple[Any, ...]) -> Sequence[Any]:
    return arguments[:2]


def _set_blocking(traced: Traced) -> Any:
    """PyPy's ``os.set_blocking``, which asks for the flags of a descriptor and sets them."""
    call = fcntl.fcntl
    about = marks(files.first)
    get = traced("os", "set_blocking F_GETFL", call, about, ())
    put = traced("os", "set_blocking F_SETFL", call, about, ())

    def set_blocking(fd: int, blocking: bool, /) -> None:
        flags = get(fd, fcntl.F_GETFL)
        put(fd, fcntl.F_SETFL, flags & ~os.O_NONBLOCK if blocking else flags | os.O_NONBLOCK)

    return set_blocking


def _waiting(traced: Traced) -> Iterator[tuple[Any, str, Any]]:
    selectors = sys.modules.get("selectors")
    wrapped = _Unbound(traced("select", "select", select.select, marks(_in_sets), ()))
    yield select, "select", wrapped
    # On Windows SelectSelector has a method there, which looks select.select up.
    kept = getattr(getattr(selectors, "SelectSelector", None), "_select", None)
    if kept is select.select:
        yield selectors.SelectSelector, "_select", wrapped  # type: ignore[union-attr]
    for name, holder in (("poll", "PollSelector"), ("epoll", "EpollSelector")):
        factory = getattr(select, name, None)
        if factory is None:
            continue
        made = _factory(traced, name, factory)
        yield select, name, made
        cls = getattr(selectors, holder, None)
        if cls is not None and cls._selector_cls is factory:
            yield cls, "_selector_cls", made


# What may be looked through twice.
_SETS = (list, tuple, set, frozenset, dict)


def _in_sets(arguments: tuple[Any, ...]) -> Sequence[Any]:
    return [fd for fds in arguments[:3] if isinstance(fds, _SETS) for fd in fds]


def _in_pairs(arguments: tuple[Any, ...]) -> Sequence[Any]:
    return [fd for fd, _ in arguments[0]]


class _Unbound:
    """A function that does not become a method where a class keeps it, as functions in C do not."""

    __slots__ = ("__wrapped__",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self.__wrapped__ = function

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.__wrapped__(*arguments, **named)


def _factory(traced: Traced, name: str, factory: Any) -> Any:
    if name == "poll":

        class poll(_Poll):
            __slots__ = ()

            def __init__(self) -> None:
                super().__init__(traced, factory())

        return poll
    create = traced("select", "epoll_create1", factory, (), ())

    class epoll(_Epoll):
        __slots__ = ()

        def __init__(self, *sizes: int, **named: int) -> None:
            super().__init__(traced, create(*sizes, **named))

        @classmethod
        def fromfd(cls, fd: int) -> Any:
            made = cls.__new__(cls)
            _Epoll.__init__(made, traced, factory.fromfd(fd))
            return made

    return epoll


def _number(fd: Any) -> int:
    number: int = fd if isinstance(fd, int) else fd.fileno()
    return number


class _Poll:
    """A poll object: what is registered with it are the arguments of poll(2)."""

    __slots__ = ("_poll", "_registered", "_traced")

    def __init__(self, traced: Traced, poll: Any) -> None:
        self._traced, self._poll = traced, poll
        self._registered: dict[int, int] = {}

    def register(self, fd: Any, eventmask: int = 0x7, /) -> None:
        self._poll.register(fd, eventmask)
        self._registered[_number(fd)] = eventmask

    def modify(self, fd: Any, eventmask: int, /) -> None:
        self._poll.modify(fd, eventmask)
        self._registered[_number(fd)] = eventmask

    def unregister(self, fd: Any, /) -> None:
        self._poll.unregister(fd)
        self._registered.pop(_number(fd), None)

    def poll(self, timeout: Any = None, /) -> Any:
        def call(fds: Any, nfds: int, milliseconds: int) -> Any:
            return self._poll.poll(timeout)

        fds = [list(pair) for pair in self._registered.items()]
        tell = self._traced("select", "poll", call, marks(_in_pairs), ())
        return tell(fds, len(fds), _milliseconds(timeout))


def _milliseconds(timeout: Any) -> int:
    """As C gets it: rounded up, and below 0 for ever."""
    return -1 if timeout is None or timeout < 0 else -int(-timeout // 1)


class _Epoll:
    """An epoll object: each of its methods is one system call."""

    __slots__ = ("_control", "_epoll", "_traced")

    def __init__(self, traced: Traced, epoll: Any) -> None:
        self._traced, self._epoll = traced, epoll

    def _ctl(self, operation: str, method: Any, fd: Any, *events: int) -> None:
        def call(epfd: int, op: str, number: int, *mask: int) -> Any:
            return method(fd, *events)

        tell = self._traced("select", f"epoll_ctl {operation}", call, (), ())
        tell(self.fileno(), operation_number(operation), _number(fd), *events)

    def register(self, fd: Any, eventmask: int = 0x7, **named: int) -> None:
        self._ctl("ADD", self._epoll.register, fd, named.get("eventmask", eventmask))

    def modify(self, fd: Any, eventmask: int) -> None:
        self._ctl("MOD", self._epoll.modify, fd, eventmask)

    def unregister(self, fd: Any) -> None:
        self._ctl("DEL", self._epoll.unregister, fd)

    def poll(self, timeout: Any = None, maxevents: int = -1) -> Any:
        def call(epfd: int, most: int, milliseconds: int) -> Any:
            return self._epoll.poll(timeout, maxevents)

        wait = None if timeout is None else timeout * 1000
        if wait is not None and sys.implementation.name == "pypy":  # which rounds it down
            wait = int(wait)
        most = maxevents if maxevents != -1 else _MOST_EVENTS
        tell = self._traced("select", "epoll_wait", call, (), ())
        return tell(self.fileno(), most, _milliseconds(wait))

    def close(self) -> None:
        if not self.closed:
            fd = self.fileno()
            self._traced("select", "close", lambda fd: self._epoll.close(), (), ())(fd)

    @property
    def closed(self) -> bool:
        return bool(self._epoll.closed)

    def fileno(self) -> int:
        return int(self._epoll.fileno())

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


_MOST_EVENTS = 1023  # FD_SETSIZE − 1, which CPython asks for if it is not told


def operation_number(operation: str) -> int:
    """EPOLL_CTL_ADD and others, which ``select`` does not have."""
    return {"ADD": 1, "DEL": 2, "MOD": 3}[operation]
