"""The functions of ``os`` and ``fcntl`` that are for all files: traced if the file is a socket.

Whether a descriptor is a socket's is checked at each call, since a program may have it from
anywhere: from the process that started it, out of a message, or from another library; and a number
that was a socket's may be another file's meanwhile.  On Linux a path says it, without a call on the
program's descriptor; elsewhere fstat(2) does.
"""

from __future__ import annotations

import os
import stat

from .._platform import WINDOWS
from .memory import MOST

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    Traced = Callable[..., Any]
    Memory = dict[str, bytes]
    Copier = Callable[[tuple[Any, ...], Any, Memory], None]

MARK = "on_socket"  # in the memory of a call's begin: b"" if it is about no socket
_YES = b"\1"
_FOLDER = "/proc/self/fd/"
_path_stat, _fstat = os.stat, os.fstat  # as they are before a program changes them
_BYTES = (bytes, bytearray, memoryview)


def is_socket(fd: int) -> bool:
    """Whether a number is a socket's in this process."""
    try:
        return stat.S_ISSOCK(_path_stat(f"{_FOLDER}{fd}").st_mode)
    except OSError:  # it is closed, or nothing is at that path
        return _is_socket_by_fstat(fd)


def _is_socket_by_fstat(fd: int) -> bool:
    try:
        return stat.S_ISSOCK(_fstat(fd).st_mode)
    except (OSError, OverflowError):  # it is closed, or no number of a descriptor
        return False


def number_of(fd: Any) -> int | None:
    """The descriptor of what ``select`` and ``fcntl`` take for one; None if it is none."""
    if isinstance(fd, int):
        return int(fd)
    fileno = getattr(fd, "fileno", None)
    try:
        found = fileno() if fileno is not None else None
    except (OSError, ValueError):  # it is closed
        return None
    return found if isinstance(found, int) else None


