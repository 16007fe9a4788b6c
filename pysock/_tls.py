"""What ``ssl`` gets of ``socket`` in a program that runs on pysock.

CPython's module for OpenSSL, ``_ssl``, knows only the interpreter's own class of sockets, which is
written in C.  So the import hook (``_install``) has ``ssl`` executed here: its SSLSocket stands on
that class, and the rest of what it imports from ``socket`` is pysock's.  An SSLSocket takes over
the descriptor of the socket that it wraps.  So what is encrypted runs in C, and all else here.

It takes two tricks.  ``_Importing`` executes a module whose own import statements find other
modules for some names; and the interpreter's ``socket`` and ``_socket`` are loaded where nobody
else sees them.
"""

from __future__ import annotations

import builtins
import sys
from _frozen_importlib import module_from_spec
from types import FunctionType, ModuleType
from weakref import WeakKeyDictionary

from . import _enums
from ._ffi import errors
from ._host import lib, lib_keeping_gil
from ._install import find_elsewhere, replaced_socket
from ._methods.makefile import SocketIO
from ._socket import Socket, SocketBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _frozen_importlib import ModuleSpec
    from collections.abc import Mapping
    from typing import Any

_own: ModuleType | None = None  # the interpreter's own ``socket``, once it is needed


def execute(loader: Any, ssl: ModuleType) -> None:
    """Execute the module ``ssl``, which its loader has just created."""
    _Importing(loader, {"socket": _socket_for_ssl}).exec_module(ssl)
    _take_sockets_of_pysock(ssl)


# --- modules that find others --------------------------------------------------------


class _Importing:
    """A loader of a module whose own import statements find other modules for some names."""

    def __init__(self, loader: Any, others: Mapping[str, Any]) -> None:
        self.loader, self.others = loader, others

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self.loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        self.prepare(module)
        self.loader.exec_module(module)

    def prepare(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__loader__ = module.__spec__.loader = self.loader
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": self.import_module}

    def exec_unseen(self, module: ModuleType) -> None:
        """``exec_module`` for one of which ``sys.modules`` has another of the same name.

        ``IntEnum._convert_`` puts an enum into the module in ``sys.modules`` that has the name of
        the one that calls it: that of the C module into pysock, if both had the same.
        """
        name, code = module.__name__, self.loader.get_code(module.__name__)
        if code is None:  # it is written in C
            return self.exec_module(module)
        self.prepare(module)
        unseen = module.__name__ = f"{name} of the interpreter"
        sys.modules[unseen] = module
        try:
            exec(code, vars(module))
        finally:
            del sys.modules[unseen]
            module.__name__ = name
        for value in list(vars(module).values()):
            if isinstance(value, (type, FunctionType)) and value.__module__ == unseen:
                value.__module__ = name

    def import_module(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if name in self.others:
            return self.others[name]()
        return builtins.__import__(name, *args, **kwargs)


# --- the interpreter's own sockets ----------------------------------------------------


def interpreters_own() -> ModuleType:
    """The standard library's ``socket``, on C's ``_socket``: for ``ssl``, and nobody else."""
    global _own
    if _own is None:
        own = replaced_socket()
        if own is None:
            in_c = _load("_socket", {})
            own = _load("socket", {"_socket": lambda: in_c})
        _make_alike(own)
        _own = own
    return _own


def _load(name: str, others: Mapping[str, Any]) -> ModuleType:
    """A module that nobody else sees, unlike the one of that name in ``sys.modules``."""
    spec = find_elsewhere(name)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    loader = spec.loader = _Importing(spec.loader, others)  # type: ignore[assignment]
    standing = sys.modules.get(name)
    try:
        module = module_from_spec(spec)  # that of a module in C may put it into sys.modules
    finally:
        if standing is not None:
            sys.modules[name] = standing
    loader.exec_unseen(module)
    return module


def _make_alike(own: ModuleType) -> None:
    """Exceptions and enums of both are the same to a program, which knows only pysock's."""
    for name in ("gaierror", "herror", "timeout"):
        theirs, ours = getattr(own, name), getattr(errors, name)
        if not issubclass(theirs, ours):
            theirs.__bases__ = (ours,)
    for name in ("AddressFamily", "AddressInfo", "MsgFlag", "SocketKind"):
        setattr(own, name, getattr(_enums, name))
    SocketIO.register(own.SocketIO)  # the file of an SSLSocket is one


def _socket_for_ssl() -> ModuleType:
    """pysock, except for the class on which SSLSocket stands."""
    module = ModuleType("socket")
    package = sys.modules[__package__]  # which imports this file, and so is not imported here
    vars(module).update(vars(package), socket=_base_of_ssl_sockets())
    return module


def _base_of_ssl_sockets() -> type:
    """The class of C's sockets, but ``isinstance(ssl_socket, socket.socket)`` holds.

    As eventlet does, programs may call methods of ``socket.socket`` on an SSLSocket: so there is
    a socket's state (``_calls.state``), too.
    """
    own = interpreters_own()
    in_c = own._socket.socket

    seen_as: dict[type, type] = {}

    def shown(cls: type) -> type:
        """What ``isinstance`` asks for besides the type, and ``repr`` shows."""
        if cls not in seen_as:
            contents = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
            seen_as[cls] = type(cls.__name__, (Socket,), contents)
        return seen_as[cls]

    contents: dict[str, Any] = {"__module__": "socket", "__slots__": ()}
    true = vars(object)["__class__"]  # to which assignments go on: eventlet makes some
    contents["__class__"] = property(lambda self: shown(type(self)), true.__set__)
    contents["_sock_fd_"] = property(in_c.fileno)
    for name in ("family", "type", "proto"):
        contents[f"_sock_{name}_"] = property(vars(in_c)[name].__get__)
    contents["_sock_timeout_"] = property(in_c.gettimeout)
    contents["_sock_calls_"] = property(
        lambda self: lib if in_c.gettimeout(self) is None else lib_keeping_gil
    )
    return type("socket", (own.socket,), contents)


def _take_sockets_of_pysock(ssl: ModuleType) -> None:
    """Let contexts wrap what is derived from the class in ``_socket``: gevent's sockets.

    C's sockets stand in for them.  They have the descriptor, and the timeout that there was when
    they were made; the program's socket closes it.
    """

    class StandIn(interpreters_own()._socket.socket):  # type: ignore[misc]
        __slots__ = ("__weakref__",)

        def __del__(self) -> None:
            self.detach()

    # OpenSSL's side has only a weak reference to its socket.
    stand_ins: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
    wrap = ssl.SSLContext._wrap_socket

    def _wrap_socket(self: Any, sock: Any, *args: Any, **kwargs: Any) -> Any:
        if issubclass(type(sock), SocketBase):
            made = StandIn(sock.family, sock.type, sock.proto, sock.fileno())
            made.settimeout(sock.gettimeout())
            stand_ins[sock], sock = made, made
        return wrap(self, sock, *args, **kwargs)

    ssl.SSLContext._wrap_socket = _wrap_socket
