"""``python -m pysock abi``: the targets, the drawings, the JSON, and names that do not exist.

And what becomes of output that nobody reads: the same, whatever the command.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from pysock import _constants, _platform
from pysock.__main__ import main
from pysock._commands.output import NOT_WRITTEN, READER_LEFT, standard_output
from pysock._layouts import layouts

from . import ROOT


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["abi", *arguments]) == 0
    return capsys.readouterr().out


def test_it_lists_the_targets_and_marks_the_host(capsys: pytest.CaptureFixture[str]) -> None:
    listed = said(capsys).splitlines()
    assert [line.split()[0] for line in listed] == list(_constants.targets())
    marked = [line for line in listed if "this host" in line]
    assert marked == [f"{_platform.target} (this host)"]


def test_a_drawing(capsys: pytest.CaptureFixture[str]) -> None:
    drawn = said(capsys, "darwin-arm64", "sockaddr_in6")
    assert drawn == """\
darwin-arm64: numbers are little-endian, except those in network order

struct sockaddr_in6: 28 bytes, aligned to 4
      0 |sin6_len|sin6_fam|sin6_port        |sin6_flowinfo                      |
      8 |sin6_addr                                                              |
       ⋮
     24 |sin6_scope_id                      |
      0  sin6_len       1 byte
      1  sin6_family    1 byte
      2  sin6_port      2 bytes  network order
      4  sin6_flowinfo  4 bytes  network order
      8  sin6_addr      16 bytes
     24  sin6_scope_id  4 bytes
"""


@pytest.mark.parametrize("target", _constants.targets())
def test_every_target_can_be_drawn(capsys: pytest.CaptureFixture[str], target: str) -> None:
    drawn = said(capsys, target)
    for name, struct in layouts(target)["structs"].items():
        head = f"\nstruct {name}: {struct['size']} bytes, aligned to {struct['align']}\n"
        assert head in drawn
    big = target.removesuffix("-time64").endswith(("mips", "powerpc", "hppa", "s390x", "sparc64"))
    assert f"numbers are {'big' if big else 'little'}-endian" in drawn


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(said(capsys, "linux-gnu-s390x", "--json"))
    assert told["constants"] == _constants.table("linux-gnu-s390x")
    assert told["structs"]["sockaddr_in6"]["fields"]["sin6_port"] == [2, 2]
    assert told["cmsg"]["align"] == 8
    assert len(told["cmsg"]["CMSG_LEN"]) == len(told["cmsg"]["CMSG_SPACE"]) == 128
    alone = json.loads(said(capsys, "linux-gnu-s390x", "linger", "--json"))
    assert alone == {**told, "structs": {"linger": told["structs"]["linger"]}}


def test_json_of_no_target_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(said(capsys, "--json"))
    assert told == {"targets": list(_constants.targets()), "host": _platform.target}


def test_bit_fields_are_told_by_their_bytes_and_bits(capsys: pytest.CaptureFixture[str]) -> None:
    for target, bits in (("linux-gnu-s390x", 0x0F), ("linux-gnu-x86_64", 0xF0)):
        struct = layouts(target)["structs"]["tcp_info"]
        assert struct["fields"]["tcpi_rcv_wscale"] == struct["fields"]["tcpi_snd_wscale"] == [6, 1]
        assert struct["bits"]["tcpi_rcv_wscale"] == bits == 0xFF ^ struct["bits"]["tcpi_snd_wscale"]
        drawn = said(capsys, target, "tcp_info")
        assert re.search(rf"  tcpi_rcv_wscale +1 byte  bits {bits:#04x}$", drawn, re.MULTILINE)
        assert "|tcpi_opt|(bits)           |" in drawn


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["nosuch"], "'nosuch'"),
        (["linux-gnu-mip"], "linux-gnu-mips"),
        (["darwin-arm64", "sockadr_in"], "sockaddr_in"),
        (["darwin-arm", "--json"], "darwin-arm64"),
        (["darwin-arm64", "sockadr_in", "--json"], "sockaddr_in"),
    ],
)
def test_a_name_that_does_not_exist_is_told_with_the_nearest(
    capsys: pytest.CaptureFixture[str], arguments: list[str], hint: str
) -> None:
    assert main(["abi", *arguments]) == 2
    told = capsys.readouterr()
    assert hint in told.err and not told.out
    assert len(told.err.splitlines()) == 1


# --- output that cannot be written -------------------------------------------------------


def ended(output: int, unbuffered: str, *arguments: str) -> tuple[int, str]:
    """The exit status and errors of a command that prints to the descriptor ``output``."""
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    ran = subprocess.run(
        [sys.executable, "-m", "pysock", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        timeout=50,
    )
    return ran.returncode, ran.stderr


# One that fits a buffer, one that passes it by, one that argparse prints.
@pytest.mark.parametrize("arguments", [["abi"], ["abi", "linux-gnu-x86_64"], ["abi", "--help"]])
def test_a_reader_that_has_left_is_no_error_to_tell(arguments: list[str]) -> None:
    heard, output = os.pipe()
    os.close(heard)
    try:
        assert ended(output, "", *arguments) == (READER_LEFT, "")
        if "--help" in arguments:  # newer versions of argparse do not mind
            return
        assert ended(output, "1", *arguments) == (READER_LEFT, "")
    finally:
        os.close(output)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is(unbuffered: str) -> None:
    output = os.open("/dev/full", os.O_WRONLY)
    try:
        why = os.strerror(errno.ENOSPC)
        told = f"python -m pysock: cannot write the output: {why}\n"
        assert ended(output, unbuffered, "abi") == (NOT_WRITTEN, told)
    finally:
        os.close(output)


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no sh")
@pytest.mark.parametrize("arguments", [["demo"], ["abi"], ["--help"]])
def test_no_output_at_all_is_nothing_to_tell(arguments: list[str]) -> None:
    shell = 'exec "$0" -W error -m pysock "$@" >&-'
    ran = subprocess.run(
        ["sh", "-c", shell, sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EINVAL, errno.ENOENT])
def test_an_error_of_something_else_is_raised(
    capsys: pytest.CaptureFixture[str], number: int
) -> None:
    error = OSError(number, "a socket's own")
    with pytest.raises(OSError) as caught, standard_output("a command"):
        raise error
    assert caught.value is error


def test_what_an_encoding_lacks_is_replaced() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pysock", "abi", "darwin-arm64", "sockaddr_in6"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "\n       ?\n" in ran.stdout
