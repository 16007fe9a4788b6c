"""Winsock as its headers declare it: structs, and prototypes by library.

A struct that corresponds to one of POSIX has POSIX's names: ``WSAMSG`` is called ``msghdr``,
and its member ``lpBuffers`` is ``msg_iov``.  So the rest of the package need not know Winsock's
names.  Importing this module loads no library.
"""

from __future__ import annotations

from ctypes import c_char, c_ubyte
from struct import pack

from ._ffi.errors import in_line, minus_one, null
from ._ffi.prototype import Prototype

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._ffi.abi import ABI

# --- types and structs ---------------------------------------------------------------


def types(abi: ABI) -> dict[str, Any]:
    """The C types of the prototypes below, except pointers: name → ctypes type.

    A socket is a handle as wide as a pointer.  C declares it unsigned; here it is signed, so
    that INVALID_SOCKET is −1, as in Python's ``fileno``.
    """
    return {
        **abi.types,
        "SOCKET": abi.types["ssize_t"],
        "DWORD": abi.types["unsigned int"],
        "WORD": abi.types["unsigned short"],
    }


def structs(abi: ABI) -> dict[str, Any]:
    """The structs of Winsock, except addresses, by name."""
    word = abi.types["size_t"]
    wide = abi.bits == 64
    made = [
        # WSABUF
        abi.struct("iovec", ("iov_len", "unsigned int"), ("iov_base", "void *")),
        # WSAMSG, whose Control is a WSABUF
        abi.struct(
            "msghdr",
            ("msg_name", "void *"),
            ("msg_namelen", "int"),
            ("msg_iov", "void *"),
            ("msg_iovlen", "unsigned int"),
            *([("__pad_msg_controllen", "int")] if wide else []),
            ("msg_controllen", "unsigned int"),
            ("msg_control", "void *"),
            ("msg_flags", "unsigned int"),
        ),
        # WSACMSGHDR
        abi.struct("cmsghdr", ("cmsg_len", word), ("cmsg_level", "int"), ("cmsg_type", "int")),
        # WSAPOLLFD
        abi.struct("pollfd", ("fd", "ssize_t"), ("events", "short"), ("revents", "short")),
        # ADDRINFOW: the canonical name is in UTF-16
        abi.struct(
            "addrinfo",
            ("ai_flags", "int"),
            ("ai_family", "int"),
            ("ai_socktype", "int"),
            ("ai_protocol", "int"),
            ("ai_addrlen", "size_t"),
            ("ai_canonname", "void *"),
            ("ai_addr", "void *"),
            ("ai_next", "void *"),
        ),
        abi.struct(
            "hostent",
            ("h_name", "void *"),
            ("h_aliases", "void *"),
            ("h_addrtype", "short"),
            ("h_length", "short"),
            ("h_addr_list", "void *"),
        ),
        abi.struct(
            "servent",
            ("s_name", "void *"),
            ("s_aliases", "void *"),
            *[("s_proto", "void *"), ("s_port", "short")][:: 1 if wide else -1],
        ),
        abi.struct(
            "protoent", ("p_name", "void *"), ("p_aliases", "void *"), ("p_proto", "short")
        ),
        abi.struct("if_nameindex", ("if_index", "unsigned int"), ("if_name", "void *")),
        # Room for one socket: Windows reads fd_count sockets, not FD_SETSIZE.
        abi.struct("fd_set", ("fd_count", "unsigned int"), ("fd_array", word)),
        abi.struct("timeval", ("tv_sec", "int"), ("tv_usec", "int")),
        abi.struct(
            "tcp_keepalive",
            ("onoff", "unsigned int"),
            ("keepalivetime", "unsigned int"),
            ("keepaliveinterval", "unsigned int"),
        ),
        abi.struct(
            "WSAPROTOCOL_INFOW",
            *((f"dwServiceFlags{n}", "unsigned int") for n in (1, 2, 3, 4)),
            ("dwProviderFlags", "unsigned int"),
            ("ProviderId", c_ubyte * 16),
            ("dwCatalogEntryId", "unsigned int"),
            ("ProtocolChain", abi.types["int"] * 8),
            ("iVersion", "int"),
            ("iAddressFamily", "int"),
            ("iMaxSockAddr", "int"),
            ("iMinSockAddr", "int"),
            ("iSocketType", "int"),
            ("iProtocol", "int"),
            ("iProtocolMaxOffset", "int"),
            ("iNetworkByteOrder", "int"),
            ("iSecurityScheme", "int"),
            ("dwMessageSize", "unsigned int"),
            ("dwProviderReserved", "unsigned int"),
            ("szProtocol", c_char * 512),
        ),
        # 1352 bytes, of which only the first members are needed.
        abi.struct(
            "MIB_IF_ROW2",
            ("InterfaceLuid", "uint64_t"),
            ("InterfaceIndex", "unsigned int"),
            ("__rest", abi.types["unsigned int"] * 335),
        ),
    ]
    return {struct.__name__: struct for struct in made}


# --- functions -----------------------------------------------------------------------

