"""pysock in the place of the standard library's ``socket``: for a program, and for its children.

A program's libraries import ``socket`` by themselves.  An import hook, the first entry of
``sys.meta_path``, answers them:

    import socket     the module ``pysock``
    import _socket    the base class, and numbers that are no members of enums (``_plain``)
    import ssl        the standard library's, for which sockets of C stand in (``_tls``)

There are two ways to get there.  ``install()`` is for the first line of a program.  A child of
``python -m pysock run`` finds the folder ``_startup`` in PYTHONPATH, whose ``sitecustomize`` loads
this file alone; pysock follows when ``socket`` is imported, so that a process without sockets pays
next to nothing.  Therefore this module imports nothing of the package before that.
"""

from __future__ import annotations

import builtins
import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import PathFinder
from _thread import RLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import CodeType, ModuleType
    from typing import Any

# Variables in the environment of a program that runs on pysock.
VARIABLE = "PYSOCK_RUN"  # "1", or "report"
FRAMES = "PYSOCK_FRAMES"  # "1": tracebacks show pysock's lines, too
TRACE = "PYSOCK_TRACE"  # the folder to record its calls in

# What stood in sys.modules instead, by name; None while pysock is not in the place of socket.
_before: dict[str, ModuleType] | None = None

# Whether ``install`` has come to its end, and ``uninstall`` has not begun.  If a signal handler has
# raised in one of them, or there was no memory, the next call of either undoes what is left.
_whole = False

# One thread at a time puts pysock in place or away; the others wait for the end of that.
_lock = RLock()


def _renew_lock() -> None:
    """In a forked child, which lacks the thread that may have had it."""
    global _lock
    _lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)

# What ``install(replace=True)`` has replaced: (module, name in it, the value before, pysock's).
_replaced: list[tuple[str, str, Any, Any]] = []

_package: str | None = None  # the folder of the package, if ``start`` was told


# --- public functions ----------------------------------------------------------------


def install(*, replace: bool = False) -> None:
    """Put pysock in the place of ``socket``, for everything that imports it from now on.

    Call it in the first line of a program.  If modules have the standard library's ``socket``
    already, this is an ImportError that names them, and nothing is changed; only those of
    ``multiprocessing`` do not matter.  With ``replace``, what they have is replaced by what pysock
    has; only classes that they have derived from ``socket.socket`` stay what they are.

    Forked children inherit it, and those of ``multiprocessing`` that import the program again have
    it from its first line.  Others do not: for those there is ``python -m pysock run``.
    Makes no call, and does not block.

    >>> install(replace=True)
    >>> import socket
    >>> hasattr(socket, "Socket")
    True
    >>> uninstall()
    """
    with _lock:
        if not _whole:
            uninstall()
            _install(replace=replace)


def _install(*, replace: bool) -> None:
    global _before, _whole
    before = {name: sys.modules[name] for name in ("socket", "_socket") if name in sys.modules}
    ours = _counterparts(before)
    found = list(_holders(ours))
    names = sorted({module for module, _ in found if not module.startswith(_FOLLOWING)})
    if names and not replace and not _is_child():
        have = "has" if len(names) == 1 else "have"
        raise ImportError(
            f"pysock.install() comes too late: {_listed(names)} {have} the standard library's "
            "socket already. Call it before they are imported; or start the program by "
            "python -m pysock run; or replace what they have by install(replace=True)"
        )
    _before = before
    try:
        _take_place()
        _replace(found, ours)
        _whole = True
    except BaseException:  # a signal handler's, or there is no memory
        uninstall()
        raise


def _replace(found: list[tuple[str, str]], ours: Mapping[int, Any]) -> None:
    for module, name in found:
        contents = vars(sys.modules[module])
        value = contents.get(name)
        if id(value) in ours:
            _replaced.append((module, name, value, ours[id(value)]))
            contents[name] = ours[id(value)]


def _is_child() -> bool:
    """Whether ``multiprocessing`` imports the program for a child, and has sockets of its own."""
    process = sys.modules.get("multiprocessing.process")
    return process is not None and hasattr(process.current_process(), "_inheriting")


def uninstall() -> None:
    """Undo ``install``: what imports ``socket`` from now on gets the standard library's again.

    Modules that have imported pysock as ``socket`` meanwhile keep it.  Does nothing without
    ``install``.
    """
    with _lock:
        if _before is not None:
            _uninstall(_before)


def _uninstall(before: dict[str, ModuleType]) -> None:
    global _before, _whole
    _whole = False
    from . import _naming, _tracebacks

    while _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for name in ("socket", "_socket"):
        sys.modules.pop(name, None)
    sys.modules.update(before)
    while _replaced:
        module, name, value, ours = _replaced[-1]
        contents = vars(sys.modules.get(module, builtins))
        if contents.get(name) is ours:
            contents[name] = value
        _replaced.pop()
    _naming.name_as(in_place=False)
    _tracebacks.keep()
    _before = None


