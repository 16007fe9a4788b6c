"""The page of a recording: it is whole, it compiles, and a browser draws it at three widths."""

from __future__ import annotations

import errno
import html
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pysock._platform import WINDOWS
from pysock.trace import jsonl
from pysock.trace.order import sort
from pysock.trace.page import NoTemplate, Page
from pysock.trace.terminal import Writer

from . import ROOT
from .foreign import FOREIGN, LINUX
from .strace_programs import PROGRAMS
from .test_trace_command import PAIR, trace

if WINDOWS:
    pytest.skip("on Windows, trace does not know Winsock's calls yet", allow_module_level=True)


def data_in(page: Path) -> dict[str, Any]:
    text = page.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def page_of(folder: Path, program: str) -> tuple[Path, dict[str, Any]]:
    (folder / "program.py").write_text(program)
    ran = trace(folder, "--html", "page.html", "program.py")
    assert ran.returncode == 0, ran.stderr
    return folder / "page.html", data_in(folder / "page.html")


# --- the commands --------------------------------------------------------------------


def test_trace_and_show_write_the_same_page(tmp_path: Path) -> None:
    ran = trace(tmp_path, "--jsonl", "t", "--html", "a.html", "-c", PAIR + "raise SystemExit(3)")
    assert (ran.returncode, ran.stderr) == (3, "")
    assert trace(tmp_path, "--html", "b.html", "t", command="show").returncode == 0
    one, other = data_in(tmp_path / "a.html"), data_in(tmp_path / "b.html")
    for name in ("rows", "maps", "joins"):
        assert one[name] == other[name]
    assert "The program ended with the status 3." in one["notes"]
    (send,) = [row for row in one["rows"] if row["f"] == "send"]
    if hasattr(sys, "orig_argv"):  # where the source of a program after -c is found
        lines = dict(map(tuple, one["sources"][send["s"][0]][2]))
        assert lines[send["s"][1]] == "a.sendall(b'hello')"
    assert one["protos"]["send"].startswith("ssize_t send(int sockfd")
    assert [join[3] for join in one["joins"]] == ["5 bytes"]
    assert one["title"].startswith("-c import socket")


def test_the_main_job_writes_its_page(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pysock", "--html", str(tmp_path / "demo.html")],
        cwd=ROOT, capture_output=True, encoding="utf-8", timeout=50,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    data = data_in(tmp_path / "demo.html")
    assert data["title"] == "python -m pysock"
    assert data["threads"] == ["server", "client"] == data["processes"]
    assert "TCP over IPv4" in [text for _, text in data["marks"]]
    kinds = [join[2] for join in data["joins"]]
    assert "connection" in kinds and kinds.count("bytes") >= 2 and kinds.count("datagram") == 2


def test_a_damaged_recording_says_so_and_shows_the_rest(tmp_path: Path) -> None:
    trace(tmp_path, "--jsonl", "t", "-c", PAIR)
    lines = (tmp_path / "t").read_text().splitlines()
    (tmp_path / "t").write_text("\n".join([*lines[:2], "]]><!--", *lines[2:-1]]))
    ran = trace(tmp_path, "--html", "p.html", "t", command="show")
    assert ran.returncode == 1 and "a line of t is no event" in ran.stderr
    data = data_in(tmp_path / "p.html")
    assert "damaged and left out; the first: line 3" in data["notes"][0]
    assert "recv" in [row["f"] for row in data["rows"]]
    (tmp_path / "t").write_text("")
    assert trace(tmp_path, "--html", "p.html", "t", command="show").returncode == 0
    assert data_in(tmp_path / "p.html")["notes"] == ["No call on a socket was recorded."]


def test_nowhere_to_write_a_page(tmp_path: Path) -> None:
    for arguments, command in ((["-c", "print(1)"], "trace"), (["t"], "show")):
        (tmp_path / "t").write_text("")
        ran = trace(tmp_path, "--html", "no/folder", *arguments, command=command)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr == f"python -m pysock {command}: no/folder: No such file or directory\n"


def test_packed_without_its_files_a_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(package: str, name: str) -> bytes:
        raise FileNotFoundError(2, "No such file or directory", name)

    monkeypatch.setattr("pysock.trace.page.get_data", lacking)
    with pytest.raises(NoTemplate, match=r"page\.css: No such file"):
        Page().html()


def test_from_a_zip_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        for path in (ROOT / "pysock").rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                archive.write(path, path.relative_to(ROOT))
    program = "from pysock.trace.page import Page; print(len(Page().html()))"
    ran = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": "packed.zip"},
                         cwd=tmp_path, capture_output=True, text=True)  # fmt: skip
    assert int(ran.stdout) > 20_000, ran.stderr


