"""pysock packed, compiled, locked away or lost: a program of echoes works as from the clone.

What needs packages from PyPI (PyInstaller, shiv) has a command: ``python3 -m tests.frozen``.
"""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
import zipapp
import zipfile
from errno import EROFS
from pathlib import Path

import pytest

from . import ROOT
from .packing import PROGRAM, copied, run, said, zipped


@pytest.fixture(scope="module")
def expected() -> list[str]:
    """What the program prints from the clone."""
    lines = said([sys.executable, PROGRAM], ROOT)
    assert {"tcp True", "udp True", "done"} <= set(lines)
    return lines


# --- archives ------------------------------------------------------------------------


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zipimport(tmp_path: Path, expected: list[str], compression: int) -> None:
    package = copied(tmp_path / "sources")
    archive = zipped(package.parent, tmp_path / "pysock.zip", compression)
    assert said([sys.executable, PROGRAM], archive) == expected


@pytest.mark.parametrize("archived", [False, True], ids=["folder", "zip"])
def test_without_sources(tmp_path: Path, expected: list[str], archived: bool) -> None:
    place = copied(tmp_path / "compiled").parent
    assert compileall.compile_dir(place, quiet=1, legacy=True)
    for source in place.rglob("*.py"):
        source.unlink()
    if archived:
        place = zipped(place, tmp_path / "compiled.zip", zipfile.ZIP_DEFLATED)
    assert said([sys.executable, PROGRAM], place) == expected


def test_zipapp(tmp_path: Path, expected: list[str]) -> None:
    folder = copied(tmp_path / "app").parent
    shutil.copy(PROGRAM, folder / "__main__.py")
    archive = tmp_path / "app.pyz"
    zipapp.create_archive(folder, archive, compressed=True)
    assert said([sys.executable, archive]) == expected
    assert said([sys.executable, "-I", "-S", "-E", "-OO", archive]) == expected


# Imported as this, pysock is its loader's: no file, no folder, as in an interpreter that has its
# modules built in.
FROM_MEMORY = """\
import sys
from importlib.util import spec_from_loader
from pathlib import Path

class Memory:
    def __init__(self, folder):
        self.sources = {}
        for path in Path(folder, "pysock").rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            self.sources[name] = path.read_text(encoding="utf-8"), parts[-1] == "__init__"

    def find_spec(self, name, path=None, target=None):
        if name in self.sources:
            return spec_from_loader(name, self, is_package=self.sources[name][1])

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(compile(self.sources[module.__name__][0], "<frozen>", "exec"), vars(module))

sys.meta_path.insert(0, Memory(sys.argv.pop(1)))
program = sys.argv.pop(1)
import pysock
assert not hasattr(pysock, "__file__") and list(pysock.__path__) == []
exec(compile(Path(program).read_text(encoding="utf-8"), program, "exec"))
"""


def test_modules_without_files(tmp_path: Path, expected: list[str]) -> None:
    folder = copied(tmp_path).parent
    assert said([sys.executable, "-c", FROM_MEMORY, folder, PROGRAM]) == expected


# --- options of Python ---------------------------------------------------------------

LOOKING_IN = """\
import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
runpy.run_path({!r}, run_name="__main__")
"""


@pytest.mark.parametrize(
    "options",
    [["-O"], ["-OO"], ["-I"], ["-S"], ["-E"], ["-I", "-S", "-E", "-OO"], ["-B", "-s", "-X", "dev"]],
    ids=" ".join,
)
def test_options_of_python(expected: list[str], options: list[str]) -> None:
    command = [
        sys.executable,
        *options,
        "-W",
        "ignore",
        "-c",
        LOOKING_IN.format(str(PROGRAM)),
        ROOT,
    ]
    assert said(command) == expected


# --- folders that are not what they were ---------------------------------------------


def test_the_folder_is_gone(tmp_path: Path, expected: list[str]) -> None:
    package = copied(tmp_path)
    between = f"import shutil; shutil.rmtree({str(package)!r})"
    assert said([sys.executable, PROGRAM, between], tmp_path) == expected
    assert not package.exists()


def test_the_archive_is_gone(tmp_path: Path, expected: list[str]) -> None:
    package = copied(tmp_path / "sources")
    archive = zipped(package.parent, tmp_path / "pysock.zip", zipfile.ZIP_DEFLATED)
    between = f"import os; os.unlink({str(archive)!r})"
    assert said([sys.executable, PROGRAM, between], archive) == expected
    assert not archive.exists()


