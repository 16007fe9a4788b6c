"""What each page of this folder offers: one family's way in and out of C.

A page declares its struct once, from the platform's row, and has a method for each
direction.  Both see the socket, since some addresses mean something only to its protocol.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._abi import ABI
    from .._socket import Socket


class Page:
    """One address family on one platform."""

    def __init__(self, abi: ABI, family: int) -> None:
        self.abi, self.family = abi, family
        self.declare()

    def declare(self) -> None:
        """Declare the struct of this family (``abi.sockaddr``)."""
        raise NotImplementedError

    def pack(self, address: Any, caller: str, sock: Socket | None) -> bytes:
        """The bytes of the struct for ``address``, or TypeError, OverflowError, OSError."""
        raise NotImplementedError

    def unpack(self, raw: bytes, sock: Socket | None) -> Any:
        """The address in ``raw``, which may be shorter than the struct."""
        raise NotImplementedError


def must_be_tuple(address: Any, caller: str, family: str) -> None:
    """CPython's first question to most addresses."""
    if not isinstance(address, tuple):
        raise TypeError(
            f"{caller}(): {family} address must be tuple, not {type(address).__name__}"
        )
