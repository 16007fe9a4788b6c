"""Many threads on sockets that they share, while others close, resize and change the mode.

``python -m tests.hostile.threads SECONDS [resize]`` does it in a process of its own, which prints
what the calls raised, and what was received that nobody had sent.  It is meant for builds without
the GIL, where all of it runs at the same time; with the GIL, threads take turns anywhere.

A pair of sockets has a letter, and only that is sent there.  Who closes a pair makes a new one with
the same letter.  A descriptor may be somebody else's by the time that a call has it, as with the C
module; so what counts as foreign there is what no thread sends at all.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import Counter
from typing import Any

import pysock

LETTERS = b"ABCD"
THREADS = 6
USUAL = (OSError, BufferError)  # what a closed, a non-blocking, or a resized thing is to a call


class Arena:
    """Pairs of sockets, a default timeout, and buffers, which all threads share."""

    def __init__(self, closing: bool, resizing: bool) -> None:
        self.closing, self.resizing = closing, resizing
        self.pairs = [self.pair() for _ in LETTERS]
        self.buffers = [bytearray(4096) for _ in LETTERS]
        self.done = False
        self.foreign: list[str] = []
        self.unusual: list[str] = []
        self.calls: Counter[str] = Counter()

    def pair(self) -> tuple[Any, Any]:
        pair = pysock.socketpair()
        for sock in pair:
            sock.settimeout(0.01)
        return pair

    def look_at(self, name: str, data: bytes, letter: int) -> None:
        """What was received, on the pair of a letter."""
        sent = LETTERS if self.closing else bytes([letter])
        if data.strip(sent):
            self.foreign.append(f"{name}: {data[:20]!r} on {bytes([letter])!r}")

    # --- what threads do ---------------------------------------------------------------

    def talk(self, i: int) -> None:
        chance = random.Random(i)
        own = bytearray(64)
        while not self.done:
            n = chance.randrange(len(LETTERS))
            letter, (here, there) = LETTERS[n], self.pairs[n]
            size = chance.choice((1, 60, 3000))
            name = chance.choice(list(EXCHANGES))
            try:
                data = EXCHANGES[name](here, there, bytes([letter]) * size, own)
            except USUAL:
                continue
            except Exception as error:  # what it is, is told
                self.unusual.append(f"{name}: {error!r}")
                continue
            self.calls[name] += 1
            self.look_at(name, data, letter)

    def close(self, i: int) -> None:
        chance = random.Random(i)
        while not self.done:
            n = chance.randrange(len(LETTERS))
            try:
                old, self.pairs[n] = self.pairs[n], self.pair()
                for sock in old:
                    sock.close()
            except Exception as error:
                self.unusual.append(f"close: {error!r}")
            time.sleep(0.002)

    def change_modes(self, i: int) -> None:
        chance = random.Random(i)
        while not self.done:
            sock = chance.choice(chance.choice(self.pairs))
            # None is followed by a timeout: no thread shall wait for ever.
            try:
                for seconds in (chance.choice((None, 0)), chance.choice((0.001, 0.01))):
                    sock.settimeout(seconds)
                pysock.setdefaulttimeout(chance.choice((None, 0, 5)))
            except OSError:
                time.sleep(0)  # it is closed
            except Exception as error:
                self.unusual.append(f"settimeout: {error!r}")

    def resize(self, i: int) -> None:
        while not self.done:
            for buffer in self.buffers:
                try:
                    del buffer[2048:]
                    buffer.extend(bytes(2048))
                except BufferError:
                    time.sleep(0)  # a call has it

    def receive_into_shared(self, i: int) -> None:
        chance = random.Random(i)
        while not self.done:
            n = chance.randrange(len(LETTERS))
            here, there = self.pairs[n]
            try:
                here.send(LETTERS[n : n + 1] * 100)
                if chance.random() < 0.5:
                    there.recv_into(self.buffers[n])
                else:
                    there.recvmsg_into([self.buffers[n]])
            except USUAL:
                continue
            except Exception as error:
                self.unusual.append(f"into shared: {error!r}")

    def make_and_drop(self, i: int) -> None:
        while not self.done:
            try:
                with pysock.socket(type=pysock.SOCK_DGRAM) as sock:
                    sock.connect((f"127.0.{i}.1", 9))
                    if sock.getpeername() != (f"127.0.{i}.1", 9):
                        self.foreign.append(f"address {sock.getpeername()}")
            except OSError:
                continue
            except Exception as error:
                self.unusual.append(f"make: {error!r}")

    def run(self, seconds: float) -> None:
        work = [self.talk] * THREADS + [self.change_modes] * 2 + [self.make_and_drop] * 2
        work += [self.receive_into_shared] * 2 + [self.close] * self.closing
        work += [self.resize] * self.resizing
        threads = [
            threading.Thread(target=task, args=(i,), daemon=True) for i, task in enumerate(work)
        ]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self.done = True
        until = time.monotonic() + 10
        while any(thread.is_alive() for thread in threads) and time.monotonic() < until:
            for pair in self.pairs:  # who waits in blocking mode is woken
                for sock in pair:
                    try:
                        sock.shutdown(pysock.SHUT_RDWR)
                    except OSError:
                        time.sleep(0.01)  # it is shut down already
        for thread in threads:
            thread.join(1)
        stuck = [thread.name for thread in threads if thread.is_alive()]
        if stuck:
            self.unusual.append(f"still waiting: {stuck}")


def by_recv(here: Any, there: Any, data: bytes, own: bytearray) -> bytes:
    here.send(data)
    received: bytes = there.recv(4096)
    return received


def by_recv_into(here: Any, there: Any, data: bytes, own: bytearray) -> bytes:
    here.sendall(data[:500])
    n = there.recv_into(own)
    return bytes(own[:n])


def by_message(here: Any, there: Any, data: bytes, own: bytearray) -> bytes:
    here.sendmsg([data, data])
    received: bytes = there.recvmsg(8192, 64)[0]
    return received


def by_recvfrom(here: Any, there: Any, data: bytes, own: bytearray) -> bytes:
    here.send(data)
    received: bytes = there.recvfrom(4096)[0]
    return received


def by_option(here: Any, there: Any, data: bytes, own: bytearray) -> bytes:
    here.setsockopt(pysock.SOL_SOCKET, pysock.SO_KEEPALIVE, 1)
    if here.getsockopt(pysock.SOL_SOCKET, pysock.SO_TYPE) not in (1, 2):
        return b"not a type of socket"
    return b""


EXCHANGES = {
    "recv": by_recv,
    "recv_into": by_recv_into,
    "message": by_message,
    "recvfrom": by_recvfrom,
    "option": by_option,
}


def main(seconds: float, closing: bool, resizing: bool) -> None:
    sys.setswitchinterval(1e-5)
    arena = Arena(closing, resizing)
    arena.run(seconds)
    print(json.dumps([arena.foreign[:5], sorted(set(arena.unusual))[:5], arena.calls]))


if __name__ == "__main__":
    main(float(sys.argv[1]), "close" in sys.argv[2:], "resize" in sys.argv[2:])
