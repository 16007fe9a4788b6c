"""``multiprocessing`` sends sockets to other processes, in every way that it has; others do not."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import socket as stdlib
import subprocess
import sys
from io import BytesIO
from multiprocessing import reduction
from pathlib import Path
from typing import Any

import pytest

import pysock

from . import ROOT

# A program, whose first argument is the module and whose second the start method.  Each way in
# which a socket travels is a function of it; all answer through the socket that has arrived.
PROGRAM = """\
import importlib, multiprocessing, sys, threading
from multiprocessing.managers import BaseManager

socket = importlib.import_module(sys.argv[1] if len(sys.argv) > 1 else "NAME")

kept = []

def greet(sock):
    kind = type(sock).__module__, type(sock).__name__
    with sock:
        # Windows says 0 or 6 of a shared socket, depending on the call that made it.
        proto = "" if hasattr(socket, "fromshare") else sock.proto
        sock.sendall(f"{kind} {sock.family!s} {sock.type!s} {proto} {sock.gettimeout()}".encode())

def greet_all(source, count):
    for _ in range(count):
        sock = source()
        greet(sock[0] if isinstance(sock, list) else sock)

def by_argument(context, sock):
    return [context.Process(target=greet, args=(sock,))]

def by_pipe(context, sock):
    ours, theirs = context.Pipe()
    process = context.Process(target=greet_all, args=(theirs.recv, 1))
    process.start()
    ours.send([sock])
    return [process]

def by_queue(context, sock, kind="Queue"):
    queue = getattr(context, kind)()
    kept.append(queue)  # else its semaphores may be gone before the other process has them
    process = context.Process(target=greet_all, args=(queue.get, 1))
    process.start()
    queue.put(sock)
    return [process]

def by_simple_queue(context, sock):
    return by_queue(context, sock, "SimpleQueue")

def by_joinable_queue(context, sock):
    return by_queue(context, sock, "JoinableQueue")

def by_pool(context, sock):
    with context.Pool(1) as pool:
        pool.apply(greet, (sock,))
    return []

def back_again(context, sock):
    ours, theirs = context.Pipe()
    process = context.Process(target=send_back, args=(theirs,))
    process.start()
    ours.send(sock)
    greet(ours.recv())
    ours.send(None)
    return [process]

def send_back(connection):
    with connection.recv() as sock:
        connection.send(sock)
        connection.recv()  # until the other has fetched it

class Greeter:
    def greet(self, sock):
        greet(sock)

class Manager(BaseManager):
    pass

Manager.register("Greeter", Greeter)

def by_manager(context, sock):
    with Manager(ctx=context) as manager:
        manager.Greeter().greet(sock)
    return []

def by_list_of_manager(context, sock):
    with context.Manager() as manager:
        sockets = manager.list()
        sockets.append(sock)
        greet(sockets[0])
    return []

WAYS = [by_argument, by_pipe, by_queue, by_simple_queue, by_joinable_queue, by_pool, back_again,
        by_manager, by_list_of_manager]

def main():
    context = multiprocessing.get_context(sys.argv[2])
    for way in WAYS:
        a, b = socket.socketpair()
        b.settimeout(50)
        with a, b:
            processes = way(context, a)
            for process in processes:
                if process.pid is None:
                    process.start()
            print(way.__name__, b.recv(1000).decode(), flush=True)
            for process in processes:
                process.join(50)
                assert process.exitcode == 0, process

if __name__ == "__main__":
    main()
"""

METHODS = multiprocessing.get_all_start_methods()
LATE = "import pysock as socket, multiprocessing\nfrom multiprocessing import reduction\n"


def travels(tmp_path: Path, module: str, method: str) -> list[str]:
    program = tmp_path / f"of_{module}.py"
    program.write_text(PROGRAM.replace("NAME", module), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(program), module, method],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout.splitlines()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("method", METHODS)
def test_all_ways_to_another_process(tmp_path: Path, method: str) -> None:
    ours = travels(tmp_path, "pysock", method)
    expected = travels(tmp_path, "socket", method)
    assert len(ours) == 9
    own_class = "('pysock', 'Socket')"
    assert ours == [line.replace("('socket', 'socket')", own_class) for line in expected]


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=50
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "imports",
    [LATE, "import multiprocessing, pysock as socket\nfrom multiprocessing import reduction\n"],
    ids=["pysock first", "multiprocessing first"],
)
def test_whichever_is_imported_first(imports: str) -> None:
    program = (
        imports
        + """
a, b = socket.socketpair()
p, q = multiprocessing.Pipe()
for sock in a, b:
    p.send(sock)
    with q.recv() as received:
        print(type(received).__name__, received.fileno() != sock.fileno())
"""
    )
    assert run(program).split() == ["Socket", "True"] * 2


def test_importing_pysock_imports_no_multiprocessing() -> None:
    assert run("import sys, pysock; print('multiprocessing' in sys.modules)") == "False"


def test_while_multiprocessing_is_being_imported() -> None:
    """``reduction`` imports ``socket`` before it has a pickler: pysock in its place, here."""
    program = """\
