"""What ``tests.mutants`` knows of pysock: which tests are about a file, which changes are none."""

from __future__ import annotations

# The tests that are about a file, the quickest first: waiting is tests/test_waiting.py.
TESTS = {
    "pysock/_calls/wait.py": (
        "noticed_waiting noticed_retry wait_first flow hostile/library waiting signals "
        "hostile/deadlines hostile/closed_meanwhile"
    ),
    "pysock/_calls/transfer.py": (
        "noticed_transfer noticed_retry noticed_memory mapped unwritten hostile/library flow "
        "parity_transfer hostile/poison memory hostile/closed_meanwhile"
    ),
    "pysock/_calls/memory.py": (
        "noticed_memory mapped noticed_transfer noticed_shortcuts unwritten hostile/poison memory"
    ),
    "pysock/_calls/msghdr.py": (
        "noticed_msghdr noticed_messages noticed_received noticed_transfer unwritten "
        "hostile/library parity_messages hostile/poison hostile/no_memory descriptors memory"
    ),
    "pysock/_calls/rights.py": (
        "noticed_received noticed_messages noticed_preallocated descriptors hostile/no_memory"
    ),
    "pysock/_methods/message.py": (
        "noticed_messages noticed_received unwritten parity_messages descriptors memory"
    ),
    "pysock/_methods/options.py": "noticed_options unwritten parity_options",
    "pysock/_methods/makefile.py": "noticed_files parity_files other_classes hostile/each_step",
    "pysock/_calls/getsockopt.py": (
        "noticed_options noticed_connections unwritten hostile/library parity_objects "
        "parity_options"
    ),
    "pysock/_methods/connection.py": (
        "noticed_connections noticed_descriptors noticed_owners noticed_waiting noticed_retry "
        "noticed_transfer hostile/library parity_addresses parity_objects descriptors waiting "
        "signals hostile/no_memory hostile/closed_meanwhile noticed_failures hostile/deadlines"
    ),
    "pysock/_ffi/arguments.py": (
        "noticed_arguments noticed_messages noticed_received noticed_options parity_messages "
        "parity_objects parity_options memory parity_arguments"
    ),
    "pysock/_methods/lifecycle.py": (
        "noticed_close noticed_descriptors noticed_owners noticed_class hostile/library "
        "parity_objects base left_open descriptors hostile/no_memory hostile/closed_meanwhile "
        "pickling noticed_files"
    ),
    "pysock/_calls/descriptor.py": (
        "noticed_close noticed_descriptors noticed_owners noticed_class hostile/library "
        "parity_objects left_open descriptors hostile/no_memory unix"
    ),
    "pysock/_exit.py": "hostile/exit import",
    "pysock/_calls/state.py": (
        "noticed_mode noticed_class noticed_descriptors noticed_owners parity_objects base flow "
        "left_open waiting noticed_transfer hostile/no_memory hostile/closed_meanwhile "
        "noticed_connections"
    ),
    "pysock/_socket.py": (
        "noticed_class overriding noticed_descriptors noticed_owners noticed_shortcuts "
        "hostile/library parity_objects base flow left_open parity_files garbage signatures "
        "descriptors pickling hostile/no_memory noticed_connections"
    ),
    "pysock/_methods/shortcuts/__init__.py": "noticed_shortcuts noticed_class signatures base",
    "pysock/_methods/shortcuts/message.py": (
        "noticed_preallocated noticed_shortcuts noticed_messages noticed_received "
        "noticed_transfer unwritten hostile/library parity_messages hostile/poison descriptors "
        "memory in_place hostile/closed_meanwhile hostile/no_memory"
    ),
    "pysock/_methods/shortcuts/options.py": (
        "noticed_shortcuts noticed_options unwritten hostile/library parity_options"
    ),
    "pysock/_methods/shortcuts/names.py": (
        "noticed_parts noticed_shortcuts noticed_failures noticed_transfer families parity_objects"
    ),
    "pysock/_methods/shortcuts/buffers.py": (
        "noticed_parts noticed_shortcuts noticed_later memory parity_transfer"
    ),
    "pysock/_methods/shortcuts/transfer.py": (
        "noticed_parts noticed_later noticed_datagrams noticed_shortcuts noticed_failures "
        "noticed_transfer noticed_waiting wait_first unwritten hosts flow "
        "hostile/library parity_transfer hostile/poison memory hostile/closed_meanwhile"
    ),
}

