"""A virtual environment inside the clone: made once for each interpreter, kept while it is right.

``.venv/cpython-3.11.7-test`` is that of CPython 3.11.7 with the requirements of the extra ``test``,
``cpython-3.11.7-clients`` one with those of a file, ``clients.txt``.
The last thing written into it is a stamp saying what it was made from. An environment without a
stamp, or with another one, is made anew: an interrupted start leaves nothing that the next one
trusts, and a start that finds everything right needs no network.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, Popen, run
from typing import Optional

from . import ROOT

DISTRIBUTION = "pysock-ctypes"


def environment(extra: str, module: str) -> str:
    """The Python of the environment that has *extra* installed, and can import *module*."""
    # What the [tool.…] tables say changes nothing that is installed.
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[tool.")[0]
    return _environment(extra, project, module, [f".[{extra}]"])


def environment_with(requirements: Path) -> str:
    """The Python of the environment that has installed what a file of requirements lists."""
    listed = requirements.read_text(encoding="utf-8")
    wanted = ["-r", str(requirements)]
    return _environment(requirements.stem, listed, "pip", wanted)


def _environment(name: str, made_of: str, module: str, wanted: list[str]) -> str:
    version = ".".join(str(part) for part in sys.version_info[:3])
    version += getattr(sys, "abiflags", "")  # "t" is a build without the GIL
    home = ROOT / ".venv" / f"{sys.implementation.name}-{version}-{name}"
    recipe = "\n".join([str(home), sys.base_prefix, sys.version, made_of])
    stamp = home / "made-from"
    try:
        python = _python(home)
        made = stamp.read_text(encoding="utf-8") if stamp.is_file() else None
        if python is None or made != recipe or not _imports(python, module):
            python = _make(home, name, wanted)
            stamp.write_text(recipe, encoding="utf-8")
        return python
    except KeyboardInterrupt:
        sys.exit("interrupted")


def call(*command: str) -> int:
    """Run *command* in the clone and return its exit status; Ctrl-C is the command's to answer."""
    with Popen(command, cwd=ROOT) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                _say("interrupted, waiting for the end of the command")


def _python(home: Path) -> Optional[str]:
    found = [*home.glob("bin/python"), *home.glob("Scripts/python.exe")]
    return str(found[0]) if found else None


def _imports(python: str, module: str) -> bool:
    try:
        return run([python, "-c", f"import {module}"], stderr=DEVNULL).returncode == 0
    except OSError:  # its interpreter is gone
        return False


def _make(home: Path, name: str, wanted: list[str]) -> str:
    _require("venv")
    _require("ensurepip")
    _say(f"making the environment {home.relative_to(ROOT)}")
    _step(sys.executable, "-m", "venv", "--clear", str(home))
    python = _python(home)
    assert python, f"venv made no interpreter in {home}"

    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    _say(f"installing what [{name}] needs into it (downloads, this once)")
    _step(*pip, "install", *wanted)
    # Only the requirements stay: with a copy of pysock in there, a test could by mistake try that
    # copy instead of the clone's.
    _step(*pip, "uninstall", "--yes", DISTRIBUTION)
    return python


def _step(*command: str) -> None:
    """Run *command* in the clone; what it says is shown only if it fails, and then we end."""
    with Popen(command, cwd=ROOT, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, text=True) as process:
        try:
            said, _ = process.communicate()
        except KeyboardInterrupt:
            process.communicate()  # Ctrl-C reached it too: wait until its last child has gone
            raise
    if process.returncode:
        sys.exit(f"{said}`{' '.join(command)}` failed, see above")


def _require(module: str) -> None:
    """Say in one line what to install, where a system's Python comes without its venv package."""
    if find_spec(module) is None:
        major, minor = sys.version_info[:2]
        python = "pypy3" if sys.implementation.name == "pypy" else f"python{major}.{minor}"
        sys.exit(
            f"{sys.executable} cannot make a virtual environment, as it lacks the module {module}: "
            f"please install it (Debian, Ubuntu: apt install {python}-venv)"
        )


def _say(what: str) -> None:
    print(f"tests: {what}", flush=True)
