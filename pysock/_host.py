"""The host: its ABI row, its numbers, its structs, and its C functions.

This is the one place that loads a library.  ``system`` is the module that knows the host's:
``_libc`` or ``_winsock``, which have one vocabulary.
"""

from __future__ import annotations

from . import _libc
from ._platform import WINDOWS, target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

if WINDOWS:
    from . import _winsock

    system: Any = _winsock
else:
    system = _libc

abi = _libc.abi_of(target)
constants = abi.constants
structs: dict[str, Any] = system.structs(abi)
lib, lib_keeping_gil = system.load(abi)