# Changes that make no difference, or none on Linux in CPython: the file (or the end of several
# names), what is in the line after the change (or before and after), and the reason.
EQUAL = [
    (".py", 'constants.get("SOCK_CLOEXEC", 1)', "Linux has the constant"),
    (".py", 'constants.get("SOCK_NONBLOCK", 1)', "Linux has the constant"),
    ("_calls/getsockopt.py", "LARGEST_UNIT = 17", "more room than is needed"),
    ("_calls/getsockopt.py", "size: int = 5", "what is asked with the default is not negative"),
    ("_calls/descriptor.py", "_NONE = (-2,)", "each number below 0 says that there is none"),
    ("_methods/makefile.py", "super().__init__() => pass", "RawIOBase's does nothing"),
    ("_methods/makefile.py", "return => pass", "to close what is closed does nothing"),
    ("_methods/makefile.py", "raw.close() => pass", "CPython closes it as soon as it is dropped"),
    ("_calls/descriptor.py", "_ints(1), _ints(2)", "more room than is needed"),
    ("_calls/descriptor.py", "return -2", "each number below 0 says that there is an errno"),
    (".py", "size if size <= ancbufsize else ancbufsize", "the two are equal then"),
    ("_calls/msghdr.py", "if len(body) < _ROOM", "slower, and no more"),
    ("_calls/msghdr.py", "own=True", "more memory, and no more"),
    ("_calls/msghdr.py", "own=None", "as false as False"),
    ("_calls/msghdr.py", "len(parts[0]) < SMALL", "slower, and no more"),
    ("_calls/msghdr.py", "return _send(sock, len(data), => pass", "slower, and no more"),
    ("_calls/msghdr.py", "if 0 < len(parts) <= MANY", "the total is the size of one"),
    ("_calls/msghdr.py", "if 1 <= len(parts) <= MANY", "the total is the size of one"),
    ("_calls/msghdr.py", "elif count == 0", "slower, and no more"),
    ("_calls/msghdr.py", "elif count == 2", "two are sent as one"),
    ("_calls/msghdr.py", "_CONTROL_MAX = 4097", "one more, and no more"),
    ("_calls/msghdr.py", "zeroed=ancbufsize >= _CONTROL_MAX", "slower, and no more"),
    ("_calls/msghdr.py", 'constants.get("MSG_DONTWAIT", 1)', "Linux has it"),
    ("_calls/msghdr.py", "mapped: bool = True", "slower, and no more"),
    ("_calls/msghdr.py", "_receive(sock, views, 1, ", "more room than is needed"),
    ("_calls/msghdr.py", "if flags | ODD_FLAGS", "slower, and no more"),
    ("_calls/msghdr.py", "_ROOM = 5 * SMALL", "more room than is needed"),
    ("_calls/msghdr.py", "SOCKADDR_MAX + 16 & ~15", "more room than is needed"),
    ("_calls/msghdr.py", "control.data_at) + 16 & ~15)", "more room than is needed"),
    ("_calls/msghdr.py", "ODD_FLAGS or pool is not None", "slower, and no more"),
    ("_calls/msghdr.py", "(size + 3 * 15)", "more room than is needed"),
    ("_calls/msghdr.py", "(size + 2 * 16)", "more room than is needed"),
    ("_calls/memory.py", "own=None", "as false as False"),
    ("_calls/memory.py", "return map_memory(size) => pass", "more memory, and no more"),
    ("_calls/memory.py", "return None => pass", "None is what a function returns"),
    ("_calls/rights.py", "in kinds else [] => pass", "slower, and no more"),
    ("_calls/rights.py", "if size >= len(octets)", "the two are equal then"),
    ("_calls/rights.py", "if end >= size", "the two are equal then"),
    ("_calls/rights.py", "while size - at > control.data_at", "such a message has no data"),
    ("_calls/rights.py", "asks for no result => pass", "it is the last step of the loop"),
    ("_calls/rights.py", 'else (3, 2, 1, 0) => "little" else (', "for the other byte order"),
    ("_calls/rights.py", "else _cmsghdr => else _cmsghdr", "for the other byte order"),
    ("_calls/rights.py", "at - _LEN_AT", "the length is the first member"),
    ("_calls/rights.py", "octets[at - _ORDER[0]]", "the first octet is the lowest"),
    ("_calls/rights.py", "== _RIGHTS[0] and => == _RIGHTS[1] and", "one number on Linux"),
    ("_calls/rights.py", "and (kind == _RIGHTS[0] or", "one number on Linux"),
    ("_calls/rights.py", "_LEVEL_AT) == _RIGHTS[1]", "one number on Linux"),
    ("_calls/rights.py", "if kind == _RIGHTS[0] or", "one number on Linux"),
    ("_calls/rights.py", "_nothing => _nothing = control", "for Python 3.9 and 3.10"),
    ("_calls/rights.py", "_nothing => pass", "for Python 3.9 and 3.10"),
    ("_calls/rights.py", 'close_received(b"") => pass', "for Python 3.9 and 3.10"),
    ("_calls/rights.py", "close_messages([]) => pass", "for Python 3.9 and 3.10"),
    ("_calls/rights.py", "_close_numbers(_nothing, 1, 0)", "for Python 3.9 and 3.10"),
    ("_calls/rights.py", "_close_numbers(_nothing, 0, 1)", "for Python 3.9 and 3.10"),
    ("_calls/memory.py", "_HEAP_MAX = 3 * POOL_MAX", "more, and no more"),
    ("_calls/memory.py", "if size >= _HEAP_MAX", "one byte less, and no more"),
    ("_calls/memory.py", "constants.get(name, 1)", "Linux has them all"),
    ("_calls/memory.py", "if flags | ODD_FLAGS", "slower, and no more"),
    ("_calls/memory.py", "deque(maxlen=1) => deque(maxlen=", "for threads at the same instant"),
    ("_calls/memory.py", "renewed_in_child(_keep_none) => pass", "for builds without the GIL"),
    ("shortcuts/transfer.py", "if n < bufsize", "the same bytes, in two steps"),
    ("shortcuts/transfer.py", "if 0 <= n < bufsize", "the same bytes, in two steps"),
    ("/_socket.py", "system.complete(Socket) => pass", "for Windows"),
    ("_calls/transfer.py", "size >= POOL_MAX", "slower, and no more"),
    (".py", "if size <= SOCKADDR_MAX else", "both are the same number then"),
    ("_methods/connection.py", "backlog if backlog >= 0 else 0", "both are the same number then"),
    ("_methods/connection.py", "new = owned[-0]", "the list has one descriptor"),
    (".py", "if size < SOCKADDR_MAX else", "both are the same number then"),
    # Each number is looked at twice: what the first look does not take, the second does.
    ("_ffi/arguments.py", "INT_MIN < value <= INT_MAX", "slower, and no more"),
    ("_ffi/arguments.py", "INT_MIN <= value < INT_MAX", "slower, and no more"),
    ("_ffi/arguments.py", "0 < value <= INT_MAX", "slower, and no more"),
    ("_ffi/arguments.py", "1 <= value <= INT_MAX", "slower, and no more"),
    ("_ffi/arguments.py", "0 <= value < INT_MAX", "slower, and no more"),
    ("_ffi/arguments.py", "int and SSIZE_MIN < value", "slower, and no more"),
    ("_ffi/arguments.py", "<= value < SSIZE_MAX", "slower, and no more"),
    ("_ffi/arguments.py", "return value => pass", "slower, and no more"),
    ("_ffi/arguments.py", "return None => pass", "None is what a function returns by itself"),
    ("_ffi/arguments.py", "c_long(number) >= 0", "it is no int, and so not near 0"),
    ("_ffi/arguments.py", "c_long(number) > 1", "it is no int, and so not near 0"),
    ("_ffi/arguments.py", "raise # what its __buffer__ => pass", "that of Python 3.12 and newer"),
    ("_ffi/arguments.py", "_CO_GENERATOR = 33", "for Python 3.14 and newer"),
    ("_methods/options.py", "_wide_bytes(value), 1", "a length for NULL alone"),
    ("_methods/options.py", "int_bytes(number)), 1", "a length for NULL alone"),
    ("_methods/options.py", 'return "at least 3 arguments" => ', "for Python 3.15"),
    ("_methods/message.py", "isinstance(tuple, item)", "for Python 3.14 and newer"),
    ("_calls/getsockopt.py", "wrote if wrote <= size else size", "both are the same number then"),
    ("_calls/memory.py", "return entries().pop() => pass", "for builds without the GIL"),
    ("shortcuts/options.py", "and 0 <= buflen", "that of 0 was answered before"),
    ("shortcuts/options.py", "n if n < buflen else buflen", "of two numbers that are the same"),
    ("shortcuts/options.py", "(size := len(value)) < INT_MAX", "slower, and no more"),
    ("shortcuts/buffers.py", "return None => pass", "None is what a function returns by itself"),
    ("_methods/options.py", "if not 0 <= buflen", "that of 0 was answered before"),
    ("_methods/message.py", 'return b"" => pass', "slower, and no more"),
    ("_methods/message.py", "return [*items] => pass", "slower, and no more"),
    ("shortcuts/message.py", "_FIRST = 257", "one more, and no more"),
    ("shortcuts/message.py", "with_control: bool = False", "for builds without the GIL"),
    ("shortcuts/message.py", "_outgoing(False) => _outgoing(True)", "for builds without the GIL"),
    ("shortcuts/message.py", "_incoming(False) => _incoming(True)", "for builds without the GIL"),
    ("shortcuts/message.py", "if end >= n", "the last buffer is filled either way"),
    ("shortcuts/message.py", "len(parts[0]) > _LIMIT", "the next step looks at it, too"),
    ("shortcuts/message.py", "if not 1 < len(packed)", "none is as short"),
    ("shortcuts/message.py", "_incoming(ancbufsize > 1)", "none is as short"),
    ("shortcuts/message.py", "if ancbufsize >= _FIRST", "slower, and no more"),
    ("shortcuts/transfer.py", "shares( => ", "for builds without the GIL"),
    ("shortcuts/transfer.py", "not 1 < bufsize <=", "slower, and no more"),
    ("shortcuts/transfer.py", "not 0 < bufsize < ", "slower, and no more"),
    ("shortcuts/transfer.py", "if bufsize < COPY_MAX", "slower, and no more"),
    ("shortcuts/transfer.py", "or not COPY_MAX <= bufsize", "recv itself takes so many"),
    ("shortcuts/transfer.py", "not 0 <= bufsize <= COPY_MAX", "the same call, in other memory"),
    ("shortcuts/transfer.py", "self._sock_plain_ = bufsize => pass", "slower, and no more"),
    ("shortcuts/transfer.py", "raise from_errno(n) => pass", "slower, and no more"),
    ("shortcuts/transfer.py", "flags is not ZERO or (flags", "slower, and no more"),
    ("shortcuts/transfer.py", "| ODD_FLAGS", "slower, and no more"),
    ("shortcuts/transfer.py", "not 1 < size", "slower, and no more"),
    ("shortcuts/transfer.py", "or size < len(buffer)", "both are the same number then"),
    ("shortcuts/transfer.py", "if n <= view.nbytes", "there is no rest then"),
    ("shortcuts/transfer.py", "if known[3] is not address", "slower, and no more"),
    ("shortcuts/transfer.py", "known[1] != self._sock_family_", "slower, and no more"),
    ("shortcuts/transfer.py", "or _hosts.NONE_SENT => pass", "slower, and no more"),
    ("shortcuts/transfer.py", "if known[1] == self._sock_family_", "slower, and no more"),
    ("shortcuts/transfer.py", "_hosts.last_sent = known => pass", "slower, and no more"),
    ("shortcuts/transfer.py", "own=None", "as false as False"),
    ("shortcuts/transfer.py", "own=True", "more memory, and no more"),
    ("shortcuts/names.py", "shares( => ", "for builds without the GIL"),
    ("shortcuts/names.py", "raise_errno() => pass", "slower, and no more"),
    ("shortcuts/buffers.py", "_ITEM_MAX = 9", "slower, and no more"),
    ("shortcuts/buffers.py", "if type(data) is not bytearray else", "slower, and no more"),
    ("shortcuts/buffers.py", "len(data) // _ITEM_MAX", "slower, and no more"),
    ("shortcuts/buffers.py", "most < COPY_MAX", "slower, and no more"),
    ("shortcuts/buffers.py", "data.nbytes < COPY_MAX", "slower, and no more"),
    ("shortcuts/buffers.py", "pass # it was released", "the next step is the same"),
    ("shortcuts/message.py", "SOCKADDR_MAX + 16 & ~15", "more room than is needed"),
    ("shortcuts/message.py", "size if size < ancbufsize", "the same number"),
    ("shortcuts/message.py", "n if n < bufsize", "the same number"),
    ("_calls/wait.py", "ready = -0", "a closed socket, and a clock that stands still"),
    ("_calls/wait.py", "ready = -2", "as much below 0"),
    ("_calls/wait.py", "-1 and milliseconds < _POLL_MAX", "slower, and no more"),
    ("_calls/wait.py", "_packed(fd, READ, 1)", "poll(2) writes it anew"),
    ("_calls/wait.py", "_free_polls.append(entry) => pass", "slower, and no more"),
    ("_calls/wait.py", "asked = 0.0 => ", "without a deadline nobody reads it"),
    ("_calls/wait.py", "WAITS = 17", "one more, and no more"),
    ("_calls/wait.py", "<= milliseconds < _POLL_MAX", "the same number"),
    ("_calls/wait.py", "0 if milliseconds <= 0", "the same number"),
    ("_calls/wait.py", "0 if milliseconds < 1", "the same number"),
    ("_calls/descriptor.py", "= -2", "each number below 0 says that there is none"),
    ("_calls/descriptor.py", "close_all([-1]) => ", "for Python 3.9 and 3.10"),
    ("_calls/descriptor.py", "close_first([-1]) => ", "for Python 3.9 and 3.10"),
    ("_calls/descriptor.py", "close_again([], -1, MemoryError()) => ", "for Python 3.9 and 3.10"),
    ("_calls/descriptor.py", "Owned().__del__() => ", "for Python 3.9 and 3.10"),
    # What the first look does not take is converted, and is the same number then.
    ("_methods/lifecycle.py", "if _class(family) is not AddressFamily and", "slower, and no more"),
    ("_methods/lifecycle.py", "not 1 <= ", "slower, and no more"),
    ("_methods/lifecycle.py", "not 0 < ", "slower, and no more"),
    ("_methods/lifecycle.py", " < INT_MAX", "slower, and no more"),
    ("_methods/lifecycle.py", "if fd != -2", "that of a closed one is what it becomes"),
    ("/_socket.py", "if plain and not _overridden", "slower, and no more"),
    ("/_socket.py", "identify(owned[0], family, type, proto)) => pass", "slower, and no more"),
    ("_methods/lifecycle.py", "continue => pass", "the loop is for PyPy"),
    ("_calls/descriptor.py", '_NO_PAIR = array("i", (-2, -1))', "a number below 0 is none"),
    ("_calls/descriptor.py", '_NO_PAIR = array("i", (-1, -2))', "a number below 0 is none"),
    ("_methods/connection.py", 'hasattr(connect, "takes_sockets") and not PYPY', "for PyPy"),
    ("_methods/connection.py", 'hasattr(connect, "takes_sockets") or PYPY', "for PyPy"),
    ("_calls/state.py", "without_file(error) => pass", "PyPy's errors have more arguments"),
    ("_methods/makefile.py", "self.left = [0]", "it is one item either way"),
    ("_methods/makefile.py", "self.left = [2]", "it is one item either way"),
    ("_methods/lifecycle.py", "_whole() => pass", "for builds without the GIL"),
    ("_methods/lifecycle.py", "_is_ours(MemoryError()) => pass", "for Python 3.9 and 3.10"),
    ("_methods/lifecycle.py", "_is_handlers(MemoryError()) => pass", "for Python 3.9 and 3.10"),
    ("_methods/lifecycle.py", "_detached_without_memory([]) => pass", "for Python 3.9 and 3.10"),
    ("_methods/lifecycle.py", "_NOT_GIVEN = -0", "0 is an int as well"),
    ("_methods/lifecycle.py", "_NOT_GIVEN = -2", "slower, and no more"),
    ("_methods/message.py", "len(packed) >= control.most", "2 GB; it is only looked at again"),
    ("_methods/lifecycle.py", "fd = owned[-0]", "the list has one descriptor"),
]

# These take longer than two seconds: each runs only if the tests before it have noticed nothing.
SLOW = (
    "descriptors left_open memory garbage waiting parity_arguments signals hostile/deadlines"
).split()
