"""``python3 -m tests.strace``: what ``pysock trace`` shows, beside what strace sees of one run.

Each program of ``strace_programs`` runs once, under both.  strace's calls on sockets, thread by
thread, are looked for among ours: how many are shown, and how many of those are equal to the
letter in name, arguments, result and errno.  What the C library does by itself, within
``getaddrinfo`` and the like, is not pysock's.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pysock
from pysock.trace import jsonl, strace
from pysock.trace.decode import Call, decoded
from pysock.trace.order import sort

from . import ROOT, help_if_asked
from .harness import on_musl
from .strace_programs import PROGRAMS

CALLS = (
    "%network,read,write,readv,writev,ioctl,fcntl,close,dup,dup2,dup3,poll,ppoll,select,pselect6,epoll_create1,epoll_ctl,"
    "epoll_wait,epoll_pwait,sendfile,rt_sigreturn,restart_syscall,execve"
)
# Those that are about sockets whatever their descriptor is, also when they fail.
_NETWORK = frozenset(
    "socket socketpair bind listen connect accept accept4 getsockname getpeername getsockopt "
    "setsockopt shutdown sendto sendmsg recvfrom recvmsg".split()
)
SHOWN = 4096  # bytes of a string


def why_not() -> str:
    """Why strace cannot be asked here; "" if it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, text=True)
    return f"strace cannot trace here: {tried.stderr.strip()}" if tried.returncode else ""


def together(names: list[str]) -> str:
    """One program that runs these, each in a child of its own."""
    return _TOGETHER.format(sources={name: PROGRAMS[name] for name in names})


_TOGETHER = """
import os, sys, traceback
failed = []
for name, source in {sources!r}.items():
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        status = 1
        try:
            exec(compile(source, name, "exec"), {{"__name__": "__main__"}})
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    if os.waitpid(pid, 0)[1]:
        failed.append(name)
sys.exit(", ".join(failed) or 0)
"""


class Compared:
    """The comparison of one run."""

    def __init__(self, source: str, python: str = sys.executable) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "program.py").write_text(source)
            self._run(folder, python)

    def _run(self, folder: Path, python: str) -> None:
        kept, seen = folder / "trace.jsonl", folder / "seen"
        program = str(folder / "program.py")
        command = [python, "-m", "pysock", "trace", "--jsonl", str(kept), program]
        # Of strace's clock to ours; this process may be held up between the two readings.
        offset = max(time.time_ns() - time.perf_counter_ns() for _ in range(50))
        done = subprocess.run(
            ["strace", "-ff", "-ttt", "-y", "-s", str(SHOWN), "-e", f"trace={CALLS}",
             "-o", str(seen), *command],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=folder,
            capture_output=True, text=True, timeout=40,
        )  # fmt: skip
        self.status, self.stderr = done.returncode, done.stderr
        events = [jsonl.parse(line) for line in kept.read_text().splitlines()]
        self.calls = decoded(sort(iter(events)))
        self.ours = by_thread(self.calls)
        library = [c for c in self.calls if not c.is_system_call and c.end is not None]
        inside: dict[int, list[tuple[int, int]]] = {}
        for call in library:
            span = call.begin + offset, (call.end or 0) + offset
            inside.setdefault(call.thread, []).append(span)
        self.theirs: dict[int, list[str]] = {}
        recorded = {pid for pid, _ in events}
        tracer = next(event[3] for _, event in events if event[0] == "process")
        for path in folder.glob("seen.*"):
            thread = int(path.suffix[1:])
            if thread == tracer:
                continue
            text = path.read_text(errors="replace")
            started = text.rfind(" execve(")
            if started >= 0 and thread not in recorded:
                continue  # another program than Python on pysock
            # (What subprocess does in C between fork and exec is no call of pysock's.)
            lines = [line for line in as_the_program_sees(text[max(0, started) :])
                     if on_socket(line)]  # fmt: skip
            lines = without_second_tries(lines)
            spans = inside.get(thread, [])
            self.theirs[thread] = [
                normal(line.partition(" ")[2])
                for line in lines
                if not any(begin <= _time(line) <= end for begin, end in spans)
            ]
        self.missing: list[str] = []
        self.unequal: list[tuple[str, str]] = []
        self.too_many: list[str] = []
        self.total = self.shown = 0
        for thread in self.theirs.keys() | self.ours.keys():
            self._compare(self.theirs.get(thread, []), self.ours.get(thread, []))

    def _compare(self, theirs: list[str], ours: list[str]) -> None:
        self.total += len(theirs)
        matcher = difflib.SequenceMatcher(
            None, [key(line) for line in theirs], [key(line) for line in ours], autojunk=False
        )
        for tag, i, j, k, end in matcher.get_opcodes():
            if tag == "equal":
                self.shown += j - i
                pairs = zip(theirs[i:j], ours[k:end])
                self.unequal += [pair for pair in pairs if pair[0] != pair[1]]
            else:
                self.missing += theirs[i:j]
                self.too_many += ours[k:end]


