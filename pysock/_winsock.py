"""Winsock as a platform API: the names of ``_libc``, for Windows.

If Winsock has a function of POSIX, the prototype in ``_winheaders`` is enough.  For any other
function, ``Winsock`` has a method with POSIX's name and arguments that calls Winsock's function.

No call waits inside Windows, because Ctrl-C does not interrupt a thread that does.  All handles
are non-blocking.  In blocking mode, too, ``_calls.wait`` waits, by select() for a tenth of a
second at a time; in between Python runs its signal handlers.
"""

from __future__ import annotations

import os
from ctypes import (
    byref,
    c_int32,
    c_uint32,
    c_void_p,
    c_wchar,
    cast,
    memmove,
    memset,
    sizeof,
    wstring_at,
)
from threading import get_ident, main_thread
from types import MethodType

from ._ffi import arguments, winerror
from ._ffi.errors import from_errno
from ._ffi.interpreter import number_in, open_library, pop_errno, set_errno
from ._ffi.prototype import Library, bind, signature
from ._winheaders import EXTENSIONS, PROTOTYPES, structs, types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ._ffi.abi import ABI

__all__ = ["structs"]

# What an error means to ``_calls.wait`` and ``_methods.connection``.
WOULD_BLOCK = frozenset((10035,))  # WSAEWOULDBLOCK
INTERRUPTED = 10004  # WSAEINTR
CONNECTING = 10035  # WSAEWOULDBLOCK, not WSAEINPROGRESS, which means something else
STILL_CONNECTING = 10037  # WSAEALREADY
CONNECTED = 10056  # WSAEISCONN
TIMED_OUT = 10060  # WSAETIMEDOUT
_MESSAGE_SIZE = 10040  # WSAEMSGSIZE

TELLS_OF_GIVEN = False
LONGEST_TIMEOUT = (2**31 - 1) * 10**6  # nanoseconds; CPython has an int of milliseconds
KERNEL_WAITS = False
_SLICE = 100  # milliseconds of one wait in the thread that runs signal handlers (Ctrl-C)
_LONG_SLICE = 1000  # milliseconds in other threads, until they see that a socket was closed

# Here SO_REUSEADDR would let two servers share an address.  No option is needed to restart a
# server at an address that has connections in TIME_WAIT.
REUSE_ADDRESS = False