# By library.  A function whose text is in the system's code page is left out if there is a
# Unicode function that does the same.
PROTOTYPES = {
    "ws2_32": [
        Prototype("int WSAStartup(WORD version, WSADATA *data)"),
        # winsock2.h: a socket's life
        Prototype(
            "SOCKET WSASocketW(int domain, int type, int protocol,"
            " WSAPROTOCOL_INFOW *info, unsigned int group, DWORD wsa_flags)",
            minus_one,
        ),
        Prototype(
            "int WSADuplicateSocketW(SOCKET s, DWORD process, WSAPROTOCOL_INFOW *info)", minus_one
        ),
        Prototype("int bind(SOCKET s, const struct sockaddr *addr, int addrlen)", minus_one),
        Prototype("int listen(SOCKET s, int backlog)", minus_one),
        Prototype("SOCKET accept(SOCKET s, struct sockaddr *addr, int *addrlen)", in_line),
        Prototype("int connect(SOCKET s, const struct sockaddr *addr, int addrlen)", in_line),
        Prototype("int shutdown(SOCKET s, int how)", minus_one),
        Prototype("int closesocket(SOCKET s)", in_line),
        Prototype("int ioctlsocket(SOCKET s, DWORD cmd, DWORD *argp)", minus_one),
        Prototype(
            "int WSAIoctl(SOCKET s, DWORD code, void *in, DWORD insize, void *out,"
            " DWORD outsize, DWORD *returned, OVERLAPPED *overlapped, void *routine)",
            minus_one,
        ),
        # winsock2.h: data
        Prototype("int send(SOCKET s, const void *buf, int len, int flags)", in_line),
        Prototype("int recv(SOCKET s, void *buf, int len, int flags)", in_line),
        Prototype(
            "int sendto(SOCKET s, const void *buf, int len, int flags,"
            " const struct sockaddr *dest_addr, int addrlen)",
            in_line,
        ),
        Prototype(
            "int recvfrom(SOCKET s, void *buf, int len, int flags,"
            " struct sockaddr *src_addr, int *addrlen)",
            in_line,
        ),
        Prototype(
            "int WSASendTo(SOCKET s, const WSABUF *buffers, DWORD count, DWORD *sent, DWORD flags,"
            " const struct sockaddr *dest_addr, int addrlen,"
            " OVERLAPPED *overlapped, void *routine)",
            in_line,
        ),
        Prototype(
            "int WSARecv(SOCKET s, WSABUF *buffers, DWORD count, DWORD *received, DWORD *flags,"
            " OVERLAPPED *overlapped, void *routine)",
            in_line,
        ),
        # winsock2.h: questions
        Prototype("int getsockname(SOCKET s, struct sockaddr *addr, int *addrlen)", in_line),
        Prototype("int getpeername(SOCKET s, struct sockaddr *addr, int *addrlen)", in_line),
        Prototype(
            "int getsockopt(SOCKET s, int level, int optname, void *optval, int *optlen)", in_line
        ),
        Prototype(
            "int setsockopt(SOCKET s, int level, int optname, const void *optval, int optlen)",
            in_line,
        ),
        Prototype(
            "int select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,"
            " const struct timeval *timeout)",
            in_line,
        ),
        # ws2tcpip.h: names
        Prototype(
            "int GetAddrInfoW(const WCHAR *node, const WCHAR *service,"
            " const ADDRINFOW *hints, ADDRINFOW **res)"
        ),
        Prototype("void FreeAddrInfoW(ADDRINFOW *res)"),
        Prototype(
            "int GetNameInfoW(const struct sockaddr *addr, int addrlen,"
            " WCHAR *host, DWORD hostlen, WCHAR *serv, DWORD servlen, int flags)"
        ),
        Prototype("struct hostent *gethostbyname(const char *name)"),
        Prototype("struct hostent *gethostbyaddr(const char *addr, int len, int type)"),
        Prototype("struct servent *getservbyname(const char *name, const char *proto)"),
        Prototype("struct servent *getservbyport(int port, const char *proto)"),
        Prototype("struct protoent *getprotobyname(const char *name)"),
        Prototype("unsigned int inet_addr(const char *cp)"),
        Prototype("int inet_pton(int af, const char *src, void *dst)", in_line),
        Prototype("const char *inet_ntop(int af, const void *src, char *dst, size_t size)"),
    ],
    "iphlpapi": [
        Prototype("unsigned int if_nametoindex(const char *ifname)"),
        Prototype("char *if_indextoname(unsigned int ifindex, char *ifname)", null),
        Prototype(
            "DWORD GetAdaptersAddresses(DWORD family, DWORD flags, void *reserved,"
            " IP_ADAPTER_ADDRESSES *addresses, DWORD *size)"
        ),
        Prototype("DWORD GetIfTable2Ex(int level, MIB_IF_TABLE2 **table)"),
        Prototype("void FreeMibTable(void *memory)"),
        Prototype(
            "DWORD ConvertInterfaceLuidToNameW(const NET_LUID *luid, WCHAR *name, size_t size)"
        ),
    ],
    "kernel32": [
        Prototype("int GetComputerNameExW(int format, WCHAR *name, DWORD *size)"),
    ],
}

# Functions that are in no library: a socket's provider has them, and WSAIoctl returns their
# addresses for a GUID (mswsock.h).
EXTENSIONS = {
    "WSASendMsg": (
        pack("<IHH8s", 0xA441E712, 0x754F, 0x43CA, b"\x84\xa7\x0d\xee\x44\xcf\x60\x6d"),
        Prototype(
            "int WSASendMsg(SOCKET s, WSAMSG *msg, DWORD flags, DWORD *sent,"
            " OVERLAPPED *overlapped, void *routine)"
        ),
    ),
    "WSARecvMsg": (
        pack("<IHH8s", 0xF689D7C8, 0x6F1F, 0x436B, b"\x8a\x53\xe5\x4f\xe3\x51\xc3\x22"),
        Prototype(
            "int WSARecvMsg(SOCKET s, WSAMSG *msg, DWORD *received,"
            " OVERLAPPED *overlapped, void *routine)"
        ),
    ),
}
