"""AF_UNIX as servers need it: who the peer is, long paths, stale files, systemd, descriptors.

>>> from pysock import unix
>>> import os, pysock
>>> a, b = pysock.socketpair()
>>> unix.peer(a).uid == os.geteuid()
True
>>> a.close(); b.close()

``peer``, ``peer_pidfd``, ``peer_label``   who is at the other end, as the kernel knows it
``short_path``                             a path that fits ``sun_path``, for a longer one
``listen``                                 a listener that takes over a stale file, and no other
``listen_fds``                             the sockets that systemd passes, sd_listen_fds(3)
``recv_fds``                               descriptors that are closed unless they are taken
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import (
    EADDRINUSE,
    ECONNREFUSED,
    EMFILE,
    EMSGSIZE,
    ENAMETOOLONG,
    ENOENT,
    ENOTCONN,
    EPROTO,
)

from ._beyond import AnySocket, descriptor, flock, getsockopt, handle, named, number_of
from ._calls import msghdr
from ._calls.descriptor import Owned, claim_option, close_all, first_of, hand_over
from ._calls.rights import PIDFD, descriptors_in
from ._ffi.arguments import c_int, c_ssize_t
from ._ffi.errors import from_errno
from ._functions.conversions import CMSG_SPACE
from ._functions.descriptors import closed_beyond
from ._host import abi, constants
from ._records import Record, known
from ._socket import Socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Union

    from ._beyond import Handle, HasFileno

    Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]

__all__ = [
    "Descriptors",
    "Listener",
    "Passed",
    "Peer",
    "listen",
    "listen_fds",
    "peer",
    "peer_label",
    "peer_pidfd",
    "recv_fds",
    "short_path",
    "supported",
]

_SOL_SOCKET = constants["SOL_SOCKET"]
_SOL_LOCAL = constants.get("SOL_LOCAL", 0)
_INT = 4  # bytes
_NOBODY = 0xFFFFFFFF  # the user of no process
_GROUPS_MOST = 1 << 14  # bytes of them, 4,096 groups


def supported() -> bool:
    """Whether this system tells a socket's peer.  Does not block."""
    return _ask_peer is not None


# --- the peer ------------------------------------------------------------------------


@dataclass(frozen=True)
class Peer:
    """The process at the other end: who it was when it connected, listened or made the pair.

    ``pid``     its process, or None if the system does not tell; a number may be used again
    ``uid``     its effective user
    ``gid``     its effective group
    ``groups``  its other groups, or None if the system does not tell
    """

    pid: int | None
    uid: int
    gid: int
    groups: tuple[int, ...] | None


def peer(sock: HasFileno) -> Peer:
    """Who is at the other end of a connected AF_UNIX socket.

    SO_PEERCRED and SO_PEERGROUPS on Linux, SO_PEERCRED on OpenBSD, LOCAL_PEERCRED on macOS and
    FreeBSD, LOCAL_PEEREID on NetBSD.  Does not block.  Raises OSError (ENOTCONN, …), and
    NotImplementedError on systems without these.
    """
    target = handle(sock)
    if _ask_peer is None:
        raise NotImplementedError(f"{abi.name} does not tell a socket's peer")
    return _ask_peer(target)


def _by_ucred(target: Handle) -> Peer:
    record = Record("ucred")
    name = "SO_PEERCRED"
    raw = _exactly(getsockopt(target, _SOL_SOCKET, name, record.size), record, name)
    groups = None
    pid = record.number(raw, "pid", signed=True)
    if not pid and record.number(raw, "uid") == _NOBODY:
        raise OSError(ENOTCONN, f"{os.strerror(ENOTCONN)} (SO_PEERCRED: there is no peer)")
    if "SO_PEERGROUPS" in constants:
        octets = getsockopt(target, _SOL_SOCKET, "SO_PEERGROUPS", _GROUPS_MOST)
        groups = _ints(octets)
    return Peer(pid or None, record.number(raw, "uid"), record.number(raw, "gid"), groups)


def _by_sockpeercred(target: Handle) -> Peer:
    record = Record("sockpeercred")
    name = "SO_PEERCRED"
    raw = _exactly(getsockopt(target, _SOL_SOCKET, name, record.size), record, name)
    uid, gid, pid = [record.number(raw, name) for name in ("uid", "gid", "pid")]
    return Peer(pid, uid, gid, None)


