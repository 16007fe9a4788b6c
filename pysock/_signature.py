"""What ``inspect.signature`` shows: which parameters may be left out, how a class is called."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from inspect import Signature
    from typing import Any


class _Missing:
    """The default where None would be a value like any other."""

    def __repr__(self) -> str:
        return "<not given>"


MISSING: Any = _Missing()


class SignatureOfInit:
    """``__signature__`` of a class whose ``__new__`` takes anything, as subclasses need it."""

    def __get__(self, instance: object, owner: Any) -> Signature:
        from inspect import Signature, signature

        _self, *parameters = signature(owner.__init__).parameters.values()
        return Signature(parameters)


def sendto_as_documented(self: Any, bytes: Any, flags: int, address: Any = MISSING, /) -> int:
    """What is shown of ``sendto``, which counts its arguments itself, in C's words."""
    raise NotImplementedError
