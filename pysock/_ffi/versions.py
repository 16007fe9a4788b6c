"""What changed in CPython's ``socket`` with which release: the only file that asks for a version.

pysock follows the Python that runs it, in what it accepts and in how it words an exception.  So
each change is a row here, named after the rule that holds from then on, and the check of an
argument asks for the row.  A change may have come with a patch release, too: a row lists the
first feature release that has it, and the first patch release of each older series.

What a row does not say applies to all versions that pysock supports.  New constants are no rows,
since they come from the platform's headers (``_constants``); nor are new functions, methods and
parameters, which pysock has on every version.
"""

from __future__ import annotations

import sys
from sys import version_info


def since(*releases: tuple[int, ...], running: tuple[int, ...] = version_info[:3]) -> bool:
    """Whether the ``running`` Python has a change that came with any of ``releases``.

    ``(3, 14)`` is that feature release and all later ones; ``(3, 13, 15)`` that patch release and
    the later ones of its own series, the 3.13.

    >>> since((3, 15), (3, 14, 7), running=(3, 14, 6))
    False
    >>> since((3, 15), (3, 14, 7), running=(3, 14, 10))
    True
    """
    return any(
        running >= release and (len(release) == 2 or running[:2] == release[:2])
        for release in releases
    )


# --- integers ------------------------------------------------------------------------

# Objects that have no __index__ but an __int__ are refused.
INT_BY_INDEX = since((3, 10))
# socket(family, type, proto) has the message of functions of one argument.
CONSTRUCTOR_ONE_INT = since((3, 11))
# setblocking takes any object's truth, not only an integer's.
TRUTH_OF_ANYTHING = since((3, 12))
# A port of getaddrinfo may be larger than a long.
PORT_OF_ANY_SIZE = since((3, 12))
# What is 16 bits wide is first a C int, with its message.
SHORT_ONE_INT = since((3, 13))
# Unsigned integers are taken by __index__ (gh-132987): of htons, htonl and if_indextoname (what is
# negative is a ValueError, and the messages are new), the port of getaddrinfo, the numbers in
# addresses of AF_CAN, an option of AF_VSOCK.
UNSIGNED_BY_INDEX = since((3, 14))
# The numbers in addresses of AF_BLUETOOTH may have any size (gh-131668); before, they fit a C int.
BLUETOOTH_ANY_INT = since((3, 14), (3, 13, 3))
# There is a warning if an unsigned integer is cut to its lower bits: B, H, I and k of
# PyArg_ParseTuple.
WARNS_OF_CUT_BITS = since((3, 15))
# The flags of send, sendall and sendmsg have the message of functions of one argument.
SEND_FLAGS_ONE_INT = since((3, 15))
# htons refuses what does not fit 16 bits; before, it cut the number, with a warning.
SHORT_IN_RANGE = since((3, 10))

# send and sendall call their first parameter data, not bytes.
SEND_TAKES_DATA = since((3, 15))

# --- timeouts ------------------------------------------------------------------------

# socket.timeout is TimeoutError.
TIMEOUT_IS_BUILTIN = since((3, 10))
# The message about a float that is too large names another type (gh-97786) …
FLOAT_OUT_OF_TIME_T = since((3, 12), (3, 11, 3))
# … the type itself has another name …
NAMED_PYTIME = since((3, 13))
# … and then the message is the same as that about an int (gh-152849).
ONE_TIMESTAMP_MESSAGE = since((3, 15), (3, 14, 7), (3, 13, 15))
# The message about what is no number mentions floats.
TIMEOUT_OR_FLOAT = since((3, 14))
# Any real number is a timeout: Decimal, Fraction, what has a __float__ (gh-67795).
TIMEOUT_BY_FLOAT = since((3, 15))

# --- other arguments -----------------------------------------------------------------

# inet_aton says "argument" without its position.
INET_ATON_ONE_ARGUMENT = since((3, 13))
# The message about an item of sendmsg's ancdata speaks of tuples, also if the item is a str or
# another sequence with borrowed items (gh-50333).
CMSG_IS_TUPLE = since((3, 14))
# Whatever an iterable raises, sendmsg and recvmsg_into say that it is not iterable (gh-143988).
BROKEN_ITERABLE_IS_NONE = since((3, 15), (3, 14, 7), (3, 13, 15))
# setsockopt takes an int for what has an __index__, and has messages of its own (gh-107545).
SETSOCKOPT_BY_TYPE = since((3, 15))
# PyPy 8 has messages of its own: a type that is no buffer is not quoted, an address that is no
# tuple "is not iterable", and sendto counts its arguments like a function in Python.
PYPY_WORDS = getattr(sys, "pypy_version_info", (0,)) >= (8,)
# makefile asks io.text_encoding for the encoding (PEP 597).
TEXT_ENCODING = since((3, 10))

# --- answers -------------------------------------------------------------------------

# The module socket happens to have the name partial (of functools).
NAMES_PARTIAL = since((3, 15))
# An AttributeError of a module has its name and the module, by which tracebacks find similar names.
MODULES_TELL_NAMES = since((3, 10)) and sys.implementation.name == "cpython"
# getfqdn takes "::" for this machine, as it does "0.0.0.0".
UNNAMED_IPV6 = since((3, 10))
# create_server sets SO_REUSEPORT for IPv4 and IPv6 alone (gh-128916).
REUSE_PORT_OF_INET = since((3, 14), (3, 13, 2), (3, 12, 9))
# create_connection(all_errors=True) raises an ExceptionGroup.
EXCEPTION_GROUPS = since((3, 11))
# The C library's text about a failed look-up is read in the locale's encoding (gh-93251).
RESOLVER_IN_LOCALE = since((3, 15), (3, 14, 7), (3, 13, 15))
# Windows' errors have three texts that are less wrong (gh-148599).
WINSOCK_TEXTS = since((3, 15))
# PyPy 7 adds the scope to the host of an IPv6 address; CPython has left it out since 3.7.
SCOPE_IN_HOST = getattr(sys, "pypy_version_info", (8,)) < (8,)
# if_nametoindex sets errno (gh-100218).
INTERFACE_ERRNO = since((3, 15), (3, 14, 1), (3, 13, 10))
# If a filter makes an error of a finaliser's ResourceWarning, the report has another text.
FINALIZING_SOCKET = since((3, 14))
# A thread that begins is not taken for the one that has started it (PyThreadState_SetAsyncExc).
THREADS_BEGIN_ALONE = since((3, 12)) or sys.implementation.name != "cpython"
# At exit, the names in modules are set to None, those in builtins last.
EMPTIES_MODULES = sys.implementation.name == "cpython"
# After that a class may still be made, as ctypes does for a new size of memory; 3.9 crashes.
CLASSES_TO_THE_END = since((3, 10))
