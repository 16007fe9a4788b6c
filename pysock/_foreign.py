"""From a line of C to a Python callable.

A prototype is written as the manual page prints it, and says everything ctypes must
know: the types of the arguments and of the result, and the names that a tracer shows.
Beside it stands how the function says that it failed (``_errors``), and whether it can
block:

>>> row = Foreign("int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen)")
>>> row.name, row.result
('connect', 'int')
>>> row.parameters
[('int', 'sockfd'), ('const struct sockaddr *', 'addr'), ('socklen_t', 'addrlen')]

Nothing is loaded before ``bind`` is called.
"""

from __future__ import annotations

import ctypes

from ._errors import in_line
from ._interpreter import declared, hot_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any


class Foreign:
    """One C function: its prototype, its failure convention, and whether it blocks.

    ``quick``: never.  ``dontwait``: not if its flags have MSG_DONTWAIT.  ``again``: never, and
    where it failed it changed nothing, so that it may be called again to hear why.
    """

    __slots__ = ("again", "check", "dontwait", "name", "quick", "result", "tail", "text")

    def __init__(
        self,
        text: str,
        check: Callable[..., Any] | None = None,
        *,
        quick: bool = False,
        dontwait: bool = False,
        again: bool = False,
    ) -> None:
        head, _, self.tail = text.partition("(")
        self.result, self.name = _type_and_name(head)
        self.text, self.check = text, check
        self.quick, self.dontwait, self.again = quick or again, dontwait, again

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """``(C type, name)`` of each parameter."""
        inside = self.tail.rstrip(")")
        return [] if inside == "void" else [_type_and_name(p) for p in inside.split(",")]


def _type_and_name(declaration: str) -> tuple[str, str]:
    if declaration.endswith("]"):  # an array parameter is a pointer in disguise
        declaration = declaration[: declaration.index("[")]
        kind, _, name = declaration.rpartition(" ")
        return f"{kind.strip()} *", name
    split = max(declaration.rfind(" "), declaration.rfind("*")) + 1
    return declaration[:split].strip(), declaration[split:]


class Library:
    """The host's C functions, an attribute each.

    ``hasattr(lib, "accept4")`` is the feature test: what the library lacks is not here.
    Callers look a function up at each call (``lib.recv(…)``), so that ``_watch`` can put
    a witness in its place; while nobody watches, that costs nothing.
    """

    def __init__(self, constants: Mapping[str, int]) -> None:
        self.constants = constants
        self.rows: dict[str, Foreign] = {}
        self.dontwait = 0  # what to add to the flags of a call that goes by this library

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., Any]: ...


def bind(
    library: Library,
    rows: Iterable[Foreign],
    loaded: ctypes.CDLL,
    types: Mapping[str, Any],
    *,
    quick: bool = False,
) -> None:
    """Look up each row in the loaded library; ``types`` has the C types that are no pointers.

    With ``quick``, whoever calls sees to it that none of them blocks; and of those that may be
    called ``again``, none says why it failed.
    """
    for row in rows:
        result, parameters = signature(row, types)
        try:
            if row.check is in_line:
                hold, mute = quick or row.quick, quick and row.again
                function = hot_function(loaded, row.name, result, parameters, hold, mute)
            else:
                function = declared(loaded, row.name, result, parameters)
                if row.check is not None:
                    function.errcheck = row.check
        except AttributeError:
            continue
        setattr(library, row.name, function)
        library.rows[row.name] = row


def signature(row: Foreign, types: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    """The ctypes types of a row's result and parameters."""
    return _result(row.result, types), [_type(kind, types) for kind, _ in row.parameters]


def _result(text: str, types: Mapping[str, Any]) -> Any:
    if text == "void":
        return None
    if text == "const char *":  # text that C owns: read at once
        return ctypes.c_char_p
    return _type(text, types)


def _type(text: str, types: Mapping[str, Any]) -> Any:
    return ctypes.c_void_p if text.endswith("*") else types[text]
