"""The system calls that stand behind functions of ``os``, ``select`` and ``fcntl``, on Linux.

An event has such a function with its arguments of Python; a call has the C function that CPython
calls there, and what that is given.
"""

from __future__ import annotations

from .values import Address, Constant, Length, Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Call = Any  # of ``decode``, which stands above
    Memory = dict[str, bytes]
    Named = list[tuple[str, Any]]  # arguments, with the names of C's parameters
    Behind = tuple[str, Named]  # the C function, and its arguments


def behind(call: Call, name: str, arguments: tuple[Any, ...], memory: Memory) -> None:
    """Give a call the function and the arguments that stand behind a function of Python.

    The result becomes that of the C function, too, once there is one.
    """
    name, _, operation = name.partition(" ")
    find = _BEHIND.get(name)
    if find is None:
        call.function, call.arguments = name, list(zip(("fd", "arg"), arguments))
    else:
        call.function, call.arguments = find(call, arguments, memory, operation)
    hidden = call.end is not None and call.result is None and not call.failed
    if hidden and call.function not in ("select", "poll"):
        call.result = 0  # Python's function returns None


def _has_succeeded(call: Call) -> bool:
    return call.end is not None and call.result is not None and not call.failed


# Each of these is given a call, the arguments of Python's function, what was copied of memory,
# and what stands behind a blank in its name ("epoll_ctl ADD").


def _dup(call: Call, arguments: tuple[Any, ...], *_: Any) -> Behind:
    command = Constant(1030, "F_DUPFD_CLOEXEC")
    return "fcntl", [("fd", arguments[0]), ("cmd", command), ("arg", 0)]


def _dup2(call: Call, arguments: tuple[Any, ...], *_: Any) -> Behind:
    old, new, inheritable = arguments
    named: Named = [("oldfd", old), ("newfd", new)]
    if inheritable:
        return "dup2", named
    return "dup3", [*named, ("flags", Constant(0o2000000, "O_CLOEXEC"))]


def _get_inheritable(call: Call, arguments: tuple[Any, ...], *_: Any) -> Behind:
    if _has_succeeded(call):
        call.result = 0 if call.result else Constant(1, "FD_CLOEXEC")
    return "fcntl", [("fd", arguments[0]), ("cmd", Constant(1, "F_GETFD"))]


def _set_inheritable(call: Call, arguments: tuple[Any, ...], *_: Any) -> Behind:
    request = Constant(0x5450, "FIONCLEX") if arguments[1] else Constant(0x5451, "FIOCLEX")
    return "ioctl", [("fd", arguments[0]), ("request", request)]


def _get_blocking(call: Call, arguments: tuple[Any, ...], *_: Any) -> Behind:
    if _has_succeeded(call):
        call.result = open_flags(0o2 if call.result else 0o4002)
    return "fcntl", [("fd", arguments[0]), ("cmd", Constant(3, "F_GETFL"))]


def _set_blocking(
    call: Call, arguments: tuple[Any, ...], memory: Memory, operation: str
) -> Behind:
    if operation:  # PyPy's two calls, each watched by itself
        command = {"F_GETFL": 3, "F_SETFL": 4}[operation]
        return _fcntl(call, (arguments[0], command, *arguments[2:]), memory)
    fd, blocking = arguments[:2]
    if call.python.startswith("pypy"):
        mode = Constant(2, "O_RDWR") if blocking else Constant(0o4002, "O_RDWR|O_NONBLOCK")
        # After one more, which asks for the flags.
        return "fcntl", [("fd", fd), ("cmd", Constant(4, "F_SETFL")), ("arg", mode)]
    request = Constant(0x5421, "FIONBIO")
    return "ioctl", [("fd", fd), ("request", request), ("argp", [0 if blocking else 1])]


def _sendfile(call: Call, arguments: tuple[Any, ...], *_: Any) -> Behind:
    out, source, offset, count = arguments[:4]
    where = None
    if offset is not None:
        where = Length(offset + max(0, call.result) if _has_succeeded(call) else offset)
        where.before = offset
    return "sendfile", [("out_fd", out), ("in_fd", source), ("offset", where), ("count", count)]


def _read(call: Call, arguments: tuple[Any, ...], memory: Memory, *_: Any) -> Behind:
    return "read", _with_buffer(arguments, memory)


def _write(call: Call, arguments: tuple[Any, ...], memory: Memory, *_: Any) -> Behind:
    return "write", _with_buffer(arguments, memory)


def _with_buffer(arguments: tuple[Any, ...], memory: Memory) -> Named:
    return [("fd", arguments[0]), ("buf", memory.get("buf", "*")), ("count", arguments[2])]


def _readv(call: Call, arguments: tuple[Any, ...], memory: Memory, *_: Any) -> Behind:
    return "readv", _with_iovecs(arguments, memory)


def _writev(call: Call, arguments: tuple[Any, ...], memory: Memory, *_: Any) -> Behind:
    return "writev", _with_iovecs(arguments, memory)