# --- its size ------------------------------------------------------------------------

_WHERE = ("pysock", "send", "program.py", 3)


def test_a_thousand_calls_are_less_than_a_megabyte() -> None:
    """Of 1,000 bytes each, to an address; and a million calls are no larger than the first ones."""
    page = Page(most=1000)
    address = bytes([2, 0, 0, 80, 127, 0, 0, 1]) + bytes(8)
    page.feed(1, ("process", 0, 1, 0, "cpython 3.11.7", "linux-gnu-x86_64", ["python", "x.py"]))
    for n in range(2000):
        data = b"%04d" % n * 250
        memory = {"buf": data, "dest_addr": address}
        arguments = (3, "*", len(data), 0, "*", 16)
        page.feed(1, ("begin", n, n * 1000, 1, "libc", "sendto", arguments, memory, _WHERE))
        page.feed(1, ("end", n, n * 1000 + 500, 1, len(data), 0, {}))
    text = page.html()
    assert len(text.encode()) <= 1_000_000
    assert "The first 1,000 calls are shown; 1,000 that followed are left out." in text


def test_a_call_is_made_again_if_the_one_before_has_failed() -> None:
    """A program that sets an option twice on one line: only the second call fails."""
    page = Page()
    text: list[str] = []
    page.feed(1, ("process", 0, 1, 0, "cpython 3.11.7", "linux-gnu-x86_64", []))
    memory = {"optval": bytes([224, 0, 0, 9, 0, 0, 0, 0])}
    for n, result in enumerate((0, -1, -1, 0)):
        given = (3, 0, 35, "*", 8)  # IPPROTO_IP, IP_ADD_MEMBERSHIP
        page.feed(1, ("begin", n, 2 * n, 1, "libc", "setsockopt", given, memory, _WHERE))
        page.feed(1, ("end", n, 2 * n + 1, 1, result, errno.EADDRINUSE if result else 0, {}))
    said = [row.get("m", "").endswith("(made again, for its errno)") for row in page.data()["rows"]]
    assert said == [False, False, True, False]
    writer = Writer(text.append)
    for seen in page.sockets.seen:
        writer.write(seen.call)
    calls = [line for line in text if "setsockopt(" in line]
    assert [line.endswith("(again, for its errno)") for line in calls] == said


def test_nothing_in_a_program_ends_a_script_of_the_page() -> None:
    page = Page(command=["</script><b>", "{{JS}}"])
    page.feed(1, ("process", 0, 1, 0, "cpython 3.11.7", "linux-gnu-x86_64", []))
    memory = {"buf": b"</script><!--"}
    page.feed(1, ("begin", 1, 1, 1, "libc", "send", (3, "*", 13, 0), memory, _WHERE))
    text = page.html()
    assert text.count("</script>") == 2 and "<b>" not in text and "<!--" not in text
    assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg", "", text)  # no network


# --- the C program -------------------------------------------------------------------

_CHECK = """
#define _GNU_SOURCE
#include <errno.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>
static long said(const char *name, long result)
{
    printf("%s %ld\\n", name, result < 0 ? (long)-errno : result);
    return result;
}
"""
_CHECKED = (
    "socket socketpair bind listen accept accept4 connect shutdown close send recv sendto recvfrom "
    "sendmsg recvmsg getsockname getpeername getsockopt setsockopt poll select sendfile"
).split()
_MAKES = ("socket", "accept", "accept4")


@pytest.mark.skipif(FOREIGN or not LINUX, reason="the C program is compiled on Linux here")
@pytest.mark.parametrize(
    "name", ["tcp", "udp", "unix", "ipv6", "descriptors", "nonblocking connect", "errors",
             "options", "shutdown", "sendfile"],
)  # fmt: skip
def test_the_c_program_compiles_and_makes_the_same_calls(name: str, tmp_path: Path) -> None:
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("there is no gcc to compile the C program with")
    _, data = page_of(tmp_path, PROGRAMS[name])
    rows = [data["rows"][n] for n in data["order"]]
    lines = [*data["head"], *["    " + line for row in rows for line in row["c"]], *data["tail"]]
    checks = [f'#define {f}(...) said("{f}", {f}(__VA_ARGS__))' for f in _CHECKED]
    (tmp_path / "check.h").write_text("\n".join([_CHECK, *checks, ""]))
    (tmp_path / "program.c").write_text("\n".join([*lines, ""]), encoding="utf-8")
    warnings = ["-Wall", "-Werror", *[f"-Wno-{kind}" for kind in (
        "unused-variable", "unused-but-set-variable", "unused-result", "unused-function"
    )]]  # fmt: skip
    for options in ([], ["-include", "check.h"]):
        subprocess.run([gcc, *warnings, *options, "-o", "program", "program.c"], cwd=tmp_path,
                       check=True)  # fmt: skip
    ran = subprocess.run([tmp_path / "program"], cwd=tmp_path, capture_output=True, text=True,
                         timeout=30)  # fmt: skip
    assert ran.returncode == 0
    made = [line.split() for line in ran.stdout.splitlines()]
    expected = [row for row in rows if row["f"] in _CHECKED and row["d"] >= 0]
    assert [function for function, _ in made] == [row["f"] for row in expected]
    received = [0, 0]  # in all: what comes in one piece, and what in two, the kernel decides
    for (function, result), row in zip(made, expected):
        if function == "recv" and not row.get("k"):
            received = [received[0] + int(result), received[1] + int(row["r"])]
            continue
        if function not in _MAKES or row.get("k"):
            assert (int(result) < 0) == bool(row.get("k")), (function, result, row["r"])
        if not row.get("k") and function not in _MAKES:
            assert result == row["r"], (function, result)
    assert received[0] == received[1]


