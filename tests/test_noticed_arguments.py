"""Python objects on their way to C, each at the edge of what C can take.

The idea: each test fails if one statement or one number in ``pysock._ffi.arguments`` is another
(``tests/mutants.py``).
"""

from __future__ import annotations

import socket as stdlib
import struct
import sys
import warnings
from array import array
from errno import ENXIO
from functools import partial
from typing import Any

import pytest

import pysock
from pysock._ffi import arguments
from pysock._ffi.errors import from_errno
from pysock._host import lib
from pysock._platform import WINDOWS

from .harness import Action, on_pypy

INT_MAX, INT_MIN = 2**31 - 1, -(2**31)
LONG_MAX = 2 ** (8 * struct.calcsize("l") - 1) - 1


class Index:
    """A number, but no int."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number


class Whole(int):
    """An int of another type."""


FORMS: list[Action] = [int, Whole, Index]
LONG = "too large to convert to C long"
# Where a long is an int, the check of a long comes first and finds everything.
BELOW, ABOVE = (LONG, LONG) if LONG_MAX == INT_MAX else ("less than min", "greater than max")
# The function, the least and the largest number that it takes, and what it says beyond.
LIMITS: list[tuple[Action, int, int, str, str]] = [
    (arguments.c_int, INT_MIN, INT_MAX, BELOW, ABOVE),
    (arguments.one_int, INT_MIN, INT_MAX, "to convert to C int", "to convert to C int"),
    (arguments.c_ssize_t, -sys.maxsize - 1, sys.maxsize, "C ssize_t", "C ssize_t"),
    (arguments.c_long, -LONG_MAX - 1, LONG_MAX, LONG, LONG),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("limits", LIMITS, ids=[each[0].__name__ for each in LIMITS])
def test_the_limits_of_a_number(limits: tuple[Any, ...], form: Action) -> None:
    function, least, largest, below, above = limits
    if function is arguments.c_long and form is Index:
        pytest.skip("it takes an int only")
    for number in (least, -1, 0, 1, largest):
        assert function(form(number)) == number
    for number, complaint in ((least - 1, below), (largest + 1, above)):
        with pytest.raises(OverflowError, match=complaint):
            function(form(number))


@pytest.mark.parametrize("form", FORMS)
def test_beyond_a_long_the_complaint_is_about_a_long(form: Action) -> None:
    for number in (2**70, -(2**70)):
        with pytest.raises(OverflowError, match=LONG):
            arguments.c_int(form(number))


@pytest.mark.filterwarnings("ignore:integer value out of range:DeprecationWarning")  # 3.15
@pytest.mark.parametrize(
    ("number", "passed"), [(0, 0), (2**32 - 1, 2**32 - 1), (2**32, 0), (-1, 2**32 - 1)]
)
def test_an_unsigned_int_is_the_lower_32_bits(number: int, passed: int) -> None:
    for form in FORMS:
        assert arguments.c_uint(form(number)) == passed


@pytest.mark.parametrize("function", ["descriptor", "given_descriptor"])
def test_the_limits_of_a_descriptor(function: str) -> None:
    convert = getattr(arguments, function)
    for form in FORMS:
        for number in (0, 1, INT_MAX):
            assert convert(form(number)) == number
        for number in (INT_MAX + 1, INT_MIN - 1, 2**70):
            with pytest.raises(OverflowError):
                convert(form(number))
    if function == "descriptor":
        assert convert(INT_MIN) == INT_MIN
    else:
        for number in (-1, INT_MIN):
            with pytest.raises(ValueError, match="negative file descriptor"):
                convert(number)


@pytest.mark.parametrize("wrong", [1.5, "1", None, b"1", [1]])
@pytest.mark.parametrize(
    "function", [arguments.c_int, arguments.one_int, arguments.c_uint, arguments.c_ssize_t]
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_no_number(function: Action, wrong: Any) -> None:
    if function is arguments.one_int and wrong == 1.5 and sys.version_info < (3, 10):
        pytest.skip("this one takes it")
    with pytest.raises(TypeError):
        function(wrong)
    assert arguments.attempted(function, wrong) is None


def test_an_attempt() -> None:
    assert arguments.attempted(arguments.c_int, 5) == 5
    assert arguments.attempted(arguments.c_int, 0) == 0
    assert arguments.attempted(arguments.c_int, 2**40) is None
    with pytest.raises(ZeroDivisionError):
        arguments.attempted(lambda value: 1 // value, 0)


def test_strings() -> None:
    assert arguments.c_string("aé", "f", 2) == "aé".encode()
    assert arguments.c_string("", "f", 2) == b""
    for wrong, named in ((b"a", "bytes"), (None, "None"), (5, "int")):
        with pytest.raises(TypeError, match=rf"^f\(\) argument 2 must be str, not {named}$"):
            arguments.c_string(wrong, "f", 2)
    for text in ("\0", "a\0", "\0a"):
        with pytest.raises(ValueError, match="embedded null character"):
            arguments.c_string(text, "f", 2)
        with pytest.raises(ValueError, match="embedded null byte"):
            arguments.fs_bytes(text)
    assert arguments.fs_bytes("aé") == "aé".encode(sys.getfilesystemencoding())
    assert arguments.fs_bytes(b"a") == b"a"


def test_a_text_that_encodes_itself_otherwise() -> None:
    """C reads the characters of a str, whatever a subclass makes of them."""

    class Text(str):
        def encode(self, *_: Any) -> Any:
            return bytearray(b"9.9.9.9")

    for module in (stdlib, pysock):
        assert module.inet_aton(Text("1.2.3.4")) == b"\1\2\3\4"
        assert module.inet_pton(module.AF_INET, Text("1.2.3.4")) == b"\1\2\3\4"
        with pytest.raises(OSError, match="service/proto not found"):
            module.getservbyname(Text("no-such-service"))


def test_the_largest_numbers() -> None:
    """``htonl`` and ``if_indextoname`` take an unsigned long."""
    bits = 8 * struct.calcsize("l")
    assert (arguments.LONG_MAX, arguments.ULONG_MAX) == (2 ** (bits - 1) - 1, 2**bits - 1)
    assert (arguments.INT_MAX, arguments.INT_MIN) == (INT_MAX, INT_MIN)


@pytest.mark.skipif(WINDOWS, reason="Winsock says it by GetLastError")
def test_an_index_without_an_interface_has_an_errno(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the C library leaves errno as it was, as CPython has it."""

    def silent(*args: Any) -> None:
        raise from_errno(0)  # what comes of a call that fails without one

    monkeypatch.setattr(lib, "if_indextoname", silent)
    with pytest.raises(OSError) as caught:
        pysock.if_indextoname(2**20)
    assert caught.value.errno == ENXIO


