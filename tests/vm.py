"""``python3 -m tests.vm [options of pytest]``: the kernel's address families, all of them.

Most machines' kernels have few families, so the conversations of ``tests/test_kernel_*.py`` are
held in a virtual machine whose kernel has them all, with CAN interfaces and two Bluetooth
controllers; there, nothing is skipped but SMC, which needs modules for InfiniBand, and MCTP. What
boots it is not part of the project: it is looked for next to the clone, in ``../shared/vm``. The
exit status is 0 if every test has passed.
"""

import shlex
import shutil
import subprocess
import sys

from . import ROOT, help_if_asked
from ._environment import call, environment

VMRUN = ROOT.parent / "shared" / "vm" / "vmrun"
SECONDS = 1800  # a quiet machine needs two minutes; one with other things to do, many
PATIENCE = 5  # how many times as long as elsewhere a test may take
EVERYTHING = "PYSOCK_EVERY_FAMILY"  # tells the tests that no family may be missing

# What vmrun calls, and the Debian package that has it.
PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "modprobe": "kmod",
    "ip": "iproute2",
    "btvirt": "bluez-test-tools",
}

# CPython knows Bluetooth if BlueZ's headers were there when it was built: a distribution's does.
BLUETOOTH = "tests/test_kernel_bluetooth.py"
SYSTEM_PYTHON = "/usr/bin/python3"


def main(arguments: list[str]) -> int:
    if complaint := missing():
        sys.exit(f"tests.vm: {complaint}")
    files = sorted(f"tests/{path.name}" for path in ROOT.glob("tests/test_kernel_*.py"))
    runs = [(environment("test", "pytest"), files)]
    if not knows_bluetooth(sys.executable):
        files.remove(BLUETOOTH)
        if knows_bluetooth(SYSTEM_PYTHON):
            runs.append((environment_of(SYSTEM_PYTHON), [BLUETOOTH]))
        else:
            print("tests.vm: without Bluetooth, of which this Python's socket knows nothing")
    variables = [f"--env={EVERYTHING}=1", f"--env=PYSOCK_PATIENCE={PATIENCE}"]
    variables += ["--env=PYTHONDONTWRITEBYTECODE=1"]
    vm = [sys.executable, str(VMRUN), "--bt", f"--timeout={SECONDS}", *variables, str(ROOT), "--"]
    script = "status=0\n"
    for python, chosen in runs:
        pytest = [python, "-m", "pytest", "-p", "no:cacheprovider", f"--timeout={60 * PATIENCE}"]
        pytest += [*chosen, *arguments]
        # 5: the arguments leave none of these tests.
        script += f"{shlex.join(pytest)} || [ $? = 5 ] || status=1\n"
    return call(*vm, "sh", "-c", f"{script}exit $status")


def missing(programs: dict[str, str] = PROGRAMS) -> str:
    """What is not here that is needed, or nothing."""
    if not VMRUN.exists():
        return f"needs ../{VMRUN.relative_to(ROOT.parent)}, which boots the virtual machine"
    packages = [package for name, package in programs.items() if not shutil.which(name)]
    return f"needs more programs: apt install {' '.join(packages)}" if packages else ""


def knows_bluetooth(python: str) -> bool:
    program = "import socket; socket.AF_BLUETOOTH"
    if not shutil.which(python):
        return False
    return subprocess.run([python, "-c", program], stderr=subprocess.DEVNULL).returncode == 0


def environment_of(python: str) -> str:
    """``environment``, made by another Python than this one."""
    program = "from tests._environment import *; print(environment('test', 'pytest'))"
    done = subprocess.run(
        [python, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.splitlines()[-1]


if __name__ == "__main__":
    help_if_asked(__doc__)
    sys.exit(main(sys.argv[1:]))
