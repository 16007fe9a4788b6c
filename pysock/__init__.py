"""Python's ``socket`` module in Python, on ctypes: ``import pysock as socket``.

Nothing is defined here.  This is what the package offers, under the names that programs
know: the constants at once, and functions, class and exceptions (``_public``) as soon as a
program asks for the first of them.
``docs/design.md`` says where each part is and in what order to read.
"""

from __future__ import annotations

from . import _enums

__version__ = "0.1.0"

# The platform's numbers; those of four groups as members of enums.
globals().update(_enums.public_constants)
globals().update(_enums.public_texts)
for _kind in _enums.KINDS:
    globals()[_kind.__name__] = _kind
    globals().update(_kind.__members__)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._constants.declared import *
    from ._public import *
    from ._public import SocketIO as SocketIO
    from ._public import __all__ as __all__
else:
    # Names like _socket are modules; these are known to programs too.
    _UNLISTED = {"__all__", "_GLOBAL_DEFAULT_TIMEOUT", "_GiveupOnSendfile", "_LOCALHOST"}
    _UNLISTED |= {"_LOCALHOST_V6", "_fallback_socketpair"}

    def __getattr__(name):
        """A name that is not here yet: all that is no constant comes now.

        Until a program asks for it, it need not pay for ctypes, which alone takes more time
        to import than ``socket`` on PyPy, and 0.4 times as much on CPython.
        """
        if name[:1] == "_" and name not in _UNLISTED:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from ._public import attribute, contents

        for key, value in contents.items():
            globals().setdefault(key, value)  # what a program has put here stays
        # From now on this is asked only for numbers of families that are in no table.
        globals()["__getattr__"] = attribute
        return globals()[name] if name in globals() else attribute(name)

    def __dir__():
        if "__all__" not in globals():
            __getattr__("__all__")
        return list(globals())
