"""What every test shares: the clone's pysock, also in the processes that a test starts."""

import gc
import os
import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec

import pysock
from pysock._host import lib

from . import ROOT
from .foreign import LINUX
from .kernel import sockets

__all__ = ["sockets"]

os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
)


def copies_files() -> bool:
    """Whether shutil can copy a file: Wine 8 ends a process that asks for CopyFile2."""
    if not hasattr(pysock, "fromshare"):
        return True
    program = "import shutil, sys; shutil.copy2(*sys.argv[1:])"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", program, __file__, os.path.join(folder, "copy")]
        return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


NEEDED_TO_BUILD = ("flit_core", "zlib", "ensurepip", "venv")

# What these files are all about, and so whether they can be collected at all.
NEEDS = {
    "hostile/test_exit.py": ("fork", hasattr(os, "fork")),
    "hostile/test_forks.py": ("fork", hasattr(os, "fork")),
    "hostile/test_failing.py": ("pair of Unix sockets", hasattr(lib, "socketpair")),
    "hostile/test_fuzz_calls.py": ("AF_UNIX", hasattr(pysock, "AF_UNIX")),
    "hostile/test_load.py": ("limit of descriptors", find_spec("resource") is not None),
    "hostile/test_netem.py": ("libc of POSIX", hasattr(lib, "socketpair")),
    "hostile/test_network.py": ("libc of POSIX", hasattr(lib, "socketpair")),
    "hostile/test_storms.py": ("timer that sends signals", hasattr(signal, "setitimer")),
    "test_bindings.py": ("libc of POSIX", hasattr(lib, "socketpair")),
    "test_bench.py": ("pair of Unix sockets", hasattr(lib, "socketpair")),
    "test_descriptors.py": ("fcntl", find_spec("fcntl") is not None),
    "test_differential.py": ("libc of POSIX", hasattr(lib, "socketpair")),
    "test_frozen.py": ("zlib", find_spec("zlib") is not None),
    "test_garbage.py": ("pair of Unix sockets", hasattr(lib, "socketpair")),
    "test_kernel_alg.py": ("AF_ALG", hasattr(pysock, "AF_ALG")),
    "test_kernel_bluetooth.py": ("Bluetooth of Linux", LINUX and hasattr(pysock, "BTPROTO_HCI")),
    "test_kernel_can.py": ("AF_CAN of Linux", LINUX and hasattr(pysock, "CAN_BCM")),
    "test_kernel_host.py": ("AF_NETLINK of Linux", LINUX and hasattr(pysock, "AF_NETLINK")),
    "test_kernel_inet.py": ("SOCK_DCCP of Linux", LINUX and hasattr(pysock, "SOCK_DCCP")),
    "test_kernel_others.py": ("AF_NETLINK of Linux", LINUX and hasattr(pysock, "AF_NETLINK")),
    "test_kernel_tipc.py": ("AF_TIPC", hasattr(pysock, "AF_TIPC")),
    "test_leaks.py": ("pair of Unix sockets", hasattr(lib, "socketpair")),
    "test_main.py": ("process group", hasattr(os, "killpg")),
    "test_memory.py": ("pair of Unix sockets", hasattr(lib, "socketpair")),
    "test_new_family.py": ("AF_UNIX", hasattr(pysock, "AF_UNIX")),
    "test_package.py": ("flit_core, zlib or pip", all(map(find_spec, NEEDED_TO_BUILD))),
    "test_signals.py": ("timer that sends signals", hasattr(signal, "setitimer")),
    "test_signatures.py": ("sethostname", hasattr(pysock, "sethostname")),
    "test_start.py": ("way to copy a file", copies_files()),
    "test_threads.py": ("pair of Unix sockets", hasattr(lib, "socketpair")),
    "test_types.py": ("sethostname", hasattr(pysock, "sethostname")),
    "test_unwritten.py": ("pair of Unix sockets", hasattr(lib, "socketpair")),
    "test_waiting.py": ("timer that sends signals", hasattr(signal, "setitimer")),
}
MISSING = {file: need for file, (need, there) in NEEDS.items() if not there}
collect_ignore = list(MISSING)


def pytest_collection_finish() -> None:
    """Spare the collector the tests themselves, 670,000 objects: many tests collect garbage."""
    gc.collect()
    if hasattr(gc, "freeze"):  # not on PyPy
        gc.freeze()


def pytest_report_header() -> list[str]:
    return [f"not collected: {file}, as there is no {need} here" for file, need in MISSING.items()]
