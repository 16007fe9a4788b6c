"""Runs in a network namespace of its own: a name server, routes that lead nowhere, and dial.

Prints a line of JSON: what each case of ``tests/test_dial.py`` has brought, and in which time.
"""

from __future__ import annotations

import _thread
import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pysock
from pysock import dial
from tests.harness import descriptors

HOLE4, HOLE6, HERE4, HERE6 = "192.0.2.9", "2001:db8::9", "127.0.0.1", "::1"
CLOSED = 9  # a port where nobody listens, at HERE4 and HERE6

# name → (A, AAAA, delay of A, delay of AAAA); a delay of None is no answer at all
ZONE: dict[str, tuple[list[str], list[str], Any, Any]] = {
    "both": ([HERE4], [HERE6], 0, 0),
    "hole6": ([HERE4], [HOLE6], 0, 0),
    "holes": ([HOLE4], [HOLE6], 0, 0),
    "lateaaaa": ([HERE4], [HERE6], 0, 0.02),
    "noaaaa": ([HERE4], [HERE6], 0, None),
    "silent": ([], [], None, None),
    "broken6": ([HERE4], ["2001:db8:dead::1"], 0, 0),
}


def serve(server: Any) -> None:
    while True:
        query, client = server.recvfrom(512)
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = int.from_bytes(query[at + 1 : at + 3], "big")
        a, aaaa, wait_a, wait_aaaa = ZONE.get(labels[0], ([], [], 0, 0))
        addresses, wait = (a, wait_a) if kind == 1 else (aaaa, wait_aaaa)
        family = pysock.AF_INET if kind == 1 else pysock.AF_INET6
        answer = query[:2] + b"\x85\x80\0\1" + len(addresses).to_bytes(2, "big") + b"\0\0\0\0"
        answer += query[12 : at + 5]
        head = b"\xc0\x0c" + query[at + 1 : at + 5] + b"\0\0\0\1"
        for address in addresses:
            raw = pysock.inet_pton(family, address)
            answer += head + bytes([0, len(raw)]) + raw
        if wait is not None:
            threading.Timer(wait, server.sendto, (answer, client)).start()


def timed(call: Callable[[], Any]) -> dict[str, Any]:
    begin = time.monotonic()
    try:
        result: Any = call()
        if hasattr(result, "getpeername"):
            with result:
                result = [result.getpeername()[0], result.gettimeout(), result.getsockname()[0]]
    except OSError as error:
        result = [type(error).__name__, error.errno, str(error)]
        result.append([[a and a[0], e.errno, getattr(e, "__notes__", [])]
                       for a, e in getattr(error, "errors", [])])
    return {"result": result, "time": time.monotonic() - begin}


def cancelled(port: int) -> Any:
    with dial.Cancel() as cancel:
        threading.Timer(0.1, cancel.cancel).start()
        return dial.dial("holes.test.", port, cancel=cancel)


def main() -> None:
    server = pysock.socket(pysock.AF_INET, pysock.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=serve, args=(server,), daemon=True).start()
    listeners = [pysock.create_server((HERE4, 0))]
    port = listeners[0].getsockname()[1]
    listeners.append(pysock.create_server((HERE6, port), family=pysock.AF_INET6))
    pysock.getaddrinfo("both.test.", port)  # the C library has its files open from now on
    before = len(descriptors())
    cases: dict[str, Callable[[], Any]] = {
        "both": lambda: dial.dial("both.test.", port),
        "hole6": lambda: dial.dial("hole6.test.", port),
        "holes": lambda: dial.dial("holes.test.", port, timeout=0.5),
        "refused": lambda: dial.dial("both.test.", CLOSED),
        "lateaaaa": lambda: dial.dial("lateaaaa.test.", port),
        "noaaaa": lambda: dial.dial("noaaaa.test.", port),
        "broken6": lambda: dial.dial("broken6.test.", port),
        "source": lambda: dial.dial("both.test.", port, source=("127.0.0.2", 0)),
        "interface": lambda: dial.dial("both.test.", port, interface="lo"),
        "no interface": lambda: dial.dial("both.test.", port, interface="gone0"),
        "cancelled": lambda: cancelled(port),
        "silent": lambda: dial.dial("silent.test.", port, timeout=0.2),
        "getaddrinfo": lambda: dial.getaddrinfo("silent.test.", port, timeout=0.2),
    }
    print(json.dumps({name: timed(call) for name, call in cases.items()}))
    # The look-ups of the last cases are still under way, each with a socket of the C library's.
    waiting = _thread._count() - (threading.active_count() - 1)  # not among those of threading
    print(len(descriptors()) - before - waiting)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
