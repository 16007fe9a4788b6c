"""Who owns a descriptor, from its first instant.

A signal handler, or another thread (``PyThreadState_SetAsyncExc``), can raise an exception
between any two steps of Python, also between the call that makes a descriptor and the
assignment of its number to a variable.  Then nobody would ever close it.  So descriptors are
made, moved and closed in one step of C each, and in between they are in a list:

    owned.extend(starmap(lib.socket, ((family, type, protocol),)))      made
    theirs.extend(map(ours.pop, (0,)))                                  moved
    next(map(lib.close, map(owned.pop, (0,))))                          closed

``list.extend`` draws on ``starmap``, which calls the function: while they run, no Python code
does.  (``map`` over a tuple for each argument takes 700 instructions more.)  The function that
made such a list closes what is in it if an exception arrives; a number below 0, which a call that
failed has left there, is nothing to close.
"""

from __future__ import annotations

from array import array
from ctypes import c_int, sizeof
from errno import EINVAL, ENOSYS, EPERM
from functools import cache
from itertools import chain, repeat, starmap
from operator import attrgetter, itemgetter

from .._ffi.errors import attempt, attempt_again, from_errno
from .._ffi.interpreter import FREE_THREADED, PYPY, pointer_to
from .._host import constants, lib, system
from .memory import Pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_FIRST = (0,)
_NONE = (-1,)
_descriptor = attrgetter("_sock_fd_")
_NO_PAIR = array("i", (-1, -1))
SOCK_CLOEXEC = constants.get("SOCK_CLOEXEC", 0)


class Owned(list[int]):
    """The descriptors of a socket object, which are closed if nobody else has done it.

    ``Socket.__del__`` does it, with a warning; but a signal handler that raises in its first
    instruction would end that.
    """

    __slots__ = ()

    # Module names may be gone, at exit.
    def __del__(self, _lib: Any = lib, _close: Any = system.close_without_memory) -> None:
        while self:
            fd = self[0]
            try:
                next(map(_lib.close, map(self.pop, (0,))))
            except MemoryError:  # see ``close_again``
                while fd in self:
                    self.remove(fd)
                _close(fd)


class Emptied(list[int]):
    """What ``Owned`` becomes when it has been emptied, so that there is no more to run."""

    __slots__ = ()


def emptied(owned: list[int]) -> None:
    """Nothing is left to close in a list that goes now, and so nothing need run for that.

    What a signal handler raises in a finaliser would be ignored.
    """
    # Without the GIL, a change of class stops all threads (and for ever, at exit of 3.13).
    if not FREE_THREADED:
        owned.__class__ = Emptied


NOTHING: list[int] = Emptied()  # what a socket owns before its ``__init__``: nobody adds to it


def claim_once(owned: list[int], function: Callable[..., int], *args: Any) -> int:
    """``function(*args)``, which makes a descriptor, into ``owned``; −1 if it fails."""
    owned.extend(starmap(function, (args,)))
    fd = owned[-1]
    if fd < 0:
        owned.pop()
    return fd


def claim_pair_once(owned: list[int], function: Callable[..., int], *args: Any) -> int:
    """``socketpair(2)``, with its last argument added, into ``owned``; −1 if it fails."""
    entry = _pairs.take()
    numbers, pointer = entry
    numbers[:] = _NO_PAIR
    n = _claim_written(owned, numbers, starmap(function, ((*args, pointer),)))
    _pairs.put(entry)
    return n


def claim_option(owned: list[int], sock: Any, level: int, optname: int) -> int:
    """``getsockopt(2)`` of an option that is a descriptor, into ``owned``; or minus an errno."""
    return attempt(_claim_option_once, owned, sock, level, optname)


def _claim_option_once(owned: list[int], sock: Any, level: int, optname: int) -> int:
    (value, pointer), (length, length_pointer) = _ints(1), _ints(1)
    value[0], length[0] = -1, sizeof(c_int)
    # The socket's descriptor is read in the step that makes the call.
    given = map(_descriptor, (sock,)), (level,), (optname,), (pointer,), (length_pointer,)
    return _claim_written(owned, value, map(lib.getsockopt, *given))


@cache  # since a type is freed by the garbage collector alone
def _array_type(count: int) -> Any:
    return c_int * count


def _ints(count: int) -> tuple[array[int], Any]:
    """``(memory of so many ints, its pointer)``.

    The memory is Python's: to write an item of ctypes' takes PyPy 100 ns, to read them all 130.
    """
    numbers = array("i", bytes(sizeof(c_int) * count))
    return numbers, pointer_to(_array_type(count).from_buffer(numbers))


_pairs = Pool(lambda: _ints(2))


def _claim_written(owned: list[int], memory: array[int], call: Iterator[int]) -> int:
    """``next(call)``, which writes descriptors to ``memory``, into ``owned``; or −1."""
    # Made now, since an iterator takes memory, which there may not be any more after the call.
    numbers = iter(memory)
    # If the call answers 0, the descriptors are what it has written; else there are none, though
    # Linux may have written numbers there.
    owned.extend(chain.from_iterable(map({0: numbers}.get, call, (_NONE,))))
    if owned[-1] < 0:
        owned.pop()
        return -1
    return 0


def move(source: list[int], target: list[int]) -> None:
    """Move the first descriptor of ``source`` to ``target``."""
    target.extend(map(source.pop, _FIRST))