def by_thread(calls: list[Call]) -> dict[int, list[str]]:
    """Our calls as strace's lines, by thread."""
    made: dict[int, list[str]] = {}
    for call in calls:
        line = strace.line(call, SHOWN)
        if line is not None:
            made.setdefault(call.thread, []).append(normal(line))
    return made


def _time(line: str) -> int:
    seconds, _, fraction = line.partition(" ")[0].partition(".")
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0"))


def on_socket(line: str) -> bool:
    """Whether a line of strace's is of a call on a socket, or on an epoll of them."""
    called = re.match(r"\d+\.\d+ (\w+)\(", line)
    if not called:
        return False  # a signal, or the end of the process
    return called[1] in _NETWORK or "<socket:[" in line or "<anon_inode:[eventpoll]>" in line


_RESTARTS = re.compile(r" = \? ERESTART\w+ \(.*\)$")


def as_the_program_sees(text: str) -> list[str]:
    """A thread's lines; a call that is begun anew after a signal is one call.

    strace shows it twice, or what came of it in a line of restart_syscall.  The kernel begins a
    call anew if no handler has run (rt_sigreturn); if one has, CPython does it within select and
    epoll_wait, and what a program sees of another call is EINTR.
    """
    made: list[str] = []
    lines = [line for line in text.splitlines() if re.match(_CALL, line)]
    begun = ""  # of a call that is begun anew
    for line, following in zip(lines, [*lines[1:], ""]):
        name = line.partition(" ")[2].partition("(")[0]
        if name == "rt_sigreturn" or (name == "restart_syscall" and not begun):
            continue
        found = _INTERRUPTED.search(line)
        after = following.partition(" ")[2].partition("(")[0]
        if found and (after != "rt_sigreturn" or name in _CPYTHON_REPEATS):
            begun = begun or line[: found.start()]
            continue
        if begun and name in ("restart_syscall", "pselect6", "select"):
            line = begun + line[line.rindex(" = ") :]
        elif begun and name == "epoll_wait":  # with what is left of the timeout
            line = re.sub(r", -?\d+\) ", begun[begun.rindex(", ") :] + " ", line)
        elif begun and name == "epoll_pwait":
            asked = re.search(r", -?\d+(?=, NULL, 8\))", begun)
            line = re.sub(r", -?\d+(?=, NULL, 8\))", asked[0] if asked else "", line)
        made.append(line)
        begun = ""
    return [*made, f"{begun} = ? <unfinished ...>"] if begun else made


# What musl makes of a call by itself after it: another try without flags that an old kernel may not
# know, and F_SETFD, should F_DUPFD_CLOEXEC have been such a thing.
_SECOND_TRIES = {
    "socket": ("socket", "SOCK_CLOEXEC"),
    "accept": ("accept4", ""),
    "fcntl": ("fcntl", "F_DUPFD_CLOEXEC"),
}


