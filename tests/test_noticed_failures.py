"""What a shortcut does where its call has failed: a lost errno, one that does not say "wait"."""

from __future__ import annotations

from errno import EAGAIN, ECONNRESET, EINTR
from functools import partial
from typing import Any

import pytest

import pysock
from pysock._calls.memory import sockaddr_pool
from pysock._ffi.interpreter import pop_errno, set_errno
from pysock._methods import shortcuts
from pysock._methods.shortcuts import names

from .harness import Action, outcome, pair, replace

if not hasattr(pysock, "AF_UNIX"):
    pytest.skip("this system has no AF_UNIX", allow_module_level=True)

pytestmark = pytest.mark.skipif(
    not shortcuts.WANTED, reason="this interpreter, or this run, has no shortcuts"
)


@pytest.mark.parametrize("name", ["getsockname", "getpeername"])
def test_a_name_whose_errno_was_lost_is_asked_for_again(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that has failed, or not, gives its memory back."""
    left = []
    method = getattr(names, f"_{name}")

    def witness(sock: Any) -> Any:
        left.append(name)
        return method(sock)

    monkeypatch.setattr(names, f"_{name}", witness)

    def failing(real: Action, fd: int, *memory: Any) -> Any:
        return -1 if lost.pop() else real(fd, *memory)

    with pair() as (a, b), pysock.socket() as alone:
        question = getattr(a, name)
        address = question()
        assert address == getattr(b, name)() == ""
        taken = [entry[0] for entry in sockaddr_pool.entries]
        assert outcome(alone.getpeername) == "ENOTCONN"
        assert not left
        assert [entry[0] for entry in sockaddr_pool.entries] == taken
        lost = [False, True]
        replace(monkeypatch, name, failing)
        pop_errno()
        assert question() == address
        assert left == [name]


# --- what would block ----------------------------------------------------------------

BLOCKING: dict[str, Action] = {
    "recv": lambda s: s.recv(1),
    "recv_into": lambda s: s.recv_into(bytearray(1)),
    "recvfrom": lambda s: s.recvfrom(1),
    "send": lambda s: s.send(b"x"),
}


@pytest.mark.parametrize("name", BLOCKING)
@pytest.mark.parametrize("mode", [0.0, 0.001, None])
def test_an_errno_that_does_not_say_wait_is_raised(
    name: str, mode: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In any mode, and if it was lost, the call is made again."""

    def failing(real: Action, *arguments: Any) -> int:
        set_errno(errors.pop() if errors else EAGAIN)
        return -1

    replace(monkeypatch, C_NAMES.get(name, name), failing)
    with pair() as (a, _):
        a.settimeout(mode)
        for errors, said in (
            ([ECONNRESET], "ECONNRESET"), ([ECONNRESET, 0], "ECONNRESET"),
            ([ECONNRESET, EINTR], "ECONNRESET"),
        ):  # fmt: skip
            assert outcome(partial(BLOCKING[name], a)) == said
            assert not errors
        if mode == 0:
            assert outcome(partial(BLOCKING[name], a)) == "EAGAIN"


C_NAMES = {"recv_into": "recv"}