def test_the_items_of_a_tuple_are_those_that_c_reads() -> None:
    class Liar(tuple):  # type: ignore[type-arg]
        def __getitem__(self, key: Any) -> Any:
            return "a lie"

        def __iter__(self) -> Any:
            return iter(("a lie",))

    assert arguments.plain(Liar((1, 2, 3))) == (1, 2, 3)
    assert type(arguments.plain(Liar((1,)))) is tuple


def test_buffers() -> None:
    strided = memoryview(bytearray(8))[::2]
    with arguments.view_of(array("i", [1, 2])) as view:
        assert arguments.size_of(view) == 8
    with pytest.raises(BufferError, match="not C-contiguous"):
        arguments.size_of(strided)
    with pytest.raises(TypeError, match=r"^a bytes-like object is required, not '?str'?$") as said:
        arguments.view_of("a")
    assert said.value.__suppress_context__
    buffer = bytearray(5)
    with arguments.writable_view_of(buffer, "f") as view:
        assert arguments.room_in(view, buffer, "f") == 5
    complaint = r"^f\(\) argument 1 must be read-write bytes-like object, not "
    for wrong, named in ((strided, "memoryview"), (b"a", "bytes")):
        with pytest.raises(TypeError, match=f"{complaint}{named}$"):
            arguments.room_in(memoryview(wrong), wrong, "f")
    for other, named in (("a", "str"), (None, "None"), (5, "int")):
        with pytest.raises(TypeError, match=f"{complaint}{named}$") as said:
            arguments.writable_view_of(other, "f")
        assert said.value.__suppress_context__


class Export:
    """A buffer whose export fails; before Python 3.12 it is none."""

    def __buffer__(self, flags: int) -> Any:
        raise TypeError("mine")


def test_what_a_buffer_says_itself_is_told() -> None:
    new = hasattr(bytes, "__buffer__")
    assert arguments._has_buffer(Export()) is new
    assert arguments._has_buffer("a") is False
    for _ in range(2):
        with pytest.raises(TypeError, match=r"^mine$" if new else r"^a bytes-like") as said:
            arguments.view_of(Export())
        assert said.value.__suppress_context__ is not new  # it is no other error in its place


def test_a_view_that_was_released_is_no_buffer() -> None:
    released = memoryview(bytearray(5))
    released.release()
    with pytest.raises(TypeError, match="read-write bytes-like object, not memoryview"):
        arguments.writable_view_of(released, "f")


