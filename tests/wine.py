"""``python3 -m tests.wine``: pysock on Windows' CPython, under Wine.

It runs pysock's own tests, the demo, and CPython's tests of what uses sockets, these on
pysock and on the C module: what passes on that has to pass on pysock.  The builds come from
``../shared/wine`` and the harness from ``../shared/conformance``; neither is part of the
project, and without them this says so in one line.  They are kept under ``.venv/wine``, or
where PYSOCK_WINE says.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from . import ROOT
from .conformance import HARNESS, interpreters

KIT = ROOT.parent / "shared/wine"
PLACE = Path(os.environ.get("PYSOCK_WINE", ROOT / ".venv/wine"))
LISTS = ("c_only", "no_ssl_bridge")  # the harness puts pysock into its place, also in ssl
VERSIONS = {"3.9": "cp39", "3.11": "cp311", "3.13": "cp313"}
SUITES = (
    "test_socket",
    "test_selectors",
    "test_socketserver",
    "test_httplib",
    "test_ftplib",
    "test_smtplib",
    "test_asyncio.test_streams",
    "test_asyncio.test_proactor_events",
    "test_asyncio.test_sock_lowlevel",
)
PATIENCE = 120  # seconds without a word from a worker
# What pytest needs on Windows, or before Python 3.11, has to be named.
NEEDED = ("pytest <9", "pytest-timeout", "colorama", "exceptiongroup", "tomli", "iniconfig <2.2")
PYTEST = ("-m", "pytest")
JOBS = ("setup", "tests", "job", "suites")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.wine", description=__doc__)
    parser.add_argument("--versions", default=",".join(VERSIONS), help="like 3.9,3.11")
    parser.add_argument("--suites", default=",".join(SUITES), help="like test_socket,test_httplib")
    parser.add_argument("--only", choices=JOBS, help="one of these parts")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest, behind --")
    options = parser.parse_args()
    for needed in (KIT, HARNESS):
        if not needed.exists():
            print(f"needs {os.path.relpath(needed, ROOT)}", file=sys.stderr)
            return 2
    failed = []
    for version in options.versions.split(","):
        windows = Windows(version)
        if options.only in (None, "job"):
            print(f"--- CPython {version} for Windows: python -m pysock", flush=True)
            if windows.python("-m", "pysock", timeout=PATIENCE).returncode:
                failed.append(f"{version}: demo")
        if options.only in (None, "tests"):
            print(f"--- CPython {version} for Windows: pysock's own tests", flush=True)
            if not own_tests(windows, options.pytest or ["-q"]):
                failed.append(f"{version}: tests")
        if options.only in (None, "suites"):
            print(f"--- CPython {version} for Windows: its own tests, on the C module and here")
            failed += [
                f"{version}: {suite}"
                for suite in options.suites.split(",")
                if not compare(windows, suite)
            ]
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def own_tests(windows: Windows, arguments: list[str]) -> bool:
    """Whether pytest went through to its end, where it writes a report, and all passed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        cache = windows_path(PLACE / f"cache-{windows.name}")  # for --last-failed
        options = ("-o", f"cache_dir={cache}", f"--junit-xml={windows_path(report)}")
        ran = windows.python(*PYTEST, *options, *arguments)
        return ran.returncode == 0 and report.exists()


