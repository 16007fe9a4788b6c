"""Packages' own tests, on the C module and on pysock: every pass there is a pass here.

The tests are those that the installed packages bring along.  They run in a network namespace
that has loopback alone.  What passes on C and fails on pysock is run once more, since others'
tests may depend on time.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from .ways import WAYS, environment_for, in_a_namespace, write_table

UNITTESTS = Path(__file__).with_name("_unittests.py")
PATIENCE = 900  # seconds for a suite
HEAD = ("suite", "C", "pysock", "skipped")

# Each suite, and its tests: folders of the package for pytest, modules for unittest.
PYTEST = {
    "aiosmtpd": ["aiosmtpd/tests"],
    "cheroot": ["cheroot/test"],
    "trio": [
        "trio/_tests/test_socket.py",
        "trio/_tests/test_highlevel_socket.py",
        "trio/_tests/test_highlevel_open_tcp_listeners.py",
        "trio/_tests/test_highlevel_open_tcp_stream.py",
        "trio/_tests/test_highlevel_open_unix_stream.py",
        "trio/_tests/test_highlevel_serve_listeners.py",
        "trio/_tests/test_ssl.py",
        "trio/_tests/test_dtls.py",
    ],
}
UNITTEST = {
    "gevent": [
        f"gevent.tests.test__{name}"
        for name in (
            *("socket", "socket_close", "socket_dns", "socket_errors", "socket_ex", "socket_send"),
            *("socket_send_memoryview", "socket_ssl", "socket_timeout", "server", "server_pywsgi"),
            *("ssl", "subprocess", "select", "selectors", "pywsgi", "makefile_ref", "greenio"),
        )
    ],
    "tornado": [
        f"tornado.test.{name}_test"
        for name in (
            *("httpclient", "httpserver", "iostream", "netutil", "tcpclient", "tcpserver"),
            *("simple_httpclient", "websocket", "ioloop", "process"),
        )
    ],
    "twisted": [
        f"twisted.{package}.test_{name}"
        for package, names in {
            "internet.test": (
                "address asyncioreactor core endpoints fdset posixbase process resolver socket tcp "
                "tls udp unix"
            ),
            "test": "ftp internet process ssl tcp udp unix",
            "protocols.test": "tls",
            "python.test": "sendmsg",
            "names.test": "client server",
            "web.test": "agent webclient",
        }.items()
        for name in names.split()
    ],
}


def main(python: str, names: list[str], folder: Path, *, write: bool = False) -> int:
    chosen = [name for name in (*PYTEST, *UNITTEST) if not names or name in names]
    if not chosen:
        print(f"there are these suites: {', '.join((*PYTEST, *UNITTEST))}", file=sys.stderr)
        return 2
    print(f"{HEAD[0]:12}", *(f"{head:>8}" for head in HEAD[1:]), flush=True)
    wrong: list[str] = []
    rows: list[tuple[str, ...]] = [HEAD]
    for name in chosen:
        theirs, said = outcomes(python, name, "C", folder)
        ours, said_here = outcomes(python, name, "pysock", folder)
        passed = {test for test, status in theirs.items() if status == "pass"}
        lost = {test for test in passed if ours.get(test) != "pass"}
        if lost:
            again, said_here = outcomes(python, name, "pysock", folder)
            lost = {test for test in lost if again.get(test) != "pass"}
        skipped = sum(status == "skip" for status in theirs.values())
        rows.append((name, str(len(passed)), str(len(passed - lost)), str(skipped)))
        print(f"{name:12}", *(f"{cell:>8}" for cell in rows[-1][1:]), flush=True)
        for test in sorted(lost):
            print(f"    {ours.get(test, 'not there')}: {test}")
        if lost or not passed:
            wrong.append(name)
            print(said_here if passed else said)
    if write:
        write_table("suites", rows)
    print(f"not as on C: {', '.join(wrong)}" if wrong else "all that passes on C passes on pysock")
    return 1 if wrong else 0


def outcomes(python: str, name: str, way: str, folder: Path) -> tuple[dict[str, str], str]:
    """What became of each test of a suite, and the end of what was printed."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        out = Path(place, "out")
        command = in_a_namespace([python, *WAYS[way], *arguments(python, name, out)])
        environment = environment_for(way, {"CI": "", "TMPDIR": place})
        with subprocess.Popen(
            command,
            cwd=place,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            try:
                said, _ = process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                said = f"{process.communicate()[0]}\nit took more than {PATIENCE} seconds"
        found = dict(read(out)) if out.exists() else {}
    return found, "\n".join(said.splitlines()[-150:])


def arguments(python: str, name: str, out: Path) -> list[str]:
    if name in UNITTEST:
        return [str(UNITTESTS), str(out), *UNITTEST[name]]
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    library = subprocess.check_output([python, "-c", where], text=True).strip()
    settings = out.with_name("pytest.ini")  # its own, lest pytest finds the clone's
    settings.write_text("[pytest]\n")
    options = ["-c", str(settings), f"--rootdir={out.parent}", f"--junitxml={out}", "--timeout=60"]
    options += ["-p", "no:cacheprovider", "-q", "-rf", "--disable-warnings"]
    if name == "trio":
        options += ["-p", "trio._tests.pytest_plugin", "--skip-optional-imports"]
    return ["-m", "pytest", *options, *(str(Path(library, path)) for path in PYTEST[name])]


def read(out: Path) -> Iterator[tuple[str, str]]:
    """``(test, status)`` from what unittest's or pytest's run has written."""
    text = out.read_text(encoding="utf-8")
    if text.startswith("{"):
        yield from json.loads(text).items()
        return
    for case in ElementTree.fromstring(text).iter("testcase"):
        states = {child.tag for child in case} & {"failure", "error", "skipped"}
        status = "fail" if states - {"skipped"} else "skip" if states else "pass"
        yield f"{case.get('classname')}.{case.get('name')}", status
