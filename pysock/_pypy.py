"""Foreign calls and shared memory on PyPy (see ``_interpreter``).

ctypes on PyPy is compiled Python over function pointers that take plain integers.  So
here an address is an integer, and what owns the memory stays in a variable, or goes back
to a pool, until the call has returned.
"""

from __future__ import annotations

import ctypes

import _rawffi  # type: ignore[import-not-found]

from ._portable import MOST, declared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["MOST", "declared"]

# The collector moves objects, and ctypes copies bytes one by one (16 us a KiB).
STABLE: Any = None
TO_COPY = 65536

pointer_to: Callable[[Any], Any] = ctypes.addressof
get_errno: Callable[[], int] = _rawffi.get_errno
set_errno: Callable[[int], int] = _rawffi.set_errno
bytes_at: Callable[[Any, int], bytes] = _rawffi.charp2rawstring  # 3 ns; a slice, 20 a byte
fill: Callable[[Any, bytes], None] = _rawffi.rawstring2charp  # 10 ns


def open_library(name: str | None) -> ctypes.CDLL:
    """The library, None for what this process has loaded already.

    ctypes' copy of errno (use_errno) would hide the one that ``_rawffi`` has for all calls.
    """
    return ctypes.CDLL(name)


def hot_function(
    library: ctypes.CDLL, name: str, result: Any, parameters: list[Any], quick: bool
) -> Any:
    """A callable that returns an int, and takes checked integers and pointers.

    Calling the function pointer costs 250 ns where ctypes takes 830, or 5000 when an
    argument's type is not exactly the declared one.
    """
    foreign = declared(library, name, result, parameters)
    pointer = foreign._getfuncptr(parameters, result)
    arity = len(parameters)
    if arity == 1:
        return lambda a: pointer(a) if type(a) is int else _converted(pointer, a)
    # One shape for each number of parameters: *args would build a list (180 ns).
    names = ", ".join("abcdefgh"[:arity])
    integers = " is ".join(f"type({name})" for name in "abcdefgh"[:arity]) + " is int"
    return eval(
        f"lambda {names}: pointer({names}) if {integers} else converted(pointer, {names})",
        {"pointer": pointer, "converted": _converted},
    )


def _converted(pointer: Any, *args: Any) -> int:
    """The call, with arguments that are not all integers."""
    keep = []  # what the addresses belong to lives until the call has returned
    numbers = []
    for arg in args:
        if arg is None:
            arg = 0
        elif isinstance(arg, bytes):
            keep.append(bytearray(arg + b"\0"))
            arg = borrow(keep[-1])
        elif not isinstance(arg, int):
            keep.append(arg)
            arg = ctypes.addressof(arg)
        numbers.append(arg)
    result: int = pointer(*numbers)
    keep.clear()
    return result


def take_errno() -> int:
    """Read errno as this thread's last foreign call left it, and set it to 0.

    0 means "lost to a nested call" (see ``_portable``).
    """
    number = get_errno()
    set_errno(0)
    return number


def borrow(buffer: Any) -> Any:
    """The address of a writable buffer, whose owner keeps it alive during the call."""
    if not memoryview(buffer).nbytes:
        return 0
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))


def borrow_address(buffer: Any) -> tuple[Any, int]:
    """What keeps a writable buffer where it is, and its address."""
    return buffer, borrow(buffer)


def address_of(data: Any, view: memoryview) -> tuple[Any, int]:
    """What keeps a copy of a bytes-like object where it is, and its address."""
    copy = bytearray(view)
    return copy, borrow(copy)


def call_reading(view: memoryview, call: Callable[[Any], int]) -> int:
    """``call(address of view's memory)``, without a copy, whatever it holds."""
    if not view.readonly:
        return call(borrow(view))
    return call(view._pypy_raw_address())  # type: ignore[attr-defined]


def new_bytes(size: int) -> bytes | None:
    """None: C cannot write to an object that moves."""
    return None
