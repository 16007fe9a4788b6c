"""makefile and sendfile: a socket as a file, and a file through a socket."""

from __future__ import annotations

import io
import os
import socket as stdlib
from typing import Any

import pytest

from .parity import CPYTHON, Case, check, raised, table

MODES = table("""
    [type(fed.makefile(mode)).__name__ for mode in ('r', 'w', 'rw', 'rb', 'wb', 'rwb', 'b', '')]
    [fed.makefile(mode).mode for mode in ('r', 'w', 'rw', 'wr')]
    [fed.makefile(mode, 0).mode for mode in ('rb', 'wb', 'rwb', 'b', 'bw')]
    [type(fed.makefile('rb', size)).__name__ for size in (None, -1, -5, 0, 1, 5, 100)]
    fed.makefile('q')
    fed.makefile('rt')
    fed.makefile('r+')
    fed.makefile('rr').mode
    fed.makefile('rbb').mode
    fed.makefile(5)
    fed.makefile(None)
    fed.makefile('r', 0)
    fed.makefile('w', 0)
    fed.makefile('', 0)
    fed.makefile('rb', 'x')
    fed.makefile('rb', 1.5)
    fed.makefile('rb', None).raw.mode
    fed.makefile('r', encoding='nosuch')
    fed.makefile('r', newline='x')
    fed.makefile('r', encoding=5)
    fed.makefile('r', errors=5)
    fed.makefile('rb', encoding='utf-8').read(3)
    fed.makefile(mode='rb', buffering=0).read(3)
    fed.makefile('r').read()
    fed.makefile('r').read(4)
    fed.makefile('r').readline()
    fed.makefile('r').readlines()
    list(fed.makefile('rb'))
    fed.makefile('rb').read()
    fed.makefile('rb').read(4)
    fed.makefile('rb').read1(4)
    fed.makefile('rb').peek(4)
    fed.makefile('rb').readinto(bytearray(4))
    fed.makefile('rb').readline()
    fed.makefile('rb', 0).read(4)
    fed.makefile('rb', 0).read()
    fed.makefile('rb', 0).readall()
    fed.makefile('rb', 0).readline()
    fed.makefile('rb', 0).read(0)
    fed.makefile('rb', 4).read(3)
    (w := bytearray(4), fed.makefile('rb', 0).readinto(w))
    fed.makefile('rb', 0).readinto(b'1234')
    fed.makefile('rb', 0).readinto('x')
    fed.makefile('rb').write(b'x')
    fed.makefile('rb', 0).write(b'x')
    fed.makefile('wb').read()
    fed.makefile('wb', 0).read(1)
    fed.makefile('w').read()
    fed.makefile('r').write('x')
    fed.makefile('wb').write('x')
    fed.makefile('wb', 0).write('x')
    fed.makefile('w').write(b'x')
    (a.makefile('wb', 0).write(b'abc'), b.recv(9))
    (f := a.makefile('wb'), f.write(b'abc'), f.flush(), b.recv(9))
    (f := a.makefile('w', encoding='utf-16-le'), f.write('aé'), f.flush(), b.recv(9))
    (f := a.makefile('w', newline='\\r\\n'), f.write('a\\nb\\n'), f.flush(), b.recv(9))
    (f := a.makefile('w', buffering=1), f.write('a\\n'), f.flush(), b.recv(9))
    (f := a.makefile('w'), f.writelines(['a', 'b']), f.close(), b.recv(9))
    (f := a.makefile('rw'), f.write('abc'), f.flush(), b.recv(9), b.send(b'x\\n'), f.readline())
    (f := a.makefile('rwb', 0), f.write(b'abc'), b.recv(9), b.send(b'x'), f.read(5))
    (b.send(b'\\xff\\n'), a.makefile('r', encoding='utf-8').readline())
    (b.send(b'\\xff\\n'), a.makefile('r', encoding='utf-8', errors='replace').readline())
    (b.send(b'a\\r\\nb\\r\\n'), b.close(), a.makefile('r', newline='').readlines())
    (b.send(b'a\\r\\nb\\r\\n'), b.close(), a.makefile('r').readlines())
    (f := fed.makefile('rb', 0), f.fileno() == fed.fileno(), f.name == fed.fileno())
    (f := fed.makefile('rb', 0), f.readable(), f.writable(), f.seekable(), f.isatty(), f.closed)
    (f := fed.makefile('rwb', 0), f.readable(), f.writable(), f.seekable())
    (f := fed.makefile('rb', 0), f.close(), f.name, f.mode, f.closed, f.close())
    (f := fed.makefile('rb', 0), f.close(), f.fileno())
    (f := fed.makefile('rb', 0), f.close(), f.readable())
    (f := fed.makefile('rb', 0), f.close(), f.writable())
    (f := fed.makefile('rb', 0), f.close(), f.seekable())
    (f := fed.makefile('rb', 0), f.close(), f.read(1))
    (f := fed.makefile('wb', 0), f.close(), f.write(b'x'))
    (f := fed.makefile('rb', 0), f.close(), f.readinto(bytearray(1)))
    (f := fed.makefile('rb'), f.close(), f.read(1))
    fed.makefile('rb', 0).seek(0)
    fed.makefile('rb', 0).tell()
    fed.makefile('rb', 0).truncate()
    repr(fed.makefile('rb', 0))
    repr(fed.makefile('rb'))
    (f := fed.makefile('rb'), fed.close(), fed.fileno() > 2, f.read(3), f.close(), fed.fileno())
    (f := fed.makefile('rb', 0), fed.close(), fed, f.read(3))
    (f := fed.makefile('rb'), g := fed.makefile('wb'), fed.close(), f.close(), g.close(), fed)
    (f := fed.makefile('rb'), fed._io_refs, f.close(), fed._io_refs, fed.fileno() > 2)
    gone.makefile('rb')
    gone.makefile('rb').read(1)
    gone.makefile('wb', 0).write(b'x')
    gone.makefile('rb', 0).fileno()
    (a.setblocking(False), a.makefile('rb', 0).read(1))
    (a.setblocking(False), a.makefile('rb', 0).readinto(bytearray(1)))
    (a.setblocking(False), a.makefile('rb').read(1))
    (a.setblocking(False), a.makefile('rb').read())
    (a.setblocking(False), a.makefile('r').read(1))
    (a.setblocking(False), [a.makefile('wb', 0).write(bytes(10**6)) for i in range(9)][-1])
    (a.settimeout(0.01), a.makefile('rb', 0).read(1))
    (a.settimeout(0.01), a.makefile('rb').read(1))
    (a.settimeout(0.01), f := a.makefile('rb', 0), raised(lambda: f.read(1)), f.read(1))
    (a.settimeout(0.01), f := a.makefile('rb'), raised(lambda: f.read(1)), f.read(1))
    (b.close(), a.makefile('rb').read())
    (b.close(), a.makefile('wb', 0).write(b'x'))
    [socket.SocketIO(fed, mode).mode for mode in ('r', 'w', 'rw', 'rb', 'wb', 'rwb')]
    (socket.SocketIO.__module__.split('.')[-1] in ('socket', 'pysock'), socket.SocketIO.__mro__[1:])
""")

