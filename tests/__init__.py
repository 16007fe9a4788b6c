"""The tests of pysock. ``python3 -m tests`` runs them; see ``tests/__main__.py``."""

import sys
from pathlib import Path
from typing import Optional

ROOT = Path(__file__).resolve().parent.parent


def help_if_asked(text: Optional[str]) -> None:
    """With -h or --help, a command without a parser prints its docstring, and does nothing else."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(text)
        sys.exit(0)
