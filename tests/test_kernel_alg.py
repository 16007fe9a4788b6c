"""AF_ALG: what one module has the kernel do, the other undoes, or Python's own code confirms."""

import hashlib
import hmac
import re
from typing import Any

import pytest

import pysock
from pysock import (
    ALG_OP_DECRYPT,
    ALG_OP_ENCRYPT,
    ALG_SET_AEAD_AUTHSIZE,
    ALG_SET_KEY,
    MSG_MORE,
    SOCK_SEQPACKET,
    SOL_ALG,
)
from pysock._commands import explain
from pysock._install import installed
from pysock.trace import recording, show

from .harness import on_pypy
from .kernel import MODULES, Module, Sockets, both_ways, each_module

KEY = bytes(range(16))


def operation(sockets: Sockets, module: Module, kind: str, name: str, key: bytes = b"") -> Any:
    """A socket for one operation.  It never becomes ready, so it has to block."""
    algorithm = sockets(module, "AF_ALG", SOCK_SEQPACKET, wait=None)
    algorithm.bind((kind, name))
    if key:
        algorithm.setsockopt(SOL_ALG, ALG_SET_KEY, key)
    if kind == "aead":
        algorithm.setsockopt(SOL_ALG, ALG_SET_AEAD_AUTHSIZE, None, 16)
    accepted, peer = algorithm.accept()
    sockets.stack.callback(accepted.close)
    assert peer is None
    return accepted


@each_module
def test_hash(sockets: Sockets, module: Module) -> None:
    sha = operation(sockets, module, "hash", "sha256")
    sha.sendall(b"a", MSG_MORE)
    sha.sendall(b"bc")
    assert sha.recv(100) == hashlib.sha256(b"abc").digest()


@each_module
def test_keyed_hash(sockets: Sockets, module: Module) -> None:
    keyed = operation(sockets, module, "hash", "hmac(sha1)", KEY)
    keyed.sendall(b"what do ya want for nothing?")
    expected = hmac.new(KEY, b"what do ya want for nothing?", "sha1").digest()
    assert keyed.recv(100) == expected


@both_ways
def test_cipher(sockets: Sockets, here: Module, there: Module) -> None:
    plain, iv = bytes(range(64)), b"initial vector.."
    cipher = operation(sockets, here, "skcipher", "cbc(aes)", KEY)
    assert cipher.sendmsg_afalg([plain[:20], plain[20:]], op=ALG_OP_ENCRYPT, iv=iv) == 64
    secret = cipher.recv(64)
    assert secret != plain

    # The operation first, and its data behind it.
    other = operation(sockets, there, "skcipher", "cbc(aes)", KEY)
    other.sendmsg_afalg(op=ALG_OP_DECRYPT, iv=memoryview(iv), flags=MSG_MORE)
    other.sendall(secret)
    assert other.recv(64) == plain


@both_ways
def test_authenticated_cipher(sockets: Sockets, here: Module, there: Module) -> None:
    plain, seen, iv = b"to be kept secret", b"to be seen by all", b"twelve bytes"
    cipher = operation(sockets, here, "aead", "gcm(aes)", KEY)
    cipher.sendmsg_afalg([seen, plain], op=ALG_OP_ENCRYPT, iv=iv, assoclen=len(seen))
    both = cipher.recv(len(seen) + len(plain) + 16)
    secret = both[len(seen) :]
    assert both.startswith(seen)
    assert plain not in secret

    other = operation(sockets, there, "aead", "gcm(aes)", KEY)
    other.sendmsg_afalg([seen + secret], op=ALG_OP_DECRYPT, iv=iv, assoclen=len(seen))
    size = len(seen) + len(plain)  # asked for more, the kernel would wait for more data
    assert other.recv(size)[len(seen) :] == plain

    forged = operation(sockets, there, "aead", "gcm(aes)", KEY)
    forged.sendmsg_afalg([seen[::-1] + secret], op=ALG_OP_DECRYPT, iv=iv, assoclen=len(seen))
    with pytest.raises(OSError, match="Bad message"):
        forged.recv(size)


@each_module
def test_random_numbers(sockets: Sockets, module: Module) -> None:
    """ansi_cprng gives the same numbers for the same seed: vector, key and counter."""
    seed = bytes(range(48))
    numbers = [operation(sockets, module, "rng", "ansi_cprng", seed).recv(32) for _ in range(2)]
    assert numbers[0] == numbers[1]
    assert len(set(numbers[0])) > 8


