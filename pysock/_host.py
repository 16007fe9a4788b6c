"""The host: its ABI, its constants, its structs, and its C functions.

This is the only module that loads a library.  ``system`` is the platform API: ``_libc``, or on
Windows ``_winsock``, which has the same names.  So the modules above need not know which it is:

``structs``                  an ABI → its structs, by name
``load``                     an ABI → the loaded functions, ``(lib, lib_keeping_gil)``
``descriptor``               a Python object → a descriptor, or a handle of Windows
``given_descriptor``         the same for a new socket object
``duplicate``, ``claim_duplicates``, ``set_blocking``, ``get_inheritable``, ``set_inheritable``
                             what ``dup(2)``, ``fcntl(2)`` and ``ioctl(2)`` do to a descriptor
``set_blocking_in_step``     ``set_blocking`` in which no signal handler runs, if that is possible
``close_without_memory``     close a descriptor where ctypes has no memory for a call
``release_descriptor``       prepare a descriptor that leaves its socket object
``text_at``                  the text at an address, as ``getaddrinfo(3)`` returns it
``WOULD_BLOCK``, ``INTERRUPTED``, ``CONNECTING``, ``STILL_CONNECTING``, ``CONNECTED``,
``TIMED_OUT``                what an error means: a set of numbers, or a number
``KERNEL_WAITS``             whether the kernel waits in blocking mode
``LONGEST_TIMEOUT``          the longest timeout of a socket, in nanoseconds
``REUSE_ADDRESS``            whether ``create_server`` sets SO_REUSEADDR
``TELLS_OF_GIVEN``           whether a socket object for a given descriptor is audited
``LACKING``, ``OWN_NAMES``   public functions that the system lacks; public names only it has
``complete``                 add to the class ``Socket`` what only the system has
``received``, ``shown``      on Windows only: what ``share`` made → a handle and its kind; which
                             constants are public
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