def _with_iovecs(arguments: tuple[Any, ...], memory: Memory) -> Named:
    sizes = memory.get("iov.sizes", b"")
    iovecs = [
        Struct("iovec", [("iov_base", memory.get(f"iov[{n}]", "*")),
                         ("iov_len", int.from_bytes(sizes[8 * n : 8 * n + 8], "little"))])
        for n in range(len(sizes) // 8)
    ]  # fmt: skip
    return [("fd", arguments[0]), ("iov", iovecs), ("iovcnt", arguments[2])]


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


def _fcntl(call: Call, arguments: tuple[Any, ...], memory: Memory, *_: Any) -> Behind:
    fd, command, *rest = arguments
    name = _COMMANDS.get(command, str(command))
    named: Named = [("fd", fd), ("cmd", Constant(command, name))]
    if rest and name not in _WITHOUT:
        value: Any = memory.get("arg", rest[0])
        if name == "F_SETFL":
            value = open_flags(value)
        elif name == "F_SETFD" and value == 1:
            value = Constant(1, "FD_CLOEXEC")
        named.append(("arg", value))
    if type(call.result) is int and not call.failed:
        if name == "F_GETFL":
            call.result = open_flags(call.result)
        elif name == "F_GETFD" and call.result == 1:
            call.result = Constant(1, "FD_CLOEXEC")
    return "fcntl", named


def _ioctl(call: Call, arguments: tuple[Any, ...], memory: Memory, *_: Any) -> Behind:
    fd, request, argument = arguments[:3]
    raw = memory.get("argp")
    name, member = _OF_INTERFACES.get(request, (_REQUESTS.get(request, hex(request)), ""))
    value: Any = argument if raw is None else raw
    if raw is not None and member and len(raw) >= _NAME_SIZE + 16:
        answer = _of_interface(call, member, raw[_NAME_SIZE:])
        known = call.end is not None and not call.failed
        which = ("ifr_name", raw[:_NAME_SIZE].partition(b"\0")[0])
        value = Struct("ifreq", [which, (member, answer)] if known else [which])
    elif raw is not None and name in _REQUESTS.values() and len(raw) == 4:
        value = [call.values.number(raw, signed=True)]
    return "ioctl", [("fd", fd), ("request", Constant(request, name)), ("argp", value)]


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


def _poll(call: Call, arguments: tuple[Any, ...], *_: Any) -> Behind:
    flags = call.values.names.flags
    ready = dict(map(tuple, call.result)) if _has_succeeded(call) else {}
    fds = [pollfd(fd, events, ready.get(fd, 0), flags) for fd, events in arguments[0]]
    if _has_succeeded(call):
        call.result = len(call.result)
    return "poll", [("fds", fds), ("nfds", arguments[1]), ("timeout", arguments[2])]


def _select(call: Call, arguments: tuple[Any, ...], *_: Any) -> Behind:
    sets = [list(fds) if isinstance(fds, (list, tuple)) else [] for fds in arguments[:3]]
    timeout = arguments[3] if len(arguments) > 3 else None
    most = max([fd for fds in sets for fd in fds if isinstance(fd, int)], default=-1)
    names = ("readfds", "writefds", "exceptfds")
    # CPython passes no set that is empty, but did so before 3.11.
    passed = call.python.startswith(("cpython 3.9.", "cpython 3.10."))
    shown = [fds if fds or passed else None for fds in sets]
    named: Named = [("nfds", most + 1), *zip(names, shown), ("timeout", timeout)]
    if _has_succeeded(call):
        named.append(("ready", call.result))
        call.result = sum(len(fds) for fds in call.result)
    return "select", named


def _epoll_event(call: Call, fd: int, events: int) -> Struct:
    mask = Constant(events, call.values.names.epoll(events))
    return Struct("epoll_event", [("events", mask), ("data", fd)])


def _epoll_create1(*_: Any) -> Behind:
    return "epoll_create1", [("flags", Constant(0o2000000, "EPOLL_CLOEXEC"))]


def _epoll_ctl(
    call: Call, arguments: tuple[Any, ...], memory: Memory, operation: str
) -> Behind:
    epfd, op, fd, *events = arguments
    event = _epoll_event(call, fd, events[0]) if events else None
    operator = Constant(op, f"EPOLL_CTL_{operation}")
    return "epoll_ctl", [("epfd", epfd), ("op", operator), ("fd", fd), ("event", event)]


def _epoll_wait(call: Call, arguments: tuple[Any, ...], *_: Any) -> Behind:
    epfd, most, timeout = arguments
    found: Any = "*"
    if _has_succeeded(call):
        found = [_epoll_event(call, fd, events) for fd, events in call.result]
        call.result = len(found)
    named = [("epfd", epfd), ("events", found), ("maxevents", most), ("timeout", timeout)]
    return "epoll_wait", named


def waited_for(call: Call) -> list[Any] | None:
    """The descriptors that a select, poll or epoll_ctl is about; None for other calls."""
    named = dict(call.arguments)
    if call.function == "poll":
        return [entry["fd"] for entry in named["fds"]]
    if call.function == "select":
        return [fd for name in ("readfds", "writefds", "exceptfds") for fd in named[name] or []]
    return [named["fd"]] if call.function == "epoll_ctl" else None


_BEHIND: dict[str, Callable[..., Behind]] = {
    "dup": _dup,
    "dup2": _dup2,
    "get_inheritable": _get_inheritable,
    "set_inheritable": _set_inheritable,
    "get_blocking": _get_blocking,
    "set_blocking": _set_blocking,
    "sendfile": _sendfile,
    "read": _read,
    "write": _write,
    "readv": _readv,
    "writev": _writev,
    "fcntl": _fcntl,
    "ioctl": _ioctl,
    "poll": _poll,
    "select": _select,
    "epoll_create1": _epoll_create1,
    "epoll_ctl": _epoll_ctl,
    "epoll_wait": _epoll_wait,
}
