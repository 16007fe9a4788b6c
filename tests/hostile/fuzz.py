"""The process that makes hostile calls, and looks after each at what must hold.

``python3 -m tests.hostile.fuzz`` is started, and watched, by ``tests/hostile/__main__.py``.  A
call is made from the seed and its number alone, so that it can be made again.  What must hold:

- the exception is one that a program may expect, or the hostile object's own, unchanged;
- nothing was raised where nobody hears it, and there were no warnings but those documented;
- no buffer is lent any more, even while the exception is alive with its traceback;
- what was received was sent, and bytes around a buffer stayed as they were;
- no descriptor is left open; and now and then, a plain conversation still works.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import json
import mmap
import os
import random
import resource
import socket
import struct
import sys
import time
import traceback
import warnings
from collections import Counter
from contextlib import suppress
from itertools import count
from typing import Any

import pysock

from . import fuzz_broken
from .fuzz_calls import make, missing
from .fuzz_check import Checks, kind_of
from .fuzz_objects import OwnBase, shown
from .fuzz_scene import Scene
from .fuzz_values import Maker

HEAD = struct.Struct("<qQQQ")  # number of the call, calls made, kinds of outcomes, length of text
SHARED = 8192
CPYTHON = sys.implementation.name == "cpython"
MEMORY = 6 << 30  # bytes of address space, so that a huge size fails early


def descriptors():
    """The numbers of the open descriptors, but for the one that lists them."""
    with os.scandir("/dev/fd") as entries:
        return sorted(int(entry.name) for entry in entries)


class Run:
    """A number of calls, one after the other."""

    def __init__(self, options):
        self.options = options
        self.outcomes: Counter[str] = Counter()
        self.disagreements: Counter[str] = Counter()
        self.examples: dict[str, Any] = {}
        self.open: list[Any] = []
        self.heard: list[Any] = []  # unraisable exceptions
        self.warned: list[Any] = []
        self.shared = None
        if options.shared:
            with open(options.shared, "r+b") as file:
                self.shared = mmap.mmap(file.fileno(), SHARED)

    def report(self, **what):
        print(json.dumps(what), flush=True)

    def tell(self, k, done, text):
        if self.shared is not None:
            data = text.encode("utf-8", "backslashreplace")[: SHARED - HEAD.size]
            self.shared[: HEAD.size] = HEAD.pack(k, done, len(self.outcomes), len(data))
            self.shared[HEAD.size : HEAD.size + len(data)] = data

    def go(self):
        options = self.options
        end = time.monotonic() + options.seconds if options.seconds else None
        sys.unraisablehook = self.heard.append
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, kind, *rest: self.warned.append((kind, str(message)))
        new = missing(pysock)
        if new:
            self.report(failure="no recipe", k=options.start, call=", ".join(new), detail="")
        self.one(-1)  # what is made once, is made
        gc.collect()
        self.open = descriptors()
        done = 0
        for k in count(options.start):
            if (end and time.monotonic() > end) or (options.calls and done >= options.calls):
                break
            self.one(k, done)
            done += 1
            if k % 1000 == 999:
                gc.collect()
                self.failed(k, "echo", echo())
        self.tell(options.start + done, done, "the end")
        self.report(
            done=done,
            outcomes=dict(self.outcomes),
            disagreements={k: [v, self.examples[k]] for k, v in self.disagreements.items()},
        )

    def failed(self, k, call, *problems):
        for problem in problems:
            if problem:
                self.report(failure=problem[0], k=k, call=call, detail=problem[1])

    def one(self, k, done=0):
        """Make the call of number ``k``, and look at what must hold."""
        case = Case(self.options.seed, k, pysock)
        text = case.text()
        self.tell(k, done, text)
        if self.options.show:
            print(json.dumps({"call": f"{k}: {text}"}), flush=True)
        outcome, problems = case.run()
        pure = case.maker.pure and not case.maker.fired
        del case
        problems += self.aftermath()
        self.outcomes[outcome] += 1
        self.failed(k, text, *problems)
        if k >= 0 and pure and CPYTHON and k % 4 == 0 and not self.options.alone:
            self.compare(k, text, outcome)

    def compare(self, k, text, outcome):
        """Make the same call of the C module, on a socket like the first; count what differs."""
        twin = Case(self.options.seed, k, socket)
        if twin.maker.pure and not text.startswith(("close:", "socket:")):
            theirs, _ = twin.run()
            if theirs != outcome:
                key = f"{outcome} here, {theirs} in C"
                self.disagreements[key] += 1
                self.examples.setdefault(key, f"{k}: {text}")
        twin.clean()
        self.warned.clear()
        self.heard.clear()
        if set(descriptors()) - set(self.open):  # C's fromfd loses one, if it fails late
            # What is only garbage still owns its descriptor, and would close the number once more.
            gc.collect()
            for fd in set(descriptors()) - set(self.open):
                with suppress(OSError):  # that of the list itself
                    os.close(fd)

    def aftermath(self):
        problems = []
        now = descriptors()
        if self.open and now != self.open:
            gc.collect()
            now = descriptors()
            if now != self.open:
                problems.append(("descriptors", f"open: {now}, were {self.open}"))
                self.open = now
        for each in self.heard:
            problems.append(("unraisable", told(each.exc_value)))
        self.heard.clear()
        for kind, message in self.warned:
            if kind is RuntimeWarning and "ancillary" in message:
                continue
            if not issubclass(kind, (DeprecationWarning, ResourceWarning)):
                problems.append(("warning", f"{kind.__name__}: {message}"))
        self.warned.clear()
        return problems


class Case:
    """One call, with all that it needs."""

    def __init__(self, seed, k, module):
        self.rng = random.Random(f"{seed} {k}")
        self.module = module
        self.scene = Scene(self.rng, module)
        self.maker = maker = Maker(self.rng, module)
        maker.here, maker.peer = self.scene.here, self.scene.peer
        self.call = make(maker, self.scene)

    def text(self):
        scene, call = self.scene, self.call
        options = f", {shown(list(call.options.items()))}" if call.options else ""
        waits = scene.here.gettimeout()
        return f"{call.name}: {scene.kind}, {waits}: {shown(call.args)}{options}"

    def run(self):
        """The kind of outcome, and what does not hold."""
        maker, call = self.maker, self.call
        answer, error = None, None
        try:
            answer = call.function(*call.args, **call.options)
        except (Exception, OwnBase) as raised:
            error = raised
        maker.over = True
        checks = Checks(self, answer, error)
        problems = checks.all()  # while the exception is alive
        outcome = f"{call.name} {kind_of(answer, error)}"
        if problems:
            problems = [(kind, f"{detail}; {outcome}") for kind, detail in problems]
            if error is not None:
                problems.append(("with", told(error)))
        del checks
        answer = error = None
        self.clean()
        return outcome, problems

    def clean(self):
        """Close all that the fuzzer owns."""
        pysock.setdefaulttimeout(None)
        socket.setdefaulttimeout(None)
        for fd in self.maker.loose:
            with suppress(OSError):
                os.close(fd)
        self.maker.loose.clear()
        self.scene.close()
        self.call = None


def told(error):
    """An exception and where it came from, as text."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return "".join(lines)[-1500:]


