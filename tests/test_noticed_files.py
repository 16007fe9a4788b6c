"""Files of makefile: which of them count, whoever makes and closes them."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref
from typing import Any

import pytest

import pysock
from pysock._methods import makefile

from . import ROOT


def test_files_of_a_program_count_as_well() -> None:
    """Some programs change ``_io_refs``, and call what a file calls when it is closed."""
    with pysock.socket() as sock:
        sock._io_refs += 1
        own = sock.makefile("rb")
        assert (sock._io_refs, type(sock._io_refs)) == (2, int)
        sock.close()
        own.close()
        assert (sock._io_refs, sock.fileno() != -1) == (1, True)
        sock._decref_socketios()
        assert (sock._io_refs, sock.fileno()) == (0, -1)
    with pysock.socket() as sock, sock.makefile("rb"), sock.makefile("rb"):
        sock._decref_socketios()
        assert sock._io_refs == 1
        sock._io_refs += 1
        sock._io_refs -= 2
        assert sock._io_refs == 0
        with sock.makefile("rb"):  # one counts that is made later
            assert sock._io_refs == 1
            sock.close()
            assert sock.fileno() != -1
        assert sock.fileno() == -1
    with pysock.socket() as sock, sock.makefile("rb"), sock.makefile("rb"):
        sock._io_refs = 0  # so that it closes at once
        sock.close()
        assert (sock._io_refs, sock.fileno()) == (0, -1)


def test_a_number_that_is_set_to_what_it_was_changes_nothing() -> None:
    with pysock.socket() as sock, sock.makefile("rb") as file:
        same = sock._io_refs
        sock._io_refs = same
        sock.close()
        assert sock.fileno() != -1
        file.close()
        assert (sock._io_refs, sock.fileno()) == (0, -1)


def test_a_file_that_is_closed_leaves_its_use_to_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PyPy keeps weak references, and looked at one for each file that there had ever been."""
    monkeypatch.setattr(makefile, "PYPY", True)
    with pysock.socket() as sock:
        for _ in range(100):
            sock.makefile("rb").close()
        assert len(weakref.getweakrefs(sock)) <= 1
    with pysock.socket() as sock:
        first, second = sock.makefile("rb", 0), sock.makefile("rb", 0)
        first.close()
        second.close()
        assert (len(weakref.getweakrefs(sock)), sock._io_refs) == (2, 0)
        third, fourth = sock.makefile("rb", 0), sock.makefile("rb", 0)
        assert (len(weakref.getweakrefs(sock)), sock._io_refs) == (2, 2)
        earlier: list[Any] = [first, second]
        for closed in earlier:
            closed.close()
            closed._turn.state = "a thread that is late in closing it"
        assert sock._io_refs == 2
        with sock.makefile("rb", 0):  # no use is left over
            assert (len(weakref.getweakrefs(sock)), sock._io_refs) == (3, 3)
        third.close()
        sock.close()
        assert sock.fileno() != -1
        fourth.close()
        assert sock.fileno() == -1


def test_a_use_that_another_thread_has_just_taken_is_not_taken_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Taken(list[int]):
        def pop(self, *_: Any) -> Any:
            raise IndexError

    monkeypatch.setattr(makefile, "PYPY", True)
    with pysock.socket() as sock:
        own = weakref.ref(sock, lambda _: None)  # a program's, which is no use of a file
        first: Any = sock.makefile("rb", 0)
        first._use.spare = Taken([1])
        with sock.makefile("rb", 0) as second:
            assert second._use is not first._use
            assert (own(), sock._io_refs) == (sock, 2)
        first.close()


def test_a_file_that_two_threads_close_leaves_its_use_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(makefile, "PYPY", True)
    with pysock.socket() as sock, sock.makefile("rb", 0) as other:
        file: Any = sock.makefile("rb", 0)
        file._turn.left.clear()  # the other thread is through with it
        file.close()
        assert (file.closed, file._use.spare, sock._io_refs) == (True, [], 1)
        assert not other.closed


def test_a_text_file_without_an_encoding_is_warned_of_where_python_does() -> None:
    """``-X warn_default_encoding``, since 3.10."""
    program = (
        "import warnings, sys, importlib; warnings.simplefilter('error')\n"
        "sock = importlib.import_module(sys.argv[1]).socket()\n"
        "try: sock.makefile('r').close()\n"
        "except Warning as error: print(repr(error))"
    )
    command = [sys.executable, "-X", "warn_default_encoding", "-c", program]
    said = [
        subprocess.run([*command, name], cwd=ROOT, capture_output=True, text=True).stdout
        for name in ("pysock", "socket")
    ]
    assert said[0] == said[1]
    assert ("EncodingWarning" in said[1]) == (sys.version_info >= (3, 10))


def test_a_socket_that_begins_anew_has_no_files() -> None:
    with pysock.socket() as sock, sock.makefile("rb") as file:
        sock._real_close()
        sock.__init__()  # type: ignore[misc]
        assert sock._io_refs == 0
        with sock.makefile("rb"):
            file.close()
            assert sock._io_refs == 1


def test_a_file_that_nobody_has_closed_closes_its_socket() -> None:
    with pysock.socket() as sock:
        file = sock.makefile("rb")
        sock.close()
        del file
        gc.collect()
        assert sock.fileno() == -1


def test_threads_that_make_and_close_files_of_one_socket() -> None:
    """None is forgotten, and none counts that is closed."""

    def work() -> None:
        for _ in range(300):
            with sock.makefile("rb", 0), sock.makefile("rb", 0):
                seen.append(sock._io_refs)

    seen: list[int] = []
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with pysock.socket() as sock, sock.makefile("rb"):
            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sock._io_refs == 1
            assert min(seen) >= 3
    finally:
        sys.setswitchinterval(before)
