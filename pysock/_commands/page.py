"""``--html FILE``: the page of a recording, for the commands that have events.

The file is opened before a program runs, so that a name that cannot be written is said at once.
"""

from __future__ import annotations

import sys

from ..trace.decode import DamagedTrace
from ..trace.page import NoTemplate, Page

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any, TextIO

HELP = "write a page for a browser instead, with both ends as a diagram"


def add_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--html", metavar="FILE", help=HELP)


def opened(command: str, path: str) -> TextIO | None:
    """The file of a page; None, and a line on standard error, if it cannot be written."""
    try:
        return open(path, "w", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        _say(command, path, error.strerror)
        return None


class ToPage:
    """Events become a page, as far as they came."""

    def __init__(self, command: str, path: str, file: TextIO, page: Page) -> None:
        self.command, self.path, self.file, self.page = command, path, file, page

    def tell(self, pid: int, event: Any) -> None:
        try:
            self.page.feed(pid, event)
        except DamagedTrace as error:
            self.page.damaged.append(f"a call that cannot be decoded: {error}")

    def pause(self, now: int) -> None:
        """Nothing is shown while the program runs."""

    def end(self) -> bool:
        """Write the page; False, and a line on standard error, if that cannot be."""
        try:
            with self.file:
                self.file.write(self.page.html())
        except OSError as error:
            return _say(self.command, self.path, error.strerror)
        except NoTemplate as error:
            return _say(self.command, self.path, f"no page can be made: {error}")
        return True


def _say(command: str, path: str, why: object) -> bool:
    print(f"python -m pysock {command}: {path}: {why}", file=sys.stderr)
    return False
