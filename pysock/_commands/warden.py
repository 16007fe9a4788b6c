"""The parent of a program that nobody trusts: a script, which ``bounded`` starts as a process.

    python -I -S -c "$(cat warden.py)" SECONDS PROGRAM [ARGUMENT ...]

What a program does to its parent, to its group of processes or to all processes that it can see,
is done to the three of this script, and to nobody else:

    first    gives itself limits of memory and files, and a namespace of process numbers if the
             kernel has them (Linux, where nothing forbids it)
    second   is the first process there: when it ends, the kernel ends all others in it
    third    starts the program, and ends with its exit status, which is told up

The exit status is the program's (a signal's number for a program that a signal has ended), and
``KILLED`` if the third was killed.

All of this file is an argument of a command, so it is ASCII: a locale may have no other characters.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from ctypes import CDLL

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KILLED = 99
# Of memory: what is written to, which Linux counts, and addresses, of which threads reserve many.
DATA, ADDRESSES, FILE, PROCESSES = 1 << 30, 8 << 30, 64 << 20, 256
_NEWUSER, _NEWPID = 0x10000000, 0x20000000  # CLONE_ of <linux/sched.h>


def main(seconds: int, command: list[str]) -> int:
    _limit()
    second = os.fork()
    if second:
        status = os.waitpid(second, 0)[1]
        return os.WEXITSTATUS(status) if os.WIFEXITED(status) else KILLED
    # The kernel lets no plain signal end the first process of a namespace: it needs a handler.
    signal.signal(signal.SIGALRM, lambda *_: os._exit(KILLED))
    signal.alarm(seconds)
    third = os.fork()
    if not third:
        # What runs in the background of a shell ignores Ctrl-C; the program is to hear of it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        status = os.spawnv(os.P_WAIT, command[0], command)
        os._exit(min(KILLED - 1, abs(status)))
    while True:
        pid, status = os.wait()
        if pid == third:
            os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else KILLED)


def _limit() -> None:
    """Bound what each process may take, and begin a namespace of process numbers if one can."""
    if resource is None:
        return
    bounds = {"RLIMIT_DATA": DATA, "RLIMIT_AS": ADDRESSES, "RLIMIT_FSIZE": FILE, "RLIMIT_CORE": 0}
    if _namespace():
        bounds["RLIMIT_NPROC"] = PROCESSES
    for name, most in bounds.items():
        with suppress(ValueError, OSError):  # a limit that is lower already, or not there
            resource.setrlimit(getattr(resource, name), (most, most))


def _namespace() -> bool:
    """Begin a namespace; whether it has users of its own, whose processes are counted apart."""
    unshare: Any = getattr(CDLL(None), "unshare", None)
    if unshare is None or unshare(_NEWPID) == 0:
        return False
    user, group = os.geteuid(), os.getegid()
    if unshare(_NEWUSER | _NEWPID) != 0:
        return False
    with suppress(OSError):  # then the user has the number of nobody there, and the same rights
        for file, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"),
                           ("gid_map", f"{group} {group} 1")):  # fmt: skip
            with open(f"/proc/self/{file}", "w") as opened:
                opened.write(text)
    return True


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
