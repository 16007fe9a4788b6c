"""pysock.unix: the peer, long paths, stale files, systemd's descriptors, and none that leaks."""

from __future__ import annotations

import array
import errno
import gc
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import pysock
from pysock import unix
from pysock._host import lib

from . import ROOT
from .foreign import FOREIGN, LINUX

if not hasattr(lib, "socketpair"):
    pytest.skip("there is no pair of Unix sockets here", allow_module_level=True)

linux = pytest.mark.skipif(not LINUX, reason="only Linux has it")


@pytest.fixture
def pair() -> Any:
    a, b = pysock.socketpair()
    with a, b:
        yield a, b


def fds() -> set[int]:
    gc.collect()
    folder = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"
    found = {int(name) for name in os.listdir(folder)}
    return {fd for fd in found if _open(fd)}


def _open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def test_peer(pair: Any) -> None:
    if not unix.supported():
        pytest.skip("this system does not tell a socket's peer")
    try:
        found = unix.peer(pair[0])
    except OSError as error:
        if FOREIGN:
            pytest.skip(f"the bed does not have this option: {error}")
        raise
    assert (found.pid, found.uid, found.gid) == (os.getpid(), os.geteuid(), os.getegid())
    if LINUX:
        assert found.groups is not None and set(found.groups) == set(os.getgroups())


@linux
def test_pidfd_and_label(pair: Any) -> None:
    before = fds()
    try:
        pidfd = unix.peer_pidfd(pair[0])
        assert f"Pid:\t{os.getpid()}" in Path(f"/proc/self/fdinfo/{pidfd}").read_text()
        assert not os.get_inheritable(pidfd)
        os.close(pidfd)
    except OSError as error:
        assert "SO_PEERPIDFD" in str(error)  # an older kernel
    try:
        assert unix.peer_label(pair[0])
    except OSError as error:
        assert "SO_PEERSEC" in str(error)
    assert fds() == before


def test_errors_name_the_option() -> None:
    with pysock.socket(pysock.AF_INET, pysock.SOCK_STREAM) as sock:
        if LINUX:
            with pytest.raises(OSError, match="SO_PEERPIDFD"):
                unix.peer_pidfd(sock)
    with pytest.raises(OSError, match="Bad file descriptor"):
        unix.peer_label(sock)
    wrong: Any = "socket"
    with pytest.raises(TypeError, match=r"with fileno\(\), not str"):
        unix.peer_label(wrong)


@linux
def test_a_long_path(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 200) / ("e" * 200)
    folder.mkdir(parents=True)
    path, before = folder / "sock", fds()
    with unix.listen(path) as listener, pysock.socket(pysock.AF_UNIX) as client:
        assert path.is_socket()
        with unix.short_path(path) as short:
            client.connect(short)
        with listener.sock.accept()[0] as accepted:
            accepted.sendall(b"hello")
            assert client.recv(10) == b"hello"
    assert not path.exists() and fds() == before
    with pytest.raises(OSError, match="name alone has 150 bytes"), unix.short_path("/" + "n" * 150):
        raise AssertionError
    assert fds() == before


def test_a_stale_file_is_taken_over_and_a_live_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with pysock.socket(pysock.AF_UNIX) as dead:
        dead.bind(str(path))
    with unix.listen(path):
        with pytest.raises(OSError, match="another server has its lock"):
            unix.listen(path)
    assert not path.exists()
    with pysock.socket(pysock.AF_UNIX) as alive:  # by a program that knows of no lock
        alive.bind(str(path))
        alive.listen(0)
        with pytest.raises(OSError, match="somebody listens there"):
            unix.listen(path)
        assert path.exists()
    path.unlink()
    path.write_text("precious")
    with pytest.raises(OSError, match="it is no socket"):
        unix.listen(path)
    assert path.read_text() == "precious"


