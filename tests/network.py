"""``python3 -m tests.network [--python PY ...] [options of pytest]``: what a network can do wrong.

It loses, delays, reorders and repeats packets, and breaks in two (``tests/hostile/test_netem.py``),
while both pysock and the C module talk.  That takes a kernel with netem, and a network that nobody
else needs: a virtual machine.  What boots it is not part of the project: it is looked for next to
the clone, in ``../shared/vm``.  The exit status is 0 if every test has passed.
"""

from __future__ import annotations

import argparse
import shlex
import sys

from . import ROOT
from ._environment import call
from .vm import PATIENCE, PROGRAMS, SECONDS, VMRUN, environment_of, missing

IN_VM = "PYSOCK_NETWORK"  # tells the tests that nobody else needs this network
FILES = ["tests/hostile/test_netem.py", "tests/hostile/test_network.py"]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.network",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--python", action="append", help="an interpreter; by default, this one")
    options, arguments = parser.parse_known_args()
    if complaint := missing({name: PROGRAMS[name] for name in PROGRAMS if name != "btvirt"}):
        sys.exit(f"tests.network: {complaint}")
    variables = [f"--env={IN_VM}=1", f"--env=PYSOCK_PATIENCE={PATIENCE}"]
    variables += ["--env=PYTHONDONTWRITEBYTECODE=1"]
    vm = [sys.executable, str(VMRUN), f"--timeout={SECONDS}", *variables, str(ROOT), "--"]
    script = "status=0\n"
    for python in options.python or [sys.executable]:
        pytest = [environment_of(python), "-u", "-m", "pytest", "-p", "no:cacheprovider"]
        script += f"{shlex.join([*pytest, *FILES, *arguments])} || [ $? = 5 ] || status=1\n"
    return call(*vm, "sh", "-c", f"{script}exit $status")


if __name__ == "__main__":
    sys.exit(main())
