"""``python3 -m tests.conformance``: CPython's own tests, with pysock in the place of ``socket``.

For each interpreter of this machine, its own test files run on pysock, also in the processes
that they start, and are compared with what passes on the C module.  A test that passes there
and not here fails this, unless the harness's lists (``expect/*.txt``) say why.

Suites with TLS run as programs of ``python -m pysock run`` do; the others have pysock put into its
place by the harness, which sees to it that nothing holds C's.

What passes on the C module is taken from the harness's records, or from a run of its own where
there is none, or with ``--fresh``.  ``--vm`` runs ``test_socket`` in the virtual machine whose
kernel has every address family; ``--write`` puts the table into ``docs/compatibility.md``.

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
from .vm import VMRUN, missing

WHERE = "PYSOCK_CONFORMANCE"  # the harness, if it is not beside the clone
HARNESS = Path(os.environ.get(WHERE, ROOT.parent / "shared/conformance"))
STARTUP = ROOT / "pysock/_startup"
LISTS = ("c_only",)
HOSTS_LACK = "environment"  # the list of what many a host's kernel lacks
TAGS = {"cp39": "3.9", "cp310": "3.10", "cp311": "3.11", "cp312": "3.12", "cp313": "3.13"}
# Those of a root file system of their own, which another bed makes; they bring their tests along.
NEWER = {"cp314": "3.14", "cp315": "3.15", "pypy311": "PyPy 8"}
COMMANDS = {"cp314": "python3.14", "cp315": "python3.15", "pypy311": "pypy3.11"}
VM_SECONDS = 1500
# Where that bed has put its commands.
INTERPRETERS = Path(
    os.environ.get("PYSOCK_INTERPRETERS", os.path.join(tempfile.gettempdir(), "interpreters"))
)
PAGE = ROOT / "docs/compatibility.md"
SEPARATOR = "<!-- table -->"


def matching(*words: str) -> list[str]:
    return [option for word in words for option in ("--match", f"*{word}*")]


_CONNECTIONS = matching("Connection", "Listener")
_PARTS = matching("TestWait", "PollEintr", "InvalidFamily", "InvalidHandle", "hallenge")

# Each suite, and the options that choose of it what has to do with sockets.
SUITES: dict[str, list[str]] = {
    "test_socket": [],
    "test_socketserver": [],
    "test_select": [],
    "test_selectors": [],
    "test_poll": [],
    "test_epoll": [],
    "test_signal": matching("Wakeup", "Siginterrupt"),
    # The file wants the network; the one class that uses it is left out.
    "test_timeout": ["-u", "network", "--ignore", "*TCPTimeoutTestCase*"],
    "test_eintr": ["-u", "walltime"],
    "test_os": matching("endfile", "nheritable", "Inheritance"),
    "test_pickle": matching("CompatPickle"),
    "test_httplib": [],
    "test_httpservers": [],
    "test_urllib": [],
    "test_urllib2": [],
    "test_urllib2_localnet": [],
    "test_robotparser": [],
    "test_ftplib": [],
    "test_smtplib": [],
    "test_smtpd": [],
    "test_ssl": [],
    "test_poplib": [],
    "test_imaplib": [],
    "test_nntplib": [],
    "test_telnetlib": [],
    "test_xmlrpc": [],
    "test_docxmlrpc": [],
    "test_wsgiref": [],
    "test_logging": matching(
        "SocketHandler", "DatagramHandler", "SysLog", "SMTPHandler", "HTTPHandler", "listen"
    ),
    "test_asyncore": [],
    "test_asynchat": [],
    "test_asyncio.test_sock_lowlevel": [],
    "test_asyncio.test_selector_events": [],
    "test_asyncio.test_proactor_events": [],
    "test_asyncio.test_unix_events": [],
    "test_asyncio.test_streams": [],
    "test_asyncio.test_sendfile": [],
    "test_asyncio.test_events": [],
    "test_asyncio.test_base_events": [],
    "test_asyncio.test_server": [],
    "test_asyncio.test_transports": [],
    "test_asyncio.test_buffered_proto": [],
    "test_asyncio.test_subprocess": [],
    "test_asyncio.test_ssl": [],
    "test_asyncio.test_sslproto": [],
    # One file, and from 3.12 on a package.
    "test_multiprocessing_fork": [*_CONNECTIONS, *_PARTS],
    "test_multiprocessing_fork.test_processes": _CONNECTIONS,
    "test_multiprocessing_fork.test_misc": [*_CONNECTIONS, *_PARTS],
}
TLS = frozenset(
    "test_ssl test_httplib test_httpservers test_urllib2_localnet test_ftplib test_poplib "
    "test_imaplib test_nntplib test_logging test_asyncio.test_streams test_asyncio.test_events "
    "test_asyncio.test_ssl test_asyncio.test_sslproto".split()
)
# What of test_socket most kernels skip, and the virtual machine's does not.
FAMILIES = matching(
    *("CAN", "ISOTP", "J1939", "TIPC", "CryptoAPI", "RDS", "QIPCRTR", "SCTP", "VSOCK"),
    *("Bluetooth", "UDPLITE", "HyperV"),
)
PACKAGES = {"test_multiprocessing_fork": ("cp312", "cp313", "cp314", "cp315")}

# Tests of 3.14 and later, unknown to the harness's lists, that hand a socket to the C module _ssl.
NEWER_TLS = (
    "test.test_httpservers.BaseHTTPSServerTestCase.test_get",
    "test.test_httpservers.CommandLineRunTimeTestCase.test_https_client",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.conformance", description=__doc__)
    parser.add_argument("--tags", help="interpreters, like cp311,pypy39; default: all found")
    parser.add_argument("--suites", help="suites, like test_socket,test_select; default: all")
    parser.add_argument("--jobs", default="1", help="how many classes of tests at a time")
    parser.add_argument("--fresh", action="store_true", help="run the C module's tests too")
    parser.add_argument("--vm", action="store_true", help="test_socket in the virtual machine")
    parser.add_argument("--write", action="store_true", help="write the table to docs/")
    parser.add_argument("--every-family", action="store_true", help="this kernel has them all")
    options = parser.parse_args()
    if not HARNESS.exists():
        print(f"needs the harness, {os.path.relpath(HARNESS, ROOT)}", file=sys.stderr)
        return 2
    found = interpreters(options.tags)
    if options.vm:
        return in_the_vm(found, options.suites or "test_socket")
    suites = options.suites.split(",") if options.suites else list(SUITES)
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        for tag, python in found.items():
            for suite in suites:
                if tag in PACKAGES.get(suite, ()):
                    continue
                run = Run(tag, python, suite, Path(folder), options.jobs)
                if run.compare(options.fresh, options.every_family):
                    table.add(run)
    if options.write:
        table.write()
    return table.verdict()


class Run:
    """One suite on one interpreter."""

    def __init__(self, tag: str, python: str, suite: str, folder: Path, jobs: str) -> None:
        self.tag, self.python, self.suite = tag, python, suite
        self.folder, self.jobs = folder, jobs
        self.chosen = SUITES.get(suite, [])
        self.status, self.said = 0, ""
        self.told: dict[str, Any] = {}  # what the harness tells of the last run
        self.theirs: dict[str, Any] = {}  # the tests on the C module

    def compare(self, fresh: bool, every_family: bool) -> bool:
        """Run it on pysock; whether this interpreter has such tests at all."""
        if every_family and self.suite == "test_socket":
            self.chosen = FAMILIES
        baseline = HARNESS / "baseline" / self.tag / f"{self.suite}.json"
        if fresh or not baseline.exists():
            baseline = self.folder / f"{self.tag}-{self.suite}-socket.json"
            self._run("socket", "--json", str(baseline))
            if not self.told.get("tests"):
                return False
        self.theirs = json.loads(baseline.read_text())["tests"]
        if not self.theirs:
            return False
        lists = LISTS if every_family else (*LISTS, HOSTS_LACK)
        expect = [f"--expect={HARNESS / 'expect' / name}.txt" for name in lists]
        newer = self.folder / "newer-tls.txt"
        newer.write_text("".join(f"{name} @cpython  # TLS\n" for name in NEWER_TLS))
        expect.append(f"--expect={newer}")
        result = self.folder / f"{self.tag}-{self.suite}.json"
        result.unlink(missing_ok=True)
        self._run("pysock", "--json", str(result), "--baseline", str(baseline), *expect)
        return True

    def _run(self, module: str, *options: str) -> None:
        command = [sys.executable, str(HARNESS / "run_suite.py"), "--python", self.python]
        command += ["--suite", f"test.{self.suite}", "--ssl", "real", "--jobs", self.jobs]
        if module == "pysock" and self.suite in TLS:
            self.check_run()
            module = "socket"  # for the harness, it is what the interpreter has
            command += ["--pythonpath", str(STARTUP)]
        command += ["--module", module]
        if self.tag == "pypy39":
            command += ["--pythonpath", str(pypy_tests())]
        if self.tag == "pypy311":  # its own stub of _testcapi needs a compiler
            stub = self.folder / "pypy311"
            stub.mkdir(exist_ok=True)
            shutil.copy(pypy_tests() / "_testcapi.py", stub)
            command += ["--pythonpath", str(stub)]
        command += ["--pythonpath", str(ROOT), *self.chosen, *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        result = Path(options[1])
        self.status, self.said = done.returncode, done.stdout
        self.told = json.loads(result.read_text()) if result.exists() else {}

    def check_run(self) -> None:
        """A suite with TLS runs on pysock indeed, for all that the harness knows of it."""
        paths = map(str, (HARNESS / "inject", STARTUP, ROOT))
        program = "import socket, sys; sys.exit(not hasattr(socket, 'Socket'))"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        subprocess.run([self.python, "-c", program], env=environment, check=True)

    def counts(self) -> dict[str, int]:
        """The cells of its row."""
        ours = self.told.get("tests", {})
        passed = {name for name, test in self.theirs.items() if test["status"] in ("pass", "xfail")}
        both = {n for n in passed if ours.get(n, {}).get("status") in ("pass", "xfail")}
        states = [test["status"] for test in ours.values()]
        return {
            "both": len(both),
            "C alone": len(passed - both),
            "excused": sum("expected" in ours.get(name, {}) for name in passed - both),
            "skipped": states.count("skip"),
            "crashed": states.count("crash") + states.count("timeout"),
        }


class Table:
    """Interpreter and suite, and how many tests passed where; printed as it grows."""

    HEAD = ("interpreter", "suite", "both", "C alone", "excused", "skipped", "crashed")

    def __init__(self) -> None:
        self.rows: list[tuple[str, ...]] = []
        self.wrong: list[str] = []
        self._print(self.HEAD)

    def add(self, run: Run) -> None:
        row = (run.tag, run.suite, *map(str, run.counts().values()))
        self.rows.append(row)
        self._print(row)
        if run.status:
            self.wrong.append(f"{run.tag} {run.suite}")
            print(run.said)

    def _print(self, row: tuple[str, ...]) -> None:
        tag, suite, *cells = row
        print(f"{tag:12} {suite:41}", *(f"{cell:>7}" for cell in cells), flush=True)

    def verdict(self) -> int:
        if not self.rows:
            print("no such interpreter or suite here", file=sys.stderr)
            return 2
        wrong = ", ".join(self.wrong)
        print(f"\nnot as on the C module: {wrong}" if wrong else "\nall as on the C module")
        return 1 if wrong else 0

    def write(self) -> None:
        """The table as Markdown: a row a suite, a column an interpreter.  Other cells stay."""
        before, table, after = PAGE.read_text(encoding="utf-8").split(SEPARATOR)
        head, _, *body = [line.strip("|").split("|") for line in table.strip().splitlines()]
        shown = {
            (line[0].strip(), title.strip()): cell.strip()
            for line in body
            for title, cell in zip(head[1:], line[1:])
        }
        titles = {**TAGS, "cp314": "3.14", "cp315": "3.15", "pypy39": "PyPy 7", "pypy311": "PyPy 8"}
        for tag, suite, both, alone, *_ in self.rows:
            shown[suite, titles[tag]] = both if alone == "0" else f"{both}, {alone} not"
        columns = [title for title in titles.values() if any(key[1] == title for key in shown)]
        lines = [f"| suite | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
        for suite in SUITES:
            cells = [shown.get((suite, title), "") for title in columns]
            if any(cells):
                lines.append(f"| {suite} | {' | '.join(cells)} |")
        text = f"{SEPARATOR}\n" + "\n".join(lines) + f"\n{SEPARATOR}"
        PAGE.write_text(before + text + after, encoding="utf-8")


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
    for tag, command in COMMANDS.items():
        if (INTERPRETERS / "bin" / command).exists():
            found[tag] = str(INTERPRETERS / "bin" / command)
    return {tag: found[tag] for tag in found if not wanted or tag in wanted.split(",")}


def pypy_tests() -> Path:
    """PyPy's own test package, which Debian has in a package of its own; fetched once."""
    library = ROOT / ".venv/pypy-tests"
    done = library / "test/__init__.py"
    if not done.exists():
        subprocess.run([str(HARNESS / "setup-pypy.sh"), str(library)], check=True)
        done.touch()
    return library


def in_the_vm(found: dict[str, str], suites: str) -> int:
    """This command once more, there."""
    if complaint := missing():
        sys.exit(f"tests.conformance: {complaint}")
    if "pypy39" in found:
        pypy_tests()  # the machine has no network
    command = [sys.executable, str(VMRUN), "--bt", f"--timeout={VM_SECONDS}"]
    # What links lead to is there, the links may be not.
    command += [f"--env={WHERE}={HARNESS.resolve()}", "--env=PYTHONDONTWRITEBYTECODE=1"]
    command += [str(ROOT), "--", sys.executable, "-m", "tests.conformance", "--tags"]
    command += [",".join(found), "--suites", suites, "--fresh", "--every-family"]
    return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main())