def without_second_tries(lines: list[str]) -> list[str]:
    """The lines that a program asked for, of those that musl's functions have led to."""
    if not on_musl:
        return lines
    kept: list[str] = []
    for line, before in zip(lines, ["", *lines]):
        name = line.partition(" ")[2].partition("(")[0]
        first, mark = _SECOND_TRIES.get(name, ("", ""))
        after = bool(first) and f" {first}(" in before and mark in before
        refused = re.search(r" = -1 (EINVAL|EPROTONOSUPPORT|ENOSYS) ", before)
        if name == "fcntl":
            again = "F_SETFD, FD_CLOEXEC" in line
        else:
            again = refused is not None and "SOCK_CLOEXEC" not in line
        if not (after and again):
            kept.append(line)
    return kept


_CALL = r"\d+\.\d+ \w+\("
_CPYTHON_REPEATS = ("epoll_wait", "epoll_pwait", "pselect6", "select")
_INTERRUPTED = re.compile(r" = (\? ERESTART\w+ \(.*|-1 EINTR \(.*)$")


_ANNOTATION = re.compile(r"(?<=\d)<(?:[^<>\"]|->)*>(?:\(deleted\))?")


def normal(line: str) -> str:
    """A line without what differs from run to run, or says one thing in two ways."""
    line = _ANNOTATION.sub("", line)
    line = re.sub(r"\)\s+= ", ") = ", line)
    line = re.sub(r" = \?$", " = ? <unfinished ...>", line)  # the process has ended before it
    # (Of an epoll's data, later versions of strace show all 64 bits in one, in hexadecimal.)
    line = re.sub(r"data=0x([0-9a-f]+)", lambda found: f"data={int(found[1][-8:], 16)}", line)
    line = re.sub(r"0x[0-9a-f]{6,}", "0x0", line)  # what the kernel has not written
    line = re.sub(r",? ?left \{[^}]*\}", "", line)  # of a timeout
    line = re.sub(r"data=\{u32=(\d+), u64=\d+\}", r"data=\1", line)
    # What strace 6.7 and later prints otherwise.
    unknown = r"cmsg_level=\S+, cmsg_type=0x[0-9a-f]+(?: /\* \w+_\?\?\? \*/)?"
    line = re.sub(rf'({unknown}), cmsg_data="[^"]*"', r"\1", line)
    line = re.sub(r"\[(\d+)\] => \[(\d+)\]", r"[\1 => \2]", line)
    if on_musl:  # strace has glibc's texts of errors; and musl asks for large files
        line = re.sub(r"(= -1 \w+) \(.*\)$", r"\1", line).replace("|O_LARGEFILE", "")
    line = re.sub(r'if_nametoindex\("([^"]*)"\)', _index, line)
    return line.strip()


def _index(found: re.Match[str]) -> str:
    return str(pysock.if_nametoindex(found[1]))


def key(line: str) -> str:
    """The function, its first argument, and with fcntl and ioctl the second."""
    parts = re.split(r"[,)]", line)
    return ",".join(parts[: 2 if line.startswith(("fcntl", "ioctl")) else 1])


def main() -> int:
    problem = why_not()
    if problem:
        print(f"tests.strace: {problem}", file=sys.stderr)
        return 2
    total = shown = unequal = 0
    wanted = sys.argv[1:] or PROGRAMS
    for name, source in [(name, PROGRAMS[name]) for name in wanted]:
        found = Compared(source)
        total, shown = total + found.total, shown + found.shown
        unequal += len(found.unequal)
        print(f"{name:20} {found.shown:4} of {found.total:4} shown, {len(found.unequal)} not equal")
        for line in found.missing:
            print(f"    not shown  {line}")
        for line in found.too_many:
            print(f"    only here  {line}")
        for theirs, ours in found.unequal:
            print(f"    strace     {theirs}\n    pysock     {ours}")
        if found.status or "Traceback" in found.stderr:
            print(f"    status {found.status}: {found.stderr}")
    print(f"{shown} of {total} calls shown ({100 * shown / total:.1f} %), {unequal} not equal")
    return 0 if shown >= 0.99 * total and not unequal else 1


if __name__ == "__main__":
    help_if_asked(__doc__)
    sys.exit(main())
