"""Calls that fail leave no memory and no descriptor: a few thousand here, 100,000 by hand.

``python3 -m tests.hostile.failing`` makes them all.  ``PYSOCK_CALLS`` is how many these tests make.
"""

from __future__ import annotations

import os

import pytest

import pysock

from ..harness import on_pypy, run
from ..test_leaks import needs_proc
from .failing import grows, growth, names

CALLS = int(os.environ.get("PYSOCK_CALLS", "1000"))

pytestmark = [needs_proc, pytest.mark.timeout(120 + CALLS / 100)]


@pytest.mark.parametrize("name", names())
def test_nothing_grows(name: str) -> None:
    assert grows(name, CALLS) == ""


def test_every_method_fails_here() -> None:
    """All that ``Socket`` and the module can call, but what cannot fail or has an effect."""
    harmless = {"detach", "fileno", "getblocking", "gettimeout", "get_inheritable"}
    harmless |= {"set_inheritable", "family", "type", "proto", "timeout"}
    methods = {name for name in vars(pysock.SocketType) | vars(pysock.socket) if name[0] != "_"}
    assert methods - harmless - {"ioctl", "share"} <= set(names())


def test_growth_is_noticed() -> None:
    """In processes of their own: here, what earlier tests gave back would be taken first."""
    kept = f"kept.append(bytearray({5000 if on_pypy else 100}))"
    for what, expected in [(kept, "memory"), ("os.dup(0)", "descriptors")]:
        program = f"""if True:
            import os
            from tests.hostile.failing import growth
            kept = []
            def fail():
                {what}
                raise OSError
            print(growth([fail], {3000 if "kept" in what else 50}))
        """
        assert expected in run(program).stdout


def test_what_does_not_fail_is_told() -> None:
    with pytest.raises(AssertionError, match="it does not fail"):
        growth([lambda: None], 10)
