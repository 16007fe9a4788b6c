"""What Python's ``site`` imports first in each process of ``python -m pysock run``.

Its folder is the first of PYTHONPATH.  It puts the import hook in place (``pysock._install``),
and then makes way for the ``sitecustomize`` that the program would have had without it.  It costs
a process that uses no sockets little, since it does not import pysock; and a process in which it
cannot do its work hears about it.
"""

# Any Python may be started by a program, and find this: so the syntax is that of Python 2, too.

import os
import sys


def put_in_place(folder):
    """Load pysock/_install.py by itself, and let it answer imports of ``socket``."""
    if sys.version_info < (3, 9):
        raise ImportError("pysock needs Python 3.9 or later")
    from _frozen_importlib import _load
    from _frozen_importlib_external import PathFinder

    package = os.path.dirname(folder)
    spec = PathFinder.find_spec("pysock._install", [package])
    if spec is None:
        raise ImportError("there is no pysock in %s any more" % os.path.dirname(package))
    _load(spec).start(package)


def make_way(folder):
    """Import the next ``sitecustomize``, which is from then on the one that the program sees.

    It is looked for behind this one.  One that stands before has been imported, and has come here
    by itself: many tools begin that way, and pass on to the next.
    """
    behind = sys.path[sys.path.index(folder) + 1 :] if folder in sys.path else sys.path
    behind = [entry for entry in behind if entry != folder]
    sys.path[:] = [entry for entry in sys.path if entry != folder]
    this = sys.modules.pop("sitecustomize")
    try:
        import_from(behind)
    except ImportError as error:
        if getattr(error, "name", "sitecustomize") != "sitecustomize":
            raise
    finally:
        sys.modules.setdefault("sitecustomize", this)


def import_from(path):
    if sys.version_info < (3, 9):
        import sitecustomize  # noqa: F401
    else:
        from _frozen_importlib import _load
        from _frozen_importlib_external import PathFinder

        spec = PathFinder.find_spec("sitecustomize", path)
        if spec is not None:
            _load(spec)


here = os.path.dirname(os.path.abspath(__file__))
try:
    put_in_place(here)
except Exception as error:
    sys.stderr.write(
        "pysock: this process has the socket of the standard library: %s (%s)\n"
        % (error, sys.executable)
    )
make_way(here)
