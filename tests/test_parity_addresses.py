"""bind, connect, accept, getsockname, getpeername: addresses of each family, good and bad."""

from __future__ import annotations

from typing import Any

import pytest

from .parity import Case, check, table

# What is wrong with an address is found before any call is made, and said by each method.
INET = table("""
    tcp.connect('x')
    tcp.connect(None)
    tcp.connect(5)
    tcp.connect(())
    tcp.connect(('127.0.0.1',))
    tcp.connect(('127.0.0.1', 80, 0))
    tcp.connect(['127.0.0.1', 80])  # PyPy: raises another error
    tcp.connect({'127.0.0.1': 80})
    tcp.connect(('127.0.0.1', '80'))
    tcp.connect(('127.0.0.1', b'80'))
    tcp.connect(('127.0.0.1', 80.0))
    tcp.connect(('127.0.0.1', None))
    tcp.connect(('127.0.0.1', Int(80)))  # PyPy: raises another error
    tcp.connect(('127.0.0.1', -1))
    tcp.connect(('127.0.0.1', 65536))
    tcp.connect(('127.0.0.1', 2**31))
    tcp.connect(('127.0.0.1', -2**31 - 1))
    tcp.connect(('127.0.0.1', 2**63))
    tcp.connect(('127.0.0.1', 2**70))
    tcp.connect((5, 80))
    tcp.connect((None, 80))
    tcp.connect((['127.0.0.1'], 80))
    tcp.connect((memoryview(b'127.0.0.1'), 80))
    tcp.connect(('a\\0b', 80))
    tcp.connect((b'a\\0b', 80))
    tcp.connect(('127.0.0.1\\0', 80))
    tcp.connect(('\\ud800.x', 80))
    tcp.connect(('\\udc80', 80))
    tcp.connect(('é' * 70, 80))
    tcp.connect(('a' * 70, 80))
    tcp.connect((b'\\xff', 80))  # Windows: reads a code page
    tcp.connect(('é..x', 80))
    tcp.connect(('nonexistent.invalid', 80))
    tcp.connect(('nonexistent.invalid', 70000))  # PyPy: raises another error
    tcp.connect(('nonexistent.invalid', 'x'))
    tcp.connect(('1.2.3.4.5', 80))
    tcp.connect(('256.0.0.1', 80))
    tcp.connect(('::1', 80))
    tcp.connect((' 127.0.0.1', 80))  # PyPy: raises another error
    tcp.connect_ex('x')
    tcp.connect_ex(('127.0.0.1', 65536))
    tcp.connect_ex(('127.0.0.1', '80'))
    tcp.connect_ex(('a\\0b', 80))
    tcp.connect_ex(('nonexistent.invalid', 80))
    tcp.bind('x')
    tcp.bind(None)
    tcp.bind(('127.0.0.1', 65536))
    tcp.bind(('127.0.0.1',))
    tcp.bind(('nonexistent.invalid', 0))
    tcp.bind(('192.0.2.99', 0))
    (tcp.bind(('', 0)), tcp.getsockname())
    (tcp.bind(('0.0.0.0', 0)), tcp.getsockname())
    (tcp.bind(('localhost', 0)), tcp.getsockname())
    (tcp.bind(('127.1', 0)), tcp.getsockname())
    (tcp.bind(('0x7f.1', 0)), tcp.getsockname())
    (tcp.bind(('2130706433', 0)), tcp.getsockname())
    (tcp.bind((b'127.0.0.1', 0)), tcp.getsockname())
    (tcp.bind((bytearray(b'127.0.0.1'), 0)), tcp.getsockname())
    (tcp.bind((Text('127.0.0.1'), 0)), tcp.getsockname())
    (tcp.bind(('127.0.0.1', False)), tcp.getsockname())
    (tcp.bind(('127.0.0.1', Index(0))), tcp.getsockname())
    (tcp.bind(type('T', (tuple,), {})(('127.0.0.1', 0))), tcp.getsockname())
    (udp.bind(('<broadcast>', 0)), udp.getsockname())
    (udp.bind(('255.255.255.255', 0)), udp.getsockname())
    (tcp.bind(('127.0.0.1', 0)), tcp.bind(('127.0.0.1', 0)))
    tcp.bind(at)
    listener.bind(('127.0.0.1', 0))
    (tcp.getsockname(), udp.getsockname(), tcp6.getsockname(), unix.getsockname())
""")

