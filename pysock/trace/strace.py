"""Calls as the lines that strace(1) prints, for readers and for programs that know those.

Only system calls on sockets have one.  The C library makes ``sendto`` of ``send`` and ``recvfrom``
of ``recv``, and so do these lines; a string is cut after ``SHOWN`` bytes.
"""

from __future__ import annotations

import os
import re

from .names import error_name
from .values import Address, Constant, Length, Struct, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .decode import Call
    from .values import Values

SHOWN = 32  # bytes of a string, as strace has it

# Of these the kernel has a second kind, with times of 64 bits everywhere.
_OLD = ("SO_RCVTIMEO", "SO_SNDTIMEO", "SO_TIMESTAMP")

# Of a call that a signal interrupts, strace shows the number inside the kernel, which decides
# whether the call is made again; the program gets EINTR.
_RESTARTS = {
    "poll": "ERESTART_RESTARTBLOCK (Interrupted by signal)",
    "select": "ERESTARTNOHAND (To be restarted if no handler)",
    **dict.fromkeys(
        "connect accept accept4 recv recvfrom recvmsg send sendto sendmsg".split(),
        "ERESTARTSYS (To be restarted if SA_RESTART is set)",
    ),
}
_LEFT = ("timeval", "ip_mreq_source", "tcp_info")  # structs that strace leaves as they are
_UNKNOWN = {"how": "SHUT", "domain": "AF"}  # what a number without a name is called
_OTHERWISE = {  # strace's names of options
    "IPV6_JOIN_GROUP": "IPV6_ADD_MEMBERSHIP",
    "IPV6_LEAVE_GROUP": "IPV6_DROP_MEMBERSHIP",
}

# What the kernel's table calls a function of the C library.
_KERNEL = {"send": "sendto", "recv": "recvfrom", "select": "pselect6"}
# musl takes the older one for select, where the processor has it, and the newer one for epoll_wait.
_BY_MUSL = {**_KERNEL, "epoll_wait": "epoll_pwait"}
_BY_MUSL_ON_X86_64 = {**_BY_MUSL, "select": "select"}


def line(call: Call, shown: int = SHOWN) -> str | None:
    """The line of a call; None if it is no system call on a socket."""
    return _Line(call, shown).text() if _has_line(call) else None


def begun(call: Call, shown: int = SHOWN) -> str | None:
    """Of a call that gives, and takes long, the line where it begins."""
    return _Line(call, shown).begun() if _has_line(call) else None


def resumed(call: Call, shown: int = SHOWN) -> str:
    """The line where it ends."""
    return _Line(call, shown).resumed()


def _has_line(call: Call) -> bool:
    winsock = call.values.abi.name.startswith("windows")  # of which strace knows nothing
    return call.is_system_call and call.on_socket and not winsock


def _is_ppoll(call: Call) -> bool:
    """Whether a poll object has made the call, which asks ppoll(2) since CPython 3.15."""
    name, _, version = call.python.partition(" ")
    numbers = re.findall(r"\d+", version)[:2]
    return call.via == "select.poll" and name == "cpython" and [*map(int, numbers)] >= [3, 15]


