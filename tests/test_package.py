"""The wheel: built from the clone, installed where there is no compiler, and used there."""

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from . import ROOT
from ._environment import DISTRIBUTION

BUILD = "import sys; from flit_core.buildapi import build_wheel; build_wheel(sys.argv[1])"

ECHO = """\
import sys
import threading
import pysock as socket

def serve():
    conn, _ = server.accept()
    with conn:
        conn.sendall(conn.recv(100))

with socket.create_server(("127.0.0.1", 0)) as server:
    thread = threading.Thread(target=serve)
    thread.start()
    with socket.create_connection(server.getsockname(), timeout=20) as client:
        client.sendall(b"through the wheel")
        print(client.recv(100).decode())
    thread.join()
print(socket.__file__)
print(socket.__version__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one wheel that the build makes; flit_core is at hand, so no network is needed."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-c", BUILD, str(folder)], cwd=ROOT, check=True)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def metadata(wheel: Path, names: list[str]) -> Message:
    (name,) = [name for name in names if name.endswith(".dist-info/METADATA")]
    with zipfile.ZipFile(wheel) as archive:
        return message_from_bytes(archive.read(name))


def test_wheel_is_for_every_python_and_platform(wheel: Path, metadata: Message) -> None:
    assert metadata["Name"] == DISTRIBUTION
    assert wheel.name == f"pysock_ctypes-{metadata['Version']}-py3-none-any.whl"
    assert wheel.stat().st_size < 600_000


def test_wheel_holds_the_package_and_nothing_compiled(names: list[str]) -> None:
    package = [name for name in names if name.startswith("pysock/")]
    in_the_clone = [path for path in ROOT.glob("pysock/**/*") if path.is_file()]
    assert set(package) == {
        path.relative_to(ROOT).as_posix() for path in in_the_clone if path.suffix != ".pyc"
    }
    assert {"pysock/__init__.py", "pysock/__main__.py", "pysock/py.typed"} <= set(package)
    assert {Path(name).suffix for name in package} <= {
        *(".json", ".md", ".py", ".pyi", ".typed"),
        *(".html", ".css", ".js"),  # of the page that trace makes
    }
    rest = {name.partition("/")[0] for name in names if name not in package}
    assert all(folder.endswith(".dist-info") for folder in rest)


def test_its_name_is_not_that_of_another_program(metadata: Message) -> None:
    """``pysock`` is taken on PyPI: an extra that names it would install somebody else's program."""
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "pysock" in line]
    assert needed and all(line.startswith(f"{DISTRIBUTION}[") for line in needed)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert DISTRIBUTION in readme
    documents = [readme, *(path.read_text(encoding="utf-8") for path in ROOT.glob("docs/*.md"))]
    for document in documents:
        assert not re.search(r"^ +(python3 -m )?pip install pysock\b(?!-)", document, re.MULTILINE)


def test_wheel_needs_nothing_at_run_time(metadata: Message) -> None:
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert needed == []
    assert metadata["Requires-Python"] == ">=3.9"


def test_wheel_carries_the_licence(names: list[str], wheel: Path, metadata: Message) -> None:
    (licence,) = [name for name in names if Path(name).name == "LICENSE"]
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()
    assert metadata["License-Expression"] == "MIT"


def test_installed_without_a_compiler(wheel: Path, metadata: Message, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "fresh")], check=True)
    context = venv.EnvBuilder().ensure_directories(tmp_path / "fresh")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment["PATH"] = context.bin_path
    assert not any(shutil.which(name, path=context.bin_path) for name in ("cc", "gcc", "clang"))

    def run(*arguments: str) -> list[str]:
        command = [context.env_exe, *arguments]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=50
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    pip = ["-m", "pip", "--disable-pip-version-check", "--quiet"]
    run(*pip, "install", "--no-index", "--no-deps", str(wheel))
    said, where, version = run("-c", ECHO)
    assert said == "through the wheel"
    assert tmp_path in Path(where).parents
    assert version == metadata["Version"]
