"""``python3 -m tests.lint``: ruff and mypy over the clone, in an environment of their own."""

import sys

from ._environment import call, environment

if __name__ == "__main__":
    python = environment("dev", "mypy")
    statuses = [call(python, "-m", "ruff", "check"), call(python, "-m", "mypy")]
    sys.exit(max(statuses))
