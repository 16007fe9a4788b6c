"""``python3 -m tests.arch [--short] [ARCHITECTURE …]``: the tests and the demo elsewhere.

That is on other processors: in userlands of Debian, under qemu's user-mode emulation; s390x is
big-endian.  ``--short`` leaves it at what depends on the processor most: addresses, control
messages, numbers.  The bed that starts them is not part of the project: without it, this says so
in one line.
"""

from __future__ import annotations

import os
import subprocess
import sys

from . import ROOT, help_if_asked
from ._environment import environment

BED = ROOT.parent / "shared/arch/archrun"
USUAL = ("i386", "arm64", "s390x")

# Not there: what makes environments or compiles, and what measures time, which an
# emulator has its own idea of.
LEFT_OUT = """
    package start examples architecture threads memory waiting types new_family signals
""".split()

SHORT = """
    codecs constants differential families fuzz kernel_host kernel_inet
    parity_addresses parity_messages platform
""".split()

# qemu's system calls make no message of no buffers: the other end of these waits for ever.
MESSAGES = "tests/test_parity_messages.py"
NO_BUFFERS = ("(d.sendmsg([]), e.recv(9))", "fed.recvmsg_into([])")

PATIENCE = 5  # how many times as long as elsewhere a test may take


def main(arguments: list[str]) -> int:
    if not BED.exists():
        print(f"needs the bed for other processors, {os.path.relpath(BED, ROOT)}", file=sys.stderr)
        return 2
    # Debian 12 has Python 3.11; pytest and its kin are pure Python, and any 3.11's will do.
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    python = environment("test", "pytest")
    packages = subprocess.check_output([python, "-c", where], text=True).strip()
    chosen = _chosen("--short" in arguments)
    pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--timeout={60 * PATIENCE}"]
    pytest += [f"--deselect={MESSAGES}::test_message[{x}]" for x in NO_BUFFERS]
    # qemu passes on more descriptors than there is room for; the C module leaves them open.
    pytest += ["--deselect", f"{MESSAGES}::test_control_messages[receiving_fewer_fds]"]
    variables = [f"PYTHONPATH={ROOT}:{packages}", f"PYSOCK_PATIENCE={PATIENCE}"]
    failed = []
    for architecture in [name for name in arguments if name != "--short"] or USUAL:
        for name, command in (
            ("demo", ["python3", "-m", "pysock"]),
            ("tests", ["python3", *pytest, *chosen]),
        ):
            print(f"--- {architecture}: {name}", flush=True)
            ran = subprocess.run([BED, architecture, "--", "env", *variables, *command], cwd=ROOT)
            if ran.returncode:
                failed.append(f"{architecture}: {name}")
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def _chosen(short: bool) -> list[str]:
    names = [file.stem for file in sorted((ROOT / "tests").glob("test_*.py"))]
    if short:
        chosen = [f"test_{name}" for name in SHORT]
    else:
        chosen = [name for name in names if not any(left in name for left in LEFT_OUT)]
    return [f"tests/{name}.py" for name in chosen]


if __name__ == "__main__":
    help_if_asked(__doc__)
    sys.exit(main(sys.argv[1:]))