INET6 = table("""
    tcp6.connect('x')
    tcp6.connect(())
    tcp6.connect(('::1',))
    tcp6.connect(('::1', 1, 2, 3, 4))
    tcp6.connect(['::1', 1])  # PyPy: raises another error
    tcp6.connect(('::1', '1'))
    tcp6.connect(('::1', 1.5))
    tcp6.connect(('::1', -1))
    tcp6.connect(('::1', 65536))
    tcp6.connect(('::1', 2**31))
    tcp6.connect(('::1', 2**70))
    tcp6.connect(('::1', 1, 'x'))
    tcp6.connect(('::1', 1, 1.5))
    tcp6.connect(('::1', 1, None))
    tcp6.connect(('::1', 1, -1))
    tcp6.connect(('::1', 1, 2**20))
    tcp6.connect(('::1', 65536, 2**20))
    tcp6.connect(('::1', 1, 0, 'x'))
    tcp6.connect(('::1', 1, 0, 1.5))
    tcp6.connect(('::1', 1, 0, None))
    tcp6.connect((5, 1))
    tcp6.connect((None, 1))
    tcp6.connect(('127.0.0.1', 1))  # PyPy: gives no errno
    tcp6.connect(('<broadcast>', 1))
    tcp6.connect(('255.255.255.255', 1))
    tcp6.connect(('::1\\0', 1))
    tcp6.connect(('::g', 1))
    tcp6.connect(('::1%nosuch', 1))
    tcp6.connect(('fe80::1%nosuch', 1))
    tcp6.connect(('nonexistent.invalid', 1))
    tcp6.connect_ex(('::1', 1, 2**20))
    (tcp6.bind(('::1', 0)), tcp6.getsockname())
    (tcp6.bind(('', 0)), tcp6.getsockname())
    (tcp6.bind(('::', 0, 5)), tcp6.getsockname())
    (tcp6.bind(('::1', 0, 0, 0)), tcp6.getsockname())
    (tcp6.bind((b'::1', 0)), tcp6.getsockname())
    (tcp6.bind(('::1', 0, Index(1), Index(1))), tcp6.getsockname())  # PyPy: refuses it
    (tcp6.bind(('::1', 0, 2**32 + 7)), tcp6.getsockname())  # PyPy: refuses it
    (tcp6.bind(('::1', 0, 0, 2**32)), tcp6.getsockname())
    (tcp6.bind(('::ffff:127.0.0.1', 0)), tcp6.getsockname())
    (tcp6.bind(('::1%lo', 0)), tcp6.getsockname())
    (tcp6.bind(('localhost', 0)), tcp6.getsockname())
    (tcp6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1), tcp6.bind(('::ffff:1.2.3.4', 0)))
""")

UNIX = table("""
    unix.connect(5)
    unix.connect(None)
    unix.connect(('a', 1))
    unix.connect(['a'])
    unix.connect('nowhere')
    unix.connect(b'nowhere')
    unix.connect('')
    unix.connect('x' * 107)  # Linux: room for such a path
    unix.connect('x' * 108)
    unix.connect(b'x' * 108)
    unix.connect('\\0' + 'x' * 107)  # Linux: abstract names
    unix.connect('\\0' + 'x' * 108)  # Linux: abstract names
    unix.connect('é' * 60)
    unix.connect('\\ud800')
    unix.connect('a\\0b')
    unix.connect(memoryview(b'abcd')[::2])
    unix.connect_ex('nowhere')
    unix.connect_ex('x' * 108)
    unix.connect_ex(5)
    (unix.bind('here'), unix.getsockname())
    (unix.bind(b'here'), unix.getsockname())
    (unix.bind(bytearray(b'here')), unix.getsockname())
    (unix.bind(memoryview(b'xherex')[1:5]), unix.getsockname())  # PyPy: refuses it
    (unix.bind(array.array('B', b'here')), unix.getsockname())  # PyPy: refuses it
    (unix.bind(Text('here')), unix.getsockname())
    (unix.bind('h\\u00e9\\u20ac'), unix.getsockname(), os.listdir('.'))
    (unix.bind('\\udcff\\udc80'), unix.getsockname(), os.listdir(b'.'))
    (unix.bind(b'\\xff\\x80'), unix.getsockname(), os.listdir(b'.'))
    (unix.bind('a\\0b'), unix.getsockname(), os.listdir('.'))
    (unix.bind('x' * 107), unix.getsockname())  # Linux: room for such a path
    (unix.bind('\\0pysock-parity'), unix.getsockname())  # Linux: abstract names
    (unix.bind(b'\\0pysock-parity\\0\\xff'), unix.getsockname())  # Linux: abstract names
    (unix.bind(b'\\0pysock-' + b'x' * 100), unix.getsockname())  # Linux: abstract names
    (unix.bind('\\0'), unix.getsockname())  # Linux: abstract names
    (unix.bind(''), len(unix.getsockname()), unix.getsockname()[:1])
    (unix.bind(b''), len(unix.getsockname()), unix.getsockname()[:1])
    (unix.bind('here'), unix2.bind('here'))
    (unix.bind('here'), unix.bind('there'))
    (unix.bind('nowhere/here'))
    (unix.bind('here'), unix.listen(), unix2.connect('here'), unix2.getpeername())
    (unix.bind('here'), unix.listen(), unix2.connect('here'), unix.accept())
    (unix.bind(b'\\0pysock'), unix.listen(), unix2.connect(b'\\0pysock'))  # Linux: abstract names
    (unix.bind('h'), unix.listen(), unix2.bind('i'), unix2.connect('h'), unix.accept()[1])
    (unix.bind('here'), unix2.connect('here'))
    (letter.bind('here'), unix.connect('here'))
    (letter.bind('here'), d.connect('here'), d.getpeername(), d.send(b'x'), letter.recv(9))
    (a.getsockname(), a.getpeername(), d.getsockname(), d.getpeername())
""")