class installed:
    """A context in which pysock is in the place of ``socket``, for tests.

    It begins with ``install(replace=True)``, and ends with ``uninstall()``, unless it is within
    another one.

    >>> with installed():
    ...     import socket
    ...     hasattr(socket, "Socket")
    True
    """

    def __enter__(self) -> None:
        self.outermost = not _whole
        install(replace=True)

    def __exit__(self, *exception: object) -> None:
        if self.outermost:
            uninstall()


# --- programs and their children ------------------------------------------------------


def environment(
    variables: Mapping[str, str],
    *,
    report: bool = False,
    trace: str | None = None,
    frames: bool = False,
) -> dict[str, str]:
    """The environment in which a Python process, and each that it starts, runs on pysock.

    With ``trace``, a folder, each of them records there what its sockets do; with ``frames``,
    their tracebacks have pysock's lines, too.
    """
    startup = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_startup")
    others = [path for path in variables.get("PYTHONPATH", "").split(os.pathsep) if path]
    paths = [startup, *[path for path in others if path != startup]]
    value = "report" if report else "1"
    more = {} if trace is None else {TRACE: trace}
    if frames:
        more[FRAMES] = "1"
    return {**variables, "PYTHONPATH": os.pathsep.join(paths), VARIABLE: value, **more}


def start(package: str) -> None:
    """At the start of a process: answer imports of ``socket`` by the pysock in this folder."""
    global _package, _before, _whole
    _package = package
    sys.meta_path.insert(0, _finder)
    if os.environ.get(VARIABLE) == "report":
        import atexit

        atexit.register(_report)
    if "socket" in sys.modules:  # a .pth file has imported it
        install(replace=True)
    else:
        _before, _whole = {}, True
    folder = os.environ.get(TRACE)
    if folder is not None and os.path.isdir(folder):  # it is gone once nobody watches
        from .trace import record

        record.start(folder)


def _report() -> None:
    from ._commands.run import report

    report()


# --- the hook ------------------------------------------------------------------------


class _Finder:
    """An entry of ``sys.meta_path``, for the names in ``_SPECS``."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        find = _SPECS.get(name)
        if find is None and name.startswith("socket."):
            find = _find_submodule
        return None if find is None else find(name)


_finder = _Finder()


def _find_pysock(name: str) -> ModuleSpec | None:
    """This very package, for a process whose sys.path may lack it, or has another pysock."""
    return None if _package is None else PathFinder.find_spec(name, [os.path.dirname(_package)])


def _find_in_place(name: str) -> ModuleSpec:
    return ModuleSpec(name, _InPlace())  # type: ignore[arg-type]


def _find_socket(name: str) -> ModuleSpec | None:
    """The same of ``socket``, unless the program has a module of its own by that name."""
    spec = find_elsewhere(name, after=True)
    if spec is None or not spec.has_location or spec.origin is None:
        return _find_in_place(name)
    folder, library = os.path.dirname(spec.origin), os.path.dirname(os.__file__)
    of_library = folder == library or os.path.realpath(folder) == os.path.realpath(library)
    return _find_in_place(name) if of_library else None


def _find_submodule(name: str) -> ModuleSpec:
    """What ``from socket import tcp`` asks for, if ``socket`` is pysock, by its name there."""
    own_name = f"pysock.{name.partition('.')[2]}"
    try:
        __import__(own_name)
    except ModuleNotFoundError as error:
        if error.name != own_name:
            raise
        text = f"No module named {name!r}; 'socket' is not a package"
        raise ModuleNotFoundError(text, name=name) from None
    return ModuleSpec(name, _InPlace(own_name))  # type: ignore[arg-type]


class _InPlace:
    """A loader of ``socket`` and ``_socket``, which executes nothing: they are there already.

    ``importlib.reload`` of ``_socket`` calls ``exec_module`` alone.
    """

    spec = None  # the module's own, which the import system replaces

    def __init__(self, own_name: str = "") -> None:
        self.own_name = own_name  # of a submodule

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        _take_place()
        module = sys.modules[self.own_name or spec.name]
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        if self.spec is not None:
            module.__spec__ = self.spec

    # What runpy, pkgutil and modulefinder ask of any loader.

    def is_package(self, name: str) -> bool:
        return False

    def get_source(self, name: str) -> str | None:
        """None for ``_socket``, which has none in C."""
        return None if name == "_socket" else f"from {self.own_name or 'pysock'} import *\n"

    def get_code(self, name: str) -> CodeType | None:
        source = self.get_source(name)
        return None if source is None else compile(source, f"<{name}>", "exec")


def _find_ssl(name: str) -> ModuleSpec | None:
    return _find_changed(name, _change_ssl)


def _change_ssl(ssl: ModuleType) -> None:
    from . import _tls

    _tls.let_sockets_stand_in(ssl)


def _find_shortened(name: str) -> ModuleSpec | None:
    """For a program that has sockets already; else ``_tracebacks`` finds it in ``sys.modules``."""
    ours = sys.modules.get("pysock._tracebacks")
    if ours is None or not ours.are_shorter():
        return None
    return _find_changed(name, ours.shorten_in)


def _find_changed(name: str, change: Any) -> ModuleSpec | None:
    spec = find_elsewhere(name, after=True)
    if spec is not None and spec.loader is not None:
        spec.loader = _Changing(spec.loader, change)  # type: ignore[assignment]
    return spec


class _Changing:
    """The loader of a module that is changed once it has been executed."""

    def __init__(self, loader: Any, change: Any) -> None:
        self.loader, self.change = loader, change

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self.loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__loader__ = module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        self.change(module)

    def __getattr__(self, name: str) -> Any:
        """``get_code``, ``get_source`` and the like: of the module as it is in its file."""
        return getattr(vars(self).get("loader"), name)


def find_elsewhere(name: str, *, after: bool = False) -> ModuleSpec | None:
    """What the other entries of ``sys.meta_path`` find: those after ours, or all.

    The import system has asked the entries before ours already.
    """
    finders = list(sys.meta_path)
    if after and _finder in finders:
        del finders[: finders.index(_finder)]
    for finder in finders:
        spec = None if finder is _finder else finder.find_spec(name, None)
        if spec is not None:
            return spec
    return None


def capi() -> Any:
    """What C's ``_socket`` has for ``_ssl``, which asks for it when it is loaded."""
    if "ssl" not in _SPECS:
        raise AttributeError("module '_socket' has no attribute 'CAPI'")
    from . import _tls

    return _tls.interpreters_own().CAPI


