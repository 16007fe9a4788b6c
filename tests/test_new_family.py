"""A family of one's own is one file: with it put into the folder, everything else knows it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from . import ROOT

CODEC = '''\
"""AF_CARDS: a deck of cards, and a card of it.

An address is ``(deck, card)``; the numbers are whatever a kernel module of one's own has chosen.

>>> from pysock import families
>>> families.pack("AF_CARDS", (1, 52), platform="linux-gnu-x86_64").hex(" ")
'4d 00 01 00 34 00 00 00'
>>> families.pack("AF_CARDS", (1, 52), platform="freebsd-i386").hex(" ")
'08 4d 01 00 34 00 00 00'
"""

from __future__ import annotations

from ._codec import FamilyCodec
from ._items import items


class Family(FamilyCodec):
    number = 77  # no platform's headers name it

    def declare(self) -> None:
        self.sockaddr_cards = self.abi.sockaddr(
            "sockaddr_cards", "sc", ("sc_deck", "uint16_t"), ("sc_card", "uint32_t")
        )
        self.fill = self.sockaddr_cards.packer(self.family)

    def pack(self, address: object, caller: str, proto: int) -> bytes:
        return self.fill(*items(address, "HI", "AF_CARDS address must be a pair (deck, card)"))

    def unpack(self, raw: bytes, proto: int) -> tuple[int, int]:
        _, deck, card = self.sockaddr_cards.unpack(raw)
        return deck, card
'''

TESTS = '''\
"""What a program may do with the family: write addresses, read them, look at them."""

import pysock
import pytest
from pysock import families


def test_by_name_and_by_number():
    raw = families.pack("AF_CARDS", (1, 52))
    assert raw == families.pack(77, (1, 52)) == families.pack(pysock.AF_CARDS, (1, 52))
    assert families.unpack(raw) == (1, 52)
    assert families.unpack(raw[:4]) == (1, 0)
    big = families.pack("AF_CARDS", (1, 52), platform="linux-gnu-s390x")
    assert big == bytes([0, 77, 0, 1, 0, 0, 0, 52])


def test_a_socket():
    with pysock.socket(pysock.AF_UNIX, pysock.SOCK_DGRAM) as other:
        with pysock.socket(pysock.AF_CARDS, pysock.SOCK_DGRAM, fileno=other.fileno()) as sock:
            assert sock.family == 77
            with pytest.raises(TypeError, match="must be a pair"):
                sock.connect((1,))
            with pytest.raises(OSError):  # a Unix socket has no use for it
                sock.connect((1, 52))
            sock.detach()


def test_for_an_observer():
    codec = families.codec_of(77)
    told = list(codec.describe(families.pack(77, (1, 52))))
    assert [row[-2:] for row in told][-3:] == [
        ("sc_family", "AF_CARDS"), ("sc_deck", "1"), ("sc_card", "52")
    ]
'''


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("pysock", "tests", "tools", "docs", "examples"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for file in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / file, tmp_path)
    return tmp_path


def ran(folder: Path, *command: str) -> str:
    path = os.pathsep.join([str(folder), os.environ["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder, env={**os.environ, "PYTHONPATH": path, "PYSOCK_FUZZ": "0.3"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.timeout(300)  # five files of tests, in a process that PyPy has to warm up anew
def test_one_file_is_all_that_a_family_takes(copy: Path) -> None:
    (copy / "pysock/families/cards.py").write_text(CODEC, encoding="utf-8")
    (copy / "tests/test_cards.py").write_text(TESTS, encoding="utf-8")
    pytest_ = ("-m", "pytest", "-v", "-p", "no:cacheprovider")
    own = ran(copy, *pytest_, "tests/test_cards.py", "tests/test_docs.py", "-k", "cards")
    assert own.count(" PASSED ") == 4  # the three tests above, and the codec's docstring
    # The tests of all codecs and of the sources still pass.
    rest = ("architecture", "codecs", "families", "fuzz", "layouts")
    ran(copy, *pytest_, *(f"tests/test_{name}.py" for name in rest))


def test_a_codec_that_does_not_work_is_heard_of_at_once(copy: Path) -> None:
    codec = copy / "pysock/families/cards.py"
    codec.write_text(f"{CODEC}\nimport no_such_module\n", encoding="utf-8")
    program = """if True:
        try:
            import pysock
        except ModuleNotFoundError as error:
            print(error)
    """
    assert ran(copy, "-c", program) == "No module named 'no_such_module'\n"
