"""What differs between interpreters: private names, each with the figure that it buys.

Everything here could be written with ctypes' public names alone, and is: set
``PYSOCK_PORTABLE=1`` and pysock runs on those, only slower.  The tests run both
ways, so an interpreter that drops a private name loses speed and nothing else.

These questions are asked of the interpreter:

``hot_function`` how does a C function become a callable that costs little?
``take_errno``   what did the last foreign call of this thread leave in errno?
``pointer_to``   what stands for the address of this ctypes object in a call?
``borrow``       and what for that of somebody's writable buffer?
``STABLE``       which bytes-like type may be handed to C just as it is?
``new_bytes``    where can C write that becomes a ``bytes`` without a copy?
``TO_COPY``      up to which size is copying cheaper than finding out an address?
"""

from __future__ import annotations

import ctypes
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PORTABLE = os.environ.get("PYSOCK_PORTABLE", "") not in ("", "0")
CPYTHON = sys.implementation.name == "cpython" and not PORTABLE
PYPY = sys.implementation.name == "pypy" and not PORTABLE

# Linux moves at most this many bytes in one call, and other systems refuse more.
# It also keeps a size inside the C int as which ctypes passes an undeclared number:
# 2**32 + 5 would arrive as 5, and 2**31 + 10 as an enormous size.
MOST = 0x7FFFF000


def declared(library: ctypes.CDLL, name: str, result: Any, parameters: list[Any]) -> Any:
    """A callable for the function ``name`` of ``library``, the public way.

    Every type is declared, so that ctypes converts and checks each argument.
    """
    foreign = library[name]
    foreign.argtypes = parameters
    foreign.restype = result
    return foreign


if CPYTHON:
    # Converting arguments by declared types costs half of a call: 630 ns against
    # 318 for four arguments (3.11).  Undeclared, ctypes passes an int as a C int and
    # an array, a byref or a bytes as its address; so every integer is checked before
    # it comes here, and an address is never a plain int.  An int result needs no declaration either (-7 ns without).
    class _Releasing(ctypes._CFuncPtr):  # type: ignore[misc, name-defined]
        _flags_ = ctypes._FUNCFLAG_CDECL | ctypes._FUNCFLAG_USE_ERRNO  # type: ignore[attr-defined]

    # A call that cannot block keeps the GIL: letting go and taking it back costs
    # 35 ns (3.11), and far more beside a thread that computes.
    class _Quick(ctypes._CFuncPtr):  # type: ignore[misc, name-defined]
        _flags_ = _Releasing._flags_ | ctypes._FUNCFLAG_PYTHONAPI  # type: ignore[attr-defined]

    def hot_function(
        library: ctypes.CDLL, name: str, result: Any, parameters: list[Any], quick: bool
    ) -> Any:
        """A callable that returns an int, and takes checked integers and pointers."""
        return (_Quick if quick else _Releasing)((name, library))

elif PYPY:
    import _rawffi

    def hot_function(
        library: ctypes.CDLL, name: str, result: Any, parameters: list[Any], quick: bool
    ) -> Any:
        """A callable that returns an int, and takes checked integers and pointers.

        ctypes on PyPy is compiled Python over a function pointer that takes plain
        integers.  Calling the pointer costs 250 ns where ctypes takes 830, or 5000
        when an argument's type is not exactly the declared one.
        """
        foreign = declared(library, name, result, parameters)
        return _of_integers(foreign._getfuncptr(parameters, result), len(parameters))

    def _of_integers(pointer: Any, arity: int) -> Any:
        # One shape for each number of parameters: *args would build a list (180 ns).
        # Anything but integers takes the scenic route.
        if arity == 1:
            return lambda a: pointer(a) if type(a) is int else _converted(pointer, a)
        names = ", ".join("abcdefgh"[:arity])
        integers = " is ".join(f"type({name})" for name in "abcdefgh"[:arity])
        source = f"lambda {names}: pointer({names}) if {integers} is int else other(pointer, {names})"
        return eval(source, {"pointer": pointer, "other": _converted})

    def _converted(pointer: Any, *args: Any) -> int:
        keep = []  # what the addresses belong to lives until the call has returned
        numbers = []
        for arg in args:
            if arg is None:
                arg = 0
            elif not isinstance(arg, int):
                if isinstance(arg, bytes):
                    arg = bytearray(arg + b"\0")
                    keep.append(arg)
                    arg = borrow(arg)
                else:
                    keep.append(arg)
                    arg = ctypes.addressof(arg)
            numbers.append(arg)
        result: int = pointer(*numbers)
        del keep[:]
        return result

else:

    def hot_function(
        library: ctypes.CDLL, name: str, result: Any, parameters: list[Any], quick: bool
    ) -> Any:
        """A callable that returns an int."""
        return declared(library, name, result, parameters)


if PYPY:

    def take_errno() -> int:
        """Read errno as this thread's last foreign call left it, and set it to 0."""
        number: int = _rawffi.get_errno()
        _rawffi.set_errno(0)
        return number

    get_errno = _rawffi.get_errno
    set_errno = _rawffi.set_errno
