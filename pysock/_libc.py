"""POSIX: the platforms' ABIs, the structs that follow from an ABI, and the prototypes.

Everything here is data that can be looked at on any host; only ``load`` loads a library.

``_ABIS`` is a table of platforms.  Its columns are the respects in which platforms differ
(``_ffi.abi.ABI`` explains them).  ``structs`` declares each struct once for all platforms.
``PROTOTYPES`` has the functions as their manual pages print them, each with its convention for
failure (``_ffi.errors``).

The module is the platform API of POSIX systems.  ``_host`` lists its names; ``_winsock`` has
the same names for Windows.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import partial
from operator import attrgetter

from . import _constants
from ._ffi import arguments, interpreter
from ._ffi.abi import ABI
from ._ffi.errors import in_line, minus_one, null, without_file
from ._ffi.interpreter import open_library
from ._ffi.prototype import Library, Prototype, bind
from ._platform import target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

# --- platforms -----------------------------------------------------------------------


_INT, _UINT, _LEN, _SIZE = "int", "unsigned int", "socklen_t", "size_t"

# fmt: off
_ABIS = {
    # name          sa_len sun_path storage msg_iovlen controllen cmsg_len align canon_1st nfds_t
    "linux-gnu":  (False, 108,     128,    _SIZE,     _SIZE,     _SIZE,   0,    False,    _SIZE),
    "linux-musl": (False, 108,     128,    _INT,      _LEN,      _LEN,    0,    False,    _SIZE),
    "darwin":     (True,  104,     128,    _INT,      _LEN,      _LEN,    4,    True,     _UINT),
    "freebsd":    (True,  104,     128,    _INT,      _LEN,      _LEN,    0,    True,     _UINT),
    "netbsd":     (True,  104,     128,    _INT,      _LEN,      _LEN,    0,    True,     _UINT),
    "openbsd":    (True,  104,     256,    _UINT,     _LEN,      _LEN,    0,    False,    _UINT),
    # For Windows' addresses and control messages only: _winheaders has its msghdr.
    "windows":    (False, 108,     128,    _UINT,     _UINT,     _SIZE,   0,    True,     _UINT),
}

# What differs in the functions.  macOS and OpenBSD have no gethostby*_r; NetBSD's have other
# parameters, and stand in no header of it.  The kernels of macOS and NetBSD look at O_NONBLOCK
# alone, and not at MSG_DONTWAIT, when a send would have to wait for room.
_FUNCTIONS = {
    # name       hostent_r dontwait_sends
    "darwin":   (False,    False),
    "netbsd":   (False,    False),
    "openbsd":  (False,    True),
}
# fmt: on

# The symbols that programs are linked to where a header renames a function: its plain symbol is
# an older version, kept for older programs.  ``python -m tools.abi --check`` compares this with
# the headers.
_SYMBOLS = {
    "netbsd": {"socket": "__socket30"},
    "linux-gnu-time64": {
        "getsockopt": "__getsockopt64",
        "setsockopt": "__setsockopt64",
        "sendmsg": "__sendmsg64",
        "recvmsg": "__recvmsg64",
    },
}

# An alignment of 0 is that of a pointer.  But some BSDs align control messages like a long
# double (_ALIGNBYTES), and that takes 16 bytes on these processors:
_LONG_DOUBLE = {"netbsd": ("aarch64", "riscv64", "sparc64"), "openbsd": ("sparc64",)}


_BIG_ENDIAN = ("hppa", "mips", "mips64", "powerpc", "ppc64", "s390x", "sparc64")
_NARROW = ("armhf", "generic32", "hppa", "i386", "mips", "mipsel", "powerpc")


def order_of(target: str) -> Any:
    """The byte order of a target's processor, ``"little"`` or ``"big"``."""
    processor = target.replace("-time64", "").rpartition("-")[2]
    if processor.startswith("generic"):  # the host's processor, which the tables do not name
        return sys.byteorder
    return "big" if processor in _BIG_ENDIAN else "little"


