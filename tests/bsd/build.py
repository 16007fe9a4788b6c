"""Build the bed: ``libbed-darwin.so`` and so on, from the systems' own headers and Linux'.

The guest half (guest.c, guest_….c) is compiled against the guest system's own
headers, which the PyPI package ziglang ships; the host half (host.c) against this machine's.
Neither knows the other's numbers: both compile the same lists of names (names.inc, written here)
and meet at the positions in them.  A function has the symbol to which the guest's headers link
programs, and what the guest's C library does not export (its list ships with ziglang) is hidden.

Usage: ``python -m tests.bsd.build FOLDER SYSTEM …``, with a Python that has ziglang.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / "bed"

# What is translated, by position.  A name that one side lacks is NOTHING there.
LISTS = {
    "errno": """EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EDEADLK ENOMEM EACCES
        EFAULT ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY
        EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EAGAIN EINPROGRESS EALREADY ENOTSOCK
        EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP
        EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET
        ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT
        ECONNREFUSED ELOOP ENAMETOOLONG EHOSTDOWN EHOSTUNREACH ENOTEMPTY EUSERS EDQUOT ESTALE
        EREMOTE ENOLCK ENOSYS EOVERFLOW ECANCELED EIDRM ENOMSG EILSEQ EBADMSG EMULTIHOP ENODATA
        ENOLINK ENOSR ENOSTR EPROTO ETIME ENOTRECOVERABLE EOWNERDEAD""",
    "family": "AF_UNSPEC AF_UNIX AF_INET AF_INET6",
    "kind": "SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_RDM SOCK_SEQPACKET",
    "kindbit": "SOCK_CLOEXEC SOCK_NONBLOCK",
    "msg": """MSG_OOB MSG_PEEK MSG_DONTROUTE MSG_EOR MSG_TRUNC MSG_CTRUNC MSG_WAITALL
        MSG_DONTWAIT MSG_NOSIGNAL MSG_CMSG_CLOEXEC""",
    "pollbit": "POLLIN POLLPRI POLLOUT POLLERR POLLHUP POLLNVAL POLLRDNORM POLLRDBAND POLLWRBAND",
    "ai": """AI_PASSIVE AI_CANONNAME AI_NUMERICHOST AI_NUMERICSERV AI_V4MAPPED AI_ALL
        AI_ADDRCONFIG""",
    "eai": """EAI_AGAIN EAI_BADFLAGS EAI_FAIL EAI_FAMILY EAI_MEMORY EAI_NONAME EAI_SERVICE
        EAI_SOCKTYPE EAI_SYSTEM EAI_OVERFLOW EAI_NODATA EAI_ADDRFAMILY""",
    "ni": "NI_NOFQDN NI_NUMERICHOST NI_NAMEREQD NI_NUMERICSERV NI_DGRAM",
    "level": "SOL_SOCKET IPPROTO_IP IPPROTO_IPV6 IPPROTO_TCP IPPROTO_UDP",
    # Socket options that are one bit of so_options on a BSD: it answers with that bit.
    "flag": """SO_DEBUG SO_ACCEPTCONN SO_REUSEADDR SO_KEEPALIVE SO_DONTROUTE SO_BROADCAST
        SO_OOBINLINE SO_REUSEPORT SO_TIMESTAMP SO_USELOOPBACK""",
    "so": "SO_SNDBUF SO_RCVBUF SO_SNDLOWAT SO_RCVLOWAT SO_ERROR SO_TYPE SO_PROTOCOL SO_DOMAIN",
    "timeo": "SO_SNDTIMEO SO_RCVTIMEO",
    "ip": """IP_OPTIONS IP_HDRINCL IP_TOS IP_TTL IP_RETOPTS IP_MULTICAST_IF IP_MULTICAST_TTL
        IP_MULTICAST_LOOP IP_ADD_MEMBERSHIP IP_DROP_MEMBERSHIP IP_RECVTOS IP_RECVTTL
        IP_ADD_SOURCE_MEMBERSHIP IP_DROP_SOURCE_MEMBERSHIP""",
    "ipv6": """IPV6_UNICAST_HOPS IPV6_MULTICAST_IF IPV6_MULTICAST_HOPS IPV6_MULTICAST_LOOP
        IPV6_JOIN_GROUP IPV6_LEAVE_GROUP IPV6_V6ONLY IPV6_RECVPKTINFO IPV6_PKTINFO
        IPV6_RECVHOPLIMIT IPV6_HOPLIMIT IPV6_RECVTCLASS IPV6_TCLASS IPV6_DONTFRAG""",
    "tcp": "TCP_NODELAY TCP_MAXSEG TCP_KEEPIDLE TCP_KEEPALIVE TCP_KEEPINTVL TCP_KEEPCNT",
    "scm": "SCM_RIGHTS",
    "iff": """IFF_UP IFF_BROADCAST IFF_DEBUG IFF_LOOPBACK IFF_POINTOPOINT IFF_RUNNING IFF_NOARP
        IFF_PROMISC IFF_ALLMULTI IFF_MULTICAST""",
}

# The functions of the bed, by their names in C, and the variable that some systems have.
FUNCTIONS = """socket socketpair bind listen accept accept4 connect shutdown close send recv sendto
    recvfrom sendmsg recvmsg getsockname getpeername getsockopt setsockopt poll getaddrinfo
    freeaddrinfo gai_strerror getnameinfo gethostbyname gethostbyaddr gethostbyname_r
    gethostbyaddr_r __h_errno h_errno hstrerror getservbyname getservbyport getprotobyname inet_aton
    inet_pton inet_ntop if_nameindex if_freenameindex if_nametoindex if_indextoname getifaddrs
    freeifaddrs sysctl getpeereid sendfile gethostname sethostname""".split()
# The plain symbol of a function that the headers rename, where the bed has that older version too.
OLD = ("socket",)

FLAGS = {
    "darwin": "-D__APPLE__=1 -D__MACH__=1"
    " -D__APPLE_USE_RFC_3542=1"  # as CPython compiles its module
    " -D__ENVIRONMENT_OS_VERSION_MIN_REQUIRED__=150000"
    " -D__ENVIRONMENT_MAC_OS_X_VERSION_MIN_REQUIRED__=150000",
    "freebsd": "-D__FreeBSD__=14",
    "netbsd": "-D__NetBSD__=1",
    "openbsd": "-D__OpenBSD__=1",
}
INCLUDES = {
    "darwin": ["any-darwin-any"],
    **{s: [f"x86_64-{s}-none", f"generic-{s}"] for s in ("freebsd", "netbsd", "openbsd")},
}
COMPILER = [*"gcc -std=gnu11 -O1 -g -fPIC -fno-builtin -c -I".split(), str(SOURCES)]
GUEST = ("guest.c", "guest_options.c", "guest_names.c", "guest_interfaces.c")


def names_inc() -> str:
    out = ["/* Written by build.py. */", "#define NOTHING (-2147483647 - 1)"]
    for table, names in LISTS.items():
        out.append(f"static const int TABLE({table})[] = {{")
        for name in names.split():
            out += [f"#ifdef {name}", f"    {name},", "#else", "    NOTHING,", "#endif"]
        out.append("};")
        out.append(f"enum {{ {table}_count = {len(names.split())} }};")
    for names in LISTS.values():
        out.append(f"enum {{ {', '.join(f'at_{n}' for n in names.split())} }};")
    return "\n".join(out) + "\n"


def exported(system: str, libc: Path) -> set[str]:
    """The symbols that the guest's C library has."""
    if system == "darwin":
        return set(re.findall(r"\b_(\w+)", (libc / "darwin/libSystem.tbd").read_text()))
    known = re.findall(rb"[A-Za-z_]\w+", (libc / system / "abilists").read_bytes())
    return {name.decode() for name in known}