# From 3.13 on the interpreter prints how the finaliser of each of these fails.
WRONG_MODES = table("""
    socket.SocketIO(fed, 'x')
    socket.SocketIO(fed, 'rt')
    socket.SocketIO(fed, '')
    socket.SocketIO(fed, 'br')
    socket.SocketIO(fed, None)
    socket.SocketIO(fed, 5)
""")

SENDING_FILES = table("""
    a.sendfile(5)
    a.sendfile(None)
    a.sendfile('x')
    a.sendfile(io.StringIO('x'))
    a.sendfile(io.BytesIO(b'abc'), count=0)
    a.sendfile(io.BytesIO(b'abc'), count=-1)
    a.sendfile(io.BytesIO(b'abc'), count='x')
    a.sendfile(io.BytesIO(b'abc'), count=1.5)
    a.sendfile(io.BytesIO(b'abc'), offset='x')
    a.sendfile(io.BytesIO(b'abc'), offset=-1)
    (a.sendfile(io.BytesIO(b'abc')), b.recv(9))
    (a.sendfile(io.BytesIO(b'abcdef'), 2), b.recv(9))
    (a.sendfile(io.BytesIO(b'abcdef'), 2, 3), b.recv(9))
    (a.sendfile(io.BytesIO(b'abcdef'), count=True), b.recv(9))
    (a.sendfile(io.BytesIO(b'abcdef'), offset=9), b.send(b'x'))
    (f := io.BytesIO(b'abcdef'), a.sendfile(f, 1, 3), f.tell())
    (f := io.BytesIO(b'abcdef'), f.seek(2), a.sendfile(f), f.tell(), b.recv(9))
    (f := io.BytesIO(bytes(30000)), a.sendfile(f), f.tell(), len(b.recv(30000, 256)))
    d.sendfile(io.BytesIO(b'abc'))
    udp.sendfile(io.BytesIO(b'abc'))
    gone.sendfile(io.BytesIO(b'abc'))
    tcp.sendfile(io.BytesIO(b'abc'))
    (a.setblocking(False), a.sendfile(io.BytesIO(b'abc')))
    (a.settimeout(2), a.sendfile(io.BytesIO(b'abc')), b.recv(9))
    (a.settimeout(0.01), a.sendfile(io.BytesIO(bytes(10**7))))
    (b.close(), a.sendfile(io.BytesIO(b'abc')))
""")


