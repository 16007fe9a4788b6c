"""What ``ssl`` needs in a program that runs on pysock: sockets of C, which stand in for pysock's.

There an SSLSocket is derived from pysock's class, like any socket of the program.  But CPython's
module for OpenSSL, ``_ssl``, takes only the interpreter's own class of sockets, which is written
in C, and reads the descriptor and the timeout out of its struct.  So each socket that a context
wraps gets a stand-in: a socket of C with the same descriptor and timeout, which never closes it.
Encrypted data is sent and received in C; pysock does everything else.

The interpreter's ``_socket`` is loaded without an entry in ``sys.modules``, for ``_ssl`` alone.
"""

from __future__ import annotations

import sys
from _frozen_importlib import module_from_spec
from functools import wraps
from types import FunctionType

from ._calls.descriptor import AdoptedDescriptor
from ._ffi import errors
from ._install import find_elsewhere, replaced
from ._socket import Socket, SocketBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

_in_c: ModuleType | None = None  # the interpreter's own ``_socket``, once it is needed


def interpreters_own() -> ModuleType:
    """The interpreter's ``_socket``, in C: for ``_ssl``, and nobody else."""
    global _in_c
    if _in_c is None:
        own = replaced("_socket") or _load("_socket")
        # Exceptions of both are the same to a program, which knows only pysock's.
        for name in ("gaierror", "herror", "timeout"):
            theirs, ours = getattr(own, name), getattr(errors, name)
            if not issubclass(theirs, ours):
                theirs.__bases__ = (ours,)
        _in_c = own
    return _in_c


def in_c() -> ModuleType | None:
    """The same, if ``ssl`` has needed it."""
    return _in_c


def _load(name: str) -> ModuleType:
    """A module that nobody else sees, unlike the one of that name in ``sys.modules``."""
    spec = find_elsewhere(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    standing = sys.modules.get(name)
    try:
        module = module_from_spec(spec)  # that of a module in C may put it into sys.modules
    finally:
        if standing is not None:
            sys.modules[name] = standing
    spec.loader.exec_module(module)
    return module


class _Adopted:
    """A socket whose descriptor is about to be an SSLSocket's: it has one owner at every instant.

    ``SSLSocket._create`` makes a socket of the number, and detaches this one then.  If a signal
    handler raises in between, both would close the number.
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def fileno(self) -> int:
        fd = AdoptedDescriptor(self._sock.fileno())
        fd.owned, fd.known = self._sock._sock_owned_, True
        return fd


def let_sockets_stand_in(ssl: ModuleType) -> None:
    """In the module ``ssl``: contexts wrap pysock's sockets, those of ``ssl`` and gevent's.

    A stand-in has the timeout that there was when it was made, and the later ones of an SSLSocket.
    """
    from weakref import WeakKeyDictionary  # which is the standard library's, as ssl is

    class StandIn(interpreters_own().socket):  # type: ignore[misc]
        __slots__ = ("__weakref__",)

        # C's own function: in one of Python's, what a signal handler raises would be ignored.
        __del__ = interpreters_own().socket.detach

    # OpenSSL's side has only a weak reference to its socket.
    stand_ins: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
    wrap = ssl.SSLContext._wrap_socket

    def _wrap_socket(self: Any, sock: Any, *args: Any, **kwargs: Any) -> Any:
        if issubclass(type(sock), SocketBase):
            kind = sock._sock_family_, sock._sock_type_, sock._sock_proto_
            made = StandIn(*kind, sock._sock_fd_)
            made.settimeout(sock._sock_timeout_)  # gettimeout() is another one in eventlet
            stand_ins[sock], sock = made, made
        return wrap(self, sock, *args, **kwargs)

    ssl.SSLContext._wrap_socket = _wrap_socket

    def follow(sock: Any) -> None:
        """The stand-in has the timeout of its socket, which has changed.

        Other threads may change it as well: the last of them leaves both alike.
        """
        made = stand_ins.get(sock)
        while made is not None:
            seconds = sock._sock_timeout_
            made.settimeout(seconds)
            if sock._sock_timeout_ is seconds:
                return

    def leave(sock: Any) -> None:
        """OpenSSL's side has no descriptor any more, which may be another socket's from now on."""
        made = stand_ins.get(sock)
        if made is not None:
            made.detach()

    cls: Any = ssl.SSLSocket
    create, unwrap = vars(cls).get("_create"), cls.unwrap
    plain, adopted = Socket, _Adopted

    def _create(cls: Any, sock: Any, *args: Any, **kwargs: Any) -> Any:
        if type(sock) is not plain:
            return create.__func__(cls, sock, *args, **kwargs)
        try:
            return create.__func__(cls, adopted(sock), *args, **kwargs)
        except BaseException:
            if not sock._sock_owned_:  # it is as detached, though ``detach`` was not called
                sock._lose_descriptor()
            raise

    if isinstance(create, classmethod):
        # A function of ssl: for a moment, eventlet gives names in its ``__globals__`` other values.
        made = FunctionType(_create.__code__, vars(ssl), closure=_create.__closure__)
        cls._create = classmethod(wraps(create.__func__)(made))

    def change(self: Any, function: Callable[[Any], None], value: Any) -> None:
        """Change the mode of both.  An exception of a signal handler comes after that, as in C."""
        try:
            function(value)
            follow(self)
        except BaseException as error:
            if not errors.raised_by_pysock(error):
                follow(self)
            raise

    def settimeout(self: Any, value: float | None, /) -> None:
        change(self, super(cls, self).settimeout, value)

    def setblocking(self: Any, flag: bool, /) -> None:
        change(self, super(cls, self).setblocking, flag)

    def detach(self: Any) -> int:
        leave(self)
        descriptor: int = super(cls, self).detach()
        return descriptor

    def _lose_descriptor(self: Any) -> None:
        leave(self)
        super(cls, self)._lose_descriptor()

    def _real_close(self: Any) -> None:
        leave(self)
        self._sslobj = None
        super(cls, self)._real_close()

    def back_to_plain(self: Any) -> Any:
        sock = unwrap(self)
        if type(sock) is not StandIn:
            return sock
        stand_ins.pop(self).detach()
        super(cls, self).settimeout(self._sock_timeout_)  # Windows' handles have another mode in C
        return self

    for function in (settimeout, setblocking, detach, _lose_descriptor, _real_close):
        before = getattr(cls, function.__name__, None)
        if before is not None:  # a class that derives from another socket, as gevent's, has fewer
            setattr(cls, function.__name__, wraps(before)(function))
    cls.unwrap = wraps(unwrap)(back_to_plain)