def symbols(system: str, options: list[str], folder: Path) -> dict[str, str]:
    """The symbols to which the guest's headers link programs, by the functions' names.

    They are asked of the compiler; what no header declares has its plain name.
    """
    left, probe = [name for name in FUNCTIONS if name != "h_errno"], folder / "probe.c"
    while True:
        lines = [f"void *v{i} = (void *)&{name};" for i, name in enumerate(left)]
        head = ["#include <sys/types.h>", "#include <unistd.h>", '#include "guest.h"']
        probe.write_text("\n".join([*head, *lines]) + "\n")
        command = [*COMPILER, *options, "-S", "-g0", str(probe), "-o", "-"]
        done = subprocess.run(command, capture_output=True, text=True)
        if not done.returncode:
            break
        wrong = {int(n) - len(head) for n in re.findall(r"probe\.c:(\d+):\d+: error", done.stderr)}
        if not wrong or min(wrong) < 1:
            sys.exit(done.stderr)
        left = [name for i, name in enumerate(left, 1) if i not in wrong]
    found = dict(re.findall(r"^v(\d+):\n\s+\.\w+\s+(\w+)", done.stdout, re.MULTILINE))
    # A label in Darwin's headers has the underscore that each symbol of its object files has.
    start = "_" if system == "darwin" else ""
    linked = {left[int(i)]: symbol for i, symbol in found.items()}
    renamed = {name: s[len(start) :] for name, s in linked.items() if s != name}
    return {name: renamed.get(name, name) for name in FUNCTIONS}


