"""The public module, for functions that look names up in it when they are called.

Programs and their tests replace names of the module (``pysock.socket``,
``pysock.getaddrinfo``) to mock them.  What is built on such a name asks for
``_public.module.socket`` at each call, as CPython's own code asks its module's globals.

The module is kept here, and not looked up in ``sys.modules``, where it may be missing: at the
exit of the interpreter, say.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

module: Any = None  # set by ``pysock/__init__.py``, each time that it is executed
