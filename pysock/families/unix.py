"""AF_UNIX: sockets of one machine, with a path in the file system or an abstract name.

In Python, an address is a path: a str, in the encoding of the file system, or a bytes-like
object.  On Linux, a path that begins with NUL is an abstract name, in which every byte counts;
``bind`` to an empty path lets the kernel choose an abstract name.  An address is returned as str,
an abstract name as bytes.  A socket without a name has the address ``''``.

In C, an address is a ``struct sockaddr_un`` (``<sys/un.h>``).  It has room for 108 bytes of path
on Linux and Windows, 104 on the BSDs and macOS, including the NUL at the end.  The manual page is
unix(7).

>>> from pysock.families import pack, unpack
>>> raw = pack("AF_UNIX", "/tmp/s", platform="linux-gnu-x86_64")
>>> raw.hex(" ")  # family, path, NUL
'01 00 2f 74 6d 70 2f 73 00'
>>> unpack(raw, platform="linux-gnu-x86_64")
'/tmp/s'
"""

from __future__ import annotations

import sys
from ctypes import c_char

from .._ffi.arguments import size_of, view_of
from .._ffi.forks import shares
from .._host import abi as host_abi
from ._codec import FamilyCodec
from ._hosts import known_addresses, remember, remember_object

shares(globals(), "known_addresses")

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
        if type(address) is str and self.abi is host_abi:
            known: bytes | None = known_addresses[(self.family, address)]
            if known is None:
                known = self._pack(address)
                remember((self.family, address), known)
            elif caller == "sendto" and type(self) is Family:
                remember_object(address, self.family, known)
            return known
        return self._pack(address)

    def _pack(self, address: Any) -> bytes:
        if isinstance(address, str):
            address = address.encode(_CODEC, _ERRORS)
        with view_of(address) as view:
            if size_of(view) > self.abi.sun_path:
                raise OSError("AF_UNIX path too long")
            path = view.tobytes()
        if not (self.abstract and path[:1] in (b"", b"\0")):
            path += b"\0"
        if len(path) > self.abi.sun_path:
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


# The encoding of os.fsencode and os.fsdecode on POSIX.  Windows has another error handler there,
# which refuses bytes that are not text.
_CODEC, _ERRORS = sys.getfilesystemencoding(), "surrogateescape"


def _decoded(path: bytes) -> str:
    return path.partition(b"\0")[0].decode(_CODEC, _ERRORS)
