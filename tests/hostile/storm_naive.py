"""What anybody would write who thinks of no storms: see ``storm``, which calls it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .storm import Bench


class Plain:
    """A class of pure Python with a descriptor and a finaliser: the yardstick."""

    def __init__(self) -> None:
        self.fd: int | None = os.open(os.devnull, os.O_RDONLY)

    def close(self) -> None:
        fd, self.fd = self.fd, None
        if fd is not None:
            os.close(fd)

    def __del__(self) -> None:
        self.close()


class Warned(Plain):
    """The same, and it warns of what was not closed, as a socket does."""

    def __del__(self) -> None:
        if self.fd is not None:
            text = f"unclosed {self!r} {self.fd}"
            warnings.warn(text, ResourceWarning, stacklevel=2, source=self)
        self.close()


def _naive_socket(bench: Bench) -> None:
    from pysock._host import lib

    fd = lib.socket(2, 1, 0)
    sock = bench.S.Socket(fileno=fd)
    sock.close()


def _naive_send(bench: Bench) -> None:
    view = memoryview(bench.buffers["small"])
    bench.here.send(view)
    bench.there.recv_into(bench.sink)
    view.release()


def _naive_error(bench: Bench) -> None:
    try:
        bench.S.getaddrinfo("127.0.0.1", 80)
    except BaseException:
        raise OSError("it failed") from None


def _naive_forgotten(bench: Bench) -> None:
    Plain()


def _naive_warned(bench: Bench) -> None:
    Warned()


NAIVE: dict[str, Callable[[Bench], None]] = {
    "socket": _naive_socket,
    "send": _naive_send,
    "error": _naive_error,
    "closed": lambda bench: Plain().close(),
    "forgotten": _naive_forgotten,
    "warned": _naive_warned,
}
