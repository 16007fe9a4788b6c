"""AF_UNIX, unix(7): a name in the file system, or in Linux's abstract namespace.

An address is a path: str, bytes or any buffer.  On Linux, a path that begins with NUL is
an abstract name, every byte of which counts, and an empty one asks the kernel for such a
name.  A socket without a name has the address ``''``.
"""

from __future__ import annotations

import sys
from ctypes import c_char

from .._ffi.arguments import size_of, view_of
from ._codec import FamilyCodec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Family(FamilyCodec):
    fixed = True

    def declare(self) -> None:
        self.sockaddr_un = self.abi.sockaddr(
            "sockaddr_un", "sun", ("sun_path", c_char * self.abi.sun_path)
        )
        self.abstract = self.abi.name.startswith("linux")

    def pack(self, address: Any, caller: str, proto: int) -> bytes:
        if isinstance(address, str):
            address = address.encode(_CODEC, _ERRORS)
        with view_of(address) as view:
            if size_of(view) > self.abi.sun_path:
                raise OSError("AF_UNIX path too long")
            path = view.tobytes()
        if self.abstract and path[:1] in (b"", b"\0"):
            room = self.abi.sun_path
        else:
            path, room = path + b"\0", self.abi.sun_path
        if len(path) > room:
            raise OSError("AF_UNIX path too long")
        return self.sockaddr_un.header(self.family, 2 + len(path)) + path

    def unpack(self, raw: bytes, proto: int) -> str | bytes:
        path = raw[2:]
        if self.abstract and path[:1] == b"\0":
            return path
        return _decoded(path)

    def text(self, member: str, octets: bytes) -> str | None:
        if member != "sun_path":
            return None
        if self.abstract and octets[:1] == b"\0":
            return f"{octets[1:]!r}, an abstract name"
        return repr(_decoded(octets))


# As os.fsdecode has it on POSIX.  On Windows that takes no bytes that are no text.
_CODEC, _ERRORS = sys.getfilesystemencoding(), "surrogateescape"


def _decoded(path: bytes) -> str:
    return path.partition(b"\0")[0].decode(_CODEC, _ERRORS)
