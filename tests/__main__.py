"""``python3 -m tests [arguments of pytest]``: the tests, in an environment of their own.

Needs Python 3.9 and nothing else; the environment is made on the first start (see
``tests/_environment.py``). The exit status is pytest's.
"""

import sys
from importlib.util import find_spec

if __name__ == "__main__":
    if sys.version_info < (3, 9):
        sys.exit("pysock needs Python 3.9 or newer; this is " + sys.version.split()[0])
    if find_spec("_ctypes") is None:
        sys.exit("pysock needs ctypes, which this Python was built without: it lacks libffi")
    from ._environment import call, environment

    sys.exit(call(environment("test", "pytest"), "-m", "pytest", *sys.argv[1:]))
