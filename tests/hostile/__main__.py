"""``python3 -m tests.hostile``: hostile calls of pysock at random; nothing may give way.

Each call is made in a process that this one watches.  A crash of it, a hang, or anything that
does not hold after a call (see ``fuzz``) is a failure, told with the command that repeats it.

``--calls N``, ``--seconds S``   how long (20,000 calls if neither is given)
``--seed N``, ``--from K``       where to begin
``--python PY ...``              interpreters, one after the other; by default this one
``--show``                       tell each call before it is made
``--under debug``                the allocators look for what was written behind memory, or after
                                 it was freed, and memory that nobody wrote to has a mark
``--under valgrind``             valgrind looks for the same and for bytes that were never written,
                                 also among those that are sent; fifty times as slow
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from typing import Any

from .. import ROOT

HEAD = struct.Struct("<qQQQ")
SHARED = 8192
SHOWN = 3  # failures of a kind
MARK = "165"  # a byte
OWN = ROOT / "tests" / "hostile" / "valgrind.supp"  # what CPython does itself
# What looks at a process: what is put before its command, and into its environment.
UNDER: dict[str, tuple[list[str], dict[str, str]]] = {
    "": ([], {}),
    "debug": (
        [],
        {
            "PYTHONMALLOC": "debug",
            "MALLOC_PERTURB_": MARK,
            "MALLOC_CHECK_": "3",
            "LD_PRELOAD": "libc_malloc_debug.so.0",  # where MALLOC_CHECK_ is (glibc 2.34)
        },
    ),
    "valgrind": (
        ["valgrind", "-q", "--error-exitcode=99", "--num-callers=30", f"--suppressions={OWN}"],
        {"PYTHONMALLOC": "malloc"},
    ),
}
SLOWER = {"valgrind": 50}


class Supervisor:
    """Runs the calls on one interpreter."""

    def __init__(self, python, options):
        self.python, self.options = python, options
        self.outcomes: Counter[str] = Counter()
        self.disagreements: dict[str, Any] = {}
        self.kinds: Counter[str] = Counter()
        self.done = 0
        self.crashes = 0
        self.last = ""
        self.begin = time.monotonic()

    def run(self):
        """Whether all held."""
        options = self.options
        start = options.start
        with tempfile.TemporaryDirectory(prefix="pysock-hostile-") as folder:
            while True:
                calls = options.calls and options.calls - self.done
                seconds = options.seconds and options.seconds - (time.monotonic() - self.begin)
                if (options.calls and calls <= 0) or (options.seconds and seconds <= 0):
                    break
                after = self.child(folder, start, calls, seconds)
                if after is None:
                    break
                start = after
                if self.crashes >= options.most:
                    self.say(f"{self.crashes} crashes: no more")
                    break
        self.summary()
        return not self.kinds

    def say(self, text):
        print(text, flush=True)

    def child(self, folder, start, calls, seconds):
        """Start a process; the number of the call to go on with, or None if all were made."""
        path = os.path.join(folder, "shared")
        with open(path, "wb") as new:
            new.write(bytes(SHARED))
        before, variables = UNDER[self.options.under]
        command = [*before, self.python]
        command += ["-m", "tests.hostile.fuzz", f"--seed={self.options.seed}"]
        command += [f"--from={start}", f"--calls={calls or 0}", f"--seconds={seconds or 0}"]
        command += [f"--shared={path}", f"--break={self.options.broken}"]
        command += ["--show"] * self.options.show + ["--alone"] * self.options.alone
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        env["RES_OPTIONS"] = "attempts:1 timeout:1"
        env.update(variables)
        finished: list[bool] = []
        with open(path, "r+b") as file, mmap.mmap(file.fileno(), SHARED) as shared:
            with tempfile.TemporaryFile() as said:
                child = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=said,
                    text=True,
                )
                reader = threading.Thread(target=self.read, args=(child.stdout, finished))
                reader.start()
                try:
                    hung = self.watch(child, shared)
                finally:
                    if child.poll() is None:
                        child.kill()
                    child.wait()
                    reader.join()
                    if child.stdout:
                        child.stdout.close()
                said.seek(0)
                words = said.read().decode("utf-8", "replace")
            if finished and child.returncode == 0:
                return None
            k, done, _, length = HEAD.unpack(shared[: HEAD.size])
            text = shared[HEAD.size : HEAD.size + length].decode("utf-8", "replace")
        self.done += done + 1
        self.crashes += 1
        how = "hang" if hung else f"crash ({ended(child.returncode)})"
        self.failure({"failure": how, "k": k, "call": text, "detail": words[-4000:]})
        # An exception of the fuzzer's own is not one of pysock's: it would come again.
        return k + 1 if hung or child.returncode < 0 else None

    def watch(self, child, shared):
        """Wait for the end of a process, which has to make one call after the other."""
        patience = float(os.environ.get("PYSOCK_PATIENCE", "1")) * self.options.hang
        patience *= SLOWER.get(self.options.under, 1)
        last, since, told = None, time.monotonic(), time.monotonic()
        while child.poll() is None:
            time.sleep(0.05)
            now = time.monotonic()
            k, done, outcomes, _ = HEAD.unpack(shared[: HEAD.size])
            if (k, done) != last:
                last, since = (k, done), now
            # Before the first call a process starts, which a busy machine may take long for.
            if now - since > (patience if done else 5 * patience):
                child.send_signal(signal.SIGABRT)  # faulthandler says where it is
                try:
                    child.wait(5)
                except subprocess.TimeoutExpired:
                    child.kill()
                return True
            if now - told > 5:
                told = now
                total = self.done + done
                rate = total / (now - self.begin)
                failures = sum(self.kinds.values())
                self.say(
                    f"{total} calls, {rate:.0f}/s, seed {self.options.seed}, "
                    f"{max(outcomes, len(self.outcomes))} outcomes, {failures} failures"
                )
        return False

    def read(self, pipe, finished):
        for line in pipe:
            try:
                what = json.loads(line)
            except ValueError:
                self.say(line.rstrip())
                continue
            if "failure" in what:
                self.failure(what)
            elif "call" in what:
                self.say(what["call"])
            else:
                finished.append(True)
                self.done += what["done"]
                self.outcomes.update(what["outcomes"])
                for key, (number, example) in what["disagreements"].items():
                    before = self.disagreements.get(key, (0, example))
                    self.disagreements[key] = before[0] + number, before[1]

    def failure(self, what):
        kind = f"{what['failure']} in {what['call'].partition(':')[0]}"
        if what["failure"] == "with":
            if self.kinds[self.last] <= SHOWN:
                self.say(what["detail"])
            return
        self.last = kind
        self.kinds[kind] += 1
        if self.kinds[kind] > SHOWN:
            return
        self.say(f"FAILED: {kind}\n    {what['call']}\n    {what['detail']}")
        self.say(
            f"    again: {self.python} -m tests.hostile --seed {self.options.seed} "
            f"--from {what['k']} --calls 1"
            + f" --under {self.options.under}" * bool(self.options.under)
        )

    def summary(self):
        seconds = time.monotonic() - self.begin
        self.say(
            f"{self.python}: {self.done} calls in {seconds:.1f} s, "
            f"seed {self.options.seed}, {len(self.outcomes)} distinct outcomes"
        )
        if self.disagreements:
            total = sum(number for number, _ in self.disagreements.values())
            self.say(f"{total} calls end otherwise in the C module (no failure):")
            rows = sorted(self.disagreements.items(), key=lambda row: -row[1][0])
            for key, (number, example) in rows[: self.options.rows]:
                self.say(f"  {number:5} {key}   e.g. {example[:150]}")
        for kind, number in self.kinds.most_common():
            self.say(f"  FAILED {number} times: {kind}")
        self.say("failed" if self.kinds else "all held")


def ended(code):
    """How a process ended, in words."""
    return signal.Signals(-code).name if code < 0 else f"exit status {code}"


def program(name):
    """The path of an interpreter, from wherever its child will be started."""
    found = shutil.which(name)
    if not found:
        raise argparse.ArgumentTypeError(f"no program {name!r}")
    return os.path.abspath(found)


def main():
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.hostile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--calls", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--from", dest="start", type=int, default=0)
    parser.add_argument("--python", nargs="+", type=program, default=[sys.executable])
    parser.add_argument("--under", choices=UNDER, default="")
    parser.add_argument("--break", dest="broken", default="")
    parser.add_argument("--hang", type=float, default=20, help="seconds that no call may take")
    parser.add_argument("--most", type=int, default=8, help="crashes, after which it ends")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--alone", action="store_true", help="no comparison with the C module")
    parser.add_argument("--rows", type=int, default=15, help="of disagreements to show")
    options = parser.parse_args()
    if not options.calls and not options.seconds:
        options.calls = 20_000 // SLOWER.get(options.under, 1)
    if options.under == "valgrind" and not shutil.which("valgrind"):
        parser.exit(1, "tests.hostile: needs valgrind: apt install valgrind\n")
    held = [Supervisor(python, options).run() for python in options.python]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
