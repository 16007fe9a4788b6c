"""The functions of C that calls in a trace are calls of, by their names."""

from __future__ import annotations

from .. import _libc
from .._ffi.prototype import Prototype
from .._host import lib

# What is no system call: it may make several, and strace shows those.
LIBRARY_CALLS = frozenset(
    "getaddrinfo freeaddrinfo gai_strerror getnameinfo gethostbyname_r gethostbyaddr_r hstrerror "
    "getservbyname getservbyport getprotobyname inet_aton inet_pton inet_ntop if_nameindex "
    "if_freenameindex if_nametoindex if_indextoname gethostname sethostname "
    "GetAddrInfoW FreeAddrInfoW GetNameInfoW GetComputerNameExW WSAStartup".split()
)

# What os, select and fcntl call, as C has it.  (fcntl and ioctl have no constants on all systems.)
_ELSEWHERE = [
    Prototype("int fcntl(int fd, int cmd, int arg)"),
    Prototype("int ioctl(int fd, unsigned long request, int *argp)"),
    Prototype("ssize_t read(int fd, void *buf, size_t count)"),
    Prototype("ssize_t write(int fd, const void *buf, size_t count)"),
    Prototype("ssize_t readv(int fd, const struct iovec *iov, int iovcnt)"),
    Prototype("ssize_t writev(int fd, const struct iovec *iov, int iovcnt)"),
    Prototype("int dup2(int oldfd, int newfd)"),
    Prototype("int dup3(int oldfd, int newfd, int flags)"),
    Prototype("ssize_t sendfile(int out_fd, int in_fd, off_t *offset, size_t count)"),
    Prototype(
        "int select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,"
        " struct timeval *timeout)"
    ),
    Prototype("int epoll_create1(int flags)"),
    Prototype("int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)"),
    Prototype(
        "int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)"
    ),
]
PROTOTYPES = {prototype.name: prototype for prototype in [*_libc.PROTOTYPES, *_ELSEWHERE]}
PROTOTYPES.update(lib.prototypes)  # on Windows these are Winsock's

# What a watcher of these is given (``elsewhere``, ``files``), by the names in its events.
ELSEWHERE = {
    "dup": "int",
    "dup2": "int int int",
    "close": "int",
    "read": "int pointer int",
    "write": "int pointer int",
    "readv": "int pointer int",
    "writev": "int pointer int",
    "fcntl": "int int pointer",
    "ioctl": "int int pointer",
    "get_blocking": "int",
    "get_inheritable": "int",
    "set_inheritable": "int int",
    "set_blocking": "int int int?",
    "sendfile": "int int pointer int",
    "select": "fds fds fds seconds?",
    "poll": "pairs int int",
    "epoll_create1": "int? int?",
    "epoll_ctl": "int int int int?",
    "epoll_wait": "int int int",
}
