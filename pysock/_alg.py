"""sendmsg_afalg: what to do with the data goes along with it, as control messages.

An operation of the kernel's cryptography (``families/alg.py``) is told in the message that
brings its first data whether to encrypt or decrypt, from which initialization vector, and
how much of the data is only to be authenticated.
"""

from __future__ import annotations

from . import _message
from ._arguments import INT_MAX, c_int, kind, one_int, view_of
from ._host import abi, constants
from ._signature import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ._socket import Socket
    from ._types import ReadableBuffer


def sendmsg_afalg(
    self: Socket,
    msg: Iterable[ReadableBuffer] = (),
    *,
    op: int,
    iv: Any = MISSING,
    assoclen: int = MISSING,
    flags: int = 0,
) -> int:
    """``sendmsg(2)`` for AF_ALG: gather ``msg`` into the data of an operation.

    ``op`` is a constant like ALG_OP_ENCRYPT, ``iv`` a bytes-like object, and ``assoclen`` says
    how many of the first bytes AEAD only authenticates.
    """
    if self._family != constants.get("AF_ALG"):
        raise OSError("algset is only supported for AF_ALG")
    _must_be_int(op, 2)
    vector = None
    if iv is not MISSING:
        with view_of(iv) as view:
            vector = view.tobytes()
    _must_be_int(assoclen, 4)
    flags = c_int(flags)
    if not 0 <= op <= INT_MAX:
        raise TypeError("Invalid or missing argument 'op'")
    level = constants["SOL_ALG"]
    ancdata = [(level, constants["ALG_SET_OP"], _uint(op))]
    if vector is not None:
        # struct af_alg_iv: its length, and the vector itself.
        ancdata.append((level, constants["ALG_SET_IV"], _uint(len(vector)) + vector))
    if assoclen is not MISSING:
        if one_int(assoclen) < 0:
            raise TypeError("assoclen must be positive")
        ancdata.append((level, constants["ALG_SET_AEAD_ASSOCLEN"], _uint(assoclen)))
    return _message.send(self, msg, ancdata, flags)


def _must_be_int(value: Any, position: int) -> None:
    if value is not MISSING and not isinstance(value, int):
        raise TypeError(f"sendmsg_afalg() argument {position} must be int, not {kind(value)}")


def _uint(number: int) -> bytes:
    return number.to_bytes(4, abi.order)
