"""The items of an address tuple: how many there are, and what each may be.

CPython's socketmodule takes them apart by ``PyArg_ParseTuple``, and so do the codecs, with the
same letters and errors.  What stands behind ``|`` may be left out:

>>> items(("hash", "sha256"), "ss|H", "a tuple (type, name[, feat])")
[b'hash', b'sha256']
>>> items(("hash", "sha256", -1), "ss|H", "a tuple (type, name[, feat])")
[b'hash', b'sha256', 65535]

The unsigned integers are not checked for their range, here as there: the lower bits count.
"""

from __future__ import annotations

from .._ffi.arguments import c_int, c_uint, index, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class _WrongType(TypeError):
    """An item of another type than its letter asks for, which leaves the words to the codec."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _WrongType
    return value


def _c_string(value: Any) -> bytes:
    encoded = str.encode(_text(value))
    if b"\0" in encoded:
        raise ValueError("embedded null character")
    return encoded


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "s": _c_string,  # const char *, in UTF-8
    "U": _text,
    "i": c_int,
    "I": c_uint,
    "H": lambda value: index(value) & 0xFFFF,
    "B": lambda value: index(value) & 0xFF,
}


def items(address: Any, letters: str, complaint: str) -> list[Any]:
    """Each item of a tuple as its letter wants it; TypeError(complaint) for any other tuple."""
    required, _, optional = letters.partition("|")
    most = len(required) + len(optional)
    if not isinstance(address, tuple):
        raise TypeError(complaint)
    given = plain(address)
    if not len(required) <= len(given) <= most:
        raise TypeError(complaint)
    try:
        return [_CONVERTERS[letter](item) for letter, item in zip(required + optional, given)]
    except _WrongType:
        raise TypeError(complaint) from None
