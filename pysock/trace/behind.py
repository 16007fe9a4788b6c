"""The system calls that stand behind functions of ``os``, ``select`` and ``fcntl``, on Linux.

An event has such a function with its arguments of Python; a call has the C function that CPython
calls there, and what that is given.
"""

from __future__ import annotations

from .values import Address, Constant, Length, Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Call = Any  # of ``decode``, which stands above
    Memory = dict[str, bytes]


def behind(call: Call, name: str, arguments: tuple[Any, ...], memory: Memory) -> None:
    """Give a call the function and the arguments that stand behind a function of Python."""
    names = call.values.names
    ended = call.end is not None and call.result is not None
    result = call.result
    name, _, operation = name.partition(" ")
    if name == "dup":
        call.function = "fcntl"
        call.arguments = [("fd", arguments[0]), ("cmd", Constant(1030, "F_DUPFD_CLOEXEC")),
                          ("arg", 0)]  # fmt: skip
    elif name == "get_inheritable":
        call.function = "fcntl"
        call.arguments = [("fd", arguments[0]), ("cmd", Constant(1, "F_GETFD"))]
        if ended and not call.failed:
            call.result = 0 if result else Constant(1, "FD_CLOEXEC")
    elif name == "set_inheritable":
        request = Constant(0x5450, "FIONCLEX") if arguments[1] else Constant(0x5451, "FIOCLEX")
        call.function = "ioctl"
        call.arguments = [("fd", arguments[0]), ("request", request)]
    elif name == "get_blocking":
        call.function = "fcntl"
        call.arguments = [("fd", arguments[0]), ("cmd", Constant(3, "F_GETFL"))]
        if ended and not call.failed:
            call.result = open_flags(0o2 if result else 0o4002)
    elif name == "set_blocking" and operation:
        command = {"F_GETFL": 3, "F_SETFL": 4}[operation]
        _fcntl(call, (arguments[0], command, *arguments[2:]), memory)
    elif name == "fcntl":
        _fcntl(call, arguments, memory)
    elif name == "ioctl":
        _ioctl(call, arguments, memory)
    elif name in ("readv", "writev"):
        call.function = name
        call.arguments = [("fd", arguments[0]), ("iov", _iovecs(memory)),
                          ("iovcnt", arguments[2])]  # fmt: skip
    elif name in ("read", "write"):
        call.function = name
        call.arguments = [("fd", arguments[0]), ("buf", memory.get("buf", "*")),
                          ("count", arguments[2])]  # fmt: skip
    elif name == "dup2":
        call.function = "dup2" if arguments[2] else "dup3"
        call.arguments = [("oldfd", arguments[0]), ("newfd", arguments[1])]
        if not arguments[2]:
            call.arguments.append(("flags", Constant(0o2000000, "O_CLOEXEC")))
    elif name == "set_blocking" and call.python.startswith("pypy"):
        mode = Constant(2, "O_RDWR") if arguments[1] else Constant(0o4002, "O_RDWR|O_NONBLOCK")
        call.function = "fcntl"  # after one more, which asks for the flags
        call.arguments = [("fd", arguments[0]), ("cmd", Constant(4, "F_SETFL")), ("arg", mode)]
    elif name == "set_blocking":
        call.function = "ioctl"
        call.arguments = [("fd", arguments[0]), ("request", Constant(0x5421, "FIONBIO")),
                          ("argp", [0 if arguments[1] else 1])]  # fmt: skip
    elif name == "sendfile":
        out, source, offset, count = arguments[:4]
        after = offset
        if offset is not None and ended and not call.failed:
            after = offset + max(0, result)
        where = None
        if offset is not None:
            where = Length(after)
            where.before = offset
        call.function = "sendfile"
        call.arguments = [("out_fd", out), ("in_fd", source), ("offset", where), ("count", count)]
    elif name == "select":
        _select(call, arguments, ended)
        return
    elif name == "poll":
        ready = dict(map(tuple, result)) if ended and not call.failed else {}
        fds = [pollfd(fd, events, ready.get(fd, 0), names.flags) for fd, events in arguments[0]]
        call.function = "poll"
        call.arguments = [("fds", fds), ("nfds", arguments[1]), ("timeout", arguments[2])]
        if ended and not call.failed:
            call.result = len(result)
        return
    elif name.startswith("epoll"):
        _epoll(call, name, operation, arguments, ended)
        return
    else:
        call.function = name
        call.arguments = list(zip(("fd", "arg"), arguments))
    if call.end is not None and call.result is None and not call.failed:
        call.result = 0


