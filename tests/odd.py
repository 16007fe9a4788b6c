"""Odd arguments, of classes that are almost numbers: what calls are given to be compared with C."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any


class Index:
    """An integer by ``__index__`` alone."""

    def __init__(self, value: int = 1) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


class Int:
    """What Python 3.9 still converts, with a warning."""

    def __init__(self, value: int = 1) -> None:
        self.value = value

    def __int__(self) -> int:
        return self.value


class Float:
    """A real number by ``__float__`` alone: a timeout from Python 3.15 on."""

    def __init__(self, value: Any = 1.5) -> None:
        self.value = value

    def __float__(self) -> Any:
        return self.value


class Raising:
    """What is no number at all: ``__index__`` raises."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def __index__(self) -> int:
        raise self.error("no number")


class Breaking:
    """An iterable that raises after its first items."""

    def __init__(self, error: type[Exception], *items: Any) -> None:
        self.error, self.items = error, items

    def __iter__(self) -> Iterator[Any]:
        yield from self.items
        raise self.error("no more")


class Unsized:
    """An iterable of nothing, whose length cannot be asked for."""

    def __len__(self) -> int:
        raise ValueError("no length")

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class OldSequence:
    """The same, by the protocol of sequences."""

    def __len__(self) -> int:
        raise ValueError("no length")

    def __getitem__(self, i: int) -> Any:
        raise IndexError(i)


class Long(bytes):
    """Bytes that say that they are more than they are."""

    def __len__(self) -> int:
        return 60


class Lending:
    """A buffer from Python 3.12 on, were it not that ``__buffer__`` raises."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def __buffer__(self, flags: int) -> memoryview:
        raise self.error("no buffer")


class Number(enum.IntEnum):
    ONE = 1
    FOUR = 4


class Text(str):
    pass
