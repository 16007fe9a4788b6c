"""Check and convert the items of an address tuple, as ``PyArg_ParseTuple`` does for CPython.

``items`` takes the format letters of that function, one for each item, and raises the same
errors.  Items after ``|`` are optional:

>>> items(("hash", "sha256"), "ss|H", "a tuple (type, name[, feat])")
[b'hash', b'sha256']
>>> items(("hash", "sha256", -1), "ss|H", "a tuple (type, name[, feat])")
[b'hash', b'sha256', 65535]

As in CPython, unsigned integers (``B``, ``H``, ``I``) are not checked for overflow: their lower
bits count.
"""

from __future__ import annotations

from functools import partial

from .._ffi.arguments import c_int, c_uint, lower_bits, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class _WrongType(TypeError):
    """An item is not a str.  ``items`` raises a TypeError with the codec's message instead."""


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
    "H": partial(lower_bits, bits=16),
    "B": partial(lower_bits, bits=8),
}


def items(address: Any, letters: str, complaint: str) -> list[Any]:
    """The items of a tuple, each converted as its letter says.

    Raises TypeError(complaint) if ``address`` is not a tuple, if it has too few or too many items,
    or if an item that has to be a str is not.
    """
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
