"""``python3 -m tests.datagrams_speed``: pysock.datagrams beside a loop on the standard library.

Each line is the minimum of 25 interleaved rounds of 640 datagrams over the loopback interface: what
else the machine does meets a call that takes long more often than one of many short ones.  Before
them, PyPy has as many rounds as it needs to compile.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from pysock.ancillary import SegmentSize, disable, enable
from pysock.datagrams import Ring, receive_segments, send_many, send_segments

from . import help_if_asked

BATCH, BATCHES = 64, 10
DATA = b"x" * 1000


def main() -> None:
    a, b = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in "ab")
    b.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    b.bind(("127.0.0.1", 0))
    a.connect(b.getsockname())
    ring, buffer, whole = Ring(BATCH, 1024), memoryview(bytearray(1024)), DATA * BATCH

    def send_loop() -> None:
        for _ in range(BATCH):
            a.send(DATA)

    def receive_loop() -> None:
        for _ in range(BATCH):
            b.recvfrom_into(buffer)

    def receive_ring() -> None:
        n = 0
        while n < BATCH:
            n += len(ring.receive(b))

    def receive_joined() -> None:
        n = 0
        while n < BATCH:
            n += len(receive_segments(b)[0])

    ways: dict[str, tuple[Callable[[], Any], Callable[[], Any], bool]] = {
        "loop": (send_loop, receive_loop, False),
        "sendmmsg, recvmmsg": (lambda: send_many(a, [DATA] * BATCH), receive_ring, False),
        "UDP_SEGMENT, UDP_GRO": (lambda: send_segments(a, whole, 1000), receive_joined, True),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    compiling = 300 if sys.implementation.name == "pypy" else 0
    for _ in range(compiling + 25):
        for name, (send, receive, joined) in ways.items():
            (enable if joined else disable)(b, SegmentSize)
            sending = receiving = 0.0
            for _ in range(BATCHES):
                begin = time.perf_counter()
                send()
                middle = time.perf_counter()
                receive()
                sending += middle - begin
                receiving += time.perf_counter() - middle
            times[name].append((sending, receiving))
    base = [*map(min, zip(*times["loop"][compiling:]))]
    for name, pairs in times.items():
        sending, receiving = map(min, zip(*pairs[compiling:]))
        each = 1e9 / BATCH / BATCHES
        print(f"{name:22} send {sending * each:6.0f} ns ({base[0] / sending:.1f} times)"
              f"  receive {receiving * each:6.0f} ns ({base[1] / receiving:.1f} times)")
    a.close()
    b.close()


if __name__ == "__main__":
    help_if_asked(__doc__)
    main()
