"""The lines of C of each call: what the recording's arguments are in C.

``Calls`` has a method for each function; ``c_program`` derives from it what stands around them:
which variables hold descriptors, what is an address, where data come from.
"""

from __future__ import annotations

import re

from ..values import Constant, Struct, Text
from .joins import data_of, room_of
from .sockets import family_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..decode import Call
    from .sockets import Descriptor, Seen, Socket

LITERAL = 256  # bytes of data that a program has as they were
HEADERS = {"sendfile": "sys/sendfile.h", "epoll_create1": "sys/epoll.h"}  # beside the usual ones
# Names that these headers have.
_NAMED = re.compile(
    r"(?:(?:AF_(?:INET6?|UNIX|NETLINK|PACKET|UNSPEC)|SOCK_\w+|SOL_SOCKET|SO_\w+|IPPROTO_\w+"
    r"|TCP_(?!CA_)\w+|IPV?6?_\w+|MCAST_\w+|MSG_\w+|SHUT_\w+|POLL\w+|EPOLL\w+|AI_\w+|NI_\w+"
    r"|F_\w+|FD_CLOEXEC|O_\w+|FIO\w+)(?:\||$))+"
)


class Calls:
    """The lines of each call, below what ``Program`` says of its values."""

    count: int
    sockets: list[Socket]
    paths: list[str]
    more: list[str]  # headers
    lists: list[str]  # of addrinfo

    def _new(self, descriptor: Descriptor) -> str:
        raise NotImplementedError

    def _fd(self, descriptor: Descriptor | None) -> str:
        raise NotImplementedError

    def _made(self, seen: Seen) -> str:
        raise NotImplementedError

    def _address(self, call: Call, raw: bytes) -> tuple[list[str], str]:
        raise NotImplementedError

    def _room(self, seen: Seen, parameter: str, name: str) -> list[str]:
        raise NotImplementedError

    def _data(self, data: bytes, length: int) -> tuple[list[str], str]:
        raise NotImplementedError

    def _buffer(self, size: int) -> tuple[list[str], str]:
        raise NotImplementedError

    # --- calls -------------------------------------------------------------------------

    def _socket(self, seen: Seen) -> list[str]:
        shown = ", ".join([in_c(value) for _, value in seen.call.arguments])
        return [f"{self._made(seen)}socket({shown});"]

    def _socketpair(self, seen: Seen) -> list[str]:
        shown = ", ".join([in_c(value) for _, value in seen.call.arguments[:3]])
        lines = [f"int sv{self.count}[2];", f"socketpair({shown}, sv{self.count});"]
        if seen.made:
            made = ", ".join([f"{self._new(each)} = sv{self.count}[{n}]"
                              for n, each in enumerate(seen.made)])  # fmt: skip
            lines.append(f"int {made};")
        return lines

    def _bind(self, seen: Seen) -> list[str]:
        raw = bytes(seen.call.argument("addr"))
        lines, passed = self._address(seen.call, raw)
        if family_name(seen.call.values, raw) == "AF_UNIX" and raw[2:3] not in (b"", b"\0"):
            path = raw[2:].partition(b"\0")[0].decode("utf-8", "surrogateescape")
            if path not in self.paths:
                self.paths.append(path)
        return [*lines, f"bind({self._fd(seen.descriptor)}, {passed});"]

    def _connect(self, seen: Seen) -> list[str]:
        lines, passed = self._address(seen.call, bytes(seen.call.argument("addr")))
        return [*lines, f"connect({self._fd(seen.descriptor)}, {passed});"]

    def _listen(self, seen: Seen) -> list[str]:
        backlog = int(seen.call.argument("backlog"))
        line = f"listen({self._fd(seen.descriptor)}, {backlog});"
        accepted = sum(each.listener is seen.socket for each in self.sockets)
        if accepted > backlog:  # here no other thread accepts while a connect waits
            line = line.replace(f"{backlog});", f"{accepted});  /* {backlog} */")
        return [line]

    def _accept4(self, seen: Seen) -> list[str]:
        name = f"peer{self.count}"
        lines = self._room(seen, "addr", name)
        flags = f", {in_c(seen.call.argument('flags'))}" if seen.call.function == "accept4" else ""
        return [*lines, f"{self._made(seen)}{seen.call.function}({self._fd(seen.descriptor)}, "
                        f"(struct sockaddr *)&{name}, &{name}len{flags});"]  # fmt: skip

    _accept = _accept4

    def _getsockname(self, seen: Seen) -> list[str]:
        name = f"name{self.count}"
        return [*self._room(seen, "addr", name), f"{seen.call.function}("
                f"{self._fd(seen.descriptor)}, (struct sockaddr *)&{name}, &{name}len);"
                ]  # fmt: skip

    _getpeername = _getsockname

    def _shutdown(self, seen: Seen) -> list[str]:
        return [f"shutdown({self._fd(seen.descriptor)}, {in_c(seen.call.argument('how'))});"]

    def _close(self, seen: Seen) -> list[str]:
        return [f"close({self._fd(seen.descriptor)});"]

    def _send(self, seen: Seen) -> list[str]:
        call = seen.call
        length = int(call.argument("len"))
        lines, shown = self._data(bytes(call.argument("buf") or b""), length)
        last = f"{self._fd(seen.descriptor)}, {shown}, {length}, {in_c(call.argument('flags'))}"
        if call.function == "sendto":
            raw = call.argument("dest_addr")
            more, passed = self._address(call, bytes(raw)) if raw else ([], "NULL, 0")
            return [*lines, *more, f"sendto({last}, {passed});"]
        return [*lines, f"send({last});"]

    _sendto = _send

    def _recv(self, seen: Seen) -> list[str]:
        call = seen.call
        lines, name = self._buffer(room_of(call))
        flags = in_c(call.argument("flags"))
        shown = f"{self._fd(seen.descriptor)}, {name}, {room_of(call)}, {flags}"
        if call.function == "recv":
            return [*lines, f"recv({shown});"]
        if not call.argument("src_addr"):
            return [*lines, f"recvfrom({shown}, NULL, NULL);"]
        source = f"from{self.count}"
        return [*lines, *self._room(seen, "src_addr", source),
                f"recvfrom({shown}, (struct sockaddr *)&{source}, &{source}len);"]  # fmt: skip

    _recvfrom = _recv

    def _read(self, seen: Seen) -> list[str]:
        lines, name = self._buffer(room_of(seen.call))
        fd = self._fd(seen.descriptor)
        return [*lines, f"if (read({fd}, {name}, {room_of(seen.call)}) < 0) perror(\"read\");"]

    def _write(self, seen: Seen) -> list[str]:
        count = room_of(seen.call)
        lines, shown = self._data(bytes(seen.call.argument("buf")), count)
        fd = self._fd(seen.descriptor)
        return [*lines, f"if (write({fd}, {shown}, {count}) < 0) perror(\"write\");"]

    def _readv(self, seen: Seen) -> list[str]:
        n = self.count
        sizes = [int(each["iov_len"]) for each in seen.call.argument("iov")]
        pieces = ", ".join([f"{{ (char [{max(size, 1)}]){{ 0 }}, {size} }}" for size in sizes])
        shown = f"{self._fd(seen.descriptor)}, iov{n}, {len(sizes)}"
        return [f"struct iovec iov{n}[] = {{ {pieces} }};",
                f'if (readv({shown}) < 0) perror("readv");']  # fmt: skip

    def _writev(self, seen: Seen) -> list[str]:
        n, iovecs = self.count, seen.call.argument("iov")
        pieces = ", ".join([_piece(each) for each in iovecs])
        shown = f"{self._fd(seen.descriptor)}, iov{n}, {len(iovecs)}"
        return [f"struct iovec iov{n}[] = {{ {pieces} }};",
                f'if (writev({shown}) < 0) perror("writev");']  # fmt: skip

    def _dup2(self, seen: Seen) -> list[str]:
        return [f"{self._made(seen)}dup({self._fd(seen.descriptor)});  /* {seen.call.function} */"]

    _dup3 = _dup2

    def _sendmsg(self, seen: Seen) -> list[str]:
        call, n = seen.call, self.count
        message = call.argument("msg")
        lines = []
        pieces = [_piece(each) for each in message["msg_iov"] or []]
        members = [f".msg_iov = iov{n}, .msg_iovlen = {len(pieces)}"] if pieces else []
        if pieces:
            lines.append(f"struct iovec iov{n}[] = {{ {', '.join(pieces)} }};")
        raw = message["msg_name"]
        if isinstance(raw, bytes) and raw:
            more, _ = self._address(call, bytes(raw))
            lines += more
            members.append(f".msg_name = &addr{n}, .msg_namelen = {len(raw)}")
        control = seen.before.get("msg.control", b"")
        if control:
            lines += self._control(seen, control)
            members.append(f".msg_control = &control{n}, .msg_controllen = {len(control)}")
        lines.append(f"struct msghdr msg{n} = {{ {', '.join(members) or '0'} }};")
        flags = in_c(call.argument("flags"))
        return [*lines, f"sendmsg({self._fd(seen.descriptor)}, &msg{n}, {flags});"]

    def _control(self, seen: Seen, control: bytes) -> list[str]:
        n = self.count
        octets = ", ".join(map(str, control))
        lines = [f"union {{ unsigned char bytes[{len(control)}]; struct cmsghdr header; }} "
                 f"control{n} = {{ {{ {octets} }} }};"]  # fmt: skip
        message = seen.call.argument("msg")
        known = {each.fd: each for each in seen.others}
        for each in message["msg_control"] if isinstance(message["msg_control"], list) else []:
            if repr(each["cmsg_type"]) == "SCM_RIGHTS" and isinstance(each["cmsg_data"], list):
                fds = [self._fd(known[fd]) if fd in known else f"0 /* {fd}, no socket */"
                       for fd in each["cmsg_data"]]  # fmt: skip
                lines.append(f"memcpy(CMSG_DATA(&control{n}.header), (int []){{ {', '.join(fds)} "
                             f"}}, {4 * len(fds)});")  # fmt: skip
                break
        return lines

    def _recvmsg(self, seen: Seen) -> list[str]:
        call, n = seen.call, self.count
        begun = dict(call.begun)["msg"]
        sizes = [each["iov_len"] for each in call.argument("msg")["msg_iov"] or []]
        lines = [f"static char buf{n}_{i}[{max(size, 1)}];" for i, size in enumerate(sizes)]
        pieces = [f"{{ buf{n}_{i}, {size} }}" for i, size in enumerate(sizes)]
        members = [f".msg_iov = iov{n}, .msg_iovlen = {len(pieces)}"] if pieces else []
        if pieces:
            lines.append(f"struct iovec iov{n}[] = {{ {', '.join(pieces)} }};")
        room = int(begun["msg_controllen"]) if isinstance(begun, Struct) else 0
        if room:
            lines.append(f"union {{ char bytes[{room}]; struct cmsghdr header; }} control{n};")
            members.append(f".msg_control = &control{n}, .msg_controllen = {room}")
        lines += self._room(seen, "", f"from{n}")[:1]
        members.append(f".msg_name = &from{n}, .msg_namelen = sizeof from{n}")
        lines.append(f"struct msghdr msg{n} = {{ {', '.join(members)} }};")
        flags = in_c(call.argument("flags"))
        lines.append(f"recvmsg({self._fd(seen.descriptor)}, &msg{n}, {flags});")
        if seen.made and room:
            made = ", ".join([f"{self._new(each)} = ((int *)CMSG_DATA(&control{n}.header))[{i}]"
                              for i, each in enumerate(seen.made)])  # fmt: skip
            lines.append(f"int {made};")
        return lines

    def _setsockopt(self, seen: Seen) -> list[str]:
        call, n = seen.call, self.count
        raw = seen.before.get("optval", b"")
        value = call.argument("optval")
        where = f"{self._fd(seen.descriptor)}, {in_c(call.argument('level'))}, " \
                f"{in_c(call.argument('optname'))}"  # fmt: skip
        if value is None:
            return [f"setsockopt({where}, NULL, {call.argument('optlen')});"]
        if isinstance(value, int):
            return [f"int on{n} = {int(value)};",
                    f"setsockopt({where}, &on{n}, sizeof on{n});"]  # fmt: skip
        if isinstance(value, Text):
            return [f"setsockopt({where}, {quoted(raw)}, {len(raw)});"]
        if isinstance(value, Struct) and value.name in ("linger", "timeval"):
            inside = ", ".join([f".{name} = {each}" for name, each in value.members])
            return [f"struct {value.name} opt{n} = {{ {inside} }};",
                    f"setsockopt({where}, &opt{n}, sizeof opt{n});"]  # fmt: skip
        octets = ", ".join(map(str, raw))
        return [f"unsigned char opt{n}[] = {{ {octets} }};",
                f"setsockopt({where}, opt{n}, sizeof opt{n});"]  # fmt: skip

    def _getsockopt(self, seen: Seen) -> list[str]:
        call, n = seen.call, self.count
        length = call.argument("optlen")
        size = int(getattr(length, "before", 4) or 4)
        return [f"char opt{n}[{size}];", f"socklen_t optlen{n} = sizeof opt{n};",
                f"getsockopt({self._fd(seen.descriptor)}, {in_c(call.argument('level'))}, "
                f"{in_c(call.argument('optname'))}, opt{n}, &optlen{n});"]  # fmt: skip

    def _poll(self, seen: Seen) -> list[str]:
        call, n = seen.call, self.count
        by_fd = {each.fd: each for each in seen.others}
        fds = call.argument("fds")
        inside = ", ".join([f"{{ {self._fd(by_fd.get(each['fd']))}, {in_c(each['events'])}, 0 }}"
                            for each in fds])  # fmt: skip
        timeout = call.argument("timeout")
        return [f"struct pollfd fds{n}[] = {{ {inside or '{ -1, 0, 0 }'} }};",
                f"poll(fds{n}, {len(fds)}, {timeout});"]  # fmt: skip

    def _select(self, seen: Seen) -> list[str]:
        call, n = seen.call, self.count
        by_fd = {each.fd: each for each in seen.others}
        lines, passed = [], []
        for name in ("readfds", "writefds", "exceptfds"):
            known = [by_fd[fd] for fd in call.argument(name) or [] if fd in by_fd]
            if not known:
                passed.append("NULL")
                continue
            lines.append(f"fd_set {name}{n};")
            sets = [f"FD_SET({self._fd(each)}, &{name}{n});" for each in known]
            lines.append(" ".join([f"FD_ZERO(&{name}{n});", *sets]))
            passed.append(f"&{name}{n}")
        timeout = call.argument("timeout")
        if timeout is not None:
            seconds, rest = divmod(max(0, int(timeout * 10**6)), 10**6)
            lines.append(f"struct timeval timeout{n} = {{ {seconds}, {rest} }};")
        limit = "NULL" if timeout is None else f"&timeout{n}"
        return [*lines, f"select(FD_SETSIZE, {', '.join(passed)}, {limit});"]

    def _epoll_create1(self, seen: Seen) -> list[str]:
        self._include("epoll_create1")
        return [f"{self._made(seen)}epoll_create1(EPOLL_CLOEXEC);"]

    def _epoll_ctl(self, seen: Seen) -> list[str]:
        call = seen.call
        watched = self._fd(seen.others[0] if seen.others else None)
        event = call.argument("event")
        shown = "NULL"
        if event is not None:
            shown = f"&(struct epoll_event){{ .events = {in_c(event['events'])}, " \
                    f".data.fd = {watched} }}"  # fmt: skip
        return [f"epoll_ctl({self._fd(seen.descriptor)}, {in_c(call.argument('op'))}, {watched}, "
                f"{shown});"]  # fmt: skip

    def _epoll_wait(self, seen: Seen) -> list[str]:
        call, n = seen.call, self.count
        most = int(call.argument("maxevents"))
        return [f"static struct epoll_event events{n}[{most}];",
                f"epoll_wait({self._fd(seen.descriptor)}, events{n}, {most}, "
                f"{call.argument('timeout')});"]  # fmt: skip

    def _fcntl(self, seen: Seen) -> list[str]:
        shown = [in_c(value) for _, value in seen.call.arguments[1:]]
        return [f"{self._made(seen)}fcntl({', '.join([self._fd(seen.descriptor), *shown])});"]

    def _ioctl(self, seen: Seen) -> list[str]:
        named = dict(seen.call.arguments)
        argument = named.get("argp")
        last = f", &(int){{ {argument[0]} }}" if isinstance(argument, list) else ", NULL"
        return [f"ioctl({self._fd(seen.descriptor)}, {in_c(named['request'])}{last});"]

    def _sendfile(self, seen: Seen) -> list[str]:
        call, n = seen.call, self.count
        self._include("sendfile")
        offset, count = call.argument("offset"), int(call.argument("count"))
        before = int(getattr(offset, "before", 0))
        size = before + max(0, data_of(seen)[1])
        return [f"int file{n} = fileno(tmpfile());  /* not the file of the recording */",
                f"if (ftruncate(file{n}, {size}) == 0) lseek(file{n}, 0, SEEK_SET);",
                f"off_t offset{n} = {before};",
                f"sendfile({self._fd(seen.descriptor)}, file{n}, &offset{n}, {count});"
                ]  # fmt: skip

    def _getaddrinfo(self, seen: Seen) -> list[str]:
        call, n = seen.call, self.count
        texts = [quoted(bytes(value)) if isinstance(value, bytes) else "NULL"
                 for value in (call.argument("node"), call.argument("service"))]  # fmt: skip
        hints = call.argument("hints")
        lines, passed = [], "NULL"
        if isinstance(hints, Struct):
            inside = ", ".join([f".{name} = {in_c(value)}" for name, value in hints.members[:4]])
            lines, passed = [f"struct addrinfo hints{n} = {{ {inside} }};"], f"&hints{n}"
        if call.result == 0:
            self.lists.append(f"res{n}")
        return [*lines, f"struct addrinfo *res{n};",
                f"getaddrinfo({', '.join([*texts, passed, f'&res{n}'])});"]  # fmt: skip

    def _freeaddrinfo(self, seen: Seen) -> list[str]:
        return [f"freeaddrinfo({self.lists.pop()});"] if self.lists else ["/* freeaddrinfo() */"]

    def _inet_pton(self, seen: Seen) -> list[str]:
        call, n = seen.call, self.count
        text = quoted(bytes(call.argument("src")))
        return [f"struct in6_addr dst{n};",
                f"inet_pton({in_c(call.argument('af'))}, {text}, &dst{n});"]  # fmt: skip

    def _include(self, function: str) -> None:
        if HEADERS[function] not in self.more:
            self.more.append(HEADERS[function])


def _piece(iovec: Any) -> str:
    """An iovec with its data; those that are long are zeros."""
    base, size = iovec["iov_base"], int(iovec["iov_len"])
    data = base if isinstance(base, bytes) else b""
    if len(data) < size or size > LITERAL:
        return f"{{ (char [{max(size, 1)}]){{ 0 }}, {size} }}"
    return f"{{ {quoted(data)}, {size} }}"


def in_c(value: Any) -> str:
    """A number, by its name if the headers have it."""
    if isinstance(value, Constant):
        name = repr(value)
        if _NAMED.fullmatch(name):
            return name.replace("|", " | ")
        return str(int(value)) if name.isdigit() else f"{int(value)} /* {name} */"
    return str(int(value)) if isinstance(value, int) else "0"


_ESCAPES = {10: r"\n", 13: r"\r", 9: r"\t", 34: r"\"", 92: r"\\", 63: r"\?"}


def quoted(data: bytes) -> str:
    """A string literal; octal numbers of three digits, which no digit can follow wrongly."""
    return '"' + "".join([_ESCAPES.get(b) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}")
                          for b in data]) + '"'  # fmt: skip