else:
    get_errno = ctypes.get_errno
    set_errno = ctypes.set_errno

    def take_errno() -> int:
        """Read errno as this thread's last foreign call left it, and set it to 0.

        Between a call and this line a signal handler may run and make calls of its
        own.  If one of them fails, its errno replaces ours, and it takes it; so 0 here
        means "lost to a nested call", and the caller must ask C again.
        """
        return ctypes.set_errno(0)


if PYPY:
    pointer_to: Callable[[Any], Any] = ctypes.addressof
else:
    pointer_to = ctypes.byref

# CPython's bytes never move, so C may read them where they are.  PyPy's collector
# moves objects, and its ctypes copies bytes one by one (16 us a KiB).
STABLE: Any = None if PYPY else bytes

# Below these sizes a copy costs less than finding out an address.
TO_COPY = 65536 if PYPY else 16384


if CPYTHON:
    _allocate = ctypes.PyDLL(None)["PyBytes_FromStringAndSize"]
    _allocate.restype = ctypes.py_object

    def new_bytes(size: int) -> bytes | None:
        """A bytes object of ``size`` with whatever was in memory, for C to write to.

        Only while nobody else holds it, and never empty (the empty one is shared).  It
        saves zeroing and a copy: receiving one byte with room for 1 MiB takes 2.7 us
        and not 9.6.
        """
        fresh: bytes = _allocate(None, size)
        return fresh

    class _Py_buffer(ctypes.Structure):
        # Include/pybuffer.h; stable ABI since 3.11, and unchanged since 3.0.
        _fields_ = [
            ("buf", ctypes.c_void_p),
            ("obj", ctypes.py_object),
            ("len", ctypes.c_ssize_t),
            ("rest", ctypes.c_void_p * 16),
        ]

    _get_buffer = ctypes.pythonapi.PyObject_GetBuffer
    _get_buffer.argtypes = [ctypes.py_object, ctypes.c_void_p, ctypes.c_int]
    _release_buffer = ctypes.pythonapi.PyBuffer_Release
    _release_buffer.argtypes = [ctypes.c_void_p]
    _release_buffer.restype = None

    def call_reading(view: memoryview, call: Callable[[Any], int]) -> int:
        """``call(address of view's memory)``, without a copy (400 ns), whatever it holds."""
        exported = _Py_buffer()
        _get_buffer(view, ctypes.byref(exported), 0)
        try:
            return call(ctypes.c_void_p(exported.buf))
        finally:
            _release_buffer(ctypes.byref(exported))

elif PYPY:

    def new_bytes(size: int) -> bytes | None:
        return None

    def call_reading(view: memoryview, call: Callable[[Any], int]) -> int:
        """``call(address of view's memory)``, without a copy, whatever it holds."""
        return call(view._pypy_raw_address())  # type: ignore[attr-defined]

else:

    def new_bytes(size: int) -> bytes | None:
        """None: the public names offer no such memory."""
        return None

    def call_reading(view: memoryview, call: Callable[[Any], int]) -> int:
        """``call(memory with view's bytes)``: a copy, since ctypes refuses read-only memory."""
        return call(view.tobytes())


if PYPY:

    def bytes_at(pointer: Any, size: int) -> bytes:
        """``size`` bytes of memory: 3 ns, where slicing a ctypes array takes 20 a byte."""
        data: bytes = _rawffi.charp2rawstring(pointer, size)
        return data

    def fill(pointer: Any, data: bytes) -> None:
        """Copy ``data`` to memory (10 ns)."""
        _rawffi.rawstring2charp(pointer, data)

    def borrow(buffer: Any) -> Any:
        """The address of a writable buffer, whose owner keeps it alive during the call."""
        if not memoryview(buffer).nbytes:
            return 0
        return ctypes.addressof(ctypes.c_char.from_buffer(buffer))

    def borrow_address(buffer: Any) -> tuple[Any, int]:
        """What keeps a writable buffer where it is, and its address."""
        return buffer, borrow(buffer)

    def address_of(data: Any, view: memoryview) -> tuple[Any, int]:
        """What keeps a bytes-like object (or a copy) where it is, and its address."""
        copy = bytearray(view)
        return copy, borrow(copy)
else:
    bytes_at = ctypes.string_at
    fill = ctypes.memmove
    # An array of no elements over the memory of a writable buffer: as long as it lives,
    # the buffer can be neither resized nor freed.  (The bound method, kept: 80 ns.)
    borrow = (ctypes.c_char * 0).from_buffer

    def borrow_address(buffer: Any) -> tuple[Any, int]:
        """What keeps a writable buffer where it is, and its address."""
        array = borrow(buffer)
        return array, ctypes.addressof(array)

    def address_of(data: Any, view: memoryview) -> tuple[Any, int]:
        """What keeps a bytes-like object (or a copy) where it is, and its address."""
        if not view.readonly:
            return borrow_address(data)
        pointer = ctypes.c_char_p(data if type(data) is bytes else view.tobytes())
        return pointer, ctypes.c_void_p.from_buffer(pointer).value or 0
