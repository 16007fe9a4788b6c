"""Builds the site into ``build/site/html``; with ``--check`` also says what is wrong with it."""

from __future__ import annotations

import argparse
import faulthandler
import os
import signal
import sys
from pathlib import Path
from subprocess import call
from time import monotonic

from sphinx.cmd.build import build_main

from . import ROOT, check, stage

SHORTCUTS = "PYSOCK_SHORTCUTS"
SECONDS = 300  # after which it says where it hangs


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.site", description=__doc__)
    parser.add_argument("--check", action="store_true", help="say what is wrong with it")
    parser.add_argument("--fresh", action="store_true", help="build every page anew")
    options = parser.parse_args()
    if os.environ.get(SHORTCUTS) != "0":  # the pages show the methods as they are to be read
        return call(
            [sys.executable, "-m", "tools.site", *sys.argv[1:]],
            env={**os.environ, SHORTCUTS: "0"},
        )
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    # One lesson's program sends itself a Ctrl-C, which what runs in the background ignores.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    work = ROOT / "build/site"
    source, pages = work / "source", work / "html"
    if options.fresh or options.check:
        stage.clean(work)
    begin = monotonic()
    stage.stage(source)
    staged = monotonic()
    settings = str(Path(__file__).parent)
    status: int = build_main(
        ["-q", "-W", "--keep-going", "-j", "2", "-c", settings, str(source), str(pages)]
    )
    built = monotonic()
    wrong = check.wrong_with(source, pages) if options.check and not status else []
    for line in wrong:
        print(line)
    times = f"staged in {staged - begin:.1f} s, built in {built - staged:.1f} s"
    if options.check:
        times += f", checked in {monotonic() - built:.1f} s"
    print(f"{pages / 'index.html'}: {times}, {len(wrong)} faults found")
    return status or bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
