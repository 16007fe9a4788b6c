"""Let this Linux CPython take itself for a Mac or a BSD, as far as pysock can see.

``BED_TARGET=darwin-arm64 PYTHONPATH=this-folder:clone python …``.  It is inherited by child
processes.  What is changed, before anybody imports pysock:

- ``ctypes.CDLL(None)`` is the bed (``libbed-darwin.so``), so pysock's calls reach guest.c;
- ``errno`` has the guest's numbers and names (``of_the_c_module`` keeps those of Linux),
  ``os.strerror`` its texts, and OSError picks its subclass by the guest's numbers (and by those of
  Linux, for what ``os`` raises: they do not collide);
- ``fcntl.ioctl`` has the guest's requests, as far as pysock makes them, and ``os.sendfile`` is made
  of the guest's, or is not there;
- ``sys.platform`` and ``os.uname`` say so, while ``pysock._platform`` is imported.

The rest of the interpreter (``os``, ``select``, ``_socket``, ``subprocess``) stays Linux's.
"""

import os
import sys

TARGET = os.environ.get("BED_TARGET", "")


def _subclass_table(number: int) -> object:
    """CPython's dict from errno to OSError's subclass: a static of C, found by looking for it.

    It lies in the data of the interpreter's binary, as a pointer to a dict; whether a word is one
    is read by way of /proc/self/mem, which answers where a wrong pointer would crash.
    """
    import array
    import ctypes
    from struct import unpack

    memory = os.open("/proc/self/mem", os.O_RDONLY)
    # A child of ours need not search again.
    binary, _, place = os.environ.get("BED_TABLE", "").rpartition(":")
    told = int(place) if place and binary == sys.executable else 0
    here = False
    with open("/proc/self/maps") as file:
        for line in file:
            parts = line.split()
            name = parts[5] if len(parts) > 5 else ""
            here = (here and not name) or "python" in name  # what follows a file's data is its bss
            if not here or parts[1][:2] != "rw":
                continue
            start, end = (int(part, 16) for part in parts[0].split("-"))
            words = array.array("Q", os.pread(memory, end - start, start))
            places = [told] if told and told < len(words) else range(len(words)) if not told else []
            for place in places:
                word = words[place]
                if word % 8 or not 0x10000 < word < 1 << 47:
                    continue
                try:  # PyDictObject begins with its references, its type, and how many it holds
                    owners, kind, used = unpack("qQq", os.pread(memory, 24, word))
                except OSError:
                    continue
                if kind == id(dict) and 0 < owners and 15 <= used <= 25:
                    found = ctypes.cast(word, ctypes.py_object).value
                    if found.get(number) is ConnectionRefusedError:
                        os.close(memory)
                        os.environ["BED_TABLE"] = f"{sys.executable}:{place}"
                        return found
    os.close(memory)
    return None


def _fail() -> None:
    """Raise what the guest's errno says."""
    import ctypes

    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number))


