"""What comes over Unix sockets: descriptors, the sender's credentials, and its pidfd."""

from __future__ import annotations

import os
import warnings
from array import array
from dataclasses import dataclass, field
from errno import ESRCH
from functools import partial
from itertools import repeat

from .._beyond import descriptor, in_range
from .._calls.descriptor import Owned, close_all, first_of, hand_over
from ._message import ControlMessage, Platform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Owner(ControlMessage):
    """Descriptors that came with a message: closed with their owner, unless they are taken."""

    _owned: list[int]

    def _adopt(self, owned: list[int]) -> None:
        """Own this message's descriptors, the first of ``owned``, from one step to the next."""
        raise NotImplementedError

    def take(self) -> Any:
        """What came, which is the caller's to close from now on."""
        raise NotImplementedError

    def close(self) -> None:
        """``close(2)`` of what nobody has taken."""
        close_all(self._owned)

    def __enter__(self: Any) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        owned = getattr(self, "_owned", None)
        if owned:
            close_all(owned)  # first: a program may make errors of warnings
            warnings.warn(f"unclaimed {self!r}", ResourceWarning, source=self, stacklevel=2)


@dataclass(frozen=True)
class Rights(_Owner):
    """SCM_RIGHTS: descriptors.  Those that came are closed unless ``take()`` takes them.

    To send some, make one of numbers or of objects with ``fileno()``: ``Rights.of(file)``.  These
    stay the caller's.
    """

    fds: tuple[int, ...]
    _owned: list[int] = field(default_factory=Owned, init=False, repr=False, compare=False)

    messages = (("SOL_SOCKET", "SCM_RIGHTS"),)

    @classmethod
    def of(cls, *files: Any) -> Rights:
        """Descriptors to send, of objects that have ``fileno()`` or are numbers."""
        return cls(tuple([descriptor(each) for each in files]))

    def _adopt(self, owned: list[int]) -> None:
        self._owned.extend(map(owned.pop, repeat(0, len(self.fds))))

    def take(self) -> list[int]:
        """The descriptors that came, in their order; from now on the caller has to close them."""
        return hand_over(self._owned, len(self._owned), list)  # type: ignore[no-any-return]

    @classmethod
    def decode(cls, platform: Platform, level: int, type: int, data: bytes) -> Rights:
        whole = len(data) // 4 * 4
        fds = [platform.integer(data[at : at + 4]) for at in range(0, whole, 4)]
        if whole != len(data):
            raise ValueError(f"expected descriptors of 4 bytes each, not {len(data)} bytes")
        return cls(tuple(fds))

    def encode(self, platform: Platform) -> tuple[int, int, bytes]:
        if not isinstance(self.fds, (tuple, list)):
            raise TypeError(f"expected a tuple of descriptors, not {type(self.fds).__name__}")
        fds = [in_range(fd, 0x7FFFFFFF, "a descriptor") for fd in self.fds]
        data = b"".join([fd.to_bytes(4, platform.order) for fd in fds])
        return platform.number("SOL_SOCKET"), platform.number("SCM_RIGHTS"), data


@dataclass(frozen=True)
class PidFD(_Owner):
    """SCM_PIDFD: a descriptor of the process that sent, closed unless ``take()`` takes it."""

    fd: int
    _owned: list[int] = field(default_factory=Owned, init=False, repr=False, compare=False)

    messages = (("SOL_SOCKET", "SCM_PIDFD"),)
    options = (("AF_UNIX", "SOL_SOCKET", "SO_PASSPIDFD"),)

    def _adopt(self, owned: list[int]) -> None:
        if self.fd < 0:  # an errno
            owned.pop(0)
        else:
            self._owned.extend(map(owned.pop, (0,)))

    def take(self) -> int:
        """The descriptor, the caller's to close; ProcessLookupError if the process had ended."""
        if self.fd < 0:
            raise OSError(-self.fd, os.strerror(-self.fd))
        if not self._owned:
            raise OSError(ESRCH, "this pidfd has been taken or closed")
        return hand_over(self._owned, 1, first_of)  # type: ignore[no-any-return]

    @classmethod
    def decode(cls, platform: Platform, level: int, type: int, data: bytes) -> PidFD:
        if len(data) < 4:
            raise ValueError(f"expected a descriptor of 4 bytes, not {len(data)} bytes")
        return cls(platform.integer(data[:4]))