def abi_of(target: str) -> ABI:
    """The ABI of a target: ``linux-gnu-x86_64``, ``darwin-arm64``, ``freebsd-i386``, …

    Raises ValueError for an unknown target, TypeError for what is no str.
    """
    if not isinstance(target, str):
        raise TypeError(f"expected the name of a platform, not {type(target).__name__}")
    constants = {**_constants.table(target), **_constants.internal(target)}
    name, _, processor = target.replace("-time64", "").rpartition("-")
    columns: dict[str, Any] = dict(zip(_COLUMNS, _ABIS[name]))
    if name in _FUNCTIONS:
        columns["hostent_r"], columns["dontwait_sends"] = _FUNCTIONS[name]
    columns["symbols"] = _SYMBOLS.get(f"{name}-time64" if target.endswith("-time64") else name, {})
    bits = 32 if processor in _NARROW else 64
    if processor in _LONG_DOUBLE.get(name, ()):
        columns["cmsg_align"] = 16
    # musl has POSIX's 32-bit lengths, and pads them to the 64 bits of the kernel's.
    columns["padded"] = name == "linux-musl" and bits == 64
    columns["cmsg_data_last"] = name == "linux-musl"
    return ABI(target, bits=bits, order=order_of(target), constants=constants, **columns)


_COLUMNS = (
    "sa_len",
    "sun_path",
    "storage",
    "msg_iovlen",
    "msg_controllen",
    "cmsg_len",
    "cmsg_align",
    "canonname_first",
    "nfds",
)


# --- structs -------------------------------------------------------------------------


def structs(abi: ABI) -> dict[str, Any]:
    """The structs of the socket API, except addresses, on the platform of ``abi``, by name.

    For example ``struct msghdr`` on 64-bit platforms; a cell is 8 bytes, ``pad`` is 4 of them:

        offset  0      8             16    24           32        40               48
        glibc   | name | namelen pad | iov | iovlen     | control | controllen     | flags pad |
        musl    | name | namelen pad | iov | iovlen pad | control | controllen pad | flags pad |
        BSD     | name | namelen pad | iov | iovlen pad | control | controllen flags |
    """

    def length(name: str, ctype: str) -> list[tuple[str, Any]]:
        pad = [(f"__pad_{name}", "int")] if abi.padded else []
        return [*pad, (name, ctype)] if abi.order == "big" else [(name, ctype), *pad]

    named = [("ai_canonname", "void *"), ("ai_addr", "void *")]
    made = [
        abi.struct("iovec", ("iov_base", "void *"), ("iov_len", "size_t")),
        abi.struct(
            "msghdr",
            ("msg_name", "void *"),
            ("msg_namelen", "socklen_t"),
            ("msg_iov", "void *"),
            *length("msg_iovlen", abi.msg_iovlen),
            ("msg_control", "void *"),
            *length("msg_controllen", abi.msg_controllen),
            ("msg_flags", "int"),
        ),
        abi.struct(
            "cmsghdr",
            *length("cmsg_len", abi.cmsg_len),
            ("cmsg_level", "int"),
            ("cmsg_type", "int"),
        ),
        abi.struct("pollfd", ("fd", "int"), ("events", "short"), ("revents", "short")),
        abi.struct(
            "addrinfo",
            ("ai_flags", "int"),
            ("ai_family", "int"),
            ("ai_socktype", "int"),
            ("ai_protocol", "int"),
            ("ai_addrlen", "socklen_t"),
            *(named if abi.canonname_first else named[::-1]),
            ("ai_next", "void *"),
        ),
        abi.struct(
            "hostent",
            ("h_name", "void *"),
            ("h_aliases", "void *"),
            ("h_addrtype", "int"),
            ("h_length", "int"),
            ("h_addr_list", "void *"),
        ),
        abi.struct(
            "servent",
            ("s_name", "void *"),
            ("s_aliases", "void *"),
            ("s_port", "int"),
            ("s_proto", "void *"),
        ),
        abi.struct("protoent", ("p_name", "void *"), ("p_aliases", "void *"), ("p_proto", "int")),
        abi.struct("if_nameindex", ("if_index", "unsigned int"), ("if_name", "void *")),
    ]
    return {struct.__name__: struct for struct in made}


# --- functions -----------------------------------------------------------------------

