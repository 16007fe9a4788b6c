"""Foreign calls and shared memory on PyPy (see ``interpreter``).

On PyPy, ctypes is Python code on top of ``_rawffi``.  It still declares the functions; calls that
must be quick go through function pointers of ``_cffi_backend``, which take plain integers.  So here
an address is an int.  It keeps no object alive: until the call has returned, a variable or a pool
entry must refer to the object that owns the memory.  Where C only reads, bytes can be passed
instead of an address: the interpreter keeps them in their place until the call has returned.
"""

from __future__ import annotations

import ctypes
from functools import cache

import _cffi_backend  # type: ignore[import-untyped]
import _rawffi  # type: ignore[import-not-found]

from .arguments import size_of, view_of
from .portable import (
    TRANSFER_MAX,
    ReadPointer,
    declared,
    exhaust,
    map_memory,
    new_memory,
    os_error,
    releasing,
    text_at,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = [
    "TRANSFER_MAX",
    "declared",
    "exhaust",
    "map_memory",
    "new_memory",
    "os_error",
    "releasing",
    "text_at",
]

NULL: Any = 0
# All that has an address, in fact; but what else has one is no argument of a call.
FOREIGN = (
    ctypes.CFUNCTYPE(None).__base__,
    type(_cffi_backend.cast(_cffi_backend.new_primitive_type("int"), 0)),
)
COPY_MAX = 65536
# Larger than elsewhere, since the garbage collector frees new memory late.  A pooled buffer
# takes only the pages that C has written to; and above this size the C module, too, maps new
# memory for each call.
POOL_MAX = 1 << 22

get_errno: Callable[[], int] = _rawffi.get_errno
set_errno: Callable[[int], int] = _rawffi.set_errno
bytes_at: Callable[[Any, int], bytes] = _rawffi.charp2rawstring  # 3 ns; a slice, 20 a byte
fill: Callable[[Any, bytes], None] = _rawffi.rawstring2charp  # 10 ns


def pointer_to(made: Any) -> Any:
    """Its address: as an int of a machine's word, since ``addressof`` makes a long one.

    To pass a long int takes PyPy 2 to 6 ns more, each time.
    """
    return ctypes.addressof(made) % (1 << 62)


def bytes_of(array: Any, pointer: Any, size: int) -> bytes:
    """The first ``size`` bytes of an array; slicing it would be a loop over its items."""
    return bytes_at(pointer, size)


def put_bytes(array: Any, pointer: Any, data: bytes) -> None:
    """Copy ``data`` to the begin of an array, whose ``raw`` would be a loop over its items."""
    fill(pointer, data)


def open_library(name: str | None) -> ctypes.CDLL:
    """The library ``name``, or with None all that this process has loaded.

    Without ``use_errno``: ``_rawffi`` saves the errno of each call, and a second copy by ctypes
    would hide it.
    """
    return ctypes.CDLL(name)


def hot_function(
    library: ctypes.CDLL,
    name: str,
    signature: Callable[[], tuple[Any, list[Any]]],
    keeps_gil: bool,
    drops_errno: bool,
) -> Any:
    """A callable that returns an int, and takes integers, also for addresses, and bytes to read.

    It is a function pointer of the library below ``cffi``, which is built into PyPy: a failing
    ``getsockopt`` takes 250 ns, by a pointer of ``_rawffi`` 590.  Both save errno in one place.
    """
    result, parameters = signature()
    kinds = tuple(map(_integer, parameters))
    kind = _cffi_backend.new_function_type(kinds, _integer(result), False)
    function = _loaded(library._name).load_function(kind, name)
    of_socket = kinds[0] is not _BYTES
    for i, each in enumerate(kinds):
        if each is _BYTES:
            function = _taking_addresses(function, i, of_socket)
            of_socket = False  # the innermost reads the descriptor
    return function


# The same library once more: to get a function from it takes 0.4 us, from ctypes' 25.  It is kept,
# since the garbage collector would unload it.
_loaded = cache(_cffi_backend.load_library)
_BYTES = _cffi_backend.new_pointer_type(_cffi_backend.new_primitive_type("char"))


def _taking_addresses(
    function: Callable[..., int], at: int, of_socket: bool
) -> Callable[..., int]:
    """``function``, whose argument ``at``, to be read by C, may be an address as well as bytes.

    Of a function of sockets, the first may be one: its descriptor is read last of all.  Tuples are
    added: to unpack one into six arguments, those of sendto, takes PyPy 85 ns more.
    """

    def call(first: Any, *rest: Any) -> int:
        if at and type(rest[at - 1]) is int:
            pointer = _cffi_backend.cast(_BYTES, rest[at - 1])
            rest = rest[: at - 1] + (pointer,) + rest[at:]  # noqa: RUF005
        elif not at and type(first) is int:
            first = _cffi_backend.cast(_BYTES, first)
        if not of_socket or type(first) is int:
            return function(*(first,) + rest)  # noqa: RUF005
        return function(*(first._sock_fd_,) + rest)  # noqa: RUF005

    def prepared(*args: Any) -> tuple[Callable[..., int], tuple[Any, ...]]:
        """The function itself, and its arguments: for a call in one step."""
        numbers = [*args]
        if of_socket and type(args[0]) is not int:
            numbers[0] = args[0]._sock_fd_
        if type(numbers[at]) is int:
            numbers[at] = _cffi_backend.cast(_BYTES, numbers[at])
        if hasattr(function, "prepared"):  # which reads another argument, too
            inner: tuple[Callable[..., int], tuple[Any, ...]] = function.prepared(*numbers)
            return inner
        return function, tuple(numbers)

    call.prepared = prepared  # type: ignore[attr-defined]
    call.takes_sockets = of_socket or getattr(function, "takes_sockets", False)  # type: ignore[attr-defined]
    return call


@cache
def _integer(kind: Any) -> Any:
    """The type that is passed to C as a ctypes type is: an integer, or a pointer to bytes."""
    if kind is ReadPointer:
        return _BYTES
    if kind is ctypes.c_void_p:
        return _cffi_backend.new_primitive_type("uintptr_t")
    sign = "int" if kind(-1).value < 0 else "uint"
    return _cffi_backend.new_primitive_type(f"{sign}{8 * ctypes.sizeof(kind)}_t")


def pop_errno() -> int:
    """Read the errno of this thread's last foreign call, and set it to 0.

    0 means "lost to a nested call" (see ``errors``).
    """
    number = get_errno()
    set_errno(0)
    return number


def address_in(view: memoryview) -> Any:
    """The address of a view's memory, read-only or not."""
    return view._pypy_raw_address()  # type: ignore[attr-defined]


def number_in(view: memoryview) -> tuple[int, Any]:
    """The address of a view's memory, or of a copy, as an int, and the owner of that memory.

    Read-only memory is copied: PyPy guarantees its address for one call only.
    """
    return number_of(view) if view.readonly else (address_in(view), view)


def number_of(data: bytes | memoryview) -> tuple[int, Any]:
    """The same of a copy of ``data``."""
    copy = memoryview(bytearray(data))
    return address_in(copy), copy


# As in ``portable``, for this file's ``address_in``: passed one by which to find the address, PyPy
# takes 800 ns for a setsockopt of a view, and not 570.
def pass_memory(data: Any, call: Callable[..., int], *args: Any) -> int:
    """``call(*args, address, size)`` with a bytes-like object's memory.

    ``size`` is at most TRANSFER_MAX; the result is that of ``call``.
    """
    if type(data) is bytes:
        return call(*args, data, min(len(data), TRANSFER_MAX))
    with memoryview(data) if type(data) is memoryview else view_of(data) as view:
        size = min(size_of(view), TRANSFER_MAX)
        n = call(*args, address_in(view), size)
    return n
