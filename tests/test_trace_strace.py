"""Each kind of program, under ``pysock trace`` and strace at once: both see the same calls."""

from __future__ import annotations

import pytest

from .foreign import FOREIGN
from .strace import Compared, as_the_program_sees, together, why_not
from .strace_programs import PROGRAMS

PROBLEM = "strace has the numbers of Linux" if FOREIGN else why_not()
pytestmark = pytest.mark.skipif(bool(PROBLEM), reason=PROBLEM or "strace is there")

NOT_PYSOCKS = "TCGETS"  # io asks whether what makefile() gives it is a terminal

SIGCHLD = "1.2 recvfrom(3, 0x7f, 9, 0, NULL, NULL) = ? ERESTARTSYS (To be restarted)"
AGAIN = '1.4 recvfrom(3, "x", 9, 0, NULL, NULL) = 1'


def test_a_call_that_is_begun_anew_is_one_call() -> None:
    assert as_the_program_sees(f"{SIGCHLD}\n1.3 --- SIGCHLD ---\n{AGAIN}\n") == [AGAIN]
    handled = f"{SIGCHLD}\n1.3 --- SIGALRM ---\n1.3 rt_sigreturn({{}}) = -1 EINTR\n{AGAIN}\n"
    assert as_the_program_sees(handled) == [SIGCHLD, AGAIN]
    waits = "1.2 epoll_wait(3, 0x7f, 9, 50) = -1 EINTR (Interrupted system call)\n"
    rest = "1.3 rt_sigreturn({}) = 7\n1.4 epoll_wait(3, [], 9, 20) = 0\n"
    assert as_the_program_sees(waits + rest) == ["1.4 epoll_wait(3, [], 9, 50) = 0"]
    assert as_the_program_sees(SIGCHLD) == [SIGCHLD.partition(" = ")[0] + " = ? <unfinished ...>"]


NAMES = list(PROGRAMS)
AT_ONCE = 10  # programs of one run: Python's start, under both, takes longer than they do


@pytest.mark.parametrize("first", range(0, len(NAMES), AT_ONCE))
def test_what_is_shown_is_what_strace_sees(first: int) -> None:
    found = Compared(together(NAMES[first : first + AT_ONCE]))
    assert (found.status, "Traceback" in found.stderr) == (0, False), found.stderr
    assert found.total > 10 * len(NAMES[first : first + AT_ONCE])
    missing = [line for line in found.missing if NOT_PYSOCKS not in line]
    assert (missing, found.too_many) == ([], [])
    assert [f"{theirs}\n{ours}" for theirs, ours in found.unequal] == []
