"""Standard output, for all commands: its reader may leave before it has read everything.

After ``python -m pysock abi TARGET | head -1``, Python would print a traceback, and another
for what it could not write at its end.  Here a command ends without a word, with the status
that a shell reports for a program that SIGPIPE has ended.  That signal itself is no way to do
this: Windows has none, and it would leave a command no time to end its child processes.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

WIDEST = 96  # columns of text: longer lines are hard to read
READER_LEFT = 141  # 128 + SIGPIPE
NOT_WRITTEN = 1


@contextmanager
def standard_output(program: str) -> Iterator[None]:
    """Run a command; SystemExit if what it prints cannot be written."""
    if sys.stdout is None:  # closed by the program that started this
        nowhere = os.open(os.devnull, os.O_WRONLY)
        sys.stdout = open(nowhere, "w", encoding="utf-8", closefd=False)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without arrows gets "?"
    try:
        try:
            yield
        except SystemExit:  # argparse's, whose help is in a buffer still
            sys.stdout.flush()
            raise
        sys.stdout.flush()
    except OSError:
        error = _failure()
        if error is None:
            raise
        _discard()
        # A pipe without a reader is EINVAL on Windows.
        if error.errno in (errno.EPIPE, errno.EINVAL):
            sys.exit(READER_LEFT)
        print(f"{program}: cannot write the output: {error.strerror}", file=sys.stderr)
        sys.exit(NOT_WRITTEN)


def _failure() -> OSError | None:
    """Why standard output cannot be written; None if it can, and an error is of something else.

    A command works with sockets, and theirs break as pipes do.  So it is tried once more, with
    an empty line: where it works, that stands between what was printed and a traceback.
    """
    try:
        print(flush=True)
    except OSError as error:
        return error
    return None


def _discard() -> None:
    """Let what is left in the buffer go nowhere: Python writes it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
