"""Markdown and HTML, in the small: what the pages are made of."""

from __future__ import annotations

import html
import inspect
import re
from collections.abc import Iterable


def raw(text: str) -> str:
    """HTML as it is, within Markdown."""
    return f"```{{raw}} html\n{text}\n```\n"


def block(language: str, lines: Iterable[str]) -> str:
    """A block of code."""
    return "\n".join([f"```{language}", *lines, "```", ""])


def trace(lines: Iterable[str]) -> str:
    """A block with a trace, whose lines a phone breaks."""
    return block("{code-block} text", [":class: trace", "", *lines])


def escaped(text: object) -> str:
    return html.escape(str(text))


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table of Markdown; no cell has a ``|`` of its own."""
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    made = [[str(cell).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in made) + "\n"


def folded(title: str, content: str) -> str:
    """HTML that a click opens."""
    return f"<details><summary>{title}</summary>\n{content}\n</details>"


def docstring(text: str) -> str:
    """A docstring as Markdown: its examples and its drawings are blocks."""
    out: list[str] = []
    language = ""
    for line in [*inspect.cleandoc(text).split("\n"), ""]:
        if language == "pycon" and not line.strip():
            out.append("```")
            language = ""
        elif language == "text" and line and not line.startswith("    "):
            while out[-1] == "":
                out.pop()
            out += ["```", ""]
            language = ""
        if not language and line.startswith(">>> "):
            language = "pycon"
            out += ["```pycon"]
        elif not language and line.startswith("    ") and out and not out[-1].strip():
            language = "text"
            out += ["```text"]
        out.append(re.sub(r"\s+# doctest:.*", "", line) if language == "pycon" else line)
    if language == "text":
        out.append("```")
    return "\n".join(out).rstrip() + "\n"