_FULL = """
import socket
srv = socket.socket(); srv.bind(("127.0.0.1", 0)); srv.listen(0)
for _ in range(3):
    with socket.create_connection(srv.getsockname()) as c: srv.accept()[0].close()
"""
_LONG = """
import socket, threading
a, b = socket.socketpair(); t = threading.Thread(target=a.sendall, args=(bytes(2000000),))
t.start(); n = 0
while n < 2000000: n += len(b.recv(65536))
t.join()
"""


@pytest.mark.skipif(FOREIGN or not LINUX, reason="the C program is compiled on Linux here")
@pytest.mark.parametrize("name", ["fork", "full", "long"])
def test_the_c_program_ends_where_others_worked_meanwhile(name: str, tmp_path: Path) -> None:
    """A child that ends without a close, a queue of any length; else a line that says why."""
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("there is no gcc to compile the C program with")
    _, data = page_of(tmp_path, {**PROGRAMS, "full": _FULL, "long": _LONG}[name])
    rows = [data["rows"][n] for n in data["order"]]
    lines = [*data["head"], *[line for row in rows for line in row["c"]], *data["tail"]]
    text = "\n".join([*lines, ""]).replace("alarm(20)", "alarm(1)")
    (tmp_path / "program.c").write_text(text, encoding="utf-8")
    subprocess.run([gcc, "-o", "program", "program.c"], cwd=tmp_path, check=True)
    ran = subprocess.run([tmp_path / "program"], capture_output=True, text=True, timeout=30)
    said = "a call waits here for what another thread or process did meanwhile"
    assert (ran.returncode, said in ran.stderr) == ((1, True) if name == "long" else (0, False))
    assert (", 3);  /* 0 */" in text) == (name == "full")


# --- a browser -----------------------------------------------------------------------

# Runs in the page, and tells its frame what a reader would see and do.
_LOOK = """
setTimeout(() => {
  const seen = {}, all = q => [...document.querySelectorAll(q)];
  const press = key => document.body.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true }));
  const current = () => (document.querySelector("[aria-current]") || { dataset: {} }).dataset.row;
  seen.width = innerWidth; seen.page = location.pathname.split("/").pop().replace("-look.html", "");
  seen.wide = document.documentElement.scrollWidth;
  for (const box of all("details")) box.open = true;
  press("Home"); seen.first = current();
  press("ArrowDown"); seen.second = current();
  const sends = D.joins.find(j => j[2] === "bytes" || j[2] === "datagram");
  if (sends) { choose(sends[0], true); press("ArrowRight"); seen.followed = +current() === sends[1];
               press("ArrowLeft"); seen.back = +current() === sends[0]; }
  setTimeout(() => {
    seen.cut = all(".call, .py, .under, .lane-name, .key, summary, td, .member, .code, " +
      ".fold, h1, h2, p, button")
      .filter(e => e.offsetParent && e.scrollWidth > e.clientWidth + 1
        && getComputedStyle(e).display !== "inline")
      .map(e => e.className + ": " + e.textContent.slice(0, 60));
    const boxes = all(".call").filter(e => e.offsetParent).map(e => e.getBoundingClientRect());
    seen.over = all("svg text").filter(t => {
      const r = t.getBoundingClientRect();
      return r.width && boxes.some(b =>
      r.left < b.right - 1 && r.right > b.left + 1 && r.top < b.bottom - 1 && r.bottom > b.top + 1);
    }).map(t => t.textContent);
    seen.calls = all(".call").length; seen.arrows = all("g.join").length;
    seen.red = all(".call.bad").map(e => e.textContent);
    seen.panel = document.getElementById("panel").textContent;
    const back = () => getComputedStyle(document.body).backgroundColor, before = back();
    document.getElementById("theme").click(); seen.themed = back() !== before;
    const few = all(".call").length; document.getElementById("book").click();
    for (const box of all("details")) box.open = true;
    setTimeout(() => {
      seen.more = all(".call").length - few;
      parent.postMessage(JSON.stringify(seen), "*");
    }, 150);
  }, 300);
}, 400);
"""
_FRAMES = """<!DOCTYPE html><meta charset="utf-8"><body><script>
addEventListener("message", event => {
  const made = document.body.appendChild(document.createElement("pre"));
  made.className = "told"; made.textContent = event.data; });
</script>"""
WIDTHS = (390, 1024, 1920)

