"""``python3 -m tests.lint``: ruff and mypy over the clone, in an environment of their own.

The tests that ask mypy about programs (``tests/test_types.py``) run here too.
"""

import sys

from . import help_if_asked
from ._environment import call, environment

if __name__ == "__main__":
    help_if_asked(__doc__)
    python = environment("dev", "mypy")
    checks = (["ruff", "check"], ["mypy"], ["pytest", "-q", "tests/test_types.py"])
    statuses = [call(python, "-m", *check) for check in checks]
    sys.exit(max(statuses))
