"""Windows: where a failed call puts its error, and what the error's number means.

``GetLastError`` takes the place of errno, and WSAGetLastError is another name for it; ctypes
saves its value for each thread, like errno.  The value is one of Windows' own error numbers.
Those of sockets begin at 10000, and their names with WSA.  OSError keeps the number as
``winerror``, and derives ``errno`` and its own subclass from it.

Importing this module loads no library, so it can be imported on any system.
"""

from __future__ import annotations

import ctypes

from . import versions
from .portable import hot_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["hot_function"]  # with declared types: a handle is as wide as a pointer

# Only Windows' ctypes has these names.
get_errno: Callable[[], int] = getattr(ctypes, "get_last_error", ctypes.get_errno)
set_errno: Callable[[int], int] = getattr(ctypes, "set_last_error", ctypes.set_errno)
_format: Callable[[int], str] = getattr(ctypes, "FormatError", str)


def pop_errno() -> int:
    """Read the last error of this thread's last foreign call, and set it to 0.

    0 means "lost to a nested call" (see ``errors``).
    """
    return set_errno(0)


def open_library(name: str | None) -> Any:
    """The shared library ``name``; its calls keep their last error."""
    load: Any = ctypes.WinDLL  # type: ignore[attr-defined,unused-ignore]
    return load(name, use_last_error=True)


def function_at(address: int, result: Any, parameters: list[Any]) -> Any:
    """A callable for the function at an address, with the given ctypes types."""
    prototype: Any = ctypes.WINFUNCTYPE  # type: ignore[attr-defined,unused-ignore]
    return prototype(result, *parameters, use_last_error=True)(address)


def os_error(number: int) -> OSError:
    """The exception for an error of Windows; OSError chooses errno and its own subclass."""
    return OSError(0, text(number), None, number, None)


def text(number: int) -> str:
    """Windows' message for an error, or that of ``texts`` if the system has none."""
    # As in CPython: without the end of line and the full stop.
    said = _format(number).rstrip("." + "".join(map(chr, range(33))))
    if said == "<no description>":
        return texts.get(number, f"Windows Error 0x{number:x}").rstrip(".")
    return said


# Public as socket.errorTab.
texts: dict[int, str] = {
    6: "Specified event object handle is invalid.",
    8: "Insufficient memory available.",
    87: "One or more parameters are invalid.",
    995: "Overlapped operation aborted.",
    996: "Overlapped I/O event object not in signaled state.",
    997: "Overlapped operation will complete later.",
    10004: "The operation was interrupted.",
    10009: "A bad file handle was passed.",
    10013: "Permission denied.",
    10014: "A fault occurred on the network??",
    10022: "An invalid operation was attempted.",
    10024: "Too many open files.",
    10035: "The socket operation would block.",
    10036: "A blocking operation is already in progress.",
    10037: "Operation already in progress.",
    10038: "Socket operation on nonsocket.",
    10039: "Destination address required.",
    10040: "Message too long.",
    10041: "Protocol wrong type for socket.",
    10042: "Bad protocol option.",
    10043: "Protocol not supported.",
    10044: "Socket type not supported.",
    10045: "Operation not supported.",
    10046: "Protocol family not supported.",
    10047: "Address family not supported by protocol family.",
    10048: "The network address is in use.",
    10049: "Cannot assign requested address.",
    10050: "Network is down.",
    10051: "Network is unreachable.",
    10052: "Network dropped connection on reset.",
    10053: "Software caused connection abort.",
    10054: "The connection has been reset.",
    10055: "No buffer space available.",
    10056: "Socket is already connected.",
    10057: "Socket is not connected.",
    10058: "The network has been shut down.",
    10059: "Too many references.",
    10060: "The operation timed out.",
    10061: "Connection refused.",
    10062: "Cannot translate name.",
    10063: "The name is too long.",
    10064: "The host is down.",
    10065: "The host is unreachable.",
    10066: "Directory not empty.",
    10067: "Too many processes.",
    10068: "User quota exceeded.",
    10069: "Disk quota exceeded.",
    10070: "Stale file handle reference.",
    10071: "Item is remote.",
    10091: "Network subsystem is unavailable.",
    10092: "Winsock.dll version out of range.",
    10093: "Successful WSAStartup not yet performed.",
    10101: "Graceful shutdown in progress.",
    10102: "No more results from WSALookupServiceNext.",
    10103: "Call has been canceled.",
    10104: "Procedure call table is invalid.",
    10105: "Service provider is invalid.",
    10106: "Service provider failed to initialize.",
    10107: "System call failure.",
    10108: "Service not found.",
    10109: "Class type not found.",
    10110: "No more results from WSALookupServiceNext.",
    10111: "Call was canceled.",
    10112: "Database query was refused.",
    11001: "Host not found.",
    11002: "Nonauthoritative host not found.",
    11003: "This is a nonrecoverable error.",
    11004: "Valid name, no data record requested type.",
    11005: "QoS receivers.",
    11006: "QoS senders.",
    11007: "No QoS senders.",
    11008: "QoS no receivers.",
    11009: "QoS request confirmed.",
    11010: "QoS admission error.",
    11011: "QoS policy failure.",
    11012: "QoS bad style.",
    11013: "QoS bad object.",
    11014: "QoS traffic control error.",
    11015: "QoS generic error.",
    11016: "QoS service type error.",
    11017: "QoS flowspec error.",
    11018: "Invalid QoS provider buffer.",
    11019: "Invalid QoS filter style.",
    11020: "Invalid QoS filter style.",
    11021: "Incorrect QoS filter count.",
    11022: "Invalid QoS object length.",
    11023: "Incorrect QoS flow count.",
    11024: "Unrecognized QoS object.",
    11025: "Invalid QoS policy object.",
    11026: "Invalid QoS flow descriptor.",
    11027: "Invalid QoS provider-specific flowspec.",
    11028: "Invalid QoS provider-specific filterspec.",
    11029: "Invalid QoS shape discard mode object.",
    11030: "Invalid QoS shaping rate object.",
    11031: "Reserved policy QoS element type.",
}
if versions.WINSOCK_TEXTS:
    texts[10014] = "An invalid pointer was passed."
    texts[11004] = "Valid name, no data record of requested type."
    texts[11020] = "Invalid QoS filter type."
