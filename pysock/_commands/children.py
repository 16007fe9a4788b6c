"""A program that is a child of its command: on Windows, and where several are watched.

On POSIX ``run`` becomes the program.  On Windows no process can become another one, so the command
stays as the program's parent.  The command's own parent knows only the command: if it ends the
command, the program has to end too, and the command has to end with the program's exit status.
"""

from __future__ import annotations

import signal
from struct import pack

from .._ffi.errors import null
from .._ffi.interpreter import open_library
from .._ffi.prototype import Library, Prototype, bind
from .._host import abi
from .._platform import WINDOWS
from .._winheaders import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from typing import Any

# What a console, or a terminal, tells all of its processes: Ctrl-C, Ctrl-Break, Ctrl-\.
CONSOLE_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGBREAK", "SIGQUIT") if hasattr(signal, name)
]

# winbase.h, winnt.h
_PROTOTYPES = [
    Prototype("void *CreateJobObjectW(void *attributes, const WCHAR *name)", null),
    Prototype("int SetInformationJobObject(void *job, int kind, void *information, DWORD size)"),
    Prototype("int AssignProcessToJobObject(void *job, void *process)"),
]
_EXTENDED_LIMIT_INFORMATION = 9
_KILL_ON_JOB_CLOSE, _SILENT_BREAKAWAY_OK = 0x2000, 0x1000
# A JOBOBJECT_EXTENDED_LIMIT_INFORMATION: of all its members, LimitFlags alone is not 0.
_LIMITS = "qqIPPIPII6Q4P"

_job: Any = None  # its handle, which Windows closes when this process has ended, in whatever way


def end_with_this(process: subprocess.Popen[Any]) -> None:
    """On Windows, let a program end when this process has ended, and not outlive it unseen.

    The processes that the program starts are their own masters, as without this one.  Python's
    launcher and the ``python.exe`` of a virtual environment do the same.
    """
    global _job
    if not WINDOWS:
        return
    kernel32 = Library({})
    bind(kernel32, _PROTOTYPES, open_library("kernel32"), types(abi))
    if _job is None:
        _job = kernel32.CreateJobObjectW(None, None)
        limits = [0] * 19
        limits[2] = _KILL_ON_JOB_CLOSE | _SILENT_BREAKAWAY_OK
        information = pack(_LIMITS, *limits)
        kernel32.SetInformationJobObject(
            _job, _EXTENDED_LIMIT_INFORMATION, information, len(information)
        )
    # It fails if the program has ended already.
    kernel32.AssignProcessToJobObject(_job, int(process._handle))  # type: ignore[attr-defined]


def exit_status(returncode: int) -> int:
    """What ``sys.exit`` has to be given for a status of Windows, which has 32 bits without a sign.

    >>> exit_status(3), exit_status(0xC000013A)
    (3, -1073741510)
    """
    return returncode - 2**32 if returncode >= 2**31 else returncode
