"""Temporary folders: where there can be none, a command ends with a line that says so."""

from __future__ import annotations

import sys
import tempfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def temporary(command: str) -> tempfile.TemporaryDirectory[str]:
    """A new folder, which is removed at the end of its ``with`` statement."""
    try:
        return tempfile.TemporaryDirectory(prefix=f"pysock-{command}-")
    except OSError as error:
        _end(command, error)


def made(command: str) -> str:
    """A new folder, which its command removes itself."""
    try:
        return tempfile.mkdtemp(prefix=f"pysock-{command}-")
    except OSError as error:
        _end(command, error)


def _end(command: str, error: OSError) -> NoReturn:
    sys.exit(f"python -m pysock {command}: no temporary folder: {error.strerror}")
