"""Hosts, services, protocols, interfaces, and addresses as text: what has a name, or a number."""

from __future__ import annotations

import os
from typing import Any

import pytest

from .parity import Case, check, raised, table

HOSTS = table("""
    socket.getaddrinfo('127.0.0.1', 80)
    socket.getaddrinfo('127.0.0.1', '80')
    socket.getaddrinfo('127.0.0.1', b'80')
    socket.getaddrinfo('127.0.0.1', 'http')
    socket.getaddrinfo('127.0.0.1', None)
    socket.getaddrinfo(b'127.0.0.1', 80)
    socket.getaddrinfo('localhost', 80)
    socket.getaddrinfo('localhost', 'domain')
    socket.getaddrinfo('::1', 80)
    socket.getaddrinfo('::1%lo', 80)
    socket.getaddrinfo('fe80::1%lo', 80)
    socket.getaddrinfo('fe80::1%1', 80)
    socket.getaddrinfo('::ffff:1.2.3.4', 80)
    socket.getaddrinfo(None, 80)
    socket.getaddrinfo(None, 'http', socket.AF_INET, socket.SOCK_STREAM)
    socket.getaddrinfo(None, 0, flags=socket.AI_PASSIVE)
    socket.getaddrinfo('', '80')
    socket.getaddrinfo('', 80)
    socket.getaddrinfo('127.0.0.1', 80, socket.AF_INET)
    socket.getaddrinfo('127.0.0.1', 80, socket.AF_INET6)
    socket.getaddrinfo('127.0.0.1', 80, socket.AF_INET6, 0, 0, socket.AI_V4MAPPED)
    socket.getaddrinfo('127.0.0.1', 80, 0, socket.SOCK_STREAM)
    socket.getaddrinfo('127.0.0.1', 80, 0, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    socket.getaddrinfo('127.0.0.1', 80, proto=socket.SOL_TCP)
    socket.getaddrinfo(host='127.0.0.1', port=80, family=2, type=1, proto=6, flags=4)
    socket.getaddrinfo('localhost', 80, 0, 1, 0, socket.AI_CANONNAME)
    socket.getaddrinfo('localhost', 80, 2, 1, 0, socket.AI_NUMERICHOST)
    socket.getaddrinfo('127.0.0.1', 'http', 2, 1, 0, socket.AI_NUMERICSERV)
    socket.getaddrinfo('127.0.0.1', True)  # PyPy: gives another value
    socket.getaddrinfo('127.0.0.1', Number.FOUR)  # PyPy: gives another value
    socket.getaddrinfo('127.0.0.1', -1)
    socket.getaddrinfo('127.0.0.1', 2**17)
    socket.getaddrinfo('127.0.0.1', 2**31)
    socket.getaddrinfo('127.0.0.1', 2**63)
    socket.getaddrinfo('127.0.0.1', 2**70)
    socket.getaddrinfo('127.0.0.1', 10**30)
    socket.getaddrinfo('127.0.0.1', 1.5)  # PyPy: raises another error
    socket.getaddrinfo('127.0.0.1', [])  # PyPy: raises another error
    socket.getaddrinfo('127.0.0.1', bytearray(b'80'))  # PyPy: raises another error
    socket.getaddrinfo('127.0.0.1', Index(80))  # PyPy: raises another error
    socket.getaddrinfo('127.0.0.1', '8\\0')
    socket.getaddrinfo('127.0.0.1', ' 80')
    socket.getaddrinfo('127.0.0.1', '')
    socket.getaddrinfo('127.0.0.1', b'')
    socket.getaddrinfo('127.0.0.1', b'\\xff')
    socket.getaddrinfo('127.0.0.1', '\\ud800')
    socket.getaddrinfo('127.0.0.1', 'é')
    socket.getaddrinfo('127.0.0.1', Text('80'))
    socket.getaddrinfo('127.0.0.1', 'nosuchservice')
    socket.getaddrinfo('nonexistent.invalid', 80)
    socket.getaddrinfo(b'nonexistent.invalid', 80)
    socket.getaddrinfo('nonexistent.invalid', 80, 0, 0, 0, socket.AI_NUMERICHOST)
    socket.getaddrinfo('localhost\\0.invalid', 80)
    socket.getaddrinfo(b'127.0.0.1\\0x', 80)
    socket.getaddrinfo('\\ud800', 80)
    socket.getaddrinfo('é' * 70, 80)
    socket.getaddrinfo('a' * 70, 80)
    socket.getaddrinfo('a' * 2000, 80)
    socket.getaddrinfo('a..b', 80)
    socket.getaddrinfo('.', 80)
    socket.getaddrinfo('bücher.invalid', 80)
    socket.getaddrinfo(b'\\xff', 80)  # Windows: reads a code page
    socket.getaddrinfo(5, 5)
    socket.getaddrinfo(1.5, 80)
    socket.getaddrinfo(bytearray(b'127.0.0.1'), 80)
    socket.getaddrinfo(memoryview(b'127.0.0.1'), 80)
    socket.getaddrinfo(Text('127.0.0.1'), 80)
    socket.getaddrinfo(None, None)
    socket.getaddrinfo('127.0.0.1', 80, 'x')
    socket.getaddrinfo('127.0.0.1', 80, 1.5)
    socket.getaddrinfo('127.0.0.1', 80, None)
    socket.getaddrinfo('127.0.0.1', 80, 2**31)  # PyPy: raises another error
    socket.getaddrinfo('127.0.0.1', 80, 2**70)
    socket.getaddrinfo('127.0.0.1', 80, 999)
    socket.getaddrinfo('127.0.0.1', 80, 0, 999)
    socket.getaddrinfo('127.0.0.1', 80, 0, 'x')
    socket.getaddrinfo('127.0.0.1', 80, 0, 1, 999)
    socket.getaddrinfo('127.0.0.1', 80, 0, 1, 17)
    socket.getaddrinfo('127.0.0.1', 80, 0, 0, 0, 2**30)
    socket.getaddrinfo('127.0.0.1', 80, 0, 0, 0, 'x')
    socket.getaddrinfo('127.0.0.1', 80, 0, socket.SOCK_RAW)
    socket.getaddrinfo('127.0.0.1', 'http', 0, socket.SOCK_RAW)
    socket.getnameinfo(('127.0.0.1', 80), 0)
    socket.getnameinfo(('127.0.0.1', 80), socket.NI_NUMERICHOST)
    socket.getnameinfo(('127.0.0.1', 80), numeric)
    socket.getnameinfo(('::1', 80, 0, 0), socket.NI_NUMERICHOST)
    socket.getnameinfo(('::1', 80), numeric)
    socket.getnameinfo(('::1', 80, 0xfffff), numeric)
    socket.getnameinfo(('fe80::1', 80, 0, 1), numeric)
    socket.getnameinfo(('fe80::1%lo', 80, 0, 1), numeric)
    socket.getnameinfo(('fe80::1', 80, 0, 99), numeric)
    socket.getnameinfo(('127.0.0.1', 53), socket.NI_DGRAM)
    socket.getnameinfo(('127.0.0.1', 0), numeric)
    socket.getnameinfo(('240.0.0.1', 9), socket.NI_NAMEREQD)
    socket.getnameinfo(('127.0.0.1', Index(80)), Index(numeric))
    socket.getnameinfo((Text('127.0.0.1'), True), numeric)
    socket.getnameinfo(5, 0)
    socket.getnameinfo(['127.0.0.1', 80], 0)  # PyPy: takes it
    socket.getnameinfo('127.0.0.1', 0)
    socket.getnameinfo((), 0)  # PyPy: raises another error
    socket.getnameinfo(('127.0.0.1',), 0)  # PyPy: raises another error
    socket.getnameinfo(('127.0.0.1', 80, 0), 0)  # PyPy: raises another error
    socket.getnameinfo(('127.0.0.1', 80, 0, 0), numeric)  # PyPy: raises another error
    socket.getnameinfo(('::1', 80, 0, 0, 0), 0)  # PyPy: raises another error
    socket.getnameinfo(('x', 80), 0)
    socket.getnameinfo(('localhost', 80), 0)
    socket.getnameinfo(('', 80), 0)
    socket.getnameinfo((b'127.0.0.1', 80), 0)
    socket.getnameinfo((None, 80), 0)
    socket.getnameinfo((5, 80), 0)
    socket.getnameinfo(('127.0.0.1\\0', 80), 0)  # PyPy: takes it
    socket.getnameinfo(('\\ud800', 80), 0)  # PyPy: raises another error
    socket.getnameinfo(('127.0.0.1', 'x'), 0)
    socket.getnameinfo(('127.0.0.1', 1.5), 0)
    socket.getnameinfo(('127.0.0.1', -1), numeric)
    socket.getnameinfo(('127.0.0.1', 2**17), numeric)  # PyPy: refuses it
    socket.getnameinfo(('127.0.0.1', 2**31), numeric)  # PyPy: raises another error
    socket.getnameinfo(('127.0.0.1', 2**70), numeric)
    socket.getnameinfo(('::1', 80, 2**20), 0)
    socket.getnameinfo(('::1', 80, -1), 0)
    socket.getnameinfo(('::1', 80, 'x'), 0)
    socket.getnameinfo(('::1', 80, 0, 'x'), 0)
    socket.getnameinfo(('::1', 80, 0, 1.5), 0)
    socket.getnameinfo(('::1', 80, 2**32), numeric)  # PyPy: refuses it
    socket.getnameinfo(('127.0.0.1', 80), 'x')
    socket.getnameinfo(('127.0.0.1', 80), 1.5)
    socket.getnameinfo(('127.0.0.1', 80), 2**31)  # PyPy: raises another error
    socket.getnameinfo(('127.0.0.1', 80), 2**30)
    socket.getnameinfo(5, 'x')
    socket.gethostbyname('127.0.0.1')
    socket.gethostbyname('localhost')
    socket.gethostbyname(b'localhost')  # PyPy: refuses it
    socket.gethostbyname(bytearray(b'localhost'))  # PyPy: refuses it
    socket.gethostbyname('')
    socket.gethostbyname('<broadcast>')
    socket.gethostbyname('255.255.255.255')
    socket.gethostbyname('127.1')
    socket.gethostbyname('::1')
    socket.gethostbyname('nonexistent.invalid')
    socket.gethostbyname('a\\0b')  # PyPy: raises another error
    socket.gethostbyname('é' * 70)
    socket.gethostbyname('\\ud800')
    socket.gethostbyname(b'\\xff')  # PyPy: raises another error  # Windows: reads a code page
    socket.gethostbyname(5)
    socket.gethostbyname(None)
    socket.gethostbyname(1.5)
    socket.gethostbyname(memoryview(b'localhost'))
    socket.gethostbyname(Text('localhost'))
    socket.gethostbyname_ex('localhost')
    socket.gethostbyname_ex('127.0.0.1')
    socket.gethostbyname_ex(b'127.0.0.1')  # PyPy: refuses it
    socket.gethostbyname_ex('')  # PyPy: gives no errno  # musl: reads the wrong h_errno, 0
    socket.gethostbyname_ex('nonexistent.invalid')
    socket.gethostbyname_ex('a\\0b')  # PyPy: raises another error
    socket.gethostbyname_ex(5)
    socket.gethostbyname_ex('::1')
    socket.gethostbyaddr('127.0.0.1')
    socket.gethostbyaddr('::1')  # PyPy: gives no errno
    socket.gethostbyaddr('localhost')
    socket.gethostbyaddr(b'127.0.0.1')  # PyPy: refuses it
    socket.gethostbyaddr('240.0.0.1')  # PyPy: gives no errno
    socket.gethostbyaddr('2001:db8::99')  # PyPy: gives no errno
    socket.gethostbyaddr('')
    socket.gethostbyaddr('<broadcast>')  # PyPy: gives no errno
    socket.gethostbyaddr('nonexistent.invalid')
    socket.gethostbyaddr('a\\0b')  # PyPy: raises another error
    socket.gethostbyaddr(5)
    socket.gethostbyaddr(None)
    socket.gethostname()
    socket.getfqdn()
    socket.getfqdn('localhost')
    socket.getfqdn('127.0.0.1')
    socket.getfqdn(' 127.0.0.1 ')
    socket.getfqdn('0.0.0.0')
    socket.getfqdn('::')
    socket.getfqdn('nonexistent.invalid')
    socket.getfqdn(name='localhost')
    socket.getfqdn(5)
    socket.getfqdn(None)
    socket.getfqdn(b'localhost')  # PyPy: refuses it
    socket.sethostname(5)
    socket.sethostname(None)
    socket.sethostname(1.5)
    socket.sethostname('a\\0b')
    socket.sethostname('\\ud800')
    socket.sethostname('x' * 100)
    socket.sethostname(b'x' * 100)
    socket.sethostname([])
""")