# Whoever may read everything becomes somebody else.  He may find no standard library, either.
LOCKED = """\
import contextlib, os
with contextlib.suppress(ImportError):
    import encodings.idna, ssl  # the first for ssl, which asks the codec in any case
os.chmod({folder!r}, 0)
if os.geteuid() == 0:
    os.setegid(65534)
    os.seteuid(65534)
try:
    os.listdir({folder!r})
except PermissionError:
    print("locked", flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are not POSIX's here")
def test_the_folder_is_unreadable(tmp_path: Path, expected: list[str]) -> None:
    package = copied(tmp_path)
    try:
        lines = said([sys.executable, PROGRAM, LOCKED.format(folder=str(package))], tmp_path)
    finally:
        package.chmod(0o700)
    assert lines == [*expected[:2], "locked", *expected[2:]]


# --- a file system that cannot be written --------------------------------------------

TRIED = """\
import tempfile
try:
    tempfile.TemporaryFile(dir={folder!r}).close()
except OSError as error:
    print(error.strerror, flush=True)
"""


def namespace_read_only() -> str:
    """Why there is no namespace in which nothing can be written, or an empty string."""
    if shutil.which("unshare") is None:
        return "there is no unshare(1)"
    done = run(["unshare", "-rm", "sh", "-c", "mount -o remount,bind,ro /"])
    return done.stderr.strip()


def test_read_only_file_system(tmp_path: Path, expected: list[str]) -> None:
    """Nothing can be written, no compiled file and no temporary one."""
    reason = namespace_read_only()
    if reason:
        pytest.skip(f"no read-only file system here: {reason}")
    package = copied(tmp_path)
    script = 'mount -o remount,bind,ro / && mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"'
    script += ' && shift && exec "$@"'
    between = TRIED.format(folder=str(package))
    command = ["unshare", "-rm", "sh", "-c", script, "sh", tmp_path]
    lines = said([*command, sys.executable, PROGRAM, between], tmp_path)
    assert lines == [*expected[:2], os.strerror(EROFS), *expected[2:]]
    assert not list(package.rglob("*.pyc"))


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are not POSIX's here")
def test_a_folder_that_cannot_be_written(tmp_path: Path, expected: list[str]) -> None:
    package = copied(tmp_path)
    folders = [package, *(path for path in package.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o500)
    try:
        assert said([sys.executable, PROGRAM], tmp_path) == expected
    finally:
        for folder in folders:
            folder.chmod(0o700)


# --- python -m pysock run ------------------------------------------------------------

WHICH = """\
import subprocess, sys
import socket, ssl
print(socket.__spec__.name, socket.socket.__name__, ssl.SSLSocket.__name__, flush=True)
if len(sys.argv) > 1:
    subprocess.run([sys.executable, "-c", "import socket; print(socket.__spec__.name)"], check=True)
"""


def has_ssl() -> bool:
    return subprocess.run([sys.executable, "-c", "import ssl"], capture_output=True).returncode == 0


@pytest.mark.parametrize("kind", ["folder", "zip", "zip of a zipapp", "without sources"])
def test_run_from_an_archive(tmp_path: Path, kind: str) -> None:
    if not has_ssl():
        pytest.skip("this interpreter has no ssl")
    place = copied(tmp_path / "sources").parent
    if kind == "without sources":
        assert compileall.compile_dir(place, quiet=1, legacy=True)
        for source in place.rglob("*.py"):
            source.unlink()
    elif kind == "zip of a zipapp":
        (place / "__main__.py").write_text("print('not this')", encoding="utf-8")
        archive = tmp_path / "app.pyz"
        zipapp.create_archive(place, archive, interpreter="/usr/bin/env python3")
        place = archive
    elif kind == "zip":
        place = zipped(place, tmp_path / "pysock.zip", zipfile.ZIP_DEFLATED)
    program = tmp_path / "program.py"
    program.write_text(WHICH, encoding="utf-8")
    lines = said([sys.executable, "-m", "pysock", "run", program, "child"], place)
    assert lines == ["pysock socket SSLSocket", "pysock"]
    assert said([sys.executable, "-m", "pysock", "run", "-c", WHICH], place) == lines[:1]


def test_install_in_a_zipapp(tmp_path: Path) -> None:
    """The program's first line; what it imports then has pysock."""
    folder = copied(tmp_path / "app").parent
    first = "import pysock\npysock.install()\nimport http.client, socket\n"
    last = "print(http.client.socket is pysock, socket.__spec__.name)\n"
    (folder / "__main__.py").write_text(first + last, encoding="utf-8")
    archive = tmp_path / "app.pyz"
    zipapp.create_archive(folder, archive)
    assert said([sys.executable, archive]) == ["True pysock"]
