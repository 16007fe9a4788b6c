"""Tracebacks of a program that runs on pysock: without pysock's lines, as without those of C.

If a call of the C module fails, the traceback ends at the line of the program that made it.  So
pysock's frames are left out by Python's own hooks (for the program, its threads, and exceptions
that cannot be raised) and by the module ``traceback``, which ``logging``, ``unittest``, ``asyncio``
and others use.  The exception keeps them: a debugger sees all.  With PYSOCK_FRAMES in the
environment, which ``python -m pysock run --frames`` sets, nothing is left out.
"""

from __future__ import annotations

import sys
from functools import partial, wraps
from types import TracebackType

from ._ffi import versions
from ._late import Suggesting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

# What has been changed: (module, name, Python's own, the one of this file).
_changed: list[tuple[Any, str, Any, Any]] = []

_whole = False  # whether ``shorten`` has come to its end, and ``keep`` has not begun


def shorten() -> None:
    """Leave pysock's lines out from now on.  Does nothing the second time."""
    global _whole
    if _whole:
        return
    keep()  # what one that was interrupted has changed
    for name in ("sys", "threading", "traceback"):
        if name in sys.modules:
            shorten_in(sys.modules[name])
    _whole = True


def are_shorter() -> bool:
    """Whether ``shorten`` was called, and ``keep`` was not yet."""
    return _whole


def shorten_in(module: ModuleType) -> None:
    """The same in one of these modules, which may be imported later."""
    if module.__name__ == "traceback":
        for name in ("walk_tb", "_walk_tb_with_full_positions"):  # by which it reads frames
            own = vars(module).get(name)
            if own is not None:
                _change(module, name, wraps(own)(partial(_walk, own)))
        own = vars(module).get("_compute_suggestion_error")
        if own is not None and versions.MODULES_TELL_NAMES:
            _change(module, own.__name__, wraps(own)(partial(_suggest, own)))
    elif module is sys:
        _change_hook(sys, "excepthook", _of_program)
        if sys.implementation.name == "cpython":  # PyPy's takes only what PyPy itself has made
            _change_hook(sys, "unraisablehook", _of_unraisable)
    else:
        _change_hook(module, "excepthook", _of_threads)


def _change_hook(module: Any, name: str, hook: Callable[..., Any]) -> None:
    own = vars(module)[name]
    ours = wraps(own)(partial(hook, own, module))
    # Python's own is known by both names: code.interact asks whether they are the same.
    for each in (f"__{name}__", name):
        if getattr(module, each, None) is own:
            _change(module, each, ours)


def keep() -> None:
    """Undo it, except where the program has put something else into the place since."""
    global _whole
    _whole = False
    while _changed:
        module, name, own, ours = _changed[-1]
        if getattr(module, name, None) is ours:
            setattr(module, name, own)
        _changed.pop()


def _change(module: Any, name: str, ours: Any) -> None:
    _changed.append((module, name, getattr(module, name), ours))
    setattr(module, name, ours)


# --- hooks ---------------------------------------------------------------------------

# The first argument of each is Python's own, by ``partial``: CPython 3.13 crashes where there is no
# memory for a function that is made at run time.


def _of_program(own: Callable[..., None], _: Any, kind: Any, value: Any, traceback: Any, /) -> None:
    with _Shorter(value):
        own(kind, value, shorter(traceback))


def _of_threads(own: Callable[..., None], threading: Any, told: Any, /) -> None:
    with _Shorter(told.exc_value):
        shown = (told.exc_type, told.exc_value, shorter(told.exc_traceback), told.thread)
        own(threading.ExceptHookArgs(shown))


def _of_unraisable(own: Callable[..., None], _: Any, told: Any, /) -> None:
    if _Shorter is None:  # Python shuts down, and has cleared this module
        return own(told)
    with _Shorter(told.exc_value):
        shown = (told.exc_type, told.exc_value, shorter(told.exc_traceback))
        own(type(told)((*shown, told.err_msg, told.object)))


def _suggest(own: Callable[..., Any], error: Any, tb: Any, wrong_name: str, *more: Any) -> Any:
    with Suggesting([wrong_name]):
        return own(error, tb, wrong_name, *more)


def _walk(own: Callable[..., Any], tb: Any) -> Any:
    return own(shorter(tb))


class _Shorter:
    """While it is entered, an exception, and those that led to it, have shorter tracebacks."""

    def __init__(self, error: BaseException | None) -> None:
        self.full = [(each, each.__traceback__) for each in _with_causes(error)]
        names = [getattr(each, "name_from", getattr(each, "name", None)) for each, _ in self.full]
        self.suggesting = Suggesting([name for name in names if isinstance(name, str)])

    def __enter__(self) -> None:
        self.suggesting.__enter__()
        for error, full in self.full:
            error.__traceback__ = shorter(full)

    def __exit__(self, *exception: object) -> None:
        for error, full in self.full:
            error.__traceback__ = full
        self.suggesting.__exit__()


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    known: set[int] = set()
    left: list[Any] = [error]
    while left:
        error = left.pop()
        if isinstance(error, BaseException) and id(error) not in known:
            known.add(id(error))
            yield error
            # Those of a group are in ``exceptions``, which other classes may have otherwise.
            group = getattr(error, "exceptions", ())
            left += [error.__cause__, error.__context__]
            left += group if isinstance(group, tuple) else ()


# --- frames --------------------------------------------------------------------------


def shorter(tb: TracebackType | None) -> TracebackType | None:
    """A traceback without frames of pysock; the same one, if it has none of them or no others."""
    entries = []
    while tb is not None:
        entries.append(tb)
        tb = tb.tb_next
    others = [entry for entry in entries if not _is_of_pysock(entry)]
    if len(others) in (0, len(entries)):
        return entries[0] if entries else None
    made: TracebackType | None = None
    for entry in reversed(others):
        made = TracebackType(made, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return made


def _is_of_pysock(entry: TracebackType) -> bool:
    return str(entry.tb_frame.f_globals.get("__name__")).startswith("pysock.")