def replaced(name: str) -> ModuleType | None:
    """The interpreter's own ``socket`` or ``_socket``, if it was there before pysock's."""
    return (_before or {}).get(name)


_SPECS = {
    "pysock": _find_pysock,
    "socket": _find_socket,
    "_socket": _find_in_place,
    "threading": _find_shortened,
    "traceback": _find_shortened,
}
if sys.implementation.name == "cpython":  # PyPy's _ssl takes any socket
    _SPECS["ssl"] = _find_ssl


def _take_place() -> None:
    """Be ``socket`` and ``_socket`` in ``sys.modules``."""
    import pysock

    from . import _naming, _plain, _tracebacks

    with _lock:
        plain = _plain.module()
        if plain.__spec__ is None:  # importlib.util.find_spec and importlib.reload ask for it
            plain.__spec__ = _find_in_place("_socket")
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)
        _naming.name_as(in_place=True)
        if FRAMES not in os.environ:
            _tracebacks.shorten()
        # Last, so that an import that is interrupted before comes here once more.
        sys.modules["_socket"], sys.modules["socket"] = plain, pysock


# --- who has the standard library's ---------------------------------------------------

# These have the module alone, and ask it at each call, so that what replaces it is all they use.
# A program that PyInstaller has packed, and that uses them, has them before its first line.
_FOLLOWING = "multiprocessing."

# These have it, and keep it.
_EXEMPT = frozenset(("socket", "_socket", "ssl", "_ssl"))


def _counterparts(before: Mapping[str, ModuleType]) -> dict[int, Any]:
    """The ``id`` of each thing in the standard library's ``socket`` → what pysock has instead."""
    import pysock

    from . import _plain

    counterparts: dict[int, Any] = {}
    for module, ours in (("_socket", _plain.module()), ("socket", pysock)):
        theirs = before.get(module)
        if theirs is None or theirs is ours:
            continue
        counterparts[id(theirs)] = ours
        for name, value in vars(theirs).items():
            own = getattr(value, "__module__", None) in ("socket", "_socket")
            if (own or name == "_GLOBAL_DEFAULT_TIMEOUT") and hasattr(ours, name):
                counterparts[id(value)] = getattr(ours, name)
    return counterparts


def _holders(counterparts: Mapping[int, Any]) -> Iterator[tuple[str, str]]:
    """``(module, name)`` of what has a counterpart, or is derived from a class that has one."""
    for module, loaded in list(sys.modules.items()):
        if module in _EXEMPT or module.partition(".")[0] == "pysock":
            continue
        try:
            contents = list(vars(loaded).items())
        except TypeError:  # it is not a module: anything may stand there
            continue
        for name, value in contents:
            if id(value) in counterparts or (
                isinstance(value, type)
                and not counterparts.keys().isdisjoint(map(id, value.__mro__))
            ):
                yield module, name


def _listed(names: list[str], most: int = 5) -> str:
    """``a, b and c``, or ``a, b, c, d, e and 7 more``."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