# --- fcntl and ioctl -----------------------------------------------------------------

_COMMANDS = {
    0: "F_DUPFD", 1: "F_GETFD", 2: "F_SETFD", 3: "F_GETFL", 4: "F_SETFL", 8: "F_SETOWN",
    9: "F_GETOWN", 10: "F_SETSIG", 11: "F_GETSIG", 1030: "F_DUPFD_CLOEXEC",
}  # fmt: skip
_WITHOUT = ("F_GETFD", "F_GETFL", "F_GETOWN", "F_GETSIG")  # an argument
_DUPLICATES = ("F_DUPFD", "F_DUPFD_CLOEXEC")
_OPEN = {0o2000: "O_APPEND", 0o4000: "O_NONBLOCK", 0o20000: "O_ASYNC"}

# Requests whose argument is an int, and those of an interface (struct ifreq): which of its
# members they ask for or set.
_REQUESTS = {
    0x541B: "FIONREAD", 0x5411: "TIOCOUTQ", 0x5421: "FIONBIO", 0x5452: "FIOASYNC",
    0x8901: "FIOSETOWN", 0x8903: "FIOGETOWN", 0x8905: "SIOCATMARK",
}  # fmt: skip
_OF_INTERFACES = {
    0x8913: ("SIOCGIFFLAGS", "ifr_flags"), 0x8915: ("SIOCGIFADDR", "ifr_addr"),
    0x8917: ("SIOCGIFDSTADDR", "ifr_dstaddr"), 0x8919: ("SIOCGIFBRDADDR", "ifr_broadaddr"),
    0x891B: ("SIOCGIFNETMASK", "ifr_netmask"), 0x891D: ("SIOCGIFMETRIC", "ifr_metric"),
    0x8921: ("SIOCGIFMTU", "ifr_mtu"), 0x8927: ("SIOCGIFHWADDR", "ifr_hwaddr"),
    0x8933: ("SIOCGIFINDEX", "ifr_ifindex"),
}  # fmt: skip
_NAME_SIZE = 16  # IFNAMSIZ
_IFF = (
    "UP BROADCAST DEBUG LOOPBACK POINTOPOINT NOTRAILERS RUNNING NOARP PROMISC ALLMULTI MASTER "
    "SLAVE MULTICAST PORTSEL AUTOMEDIA DYNAMIC"
).split()


def open_flags(value: int) -> Constant:
    """The flags of an open file: how it can be used, and the bits beside that."""
    named = [("O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE")[value & 3]]
    named += [name for bit, name in _OPEN.items() if value & bit]
    rest = value & ~3 & ~sum(_OPEN)
    return Constant(value, "|".join(named + [hex(rest)] * bool(rest)))


def _fcntl(call: Call, arguments: tuple[Any, ...], memory: Memory) -> None:
    fd, command, *rest = arguments
    name = _COMMANDS.get(command, str(command))
    call.function = "fcntl"
    call.arguments = [("fd", fd), ("cmd", Constant(command, name))]
    if rest and name not in _WITHOUT:
        value: Any = memory.get("arg", rest[0])
        if name == "F_SETFL":
            value = open_flags(value)
        elif name == "F_SETFD" and value == 1:
            value = Constant(1, "FD_CLOEXEC")
        call.arguments.append(("arg", value))
    if type(call.result) is int and not call.failed:
        if name == "F_GETFL":
            call.result = open_flags(call.result)
        elif name == "F_GETFD" and call.result == 1:
            call.result = Constant(1, "FD_CLOEXEC")


def _ioctl(call: Call, arguments: tuple[Any, ...], memory: Memory) -> None:
    fd, request, argument = arguments[:3]
    raw = memory.get("argp")
    name, member = _OF_INTERFACES.get(request, (_REQUESTS.get(request, hex(request)), ""))
    value: Any = argument if raw is None else raw
    if raw is not None and member and len(raw) >= _NAME_SIZE + 16:
        answer = _of_interface(call, member, raw[_NAME_SIZE:])
        known = call.end is not None and not call.failed
        named = ("ifr_name", raw[:_NAME_SIZE].partition(b"\0")[0])
        value = Struct("ifreq", [named, (member, answer)] if known else [named])
    elif raw is not None and name in _REQUESTS.values() and len(raw) == 4:
        value = [call.values.number(raw, signed=True)]
    call.function = "ioctl"
    call.arguments = [("fd", fd), ("request", Constant(request, name)), ("argp", value)]


