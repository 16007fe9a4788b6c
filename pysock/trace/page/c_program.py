"""The C program that makes a recording's calls: one process, one thread, in the order of telling.

Both ends are in one program: what gives stands above what takes, so nothing waits for what comes
below it.  A port that the kernel chose is asked for again, since it will choose another one.
Memory that the recording has not got is made up, and a comment says so.
"""

from __future__ import annotations

import errno

from ..decode import UNDECODABLE
from ..names import error_name
from .c_calls import LITERAL, Calls, quoted
from .joins import RECEIVES, room_of
from .sockets import family_name, is_ip, port_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..decode import Call
    from .sockets import Descriptor, Seen, Socket

_GONE = (errno.ECONNRESET, errno.EPIPE)
_STATIC = 4096  # bytes; what is larger stands in no stack

HEADERS = (
    "arpa/inet.h fcntl.h netdb.h netinet/in.h netinet/tcp.h poll.h signal.h stdio.h string.h "
    "sys/ioctl.h sys/select.h sys/socket.h sys/stat.h sys/time.h sys/types.h sys/uio.h sys/un.h "
    "unistd.h"
).split()


_GUARD = r"""
static void ended(int number)
{
    const char text[] = "a call waits here for what another thread or process did meanwhile; "
                        "this program is one thread, and ends\n";
    _exit(write(2, text, sizeof text - 1) < 0 ? 2 : 1);
}

int main(void)
{
    signal(SIGALRM, ended);
    alarm(20);  /* no call waits for ever */""".splitlines()