def marks(descriptors: Callable[[tuple[Any, ...]], Sequence[Any]]) -> tuple[Copier, ...]:
    """What says of a call whether one of its descriptors is a socket's.

    On Windows it says nothing: there ``select`` takes sockets alone, and ``os`` none.
    """

    def mark(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        numbers = map(number_of, descriptors(arguments))
        found = any(is_socket(fd) for fd in numbers if fd is not None)
        memory[MARK] = _YES if found else b""

    return () if WINDOWS else (mark,)


def first(arguments: tuple[Any, ...]) -> Sequence[Any]:
    return arguments[:1]


def _is_one(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
    memory[MARK] = _YES


def replacements(traced: Traced) -> Iterator[tuple[Any, Any]]:
    """``(module, function)``: what stands in the place of a module's function of that name."""
    for made in (*_transfers(traced), *_vectors(traced), *_descriptors(traced)):
        if hasattr(os, made.__name__):
            yield os, made
    if fcntl is not None:
        yield fcntl, _control(traced, "fcntl", "arg")
        yield fcntl, _control(traced, "ioctl", "argp")


# --- bytes ---------------------------------------------------------------------------


def _transfers(traced: Traced) -> Iterator[Any]:
    plain_read, plain_write = os.read, os.write

    def read(fd: int, length: int, /) -> bytes:
        if type(fd) is not int or not is_socket(fd):
            return plain_read(fd, length)
        got = []

        def call(fd: int, buf: Any, count: int) -> int:
            got.append(plain_read(fd, count))
            return len(got[0])

        def after(arguments: Any, result: Any, memory: Memory) -> None:
            memory["buf"] = got[0][:MOST]

        traced("os", "read", call, (_is_one,), (after,))(fd, "*", length)
        return got[0]

    def written(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        memory["buf"] = bytes(arguments[1][:MOST])

    def call_write(fd: int, buf: Any, count: int) -> int:
        return plain_write(fd, buf)

    told_write = traced("os", "write", call_write, (_is_one, written), ())

    def write(fd: int, data: Any, /) -> int:
        if type(fd) is not int or type(data) not in _BYTES or not is_socket(fd):
            return plain_write(fd, data)
        view = memoryview(data).cast("B")
        return int(told_write(fd, view, len(view)))

    return iter((read, write))


def _vectors(traced: Traced) -> Iterator[Any]:
    plain: dict[str, Any] = {name: getattr(os, name, None) for name in ("readv", "writev")}

    def told(name: str, fd: int, buffers: Any) -> int:
        """The call, with its buffers copied before or after it."""

        def call(fd: int, iov: Any, iovcnt: int) -> int:
            return int(plain[name](fd, buffers))

        def sizes(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
            lengths = [memoryview(each).nbytes for each in buffers]
            memory["iov.sizes"] = b"".join([each.to_bytes(8, "little") for each in lengths])

        def pieces(memory: Memory, left: int) -> None:
            for n, each in enumerate(buffers):
                memory[f"iov[{n}]"] = piece = bytes(memoryview(each).cast("B")[:left])
                left -= len(piece)

        def given(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
            pieces(memory, MOST)

        def filled(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
            pieces(memory, min(result, MOST))

        before = (_is_one, sizes) if name == "readv" else (_is_one, sizes, given)
        after = (filled,) if name == "readv" else ()
        return int(traced("os", name, call, before, after)(fd, "*", len(buffers)))

    def vector(name: str) -> Any:
        def call(fd: int, buffers: Any, /) -> int:
            if type(fd) is not int or type(buffers) not in (list, tuple) or not is_socket(fd):
                return int(plain[name](fd, buffers))
            return told(name, fd, buffers)

        call.__name__ = name
        return call

    return map(vector, plain)


# --- descriptors ---------------------------------------------------------------------


def _descriptors(traced: Traced) -> Iterator[Any]:
    plain_close, plain_dup2 = os.close, os.dup2
    told_close = traced("os", "close", plain_close, (_is_one,), ())

    def close(fd: int) -> None:
        if type(fd) is not int or not is_socket(fd):
            return plain_close(fd)
        told_close(fd)

    def call_dup2(fd: int, fd2: int, inheritable: bool) -> int:
        return plain_dup2(fd, fd2, inheritable)

    told_dup2 = traced("os", "dup2", call_dup2, (_is_one,), ())

    def dup2(fd: int, fd2: int, inheritable: bool = True) -> int:
        if type(fd) is not int or not is_socket(fd):
            return plain_dup2(fd, fd2, inheritable)
        return int(told_dup2(fd, fd2, inheritable))

    return iter((close, dup2))


def _control(traced: Traced, name: str, parameter: str) -> Any:
    """``fcntl.fcntl`` or ``ioctl``, whose last parameter C calls ``arg`` or ``argp``."""
    plain = getattr(fcntl, name)

    def call(fd: Any, request: int, *rest: Any) -> Any:
        number = number_of(fd)
        arg = rest[0] if rest else 0
        if number is None or isinstance(arg, str) or not is_socket(number):
            return plain(fd if number is None else number, request, *rest)
        return _with_argument(traced, name, lambda: plain(number, request, *rest), parameter,
                              number, request, arg)  # fmt: skip

    call.__name__ = name
    return call


def _with_argument(
    traced: Traced, name: str, act: Callable[[], Any], parameter: str, fd: int, request: int,
    arg: Any,
) -> Any:  # fmt: skip
    """A call whose last argument is an int or memory, and which may return that memory."""
    got: list[Any] = []

    def call(fd: int, request: int, arg: Any) -> int:
        got.append(act())
        return got[0] if isinstance(got[0], int) else 0

    def given(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        if not isinstance(arg, int):
            memory[parameter] = bytes(arg)

    def changed(arguments: tuple[Any, ...], result: Any, memory: Memory) -> None:
        if isinstance(got[0], bytes):
            memory[parameter] = got[0]
        else:
            given(arguments, result, memory)

    shown = arg if isinstance(arg, int) else "*"
    traced("fcntl", name, call, (_is_one, given), (changed,))(fd, request, shown)
    return got[0]
