"""What ``inspect.signature`` shows: which parameters may be left out, how a class is called."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from inspect import Signature
    from typing import Any


class _NotGiven:
    """The default where None would be a value like any other."""

    def __repr__(self) -> str:
        return "<not given>"


NOT_GIVEN: Any = _NotGiven()


class SignatureOfInit:
    """``__signature__`` of a class whose ``__new__`` takes anything, as subclasses need it."""

    def __get__(self, instance: object, owner: Any) -> Signature:
        # ``inspect`` itself asks, or somebody who has it; to import it would take 10 ms.
        inspect = sys.modules.get("inspect")
        if inspect is None:
            raise AttributeError("__signature__")
        _self, *parameters = inspect.signature(owner.__init__).parameters.values()
        made: Signature = inspect.Signature(parameters)
        return made


def sendto_as_documented(self: Any, bytes: Any, flags: int, address: Any = NOT_GIVEN, /) -> int:
    """What is shown of ``sendto``, which counts its arguments itself, in C's words."""
    raise NotImplementedError