class Winsock(Library):
    """The functions of ws2_32, iphlpapi and kernel32, and POSIX's names for those that differ."""

    def __init__(self, abi: ABI) -> None:
        super().__init__(abi.constants)
        self.types, self.structs = types(abi), structs(abi)
        for name, prototypes in PROTOTYPES.items():
            bind(self, prototypes, open_library(name), self.types)
        name = "recvfrom"  # by which type checkers know no attribute
        setattr(self, name, self._clearing(getattr(self, name)))
        data = (self.types["char"] * 512)()  # WSADATA, 408 bytes at most
        code = self.WSAStartup(0x0202, data)  # version 2.2
        if code:
            raise from_errno(code)

    # --- a socket's life -------------------------------------------------------------

    def socket(self, domain: int, type: int, protocol: int, info: Any = None) -> int:
        """``socket(2)``: a non-blocking handle that no child process inherits."""
        flags = self.constants["WSA_FLAG_OVERLAPPED"] | self.constants["WSA_FLAG_NO_HANDLE_INHERIT"]
        handle: int = self.WSASocketW(domain, type, protocol, info, 0, flags)
        try:
            self.set_blocking(handle, False)
        except BaseException:
            self.close(handle)
            raise
        return handle

    def received(self, info: Any) -> int:
        """A new handle of the socket that ``info``, a WSAPROTOCOL_INFOW of any process, names."""
        unknown = self.constants["FROM_PROTOCOL_INFO"]
        return self.socket(unknown, unknown, unknown, byref(info))

    def shared(self, handle: int, process: int) -> Any:
        """A WSAPROTOCOL_INFOW, from which ``process`` (a process id) can make this socket."""
        info = self.structs["WSAPROTOCOL_INFOW"]()
        self.WSADuplicateSocketW(handle, process, byref(info))
        return info

    def set_blocking(self, handle: int, blocking: bool) -> None:
        """``ioctl(2)`` with FIONBIO, which is ``ioctlsocket`` here; OSError if it fails."""
        self.ioctlsocket(handle, self.constants["FIONBIO"], byref(c_uint32(not blocking)))

    def close(self, handle: int) -> int:
        """``close(2)``."""
        result: int = self.closesocket(handle)
        return result

    def poll(self, fds: Any, nfds: int, timeout: int) -> int:
        """``poll(2)`` of one socket.  It may return 0 early, after one slice of ``timeout``.

        It calls select(), since before Windows 10 2004 WSAPoll() did not report a failed
        connection.  select() reports that in its third set, which is used for POLLERR.
        """
        entry, fd_set = fds._obj, self.structs["fd_set"]
        bits = [self.constants[name] for name in ("POLLIN", "POLLOUT", "POLLERR")]
        sets = [fd_set(1, entry.fd) if entry.events & bit else None for bit in bits]
        most = _SLICE if _hears_signals() else _LONG_SLICE
        timeout = min(timeout, most) if timeout >= 0 else most
        limit = self.structs["timeval"](timeout // 1000, timeout % 1000 * 1000)
        pointers = [None if each is None else byref(each) for each in sets]
        n: int = self.select(0, *pointers, byref(limit))
        entry.revents = sum(bit for bit, each in zip(bits, sets) if each and each.fd_count)
        return n

    @staticmethod
    def _clearing(recvfrom: Any) -> Any:
        """A ``recvfrom`` that sets the address to zeros first: an address without a family.

        For a stream, Windows writes neither an address nor its length, and the memory may have
        the address of an earlier call in it.
        """

        def cleared(s: int, buf: Any, len: int, flags: int, src_addr: Any, addrlen: Any) -> int:
            memset(src_addr, 0, 16)
            n: int = recvfrom(s, buf, len, flags, src_addr, addrlen)
            return n

        return cleared

    # --- messages --------------------------------------------------------------------

    def _extension(self, handle: int, name: str) -> Any:
        """A function of the socket's provider, which no library has."""
        guid, prototype = EXTENSIONS[name]
        pointer, size = c_void_p(), c_uint32()
        code = self.constants["SIO_GET_EXTENSION_FUNCTION_POINTER"]
        self.WSAIoctl(
            *(handle, code, guid, len(guid)),
            *(byref(pointer), sizeof(pointer), byref(size), None, None),
        )
        return winerror.function_at(pointer.value or 0, *signature(prototype, self.types))

    def sendmsg(self, handle: int, msg: Any, flags: int) -> int:
        """``sendmsg(2)``, by WSASendTo for all sockets; only control messages need WSASendMsg."""
        sent, m = c_uint32(), self._msghdr(msg)
        if m.msg_controllen:
            call = self._extension(handle, "WSASendMsg")
            failed = call(handle, msg, flags, byref(sent), None, None)
        else:
            to = m.msg_name, m.msg_namelen
            failed = self.WSASendTo(
                handle, m.msg_iov, m.msg_iovlen, byref(sent), flags, *to, None, None
            )
        return -1 if failed else sent.value

    def recvmsg(self, handle: int, msg: Any, flags: int) -> int:
        """``recvmsg(2)``: a message that is longer than its buffers is cut, with MSG_TRUNC.

        By WSARecvMsg, which is for datagrams and raw sockets only; for a stream, by WSARecv.
        """
        received, m = c_uint32(), self._msghdr(msg)
        if self._type(handle) == self.constants["SOCK_STREAM"]:
            msg_flags = c_uint32(flags)
            if self.WSARecv(
                handle, m.msg_iov, m.msg_iovlen, byref(received), byref(msg_flags), None, None
            ):
                return -1
            m.msg_namelen, m.msg_controllen, m.msg_flags = 0, 0, msg_flags.value
            return received.value
        call = self._extension(handle, "WSARecvMsg")
        lengths = m.msg_namelen, m.msg_controllen
        m.msg_flags = flags
        if call(handle, msg, byref(received), None, None):
            number = pop_errno()
            cut = self.constants["MSG_TRUNC"] | self.constants["MSG_CTRUNC"]
            # A cut message is a result only if Windows has counted its bytes.
            if number != _MESSAGE_SIZE or not (m.msg_flags & cut and received.value):
                m.msg_namelen, m.msg_controllen = lengths  # for the next attempt
                set_errno(number)
                return -1
        return received.value

    def _msghdr(self, pointer: Any) -> Any:
        """The ``msghdr`` at a pointer."""
        return self.structs["msghdr"].from_address(cast(pointer, c_void_p).value or 0)

    def _type(self, handle: int) -> int:
        kind, length = c_int32(), c_int32(4)
        option = self.constants["SOL_SOCKET"], self.constants["SO_TYPE"]
        if self.getsockopt(handle, *option, byref(kind), byref(length)):
            raise from_errno(pop_errno())
        return kind.value

    # --- names -----------------------------------------------------------------------

    def getaddrinfo(self, node: Any, service: Any, hints: Any, res: Any) -> int:
        """``getaddrinfo(3)``."""
        code: int = self.GetAddrInfoW(_wide(node), _wide(service), hints, res)
        return code

    def freeaddrinfo(self, res: Any) -> None:
        """``freeaddrinfo(3)``."""
        self.FreeAddrInfoW(res)

    def gai_strerror(self, errcode: int) -> bytes:
        """``gai_strerror(3)``, which Winsock does not export: CPython's text in its place."""
        return b"getaddrinfo failed"

    def getnameinfo(
        self, addr: Any, addrlen: int, host: Any, hostlen: int, serv: Any, servlen: int, flags: int
    ) -> int:
        """``getnameinfo(3)``."""
        wide = _Text(), _Text()
        code: int = self.GetNameInfoW(addr, addrlen, wide[0], hostlen, wide[1], servlen, flags)
        if not code:
            host._obj.value, serv._obj.value = (each.value.encode() for each in wide)
        return code

    def gethostbyname_r(self, name: bytes, *answer: Any) -> None:
        """``gethostbyname_r(3)``: in Winsock, ``gethostbyname`` has a result for each thread."""
        self._hostent(self.gethostbyname(name), *answer)

    def gethostbyaddr_r(self, addr: bytes, len: int, type: int, *answer: Any) -> None:
        """``gethostbyaddr_r(3)``."""
        self._hostent(self.gethostbyaddr(addr, len, type), *answer)

    def _hostent(
        self, at: int | None, ret: Any, buf: Any, buflen: int, result: Any, h_errnop: Any
    ) -> None:
        if at:
            memmove(ret, at, sizeof(ret._obj))
            result._obj.value = at
        else:
            h_errnop._obj.value = pop_errno()

    def hstrerror(self, err: int) -> bytes:
        """``hstrerror(3)``, which Winsock lacks: CPython's text in its place."""
        return b"host not found"

    def inet_aton(self, cp: bytes, inp: Any) -> bool:
        """``inet_aton(3)``: whether ``cp`` is an address, which is then written to ``inp``."""
        packed = self.inet_addr(cp)
        if packed == 0xFFFFFFFF and cp != b"255.255.255.255":
            return False
        memmove(inp, byref(c_uint32(packed)), 4)
        return True

    def gethostname(self, name: Any, len: int) -> int:
        """``gethostname(2)``, by a Unicode function; OSError if it fails."""
        wide = _Text()
        # 5: ComputerNamePhysicalDnsHostname
        if not self.GetComputerNameExW(5, wide, byref(c_uint32(len))):
            raise from_errno(pop_errno())
        name._obj.value = os.fsencode(wide.value)
        return 0

    def if_nameindex(self) -> int:
        """``if_nameindex(3)``."""
        table = c_void_p()
        code = self.GetIfTable2Ex(1, byref(table))  # MibIfTableRaw
        if code:
            raise from_errno(code)
        at, row = table.value or 0, self.structs["MIB_IF_ROW2"]
        found = []
        try:
            for i in range(c_uint32.from_address(at).value):
                interface = row.from_address(at + 8 + i * sizeof(row))
                found.append((interface.InterfaceIndex, self._interface(interface.InterfaceLuid)))
        finally:
            self.FreeMibTable(table)
        entry = self.structs["if_nameindex"]
        entries = bytearray(sizeof(entry) * (len(found) + 1))
        names = [number_in(memoryview(name)) for _, name in found]
        for i, (index, _) in enumerate(found):
            each = entry.from_buffer(entries, i * sizeof(entry))
            each.if_index, each.if_name = index, names[i][0]
        address, owner = number_in(memoryview(entries))
        self._interfaces[address] = owner, names
        return address

    def if_freenameindex(self, ptr: int) -> None:
        """``if_freenameindex(3)``."""
        del self._interfaces[ptr]

    _interfaces: dict[int, Any] = {}  # owners of if_nameindex()'s memory, by its address

    def _interface(self, luid: int) -> bytes:
        name = _Text()
        number = self.types["uint64_t"](luid)
        code = self.ConvertInterfaceLuidToNameW(byref(number), name, len(name))
        if code:
            raise from_errno(code)
        return os.fsencode(name.value)


_Text = c_wchar * 1025  # room for any name: NI_MAXHOST


def _wide(text: bytes | None) -> str | None:
    # No host has a name that is not UTF-8, so Windows will report the error.
    return None if text is None else text.decode("utf-8", "replace")


def _hears_signals() -> bool:
    """Whether this is the thread in which Python runs signal handlers."""
    return get_ident() == main_thread().ident


_lib: Winsock


def load(abi: ABI) -> tuple[Winsock, Winsock]:
    """Winsock, initialized: twice the same library, as no call blocks in it."""
    global _lib
    _lib = Winsock(abi)
    return _lib, _lib


# --- handles -------------------------------------------------------------------------

# Only os of Windows has these functions.
get_inheritable: Any = getattr(os, "get_handle_inheritable", None)
set_inheritable: Any = getattr(os, "set_handle_inheritable", None)


def duplicate(handle: int) -> int:
    """``dup(2)``; OSError if it fails."""
    return _lib.received(_lib.shared(handle, os.getpid()))


def close_without_memory(handle: int) -> None:
    """``closesocket``: there is no way to it but ctypes."""
    _lib.close(handle)


def set_blocking(of: Any, blocking: bool) -> None:
    """Make a handle, or that of a socket, non-blocking in any mode: the kernel never waits."""
    _lib.set_blocking(of if type(of) is int else of._sock_fd_, False)


set_blocking_in_step = set_blocking


def claim_duplicates(owned: list[int], handles: Iterable[int]) -> None:
    """``dup(2)``: append new handles to ``owned`` (see ``_calls.descriptor``)."""
    owned.extend(map(duplicate, handles))


def release_descriptor(handle: int, blocking: bool) -> None:
    """Prepare a handle that leaves its socket object: if that is in blocking mode, it blocks."""
    if handle != -1 and blocking:
        _lib.set_blocking(handle, True)


def descriptor(value: Any) -> int:
    """``value`` as a socket's handle; TypeError or OverflowError if it is none."""
    number = arguments.index_or_int(value)
    if not -(2**63) <= number < 2**63:
        raise OverflowError("int too big to convert")
    return number


def given_descriptor(value: Any) -> int:
    """``value`` as the handle of a new socket object; ValueError if it is INVALID_SOCKET."""
    if isinstance(value, bytes):
        _shared(value)
        raise TypeError("what share() makes is for fromshare()")
    number = descriptor(arguments.index(value))
    if number == -1:  # INVALID_SOCKET
        raise ValueError("negative file descriptor")
    return number


def text_at(address: int) -> bytes:
    """The text that ai_canonname points to, which is UTF-16, as bytes."""
    return wstring_at(address).encode()


def received(info: Any) -> tuple[int, int, int, int]:
    """``(handle, family, type, protocol)`` from the bytes that ``share`` made in some process."""
    with arguments.view_of(info) as view:
        known = _shared(view.tobytes())
    handle = _lib.received(known)
    return handle, known.iAddressFamily, known.iSocketType, known.iProtocol


def _shared(raw: bytes) -> Any:
    struct = _lib.structs["WSAPROTOCOL_INFOW"]
    if len(raw) != sizeof(struct):
        raise ValueError(
            f"socket descriptor string has wrong size, should be {sizeof(struct)} bytes."
        )
    return struct.from_buffer_copy(raw)


def shown(numbers: dict[str, int]) -> dict[str, int]:
    """The constants that are public, of all the platform's ``numbers``.

    Programs test for a name to find out whether Windows has the feature.  So AF_UNIX is public
    only if this Windows can make such a socket; and of TCP's options, only those that CPython
    has.
    """
    tcp = ("FASTOPEN", "KEEPCNT", "KEEPIDLE", "KEEPINTVL", "MAXSEG", "NODELAY")
    return {
        name: number
        for name, number in numbers.items()
        if (name != "AF_UNIX" or _creates(number))
        and (name[:4] != "TCP_" or name[4:] in tcp)
    }


def _creates(family: int) -> bool:
    try:
        return _lib.close(_lib.socket(family, _lib.constants["SOCK_STREAM"], 0)) == 0
    except OSError:
        return False


# --- what only Windows has -----------------------------------------------------------


def share(self: Any, process_id: int, /) -> bytes:
    """``WSADuplicateSocketW``: bytes from which ``fromshare`` makes this socket in a process.

    ``process_id`` is that process.  Does not block.  Raises OSError.
    """
    process_id = arguments.c_uint(process_id)
    # The other process expects a handle that blocks, if this socket is in blocking mode.
    release_descriptor(self._sock_fd_, self._sock_timeout_ is None)
    return bytes(_lib.shared(self._sock_fd_, process_id))


def ioctl(self: Any, control: int, option: Any, /) -> int:
    """``WSAIoctl``: SIO_RCVALL, SIO_KEEPALIVE_VALS or SIO_LOOPBACK_FAST_PATH.

    ``option`` is a number; for SIO_KEEPALIVE_VALS ``(onoff, time, interval)`` in milliseconds.

    Does not block.  Raises OSError, or ValueError for another ``control``.
    """
    control = arguments.c_uint(control)
    value: Any
    if control == _lib.constants["SIO_KEEPALIVE_VALS"]:
        shape = "ioctl() argument 2 must be 3-item sequence"
        if not isinstance(option, (tuple, list)):
            raise TypeError(f"{shape}, not {arguments.kind(option)}")
        if len(option) != 3:
            raise TypeError(f"ioctl() argument 2 must be sequence of length 3, not {len(option)}")
        value = _lib.structs["tcp_keepalive"](*map(arguments.c_uint, option))
    elif control in (_lib.constants["SIO_RCVALL"], _lib.constants["SIO_LOOPBACK_FAST_PATH"]):
        value = c_uint32(arguments.c_uint(option))
    else:
        raise ValueError(f"invalid ioctl command {control}")
    returned = c_uint32()
    size = sizeof(value)
    _lib.WSAIoctl(self._sock_fd_, control, byref(value), size, None, 0, byref(returned), None, None)
    return returned.value


LACKING = ("recv_fds", "send_fds", "sethostname")
OWN_NAMES = {"errorTab": winerror.texts}


class _OfInstances:
    """A method that instances have, but not the class: ``hasattr(socket, "sendmsg")`` is False.

    If it were True, asyncio of Python 3.12 and later would call os.sysconf, which Windows
    lacks, when it is imported.
    """

    def __init__(self, function: Any) -> None:
        self.function = function

    def __get__(self, sock: Any, owner: type) -> Any:
        if sock is None:
            name = self.function.__name__
            raise AttributeError(f"type object {owner.__name__!r} has no attribute {name!r}")
        return MethodType(self.function, sock)


def complete(socket: Any) -> None:
    """Add ``ioctl`` and ``share`` to the class ``Socket``, and hide its ``sendmsg``."""
    socket.ioctl, socket.share = ioctl, share
    socket.sendmsg = _OfInstances(socket.sendmsg)
