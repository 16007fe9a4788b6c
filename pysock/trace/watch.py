"""The seam where foreign calls can be watched.

The package looks a C function up at each call (``lib.recv(…)``), so a traced function can
be in its place for a while: it reports that the call begins, makes the call, reports what came of
it, and returns what C did.  ``elsewhere`` does the same for ``os``, ``select`` and ``fcntl``.
While nobody watches, there are no traced functions, and a call costs nothing more.

An observer is a function that is called with each event, a tuple of plain values:

``("begin", number, time, thread, kind, function, arguments, memory, where)``
``("end",   number, time, thread, result, errno, memory)``
``("thread", time, thread, name)``   before the first call of a thread

``number``     of the call, in this process
``time``       in nanoseconds, of a clock that all processes share
``thread``     the kernel's number of the thread
``kind``       "libc", or the Python module that made the call: "os", "select", "fcntl"
``arguments``  as C takes them; an address is the text "*", and NULL is None
``memory``     what the addresses pointed at, copied (``memory`` says under which names)
``where``      ``(module of pysock, its function, file, line)``: which method the program called,
               and from which line
``result``     what C returned; None if an exception has kept the result from being seen

Nothing is decoded here: that takes a thousand times as long as a call (``decode``).

>>> import pysock
>>> from pysock.trace import watch
>>> a, b = pysock.socketpair()
>>> events = []
>>> with watch.watching(events.append):
...     sent = a.send(b"hello")
>>> [event[0] for event in events], events[1][5], events[2][4]
(['thread', 'begin', 'end'], 'send', 5)
>>> a.close(), b.close()
(None, None)
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from errno import EINTR
from functools import partial
from itertools import chain, count, starmap, takewhile
from time import perf_counter_ns

from .._calls import msghdr
from .._ffi.interpreter import exhaust, get_errno, set_errno
from .._host import lib, lib_keeping_gil
from .._methods.shortcuts import message
from . import elsewhere
from .inject import thread_name
from .memory import copiers
from .states import States

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Optional

    from .inject import Injector

    Event = tuple[Any, ...]
    Observer = Callable[[Event], None]
    Copier = Callable[[tuple[Any, ...], Any, dict[str, bytes]], None]
    Where = tuple[Optional[str], str, str, int]

thread_id: Callable[[], int] = getattr(threading, "get_native_id", threading.get_ident)


@contextmanager
def watching(
    observer: Observer, faults: Injector | None = None, *, states: bool = False
) -> Iterator[None]:
    """Call ``observer`` at each foreign call that any thread makes meanwhile (``watch``).

    The observer runs in the thread that makes the call, at any moment, also in a signal handler.
    Calls that it makes itself are reported, too: ``guarded`` leaves them out.
    """
    watcher = _Watcher(observer, faults, states)
    try:
        watcher.begin()
        yield
    finally:
        exhaust(watcher.ending)


def watch(
    observer: Observer, faults: Injector | None = None, *, states: bool = False
) -> Callable[[], None]:
    """Begin to call ``observer`` at each foreign call; returns a function that ends it.

    ``faults`` (``inject``) are put between the traced functions and C.  With ``states``, events
    have the states of TCP (``states``), for which there are extra calls on the program's sockets.
    """
    watcher = _Watcher(observer, faults, states)
    try:
        watcher.begin()
        return watcher.end
    except BaseException:  # a signal handler's
        watcher.end()
        raise


class _Watcher(list[tuple[object, str, object]]):
    """What stands in the place of C's functions; once it has ended, a list of what stood there.

    All of them are exchanged in one step of C, so that no signal handler can raise half way.
    """

    def __init__(self, observer: Observer, faults: Injector | None, states: bool) -> None:
        super().__init__()
        self.tell = tell = _Teller(observer)
        asked = States({name: getattr(lib, name) for name in lib.prototypes}) if states else None
        self.replaced: list[tuple[object, str, object]] = []
        for library in (lib, lib_keeping_gil):
            for name, prototype in library.prototypes.items():
                # The functions of ``lib`` alone keep the errno of each call.
                before, after = copiers(prototype)
                function = getattr(lib, name)
                if faults is not None:
                    function, after = faults.wrap(name, function), (*after, faults.note)
                if asked is not None:
                    sooner, later = asked.copiers(prototype)
                    before, after = before + sooner, after + later
                traced = _traced(tell, "libc", name, function, before, after)
                self.replaced.append((library, name, traced))
        self.replaced += elsewhere.replacements(lambda *call: _traced(tell, *call))
        # Several small buffers would be joined to one iovec; a watcher sees those of the caller.
        self.replaced += [(msghdr, "MANY", 1), (message, "MANY", 1)]
        self.originals = [(owner, name, getattr(owner, name)) for owner, name, _ in self.replaced]
        # Drawn upon, it ends this one.  What a later one stands on goes when that ends, too.
        newest_first = chain.from_iterable(map(reversed, (_watchers,)))
        self.ending = chain(
            map(setattr, (tell,), ("ended",), (True,)),
            map(list.extend, (self,), (self.originals,)),
            starmap(setattr, chain.from_iterable(takewhile(bool, newest_first))),
        )

    def begin(self) -> None:
        while _watchers and _watchers[-1]:
            _watchers.pop()
        exhaust(chain(map(_watchers.append, (self,)), starmap(setattr, self.replaced)))

    def end(self) -> None:
        exhaust(self.ending)


_watchers: list[_Watcher] = []  # in the order in which they have begun


class _Teller:
    """What all traced functions of one observer share."""

    def __init__(self, observer: Observer) -> None:
        self.observer, self.numbers = observer, count(1)
        self.threads: set[int] = set()
        self.ended = False

    def named(self, thread: int) -> None:
        """Tell of a thread."""
        self.threads.add(thread)
        self.observer(("thread", perf_counter_ns(), thread, thread_name()))


def _traced(
    tell: _Teller,
    kind: str,
    name: str,
    function: Callable[..., Any],
    before: tuple[Copier, ...],
    after: tuple[Copier, ...],
) -> Callable[..., Any]:
    observer, numbers, threads = tell.observer, tell.numbers, tell.threads

    def traced(*arguments: Any, **named: Any) -> Any:
        if tell.ended:
            return function(*arguments, **named)
        if arguments and type(arguments[0]) not in _PLAIN:
            arguments = (getattr(arguments[0], "_as_parameter_", arguments[0]), *arguments[1:])
        thread = thread_id()
        if thread not in threads:
            tell.named(thread)
        number = next(numbers)
        memory: dict[str, bytes] = {}
        for copy in before:
            copy(arguments, 0, memory)
        given = (*arguments, *named.values()) if named else arguments
        shown = tuple([a if type(a) in _PLAIN else _plain(a) for a in given])
        where = _where(sys._getframe(1))
        event = ("begin", number, perf_counter_ns(), thread, kind, name, shown, memory, where)
        observer(event)
        memory = {}
        try:
            result = function(*arguments, **named)
            at = perf_counter_ns()
        except OSError as error:
            at = perf_counter_ns()
            observer(("end", number, at, thread, -1, error.errno or 0, memory))
            raise
        except BaseException:
            at = perf_counter_ns()
            # A signal's handler has raised it: of what C returned, errno alone is left.
            interrupted = get_errno() == EINTR
            result = (-1, EINTR) if interrupted else (None, 0)
            observer(("end", number, at, thread, *result, memory))
            raise
        errno = get_errno()
        for copy in after:
            copy(arguments, result, memory)
        failed = type(result) is int and result < 0
        value = result if type(result) in _RESULTS else _plain(result)
        observer(("end", number, at, thread, value, errno if failed else 0, memory))
        set_errno(errno)  # which the observer's own calls may have changed
        return result

    return traced


_PLAIN = frozenset((int, type(None), bool, float))
_RESULTS = _PLAIN | {bytes}  # a string of C, as ctypes returns it


def _plain(value: Any) -> Any:
    """A value of other types as an event has it: an address is "*", a list stays a list."""
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        return [each if type(each) in _PLAIN else _plain(each) for each in value]
    if isinstance(value, int):  # an enum, or another subclass
        return int(value)
    fileno = getattr(value, "fileno", None)
    return fileno() if fileno is not None else "*"


# --- where a call comes from ---------------------------------------------------------

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_COMMANDS = _PACKAGE + "_commands" + os.sep  # programs, which use pysock as others do
_STARTUP = _PACKAGE + "_startup" + os.sep

# On PyPy, a partial is called by code in Python, whose frame is not the program's.
_PARTIAL = getattr(partial.__call__, "__code__", None)

# A file's name → its name in the package, or None if it is no part of it.
_modules: dict[str, str | None] = {}


def _module(file: str) -> str | None:
    inside = file.startswith(_PACKAGE) and not file.startswith((_COMMANDS, _STARTUP))
    found = _modules[file] = file[len(_PACKAGE) :].replace(os.sep, "/") if inside else None
    return found


def _where(frame: Any) -> Where:
    """The outermost function of pysock, and the line outside that called it."""
    module: str | None = None
    function = ""
    while frame is not None:
        code = frame.f_code
        file = code.co_filename
        try:
            inside = _modules[file]
        except KeyError:
            inside = _module(file)
        if inside is not None:
            module, function = inside, code.co_name
        elif code is not _PARTIAL:
            return module, function, file, frame.f_lineno or 0
        frame = frame.f_back
    return module, function, "", 0


# --- observers -----------------------------------------------------------------------


def guarded(observer: Observer) -> Observer:
    """``observer``, but not of the calls that it makes itself."""
    state = threading.local()

    def tell(event: Event) -> None:
        if getattr(state, "busy", False):
            return
        state.busy = True
        try:
            observer(event)
        finally:
            state.busy = False

    return tell
