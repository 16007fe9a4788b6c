"""``python -m pysock trace``: a program on pysock, and all that its sockets do.

The program runs as with ``run``: its arguments, input, output and exit status are its own.  Each
of its processes keeps what it does in files of a folder (``trace.record``), which this process
reads while they grow.  So what was recorded is there however the program ends.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from time import perf_counter_ns, sleep

from .. import _install
from ..trace import inject, jsonl
from ..trace.order import FOREVER, LATE, Sorter, Timeline
from ..trace.page import Page
from ..trace.record import Reader
from ..trace.terminal import Writer
from . import page
from .run import NO_RUN, command_of, problem_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO, Union

    _Teller = Union["_Kept", "_Shown", page.ToPage]

PAUSE = 0.05  # seconds between looks at what is new

DESCRIPTION = """\
Run a Python program, and the Python processes that it starts, with pysock in the place of the
standard library's socket, and show each call of C that its sockets lead to, on standard error."""

EPILOG = """\
examples:
  python -m pysock trace client.py example.org 80
  python -m pysock trace --quiet -m http.server
  python -m pysock trace --jsonl trace.jsonl client.py
  python -m pysock trace --inject short-reads,eintr,reset,full client.py
  python -m pysock show trace.jsonl
  python -m pysock trace --html trace.html client.py

A call that takes long is shown twice: where it begins it "waits".  What can have an effect
elsewhere, as send, stands where it begins; what has a cause elsewhere, as recv, where it ends.
The exit status is the program's own."""

    program: list[str], folder: str, teller: _Kept | _Shown, faults: str