def written(size: int) -> Any:
    file = open("file", "w+b")
    file.write(bytes(range(256)) * (size // 256 + 1))
    file.truncate(size)
    file.seek(0)
    return file


def received(sock: Any, size: int) -> Any:
    data = b""
    while len(data) < size:
        data += sock.recv(65536)
    return len(data), hash(data)


def sending(size: int, *args: Any) -> Case:
    def case(socket: Any, a: Any, b: Any) -> object:
        with written(size) as file:
            sent = a.sendfile(file, *args)
            return sent, file.tell(), received(b, sent)

    case.__name__ = f"sending a file of {size} bytes with {args}"
    return case


def by_another_way(way: str, *args: Any) -> Case:
    def case(socket: Any, a: Any, b: Any) -> object:
        with written(3000) as file:
            sent = getattr(a, way)(file, *args)
            return sent, file.tell(), received(b, sent)

    case.__name__ = f"{way} with {args}"
    return case


def sending_what_is_no_file(socket: Any, a: Any) -> object:
    with written(100) as closed:
        wrong = [io.BytesIO(b"x"), 5, open]
        ends = [raised(a._sendfile_use_sendfile, each) for each in wrong]
    return ends, raised(a.sendfile, closed), raised(a.sendfile, open)


def sending_a_text_file(a: Any) -> object:
    with written(100), open("file", encoding="utf-8") as file:
        return a.sendfile(file)


def sending_from_a_pipe(a: Any, b: Any) -> object:
    reading, writing = os.pipe()
    os.write(writing, b"abc")
    os.close(writing)
    with open(reading, "rb") as file:
        return a.sendfile(file)


def sending_a_file_with_a_timeout(a: Any, b: Any) -> object:
    a.settimeout(0.05)
    with written(10**7) as file:
        end = raised(lambda: a.sendfile(file))
        return end, file.tell() > 0


def sending_a_file_without_blocking(a: Any, b: Any) -> object:
    a.setblocking(False)
    with written(100) as file:
        return [raised(way, file) for way in (a.sendfile, a._sendfile_use_send)]


def sending_by_a_function(socket: Any, a: Any, b: Any) -> object:
    """As `ssl` of Python 3.15 does, with a function of its own."""
    asked: list[tuple[int, int]] = []
    if not hasattr(stdlib.socket, "_sendfile_zerocopy"):
        return None

    def move(fileno: int, offset: int, size: int) -> int:
        asked.append((offset, size))
        if error:
            raise error
        return a.send(os.pread(fileno, min(size, 700), offset))  # type: ignore[no-any-return]

    with written(3000) as file:
        error: OSError | None = None
        sent = a._sendfile_zerocopy(move, KeyError, file, 5, 2000)
        answer = sent, file.tell(), received(b, sent), a._sendfile_zerocopy(move, KeyError, file)
        error = OSError(5, "no")
        return answer, asked, raised(a._sendfile_zerocopy, move, KeyError, file)


def sending_to_nobody(a: Any, b: Any) -> object:
    b.close()
    with written(100) as file:
        return raised(lambda: a.sendfile(file)), file.tell()


def sending_a_file_by_datagrams(d: Any) -> object:
    with written(100) as file:
        return d.sendfile(file)


def a_subclass_is_heard(socket: Any) -> object:
    """Files go through the methods of the socket's own class."""
    heard: list[str] = []

    class Sub(socket.socket):  # type: ignore[misc]
        def recv_into(self, buffer: Any, *args: Any) -> Any:
            heard.append("recv_into")
            return super().recv_into(buffer, *args)

        def send(self, data: Any, *args: Any) -> Any:
            heard.append("send")
            return super().send(data, *args)

    one, two = socket.socketpair()
    with Sub(fileno=one.detach()) as mine, two:
        two.send(b"abc\n")
        with mine.makefile("rwb") as file:
            file.write(b"abc")
            file.flush()
            return file.readline(), two.recv(9), mine.sendfile(io.BytesIO(b"x")), heard


def collected_with_its_socket(socket: Any) -> object:
    one, two = socket.socketpair()
    file = one.makefile("rb")
    del one
    two.send(b"abc")
    two.close()
    data = file.read()
    file.close()
    return data


SENT: list[Case] = [
    *(sending(size) for size in (0, 1, 100, 8192, 100000)),
    sending(1000, 10),
    sending(1000, 10, 20),
    sending(1000, 999, 20),
    sending(1000, 1000),
    sending(1000, 2000),
    sending(0, 0, 5),
    by_another_way("_sendfile_use_send"),
    by_another_way("_sendfile_use_send", 5, 100),
    by_another_way("_sendfile_use_sendfile", 5, 100),
    sending_what_is_no_file,
    sending_a_text_file,
    sending_from_a_pipe,
    sending_a_file_with_a_timeout,
    sending_a_file_without_blocking,
    sending_by_a_function,
    sending_to_nobody,
    sending_a_file_by_datagrams,
    a_subclass_is_heard,
]


@pytest.mark.parametrize("call", MODES + SENDING_FILES)
def test_calls(call: Case) -> None:
    check(call)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("call", WRONG_MODES)
def test_wrong_modes(call: Case) -> None:
    check(call)


@pytest.mark.parametrize("case", SENT)
def test_files(case: Case) -> None:
    check(case)


@pytest.mark.skipif(not CPYTHON, reason="PyPy: a collection is not at once, and warns of nothing")
def test_collected() -> None:
    check(collected_with_its_socket)
