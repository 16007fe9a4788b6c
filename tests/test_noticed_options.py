"""Options as C sees them: how many bytes it is asked for, and which number they are.

The idea: each test fails if one statement or one number in ``pysock._methods.options`` or
``pysock._calls.getsockopt`` is another (``tests/mutants.py``). A witness of C notes what arrives.
"""

from __future__ import annotations

import ctypes
import errno
import socket as stdlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import pysock
from pysock._calls import getsockopt
from pysock._ffi.interpreter import set_errno
from pysock._host import constants, lib

from .harness import Action, on_pypy, outcome, replace

pytestmark = pytest.mark.skipif(
    not hasattr(lib, "socketpair"), reason="the library is not POSIX's"
)

LEVEL = pysock.SOL_SOCKET
WIDE = getattr(pysock, "AF_VSOCK", None)
needs_vsock = pytest.mark.skipif(WIDE is None, reason="there is no AF_VSOCK here")


@pytest.fixture
def sock() -> Iterator[pysock.Socket]:
    with pysock.socket() as sock:
        yield sock


def answered(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> list[int]:
    """Let C answer each question so; the sizes that it is asked for."""
    sizes: list[int] = []

    def getsockopt(real: Action, fd: int, level: int, option: int, value: Any, size: Any) -> int:
        sizes.append(int.from_bytes(ctypes.string_at(size, 4), sys.byteorder))
        ctypes.memmove(value, answer, len(answer))
        ctypes.memmove(size, len(answer).to_bytes(4, sys.byteorder), 4)
        return 0

    replace(monkeypatch, "getsockopt", getsockopt)
    return sizes


def in_order(number: int, size: int) -> bytes:
    return number.to_bytes(size, sys.byteorder)


@pytest.mark.parametrize("number", [0, 1, 2**31 - 1, -1, -2, -(2**31)])
def test_an_option_is_an_int_with_a_sign(
    number: int, sock: pysock.Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = answered(monkeypatch, in_order(number % 2**32, 4))
    assert sock.getsockopt(LEVEL, 1) == number
    assert sizes == [4]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_an_option_that_is_shorter_than_an_int_is_filled_up(
    size: int, sock: pysock.Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(monkeypatch, b"\xff" * size)
    expected = int.from_bytes((b"\xff" * size).ljust(4, b"\0"), sys.byteorder, signed=True)
    assert sock.getsockopt(LEVEL, 1) == expected


@pytest.mark.parametrize("size", [1, 2, 4, 1023, 1024])
def test_as_many_bytes_are_asked_for_as_there_is_room(
    size: int, sock: pysock.Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = answered(monkeypatch, b"x" * size)
    assert sock.getsockopt(LEVEL, 1, size) == b"x" * size
    assert sizes == [size]


def test_memory_of_an_option_is_used_again(
    sock: pysock.Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after a question that has failed."""
    for option in (pysock.SO_TYPE, 2**31 - 1, pysock.SO_TYPE):
        outcome(lambda option=option: sock.getsockopt(LEVEL, option, 4))
        assert getsockopt._pool.entries
        monkeypatch.setattr(getsockopt._pool, "make", lambda: pytest.fail("there is some"))
        while len(getsockopt._pool.entries) > 1:
            getsockopt._pool.entries.pop()


@pytest.mark.parametrize("size", [-1, 1025, 2**31 - 1])
def test_a_size_out_of_range_reaches_nobody(
    size: int, sock: pysock.Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = answered(monkeypatch, b"")
    assert outcome(lambda: sock.getsockopt(LEVEL, 1, size)) == "getsockopt buflen out of range"
    assert sizes == []


@needs_vsock
@pytest.mark.parametrize("number", [0, 1, 2**32, 2**63, 2**64 - 1])
def test_an_option_of_vsock_has_64_bits_and_no_sign(
    number: int, sock: pysock.Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = answered(monkeypatch, in_order(number, 8))
    monkeypatch.setattr(sock, "_sock_family_", WIDE)
    assert sock.getsockopt(LEVEL, 1) == number
    assert sizes[-1] == 8
    refused = "getsockopt string buffer not allowed"
    assert outcome(lambda: sock.getsockopt(LEVEL, 1, 8)) == refused


@needs_vsock
def test_an_option_of_vsock_is_asked_for_once(
    sock: pysock.Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second answer of SO_ERROR is 0."""
    sizes = answered(monkeypatch, in_order(errno.ECONNRESET, 8))
    monkeypatch.setattr(sock, "_sock_family_", WIDE)
    sock.getsockopt(LEVEL, pysock.SO_ERROR)
    assert sizes == [8]


@pytest.mark.filterwarnings("ignore:integer value out of range:DeprecationWarning")  # 3.15
@needs_vsock
@pytest.mark.parametrize("number", [0, 1, 2**32, 2**63, 2**64 - 1, 2**64 + 5, -1, -(2**70)])
def test_an_option_for_vsock_has_the_lower_64_bits(
    number: int, sock: pysock.Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def setsockopt(real: Action, fd: int, level: int, option: int, value: Any, size: int) -> int:
        seen.append(ctypes.string_at(value, size))
        return 0

    replace(monkeypatch, "setsockopt", setsockopt)
    monkeypatch.setattr(sock, "_sock_family_", WIDE)
    sock.setsockopt(LEVEL, 1, number)
    assert seen == [in_order(number % 2**64, 8)]


@pytest.mark.filterwarnings("ignore:integer value out of range:DeprecationWarning")  # 3.15
def test_null_is_passed_with_its_length(
    sock: pysock.Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def setsockopt(real: Action, fd: int, level: int, option: int, value: Any, size: int) -> int:
        seen.append((fd, level, option, size))
        set_errno(errno.EDOM)
        return -1 if optname == 9 else 0

    optname = 9
    replace(monkeypatch, "setsockopt", setsockopt)
    for length, passed in ((0, 0), (7, 7), (2**32 + 3, 3)):
        assert outcome(lambda length=length: sock.setsockopt(LEVEL, 9, None, length)) == "EDOM"
        assert seen.pop() == (sock.fileno(), LEVEL, 9, passed)
    for wrong in ((5, 1), (None, "x"), (b"", 0)):
        with pytest.raises(TypeError, match=r"exactly 3 arguments|only takes 4|as an integer"):
            sock.setsockopt(LEVEL, 9, *wrong)
    assert seen == []
    optname = 8
    sock.setsockopt(LEVEL, 8, None, 5)
    assert seen == [(sock.fileno(), LEVEL, 8, 5)]


# --- what kind of socket a descriptor is ---------------------------------------------


def test_a_kind_that_the_caller_says_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """But whether the descriptor is a socket's is asked in any case."""
    fd = pysock.socket(pysock.AF_INET, pysock.SOCK_DGRAM).detach()
    sizes = answered(monkeypatch, in_order(77, 4))
    known = hasattr(pysock, "SO_PROTOCOL")  # else the protocol is 0 of any descriptor
    for arguments, kind, asked in (
        ((-1, -1, -1), (pysock.AF_INET, 77, 77 * known), [4] * (1 + known)),
        ((pysock.AF_UNIX, -1, 3), (pysock.AF_UNIX, 77, 3 * known), [4]),
        ((pysock.AF_UNIX, 5, -1), (pysock.AF_UNIX, 5, 77 * known), [4] * known),
        ((pysock.AF_UNIX, 5, 0), (pysock.AF_UNIX, 5, 0), []),
        ((0, 0, 0), (0, 0, 0), []),
    ):
        sizes.clear()
        sock = pysock.socket(*arguments, fileno=fd)
        assert (sock.family, sock.type, sock.proto) == kind
        assert sizes == asked
        assert sock.detach() == fd
    monkeypatch.undo()
    pysock.close(fd)
    with pytest.raises(OSError) as caught:
        pysock.socket(pysock.AF_INET, 1, 0, fileno=fd)
    assert caught.value.errno == errno.EBADF


def test_where_the_kernel_knows_no_protocol_it_is_0(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS: in CPython, too, whatever the caller says."""
    monkeypatch.delitem(constants, "SO_PROTOCOL", raising=False)
    with pysock.socket(pysock.AF_INET, pysock.SOCK_STREAM, pysock.IPPROTO_TCP) as lent:
        for said in (-1, 0, 1, pysock.IPPROTO_TCP):
            sock = pysock.socket(proto=said, fileno=lent.fileno())
            assert (sock.type, sock.proto) == (pysock.SOCK_STREAM, 0)
            sock.detach()


@pytest.mark.parametrize("number", [errno.EBADF, errno.ENOTSOCK, errno.EOPNOTSUPP])
def test_a_family_without_names_has_to_be_said(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AF_ALG has no getsockname; that the descriptor is no socket is an error nevertheless."""

    def getsockname(real: Action, *arguments: Any) -> int:
        set_errno(number)
        return -1

    with pysock.socket() as lent:
        replace(monkeypatch, "getsockname", getsockname)
        name = errno.errorcode[number]
        assert outcome(lambda: pysock.socket(fileno=lent.fileno())) == name
        said = outcome(lambda: pysock.socket(pysock.AF_INET, fileno=lent.fileno()).detach())
        assert said == (lent.fileno() if number == errno.EOPNOTSUPP else name)


@pytest.mark.skipif(on_pypy, reason="PyPy says it in words of its own")
@pytest.mark.parametrize(
    "given",
    [
        (), (1,), (1, 2), (1, 2, None), (1, 2, 3, 4, 5), (1, 2, None, 4, 5),
        ("level", 2, None, 4), (1, "option", None, 4), (1, 2, None, "length"),
        ("level", "option", None, 4), (1, 2, 3, 4), (1, 2, b"", 4),
        ("level", 2, 3), (1, "option", 3), (1, 2, "value"), ("level", 2, b""),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_said_of_wrong_arguments(given: tuple[Any, ...]) -> None:
    said = []
    for module in (pysock, stdlib):
        with module.socket() as sock, pytest.raises(TypeError) as caught:
            sock.setsockopt(*given)
        said.append(str(caught.value))
    assert said[0].replace("SocketBase.", "") == said[1].replace("socket.", "")


@pytest.mark.skipif("AF_VSOCK" not in constants, reason="this system has no AF_VSOCK")
def test_what_is_no_number_is_none_of_vsocks_options() -> None:
    """Its options are 64 bits wide; bytes are none."""
    with pysock.socket() as sock:
        sock._sock_family_ = constants["AF_VSOCK"]
        for value in ("x", b"12345678"):
            with pytest.raises(TypeError, match="setsockopt") as caught:
                sock.setsockopt(1, 2, value)  # type: ignore[arg-type]
            assert type(value).__name__ in str(caught.value)


def test_memory_of_an_int_is_used_again() -> None:
    pool = getsockopt.int_pool
    pool.put(pool.take())
    before = [id(entry) for entry in pool.entries]
    with pysock.socket() as sock:
        getsockopt.getsockopt_int(sock, pysock.SOL_SOCKET, pysock.SO_TYPE)
        with pytest.raises(OSError, match=r"."):
            getsockopt.getsockopt_int(sock, pysock.SOL_SOCKET, 12345)
    assert [id(entry) for entry in pool.entries] == before