class Windows:
    """A CPython for Windows, and how to start it."""

    def __init__(self, version: str) -> None:
        self.version, self.name = version, "py" + version.replace(".", "")
        home = PLACE / self.name
        if not (PLACE / "winpython").exists():
            step(str(KIT / "setup.sh"), str(PLACE))
        if not (home / "python.exe").exists():
            step(str(PLACE / "build.sh"), version, library(version))
        if not (home / "Lib/site-packages/exceptiongroup").exists():
            pip = [sys.executable, "-m", "pip", "-q", "install", "--only-binary=:all:"]
            pip += ["--platform", "win_amd64", "--python-version", version]
            step(*pip, "--target", str(home / "Lib/site-packages"), *NEEDED)

    def python(
        self, *arguments: str, path: tuple[Path, ...] = (ROOT,), timeout: int = 1200, **env: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run it in the clone.  There, a path of this machine begins with a drive, Z:."""
        joined = ";".join(map(windows_path, path))
        told = {"WINPY": self.name, "PYTHONPATH": joined, "PYTHONDONTWRITEBYTECODE": "1", **env}
        command = ["timeout", "-k", "5", str(timeout), str(PLACE / "winpython"), *arguments]
        return subprocess.run(command, cwd=ROOT, env={**os.environ, **told})


def windows_path(path: Path) -> str:
    return "Z:" + str(path).replace("/", "\\")


def step(*command: str) -> None:
    print(f"wine: {' '.join(command)}", flush=True)
    made = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if made.returncode:
        sys.exit(f"{made.stdout}{made.stderr}\nthis failed")


def library(version: str) -> str:
    """A standard library of this version, for whatever system."""
    python = interpreters(VERSIONS[version]).get(VERSIONS[version])
    if python is None:
        sys.exit(f"needs the standard library of a Python {version}")
    where = "import sysconfig; print(sysconfig.get_path('stdlib'))"
    return subprocess.check_output([python, "-c", where], text=True).strip()


# --- CPython's own tests -------------------------------------------------------------


def compare(windows: Windows, suite: str) -> bool:
    """Whether what passes with the C module passes with pysock; what does not is told.

    The harness's lists (``expect/*.txt``) say what no Python class can pass, and why.
    """
    known, ours = outcomes(windows, suite, "socket"), outcomes(windows, suite, "pysock")
    lost = [name for name, (status, _) in known.items() if status == "pass" and name not in ours]
    wrong = {
        name: ours[name]
        for name, (status, _) in known.items()
        if status == "pass" and name in ours and ours[name][0] not in ("pass", "xfail")
        if not any(fnmatchcase(name, pattern) for pattern in excused(windows.version))
    }
    count = [sum(status == "pass" for status, _ in each.values()) for each in (known, ours)]
    print(f"{suite:34} {count[0]:4} pass on the C module, {count[1]:4} here", flush=True)
    if suite in ours:  # it cannot be imported
        print(*ours[suite])
    for name in lost:
        print(f"    not there: {name}")
    for name, (status, text) in wrong.items():
        print(f"    {status}: {name}\n{text}")
    return bool(count[0]) and not lost and not wrong


def excused(version: str) -> list[str]:
    """Patterns of the tests that no Python class can pass."""
    sys.path.append(str(HARNESS))
    from run_suite import read_expect, selected  # type: ignore[import-not-found]

    parts = tuple(map(int, version.split(".")))
    rules = [rule for name in LISTS for rule in read_expect(HARNESS / f"expect/{name}.txt")]
    return [rule["pattern"] for rule in rules if selected(rule, "cpython", parts)]


def outcomes(windows: Windows, suite: str, module: str) -> dict[str, tuple[str, str]]:
    """What became of each test, ``(status, text)``, with this module as ``socket``.

    A worker of the harness runs them all.  Where it ends too early, the test that was running
    has crashed, and another goes on behind that.
    """
    found: dict[str, tuple[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        listed = work(windows, suite, module, Path(folder), "list", [])
        todo = [record["id"] for record in listed if record["ev"] == "test"]
        for record in listed:
            if record["ev"] in ("import_error", "module_skip"):
                found[suite] = record["ev"], record.get("text") or record["reason"]
        while todo:
            running, ended = todo[0], False
            for record in work(windows, suite, module, Path(folder), "run", todo):
                if record["ev"] == "start":
                    running = record["id"]
                elif record["ev"] in ("done", "fixture"):
                    found[record["id"]] = record["status"], record["text"]
                ended = ended or record["ev"] == "end"
            left = [name for name in todo if name not in found]
            if ended:
                break
            if running in left:
                found[running] = "crash", "the worker ended, or said nothing for too long"
                left.remove(running)
            todo = left
    return found


def work(
    windows: Windows, suite: str, module: str, folder: Path, mode: str, ids: list[str]
) -> list[Any]:
    """What a worker of the harness reports."""
    out, job = folder / "out", folder / "job"
    out.write_text("")
    told: dict[str, Any] = {"suite": f"test.{suite}", "mode": mode, "ids": ids, "test_path": []}
    told["use"] = ["network"] if suite == "test_socketserver" else []  # by which it means loopback
    job.write_text(json.dumps({**told, "out": windows_path(out)}))
    env = {} if module == "socket" else {"CONF_SOCKET_MODULE": module, "CONF_SOCKET_SSL": "real"}
    windows.python(
        *(windows_path(HARNESS / "run_suite.py"), "--worker", windows_path(job)),
        path=(HARNESS / "inject", KIT / "testlib", ROOT),
        timeout=PATIENCE,
        **env,
    )
    return [json.loads(line) for line in out.read_text().splitlines()]


if __name__ == "__main__":
    sys.exit(main())
