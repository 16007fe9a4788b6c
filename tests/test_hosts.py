"""Names of hosts where C answers in static memory: one thread at a time, and not in a handler.

So it is on macOS, NetBSD and OpenBSD.  Elsewhere their way is taken here, too, if the C library
says in a known way why it found nothing.
"""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

import pysock
from pysock._ffi import errors
from pysock._functions import resolver
from pysock._functions.static_answers import StaticAnswers
from pysock._host import abi, lib, structs
from pysock.families import _hosts
from pysock.trace.recording import recording

from .harness import interrupt, on_musl, outcome

pytestmark = pytest.mark.skipif(
    abi.name.startswith("windows"), reason="Winsock has an answer for each thread"
)

LOOPBACK, UNKNOWN = "127.0.0.1", "240.0.0.1"


def _static(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let hosts be looked up as where no function is reentrant."""
    if not abi.hostent_r:
        return
    process = ctypes.CDLL(None)
    where = getattr(process, "__h_errno_location", None) or getattr(process, "__h_errno", None)
    if where is None or not hasattr(lib, "gethostbyaddr"):
        pytest.skip("this C library has no h_errno to ask for")
    where.restype = ctypes.c_void_p
    monkeypatch.setattr(abi, "hostent_r", False)
    monkeypatch.setattr(
        lib, "h_errno", lambda: ctypes.c_int.from_address(where()).value, raising=False
    )


def test_the_answer_is_that_of_the_reentrant_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    questions = [
        lambda: pysock.gethostbyaddr(LOOPBACK),
        lambda: pysock.gethostbyaddr("::1"),
        lambda: pysock.gethostbyaddr(UNKNOWN),
        lambda: pysock.gethostbyname_ex("localhost"),
        lambda: pysock.gethostbyname_ex(LOOPBACK),
        lambda: pysock.getfqdn(LOOPBACK),
    ]
    usual = [outcome(question) for question in questions]
    _static(monkeypatch)
    assert [outcome(question) for question in questions] == usual
    assert usual[0][2] == [LOOPBACK]


@pytest.mark.skipif(on_musl, reason="musl names an address without a name by its numbers")
def test_what_is_unknown_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    _static(monkeypatch)
    with pytest.raises(pysock.herror) as caught:
        pysock.gethostbyaddr(UNKNOWN)
    number, text = caught.value.args
    assert number in (abi.constants["HOST_NOT_FOUND"], abi.constants["TRY_AGAIN"])
    assert text == lib.hstrerror(number).decode()


@pytest.mark.skipif(not hasattr(pysock, "AI_NUMERICSERV"), reason="no AI_NUMERICSERV here")
@pytest.mark.parametrize("crashes", [False, True])
def test_macos_is_not_given_the_services_on_which_it_crashes(
    crashes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = getattr(resolver, "addrinfo")  # noqa: B009  it is imported there

    def addrinfo(node: Any, service: Any, *rest: Any) -> Any:
        asked.append(service)
        return real(node, service, *rest)

    monkeypatch.setattr(resolver, "_CRASHES_ON_ZERO", crashes)
    monkeypatch.setattr(resolver, "addrinfo", addrinfo)
    for port in (0, "0", b"0", "0\0x", None, "00", 80):
        for flags in (0, pysock.AI_NUMERICSERV):
            answers = pysock.getaddrinfo("127.0.0.1", port, type=pysock.SOCK_STREAM, flags=flags)
            assert answers[0][4] == ("127.0.0.1", 80 if port == 80 else 0)
    zero = b"00" if crashes else b"0"
    none = b"00" if crashes else None
    numeric = [zero, zero, zero, zero, none, b"00", b"80"]
    assert asked[1::2] == numeric
    assert asked[::2] == [b"0", b"0", b"0", b"0", None, b"00", b"80"]


def _wrong_answers() -> int:
    """How many answers of several threads were those of another one."""

    def ask(i: int) -> int:
        wrong = 0
        for _ in range(100):
            if i % 2:
                wrong += pysock.gethostbyaddr(LOOPBACK)[2] != [LOOPBACK]
            else:
                wrong += pysock.gethostbyname_ex(f"127.0.0.{i + 2}")[2] != [f"127.0.0.{i + 2}"]
        return wrong

    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(ask, range(4)))


def test_threads_get_their_own_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    _static(monkeypatch)
    assert _wrong_answers() == 0


@pytest.mark.skipif(on_musl, reason="musl frees what it has answered: the naive way would crash")
def test_the_naive_way_would_read_another_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """C's memory is shared: the test above and the next one are about something."""

    def naive(self: Any, struct: str, read: Any, missing: Any, call: Any, *args: Any) -> Any:
        at = call(*args)
        return read(structs[struct].from_address(at)) if at else missing()

    _static(monkeypatch)
    usual = outcome(lambda: pysock.gethostbyaddr(LOOPBACK))
    monkeypatch.setattr(StaticAnswers, "look_up", naive)
    interrupt(monkeypatch, "gethostbyaddr", lambda: outcome(lambda: pysock.gethostbyaddr("::1")))
    assert outcome(lambda: pysock.gethostbyaddr(LOOPBACK)) != usual


@pytest.mark.parametrize("host", [LOOPBACK, UNKNOWN])
def test_a_signal_handler_may_look_hosts_up(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer has overwritten ours, h_errno included: so the call is repeated."""
    _static(monkeypatch)
    usual = outcome(lambda: pysock.gethostbyaddr(host))
    for handler in (
        lambda: pysock.gethostbyaddr("::1"),
        lambda: pysock.gethostbyaddr("240.0.0.2"),
    ):
        interrupt(monkeypatch, "gethostbyaddr", partial(outcome, handler))
        assert outcome(lambda: pysock.gethostbyaddr(host)) == usual


def test_what_getaddrinfo_has_made_is_freed_whenever_an_exception_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As that of a signal handler, when C has just returned."""
    freed: list[bool] = []

    def check_resolved(*args: Any) -> None:
        real(*args)
        raise KeyboardInterrupt

    def freeaddrinfo(first: Any) -> None:
        freed.append(True)
        free(first)

    real, free = errors.check_resolved, lib.freeaddrinfo
    monkeypatch.setattr(lib, "freeaddrinfo", freeaddrinfo)
    monkeypatch.setattr(_hosts, "check_resolved", check_resolved)
    with pytest.raises(KeyboardInterrupt):
        pysock.getaddrinfo("127.0.0.1", 80)
    monkeypatch.setattr(_hosts, "check_resolved", real)
    assert freed == [True]
    with pytest.raises(pysock.gaierror):
        pysock.getaddrinfo("no number", 80, flags=pysock.AI_NUMERICHOST)
    assert freed == [True]  # there was nothing to free


@pytest.mark.parametrize("family", [pysock.AF_INET, pysock.AF_INET6])
def test_to_bind_to_all_addresses_asks_no_resolver(family: int) -> None:
    """``""`` is INADDR_ANY by RFC 3493, and need not be looked up."""
    try:
        with pysock.socket(family, pysock.SOCK_DGRAM) as sock, recording() as recorded:
            sock.bind(("", 0))
            host = sock.getsockname()[0]
    except OSError as error:
        pytest.skip(f"no such socket here: {error}")
    assert "getaddrinfo" not in [call.function for call in recorded.calls]
    assert not any(pysock.inet_pton(family, host))