# in_line: the caller tests the result itself; if a call may have to wait, _calls.wait decides.
PROTOTYPES = [
    # sys/socket.h: a socket's life
    Prototype("int socket(int domain, int type, int protocol)", in_line),
    Prototype("int socketpair(int domain, int type, int protocol, int sv[2])", in_line),
    Prototype("int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen)", in_line),
    Prototype("int listen(int sockfd, int backlog)", in_line),
    Prototype("int accept(int sockfd, struct sockaddr *addr, socklen_t *addrlen)", in_line),
    Prototype(
        "int accept4(int sockfd, struct sockaddr *addr, socklen_t *addrlen, int flags)", in_line
    ),
    Prototype("int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen)", in_line),
    Prototype("int shutdown(int sockfd, int how)", in_line),
    Prototype("int close(int fd)", in_line),
    # sys/socket.h: data
    Prototype(
        "ssize_t send(int sockfd, const void *buf, size_t len, int flags)",
        in_line,
        dontwait=True,
        sends=True,
    ),
    Prototype(
        "ssize_t recv(int sockfd, void *buf, size_t len, int flags)", in_line, dontwait=True
    ),
    Prototype(
        "ssize_t sendto(int sockfd, const void *buf, size_t len, int flags,"
        " const struct sockaddr *dest_addr, socklen_t addrlen)",
        in_line,
        dontwait=True,
        sends=True,
    ),
    Prototype(
        "ssize_t recvfrom(int sockfd, void *buf, size_t len, int flags,"
        " struct sockaddr *src_addr, socklen_t *addrlen)",
        in_line,
        dontwait=True,
    ),
    Prototype(
        "ssize_t sendmsg(int sockfd, const struct msghdr *msg, int flags)",
        in_line,
        dontwait=True,
        sends=True,
    ),
    Prototype(
        "ssize_t recvmsg(int sockfd, struct msghdr *msg, int flags)", in_line, dontwait=True
    ),
    # sys/socket.h: queries and options, which never block
    Prototype(
        "int getsockname(int sockfd, struct sockaddr *addr, socklen_t *addrlen)",
        in_line,
        keeps_gil=True,
    ),
    Prototype(
        "int getpeername(int sockfd, struct sockaddr *addr, socklen_t *addrlen)",
        in_line,
        keeps_gil=True,
    ),
    Prototype(
        "int getsockopt(int sockfd, int level, int optname, void *optval, socklen_t *optlen)",
        in_line,
        retried_for_errno=True,
    ),
    Prototype(
        "int setsockopt(int sockfd, int level, int optname, const void *optval, socklen_t optlen)",
        in_line,
        retried_for_errno=True,
    ),
    # poll.h
    Prototype("int poll(struct pollfd *fds, nfds_t nfds, int timeout)", in_line),
    # netdb.h
    Prototype(
        "int getaddrinfo(const char *node, const char *service,"
        " const struct addrinfo *hints, struct addrinfo **res)",
        in_line,
    ),
    Prototype("void freeaddrinfo(struct addrinfo *res)"),
    Prototype("const char *gai_strerror(int errcode)"),
    Prototype(
        "int getnameinfo(const struct sockaddr *addr, socklen_t addrlen,"
        " char *host, socklen_t hostlen, char *serv, socklen_t servlen, int flags)",
        in_line,
    ),
    Prototype(
        "int gethostbyname_r(const char *name, struct hostent *ret, char *buf, size_t buflen,"
        " struct hostent **result, int *h_errnop)",
        needs="hostent_r",
    ),
    Prototype(
        "int gethostbyaddr_r(const void *addr, socklen_t len, int type, struct hostent *ret,"
        " char *buf, size_t buflen, struct hostent **result, int *h_errnop)",
        needs="hostent_r",
    ),
    Prototype("struct hostent *gethostbyname(const char *name)"),
    Prototype("struct hostent *gethostbyaddr(const void *addr, socklen_t len, int type)"),
    Prototype("int *__h_errno(void)"),
    Prototype("const char *hstrerror(int err)"),
    Prototype("struct servent *getservbyname(const char *name, const char *proto)"),
    Prototype("struct servent *getservbyport(int port, const char *proto)"),
    Prototype("struct protoent *getprotobyname(const char *name)"),
    # arpa/inet.h
    Prototype("int inet_aton(const char *cp, struct in_addr *inp)", in_line, keeps_gil=True),
    Prototype("int inet_pton(int af, const char *src, void *dst)", in_line, keeps_gil=True),
    Prototype("const char *inet_ntop(int af, const void *src, char *dst, socklen_t size)"),
    # net/if.h
    Prototype("struct if_nameindex *if_nameindex(void)"),
    Prototype("void if_freenameindex(struct if_nameindex *ptr)"),
    Prototype("unsigned int if_nametoindex(const char *ifname)"),
    Prototype("char *if_indextoname(unsigned int ifindex, char *ifname)", null),
    # ifaddrs.h
    Prototype("int getifaddrs(struct ifaddrs **ifap)", minus_one),
    Prototype("void freeifaddrs(struct ifaddrs *ifa)"),
    # sys/sysctl.h: macOS and the BSDs
    Prototype(
        "int sysctl(const int *name, unsigned int namelen, void *oldp, size_t *oldlenp,"
        " const void *newp, size_t newlen)",
        minus_one,
        needs="sa_len",
    ),
    # unistd.h
    Prototype("int gethostname(char *name, size_t len)", in_line, keeps_gil=True),
    Prototype("int sethostname(const char *name, size_t len)", minus_one),
]