@pytest.mark.parametrize(
    ("value", "named"),
    [(None, "NoneType"), (5, "int"), ("a", "str"), (array("i"), "array.array"), (Whole(), "Whole")],
)
def test_a_type_has_the_name_that_c_knows(value: Any, named: str) -> None:
    if named == "array.array" and sys.implementation.name != "cpython":
        named = "array"
    assert arguments.type_name(value) == named
    assert arguments.kind(value) == ("None" if value is None else named)


def test_a_class_with_a_method_called_buffer() -> None:
    """Before Python 3.12 that makes it no bytes-like object."""

    class Named:
        def __buffer__(self, flags: int) -> memoryview:
            return memoryview(b"abc")

    def answer(call: Action) -> str:
        try:
            return str(call(Named()))
        except TypeError as error:
            return str(error)

    answers = []
    for module in (pysock, stdlib):
        here, there = module.socketpair()
        with here, there:
            answers.append([answer(here.send), answer(here.sendall)])
            if hasattr(stdlib.socket, "sendmsg") and not on_pypy:  # PyPy 8's refuses it even so
                answers[-1].append(answer(partial(sent, here)))
    assert answers[0] == answers[1]


def sent(sock: Any, data: Any) -> int:
    n: int = sock.sendmsg([data])
    return n


class Small(int):
    """An int that is less than no other and greater than none."""

    __lt__ = __gt__ = __le__ = __ge__ = lambda self, other: False


@pytest.mark.parametrize("name", ["htonl", "ntohl", "htons", "ntohs"])
@pytest.mark.parametrize("value", [-1, -(2**40), 2**32, 2**70])
def test_an_int_that_compares_in_its_own_way_is_what_it_is(name: str, value: int) -> None:
    answers = []
    for given in (value, Small(value)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python 3.9 cuts what is too large for htons
            try:
                answers.append(getattr(pysock, name)(given))
            except (OverflowError, ValueError) as error:
                answers.append((type(error), str(error)))
    assert answers[0] == answers[1]


class Lying(bytes):
    """Bytes that say otherwise how long they are, and what is in them."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, key: Any) -> Any:
        return b"?"


def test_bytes_of_a_class_of_their_own_are_what_they_are() -> None:
    lying = Lying(b"abc")
    plain = arguments.plain_bytes(lying)
    assert (type(plain), bytes.__len__(plain), plain) == (bytes, 3, b"abc")
    data = b"abc"
    assert arguments.plain_bytes(data) is data


class BufferProtocol:
    """What a ``__buffer__`` in Python raises, from Python 3.12 on; before, nobody calls it."""

    def __buffer__(self, flags: int) -> memoryview:
        raise KeyError("a buffer's own")


def test_who_has_raised_when_a_buffer_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ``__buffer__`` in Python means that this is no buffer; a signal handler means itself."""

    def handler(_: Any) -> memoryview:
        raise KeyError("a handler's")

    def export(buffer: Any) -> Any:
        return buffer.__buffer__(0)

    asked = BufferProtocol()
    for ask, theirs in (handler, True), (export, False):
        monkeypatch.setattr(arguments, "memoryview", ask, raising=False)
        with pytest.raises(KeyError if theirs else TypeError) as caught:
            arguments.writable_view_of(asked, "f")
        assert ("a handler's" if theirs else "not BufferProtocol") in str(caught.value)
        monkeypatch.undo()


class LyingFloat(float):
    """A float whose own methods say something else."""

    def _lie(self, other: Any) -> Any:
        return LyingFloat(-3.0)

    __mul__ = __rmul__ = __add__ = __radd__ = _lie

    def __ne__(self, other: object) -> bool:
        return True

    def __lt__(self, other: object) -> bool:
        return True

    def __float__(self) -> float:
        return 7.0


@pytest.mark.parametrize("module", [pysock] if on_pypy else [stdlib, pysock])
def test_a_timeout_that_calculates_otherwise(module: Any) -> None:
    """C reads the number itself."""
    with module.socket() as sock:
        sock.settimeout(LyingFloat(0.5))
        assert (sock.gettimeout(), type(sock.gettimeout())) == (0.5, float)
        with pytest.raises(ValueError, match="out of range"):
            sock.settimeout(LyingFloat(-0.5))
        with pytest.raises(ValueError, match="NaN"):
            sock.settimeout(LyingFloat("nan"))


class SaysFloat:
    """What says that it is a float."""

    __class__: Any = float


@pytest.mark.parametrize("module", [pysock] if on_pypy else [stdlib, pysock])
def test_a_timeout_that_only_says_that_it_is_a_float(module: Any) -> None:
    with module.socket() as sock, pytest.raises(TypeError) as caught:
        sock.settimeout(SaysFloat())
    assert "SaysFloat" in str(caught.value) or on_pypy
