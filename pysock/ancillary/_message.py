"""The base of all values: what a control message is in C, and which option asks the kernel for it.

A class says by names of constants which messages it reads (``messages``: level and type) and which
options turn them on (``options``: family, level and option).  A name that a platform's table lacks
is no message there; so a class is declared once for all platforms.
"""

from __future__ import annotations

from errno import ENOPROTOOPT

from .. import _host
from .._layouts import layouts
from .._libc import abi_of
from .._platform import target as host_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, TypeVar

    M = TypeVar("M", bound="ControlMessage")


class Platform:
    """A platform's numbers, byte order and layouts, as far as control messages need them."""

    def __init__(self, name: str) -> None:
        abi = _host.abi if name == host_target else abi_of(name)
        self.name, self.order, self.bits = name, abi.order, abi.bits
        self.constants = abi.constants
        self.structs: dict[str, Any] = layouts(name)["structs"]
        self.is_host = name == host_target

    def number(self, name: str) -> int:
        """The number of a constant; OSError (ENOPROTOOPT) if the platform has none."""
        if name not in self.constants:
            raise OSError(ENOPROTOOPT, f"{self.name} has no {name}")
        return self.constants[name]

    def integer(self, data: bytes) -> int:
        """The number in ``data``: an unsigned byte, or a signed integer of its length."""
        return int.from_bytes(data, self.order, signed=len(data) > 1)

    def field(self, struct: str, name: str, data: bytes, *, signed: bool = True) -> int:
        """An integer member of a struct."""
        offset, size = self.structs[struct]["fields"][name]
        return int.from_bytes(data[offset : offset + size], self.order, signed=signed)

    def raw(self, struct: str, name: str, data: bytes) -> bytes:
        """The bytes of a member of a struct."""
        offset, size = self.structs[struct]["fields"][name]
        return data[offset : offset + size]

    def pack(self, struct: str, **members: int | bytes) -> bytes:
        """The bytes of a struct; members that are not given are 0."""
        layout = self.structs[struct]
        made = bytearray(layout["size"])
        for name, value in members.items():
            offset, size = layout["fields"][name]
            if isinstance(value, int):
                value = value.to_bytes(size, self.order, signed=value < 0)
            made[offset : offset + size] = value
        return bytes(made)

    def check_size(self, struct: str, data: bytes) -> None:
        """ValueError unless ``data`` has all bytes of ``struct``."""
        wanted = self.structs[struct]["size"]
        if len(data) < wanted:
            raise ValueError(f"expected {wanted} bytes of struct {struct}, not {len(data)}")


class ControlMessage:
    """One control message as a value.  Subclasses are frozen dataclasses.

    ``messages``  (level, type) of the messages that ``decode`` reads, by names of constants
    ``options``   (family, level, option) that turn the message on; the first that the platform has
                  counts, for each family; the family is AF_UNSPEC where it does not matter
    ``needs``     structs whose layout the platform must have
    """

    messages: ClassVar[tuple[tuple[str, str], ...]] = ()
    options: ClassVar[tuple[tuple[str, str, str], ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def decode(cls: type[M], platform: Platform, level: int, type: int, data: bytes) -> M:
        """The value of a message's data; ValueError if they are too short."""
        raise NotImplementedError(f"{cls.__name__} is never received")

    def encode(self, platform: Platform) -> tuple[int, int, bytes]:
        """The message to send: level, type and data."""
        raise OSError(ENOPROTOOPT, f"{type(self).__name__} is only received, never sent")

    @classmethod
    def option_value(cls, platform: Platform, option: str, value: int) -> bytes:
        """The bytes by which ``option`` is set to ``value``."""
        return value.to_bytes(4, platform.order)