def echo():
    """A plain conversation; what is wrong with it."""
    one, two = pysock.socketpair()
    with one, two:
        for size in (1, 100, 5000, 30_000):  # one piece each to the kernel
            data = os.urandom(size)
            one.sendall(data)
            got = two.recv(size)
            two.sendmsg([data[:7], data[7:]])
            room = bytearray(size)
            n = one.recv_into(room)
            room_data = bytes(room[:n])
            one.sendmsg([data], [(1, 1, struct.pack("i", one.fileno()))])
            message, ancdata, flags, _ = two.recvmsg(size, 64)
            fds = [struct.unpack("i", each[2])[0] for each in ancdata]
            for fd in fds:
                os.close(fd)
            if (got, room_data, message, len(fds), flags) != (data, data, data, 1, 0):
                what = f"{got[:50]!r}, {n}, {message[:50]!r}, {fds}, {flags}"
                return "echo", f"of {size} bytes came {what}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", default="1")
    parser.add_argument("--from", dest="start", type=int, default=0)
    parser.add_argument("--calls", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--shared", default="")
    parser.add_argument("--break", dest="broken", default="")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--alone", action="store_true")
    options = parser.parse_args()
    faulthandler.enable()
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.setrecursionlimit(400)
    if options.broken:
        fuzz_broken.FAULTS[options.broken]()
    Run(options).go()


if __name__ == "__main__":
    main()
