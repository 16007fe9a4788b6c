"""Text for a terminal of any width: paragraphs, and the trace of a program that has run."""

from __future__ import annotations

import shutil
import textwrap

from ..trace.order import Timeline, sort
from ..trace.terminal import Writer
from .output import WIDEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from .bounded import Ran

NARROWEST = 20

# What makes no difference to what a program is to show, unless it is about this.
_LEFT_OUT = ("inet_pton", "inet_ntop", "getaddrinfo")


def width() -> int:
    """How many columns to use."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((80, 24)).columns))


def wrapped(text: str, columns: int, indent: str = "") -> str:
    """Paragraphs, in lines of at most so many columns."""
    wrapper = textwrap.TextWrapper(columns, initial_indent=indent, subsequent_indent=indent,
                                   break_long_words=False, break_on_hyphens=False)  # fmt: skip
    return "\n\n".join([wrapper.fill(" ".join(part.split())) for part in text.split("\n\n")])


def folded(line: str, columns: int, by: int = 4) -> str:
    """A line on as many as it needs, of which the others are indented by so much more."""
    if len(line) <= columns:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + by)
    return "\n".join(textwrap.wrap(line, columns, subsequent_indent=indent[: columns // 2])) or line


def trace(
    ran: Ran,
    columns: int,
    only: Collection[str] = (),
    *,
    about: Collection[str] = (),
    octets: bool = False,
) -> list[str]:
    """A program's trace: of the C functions ``only``, if there are any; or of nearly all.

    ``about`` are those that the program is about, which are shown in any case.  ``octets`` shows
    the bytes of addresses, too.  What the interpreter closes at its end, which is called from no
    line, is left out.
    """
    lines: list[str] = []
    timeline = Timeline()
    told = [each for pid, event in sort(ran.events) for each in timeline.feed(pid, event)]
    told += timeline.end()
    # Who calls is said where there are several; each line that says it begins with it.
    threads = {(call.pid, call.thread_name) for call, _ in told}
    pid, thread = next(iter(threads), (0, ""))
    who = f"{pid} {thread}".strip() + "  " if len(threads) == 1 else f"{pid} "
    if len({pid for pid, _ in threads}) > 1:
        who = "\n"
    writer = Writer(
        lambda line: lines.append(folded("    " + line.removeprefix(who), columns)),
        brief=not octets,
    )
    for call, waits in told:
        name = call.function
        wanted = name in only if only else name in about or name not in _LEFT_OUT
        if wanted and call.line:
            writer.write(call, waits)
    return lines
