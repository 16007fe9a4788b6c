"""The public module, for functions that look names up in it when they are called.

Programs and their tests replace names of the module (``pysock.socket``,
``pysock.getaddrinfo``) to mock them.  A function that uses such a name looks up
``_public.module.socket`` at each call, as CPython's functions look up their module's globals.

The module is kept here, since ``sys.modules`` may lack it: when the interpreter exits, for
example.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

module: Any = None  # set by ``pysock/__init__.py``, each time that it is executed
