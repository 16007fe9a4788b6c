"""Calls of a socket, by name, and the method that the shortcut in front of it leaves each to.

None: the shortcut takes it, as its arguments are plain. ``test_noticed_shortcuts.py`` makes them.
"""

from __future__ import annotations

from array import array

import pysock
from pysock._calls.getsockopt import OPTION_MAX
from pysock._calls.msghdr import MANY
from pysock._calls.transfer import KEEP_GIL_MAX
from pysock._ffi.interpreter import COPY_MAX, POOL_MAX
from pysock._methods.shortcuts import message

from .harness import Action

KEEP = KEEP_GIL_MAX
LIMIT, ROOM = message._LIMIT, message._ROOM
HEADER = pysock.CMSG_LEN(0) if hasattr(pysock, "CMSG_LEN") else 0
LEVEL = pysock.SOL_SOCKET


class Bytes(bytes):
    """Bytes that may have a ``__len__`` of their own."""


class Int(int):
    """A number that may have its own comparisons."""


PEEK, ODD = pysock.MSG_PEEK, pysock.MSG_TRUNC
CONTROL = [(LEVEL, 99, b"")]
AWAY = "/nowhere"
TABLE = memoryview(bytearray(8)).cast("i", (2, 1))  # of which len() is 2, and nbytes 8
READING: dict[str, tuple[Action, str | None]] = {
    "recv 0": (lambda s: s.recv(0), "_recv"),
    "recv 1": (lambda s: s.recv(1), None),
    "recv COPY_MAX": (lambda s: s.recv(COPY_MAX), None),
    "recv more": (lambda s: s.recv(COPY_MAX + 1), None),
    "recv KEEP": (lambda s: s.recv(KEEP), None),
    "recv above": (lambda s: s.recv(KEEP + 1), None),
    "recv POOL_MAX": (lambda s: s.recv(POOL_MAX), None),
    "recv beyond": (lambda s: s.recv(POOL_MAX + 1), "_recv"),
    "recv -1": (lambda s: s.recv(-1), "_recv"),
    "recv Int": (lambda s: s.recv(Int(1)), "_recv"),
    "recv True": (lambda s: s.recv(True), "_recv"),
    "recv 0 flags": (lambda s: s.recv(1, 0), None),
    "recv flags": (lambda s: s.recv(1, PEEK), None),
    "recv Int flags": (lambda s: s.recv(1, Int(PEEK)), None),
    "recv odd": (lambda s: s.recv(1, ODD), "_recv"),
    "recv wrong": (lambda s: s.recv(1, 2**40), "_recv"),
    "recv flags of the enum": (lambda s: s.recv(1, pysock.MsgFlag.MSG_PEEK), None),
    "recv_into": (lambda s: s.recv_into(bytearray(2)), None),
    "recv_into 1": (lambda s: s.recv_into(bytearray(1)), None),
    "recv_into KEEP": (lambda s: s.recv_into(bytearray(KEEP)), None),
    "recv_into above": (lambda s: s.recv_into(bytearray(KEEP + 1)), "_recv_into"),
    "recv_into none": (lambda s: s.recv_into(bytearray()), "_recv_into"),
    "recv_into size": (lambda s: s.recv_into(bytearray(2), 1), None),
    "recv_into whole": (lambda s: s.recv_into(bytearray(2), 2), None),
    "recv_into too much": (lambda s: s.recv_into(bytearray(2), 3), "_recv_into"),
    "recv_into -1": (lambda s: s.recv_into(bytearray(2), -1), "_recv_into"),
    "recv_into KEEP of more": (lambda s: s.recv_into(bytearray(KEEP + 1), KEEP), None),
    "recv_into above of more": (lambda s: s.recv_into(bytearray(KEEP + 2), KEEP + 1), "_recv_into"),
    "recv_into Int": (lambda s: s.recv_into(bytearray(2), Int(1)), "_recv_into"),
    "recv_into flags": (lambda s: s.recv_into(bytearray(2), 0, PEEK), None),
    "recv_into enum": (lambda s: s.recv_into(bytearray(2), 1, pysock.MsgFlag.MSG_PEEK), None),
    "recv_into Int flags": (lambda s: s.recv_into(bytearray(2), 0, Int(PEEK)), "_recv_into"),
    "recv_into odd": (lambda s: s.recv_into(bytearray(2), 0, ODD), "_recv_into"),
    "recv_into view size": (lambda s: s.recv_into(memoryview(bytearray(4)), 3), None),
    "recv_into table": (lambda s: s.recv_into(TABLE, 5), None),
    "recv_into view": (lambda s: s.recv_into(memoryview(bytearray(2))), None),
    "recv_into view 1": (lambda s: s.recv_into(memoryview(bytearray(1))), None),
    "recv_into view KEEP": (lambda s: s.recv_into(memoryview(bytearray(KEEP))), None),
    "recv_into view above": (lambda s: s.recv_into(memoryview(bytearray(KEEP + 1))), "_recv_into"),
    "recv_into view none": (lambda s: s.recv_into(memoryview(bytearray())), "_recv_into"),
    "recv_into array": (lambda s: s.recv_into(array("b", b"ab")), "_recv_into"),
    "recv_into read-only": (lambda s: s.recv_into(memoryview(b"ab")), "_recv_into"),
    "recv_into strided": (lambda s: s.recv_into(memoryview(bytearray(4))[::2]), "_recv_into"),
    "recv_into items": (lambda s: s.recv_into(memoryview(array("i", [0, 0]))), None),
    "recv_into str": (lambda s: s.recv_into("ab"), "_recv_into"),
    "recvfrom -1": (lambda s: s.recvfrom(-1), "_recvfrom"),
    "recvfrom 0": (lambda s: s.recvfrom(0), None),
    "recvfrom True": (lambda s: s.recvfrom(True), "_recvfrom"),
    "recvfrom 1": (lambda s: s.recvfrom(1), None),
    "recvfrom COPY_MAX": (lambda s: s.recvfrom(COPY_MAX), None),
    "recvfrom more": (lambda s: s.recvfrom(COPY_MAX + 1), None),
    "recvfrom KEEP": (lambda s: s.recvfrom(KEEP), None),
    "recvfrom above": (lambda s: s.recvfrom(KEEP + 1), "_recvfrom"),
    "recvfrom Int": (lambda s: s.recvfrom(Int(1)), "_recvfrom"),
    "recvfrom flags": (lambda s: s.recvfrom(1, PEEK), None),
    "recvfrom odd": (lambda s: s.recvfrom(1, ODD), "_recvfrom"),
    "recvfrom_into": (lambda s: s.recvfrom_into(bytearray(2)), None),
    "recvfrom_into size": (lambda s: s.recvfrom_into(bytearray(2), 1), None),
    "recvfrom_into too much": (lambda s: s.recvfrom_into(bytearray(2), 3), "_recvfrom_into"),
    "recvfrom_into -1": (lambda s: s.recvfrom_into(bytearray(2), -1), "_recvfrom_into"),
    "recvfrom_into none": (lambda s: s.recvfrom_into(bytearray()), "_recvfrom_into"),
    "recvfrom_into Int": (lambda s: s.recvfrom_into(bytearray(2), Int(1)), "_recvfrom_into"),
    "recvfrom_into KEEP": (lambda s: s.recvfrom_into(bytearray(KEEP)), None),
    "recvfrom_into above": (lambda s: s.recvfrom_into(bytearray(KEEP + 1)), "_recvfrom_into"),
    "recvfrom_into enum": (
        lambda s: s.recvfrom_into(bytearray(2), 1, pysock.MsgFlag.MSG_PEEK),
        None,
    ),
    "recvfrom_into Int flags": (
        lambda s: s.recvfrom_into(bytearray(2), 0, Int(PEEK)),
        "_recvfrom_into",
    ),
    "recvfrom_into odd": (lambda s: s.recvfrom_into(bytearray(2), 0, ODD), "_recvfrom_into"),
    "recvfrom_into table": (lambda s: s.recvfrom_into(TABLE, 5), None),
    "recvfrom_into array": (lambda s: s.recvfrom_into(array("b", b"ab")), "_recvfrom_into"),
    "recvfrom_into read-only": (lambda s: s.recvfrom_into(memoryview(b"ab")), "_recvfrom_into"),
    "recvmsg": (lambda s: s.recvmsg(1), None),
    "recvmsg room": (lambda s: s.recvmsg(1, 24), None),
    "recvmsg 1": (lambda s: s.recvmsg(1, 1), None),
    "recvmsg sizes": (lambda s: s.recvmsg(ROOM, LIMIT - 1), None),
    "recvmsg 0": (lambda s: s.recvmsg(0, 24), None),
    "recvmsg ROOM": (lambda s: s.recvmsg(ROOM + 1, 24), "_recvmsg"),
    "recvmsg room LIMIT": (lambda s: s.recvmsg(1, LIMIT), "_recvmsg"),
    "recvmsg 0, room LIMIT": (lambda s: s.recvmsg(0, LIMIT), "_recvmsg"),
    "recvmsg -1": (lambda s: s.recvmsg(-1, 24), "_recvmsg"),
    "recvmsg room -1": (lambda s: s.recvmsg(1, -1), "_recvmsg"),
    "recvmsg Int": (lambda s: s.recvmsg(Int(1), 24), "_recvmsg"),
    "recvmsg room Int": (lambda s: s.recvmsg(1, Int(24)), "_recvmsg"),
    "recvmsg flags": (lambda s: s.recvmsg(1, 24, PEEK), None),
    "recvmsg odd": (lambda s: s.recvmsg(1, 24, ODD), "_recvmsg"),
    "recvmsg_into": (lambda s: s.recvmsg_into([bytearray(2)]), None),
    "recvmsg_into LIMIT": (lambda s: s.recvmsg_into([bytearray(LIMIT)]), "_recvmsg_into"),
    "recvmsg_into none": (lambda s: s.recvmsg_into([]), "_recvmsg_into"),
    "recvmsg_into no room": (lambda s: s.recvmsg_into([bytearray(), bytearray()]), "_recvmsg_into"),
    "recvmsg_into control": (lambda s: s.recvmsg_into([bytearray(2)], 24), None),
    "recvmsg_into control MOST": (lambda s: s.recvmsg_into([bytearray(2)], LIMIT - 1), None),
    "recvmsg_into control LIMIT": (
        lambda s: s.recvmsg_into([bytearray(2)], LIMIT), "_recvmsg_into"
    ),
    "recvmsg_into LIMIT control": (
        lambda s: s.recvmsg_into([bytearray(LIMIT)], 24), "_recvmsg_into"
    ),
    "recvmsg_into control True": (
        lambda s: s.recvmsg_into([bytearray(2)], True), "_recvmsg_into"
    ),
    "recvmsg_into two control": (
        lambda s: s.recvmsg_into((bytearray(2), memoryview(bytearray(3))), 24), None
    ),
    "recvmsg_into flags": (lambda s: s.recvmsg_into([bytearray(2)], 0, PEEK), "_recvmsg_into"),
    "recvmsg_into two": (lambda s: s.recvmsg_into((bytearray(2), memoryview(bytearray(3)))), None),
    "recvmsg_into a view": (lambda s: s.recvmsg_into([memoryview(bytearray(3))[1:]]), None),
    "recvmsg_into a part": (
        lambda s: s.recvmsg_into([bytearray(LIMIT - 2), bytearray(1)]), None
    ),
    "recvmsg_into two LIMIT": (
        lambda s: s.recvmsg_into([bytearray(LIMIT - 1), bytearray(1)]), "_recvmsg_into"
    ),
    "recvmsg_into many": (lambda s: s.recvmsg_into([bytearray(1) for _ in range(MANY)]), None),
    "recvmsg_into too many": (
        lambda s: s.recvmsg_into([bytearray(1) for _ in range(MANY + 1)]), "_recvmsg_into"
    ),
    "recvmsg_into read-only": (
        lambda s: s.recvmsg_into([bytearray(1), memoryview(b"a")]), "_recvmsg_into"
    ),
    "recvmsg_into table": (lambda s: s.recvmsg_into([bytearray(1), TABLE]), "_recvmsg_into"),
    "recvmsg_into two dimensions": (
        lambda s: s.recvmsg_into([memoryview(bytearray(4)).cast("B", (2, 2))]), "_recvmsg_into"
    ),
    "recvmsg_into strided": (
        lambda s: s.recvmsg_into([memoryview(bytearray(4))[::2]]), "_recvmsg_into"
    ),
    "recvmsg_into array": (lambda s: s.recvmsg_into([array("b", b"ab")]), "_recvmsg_into"),
    "recvmsg_into iterator": (lambda s: s.recvmsg_into(iter([bytearray(2)])), "_recvmsg_into"),
}
WRITING: dict[str, tuple[Action, str | None]] = {
    "send": (lambda s: s.send(b"abc"), None),
    "send none": (lambda s: s.send(b""), None),
    "send KEEP": (lambda s: s.send(bytes(KEEP)), None),
    "send above": (lambda s: s.send(bytes(KEEP + 1)), "_send"),
    "send flags": (lambda s: s.send(b"abc", pysock.MSG_NOSIGNAL), None),
    "send odd": (lambda s: s.send(b"abc", ODD), "_send"),
    "send Bytes": (lambda s: s.send(Bytes(b"abc")), "_send"),
    "send str": (lambda s: s.send("abc"), "_send"),
    "send bytearray": (lambda s: s.send(bytearray(b"abc")), None),
    "send bytearray, copied": (lambda s: s.send(bytearray(COPY_MAX)), None),
    "send bytearray, exported": (lambda s: s.send(bytearray(COPY_MAX + 1)), None),
    "send bytearray, KEEP": (lambda s: s.send(bytearray(KEEP)), None),
    "send bytearray, above": (lambda s: s.send(bytearray(KEEP + 1)), "_send"),
    "send exported, flags": (lambda s: s.send(bytearray(KEEP), pysock.MSG_NOSIGNAL), None),
    "send exported, odd": (lambda s: s.send(bytearray(KEEP), ODD), "_send"),
    "send array": (lambda s: s.send(array("d", bytes(COPY_MAX))), None),
    "send array, exported": (lambda s: s.send(array("d", bytes(COPY_MAX + 8))), None),
    "send array, KEEP": (lambda s: s.send(array("d", bytes(KEEP))), None),
    "send array, above": (lambda s: s.send(array("d", bytes(KEEP + 8))), "_send"),
    "send view": (lambda s: s.send(memoryview(bytearray(COPY_MAX))), None),
    "send view, exported": (lambda s: s.send(memoryview(bytearray(COPY_MAX + 1))), None),
    "send view, above": (lambda s: s.send(memoryview(bytearray(KEEP + 1))), "_send"),
    "send view, apart": (lambda s: s.send(memoryview(bytearray(2 * KEEP))[::2]), "_send"),
    "send view, whole": (lambda s: s.send(memoryview(bytes(COPY_MAX + 1))), None),
    "send view, part": (lambda s: s.send(memoryview(bytes(COPY_MAX + 2))[1:]), "_send"),
    "send view, small part": (lambda s: s.send(memoryview(b"abcd")[1:]), None),
    "send view, items": (lambda s: s.send(memoryview(bytes(8)).cast("i")), None),
    "send view, strided": (lambda s: s.send(memoryview(b"abcd")[::2]), "_send"),
    "sendall": (lambda s: s.sendall(b"abc"), None),
    "sendall none": (lambda s: s.sendall(b""), None),
    "sendall KEEP": (lambda s: s.sendall(bytes(KEEP)), None),
    "sendall above": (lambda s: s.sendall(bytes(KEEP + 1)), "_sendall"),
    "sendall flags": (lambda s: s.sendall(b"abc", pysock.MSG_NOSIGNAL), None),
    "sendall odd": (lambda s: s.sendall(b"abc", ODD), "_sendall"),
    "sendall Bytes": (lambda s: s.sendall(Bytes(b"abc")), "_sendall"),
    "sendall bytearray": (lambda s: s.sendall(bytearray(b"abc")), None),
    "sendall bytearray, exported": (lambda s: s.sendall(bytearray(COPY_MAX + 1)), None),
    "sendall bytearray, above": (lambda s: s.sendall(bytearray(KEEP + 1)), "_sendall"),
    "sendall view, part": (lambda s: s.sendall(memoryview(bytes(COPY_MAX + 2))[1:]), "_sendall"),
    "sendall exported, flags": (lambda s: s.sendall(bytearray(KEEP), pysock.MSG_NOSIGNAL), None),
    "sendall exported, odd": (lambda s: s.sendall(bytearray(KEEP), ODD), "_sendall"),
    "sendto": (lambda s: s.sendto(b"abc", AWAY), None),
    "sendto KEEP": (lambda s: s.sendto(bytes(KEEP), AWAY), None),
    "sendto above": (lambda s: s.sendto(bytes(KEEP + 1), AWAY), "_sendto"),
    "sendto 0 flags": (lambda s: s.sendto(b"abc", 0, AWAY), None),
    "sendto flags": (lambda s: s.sendto(b"abc", pysock.MSG_NOSIGNAL, AWAY), None),
    "sendto odd": (lambda s: s.sendto(b"abc", ODD, AWAY), "_sendto"),
    "sendto wrong": (lambda s: s.sendto(b"abc", 2**40, AWAY), "_sendto"),
    "sendto Bytes": (lambda s: s.sendto(Bytes(b"abc"), AWAY), "_sendto"),
    "sendto bytearray": (lambda s: s.sendto(bytearray(b"abc"), AWAY), "_sendto"),
    "sendto none": (lambda s: s.sendto(b"abc"), "_sendto"),
    "sendto too many": (lambda s: s.sendto(b"abc", 0, AWAY, 5), "_sendto"),
    "sendmsg": (lambda s: s.sendmsg([b"abc"], CONTROL), None),
    "sendmsg no control": (lambda s: s.sendmsg([b"abc"], []), None),
    "sendmsg nothing": (lambda s: s.sendmsg([]), "send_message"),
    "sendmsg many": (lambda s: s.sendmsg([b"abc"] * MANY), None),
    "sendmsg too many": (lambda s: s.sendmsg([b"abc"] * (MANY + 1)), "send_message"),
    "sendmsg sum": (lambda s: s.sendmsg([bytes(LIMIT - 1), b""]), None),
    "sendmsg sum LIMIT": (lambda s: s.sendmsg([bytes(LIMIT - 1), b"a"]), "send_message"),
    "sendmsg size": (lambda s: s.sendmsg([bytes(LIMIT - 1)], CONTROL), None),
    "sendmsg LIMIT": (lambda s: s.sendmsg([bytes(LIMIT)], CONTROL), "send_message"),
    "sendmsg room": (lambda s: s.sendmsg([b"a"], [(1, 9, bytes(LIMIT - 2 * HEADER))]), None),
    "sendmsg room LIMIT": (
        lambda s: s.sendmsg([b"a"], [(1, 9, bytes(LIMIT - HEADER))]), "send_message"
    ),
    "sendmsg two": (lambda s: s.sendmsg([b"a", b"b"], CONTROL), None),
    "sendmsg tuple": (lambda s: s.sendmsg((b"abc",), CONTROL), None),
    "sendmsg tuple of messages": (lambda s: s.sendmsg([b"abc"], (*CONTROL,)), None),
    "sendmsg iterator": (lambda s: s.sendmsg(iter([b"abc"])), "_sendmsg"),
    "sendmsg iterator of messages": (lambda s: s.sendmsg([b"abc"], iter(CONTROL)), "_sendmsg"),
    "sendmsg plain": (lambda s: s.sendmsg([b"abc"]), None),
    "sendmsg bytearray": (lambda s: s.sendmsg([bytearray(b"abc")], CONTROL), None),
    "sendmsg views": (lambda s: s.sendmsg([memoryview(b"abc"), TABLE, memoryview(b"d")]), None),
    "sendmsg view LIMIT": (lambda s: s.sendmsg([memoryview(bytes(LIMIT))]), "send_message"),
    "sendmsg items LIMIT": (
        lambda s: s.sendmsg([memoryview(bytes(LIMIT)).cast("i")]), "send_message"
    ),
    "sendmsg bytearray LIMIT": (lambda s: s.sendmsg([bytearray(LIMIT)]), "send_message"),
    "sendmsg view, strided": (lambda s: s.sendmsg([memoryview(b"abcd")[::2]]), "send_message"),
    "sendmsg array": (lambda s: s.sendmsg([array("i", [1])]), "send_message"),
    "sendmsg Bytes": (lambda s: s.sendmsg([Bytes(b"abc"), b"d"]), "send_message"),
    "sendmsg wrong": (lambda s: s.sendmsg([b"abc"], [(1, 2)]), "send_message"),
    "sendmsg address": (lambda s: s.sendmsg([b"abc"], CONTROL, 0, AWAY), None),
    "sendmsg address, LIMIT": (lambda s: s.sendmsg([bytes(LIMIT)], [], 0, AWAY), "send_message"),
    "sendmsg address, iterator": (lambda s: s.sendmsg(iter([b"a"]), [], 0, AWAY), "_sendmsg"),
    "sendmsg flags": (lambda s: s.sendmsg([b"abc"], CONTROL, pysock.MSG_NOSIGNAL), None),
    "sendmsg odd": (lambda s: s.sendmsg([b"abc"], CONTROL, ODD), "_sendmsg"),
}
OPTIONS: dict[str, tuple[Action, str | None]] = {
    "getsockopt": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE), None),
    "getsockopt 0": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, 0), None),
    "getsockopt 4": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, 4), None),
    "getsockopt 1": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, 1), None),
    "getsockopt small": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, 256), None),
    "getsockopt above": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, 257), "_getsockopt"),
    "getsockopt most": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, OPTION_MAX), "_getsockopt"),
    "getsockopt more": (
        lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, OPTION_MAX + 1),
        "_getsockopt",
    ),
    "getsockopt -4": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, -4), "_getsockopt"),
    "getsockopt Int 4": (lambda s: s.getsockopt(LEVEL, pysock.SO_TYPE, Int(4)), "_getsockopt"),
    "getsockopt Int, 4": (lambda s: s.getsockopt(Int(LEVEL), pysock.SO_TYPE, 4), "_getsockopt"),
    "getsockopt Int name, 4": (
        lambda s: s.getsockopt(LEVEL, Int(pysock.SO_TYPE), 4),
        "_getsockopt",
    ),
    "getsockopt 2**31, 4": (lambda s: s.getsockopt(LEVEL, 2**31, 4), "_getsockopt"),
    "getsockopt failing, 4": (lambda s: s.getsockopt(LEVEL, 2**31 - 1, 4), "_getsockopt"),
    "getsockopt Int": (lambda s: s.getsockopt(Int(LEVEL), pysock.SO_TYPE), "_getsockopt"),
    "getsockopt Int name": (lambda s: s.getsockopt(LEVEL, Int(pysock.SO_TYPE)), "_getsockopt"),
    "getsockopt -1": (lambda s: s.getsockopt(-1, pysock.SO_TYPE), "_getsockopt"),
    "getsockopt 2**31": (lambda s: s.getsockopt(LEVEL, 2**31), "_getsockopt"),
    "getsockopt 2**31 level": (lambda s: s.getsockopt(2**31, 1), "_getsockopt"),
    "getsockopt failing": (lambda s: s.getsockopt(LEVEL, 2**31 - 1), "_getsockopt"),
    "setsockopt": (lambda s: s.setsockopt(LEVEL, pysock.SO_KEEPALIVE, 1), None),
    "setsockopt 0": (lambda s: s.setsockopt(LEVEL, pysock.SO_KEEPALIVE, 0), None),
    "setsockopt bytes": (lambda s: s.setsockopt(LEVEL, pysock.SO_KEEPALIVE, bytes(4)), None),
    "setsockopt more bytes": (lambda s: s.setsockopt(LEVEL, pysock.SO_LINGER, bytes(8)), None),
    "setsockopt no bytes": (lambda s: s.setsockopt(LEVEL, pysock.SO_KEEPALIVE, b""), "_setsockopt"),
    "setsockopt bytearray": (
        lambda s: s.setsockopt(LEVEL, pysock.SO_KEEPALIVE, bytearray(4)), "_setsockopt"
    ),
    "setsockopt Bytes": (
        lambda s: s.setsockopt(LEVEL, pysock.SO_KEEPALIVE, Bytes(4)), "_setsockopt"
    ),
    "setsockopt bytes, length": (
        lambda s: s.setsockopt(LEVEL, pysock.SO_KEEPALIVE, bytes(4), 4), "_setsockopt"
    ),
    "setsockopt True": (lambda s: s.setsockopt(LEVEL, pysock.SO_KEEPALIVE, True), None),
    "setsockopt wide": (lambda s: s.setsockopt(LEVEL, pysock.SO_KEEPALIVE, 2**31), "_setsockopt"),
    "setsockopt Int": (lambda s: s.setsockopt(Int(LEVEL), pysock.SO_KEEPALIVE, 1), "_setsockopt"),
    "setsockopt Int name": (
        lambda s: s.setsockopt(LEVEL, Int(pysock.SO_KEEPALIVE), 1), "_setsockopt"
    ),
    "setsockopt NULL": (lambda s: s.setsockopt(LEVEL, pysock.SO_TYPE, None, 4), "_setsockopt"),
    "setsockopt length": (lambda s: s.setsockopt(LEVEL, pysock.SO_TYPE, 1, 4), "_setsockopt"),
    "setsockopt -1": (lambda s: s.setsockopt(-1, pysock.SO_KEEPALIVE, 1), "_setsockopt"),
    "setsockopt 2**31": (lambda s: s.setsockopt(LEVEL, 2**31, 1), "_setsockopt"),
    "setsockopt failing": (lambda s: s.setsockopt(LEVEL, 2**31 - 1, 1), "_setsockopt"),
}  # fmt: skip