NUMBERS = table("""
    socket.getservbyname('http')
    socket.getservbyname('http', 'tcp')
    socket.getservbyname('domain', 'udp')
    socket.getservbyname('http', 'nosuch')
    socket.getservbyname('nosuchservice')
    socket.getservbyname('')
    socket.getservbyname('a\\0')  # PyPy: raises another error
    socket.getservbyname('http', 'tcp\\0')  # PyPy: takes it
    socket.getservbyname('\\ud800')  # PyPy: raises another error
    socket.getservbyname(b'http')
    socket.getservbyname(5)
    socket.getservbyname(None)
    socket.getservbyname('http', 5)
    socket.getservbyname('http', '')
    socket.getservbyname('http', None)  # PyPy: takes it
    socket.getservbyname(5, 5)
    socket.getservbyport(80)
    socket.getservbyport(80, 'tcp')
    socket.getservbyport(53, 'udp')
    socket.getservbyport(True, 'tcp')
    socket.getservbyport(Index(80))
    socket.getservbyport(1, 'nosuch')
    socket.getservbyport(61234)
    socket.getservbyport(-1)
    socket.getservbyport(65536)
    socket.getservbyport(2**31)
    socket.getservbyport(2**70)
    socket.getservbyport('x')
    socket.getservbyport(1.5)
    socket.getservbyport(None)
    socket.getservbyport(80, 5)
    socket.getservbyport(80, '')
    socket.getservbyport(80, None)  # PyPy: takes it
    socket.getservbyport(-1, 5)
    socket.getservbyport(80, 'a\\0')  # PyPy: raises another error
    socket.getprotobyname('tcp')
    socket.getprotobyname('icmp')
    socket.getprotobyname('nosuch')
    socket.getprotobyname('')
    socket.getprotobyname('tcp\\0')  # PyPy: takes it
    socket.getprotobyname('\\ud800')  # PyPy: raises another error
    socket.getprotobyname(b'tcp')
    socket.getprotobyname(5)
    socket.getprotobyname(None)
    socket.if_nameindex()  # PyPy: has no such function
    socket.if_nametoindex('lo')  # PyPy: has no such function
    socket.if_nametoindex(b'lo')  # PyPy: has no such function
    socket.if_nametoindex(bytearray(b'lo'))  # PyPy: has no such function
    socket.if_nametoindex(memoryview(b'lo'))  # PyPy: has no such function
    socket.if_nametoindex(Text('lo'))  # PyPy: has no such function
    socket.if_nametoindex('nosuch')  # PyPy: has no such function
    socket.if_nametoindex('')  # PyPy: has no such function
    socket.if_nametoindex('x' * 99)  # PyPy: has no such function
    socket.if_nametoindex('a\\0')  # PyPy: has no such function
    socket.if_nametoindex(b'a\\0')  # PyPy: has no such function
    socket.if_nametoindex('\\ud800')  # PyPy: has no such function
    socket.if_nametoindex(5)  # PyPy: has no such function
    socket.if_nametoindex(None)  # PyPy: has no such function
    socket.if_nametoindex([])  # PyPy: has no such function
    socket.if_indextoname(1)  # PyPy: has no such function
    socket.if_indextoname(True)  # PyPy: has no such function
    socket.if_indextoname(Index(1))  # PyPy: has no such function
    socket.if_indextoname(0)  # PyPy: has no such function  # Windows: tells of errno 0
    socket.if_indextoname(2**31)  # PyPy: has no such function  # Windows: tells of errno 0
    socket.if_indextoname(2**32 - 2)  # PyPy: has no such function  # Windows: tells of errno 0
    socket.if_indextoname(-1)  # PyPy: has no such function
    socket.if_indextoname(-2**70)  # PyPy: has no such function
    socket.if_indextoname(2**70)  # PyPy: has no such function
    socket.if_indextoname('x')  # PyPy: has no such function
    socket.if_indextoname(1.5)  # PyPy: has no such function
    socket.if_indextoname(None)  # PyPy: has no such function
    [f(1) for f in (socket.htons, socket.ntohs, socket.htonl, socket.ntohl)]
    [f(0) for f in (socket.htons, socket.ntohs, socket.htonl, socket.ntohl)]
    [f(True) for f in (socket.htons, socket.ntohs, socket.htonl, socket.ntohl)]
    [f(Number.FOUR) for f in (socket.htons, socket.ntohs, socket.htonl, socket.ntohl)]
    (socket.htons(65535), socket.ntohs(0x1234), socket.htonl(2**32 - 1), socket.ntohl(0x12345678))
    socket.htons(Index(1))
    socket.htons(Int(1))  # PyPy: takes it
    socket.htons(-1)
    socket.htons(65536)  # PyPy: cuts the number, from PyPy 8 on without a warning
    socket.ntohs(65536)  # PyPy: cuts the number, from PyPy 8 on without a warning
    socket.htons(2**31)
    socket.htons(-2**31 - 1)
    socket.htons(2**40)
    socket.htons(2**70)
    socket.ntohs(2**70)
    socket.htons('x')
    socket.htons(1.5)
    socket.htons(None)
    socket.ntohs(-1)
    socket.ntohs(-2**31 - 1)
    socket.htonl(Index(1))  # PyPy: takes it
    socket.htonl(-1)
    socket.ntohl(-1)
    socket.htonl(2**32)
    socket.ntohl(2**32)
    socket.htonl(2**63)
    socket.htonl(2**64)
    socket.htonl(-2**64)
    socket.htonl('x')
    socket.htonl(1.5)
    socket.htonl(None)
    socket.htonl(decimal.Decimal(1))  # PyPy: takes it
    socket.ntohl(b'1')
""")

