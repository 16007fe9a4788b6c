"""Faults that the fuzzer has to find: each takes the place of a method, in its process alone."""

from __future__ import annotations

import os
import signal
import time
from functools import wraps
from typing import Any

import pysock

from .fuzz_objects import Own, OwnBase

_kept: list[Any] = []


def _instead(name, fault):
    real = getattr(pysock.Socket, name)

    @wraps(real)
    def method(self, *args, **options):
        return fault(real, self, *args, **options)

    setattr(pysock.Socket, name, method)


def stale():
    """``recv`` answers what was in memory before."""
    _instead("recv", lambda real, sock, *args: real(sock, *args) and b"\xaastale memory\xaa")


def export():
    """``recv_into`` keeps the caller's buffer."""

    def fault(real, sock, buffer, *args, **options):
        n = real(sock, buffer, *args, **options)
        _kept.append(memoryview(buffer))
        return n

    _instead("recv_into", fault)


def overrun():
    """``recv_into`` writes behind the buffer."""

    def fault(real, sock, buffer, *args, **options):
        n = real(sock, buffer, *args, **options)
        owner = getattr(buffer, "obj", None)
        if type(owner) is bytearray and owner:
            owner[-1] = 0
        return n

    _instead("recv_into", fault)


def swallow():
    """``recv`` answers nothing where a hostile object raises."""

    def fault(real, sock, *args):
        try:
            return real(sock, *args)
        except (Own, OwnBase):
            return b""

    _instead("recv", fault)


def system():
    """``send`` raises what no program expects."""

    def fault(real, sock, *args):
        try:
            return real(sock, *args)
        except TypeError as error:
            raise SystemError(str(error)) from None

    _instead("send", fault)


def leak():
    """``dup`` leaves a descriptor open."""

    def fault(real, sock):
        answer = real(sock)
        os.dup(answer.fileno())
        return answer

    _instead("dup", fault)


def crash():
    """``getsockname`` ends the process."""
    _instead("getsockname", lambda real, sock: os.kill(os.getpid(), signal.SIGSEGV))


def hang():
    """``getsockname`` never returns."""
    _instead("getsockname", lambda real, sock: time.sleep(1000))


FAULTS = {
    each.__name__: each for each in (stale, export, overrun, swallow, system, leak, crash, hang)
}
