"""``python3 -m tests.bsd [TARGET …] [-- arguments of pytest]``: the tests as on macOS and the BSDs.

On Linux, a C library of each system, made from its own headers (``bed/``), takes pysock's calls to
Linux.  What such a run shows, and what it cannot, stands in ``docs/compatibility.md``.  It needs
gcc, an x86-64 processor, CPython, and the headers that the extra ``abi`` installs (100 MB).

``--short`` leaves out what is about the interpreter more than about the system; ``--build`` stops
when the libraries are made.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys

from .. import ROOT, help_if_asked
from .._environment import environment
from . import build

PLACE = ROOT / ".venv/bsd"
TARGETS = ("darwin-arm64", "darwin-x86_64", "freebsd-x86_64", "netbsd-x86_64", "openbsd-x86_64")

# Not there with --short.
LONG = (
    *("abi_command", "clients", "explain", "frozen", "garbage", "help", "import", "leaks"),
    *("left_open", "lesson", "main", "new_family", "page", "site", "site_statements", "threads"),
)
SLOW = "tests/test_noticed_messages.py::test_a_million_buffers_take_no_quadratic_time"

# Not there: what measures or describes the interpreter's own machine, or runs other tools.
LEFT_OUT = ("bench", "package", "start", "types", "architecture")


def main(arguments: list[str]) -> int:
    split = arguments.index("--") if "--" in arguments else len(arguments)
    options = {each for each in arguments[:split] if each in ("--short", "--build")}
    targets = [each for each in arguments[:split] if each not in options] or list(TARGETS)
    pytest = arguments[split + 1 :]
    if "--short" in options:
        pytest += ["--ignore=tests/hostile", *[f"--ignore=tests/test_{n}.py" for n in LONG]]
        pytest.append(f"--deselect={SLOW}")
    if unknown := set(targets) - set(TARGETS):
        print(f"no such target: {', '.join(unknown)}; there are {', '.join(TARGETS)}")
        return 2
    lacking = missing()
    if lacking:
        print(f"needs {lacking}", file=sys.stderr)
        return 2
    made(sorted({target.partition("-")[0] for target in targets}))
    if "--build" in options:
        return 0
    python = environment("test", "pytest")
    failed = []
    for target in targets:
        cache = ["-o", f"cache_dir={PLACE / f'cache-{target}'}"]  # for --last-failed
        for name, command in (("demo", ["-m", "pysock"]), ("tests", tests(cache + pytest))):
            print(f"--- {target}: {name}", flush=True)
            if subprocess.run([python, *command], cwd=ROOT, env=as_on(target)).returncode:
                failed.append(f"{target}: {name}")
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def missing() -> str:
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return "Linux on an x86-64 processor"
    if sys.implementation.name != "cpython":
        return "CPython, whose classes of OSError it can tell of other numbers"
    return "" if shutil.which("gcc") else "gcc"


def made(systems: list[str]) -> None:
    """Build the libraries, where they are not what the sources and the headers make."""
    sources = b"".join(file.read_bytes() for file in sorted(build.SOURCES.iterdir()))
    recipe = hashlib.sha256(sources + (build.SOURCES.parent / "build.py").read_bytes()).hexdigest()
    for system in systems:
        stamp = PLACE / f"{system}.made-from"
        if not stamp.exists() or stamp.read_text() != recipe:
            python = environment("abi", "ziglang")
            step = [python, "-m", "tests.bsd.build", str(PLACE), system]
            subprocess.run(step, cwd=ROOT, check=True)
            stamp.write_text(recipe)


def as_on(target: str) -> dict[str, str]:
    """The environment in which pysock takes the host for ``target``."""
    path = os.pathsep.join([str(PLACE), str(ROOT)])
    return {**os.environ, "BED_TARGET": target, "PYTHONPATH": path}


def tests(arguments: list[str]) -> list[str]:
    left_out = [f"--ignore=tests/test_{name}.py" for name in LEFT_OUT]
    return ["-m", "pytest", "-q", *left_out, *arguments]


if __name__ == "__main__":
    help_if_asked(__doc__)
    sys.exit(main(sys.argv[1:]))