def hand_over(owned: list[int], count: int, answer: Callable[[list[int]], Any]) -> Any:
    """``answer`` of the first descriptors, which the caller has to close from now on.

    If a signal handler raises first, they stay in ``owned``.  ``answer`` is a function of C.
    """
    taken: list[int] = []
    try:
        taken.extend(map(owned.pop, repeat(0, count)))
        return answer(taken)
    except BaseException:
        owned[:0] = taken
        raise


first_of: Callable[[list[int]], int] = itemgetter(0)


def close_first(owned: list[int]) -> int:
    """``close(2)``: its result, or IndexError if another thread was faster."""
    # next() is a call, after which a signal is heard: not later, where the object that is
    # closed may be on its way out, and an exception would be ignored.
    fd = owned[0]
    try:
        result: int = next(map(lib.close, map(owned.pop, _FIRST)))
    except MemoryError as error:
        result = close_again(owned, fd, error)
    return result


def close_again(owned: list[int], fd: int, error: MemoryError) -> int:
    """``close(2)`` of ``fd``, after one that raised ``error``.

    All that takes memory there comes before the call, so the descriptor is still open.  Now it is
    closed in a way that takes none, which may well be used up.
    """
    if error.__traceback__ and error.__traceback__.tb_next:
        raise error  # a signal handler's, after the call
    if fd in owned:
        try:
            owned.remove(fd)
        except MemoryError:  # for a shorter list; one with several is a function's own
            owned[owned.index(fd)] = -1
    try:
        system.close_without_memory(fd)
    except OSError:
        return -1
    return 0


def close_all(owned: list[int]) -> None:
    """Close what is left in a list whose holder gives up."""
    while owned:
        fd = owned[0]
        if fd < 0:
            owned.sort()  # in place, since that takes no memory
            owned.reverse()
            fd = owned[0]
        if fd < 0:
            owned.clear()
            return
        # As ``close_first``, but no deeper than the call that has made it (RecursionError).
        try:
            next(map(lib.close, map(owned.pop, _FIRST)))
        except MemoryError as error:
            close_again(owned, fd, error)


# Python 3.9 and 3.10 keep the frame of a function that has run once: so these need no memory.
close_all([-1])
close_first([-1])
close_again([], -1, MemoryError())
Owned().__del__()


HEARS = (1, 2) if PYPY else ()


def hear() -> None:
    """On PyPy, let a signal's handler raise now, while a descriptor is not the caller's yet.

    What PyPy has compiled hears signals where a loop goes on, and else when it is over: so without
    this most of those that came during the call would be heard where nobody has the number.
    """
    for _ in HEARS:  # a function of its own: PyPy compiles no loop into what calls it
        continue


class NewerWay:
    """A call or a flag that not every kernel, and not every sandbox, lets a program use.

    It is tried first, and if it is refused, the older way.  ``works`` remembers the outcome.
    """

    works: bool | None  # None: not known yet

    def __init__(self, known: bool) -> None:
        self.works = None if known else False

    def refuses(self, number: int) -> bool:
        """Whether such an errno may mean that the kernel does not know the newer way.

        A program may enter a sandbox after the newer way has worked: then only ENOSYS says so,
        since the other two have more meanings.
        """
        if number == ENOSYS:
            return self.works is not False
        return self.works is None and number in (EINVAL, EPERM)


def claim_uninherited(
    claim_once: Callable[..., int],
    owned: list[int],
    function: Callable[..., int],
    cloexec: NewerWay,
    family: int,
    type: int,
    proto: int,
) -> int:
    """Claim what ``function(family, type, proto)`` makes, and no child process inherits.

    With SOCK_CLOEXEC in the type, or with ``fcntl(2)`` afterwards.  Returns what ``claim_once``
    does; a failure is an OSError.
    """
    if cloexec.works is not False:
        newer = type | SOCK_CLOEXEC
        n = claim_once(owned, function, family, newer, proto)  # mostly all, as in ``attempt``
        if n < 0:
            n = attempt_again(claim_once, owned, function, family, newer, proto)
        if n >= 0:
            cloexec.works = True
            return n
        if not cloexec.refuses(-n):
            raise from_errno(-n)
    n = attempt(claim_once, owned, function, family, type, proto)
    if n < 0:
        raise from_errno(-n)
    cloexec.works = False
    for fd in owned:
        system.set_inheritable(fd, False)
    return n


class AdoptedDescriptor(int):
    """A descriptor on its way into a socket object, and the list that owns it until then."""

    owned: list[int]
    known = False  # to be a socket, and of which kind: so the kernel need not be asked


def adopt(owned: list[int], make: Callable[[int], Any], *, known: bool = False) -> Any:
    """``make(fd)``, a socket object, which takes the first descriptor out of ``owned``.

    If that fails, the descriptor is closed once: here, or by the object that has it already,
    as that of a subclass whose ``__init__`` fails late.  What ``make`` makes may be another
    module's, since programs replace ``pysock.socket``: such an object has the descriptor, too.
    """
    fd = AdoptedDescriptor(owned[0])
    fd.owned, fd.known = owned, known
    try:
        made = make(fd)
        owned.clear()
        return made
    except BaseException:
        close_all(owned)
        raise
