"""The floor of a row: its foreign calls alone, on prebuilt arguments, without a method around them.

They are pysock's own bindings, so no Python code on top of them can take less time.  Each function
has the arguments of the row's, except for the implementation.
"""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from ctypes import addressof, c_char, c_int, c_uint32
from typing import Any

from pysock._ffi.interpreter import pointer_to
from pysock._host import abi, lib, structs

from . import calls
from .measure import Run


def kept(stack: ExitStack, thing: Any) -> Any:
    """``thing``, which lives as long as the row: on PyPy, a pointer to it is a mere number."""
    stack.callback(id, thing)
    return thing


def memory(stack: ExitStack, size: int) -> Any:
    """An array of so many bytes."""
    return kept(stack, (c_char * size)())


def pointer(stack: ExitStack, size: int) -> Any:
    """What stands for the address of so many bytes in a foreign call."""
    return pointer_to(memory(stack, size))


def ping_pong(stack: ExitStack, kind: str, size: int, timeout: float | None = None) -> Run:
    a, b = (end.fileno() for end in _pair(stack, kind, timeout))
    buffer = pointer(stack, size)
    send, recv = lib.send, lib.recv

    def run(n: int) -> None:
        for _ in range(n):
            send(a, buffer, size, 0)
            recv(b, buffer, size, 0)
            send(b, buffer, size, 0)
            recv(a, buffer, size, 0)

    return run


def into(stack: ExitStack, kind: str, size: int, timeout: float | None = None) -> Run:
    a, b = (end.fileno() for end in _pair(stack, kind, timeout))
    buffer = pointer(stack, size)
    send, recv = lib.send, lib.recv

    def run(n: int) -> None:
        for _ in range(n):
            send(a, buffer, size, 0)
            recv(b, buffer, size, 0)

    return run


def udp(stack: ExitStack, size: int, timeout: float | None = None) -> Run:
    a = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    b = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    b.bind(("127.0.0.1", 0))
    a.settimeout(timeout)
    b.settimeout(timeout)
    here, there = a.fileno(), b.fileno()
    data = pointer(stack, 1024)
    to, sender = memory(stack, abi.storage), pointer(stack, abi.storage)
    length = kept(stack, c_uint32(abi.storage))
    length_pointer = pointer_to(length)
    assert lib.getsockname(there, pointer_to(to), length_pointer) == 0
    size_of_name = length.value
    name = pointer_to(to)
    sendto, recvfrom = lib.sendto, lib.recvfrom

    def run(n: int) -> None:
        for _ in range(n):
            sendto(here, data, size, 0, name, size_of_name)
            recvfrom(there, data, 1024, 0, sender, length_pointer)

    return run


def descriptor(stack: ExitStack) -> Run:
    a, b = (end.fileno() for end in _pair(stack, "unix", None))
    outgoing, incoming = _message(stack), _message(stack)
    header = structs["cmsghdr"].from_buffer(outgoing[1])
    header.cmsg_len = socket.CMSG_LEN(4)
    header.cmsg_level, header.cmsg_type = socket.SOL_SOCKET, socket.SCM_RIGHTS
    start = socket.CMSG_LEN(0)
    c_int.from_buffer(outgoing[1], start).value = a
    received = c_int.from_buffer(incoming[1], start)
    there, here = pointer_to(outgoing[0]), pointer_to(incoming[0])
    sendmsg, recvmsg, close = lib.sendmsg, lib.recvmsg, os.close

    def run(n: int) -> None:
        for _ in range(n):
            sendmsg(a, there, 0)
            recvmsg(b, here, 0)
            close(received.value)

    return run


def getsockname(stack: ExitStack) -> Run:
    a = _pair(stack, "tcp", None)[0].fileno()
    name = pointer(stack, abi.storage)
    length = kept(stack, c_uint32(abi.storage))
    length_pointer = pointer_to(length)
    call = lib.getsockname

    def run(n: int) -> None:
        for _ in range(n):
            call(a, name, length_pointer)

    return run


def getsockopt(stack: ExitStack) -> Run:
    a = _pair(stack, "tcp", None)[0].fileno()
    value, length = kept(stack, c_int()), kept(stack, c_uint32(4))
    value_pointer, length_pointer = pointer_to(value), pointer_to(length)
    level, option = int(socket.SOL_SOCKET), int(socket.SO_KEEPALIVE)
    call = lib.getsockopt

    def run(n: int) -> None:
        for _ in range(n):
            call(a, level, option, value_pointer, length_pointer)

    return run


def setsockopt(stack: ExitStack) -> Run:
    a = _pair(stack, "tcp", None)[0].fileno()
    value_pointer = pointer_to(kept(stack, c_int(1)))
    level, option = int(socket.SOL_SOCKET), int(socket.SO_KEEPALIVE)
    call = lib.setsockopt

    def run(n: int) -> None:
        for _ in range(n):
            call(a, level, option, value_pointer, 4)

    return run


def _pair(stack: ExitStack, kind: str, timeout: float | None) -> Any:
    return calls.pair(socket, stack, kind, timeout)


def _message(stack: ExitStack) -> tuple[Any, Any]:
    """A msghdr for one byte and one descriptor, and the memory of its control message."""
    space = socket.CMSG_SPACE(4)
    data, control = memory(stack, 1), memory(stack, space)
    iovec, msghdr = kept(stack, structs["iovec"]()), kept(stack, structs["msghdr"]())
    iovec.iov_base, iovec.iov_len = addressof(data), 1
    msghdr.msg_iov, msghdr.msg_iovlen = addressof(iovec), 1
    msghdr.msg_control, msghdr.msg_controllen = addressof(control), space
    return msghdr, control
