"""The symbols of functions: to which a target's headers link a program that calls them.

A header may give a function another symbol than its name (``__RENAME`` of NetBSD, ``__REDIRECT`` of
glibc), and the plain one is then an older version of it.  ``_libc`` lists such functions, and this
says whether the headers agree.
"""

from __future__ import annotations

import re

from .compiler import run
from .targets import Target

_HEADERS = "sys/types.h sys/socket.h netdb.h poll.h unistd.h arpa/inet.h net/if.h ifaddrs.h".split()


def symbols(target: Target, functions: list[str]) -> dict[str, str]:
    """The functions whose symbol is not their name, and that symbol."""
    left = list(functions)
    # A macro of the name is another way to call it, and not what a program in Python is linked to.
    head = ["#define _GNU_SOURCE", *[f"#include <{header}>" for header in _HEADERS]]
    while True:
        lines = [line for i, name in enumerate(left) for line in _question(i, name)]
        text, messages = run(target, "\n".join([*head, *lines]) + "\n", "-S", "-g0")
        if text:
            break
        numbers = re.findall(r"question\.c:(\d+):\d+: (?:fatal )?error", messages)
        wrong = {(int(n) - len(head) - 1) // 2 for n in numbers}
        if not wrong or min(wrong) < 0:
            raise RuntimeError(f"{target.name}: the headers do not compile:\n{messages}")
        left = [name for i, name in enumerate(left) if i not in wrong]
    found = dict(re.findall(r"^_?v(\d+):.*\n\s+\.\w+\s+(?:P%)?(\w+)", text, re.MULTILINE))
    start = "_" if target.system == "darwin" else ""  # of every symbol in its object files
    linked = {left[int(i)]: symbol[len(start) :] for i, symbol in found.items()}
    return {name: symbol for name, symbol in linked.items() if name != symbol}


def _question(i: int, name: str) -> list[str]:
    return [f"#undef {name}", f"void *v{i} = (void *)&{name};"]
