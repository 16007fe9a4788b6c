"""``python -m tools.declare``: write what type checkers are told of the constants."""

from __future__ import annotations

from . import FILE, text

if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    print(f"{FILE.name} written")
