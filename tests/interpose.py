"""Stand between CPython's `socket` and the C library: see what it hands down, answer in its stead.

A shared object calls ``connect`` through a pointer that the dynamic linker filled in, in the
object's global offset table.  The ELF file says where it is: each entry of its relocations names a
symbol and a place.  So the pointer can be replaced, by a function made with ctypes, for this one
module and nobody else, pysock included.

>>> with Interposed(connect=lambda fd, address, length: 0):
...     _socket.socket().connect(("192.0.2.1", 80))  # nobody is called
"""

from __future__ import annotations

import _socket
import ctypes
import mmap
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any

_word, _int, _pointer = ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p

# What can be replaced: the result and the parameters.
_TYPES: dict[str, Any] = {
    "bind": (_int, _int, _pointer, _int),
    "connect": (_int, _int, _pointer, _int),
    "sendto": (_word, _int, _pointer, _word, _int, _pointer, _int),
    "sendmsg": (_word, _int, _pointer, _int),
    "recvmsg": (_word, _int, _pointer, _int),
    "getsockname": (_int, _int, _pointer, _pointer),
    "getaddrinfo": (_int, _pointer, _pointer, _pointer, _pointer),
}
PROTOTYPES = {name: ctypes.CFUNCTYPE(*types, use_errno=True) for name, types in _TYPES.items()}

# elf(5), for 64 bits: segments, and the dynamic section's tags.
_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_PLTRELSZ, _DT_STRTAB, _DT_SYMTAB, _DT_RELA, _DT_RELASZ, _DT_JMPREL = 2, 5, 6, 7, 8, 23
_PROT_READ, _PROT_WRITE = 1, 2


class _Dl_info(ctypes.Structure):
    _fields_ = [
        ("dli_fname", ctypes.c_char_p),
        ("dli_fbase", _pointer),
        ("dli_sname", ctypes.c_char_p),
        ("dli_saddr", _pointer),
    ]


def missing() -> str | None:
    """Why this cannot be done here, or None."""
    if sys.implementation.name != "cpython":
        return "the `socket` of this interpreter is not CPython's"
    if not hasattr(ctypes.CDLL(None), "dladdr"):
        return "there is no dladdr(3) to find the module in memory"
    header = ctypes.string_at(_base(), 5)
    if header != b"\x7fELF\x02":
        return f"the module is no 64-bit ELF file, it begins with {header!r}"
    absent = _TYPES.keys() - _slots().keys()
    return f"the module does not call {', '.join(absent)} by a pointer" if absent else None


class Interposed:
    """While in use, ``functions`` are what CPython's `socket` calls instead of the library's."""

    def __init__(self, **functions: Callable[..., int]) -> None:
        self.functions = {name: PROTOTYPES[name](f) for name, f in functions.items()}
        self.before: list[tuple[int, bytes]] = []

    def __enter__(self) -> Interposed:
        for name, function in self.functions.items():
            address = bytes(ctypes.cast(function, _pointer))
            for place in _slots()[name]:
                self.before.append((place, ctypes.string_at(place, len(address))))
                _write(place, address)
        return self

    def __exit__(self, *exception: object) -> None:
        while self.before:
            _write(*self.before.pop())


def _write(place: int, pointer: bytes) -> None:
    # The linker may have made the table read-only once it was filled in.
    page = place // mmap.PAGESIZE * mmap.PAGESIZE
    mprotect = ctypes.CDLL(None, use_errno=True).mprotect
    if mprotect(_pointer(page), ctypes.c_size_t(mmap.PAGESIZE), _PROT_READ | _PROT_WRITE):
        raise OSError(ctypes.get_errno(), "mprotect")
    ctypes.memmove(place, pointer, len(pointer))


def _base() -> int:
    """Where the object that holds ``_socket`` begins in memory."""
    function = ctypes.pythonapi.PyCFunction_GetFunction
    function.restype, function.argtypes = _pointer, [ctypes.py_object]
    info = _Dl_info()
    inside = _pointer(function(_socket.inet_aton))
    if not ctypes.CDLL(None).dladdr(inside, ctypes.byref(info)):
        raise LookupError("dladdr(3) does not know where `socket` is")
    base: int = info.dli_fbase
    return base


def _slots() -> dict[str, list[int]]:
    """Where the pointers to the functions of ``_TYPES`` are."""
    base = _base()
    (first,) = struct.unpack("=Q", ctypes.string_at(base + 32, 8))
    size, count = struct.unpack("=HH", ctypes.string_at(base + 54, 4))
    headers = _records(base + first, size * count, "=IIQQQQQQ")
    segments = [(kind, address) for kind, _, _, address, *_ in headers]
    lowest = min(address for kind, address in segments if kind == _PT_LOAD)
    moved = base - lowest // mmap.PAGESIZE * mmap.PAGESIZE
    dynamic = moved + next(address for kind, address in segments if kind == _PT_DYNAMIC)
    tags = {}
    while True:
        tag, value = struct.unpack("=QQ", ctypes.string_at(dynamic, 16))
        if not tag:
            break
        tags[tag] = value
        dynamic += 16

    def table(tag: int) -> int:
        # glibc has added where the object is, musl has not.
        address: int = tags[tag]
        return address if address >= base else address + moved

    found: dict[str, list[int]] = {}
    for start, length in ((_DT_JMPREL, _DT_PLTRELSZ), (_DT_RELA, _DT_RELASZ)):
        if start not in tags:
            continue
        for offset, info, _ in _records(table(start), tags[length], "=QQq"):
            symbol = table(_DT_SYMTAB) + 24 * (info >> 32)
            (name_at,) = struct.unpack("=I", ctypes.string_at(symbol, 4))
            name = ctypes.string_at(table(_DT_STRTAB) + name_at).decode()
            if name in _TYPES:
                found.setdefault(name, []).append(moved + offset)
    return found


def _records(start: int, size: int, form: str) -> Iterator[tuple[Any, ...]]:
    return struct.iter_unpack(form, ctypes.string_at(start, size))