def _of_interface(call: Call, member: str, raw: bytes) -> Any:
    if member.endswith("flags"):
        bits = call.values.number(raw[:2])
        names = [f"IFF_{name}" for bit, name in enumerate(_IFF) if bits >> bit & 1]
        return Constant(bits, "|".join(names) or "0")
    if member in ("ifr_metric", "ifr_mtu", "ifr_ifindex"):
        return call.values.number(raw[:4], signed=True)
    return Address(raw[:16])


def makes_a_copy(call: Call) -> bool:
    """Whether a call of ``os`` or ``fcntl`` has made a second descriptor."""
    if call.function == "fcntl":
        return repr(dict(call.arguments)["cmd"]) in _DUPLICATES
    return bool(call.via == "os.dup2")


def _iovecs(memory: Memory) -> list[Struct]:
    sizes = memory.get("iov.sizes", b"")
    return [
        Struct("iovec", [("iov_base", memory.get(f"iov[{n}]", "*")),
                         ("iov_len", int.from_bytes(sizes[8 * n : 8 * n + 8], "little"))])
        for n in range(len(sizes) // 8)
    ]  # fmt: skip


# --- waiting -------------------------------------------------------------------------


def pollfd(fd: int, events: int, revents: int, flags: Any) -> Struct:
    return Struct(
        "pollfd",
        [
            ("fd", fd),
            ("events", Constant(events, flags(events, "POLL"))),
            ("revents", Constant(revents, flags(revents, "POLL"))),
        ],
    )


def _select(call: Call, arguments: tuple[Any, ...], ended: bool) -> None:
    sets = [list(fds) if isinstance(fds, (list, tuple)) else [] for fds in arguments[:3]]
    timeout = arguments[3] if len(arguments) > 3 else None
    most = max([fd for fds in sets for fd in fds if isinstance(fd, int)], default=-1)
    call.function = "select"
    names = ("readfds", "writefds", "exceptfds")
    # CPython passes no set that is empty, but did so before 3.11.
    passed = call.python.startswith(("cpython 3.9.", "cpython 3.10."))
    shown = [fds if fds or passed else None for fds in sets]
    call.arguments = [("nfds", most + 1), *zip(names, shown),
                      ("timeout", timeout)]  # fmt: skip
    if ended and not call.failed:
        call.arguments.append(("ready", call.result))
        call.result = sum(len(fds) for fds in call.result)


def _epoll(
    call: Call, name: str, operation: str, arguments: tuple[Any, ...], ended: bool
) -> None:
    names = call.values.names

    def event(fd: int, events: int) -> Struct:
        mask = Constant(events, names.epoll(events))
        return Struct("epoll_event", [("events", mask), ("data", fd)])

    call.function = name
    if name == "epoll_create1":
        call.arguments = [("flags", Constant(0o2000000, "EPOLL_CLOEXEC"))]
    elif name == "epoll_ctl":
        epfd, op, fd, *events = arguments
        told = event(fd, events[0]) if events else None
        call.arguments = [("epfd", epfd), ("op", Constant(op, f"EPOLL_CTL_{operation}")),
                          ("fd", fd), ("event", told)]  # fmt: skip
    elif name == "epoll_wait":
        epfd, most, timeout = arguments
        found = [event(fd, events) for fd, events in call.result] if ended else "*"
        call.arguments = [("epfd", epfd), ("events", found), ("maxevents", most),
                          ("timeout", timeout)]  # fmt: skip
        if ended and not call.failed:
            call.result = len(found)
    if call.end is not None and call.result is None and not call.failed:
        call.result = 0


def waited_for(call: Call) -> list[Any] | None:
    """The descriptors that a select, poll or epoll_ctl is about; None for other calls."""
    named = dict(call.arguments)
    if call.function == "poll":
        return [entry["fd"] for entry in named["fds"]]
    if call.function == "select":
        return [fd for name in ("readfds", "writefds", "exceptfds") for fd in named[name] or []]
    return [named["fd"]] if call.function == "epoll_ctl" else None
