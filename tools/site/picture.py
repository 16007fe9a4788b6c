"""One call from the program to the kernel and back, as a picture: ``docs/call.svg``.

``python -m tools.site.picture`` writes it anew.  Its bytes are those of ``families.pack``, its C is
the prototype's; it has colours of its own, for pages that are light or dark.
"""

from __future__ import annotations

from collections.abc import Iterator

from pysock import _layouts, _libc, families

from . import ROOT
from .text import escaped

FILE = ROOT / "docs/call.svg"
ADDRESS, FD, PLATFORM = ("127.0.0.1", 80), 3, "linux-gnu-x86_64"

WIDTH, ROW, GAP, CELL = 720, 58, 16, 38
STYLE = """\
text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#1f2328}
.who{font:600 13px system-ui,sans-serif}.where{fill:#656d76;font-size:12px}
.box{fill:#f6f8fa;stroke:#afb8c1}.c .box{fill:#fff1e5;stroke:#e16f24}
.m0{fill:#b6d4fe}.m1{fill:#ffd8a8}.m2{fill:#b2f2bb}.m3{fill:#e5dbff}
.cell{font-size:12px;text-anchor:middle}.arrow{stroke:#656d76;stroke-width:1.5;fill:none}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.where{fill:#8d96a0}
.box{fill:#161b22;stroke:#3d444d}.c .box{fill:#2d1d10;stroke:#bc5b1a}
.m0{fill:#1f4b7a}.m1{fill:#7a4a12}.m2{fill:#1d5c34}.m3{fill:#4b3a80}.arrow{stroke:#8d96a0}}"""


def picture() -> str:
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
    shapes = "".join(shape for i, row in enumerate(rows) for shape in _row(i, row, raw))
    height = len(rows) * (ROW + GAP) - GAP + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="A call from the program to the kernel">\n<style>{STYLE}</style>\n{shapes}'
        "</svg>\n"
    )


def _row(i: int, row: tuple[str, str, str], raw: bytes) -> Iterator[str]:
    who, where, what = row
    kind = "c" if who == "C" else "python"
    y = 2 + i * (ROW + GAP)
    if i:
        yield f'<path class="arrow" d="M40 {y - GAP}V{y - 2}m-5 -7l5 7l5 -7"/>\n'
    yield f'<g class="{kind}"><rect class="box" x="2" y="{y}" width="{WIDTH - 4}" height="{ROW}"'
    yield f' rx="8"/><text class="who" x="16" y="{y + 22}">{who}</text>'
    yield f'<text class="where" x="120" y="{y + 22}">{where}</text>'
    if what:
        yield f'<text x="16" y="{y + 44}">{escaped(what)}</text></g>\n'
    else:
        yield "</g>\n"
        yield from _cells(y + 28, raw)


def _cells(y: int, raw: bytes) -> Iterator[str]:
    """The bytes of the address, and whose they are."""
    fields = _layouts.layouts(PLATFORM)["structs"]["sockaddr_in"]["fields"]
    for i, (name, (start, size)) in enumerate(sorted(fields.items(), key=lambda f: f[1])):
        x, width = 16 + CELL * start, CELL * size
        octets = raw[start : start + size].hex(" ")
        yield f'<rect class="m{i}" x="{x}" y="{y}" width="{width - 3}" height="26" rx="3"/>'
        yield f'<text class="cell" x="{x + width / 2 - 1.5:g}" y="{y + 11}">{octets}</text>'
        yield f'<text class="cell" x="{x + width / 2 - 1.5:g}" y="{y + 23}">{name}</text>\n'


if __name__ == "__main__":
    FILE.write_text(picture(), encoding="utf-8")
    print(FILE)
