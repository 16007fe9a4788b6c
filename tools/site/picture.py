"""One call from the program to the kernel and back, as a picture: ``docs/call.svg``.

``docs/call-narrow.svg`` is the same for a phone.  ``python -m tools.site.picture`` makes both.
Its bytes are those of ``families.pack``, its C is the prototype's; they have colours of their own,
for pages that are light or dark.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

from pysock import _layouts, _libc, families

from . import ROOT
from .text import escaped

FILE, NARROW = ROOT / "docs/call.svg", ROOT / "docs/call-narrow.svg"
ADDRESS, FD, PLATFORM = ("127.0.0.1", 80), 3, "linux-gnu-x86_64"

WIDE, PHONE = 720, 344  # the width of each
ROW, GAP, LINE, CELL, CELLS = 58, 16, 22, 38, 30
LETTER = 8  # at most, of the font
STYLE = """\
text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#1f2328}
.who{font:600 13px system-ui,sans-serif}.where{fill:#656d76;font-size:12px}
.box{fill:#f6f8fa;stroke:#afb8c1}.c .box{fill:#fff1e5;stroke:#e16f24}
.m0{fill:#b6d4fe}.m1{fill:#ffd8a8}.m2{fill:#b2f2bb}.m3{fill:#e5dbff}
.cell{font-size:12px;text-anchor:middle}.arrow{stroke:#656d76;stroke-width:1.5;fill:none}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.where{fill:#8d96a0}
.box{fill:#161b22;stroke:#3d444d}.c .box{fill:#2d1d10;stroke:#bc5b1a}
.m0{fill:#1f4b7a}.m1{fill:#7a4a12}.m2{fill:#1d5c34}.m3{fill:#4b3a80}.arrow{stroke:#8d96a0}}"""


def pictures() -> dict[Path, str]:
    """Each file, and what it has."""
    return {FILE: picture(WIDE), NARROW: picture(PHONE)}


def picture(width: int) -> str:
    """The picture as SVG."""
    raw = families.pack("AF_INET", ADDRESS, platform=PLATFORM)
    prototype = next(each for each in _libc.PROTOTYPES if each.name == "connect")
    values = (FD, "↓", len(raw))
    arguments = ", ".join(f"{n} {v}" for (_, n), v in zip(prototype.parameters, values))
    rows = [
        ("your program", "", f"sock.connect({ADDRESS!r})"),
        ("a method", "pysock/_methods/connection.py", "checks the arguments, as CPython does"),
        ("a codec", "pysock/families/inet.py", ""),  # its bytes are drawn
        ("an attempt", "by ctypes, without the GIL", f"connect({arguments})"),
        ("C", "the C library, and the kernel", prototype.text),
        ("the answer", "pysock/_calls/wait.py", "0; or −1, and errno says: wait, repeat, raise"),
    ]
    y = 2
    shapes: list[str] = []
    for who, where, what in rows:
        if shapes:
            shapes.append(f'<path class="arrow" d="M40 {y}V{y + GAP - 2}m-5 -7l5 7l5 -7"/>\n')
            y += GAP
        shape, height = _row(y, width, who, where, what, raw)
        shapes.append(shape)
        y += height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y + 2}" role="img"'
        f' aria-label="A call from the program to the kernel">\n<style>{STYLE}</style>\n'
        f"{''.join(shapes)}</svg>\n"
    )


def _row(y: int, width: int, who: str, where: str, what: str, raw: bytes) -> tuple[str, int]:
    """One of the boxes, from ``y`` downwards, and its height."""
    lines = textwrap.wrap(what, (width - 32) // LETTER, subsequent_indent="  ")
    cells, more = _cells(y + 28, width, raw)
    height = ROW + (LINE * (len(lines) - 1) if what else more)
    made = [f'<g class="{"c" if who == "C" else "python"}"><rect class="box" x="2" y="{y}"'
            f' width="{width - 4}" height="{height}" rx="8"/>'
            f'<text class="who" x="16" y="{y + 22}">{who}</text>'
            f'<text class="where" x="120" y="{y + 22}">{where}</text>']  # fmt: skip
    for i, line in enumerate(lines):
        indent = 16 + LETTER * (len(line) - len(line.lstrip()))
        text = escaped(line.lstrip())
        made.append(f'<text x="{indent}" y="{y + 44 + LINE * i}">{text}</text>')
    return "".join(made) + "</g>\n" + ("" if what else cells), height


def _cells(y: int, width: int, raw: bytes) -> tuple[str, int]:
    """The bytes of the address, and whose they are; and the height of all lines but the first."""
    fields = _layouts.layouts(PLATFORM)["structs"]["sockaddr_in"]["fields"]
    made, per_line = [], (width - 32) // CELL // 8 * 8
    for i, (name, (start, size)) in enumerate(sorted(fields.items(), key=lambda f: f[1])):
        x, across = 16 + CELL * (start % per_line), CELL * size
        top = y + CELLS * (start // per_line)
        octets = raw[start : start + size].hex(" ")
        made.append(
            f'<rect class="m{i}" x="{x}" y="{top}" width="{across - 3}" height="26" rx="3"/>'
            f'<text class="cell" x="{x + across / 2 - 1.5:g}" y="{top + 11}">{octets}</text>'
            f'<text class="cell" x="{x + across / 2 - 1.5:g}" y="{top + 23}">{name}</text>\n'
        )
    return "".join(made), CELLS * ((len(raw) - 1) // per_line)


if __name__ == "__main__":
    for file, text in pictures().items():
        file.write_text(text, encoding="utf-8")
        print(file)
