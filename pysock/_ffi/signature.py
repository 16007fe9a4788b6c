"""What ``inspect.signature`` shows, where that is not what the Python code declares."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from inspect import Signature
    from typing import Any


class _NotGiven:
    """The type of NOT_GIVEN, the default of a parameter for which None is a valid argument."""

    def __repr__(self) -> str:
        return "<not given>"


NOT_GIVEN: Any = _NotGiven()


class SignatureOfInit:
    """``__signature__`` of a class: that of ``__init__``.

    The class has a ``__new__`` that takes any arguments, which is what inspect would show.
    """

    def __get__(self, instance: object, owner: Any) -> Signature:
        # The caller is inspect itself, or has imported it; importing it here would be slow.
        inspect = sys.modules.get("inspect")
        if inspect is None:
            raise AttributeError("__signature__")
        _self, *parameters = inspect.signature(owner.__init__).parameters.values()
        made: Signature = inspect.Signature(parameters)
        return made


def sendto_as_documented(self: Any, bytes: Any, flags: int, address: Any = NOT_GIVEN, /) -> int:
    """The signature that ``sendto`` shows; its own parameters only serve to count arguments."""
    raise NotImplementedError


def sendto_on_pypy(given: int) -> str:
    """PyPy's words about a wrong count of arguments: it has named the two that there must be."""
    if given > 3:
        return f"socket.sendto() takes from 3 to 4 positional arguments but {given + 1} were given"
    lacking = ["'data'", "'param2'"][given:]
    arguments = "argument" if len(lacking) == 1 else "arguments"
    count = f"{len(lacking)} required positional {arguments}"
    return f"socket.sendto() missing {count}: {' and '.join(lacking)}"


def send_as_documented(self: Any, data: Any, flags: int = 0, /) -> int:
    """The signature that ``send`` shows from Python 3.15 on."""
    raise NotImplementedError


def sendall_as_documented(self: Any, data: Any, flags: int = 0, /) -> None:
    """The signature that ``sendall`` shows from Python 3.15 on."""
    raise NotImplementedError


def sendmsg_afalg_as_documented(
    self: Any,
    msg: Any = (),
    *,
    op: int,
    iv: Any = NOT_GIVEN,
    assoclen: int = NOT_GIVEN,
    flags: int = 0,
) -> int:
    """The signature that ``sendmsg_afalg`` shows; its own lets it ask for the family first."""
    raise NotImplementedError


def setsockopt_as_documented(
    self: Any, level: int, optname: int, value: Any, optlen: Any = NOT_GIVEN, /
) -> None:
    """The signature that ``setsockopt`` shows; its own only serves to count arguments."""
    raise NotImplementedError
