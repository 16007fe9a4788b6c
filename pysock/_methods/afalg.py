"""sendmsg_afalg: data for the kernel's ciphers, and what to do with it, as control messages.

The message that brings the first data of an operation (``families/alg.py``) says whether to
encrypt or decrypt, with which initialization vector, and how much of the data is only to be
authenticated.
"""

from __future__ import annotations

from .._calls.state import SocketState
from .._ffi.arguments import INT_MAX, c_int, kind, one_int, size_of, view_of
from .._ffi.signature import NOT_GIVEN, sendmsg_afalg_as_documented
from .._host import abi, constants
from .message import send_message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .._types import ReadableBuffer


class Cipher(SocketState):
    """Messages to the kernel's ciphers."""

    __slots__ = ()

    def sendmsg_afalg(
        self,
        msg: Iterable[ReadableBuffer] = (),
        *,
        op: int,
        iv: Any = NOT_GIVEN,
        assoclen: int = NOT_GIVEN,
        flags: int = 0,
    ) -> int:
        """``sendmsg(2)`` for AF_ALG: gather ``msg`` into the data of an operation.

        ``op`` is a constant like ALG_OP_ENCRYPT, ``iv`` a bytes-like object, and ``assoclen`` says
        how many of the first bytes AEAD only authenticates.  Returns the number of bytes of data
        that were sent.  Blocks, and fails, like ``sendmsg``.  (Linux)
        """
        if self._sock_family_ != constants.get("AF_ALG"):
            raise OSError("algset is only supported for AF_ALG")
        _must_be_int(op, 2)
        vector = None
        if iv is not NOT_GIVEN:
            with view_of(iv) as view:
                size_of(view)
                vector = view.tobytes()
        _must_be_int(assoclen, 4)
        flags = c_int(flags)
        if op is NOT_GIVEN or not 0 <= op <= INT_MAX:
            raise TypeError("Invalid or missing argument 'op'")
        level = constants["SOL_ALG"]
        ancdata = [(level, constants["ALG_SET_OP"], _uint(op))]
        if vector is not None:
            # struct af_alg_iv: its length, and the vector itself.
            ancdata.append((level, constants["ALG_SET_IV"], _uint(len(vector)) + vector))
        if assoclen is not NOT_GIVEN:
            if one_int(assoclen) < 0:
                raise TypeError("assoclen must be positive")
            ancdata.append((level, constants["ALG_SET_AEAD_ASSOCLEN"], _uint(assoclen)))
        return send_message(self, msg, ancdata, flags)

    # A socket of another family is refused first, whatever is missing.
    sendmsg_afalg.__kwdefaults__ = dict(sendmsg_afalg.__kwdefaults__ or {}, op=NOT_GIVEN)
    sendmsg_afalg.__wrapped__ = sendmsg_afalg_as_documented  # type: ignore[attr-defined]


def _must_be_int(value: Any, position: int) -> None:
    if value is not NOT_GIVEN and not isinstance(value, int):
        raise TypeError(f"sendmsg_afalg() argument {position} must be int, not {kind(value)}")


def _uint(number: int) -> bytes:
    return number.to_bytes(4, abi.order)
