"""A C function: from its declaration to a Python callable.

A prototype is written as the manual page prints it.  ctypes takes from it the types of the
parameters and of the result, and ``pysock.trace`` their names.  Two more properties come with
it: how the function reports failure (``errors``), and whether it can block.

>>> connect = Prototype("int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen)")
>>> connect.name, connect.result
('connect', 'int')
>>> connect.parameters
[('int', 'sockfd'), ('const struct sockaddr *', 'addr'), ('socklen_t', 'addrlen')]

A prototype loads nothing; ``bind`` finds its function in a library.
"""

from __future__ import annotations

import ctypes
from functools import partial

from .errors import errcheck, in_line, with_memory_errors
from .interpreter import declared, hot_function
from .portable import ReadPointer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any


class Prototype:
    """One C function: its declaration, its failure convention, and whether it can block.

    ``text``               the declaration
    ``failed``             a convention of ``errors``; None if no result means failure, or if
                           the caller knows how to tell
    ``keeps_gil``          the function never blocks, so the call keeps the GIL
    ``dontwait``           it does not block if its flags have MSG_DONTWAIT
    ``sends``              it may wait for room: on some systems even with MSG_DONTWAIT
    ``retried_for_errno``  it never blocks, and a failed call changes nothing, so that the call
                           can be repeated to learn its errno
    ``needs``              the attribute of the platform's ABI that must be true for the declaration
                           to be right; None if it is right everywhere
    """

    __slots__ = (
        "dontwait",
        "failed",
        "keeps_gil",
        "name",
        "needs",
        "result",
        "retried_for_errno",
        "sends",
        "tail",
        "text",
    )

    def __init__(
        self,
        text: str,
        failed: Callable[[Any], bool] | None = None,
        *,
        keeps_gil: bool = False,
        dontwait: bool = False,
        sends: bool = False,
        retried_for_errno: bool = False,
        needs: str | None = None,
    ) -> None:
        head, _, self.tail = text.partition("(")
        self.result, self.name = _type_and_name(head)
        self.text, self.failed, self.dontwait = text, failed, dontwait
        self.keeps_gil = keeps_gil or retried_for_errno
        self.sends, self.retried_for_errno, self.needs = sends, retried_for_errno, needs

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """``(C type, name)`` of each parameter."""
        inside = self.tail.rstrip(")")
        return [] if inside == "void" else [_type_and_name(p) for p in inside.split(",")]


def _type_and_name(declaration: str) -> tuple[str, str]:
    if declaration.endswith("]"):  # C passes an array parameter as a pointer
        declaration = declaration[: declaration.index("[")]
        kind, _, name = declaration.rpartition(" ")
        return f"{kind.strip()} *", name
    split = max(declaration.rfind(" "), declaration.rfind("*")) + 1
    return declaration[:split].strip(), declaration[split:]


class _Slots:
    """What shortcuts need most: 20 instructions less to read than in a dict of so many attributes.

    3.13 takes 300 more for an option whose function has no slot beside these.
    """

    __slots__ = ("dontwait", "getsockopt", "recv", "recvfrom", "send", "sendto", "setsockopt")

    dontwait: int


class Library(_Slots):
    """The host's C functions, an attribute each.

    A function that the host lacks is no attribute: ``hasattr(lib, "accept4")`` tests for it.
    Callers look a function up at each call (``lib.recv(…)``), so ``trace.watch`` can put a
    traced function in its place.  Without a trace, this costs nothing.
    """

    def __init__(self, constants: Mapping[str, int]) -> None:
        self.constants = constants
        self.prototypes: dict[str, Prototype] = {}
        self.dontwait = 0  # MSG_DONTWAIT if each call by this library must have that flag
        self.releasing = self  # the library whose calls release the GIL

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., Any]: ...


def bind(
    library: Library,
    prototypes: Iterable[Prototype],
    loaded: ctypes.CDLL,
    types: Mapping[str, Any],
    *,
    symbols: Mapping[str, str] = {},
    keeps_gil: bool = False,
) -> None:
    """Give ``library`` each function of ``prototypes`` that the ``loaded`` library has.

    ``types`` maps each C type, except pointers, to its ctypes type.  ``symbols`` has the symbols
    of functions that are not called like them; a library without such a symbol has the plain one.
    With ``keeps_gil`` the functions keep the GIL, so the caller must prevent them from blocking;
    and the functions that are retried for their errno drop it.
    """
    for prototype in prototypes:
        name = prototype.name
        function = None
        if name in symbols:
            function = _callable(prototype, symbols[name], loaded, types, keeps_gil)
        if function is None:
            function = _callable(prototype, name, loaded, types, keeps_gil)
        if function is not None:
            setattr(library, name, function)
            library.prototypes[name] = prototype


def _callable(
    prototype: Prototype,
    symbol: str,
    loaded: ctypes.CDLL,
    types: Mapping[str, Any],
    keeps_gil: bool,
) -> Any:
    """The callable for the function at ``symbol``; None if the library has no such symbol."""
    try:
        if prototype.failed is in_line:
            keeps = keeps_gil or prototype.keeps_gil
            drops = keeps_gil and prototype.retried_for_errno
            return hot_function(loaded, symbol, partial(signature, prototype, types), keeps, drops)
        result, parameters = signature(prototype, types)
        function = declared(loaded, symbol, result, parameters)
        if prototype.failed is not None:
            unchecked = declared(loaded, symbol, result, parameters)
            function.errcheck = errcheck(prototype.failed, unchecked)
        # What takes nothing stays a call in one step: if_nameindex makes what has to be freed.
        return with_memory_errors(function) if parameters else function
    except AttributeError:
        return None


def signature(prototype: Prototype, types: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    """The ctypes types of a prototype's result and parameters."""
    parameters = [_type(kind, types) for kind, _ in prototype.parameters]
    return _result(prototype.result, types), parameters


def _result(text: str, types: Mapping[str, Any]) -> Any:
    if text == "void":
        return None
    if text == "const char *":  # a string that C owns: ctypes copies it at once
        return ctypes.c_char_p
    return _type(text, types)


_READ = frozenset(
    ("const void *", "const char *", "const struct sockaddr *", "const struct addrinfo *")
)


def _type(text: str, types: Mapping[str, Any]) -> Any:
    if text in _READ:
        return ReadPointer
    return ctypes.c_void_p if text.endswith("*") else types[text]
