"""Shorter ways for plain cases, which CPython needs to be quick.

On CPython each Python call costs 50 to 150 ns, so a small transfer that is spread over five
functions takes 1.6 to 2.7 times as long as one that is written out (``docs/speed.md``).  This
folder writes it out: each function here takes the plain case of a method (exact types, small
sizes, harmless flags) in one step.  Everything else goes to the method itself, which handles all
cases; and if the call fails, the same ``retry`` decides as there.

What each saves, in instructions on CPython 3.11 without and with it, counted as ``python3 -m
tools.bench --instructions`` does (with ``PYSOCK_SHORTCUTS=0`` it counts the first, of its own
rows); each row has a call of either end, of little data unless it says so:

    send, recv                          26,500   9,700
    sendall, recv of 4 KiB              28,800  11,200
    send, recv with room for 64 KiB     26,600  12,600
    send, recv that polls first         34,300  18,100
    send, recv_into                     27,800  11,800
      of a part of the buffer           27,800  14,800
    sendto, recvfrom                    40,800  14,300
    send, recvfrom with large room      33,900  14,900
    send, recvfrom_into                 34,400  18,300
    sendmsg of two parts, recv          48,500  16,700
      with an address                   59,100  21,400
    send, recvmsg                       49,200  12,900
      with room for 64 KiB              49,600  13,100
    send, recvmsg_into                  58,200  20,800
      of three buffers                  74,800  36,300
      with room for control messages    67,500  31,900
    a descriptor by sendmsg, recvmsg    93,500  35,600
    getsockopt, of a struct             16,400   9,000
    setsockopt                          16,000   6,100
    getpeername                          8,500   5,000

Nothing here is needed to understand pysock.  ``PYSOCK_SHORTCUTS=0`` in the environment
leaves it out, as PyPy does, whose compiler gains nothing by it.  The tests run both ways.

"flags is ZERO" is the quickest test for no flags; other flags are plain if they have no bit of
ODD_FLAGS.  A C function is called by a local name: CPython 3.11 does not specialise
``calls.recv(…)``, which takes 150 to 350 instructions more.
"""

from __future__ import annotations

from ..._ffi.interpreter import CPYTHON, switch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WANTED = CPYTHON and switch("PYSOCK_SHORTCUTS", "1")

_all: list[Any] = []
if WANTED:
    from . import message, names, options, transfer

    _all += transfer.recv, transfer.recv_into, transfer.send, transfer.sendall
    _all += transfer.recvfrom, transfer.recvfrom_into, transfer.sendto
    _all += message.sendmsg, message.recvmsg, message.recvmsg_into
    _all += options.getsockopt, options.setsockopt
    _all += names.getsockname, names.getpeername


def install(cls: Any) -> None:
    """Put the shorter ways in front of the methods of ``cls``, if this interpreter needs them."""
    if not WANTED:
        return
    for shortcut in _all:
        method = getattr(cls, shortcut.__name__)
        # help() and inspect see the method.
        shortcut.__doc__, shortcut.__qualname__ = method.__doc__, method.__qualname__
        shortcut.__module__ = method.__module__
        shortcut.__wrapped__ = getattr(method, "__wrapped__", method)
        setattr(cls, shortcut.__name__, shortcut)