import sys
import pysock.__main__  # no part of pysock, but what it needs
for name in [name for name in sys.modules if name.partition(".")[0] == "pysock"]:
    del sys.modules[name]

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "socket":
            import pysock
            sys.modules["socket"] = pysock
            return pysock.__spec__
sys.meta_path.insert(0, Finder())
sys.modules.pop("socket", None)
import multiprocessing
import os
import socket
p, q = multiprocessing.Pipe()
a, b = socket.socketpair()
p.send(a)
print(type(q.recv()).__name__)
"""
    assert run(program) == "Socket"


def dumped(pickler: type[Any], value: object) -> bytes:
    file = BytesIO()
    pickler(file, pickle.HIGHEST_PROTOCOL).dump(value)
    return file.getvalue()


def test_a_pickler_derived_from_that_of_multiprocessing() -> None:
    """As that of PyTorch: called by a module of another name."""

    class Pickler(reduction.ForkingPickler):
        pass

    with pysock.socket() as sock:
        pickle.loads(reduction.ForkingPickler.dumps(sock)).close()
    with pysock.socket() as sock, pickle.loads(dumped(Pickler, sock)) as received:
        assert type(received) is pysock.socket
        assert (received.family, received.type) == (sock.family, sock.type)


def refusal(call: Any, *args: Any) -> str:
    with pytest.raises(TypeError) as caught:
        call(*args)
    return str(caught.value)


def test_pickle_and_copy_refuse_after_multiprocessing_has_sent_one() -> None:
    with pysock.socket() as sock:
        pickle.loads(reduction.ForkingPickler.dumps(sock)).close()
        says = {refusal(pickle.dumps, sock, protocol) for protocol in range(2, 6)}
        says |= {refusal(copy.copy, sock), refusal(copy.deepcopy, [sock])}
        says.add(refusal(dumped, pickle._Pickler, sock))
        assert says == {"cannot pickle 'Socket' object"}


@pytest.mark.parametrize("protocol", range(2))
def test_older_protocols_have_words_of_their_own(protocol: int) -> None:
    says = []
    for module in (stdlib, pysock):
        base: Any = module.socket
        for cls in (base, type("Derived", (base,), {"__getstate__": int})):
            with cls() as sock:
                says.append(refusal(pickle.dumps, sock, protocol).replace(cls.__name__, "NAME"))
    if sys.implementation.name == "pypy":  # which has other words for what is no integer
        assert len({*says[2:]}) == 1
    else:
        assert says[:2] == says[2:]


def test_a_subclass_is_not_sent_since_it_would_come_out_as_another_class() -> None:
    for module in (stdlib, pysock):
        base: Any = module.socket
        with type("Derived", (base,), {})() as sock:
            assert "Derived" in refusal(reduction.ForkingPickler.dumps, sock)


class Chosen(pysock.socket):
    """A subclass that says itself how it is pickled."""

    def __reduce__(self) -> Any:
        return int, (7,)


def test_a_subclass_may_have_its_own_way() -> None:
    with Chosen() as sock:
        copies: list[Any] = [pickle.loads(pickle.dumps(sock)), copy.copy(sock)]
        assert copies == [7, 7]


@pytest.mark.parametrize("protocol", range(6))
def test_the_base_class_is_never_pickled_nor_copied(protocol: int) -> None:
    """A copy would own the same descriptor, and close it a second time."""
    sock = pysock.SocketType()
    name = "SocketBase" if protocol < 2 else "pysock.SocketBase"
    try:
        assert refusal(pickle.dumps, sock, protocol) == f"cannot pickle '{name}' object"
        assert refusal(copy.copy, sock) == "cannot pickle 'pysock.SocketBase' object"
        assert "SocketBase" in refusal(reduction.ForkingPickler.dumps, sock)
    finally:
        sock.close()


def test_a_closed_socket_is_an_error() -> None:
    for module in (stdlib, pysock):
        sock: Any = module.socket()
        sock.close()
        with pytest.raises((OSError, ValueError)):
            reduction.ForkingPickler.dumps(sock)


def test_what_is_pickled_names_no_enum_of_pysock() -> None:
    """Whoever reads it needs no more than ``rebuild`` and plain numbers."""
    with pysock.socket() as sock:
        raw = bytes(reduction.ForkingPickler.dumps(sock))
    assert b"AddressFamily" not in raw
    pickle.loads(raw).close()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_members_of_enums_and_flags_together_are_pickled(protocol: int) -> None:
    """C's of Python 3.9 and 3.10 pickle the name, and two flags together have none."""
    for value in (pysock.AF_INET, pysock.SOCK_STREAM, pysock.MSG_PEEK | pysock.MSG_OOB):
        read = pickle.loads(pickle.dumps(value, protocol))
        assert (type(read), read) == (type(value), value)
    assert pickle.loads(b"\x80\x02cpysock\nAF_INET\nq\x00.") is pysock.AF_INET