def test_an_algorithm_has_no_names_and_no_end(sockets: Sockets) -> None:
    """What it cannot do, both modules refuse in the same words."""

    def answers(module: Module) -> list[str]:
        algorithm = sockets(module, "AF_ALG", SOCK_SEQPACKET, wait=None)
        algorithm.bind(("hash", "sha1"))
        assert "addr" not in repr(algorithm)
        said = []
        for call in (
            algorithm.getsockname,
            algorithm.getpeername,
            lambda: algorithm.bind(("hash", "no such algorithm")),
            lambda: algorithm.connect(("hash", "sha1")),
            lambda: algorithm.send(b"x"),
        ):
            with pytest.raises(OSError) as raised:
                call()
            said.append(str(raised.value))
        return said

    assert answers(MODULES[0]) == answers(MODULES[1])


class Index:
    def __index__(self) -> int:
        return 1


WRONG: list[dict[str, Any]] = [
    {"op": -1},
    {"op": 2**40},
    {"op": "x"},
    {"op": None},
    {"op": Index()},
    {"op": 1.0},
    {"op": 1, "iv": "text"},
    {"op": 1, "iv": None},
    {"op": 1, "assoclen": -1},
    {"op": 1, "assoclen": 2**40},
    {"op": 1, "assoclen": b""},
    {"op": -1, "assoclen": -1},
    {"op": 1, "flags": 2**40},
    {"op": 1, "flags": "x"},
    {"op": 1, "msg": 1},
    {"op": 1, "msg": None},
    {"op": 1, "msg": ["text"]},
    {"op": 1, "assoclen": -1, "msg": 1},
]


def test_what_to_do_must_be_said() -> None:
    with pysock.socket() as carrier:
        sock = pysock.socket(pysock.AF_ALG, SOCK_SEQPACKET, 0, fileno=carrier.fileno())
        with pytest.raises(TypeError, match="'op'"):
            sock.sendmsg_afalg([b"data"])  # type: ignore[call-arg]
        sock.detach()


@pytest.mark.skipif(on_pypy, reason="PyPy's own socket has its own words")
@pytest.mark.parametrize("arguments", WRONG, ids=str)
def test_wrong_arguments(arguments: dict[str, Any]) -> None:
    """Checked before anything is sent, so any socket will do that says it is of AF_ALG."""
    said = []
    for module in MODULES:
        if not hasattr(module.socket, "sendmsg_afalg"):
            pytest.skip("the socket of this Python has no sendmsg_afalg")
        with module.socket() as carrier:
            sock = module.socket(pysock.AF_ALG, SOCK_SEQPACKET, 0, fileno=carrier.fileno())
            try:
                with pytest.raises((TypeError, ValueError, OverflowError)) as raised:
                    sock.sendmsg_afalg(**arguments)
            finally:
                sock.detach()
        said.append((raised.type, str(raised.value)))
    assert said[0] == said[1]


def test_other_families_have_no_operations() -> None:
    with pysock.socket() as sock:
        with pytest.raises(OSError, match=r"^algset is only supported for AF_ALG$"):
            sock.sendmsg_afalg(op=1)
        with pytest.raises(OSError, match=r"^algset is only supported for AF_ALG$"):
            sock.sendmsg_afalg()  # type: ignore[call-arg]


def test_its_calls_are_shown(sockets: Sockets) -> None:
    """Accepting passes no address, as it would fail with one."""
    algorithm = sockets(pysock, "AF_ALG", SOCK_SEQPACKET, wait=None)
    with recording() as made:
        algorithm.bind(("hash", "sha1"))
        algorithm.accept()[0].close()
    shown = [line for call in made.calls for line in show.lines(call)]
    assert any("salg_name" in line and "'sha1'" in line for line in shown)
    assert any("accept4(" in line and "addr NULL, addrlen NULL" in line for line in shown)


def test_the_recorded_trace_is_what_happens(sockets: Sockets) -> None:
    """``explain sendmsg_afalg`` shows this trace to those whose kernel has no AF_ALG."""
    sockets(pysock, "AF_ALG", SOCK_SEQPACKET, wait=None)  # or skip
    entry = explain.written()["sendmsg_afalg"]
    with installed(), recording() as made:
        exec(compile(entry["program"], "sendmsg_afalg", "exec"), {"__name__": "sendmsg_afalg"})
    recorded = re.findall(r"^ +(\w+)\(", entry["recorded"], re.M)
    assert [call.function for call in made.calls] == recorded
