"""C structs of the host by the layouts in its headers, where no table of ABIs has them.

>>> mreq = Record("ipv6_mreq")
>>> raw = mreq.pack(ipv6mr_multiaddr=bytes(16), ipv6mr_interface=3)
>>> mreq.size, mreq.number(raw, "ipv6mr_interface")
(20, 3)
"""

from __future__ import annotations

from ._host import abi
from ._layouts import layouts
from ._platform import target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_structs: dict[str, Any] = layouts(target)["structs"]


def known(name: str) -> bool:
    """Whether the host's headers have a struct of this name."""
    return name in _structs


class Record:
    """One struct: where its members are; an integer has the processor's byte order."""

    def __init__(self, name: str) -> None:
        layout = _structs[name]
        self.size: int = layout["size"]
        self.fields: dict[str, list[int]] = layout["fields"]

    def pack(self, **values: int | bytes) -> bytes:
        """The struct with these members, and zeros elsewhere."""
        raw = bytearray(self.size)
        for name, value in values.items():
            at, size = self.fields[name]
            data = value.to_bytes(size, abi.order) if isinstance(value, int) else value
            if len(data) > size:
                raise ValueError(f"{name} has {size} bytes, not {len(data)}")
            raw[at : at + len(data)] = data
        return bytes(raw)

    def bytes_of(self, raw: bytes, name: str, start: int = 0) -> bytes:
        """A member's bytes in a struct that begins at ``start``."""
        at, size = self.fields[name]
        return raw[start + at : start + at + size]

    def number(self, raw: bytes, name: str, start: int = 0, *, signed: bool = False) -> int:
        """A member as an integer."""
        return int.from_bytes(self.bytes_of(raw, name, start), abi.order, signed=signed)