def timespec(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{{tv_sec={seconds}, tv_nsec={rest}}}"


def timeval(microseconds: int) -> str:
    seconds, rest = divmod(microseconds, 10**6)
    return f"{{tv_sec={seconds}, tv_usec={rest}}}"


class _Line:
    def __init__(self, call: Call, shown: int) -> None:
        self.call, self.shown = call, shown

    def text(self) -> str:
        name, arguments = self.name(), self.arguments()
        if self.never_ended():
            return f"{name}({', '.join(arguments)}) = ? <unfinished ...>"
        return f"{name}({', '.join(arguments)}) = {self.result()}"

    def begun(self) -> str:
        return f"{self.name()}({', '.join(self.arguments())} <unfinished ...>"

    def resumed(self) -> str:
        result = "?" if self.never_ended() else self.result()
        return f"<... {self.name()} resumed>) = {result}"

    def name(self) -> str:
        call = self.call
        if _is_ppoll(call):
            return "ppoll"
        names, target = _KERNEL, call.values.abi.name
        if target.startswith("linux-musl"):
            names = _BY_MUSL_ON_X86_64 if target.endswith("-x86_64") else _BY_MUSL
        return names.get(call.function, call.function)

    def never_ended(self) -> bool:
        call = self.call
        return call.end is None or (call.result is None and not call.errno)

    def result(self) -> str:
        call = self.call
        if call.errno:
            name = error_name(call.errno)
            if name == "EINTR" and call.function in _RESTARTS:
                return f"? {_RESTARTS[call.function]}"
            return f"-1 {name} ({os.strerror(call.errno)})"
        if isinstance(call.result, Constant):
            return f"{int(call.result):#x} (flags {call.result!r})"
        if call.function == "poll":
            ready = [entry for entry in call.argument("fds") if entry["revents"]]
            if not ready:
                return "0 (Timeout)"
            told = ", ".join([f"{{fd={e['fd']}, revents={e['revents']!r}}}" for e in ready])
            return f"{call.result} ([{told}])"
        if call.function == "select":
            if not call.result:
                return "0 (Timeout)"
            kinds = zip(("in", "out", "except"), call.argument("ready"))
            told = ", ".join([f"{name} [{_spaced(fds)}]" for name, fds in kinds if fds])
            return f"{call.result} ({told})"
        return str(call.result)

    def arguments(self) -> list[str]:
        call = self.call
        given = dict(call.arguments)
        function = call.function
        if function in ("send", "recv"):
            return [*[self.value(name, value) for name, value in call.arguments], "NULL", *(
                ["0"] if function == "send" else ["NULL"])]  # fmt: skip
        if function == "select":
            return self.select(given)
        if function == "poll":
            fds = [f"{{fd={e['fd']}, events={e['events']!r}}}" for e in given["fds"]]
            told = [f"[{', '.join(fds)}]", str(given["nfds"])]
            milliseconds = int(given["timeout"])
            if not _is_ppoll(call):
                return [*told, str(milliseconds)]
            wait = "NULL" if milliseconds < 0 else timespec(milliseconds * 10**6)
            return [*told, wait, "NULL", "8"]
        told = [self.value(name, value) for name, value in call.arguments]
        return [*told, "NULL", "8"] if self.name() == "epoll_pwait" else told

    def select(self, given: dict[str, Any]) -> list[str]:
        sets = [given[name] for name in ("readfds", "writefds", "exceptfds")]
        timeout = given["timeout"]
        shown = ["NULL" if fds is None else f"[{_spaced(fds)}]" for fds in sets]
        microseconds = None if timeout is None else -int(-timeout * 10**6 // 1)
        if self.name() == "select":
            wait = "NULL" if microseconds is None else timeval(microseconds)
            return [str(given["nfds"]), *shown, wait]
        wait = "NULL" if microseconds is None else timespec(microseconds * 1000)
        return [str(given["nfds"]), *shown, wait, "NULL"]

    def value(self, name: str, value: Any) -> str:
        call = self.call
        if value is None:
            return "0x0" if call.function == "epoll_ctl" else "NULL"
        if isinstance(value, str):  # "*": what the kernel has not written
            return "0x0"
        if name == "ifr_hwaddr":
            return _hardware(call.values, value)
        if isinstance(value, Address):
            return address(call.values, value)
        if isinstance(value, Length):
            same = call.failed or value.before == value
            if name == "offset":
                return f"[{value.before}]" + ("" if same else f" => [{int(value)}]")
            return f"[{int(value)}]" if same else f"[{value.before} => {int(value)}]"
        if isinstance(value, Struct):
            return self.struct(value)
        if isinstance(value, Constant):
            if name == "protocol":
                return self.protocol(value)
            return self.constant(name, value)
        if isinstance(value, bytes):
            return self.octets(name, value.raw if isinstance(value, Text) else value)
        if isinstance(value, list):
            return f"[{', '.join([self.value('', each) for each in value])}]"
        if name == "optval" and value and call.function == "getsockopt":
            if repr(call.argument("optname")) == "SO_ERROR":
                return f"[{error_name(value)}]"
        if name in ("optval", "cmsg_data"):
            return f"[{value}]"
        return str(int(value))

    def option(self) -> str:
        return repr(dict(self.call.arguments).get("optname", ""))

    def octets(self, name: str, value: bytes) -> str:
        """Bytes; as the value of an option they are a number, if there are four."""
        if name == "optval" and len(value) == 4:
            return f"[{self.call.values.number(value, signed=True)}]"
        if name == "optval" and not value and self.call.function == "getsockopt":
            return "0x0"
        return quoted(value, self.shown)

    def protocol(self, value: Constant) -> str:
        family = repr(self.call.arguments[0][1])
        if family == "AF_PACKET":  # EtherType, in network order
            number = int.from_bytes(int(value).to_bytes(2, "big"), self.call.values.abi.order)
            name = self.call.values.names.of(number, "ETH_P_")
            return f"htons({name})"
        if int(value) == 0 and family != "AF_NETLINK":
            return "IPPROTO_IP" if self.call.function == "socket" and _is_inet(self.call) else "0"
        name = self.call.values.names.of(int(value), "NETLINK_ROUTE") if not int(value) else ""
        return name or self.constant("protocol", value)

    def constant(self, name: str, value: Constant) -> str:
        shown = repr(value)
        if name == "optval":
            return f"[{int(value)}]"
        if name == "optname" and shown.lstrip("-").isdigit():
            level = repr(dict(self.call.arguments)["level"]).partition("_")[2]
            prefix = "SO" if level == "SOCKET" else level
            return f"{_hex(value)} /* {prefix}_??? */"
        if name in _UNKNOWN and shown.isdigit() and int(value):
            return f"{int(value):#x} /* {_UNKNOWN[name]}_??? */"
        if name == "type" and shown.partition("|")[0].isdigit() and int(value):
            kind, _, flags = shown.partition("|")
            return f"{flags}|{int(kind):#x}" if flags else f"{int(kind):#x} /* SOCK_??? */"
        if name in ("type", "flags") and "SOCK_NONBLOCK|SOCK_CLOEXEC" in shown:
            return shown.replace("SOCK_NONBLOCK|SOCK_CLOEXEC", "SOCK_CLOEXEC|SOCK_NONBLOCK")
        old = shown.startswith(_OLD) and not shown.endswith("_NEW")
        if name in ("optname", "cmsg_type") and old:
            return f"{shown}_OLD"
        if name == "optname":
            return _OTHERWISE.get(shown, shown)
        if ":" in shown:
            return f'inet_pton(AF_INET6, "{shown}")'
        return f'inet_addr("{shown}")' if "." in shown else shown

    def struct(self, struct: Struct) -> str:
        if struct.name == "cmsghdr" and not self.is_decoded(struct):
            return self.undecoded(struct)
        several = struct.name in ("ip_mreq", "ip_mreqn") and self.option() == "IP_MULTICAST_IF"
        if several or (struct.name in _LEFT and "optval" in dict(self.call.arguments)):
            return quoted(struct.raw, self.shown)
        if struct.name == "sock_extended_err":
            return self.error(struct)
        if struct.name == "in_addr":
            return f"[{self.call.values.number(struct.raw)}]"
        if struct.name == "ip_mreqn":
            struct = self.call.values.struct("ip_mreq", struct.raw)
        if struct.name == "ipv6_mreq":
            group, index = [value for _, value in struct.members]
            return (f'{{inet_pton(AF_INET6, "{group!r}", &ipv6mr_multiaddr), '
                    f"ipv6mr_interface={index}}}")  # fmt: skip
        if struct.name == "epoll_event":
            data = struct["data"]
            return f"{{events={struct['events']!r}, data={{u32={data}, u64={data}}}}}"
        parts = [f"{name}={self.value(name, value)}" for name, value in struct.members]
        if struct.name == "cmsghdr" and repr(struct["cmsg_type"]) == "IP_TOS":
            octets = ", ".join([f"{byte:#x}" if byte else "0" for byte in struct.raw])
            parts[-1] = f"cmsg_data=[{octets}]"
        return "{" + ", ".join(self.message(struct) if struct.name == "msghdr" else parts) + "}"

    @staticmethod
    def is_decoded(message: Struct) -> bool:
        """Whether strace knows what is in a control message: those of two levels, if at all."""
        known = repr(message["cmsg_level"]) in ("SOL_SOCKET", "SOL_IP")
        return known and not repr(message["cmsg_type"]).isdigit()

    @staticmethod
    def undecoded(message: Struct) -> str:
        length, level, kind = [value for _, value in message.members[:3]]
        beside = {"SOL_SOCKET": " /* SCM_??? */", "SOL_IP": " /* IP_??? */"}.get(repr(level), "")
        return f"{{cmsg_len={length}, cmsg_level={level!r}, cmsg_type={_hex(kind)}{beside}}}"

    def error(self, struct: Struct) -> str:
        """An error of the queue, with the address of who has reported it behind it."""
        told = [f"{name}={value}" for name, value in struct.members
                if name not in ("ee_pad", "ee_rfc4884")]  # fmt: skip
        offender = struct.raw[16:]
        if offender:
            told.append(f"offender={address(self.call.values, offender)}")
        return "{" + ", ".join(told) + "}"

    def message(self, struct: Struct) -> list[str]:
        members = dict(struct.members)
        if self.call.function == "recvmsg" and self.call.failed:
            return [f"msg_namelen={members['msg_namelen']}"]
        if not members["msg_control"]:
            members.pop("msg_control")
        if self.call.function == "recvmsg":
            before = dict(dict(self.call.begun)["msg"].members)["msg_namelen"]
            if before != members["msg_namelen"]:
                length = Length(members["msg_namelen"])
                length.before = before
                members["msg_namelen"] = length
        parts = []
        for name, value in members.items():
            shown = self.value(name, value)
            if isinstance(value, Length):
                shown = shown.strip("[]")
            parts.append(f"{name}={shown}")
        return parts


_HARDWARE = {1: "ARPHRD_ETHER", 772: "ARPHRD_LOOPBACK"}


def _hardware(values: Values, raw: bytes) -> str:
    """The address of an interface, whose family is a kind of hardware."""
    kind = values.number(raw[:2])
    name = _HARDWARE.get(kind, f"{kind:#x} /* ARPHRD_??? */")
    return f"{{sa_family={name}, sa_data={raw[2:8].hex(':')}}}"


def _hex(value: int) -> str:
    return f"{int(value) & 0xFFFFFFFF:#x}" if value else "0"


def _is_inet(call: Call) -> bool:
    return repr(call.arguments[0][1]) in ("AF_INET", "AF_INET6")


def _spaced(fds: list[int]) -> str:
    return " ".join([str(fd) for fd in sorted(fds)])


_ESCAPES = {9: r"\t", 10: r"\n", 11: r"\v", 12: r"\f", 13: r"\r", 34: r"\"", 92: r"\\"}


def quoted(data: bytes, shown: int = SHOWN) -> str:
    """Bytes as strace writes them: octal where they are no text, and no longer than needed."""
    parts = []
    cut = data[:shown]
    for i, byte in enumerate(cut):
        if byte in _ESCAPES:
            parts.append(_ESCAPES[byte])
        elif 32 <= byte < 127:
            parts.append(chr(byte))
        else:
            digit = i + 1 < len(cut) and 48 <= cut[i + 1] <= 55
            parts.append(f"\\{byte:03o}" if digit else f"\\{byte:o}")
    return '"' + "".join(parts) + ('"...' if len(data) > shown else '"')


def address(values: Values, raw: bytes) -> str:
    """A socket address as strace writes it: those of the families that programs use most."""
    names = values.names
    family = names.family(values.abi.family_of(raw)) if raw else "AF_UNSPEC"
    members = {name: meaning for _, name, meaning in values.describe(raw)} if raw else {}
    parts = [f"sa_family={family}"]
    if family == "AF_INET" and len(raw) >= 8:
        port = int.from_bytes(raw[2:4], "big")
        parts += [f"sin_port=htons({port})", f'sin_addr=inet_addr("{members["sin_addr"]}")']
    elif family == "AF_INET6" and len(raw) >= 28:
        port, flow = int.from_bytes(raw[2:4], "big"), int.from_bytes(raw[4:8], "big")
        parts += [
            f"sin6_port=htons({port})",
            f"sin6_flowinfo=htonl({flow})",
            f'inet_pton(AF_INET6, "{members["sin6_addr"]}", &sin6_addr)',
            f"sin6_scope_id={values.number(raw[24:28])}",
        ]
    elif family == "AF_UNIX" and len(raw) > 2:
        path = raw[2:]
        if path[:1] == b"\0":
            parts.append("sun_path=@" + quoted(path[1:], 108))
        else:
            parts.append("sun_path=" + quoted(path.partition(b"\0")[0], 108))
    elif family == "AF_NETLINK" and len(raw) >= 12:
        parts += [f"nl_pid={values.number(raw[4:8])}", f"nl_groups={values.number(raw[8:12]):08x}"]
    elif family not in ("AF_UNIX", "AF_UNSPEC"):
        parts.append(f"sa_data={quoted(raw[2:], 126)}")
    return "{" + ", ".join(parts) + "}"
