"""What must hold after a call: see ``fuzz``.  Each check answers what does not, in words."""

from __future__ import annotations

import errno
from contextlib import suppress

from .fuzz_calls import DUCKS
from .fuzz_objects import Own, OwnBase
from .fuzz_values import ALPHABET, FILL

EXPECTED = (
    *(TypeError, ValueError, OverflowError, OSError, BufferError, MemoryError, RecursionError),
    *(Own, OwnBase),
)
_MSG_TRUNC = 0x20
_HARMLESS = ~(0x2 | 0x40 | 0x100 | 0x4000 | 0x40000000)
_ODD = bytes([FILL])
_TARGETS = ("recv_into", "recvfrom_into", "recvmsg_into")


# These say what they expected in place of what a ``__buffer__`` or an ``__index__`` has raised, or
# sendmsg what is wrong with a buffer before it, as CPython does.
_FORGETS = {
    **dict.fromkeys(("recv_into", "recvfrom_into", "recvmsg_into", "setsockopt"), TypeError),
    **dict.fromkeys(("sendmsg", "send_fds"), BufferError),
}


def kind_of(answer, error):
    if error is None:
        return type(answer).__name__.replace("Socket", "socket")
    if isinstance(error, OSError) and error.errno:
        return errno.errorcode.get(error.errno, str(error.errno))
    return type(error).__name__


class Checks:
    """The checks of one call that answered, or raised."""

    def __init__(self, case, answer, error):
        self.case, self.maker, self.name = case, case.maker, case.call.name
        self.answer, self.error = answer, error
        self.truncates = bool(self.maker.flag_bits & _MSG_TRUNC)

    def all(self):
        found = []
        # Rooms first: the answer may be a file that is closed after.
        for check in (self.exception, self.own, self.rooms, self.data, self.lent, self.answers):
            try:
                found += [(check.__name__, detail) for detail in check()]
            except (OSError, BufferError, ValueError) as error:
                found.append((check.__name__, f"the check itself: {error!r}"))
        return found

    def exception(self):
        error = self.error
        if error is None or isinstance(error, EXPECTED):
            return
        if self.name in DUCKS and isinstance(error, (AttributeError, LookupError)):
            return
        yield f"unexpected {type(error).__module__}.{type(error).__name__}: {str(error)[:300]}"

    def own(self):
        raised = self.maker.raised
        if self.error is not None and type(self.error) is _FORGETS.get(self.name):
            return
        if raised and not any(self.error is each for each in raised):
            yield f"raised by a hostile object, but not told: {raised[0]!r}"

    def lent(self):
        if not LOCKS:
            return
        for room in self.maker.rooms:
            detail = room.let_go()
            if detail:
                yield detail

    def rooms(self):
        """Bytes around the rooms, and more than the call says, are as before."""
        if self.name not in _TARGETS:
            return
        answer = self.answer
        left = answer[0] if type(answer) is tuple else answer or 0
        busy = self.maker.fired & {"recurse", "resize"}
        for room in self.maker.targets:
            if not room.fixed or busy or not room.size:
                left = None
                continue
            raw = room.read()
            if not raw:
                continue
            outside = raw[: room.start] + raw[room.stop :]
            if outside.strip(_ODD):
                yield f"bytes around the buffer changed: {outside.strip(_ODD)[:40]!r}"
            inside = raw[room.start : room.stop].rstrip(_ODD)
            if inside.translate(None, ALPHABET + _ODD):
                yield f"foreign bytes in the buffer: {inside[:60]!r}"
            if left is not None:
                if len(inside) > left:
                    yield f"{len(inside)} bytes changed, {left} reported"
                elif not self.truncates and len(inside) < min(left, room.stop - room.start):
                    if len(self.maker.targets) == 1:
                        yield f"{len(inside)} bytes changed, but {left} reported"
                left = max(0, left - len(inside))

    def data(self):
        """What was received was sent."""
        answer = self.answer
        if self.name not in ("recv", "recvfrom", "recvmsg", "recv_fds") or answer is None:
            return
        data = answer if self.name == "recv" else answer[0]
        if type(data) is not bytes:
            yield f"data is {type(data)}"
            return
        foreign = data.translate(None, ALPHABET + (b"\0" if self.truncates else b""))
        if foreign.strip(b"!"):
            yield f"foreign bytes: {foreign[:60]!r} of {len(data)}"
        scene = self.case.scene
        if scene.exact and not self.maker.flag_bits & _HARMLESS and not self.maker.fired:
            if data not in b"".join(scene.sent):
                yield f"not what was sent: {data[:60]!r} of {len(data)}"
        args = self.case.call.args
        size = args[1 if self.name == "recv_fds" else 0]
        if type(size) is int and len(data) > size and not self.truncates:
            yield f"{len(data)} bytes, where {size} were asked for"

    def answers(self):
        """Take what the answer owns: sockets, descriptors, files."""
        name, answer, maker = self.name, self.answer, self.maker
        if answer is None:
            return
        if name in ("recvmsg", "recvmsg_into"):
            maker.close_fds(answer[1])
            for item in answer[1]:
                if [type(part) for part in item] != [int, int, bytes]:
                    yield f"no control message: {item!r}"
        elif name == "recv_fds":
            maker.loose.extend(answer[1])
        elif name == "_accept":
            maker.loose.append(answer[0])
        elif name in ("detach", "dup") and type(answer) is int:
            maker.loose.append(answer)
        elif name == "makefile":
            yield from self.file(answer)
        for each in answer if type(answer) is tuple else (answer,):
            if isinstance(each, case_socket(self.case)):
                self.forget(each.fileno())
                each.close()

    def forget(self, fd):
        """A socket object owns what was loose."""
        if fd in self.maker.loose:
            self.maker.loose.remove(fd)

    def file(self, file):
        maker = self.maker
        if maker.here.fileno() >= 0:
            maker.here.settimeout(0)
        for call in (lambda: file.read(5), lambda: file.write(b"A"), lambda: file.fileno()):
            with suppress(OSError, ValueError, TypeError):
                call()
        with suppress(OSError):
            file.close()
        if not file.closed:
            yield "the file is not closed"


def case_socket(case):
    return case.module.socket


def locks_buffers():
    """Whether this interpreter keeps a bytearray from being resized while it is lent."""
    buffer = bytearray(1)
    with memoryview(buffer):
        try:
            buffer.append(0)
        except BufferError:
            return True
    return False


LOCKS = locks_buffers()
