"""What is wrong with a site that was built: links and anchors, blocks of code, what asks a network.

``wrong_with`` returns a line for each fault.  The pages are read as a browser on ``file://`` would
read them.  Where chromium is to be had, it packs addresses by the form of the site, searches, and
says whether pages fit a phone and a desk (``widths``).
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

from pysock.__main__ import COMMANDS

from . import ROOT, calls, structs, widths

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 40  # that the browser may take for a page

# What a page loads by itself, as opposed to what a reader follows.
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """The links, the anchors, and what is loaded, of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADED and LOADED[tag] in given:
            if tag != "link" or given.get("rel") in ("stylesheet", "icon", "preload"):
                self.loaded.append(given[LOADED[tag]])
            else:
                self.links.append(given["href"])


def wrong_with(source: Path, pages: Path) -> list[str]:
    """A line for each fault of the site whose Markdown is in ``source``, and HTML in ``pages``."""
    found = [*links(pages), *blocks(source), *examples(), *commands(source), *whole(pages)]
    return [*found, *in_browser(pages)]


def links(pages: Path) -> Iterator[str]:
    """Links that lead nowhere, anchors that are not there, and what would ask a network."""
    every = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(pages.rglob("*.html"))}
    for path, page in every.items():
        name = path.relative_to(pages)
        for link in page.loaded:
            if re.match(r"(https?:)?//", link):
                yield f"{name}: it loads {link}"
        for link in [*page.links, *page.loaded]:
            if re.match(r"[a-z]+:|//", link):
                continue
            file, _, anchor = unquote(link).partition("#")
            target = (
                path if not file else Path(os.path.normpath(path.parent / file.partition("?")[0]))
            )
            if not target.exists():
                yield f"{name}: there is nothing at {link}"
            elif anchor and target in every and anchor not in every[target].anchors:
                yield f"{name}: there is no anchor {link}"
    for path in sorted(pages.rglob("*.css")):
        for url in re.findall(
            r"(?:url\(|@import\s)['\"]?(https?:[^)'\"]*)", path.read_text("utf-8")
        ):
            yield f"{path.relative_to(pages)}: it loads {url}"


_FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)


def blocks(source: Path) -> Iterator[str]:
    """Blocks of Python that are none."""
    for path in sorted(source.rglob("*.md")):
        for language, code in _FENCE.findall(path.read_text(encoding="utf-8")):
            if language not in ("python", "pycon"):
                continue
            try:
                if ">>> " in code:
                    for example in doctest.DocTestParser().get_examples(code):
                        compile(example.source, path.name, "single")
                else:
                    compile(code, path.name, "exec")
            except (SyntaxError, ValueError) as error:
                yield f"{path.relative_to(source)}: a block is no Python: {error}"


def examples() -> Iterator[str]:
    """Examples with prompts that print something else: those of ``docs/*.md`` the suite has."""
    for path in sorted((ROOT / "docs/site").rglob("*.md")):
        failed = doctest.testfile(str(path), module_relative=False, encoding="utf-8").failed
        if failed:
            yield f"{path.relative_to(ROOT)}: {failed} examples print something else"


def commands(source: Path) -> Iterator[str]:
    """Commands that are not there: a subcommand of pysock, or a module of tests or tools."""
    for path in sorted(source.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        for module, word in re.findall(
            r"python3? -m ((?:pysock|tests|tools)\b[\w.]*)(?: ([a-z]+))?", text
        ):
            if find_spec(module.rstrip(".")) is None:
                yield f"{path.relative_to(source)}: there is no python3 -m {module}"
            elif module == "pysock" and word and word not in COMMANDS and word not in _PROSE:
                yield f"{path.relative_to(source)}: there is no python3 -m pysock {word}"


# What may follow the name of a command in a sentence.
_PROSE = (
    "and",
    "are",
    "as",
    "can",
    "for",
    "has",
    "in",
    "is",
    "of",
    "or",
    "shows",
    "then",
    "to",
    "with",
)


def whole(pages: Path) -> Iterator[str]:
    """Calls and families that have no page."""
    every = [each.path for each in [*calls.methods(), *calls.functions()]]
    every += [f"families/{name.lower()}" for name in structs.families_of()]
    for name in every:
        if not (pages / f"{name}.html").is_file():
            yield f"there is no page {name}.html"


# --- in a browser --------------------------------------------------------------------


def in_browser(pages: Path) -> Iterator[str]:
    """What the form packs wrongly, and what the search does not find on ``file://``."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("skipped: the form and the search, since there is no chromium")
        return
    form = _dom(browser, "", f"{(pages / 'families/packing.html').as_uri()}#prove")
    title = re.search(r"<title>(.*?)</title>", form, re.S)
    if title is None:
        print("skipped: the form and the search, since chromium does not run here")
        return
    if not re.match(r"proved: [1-9]", title[1]):
        yield f"families/packing.html: the form packs otherwise than pysock: {title[1]}"
    for word, page in (("recvmsg", "methods/recvmsg.html"), ("backlog", "glossary.html")):
        found = _dom(browser, "", f"{(pages / 'search.html').as_uri()}?q={word}")
        if f'href="{page}' not in found.partition('id="search-results"')[2]:
            yield f"search.html: {word} does not find {page}"
    with tempfile.TemporaryDirectory(prefix="pysock-site-") as folder:
        yield from widths.too_wide(pages, Path(folder), partial(_dom, browser, READS))


# By this option, a page may look into another: readers have browsers that do not let it.
READS = "--allow-file-access-from-files"


def _dom(browser: str, option: str, url: str) -> str:
    with tempfile.TemporaryDirectory(prefix="pysock-site-") as profile:
        ran = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000",
             f"--user-data-dir={profile}", "--dump-dom", *option.split(), url],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=SECONDS, encoding="utf-8", errors="replace",
        )  # fmt: skip
    return ran.stdout