CONNECTING = table("""
    tcp.connect(('127.0.0.1', 1))
    tcp.connect_ex(('127.0.0.1', 1))
    tcp6.connect(('::1', 1))
    tcp6.connect_ex(('::1', 1, 0, 0))
    tcp.connect(('0.0.0.0', 1))
    tcp.connect(('255.255.255.255', 1))
    tcp.connect(('<broadcast>', 1))
    tcp.connect(('127.0.0.1', 0))
    udp.connect(('', 0))
    client.connect(at)
    client.connect_ex(at)
    listener.connect(at)
    listener.connect_ex(at)
    (client.getpeername() == at, server.getpeername() == client.getsockname())
    (udp.connect(to), udp.getpeername() == to, udp.send(b'abc'), inbox.recv(9))
    (udp.connect(to), udp.connect_ex(to))
    (tcp.settimeout(1), tcp.connect(('127.0.0.1', 1)))
    (tcp.settimeout(1), tcp.connect_ex(('127.0.0.1', 1)))
    (tcp.setblocking(False), tcp.connect_ex(('127.0.0.1', 1)))
    (tcp.setblocking(False), tcp.connect(('127.0.0.1', 1)))
    (unix.setblocking(False), unix.connect_ex('nowhere'))
    gone.connect(('127.0.0.1', 1))
    gone.connect_ex(('127.0.0.1', 1))
    gone.connect(5)
    gone.connect_ex(5)
    gone.bind(('127.0.0.1', 0))
    gone.bind(5)
    gone.getsockname()
    gone.getpeername()
    gone.accept()
    gone.listen()
    gone._accept()
    tcp.getpeername()
    listener.getpeername()
    tcp.accept()
    udp.accept()
    a.accept()
    (listener.setblocking(False), listener.accept())
    (listener.settimeout(0.01), listener.accept())
    tcp.listen('x')
    tcp.listen(1.5)
    tcp.listen(None)
    tcp.listen(2**31)
    tcp.listen(-2**31 - 1)
    tcp.listen(2**70)
    udp.listen()
    unix.listen()
    (tcp.listen(), tcp.listen(0), tcp.listen(-5), tcp.listen(True), tcp.listen(Index(2)))
    tcp.listen(Int(2))  # PyPy: takes it
    (tcp.listen(), tcp.getsockname())
""")


def accepting_gives_the_modules_class(socket: Any, listener: Any, client: Any) -> object:
    listener.__class__ = type("Mine", (socket.socket,), {"__slots__": ()})
    return listener.accept()


def accepting_under_a_timeout(listener: Any, client: Any) -> object:
    listener.settimeout(5)
    accepted, address = listener.accept()
    return accepted, address == client.getsockname(), accepted.get_inheritable()


def accepting_without_blocking(listener: Any, client: Any) -> object:
    listener.setblocking(False)
    accepted, _ = listener.accept()
    return accepted, accepted.gettimeout(), accepted.getblocking()


def accepting_with_a_default_timeout(socket: Any, listener: Any, client: Any) -> object:
    socket.setdefaulttimeout(3)
    return listener.accept()


def accepting_a_bare_descriptor(socket: Any, listener: Any, client: Any) -> object:
    fd, address = listener._accept()
    socket.close(fd)
    return type(fd), address == client.getsockname()


def connecting_slowly(socket: Any, listener: Any) -> object:
    """A backlog that is full keeps a connection waiting."""
    listener.listen(0)
    others = [socket.socket() for _ in range(4)]
    answers = set()
    for sock in others:
        sock.settimeout(0.02)
        answers.add(sock.connect_ex(listener.getsockname()))
    try:
        others[-1].connect(listener.getsockname())
    finally:
        for sock in others:
            sock.close()
    return answers


def connecting_in_the_background(socket: Any, listener: Any) -> object:
    with socket.socket() as sock:
        sock.setblocking(False)
        first = sock.connect_ex(listener.getsockname())
        accepted, _ = listener.accept()
        accepted.close()
        return first > 0, sock.connect_ex(listener.getsockname())


WITH_A_LISTENER: list[Case] = [
    accepting_gives_the_modules_class,
    accepting_under_a_timeout,
    accepting_without_blocking,
    accepting_with_a_default_timeout,
    accepting_a_bare_descriptor,
    connecting_slowly,
    connecting_in_the_background,
]


@pytest.mark.parametrize("call", INET + INET6 + UNIX + CONNECTING)
def test_address(call: Case) -> None:
    check(call)


@pytest.mark.parametrize("case", WITH_A_LISTENER)
def test_accepting_and_connecting(case: Case) -> None:
    check(case)