@dataclass(frozen=True)
class Credentials(ControlMessage):
    """Who sent: SCM_CREDENTIALS (Linux), SCM_CREDS2 and SCM_CREDS (FreeBSD, NetBSD).

    ``uid`` and ``gid`` are those that the sender named or has; ``euid``, ``egid`` and ``groups``
    only the BSDs tell; ``pid`` is None where the message has none.  A ``pid`` of None is sent as
    this process.
    """

    pid: int | None
    uid: int
    gid: int
    euid: int | None = None
    egid: int | None = None
    groups: tuple[int, ...] = ()

    messages = (
        ("SOL_SOCKET", "SCM_CREDENTIALS"),
        ("SOL_SOCKET", "SCM_CREDS2"),
        ("SOL_SOCKET", "SCM_CREDS"),
    )
    options = (
        ("AF_UNIX", "SOL_SOCKET", "SO_PASSCRED"),
        ("AF_UNIX", "SOL_LOCAL", "LOCAL_CREDS_PERSISTENT"),
        ("AF_UNIX", "SOL_LOCAL", "LOCAL_CREDS"),
    )

    @classmethod
    def decode(cls, platform: Platform, level: int, type: int, data: bytes) -> Credentials:
        if "SCM_CREDENTIALS" in platform.constants:
            platform.check_size("ucred", data)
            ids = [platform.field("ucred", m, data, signed=m == "pid") for m in _UCRED]
            return cls(ids[0], ids[1], ids[2])
        struct, prefix = "sockcred", "sc"
        if type == platform.constants.get("SCM_CREDS2"):
            struct = "sockcred2"
        elif len(data) == platform.structs.get("cmsgcred", {}).get("size"):
            # What the sender asked for by a message of its own; no group of 16 looks the same.
            struct, prefix = "cmsgcred", "cmcred"
        fields = platform.structs[struct]["fields"]
        if len(data) < fields[f"{prefix}_groups"][0]:
            raise ValueError(f"expected a struct {struct}, not {len(data)} bytes")

        member = partial(_member, platform, struct, prefix, data)
        at, count = fields[f"{prefix}_groups"][0], member("ngroups") or 0
        groups = array("I", data[at : at + min(count, (len(data) - at) // 4) * 4])
        numbers = member("pid"), member("uid"), member("gid"), member("euid"), member("egid")
        return cls(numbers[0], numbers[1] or 0, numbers[2] or 0, *numbers[3:], tuple(groups))

    def encode(self, platform: Platform) -> tuple[int, int, bytes]:
        level = platform.number("SOL_SOCKET")
        if "SCM_CREDENTIALS" in platform.constants:
            pid = os.getpid() if self.pid is None else self.pid
            data = platform.pack(
                "ucred",
                pid=in_range(pid, 0x7FFFFFFF, "a process"),
                uid=in_range(self.uid, 0xFFFFFFFF, "a user"),
                gid=in_range(self.gid, 0xFFFFFFFF, "a group"),
            )
            return level, platform.number("SCM_CREDENTIALS"), data
        if "cmsgcred" not in platform.structs:
            return super().encode(platform)
        return level, platform.number("SCM_CREDS"), platform.pack("cmsgcred")  # the kernel fills it


def _member(platform: Platform, struct: str, prefix: str, data: bytes, name: str) -> int | None:
    full = f"{prefix}_{name}"
    if full not in platform.structs[struct]["fields"]:
        return None
    return platform.field(struct, full, data, signed=name == "pid")


_UCRED = ("pid", "uid", "gid")