_NINE = """
import socket, threading
srv = socket.create_server(("127.0.0.1", 0), backlog=20)
def answer(conn):
    with conn: conn.sendall(conn.recv(100) * 2)
def client(n):
    with socket.create_connection(srv.getsockname()) as c:
        c.sendall(b"hello %d" % n); c.recv(100)
ts = [threading.Thread(target=client, args=(n,)) for n in range(9)]
[t.start() for t in ts]
us = [threading.Thread(target=answer, args=(srv.accept()[0],)) for _ in ts]
[u.start() for u in us]; [t.join() for t in ts + us]; srv.close()
"""
SHOWN = {**{name: PROGRAMS[name] for name in ("udp", "nonblocking connect", "errors")},
         "nine": _NINE}  # fmt: skip


def looked_at(folder: Path, pages: dict[str, Path]) -> dict[str, list[dict[str, Any]]]:
    """What a browser shows of each page, at each width."""
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        pytest.skip("there is no chromium to draw pages with")
    frames = []
    for name, path in pages.items():
        text = path.read_text(encoding="utf-8")
        text = text.replace("</body>", f"<script>{_LOOK}</script></body>")
        (folder / f"{name}-look.html").write_text(text, encoding="utf-8")
        frames += [f'<iframe src="{name}-look.html" style="width:{width}px;height:900px"></iframe>'
                   for width in WIDTHS]  # fmt: skip
    (folder / "frames.html").write_text(_FRAMES + "".join(frames), encoding="utf-8")
    ran = subprocess.run(
        [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         f"--user-data-dir={folder / 'profile'}", "--window-size=2000,3000",
         "--virtual-time-budget=6000", "--dump-dom", (folder / "frames.html").as_uri()],
        capture_output=True, encoding="utf-8", timeout=50,
    )  # fmt: skip
    if ran.returncode:
        pytest.skip(f"chromium does not run here: {ran.stderr.strip().splitlines()[-1:]}")
    seen: dict[str, list[dict[str, Any]]] = {name: [] for name in pages}
    for told in re.findall(r'<pre class="told">(.*?)</pre>', ran.stdout, re.S):
        look = json.loads(html.unescape(told))
        seen[look["page"]].append(look)
    return seen


@pytest.mark.skipif(FOREIGN or not LINUX, reason="the browser is Debian's")
def test_a_browser_shows_all_of_it_at_three_widths(tmp_path: Path) -> None:
    pages = {}
    for name, program in SHOWN.items():
        (tmp_path / name).mkdir()
        pages[name.replace(" ", "-")] = page_of(tmp_path / name, program)[0]
    seen = looked_at(tmp_path, pages)
    for name, each in seen.items():
        data = data_in(pages[name])
        assert sorted(look["width"] for look in each) == list(WIDTHS), name
        for look in each:
            where = (name, look["width"])
            assert look["wide"] <= look["width"], where
            assert (look["cut"], look["over"]) == ([], []), where
            assert look["first"] != look["second"] and look["themed"], where
            assert look.get("followed", True) and look.get("back", True), where
            folded = sum(row.get("h", 0) for row in data["rows"])
            assert look["calls"] == len(data["rows"]) - folded and look["more"] == folded, where
            assert look["arrows"] >= len([j for j in data["joins"] if j[2] == "bytes"]), where
            assert "EINPROGRESS" not in str(look["red"]), where
            assert "The C program that makes the same calls" in look["panel"], where
    assert "ECONNREFUSED" in str(seen["errors"][0]["red"])


def test_the_recording_in_the_jsonl_is_the_page_s(tmp_path: Path) -> None:
    """No call is lost between the file and the page."""
    trace(tmp_path, "--jsonl", "t", "-c", PAIR)
    page = Page()
    events = [jsonl.parse(line) for line in (tmp_path / "t").read_text().splitlines()]
    for pid, event in sort(events):
        page.feed(pid, event)
    assert len(page.data()["rows"]) == sum(event[0] == "begin" for _, event in events)
