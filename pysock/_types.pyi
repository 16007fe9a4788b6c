"""What calls take and answer with, in the words of type checkers; nothing imports this to run."""

from typing import Any, Literal, Protocol, TypedDict

from _typeshed import ReadableBuffer as ReadableBuffer
from _typeshed import WriteableBuffer as WriteableBuffer

from ._constants.declared import AddressFamily, SocketKind

# What an address is depends on its family: docs/addresses.md.
Address = tuple[Any, ...] | str | ReadableBuffer
RetAddress = Any
InetAddress = tuple[str, int] | tuple[str, int, int, int]
AddrInfo = tuple[AddressFamily, SocketKind, int, str, InetAddress]

Cmsg = tuple[int, int, bytes]
CmsgArg = tuple[int, int, ReadableBuffer]

# The modes of makefile, and how a text file is to be read and written.
TextMode = Literal["r", "w", "rw", "wr", ""]
Reader = Literal["b", "rb", "br"]
Writer = Literal["wb", "bw"]
Both = Literal["rwb", "rbw", "wrb", "wbr", "brw", "bwr"]
Buffered = Literal[-1, 1] | None

class TextOptions(TypedDict, total=False):
    """What makefile hands to io.TextIOWrapper."""

    encoding: str | None
    errors: str | None
    newline: str | None

class SendableFile(Protocol):
    """A file open in binary mode, or what looks like one."""

    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, /) -> object: ...