TEXT = table("""
    [socket.inet_aton(text) for text in ('1.2.3.4', '1.2.3', '1.2', '1', '0x7f.1', '017.1')]
    socket.inet_aton('1.2.3.4 rest')
    socket.inet_aton('255.255.255.255')
    socket.inet_aton(Text('1.2.3.4'))
    socket.inet_aton('x')
    socket.inet_aton('')
    socket.inet_aton('1.2.3.4.5')
    socket.inet_aton('256.1.1.1')
    socket.inet_aton('::1')
    socket.inet_aton('1.2\\0')  # PyPy: takes it
    socket.inet_aton('\\ud800')  # PyPy: raises another error
    socket.inet_aton(b'1.2.3.4')
    socket.inet_aton(5)
    socket.inet_aton(None)
    socket.inet_ntoa(b'\\1\\2\\3\\4')
    socket.inet_ntoa(bytearray(b'\\1\\2\\3\\4'))
    socket.inet_ntoa(memoryview(b'\\1\\2\\3\\4'))
    socket.inet_ntoa(array.array('I', [1]))
    socket.inet_ntoa(memoryview(b'\\1\\2\\3\\4\\5\\6\\7\\x08')[::2])  # PyPy: takes it
    socket.inet_ntoa(b'abc')
    socket.inet_ntoa(b'')
    socket.inet_ntoa(b'abcde')
    socket.inet_ntoa('abcd')
    socket.inet_ntoa(5)
    socket.inet_ntoa(None)
    [socket.inet_pton(socket.AF_INET, text) for text in ('1.2.3.4', '0.0.0.0')]
    [socket.inet_pton(socket.AF_INET6, text) for text in ('::', '::1', '1:2:3:4:5:6:7:8')]
    socket.inet_pton(socket.AF_INET6, '::ffff:1.2.3.4')
    socket.inet_pton(Index(2), Text('1.2.3.4'))
    [socket.inet_pton(socket.AF_INET, '1.2.3.4') for _ in range(2)]  # the second is known
    socket.inet_pton(socket.AF_INET6, '1.2.3.4')
    socket.inet_pton(99, '1.2.3.4')  # PyPy: gives no errno  # Windows: tells of errno 0
    [socket.inet_ntop(socket.AF_INET6, bytes(16)) for _ in range(2)]
    socket.inet_ntop(socket.AF_INET, bytes(16))
    socket.inet_pton(True, 'x')  # PyPy: gives no errno  # Windows: tells of errno 0
    socket.inet_pton(socket.AF_INET, '1.2.3')
    socket.inet_pton(socket.AF_INET, '::1')
    socket.inet_pton(socket.AF_INET, '')
    socket.inet_pton(socket.AF_INET, ' 1.2.3.4')
    socket.inet_pton(socket.AF_INET, '1.2.3.4\\0')  # PyPy: takes it
    socket.inet_pton(socket.AF_INET6, '1.2.3.4')
    socket.inet_pton(socket.AF_INET6, '::1%lo')
    socket.inet_pton(socket.AF_INET6, ':::')
    socket.inet_pton(99, 'x')  # PyPy: gives no errno  # Windows: tells of errno 0
    socket.inet_pton(-1, '1.2.3.4')  # PyPy: gives no errno  # Windows: tells of errno 0
    socket.inet_pton(2**31, '1.2.3.4')  # PyPy: raises another error
    socket.inet_pton('a', 'x')
    socket.inet_pton(1.5, 'x')
    socket.inet_pton(socket.AF_INET, b'1.2.3.4')
    socket.inet_pton(socket.AF_INET, 5)
    socket.inet_pton(socket.AF_INET, None)
    socket.inet_pton('a', 5)
    socket.inet_ntop(socket.AF_INET, b'\\1\\2\\3\\4')
    socket.inet_ntop(socket.AF_INET6, bytes(15) + b'\\1')
    socket.inet_ntop(socket.AF_INET6, bytes(range(16)))
    socket.inet_ntop(socket.AF_INET6, bytes(10) + b'\\xff\\xff\\1\\2\\3\\4')
    socket.inet_ntop(socket.AF_INET6, bytearray(16))
    socket.inet_ntop(socket.AF_INET6, array.array('I', [0, 0, 0, 0]))
    socket.inet_ntop(Number.ONE, b'')  # PyPy: raises another error
    socket.inet_ntop(socket.AF_INET, b'x')
    socket.inet_ntop(socket.AF_INET, b'')
    socket.inet_ntop(socket.AF_INET, bytes(16))
    socket.inet_ntop(socket.AF_INET6, bytes(4))
    socket.inet_ntop(99, b'x')  # PyPy: raises another error
    socket.inet_ntop(-1, b'abcd')  # PyPy: raises another error
    socket.inet_ntop(2**31, b'abcd')  # PyPy: raises another error
    socket.inet_ntop('a', b'abcd')
    socket.inet_ntop(1.5, b'abcd')
    socket.inet_ntop(socket.AF_INET, 'abcd')
    socket.inet_ntop(socket.AF_INET, 5)
    socket.inet_ntop(socket.AF_INET, None)
    socket.inet_ntop(socket.AF_INET, memoryview(b'abcdefgh')[::2])  # PyPy: takes it
    socket.inet_ntop('a', 5)
""")


def setting_the_name_that_is_set(socket: Any) -> object:
    """It changes nothing, and asks for the privilege all the same."""
    name = os.uname().nodename
    paths = [os.fsencode(name), bytearray(os.fsencode(name)), name]
    return [raised(lambda path: socket.sethostname(path) or 1 / 0, path)[0] for path in paths]


@pytest.mark.parametrize("call", HOSTS + NUMBERS + TEXT)
def test_names(call: Case) -> None:
    check(call)


def test_setting_the_name_that_is_set() -> None:
    check(setting_the_name_that_is_set)
