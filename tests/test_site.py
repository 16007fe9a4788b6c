"""The site's generators, as far as they need no Sphinx: ``python3 -m tests.site`` builds it all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pysock
from pysock import _constants, families, tcp
from tools.site import calls, drawings, maps, picture, programs, record, stage, structs

from . import ROOT

needs_docs = pytest.mark.skipif(
    not (ROOT / "docs").is_dir(), reason="docs/ is not in a packed source"
)


@needs_docs
def test_the_pictures_are_what_the_code_says() -> None:
    for file, text in picture.pictures().items():
        assert file.read_text(encoding="utf-8") == text


def test_each_call_has_a_page_and_a_program() -> None:
    methods, functions = calls.methods(), calls.functions()
    assert len(methods) >= 30 and len(functions) >= 30
    lacking = {each.full for each in [*methods, *functions] if not calls.program_of(each)}
    known = {each.full for each in [*methods, *functions]}
    # The first would change the machine; the others are Windows' own.
    assert lacking - {"Socket.ioctl", "Socket.share", "fromshare"} == known & {"sethostname"}
    assert set(programs.PROGRAMS) <= known


def test_a_program_is_followed_down_to_c() -> None:
    program = "from socket import *\na, b = socketpair()\na.send(b'abc')\nprint(b.recv(10))"
    ran = record.run("followed", program, pysock.Socket.recv)
    assert ran.output == "b'abc'\n"
    assert [step.name for step in ran.way if not step.file] == ["recv"]
    assert ran.way[0].depth == 0 and ran.way[0].file.startswith("_methods")
    assert any("recv(sockfd" in line for line in ran.trace)


@needs_docs
def test_the_states_of_tcp_are_those_that_the_kernel_is_asked_for() -> None:
    drawn = {name.partition(" ")[0] for name in drawings.STATES}
    assert drawn == {state.name for state in tcp.State}
    page = (ROOT / "docs/site/tcp-life.md").read_text(encoding="utf-8")
    assert drawn <= set(re.findall(r"^## (\w+)$", page, re.M))
    for start, end, _, page, _ in drawings.STEPS:
        assert {start, end} <= set(drawings.STATES)
        assert not page or page.partition("/")[2] in {each.name for each in calls.methods()}


@pytest.mark.parametrize("name", ["msghdr", "sockaddr_in", "sockaddr_in6", "addrinfo", "iovec"])
def test_a_map_has_each_byte_once(name: str) -> None:
    for layout, targets in structs.groups(name):
        drawing = maps.drawn(name, layout)
        widths = [int(each) for each in re.findall(r'<td colspan="(\d+)"', drawing)]
        rows = drawing.count("<tr><th>") - 1
        assert sum(widths) == 8 * rows, targets
        for field in layout["fields"]:
            assert f"<code>{field}</code>" in drawing


def test_platforms_are_named_once() -> None:
    assert maps.named(_constants.targets()) == "every platform"
    assert maps.named(_constants.targets("darwin")) == "macOS"
    assert maps.named(["linux-gnu-x86_64"]) == "Linux (glibc) on x86_64"


def test_every_family_with_a_codec_is_found() -> None:
    found = structs.families_of()
    assert set(found) == set(families.every_class())
    for name in found:
        page = "\n".join(structs._family(name, found[name]))
        title = structs.about(name).partition("\n")[0]
        assert title.startswith(f"{name}: ") and title.partition(": ")[2] in page


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("](../README.md)", "](readme.md)"),
        ("](speed.svg)", "](files/docs/speed.svg)"),
        ("](design.md#two-switches)", "](design.md#two-switches)"),
        ("](../tools/bench/results/speed.json)", "](files/tools/bench/results/speed.json)"),
        ("](https://example.org/a)", "](https://example.org/a)"),
        ("](#here)", "](#here)"),
    ],
)
def test_links_of_the_clone_hold_in_the_site(link: str, expected: str) -> None:
    assert stage.linked(f"[x{link}", "docs") == f"[x{expected}"


@needs_docs
def test_files_at_the_top_are_there() -> None:
    for file in stage.AT_THE_TOP:
        assert Path(ROOT, file).is_file()


def test_the_threads_of_a_program_have_its_variables_to_their_end() -> None:
    program = (
        "import threading, time\nfrom socket import *\na, b = socketpair()\n"
        "def late():\n    time.sleep(0.1)\n    a.send(b'late')\n"
        "threading.Thread(target=late).start()"
    )
    assert [call.function for call in record.run("late", program).calls if call.result == 4]