def _install(target: str) -> None:
    import ctypes
    import errno

    system, _, machine = target.partition("-")
    sends_files = system in ("darwin", "freebsd")
    if not sends_files:  # then CPython's socket does without
        del os.sendfile
    # These two are to have the numbers of Linux; in `python -m pysock run` a hook has pysock in
    # the place of socket, which may come only when this is the guest.
    finders = sys.meta_path[:]
    sys.meta_path[:] = [each for each in finders if "frozen" in str(each.__module__)]
    import socket
    import subprocess  # noqa: F401

    if any(type(each).__module__.startswith("pysock") for each in finders):
        del sys.modules["socket"], sys.modules["_socket"]
    sys.meta_path[:] = finders
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.path.join(here, f"libbed-{system}.so")
    bed = ctypes.CDLL(path, use_errno=True)

    original = ctypes.CDLL.__init__

    def init(self, name, *args, **kwargs):
        if name is None and type(self) is ctypes.CDLL:
            name = path
        original(self, name, *args, **kwargs)

    ctypes.CDLL.__init__ = init

    # --- errno: names by position, the guest's numbers --------------------------------
    with open(os.path.join(here, "names.inc")) as file:
        text = file.read()
    names = text.partition("TABLE(errno)")[2].partition("};")[0]
    names = [line.strip().rstrip(",") for line in names.splitlines() if line.strip()[:1] == "E"]
    numbers = [bed.bed_errno_at(i) for i in range(bed.bed_errno_count())]
    assert len(names) == len(numbers)
    linux = {name: getattr(errno, name) for name in names if hasattr(errno, name)}
    errno.of_the_c_module = dict(errno.errorcode)
    texts = {}
    errno.errorcode.clear()
    for name, number in zip(names, numbers):
        if number == -(2**31):
            if hasattr(errno, name):
                delattr(errno, name)
            continue
        setattr(errno, name, number)
        errno.errorcode[number] = name
        texts[number] = os.strerror(linux[name]) if name in linux else name
    errno.EWOULDBLOCK = errno.EAGAIN  # the same number by two names
    for name in [n for n in dir(errno) if n[:1] == "E" and n not in names and n != "EWOULDBLOCK"]:
        delattr(errno, name)
    _strerror = os.strerror
    os.strerror = lambda code: texts.get(code) or _strerror(code)

    subclasses = _subclass_table(linux["ECONNREFUSED"])
    if subclasses is None:
        raise SystemExit("bed: CPython's table of OSError's subclasses was not found")
    for name, number in linux.items():
        if number in subclasses and hasattr(errno, name):
            subclasses[getattr(errno, name)] = subclasses[number]

    # --- ioctl(2) and sendfile(2), as far as they are of another kernel ----------------
    import fcntl

    ioctl = fcntl.ioctl

    def control(fd, request, argument=0, *rest):
        if isinstance(argument, int) or not bed.bed_knows_request(ctypes.c_ulong(request)):
            return ioctl(fd, request, argument, *rest)
        room = ctypes.create_string_buffer(bytes(argument), len(bytes(argument)))
        number = fd if isinstance(fd, int) else fd.fileno()
        if bed.bed_ioctl(number, ctypes.c_ulong(request), room):
            _fail()
        if isinstance(argument, bytes):
            return room.raw
        (ctypes.c_char * len(room)).from_buffer(argument)[:] = room.raw
        return 0

    fcntl.ioctl = control
    if sends_files:  # as posixmodule.c calls it
        off_t = ctypes.c_longlong

        linux_sendfile = os.sendfile

        def sendfile(out_fd, in_fd, offset, count):
            if sys._getframe(1).f_globals is vars(socket):
                return linux_sendfile(out_fd, in_fd, offset, count)
            while True:
                sent = off_t(count)
                size = [] if system == "darwin" else [ctypes.c_size_t(count)]
                order = [None, ctypes.byref(sent)] if size else [ctypes.byref(sent), None]
                failed = bed.sendfile(in_fd, out_fd, off_t(offset), *size, *order, 0)
                number = ctypes.get_errno()
                if not failed or (number in (errno.EAGAIN, errno.EBUSY) and sent.value):
                    return sent.value
                if number != errno.EINTR:
                    _fail()

        os.sendfile = sendfile

    # --- the platform ------------------------------------------------------------------
    uname = os.uname()
    told = {"x86_64": "x86_64" if system == "darwin" else "amd64", "aarch64": "arm64"}
    machine = told.get(machine, machine)
    faked = os.uname_result((system, uname[1], "24.0.0", "bed", machine))
    sys.meta_path.insert(0, _Platform(faked, f"{system}{'' if system == 'darwin' else '14'}"))


class _Platform:
    """An import hook: while pysock._platform is imported, sys and os speak for the guest."""

    def __init__(self, uname: os.uname_result, name: str) -> None:
        self.uname, self.name = uname, name

    def find_spec(self, name, path=None, target=None):
        if name != "pysock._platform":
            return None
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path, target)
        execute = spec.loader.exec_module

        def exec_module(module):
            real = sys.platform, os.uname
            sys.platform, os.uname = self.name, lambda: self.uname
            try:
                execute(module)
            finally:
                sys.platform, os.uname = real

        spec.loader.exec_module = exec_module
        return spec


if TARGET:
    _install(TARGET)