class Program(Calls):
    """Calls in, lines of C out; ``head`` and ``tail`` stand around them."""

    def __init__(self, sockets: list[Socket], seen: list[Seen]) -> None:
        self.sockets = sockets
        self.last_use = {each: one.row for one in seen
                         for each in (*one.made, one.descriptor, *one.others) if each}  # fmt: skip
        used = {each for one in seen for each in (one.descriptor, *one.others) if each}
        self.copies: dict[Descriptor, list[Descriptor]] = {}  # those that forked children use
        for each in sorted(used, key=lambda one: (one.pid, one.fd)):
            if each.origin is not None:
                self.copies.setdefault(each.origin, []).append(each)
        self.names: dict[Descriptor, str] = {}
        self.ports: dict[int, str] = {}  # chosen by the kernel → the C that has it
        self.named = {port for socket in sockets for port in socket.bound}
        self.paths: list[str] = []
        self.more: list[str] = []
        self.lists: list[str] = []  # of addrinfo
        self.count = 0

    def head(self) -> list[str]:
        lines = ["#define _GNU_SOURCE", *[f"#include <{name}>" for name in [*HEADERS, *self.more]]]
        lines += _GUARD
        lines.append("    signal(SIGPIPE, SIG_IGN);  /* as in Python */")
        for path in self.paths:
            folder = path.rpartition("/")[0]
            if folder:
                lines.append(f"    mkdir({quoted(folder.encode())}, 0700);")
            lines.append(f"    unlink({quoted(path.encode())});")
        return lines

    def tail(self) -> list[str]:
        lines = []
        for path in self.paths:
            lines.append(f"    unlink({quoted(path.encode())});")
            folder = path.rpartition("/")[0]
            if folder:
                lines.append(f"    rmdir({quoted(folder.encode())});  /* if nothing is in it */")
        return [*lines, "    return 0;", "}"]

    def lines(self, seen: Seen) -> list[str]:
        """The lines of one call."""
        call = seen.call
        self.count += 1
        if call.end is None and call.function not in ("send", "sendto", "sendmsg"):
            return [f"/* {call.function}(…) waited when its program ended */"]
        write = getattr(self, f"_{call.function}", None)
        if write is None or call.values.abi.name.startswith("windows"):  # Winsock's own
            return [f"/* {call.function}() is left out */"]
        before = [*self._copies(seen), *self._ended(seen)]
        try:
            lines = [*before, *write(seen)]
        except UNDECODABLE:  # a damaged recording
            return [*before, f"/* {call.function}() is left out: its arguments are not recorded */"]
        if call.failed:
            lines[-1] += f"  /* -1 {error_name(call.errno)} */"
        elif call.function in _COUNTED:
            lines[-1] += f"  /* {call.result} */"
        return lines

    # --- descriptors -------------------------------------------------------------------

    def _copies(self, seen: Seen) -> list[str]:
        """What a forked child has of its parent's descriptors."""
        lines = []
        closed = seen.descriptor if seen.call.function == "close" else None
        left = self.copies.get(closed, []) if closed else []
        for each in (seen.descriptor, *seen.others, *left):
            if each is not None and each not in self.names and each.origin is not None:
                if each.origin in self.names:
                    name = self._new(each)
                    lines.append(f"int {name} = dup({self.names[each.origin]});  /* fork() */")
        return lines

    def _ended(self, seen: Seen) -> list[str]:
        """Closes what a process had that has ended without: the other end has heard of it."""
        call, partner = seen.call, seen.socket.partner if seen.socket else None
        heard = call.result == 0 and call.function in RECEIVES and room_of(call)
        if partner is None or not (heard or call.errno in _GONE):
            return []
        left = [each for each in partner.descriptors
                if each in self.names and self.last_use[each] < seen.row]  # fmt: skip
        return [
            f"close({self.names.pop(each)});  /* by the end of process {each.pid} */"
            for each in sorted(left, key=lambda one: (one.pid, one.fd))
        ]

    def _new(self, descriptor: Descriptor) -> str:
        name = f"s{descriptor.fd}"
        taken = set(self.names.values())
        if name in taken:
            name = f"{name}_{self.count}"
        self.names[descriptor] = name
        return name

    def _fd(self, descriptor: Descriptor | None) -> str:
        return self.names.get(descriptor, "-1") if descriptor is not None else "-1"

    def _made(self, seen: Seen) -> str:
        """``int s5 = `` for what a call has made."""
        return f"int {self._new(seen.made[0])} = " if seen.made else ""

    # --- values ------------------------------------------------------------------------

    def _address(self, call: Call, raw: bytes) -> tuple[list[str], str]:
        """Lines that make an address, and the two arguments that pass it."""
        name = f"addr{self.count}"
        passed = f"(struct sockaddr *)&{name}, sizeof {name}"
        family = family_name(call.values, raw)
        if is_ip(call.values, raw):
            lines, port = self._port(port_of(raw))
            if family == "AF_INET":
                host = ".".join(map(str, raw[4:8]))
                inside = f'.sin_port = {port}, .sin_addr.s_addr = inet_addr("{host}")'
                return [*lines, f"struct sockaddr_in {name} = {{ .sin_family = AF_INET, "
                                f"{inside} }};"], passed  # fmt: skip
            if len(raw) >= 28:
                octets = ", ".join(map(str, raw[8:24]))
                return [*lines, f"struct sockaddr_in6 {name} = {{ .sin6_family = AF_INET6, "
                        f".sin6_port = {port}, .sin6_addr = {{ .s6_addr = {{ {octets} }} }}, "
                        f".sin6_scope_id = {call.values.number(raw[24:28])} }};"
                        ], passed  # fmt: skip
        if family == "AF_UNIX":
            path = quoted(raw[2:].rstrip(b"\0") if raw[2:3] != b"\0" else raw[2:])
            return [f"struct sockaddr_un {name} = {{ .sun_family = AF_UNIX, "
                    f".sun_path = {path} }};"
                    ], f"(struct sockaddr *)&{name}, {len(raw)}"  # fmt: skip
        octets = ", ".join([f"0x{byte:02x}" for byte in raw])
        lines = [f"unsigned char {name}[] = {{ {octets} }};"]
        return lines, f"(struct sockaddr *){name}, sizeof {name}"

    def _port(self, port: int) -> tuple[list[str], str]:
        """A port in network order: as the program has it, or as the kernel chose it."""
        if port in self.ports:
            return [], f"{self.ports[port]}  /* {port} */"
        if port and port not in self.named:
            for socket in self.sockets:
                open_ones = [d for d in socket.descriptors if d in self.names]
                if socket.local and port_of(socket.local) == port and open_ones:
                    name = f"chosen{self.count}"
                    self.ports[port] = f"{name}.sin_port"
                    return [
                        f"struct sockaddr_in {name};  /* which port has the kernel chosen? */",
                        f"getsockname({self.names[open_ones[0]]}, (struct sockaddr *)&{name}, "
                        f"&(socklen_t){{ sizeof {name} }});",
                    ], f"{name}.sin_port  /* {port} */"
        return [], f"htons({port})"

    def _room(self, seen: Seen, parameter: str, name: str) -> list[str]:
        """Where C writes an address; what it will write has a port that may be asked for."""
        raw = dict(seen.call.arguments).get(parameter)
        if isinstance(raw, bytes) and is_ip(seen.call.values, raw):
            port = port_of(raw)
            if port and port not in self.named:
                self.ports[port] = f"((struct sockaddr_in *)&{name})->sin_port"
        return [f"struct sockaddr_storage {name};",
                f"socklen_t {name}len = sizeof {name};"]  # fmt: skip

    def _data(self, data: bytes, length: int) -> tuple[list[str], str]:
        """Lines that make data, and the expression that is a pointer to it."""
        if length <= LITERAL and len(data) == length:
            return [], quoted(data)
        name = f"data{self.count}"
        letter = chr(data[0]) if data[:1].isalnum() else "x"
        return [f"static char {name}[{length}];  /* made up */",
                f"memset({name}, '{letter}', sizeof {name});"], name  # fmt: skip

    def _buffer(self, size: int) -> tuple[list[str], str]:
        name = f"buf{self.count}"
        static = "static " if size > _STATIC else ""
        return [f"{static}char {name}[{max(1, size)}];"], name


_COUNTED = frozenset(
    "send sendto sendmsg sendfile write recv recvfrom read poll select epoll_wait".split()
)