def build(system: str, folder: Path) -> Path:
    """The library for one system, in ``folder``."""
    import ziglang  # type: ignore[import-not-found]

    lib = Path(ziglang.__file__).parent / "lib"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "names.inc").write_text(names_inc())
    headers = [f"-isystem{lib}/libc/include/{each}" for each in INCLUDES[system]]
    options = [*FLAGS[system].split(), "-U__linux__", "-Ulinux", "-nostdinc", "-w"]
    options += [*headers, f"-I{folder}"]
    known = exported(system, lib / "libc")
    linked = {n: s for n, s in symbols(system, options, folder).items() if s in known}
    hidden = sorted(set(FUNCTIONS) - set(linked))
    renamed = [f"{name} is {symbol}" for name, symbol in linked.items() if name != symbol]
    print(f"{system}: lacks {', '.join(hidden) or 'nothing'}; {', '.join(renamed) or 'all plain'}")
    aliases = {name: f"bed_{name}" for name in linked if name in known}
    aliases |= {name: f"bed_old_{name}" for name in OLD if linked.get(name, name) != name}
    aliases |= {symbol: f"bed_{name}" for name, symbol in linked.items()}
    script = folder / f"{system}.map"
    names = " ".join(f"{name};" for name in [*aliases, "bed_*"])
    script.write_text(f"{{ global: {names} local: *; }};\n")
    objects = []
    for source in GUEST:
        objects.append(folder / f"{system}-{source}.o")
        step(*COMPILER, *options, str(SOURCES / source), "-o", str(objects[-1]))
    objects.append(folder / f"{system}-host.o")
    step(*COMPILER, "-Wall", f"-I{folder}", str(SOURCES / "host.c"), "-o", str(objects[-1]))
    # No dependency on libc: a look-up in the bed must not find what only Linux has (accept4).
    library = folder / f"libbed-{system}.so"
    defined = [f"-Wl,--defsym={symbol}={function}" for symbol, function in aliases.items()]
    step(*"gcc -shared -nostdlib -Wl,-Bsymbolic".split(), f"-Wl,--version-script={script}",
         *defined, *map(str, objects), "-o", str(library))  # fmt: skip
    shutil.copy(SOURCES / "sitecustomize.py", folder)
    return library


def step(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")


if __name__ == "__main__":
    for each in sys.argv[2:] or FLAGS:
        build(each, Path(sys.argv[1]))