def load(abi: ABI) -> tuple[Library, Library]:
    """``(lib, lib_keeping_gil)``: the functions of the libraries that this process has loaded.

    ``lib_keeping_gil`` is for calls with MSG_DONTWAIT (its ``dontwait``).  Those that the flag
    keeps from blocking keep the GIL.  If they released it, they would wait to get it back from a
    thread that computes: 5 ms, Python's switch interval.  A send that may block even so releases
    it.  The library also has the functions that are retried for their errno, for a first attempt
    that drops it.
    """
    loaded = open_library(None)
    lib, lib_keeping_gil = Library(abi.constants), Library(abi.constants)
    known = [each for each in PROTOTYPES if each.needs is None or getattr(abi, each.needs)]
    bind(lib, known, loaded, abi.types, symbols=abi.symbols)
    quick = [each for each in known if each.dontwait and (abi.dontwait_sends or not each.sends)]
    quick += [each for each in known if each.retried_for_errno]
    bind(lib_keeping_gil, quick, loaded, abi.types, symbols=abi.symbols, keeps_gil=True)
    slow = [each for each in known if each.dontwait and each not in quick]
    bind(lib_keeping_gil, slow, loaded, abi.types, symbols=abi.symbols)
    lib_keeping_gil.dontwait = abi.constants["MSG_DONTWAIT"]
    lib_keeping_gil.releasing = lib
    if not abi.hostent_r:
        vars(lib)["h_errno"] = _h_errno(lib, loaded)
    return lib, lib_keeping_gil


def load_mmsg(abi: ABI) -> Library:
    """``sendmmsg(2)`` and ``recvmmsg(2)``, if there are any, for ``pysock.datagrams``.

    FreeBSD counts in a ssize_t and takes a size_t; NetBSD and OpenBSD have Linux' declarations.
    The time of recvmmsg's timeout is never given, so its type does not matter.
    """
    lib = Library(abi.constants)
    if "MSG_WAITFORONE" in abi.constants and abi.name.startswith(("linux", "netbsd", "openbsd")):
        vector = "int sockfd, struct mmsghdr *msgvec, unsigned int vlen, int flags"
        prototypes = [
            Prototype(f"int sendmmsg({vector})", in_line),
            Prototype(f"int recvmmsg({vector}, void *timeout)", in_line),
        ]
        bind(lib, prototypes, open_library(None), abi.types, symbols=abi.symbols)
    return lib


def _h_errno(lib: Library, loaded: ctypes.CDLL) -> Callable[[], int]:
    """A function that reads ``h_errno``: a variable, or an int to which a function points."""
    if hasattr(lib, "__h_errno"):
        return lambda: ctypes.c_int.from_address(lib.__h_errno()).value
    try:
        variable = ctypes.c_int.in_dll(loaded, "h_errno")
    except ValueError:
        return lambda: lib.constants["NETDB_INTERNAL"]  # it does not say why
    return lambda: variable.value