def test_another_file_in_its_place_stays(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with unix.listen(path) as listener, pysock.socket(pysock.AF_UNIX) as other:
        path.rename(tmp_path / "kept")  # or its inode would be used again
        other.bind(str(path))
    assert path.exists()
    listener.close()
    assert path.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork(2) here")
def test_a_forked_child_leaves_the_file_to_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with unix.listen(path) as listener:
        child = os.fork()
        if not child:
            try:
                listener.close()
            finally:
                os._exit(listener.fileno() + 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        with pysock.socket(pysock.AF_UNIX) as client:
            client.connect(str(path))
    assert not path.exists()


def test_what_fails_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "sock"
    with pytest.raises(TypeError):
        unix.listen(path, backlog="many")  # type: ignore[arg-type]
    with pytest.raises(OSError):
        unix.listen(path, type=pysock.SOCK_DGRAM)  # which cannot listen
    assert [each.name for each in tmp_path.iterdir()] == ["sock.lock"]
    for wrong in ("", "\0abstract", "a\0b", b""):
        with pytest.raises(ValueError, match="expected the path of a file"):
            unix.listen(wrong)


def test_another_directory_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    listener = unix.listen("sock")
    assert listener.sock.getsockname() == "sock"
    monkeypatch.chdir("/")
    listener.close()
    assert [each.name for each in tmp_path.iterdir()] == ["sock.lock"]


@pytest.mark.skipif(not LINUX or FOREIGN, reason="SO_PEERCRED is Linux'")
@pytest.mark.parametrize("family", [pysock.AF_INET, getattr(pysock, "AF_UNIX", 0)])
def test_no_peer(family: int) -> None:
    """Linux answers with a process 0 of user −1."""
    with pysock.socket(family) as sock, pytest.raises(OSError, match="there is no peer") as refused:
        unix.peer(sock)
    assert refused.value.errno == errno.ENOTCONN


def test_of_many_that_start_at_once_one_listens(tmp_path: Path) -> None:
    path, won, lost = tmp_path / "s", [], []
    with pysock.socket(pysock.AF_UNIX) as dead:
        dead.bind(str(path))

    def start() -> None:
        try:
            won.append(unix.listen(path))
        except OSError as error:
            lost.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 7)
    won[0].close()


def listen_fds_in_a_child(pid: str, count: str, names: str | None, opened: int) -> str:
    program = f"""
import os
for fd in range(3, 3 + {opened}):
    os.dup2(os.open(os.devnull, os.O_RDONLY), fd) if not fd == 3 else os.open(os.devnull, 0)
from pysock import unix
os.environ["LISTEN_PID"] = {pid!r} or str(os.getpid())
os.environ["LISTEN_FDS"] = {count!r}
names = {names!r}
if names is not None: os.environ["LISTEN_FDNAMES"] = names
try:
    found = unix.listen_fds()
    print([(p.fd, p.name, os.get_inheritable(p.fd)) for p in found], end=" ")
except (OSError, ValueError) as error:
    print(type(error).__name__, end=" ")
print([n for n in os.environ if n.startswith("LISTEN")])
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert not done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("pid", "count", "names", "told"),
    [
        ("", "2", None, "[(3, 'unknown', False), (4, 'unknown', False)] []"),
        ("", "2", "a:b", "[(3, 'a', False), (4, 'b', False)] []"),
        ("1", "2", None, "[] []"),
        ("", "0", None, "[] []"),
        ("", "-1", None, "ValueError []"),
        ("x", "1", None, "ValueError []"),
        ("", "2", "a", "ValueError []"),
        ("", "9", None, "OSError []"),
    ],
)
def test_listen_fds(pid: str, count: str, names: str | None, told: str) -> None:
    assert listen_fds_in_a_child(pid, count, names, 2) == told


def send(sock: Any, count: int) -> None:
    rights = [(pysock.SOL_SOCKET, pysock.SCM_RIGHTS, array.array("i", [0] * count))]
    sock.sendmsg([b"data"], rights)


def test_descriptors_are_closed_unless_taken(pair: Any) -> None:
    before = fds()
    send(pair[0], 3)
    data, received = unix.recv_fds(pair[1], 10, 3)
    with received:
        assert (data, len(received)) == (b"data", 3)
        taken = received.take()
    assert fds() - before == {taken}
    assert not os.get_inheritable(taken)
    os.close(taken)
    send(pair[0], 2)
    unix.recv_fds(pair[1], 10, 2)  # and forgotten
    assert fds() == before


@pytest.mark.parametrize(("sent", "room"), [(3, 1), (2, 1), (4, 0)])
def test_too_many_are_an_error_and_none_is_left(pair: Any, sent: int, room: int) -> None:
    before = fds()
    send(pair[0], sent)
    with pytest.raises(OSError, match=f"more than {room} descriptors"):
        unix.recv_fds(pair[1], 10, room)
    assert fds() == before


def test_a_descriptor_keeps_its_mode(pair: Any) -> None:
    """Also one that is not a socket object, but its number: O_NONBLOCK is the description's."""
    fd = pair[1].fileno()
    os.set_blocking(fd, False)
    for sock in (fd, pair[1]):
        with pytest.raises(BlockingIOError):
            unix.recv_fds(sock, 10, 1)
        assert not os.get_blocking(fd)
    send(pair[0], 1)
    data, received = unix.recv_fds(fd, 10, 1)
    with received:
        assert (data, len(received)) == (b"data", 1)


def test_a_pidfd_that_comes_along_is_closed(pair: Any) -> None:
    option = getattr(pysock, "SO_PASSPIDFD", None)
    if option is None:
        pytest.skip("this system has no SO_PASSPIDFD")
    try:
        pair[1].setsockopt(pysock.SOL_SOCKET, option, 1)
    except OSError as error:
        pytest.skip(f"this kernel has no SO_PASSPIDFD: {error}")
    before = fds()
    send(pair[0], 2)
    received = unix.recv_fds(pair[1], 10, 2)[1]
    assert len(received) == 2 and len(fds() - before) == 2
    received.close()
    assert fds() == before


def test_a_timeout_is_that_of_the_socket(pair: Any) -> None:
    pair[0].settimeout(0.05)
    before = fds()
    with pytest.raises(pysock.timeout):
        unix.recv_fds(pair[0], 10, 1)
    assert fds() == before
