"""``python3 -m tests.arch [ARCHITECTURE …]``: the tests and the main job on other processors.

They run in userlands of Debian under qemu's user-mode emulation; s390x is big-endian.  The
bed that starts them is not part of the project: without it, this says so in one line.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ._environment import environment

ROOT = Path(__file__).resolve().parent.parent
BED = ROOT.parent / "shared/arch/archrun"
USUAL = ("i386", "arm64", "s390x")

# Not there: what makes environments or compiles, and what measures time, which an
# emulator has its own idea of.
LEFT_OUT = ("package", "start", "examples", "architecture", "threads", "memory", "waiting")


def main(architectures: list[str]) -> int:
    if not BED.exists():
        print(f"needs the bed for other processors, {os.path.relpath(BED, ROOT)}", file=sys.stderr)
        return 2
    # Debian 12 has Python 3.11; pytest and its kin are pure Python, and any 3.11's will do.
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    python = environment("test", "pytest")
    packages = subprocess.check_output([python, "-c", where], text=True).strip()
    failed = []
    for architecture in architectures or USUAL:
        for name, command in (
            ("main job", ["python3", "-m", "pysock"]),
            ("tests", ["python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", *_chosen()]),
        ):
            print(f"--- {architecture}: {name}", flush=True)
            ran = subprocess.run(
                [BED, architecture, "--", "env", f"PYTHONPATH={ROOT}:{packages}", *command],
                cwd=ROOT,
            )
            if ran.returncode:
                failed.append(f"{architecture}: {name}")
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def _chosen() -> list[str]:
    return [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / "tests").glob("test_*.py"))
        if not any(name in file.stem for name in LEFT_OUT)
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