def _by_xucred(target: Handle) -> Peer:
    record = Record("xucred")
    name = "LOCAL_PEERCRED"
    raw = _exactly(getsockopt(target, _SOL_LOCAL, name, record.size), record, name)
    if record.number(raw, "cr_version") != constants["XUCRED_VERSION"]:
        raise OSError(EPROTO, f"{os.strerror(EPROTO)} (the version of LOCAL_PEERCRED's answer)")
    octets = record.bytes_of(raw, "cr_groups")
    count = max(0, min(record.number(raw, "cr_ngroups", signed=True), len(octets) // _INT))
    groups = _ints(octets[: count * _INT])
    pid = None
    if "LOCAL_PEERPID" in constants:
        pid = int.from_bytes(getsockopt(target, _SOL_LOCAL, "LOCAL_PEERPID", _INT), sys.byteorder)
    elif "cr_pid" in record.fields:
        pid = record.number(raw, "cr_pid") or None
    # The first group is the effective one.
    return Peer(pid, record.number(raw, "cr_uid"), groups[0] if groups else -1, groups[1:])


def _by_unpcbid(target: Handle) -> Peer:
    record = Record("unpcbid")
    option = "LOCAL_PEEREID"
    raw = _exactly(getsockopt(target, _SOL_LOCAL, option, record.size), record, option)
    pid, uid, gid = [record.number(raw, f"unp_{name}") for name in ("pid", "euid", "egid")]
    return Peer(pid, uid, gid, None)


def _ints(octets: bytes) -> tuple[int, ...]:
    starts = range(0, len(octets), _INT)
    return tuple([int.from_bytes(octets[i : i + _INT], sys.byteorder) for i in starts])


def _exactly(raw: bytes, record: Record, name: str) -> bytes:
    if len(raw) != record.size:
        what = f"{name} answered {len(raw)} bytes, not {record.size}"
        raise OSError(EPROTO, f"{os.strerror(EPROTO)} ({what})")
    return raw


_WAYS = (
    ("ucred", "SO_PEERCRED", _by_ucred),
    ("sockpeercred", "SO_PEERCRED", _by_sockpeercred),
    ("xucred", "LOCAL_PEERCRED", _by_xucred),
    ("unpcbid", "LOCAL_PEEREID", _by_unpcbid),
)
_ask_peer = next(
    (way for struct, option, way in _WAYS if known(struct) and option in constants), None
)


def peer_pidfd(sock: HasFileno) -> int:
    """SO_PEERPIDFD (Linux 6.5): a descriptor of the peer's process, which the caller closes.

    Other than a pid it never means another process.  No child process inherits it.  Does not block.
    Raises OSError (ENOPROTOOPT without it, ESRCH, …).
    """
    name = "SO_PEERPIDFD"
    owned: list[int] = []
    try:
        n = claim_option(owned, handle(sock), _SOL_SOCKET, number_of(name))
        if n < 0:
            raise named(from_errno(-n), name)
        return owned[0]
    except BaseException:
        close_all(owned)
        raise


def peer_label(sock: HasFileno) -> str:
    """SO_PEERSEC (Linux): the peer's security label, of SELinux, AppArmor or Smack.

    Does not block.  Raises OSError (ENOPROTOOPT without such a module, …).
    """
    raw = getsockopt(handle(sock), _SOL_SOCKET, "SO_PEERSEC", _GROUPS_MOST)
    return os.fsdecode(raw.rstrip(b"\0"))


# --- long paths ----------------------------------------------------------------------


@contextmanager
def short_path(path: Path) -> Iterator[bytes]:
    """A path for ``bind`` and ``connect`` inside the ``with`` block, for one of any length.

    What fits ``sun_path`` is the same path.  On Linux, for a longer one, the directory is opened,
    and the path goes by its descriptor: ``/proc/self/fd/7/name``.  ``getsockname`` answers with
    that.  Does not block, except for the file system.  Raises OSError: ENAMETOOLONG if the name
    alone is too long, or on another system.

    >>> with short_path("/run/x.sock") as path:
    ...     path
    b'/run/x.sock'
    """
    whole = os.fsencode(path)
    if len(whole) < abi.sun_path or whole[:1] == b"\0":
        yield whole
        return
    folder, name = os.path.split(whole)
    if not os.path.isdir("/proc/self/fd") or "AF_NETLINK" not in constants:
        raise _too_long(f"{len(whole)} bytes, and {abi.sun_path - 1} are the most on {abi.name}")
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | getattr(os, "O_PATH", 0)
    owned = Owned()
    try:
        owned.extend(map(os.open, (folder or b".",), (flags,)))
        short = b"/proc/self/fd/%d/%s" % (owned[0], name)
        if len(short) >= abi.sun_path:
            raise _too_long(f"the name alone has {len(name)} bytes")
        yield short
    finally:
        close_all(owned)


def _too_long(why: str) -> OSError:
    return OSError(ENAMETOOLONG, f"{os.strerror(ENAMETOOLONG)} (AF_UNIX path: {why})")


# --- listeners -----------------------------------------------------------------------


class Listener:
    """A listening socket ``sock`` at ``path``, whose file goes when it is closed."""

    def __init__(self, sock: Socket, path: bytes, lock: list[int], process: int) -> None:
        self.sock, self.path, self._lock = sock, path, lock
        self._file, self._process = _file_of(path), process

    def fileno(self) -> int:
        """The socket's descriptor, −1 once it is closed.  Makes no call."""
        return self.sock.fileno()

    def close(self) -> None:
        """Close the socket, and remove its file if that is still the one that it made.

        A forked child leaves the file to the process that has made it, which goes on listening.
        Does not block.  Raises OSError if the file cannot be removed.
        """
        if not self._lock:
            return
        try:
            self._remove()
        except BaseException:  # also if a signal handler raises meanwhile
            self._remove()
            raise
        finally:
            self.sock.close()
            close_all(self._lock)

    def _remove(self) -> None:
        if self._process == os.getpid() and self._file == _file_of(self.path):
            with suppress(FileNotFoundError):  # another thread, or a handler, was faster
                os.unlink(self.path)

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def listen(path: Path, *, backlog: int = 128, type: int = constants["SOCK_STREAM"]) -> Listener:
    """A listener at ``path``, in place of a file that a dead server has left there.

    Only a socket to which nobody listens is taken over.  Servers that start at the same time are
    kept apart by a lock on ``path`` + ``.lock``, a file that stays: if it were removed, two could
    hold a lock on it.

    Does not block, except for the file system.  Raises OSError: EADDRINUSE if somebody listens or
    the file is no socket.  NotImplementedError on Windows, which has no such locks.
    """
    whole = os.fsencode(path)
    if not whole or b"\0" in whole:  # what Linux takes for an abstract name
        raise ValueError(f"expected the path of a file, not {path!r}")
    if flock is None:
        raise NotImplementedError("there is no flock() on this system")
    owned, process = Owned(), os.getpid()
    sock = None
    try:
        # In one step of C, as all descriptors are made (_calls.descriptor).
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        owned.extend(map(os.open, (whole + b".lock",), (flags,), (0o600,)))
        try:
            flock(owned[0])
        except BlockingIOError:
            raise _in_use(whole, "another server has its lock") from None
        with short_path(whole) as short:
            _remove_stale(whole, short, type)
            sock = Socket(constants["AF_UNIX"], type)
            sock.bind(short)
            sock.listen(backlog)
        # A daemon may change its directory before it closes.
        return Listener(sock, os.path.abspath(whole), owned, process)
    except BaseException:
        if sock is not None:
            with suppress(OSError):
                # It is bound; and the lock is still ours, so it is our file.  (But for a child that
                # a signal handler has forked, it is the parent's.)
                if process == os.getpid() and sock.getsockname():
                    os.unlink(whole)
            sock.close()
        close_all(owned)
        raise


def _remove_stale(whole: bytes, short: bytes, type: int) -> None:
    before = _file_of(whole)
    if before is None:
        return
    if not stat.S_ISSOCK(os.lstat(whole).st_mode):
        raise _in_use(whole, "it is no socket")
    with Socket(constants["AF_UNIX"], type) as probe:
        probe.setblocking(False)  # a listener whose backlog is full is none that is dead
        try:
            probe.connect(short)
        except OSError as error:
            if error.errno == ECONNREFUSED and before == _file_of(whole):
                os.unlink(whole)
                return
            if error.errno == ENOENT:
                return
    raise _in_use(whole, "somebody listens there")


def _in_use(path: bytes, why: str) -> OSError:
    return OSError(EADDRINUSE, f"{os.strerror(EADDRINUSE)}: {why}", os.fsdecode(path))


def _file_of(path: bytes) -> tuple[int, int] | None:
    """Which file this is: its device and its inode; None if there is none."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


# --- systemd -------------------------------------------------------------------------


@dataclass(frozen=True)
class Passed:
    """A descriptor that systemd has passed, and its name (``FileDescriptorName=``)."""

    fd: int
    name: str


_FIRST = 3
_VARIABLES = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


def listen_fds(*, unset: bool = True) -> list[Passed]:
    """``sd_listen_fds(3)``: the descriptors that the service manager has passed to this process.

    They are those from 3 on; none is inherited by child processes from now on.  The list is empty
    if nothing was passed, or to another process.  With ``unset``, the variables are removed, so
    that no child takes them for its own.  A name that was not given is ``unknown``.

    Does not block.  Raises ValueError for variables that make no sense, and OSError (EBADF) if a
    descriptor is not open.
    """
    pid, count, names = [os.environ.get(name) for name in _VARIABLES]
    try:
        if pid is None or count is None or _number(pid, "LISTEN_PID") != os.getpid():
            return []
        fds = range(_FIRST, _FIRST + _number(count, "LISTEN_FDS"))
        given = names.split(":") if names is not None else ["unknown"] * len(fds)
        if len(given) != len(fds):
            raise ValueError(f"LISTEN_FDNAMES has {len(given)} names, not {len(fds)}")
        for fd in fds:
            os.set_inheritable(fd, False)
        return [Passed(fd, name) for fd, name in zip(fds, given)]
    finally:
        if unset:
            for name in _VARIABLES:
                os.environ.pop(name, None)


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ValueError(f"{name} is {text!r}, which is no number")
    return int(text)


# --- descriptors ---------------------------------------------------------------------


class Descriptors:
    """Descriptors that came, closed at the end of the ``with`` block unless they are taken."""

    def __init__(self) -> None:
        self._owned = Owned()

    def __len__(self) -> int:
        return len(self._owned)

    def take(self) -> int:
        """The first one, the caller's from now on; IndexError without one.  Makes no call."""
        return hand_over(self._owned, 1, first_of)  # type: ignore[no-any-return]

    def close(self) -> None:
        """``close(2)`` of what was not taken.  Does not block, and raises nothing."""
        close_all(self._owned)

    def __enter__(self) -> Descriptors:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


_RIGHTS_MOST = 512  # descriptors in one message; Linux has 253, macOS 512


def recv_fds(sock: Any, size: int, count: int, flags: int = 0) -> tuple[bytes, Descriptors]:
    """``recvmsg(2)`` with SCM_RIGHTS: up to ``size`` bytes, and up to ``count`` descriptors.

    No child process inherits them.  Blocks, and raises, like ``recv`` of ``sock``; OSError
    (EMSGSIZE) if more came than there is room for, or (EMFILE) more than this process may have;
    then all are closed.
    """
    descriptor(sock)  # or it is an error
    size, count, flags = c_ssize_t(size), c_ssize_t(count), c_int(flags)
    if size < 0 or count < 0:
        raise ValueError(f"expected sizes of 0 or more, not {size} and {count}")
    cloexec = constants.get("MSG_CMSG_CLOEXEC", 0)
    # Room for all that a message can bring: some systems leak what they cut off.
    room = CMSG_SPACE(max(count, _RIGHTS_MOST) * _INT)
    came = Descriptors()
    try:
        # They are in the list before an exception can arrive, and from there nobody copies them.
        received = msghdr.receive(AnySocket(sock), size, room, flags | cloexec, came._owned)
        pidfds = descriptors_in(received.ancdata, (PIDFD,))
        closed_beyond(came._owned, len(came) - len(pidfds))
        if len(came) > count:
            text = f"{os.strerror(EMSGSIZE)} (more than {count} descriptors came)"
            raise OSError(EMSGSIZE, text)
        if received.msg_flags & constants["MSG_CTRUNC"]:  # there was room for all of them
            raise OSError(EMFILE, f"{os.strerror(EMFILE)} (descriptors were lost that came)")
        if not cloexec:
            _let_no_child_inherit(came._owned)
        return received.data, came
    except BaseException:
        came.close()
        raise


def _let_no_child_inherit(fds: list[int]) -> None:
    for fd in fds:
        os.set_inheritable(fd, False)
