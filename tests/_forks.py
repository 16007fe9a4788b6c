"""A process that has imported pytest already, and runs it in a fork: for ``tests.mutants``.

To start Python and pytest takes longer than many files of tests do, so this is done once.  Each
line on standard input is a ``Run`` as JSON; the line that answers it has how it ended (``passed``,
``failed``, ``late``) and the seconds that it took.  pysock is imported in the fork alone, and so
as its files are then.
"""

import json
import os
import select
import signal
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import pytest


def serve() -> None:
    """Answer each line, until there are no more."""
    with open(os.devnull, "w") as null, redirect_stdout(null), redirect_stderr(null):
        # It imports pytest's own plugins, and by no means our conftest, which imports pysock.
        pytest.main(["--version", "--noconftest", "-c", os.devnull])
    assert "pysock" not in sys.modules, "what is changed later would not be seen"
    for line in sys.stdin:
        begin = time.monotonic()
        print(_result(json.loads(line)), time.monotonic() - begin, flush=True)


def _result(run: dict[str, Any]) -> str:
    child = os.fork()
    if child == 0:
        os._exit(_child(run))
    ended = os.pidfd_open(child)
    try:
        late = not select.select([ended], [], [], run["limit"])[0]
    finally:
        os.close(ended)
    try:
        os.killpg(child, signal.SIGKILL)  # and what the tests have started, and left
    except (ProcessLookupError, PermissionError):
        pass  # nothing is left
    _, status = os.waitpid(child, 0)
    return "late" if late else "failed" if status else "passed"


def _child(run: dict[str, Any]) -> int:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    os.close(null)
    os.environ.update(run["environ"])
    sys.dont_write_bytecode = not run["keep"]
    return int(pytest.main([*run["options"], *run["tests"]]))


if __name__ == "__main__":
    serve()
