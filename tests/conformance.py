"""``python3 -m tests.conformance``: CPython's own tests, with pysock in the place of ``socket``.

For each interpreter of this machine, its own test files run on pysock, also in the processes
that they start, and are compared with what passes on the C module.  A test that passes there
and not here fails this, unless the harness's lists (``expect/*.txt``) say why.

The harness is not part of the project: without it, this says so in one line.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import ROOT

HARNESS = ROOT.parent / "shared/conformance"
LISTS = ("environment", "c_only", "one_class", "no_ssl_bridge")
TAGS = {"cp39": "3.9", "cp310": "3.10", "cp311": "3.11", "cp312": "3.12", "cp313": "3.13"}
SUITES: dict[str, list[str]] = {
    "test_socket": [],
    "test_socketserver": [],
    "test_select": [],
    "test_selectors": [],
    "test_httplib": [],
    "test_httpservers": [],
    "test_urllib2_localnet": [],
    "test_ftplib": [],
    "test_smtplib": [],
    "test_poplib": [],
    "test_imaplib": [],
    "test_xmlrpc": [],
    "test_wsgiref": [],
    # The file wants the network; the one class that uses it is left out.
    "test_timeout": ["-u", "network", "--ignore", "*TCPTimeoutTestCase*"],
    "test_logging": [
        *("--match", "*SocketHandler*", "--match", "*DatagramHandler*", "--match", "*SysLog*"),
        *("--match", "*SMTPHandler*", "--match", "*HTTPHandler*", "--match", "*listen*"),
    ],
    "test_asyncio.test_sock_lowlevel": [],
    "test_asyncio.test_selector_events": [],
    "test_asyncio.test_unix_events": [],
    "test_asyncio.test_streams": [],
    "test_asyncio.test_sendfile": [],
    "test_asyncio.test_events": [],
    "test_asyncio.test_base_events": [],
    "test_asyncore": [],
    "test_asynchat": [],
    "test_telnetlib": [],
    "test_nntplib": [],
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.conformance", description=__doc__)
    parser.add_argument("--tags", help="interpreters, like cp311,pypy39; default: all found")
    parser.add_argument("--suites", help="suites, like test_socket,test_select; default: all")
    options = parser.parse_args()
    if not HARNESS.exists():
        print(f"needs the harness, {os.path.relpath(HARNESS, ROOT)}", file=sys.stderr)
        return 2
    suites = options.suites.split(",") if options.suites else list(SUITES)
    wrong = []
    print(f"{'interpreter':12} {'suite':34} {'pass':>5} {'skip':>5} {'C alone':>7} {'crash':>5}")
    with tempfile.TemporaryDirectory() as folder:
        for tag, python in interpreters(options.tags).items():
            for suite in suites:
                if not (HARNESS / "baseline" / tag / f"{suite}.json").exists():
                    continue
                status, told = run(tag, python, suite, Path(folder))
                counts = told.get("counts", {})
                # What the lists do not excuse: failures, and tests lost or gone.
                alone = sum(len(told.get(key, "?")) for key in UNEXPECTED)
                crashed = counts.get("crash", 0) + counts.get("timeout", 0)
                passed, skipped = counts.get("pass", 0), counts.get("skip", 0)
                row = f"{tag:12} {suite:34} {passed:5} {skipped:5} {alone:7} {crashed:5}"
                print(row, flush=True)
                if status:
                    wrong.append(f"{tag} {suite}")
                    for key in UNEXPECTED:
                        print(*(f"    {key}: {name}" for name in told.get(key, ())), sep="\n")
    print(f"\nnot as on the C module: {', '.join(wrong)}" if wrong else "\nall as on the C module")
    return 1 if wrong else 0


UNEXPECTED = ("unexpected", "lost_to_skip", "missing", "foul")


def interpreters(wanted: str | None) -> dict[str, str]:
    """The interpreters that the harness knows and this machine has, by tag."""
    found = {}
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for tag, version in TAGS.items():
        installed = [*map(str, home.glob(f"versions/{version}.*/bin/python"))]
        python = installed[0] if installed else shutil.which(f"python{version}")
        if python:
            found[tag] = python
    if shutil.which("pypy3"):
        found["pypy39"] = shutil.which("pypy3") or ""
    return {tag: found[tag] for tag in found if not wanted or tag in wanted.split(",")}


def run(tag: str, python: str, suite: str, folder: Path) -> tuple[int, dict[str, Any]]:
    """One suite on one interpreter: the harness's exit status, and what it tells."""
    told = folder / f"{tag}-{suite}.json"
    command = [sys.executable, str(HARNESS / "run_suite.py"), "--python", python]
    command += ["--module", "pysock", "--suite", f"test.{suite}", "--json", str(told)]
    command += ["--baseline", str(HARNESS / "baseline" / tag / f"{suite}.json"), "--ssl", "real"]
    for name in LISTS:
        command += ["--expect", str(HARNESS / "expect" / f"{name}.txt")]
    if tag == "pypy39":
        command += ["--pythonpath", str(pypy_tests(folder))]
    command += ["--pythonpath", str(ROOT), *SUITES.get(suite, [])]
    with open(folder / "said", "w") as said:
        status = subprocess.call(command, stdout=said, stderr=said)
    return status, json.loads(told.read_text()) if told.exists() else {}


def pypy_tests(folder: Path) -> Path:
    """PyPy's own test package, which Debian has in a package of its own."""
    library = folder / "pypy-lib"
    if not library.exists():
        subprocess.run([str(HARNESS / "setup-pypy.sh"), str(library)], check=True)
        (library / "test/__init__.py").touch()
    return library


if __name__ == "__main__":
    sys.exit(main())
