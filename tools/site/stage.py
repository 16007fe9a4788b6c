"""The sources of the site, put together in a folder for Sphinx.

``docs/*.md`` and the files at the top of the clone are pages as they stand; their links to files
that are no pages lead to copies in ``files/``.  ``docs/site/*.md`` may have a line ``{{name}}``,
which stands for what ``GENERATED`` makes.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import DEVNULL, Popen

from . import ROOT, calls, drawings, lessons, states, structs
from .text import raw

# Files at the top that are pages, by the names that they have in the site.
AT_THE_TOP = {
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
    "SECURITY.md": "security",
    "README.md": "readme",
}

# What ``python -m pysock --html`` makes: a whole conversation to click through.
RECORDING = "files/echo.html"
SECONDS = 60


def _other_pages() -> str:
    """The pages of docs/ that the index does not place: the site loses none."""
    index = (ROOT / "docs/site/index.md").read_text(encoding="utf-8")
    placed = {*re.findall(r"^(?:.*<)?([\w/-]+)>?$", index, re.M), lessons.GUIDE}
    return "\n".join(p.stem for p in sorted((ROOT / "docs").glob("*.md")) if p.stem not in placed)


GENERATED: dict[str, Callable[[], str]] = {
    "life-of-tcp": lambda: raw(drawings.life_of_tcp()),
    "other-pages": _other_pages,
    "way-of-connect": lambda: raw(calls.way_of("connect")),
    "way-of-recv": lambda: raw(calls.way_of("recv")),
    "states-of-tcp": states.shown,
    "packing-data": lambda: raw(
        f'<script type="application/json" id="packing-data">{structs.packing_data()}</script>'
    ),
}


def stage(folder: Path) -> None:
    """Write all sources; what has not changed is left, so that Sphinx need not read it again."""
    recording = folder / RECORDING
    recording.parent.mkdir(parents=True, exist_ok=True)
    demo = Popen(
        [sys.executable, "-m", "pysock", "--html", str(recording)],
        cwd=ROOT, stdin=DEVNULL, stdout=DEVNULL,
    )  # fmt: skip
    written = {recording}
    for name, text in _pages():
        path = folder / f"{name}.md"
        written.add(path)
        _write(path, text.encode("utf-8"))
    for source, path in _files(folder):
        written.add(path)
        _write(path, source.read_bytes())
    if demo.wait(SECONDS):
        raise RuntimeError(f"python -m pysock --html ended with {demo.returncode}")
    for path in folder.rglob("*"):
        if path.is_file() and path not in written:
            path.unlink()


def _write(path: Path, data: bytes) -> None:
    if not path.is_file() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _pages() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "docs").glob("*.md")):
        yield path.stem, linked(path.read_text(encoding="utf-8"), "docs")
    for file, name in AT_THE_TOP.items():
        text = linked((ROOT / file).read_text(encoding="utf-8"), ".")
        yield name, ("---\norphan: true\n---\n" if name == "readme" else "") + text
    for path in sorted((ROOT / "docs/site").rglob("*.md")):
        name = path.relative_to(ROOT / "docs/site").with_suffix("").as_posix()
        yield name, _filled(path.read_text(encoding="utf-8"))
    for made in (calls.pages, structs.pages, lessons.pages):
        yield from made()


def _filled(text: str) -> str:
    return re.sub(r"^\{\{([a-z-]+)\}\}$", lambda found: GENERATED[found[1]](), text, flags=re.M)


def linked(text: str, folder: str) -> str:
    """A page of the clone, whose links lead to pages of the site or to copies of files."""

    def link(found: re.Match[str]) -> str:
        target, _, anchor = found[1].partition("#")
        if re.match(r"[a-z]+:", target) or not target:
            return found[0]
        path = os.path.normpath(os.path.join(folder, target))
        if path.startswith("docs/") and path.endswith(".md"):
            new = path[len("docs/") :]
        elif path in AT_THE_TOP:
            new = AT_THE_TOP[path] + ".md"
        else:
            new = f"files/{path}"
        return f"]({new}{'#' + anchor if anchor else ''})"

    # What is between backticks or indented is no link; no page has a link there.
    text = re.sub(r"\[!\[[^\]]*\]\([^)]*\)\]\([^)]*\)\n?", "", text)  # badges ask a network
    text = re.sub(r"\]\(([^()\s]+)\)", link, text)
    # A picture opens itself: on a phone it is small.
    return re.sub(r"^(!\[[^\]]*\]\((files/[^()\s]+)\))$", r"[\1](\2)", text, flags=re.M)


def _files(folder: Path) -> Iterator[tuple[Path, Path]]:
    """What pages link to or show, and where it goes."""
    sources = [*(ROOT / "docs").glob("*.md"), *(ROOT / name for name in AT_THE_TOP)]
    wanted = set()
    for source in sources:
        below = source.parent.relative_to(ROOT).as_posix()
        for path in re.findall(r"\]\((files/[^)#\s]+)", linked(source.read_text("utf-8"), below)):
            wanted.add(path)
    for path in sorted(wanted):
        if (ROOT / path[len("files/") :]).is_file():
            yield ROOT / path[len("files/") :], folder / path


def clean(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