# --- descriptors ---------------------------------------------------------------------
#
# fcntl(2) and ioctl(2) are variadic, and Apple silicon passes variadic arguments differently
# from declared ones.  So the few tasks that need them are left to ``os``.

# Not the functions in ``os``, where a program may have put its own by now, as gevent does; and each
# in an object that nobody else has, since others look for them in all modules (pyfakefs).  PyPy's
# partial is written in Python: a signal handler may raise in it.
_posix: Any = sys.modules.get("posix", os)
_private: Any = attrgetter("__call__") if interpreter.PYPY else partial
duplicate = _private(_posix.dup)


def claim_duplicates(owned: list[int], fds: Iterable[int]) -> None:
    """``dup(2)``: append new descriptors to ``owned`` in one step of C (``_calls.descriptor``).

    Raises OSError.
    """
    try:
        owned.extend(map(duplicate, fds))
    except OSError as error:
        without_file(error)
        raise


close_without_memory = _private(_posix.close)
# In one step of Python: no signal handler runs before what comes next in the same ``map``.
set_blocking_in_step = _private(getattr(_posix, "set_blocking", int))  # os of Windows lacks it

if interpreter.PYPY and hasattr(_posix, "set_blocking"):
    # ``os`` makes two calls there, F_GETFL and F_SETFL.  If another thread closes the descriptor in
    # between, and opens another one of that number, the second call would change that one's mode.
    from fcntl import ioctl

    _FIONBIO = _constants.internal(target)["FIONBIO"]
    _BLOCKING, _NOT_BLOCKING = bytes(ctypes.c_int(0)), bytes(ctypes.c_int(1))

    def set_blocking(of: Any, blocking: bool) -> None:
        """``ioctl(2)`` with FIONBIO, as on CPython; OSError if it fails.

        ``of`` is a descriptor or a socket, whose descriptor is read last (``_calls.transfer``).  Of
        -1 PyPy says ValueError, of the number that no descriptor has the kernel says EBADF.
        """
        mode = _BLOCKING if blocking else _NOT_BLOCKING
        ioctl((of if type(of) is int else of._sock_fd_) & arguments.INT_MAX, _FIONBIO, mode)

else:
    set_blocking = set_blocking_in_step

get_inheritable = os.get_inheritable
set_inheritable = os.set_inheritable


def release_descriptor(fd: int, blocking: bool) -> None:
    """Prepare a descriptor that leaves its socket object: nothing to do, except on Windows."""


# --- what is different on Windows ----------------------------------------------------

descriptor = arguments.descriptor
given_descriptor = arguments.given_descriptor
text_at = interpreter.text_at  # the text that ai_canonname points to

# What an errno means to ``_calls.wait`` and ``_methods.connection``.
WOULD_BLOCK = frozenset((errno.EAGAIN, errno.EWOULDBLOCK))
INTERRUPTED = errno.EINTR
CONNECTING = errno.EINPROGRESS
STILL_CONNECTING = errno.EALREADY
CONNECTED = errno.EISCONN
TIMED_OUT = errno.ETIMEDOUT

# Whether CPython raises the audit event ``socket.__new__`` for a given descriptor, too.
TELLS_OF_GIVEN = True

LONGEST_TIMEOUT = 2**63  # nanoseconds: all that fit CPython's type for a time

# Whether the kernel waits for a socket in blocking mode; otherwise ``_calls.wait`` does.
KERNEL_WAITS = True


# Public functions that this system lacks, and public names that only this system has.
LACKING: tuple[str, ...] = ("fromshare",)
OWN_NAMES: dict[str, Any] = {}


def complete(socket: type) -> None:
    """Add to the class ``Socket`` what only this system has: nothing."""


# Whether create_server sets SO_REUSEADDR.  Here, unlike on Windows, the option lets a server
# restart at an address that has connections in TIME_WAIT, and never lets two servers share it.
REUSE_ADDRESS = True
