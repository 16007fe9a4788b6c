"""A plugin for pytest, by which a suite runs on pysock: ``pytest -p pysock.pytest``.

pytest imports a plugin of its command line before it looks for tests, but after itself.  So what
it has imported by then is replaced, and the processes that tests start run on pysock, too.
"""

from __future__ import annotations

import os

from ._install import environment, install

install(replace=True)
os.environ.update(environment(os.environ))


def pytest_report_header() -> str:
    """A line at the start of the run, which says on what it is."""
    return "socket: pysock"
