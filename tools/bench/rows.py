"""What is measured: a table of rows, each against its kind of ceiling."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from .calls import BUFFERS, LONG
from .measure import Row

KIB = 1024
SIZES = {"1B": 1, "1KiB": KIB, "64KiB": 64 * KIB}
STREAM = 64 * KIB * KIB
WIRES = {"pair": ("unix", "socketpair"), "tcp": ("tcp", "TCP")}


def _ping_pongs() -> Iterator[Row]:
    for timeout in (None, LONG):
        for wire, (kind, title) in WIRES.items():
            for size, number in SIZES.items():
                if timeout is not None:
                    ceiling: str | None = "with a timeout"
                elif wire == "tcp":
                    ceiling = "TCP, 64 KiB" if number == SIZES["64KiB"] else "TCP, small"
                else:
                    ceiling = None if number == SIZES["64KiB"] else "small ping-pong"
                yield Row(
                    f"{wire}-{size}" + ("" if timeout is None else "-timeout"),
                    "Ping-pong in one thread" + ("" if timeout is None else ", with a timeout"),
                    f"{title}, {_spaced(size)}",
                    "calls.ping_pong",
                    (kind, number, timeout),
                    ceiling,
                    floor="floors.ping_pong",
                    quick=number == 1,
                )


def _spaced(size: str) -> str:
    digits = size.rstrip("BKi")
    return f"{digits} {size[len(digits) :]}"


def _calls() -> Iterator[Row]:
    group = "Other calls in one thread"
    for size in ("1B", "64KiB"):
        yield Row(
            f"into-{size}", group, f"send + recv_into, {_spaced(size)}",
            "calls.into", ("unix", SIZES[size]), floor="floors.into",
        )
    yield Row(
        "udp-64B", group, "UDP sendto + recvfrom, 64 B",
        "calls.udp", (64,), "UDP", floor="floors.udp", quick=True,
    )
    yield Row(
        "udp-64B-timeout", group, "UDP, the same with a timeout",
        "calls.udp", (64, LONG), "UDP with a timeout", floor="floors.udp", quick=True,
    )
    yield Row(
        "descriptor", group, "sendmsg + recvmsg, one descriptor",
        "calls.descriptor", (), "descriptor", floor="floors.descriptor", quick=True,
    )
    yield Row(
        "descriptor-documented", group, "the same by the documentation's words, MSG_CMSG_CLOEXEC",
        "calls.documented_descriptor", (), in_mean=False,
    )
    yield Row(
        "connect", group, "socket + connect + accept + close",
        "calls.connect", (), "connect", quick=True,
    )
    yield Row("opened", group, "socket + close", "calls.opened", in_mean=False)
    yield Row(
        "getsockname", group, "getsockname",
        "calls.getsockname", (), "getsockname", floor="floors.getsockname", quick=True,
    )
    yield Row(
        "getsockopt", group, "getsockopt of an int",
        "calls.getsockopt", (), "option", floor="floors.getsockopt", quick=True,
    )
    yield Row(
        "setsockopt", group, "setsockopt of an int",
        "calls.setsockopt", (), "option", floor="floors.setsockopt", quick=True,
    )
    yield Row("would-block", group, "recv that would block", "calls.would_block")
    yield Row("socketpair", group, "socketpair + close", "calls.socketpair", in_mean=False)
    yield Row("conversions", group, "inet_pton, inet_ntop", "calls.conversions", in_mean=False)
    yield Row(
        "getaddrinfo", group, "getaddrinfo of a numeric host", "calls.getaddrinfo", in_mean=False
    )


def _buffers() -> Iterator[Row]:
    for kind in BUFFERS:
        for size in ("1KiB", "64KiB"):
            yield Row(
                f"send-{kind.replace(' ', '-')}-{size}", "Send of other buffers, and recv",
                f"{kind}, {_spaced(size)}", "calls.send_buffer", (kind, SIZES[size]),
            )


def _threads() -> Iterator[Row]:
    group = "Four threads, each on its own socketpair, 1 B"
    for busy in (False, True):
        for timeout in (None, LONG):
            title = "beside a CPU-bound thread" if busy else "alone"
            yield Row(
                "threads" + "-cpu" * busy + ("" if timeout is None else "-timeout"), group,
                title + ("" if timeout is None else ", with a timeout"),
                "calls.threads", (4, timeout, busy),
                "beside a CPU-bound thread" if busy and timeout is not None else None,
                operations=1, share=3 if busy else 1.5,
            )


def _scaling() -> Iterator[Row]:
    group = "Two threads side by side, each on its own socketpair, in percent of one alone"
    for timeout in (None, LONG):
        yield Row(
            "scaling" + ("" if timeout is None else "-timeout"), group,
            "1 B" + ("" if timeout is None else ", with a timeout"),
            "calls.scaling", (timeout,), unit="%", operations=1, share=1.5, in_mean=False,
        )


def _processes() -> Iterator[Row]:
    group = "Between two processes"
    for wire, (kind, title) in WIRES.items():
        yield Row(
            f"echo-{wire}", group, f"echo of 64 B, {title}",
            "programs.echo", (kind, 64), "two processes", milliseconds=15, share=1.5,
        )
    yield Row(
        "echo-tcp-timeout", group, "echo of 64 B, TCP, with a timeout",
        "programs.echo", ("tcp", 64, LONG), "two processes", milliseconds=15, share=1.5,
    )
    for kind, title in (("tcp", "TCP"), ("unix", "Unix")):
        for how in ("recv", "recv_into"):
            yield Row(
                f"stream-{kind}-{how}", group, f"64 MiB, {title}, sendall and {how}",
                "programs.stream", (kind, STREAM, how), "stream", operations=1, share=4,
            )


def _programs() -> Iterator[Row]:
    group = "The standard library"
    for title, burst in (("one line at a time", 1), ("a hundred lines at a time", 100)):
        for mode, words in (("b", "bytes"), ("", "text")):
            yield Row(
                f"makefile-{words}-{burst}", group, f"makefile: {title}, {words}",
                "calls.lines", (mode, burst),
            )
    yield Row(
        "http", group, "http.client to http.server, keep-alive",
        "programs.program", ("web_client",), "program", milliseconds=30, share=2, warm_up=4,
    )
    yield Row(
        "asyncio", group, "asyncio: echo on 500 connections",
        "programs.program", ("asyncio_echo", 500), "program", milliseconds=60, share=2, warm_up=4,
    )


def _tls() -> Iterator[Row]:
    group = "TLS, which is encrypted in C on both"
    yield Row(
        "tls-stream", group, "64 MiB, TCP, sendall and recv_into",
        "programs.program", ("tls_stream", STREAM), "stream", operations=1, share=4, in_mean=False,
    )
    for how, title in (("kept", "keep-alive"), ("new", "a connection each")):
        yield Row(
            f"https-{how}", group, f"http.client to http.server by HTTPS, {title}",
            "programs.program", ("tls_web_client", how), "program",
            milliseconds=30, share=2, warm_up=4, in_mean=False,
        )


def _served() -> Iterator[Row]:
    group = "Servers and clients by pysock run: their CPU time for a request"
    rows = [
        ("threads", "socketserver's threads", "server", ("threads",)),
        ("threads-timeout", "the same with a timeout", "server", ("threads-timeout",)),
        ("http", "ThreadingHTTPServer", "server", ("http",)),
        ("http-timeout", "the same with a timeout", "server", ("http-timeout",)),
        ("waitress", "waitress", "server", ("waitress", "waitress")),
        ("cheroot", "cheroot", "server", ("cheroot", "cheroot")),
        ("gunicorn", "gunicorn, gthread", "server", ("gunicorn", "gunicorn")),
        ("uvicorn", "uvicorn, h11", "server", ("uvicorn", "uvicorn")),
        ("redis", "a client of Redis, GET of a KiB", "client", ("redis", "redis")),
        ("postgres", "a client of PostgreSQL (pg8000), SELECT 1", "client", ("pg8000", "postgres")),
    ]
    for name, title, kind, arguments in rows:
        yield Row(
            f"served-{name}", group, title, f"served.{kind}", arguments,
            milliseconds=60, share=2, warm_up=4, in_mean=False,
        )


def _starts() -> Iterator[Row]:
    group = "Import and memory"
    yield Row(
        "start", group, "start of a child of `run` that never uses sockets",
        "programs.starting", (), "start", operations=1, share=2, in_mean=False,
    )
    # pysock stands on ctypes; what it adds to that is comparable with socket.
    for name, others in [("import", "import ctypes, socket"), ("import-socket", "import socket")]:
        yield Row(
            name, group, f"import pysock / {others}",
            "programs.importing", ("import pysock", others), "import", operations=1,
            in_mean=name == "import",
        )
    yield Row(
        "memory", group, "memory of one of 10,000 open sockets",
        "programs.memory", (10_000,), unit="B", operations=1, share=0.1, in_mean=False,
    )


ROWS: list[Row] = [
    *_ping_pongs(), *_calls(), *_buffers(), *_threads(), *_scaling(), *_processes(), *_programs(),
    *_tls(), *_served(), *_starts(),
]  # fmt: skip


def chosen(patterns: list[str], *, quick: bool = False) -> list[Row]:
    """The rows whose names match one of the patterns; without any, all, or the quick ones."""
    if not patterns:
        return [row for row in ROWS if row.quick or not quick]
    return matching(ROWS, patterns)


def whole(measured: list[dict[str, Any]]) -> bool:
    """Whether these are all rows of which there is a mean."""
    names = {row["name"] for row in measured}
    return all(row.name in names for row in ROWS if row.in_mean)


def matching(named: list[Any], patterns: list[str]) -> list[Any]:
    """Those whose names match one of the patterns, of which each must match some."""
    for pattern in patterns:
        if not any(fnmatchcase(one.name, pattern) for one in named):
            raise ValueError(f"nothing here is named {pattern}")
    return [one for one in named if any(fnmatchcase(one.name, pattern) for pattern in patterns)]
